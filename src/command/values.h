/*
 * values.h: what can stand after an option: names, numbers, times, sizes. Each takes the option's
 * name for the sentence in which it fails.
 */
#ifndef COMMAND_VALUES_H
#define COMMAND_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Always false: '%s' is not known; the nearest of `names` (NULL-terminated), and all of them. */
bool option_wrong_name(struct error *error, const char *option, const char *value,
                       const char *const *names);
/* A whole number from `low` to `high`. */
bool option_number(const char *option, const char *value, uint64_t low, uint64_t high,
                   uint64_t *into, struct error *error);
/* "1.5", "500ms": seconds where no unit stands. From 0 to 24 h. */
bool option_time(const char *option, const char *value, uint64_t *ns, struct error *error);
/* "100x30", each from 1 to the most. */
bool option_size(const char *option, const char *value, int cols_most, int rows_most, int *cols,
                 int *rows, struct error *error);
/* "0.5", "1/100", "2x". */
bool option_factor(const char *option, const char *value, double low, double high, double *factor,
                   struct error *error);

#endif
