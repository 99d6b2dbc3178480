/*
 * Strips of a lane's row: many spans side by side. Invariant: what is told near and far is what the segments
 * say, up to what segments.h allows; what is told roughly is never asked of the segments themselves.
 */
#include "timeline/segments_inside.h"

/* Near: along the segments, each touched once. */
static void strip_near(const struct segments *segments, const uint64_t *times, size_t count,
                       size_t next, uint64_t (*ns)[STATE_COUNT])
{
    uint64_t at = times[0];
    for (size_t i = 0; i < count; i++) {
        for (; at < times[i + 1]; next++) {
            uint64_t until = next < segments->count ? segments->items[next].start : TIME_NEVER;
            until = until < times[i + 1] ? until : times[i + 1];
            if (next > 0)
                ns[i][segments->items[next - 1].state] += until - at;
            at = until;
            if (next >= segments->count || segments->items[next].start > at)
                break;
        }
    }
}

/* What of the time between two starts lies before `time`, as if the states of all of it were mixed evenly.
 * What is lost by rounding goes to the state that has most. */
static void add_mixed(struct segments_sum *sum, const struct segments_sum *sums,
                      const uint64_t *starts, uint64_t time)
{
    const uint64_t *before = sums[0].ns, *after = sums[1].ns;
    uint64_t rest = time - starts[0], most = 0;
    double share = (double)rest / (double)(starts[1] - starts[0]);
    size_t greatest = 0;
    for (size_t i = 0; i < STATE_COUNT; i++) {
        uint64_t all = after[i] - before[i], part = (uint64_t)((double)all * share);
        part = part < rest ? part : rest;
        sum->ns[i] += part;
        rest -= part;
        greatest = all > most ? i : greatest;
        most = all > most ? all : most;
    }
    sum->ns[greatest] += rest;
}

/* What is read of a block is asked of memory before it is needed. */
static void prefetch_block(const struct segments *segments, size_t block)
{
    enum { LINE = 64 };
    const struct segments_sum *sum = &segments->block_sums[block - 1];
    const char *items = (const char *)(segments->items + (block - 1) * BLOCK);
    room_near(segments->room, sum, sizeof *sum);
    __builtin_prefetch(sum);
    __builtin_prefetch(&sum->ns[STATE_COUNT - 1]);
    for (size_t at = 0; at < BLOCK * sizeof *segments->items; at += LINE)
        __builtin_prefetch(items + at);
}

/* Far: by the blocks. All are found before any is read, so that memory is waited for once. */
static void strip_far(const struct segments *segments, const uint64_t *times, size_t count,
                      uint64_t slack_ns, uint64_t (*ns)[STATE_COUNT])
{
    enum { AT_ONCE = 64 };
    size_t blocks[AT_ONCE + 1];
    struct segments_sum last = { { 0 } };
    for (size_t from = 0; from <= count; from += AT_ONCE) {
        size_t some = count + 1 - from < AT_ONCE ? count + 1 - from : AT_ONCE;
        for (size_t i = 0; i < some; i++) {
            blocks[i] = segments_blocks_until(segments, times[from + i]);
            if (blocks[i] > 0)
                prefetch_block(segments, blocks[i]);
        }
        for (size_t i = 0; i < some; i++) {
            struct segments_sum sum = { { 0 } };
            size_t block = blocks[i];
            if (block > 0) {
                sum = segments->block_sums[block - 1];
                if (block < segments->block_count &&
                    segments->block_starts[block] - segments->block_starts[block - 1] <= slack_ns)
                    add_mixed(&sum, segments->block_sums + block - 1,
                              segments->block_starts + block - 1, times[from + i]);
                else
                    segments_add_in_block(segments, &sum, block, times[from + i]);
            }
            for (size_t state = 0; state < STATE_COUNT && from + i > 0; state++)
                ns[from + i - 1][state] += sum.ns[state] - last.ns[state];
            last = sum;
        }
    }
}

void segments_strip(const struct segments *segments, const uint64_t *times, size_t count,
                    uint64_t width_ns, uint64_t (*ns)[STATE_COUNT])
{
    size_t first = segments_until(segments, times[0]);
    size_t last = segments_until(segments, times[count]);
    /* A share of what is mixed evenly is off by a quarter of its block at most. */
    bool near = last - first <= count * BLOCK;
    if (near && last > first)
        room_near(segments->room, segments->items + first, (last - first) * sizeof(struct segment));
    if (near)
        strip_near(segments, times, count, first, ns);
    else
        strip_far(segments, times, count, width_ns / 50, ns);
}

/* Up to `time`; of the youngest blocks by each, of the last one by its segments. */
static void sum_rough(const struct segments *segments, uint64_t time, struct segments_sum *sum)
{
    size_t far_count = (segments->block_count + FAR - 1) / FAR;
    size_t far = times_at_or_before(segments->far_starts, far_count, time);
    *sum = (struct segments_sum){ { 0 } };
    if (far == 0)
        return;
    if (far < far_count) {
        *sum = segments->far_sums[far - 1];
        add_mixed(sum, segments->far_sums + far - 1, segments->far_starts + far - 1, time);
        return;
    }
    size_t block = segments_blocks_until(segments, time);
    *sum = segments->block_sums[block - 1];
    if (block < segments->block_count)
        add_mixed(sum, segments->block_sums + block - 1, segments->block_starts + block - 1, time);
    else
        segments_add_in_block(segments, sum, block, time);
}

void segments_strip_rough(const struct segments *segments, const uint64_t *times, size_t count,
                          uint64_t (*ns)[STATE_COUNT])
{
    struct segments_sum before, sum;
    sum_rough(segments, times[0], &before);
    for (size_t i = 0; i < count; i++) {
        sum_rough(segments, times[i + 1], &sum);
        for (size_t state = 0; state < STATE_COUNT; state++)
            ns[i][state] += sum.ns[state] - before.ns[state];
        before = sum;
    }
}
