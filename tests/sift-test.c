/*
 * Which lanes and tasks are listed, and in which order: orders and filters alone, on the detail screen,
 * and in the columns of a race.
 */
#include "scene.h"

#include "view/column.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the detail screen ---- */

START_TEST(a_part_of_an_order_is_that_part_of_all)
{
    struct scene scene;
    scene_open(&scene, "many");
    for (enum lane_sort sort = 0; sort < LANE_SORT_COUNT; sort++) {
        struct lane_order all, part;
        lane_order_make(&all, scene.timeline, 0, LANE_WHICH_ALL, sort, NULL, 400 * MS, false);
        ck_assert_uint_eq(all.count, 301);
        lane_order_settle(&all, 0, all.count);
        for (size_t from = 0; from < all.count; from += 29) {
            lane_order_make(&part, scene.timeline, 0, LANE_WHICH_ALL, sort, NULL, 400 * MS, false);
            lane_order_settle(&part, from, from + 17);
            for (size_t i = from; i < from + 17 && i < all.count; i++) {
                ck_assert_uint_eq(part.places[i].id, all.places[i].id);
                ck_assert_uint_eq(lane_order_find(&part, all.places[i].id), i);
            }
            lane_order_free(&part);
        }
        lane_order_free(&all);
    }
    scene_close(&scene);
}
END_TEST

/* By name the run's own order is taken; where states are asked for as well, all lanes are sorted. */
static void assert_named_as_sorted(const struct timeline *timeline, enum lane_which which,
                                   size_t count)
{
    struct lane_order named, sorted;
    lane_order_make(&named, timeline, 0, which, LANE_SORT_NAME, NULL, 0, false);
    lane_order_make(&sorted, timeline, 0, which, LANE_SORT_NAME, NULL, 0, true);
    ck_assert_uint_eq(named.count, count);
    ck_assert_uint_eq(sorted.count, count);
    ck_assert_uint_eq(named.all, sorted.all);
    lane_order_settle(&sorted, 0, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(lane_order_find(&named, sorted.places[i].id), i);
        lane_order_settle(&named, i, i + 1);
        ck_assert_uint_eq(named.places[i].id, sorted.places[i].id);
        ck_assert_uint_eq(named.places[i].name, sorted.places[i].name);
    }
    ck_assert_uint_eq(lane_order_find(&named, 1000), SIZE_MAX);
    lane_order_free(&named);
    lane_order_free(&sorted);
}

START_TEST(names_are_in_order_however_lanes_came)
{
    enum { LANES = 60, WORKERS = LANES / ROLE_COUNT * 4 };
    struct timeline *timeline = timeline_new();
    struct meta meta = { .run_count = 1 };
    struct run_brief brief;
    struct event go = { .kind = EVENT_RUN_GO, .lane = LANE_NONE };
    timeline_tell(timeline, &meta, 0);
    timeline_feed(timeline, &go, 1);
    for (uint32_t i = 0; i < LANES; i++) {
        uint32_t lane = i * 37 % LANES, role = lane % ROLE_COUNT;
        uint32_t index = lane % 5; /* some are called the same */
        struct event begin = {
            .time = i, .kind = EVENT_LANE_BEGIN, .lane = lane, .object = role | index << 8
        };
        timeline_feed(timeline, &begin, 1);
    }
    timeline_run(timeline, 0, &brief);
    ck_assert_uint_eq(brief.worker_lanes, WORKERS);
    assert_named_as_sorted(timeline, LANE_WHICH_ALL, LANES);
    assert_named_as_sorted(timeline, LANE_WHICH_WORKERS, WORKERS);
    /* One whose beginning was lost is a worker without a number. */
    struct event says = { .time = LANES, .kind = EVENT_SAY, .lane = LANES, .object = TASK_NONE };
    timeline_feed(timeline, &says, 1);
    timeline_run(timeline, 0, &brief);
    ck_assert_uint_eq(brief.worker_lanes, WORKERS + 1);
    assert_named_as_sorted(timeline, LANE_WHICH_ALL, LANES + 1);
    assert_named_as_sorted(timeline, LANE_WHICH_WORKERS, WORKERS + 1);
    timeline_free(timeline);
}
END_TEST

