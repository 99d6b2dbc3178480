/*
 * spans.h: who had something that one at a time can have: the GIL, a core.
 *
 * A row of spans sorted by their starts. One that was not closed, or was closed too late, ends
 * where the next one starts. Every 64 spans a block keeps the sums up to it, and every 256 and 8192 how
 * long each owner had it within them.
 */
#ifndef TIMELINE_SPANS_H
#define TIMELINE_SPANS_H

#include <stdbool.h>

#include "timeline/grow.h"

enum {
    SPAN_WAITED = 1, /* its owner had to wait for it */
    SPAN_FORCED = 2, /* it was ended by a request */
};
struct span {
    uint64_t start, end; /* end TIME_NEVER: open */
    uint32_t owner, flags;
};
/* Of all spans that start before a moment. */
struct spans_sum {
    uint64_t held;    /* ns */
    uint32_t changes; /* of the owner, from one span to the next */
    uint32_t forced;  /* of those: the one before was ended by a request */
    uint32_t waited;  /* of those: the new owner had to wait */
};
/* How long each had it within so many spans, in the order of owners: so many of the pool. */
struct spans_owner {
    uint32_t owner;
    uint64_t ns;
};
struct spans_owners {
    uint32_t first, count;
};
struct spans {
    struct room *room; /* where its arrays live; set before anything is put, or NULL */
    struct span *items;
    uint32_t count, capacity;
    struct spans_sum *blocks; /* of all spans before the block's first */
    uint64_t *block_starts;   /* of its first span */
    uint32_t block_count, block_capacity, block_start_capacity;
    struct spans_owners *owners, *far_owners; /* of every 256, 8192 spans but the youngest */
    uint32_t owners_count, owners_capacity, far_capacity;
    struct spans_owner *pool; /* of both, in the order in which they were made */
    uint32_t pool_count, pool_capacity;
    uint64_t changed; /* when the owner changed first; 0: it did not */
};

void spans_fini(struct spans *spans);
void spans_open(struct spans *spans, uint64_t start, uint32_t owner, uint32_t flags);
/* Ends the youngest span of `owner` if it did not end before; adds flags. */
void spans_close(struct spans *spans, uint32_t owner, uint64_t end, uint32_t flags);
void spans_put(struct spans *spans, uint64_t start, uint64_t end, uint32_t owner);
/* `owner` had nothing from `end` on, whatever was put before. */
void spans_cut(struct spans *spans, uint32_t owner, uint64_t end);

/* How many spans start at or before `time`: the last of them is the one that counts then. */
size_t spans_until(const struct spans *spans, uint64_t time);
/* Where a span ends: at its end or at the start of the next one. */
uint64_t spans_end(const struct spans *spans, size_t index);
/* The span that `time` lies in, or NULL. */
const struct span *spans_at(const struct spans *spans, uint64_t time);
/* Sums of what lies before `time`; changes at `time` itself count. */
struct spans_sum spans_sum(const struct spans *spans, uint64_t time);
/* The same by the blocks alone, as if what is in one were spread evenly: for who has no time. */
struct spans_sum spans_sum_rough(const struct spans *spans, uint64_t time);
/* Who had it longest within [from, to) (of equals the least number; UINT32_MAX: nobody), and for
 * how long anybody had it. */
uint32_t spans_most(const struct spans *spans, uint64_t from, uint64_t to, uint64_t *held);

#endif
