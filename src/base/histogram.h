/*
 * A histogram of uint64_t values (latencies in ns, sizes): buckets of equal width within each power
 * of two, 64 to each, so a value that is given back is off by at most 1/128 (0.8 %) and exact below
 * 128. Count, sum, least and greatest are exact. Adding never allocates and costs a few
 * instructions. A histogram of all zeros is an empty one. 30 KiB each; not thread-safe.
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 58 * 64 + 64 };

/* What an empty histogram answers. */
#define HISTOGRAM_NONE UINT64_MAX

struct histogram {
    uint64_t count;                      /* values added */
    uint64_t least, greatest;            /* exact; undefined while count is 0 */
    double sum;                          /* of the values, for the mean */
    uint64_t buckets[HISTOGRAM_BUCKETS]; /* values in each; see histogram_bucket() */
};

void histogram_reset(struct histogram *histogram);
void histogram_add(struct histogram *histogram, uint64_t value);
void histogram_add_many(struct histogram *histogram, uint64_t value, uint64_t times);

/* Adds all of `from` to `into`. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The value below or at which a share `quantile` (0 to 1) of the values lies: the least at 0, the
 * greatest at 1, HISTOGRAM_NONE of an empty histogram. */
uint64_t histogram_quantile(const struct histogram *histogram, double quantile);

/* The mean, or NaN of an empty histogram. */
double histogram_mean(const struct histogram *histogram);

/* For drawing: which bucket holds a value, and the range of values of a bucket. */
size_t histogram_bucket(uint64_t value);
void histogram_range(size_t bucket, uint64_t *least, uint64_t *greatest);

#endif