START_TEST(orders_are_what_they_say)
{
    struct scene scene;
    const uint64_t t = 400 * MS;
    scene_open(&scene, "many");
    struct lane_order wait, cpu, state;
    lane_order_make(&wait, scene.timeline, 0, LANE_WHICH_ALL, LANE_SORT_WAIT, "gil", t, false);
    ck_assert_uint_gt(wait.count, 10);
    lane_order_settle(&wait, 0, wait.count);
    uint64_t since = 0;
    for (size_t i = 0; i < wait.count; i++) {
        struct lane_moment at;
        timeline_lane_at(scene.timeline, 0, wait.places[i].id, t, &at);
        ck_assert_uint_eq(at.state, STATE_GIL);
        ck_assert_uint_ge(at.since_ns, since);
        since = at.since_ns;
    }
    lane_order_make(&cpu, scene.timeline, 0, LANE_WHICH_WORKERS, LANE_SORT_CPU, "", t, false);
    ck_assert_uint_eq(cpu.count, 300);
    lane_order_settle(&cpu, 0, cpu.count);
    uint64_t before = UINT64_MAX, ns;
    for (size_t i = 0; i < cpu.count; i++, before = ns) {
        ck_assert(timeline_lane_on_core(scene.timeline, 0, cpu.places[i].id, 0, t, &ns));
        ck_assert_uint_le(ns, before);
    }
    lane_order_make(&state, scene.timeline, 0, LANE_WHICH_ALL, LANE_SORT_STATE, NULL, t, false);
    lane_order_settle(&state, 0, 1);
    ck_assert_uint_eq(state.places[0].state, STATE_RUN);
    lane_order_free(&wait);
    lane_order_free(&cpu);
    lane_order_free(&state);
    scene_close(&scene);
}
END_TEST

