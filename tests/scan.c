/*
 * The linear scan. Every answer walks over the events of the run from the first one; what a
 * question needs of the future (when a lane ends, which core it began on) is looked for by another
 * walk.
 */
#include "tests/scan_inside.h"

#include <stdlib.h>
#include <string.h>

static void merge_sort(struct event *events, struct event *spare, size_t count)
{
    if (count < 2)
        return;
    size_t half = count / 2;
    merge_sort(events, spare, half);
    merge_sort(events + half, spare, count - half);
    memcpy(spare, events, half * sizeof *events);
    size_t left = 0, right = half, to = 0;
    while (left < half)
        events[to++] = right < count && events[right].time < spare[left].time ? events[right++]
                                                                              : spare[left++];
}

struct scan *scan_new(const struct event *fed, size_t count, const struct meta *meta,
                      uint64_t until)
{
    struct scan *scan = calloc(1, sizeof *scan);
    scan->events = malloc((count + 1) * sizeof *fed);
    struct event *spare = malloc((count + 1) * sizeof *fed);
    memcpy(scan->events, fed, count * sizeof *fed);
    merge_sort(scan->events, spare, count);
    free(spare);
    scan->count = count;
    scan->meta = meta;
    scan->until = until;
    return scan;
}

void scan_free(struct scan *scan)
{
    free(scan->events);
    free(scan);
}

static const struct event *of_run(const struct scan *scan, const struct event *event)
{
    while (event < scan->events + scan->count && event->run != scan->run)
        event++;
    return event < scan->events + scan->count ? event : NULL;
}

const struct event *scan_first(const struct scan *scan)
{
    return of_run(scan, scan->events);
}

const struct event *scan_next(const struct scan *scan, const struct event *event)
{
    return of_run(scan, event + 1);
}

bool scan_is_kernel(const struct event *e)
{
    return e->kind == EVENT_SWITCH_IN || e->kind == EVENT_SWITCH_OUT;
}

bool scan_is_own(const struct event *e, uint32_t lane)
{
    return e->lane == lane && !scan_is_kernel(e) && e->kind != EVENT_LANE_CPU &&
           e->kind != EVENT_LANE_SWITCHES;
}

bool scan_wants_gil(const struct event *e)
{
    return e->kind == EVENT_GIL_WANT || (e->kind == EVENT_GIL_DROP && e->a == SAYS_GIL);
}

static void note(uint32_t *ids, size_t *count, uint32_t id)
{
    size_t place = 0;
    while (place < *count && ids[place] < id)
        place++;
    if (place < *count && ids[place] == id)
        return;
    memmove(ids + place + 1, ids + place, (*count - place) * sizeof *ids);
    ids[place] = id;
    ++*count;
}

const struct event *scan_find(const struct scan *scan, uint32_t lane, enum event_kind kind)
{
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e))
        if (e->lane == lane && e->kind == kind)
            return e;
    return NULL;
}

enum lane_role scan_role_of(const struct scan *scan, uint32_t lane)
{
    const struct event *begin = scan_find(scan, lane, EVENT_LANE_BEGIN);
    return begin != NULL ? (enum lane_role)(begin->object & 0xff) : ROLE_WORKER;
}

uint64_t scan_begin_of(const struct scan *scan, uint32_t lane)
{
    const struct event *begin = scan_find(scan, lane, EVENT_LANE_BEGIN);
    return begin != NULL ? begin->time : NEVER;
}

uint64_t scan_end_of(const struct scan *scan, uint32_t lane)
{
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e))
        if (e->lane == lane && (e->kind == EVENT_LANE_END || e->kind == EVENT_LANE_CRASH))
            return e->time;
    return NEVER;
}

/* The core a lane began on, where the kernel's first word of it is that it left one. */
uint32_t scan_first_core(const struct scan *scan, uint32_t lane)
{
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e))
        if (e->lane == lane && scan_is_kernel(e))
            return e->kind == EVENT_SWITCH_OUT && e->time > scan_begin_of(scan, lane) ? e->object
                                                                                      : OBJECT_NONE;
    return OBJECT_NONE;
}

bool scan_choose(struct scan *scan, size_t run)
{
    scan->run = run;
    scan->go = NEVER;
    scan->over = false;
    scan->source = (enum switch_source)scan->meta->runs[run].switch_source;
    scan->lane_count = scan->gil_count = scan->queue_count = scan->core_count = 0;
    uint64_t end = NEVER, last = 0;
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e)) {
        last = e->time > last ? e->time : last;
        if (e->kind == EVENT_RUN_GO)
            scan->go = e->time;
        if (e->kind == EVENT_RUN_END)
            end = e->time;
        if (e->lane != LANE_NONE)
            note(scan->lanes, &scan->lane_count, e->lane);
        if (e->kind == EVENT_QUEUE_PUSH || e->kind == EVENT_QUEUE_POP)
            note(scan->queues, &scan->queue_count, e->object);
        if (e->kind >= EVENT_GIL_WANT && e->kind <= EVENT_GIL_TAKE &&
            e->time <= scan_end_of(scan, e->lane))
            note(scan->gils, &scan->gil_count, e->object);
        if ((scan_is_kernel(e) || e->kind == EVENT_SAMPLE_CORE) && e->object >= scan->core_count)
            scan->core_count = e->object + 1;
    }
    scan->now = scan->until > last ? scan->until : last;
    if (end != NEVER) {
        scan->over = true;
        scan->now = end;
    } else if (scan->go != NEVER && scan->meta->runs[run].status > RUN_LIVE) {
        scan->over = true;
        scan->now = scan->go;
        for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e))
            if (e->lane != LANE_NONE && scan_role_of(scan, e->lane) != ROLE_OUTSIDE &&
                e->kind != EVENT_LANE_CPU && e->kind != EVENT_LANE_SWITCHES && e->time > scan->now)
                scan->now = e->time;
    }
    if (scan->go != NEVER && scan->now < scan->go)
        scan->now = scan->go;
    return scan->go != NEVER;
}

uint64_t scan_abs_time(const struct scan *scan, uint64_t t)
{
    return t < scan->now - scan->go ? scan->go + t : scan->now;
}

uint64_t scan_since_go(const struct scan *scan, uint64_t time)
{
    return time > scan->go ? time - scan->go : 0;
}
