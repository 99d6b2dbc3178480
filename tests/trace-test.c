/*
 * trace/: the vocabulary, the shared memory and the rings. A ring is held against what its header
 * promises: nothing comes twice, in another order or half; what does not fit is counted; a writer
 * may die anywhere.
 */
#include "base/clock.h"
#include "platform/platform.h"
#include "trace/ring.h"

#include <check.h>
#include <ctype.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- The vocabulary ---- */

START_TEST(each_kind_is_called_as_its_row)
{
    static const char *const rows[] = {
#define X(name, object, a, b, meaning) #name,
        EVENT_ROWS(X)
#undef X
    };
    for (uint16_t kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        char expected[40] = "";
        for (size_t i = 0; rows[kind][i] != '\0'; i++)
            expected[i] = rows[kind][i] == '_' ? '-' : (char)tolower(rows[kind][i]);
        ck_assert_str_eq(event_name(kind), expected);
        ck_assert_uint_gt(strlen(event_meaning(kind)), 0);
    }
    ck_assert_str_eq(event_name(EVENT_KIND_COUNT), "?");
    ck_assert_str_eq(event_meaning(UINT16_MAX), "?");
    for (int status = 0; status < RUN_STATUS_COUNT; status++)
        ck_assert_ptr_nonnull(run_status_names[status]);
}
END_TEST

static const struct {
    uint16_t kind;
    uint32_t a;
    int says; /* -1: does not tell */
} tellings[] = {
    { EVENT_LANE_BEGIN, 7, SAYS_IDLE },
    { EVENT_SAY, SAYS_IO, SAYS_IO },
    { EVENT_SAY, SAYS_COUNT, -1 },
    { EVENT_GIL_WANT, 0, SAYS_GIL },
    { EVENT_GIL_REQUEST, 0, -1 },
    { EVENT_GIL_TAKE, LANE_NONE, SAYS_COMPUTE },
    { EVENT_GIL_DROP, SAYS_NATIVE, SAYS_NATIVE },
    { EVENT_GIL_DROP, UINT32_MAX, -1 },
    { EVENT_LOCK_WANT, 0, SAYS_LOCK },
    { EVENT_LOCK_TAKE, SAYS_COMPUTE, SAYS_COMPUTE },
    { EVENT_LOCK_DROP, SAYS_IDLE, -1 },
    { EVENT_SERIALISE_BEGIN, 0, SAYS_IPC },
    { EVENT_SERIALISE_END, SAYS_CALL, SAYS_CALL },
    { EVENT_TASK_TAKE, SAYS_IO, -1 },
    { EVENT_SWITCH_IN, SAYS_IO, -1 },
    { EVENT_KIND_COUNT, SAYS_IO, -1 },
};

START_TEST(events_tell_what_the_lane_says)
{
    for (size_t i = 0; i < sizeof tellings / sizeof tellings[0]; i++) {
        const struct event event = { .kind = tellings[i].kind, .a = tellings[i].a };
        enum says says;
        bool tells = event_says(&event, &says);
        ck_assert_msg(tells == (tellings[i].says >= 0), "row %zu", i);
        ck_assert_msg(!tells || (int)says == tellings[i].says, "row %zu", i);
    }
}
END_TEST

static const struct {
    uint32_t role, index;
    const char *name;
} lane_names[] = {
    { ROLE_MAIN, 0, "main" },         { ROLE_WORKER, 0, "w0" },       { ROLE_WORKER, 12, "w12" },
    { ROLE_LOOP, 0, "loop" },         { ROLE_LOOP, 1, "loop1" },      { ROLE_POOL, 3, "p3" },
    { ROLE_CONNECTION, 700, "c700" }, { ROLE_OUTSIDE, 0, "outside" }, { 200, 1, "?1" },
};

START_TEST(lanes_have_names)
{
    char name[16];
    for (size_t i = 0; i < sizeof lane_names / sizeof lane_names[0]; i++)
        ck_assert_str_eq(
            lane_name(lane_names[i].role | lane_names[i].index << 8, name, sizeof name),
            lane_names[i].name);
    ck_assert_str_eq(lane_name(ROLE_OUTSIDE, name, 4), "out");
}
END_TEST

/* ---- The arena ---- */

static struct arena make_arena(uint32_t runs, uint32_t lanes)
{
    struct arena_options options = {
        .run_count = runs, .text = "name: x", .text_size = 7, .seed = 3, .tracing = true
    };
    for (uint32_t i = 0; i < runs; i++)
        options.lane_capacity[i] = lanes;
    struct arena arena;
    struct error error;
    ck_assert_msg(arena_new(&arena, &options, &error), "%s", error.text);
    return arena;
}

enum { AFTER_FIRST = 4 }; /* the first lane whose ring is small where lanes are many */

