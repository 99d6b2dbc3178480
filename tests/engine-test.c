/*
 * The engine's parts one by one: what kernels compute, that interpreter work is counted, that a
 * queue and a frame lose nothing, that the tables of steps and kernels say the same as the
 * scenario's.
 */
#include "base/memory.h"
#include "engine/kernel.h"
#include "engine/lock.h"
#include "engine/mix.h"
#include "engine/queue.h"
#include "engine/serialise.h"
#include "engine/spin.h"
#include "engine/stage.h"
#include "engine/step.h"
#include "trace/ring.h"

#include <check.h>
#include <math.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A stage without a process of its own. */
static void stage_open(struct stage *stage)
{
    struct error error;
    const struct arena_options options = {
        .run_count = 1, .lane_capacity = { 32 }, .text = "", .seed = 1, .tracing = true
    };
    *stage = (struct stage){ .listener = -1 };
    ck_assert_msg(arena_new(&stage->arena, &options, &error), "%s", error.text);
    stage->run = arena_run(&stage->arena, 0);
    stage->arena.header->spins_per_ms = 1000;
    stage->arena.header->param_count = PARAM_ENGINE_COUNT;
    arena_param_set(&stage->arena, PARAM_GIL, 1);
    arena_param_set(&stage->arena, PARAM_SWITCH_INTERVAL, 1000 * 1000);
}

/* ---- Tables ---- */

START_TEST(steps_agree)
{
    for (size_t kind = 0; kind < STEP_KIND_COUNT; kind++) {
        if (steps_table[kind] == NULL)
            continue;
        ck_assert_str_eq(steps_table[kind]->name, step_rows[kind].name);
        ck_assert_ptr_nonnull(steps_table[kind]->run);
    }
}
END_TEST

static const struct kernel *const all_kernels[KERNEL_COUNT] = {
    [KERNEL_MATMUL] = &kernel_matmul,         [KERNEL_STATS] = &kernel_stats,
    [KERNEL_PARSE] = &kernel_parse,           [KERNEL_HASH] = &kernel_hash,
    [KERNEL_MANDELBROT] = &kernel_mandelbrot,
};

START_TEST(kernels_agree)
{
    const char *const *names = step_rows[STEP_COMPUTE].fields[COMPUTE_KERNEL].choices;
    for (size_t i = 0; i < KERNEL_COUNT; i++)
        ck_assert_str_eq(all_kernels[i]->name, names[i]);
    ck_assert_ptr_null(names[KERNEL_COUNT]);
}
END_TEST

/* ---- Kernels ---- */

static uint64_t kernel_do(const struct kernel *kernel, void **state,
                          const struct kernel_input *input)
{
    *state = kernel->begin(*state, input);
    while (kernel->advance(*state))
        continue;
    return kernel->checksum(*state);
}

static uint64_t kernel_once(const struct kernel *kernel, const struct kernel_input *input)
{
    void *state = NULL;
    uint64_t sum = kernel_do(kernel, &state, input);
    kernel->free(state);
    return sum;
}

static const char page[] = "<p>text <a href=\"/one\">1</a> <A class=x HREF='/two'>2</A>"
                           "<!-- <a href=\"/no\"> --> <abbr href=\"/no\"> <a href=/three>3</a>"
                           "<img src=\"/no\" alt='>'> <a name=n> 1 < 2 <a href = \"/four\" >";

/* The same input gives the same, another one another, whatever the lane's memory held before. */
START_TEST(kernel_depends_on_its_input_alone)
{
    static const uint64_t sizes[KERNEL_COUNT][2] = { [KERNEL_MATMUL] = { 130, 45 },
                                                     [KERNEL_STATS] = { 90000, 1000 },
                                                     [KERNEL_PARSE] = { 0, 0 },
                                                     [KERNEL_HASH] = { 300000, 70 },
                                                     [KERNEL_MANDELBROT] = { 60, 20 } };
    const struct kernel *kernel = all_kernels[_i];
    struct kernel_input large = {
        .seed = 1, .task = 3, .size = sizes[_i][0], .page = page, .page_size = sizeof page - 1
    };
    struct kernel_input small = large, other = large;
    small.size = sizes[_i][1];
    small.page_size = 40;
    other.task = 4;
    other.page = page + 1;
    other.page_size = large.page_size - 60;
    uint64_t first = kernel_once(kernel, &large), second = kernel_once(kernel, &small);
    ck_assert_uint_ne(first, second);
    ck_assert_uint_ne(first, kernel_once(kernel, &other));
    void *state = NULL;
    ck_assert_uint_eq(kernel_do(kernel, &state, &large), first);
    ck_assert_uint_eq(kernel_do(kernel, &state, &small), second);
    /* Given up in the middle, as a stopped run does. */
    state = kernel->begin(state, &large);
    kernel->advance(state);
    ck_assert_uint_eq(kernel_do(kernel, &state, &large), first);
    kernel->free(state);
}
END_TEST

