/*
 * Strips of lanes: many spans side by side, each going on where the one before it ended.
 *
 * A strip of all lanes is put together by what each lane did, not by its spans: in a picture of
 * thousands of lanes nearly all of them do one thing from one end to the other.
 */
#include "timeline/run.h"

#include <string.h>

/* So many spans are told at once. */
enum { AT_ONCE = STRIP_ASK_MOST };
struct strip {
    uint64_t times[AT_ONCE + 1]; /* where its spans begin, and where the last one ends */
    uint64_t width_ns;           /* of each, but for those that the run's end cuts */
    size_t count;
};

/* Where span i begins; a strip may reach beyond all time. */
static uint64_t span_start(uint64_t t0, uint64_t width_ns, size_t i)
{
    return width_ns > 0 && i > (UINT64_MAX - t0) / width_ns ? UINT64_MAX : t0 + width_ns * i;
}

/* Those from the `done`th on, of `count`. */
static void strip_init(struct strip *strip, const struct run *run, uint64_t t0, uint64_t width_ns,
                       size_t done, size_t count)
{
    strip->width_ns = width_ns;
    strip->count = count - done < AT_ONCE ? count - done : AT_ONCE;
    for (size_t i = 0; i <= strip->count; i++)
        strip->times[i] = run_time(run, span_start(t0, width_ns, done + i));
}

/* What of the strip the lane lived in; false: none of it. */
static bool lived_in(const struct run *run, const struct lane_row *lane, const struct strip *strip,
                     uint64_t *from, uint64_t *to)
{
    uint64_t end = lane_row_end(run, lane);
    *from = strip->times[0] > lane->begin ? strip->times[0] : lane->begin;
    *to = strip->times[strip->count] < end ? strip->times[strip->count] : end;
    return *from < *to;
}

/* Its times within [from, to]. */
static void cut_times(const struct strip *strip, uint64_t from, uint64_t to, uint64_t *times)
{
    for (size_t i = 0; i <= strip->count; i++) {
        uint64_t time = strip->times[i] > from ? strip->times[i] : from;
        times[i] = time < to ? time : to;
    }
}

static void add_lane(const struct run *run, const struct lane_row *lane, const struct strip *strip,
                     uint64_t (*ns)[STATE_COUNT])
{
    uint64_t times[AT_ONCE + 1], from, to;
    if (!lived_in(run, lane, strip, &from, &to))
        return;
    cut_times(strip, from, to, times);
    segments_strip(&lane->row, times, strip->count, strip->width_ns, ns);
}

void timeline_lane_strip(const struct timeline *timeline, size_t run_index, size_t lane_index,
                         uint64_t t0, uint64_t width_ns, size_t count, uint64_t (*ns)[STATE_COUNT])
{
    const struct run *run = run_of(timeline, run_index);
    const struct lane_row *lane = run != NULL ? id_nth(&run->lanes, lane_index) : NULL;
    struct strip strip;
    memset(ns, 0, count * sizeof *ns);
    if (lane == NULL || run->go == TIME_NEVER)
        return;
    for (size_t done = 0; done < count; done += AT_ONCE) {
        strip_init(&strip, run, t0, width_ns, done, count);
        add_lane(run, lane, &strip, ns + done);
    }
}

/* ---- of all lanes ---- */

/* How many lanes more than in the span before are in a state for the whole of a span. */
struct steps {
    int32_t more[AT_ONCE + 1][STATE_COUNT];
};

/* From one moment to another a lane was in one state. */
static void add_stretch(const struct strip *strip, uint64_t from, uint64_t to, unsigned state,
                        struct steps *steps, uint64_t (*ns)[STATE_COUNT])
{
    size_t first = (size_t)((from - strip->times[0]) / strip->width_ns);
    size_t last = (size_t)((to - 1 - strip->times[0]) / strip->width_ns);
    if (first == last) {
        ns[first][state] += to - from;
        return;
    }
    ns[first][state] += strip->times[first + 1] - from;
    ns[last][state] += to - strip->times[last];
    steps->more[first + 1][state]++;
    steps->more[last][state]--;
}

