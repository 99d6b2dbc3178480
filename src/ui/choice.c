/*
 * The choice. Invariant: its values are within the bounds of the chosen plan's parameters; a model
 * that refuses the plan is chosen only by -m. It starts nothing.
 */
#include "ui/choice.h"

#include "timeline/state.h"

#include <stdio.h>
#include <string.h>

static const char *const bottlenecks[] = {
    [BOTTLENECK_CPU] = "cpu",
    [BOTTLENECK_IO] = "io",
    [BOTTLENECK_MIXED] = "mixed",
};

const struct plan *choice_plan(const struct choice *choice)
{
    if (choice->at < choice->found)
        return choice->plans[choice->at];
    return choice->own;
}

static const char *refusal(const struct choice *choice, size_t model)
{
    const char *name = choice->options->model_names[model];
    return choice->options->model_refuses(name, choice_plan(choice));
}

/* Who is named by -m is shown also where it cannot: as a column with its reason. */
static bool options_name_models(const struct choice *choice)
{
    return choice->options->models != NULL;
}

/* Those of -m, else the scenario's. */
static bool wanted(const struct choice *choice, const char *name)
{
    const struct plan *plan = choice_plan(choice);
    for (size_t i = 0; choice->options->models != NULL && choice->options->models[i] != NULL; i++) {
        if (strcmp(choice->options->models[i], name) == 0)
            return true;
    }
    for (size_t i = 0; choice->options->models == NULL && i < plan->model_count; i++) {
        if (strcmp(plan->models[i], name) == 0)
            return true;
    }
    return false;
}

/* --set and --duration, as far as this scenario has them. */
static void apply_options(struct choice *choice)
{
    const struct plan *plan = choice_plan(choice);
    const struct ui_options *options = choice->options;
    for (size_t i = 0; options->sets != NULL && options->sets[i] != NULL; i++) {
        int param;
        int64_t value;
        if (plan_set(plan, options->sets[i], &param, &value, NULL))
            choice->values[param] = value;
    }
    int duration = plan->duration.param;
    if (options->duration_ns > 0 && plan->kind == PLAN_SERVICE && duration >= 0 &&
        options->duration_ns >= plan->params[duration].low &&
        options->duration_ns <= plan->params[duration].high)
        choice->values[duration] = options->duration_ns;
}

void choice_select(struct choice *choice, size_t at)
{
    if (at >= choice->count)
        return;
    choice->at = at;
    choice->predicted = NULL;
    const struct plan *plan = choice_plan(choice);
    for (size_t i = 0; i < plan->param_count; i++)
        choice->values[i] = plan->params[i].initial;
    apply_options(choice);
    for (size_t i = 0; i < choice->model_count; i++)
        choice->chosen[i] = wanted(choice, choice->options->model_names[i]) &&
                            (refusal(choice, i) == NULL || options_name_models(choice));
    /* Its own parameters first: they are what the scenario is about. */
    choice->knob_count = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < plan->param_count && choice->knob_count < LOOK_KNOBS_MAX; i++) {
            if ((i >= PARAM_ENGINE_COUNT) == (pass == 0))
                choice->knob_param[choice->knob_count++] = (int)i;
        }
    }
}

bool choice_init(struct choice *choice, const struct ui_options *options, struct error *error)
{
    *choice = (struct choice){ .options = options, .staging = options->staging };
    while (choice->model_count < LOOK_MODELS_MAX &&
           options->model_names[choice->model_count] != NULL)
        choice->model_count++;
    choice->plans = plan_list(options->model_names, &choice->listed, NULL);
    choice->found = choice->listed < LOOK_SCENARIOS_MAX ? choice->listed : LOOK_SCENARIOS_MAX - 1;
    choice->count = choice->found;
    size_t at = 0;
    if (options->scenario != NULL) {
        while (at < choice->found && strcmp(choice->plans[at]->name, options->scenario) != 0)
            at++;
        if (at == choice->found) {
            choice->own = plan_load(options->scenario, options->model_names, error);
            if (choice->own == NULL) {
                choice_fini(choice);
                return false;
            }
            choice->count++;
        }
    }
    choice_select(choice, at);
    return true;
}

void choice_fini(struct choice *choice)
{
    if (choice->plans != NULL)
        plan_list_free(choice->plans, choice->listed);
    if (choice->own != NULL)
        plan_free(choice->own);
    choice->plans = NULL;
    choice->own = NULL;
}

bool choice_recorded(struct choice *choice, const struct meta *meta)
{
    size_t at = 0;
    while (at < choice->found && strcmp(choice->plans[at]->name, meta->scenario) != 0)
        at++;
    if (at == choice->found)
        return false;
    choice_select(choice, at);
    for (size_t i = 0; i < choice->model_count; i++) {
        choice->chosen[i] = false;
        for (uint32_t run = 0; run < meta->run_count; run++) {
            if (strcmp(meta->runs[run].model, choice->options->model_names[i]) == 0)
                choice->chosen[i] = true;
        }
    }
    return true;
}

