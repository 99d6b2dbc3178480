/*
 * What a picture's questions cost: the shares of 64 lanes in 200 columns, of a trace of millions of
 * events, at any zoom and place. The trace is made by a small machine that gives the same events
 * each time, so a linear scan, against which every column is held, needs no copy of them.
 */
#include "bench/bench.h"

#include "base/clock.h"
#include "base/memory.h"
#include "timeline/timeline.h"

#include <stdlib.h>
#include <string.h>

enum { LANES = 64, COLUMNS = 200, BATCH = 4096, CHECKED = 8, ASKED = 101, TRIALS = 4 };
static const uint64_t few = 2000000, many = 20000000; /* events */

/* ---- The trace ---- */

struct machine {
    uint64_t random, ns;
    uint64_t number; /* of events so far */
    enum says says[LANES];
    enum kernel_state kernel[LANES];
};

static uint64_t draw(struct machine *machine)
{
    machine->random ^= machine->random << 13;
    machine->random ^= machine->random >> 7;
    machine->random ^= machine->random << 17;
    return machine->random;
}

static void machine_init(struct machine *machine)
{
    *machine = (struct machine){ .random = 88172645463325252u };
    for (int i = 0; i < LANES; i++) {
        machine->says[i] = SAYS_IDLE;
        machine->kernel[i] = KERNEL_ON;
    }
}

/* First the run's and the lanes' beginnings, then what a random lane does: it says something else,
 * or goes off its core or onto it. */
static struct event machine_next(struct machine *machine)
{
    static const enum says words[] = { SAYS_COMPUTE, SAYS_NATIVE, SAYS_IO, SAYS_CALL, SAYS_IDLE };
    uint64_t number = machine->number++, bits = draw(machine);
    struct event event = { .time = machine->ns, .lane = LANE_NONE, .kind = EVENT_RUN_GO };
    if (number == 0)
        return event;
    event.lane = (uint32_t)(number <= LANES ? number - 1 : bits % LANES);
    if (number <= LANES) {
        event.kind = EVENT_LANE_BEGIN;
        event.object = ROLE_WORKER | event.lane << 8;
        return event;
    }
    event.time = machine->ns += 100 + (bits >> 8) % 2000;
    event.object = event.lane % 2;
    if (machine->kernel[event.lane] != KERNEL_ON) {
        event.kind = EVENT_SWITCH_IN;
        machine->kernel[event.lane] = KERNEL_ON;
    } else if ((bits >> 20) % 3 == 0) {
        event.kind = EVENT_SWITCH_OUT;
        event.a = (bits >> 24) % 2;
        machine->kernel[event.lane] = event.a ? KERNEL_PREEMPTED : KERNEL_BLOCKED;
    } else {
        event.kind = EVENT_SAY;
        event.object = TASK_NONE;
        event.a = words[(bits >> 24) % 5];
        machine->says[event.lane] = (enum says)event.a;
    }
    return event;
}

static struct timeline *feed(uint64_t count)
{
    struct machine machine;
    struct event events[BATCH];
    struct meta *meta = mem_zero(1, sizeof *meta);
    struct timeline *timeline = timeline_new();
    meta->run_count = 1;
    meta->runs[0].status = RUN_LIVE;
    meta->runs[0].switch_source = SOURCE_PERF;
    timeline_tell(timeline, meta, 0);
    machine_init(&machine);
    while (machine.number < count) {
        for (int i = 0; i < BATCH; i++)
            events[i] = machine_next(&machine);
        timeline_feed(timeline, events, BATCH);
    }
    timeline_tell(timeline, meta, machine.ns);
    meta_fini(meta);
    free(meta);
    return timeline;
}

/* ---- The questions ---- */

struct picture {
    uint64_t t0, width_ns;
    uint64_t ns[LANES][COLUMNS][STATE_COUNT];
};

/* The i-th of the places that are asked for: from all of it to a thousandth, here and there. */
static void picture_place(struct picture *picture, uint64_t length_ns, uint32_t i)
{
    uint64_t span = length_ns >> (i % 10);
    picture->width_ns = span / COLUMNS;
    picture->t0 = (length_ns - span) / 7 * (i % 8);
}

static void picture_ask(const struct timeline *timeline, struct picture *picture)
{
    for (size_t lane = 0; lane < LANES; lane++)
        timeline_lane_strip(timeline, 0, lane, picture->t0, picture->width_ns, COLUMNS,
                            picture->ns[lane]);
}

/* ---- Against a linear scan ---- */

