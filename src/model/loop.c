/*
 * `loop`: one thread on an event loop. All tasks are started at once, as asyncio.gather() does, and
 * go on whenever what they wait for has come; results are variables. Who computes or blocks keeps
 * all others waiting.
 */
#include "model/model.h"

#include "base/memory.h"
#include "engine/evented.h"
#include "engine/service.h"
#include "engine/step.h"

#include <stdlib.h>

struct gather {
    struct stage *stage;
    struct evented *evented;
    struct task *tasks;
    uint32_t left;
};

static void gather_collect(struct task *task, void *context)
{
    struct gather *gather = context;
    struct stage *stage = gather->stage;
    if (task->failed == 0)
        stage_collect(stage, &stage->main, task->id, task->sent.size, task->checksum);
    task_fini(task);
    if (--gather->left == 0)
        evented_end(gather->evented);
}

static void gather_start(struct gather *gather, uint32_t count)
{
    struct lane *lane = &gather->stage->main;
    evented_turn(gather->evented, count);
    for (uint32_t id = 0; id < count; id++) {
        struct task *task = &gather->tasks[id];
        task_init(task, id);
        task->resumed = gather_collect;
        task->context = gather;
        if (!lane_should_stop(lane) && task_start(lane, evented_loop(gather->evented), task))
            gather_collect(task, gather);
    }
}

static bool loop_batch(struct stage *stage, struct error *error)
{
    struct lane *lane = &stage->main;
    const struct evented_options options = { .waits_as = SAYS_IO };
    (void)error;
    lane_enter(lane);
    uint32_t count = stage_submit_all(stage, lane);
    struct gather gather = {
        .stage = stage,
        .evented = evented_new(lane, &options),
        .tasks = mem_zero(count, sizeof *gather.tasks),
        .left = count,
    };
    gather_start(&gather, count);
    if (gather.left > 0)
        evented_run(gather.evented);
    stage_end(stage, gather.left == 0);
    evented_free(gather.evented);
    for (uint32_t id = 0; id < count; id++) {
        task_fini(&gather.tasks[id]);
        free(gather.tasks[id].waiting);
    }
    free(gather.tasks);
    return true;
}

static uint32_t loop_lanes(const struct plan *plan, const int64_t *params)
{
    (void)plan, (void)params;
    return 1 + LANES_OUTSIDE;
}

const struct model model_loop = {
    .name = "loop",
    .title = "EVENT LOOP",
    .help = "one thread on an event loop; tasks are its rows, results are variables",
    .main_role = ROLE_LOOP,
    .batch = loop_batch,
    .service = serve_loop,
    .lanes = loop_lanes,
};
