/*
 * The GIL: CPython's take_gil and drop_gil, with a lane's say in the trace.
 *
 * Invariant: `held` is true for at most one lane, and exactly that lane has lane->holds set. TAKE
 * and DROP are stamped inside the guard, TAKE not before the guard was had, so the trace shows it
 * too. A waiter goes only when it took the GIL or when the GIL was turned off; one that dropped on
 * request waits only while there are waiters who are still to take it, so turning the GIL off and on
 * can strand nobody.
 *
 * `word` is what a holder looks at between quanta, without the guard: whether the GIL is on and
 * whether somebody wants it. Both bits change only under the guard; a stale read costs one quantum.
 *
 * It deliberately keeps no order among waiters, and no figure of its own: those come of the trace.
 */
#include "engine/gil.h"

#include "base/memory.h"
#include "engine/lane.h"
#include "engine/lock.h"
#include "engine/stage.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum { WORD_ON = 1, WORD_REQUEST = 2 };

struct gil {
    uint32_t id;
    pthread_mutex_t guard;
    pthread_cond_t freed; /* dropped, or turned off: waiters look again */
    pthread_cond_t taken; /* taken, or turned off: those who dropped on request go on */
    _Atomic uint32_t word;
    /* All below under the guard. */
    bool held;
    uint32_t holder;        /* lane that has it, or had it last; LANE_NONE at first */
    uint32_t waiters;       /* lanes that wait to take it */
    uint64_t takes;         /* how often it was taken */
    uint64_t switch_number; /* how often it was taken by another lane than before */
    uint64_t epoch;         /* how often it was turned on or off */
};

struct gil *gil_new(uint32_t id, bool enabled)
{
    struct gil *gil = mem_zero(1, sizeof *gil);
    gil->id = id;
    gil->holder = LANE_NONE;
    atomic_init(&gil->word, enabled ? WORD_ON : 0);
    if (pthread_mutex_init(&gil->guard, NULL) != 0)
        memory_stop("the system gives no lock for a GIL");
    lock_condition(&gil->freed);
    lock_condition(&gil->taken);
    return gil;
}

void gil_free(struct gil *gil)
{
    if (gil == NULL)
        return;
    pthread_cond_destroy(&gil->taken);
    pthread_cond_destroy(&gil->freed);
    pthread_mutex_destroy(&gil->guard);
    free(gil);
}

static bool gil_on(const struct gil *gil)
{
    return (atomic_load_explicit(&gil->word, memory_order_relaxed) & WORD_ON) != 0;
}

static uint64_t switch_interval(const struct lane *lane)
{
    int64_t interval_ns = stage_param(lane->stage, PARAM_SWITCH_INTERVAL);
    return interval_ns < 1000 ? 1000 : (uint64_t)interval_ns;
}

/* Under the guard: waits until the GIL is free or off, asking its holder to drop it whenever an
 * interval went by without any switch. */
static void gil_wait(struct gil *gil, struct lane *lane)
{
    ring_emit(&lane->ring, EVENT_GIL_WANT, gil->id, 0, 0);
    lane->says = SAYS_GIL;
    gil->waiters++;
    while (gil->held && gil_on(gil)) {
        uint64_t saved = gil->switch_number;
        struct timespec until = lock_deadline(switch_interval(lane));
        int waited = pthread_cond_timedwait(&gil->freed, &gil->guard, &until);
        if (waited != ETIMEDOUT || !gil->held || !gil_on(gil) || gil->switch_number != saved)
            continue;
        uint32_t before = atomic_fetch_or_explicit(&gil->word, WORD_REQUEST, memory_order_relaxed);
        if ((before & WORD_REQUEST) == 0)
            ring_emit(&lane->ring, EVENT_GIL_REQUEST, gil->id, gil->holder, 0);
    }
    gil->waiters--;
}

/* Under the guard: it is free, and the lane has it from now on. */
static void gil_have(struct gil *gil, struct lane *lane)
{
    uint32_t before = gil->holder;
    gil->held = true;
    gil->takes++;
    if (before != lane->ring.lane) {
        gil->holder = lane->ring.lane;
        gil->switch_number++;
    }
    atomic_fetch_and_explicit(&gil->word, ~(uint32_t)WORD_REQUEST, memory_order_relaxed);
    lane->holds = true;
    lane->says = SAYS_COMPUTE;
    ring_emit_ordered(&lane->ring, EVENT_GIL_TAKE, gil->id, before, gil->switch_number);
    pthread_cond_broadcast(&gil->taken);
}

void gil_take(struct gil *gil, struct lane *lane)
{
    if (gil == NULL || lane->holds || !gil_on(gil)) {
        lane_say(lane, SAYS_COMPUTE);
        return;
    }
    pthread_mutex_lock(&gil->guard);
    if (gil->held && gil_on(gil))
        gil_wait(gil, lane);
    if (gil_on(gil))
        gil_have(gil, lane);
    pthread_mutex_unlock(&gil->guard);
    lane_say(lane, SAYS_COMPUTE);
}

/* Under the guard. */
static void gil_let_go(struct gil *gil, struct lane *lane, enum says says, enum drop_why why)
{
    gil->held = false;
    lane->holds = false;
    lane->says = says;
    ring_emit(&lane->ring, EVENT_GIL_DROP, gil->id, (uint32_t)says, (uint64_t)why);
    pthread_cond_signal(&gil->freed);
}

/* Under the guard, after a drop on request: waits until another lane has it. */
static void gil_await_switch(struct gil *gil)
{
    uint64_t takes = gil->takes, epoch = gil->epoch;
    while (gil->takes == takes && gil->epoch == epoch && gil->waiters > 0)
        pthread_cond_wait(&gil->taken, &gil->guard);
}

void gil_drop(struct gil *gil, struct lane *lane, enum says says, enum drop_why why)
{
    if (gil == NULL || !lane->holds) {
        lane_say(lane, says);
        return;
    }
    pthread_mutex_lock(&gil->guard);
    gil_let_go(gil, lane, says, why);
    if (why == DROP_FORCED)
        gil_await_switch(gil);
    pthread_mutex_unlock(&gil->guard);
}

void gil_check(struct gil *gil, struct lane *lane)
{
    if (gil == NULL)
        return;
    uint32_t word = atomic_load_explicit(&gil->word, memory_order_relaxed);
    if (word == (lane->holds ? (uint32_t)WORD_ON : 0))
        return;
    if ((word & WORD_ON) == 0) {
        gil_drop(gil, lane, SAYS_COMPUTE, DROP_OFF);
        return;
    }
    if (lane->holds) {
        /* Waiting for the other to take it is part of the wait to have it again. */
        gil_drop(gil, lane, SAYS_GIL, DROP_FORCED);
    }
    gil_take(gil, lane);
}

void gil_enable(struct gil *gil, bool enabled)
{
    if (gil == NULL)
        return;
    pthread_mutex_lock(&gil->guard);
    if (gil_on(gil) != enabled) {
        atomic_store_explicit(&gil->word, enabled ? WORD_ON : 0, memory_order_relaxed);
        gil->epoch++;
        pthread_cond_broadcast(&gil->freed);
        pthread_cond_broadcast(&gil->taken);
    }
    pthread_mutex_unlock(&gil->guard);
}

void gil_wait_anew(struct gil *gil)
{
    if (gil == NULL)
        return;
    pthread_mutex_lock(&gil->guard);
    pthread_cond_broadcast(&gil->freed);
    pthread_mutex_unlock(&gil->guard);
}
