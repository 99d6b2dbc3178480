/*
 * What is wrong with single lanes of a run: one that comes back and waits behind one that computes, a
 * loop that stood still, one that waits far longer than the others; and moments that show it.
 *
 * What each lane did in the whole run is there by then (look_at_lanes() of symptoms.c): only lanes that
 * it points at are looked at more closely.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "timeline/diagnose_inside.h"

/* A lane's states are followed one after the other for so many; what that costs, in looks at a lane,
 * and for how many lanes' states so far there is time in one. */
enum { WALK_MOST = 600, WALKS_MOST = 32, WALK_COSTS = 1024, LANES_IN_A_LOOK = 8 };

static void shares_of(const uint64_t ns[STATE_COUNT], double share[STATE_COUNT], uint64_t *life)
{
    *life = 0;
    for (size_t i = 0; i < STATE_COUNT; i++)
        *life += ns[i];
    for (size_t i = 0; i < STATE_COUNT; i++)
        share[i] = *life > 0 ? (double)ns[i] / (double)*life : 0;
}

/* What a lane did of the run, as shares of its life. */
static uint64_t lane_shares(const struct symptoms *s, size_t lane, double share[STATE_COUNT])
{
    uint64_t life;
    shares_of(s->lanes[lane].ns, share, &life);
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
    size_t bin = 0, most_lane = 0, in_it = 0, nth = 0;
    uint64_t most = 0;
    for (size_t i = 1; i < SYMPTOM_BINS; i++)
        bin = s->bins[i][state] > s->bins[bin][state] ? i : bin;
    uint64_t t0 = bin * s->bin_ns, t1 = t0 + s->bin_ns;
    for (size_t lane = 0; lane < s->brief.lanes; lane++)
        in_it += s->lanes[lane].ns[state] > 0;
    size_t step = in_it / SYMPTOM_MOMENT_COSTS + 1;
    for (size_t lane = 0; lane < s->brief.lanes; lane++) {
        uint64_t ns[STATE_COUNT];
        struct lane_brief brief;
        if (s->lanes[lane].ns[state] == 0 || nth++ % step != 0 || !worker(s, lane, &brief))
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
    size_t lane;
    struct lane_moment at;
    if (gil.holder == LANE_NONE || !timeline_lane_index(s->timeline, s->run, gil.holder, &lane))
        return false;
    timeline_lane_at(s->timeline, s->run, lane, t, &at);
    return at.says == SAYS_COMPUTE;
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

/* Whether it may be one: it waits for the GIL more than the one that was found. */
static bool may_wait_behind(const struct symptoms *s, size_t lane, double *waits)
{
    double share[STATE_COUNT];
    uint64_t life = lane_shares(s, lane, share);
    *waits = share[STATE_GIL];
    return life >= 10 * s->interval_ns && share[STATE_GIL] >= 0.25 && share[STATE_RUN] <= 0.3 &&
           (!s->convoy.found || share[STATE_GIL] > s->convoy.share);
}

static void follow(struct symptoms *s, size_t lane, const struct lane_brief *brief, double waits)
{
    struct walk walk = { 0 };
    uint64_t end = brief->end_ns < s->length ? brief->end_ns : s->length;
    walk_lane(s, lane, brief->begin_ns + (end - brief->begin_ns) / 4, &walk);
    if (walk.returns < 8 || walk.returns * 5 < walk.waits * 3 ||
        walk.behind * 5 < walk.returns * 3 || walk.t == 0 ||
        walk.waited_ns / walk.returns < s->interval_ns * 6 / 10)
        return;
    s->convoy.found = true;
    s->convoy.lane = *brief;
    s->convoy.waits = walk.returns;
    s->convoy.mean_ns = walk.waited_ns / walk.returns;
    s->convoy.share = waits;
    s->convoy.t = walk.t;
    size_t holder;
    if (timeline_lane_index(s->timeline, s->run, walk.holder, &holder))
        timeline_lane(s->timeline, s->run, holder, &s->convoy.holder);
}

bool symptoms_convoy(struct symptoms *s, size_t *room)
{
    if (s->brief.gils != 1 || s->interval_ns == 0)
        return true;
    for (; s->at < s->brief.lanes && s->convoy.walks < WALKS_MOST; s->at++) {
        struct lane_brief brief;
        double waits;
        if (*room == 0)
            return false;
        symptoms_spend(room, s->at % LANES_IN_A_LOOK == 0);
        if (!may_wait_behind(s, s->at, &waits) || !worker(s, s->at, &brief))
            continue;
        follow(s, s->at, &brief, waits);
        s->convoy.walks++;
        symptoms_spend(room, WALK_COSTS);
    }
    return true;
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

bool symptoms_lag(struct symptoms *s, size_t *room)
{
    symptoms_spend(room, 1);
    uint64_t lag = timeline_lag(s->timeline, s->run, s->length);
    uint64_t late = timeline_late(s->timeline, s->run, s->length);
    if (lag == 0 && late == 0)
        return true;
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
        uint64_t counts[TASK_STATE_COUNT], ns[STATE_COUNT], life;
        if (!timeline_lane(s->timeline, s->run, lane, &brief) || brief.role != ROLE_LOOP)
            continue;
        timeline_lane_shares(s->timeline, s->run, lane, begin, end, ns);
        shares_of(ns, s->lag.share, &life);
        timeline_task_mix(s->timeline, s->run, begin + (end - begin) * 9 / 10, counts);
        s->lag.found = true;
        s->lag.t = begin + (end - begin) / 2;
        s->lag.due = counts[TASK_STATE_DUE];
    }
    return true;
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
    lane_shares(s, most->lane, share);
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
bool symptoms_starved(struct symptoms *s, size_t *room)
{
    symptoms_spend(room, 1 + s->brief.lanes / LANES_IN_A_LOOK);
    struct hungry *all = mem_zero(s->brief.lanes + 1, sizeof *all);
    size_t count = 0;
    for (size_t lane = 0; lane < s->brief.lanes; lane++) {
        struct lane_brief brief;
        double share[STATE_COUNT];
        if (lane_shares(s, lane, share) < s->length / 2)
            continue;
        double waits = share[STATE_GIL] + share[STATE_LOCK] + share[STATE_READY];
        double computes = share[STATE_RUN] + share[STATE_NATIVE];
        if (waits + computes >= 0.8 && worker(s, lane, &brief))
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
    return true;
}
