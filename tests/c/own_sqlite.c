/* A host with its own SQLite, and names that flete's other parts use too, beside the static library: each keeps
 * its own. */
#include "check.h"

static int called;

/* As the host's own SQLite would be: flete's must be neither called nor in the way. */
int sqlite3_initialize(void) { return ++called; }
const char *sqlite3_libversion(void) { return "the host's own"; }
int sqlite3_open_v2(const char *path, void **database, int flags, const char *vfs) {
    (void)path, (void)database, (void)flags, (void)vfs;
    return ++called;
}
int rust_eh_personality(void) { return 7; }

int main(void) {
    char directory[] = "/tmp/flete-own-sqlite-XXXXXX", config[512];
    CHECK(mkdtemp(directory) != NULL, "no directory");
    snprintf(config, sizeof config,
             "{\"accounts\": [{\"id\": \"cr\", \"carrier\": \"fruno\", \"environment\": \"sandbox\"}], \"state\": \"%s/state.db\"}",
             directory);
    flete_client client = open_client(config);
    CHECK(client != 0, "not opened");
    const char *order = "{\"account\": \"cr\", \"idempotency_key\": \"one\","
                        " \"origin\": {\"company\": \"Tienda\", \"street\": \"Calle 1\", \"district_code\": \"11501\", \"phone\": \"22223333\"},"
                        " \"destination\": {\"name\": \"Ana\", \"street\": \"Calle 2\", \"district_code\": \"11605\"},"
                        " \"parcels\": [{\"weight\": {\"value\": 389, \"unit\": \"g\"}, \"dimensions\":"
                        " {\"length\": 20, \"width\": 20, \"height\": 15, \"unit\": \"cm\"}}]}";
    for (int round = 0; round < 2; round++) {
        const char *expected = round ? "\"replayed\":true" : "\"replayed\":false";
        CHECK(said(flete_create(client, order, strlen(order)), expected), "create %d", round);
    }
    CHECK(called == 0, "flete called the host's SQLite");
    CHECK(sqlite3_open_v2("x", NULL, 0, NULL) == 1 && strcmp(sqlite3_libversion(), "the host's own") == 0, "the host got flete's");
    CHECK(rust_eh_personality() == 7, "the host got flete's");
    flete_close(client);
    return report();
}
