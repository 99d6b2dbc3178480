/*
 * Each model carries the same batches to the same results, and tells the truth about it: run as a
 * stage of its own, judged by its events.
 */
#include "stage.h"

#include "base/clock.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A bit of everything that computes or waits, small enough to be repeated. */
static const char *const mixture = "name: mixture\n"
                                   "title: A mixture\n"
                                   "question: Which is first?\n"
                                   "teaches: A test.\n"
                                   "kind: batch\n"
                                   "bottleneck: mixed\n"
                                   "params:\n"
                                   "  - { name: count, unit: count, default: 24, min: 1, "
                                   "max: 100000, help: tasks }\n"
                                   "  - { name: bytes, unit: bytes, default: 3000, min: 0, "
                                   "max: 64MiB, help: result }\n"
                                   "  - { name: pause, unit: duration, default: 300us, min: 0us, "
                                   "max: 60s, help: wait }\n"
                                   "tasks: $count\n"
                                   "task:\n"
                                   "  - compute: { kernel: matmul, mode: python, size: 70 }\n"
                                   "  - wait: { time: $pause }\n"
                                   "  - compute: { kernel: hash, mode: native, size: 100000, "
                                   "count: 2 }\n"
                                   "  - compute: { kernel: stats, mode: python, size: 50000 }\n"
                                   "  - compute: { kernel: mandelbrot, mode: native, size: 20 }\n"
                                   "  - send: { size: $bytes }\n"
                                   "models: [serial]\n"
                                   "predict: winner\n";

/* Tasks of next to nothing. */
static const char *const light = "name: light\n"
                                 "title: Light tasks\n"
                                 "question: Which is first?\n"
                                 "teaches: A test.\n"
                                 "kind: batch\n"
                                 "bottleneck: cpu\n"
                                 "params:\n"
                                 "  - { name: count, unit: count, default: 24, min: 1, "
                                 "max: 100000, help: tasks }\n"
                                 "  - { name: bytes, unit: bytes, default: 100, min: 0, "
                                 "max: 64MiB, help: result }\n"
                                 "  - { name: pause, unit: duration, default: 0us, min: 0us, "
                                 "max: 60s, help: wait }\n"
                                 "tasks: $count\n"
                                 "task:\n"
                                 "  - wait: { time: $pause }\n"
                                 "  - send: { size: $bytes }\n"
                                 "models: [serial]\n"
                                 "predict: winner\n";

static const char *const batch_models[] = { "serial", "threads", "free", "processes" };
enum { BATCH_MODELS = 4 };

static int repeats(int usual)
{
    const char *wanted = getenv("LOCKSTEP_REPEAT");
    return wanted != NULL ? atoi(wanted) : usual;
}

static void expect_right(const struct stage_test *test)
{
    const char *wrong = stage_test_wrong(test);
    ck_assert_msg(wrong == NULL, "%s: %s", test->model->name, wrong);
}

static void expect_status(const struct stage_test *test, enum run_status status)
{
    ck_assert_msg(atomic_load(&test->run->status) == status, "%s ended as %s (%s), not %s",
                  test->model->name, run_status_names[atomic_load(&test->run->status)],
                  test->run->reason, run_status_names[status]);
    ck_assert_uint_eq(stage_test_first(test, EVENT_RUN_END)->object, status);
    ck_assert(WIFEXITED(test->status));
    ck_assert_int_eq(WEXITSTATUS(test->status), status == RUN_FAILED);
}

static uint64_t serial_checksum(void)
{
    struct stage_test test;
    stage_test_init(&test, mixture, "serial", NULL);
    stage_test_run(&test);
    expect_right(&test);
    uint64_t checksum = stage_test_checksum(&test);
    stage_test_fini(&test);
    return checksum;
}

START_TEST(same_results)
{
    uint64_t expected = serial_checksum();
    for (int i = 0; i < repeats(5); i++) {
        struct stage_test test;
        stage_test_init(&test, mixture, batch_models[_i], NULL);
        stage_test_run(&test);
        expect_right(&test);
        expect_status(&test, RUN_DONE);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_COLLECT), 24);
        ck_assert_uint_eq(stage_test_checksum(&test), expected);
        stage_test_fini(&test);
    }
}
END_TEST

