/*
 * The numbers of a run up to a moment: one computation for reports, screens and the verdict.
 *
 * Every figure is either derived from the rows up to that moment or not known; nothing is assumed.
 * All times counted here begin with the run's go.
 */
#include "timeline/figures.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "timeline/run.h"

struct span_of_run {
    const struct timeline *timeline;
    size_t index;
    const struct run *run;
    uint64_t t;    /* run time, held to the run's length */
    uint64_t time; /* the same in the trace */
    bool whole;    /* the run is over, and all of it lies before */
};

static void know(struct figure *figure, enum figure_source source, double value)
{
    *figure = (struct figure){ .value = value, .known = true, .source = source };
}

static double seconds(uint64_t ns)
{
    return (double)ns / (double)NS_PER_S;
}

/* ---- tasks ---- */

/* Of a service: the time of its talk, which is when work came. */
static uint64_t working_ns(const struct span_of_run *at)
{
    uint64_t from = at->run->go, to = at->time;
    if (!at->run->tasks.service)
        return to - from;
    for (size_t i = 0; i < at->run->mark_row_count; i++) {
        const struct mark_row *row = &at->run->mark_rows[i];
        if (row->kind != EVENT_MARK || row->time > at->time || row->time < at->run->go)
            continue;
        if (row->object == MARK_ALL_CONNECTED)
            from = row->time;
        else if (row->object == MARK_TALK_ENDS)
            to = row->time;
    }
    return to > from ? to - from : 0;
}

static void quantile(struct figure *figure, const struct histogram *histogram, double share)
{
    if (histogram->count > 0)
        know(figure, FROM_TRACE, (double)histogram_quantile(histogram, share) / NS_PER_MS);
}

static void of_tasks(const struct span_of_run *at, struct figures *figures)
{
    const struct tasks *tasks = &at->run->tasks;
    timeline_counts(at->timeline, at->index, at->t, &figures->tasks);
    uint64_t working = working_ns(at);
    if (tasks->submitted.count > 0 && working > 0)
        know(&figures->throughput_per_s, FROM_TRACE,
             (double)figures->tasks.done / seconds(working));
    size_t taken = task_order_until(tasks, &tasks->taken, at->time);
    if (taken > 0) {
        uint64_t first = task_taken(task_find(tasks, tasks->taken.ids[0]));
        know(&figures->startup_s, FROM_TRACE, seconds(run_since_go(at->run, first)));
    }
    struct histogram histogram;
    tasks_latency(tasks, figures->tasks.done, &histogram);
    quantile(&figures->latency_ms_p50, &histogram, 0.50);
    quantile(&figures->latency_ms_p90, &histogram, 0.90);
    quantile(&figures->latency_ms_p99, &histogram, 0.99);
    quantile(&figures->latency_ms_max, &histogram, 1.0);
    tasks_wait(tasks, taken, &histogram);
    quantile(&figures->queue_wait_ms_p50, &histogram, 0.50);
    quantile(&figures->queue_wait_ms_p99, &histogram, 0.99);
    figures->checksum = tasks->collected > 0 ? tasks->collect_checksum : tasks->done_checksum;
}

/* ---- lanes ---- */

static void of_states(const struct span_of_run *at, const struct figures_lanes *lanes,
                      struct figures *figures)
{
    uint64_t life = 0;
    for (size_t i = 0; i < STATE_COUNT; i++)
        life += lanes->ns[i];
    if (at->run->source == SOURCE_PERF)
        know(&figures->cpu_on_core_s, FROM_KERNEL, seconds(lanes->on_core_ns));
    for (size_t i = 0; i < STATE_COUNT && life > 0; i++) {
        /* Without the kernel's records nobody can tell that a lane waits for a core. */
        if (i == STATE_READY && at->run->source != SOURCE_PERF)
            continue;
        know(&figures->state_share[i], i == STATE_GIL ? FROM_SIMULATED : FROM_TRACE,
             (double)lanes->ns[i] / (double)life);
    }
}

