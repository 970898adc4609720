/* A host that loads the library by hand, uses it, unloads it and loads it again, as plugins do. Not linked to it. */
#include "check.h"
#include <dlfcn.h>

#define FIND(name) *(void **)&name##_ = dlsym(library, #name)

static void *once(void *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    flete_client (*flete_open_)(const char *, size_t, char **);
    char *(*flete_quote_)(flete_client, const char *, size_t);
    void (*flete_string_free_)(char *);
    void (*flete_close_)(flete_client);
    CHECK(library != NULL, "%s", dlerror());
    if (!library) return NULL;
    FIND(flete_open);
    FIND(flete_quote);
    FIND(flete_string_free);
    FIND(flete_close);
    flete_client client = flete_open_(SANDBOX, strlen(SANDBOX), NULL);
    char *reply = flete_quote_(client, QUOTE, strlen(QUOTE));
    CHECK(strstr(reply, "\"ok\":true") != NULL, "%.300s", reply);
    flete_string_free_(reply);
    flete_close_(client);
    CHECK(dlclose(library) == 0, "%s", dlerror());
    return NULL;
}

/* check.h's helpers want them, but nothing here may be linked: they are never called. */
void flete_string_free(char *text) { (void)text; abort(); }
flete_client flete_open(const char *c, size_t n, char **e) { (void)c, (void)n, (void)e; abort(); }
char *flete_quote(flete_client c, const char *r, size_t n) { (void)c, (void)r, (void)n; abort(); }

int main(int argc, char **argv) {
    char *path = argc > 1 ? argv[1] : "libflete.so.0";
    for (int round = 0; round < 20; round++) {
        pthread_t thread;
        once(path);
        /* A thread that ends after the library was unloaded still runs the destructors of its thread-locals. */
        pthread_create(&thread, NULL, once, path);
        pthread_join(thread, NULL);
    }
    return report();
}
