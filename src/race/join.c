/*
 * Several recordings as one race. Invariant: a run keeps its number from the first meta on; a
 * parameter is known by its name, since another file may number it otherwise. It reads no file and
 * feeds no timeline.
 */
#include "race/join.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { NAME_LETTERS = 12 };

struct joined {
    uint32_t first_run, run_count;
    uint32_t param[META_PARAMS_MAX]; /* the whole's number of each of the file's parameters */
    uint32_t param_count;
    char name[16];
};
struct join {
    struct joined files[META_RUNS_MAX];
    size_t count;
    struct meta whole; /* text is borrowed from the first file's */
    struct event *events;
    size_t capacity;
};

/* ---- names ---- */

/* "slow" of "runs/slow.lockstep". */
static void name_of(const char *path, char name[16])
{
    const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    int length = dot != NULL && dot > base ? (int)(dot - base) : (int)strlen(base);
    snprintf(name, 16, "%.*s", length < NAME_LETTERS ? length : NAME_LETTERS, base);
}

/* Short names that are all different; numbers where the files' own are not. */
static void name_files(struct join *join, const char *const *paths)
{
    bool distinct = true;
    for (size_t i = 0; i < join->count; i++) {
        name_of(paths[i], join->files[i].name);
        for (size_t other = 0; other < i; other++)
            distinct = distinct && strcmp(join->files[i].name, join->files[other].name) != 0;
    }
    for (size_t i = 0; i < join->count && !distinct; i++)
        snprintf(join->files[i].name, sizeof join->files[i].name, "#%zu", i + 1);
}

/* ---- what is said of the whole ---- */

/* Why figures of two files may differ without a model's doing; false: they agree. */
static bool differs(const struct meta *one, const struct meta *other, char *reason, size_t size)
{
    if (strcmp(one->scenario, other->scenario) != 0)
        snprintf(reason, size, "the scenarios differ (%s, %s)", one->scenario, other->scenario);
    else if (one->seed != other->seed)
        snprintf(reason, size, "the seeds differ (%llu, %llu)", (unsigned long long)one->seed,
                 (unsigned long long)other->seed);
    else if (strcmp(one->staging, other->staging) != 0)
        snprintf(reason, size, "the stagings differ (%s, %s)", one->staging, other->staging);
    else if (one->machine_cores != other->machine_cores || strcmp(one->cpu, other->cpu) != 0)
        snprintf(reason, size, "the machines differ (%u cores of %.50s, %u of %.50s)",
                 one->machine_cores, one->cpu, other->machine_cores, other->cpu);
    else
        return false;
    return true;
}

static uint32_t param_find(struct meta *whole, const struct meta_param *param)
{
    uint32_t i = 0;
    while (i < whole->param_count && strcmp(whole->params[i].name, param->name) != 0)
        i++;
    if (i == whole->param_count && i < META_PARAMS_MAX) {
        whole->params[whole->param_count++] = *param;
    } else if (i < META_PARAMS_MAX && whole->params[i].value != param->value &&
               strstr(whole->params[i].text, param->text) == NULL) {
        char both[80];
        snprintf(both, sizeof both, "%s|%s", whole->params[i].text, param->text);
        snprintf(whole->params[i].text, sizeof whole->params[i].text, "%.31s", both);
    }
    return i;
}

static void take_params(struct join *join, size_t file, const struct meta *meta)
{
    struct joined *joined = &join->files[file];
    joined->param_count = meta->param_count < META_PARAMS_MAX ? meta->param_count : META_PARAMS_MAX;
    for (uint32_t i = 0; i < joined->param_count; i++)
        joined->param[i] = param_find(&join->whole, &meta->params[i]);
}

