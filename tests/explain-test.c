/*
 * timeline/explain: each row of the sentences on a trace made by hand, and every row filled whole.
 */
#include "timeline/explain_inside.h"

#include <check.h>
#include <string.h>

#define US    UINT64_C(1000)
#define GO    (50 * US)
#define WHOLE UINT64_MAX

/* Two lanes share GIL 0, w2 has done other things; times in us since go. */
struct row {
    uint64_t us;
    enum event_kind kind;
    uint32_t lane, object, a;
    uint64_t b;
};
static const struct row rows[] = {
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

/* A loop whose second task waited for the first, with all else that screens show figures of. */
static const struct row loop_rows[] = {
    { 0, EVENT_RUN_GO, LANE_NONE, 2, 0, 0 },
    { 0, EVENT_LANE_BEGIN, 0, ROLE_LOOP, 20, 20 },
    { 100, EVENT_TASK_SUBMIT, LANE_NONE, 0, 0, 0 },
    { 100, EVENT_TASK_SUBMIT, LANE_NONE, 1, 0, 0 },
    { 100, EVENT_TASK_SUBMIT, LANE_NONE, 2, 0, 0 },
    { 200, EVENT_GIL_TAKE, 0, 0, LANE_NONE, 1 },
    { 200, EVENT_TASK_TAKE, 0, 0, 0, 0 },
    { 300, EVENT_TASK_TAKE, 0, 1, 0, 0 },
    { 400, EVENT_TASK_WAIT, 0, 1, 0, 0 },
    { 500, EVENT_CONN_OPEN, 0, 1, 1, 0 },
    { 600, EVENT_SAMPLE_MEMORY, LANE_NONE, MEMORY_PSS, 1, 2048 },
    { 600, EVENT_SAMPLE_MEMORY, LANE_NONE, MEMORY_RSS, 1, 3072 },
    { 600, EVENT_SAMPLE_MEMORY, LANE_NONE, MEMORY_KERNEL, 1, 100 },
    { 600, EVENT_SAMPLE_CORE, LANE_NONE, 0, 700, 600000 },
    { 700, EVENT_CROWD, LANE_NONE, CROWD_CONNECTED, 0, 4 },
    { 700, EVENT_CROWD, LANE_NONE, CROWD_DUE, 0, 12 },
    { 700, EVENT_CROWD, LANE_NONE, CROWD_DELIVERED, 0, 9 },
    { 700, EVENT_CROWD, LANE_NONE, CROWD_TWICE, 0, 0 },
    { 800, EVENT_MARK, LANE_NONE, MARK_USER, 0, 0 },
    { 900, EVENT_SERIALISE_BEGIN, 0, 0, 0, 0 },
    { 950, EVENT_SERIALISE_END, 0, 0, SAYS_COMPUTE, 4096 },
    { 1000, EVENT_TASK_RUN, 0, 0, 0, 0 },
    { 61000, EVENT_TASK_DONE, 0, 0, 0, 0 },
    { 61000, EVENT_LOOP_TURN, 0, 0, 1, 60000 * US },
    { 61000, EVENT_TASK_RUN, 0, 1, 0, 55000 * US },
    { 62000, EVENT_TASK_FAIL, 0, 1, 0, 0 },
    { 63000, EVENT_TASK_TAKE, 0, 2, 0, 0 },
    { 70000, EVENT_TASK_DONE, 0, 2, 0, 0 },
    { 99000, EVENT_LANE_CPU, 0, 0, 70000, 72000 * US },
    { 99000, EVENT_LANE_SWITCHES, 0, 0, 3, 4 },
    { 100000, EVENT_RUN_END, LANE_NONE, RUN_DONE, 0, 0 },
};
/* What speed-up is measured against. */
static const struct row serial_rows[] = {
    { 0, EVENT_RUN_GO, LANE_NONE, 2, 0, 0 },
    { 150000, EVENT_RUN_END, LANE_NONE, RUN_DONE, 0, 0 },
};

static void feed_rows(struct timeline *timeline, uint16_t run, const struct row *row, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct event event = { .time = GO + row[i].us * US,
                               .kind = (uint16_t)row[i].kind,
                               .run = run,
                               .lane = row[i].lane,
                               .object = row[i].object,
                               .a = row[i].a,
                               .b = row[i].b };
        timeline_feed(timeline, &event, 1);
    }
}

