/*
 * The format `perfetto`: a Chrome trace JSON, for ui.perfetto.dev and chrome://tracing. A process is
 * a run, with t = 0 at its go; its threads are the cores (slices named after the lane on them), the
 * GILs (slices named after the holder) and the lanes (slices named after their state). Beside them:
 * an asynchronous event per task, arrows from who queued a task to who took it and from one holder of
 * a GIL to the next, counters, and the marks as instants.
 *
 * Slices of a thread never overlap: the timeline's spans and states do not.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "output/chrome.h"
#include "output/rows.h"
#include "output/tasks.h"

enum { CORES = 1, GILS = 2000, LANE_NAME = 32, LOOK_EVERY = 1024 };

struct sheet {
    const struct output_options *options;
    const struct timeline *timeline;
    struct chrome chrome;
    size_t run;
    struct run_brief brief;
    uint64_t from_ns, until_ns; /* of this run */
    uint64_t slices;
    struct error *error;
};

static struct chrome_place place_of(const struct sheet *sheet, uint32_t tid)
{
    return (struct chrome_place){ (uint32_t)sheet->run + 1, tid };
}

static const char *name_of(const struct sheet *sheet, uint32_t lane, char name[LANE_NAME])
{
    size_t index;
    struct lane_brief brief;
    if (timeline_lane_index(sheet->timeline, sheet->run, lane, &index) &&
        timeline_lane(sheet->timeline, sheet->run, index, &brief))
        snprintf(name, LANE_NAME, "%s", brief.name);
    else
        snprintf(name, LANE_NAME, "lane %u", lane);
    return name;
}

/* Cut to the span; false: there is no use in going on. */
static bool put_slice(struct sheet *sheet, struct chrome_place place, const char *name,
                      uint64_t start_ns, uint64_t end_ns, const char *args)
{
    if (start_ns < sheet->from_ns)
        start_ns = sheet->from_ns;
    if (end_ns > sheet->until_ns)
        end_ns = sheet->until_ns;
    if (end_ns > start_ns)
        chrome_slice(&sheet->chrome, place, name, start_ns, end_ns, args);
    /* The events are the other half of the work. */
    return ++sheet->slices % LOOK_EVERY != 0 ||
           output_goes_on(sheet->options, sheet->chrome.into, sheet->run,
                          2 * timeline_runs(sheet->timeline), sheet->error);
}

/* ---- lanes ---- */

static bool put_lane(struct sheet *sheet, size_t index, const struct lane_brief *brief)
{
    struct chrome_place place = tasks_lane_place(sheet->run, brief->id);
    struct lane_moment moment;
    chrome_name_thread(&sheet->chrome, place, brief->name);
    uint64_t t = brief->begin_ns > sheet->from_ns ? brief->begin_ns : sheet->from_ns;
    for (; t < sheet->until_ns; t = moment.until_ns) {
        timeline_lane_at(sheet->timeline, sheet->run, index, t, &moment);
        if (moment.state == STATE_NONE)
            break;
        char args[64] = "";
        if (moment.task != TASK_NONE)
            snprintf(args, sizeof args, "\"task\":%u", moment.task);
        if (!put_slice(sheet, place, state_rows[moment.state].key, t, moment.until_ns, args))
            return false;
        if (moment.until_ns <= t)
            break;
    }
    return true;
}

static bool put_lanes(struct sheet *sheet)
{
    struct lane_brief brief;
    for (size_t index = 0; index < sheet->brief.lanes; index++)
        if (timeline_lane(sheet->timeline, sheet->run, index, &brief) &&
            !put_lane(sheet, index, &brief))
            return false;
    return true;
}

/* ---- cores and GILs ---- */

static bool put_core(struct sheet *sheet, uint32_t core)
{
    char name[LANE_NAME];
    struct hold hold;
    struct chrome_place place = place_of(sheet, CORES + core);
    snprintf(name, sizeof name, "core %u", core);
    chrome_name_thread(&sheet->chrome, place, name);
    for (uint64_t t = sheet->from_ns;
         t < sheet->until_ns && timeline_core_hold(sheet->timeline, sheet->run, core, t, &hold);
         t = hold.end_ns)
        if (!put_slice(sheet, place, name_of(sheet, hold.lane, name), hold.start_ns, hold.end_ns,
                       NULL))
            return false;
    return true;
}

/* From the last moment of the holder before to the first of the new one. */
static void put_hand_over(struct sheet *sheet, const struct hold *from, const struct hold *to)
{
    if (from->lane == to->lane || from->end_ns == 0 ||
        !tasks_lane_drawn(sheet->options, sheet->run, from->lane, from->end_ns - 1) ||
        !tasks_lane_drawn(sheet->options, sheet->run, to->lane, to->start_ns))
        return;
    chrome_flow(&sheet->chrome, "hand-over", tasks_lane_place(sheet->run, from->lane),
                from->end_ns - 1, tasks_lane_place(sheet->run, to->lane), to->start_ns);
}

