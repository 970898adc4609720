/* No input crashes it: NULLs, forged handles, wrong lengths, bytes that are no text, deep nesting, many bytes. */
#include "check.h"
#include <sys/resource.h>

static const char INVALID_REQUEST[] = "\"code\":\"invalid_request\"";
static const char INVALID_CONFIG[] = "\"code\":\"invalid_config\"";
static const char INVALID_HANDLE[] = "\"code\":\"invalid_handle\"";

static void opening(void) {
    static const struct { const char *text; size_t length; const char *why; } wrong[] = {
        {NULL, 0, "the configuration is NULL"},
        {NULL, 7, "NULL, but its length is 7"},
        {"", 0, "not JSON"},
        {"{\"accounts\": \xff}", 15, "the byte at 13 is wrong"},
        {"{\"accounts\"\0: []}", 16, "not JSON"},
        {SANDBOX, (size_t)-1, "18446744073709551615 bytes"},
        {"[]", 2, "an object is needed"},
    };
    for (size_t at = 0; at < sizeof wrong / sizeof *wrong; at++) {
        char *error = (char *)-1;
        CHECK(flete_open(wrong[at].text, wrong[at].length, &error) == 0, "wrong configuration %zu was taken", at);
        CHECK(error && error != (char *)-1 && strstr(error, wrong[at].why), "%zu: %s", at, error);
        CHECK(said(error, INVALID_CONFIG), "%zu", at);
        CHECK(flete_open(wrong[at].text, wrong[at].length, NULL) == 0, "%zu, error NULL", at);
    }
    char *error = (char *)-1;
    flete_client client = flete_open(SANDBOX, strlen(SANDBOX), &error);
    CHECK(client != 0 && error == NULL, "a good configuration: %s", error);
    flete_close(client);
    client = flete_open(SANDBOX, strlen(SANDBOX), NULL);
    CHECK(client != 0, "a good configuration, error NULL");
    flete_close(client);
}

static void handles(flete_client client) {
    const flete_client forged[] = {0, 1, 2, 3, 64, 1u << 24, client + 1, client - 1, client ^ (1ull << 25), client | 1ull << 60, UINT64_MAX};
    for (size_t at = 0; at < sizeof forged / sizeof *forged; at++) {
        CHECK(said(flete_quote(forged[at], QUOTE, strlen(QUOTE)), INVALID_HANDLE), "forged %zu", at);
        CHECK(said(flete_invoke(forged[at], NULL, NULL, 9), "\"ok\":false"), "forged %zu, NULL", at);
        flete_interrupt(forged[at]);
        flete_close(forged[at]);
    }
    flete_client other = open_client(SANDBOX);
    flete_close(other);
    flete_close(other);
    CHECK(said(flete_track(other, NULL, 0), INVALID_HANDLE), "closed");
    flete_client next = open_client(SANDBOX);
    CHECK(next != other, "a closed handle was given again");
    flete_close(other);
    CHECK(quoted(next), "the next client suffered from the closing of the last");
    flete_close(next);
}

/* A push is the carrier's: an odd byte costs one field. */
static void pushes(void) {
    static const char *const odd[] = {"\xe9", "\xff\xfe", "\t", "\\u0000", "\\ud83d", "\\\\ud83d"};
    flete_client client = open_client("{\"accounts\": [{\"carrier\": \"mensajeros_urbanos\", \"environment\": \"sandbox\", "
                                      "\"webhook_token\": \"tokentoken\"}]}");
    for (size_t at = 0; at < sizeof odd / sizeof *odd; at++) {
        char push[300];
        int length = snprintf(push, sizeof push,
            "{\"body\": \"{\\\"token\\\": \\\"tokentoken\\\", \\\"details\\\": {\\\"uuid\\\": \\\"u1\\\", "
            "\\\"mensajero\\\": \\\"Jos%s\\\", \\\"status_id\\\": 1}}\"}", odd[at]);
        CHECK(said(flete_invoke(client, "webhook", push, (size_t)length), "\"shipment_id\":\"u1\""), "push %zu", at);
    }
    flete_close(client);
}

static void requests(flete_client client) {
    CHECK(said(flete_create(client, NULL, 0), "parcels"), "NULL is {}: what is missing is named");
    CHECK(said(flete_create(client, NULL, 5), "NULL, but its length is 5"), "NULL with a length");
    CHECK(said(flete_quote(client, QUOTE, 20), INVALID_REQUEST), "cut");
    CHECK(said(flete_quote(client, QUOTE, strlen(QUOTE) + 1), INVALID_REQUEST), "the NUL counted as text");
    CHECK(said(flete_quote(client, QUOTE, (size_t)-1), "18446744073709551615 bytes"), "-1");
    CHECK(said(flete_quote(client, QUOTE, (size_t)1 << 40), INVALID_REQUEST), "2^40");
    CHECK(said(flete_track(client, "{\"id\": \"\xc3(\"}", 12), "the byte at 8 is wrong"), "not UTF-8");
    CHECK(said(flete_track(client, "{\"id\": \"\0\"}", 11), INVALID_REQUEST), "a NUL");
    CHECK(said(flete_track(client, "null", 4), INVALID_REQUEST), "null");
    CHECK(said(flete_track(client, "\"FR1\"", 5), "an object is needed, not text (`FR1`); write"), "an id alone");
    CHECK(said(flete_quote(client, "\xff\xfe{\0}\0", 6), "is UTF-16; save it as UTF-8"), "UTF-16");
    CHECK(said(flete_track(client, "\xef\xbb\xbf{}", 5), "id: is required"), "a byte-order mark");
    CHECK(said(flete_invoke(client, NULL, "{}", 2), "method"), "no method");
    CHECK(said(flete_invoke(client, "", "{}", 2), "method"), "an empty method");
    CHECK(said(flete_invoke(client, "\xff\xfe", "{}", 2), "the byte at 0 is wrong"), "a method that is no text");
    CHECK(said(flete_invoke(client, "qoute", "{}", 2), "did you mean `quote`?"), "a method misspelt");
    char *name = malloc(1000);
    memset(name, 'x', 999);
    name[999] = 0;
    CHECK(said(flete_invoke(client, name, "{}", 2), INVALID_REQUEST), "a long method");
    free(name);
    CHECK(said(flete_invoke(client, "describe", NULL, 0), "\"ok\":true"), "describe");
    CHECK(said(flete_invoke(0, "describe", NULL, 0), "\"ok\":true"), "describe without a client");
    CHECK(said(flete_invoke(0, "describe", "{\"carrier\":\"almx\"}", 18), "did you mean `almex`"), "and its request is read");
    CHECK(said(flete_invoke(0, "keys", "{}", 2), INVALID_HANDLE), "keys without a client");
    CHECK(said(flete_invoke(client ^ 1, "describe", NULL, 0), INVALID_HANDLE), "describe with a forged client");
    CHECK(said(flete_invoke(client, "keys", "{}", 2), "\"keys\":["), "keys");
}

