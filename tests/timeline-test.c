/*
 * timeline/: random traces with late events, fed in batches of random sizes; between two feeds
 * every question is asked at random moments, and each answer must be that of a linear scan
 * (tests/scan.h).
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/plan.h"
#include "tests/rooms.h"
#include "tests/scan.h"
#include "tests/synthetic.h"
#include "timeline/run.h"

/* What stands in run.h because timeline/ does not include scenario/. */
_Static_assert((int)META_SERVICE == (int)PLAN_SERVICE, "kinds of plans");
_Static_assert((int)META_UNIT_COUNT == (int)UNIT_COUNT &&
                   (int)META_UNIT_DURATION == (int)UNIT_DURATION &&
                   (int)META_UNIT_BYTES == (int)UNIT_BYTES &&
                   (int)META_UNIT_RATE == (int)UNIT_RATE && (int)META_UNIT_BOOL == (int)UNIT_BOOL &&
                   (int)META_UNIT_CHOICE == (int)UNIT_CHOICE,
               "units of parameters");

/* ---- the table of states ---- */

START_TEST(every_says_has_a_state)
{
    static const enum state on_core[SAYS_COUNT] = {
        STATE_RUN, STATE_NATIVE, STATE_NATIVE, STATE_NATIVE,
        STATE_GIL, STATE_LOCK,   STATE_IPC,    STATE_IDLE,
    };
    for (enum says says = SAYS_COMPUTE; says < SAYS_COUNT; says++) {
        ck_assert_int_eq(state_of(says, KERNEL_ON), on_core[says]);
        for (enum kernel_state kernel = KERNEL_ON; kernel < KERNEL_STATE_COUNT; kernel++)
            ck_assert_int_lt(state_of(says, kernel), STATE_COUNT);
    }
    ck_assert_int_eq(state_of(SAYS_COMPUTE, KERNEL_PREEMPTED), STATE_READY);
    ck_assert_int_eq(state_of(SAYS_COMPUTE, KERNEL_BLOCKED), STATE_OTHER);
    ck_assert_int_eq(state_of(SAYS_COMPUTE, KERNEL_UNKNOWN), STATE_RUN);
    ck_assert_int_eq(state_of(SAYS_IO, KERNEL_BLOCKED), STATE_IO);
    ck_assert_int_eq(state_of(SAYS_IO, KERNEL_UNKNOWN), STATE_IO);
    ck_assert_int_eq(state_of(SAYS_CALL, KERNEL_UNKNOWN), STATE_OTHER);
    ck_assert_int_eq(state_of(SAYS_IPC, KERNEL_PREEMPTED), STATE_READY);
    for (enum state state = STATE_RUN; state < STATE_COUNT; state++) {
        ck_assert_ptr_nonnull(state_rows[state].key);
        ck_assert_ptr_nonnull(state_rows[state].word);
        ck_assert_ptr_nonnull(state_rows[state].explain);
    }
}
END_TEST

/* ---- against the scan ---- */

struct trial {
    const struct synthetic_options *options;
    struct timeline *timeline;
    struct scan *scan;
    uint64_t random, length;
    size_t run, fed;
};

static uint64_t pick(struct trial *trial, uint64_t limit)
{
    return limit == 0 ? 0 : synthetic_random(&trial->random) % limit;
}

static uint64_t pick_time(struct trial *trial)
{
    switch (pick(trial, 12)) {
    case 0:
        return 0;
    case 1:
        return UINT64_MAX;
    case 2:
        return trial->length;
    default:
        return pick(trial, trial->length + trial->length / 10 + 2);
    }
}

#define SAME(got, wanted, format, ...)                                                           \
    ck_assert_msg((got) == (wanted),                                                             \
                  "seed %llu, run %zu after %zu events, " format ": %lld instead of %lld",       \
                  (unsigned long long)trial->options->seed, trial->run, trial->fed, __VA_ARGS__, \
                  (long long)(got), (long long)(wanted))
#define LL(value) ((unsigned long long)(value))

