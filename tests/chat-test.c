/*
 * The chat service of every model that can carry it: each line reaches everyone in the room exactly
 * once and in its speaker's order, whoever leaves, breaks off, stands still, sends nonsense or finds
 * no room; and the trace tells of each line as a task that was submitted, taken and done.
 */
#include "beside.h"
#include "guests.h"

#include "base/clock.h"
#include "base/memory.h"
#include "outside/outside.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define SCENARIO(outside, duration)                          \
    "name: talk\n"                                           \
    "title: Talk\n"                                          \
    "question: Which is first?\n"                            \
    "teaches: A test.\n"                                     \
    "kind: service\n"                                        \
    "bottleneck: mixed\n" outside "duration: " duration "\n" \
    "task:\n"                                                \
    "  - serve: irc\n"                                       \
    "models: [threads]\n"                                    \
    "predict: winner\n"

static const char *const talk = SCENARIO("", "1h");
static const char *const short_talk = SCENARIO("", "300ms");
static const char *const crowded =
    SCENARIO("outside:\n  crowd: { clients: 100, rate: 200/s, line: 40 }\n", "500ms");

static const char *const carriers[] = { "threads", "free", "processes", "loop" };
enum { THREADS, FREE, PROCESSES, LOOP, CARRIERS, PATIENCE_MS = 60 * 1000 };

static int repeats(int usual)
{
    const char *wanted = getenv("LOCKSTEP_REPEAT");
    return wanted != NULL ? atoi(wanted) : usual;
}

static void expect_right(const struct stage_test *test, enum run_status status)
{
    const char *wrong = stage_test_wrong(test);
    ck_assert_msg(wrong == NULL, "%s: %s", test->model->name, wrong);
    ck_assert_msg(atomic_load(&test->run->status) == status, "%s ended as %s (%s), not %s",
                  test->model->name, run_status_names[atomic_load(&test->run->status)],
                  test->run->reason, run_status_names[status]);
    ck_assert(WIFEXITED(test->status));
    ck_assert_int_eq(WEXITSTATUS(test->status), 0);
    ck_assert_uint_eq(stage_test_count(test, EVENT_CONN_OPEN),
                      stage_test_count(test, EVENT_CONN_CLOSE));
    ck_assert_uint_eq(atomic_load(&test->run->open_connections), 0);
    ck_assert_uint_eq(stage_test_count(test, EVENT_TASK_SUBMIT),
                      stage_test_count(test, EVENT_TASK_TAKE));
}

static void expect_tasks(const struct stage_test *test, size_t count)
{
    ck_assert_uint_eq(stage_test_count(test, EVENT_TASK_SUBMIT), count);
    ck_assert_uint_eq(stage_test_count(test, EVENT_TASK_TAKE), count);
    ck_assert_uint_eq(stage_test_count(test, EVENT_TASK_DONE), count);
}

/* A room with so many guests in it. */
static void room_open(struct stage_test *test, struct guests *guests, const char *model,
                      unsigned count)
{
    stage_test_init(test, talk, model, NULL);
    stage_test_start(test);
    guests_init(guests, test);
    for (unsigned i = 0; i < count; i++)
        guests_add(guests, "guest");
    ck_assert(guests_pump(guests, guests_all_in, PATIENCE_MS));
}

/* Every line has come to its end, and who is gone is known to be gone: no more lines will come. */
static bool room_is_quiet(const struct stage_test *test, const struct guests *guests)
{
    size_t there = 0;
    for (unsigned i = 0; i < guests->count; i++)
        there += guests->all[i].fd >= 0;
    return stage_test_count(test, EVENT_CONN_OPEN) - stage_test_count(test, EVENT_CONN_CLOSE) ==
               there &&
           stage_test_count(test, EVENT_TASK_DONE) + stage_test_count(test, EVENT_TASK_FAIL) ==
               stage_test_count(test, EVENT_TASK_SUBMIT);
}

/* What is in flight when a run is stopped stays so; hence first let it become quiet, which is a little
 * after everybody has heard everything. */