/* Run 0: threads, run 1: a loop, run 2: serial; of run 0 so many events are missing. */
static struct timeline *feed(enum switch_source source, uint64_t lost)
{
    struct timeline *timeline = timeline_new();
    static const char *const models[] = { "threads", "loop", "serial" };
    struct meta meta = { .run_count = 3, .param_count = 1 };
    for (size_t i = 0; i < 3; i++) {
        strcpy(meta.runs[i].model, models[i]);
        strcpy(meta.runs[i].switch_reason, "perf was refused");
        meta.runs[i].status = RUN_DONE;
        meta.runs[i].cores = 2;
        meta.runs[i].switch_source = source;
    }
    strcpy(meta.params[0].name, "switch_interval");
    meta.params[0].value = 5000 * (int64_t)US;
    timeline_tell(timeline, &meta, 0);
    feed_rows(timeline, 0, rows, sizeof rows / sizeof *rows);
    feed_rows(timeline, 1, loop_rows, sizeof loop_rows / sizeof *loop_rows);
    feed_rows(timeline, 2, serial_rows, sizeof serial_rows / sizeof *serial_rows);
    struct row loss = { 5000, EVENT_LOST, LANE_NONE, LOST_RING, 0, lost };
    if (lost > 0)
        feed_rows(timeline, 0, &loss, 1);
    timeline_tell(timeline, &meta, GO + 200000 * US);
    return timeline;
}

static void assert_explains(struct timeline *timeline, size_t run, enum explain_what what,
                            size_t index, uint64_t us, const char *wanted)
{
    struct buffer text = { 0 };
    explain(timeline, run, what, index, us == WHOLE ? us : us * US, &text);
    ck_assert_str_eq(buffer_string(&text), wanted);
    buffer_fini(&text);
}

