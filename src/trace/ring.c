/*
 * The ends of a lane, and everything about its ring that is not the quick path in ring.h.
 *
 * Invariant: head only grows, by the one writer; tail only grows, by the one reader; head - tail
 * never passes the number of slots. A slot is written before head passes it (release) and read after
 * (acquire); it is read before tail passes it (release) and written again after (acquire). So a
 * writer that is killed anywhere leaves whole events only, and a reader that is killed leaves a ring
 * that fills up and counts.
 *
 * The lane's row of the table is filled before LANE_BEGIN is stamped: a kernel record that is younger
 * than LANE_BEGIN therefore finds its lane's row there, even where the event itself is not yet in the
 * ring (drain.c relies on this).
 */
#include "trace/ring.h"

#include "platform/platform.h"

#include <string.h>
#include <unistd.h>

bool ring_make_room(struct ring_writer *w, uint64_t stamp)
{
    uint64_t tail = atomic_load_explicit(w->tail, memory_order_acquire);
    w->room_until = tail + w->room;
    uint64_t needed = w->lost > 0 ? 2 : 1;
    if (w->position + needed > w->room_until) {
        w->room_until = w->position; /* so that the next event asks again */
        w->lost++;
        atomic_store_explicit(&w->row->lost, (uint32_t)w->lost, memory_order_relaxed);
        return false;
    }
    if (w->lost > 0) {
        uint64_t lost = w->lost;
        w->lost = 0;
        atomic_store_explicit(&w->row->lost, 0, memory_order_relaxed);
        ring_emit_at(w, stamp, EVENT_LOST, LOST_RING, 0, lost);
    }
    return true;
}

static void attach(struct ring_writer *w, const struct arena *arena, uint32_t run, uint32_t lane)
{
    w->run = (uint16_t)run;
    w->lane = lane;
    w->row = arena_lane(arena, run, lane);
    w->slots = arena_ring(arena, run, lane);
    w->head = arena_head(arena, run, lane);
    w->tail = arena_tail(arena, run, lane);
    uint32_t slots = arena_ring_slots(arena, run, lane);
    w->mask = slots - 1;
    w->room = slots - RING_RESERVE;
}

/* What this lane has used, and the stamp of the moment at which that is so: asked until nothing happened
 * between the two. A process that was just forked meets page faults on its first way through here,
 * and may be preempted meanwhile. */
static uint64_t usage_now(struct platform_usage *usage)
{
    enum { TRIES = 4, SLACK_NS = 20000 };
    struct platform_usage after;
    uint64_t stamp;
    platform_self_usage(&after);
    for (int i = 0; i < TRIES; i++) {
        *usage = after;
        stamp = stamp_now();
        platform_self_usage(&after);
        if (after.voluntary == usage->voluntary && after.involuntary == usage->involuntary &&
            after.on_core_ns - usage->on_core_ns <= SLACK_NS)
            break;
    }
    return stamp;
}

bool ring_open(struct ring_writer *w, const struct arena *arena, uint32_t run, enum lane_role role,
               uint32_t index)
{
    *w = (struct ring_writer){ .run = (uint16_t)run };
    struct arena_run *row = arena_run(arena, run);
    w->lane = atomic_fetch_add(&row->next_lane, 1);
    if (w->lane >= row->lane_capacity)
        return false;
    attach(w, arena, run, w->lane);

    pid_t pid = getpid(), tid = platform_tid();
    uint32_t role_and_index = (uint32_t)role | index << 8;
    atomic_store(&w->row->role_and_index, role_and_index);
    atomic_store(&w->row->pid, pid);
    atomic_store(&w->row->tid, tid);
    atomic_store_explicit(&w->row->alive, 1, memory_order_release);
    if (arena->header->tracing == 0) {
        w->slots = NULL;
        return true;
    }
    struct platform_usage usage;
    uint64_t stamp = usage_now(&usage);
    w->user_ns = usage.user_ns;
    w->on_core_ns = usage.on_core_ns;
    w->voluntary = usage.voluntary;
    w->involuntary = usage.involuntary;
    ring_emit_at(w, stamp, EVENT_LANE_BEGIN, role_and_index, (uint32_t)tid, (uint64_t)pid);
    return true;
}

