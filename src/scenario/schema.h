/*
 * Inside scenario/ only: from a tree to the structs below, by libcyaml against a schema.
 *
 * The schema's fixed part is a table; what steps and outsides take comes from their rows in step.c;
 * what the keys of `params` (as a map) and `notice` are comes from the file. All values are still
 * text (they may be "$name"); only what has a closed set of words is an enum.
 */
#ifndef SCENARIO_SCHEMA_H
#define SCENARIO_SCHEMA_H

#include "scenario/document.h"
#include "scenario/plan.h"

/* Limits of texts: what fits the recording's meta and a screen. */
enum {
    NAME_MAX_BYTES = 40,
    TITLE_MAX_BYTES = 90,
    LINE_MAX_BYTES = 190,
    TEXT_MAX_BYTES = 2000,
    PARAM_NAME_MAX_BYTES = 31,
    CHOICES_MAX = 16,
    SCENARIO_PARAMS_MAX = PLAN_PARAMS_MAX - PARAM_ENGINE_COUNT,
};

struct raw_param {
    char *name; /* NULL where `params` is a map: the key is the name */
    enum unit *unit;
    char *initial, *low, *high, *help, *live;
    char **choices;
    unsigned choices_count;
};

struct raw_fields {
    char *value[PLAN_FIELDS_MAX]; /* NULL: not said */
    char *url;                    /* of an origin */
};

struct raw_kind { /* of kinds, the one that is said; the others NULL */
    struct raw_fields *kind[STEP_KIND_COUNT];
};
_Static_assert((int)STEP_KIND_COUNT >= (int)OUTSIDE_KIND_COUNT, "raw_kind holds both");

struct raw_predict {
    struct raw_fields *winner; /* not NULL: said */
    char *state;               /* a model */
};

struct raw {
    char *name, *title, *question, *teaches;
    enum plan_kind kind;
    enum plan_bottleneck bottleneck;
    struct raw_param *params;
    unsigned params_count;
    struct raw_kind *outside;
    struct raw_kind *task;
    unsigned task_count;
    char *tasks, *duration;
    char **models;
    unsigned models_count;
    char **notice; /* in the order of the file's keys */
    struct raw_predict *predict;
    char **twin;
    unsigned twin_count;
};

struct schema;

/* `root` is normalised, and borrowed until schema_free(). NULL with the sentence where it does not
 * fit. */
struct schema *schema_load(const char *path, const struct node *root, struct error *error);
const struct raw *schema_raw(const struct schema *schema);
void schema_free(struct schema *schema); /* NULL is fine */

#endif
