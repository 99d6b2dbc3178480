/*
 * The detail screen of 10,000 lanes against that of 1,000, in each order and sifted: ten times the
 * lanes may cost ten times as much for each has to be looked at once, but no more than that.
 */
#include "bench/bench.h"

#include "toy.h"

#include <stdio.h>

enum { FEW = 1000, MANY = 10000, TRIALS = 7, WIDE = 200, HIGH = 50 };

struct crowded {
    struct timeline *few, *many;
    enum lane_sort sort;
    const char *filter;
};

static struct timeline *make(uint32_t lanes)
{
    struct toy toy;
    struct timeline *timeline = timeline_new();
    toy_init(&toy);
    toy_find(&toy, "many");
    toy.run_count = 1;
    toy.workers = lanes;
    toy.tasks = lanes * 2;
    toy.runs[0].status = RUN_LIVE;
    toy.runs[0].until_us = 400000;
    toy_feed(&toy, timeline);
    return timeline;
}

static double cost(const struct crowded *crowded, const struct timeline *timeline)
{
    struct look look;
    struct canvas canvas;
    look_init(&look);
    toy_look(&look);
    look.moment = 300 * UINT64_C(1000000);
    look.sort = crowded->sort;
    look.filter = crowded->filter;
    look.thing = (struct detail_thing){ DETAIL_LANE, FEW / 2 };
    canvas_init(&canvas);
    canvas_reset(&canvas, WIDE, HIGH);
    uint64_t start_ns = bench_thread_ns();
    view_draw(&view_detail, timeline, &look, &canvas);
    double ms = (double)(bench_thread_ns() - start_ns) / 1e6;
    canvas_fini(&canvas);
    return ms;
}

static double cost_many(void *context)
{
    const struct crowded *crowded = context;
    return cost(crowded, crowded->many);
}

static double cost_few(void *context)
{
    const struct crowded *crowded = context;
    return cost(crowded, crowded->few);
}

void bench_lanes(struct bench *bench)
{
    static const char *const filters[] = { NULL, "gil" };
    struct crowded crowded = { .few = make(FEW), .many = make(MANY) };
    struct detail_count count;
    struct look look;
    look_init(&look);
    detail_count(crowded.many, &look, &count);
    bench_check(bench, count.lanes == MANY + 1, "%zu lanes are listed, not all", count.lanes);
    for (crowded.sort = 0; crowded.sort < LANE_SORT_COUNT; crowded.sort++) {
        for (int i = 0; i < 2; i++) {
            char name[64];
            const char *sift = i > 0 ? "_sifted" : "";
            crowded.filter = filters[i];
            snprintf(name, sizeof name, "ten_times_the_lanes_by_%s%s",
                     lane_sort_names[crowded.sort], sift);
            bench_tell(bench, name, bench_ratio(cost_many, cost_few, &crowded, TRIALS),
                       (double)MANY / FEW * 1.2);
            snprintf(name, sizeof name, "ms_by_%s%s", lane_sort_names[crowded.sort], sift);
            bench_note(bench, name, cost_many(&crowded));
        }
    }
    timeline_free(crowded.few);
    timeline_free(crowded.many);
}
