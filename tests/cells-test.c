/*
 * timeline/cells.h: what is kept from frame to frame is what would be answered anew, however late something
 * is told; and a frame without time tells roughly, says so, and becomes exact in the frames that follow.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/rooms.h"
#include "tests/synthetic.h"
#include "timeline/cells.h"
#include "timeline/run.h"

/* A clock that goes on by `step` whenever it is read. */
struct stepper {
    uint64_t now, step;
};

static uint64_t step(void *context)
{
    struct stepper *stepper = context;
    stepper->now += stepper->step;
    return stepper->now;
}

static struct cells *cells_of(struct stepper *stepper, uint64_t budget_ns)
{
    return cells_new((struct clock){ .now_ns = step, .context = stepper }, budget_ns);
}

/* ---- what is kept ---- */

enum { COUNT = 100, FIRST = 60 /* a sweep asks in two parts */ };
typedef uint64_t shares[COUNT][STATE_COUNT];

/* Each question about one cell, with cells and without. */
static void ask_one(struct cells *cells, const struct timeline *timeline, struct cell_ask cell)
{
    struct gil_counts counts, now;
    uint32_t permille, permille_now;
    uint64_t t0 = cell.t0, t1 = cell.t1;
    size_t run = cell.run;
    uint32_t id = cell.id, lock = OBJECT_NONE;
    ck_assert_int_eq(cells_core_busy(cells, timeline, &cell),
                     timeline_core_busy(timeline, run, id, t0, t1));
    ck_assert_uint_eq(cells_core_most(cells, timeline, &cell, &permille),
                      timeline_core_most(timeline, run, id, t0, t1, &permille_now));
    ck_assert_uint_eq(permille, permille_now);
    ck_assert_uint_eq(cells_gil_most(cells, timeline, &cell, &permille),
                      timeline_gil_most(timeline, run, id, t0, t1, &permille_now));
    ck_assert_uint_eq(permille, permille_now);
    cells_gil_counts(cells, timeline, &cell, &counts);
    timeline_gil_counts(timeline, run, id, t0, t1, &now);
    ck_assert_mem_eq(&counts, &now, sizeof now);
    timeline_lock(timeline, run, id, &lock);
    cell.id = lock;
    ck_assert_uint_eq(cells_lock_most(cells, timeline, &cell, &permille),
                      timeline_lock_most(timeline, run, lock, t0, t1, &permille_now));
    ck_assert_uint_eq(permille, permille_now);
    cell.id = 0;
    ck_assert_uint_eq(cells_queue_max(cells, timeline, &cell),
                      timeline_queue_max(timeline, run, t0, t1));
}

/* A strip of a lane and one of all of them, and a cell of the others: in one of a few widths, so that
 * most of it was asked before. */
static void ask(struct cells *cells, const struct timeline *timeline, size_t run, uint64_t *random)
{
    shares kept, now;
    struct run_brief brief;
    timeline_run(timeline, run, &brief);
    uint64_t grid = UINT64_C(1000000) << synthetic_random(random) % 3 * 3;
    uint64_t t0 = synthetic_random(random) % (brief.length_ns / grid + 2) * grid;
    size_t lane = synthetic_random(random) % (brief.lanes + 1);
    bool young = synthetic_random(random) % 4 == 0; /* the one that still grows */
    size_t count = young ? 1 : COUNT;
    uint64_t width = young ? 1 + synthetic_random(random) % grid : grid;
    cells_lane_strip(cells, timeline, run, lane, t0, width, count, grid, kept);
    timeline_lane_strip(timeline, run, lane, t0, width, count, now);
    ck_assert_mem_eq(kept, now, count * sizeof *now);
    cells_run_strip(cells, timeline, run, t0, width, count, grid, kept);
    timeline_run_strip(timeline, run, t0, width, count, now);
    ck_assert_mem_eq(kept, now, count * sizeof *now);
    uint32_t id = (uint32_t)(synthetic_random(random) % 3);
    ask_one(cells, timeline, (struct cell_ask){ run, id, t0, t0 + width, grid });
    ck_assert(!cells_rough(cells));
}

