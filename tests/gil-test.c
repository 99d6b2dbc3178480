/*
 * The GIL, hammered: whatever lanes do and however often it is turned off and on, at most one holds
 * it, nobody waits for ever, and its events say what happened. No claim here is about how long
 * something takes, but that a timed wait is never shorter than asked.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "engine/lane.h"
#include "engine/mix.h"
#include "engine/stage.h"
#include "platform/stamp.h"
#include "trace/ring.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LANES = 8, TURNS = 3000, ROUNDS = 12 };

/* A stage without a process of its own: an arena, a run, a GIL. */
struct bench {
    struct stage stage;
    struct gil *gil;
    struct event *events;
    size_t count;
};

static void bench_open(struct bench *bench, bool enabled, uint64_t interval_ns)
{
    struct error error;
    const struct arena_options options = {
        .run_count = 1, .lane_capacity = { LANES + 1 }, .text = "", .seed = 1, .tracing = true
    };
    memset(bench, 0, sizeof *bench);
    ck_assert_msg(arena_new(&bench->stage.arena, &options, &error), "%s", error.text);
    bench->stage.run = arena_run(&bench->stage.arena, 0);
    bench->stage.arena.header->param_count = PARAM_ENGINE_COUNT;
    bench->stage.arena.header->spins_per_ms = 1000;
    arena_param_set(&bench->stage.arena, PARAM_GIL, enabled);
    arena_param_set(&bench->stage.arena, PARAM_SWITCH_INTERVAL, (int64_t)interval_ns);
    bench->gil = gil_new(0, enabled);
}

/* Takes all events, and sorts them by time (of two at the same time, the order of the lanes). */
static int event_order(const void *one, const void *other)
{
    const struct event *a = one, *b = other;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return a < b ? -1 : a > b;
}

static void bench_take_events(struct bench *bench)
{
    enum { MOST = 16384 };
    uint32_t lanes = atomic_load(&bench->stage.run->next_lane);
    bench->events = mem_alloc((size_t)lanes * MOST * sizeof *bench->events);
    for (uint32_t lane = 0; lane < lanes; lane++)
        bench->count +=
            ring_drain(&bench->stage.arena, 0, lane, bench->events + bench->count, MOST);
    qsort(bench->events, bench->count, sizeof *bench->events, event_order);
}

static void bench_close(struct bench *bench)
{
    free(bench->events);
    gil_free(bench->gil);
    arena_unmap(&bench->stage.arena);
}

/* ---- At most one ---- */

struct hammer {
    struct bench *bench;
    uint32_t index;
    uint64_t random;
    bool turns_gil;      /* this lane turns it off and on */
    _Atomic int *inside; /* lanes that hold it */
    uint64_t *counted;   /* plain: only a holder adds to it */
    uint64_t added;
};

/* What only a holder may do. */
static void hammer_inside(struct hammer *hammer, const struct lane *lane)
{
    if (!lane->holds)
        return;
    if (atomic_fetch_add(hammer->inside, 1) != 0)
        ck_abort_msg("two lanes hold the GIL");
    ++*hammer->counted;
    hammer->added++;
    atomic_fetch_sub(hammer->inside, 1);
}

static void hammer_turn(struct hammer *hammer, struct lane *lane)
{
    switch (mix_next(&hammer->random) % 8) {
    case 0:
        lane_leave(lane, SAYS_IO);
        lane_enter(lane);
        break;
    case 1:
        lane_leave(lane, SAYS_NATIVE);
        sched_yield();
        lane_enter(lane);
        break;
    case 2:
        if (hammer->turns_gil && mix_next(&hammer->random) % 8 == 0)
            arena_param_set(&hammer->bench->stage.arena, PARAM_GIL,
                            (int64_t)(mix_next(&hammer->random) % 2));
        lane_poll_params(lane);
        break;
    default:
        lane_check(lane);
        break;
    }
    hammer_inside(hammer, lane);
}

