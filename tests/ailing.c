/*
 * Traces made by hand: see ailing.h.
 */
#include "ailing.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#define GO (50 * US)

static void tell(struct making *m, uint64_t us, enum event_kind kind, uint32_t lane,
                 uint32_t object, uint32_t a, uint64_t b)
{
    if (m->count == m->capacity) {
        m->capacity = m->capacity > 0 ? m->capacity * 2 : 1024;
        m->events = mem_resize(m->events, m->capacity, sizeof *m->events);
    }
    m->events[m->count++] = (struct event){
        .time = GO + us * US, .kind = (uint16_t)kind, .lane = lane, .object = object, .a = a, .b = b
    };
}

static void begin(struct making *m, enum lane_role role, uint32_t lanes)
{
    m->meta = (struct meta){ .run_count = 1, .param_count = 1 };
    strcpy(m->meta.runs[0].model, "threads");
    m->meta.runs[0].status = RUN_DONE;
    m->meta.runs[0].cores = 2;
    m->meta.runs[0].switch_source = SOURCE_PERF;
    strcpy(m->meta.params[0].name, "switch_interval");
    m->meta.params[0].value = 5000 * (int64_t)US;
    tell(m, 0, EVENT_RUN_GO, LANE_NONE, 2, 0, 0);
    for (uint32_t lane = 0; lane < lanes; lane++)
        tell(m, 0, EVENT_LANE_BEGIN, lane, role | lane << 8, lane + 10, 1);
}

static void end(struct making *m, uint64_t us)
{
    tell(m, us, EVENT_RUN_END, LANE_NONE, m->meta.runs[0].status, 0, 0);
}

static void say(struct making *m, uint64_t us, uint32_t lane, enum says says)
{
    tell(m, us, EVENT_SAY, lane, TASK_NONE, says, 0);
}

/* ---- the traces: `much` says by how much it has it, in percent of what makes it plain ---- */

/* Lane 0 computes and gives the GIL up when asked; lane 1 comes back from the outside each time. It
 * waits so much of the interval; `inside`: it comes back from computing instead. */
static void make_returns(struct making *m, uint32_t much, bool inside)
{
    uint64_t wait = 50 * much, t = 0;
    begin(m, ROLE_WORKER, 2);
    tell(m, 0, EVENT_GIL_TAKE, 0, 0, LANE_NONE, 0);
    for (int i = 0; i < 100; i++) {
        say(m, t, 1, inside ? SAYS_CALL : SAYS_IO);
        if (!inside)
            tell(m, t + 50, EVENT_SWITCH_OUT, 1, 1, 0, 0);
        if (!inside)
            tell(m, t + 900, EVENT_SWITCH_IN, 1, 1, 0, 0);
        tell(m, t + 1000, EVENT_GIL_WANT, 1, 0, 0, 0);
        tell(m, t + 1000 + wait, EVENT_GIL_DROP, 0, 0, SAYS_GIL, DROP_FORCED);
        tell(m, t + 1000 + wait, EVENT_GIL_TAKE, 1, 0, 0, 0);
        t += 1100 + wait;
        tell(m, t, EVENT_GIL_DROP, 1, 0, SAYS_IO, DROP_BLOCK);
        tell(m, t, EVENT_GIL_TAKE, 0, 0, 1, 0);
    }
    end(m, t);
}
static void convoy(struct making *m)
{
    make_returns(m, 100, false);
}
static void short_waits(struct making *m)
{
    make_returns(m, 40, false);
}
static void not_from_outside(struct making *m)
{
    make_returns(m, 100, true);
}

