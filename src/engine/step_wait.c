/*
 * `wait`: time passes that the model can wait for. A lane of its own sleeps in a call; a loop sets a
 * timer and carries other tasks meanwhile. The timer counts from now, not from the beginning of the
 * loop's turn, so a loop that was busy does not shorten the wait.
 */
#include "engine/step_rows.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>

static bool wait_run(struct lane *lane, struct task *task, const struct plan_step *step)
{
    uint64_t time_ns = (uint64_t)step_value(lane, step, WAIT_TIME);
    task->figure = time_ns;
    return lane_sleep(lane, time_ns);
}

struct wait {
    ev_timer timer;
    struct lane *lane;
    struct task *task;
    uint64_t due_ns;
};

static void wait_over(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    struct wait *wait = timer->data;
    struct lane *lane = wait->lane;
    struct task *task = wait->task;
    uint64_t due_ns = wait->due_ns;
    ev_timer_stop(loop, timer);
    free(wait);
    task->waiting = NULL;
    task_resume(lane, loop, task, due_ns);
}

static bool wait_start(struct lane *lane, struct ev_loop *loop, struct task *task,
                       const struct plan_step *step, bool *done)
{
    uint64_t time_ns = (uint64_t)step_value(lane, step, WAIT_TIME);
    task->figure = time_ns;
    *done = time_ns == 0;
    if (*done)
        return true;
    struct wait *wait = mem_alloc(sizeof *wait);
    *wait = (struct wait){ .lane = lane, .task = task, .due_ns = clock_now() + time_ns };
    ev_now_update(loop);
    ev_timer_init(&wait->timer, wait_over, (double)time_ns / (double)NS_PER_S, 0.);
    wait->timer.data = wait;
    ev_timer_start(loop, &wait->timer);
    task->waiting = wait;
    return true;
}

const struct step_row step_wait = {
    .name = "wait",
    .run = wait_run,
    .start = wait_start,
};
