/*
 * Whether the kernel's switch records are lost where there are many: pairs of processes hand a byte
 * to and fro through pipes, a pair on each core, with some work between, while a reader drains as
 * the recorder does (at the watermark, or each 5 ms). None may be lost, and each lane's count must
 * be what getrusage counted. Beside it, for information: what recording costs a switch, from the
 * same pairs without it; and how it goes where they do no work between, as fast as they can.
 */
#include "bench/bench.h"

#include "base/clock.h"
#include "platform/platform.h"
#include "trace/drain.h"
#include "trace/ring.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAIRS = 2, LANES = 2 * PAIRS, TRIPS = 40000, GAMES = 5, FDS_MAX = 256 };
static const double wanted_per_s = 200000;
static const uint64_t work_ns = 3500; /* of each player in each trip: brings about what is wanted */

static void work(uint64_t ns)
{
    for (uint64_t end_ns = clock_now() + ns; clock_now() < end_ns;)
        continue;
}

static void play(const struct arena *arena, uint32_t lane, uint64_t between_ns, int from, int to)
{
    struct ring_writer writer;
    char byte = 0;
    bench_pin(lane / 2);
    ring_open(&writer, arena, 0, ROLE_POOL, lane);
    for (int i = 0; i < TRIPS; i++) {
        work(between_ns);
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
static void stage(const struct arena *arena, uint64_t between_ns)
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
                    play(arena, 2 * pair, between_ns, back[0], there[1]);
                else
                    play(arena, 2 * pair + 1, between_ns, there[0], back[1]);
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
        uint64_t begin_ns, end_ns, out, told, cpu_ns;
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
        } else if (event->kind == EVENT_LANE_CPU) {
            lane->cpu_ns = event->b;
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

/* What came of one game. */
struct game {
    bool recorded;
    double seconds;   /* from the first lane's begin to the last one's end */
    double told, out; /* switches: by getrusage, and recorded */
    double off;       /* of the lane whose two counts are the furthest apart, as a share */
    double cpu_us;    /* of the lanes, for each switch */
    uint64_t lost;
};

static struct game sum_up(const struct counted *counted)
{
    struct game game = { .seconds = 0 };
    uint64_t first_ns = UINT64_MAX, last_ns = 0, cpu_ns = 0;
    for (int i = 0; i < LANES; i++) {
        const struct lane *lane = &counted->lanes[i];
        double out = (double)lane->out, told = (double)lane->told;
        double off = out > told ? out - told : told - out;
        first_ns = lane->begin_ns < first_ns ? lane->begin_ns : first_ns;
        last_ns = lane->end_ns > last_ns ? lane->end_ns : last_ns;
        cpu_ns += lane->cpu_ns;
        game.told += told;
        game.out += out;
        if (told > 0 && off / told > game.off)
            game.off = off / told;
    }
    game.seconds = (double)(last_ns - first_ns) / 1e9;
    game.cpu_us = (double)cpu_ns / 1000 / game.told;
    return game;
}

static bool play_game(struct bench *bench, bool record, uint64_t between_ns, struct game *game)
{
    const struct arena_options options = { .run_count = 1,
                                           .lane_capacity = { LANES },
                                           .tracing = true };
    struct arena arena;
    struct error error;
    struct counted counted = { .ended = 0 };
    if (!bench_check(bench, arena_new(&arena, &options, &error), "%s", error.text))
        return false;
    pid_t child = fork();
    if (child == 0)
        stage(&arena, between_ns);
    struct drain *drain = drain_new(&arena, clock_now());
    bool recorded = record && drain_attach(drain, 0, child, &error) == SOURCE_PERF;
    atomic_store(&arena_run(&arena, 0)->go, 1);
    arena_wake(&arena_run(&arena, 0)->go);
    for (uint64_t end_ns = clock_now() + 60 * NS_PER_S;
         counted.ended < LANES && clock_now() < end_ns;) {
        wait_as_the_recorder(drain);
        struct drained drained = drain_pass(drain, false);
        count(&counted, &drained);
    }
    waitpid(child, NULL, 0);
    drain_detach(drain, 0);
    struct drained rest = drain_pass(drain, true);
    count(&counted, &rest);
    *game = sum_up(&counted);
    game->recorded = recorded;
    game->lost = drain_lost(drain, LOST_KERNEL);
    drain_free(drain);
    arena_unmap(&arena);
    if (record && !recorded)
        bench_skip(bench, "%s", error.text);
    return bench_check(bench, counted.ended == LANES, "only %u of %d lanes ended", counted.ended,
                       LANES) &&
           record == recorded;
}

void bench_switches(struct bench *bench)
{
    double lost[GAMES], off[GAMES], rate[GAMES], cost[GAMES];
    for (int i = 0; i < GAMES; i++) {
        struct game plain, recorded;
        if (!play_game(bench, false, work_ns, &plain) ||
            !play_game(bench, true, work_ns, &recorded))
            return;
        lost[i] = (double)recorded.lost;
        off[i] = recorded.off;
        rate[i] = recorded.out / recorded.seconds;
        cost[i] = recorded.cpu_us - plain.cpu_us;
        bench_check(bench, recorded.out >= 2.0 * TRIPS, "too few switches: %.0f", recorded.out);
    }
    struct spread all_lost = bench_spread(lost, GAMES), speed = bench_spread(rate, GAMES);
    all_lost.median = lost[GAMES - 1]; /* not one may lose any */
    bench_tell(bench, "lost", all_lost, 0);
    bench_tell(bench, "off_getrusage", bench_spread(off, GAMES), 0.01);
    bench_note(bench, "switches_per_s", speed.median);
    bench_note(bench, "cost_of_recording_us_a_switch", bench_spread(cost, GAMES).median);
    struct game fast;
    if (play_game(bench, true, 0, &fast)) {
        bench_note(bench, "fastest_switches_per_s", fast.out / fast.seconds);
        bench_note(bench, "fastest_lost", (double)fast.lost);
    }
    if (speed.median < wanted_per_s)
        bench_skip(bench, "this machine made %.0f switches a second, not %.0f", speed.median,
                   wanted_per_s);
}
