/* bms_link.h: puts a BMS controller into the loop of the bmsrig test rig. Contract version 1
 * (README.md beside this file).
 *
 * One source file, two builds. A controller is written once as four functions (struct
 * bms_controller below) and ends with the line
 *
 *     BMS_LINK_CONTROLLER(my_controller)
 *
 * Built as a program, that line is the main() which speaks the contract's lines over standard input
 * and output. Built as a shared object with -DBMS_LINK_SHARED_OBJECT, it is the symbol that the rig
 * loads and calls in its own address space. Both give the same outputs at the same times, to the
 * last bit.
 *
 *     cc -std=c99        my_bms.c -lm -o my_bms
 *     cc -std=c99 -fPIC -shared -DBMS_LINK_SHARED_OBJECT my_bms.c -lm -o my_bms.so
 *
 * What the controller must keep to:
 * - It never reads a clock and never sleeps. Time is `now_ns`, integer nanoseconds since the start
 * of the run. Equal inputs at equal times give equal outputs.
 * - It keeps nothing in global or static variables. All it knows is in the state that create()
 * makes: a shared object is loaded once and may run many controllers, each called by one thread at
 * a time.
 * - It writes neither to standard output nor to standard error itself: bms_log() does, and reaches
 * the rig's log on both builds.
 * - C++ controllers let no exception out of the four functions.
 *
 * Nothing here needs more than the C99 library. A C++ compiler takes this header too.
 */
#ifndef BMS_LINK_H
#define BMS_LINK_H

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define BMS_LINK_PRINTF(text, rest) __attribute__((format(printf, text, rest)))
#define BMS_LINK_EXPORT __attribute__((visibility("default")))
#else
#define BMS_LINK_PRINTF(text, rest)
#define BMS_LINK_EXPORT
#endif

/* ---------------------------------------------------------------------------------------------------------------------
 * The controller
 * ------------------------------------------------------------------------------------------------------------------
 */

struct bms_console; /* where messages go while there is no loop yet */
struct bms_ports;   /* what the controller declares */
struct bms_io;      /* inputs, outputs and payloads of one call */

/* Returned by advance(): call again only when an input changes. */
#define BMS_NEVER (-1)

struct bms_controller {
    /* Reads the arguments (argv[0] is the program) and makes the state. Returns an exit status:
     * 0 and a state: run; 0 and no state: done, as after --list-defects; anything else: give up,
     * without a state. An unknown argument, name or value is exit status 2 after a message with
     * bms_complain(). */
    int (*create)(int argc, char** argv, struct bms_console* console, void** state);

    /* Says what the controller is and which ports it has, with the bms_declare_ functions. Called
     * once. */
    void (*describe)(void* state, struct bms_ports* ports);

    /* It is now `now_ns`: takes the inputs, does everything that is due, sets outputs. Returns the
     * time at which it must be called again even if no input changes (later than now_ns), or
     * BMS_NEVER. The first call is at 0 with every input; afterwards times never go back. It may be
     * called again at the same time because an input changed, and earlier than it asked for; what
     * was due at a time is done once however often the time is called. */
    int64_t (*advance)(void* state, int64_t now_ns, struct bms_io* io);

    /* Ends the run and frees the state. Returns the exit status; 0: all is well. Called once for
     * every state. */
    int (*stop)(void* state);
};

/* ---------------------------------------------------------------------------------------------------------------------
 * create(): arguments and messages
 * ------------------------------------------------------------------------------------------------------------------
 */

/* A line for standard output (--list-defects). printf's format, without the line feed. */
static inline void bms_say(struct bms_console* console, const char* format, ...)
    BMS_LINK_PRINTF(2, 3);
/* A line for standard error. */
static inline void bms_complain(struct bms_console* console, const char* format, ...)
    BMS_LINK_PRINTF(2, 3);

enum bms_argument_kind {
    BMS_ARGUMENT_END,          /* no more arguments */
    BMS_ARGUMENT_SET,          /* --set name=value: `name` and `value` are filled */
    BMS_ARGUMENT_DEFECT,       /* --defect name: `name` is filled */
    BMS_ARGUMENT_LIST_DEFECTS, /* --list-defects */
    BMS_ARGUMENT_WRONG         /* anything else; a message has been written: return 2 */
};
struct bms_argument {
    char name[64];     /* at most 63 characters; longer names are refused */
    const char* value; /* points into argv */
};
/* Reads the argument at *index (begin with 1) and moves *index on. The last --set of a name wins: a
 * controller just sets the value again. */
static inline enum bms_argument_kind bms_next_argument(int argc, char** argv, int* index,
                                                       struct bms_console* console,
                                                       struct bms_argument* argument);

/* Reads a whole text as the contract's number ("2.8", "-1e-06", "nan"): digits, perhaps a point
 * with digits behind it, perhaps an exponent; no blanks, no infinity, at most 63 characters.
 * Returns 1, or 0 if the text is no such number. The locale has no influence. */
static inline int bms_read_number(const char* text, double* value);

/* Longest text of bms_write_number, with the NUL. */
#define BMS_NUMBER_SIZE 32
/* Writes a number as the contract wants it: the shortest text that reads back to the same double,
 * "nan" for any NaN. Returns the length. `value` must not be infinite. The locale has no influence.
 */
static inline size_t bms_write_number(char text[BMS_NUMBER_SIZE], double value);

/* ---------------------------------------------------------------------------------------------------------------------
 * describe(): ports
 * ------------------------------------------------------------------------------------------------------------------
 */

enum bms_kind {
    BMS_VOLT,    /* "V" */
    BMS_AMPERE,  /* "A" */
    BMS_CELSIUS, /* "degC" */
    BMS_OHM,     /* "ohm" */
    BMS_BOOL,    /* "bool": 0 or 1 */
    BMS_RATIO,   /* "ratio", outputs only: a duty cycle, 0 to 1 */
    BMS_STAGE,   /* outputs only: enum bms_stage */
    BMS_CONTACT, /* outputs only: enum bms_contact */
    BMS_LEVEL    /* outputs only: a lamp or sounder, 0 or 1 */
};
enum bms_stage { BMS_LOW = 0, BMS_HIGH = 1, BMS_FLOAT = 2 };
enum bms_contact { BMS_OPEN = 0, BMS_CLOSED = 1 };

/* Names consist of a-z, 0-9, '_' and '.', and a name stands once, buses included. A wrong
 * declaration ends the controller before its greeting, with a message. */

/* Product and firmware version: one word each, printable ASCII. Must be called. */
static inline void bms_declare_product(struct bms_ports* ports, const char* product,
                                       const char* firmware);
/* Returns the port's index: the first port declared is 0, inputs and outputs count together. */
static inline uint32_t bms_declare_input(struct bms_ports* ports, const char* name,
                                         enum bms_kind kind);
static inline uint32_t bms_declare_output(struct bms_ports* ports, const char* name,
                                          enum bms_kind kind);
/* Returns the bus's index: the first bus declared is 0. Bit rate in bit/s, more than 0. */
static inline uint32_t bms_declare_can(struct bms_ports* ports, const char* name,
                                       uint32_t bit_rate);
static inline uint32_t bms_declare_serial(struct bms_ports* ports, const char* name, uint32_t baud);

