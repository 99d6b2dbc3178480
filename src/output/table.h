/*
 * table.h: the figures of a report as a table, for people: a column per model, a row per figure. Of
 * repeated races the values are medians. Only output/ includes it.
 */
#ifndef OUTPUT_TABLE_H
#define OUTPUT_TABLE_H

#include "output/rows.h"

struct table {
    const struct output_options *options;
    const struct meta *meta;
    size_t runs;
    struct figures *figures; /* options->count x runs */
};
/* False with a sentence: there is no race. */
bool table_open(struct table *table, const struct output_options *options, struct error *error);
void table_close(struct table *table);

const struct figures *table_cell(const struct table *table, size_t repeat, size_t run);
/* The median over the repeats in which the figure is known; false: in none. */
bool table_median(const struct table *table, size_t run, const struct report_row *row,
                  double *value);
/* A value in the words of its unit. */
const char *table_value(const struct report_row *row, double value, char text[32]);
/* The run came to its end, in one of the repeats. */
bool table_done(const struct table *table, size_t run);
/* Something of it was seen. */
bool table_went(const struct table *table, size_t run);
/* The best of a row over all models; NAN where none stands out. */
double table_best(const struct table *table, const struct report_row *row);
/* What the workers did, in millionths, over all repeats; false: nothing is known. */
bool table_split(const struct table *table, size_t run, uint64_t parts[STATE_COUNT]);

#endif
