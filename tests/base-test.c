/*
 * base/: each piece by its promise in its header.
 */
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/format.h"
#include "base/histogram.h"
#include "base/memory.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- error ---- */

START_TEST(error_carries_a_sentence)
{
    struct error error;
    ck_assert(!error_set(&error, "no %s at line %d", "colon", 7));
    ck_assert_str_eq(error.text, "no colon at line 7");
    ck_assert(!error_add_context(&error, "%s.yaml", "chat"));
    ck_assert_str_eq(error.text, "chat.yaml: no colon at line 7");
    error_set(&error, "again, %s", error.text);
    ck_assert_str_eq(error.text, "again, chat.yaml: no colon at line 7");
    ck_assert(!error_set(NULL, "nobody %s", "reads"));
    ck_assert(!error_add_context(NULL, "nobody"));
}
END_TEST

START_TEST(error_is_cut_not_overrun)
{
    struct error error;
    char longer[2000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    error_set(&error, "%s", longer);
    ck_assert_uint_eq(strlen(error.text), sizeof error.text - 1);
    error_add_context(&error, "here");
    ck_assert_uint_eq(strlen(error.text), sizeof error.text - 1);
    ck_assert_int_eq(strncmp(error.text, "here: xxx", 9), 0);
    error_add_context(&error, "%s", longer);
    ck_assert_uint_eq(strlen(error.text), sizeof error.text - 1);
}
END_TEST

/* ---- memory ---- */

START_TEST(memory_gives_blocks)
{
    int *numbers = mem_zero(100, sizeof *numbers);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(numbers[i], 0);
    numbers[99] = 42;
    numbers = mem_resize(numbers, 1000, sizeof *numbers);
    ck_assert_int_eq(numbers[99], 42);
    free(numbers);
    free(mem_alloc(0));
    free(mem_zero(0, 8));
    char *text = mem_string("lane");
    char *longer = mem_format("%s %d", text, 12);
    ck_assert_str_eq(longer, "lane 12");
    free(text);
    free(longer);
}
END_TEST

static void say_hook(void)
{
    ssize_t written = write(STDERR_FILENO, "hook\n", 5);
    (void)written;
}

/* Runs `body` in a child; gives its exit status and what it wrote to stderr. */
static int end_of(void (*body)(void), char *said, size_t size)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        memory_set_fatal(say_hook);
        body();
        _exit(0);
    }
    close(ends[1]);
    size_t used = 0;
    ssize_t got;
    while (used < size - 1 && (got = read(ends[0], said + used, size - 1 - used)) > 0)
        used += (size_t)got;
    said[used] = '\0';
    close(ends[0]);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* A product that wraps around to something small, kept from the compiler's own check. */
static void ask_too_much(void)
{
    volatile size_t count = SIZE_MAX / 8 + 2;
    free(mem_resize(NULL, count, 8));
}

static void meet_a_bug(void)
{
    memory_stop("lane %d runs on core %d and on core %d", 1, 2, 3);
}

START_TEST(memory_stops_politely)
{
    char said[1000];
    ck_assert_int_eq(end_of(ask_too_much, said, sizeof said), 1);
    ck_assert_int_eq(strncmp(said, "hook\nlockstep: out of memory (", 30), 0);
    ck_assert_int_eq(end_of(meet_a_bug, said, sizeof said), 1);
    ck_assert_str_eq(said, "hook\nlockstep: lane 1 runs on core 2 and on core 3\n");
}
END_TEST

/* ---- buffer ---- */

START_TEST(buffer_grows)
{
    struct buffer buffer = { 0 };
    ck_assert_str_eq(buffer_string(&buffer), "");
    for (int i = 0; i < 1000; i++) {
        buffer_printf(&buffer, "%d,", i);
        ck_assert_uint_eq(strlen(buffer_string(&buffer)), buffer.size);
    }
    ck_assert_uint_eq(buffer.size, 10 * 2 + 90 * 3 + 900 * 4);
    ck_assert_str_eq(buffer.data + buffer.size - 8, "998,999,");
    buffer_cut(&buffer, 4);
    ck_assert_str_eq(buffer_string(&buffer), "0,1,");
    buffer_clear(&buffer);
    ck_assert_str_eq(buffer_string(&buffer), "");
    buffer_append(&buffer, "a\0b", 3);
    buffer_byte(&buffer, 'c');
    buffer_text(&buffer, "de");
    ck_assert_uint_eq(buffer.size, 6);
    ck_assert_int_eq(memcmp(buffer.data, "a\0bcde", 7), 0);
    char *taken = buffer_take(&buffer);
    ck_assert_int_eq(memcmp(taken, "a\0bcde", 7), 0);
    free(taken);
    ck_assert_uint_eq(buffer.size, 0);
    taken = buffer_take(&buffer);
    ck_assert_str_eq(taken, "");
    free(taken);
    buffer_fini(&buffer);
}
END_TEST

