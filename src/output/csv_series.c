/*
 * The format `csv`: the race over time, a row per lane and bin of time; what is not of a lane (the
 * queue, memory, switches) is told in the row of its run, whose lane is empty. Times are ms of run
 * time; shares of a bin sum to 1 where the lane lived. An unknown figure is an empty field.
 *
 * Rows come by run, by bin, by lane: nothing is kept.
 */
#include <stdio.h>

#include "base/clock.h"
#include "output/escape.h"
#include "output/rows.h"

enum { BINS = 200 };

struct series_row {
    const struct timeline *timeline;
    size_t run;
    uint64_t from_ns, until_ns; /* the bin */
    FILE *into;
};

static void put_number(FILE *into, bool known, double value)
{
    fputc(',', into);
    if (known)
        fprintf(into, "%.9g", value);
}

static void put_heads(FILE *into)
{
    fputs("repeat,run,model,from_ms,until_ms,lane,role", into);
    for (int state = 0; state < STATE_COUNT; state++)
        fprintf(into, ",%s", state_rows[state].key);
    fputs(",on_core,queue_max,gil_waiters_max,voluntary_switches,involuntary_switches,"
          "memory_pss_kib,tasks_done\r\n",
          into);
}

static void put_place(const struct series_row *row)
{
    const struct meta_run *meta = &timeline_meta(row->timeline)->runs[row->run];
    fprintf(row->into, "%u,%zu,", meta->repeat, row->run);
    escape_csv(row->into, meta->model);
    fprintf(row->into, ",%.9g,%.9g", (double)row->from_ns / NS_PER_MS,
            (double)row->until_ns / NS_PER_MS);
}

/* Shares of the time that it lived in the bin. */
static bool put_shares(FILE *into, const uint64_t ns[STATE_COUNT], bool unknown_ready)
{
    uint64_t lived = 0;
    for (int state = 0; state < STATE_COUNT; state++)
        lived += ns[state];
    for (int state = 0; state < STATE_COUNT; state++)
        put_number(into, lived > 0 && !(unknown_ready && state == STATE_READY),
                   (double)ns[state] / (double)(lived > 0 ? lived : 1));
    return lived > 0;
}

static uint32_t most_waiters(const struct series_row *row, size_t gils)
{
    uint32_t most = 0;
    for (size_t gil = 0; gil < gils; gil++)
        for (uint64_t t = row->from_ns, until; t < row->until_ns; t = until) {
            uint32_t waiters = timeline_gil_waiters(row->timeline, row->run, gil, t, &until);
            most = waiters > most ? waiters : most;
            if (until <= t)
                break;
        }
    return most;
}

static void put_run(const struct series_row *row, const struct run_brief *brief)
{
    static const char *const roles_of_run = ",,run";
    uint64_t ns[STATE_COUNT], voluntary, involuntary;
    struct task_counts before, after;
    put_place(row);
    fputs(roles_of_run, row->into);
    timeline_run_shares(row->timeline, row->run, row->from_ns, row->until_ns, ns);
    put_shares(row->into, ns, brief->source != SOURCE_PERF);
    put_number(row->into, false, 0);
    put_number(row->into, true,
               timeline_queue_max(row->timeline, row->run, row->from_ns, row->until_ns));
    put_number(row->into, brief->gils > 0, most_waiters(row, brief->gils));
    bool known = timeline_switches(row->timeline, row->run, row->from_ns, row->until_ns, &voluntary,
                                   &involuntary);
    put_number(row->into, known, known ? (double)voluntary : 0);
    put_number(row->into, known, known ? (double)involuntary : 0);
    int64_t kib = timeline_memory(row->timeline, row->run, MEMORY_PSS, row->until_ns);
    put_number(row->into, kib >= 0, (double)kib);
    timeline_counts(row->timeline, row->run, row->from_ns, &before);
    timeline_counts(row->timeline, row->run, row->until_ns, &after);
    put_number(row->into, true, (double)(after.done - before.done));
    fputs("\r\n", row->into);
}

static const char *const role_names[ROLE_COUNT] = {
    [ROLE_MAIN] = "main", [ROLE_WORKER] = "worker",         [ROLE_LOOP] = "loop",
    [ROLE_POOL] = "pool", [ROLE_CONNECTION] = "connection", [ROLE_OUTSIDE] = "outside",
};

static void put_lane(const struct series_row *row, size_t lane, const struct run_brief *of_run)
{
    struct lane_brief brief;
    uint64_t ns[STATE_COUNT], on_core;
    if (!timeline_lane(row->timeline, row->run, lane, &brief) || brief.begin_ns >= row->until_ns ||
        brief.end_ns <= row->from_ns)
        return;
    timeline_lane_shares(row->timeline, row->run, lane, row->from_ns, row->until_ns, ns);
    put_place(row);
    fputc(',', row->into);
    escape_csv(row->into, brief.name);
    fprintf(row->into, ",%s", brief.role < ROLE_COUNT ? role_names[brief.role] : "?");
    put_shares(row->into, ns, of_run->source != SOURCE_PERF);
    bool known =
        timeline_lane_on_core(row->timeline, row->run, lane, row->from_ns, row->until_ns, &on_core);
    put_number(row->into, known,
               known ? (double)on_core / (double)(row->until_ns - row->from_ns) : 0);
    fputs(",,,,,,\r\n", row->into);
}

static bool put_bins(const struct output_options *options, struct series_row *row,
                     struct error *error)
{
    struct run_brief brief;
    timeline_run(row->timeline, row->run, &brief);
    uint64_t until = output_until(options), span = until - options->from_ns;
    uint64_t bin = options->bin_ns > 0 ? options->bin_ns : span / BINS + 1;
    if (brief.length_ns < until)
        until = brief.length_ns;
    if (!brief.gone)
        return true;
    for (uint64_t t = options->from_ns; t < until; t = row->until_ns) {
        row->from_ns = t;
        row->until_ns = until - t > bin ? t + bin : until;
        put_run(row, &brief);
        for (size_t lane = 0; lane < brief.lanes; lane++)
            put_lane(row, lane, &brief);
        if (!output_goes_on(options, row->into, t - options->from_ns, span, error))
            return false;
    }
    return true;
}

static bool write_series(const struct output_options *options, FILE *into, struct error *error)
{
    if (timeline_meta(options->timelines[0]) == NULL)
        return error_set(error, "the recording holds no race");
    put_heads(into);
    struct series_row row = { .into = into, .timeline = options->timelines[0] };
    for (; row.run < timeline_runs(row.timeline); row.run++)
        if (!put_bins(options, &row, error))
            return false;
    return !ferror(into) || error_set(error, "the series could not be written whole");
}

const struct output output_csv = {
    .name = "csv",
    .help = "the race over time, a row per lane and bin of time",
    .takes = TAKES_SPAN | TAKES_BIN,
    .write = write_series,
};
