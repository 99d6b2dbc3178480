/*
 * Anchors are kept in a circle; the line in use goes through the last two, so it follows the kernel's
 * clock as that is slewed, and an error of an anchor (half the spread of its pair, some 10 ns) is not
 * carried on. Nothing is smoothed: what a filter would gain in noise it would lose in following.
 */
#include "trace/anchor.h"

#include "base/clock.h"
#include "platform/stamp.h"

static const uint64_t apart_ns = NS_PER_MS;
static const uint64_t disturbed_ns = 50 * NS_PER_MS;

static const struct anchor *point(const struct anchors *anchors, uint64_t index)
{
    return &anchors->points[index % ANCHORS];
}

static double slope(const struct anchor *from, const struct anchor *to)
{
    return (double)(to->ns - from->ns) / (double)(to->stamp - from->stamp);
}

void anchors_add(struct anchors *anchors, uint64_t stamp, uint64_t clock_ns)
{
    struct anchor next = { stamp, clock_ns > anchors->base_ns ? clock_ns - anchors->base_ns : 0 };
    if (anchors->count > 0) {
        struct anchor last = *point(anchors, anchors->count - 1);
        if (stamp <= last.stamp)
            return;
        if (next.ns < last.ns)
            next.ns = last.ns;
        anchors->from = last;
        anchors->ns_per_stamp = slope(&last, &next);
    }
    anchors->points[anchors->count++ % ANCHORS] = next;
}

void anchors_take(struct anchors *anchors)
{
    if (!stamp_is_tsc())
        return;
    struct stamp_pair pair = stamp_pair();
    uint64_t now_ns = pair.clock_ns - anchors->base_ns;
    uint64_t last_ns = point(anchors, anchors->count - 1)->ns;
    if (now_ns < last_ns + apart_ns)
        return;
    if (pair.spread < anchors->least_spread)
        anchors->least_spread = pair.spread;
    if (pair.spread > 2 * anchors->least_spread && now_ns < last_ns + disturbed_ns)
        return;
    anchors_add(anchors, pair.stamp, pair.clock_ns);
}

void anchors_init(struct anchors *anchors, uint64_t base_ns)
{
    *anchors = (struct anchors){ .base_ns = base_ns, .least_spread = UINT64_MAX };
    if (!stamp_is_tsc()) {
        anchors->from = (struct anchor){ .stamp = base_ns, .ns = 0 };
        anchors->ns_per_stamp = 1;
        return;
    }
    /* Two points make the first line; they must lie apart for its slope to be of use. */
    struct stamp_pair pair = stamp_pair();
    anchors_add(anchors, pair.stamp, pair.clock_ns);
    while (anchors->count < 2) {
        while (clock_now() < pair.clock_ns + 2 * apart_ns)
            continue;
        pair = stamp_pair();
        anchors->least_spread = pair.spread;
        anchors_add(anchors, pair.stamp, pair.clock_ns);
    }
}

uint64_t anchors_ns_before(const struct anchors *anchors, uint64_t stamp)
{
    uint64_t oldest = anchors->count > ANCHORS ? anchors->count - ANCHORS : 0;
    if (anchors->count < 2) /* stamps are nanoseconds, and this one is before the base */
        return 0;
    const struct anchor *first = point(anchors, oldest);
    const struct anchor *last = point(anchors, anchors->count - 1);
    if (stamp < first->stamp) {
        double before = (double)(first->stamp - stamp) * slope(first, last);
        return before < (double)first->ns ? first->ns - (uint64_t)before : 0;
    }
    /* The last point at or before the stamp: it is none of the last two. */
    uint64_t low = oldest, high = anchors->count - 1;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (point(anchors, middle)->stamp <= stamp)
            low = middle;
        else
            high = middle;
    }
    const struct anchor *from = point(anchors, low), *to = point(anchors, low + 1);
    return from->ns + (uint64_t)((double)(stamp - from->stamp) * slope(from, to));
}
