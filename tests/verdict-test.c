/*
 * The verdict, on races made by hand: who is best, what is said of the others, and that nothing is
 * said that the figures do not carry.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timeline/verdict.h"

#define MS UINT64_C(1000000)

/* A run: how long it lasted, what its workers did of it, how it ended. */
struct made {
    const char *model;
    enum run_status status;
    uint64_t wall_ms;
    uint32_t workers;
    uint32_t share[SAYS_COUNT]; /* percent of the wall time, by what they say; the rest is idle */
    uint32_t failed;            /* of 10 tasks */
    uint64_t memory_kib;        /* 0: unknown */
    uint64_t latency_ms, due, delivered; /* services */
};

struct making {
    struct event events[4096];
    size_t count;
    uint16_t run;
};

static void tell(struct making *making, uint64_t ms, enum event_kind kind, uint32_t lane,
                 uint32_t object, uint32_t a, uint64_t b)
{
    making->events[making->count++] = (struct event){ .time = ms * MS,
                                                      .kind = (uint16_t)kind,
                                                      .run = making->run,
                                                      .lane = lane,
                                                      .object = object,
                                                      .a = a,
                                                      .b = b };
}

static void make_workers(struct making *making, const struct made *made)
{
    for (uint32_t lane = 1; lane <= made->workers; lane++) {
        uint64_t at = 100;
        tell(making, at, EVENT_LANE_BEGIN, lane, ROLE_WORKER | (lane - 1) << 8, 0, 0);
        for (uint32_t says = 0; says < SAYS_COUNT; says++) {
            if (made->share[says] == 0)
                continue;
            if (says == SAYS_GIL)
                tell(making, at, EVENT_GIL_WANT, lane, 0, 0, 0);
            else
                tell(making, at, EVENT_SAY, lane, TASK_NONE, says, 0);
            at += made->wall_ms * made->share[says] / 100;
        }
        tell(making, at, EVENT_SAY, lane, TASK_NONE, SAYS_IDLE, 0);
    }
}

static struct timeline *make(struct meta *meta, const struct made *made, size_t count)
{
    struct timeline *timeline = timeline_new();
    static struct making making;
    meta->run_count = (uint32_t)count;
    meta->comparable = meta->comparable_reason[0] == '\0';
    for (size_t i = 0; i < count; i++) {
        making.count = 0;
        making.run = (uint16_t)i;
        snprintf(meta->runs[i].model, sizeof meta->runs[i].model, "%s", made[i].model);
        meta->runs[i].status = made[i].status;
        meta->runs[i].switch_source = SOURCE_RUSAGE;
        meta->runs[i].cores = 2;
        if (made[i].status != RUN_UNSUPPORTED) {
            tell(&making, 100, EVENT_RUN_GO, 0, 2, 0, 0);
            make_workers(&making, &made[i]);
            for (uint32_t task = 0; task < 10; task++) {
                uint64_t latency = made[i].latency_ms > 0 ? made[i].latency_ms : 1;
                tell(&making, 110 + task, EVENT_TASK_SUBMIT, 0, task, 0, 0);
                tell(&making, 110 + task, EVENT_TASK_TAKE, 1, task, 0, 0);
                tell(&making, 110 + task + latency,
                     task < made[i].failed ? EVENT_TASK_FAIL : EVENT_TASK_DONE, 1, task, 0, 0);
            }
            if (made[i].memory_kib > 0)
                tell(&making, 120, EVENT_SAMPLE_MEMORY, LANE_NONE, MEMORY_PSS, 1,
                     made[i].memory_kib);
            if (made[i].due > 0) {
                tell(&making, 130, EVENT_CROWD, LANE_NONE, CROWD_DUE, 0, made[i].due);
                tell(&making, 130, EVENT_CROWD, LANE_NONE, CROWD_DELIVERED, 0, made[i].delivered);
                tell(&making, 130, EVENT_CROWD, LANE_NONE, CROWD_TWICE, 0, 0);
            }
            tell(&making, 100 + made[i].wall_ms, EVENT_RUN_END, 0, made[i].status, 0, 0);
        }
        timeline_feed(timeline, making.events, making.count);
    }
    timeline_tell(timeline, meta, 0);
    return timeline;
}

static void assert_says(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" does not say \"%s\"", text, part);
}

static void assert_silent(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) == NULL, "\"%s\" says \"%s\"", text, part);
}

