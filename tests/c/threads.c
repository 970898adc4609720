/* Many threads and one library: calls, closing and interrupting across threads, the log changed meanwhile. */
#include "check.h"
#include <arpa/inet.h>
#include <stdint.h>
#include <time.h>

enum { THREADS = 16, ROUNDS = 5 };

static flete_client shared;

static void *call_often(void *unused) {
    (void)unused;
    for (int round = 0; round < ROUNDS; round++) {
        flete_client own = open_client(SANDBOX);
        CHECK(quoted(shared), "the shared client");
        CHECK(quoted(own), "an own client");
        flete_close(own);
        flete_close(own);
    }
    return NULL;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void pause_ms(long ms) {
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* A host that takes connections and never says a word. */
static flete_client open_silent(int *listener) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    char config[300];
    *listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(*listener, (struct sockaddr *)&address, length) || listen(*listener, 64)
        || getsockname(*listener, (struct sockaddr *)&address, &length)) abort();
    snprintf(config, sizeof config,
             "{\"accounts\": [{\"id\": \"cr\", \"carrier\": \"fruno\", \"account\": \"a\", \"key\": \"kkkk\","
             " \"base_url\": \"http://127.0.0.1:%d\"}], \"timeout_ms\": 20000}", ntohs(address.sin_port));
    return open_client(config);
}

static void *call_silent(void *client) {
    return flete_quote(*(flete_client *)client, QUOTE, strlen(QUOTE));
}

static void interrupting(void) {
    int listener;
    flete_client silent = open_silent(&listener);
    pthread_t threads[4];
    for (int at = 0; at < 4; at++) pthread_create(&threads[at], NULL, call_silent, &silent);
    pause_ms(500);
    const double start = now();
    /* An interrupt ends every call; below, a client is closed during a call, which keeps it and ends by the interrupt. */
    flete_interrupt(silent);
    for (int at = 0; at < 4; at++) {
        void *reply;
        pthread_join(threads[at], &reply);
        CHECK(said(reply, "\"code\":\"cancelled\""), "thread %d", at);
    }
    CHECK(now() - start < 5, "it took %.1f s", now() - start);

    pthread_t late;
    void *reply;
    pthread_create(&late, NULL, call_silent, &silent);
    pause_ms(500);
    flete_interrupt(silent);
    flete_close(silent);
    pthread_join(late, &reply);
    CHECK(said(reply, "\"code\":\"cancelled\""), "closed while calling");
    CHECK(said(flete_quote(silent, QUOTE, strlen(QUOTE)), "invalid_handle"), "closed");
    close(listener);
}

static void first(int32_t level, const char *line, void *user) {
    (void)level;
    if (strcmp(user, "first") != 0 || !line[0]) CHECK(0, "the first callback with the data of the second");
}

static void second(int32_t level, const char *line, void *user) {
    (void)level;
    if (strcmp(user, "second") != 0 || !line[0]) CHECK(0, "the second callback with the data of the first");
}

static volatile int done;

static void *change_log(void *unused) {
    (void)unused;
    while (!done) {
        flete_log(5, first, "first");
        flete_log(4, second, "second");
        flete_log(0, NULL, NULL);
    }
    return NULL;
}

/* Threads of COBOL, of Java and of some servers have little stack; an overflow would end the process. */
static void small_stacks(void) {
    static const size_t sizes[] = {32, 64, 128, 512};
    for (size_t at = 0; at < sizeof sizes / sizeof *sizes; at++) {
        pthread_attr_t small;
        pthread_t thread;
        pthread_attr_init(&small);
        pthread_attr_setstacksize(&small, sizes[at] * 1024);
        pthread_create(&thread, &small, call_often, NULL);
        pthread_join(thread, NULL);
        pthread_attr_destroy(&small);
    }
}

int main(void) {
    pthread_t threads[THREADS], changer;
    shared = open_client(SANDBOX);
    pthread_create(&changer, NULL, change_log, NULL);
    for (int at = 0; at < THREADS; at++) pthread_create(&threads[at], NULL, call_often, NULL);
    for (int at = 0; at < THREADS; at++) pthread_join(threads[at], NULL);
    done = 1;
    pthread_join(changer, NULL);
    small_stacks();
    interrupting();
    CHECK(quoted(shared), "and it still works");
    flete_close(shared);
    return report();
}
