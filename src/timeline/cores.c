/*
 * The cores as a run saw them: which lane the kernel put on each, and how busy the whole machine
 * kept it.
 *
 * A lane begins on a core that nobody names; it cannot change cores without a switch, so when the
 * kernel's first word is that it left one, that is the core it was on since it began.
 */
#include "timeline/run.h"

#include <stdlib.h>
#include <string.h>

struct core_row *core_get(struct run *run, uint32_t core)
{
    if (core >= CORES_MAX)
        return NULL;
    if (core >= run->core_count) {
        run->cores = mem_resize(run->cores, core + 1, sizeof *run->cores);
        memset(run->cores + run->core_count, 0, (core + 1 - run->core_count) * sizeof *run->cores);
        while (run->core_count <= core)
            run->cores[run->core_count++].lanes.room = run->room;
        run->mends++; /* it was not known, and is not busy now */
    }
    return &run->cores[core];
}

void cores_fini(struct run *run)
{
    for (size_t i = 0; i < run->core_count; i++) {
        spans_fini(&run->cores[i].lanes);
        grown_free(run->room, run->cores[i].samples, run->cores[i].capacity,
                   sizeof *run->cores[i].samples);
    }
    free(run->cores);
    run->cores = NULL;
    run->core_count = 0;
}

/* ---- feeding ---- */

static void leave(struct run *run, struct lane_row *lane, uint64_t time)
{
    if (lane->core != OBJECT_NONE)
        spans_close(&run->cores[lane->core].lanes, lane->id, time, 0);
    lane->core = OBJECT_NONE;
}

void core_in(struct run *run, struct lane_row *lane, uint32_t core, uint64_t time)
{
    struct core_row *row = core_get(run, core);
    lane->kernel_spoke = true;
    if (time >= lane->end)
        return;
    if (row == NULL || lane->core != core) {
        leave(run, lane, time);
        if (row != NULL) {
            spans_open(&row->lanes, time, lane->id, 0);
            lane->core = core;
            if (lane->end != TIME_NEVER)
                spans_close(&row->lanes, lane->id, lane->end, 0);
        }
    }
    segments_kernel(&lane->row, time, KERNEL_ON, row != NULL ? (uint16_t)core : SEGMENT_NO_CORE);
}

/* The core it began on, once both its begin and the kernel's first word are there. */
static void fill_first_core(struct run *run, struct lane_row *lane)
{
    struct core_row *row = core_get(run, lane->first_out_core);
    uint64_t until = lane->first_out < lane->end ? lane->first_out : lane->end;
    if (row == NULL || lane->begin >= until)
        return;
    run_told(run, lane->begin);
    spans_put(&row->lanes, lane->begin, until, lane->id);
    segments_fill_core(&lane->row, lane->first_out, (uint16_t)lane->first_out_core);
}

void core_out(struct run *run, struct lane_row *lane, uint32_t core, uint64_t time, bool preempted)
{
    core_get(run, core);
    if (!lane->kernel_spoke) {
        lane->kernel_spoke = true;
        lane->first_out = time;
        lane->first_out_core = core;
        if (lane->begin != TIME_NEVER)
            fill_first_core(run, lane);
    }
    leave(run, lane, time < lane->end ? time : lane->end);
    if (time >= lane->end)
        return;
    segments_kernel(&lane->row, time, preempted ? KERNEL_PREEMPTED : KERNEL_BLOCKED,
                    SEGMENT_NO_CORE);
}

void core_began(struct run *run, struct lane_row *lane)
{
    if (lane->first_out_core != OBJECT_NONE)
        fill_first_core(run, lane);
}

void core_ended(struct run *run, struct lane_row *lane, bool late)
{
    /* It keeps its core: the kernel's word that it left it may still come, and be earlier. */
    if (lane->core != OBJECT_NONE)
        spans_close(&run->cores[lane->core].lanes, lane->id, lane->end, 0);
    if (!late)
        return;
    for (size_t i = 0; i < run->core_count; i++)
        spans_cut(&run->cores[i].lanes, lane->id, lane->end);
}

void core_sample(struct run *run, const struct event *event)
{
    struct core_row *row = core_get(run, event->object);
    if (row == NULL)
        return;
    uint64_t start = event->time > event->b ? event->time - event->b : 0;
    struct busy_sample sample = { .start = start, .end = event->time, .permille = event->a };
    if (row->count > 0) {
        const struct busy_sample *before = &row->samples[row->count - 1];
        if (sample.start < before->end)
            sample.start = before->end;
        uint64_t ns = before->end - before->start;
        sample.busy = before->busy + ns * before->permille;
        sample.covered = before->covered + ns;
    }
    if (sample.start >= sample.end)
        return;
    row->samples = grow(run->room, row->samples, &row->capacity, row->count, sizeof *row->samples);
    row->samples[row->count++] = sample;
}

/* ---- questions ---- */

int timeline_core_busy(const struct timeline *timeline, size_t run_index, uint32_t core,
                       uint64_t t0, uint64_t t1)
{
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL || run->source != SOURCE_PERF || run->go == TIME_NEVER)
        return -1;
    uint64_t from, to;
    run_span(run, t0, t1, &from, &to);
    if (core >= run->core_count || from >= to)
        return 0;
    const struct spans *lanes = &run->cores[core].lanes;
    uint64_t busy = spans_sum(lanes, to).held - spans_sum(lanes, from).held;
    return (int)((busy * 1000 + (to - from) / 2) / (to - from));
}

/* Busy and covered time of all samples up to `time`. */
static struct busy_sample busy_until(const struct core_row *row, uint64_t time)
{
    size_t low = 0, high = row->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (row->samples[middle].start <= time)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return (struct busy_sample){ 0 };
    struct busy_sample sample = row->samples[low - 1];
    uint64_t ns = (time < sample.end ? time : sample.end) - sample.start;
    sample.busy += ns * sample.permille;
    sample.covered += ns;
    return sample;
}

int timeline_machine_busy(const struct timeline *timeline, size_t run_index, uint32_t core,
                          uint64_t t0, uint64_t t1)
{
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL || run->go == TIME_NEVER || core >= run->core_count)
        return -1;
    uint64_t from, to;
    run_span(run, t0, t1, &from, &to);
    struct busy_sample first = busy_until(&run->cores[core], from);
    struct busy_sample last = busy_until(&run->cores[core], to);
    uint64_t covered = last.covered - first.covered;
    return covered == 0 ? -1 : (int)((last.busy - first.busy + covered / 2) / covered);
}

uint32_t timeline_core_most(const struct timeline *timeline, size_t run_index, uint32_t core,
                            uint64_t t0, uint64_t t1, uint32_t *busy_permille)
{
    *busy_permille = 0;
    const struct run *run = run_of(timeline, run_index);
    uint64_t from, to, busy;
    if (run == NULL || run->go == TIME_NEVER || core >= run->core_count)
        return LANE_NONE;
    run_span(run, t0, t1, &from, &to);
    if (from >= to)
        return LANE_NONE;
    uint32_t most = spans_most(&run->cores[core].lanes, from, to, &busy);
    *busy_permille = (uint32_t)((busy * 1000 + (to - from) / 2) / (to - from));
    return most;
}

uint32_t timeline_core_lane(const struct timeline *timeline, size_t run_index, uint32_t core,
                            uint64_t t)
{
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL || run->go == TIME_NEVER || core >= run->core_count)
        return LANE_NONE;
    const struct span *span = spans_at(&run->cores[core].lanes, run_time(run, t));
    return span != NULL ? span->owner : LANE_NONE;
}
