/*
 * Step functions with blocks of sums. Invariant: there is a block for every 64th point that exists,
 * and it is right. A point that comes late redoes the blocks from its own on; it does not thin out
 * points that change nothing.
 */
#include "timeline/series.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64, FAR = 64 /* blocks */, FAR_POINTS = FAR * BLOCK };

void series_fini(struct series *series)
{
    struct room *room = series->room;
    grown_free(room, series->points, series->capacity, sizeof *series->points);
    grown_free(room, series->blocks, series->block_capacity, sizeof *series->blocks);
    grown_free(room, series->block_starts, series->block_start_capacity, sizeof(uint64_t));
    grown_free(room, series->far_most, series->far_capacity, sizeof *series->far_most);
    *series = (struct series){ 0 };
}

/* How many points are at or before `time`. */
static size_t points_until(const struct series *series, uint64_t time)
{
    size_t low, count = series->count;
    if (count > 0 && series->points[count - 1].time <= time)
        return count;
    low = block_at(series->room, series->block_starts, series->block_count, series->points,
                   sizeof *series->points, BLOCK, time, &count);
    while (count > 0) {
        size_t half = count / 2;
        if (series->points[low + half].time <= time) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low;
}

static void add_step(struct series_sum *sum, const struct point *point, uint64_t until)
{
    uint64_t ns = until - point->time;
    sum->area += (double)point->value * (double)ns;
    sum->positive += point->value > 0 ? ns : 0;
}

/* Makes right the most of the 64 blocks that `block` is of. */
static void redo_far(struct series *series, size_t block)
{
    size_t far = block / FAR, end = (far + 1) * FAR;
    series->far_most = grow_index(series->room, series->far_most, &series->far_capacity,
                                  (uint32_t)far, sizeof *series->far_most);
    int64_t most = series->blocks[far * FAR].most;
    for (size_t i = far * FAR; i < end && i < series->block_count; i++)
        most = series->blocks[i].most > most ? series->blocks[i].most : most;
    series->far_most[far] = most;
}

/* Makes the blocks right again from the block of point `from` on. */
static void redo_blocks(struct series *series, size_t from)
{
    const struct point *points = series->points;
    size_t block = from / BLOCK;
    for (; block * BLOCK < series->count; block++) {
        struct series_sum sum = { 0 };
        if (block > 0) {
            const struct series_block *before = &series->blocks[block - 1];
            sum = (struct series_sum){ .area = before->area, .positive = before->positive };
            for (size_t i = (block - 1) * BLOCK; i < block * BLOCK; i++)
                add_step(&sum, &points[i], points[i + 1].time);
        }
        if (block == series->block_count) {
            series->blocks = grow_index(series->room, series->blocks, &series->block_capacity,
                                        series->block_count, sizeof *series->blocks);
            series->block_starts =
                grow_index(series->room, series->block_starts, &series->block_start_capacity,
                           series->block_count, sizeof *series->block_starts);
            series->block_count++;
        }
        int64_t most = points[block * BLOCK].value;
        for (size_t i = block * BLOCK; i < series->count && i < (block + 1) * BLOCK; i++)
            most = points[i].value > most ? points[i].value : most;
        series->blocks[block] =
            (struct series_block){ .area = sum.area, .positive = sum.positive, .most = most };
        series->block_starts[block] = points[block * BLOCK].time;
        redo_far(series, block);
    }
}

static void insert(struct series *series, size_t place, uint64_t time, int64_t value)
{
    series->points = grow(series->room, series->points, &series->capacity, series->count,
                          sizeof *series->points);
    if (place < series->count)
        memmove(series->points + place + 1, series->points + place,
                (series->count - place) * sizeof *series->points);
    series->points[place] = (struct point){ .time = time, .value = value };
    series->count++;
    if (place + 1 == series->count && place % BLOCK != 0) {
        struct series_block *block = &series->blocks[place / BLOCK];
        int64_t *far = &series->far_most[place / FAR_POINTS];
        block->most = value > block->most ? value : block->most;
        *far = value > *far ? value : *far;
    } else {
        /* The point before it may be the last of the block before. */
        redo_blocks(series, place > 0 ? place - 1 : 0);
    }
}

void series_put(struct series *series, uint64_t time, int64_t value)
{
    insert(series, points_until(series, time), time, value);
}

void series_add(struct series *series, uint64_t time, int64_t delta)
{
    size_t place = points_until(series, time);
    bool there = place > 0 && series->points[place - 1].time == time;
    int64_t before = place > 0 ? series->points[place - 1].value : 0;
    for (size_t i = there ? place - 1 : place; i < series->count; i++)
        series->points[i].value += delta;
    if (there)
        redo_blocks(series, place - 1);
    else
        insert(series, place, time, before + delta);
}

void series_raise(struct series *series, uint64_t time, int64_t value)
{
    size_t place = points_until(series, time);
    if (place > 0 && series->points[place - 1].value >= value)
        return;
    for (size_t i = place; i < series->count && series->points[i].value < value; i++)
        series->points[i].value = value;
    insert(series, place, time, value);
}

bool series_at(const struct series *series, uint64_t time, int64_t *value)
{
    size_t count = points_until(series, time);
    if (count == 0)
        return false;
    *value = series->points[count - 1].value;
    return true;
}

bool series_most(const struct series *series, uint64_t from, uint64_t to, int64_t *most)
{
    size_t first = points_until(series, from);
    size_t end = to > 0 ? points_until(series, to - 1) : 0;
    if (first > 0)
        first--;
    if (first >= end)
        return false;
    int64_t found = series->points[first].value;
    for (size_t i = first; i < end;) {
        if (i % FAR_POINTS == 0 && i + FAR_POINTS <= end) {
            int64_t far = series->far_most[i / FAR_POINTS];
            found = far > found ? far : found;
            i += FAR_POINTS;
        } else if (i % BLOCK == 0 && i + BLOCK <= end) {
            found = series->blocks[i / BLOCK].most > found ? series->blocks[i / BLOCK].most : found;
            i += BLOCK;
        } else {
            found = series->points[i].value > found ? series->points[i].value : found;
            i++;
        }
    }
    *most = found;
    return true;
}

bool series_most_rough(const struct series *series, uint64_t from, uint64_t to, int64_t *most)
{
    size_t first = times_at_or_before(series->block_starts, series->block_count, from);
    size_t end = to > 0 ? times_at_or_before(series->block_starts, series->block_count, to - 1) : 0;
    first = first > 0 ? first - 1 : 0;
    if (first >= end)
        return false;
    int64_t found = series->blocks[first].most;
    for (size_t i = first; i < end;) {
        bool far = i % FAR == 0 && i + FAR <= end;
        int64_t here = far ? series->far_most[i / FAR] : series->blocks[i].most;
        found = here > found ? here : found;
        i += far ? FAR : 1;
    }
    *most = found;
    return true;
}

struct series_sum series_sum(const struct series *series, uint64_t time)
{
    struct series_sum sum = { 0 };
    if (series->count == 0 || series->points[0].time > time)
        return sum;
    size_t count = points_until(series, time);
    size_t last = count - 1, block = last / BLOCK;
    sum.area = series->blocks[block].area;
    sum.positive = series->blocks[block].positive;
    for (size_t i = block * BLOCK; i < last; i++)
        add_step(&sum, &series->points[i], series->points[i + 1].time);
    add_step(&sum, &series->points[last], time);
    return sum;
}