static void compare_run(struct trial *trial, const struct run_brief *got)
{
    struct run_brief wanted;
    scan_run(trial->scan, &wanted);
    SAME(got->gone, true, "%s", "gone");
    SAME(got->over, wanted.over, "%s", "over");
    SAME(got->go_ns, wanted.go_ns, "%s", "go");
    SAME(got->length_ns, wanted.length_ns, "%s", "length");
    SAME(got->lanes, wanted.lanes, "%s", "lanes");
    SAME(got->workers, wanted.workers, "%s", "workers");
    SAME(got->gils, wanted.gils, "%s", "gils");
    SAME(got->queues, wanted.queues, "%s", "queues");
    SAME(got->cores, wanted.cores, "%s", "cores");
    trial->length = wanted.length_ns;
}

static void compare_lane(struct trial *trial, size_t lane)
{
    uint64_t t0 = pick_time(trial), t1 = pick_time(trial);
    struct lane_brief brief, wanted_brief;
    ck_assert(timeline_lane(trial->timeline, trial->run, lane, &brief));
    scan_lane(trial->scan, lane, &wanted_brief);
    SAME(brief.id, wanted_brief.id, "lane %zu id", lane);
    SAME(brief.role, wanted_brief.role, "lane %zu role", lane);
    SAME(brief.begin_ns, wanted_brief.begin_ns, "lane %zu begin", lane);
    SAME(brief.end_ns, wanted_brief.end_ns, "lane %zu end", lane);
    SAME(brief.crashed, wanted_brief.crashed, "lane %zu crashed", lane);

    struct lane_moment got, wanted;
    timeline_lane_at(trial->timeline, trial->run, lane, t0, &got);
    scan_lane_at(trial->scan, lane, t0, &wanted);
    SAME(got.state, wanted.state, "lane %zu at %llu state", lane, LL(t0));
    SAME(got.says, wanted.says, "lane %zu at %llu says", lane, LL(t0));
    SAME(got.kernel, wanted.kernel, "lane %zu at %llu kernel", lane, LL(t0));
    SAME(got.since_ns, wanted.since_ns, "lane %zu at %llu since", lane, LL(t0));
    SAME(got.until_ns, wanted.until_ns, "lane %zu at %llu until", lane, LL(t0));
    SAME(got.core, wanted.core, "lane %zu at %llu core", lane, LL(t0));
    SAME(got.task, wanted.task, "lane %zu at %llu task", lane, LL(t0));
    SAME(got.object, wanted.object, "lane %zu at %llu object", lane, LL(t0));

    uint64_t ns[STATE_COUNT], wanted_ns[STATE_COUNT + 1], on_core;
    timeline_lane_shares(trial->timeline, trial->run, lane, t0, t1, ns);
    scan_lane_shares(trial->scan, lane, t0, t1, wanted_ns);
    for (size_t i = 0; i < STATE_COUNT; i++)
        SAME(ns[i], wanted_ns[i], "lane %zu in %llu..%llu ns of %s", lane, LL(t0), LL(t1),
             state_rows[i].key);
    if (trial->options->source == SOURCE_PERF && brief.role != ROLE_OUTSIDE) {
        ck_assert(timeline_lane_on_core(trial->timeline, trial->run, lane, t0, t1, &on_core));
        SAME(on_core, wanted_ns[STATE_COUNT], "lane %zu on core", lane);
    }
}

static void compare_all_lanes(struct trial *trial, size_t lanes)
{
    uint64_t t0 = pick_time(trial), t1 = pick_time(trial);
    uint64_t ns[STATE_COUNT], lane_ns[STATE_COUNT + 1], wanted[STATE_COUNT] = { 0 };
    timeline_run_shares(trial->timeline, trial->run, t0, t1, ns);
    for (size_t lane = 0; lane < lanes; lane++) {
        struct lane_brief brief;
        scan_lane(trial->scan, lane, &brief);
        scan_lane_shares(trial->scan, lane, t0, t1, lane_ns);
        for (size_t i = 0; i < STATE_COUNT && role_is_worker(brief.role); i++)
            wanted[i] += lane_ns[i];
    }
    for (size_t i = 0; i < STATE_COUNT; i++)
        SAME(ns[i], wanted[i], "all lanes' ns of %s", state_rows[i].key);
}