static void of_cpu(const struct span_of_run *at, struct figures *figures)
{
    struct run_cpu cpu;
    /* Of a whole run also what its lanes told after its end: the totals come last. */
    bool told = run_cpu(at->run, at->whole ? TIME_NEVER - 1 : at->time, &cpu);
    if (told && cpu.user_known) {
        double user = (double)cpu.user_us / 1e6, all = seconds(cpu.on_core_ns);
        know(&figures->cpu_user_s, FROM_KERNEL, user);
        know(&figures->cpu_system_s, FROM_KERNEL, all > user ? all - user : 0);
    }
    if (told && at->run->source != SOURCE_PERF)
        know(&figures->cpu_on_core_s, FROM_KERNEL, seconds(cpu.on_core_ns));
    uint64_t voluntary, involuntary;
    if (timeline_switches(at->timeline, at->index, 0, at->whole ? UINT64_MAX : at->t, &voluntary,
                          &involuntary)) {
        know(&figures->switches_voluntary, FROM_KERNEL, (double)voluntary);
        know(&figures->switches_involuntary, FROM_KERNEL, (double)involuntary);
    }
}

static void of_cores(const struct span_of_run *at, struct figures *figures)
{
    const struct run *run = at->run;
    figures->cores = run->core_count < FIGURES_CORES_MAX ? run->core_count : FIGURES_CORES_MAX;
    for (uint32_t core = 0; core < figures->cores && at->t > 0; core++) {
        const struct spans *lanes = &run->cores[core].lanes;
        uint64_t busy = spans_sum(lanes, at->time).held - spans_sum(lanes, run->go).held;
        int machine = timeline_machine_busy(at->timeline, at->index, core, 0, at->t);
        if (run->source == SOURCE_PERF)
            know(&figures->core_busy[core], FROM_KERNEL, (double)busy / (double)at->t);
        if (machine >= 0)
            know(&figures->machine_busy[core], FROM_KERNEL, machine / 1000.0);
    }
}

/* ---- the GIL ---- */

static void of_gils(const struct span_of_run *at, struct figures *figures)
{
    const struct run *run = at->run;
    uint64_t held = 0, changes = 0, forced = 0, waited = 0, requests = 0, contended = 0;
    double waiting = 0;
    for (size_t i = 0; i < run->gils.count; i++) {
        const struct gil_row *gil = id_nth(&run->gils, i);
        struct spans_sum before = spans_sum(&gil->held, run->go);
        struct spans_sum now = spans_sum(&gil->held, at->time);
        struct series_sum waiters_before = series_sum(&gil->waiters, run->go);
        struct series_sum waiters = series_sum(&gil->waiters, at->time);
        held += now.held - before.held;
        changes += now.changes - before.changes;
        forced += now.forced - before.forced;
        waited += now.waited - before.waited;
        waiting += waiters.area - waiters_before.area;
        contended += waiters.positive - waiters_before.positive;
        requests += times_until(&gil->requests, at->time) - times_before(&gil->requests, run->go);
    }
    if (run->gils.count == 0)
        return;
    know(&figures->gil_held_s, FROM_SIMULATED, seconds(held));
    know(&figures->gil_waited_s, FROM_SIMULATED, waiting / (double)NS_PER_S);
    know(&figures->gil_handovers, FROM_SIMULATED, (double)changes);
    know(&figures->gil_forced, FROM_SIMULATED, (double)forced);
    know(&figures->gil_requests, FROM_SIMULATED, (double)requests);
    if (waited > 0)
        know(&figures->gil_period_ms, FROM_SIMULATED,
             (double)contended / (double)waited / (double)NS_PER_MS);
}

/* ---- what is counted ---- */

static void most(struct figure *figure, enum figure_source source, const struct series *series,
                 uint64_t time)
{
    int64_t value;
    if (series_most(series, 0, time + 1, &value))
        know(figure, source, (double)value);
}

static void latest(struct figure *figure, const struct series *series, uint64_t time)
{
    int64_t value;
    if (series_at(series, time, &value))
        know(figure, FROM_TRACE, (double)value);
}

