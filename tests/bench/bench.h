/* What is compared: flete (ours.c), and the glue that a shop would write by hand (glue.c). A program has either or both. */
#include <cjson/cJSON.h>

/* One way to do the work. Every function ends the program if the work is not done. */
struct side {
    void *(*open)(void);          /* once for each thread */
    void (*price)(void *opened);  /* each of these is one call */
    void (*track)(void *opened);
    void (*create)(void *opened);
    void (*batch)(void);          /* tracks all shipments of the batch */
    void (*slow)(void);           /* flete: a quote over the slow accounts. The glue: a price of the slowest alone */
};

extern const struct side ours __attribute__((weak)), glue __attribute__((weak));

/* The file that setup.py wrote. The second half is only in batch.json. */
extern struct setup {
    const char *scheme, *base, *account, *key, *ca, *config, *guide, *from, *to;
    const char *batch_config, *batch_request, *batch_base, *token, *subscription_key, *slow_config, *slow_base;
    const cJSON *ids;
    int count, in_flight, delay_ms;
} setup;

int next_order(void); /* so that no two creates are alike */
_Noreturn void give_up(const char *what, const char *why);
