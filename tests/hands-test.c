/*
 * What a viewer's hand does to a run that goes on: more and fewer workers, a blocking call, a burst, a
 * kill. Each model is run as a stage of its own; hands are laid on it as the race does it, through
 * shared memory, and its events are judged.
 */
#include "stage.h"

#include "base/clock.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

/* Tasks that wait and compute a little. */
static const char *const waiting = "name: waiting\n"
                                   "title: Waiting\n"
                                   "question: Which is first?\n"
                                   "teaches: A test.\n"
                                   "kind: batch\n"
                                   "bottleneck: mixed\n"
                                   "params:\n"
                                   "  - { name: count, unit: count, default: 300, min: 1, "
                                   "max: 100000, help: tasks }\n"
                                   "  - { name: pause, unit: duration, default: 1ms, min: 0us, "
                                   "max: 60s, help: wait }\n"
                                   "tasks: $count\n"
                                   "task:\n"
                                   "  - wait: { time: $pause }\n"
                                   "  - compute: { kernel: stats, mode: python, size: 20000 }\n"
                                   "  - send: { size: 300 }\n"
                                   "models: [serial]\n"
                                   "predict: winner\n";

static const char *const models_tried[] = { "threads", "free", "processes", "serial", "loop" };
enum { POOLS = 3, MODELS = 5, PATIENCE_MS = 60000 };

static int repeats(int usual)
{
    const char *wanted = getenv("LOCKSTEP_REPEAT");
    return wanted != NULL ? atoi(wanted) : usual;
}

static void expect_right(const struct stage_test *test, enum run_status status)
{
    const char *wrong = stage_test_wrong(test);
    ck_assert_msg(wrong == NULL, "%s: %s", test->model->name, wrong);
    ck_assert_msg(atomic_load(&test->run->status) == status, "%s ended as %s (%s), not %s",
                  test->model->name, run_status_names[atomic_load(&test->run->status)],
                  test->run->reason, run_status_names[status]);
    /* One that is killed while it begins has an end only. */
    size_t begun = stage_test_count(test, EVENT_LANE_BEGIN);
    size_t ended = stage_test_count(test, EVENT_LANE_END);
    size_t crashed = stage_test_count(test, EVENT_LANE_CRASH);
    ck_assert_uint_ge(begun, ended);
    ck_assert_uint_le(begun, ended + crashed);
    if (crashed == 0)
        ck_assert_uint_eq(begun, ended);
}

/* Everything that was submitted was collected, or failed with the process that had it. */
static void expect_nothing_lost(const struct stage_test *test, size_t submitted)
{
    ck_assert_uint_eq(stage_test_count(test, EVENT_TASK_SUBMIT), submitted);
    ck_assert_uint_eq(stage_test_count(test, EVENT_TASK_COLLECT) +
                          stage_test_count(test, EVENT_TASK_FAIL),
                      submitted);
}

static void turn(struct stage_test *test, int64_t workers)
{
    arena_param_set(&test->arena, PARAM_WORKERS, workers);
}

/* Of the last time that the number of workers was applied; -1: it never was. */
static int64_t applied(const struct stage_test *test)
{
    int64_t value = -1;
    for (size_t i = 0; i < test->count; i++)
        if (test->events[i].kind == EVENT_PARAM_APPLIED && test->events[i].object == PARAM_WORKERS)
            value = (int64_t)test->events[i].b;
    return value;
}

/* The rows of the workers that live now; the last one into *last. */
static uint32_t workers_alive(const struct stage_test *test, const struct arena_lane **last)
{
    uint32_t lanes = atomic_load(&test->run->next_lane), count = 0;
    for (uint32_t i = 0; i < lanes && i < test->run->lane_capacity; i++) {
        const struct arena_lane *row = arena_lane(&test->arena, 0, i);
        if (atomic_load(&row->alive) != 1 ||
            (atomic_load(&row->role_and_index) & 0xff) != ROLE_WORKER)
            continue;
        count++;
        if (last != NULL)
            *last = row;
    }
    return count;
}

