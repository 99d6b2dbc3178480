/*
 * The figures of a report, in the order in which they are written. To add one: a row here; every
 * format has it then.
 */
#include "output/rows.h"

#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct figures, field)

const struct report_row report_rows[] = {
    { "wall_s", "wall time", "s", AT(wall_s), BETTER_LOW },
    { "startup_s", "start-up", "s", AT(startup_s), BETTER_LOW },
    { "throughput_per_s", "throughput", "/s", AT(throughput_per_s), BETTER_HIGH },
    { "latency_ms.p50", "latency p50", "ms", AT(latency_ms_p50), BETTER_LOW },
    { "latency_ms.p90", NULL, "ms", AT(latency_ms_p90), BETTER_LOW },
    { "latency_ms.p99", "latency p99", "ms", AT(latency_ms_p99), BETTER_LOW },
    { "latency_ms.max", NULL, "ms", AT(latency_ms_max), BETTER_LOW },
    { "queue_wait_ms.p50", NULL, "ms", AT(queue_wait_ms_p50), BETTER_LOW },
    { "queue_wait_ms.p99", "queue wait p99", "ms", AT(queue_wait_ms_p99), BETTER_LOW },
    { "cpu_s.user", "CPU, user", "s", AT(cpu_user_s), BETTER_LOW },
    { "cpu_s.system", "CPU, system", "s", AT(cpu_system_s), BETTER_LOW },
    { "cpu_s.on_core", NULL, "s", AT(cpu_on_core_s), BETTER_NONE },
    { "gil.held_s", NULL, "s", AT(gil_held_s), BETTER_NONE },
    { "gil.waited_s", "waited for the GIL", "s", AT(gil_waited_s), BETTER_LOW },
    { "gil.handovers", "GIL hand-overs", "", AT(gil_handovers), BETTER_NONE },
    { "gil.forced", "of them forced", "", AT(gil_forced), BETTER_NONE },
    { "gil.drop_requests", NULL, "", AT(gil_requests), BETTER_NONE },
    { "gil.period_ms", NULL, "ms", AT(gil_period_ms), BETTER_NONE },
    { "switches.voluntary", "switches, voluntary", "", AT(switches_voluntary), BETTER_LOW },
    { "switches.involuntary", "switches, involuntary", "", AT(switches_involuntary), BETTER_LOW },
    { "queue.mean", NULL, "", AT(queue_mean), BETTER_NONE },
    { "queue.max", "longest queue", "", AT(queue_max), BETTER_NONE },
    { "memory_kib.pss_peak", "memory (PSS)", "KiB", AT(memory_pss_peak_kib), BETTER_LOW },
    { "memory_kib.rss_peak", NULL, "KiB", AT(memory_rss_peak_kib), BETTER_LOW },
    { "memory_kib.kernel_estimate", "kernel's, estimate", "KiB", AT(memory_kernel_kib),
      BETTER_LOW },
    { "connections.peak", "connections", "", AT(connections_peak), BETTER_NONE },
    { "crowd.sent", "lines spoken", "", AT(crowd_sent), BETTER_NONE },
    { "crowd.due", "deliveries due", "", AT(crowd_due), BETTER_NONE },
    { "crowd.delivered", "delivered", "", AT(crowd_delivered), BETTER_NONE },
    { "crowd.twice", NULL, "", AT(crowd_twice), BETTER_NONE },
    { "loop.lag_max_ms", "longest loop lag", "ms", AT(loop_lag_ms_max), BETTER_LOW },
    { "serialised_bytes", "serialised", "B", AT(serialised_bytes), BETTER_LOW },
    { "speedup", "speed-up", "x", AT(speedup), BETTER_HIGH },
    { "events.seen", NULL, "", AT(events_seen), BETTER_NONE },
    { "events.lost", NULL, "", AT(events_lost), BETTER_NONE },
    { "lanes_lost", NULL, "", AT(lanes_lost), BETTER_NONE },
    { "observer.cost_s", "observer's CPU", "s", AT(observer_cost_s), BETTER_NONE },
    { NULL, NULL, NULL, 0, BETTER_NONE },
};

const struct figure *report_figure(const struct figures *figures, const struct report_row *row)
{
    return (const struct figure *)(const void *)((const char *)figures + row->offset);
}

const char *const report_sources[] = {
    [FROM_TRACE] = "trace",
    [FROM_KERNEL] = "kernel",
    [FROM_SIMULATED] = "simulated",
    [FROM_ESTIMATE] = "estimate",
};

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

struct report_spread report_spread(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    double median =
        count % 2 != 0 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
    return (struct report_spread){ .median = median,
                                   .least = values[0],
                                   .greatest = values[count - 1] };
}

size_t report_verdict(const struct output_options *options, struct verdict *verdict)
{
    size_t wins[META_RUNS_MAX] = { 0 }, most = 0;
    for (size_t i = 0; i < options->count; i++) {
        verdict_of(options->timelines[i], verdict);
        if (verdict->known && ++wins[verdict->best] > most)
            most = wins[verdict->best];
    }
    for (size_t i = 0; i < options->count && most > 0; i++) {
        verdict_of(options->timelines[i], verdict);
        if (verdict->known && wins[verdict->best] == most)
            return most;
    }
    return 0;
}
