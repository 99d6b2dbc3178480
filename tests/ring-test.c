/*
 * trace/ring: held against what its header promises: nothing comes twice, in another order or half;
 * what does not fit is counted; a writer may die anywhere.
 */
#include "base/clock.h"
#include "platform/platform.h"
#include "rings.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AFTER_FIRST = 4 }; /* the first lane whose ring is small where lanes are many */

START_TEST(a_lane_begins_and_ends)
{
    struct arena arena = make_arena(1, 2);
    struct ring_writer first, second, third;
    ck_assert(ring_open(&first, &arena, 0, ROLE_MAIN, 0));
    ck_assert(ring_open(&second, &arena, 0, ROLE_WORKER, 5));
    ck_assert(!ring_open(&third, &arena, 0, ROLE_WORKER, 6));
    ring_emit(&third, EVENT_MARK, 0, 0, 0);
    ring_usage(&third);
    ring_close(&third, &arena);
    ring_emit(NULL, EVENT_MARK, 0, 0, 0);

    const struct arena_lane *row = arena_lane(&arena, 0, 1);
    ck_assert_uint_eq(second.lane, 1);
    ck_assert_uint_eq(atomic_load(&row->alive), 1);
    ck_assert_int_eq(atomic_load(&row->pid), getpid());
    ck_assert_int_eq(atomic_load(&row->tid), platform_tid());
    ck_assert_uint_eq(atomic_load(&row->role_and_index), ROLE_WORKER | 5 << 8);
    ring_emit(&second, EVENT_TASK_TAKE, 9, 8, 7);
    ring_close(&second, &arena);
    ring_emit(&second, EVENT_MARK, 0, 0, 0);
    ck_assert_uint_eq(atomic_load(&row->alive), 2);

    struct event got[16];
    size_t count = ring_drain(&arena, 0, 1, got, 16);
    ck_assert_uint_ge(count, 3);
    ck_assert_uint_eq(got[0].kind, EVENT_LANE_BEGIN);
    ck_assert_uint_eq(got[0].object, ROLE_WORKER | 5 << 8);
    ck_assert_uint_eq(got[0].a, (uint32_t)platform_tid());
    ck_assert_uint_eq(got[0].b, (uint64_t)getpid());
    ck_assert_uint_eq(got[1].kind, EVENT_TASK_TAKE);
    ck_assert_uint_eq(got[1].object, 9);
    ck_assert_uint_eq(got[1].a, 8);
    ck_assert_uint_eq(got[1].b, 7);
    ck_assert_uint_eq(got[count - 1].kind, EVENT_LANE_END);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(got[i].lane, 1);
        ck_assert_uint_eq(got[i].run, 0);
        ck_assert(i == 0 || got[i].time >= got[i - 1].time);
    }
    ck_assert_uint_eq(ring_drain(&arena, 0, 1, got, 16), 0);
    arena_unmap(&arena);
}
END_TEST

START_TEST(an_untraced_race_costs_no_event)
{
    const struct arena_options options = { .run_count = 1, .lane_capacity = { 1 } };
    struct arena arena;
    ck_assert(arena_new(&arena, &options, NULL));
    struct ring_writer writer;
    struct event got[4];
    ck_assert(ring_open(&writer, &arena, 0, ROLE_WORKER, 0));
    ck_assert_ptr_null(writer.slots);
    ring_emit(&writer, EVENT_MARK, 0, 0, 0);
    ck_assert_uint_eq(atomic_load(&arena_lane(&arena, 0, 0)->alive), 1);
    ring_close(&writer, &arena);
    ck_assert_uint_eq(atomic_load(&arena_lane(&arena, 0, 0)->alive), 2);
    ck_assert_uint_eq(ring_drain(&arena, 0, 0, got, 4), 0);
    arena_unmap(&arena);
}
END_TEST

/* What a reader saw of one lane whose MARK events count upwards in b. */
struct seen {
    uint64_t next, lost, events, wrong;
    uint64_t last_time;
    bool began, ended, crashed;
};

static void see(struct seen *seen, const struct event *event, uint32_t lane)
{
    seen->events++;
    seen->wrong += event->lane != lane || event->time < seen->last_time;
    seen->last_time = event->time;
    switch (event->kind) {
    case EVENT_LANE_BEGIN:
        seen->wrong += seen->events != 1;
        seen->began = true;
        break;
    case EVENT_MARK:
        seen->wrong += event->b != seen->next || event->a != (uint32_t)~event->b;
        seen->next = event->b + 1;
        break;
    case EVENT_LOST:
        seen->lost += event->b;
        seen->next += event->b;
        break;
    case EVENT_LANE_END:
        seen->ended = true;
        break;
    case EVENT_LANE_CRASH:
        seen->crashed = true;
        break;
    default:
        break;
    }
}

static size_t see_all(const struct arena *arena, uint32_t lane, struct seen *seen)
{
    struct event got[256];
    size_t count, all = 0;
    while ((count = ring_drain(arena, 0, lane, got, 256)) > 0) {
        for (size_t i = 0; i < count; i++)
            see(seen, &got[i], lane);
        all += count;
    }
    return all;
}

