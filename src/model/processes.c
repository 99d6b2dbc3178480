/*
 * `processes`: a pool of forked processes, each with a GIL of its own. Tasks come through a pipe and
 * results go back through another, serialised. A process that dies takes its one task along.
 */
#include "model/model.h"

#include "engine/crew.h"
#include "engine/service.h"

/* What came: results are collected, the losses of dead processes only counted. */
static uint32_t processes_collect(struct stage *stage, struct crew *crew)
{
    struct lane *lane = &stage->main;
    struct result result;
    uint32_t ended = 0;
    for (; crew_next(crew, lane, &result); ended++) {
        if (result.failed == 0)
            stage_collect(stage, lane, result.task, result.payload_size, result.checksum);
        lane_check(lane);
    }
    return ended;
}

/* What a hand asks for: more or fewer processes, more tasks. Gives how many tasks were submitted. */
static uint32_t processes_look(struct stage *stage, struct crew *crew)
{
    uint32_t wanted;
    if (stage_workers_turned(stage, &wanted))
        stage_workers_are(stage, crew_resize(crew, wanted));
    return crew_is_open(crew) ? stage_submit_burst(stage, &stage->main) : 0;
}

static bool processes_batch(struct stage *stage, struct error *error)
{
    struct lane *lane = &stage->main;
    const struct crew_options options = {
        .count = (uint32_t)stage_param(stage, PARAM_WORKERS),
        .role = ROLE_WORKER,
        .carry = task_run,
    };
    lane_enter(lane);
    uint32_t count = stage_submit_all(stage, lane), pushed = 0, ended = 0;
    struct crew *crew = crew_new(stage, &options, error);
    if (crew == NULL)
        return false;
    while (ended < count && !stage_should_stop(stage) && crew_alive(crew) > 0) {
        count += processes_look(stage, crew);
        bool feeding = pushed < count;
        while (pushed < count && crew_push(crew, lane, pushed))
            pushed++;
        if (feeding && pushed == count)
            crew_pushed_all(crew);
        crew_wait(crew, lane);
        ended += processes_collect(stage, crew);
    }
    if (crew_alive(crew) == 0 && !stage_should_stop(stage) && ended < count)
        arena_run_fail(stage->run, RUN_FAILED, 0,
                       "all %u processes died; %u of %u tasks were not carried", crew_died(crew),
                       count - ended, count);
    stage_end(stage, ended == count);
    lane_leave(lane, SAYS_IDLE);
    crew_free(crew);
    return true;
}

static uint32_t processes_lanes(const struct plan *plan, const int64_t *params)
{
    uint32_t workers =
        plan->kind == PLAN_SERVICE ? service_lanes(plan, params) : (uint32_t)params[PARAM_WORKERS];
    return lanes_with_room(workers);
}

const struct model model_processes = {
    .name = "processes",
    .title = "PROCESSES",
    .help = "a pool of forked processes, a GIL each; results through a pipe, serialised",
    .main_role = ROLE_MAIN,
    .batch = processes_batch,
    .service = serve_processes,
    .lanes = processes_lanes,
};
