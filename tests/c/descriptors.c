/* A host that closes every descriptor under a used client: each call ends in time with an envelope, the next one works,
 * and what the host opens in their place stays its own. */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define FIRST 3
#define LAST 256

static flete_client client;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void close_all(void) {
    for (int number = FIRST; number < LAST; number++) close(number);
}

/* The README's quote, which must end by its deadline; well: it must be done, too. */
static void quote(int well, const char *when) {
    double started = now();
    char *reply = flete_quote(client, QUOTE, strlen(QUOTE));
    CHECK(now() - started < 5, "%s: a call took %.1f s", when, now() - started);
    CHECK(reply && reply[0] == '{', "%s: no envelope", when);
    CHECK(!well || strstr(reply, "\"rates\":[{"), "%s: %.300s", when, reply);
    CHECK(!strstr(reply, "\"internal\""), "%s: %.300s", when, reply);
    flete_string_free(reply);
}

static void *quotes(void *rounds) {
    for (int round = 0; round < *(int *)rounds; round++) quote(0, "in the middle");
    return NULL;
}

static void *quotes_well(void *rounds) {
    for (int round = 0; round < *(int *)rounds; round++) quote(1, "with other threads");
    return NULL;
}

static void at_once(int rounds) {
    pthread_t threads[8];
    for (int index = 0; index < 8; index++) pthread_create(&threads[index], NULL, quotes_well, &rounds);
    for (int index = 0; index < 8; index++) pthread_join(threads[index], NULL);
}

/* The host's own files take the numbers of what it closed, and stay its own. */
static void among_own_files(void) {
    close_all();
    int own[64];
    struct stat before[64], after;
    for (int index = 0; index < 64; index++) {
        char name[] = "/tmp/flete-own-XXXXXX";
        own[index] = mkstemp(name);
        unlink(name);
        fstat(own[index], &before[index]);
    }
    for (int round = 0; round < 3; round++) quote(1, "among the host's files");
    at_once(1);
    for (int index = 0; index < 64; index++) {
        int there = fstat(own[index], &after) == 0 && after.st_ino == before[index].st_ino;
        CHECK(there && after.st_size == 0, "the host's file %d was closed or written to", index);
        close(own[index]);
    }
}

int main(void) {
    client = open_client("{\"accounts\": [{\"id\": \"cr\", \"carrier\": \"fruno\", \"environment\": \"sandbox\"}], \"timeout_ms\": 3000}");
    quote(1, "at first");
    for (int round = 0; round < 3; round++) {
        close_all();
        quote(1, "after all were closed");
    }

    among_own_files();
    /* Each of these threads leaves a runtime and connections of its own, idle. */
    at_once(5);
    among_own_files();

    /* While other threads are in the middle of calls. */
    for (int round = 0; round < 3; round++) {
        pthread_t threads[8];
        int rounds = 20;
        for (int index = 0; index < 8; index++) pthread_create(&threads[index], NULL, quotes, &rounds);
        for (int times = 0; times < 5; times++) {
            usleep(20000);
            close_all();
        }
        flete_interrupt(client);
        for (int index = 0; index < 8; index++) pthread_join(threads[index], NULL);
        quote(1, "after the threads");
    }

    /* None left. */
    struct rlimit limit = {LAST, LAST};
    setrlimit(RLIMIT_NOFILE, &limit);
    close_all();
    while (open("/dev/null", O_RDONLY) >= 0) continue;
    CHECK(said(flete_quote(client, QUOTE, strlen(QUOTE)), "too many open files"), "it is not named");
    close_all();
    quote(1, "when there are some again");
    flete_close(client);
    return report();
}
