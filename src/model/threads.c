/*
 * `threads`: a pool of threads that share one GIL. Python code runs on one core at a time; what
 * waits, or computes natively, lets the others go on. Results are handed over in shared memory.
 */
#include "model/model.h"

#include "engine/pool.h"
#include "engine/service.h"

static uint32_t threads_lanes(const struct plan *plan, const int64_t *params)
{
    uint32_t workers =
        plan->kind == PLAN_SERVICE ? service_lanes(plan, params) : (uint32_t)params[PARAM_WORKERS];
    return lanes_with_room(workers);
}

const struct model model_threads = {
    .name = "threads",
    .title = "THREADS + GIL",
    .help = "a pool of threads that share one GIL; results in shared memory, under a lock",
    .main_role = ROLE_MAIN,
    .batch = pool_batch,
    .service = serve_threads,
    .lanes = threads_lanes,
};