/* clang-format off */
static const struct {
    size_t run;
    enum explain_what what;
    size_t index;
    uint64_t us;
    const char *wanted;
} cases[] = {
    { 0, EXPLAIN_LANE, 0, 2500,
      "w1 runs Python on a core (which: n/a, since no switch has told it yet) for 500us (since "
      "2ms), with task 7. It holds the GIL for 500us (since 2ms); nobody waits for it." },
    { 0, EXPLAIN_LANE, 1, 5000,
      "w3 waits for the GIL for 1.8ms (since 3.2ms). w1 holds it for 3ms (since 2ms) and runs "
      "Python since 2ms. Nobody asked for it yet (the switch interval is 5ms). A shorter interval "
      "would hand it over sooner." },
    { 0, EXPLAIN_LANE, 1, 8250,
      "w3 waits for the GIL for 5.05ms (since 3.2ms). w1 holds it for 6.25ms (since 2ms) and runs "
      "Python since 2ms. It was asked to drop it (after the switch interval, 5ms). A shorter "
      "interval would hand it over sooner." },
    { 0, EXPLAIN_LANE, 2, 9500,
      "w5 is on core1 for 500us (since 9ms): native code. It does not hold the GIL meanwhile, so "
      "others may." },
    { 0, EXPLAIN_LANE, 2, 10500,
      "w5 could go on, but the kernel gave its core to another for 500us (since 10ms). It holds "
      "no GIL. A core more, or a lane less, would let it go on." },
    { 0, EXPLAIN_LANE, 2, 12500,
      "w5 waits for the outside for 400us (since 12.1ms). It needs neither a core nor the GIL for "
      "that; only a faster answer ends it sooner, and more waits at once hide it." },
    { 0, EXPLAIN_LANE, 2, 13500,
      "w5 waits for lock 4 of the work for 500us (since 13ms), alone; who holds it: n/a "
      "(only who waited for it tells). To hold it for a shorter time would let it go on "
      "sooner." },
    { 0, EXPLAIN_LANE, 2, 14500,
      "w5 packs, unpacks or passes data between lanes for 500us (since 14ms). Smaller messages or "
      "shared memory would shorten it." },
    { 0, EXPLAIN_LANE, 2, 15500,
      "w5 is blocked for 500us (since 15ms): a system call of a step, the kernel blocked it. The "
      "kernel announces no reason: a page fault, a full pipe, a start. It holds no GIL." },
    { 0, EXPLAIN_LANE, 2, 17000,
      "w5 does not live at 17ms: it lives from 0ns to 16ms, where it died of a signal." },
    { 0, EXPLAIN_LANE, 2, 500,
      "w5 has no work for 500us (since 0ns): 0 tasks in the queue. More tasks, or fewer lanes, "
      "would leave it less idle." },
    { 0, EXPLAIN_LANE, 0, 9000,
      "w1 waits for the GIL for 700us (since 8.3ms), with task 7. w3 holds it for 700us (since "
      "8.3ms) and runs Python since 8.4ms. Nobody asked for it yet (the switch interval is 5ms). "
      "A shorter interval would hand it over sooner." },
    { 0, EXPLAIN_GIL, 0, 1000,
      "The GIL is free for 1ms (since 0ns). Nobody waits for it. Hand-overs so far: 0, of them "
      "forced: 0. Source: own events; the GIL is simulated." },
    { 0, EXPLAIN_GIL, 0, 5000,
      "The GIL: w1 holds it for 3ms (since 2ms) and runs Python since 2ms. 1 lane waits for it. "
      "Nobody asked for it yet (the switch interval is 5ms). A shorter interval would hand it "
      "over sooner. Hand-overs so far: 0, of them forced: 0. Source: own events; the GIL is "
      "simulated." },
    { 0, EXPLAIN_GIL, 0, 8250,
      "The GIL: w1 holds it for 6.25ms (since 2ms) and runs Python since 2ms. 1 lane waits for "
      "it. It was asked to drop it (after the switch interval, 5ms). A shorter interval would "
      "hand it over sooner. Hand-overs so far: 0, of them forced: 0. Source: own events; the GIL "
      "is simulated." },
    { 0, EXPLAIN_GIL, 3, 5000,
      "This run has no such GIL: nobody has to wait for one to run Python." },
    { 0, EXPLAIN_CORE, 0, 9000,
      "core0 has w3 on it, which runs Python since 8.4ms. In the last 9ms this run kept it 18 % "
      "busy, the whole machine n/a (no sample within). Source: the kernel's switches; the "
      "machine's from samples of /proc." },
    { 0, EXPLAIN_CORE, 1, 10500,
      "core1 has no lane of this run on it: it is free or has other work. In the last 10.5ms this "
      "run kept it 94 % busy, the whole machine n/a (no sample within). Source: the kernel's "
      "switches; the machine's from samples of /proc." },
    { 0, EXPLAIN_PROGRESS, 0, 5000,
      "Of 1 tasks 0 are done, 1 in flight, 0 waiting, 0 failed. Source: own events." },
    { 0, EXPLAIN_QUEUE, 0, 150,
      "1 task in the queue now, at most 1 so far. It grows while tasks come faster than lanes "
      "take them. Source: own events." },
    { 0, EXPLAIN_SWITCHES, 0, 15000,
      "So far lanes left their cores 3 times to wait and 1 times because the kernel preempted "
      "them. Source: each told by the kernel (perf)." },
    { 0, EXPLAIN_MEMORY, 0, 15000,
      "All processes of the run: PSS n/a (no sample up to here), RSS n/a (no sample up to here); "
      "the kernel's own share n/a (no sample up to here) by estimate. Pages that processes share "
      "count once in PSS. Source: samples of /proc." },
    { 0, EXPLAIN_LATENCY, 0, 15000,
      "How long tasks take: n/a (no task is done up to here)." },
    { 0, EXPLAIN_LOCK, 4, 13500,
      "Lock 4 of the work: 1 lane waits for it, w5 longest (since 13ms). Who holds it: n/a "
      "(only who waited for it tells). To hold it for a shorter time shortens the waits for it. "
      "Source: own events." },
    { 1, EXPLAIN_LOCK, 9, 13500,
      "Lock 9 of the work: no lane waits for it. Who holds it: n/a (only who waited for it "
      "tells). To hold it for a shorter time shortens the waits for it. Source: own events." },
    { 1, EXPLAIN_TASK, 2, 50,
      "Task 2 does not exist at 50us: nobody has submitted it." },
    { 1, EXPLAIN_TASK, 2, 150,
      "Task 2 waits to be taken for 50us (since 100us), with 3 in all. More lanes, or a loop that "
      "takes all at once, would let it begin sooner. Source: own events." },
    { 1, EXPLAIN_TASK, 1, 2000,
      "Task 1 waits for 1.6ms (since 400us), for the outside or a timer; the loop goes on with "
      "others meanwhile (waiting like it: 1). Only a faster answer ends it sooner. Source: own "
      "events." },
    { 1, EXPLAIN_TASK, 1, 10000,
      "Task 1 could go on for 4ms (since 6ms), but the loop does one thing at a time, and 1 in "
      "all are due now. Compute cut in smaller pieces, or given to a pool, would let it go on. "
      "Source: own events." },
    { 1, EXPLAIN_TASK, 0, 10000,
      "Task 0 runs for 9ms (since 1ms); 1 could go on too and wait. Source: own events." },
    { 1, EXPLAIN_TASK, 0, 65000,
      "Task 0 was done 4ms ago (at 61ms); it took 60.8ms. Source: own events." },
    { 1, EXPLAIN_TASK, 1, 65000,
      "Task 1 failed 3ms ago (at 62ms), after 61.7ms. Source: own events." },
    { 1, EXPLAIN_MARK, 0, 0,
      "At 800us: mark. It was set by hand." },
    { 1, EXPLAIN_MARK, 99, 0,
      "n/a: there is no such mark." },
    { 1, EXPLAIN_DIAGNOSIS, 0, 0,
      "Diagnosis: blocked loop, best seen at 31ms: what could go on had to wait 60ms for the loop, "
      "which was at one thing for 30ms in the mean and spent 100 % of that time in `run`; 1 task was "
      "due near its end. Cut the compute in pieces, make the call one that can be waited on, or give it "
      "to a pool (hybrid)." },
    { 1, EXPLAIN_DIAGNOSIS, 9, 0,
      "n/a: there is no such diagnosis." },
    { 1, EXPLAIN_MEMORY, 0, 50000,
      "All processes of the run: PSS 2MiB, RSS 3MiB; the kernel's own share 100KiB by estimate. "
      "Pages that processes share count once in PSS. Source: samples of /proc." },
    { 1, EXPLAIN_HISTOGRAM, 0, 50000,
      "How long tasks take: n/a (no task is done up to here)." },
    { 1, EXPLAIN_CONNECTIONS, 0, 50000,
      "Connections open now: 1, at most 1 so far. Source: own events." },
    { 1, EXPLAIN_CROWD, 0, 50000,
      "Connected of the crowd: 4; of 12 deliveries due 9 came, and 0 came again. Source: counted "
      "by the crowd, outside the model." },
    { 1, EXPLAIN_LAG, 0, 50000,
      "How late a loop was: n/a (no loop has turned)." },
    { 1, EXPLAIN_SPLIT, 0, 50000,
      "Of the workers' lives up to here: runs Python 100 %. Source: own events and the kernel's "
      "switches." },
    { 1, EXPLAIN_LATENCY, 0, WHOLE,
      "Of the tasks done so far half took at most 7ms, 99 of 100 at most 60.6ms, the longest "
      "60.8ms. Source: own events." },
    { 1, EXPLAIN_LAG, 0, WHOLE,
      "A loop does one thing at a time: the longest that its turn came late so far is 60ms. "
      "Compute cut in smaller pieces, or given to a pool, would shorten it. Source: own events." },
    { 1, EXPLAIN_SPLIT, 0, WHOLE,
      "Of the workers' lives up to here: runs Python 100 %. Source: own events and the kernel's "
      "switches." },
    { 1, EXPLAIN_WALL, 0, WHOLE,
      "100ms from go to the last result, start-up included. Source: own events." },
    { 1, EXPLAIN_SPEEDUP, 0, WHOLE,
      "1.50 times as fast as serial in this race. Source: own events." },
    { 1, EXPLAIN_P50, 0, WHOLE,
      "Half of the 2 tasks took at most 7ms, counted from when it was taken. Source: own events." },
    { 1, EXPLAIN_P99, 0, WHOLE,
      "99 of 100 of the 2 tasks took at most 60.6ms, counted from when it was taken. Source: own "
      "events." },
    { 1, EXPLAIN_MEMORY_PEAK, 0, WHOLE,
      "At most 2MiB of memory (PSS: shared pages count once), 3MiB RSS; the kernel's own share, "
      "100KiB, is beside it by estimate. Source: samples of /proc." },
    { 1, EXPLAIN_CPU, 0, WHOLE,
      "70ms of CPU in the program and 2ms in the kernel for it. Source: counted by the kernel." },
    { 1, EXPLAIN_GIL_WAITED, 0, WHOLE,
      "All lanes together waited 0ns for the GIL, which was held 99.8ms. Source: own events; the "
      "GIL is simulated." },
    { 1, EXPLAIN_HANDOVERS, 0, WHOLE,
      "0 times another lane took the GIL than before, 0 times because it asked for it; while "
      "contended it changed hands each n/a (nobody had to wait for it). Source: own events; the "
      "GIL is simulated." },
    { 1, EXPLAIN_THROUGHPUT, 0, WHOLE,
      "20 tasks a second, 2 in all. Source: own events." },
    { 1, EXPLAIN_FAILED, 0, WHOLE,
      "1 of 3 tasks failed. Source: own events." },
    { 1, EXPLAIN_LOST, 0, WHOLE,
      "0 events did not fit and are missing, 31 came through; of 0 lanes nothing is known. Rings "
      "that are full lose events rather than hold up the work." },
    { 1, EXPLAIN_VOLUNTARY, 0, WHOLE,
      "0 times a lane left its core by itself, to wait for something. Source: each told by the "
      "kernel (perf)." },
    { 1, EXPLAIN_INVOLUNTARY, 0, WHOLE,
      "0 times the kernel took a lane off its core for another. Source: each told by the kernel "
      "(perf)." },
    { 1, EXPLAIN_STARTUP, 0, WHOLE,
      "200us from go until the first task was taken: the start of the lanes. Source: own events." },
    { 1, EXPLAIN_QUEUE_WAIT, 0, WHOLE,
      "99 of 100 tasks waited at most 62.7ms until one took them; the depth was 0.632 in the "
      "mean. Source: own events." },
    { 1, EXPLAIN_SERIALISED, 0, WHOLE,
      "4KiB were packed to travel between lanes; shared memory needs none of it. Source: own "
      "events." },
    { 0, EXPLAIN_CONNECTIONS, 0, 5000,
      "Connections: n/a (none was opened)." },
    { 0, EXPLAIN_CROWD, 0, 5000,
      "What the crowd was told: n/a (nobody counts it)." },
    { 0, EXPLAIN_LAG, 0, 5000,
      "How late a loop was: n/a (no loop has turned)." },
    { 0, EXPLAIN_WALL, 0, 5000,
      "How long it took: n/a (the run is not over)." },
    { 0, EXPLAIN_SPEEDUP, 0, 5000,
      "How much faster than serial: n/a (no run of serial in this race ended well, or this one "
      "did not)." },
    { 0, EXPLAIN_P50, 0, 5000,
      "How long tasks take: n/a (no task is done up to here)." },
    { 0, EXPLAIN_CPU, 0, 5000,
      "How much CPU it took: n/a (no lane has told its totals up to here)." },
    { 0, EXPLAIN_HANDOVERS, 0, 5000,
      "0 times another lane took the GIL than before, 0 times because it asked for it; while "
      "contended it changed hands each n/a (nobody had to wait for it). Source: own events; the "
      "GIL is simulated." },
    { 0, EXPLAIN_VOLUNTARY, 0, 5000,
      "2 times a lane left its core by itself, to wait for something. Source: each told by the "
      "kernel (perf)." },
};
/* clang-format on */

