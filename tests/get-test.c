/*
 * The step `get`, blocking and evented: the same pages in every model, all at once in a loop, one
 * connection kept alive in a lane, and every way in which it can go wrong told as a failed task.
 *
 * The server is the program's own origin, or, where it has to misbehave or be counted, a tiny one in
 * here.
 */
#include "beside.h"

#include "base/clock.h"
#include "outside/outside.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const fetching =
    "name: fetching\n"
    "title: Fetching\n"
    "question: Which is first?\n"
    "teaches: A test.\n"
    "kind: batch\n"
    "bottleneck: io\n"
    "params:\n"
    "  - { name: pages, unit: count, default: 40, min: 1, max: 10000, help: pages }\n"
    "  - { name: latency, unit: duration, default: 5ms, min: 0us, max: 60s, help: latency }\n"
    "  - { name: page, unit: bytes, default: 16KiB, min: 1KiB, max: 4MiB, help: size }\n"
    "outside:\n"
    "  origin: { latency: $latency, page: $page }\n"
    "tasks: $pages\n"
    "task:\n"
    "  - get\n"
    "  - compute: { kernel: parse, mode: python }\n"
    "  - send: { size: 100 }\n"
    "models: [serial]\n"
    "predict: winner\n";

static const char *const carriers[] = { "serial", "threads", "free", "processes", "loop" };
enum { CARRIERS = 5, LOOP = 4 };

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
}

static void run_with_origin(struct stage_test *test, const char *model, const char *const *sets)
{
    struct beside origin;
    stage_test_init(test, fetching, model, sets);
    beside_start(&origin, test, origin_main);
    stage_test_start(test);
    ck_assert_int_eq(beside_end(&origin), 0);
    stage_test_end(test);
}

START_TEST(same_pages)
{
    static const char *const large[] = { "page=1MiB", "pages=10", NULL };
    static const char *const *const sets[] = { NULL, large };
    for (int which = 0; which < 2; which++) {
        struct stage_test test;
        run_with_origin(&test, "serial", sets[which]);
        uint64_t expected = stage_test_checksum(&test);
        size_t pages = which == 0 ? 40 : 10;
        stage_test_fini(&test);
        for (int i = 0; i < repeats(3); i++) {
            run_with_origin(&test, carriers[_i], sets[which]);
            expect_right(&test, RUN_DONE);
            ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_COLLECT), pages);
            ck_assert_uint_eq(stage_test_checksum(&test), expected);
            stage_test_fini(&test);
        }
    }
}
END_TEST

/* 300 pages that each take half a second: all are on their way at the same time. */
START_TEST(a_loop_asks_for_all_at_once)
{
    static const char *const sets[] = { "pages=300", "latency=500ms", NULL };
    struct stage_test test;
    run_with_origin(&test, "loop", sets);
    expect_right(&test, RUN_DONE);
    size_t waiting = 0, most = 0;
    for (size_t i = 0; i < test.count; i++) {
        waiting += test.events[i].kind == EVENT_TASK_WAIT;
        waiting -= test.events[i].kind == EVENT_TASK_RUN;
        most = waiting > most ? waiting : most;
    }
    ck_assert_uint_eq(most, 300);
    ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_DONE), 300);
    ck_assert_double_ge(stage_test_wall_s(&test), 0.5);
    ck_assert_double_lt(stage_test_wall_s(&test), 30.);
    stage_test_fini(&test);
}
END_TEST

/* ---- A server of our own. ---- */

enum manner { POLITE, NOT_FOUND, SILENT_CLOSE, NONSENSE, CUT_SHORT, MANNERS };

struct server {
    _Atomic uint32_t *accepted; /* shared with the child that serves */
    pid_t pid;
    uint16_t port;
};

static const char *const answers[MANNERS] = {
    [POLITE] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    [NOT_FOUND] = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
    [SILENT_CLOSE] = "",
    [NONSENSE] = "\x01\x02 this is no HTTP \r\n\r\n",
    [CUT_SHORT] = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello",
};

/* Answers each request of each connection in its manner, until it is killed. */
static _Noreturn void serve(int listener, enum manner manner, _Atomic uint32_t *accepted)
{
    struct pollfd fds[256] = { { .fd = listener, .events = POLLIN } };
    nfds_t count = 1;
    for (;;) {
        poll(fds, count, 20 * 1000);
        for (nfds_t i = 1; i < count; i++) {
            char request[4096];
            if (fds[i].fd < 0 || fds[i].revents == 0)
                continue;
            ssize_t got = recv(fds[i].fd, request, sizeof request, 0);
            if (got > 0)
                send(fds[i].fd, answers[manner], strlen(answers[manner]), MSG_NOSIGNAL);
            if (got <= 0 || (manner != POLITE && manner != NOT_FOUND)) {
                close(fds[i].fd);
                fds[i].fd = -1;
            }
        }
        if (fds[0].revents != 0 && count < 256) {
            fds[count++] = (struct pollfd){ .fd = accept(listener, NULL, NULL), .events = POLLIN };
            atomic_fetch_add(accepted, 1);
        }
    }
}

static void server_start(struct server *server, enum manner manner)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(listener, 256), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    server->port = ntohs(address.sin_port);
    server->accepted = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    fflush(NULL);
    server->pid = fork();
    if (server->pid == 0) {
        alarm(120);
        serve(listener, manner, server->accepted);
    }
    close(listener);
}

static uint32_t server_end(struct server *server)
{
    uint32_t accepted = atomic_load(server->accepted);
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    munmap(server->accepted, 4096);
    return accepted;
}