static void *hammer_body(void *argument)
{
    struct hammer *hammer = argument;
    struct lane lane;
    lane_begin(&lane, &hammer->bench->stage, hammer->bench->gil, ROLE_WORKER, hammer->index);
    lane_enter(&lane);
    for (int i = 0; i < TURNS; i++)
        hammer_turn(hammer, &lane);
    lane_end(&lane);
    return NULL;
}

/* On the trace, too, the GIL has one holder at most. */
static void expect_one_holder(const struct bench *bench)
{
    uint32_t holder = LANE_NONE;
    for (size_t i = 0; i < bench->count; i++) {
        const struct event *e = &bench->events[i];
        ck_assert_uint_ne(e->kind, EVENT_LOST);
        if (e->kind == EVENT_GIL_TAKE) {
            ck_assert_msg(holder == LANE_NONE, "lane %u takes what lane %u has", e->lane, holder);
            holder = e->lane;
        } else if (e->kind == EVENT_GIL_DROP) {
            ck_assert_msg(holder == e->lane, "lane %u drops what lane %u has", e->lane, holder);
            holder = LANE_NONE;
        }
    }
}

static void hammer_all(uint64_t seed, bool turns_gil)
{
    struct bench bench;
    struct hammer hammers[LANES];
    pthread_t threads[LANES];
    _Atomic int inside = 0;
    uint64_t counted = 0, added = 0;
    stamp_init();
    bench_open(&bench, true, 50 * NS_PER_US);
    for (uint32_t i = 0; i < LANES; i++) {
        hammers[i] = (struct hammer){ .bench = &bench,
                                      .index = i,
                                      .random = mix_pair(seed, i),
                                      .turns_gil = turns_gil && i < 2,
                                      .inside = &inside,
                                      .counted = &counted };
        ck_assert_int_eq(pthread_create(&threads[i], NULL, hammer_body, &hammers[i]), 0);
    }
    for (int i = 0; i < LANES; i++) {
        pthread_join(threads[i], NULL);
        added += hammers[i].added;
    }
    ck_assert_uint_eq(counted, added);
    if (!turns_gil)
        ck_assert_uint_eq(counted, LANES * TURNS);
    bench_take_events(&bench);
    expect_one_holder(&bench);
    bench_close(&bench);
}

START_TEST(one_holder)
{
    hammer_all((uint64_t)_i, false);
}
END_TEST

START_TEST(one_holder_turned_off_and_on)
{
    hammer_all((uint64_t)_i, true);
}
END_TEST

/* ---- Hand-overs ---- */

enum { COMPUTERS = 3, INTERVAL_US = 300 };

struct computer {
    struct bench *bench;
    _Atomic uint32_t *over; /* how many hand-overs there were, in all */
    uint32_t index;
};

static void *computer_body(void *argument)
{
    struct computer *computer = argument;
    struct lane lane;
    lane_begin(&lane, &computer->bench->stage, computer->bench->gil, ROLE_WORKER, computer->index);
    lane_enter(&lane);
    for (bool held = true; atomic_load(computer->over) < 300; held = lane.holds) {
        ck_assert(held);
        uint64_t seen = atomic_load_explicit(lane.ring.head, memory_order_relaxed);
        lane_check(&lane);
        if (atomic_load_explicit(lane.ring.head, memory_order_relaxed) != seen)
            atomic_fetch_add(computer->over, 1);
    }
    lane_end(&lane);
    return NULL;
}

/* The line from stamps to ns. */
static double ns_per_stamp(void)
{
    struct stamp_pair one = stamp_pair();
    nanosleep(&(struct timespec){ .tv_nsec = 50 * (long)NS_PER_MS }, NULL);
    struct stamp_pair other = stamp_pair();
    return (double)(other.clock_ns - one.clock_ns) / (double)(other.stamp - one.stamp);
}

/* Of computing lanes: a request comes only after a whole interval without a switch; who drops on
 * request is followed by another; the switch number counts other holders. */
