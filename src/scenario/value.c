/*
 * Values with units, both ways. Invariant: what value_print() writes, value_parse() reads back to
 * the same number. All arithmetic is on integers; a fraction finer than the unit's grain (1 ns, one
 * byte, a thousandth per second) is rounded to it. There are no negative values.
 */
#include "scenario/value.h"

#include "base/clock.h"
#include "scenario/words.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct unit_row unit_rows[UNIT_KINDS] = {
    [UNIT_COUNT] = { .name = "count", .a = "a count", .write = "200, 1,000,000 or 10k" },
    [UNIT_DURATION] = { .name = "duration", .a = "a duration", .write = "50ms, 5us or 1.5s" },
    [UNIT_BYTES] = { .name = "bytes", .a = "a size in bytes", .write = "16KiB, 1MiB or 512" },
    [UNIT_RATE] = { .name = "rate", .a = "a rate", .write = "20/s or 0.5/s" },
    [UNIT_BOOL] = { .name = "bool", .a = "a switch", .write = "on or off" },
    [UNIT_CHOICE] = { .name = "choice", .a = "a choice", .write = "one of its choices" },
};

/* What may stand after a number. From the largest down, because printing takes the first that
 * suits; rows that only parse come after. */
struct suffix {
    const char *text;
    int64_t size; /* in the grain of the unit */
    bool printed;
};

static const struct suffix counts[] = {
    { .text = "", .size = 1 },
    { .text = "k", .size = 1000 },
    { .text = "M", .size = 1000000 },
    { .text = "G", .size = 1000000000 },
    { .text = NULL },
};
static const struct suffix durations[] = {
    { .text = "s", .size = (int64_t)NS_PER_S, .printed = true },
    { .text = "ms", .size = (int64_t)NS_PER_MS, .printed = true },
    { .text = "us", .size = (int64_t)NS_PER_US, .printed = true },
    { .text = "ns", .size = 1, .printed = true },
    { .text = "\u00b5s", .size = (int64_t)NS_PER_US },
    { .text = "min", .size = 60 * (int64_t)NS_PER_S },
    { .text = "h", .size = 3600 * (int64_t)NS_PER_S },
    { .text = NULL },
};
static const struct suffix sizes[] = {
    { .text = "GiB", .size = INT64_C(1) << 30, .printed = true },
    { .text = "MiB", .size = INT64_C(1) << 20, .printed = true },
    { .text = "KiB", .size = INT64_C(1) << 10, .printed = true },
    { .text = "B", .size = 1, .printed = true },
    { .text = "", .size = 1 },
    { .text = "kB", .size = 1000 },
    { .text = "MB", .size = 1000000 },
    { .text = "GB", .size = 1000000000 },
    { .text = NULL },
};
static const struct suffix rates[] = {
    { .text = "/s", .size = 1000, .printed = true },
    { .text = "", .size = 1000 },
    { .text = NULL },
};
static const struct suffix *const suffixes[UNIT_KINDS] = {
    [UNIT_COUNT] = counts,
    [UNIT_DURATION] = durations,
    [UNIT_BYTES] = sizes,
    [UNIT_RATE] = rates,
};

struct number {
    int64_t whole;
    int64_t fraction; /* of `places` decimal places */
    int places;
    bool overflow;
    const char *rest; /* what stands after it; NULL: this is no number */
};

enum { PLACES_READ = 6 }; /* more are below any grain that matters, and would overflow */

/* Digits, with commas or underscores between groups of three where there are any. */
static const char *scan_whole(const char *text, struct number *number)
{
    int since_mark = -1; /* digits after the last comma; -1: no comma yet */
    int digits = 0;
    for (;; text++) {
        if (isdigit((unsigned char)*text)) {
            if (__builtin_mul_overflow(number->whole, 10, &number->whole) ||
                __builtin_add_overflow(number->whole, *text - '0', &number->whole))
                number->overflow = true;
            digits++;
            since_mark += since_mark >= 0;
            continue;
        }
        if (*text != ',' && *text != '_')
            break;
        if (digits == 0 || (since_mark < 0 ? digits > 3 : since_mark != 3))
            return NULL;
        since_mark = 0;
    }
    return digits > 0 && (since_mark < 0 || since_mark == 3) ? text : NULL;
}

static struct number scan_number(const char *text)
{
    struct number number = { 0 };
    text = scan_whole(text, &number);
    if (text != NULL && *text == '.') {
        text++;
        if (!isdigit((unsigned char)*text))
            return number;
        for (; isdigit((unsigned char)*text); text++)
            if (number.places < PLACES_READ) {
                number.fraction = number.fraction * 10 + (*text - '0');
                number.places++;
            }
    }
    while (text != NULL && *text == ' ')
        text++;
    number.rest = text;
    return number;
}

/* The number times `size`, rounded; false where it does not fit. */
static bool scale_number(const struct number *number, int64_t size, int64_t *value)
{
    int64_t part, power = 1;
    for (int i = 0; i < number->places; i++)
        power *= 10;
    if (number->overflow || __builtin_mul_overflow(number->whole, size, value) ||
        __builtin_mul_overflow(number->fraction, size, &part))
        return false;
    return !__builtin_add_overflow(*value, (part + power / 2) / power, value);
}

