/*
 * The report as CSV: a line of heads, then a line per run. An unknown figure is an empty field.
 */
#include <stdio.h>

#include "output/escape.h"
#include "output/rows.h"

static void figure(FILE *into, const struct figure *figure)
{
    fputc(',', into);
    if (figure->known)
        fprintf(into, "%.9g", figure->value);
}

/* What is counted of a run that went: else nobody knows. */
static void count(FILE *into, const struct run_brief *brief, uint64_t value)
{
    fputc(',', into);
    if (brief->gone)
        fprintf(into, "%llu", (unsigned long long)value);
}

static void heads(FILE *into)
{
    fputs("scenario,staging,seed,repeat,model,status,reason,gave_up_at,cores,lanes,submitted,done,"
          "failed",
          into);
    for (const struct report_row *row = report_rows; row->key != NULL; row++)
        fprintf(into, ",%s", row->key);
    for (int state = 0; state < STATE_COUNT; state++)
        fprintf(into, ",state_share.%s", state_rows[state].key);
    fputs("\r\n", into);
}

static void line(FILE *into, const struct timeline *timeline, size_t run)
{
    const struct meta *meta = timeline_meta(timeline);
    const struct meta_run *row = &meta->runs[run];
    struct figures figures;
    figures_at(timeline, run, UINT64_MAX, &figures);
    escape_csv(into, meta->scenario);
    fprintf(into, ",%s,%llu,%u,%s,%s,", meta->staging, (unsigned long long)meta->seed, row->repeat,
            row->model, run_status_names[figures.status]);
    escape_csv(into, row->reason);
    fputc(',', into);
    if (row->gave_up_at > 0)
        fprintf(into, "%u", row->gave_up_at);
    fprintf(into, ",%u", row->cores);
    struct run_brief brief;
    timeline_run(timeline, run, &brief);
    count(into, &brief, figures.lanes);
    count(into, &brief, figures.tasks.submitted);
    count(into, &brief, figures.tasks.done);
    count(into, &brief, figures.tasks.failed);
    for (const struct report_row *r = report_rows; r->key != NULL; r++)
        figure(into, report_figure(&figures, r));
    for (int state = 0; state < STATE_COUNT; state++)
        figure(into, &figures.state_share[state]);
    fputs("\r\n", into);
}

static bool write_csv(const struct output_options *options, FILE *into, struct error *error)
{
    if (timeline_meta(options->timelines[0]) == NULL)
        return error_set(error, "the recording holds no race");
    heads(into);
    for (size_t i = 0; i < options->count; i++)
        for (size_t run = 0; run < timeline_runs(options->timelines[i]); run++)
            line(into, options->timelines[i], run);
    if (ferror(into))
        return error_set(error, "the CSV report could not be written whole");
    return true;
}

const struct output output_csv_report = {
    .name = "csv-report",
    .help = "the report as CSV, a line per run",
    .report = "csv",
    .write = write_csv,
};
