/*
 * The evented side: a loop's turns as the trace sees them, and tasks carried by callbacks.
 *
 * Invariant: from evented_turn() to the loop's next wait the lane computes; while it waits it does
 * not. A task is in one of three places: in task_go() (running), in a step's watcher (TASK_WAIT was
 * written), or over.
 *
 * It deliberately schedules nothing: order and fairness are libev's. Who computes in a callback
 * keeps everybody else waiting, and that is seen.
 */
#include "engine/evented.h"

#include "base/clock.h"
#include "base/memory.h"
#include "engine/stage.h"
#include "engine/step.h"
#include "platform/platform.h"

#include <errno.h>
#include <stdlib.h>

struct evented {
    struct lane *lane; /* borrowed */
    struct ev_loop *loop;
    struct evented_options options;
    ev_prepare before; /* the loop goes to wait */
    ev_check after;    /* it came back */
    ev_timer tick;
    uint32_t waiting; /* things that are waited for */
    bool in_turn;
    uint64_t turn_ns;  /* when the last turn began */
    uint64_t spent_ns; /* how long the last turn took; 0 since a wake-up that was none */
    uint64_t slept_ns; /* when the loop went to wait */
    uint64_t
        gave_up; /* how often the thread had given its core up by then; after a long turn only */
};

static const double TICK_S = 0.05;
/* A wait that was shorter was none: what came was there before. */
static const uint64_t AT_ONCE_NS = 50 * NS_PER_US;
/* So was one that took longer because the kernel gave the core to others: asked after turns that took so
 * long, since it costs a call. */
static const uint64_t LONG_TURN_NS = NS_PER_MS;

static uint64_t gave_up(void)
{
    struct platform_usage usage;
    return platform_self_usage(&usage) ? usage.voluntary : PLATFORM_UNKNOWN;
}

static void turn_begins(struct evented *evented, uint32_t ready, uint64_t now_ns, uint64_t lag_ns)
{
    evented->in_turn = true;
    evented->turn_ns = now_ns;
    lane_enter(evented->lane);
    if (!evented->options.silent)
        ring_emit(&evented->lane->ring, EVENT_LOOP_TURN, OBJECT_NONE, ready, lag_ns);
}

static void loop_waits(struct ev_loop *loop, ev_prepare *before, int events)
{
    struct evented *evented = before->data;
    (void)loop, (void)events;
    evented->slept_ns = clock_now();
    evented->spent_ns = evented->in_turn ? evented->slept_ns - evented->turn_ns : 0;
    evented->in_turn = false;
    lane_leave(evented->lane, evented->waiting > 0 ? evented->options.waits_as : SAYS_IDLE);
    evented->gave_up = evented->spent_ns >= LONG_TURN_NS ? gave_up() : PLATFORM_UNKNOWN;
}

static void loop_woke(struct ev_loop *loop, ev_check *after, int events)
{
    struct evented *evented = after->data;
    (void)events;
    unsigned ready = ev_pending_count(loop) - (ev_is_pending(&evented->tick) ? 1 : 0);
    if (ready == 0)
        return;
    uint64_t now_ns = clock_now();
    bool at_once = now_ns - evented->slept_ns < AT_ONCE_NS ||
                   (evented->gave_up != PLATFORM_UNKNOWN && evented->gave_up == gave_up());
    turn_begins(evented, ready, now_ns, at_once ? evented->spent_ns : 0);
}

static void loop_ticks(struct ev_loop *loop, ev_timer *tick, int events)
{
    struct evented *evented = tick->data;
    (void)events;
    if (lane_is_to_block(evented->lane) && !evented->in_turn)
        turn_begins(evented, 1, clock_now(), 0); /* nobody else would see it in time */
    lane_poll_params(evented->lane);
    if (lane_should_stop(evented->lane))
        ev_break(loop, EVBREAK_ALL);
    else if (evented->options.tick != NULL)
        evented->options.tick(evented, evented->options.context);
}

