/*
 * Carrying a task through its steps on one lane, and the parts of that which every carrier shares.
 *
 * Invariant: between two steps the lane computes (it has the GIL, where there is one). A task that
 * was begun ends in exactly one of TASK_DONE and TASK_FAIL, unless the run is stopped before.
 */
#include "engine/step.h"

#include "engine/stage.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void task_init(struct task *task, uint32_t id)
{
    memset(task, 0, sizeof *task);
    task->id = id;
}

void task_fini(struct task *task)
{
    buffer_fini(&task->page);
    buffer_fini(&task->sent);
}

void task_mix(struct task *task, uint64_t value)
{
    uint64_t mixed = (task->checksum ^ value) * UINT64_C(0xff51afd7ed558ccd);
    task->checksum = mixed ^ mixed >> 32;
}

bool task_fail(struct task *task, int error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(task->why, sizeof task->why, format, arguments);
    va_end(arguments);
    task->failed = error;
    return false;
}

int64_t step_value(const struct lane *lane, const struct plan_step *step, int field)
{
    const struct plan_value *value = &step->value[field];
    return value->param < 0 ? value->literal : stage_param(lane->stage, value->param);
}

static const struct plan_step *task_plan_step(const struct lane *lane, const struct task *task)
{
    return &lane->stage->plan->steps[task->step];
}

static uint32_t step_word(const struct lane *lane, const struct task *task)
{
    return task->step | (uint32_t)task_plan_step(lane, task)->kind << 16;
}

void task_take(struct lane *lane, struct task *task)
{
    lane->task = task->id;
    lane_enter(lane);
    if (!task->taken)
        ring_emit(&lane->ring, EVENT_TASK_TAKE, task->id, 0, 0);
    task->taken = true;
}

void task_step_begin(struct lane *lane, struct task *task)
{
    task->figure = 0;
    ring_emit(&lane->ring, EVENT_STEP_BEGIN, task->id, step_word(lane, task), 0);
    lane_bytecode(lane);
}

void task_step_end(struct lane *lane, struct task *task)
{
    lane_bytecode(lane);
    ring_emit(&lane->ring, EVENT_STEP_END, task->id, step_word(lane, task), task->figure);
}

void task_over(struct lane *lane, struct task *task)
{
    if (task->failed != 0)
        ring_emit(&lane->ring, EVENT_TASK_FAIL, task->id, (uint32_t)task->failed, 0);
    else
        ring_emit(&lane->ring, EVENT_TASK_DONE, task->id, (uint32_t)task->sent.size,
                  task->checksum);
    lane->task = TASK_NONE;
}

/* False: the run was stopped before the step ended. */
static bool task_run_step(struct lane *lane, struct task *task)
{
    const struct plan_step *step = task_plan_step(lane, task);
    const struct step_row *row = steps_table[step->kind];
    task_step_begin(lane, task);
    if (row == NULL)
        task_fail(task, ENOSYS, "no lane can do the step %s yet", step_rows[step->kind].name);
    else if (!row->run(lane, task, step) && task->failed == 0)
        return false;
    task_step_end(lane, task);
    return true;
}

bool task_run(struct lane *lane, struct task *task)
{
    uint32_t count = (uint32_t)lane->stage->plan->step_count;
    task_take(lane, task);
    while (task->step < count && task->failed == 0) {
        if (lane_should_stop(lane) || !task_run_step(lane, task)) {
            lane->task = TASK_NONE;
            return false;
        }
        task->step++;
    }
    task_over(lane, task);
    return true;
}
