/*
 * What a viewer does with a race that runs: knobs, hands, marks.
 *
 * A knob is a parameter in shared memory; a hand is a word there that a lane, the stage or the crowd
 * takes (arena.h), or a signal. The trace is told first, so that no effect is older than its cause.
 * Invariant: race->turns is sorted by run time, and turn_next is the first one that the turn that is
 * live has not had.
 *
 * It deliberately reads no event, so what came of a hand is told by the recording alone. The one
 * thing looked up is whom to kill: the run's table of lanes.
 */
#include "race/conduct.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

const char *const hand_names[] = { "block", "kill", "burst", NULL };
static const enum mark_kind hand_marks[HAND_COUNT] = { MARK_BLOCK, MARK_KILL, MARK_BURST };

static void tell_run(struct race *race, size_t i, uint64_t mono_ns, struct event event)
{
    event.run = (uint16_t)i;
    event.lane = LANE_NONE;
    race_tell_event(race, mono_ns, &event);
}

static void tell_mark(struct race *race, size_t i, uint64_t mono_ns, enum mark_kind kind)
{
    tell_run(race, i, mono_ns, (struct event){ .kind = EVENT_MARK, .object = (uint32_t)kind });
}

static void tell_knob(struct race *race, size_t i, int param, int64_t value)
{
    tell_run(
        race, i, clock_now(),
        (struct event){ .kind = EVENT_PARAM_SET, .object = (uint32_t)param, .b = (uint64_t)value });
}

/* When t = 0 of a run was that is let go: the stage's word, where it has come to that. */
static uint64_t run_began(const struct race *race, size_t i)
{
    uint64_t gone_ns = atomic_load(&arena_run(&race->arena, (uint32_t)i)->gone_ns);
    return gone_ns != 0 ? gone_ns : race->runs[i].go_ns;
}

/* ---- Turns ---- */

static void not_comparable(struct race *race, const char *what)
{
    race->meta.comparable = false;
    snprintf(race->meta.comparable_reason, sizeof race->meta.comparable_reason,
             "%s after a run had ended", what);
    race->meta_changed = true;
}

static bool is_past(const struct race *race, size_t i)
{
    return race->runs[i].step > AT_LIVE && race->meta.runs[i].status != RUN_UNSUPPORTED;
}

/* Done now, in the first run that is live: for the turns to come, and against those that were. */
static void remember(struct race *race, int live, int param, int64_t value, const char *what)
{
    for (size_t i = 0; i < race->run_count; i++)
        if (is_past(race, i))
            not_comparable(race, what);
    if (race->staging != STAGING_TURNS || race->turn_count == TURNS_MAX)
        return;
    /* Those before turn_next were done earlier, those after it come later: it stays sorted. */
    struct turn *at = &race->turns[race->turn_next++];
    memmove(at + 1, at, (race->turn_count++ - (race->turn_next - 1)) * sizeof *at);
    *at = (struct turn){ .t_ns = clock_now() - run_began(race, (size_t)live),
                         .param = param,
                         .value = value };
}

/* ---- Knobs ---- */

void race_turn_knob(struct race *race, int param, int64_t value)
{
    int live = race_live_run(race);
    if (live < 0) {
        arena_param_set(&race->arena, param, value);
        race->start_values[param] = value;
        return;
    }
    for (size_t i = 0; i < race->run_count; i++)
        if (race->runs[i].step == AT_LIVE)
            tell_knob(race, i, param, value);
    arena_param_set(&race->arena, param, value);
    remember(race, live, param, value, "a knob was turned");
}

/* What the model says of it, or NULL. */
static const char *knob_idle_in(const struct race *race, size_t i, int param)
{
    const struct model *model = race->runs[i].model;
    bool gil = param == PARAM_GIL || param == PARAM_SWITCH_INTERVAL;
    if (gil && model->without_gil)
        return "there is no GIL";
    if (gil && model->no_pool != NULL)
        return "it is one thread, and nobody else wants its GIL";
    if (param == PARAM_WORKERS && race->kind == PLAN_SERVICE)
        return "a service has no pool; its clients are what can be more or fewer";
    if (param == PARAM_WORKERS)
        return model->no_pool;
    return NULL;
}

const char *race_knob_idle(struct race *race, int param)
{
    for (size_t i = 0; i < race->run_count; i++) {
        if (race->runs[i].step != AT_LIVE)
            continue;
        const char *idle = knob_idle_in(race, i, param);
        if (idle == NULL)
            continue;
        snprintf(race->idle, sizeof race->idle, "%s: %s", race->meta.runs[i].title, idle);
        return race->idle;
    }
    return NULL;
}

/* ---- Hands ---- */

/* The living worker with the highest number; NULL: none lives. */
static const struct arena_lane *last_worker(const struct race *race, size_t i)
{
    const struct arena_run *block = arena_run(&race->arena, (uint32_t)i);
    const struct arena_lane *last = NULL;
    uint32_t lanes = atomic_load(&block->next_lane), index = 0;
    for (uint32_t lane = 0; lane < lanes && lane < block->lane_capacity; lane++) {
        const struct arena_lane *row = arena_lane(&race->arena, (uint32_t)i, lane);
        uint32_t word = atomic_load(&row->role_and_index);
        /* One that has not written its first event yet would end and never have begun. */
        if (atomic_load_explicit(&row->alive, memory_order_acquire) != 1 ||
            atomic_load(arena_head(&race->arena, (uint32_t)i, lane)) == 0 ||
            !role_is_worker((enum lane_role)(word & 0xff)) || word >> 8 < index)
            continue;
        last = row;
        index = word >> 8;
    }
    return last;
}

