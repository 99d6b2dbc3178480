/*
 * lock.h: a lock between threads of one process, with its waits seen.
 *
 * A lane that finds it taken gives up the GIL, says LOCK (LOCK_WANT, with the lane that has it), has
 * the lock at LOCK_TAKE, and tells when it lets it go (LOCK_DROP); a lane that gets it at once writes
 * nothing. Nobody waits for a GIL while holding one of these
 * around a list of the engine's own, so the two can never wait for each other.
 */
#ifndef ENGINE_LOCK_H
#define ENGINE_LOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "engine/lane.h"

struct lock {
    uint32_t id;            /* from the run's counter */
    _Atomic uint32_t owner; /* the lane that has it, LANE_NONE: none or not known; for who waits */
    struct lane *told;      /* had to wait for it, so tells its drop; only who has the lock looks */
    pthread_mutex_t mutex;
};

void lock_init(struct lock *lock, struct stage *stage);
void lock_fini(struct lock *lock);
/* Afterwards the lane says what it said before, or CALL where it had to wait: it is then without
 * the GIL, and lane_enter()s once it has let the lock go. */
void lock_take(struct lock *lock, struct lane *lane);
void lock_drop(struct lock *lock);

/* A condition variable for pthread_cond_timedwait() on CLOCK_MONOTONIC. */
void lock_condition(pthread_cond_t *condition);
/* The moment so far from now, for it. */
struct timespec lock_deadline(uint64_t wait_ns);

#endif
