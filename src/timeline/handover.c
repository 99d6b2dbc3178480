/*
 * Hand-overs, found by counting: the next one is where a count over a growing span becomes 1. It asks
 * only what anybody may ask of a timeline, and who set a request.
 */
#include "timeline/handover.h"

#include "base/format.h"
#include "timeline/run.h"

#include <stdio.h>

enum counted { COUNT_HANDOVERS, COUNT_FORCED, COUNT_REQUESTS };

struct gil_asked {
    const struct timeline *timeline;
    size_t run, gil;
    enum counted what;
};

static bool any_in(const struct gil_asked *asked, uint64_t t0, uint64_t t1)
{
    struct gil_counts counts;
    timeline_gil_counts(asked->timeline, asked->run, asked->gil, t0, t1, &counts);
    return (asked->what == COUNT_HANDOVERS ? counts.handovers
            : asked->what == COUNT_FORCED  ? counts.forced
                                           : counts.requests) > 0;
}

/* The first within [from, until), or UINT64_MAX. */
static uint64_t first_in(const struct gil_asked *asked, uint64_t from, uint64_t until)
{
    if (from >= until || !any_in(asked, from, until))
        return UINT64_MAX;
    /* The first is in [low, high). */
    uint64_t low = from, high = until;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (any_in(asked, low, middle))
            high = middle;
        else
            low = middle;
    }
    return low;
}

/* The last within [from, until), or UINT64_MAX. */
static uint64_t last_in(const struct gil_asked *asked, uint64_t from, uint64_t until)
{
    if (from >= until || !any_in(asked, from, until))
        return UINT64_MAX;
    uint64_t low = from, high = until;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (any_in(asked, middle, high))
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* A moment past the end is the end, whose own moment counts. */
static uint64_t run_end(const struct timeline *timeline, size_t run)
{
    struct run_brief brief;
    timeline_run(timeline, run, &brief);
    return brief.length_ns;
}

uint64_t handover_step(const struct timeline *timeline, size_t run, size_t gil, uint64_t t,
                       int direction, bool forced)
{
    const struct gil_asked asked = { timeline, run, gil, forced ? COUNT_FORCED : COUNT_HANDOVERS };
    uint64_t end = run_end(timeline, run);
    uint64_t to =
        direction > 0 ? first_in(&asked, t + 1, end) : last_in(&asked, 0, t < end ? t : end);
    return to == UINT64_MAX ? t : to;
}

/* Who set the last request at or before `t`. */
static uint32_t asker_at(const struct timeline *timeline, size_t run_index, size_t gil_index,
                         uint64_t t)
{
    const struct run *run = run_of(timeline, run_index);
    const struct gil_row *gil = run != NULL ? id_nth(&run->gils, gil_index) : NULL;
    int64_t lane;
    return gil != NULL && series_at(&gil->askers, run_time(run, t), &lane) ? (uint32_t)lane
                                                                           : LANE_NONE;
}

/* How long a lane (by id) had waited for the GIL just before `t`. */
static uint64_t waited_before(const struct timeline *timeline, size_t run_index, uint32_t id,
                              uint64_t t)
{
    const struct run *run = run_of(timeline, run_index);
    struct lane_moment at;
    for (uint32_t i = id < run->lanes.count ? id : run->lanes.count; t > 0; i--) {
        if (i < run->lanes.count && run->lanes.ids[i] == id) {
            timeline_lane_at(timeline, run_index, i, t - 1, &at);
            return at.state == STATE_GIL ? t - at.since_ns : UINT64_MAX;
        }
        if (i == 0)
            break;
    }
    return UINT64_MAX;
}

bool handover_at(const struct timeline *timeline, size_t run, size_t gil, uint64_t t,
                 struct handover *handover)
{
    const struct gil_asked asked = { timeline, run, gil, COUNT_HANDOVERS };
    const struct gil_asked requests = { timeline, run, gil, COUNT_REQUESTS };
    uint64_t end = run_end(timeline, run);
    uint64_t taken = last_in(&asked, 0, t < end ? t + 1 : end);
    struct gil_moment now, before;
    struct gil_counts counts;
    if (taken == UINT64_MAX || taken == 0)
        return false;
    timeline_gil_at(timeline, run, gil, taken, &now);
    timeline_gil_at(timeline, run, gil, taken - 1, &before);
    timeline_gil_counts(timeline, run, gil, taken, taken + 1, &counts);
    *handover = (struct handover){ .taken_ns = taken,
                                   .to = now.holder,
                                   .dropped_ns = taken,
                                   .forced = counts.forced > 0,
                                   .asker = LANE_NONE,
                                   .asked_ns = UINT64_MAX };
    if (before.holder == LANE_NONE && before.since_ns > 0) {
        handover->dropped_ns = before.since_ns;
        timeline_gil_at(timeline, run, gil, before.since_ns - 1, &before);
    }
    handover->from = before.holder;
    handover->held_ns = handover->dropped_ns - before.since_ns;
    uint64_t asked_at = last_in(&requests, before.since_ns, taken + 1);
    if (asked_at != UINT64_MAX) {
        handover->asked_ns = asked_at;
        handover->asker = asker_at(timeline, run, gil, asked_at);
    }
    handover->waited_ns = waited_before(timeline, run, handover->to, taken);
    return true;
}

/* ---- in words ---- */

static void put_name(const struct timeline *timeline, size_t run_index, uint32_t id,
                     struct buffer *text)
{
    const struct run *run = run_of(timeline, run_index);
    const struct lane_row *lane = run != NULL ? id_find(&run->lanes, id) : NULL;
    char name[16];
    if (lane == NULL)
        buffer_text(text, "a lane that is not known");
    else
        buffer_text(text, lane_name((uint32_t)lane->role | lane->index << 8, name, sizeof name));
}

static void put_time(uint64_t ns, struct buffer *text)
{
    char duration[FORMAT_SIZE];
    buffer_text(text, format_duration(duration, sizeof duration, ns));
}

static void put_wait(const struct handover *h, struct buffer *text)
{
    if (h->waited_ns == UINT64_MAX)
        return;
    buffer_text(text, ", which had waited ");
    put_time(h->waited_ns, text);
    buffer_text(text, ",");
}

void handover_tell(const struct timeline *timeline, size_t run, const struct handover *h,
                   struct buffer *text)
{
    bool asked = h->asked_ns != UINT64_MAX && h->asked_ns <= h->dropped_ns;
    put_name(timeline, run, h->from, text);
    buffer_text(text, " held the GIL for ");
    put_time(h->held_ns, text);
    buffer_text(text, "; ");
    if (asked) {
        put_name(timeline, run, h->asker, text);
        if (h->asker == h->to)
            put_wait(h, text);
        buffer_text(text, " asked for it; ");
        put_time(h->dropped_ns - h->asked_ns, text);
        buffer_text(text, " later ");
    }
    put_name(timeline, run, h->from, text);
    buffer_text(text, h->forced ? " dropped it"
                      : asked   ? " dropped it by itself"
                                : " dropped it by itself, unasked");
    buffer_text(text, ", and ");
    put_time(h->taken_ns - h->dropped_ns, text);
    buffer_text(text, " after that ");
    put_name(timeline, run, h->to, text);
    if (!asked || h->asker != h->to)
        put_wait(h, text);
    buffer_text(text, " had it.");
}
