/*
 * trace/: the pieces that make one sequence by time of what lanes and the kernel tell (the clock line,
 * the order, the lives of threads), against plain references.
 */
#include "platform/stamp.h"
#include "trace/anchor.h"
#include "trace/lives.h"
#include "trace/order.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* ---- The clock line ---- */

START_TEST(stamps_between_anchors_lie_on_their_lines)
{
    static struct anchors anchors;
    if (!stamp_is_tsc()) {
        puts("skipped: stamps are nanoseconds here");
        return;
    }
    anchors = (struct anchors){ .base_ns = 1000 };
    /* 2.5 stamps a nanosecond, then 2, then 4. */
    anchors_add(&anchors, 10000, 1000 + 0);
    anchors_add(&anchors, 35000, 1000 + 10000);
    anchors_add(&anchors, 55000, 1000 + 20000);
    anchors_add(&anchors, 95000, 1000 + 30000);
    ck_assert_uint_eq(anchors_ns(&anchors, 10000), 0);
    ck_assert_uint_eq(anchors_ns(&anchors, 12500), 1000);
    ck_assert_uint_eq(anchors_ns(&anchors, 35000), 10000);
    ck_assert_uint_eq(anchors_ns(&anchors, 36000), 10500);
    ck_assert_uint_eq(anchors_ns(&anchors, 55000), 20000);
    ck_assert_uint_eq(anchors_ns(&anchors, 59000), 21000);
    ck_assert_uint_eq(anchors_ns(&anchors, 99000), 31000);
    ck_assert_uint_eq(anchors_ns(&anchors, 1), 0);
    uint64_t last = 0, falls = 0;
    for (uint64_t stamp = 1; stamp < 200000; stamp += 7) {
        uint64_t ns = anchors_ns(&anchors, stamp);
        falls += ns < last;
        last = ns;
    }
    ck_assert_uint_eq(falls, 0);
    /* A pair that runs backwards changes nothing; a clock that stands still does not run back. */
    anchors_add(&anchors, 94000, 1000 + 29000);
    ck_assert_uint_eq(anchors_ns(&anchors, 99000), 31000);
    anchors_add(&anchors, 99000, 1000 + 29000);
    ck_assert_uint_eq(anchors_ns(&anchors, 99000), 30000);
}
END_TEST

START_TEST(what_is_older_than_all_anchors_lies_on_their_chord)
{
    static struct anchors anchors;
    anchors = (struct anchors){ .base_ns = 0 };
    for (uint64_t i = 0; i < 3 * ANCHORS; i++)
        anchors_add(&anchors, 1000000 + i * 500, 1000000 + i * 1000 + i % 2);
    uint64_t ns = anchors_ns(&anchors, 1000000);
    ck_assert_uint_ge(ns, 1000000 - 10);
    ck_assert_uint_le(ns, 1000000 + 10);
    ck_assert_uint_eq(anchors_ns(&anchors, 10), 0);
    uint64_t last = 0, falls = 0;
    for (uint64_t stamp = 0; stamp < 1000000 + 3 * ANCHORS * 500; stamp += 111) {
        ns = anchors_ns(&anchors, stamp);
        falls += ns < last;
        last = ns;
    }
    ck_assert_uint_eq(falls, 0);
}
END_TEST

/* ---- Order ---- */

static struct event numbered(uint64_t time, uint64_t number)
{
    return (struct event){ .time = time, .kind = EVENT_MARK, .run = 1, .lane = 9, .b = number };
}

/* What stands for rings: their slots hold no time, that is told beside them. */
enum { RINGS = 5, RING_MOST = 3000 };
struct rings {
    struct event slots[RINGS][RING_MOST];
};

/* Puts `count` events of rising times into each ring, and as many of any time of their own. Gives
 * how many are older than the batch's origin. */
