/*
 * The rows a verdict reasons with. A row that applies is a statement about figures that were
 * measured; where the figures do not carry a statement, no row applies and nothing is said.
 */
#include "timeline/verdict_rules.h"

#include "timeline/diagnose.h"

#include <string.h>

static const struct noun nouns[] = {
    { "serial", "serial", "its" },
    { "threads", "threads", "their" },
    { "free", "free threads", "their" },
    { "processes", "processes", "their" },
    { "loop", "the loop", "its" },
    { "hybrid", "the hybrid", "its" },
    { "interpreters", "interpreters", "their" },
};

struct noun noun_of(const struct meta_run *run)
{
    for (size_t i = 0; i < sizeof nouns / sizeof *nouns; i++)
        if (strcmp(nouns[i].model, run->model) == 0)
            return nouns[i];
    return (struct noun){ run->model, run->model, "its" };
}

double share_of(const struct contender *contender, enum state state)
{
    const struct figure *share = &contender->figures.state_share[state];
    return share->known ? share->value : 0;
}

int64_t param_of(const struct meta *meta, const char *name)
{
    for (uint32_t i = 0; i < meta->param_count; i++)
        if (strcmp(meta->params[i].name, name) == 0)
            return meta->params[i].value;
    return -1;
}

static bool is(const struct contender *contender, const char *model)
{
    return strcmp(contender->meta->model, model) == 0;
}

/* ---- causes ---- */

static bool has_more_lanes(const struct contender *contender)
{
    return contender->figures.lanes > contender->meta->cores;
}

const struct cause_row cause_rows[] = {
    { STATE_GIL, 0.20, NULL, "waiting for the GIL", "so more workers will not help" },
    { STATE_LOCK, 0.20, NULL, "waiting for locks", "so more workers will not help" },
    { STATE_IPC, 0.20, NULL, "passing data between lanes", NULL },
    { STATE_READY, 0.20, has_more_lanes, "waiting for a core", "so more workers will not help" },
    { STATE_READY, 0.20, NULL, "waiting for a core though there was one for each",
      "so the machine was not theirs alone" },
    { STATE_IO, 0.60, NULL, "waiting for the outside", "so more workers would help" },
    { .spent = NULL },
};

const struct cause_row *cause_of(const struct contender *contender)
{
    const struct cause_row *most = NULL;
    /* One lane is no pool: what it waits for says nothing of workers. */
    if (is(contender, "serial") || is(contender, "loop"))
        return NULL;
    for (const struct cause_row *row = cause_rows; row->spent != NULL; row++)
        if (share_of(contender, row->state) >= row->least &&
            (row->applies == NULL || row->applies(contender)) &&
            (most == NULL || share_of(contender, row->state) > share_of(contender, most->state)))
            most = row;
    return most;
}

/* ---- what would flip it ---- */

/* One lane at a time computes Python in it. */
static bool shares_one_gil(const struct contender *contender)
{
    return is(contender, "threads") || is(contender, "loop") || is(contender, "serial");
}

static bool takes_part(const struct race_view *race, const char *model)
{
    for (size_t i = 0; i < race->well; i++)
        if (is(&race->all[i], model))
            return true;
    return false;
}

static bool service_loop(const struct race_view *race)
{
    return race->meta->kind == META_SERVICE && is(&race->all[0], "loop");
}

static bool service_lanes(const struct race_view *race)
{
    return race->meta->kind == META_SERVICE && !is(&race->all[0], "loop");
}

static bool cpu_parallel(const struct race_view *race)
{
    return race->work.kind == WORK_CPU && !shares_one_gil(&race->all[0]) &&
           share_of(&race->all[0], STATE_RUN) > share_of(&race->all[0], STATE_NATIVE) &&
           takes_part(race, "threads");
}

static bool cpu_native(const struct race_view *race)
{
    return race->work.kind == WORK_CPU && takes_part(race, "processes") &&
           share_of(&race->all[0], STATE_NATIVE) > share_of(&race->all[0], STATE_RUN);
}

static bool cpu_serial(const struct race_view *race)
{
    return race->work.kind == WORK_CPU && shares_one_gil(&race->all[0]) && race->well > 1;
}

static bool io_loop(const struct race_view *race)
{
    return race->work.kind == WORK_IO && is(&race->all[0], "loop") &&
           param_of(race->meta, "workers") > 0;
}

/* A loop that ended well and stood still on the way. */
static bool io_blocked(const struct race_view *race)
{
    const struct diagnosis *diagnoses;
    for (size_t i = 1; i < race->well && race->work.kind != WORK_CPU; i++) {
        size_t count = timeline_diagnoses(race->timeline, race->all[i].run, &diagnoses);
        for (size_t k = 0; k < count && is(&race->all[i], "loop"); k++)
            if (strcmp(diagnoses[k].name, "blocked loop") == 0)
                return true;
    }
    return false;
}

static bool io_lanes(const struct race_view *race)
{
    return race->work.kind == WORK_IO && !is(&race->all[0], "loop") && takes_part(race, "loop");
}

static bool mixed_hybrid(const struct race_view *race)
{
    return race->work.kind == WORK_MIXED && is(&race->all[0], "hybrid");
}

/* The first row that applies counts. To add one: a row here and its condition above. */
static const struct {
    bool (*applies)(const struct race_view *race);
    const char *flip;
} flips[] = {
    { service_loop, "let each line cost much compute or make a blocking call: one "
                    "loop serves all clients from one thread, on one core." },
    { service_lanes, "raise the number of clients: a lane for each costs memory "
                     "and switches, which a loop does not pay." },
    { cpu_native, "do the same work in Python code (mode python): the GIL then "
                  "lets one thread of an interpreter compute at a time." },
    { cpu_parallel, "let the compute release the GIL (mode native) or turn the GIL "
                    "off: threads then use all cores too, without copies between processes." },
    { cpu_serial, "give each task more to compute, or the race more cores: then "
                  "starting lanes and passing results costs less than it saves." },
    { io_loop, "raise `workers` to the number of tasks, or put a blocking call or "
               "much compute into each task: a loop stands still meanwhile." },
    { io_blocked,
      "let the loop wait for what blocks it (`wait` in place of `block`), or give it to "
      "a pool: then one thread has all tasks in flight at once." },
    { io_lanes, "raise the number of tasks far above `workers`: a loop has all of "
                "them in flight at once." },
    { mixed_hybrid, "take the compute out of the tasks (a plain loop is enough "
                    "then), or the waiting (processes are)." },
};

const char *flip_of(const struct race_view *race)
{
    for (size_t i = 0; i < sizeof flips / sizeof *flips; i++)
        if (flips[i].applies(race))
            return flips[i].flip;
    return NULL;
}
