/*
 * From what the user typed to what a race needs. Invariant: every word of the user's was used or
 * refused when this returns. Starts nothing.
 */
#include "command/session.h"

#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "model/model.h"

static bool apply_duration(const struct plan *plan, int64_t duration_ns,
                           int64_t values[PLAN_PARAMS_MAX], struct error *error)
{
    if (plan->kind != PLAN_SERVICE)
        return error_set(error,
                         "--duration: '%s' is a batch and ends when its tasks are done; only a "
                         "service has a duration",
                         plan->name);
    int param = plan->duration.param;
    if (param < 0)
        return error_set(error,
                         "--duration: '%s' fixes its own; name a parameter there ($duration)",
                         plan->name);
    if (duration_ns < plan->params[param].low || duration_ns > plan->params[param].high)
        return error_set(error,
                         "--duration: '%s' takes a time within the bounds of its parameter "
                         "'%s'",
                         plan->name, plan->params[param].name);
    values[param] = duration_ns;
    return true;
}

struct plan *session_plan(const char *scenario, const struct options *options,
                          int64_t values[PLAN_PARAMS_MAX], struct error *error)
{
    struct plan *plan = plan_load(scenario, model_names(), error);
    if (plan == NULL)
        return NULL;
    for (size_t i = 0; i < plan->param_count; i++)
        values[i] = plan->params[i].initial;
    for (size_t i = 0; i < options->set_count; i++) {
        int param;
        int64_t value;
        if (!plan_set(plan, options->sets[i], &param, &value, error)) {
            error_add_context(error, "--set %s", options->sets[i]);
            plan_free(plan);
            return NULL;
        }
        values[param] = value;
    }
    if (options->duration_ns > 0 && !apply_duration(plan, options->duration_ns, values, error)) {
        plan_free(plan);
        return NULL;
    }
    return plan;
}

void session_race(struct race_options *race, const struct plan *plan,
                  const int64_t values[PLAN_PARAMS_MAX], const struct options *options)
{
    *race = (struct race_options){ .plan = plan,
                                   .models = options->model_count > 0 ? options->models : NULL,
                                   .staging = options->staging,
                                   .seed = options->seed,
                                   .duration_ns = options->duration_ns,
                                   .record = options->record,
                                   .record_force = options->overwrite,
                                   .listen = options->listen };
    memcpy(race->values, values, sizeof race->values);
}

/* A hand's number, HAND_COUNT for a mark; -1: the word is none. */
static int64_t hand_of(const char *word)
{
    for (int hand = 0; hand < HAND_COUNT; hand++)
        if (strcmp(word, hand_names[hand]) == 0)
            return hand;
    return strcmp(word, "mark") == 0 ? HAND_COUNT : -1;
}

static bool schedule_one(struct race *race, const struct plan *plan, const char *at,
                         struct error *error)
{
    const char *what = strchr(at, ':') + 1;
    char time[32];
    int64_t t_ns, value = hand_of(what);
    int param = -1;
    snprintf(time, sizeof time, "%.*s", (int)(what - at - 1), at);
    if (!value_parse(UNIT_DURATION, NULL, time, &t_ns, NULL) || t_ns < 0)
        return error_set(error, "'%s' is no time since the start of a run, like 500ms", time);
    if (value < 0 && strchr(what, '=') == NULL)
        return error_set(error, "'%s' is none of block, kill, burst, mark and no NAME=VALUE", what);
    if (value < 0 && !plan_set(plan, what, &param, &value, error))
        return false;
    if (param >= 0 && !plan->params[param].live)
        return error_set(error, "'%s' cannot be turned while a run goes on; use --set",
                         plan->params[param].name);
    return race_schedule(race, (uint64_t)t_ns, param, value) || error_set(error, "too many");
}

bool session_schedule(struct race *race, const struct plan *plan, const struct options *options,
                      struct error *error)
{
    for (size_t i = 0; i < options->do_count; i++)
        if (!schedule_one(race, plan, options->dos[i], error)) {
            error_add_context(error, "--do %s", options->dos[i]);
            return false;
        }
    return true;
}

int session_wrong(const struct error *error)
{
    fprintf(stderr, "lockstep: %s\n", error->text);
    return EXIT_WRONG;
}