static void expect_handovers(const struct bench *bench)
{
    uint64_t switched = 0, wanted[COMPUTERS + 1] = { 0 }, number = 0;
    uint32_t dropped = LANE_NONE, requests = 0, forced = 0;
    bool was_forced = false;
    double least = INTERVAL_US * 1000. * 0.98 / ns_per_stamp();
    for (size_t i = 0; i < bench->count; i++) {
        const struct event *e = &bench->events[i];
        if (e->kind == EVENT_GIL_WANT) {
            wanted[e->lane] = e->time;
        } else if (e->kind == EVENT_GIL_REQUEST) {
            uint64_t since = wanted[e->lane] > switched ? wanted[e->lane] : switched;
            ck_assert_double_ge((double)(e->time - since), least);
            requests++;
        } else if (e->kind == EVENT_GIL_DROP) {
            dropped = e->lane;
            was_forced = e->b == DROP_FORCED;
            forced += was_forced;
        } else if (e->kind == EVENT_GIL_TAKE) {
            ck_assert_msg(!was_forced || e->lane != dropped,
                          "lane %u drops on request and takes the GIL again before others",
                          e->lane);
            ck_assert_uint_eq(e->a, dropped);
            ck_assert_uint_eq(e->b, number + (e->lane != dropped));
            number = e->b;
            switched = e->lane != dropped ? e->time : switched;
            was_forced = false;
        }
    }
    ck_assert_uint_gt(forced, 0);
    ck_assert_uint_ge(requests, forced);
}

START_TEST(handovers)
{
    struct bench bench;
    struct computer computers[COMPUTERS];
    pthread_t threads[COMPUTERS];
    _Atomic uint32_t over = 0;
    stamp_init();
    bench_open(&bench, true, INTERVAL_US * NS_PER_US);
    for (uint32_t i = 0; i < COMPUTERS; i++) {
        computers[i] = (struct computer){ &bench, &over, i };
        ck_assert_int_eq(pthread_create(&threads[i], NULL, computer_body, &computers[i]), 0);
    }
    for (int i = 0; i < COMPUTERS; i++)
        pthread_join(threads[i], NULL);
    bench_take_events(&bench);
    expect_handovers(&bench);
    bench_close(&bench);
}
END_TEST

/* ---- Off and on ---- */

struct waiter {
    struct bench *bench;
    _Atomic int *step;
};

static void await_step(_Atomic int *step, int wanted)
{
    while (atomic_load(step) < wanted)
        sched_yield();
}

/* Waits for a GIL that its holder never drops, until it is turned off; then wants it again. */
static void *waiter_body(void *argument)
{
    struct waiter *waiter = argument;
    struct lane lane;
    lane_begin(&lane, &waiter->bench->stage, waiter->bench->gil, ROLE_WORKER, 1);
    atomic_store(waiter->step, 1);
    lane_enter(&lane);
    ck_assert(!lane.holds);
    ck_assert_int_eq(lane.says, SAYS_COMPUTE);
    lane_check(&lane);
    ck_assert(!lane.holds);
    atomic_store(waiter->step, 2);
    await_step(waiter->step, 3);
    lane_check(&lane); /* it is on again, and the other still has it: until it drops it */
    ck_assert(lane.holds);
    lane_end(&lane);
    return NULL;
}

START_TEST(off_wakes_on_takes)
{
    struct bench bench;
    struct lane holder;
    pthread_t thread;
    _Atomic int step = 0;
    bench_open(&bench, true, NS_PER_MS);
    lane_begin(&holder, &bench.stage, bench.gil, ROLE_WORKER, 0);
    lane_enter(&holder);
    ck_assert(holder.holds);
    struct waiter waiter = { &bench, &step };
    ck_assert_int_eq(pthread_create(&thread, NULL, waiter_body, &waiter), 0);
    await_step(&step, 1);
    nanosleep(&(struct timespec){ .tv_nsec = (long)(mix_pair(1, (uint64_t)_i) % 3000000) }, NULL);
    /* Another than the holder turns it off; the holder does not look. */
    arena_param_set(&bench.stage.arena, PARAM_GIL, 0);
    gil_enable(bench.gil, false);
    await_step(&step, 2);
    ck_assert(holder.holds);
    arena_param_set(&bench.stage.arena, PARAM_GIL, 1);
    gil_enable(bench.gil, true);
    atomic_store(&step, 3);
    lane_check(&holder);
    ck_assert(holder.holds);
    lane_end(&holder);
    pthread_join(thread, NULL);
    bench_close(&bench);
}
END_TEST

