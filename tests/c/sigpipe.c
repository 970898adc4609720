/* With SIGPIPE at its default, a peer that resets must not end the process, and the host's own signals stay its own. */
#include "check.h"
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>

/* Takes each connection, reads nothing and resets it at once. */
static void *reset_all(void *listener) {
    for (;;) {
        const struct linger hard = {1, 0};
        int peer = accept(*(int *)listener, NULL, NULL);
        if (peer < 0) return NULL;
        setsockopt(peer, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close(peer);
    }
}

static int blocked_or_pending(int (*which)(sigset_t *)) {
    sigset_t set;
    sigemptyset(&set);
    which(&set);
    return sigismember(&set, SIGPIPE);
}

static int mask(sigset_t *set) {
    return pthread_sigmask(SIG_BLOCK, NULL, set);
}

/* A SIGPIPE of our own, as from writing to a closed pipe. */
static void break_a_pipe(void) {
    int ends[2];
    if (pipe(ends)) abort();
    close(ends[0]);
    CHECK(write(ends[1], "x", 1) == -1 && errno == EPIPE, "a pipe that is not broken");
    close(ends[1]);
}

static volatile sig_atomic_t caught;

static void catch(int signal) {
    (void)signal;
    caught++;
}

/* A log line in the middle of a call, where the library's own SIGPIPE would come. */
static void break_in_call(int32_t level, const char *line, void *user) {
    (void)level, (void)line;
    ++*(int *)user;
    break_a_pipe();
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), broken = 0;
    char config[300];
    pthread_t thread;
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 64)
        || getsockname(listener, (struct sockaddr *)&address, &length)) abort();
    pthread_create(&thread, NULL, reset_all, &listener);
    snprintf(config, sizeof config,
             "{\"accounts\": [{\"carrier\": \"fruno\", \"account\": \"a\", \"key\": \"kkkk\","
             " \"base_url\": \"http://127.0.0.1:%d\"}], \"timeout_ms\": 2000}", ntohs(address.sin_port));
    signal(SIGPIPE, SIG_DFL);
    flete_client client = open_client(config);

    for (int round = 0; round < 20; round++)
        CHECK(said(flete_quote(client, QUOTE, strlen(QUOTE)), "\"ok\":false"), "round %d", round);
    CHECK(!blocked_or_pending(mask) && !blocked_or_pending(sigpending), "the mask after a call");

    flete_log(5, break_in_call, &broken);
    CHECK(said(flete_quote(client, QUOTE, strlen(QUOTE)), "\"ok\":false"), "a pipe broken in a call");
    flete_log(0, NULL, NULL);
    CHECK(broken > 0, "nothing was broken");
    CHECK(!blocked_or_pending(mask) && !blocked_or_pending(sigpending), "the mask after a broken pipe");

    /* A host that blocks SIGPIPE and has one pending finds both as they were. */
    sigset_t pipe_only;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, NULL);
    CHECK(said(flete_quote(client, QUOTE, strlen(QUOTE)), "\"ok\":false"), "blocked");
    CHECK(blocked_or_pending(mask) && !blocked_or_pending(sigpending), "a host's mask was changed");
    break_a_pipe();
    CHECK(said(flete_quote(client, QUOTE, strlen(QUOTE)), "\"ok\":false"), "pending");
    CHECK(blocked_or_pending(mask) && blocked_or_pending(sigpending), "a host's own SIGPIPE was taken");

    /* And its handler is still there, and gets its own. */
    signal(SIGPIPE, catch);
    pthread_sigmask(SIG_UNBLOCK, &pipe_only, NULL);
    CHECK(caught == 1, "%d caught", (int)caught);
    CHECK(said(flete_quote(client, QUOTE, strlen(QUOTE)), "\"ok\":false"), "with a handler");
    CHECK(caught == 1, "a handler was called for the library's");
    break_a_pipe();
    CHECK(caught == 2, "the handler is gone");
    flete_close(client);
    return report();
}
