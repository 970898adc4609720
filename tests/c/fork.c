/* A host that forks, before and after it first calls, from a busy process too: the parent and the children all go on. */
#include "check.h"
#include <signal.h>
#include <sys/wait.h>

static flete_client client;

/* A child calls with its parent's client and with its own; returns whether all succeeded, within 60 s. */
static int child_works(void) {
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        flete_client own = open_client(SANDBOX);
        int well = quoted(client) && quoted(own) && quoted(client);
        flete_close(own);
        flete_close(client);
        /* And a grandchild, whose parent is a child. */
        pid_t grandchild = fork();
        if (grandchild == 0) {
            flete_client mine = open_client(SANDBOX);
            _exit(!(quoted(mine) && said(flete_quote(client, QUOTE, strlen(QUOTE)), "invalid_handle")));
        }
        int status = 1;
        waitpid(grandchild, &status, 0);
        _exit(!(well && status == 0));
    }
    int status = 1;
    waitpid(child, &status, 0);
    return status == 0;
}

static volatile int done;

static void *busy(void *unused) {
    (void)unused;
    while (!done) {
        flete_client own = open_client(SANDBOX);
        if (!quoted(own) || !quoted(client)) abort();
        flete_close(own);
    }
    return NULL;
}

/* Reads the state file over and over. */
static void *keeping(void *unused) {
    (void)unused;
    while (!done)
        if (!said(flete_invoke(client, "keys", "{}", 2), "\"ok\":true")) abort();
    return NULL;
}

/* Children of a process whose threads are always inside the state file go on with it. */
static void forks_while_keys_are_read(void) {
    char config[300], file[] = "/tmp/flete-fork-XXXXXX";
    int made = mkstemp(file);
    CHECK(made >= 0, "no file");
    snprintf(config, sizeof config, "{\"accounts\": [{\"carrier\": \"fruno\", \"environment\": \"sandbox\"}], \"state\": \"%s\"}", file);
    client = open_client(config);
    done = 0;
    pthread_t threads[4];
    for (int at = 0; at < 4; at++) pthread_create(&threads[at], NULL, keeping, NULL);
    for (int round = 0; round < 30; round++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(60);
            _exit(!said(flete_invoke(client, "keys", "{}", 2), "\"ok\":true"));
        }
        int status = 1;
        waitpid(child, &status, 0);
        CHECK(status == 0, "the state file in a child of a busy parent, round %d: %d", round, status);
    }
    done = 1;
    for (int at = 0; at < 4; at++) pthread_join(threads[at], NULL);
    CHECK(said(flete_invoke(client, "keys", "{}", 2), "\"ok\":true"), "the parent's state file after all");
    flete_close(client);
    close(made);
    unlink(file);
}

int main(void) {
    /* The sandbox's ports are the parent's: it starts before the first fork, as a master process would have it. */
    flete_client starter = open_client(SANDBOX);
    CHECK(quoted(starter), "before any fork");
    client = open_client(SANDBOX);
    CHECK(child_works(), "a child whose parent didn't use the client");
    CHECK(quoted(client), "the parent after it");
    CHECK(child_works(), "a child whose parent did");
    CHECK(quoted(client), "the parent after it");

    pthread_t threads[4];
    for (int at = 0; at < 4; at++) pthread_create(&threads[at], NULL, busy, NULL);
    for (int round = 0; round < 30; round++) CHECK(child_works(), "a child of a busy parent, round %d", round);
    done = 1;
    for (int at = 0; at < 4; at++) pthread_join(threads[at], NULL);
    CHECK(quoted(client), "the parent after all");
    flete_close(client);
    forks_while_keys_are_read();
    flete_close(starter);
    return report();
}
