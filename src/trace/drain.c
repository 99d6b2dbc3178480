/*
 * The drain: every pass takes what the kernel and the lanes wrote since the last one, gives it times
 * of one clock and lanes, and puts it in order. What is older than the hold-back is handed over.
 *
 * Order within a pass: kernel rings, rows of the lane table, anchor of the clock, rings. Kernel
 * records come first so that every lane they can belong to is known (switches.c has the argument);
 * the anchor comes before the rings so that all but a few microseconds of what they hold lies
 * between two anchors.
 *
 * Invariant: what was handed over is in the order of time, but for events that came later than the
 * hold-back; events of one lane, and records of one core, are always in order. Times of a lane never
 * fall and never lie in the future. It keeps nothing of what it handed over, waits for nobody, and
 * draws no conclusion from an event but where a lane begins and ends.
 */
#include "trace/drain.h"

#include "base/clock.h"
#include "base/memory.h"
#include "platform/platform.h"
#include "platform/stamp.h"
#include "trace/anchor.h"
#include "trace/lives.h"
#include "trace/order.h"
#include "trace/ring.h"
#include "trace/switches.h"
#include "trace/totals.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t hold_back_ns = 20 * NS_PER_MS;
static const uint64_t totals_every_ns = 100 * NS_PER_MS;
static const uint64_t lost_every_ns = 1000 * NS_PER_MS;

const char *const switch_source_names[] = { "none", "perf", "rusage" };

struct drain_lane {
    uint64_t last_ns; /* of its youngest event */
    uint32_t life;
    bool known; /* its row was seen and it has a life */
    bool ended;
};

struct drain_run {
    bool forgotten;
    enum switch_source source; /* NONE while not attached */
    int pid;
    uint32_t lanes;          /* in use: rows below this may be filled */
    uint32_t all_known;      /* all below this are known */
    uint32_t ringless_told;  /* lanes without a ring, told as LOST_LANE */
    struct drain_lane *lane; /* by lane; allocated with the first */
    uint64_t *tails;         /* copies of the rings' tails, dense for the scan */
    struct totals *totals;   /* SOURCE_RUSAGE only */
};

struct drain {
    const struct arena *arena;
    uint64_t base_ns;
    struct anchors anchors;
    struct lives *lives;
    struct switches *switches;
    struct drain_run runs[ARENA_RUNS_MAX];
    struct batch batch; /* what is being collected */
    struct line line;   /* what waits, in order */
    size_t handed;      /* of the line, by the last pass */
    uint64_t until_ns;
    uint64_t totals_at_ns, lost_at_ns; /* when to look again */
    uint64_t seen, late;
    uint64_t lost[LOST_WHERE_COUNT];
};

struct drain *drain_new(const struct arena *arena, uint64_t base_ns)
{
    struct drain *drain = mem_zero(1, sizeof *drain);
    drain->arena = arena;
    drain->base_ns = base_ns;
    anchors_init(&drain->anchors, base_ns);
    drain->lives = lives_new();
    drain->switches = switches_new(drain->lives, base_ns);
    return drain;
}

static void run_fini(struct drain_run *run)
{
    free(run->lane);
    free(run->tails);
    totals_free(run->totals);
    *run = (struct drain_run){ .forgotten = true };
}

void drain_free(struct drain *drain)
{
    if (drain == NULL)
        return;
    for (uint32_t i = 0; i < ARENA_RUNS_MAX; i++)
        run_fini(&drain->runs[i]);
    switches_free(drain->switches);
    lives_free(drain->lives);
    batch_fini(&drain->batch);
    line_fini(&drain->line);
    free(drain);
}

static uint64_t since_base(const struct drain *drain, uint64_t clock_ns)
{
    return clock_ns > drain->base_ns ? clock_ns - drain->base_ns : 0;
}

void drain_add(struct drain *drain, uint64_t mono_ns, const struct event *event)
{
    struct event own = *event;
    own.time = since_base(drain, mono_ns);
    batch_put(&drain->batch, &own);
}

static void tell_lost(struct drain *drain, uint32_t run, uint32_t lane, enum lost_where where,
                      uint64_t count)
{
    if (count == 0)
        return;
    drain->lost[where] += count;
    const struct event event = {
        .kind = EVENT_LOST, .run = (uint16_t)run, .lane = lane, .object = where, .b = count
    };
    drain_add(drain, clock_now(), &event);
}

/* ---- Lanes ---- */

static void know_lane(struct drain *drain, uint32_t run, uint32_t lane)
{
    struct drain_lane *it = &drain->runs[run].lane[lane];
    const struct arena_lane *row = arena_lane(drain->arena, run, lane);
    if (it->known || atomic_load_explicit(&row->alive, memory_order_acquire) == 0)
        return;
    it->known = true;
    it->life = lives_add(drain->lives, atomic_load(&row->pid), atomic_load(&row->tid), run, lane);
}

