/*
 * What draining costs for each event, in stamps: reading rings that another core wrote, conversion
 * of time, order. Each trial a writer fills the rings of some lanes, one event each in turn, which
 * is the worst for whoever merges; then a pass is timed. A pass finds 2,048 events, which at one
 * each 4 ms is what a saturated chat writes. The hold-back is real: what a pass hands over was
 * written some trials before. Beside it, for information: four times as many events, which no longer
 * fit into a core's own caches, and 10,000 rings of which none has anything.
 */
#include "bench/bench.h"

#include "base/clock.h"
#include "base/memory.h"
#include "trace/drain.h"
#include "trace/ring.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { EVENTS = 2048, EVENTS_MANY = 8192, TRIALS = 301, LANES_MAX = 64 };

struct shared {
    struct arena arena;
    struct drain *drain;
    uint32_t lanes, events; /* events of a turn */
    struct ring_writer writers[LANES_MAX];
    uint64_t number;          /* events written */
    _Atomic uint32_t turn;    /* odd: the writer's; even: the drain's; UINT32_MAX: the end */
    uint64_t next[LANES_MAX]; /* per lane: the number of its event expected next */
    uint64_t seen, wrong, unordered, last_ns;
};

static void write_turn(struct shared *shared)
{
    for (uint32_t i = 0; i < shared->events; i++) {
        uint64_t number = shared->number++;
        ring_emit(&shared->writers[number % shared->lanes], EVENT_MARK, 0, 0,
                  number / shared->lanes);
    }
}

static void *write_turns(void *context)
{
    struct shared *shared = context;
    bench_pin(1);
    for (uint32_t turn = 0;;) {
        arena_wait(&shared->turn, turn, UINT64_MAX);
        turn = atomic_load(&shared->turn);
        if (turn == UINT32_MAX)
            return NULL;
        write_turn(shared);
        atomic_store(&shared->turn, ++turn);
        arena_wake(&shared->turn);
    }
}

static void check(struct shared *shared, const struct drained *drained)
{
    for (size_t i = 0; i < drained->count; i++) {
        const struct event *event = &drained->events[i];
        shared->unordered += event->time < shared->last_ns;
        shared->last_ns = event->time > shared->last_ns ? event->time : shared->last_ns;
        if (event->kind != EVENT_MARK)
            continue;
        shared->wrong += event->b != shared->next[event->lane]++;
        shared->seen++;
    }
}

static double cost_of_pass(void *context)
{
    struct shared *shared = context;
    const struct timespec pause = { .tv_nsec = 3 * 1000 * 1000 };
    uint32_t turn = atomic_load(&shared->turn) + 1;
    nanosleep(&pause, NULL);
    atomic_store(&shared->turn, turn);
    arena_wake(&shared->turn);
    arena_wait(&shared->turn, turn, UINT64_MAX);
    uint64_t start_ns = bench_thread_ns();
    struct drained drained = drain_pass(shared->drain, false);
    double cost = (double)(bench_thread_ns() - start_ns) / shared->events;
    check(shared, &drained);
    return cost;
}

static double cost_of_stamp(void *context)
{
    (void)context;
    uint64_t sum = 0, start_ns = bench_thread_ns();
    for (int i = 0; i < EVENTS; i++)
        sum += stamp_now();
    uint64_t end_ns = bench_thread_ns();
    __asm__ volatile("" ::"r"(sum));
    return (double)(end_ns - start_ns) / EVENTS;
}

/* budget: 0 for information only. */
static void measure(struct bench *bench, uint32_t lanes, uint32_t events, const char *name,
                    double budget)
{
    struct shared *shared = mem_zero(1, sizeof *shared);
    const struct arena_options options = { .run_count = 1,
                                           .lane_capacity = { lanes },
                                           .tracing = true };
    struct error error;
    pthread_t writer;
    if (!bench_check(bench, arena_new(&shared->arena, &options, &error), "%s", error.text))
        return;
    shared->lanes = lanes;
    shared->events = events;
    for (uint32_t i = 0; i < lanes; i++)
        ring_open(&shared->writers[i], &shared->arena, 0, ROLE_WORKER, i);
    shared->drain = drain_new(&shared->arena, clock_now());
    bench_pin(0);
    if (pthread_create(&writer, NULL, write_turns, shared) != 0) {
        bench_skip(bench, "a thread could not be started");
        return;
    }
    struct spread stamps = bench_ratio(cost_of_pass, cost_of_stamp, shared, TRIALS);
    if (budget > 0)
        bench_tell(bench, name, stamps, budget);
    else
        bench_note(bench, name, stamps.median);
    atomic_store(&shared->turn, UINT32_MAX);
    arena_wake(&shared->turn);
    pthread_join(writer, NULL);
    struct drained rest = drain_pass(shared->drain, true);
    check(shared, &rest);
    bench_check(bench, shared->seen == shared->number, "%s: %llu of %llu events came out", name,
                (unsigned long long)shared->seen, (unsigned long long)shared->number);
    bench_check(bench, shared->wrong == 0 && drain_lost(shared->drain, LOST_RING) == 0,
                "%s: %llu events wrong, %llu lost", name, (unsigned long long)shared->wrong,
                (unsigned long long)drain_lost(shared->drain, LOST_RING));
    bench_check(bench, shared->unordered <= drain_late(shared->drain),
                "%s: %llu events out of order, of which %llu came late", name,
                (unsigned long long)shared->unordered,
                (unsigned long long)drain_late(shared->drain));
    drain_free(shared->drain);
    arena_unmap(&shared->arena);
    free(shared);
}

/* A pass over rings that have nothing, for information: its share of one core at 200 passes/s. */
static void measure_idle(struct bench *bench)
{
    enum { LANES = 10000, PASSES = 200 };
    const struct arena_options options = { .run_count = 1,
                                           .lane_capacity = { LANES },
                                           .tracing = true };
    struct arena arena;
    struct error error;
    if (!bench_check(bench, arena_new(&arena, &options, &error), "%s", error.text))
        return;
    for (uint32_t i = 0; i < LANES; i++) {
        struct ring_writer writer;
        ring_open(&writer, &arena, 0, ROLE_CONNECTION, i);
    }
    struct drain *drain = drain_new(&arena, clock_now());
    drain_pass(drain, false);
    uint64_t start_ns = bench_thread_ns();
    for (int i = 0; i < PASSES; i++)
        drain_pass(drain, false);
    double pass_ns = (double)(bench_thread_ns() - start_ns) / PASSES;
    bench_note(bench, "idle_pass_of_10000_rings_us", pass_ns / 1000);
    bench_check(bench, drain_pass(drain, true).count + drain_seen(drain) >= LANES,
                "some of %d lanes did not begin", LANES);
    drain_free(drain);
    arena_unmap(&arena);
}

void bench_drain(struct bench *bench)
{
    measure(bench, 1, EVENTS, "stamps_per_event_of_1_lane", 1.5);
    measure(bench, 4, EVENTS, "stamps_per_event_of_4_lanes", 1.5);
    measure(bench, 64, EVENTS, "stamps_per_event_of_64_lanes", 1.5);
    measure(bench, 4, EVENTS_MANY, "stamps_per_event_of_4_lanes_2M_per_s", 0);
    measure_idle(bench);
}
