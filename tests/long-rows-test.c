/*
 * timeline/: rows of many blocks and thousands of tasks. What is summed up block by block must be what
 * its parts are one by one.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tests/rooms.h"
#include "tests/synthetic.h"
#include "timeline/figures.h"
#include "timeline/run.h"

/* ---- rows of many blocks ---- */

enum { LONG = 40000, LONG_LANES = 5, ASKED = 300 };
struct long_trace {
    uint64_t time[LONG + 1];
    uint32_t holder[LONG], depth[LONG];
    enum says says[LONG]; /* of lane 0 */
    struct timeline *timeline;
};

/* Each step one lane takes the GIL that another had, lane 0 says something, a queue has a depth. */
static struct long_trace *long_trace_new(int lives)
{
    struct meta *meta = mem_zero(1, sizeof *meta);
    struct long_trace *trace = mem_zero(1, sizeof *trace);
    uint64_t random = 4711, time = 0;
    meta->run_count = 1;
    trace->timeline = timeline_new_in(room_that(lives));
    timeline_tell(trace->timeline, meta, 0);
    struct event events[8] = { { .kind = EVENT_RUN_GO, .lane = LANE_NONE } };
    for (uint32_t lane = 0; lane < LONG_LANES; lane++)
        events[1 + lane] = (struct event){ .kind = EVENT_LANE_BEGIN,
                                           .lane = lane,
                                           .object = ROLE_WORKER | lane << 8 };
    timeline_feed(trace->timeline, events, 1 + LONG_LANES);
    for (size_t i = 0; i < LONG; i++) {
        time += 1 + synthetic_random(&random) % 1000;
        trace->time[i] = time;
        trace->holder[i] = (uint32_t)(synthetic_random(&random) % LONG_LANES);
        trace->depth[i] = (uint32_t)(synthetic_random(&random) % 100000);
        trace->says[i] = synthetic_random(&random) % 2 == 0 ? SAYS_IO : SAYS_LOCK;
        const struct event step[] = {
            { .time = time, .kind = EVENT_GIL_TAKE, .lane = trace->holder[i] },
            { .time = time, .kind = EVENT_QUEUE_PUSH, .lane = LANE_NONE, .a = trace->depth[i] },
            { .time = time, .kind = EVENT_SAY, .object = TASK_NONE, .a = trace->says[i] },
        };
        timeline_feed(trace->timeline, step, 3);
    }
    trace->time[LONG] = time + 1000;
    timeline_tell(trace->timeline, meta, trace->time[LONG]);
    free(meta);
    return trace;
}

/* What step i brings to [from, to). */
static uint64_t long_part(const struct long_trace *trace, size_t i, uint64_t from, uint64_t to)
{
    uint64_t start = trace->time[i] > from ? trace->time[i] : from;
    uint64_t end = trace->time[i + 1] < to ? trace->time[i + 1] : to;
    return end > start ? end - start : 0;
}

START_TEST(holders_and_depths_of_long_rows)
{
    struct long_trace *trace = long_trace_new(_i);
    uint64_t random = 99, length = trace->time[LONG];
    for (int asked = 0; asked < ASKED; asked++) {
        uint64_t from = synthetic_random(&random) % length;
        uint64_t to = from + 1 + synthetic_random(&random) % (length - from);
        uint64_t held[LONG_LANES] = { 0 }, all = 0;
        uint32_t deepest = 0, most = 0, permille;
        for (size_t i = 0; i < LONG; i++) {
            uint64_t part = long_part(trace, i, from, to);
            held[trace->holder[i]] += part;
            all += part;
            deepest = part > 0 && trace->depth[i] > deepest ? trace->depth[i] : deepest;
        }
        for (uint32_t lane = 1; lane < LONG_LANES; lane++)
            most = held[lane] > held[most] ? lane : most;
        uint32_t found = timeline_gil_most(trace->timeline, 0, 0, from, to, &permille);
        ck_assert_uint_eq(permille, (all * 1000 + (to - from) / 2) / (to - from));
        ck_assert_uint_eq(found, all * 2 < to - from ? LANE_NONE : most);
        ck_assert_uint_eq(timeline_queue_max(trace->timeline, 0, from, to), deepest);
    }
    timeline_free(trace->timeline);
    free(trace);
}
END_TEST

