/*
 * One Fruno price, asked for by flete and by the glue that a shop would write by hand: libcurl with its handle kept,
 * OpenSSL for the signature, cJSON for the reply. In turns, against the same simulator; what counts is the ratio of
 * the two in one run. `run` beside this file builds and starts it.
 */
#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *config, *base, *account, *key, *ca; /* of the simulator's account */

static void give_up(const char *what, const char *why) {
    fprintf(stderr, "bench: %s: %s\n", what, why ? why : "?");
    _exit(1);
}

/* ---- the glue */

#ifdef FLETE_ONLY /* as a process without libcurl and what that loads */
typedef void CURL;
static CURL *open_glue(void) { return NULL; }
static double glue(CURL *curl) { return (void)curl, 0; }
#else
#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static CURL *open_glue(void) { return curl_easy_init(); }

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

/* One GET, signed as Fruno's API reference says; returns the parsed reply. */
static cJSON *get(CURL *curl, const char *path, const char *query) {
    char time_text[64], signed_text[512], password[64], credentials[256], encoded[384], header[512], url[1024];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int digest_length;
    struct tm parts;
    long long now = never_again();
    time_t whole = (time_t)(now / BILLION);
    gmtime_r(&whole, &parts);
    size_t at = strftime(time_text, sizeof time_text, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(time_text + at, sizeof time_text - at, ".%09lldZ", now % BILLION);
    int length = snprintf(signed_text, sizeof signed_text, "GET%s%s", path, time_text);
    HMAC(EVP_sha256(), key, (int)strlen(key), (unsigned char *)signed_text, (size_t)length, digest, &digest_length);
    base64(digest, (int)digest_length, password);
    length = snprintf(credentials, sizeof credentials, "%s:%s", account, password);
    base64((unsigned char *)credentials, length, encoded);

    struct curl_slist *headers = NULL;
    snprintf(header, sizeof header, "Authorization: Basic %s", encoded);
    headers = curl_slist_append(headers, header);
    snprintf(header, sizeof header, "X-Fr-Hora: %s", time_text);
    headers = curl_slist_append(headers, header);
    snprintf(url, sizeof url, "%s%s?%s", base, path, query);
    struct reply reply = {0};
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 30000L);
    curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
    CURLcode code = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    if (code != CURLE_OK || status != 200) give_up("the glue", code ? curl_easy_strerror(code) : reply.text);
    cJSON *json = cJSON_Parse(reply.text);
    free(reply.text);
    if (!json) give_up("the glue", "no JSON");
    return json;
}

static const char *const COST = "/v1/paquetes/costo";
static const char *const PARCEL = "c%C3%B3digo_distrito_fuente=11501&c%C3%B3digo_distrito_destino=11605"
                                  "&alto=15&ancho=20&longitud=20&gr_peso=389";

static double glue(CURL *curl) {
    cJSON *json = get(curl, COST, PARCEL);
    const cJSON *price = cJSON_GetObjectItem(json, "precio");
    double amount = cJSON_IsNumber(price) ? price->valuedouble : -1;
    cJSON_Delete(json);
    return amount;
}
#endif

/* ---- flete */

#ifdef GLUE_ONLY
static void open_flete(void) {}
static double flete(CURL *unused) { return (void)unused, 0; }
#else
#include <flete.h>

static flete_client client;

static void open_flete(void) {
    char *error = NULL;
    client = flete_open(config, strlen(config), &error);
    if (!client) give_up("flete_open", error);
}

static const char *const QUOTE =
    "{\"origin\": {\"district_code\": \"11501\"}, \"destination\": {\"district_code\": \"11605\"}, \"parcels\": [{"
    "\"weight\": {\"value\": 389, \"unit\": \"g\"},"
    " \"dimensions\": {\"length\": 20, \"width\": 20, \"height\": 15, \"unit\": \"cm\"}}]}";

/* The host reads the reply's text with the same library. */
static double flete(CURL *unused) {
    (void)unused;
    char *text = flete_quote(client, QUOTE, strlen(QUOTE));
    cJSON *json = cJSON_Parse(text);
    const cJSON *rate = cJSON_GetArrayItem(cJSON_GetObjectItem(cJSON_GetObjectItem(json, "data"), "rates"), 0);
    const cJSON *amount = cJSON_GetObjectItem(cJSON_GetObjectItem(rate, "total"), "amount");
    if (!cJSON_IsString(amount)) give_up("flete", text);
    double value = strtod(amount->valuestring, NULL);
    cJSON_Delete(json);
    flete_string_free(text);
    return value;
}
#endif

/* ---- measured */

typedef double one(CURL *);

struct cost {
    double cpu, wall; /* microseconds a call */
};

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

struct share {
    one *call;
    int calls;
};

