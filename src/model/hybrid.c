/*
 * `hybrid`: a loop that waits for everything and a pool of processes that computes. Not there yet.
 */
#include "model/model.h"

const struct model model_hybrid = {
    .name = "hybrid",
    .title = "LOOP + PROCESSES",
    .help = "an event loop, and a pool of processes that takes the compute steps",
    .missing = "a loop with a pool of processes is not part of this version",
    .main_role = ROLE_LOOP,
};
