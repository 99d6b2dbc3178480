/*
 * trace/drain: the kernel's records of switches, against what the kernel counted itself; and the totals
 * that are read where records are refused.
 */
#include "base/clock.h"
#include "drained.h"
#include "platform/platform.h"
#include "rings.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void compute_for(uint64_t ns)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    uint64_t end = (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec + ns;
    do {
        for (volatile int i = 0; i < 2000; i++)
            continue;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    } while ((uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec < end);
}

/* Blocks, yields and computes for a while as a lane. */
static void live_as_lane(const struct arena *arena, uint32_t index)
{
    struct ring_writer writer;
    if (!ring_open(&writer, arena, 0, ROLE_WORKER, index))
        _exit(9);
    for (int i = 0; i < 40; i++) {
        compute_for(800 * NS_PER_US);
        nap_us(200);
        sched_yield();
        ring_emit(&writer, EVENT_TASK_TAKE, (uint32_t)i, 0, 0);
    }
    ring_close(&writer, arena);
}

static void *live_body(void *argument)
{
    const struct thread_job *job = argument;
    live_as_lane(job->arena, job->index);
    /* After its end a thread's switches are nobody's. */
    nap_us(2000);
    return NULL;
}

enum { THREAD_LANES = 4, PROCESS_LANES = 4, STAGE_LANES = 1 + THREAD_LANES + PROCESS_LANES };

/* A stage: waits for go, is a lane itself, and starts threads and processes that are. */
static void stage(const struct arena *arena, pid_t parent)
{
    platform_die_with_parent(SIGKILL, parent);
    arena_wait(&arena_run(arena, 0)->go, 0, 20 * NS_PER_S);
    struct ring_writer writer;
    if (!ring_open(&writer, arena, 0, ROLE_MAIN, 0))
        _exit(9);
    pthread_t threads[THREAD_LANES];
    struct thread_job jobs[THREAD_LANES];
    pid_t children[PROCESS_LANES];
    for (uint32_t i = 0; i < PROCESS_LANES; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            live_as_lane(arena, 100 + i);
            _exit(0);
        }
    }
    for (uint32_t i = 0; i < THREAD_LANES; i++) {
        jobs[i] = (struct thread_job){ arena, i };
        if (pthread_create(&threads[i], NULL, live_body, &jobs[i]) != 0)
            _exit(9);
    }
    for (uint32_t i = 0; i < THREAD_LANES; i++)
        pthread_join(threads[i], NULL);
    for (uint32_t i = 0; i < PROCESS_LANES; i++)
        waitpid(children[i], NULL, 0);
    ring_close(&writer, arena);
}

static pid_t start_stage(const struct arena *arena)
{
    pid_t parent = getpid(), child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        stage(arena, parent);
        _exit(0);
    }
    return child;
}

static void let_go(const struct arena *arena)
{
    atomic_store(&arena_run(arena, 0)->go, 1);
    arena_wake(&arena_run(arena, 0)->go);
}

