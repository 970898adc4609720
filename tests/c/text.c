/* flete_text, the macros of the header, and FLETE_LOG (its argument says what to do with the log). */
#include "check.h"

static int told;

static void tell(int32_t level, const char *line, void *user) {
    (void)line, (void)user;
    CHECK(level <= FLETE_LOG_DEBUG, "level %d", level);
    told++;
}

static int is(const char *json, const char *path, const char *expected) {
    char *text = flete_text(json, path);
    int same = text == expected || (text && expected && strcmp(text, expected) == 0);
    if (!same) fprintf(stderr, "%s: got %s\n", path ? path : "NULL", text ? text : "NULL");
    flete_string_free(text);
    return same;
}

int main(int count, char **arguments) {
    const char *json = "{\"ok\": true, \"data\": {\"rates\": [{\"total\": {\"amount\": \"4900.00\"}, \"n\": 1.50}], \"none\": null}}";
    CHECK(is(json, "data.rates[0].total.amount", "4900.00"), "a string");
    CHECK(is(json, "data.rates[0].n", "1.50"), "a number keeps its digits");
    CHECK(is(json, "ok", "true"), "a flag");
    CHECK(is(json, "data.rates[0].total", "{\"amount\":\"4900.00\"}"), "an object");
    CHECK(is(json, "data.none", NULL) && is(json, "data.rates[7]", NULL) && is(json, "data.", NULL), "nothing");
    CHECK(is(NULL, "ok", NULL) && is(json, NULL, NULL) && is("{", "ok", NULL) && is("\xff", "ok", NULL), "what can't be read");
    CHECK(strcmp(FLETE_VERSION, flete_version()) == 0 && FLETE_VERSION_NUMBER >= 100, "the version");

    if (count > 1) flete_log(FLETE_LOG_DEBUG, strcmp(arguments[1], "callback") == 0 ? tell : NULL, NULL);
    flete_client client = open_client(SANDBOX);
    CHECK(quoted(client), "a quote");
    if (count > 1 && strcmp(arguments[1], "callback") == 0) CHECK(told > 0, "the callback was not called");
    flete_close(client);
    return report();
}
