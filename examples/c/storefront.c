/*
 * A shop's main job in C: compare prices, ship with a label, follow the parcel to the door, cancel another.
 * It runs against the built-in simulator; for a real carrier, give a configuration: in FLETE_CONFIG as JSON, or as a
 * file: ./storefront flete.json
 *
 * Every create has an idempotency_key, here the order's number: run it again with a real carrier, and the same
 * shipment comes back. The simulator and its keys end with the program.
 *
 *   cc -Wall -Wextra storefront.c -o storefront $(pkg-config --cflags --libs flete jansson)
 */
#include <flete.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* In the simulator time runs faster: a stage every 600 ms. */
static const char *SIMULATOR =
    "{\"accounts\": [{\"id\": \"cr\", \"carrier\": \"fruno\", \"environment\": \"sandbox\","
    " \"price_unit\": \"minor\", \"sandbox\": {\"auto_advance_ms\": 600}}]}";

static const char *text(const json_t *object, const char *name) {
    const char *value = json_string_value(json_object_get(object, name));
    return value ? value : "-";
}

/* Calls a method, and releases the request. Returns the reply's data, to be released, or NULL on failure. */
static json_t *call(flete_client client, const char *method, json_t *request) {
    char *body = json_dumps(request, JSON_COMPACT);
    char *reply = flete_invoke(client, method, body, strlen(body));
    json_t *envelope = json_loads(reply, 0, NULL);
    json_t *data = json_incref(json_object_get(envelope, "data"));
    if (!data) {
        const json_t *error = json_object_get(envelope, "error");
        printf("  %s: %s\n", text(error, "code"), text(error, "message"));
    }
    json_decref(envelope);
    flete_string_free(reply);
    free(body);
    json_decref(request);
    return data;
}

/* One parcel from the shop to the customer. */
static json_t *consignment(void) {
    return json_pack(
        "{s:{s:s, s:s, s:s, s:s, s:s, s:s}, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s},"
        " s:[{s:{s:i, s:s}, s:{s:i, s:i, s:i, s:s}, s:s}]}",
        "origin", "company", "Tienda ABC", "name", "Bodega central", "phone", "+506 2222-3333", "country", "CR",
        "street", "De la esquina sur oeste del supermercado ABC, 125 sur", "district_code", "11501",
        "destination", "name", "Josué Blanco", "phone", "8888-1182", "email", "josue@example.com", "country", "CR",
        "street", "De la escuela Gulliver, 25 sur", "neighborhood", "Residencial Lilliput", "district_code", "11605",
        "parcels", "weight", "value", 389, "unit", "g",
        "dimensions", "length", 20, "width", 20, "height", 15, "unit", "cm", "description", "Pedido tienda virtual");
}

static json_t *order(const char *reference, int with_label) {
    json_t *request = consignment();
    json_object_set_new(request, "reference", json_string(reference));
    json_object_set_new(request, "idempotency_key", json_string(reference));
    json_object_set_new(request, "with_label", json_boolean(with_label));
    return request;
}

/* Says whether the shipment was made by an earlier call with the same key. */
static void told_replay(const json_t *shipment) {
    if (json_is_true(json_object_get(shipment, "replayed")))
        printf("  waybill %s was made before (replayed)\n", text(shipment, "id"));
}

static int storefront(flete_client client) {
    json_t *quote, *shipment, *other, *cancelled, *refused, *rate;
    const json_t *label;
    const char *id;
    size_t at, told = 0;

    puts("What would it cost?");
    quote = call(client, "quote", consignment());
    if (!quote) return 1;
    json_array_foreach(json_object_get(quote, "rates"), at, rate) {
        const json_t *total = json_object_get(rate, "total");
        printf("  %-10s %-12s %10s %s\n", text(rate, "account"), text(json_object_get(rate, "service"), "name"),
               text(total, "amount"), text(total, "currency"));
    }
    json_decref(quote);

    puts("\nChanged one's mind");
    other = call(client, "create", order("ORDEN-88243568", 0));
    if (!other) return 1;
    told_replay(other);
    cancelled = call(client, "cancel", json_pack("{s:s, s:s}", "id", text(other, "id"), "reason", "bought twice"));
    /* A shipment that an earlier run cancelled can't be cancelled again. */
    if (!cancelled && !json_is_true(json_object_get(other, "replayed"))) {
        json_decref(other);
        return 1;
    }
    json_decref(other);
    if (cancelled) printf("  waybill %s is %s\n", text(cancelled, "id"), text(cancelled, "status"));
    json_decref(cancelled);

    puts("\nShip it");
    shipment = call(client, "create", order("ORDEN-88243567", 1));
    if (!shipment) return 1;
    id = text(shipment, "id");
    label = json_object_get(shipment, "label");
    printf("  waybill %s for %s: %s\n", id, text(shipment, "reference"), text(shipment, "status"));
    told_replay(shipment);
    printf("  label   %s, %lld bytes\n", text(label, "content_type"),
           (long long)json_integer_value(json_object_get(label, "size")));

    puts("\nFollow it");
    for (;;) {
        const struct timespec pause = {0, 100 * 1000 * 1000};
        json_t *tracking = call(client, "track", json_pack("{s:s}", "id", id));
        const json_t *events = json_object_get(tracking, "events");
        int delivered = strcmp(text(tracking, "status"), "delivered") == 0;
        if (!tracking) {
            json_decref(shipment);
            return 1;
        }
        for (; told < json_array_size(events); told++) {
            const json_t *event = json_array_get(events, told);
            printf("  %-30s %-17s %s\n", text(event, "at"), text(event, "status"), text(event, "description"));
        }
        if (delivered) printf("  page for the customer: %s\n", text(tracking, "tracking_url"));
        json_decref(tracking);
        if (delivered) break;
        nanosleep(&pause, NULL);
    }

    puts("\nToo late to take it back");
    refused = call(client, "cancel", json_pack("{s:s}", "id", id));
    json_decref(refused);
    json_decref(shipment);
    return 0;
}

int main(int argc, char **argv) {
    char *from_file = NULL, *error = NULL;
    const char *config = getenv("FLETE_CONFIG");
    flete_client client;
    int status;

    if (!config || !*config) config = SIMULATOR;
    if (argc > 1) {
        json_error_t problem;
        json_t *file = json_load_file(argv[1], 0, &problem);
        if (!file) {
            fprintf(stderr, "%s: %s\n", argv[1], problem.text);
            return 2;
        }
        config = from_file = json_dumps(file, JSON_COMPACT);
        json_decref(file);
    }
    /* Opening makes no connection and starts no thread. */
    client = flete_open(config, strlen(config), &error);
    free(from_file);
    if (!client) {
        fprintf(stderr, "%s\n", error);
        flete_string_free(error);
        return 2;
    }
    status = storefront(client);
    flete_close(client);
    return status;
}
