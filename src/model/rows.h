/*
 * Inside model/ only: the rows of the models, each defined in its own file, for models.c.
 */
#ifndef MODEL_ROWS_H
#define MODEL_ROWS_H

#include "model/model.h"

enum { LANES_OUTSIDE = 2 }; /* the origin and the crowd, which write into the run's rings too */

extern const struct model model_serial, model_threads, model_free, model_processes, model_loop,
    model_hybrid, model_interpreters;

#endif
