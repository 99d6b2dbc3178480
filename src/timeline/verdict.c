/*
 * The verdict: an order of the runs and sentences made of their figures. Invariant: no word of it that
 * a figure does not carry; where the figure is not known the clause is left out, and where two runs
 * are closer than runs of the same model are among themselves (5 %) it is called a tie. What the waits
 * for the GIL and for locks took is named before anything is called bound by the outside.
 */
#include "timeline/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"

static const double tie = 0.05;          /* closer than that is the same */
static const double service_tie = 0.10;  /* of p99: then memory decides */
static const double share_of_note = 0.2; /* of the workers' time */

struct contest {
    const struct meta *meta;
    size_t count;
    struct figures figures[META_RUNS_MAX];
    bool service;
};

/* A sentence that grows; what does not fit is cut. */
struct text {
    char *at;
    size_t left;
};

static void say(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int used = vsnprintf(text->at, text->left, format, arguments);
    va_end(arguments);
    size_t step = used < 0 ? 0 : (size_t)used < text->left ? (size_t)used : text->left - 1;
    text->at += step;
    text->left -= step;
}

static const char *seconds(double s, char *into)
{
    return format_duration(into, FORMAT_SIZE, (uint64_t)(s * 1e9 + 0.5));
}

static bool ended_well(const struct contest *contest, size_t run)
{
    const struct figures *f = &contest->figures[run];
    if (f->status != RUN_DONE || !f->wall_s.known)
        return false;
    if (!contest->service)
        return f->tasks.failed == 0;
    bool counted = f->crowd_due.known && f->crowd_delivered.known;
    return f->latency_ms_p99.known && (!counted || f->crowd_delivered.value >= f->crowd_due.value);
}

/* Below 0: a is better. */
static int compare(const struct contest *contest, size_t a, size_t b)
{
    bool well_a = ended_well(contest, a), well_b = ended_well(contest, b);
    if (!well_a || !well_b)
        return (int)well_b - (int)well_a;
    const struct figures *fa = &contest->figures[a], *fb = &contest->figures[b];
    if (!contest->service)
        return (fa->wall_s.value > fb->wall_s.value) - (fa->wall_s.value < fb->wall_s.value);
    double pa = fa->latency_ms_p99.value, pb = fb->latency_ms_p99.value;
    bool close = pa <= pb * (1 + service_tie) && pb <= pa * (1 + service_tie);
    if (close && fa->memory_pss_peak_kib.known && fb->memory_pss_peak_kib.known) {
        pa = fa->memory_pss_peak_kib.value;
        pb = fb->memory_pss_peak_kib.value;
    }
    return (pa > pb) - (pa < pb);
}

