/*
 * What happened at one moment, told from what changed then: lanes' segments, holders of the GIL,
 * requests. It deliberately keeps no events: a timeline is made of what they changed.
 *
 * Each lane is asked once for what it did within all the moments, however many these are: with
 * thousands of lanes that is what it costs.
 */
#include "timeline/explain_inside.h"

#include "base/memory.h"

#include <stdlib.h>

static void put_thing(struct buffer *text)
{
    if (text->size > 0)
        buffer_text(text, "; ");
}

/* What a lane turns to where its state stays the same. */
static const char *const says_words[SAYS_COUNT] = {
    [SAYS_COMPUTE] = "goes on computing", [SAYS_NATIVE] = "goes on in native code",
    [SAYS_IO] = "calls the outside",      [SAYS_CALL] = "calls the system",
    [SAYS_GIL] = "wants the GIL",         [SAYS_LOCK] = "wants a lock",
    [SAYS_IPC] = "passes data",           [SAYS_IDLE] = "has no work",
};

static void lane_event(const struct subject *s, const struct lane_row *lane, uint64_t time)
{
    bool ends = lane->end == time, begins = lane->begin == time;
    size_t count = segments_until(&lane->row, time);
    const struct segment *segment = count > 0 ? &lane->row.items[count - 1] : NULL;
    bool changed = segment != NULL && segment->start == time && time < lane->end;
    if (!changed && !ends && !begins)
        return;
    put_thing(s->text);
    explain_put_lane(s, lane->id);
    if (ends || begins) {
        buffer_text(s->text, begins ? " begins" : lane->crashed ? " dies" : " ends");
        return;
    }
    bool same = count > 1 && segment[-1].state == segment->state;
    if (!same)
        buffer_printf(s->text, " %s", state_rows[segment->state].word);
    else if (segment[-1].core != segment->core && segment->core != SEGMENT_NO_CORE)
        buffer_printf(s->text, " comes onto core%u", segment->core);
    else if (segment[-1].core != segment->core)
        buffer_text(s->text, " leaves its core");
    else if (segment[-1].task != segment->task && segment->task != TASK_NONE)
        buffer_printf(s->text, " takes task %u", segment->task);
    else
        buffer_printf(s->text, " %s", says_words[segment_says(segment)]);
}

static void gil_event(const struct subject *s, const struct gil_row *gil, uint64_t time)
{
    size_t count = spans_until(&gil->held, time);
    const struct span *hold = count > 0 ? &gil->held.items[count - 1] : NULL;
    if (hold != NULL && (hold->start == time || hold->end == time)) {
        put_thing(s->text);
        explain_put_lane(s, hold->owner);
        buffer_text(s->text, hold->start == time                ? " takes the GIL"
                             : (hold->flags & SPAN_FORCED) != 0 ? " drops the GIL, asked to"
                                                                : " drops the GIL");
    }
    if (times_until(&gil->requests, time) > times_before(&gil->requests, time)) {
        put_thing(s->text);
        buffer_text(s->text, "the GIL is asked for");
    }
}

/* ---- many moments at once ---- */

/* The moments, and those of them at which something of one lane or GIL happened. */
struct moments {
    const uint64_t *at; /* trace time, in order */
    size_t count;
    bool *hit;
    size_t low, high; /* those that are hit are within [low, high) */
};

static void hit(struct moments *moments, uint64_t time)
{
    size_t at = times_at_or_before(moments->at, moments->count, time);
    if (at == 0 || moments->at[at - 1] != time)
        return;
    moments->hit[at - 1] = true;
    moments->low = at - 1 < moments->low ? at - 1 : moments->low;
    moments->high = at > moments->high ? at : moments->high;
}

static void hit_lane(struct moments *moments, const struct lane_row *lane)
{
    uint64_t first = moments->at[0], last = moments->at[moments->count - 1];
    if (lane->begin > last || lane->end < first)
        return;
    hit(moments, lane->begin);
    hit(moments, lane->end);
    size_t i = first > 0 ? segments_until(&lane->row, first - 1) : 0;
    for (; i < lane->row.count && lane->row.items[i].start <= last; i++)
        hit(moments, lane->row.items[i].start);
}

static void hit_gil(struct moments *moments, const struct gil_row *gil)
{
    uint64_t first = moments->at[0], last = moments->at[moments->count - 1];
    size_t i = spans_until(&gil->held, first);
    for (i -= i > 0; i < gil->held.count && gil->held.items[i].start <= last; i++) {
        hit(moments, gil->held.items[i].start);
        hit(moments, gil->held.items[i].end);
    }
    size_t until = times_until(&gil->requests, last);
    for (i = times_before(&gil->requests, first); i < until; i++)
        hit(moments, gil->requests.at[i]);
}

void explain_events(const struct timeline *timeline, size_t run_index, const uint64_t *t,
                    size_t count, struct buffer *texts)
{
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL || run->go == TIME_NEVER || count == 0)
        return;
    struct subject s = { .timeline = timeline, .run = run, .run_index = run_index };
    uint64_t *at = mem_alloc(count * sizeof *at);
    struct moments moments = { .at = at, .count = count, .hit = mem_zero(count, sizeof(bool)) };
    size_t gils = run->gils.count, things = gils + run->lanes.count;
    for (size_t i = 0; i < count; i++)
        at[i] = run->go + t[i];
    for (size_t thing = 0; thing < things; thing++) {
        const struct gil_row *gil = thing < gils ? id_nth(&run->gils, thing) : NULL;
        const struct lane_row *lane = gil == NULL ? id_nth(&run->lanes, thing - gils) : NULL;
        moments.low = count;
        moments.high = 0;
        if (gil != NULL)
            hit_gil(&moments, gil);
        else
            hit_lane(&moments, lane);
        for (size_t i = moments.low; i < moments.high; i++) {
            if (!moments.hit[i])
                continue;
            moments.hit[i] = false;
            s.text = &texts[i];
            if (gil != NULL)
                gil_event(&s, gil, at[i]);
            else
                lane_event(&s, lane, at[i]);
        }
    }
    free(moments.hit);
    free(at);
}

bool explain_event(const struct timeline *timeline, size_t run, uint64_t t, struct buffer *text)
{
    struct buffer told = { 0 };
    explain_events(timeline, run, &t, 1, &told);
    bool any = told.size > 0;
    buffer_text(text, any ? buffer_string(&told) : "an event");
    buffer_fini(&told);
    return any;
}