START_TEST(a_filter_finds_names_states_and_tasks)
{
    struct scene scene;
    struct lane_moment at;
    struct detail_count count;
    char filter[16];
    scene_open(&scene, "scraper");
    scene.look.moment = 800 * MS;
    timeline_lane_at(scene.timeline, 0, 4, scene.look.moment, &at);
    snprintf(filter, sizeof filter, "T%u", at.task);
    const struct {
        const char *filter;
        size_t lanes;
    } rows[] = { { "w", 10 },    { "W3", 1 },     { "main", 1 }, { " ", 11 },    { "io", 9 },
                 { "io w3", 1 }, { "gil w3", 0 }, { filter, 1 }, { "nobody", 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char said[64];
        scene.look.filter = rows[i].filter;
        detail_count(scene.timeline, &scene.look, &count);
        ck_assert_msg(count.lanes == rows[i].lanes, "'%s': %zu lanes", rows[i].filter, count.lanes);
        ck_assert_uint_eq(count.all_lanes, 11);
        scene_draw(&scene, "detail", 80, 24);
        snprintf(said, sizeof said, "/%s  %zu of 11 lanes match", rows[i].filter, rows[i].lanes);
        assert_says(&scene, said);
    }
    assert_says(&scene, "No lane matches at this moment.");
    scene.look.column = 2; /* the loop's tasks */
    scene.look.filter = "t1";
    detail_count(scene.timeline, &scene.look, &count);
    ck_assert_uint_eq(count.tasks, 111); /* t1, t10 to t19, t100 to t199 */
    scene_close(&scene);
}
END_TEST

/* ---- the columns of a race ---- */

/* The thing of each row of a column's list, from the picture: what stands at its left. */
static int labels_of(const struct scene *scene, int cols, int rows, char labels[][8], int most)
{
    struct race_layout l;
    int count = 0;
    race_layout(scene->timeline, &scene->look, cols, rows, &l);
    for (int y = l.column[0].y; y < l.column[0].y + l.column[0].h && count < most; y++) {
        struct race_spot spot =
            race_hit(scene->timeline, &scene->look, cols, rows, l.column[0].x, y);
        if (spot.place != PLACE_LANE && spot.place != PLACE_TASK)
            continue;
        for (int x = 0; x < 7; x++) {
            uint32_t code = canvas_at(&scene->canvas, l.column[0].x + x, y)->code;
            labels[count][x] = code > ' ' && code < 0x7f ? (char)code : '\0';
        }
        labels[count][7] = '\0';
        count += labels[count][0] != '\0'; /* of a high row only one line has it */
    }
    return count;
}

START_TEST(a_race_lists_lanes_in_the_order_of_choice)
{
    enum { COLS = 200, ROWS = 50, MOST = 64 };
    static const char *const toys[] = { "many", "scraper", "matrix" };
    for (size_t i = 0; i < sizeof toys / sizeof *toys; i++) {
        struct scene scene;
        scene_open(&scene, toys[i]);
        scene.look.moment = 400 * MS;
        memset(scene.look.hidden + 1, 1, sizeof scene.look.hidden - sizeof *scene.look.hidden);
        for (enum lane_sort sort = 0; sort < LANE_SORT_COUNT; sort++) {
            char labels[MOST][8];
            struct lane_order order;
            scene.look.sort = sort;
            scene.look.lane_top = sort == LANE_SORT_STATE ? 3 : 0;
            scene_draw(&scene, "race", COLS, ROWS);
            int listed = labels_of(&scene, COLS, ROWS, labels, MOST);
            ck_assert_int_ge(listed, 1);
            lane_order_make(&order, scene.timeline, 0, LANE_WHICH_WORKERS, sort, NULL, 400 * MS,
                            false);
            lane_order_settle(&order, 0, order.count);
            size_t top = order.count > (size_t)listed ? (size_t)scene.look.lane_top : 0;
            for (size_t k = 0; k < (size_t)listed && top + k < order.count; k++) {
                struct lane_brief lane;
                ck_assert(timeline_lane(scene.timeline, 0, order.places[top + k].id, &lane));
                ck_assert_msg(strcmp(labels[k], lane.name) == 0, "%s by %s, row %zu: %s, not %s",
                              toys[i], lane_sort_names[sort], k, labels[k], lane.name);
            }
            lane_order_free(&order);
            char said[32];
            snprintf(said, sizeof said, "lanes by %s", lane_sort_names[sort]);
            if (sort != LANE_SORT_NAME)
                assert_says(&scene, said);
            else
                assert_says_not(&scene, said);
        }
        scene_close(&scene);
    }
}
END_TEST

/* Each row that is left is one that matches at the moment, and each column says how many do. */
START_TEST(a_race_lists_what_a_filter_leaves)
{
    enum { COLS = 80, ROWS = 24, MOST = 32 };
    struct scene scene;
    char labels[MOST][8];
    scene_open(&scene, "many");
    scene.look.moment = 400 * MS;
    scene.look.filter = "gil";
    scene_draw(&scene, "race", COLS, ROWS);
    int listed = labels_of(&scene, COLS, ROWS, labels, MOST);
    ck_assert_int_ge(listed, 1);
    struct lane_list list;
    lane_list_make(&list, scene.timeline, &scene.look, 0);
    ck_assert(list.lane_count > 10 && list.lane_count < 300);
    for (int i = 0; i < listed; i++) {
        struct lane_brief lane;
        struct lane_moment at;
        struct detail_thing thing = lane_list_at(&list, (size_t)i);
        ck_assert(timeline_lane(scene.timeline, 0, thing.id, &lane));
        ck_assert_str_eq(labels[i], lane.name);
        timeline_lane_at(scene.timeline, 0, thing.id, 400 * MS, &at);
        ck_assert_int_eq(at.state, STATE_GIL);
    }
    char said[64];
    snprintf(said, sizeof said, "/gil  Esc: all   THREADS + GIL %zu of 300", list.lane_count);
    assert_says(&scene, said);
    assert_says(&scene, "all 300 lanes:"); /* the picture is of all */
    lane_list_free(&list);
    scene.look.filter = "nobody";
    scene.look.filtering = true;
    scene_draw(&scene, "race", COLS, ROWS);
    assert_says(&scene, "/nobody_   THREADS + GIL 0 of 300");
    assert_says(&scene, "no match; all 300 lanes:");
    ck_assert_int_eq(labels_of(&scene, COLS, ROWS, labels, MOST), 0);
    scene_close(&scene);
}
END_TEST

/* Tasks are lanes' equals: by their own states, and found by number. */
START_TEST(tasks_are_sifted_and_put_in_order_too)
{
    struct scene scene;
    struct lane_list list;
    scene_open(&scene, "scraper");
    scene.look.moment = 100 * MS;
    const size_t loop = 2;
    lane_list_make(&list, scene.timeline, &scene.look, loop);
    ck_assert(list.numbered && list.lane_count == 1 && list.task_count == 200);
    ck_assert_uint_eq(lane_list_at(&list, 0).kind, DETAIL_LANE);
    ck_assert_uint_eq(lane_list_at(&list, 1).id, 0);
    ck_assert_uint_eq(lane_list_at(&list, 200).id, 199);
    ck_assert_uint_eq(lane_list_find(&list, (struct detail_thing){ DETAIL_TASK, 200 }), SIZE_MAX);
    lane_list_free(&list);
    scene.look.sort = LANE_SORT_WAIT;
    lane_list_make(&list, scene.timeline, &scene.look, loop);
    ck_assert(!list.numbered && list.task_count == 200);
    lane_list_settle(&list, 0, 201);
    for (size_t i = 1; i <= 200; i++)
        ck_assert_uint_eq(lane_list_find(&list, lane_list_at(&list, i)), i);
    lane_list_free(&list);
    scene.look.filter = "t17";
    lane_list_make(&list, scene.timeline, &scene.look, loop);
    ck_assert_uint_eq(list.task_count, 11); /* t17, t170 to t179 */
    ck_assert_uint_eq(list.all_tasks, 200);
    ck_assert_uint_eq(lane_list_find(&list, (struct detail_thing){ DETAIL_TASK, 16 }), SIZE_MAX);
    lane_list_free(&list);
    scene.look.presenter = true;
    lane_list_make(&list, scene.timeline, &scene.look, loop);
    ck_assert_uint_eq(list.task_count + list.all_tasks, 0);
    lane_list_free(&list);
    scene_close(&scene);
}
END_TEST

/* The cursor of a race goes through what is listed, and a lane that is sifted out loses it to none. */
START_TEST(the_races_cursor_goes_through_what_is_left)
{
    struct scene scene;
    scene_open(&scene, "many");
    scene.look.moment = 400 * MS;
    scene.look.filter = "w29";
    scene.look.sort = LANE_SORT_CPU;
    struct race_cursor *cursor = &scene.look.cursor;
    *cursor = (struct race_cursor){ .on = true, .place = PLACE_LANE, .index = 3 };
    char seen[16][8];
    int count = 0;
    for (struct race_cursor before = { 0 };
         before.index != cursor->index || before.place != cursor->place;) {
        before = *cursor;
        *cursor = race_cursor_move(scene.timeline, &scene.look, 1);
        ck_assert_int_eq(cursor->place, PLACE_LANE);
        struct lane_brief lane;
        ck_assert(timeline_lane(scene.timeline, 0, cursor->index, &lane));
        ck_assert_msg(strncmp(lane.name, "w29", 3) == 0, "%s", lane.name);
        if (before.index != cursor->index)
            snprintf(seen[count++], 8, "%s", lane.name);
        scene.look.lane_top = race_cursor_top(scene.timeline, &scene.look, 80, 24);
        scene_draw(&scene, "race", 80, 24);
        assert_says(&scene, lane.name);
    }
    ck_assert_int_eq(count, 11); /* w29, w290 to w299 */
    scene_close(&scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sift");
    TCase *tcase = tcase_create("sift");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_part_of_an_order_is_that_part_of_all);
    tcase_add_test(tcase, names_are_in_order_however_lanes_came);
    tcase_add_test(tcase, orders_are_what_they_say);
    tcase_add_test(tcase, a_filter_finds_names_states_and_tasks);
    tcase_add_test(tcase, a_race_lists_lanes_in_the_order_of_choice);
    tcase_add_test(tcase, a_race_lists_what_a_filter_leaves);
    tcase_add_test(tcase, tasks_are_sifted_and_put_in_order_too);
    tcase_add_test(tcase, the_races_cursor_goes_through_what_is_left);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