/* A lane that took its number and died before it filled its row stays unknown, and is looked at in
 * each pass. */
static void know_lanes(struct drain *drain, uint32_t run)
{
    struct drain_run *it = &drain->runs[run];
    const struct arena_run *row = arena_run(drain->arena, run);
    uint32_t lanes = atomic_load_explicit(&row->next_lane, memory_order_acquire);
    if (lanes > row->lane_capacity) {
        uint32_t ringless = lanes - row->lane_capacity;
        tell_lost(drain, run, LANE_NONE, LOST_LANE, ringless - it->ringless_told);
        it->ringless_told = ringless;
        lanes = row->lane_capacity;
    }
    if (lanes > 0 && it->lane == NULL) {
        it->lane = mem_zero(row->lane_capacity, sizeof *it->lane);
        it->tails = mem_zero(row->lane_capacity, sizeof *it->tails);
    }
    it->lanes = lanes;
    for (uint32_t lane = it->all_known; lane < lanes; lane++) {
        know_lane(drain, run, lane);
        if (lane == it->all_known && it->lane[lane].known)
            it->all_known++;
    }
}

/* ---- Rings ---- */

/* The few kinds that tell the drain something. */
static void heed(struct drain *drain, struct drain_lane *lane, const struct event *event,
                 uint64_t ns)
{
    if (!lane->known) /* written without a row: by none of ours */
        return;
    switch (event->kind) {
    case EVENT_LANE_BEGIN:
        lives_begin(drain->lives, lane->life, ns);
        break;
    case EVENT_LANE_END:
    case EVENT_LANE_CRASH:
        lives_end(drain->lives, lane->life, ns);
        lane->ended = true;
        break;
    case EVENT_LOST:
        drain->lost[LOST_RING] += event->b;
        break;
    default:
        break;
    }
}

/* Tells the batch the time of each event of a part of a ring. `now` is a stamp that was taken after
 * they were written: what claims to be younger (a core's TSC that runs ahead, a slot written wildly)
 * is held to it. */
static void time_events(struct drain *drain, const struct source *source, size_t count,
                        uint64_t now)
{
    struct drain_lane *lane = &drain->runs[source->run].lane[source->lane];
    struct batch *batch = &drain->batch;
    uint32_t number = batch_source(batch, source, count);
    uint64_t last_ns = lane->last_ns;
    for (size_t i = 0; i < count; i++) {
        const struct event *event = &source->events[i];
        uint64_t ns = anchors_ns(&drain->anchors, event->time < now ? event->time : now);
        last_ns = ns > last_ns ? ns : last_ns;
        batch_put_at(batch, number, i, last_ns);
        if (event->kind == EVENT_LOST ||
            (event->kind >= EVENT_LANE_BEGIN && event->kind <= EVENT_LANE_CRASH))
            heed(drain, lane, event, last_ns);
    }
    lane->last_ns = last_ns;
}

/* Puts the batch into the line; then the rings it was read from can be written again. */
static void flush(struct drain *drain)
{
    struct batch *batch = &drain->batch;
    size_t sources = batch->source_count;
    drain->late += line_take(&drain->line, batch);
    for (size_t i = 0; i < sources; i++) {
        const struct source *source = &batch->sources[i];
        ring_release(drain->arena, source->run, source->lane, source->until);
    }
}

static void read_ring(struct drain *drain, uint32_t run, uint32_t lane)
{
    struct ring_view view;
    if (drain->batch.source_count + 2 > BATCH_SOURCES)
        flush(drain);
    ring_look(drain->arena, run, lane, 1 << INDEX_BITS, &view);
    uint64_t now = stamp_now();
    know_lane(drain, run, lane);
    for (int part = 0; part < 2; part++) {
        const struct source source = {
            .events = view.parts[part], .until = view.until, .lane = lane, .run = (uint16_t)run
        };
        if (view.counts[part] > 0)
            time_events(drain, &source, view.counts[part], now);
    }
    drain->runs[run].tails[lane] = view.until;
}

static void read_rings(struct drain *drain, uint32_t run)
{
    const struct drain_run *it = &drain->runs[run];
    const uint32_t stride = arena_run(drain->arena, run)->index_stride;
    if (it->lanes == 0)
        return;
    const char *head = (const char *)arena_head(drain->arena, run, 0);
    for (uint32_t lane = 0; lane < it->lanes; lane++, head += stride) {
        if (atomic_load_explicit((const _Atomic uint64_t *)(const void *)head,
                                 memory_order_relaxed) != it->tails[lane])
            read_ring(drain, run, lane);
    }
}

/* ---- A pass ---- */

