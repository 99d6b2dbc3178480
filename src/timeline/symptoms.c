/*
 * What a run is judged by: its figures, its workers' states in spans side by side, and the few facts
 * that need a look at single lanes. Everything is asked through timeline.h and figures.h, of a bounded
 * number of moments, so that it costs little more for a long run than for a short one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "timeline/diagnose_inside.h"

/* What is shorter says nothing of how it will go on. */
enum { LEAST_NS = 50000000 };
/* A lane's states are followed one after the other for so many. */
enum { WALK_MOST = 600, WALKS_MOST = 32 };

double symptoms_share(const struct symptoms *s, enum state state)
{
    const struct figure *share = &s->figures.state_share[state];
    return share->known ? share->value : 0;
}

uint64_t symptoms_backlog(const struct task_counts *counts)
{
    return counts->waiting + counts->in_flight;
}

/* What a lane did of [t0, t1), as shares of its life within it. */
static uint64_t lane_shares(const struct symptoms *s, size_t lane, uint64_t t0, uint64_t t1,
                            double share[STATE_COUNT])
{
    uint64_t ns[STATE_COUNT], life = 0;
    timeline_lane_shares(s->timeline, s->run, lane, t0, t1, ns);
    for (size_t i = 0; i < STATE_COUNT; i++)
        life += ns[i];
    for (size_t i = 0; i < STATE_COUNT; i++)
        share[i] = life > 0 ? (double)ns[i] / (double)life : 0;
    return life;
}

static bool worker(const struct symptoms *s, size_t lane, struct lane_brief *brief)
{
    return timeline_lane(s->timeline, s->run, lane, brief) && role_is_worker(brief->role);
}

/* Of a lane in a span: the middle of a stretch in which it is in the state; `t0` where none is met. */
static uint64_t moment_in(const struct symptoms *s, size_t lane, enum state state, uint64_t t0,
                          uint64_t t1)
{
    enum { LOOKS = 32 };
    uint64_t best = t0, longest = 0;
    for (uint64_t i = 0; i < LOOKS; i++) {
        struct lane_moment at;
        uint64_t t = t0 + (t1 - t0) * (2 * i + 1) / (2 * LOOKS);
        timeline_lane_at(s->timeline, s->run, lane, t, &at);
        uint64_t until = at.until_ns < s->length ? at.until_ns : s->length;
        if (at.state != state || until <= at.since_ns || until - at.since_ns <= longest)
            continue;
        longest = until - at.since_ns;
        best = at.since_ns + longest / 2;
    }
    return best;
}

uint64_t symptoms_moment(const struct symptoms *s, enum state state)
{
    size_t bin = 0, most_lane = 0;
    uint64_t most = 0;
    for (size_t i = 1; i < SYMPTOM_BINS; i++)
        bin = s->bins[i][state] > s->bins[bin][state] ? i : bin;
    uint64_t t0 = bin * s->bin_ns, t1 = t0 + s->bin_ns;
    for (size_t lane = 0; lane < s->brief.lanes; lane++) {
        uint64_t ns[STATE_COUNT];
        struct lane_brief brief;
        if (!worker(s, lane, &brief))
            continue;
        timeline_lane_shares(s->timeline, s->run, lane, t0, t1, ns);
        if (ns[state] > most) {
            most = ns[state];
            most_lane = lane;
        }
    }
    return moment_in(s, most_lane, state, t0, t1 < s->length ? t1 : s->length);
}

/* ---- a lane that comes back and waits behind one that computes ---- */

struct walk {
    uint32_t waits, returns, behind;
    uint64_t waited_ns, longest_ns, t;
    uint32_t holder;
};

/* Whether the GIL is held, in the middle of a wait, by one that computes (on its core or off). */
static bool computing_holder(const struct symptoms *s, uint64_t t, uint32_t *holder)
{
    struct gil_moment gil;
    timeline_gil_at(s->timeline, s->run, 0, t, &gil);
    *holder = gil.holder;
    for (size_t lane = 0; lane < s->brief.lanes && gil.holder != LANE_NONE; lane++) {
        struct lane_brief brief;
        struct lane_moment at;
        if (!timeline_lane(s->timeline, s->run, lane, &brief) || brief.id != gil.holder)
            continue;
        timeline_lane_at(s->timeline, s->run, lane, t, &at);
        return at.says == SAYS_COMPUTE;
    }
    return false;
}