START_TEST(each_row_says_what_the_trace_holds)
{
    struct timeline *timeline = feed(SOURCE_PERF, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_explains(timeline, cases[i].run, cases[i].what, cases[i].index, cases[i].us,
                        cases[i].wanted);
    timeline_free(timeline);
}
END_TEST

START_TEST(every_state_and_figure_is_among_them)
{
    struct timeline *timeline = feed(SOURCE_PERF, 0);
    bool state[STATE_COUNT + 1] = { false }, what[EXPLAIN_COUNT] = { false };
    bool task[TASK_STATE_COUNT] = { false };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lane_moment at;
        uint64_t since;
        what[cases[i].what] = true;
        timeline_lane_at(timeline, cases[i].run, cases[i].index, cases[i].us * US, &at);
        if (cases[i].what == EXPLAIN_LANE)
            state[at.state] = true;
        if (cases[i].what == EXPLAIN_TASK)
            task[timeline_task_at(timeline, cases[i].run, (uint32_t)cases[i].index,
                                  cases[i].us * US, &since)] = true;
    }
    for (int i = 0; i <= STATE_COUNT; i++)
        ck_assert_msg(state[i], "no case for state %d", i);
    for (int i = 0; i < TASK_STATE_COUNT; i++)
        ck_assert_msg(task[i], "no case for task state %d", i);
    for (int i = 0; i < EXPLAIN_COUNT; i++)
        ck_assert_msg(what[i], "no case for figure %d", i);
    timeline_free(timeline);
}
END_TEST