static void of_counts(const struct span_of_run *at, struct figures *figures)
{
    const struct run *run = at->run;
    const struct series *queue = run_queue(run);
    if (queue->count > 0 && at->t > 0) {
        double area = series_sum(queue, at->time).area - series_sum(queue, run->go).area;
        know(&figures->queue_mean, FROM_TRACE, area / (double)at->t);
        most(&figures->queue_max, FROM_TRACE, queue, at->time);
    }
    most(&figures->memory_rss_peak_kib, FROM_KERNEL, &run->memory[MEMORY_RSS], at->time);
    most(&figures->memory_pss_peak_kib, FROM_KERNEL, &run->memory[MEMORY_PSS], at->time);
    most(&figures->memory_kernel_kib, FROM_ESTIMATE, &run->memory[MEMORY_KERNEL], at->time);
    most(&figures->connections_peak, FROM_TRACE, &run->connections, at->time);
    most(&figures->loop_lag_ms_max, FROM_TRACE, &run->lag, at->time);
    figures->loop_lag_ms_max.value /= (double)NS_PER_MS;
    latest(&figures->crowd_sent, &run->crowd[CROWD_SENT], at->time);
    latest(&figures->crowd_due, &run->crowd[CROWD_DUE], at->time);
    latest(&figures->crowd_delivered, &run->crowd[CROWD_DELIVERED], at->time);
    latest(&figures->crowd_twice, &run->crowd[CROWD_TWICE], at->time);

    uint64_t end = at->whole ? TIME_NEVER - 1 : at->time;
    int64_t count = 0;
    series_at(&run->serialised, end, &count);
    know(&figures->serialised_bytes, FROM_TRACE, (double)count);
    count = 0;
    series_at(&run->lost, end, &count);
    know(&figures->events_lost, FROM_TRACE, (double)count);
    know(&figures->lanes_lost, FROM_TRACE, (double)run->lost_lanes);
    know(&figures->events_seen, FROM_TRACE, (double)times_until(&run->moments, end));
}

/* ---- the whole ---- */

static void of_run(const struct span_of_run *at, struct figures *figures)
{
    const struct meta *meta = &at->timeline->meta;
    know(&figures->wall_s, FROM_TRACE, seconds(at->t));
    if (meta->runs[at->index].observer_ns > 0)
        know(&figures->observer_cost_s, FROM_KERNEL, seconds(meta->runs[at->index].observer_ns));
    if (meta->kind == META_SERVICE || figures->status != RUN_DONE)
        return;
    for (size_t i = 0; i < timeline_runs(at->timeline); i++) {
        struct run_brief serial;
        timeline_run(at->timeline, i, &serial);
        if (strcmp(meta->runs[i].file, meta->runs[at->index].file) == 0 &&
            strcmp(meta->runs[i].model, "serial") == 0 && serial.status == RUN_DONE &&
            serial.over && at->t > 0) {
            know(&figures->speedup, FROM_TRACE, (double)serial.length_ns / (double)at->t);
            return;
        }
    }
}

/* false: it has not begun. */
static bool span_init(struct span_of_run *at, const struct timeline *timeline, size_t run_index,
                      uint64_t t)
{
    struct run_brief brief;
    timeline_run(timeline, run_index, &brief);
    if (!brief.gone)
        return false;
    const struct run *run = &timeline->runs[run_index];
    *at = (struct span_of_run){ .timeline = timeline, .index = run_index, .run = run };
    at->t = t < brief.length_ns ? t : brief.length_ns;
    at->time = run->go + at->t;
    at->whole = brief.over && at->t == brief.length_ns;
    return true;
}

void figures_add_lanes(const struct timeline *timeline, size_t run_index, uint64_t t, size_t from,
                       size_t until, struct figures_lanes *lanes)
{
    struct span_of_run at;
    if (!span_init(&at, timeline, run_index, t))
        return;
    for (size_t i = from; i < until && i < at.run->lanes.count; i++) {
        const struct lane_row *lane = id_nth(&at.run->lanes, i);
        struct segments_sum sum;
        if (lane->role == ROLE_OUTSIDE)
            continue;
        lane_sum(at.run, lane, at.run->go, at.time, &sum);
        lanes->on_core_ns += sum.ns[SUM_ON_CORE];
        for (size_t state = 0; state < STATE_COUNT && role_is_worker(lane->role); state++)
            lanes->ns[state] += sum.ns[state];
    }
}

void figures_of(const struct timeline *timeline, size_t run_index, uint64_t t,
                const struct figures_lanes *lanes, struct figures *figures)
{
    memset(figures, 0, sizeof *figures);
    struct run_brief brief;
    struct span_of_run at;
    timeline_run(timeline, run_index, &brief);
    figures->status = brief.status;
    if (!span_init(&at, timeline, run_index, t))
        return;
    figures->lanes = brief.workers;
    of_tasks(&at, figures);
    of_states(&at, lanes, figures);
    of_cpu(&at, figures);
    of_cores(&at, figures);
    of_gils(&at, figures);
    of_counts(&at, figures);
    if (at.whole)
        of_run(&at, figures);
}