START_TEST(a_lane_keeps_its_connection)
{
    static const char *const sets[] = { "pages=12", "workers=3", NULL };
    static const uint32_t least[CARRIERS] = { 1, 1, 1, 1, 12 }, most[] = { 1, 3, 3, 3, 12 };
    struct stage_test test;
    struct server server;
    stage_test_init(&test, fetching, carriers[_i], sets);
    server_start(&server, POLITE);
    atomic_store(&test.run->origin_port, server.port);
    stage_test_run(&test);
    expect_right(&test, RUN_DONE);
    ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_DONE), 12);
    uint32_t accepted = server_end(&server);
    ck_assert_uint_ge(accepted, least[_i]);
    ck_assert_uint_le(accepted, most[_i]);
    stage_test_fini(&test);
}
END_TEST

/* Whatever the server does, all tasks fail and the run is done. */
START_TEST(a_bad_server_fails_the_tasks)
{
    static const char *const sets[] = { "pages=8", "workers=2", NULL };
    for (enum manner manner = NOT_FOUND; manner < MANNERS; manner++) {
        struct stage_test test;
        struct server server;
        stage_test_init(&test, fetching, carriers[_i], sets);
        server_start(&server, manner);
        snprintf(test.arena.header->origin_url, sizeof test.arena.header->origin_url,
                 "http://127.0.0.1:%u/pages%s", server.port, manner % 2 == 0 ? "/" : "");
        stage_test_run(&test);
        server_end(&server);
        expect_right(&test, RUN_DONE);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_FAIL), 8);
        ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_COLLECT), 0);
        ck_assert_uint_gt(stage_test_first(&test, EVENT_TASK_FAIL)->a, 0);
        stage_test_fini(&test);
    }
}
END_TEST

/* Nobody listens there, or there is no origin at all. */
START_TEST(no_server_fails_the_tasks)
{
    static const char *const sets[] = { "pages=8", "workers=2", NULL };
    struct stage_test test;
    struct server server;
    server_start(&server, POLITE);
    server_end(&server);
    stage_test_init(&test, fetching, carriers[_i], sets);
    atomic_store(&test.run->origin_port, server.port);
    stage_test_run(&test);
    expect_right(&test, RUN_DONE);
    ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_FAIL), 8);
    ck_assert_uint_eq(stage_test_first(&test, EVENT_TASK_FAIL)->a, ECONNREFUSED);
    stage_test_fini(&test);

    stage_test_init(&test, fetching, carriers[_i], sets);
    stage_test_run(&test);
    expect_right(&test, RUN_DONE);
    ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_FAIL), 8);
    ck_assert_uint_eq(stage_test_first(&test, EVENT_TASK_FAIL)->a, ENOTCONN);
    stage_test_fini(&test);
}
END_TEST

/* The origin takes its time; a run that is stopped does not wait for it. */
START_TEST(stopped_while_pages_are_on_their_way)
{
    static const char *const sets[] = { "latency=60s", "workers=3", NULL };
    struct stage_test test;
    struct beside origin;
    stage_test_init(&test, fetching, carriers[_i], sets);
    beside_start(&origin, &test, origin_main);
    stage_test_start(&test);
    ck_assert(!stage_test_poll(&test, 200));
    atomic_store(&test.run->stop, 1);
    arena_wake(&test.run->stop);
    ck_assert(stage_test_poll(&test, 20 * 1000));
    ck_assert_int_eq(beside_end(&origin), 0);
    stage_test_end(&test);
    expect_right(&test, RUN_STOPPED);
    ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_DONE), 0);
    ck_assert_uint_eq(stage_test_count(&test, EVENT_TASK_FAIL), 0);
    stage_test_fini(&test);
}
END_TEST

/* With fewer descriptors than pages a loop gives up, and says at how many. */
START_TEST(a_loop_at_the_limit_of_descriptors)
{
    static const char *const sets[] = { "pages=300", "latency=2s", NULL };
    struct stage_test test;
    struct beside origin;
    struct rlimit limit;
    stage_test_init(&test, fetching, "loop", sets);
    beside_start(&origin, &test, origin_main);
    getrlimit(RLIMIT_NOFILE, &limit);
    struct rlimit low = { .rlim_cur = 120, .rlim_max = 120 };
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    stage_test_start(&test);
    ck_assert_int_eq(beside_end(&origin), 0);
    stage_test_end(&test);
    expect_right(&test, RUN_LIMITED);
    uint32_t count = atomic_load(&test.run->limit_count);
    ck_assert_uint_ge(count, 80);
    ck_assert_uint_le(count, 120);
    ck_assert_uint_eq(stage_test_first(&test, EVENT_TASK_FAIL)->a, EMFILE);
    ck_assert_ptr_nonnull(strstr(test.run->reason, "descriptors"));
    stage_test_fini(&test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("get");
    TCase *cases = tcase_create("get");
    tcase_set_timeout(cases, 300);
    tcase_add_loop_test(cases, same_pages, 0, CARRIERS);
    tcase_add_test(cases, a_loop_asks_for_all_at_once);
    tcase_add_loop_test(cases, a_lane_keeps_its_connection, 0, CARRIERS);
    tcase_add_loop_test(cases, a_bad_server_fails_the_tasks, 0, CARRIERS);
    tcase_add_loop_test(cases, no_server_fails_the_tasks, 0, CARRIERS);
    tcase_add_loop_test(cases, stopped_while_pages_are_on_their_way, 0, CARRIERS);
    tcase_add_test(cases, a_loop_at_the_limit_of_descriptors);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
