/*
 * Inside engine/ only: the rows of the step kinds, each defined in its own file, for steps.c.
 */
#ifndef ENGINE_STEP_ROWS_H
#define ENGINE_STEP_ROWS_H

#include "engine/step.h"

extern const struct step_row step_get, step_wait, step_block, step_compute, step_send, step_serve;

#endif