static void put_waiters(struct sheet *sheet, size_t gil)
{
    char name[LANE_NAME], args[32];
    snprintf(name, sizeof name, "waiters of GIL %zu", gil);
    for (uint64_t t = sheet->from_ns, until; t <= sheet->until_ns; t = until) {
        uint32_t waiters = timeline_gil_waiters(sheet->timeline, sheet->run, gil, t, &until);
        snprintf(args, sizeof args, "\"lanes\":%u", waiters);
        chrome_counter(&sheet->chrome, (uint32_t)sheet->run + 1, name, t, args);
        if (until <= t)
            break;
    }
}

static bool put_gil(struct sheet *sheet, size_t gil)
{
    char name[LANE_NAME];
    struct hold hold, before = { .lane = LANE_NONE };
    struct chrome_place place = place_of(sheet, GILS + (uint32_t)gil);
    snprintf(name, sizeof name, "GIL %zu", gil);
    chrome_name_thread(&sheet->chrome, place, name);
    for (uint64_t t = sheet->from_ns;
         t < sheet->until_ns && timeline_gil_hold(sheet->timeline, sheet->run, gil, t, &hold);
         t = hold.end_ns) {
        if (!put_slice(sheet, place, name_of(sheet, hold.lane, name), hold.start_ns, hold.end_ns,
                       hold.forced ? "\"ended\":\"on a drop request\"" : NULL))
            return false;
        if (before.lane != LANE_NONE)
            put_hand_over(sheet, &before, &hold);
        before = hold;
    }
    put_waiters(sheet, gil);
    return true;
}

/* ---- a run ---- */

static void put_switches(struct sheet *sheet)
{
    uint64_t bin = sheet->brief.length_ns / 500, voluntary, involuntary;
    char args[96];
    bin = bin < NS_PER_MS ? NS_PER_MS : bin;
    for (uint64_t t = sheet->from_ns, end; t < sheet->until_ns; t = end) {
        end = t < UINT64_MAX - bin ? t + bin : UINT64_MAX; /* a stranger's run may last for ever */
        if (!timeline_switches(sheet->timeline, sheet->run, t, end, &voluntary, &involuntary))
            return;
        double seconds = (double)bin / NS_PER_S;
        snprintf(args, sizeof args, "\"voluntary\":%.0f,\"involuntary\":%.0f",
                 (double)voluntary / seconds, (double)involuntary / seconds);
        chrome_counter(&sheet->chrome, (uint32_t)sheet->run + 1, "switches per second", t, args);
    }
}

static void put_marks(struct sheet *sheet)
{
    const struct mark *marks;
    size_t count = timeline_marks(sheet->timeline, sheet->run, &marks);
    for (size_t i = 0; i < count; i++)
        if (marks[i].t >= sheet->from_ns && marks[i].t <= sheet->until_ns)
            chrome_instant(&sheet->chrome, (uint32_t)sheet->run + 1, marks[i].label, marks[i].t);
}

static bool put_run(struct sheet *sheet)
{
    const struct meta_run *meta = &timeline_meta(sheet->timeline)->runs[sheet->run];
    chrome_name_process(&sheet->chrome, (uint32_t)sheet->run + 1, meta->model);
    if (!sheet->brief.gone)
        return true;
    for (uint32_t core = 0; core < sheet->brief.cores; core++)
        if (!put_core(sheet, core))
            return false;
    for (size_t gil = 0; gil < sheet->brief.gils; gil++)
        if (!put_gil(sheet, gil))
            return false;
    put_switches(sheet);
    put_marks(sheet);
    return put_lanes(sheet);
}

static bool write_perfetto(const struct output_options *options, FILE *into, struct error *error)
{
    struct sheet sheet = { .options = options, .timeline = options->timelines[0], .error = error };
    if (timeline_meta(sheet.timeline) == NULL)
        return error_set(error, "the recording holds no race");
    chrome_begin(&sheet.chrome, into);
    bool well = true;
    for (; well && sheet.run < timeline_runs(sheet.timeline); sheet.run++) {
        timeline_run(sheet.timeline, sheet.run, &sheet.brief);
        uint64_t until = output_until(options), length = sheet.brief.length_ns;
        sheet.from_ns = options->from_ns;
        sheet.until_ns = length < until ? length : until;
        well = put_run(&sheet);
    }
    well = well && tasks_write(options, &sheet.chrome, error);
    chrome_end(&sheet.chrome);
    if (well && ferror(into))
        return error_set(error, "the trace could not be written whole");
    return well;
}

const struct output output_perfetto = {
    .name = "perfetto",
    .help = "Chrome trace JSON, for ui.perfetto.dev",
    .takes = TAKES_SPAN | TAKES_EVENTS,
    .write = write_perfetto,
};
