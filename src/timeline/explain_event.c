/*
 * What happened at one moment, told from what changed then: lanes' segments, holders of the GIL,
 * requests. It deliberately keeps no events: a timeline is made of what they changed.
 */
#include "timeline/explain_inside.h"

static void put_thing(struct buffer *text, size_t from)
{
    if (text->size > from)
        buffer_text(text, "; ");
}

/* What a lane turns to where its state stays the same. */
static const char *const says_words[SAYS_COUNT] = {
    [SAYS_COMPUTE] = "goes on computing", [SAYS_NATIVE] = "goes on in native code",
    [SAYS_IO] = "calls the outside",      [SAYS_CALL] = "calls the system",
    [SAYS_GIL] = "wants the GIL",         [SAYS_LOCK] = "wants a lock",
    [SAYS_IPC] = "passes data",           [SAYS_IDLE] = "has no work",
};

static void lane_events(const struct subject *s, uint64_t time, size_t from)
{
    for (size_t i = 0; i < s->run->lanes.count; i++) {
        const struct lane_row *lane = id_nth(&s->run->lanes, i);
        bool ends = lane->end == time, begins = lane->begin == time;
        size_t count = segments_until(&lane->row, time);
        const struct segment *segment = count > 0 ? &lane->row.items[count - 1] : NULL;
        bool changed = segment != NULL && segment->start == time && time < lane->end;
        if (!changed && !ends && !begins)
            continue;
        put_thing(s->text, from);
        explain_put_lane(s, lane->id);
        if (ends || begins) {
            buffer_text(s->text, begins ? " begins" : lane->crashed ? " dies" : " ends");
            continue;
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
}

static void gil_events(const struct subject *s, uint64_t time, size_t from)
{
    for (size_t i = 0; i < s->run->gils.count; i++) {
        const struct gil_row *gil = id_nth(&s->run->gils, i);
        size_t count = spans_until(&gil->held, time);
        if (count > 0 && gil->held.items[count - 1].start == time) {
            put_thing(s->text, from);
            explain_put_lane(s, gil->held.items[count - 1].owner);
            buffer_text(s->text, " takes the GIL");
        } else if (count > 0 && gil->held.items[count - 1].end == time) {
            put_thing(s->text, from);
            explain_put_lane(s, gil->held.items[count - 1].owner);
            buffer_text(s->text, gil->held.items[count - 1].flags & SPAN_FORCED
                                     ? " drops the GIL, asked to"
                                     : " drops the GIL");
        }
        if (times_until(&gil->requests, time) > times_before(&gil->requests, time)) {
            put_thing(s->text, from);
            buffer_text(s->text, "the GIL is asked for");
        }
    }
}

bool explain_event(const struct timeline *timeline, size_t run_index, uint64_t t,
                   struct buffer *text)
{
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL || run->go == TIME_NEVER)
        return false;
    const struct subject s = {
        .timeline = timeline, .run = run, .run_index = run_index, .text = text
    };
    size_t from = text->size;
    uint64_t time = run->go + t;
    gil_events(&s, time, from);
    lane_events(&s, time, from);
    bool told = text->size > from;
    if (!told)
        buffer_text(text, "an event");
    return told;
}
