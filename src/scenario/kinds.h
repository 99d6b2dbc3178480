/*
 * Inside scenario/ only: what the checks need of the tables in step.c beyond plan.h.
 */
#ifndef SCENARIO_KINDS_H
#define SCENARIO_KINDS_H

#include "scenario/plan.h"

/* What `size` means to a kernel. */
struct kernel_row {
    const char *name;
    struct field size; /* required: whether it must be said */
    bool needs_page;   /* works on what an earlier `get` fetched */
};
extern const struct kernel_row kernel_rows[KERNEL_COUNT];

enum { TASKS_MAX = 1000000 };
extern const struct field tasks_field;    /* how many tasks a batch has */
extern const struct field duration_field; /* how long a service is talked to */

size_t kind_fields(const struct kind_row *row); /* how many fields it takes */

#endif
