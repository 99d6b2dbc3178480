/*
 * The figures of a report as a table: a column per model, a row per figure.
 */
#include "output/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/memory.h"

bool table_open(struct table *table, const struct output_options *options, struct error *error)
{
    *table = (struct table){ .options = options, .meta = timeline_meta(options->timelines[0]) };
    if (table->meta == NULL)
        return error_set(error, "the recording holds no race");
    table->runs = timeline_runs(options->timelines[0]);
    table->figures =
        mem_zero(options->count * (table->runs > 0 ? table->runs : 1), sizeof *table->figures);
    for (size_t i = 0; i < options->count; i++)
        for (size_t run = 0; run < table->runs; run++)
            figures_at(options->timelines[i], run, UINT64_MAX,
                       &table->figures[i * table->runs + run]);
    return true;
}

void table_close(struct table *table)
{
    free(table->figures);
}

const struct figures *table_cell(const struct table *table, size_t repeat, size_t run)
{
    return &table->figures[repeat * table->runs + run];
}

bool table_median(const struct table *table, size_t run, const struct report_row *row,
                  double *value)
{
    double *values = mem_alloc(table->options->count * sizeof *values);
    size_t known = 0;
    for (size_t i = 0; i < table->options->count; i++) {
        const struct figure *figure = report_figure(table_cell(table, i, run), row);
        if (figure->known)
            values[known++] = figure->value;
    }
    if (known > 0)
        *value = report_spread(values, known).median;
    free(values);
    return known > 0;
}

const char *table_value(const struct report_row *row, double value, char text[32])
{
    if (strcmp(row->unit, "s") == 0 || strcmp(row->unit, "ms") == 0)
        return format_duration(text, 32, format_whole(value * (row->unit[0] == 's' ? 1e9 : 1e6)));
    if (strcmp(row->unit, "KiB") == 0)
        return format_bytes(text, 32, format_whole(value * 1024));
    if (strcmp(row->unit, "B") == 0)
        return format_bytes(text, 32, format_whole(value));
    if (strcmp(row->unit, "x") == 0)
        snprintf(text, 32, "%.2f x", value);
    else if (value < 100 && value != floor(value))
        snprintf(text, 32, "%.1f%s", value, row->unit);
    else {
        format_count(text, 24, format_whole(value));
        strcat(text, row->unit);
    }
    return text;
}

bool table_done(const struct table *table, size_t run)
{
    for (size_t i = 0; i < table->options->count; i++)
        if (table_cell(table, i, run)->status == RUN_DONE)
            return true;
    return false;
}

double table_best(const struct table *table, const struct report_row *row)
{
    double best = NAN;
    size_t compared = 0, equal = 0;
    for (size_t run = 0; run < table->runs; run++) {
        double value;
        if (row->better == BETTER_NONE || !table_done(table, run) ||
            !table_median(table, run, row, &value))
            continue;
        compared++;
        if (isnan(best) || (row->better == BETTER_LOW ? value < best : value > best)) {
            best = value;
            equal = 0;
        }
        equal += value == best;
    }
    return compared > 1 && equal == 1 ? best : NAN;
}

bool table_split(const struct table *table, size_t run, uint64_t parts[STATE_COUNT])
{
    bool any = false;
    for (size_t state = 0; state < STATE_COUNT; state++) {
        parts[state] = 0;
        for (size_t i = 0; i < table->options->count; i++) {
            const struct figure *share = &table_cell(table, i, run)->state_share[state];
            any = any || share->known;
            parts[state] += share->known ? (uint64_t)llround(share->value * 1e6) : 0;
        }
    }
    return any;
}

bool table_went(const struct table *table, size_t run)
{
    struct run_brief brief;
    timeline_run(table->options->timelines[0], run, &brief);
    return brief.gone;
}