static void room_close(struct stage_test *test, struct guests *guests, enum run_status status)
{
    for (int i = 0; i < 2000 && !room_is_quiet(test, guests); i++)
        ck_assert(!stage_test_poll(test, 5));
    atomic_store(&test->run->stop, 1);
    arena_wake(&test->run->stop);
    ck_assert(stage_test_poll(test, PATIENCE_MS));
    stage_test_end(test);
    guests_fini(guests);
    expect_right(test, status);
}

static void expect_nothing_strange(const struct guests *guests)
{
    for (unsigned i = 0; i < guests->count; i++) {
        ck_assert_uint_eq(guests->all[i].strange, 0);
        for (unsigned k = 0; k < guests->count; k++)
            ck_assert_msg(guests->all[i].missed[k] == 0, "%u missed %u lines of %u", i,
                          guests->all[i].missed[k], k);
    }
}

START_TEST(everyone_hears_everything_once)
{
    enum { COUNT = 20, LINES = 10 };
    for (int i = 0; i < repeats(3); i++) {
        struct stage_test test;
        struct guests guests;
        room_open(&test, &guests, carriers[_i], COUNT);
        for (unsigned line = 0; line < LINES; line++)
            for (unsigned guest = 0; guest < COUNT; guest++)
                guests_say(&guests, guest, 20, TASK_NONE);
        ck_assert(guests_pump(&guests, guests_all_heard, PATIENCE_MS));
        guests_pump(&guests, guests_never, 20);
        expect_nothing_strange(&guests);
        for (unsigned guest = 0; guest < COUNT; guest++)
            ck_assert_uint_eq(guests.all[guest].last_tag, TASK_NONE);
        room_close(&test, &guests, RUN_STOPPED);
        expect_tasks(&test, COUNT * LINES);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_CONN_OPEN), COUNT);
        for (size_t k = 0; k < test.count; k++)
            if (test.events[k].kind == EVENT_LANE_BEGIN)
                ck_assert_uint_ne(test.events[k].object & 0xff, ROLE_WORKER);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_LANE_BEGIN), _i == LOOP ? 1 : COUNT + 1);
        stage_test_fini(&test);
    }
}
END_TEST

/* A line of the crowd is the task that its tag says, submitted before; those who know tags hear it. */
START_TEST(a_tag_is_the_task)
{
    struct stage_test test;
    struct guests guests;
    struct ring_writer ring;
    room_open(&test, &guests, carriers[_i], 2);
    unsigned crowd = guests_add(&guests, "crowd"), other = guests_add(&guests, "crowd");
    ck_assert(guests_pump(&guests, guests_all_in, PATIENCE_MS));
    ck_assert(ring_open(&ring, &test.arena, 0, ROLE_OUTSIDE, 0));
    for (unsigned i = 0; i < 20; i++) {
        uint32_t task = atomic_fetch_add(&test.run->next_task, 1);
        ring_emit(&ring, EVENT_TASK_SUBMIT, task, 0, 0);
        guests_say(&guests, crowd, 5, task);
        /* Nobody but the crowd is believed, and what was never given out is no task. */
        guests_say(&guests, 0, 5, task);
        guests_say(&guests, other, 5, 1000000);
        ck_assert(guests_pump(&guests, guests_all_heard, PATIENCE_MS));
        ck_assert_uint_eq(guests.all[1].last_tag, TASK_NONE);
    }
    ck_assert_uint_ne(guests.all[other].last_tag, TASK_NONE);
    ck_assert_uint_ne(guests.all[crowd].last_tag, TASK_NONE);
    ring_close(&ring, &test.arena);
    room_close(&test, &guests, RUN_STOPPED);
    expect_tasks(&test, 60);
    stage_test_fini(&test);
}
END_TEST

/* While all talk, some quit and some break off: who stays hears everything of who stays. */
START_TEST(some_leave_in_the_middle)
{
    enum { COUNT = 20, LINES = 30 };
    for (int i = 0; i < repeats(3); i++) {
        struct stage_test test;
        struct guests guests;
        room_open(&test, &guests, carriers[_i], COUNT);
        for (unsigned line = 0; line < LINES; line++) {
            for (unsigned guest = 0; guest < COUNT; guest++)
                if (guests.all[guest].fd >= 0)
                    guests_say(&guests, guest, 30, TASK_NONE);
            if (line == 10)
                guests_quit(&guests, 3);
            guests_pump(&guests, guests_all_sent, PATIENCE_MS);
            if (line == 5 || line == 12)
                guests_break(&guests, line);
        }
        ck_assert(guests_pump(&guests, guests_all_heard, PATIENCE_MS));
        ck_assert_int_lt(guests.all[3].fd, 0);
        expect_nothing_strange(&guests);
        room_close(&test, &guests, RUN_STOPPED);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_DONE),
                          stage_test_count(&test, EVENT_TASK_SUBMIT));
        stage_test_fini(&test);
    }
}
END_TEST

