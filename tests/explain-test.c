/*
 * timeline/explain: each row of the sentences on a trace made by hand, and every row filled whole.
 */
#include "timeline/explain_inside.h"

#include <check.h>
#include <string.h>

#define US UINT64_C(1000)
#define GO (50 * US)

/* Two lanes share GIL 0, w2 has done other things; times in us since go. */
static const struct {
    uint64_t us;
    enum event_kind kind;
    uint32_t lane, object, a;
    uint64_t b;
} rows[] = {
    { 0, EVENT_RUN_GO, LANE_NONE, 2, 0, 0 },
    { 0, EVENT_LANE_BEGIN, 0, ROLE_WORKER | 1 << 8, 11, 10 },
    { 0, EVENT_LANE_BEGIN, 1, ROLE_WORKER | 3 << 8, 12, 10 },
    { 0, EVENT_LANE_BEGIN, 2, ROLE_WORKER | 5 << 8, 13, 10 },
    { 100, EVENT_TASK_SUBMIT, LANE_NONE, 7, 0, 0 },
    { 200, EVENT_TASK_TAKE, 0, 7, 0, 0 },
    { 1000, EVENT_SWITCH_OUT, 1, 1, 0, 0 },
    { 1000, EVENT_SWITCH_OUT, 2, 0, 0, 0 },
    { 1100, EVENT_SWITCH_IN, 2, 1, 0, 0 },
    { 2000, EVENT_GIL_TAKE, 0, 0, LANE_NONE, 1 },
    { 3200, EVENT_GIL_WANT, 1, 0, 0, 0 },
    { 8200, EVENT_GIL_REQUEST, 1, 0, 0, 0 },
    { 8300, EVENT_GIL_DROP, 0, 0, SAYS_GIL, DROP_FORCED },
    { 8300, EVENT_GIL_TAKE, 1, 0, 0, 2 },
    { 8400, EVENT_SWITCH_IN, 1, 0, 0, 0 },
    { 9000, EVENT_SAY, 2, TASK_NONE, SAYS_NATIVE, 0 },
    { 10000, EVENT_SWITCH_OUT, 2, 1, 1, 0 },
    { 11000, EVENT_SWITCH_IN, 2, 1, 0, 0 },
    { 12000, EVENT_SAY, 2, TASK_NONE, SAYS_IO, 0 },
    { 12100, EVENT_SWITCH_OUT, 2, 1, 0, 0 },
    { 13000, EVENT_LOCK_WANT, 2, 4, 0, 0 },
    { 14000, EVENT_SAY, 2, TASK_NONE, SAYS_IPC, 0 },
    { 15000, EVENT_SAY, 2, TASK_NONE, SAYS_CALL, 0 },
    { 16000, EVENT_LANE_CRASH, 2, 0, 11, 0 },
    { 20000, EVENT_RUN_END, LANE_NONE, RUN_DONE, 0, 0 },
};

static struct timeline *feed(enum switch_source source)
{
    struct timeline *timeline = timeline_new();
    struct meta meta = { .run_count = 1, .param_count = 1 };
    strcpy(meta.runs[0].model, "threads");
    strcpy(meta.runs[0].switch_reason, "perf was refused");
    meta.runs[0].status = RUN_DONE;
    meta.runs[0].switch_source = source;
    strcpy(meta.params[0].name, "switch_interval");
    meta.params[0].value = 5000 * (int64_t)US;
    timeline_tell(timeline, &meta, GO + 20000 * US);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct event event = { .time = GO + rows[i].us * US,
                               .kind = (uint16_t)rows[i].kind,
                               .lane = rows[i].lane,
                               .object = rows[i].object,
                               .a = rows[i].a,
                               .b = rows[i].b };
        timeline_feed(timeline, &event, 1);
    }
    timeline_tell(timeline, &meta, GO + 20000 * US);
    return timeline;
}

static void assert_explains(struct timeline *timeline, enum explain_what what, size_t index,
                            uint64_t us, const char *wanted)
{
    struct buffer text = { 0 };
    explain(timeline, 0, what, index, us * US, &text);
    ck_assert_str_eq(buffer_string(&text), wanted);
    buffer_fini(&text);
}

