/*
 * Sampling the totals of live lanes. They count from the first look at a lane, which comes soon after
 * its begin; at its end the lane's own totals, since LANE_BEGIN, take their place. In rotation, so
 * that a thousand lanes cost no more at once than 64; lanes of the outside are no part of a model.
 */
#include "trace/totals.h"

#include "base/memory.h"
#include "platform/platform.h"

#include <stdlib.h>

enum { LANES_AT_ONCE = 64 };

/* At the first look. */
struct total {
    bool seen;
    uint64_t on_core_ns, voluntary, involuntary;
};

struct totals {
    const struct arena *arena;
    uint32_t run;
    uint32_t next;       /* the lane to look at next */
    struct total *first; /* a row per lane that the run can have */
};

struct totals *totals_new(const struct arena *arena, uint32_t run)
{
    struct totals *totals = mem_zero(1, sizeof *totals);
    totals->arena = arena;
    totals->run = run;
    totals->first = mem_zero(arena_run(arena, run)->lane_capacity, sizeof *totals->first);
    return totals;
}

void totals_free(struct totals *totals)
{
    if (totals == NULL)
        return;
    free(totals->first);
    free(totals);
}

static bool sample(struct totals *totals, uint32_t lane, struct batch *batch, uint64_t now_ns)
{
    struct arena_lane *row = arena_lane(totals->arena, totals->run, lane);
    if (atomic_load_explicit(&row->alive, memory_order_acquire) != 1 ||
        (atomic_load(&row->role_and_index) & 0xff) == ROLE_OUTSIDE)
        return false;
    struct platform_usage usage;
    if (!platform_thread_usage(atomic_load(&row->pid), atomic_load(&row->tid), &usage))
        return false;
    struct total *first = &totals->first[lane];
    if (!first->seen)
        *first = (struct total){ true, usage.on_core_ns, usage.voluntary, usage.involuntary };
    struct event event = {
        .time = now_ns, .run = (uint16_t)totals->run, .lane = lane, .object = OBJECT_NONE
    };
    if (usage.on_core_ns != PLATFORM_UNKNOWN && first->on_core_ns != PLATFORM_UNKNOWN) {
        event.kind = EVENT_LANE_CPU;
        event.a = USER_UNKNOWN;
        event.b = usage.on_core_ns - first->on_core_ns;
        batch_put(batch, &event);
    }
    if (usage.voluntary != PLATFORM_UNKNOWN && usage.involuntary != PLATFORM_UNKNOWN) {
        event.kind = EVENT_LANE_SWITCHES;
        event.a = (uint32_t)(usage.voluntary - first->voluntary);
        event.b = usage.involuntary - first->involuntary;
        batch_put(batch, &event);
    }
    return true;
}

void totals_sample(struct totals *totals, struct batch *batch, uint64_t now_ns)
{
    const struct arena_run *run = arena_run(totals->arena, totals->run);
    uint32_t lanes = atomic_load_explicit(&run->next_lane, memory_order_acquire);
    if (lanes > run->lane_capacity)
        lanes = run->lane_capacity;
    uint32_t sampled = 0;
    for (uint32_t looked = 0; looked < lanes && sampled < LANES_AT_ONCE; looked++) {
        if (totals->next >= lanes)
            totals->next = 0;
        sampled += sample(totals, totals->next++, batch, now_ns);
    }
}