/* A strip is what its spans are one by one. */
static void compare_strips(struct trial *trial, size_t lane)
{
    enum { SPANS = 12 };
    uint64_t strip[SPANS][STATE_COUNT], run_strip[SPANS][STATE_COUNT], ns[STATE_COUNT];
    uint64_t most = trial->length * 2 + 2;
    uint64_t t0 = pick_time(trial) % most, width = pick(trial, most) / (1 + pick(trial, 60));
    timeline_lane_strip(trial->timeline, trial->run, lane, t0, width, SPANS, strip);
    timeline_run_strip(trial->timeline, trial->run, t0, width, SPANS, run_strip);
    for (uint64_t span = 0; span < SPANS; span++) {
        uint64_t from = t0 + span * width, to = from + width;
        timeline_lane_shares(trial->timeline, trial->run, lane, from, to, ns);
        for (size_t i = 0; i < STATE_COUNT; i++)
            SAME(strip[span][i], ns[i], "lane %zu's strip in %llu..%llu ns of %s", lane, LL(from),
                 LL(to), state_rows[i].key);
        timeline_run_shares(trial->timeline, trial->run, from, to, ns);
        for (size_t i = 0; i < STATE_COUNT; i++)
            SAME(run_strip[span][i], ns[i], "the run's strip in %llu..%llu ns of %s", LL(from),
                 LL(to), state_rows[i].key);
    }
}

static void compare_tasks(struct trial *trial)
{
    uint64_t t0 = pick_time(trial), t1 = pick_time(trial), since, wanted_since;
    uint32_t task = (uint32_t)pick(trial, trial->options->tasks);
    enum task_state got = timeline_task_at(trial->timeline, trial->run, task, t0, &since);
    SAME(got, scan_task_at(trial->scan, task, t0, &wanted_since), "task %u at %llu", task, LL(t0));
    SAME(since, wanted_since, "task %u at %llu since", task, LL(t0));
    got = timeline_task_most(trial->timeline, trial->run, task, t0, t1);
    SAME(got, scan_task_most(trial->scan, task, t0, t1), "task %u most in %llu..%llu", task, LL(t0),
         LL(t1));

    struct task_counts counts, wanted;
    timeline_counts(trial->timeline, trial->run, t0, &counts);
    scan_counts(trial->scan, t0, &wanted);
    SAME(counts.submitted, wanted.submitted, "submitted at %llu", LL(t0));
    SAME(counts.waiting, wanted.waiting, "waiting at %llu", LL(t0));
    SAME(counts.in_flight, wanted.in_flight, "in flight at %llu", LL(t0));
    SAME(counts.done, wanted.done, "done at %llu", LL(t0));
    SAME(counts.failed, wanted.failed, "failed at %llu", LL(t0));
    SAME(counts.submitted, counts.waiting + counts.in_flight + counts.done + counts.failed,
         "all at %llu", LL(t0));
}

static void compare_mix(struct trial *trial)
{
    uint64_t t = pick_time(trial), since;
    uint64_t mix[TASK_STATE_COUNT], wanted[TASK_STATE_COUNT] = { 0 };
    timeline_task_mix(trial->timeline, trial->run, t, mix);
    for (uint32_t task = 0; task < trial->options->tasks; task++)
        wanted[scan_task_at(trial->scan, task, t, &since)]++;
    wanted[TASK_STATE_NONE] = 0;
    for (size_t i = 0; i < TASK_STATE_COUNT; i++)
        SAME(mix[i], wanted[i], "tasks in state %zu at %llu", i, LL(t));
}