bool choice_set_knob(struct choice *choice, size_t knob, const char *text, struct error *error)
{
    if (knob >= choice->knob_count)
        return error_set(error, "there is no such parameter");
    const struct param *param = &choice_plan(choice)->params[choice->knob_param[knob]];
    char assignment[160];
    int index;
    int64_t value;
    snprintf(assignment, sizeof assignment, "%s=%s", param->name, text);
    if (!plan_set(choice_plan(choice), assignment, &index, &value, error))
        return false;
    choice->values[index] = value;
    return true;
}

void choice_step_knob(struct choice *choice, size_t knob, int direction)
{
    if (knob >= choice->knob_count)
        return;
    int index = choice->knob_param[knob];
    const struct param *param = &choice_plan(choice)->params[index];
    choice->values[index] = param_step(param, choice->values[index], direction);
}

bool choice_toggle_model(struct choice *choice, size_t model, struct error *error)
{
    size_t chosen = 0;
    if (model >= choice->model_count)
        return error_set(error, "there is no such model");
    if (refusal(choice, model) != NULL)
        return error_set(error, "%s: %s", choice->options->model_names[model],
                         refusal(choice, model));
    for (size_t i = 0; i < choice->model_count; i++)
        chosen += choice->chosen[i];
    if (choice->chosen[model] && chosen == 1)
        return error_set(error, "a race needs a model: choose another before leaving out this one");
    choice->chosen[model] = !choice->chosen[model];
    return true;
}

const char *choice_staging_name(const struct choice *choice)
{
    return choice->staging < 0 ? "staging by the cores there are" : staging_names[choice->staging];
}

const char *choice_next_staging(struct choice *choice)
{
    choice->staging = (choice->staging + 1) % STAGING_COUNT;
    return choice_staging_name(choice);
}

void choice_fill(struct choice *choice, struct look *look)
{
    size_t at = choice->at;
    for (size_t i = 0; i < choice->count; i++) {
        choice->at = i;
        const struct plan *plan = choice_plan(choice);
        choice->rows[i] = (struct picker_row){ .name = plan->name,
                                               .title = plan->title,
                                               .question = plan->question,
                                               .teaches = plan->teaches,
                                               .bottleneck = bottlenecks[plan->bottleneck] };
    }
    choice->at = at;
    look->scenarios = choice->rows;
    look->scenario_count = choice->count;
    look->scenario = at;
    const struct plan *plan = choice_plan(choice);
    if (plan == NULL)
        return;
    for (size_t i = 0; i < choice->knob_count; i++) {
        const struct param *param = &plan->params[choice->knob_param[i]];
        choice->knobs[i] = (struct knob_row){
            .name = param->name,
            .value = value_print(param->unit, param->choices, choice->values[choice->knob_param[i]],
                                 choice->knob_text[i], sizeof choice->knob_text[i]),
            .help = param->help,
            .live = param->live,
        };
    }
    look->knobs = choice->knobs;
    look->knob_count = choice->knob_count;
    for (size_t i = 0; i < choice->model_count; i++) {
        const char *name = choice->options->model_names[i];
        choice->models[i] = (struct model_row){ .name = name,
                                                .title = choice->options->model_title(name),
                                                .help = choice->options->model_help(name),
                                                .refusal = refusal(choice, i),
                                                .chosen = choice->chosen[i] };
    }
    look->models = choice->models;
    look->model_count = choice->model_count;
}

static size_t add_answer(struct choice *choice, struct look *look, size_t count, const char *name,
                         const char *text)
{
    enum { ANSWERS_MOST = LOOK_MODELS_MAX + 1 };
    if (count >= ANSWERS_MOST)
        return count;
    choice->answer_name[count] = name;
    snprintf(choice->answer_text[count], sizeof choice->answer_text[count], "%s", text);
    look->answers[count] = choice->answer_text[count];
    return count + 1;
}

size_t choice_ask(struct choice *choice, struct look *look)
{
    const struct plan *plan = choice_plan(choice);
    size_t count = 0;
    look->question = plan->question;
    look->answered = -1;
    if (plan->predict == PREDICT_WINNER) {
        for (size_t i = 0; i < choice->model_count; i++) {
            const char *name = choice->options->model_names[i];
            if (choice->chosen[i])
                count = add_answer(choice, look, count, name, choice->options->model_title(name));
        }
    } else {
        for (size_t i = 0; i < STATE_COUNT; i++)
            count = add_answer(choice, look, count, state_rows[i].key, state_rows[i].word);
    }
    look->answers[count] = NULL;
    return count;
}

void choice_race(struct choice *choice, struct race_options *race)
{
    size_t count = 0;
    for (size_t i = 0; i < choice->model_count; i++) {
        if (choice->chosen[i])
            choice->model_list[count++] = choice->options->model_names[i];
    }
    choice->model_list[count] = NULL;
    *race = (struct race_options){ .plan = choice_plan(choice),
                                   .models = choice->model_list,
                                   .staging = choice->staging,
                                   .seed = choice->options->seed,
                                   .duration_ns = choice->options->duration_ns,
                                   .record = choice->options->record,
                                   .record_force = choice->options->overwrite,
                                   .listen = choice->options->listen,
                                   .predicted = choice->predicted };
    memcpy(race->values, choice->values, sizeof race->values);
}