START_TEST(first_rings_are_never_small)
{
    struct arena arena = make_arena(1, 10000);
    uint32_t lanes[] = { 0, AFTER_FIRST - 1, AFTER_FIRST, AFTER_FIRST + 1, 9999 };
    for (size_t i = 0; i < sizeof lanes / sizeof *lanes; i++)
        ck_assert_uint_eq(arena_ring_slots(&arena, 0, lanes[i]), i < 2 ? 16384 : 64);
    /* They lie side by side, and all of them inside. */
    for (uint32_t lane = 0; lane < 20; lane++)
        ck_assert_ptr_eq(arena_ring(&arena, 0, lane) + arena_ring_slots(&arena, 0, lane),
                         arena_ring(&arena, 0, lane + 1));
    ck_assert((char *)(arena_ring(&arena, 0, 9999) + 64) <= (char *)arena.header + arena.size);
    arena_unmap(&arena);
}
END_TEST

START_TEST(rings_are_smaller_where_lanes_are_many)
{
    ck_assert_uint_eq(arena_ring_events(0), 16384);
    ck_assert_uint_eq(arena_ring_events(1), 16384);
    ck_assert_uint_eq(arena_ring_events(2048), 16384);
    ck_assert_uint_eq(arena_ring_events(2049), 8192);
    ck_assert_uint_eq(arena_ring_events(4096), 8192);
    ck_assert_uint_eq(arena_ring_events(4097), 64);
    ck_assert_uint_eq(arena_ring_events(10000), 64);
    ck_assert_uint_eq(arena_ring_events(1000000), 64);
    for (uint32_t lanes = 1; lanes < 100000; lanes += 7)
        ck_assert_uint_le(arena_ring_events(lanes + 7), arena_ring_events(lanes));
}
END_TEST

START_TEST(arena_is_seen_by_all_who_map_it)
{
    struct arena arena = make_arena(2, 2100), other;
    struct error error;
    ck_assert_msg(arena_map(&other, dup(arena.fd), &error), "%s", error.text);
    ck_assert_str_eq(arena_text(&other), "name: x");
    ck_assert_uint_eq(other.header->seed, 3);
    ck_assert_uint_eq(other.header->run_count, 2);
    ck_assert_uint_eq(arena_run(&other, 1)->ring_events, 8192);
    arena_param_set(&arena, 5, -77);
    ck_assert_int_eq(arena_param(&other, 5), -77);
    ck_assert_uint_eq(atomic_load(&other.header->param[5].version), 1);
    ck_assert_uint_eq(atomic_load(&other.header->params_version), 1);
    arena_run_fail(arena_run(&arena, 1), RUN_LIMITED, 93, "no thread %d", 94);
    arena_run_fail(arena_run(&other, 1), RUN_FAILED, 1, "too late");
    ck_assert_str_eq(arena_run(&other, 1)->reason, "no thread 94");
    ck_assert_uint_eq(atomic_load(&arena_run(&other, 1)->status), RUN_LIMITED);
    ck_assert_uint_eq(atomic_load(&arena_run(&other, 1)->limit_count), 93);
    arena_unmap(&other);
    arena_unmap(&arena);
    arena_unmap(&arena);
}
END_TEST

START_TEST(arena_takes_only_the_memory_it_touches)
{
    struct arena arena = make_arena(8, 10000);
    struct stat status;
    ck_assert_uint_gt(arena.size, 8 * 10000 * 64 * sizeof(struct event));
    ck_assert_int_eq(fstat(arena.fd, &status), 0);
    ck_assert_int_lt(status.st_blocks * 512, 64 * 1024);
    arena_unmap(&arena);
}
END_TEST

static bool refused(int fd, const char *because)
{
    struct arena arena;
    struct error error;
    if (arena_map(&arena, fd, &error)) {
        arena_unmap(&arena);
        return false;
    }
    ck_assert_msg(strstr(error.text, because) != NULL, "'%s' does not say '%s'", error.text,
                  because);
    ck_assert_int_lt(fstat(fd, &(struct stat){ 0 }), 0);
    return true;
}

START_TEST(what_is_no_arena_is_refused)
{
    struct error error;
    int ends[2];
    ck_assert(refused(-1, "cannot be looked at"));
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert(refused(ends[0], "something else"));
    close(ends[1]);
    ck_assert(refused(platform_memfd("empty", 0, &error), "something else"));
    ck_assert(refused(platform_memfd("zeros", 1 << 20, &error), "something else"));

    struct arena arena = make_arena(2, 40);
    int shorter = dup(arena.fd);
    ck_assert_int_eq(ftruncate(shorter, (off_t)arena.size - 4096), 0);
    ck_assert(refused(shorter, "does not fit"));
    ck_assert_int_eq(ftruncate(arena.fd, (off_t)arena.size), 0);
    arena.header->version++;
    ck_assert(refused(dup(arena.fd), "version"));
    arena_unmap(&arena);
}
END_TEST