void figures_at(const struct timeline *timeline, size_t run, uint64_t t, struct figures *figures)
{
    struct figures_lanes lanes = { .on_core_ns = 0 };
    figures_add_lanes(timeline, run, t, 0, SIZE_MAX, &lanes);
    figures_of(timeline, run, t, &lanes, figures);
}

double figures_busy(const struct figures *figures, const struct figure *busy)
{
    double sum = -1;
    for (size_t i = 0; i < figures->cores; i++)
        if (busy[i].known)
            sum = (sum > 0 ? sum : 0) + busy[i].value;
    return sum;
}

double figures_taken(const struct figures *figures, const struct meta *meta, size_t run)
{
    const struct figure *ready = &figures->state_share[STATE_READY];
    double own = figures_busy(figures, figures->core_busy);
    double others = figures_busy(figures, figures->machine_busy) - own;
    bool taken = own >= 0 && ready->known && ready->value >= 0.10 &&
                 own < 0.8 * meta->runs[run].cores && others >= 0.25;
    bool shared = meta->run_count > 1 && strcmp(meta->staging, "together") == 0;
    return taken && !shared ? others : 0;
}

bool figures_split(const struct figures *figures, int whole, int parts[STATE_COUNT])
{
    double rest[STATE_COUNT] = { 0 };
    int left = whole;
    bool any = false;
    for (size_t i = 0; i < STATE_COUNT; i++) {
        const struct figure *share = &figures->state_share[i];
        double exact = share->known && share->value > 0 ? share->value * whole : 0;
        parts[i] = share->known ? (int)exact : -1;
        rest[i] = exact - (int)exact;
        any = any || exact > 0;
        left -= share->known ? parts[i] : 0;
    }
    for (; any && left > 0 && left < whole; left--) {
        size_t most = 0;
        for (size_t i = 1; i < STATE_COUNT; i++)
            most = rest[i] > rest[most] ? i : most;
        parts[most]++;
        rest[most] = 0;
    }
    return any;
}

void figures_latency_at(const struct timeline *timeline, size_t run_index, uint64_t t,
                        struct figures_latency *latency)
{
    *latency = (struct figures_latency){ .p50 = { .known = false } };
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL || run->go == TIME_NEVER)
        return;
    struct task_counts counts;
    struct histogram histogram;
    timeline_counts(timeline, run_index, t, &counts);
    tasks_latency(&run->tasks, counts.done, &histogram);
    quantile(&latency->p50, &histogram, 0.50);
    quantile(&latency->p99, &histogram, 0.99);
    quantile(&latency->max, &histogram, 1.0);
}

/* Bins are equal in the logarithm, from 10 us to 100 s. */
static size_t bin_of(uint64_t ns, size_t count)
{
    uint64_t least, greatest;
    histogram_range(histogram_bucket(ns), &least, &greatest);
    double middle = (double)(least + (greatest - least) / 2);
    double share = log10(middle < 1e4 ? 1.0 : middle / 1e4) / 7;
    size_t bin = (size_t)(share * (double)count);
    return bin < count ? bin : count - 1;
}

void figures_latency_bins(const struct timeline *timeline, size_t run_index, uint64_t t0,
                          uint64_t t1, uint32_t *bins, size_t count)
{
    memset(bins, 0, count * sizeof *bins);
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL || run->go == TIME_NEVER || count == 0)
        return;
    uint64_t from, to;
    run_span(run, t0, t1, &from, &to);
    if (from >= to)
        return;
    const struct tasks *tasks = &run->tasks;
    size_t first = from > 0 ? task_order_until(tasks, &tasks->done, from - 1) : 0;
    /* What ended with the run itself belongs to a span that reaches beyond it. */
    uint64_t before = t1 > to - run->go ? to : to - 1;
    size_t last = task_order_until(tasks, &tasks->done, before);
    struct histogram earlier, until;
    tasks_latency(tasks, first, &earlier);
    tasks_latency(tasks, last, &until);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint64_t tasks_in = until.buckets[i] - earlier.buckets[i], least, greatest;
        if (tasks_in == 0)
            continue;
        histogram_range(i, &least, &greatest);
        bins[bin_of(least, count)] += (uint32_t)tasks_in;
    }
}