/* Follows a lane's states from `t` on. */
static void walk_lane(const struct symptoms *s, size_t lane, uint64_t t, struct walk *walk)
{
    enum says before = SAYS_COUNT;
    for (int i = 0; i < WALK_MOST && t < s->length; i++) {
        struct lane_moment at;
        timeline_lane_at(s->timeline, s->run, lane, t, &at);
        if (at.state == STATE_NONE || at.until_ns <= t || at.until_ns > s->length)
            return;
        if (at.state == STATE_GIL && before != SAYS_COUNT) {
            uint64_t ns = at.until_ns - at.since_ns;
            uint32_t holder;
            walk->waits++;
            if (before == SAYS_IO) {
                walk->returns++;
                walk->waited_ns += ns;
                bool behind = computing_holder(s, at.since_ns + ns / 2, &holder);
                walk->behind += behind;
                if (behind && ns > walk->longest_ns) {
                    walk->longest_ns = ns;
                    walk->t = at.since_ns + ns / 2;
                    walk->holder = holder;
                }
            }
        }
        /* What it said last in this state: a state may hold several words. */
        timeline_lane_at(s->timeline, s->run, lane, at.until_ns - 1, &at);
        before = at.says;
        t = at.until_ns;
    }
}

static void find_convoy(struct symptoms *s)
{
    uint32_t walks = 0;
    if (s->brief.gils != 1 || s->interval_ns == 0)
        return;
    for (size_t lane = 0; lane < s->brief.lanes && walks < WALKS_MOST; lane++) {
        struct lane_brief brief;
        double share[STATE_COUNT];
        struct walk walk = { 0 };
        if (!worker(s, lane, &brief) ||
            lane_shares(s, lane, 0, s->length, share) < 10 * s->interval_ns ||
            share[STATE_GIL] < 0.25 || share[STATE_RUN] > 0.3 ||
            (s->convoy.found && share[STATE_GIL] <= s->convoy.share))
            continue;
        uint64_t end = brief.end_ns < s->length ? brief.end_ns : s->length;
        walk_lane(s, lane, brief.begin_ns + (end - brief.begin_ns) / 4, &walk);
        walks++;
        if (walk.returns < 8 || walk.returns * 5 < walk.waits * 3 ||
            walk.behind * 5 < walk.returns * 3 || walk.t == 0 ||
            walk.waited_ns / walk.returns < s->interval_ns * 6 / 10)
            continue;
        s->convoy.found = true;
        s->convoy.lane = brief;
        s->convoy.waits = walk.returns;
        s->convoy.mean_ns = walk.waited_ns / walk.returns;
        s->convoy.share = share[STATE_GIL];
        s->convoy.t = walk.t;
        for (size_t i = 0; i < s->brief.lanes; i++)
            if (timeline_lane(s->timeline, s->run, i, &brief) && brief.id == walk.holder)
                s->convoy.holder = brief;
    }
}

/* ---- a loop that stood still ---- */