/* Wherever it is asked, a sentence is whole: no brace, no blank twice, and every n/a has its reason. */
START_TEST(every_sentence_is_whole)
{
    static const enum switch_source sources[] = { SOURCE_PERF, SOURCE_RUSAGE };
    for (size_t k = 0; k < 4; k++) {
        struct timeline *timeline = feed(sources[k % 2], k / 2 * 7);
        for (size_t i = 0; i < 3 * EXPLAIN_COUNT * 12; i++) {
            struct buffer text = { 0 };
            size_t what = i / 3 % EXPLAIN_COUNT, step = i / 3 / EXPLAIN_COUNT;
            explain(timeline, i % 3, (enum explain_what)what, step % 3,
                    step == 11 ? WHOLE : step * 9100 * US, &text);
            const char *says = buffer_string(&text);
            ck_assert_msg(text.size > 10 && strpbrk(says, "{}") == NULL &&
                              strstr(says, "  ") == NULL && says[text.size - 1] == '.',
                          "what %zu: '%s'", what, says);
            for (const char *at = strstr(says, "n/a"); at != NULL; at = strstr(at + 3, "n/a"))
                ck_assert_msg(strncmp(at + 3, " (", 2) == 0 || strncmp(at + 3, ": ", 2) == 0 ||
                                  strncmp(at + 3, ", since ", 8) == 0,
                              "what %zu: an n/a without reason: '%s'", what, says);
            buffer_fini(&text);
        }
        timeline_free(timeline);
    }
}
END_TEST