static uint64_t put_random(struct batch *batch, struct rings *rings, size_t count, uint64_t now,
                           uint64_t spread, uint64_t *number, uint64_t *state)
{
    uint64_t older = 0;
    for (uint32_t ring = 0; ring < RINGS && count > 0; ring++) {
        const struct source source = { .events = rings->slots[ring], .lane = ring, .run = 3 };
        uint64_t time = now - 1000 + next_random(state) % spread;
        uint32_t id = batch_source(batch, &source, count);
        for (size_t i = 0; i < count; i++) {
            time += next_random(state) % (2 * spread / count + 1);
            rings->slots[ring][i] = numbered(0, (*number)++);
            older += time < batch->origin_ns;
            batch_put_at(batch, id, i, time);
        }
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t time = next_random(state) % 97 == 0 ? next_random(state) % now
                                                     : now - 1000 + next_random(state) % spread;
        const struct event event = numbered(time, (*number)++);
        older += time < batch->origin_ns;
        batch_put(batch, &event);
    }
    return older;
}

/* How many neighbours in the line stand wrong: late ones first, then by time and number. */
static uint64_t count_wrong(const struct line *line, uint64_t origin_ns)
{
    uint64_t wrong = 0;
    for (size_t i = line->start + 1; i < line->end; i++) {
        const struct event *one = &line->events[i - 1], *two = &line->events[i];
        if (two->time < origin_ns)
            wrong += one->time >= origin_ns;
        else
            wrong += one->time > two->time || (one->time == two->time && one->b > two->b);
        wrong += two->run != 1 && (two->run != 3 || two->lane >= RINGS);
    }
    return wrong;
}