static bool last_is_cut_off(const struct guests *guests)
{
    return guests->all[guests->count - 1].fd < 0;
}

/* One stands still, and what is said is more than all buffers between hold: it is cut off, the
 * others hear everything, and every line comes to its end. */
START_TEST(one_does_not_read)
{
    enum { LINES = 20000 };
    struct stage_test test;
    struct guests guests;
    room_open(&test, &guests, carriers[_i], 3);
    unsigned deaf = guests_connect(&guests, 4096);
    guests_introduce(&guests, deaf, "guest");
    ck_assert(guests_pump(&guests, guests_all_in, PATIENCE_MS));
    guests.all[deaf].deaf = true;
    for (unsigned line = 0; line < LINES; line++) {
        guests_say(&guests, 0, 400, TASK_NONE);
        if (line % 100 == 0)
            ck_assert(guests_pump(&guests, guests_all_heard, PATIENCE_MS));
    }
    ck_assert(guests_pump(&guests, guests_all_heard, PATIENCE_MS));
    guests.all[deaf].deaf = false;
    ck_assert(guests_pump(&guests, last_is_cut_off, PATIENCE_MS));
    ck_assert_uint_lt(guests.all[deaf].heard[0], LINES);
    expect_nothing_strange(&guests);
    /* The room goes on without it. */
    guests_say(&guests, 1, 10, TASK_NONE);
    ck_assert(guests_pump(&guests, guests_all_heard, PATIENCE_MS));
    room_close(&test, &guests, RUN_STOPPED);
    expect_tasks(&test, LINES + 1);
    stage_test_fini(&test);
}
END_TEST

/* Bytes of no sense and lines without end, from some; the others do not notice. */
START_TEST(nonsense_is_survived)
{
    struct stage_test test;
    struct guests guests;
    uint64_t random = 88172645463325252U;
    room_open(&test, &guests, carriers[_i], 6);
    for (unsigned turn = 0; turn < 60; turn++) {
        uint64_t bytes[512];
        for (size_t i = 0; i < 512; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            bytes[i] = turn % 3 == 0 ? random | UINT64_C(0x8080808080808080) : random;
        }
        guests_send(&guests, turn % 3, (const char *)bytes, sizeof bytes);
        guests_send(&guests, turn % 3, "\r\n", 2);
        for (unsigned guest = 3; guest < 6; guest++)
            guests_say(&guests, guest, 10, TASK_NONE);
        guests_pump(&guests, guests_all_sent, PATIENCE_MS);
    }
    ck_assert(guests_pump(&guests, guests_all_heard, PATIENCE_MS));
    for (unsigned guest = 3; guest < 6; guest++)
        ck_assert_uint_eq(guests.all[guest].heard[3 + (guest - 2) % 3], 60);
    room_close(&test, &guests, RUN_STOPPED);
    ck_assert_uint_ge(stage_test_count(&test, EVENT_TASK_DONE), 180);
    stage_test_fini(&test);
}
END_TEST

static pid_t pid_of_connection(const struct stage_test *test, uint32_t connection)
{
    uint32_t lanes = atomic_load(&test->run->next_lane);
    for (uint32_t i = 0; i < lanes; i++) {
        const struct arena_lane *lane = arena_lane(&test->arena, 0, i);
        if (atomic_load(&lane->role_and_index) == (ROLE_CONNECTION | connection << 8))
            return atomic_load(&lane->pid);
    }
    return 0;
}

/* The process of a connection is killed while everybody talks: its client is cut off, its lane ends
 * with a crash, no line is left without an end, and the others go on. */