static void compare_gil(struct trial *trial, size_t gil)
{
    uint64_t t0 = pick_time(trial), t1 = pick_time(trial);
    struct gil_moment got, wanted;
    timeline_gil_at(trial->timeline, trial->run, gil, t0, &got);
    scan_gil_at(trial->scan, gil, t0, &wanted);
    SAME(got.holder, wanted.holder, "gil %zu at %llu holder", gil, LL(t0));
    SAME(got.holder_off_core, wanted.holder_off_core, "gil %zu at %llu off core", gil, LL(t0));
    SAME(got.waiters, wanted.waiters, "gil %zu at %llu waiters", gil, LL(t0));
    SAME(got.requested, wanted.requested, "gil %zu at %llu requested", gil, LL(t0));
    SAME(got.since_ns, wanted.since_ns, "gil %zu at %llu since", gil, LL(t0));
    uint32_t held, wanted_held;
    uint32_t most = timeline_gil_most(trial->timeline, trial->run, gil, t0, t1, &held);
    uint32_t wanted_most = scan_gil_most(trial->scan, gil, t0, t1, &wanted_held);
    SAME(most, wanted_most, "gil %zu in %llu..%llu most", gil, LL(t0), LL(t1));
    SAME(held, wanted_held, "gil %zu in %llu..%llu held", gil, LL(t0), LL(t1));
}

static void compare_core(struct trial *trial, uint32_t core)
{
    uint64_t t0 = pick_time(trial), t1 = pick_time(trial);
    SAME(timeline_core_busy(trial->timeline, trial->run, core, t0, t1),
         scan_core_busy(trial->scan, core, t0, t1), "core %u in %llu..%llu busy", core, LL(t0),
         LL(t1));
    SAME(timeline_machine_busy(trial->timeline, trial->run, core, t0, t1),
         scan_machine_busy(trial->scan, core, t0, t1), "core %u in %llu..%llu machine busy", core,
         LL(t0), LL(t1));
    SAME(timeline_core_lane(trial->timeline, trial->run, core, t0),
         scan_core_lane(trial->scan, core, t0), "core %u at %llu lane", core, LL(t0));
}

static void compare_counts(struct trial *trial)
{
    uint64_t t0 = pick_time(trial), t1 = pick_time(trial);
    SAME(timeline_queue_depth(trial->timeline, trial->run, t0), scan_queue_max(trial->scan, t0, t0),
         "queue at %llu", LL(t0));
    SAME(timeline_queue_max(trial->timeline, trial->run, t0, t1),
         scan_queue_max(trial->scan, t0, t1), "queue in %llu..%llu", LL(t0), LL(t1));
    uint64_t voluntary, involuntary, wanted_voluntary, wanted_involuntary;
    if (scan_switches(trial->scan, t0, t1, &wanted_voluntary, &wanted_involuntary)) {
        ck_assert(timeline_switches(trial->timeline, trial->run, t0, t1, &voluntary, &involuntary));
        SAME(voluntary, wanted_voluntary, "voluntary in %llu..%llu", LL(t0), LL(t1));
        SAME(involuntary, wanted_involuntary, "involuntary in %llu..%llu", LL(t0), LL(t1));
    }
    for (enum memory_kind kind = MEMORY_RSS; kind <= MEMORY_KERNEL; kind++)
        SAME(timeline_memory(trial->timeline, trial->run, kind, t0),
             scan_memory(trial->scan, kind, t0), "memory %d at %llu", kind, LL(t0));
    for (uint32_t param = 0; param < 3; param++) {
        int64_t value;
        ck_assert(timeline_param_at(trial->timeline, trial->run, param, t0, &value));
        SAME(value, scan_param(trial->scan, param, t0), "parameter %u at %llu", param, LL(t0));
    }
    for (int direction = -1; direction <= 1; direction += 2)
        SAME(timeline_step(trial->timeline, trial->run, t0, direction),
             scan_step(trial->scan, t0, direction), "step %d from %llu", direction, LL(t0));
}

