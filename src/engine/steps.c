/*
 * The table of what the step kinds do, one row per file. A kind whose file is not there yet has no
 * row here: a task that meets it fails and says so.
 *
 * To add one: its row in scenario/step.c, its file step_NAME.c here with a const struct step_row,
 * its name in step_rows.h and in the table below. A test holds the names of both tables together.
 */
#include "engine/step_rows.h"

const struct step_row *const steps_table[STEP_KIND_COUNT] = {
    [STEP_GET] = &step_get,         [STEP_WAIT] = &step_wait, [STEP_BLOCK] = &step_block,
    [STEP_COMPUTE] = &step_compute, [STEP_SEND] = &step_send, [STEP_SERVE] = &step_serve,
};