static void await_workers(struct stage_test *test, uint32_t wanted)
{
    for (int ms = 0; workers_alive(test, NULL) != wanted; ms++) {
        ck_assert_msg(ms < PATIENCE_MS, "%s has %u workers, and not %u", test->model->name,
                      workers_alive(test, NULL), wanted);
        ck_assert_msg(!stage_test_poll(test, 1), "%s ended (%x) with %u workers, and not %u",
                      test->model->name, (unsigned)test->status, workers_alive(test, NULL), wanted);
    }
}

static void stop(struct stage_test *test)
{
    atomic_store(&test->run->stop, 1);
    arena_wake(&test->run->stop);
}

/* ---- More and fewer ---- */

/* Each number that is asked for comes about while the run goes on, and no task is lost on the way. */
START_TEST(grows_and_shrinks)
{
    static const char *const sets[] = { "workers=3", "count=9000", "queue=16", NULL };
    static const uint32_t wanted[] = { 9, 1, 6, 2, 12, 3 };
    for (int i = 0; i < repeats(4); i++) {
        struct stage_test test;
        stage_test_init(&test, waiting, models_tried[_i], sets);
        stage_test_start(&test);
        for (size_t at = 0; at < sizeof wanted / sizeof wanted[0]; at++) {
            turn(&test, wanted[at]);
            await_workers(&test, wanted[at]);
        }
        stop(&test);
        stage_test_end(&test);
        expect_right(&test, RUN_STOPPED);
        ck_assert_int_eq(applied(&test), 3);
        stage_test_fini(&test);
    }
}
END_TEST

/* However it is turned, and at the very end too: all tasks are done, each once. */
START_TEST(turned_wildly)
{
    static const char *const sets[] = { "workers=4", "count=400", "pause=200us", "queue=8", NULL };
    for (int i = 0; i < repeats(6); i++) {
        struct stage_test test;
        uint32_t random = (uint32_t)i * 2654435761U + 1;
        stage_test_init(&test, waiting, models_tried[_i], sets);
        stage_test_start(&test);
        do {
            random = random * 1664525U + 1013904223U;
            turn(&test, 1 + (random >> 24) % 12);
        } while (!stage_test_poll(&test, 1 + (int)(random >> 16) % 4) && test.count < 1000000);
        stage_test_end(&test);
        expect_right(&test, RUN_DONE);
        expect_nothing_lost(&test, 400);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_FAIL), 0);
        stage_test_fini(&test);
    }
}
END_TEST

/* Those who have nothing to do are the ones that leave, without waiting for anything. */
START_TEST(idle_ones_leave)
{
    static const char *const sets[] = { "workers=8", "count=1", "pause=60s", NULL };
    for (int i = 0; i < repeats(3); i++) {
        struct stage_test test;
        stage_test_init(&test, waiting, models_tried[_i], sets);
        stage_test_start(&test);
        await_workers(&test, 8);
        while (stage_test_count(&test, EVENT_TASK_TAKE) == 0)
            stage_test_poll(&test, 1);
        turn(&test, 1);
        await_workers(&test, 1);
        stop(&test);
        stage_test_end(&test);
        expect_right(&test, RUN_STOPPED);
        ck_assert_int_eq(applied(&test), 1);
        stage_test_fini(&test);
    }
}
END_TEST

/* Past what the table of lanes has room for: as many as fit, and the trace says how many. */
START_TEST(no_room)
{
    static const char *const sets[] = { "workers=3", "count=9000", NULL };
    struct stage_test test;
    stage_test_init(&test, waiting, models_tried[_i], sets);
    test.run->lane_capacity = 7 + STAGE_LANES_OTHER;
    stage_test_start(&test);
    turn(&test, 5000);
    await_workers(&test, 7);
    while (applied(&test) < 0)
        stage_test_poll(&test, 1);
    stop(&test);
    stage_test_end(&test);
    expect_right(&test, RUN_STOPPED);
    ck_assert_int_eq(applied(&test), 7);
    stage_test_fini(&test);
}
END_TEST

