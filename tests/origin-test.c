/*
 * The origin, over real sockets: the right bytes, after the right wait, however many ask at once.
 * No test asks how fast it is; a wait is held from below (it may not be shorter) and by what comes
 * before what.
 */
#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "outside/outside.h"
#include "outside/page.h"
#include "outside_world.h"
#include "platform/platform.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SEED = 42, KIB = 1024, HANG_MS = 60000 };

static const char scenario[] =
    "name: pages\n"
    "title: Pages\n"
    "question: Which?\n"
    "teaches: Waiting.\n"
    "kind: batch\n"
    "bottleneck: io\n"
    "params:\n"
    "  - { name: latency, unit: duration, default: 0, min: 0, max: 60s, live: true, help: a wait }\n"
    "  - { name: page, unit: bytes, default: 16KiB, min: 64, max: 1MiB, live: true, help: a size }\n"
    "outside:\n"
    "  origin: { latency: $latency, page: $page }\n"
    "tasks: 1\n"
    "task:\n"
    "  - get\n"
    "models: [threads]\n"
    "predict: winner\n";

/* ---- Pages ---- */

static const size_t sizes[] = { 64, 100, 255, 256, 257, 511, 512, 513, 1024, 1040, 16384, 100000 };

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

START_TEST(a_page_is_the_same_in_parts)
{
    const struct page page = { .seed = SEED, .number = 7, .size = sizes[_i] };
    char *whole = mem_zero(page.size + 1, 1), *parts = mem_zero(page.size + 1, 1);
    page_write(&page, 0, whole, page.size);
    ck_assert_uint_eq(strlen(whole), page.size);
    for (size_t step = 1; step < 1500; step = step * 3 + 1) {
        memset(parts, 0, page.size);
        for (size_t at = 0; at < page.size; at += step)
            page_write(&page, at, parts + at, step < page.size - at ? step : page.size - at);
        ck_assert_mem_eq(parts, whole, page.size);
    }
    free(whole);
    free(parts);
}
END_TEST

START_TEST(a_page_is_well_formed)
{
    static const char *const pairs[][2] = {
        { "<p", "</p>" },   { "<a ", "</a>" },    { "<ul", "</ul>" },      { "<li", "</li>" },
        { "<h2", "</h2>" }, { "<div", "</div>" }, { "<body>", "</body>" }, { "<html", "</html>" },
    };
    char text[16 * KIB + 1] = "";
    for (uint64_t number = 0; number < 100; number++) {
        const struct page page = { .seed = SEED, .number = number, .size = sizeof text - 1 };
        page_write(&page, 0, text, page.size);
        ck_assert_int_eq(strncmp(text, "<!DOCTYPE html>", 15), 0);
        ck_assert_str_eq(text + page.size - 8, "</html>\n");
        for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
            ck_assert_uint_eq(count_of(text, pairs[i][0]), count_of(text, pairs[i][1]));
        ck_assert_uint_gt(count_of(text, "<a "), 40);
        ck_assert_uint_eq(count_of(text, "href=\"/"), count_of(text, "<a "));
    }
}
END_TEST

/* ---- A client ---- */

struct answer {
    int status;
    size_t length;      /* as the head says */
    struct buffer text; /* head and body */
    const char *body;
};

static int connect_to(const struct world *world)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)atomic_load(&world->run->origin_port));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void ask(int fd, const char *method, const char *path)
{
    char text[200];
    int size =
        snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", method, path);
    ck_assert_int_eq(send(fd, text, (size_t)size, MSG_NOSIGNAL), size);
}

/* Whether something can be read within so many ms. */
static bool is_answered(int fd, int limit_ms)
{
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    return poll(&ready, 1, limit_ms) == 1;
}

