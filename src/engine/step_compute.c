/*
 * `compute`: a kernel, as often as asked, in one of two ways. `python`: the lane holds the GIL and
 * looks up from its work after each quantum, as an interpreter does. `native`: the GIL is given up
 * for each round, as a C extension does around its loop. The work is the same.
 *
 * It has no evented way: who computes in a loop keeps everybody else waiting.
 */
#include "engine/step_rows.h"

#include "base/memory.h"
#include "engine/kernel.h"
#include "engine/stage.h"

#include <errno.h>
#include <stdlib.h>

static const struct kernel *const kernels[KERNEL_COUNT] = {
    [KERNEL_MATMUL] = &kernel_matmul,         [KERNEL_STATS] = &kernel_stats,
    [KERNEL_PARSE] = &kernel_parse,           [KERNEL_HASH] = &kernel_hash,
    [KERNEL_MANDELBROT] = &kernel_mandelbrot,
};

/* What the kernels keep in a lane. */
struct compute {
    void *state[KERNEL_COUNT];
};

static struct compute *compute_of(struct lane *lane)
{
    if (lane->steps[STEP_COMPUTE] == NULL)
        lane->steps[STEP_COMPUTE] = mem_zero(1, sizeof(struct compute));
    return lane->steps[STEP_COMPUTE];
}

/* False: stopped before its end. */
static bool compute_python(struct lane *lane, struct task *task, const struct kernel *kernel,
                           void *state)
{
    for (;;) {
        bool more = kernel->advance(state);
        task->figure++;
        lane_quantum(lane);
        if (!more)
            return true;
        if (lane_should_stop(lane))
            return false;
    }
}

static bool compute_native(struct lane *lane, struct task *task, const struct kernel *kernel,
                           void *state)
{
    bool more = true;
    lane_leave(lane, SAYS_NATIVE);
    for (; more && !(task->figure > 0 && lane_should_stop(lane)); task->figure++)
        more = kernel->advance(state);
    lane_enter(lane);
    lane_check(lane);
    return !more;
}

static bool compute_run(struct lane *lane, struct task *task, const struct plan_step *step)
{
    enum compute_kernel which = (enum compute_kernel)step_value(lane, step, COMPUTE_KERNEL);
    enum compute_mode mode = (enum compute_mode)step_value(lane, step, COMPUTE_MODE);
    int64_t rounds = step_value(lane, step, COMPUTE_COUNT);
    const struct kernel *kernel = kernels[which];
    if (kernel->needs_page && task->page.size == 0)
        return task_fail(task, ENODATA, "compute %s: there is no page; a get has to come before it",
                         kernel->name);
    struct compute *compute = compute_of(lane);
    struct kernel_input input = { .seed = lane->stage->arena.header->seed,
                                  .task = task->id,
                                  .size = (uint64_t)step_value(lane, step, COMPUTE_SIZE),
                                  .page = task->page.data,
                                  .page_size = task->page.size };
    for (; input.round < rounds; input.round++) {
        void *state = compute->state[which] = kernel->begin(compute->state[which], &input);
        if (!(mode == MODE_NATIVE ? compute_native : compute_python)(lane, task, kernel, state))
            return false;
        task_mix(task, kernel->checksum(state));
    }
    return true;
}

static void compute_lane_end(struct lane *lane, void *state)
{
    (void)lane;
    struct compute *compute = state;
    for (size_t i = 0; i < KERNEL_COUNT; i++)
        if (compute->state[i] != NULL)
            kernels[i]->free(compute->state[i]);
    free(compute);
}

const struct step_row step_compute = {
    .name = "compute",
    .run = compute_run,
    .lane_end = compute_lane_end,
};
