/*
 * What a run is judged by: its figures, its workers' states in spans side by side, and the few facts
 * that need a look at single lanes (symptoms_lanes.c). Nearly all is asked through timeline.h and
 * figures.h, of a bounded number of moments, so that it costs little more for a long run than for a
 * short one; and piece by piece, each of which goes on where the one before it stopped.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "timeline/diagnose_inside.h"
#include "timeline/run.h"

/* What is shorter says nothing of how it will go on. */
enum { LEAST_NS = 50000000 };
/* What a look at another thing costs, in looks at a lane. */
enum { POINT_COSTS = 4 };

double symptoms_share(const struct symptoms *s, enum state state)
{
    const struct figure *share = &s->figures.state_share[state];
    return share->known ? share->value : 0;
}

uint64_t symptoms_backlog(const struct task_counts *counts)
{
    return counts->waiting + counts->in_flight;
}

void symptoms_spend(size_t *room, size_t looks)
{
    *room -= looks < *room ? looks : *room;
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

static bool look_at_holders(struct symptoms *s, size_t *room)
{
    if (s->brief.gils != 1 || s->brief.source != SOURCE_PERF)
        return true;
    for (; s->at < SYMPTOM_POINTS; s->at++) {
        struct gil_moment gil;
        uint64_t t = s->length / SYMPTOM_POINTS * s->at;
        if (*room == 0)
            return false;
        symptoms_spend(room, POINT_COSTS);
        timeline_gil_at(s->timeline, s->run, 0, t, &gil);
        if (gil.holder == LANE_NONE || !gil.holder_off_core || gil.waiters == 0)
            continue;
        if (s->off_core.points++ == 0)
            s->off_core.t = t;
    }
    s->off_core.of_run = (double)s->off_core.points / SYMPTOM_POINTS;
    return true;
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

/* ---- one after the other ---- */

static bool look_at_lanes(struct symptoms *s, size_t *room)
{
    size_t rest = s->brief.lanes - s->at, until = s->at + (rest < *room ? rest : *room);
    if (s->lanes == NULL)
        s->lanes = mem_alloc(s->brief.lanes * sizeof *s->lanes);
    figures_add_lanes(s->timeline, s->run, s->length, s->at, until, &s->all);
    symptoms_spend(room, until - s->at);
    for (; s->at < until; s->at++)
        timeline_lane_shares(s->timeline, s->run, s->at, 0, s->length, s->lanes[s->at].ns);
    return s->at == s->brief.lanes;
}

static bool look_at_figures(struct symptoms *s, size_t *room)
{
    symptoms_spend(room, POINT_COSTS);
    figures_of(s->timeline, s->run, s->length, &s->all, &s->figures);
    s->own_cores = figures_busy(&s->figures, s->figures.core_busy);
    return true;
}

static bool one_more(void *context)
{
    size_t *room = context;
    bool more = *room > 0;
    symptoms_spend(room, 1);
    return more;
}

static bool look_at_states(struct symptoms *s, size_t *room)
{
    const struct run *run = run_of(s->timeline, s->run);
    const struct strip_ask ask = {
        .width_ns = s->bin_ns, .count = SYMPTOM_BINS, .more = one_more, .context = room
    };
    s->at = run_strip_add(run, &ask, s->at, s->bins);
    return s->at == run->lanes.count;
}

static bool look_at_points(struct symptoms *s, size_t *room)
{
    symptoms_spend(room, (SYMPTOM_BINS + BACKLOG_POINTS) * POINT_COSTS);
    look_at_queue(s);
    look_at_backlog(s);
    return true;
}

/* Each takes what it costs from the room that there is; true: it is done. */
static bool (*const looks[])(struct symptoms *s, size_t *room) = {
    look_at_lanes,   look_at_figures, look_at_states, look_at_points,
    look_at_holders, symptoms_convoy, symptoms_lag,   symptoms_starved,
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

bool symptoms_look(struct symptoms *s, size_t *room)
{
    while (s->looked<LOOKS && * room> 0) {
        if (!looks[s->looked](s, room))
            continue;
        s->looked++;
        s->at = 0;
    }
    return s->looked < LOOKS;
}

void symptoms_fini(struct symptoms *s)
{
    free(s->lanes);
}
