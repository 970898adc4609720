/*
 * flete: quote, create and track shipments with Latin American carriers. JSON text in, JSON text out.
 *
 * Made by cbindgen from ffi/src/lib.rs; don't edit.
 *
 * Every method returns one JSON object, {"ok": true, "data": ...} or {"ok": false, "error": {"code": ...,
 * "message": ..., ...}}, as NUL-terminated UTF-8 that is never NULL. You own it: free it once with
 * flete_string_free. What you pass stays yours and is not kept. A request is UTF-8 of the given length; it
 * needs no NUL at its end, and NULL with the length 0 is the same as {}.
 *
 * Any thread may call any function with any handle. Handles keep working on both sides of a fork(). No call
 * raises SIGPIPE in your process. Don't call these functions from a signal handler.
 */

#ifndef FLETE_H
#define FLETE_H

#include <stddef.h>
#include <stdint.h>

/* PHP's FFI reads this file as it is: it skips lines that begin with # and can't read extern "C". */
#ifdef __cplusplus
#include "flete_cpp.h"
#endif

/* The version of this header; flete_version() is the library's. 0.1.0 is the number 100, 1.2.3 is 10203. */
#define FLETE_VERSION "0.1.0"
#define FLETE_VERSION_NUMBER 100

/* The levels of flete_log. */
#define FLETE_LOG_OFF 0
#define FLETE_LOG_ERROR 1
#define FLETE_LOG_WARN 2
#define FLETE_LOG_INFO 3
#define FLETE_LOG_DEBUG 4
#define FLETE_LOG_TRACE 5

/**
 * A handle to a client; 0 is never one. A call with a handle that is not open (forged, or closed) returns the
 * error invalid_handle. A handle fits in 53 bits.
 */
typedef uint64_t flete_client;

/**
 * Open a client from its configuration, JSON text of config_len bytes. This sends nothing and starts no
 * thread.
 *
 * Returns the client, to be closed with flete_close. On failure it returns 0, and *error has an envelope
 * with the code invalid_config, to be freed with flete_string_free. error may be NULL; otherwise *error
 * is always written, with NULL on success.
 */
flete_client flete_open(const char *config, size_t config_len, char **error);

/**
 * Close a client. Closing it twice, or a number that was never a client, is harmless. Calls in progress on
 * other threads run to their end; flete_interrupt ends them sooner.
 */
void flete_close(flete_client client);

/**
 * Get the prices of a shipment from all accounts at once. The same as flete_invoke with the method "quote".
 */
char *flete_quote(flete_client client, const char *request, size_t request_len);

/**
 * Create a shipment. The same as flete_invoke with the method "create". It is never sent twice.
 *
 * Give an idempotency_key, like the order's number: then the same call returns the same shipment, after a
 * lost reply too, and from another process unless keys are kept in "memory". Keys are kept in the
 * configuration's state. Where it is left out, that is the environment's FLETE_STATE, else the user's own
 * state directory, or memory where all accounts are in the sandbox. If that place can't be used, the error
 * says so and nothing is sent.
 *
 * Without a key, an error whose outcome is "unknown" means that the shipment may have been made: look at the
 * carrier before calling again.
 */
char *flete_create(flete_client client, const char *request, size_t request_len);

/**
 * Find out where one shipment is, or many. The same as flete_invoke with the method "track".
 */
char *flete_track(flete_client client, const char *request, size_t request_len);

/**
 * Call a method by its name, a NUL-terminated text: "quote", "create", "track", "cancel", "document",
 * "list", "webhook", "call", "describe", "keys", "settle". Blocks until the method is done,
 * its timeout is over (timeout_ms in the request or the configuration), or flete_interrupt is called.
 * "describe" needs no client: client may be 0.
 *
 * Returns an envelope, never NULL, to be freed with flete_string_free.
 */
char *flete_invoke(flete_client client, const char *method, const char *request, size_t request_len);

/**
 * End every call of this client that is in progress in this process, on any thread: each returns the error
 * cancelled. Later calls are not affected. A number that was never a client is harmless.
 */
void flete_interrupt(flete_client client);

/**
 * Read one value of a JSON text (an envelope, for instance) by its path: "data.rates[0].total.amount".
 * Returns a text, to be freed with flete_string_free: a string without quotes, a number with all its digits,
 * true or false; an object or list as JSON. Returns NULL if the value is absent or null, or if json or path
 * can't be read.
 */
char *flete_text(const char *json, const char *path);

/**
 * Free a text that one of these functions returned, once. NULL is allowed.
 */
void flete_string_free(char *text);

/**
 * Send log lines to a callback, for the whole process, up to a level: FLETE_LOG_ERROR, FLETE_LOG_WARN,
 * FLETE_LOG_INFO, FLETE_LOG_DEBUG (each request to a carrier) or FLETE_LOG_TRACE. FLETE_LOG_OFF, or NULL
 * for the callback, stops it. Without a callback, the environment variable FLETE_LOG=error|warn|info|debug
 * writes lines to standard error, from the first flete_open on. Lines never contain secrets.
 *
 * The callback gets the line's level, its text (NUL-terminated UTF-8, valid until the callback returns)
 * and user. It is called on the thread of a call or on a helper thread, and by many threads at once. It
 * must return, must not throw, and must not call a method (flete_invoke and the like are refused there;
 * flete_log is allowed). A callback never gets the user of another. A line that is being delivered may
 * arrive after flete_log returns: keep user alive until all calls that were in progress then have
 * returned.
 */
void flete_log(int32_t level, void (*callback)(int32_t level, const char *line, void *user), void *user);

/**
 * The library's version, like "0.1.0". A static text: don't free it.
 */
const char *flete_version(void);

/**
 * The version of this interface. It goes up only when a function changes or is removed, not when one is
 * added.
 */
uint32_t flete_abi_version(void);

#ifdef __cplusplus
#include "flete_cpp.h"
#endif

#endif /* FLETE_H */
