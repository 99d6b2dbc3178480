/*
 * The pool of threads: see pool.h.
 *
 * Invariant: a result is in the list from when its worker let the lock go until main took it, and
 * main ends the run when each task was seen there once. Threads end when the queue is closed or the
 * run is to stop, and all of them are joined before pool_batch() returns.
 */
#include "engine/pool.h"

#include "base/clock.h"
#include "base/memory.h"
#include "engine/lock.h"
#include "engine/queue.h"
#include "engine/step.h"
#include "platform/platform.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long main may not notice that it is to stop. */
static const uint64_t STOP_LATENCY_NS = 100 * NS_PER_MS;

/* What a worker hands over: the task itself, payload and all. */
struct finished {
    struct finished *next;
    struct task task;
};

struct worker {
    struct pool *pool;
    pthread_t thread;
    uint32_t index;
};

struct pool {
    struct stage *stage;
    struct queue *queue;
    struct lock lock;       /* of the list */
    pthread_cond_t arrived; /* something came into the list */
    struct finished *first, **last;
    struct worker *workers;
    uint32_t started;
};

static struct finished *finished_free(struct finished *finished)
{
    struct finished *next = finished->next;
    task_fini(&finished->task);
    free(finished);
    return next;
}

static void pool_hand_over(struct pool *pool, struct lane *lane, struct finished *finished)
{
    finished->next = NULL;
    lock_take(&pool->lock, lane);
    *pool->last = finished;
    pool->last = &finished->next;
    pthread_cond_signal(&pool->arrived);
    lock_drop(&pool->lock);
}

static void *worker_body(void *argument)
{
    struct worker *worker = argument;
    struct pool *pool = worker->pool;
    struct lane lane;
    lane_begin(&lane, pool->stage, pool->stage->gil, ROLE_WORKER, worker->index);
    uint32_t id;
    while (!lane_should_stop(&lane) && queue_pop(pool->queue, &lane, &id)) {
        struct finished *finished = mem_alloc(sizeof *finished);
        task_init(&finished->task, id);
        if (task_run(&lane, &finished->task)) {
            pool_hand_over(pool, &lane, finished);
        } else {
            finished->next = NULL;
            finished_free(finished);
        }
    }
    lane_end(&lane);
    return NULL;
}

static void pool_init(struct pool *pool, struct stage *stage)
{
    *pool = (struct pool){ .stage = stage };
    pool->last = &pool->first;
    pool->queue = queue_new(atomic_fetch_add(&stage->run->next_queue, 1),
                            (uint32_t)stage_param(stage, PARAM_QUEUE));
    lock_init(&pool->lock, stage);
    lock_condition(&pool->arrived);
}

/* Starts the threads, as many as the machine gives. */
static void pool_start(struct pool *pool)
{
    struct stage *stage = pool->stage;
    uint32_t count = (uint32_t)stage_param(stage, PARAM_WORKERS);
    size_t stack = (size_t)stage_param(stage, PARAM_STACK);
    long least = sysconf(_SC_THREAD_STACK_MIN);
    if (least > 0 && stack < (size_t)least)
        stack = (size_t)least;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack);
    pool->workers = mem_zero(count, sizeof *pool->workers);
    for (uint32_t i = 0; i < count && !stage_should_stop(stage); i++) {
        struct worker *worker = &pool->workers[i];
        *worker = (struct worker){ .pool = pool, .index = i };
        int failure = platform_thread(&worker->thread, &attributes, worker_body, worker);
        if (failure != 0)
            stage_limited(stage, i, "thread %u of %u could not be started: %s", i + 1, count,
                          strerror(failure));
        else
            pool->started++;
    }
    pthread_attr_destroy(&attributes);
}

static struct finished *pool_take_list(struct pool *pool, struct lane *lane)
{
    lock_take(&pool->lock, lane);
    struct finished *list = pool->first;
    pool->first = NULL;
    pool->last = &pool->first;
    lock_drop(&pool->lock);
    lane_enter(lane);
    return list;
}

/* Collects what is there; gives how many. */
static uint32_t pool_collect(struct pool *pool, struct lane *lane)
{
    uint32_t count = 0;
    struct finished *at = pool_take_list(pool, lane);
    for (; at != NULL; at = finished_free(at), count++) {
        if (at->task.failed == 0)
            stage_collect(pool->stage, lane, at->task.id, at->task.sent.size, at->task.checksum);
        lane_check(lane);
    }
    return count;
}

/* Until there is something to collect, or the run is to stop. */
static void pool_await(struct pool *pool, struct lane *lane)
{
    lane_leave(lane, SAYS_IDLE);
    pthread_mutex_lock(&pool->lock.mutex);
    while (pool->first == NULL && !stage_should_stop(pool->stage)) {
        struct timespec until = lock_deadline(STOP_LATENCY_NS);
        pthread_cond_timedwait(&pool->arrived, &pool->lock.mutex, &until);
    }
    pthread_mutex_unlock(&pool->lock.mutex);
    lane_enter(lane);
}

static void pool_fini(struct pool *pool)
{
    struct lane *lane = &pool->stage->main;
    lane_leave(lane, SAYS_IDLE);
    queue_close(pool->queue);
    for (uint32_t i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    /* What came after the run was stopped is nobody's any more. */
    for (struct finished *at = pool->first; at != NULL;)
        at = finished_free(at);
    free(pool->workers);
    queue_free(pool->queue);
    pthread_cond_destroy(&pool->arrived);
    lock_fini(&pool->lock);
}

bool pool_batch(struct stage *stage, struct error *error)
{
    (void)error;
    struct pool pool;
    struct lane *lane = &stage->main;
    pool_init(&pool, stage);
    lane_enter(lane);
    uint32_t count = stage_submit_all(stage, lane), ended = 0;
    pool_start(&pool);
    for (uint32_t task = 0; task < count && queue_push(pool.queue, lane, task); task++) {
        lane_check(lane);
        ended += pool_collect(&pool, lane);
    }
    while (ended < count && !stage_should_stop(stage)) {
        pool_await(&pool, lane);
        ended += pool_collect(&pool, lane);
    }
    stage_end(stage, ended == count);
    pool_fini(&pool);
    return true;
}