static void order_rounds(uint64_t seed, size_t rounds, size_t most, uint64_t spread)
{
    struct batch *batch = calloc(1, sizeof *batch);
    struct rings *rings = calloc(1, sizeof *rings);
    struct line line = { 0 };
    uint64_t state = seed, number = 0, now = 1000000, handed = 0, late = 0, older = 0, wrong = 0;
    for (size_t round = 0; round < rounds; round++) {
        size_t count = next_random(&state) % (most + 1);
        late += put_random(batch, rings, count, now, spread, &number, &state);
        older += line_take(&line, batch);
        wrong += count_wrong(&line, batch->origin_ns);
        uint64_t until_ns = now - 500;
        size_t hand = line_older(&line, until_ns);
        for (size_t i = line.start; i < line.end; i++)
            wrong += (line.events[i].time < until_ns) != (i < line.start + hand);
        line.start += hand;
        handed += hand;
        now += spread / 2;
        batch->origin_ns = until_ns;
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(handed + (line.end - line.start), number);
    ck_assert_uint_eq(late, older);
    batch_fini(batch);
    line_fini(&line);
    free(batch);
    free(rings);
}

START_TEST(events_come_in_the_order_of_time)
{
    for (uint64_t seed = 1; seed < 30; seed++) {
        order_rounds(seed, 50, 3, 3000);
        order_rounds(seed, 30, 50, 50);
        order_rounds(seed, 20, RING_MOST, 5000000);
    }
}
END_TEST

START_TEST(wild_times_are_ordered_too)
{
    static struct batch batch;
    struct line line = { 0 };
    for (uint64_t i = 0; i < 1000; i++) {
        const struct event event = numbered(i % 5 == 0 ? UINT64_MAX - i : i * 1000, i);
        batch_put(&batch, &event);
    }
    ck_assert_uint_eq(line_take(&line, &batch), 0);
    ck_assert_uint_eq(line.end - line.start, 1000);
    ck_assert_uint_eq(line_older(&line, 1000 * 1000), 800);
    ck_assert_uint_eq(line.events[999].time, UINT64_MAX - 995);
    batch_fini(&batch);
    line_fini(&line);
}
END_TEST

/* ---- Lives ---- */

START_TEST(a_thread_is_a_lane_for_a_span_of_time)
{
    struct lives *lives = lives_new();
    uint32_t run, lane;
    ck_assert_int_eq(lives_find(lives, 5, 6, 10, &run, &lane), LIFE_NONE);
    uint32_t first = lives_add(lives, 5, 6, 0, 1);
    ck_assert_int_eq(lives_find(lives, 5, 6, 10, &run, &lane), LIFE_WAIT);
    ck_assert_int_eq(lives_find(lives, 6, 5, 10, &run, &lane), LIFE_NONE);
    lives_begin(lives, first, 100);
    ck_assert_int_eq(lives_find(lives, 5, 6, 99, &run, &lane), LIFE_NONE);
    ck_assert_int_eq(lives_find(lives, 5, 6, 100, &run, &lane), LIFE_LANE);
    ck_assert(run == 0 && lane == 1);
    /* The tid comes again, in another run. */
    uint32_t second = lives_add(lives, 5, 6, 3, 2);
    ck_assert_int_eq(lives_find(lives, 5, 6, 150, &run, &lane), LIFE_WAIT);
    lives_end(lives, first, 200);
    lives_end(lives, first, 900);
    ck_assert_int_eq(lives_find(lives, 5, 6, 200, &run, &lane), LIFE_LANE);
    ck_assert(run == 0 && lane == 1);
    ck_assert_int_eq(lives_find(lives, 5, 6, 201, &run, &lane), LIFE_WAIT);
    lives_begin(lives, second, 300);
    ck_assert_int_eq(lives_find(lives, 5, 6, 201, &run, &lane), LIFE_NONE);
    ck_assert_int_eq(lives_find(lives, 5, 6, 300, &run, &lane), LIFE_LANE);
    ck_assert(run == 3 && lane == 2);
    ck_assert_int_eq(lives_find(lives, 5, 6, 120, &run, &lane), LIFE_LANE);
    ck_assert(run == 0 && lane == 1);
    lives_end(lives, second, 400);
    ck_assert_int_eq(lives_find(lives, 5, 6, 401, &run, &lane), LIFE_NONE);
    /* One that died before it told when it began does not hide those before. */
    uint32_t third = lives_add(lives, 5, 6, 3, 4);
    lives_end(lives, third, 500);
    ck_assert_int_eq(lives_find(lives, 5, 6, 350, &run, &lane), LIFE_LANE);
    ck_assert_int_eq(lives_find(lives, 5, 6, 450, &run, &lane), LIFE_NONE);
    lives_free(lives);
    lives_free(NULL);
}
END_TEST

START_TEST(many_threads_keep_their_lanes)
{
    enum { THREADS = 500, LIVES = 6 };
    struct lives *lives = lives_new();
    for (uint32_t i = 0; i < LIVES; i++) {
        for (int32_t tid = 0; tid < THREADS; tid++) {
            uint32_t life = lives_add(lives, tid / 3, tid, i, (uint32_t)tid);
            lives_begin(lives, life, 100 * i);
            lives_end(lives, life, 100 * i + 50);
        }
    }
    for (uint32_t i = 0; i < LIVES; i++) {
        for (int32_t tid = 0; tid < THREADS; tid++) {
            uint32_t run, lane;
            ck_assert_int_eq(lives_find(lives, tid / 3, tid, 100 * i + 7, &run, &lane), LIFE_LANE);
            ck_assert(run == i && lane == (uint32_t)tid);
            ck_assert_int_eq(lives_find(lives, tid / 3, tid, 100 * i + 70, &run, &lane), LIFE_NONE);
        }
    }
    lives_free(lives);
}
END_TEST

int main(void)
{
    stamp_init();
    Suite *suite = suite_create("order");
    TCase *pieces = tcase_create("pieces");
    tcase_set_timeout(pieces, 60);
    tcase_add_test(pieces, stamps_between_anchors_lie_on_their_lines);
    tcase_add_test(pieces, what_is_older_than_all_anchors_lies_on_their_chord);
    tcase_add_test(pieces, events_come_in_the_order_of_time);
    tcase_add_test(pieces, wild_times_are_ordered_too);
    tcase_add_test(pieces, a_thread_is_a_lane_for_a_span_of_time);
    tcase_add_test(pieces, many_threads_keep_their_lanes);
    suite_add_tcase(suite, pieces);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