/* The machine gives no more: the run goes on with what there is. */
START_TEST(machine_refuses)
{
    static const char *const sets[] = { "workers=3", "count=200", NULL };
    const struct platform_faults faults = { .start_errno = EAGAIN, .starts_allowed = 5 };
    struct stage_test test;
    stage_test_init(&test, waiting, models_tried[_i], sets);
    test.faults = &faults;
    stage_test_start(&test);
    await_workers(&test, 3);
    turn(&test, 9);
    stage_test_end(&test);
    expect_right(&test, RUN_DONE);
    expect_nothing_lost(&test, 200);
    ck_assert_int_eq(applied(&test), 5);
    stage_test_fini(&test);
}
END_TEST

/* ---- Kill ---- */

/* Processes are killed while others come and go; the pool comes back to what is asked for. */
START_TEST(killed_and_replaced)
{
    static const char *const sets[] = { "workers=4", "count=9000", "queue=16", NULL };
    for (int i = 0; i < repeats(6); i++) {
        struct stage_test test;
        const struct arena_lane *last = NULL;
        stage_test_init(&test, waiting, "processes", sets);
        stage_test_start(&test);
        await_workers(&test, 4);
        ck_assert_uint_eq(workers_alive(&test, &last), 4);
        kill(atomic_load(&last->pid), SIGKILL);
        if (i % 2 == 0)
            await_workers(&test, 3);
        turn(&test, 6); /* may come before the death is known */
        stage_test_poll(&test, 1 + i % 7);
        await_workers(&test, i % 2 == 0 ? 6 : workers_alive(&test, NULL));
        turn(&test, 2);
        workers_alive(&test, &last);
        kill(atomic_load(&last->pid), SIGKILL); /* perhaps one that is to leave */
        stage_test_poll(&test, 20);
        turn(&test, 5);
        stage_test_poll(&test, 20);
        stop(&test);
        stage_test_end(&test);
        expect_right(&test, RUN_STOPPED);
        ck_assert_uint_ge(stage_test_count(&test, EVENT_LANE_CRASH), 1);
        ck_assert_uint_le(stage_test_count(&test, EVENT_TASK_FAIL), 2);
        stage_test_fini(&test);
    }
}
END_TEST

/* ---- Burst ---- */

static void burst(struct stage_test *test, uint32_t tasks)
{
    atomic_fetch_add(&test->run->burst_asked, tasks);
    arena_nudge(&test->arena);
}

/* What comes on top is submitted, carried and collected as the rest. */
START_TEST(bursts)
{
    static const char *const sets[] = { "workers=3", "count=40", "pause=20ms", "queue=4", NULL };
    for (int i = 0; i < repeats(4); i++) {
        struct stage_test test;
        stage_test_init(&test, waiting, models_tried[_i], sets);
        stage_test_start(&test);
        burst(&test, 7);
        burst(&test, 1);
        while (atomic_load(&test.run->burst_asked) > 0)
            ck_assert(!stage_test_poll(&test, 1));
        burst(&test, 50);
        stage_test_end(&test);
        expect_right(&test, RUN_DONE);
        uint32_t refused = atomic_load(&test.run->burst_asked);
        ck_assert(refused == 0 || refused == 50); /* the second may come too late */
        expect_nothing_lost(&test, 98 - refused);
        stage_test_fini(&test);
    }
}
END_TEST

/* A burst while the pool is turned and a member dies: still nothing is lost. */
START_TEST(burst_and_all)
{
    static const char *const sets[] = { "workers=4", "count=200", "queue=8", NULL };
    for (int i = 0; i < repeats(6); i++) {
        struct stage_test test;
        const struct arena_lane *last = NULL;
        stage_test_init(&test, waiting, models_tried[_i], sets);
        stage_test_start(&test);
        await_workers(&test, 4);
        burst(&test, 30);
        turn(&test, 2 + i % 6);
        if (_i == 2 && workers_alive(&test, &last) > 1)
            kill(atomic_load(&last->pid), SIGKILL);
        stage_test_poll(&test, i % 9);
        turn(&test, 3);
        burst(&test, 20);
        stage_test_end(&test);
        expect_right(&test, RUN_DONE);
        expect_nothing_lost(&test, 250 - atomic_load(&test.run->burst_asked));
        ck_assert_uint_le(stage_test_count(&test, EVENT_TASK_FAIL), _i == 2);
        stage_test_fini(&test);
    }
}
END_TEST

