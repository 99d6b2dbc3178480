/*
 * Strips of lanes: many spans side by side, each going on where the one before it ended.
 */
#include "timeline/run.h"

#include <string.h>

/* Where span i begins; a strip may reach beyond all time. */
static uint64_t span_start(uint64_t t0, uint64_t width_ns, size_t i)
{
    return width_ns > 0 && i > (UINT64_MAX - t0) / width_ns ? UINT64_MAX : t0 + width_ns * i;
}

static void add_strip(const struct run *run, const struct lane_row *lane, uint64_t t0,
                      uint64_t width_ns, size_t count, uint64_t (*ns)[STATE_COUNT])
{
    uint64_t end = lane_row_end(run, lane), from, to;
    run_span(run, t0, span_start(t0, width_ns, count), &from, &to);
    from = from > lane->begin ? from : lane->begin;
    to = to < end ? to : end;
    if (from >= to)
        return;
    enum { AT_ONCE = 256 };
    uint64_t times[AT_ONCE + 1];
    for (size_t done = 0; done < count; done += AT_ONCE) {
        size_t some = count - done < AT_ONCE ? count - done : AT_ONCE;
        for (size_t i = 0; i <= some; i++) {
            uint64_t time = run_time(run, span_start(t0, width_ns, done + i));
            time = time > from ? time : from;
            times[i] = time < to ? time : to;
        }
        if (times[0] < times[some])
            segments_strip(&lane->row, times, some, width_ns, ns + done);
    }
}

void timeline_lane_strip(const struct timeline *timeline, size_t run_index, size_t lane_index,
                         uint64_t t0, uint64_t width_ns, size_t count, uint64_t (*ns)[STATE_COUNT])
{
    const struct run *run = run_of(timeline, run_index);
    const struct lane_row *lane = run != NULL ? id_nth(&run->lanes, lane_index) : NULL;
    memset(ns, 0, count * sizeof *ns);
    if (lane != NULL && run->go != TIME_NEVER)
        add_strip(run, lane, t0, width_ns, count, ns);
}

void timeline_run_strip(const struct timeline *timeline, size_t run_index, uint64_t t0,
                        uint64_t width_ns, size_t count, uint64_t (*ns)[STATE_COUNT])
{
    const struct run *run = run_of(timeline, run_index);
    memset(ns, 0, count * sizeof *ns);
    if (run == NULL || run->go == TIME_NEVER)
        return;
    for (size_t i = 0; i < run->lanes.count; i++) {
        const struct lane_row *lane = id_nth(&run->lanes, i);
        if (role_is_worker(lane->role))
            add_strip(run, lane, t0, width_ns, count, ns);
    }
}