/* matmul's numbers and checksum as its file describes them, but multiplied the schoolbook way. */
enum { N = 40, TILE = 64, DEPTH = 32 };

static void schoolbook_fill(double into[N][TILE], uint64_t *random, bool is_left)
{
    for (size_t block = 0; block < 2; block++)
        for (size_t i = 0; i < TILE * DEPTH; i++) {
            size_t across = is_left ? i / DEPTH : i % TILE;
            size_t deep = block * DEPTH + (is_left ? i % DEPTH : i / TILE);
            if (across < N && deep < N)
                into[deep][across] = (double)(int64_t)(mix_next(random) >> 11) * 0x1p-52 - 1.;
        }
}

START_TEST(matmul_multiplies)
{
    static double left[N][TILE], right[N][TILE], product[TILE][TILE];
    uint64_t random = mix_pair(mix_pair(5, 6), 0), sum = 0;
    schoolbook_fill(left, &random, true);
    schoolbook_fill(right, &random, false);
    for (size_t row = 0; row < N; row++)
        for (size_t column = 0; column < N; column++)
            for (size_t deep = 0; deep < N; deep++)
                product[row][column] += left[deep][row] * right[deep][column];
    for (size_t i = 0; i < TILE * TILE; i += 61) {
        uint64_t bits;
        memcpy(&bits, &product[i / TILE][i % TILE], sizeof bits);
        sum = (sum ^ bits) * UINT64_C(0x100000001b3);
    }
    struct kernel_input input = { .seed = 5, .task = 6, .size = N };
    ck_assert_uint_eq(kernel_once(&kernel_matmul, &input), sum);
}
END_TEST

START_TEST(stats_sums)
{
    double sum = 0.;
    for (uint64_t x = 200000; x < 300000; x++) {
        double root = sqrt((double)x);
        sum += root * root * root;
    }
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    struct kernel_input input = { .task = 2, .size = 100000 };
    ck_assert_uint_eq(kernel_once(&kernel_stats, &input), bits);
}
END_TEST

START_TEST(hash_is_sha256)
{
    enum { SIZE = 200000, BLOCK = 65536 };
    uint64_t seed = 9, head[2] = { 4, 1 }, sum;
    unsigned char *bytes = mem_alloc(sizeof head + SIZE), *block = bytes + sizeof head;
    unsigned char digest[SHA256_DIGEST_LENGTH];
    memcpy(bytes, head, sizeof head);
    for (size_t i = 0; i < BLOCK; i += sizeof sum) {
        sum = mix_next(&seed);
        memcpy(block + i, &sum, sizeof sum);
    }
    for (size_t i = BLOCK; i < SIZE; i++)
        block[i] = block[i - BLOCK];
    SHA256(bytes, sizeof head + SIZE, digest);
    memcpy(&sum, digest, sizeof sum);
    struct kernel_input input = { .seed = 9, .task = 4, .round = 1, .size = SIZE };
    ck_assert_uint_eq(kernel_once(&kernel_hash, &input), sum);
    free(bytes);
}
END_TEST

START_TEST(parse_finds_links)
{
    static const char *const links[] = { "/one", "/two", "/three", "/four" };
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < 4; i++) {
        for (const char *c = links[i]; *c != '\0'; c++)
            sum = (sum ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
        sum ^= 0xff;
    }
    struct kernel_input input = { .page = page, .page_size = sizeof page - 1 };
    ck_assert_uint_eq(kernel_once(&kernel_parse, &input), sum + 4);
}
END_TEST

/* Whatever it is given and wherever that is cut, it stays inside (a sanitizer looks on). */
START_TEST(parse_survives_anything)
{
    uint64_t random = (uint64_t)_i;
    static const char letters[] = "<>a =\"'!-/hrefx";
    for (int round = 0; round < 200; round++) {
        size_t size = mix_next(&random) % 60;
        char *text = mem_alloc(size);
        for (size_t i = 0; i < size; i++)
            text[i] = letters[mix_next(&random) % (sizeof letters - 1)];
        struct kernel_input input = { .page = text, .page_size = size };
        kernel_once(&kernel_parse, &input);
        free(text);
    }
}
END_TEST