START_TEST(what_is_kept_is_what_is_so)
{
    enum { SLOWER = 2000 /* so that some are later than anybody expects */ };
    for (uint64_t seed = 1; seed <= 12; seed++) {
        const struct synthetic_options options = {
            .seed = seed,
            .runs = 2,
            .lanes = 6,
            .gils = 1 + (uint32_t)seed % 2,
            .cores = 2,
            .tasks = 40,
            .steps = 1200,
            .late_in_1000 = 40,
            .source = SOURCE_PERF,
            .killed = seed % 3 == 0,
        };
        struct synthetic synthetic;
        struct stepper stepper = { 0 };
        struct cells *cells = cells_of(&stepper, 1);
        struct timeline *timeline = timeline_new_in(room_that(_i));
        uint64_t random = seed, until = 0;
        synthetic_make(&synthetic, &options);
        struct meta *meta = mem_zero(1, sizeof *meta);
        *meta = synthetic.meta;
        for (uint32_t i = 0; i < meta->run_count; i++)
            meta->runs[i].status = RUN_LIVE;
        timeline_tell(timeline, meta, 0);
        for (size_t at = 0; at < synthetic.count;) {
            size_t some = 1 + synthetic_random(&random) % 60;
            some = some < synthetic.count - at ? some : synthetic.count - at;
            for (size_t i = at; i < at + some; i++) {
                synthetic.events[i].time *= SLOWER;
                until = synthetic.events[i].time;
            }
            timeline_feed(timeline, synthetic.events + at, some);
            at += some;
            if (synthetic_random(&random) % 3 == 0)
                timeline_tell(timeline, meta, until);
            if (synthetic_random(&random) % 50 == 0) {
                meta->runs[0].switch_source =
                    meta->runs[0].switch_source == SOURCE_PERF ? SOURCE_RUSAGE : SOURCE_PERF;
                timeline_tell(timeline, meta, until);
            }
            cells_frame(cells);
            for (int i = 0; i < 12; i++)
                ask(cells, timeline, (size_t)i % 2, &random);
        }
        timeline_tell(timeline, &synthetic.meta, until + 1000);
        for (int i = 0; i < 200; i++)
            ask(cells, timeline, (size_t)i % 2, &random);
        free(meta);
        timeline_free(timeline);
        cells_free(cells);
        synthetic_fini(&synthetic);
    }
}
END_TEST

/* ---- a frame without time ---- */

enum { LONG = 40000, LANES = 40 };

/* Each step some lane says something; one takes the GIL; the queue has a depth. */
static struct timeline *long_trace(int lives, uint64_t *length)
{
    struct meta *meta = mem_zero(1, sizeof *meta);
    struct timeline *timeline = timeline_new_in(room_that(lives));
    uint64_t random = 4711, time = 0;
    meta->run_count = 1;
    meta->runs[0].switch_source = SOURCE_PERF;
    timeline_tell(timeline, meta, 0);
    struct event events[1 + LANES] = { { .kind = EVENT_RUN_GO, .lane = LANE_NONE } };
    for (uint32_t lane = 0; lane < LANES; lane++)
        events[1 + lane] = (struct event){ .kind = EVENT_LANE_BEGIN,
                                           .lane = lane,
                                           .object = ROLE_WORKER | lane << 8 };
    timeline_feed(timeline, events, 1 + LANES);
    for (size_t i = 0; i < LONG; i++) {
        time += 1 + synthetic_random(&random) % 10000;
        uint32_t lane = (uint32_t)(synthetic_random(&random) % LANES);
        lane = lane < LANES / 2 ? 0 : lane; /* one does more than all others */
        uint32_t core = (uint32_t)(i % 2);
        uint32_t depth = (uint32_t)(synthetic_random(&random) % 1000);
        bool io = synthetic_random(&random) % 2 == 0;
        const struct event step[] = {
            { .time = time, .kind = EVENT_SWITCH_IN, .lane = lane, .object = core },
            { .time = time, .kind = EVENT_GIL_TAKE, .lane = lane },
            { .time = time, .kind = EVENT_QUEUE_PUSH, .lane = LANE_NONE, .a = depth },
            { .time = time,
              .kind = EVENT_SAY,
              .lane = lane,
              .object = TASK_NONE,
              .a = io ? SAYS_IO : SAYS_LOCK },
        };
        timeline_feed(timeline, step, sizeof step / sizeof *step);
    }
    timeline_tell(timeline, meta, time + 1000);
    free(meta);
    *length = time + 1000;
    return timeline;
}

