/*
 * Figures in few characters. All arithmetic is on integers, so that a figure rounds the same way
 * everywhere. It knows no locale and no padding.
 */
#include "base/format.h"

#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>

struct unit {
    const char *name;
    uint64_t size;  /* in the unit of the figure */
    uint64_t limit; /* from how many of it on the next row serves better; 0: none does */
};

static const struct unit durations[] = {
    { .name = "ns", .size = 1, .limit = 1000 },
    { .name = "us", .size = NS_PER_US, .limit = 1000 },
    { .name = "ms", .size = NS_PER_MS, .limit = 1000 },
    { .name = "s", .size = NS_PER_S, .limit = 60 },
    { .name = NULL },
};

static const struct unit sizes[] = {
    { .name = "B", .size = 1, .limit = 1024 },
    { .name = "KiB", .size = UINT64_C(1) << 10, .limit = 1024 },
    { .name = "MiB", .size = UINT64_C(1) << 20, .limit = 1024 },
    { .name = "GiB", .size = UINT64_C(1) << 30, .limit = 1024 },
    { .name = "TiB", .size = UINT64_C(1) << 40 },
    { .name = NULL },
};

static const struct unit counts[] = {
    { .name = "", .size = 1, .limit = 1000 },
    { .name = "k", .size = 1000, .limit = 1000 },
    { .name = "M", .size = 1000000, .limit = 1000 },
    { .name = "G", .size = 1000000000 },
    { .name = NULL },
};

uint64_t format_whole(double figure)
{
    const double beyond = 18446744073709551616.0; /* 2^64 */
    if (!(figure > 0))
        return 0;
    return figure + 0.5 < beyond ? (uint64_t)(figure + 0.5) : UINT64_MAX;
}

/* How many 1/places of `unit` are in `value`, to the nearest. */
static uint64_t scaled(uint64_t value, uint64_t unit, unsigned places)
{
    uint64_t rest = value % unit; /* below 2^40, so there is room for the places */
    return value / unit * places + (rest * places + unit / 2) / unit;
}

/* Prints in the first unit that suits, with `most` (1, 10 or 100) places at most. False where the
 * figure is beyond the last. */
static bool print_in_units(char *text, size_t size, uint64_t value, const struct unit *unit,
                           unsigned most)
{
    for (; unit->name != NULL; unit++) {
        unsigned places = most;
        uint64_t number = scaled(value, unit->size, places);
        while (places > 1 && number >= 1000) {
            places /= 10;
            number = scaled(value, unit->size, places);
        }
        if (unit->limit > 0 && number >= unit->limit * places)
            continue;
        while (places > 1 && number % 10 == 0) {
            places /= 10;
            number /= 10;
        }
        unsigned long long whole = number / places, fraction = number % places;
        if (places > 1)
            snprintf(text, size, "%llu.%0*llu%s", whole, places == 100 ? 2 : 1, fraction,
                     unit->name);
        else
            snprintf(text, size, "%llu%s", whole, unit->name);
        return true;
    }
    return false;
}

char *format_duration(char *text, size_t size, uint64_t ns)
{
    if (print_in_units(text, size, ns, durations, 100))
        return text;
    unsigned long long seconds = scaled(ns, NS_PER_S, 1);
    if (seconds < 3600) {
        snprintf(text, size, "%llum%02llus", seconds / 60, seconds % 60);
        return text;
    }
    unsigned long long minutes = scaled(ns, 60 * NS_PER_S, 1);
    snprintf(text, size, "%lluh%02llum", minutes / 60, minutes % 60);
    return text;
}

char *format_bytes(char *text, size_t size, uint64_t bytes)
{
    print_in_units(text, size, bytes, sizes, 10);
    return text;
}

char *format_count(char *text, size_t size, uint64_t count)
{
    print_in_units(text, size, count, counts, 10);
    return text;
}