/* Without the kernel's switches: n/a, and why. */
START_TEST(what_is_not_known_is_told)
{
    struct timeline *timeline = feed(SOURCE_RUSAGE, 0);
    assert_explains(
        timeline, 0, EXPLAIN_LANE, 0, 2500,
        "w1 runs Python on a core (which: n/a, since only perf tells) for 500us (since "
        "2ms), with task 7. It holds the GIL for 500us (since 2ms); nobody waits for it.");
    assert_explains(
        timeline, 0, EXPLAIN_CORE, 0, 9000,
        "core0 may have a lane on it: n/a (only perf tells, and 'lockstep doctor' says why "
        "it is not there). In the last 9ms this run kept it n/a (only perf tells) busy, "
        "the whole machine n/a (no sample within).");
    assert_explains(
        timeline, 0, EXPLAIN_SWITCHES, 0, 9000,
        "How often lanes left their cores: n/a (no lane has told its totals up to here). "
        "Source: totals of ended lanes (rusage), since perf was refused.");
    assert_explains(
        timeline, 1, EXPLAIN_VOLUNTARY, 0, WHOLE,
        "3 times a lane left its core by itself, to wait for something. Source: totals of "
        "ended lanes (rusage), since perf was refused.");
    assert_explains(
        timeline, 1, EXPLAIN_SPLIT, 0, WHOLE,
        "Of the workers' lives up to here: runs Python 100 %. How long they waited for a "
        "core: n/a, since perf was refused.");
    assert_explains(timeline, 0, EXPLAIN_LANE, 99, 0, "n/a: there is no such lane.");
    struct buffer text = { 0 };
    explain(timeline, 5, EXPLAIN_GIL, 0, 0, &text);
    ck_assert_str_eq(buffer_string(&text), "n/a: this run has not begun.");
    buffer_fini(&text);
    timeline_free(timeline);
}
END_TEST