START_TEST(a_full_ring_counts_and_never_waits)
{
    struct arena arena = make_arena(1, 10000);
    uint32_t slots = arena_run(&arena, 0)->ring_events;
    struct ring_writer writer;
    struct seen seen = { 0 };
    ck_assert_uint_eq(slots, 64);
    atomic_store(&arena_run(&arena, 0)->next_lane, AFTER_FIRST);
    ck_assert(ring_open(&writer, &arena, 0, ROLE_WORKER, 0));
    uint64_t number = 0;
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 40 + round * 3; i++)
            mark(&writer, number++);
        ck_assert_uint_le(see_all(&arena, AFTER_FIRST, &seen), slots - RING_RESERVE);
        ck_assert_uint_eq(seen.wrong, 0);
    }
    for (int i = 0; i < 200; i++)
        mark(&writer, number++);
    ck_assert_uint_gt(atomic_load(&arena_lane(&arena, 0, AFTER_FIRST)->lost), 0);
    ring_close(&writer, &arena);
    ck_assert_uint_eq(atomic_load(&arena_lane(&arena, 0, AFTER_FIRST)->lost), 0);
    ck_assert_uint_le(see_all(&arena, AFTER_FIRST, &seen), slots);
    ck_assert_uint_eq(seen.wrong, 0);
    ck_assert_uint_eq(seen.next, number);
    ck_assert_uint_gt(seen.lost, 1000);
    ck_assert(seen.began && seen.ended);
    arena_unmap(&arena);
}
END_TEST

START_TEST(a_ring_goes_round_without_a_gap)
{
    struct arena arena = make_arena(1, 10000);
    struct ring_writer writer;
    struct seen seen = { 0 };
    ck_assert(ring_open(&writer, &arena, 0, ROLE_WORKER, 0));
    uint64_t number = 0;
    for (int round = 0; round < 2000; round++) {
        for (int i = 0; i < 1 + round % 55; i++)
            mark(&writer, number++);
        see_all(&arena, 0, &seen);
    }
    ring_close(&writer, &arena);
    see_all(&arena, 0, &seen);
    ck_assert_uint_eq(seen.wrong + seen.lost, 0);
    ck_assert_uint_eq(seen.next, number);
    arena_unmap(&arena);
}
END_TEST

enum { WRITERS = 4, MARKS = 60000 };

/* Reads all lanes until all have ended; bounded by time. */
static void read_writers(const struct arena *arena, struct seen seen[WRITERS])
{
    uint64_t end = clock_now() + 60 * NS_PER_S;
    bool all_ended = false;
    while (!all_ended && clock_now() < end) {
        size_t got = 0;
        all_ended = true;
        for (uint32_t lane = 0; lane < WRITERS; lane++) {
            got += see_all(arena, lane, &seen[lane]);
            all_ended &= seen[lane].ended;
        }
        if (got == 0)
            sched_yield();
    }
    for (uint32_t lane = 0; lane < WRITERS; lane++) {
        ck_assert(seen[lane].began && seen[lane].ended);
        ck_assert_uint_eq(seen[lane].wrong, 0);
        ck_assert_uint_eq(seen[lane].next, MARKS);
    }
}

static void fork_writers(bool wait)
{
    struct arena arena = make_arena(1, 10000);
    struct seen seen[WRITERS] = { 0 };
    pid_t children[WRITERS];
    for (uint32_t i = 0; i < WRITERS; i++) {
        children[i] = fork();
        ck_assert_int_ge(children[i], 0);
        if (children[i] == 0) {
            write_marks(&arena, i, MARKS, wait);
            _exit(0);
        }
    }
    read_writers(&arena, seen);
    for (uint32_t i = 0; i < WRITERS; i++) {
        ck_assert_int_eq(waitpid(children[i], NULL, 0), children[i]);
        ck_assert(!wait || seen[i].lost == 0);
    }
    arena_unmap(&arena);
}

START_TEST(processes_lose_nothing_where_there_is_room)
{
    fork_writers(true);
}
END_TEST

START_TEST(processes_that_outrun_the_reader_are_counted)
{
    fork_writers(false);
}
END_TEST

static void *thread_body(void *argument)
{
    const struct thread_job *job = argument;
    write_marks(job->arena, job->index, MARKS, false);
    return NULL;
}