/* ---------------------------------------------------------------------------------------------------------------------
 * advance(): inputs, outputs, payloads
 * ------------------------------------------------------------------------------------------------------------------
 */

/* What stands at an input now. NaN: not connected, or the sensor is absent. A bool is 0 or 1. */
static inline double bms_input(const struct bms_io* io, uint32_t port);
/* 1 if the rig named this input in this call; in the first call it names every input. */
static inline int bms_input_changed(const struct bms_io* io, uint32_t port);

/* Sets an output from now on: a stage, contact or level by its code, others by their number (NaN:
 * not driven). The value it has already is no change. The answer names each changed output once,
 * with its value at the end of the call, in the order in which they took these values. The first
 * answer names every output; one that has not been set by then is float, open, 0, or NaN for a
 * number. A value that the output's kind does not have ends the controller with an error. */
static inline void bms_set(struct bms_io* io, uint32_t port, double value);

/* A CAN frame. */
struct bms_can_frame {
    uint32_t id; /* 11 bit, or 29 bit if extended */
    unsigned char extended;
    unsigned char remote; /* a remote frame has no data */
    unsigned char length; /* of the data, 0 to 8 */
    unsigned char data[8];
};
/* Hands a frame to the bus's transmitter now; the bus adds the time on the wire. */
static inline void bms_send_can(struct bms_io* io, uint32_t bus, const struct bms_can_frame* frame);
/* Hands one byte or more to the bus's transmitter now. An answer has room for 18,000 bytes, or
 * 1,000 CAN frames, on all buses together (with bus names of up to 12 characters). */
static inline void bms_send_serial(struct bms_io* io, uint32_t bus, const unsigned char* bytes,
                                   size_t count);

/* How many payloads have been received completely at this time, in this call. */
static inline size_t bms_received_count(const struct bms_io* io);
/* The bus on which payload `index` came. */
static inline uint32_t bms_received_bus(const struct bms_io* io, size_t index);
/* Reads payload `index` of a CAN bus. */
static inline void bms_received_can(const struct bms_io* io, size_t index,
                                    struct bms_can_frame* frame);
/* Copies the bytes of payload `index` of a serial bus, as many as fit; returns how many there are.
 */
static inline size_t bms_received_serial(const struct bms_io* io, size_t index,
                                         unsigned char* bytes, size_t capacity);

/* Writes lines to the log (standard error). printf's format, without the last line feed. */
static inline void bms_log(struct bms_io* io, const char* format, ...) BMS_LINK_PRINTF(2, 3);
/* Gives up: the answer is `error` with this text, and the run ends. The first text counts. */
static inline void bms_fail(struct bms_io* io, const char* format, ...) BMS_LINK_PRINTF(2, 3);

/* =====================================================================================================================
 * From here on: how it works. A controller uses none of it.
 * ==================================================================================================================
 */

#define BMS_LINK_VERSION 1
#define BMS_LINK_LONGEST_LINE 65536 /* with its line feed */
#define BMS_LINK_ERROR_SIZE 512
/* What an answer has room for, so that it is never longer than a line; both builds refuse the same.
 */
#define BMS_LINK_OUTPUTS_SIZE 24000
#define BMS_LINK_PAYLOADS_SIZE 41000

struct bms_console {
    void* host;
    /* One line without its line feed; `is_log`: standard error, otherwise standard output. */
    void (*line)(void* host, int is_log, const char* text, size_t length);
};

struct bms_link_port {
    char* name;
    size_t name_length;
    enum bms_kind kind;
    int is_output;
};

struct bms_link_bus {
    char* name;
    size_t name_length;
    uint32_t bit_rate;
    int is_can;
};

struct bms_ports {
    char* product;
    char* firmware;
    struct bms_link_port* ports;
    uint32_t port_count;
    struct bms_link_bus* buses;
    uint32_t bus_count;
    char error[BMS_LINK_ERROR_SIZE]; /* what was wrong first; empty: nothing */
};

/* Payloads in the contract's notation, one behind the other in `text`. */
struct bms_link_payload {
    uint32_t bus;
    size_t offset;
    size_t length;
};
struct bms_link_payloads {
    struct bms_link_payload* items;
    size_t count;
    size_t capacity;
    char* text;
    size_t used;
    size_t text_capacity;
    size_t line_length; /* what they take of a line */
};

struct bms_io {
    struct bms_console console;
    struct bms_ports ports;
    double* values;        /* by port */
    double* reported;      /* by port: outputs as the rig knows them */
    unsigned char* marked; /* by port: input named in this call, output listed in `changed` */
    uint32_t* changed;     /* the outputs of this answer */
    uint32_t changed_count;
    uint32_t* named; /* the inputs of this call */
    uint32_t named_count;
    struct bms_link_payloads received;
    struct bms_link_payloads sent;
    int started; /* the first answer has been given */
    int failed;
    char error[BMS_LINK_ERROR_SIZE]; /* why it failed */
};

/* What the rig finds in a shared object. */
struct bms_link_entry {
    uint32_t version; /* BMS_LINK_VERSION */
    uint32_t io_size; /* sizeof(struct bms_io): both sides know the same layout */
    /* Creates and describes. 0 with *state set: runs. Otherwise the exit status, and nothing to
     * free. */
    int (*open)(int argc, char** argv, struct bms_io* io, void** state);
    void (*name_input)(struct bms_io* io, uint32_t port, double value);
    void (*receive)(struct bms_io* io, uint32_t bus, const char* text, size_t length);
    int64_t (*advance)(void* state, int64_t now_ns, struct bms_io* io);
    void (*answered)(struct bms_io* io); /* the rig has read the answer */
    int (*close)(void* state, struct bms_io* io);
};
#define BMS_LINK_ENTRY_SYMBOL "bms_link_get_entry"

/* --- memory --- */

static inline void* bms_link_resize(void* block, size_t bytes) {
    void* resized = realloc(block, bytes > 0 ? bytes : 1);
    if (resized == NULL) {
        fputs("bms_link: out of memory\n", stderr);
        abort();
    }
    return resized;
}

static inline char* bms_link_copy(const char* text) {
    const size_t size = strlen(text) + 1;
    return (char*)memcpy(bms_link_resize(NULL, size), text, size);
}

/* --- messages --- */

/* Hands each line of `text` to the console. */
static inline void bms_link_lines(struct bms_console* console, int is_log, const char* text) {
    for (;;) {
        const char* end = strchr(text, '\n');
        console->line(console->host, is_log, text,
                      end != NULL ? (size_t)(end - text) : strlen(text));
        if (end == NULL) return;
        text = end + 1;
    }
}

static inline void bms_link_print(struct bms_console* console, int is_log, const char* format,
                                  va_list arguments) {
    char buffer[512];
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(buffer, sizeof buffer, format, arguments);
    if (length >= 0 && (size_t)length < sizeof buffer) {
        bms_link_lines(console, is_log, buffer);
    } else if (length >= 0) {
        char* text = (char*)bms_link_resize(NULL, (size_t)length + 1);
        vsnprintf(text, (size_t)length + 1, format, again);
        bms_link_lines(console, is_log, text);
        free(text);
    }
    va_end(again);
}