START_TEST(compute_goes_to_processes)
{
    static const struct made made[] = {
        { "serial", RUN_DONE, 2000, 1, { [SAYS_COMPUTE] = 99 }, 0, 10000, 0, 0, 0 },
        { "threads", RUN_DONE, 2050, 2, { [SAYS_COMPUTE] = 50, [SAYS_GIL] = 49 }, 0, 0, 0, 0, 0 },
        { "processes", RUN_DONE, 1050, 2, { [SAYS_COMPUTE] = 97 }, 0, 19000, 0, 0, 0 },
        { "loop", RUN_FAILED, 300, 1, { [SAYS_COMPUTE] = 90 }, 0, 0, 0, 0, 0 },
        { "free", RUN_UNSUPPORTED, 0, 0, { 0 }, 0, 0, 0, 0, 0 },
    };
    struct meta meta = { 0 };
    struct timeline *timeline = make(&meta, made, 5);
    struct verdict verdict;
    verdict_of(timeline, &verdict);
    ck_assert(verdict.known);
    ck_assert_uint_eq(verdict.best, 2);
    static const size_t order[] = { 2, 0, 1, 3, 4 };
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_eq(verdict.order[i], order[i]);
    assert_says(verdict.why, "processes finished first in 1.05s, 1.9 times as fast as serial, with "
                             "1.9 times the memory of serial");
    assert_says(verdict.why, "CPU-bound (serial wanted a core 100 % of the time)");
    assert_says(verdict.why, "threads spent 49 % of their workers' time waiting for the GIL, so "
                             "more workers will not help");
    assert_says(verdict.why, "the loop did not end well (failed)");
    assert_silent(verdict.why, "free");
    assert_silent(verdict.why, "I/O-bound");
    assert_says(verdict.flip, "release the GIL");
    timeline_free(timeline);
}
END_TEST

START_TEST(waiting_goes_to_the_loop)
{
    static const struct made made[] = {
        { "threads", RUN_DONE, 1000, 4, { [SAYS_IO] = 90, [SAYS_COMPUTE] = 4 }, 0, 0, 0, 0, 0 },
        { "processes", RUN_DONE, 1020, 4, { [SAYS_IO] = 88, [SAYS_COMPUTE] = 4 }, 0, 0, 0, 0, 0 },
        { "loop", RUN_DONE, 100, 1, { [SAYS_IO] = 40, [SAYS_COMPUTE] = 60 }, 0, 0, 0, 0, 0 },
    };
    struct meta meta = { .param_count = 1, .params = { { .name = "workers", .value = 4 } } };
    struct timeline *timeline = make(&meta, made, 3);
    struct verdict verdict;
    verdict_of(timeline, &verdict);
    ck_assert_uint_eq(verdict.best, 2);
    assert_says(verdict.why, "the loop finished first in 100ms");
    assert_says(verdict.why, "I/O-bound (GIL and lock waits taken out, threads waited for the "
                             "outside 96 % of the time)");
    assert_says(verdict.why, "threads spent 90 % and processes 88 % of their workers' time waiting "
                             "for the outside, so more workers would help");
    assert_says(verdict.flip, "`workers`");
    timeline_free(timeline);
}
END_TEST

/* A lane that waits for the GIL burns no CPU: that alone makes nothing I/O-bound. */
START_TEST(waiting_for_the_gil_is_not_io)
{
    static const struct made made[] = {
        { "threads",
          RUN_DONE,
          1000,
          8,
          { [SAYS_COMPUTE] = 12, [SAYS_GIL] = 84, [SAYS_IO] = 4 },
          0,
          0,
          0,
          0,
          0 },
    };
    struct meta meta = { 0 };
    struct timeline *timeline = make(&meta, made, 1);
    struct verdict verdict;
    verdict_of(timeline, &verdict);
    assert_says(verdict.why, "no other to compare");
    assert_says(verdict.why, "CPU-bound (threads wanted a core 75 % of the time)");
    assert_silent(verdict.why, "I/O-bound");
    ck_assert_str_eq(verdict.flip, "");
    timeline_free(timeline);
}
END_TEST

/* A loop that lost because a call blocked it would win with one that it can wait for. */
START_TEST(a_blocked_loop_could_be_freed)
{
    static const struct made made[] = {
        { "threads", RUN_DONE, 500, 4, { [SAYS_IO] = 90, [SAYS_COMPUTE] = 4 }, 0, 0, 0, 0, 0 },
        { "loop", RUN_DONE, 900, 1, { [SAYS_IO] = 95, [SAYS_COMPUTE] = 2 }, 0, 0, 0, 0, 0 },
    };
    struct meta meta = { 0 };
    struct timeline *timeline = make(&meta, made, 2);
    struct verdict verdict;
    verdict_of(timeline, &verdict);
    ck_assert_uint_eq(verdict.best, 0);
    assert_silent(verdict.flip, "`block`");
    struct event late[] = {
        { .time = 100 * MS, .kind = EVENT_LANE_BEGIN, .run = 1, .lane = 7, .object = ROLE_LOOP },
        { .time = 500 * MS, .kind = EVENT_LOOP_TURN, .run = 1, .lane = 7, .b = 90 * MS },
    };
    timeline_feed(timeline, late, 2);
    timeline_tell(timeline, &meta, 0);
    verdict_of(timeline, &verdict);
    assert_says(verdict.flip, "`wait` in place of `block`");
    timeline_free(timeline);
}
END_TEST