/* The simulator's settings are for the simulator, and what it doesn't know it says. */
static void settings(void) {
    static const char astray[] =
        "{\"accounts\": [{\"carrier\": \"fruno\", \"account\": \"a\", \"key\": \"kkkk\", \"sandbox\": {}}]}";
    char *error = NULL;
    CHECK(flete_open(astray, strlen(astray), &error) == 0, "settings of the simulator for the real carrier");
    CHECK(said(error, "is only for"), "and it says so");
    CHECK(flete_open("/etc/flete.json", 15, &error) == 0, "a path");
    CHECK(said(error, "looks like a path where the configuration's JSON belongs"), "and it says so");
    flete_client client = open_client("{\"accounts\": [{\"carrier\": \"fruno\", \"environment\": \"sandbox\","
                                      " \"sandbox\": {\"no_such\": 1}}]}");
    CHECK(said(flete_quote(client, QUOTE, strlen(QUOTE)), "no_such"), "a setting that the simulator doesn't have");
    flete_close(client);
}

static void big(flete_client client) {
    const size_t deep = 1000 * 1000, much = 10 * 1024 * 1024, more = 49 * 1024 * 1024;
    char *text = malloc(more);
    memset(text, '[', deep);
    CHECK(said(flete_quote(client, text, deep), INVALID_REQUEST), "a million brackets");
    for (size_t at = 0; at + 5 <= deep; at += 5) memcpy(text + at, "{\"a\":", 5);
    CHECK(said(flete_quote(client, text, deep), INVALID_REQUEST), "200,000 objects in each other");
    memset(text, 'x', more);
    memcpy(text, "{\"id\":\"", 7);
    memcpy(text + much - 2, "\"}", 2);
    CHECK(said(flete_track(client, text, much), "\"ok\":false"), "10 MB");
    CHECK(said(flete_track(client, text, more), "51380224 bytes"), "49 MB");
    free(text);
}

/* A host without free descriptors gets an error that says so, in time, and can go on once it has some again. */
static void descriptors(void) {
    struct rlimit before, few;
    getrlimit(RLIMIT_NOFILE, &before);
    for (few = before, few.rlim_cur = 3; few.rlim_cur < 32; few.rlim_cur++) {
        setrlimit(RLIMIT_NOFILE, &few);
        flete_client client = open_client(SANDBOX);
        char *reply = flete_quote(client, QUOTE, strlen(QUOTE));
        setrlimit(RLIMIT_NOFILE, &before);
        CHECK(strstr(reply, "\"ok\":true") || strstr(reply, "too many open files (os error 24)"), "with %d: %.300s", (int)few.rlim_cur, reply);
        flete_string_free(reply);
        flete_close(client);
    }
}

/* ---- the log */

struct notes { int lines, wrong; flete_client client; };

static void note(int32_t level, const char *line, void *user) {
    struct notes *notes = user;
    notes->lines++;
    if (level < 1 || level > 5 || strlen(line) == 0 || strstr(line, "sandbox-llave")) notes->wrong++;
    if (!said(flete_quote(notes->client, QUOTE, strlen(QUOTE)), "log callback")) notes->wrong++;
}

static void last(int32_t level, const char *line, void *user) {
    (void)level, (void)line;
    ++*(int *)user;
    flete_log(0, NULL, NULL);
}

static void logging(flete_client client) {
    struct notes notes = {0, 0, client};
    int once = 0;
    flete_log(5, note, &notes);
    CHECK(quoted(client), "a call that is logged");
    CHECK(notes.lines > 0 && notes.wrong == 0, "%d lines, %d wrong", notes.lines, notes.wrong);
    const int before = notes.lines;
    flete_log(0, note, &notes);
    CHECK(quoted(client) && notes.lines == before, "level 0 is silent");
    flete_log(5, NULL, &notes);
    CHECK(quoted(client) && notes.lines == before, "no callback is silent");
    flete_log(99, last, &once);
    CHECK(quoted(client) && once == 1, "a callback that ends itself was told %d lines", once);
    flete_log(-1, note, &notes);
}

int main(void) {
    flete_string_free(NULL);
    CHECK(flete_abi_version() == 1, "%u", flete_abi_version());
    CHECK(strchr(flete_version(), '.') != NULL && flete_version() == flete_version(), "%s", flete_version());
    pushes();
    opening();
    descriptors();
    flete_client client = open_client(SANDBOX);
    handles(client);
    requests(client);
    big(client);
    settings();
    logging(client);
    CHECK(quoted(client), "and it still works");
    flete_close(client);
    return report();
}
