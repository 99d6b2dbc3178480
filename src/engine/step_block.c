/*
 * `block`: a blocking call that the model cannot wait on, as time.sleep in a coroutine. It has no
 * evented way: a loop that meets it stands still, and that is what it is there to show. The call
 * itself is one that waits for time to pass; a stopped run ends it early.
 */
#include "engine/step_rows.h"

static bool block_run(struct lane *lane, struct task *task, const struct plan_step *step)
{
    uint64_t time_ns = (uint64_t)step_value(lane, step, BLOCK_TIME);
    task->figure = time_ns;
    return lane_sleep(lane, time_ns);
}

const struct step_row step_block = {
    .name = "block",
    .run = block_run,
};