static void collect_totals(struct drain *drain, uint64_t now_ns)
{
    if (now_ns < drain->totals_at_ns)
        return;
    drain->totals_at_ns = now_ns + totals_every_ns;
    for (uint32_t run = 0; run < ARENA_RUNS_MAX; run++) {
        if (drain->runs[run].totals != NULL)
            totals_sample(drain->runs[run].totals, &drain->batch, now_ns);
    }
}

/* The kernel counts losses of all watched processes together: the first that is watched tells. */
static void collect_lost(struct drain *drain)
{
    uint32_t run = 0;
    while (run < ARENA_RUNS_MAX && drain->runs[run].source != SOURCE_PERF)
        run++;
    if (run < ARENA_RUNS_MAX)
        tell_lost(drain, run, LANE_NONE, LOST_KERNEL, switches_lost(drain->switches));
}

static void collect(struct drain *drain, uint64_t now_ns)
{
    /* Keys hold 18 minutes: what was not read for half of that counts as late. */
    const uint64_t reach_ns = UINT64_C(1) << 39;
    uint32_t runs = drain->arena->header->run_count;
    drain->line.start += drain->handed;
    drain->handed = 0;
    drain->batch.origin_ns = drain->until_ns;
    if (now_ns > reach_ns && drain->until_ns < now_ns - reach_ns)
        drain->batch.origin_ns = now_ns - reach_ns;
    switches_read(drain->switches);
    for (uint32_t run = 0; run < runs; run++) {
        if (!drain->runs[run].forgotten)
            know_lanes(drain, run);
    }
    anchors_take(&drain->anchors);
    for (uint32_t run = 0; run < runs; run++)
        read_rings(drain, run);
    switches_tie(drain->switches, &drain->batch);
    collect_totals(drain, now_ns);
    if (now_ns >= drain->lost_at_ns) {
        drain->lost_at_ns = now_ns + lost_every_ns;
        collect_lost(drain);
    }
    flush(drain);
}

struct drained drain_pass(struct drain *drain, bool everything)
{
    uint64_t now_ns = since_base(drain, clock_now());
    collect(drain, now_ns);
    uint64_t until_ns = everything ? now_ns : now_ns > hold_back_ns ? now_ns - hold_back_ns : 0;
    if (until_ns > drain->until_ns)
        drain->until_ns = until_ns;
    drain->handed = line_older(&drain->line, everything ? UINT64_MAX : drain->until_ns);
    drain->seen += drain->handed;
    return (struct drained){
        .events = drain->handed > 0 ? drain->line.events + drain->line.start : NULL,
        .count = drain->handed,
        .until_ns = drain->until_ns,
        .stamp0 = drain->anchors.from.stamp,
        .ns0 = drain->anchors.from.ns,
        .ns_per_stamp = drain->anchors.ns_per_stamp,
    };
}

/* ---- Runs that come and go ---- */

enum switch_source drain_attach(struct drain *drain, uint32_t run, int pid, struct error *error)
{
    struct drain_run *it = &drain->runs[run];
    struct platform_usage usage;
    it->pid = pid;
    it->source = SOURCE_NONE;
    if (drain->arena->header->tracing == 0)
        error_set(error, "the race is not traced");
    else if (switches_watch(drain->switches, pid, error))
        it->source = SOURCE_PERF;
    else if (platform_thread_usage(pid, pid, &usage))
        it->source = SOURCE_RUSAGE;
    if (it->source == SOURCE_RUSAGE)
        it->totals = totals_new(drain->arena, run);
    return it->source;
}

void drain_detach(struct drain *drain, uint32_t run)
{
    struct drain_run *it = &drain->runs[run];
    uint64_t now_ns = since_base(drain, clock_now());
    if (it->forgotten)
        return;
    collect(drain, now_ns);
    if (it->source == SOURCE_PERF) {
        collect_lost(drain);
        switches_unwatch(drain->switches, it->pid);
    }
    /* Lanes that died and were not buried: what they lost is told, and their threads are free. */
    for (uint32_t lane = 0; lane < it->lanes; lane++) {
        if (!it->lane[lane].known || it->lane[lane].ended)
            continue;
        const struct arena_lane *row = arena_lane(drain->arena, run, lane);
        tell_lost(drain, run, lane, LOST_RING, atomic_load(&row->lost));
        lives_end(drain->lives, it->lane[lane].life, now_ns);
    }
    run_fini(it);
}

/* ---- Asking ---- */

uint64_t drain_seen(const struct drain *drain)
{
    return drain->seen;
}

uint64_t drain_late(const struct drain *drain)
{
    return drain->late;
}

uint64_t drain_lost(const struct drain *drain, enum lost_where where)
{
    return drain->lost[where];
}

uint64_t drain_unknown(const struct drain *drain)
{
    return switches_unknown(drain->switches);
}

size_t drain_fds(const struct drain *drain, int *fds, size_t most)
{
    return switches_fds(drain->switches, fds, most);
}