struct evented *evented_new(struct lane *lane, const struct evented_options *options)
{
    struct evented *evented = mem_zero(1, sizeof *evented);
    evented->lane = lane;
    evented->options = *options;
    evented->loop = ev_loop_new(EVFLAG_NOENV);
    if (evented->loop == NULL)
        memory_stop("libev gives no loop");
    ev_set_userdata(evented->loop, evented);
    ev_prepare_init(&evented->before, loop_waits);
    ev_check_init(&evented->after, loop_woke);
    ev_timer_init(&evented->tick, loop_ticks, TICK_S, TICK_S);
    ev_set_priority(&evented->after, EV_MAXPRI);
    evented->before.data = evented->after.data = evented->tick.data = evented;
    ev_prepare_start(evented->loop, &evented->before);
    ev_check_start(evented->loop, &evented->after);
    ev_timer_start(evented->loop, &evented->tick);
    return evented;
}

void evented_free(struct evented *evented)
{
    lane_free_steps(evented->lane);
    ev_loop_destroy(evented->loop);
    free(evented);
}

struct ev_loop *evented_loop(const struct evented *evented)
{
    return evented->loop;
}

void evented_run(struct evented *evented)
{
    ev_run(evented->loop, 0);
    evented->in_turn = false;
    lane_enter(evented->lane);
}

void evented_end(struct evented *evented)
{
    ev_break(evented->loop, EVBREAK_ALL);
}

void evented_turn(struct evented *evented, uint32_t ready)
{
    turn_begins(evented, ready, clock_now(), 0);
}

void evented_expect(struct ev_loop *loop, int more)
{
    struct evented *evented = ev_userdata(loop);
    evented->waiting += (uint32_t)more;
}

uint64_t evented_turn_ns(struct ev_loop *loop)
{
    const struct evented *evented = ev_userdata(loop);
    return evented->turn_ns;
}

/* ---- Tasks. ---- */

/* Begins the step that the task is in. False: it waits for it now, or the run was stopped. */
static bool task_begin_step(struct lane *lane, struct ev_loop *loop, struct task *task)
{
    const struct plan_step *step = &lane->stage->plan->steps[task->step];
    const struct step_row *row = steps_table[step->kind];
    bool done = true;
    task_step_begin(lane, task);
    if (row == NULL)
        task_fail(task, ENOSYS, "no lane can do the step %s yet", step_rows[step->kind].name);
    else if (row->start == NULL && !row->run(lane, task, step) && task->failed == 0)
        return false;
    else if (row->start != NULL)
        row->start(lane, loop, task, step, &done);
    if (done || task->failed != 0)
        return true;
    ring_emit(&lane->ring, EVENT_TASK_WAIT, task->id, step->kind, 0);
    lane->task = TASK_NONE;
    evented_expect(loop, 1);
    return false;
}

/* Carries the task on as far as it goes now. True: it is over. */
static bool task_go(struct lane *lane, struct ev_loop *loop, struct task *task)
{
    uint32_t count = (uint32_t)lane->stage->plan->step_count;
    while (task->step < count && task->failed == 0) {
        if (lane_should_stop(lane) || !task_begin_step(lane, loop, task)) {
            lane->task = TASK_NONE;
            return false;
        }
        task_step_end(lane, task);
        task->step++;
    }
    task_over(lane, task);
    return true;
}

bool task_start(struct lane *lane, struct ev_loop *loop, struct task *task)
{
    task_take(lane, task);
    return task_go(lane, loop, task);
}

void task_resume(struct lane *lane, struct ev_loop *loop, struct task *task, uint64_t due_ns)
{
    uint64_t now_ns = clock_now();
    evented_expect(loop, -1);
    lane->task = task->id;
    ring_emit(&lane->ring, EVENT_TASK_RUN, task->id, 0, now_ns > due_ns ? now_ns - due_ns : 0);
    task_step_end(lane, task);
    task->step++;
    if (task_go(lane, loop, task))
        task->resumed(task, task->context);
}