/* Reads what has come; false when the answer is not whole yet. */
static bool answer_more(struct answer *answer, int fd, bool has_body)
{
    ck_assert(is_answered(fd, HANG_MS));
    ssize_t got = recv(fd, buffer_reserve(&answer->text, 64 * KIB), 64 * KIB, 0);
    ck_assert_int_gt(got, 0);
    buffer_grew(&answer->text, (size_t)got);
    const char *head_end = strstr(answer->text.data, "\r\n\r\n");
    if (head_end == NULL)
        return false;
    const char *length = strstr(answer->text.data, "Content-Length: ");
    ck_assert_ptr_nonnull(length);
    answer->status = atoi(answer->text.data + strlen("HTTP/1.1 "));
    answer->length = strtoul(length + strlen("Content-Length: "), NULL, 10);
    answer->body = head_end + 4;
    size_t body = answer->text.size - (size_t)(answer->body - answer->text.data);
    size_t expected = has_body ? answer->length : 0;
    ck_assert_uint_le(body, expected); /* not a byte more than promised */
    return body == expected;
}

static struct answer fetch(int fd, const char *method, const char *path)
{
    struct answer answer = { .status = 0 };
    ask(fd, method, path);
    while (!answer_more(&answer, fd, strcmp(method, "HEAD") != 0))
        ;
    return answer;
}

static void assert_page(const struct answer *answer, uint64_t seed, uint64_t number, size_t size)
{
    const struct page page = { .seed = seed, .number = number, .size = size };
    char *expected = mem_alloc(size);
    page_write(&page, 0, expected, size);
    ck_assert_int_eq(answer->status, 200);
    ck_assert_uint_eq(answer->length, size);
    ck_assert_ptr_nonnull(strstr(answer->text.data, "Content-Type: text/html\r\n"));
    ck_assert_mem_eq(answer->body, expected, size);
    free(expected);
}

static void open_origin(struct world *world, uint64_t seed)
{
    world_open(world, scenario, seed);
    ck_assert_msg(world->plan != NULL, "%s", world->error.text);
    world_start(world, origin_main, NULL);
    ck_assert_uint_eq(world_wait(world, &world->run->outside_ready), 1);
    ck_assert_uint_ne(atomic_load(&world->run->origin_port), 0);
}

/* ---- What it answers ---- */

START_TEST(pages_have_the_size_of_the_moment)
{
    struct world world;
    open_origin(&world, SEED);
    int fd = connect_to(&world); /* one connection for all: it is kept */
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char path[20], value[20];
        snprintf(path, sizeof path, "/%zu", i * 1000);
        snprintf(value, sizeof value, "%zu", sizes[i]);
        world_set(&world, "page", value);
        struct answer answer = fetch(fd, "GET", path);
        assert_page(&answer, SEED, i * 1000, sizes[i]);
        buffer_fini(&answer.text);
    }
    close(fd);
    ck_assert_int_eq(world_close(&world), 0);
}
END_TEST

START_TEST(pages_follow_from_seed_and_number)
{
    struct world world[3];
    struct answer answer[4];
    const uint64_t seeds[] = { SEED, SEED, SEED + 1 };
    for (size_t i = 0; i < 3; i++) {
        open_origin(&world[i], seeds[i]);
        int fd = connect_to(&world[i]);
        answer[i] = fetch(fd, "GET", "/5");
        if (i == 0)
            answer[3] = fetch(fd, "GET", "/6");
        close(fd);
        ck_assert_int_eq(world_close(&world[i]), 0);
    }
    ck_assert_str_eq(answer[0].body, answer[1].body);
    ck_assert_str_ne(answer[0].body, answer[2].body);
    ck_assert_str_ne(answer[0].body, answer[3].body);
    for (size_t i = 0; i < 4; i++)
        buffer_fini(&answer[i].text);
}
END_TEST

static const struct {
    const char *method, *path;
    int status;
} requests[] = {
    { "HEAD", "/3", 200 },
    { "GET", "/", 200 },
    { "GET", "/3?again=1", 200 },
    { "GET", "/nonsense", 404 },
    { "GET", "/3/4", 404 },
    { "GET", "/-1", 404 },
    { "GET", "/99999999999999999999999", 404 },
    { "HEAD", "/nonsense", 404 },
    { "DELETE", "/3", 405 },
    { "OPTIONS", "/3", 405 },
};

START_TEST(every_request_is_answered_and_the_connection_kept)
{
    struct world world;
    open_origin(&world, SEED);
    int fd = connect_to(&world);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct answer answer = fetch(fd, requests[i].method, requests[i].path);
        ck_assert_int_eq(answer.status, requests[i].status);
        if (answer.status == 200)
            ck_assert_uint_eq(answer.length, 16 * KIB);
        buffer_fini(&answer.text);
        answer = fetch(fd, "GET", "/1");
        assert_page(&answer, SEED, 1, 16 * KIB);
        buffer_fini(&answer.text);
    }
    close(fd);
    ck_assert_int_eq(world_close(&world), 0);
}
END_TEST