START_TEST(small_differences_are_a_tie)
{
    struct made made[] = {
        { "threads", RUN_DONE, 1000, 1, { [SAYS_NATIVE] = 99 }, 0, 0, 0, 0, 0 },
        { "processes", RUN_DONE, 1049, 1, { [SAYS_NATIVE] = 99 }, 0, 0, 0, 0, 0 },
        { "loop", RUN_DONE, 1900, 1, { [SAYS_NATIVE] = 99 }, 0, 0, 0, 0, 0 },
    };
    struct meta meta = { 0 };
    struct timeline *timeline = make(&meta, made, 3);
    struct verdict verdict;
    verdict_of(timeline, &verdict);
    assert_says(verdict.why, "threads and processes tie (1s to 1.05s)");
    assert_silent(verdict.why, "finished first");
    timeline_free(timeline);
    made[1].wall_ms = 1060;
    timeline = make(&meta, made, 3);
    verdict_of(timeline, &verdict);
    assert_says(verdict.why, "threads finished first in 1s");
    assert_silent(verdict.why, "tie");
    timeline_free(timeline);
}
END_TEST

/* Who lost tasks is behind who lost none, however fast. */
START_TEST(failed_tasks_come_later)
{
    static const struct made made[] = {
        { "processes", RUN_DONE, 500, 2, { [SAYS_COMPUTE] = 99 }, 1, 0, 0, 0, 0 },
        { "serial", RUN_DONE, 1000, 1, { [SAYS_COMPUTE] = 99 }, 0, 0, 0, 0, 0 },
        { "threads", RUN_LIMITED, 100, 2, { [SAYS_COMPUTE] = 99 }, 0, 0, 0, 0, 0 },
    };
    struct meta meta = { .comparable_reason = "the knob size was turned" };
    struct timeline *timeline = make(&meta, made, 3);
    struct verdict verdict;
    verdict_of(timeline, &verdict);
    ck_assert_uint_eq(verdict.best, 1);
    ck_assert_uint_eq(verdict.order[1], 0);
    ck_assert_uint_eq(verdict.order[2], 2);
    assert_says(verdict.why, "not comparable (the knob size was turned)");
    assert_says(verdict.why, "threads did not end well (limited)");
    timeline_free(timeline);
    /* Without another it is the best there is, and its loss is told. */
    timeline = make(&meta, made, 1);
    verdict_of(timeline, &verdict);
    assert_says(verdict.why, "processes finished in 500ms with 1 of 10 tasks failed");
    timeline_free(timeline);
}
END_TEST

START_TEST(services_by_delivery_then_p99_then_memory)
{
    static const struct made made[] = {
        { "processes", RUN_DONE, 1000, 4, { [SAYS_IO] = 90 }, 0, 90000, 3, 100, 99 },
        { "threads", RUN_DONE, 1000, 4, { [SAYS_IO] = 90 }, 0, 40000, 50, 100, 100 },
        { "loop", RUN_DONE, 1000, 1, { [SAYS_IO] = 90 }, 0, 3000, 53, 100, 100 },
    };
    struct meta meta = { .kind = 1 };
    struct timeline *timeline = make(&meta, made, 3);
    struct verdict verdict;
    verdict_of(timeline, &verdict);
    ck_assert_uint_eq(verdict.best, 2); /* within 10 % of threads' p99, with less memory */
    ck_assert_uint_eq(verdict.order[1], 1);
    ck_assert_uint_eq(verdict.order[2], 0);
    assert_says(verdict.why, "the loop delivered all of 100");
    assert_says(verdict.why, "processes missed 1 of 100 deliveries");
    assert_says(verdict.why, "2.9MiB");
    timeline_free(timeline);
}
END_TEST

/* Driven by a load of the user's own: what was due is not known, and nothing is said of it. */
START_TEST(services_that_nobody_counts)
{
    static const struct made made[] = {
        { "threads", RUN_DONE, 1000, 4, { [SAYS_IO] = 90 }, 0, 40000, 50, 0, 0 },
        { "loop", RUN_DONE, 1000, 1, { [SAYS_IO] = 90 }, 0, 3000, 20, 0, 0 },
    };
    struct meta meta = { .kind = 1 };
    struct timeline *timeline = make(&meta, made, 2);
    struct verdict verdict;
    verdict_of(timeline, &verdict);
    ck_assert_uint_eq(verdict.best, 1);
    assert_says(verdict.why, "the loop answered soonest, with a p99 of");
    assert_silent(verdict.why, "deliver");
    timeline_free(timeline);
}
END_TEST

