/* A few lines that every C test shares: count what held, and look into an envelope. Not a test itself. */
#ifndef CHECK_H
#define CHECK_H

#include <flete.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int passed, failed;

#define CHECK(held, ...)                                                      \
    do {                                                                      \
        if (held) {                                                           \
            __atomic_add_fetch(&passed, 1, __ATOMIC_SEQ_CST);                 \
        } else {                                                              \
            __atomic_add_fetch(&failed, 1, __ATOMIC_SEQ_CST);                 \
            fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                   \
            fprintf(stderr, __VA_ARGS__);                                     \
            fputc('\n', stderr);                                              \
        }                                                                     \
    } while (0)

#define SANDBOX "{\"accounts\": [{\"id\": \"cr\", \"carrier\": \"fruno\", \"environment\": \"sandbox\"}]}"
#define QUOTE                                                                                            \
    "{\"origin\": {\"district_code\": \"11501\"}, \"destination\": {\"district_code\": \"11605\"},"      \
    " \"parcels\": [{\"weight\": {\"value\": 389, \"unit\": \"g\"},"                                     \
    " \"dimensions\": {\"length\": 20, \"width\": 20, \"height\": 15, \"unit\": \"cm\"}}]}"

/* Whether an envelope has this in it; frees it. */
static inline int said(char *reply, const char *part) {
    int found = reply != NULL && strstr(reply, part) != NULL;
    if (!found) fprintf(stderr, "got %.300s\n", reply ? reply : "NULL");
    flete_string_free(reply);
    return found;
}

static inline flete_client open_client(const char *config) {
    char *error = NULL;
    flete_client client = flete_open(config, strlen(config), &error);
    if (!client) fprintf(stderr, "%s\n", error);
    flete_string_free(error);
    return client;
}

static inline int quoted(flete_client client) {
    return said(flete_quote(client, QUOTE, strlen(QUOTE)), "{\"ok\":true,\"data\":{\"rates\":[{\"account\":\"cr\"");
}

static inline int report(void) {
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

#endif
