/*
 * trace/: the vocabulary and the shared memory. A memory that is none, or not whole, is refused.
 */
#include "base/clock.h"
#include "platform/platform.h"
#include "rings.h"

#include <check.h>
#include <ctype.h>
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
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
