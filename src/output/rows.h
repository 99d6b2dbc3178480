/*
 * rows.h: the outputs' rows, and the figures of a report in one visible table: what text, JSON and CSV
 * say of a run is the same list. Only output/ includes it.
 */
#ifndef OUTPUT_ROWS_H
#define OUTPUT_ROWS_H

#include <stddef.h>

#include "output/output.h"
#include "timeline/figures.h"
#include "timeline/verdict.h"

extern const struct output output_text, output_json, output_csv, output_csv_events,
    output_csv_report, output_html, output_perfetto, output_cast, output_cast_v3, output_svg;

enum report_better { BETTER_NONE, BETTER_LOW, BETTER_HIGH };

/* A figure of a report: where it lies in struct figures, its key in JSON ("gil.held_s": one level of
 * object), its words and unit for people, and which way is better. */
struct report_row {
    const char *key;
    const char *word; /* NULL: not in the text report */
    const char *unit; /* "s", "ms", "KiB", "/s", "" */
    size_t offset;
    enum report_better better;
};
extern const struct report_row report_rows[]; /* ends with key == NULL */

const struct figure *report_figure(const struct figures *figures, const struct report_row *row);
/* "trace", "kernel", "simulated", "estimate": where a figure comes from. */
extern const char *const report_sources[];

/* The median, the least and the greatest of `count` values (at least one), which are sorted. */
struct report_spread {
    double median, least, greatest;
};
struct report_spread report_spread(double *values, size_t count);

/* The verdict of repeated races: that of the first of those whose best is the one that was best most
 * often (of equals: the one that was so first). Returns how many agree with it. */
size_t report_verdict(const struct output_options *options, struct verdict *verdict);

#endif