/* ---- Interpreter work ---- */

START_TEST(spin_is_counted)
{
    ck_assert_uint_gt(spin_calibrate(), 1000);
    ck_assert_uint_eq(spin_run(12345, 1), spin_run(12345, 1));
    ck_assert_uint_ne(spin_run(12 * 1000, 1), spin_run(12 * 1001, 1));
    ck_assert_uint_ne(spin_run(12 * 1000, 1), spin_run(12 * 1000, 2));
}
END_TEST

/* ---- The queue ---- */

enum { PUSHERS = 2, POPPERS = 4, PUSHED = 2000 };

struct crowd {
    struct stage *stage;
    struct gil *gil;
    struct queue *queue;
    uint32_t index;
    uint64_t sum;
    uint32_t count;
};

static void *push_body(void *argument)
{
    struct crowd *crowd = argument;
    struct lane lane;
    lane_begin(&lane, crowd->stage, crowd->gil, ROLE_MAIN, crowd->index);
    for (uint32_t i = 0; i < PUSHED; i++) {
        while (!queue_push(crowd->queue, &lane, crowd->index * PUSHED + i))
            ck_assert(!lane_should_stop(&lane));
        lane_check(&lane);
    }
    lane_end(&lane);
    return NULL;
}

static void *pop_body(void *argument)
{
    struct crowd *crowd = argument;
    struct lane lane;
    uint32_t task;
    lane_begin(&lane, crowd->stage, crowd->gil, ROLE_WORKER, crowd->index);
    while (queue_pop(crowd->queue, &lane, NULL, &task)) {
        crowd->sum += task;
        crowd->count++;
        lane_check(&lane);
    }
    lane_end(&lane);
    return NULL;
}

/* Depths go up and down by one, never past the bound. */
static void expect_depths(struct stage *stage, uint32_t bound)
{
    enum { MOST = 16384 };
    struct event *events = mem_alloc(MOST * sizeof *events);
    int64_t pushes = 0, pops = 0;
    for (uint32_t lane = 0; lane < atomic_load(&stage->run->next_lane); lane++) {
        size_t count = ring_drain(&stage->arena, 0, lane, events, MOST);
        for (size_t i = 0; i < count; i++) {
            bool push = events[i].kind == EVENT_QUEUE_PUSH, pop = events[i].kind == EVENT_QUEUE_POP;
            ck_assert(!push || (events[i].a >= 1 && events[i].a <= bound));
            ck_assert(!pop || events[i].a < bound);
            pushes += push;
            pops += pop;
        }
    }
    ck_assert_int_eq(pushes, pops);
    free(events);
}

static void queue_crowd(struct stage *stage, struct gil *gil, uint32_t bound)
{
    struct crowd crowds[PUSHERS + POPPERS];
    pthread_t threads[PUSHERS + POPPERS];
    struct queue *queue = queue_new(0, bound);
    for (uint32_t i = 0; i < PUSHERS + POPPERS; i++) {
        crowds[i] = (struct crowd){ .stage = stage, .gil = gil, .queue = queue, .index = i };
        pthread_create(&threads[i], NULL, i < PUSHERS ? push_body : pop_body, &crowds[i]);
    }
    uint64_t sum = 0, count = 0;
    for (uint32_t i = 0; i < PUSHERS + POPPERS; i++) {
        if (i == PUSHERS)
            queue_close(queue);
        pthread_join(threads[i], NULL);
        sum += crowds[i].sum;
        count += crowds[i].count;
    }
    ck_assert_uint_eq(count, PUSHERS * PUSHED);
    ck_assert_uint_eq(sum, (uint64_t)PUSHERS * PUSHED * (PUSHERS * PUSHED - 1) / 2);
    queue_free(queue);
}

START_TEST(queue_loses_nothing)
{
    static const uint32_t bounds[] = { 1, 7, 1000 };
    for (int with_gil = 0; with_gil < 2; with_gil++) {
        struct stage stage;
        stage_open(&stage);
        struct gil *gil = with_gil ? gil_new(0, true) : NULL;
        queue_crowd(&stage, gil, bounds[_i]);
        expect_depths(&stage, bounds[_i]);
        gil_free(gil);
        arena_unmap(&stage.arena);
    }
}
END_TEST