static inline void bms_say(struct bms_console* console, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    bms_link_print(console, 0, format, arguments);
    va_end(arguments);
}

static inline void bms_complain(struct bms_console* console, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    bms_link_print(console, 1, format, arguments);
    va_end(arguments);
}

static inline void bms_log(struct bms_io* io, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    bms_link_print(&io->console, 1, format, arguments);
    va_end(arguments);
}

/* An error is one line of printable ASCII: whatever else is in it becomes '?'. */
static inline void bms_link_clean(char* text) {
    for (; *text != '\0'; ++text) {
        if (*text < ' ' || *text > '~') *text = '?';
    }
}

static inline void bms_fail(struct bms_io* io, const char* format, ...) {
    va_list arguments;
    if (io->failed) return;
    io->failed = 1;
    va_start(arguments, format);
    vsnprintf(io->error, sizeof io->error, format, arguments);
    va_end(arguments);
    bms_link_clean(io->error);
    if (io->error[0] == '\0') strcpy(io->error, "no reason given");
}

/* --- arguments --- */

static inline int bms_link_is_name(const char* text, size_t length) {
    size_t i;
    for (i = 0; i < length; ++i) {
        const char c = text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.')) return 0;
    }
    return length > 0;
}

static inline enum bms_argument_kind bms_link_wrong_argument(struct bms_console* console,
                                                             const char* argument,
                                                             const char* why) {
    bms_complain(console,
                 "argument \"%s\": %s; expected --set name=value, --defect name or --list-defects",
                 argument, why);
    return BMS_ARGUMENT_WRONG;
}

static inline enum bms_argument_kind bms_next_argument(int argc, char** argv, int* index,
                                                       struct bms_console* console,
                                                       struct bms_argument* argument) {
    const char* word;
    const char* text;
    size_t length;
    int is_set;
    argument->name[0] = '\0';
    argument->value = "";
    if (*index >= argc) return BMS_ARGUMENT_END;
    word = argv[(*index)++];
    if (strcmp(word, "--list-defects") == 0) return BMS_ARGUMENT_LIST_DEFECTS;
    is_set = strcmp(word, "--set") == 0;
    if (!is_set && strcmp(word, "--defect") != 0)
        return bms_link_wrong_argument(console, word, "unknown");
    if (*index >= argc) return bms_link_wrong_argument(console, word, "nothing follows it");
    text = argv[(*index)++];
    length = is_set ? strcspn(text, "=") : strlen(text);
    if (length == 0 || length >= sizeof argument->name) {
        return bms_link_wrong_argument(console, text, "a name has 1 to 63 characters");
    }
    if (is_set && text[length] != '=')
        return bms_link_wrong_argument(console, text, "it has no \"=\"");
    memcpy(argument->name, text, length);
    argument->name[length] = '\0';
    if (is_set) argument->value = text + length + 1;
    return is_set ? BMS_ARGUMENT_SET : BMS_ARGUMENT_DEFECT;
}

/* --- numbers --- */

/* A decimal number taken apart: digits (at most 63) without a point, times ten to the power of
 * `exponent`. */
struct bms_link_decimal {
    int negative;
    char digits[64];
    int count;
    int exponent;
};

static inline int bms_link_is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Takes the exponent at `text`; 0 if it is none. */
static inline int bms_link_read_exponent(const char* text, const char* end, int* exponent) {
    int negative = 0;
    int value = 0;
    if (text < end && (*text == '+' || *text == '-')) negative = *text++ == '-';
    if (text == end) return 0;
    for (; text < end; ++text) {
        if (!bms_link_is_digit(*text)) return 0;
        if (value < 100000) value = value * 10 + (*text - '0');
    }
    *exponent += negative ? -value : value;
    return 1;
}

static inline int bms_link_read_decimal(const char* text, size_t length,
                                        struct bms_link_decimal* decimal) {
    const char* const end = text + length;
    int point_seen = 0;
    decimal->negative = 0;
    decimal->count = 0;
    decimal->exponent = 0;
    if (length == 0 || length > 63) return 0;
    if (*text == '-') {
        decimal->negative = 1;
        ++text;
    }
    for (; text < end && (bms_link_is_digit(*text) || *text == '.'); ++text) {
        if (*text == '.') {
            /* A point stands between digits. */
            if (point_seen || decimal->count == 0 || text + 1 == end || !bms_link_is_digit(text[1]))
                return 0;
            point_seen = 1;
            continue;
        }
        decimal->digits[decimal->count++] = *text;
        if (point_seen) --decimal->exponent;
    }
    if (decimal->count == 0) return 0;
    decimal->digits[decimal->count] = '\0';
    if (text == end) return 1;
    if (*text != 'e' && *text != 'E') return 0;
    return bms_link_read_exponent(text + 1, end, &decimal->exponent);
}

/* The double next to a decimal. An integer with an exponent has no point, so strtod's locale does
 * not matter. */
static inline double bms_link_decimal_value(const struct bms_link_decimal* decimal) {
    char text[64 + 16];
    snprintf(text, sizeof text, "%se%d", decimal->digits, decimal->exponent);
    return strtod(text, NULL);
}

static inline int bms_link_read_number(const char* text, size_t length, double* value) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct bms_link_decimal decimal;
    double magnitude;
    if (length == 3 && memcmp(text, "nan", 3) == 0) {
        *value = (double)NAN;
        return 1;
    }
    if (!bms_link_read_decimal(text, length, &decimal)) return 0;
    if (FLT_EVAL_METHOD == 0 && decimal.count <= 15 && decimal.exponent >= -22 &&
        decimal.exponent <= 22) {
        /* Digits and power are exact doubles, so one multiplication or division rounds once, as it
         * should. */
        uint64_t digits = 0;
        int i;
        for (i = 0; i < decimal.count; ++i)
            digits = digits * 10 + (uint64_t)(decimal.digits[i] - '0');
        magnitude = decimal.exponent < 0 ? (double)digits / powers[-decimal.exponent]
                                         : (double)digits * powers[decimal.exponent];
    } else {
        magnitude = bms_link_decimal_value(&decimal);
        if (!(magnitude <= DBL_MAX)) return 0; /* too large for a double */
        if (magnitude == 0 && strspn(decimal.digits, "0") != (size_t)decimal.count)
            return 0; /* too small */
    }
    *value = decimal.negative ? -magnitude : magnitude;
    return 1;
}

static inline int bms_read_number(const char* text, double* value) {
    return bms_link_read_number(text, strlen(text), value);
}

