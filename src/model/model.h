/*
 * model.h: the models, one file and one row each (models.c).
 *
 * A model is a policy: what a lane is, who shares a GIL, how tasks reach lanes and results travel.
 * It carries any scenario it can; `cannot` says why it cannot carry one.
 *
 * To add a model: a file model/NAME.c with a const struct model, its name below, one row in models.c.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "engine/stage.h"
#include "scenario/plan.h"

struct model {
    const char *name;         /* "threads" */
    const char *title;        /* "THREADS + GIL": the head of its column */
    const char *help;         /* one line: what a lane is, who shares a GIL, how results travel */
    const char *missing;      /* why it cannot run at all, or NULL */
    enum lane_role main_role; /* what the stage's main thread is: MAIN, WORKER or LOOP */
    bool without_gil;         /* a free-threaded build */
    const char *no_pool; /* why the parameter `workers` changes nothing, or NULL: it has a pool */
    /* Why it cannot carry this plan, or NULL when it can. NULL: carries all. */
    const char *(*cannot)(const struct plan *plan);
    bool (*batch)(struct stage *stage, struct error *error);
    bool (*service)(struct stage *stage, struct error *error);
    /* Lanes it can have at most at once for this plan (main and outside included): sizes the arena. */
    uint32_t (*lanes)(const struct plan *plan, const int64_t *params);
};

/* For `lanes`: room for so many workers or connections to begin with, and for those that a hand adds
 * while the run goes on: 2,000 lanes in all, or half as many again where they are more to begin with.
 * (A lane costs memory when it is used; but above 4,096 lanes every ring is small.) */
uint32_t lanes_with_room(uint32_t lanes);

extern const struct model model_serial, model_threads, model_free, model_processes, model_loop,
    model_hybrid, model_interpreters;
extern const struct model *const models[]; /* NULL-terminated, in the order of DESIGN.md */
const struct model *model_find(const char *name);
/* NULL-terminated list of names, for messages and for plan_parse. */
const char *const *model_names(void);
/* Why it cannot carry this plan (missing or cannot), or NULL. */
const char *model_refuses(const struct model *model, const struct plan *plan);
/* For stage_main: runs batch or service. */
struct stage_model model_stage(const struct model *model);

#endif
