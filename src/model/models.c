/*
 * The table of the models, in the order in which they are shown, and what is asked of a row.
 *
 * To add one: its file with a const struct model, its name in model.h and in both lists below.
 */
#include "model/model.h"

#include <string.h>

const struct model *const models[] = {
    &model_serial, &model_threads, &model_free,         &model_processes,
    &model_loop,   &model_hybrid,  &model_interpreters, NULL,
};

static const char *const names[] = {
    "serial", "threads", "free", "processes", "loop", "hybrid", "interpreters", NULL,
};
_Static_assert(sizeof names / sizeof names[0] == sizeof models / sizeof models[0],
               "each model has its name in the list");

const struct model *model_find(const char *name)
{
    for (size_t i = 0; models[i] != NULL; i++)
        if (strcmp(models[i]->name, name) == 0)
            return models[i];
    return NULL;
}

const char *const *model_names(void)
{
    return names;
}

const char *model_refuses(const struct model *model, const struct plan *plan)
{
    if (model->missing != NULL)
        return model->missing;
    const char *cannot = model->cannot != NULL ? model->cannot(plan) : NULL;
    if (cannot != NULL)
        return cannot;
    if (plan->kind == PLAN_BATCH && model->batch == NULL)
        return "it cannot carry a batch of tasks";
    if (plan->kind == PLAN_SERVICE && model->service == NULL)
        return "it cannot carry a service";
    return NULL;
}

uint32_t lanes_with_room(uint32_t lanes)
{
    enum { ROOM = 2000, RINGS_LARGE = 4096 };
    uint32_t all = lanes + STAGE_LANES_OTHER, more = lanes <= ROOM / 2 ? ROOM - lanes : lanes / 2;
    if (all <= RINGS_LARGE && all + more > RINGS_LARGE)
        return RINGS_LARGE;
    return all + more;
}

struct stage_model model_stage(const struct model *model)
{
    return (struct stage_model){ .name = model->name,
                                 .main_role = model->main_role,
                                 .without_gil = model->without_gil,
                                 .batch = model->batch,
                                 .service = model->service };
}
