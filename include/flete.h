/*
 * flete: quote, create and track shipments with Latin American carriers. JSON text in, JSON text out.
 *
 * Made by cbindgen from ffi/src/lib.rs; don't edit.
 *
 * Every method answers with one JSON object, {"ok": true, "data": ...} or {"ok": false, "error": {"code": ...,
 * "message": ..., ...}}, as NUL-terminated UTF-8 that is never NULL. It is yours: free it once with
 * flete_string_free. What you pass stays yours and is not kept. A request is UTF-8 of so many bytes; it needs
 * no NUL at its end, and NULL with the length 0 is the same as {}.
 *
 * Any thread may call any function with any handle. Handles go on working on both sides of a fork(). No call
 * raises SIGPIPE in your process. Nothing here may be called from a signal handler.
 */

#ifndef FLETE_H
#define FLETE_H

#include <stddef.h>
#include <stdint.h>

/* PHP's FFI reads this file as it is: it skips lines that begin with # and can't read extern "C". */
#ifdef __cplusplus
#include "flete_cpp.h"
#endif

/**
 * A client: a number that stands for it, 0 for none. A number that stands for nothing (forged, or closed) is
 * answered with the error invalid_handle. It fits in 53 bits.
 */
typedef uint64_t flete_client;

/**
 * Open a client from its configuration, JSON text of config_len bytes. This sends nothing and starts no thread.
 *
 * Gives the client, to be closed with flete_close; or 0, and then *error has an envelope with the code
 * invalid_config, to be freed with flete_string_free. error may be NULL; else *error is always written, NULL
 * when all is well.
 */
flete_client flete_open(const char *config,
                        size_t config_len,
                        char **error);

/**
 * Close a client. Twice, or with a number that was never a client, is harmless. Calls under way on other threads
 * go on to their end; flete_interrupt ends them sooner.
 */
void flete_close(flete_client client);

/**
 * What would it cost: asks all accounts at once. As flete_invoke with the method "quote".
 */
char *flete_quote(flete_client client, const char *request, size_t request_len);

/**
 * Make a shipment. As flete_invoke with the method "create". When the error's outcome is "unknown", it may have
 * been made: call again only with the same idempotency_key.
 */
char *flete_create(flete_client client,
                   const char *request,
                   size_t request_len);

/**
 * Where is it: one shipment or many. As flete_invoke with the method "track".
 */
char *flete_track(flete_client client, const char *request, size_t request_len);

/**
 * Call a method by its name, a NUL-terminated text: "quote", "create", "track", "cancel", "document", "list",
 * "webhook", "call", "describe", "keys", "settle". Blocks until it is done, its timeout is over (timeout_ms in the
 * request or the configuration), or flete_interrupt is called. "describe" needs no client: there, client may be 0.
 *
 * Gives an envelope, never NULL, to be freed with flete_string_free.
 */
char *flete_invoke(flete_client client,
                   const char *method,
                   const char *request,
                   size_t request_len);

/**
 * End every call of this client that is under way in this process, whatever its thread: each answers with the
 * error cancelled. Later calls are not affected. A number that is no client is harmless.
 */
void flete_interrupt(flete_client client);

/**
 * Free a text that one of these functions gave, once. NULL is fine.
 */
void flete_string_free(char *text);

/**
 * Have log lines told to a callback, for the whole process: level 1 errors, 2 and warnings, 3 and information,
 * 4 and each request to a carrier, 5 everything; 0, or NULL for the callback, ends it. No secret is in a line.
 *
 * The callback gets the line's own level, its text (NUL-terminated UTF-8, valid until the callback returns) and
 * user. It comes on the thread of a call or on a helper thread, on many at once if many call. It must return,
 * not throw, and not ask for anything by flete_invoke and its like, which is refused there. It may be replaced or ended at any time,
 * from the callback too: a line never meets one callback with another's user, but one that another thread is
 * just telling may still come after flete_log has returned. So keep user until the calls that were under way
 * then have ended.
 */
void flete_log(int32_t level,
               void (*callback)(int32_t level, const char *line, void *user),
               void *user);

/**
 * The library's version, as "0.1.0". A static text: not to be freed.
 */
const char *flete_version(void);

/**
 * The version of these functions. It goes up only when one of them changes or goes; a new one changes nothing.
 */
uint32_t flete_abi_version(void);

#ifdef __cplusplus
#include "flete_cpp.h"
#endif

#endif /* FLETE_H */