/* What is sure without a loss is not sure with one. */
START_TEST(a_loss_is_told)
{
    struct timeline *timeline = feed(SOURCE_PERF, 7);
    assert_explains(timeline, 0, EXPLAIN_LANE, 2, 9500,
                    "w5 is on core1 for 500us (since 9ms): native code. It does not hold the GIL "
                    "meanwhile, so others may. Not sure: 7 events of this run are missing.");
    assert_explains(
        timeline, 0, EXPLAIN_PROGRESS, 0, 5000,
        "Of 1 tasks 0 are done, 1 in flight, 0 waiting, 0 failed. Source: own events, of "
        "which 7 are missing: not sure.");
    timeline_free(timeline);
}
END_TEST

static bool is_word(const char *name, size_t length)
{
    const struct explain_word *const tables[] = { explain_words, explain_figure_words };
    for (size_t i = 0; i < 2; i++)
        for (const struct explain_word *word = tables[i]; word->name != NULL; word++)
            if (strlen(word->name) == length && strncmp(word->name, name, length) == 0)
                return true;
    return false;
}

static void assert_words(const char *row)
{
    for (const char *at = strchr(row, '{'); at != NULL; at = strchr(at + 1, '{'))
        ck_assert_msg(is_word(at + 1, strcspn(at + 1, "}")), "'%s': no such word", at);
}

/* Every word in braces is one there is: none is left out of a sentence in silence. */
START_TEST(every_word_is_known)
{
    for (int i = 0; i <= STATE_COUNT; i++)
        assert_words(explain_state_rows[i]);
    for (int i = 0; i < TASK_STATE_COUNT; i++)
        assert_words(explain_task_rows[i]);
    for (int i = 0; i < EXPLAIN_COUNT; i++) {
        const struct explain_unknown *unknown = &explain_unknown_rows[i];
        assert_words(explain_figure_rows[i]);
        assert_words(unknown->word != NULL ? unknown->row : "");
        ck_assert(unknown->word == NULL || is_word(unknown->word, strlen(unknown->word)));
    }
    ck_assert(!is_word("nonsense", 8));
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
    struct timeline *timeline = feed(SOURCE_PERF, 0);
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

/* Whoever asks about all moments at once is told the same. */
START_TEST(many_moments_tell_what_each_tells)
{
    enum { MOMENTS = 64 };
    struct timeline *timeline = feed(SOURCE_PERF, 0);
    size_t told = 0;
    for (size_t run = 0; run < 3; run++) {
        uint64_t times[MOMENTS] = { 0 };
        struct buffer texts[MOMENTS] = { 0 };
        size_t count = 1;
        for (; count < MOMENTS; count++) {
            times[count] = timeline_step(timeline, run, times[count - 1], 1);
            if (times[count] == times[count - 1])
                break;
        }
        explain_events(timeline, run, times, count, texts);
        for (size_t i = 0; i < count; i++) {
            struct buffer one = { 0 };
            if (explain_event(timeline, run, times[i], &one)) {
                ck_assert_str_eq(buffer_string(&texts[i]), buffer_string(&one));
                told++;
            } else {
                ck_assert_uint_eq(texts[i].size, 0);
            }
            buffer_fini(&one);
            buffer_fini(&texts[i]);
        }
    }
    ck_assert_uint_gt(told, 15);
    timeline_free(timeline);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain");
    TCase *tcase = tcase_create("explain");
    tcase_add_test(tcase, each_row_says_what_the_trace_holds);
    tcase_add_test(tcase, every_state_and_figure_is_among_them);
    tcase_add_test(tcase, every_sentence_is_whole);
    tcase_add_test(tcase, what_is_not_known_is_told);
    tcase_add_test(tcase, a_loss_is_told);
    tcase_add_test(tcase, every_word_is_known);
    tcase_add_test(tcase, each_moment_tells_what_happened);
    tcase_add_test(tcase, many_moments_tell_what_each_tells);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