/* Results larger than a pipe, a queue of one: whoever waits is woken, and nobody for ever. */
START_TEST(large_results)
{
    static const char *const sets[] = { "bytes=1MiB", "count=12", "queue=1", "pause=0us", NULL };
    for (int i = 0; i < repeats(3); i++) {
        struct stage_test test;
        stage_test_init(&test, mixture, batch_models[_i], sets);
        stage_test_run(&test);
        expect_right(&test);
        expect_status(&test, RUN_DONE);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_COLLECT), 12);
        ck_assert_uint_eq(stage_test_first(&test, EVENT_TASK_COLLECT)->a, 1 << 20);
        stage_test_fini(&test);
    }
}
END_TEST

/* More workers than tasks, and more tasks than events fit a ring at once. */
START_TEST(many_of_both)
{
    static const char *const workers[] = { "workers=60", "count=7", "pause=0us", NULL };
    static const char *const tasks[] = { "count=3000", "queue=5", "pause=0us", "bytes=0", NULL };
    static const char *const *const sets[] = { workers, tasks };
    for (int i = 0; i < 2; i++) {
        struct stage_test test;
        stage_test_init(&test, light, batch_models[_i], sets[i]);
        stage_test_run(&test);
        expect_right(&test);
        expect_status(&test, RUN_DONE);
        stage_test_fini(&test);
    }
}
END_TEST

/* ---- Stopped ---- */

static void stop(struct stage_test *test)
{
    atomic_store(&test->run->stop, 1);
    arena_wake(&test->run->stop);
}

/* Wherever it is stopped, it ends, in order, and what was not done stays undone. */
START_TEST(stopped)
{
    static const char *const sets[] = { "count=8000", "pause=20ms", NULL };
    static const char *const asleep[] = { "count=8000", "pause=60s", NULL };
    for (int i = 0; i < repeats(6); i++) {
        struct stage_test test;
        stage_test_init(&test, mixture, batch_models[_i], i % 2 == 0 ? sets : asleep);
        stage_test_start(&test);
        stage_test_poll(&test, i * 13);
        stop(&test);
        stage_test_end(&test);
        expect_right(&test);
        expect_status(&test, RUN_STOPPED);
        ck_assert_uint_lt(stage_test_count(&test, EVENT_TASK_COLLECT), 8000);
        stage_test_fini(&test);
    }
}
END_TEST

START_TEST(stopped_before_it_went)
{
    struct stage_test test;
    stage_test_init(&test, mixture, batch_models[_i], NULL);
    stop(&test);
    struct stage_model model = model_stage(test.model);
    pid_t pid = fork();
    if (pid == 0)
        _exit(stage_main(dup(test.arena.fd), 0, &model));
    ck_assert_int_eq(waitpid(pid, &test.status, 0), pid);
    ck_assert_int_eq(test.status, 0);
    ck_assert_uint_eq(atomic_load(&test.run->status), RUN_STOPPED);
    ck_assert_uint_eq(atomic_load(&test.run->phase), PHASE_OVER);
    stage_test_fini(&test);
}
END_TEST

/* ---- Limits ---- */

/* The machine gives five lanes and no more: the run ends, and says at how many. */
START_TEST(limited)
{
    static const char *const sets[] = { "workers=9", "count=8000", NULL };
    const struct platform_faults faults = { .start_errno = EAGAIN, .starts_allowed = 5 };
    for (int i = 0; i < repeats(3); i++) {
        struct stage_test test;
        stage_test_init(&test, mixture, _i == 0 ? "threads" : _i == 1 ? "free" : "processes", sets);
        test.faults = &faults;
        stage_test_run(&test);
        expect_right(&test);
        expect_status(&test, RUN_LIMITED);
        ck_assert_uint_eq(atomic_load(&test.run->limit_count), 5);
        ck_assert_uint_eq(stage_test_first(&test, EVENT_RUN_END)->a, 5);
        ck_assert_msg(strstr(test.run->reason, "6 of 9") != NULL, "%s", test.run->reason);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_LANE_BEGIN), 6);
        stage_test_fini(&test);
    }
}
END_TEST

START_TEST(limited_at_none)
{
    const struct platform_faults faults = { .start_errno = EAGAIN, .starts_allowed = 0 };
    struct stage_test test;
    stage_test_init(&test, mixture, _i == 0 ? "threads" : _i == 1 ? "free" : "processes", NULL);
    test.faults = &faults;
    stage_test_run(&test);
    expect_right(&test);
    expect_status(&test, RUN_LIMITED);
    ck_assert_uint_eq(atomic_load(&test.run->limit_count), 0);
    stage_test_fini(&test);
}
END_TEST

/* ---- Deaths ---- */

