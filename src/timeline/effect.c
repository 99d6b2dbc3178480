/*
 * What a change did. Nothing is kept: the marks of a run say where the changes are, and the rows give
 * the figures of the two spans. A span that is too short to say anything has no figures.
 */
#include "timeline/effect.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "timeline/run.h"

static const uint64_t span_most_ns = NS_PER_S, span_least_ns = 10 * NS_PER_MS;

static bool is_change(const struct mark_row *row)
{
    return row->kind == EVENT_PARAM_SET ||
           (row->kind == EVENT_MARK &&
            (row->object == MARK_KILL || row->object == MARK_BURST || row->object == MARK_BLOCK));
}

/* Whether the later of two changes goes on with the earlier one. */
static bool goes_on(const struct mark_row *earlier, const struct mark_row *later)
{
    return earlier->kind == EVENT_PARAM_SET && later->kind == EVENT_PARAM_SET &&
           earlier->object == later->object && later->time - earlier->time < span_most_ns;
}

/* Where a change stands among the mark rows, and the times that bound what may be compared. */
struct change {
    const struct mark_row *first, *last;
    uint64_t from, to; /* no other change lies within [from, to), trace time */
};

static bool find_change(const struct run *run, uint64_t time, struct change *change)
{
    *change = (struct change){ .from = run->go, .to = TIME_NEVER };
    for (uint32_t i = 0; i < run->mark_row_count; i++) {
        const struct mark_row *row = &run->mark_rows[i];
        if (!is_change(row) || row->time < run->go)
            continue;
        if (row->time > time) {
            if (change->last != NULL && goes_on(change->last, row)) {
                change->last = row; /* it is still being turned */
                continue;
            }
            change->to = row->time;
            break;
        }
        if (change->last == NULL || !goes_on(change->last, row)) {
            change->from = change->last != NULL ? change->last->time : run->go;
            change->first = row;
        }
        change->last = row;
    }
    return change->last != NULL;
}

/* ---- figures of a span ---- */

static void know(struct figure *figure, enum figure_source source, double value)
{
    *figure = (struct figure){ .value = value, .known = true, .source = source };
}

static void of_tasks(const struct run *run, uint64_t from, uint64_t to, struct figure *figures)
{
    const struct tasks *tasks = &run->tasks;
    size_t first = from > 0 ? task_order_until(tasks, &tasks->done, from - 1) : 0;
    size_t last = task_order_until(tasks, &tasks->done, to - 1);
    know(&figures[EFFECT_RATE], FROM_TRACE,
         (double)(last - first) * (double)NS_PER_S / (double)(to - from));
    if (last == first)
        return;
    struct histogram earlier, until;
    tasks_latency(tasks, first, &earlier);
    tasks_latency(tasks, last, &until);
    until.count -= earlier.count;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        until.buckets[i] -= earlier.buckets[i];
    know(&figures[EFFECT_P99], FROM_TRACE,
         (double)histogram_quantile(&until, 0.99) / (double)NS_PER_MS);
}

static void of_span(const struct timeline *timeline, size_t index, uint64_t from, uint64_t to,
                    struct figure *figures)
{
    const struct run *run = &timeline->runs[index];
    const struct series *queue = run_queue(run);
    uint64_t ns[STATE_COUNT], life = 0;
    if (to < from + span_least_ns)
        return;
    if (queue->count > 0)
        know(&figures[EFFECT_QUEUE], FROM_TRACE,
             (series_sum(queue, to).area - series_sum(queue, from).area) / (double)(to - from));
    of_tasks(run, from, to, figures);
    timeline_run_shares(timeline, index, from - run->go, to - run->go, ns);
    for (size_t i = 0; i < STATE_COUNT; i++)
        life += ns[i];
    if (life == 0)
        return;
    if (run->gils.count > 0)
        know(&figures[EFFECT_GIL], FROM_SIMULATED, (double)ns[STATE_GIL] / (double)life);
    know(&figures[EFFECT_WORK], FROM_TRACE,
         (double)(ns[STATE_RUN] + ns[STATE_NATIVE]) / (double)life);
}

/* ---- in words ---- */

static void say_what(const struct timeline *timeline, size_t index, const struct change *change,
                     struct effect *effect)
{
    const struct run *run = &timeline->runs[index];
    const struct meta *meta = &timeline->meta;
    const struct mark_row *last = change->last;
    int64_t value;
    char before[32] = "", after[32];
    if (last->kind != EVENT_PARAM_SET) {
        snprintf(effect->what, sizeof effect->what, "%s",
                 last->object == MARK_KILL    ? "a worker killed"
                 : last->object == MARK_BURST ? "a burst of tasks"
                                              : "a blocking call");
        return;
    }
    if (last->object >= meta->param_count || last->object >= META_PARAMS_MAX) {
        snprintf(effect->what, sizeof effect->what, "a knob");
        return;
    }
    uint32_t unit = meta->params[last->object].unit;
    uint64_t first = run_since_go(run, change->first->time);
    mark_value_text(unit, (int64_t)last->value, after, sizeof after);
    if (timeline_param_at(timeline, index, last->object, first > 0 ? first - 1 : 0, &value))
        mark_value_text(unit, value, before, sizeof before);
    snprintf(effect->what, sizeof effect->what, "%s %s -> %s", meta->params[last->object].name,
             before, after);
}

uint64_t timeline_effect_moment(const struct timeline *timeline, size_t index, uint64_t t)
{
    const struct run *run = run_of(timeline, index);
    struct change change;
    if (run == NULL || run->go == TIME_NEVER || !find_change(run, run_time(run, t), &change))
        return UINT64_MAX;
    return run_since_go(run, change.last->time);
}

bool timeline_effect(const struct timeline *timeline, size_t index, uint64_t t,
                     struct effect *effect)
{
    const struct run *run = run_of(timeline, index);
    struct change change;
    memset(effect, 0, sizeof *effect);
    if (run == NULL || run->go == TIME_NEVER || !find_change(run, run_time(run, t), &change))
        return false;
    uint64_t first = change.first->time, last = change.last->time;
    uint64_t from = first > change.from + span_most_ns ? first - span_most_ns : change.from;
    uint64_t to = change.to < last + span_most_ns ? change.to : last + span_most_ns;
    if (to > run->now)
        to = run->now;
    effect->t = run_since_go(run, last);
    effect->before_ns = first > from ? first - from : 0;
    effect->after_ns = to > last ? to - last : 0;
    say_what(timeline, index, &change, effect);
    of_span(timeline, index, from, first, effect->before);
    of_span(timeline, index, last, to, effect->after);
    return true;
}
