/*
 * The locks of the work: who held each, as far as it is told.
 *
 * A lock that nobody waits for is never told of. A lane that finds one taken tells who has it, so that
 * it is known from then on; one that had to wait tells when it takes it and when it lets it go. So a
 * span begins where it was told of, which may be later than the lock was taken, and one of a lane
 * that never waited ends where the next lane takes the lock.
 */
#include "timeline/run.h"

#include <stdlib.h>

static struct lock_row *lock_get(struct run *run, uint32_t id)
{
    struct lock_row *lock = id_find(&run->locks, id);
    if (lock != NULL || id >= OBJECTS_MAX)
        return lock;
    lock = mem_zero(1, sizeof *lock);
    lock->id = id;
    lock->held.room = run->room;
    run->mends += !id_add(&run->locks, id, lock);
    return lock;
}

void lock_row_free(void *row)
{
    struct lock_row *lock = row;
    spans_fini(&lock->held);
    free(lock);
}

/* ---- feeding ---- */

void lock_wanted(struct run *run, const struct event *event, uint64_t time)
{
    struct lock_row *lock = lock_get(run, event->object);
    if (lock == NULL || event->a == 0)
        return;
    const struct span *now = spans_at(&lock->held, time);
    if (now == NULL || now->owner != event->a - 1)
        spans_open(&lock->held, time, event->a - 1, 0);
}

void lock_took(struct run *run, const struct event *event, uint64_t time)
{
    struct lock_row *lock = lock_get(run, event->object);
    if (lock != NULL)
        spans_open(&lock->held, time, event->lane, SPAN_WAITED);
}

void lock_dropped(struct run *run, const struct event *event, uint64_t time)
{
    struct lock_row *lock = id_find(&run->locks, event->object);
    if (lock != NULL)
        spans_close(&lock->held, event->lane, time, 0);
}

/* ---- questions ---- */

bool timeline_lock(const struct timeline *timeline, size_t run_index, size_t lock_index,
                   uint32_t *id)
{
    const struct run *run = run_of(timeline, run_index);
    const struct lock_row *lock = run != NULL ? id_nth(&run->locks, lock_index) : NULL;
    *id = lock != NULL ? lock->id : OBJECT_NONE;
    return lock != NULL;
}

uint32_t timeline_lock_at(const struct timeline *timeline, size_t run_index, uint32_t id,
                          uint64_t t, uint64_t *since_ns)
{
    *since_ns = 0;
    const struct run *run = run_of(timeline, run_index);
    const struct lock_row *lock = run != NULL ? id_find(&run->locks, id) : NULL;
    if (lock == NULL || run->go == TIME_NEVER)
        return LANE_NONE;
    const struct span *span = spans_at(&lock->held, run_time(run, t));
    if (span == NULL)
        return LANE_NONE;
    *since_ns = run_since_go(run, span->start);
    return span->owner;
}

uint32_t timeline_lock_most(const struct timeline *timeline, size_t run_index, uint32_t id,
                            uint64_t t0, uint64_t t1, uint32_t *held_permille)
{
    *held_permille = 0;
    const struct run *run = run_of(timeline, run_index);
    const struct lock_row *lock = run != NULL ? id_find(&run->locks, id) : NULL;
    uint64_t from, to, held;
    if (lock == NULL)
        return LANE_NONE;
    run_span(run, t0, t1, &from, &to);
    if (from >= to)
        return LANE_NONE;
    uint32_t most = spans_most(&lock->held, from, to, &held);
    *held_permille = (uint32_t)((held * 1000 + (to - from) / 2) / (to - from));
    return held * 2 < to - from ? LANE_NONE : most;
}
