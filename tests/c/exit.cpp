// A host that calls as it ends: from atexit(), and from destructors of static and thread_local objects, when the
// thread's own thread-locals (the library's among them) may be gone already.
#include "check.h"

static flete_client client;

struct Last {
    const char *where;
    ~Last() {
        const flete_client own = open_client(SANDBOX);
        CHECK(quoted(own) && quoted(client), "in a destructor: %s", where);
        flete_close(own);
    }
};

static void told() {
    if (report()) _exit(1);
}

static void at_exit() {
    CHECK(quoted(client), "in atexit()");
}

static void *end_thread(void *) {
    static thread_local Last in_thread{"of a thread"};
    CHECK(in_thread.where && quoted(client), "in a thread");
    return nullptr;
}

int main() {
    // What was registered first comes last.
    std::atexit(told);
    static Last of_main{"of a static object"};
    std::atexit(at_exit);
    client = open_client(SANDBOX);
    CHECK(of_main.where && quoted(client), "in main");
    pthread_t thread;
    pthread_create(&thread, nullptr, end_thread, nullptr);
    pthread_join(thread, nullptr);
    return 0;
}