static void *thread(void *argument) {
    struct share *share = argument;
    CURL *curl = open_glue();
    for (int n = 0; n < share->calls; n++)
        if (share->call(curl) <= 0) give_up("a price", "none");
    return NULL;
}

static struct cost block(one *call, int threads, int calls) {
    static CURL *kept;
    if (!kept) kept = open_glue();
    double wall = seconds(), used = cpu();
    if (threads == 1) {
        for (int n = 0; n < calls; n++)
            if (call(kept) <= 0) give_up("a price", "none");
    } else {
        pthread_t all[64];
        struct share share = {call, calls / threads};
        for (int n = 0; n < threads; n++) pthread_create(&all[n], NULL, thread, &share);
        for (int n = 0; n < threads; n++) pthread_join(all[n], NULL);
    }
    return (struct cost){(cpu() - used) / calls * 1e6, (seconds() - wall) / calls * 1e6};
}

static int ascending(const void *one, const void *other) {
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

enum { ROUNDS = 31 };

/* What each round cost, and its medians. */
struct rounds {
    double cpu[ROUNDS], wall[ROUNDS], cpu_ratio[ROUNDS], wall_ratio[ROUNDS];
};

static double median(const double *values) {
    double sorted[ROUNDS];
    memcpy(sorted, values, sizeof sorted);
    qsort(sorted, ROUNDS, sizeof *sorted, ascending);
    return sorted[ROUNDS / 2];
}

static void tell(const char *what, const struct rounds *ours, const struct rounds *theirs) {
    double cpu_ratio[ROUNDS], wall_ratio[ROUNDS];
    for (int n = 0; n < ROUNDS; n++) {
        cpu_ratio[n] = ours->cpu[n] / theirs->cpu[n];
        wall_ratio[n] = ours->wall[n] / theirs->wall[n];
    }
    printf("%-32s %8.0f %8.0f %6.2f %9.0f %8.0f %6.2f\n", what, median(ours->cpu), median(theirs->cpu),
           median(cpu_ratio), median(ours->wall), median(theirs->wall), median(wall_ratio));
    fflush(stdout);
}

/* Calls of a running process, in blocks; each side is first in every other round. */
static void steady(const char *what, int threads, int calls) {
    static struct rounds ours, theirs;
    block(glue, threads, calls), block(flete, threads, calls);
    for (int n = 0; n < 2 * ROUNDS; n++) {
        int flete_now = (n + n / 2) % 2;
        struct cost cost = block(flete_now ? flete : glue, threads, calls);
        struct rounds *side = flete_now ? &ours : &theirs;
        side->cpu[n / 2] = cost.cpu, side->wall[n / 2] = cost.wall;
    }
    tell(what, &ours, &theirs);
}

/* A process from its start to its end, with one price in between. */
static struct cost process(char **argv, char *side) {
    char program[512];
    struct rusage used;
    int status;
    snprintf(program, sizeof program, "%s-%s", argv[0], side);
    argv[1] = "once";
    double wall = seconds();
    pid_t child = fork();
    if (child == 0) execv(program, argv), _exit(127);
    if (wait4(child, &status, 0, &used) != child || status != 0) give_up("a process", side);
    double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
                 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    return (struct cost){cpu, (seconds() - wall) * 1e6};
}

static void cold(const char *what, char **argv) {
    static struct rounds ours, theirs;
    for (int n = 0; n < 2 * ROUNDS; n++) {
        int flete_now = (n + n / 2) % 2;
        struct cost cost = process(argv, flete_now ? "flete" : "glue");
        struct rounds *side = flete_now ? &ours : &theirs;
        side->cpu[n / 2] = cost.cpu, side->wall[n / 2] = cost.wall;
    }
    tell(what, &ours, &theirs);
}

int main(int argc, char **argv) {
    if (argc != 7) give_up("usage", "bench steady|cold|once CONFIG BASE_URL ACCOUNT KEY CA_FILE");
    const char *mode = argv[1];
    config = argv[2], base = argv[3], account = argv[4], key = argv[5], ca = argv[6];
    const char *scheme = strncmp(base, "https", 5) ? "http" : "https";
    char what[64];
    if (!strcmp(mode, "cold")) {
        snprintf(what, sizeof what, "%s, a process with one call", scheme);
        cold(what, argv);
    } else if (!strcmp(mode, "once")) {
#ifdef FLETE_ONLY
        open_flete();
        block(flete, 1, 1);
#else
        block(glue, 1, 1);
#endif
    } else {
        open_flete();
        snprintf(what, sizeof what, "%s, one thread", scheme);
        steady(what, 1, 200);
        snprintf(what, sizeof what, "%s, 8 threads", scheme);
        steady(what, 8, 400);
    }
    return 0;
}
