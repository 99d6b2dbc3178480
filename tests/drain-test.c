/*
 * trace/drain: from rings to one sequence by time, against what the lanes wrote and the clock said;
 * what is lost or late is counted.
 */
#include "base/clock.h"
#include "drained.h"
#include "rings.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(four_processes_become_one_sequence)
{
    enum { WRITERS = 4, MARKS = 100000 };
    struct arena arena = make_arena(2, 64);
    struct seen *seen = calloc(1, sizeof *seen);
    struct drain *drain = drain_new(&arena, clock_now());
    pid_t children[WRITERS];
    /* A writer that loses its core between stamp and store for longer than the hold-back is late. */
    seen->may_be_late = true;
    for (uint32_t i = 0; i < WRITERS; i++) {
        children[i] = fork();
        ck_assert_int_ge(children[i], 0);
        if (children[i] == 0) {
            write_marks(&arena, i, MARKS, true);
            _exit(0);
        }
    }
    see_lanes_end(drain, seen, WRITERS);
    for (uint32_t i = 0; i < WRITERS; i++) {
        ck_assert_int_eq(waitpid(children[i], NULL, 0), children[i]);
        ck_assert(seen->lanes[i].began && seen->lanes[i].ended);
        ck_assert_uint_eq(seen->lanes[i].next, MARKS);
        ck_assert_uint_eq(seen->lanes[i].lost, 0);
    }
    ck_assert_uint_eq(seen->events, drain_seen(drain));
    ck_assert_uint_eq(drain_lost(drain, LOST_RING), 0);
    ck_assert_uint_le(drain_late(drain), WRITERS * 10);
    drain_free(drain);
    free(seen);
    arena_unmap(&arena);
}
END_TEST

static void *mark_body(void *argument)
{
    const struct thread_job *job = argument;
    write_marks(job->arena, job->index, 10000, true);
    return NULL;
}

START_TEST(threads_of_one_process_become_one_sequence)
{
    enum { WRITERS = 4 };
    struct arena arena = make_arena(2, 10000);
    struct seen *seen = calloc(1, sizeof *seen);
    struct drain *drain = drain_new(&arena, clock_now());
    pthread_t threads[WRITERS];
    struct thread_job jobs[WRITERS];
    seen->may_be_late = true;
    for (uint32_t i = 0; i < WRITERS; i++) {
        jobs[i] = (struct thread_job){ &arena, i };
        ck_assert_int_eq(pthread_create(&threads[i], NULL, mark_body, &jobs[i]), 0);
    }
    see_lanes_end(drain, seen, WRITERS);
    for (uint32_t i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_uint_eq(seen->lanes[i].next, 10000);
    }
    drain_free(drain);
    free(seen);
    arena_unmap(&arena);
}
END_TEST

START_TEST(events_wait_for_the_hold_back)
{
    struct arena arena = make_arena(2, 4);
    uint64_t base_ns = clock_now();
    struct drain *drain = drain_new(&arena, base_ns);
    struct ring_writer writer;
    const struct event own = { .kind = EVENT_PARAM_SET, .run = 1, .lane = LANE_NONE, .b = 5 };
    struct event got[3];
    size_t count = 0;
    ck_assert(ring_open(&writer, &arena, 1, ROLE_MAIN, 0));
    drain_add(drain, clock_now(), &own);
    ring_emit(&writer, EVENT_MARK, 0, 0, 7);
    for (uint64_t end = clock_now() + 10 * NS_PER_S; count < 3 && clock_now() < end;) {
        struct drained drained = drain_pass(drain, false);
        uint64_t now_ns = clock_now() - base_ns;
        for (size_t i = 0; i < drained.count; i++) {
            ck_assert_uint_gt(now_ns, drained.events[i].time + 20 * NS_PER_MS);
            ck_assert_uint_lt(count, 3);
            got[count++] = drained.events[i];
        }
        nap_us(1000);
    }
    ck_assert_uint_eq(count, 3);
    ck_assert_uint_eq(got[0].kind, EVENT_LANE_BEGIN);
    ck_assert_uint_eq(got[1].kind, EVENT_PARAM_SET);
    ck_assert_uint_eq(got[2].kind, EVENT_MARK);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(got[i].run, 1);
    ck_assert_uint_eq(drain_late(drain), 0);
    drain_free(drain);
    arena_unmap(&arena);
}
END_TEST

START_TEST(what_comes_late_keeps_its_time_and_is_counted)
{
    struct arena arena = make_arena(2, 4);
    struct drain *drain = drain_new(&arena, clock_now());
    struct ring_writer writer;
    ck_assert(ring_open(&writer, &arena, 0, ROLE_MAIN, 0));
    nap_us(5000);
    uint64_t stamp = stamp_now();
    nap_us(50000);
    ck_assert_uint_eq(drain_pass(drain, false).count, 1);
    ring_emit_at(&writer, stamp, EVENT_MARK, 0, 0, 0);
    /* From the future, as a slot that was written wildly: it is held to now. */
    ring_emit_at(&writer, UINT64_MAX - 3, EVENT_MARK, 0, 0, 1);
    struct drained drained = drain_pass(drain, false);
    ck_assert_uint_eq(drained.count, 1);
    ck_assert_uint_eq(drained.events[0].b, 0);
    uint64_t late_ns = drained.events[0].time;
    drained = drain_pass(drain, true);
    ck_assert_uint_eq(drained.count, 1);
    ck_assert_uint_eq(drained.events[0].b, 1);
    ck_assert_uint_gt(drained.events[0].time, late_ns + 40 * NS_PER_MS);
    ck_assert_uint_le(drained.events[0].time, drained.until_ns);
    ck_assert_uint_eq(drain_late(drain), 1);
    ck_assert_uint_eq(drain_seen(drain), 3);
    drain_free(drain);
    arena_unmap(&arena);
}
END_TEST