/* ---- A blocking call ---- */

static const struct event *hand_step(const struct stage_test *test, enum event_kind kind)
{
    const uint32_t step = STEP_OF_HAND | (uint32_t)STEP_BLOCK << 16;
    const struct event *found = NULL;
    for (size_t i = 0; i < test->count; i++) {
        if (test->events[i].kind != kind || test->events[i].a != step)
            continue;
        ck_assert_msg(found == NULL, "%s blocks more than once", test->model->name);
        found = &test->events[i];
    }
    ck_assert_msg(found != NULL, "%s does not block", test->model->name);
    return found;
}

/* One lane blocks, once: under a loop nothing goes on meanwhile, in a pool the others do. */
START_TEST(blocks)
{
    static const char *const sets[] = { "workers=4", "count=400", "pause=5ms", NULL };
    struct stage_test test;
    stage_test_init(&test, waiting, models_tried[_i], sets);
    stage_test_start(&test);
    stage_test_poll(&test, 10);
    atomic_fetch_add(&test.run->blocks_asked, 1);
    arena_nudge(&test.arena);
    while (atomic_load(&test.run->blocks_asked) > 0)
        ck_assert(!stage_test_poll(&test, 1));
    stage_test_end(&test);
    expect_right(&test, RUN_DONE);
    expect_nothing_lost(&test, 400);
    const struct event *begin = hand_step(&test, EVENT_STEP_BEGIN);
    const struct event *end = hand_step(&test, EVENT_STEP_END);
    ck_assert_uint_eq(begin->lane, end->lane);
    ck_assert_uint_ge(end->b, 500 * NS_PER_MS);
    size_t others = 0;
    for (const struct event *e = begin + 1; e < end; e++) {
        others += e->lane != begin->lane && e->kind == EVENT_TASK_DONE;
        ck_assert(e->lane != begin->lane || e->kind != EVENT_TASK_DONE);
    }
    if (_i < POOLS)
        ck_assert_uint_gt(others, 0);
    stage_test_fini(&test);
}
END_TEST

/* A loop that only waits blocks too, and who was due meanwhile is told to have been. */
START_TEST(idle_loop_blocks)
{
    static const char *const sets[] = { "count=20", "pause=400ms", NULL };
    struct stage_test test;
    stage_test_init(&test, waiting, "loop", sets);
    stage_test_start(&test);
    while (stage_test_count(&test, EVENT_TASK_WAIT) < 20)
        stage_test_poll(&test, 1);
    atomic_fetch_add(&test.run->blocks_asked, 1);
    arena_nudge(&test.arena);
    stage_test_end(&test);
    expect_right(&test, RUN_DONE);
    const struct event *begin = hand_step(&test, EVENT_STEP_BEGIN);
    const struct event *end = hand_step(&test, EVENT_STEP_END);
    ck_assert_uint_eq(begin->object, TASK_NONE);
    uint64_t due_ns = 0;
    for (const struct event *e = end; e < test.events + test.count; e++)
        if (e->kind == EVENT_TASK_RUN && e->b > due_ns)
            due_ns = e->b;
    ck_assert_uint_gt(due_ns, 50 * NS_PER_MS);
    stage_test_fini(&test);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int times)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 900);
    tcase_add_loop_test(tcase, test, 0, times);
    suite_add_tcase(suite, tcase);
}

int main(void)
{
    Suite *suite = suite_create("hands");
    add(suite, "grows and shrinks", grows_and_shrinks, POOLS);
    add(suite, "turned wildly", turned_wildly, POOLS);
    add(suite, "idle ones leave", idle_ones_leave, POOLS);
    add(suite, "no room", no_room, POOLS);
    add(suite, "machine refuses", machine_refuses, POOLS);
    add(suite, "killed and replaced", killed_and_replaced, 1);
    add(suite, "bursts", bursts, MODELS);
    add(suite, "burst and all", burst_and_all, POOLS);
    add(suite, "blocks", blocks, MODELS);
    add(suite, "idle loop blocks", idle_loop_blocks, 1);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