void join_update(struct join *join, size_t file, const struct meta *meta)
{
    struct joined *joined = &join->files[file];
    for (uint32_t i = 0; i < joined->run_count && i < meta->run_count; i++) {
        struct meta_run run = meta->runs[i];
        snprintf(run.file, sizeof run.file, "%s", joined->name);
        snprintf(run.title, sizeof run.title, "%.12s: %.17s", joined->name, meta->runs[i].title);
        for (uint32_t param = 0; param < META_PARAMS_MAX; param++)
            run.params[param] = join->whole.params[param].value;
        for (uint32_t param = 0; param < joined->param_count; param++)
            if (joined->param[param] < META_PARAMS_MAX)
                run.params[joined->param[param]] = meta->params[param].value;
        join->whole.runs[joined->first_run + i] = run;
    }
}

void join_end(struct join *join, size_t file)
{
    for (uint32_t i = 0; i < join->files[file].run_count; i++) {
        struct meta_run *run = &join->whole.runs[join->files[file].first_run + i];
        if (run->status != RUN_LIVE)
            continue;
        run->status = RUN_STOPPED;
        snprintf(run->reason, sizeof run->reason, "its recording ends before it does");
    }
}

bool join_run(const struct join *join, size_t run, size_t *file, size_t *in_file)
{
    for (size_t i = 0; i < join->count; i++) {
        *file = i;
        *in_file = run - join->files[i].first_run;
        if (run >= join->files[i].first_run && *in_file < join->files[i].run_count)
            return true;
    }
    return false;
}

const struct meta *join_meta(const struct join *join)
{
    return &join->whole;
}

/* ---- opening ---- */

static bool fits(const char *const *paths, const struct meta *const *metas, size_t count,
                 struct error *error)
{
    size_t runs = 0;
    for (size_t i = 0; i < count; i++) {
        runs += metas[i]->run_count;
        if (metas[i]->kind != metas[0]->kind)
            return error_set(error,
                             "%s and %s cannot stand side by side: one is of a batch, the other of "
                             "a service",
                             paths[0], paths[i]);
    }
    if (runs > META_RUNS_MAX)
        return error_set(error,
                         "these recordings have %zu runs together; at most %d can stand side "
                         "by side",
                         runs, (int)META_RUNS_MAX);
    return true;
}

struct join *join_new(const char *const *paths, const struct meta *const *metas, size_t count,
                      struct error *error)
{
    if (!fits(paths, metas, count, error))
        return NULL;
    struct join *join = mem_zero(1, sizeof *join);
    join->count = count;
    join->whole = *metas[0];
    join->whole.run_count = 0;
    name_files(join, paths);
    for (size_t i = 0; i < count; i++) {
        join->files[i].first_run = join->whole.run_count;
        join->files[i].run_count = metas[i]->run_count;
        join->whole.run_count += metas[i]->run_count;
        take_params(join, i, metas[i]);
        if (join->whole.comparable && !metas[i]->comparable) {
            join->whole.comparable = false;
            snprintf(join->whole.comparable_reason, sizeof join->whole.comparable_reason, "%s",
                     metas[i]->comparable_reason);
        }
        if (join->whole.comparable)
            join->whole.comparable = !differs(metas[0], metas[i], join->whole.comparable_reason,
                                              sizeof join->whole.comparable_reason);
    }
    for (size_t i = 0; i < count; i++)
        join_update(join, i, metas[i]);
    return join;
}

void join_free(struct join *join)
{
    if (join == NULL)
        return;
    free(join->events);
    free(join);
}

/* ---- events ---- */

const struct event *join_events(struct join *join, size_t file, const struct event *events,
                                size_t count)
{
    const struct joined *joined = &join->files[file];
    if (count > join->capacity) {
        free(join->events);
        join->events = mem_alloc(count * sizeof *join->events);
        join->capacity = count;
    }
    for (size_t i = 0; i < count; i++) {
        struct event *event = &join->events[i];
        *event = events[i];
        /* One of a run that the file does not have is of none here either. */
        event->run = event->run < joined->run_count ? (uint16_t)(joined->first_run + event->run)
                                                    : UINT16_MAX;
        if (event->kind == EVENT_PARAM_SET || event->kind == EVENT_PARAM_APPLIED)
            event->object =
                event->object < joined->param_count ? joined->param[event->object] : UINT32_MAX;
    }
    return join->events;
}
