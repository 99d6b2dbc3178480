/*
 * The GILs of a run: who held each, who waited, who asked.
 *
 * A GIL is held from TAKE to DROP, or until another lane takes it, or until the lane's end. A lane
 * waits for it while that is what it says. What a GIL does is simulated; when it did so is
 * measured.
 */
#include "timeline/run.h"

#include <stdlib.h>

static struct gil_row *gil_get(struct run *run, uint32_t id)
{
    struct gil_row *gil = id_find(&run->gils, id);
    if (gil != NULL || id >= OBJECTS_MAX || !id_fits(&run->gils, id))
        return gil;
    gil = mem_zero(1, sizeof *gil);
    gil->id = id;
    gil->held.room = gil->waiters.room = gil->requests.room = gil->askers.room = run->room;
    run->mends += !id_add(&run->gils, id, gil);
    return gil;
}

void gil_row_free(void *row)
{
    struct gil_row *gil = row;
    spans_fini(&gil->held);
    series_fini(&gil->waiters);
    times_fini(&gil->requests);
    series_fini(&gil->askers);
    free(gil);
}

/* ---- feeding ---- */

void gil_wait(struct run *run, uint32_t id, uint64_t time, int delta)
{
    struct gil_row *gil = gil_get(run, id);
    if (gil != NULL)
        series_add(&gil->waiters, time, delta);
}

void gil_took(struct run *run, struct lane_row *lane, uint32_t id, uint64_t time)
{
    if (lane->gil != OBJECT_NONE)
        gil_dropped(run, lane, time, false);
    struct gil_row *gil = gil_get(run, id);
    if (gil == NULL)
        return;
    lane->gil = id;
    bool waited = lane->says == SAYS_GIL && lane->object == id;
    spans_open(&gil->held, time, lane->id, waited ? SPAN_WAITED : 0);
    if (gil->held.changed != 0 && gil->held.changed < run->hand_over)
        run->hand_over = gil->held.changed;
}

void gil_dropped(struct run *run, struct lane_row *lane, uint64_t time, bool forced)
{
    struct gil_row *gil = id_find(&run->gils, lane->gil);
    spans_close(&gil->held, lane->id, time, forced ? SPAN_FORCED : 0);
    lane->gil = OBJECT_NONE;
}

void gil_requested(struct run *run, const struct lane_row *lane, uint32_t id, uint64_t time)
{
    struct gil_row *gil = gil_get(run, id);
    if (gil == NULL)
        return;
    times_add(&gil->requests, time);
    series_put(&gil->askers, time, lane->id);
}

/* ---- questions ---- */

void timeline_gil_at(const struct timeline *timeline, size_t run_index, size_t gil_index,
                     uint64_t t, struct gil_moment *moment)
{
    *moment = (struct gil_moment){ .holder = LANE_NONE };
    const struct run *run = run_of(timeline, run_index);
    const struct gil_row *gil = run != NULL ? id_nth(&run->gils, gil_index) : NULL;
    if (gil == NULL || run->go == TIME_NEVER)
        return;
    uint64_t time = run_time(run, t);
    size_t count = spans_until(&gil->held, time);
    uint64_t taken = 0;
    if (count > 0) {
        taken = gil->held.items[count - 1].start;
        uint64_t dropped = spans_end(&gil->held, count - 1);
        if (dropped > time)
            moment->holder = gil->held.items[count - 1].owner;
        moment->since_ns = run_since_go(run, dropped > time ? taken : dropped);
    }
    int64_t waiters;
    if (series_at(&gil->waiters, time, &waiters) && waiters > 0)
        moment->waiters = (uint32_t)waiters;
    /* A request holds until the next lane takes the GIL. */
    size_t requests = times_until(&gil->requests, time);
    moment->requested = requests > 0 && gil->requests.at[requests - 1] > taken;

    const struct lane_row *lane = id_find(&run->lanes, moment->holder);
    if (lane == NULL || lane->row.unknown != 0)
        return;
    size_t segments = segments_until(&lane->row, time);
    if (segments == 0)
        return;
    enum kernel_state kernel = segment_kernel(&lane->row.items[segments - 1]);
    moment->holder_off_core = kernel == KERNEL_PREEMPTED || kernel == KERNEL_BLOCKED;
}

uint32_t timeline_gil_most(const struct timeline *timeline, size_t run_index, size_t gil_index,
                           uint64_t t0, uint64_t t1, uint32_t *held_permille)
{
    *held_permille = 0;
    const struct run *run = run_of(timeline, run_index);
    const struct gil_row *gil = run != NULL ? id_nth(&run->gils, gil_index) : NULL;
    if (gil == NULL)
        return LANE_NONE;
    uint64_t from, to;
    run_span(run, t0, t1, &from, &to);
    if (from >= to)
        return LANE_NONE;
    uint64_t held;
    uint32_t most = spans_most(&gil->held, from, to, &held);
    *held_permille = (uint32_t)((held * 1000 + (to - from) / 2) / (to - from));
    return held * 2 < to - from ? LANE_NONE : most;
}

void timeline_gil_counts(const struct timeline *timeline, size_t run_index, size_t gil_index,
                         uint64_t t0, uint64_t t1, struct gil_counts *counts)
{
    *counts = (struct gil_counts){ 0 };
    const struct run *run = run_of(timeline, run_index);
    const struct gil_row *gil = run != NULL ? id_nth(&run->gils, gil_index) : NULL;
    uint64_t from, to;
    if (gil == NULL)
        return;
    run_span(run, t0, t1, &from, &to);
    if (from >= to)
        return;
    counts->requests =
        (uint32_t)(times_before(&gil->requests, to) - times_before(&gil->requests, from));
    /* Sums hold what is at their moment; a span holds its beginning and not its end. */
    struct spans_sum before = from > 0 ? spans_sum(&gil->held, from - 1) : (struct spans_sum){ 0 };
    struct spans_sum after = spans_sum(&gil->held, to - 1);
    counts->handovers = after.changes - before.changes;
    counts->forced = after.forced - before.forced;
}