START_TEST(buffer_prints_what_is_longer_than_its_room)
{
    for (size_t length = 0; length < 300; length++) {
        struct buffer buffer = { 0 };
        char text[301];
        memset(text, 'y', length);
        text[length] = '\0';
        buffer_printf(&buffer, "%s", text);
        ck_assert_uint_eq(buffer.size, length);
        ck_assert_str_eq(buffer_string(&buffer), text);
        buffer_printf(&buffer, "<%s>", text);
        ck_assert_uint_eq(strlen(buffer.data), 2 * length + 2);
        buffer_fini(&buffer);
    }
}
END_TEST

START_TEST(buffer_reserves)
{
    struct buffer buffer;
    buffer_init(&buffer);
    buffer_text(&buffer, "ab");
    memset(buffer_reserve(&buffer, 500), 'z', 500);
    buffer_grew(&buffer, 3);
    ck_assert_str_eq(buffer_string(&buffer), "abzzz");
    buffer_fini(&buffer);
}
END_TEST

/* ---- clock ---- */

static uint64_t wound_ns(void *context)
{
    return *(uint64_t *)context;
}

START_TEST(clock_goes_on_and_can_be_wound)
{
    uint64_t before = clock_now();
    struct clock real = clock_real();
    uint64_t between = clock_read(&real);
    ck_assert_uint_le(before, between);
    ck_assert_uint_le(between, clock_now());
    uint64_t hand = 5;
    struct clock wound = { .now_ns = wound_ns, .context = &hand };
    ck_assert_uint_eq(clock_read(&wound), 5);
    hand = 7;
    ck_assert_uint_eq(clock_read(&wound), 7);
}
END_TEST

/* ---- format ---- */

static const struct {
    char *(*format)(char *text, size_t size, uint64_t value);
    uint64_t value;
    const char *text;
} figures[] = {
    { format_duration, 0, "0ns" },
    { format_duration, 780, "780ns" },
    { format_duration, 999, "999ns" },
    { format_duration, 1000, "1us" },
    { format_duration, 5000, "5us" },
    { format_duration, 1214, "1.21us" },
    { format_duration, 9996, "10us" },
    { format_duration, 10449, "10.4us" },
    { format_duration, 99960, "100us" },
    { format_duration, 999499, "999us" },
    { format_duration, 999500, "1ms" },
    { format_duration, 50 * NS_PER_MS, "50ms" },
    { format_duration, 1050 * NS_PER_MS, "1.05s" },
    { format_duration, 1210 * NS_PER_MS, "1.21s" },
    { format_duration, 59940 * NS_PER_MS, "59.9s" },
    { format_duration, 59960 * NS_PER_MS, "1m00s" },
    { format_duration, 65 * NS_PER_S, "1m05s" },
    { format_duration, 3599400 * NS_PER_MS, "59m59s" },
    { format_duration, 3599600 * NS_PER_MS, "1h00m" },
    { format_duration, 7650 * NS_PER_S, "2h08m" },
    { format_duration, UINT64_MAX, "5124095h35m" },
    { format_bytes, 0, "0B" },
    { format_bytes, 512, "512B" },
    { format_bytes, 1023, "1023B" },
    { format_bytes, 16384, "16KiB" },
    { format_bytes, 3250585, "3.1MiB" },
    { format_bytes, 1048575, "1MiB" },
    { format_bytes, UINT64_C(121) << 30, "121GiB" },
    { format_bytes, UINT64_MAX, "16777216TiB" },
    { format_count, 950, "950" },
    { format_count, 1000, "1k" },
    { format_count, 1210, "1.2k" },
    { format_count, 12345, "12.3k" },
    { format_count, 99960, "100k" },
    { format_count, 999499, "999k" },
    { format_count, 999500, "1M" },
    { format_count, UINT64_MAX, "18446744074G" },
};

START_TEST(format_is_short)
{
    char text[FORMAT_SIZE];
    ck_assert_str_eq(figures[_i].format(text, sizeof text, figures[_i].value), figures[_i].text);
    char narrow[3];
    figures[_i].format(narrow, sizeof narrow, figures[_i].value);
    ck_assert_int_eq(strncmp(narrow, figures[_i].text, 2), 0);
    ck_assert_uint_le(strlen(narrow), 2);
}
END_TEST

/* ---- histogram ---- */