START_TEST(a_process_is_killed)
{
    enum { COUNT = 8, LINES = 40 };
    for (int i = 0; i < repeats(3); i++) {
        struct stage_test test;
        struct guests guests;
        room_open(&test, &guests, "processes", COUNT);
        for (unsigned line = 0; line < LINES; line++) {
            for (unsigned guest = 0; guest < COUNT; guest++)
                if (guests.all[guest].fd >= 0)
                    guests_say(&guests, guest, 30, TASK_NONE);
            if (line == 20)
                ck_assert_int_eq(kill(pid_of_connection(&test, COUNT - 1), SIGKILL), 0);
            guests_pump(&guests, guests_all_sent, PATIENCE_MS);
        }
        ck_assert(guests_pump(&guests, last_is_cut_off, PATIENCE_MS));
        ck_assert(guests_pump(&guests, guests_all_heard, PATIENCE_MS));
        expect_nothing_strange(&guests);
        guests_pump(&guests, guests_never, 120); /* the hub reaps within its next look */
        room_close(&test, &guests, RUN_STOPPED);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_LANE_CRASH), 1);
        ck_assert_uint_eq(stage_test_first(&test, EVENT_LANE_CRASH)->a, SIGKILL);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_DONE) +
                              stage_test_count(&test, EVENT_TASK_FAIL),
                          stage_test_count(&test, EVENT_TASK_SUBMIT));
        stage_test_fini(&test);
    }
}
END_TEST

/* A process that stands still (it is stopped, not slow) is given up once it is far enough behind. */
START_TEST(a_process_stands_still)
{
    enum { LINES = 6000 };
    struct stage_test test;
    struct guests guests;
    room_open(&test, &guests, "processes", 3);
    pid_t last = pid_of_connection(&test, 2);
    ck_assert_int_eq(kill(last, SIGSTOP), 0);
    for (unsigned line = 0; line < LINES; line++) {
        guests_say(&guests, 0, 400, TASK_NONE);
        if (line % 100 == 0)
            ck_assert(guests_pump(&guests, guests_all_sent, PATIENCE_MS));
    }
    ck_assert(guests_pump(&guests, last_is_cut_off, PATIENCE_MS));
    ck_assert(guests_pump(&guests, guests_all_heard, PATIENCE_MS));
    expect_nothing_strange(&guests);
    room_close(&test, &guests, RUN_STOPPED);
    expect_tasks(&test, LINES);
    ck_assert_uint_eq(stage_test_count(&test, EVENT_LANE_CRASH), 1);
    stage_test_fini(&test);
}
END_TEST

static unsigned refused_of(const struct guests *guests)
{
    unsigned refused = 0;
    for (unsigned i = 0; i < guests->count; i++)
        refused += guests->all[i].refused && guests->all[i].fd < 0;
    return refused;
}

static bool all_in_or_refused(const struct guests *guests)
{
    for (unsigned i = 0; i < guests->count; i++)
        if (!guests->all[i].joined && guests->all[i].fd >= 0)
            return false;
    return true;
}

/* More come than there are descriptors (or threads, or processes) for: they are told so, the run is
 * limited at as many as are in, and those talk on. */
static void limited(int carrier, const struct rlimit *descriptors,
                    const struct platform_faults *faults, const char *word)
{
    enum { COUNT = 60 };
    struct stage_test test;
    struct guests guests;
    stage_test_init(&test, talk, carriers[carrier], NULL);
    test.faults = faults;
    stage_test_start(&test);
    if (descriptors != NULL)
        ck_assert_int_eq(prlimit(test.pid, RLIMIT_NOFILE, descriptors, NULL), 0);
    guests_init(&guests, &test);
    for (unsigned i = 0; i < COUNT; i++)
        guests_add(&guests, "guest");
    ck_assert(guests_pump(&guests, all_in_or_refused, PATIENCE_MS));
    unsigned refused = refused_of(&guests);
    ck_assert_uint_ge(refused, 20);
    ck_assert_uint_le(refused, 50);
    ck_assert_uint_eq(atomic_load(&test.run->limit_count), COUNT - refused);
    ck_assert_msg(strstr(test.run->reason, word) != NULL, "the reason is: %s", test.run->reason);
    for (unsigned i = 0; i < COUNT; i++)
        if (guests.all[i].fd >= 0)
            guests_say(&guests, i, 10, TASK_NONE);
    ck_assert(guests_pump(&guests, guests_all_heard, PATIENCE_MS));
    room_close(&test, &guests, RUN_LIMITED);
    expect_tasks(&test, COUNT - refused);
    ck_assert_uint_eq(stage_test_first(&test, EVENT_RUN_END)->a, COUNT - refused);
    stage_test_fini(&test);
}