struct picture {
    shares lane, all;
    int busy[COUNT];
    uint32_t holder[COUNT], held[COUNT], depth[COUNT];
    struct gil_counts counts[COUNT];
};

static void draw(struct cells *cells, const struct timeline *timeline, uint64_t t0, uint64_t width,
                 struct picture *picture)
{
    memset(picture, 0, sizeof *picture);
    for (size_t i = 0; i < COUNT; i++) {
        struct cell_ask cell = { 0, 0, t0 + i * width, t0 + (i + 1) * width, width };
        picture->busy[i] = cells_core_busy(cells, timeline, &cell);
        picture->holder[i] = cells_gil_most(cells, timeline, &cell, &picture->held[i]);
        picture->depth[i] = cells_queue_max(cells, timeline, &cell);
        cells_gil_counts(cells, timeline, &cell, &picture->counts[i]);
    }
    cells_lane_strip(cells, timeline, 0, 0, t0, width, COUNT, width, picture->lane);
    uint64_t t1 = t0 + width * FIRST;
    cells_run_strip(cells, timeline, 0, t1, width, COUNT - FIRST, width, picture->all + FIRST);
    cells_run_strip(cells, timeline, 0, t0, width, FIRST, width, picture->all);
}

static uint64_t sum_of(const uint64_t *ns)
{
    uint64_t sum = 0;
    for (size_t state = 0; state < STATE_COUNT; state++)
        sum += ns[state];
    return sum;
}

/* Where a strip is far for its row a cell may be off by a hundredth (segments.h). */
static void assert_near(const uint64_t *one, const uint64_t *other, uint64_t width, uint64_t lanes)
{
    for (size_t state = 0; state < STATE_COUNT; state++) {
        uint64_t off =
            one[state] > other[state] ? one[state] - other[state] : other[state] - one[state];
        ck_assert_uint_le(off * 100, width * lanes);
    }
}

static void assert_same(const struct picture *one, const struct picture *other, uint64_t width)
{
    ck_assert_mem_eq(one->busy, other->busy, sizeof one->busy);
    ck_assert_mem_eq(one->holder, other->holder, sizeof one->holder);
    ck_assert_mem_eq(one->held, other->held, sizeof one->held);
    ck_assert_mem_eq(one->depth, other->depth, sizeof one->depth);
    ck_assert_mem_eq(one->counts, other->counts, sizeof one->counts);
    for (size_t i = 0; i < COUNT; i++) {
        assert_near(one->lane[i], other->lane[i], width, 1);
        assert_near(one->all[i], other->all[i], width, LANES);
    }
}