static bool parse_number(enum unit unit, const char *text, int64_t *value, struct error *error)
{
    const struct unit_row *row = &unit_rows[unit];
    if (*text == '-')
        return error_set(error, "%s is negative; %s is written as %s", words_quote(text).text,
                         row->a, row->write);
    struct number number = scan_number(text);
    if (number.rest == NULL)
        return error_set(error, "%s is not %s; it is written as %s", words_quote(text).text, row->a,
                         row->write);
    for (const struct suffix *suffix = suffixes[unit]; suffix->text != NULL; suffix++) {
        if (strcmp(suffix->text, number.rest) != 0)
            continue;
        if (!scale_number(&number, suffix->size, value))
            return error_set(error, "%s is too large a number; %s is written as %s",
                             words_quote(text).text, row->a, row->write);
        return true;
    }
    if (*number.rest == '\0' && number.whole == 0 && number.fraction == 0 && !number.overflow) {
        *value = 0; /* no unit is missed on nothing */
        return true;
    }
    if (*number.rest == '\0')
        return error_set(error, "%s has no unit; %s is written as %s", words_quote(text).text,
                         row->a, row->write);
    const char *names[16] = { NULL };
    size_t count = 0;
    for (const struct suffix *suffix = suffixes[unit]; suffix->text != NULL; suffix++)
        if (suffix->text[0] != '\0')
            names[count++] = suffix->text;
    return error_set(error, "%s has the unknown unit %s; %s", words_quote(text).text,
                     words_quote(number.rest).text, words_hint(number.rest, names).text);
}

static bool parse_bool(const char *text, int64_t *value, struct error *error)
{
    static const char *const words[][2] = {
        { "off", "on" }, { "false", "true" }, { "no", "yes" }, { "0", "1" }
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        for (int j = 0; j < 2; j++)
            if (strcasecmp(text, words[i][j]) == 0) {
                *value = j;
                return true;
            }
    return error_set(error, "%s is neither on nor off; write on or off", words_quote(text).text);
}

static bool parse_choice(const char *const *choices, const char *text, int64_t *value,
                         struct error *error)
{
    for (int64_t i = 0; choices[i] != NULL; i++)
        if (strcmp(choices[i], text) == 0) {
            *value = i;
            return true;
        }
    return error_set(error, "%s is no choice here; %s", words_quote(text).text,
                     words_hint(text, choices).text);
}

bool value_parse(enum unit unit, const char *const *choices, const char *text, int64_t *value,
                 struct error *error)
{
    if (unit == UNIT_BOOL)
        return parse_bool(text, value, error);
    if (unit == UNIT_CHOICE)
        return parse_choice(choices, text, value, error);
    return parse_number(unit, text, value, error);
}

/* Plain digits, from 10,000 on in groups of three. */
static void print_count(int64_t value, char *into, size_t size)
{
    char digits[24], grouped[32];
    int length = snprintf(digits, sizeof digits, "%" PRId64, value);
    size_t used = 0;
    for (int i = 0; i < length; i++) {
        if (value >= 10000 && i > 0 && (length - i) % 3 == 0)
            grouped[used++] = ',';
        grouped[used++] = digits[i];
    }
    grouped[used] = '\0';
    snprintf(into, size, "%s", grouped);
}

/* The largest unit of which the value is a multiple to three places, else the grain. */
static void print_number(enum unit unit, int64_t value, char *into, size_t size)
{
    const struct suffix *suffix = suffixes[unit];
    if (value == 0) {
        snprintf(into, size, "0");
        return;
    }
    for (; suffix[1].text != NULL && suffix[1].printed; suffix++) {
        int64_t rest = value % suffix->size;
        if (value >= suffix->size && rest * 1000 % suffix->size == 0)
            break;
    }
    int64_t whole = value / suffix->size;
    int thousandths = (int)(value % suffix->size * 1000 / suffix->size);
    int places = thousandths % 10 != 0 ? 3 : thousandths % 100 != 0 ? 2 : thousandths > 0 ? 1 : 0;
    if (places == 0)
        snprintf(into, size, "%" PRId64 "%s", whole, suffix->text);
    else
        snprintf(into, size, "%" PRId64 ".%0*d%s", whole, places,
                 places == 3   ? thousandths
                 : places == 2 ? thousandths / 10
                               : thousandths / 100,
                 suffix->text);
}

static int64_t choice_count(const char *const *choices)
{
    int64_t count = 0;
    while (choices != NULL && choices[count] != NULL)
        count++;
    return count;
}

const char *value_print(enum unit unit, const char *const *choices, int64_t value, char *into,
                        size_t size)
{
    switch (unit) {
    case UNIT_BOOL:
        snprintf(into, size, "%s", value != 0 ? "on" : "off");
        break;
    case UNIT_CHOICE:
        snprintf(into, size, "%s",
                 value >= 0 && value < choice_count(choices) ? choices[value] : "?");
        break;
    case UNIT_COUNT:
        print_count(value, into, size);
        break;
    case UNIT_DURATION:
    case UNIT_BYTES:
    case UNIT_RATE:
        print_number(unit, value, into, size);
        break;
    }
    return into;
}

bool value_within(const char *name, enum unit unit, const char *const *choices, int64_t value,
                  int64_t low, int64_t high, struct error *error)
{
    if (value >= low && value <= high)
        return true;
    char is[VALUE_TEXT], from[VALUE_TEXT], to[VALUE_TEXT];
    value_print(unit, choices, value, is, sizeof is);
    value_print(unit, choices, low, from, sizeof from);
    value_print(unit, choices, high, to, sizeof to);
    return error_set(error, "%s is too %s for %s; it goes from %s to %s", is,
                     value < low ? "little" : "much", words_quote(name).text, from, to);
}
