/* A controller of a bus alone, for the tests of the rig: it sends a frame every 100 ms with the
 * supply in millivolts, and what it receives it sends back: frames with the next identifier, bytes
 * in reverse. */
#include "rig/link/bms_link.h"

enum port { SUPPLY, LAMP };
enum bus { CAN, RS485 };
enum { PERIOD_NS = 100000000 };

struct bus_echo {
    int64_t due;
    char memory[256];
    int starts; /* counted in the memory file */
};

static int create(int argc, char** argv, struct bms_console* console, void** state) {
    struct bus_echo* echo = (struct bus_echo*)calloc(1, sizeof *echo);
    struct bms_argument argument;
    enum bms_argument_kind kind;
    FILE* file;
    int index = 1;
    while ((kind = bms_next_argument(argc, argv, &index, console, &argument)) == BMS_ARGUMENT_SET) {
        if (strcmp(argument.name, "memory") == 0) {
            snprintf(echo->memory, sizeof echo->memory, "%s", argument.value);
        }
    }
    file = fopen(echo->memory, "r");
    if (file != NULL) {
        char text[16] = "";
        if (fgets(text, sizeof text, file) != NULL) echo->starts = (int)strtol(text, NULL, 10);
        fclose(file);
    }
    ++echo->starts;
    file = fopen(echo->memory, "w");
    if (file != NULL) {
        fprintf(file, "%d", echo->starts);
        fclose(file);
    }
    *state = echo;
    return kind == BMS_ARGUMENT_END ? 0 : 2;
}

static void describe(void* state, struct bms_ports* ports) {
    (void)state;
    bms_declare_product(ports, "bmsrig.bus_echo", "1.0");
    bms_declare_input(ports, "supply", BMS_VOLT);
    bms_declare_output(ports, "lamp", BMS_LEVEL);
    bms_declare_can(ports, "can", 250000);
    bms_declare_serial(ports, "rs485", 9600);
}

static void reverse(unsigned char* bytes, size_t count) {
    size_t i;
    for (i = 0; i < count / 2; ++i) {
        const unsigned char swapped = bytes[i];
        bytes[i] = bytes[count - 1 - i];
        bytes[count - 1 - i] = swapped;
    }
}

static int64_t advance(void* state, int64_t now_ns, struct bms_io* io) {
    struct bus_echo* echo = (struct bus_echo*)state;
    size_t i;
    for (i = 0; i < bms_received_count(io); ++i) {
        struct bms_can_frame frame;
        unsigned char bytes[64];
        size_t count;
        if (bms_received_bus(io, i) == CAN) {
            bms_received_can(io, i, &frame);
            ++frame.id;
            bms_send_can(io, CAN, &frame);
            continue;
        }
        count = bms_received_serial(io, i, bytes, sizeof bytes);
        if (count > sizeof bytes) count = sizeof bytes;
        reverse(bytes, count);
        bms_send_serial(io, RS485, bytes, count);
    }
    bms_set(io, LAMP, echo->starts > 1);
    if (echo->due <= now_ns) {
        struct bms_can_frame frame = {0x033, 0, 0, 8, {0, 0, 0, 0, 0, 0, 0, 0}};
        const unsigned millivolts = (unsigned)(bms_input(io, SUPPLY) * 1000 + 0.5);
        frame.data[0] = (unsigned char)(millivolts >> 8);
        frame.data[1] = (unsigned char)millivolts;
        bms_send_can(io, CAN, &frame);
        echo->due = now_ns + PERIOD_NS;
    }
    return echo->due;
}

static int stop(void* state) {
    free(state);
    return 0;
}

static const struct bms_controller bus_echo = {create, describe, advance, stop};

BMS_LINK_CONTROLLER(bus_echo)