START_TEST(strips_of_long_rows)
{
    enum { COLUMNS = 40 };
    struct long_trace *trace = long_trace_new(_i);
    uint64_t random = 7, length = trace->time[LONG], ns[COLUMNS][STATE_COUNT];
    for (int asked = 0; asked < ASKED / 3; asked++) {
        uint64_t span = length >> asked % 8, width = span / COLUMNS;
        uint64_t t0 = synthetic_random(&random) % (length - span + 1);
        timeline_lane_strip(trace->timeline, 0, 0, t0, width, COLUMNS, ns);
        for (size_t column = 0; column < COLUMNS; column++) {
            uint64_t from = t0 + width * column, io = 0, lock = 0, idle = 0;
            for (size_t i = 0; i < LONG; i++)
                *(trace->says[i] == SAYS_IO ? &io : &lock) +=
                    long_part(trace, i, from, from + width);
            idle = trace->time[0] > from ? trace->time[0] - from : 0;
            ck_assert_uint_eq(
                ns[column][STATE_IO] + ns[column][STATE_LOCK] + ns[column][STATE_IDLE], width);
            ck_assert_uint_eq(ns[column][STATE_IDLE], idle < width ? idle : width);
            uint64_t off =
                ns[column][STATE_IO] > io ? ns[column][STATE_IO] - io : io - ns[column][STATE_IO];
            ck_assert_uint_le(off * 100, width);
        }
    }
    timeline_free(trace->timeline);
    free(trace);
}
END_TEST

/* ---- many tasks ---- */

enum { MANY = 20000 };

static struct event task_event(uint64_t time, enum event_kind kind, uint32_t task)
{
    return (struct event){ .time = time, .kind = (uint16_t)kind, .lane = 0, .object = task };
}

/* Latencies and waits of tasks that end in any order, up to any moment: whole blocks and rests. */
START_TEST(quantiles_of_many_tasks)
{
    struct meta meta = { .run_count = 1 };
    struct timeline *timeline = timeline_new_in(room_that(_i));
    timeline_tell(timeline, &meta, 0);
    static uint64_t end[MANY], took[MANY], wait[MANY];
    struct event go = { .time = 500, .kind = EVENT_RUN_GO };
    timeline_feed(timeline, &go, 1);
    uint64_t random = 99;
    for (uint32_t task = 0; task < MANY; task++) {
        wait[task] = synthetic_random(&random) % 1000000;
        took[task] = synthetic_random(&random) % (task % 7 == 0 ? 50000000 : 3000);
        uint64_t submit = 1000 + task * UINT64_C(1000);
        end[task] = submit + wait[task] + took[task];
        const struct event events[] = {
            task_event(end[task], EVENT_TASK_DONE, task), /* the last word first */
            task_event(submit, EVENT_TASK_SUBMIT, task),
            task_event(submit + wait[task], EVENT_TASK_TAKE, task),
        };
        timeline_feed(timeline, events, 3);
    }
    static struct histogram latencies, waits;
    static struct figures figures;
    for (int i = 0; i < 25; i++) {
        uint64_t t = synthetic_random(&random) % 40000000;
        histogram_reset(&latencies);
        histogram_reset(&waits);
        for (uint32_t task = 0; task < MANY; task++) {
            if (end[task] <= t + 500)
                histogram_add(&latencies, took[task]);
            if (end[task] - took[task] <= t + 500)
                histogram_add(&waits, wait[task]);
        }
        figures_at(timeline, 0, t, &figures);
        ck_assert_uint_eq(figures.tasks.done, latencies.count);
        if (latencies.count == 0)
            continue;
        ck_assert_double_eq(figures.latency_ms_p50.value,
                            (double)histogram_quantile(&latencies, 0.5) / 1e6);
        ck_assert_double_eq(figures.latency_ms_p99.value,
                            (double)histogram_quantile(&latencies, 0.99) / 1e6);
        ck_assert_double_eq(figures.latency_ms_max.value, (double)latencies.greatest / 1e6);
        ck_assert_double_eq(figures.queue_wait_ms_p99.value,
                            (double)histogram_quantile(&waits, 0.99) / 1e6);
    }
    /* The bins of a chart hold every task that ended in the span, and each where it belongs. */
    uint32_t bins[70], sum = 0;
    figures_latency_bins(timeline, 0, 0, UINT64_MAX, bins, 70);
    for (size_t i = 0; i < 70; i++)
        sum += bins[i];
    ck_assert_uint_eq(sum, MANY);
    figures_latency_bins(timeline, 0, 3000000, 9000000, bins, 70);
    static uint32_t wanted[70];
    for (uint32_t task = 0; task < MANY; task++) {
        uint64_t t = end[task] - 500;
        double share = log10((double)(took[task] < 10000 ? 10000 : took[task]) / 1e4) / 7;
        if (t >= 3000000 && t < 9000000)
            wanted[(size_t)(share * 70)]++;
    }
    uint32_t apart = 0, all = 0;
    for (size_t i = 0; i < 70; i++) {
        apart += bins[i] > wanted[i] ? bins[i] - wanted[i] : wanted[i] - bins[i];
        all += wanted[i];
    }
    /* A bucket of the histogram may lie across the edge of two bins. */
    ck_assert_uint_le(apart, all / 20);
    timeline_free(timeline);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("long-rows");
    TCase *cases = tcase_create("rows");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, holders_and_depths_of_long_rows, 0, LIVES);
    tcase_add_loop_test(cases, strips_of_long_rows, 0, LIVES);
    tcase_add_loop_test(cases, quantiles_of_many_tasks, 0, LIVES);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
