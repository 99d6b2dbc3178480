/*
 * The report for people: a table with a column per model, the best of each row marked with a star, the
 * split of the workers' time to 100 %, the verdict. ASCII only, so that it reads the same everywhere.
 * Of repeated races the figures are medians.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/memory.h"
#include "output/rows.h"
#include "timeline/verdict.h"

enum { LABEL = 22, COLUMN = 16 };

struct table {
    const struct output_options *options;
    const struct meta *meta;
    size_t runs;
    struct figures *figures; /* options->count x runs */
    FILE *into;
};

static const struct figures *cell(const struct table *table, size_t repeat, size_t run)
{
    return &table->figures[repeat * table->runs + run];
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The median over the repeats in which the figure is known; false: in none. */
static bool median(const struct table *table, size_t run, const struct report_row *row,
                   double *value)
{
    double *values = mem_alloc(table->options->count * sizeof *values);
    size_t known = 0;
    for (size_t i = 0; i < table->options->count; i++) {
        const struct figure *figure = report_figure(cell(table, i, run), row);
        if (figure->known)
            values[known++] = figure->value;
    }
    if (known > 0) {
        qsort(values, known, sizeof *values, by_value);
        *value =
            known % 2 != 0 ? values[known / 2] : (values[known / 2 - 1] + values[known / 2]) / 2;
    }
    free(values);
    return known > 0;
}

static const char *print_value(const struct report_row *row, double value, char text[32])
{
    if (strcmp(row->unit, "s") == 0 || strcmp(row->unit, "ms") == 0)
        return format_duration(text, 32,
                               (uint64_t)llround(value * (row->unit[0] == 's' ? 1e9 : 1e6)));
    if (strcmp(row->unit, "KiB") == 0)
        return format_bytes(text, 32, (uint64_t)llround(value * 1024));
    if (strcmp(row->unit, "B") == 0)
        return format_bytes(text, 32, (uint64_t)llround(value));
    if (strcmp(row->unit, "x") == 0)
        snprintf(text, 32, "%.2f x", value);
    else if (value < 100 && value != floor(value))
        snprintf(text, 32, "%.1f%s", value, row->unit);
    else {
        format_count(text, 24, (uint64_t)llround(value));
        strcat(text, row->unit);
    }
    return text;
}

static void row_line(const struct table *table, const struct report_row *row)
{
    double values[META_RUNS_MAX], best = NAN;
    bool known[META_RUNS_MAX], any = false;
    size_t comparable = 0;
    for (size_t run = 0; run < table->runs; run++) {
        known[run] = median(table, run, row, &values[run]);
        any |= known[run];
        if (!known[run] || cell(table, 0, run)->status != RUN_DONE)
            continue;
        comparable++;
        bool better = row->better == BETTER_LOW ? values[run] < best : values[run] > best;
        if (isnan(best) || better)
            best = values[run];
    }
    if (!any)
        return;
    fprintf(table->into, "%-*s", LABEL, row->word);
    for (size_t run = 0; run < table->runs; run++) {
        char text[32] = "n/a";
        bool star = known[run] && row->better != BETTER_NONE && comparable > 1 &&
                    cell(table, 0, run)->status == RUN_DONE && values[run] == best;
        if (known[run])
            print_value(row, values[run], text);
        fprintf(table->into, "%*s%s", COLUMN - 2, text, star ? " *" : "  ");
    }
    fputc('\n', table->into);
}

static void heads(const struct table *table)
{
    const struct meta *meta = table->meta;
    FILE *into = table->into;
    fprintf(into, "%s: %s\n", meta->scenario, meta->title);
    for (uint32_t i = 0; i < meta->param_count; i++)
        fprintf(into, "%s%s %s", i > 0 ? "  " : "", meta->params[i].name, meta->params[i].text);
    fprintf(into, "\nstaging %s, seed %llu, %u cores%s%s%s%s%s\n\n", meta->staging,
            (unsigned long long)meta->seed, meta->machine_cores, meta->cpu[0] != '\0' ? ", " : "",
            meta->cpu, table->options->count > 1 ? ", medians of the repeats" : "",
            meta->comparable ? "" : "; NOT COMPARABLE: ", meta->comparable_reason);
    fprintf(into, "%-*s", LABEL, "");
    for (size_t run = 0; run < table->runs; run++)
        fprintf(into, "%*s  ", COLUMN - 2, meta->runs[run].model);
    fprintf(into, "\n%-*s", LABEL, "status");
    for (size_t run = 0; run < table->runs; run++)
        fprintf(into, "%*s  ", COLUMN - 2, run_status_names[cell(table, 0, run)->status]);
    fprintf(into, "\n%-*s", LABEL, "cores");
    for (size_t run = 0; run < table->runs; run++)
        fprintf(into, "%*u  ", COLUMN - 2, meta->runs[run].cores);
    fprintf(into, "\n%-*s", LABEL, "lanes");
    for (size_t run = 0; run < table->runs; run++)
        fprintf(into, "%*llu  ", COLUMN - 2, (unsigned long long)cell(table, 0, run)->lanes);
    fprintf(into, "\n%-*s", LABEL, "tasks done");
    for (size_t run = 0; run < table->runs; run++) {
        char text[48];
        const struct task_counts *tasks = &cell(table, 0, run)->tasks;
        snprintf(text, sizeof text, "%llu/%llu", (unsigned long long)tasks->done,
                 (unsigned long long)tasks->submitted);
        fprintf(into, "%*s  ", COLUMN - 2, text);
    }
    fputc('\n', into);
}

/* What the workers did with their time, to 100 %. */
static void split(const struct table *table)
{
    fprintf(table->into, "\n%-*s\n", LABEL, "the workers' time");
    for (int state = 0; state < STATE_COUNT; state++) {
        bool any = false;
        for (size_t run = 0; run < table->runs; run++) {
            const struct figure *share = &cell(table, 0, run)->state_share[state];
            any |= !share->known ? cell(table, 0, run)->lanes > 0 : share->value >= 0.0005;
        }
        if (!any)
            continue;
        fprintf(table->into, "  %-*s", LABEL - 2, state_rows[state].word);
        for (size_t run = 0; run < table->runs; run++) {
            const struct figure *share = &cell(table, 0, run)->state_share[state];
            if (share->known)
                fprintf(table->into, "%*.1f %% ", COLUMN - 3, share->value * 100);
            else
                fprintf(table->into, "%*s  ", COLUMN - 2, "n/a");
        }
        fputc('\n', table->into);
    }
}

static void notes(const struct table *table)
{
    const struct meta *meta = table->meta;
    fputc('\n', table->into);
    for (size_t run = 0; run < table->runs; run++) {
        const struct meta_run *row = &meta->runs[run];
        if (row->reason[0] != '\0')
            fprintf(table->into, "%s: %s: %s\n", row->model,
                    run_status_names[cell(table, 0, run)->status], row->reason);
        if (row->switch_source == SOURCE_RUSAGE)
            fprintf(table->into,
                    "%s: context switches are getrusage's counts, `ready` and cores are n/a: %s\n",
                    row->model, row->switch_reason);
        const struct figure *lost = &cell(table, 0, run)->events_lost;
        if (lost->known && lost->value > 0)
            fprintf(table->into, "%s: %.0f events did not fit and are missing\n", row->model,
                    lost->value);
    }
}

static bool write_text(const struct output_options *options, FILE *into, struct error *error)
{
    struct table table = { .options = options, .into = into };
    table.meta = timeline_meta(options->timelines[0]);
    if (table.meta == NULL)
        return error_set(error, "the recording holds no race");
    table.runs = timeline_runs(options->timelines[0]);
    table.figures =
        mem_zero(options->count * (table.runs > 0 ? table.runs : 1), sizeof *table.figures);
    for (size_t i = 0; i < options->count; i++)
        for (size_t run = 0; run < table.runs; run++)
            figures_at(options->timelines[i], run, UINT64_MAX,
                       &table.figures[i * table.runs + run]);
    heads(&table);
    for (const struct report_row *row = report_rows; row->key != NULL; row++)
        if (row->word != NULL)
            row_line(&table, row);
    split(&table);
    notes(&table);
    struct verdict verdict;
    verdict_of(options->timelines[0], &verdict);
    if (verdict.why[0] != '\0')
        fprintf(into, "%s\n", verdict.why);
    if (verdict.flip[0] != '\0')
        fprintf(into, "To see it flip: %s\n", verdict.flip);
    free(table.figures);
    if (ferror(into))
        return error_set(error, "the report could not be written whole");
    return true;
}

const struct output output_text = {
    .name = "text",
    .help = "the report for people",
    .report = true,
    .write = write_text,
};
