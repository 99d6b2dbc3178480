/*
 * `free`: the same pool of threads as `threads` has, in a free-threaded build: there is no GIL, and
 * the parameter `gil` has nothing to turn.
 */
#include "model/model.h"

#include "engine/pool.h"
#include "engine/service.h"

static uint32_t free_lanes(const struct plan *plan, const int64_t *params)
{
    uint32_t workers =
        plan->kind == PLAN_SERVICE ? service_lanes(plan, params) : (uint32_t)params[PARAM_WORKERS];
    return lanes_with_room(workers);
}

const struct model model_free = {
    .name = "free",
    .title = "FREE THREADS",
    .help = "a pool of threads without a GIL; results in shared memory, under a lock",
    .main_role = ROLE_MAIN,
    .without_gil = true,
    .batch = pool_batch,
    .service = serve_threads,
    .lanes = free_lanes,
};