/* A loop whose longest turn took so long, and what it did meanwhile. */
static void make_turn(struct making *m, uint64_t us, bool preempted)
{
    begin(m, ROLE_LOOP, 1);
    say(m, 0, 0, SAYS_IO);
    say(m, 100000, 0, SAYS_COMPUTE);
    if (preempted)
        tell(m, 101000, EVENT_SWITCH_OUT, 0, 0, 1, 0);
    if (preempted)
        tell(m, 99000 + us, EVENT_SWITCH_IN, 0, 0, 0, 0);
    tell(m, 100000 + us, EVENT_LOOP_TURN, 0, OBJECT_NONE, 3, us * US);
    say(m, 100000 + us, 0, SAYS_IO);
    tell(m, 400000, EVENT_LOOP_TURN, 0, OBJECT_NONE, 1, 100 * US);
    end(m, 500000);
}
static void blocked(struct making *m)
{
    make_turn(m, 60000, false);
}
static void short_turn(struct making *m)
{
    make_turn(m, 40000, false);
}
/* Much at once is no block: 30 tasks of 2 ms each, the last of which was due all the while. */
static void make_burst(struct making *m, uint32_t tasks, uint64_t each_us)
{
    begin(m, ROLE_LOOP, 1);
    for (uint32_t task = 0; task < tasks; task++) {
        tell(m, 100, EVENT_TASK_SUBMIT, LANE_NONE, task, 0, 0);
        tell(m, 200, EVENT_TASK_TAKE, 0, task, 0, 0);
        tell(m, 300, EVENT_TASK_WAIT, 0, task, 0, 0);
    }
    say(m, 300, 0, SAYS_IO);
    for (uint32_t task = 0; task < tasks; task++) {
        uint64_t t = 100000 + task * each_us;
        tell(m, t, EVENT_TASK_RUN, 0, task, 0, task * each_us * US);
        say(m, t, 0, SAYS_COMPUTE);
        tell(m, t + each_us, EVENT_TASK_DONE, 0, task, 0, 0);
    }
    end(m, 100000 + tasks * each_us);
}
static void burst(struct making *m)
{
    make_burst(m, 30, 2000);
}
static void long_pieces(struct making *m)
{
    make_burst(m, 3, 60000);
}
static void preempted_turn(struct making *m)
{
    make_turn(m, 60000, true);
}

/* Lanes that take turns at a lock, a GIL or a core; the last one gets so much of what is fair. */
static void make_turns(struct making *m, uint32_t lanes, uint32_t percent, enum says waits)
{
    uint64_t t = 0;
    begin(m, ROLE_WORKER, lanes);
    for (uint32_t lane = 0; lane < lanes; lane++)
        if (waits == SAYS_GIL)
            tell(m, 0, EVENT_GIL_WANT, lane, 0, 0, 0);
        else
            tell(m, 0, EVENT_LOCK_WANT, lane, 7, 0, 0);
    for (int round = 0; round < 50; round++)
        for (uint32_t lane = 0; lane < lanes; lane++) {
            uint64_t us = lane + 1 == lanes ? 40 * percent : 4000;
            if (us == 0)
                continue;
            tell(m, t, waits == SAYS_GIL ? EVENT_GIL_TAKE : EVENT_LOCK_TAKE, lane,
                 waits == SAYS_GIL ? 0 : 7, waits == SAYS_GIL ? LANE_NONE : SAYS_COMPUTE, 0);
            t += us;
            if (waits == SAYS_GIL)
                tell(m, t, EVENT_GIL_DROP, lane, 0, SAYS_GIL, DROP_FORCED);
            if (waits == SAYS_GIL)
                tell(m, t, EVENT_GIL_WANT, lane, 0, 0, 0);
            else
                tell(m, t, EVENT_LOCK_WANT, lane, 7, 0, 0);
        }
    end(m, t);
}
static void starving(struct making *m)
{
    make_turns(m, 3, 10, SAYS_GIL);
}
static void fair_turns(struct making *m)
{
    make_turns(m, 3, 80, SAYS_GIL);
}
static void locked(struct making *m)
{
    make_turns(m, 2, 100, SAYS_LOCK);
}

/* Two lanes of which each waits for the GIL so many percent of the time, and computes else. */
static void make_gil_share(struct making *m, uint32_t percent)
{
    begin(m, ROLE_WORKER, 2);
    for (uint64_t i = 0; i < 100; i++) {
        uint64_t t = i * 10000, wait = percent * 100;
        uint32_t one = (uint32_t)i % 2, other = 1 - one;
        tell(m, t, EVENT_GIL_TAKE, one, 0, other, 0);
        tell(m, t + 10000 - 2 * wait, EVENT_GIL_WANT, other, 0, 0, 0);
        tell(m, t + 10000, EVENT_GIL_DROP, one, 0, SAYS_NATIVE, DROP_BLOCK);
    }
    end(m, 1000000);
}
static void gil_bound(struct making *m)
{
    make_gil_share(m, 30);
}
static void gil_little(struct making *m)
{
    make_gil_share(m, 15);
}

