/*
 * A mutex that tells of its waits. It deliberately writes nothing where nobody has to wait: a list
 * that is appended to a million times is no news.
 */
#include "engine/lock.h"

#include "base/clock.h"
#include "base/memory.h"
#include "engine/stage.h"

#include <time.h>

void lock_init(struct lock *lock, struct stage *stage)
{
    lock->id = atomic_fetch_add(&stage->run->next_lock, 1);
    atomic_init(&lock->owner, LANE_NONE);
    lock->told = NULL;
    if (pthread_mutex_init(&lock->mutex, NULL) != 0)
        memory_stop("the system gives no lock");
}

void lock_fini(struct lock *lock)
{
    pthread_mutex_destroy(&lock->mutex);
}

void lock_take(struct lock *lock, struct lane *lane)
{
    if (pthread_mutex_trylock(&lock->mutex) == 0) {
        atomic_store_explicit(&lock->owner, lane->ring.lane, memory_order_relaxed);
        return;
    }
    lane_leave(lane, SAYS_LOCK);
    /* Only told, never relied on: it may have let go just now. LANE_NONE + 1 is 0. */
    uint32_t owner = atomic_load_explicit(&lock->owner, memory_order_relaxed);
    ring_emit(&lane->ring, EVENT_LOCK_WANT, lock->id, owner + 1, 0);
    pthread_mutex_lock(&lock->mutex);
    atomic_store_explicit(&lock->owner, lane->ring.lane, memory_order_relaxed);
    lock->told = lane;
    ring_emit_ordered(&lane->ring, EVENT_LOCK_TAKE, lock->id, SAYS_CALL, 0);
    lane->says = SAYS_CALL;
}

void lock_drop(struct lock *lock)
{
    struct lane *told = lock->told;
    lock->told = NULL;
    atomic_store_explicit(&lock->owner, LANE_NONE, memory_order_relaxed);
    if (told != NULL)
        ring_emit_ordered(&told->ring, EVENT_LOCK_DROP, lock->id, 0, 0);
    pthread_mutex_unlock(&lock->mutex);
}

void lock_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0 ||
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
        pthread_cond_init(condition, &attributes) != 0)
        memory_stop("the system gives no condition variable");
    pthread_condattr_destroy(&attributes);
}

struct timespec lock_deadline(uint64_t wait_ns)
{
    uint64_t until_ns = clock_now() + wait_ns;
    return (struct timespec){ .tv_sec = (time_t)(until_ns / NS_PER_S),
                              .tv_nsec = (long)(until_ns % NS_PER_S) };
}