START_TEST(off_is_noticed)
{
    struct bench bench;
    struct lane lane;
    bench_open(&bench, true, NS_PER_MS);
    lane_begin(&lane, &bench.stage, bench.gil, ROLE_WORKER, 0);
    lane_enter(&lane);
    arena_param_set(&bench.stage.arena, PARAM_GIL, 0);
    lane_check(&lane);
    ck_assert(!lane.holds);
    ck_assert_int_eq(lane.says, SAYS_COMPUTE);
    lane_leave(&lane, SAYS_IO);
    ck_assert_int_eq(lane.says, SAYS_IO);
    lane_enter(&lane);
    ck_assert(!lane.holds);
    arena_param_set(&bench.stage.arena, PARAM_GIL, 1);
    lane_check(&lane);
    ck_assert(lane.holds);
    lane_end(&lane);
    bench_take_events(&bench);
    /* Told once each, whatever the parameters' first values were. */
    const enum event_kind wanted[] = { EVENT_LANE_BEGIN,    EVENT_GIL_TAKE, EVENT_PARAM_APPLIED,
                                       EVENT_GIL_DROP,      EVENT_SAY,      EVENT_SAY,
                                       EVENT_PARAM_APPLIED, EVENT_GIL_TAKE, EVENT_GIL_DROP };
    size_t at = 0;
    for (size_t i = 0; i < bench.count && at < sizeof wanted / sizeof wanted[0]; i++) {
        /* The engine's rows were set before the lane began, and nobody applied them. */
        if (bench.events[i].kind == EVENT_PARAM_APPLIED && bench.events[i].object != PARAM_GIL)
            continue;
        ck_assert_msg(bench.events[i].kind == wanted[at], "event %zu is %s, not %s", at,
                      event_name(bench.events[i].kind), event_name((uint16_t)wanted[at]));
        at++;
    }
    bench_close(&bench);
}
END_TEST

START_TEST(without_a_gil)
{
    struct bench bench;
    struct lane lane;
    bench_open(&bench, true, NS_PER_MS);
    lane_begin(&lane, &bench.stage, NULL, ROLE_WORKER, 0);
    ck_assert_int_eq(lane.says, SAYS_IDLE);
    lane_enter(&lane);
    lane_enter(&lane);
    ck_assert_int_eq(lane.says, SAYS_COMPUTE);
    ck_assert(!lane.holds);
    lane_check(&lane);
    lane_leave(&lane, SAYS_NATIVE);
    lane_end(&lane);
    bench_take_events(&bench);
    size_t said = 0;
    for (size_t i = 0; i < bench.count; i++) {
        ck_assert_uint_ne(bench.events[i].kind, EVENT_GIL_TAKE);
        said += bench.events[i].kind == EVENT_SAY;
    }
    ck_assert_uint_eq(said, 3); /* compute, native, idle */
    bench_close(&bench);
}
END_TEST

static int repeats(int usual)
{
    const char *wanted = getenv("LOCKSTEP_REPEAT");
    return wanted != NULL ? atoi(wanted) : usual;
}

int main(void)
{
    Suite *suite = suite_create("gil");
    TCase *gil = tcase_create("gil");
    tcase_set_timeout(gil, 300);
    tcase_add_loop_test(gil, one_holder, 0, repeats(ROUNDS));
    tcase_add_loop_test(gil, one_holder_turned_off_and_on, 0, repeats(ROUNDS));
    tcase_add_loop_test(gil, handovers, 0, repeats(3));
    tcase_add_loop_test(gil, off_wakes_on_takes, 0, repeats(ROUNDS));
    tcase_add_test(gil, off_is_noticed);
    tcase_add_test(gil, without_a_gil);
    suite_add_tcase(suite, gil);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