static const struct {
    enum explain_what what;
    size_t index;
    uint64_t us;
    const char *wanted;
} cases[] = {
    { EXPLAIN_LANE, 0, 2500,
      "w1 runs Python on a core (which: n/a) for 500us (since 2ms), with task 7. It holds the GIL for 500us (since 2ms); nobody waits for it." },
    { EXPLAIN_LANE, 1, 5000,
      "w3 waits for the GIL for 1.8ms (since 3.2ms). w1 holds it for 3ms (since 2ms) and runs Python since 2ms. Nobody asked for it yet (the switch interval is 5ms). A shorter interval would hand it over sooner." },
    { EXPLAIN_LANE, 1, 8250,
      "w3 waits for the GIL for 5.05ms (since 3.2ms). w1 holds it for 6.25ms (since 2ms) and runs Python since 2ms. It was asked to drop it (after the switch interval, 5ms). A shorter interval would hand it over sooner." },
    { EXPLAIN_LANE, 2, 9500,
      "w5 is on core1 for 500us (since 9ms): native code. It does not hold the GIL meanwhile, so others may." },
    { EXPLAIN_LANE, 2, 10500,
      "w5 could go on, but the kernel gave its core to another for 500us (since 10ms). It holds no GIL. A core more, or a lane less, would let it go on." },
    { EXPLAIN_LANE, 2, 12500,
      "w5 waits for the outside for 400us (since 12.1ms). It needs neither a core nor the GIL for that; only a faster answer ends it sooner, and more waits at once hide it." },
    { EXPLAIN_LANE, 2, 13500,
      "w5 waits for lock 4 of the work for 500us (since 13ms); who holds it: n/a. To hold the lock for a shorter time would let it go on sooner." },
    { EXPLAIN_LANE, 2, 14500,
      "w5 packs, unpacks or passes data between lanes for 500us (since 14ms). Smaller messages or shared memory would shorten it." },
    { EXPLAIN_LANE, 2, 15500,
      "w5 is blocked for 500us (since 15ms): a system call of a step, the kernel blocked it. The kernel announces no reason: a page fault, a full pipe, a start. It holds no GIL." },
    { EXPLAIN_LANE, 2, 17000,
      "w5 does not live at 17ms: it lives from 0ns to 16ms, where it died of a signal." },
    { EXPLAIN_LANE, 2, 500,
      "w5 has no work for 500us (since 0ns): 0 tasks in the queue. More tasks, or fewer lanes, would leave it less idle." },
    { EXPLAIN_LANE, 0, 9000,
      "w1 waits for the GIL for 700us (since 8.3ms), with task 7. w3 holds it for 700us (since 8.3ms) and runs Python since 8.4ms. Nobody asked for it yet (the switch interval is 5ms). A shorter interval would hand it over sooner." },
    { EXPLAIN_GIL, 0, 1000,
      "The GIL is free for 1ms (since 0ns). Nobody waits for it. Hand-overs so far: 0, of them forced: 0." },
    { EXPLAIN_GIL, 0, 5000,
      "The GIL: w1 holds it for 3ms (since 2ms) and runs Python since 2ms. 1 lane waits for it. Nobody asked for it yet (the switch interval is 5ms). A shorter interval would hand it over sooner. Hand-overs so far: 0, of them forced: 0." },
    { EXPLAIN_GIL, 0, 8250,
      "The GIL: w1 holds it for 6.25ms (since 2ms) and runs Python since 2ms. 1 lane waits for it. It was asked to drop it (after the switch interval, 5ms). A shorter interval would hand it over sooner. Hand-overs so far: 0, of them forced: 0." },
    { EXPLAIN_GIL, 3, 5000, "This run has no GIL. Hand-overs so far: 0, of them forced: 0." },
    { EXPLAIN_CORE, 0, 9000,
      "core0 has w3 on it, which runs Python since 8.4ms. In the last 9ms this run kept it 18 % busy, the whole machine n/a." },
    { EXPLAIN_CORE, 1, 10500,
      "core1 has no lane of this run on it: it is free or has other work. In the last 10.5ms this run kept it 94 % busy, the whole machine n/a." },
    { EXPLAIN_PROGRESS, 0, 5000, "Of 1 tasks 0 are done, 1 in flight, 0 waiting, 0 failed." },
    { EXPLAIN_QUEUE, 0, 150,
      "1 task in the queue now, at most 1 so far. It grows while tasks come faster than lanes take them." },
    { EXPLAIN_SWITCHES, 0, 15000,
      "So far lanes left their cores 3 times to wait and 1 times because the kernel preempted them. Each was told by the kernel (perf)." },
    { EXPLAIN_MEMORY, 0, 15000,
      "All processes of the run: PSS n/a, RSS n/a; the kernel's own share n/a by estimate. Pages that processes share count once in PSS." },
    { EXPLAIN_LATENCY, 0, 15000,
      "Of the tasks done so far half took at most n/a, 99 of 100 at most n/a, the longest n/a." },
};

START_TEST(each_row_says_what_the_trace_holds)
{
    struct timeline *timeline = feed(SOURCE_PERF);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_explains(timeline, cases[i].what, cases[i].index, cases[i].us, cases[i].wanted);
    timeline_free(timeline);
}
END_TEST