static void compare_figures(struct trial *trial)
{
    uint64_t t = pick_time(trial);
    static struct figures got, wanted;
    figures_at(trial->timeline, trial->run, t, &got);
    scan_figures(trial->scan, t, &wanted);
#define FIGURE(name)                                                                          \
    ck_assert_msg(got.name.known == wanted.name.known &&                                      \
                      (!got.name.known || fabs(got.name.value - wanted.name.value) <=         \
                                              1e-9 * (1 + fabs(wanted.name.value))),          \
                  "seed %llu, run %zu after %zu events, " #name " at %llu: %g instead of %g", \
                  LL(trial->options->seed), trial->run, trial->fed, LL(t), got.name.value,    \
                  wanted.name.value)
    FIGURE(latency_ms_p50);
    FIGURE(latency_ms_p90);
    FIGURE(latency_ms_p99);
    FIGURE(latency_ms_max);
    FIGURE(queue_wait_ms_p50);
    FIGURE(queue_wait_ms_p99);
    FIGURE(gil_held_s);
    FIGURE(gil_waited_s);
    FIGURE(gil_handovers);
    FIGURE(gil_forced);
    FIGURE(gil_requests);
    FIGURE(memory_rss_peak_kib);
    FIGURE(memory_pss_peak_kib);
    FIGURE(memory_kernel_kib);
    FIGURE(connections_peak);
    FIGURE(loop_lag_ms_max);
    FIGURE(crowd_sent);
    FIGURE(crowd_delivered);
    FIGURE(serialised_bytes);
    FIGURE(events_seen);
    FIGURE(events_lost);
    double sum = 0;
    for (size_t i = 0; i < STATE_COUNT; i++)
        sum += got.state_share[i].known ? got.state_share[i].value : 0;
    ck_assert(!got.state_share[STATE_RUN].known || fabs(sum - 1) < 1e-9);
}

static void compare(struct trial *trial, int times)
{
    struct run_brief brief;
    timeline_run(trial->timeline, trial->run, &brief);
    if (!scan_choose(trial->scan, trial->run)) {
        SAME(brief.gone, false, "%s", "gone");
        return;
    }
    compare_run(trial, &brief);
    for (int i = 0; i < times; i++) {
        compare_lane(trial, pick(trial, brief.lanes));
        compare_strips(trial, pick(trial, brief.lanes));
        compare_all_lanes(trial, brief.lanes);
        compare_tasks(trial);
        if (brief.gils > 0)
            compare_gil(trial, pick(trial, brief.gils));
        compare_core(trial, (uint32_t)pick(trial, trial->options->cores));
        compare_counts(trial);
    }
    compare_mix(trial);
    compare_figures(trial);
}

/* `told_first`: the source is known before the first event; else only once some were fed. */
static void try_options(const struct synthetic_options *options, size_t batch, int times,
                        bool told_first, int lives)
{
    struct synthetic synthetic;
    synthetic_make(&synthetic, options);
    struct trial trial = { .options = options,
                           .timeline = timeline_new_in(room_that(lives)),
                           .random = options->seed + 12345 };
    uint64_t until = 0;
    if (told_first)
        timeline_tell(trial.timeline, &synthetic.meta, 0);
    while (trial.fed < synthetic.count) {
        size_t count = 1 + pick(&trial, batch);
        count = count < synthetic.count - trial.fed ? count : synthetic.count - trial.fed;
        timeline_feed(trial.timeline, synthetic.events + trial.fed, count);
        for (size_t i = 0; i < count; i++)
            until = synthetic.events[trial.fed + i].time > until
                        ? synthetic.events[trial.fed + i].time
                        : until;
        trial.fed += count;
        timeline_tell(trial.timeline, &synthetic.meta, until);
        trial.scan = scan_new(synthetic.events, trial.fed, &synthetic.meta, until);
        for (trial.run = 0; trial.run < options->runs; trial.run++)
            compare(&trial, times);
        scan_free(trial.scan);
    }
    timeline_free(trial.timeline);
    synthetic_fini(&synthetic);
}

START_TEST(small_traces_as_the_scan)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        const struct synthetic_options options = {
            .seed = seed,
            .runs = 1 + seed % 2,
            .lanes = 2 + (uint32_t)seed % 7,
            .gils = (uint32_t)seed % 3,
            .cores = 1 + (uint32_t)seed % 3,
            .tasks = 12,
            .steps = 150,
            .late_in_1000 = seed % 5 == 0 ? 0 : 60,
            .source = seed % 4 == 3 ? SOURCE_RUSAGE : SOURCE_PERF,
            .service = seed % 6 == 0,
            .killed = seed % 9 == 0,
        };
        try_options(&options, 20, 3, seed % 2 == 0, _i);
    }
}
END_TEST