START_TEST(no_descriptors_are_left)
{
    const struct rlimit low = { .rlim_cur = 40, .rlim_max = 40 };
    limited(_i, &low, NULL, "descriptor");
}
END_TEST

START_TEST(no_lanes_are_left)
{
    const struct platform_faults faults = { .start_errno = EAGAIN, .starts_allowed = 25 };
    limited(_i, NULL, &faults, _i == PROCESSES ? "process" : "thread");
}
END_TEST

static bool nobody_is_connected(const struct guests *guests)
{
    for (unsigned i = 0; i < guests->count; i++)
        if (guests->all[i].fd >= 0)
            return false;
    return true;
}

/* Where no clients are started, the duration ends it: by the plan, or because the user listens for
 * clients of his own. */
START_TEST(the_duration_is_over)
{
    struct stage_test test;
    struct guests guests;
    bool own = _i >= CARRIERS;
    stage_test_init(&test, own ? crowded : short_talk, carriers[_i % CARRIERS], NULL);
    if (own)
        snprintf(test.arena.header->listen, sizeof test.arena.header->listen, "127.0.0.1:0");
    stage_test_start(&test);
    guests_init(&guests, &test);
    for (unsigned i = 0; i < 5; i++)
        guests_add(&guests, "guest");
    ck_assert(guests_pump(&guests, nobody_is_connected, PATIENCE_MS));
    ck_assert(stage_test_poll(&test, PATIENCE_MS));
    stage_test_end(&test);
    expect_right(&test, RUN_DONE);
    ck_assert_double_ge(stage_test_wall_s(&test), 0.3);
    guests_fini(&guests);
    stage_test_fini(&test);
}
END_TEST

/* The program's own crowd: what is due is delivered, each once, and each line is a task that is done. */
START_TEST(the_crowd_talks)
{
    for (int i = 0; i < repeats(2); i++) {
        struct stage_test test;
        struct beside crowd;
        stage_test_init(&test, crowded, carriers[_i], NULL);
        beside_start(&crowd, &test, crowd_main);
        stage_test_start(&test);
        ck_assert_int_eq(beside_end(&crowd), 0);
        stage_test_end(&test);
        expect_right(&test, RUN_DONE);
        uint32_t sent = atomic_load(&test.run->crowd[CROWD_SENT]);
        ck_assert_uint_gt(sent, 0);
        ck_assert_uint_eq(atomic_load(&test.run->crowd[CROWD_DUE]), sent * 99);
        ck_assert_uint_eq(atomic_load(&test.run->crowd[CROWD_DELIVERED]), sent * 99);
        ck_assert_uint_eq(atomic_load(&test.run->crowd[CROWD_TWICE]), 0);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_CONN_OPEN), 100);
        expect_tasks(&test, sent);
        stage_test_fini(&test);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chat");
    TCase *cases = tcase_create("chat");
    tcase_set_timeout(cases, 300);
    tcase_add_loop_test(cases, everyone_hears_everything_once, 0, CARRIERS);
    tcase_add_loop_test(cases, a_tag_is_the_task, 0, CARRIERS);
    tcase_add_loop_test(cases, some_leave_in_the_middle, 0, CARRIERS);
    tcase_add_loop_test(cases, one_does_not_read, 0, CARRIERS);
    tcase_add_loop_test(cases, nonsense_is_survived, 0, CARRIERS);
    tcase_add_test(cases, a_process_is_killed);
    tcase_add_test(cases, a_process_stands_still);
    tcase_add_loop_test(cases, no_descriptors_are_left, 0, CARRIERS);
    tcase_add_loop_test(cases, no_lanes_are_left, 0, LOOP);
    tcase_add_loop_test(cases, the_duration_is_over, 0, 2 * CARRIERS);
    tcase_add_loop_test(cases, the_crowd_talks, 0, CARRIERS);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