/* When what never falls reached what it is at the end. */
static uint64_t reached(const struct symptoms *s,
                        uint64_t (*value)(const struct timeline *timeline, size_t run, uint64_t t))
{
    uint64_t last = value(s->timeline, s->run, s->length), low = 0, high = s->length;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (value(s->timeline, s->run, middle) >= last)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void find_lag(struct symptoms *s)
{
    uint64_t lag = timeline_lag(s->timeline, s->run, s->length);
    uint64_t late = timeline_late(s->timeline, s->run, s->length);
    if (lag == 0 && late == 0)
        return;
    uint64_t end = reached(s, late > lag ? timeline_late : timeline_lag);
    s->lag.ns = late > lag ? late : lag;
    uint64_t begin = end > s->lag.ns ? end - s->lag.ns : 0;
    struct task_counts before, after;
    timeline_counts(s->timeline, s->run, begin, &before);
    timeline_counts(s->timeline, s->run, end, &after);
    s->lag.tasks = after.done + after.failed - before.done - before.failed;
    s->lag.piece_ns = (end - begin) / (s->lag.tasks + 1);
    for (size_t lane = 0; lane < s->brief.lanes && !s->lag.found; lane++) {
        struct lane_brief brief;
        uint64_t counts[TASK_STATE_COUNT];
        if (!timeline_lane(s->timeline, s->run, lane, &brief) || brief.role != ROLE_LOOP)
            continue;
        lane_shares(s, lane, begin, end, s->lag.share);
        timeline_task_mix(s->timeline, s->run, begin + (end - begin) * 9 / 10, counts);
        s->lag.found = true;
        s->lag.t = begin + (end - begin) / 2;
        s->lag.due = counts[TASK_STATE_DUE];
    }
}

/* ---- a lane that waits far longer than the others ---- */

struct hungry {
    size_t lane;
    double waits, computes;
};

static int by_waits(const void *a, const void *b)
{
    double x = ((const struct hungry *)a)->waits, y = ((const struct hungry *)b)->waits;
    return (x > y) - (x < y);
}

static void tell_starved(struct symptoms *s, const struct hungry *most, double median)
{
    double share[STATE_COUNT];
    static const enum state waits[] = { STATE_GIL, STATE_LOCK, STATE_READY };
    timeline_lane(s->timeline, s->run, most->lane, &s->starved.lane);
    lane_shares(s, most->lane, 0, s->length, share);
    s->starved.found = true;
    s->starved.waits = most->waits;
    s->starved.others_wait = median;
    s->starved.state = STATE_GIL;
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        if (share[waits[i]] > share[s->starved.state])
            s->starved.state = waits[i];
    s->starved.t = moment_in(s, most->lane, s->starved.state, 0, s->length);
    struct lane_moment at;
    timeline_lane_at(s->timeline, s->run, most->lane, s->starved.t, &at);
    uint64_t until = at.until_ns < s->length ? at.until_ns : s->length;
    s->starved.longest_ns = until > at.since_ns ? until - at.since_ns : 0;
}

/* Only lanes that always want to go on can starve: what waits for the outside is served by it. */
static void find_starved(struct symptoms *s)
{
    struct hungry *all = mem_zero(s->brief.lanes + 1, sizeof *all);
    size_t count = 0;
    for (size_t lane = 0; lane < s->brief.lanes; lane++) {
        struct lane_brief brief;
        double share[STATE_COUNT];
        if (!worker(s, lane, &brief) || lane_shares(s, lane, 0, s->length, share) < s->length / 2)
            continue;
        double waits = share[STATE_GIL] + share[STATE_LOCK] + share[STATE_READY];
        double computes = share[STATE_RUN] + share[STATE_NATIVE];
        if (waits + computes >= 0.8)
            all[count++] = (struct hungry){ lane, waits, computes };
    }
    if (count >= 2) {
        qsort(all, count, sizeof *all, by_waits);
        const struct hungry *most = &all[count - 1], *median = &all[(count - 1) / 2];
        if (most->waits >= 0.5 && most->waits >= 1.5 * median->waits &&
            most->computes * 4 <= median->computes)
            tell_starved(s, most, median->waits);
    }
    free(all);
}

/* ---- the whole run at points side by side ---- */

/* The time in which tasks could come: of a service its talk. */
static void working_span(const struct symptoms *s, uint64_t *from, uint64_t *to)
{
    const struct mark *marks;
    size_t count = timeline_marks(s->timeline, s->run, &marks);
    *from = 0;
    *to = s->length;
    for (size_t i = 0; i < count; i++) {
        if (marks[i].kind == MARK_ALL_CONNECTED)
            *from = marks[i].t;
        else if (marks[i].kind == MARK_TALK_ENDS)
            *to = marks[i].t;
    }
}

static void look_at_backlog(struct symptoms *s)
{
    working_span(s, &s->backlog.from, &s->backlog.to);
    uint64_t span = s->backlog.to > s->backlog.from ? s->backlog.to - s->backlog.from : 0;
    for (uint64_t i = 0; i < BACKLOG_POINTS; i++)
        timeline_counts(s->timeline, s->run, s->backlog.from + span * i / (BACKLOG_POINTS - 1),
                        &s->backlog.at[i]);
}

static void look_at_queue(struct symptoms *s)
{
    uint64_t queued = 0, io = 0, all = 0;
    for (size_t i = 0; i < SYMPTOM_BINS; i++) {
        if (timeline_queue_depth(s->timeline, s->run, (uint64_t)i * s->bin_ns + s->bin_ns / 2) == 0)
            continue;
        queued++;
        io += s->bins[i][STATE_IO];
        for (size_t state = 0; state < STATE_COUNT; state++)
            all += s->bins[i][state];
    }
    s->queued.of_run = (double)queued / SYMPTOM_BINS;
    s->queued.io = all > 0 ? (double)io / (double)all : 0;
}

static void look_at_holders(struct symptoms *s)
{
    uint32_t off = 0;
    if (s->brief.gils != 1 || s->brief.source != SOURCE_PERF)
        return;
    for (uint64_t i = 0; i < SYMPTOM_POINTS; i++) {
        struct gil_moment gil;
        uint64_t t = s->length / SYMPTOM_POINTS * i;
        timeline_gil_at(s->timeline, s->run, 0, t, &gil);
        if (gil.holder == LANE_NONE || !gil.holder_off_core || gil.waiters == 0)
            continue;
        if (off++ == 0)
            s->off_core.t = t;
    }
    s->off_core.of_run = (double)off / SYMPTOM_POINTS;
}

static void look_at_cores(struct symptoms *s)
{
    s->own_cores = s->machine_cores = -1;
    for (size_t i = 0; i < s->figures.cores; i++) {
        const struct figure *own = &s->figures.core_busy[i], *all = &s->figures.machine_busy[i];
        if (own->known)
            s->own_cores = (s->own_cores > 0 ? s->own_cores : 0) + own->value;
        if (all->known)
            s->machine_cores = (s->machine_cores > 0 ? s->machine_cores : 0) + all->value;
    }
}

static uint64_t interval_of(const struct symptoms *s)
{
    int64_t ns;
    for (uint32_t i = 0; i < s->meta->param_count; i++)
        if (strcmp(s->meta->params[i].name, "switch_interval") == 0 &&
            timeline_param_at(s->timeline, s->run, i, s->length, &ns) && ns > 0)
            return (uint64_t)ns;
    return 0;
}

static void look_at_figures(struct symptoms *s)
{
    figures_at(s->timeline, s->run, UINT64_MAX, &s->figures);
    look_at_cores(s);
}

static void look_at_states(struct symptoms *s)
{
    timeline_run_strip(s->timeline, s->run, 0, s->bin_ns, SYMPTOM_BINS, s->bins);
    look_at_queue(s);
}

static void look_at_points(struct symptoms *s)
{
    look_at_backlog(s);
    look_at_holders(s);
}

static void (*const looks[])(struct symptoms *s) = {
    look_at_figures, look_at_states, look_at_points, find_convoy, find_lag, find_starved,
};
enum { LOOKS = sizeof looks / sizeof *looks };

bool symptoms_begin(struct symptoms *s, const struct timeline *timeline, size_t run)
{
    memset(s, 0, sizeof *s);
    s->timeline = timeline;
    s->run = run;
    s->meta = timeline_meta(timeline);
    timeline_run(timeline, run, &s->brief);
    if (s->meta == NULL || !s->brief.gone)
        return false;
    s->told = &s->meta->runs[run];
    s->length = s->brief.length_ns;
    s->interval_ns = interval_of(s);
    s->bin_ns = s->length / SYMPTOM_BINS + 1;
    /* One that gave up at once still says why. */
    return s->length >= LEAST_NS || s->brief.status == RUN_LIMITED || s->brief.status == RUN_FAILED;
}

bool symptoms_look(struct symptoms *s)
{
    if (s->looked == LOOKS)
        return false;
    looks[s->looked++](s);
    return true;
}
