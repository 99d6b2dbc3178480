/*
 * figures.h: the numbers of a run, up to a moment or whole. What the report prints, what the screen
 * shows, what the verdict reasons with: one computation for all three.
 *
 * Every figure knows whether it is known and where it comes from.
 */
#ifndef TIMELINE_FIGURES_H
#define TIMELINE_FIGURES_H

#include "timeline/timeline.h"

enum figure_source {
    FROM_TRACE,     /* measured by the program's own events */
    FROM_KERNEL,    /* counted by the kernel */
    FROM_SIMULATED, /* measured, of something that is simulated (the GIL) */
    FROM_ESTIMATE,
};
struct figure {
    double value;
    bool known;
    enum figure_source source;
};

enum { FIGURES_CORES_MAX = 64 };

struct figures {
    enum run_status status;
    uint64_t lanes; /* workers */
    struct task_counts tasks;
    struct figure wall_s, startup_s, throughput_per_s;
    struct figure latency_ms_p50, latency_ms_p90, latency_ms_p99, latency_ms_max;
    struct figure queue_wait_ms_p50, queue_wait_ms_p99;
    struct figure cpu_user_s, cpu_system_s, cpu_on_core_s;
    size_t cores;
    struct figure core_busy[FIGURES_CORES_MAX], machine_busy[FIGURES_CORES_MAX]; /* 0..1 */
    struct figure state_share[STATE_COUNT]; /* of the workers' lifetimes; known ones sum to 1 */
    struct figure gil_held_s, gil_waited_s, gil_handovers, gil_forced, gil_requests;
    struct figure gil_period_ms; /* mean time between hand-overs while contended */
    struct figure switches_voluntary, switches_involuntary;
    struct figure queue_mean, queue_max;
    struct figure memory_pss_peak_kib, memory_rss_peak_kib, memory_kernel_kib;
    struct figure connections_peak, serialised_bytes;
    struct figure crowd_sent, crowd_due, crowd_delivered, crowd_twice;
    struct figure loop_lag_ms_max;
    struct figure speedup; /* against serial of the same race */
    struct figure events_seen, events_lost, observer_cost_s;
    struct figure lanes_lost; /* lanes that had no ring: nothing is known of them */
    uint64_t checksum;        /* of all results: must be the same in every model */
};

/* Of run time [0, t); UINT64_MAX: whole. */
void figures_at(const struct timeline *timeline, size_t run, uint64_t t, struct figures *figures);

/* The same for whoever has no time to look at thousands of lanes in one go: first what lanes [from,
 * until) did up to t is added, to what begins as zeros, until all of them are; the rest is quick. */
struct figures_lanes {
    uint64_t ns[STATE_COUNT]; /* of the workers */
    uint64_t on_core_ns;      /* of all lanes of the model */
};
void figures_add_lanes(const struct timeline *timeline, size_t run, uint64_t t, size_t from,
                       size_t until, struct figures_lanes *lanes);
void figures_of(const struct timeline *timeline, size_t run, uint64_t t,
                const struct figures_lanes *lanes, struct figures *figures);

/* How many cores were busy in the mean, of core_busy or machine_busy; -1: not known. */
double figures_busy(const struct figures *figures, const struct figure *busy);
/* How many of the run's cores others on the machine used in the mean, where its workers waited for a
 * core nevertheless and left some of theirs idle; 0: they did not, or it is not known, as where the
 * runs of a race shared the cores: then nobody tells them from others. */
double figures_taken(const struct figures *figures, const struct meta *meta, size_t run);

/* The shares of the states in whole parts of `whole` (100: percent), which sum to it: those with the
 * largest remainders are rounded up. -1: that state is not known. false: none is. */
bool figures_split(const struct figures *figures, int whole, int parts[STATE_COUNT]);

/* The same latencies alone: what a picture asks for at every frame. */
struct figures_latency {
    struct figure p50, p99, max; /* ms */
};
void figures_latency_at(const struct timeline *timeline, size_t run, uint64_t t,
                        struct figures_latency *latency);

/* Latencies of tasks that ended in [t0, t1), for charts: histogram counts in `bins` log-spaced bins
 * from 10 us to 100 s. */
void figures_latency_bins(const struct timeline *timeline, size_t run, uint64_t t0, uint64_t t1,
                          uint32_t *bins, size_t count);

#endif