START_TEST(every_state_and_figure_is_among_them)
{
    struct timeline *timeline = feed(SOURCE_PERF);
    bool state[STATE_COUNT + 1] = { false }, what[EXPLAIN_COUNT] = { false };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lane_moment at;
        what[cases[i].what] = true;
        timeline_lane_at(timeline, 0, cases[i].index, cases[i].us * US, &at);
        if (cases[i].what == EXPLAIN_LANE)
            state[at.state] = true;
    }
    for (int i = 0; i <= STATE_COUNT; i++)
        ck_assert_msg(state[i], "no case for state %d", i);
    for (int i = 0; i < EXPLAIN_COUNT; i++)
        ck_assert_msg(what[i], "no case for figure %d", i);
    timeline_free(timeline);
}
END_TEST

/* Without the kernel's switches: n/a, and why. */
START_TEST(what_is_not_known_is_told)
{
    struct timeline *timeline = feed(SOURCE_RUSAGE);
    assert_explains(
        timeline, EXPLAIN_LANE, 0, 2500,
        "w1 runs Python on a core (which: n/a without perf) for 500us (since 2ms), with "
        "task 7. It holds the GIL for 500us (since 2ms); nobody waits for it.");
    assert_explains(timeline, EXPLAIN_CORE, 0, 9000,
                    "core0 has n/a on it: only perf tells, and 'lockstep doctor' why it is not "
                    "there. In the last 9ms this run kept it n/a busy, the whole machine n/a.");
    assert_explains(timeline, EXPLAIN_SWITCHES, 0, 9000,
                    "So far lanes left their cores n/a times to wait and n/a times because the "
                    "kernel preempted them. They are totals (rusage): perf was refused.");
    assert_explains(timeline, EXPLAIN_LANE, 99, 0, "n/a: there is no such lane.");
    struct buffer text = { 0 };
    explain(timeline, 5, EXPLAIN_GIL, 0, 0, &text);
    ck_assert_str_eq(buffer_string(&text), "n/a: this run has not begun.");
    buffer_fini(&text);
    timeline_free(timeline);
}
END_TEST

/* Every word in braces is one there is: none is left out of a sentence in silence. */
START_TEST(every_word_is_known)
{
    for (int i = 0; i <= STATE_COUNT + EXPLAIN_COUNT; i++) {
        const char *row =
            i <= STATE_COUNT ? explain_state_rows[i] : explain_figure_rows[i - STATE_COUNT - 1];
        for (const char *at = strchr(row, '{'); at != NULL; at = strchr(at + 1, '{')) {
            bool known = false;
            for (const struct explain_word *word = explain_words; word->name != NULL; word++) {
                size_t length = strlen(word->name);
                known =
                    known || (strncmp(at + 1, word->name, length) == 0 && at[1 + length] == '}');
            }
            ck_assert_msg(known, "'%s': no such word", at);
        }
    }
}
END_TEST

START_TEST(each_moment_tells_what_happened)
{
    static const struct {
        uint64_t us;
        const char *wanted;
    } moments[] = {
        { 0, "w1 begins; w3 begins; w5 begins" },
        { 100, "an event" },
        { 200, "w1 takes task 7" },
        { 1000, "w3 leaves its core; w5 leaves its core" },
        { 1100, "w5 comes onto core1" },
        { 2000, "w1 takes the GIL; w1 runs Python" },
        { 3200, "w3 waits for the GIL" },
        { 8200, "the GIL is asked for" },
        { 8300, "w3 takes the GIL; w1 waits for the GIL; w3 is blocked elsewhere" },
        { 8400, "w3 runs Python" },
        { 9000, "w5 runs native code" },
        { 10000, "w5 waits for a core" },
        { 11000, "w5 runs native code" },
        { 12000, "w5 calls the outside" },
        { 12100, "w5 waits for the outside" },
        { 13000, "w5 waits for a lock" },
        { 14000, "w5 passes data" },
        { 15000, "w5 is blocked elsewhere" },
        { 16000, "w5 dies" },
        { 20000, "an event" },
    };
    struct timeline *timeline = feed(SOURCE_PERF);
    uint64_t t = 0;
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        struct buffer text = { 0 };
        ck_assert_uint_eq(t, moments[i].us * US);
        explain_event(timeline, 0, t, &text);
        ck_assert_str_eq(buffer_string(&text), moments[i].wanted);
        buffer_fini(&text);
        t = timeline_step(timeline, 0, t, 1);
    }
    timeline_free(timeline);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain");
    TCase *tcase = tcase_create("explain");
    tcase_add_test(tcase, each_row_says_what_the_trace_holds);
    tcase_add_test(tcase, every_state_and_figure_is_among_them);
    tcase_add_test(tcase, what_is_not_known_is_told);
    tcase_add_test(tcase, every_word_is_known);
    tcase_add_test(tcase, each_moment_tells_what_happened);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