/* Tasks come each ms and take so many us to serve. */
static void make_arrivals(struct making *m, uint64_t service_us, uint32_t stop_after)
{
    begin(m, ROLE_WORKER, 1);
    m->meta.kind = 1;
    uint64_t free_at = 0;
    uint32_t done = 0;
    say(m, 0, 0, SAYS_COMPUTE);
    for (uint32_t task = 0; task < 1000; task++) {
        uint64_t t = (uint64_t)task * 1000;
        if (task < stop_after)
            tell(m, t, EVENT_TASK_SUBMIT, LANE_NONE, task, 0, 0);
        while (done <= task && done < stop_after) {
            uint64_t begins = free_at > (uint64_t)done * 1000 ? free_at : (uint64_t)done * 1000;
            if (begins + service_us > t)
                break;
            tell(m, begins + service_us, EVENT_TASK_TAKE, 0, done, 0, 0);
            tell(m, begins + service_us, EVENT_TASK_DONE, 0, done++, 0, 0);
            free_at = begins + service_us;
        }
    }
    end(m, 1000000);
}
static void too_many_arrive(struct making *m)
{
    make_arrivals(m, 1300, 1000);
}
static void as_many_arrive(struct making *m)
{
    make_arrivals(m, 990, 1000);
}
static void arrivals_stop(struct making *m)
{
    make_arrivals(m, 1300, 700);
}

/* A pool of two with 40 tasks queued at once; each waits for the outside, then computes. */
static void make_pool(struct making *m, uint64_t io_us, uint64_t compute_us, uint32_t tasks)
{
    begin(m, ROLE_WORKER, 2);
    for (uint32_t task = 0; task < tasks; task++) {
        tell(m, 0, EVENT_TASK_SUBMIT, LANE_NONE, task, 0, 0);
        tell(m, 0, EVENT_QUEUE_PUSH, LANE_NONE, 0, task + 1, task);
    }
    uint64_t t = 0;
    for (uint32_t task = 0; task < tasks; task += 2) {
        for (uint32_t lane = 0; lane < 2 && task + lane < tasks; lane++) {
            tell(m, t, EVENT_QUEUE_POP, lane, 0, tasks - task - lane - 1, task + lane);
            tell(m, t, EVENT_TASK_TAKE, lane, task + lane, 0, 0);
            say(m, t, lane, SAYS_IO);
            tell(m, t, EVENT_SWITCH_OUT, lane, lane, 0, 0);
            tell(m, t + io_us, EVENT_SWITCH_IN, lane, lane, 0, 0);
            say(m, t + io_us, lane, SAYS_COMPUTE);
            tell(m, t + io_us + compute_us, EVENT_TASK_DONE, lane, task + lane, 0, 0);
        }
        t += io_us + compute_us;
    }
    end(m, t);
}
static void small_pool(struct making *m)
{
    make_pool(m, 20000, 1000, 40);
}
static void computing_pool(struct making *m)
{
    make_pool(m, 20000, 10000, 40);
}
static void large_pool(struct making *m)
{
    make_pool(m, 100000, 1000, 2);
}

/* Lanes that do one thing for so many percent of the time and compute else. */
static void make_mixed(struct making *m, uint32_t lanes, enum says says, uint32_t percent)
{
    begin(m, ROLE_WORKER, lanes);
    for (uint32_t lane = 0; lane < lanes; lane++)
        for (uint64_t i = 0; i < 50; i++) {
            say(m, i * 10000, lane, says);
            say(m, i * 10000 + 100 * percent, lane, SAYS_COMPUTE);
        }
    end(m, 500000);
}
static void packing(struct making *m)
{
    make_mixed(m, 2, SAYS_IPC, 40);
}
static void packing_little(struct making *m)
{
    make_mixed(m, 2, SAYS_IPC, 20);
}

/* Lanes that are preempted so many percent of the time, while the machine is busy so much. */
static void make_crowded(struct making *m, uint32_t lanes, uint32_t own, uint32_t ready,
                         uint32_t machine)
{
    begin(m, ROLE_WORKER, lanes);
    for (uint32_t lane = 0; lane < lanes; lane++) {
        say(m, 0, lane, SAYS_COMPUTE);
        for (uint64_t i = 0; i < 50; i++) {
            uint64_t t = i * 10000, on = own * 100, off = ready * 100;
            tell(m, t + lane, EVENT_SWITCH_IN, lane, lane % 2, 0, 0);
            say(m, t + lane, lane, SAYS_COMPUTE);
            tell(m, t + lane + on, EVENT_SWITCH_OUT, lane, lane % 2, 1, 0);
            if (on + off < 10000)
                say(m, t + lane + on + off, lane, SAYS_IDLE);
        }
    }
    for (uint32_t core = 0; core < 2; core++)
        tell(m, 500000, EVENT_SAMPLE_CORE, LANE_NONE, core, machine * 10, 500000 * US);
    end(m, 500000);
}
static void crowded(struct making *m)
{
    make_crowded(m, 2, 50, 50, 100);
}
static void crowded_little(struct making *m)
{
    make_crowded(m, 2, 85, 15, 100);
}
static void quiet_machine(struct making *m)
{
    make_crowded(m, 2, 50, 50, 55);
}
/* Beside another run on the same cores: who took them is not known. */
static void crowded_together(struct making *m)
{
    crowded(m);
    m->meta.run_count = 2;
    snprintf(m->meta.staging, sizeof m->meta.staging, "together");
}

