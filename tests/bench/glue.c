/*
 * The work, done as a shop would write it by hand: libcurl with its handle kept, OpenSSL for the signature, cJSON for
 * the bodies and replies.
 */
#include "bench.h"
#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct reply {
    char *text;
    size_t length;
};

static size_t collect(char *data, size_t size, size_t count, void *into) {
    struct reply *reply = into;
    char *grown = realloc(reply->text, reply->length + size * count + 1);
    if (!grown) return 0;
    memcpy(grown + reply->length, data, size * count);
    reply->text = grown;
    reply->length += size * count;
    grown[reply->length] = 0;
    return size * count;
}

static cJSON *parsed(struct reply *reply) {
    cJSON *json = reply->text ? cJSON_Parse(reply->text) : NULL;
    if (!json) give_up("the glue", "no JSON");
    free(reply->text);
    *reply = (struct reply){0};
    return json;
}

static void base64(const unsigned char *bytes, int length, char *into) {
    EVP_EncodeBlock((unsigned char *)into, bytes, length);
}

#define BILLION 1000000000LL

/* Nanoseconds since 1970. Fruno refuses a time that it has seen, which two threads can well read at once. */
static long long never_again(void) {
    static _Atomic long long last;
    long long before = atomic_load(&last), now;
    do {
        struct timespec clock;
        clock_gettime(CLOCK_REALTIME, &clock);
        now = clock.tv_sec * BILLION + clock.tv_nsec;
        if (now <= before) now = before + 1;
    } while (!atomic_compare_exchange_weak(&last, &before, now));
    return now;
}