void ring_usage(struct ring_writer *w)
{
    if (w->slots == NULL)
        return;
    struct platform_usage usage;
    uint64_t stamp = usage_now(&usage);
    if (usage.on_core_ns != PLATFORM_UNKNOWN && w->on_core_ns != PLATFORM_UNKNOWN) {
        bool user_known = usage.user_ns != PLATFORM_UNKNOWN && w->user_ns != PLATFORM_UNKNOWN;
        uint64_t user_us = user_known ? (usage.user_ns - w->user_ns) / 1000 : USER_UNKNOWN;
        ring_emit_at(w, stamp, EVENT_LANE_CPU, OBJECT_NONE,
                     user_us < USER_UNKNOWN ? (uint32_t)user_us : USER_UNKNOWN,
                     usage.on_core_ns - w->on_core_ns);
    }
    if (usage.voluntary != PLATFORM_UNKNOWN && w->voluntary != PLATFORM_UNKNOWN)
        ring_emit_at(w, stamp, EVENT_LANE_SWITCHES, OBJECT_NONE,
                     (uint32_t)(usage.voluntary - w->voluntary),
                     usage.involuntary - w->involuntary);
}

/* From now on the reserve may be used; the next event rereads the tail and tells what was lost. */
static void use_reserve(struct ring_writer *w)
{
    w->room = w->mask + 1;
    w->room_until = w->position;
}

void ring_close(struct ring_writer *w, const struct arena *arena)
{
    if (w->slots != NULL) {
        use_reserve(w);
        ring_usage(w);
        ring_emit_at(w, stamp_now(), EVENT_LANE_END, OBJECT_NONE, 0, 0);
    }
    if (w->lane < arena_run(arena, w->run)->lane_capacity)
        atomic_store_explicit(&w->row->alive, 2, memory_order_release);
    w->slots = NULL;
}

void ring_crash(const struct arena *arena, uint32_t run, uint32_t lane, int signal)
{
    if (lane >= arena_run(arena, run)->lane_capacity ||
        atomic_load(&arena_lane(arena, run, lane)->alive) != 1)
        return;
    struct ring_writer w = { 0 };
    attach(&w, arena, run, lane);
    if (arena->header->tracing != 0) {
        w.position = atomic_load_explicit(w.head, memory_order_acquire);
        w.lost = atomic_load(&w.row->lost);
        use_reserve(&w);
        ring_emit_at(&w, stamp_now(), EVENT_LANE_CRASH, OBJECT_NONE, (uint32_t)signal, 0);
    }
    atomic_store_explicit(&w.row->alive, 3, memory_order_release);
}

size_t ring_look(const struct arena *arena, uint32_t run, uint32_t lane, size_t most,
                 struct ring_view *view)
{
    _Atomic uint64_t *tail_word = arena_tail(arena, run, lane);
    uint64_t head = atomic_load_explicit(arena_head(arena, run, lane), memory_order_acquire);
    uint64_t tail = atomic_load_explicit(tail_word, memory_order_relaxed);
    uint32_t slots = arena_ring_slots(arena, run, lane);
    /* A lane that wrote wildly before it died may have hit its words: nothing of it can be told. */
    if (head - tail > slots) {
        atomic_store_explicit(tail_word, head, memory_order_release);
        tail = head;
    }
    size_t count = head - tail < most ? (size_t)(head - tail) : most;
    const struct event *ring = arena_ring(arena, run, lane);
    size_t first = (size_t)(tail & (slots - 1));
    size_t straight = slots - first < count ? slots - first : count;
    *view = (struct ring_view){ .parts = { ring + first, ring },
                                .counts = { straight, count - straight },
                                .until = tail + count };
    return count;
}

void ring_release(const struct arena *arena, uint32_t run, uint32_t lane, uint64_t until)
{
    atomic_store_explicit(arena_tail(arena, run, lane), until, memory_order_release);
}

size_t ring_drain(const struct arena *arena, uint32_t run, uint32_t lane, struct event *into,
                  size_t most)
{
    struct ring_view view;
    size_t count = ring_look(arena, run, lane, most, &view);
    memcpy(into, view.parts[0], view.counts[0] * sizeof *into);
    memcpy(into + view.counts[0], view.parts[1], view.counts[1] * sizeof *into);
    ring_release(arena, run, lane, view.until);
    return count;
}
