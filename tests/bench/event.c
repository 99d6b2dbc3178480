/*
 * What one event costs its lane, in stamps: with a consumer on another core that keeps up, and where
 * the race is not traced. The consumer looks every 20 us and checks each event; it does not spin on
 * the head, which no recorder does.
 */
#include "bench/bench.h"

#include "base/clock.h"
#include "trace/ring.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

/* A trial's events fit into the ring, so that a consumer without a core loses none; trials are short
 * and many, so that most of them are undisturbed. */
enum { EVENTS = 12000, TRIALS = 1501 };

struct shared {
    struct arena arena;
    struct ring_writer writer;
    uint64_t number;            /* of the next event */
    atomic_bool over;           /* the writer will write no more */
    uint64_t read, wrong, lost; /* the consumer's; to be read once it has ended */
};

static void *consume(void *context)
{
    struct shared *shared = context;
    uint64_t expected = 0;
    bench_pin(1);
    for (bool last = false; !last;) {
        last = atomic_load(&shared->over);
        struct ring_view view;
        ring_look(&shared->arena, 0, 0, SIZE_MAX, &view);
        for (int part = 0; part < 2; part++) {
            for (size_t i = 0; i < view.counts[part]; i++) {
                const struct event *event = &view.parts[part][i];
                shared->lost += event->kind == EVENT_LOST ? event->b : 0;
                if (event->kind != EVENT_MARK)
                    continue;
                shared->wrong += event->b != expected;
                expected = event->b + 1;
                shared->read++;
            }
        }
        ring_release(&shared->arena, 0, 0, view.until);
        uint64_t until = clock_now() + 20 * NS_PER_US;
        while (clock_now() < until)
            continue;
    }
    return NULL;
}

static double cost_of_stamps(void *context)
{
    (void)context;
    uint64_t sum = 0, start_ns = bench_thread_ns();
    for (int i = 0; i < EVENTS; i++)
        sum += stamp_now();
    uint64_t end_ns = bench_thread_ns();
    __asm__ volatile("" ::"r"(sum));
    return (double)(end_ns - start_ns);
}

static double cost_of_events(void *context)
{
    struct shared *shared = context;
    struct ring_writer *writer = &shared->writer;
    while (atomic_load(writer->tail) != writer->position)
        sched_yield();
    uint64_t number = shared->number, start_ns = bench_thread_ns();
    for (int i = 0; i < EVENTS; i++)
        ring_emit(writer, EVENT_MARK, 3, 4, number++);
    uint64_t end_ns = bench_thread_ns();
    shared->number = number;
    return (double)(end_ns - start_ns);
}

/* The loop around a disabled event is no part of it, so it is measured too and taken off. The
 * compiler is kept from knowing the writer. */
static uint64_t loop_ns(struct ring_writer *writer, bool emit)
{
    uint64_t start_ns = bench_thread_ns();
    for (uint64_t i = 0; i < 10 * EVENTS; i++) {
        __asm__ volatile("" : "+r"(writer)::"memory");
        if (emit)
            ring_emit(writer, EVENT_MARK, 3, 4, i);
    }
    return bench_thread_ns() - start_ns;
}

static double cost_of_disabled(void *context)
{
    (void)context;
    struct ring_writer off = { 0 };
    double loop = (double)loop_ns(&off, false);
    return ((double)loop_ns(&off, true) - loop) / 10;
}

void bench_event(struct bench *bench)
{
    static struct shared shared;
    const struct arena_options options = { .run_count = 1,
                                           .lane_capacity = { 8 },
                                           .tracing = true };
    struct error error;
    pthread_t consumer;
    if (!bench_check(bench, arena_new(&shared.arena, &options, &error), "%s", error.text))
        return;
    bool pinned = bench_pin(0);
    if (!pinned || !ring_open(&shared.writer, &shared.arena, 0, ROLE_WORKER, 0) ||
        pthread_create(&consumer, NULL, consume, &shared) != 0) {
        bench_skip(bench, "threads cannot be kept on cores of their own here");
        return;
    }
    struct spread enabled = bench_ratio(cost_of_events, cost_of_stamps, &shared, TRIALS);
    atomic_store(&shared.over, true);
    pthread_join(consumer, NULL);
    struct spread disabled = bench_ratio(cost_of_disabled, cost_of_stamps, &shared, TRIALS);
    bench_tell(bench, "enabled_stamps", enabled, 1.10);
    bench_tell(bench, "disabled_stamps", disabled, 0.05);
    bench_check(bench, shared.read == shared.number, "%llu of %llu events were read",
                (unsigned long long)shared.read, (unsigned long long)shared.number);
    bench_check(bench, shared.wrong == 0 && shared.lost == 0, "%llu events wrong, %llu lost",
                (unsigned long long)shared.wrong, (unsigned long long)shared.lost);
    arena_unmap(&shared.arena);
}