START_TEST(no_time_is_told_and_is_mended)
{
    uint64_t length, random = 3;
    struct timeline *timeline = long_trace(_i, &length);
    struct stepper stepper = { .now = 1, .step = 1 };
    static struct picture rough, exact;
    for (int asked = 0; asked < 40; asked++) {
        uint64_t span = length >> asked % 8, width = span / COUNT;
        uint64_t t0 = synthetic_random(&random) % (length - span + 1);
        draw(NULL, timeline, t0, width, &exact);
        struct cells *cells = cells_of(&stepper, 0);
        ck_assert(!cells_rough(cells) && !cells_settle(cells));
        cells_frame(cells);
        draw(cells, timeline, t0, width, &rough);
        ck_assert(cells_rough(cells) && cells_settle(cells));
        for (size_t i = 0; i < COUNT; i++) {
            ck_assert_uint_eq(sum_of(rough.lane[i]), width); /* it lives all the time */
            uint64_t all = sum_of(rough.all[i]);
            ck_assert(all > width * (LANES - 1) && all <= width * LANES);
            ck_assert_uint_eq(rough.holder[i], LANE_NONE);
            ck_assert_uint_eq(rough.held[i], CELLS_LATER);
            ck_assert_uint_ge(rough.depth[i], exact.depth[i]);
            ck_assert(rough.busy[i] >= 0);
        }
        /* Of no frame is anything kept: the second is as the first. */
        cells_frame(cells);
        draw(cells, timeline, t0, width, &rough);
        ck_assert_uint_eq(rough.held[0], CELLS_LATER);
        cells_free(cells);

        /* Who waits for one has no time for it, and has the next one exact; none is longer for that. */
        cells = cells_of(&stepper, NS_PER_S);
        cells_frame(cells);
        cells_hurry(cells, 0);
        cells_hurry(cells, NS_PER_S);
        draw(cells, timeline, t0, width, &rough);
        ck_assert_uint_eq(rough.held[0], CELLS_LATER);
        cells_frame(cells);
        draw(cells, timeline, t0, width, &rough);
        ck_assert(!cells_rough(cells));
        assert_same(&rough, &exact, width);
        cells_free(cells);

        /* Each frame does a little: some of it is exact in each, and at last all of it. */
        int frames = 0;
        cells = cells_of(&stepper, 10);
        do {
            cells_frame(cells);
            draw(cells, timeline, t0, width, &rough);
            ck_assert_int_lt(++frames, 1000);
        } while (cells_rough(cells));
        ck_assert_int_gt(frames, 20);
        assert_same(&rough, &exact, width);
        ck_assert(cells_settle(cells)); /* it says so still, for a moment */
        cells_frame(cells);
        draw(cells, timeline, t0, width, &rough);
        ck_assert(cells_settle(cells) && !cells_rough(cells));
        stepper.now += NS_PER_S;
        cells_frame(cells);
        draw(cells, timeline, t0, width, &rough);
        ck_assert(!cells_settle(cells) && !cells_rough(cells));
        assert_same(&rough, &exact, width);
        cells_free(cells);
    }
    timeline_free(timeline);
}
END_TEST

/* However much is looked at, what is kept stays bounded, and is right. */
START_TEST(much_is_looked_at)
{
    enum { LOOKS = 3000 };
    uint64_t length, random = 5;
    struct timeline *timeline = long_trace(_i, &length);
    struct stepper stepper = { 0 };
    struct cells *cells = cells_of(&stepper, 1);
    for (int look = 0; look < LOOKS; look++) {
        uint64_t width = 1 + synthetic_random(&random) % (length / COUNT / 20);
        uint64_t t0 = synthetic_random(&random) % length;
        size_t lane = synthetic_random(&random) % LANES;
        shares kept, now;
        cells_frame(cells);
        cells_lane_strip(cells, timeline, 0, lane, t0, width, COUNT, width, kept);
        cells_lane_strip(cells, timeline, 0, lane, t0, width, COUNT, width, kept);
        timeline_lane_strip(timeline, 0, lane, t0, width, COUNT, now);
        for (size_t i = 0; i < COUNT; i++)
            assert_near(kept[i], now[i], width, 1);
    }
    cells_free(cells);
    timeline_free(timeline);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cells");
    TCase *test = tcase_create("cells");
    tcase_set_timeout(test, 120);
    suite_add_tcase(suite, test);
    tcase_add_loop_test(test, what_is_kept_is_what_is_so, 0, LIVES);
    tcase_add_loop_test(test, no_time_is_told_and_is_mended, 0, LIVES);
    tcase_add_loop_test(test, much_is_looked_at, 0, LIVES);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