START_TEST(a_figure_is_held_to_whole_numbers)
{
    static const struct {
        double figure;
        uint64_t whole;
    } rows[] = {
        { 0, 0 },
        { 0.4, 0 },
        { 0.6, 1 },
        { -3, 0 },
        { NAN, 0 },
        { -INFINITY, 0 },
        { 1e18, 1000000000000000000u },
        { 1e300, UINT64_MAX },
        { INFINITY, UINT64_MAX },
        { 18446744073709551616.0, UINT64_MAX },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_msg(format_whole(rows[i].figure) == rows[i].whole, "row %zu", i);
}
END_TEST

START_TEST(histogram_buckets_have_no_gap)
{
    uint64_t expected = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint64_t least, greatest;
        histogram_range(i, &least, &greatest);
        ck_assert_uint_eq(least, expected);
        ck_assert_uint_ge(greatest, least);
        ck_assert_uint_eq(histogram_bucket(least), i);
        ck_assert_uint_eq(histogram_bucket(greatest), i);
        ck_assert((double)(greatest - least) / 2 <= (double)least / 128 + 0.5);
        expected = greatest + 1;
    }
    ck_assert_uint_eq(expected, 0); /* the last bucket ends with the last value */
}
END_TEST

static int compare_values(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* Against sorting, over values of all sizes. */
START_TEST(histogram_agrees_with_sorting)
{
    enum { VALUES = 20000 };
    static const double quantiles[] = { 0.0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0 };
    uint64_t *values = mem_zero(VALUES, sizeof *values);
    struct histogram *all = mem_zero(1, sizeof *all), *half = mem_zero(1, sizeof *half);
    uint64_t state = 88172645463325252u + (uint64_t)_i;
    double sum = 0;
    for (size_t i = 0; i < VALUES; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        values[i] = state >> (state % 64);
        sum += (double)values[i];
        histogram_add(i % 2 == 0 ? all : half, values[i]);
    }
    histogram_merge(all, half);
    qsort(values, VALUES, sizeof *values, compare_values);

    ck_assert_uint_eq(all->count, VALUES);
    ck_assert_uint_eq(all->least, values[0]);
    ck_assert_uint_eq(all->greatest, values[VALUES - 1]);
    ck_assert(fabs(histogram_mean(all) - sum / VALUES) <= sum / VALUES * 1e-9);
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        double rank = ceil(quantiles[i] * VALUES);
        uint64_t exact = values[rank > 0 ? (size_t)rank - 1 : 0];
        uint64_t told = histogram_quantile(all, quantiles[i]);
        double off = told > exact ? (double)(told - exact) : (double)(exact - told);
        ck_assert_msg(off <= (double)exact / 128, "quantile %g: %llu for %llu", quantiles[i],
                      (unsigned long long)told, (unsigned long long)exact);
    }
    free(values);
    free(all);
    free(half);
}
END_TEST

START_TEST(histogram_of_little)
{
    struct histogram *histogram = mem_zero(1, sizeof *histogram);
    struct histogram *empty = mem_zero(1, sizeof *empty);
    ck_assert_uint_eq(histogram_quantile(histogram, 0.5), HISTOGRAM_NONE);
    ck_assert(isnan(histogram_mean(histogram)));
    histogram_merge(histogram, empty);
    ck_assert_uint_eq(histogram->count, 0);
    histogram_add_many(histogram, 1000003, 3);
    histogram_add_many(histogram, 5, 0);
    ck_assert_uint_eq(histogram->count, 3);
    for (int i = 0; i <= 10; i++) /* least and greatest bind what the bucket would say */
        ck_assert_uint_eq(histogram_quantile(histogram, i / 10.0), 1000003);
    histogram_merge(empty, histogram);
    ck_assert_uint_eq(empty->least, 1000003);
    histogram_reset(histogram);
    ck_assert_uint_eq(histogram_quantile(histogram, 1.0), HISTOGRAM_NONE);
    free(histogram);
    free(empty);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base");
    TCase *basics = tcase_create("basics");
    tcase_add_test(basics, error_carries_a_sentence);
    tcase_add_test(basics, error_is_cut_not_overrun);
    tcase_add_test(basics, memory_gives_blocks);
    tcase_add_test(basics, memory_stops_politely);
    tcase_add_test(basics, buffer_grows);
    tcase_add_test(basics, buffer_prints_what_is_longer_than_its_room);
    tcase_add_test(basics, buffer_reserves);
    tcase_add_test(basics, clock_goes_on_and_can_be_wound);
    tcase_add_loop_test(basics, format_is_short, 0, (int)(sizeof figures / sizeof *figures));
    tcase_add_test(basics, a_figure_is_held_to_whole_numbers);
    tcase_add_test(basics, histogram_buckets_have_no_gap);
    tcase_add_loop_test(basics, histogram_agrees_with_sorting, 0, 5);
    tcase_add_test(basics, histogram_of_little);
    suite_add_tcase(suite, basics);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
