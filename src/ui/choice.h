/*
 * choice.h: what is to be raced: a scenario, its values, the models, the staging. It knows no screen;
 * it fills the look's lists for the picker and gives race options.
 */
#ifndef UI_CHOICE_H
#define UI_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "race/race.h"
#include "ui/ui.h"
#include "view/view.h"

struct choice {
    const struct ui_options *options; /* borrowed */
    struct plan **plans;              /* all that there are, sorted by name */
    size_t listed, found;             /* how many; those that the look has room for */
    struct plan *own;                 /* one from a path, or NULL */
    size_t count;                     /* found, and own */
    size_t at;                        /* the chosen one */
    int64_t values[PLAN_PARAMS_MAX];
    bool chosen[LOOK_MODELS_MAX]; /* by place in options->model_names */
    size_t model_count;
    int staging;           /* enum staging, or -1 */
    const char *predicted; /* the answer to the question, or NULL; owned by plan or options */
    /* What the look points to. */
    struct picker_row rows[LOOK_SCENARIOS_MAX];
    struct knob_row knobs[LOOK_KNOBS_MAX];
    int knob_param[LOOK_KNOBS_MAX]; /* which parameter a knob row is */
    char knob_text[LOOK_KNOBS_MAX][32];
    size_t knob_count;
    struct model_row models[LOOK_MODELS_MAX];
    const char *model_list[LOOK_MODELS_MAX + 1];
    char answer_text[LOOK_MODELS_MAX + 2][80];
    const char *answer_name[LOOK_MODELS_MAX + 2]; /* what goes into the recording */
};

/* Loads the scenarios; chooses options->scenario where there is one. False with a sentence when that
 * one cannot be had. */
bool choice_init(struct choice *choice, const struct ui_options *options, struct error *error);
void choice_fini(struct choice *choice);

const struct plan *choice_plan(const struct choice *choice); /* NULL: there is none */
void choice_select(struct choice *choice, size_t at);        /* its values and models begin anew */
/* That of a recording: its scenario, with the models that it raced. False: the scenario is not one of
 * those there are, and the choice is as it was. */
bool choice_recorded(struct choice *choice, const struct meta *meta);
/* Knobs and models by their rows in the look. */
bool choice_set_knob(struct choice *choice, size_t knob, const char *text, struct error *error);
void choice_step_knob(struct choice *choice, size_t knob, int direction);
/* False with a sentence: it refuses the scenario, or it would be the last one. */
bool choice_toggle_model(struct choice *choice, size_t model, struct error *error);
/* The next staging; gives its name. */
const char *choice_next_staging(struct choice *choice);
const char *choice_staging_name(const struct choice *choice);

/* The lists of the picker. */
void choice_fill(struct choice *choice, struct look *look);
/* The question and its answers; returns how many answers there are. */
size_t choice_ask(struct choice *choice, struct look *look);
/* Options for a race; valid while the choice does not change. */
void choice_race(struct choice *choice, struct race_options *race);

#endif