static int compare_u64(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;
    return (one > two) - (one < two);
}

/* Each mark carries the clock that was read together with its stamp. */
START_TEST(event_times_are_those_of_the_clock)
{
    enum { PAIRS = 400 };
    struct arena arena = make_arena(2, 4);
    uint64_t base_ns = clock_now(), errors[PAIRS], last_ns = 0;
    struct drain *drain = drain_new(&arena, base_ns);
    struct ring_writer writer;
    size_t count = 0;
    ck_assert(ring_open(&writer, &arena, 0, ROLE_MAIN, 0));
    for (size_t i = 0; i < PAIRS + 60; i++) {
        if (i < PAIRS) {
            struct stamp_pair pair = stamp_pair();
            ring_emit_at(&writer, pair.stamp, EVENT_MARK, 0, 0, pair.clock_ns);
        }
        nap_us(1000);
        struct drained drained = drain_pass(drain, i == PAIRS + 59);
        for (size_t e = 0; e < drained.count; e++) {
            const struct event *event = &drained.events[e];
            ck_assert_uint_ge(event->time, last_ns);
            last_ns = event->time;
            uint64_t ns = event->time + base_ns;
            if (event->kind == EVENT_MARK)
                errors[count++] = ns > event->b ? ns - event->b : event->b - ns;
        }
    }
    ck_assert_uint_eq(count, PAIRS);
    qsort(errors, count, sizeof errors[0], compare_u64);
    /* An undisturbed pair is good for some 10 ns; the bound is wide because machines are busy. */
    ck_assert_msg(errors[PAIRS / 2] <= 250, "the median error is %llu ns",
                  (unsigned long long)errors[PAIRS / 2]);
    drain_free(drain);
    arena_unmap(&arena);
}
END_TEST

START_TEST(what_is_lost_is_told)
{
    struct arena arena = make_arena(2, 1000);
    struct drain *drain = drain_new(&arena, clock_now());
    struct ring_writer writer, other;
    ck_assert(ring_open(&writer, &arena, 0, ROLE_WORKER, 0));
    for (uint64_t i = 0; i < 20000; i++)
        ring_emit(&writer, EVENT_MARK, 0, 0, i);
    drain_pass(drain, false);
    ring_emit(&writer, EVENT_MARK, 0, 0, 20000);
    drain_pass(drain, false);
    uint64_t lost = drain_lost(drain, LOST_RING);
    ck_assert_uint_eq(lost, 1 + 20000 - (arena_run(&arena, 0)->ring_events - RING_RESERVE));
    /* One that dies with an untold loss. */
    for (uint64_t i = 0; i < 20000; i++)
        ring_emit(&writer, EVENT_MARK, 0, 0, i);
    ck_assert_uint_gt(atomic_load(&arena_lane(&arena, 0, 0)->lost), 0);
    lost += atomic_load(&arena_lane(&arena, 0, 0)->lost);
    /* Lanes that found no ring. */
    for (uint32_t i = 1; i < 1003; i++)
        ring_open(&other, &arena, 0, ROLE_CONNECTION, i);
    drain_detach(drain, 0);
    struct drained drained = drain_pass(drain, true);
    uint64_t told[LOST_WHERE_COUNT] = { 0 };
    for (size_t i = 0; i < drained.count; i++) {
        if (drained.events[i].kind == EVENT_LOST)
            told[drained.events[i].object] += drained.events[i].b;
    }
    ck_assert_uint_eq(drain_lost(drain, LOST_RING), lost);
    ck_assert_uint_eq(told[LOST_RING], lost);
    ck_assert_uint_eq(drain_lost(drain, LOST_LANE), 3);
    ck_assert_uint_eq(told[LOST_LANE], 3);
    drain_free(drain);
    arena_unmap(&arena);
}
END_TEST

START_TEST(an_untraced_race_has_no_source)
{
    const struct arena_options options = { .run_count = 1, .lane_capacity = { 1 } };
    struct arena arena;
    struct error error;
    ck_assert(arena_new(&arena, &options, NULL));
    struct drain *drain = drain_new(&arena, clock_now());
    ck_assert_int_eq(drain_attach(drain, 0, getpid(), &error), SOURCE_NONE);
    ck_assert_str_eq(switch_source_names[SOURCE_NONE], "none");
    ck_assert_str_eq(switch_source_names[SOURCE_PERF], "perf");
    ck_assert_str_eq(switch_source_names[SOURCE_RUSAGE], "rusage");
    drain_detach(drain, 0);
    drain_detach(drain, 0);
    ck_assert_uint_eq(drain_pass(drain, true).count, 0);
    drain_free(drain);
    drain_free(NULL);
    arena_unmap(&arena);
}
END_TEST

int main(void)
{
    stamp_init();
    Suite *suite = suite_create("drain");
    TCase *whole = tcase_create("whole");
    tcase_set_timeout(whole, 120);
    tcase_add_test(whole, four_processes_become_one_sequence);
    tcase_add_test(whole, threads_of_one_process_become_one_sequence);
    tcase_add_test(whole, events_wait_for_the_hold_back);
    tcase_add_test(whole, what_comes_late_keeps_its_time_and_is_counted);
    tcase_add_test(whole, event_times_are_those_of_the_clock);
    tcase_add_test(whole, what_is_lost_is_told);
    tcase_add_test(whole, an_untraced_race_has_no_source);
    suite_add_tcase(suite, whole);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
