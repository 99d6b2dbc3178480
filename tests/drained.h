/*
 * drained.h: what came out of a drain (trace/drain.h), checked as it comes. For tests only.
 */
#ifndef TESTS_DRAINED_H
#define TESTS_DRAINED_H

#include "trace/drain.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LANES = 16 }; /* events of others are counted only */

/* All zero before the first pass. */
struct seen {
    uint64_t events, last_ns, until_ns;
    uint64_t wrong; /* what must be 0; an assertion for each event would take long */
    bool may_be_late;
    struct seen_lane {
        uint64_t events, last_ns, next, lost, out, preempted, kernel_ns, since_ns, on_core_ns;
        uint64_t begin_ns, end_ns;
        bool began, ended, on, kernel_began;
        uint64_t said_voluntary, said_involuntary, said_on_core_ns;
        uint64_t totals;
        bool said;
    } lanes[LANES];
};

/* One pass; how many events it gave. Each must be in the order of its time and right for its lane. */
size_t see(struct drain *drain, struct seen *seen, bool everything);
/* Passes until these lanes have ended and all was handed over; bounded by time. */
void see_lanes_end(struct drain *drain, struct seen *seen, uint32_t lanes);

#endif
