/* A controller without a battery, for the tests of the link: every kind of port and payload goes in
 * and comes out. */
#include "rig/link/bms_link.h"

enum port {
    IN_VOLT,
    IN_AMPERE,
    IN_CELSIUS,
    IN_OHM,
    IN_BOOL,
    OUT_VOLT,
    OUT_PRODUCT,
    OUT_RATIO,
    OUT_BOOL,
    OUT_STAGE,
    OUT_CONTACT,
    OUT_LEVEL
};
enum bus { BUS_CAN, BUS_SERIAL };

struct echo {
    int64_t period; /* of the contact's beat, ns */
    int64_t beat;   /* when it is due */
    double fail_at; /* V: gives up from this voltage on */
    double next;    /* names this time always, if it is a number */
    double status;  /* of its exit */
};

static int set(struct echo* echo, const struct bms_argument* argument,
               struct bms_console* console) {
    double value;
    if (!bms_read_number(argument->value, &value)) {
        bms_complain(console, "%s=%s: expected a number", argument->name, argument->value);
        return 0;
    }
    if (strcmp(argument->name, "period") == 0 && value >= 1 && value <= 1e15) {
        echo->period = (int64_t)value;
    } else if (strcmp(argument->name, "fail_at") == 0) {
        echo->fail_at = value;
    } else if (strcmp(argument->name, "next") == 0) {
        echo->next = value;
    } else if (strcmp(argument->name, "status") == 0) {
        echo->status = value;
    } else {
        bms_complain(console, "%s=%s: unknown or out of range", argument->name, argument->value);
        return 0;
    }
    return 1;
}

static int create(int argc, char** argv, struct bms_console* console, void** state) {
    struct echo echo = {1000000, 0, NAN, NAN, 0};
    struct bms_argument argument;
    enum bms_argument_kind kind;
    int index = 1;
    while ((kind = bms_next_argument(argc, argv, &index, console, &argument)) != BMS_ARGUMENT_END) {
        if (kind == BMS_ARGUMENT_LIST_DEFECTS) {
            bms_say(console, "none");
            return 0;
        }
        if (kind == BMS_ARGUMENT_DEFECT) bms_complain(console, "no defect %s", argument.name);
        if (kind != BMS_ARGUMENT_SET || !set(&echo, &argument, console)) return 2;
    }
    *state = malloc(sizeof echo);
    if (*state == NULL) return 1;
    memcpy(*state, &echo, sizeof echo);
    bms_complain(console, "echo with a period of %lld ns", (long long)echo.period);
    return 0;
}

static void describe(void* state, struct bms_ports* ports) {
    (void)state;
    bms_declare_product(ports, "bmsrig.echo", "1.0");
    bms_declare_input(ports, "in.volt", BMS_VOLT);
    bms_declare_input(ports, "in.ampere", BMS_AMPERE);
    bms_declare_input(ports, "in.celsius", BMS_CELSIUS);
    bms_declare_input(ports, "in.ohm", BMS_OHM);
    bms_declare_input(ports, "in.bool", BMS_BOOL);
    bms_declare_output(ports, "out.volt", BMS_VOLT);
    bms_declare_output(ports, "out.product", BMS_VOLT);
    bms_declare_output(ports, "out.ratio", BMS_RATIO);
    bms_declare_output(ports, "out.bool", BMS_BOOL);
    bms_declare_output(ports, "out.stage", BMS_STAGE);
    bms_declare_output(ports, "out.contact", BMS_CONTACT);
    bms_declare_output(ports, "out.level", BMS_LEVEL);
    bms_declare_can(ports, "can", 250000);
    bms_declare_serial(ports, "rs485", 9600);
}

/* Sends every payload back: frames with the next identifier, bytes reversed. */
static void echo_payloads(struct bms_io* io) {
    size_t i;
    for (i = 0; i < bms_received_count(io); ++i) {
        if (bms_received_bus(io, i) == BUS_CAN) {
            struct bms_can_frame frame;
            bms_received_can(io, i, &frame);
            frame.id ^= 1;
            bms_send_can(io, BUS_CAN, &frame);
        } else {
            unsigned char bytes[64];
            const size_t count = bms_received_serial(io, i, bytes, sizeof bytes);
            size_t k;
            for (k = 0; k < count / 2; ++k) {
                const unsigned char swapped = bytes[k];
                bytes[k] = bytes[count - 1 - k];
                bytes[count - 1 - k] = swapped;
            }
            bms_send_serial(io, BUS_SERIAL, bytes, count);
        }
    }
}

static int64_t advance(void* state, int64_t now_ns, struct bms_io* io) {
    struct echo* echo = (struct echo*)state;
    const double volt = bms_input(io, IN_VOLT);
    const double ampere = bms_input(io, IN_AMPERE);
    if (bms_input_changed(io, IN_BOOL) && bms_input(io, IN_BOOL) == 1)
        bms_log(io, "code A-B11\nat %lld", (long long)now_ns);
    if (volt >= echo->fail_at) {
        bms_fail(io, "%g V is too much", volt);
        return BMS_NEVER;
    }
    bms_set(io, OUT_STAGE, isnan(volt) ? BMS_FLOAT : volt > 0 ? BMS_HIGH : BMS_LOW);
    bms_set(io, OUT_VOLT, volt);
    bms_set(io, OUT_PRODUCT, 0); /* two changes at one time are one, with the value at the end */
    bms_set(io, OUT_PRODUCT, volt * ampere / 3 + bms_input(io, IN_CELSIUS));
    bms_set(io, OUT_RATIO, 1 / (1 + fabs(bms_input(io, IN_OHM))));
    bms_set(io, OUT_BOOL, bms_input(io, IN_BOOL));
    bms_set(io, OUT_LEVEL, ampere > 0);
    if (echo->beat <= now_ns) { /* due once, however often this time is called */
        echo->beat = (now_ns / echo->period + 1) * echo->period;
        bms_set(io, OUT_CONTACT, echo->beat / echo->period % 2 == 0 ? BMS_CLOSED : BMS_OPEN);
    }
    echo_payloads(io);
    if (!isnan(echo->next)) return (int64_t)echo->next;
    return bms_input(io, IN_BOOL) == 1 ? BMS_NEVER : echo->beat;
}

static int stop(void* state) {
    const int status = (int)((struct echo*)state)->status;
    free(state);
    return status;
}

static const struct bms_controller echo_controller = {create, describe, advance, stop};

BMS_LINK_CONTROLLER(echo_controller)