/* Each 32-bit word of the layout is overwritten by values that a damaged or hostile arena could
 * hold; whatever is then accepted must lie inside. */
START_TEST(a_layout_that_does_not_fit_is_refused)
{
    static const uint32_t values[] = { 0, 1, 7, 63, 64, 1 << 14, 1 << 20, INT32_MAX, UINT32_MAX };
    struct arena arena = make_arena(1, 40);
    uint32_t *words = (uint32_t *)arena.header;
    size_t accepted = 0;
    for (size_t i = 0; i < sizeof *arena.header / 4; i++) {
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            uint32_t before = words[i];
            words[i] = values[v];
            struct arena other;
            if (arena_map(&other, dup(arena.fd), NULL)) {
                const char *start = (const char *)other.header, *end = start + other.size;
                accepted++;
                for (uint32_t r = 0; r < other.header->run_count; r++) {
                    uint32_t lanes = arena_run(&other, r)->lane_capacity;
                    ck_assert((const char *)arena_lane(&other, r, lanes) <= end);
                    ck_assert((const char *)arena_ring(&other, r, lanes) <= end);
                    ck_assert((const char *)arena_head(&other, r, lanes) <= end);
                    ck_assert((const char *)arena_tail(&other, r, lanes) <= end);
                }
                ck_assert(arena_text(&other) + strlen(arena_text(&other)) < end);
                arena_unmap(&other);
            }
            words[i] = before;
        }
    }
    ck_assert_uint_gt(accepted, 0);
    arena_unmap(&arena);
}
END_TEST

START_TEST(a_word_is_waited_for_across_processes)
{
    struct arena arena = make_arena(1, 1);
    struct arena_run *run = arena_run(&arena, 0);
    uint64_t before = clock_now();
    ck_assert(!arena_wait(&run->go, 0, 20 * NS_PER_MS));
    ck_assert_uint_ge(clock_now() - before, 20 * NS_PER_MS);
    ck_assert(arena_wait(&run->go, 1, UINT64_MAX));
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        bool woken = arena_wait(&run->go, 0, 20 * NS_PER_S);
        atomic_store(&run->phase, woken ? PHASE_GONE : PHASE_OVER);
        arena_wake(&run->phase);
        _exit(0);
    }
    atomic_store(&run->go, 1);
    arena_wake(&run->go);
    ck_assert(arena_wait(&run->phase, PHASE_NEW, 20 * NS_PER_S));
    ck_assert_uint_eq(atomic_load(&run->phase), PHASE_GONE);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    arena_unmap(&arena);
}
END_TEST

/* ---- The ring ---- */

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

static void mark(struct ring_writer *writer, uint64_t number)
{
    ring_emit(writer, EVENT_MARK, 0, (uint32_t)~number, number);
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

static void write_marks(const struct arena *arena, uint32_t index, bool wait)
{
    struct ring_writer writer;
    ring_open(&writer, arena, 0, ROLE_WORKER, index);
    for (uint64_t i = 0; i < MARKS; i++) {
        /* A writer that waits leaves room before each event, so that nothing may be lost. */
        while (wait && writer.position - atomic_load(writer.tail) >= writer.room)
            sched_yield();
        mark(&writer, i);
    }
    ring_close(&writer, arena);
}

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
            write_marks(&arena, i, wait);
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

struct thread_job {
    const struct arena *arena;
    uint32_t index;
};

static void *thread_body(void *argument)
{
    const struct thread_job *job = argument;
    write_marks(job->arena, job->index, false);
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
    Suite *suite = suite_create("trace");
    TCase *words = tcase_create("words");
    tcase_add_test(words, each_kind_is_called_as_its_row);
    tcase_add_test(words, events_tell_what_the_lane_says);
    tcase_add_test(words, lanes_have_names);
    suite_add_tcase(suite, words);
    TCase *arena = tcase_create("arena");
    tcase_set_timeout(arena, 60);
    tcase_add_test(arena, rings_are_smaller_where_lanes_are_many);
    tcase_add_test(arena, first_rings_are_never_small);
    tcase_add_test(arena, arena_is_seen_by_all_who_map_it);
    tcase_add_test(arena, arena_takes_only_the_memory_it_touches);
    tcase_add_test(arena, what_is_no_arena_is_refused);
    tcase_add_test(arena, a_layout_that_does_not_fit_is_refused);
    tcase_add_test(arena, a_word_is_waited_for_across_processes);
    suite_add_tcase(suite, arena);
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
