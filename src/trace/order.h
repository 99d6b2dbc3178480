/*
 * order.h: events by time; inside trace/ only. A batch is what one pass read, ring after ring; the
 * line is what waits to be handed over, always in the order of time.
 */
#ifndef TRACE_ORDER_H
#define TRACE_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "trace/event.h"

enum { BATCH_MAX = 1 << 24 }; /* events */

/* All zero is empty. */
struct batch {
    struct event *events;
    size_t count, capacity;
    uint64_t *keys[2]; /* room for sorting */
    size_t key_capacity;
};
void batch_fini(struct batch *batch);
/* Room for `extra` events after those that are there; gives where. The caller counts them. */
struct event *batch_reserve(struct batch *batch, size_t extra);

/* All zero is empty. */
struct line {
    struct event *events;
    size_t start, end, capacity; /* events[start .. end) wait */
};
void line_fini(struct line *line);
/* Puts a batch of at most BATCH_MAX in its place and empties it. Events of equal time stay in the
 * order in which they came. Gives how many are older than `since_ns`. */
size_t line_take(struct line *line, struct batch *batch, uint64_t since_ns);
/* How many wait that are older than `until_ns`. */
size_t line_older(const struct line *line, uint64_t until_ns);

#endif
