/*
 * The linear scan of values that change in steps, and of figures.
 */
#include "tests/scan_inside.h"

#include <string.h>

#include "base/histogram.h"

/* The value an event gives to what is asked for; false: it is no word of it. */
typedef bool value_fn(const struct scan *scan, const struct event *e, uint32_t which,
                      int64_t *value);

static bool value_at(const struct scan *scan, value_fn *of, uint32_t which, uint64_t time,
                     int64_t *value)
{
    bool any = false;
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e)) {
        int64_t now = 0;
        if (e->time <= time && of(scan, e, which, &now)) {
            *value = now;
            any = true;
        }
    }
    return any;
}

static bool value_most(const struct scan *scan, value_fn *of, uint32_t which, uint64_t from,
                       uint64_t to, int64_t *most)
{
    bool any = value_at(scan, of, which, from, most);
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e)) {
        int64_t now = 0;
        if (e->time > from && e->time < to && of(scan, e, which, &now) && (!any || now > *most)) {
            *most = now;
            any = true;
        }
    }
    return any;
}

static bool memory_value(const struct scan *scan, const struct event *e, uint32_t which,
                         int64_t *value)
{
    (void)scan;
    *value = (int64_t)e->b;
    return e->kind == EVENT_SAMPLE_MEMORY && e->object == which;
}

static bool param_value(const struct scan *scan, const struct event *e, uint32_t which,
                        int64_t *value)
{
    (void)scan;
    *value = (int64_t)e->b;
    return e->kind == EVENT_PARAM_APPLIED && e->object == which;
}

static bool crowd_value(const struct scan *scan, const struct event *e, uint32_t which,
                        int64_t *value)
{
    (void)scan;
    *value = (int64_t)e->b;
    return e->kind == EVENT_CROWD && e->object == which;
}

static bool open_value(const struct scan *scan, const struct event *e, uint32_t which,
                       int64_t *value)
{
    (void)scan;
    (void)which;
    *value = e->a;
    return e->kind == EVENT_CONN_OPEN || e->kind == EVENT_CONN_CLOSE;
}

static bool lag_value(const struct scan *scan, const struct event *e, uint32_t which,
                      int64_t *value)
{
    (void)scan;
    (void)which;
    *value = (int64_t)e->b;
    return e->kind == EVENT_LOOP_TURN;
}

static bool depth_value(const struct scan *scan, const struct event *e, uint32_t which,
                        int64_t *value)
{
    if (scan->queue_count > 0) {
        *value = e->a;
        return (e->kind == EVENT_QUEUE_PUSH || e->kind == EVENT_QUEUE_POP) && e->object == which;
    }
    if (e->kind < EVENT_TASK_SUBMIT || e->kind > EVENT_TASK_FAIL)
        return false;
    struct task_counts counts;
    scan_counts(scan, scan_since_go(scan, e->time), &counts);
    *value = (int64_t)counts.waiting;
    return true;
}

uint32_t scan_queue_max(const struct scan *scan, uint64_t t0, uint64_t t1)
{
    uint64_t from = scan_abs_time(scan, t0), to = scan_abs_time(scan, t1 > t0 ? t1 : t0);
    int64_t most = 0;
    uint32_t queue = scan->queue_count > 0 ? scan->queues[0] : 0;
    return value_most(scan, depth_value, queue, from, to, &most) ? (uint32_t)most : 0;
}

int64_t scan_memory(const struct scan *scan, enum memory_kind kind, uint64_t t)
{
    int64_t value = 0;
    return value_at(scan, memory_value, kind, scan_abs_time(scan, t), &value) ? value : -1;
}

int64_t scan_param(const struct scan *scan, uint32_t param, uint64_t t)
{
    int64_t value = 0;
    return value_at(scan, param_value, param, scan_abs_time(scan, t), &value)
               ? value
               : scan->meta->params[param].value;
}

bool scan_switches(const struct scan *scan, uint64_t t0, uint64_t t1, uint64_t *voluntary,
                   uint64_t *involuntary)
{
    uint64_t from = scan_abs_time(scan, t0), to = scan_abs_time(scan, t1 > t0 ? t1 : t0);
    *voluntary = *involuntary = 0;
    if (scan->source != SOURCE_PERF)
        return false;
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e))
        if (e->kind == EVENT_SWITCH_OUT && e->time >= from && e->time < to)
            ++*(e->a == 1 ? involuntary : voluntary);
    return true;
}

