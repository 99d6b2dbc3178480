/*
 * A lane is on a core from its begin until it is taken off it, and its marks count upwards.
 */
#include "drained.h"

#include "base/clock.h"
#include "rings.h"

#include <check.h>

/* What the kernel says of a lane: on a core from its begin, until taken off it. */
static bool see_switch(struct seen_lane *lane, const struct event *event)
{
    bool out = event->kind == EVENT_SWITCH_OUT;
    bool right = event->time >= lane->kernel_ns && event->time >= lane->begin_ns && lane->on == out;
    lane->kernel_ns = event->time;
    if (out) {
        lane->out += event->a == 0;
        lane->preempted += event->a == 1;
        lane->on_core_ns += event->time - lane->since_ns;
    }
    lane->on = !out;
    lane->since_ns = event->time;
    return right;
}

static bool see_own(struct seen_lane *lane, const struct event *event)
{
    bool right = event->time >= lane->last_ns && !lane->ended;
    lane->last_ns = event->time;
    lane->events++;
    switch (event->kind) {
    case EVENT_LANE_BEGIN:
        right = right && !lane->began;
        lane->began = lane->on = true;
        lane->begin_ns = lane->since_ns = event->time;
        break;
    case EVENT_MARK:
        right = right && event->b == lane->next;
        lane->next++;
        break;
    case EVENT_LOST:
        lane->lost += event->b;
        lane->next += event->b;
        break;
    case EVENT_LANE_CPU:
        lane->said_on_core_ns = event->b;
        lane->totals++;
        break;
    case EVENT_LANE_SWITCHES:
        lane->said_voluntary = event->a;
        lane->said_involuntary = event->b;
        lane->said = true;
        break;
    case EVENT_LANE_END:
    case EVENT_LANE_CRASH:
        lane->ended = true;
        lane->end_ns = event->time;
        if (lane->on)
            lane->on_core_ns += event->time - lane->since_ns;
        lane->on = false;
        break;
    default:
        break;
    }
    return right;
}

size_t see(struct drain *drain, struct seen *seen, bool everything)
{
    struct drained drained = drain_pass(drain, everything);
    ck_assert_uint_ge(drained.until_ns, seen->until_ns);
    for (size_t i = 0; i < drained.count; i++) {
        const struct event *event = &drained.events[i];
        seen->wrong += !seen->may_be_late && event->time < seen->last_ns;
        seen->wrong += !everything && event->time >= drained.until_ns;
        seen->last_ns = event->time > seen->last_ns ? event->time : seen->last_ns;
        if (event->lane >= LANES)
            continue;
        struct seen_lane *lane = &seen->lanes[event->lane];
        if (event->kind != EVENT_SWITCH_IN && event->kind != EVENT_SWITCH_OUT)
            seen->wrong += !see_own(lane, event);
        else if (!lane->ended)
            seen->wrong += !see_switch(lane, event);
    }
    ck_assert_uint_eq(seen->wrong, 0);
    seen->until_ns = drained.until_ns;
    seen->events += drained.count;
    return drained.count;
}

void see_lanes_end(struct drain *drain, struct seen *seen, uint32_t lanes)
{
    uint64_t end = clock_now() + 60 * NS_PER_S;
    for (bool all = false; !all && clock_now() < end;) {
        see(drain, seen, false);
        all = true;
        for (uint32_t lane = 0; lane < lanes; lane++)
            all &= seen->lanes[lane].ended;
        nap_us(2000);
    }
    see(drain, seen, true);
}
