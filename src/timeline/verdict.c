/*
 * Which model fits the work: the runs ranked, what the work is, and whether the answer before the
 * start came true. What is said of it stands in verdict_say.c, by what rules in verdict_rules.c.
 */
#include "timeline/verdict.h"

#include <stdio.h>
#include <string.h>

#include "timeline/verdict_rules.h"

/* Of p99, below which memory decides. */
static const double tie_p99 = 0.10;

/* ---- ranking ---- */

/* Where nobody counted what was due, nothing is known to be missing. */
static bool all_delivered(const struct figures *figures)
{
    if (!figures->crowd_due.known)
        return true;
    return figures->crowd_delivered.known &&
           figures->crowd_delivered.value >= figures->crowd_due.value &&
           figures->crowd_twice.value <= 0;
}

double memory_kib_of(const struct contender *contender)
{
    const struct figures *figures = &contender->figures;
    const struct figure *memory = figures->memory_pss_peak_kib.known
                                      ? &figures->memory_pss_peak_kib
                                      : &figures->memory_rss_peak_kib;
    return memory->known ? memory->value : 1e18;
}

/* The classes come first: ended well with all tasks done and all lines delivered; ended well; the
 * rest. */
int verdict_class(const struct race_view *race, const struct contender *contender)
{
    if (!contender->well)
        return 2;
    return race->meta->kind == META_SERVICE ? !contender->delivered
                                            : contender->figures.tasks.failed > 0;
}

double verdict_measure(const struct race_view *race, const struct contender *contender)
{
    const struct figure *measure = race->meta->kind == META_SERVICE
                                       ? &contender->figures.latency_ms_p99
                                       : &contender->figures.wall_s;
    return measure->known ? measure->value : 1e18;
}

/* The best of those from `from` on: by class, by measure; services within a tie by memory. */
static size_t best_from(const struct race_view *race, size_t from)
{
    size_t best = from;
    for (size_t i = from + 1; i < race->count; i++) {
        int class = verdict_class(race, &race->all[i]),
            best_class = verdict_class(race, &race->all[best]);
        if (class < best_class ||
            (class == best_class &&
             verdict_measure(race, &race->all[i]) < verdict_measure(race, &race->all[best])))
            best = i;
    }
    if (race->meta->kind != META_SERVICE || !race->all[best].well)
        return best;
    int class = verdict_class(race, &race->all[best]);
    double limit = verdict_measure(race, &race->all[best]) * (1 + tie_p99);
    for (size_t i = from; i < race->count; i++)
        if (verdict_class(race, &race->all[i]) == class &&
            verdict_measure(race, &race->all[i]) <= limit &&
            memory_kib_of(&race->all[i]) < memory_kib_of(&race->all[best]))
            best = i;
    return best;
}

static void rank(struct race_view *race)
{
    for (size_t place = 0; place < race->count; place++) {
        size_t best = best_from(race, place);
        struct contender contender = race->all[best];
        /* The others keep their order. */
        memmove(&race->all[place + 1], &race->all[place], (best - place) * sizeof *race->all);
        race->all[place] = contender;
        race->well += contender.well;
    }
}

/* ---- what the work is ---- */

/* Serial shows it best; a loop worst, since its waits lie over one another. */
static const struct contender *seen_best(const struct race_view *race)
{
    const struct contender *pool = NULL;
    for (size_t i = 0; i < race->well; i++) {
        const char *model = race->all[i].meta->model;
        if (strcmp(model, "serial") == 0)
            return &race->all[i];
        if (pool == NULL && strcmp(model, "loop") != 0 && strcmp(model, "hybrid") != 0)
            pool = &race->all[i];
    }
    return pool != NULL ? pool : &race->all[0];
}

static struct work work_of(const struct race_view *race)
{
    const struct contender *seen = seen_best(race);
    struct work work = { .kind = WORK_UNKNOWN, .seen_in = seen };
    double left =
        1 - share_of(seen, STATE_GIL) - share_of(seen, STATE_LOCK) - share_of(seen, STATE_IDLE);
    if (!seen->figures.state_share[STATE_RUN].known || left < 0.02)
        return work;
    work.io = share_of(seen, STATE_IO) / left;
    work.cpu =
        (share_of(seen, STATE_RUN) + share_of(seen, STATE_NATIVE) + share_of(seen, STATE_READY)) /
        left;
    work.kind = work.io >= 0.6 ? WORK_IO : work.cpu >= 0.6 ? WORK_CPU : WORK_MIXED;
    return work;
}

