/*
 * ring.h: the one place where a worker writes events.
 *
 * A ring has one writer (its lane) and one reader (the recorder), both of which may die at any
 * moment. The writer never waits and makes no system call: an event that does not fit is counted,
 * and the count is itself an event (LOST) as soon as there is room.
 *
 *   writer                                reader
 *   slot[head & mask] = event             h = head (acquire)
 *   head = head + 1 (release)   ------->  read slots tail .. h
 *   reads tail (acquire) only   <-------  tail = h (release)
 *   when the ring looks full
 *
 * Cost: one stamp, one 32-byte store, one release store. A NULL writer costs a branch.
 */
#ifndef TRACE_RING_H
#define TRACE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "platform/stamp.h"
#include "trace/arena.h"
#include "trace/event.h"

/* A lane's own end of its ring; lives in the lane's private memory. */
struct ring_writer {
    struct event *slots;
    _Atomic uint64_t *head;
    const _Atomic uint64_t *tail;
    uint64_t position;   /* the next slot */
    uint64_t room_until; /* position up to which there is known room */
    uint64_t lost;       /* not yet told */
    uint32_t mask;
    uint32_t room; /* slots that may be in use: all but RING_RESERVE, and all at the lane's end */
    uint32_t lane;
    uint16_t run;
    struct arena_lane *row;
    /* What the thread had used when the lane began; UINT64_MAX: unknown. */
    uint64_t user_ns, on_core_ns, voluntary, involuntary;
};

/* Slots kept free for LOST, the totals and LANE_END, so that the end of a lane is always told. */
enum { RING_RESERVE = 4 };

/*
 * Begin a lane in this process: takes an id from the run's counter, fills its row of the lane
 * table (with this thread's pid and tid), and gives its writer, from which LANE_BEGIN was written.
 * Returns false when the table is full (the lane then runs untraced: writer->slots is NULL, which
 * every emit tolerates; the drain tells of it as LOST_LANE). Where the race is not traced the lane
 * has an id and its row, and writes nothing.
 *
 * The totals count from here. Kernel switches are recorded from drain_attach() on, so a lane whose
 * switches are to agree with its totals opens after that: after the stage was let go.
 */
bool ring_open(struct ring_writer *writer, const struct arena *arena, uint32_t run,
               enum lane_role role, uint32_t index);
/* The lane's totals (LANE_CPU, LANE_SWITCHES) and LANE_END; marks the table row. */
void ring_close(struct ring_writer *writer, const struct arena *arena);
/* Only the totals so far. */
void ring_usage(struct ring_writer *writer);
/*
 * A lane died of a signal and its process was reaped: whoever reaped it writes LANE_CRASH (and what
 * the lane had lost and not told) into the dead lane's ring and marks its row. Does nothing where
 * the lane had ended by itself before.
 */
void ring_crash(const struct arena *arena, uint32_t run, uint32_t lane, int signal);

/* Slow path of ring_emit: rereads the tail, tells LOST if there is room again. True: room for an
 * event with this stamp. */
bool ring_make_room(struct ring_writer *writer, uint64_t stamp);

static inline void ring_emit_at(struct ring_writer *w, uint64_t stamp, enum event_kind kind,
                                uint32_t object, uint32_t a, uint64_t b)
{
    if (w->position == w->room_until && !ring_make_room(w, stamp))
        return;
    struct event *e = &w->slots[w->position & w->mask];
    e->time = stamp;
    e->kind = (uint16_t)kind;
    e->run = w->run;
    e->lane = w->lane;
    e->object = object;
    e->a = a;
    e->b = b;
    w->position++;
    atomic_store_explicit(w->head, w->position, memory_order_release);
}

static inline void ring_emit(struct ring_writer *w, enum event_kind kind, uint32_t object,
                             uint32_t a, uint64_t b)
{
    if (w == NULL || w->slots == NULL)
        return;
    ring_emit_at(w, stamp_now(), kind, object, a, b);
}

/* Right after taking a lock: in order with what the lanes that had it before wrote (stamp_ordered). */
static inline void ring_emit_ordered(struct ring_writer *w, enum event_kind kind, uint32_t object,
                                     uint32_t a, uint64_t b)
{
    if (w == NULL || w->slots == NULL)
        return;
    ring_emit_at(w, stamp_ordered(), kind, object, a, b);
}

/*
 * The reader's side. ring_look gives what is in a ring, oldest first, in place and in one or two
 * parts (the second where it goes round); times are stamps. The slots are the reader's until
 * ring_release gives them back, up to the view's `until`. Returns how many events there are; at
 * most `most`.
 */
struct ring_view {
    const struct event *parts[2];
    size_t counts[2];
    uint64_t until; /* the tail once these were read */
};
size_t ring_look(const struct arena *arena, uint32_t run, uint32_t lane, size_t most,
                 struct ring_view *view);
void ring_release(const struct arena *arena, uint32_t run, uint32_t lane, uint64_t until);
/* Both in one: copies them into `into`. */
size_t ring_drain(const struct arena *arena, uint32_t run, uint32_t lane, struct event *into,
                  size_t most);

#endif
