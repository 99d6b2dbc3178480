/*
 * What fails here names the plan or the knob.
 */
#include "plans.h"

#include <check.h>

const char *const all_models[] = { "serial", "threads", "free",         "processes",
                                   "loop",   "hybrid",  "interpreters", NULL };

struct plan *loaded(const char *name)
{
    struct error error = { .text = "" };
    struct plan *plan = plan_load(name, all_models, &error);
    ck_assert_msg(plan != NULL, "%s", error.text);
    return plan;
}

void walk_knob(const struct param *param)
{
    for (int direction = -1; direction <= 1; direction += 2) {
        int64_t value = direction > 0 ? param->low : param->high;
        int64_t end = direction > 0 ? param->high : param->low;
        int presses = 0;
        while (value != end) {
            int64_t next = param_step(param, value, direction);
            ck_assert_msg(direction > 0 ? next > value : next < value, "%s stands still",
                          param->name);
            ck_assert_int_ge(next, param->low);
            ck_assert_int_le(next, param->high);
            value = next;
            ck_assert_msg(++presses < 100, "%s takes too many presses", param->name);
        }
    }
}
