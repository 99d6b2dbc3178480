/*
 * plan.h: a scenario file, read and checked.
 *
 * A plan is what a YAML file in scenarios/ says, after every name was looked up, every number had
 * its unit parsed and every bound was held. Nothing downstream sees YAML. A plan never changes
 * after plan_parse(); what can change during a run are the values of its parameters, which live
 * in the race's shared memory (trace/arena.h) in the same order as `params` here.
 *
 * Units: durations are nanoseconds, sizes are bytes, counts are plain, rates are thousandths per
 * second, booleans 0 or 1, choices an index into the row's `choices`.
 */
#ifndef SCENARIO_PLAN_H
#define SCENARIO_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { PLAN_PARAMS_MAX = 48, PLAN_STEPS_MAX = 32, PLAN_FIELDS_MAX = 6, PLAN_MODELS_MAX = 8 };

enum unit {
    UNIT_COUNT,    /* "200", "1,000,000", "10k" */
    UNIT_DURATION, /* "50ms", "5us", "1.5s"; kept in ns */
    UNIT_BYTES,    /* "16KiB", "1MiB", "512"; kept in bytes */
    UNIT_RATE,     /* "20/s", "0.5/s"; kept in thousandths per second */
    UNIT_BOOL,     /* "on", "off", true, false */
    UNIT_CHOICE,   /* one of the row's choices */
};

/* One parameter: of the engine (rows in param.c) or of the scenario (from its file). */
struct param {
    const char *name;
    enum unit unit;
    int64_t low, high;          /* inclusive; for a choice 0 and count - 1 */
    int64_t initial;            /* the default */
    const char *const *choices; /* NULL-terminated for UNIT_CHOICE, else NULL */
    const char *help;           /* half a sentence, no full stop */
    bool live;                  /* may be turned while a run goes on */
};

/* The engine's own parameters. They are params[0 .. PARAM_ENGINE_COUNT) of every plan. A scenario
 * may name one of them in its `params` to give it another default or narrower bounds. */
enum engine_param {
    PARAM_WORKERS,         /* lanes of the pool: threads, processes */
    PARAM_SWITCH_INTERVAL, /* ns, 5 ms */
    PARAM_GIL,             /* bool, on */
    PARAM_STACK,           /* bytes of a thread's stack */
    PARAM_INTERPRETER,     /* bytes of ballast per interpreter; simulated */
    PARAM_BYTECODE,        /* ns of interpreter work around each step and each quantum of python
                              compute; real CPU work, simulated amount */
    PARAM_QUEUE,           /* bound of the task queue, tasks */
    PARAM_ENGINE_COUNT
};
extern const struct param engine_params[PARAM_ENGINE_COUNT];

/* A number in a plan: a literal, or the current value of a parameter. */
struct plan_value {
    int64_t literal;
    int param; /* index into the plan's params, or -1: the literal counts */
};

/* Step kinds. The row (step.c) says which fields a step takes; the engine's table says what it
 * does; a test holds the two against each other. */
enum step_kind {
    STEP_GET,
    STEP_WAIT,
    STEP_BLOCK,
    STEP_COMPUTE,
    STEP_SEND,
    STEP_SERVE,
    STEP_KIND_COUNT
};

/* Fields of the steps, by kind: indexes into plan_step.value. */
enum { WAIT_TIME = 0 };
enum { BLOCK_TIME = 0 };
enum {
    COMPUTE_KERNEL = 0, /* enum compute_kernel */
    COMPUTE_MODE = 1,   /* enum compute_mode */
    COMPUTE_SIZE = 2,   /* matmul: n of n x n; stats: numbers; hash: bytes; mandelbrot: width */
    COMPUTE_COUNT = 3,  /* how many times, 1 */
};
enum { SEND_SIZE = 0 };
enum { SERVE_PROTOCOL = 0 }; /* choice: irc */

enum compute_kernel {
    KERNEL_MATMUL,
    KERNEL_STATS,
    KERNEL_PARSE,
    KERNEL_HASH,
    KERNEL_MANDELBROT,
    KERNEL_COUNT
};
enum compute_mode { MODE_PYTHON, MODE_NATIVE };

/* One field a step or an outside takes. */
struct field {
    const char *name;
    enum unit unit;
    bool required;
    int64_t initial; /* where it is left out */
    int64_t low, high;
    const char *const *choices;
    const char *help;
};

/* A row: a name and the fields it takes; fields end at the first without a name. */
struct kind_row {
    const char *name;
    const char *help;
    struct field fields[PLAN_FIELDS_MAX];
};
extern const struct kind_row step_rows[STEP_KIND_COUNT];

