/*
 * How far an event's time, as it comes out of the drain, is from CLOCK_MONOTONIC after ten seconds:
 * two processes on cores of their own emit events that carry the clock as it was read together with
 * their stamp. Pairs that were disturbed while they were read (by the width of the reading) do not
 * know the clock better than the drain does, and are left out of the error, not out of the order.
 */
#include "bench/bench.h"

#include "base/clock.h"
#include "base/memory.h"
#include "trace/drain.h"
#include "trace/ring.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LANES = 2, PAIRS = 2600, LAST = 600 }; /* one each 4 ms: 10.4 s, of which 2.4 s are judged */

static void nap(long ns)
{
    const struct timespec time = { .tv_nsec = ns };
    nanosleep(&time, NULL);
}

static void emit_pairs(const struct arena *arena, uint32_t lane)
{
    struct ring_writer writer;
    bench_pin(lane);
    ring_open(&writer, arena, 0, ROLE_WORKER, lane);
    for (int i = 0; i < PAIRS; i++) {
        struct stamp_pair pair = stamp_pair();
        ring_emit_at(&writer, pair.stamp, EVENT_MARK, (uint32_t)i,
                     pair.spread < UINT32_MAX ? (uint32_t)pair.spread : UINT32_MAX, pair.clock_ns);
        nap(4000000);
    }
    ring_close(&writer, arena);
}

struct found {
    struct mark {
        uint64_t error_ns;
        uint32_t spread;
    } marks[LANES][PAIRS];
    uint32_t counts[LANES];
    uint64_t last_ns[LANES];
    uint64_t backwards;
    bool ended[LANES];
};

static void look(struct found *found, const struct drained *drained, uint64_t base_ns)
{
    for (size_t i = 0; i < drained->count; i++) {
        const struct event *event = &drained->events[i];
        uint32_t lane = event->lane;
        if (lane >= LANES)
            continue;
        found->backwards += event->time < found->last_ns[lane];
        found->last_ns[lane] = event->time;
        found->ended[lane] |= event->kind == EVENT_LANE_END;
        if (event->kind != EVENT_MARK || found->counts[lane] >= PAIRS)
            continue;
        uint64_t ns = event->time + base_ns;
        found->marks[lane][found->counts[lane]++] =
            (struct mark){ .error_ns = ns > event->b ? ns - event->b : event->b - ns,
                           .spread = event->a };
    }
}

static void judge(struct bench *bench, const struct found *found)
{
    static double errors[LANES * LAST];
    size_t count = 0;
    for (uint32_t lane = 0; lane < LANES; lane++) {
        const struct mark *marks = found->marks[lane];
        uint32_t least = UINT32_MAX;
        for (uint32_t i = 0; i < found->counts[lane]; i++)
            least = marks[i].spread < least ? marks[i].spread : least;
        for (uint32_t i = PAIRS - LAST; i < found->counts[lane]; i++) {
            if (marks[i].spread <= least + least / 2)
                errors[count++] = (double)marks[i].error_ns;
        }
    }
    if (!bench_check(bench, count >= LANES * LAST / 4, "only %zu undisturbed pairs", count))
        return;
    struct spread spread = bench_spread(errors, count);
    bench_tell(bench, "error_ns_median", spread, 25);
    /* The same figures, judged by the one that 99 of 100 do not pass. */
    spread.median = errors[count * 99 / 100];
    bench_tell(bench, "error_ns_p99", spread, 25);
    bench_note(bench, "error_ns_max", errors[count - 1]);
}

void bench_clock(struct bench *bench)
{
    const struct arena_options options = { .run_count = 1,
                                           .lane_capacity = { LANES },
                                           .tracing = true };
    struct arena arena;
    struct error error;
    pid_t children[LANES];
    if (!bench_check(bench, arena_new(&arena, &options, &error), "%s", error.text))
        return;
    uint64_t base_ns = clock_now(), end_ns = base_ns + 60 * NS_PER_S;
    for (uint32_t lane = 0; lane < LANES; lane++) {
        children[lane] = fork();
        if (children[lane] == 0) {
            emit_pairs(&arena, lane);
            _exit(0);
        }
    }
    struct drain *drain = drain_new(&arena, base_ns);
    struct found *found = mem_zero(1, sizeof *found);
    while (!(found->ended[0] && found->ended[1]) && clock_now() < end_ns) {
        struct drained drained = drain_pass(drain, false);
        look(found, &drained, base_ns);
        nap(5000000);
    }
    for (uint32_t lane = 0; lane < LANES; lane++) {
        waitpid(children[lane], NULL, 0);
        bench_check(bench, found->counts[lane] == PAIRS, "lane %u: %u of %d events", lane,
                    found->counts[lane], PAIRS);
    }
    bench_check(bench, found->backwards == 0, "%llu events run backwards in their lane",
                (unsigned long long)found->backwards);
    judge(bench, found);
    free(found);
    drain_free(drain);
    arena_unmap(&arena);
}
