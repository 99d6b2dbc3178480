/*
 * Values of options. Nothing is taken silently: what is not whole, out of bounds or not a number is
 * an error with a sentence.
 */
#include "command/values.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "scenario/plan.h"

bool option_wrong_name(struct error *error, const char *option, const char *value,
                       const char *const *names)
{
    const char *near = nearest_name(value, names);
    char known[300] = "";
    for (size_t i = 0; names[i] != NULL; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    return error_set(error, "%s: '%s' is not known%s%s%s; there are %s", option, value,
                     near != NULL ? ", nearest is '" : "", near != NULL ? near : "",
                     near != NULL ? "'" : "", known);
}

bool option_number(const char *option, const char *value, uint64_t low, uint64_t high,
                   uint64_t *into, struct error *error)
{
    char *end;
    errno = 0;
    unsigned long long parsed = strtoull(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || value[0] == '-' || parsed < low ||
        parsed > high)
        return error_set(error, "%s: '%s' is no whole number from %llu to %llu", option, value,
                         (unsigned long long)low, (unsigned long long)high);
    *into = parsed;
    return true;
}

bool option_time(const char *option, const char *value, uint64_t *ns, struct error *error)
{
    char with_unit[64];
    int64_t parsed;
    struct error inner;
    size_t digits = strspn(value, "0123456789.");
    snprintf(with_unit, sizeof with_unit, "%s%s", value, value[digits] == '\0' ? "s" : "");
    if (strlen(value) + 2 > sizeof with_unit || digits == 0 ||
        !value_parse(UNIT_DURATION, NULL, with_unit, &parsed, &inner) || parsed < 0 ||
        parsed > (int64_t)(24 * 3600 * NS_PER_S))
        return error_set(error, "%s: '%s' is no time from 0 to 24h; write 1.5 or 500ms", option,
                         value);
    *ns = (uint64_t)parsed;
    return true;
}

bool option_size(const char *option, const char *value, int cols_most, int rows_most, int *cols,
                 int *rows, struct error *error)
{
    const char *x = strchr(value, 'x');
    char text[16];
    uint64_t wide, high;
    if (x == NULL || x - value >= (long)sizeof text)
        return error_set(error, "%s: '%s' is no COLSxROWS; write 100x30", option, value);
    snprintf(text, sizeof text, "%.*s", (int)(x - value), value);
    if (!option_number(option, text, 1, (uint64_t)cols_most, &wide, NULL) ||
        !option_number(option, x + 1, 1, (uint64_t)rows_most, &high, NULL))
        return error_set(error, "%s: '%s' is no COLSxROWS up to %dx%d; write 100x30", option, value,
                         cols_most, rows_most);
    *cols = (int)wide;
    *rows = (int)high;
    return true;
}

bool option_factor(const char *option, const char *value, double low, double high, double *factor,
                   struct error *error)
{
    char *end;
    double parsed = strtod(value, &end), under = 1;
    bool number = end != value && value[strspn(value, "0123456789./xe-")] == '\0';
    if (number && *end == '/') {
        const char *from = end + 1;
        under = strtod(from, &end);
        number = end != from;
    }
    if (number && *end == 'x')
        end++;
    if (!number || *end != '\0' || !isfinite(parsed / under) || parsed / under < low ||
        parsed / under > high)
        return error_set(error, "%s: '%s' is no factor from %g to %g; write 0.5, 1/100 or 2",
                         option, value, low, high);
    *factor = parsed / under;
    return true;
}
