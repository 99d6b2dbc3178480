/*
 * Inside scenario/ only: from a path to a plan (plan.c), for those who find paths (list.c).
 */
#ifndef SCENARIO_FILES_H
#define SCENARIO_FILES_H

#include "scenario/plan.h"

struct plan *plan_load_file(const char *path, const char *const *model_names, struct error *error);

#endif