/* ---- the verdict ---- */

void verdict_of(const struct timeline *timeline, struct verdict *verdict)
{
    memset(verdict, 0, sizeof *verdict);
    struct race_view race;
    memset(&race, 0, sizeof race);
    race.timeline = timeline;
    race.meta = timeline_meta(timeline);
    race.count = timeline_runs(timeline);
    for (size_t i = 0; i < race.count; i++) {
        struct contender *contender = &race.all[i];
        contender->run = i;
        contender->meta = &race.meta->runs[i];
        figures_at(timeline, i, UINT64_MAX, &contender->figures);
        contender->well = contender->figures.status == RUN_DONE && contender->figures.wall_s.known;
        contender->delivered = all_delivered(&contender->figures);
    }
    rank(&race);
    for (size_t i = 0; i < race.count; i++)
        verdict->order[i] = race.all[i].run;
    verdict->known = race.well > 0;
    if (!verdict->known)
        return;
    verdict->best = race.all[0].run;
    race.work = work_of(&race);
    verdict_say(&race, verdict->why, sizeof verdict->why);
    const char *flip = race.well > 1 ? flip_of(&race) : NULL;
    snprintf(verdict->flip, sizeof verdict->flip, "%s", flip != NULL ? flip : "");
}

/* ---- the prediction ---- */

/* The state in which the workers of a run spent most of their time. */
static enum state most_of(const struct timeline *timeline, size_t run, double *share)
{
    struct figures figures;
    figures_at(timeline, run, UINT64_MAX, &figures);
    enum state most = STATE_NONE;
    *share = 0;
    for (enum state state = STATE_RUN; state < STATE_COUNT; state++)
        if (figures.state_share[state].known && figures.state_share[state].value > *share) {
            most = state;
            *share = figures.state_share[state].value;
        }
    return most;
}

/* "threads:gil": the lanes of threads wait for the GIL most; "gil": those of the first run. */
static int predicted_state(const struct timeline *timeline, const char *key, char *answer,
                           size_t size)
{
    const struct meta *meta = timeline_meta(timeline);
    const char *colon = strchr(key, ':');
    const char *state_key = colon != NULL ? colon + 1 : key;
    size_t run = 0;
    if (colon != NULL)
        while (run < timeline_runs(timeline) &&
               (strlen(meta->runs[run].model) != (size_t)(colon - key) ||
                strncmp(meta->runs[run].model, key, (size_t)(colon - key)) != 0))
            run++;
    double share;
    enum state most = run < timeline_runs(timeline) ? most_of(timeline, run, &share) : STATE_NONE;
    if (most == STATE_NONE)
        return -1;
    for (enum state state = STATE_RUN; state < STATE_COUNT; state++)
        if (strcmp(state_rows[state].key, state_key) == 0) {
            struct noun noun = noun_of(&meta->runs[run]);
            snprintf(answer, size, "%s: %s spent most of %s workers' time (%d %%) in `%s`.",
                     most == state ? "Right" : "Not so", noun.noun, noun.their,
                     verdict_percent(share), state_rows[most].key);
            return most == state;
        }
    return -1;
}

int verdict_prediction(const struct timeline *timeline, const struct verdict *verdict, char *answer,
                       size_t size)
{
    const struct meta *meta = timeline_meta(timeline);
    snprintf(answer, size, "%s", "");
    if (meta == NULL || meta->predicted[0] == '\0')
        return -1;
    for (size_t run = 0; run < timeline_runs(timeline); run++) {
        if (strcmp(meta->runs[run].model, meta->predicted) != 0)
            continue;
        if (!verdict->known)
            return -1;
        struct noun said = noun_of(&meta->runs[run]);
        struct noun best = noun_of(&meta->runs[verdict->best]);
        bool right = run == verdict->best;
        snprintf(answer, size, right ? "Right: you said %s." : "Not so: you said %s; it was %s.",
                 said.noun, best.noun);
        return right;
    }
    return predicted_state(timeline, meta->predicted, answer, size);
}
