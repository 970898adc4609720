/*
 * Measures flete and the glue in turns, against the same simulators; what counts is the ratio of the two in one run.
 * `run` beside this file builds and starts it. A line of its output is one figure, its parts separated by tabs: what
 * it is, its unit, flete's, the glue's, and the median of the ratios of all rounds.
 */
#include "bench.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct setup setup;

_Noreturn void give_up(const char *what, const char *why) {
    fprintf(stderr, "bench: %s: %s\n", what, why ? why : "?");
    _exit(1);
}

int next_order(void) {
    static _Atomic int last;
    return atomic_fetch_add(&last, 1) + 1;
}

static void read_setup(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) give_up("can't open", path);
    static char text[1 << 20];
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    const cJSON *json = cJSON_Parse(text);
    if (!json) give_up("no JSON", path);
#define TEXT(name) setup.name = cJSON_GetStringValue(cJSON_GetObjectItem(json, #name))
#define NUMBER(name) setup.name = (int)cJSON_GetNumberValue(cJSON_GetObjectItem(json, #name))
    TEXT(scheme), TEXT(base), TEXT(account), TEXT(key), TEXT(ca), TEXT(config), TEXT(guide), TEXT(from), TEXT(to);
    if (!cJSON_HasObjectItem(json, "ids")) return;
    TEXT(batch_config), TEXT(batch_request), TEXT(batch_base), TEXT(token), TEXT(subscription_key);
    TEXT(slow_config), TEXT(slow_base), NUMBER(count), NUMBER(in_flight), NUMBER(delay_ms);
    setup.ids = cJSON_GetObjectItem(json, "ids");
}

/* ---- clocks */

struct cost {
    double cpu, wall; /* seconds */
};

static double now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec / 1e6; }

static double cpu(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/* ---- rounds */

enum { MOST_ROUNDS = 31 };

struct rounds {
    int count;
    struct cost ours[MOST_ROUNDS], theirs[MOST_ROUNDS];
};

static int ascending(const void *one, const void *other) {
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

/* The median of one clock, of the one side or the other or (0) of their ratios. */
static double median(const struct rounds *rounds, int side, int wall) {
    double values[MOST_ROUNDS];
    for (int n = 0; n < rounds->count; n++) {
        double a = wall ? rounds->ours[n].wall : rounds->ours[n].cpu;
        double b = wall ? rounds->theirs[n].wall : rounds->theirs[n].cpu;
        values[n] = side > 0 ? a : side < 0 ? b : a / b;
    }
    qsort(values, (size_t)rounds->count, sizeof *values, ascending);
    return values[rounds->count / 2];
}

static void line(const char *what, const char *unit, double ours, double theirs, double ratio) {
    printf("%s\t%s\t%.4g\t%.4g\t%.3f\n", what, unit, ours, theirs, ratio);
    fflush(stdout);
}

static void tell(const char *what, const char *unit, double units, const struct rounds *rounds) {
    for (int wall = 0; wall < 2; wall++) {
        char label[128];
        snprintf(label, sizeof label, "%s: %s", what, wall ? "time" : "CPU");
        line(label, unit, median(rounds, 1, wall) * units, median(rounds, -1, wall) * units, median(rounds, 0, wall));
    }
}

/* Each side is first in every other round. */
static struct rounds in_turns(int count, struct cost (*cost)(int ours, void *argument), void *argument) {
    struct rounds rounds = {.count = count};
    cost(0, argument), cost(1, argument);
    for (int n = 0; n < 2 * count; n++) {
        int first = (n + n / 2) % 2;
        struct cost *into = first ? rounds.ours : rounds.theirs;
        into[n / 2] = cost(first, argument);
    }
    return rounds;
}

/* ---- calls of a running process */

enum { PRICE, TRACK, CREATE, CALLS };
static const char *const NAMES[CALLS] = {"price", "track", "create"};

static void call(const struct side *side, int name, void *opened) {
    (name == PRICE ? side->price : name == TRACK ? side->track : side->create)(opened);
}

enum { MOST_THREADS = 16 };

struct block {
    const struct side *side;
    int name, calls; /* calls of each thread */
};

/* A thread of a block. What it opened is kept for the thread of its number in later blocks. */
struct worker {
    const struct block *block;
    void **opened;
};

static void *work(void *argument) {
    const struct worker *worker = argument;
    const struct block *block = worker->block;
    if (!*worker->opened) *worker->opened = block->side->open();
    for (int n = 0; n < block->calls; n++) call(block->side, block->name, *worker->opened);
    return NULL;
}

struct wanted {
    int name, threads, calls; /* calls of all threads */
};

static struct cost run(int is_ours, void *argument) {
    static void *opened[2][MOST_THREADS + 1];
    const struct wanted *wanted = argument;
    struct block block = {is_ours ? &ours : &glue, wanted->name, wanted->calls / wanted->threads};
    struct worker workers[MOST_THREADS];
    pthread_t threads[MOST_THREADS];
    double wall = now(), used = cpu();
    if (wanted->threads == 1) {
        work(&(struct worker){&block, &opened[is_ours][MOST_THREADS]});
    } else {
        for (int n = 0; n < wanted->threads; n++) {
            workers[n] = (struct worker){&block, &opened[is_ours][n]};
            if (pthread_create(&threads[n], NULL, work, &workers[n])) give_up("pthread_create", NULL);
        }
        for (int n = 0; n < wanted->threads; n++) pthread_join(threads[n], NULL);
    }
    double calls = (double)wanted->threads * block.calls;
    return (struct cost){(cpu() - used) / calls, (now() - wall) / calls};
}

static struct rounds steady(int name, int threads, int calls) {
    struct rounds rounds = in_turns(MOST_ROUNDS, run, &(struct wanted){name, threads, calls});
    char what[64];
    snprintf(what, sizeof what, "%s, %s, %d thread%s", setup.scheme, NAMES[name], threads, threads > 1 ? "s" : "");
    tell(what, "µs", 1e6, &rounds);
    return rounds;
}

/* One price after another, by more and more threads. */
static void threads(void) {
    double one[3] = {0}, many[3];
    for (int count = 1; count <= MOST_THREADS; count *= 2) {
        struct rounds rounds = steady(PRICE, count, 800);
        for (int side = -1; side < 2; side++) (count == 1 ? one : many)[side + 1] = median(&rounds, side, 1);
    }
    char what[64];
    snprintf(what, sizeof what, "%s, price, 16 threads beside one: calls a second", setup.scheme);
    line(what, "×", one[2] / many[2], one[0] / many[0], one[2] / many[2] * many[0] / one[0]);
}

/* ---- a process from its start to its end, with one price in between */

static struct cost process(int is_ours, void *argument) {
    char **argv = argument, program[512];
    struct rusage used;
    int status;
    snprintf(program, sizeof program, "%s-%s", argv[0], is_ours ? "ours" : "glue");
    double wall = now();
    pid_t child = fork();
    if (child == 0) execl(program, program, "calls", argv[2], "price", "1", NULL), _exit(127);
    if (wait4(child, &status, 0, &used) != child || status != 0) give_up("a process", program);
    return (struct cost){seconds(used.ru_utime) + seconds(used.ru_stime), now() - wall};
}

/* ---- many requests at once */

static struct cost whole(int is_ours, void *argument) {
    const struct side *side = is_ours ? &ours : &glue;
    double wall = now(), used = cpu();
    (argument ? side->slow : side->batch)();
    return (struct cost){cpu() - used, now() - wall};
}

static void at_once(void) {
    char what[64];
    struct rounds rounds = in_turns(9, whole, NULL);
    snprintf(what, sizeof what, "%d tracks, %d ms each, %d at once", setup.count, setup.delay_ms, setup.in_flight);
    tell(what, "ms", 1e3, &rounds);
    double ideal = (double)setup.count * setup.delay_ms / setup.in_flight;
    for (int side = 1; side > -2; side -= 2) {
        char label[128];
        double took = median(&rounds, side, 1) * 1e3;
        snprintf(label, sizeof label, "%s: %s beside the ideal", what, side > 0 ? "time" : "libcurl multi's time");
        line(label, "ms", took, ideal, took / ideal);
    }
    rounds = in_turns(15, whole, &rounds);
    double ours = median(&rounds, 1, 1) * 1e3, theirs = median(&rounds, -1, 1) * 1e3;
    line("a quote over 4 accounts beside the slowest alone: time", "ms", ours, theirs, ours / theirs);
}

/* ---- what other programs measure from outside: so many calls by one side, then what it keeps */

static long of_status(const char *name) {
    char line[256];
    long value = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, name, strlen(name))) value = strtol(line + strlen(name), NULL, 10);
    if (file) fclose(file);
    return value;
}