static void sort(const struct contest *contest, size_t *order)
{
    for (size_t i = 0; i < contest->count; i++) {
        size_t at = i;
        for (; at > 0 && compare(contest, i, order[at - 1]) < 0; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

static double share(const struct contest *contest, size_t run, enum state state)
{
    const struct figure *figure = &contest->figures[run].state_share[state];
    return figure->known ? figure->value : 0;
}

/* The run, other than `but`, in which a state took most of the workers' time. */
static size_t most_of(const struct contest *contest, enum state state, size_t but)
{
    size_t found = contest->count;
    for (size_t i = 0; i < contest->count; i++)
        if (i != but && contest->figures[i].lanes > 0 &&
            (found == contest->count || share(contest, i, state) > share(contest, found, state)))
            found = i;
    return found;
}

/* ---- Clauses. ---- */

static void say_winner(const struct contest *contest, const struct verdict *verdict,
                       struct text *text)
{
    char a[FORMAT_SIZE], b[FORMAT_SIZE];
    size_t best = verdict->best;
    const struct figures *f = &contest->figures[best];
    const char *name = contest->meta->runs[best].model;
    size_t second = contest->count > 1 ? verdict->order[1] : best;
    bool contested = second != best && ended_well(contest, second);
    if (contest->service) {
        say(text, "%s answered best: p99 %s", name, seconds(f->latency_ms_p99.value / 1e3, a));
        if (contested)
            say(text, ", %s %s", contest->meta->runs[second].model,
                seconds(contest->figures[second].latency_ms_p99.value / 1e3, b));
        if (f->memory_pss_peak_kib.known && f->connections_peak.known &&
            f->connections_peak.value > 0) {
            format_bytes(
                a, sizeof a,
                (uint64_t)(f->memory_pss_peak_kib.value * 1024 / f->connections_peak.value));
            say(text, ", with %s of memory a connection", a);
        }
        return;
    }
    double other = contested ? contest->figures[second].wall_s.value : 0;
    if (contested && other <= f->wall_s.value * (1 + tie)) {
        say(text, "%s and %s are level, within %.0f %%: %s and %s", name,
            contest->meta->runs[second].model, tie * 100, seconds(f->wall_s.value, a),
            seconds(other, b));
    } else {
        say(text, "%s came first in %s", name, seconds(f->wall_s.value, a));
        if (f->speedup.known && strcmp(name, "serial") != 0)
            say(text, ", %.1f x as fast as serial", f->speedup.value);
        else if (contested)
            say(text, ", %.1f x as fast as %s", other / f->wall_s.value,
                contest->meta->runs[second].model);
    }
    const struct figures *than = contested ? &contest->figures[second] : f;
    if (contested && f->memory_pss_peak_kib.known && than->memory_pss_peak_kib.known &&
        f->memory_pss_peak_kib.value > 1.5 * than->memory_pss_peak_kib.value)
        say(text, ", for %.1f x the memory of %s",
            f->memory_pss_peak_kib.value / than->memory_pss_peak_kib.value,
            contest->meta->runs[second].model);
}

/* One row per kind of wait, in the order in which they are taken out. %s is the model. */
static const struct {
    enum state state;
    const char *said;
} waits[] = {
    { STATE_GIL, "waiting for the GIL, so more workers will not help" },
    { STATE_LOCK, "waiting for a lock" },
    { STATE_IPC, "serialising and on pipes between its workers" },
    { STATE_READY, "ready, but without a core" },
};

static void say_losers(const struct contest *contest, const struct verdict *verdict,
                       struct text *text)
{
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        size_t run = most_of(contest, waits[i].state, contest->count);
        if (run == contest->count || share(contest, run, waits[i].state) < share_of_note)
            continue;
        say(text, "; %s: %.0f %% of the workers' time went into %s", contest->meta->runs[run].model,
            100 * share(contest, run, waits[i].state), waits[i].said);
        return;
    }
    size_t run = most_of(contest, STATE_IO, verdict->best);
    if (run != contest->count && share(contest, run, STATE_IO) >= 0.5)
        say(text, "; %s: %.0f %% of the workers' time went into waiting for the outside",
            contest->meta->runs[run].model, 100 * share(contest, run, STATE_IO));
}

/* ---- What to change. ---- */

static bool gil_decides(const struct contest *contest, const struct verdict *verdict)
{
    size_t run = most_of(contest, STATE_GIL, verdict->best);
    return run != contest->count && share(contest, run, STATE_GIL) >= share_of_note;
}

static bool waiting_decides(const struct contest *contest, const struct verdict *verdict)
{
    size_t run = most_of(contest, STATE_IO, verdict->best);
    return run != contest->count && share(contest, run, STATE_IO) >= 0.5 &&
           strcmp(contest->meta->runs[verdict->best].model, "loop") == 0;
}

static bool pool_waits(const struct contest *contest, const struct verdict *verdict)
{
    return share(contest, verdict->best, STATE_IO) >= 0.5 && !contest->service;
}

static const struct {
    bool (*holds)(const struct contest *contest, const struct verdict *verdict);
    const char *said;
} flips[] = {
    { gil_decides, "turn the GIL off (gil=off), or let the compute release it (mode "
                   "native): the threads run on every core then." },
    { waiting_decides, "make each task compute more, or let it make a blocking call: "
                       "the loop has one core, and everybody waits for it." },
    { pool_waits, "change the number of workers: waiting costs no core, so more of "
                  "them wait side by side." },
};

void verdict_of(const struct timeline *timeline, struct verdict *verdict)
{
    memset(verdict, 0, sizeof *verdict);
    struct contest contest = { .meta = timeline_meta(timeline) };
    if (contest.meta == NULL)
        return;
    contest.count = timeline_runs(timeline);
    contest.service = contest.meta->kind != 0;
    for (size_t i = 0; i < contest.count; i++)
        figures_at(timeline, i, UINT64_MAX, &contest.figures[i]);
    sort(&contest, verdict->order);
    if (contest.count == 0 || !ended_well(&contest, verdict->order[0]))
        return;
    verdict->known = true;
    verdict->best = verdict->order[0];
    struct text why = { verdict->why, sizeof verdict->why };
    say_winner(&contest, verdict, &why);
    say_losers(&contest, verdict, &why);
    say(&why, ".");
    for (size_t i = 0; i < sizeof flips / sizeof flips[0] && contest.count > 1; i++)
        if (flips[i].holds(&contest, verdict)) {
            snprintf(verdict->flip, sizeof verdict->flip, "%s", flips[i].said);
            break;
        }
}

/* ---- The answer given before the start. ---- */

static enum state longest_state(const struct figures *figures)
{
    enum state longest = STATE_RUN;
    for (int state = 0; state < STATE_COUNT; state++)
        if (figures->state_share[state].known &&
            figures->state_share[state].value > figures->state_share[longest].value)
            longest = (enum state)state;
    return longest;
}

/* "STATE" (of the first run) or "MODEL:STATE". */
static int judge_state(const struct timeline *timeline, const char *predicted, char *answer,
                       size_t size)
{
    const struct meta *meta = timeline_meta(timeline);
    const char *colon = strchr(predicted, ':');
    const char *key = colon != NULL ? colon + 1 : predicted;
    for (size_t run = 0; run < timeline_runs(timeline); run++) {
        const char *model = meta->runs[run].model;
        if (colon != NULL && (strlen(model) != (size_t)(colon - predicted) ||
                              strncmp(model, predicted, strlen(model)) != 0))
            continue;
        struct figures figures;
        figures_at(timeline, run, UINT64_MAX, &figures);
        enum state longest = longest_state(&figures);
        if (!figures.state_share[longest].known)
            return -1;
        bool right = strcmp(state_rows[longest].key, key) == 0;
        snprintf(answer, size, "%s: you said '%s'; %s spent most time in '%s', %.0f %%",
                 right ? "Right" : "Not so", key, model, state_rows[longest].key,
                 100 * figures.state_share[longest].value);
        return right;
    }
    return -1;
}

int verdict_prediction(const struct timeline *timeline, const struct verdict *verdict, char *answer,
                       size_t size)
{
    const struct meta *meta = timeline_meta(timeline);
    if (size > 0)
        answer[0] = '\0';
    if (meta == NULL || meta->predicted[0] == '\0' || !verdict->known)
        return -1;
    for (size_t run = 0; run < timeline_runs(timeline); run++)
        if (strcmp(meta->runs[run].model, meta->predicted) == 0) {
            bool right = run == verdict->best;
            snprintf(answer, size, "%s: you said %s, and the best was %s",
                     right ? "Right" : "Not so", meta->predicted, meta->runs[verdict->best].model);
            return right;
        }
    return judge_state(timeline, meta->predicted, answer, size);
}
