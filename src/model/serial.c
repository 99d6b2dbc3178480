/*
 * `serial`: one thread takes one task after the other. The baseline of every speed-up: no queue, no
 * hand-over, nobody to wait for.
 */
#include "model/model.h"

#include "engine/step.h"

static bool serial_batch(struct stage *stage, struct error *error)
{
    (void)error;
    struct lane *lane = &stage->main;
    lane_enter(lane);
    uint32_t count = stage_submit_all(stage, lane), id = 0;
    for (bool went_on = true; id < count && went_on; id += went_on) {
        struct task task;
        task_init(&task, id);
        went_on = task_run(lane, &task);
        if (went_on && task.failed == 0)
            stage_collect(stage, lane, id, task.sent.size, task.checksum);
        task_fini(&task);
        count += stage_submit_burst(stage, lane);
    }
    stage_end(stage, id == count);
    return true;
}

static const char *serial_cannot(const struct plan *plan)
{
    if (plan->kind == PLAN_SERVICE)
        return "it serves one connection at a time, so a room never forms";
    return NULL;
}

static uint32_t serial_lanes(const struct plan *plan, const int64_t *params)
{
    (void)plan;
    (void)params;
    return STAGE_LANES_OTHER;
}

const struct model model_serial = {
    .name = "serial",
    .title = "SERIAL",
    .help = "one thread, one task after the other; the baseline",
    .main_role = ROLE_WORKER,
    .no_pool = "one thread, it has no other workers",
    .cannot = serial_cannot,
    .batch = serial_batch,
    .lanes = serial_lanes,
};