static const struct side *only(void) { return &ours ? &ours : &glue; }

static void calls(int name, int count) {
    void *opened = only()->open();
    for (int n = 0; n < count; n++) call(only(), name, opened);
}

/* Prices and tracks in turns. Memory in KiB: after a tenth of the calls, at the end, at most; then two idle seconds. */
static void memory(int count) {
    void *opened = only()->open();
    long early = 0;
    for (int n = 0; n < count; n++) {
        if (n == count / 10) early = of_status("VmRSS:");
        call(only(), n % 2 ? TRACK : PRICE, opened);
    }
    long late = of_status("VmRSS:"), most = of_status("VmHWM:");
    double used = cpu();
    sleep(2);
    printf("%ld %ld %ld %ld %.0f\n", early, late, most, of_status("Threads:"), (cpu() - used) * 1e6);
}

int main(int argc, char **argv) {
    if (argc < 3) give_up("usage", "bench steady|threads|cold|at_once SETUP, bench-SIDE calls SETUP CALL N|memory SETUP N");
    const char *mode = argv[1];
    read_setup(argv[2]);
    if (!strcmp(mode, "steady")) {
        for (int name = 0; name < CALLS; name++) steady(name, 1, 200);
    } else if (!strcmp(mode, "threads")) {
        threads();
    } else if (!strcmp(mode, "cold")) {
        char what[64];
        struct rounds rounds = in_turns(MOST_ROUNDS, process, argv);
        snprintf(what, sizeof what, "%s, a process with one price", setup.scheme);
        tell(what, "ms", 1e3, &rounds);
    } else if (!strcmp(mode, "at_once")) {
        at_once();
    } else if (!strcmp(mode, "calls") && argc == 5) {
        for (int name = 0; name < CALLS; name++)
            if (!strcmp(argv[3], NAMES[name])) calls(name, atoi(argv[4]));
    } else if (!strcmp(mode, "memory") && argc == 4) {
        memory(atoi(argv[3]));
    } else {
        give_up("no such mode", mode);
    }
    return 0;
}
