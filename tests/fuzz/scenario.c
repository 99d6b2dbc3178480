/*
 * A scenario of a stranger: parsed and checked, and where it is sound, asked what the screen asks.
 */
#include "fuzz.h"

#include "scenario/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_scenario(const uint8_t *data, size_t size)
{
    static const char *const models[] = { "serial", "threads", "processes", "loop", NULL };
    struct error error;
    struct plan *plan = plan_parse("it", (const char *)data, size, models, &error);
    if (plan == NULL) {
        if (error.text[0] == '\0')
            abort(); /* refused without a word */
        return;
    }
    for (size_t i = 0; i < plan->param_count; i++) {
        const struct param *param = &plan->params[i];
        char text[64], assignment[160];
        int index;
        int64_t value = param->initial;
        for (int step = 0; step < 4; step++) {
            int64_t next = param_step(param, value, step % 2 == 0 ? 1 : -1);
            if (next < param->low || next > param->high)
                abort();
            value = next;
        }
        value_print(param->unit, param->choices, value, text, sizeof text);
        snprintf(assignment, sizeof assignment, "%s=%s", param->name, text);
        plan_set(plan, assignment, &index, &value, &error);
    }
    plan_free(plan);
}
