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

/* Tasks that were submitted together; they do not move while they are carried. */
struct flock {
    struct flock *next;
    uint32_t count;
    struct task tasks[];
};

struct gather {
    struct stage *stage;
    struct evented *evented;
    struct flock *flocks;
    uint32_t submitted, left;
};

static void gather_start(struct gather *gather, uint32_t count);

/* What a hand asked for on top; in a turn. */
static void gather_burst(struct gather *gather)
{
    uint32_t count = stage_submit_burst(gather->stage, &gather->stage->main);
    if (count > 0)
        gather_start(gather, count);
}

static void gather_collect(struct task *task, void *context)
{
    struct gather *gather = context;
    struct stage *stage = gather->stage;
    if (task->failed == 0)
        stage_collect(stage, &stage->main, task->id, task->sent.size, task->checksum);
    task_fini(task);
    gather->left--;
    gather_burst(gather);
    if (gather->left == 0)
        evented_end(gather->evented);
}

/* Starts the tasks that were submitted last; in a turn. */
static void gather_start(struct gather *gather, uint32_t count)
{
    struct lane *lane = &gather->stage->main;
    struct flock *flock = mem_zero(1, sizeof *flock + count * sizeof flock->tasks[0]);
    flock->next = gather->flocks;
    flock->count = count;
    gather->flocks = flock;
    gather->left += count;
    for (uint32_t i = 0; i < count; i++) {
        struct task *task = &flock->tasks[i];
        task_init(task, gather->submitted + i);
        task->resumed = gather_collect;
        task->context = gather;
    }
    gather->submitted += count;
    for (uint32_t i = 0; i < count; i++)
        if (!lane_should_stop(lane) &&
            task_start(lane, evented_loop(gather->evented), &flock->tasks[i]))
            gather_collect(&flock->tasks[i], gather);
}

/* A burst that comes while all tasks wait is a turn of its own. */
static void gather_look(struct evented *evented, void *context)
{
    struct gather *gather = context;
    if (gather->left == 0 || atomic_load(&gather->stage->run->burst_asked) == 0)
        return;
    evented_turn(evented, 1);
    gather_burst(gather);
}

static void gather_free(struct gather *gather)
{
    while (gather->flocks != NULL) {
        struct flock *flock = gather->flocks;
        gather->flocks = flock->next;
        for (uint32_t i = 0; i < flock->count; i++) {
            task_fini(&flock->tasks[i]);
            free(flock->tasks[i].waiting);
        }
        free(flock);
    }
}

static bool loop_batch(struct stage *stage, struct error *error)
{
    struct lane *lane = &stage->main;
    struct gather gather = { .stage = stage };
    const struct evented_options options = { .waits_as = SAYS_IO,
                                             .tick = gather_look,
                                             .context = &gather };
    (void)error;
    lane_enter(lane);
    uint32_t count = stage_submit_all(stage, lane);
    gather.evented = evented_new(lane, &options);
    evented_turn(gather.evented, count);
    gather_start(&gather, count);
    if (gather.left > 0)
        evented_run(gather.evented);
    stage_end(stage, gather.left == 0);
    evented_free(gather.evented);
    gather_free(&gather);
    return true;
}

static uint32_t loop_lanes(const struct plan *plan, const int64_t *params)
{
    (void)plan, (void)params;
    return STAGE_LANES_OTHER;
}

const struct model model_loop = {
    .name = "loop",
    .title = "EVENT LOOP",
    .help = "one thread on an event loop; tasks are its rows, results are variables",
    .main_role = ROLE_LOOP,
    .no_pool = "one thread carries all tasks, it has no workers",
    .batch = loop_batch,
    .service = serve_loop,
    .lanes = loop_lanes,
};
