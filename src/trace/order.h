/*
 * order.h: events by time; inside trace/ only. A batch is what one pass read; the line is what waits
 * to be handed over, always in the order of time.
 *
 * A batch does not copy what lies in rings: it remembers where that is (a source) and at what time
 * each event was, and line_take() moves each event once, from the ring to its place in the line. So
 * the rings may be released only after that.
 */
#ifndef TRACE_ORDER_H
#define TRACE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/event.h"

enum {
    PLACE_BITS = 24, /* of a key; the rest is time: 18 minutes */
    INDEX_BITS = 14, /* of a place within a source: 16384 slots */
    BATCH_SOURCES = 1 << (PLACE_BITS - 1 - INDEX_BITS),
    PLACE_OWN = 1 << (PLACE_BITS - 1), /* the place is one in `own` */
};

/* A stretch of events in a ring; their times, runs and lanes are told beside them. */
struct source {
    const struct event *events;
    size_t first_key; /* the batch's: where its keys begin */
    uint64_t until;   /* the caller's: the ring's tail when the source was read */
    uint32_t lane;
    uint16_t run;
};

/* All zero is empty. */
struct batch {
    uint64_t origin_ns; /* what times in keys are since; to be set before anything is put */
    struct source sources[BATCH_SOURCES];
    size_t source_count;
    struct event *own; /* events that lie nowhere else */
    size_t own_count, own_capacity;
    uint64_t *keys, *spare; /* time since just before the origin, then place; room for sorting */
    size_t count, capacity; /* of the keys */
};
void batch_fini(struct batch *batch);

/* An event that is not in a ring. */
void batch_put(struct batch *batch, const struct event *event);

/* Opens a source of `count` events; the caller then puts each with its time, in their order, which is
 * the order of time. Gives its number. */
uint32_t batch_source(struct batch *batch, const struct source *source, size_t count);
/* An event of a source that is older than the origin: its time would not fit into a key. */
void batch_put_old(struct batch *batch, uint32_t source, size_t index, uint64_t time);
static inline void batch_put_at(struct batch *batch, uint32_t source, size_t index, uint64_t time)
{
    if (__builtin_expect(time < batch->origin_ns, false)) {
        batch_put_old(batch, source, index, time);
        return;
    }
    batch->keys[batch->count++] =
        (time - batch->origin_ns + 1) << PLACE_BITS | (uint64_t)source << INDEX_BITS | index;
}

/* All zero is empty. */
struct line {
    struct event *events;
    size_t start, end, capacity; /* events[start .. end) wait */
};
void line_fini(struct line *line);
/* Puts a batch in its place and empties it. Events of equal time stay in the order in which they
 * came, own ones last. Events older than the origin keep their time and come first, in the order in
 * which they were put; gives how many there are. */
size_t line_take(struct line *line, struct batch *batch);
/* How many wait that are older than `until_ns`, which is at or after every origin so far. */
size_t line_older(const struct line *line, uint64_t until_ns);

#endif