static uint64_t apart(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

static void check_switches(const struct seen_lane *lane, uint32_t index)
{
    ck_assert_msg(lane->began && lane->ended && lane->said, "lane %u", index);
    uint64_t perf = lane->out + lane->preempted;
    uint64_t counted = lane->said_voluntary + lane->said_involuntary;
    uint64_t may = counted / 100 > 2 ? counted / 100 : 2;
    ck_assert_msg(apart(perf, counted) <= may, "lane %u: %llu switches recorded, %llu counted",
                  index, (unsigned long long)perf, (unsigned long long)counted);
    ck_assert_msg(apart(lane->preempted, lane->said_involuntary) <= may,
                  "lane %u: %llu preemptions recorded, %llu counted", index,
                  (unsigned long long)lane->preempted, (unsigned long long)lane->said_involuntary);
}

static bool on_core_agrees(const struct seen_lane *lane)
{
    uint64_t switches = lane->said_voluntary + lane->said_involuntary;
    uint64_t may = lane->said_on_core_ns / 50 + 10 * NS_PER_US * (switches + 1);
    return apart(lane->on_core_ns, lane->said_on_core_ns) <= may;
}

/* One stage, watched from before its go to its end. Says which lanes' on-core times agree with their
 * clocks; false where the kernel refuses. */
static bool watch_stage(bool agrees[STAGE_LANES])
{
    struct arena arena = make_arena(2, LANES);
    struct seen *seen = calloc(1, sizeof *seen);
    struct drain *drain = drain_new(&arena, clock_now());
    struct error error;
    int fds[PLATFORM_CORES_MAX], status;
    pid_t child = start_stage(&arena);
    bool watched = drain_attach(drain, 0, child, &error) == SOURCE_PERF;
    if (watched) {
        ck_assert_uint_gt(drain_fds(drain, fds, PLATFORM_CORES_MAX), 0);
        seen->may_be_late = true;
        let_go(&arena);
        see_lanes_end(drain, seen, STAGE_LANES);
    } else {
        printf("skipped: %s\n", error.text);
        kill(child, SIGKILL);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    drain_detach(drain, 0);
    see(drain, seen, true);
    for (uint32_t i = 0; watched && i < STAGE_LANES; i++) {
        check_switches(&seen->lanes[i], i);
        agrees[i] |= on_core_agrees(&seen->lanes[i]);
    }
    ck_assert(!watched || status == 0);
    ck_assert_uint_eq(drain_lost(drain, LOST_KERNEL), 0);
    ck_assert_uint_eq(drain_lost(drain, LOST_RING), 0);
    /* The stage before it was a lane, and the threads after their ends. */
    ck_assert(!watched || drain_unknown(drain) > 0);
    ck_assert_uint_eq(drain_fds(drain, fds, PLATFORM_CORES_MAX), 0);
    drain_free(drain);
    free(seen);
    arena_unmap(&arena);
    return watched;
}

/* Counts of switches must agree each time. What a virtual machine's host takes away stands between
 * two switches and in no thread's clock, so of times each lane must agree once in a few trials. */
START_TEST(switches_agree_with_what_the_kernel_counted)
{
    enum { TRIALS = 8 };
    bool agrees[STAGE_LANES] = { false }, all = false;
    for (int trial = 0; trial < TRIALS && !all; trial++) {
        if (!watch_stage(agrees))
            return;
        all = true;
        for (uint32_t i = 0; i < STAGE_LANES; i++)
            all &= agrees[i];
    }
    ck_assert_msg(all, "a lane's time on a core never agreed with its own clock");
}
END_TEST

START_TEST(where_perf_is_refused_totals_are_read)
{
    struct arena arena = make_arena(2, LANES);
    struct seen *seen = calloc(1, sizeof *seen);
    struct drain *drain = drain_new(&arena, clock_now());
    struct error error = { "" };
    struct platform_usage usage;
    if (!platform_thread_usage(getpid(), platform_tid(), &usage)) {
        puts("skipped: what a thread used is not known here");
        return;
    }
    pid_t child = start_stage(&arena);
    platform_inject(&(struct platform_faults){ .switches_errno = EACCES });
    ck_assert_int_eq(drain_attach(drain, 0, child, &error), SOURCE_RUSAGE);
    platform_inject(NULL);
    ck_assert_ptr_nonnull(strstr(error.text, "perf_event"));
    seen->may_be_late = true;
    let_go(&arena);
    see_lanes_end(drain, seen, STAGE_LANES);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    drain_detach(drain, 0);
    see(drain, seen, true);
    uint64_t sampled = 0;
    for (uint32_t i = 0; i < STAGE_LANES; i++) {
        const struct seen_lane *lane = &seen->lanes[i];
        ck_assert(lane->began && lane->ended && lane->said);
        ck_assert_uint_eq(lane->out + lane->preempted, 0);
        ck_assert_uint_gt(lane->said_on_core_ns, 0);
        sampled += lane->totals - 1;
    }
    ck_assert_uint_gt(sampled, 0);
    drain_free(drain);
    free(seen);
    arena_unmap(&arena);
}
END_TEST

int main(void)
{
    stamp_init();
    Suite *suite = suite_create("drain-switches");
    TCase *kernel = tcase_create("kernel");
    tcase_set_timeout(kernel, 120);
    tcase_add_test(kernel, switches_agree_with_what_the_kernel_counted);
    tcase_add_test(kernel, where_perf_is_refused_totals_are_read);
    suite_add_tcase(suite, kernel);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