START_TEST(a_body_is_read_and_refused)
{
    struct world world;
    open_origin(&world, SEED);
    int fd = connect_to(&world);
    char text[5000];
    int size =
        snprintf(text, sizeof text,
                 "POST /3 HTTP/1.1\r\nHost: h\r\nContent-Length: 4000\r\n\r\n%4000s", "body");
    ck_assert_int_eq(send(fd, text, (size_t)size, MSG_NOSIGNAL), size);
    struct answer answer = { .status = 0 };
    while (!answer_more(&answer, fd, true))
        ;
    ck_assert_int_eq(answer.status, 405);
    buffer_fini(&answer.text);
    close(fd);
    ck_assert_int_eq(world_close(&world), 0);
}
END_TEST

/* ---- Its waits ---- */

START_TEST(latency_is_that_of_the_moment)
{
    struct world world;
    open_origin(&world, SEED);
    world_set(&world, "latency", "400ms");
    int slow = connect_to(&world), quick = connect_to(&world);
    uint64_t asked = clock_now();
    ask(slow, "GET", "/1");
    ck_assert(!is_answered(slow, 100)); /* so it has arrived, and waits */
    world_set(&world, "latency", "0");
    struct answer answer = fetch(quick, "GET", "/2");
    ck_assert_msg(clock_now() - asked < 400 * NS_PER_MS || is_answered(slow, 0),
                  "a request without latency waits");
    buffer_fini(&answer.text);
    ck_assert(is_answered(slow, HANG_MS));
    ck_assert_uint_ge(clock_now() - asked, 400 * NS_PER_MS);

    /* And a request that is asked first and waits longer is answered last. */
    struct answer late = { .status = 0 };
    while (!answer_more(&late, slow, true))
        ;
    buffer_fini(&late.text);
    world_set(&world, "latency", "20s");
    ask(slow, "GET", "/3");
    ck_assert(!is_answered(slow, 100));
    world_set(&world, "latency", "1ms");
    for (int i = 0; i < 20; i++) {
        answer = fetch(quick, "GET", "/4");
        buffer_fini(&answer.text);
    }
    ck_assert(!is_answered(slow, 0));
    close(slow);
    close(quick);
    ck_assert_int_eq(world_close(&world), 0);
}
END_TEST

START_TEST(who_goes_while_waiting_harms_nobody)
{
    struct world world;
    open_origin(&world, SEED);
    world_set(&world, "latency", "50ms");
    for (int round = 0; round < 20; round++) {
        int fd = connect_to(&world);
        ask(fd, "GET", "/1");
        if (round % 2 == 0) { /* goes with a reset */
            const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        }
        close(fd);
    }
    int fd = connect_to(&world);
    struct answer answer = fetch(fd, "GET", "/8");
    assert_page(&answer, SEED, 8, 16 * KIB);
    buffer_fini(&answer.text);
    close(fd);
    ck_assert_int_eq(world_close(&world), 0);
}
END_TEST

/* Asks on all, one page each; false when the first answer came before the last was asked. */
static bool ask_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char path[20];
        snprintf(path, sizeof path, "/%zu", i);
        ask(fds[i], "GET", path);
    }
    return !is_answered(fds[0], 0);
}

static void collect_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct answer answer = { .status = 0 };
        while (!answer_more(&answer, fds[i], true))
            ;
        assert_page(&answer, SEED, i, 2 * KIB);
        buffer_fini(&answer.text);
    }
}

