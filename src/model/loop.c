/*
 * `loop`: one thread on an event loop. Not there yet.
 */
#include "model/model.h"

const struct model model_loop = {
    .name = "loop",
    .title = "EVENT LOOP",
    .help = "one thread on an event loop; tasks are its rows, results are variables",
    .missing = "the event loop is not part of this version",
    .main_role = ROLE_LOOP,
};