/* Four lanes that take turns on two cores, or two of them on one each. */
static void make_sharing(struct making *m, uint32_t lanes)
{
    begin(m, ROLE_WORKER, lanes);
    for (uint32_t lane = 0; lane < lanes; lane++)
        say(m, 0, lane, SAYS_COMPUTE);
    for (uint32_t i = 0; i < 100; i++)
        for (uint32_t lane = 0; lane < lanes; lane++) {
            bool on = lanes <= 2 || (lane / 2 + i) % 2 == 0;
            if (on)
                tell(m, i * 5000, EVENT_SWITCH_IN, lane, lane % 2, 0, 0);
            if (on)
                tell(m, i * 5000 + 4999, EVENT_SWITCH_OUT, lane, lane % 2, 1, 0);
        }
    end(m, 500000);
}
static void too_many_lanes(struct making *m)
{
    make_sharing(m, 4);
}
static void enough_cores(struct making *m)
{
    make_sharing(m, 2);
}

/* The holder of the GIL is off its core for so many percent, while another waits. */
static void make_off_core(struct making *m, uint32_t percent)
{
    begin(m, ROLE_WORKER, 2);
    tell(m, 0, EVENT_GIL_TAKE, 0, 0, LANE_NONE, 0);
    tell(m, 0, EVENT_GIL_WANT, 1, 0, 0, 0);
    for (uint64_t i = 0; i < 100; i++) {
        tell(m, i * 5000, EVENT_SWITCH_IN, 0, 0, 0, 0);
        tell(m, i * 5000 + 5000 - 50 * percent, EVENT_SWITCH_OUT, 0, 0, 1, 0);
    }
    end(m, 500000);
}
static void off_core(struct making *m)
{
    make_off_core(m, 10);
}
static void off_core_little(struct making *m)
{
    make_off_core(m, 2);
}

static void make_start(struct making *m, uint64_t first_us)
{
    begin(m, ROLE_WORKER, 2);
    tell(m, 0, EVENT_TASK_SUBMIT, LANE_NONE, 0, 0, 0);
    tell(m, first_us, EVENT_TASK_TAKE, 0, 0, 0, 0);
    say(m, first_us, 0, SAYS_COMPUTE);
    say(m, first_us, 1, SAYS_COMPUTE);
    tell(m, 200000, EVENT_TASK_DONE, 0, 0, 0, 0);
    end(m, 200000);
}
static void slow_start(struct making *m)
{
    make_start(m, 60000);
}
static void quick_start(struct making *m)
{
    make_start(m, 40000);
}

static void make_idle(struct making *m, uint32_t tasks)
{
    begin(m, ROLE_WORKER, 4);
    say(m, 10, 0, SAYS_COMPUTE);
    for (uint32_t task = 0; task < tasks; task++) {
        tell(m, 10, EVENT_TASK_SUBMIT, LANE_NONE, task, 0, 0);
        tell(m, 10, EVENT_TASK_TAKE, task % 4, task, 0, 0);
        tell(m, 200000, EVENT_TASK_DONE, task % 4, task, 0, 0);
    }
    end(m, 200000);
}
static void idle(struct making *m)
{
    make_idle(m, 2);
}
static void a_task_each(struct making *m)
{
    make_idle(m, 4);
}

static void make_status(struct making *m, enum run_status status, uint64_t us)
{
    begin(m, ROLE_WORKER, 2);
    m->meta.runs[0].status = status;
    m->meta.runs[0].gave_up_at = 812;
    strcpy(m->meta.runs[0].reason, "fork: no more processes");
    say(m, 0, 0, SAYS_COMPUTE);
    say(m, 0, 1, SAYS_COMPUTE);
    end(m, us);
}
static void limited(struct making *m)
{
    make_status(m, RUN_LIMITED, 3000);
}
static void failed(struct making *m)
{
    make_status(m, RUN_FAILED, 3000);
}
static void stopped(struct making *m)
{
    make_status(m, RUN_STOPPED, 300000);
}