/* One request, signed as Fruno's API reference says; returns the parsed reply. */
static cJSON *ask(CURL *curl, const char *base, const char *path, const char *query, const char *body) {
    char time_text[64], signed_text[2048], password[64], credentials[256], encoded[384], header[512], url[1024];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int digest_length;
    struct tm parts;
    const char *account = setup.account, *key = setup.key;
    long long now = never_again();
    time_t whole = (time_t)(now / BILLION);
    gmtime_r(&whole, &parts);
    size_t at = strftime(time_text, sizeof time_text, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(time_text + at, sizeof time_text - at, ".%09lldZ", now % BILLION);
    int length = snprintf(
        signed_text, sizeof signed_text, "%s%s%s%s", body ? "POST" : "GET", path, time_text, body ? body : ""
    );
    HMAC(EVP_sha256(), key, (int)strlen(key), (unsigned char *)signed_text, (size_t)length, digest, &digest_length);
    base64(digest, (int)digest_length, password);
    length = snprintf(credentials, sizeof credentials, "%s:%s", account, password);
    base64((unsigned char *)credentials, length, encoded);

    struct curl_slist *headers = NULL;
    snprintf(header, sizeof header, "Authorization: Basic %s", encoded);
    headers = curl_slist_append(headers, header);
    snprintf(header, sizeof header, "X-Fr-Hora: %s", time_text);
    headers = curl_slist_append(headers, header);
    snprintf(url, sizeof url, "%s%s%s%s", base, path, query ? "?" : "", query ? query : "");
    struct reply reply = {0};
    curl_easy_setopt(curl, CURLOPT_URL, url);
    if (body) {
        headers = curl_slist_append(headers, "Content-Type: application/json");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    } else {
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 30000L);
    curl_easy_setopt(curl, CURLOPT_CAINFO, setup.ca);
    CURLcode code = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    if (code != CURLE_OK || status / 100 != 2) give_up("the glue", code ? curl_easy_strerror(code) : reply.text);
    return parsed(&reply);
}

static void *open_handle(void) { return curl_easy_init(); }

static const char *const COST = "/v1/paquetes/costo";
static const char *const PARCEL = "c%C3%B3digo_distrito_fuente=11501&c%C3%B3digo_distrito_destino=11605"
                                  "&alto=15&ancho=20&longitud=20&gr_peso=389";

static void price_of(CURL *curl, const char *base) {
    cJSON *json = ask(curl, base, COST, PARCEL, NULL);
    if (!cJSON_IsNumber(cJSON_GetObjectItem(json, "precio"))) give_up("the glue", "no price");
    cJSON_Delete(json);
}

static void price(void *curl) { price_of(curl, setup.base); }

/* What flete asks for, too: the parcel, and its events with the ids of their types. */
static void track(void *curl) {
    char path[128];
    snprintf(path, sizeof path, "/v1/paquetes/%s", setup.guide);
    cJSON *parcel = ask(curl, setup.base, path, NULL, NULL);
    snprintf(path, sizeof path, "/v1/paquetes/%s/eventos", setup.guide);
    cJSON *events = ask(curl, setup.base, path, NULL, NULL);
    if (!cJSON_IsString(cJSON_GetObjectItem(parcel, "estado"))) give_up("the glue", "no state");
    if (cJSON_GetArraySize(cJSON_GetObjectItem(events, "eventos")) < 1) give_up("the glue", "no events");
    cJSON_Delete(parcel);
    cJSON_Delete(events);
}

static void create(void *curl) {
    char reference[32];
    snprintf(reference, sizeof reference, "order-%d", next_order());
    cJSON *order = cJSON_CreateObject();
    cJSON_AddStringToObject(order, "id_dirección_fuente", setup.from);
    cJSON_AddStringToObject(order, "id_dirección_destino", setup.to);
    cJSON_AddStringToObject(order, "entregar_a", "Josué Blanco");
    cJSON_AddStringToObject(order, "referencia", reference);
    cJSON_AddNumberToObject(order, "alto", 15);
    cJSON_AddNumberToObject(order, "ancho", 20);
    cJSON_AddNumberToObject(order, "longitud", 20);
    cJSON_AddNumberToObject(order, "peso_neto", 389);
    char *body = cJSON_PrintUnformatted(order);
    cJSON *json = ask(curl, setup.base, "/v1/paquetes", NULL, body);
    if (!cJSON_IsString(cJSON_GetObjectItem(json, "guía"))) give_up("the glue", "no waybill");
    cJSON_Delete(json);
    cJSON_Delete(order);
    free(body);
}

/* libcurl multi: as many handles as requests in flight; a handle takes the next shipment when its own is done. */
static void batch(void) {
    static CURLM *multi;
    static CURL *handles[256];
    static struct reply replies[256];
    static struct curl_slist *headers;
    int in_flight = setup.in_flight, count = setup.count;
    if (in_flight > 256) give_up("the batch", "more than 256 in flight");
    if (!multi) {
        char header[2048];
        snprintf(header, sizeof header, "Authorization: Bearer %s", setup.token);
        headers = curl_slist_append(NULL, header);
        multi = curl_multi_init();
        for (int n = 0; n < in_flight; n++) {
            handles[n] = curl_easy_init();
            curl_easy_setopt(handles[n], CURLOPT_HTTPHEADER, headers);
            curl_easy_setopt(handles[n], CURLOPT_WRITEFUNCTION, collect);
            curl_easy_setopt(handles[n], CURLOPT_WRITEDATA, &replies[n]);
            curl_easy_setopt(handles[n], CURLOPT_PRIVATE, &replies[n]);
            curl_easy_setopt(handles[n], CURLOPT_NOSIGNAL, 1L);
            curl_easy_setopt(handles[n], CURLOPT_TIMEOUT_MS, 30000L);
        }
    }
    const char *base = setup.batch_base, *key = setup.subscription_key;
    const cJSON *id = setup.ids->child;
    char url[512];
    int begun = 0, ended = 0, running, left;
    for (; begun < in_flight && id; begun++, id = id->next) {
        snprintf(url, sizeof url, "%s/tracking/%s/lastevent?subscription-key=%s", base, id->valuestring, key);
        curl_easy_setopt(handles[begun], CURLOPT_URL, url);
        curl_multi_add_handle(multi, handles[begun]);
    }
    while (ended < count) {
        CURLMsg *message;
        if (curl_multi_perform(multi, &running)) give_up("the batch", "curl_multi_perform");
        while ((message = curl_multi_info_read(multi, &left))) {
            if (message->msg != CURLMSG_DONE) continue;
            CURL *handle = message->easy_handle;
            struct reply *reply;
            if (message->data.result) give_up("the batch", curl_easy_strerror(message->data.result));
            curl_easy_getinfo(handle, CURLINFO_PRIVATE, (char **)&reply);
            cJSON *json = parsed(reply);
            const cJSON *event = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "response"), "descriptionEvent");
            if (!cJSON_IsString(event)) give_up("the batch", "no event");
            cJSON_Delete(json);
            curl_multi_remove_handle(multi, handle);
            ended++;
            if (!id) continue;
            snprintf(url, sizeof url, "%s/tracking/%s/lastevent?subscription-key=%s", base, id->valuestring, key);
            id = id->next;
            curl_easy_setopt(handle, CURLOPT_URL, url);
            curl_multi_add_handle(multi, handle);
        }
        if (ended < count && curl_multi_poll(multi, NULL, 0, 1000, NULL)) give_up("the batch", "curl_multi_poll");
    }
}

static void slow(void) {
    static CURL *curl;
    if (!curl) curl = curl_easy_init();
    price_of(curl, setup.slow_base);
}

const struct side glue = {open_handle, price, track, create, batch, slow};