START_TEST(thousands_wait_at_once_in_one_thread)
{
    size_t count = 5000;
    uint64_t able = platform_raise_descriptors(count + 100);
    if (able < count + 100) {
        count = 1000;
        printf("only 1,000 at once instead of 5,000: %llu descriptors are allowed\n",
               (unsigned long long)able);
        ck_assert_uint_ge(able, count + 100);
    }
    struct world world;
    open_origin(&world, SEED);
    world_set(&world, "page", "2KiB");
    int *fds = mem_zero(count, sizeof *fds);
    for (size_t i = 0; i < count; i++) {
        fds[i] = connect_to(&world);
        ck_assert_int_ge(fds[i], 0);
    }
    /* On a machine that is busy asking takes longer: then with a longer wait. */
    static const char *const waits[] = { "1s", "4s", "16s", NULL };
    size_t turn = 0;
    for (bool all = false; !all; turn++) {
        ck_assert_msg(waits[turn] != NULL, "%zu requests were never pending at once", count);
        world_set(&world, "latency", waits[turn]);
        all = ask_all(fds, count);
        struct platform_memory memory;
        if (platform_memory(world.pid, &memory) && memory.threads != PLATFORM_UNKNOWN)
            ck_assert_uint_eq(memory.threads, 1);
        collect_all(fds, count);
    }
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
    free(fds);
    ck_assert_int_eq(world_close(&world), 0);
}
END_TEST

/* ---- Its end ---- */

START_TEST(it_ends_with_the_run_whoever_waits)
{
    struct world world;
    open_origin(&world, SEED);
    world_set(&world, "latency", "60s");
    int fd = connect_to(&world);
    ask(fd, "GET", "/1");
    ck_assert(!is_answered(fd, 100));
    if (_i == 0)
        atomic_store(&world.run->stop, 1);
    else
        atomic_store(&world.run->phase, PHASE_OVER);
    ck_assert(world_ended(&world, HANG_MS / 2));
    close(fd);
    ck_assert_int_eq(world_close(&world), 0);
}
END_TEST

START_TEST(after_a_stop_it_answers_what_is_on_its_way)
{
    struct world world;
    open_origin(&world, SEED);
    world_set(&world, "latency", "100ms");
    int fd = connect_to(&world);
    ask(fd, "GET", "/1");
    atomic_store(&world.run->stop, 1);
    struct answer answer = { .status = 0 };
    while (!answer_more(&answer, fd, true))
        ;
    assert_page(&answer, SEED, 1, 16 * KIB);
    buffer_fini(&answer.text);
    close(fd);
    ck_assert_int_eq(world_close(&world), 0);
}
END_TEST

static const char no_origin[] = "name: quiet\ntitle: t\nquestion: q\nteaches: t\nkind: batch\n"
                                "bottleneck: cpu\ntasks: 1\ntask:\n  - wait: 1ms\n"
                                "models: [threads]\npredict: winner\n";

START_TEST(what_it_cannot_serve_is_told)
{
    static const char *const texts[] = { no_origin, "name: [" };
    struct world world;
    world_open(&world, texts[_i], SEED);
    world_start(&world, origin_main, NULL);
    ck_assert_uint_eq(world_wait(&world, &world.run->outside_ready), 2);
    ck_assert_uint_eq(atomic_load(&world.run->status), RUN_FAILED);
    ck_assert_ptr_nonnull(strstr(world.run->reason, _i == 0 ? "quiet" : "scenario"));
    ck_assert_int_eq(world_close(&world), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("origin");
    TCase *pages = tcase_create("pages");
    tcase_add_loop_test(pages, a_page_is_the_same_in_parts, 0, (int)(sizeof sizes / sizeof *sizes));
    tcase_add_test(pages, a_page_is_well_formed);
    suite_add_tcase(suite, pages);
    TCase *served = tcase_create("served");
    tcase_set_timeout(served, 180);
    tcase_add_test(served, pages_have_the_size_of_the_moment);
    tcase_add_test(served, pages_follow_from_seed_and_number);
    tcase_add_test(served, every_request_is_answered_and_the_connection_kept);
    tcase_add_test(served, a_body_is_read_and_refused);
    tcase_add_test(served, latency_is_that_of_the_moment);
    tcase_add_test(served, who_goes_while_waiting_harms_nobody);
    tcase_add_test(served, thousands_wait_at_once_in_one_thread);
    tcase_add_loop_test(served, it_ends_with_the_run_whoever_waits, 0, 2);
    tcase_add_test(served, after_a_stop_it_answers_what_is_on_its_way);
    tcase_add_loop_test(served, what_it_cannot_serve_is_told, 0, 2);
    suite_add_tcase(suite, served);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