/* The process of a lane of a run that goes on; 0 where it has not begun yet or has ended. */
static pid_t pid_of_lane(struct stage_test *test, uint32_t lane)
{
    struct arena_lane *row = arena_lane(&test->arena, 0, lane);
    pid_t pid = atomic_load(&row->pid);
    if (lane >= atomic_load(&test->run->next_lane) || atomic_load(&row->alive) != 1 || pid <= 1)
        return 0;
    return pid;
}

static bool kill_lane(struct stage_test *test, uint32_t lane)
{
    pid_t pid = pid_of_lane(test, lane);
    return pid > 0 && kill(pid, SIGKILL) == 0;
}

/* Of three processes one is killed at some moment of its life: its task fails at most, the rest is
 * done. How long they take to begin is the machine's matter. */
START_TEST(one_process_dies)
{
    static const char *const sets[] = { "workers=3", "count=60", "pause=2ms", "queue=4", NULL };
    size_t crashes = 0;
    for (int i = 0; i < repeats(12); i++) {
        struct stage_test test;
        stage_test_init(&test, mixture, "processes", sets);
        stage_test_start(&test);
        while (pid_of_lane(&test, 1 + (uint32_t)i % 3) == 0 && !stage_test_poll(&test, 1))
            continue;
        stage_test_poll(&test, i % 40);
        bool killed = kill_lane(&test, 1 + (uint32_t)i % 3);
        stage_test_end(&test);
        expect_right(&test);
        expect_status(&test, RUN_DONE);
        size_t failed = stage_test_count(&test, EVENT_TASK_FAIL);
        size_t crashed = stage_test_count(&test, EVENT_LANE_CRASH);
        ck_assert_uint_le(crashed, killed);
        ck_assert_uint_le(failed, crashed);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_COLLECT) + failed, 60);
        if (crashed > 0)
            ck_assert_uint_eq(stage_test_first(&test, EVENT_LANE_CRASH)->a, SIGKILL);
        crashes += crashed;
        stage_test_fini(&test);
    }
    ck_assert_uint_gt(crashes, 0);
}
END_TEST

START_TEST(all_processes_die)
{
    static const char *const sets[] = { "workers=3", "count=1000", "pause=60s", NULL };
    struct stage_test test;
    stage_test_init(&test, mixture, "processes", sets);
    stage_test_start(&test);
    for (uint32_t lane = 1; lane <= 3; lane++)
        while (!kill_lane(&test, lane))
            stage_test_poll(&test, 1);
    stage_test_end(&test);
    expect_right(&test);
    expect_status(&test, RUN_FAILED);
    ck_assert_uint_eq(stage_test_count(&test, EVENT_LANE_CRASH), 3);
    ck_assert_uint_le(stage_test_count(&test, EVENT_TASK_FAIL), 3);
    ck_assert_msg(strstr(test.run->reason, "all 3 processes died") != NULL, "%s", test.run->reason);
    stage_test_fini(&test);
}
END_TEST

/* ---- Knobs ---- */

/* The GIL goes off and on while the run goes on: the results stay, the trace tells of each. */
START_TEST(gil_turned)
{
    static const char *const sets[] = { "count=200", "pause=0us", "switch_interval=200us", NULL };
    uint64_t expected = 0;
    for (int i = 0; i < repeats(4); i++) {
        struct stage_test test;
        stage_test_init(&test, mixture, i == 0 ? "serial" : "threads", sets);
        stage_test_start(&test);
        for (int turn = 0; !stage_test_poll(&test, 7); turn++)
            arena_param_set(&test.arena, PARAM_GIL, turn % 2);
        stage_test_end(&test);
        expect_right(&test);
        expect_status(&test, RUN_DONE);
        if (i == 0)
            expected = stage_test_checksum(&test);
        ck_assert_uint_eq(stage_test_checksum(&test), expected);
        ck_assert_uint_gt(stage_test_count(&test, EVENT_PARAM_APPLIED), 0);
        stage_test_fini(&test);
    }
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
    enum { POOLS = 3 };
    Suite *suite = suite_create("model");
    add(suite, "results", same_results, BATCH_MODELS);
    add(suite, "large results", large_results, BATCH_MODELS);
    add(suite, "many", many_of_both, BATCH_MODELS);
    add(suite, "stopped", stopped, BATCH_MODELS);
    add(suite, "stopped early", stopped_before_it_went, BATCH_MODELS);
    add(suite, "limited", limited, POOLS);
    add(suite, "limited at none", limited_at_none, POOLS);
    add(suite, "one dies", one_process_dies, 1);
    add(suite, "all die", all_processes_die, 1);
    add(suite, "gil turned", gil_turned, 1);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