START_TEST(queue_push_ends_with_the_run)
{
    struct stage stage;
    struct lane lane;
    stage_open(&stage);
    lane_begin(&lane, &stage, NULL, ROLE_MAIN, 0);
    struct queue *queue = queue_new(0, 1);
    ck_assert(queue_push(queue, &lane, 5));
    atomic_store(&stage.run->stop, 1);
    ck_assert(!queue_push(queue, &lane, 6));
    queue_close(queue);
    uint32_t task;
    ck_assert(queue_pop(queue, &lane, NULL, &task));
    ck_assert_uint_eq(task, 5);
    ck_assert(!queue_pop(queue, &lane, NULL, &task));
    lane_end(&lane);
    queue_free(queue);
    arena_unmap(&stage.arena);
}
END_TEST

/* ---- Frames ---- */

START_TEST(frames_come_back)
{
    struct stage stage;
    struct lane lane;
    struct buffer frames = { 0 };
    stage_open(&stage);
    lane_begin(&lane, &stage, NULL, ROLE_MAIN, 0);
    char *payload = mem_zero(1, 1 << 20);
    const struct result sent[] = {
        { .task = 0, .checksum = 0, .payload = payload, .payload_size = 0 },
        { .task = 70000, .failed = 11, .checksum = UINT64_MAX, .payload = "ab", .payload_size = 2 },
        { .task = UINT32_MAX - 1, .checksum = 5, .payload = payload, .payload_size = 1 << 20 },
    };
    for (size_t i = 0; i < 3; i++) {
        payload[i] = (char)i;
        serialise_result(&lane, &sent[i], &frames);
    }
    size_t at = 0;
    for (size_t i = 0; i < 3; i++) {
        struct result got;
        long used = deserialise_result(&lane, frames.data + at, frames.size - at, &got);
        ck_assert_int_gt(used, 0);
        /* Not whole yet, wherever it is cut. */
        for (long cut = 0; cut < used; cut += 1 + used / 50)
            ck_assert_int_eq(deserialise_result(&lane, frames.data + at, (size_t)cut, &got), 0);
        deserialise_result(&lane, frames.data + at, (size_t)used, &got);
        ck_assert_uint_eq(got.task, sent[i].task);
        ck_assert_int_eq(got.failed, sent[i].failed);
        ck_assert_uint_eq(got.checksum, sent[i].checksum);
        ck_assert_uint_eq(got.payload_size, sent[i].payload_size);
        ck_assert_mem_eq(got.payload, sent[i].payload, got.payload_size);
        at += (size_t)used;
    }
    ck_assert_uint_eq(at, frames.size);
    free(payload);
    buffer_fini(&frames);
    lane_end(&lane);
    arena_unmap(&stage.arena);
}
END_TEST

START_TEST(broken_frames_are_refused)
{
    static const struct {
        const char *bytes;
        size_t size;
    } broken[] = {
        { "\xff\xff\xff\xff", 4 },            /* far too long */
        { "\1\0\0\0\xc1", 5 },                /* no msgpack */
        { "\1\0\0\0\7", 5 },                  /* a number */
        { "\5\0\0\0\x94\1\0\1\1", 9 },        /* the last is no payload */
        { "\6\0\0\0\x94\1\xc0\1\xc4\0", 10 }, /* nil where a number has to be */
        { "\7\0\0\0\x94\1\0\1\xc4\0\0", 11 }, /* something after it */
        { "\6\0\0\0\x94\1\0\1\xc4\1", 10 },   /* cut inside */
    };
    struct stage stage;
    struct lane lane;
    struct result got;
    stage_open(&stage);
    lane_begin(&lane, &stage, NULL, ROLE_MAIN, 0);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        ck_assert_msg(deserialise_result(&lane, broken[i].bytes, broken[i].size, &got) == -1,
                      "frame %zu is not refused", i);
    lane_end(&lane);
    arena_unmap(&stage.arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine");
    TCase *parts = tcase_create("parts");
    tcase_set_timeout(parts, 120);
    tcase_add_test(parts, steps_agree);
    tcase_add_test(parts, kernels_agree);
    tcase_add_loop_test(parts, kernel_depends_on_its_input_alone, 0, KERNEL_COUNT);
    tcase_add_test(parts, matmul_multiplies);
    tcase_add_test(parts, stats_sums);
    tcase_add_test(parts, hash_is_sha256);
    tcase_add_test(parts, parse_finds_links);
    tcase_add_loop_test(parts, parse_survives_anything, 0, 20);
    tcase_add_test(parts, spin_is_counted);
    tcase_add_loop_test(parts, queue_loses_nothing, 0, 3);
    tcase_add_test(parts, queue_push_ends_with_the_run);
    tcase_add_test(parts, frames_come_back);
    tcase_add_test(parts, broken_frames_are_refused);
    suite_add_tcase(suite, parts);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
