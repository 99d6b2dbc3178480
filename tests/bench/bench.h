/*
 * bench.h: measuring budgets. tests/bench/run runs the rows of its table (run.c), each in a process
 * of its own, and prints one JSON object; `tests/bench/run NAME...` runs some. To add a bench: a file
 * with a function of the shape below, its name below, and a row in run.c.
 *
 * A bench measures by trials that interleave what is measured with what it is measured against
 * (bench_ratio), tells figures with their budgets, and checks that what it measured did its work:
 * nothing dropped, the output right. It never compares absolute times.
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench; /* one bench's results, while it runs */
typedef void bench_body(struct bench *bench);

/* The benches, a file each. */
bench_body bench_event, bench_drain, bench_clock, bench_switches, bench_query, bench_replay,
    bench_frame, bench_lanes, bench_answer, bench_start, bench_processes, bench_threads,
    bench_connections, bench_observing;

/* What several trials gave. */
struct spread {
    double median, low, high; /* low and high: the quartiles */
    size_t trials;
};

/* Of `count` values, which are sorted in place. */
struct spread bench_spread(double *values, size_t count);

/* `one` divided by `other`, each run `trials` times in turn (after one round that does not count).
 * Each gives what it cost, in any unit. */
typedef double bench_cost(void *context);
struct spread bench_ratio(bench_cost *one, bench_cost *other, void *context, size_t trials);

/* A figure with the budget it must not exceed (by its median). */
void bench_tell(struct bench *bench, const char *name, struct spread figure, double budget);
/* A figure for information. */
void bench_note(struct bench *bench, const char *name, double value);
/* A condition that must hold; the sentence says what was found. Returns `holds`. */
bool bench_check(struct bench *bench, bool holds, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The bench cannot run here; the sentence says why. It is told, and fails nothing. */
void bench_skip(struct bench *bench, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The cost of a stamp in ns, by the clock: for information, and for budgets in stamps. */
double bench_stamp_ns(void);
/* Nanoseconds of CPU that the calling thread or process used so far. */
uint64_t bench_thread_ns(void);
uint64_t bench_process_ns(void);
/* Keeps the calling thread on the n-th of the cores it may use (modulo their number), false where
 * that cannot be done. */
bool bench_pin(size_t n);

#endif