struct plan_step {
    enum step_kind kind;
    struct plan_value value[PLAN_FIELDS_MAX];
    unsigned line, column; /* where the file says it, from 1 */
};

/* What the work talks to. */
enum outside_kind { OUTSIDE_NONE, OUTSIDE_ORIGIN, OUTSIDE_CROWD, OUTSIDE_KIND_COUNT };
enum { ORIGIN_LATENCY = 0, ORIGIN_PAGE = 1 };               /* ns; bytes of a page */
enum { CROWD_CLIENTS = 0, CROWD_RATE = 1, CROWD_LINE = 2 }; /* clients; lines/s in all; bytes */
extern const struct kind_row outside_rows[OUTSIDE_KIND_COUNT];

enum plan_kind { PLAN_BATCH, PLAN_SERVICE };
enum plan_bottleneck { BOTTLENECK_CPU, BOTTLENECK_IO, BOTTLENECK_MIXED };

/* What the class is asked before the start, so that a program can say whether it came true. */
enum plan_predict {
    PREDICT_WINNER, /* which model is best; the answers are the race's models */
    PREDICT_STATE,  /* in which state the lanes of predict_model spend most of their time */
};

struct plan {
    char *name, *title, *question, *teaches;
    enum plan_kind kind;
    enum plan_bottleneck bottleneck;
    enum plan_predict predict;
    char *predict_model; /* a model's name, or NULL */
    struct param params[PLAN_PARAMS_MAX];
    size_t param_count; /* at least PARAM_ENGINE_COUNT */
    enum outside_kind outside;
    struct plan_value outside_value[PLAN_FIELDS_MAX];
    char
        *origin_url; /* an origin of the user's own (`origin: http://...`): none is started; NULL */
    struct plan_value tasks;    /* batch: how many */
    struct plan_value duration; /* service: how long the talk lasts, ns */
    struct plan_step steps[PLAN_STEPS_MAX];
    size_t step_count;
    char *models[PLAN_MODELS_MAX]; /* names, the default set */
    size_t model_count;
    char *notice[PLAN_MODELS_MAX]; /* what to look at, beside models[i], or NULL */
    char *twins[PLAN_MODELS_MAX];  /* names of the Python files beside it */
    size_t twin_count;
    char *text; /* the YAML, whole: goes into the race's memory and the recording */
    size_t text_size;
    char *path; /* where it was read, or "-" */
};

/*
 * Read a plan from text. `path` is only for messages. `model_names` is a NULL-terminated list of
 * the models there are (the plan may name only those); NULL accepts any name.
 * Fails with "FILE:LINE:COLUMN: what is wrong; what would be right" in error, the nearest right
 * name given where a name was wrong. The plan is the caller's: plan_free().
 */
struct plan *plan_parse(const char *path, const char *text, size_t size,
                        const char *const *model_names, struct error *error);
/* The same from a name ("scraper", looked up) or a path (contains a slash or ends in .yaml). */
struct plan *plan_load(const char *name_or_path, const char *const *model_names,
                       struct error *error);
void plan_free(struct plan *plan);

/* All scenarios that are found, sorted by name; a file that is wrong is left out and named in
 * `error` (the first one; its text is "" where none is). The list is the caller's:
 * plan_list_free(). Directories looked in, first wins: those of $LOCKSTEP_SCENARIOS (with ':'
 * between them), the build tree's, the installed. In them NAME.yaml holds the scenario NAME. */
struct plan **plan_list(const char *const *model_names, size_t *count, struct error *error);
void plan_list_free(struct plan **plans, size_t count);

/* Index of a parameter by name, or -1. */
int plan_param(const struct plan *plan, const char *name);

/*
 * "name=value" as --set takes it: parses the value in the parameter's unit and checks its bounds.
 * Gives the index and value. Fails with a sentence that names the nearest parameter, or the bounds.
 */
bool plan_set(const struct plan *plan, const char *assignment, int *param, int64_t *value,
              struct error *error);

/* The next value of a knob: up (+1) or down (-1), in steps a hand expects (1-2-5 for durations,
 * rates and large counts, doubling for sizes, 1 for small counts, the other for on/off), within the
 * bounds. */
int64_t param_step(const struct param *param, int64_t value, int direction);

/* Parse and print a value of a unit ("50ms" <-> 50000000). value_print gives `into`. */
bool value_parse(enum unit unit, const char *const *choices, const char *text, int64_t *value,
                 struct error *error);
const char *value_print(enum unit unit, const char *const *choices, int64_t value, char *into,
                        size_t size);

/* The nearest of a NULL-terminated list of names (edit distance), or NULL when none is near. */
const char *nearest_name(const char *name, const char *const *names);

#endif
