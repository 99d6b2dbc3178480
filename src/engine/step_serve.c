/*
 * `serve`: a line of a service's connection is said in the model's way (service.h). The connection's
 * life around it - coming in, reading, leaving - is the model's service. That a service has this one
 * step, and a batch never, was checked when the plan was read.
 */
#include "engine/step_rows.h"

#include "engine/service.h"

static bool serve_run(struct lane *lane, struct task *task, const struct plan_step *step)
{
    struct spoken *spoken = task->context;
    (void)step;
    return spoken->say(lane, spoken);
}

static bool serve_start(struct lane *lane, struct ev_loop *loop, struct task *task,
                        const struct plan_step *step, bool *done)
{
    struct spoken *spoken = task->context;
    (void)loop, (void)step;
    *done = spoken->say(lane, spoken);
    return true;
}

const struct step_row step_serve = {
    .name = "serve",
    .run = serve_run,
    .start = serve_start,
};