static void add_stretches(const struct run *run, const struct lane_row *lane,
                          const struct strip *strip, struct steps *steps,
                          uint64_t (*ns)[STATE_COUNT])
{
    const struct segments *row = &lane->row;
    uint64_t from, to;
    if (!lived_in(run, lane, strip, &from, &to))
        return;
    size_t next = segments_until(row, from);
    if (next + strip->count <= row->count && row->items[next + strip->count - 1].start < to) {
        add_lane(run, lane, strip, ns); /* it changed more often than there are spans */
        return;
    }
    for (; from < to; next++) {
        uint64_t until =
            next < row->count && row->items[next].start < to ? row->items[next].start : to;
        if (next > 0 && until > from)
            add_stretch(strip, from, until, row->items[next - 1].state, steps, ns);
        from = until;
    }
}

size_t run_strip_add(const struct run *run, const struct strip_ask *ask, size_t from,
                     uint64_t (*ns)[STATE_COUNT])
{
    struct strip strip;
    struct steps steps = { 0 };
    size_t next = from;
    strip_init(&strip, run, ask->t0, ask->width_ns, 0, ask->count);
    for (; next < run->lanes.count && (ask->more == NULL || ask->more(ask->context)); next++) {
        const struct lane_row *lane = id_nth(&run->lanes, next);
        if (role_is_worker(lane->role))
            add_stretches(run, lane, &strip, &steps, ns);
    }
    int64_t lanes[STATE_COUNT] = { 0 };
    for (size_t i = 0; i < strip.count; i++)
        for (size_t state = 0; state < STATE_COUNT; state++) {
            lanes[state] += steps.more[i][state];
            ns[i][state] += (uint64_t)lanes[state] * (strip.times[i + 1] - strip.times[i]);
        }
    return next;
}

void timeline_run_strip(const struct timeline *timeline, size_t run_index, uint64_t t0,
                        uint64_t width_ns, size_t count, uint64_t (*ns)[STATE_COUNT])
{
    const struct run *run = run_of(timeline, run_index);
    memset(ns, 0, count * sizeof *ns);
    if (run == NULL || run->go == TIME_NEVER || width_ns == 0)
        return;
    for (size_t done = 0; done < count; done += AT_ONCE) {
        size_t some = count - done < AT_ONCE ? count - done : AT_ONCE;
        run_strip_add(run,
                      &(struct strip_ask){ .t0 = span_start(t0, width_ns, done),
                                           .width_ns = width_ns,
                                           .count = some },
                      0, ns + done);
    }
}

/* ---- for who has no time ---- */

static void add_rough(const struct run *run, const struct lane_row *lane, const struct strip *strip,
                      uint64_t (*ns)[STATE_COUNT])
{
    uint64_t times[AT_ONCE + 1], from, to;
    if (!lived_in(run, lane, strip, &from, &to))
        return;
    cut_times(strip, from, to, times);
    segments_strip_rough(&lane->row, times, strip->count, ns);
}

void lane_strip_rough(const struct run *run, const struct lane_row *lane,
                      const struct strip_ask *ask, uint64_t (*ns)[STATE_COUNT])
{
    struct strip strip;
    strip_init(&strip, run, ask->t0, ask->width_ns, 0, ask->count);
    add_rough(run, lane, &strip, ns);
}

void run_strip_rough(const struct run *run, const struct strip_ask *ask, size_t from,
                     uint64_t (*ns)[STATE_COUNT])
{
    enum { SAMPLE = 16 };
    uint64_t some[AT_ONCE][STATE_COUNT] = { { 0 } };
    size_t rest = run->lanes.count - from, every = rest / SAMPLE + 1, workers = 0, asked = 0;
    struct strip strip;
    strip_init(&strip, run, ask->t0, ask->width_ns, 0, ask->count);
    for (size_t i = from; i < run->lanes.count; i++) {
        const struct lane_row *lane = id_nth(&run->lanes, i);
        if (!role_is_worker(lane->role))
            continue;
        if (workers++ % every == 0) {
            add_rough(run, lane, &strip, some);
            asked++;
        }
    }
    double each = asked > 0 ? (double)workers / (double)asked : 0;
    for (size_t i = 0; i < ask->count; i++)
        for (size_t state = 0; state < STATE_COUNT; state++)
            ns[i][state] += (uint64_t)((double)some[i][state] * each);
}