START_TEST(long_rows_as_the_scan)
{
    for (uint64_t seed = 101; seed <= 106; seed++) {
        const struct synthetic_options options = {
            .seed = seed,
            .runs = 1,
            .lanes = 5,
            .gils = 1 + (uint32_t)seed % 2,
            .cores = 2,
            .tasks = 150,
            .steps = 6000,
            .late_in_1000 = 30,
            .source = SOURCE_PERF,
        };
        try_options(&options, 2000, 12, true, _i);
    }
}
END_TEST

/* ---- marks ---- */

START_TEST(marks_say_what_happened)
{
    struct meta meta = { .run_count = 1, .param_count = 1 };
    strcpy(meta.params[0].name, "switch_interval");
    meta.params[0].unit = UNIT_DURATION;
    struct timeline *timeline = timeline_new();
    const struct event events[] = {
        { .time = 10, .kind = EVENT_LANE_BEGIN, .lane = 0, .object = ROLE_WORKER },
        { .time = 10, .kind = EVENT_LANE_BEGIN, .lane = 1, .object = ROLE_WORKER | 1 << 8 },
        { .time = 100, .kind = EVENT_RUN_GO, .lane = 0 },
        { .time = 110, .kind = EVENT_GIL_TAKE, .lane = 0, .object = 0 },
        { .time = 150, .kind = EVENT_GIL_DROP, .lane = 0, .object = 0, .a = SAYS_IO },
        { .time = 160, .kind = EVENT_GIL_TAKE, .lane = 0, .object = 0 },
        { .time = 170, .kind = EVENT_GIL_DROP, .lane = 0, .object = 0, .a = SAYS_IO },
        { .time = 180, .kind = EVENT_PARAM_SET, .lane = LANE_NONE, .b = 500000 },
        { .time = 180, .kind = EVENT_MARK, .lane = LANE_NONE, .object = MARK_PARAM },
        { .time = 300, .kind = EVENT_MARK, .lane = LANE_NONE, .object = MARK_ALL_CONNECTED },
        { .time = 400, .kind = EVENT_LANE_CRASH, .lane = 1, .a = 11 },
        { .time = 200, .kind = EVENT_GIL_TAKE, .lane = 1, .object = 0 }, /* after its end */
        { .time = 210, .kind = EVENT_MARK, .lane = LANE_NONE, .object = MARK_USER },
        { .time = 500, .kind = EVENT_RUN_END, .lane = 0, .object = RUN_DONE },
    };
    timeline_feed(timeline, events, sizeof events / sizeof *events);
    const struct mark *marks;
    ck_assert_uint_eq(timeline_marks(timeline, 0, &marks), 0); /* no meta yet */
    timeline_tell(timeline, &meta, 500);
    static const struct {
        uint64_t t;
        enum mark_kind kind;
        const char *label;
    } wanted[] = {
        { 80, MARK_PARAM, "switch_interval = 500us" },
        { 110, MARK_USER, "mark" },
        { 200, MARK_ALL_CONNECTED, "talk begins" },
        { 300, MARK_CRASH, "w1 crashed" },
        { 400, MARK_END, "end" },
    };
    size_t count = timeline_marks(timeline, 0, &marks);
    ck_assert_uint_eq(count, sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(marks[i].t, wanted[i].t);
        ck_assert_int_eq(marks[i].kind, wanted[i].kind);
        ck_assert_str_eq(marks[i].label, wanted[i].label);
    }
    /* A hand-over that is told late is there too, at its time. */
    const struct event late[] = {
        { .time = 190, .kind = EVENT_LANE_BEGIN, .lane = 2, .object = ROLE_WORKER | 2 << 8 },
        { .time = 190, .kind = EVENT_GIL_TAKE, .lane = 2, .object = 0 },
    };
    timeline_feed(timeline, late, 2);
    ck_assert_uint_eq(timeline_marks(timeline, 0, &marks), count + 1);
    ck_assert_int_eq(marks[1].kind, MARK_HANDOVER);
    ck_assert_uint_eq(marks[1].t, 90);
    timeline_free(timeline);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timeline");
    TCase *cases = tcase_create("timeline");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, every_says_has_a_state);
    tcase_add_loop_test(cases, small_traces_as_the_scan, 0, LIVES);
    tcase_add_loop_test(cases, long_rows_as_the_scan, 0, LIVES);
    tcase_add_test(cases, marks_say_what_happened);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
