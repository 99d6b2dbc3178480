/*
 * Inside scenario/ only: from what a file says to a plan, every name looked up, every unit parsed,
 * every bound held.
 */
#ifndef SCENARIO_CHECK_H
#define SCENARIO_CHECK_H

#include "scenario/document.h"
#include "scenario/schema.h"

/* One reading of one file. All borrowed but `plan`, which is being filled. */
struct reading {
    const char *path;
    const struct node *root;
    const struct raw *raw;
    const char *const *models; /* those there are, or NULL: any */
    struct plan *plan;
    bool used[PLAN_PARAMS_MAX]; /* parameters that something refers to */
    struct error *error;
};

/* Each returns false with the sentence, after which the plan is only fit to be freed. In this order. */
bool check_texts(struct reading *reading);  /* name ... teaches, kind, bottleneck */
bool check_params(struct reading *reading); /* check_params.c */
bool check_work(struct reading *reading);   /* check_work.c: outside, task, tasks, duration */
bool check_models(struct reading *reading); /* models, notice, predict, twin */

/* Whether a text has the form of a name: a-z, then a-z, 0-9 and `mark` ('-' or '_'). */
bool check_name(const char *text, char mark);

/* A copy without the white space at its end, which YAML's `>` and `|` leave. */
char *check_trimmed(const char *text);

/* "FILE:LINE:COLUMN: " before the sentence that is in reading->error. Always false. */
bool wrong_here(const struct reading *reading, const struct node *node);

#endif