uint64_t scan_step(const struct scan *scan, uint64_t t, int direction)
{
    uint64_t time = scan_abs_time(scan, t), found = NEVER;
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e)) {
        if (e->time < scan->go || e->time > scan->now)
            continue;
        if (direction < 0 && e->time < time)
            found = e->time;
        if (direction > 0 && e->time > time && found == NEVER)
            found = e->time;
    }
    return found == NEVER ? t : found - scan->go;
}

/* ---- figures ---- */

static void quantiles(const struct scan *scan, uint64_t time, struct figures *figures)
{
    static struct histogram latency, wait;
    histogram_reset(&latency);
    histogram_reset(&wait);
    for (uint32_t task = 0; task < scan_highest_task(scan); task++) {
        struct scan_task times = scan_task_times(scan, task);
        if (times.take <= time)
            histogram_add(&wait, times.take - times.submit);
        if (times.end <= time && !times.failed)
            histogram_add(&latency,
                          times.end - (scan->meta->kind == 1 ? times.submit : times.take));
    }
    if (latency.count > 0) {
        scan_know(&figures->latency_ms_p50, (double)histogram_quantile(&latency, 0.5) / 1e6);
        scan_know(&figures->latency_ms_p90, (double)histogram_quantile(&latency, 0.9) / 1e6);
        scan_know(&figures->latency_ms_p99, (double)histogram_quantile(&latency, 0.99) / 1e6);
        scan_know(&figures->latency_ms_max, (double)histogram_quantile(&latency, 1) / 1e6);
    }
    if (wait.count > 0) {
        scan_know(&figures->queue_wait_ms_p50, (double)histogram_quantile(&wait, 0.5) / 1e6);
        scan_know(&figures->queue_wait_ms_p99, (double)histogram_quantile(&wait, 0.99) / 1e6);
    }
}

static void most_into(const struct scan *scan, struct figure *figure, value_fn *of, uint32_t which,
                      uint64_t time)
{
    int64_t value = 0;
    if (value_most(scan, of, which, 0, time + 1, &value))
        scan_know(figure, (double)value);
}

void scan_figures(const struct scan *scan, uint64_t t, struct figures *figures)
{
    memset(figures, 0, sizeof *figures);
    uint64_t time = scan_abs_time(scan, t);
    bool whole = scan->over && time == scan->now;
    uint64_t end = whole ? NEVER : time, lost = 0, seen = 0, packed = 0;
    bool unpacks[LANES] = { false };
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e)) {
        if (e->lane != LANE_NONE && e->time > scan_end_of(scan, e->lane) && scan_is_own(e, e->lane))
            continue;
        if (e->kind == EVENT_SERIALISE_BEGIN)
            unpacks[e->lane] = e->a == 1;
        if (e->time <= end) {
            packed += e->kind == EVENT_SERIALISE_END && !unpacks[e->lane] ? e->b : 0;
            lost += e->kind == EVENT_LOST && e->object != LOST_LANE ? e->b : 0;
        }
    }
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e))
        seen += e->time <= end;
    scan_know(&figures->events_seen, (double)seen);
    scan_know(&figures->events_lost, (double)lost);
    scan_know(&figures->serialised_bytes, (double)packed);
    quantiles(scan, time, figures);
    scan_gil_figures(scan, time, figures);
    most_into(scan, &figures->memory_rss_peak_kib, memory_value, MEMORY_RSS, time);
    most_into(scan, &figures->memory_pss_peak_kib, memory_value, MEMORY_PSS, time);
    most_into(scan, &figures->memory_kernel_kib, memory_value, MEMORY_KERNEL, time);
    most_into(scan, &figures->connections_peak, open_value, 0, time);
    most_into(scan, &figures->loop_lag_ms_max, lag_value, 0, time);
    figures->loop_lag_ms_max.value /= 1e6;
    int64_t value = 0;
    if (value_at(scan, crowd_value, CROWD_SENT, time, &value))
        scan_know(&figures->crowd_sent, (double)value);
    if (value_at(scan, crowd_value, CROWD_DELIVERED, time, &value))
        scan_know(&figures->crowd_delivered, (double)value);
}