START_TEST(threads_write_while_one_reads)
{
    struct arena arena = make_arena(1, 10000);
    struct seen seen[WRITERS] = { 0 };
    pthread_t threads[WRITERS];
    struct thread_job jobs[WRITERS];
    for (uint32_t i = 0; i < WRITERS; i++) {
        jobs[i] = (struct thread_job){ &arena, i };
        ck_assert_int_eq(pthread_create(&threads[i], NULL, thread_body, &jobs[i]), 0);
    }
    read_writers(&arena, seen);
    for (uint32_t i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    arena_unmap(&arena);
}
END_TEST

START_TEST(a_writer_may_die_anywhere)
{
    struct arena arena = make_arena(1, 10000);
    for (uint32_t round = 0; round < 20; round++) {
        pid_t parent = getpid(), child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            struct ring_writer writer;
            platform_die_with_parent(SIGKILL, parent);
            ring_open(&writer, &arena, 0, ROLE_POOL, round);
            for (uint64_t i = 0; i < UINT64_C(4000000000); i++)
                mark(&writer, i);
        }
        struct seen seen = { 0 };
        uint64_t end = clock_now() + 20 * NS_PER_S;
        while (seen.next < 1000 + round * 37 && clock_now() < end)
            see_all(&arena, round, &seen);
        kill(child, SIGKILL);
        int status;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFSIGNALED(status));
        see_all(&arena, round, &seen);
        ring_crash(&arena, 0, round, WTERMSIG(status));
        see_all(&arena, round, &seen);
        ck_assert(seen.began && seen.crashed && !seen.ended);
        ck_assert_uint_eq(seen.wrong, 0);
        ck_assert_uint_ge(seen.next, 1000);
        ck_assert_uint_eq(atomic_load(&arena_lane(&arena, 0, round)->alive), 3);
    }
    arena_unmap(&arena);
}
END_TEST

START_TEST(a_dead_lane_still_tells_what_it_lost)
{
    struct arena arena = make_arena(1, 10000);
    atomic_store(&arena_run(&arena, 0)->next_lane, AFTER_FIRST);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct ring_writer writer;
        ring_open(&writer, &arena, 0, ROLE_POOL, 0);
        for (uint64_t i = 0; i < 1000; i++)
            mark(&writer, i);
        raise(SIGKILL);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    struct seen seen = { 0 };
    ring_crash(&arena, 0, AFTER_FIRST, SIGKILL);
    see_all(&arena, AFTER_FIRST, &seen);
    ck_assert_uint_eq(seen.next, 1000);
    ck_assert_uint_gt(seen.lost, 900);
    ck_assert(seen.crashed);
    ck_assert_uint_eq(seen.wrong, 0);
    ring_crash(&arena, 0, AFTER_FIRST, SIGKILL);
    ck_assert_uint_eq(see_all(&arena, AFTER_FIRST, &seen), 0);
    arena_unmap(&arena);
}
END_TEST

START_TEST(words_gone_wild_do_not_carry_the_reader_away)
{
    struct arena arena = make_arena(1, 2);
    struct event got[8];
    atomic_store(arena_head(&arena, 0, 0), UINT64_MAX - 5);
    ck_assert_uint_eq(ring_drain(&arena, 0, 0, got, 8), 0);
    ck_assert_uint_eq(ring_drain(&arena, 0, 0, got, 8), 0);
    arena_unmap(&arena);
}
END_TEST

START_TEST(totals_are_since_the_lane_began)
{
    struct arena arena = make_arena(1, 2);
    struct ring_writer writer;
    struct platform_usage before, after;
    struct event got[8];
    platform_self_usage(&before);
    ck_assert(ring_open(&writer, &arena, 0, ROLE_MAIN, 0));
    uint64_t end = clock_now() + 30 * NS_PER_MS;
    while (clock_now() < end)
        continue;
    ring_close(&writer, &arena);
    platform_self_usage(&after);
    size_t count = ring_drain(&arena, 0, 0, got, 8);
    for (size_t i = 0; i < count; i++) {
        if (got[i].kind == EVENT_LANE_CPU) {
            ck_assert_uint_gt(got[i].b, 0);
            ck_assert_uint_le(got[i].b, after.on_core_ns - before.on_core_ns);
        }
        if (got[i].kind == EVENT_LANE_SWITCHES) {
            ck_assert_uint_le(got[i].a, after.voluntary - before.voluntary);
            ck_assert_uint_le(got[i].b, after.involuntary - before.involuntary);
        }
    }
    ck_assert_uint_eq(got[1].kind, EVENT_LANE_CPU);
    arena_unmap(&arena);
}
END_TEST

int main(void)
{
    stamp_init();
    Suite *suite = suite_create("ring");
    TCase *ring = tcase_create("ring");
    tcase_set_timeout(ring, 120);
    tcase_add_test(ring, a_lane_begins_and_ends);
    tcase_add_test(ring, an_untraced_race_costs_no_event);
    tcase_add_test(ring, a_full_ring_counts_and_never_waits);
    tcase_add_test(ring, a_ring_goes_round_without_a_gap);
    tcase_add_test(ring, processes_lose_nothing_where_there_is_room);
    tcase_add_test(ring, processes_that_outrun_the_reader_are_counted);
    tcase_add_test(ring, threads_write_while_one_reads);
    tcase_add_test(ring, a_writer_may_die_anywhere);
    tcase_add_test(ring, a_dead_lane_still_tells_what_it_lost);
    tcase_add_test(ring, words_gone_wild_do_not_carry_the_reader_away);
    tcase_add_test(ring, totals_are_since_the_lane_began);
    suite_add_tcase(suite, ring);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
