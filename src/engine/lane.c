/*
 * A lane: what it says, and the way in and out of the interpreter.
 *
 * Invariant: lane->says is what the trace says of the lane; whoever changes one changes the other.
 * Where a GIL is on, a lane that says COMPUTE holds it, but for the quantum in which the GIL was
 * turned on.
 *
 * It deliberately knows no model and no task's steps.
 */
#include "engine/lane.h"

#include "base/clock.h"
#include "engine/spin.h"
#include "engine/stage.h"
#include "engine/step.h"

#include <string.h>

/* A hand's blocking call: long enough to be seen beside tasks of some milliseconds. */
static const uint64_t hand_block_ns = 500 * NS_PER_MS;

_Static_assert(sizeof((struct lane){ 0 }.steps) / sizeof(void *) >= STEP_KIND_COUNT,
               "each step kind keeps a state of its own in a lane");

void lane_begin(struct lane *lane, struct stage *stage, struct gil *gil, enum lane_role role,
                uint32_t index)
{
    memset(lane, 0, sizeof *lane);
    lane->stage = stage;
    lane->gil = gil;
    lane->role = role;
    lane->index = index;
    lane->task = TASK_NONE;
    lane->says = SAYS_IDLE;
    /* One behind: what was turned or asked before it began is looked at first. */
    lane->params_version =
        atomic_load_explicit(&stage->arena.header->params_version, memory_order_acquire) - 1;
    ring_open(&lane->ring, &stage->arena, stage->run_index, role, index);
}

void lane_free_steps(struct lane *lane)
{
    for (size_t kind = 0; kind < STEP_KIND_COUNT; kind++) {
        const struct step_row *row = steps_table[kind];
        if (lane->steps[kind] != NULL && row != NULL && row->lane_end != NULL)
            row->lane_end(lane, lane->steps[kind]);
        lane->steps[kind] = NULL;
    }
}

void lane_end(struct lane *lane)
{
    lane_free_steps(lane);
    gil_drop(lane->gil, lane, SAYS_IDLE, DROP_END);
    ring_close(&lane->ring, &lane->stage->arena);
}

void lane_say(struct lane *lane, enum says says)
{
    if (lane->says == says)
        return;
    lane->says = says;
    ring_emit(&lane->ring, EVENT_SAY, lane->task, (uint32_t)says, 0);
}

void lane_enter(struct lane *lane)
{
    gil_take(lane->gil, lane);
}

void lane_leave(struct lane *lane, enum says says)
{
    gil_drop(lane->gil, lane, says, DROP_BLOCK);
}

bool lane_is_to_block(const struct lane *lane)
{
    return role_is_worker(lane->role) &&
           atomic_load_explicit(&lane->stage->run->blocks_asked, memory_order_relaxed) > 0;
}

/* A call that nobody can wait on, right here: who shares the lane's thread waits for it. */
static void lane_block(struct lane *lane)
{
    const uint32_t step = STEP_OF_HAND | (uint32_t)STEP_BLOCK << 16;
    ring_emit(&lane->ring, EVENT_STEP_BEGIN, lane->task, step, 0);
    lane_sleep(lane, hand_block_ns);
    ring_emit(&lane->ring, EVENT_STEP_END, lane->task, step, hand_block_ns);
}

/* This lane is the first of the run to see a parameter's new value. */
static void lane_apply_param(struct lane *lane, uint32_t param)
{
    ring_emit(&lane->ring, EVENT_PARAM_APPLIED, param, 0,
              (uint64_t)stage_param(lane->stage, (int)param));
    if (param == PARAM_SWITCH_INTERVAL)
        gil_wait_anew(lane->gil);
}

/* The parameters changed since the lane looked last. */
static void lane_apply_params(struct lane *lane, uint32_t version)
{
    const struct arena_header *header = lane->stage->arena.header;
    struct arena_run *run = lane->stage->run;
    lane->params_version = version;
    for (uint32_t i = 0; i < header->param_count; i++) {
        uint32_t now = atomic_load_explicit(&header->param[i].version, memory_order_acquire);
        uint32_t seen = atomic_load_explicit(&run->param_applied[i], memory_order_relaxed);
        if (now != seen && (lane->stage->elsewhere >> i & 1) == 0 &&
            atomic_compare_exchange_strong(&run->param_applied[i], &seen, now))
            lane_apply_param(lane, i);
    }
    gil_enable(lane->gil, stage_param(lane->stage, PARAM_GIL) != 0);
    if (!lane_is_to_block(lane))
        return;
    if (lane->says != SAYS_COMPUTE)
        lane->params_version--; /* it looks again */
    else if (arena_take_one(&run->blocks_asked))
        lane_block(lane);
}

void lane_poll_params(struct lane *lane)
{
    const struct arena_header *header = lane->stage->arena.header;
    uint32_t version = atomic_load_explicit(&header->params_version, memory_order_relaxed);
    if (version != lane->params_version)
        lane_apply_params(lane, version);
}

void lane_check(struct lane *lane)
{
    lane_poll_params(lane);
    gil_check(lane->gil, lane);
}

void lane_quantum(struct lane *lane)
{
    spin_for_ns(lane->stage->arena.header, (uint64_t)stage_param(lane->stage, PARAM_BYTECODE));
    lane_check(lane);
}

void lane_bytecode(struct lane *lane)
{
    spin_for_ns(lane->stage->arena.header, (uint64_t)stage_param(lane->stage, PARAM_BYTECODE) / 2);
    lane_check(lane);
}

bool lane_should_stop(const struct lane *lane)
{
    return stage_should_stop(lane->stage);
}

bool lane_sleep(struct lane *lane, uint64_t wait_ns)
{
    uint64_t now_ns = clock_now(), until_ns = now_ns + wait_ns;
    lane_leave(lane, SAYS_IO);
    while (now_ns < until_ns && !lane_should_stop(lane)) {
        arena_wait(&lane->stage->run->stop, 0, until_ns - now_ns); /* a stop wakes */
        now_ns = clock_now();
    }
    bool whole = now_ns >= until_ns;
    lane_enter(lane);
    return whole;
}
