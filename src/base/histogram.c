/*
 * The log-linear histogram. Values below 128 have a bucket each. Above, a value is shifted right
 * until 7 bits are left (64 to 127): the shift names the power of two, the 7 bits the place in it,
 * and shift * 64 + bits is the bucket, which goes on from 128 without a gap. It keeps no values and
 * does no interpolation: a quantile is the middle of its bucket, held between least and greatest.
 */
#include "base/histogram.h"

#include <math.h>
#include <string.h>

enum { PER_POWER = 64, PER_POWER_BITS = 6 };

size_t histogram_bucket(uint64_t value)
{
    if (value < 2 * PER_POWER)
        return (size_t)value;
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - PER_POWER_BITS;
    return (size_t)shift * PER_POWER + (size_t)(value >> shift);
}

void histogram_range(size_t bucket, uint64_t *least, uint64_t *greatest)
{
    if (bucket < 2 * PER_POWER) {
        *least = *greatest = bucket;
        return;
    }
    size_t shift = bucket / PER_POWER - 1;
    uint64_t bits = bucket % PER_POWER + PER_POWER;
    *least = bits << shift;
    *greatest = *least + ((UINT64_C(1) << shift) - 1);
}

void histogram_reset(struct histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
}

void histogram_add_many(struct histogram *histogram, uint64_t value, uint64_t times)
{
    if (times == 0)
        return;
    if (histogram->count == 0 || value < histogram->least)
        histogram->least = value;
    if (histogram->count == 0 || value > histogram->greatest)
        histogram->greatest = value;
    histogram->count += times;
    histogram->sum += (double)value * (double)times;
    histogram->buckets[histogram_bucket(value)] += times;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    histogram_add_many(histogram, value, 1);
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0)
        return;
    if (into->count == 0 || from->least < into->least)
        into->least = from->least;
    if (into->count == 0 || from->greatest > into->greatest)
        into->greatest = from->greatest;
    into->count += from->count;
    into->sum += from->sum;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
}

uint64_t histogram_quantile(const struct histogram *histogram, double quantile)
{
    if (histogram->count == 0)
        return HISTOGRAM_NONE;
    if (!(quantile > 0.0))
        return histogram->least;
    if (quantile >= 1.0)
        return histogram->greatest;

    /* The rank counts from 1: the smallest number of values that is at least the share. */
    double rank = ceil(quantile * (double)histogram->count);
    double seen = 0.0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (histogram->buckets[i] == 0)
            continue;
        seen += (double)histogram->buckets[i];
        if (seen < rank)
            continue;
        uint64_t least, greatest;
        histogram_range(i, &least, &greatest);
        uint64_t value = least + (greatest - least) / 2;
        if (value < histogram->least)
            return histogram->least;
        return value > histogram->greatest ? histogram->greatest : value;
    }
    return histogram->greatest;
}

double histogram_mean(const struct histogram *histogram)
{
    return histogram->count > 0 ? histogram->sum / (double)histogram->count : (double)NAN;
}
