/*
 * What all benches share: trials, their spread, and the JSON of one bench. Results are kept in a
 * jansson object that run.c carries from the bench's process to its own.
 */
#include "bench/harness.h"

#include "base/clock.h"
#include "base/memory.h"
#include "platform/platform.h"
#include "platform/stamp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, two = *(const double *)b;
    return (one > two) - (one < two);
}

/* Between two values where the place is. */
static double quantile(const double *sorted, size_t count, double share)
{
    double place = share * (double)(count - 1);
    size_t below = (size_t)place;
    double rest = place - (double)below;
    double above = below + 1 < count ? sorted[below + 1] : sorted[below];
    return sorted[below] + rest * (above - sorted[below]);
}

struct spread bench_spread(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return (struct spread){ .median = quantile(values, count, 0.5),
                            .low = quantile(values, count, 0.25),
                            .high = quantile(values, count, 0.75),
                            .trials = count };
}

struct spread bench_ratio(bench_cost *one, bench_cost *other, void *context, size_t trials)
{
    double *ratios = mem_zero(trials, sizeof *ratios);
    one(context);
    other(context);
    for (size_t i = 0; i < trials; i++) {
        double first = one(context);
        ratios[i] = first / other(context);
    }
    struct spread spread = bench_spread(ratios, trials);
    free(ratios);
    return spread;
}

/* ---- Telling ---- */

void bench_tell(struct bench *bench, const char *name, struct spread figure, double budget)
{
    bool held = figure.median <= budget;
    bench->held = bench->held && held;
    json_object_set_new(bench->figures, name,
                        json_pack("{s:f, s:f, s:f, s:I, s:f, s:b}", "median", figure.median, "low",
                                  figure.low, "high", figure.high, "trials",
                                  (json_int_t)figure.trials, "budget", budget, "held", held));
}

void bench_note(struct bench *bench, const char *name, double value)
{
    json_object_set_new(bench->notes, name, json_real(value));
}

static void add_sentence(json_t *list, const char *format, va_list arguments)
{
    char text[500];
    vsnprintf(text, sizeof text, format, arguments);
    json_array_append_new(list, json_string(text));
}

bool bench_check(struct bench *bench, bool holds, const char *format, ...)
{
    if (holds)
        return true;
    va_list arguments;
    va_start(arguments, format);
    add_sentence(bench->problems, format, arguments);
    va_end(arguments);
    bench->held = false;
    return false;
}

void bench_skip(struct bench *bench, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_sentence(bench->skipped, format, arguments);
    va_end(arguments);
}

/* ---- Clocks ---- */

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

uint64_t bench_thread_ns(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t bench_process_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

double bench_stamp_ns(void)
{
    enum { TRIALS = 9, STAMPS = 200000 };
    double costs[TRIALS];
    for (int trial = 0; trial < TRIALS; trial++) {
        uint64_t sum = 0, start_ns = clock_now();
        for (int i = 0; i < STAMPS; i++)
            sum += stamp_now();
        costs[trial] = (double)(clock_now() - start_ns) / STAMPS;
        __asm__ volatile("" ::"r"(sum));
    }
    return bench_spread(costs, TRIALS).median;
}

bool bench_pin(size_t n)
{
    int cores[PLATFORM_CORES_MAX];
    size_t count = platform_cores_allowed(cores, PLATFORM_CORES_MAX);
    return count > 0 && platform_pin(&cores[n % count], 1);
}