/* Writes the decimal digits of `n`; returns how many. */
static inline int bms_link_write_digits(char* text, uint64_t n) {
    char reversed[20];
    int count = 0;
    int i;
    do {
        reversed[count++] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    for (i = 0; i < count; ++i) text[i] = reversed[count - 1 - i];
    text[count] = '\0';
    return count;
}

/* Numbers with few digits, such as set-points and quantised readings: digits at once, 0 if it is
 * not such a number. At most 15 digits that read back to a double are its shortest. */
static inline int bms_link_short_digits(double magnitude, struct bms_link_decimal* decimal) {
    double scale = 1;
    int places;
    if (FLT_EVAL_METHOD != 0) return 0;
    for (places = 0; places <= 9; ++places, scale *= 10) {
        const double scaled = magnitude * scale + 0.5;
        uint64_t digits;
        if (!(scaled < 1e15)) return 0;
        digits = (uint64_t)scaled;
        if (digits > 0 && (double)digits / scale == magnitude) {
            decimal->count = bms_link_write_digits(decimal->digits, digits);
            decimal->exponent = -places;
            return 1;
        }
    }
    return 0;
}

/* One unit more in the last place. */
static inline void bms_link_round_up(struct bms_link_decimal* decimal) {
    int i = decimal->count - 1;
    while (i >= 0 && decimal->digits[i] == '9') decimal->digits[i--] = '0';
    if (i >= 0) {
        ++decimal->digits[i];
    } else { /* 99 is 100 now: "10" with one more zero behind */
        decimal->digits[0] = '1';
        ++decimal->exponent;
    }
}

/* The shortest digits that read back, of any positive number. */
static inline void bms_link_all_digits(double magnitude, struct bms_link_decimal* decimal) {
    int binary;
    const int is_power_of_two = frexp(magnitude, &binary) == 0.5;
    /* A normal double that has 15 digits or less shows them all at 15; only a subnormal one may
     * read back from fewer digits than those. */
    int count = magnitude < DBL_MIN ? 1 : 15;
    for (;; ++count) {
        char text[40];
        int i;
        snprintf(text, sizeof text, "%.*e", count - 1,
                 magnitude); /* the point depends on the locale, the rest not */
        decimal->count = 0;
        for (i = 0; text[i] != 'e'; ++i) {
            if (bms_link_is_digit(text[i])) decimal->digits[decimal->count++] = text[i];
        }
        decimal->digits[decimal->count] = '\0';
        decimal->exponent = (int)strtol(text + i + 1, NULL, 10) - (count - 1);
        if (count == 17 || bms_link_decimal_value(decimal) == magnitude) return;
        if (is_power_of_two) {
            /* The doubles below are twice as dense as those above: the nearest decimal may be too
             * far below while the one above it still reads back. */
            bms_link_round_up(decimal);
            if (bms_link_decimal_value(decimal) == magnitude) return;
        }
    }
}

/* Lays digits out with a point. */
static inline size_t bms_link_write_fixed(char* text, const struct bms_link_decimal* decimal,
                                          double magnitude) {
    const int before_point = decimal->count + decimal->exponent;
    char* to = text;
    if (decimal->exponent > 0 && !(magnitude < 1e15))
        return (size_t)snprintf(text, BMS_NUMBER_SIZE - 1, "%.0f", magnitude);
    if (before_point <= 0) {
        *to++ = '0';
        *to++ = '.';
        memset(to, '0', (size_t)-before_point);
        to += -before_point;
        memcpy(to, decimal->digits, (size_t)decimal->count);
        to += decimal->count;
    } else if (decimal->exponent < 0) {
        memcpy(to, decimal->digits, (size_t)before_point);
        to += before_point;
        *to++ = '.';
        memcpy(to, decimal->digits + before_point, (size_t)(decimal->count - before_point));
        to += decimal->count - before_point;
    } else {
        memcpy(to, decimal->digits, (size_t)decimal->count);
        to += decimal->count;
        memset(to, '0', (size_t)decimal->exponent);
        to += decimal->exponent;
    }
    *to = '\0';
    return (size_t)(to - text);
}

/* Lays digits out with an exponent of at least two digits. */
static inline size_t bms_link_write_scientific(char* text, const struct bms_link_decimal* decimal) {
    const int exponent = decimal->exponent + decimal->count - 1;
    char* to = text;
    *to++ = decimal->digits[0];
    if (decimal->count > 1) {
        *to++ = '.';
        memcpy(to, decimal->digits + 1, (size_t)(decimal->count - 1));
        to += decimal->count - 1;
    }
    *to++ = 'e';
    *to++ = exponent < 0 ? '-' : '+';
    if (abs(exponent) < 10) *to++ = '0';
    to += bms_link_write_digits(to, (uint64_t)abs(exponent));
    return (size_t)(to - text);
}

static inline size_t bms_write_number(char text[BMS_NUMBER_SIZE], double value) {
    struct bms_link_decimal decimal;
    const double magnitude = fabs(value);
    char* to = text;
    int lowest;
    int highest;
    if (isnan(value)) {
        memcpy(text, "nan", 4);
        return 3;
    }
    if (signbit(value)) *to++ = '-';
    if (magnitude == 0) {
        memcpy(to, "0", 2);
        return (size_t)(to - text) + 1;
    }
    if (!bms_link_short_digits(magnitude, &decimal)) bms_link_all_digits(magnitude, &decimal);
    while (decimal.count > 1 && decimal.digits[decimal.count - 1] == '0') {
        --decimal.count;
        ++decimal.exponent;
    }
    /* The exponent costs "e+05", and the point that a single digit does not have: beyond these
     * bounds it is shorter. */
    lowest = decimal.count == 1 ? -3 : -(decimal.count + 3);
    highest = decimal.count == 1 ? 4 : 5;
    to += decimal.exponent >= lowest && decimal.exponent <= highest
              ? bms_link_write_fixed(to, &decimal, magnitude)
              : bms_link_write_scientific(to, &decimal);
    return (size_t)(to - text);
}

/* --- declarations --- */

static inline const char* bms_link_kind_word(enum bms_kind kind) {
    static const char* const words[] = {"V",     "A",     "degC",    "ohm",  "bool",
                                        "ratio", "stage", "contact", "level"};
    return (unsigned)kind < sizeof words / sizeof words[0] ? words[kind] : NULL;
}

static inline void bms_link_wrong_declaration(struct bms_ports* ports, const char* name,
                                              const char* why) {
    if (ports->error[0] != '\0') return;
    snprintf(ports->error, sizeof ports->error, "the controller declares \"%s\": %s",
             name != NULL ? name : "", why);
    bms_link_clean(ports->error);
}

static inline int bms_link_is_word(const char* text) {
    size_t i;
    if (text == NULL || text[0] == '\0') return 0;
    for (i = 0; text[i] != '\0'; ++i) {
        if (text[i] <= ' ' || text[i] > '~') return 0;
    }
    return i <= 200;
}

static inline void bms_declare_product(struct bms_ports* ports, const char* product,
                                       const char* firmware) {
    if (!bms_link_is_word(product) || !bms_link_is_word(firmware)) {
        bms_link_wrong_declaration(
            ports, product, "product and firmware version are one word of printable ASCII each");
        return;
    }
    free(ports->product);
    free(ports->firmware);
    ports->product = bms_link_copy(product);
    ports->firmware = bms_link_copy(firmware);
}

/* Whether `name` may be declared; says why not. */
static inline int bms_link_is_new(struct bms_ports* ports, const char* name) {
    uint32_t i;
    int known = 0;
    if (name == NULL || !bms_link_is_name(name, strlen(name)) || strlen(name) > 200) {
        bms_link_wrong_declaration(ports, name,
                                   "a name consists of 1 to 200 of a-z, 0-9, '_' and '.'");
        return 0;
    }
    for (i = 0; i < ports->port_count; ++i)
        known = known || strcmp(ports->ports[i].name, name) == 0;
    for (i = 0; i < ports->bus_count; ++i) known = known || strcmp(ports->buses[i].name, name) == 0;
    if (known) bms_link_wrong_declaration(ports, name, "the name stands already");
    return !known;
}

static inline uint32_t bms_link_declare_port(struct bms_ports* ports, const char* name,
                                             enum bms_kind kind, int is_output) {
    struct bms_link_port port;
    if (!bms_link_is_new(ports, name)) return ports->port_count;
    if (bms_link_kind_word(kind) == NULL || (!is_output && kind > BMS_BOOL)) {
        bms_link_wrong_declaration(ports, name,
                                   "this kind of port does not exist in this direction");
        return ports->port_count;
    }
    port.name = bms_link_copy(name);
    port.name_length = strlen(name);
    port.kind = kind;
    port.is_output = is_output;
    ports->ports =
        (struct bms_link_port*)bms_link_resize(ports->ports, (ports->port_count + 1) * sizeof port);
    ports->ports[ports->port_count] = port;
    return ports->port_count++;
}

static inline uint32_t bms_declare_input(struct bms_ports* ports, const char* name,
                                         enum bms_kind kind) {
    return bms_link_declare_port(ports, name, kind, 0);
}

static inline uint32_t bms_declare_output(struct bms_ports* ports, const char* name,
                                          enum bms_kind kind) {
    return bms_link_declare_port(ports, name, kind, 1);
}

static inline uint32_t bms_link_declare_bus(struct bms_ports* ports, const char* name,
                                            uint32_t bit_rate, int is_can) {
    struct bms_link_bus bus;
    if (!bms_link_is_new(ports, name)) return ports->bus_count;
    if (bit_rate == 0) {
        bms_link_wrong_declaration(ports, name, "the bit rate is 0");
        return ports->bus_count;
    }
    bus.name = bms_link_copy(name);
    bus.name_length = strlen(name);
    bus.bit_rate = bit_rate;
    bus.is_can = is_can;
    ports->buses =
        (struct bms_link_bus*)bms_link_resize(ports->buses, (ports->bus_count + 1) * sizeof bus);
    ports->buses[ports->bus_count] = bus;
    return ports->bus_count++;
}

static inline uint32_t bms_declare_can(struct bms_ports* ports, const char* name,
                                       uint32_t bit_rate) {
    return bms_link_declare_bus(ports, name, bit_rate, 1);
}

static inline uint32_t bms_declare_serial(struct bms_ports* ports, const char* name,
                                          uint32_t baud) {
    return bms_link_declare_bus(ports, name, baud, 0);
}

/* --- inputs and outputs --- */

static inline double bms_input(const struct bms_io* io, uint32_t port) {
    return port < io->ports.port_count ? io->values[port] : (double)NAN;
}

static inline int bms_input_changed(const struct bms_io* io, uint32_t port) {
    return port < io->ports.port_count && !io->ports.ports[port].is_output && io->marked[port];
}

static inline int bms_link_same(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

/* Whether a port of this kind can have this value. */
static inline int bms_link_has_value(enum bms_kind kind, double value) {
    switch (kind) {
        case BMS_STAGE:
            return value == 0 || value == 1 || value == 2;
        case BMS_BOOL:
        case BMS_CONTACT:
        case BMS_LEVEL:
            return value == 0 || value == 1;
        default:
            return !isinf(value);
    }
}

static inline void bms_link_unlist(struct bms_io* io, uint32_t port) {
    uint32_t i = 0;
    if (!io->marked[port]) return;
    while (io->changed[i] != port) ++i;
    memmove(io->changed + i, io->changed + i + 1,
            (io->changed_count - i - 1) * sizeof io->changed[0]);
    --io->changed_count;
    io->marked[port] = 0;
}

static inline void bms_link_list(struct bms_io* io, uint32_t port) {
    io->changed[io->changed_count++] = port;
    io->marked[port] = 1;
}

static inline void bms_set(struct bms_io* io, uint32_t port, double value) {
    if (port >= io->ports.port_count || !io->ports.ports[port].is_output) {
        bms_fail(io, "the controller sets port %lu, which is not an output", (unsigned long)port);
        return;
    }
    if (!bms_link_has_value(io->ports.ports[port].kind, value)) {
        bms_fail(io, "the controller sets %s (%s) to %.17g, a value it does not have",
                 io->ports.ports[port].name, bms_link_kind_word(io->ports.ports[port].kind), value);
        return;
    }
    if (bms_link_same(io->values[port], value) && (io->started || io->marked[port])) return;
    io->values[port] = value;
    bms_link_unlist(io, port);
    if (!io->started || !bms_link_same(value, io->reported[port])) bms_link_list(io, port);
}

/* --- payloads --- */

/* Room for `length` more characters; returns where they go. */
static inline char* bms_link_reserve(struct bms_link_payloads* list, size_t length) {
    if (list->used + length > list->text_capacity) {
        list->text_capacity = 2 * (list->used + length);
        list->text = (char*)bms_link_resize(list->text, list->text_capacity);
    }
    return list->text + list->used;
}

/* Takes the `length` characters behind the last payload as the next one. */
static inline void bms_link_add(struct bms_link_payloads* list, uint32_t bus, size_t length) {
    if (list->count == list->capacity) {
        list->capacity = 2 * list->capacity + 8;
        list->items = (struct bms_link_payload*)bms_link_resize(
            list->items, list->capacity * sizeof list->items[0]);
    }
    list->items[list->count].bus = bus;
    list->items[list->count].offset = list->used;
    list->items[list->count].length = length;
    ++list->count;
    list->used += length;
}

/* Takes the payload behind the last one as sent. */
static inline void bms_link_send(struct bms_io* io, uint32_t bus, size_t length) {
    io->sent.line_length += io->ports.buses[bus].name_length + 2 + length;
    if (io->sent.line_length > BMS_LINK_PAYLOADS_SIZE) {
        bms_fail(io, "the controller sends more at once than an answer has room for");
        return;
    }
    bms_link_add(&io->sent, bus, length);
}

static inline char* bms_link_write_hex(char* text, uint32_t value, int digits) {
    int i;
    for (i = digits - 1; i >= 0; --i, value >>= 4) text[i] = "0123456789ABCDEF"[value & 15];
    return text + digits;
}

/* The value of a hex digit; -1 if it is none. */
static inline int bms_link_hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static inline int bms_link_hex_bytes(const char* text, size_t length) {
    size_t i;
    for (i = 0; i < length; ++i) {
        if (bms_link_hex(text[i]) < 0) return 0;
    }
    return length % 2 == 0;
}

static inline int bms_link_read_can(const char* text, size_t length, struct bms_can_frame* frame) {
    const char* mark = (const char*)memchr(text, '#', length);
    size_t id_length;
    size_t i;
    memset(frame, 0, sizeof *frame);
    if (mark == NULL) return 0;
    id_length = (size_t)(mark - text);
    if (id_length != 3 && id_length != 8) return 0;
    for (i = 0; i < id_length; ++i) {
        const char c = text[i];
        const int digit = bms_link_hex(c >= 'a' && c <= 'f' ? (char)(c - 'a' + 'A') : c);
        if (digit < 0) return 0;
        frame->id = frame->id << 4 | (uint32_t)digit;
    }
    frame->extended = id_length == 8;
    if (frame->id > (frame->extended ? 0x1FFFFFFFU : 0x7FFU)) return 0;
    text = mark + 1;
    length -= id_length + 1;
    if (length == 1 && *text == 'R') {
        frame->remote = 1;
        return 1;
    }
    if (length > 16 || !bms_link_hex_bytes(text, length)) return 0;
    frame->length = (unsigned char)(length / 2);
    for (i = 0; i < length; i += 2) {
        frame->data[i / 2] =
            (unsigned char)(bms_link_hex(text[i]) << 4 | bms_link_hex(text[i + 1]));
    }
    return 1;
}

static inline void bms_send_can(struct bms_io* io, uint32_t bus,
                                const struct bms_can_frame* frame) {
    char* text;
    char* to;
    int i;
    if (bus >= io->ports.bus_count || !io->ports.buses[bus].is_can) {
        bms_fail(io, "the controller sends a CAN frame on bus %lu, which is not a CAN bus",
                 (unsigned long)bus);
        return;
    }
    if (frame->id > (frame->extended ? 0x1FFFFFFFU : 0x7FFU) || frame->length > 8 ||
        (frame->remote && frame->length > 0)) {
        bms_fail(io, "the controller sends a CAN frame that does not exist: id %lX, %d bytes",
                 (unsigned long)frame->id, frame->length);
        return;
    }
    text = bms_link_reserve(&io->sent, 8 + 1 + 16);
    to = bms_link_write_hex(text, frame->id, frame->extended ? 8 : 3);
    *to++ = '#';
    if (frame->remote) *to++ = 'R';
    for (i = 0; i < frame->length; ++i) to = bms_link_write_hex(to, frame->data[i], 2);
    bms_link_send(io, bus, (size_t)(to - text));
}

static inline void bms_send_serial(struct bms_io* io, uint32_t bus, const unsigned char* bytes,
                                   size_t count) {
    char* text;
    size_t i;
    if (bus >= io->ports.bus_count || io->ports.buses[bus].is_can) {
        bms_fail(io, "the controller sends bytes on bus %lu, which is not a serial bus",
                 (unsigned long)bus);
        return;
    }
    if (count == 0 || count > 18000) {
        bms_fail(io, "the controller sends %lu bytes at once; expected 1 to 18000",
                 (unsigned long)count);
        return;
    }
    text = bms_link_reserve(&io->sent, 2 * count);
    for (i = 0; i < count; ++i) bms_link_write_hex(text + 2 * i, bytes[i], 2);
    bms_link_send(io, bus, 2 * count);
}

static inline size_t bms_received_count(const struct bms_io* io) {
    return io->received.count;
}

static inline uint32_t bms_received_bus(const struct bms_io* io, size_t index) {
    return io->received.items[index].bus;
}

static inline void bms_received_can(const struct bms_io* io, size_t index,
                                    struct bms_can_frame* frame) {
    const struct bms_link_payload* payload = &io->received.items[index];
    bms_link_read_can(io->received.text + payload->offset, payload->length, frame);
}

static inline size_t bms_received_serial(const struct bms_io* io, size_t index,
                                         unsigned char* bytes, size_t capacity) {
    const struct bms_link_payload* payload = &io->received.items[index];
    const char* text = io->received.text + payload->offset;
    size_t i;
    for (i = 0; i < payload->length / 2 && i < capacity; ++i) {
        bytes[i] = (unsigned char)(bms_link_hex(text[2 * i]) << 4 | bms_link_hex(text[2 * i + 1]));
    }
    return payload->length / 2;
}

/* --- one call, on both builds --- */

static inline void bms_link_free_payloads(struct bms_link_payloads* list) {
    free(list->items);
    free(list->text);
}

static inline void bms_link_free(struct bms_io* io) {
    uint32_t i;
    for (i = 0; i < io->ports.port_count; ++i) free(io->ports.ports[i].name);
    for (i = 0; i < io->ports.bus_count; ++i) free(io->ports.buses[i].name);
    free(io->ports.ports);
    free(io->ports.buses);
    free(io->ports.product);
    free(io->ports.firmware);
    free(io->values);
    free(io->reported);
    free(io->marked);
    free(io->changed);
    free(io->named);
    bms_link_free_payloads(&io->received);
    bms_link_free_payloads(&io->sent);
}

static inline double bms_link_resting_value(const struct bms_link_port* port) {
    if (!port->is_output || port->kind < BMS_BOOL || port->kind == BMS_RATIO) return (double)NAN;
    return port->kind == BMS_STAGE ? BMS_FLOAT : 0;
}

/* Makes room for the values of the ports that describe() declared. */
static inline void bms_link_prepare(struct bms_io* io) {
    const size_t count = io->ports.port_count;
    size_t i;
    io->values = (double*)bms_link_resize(NULL, count * sizeof(double));
    io->reported = (double*)bms_link_resize(NULL, count * sizeof(double));
    io->marked = (unsigned char*)bms_link_resize(NULL, count);
    io->changed = (uint32_t*)bms_link_resize(NULL, count * sizeof(uint32_t));
    io->named = (uint32_t*)bms_link_resize(NULL, count * sizeof(uint32_t));
    memset(io->marked, 0, count);
    for (i = 0; i < count; ++i)
        io->values[i] = io->reported[i] = bms_link_resting_value(&io->ports.ports[i]);
}

/* Whether one answer has room for every output. */
static inline int bms_link_outputs_fit(const struct bms_ports* ports) {
    size_t length = 0;
    uint32_t i;
    for (i = 0; i < ports->port_count; ++i) {
        if (ports->ports[i].is_output) length += ports->ports[i].name_length + 2 + BMS_NUMBER_SIZE;
    }
    return length <= BMS_LINK_OUTPUTS_SIZE;
}

/* `io` has its console, the rest is 0. */
static inline int bms_link_open(const struct bms_controller* controller, int argc, char** argv,
                                struct bms_io* io, void** state) {
    int status;
    *state = NULL;
    status = controller->create(argc, argv, &io->console, state);
    if (status != 0 || *state == NULL) return status;
    controller->describe(*state, &io->ports);
    if (io->ports.error[0] == '\0' && io->ports.product == NULL) {
        bms_link_wrong_declaration(&io->ports, "", "no product");
    }
    if (!bms_link_outputs_fit(&io->ports)) {
        bms_link_wrong_declaration(&io->ports, "out", "more outputs than an answer has room for");
    }
    if (io->ports.error[0] != '\0') {
        bms_log(io, "%s", io->ports.error);
        controller->stop(*state);
        *state = NULL;
        bms_link_free(io);
        return 1;
    }
    bms_link_prepare(io);
    return 0;
}

static inline void bms_link_name_input(struct bms_io* io, uint32_t port, double value) {
    io->values[port] = value;
    io->marked[port] = 1;
    io->named[io->named_count++] = port;
}

static inline void bms_link_receive(struct bms_io* io, uint32_t bus, const char* text,
                                    size_t length) {
    memcpy(bms_link_reserve(&io->received, length), text, length);
    bms_link_add(&io->received, bus, length);
}

static inline int64_t bms_link_advance(const struct bms_controller* controller, void* state,
                                       int64_t now_ns, struct bms_io* io) {
    const int64_t next = controller->advance(state, now_ns, io);
    uint32_t i;
    if (!io->started) {
        for (i = 0; i < io->ports.port_count; ++i) {
            if (io->ports.ports[i].is_output && !io->marked[i]) bms_link_list(io, i);
        }
        io->started = 1;
    }
    return next;
}

static inline void bms_link_answered(struct bms_io* io) {
    uint32_t i;
    for (i = 0; i < io->changed_count; ++i) {
        io->reported[io->changed[i]] = io->values[io->changed[i]];
        io->marked[io->changed[i]] = 0;
    }
    for (i = 0; i < io->named_count; ++i) io->marked[io->named[i]] = 0;
    io->changed_count = 0;
    io->named_count = 0;
    io->received.count = io->received.used = 0;
    io->sent.count = io->sent.used = io->sent.line_length = 0;
}

static inline int bms_link_close(const struct bms_controller* controller, void* state,
                                 struct bms_io* io) {
    const int status = controller->stop(state);
    bms_link_free(io);
    return status;
}

/* --- the program: lines over standard input and output --- */

/* A line that is being written. */
struct bms_link_text {
    char* text;
    size_t length;
    size_t capacity;
};

static inline void bms_link_put(struct bms_link_text* line, const char* text, size_t length) {
    if (line->length + length > line->capacity) {
        line->capacity = 2 * (line->length + length);
        line->text = (char*)bms_link_resize(line->text, line->capacity);
    }
    memcpy(line->text + line->length, text, length);
    line->length += length;
}

static inline void bms_link_put_text(struct bms_link_text* line, const char* text) {
    bms_link_put(line, text, strlen(text));
}

static inline void bms_link_put_integer(struct bms_link_text* line, int64_t value) {
    char digits[24];
    if (value < 0) bms_link_put(line, "-", 1);
    bms_link_put(
        line, digits,
        (size_t)bms_link_write_digits(digits, value < 0 ? 0 - (uint64_t)value : (uint64_t)value));
}

static inline void bms_link_put_value(struct bms_link_text* line, enum bms_kind kind,
                                      double value) {
    char number[BMS_NUMBER_SIZE];
    if (kind == BMS_STAGE) {
        bms_link_put_text(line, value == 0 ? "low" : value == 1 ? "high" : "float");
    } else if (kind == BMS_CONTACT) {
        bms_link_put_text(line, value == 0 ? "open" : "closed");
    } else {
        bms_link_put(line, number, bms_write_number(number, value));
    }
}

static inline void bms_link_put_greeting(struct bms_link_text* line,
                                         const struct bms_ports* ports) {
    uint32_t i;
    bms_link_put_text(line, "bmslink ");
    bms_link_put_integer(line, BMS_LINK_VERSION);
    bms_link_put_text(line, " ");
    bms_link_put_text(line, ports->product);
    bms_link_put_text(line, " ");
    bms_link_put_text(line, ports->firmware);
    bms_link_put_text(line, "\n");
    for (i = 0; i < ports->port_count; ++i) {
        bms_link_put_text(line, ports->ports[i].is_output ? "out " : "in ");
        bms_link_put_text(line, ports->ports[i].name);
        bms_link_put_text(line, " ");
        bms_link_put_text(line, bms_link_kind_word(ports->ports[i].kind));
        bms_link_put_text(line, "\n");
    }
    for (i = 0; i < ports->bus_count; ++i) {
        bms_link_put_text(line, "bus ");
        bms_link_put_text(line, ports->buses[i].name);
        bms_link_put_text(line, ports->buses[i].is_can ? " can " : " serial ");
        bms_link_put_integer(line, ports->buses[i].bit_rate);
        bms_link_put_text(line, "\n");
    }
    bms_link_put_text(line, "ready\n");
}

static inline void bms_link_put_answer(struct bms_link_text* line, int64_t next,
                                       const struct bms_io* io) {
    size_t i;
    bms_link_put_text(line, "next ");
    if (next == BMS_NEVER) {
        bms_link_put_text(line, "-");
    } else {
        bms_link_put_integer(line, next);
    }
    for (i = 0; i < io->changed_count; ++i) {
        const struct bms_link_port* port = &io->ports.ports[io->changed[i]];
        bms_link_put(line, " ", 1);
        bms_link_put(line, port->name, port->name_length);
        bms_link_put(line, "=", 1);
        bms_link_put_value(line, port->kind, io->values[io->changed[i]]);
    }
    for (i = 0; i < io->sent.count; ++i) {
        const struct bms_link_payload* payload = &io->sent.items[i];
        const struct bms_link_bus* bus = &io->ports.buses[payload->bus];
        bms_link_put(line, " ", 1);
        bms_link_put(line, bus->name, bus->name_length);
        bms_link_put(line, ":", 1);
        bms_link_put(line, io->sent.text + payload->offset, payload->length);
    }
    bms_link_put(line, "\n", 1);
}

/* What the program remembers of the conversation. */
struct bms_link_talk {
    int64_t last;      /* time of the last call; -1: none yet */
    int64_t next;      /* what the last answer asked for */
    uint32_t expected; /* index of the port that is looked for first: inputs mostly come in order */
};

static inline void bms_link_take_value(struct bms_io* io, struct bms_link_talk* talk,
                                       const char* token, size_t name_length, size_t length) {
    const uint32_t count = io->ports.port_count;
    const char* text = token + name_length + 1;
    const size_t text_length = length - name_length - 1;
    double value;
    uint32_t i;
    for (i = 0; i < count; ++i) {
        const uint32_t index = talk->expected < count ? talk->expected : 0;
        const struct bms_link_port* port = &io->ports.ports[index];
        talk->expected = index + 1;
        if (port->name_length != name_length || memcmp(port->name, token, name_length) != 0)
            continue;
        if (port->is_output) break;
        if (io->marked[index]) {
            bms_fail(io, "the input %s stands twice in one line", port->name);
        } else if (!bms_link_read_number(text, text_length, &value) ||
                   !bms_link_has_value(port->kind, value)) {
            bms_fail(io, "%.*s: not a value of unit %s", (int)(length < 100 ? length : 100), token,
                     bms_link_kind_word(port->kind));
        } else {
            bms_link_name_input(io, index, value);
        }
        return;
    }
    bms_fail(io, "%.*s: no such input", (int)(length < 100 ? length : 100), token);
}

static inline void bms_link_take_payload(struct bms_io* io, const char* token, size_t name_length,
                                         size_t length) {
    const char* text = token + name_length + 1;
    const size_t text_length = length - name_length - 1;
    struct bms_can_frame frame;
    uint32_t i;
    for (i = 0; i < io->ports.bus_count; ++i) {
        const struct bms_link_bus* bus = &io->ports.buses[i];
        if (bus->name_length != name_length || memcmp(bus->name, token, name_length) != 0) continue;
        if (bus->is_can ? bms_link_read_can(text, text_length, &frame)
                        : text_length > 0 && bms_link_hex_bytes(text, text_length)) {
            bms_link_receive(io, i, text, text_length);
        } else {
            bms_fail(io, "%.*s: not a payload of a %s bus", (int)(length < 100 ? length : 100),
                     token, bus->is_can ? "CAN" : "serial");
        }
        return;
    }
    bms_fail(io, "%.*s: no such bus", (int)(length < 100 ? length : 100), token);
}

/* Takes "<signal>=<value>" and "<bus>:<payload>" up to the line's end. */
static inline void bms_link_take_tokens(struct bms_io* io, struct bms_link_talk* talk,
                                        const char* token) {
    while (*token == ' ' && !io->failed) {
        size_t length;
        size_t name_length;
        ++token;
        length = strcspn(token, " ");
        name_length = strcspn(token, "=: ");
        if (token[name_length] == '=' && io->received.count == 0) {
            bms_link_take_value(io, talk, token, name_length, length);
        } else if (token[name_length] == ':') {
            bms_link_take_payload(io, token, name_length, length);
        } else {
            bms_fail(io, "\"%.*s\": expected <signal>=<value> before <bus>:<payload>",
                     (int)(length < 100 ? length : 100), token);
        }
        token += length;
    }
}

/* Takes the rig's "at" line; on anything wrong, io has failed. */
static inline int64_t bms_link_take_call(struct bms_io* io, struct bms_link_talk* talk,
                                         const char* line) {
    const char* text = line + 3;
    uint64_t now = 0;
    uint32_t i;
    if (strncmp(line, "at ", 3) != 0) {
        bms_fail(io, "\"%.100s\": expected at <t> or stop", line);
        return 0;
    }
    if (!bms_link_is_digit(*text)) bms_fail(io, "\"%.100s\": expected a time after at", line);
    for (; bms_link_is_digit(*text) && !io->failed; ++text) {
        const unsigned digit = (unsigned)(*text - '0');
        if (now > ((uint64_t)INT64_MAX - digit) / 10)
            bms_fail(io, "\"%.100s\": the time is too large", line);
        now = now * 10 + digit;
    }
    if (!io->failed && *text != ' ' && *text != '\0')
        bms_fail(io, "\"%.100s\": expected a time after at", line);
    if (io->failed) return 0;
    bms_link_take_tokens(io, talk, text);
    if (talk->last < 0) {
        if (now != 0) bms_fail(io, "the first call is at %lld; expected 0", (long long)now);
        for (i = 0; i < io->ports.port_count; ++i) {
            if (!io->ports.ports[i].is_output && !io->marked[i]) {
                bms_fail(io, "the first call does not name the input %s", io->ports.ports[i].name);
            }
        }
    } else if ((int64_t)now < talk->last) {
        bms_fail(io, "called at %lld after %lld: time went back", (long long)now,
                 (long long)talk->last);
    } else if (talk->next != BMS_NEVER && (int64_t)now > talk->next) {
        bms_fail(io, "called at %lld, later than %lld for which it had asked", (long long)now,
                 (long long)talk->next);
    }
    talk->last = (int64_t)now;
    return (int64_t)now;
}

static inline void bms_link_print_line(void* host, int is_log, const char* text, size_t length) {
    (void)host;
    fprintf(is_log ? stderr : stdout, "%.*s\n", (int)length, text);
}

static inline int bms_link_flush(struct bms_link_text* line) {
    const int written =
        fwrite(line->text, 1, line->length, stdout) == line->length && fflush(stdout) == 0;
    line->length = 0;
    return written;
}

/* Answers one call. Returns 1, or 0 if the conversation is over. */
static inline int bms_link_answer(const struct bms_controller* controller, void* state,
                                  struct bms_io* io, struct bms_link_talk* talk, const char* line,
                                  struct bms_link_text* answer) {
    const int64_t now = bms_link_take_call(io, talk, line);
    if (!io->failed) talk->next = bms_link_advance(controller, state, now, io);
    if (!io->failed) {
        bms_link_put_answer(answer, talk->next, io);
    } else {
        bms_link_put_text(answer, "error ");
        bms_link_put_text(answer, io->error);
        bms_link_put_text(answer, "\n");
    }
    bms_link_answered(io);
    return bms_link_flush(answer) && !io->failed;
}

/* Speaks until `stop`. Returns 1 if that came. */
static inline int bms_link_converse(const struct bms_controller* controller, void* state,
                                    struct bms_io* io, struct bms_link_text* answer) {
    struct bms_link_talk talk = {-1, BMS_NEVER, 0};
    char* const line = (char*)bms_link_resize(NULL, BMS_LINK_LONGEST_LINE + 1);
    int stopped = 0;
    while (!stopped) {
        size_t length;
        if (fgets(line, BMS_LINK_LONGEST_LINE + 1, stdin) == NULL) {
            bms_log(io, "standard input ended without stop");
            break;
        }
        length = strlen(line);
        if (length == 0 || line[length - 1] != '\n') {
            bms_fail(io, "a line without a line feed within 65536 bytes, or with a NUL");
        } else {
            line[--length] = '\0';
        }
        stopped = !io->failed && strcmp(line, "stop") == 0;
        if (!stopped && !bms_link_answer(controller, state, io, &talk, line, answer)) break;
    }
    free(line);
    return stopped;
}

static inline int bms_link_main(const struct bms_controller* controller, int argc, char** argv) {
    struct bms_io io;
    struct bms_link_text text = {NULL, 0, 0};
    void* state = NULL;
    int status;
    int finished;
    memset(&io, 0, sizeof io);
    io.console.line = bms_link_print_line;
    status = bms_link_open(controller, argc, argv, &io, &state);
    if (state == NULL) return status;
    bms_link_put_greeting(&text, &io.ports);
    finished = bms_link_flush(&text) && bms_link_converse(controller, state, &io, &text);
    free(text.text);
    status = bms_link_close(controller, state, &io);
    return finished ? status : 1;
}

#if defined(BMS_LINK_SHARED_OBJECT)

/* What the rig looks up; one for a shared object. */
BMS_LINK_EXPORT const struct bms_link_entry* bms_link_get_entry(void);

#define BMS_LINK_CONTROLLER(controller)                                                      \
    static int bms_link_so_open(int argc, char** argv, struct bms_io* io, void** state) {    \
        return bms_link_open(&(controller), argc, argv, io, state);                          \
    }                                                                                        \
    static int64_t bms_link_so_advance(void* state, int64_t now_ns, struct bms_io* io) {     \
        return bms_link_advance(&(controller), state, now_ns, io);                           \
    }                                                                                        \
    static int bms_link_so_close(void* state, struct bms_io* io) {                           \
        return bms_link_close(&(controller), state, io);                                     \
    }                                                                                        \
    const struct bms_link_entry* bms_link_get_entry(void) {                                  \
        static const struct bms_link_entry entry = {                                         \
            BMS_LINK_VERSION, sizeof(struct bms_io), bms_link_so_open,  bms_link_name_input, \
            bms_link_receive, bms_link_so_advance,   bms_link_answered, bms_link_so_close};  \
        return &entry;                                                                       \
    }

#else

#define BMS_LINK_CONTROLLER(controller)                  \
    int main(int argc, char** argv) {                    \
        return bms_link_main(&(controller), argc, argv); \
    }

#endif

#ifdef __cplusplus
}
#endif

#endif
