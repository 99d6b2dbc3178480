/*
 * The model `loop` carries batches: the same results as `serial`, one task at a time on one thread,
 * all of them waiting at once, and the truth about who was due while the loop was busy elsewhere.
 */
#include "stage.h"

#include "base/clock.h"
#include "base/memory.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define SCENARIO(steps)                                                                    \
    "name: turns\n"                                                                        \
    "title: Turns\n"                                                                       \
    "question: Which is first?\n"                                                          \
    "teaches: A test.\n"                                                                   \
    "kind: batch\n"                                                                        \
    "bottleneck: mixed\n"                                                                  \
    "params:\n"                                                                            \
    "  - { name: count, unit: count, default: 40, min: 1, max: 100000, help: tasks }\n"    \
    "  - { name: pause, unit: duration, default: 2ms, min: 0us, max: 100s, help: wait }\n" \
    "tasks: $count\n"                                                                      \
    "task:\n" steps "models: [serial]\n"                                                   \
    "predict: winner\n"

static const char *const mixture =
    SCENARIO("  - compute: { kernel: stats, mode: python, size: 20000 }\n"
             "  - wait: { time: $pause }\n"
             "  - compute: { kernel: hash, mode: native, size: 20000 }\n"
             "  - wait: { time: $pause }\n"
             "  - compute: { kernel: matmul, mode: python, size: 40 }\n"
             "  - send: { size: 3000 }\n");
static const char *const waits = SCENARIO("  - wait: { time: $pause }\n");
static const char *const blocks =
    SCENARIO("  - wait: { time: $pause }\n  - block: { time: 100ms }\n");

static int repeats(int usual)
{
    const char *wanted = getenv("LOCKSTEP_REPEAT");
    return wanted != NULL ? atoi(wanted) : usual;
}

enum place { AWAY, RUNNING, WAITING, OVER };

struct order {
    uint8_t *places;  /* enum place of each task */
    uint32_t running; /* the task that runs, or TASK_NONE */
    size_t waiting, most_waiting;
    uint64_t most_due_ns, most_lag_ns;
};

/* Beyond what holds in every run: a loop runs one task at a time, a task waits only after it ran and
 * runs again only after it waited, and the loop's lane tells IO or IDLE by whether anybody waits. */
static void order_see(struct order *order, const struct event *e, uint32_t loop_lane)
{
    enum says says;
    switch (e->kind) {
    case EVENT_TASK_TAKE:
        ck_assert_uint_eq(order->running, TASK_NONE);
        order->running = e->object;
        order->places[e->object] = RUNNING;
        break;
    case EVENT_TASK_RUN:
        ck_assert_uint_eq(order->running, TASK_NONE);
        ck_assert_int_eq(order->places[e->object], WAITING);
        order->running = e->object;
        order->places[e->object] = RUNNING;
        order->waiting--;
        if (e->b > order->most_due_ns)
            order->most_due_ns = e->b;
        break;
    case EVENT_TASK_WAIT:
        ck_assert_uint_eq(order->running, e->object);
        order->running = TASK_NONE;
        order->places[e->object] = WAITING;
        if (++order->waiting > order->most_waiting)
            order->most_waiting = order->waiting;
        break;
    case EVENT_TASK_DONE:
    case EVENT_TASK_FAIL:
        ck_assert_uint_eq(order->running, e->object);
        order->running = TASK_NONE;
        order->places[e->object] = OVER;
        break;
    case EVENT_LOOP_TURN:
        ck_assert_uint_gt(e->a, 0);
        if (e->b > order->most_lag_ns)
            order->most_lag_ns = e->b;
        break;
    default:
        if (e->lane == loop_lane && event_says(e, &says) && says == SAYS_IDLE)
            ck_assert_uint_eq(order->waiting, 0);
    }
}

static struct order order_of(const struct stage_test *test)
{
    struct order order = { .running = TASK_NONE };
    uint32_t loop_lane = stage_test_first(test, EVENT_RUN_GO)->lane;
    order.places = mem_zero(atomic_load(&test->run->next_task), 1);
    for (size_t i = 0; i < test->count; i++)
        order_see(&order, &test->events[i], loop_lane);
    free(order.places);
    order.places = NULL;
    return order;
}

static void expect_right(const struct stage_test *test, enum run_status status)
{
    const char *wrong = stage_test_wrong(test);
    ck_assert_msg(wrong == NULL, "%s: %s", test->model->name, wrong);
    ck_assert_msg(atomic_load(&test->run->status) == status, "%s ended as %s (%s), not %s",
                  test->model->name, run_status_names[atomic_load(&test->run->status)],
                  test->run->reason, run_status_names[status]);
    ck_assert(WIFEXITED(test->status));
    ck_assert_int_eq(WEXITSTATUS(test->status), 0);
}