START_TEST(nothing_ended_well)
{
    static const struct made made[] = {
        { "threads", RUN_FAILED, 500, 2, { [SAYS_COMPUTE] = 99 }, 0, 0, 0, 0, 0 },
        { "loop", RUN_UNSUPPORTED, 0, 0, { 0 }, 0, 0, 0, 0, 0 },
    };
    struct meta meta = { .predicted = "threads" };
    struct timeline *timeline = make(&meta, made, 2);
    struct verdict verdict;
    char answer[200];
    verdict_of(timeline, &verdict);
    ck_assert(!verdict.known);
    ck_assert_str_eq(verdict.why, "");
    ck_assert_int_eq(verdict_prediction(timeline, &verdict, answer, sizeof answer), -1);
    timeline_free(timeline);
    timeline = timeline_new();
    verdict_of(timeline, &verdict); /* before anything was told */
    ck_assert(!verdict.known);
    ck_assert_int_eq(verdict_prediction(timeline, &verdict, answer, sizeof answer), -1);
    timeline_free(timeline);
}
END_TEST

START_TEST(predictions)
{
    static const struct {
        const char *predicted;
        int wanted;
        const char *says;
    } rows[] = {
        { "", -1, "" },
        { "processes", 1, "Right" },
        { "threads", 0, "processes" },
        { "loop", -1, "" }, /* not in the race */
        { "threads:gil", 1, "threads spent most" },
        { "threads:io", 0, "`gil`" },
        { "processes:run", 1, "Right" },
        { "gil", 1, "threads" }, /* of the first run */
        { "run", 0, "threads" },
        { "threads:nonsense", -1, "" },
        { "nobody:gil", -1, "" },
    };
    static const struct made made[] = {
        { "threads", RUN_DONE, 2050, 2, { [SAYS_COMPUTE] = 30, [SAYS_GIL] = 69 }, 0, 0, 0, 0, 0 },
        { "processes", RUN_DONE, 1050, 2, { [SAYS_COMPUTE] = 97 }, 0, 0, 0, 0, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct meta meta = { 0 };
        char answer[200];
        struct verdict verdict;
        snprintf(meta.predicted, sizeof meta.predicted, "%s", rows[i].predicted);
        struct timeline *timeline = make(&meta, made, 2);
        verdict_of(timeline, &verdict);
        ck_assert_int_eq(verdict_prediction(timeline, &verdict, answer, sizeof answer),
                         rows[i].wanted);
        assert_says(answer, rows[i].says);
        timeline_free(timeline);
    }
}
END_TEST

/* However many runs there are and whatever they are called, the sentence is whole. */
START_TEST(a_long_verdict_is_not_cut)
{
    struct made made[META_RUNS_MAX];
    for (size_t i = 0; i < META_RUNS_MAX; i++)
        made[i] = (struct made){ .model = "a-model-so-long",
                                 .status = i % 3 == 2 ? RUN_FAILED : RUN_DONE,
                                 .wall_ms = 1000 + i * 300,
                                 .workers = 3,
                                 .share = { [SAYS_COMPUTE] = 40, [SAYS_GIL] = 50 } };
    struct meta meta = { 0 };
    memset(meta.comparable_reason, 'x', 150);
    struct timeline *timeline = make(&meta, made, META_RUNS_MAX);
    struct verdict verdict;
    verdict_of(timeline, &verdict);
    size_t length = strlen(verdict.why);
    ck_assert_uint_lt(length, sizeof verdict.why);
    ck_assert_int_eq(verdict.why[length - 1], '.');
    assert_says(verdict.why, "finished first");
    timeline_free(timeline);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verdict");
    TCase *tcase = tcase_create("verdict");
    tcase_add_test(tcase, compute_goes_to_processes);
    tcase_add_test(tcase, waiting_goes_to_the_loop);
    tcase_add_test(tcase, waiting_for_the_gil_is_not_io);
    tcase_add_test(tcase, a_blocked_loop_could_be_freed);
    tcase_add_test(tcase, small_differences_are_a_tie);
    tcase_add_test(tcase, failed_tasks_come_later);
    tcase_add_test(tcase, services_by_delivery_then_p99_then_memory);
    tcase_add_test(tcase, services_that_nobody_counts);
    tcase_add_test(tcase, nothing_ended_well);
    tcase_add_test(tcase, predictions);
    tcase_add_test(tcase, a_long_verdict_is_not_cut);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
