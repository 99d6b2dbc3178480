/*
 * The pool of threads: see pool.h.
 *
 * Invariant: a result is in the list from when its worker let the lock go until main took it, and
 * main ends the run when each task was seen there once. Threads end when the queue is closed, the run
 * is to stop, or they are one too many (the parameter `workers` was turned down), never in the middle
 * of a task; all of them are joined before pool_batch() returns.
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

/* How long main may not notice that it is to stop, or that a hand asks for something. */
static const uint64_t LOOK_NS = 50 * NS_PER_MS;

/* What a worker hands over: the task itself, payload and all. */
struct finished {
    struct finished *next;
    struct task task;
};

struct worker {
    struct pool *pool;
    pthread_t thread;
    uint32_t index;
    bool joined;
    _Atomic bool over; /* it does nothing more but end */
};

struct pool {
    struct stage *stage;
    struct queue *queue;
    struct lock lock;       /* of the list */
    pthread_cond_t arrived; /* something came into the list */
    struct finished *first, **last;
    struct worker *workers; /* room for all there can ever be: they do not move */
    uint32_t started;
    uint32_t staying;         /* workers that nobody told to leave */
    _Atomic uint32_t surplus; /* workers that are still to leave; the first that are free do */
    _Atomic uint32_t left;    /* workers that left before the end */
    uint32_t left_and_joined;
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
    while (!lane_should_stop(&lane) && queue_pop(pool->queue, &lane, &pool->surplus, &id)) {
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
    atomic_store(&worker->over, true);
    atomic_fetch_add(&pool->left, 1);
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

/* One more thread; 0, or an errno. */
static int pool_hire(struct pool *pool)
{
    size_t stack = (size_t)stage_param(pool->stage, PARAM_STACK);
    long least = sysconf(_SC_THREAD_STACK_MIN);
    if (least > 0 && stack < (size_t)least)
        stack = (size_t)least;
    struct worker *worker = &pool->workers[pool->started];
    worker->pool = pool;
    worker->index = pool->started;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack);
    int failure = platform_thread(&worker->thread, &attributes, worker_body, worker);
    pthread_attr_destroy(&attributes);
    if (failure != 0)
        return failure;
    pool->started++;
    pool->staying++;
    return 0;
}

/* Starts the threads, as many as the machine gives. */
static void pool_start(struct pool *pool)
{
    struct stage *stage = pool->stage;
    uint32_t wanted = (uint32_t)stage_param(stage, PARAM_WORKERS), most = stage_workers_most(stage);
    wanted = wanted < most ? wanted : most; /* it may have been turned already */
    pool->workers = mem_zero(most, sizeof *pool->workers);
    while (pool->started < wanted && !stage_should_stop(stage)) {
        int failure = pool_hire(pool);
        if (failure != 0)
            stage_limited(stage, pool->started, "thread %u of %u could not be started: %s",
                          pool->started + 1, wanted, strerror(failure));
    }
}

/* Brings the pool to so many, or as near as there is room. Those that are too many leave once they
 * are done with the task at hand. */
static void pool_resize(struct pool *pool, uint32_t wanted)
{
    if (wanted < pool->staying) {
        atomic_fetch_add(&pool->surplus, pool->staying - wanted);
        pool->staying = wanted;
        queue_wake(pool->queue);
    }
    while (pool->staying < wanted && arena_take_one(&pool->surplus))
        pool->staying++;
    while (pool->staying < wanted && pool->started < stage_workers_most(pool->stage) &&
           pool_hire(pool) == 0)
        continue;
}

static void pool_join_left(struct pool *pool)
{
    for (uint32_t i = 0; i < pool->started; i++) {
        struct worker *worker = &pool->workers[i];
        if (worker->joined || !atomic_load(&worker->over))
            continue;
        pthread_join(worker->thread, NULL);
        worker->joined = true;
        pool->left_and_joined++;
    }
}

/* What a hand asks for: more or fewer workers, more tasks. Gives how many tasks were submitted. */
static uint32_t pool_look(struct pool *pool, struct lane *lane)
{
    uint32_t wanted;
    if (stage_workers_turned(pool->stage, &wanted)) {
        pool_resize(pool, wanted);
        stage_workers_are(pool->stage, pool->staying);
    }
    if (atomic_load(&pool->left) > pool->left_and_joined)
        pool_join_left(pool);
    return stage_submit_burst(pool->stage, lane);
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

/* What wakes main while nothing comes: a stop, or a hand that asks for something. */
static bool pool_is_called(const struct pool *pool)
{
    return stage_should_stop(pool->stage) || stage_is_called(pool->stage);
}

/* Until there is something to collect or to look at. */
static void pool_await(struct pool *pool, struct lane *lane)
{
    lane_leave(lane, SAYS_IDLE);
    pthread_mutex_lock(&pool->lock.mutex);
    while (pool->first == NULL && !pool_is_called(pool)) {
        struct timespec until = lock_deadline(LOOK_NS);
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
        if (!pool->workers[i].joined)
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
    uint32_t count = stage_submit_all(stage, lane), pushed = 0, ended = 0;
    pool_start(&pool);
    while (ended < count && !stage_should_stop(stage)) {
        count += pool_look(&pool, lane);
        if (pushed == count)
            pool_await(&pool, lane);
        else if (queue_push(pool.queue, lane, pushed))
            pushed++;
        lane_check(lane);
        ended += pool_collect(&pool, lane);
    }
    stage_end(stage, ended == count);
    pool_fini(&pool);
    return true;
}