static void losing(struct making *m)
{
    begin(m, ROLE_WORKER, 1);
    say(m, 0, 0, SAYS_COMPUTE);
    tell(m, 90000, EVENT_LOST, 0, LOST_RING, 0, 12);
    tell(m, 95000, EVENT_LOST, 0, LOST_RING, 0, 3);
    end(m, 200000);
}
static void losing_none(struct making *m)
{
    begin(m, ROLE_WORKER, 1);
    say(m, 0, 0, SAYS_COMPUTE);
    tell(m, 90000, EVENT_LOST, 0, LOST_RING, 0, 0);
    end(m, 200000);
}

/* ---- what is wanted ---- */

const struct ailing ailings[] = {
    { "run failed",
      failed,
      { limited, stopped },
      3000,
      3000,
      "failed after 3ms with 0 of 0 tasks done: fork: no more processes." },
    { "gave up at a limit",
      limited,
      { failed, stopped },
      3000,
      3000,
      "gave up at 812 after 3ms: fork: no more processes." },
    { "blocked loop",
      blocked,
      { short_turn, preempted_turn, burst },
      100000,
      160000,
      "had to wait 60ms for the loop, which was at one thing for 60ms in the mean and spent 100 % of "
      "that time in `run`" },
    { "blocked loop",
      long_pieces,
      { burst, idle },
      100000,
      280000,
      "had to wait 120ms for the loop, which was at one thing for " },
    { "GIL convoy",
      convoy,
      { short_waits, not_from_outside },
      0,
      620000,
      "w1 came back from the outside and then waited 5ms for the GIL" },
    { "GIL-bound",
      gil_bound,
      { gil_little, packing },
      0,
      1000000,
      "30 % of the workers' time went into waiting for the GIL" },
    { "lock-bound",
      locked,
      { gil_bound, packing },
      0,
      400000,
      "50 % of the workers' time went into waiting for locks" },
    { "starvation", starving, { fair_turns, gil_bound }, 0, 420000, "w2 waited 95 % of its life" },
    { "unbounded queue",
      too_many_arrive,
      { as_many_arrive, arrivals_stop },
      400000,
      600000,
      "in the second half 998 tasks a second came and 768 were done" },
    { "pool too small",
      small_pool,
      { computing_pool, large_pool },
      0,
      420000,
      "tasks were queued for 9" },
    { "serialisation-bound",
      packing,
      { packing_little, gil_bound },
      0,
      500000,
      "40 % of the workers' busy time" },
    { "more lanes than cores",
      too_many_lanes,
      { enough_cores, crowded },
      0,
      500000,
      "4 lanes shared 2 cores and kept 2.0 of them busy: 50 %" },
    { "others took the cores",
      crowded,
      { crowded_little, quiet_machine, crowded_together },
      0,
      500000,
      "waited 50 % of their time for a core, though they kept only 1.0 of 2 busy: others on this "
      "machine used 1.0" },
    { "holder off core",
      off_core,
      { off_core_little, gil_bound },
      0,
      500000,
      "lanes waited for a GIL whose holder was off its core itself" },
    { "start-up cost",
      slow_start,
      { quick_start, losing },
      60000,
      60000,
      "it took 60ms until the first task was taken, of 200ms in all (30 %)" },
    { "more lanes than tasks",
      idle,
      { a_task_each, quick_start },
      0,
      200000,
      "4 lanes for 2 tasks: 75 % of their time they had no work" },
    { "events lost", losing, { losing_none, idle }, 90000, 90000, "15 of " },
};
const size_t ailing_count = sizeof ailings / sizeof *ailings;

struct timeline *ailing_feed(const struct making *m, size_t piece)
{
    struct timeline *timeline = timeline_new();
    struct meta early = m->meta;
    early.runs[0].status = RUN_LIVE;
    timeline_tell(timeline, piece < m->count ? &early : &m->meta, 0);
    for (size_t at = 0; at < m->count; at += piece) {
        size_t count = m->count - at < piece ? m->count - at : piece;
        timeline_feed(timeline, m->events + at, count);
        if (piece < m->count)
            timeline_tell(timeline, &early, m->events[at + count - 1].time);
    }
    timeline_tell(timeline, &m->meta, m->events[m->count - 1].time);
    return timeline;
}
