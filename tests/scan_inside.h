/*
 * scan_inside.h: what the files of the linear scan share.
 */
#ifndef TESTS_SCAN_INSIDE_H
#define TESTS_SCAN_INSIDE_H

#include "tests/scan.h"

#define NEVER UINT64_MAX
enum { LANES = 256 };

struct scan {
    struct event *events;
    size_t count;
    const struct meta *meta;
    uint64_t until;
    /* the chosen run */
    size_t run;
    uint64_t go, now;
    bool over;
    enum switch_source source;
    uint32_t lanes[LANES], gils[LANES], queues[LANES];
    size_t lane_count, gil_count, queue_count, core_count;
};

/* The events of the chosen run, in the order of time. */
const struct event *scan_first(const struct scan *scan);
const struct event *scan_next(const struct scan *scan, const struct event *event);

bool scan_is_kernel(const struct event *event);
/* Of the lane's own stream: neither the kernel's word nor a total. */
bool scan_is_own(const struct event *event, uint32_t lane);
/* From this event on the lane wants a GIL, its object: it has to wait for it, or had to give it up. */
bool scan_wants_gil(const struct event *event);
const struct event *scan_find(const struct scan *scan, uint32_t lane, enum event_kind kind);
enum lane_role scan_role_of(const struct scan *scan, uint32_t lane);
uint64_t scan_begin_of(const struct scan *scan, uint32_t lane);
uint64_t scan_end_of(const struct scan *scan, uint32_t lane);
/* The core a lane began on, where the kernel's first word of it is that it left one. */
uint32_t scan_first_core(const struct scan *scan, uint32_t lane);
uint64_t scan_abs_time(const struct scan *scan, uint64_t t);
uint64_t scan_since_go(const struct scan *scan, uint64_t time);

/* What the kernel says of a lane at a time. */
enum kernel_state scan_kernel_at(const struct scan *scan, uint32_t lane, uint64_t time);

struct scan_task {
    uint64_t submit, take, end;
    bool failed;
};
struct scan_task scan_task_times(const struct scan *scan, uint32_t task);
uint32_t scan_highest_task(const struct scan *scan);

void scan_gil_figures(const struct scan *scan, uint64_t time, struct figures *figures);
static inline void scan_know(struct figure *figure, double value)
{
    figure->known = true;
    figure->value = value;
}

#endif