static void kill_worker(struct race *race, size_t i, const struct arena_lane *worker)
{
    struct run *run = &race->runs[i];
    char name[16];
    lane_name(atomic_load(&worker->role_and_index), name, sizeof name);
    pid_t pid = atomic_load(&worker->pid);
    if (pid == run->stage_pid) {
        run->killed = true;
        spawner_kill(race->spawner, pid, SIGKILL);
        snprintf(race->said, sizeof race->said,
                 "%s: %s was killed, and with it the process that all of them share",
                 race->meta.runs[i].title, name);
    } else {
        kill(pid, SIGKILL);
        snprintf(race->said, sizeof race->said, "%s: %s was killed; the others go on",
                 race->meta.runs[i].title, name);
    }
}

/* How many tasks or lines; `amount` of a service is in thousandths a second. */
static uint32_t burst_size(const struct race *race)
{
    int64_t amount =
        race->amount.param < 0 ? race->amount.literal : race_param(race, race->amount.param);
    int64_t size = race->kind == PLAN_BATCH ? amount / 10 : amount / 1000;
    return size < 1 ? 1 : (uint32_t)size;
}

/* One run's part of it; `worker` is there for a kill only. */
static void hand_on(struct race *race, size_t i, enum hand hand, const struct arena_lane *worker)
{
    struct arena_run *block = arena_run(&race->arena, (uint32_t)i);
    tell_mark(race, i, clock_now(), hand_marks[hand]);
    switch (hand) {
    case HAND_BLOCK:
        atomic_fetch_add(&block->blocks_asked, 1);
        snprintf(race->said, sizeof race->said,
                 "the next worker that looks blocks for 500 ms in a call");
        break;
    case HAND_KILL:
        kill_worker(race, i, worker);
        break;
    default:
        atomic_fetch_add(&block->burst_asked, burst_size(race));
        snprintf(race->said, sizeof race->said, "a burst: %u %s more", burst_size(race),
                 race->kind == PLAN_BATCH ? "tasks" : "lines");
    }
    arena_nudge(&race->arena);
}

/* Why no hand of this kind can be laid on this run, or NULL. */
static const char *hand_refused(const struct race *race, size_t i, enum hand hand,
                                const struct arena_lane **worker)
{
    *worker = NULL;
    if (hand == HAND_BURST && race->kind == PLAN_SERVICE &&
        (race->outside != OUTSIDE_CROWD || race->arena.header->listen[0] != '\0'))
        return "no crowd speaks here: the load is your own, and so are its bursts";
    if (hand == HAND_KILL && (*worker = last_worker(race, i)) == NULL)
        return "no worker lives that could be killed";
    return NULL;
}

const char *race_hand(struct race *race, enum hand hand)
{
    int live = race_live_run(race);
    const char *refused = "no run is live now";
    bool done = false;
    for (size_t i = 0; live >= 0 && i < race->run_count; i++) {
        const struct arena_lane *worker;
        if (race->runs[i].step != AT_LIVE)
            continue;
        const char *why = hand_refused(race, i, hand, &worker);
        if (why == NULL)
            hand_on(race, i, hand, worker);
        else
            refused = why;
        done = done || why == NULL;
    }
    if (!done)
        return refused;
    remember(race, live, -1, (int64_t)hand,
             hand == HAND_BLOCK  ? "a blocking call was made"
             : hand == HAND_KILL ? "a worker was killed"
                                 : "a burst came");
    return NULL;
}

const char *race_said(const struct race *race)
{
    return race->said;
}

static void do_again(struct race *race, size_t i, const struct turn *turn)
{
    const struct arena_lane *worker;
    if (turn->param >= 0)
        tell_knob(race, i, turn->param, turn->value);
    else if (turn->value == HAND_COUNT)
        tell_mark(race, i, clock_now(), MARK_USER);
    else if (hand_refused(race, i, (enum hand)turn->value, &worker) == NULL)
        hand_on(race, i, (enum hand)turn->value, worker);
}

void hands_again(struct race *race, size_t i, uint64_t now_ns)
{
    bool turns = race->staging == STAGING_TURNS;
    if (!turns && (int)i != race_live_run(race))
        return;
    while (race->turn_next < race->turn_count) {
        const struct turn *turn = &race->turns[race->turn_next];
        uint64_t began_ns = run_began(race, i);
        if (now_ns <= began_ns || now_ns - began_ns <= turn->t_ns)
            return;
        race->turn_next++;
        for (size_t run = 0; run < race->run_count; run++)
            if (race->runs[run].step == AT_LIVE)
                do_again(race, run, turn);
        if (turn->param >= 0)
            arena_param_set(&race->arena, turn->param, turn->value);
    }
}

bool race_schedule(struct race *race, uint64_t t_ns, int param, int64_t value)
{
    if (race->turn_count == TURNS_MAX)
        return false;
    size_t place = race->turn_count++;
    for (; place > 0 && race->turns[place - 1].t_ns > t_ns; place--)
        race->turns[place] = race->turns[place - 1];
    race->turns[place] = (struct turn){ .t_ns = t_ns, .param = param, .value = value };
    return true;
}

bool race_killed(const struct race *race, size_t run)
{
    return run < race->run_count && race->runs[run].killed;
}

/* ---- Marks ---- */

void race_mark(struct race *race, enum mark_kind kind)
{
    for (size_t i = 0; i < race->run_count; i++)
        if (race->runs[i].step == AT_LIVE)
            tell_mark(race, i, clock_now(), kind);
}

void race_mark_at(struct race *race, size_t run, uint64_t t_ns, enum mark_kind kind)
{
    if (run < race->run_count && race->runs[run].go_ns != 0)
        tell_mark(race, run, run_began(race, run) + t_ns, kind);
}
