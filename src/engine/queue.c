/*
 * A ring of task ids under a mutex. Events are written inside it, so that depths on the trace go up
 * and down by one. Nobody waits for a GIL while holding it: whoever has waited first has the GIL
 * again and then looks anew, so a lane that came by meanwhile may have been quicker.
 */
#include "engine/queue.h"

#include "base/clock.h"
#include "base/memory.h"
#include "engine/lock.h"

#include <pthread.h>
#include <stdlib.h>

/* How long a lane waits for room before it looks at what else there is. */
static const uint64_t LOOK_NS = 50 * NS_PER_MS;

struct queue {
    uint32_t id, bound;
    pthread_mutex_t mutex;
    pthread_cond_t filled, emptied;
    uint32_t *tasks; /* a ring of `bound` */
    uint32_t first, depth;
    bool closed;
};

struct queue *queue_new(uint32_t id, uint32_t bound)
{
    struct queue *queue = mem_zero(1, sizeof *queue);
    queue->id = id;
    queue->bound = bound > 0 ? bound : 1;
    queue->tasks = mem_zero(queue->bound, sizeof *queue->tasks);
    if (pthread_mutex_init(&queue->mutex, NULL) != 0)
        memory_stop("the system gives no lock for a queue");
    lock_condition(&queue->filled);
    lock_condition(&queue->emptied);
    return queue;
}

void queue_free(struct queue *queue)
{
    if (queue == NULL)
        return;
    pthread_cond_destroy(&queue->emptied);
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->mutex);
    free(queue->tasks);
    free(queue);
}

/* Under the mutex. */
static void queue_put(struct queue *queue, struct lane *lane, uint32_t task)
{
    queue->tasks[(queue->first + queue->depth) % queue->bound] = task;
    queue->depth++;
    ring_emit_ordered(&lane->ring, EVENT_QUEUE_PUSH, queue->id, queue->depth, task);
    pthread_cond_signal(&queue->filled);
}

/* Under the mutex. */
static uint32_t queue_get(struct queue *queue, struct lane *lane)
{
    uint32_t task = queue->tasks[queue->first];
    queue->first = (queue->first + 1) % queue->bound;
    queue->depth--;
    ring_emit_ordered(&lane->ring, EVENT_QUEUE_POP, queue->id, queue->depth, task);
    pthread_cond_signal(&queue->emptied);
    return task;
}

static void queue_await_room(struct queue *queue, struct lane *lane)
{
    struct timespec until = lock_deadline(LOOK_NS);
    lane_leave(lane, SAYS_CALL);
    pthread_mutex_lock(&queue->mutex);
    while (queue->depth == queue->bound && !queue->closed && !lane_should_stop(lane) &&
           pthread_cond_timedwait(&queue->emptied, &queue->mutex, &until) == 0)
        continue;
    pthread_mutex_unlock(&queue->mutex);
}

bool queue_push(struct queue *queue, struct lane *lane, uint32_t task)
{
    for (int look = 0; look < 2; look++) {
        lane_enter(lane);
        pthread_mutex_lock(&queue->mutex);
        bool over = queue->closed || lane_should_stop(lane);
        bool room = queue->depth < queue->bound;
        if (!over && room)
            queue_put(queue, lane, task);
        pthread_mutex_unlock(&queue->mutex);
        if (over || room)
            return !over;
        if (look == 0)
            queue_await_room(queue, lane);
    }
    return false;
}

static bool is_surplus(_Atomic uint32_t *surplus)
{
    return surplus != NULL && atomic_load(surplus) > 0;
}

static void queue_await_task(struct queue *queue, struct lane *lane, _Atomic uint32_t *surplus)
{
    lane_leave(lane, SAYS_IDLE);
    pthread_mutex_lock(&queue->mutex);
    while (queue->depth == 0 && !queue->closed && !is_surplus(surplus))
        pthread_cond_wait(&queue->filled, &queue->mutex);
    pthread_mutex_unlock(&queue->mutex);
}

bool queue_pop(struct queue *queue, struct lane *lane, _Atomic uint32_t *surplus, uint32_t *task)
{
    for (;;) {
        lane_enter(lane);
        pthread_mutex_lock(&queue->mutex);
        bool leaves = is_surplus(surplus) && arena_take_one(surplus);
        bool got = !leaves && queue->depth > 0, over = leaves || (!got && queue->closed);
        if (got)
            *task = queue_get(queue, lane);
        else if (leaves && queue->depth > 0)
            pthread_cond_signal(&queue->filled); /* it may have been woken for that task */
        pthread_mutex_unlock(&queue->mutex);
        if (got || over)
            return got;
        queue_await_task(queue, lane, surplus);
    }
}

void queue_wake(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->mutex);
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_cond_broadcast(&queue->emptied);
    pthread_mutex_unlock(&queue->mutex);
}