START_TEST(same_results_as_serial)
{
    struct stage_test test;
    stage_test_init(&test, mixture, "serial", NULL);
    stage_test_run(&test);
    uint64_t expected = stage_test_checksum(&test);
    stage_test_fini(&test);
    for (int i = 0; i < repeats(5); i++) {
        stage_test_init(&test, mixture, "loop", NULL);
        stage_test_run(&test);
        expect_right(&test, RUN_DONE);
        struct order order = order_of(&test);
        ck_assert_uint_eq(order.waiting, 0);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_COLLECT), 40);
        ck_assert_uint_eq(stage_test_checksum(&test), expected);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_STEP_BEGIN), 40 * 6);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_STEP_END), 40 * 6);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_WAIT), 40 * 2);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_LANE_BEGIN), 1);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_GIL_WANT), 0);
        ck_assert_uint_gt(stage_test_count(&test, EVENT_GIL_TAKE), 0);
        stage_test_fini(&test);
    }
}
END_TEST

/* 300 tasks that wait for a second at the same time take one second and not three hundred. */
START_TEST(all_wait_at_once)
{
    static const char *const sets[] = { "count=300", "pause=1s", NULL };
    struct stage_test test;
    stage_test_init(&test, waits, "loop", sets);
    stage_test_run(&test);
    expect_right(&test, RUN_DONE);
    struct order order = order_of(&test);
    ck_assert_uint_eq(order.most_waiting, 300);
    ck_assert_double_ge(stage_test_wall_s(&test), 1.);
    ck_assert_double_lt(stage_test_wall_s(&test), 30.);
    stage_test_fini(&test);
}
END_TEST

/* Four tasks become due together and each blocks for 100 ms: the last was due for 300 ms while the
 * loop was elsewhere. And the other way round: what became due in a long turn tells its lag. */
START_TEST(who_blocks_keeps_the_others_due)
{
    static const char *const sets[] = { "count=4", "pause=10ms", NULL };
    static const char *const blocks_first =
        SCENARIO("  - block: { time: 100ms }\n  - wait: { time: $pause }\n");
    struct stage_test test;
    stage_test_init(&test, blocks, "loop", sets);
    stage_test_run(&test);
    expect_right(&test, RUN_DONE);
    struct order order = order_of(&test);
    ck_assert_uint_ge(order.most_due_ns, 290 * NS_PER_MS);
    stage_test_fini(&test);

    stage_test_init(&test, blocks_first, "loop", sets);
    stage_test_run(&test);
    expect_right(&test, RUN_DONE);
    order = order_of(&test);
    ck_assert_uint_ge(order.most_due_ns, 280 * NS_PER_MS);
    ck_assert_uint_ge(order.most_lag_ns, 390 * NS_PER_MS);
    stage_test_fini(&test);
}
END_TEST

/* A run that nobody waits for any more ends soon, and what was in flight stays in flight. */
START_TEST(stopped_while_all_wait)
{
    static const char *const sets[] = { "count=50", "pause=100s", NULL };
    struct stage_test test;
    stage_test_init(&test, _i == 0 ? waits : SCENARIO("  - block: { time: $pause }\n"), "loop",
                    sets);
    stage_test_start(&test);
    ck_assert(!stage_test_poll(&test, 100));
    atomic_store(&test.run->stop, 1);
    arena_wake(&test.run->stop);
    ck_assert(stage_test_poll(&test, 20 * 1000));
    stage_test_end(&test);
    expect_right(&test, RUN_STOPPED);
    ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_DONE), 0);
    ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_FAIL), 0);
    ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_SUBMIT), 50);
    ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_TAKE), _i == 0 ? 50 : 1);
    stage_test_fini(&test);
}
END_TEST

/* Nothing to do is done at once. */
START_TEST(one_task_that_needs_nothing)
{
    static const char *const sets[] = { "count=1", "pause=0us", NULL };
    struct stage_test test;
    stage_test_init(&test, waits, "loop", sets);
    stage_test_run(&test);
    expect_right(&test, RUN_DONE);
    ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_WAIT), 0);
    ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_COLLECT), 1);
    stage_test_fini(&test);
}
END_TEST

/* The GIL is turned off while the loop waits: it is told within the next look, and the lane goes on
 * without it. */
START_TEST(the_gil_is_turned_off)
{
    static const char *const sets[] = { "count=20", "pause=300ms", NULL };
    struct stage_test test;
    stage_test_init(&test, mixture, "loop", sets);
    stage_test_start(&test);
    ck_assert(!stage_test_poll(&test, 100));
    arena_param_set(&test.arena, PARAM_GIL, 0);
    stage_test_end(&test);
    expect_right(&test, RUN_DONE);
    const struct event *applied = stage_test_first(&test, EVENT_PARAM_APPLIED);
    ck_assert_ptr_nonnull(applied);
    ck_assert_uint_eq(applied->object, PARAM_GIL);
    for (const struct event *e = applied; e < test.events + test.count; e++)
        ck_assert_uint_ne(e->kind, EVENT_GIL_TAKE);
    stage_test_fini(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loop");
    TCase *cases = tcase_create("loop");
    tcase_set_timeout(cases, 300);
    tcase_add_test(cases, same_results_as_serial);
    tcase_add_test(cases, all_wait_at_once);
    tcase_add_test(cases, who_blocks_keeps_the_others_due);
    tcase_add_loop_test(cases, stopped_while_all_wait, 0, 2);
    tcase_add_test(cases, one_task_that_needs_nothing);
    tcase_add_test(cases, the_gil_is_turned_off);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
