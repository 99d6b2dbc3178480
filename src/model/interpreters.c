/*
 * `interpreters`: threads with a GIL and a heap of their own each. Not there yet.
 */
#include "model/model.h"

const struct model model_interpreters = {
    .name = "interpreters",
    .title = "INTERPRETERS",
    .help = "threads with a GIL and a heap each; results serialised inside the process",
    .missing = "threads with an interpreter each are not part of this version",
    .main_role = ROLE_MAIN,
};
