/*
 * What the kernel counted for a lane, as the lane told it (LANE_CPU, LANE_SWITCHES): running
 * totals, of which the last one counts. A model's total is known only where each of its lanes told
 * one.
 */
#include "timeline/run.h"

#include <string.h>

void usages_add(struct usages *usages, struct room *room, const struct event *event)
{
    usages->items =
        grow(room, usages->items, &usages->capacity, usages->count, sizeof *usages->items);
    size_t place = usages->count;
    while (place > 0 && usages->items[place - 1].time > event->time)
        place--;
    memmove(usages->items + place + 1, usages->items + place,
            (usages->count - place) * sizeof *usages->items);
    usages->items[place] = (struct usage){ .time = event->time, .a = event->a, .b = event->b };
    usages->count++;
}

bool usages_at(const struct usages *usages, uint64_t time, struct usage *usage)
{
    size_t low = 0, high = usages->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (usages->items[middle].time <= time)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return false;
    *usage = usages->items[low - 1];
    return true;
}

static bool is_of_model(const struct lane_row *lane, uint64_t time)
{
    return lane->role != ROLE_OUTSIDE && lane->begin <= time;
}

bool run_cpu(const struct run *run, uint64_t time, struct run_cpu *cpu)
{
    *cpu = (struct run_cpu){ .user_known = true };
    bool any = false;
    for (size_t i = 0; i < run->lanes.count; i++) {
        const struct lane_row *lane = id_nth(&run->lanes, i);
        struct usage usage;
        if (!is_of_model(lane, time))
            continue;
        if (!usages_at(&lane->cpu, time, &usage))
            return false;
        any = true;
        cpu->on_core_ns += usage.b;
        cpu->user_us += usage.a;
        cpu->user_known = cpu->user_known && usage.a != USER_UNKNOWN;
    }
    return any;
}

static bool add_switches(const struct run *run, uint64_t time, uint64_t *voluntary,
                         uint64_t *involuntary)
{
    bool any = false;
    for (size_t i = 0; i < run->lanes.count; i++) {
        const struct lane_row *lane = id_nth(&run->lanes, i);
        struct usage usage;
        if (!is_of_model(lane, time))
            continue;
        if (!usages_at(&lane->switches, time, &usage))
            return false;
        any = true;
        *voluntary += usage.a;
        *involuntary += usage.b;
    }
    return any;
}

bool run_switches(const struct run *run, uint64_t time, uint64_t *voluntary, uint64_t *involuntary)
{
    *voluntary = *involuntary = 0;
    switch (run->source) {
    case SOURCE_PERF:
        *voluntary = times_before(&run->voluntary, time);
        *involuntary = times_before(&run->involuntary, time);
        return true;
    case SOURCE_RUSAGE:
        return add_switches(run, time, voluntary, involuntary);
    default:
        return false;
    }
}

bool timeline_switches(const struct timeline *timeline, size_t run_index, uint64_t t0, uint64_t t1,
                       uint64_t *voluntary, uint64_t *involuntary)
{
    *voluntary = *involuntary = 0;
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL || run->go == TIME_NEVER)
        return false;
    uint64_t from, to, before_voluntary = 0, before_involuntary = 0;
    run_span(run, t0, t1, &from, &to);
    /* Totals that were not told yet at the span's start are those of lanes that had just begun;
     * from go on they count from 0. */
    if (from > run->go || run->source == SOURCE_PERF)
        if (!run_switches(run, from, &before_voluntary, &before_involuntary))
            return false;
    if (!run_switches(run, to, voluntary, involuntary))
        return false;
    *voluntary -= before_voluntary;
    *involuntary -= before_involuntary;
    return true;
}