/* Adds [from, to) of a state to the columns that it touches. */
static void scan_add(struct picture *scan, uint32_t lane, enum state state, uint64_t from,
                     uint64_t to)
{
    uint64_t end = scan->t0 + scan->width_ns * COLUMNS;
    from = from < scan->t0 ? scan->t0 : from;
    to = to > end ? end : to;
    while (from < to) {
        uint64_t column = (from - scan->t0) / scan->width_ns;
        uint64_t next = scan->t0 + (column + 1) * scan->width_ns;
        uint64_t until = to < next ? to : next;
        scan->ns[lane][column][state] += until - from;
        from = until;
    }
}

static void scan_all(struct picture *scan, uint64_t count)
{
    struct machine machine;
    uint64_t since[LANES] = { 0 };
    machine_init(&machine);
    memset(scan->ns, 0, sizeof scan->ns);
    count = (count + BATCH - 1) / BATCH * BATCH;
    while (machine.number < count) {
        enum says says[LANES];
        enum kernel_state kernel[LANES];
        memcpy(says, machine.says, sizeof says);
        memcpy(kernel, machine.kernel, sizeof kernel);
        struct event event = machine_next(&machine);
        uint32_t lane = event.lane;
        if (lane >= LANES)
            continue;
        scan_add(scan, lane, state_of(says[lane], kernel[lane]), since[lane], event.time);
        since[lane] = event.time;
    }
    for (uint32_t lane = 0; lane < LANES; lane++)
        scan_add(scan, lane, state_of(machine.says[lane], machine.kernel[lane]), since[lane],
                 machine.ns);
}

/* The largest difference of a share. */
static double picture_error(const struct picture *picture, const struct picture *scan)
{
    double worst = 0;
    for (size_t lane = 0; lane < LANES; lane++) {
        for (size_t column = 0; column < COLUMNS; column++) {
            for (size_t state = 0; state < STATE_COUNT; state++) {
                double difference = (double)picture->ns[lane][column][state] -
                                    (double)scan->ns[lane][column][state];
                difference = difference < 0 ? -difference : difference;
                worst = difference > worst ? difference : worst;
            }
        }
    }
    return worst / (double)picture->width_ns;
}

/* ---- The bench ---- */

/* What each of the questions costs, in ms. */
static void ask_all(const struct timeline *timeline, struct picture *picture, double *costs)
{
    for (uint32_t i = 0; i < ASKED; i++) {
        picture_place(picture, timeline_length(timeline), i);
        /* Warm, and the least of some: the first touch of memory and what else runs on this machine
         * are not the question's price. */
        costs[i] = 1e9;
        for (int trial = 0; trial < TRIALS; trial++) {
            uint64_t start_ns = bench_thread_ns();
            picture_ask(timeline, picture);
            double cost = (double)(bench_thread_ns() - start_ns) / 1e6;
            costs[i] = cost < costs[i] ? cost : costs[i];
        }
    }
}

void bench_query(struct bench *bench)
{
    double costs[ASKED], costs_few[ASKED], worst = 0;
    struct picture *picture = mem_zero(1, sizeof *picture), *scan = mem_zero(1, sizeof *scan);
    struct timeline *small = feed(few), *large = feed(many);
    uint64_t scan_ns = 0;
    ask_all(large, picture, costs);
    ask_all(small, picture, costs_few);
    for (uint32_t i = 0; i < CHECKED; i++) {
        picture_place(picture, timeline_length(large), i);
        picture_place(scan, timeline_length(large), i);
        picture_ask(large, picture);
        uint64_t start_ns = bench_thread_ns();
        scan_all(scan, many);
        scan_ns = bench_thread_ns() - start_ns;
        double error = picture_error(picture, scan);
        worst = error > worst ? error : worst;
    }
    bench_tell(bench, "ms_64x200", bench_spread(costs, ASKED), 2);
    bench_spread(costs_few, ASKED);
    double p99 = costs[ASKED * 99 / 100], p99_few = costs_few[ASKED * 99 / 100];
    bench_tell(bench, "p99_ms", (struct spread){ p99, p99, p99, ASKED }, 2);
    double growth = p99 / p99_few;
    bench_tell(bench, "p99_at_ten_times_the_events",
               (struct spread){ growth, growth, growth, ASKED }, 1.5);
    bench_tell(bench, "off_linear_scan", (struct spread){ worst, worst, worst, CHECKED }, 0.01);
    bench_note(bench, "events", (double)many);
    bench_note(bench, "linear_scan_ms", (double)scan_ns / 1e6);
    timeline_free(small);
    timeline_free(large);
    free(picture);
    free(scan);
}
