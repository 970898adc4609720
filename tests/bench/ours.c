/* The work, done by flete. The host reads its replies with the same library that the glue uses. */
#include "bench.h"
#include <flete.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static flete_client opened_with(const char *config) {
    char *error = NULL;
    flete_client client = flete_open(config, strlen(config), &error);
    if (!client) give_up("flete_open", error);
    return client;
}

static flete_client client;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_it(void) { client = opened_with(setup.config); }

static void *open_once(void) {
    pthread_once(&once, open_it);
    return NULL;
}

/* A reply's data; what is read of it belongs to `json`. */
struct result {
    char *text;
    cJSON *json;
    const cJSON *data;
};

static struct result read_reply(char *text) {
    cJSON *json = cJSON_Parse(text);
    const cJSON *data = cJSON_GetObjectItem(json, "data");
    if (!data) give_up("flete", text);
    return (struct result){text, json, data};
}

static void done(struct result result) {
    cJSON_Delete(result.json);
    flete_string_free(result.text);
}

static void has_text(struct result result, const cJSON *value) {
    if (!cJSON_IsString(value) || !*value->valuestring) give_up("flete", result.text);
}

#define PARCEL \
    "\"parcels\": [{\"weight\": {\"value\": 389, \"unit\": \"g\"}," \
    " \"dimensions\": {\"length\": 20, \"width\": 20, \"height\": 15, \"unit\": \"cm\"}}]"
#define QUOTE \
    "{\"origin\": {\"district_code\": \"11501\"}, \"destination\": {\"district_code\": \"11605\"}, " PARCEL "}"

static struct result quote(flete_client client, int rates) {
    struct result result = read_reply(flete_quote(client, QUOTE, strlen(QUOTE)));
    const cJSON *list = cJSON_GetObjectItem(result.data, "rates"), *rate;
    if (cJSON_GetArraySize(list) != rates) give_up("flete", result.text);
    cJSON_ArrayForEach(rate, list) has_text(result, cJSON_GetObjectItem(cJSON_GetObjectItem(rate, "total"), "amount"));
    return result;
}

static void price(void *unused) {
    (void)unused;
    done(quote(client, 1));
}

static void track(void *unused) {
    (void)unused;
    char request[128];
    int length = snprintf(request, sizeof request, "{\"account\": \"fruno\", \"id\": \"%s\"}", setup.guide);
    struct result result = read_reply(flete_track(client, request, (size_t)length));
    has_text(result, cJSON_GetObjectItem(result.data, "status"));
    if (cJSON_GetArraySize(cJSON_GetObjectItem(result.data, "events")) < 1) give_up("flete", result.text);
    done(result);
}

static void create(void *unused) {
    (void)unused;
    char request[1024];
    int length = snprintf(
        request, sizeof request,
        "{\"account\": \"fruno\", \"reference\": \"order-%d\", \"origin\": {\"carrier_id\": \"%s\"},"
        " \"destination\": {\"carrier_id\": \"%s\", \"name\": \"Josué Blanco\"}, " PARCEL "}",
        next_order(), setup.from, setup.to
    );
    struct result result = read_reply(flete_create(client, request, (size_t)length));
    has_text(result, cJSON_GetObjectItem(result.data, "id"));
    done(result);
}

static void batch(void) {
    static flete_client many;
    if (!many) many = opened_with(setup.batch_config);
    const char *request = setup.batch_request;
    struct result result = read_reply(flete_track(many, request, strlen(request)));
    const cJSON *results = cJSON_GetObjectItem(result.data, "results"), *one;
    if (cJSON_GetArraySize(results) != setup.count) give_up("flete", result.text);
    cJSON_ArrayForEach(one, results) has_text(result, cJSON_GetObjectItem(cJSON_GetObjectItem(one, "data"), "status"));
    done(result);
}

static void slow(void) {
    static flete_client four;
    if (!four) four = opened_with(setup.slow_config);
    done(quote(four, 4));
}

const struct side ours = {open_once, price, track, create, batch, slow};
