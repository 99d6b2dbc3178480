/*
 * Whether the kernel's switch records are lost where there are many: pairs of processes hand a byte
 * to and fro through pipes, a pair on each core, as fast as they can, while a reader drains as the
 * recorder does (at the watermark, or each 5 ms). None may be lost, and each lane's count must be
 * what getrusage counted. Beside it, for information: what recording costs a switch, from the same
 * pairs without it.
 */
#include "bench/bench.h"

#include "base/clock.h"
#include "base/memory.h"
#include "platform/platform.h"
#include "trace/drain.h"
#include "trace/ring.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAIRS = 2, LANES = 2 * PAIRS, TRIPS = 120000, FDS_MAX = 256 };
static const uint64_t wanted_per_s = 200000;

static void play(const struct arena *arena, uint32_t lane, int from, int to)
{
    struct ring_writer writer;
    char byte = 0;
    bench_pin(lane / 2);
    ring_open(&writer, arena, 0, ROLE_POOL, lane);
    for (int i = 0; i < TRIPS; i++) {
        if (lane % 2 == 0 && write(to, &byte, 1) != 1)
            break;
        if (read(from, &byte, 1) != 1)
            break;
        if (lane % 2 == 1 && write(to, &byte, 1) != 1)
            break;
    }
    ring_close(&writer, arena);
}

/* The parent of the players: what it forks after its go is recorded with it. */
static void stage(const struct arena *arena)
{
    pid_t children[LANES];
    arena_wait(&arena_run(arena, 0)->go, 0, 20 * NS_PER_S);
    for (uint32_t pair = 0; pair < PAIRS; pair++) {
        int there[2], back[2];
        if (pipe(there) != 0 || pipe(back) != 0)
            _exit(1);
        for (uint32_t side = 0; side < 2; side++) {
            children[2 * pair + side] = fork();
            if (children[2 * pair + side] == 0) {
                if (side == 0)
                    play(arena, 2 * pair, back[0], there[1]);
                else
                    play(arena, 2 * pair + 1, there[0], back[1]);
                _exit(0);
            }
        }
        close(there[0]);
        close(there[1]);
        close(back[0]);
        close(back[1]);
    }
    for (int i = 0; i < LANES; i++)
        waitpid(children[i], NULL, 0);
    _exit(0);
}

struct counted {
    struct lane {
        uint64_t begin_ns, end_ns, out, told;
    } lanes[LANES];
    uint32_t ended;
};

static void count(struct counted *counted, const struct drained *drained)
{
    for (size_t i = 0; i < drained->count; i++) {
        const struct event *event = &drained->events[i];
        if (event->lane >= LANES)
            continue;
        struct lane *lane = &counted->lanes[event->lane];
        if (event->kind == EVENT_SWITCH_OUT) {
            lane->out++;
        } else if (event->kind == EVENT_LANE_SWITCHES) {
            lane->told = event->a + event->b;
        } else if (event->kind == EVENT_LANE_BEGIN) {
            lane->begin_ns = event->time;
        } else if (event->kind == EVENT_LANE_END) {
            lane->end_ns = event->time;
            counted->ended++;
        }
    }
}

static void wait_as_the_recorder(struct drain *drain)
{
    struct pollfd wait[FDS_MAX];
    int fds[FDS_MAX];
    size_t found = drain_fds(drain, fds, FDS_MAX);
    for (size_t i = 0; i < found; i++)
        wait[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
    poll(wait, (nfds_t)found, 5);
}

/* One game. Gives its seconds from the first lane's begin to the last one's end, 0 where it could
 * not be recorded. */
static double game(struct bench *bench, bool record, struct counted *counted)
{
    const struct arena_options options = { .run_count = 1,
                                           .lane_capacity = { LANES },
                                           .tracing = true };
    struct arena arena;
    struct error error;
    *counted = (struct counted){ .ended = 0 };
    if (!bench_check(bench, arena_new(&arena, &options, &error), "%s", error.text))
        return 0;
    pid_t child = fork();
    if (child == 0)
        stage(&arena);
    struct drain *drain = drain_new(&arena, clock_now());
    bool recorded = record && drain_attach(drain, 0, child, &error) == SOURCE_PERF;
    if (record && !recorded)
        bench_skip(bench, "%s", error.text);
    atomic_store(&arena_run(&arena, 0)->go, 1);
    arena_wake(&arena_run(&arena, 0)->go);
    for (uint64_t end_ns = clock_now() + 60 * NS_PER_S;
         counted->ended < LANES && clock_now() < end_ns;) {
        wait_as_the_recorder(drain);
        struct drained drained = drain_pass(drain, false);
        count(counted, &drained);
    }
    waitpid(child, NULL, 0);
    drain_detach(drain, 0);
    struct drained rest = drain_pass(drain, true);
    count(counted, &rest);
    bench_check(bench, counted->ended == LANES, "only %u of %d lanes ended", counted->ended, LANES);
    uint64_t lost = drain_lost(drain, LOST_KERNEL);
    if (recorded)
        bench_tell(bench, "lost", (struct spread){ (double)lost, (double)lost, (double)lost, 1 },
                   0);
    uint64_t first_ns = UINT64_MAX, last_ns = 0;
    for (int i = 0; i < LANES; i++) {
        const struct lane *lane = &counted->lanes[i];
        first_ns = lane->begin_ns < first_ns ? lane->begin_ns : first_ns;
        last_ns = lane->end_ns > last_ns ? lane->end_ns : last_ns;
    }
    drain_free(drain);
    arena_unmap(&arena);
    return record && !recorded ? 0 : (double)(last_ns - first_ns) / 1e9;
}

void bench_switches(struct bench *bench)
{
    struct counted *counted = mem_zero(1, sizeof *counted);
    double plain_s = game(bench, false, counted);
    double seconds = game(bench, true, counted), switches = 0, worst = 0;
    for (int i = 0; seconds > 0 && i < LANES; i++) {
        double out = (double)counted->lanes[i].out, told = (double)counted->lanes[i].told;
        double off = out > told ? out - told : told - out;
        switches += out;
        worst = told > 0 && off / told > worst ? off / told : worst;
    }
    if (seconds > 0) {
        bench_note(bench, "switches_per_s", switches / seconds);
        bench_note(bench, "cost_of_recording_us", 1e6 * (seconds - plain_s) * PAIRS / switches);
        bench_tell(bench, "off_getrusage", (struct spread){ worst, worst, worst, LANES }, 0.01);
        bench_check(bench, switches >= 2.0 * TRIPS, "too few switches: %.0f", switches);
        if (switches / seconds < (double)wanted_per_s)
            bench_skip(bench, "this machine made %.0f switches a second, not %llu",
                       switches / seconds, (unsigned long long)wanted_per_s);
    }
    free(counted);
}
