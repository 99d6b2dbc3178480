/*
 * The detail screen: where its cursor is, what it explains, the way from one hand-over to the next, and
 * that a click hits what is drawn.
 */
#include "scene.h"

#include "base/buffer.h"
#include "timeline/explain.h"
#include "timeline/figures.h"
#include "timeline/handover.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(detail_explains_its_cursor_at_every_size)
{
    static const uint64_t zooms[] = { 0, 500 * MS, MS, MS / 100 };
    struct scene scene;
    scene_open(&scene, "scraper");
    scene.look.moment = 800 * MS;
    struct detail_count count;
    detail_count(scene.timeline, &scene.look, &count);
    ck_assert_uint_ge(count.rows, 15);
    for (int i = 0; i < 4; i++) {
        scene.look.zoom_ns = zooms[i];
        for (int cols = 60; cols <= 240; cols += 20) {
            for (int height = 16; height <= 70; height += 9) {
                scene.look.thing = (struct detail_thing){ DETAIL_LANE, 10 }; /* the last worker */
                scene_draw(&scene, "detail", cols, height);
                assert_says(&scene, " w9 ");
                scene.look.thing = (struct detail_thing){ DETAIL_LANE, 1000 }; /* there is none */
                scene_draw(&scene, "detail", cols, height);
                assert_says(&scene, " main ");
                scene.look.thing = (struct detail_thing){ 0 };
                scene_draw(&scene, "detail", cols, height);
                assert_says(&scene, " The GIL");
            }
        }
    }
    scene_close(&scene);
}
END_TEST

START_TEST(detail_zooms_from_the_run_to_microseconds_and_back)
{
    struct scene scene;
    uint64_t t0, t1, before = UINT64_MAX;
    scene_open(&scene, "scraper");
    scene.look.moment = 800 * MS;
    for (int i = 0; i < 40; i++) {
        detail_span(scene.timeline, &scene.look, &t0, &t1);
        ck_assert(t0 <= scene.look.moment && scene.look.moment <= t1);
        ck_assert_uint_le(t1 - t0, before);
        before = t1 - t0;
        scene.look.zoom_ns = detail_zoom(scene.timeline, &scene.look, 1);
    }
    ck_assert_uint_eq(before, MS / 1000);
    for (int i = 0; i < 40; i++)
        scene.look.zoom_ns = detail_zoom(scene.timeline, &scene.look, -1);
    ck_assert_uint_eq(scene.look.zoom_ns, 0);
    scene_close(&scene);
}
END_TEST

/* What the marks count over spans side by side is what the figures count of the whole run. */
START_TEST(marks_of_the_gil_sum_up)
{
    struct scene scene;
    struct figures figures;
    struct run_brief brief;
    scene_open(&scene, "matrix");
    for (size_t run = 0; run < 2; run++) {
        uint32_t handovers = 0, forced = 0, requests = 0;
        timeline_run(scene.timeline, run, &brief);
        figures_at(scene.timeline, run, UINT64_MAX, &figures);
        uint64_t width = brief.length_ns / 97 + 1;
        for (uint64_t t = 0; t < brief.length_ns; t += width) {
            struct gil_counts counts;
            timeline_gil_counts(scene.timeline, run, 0, t, t + width, &counts);
            handovers += counts.handovers;
            forced += counts.forced;
            requests += counts.requests;
        }
        ck_assert_uint_eq(handovers, (uint32_t)figures.gil_handovers.value);
        ck_assert_uint_eq(forced, (uint32_t)figures.gil_forced.value);
        ck_assert_uint_eq(requests, (uint32_t)figures.gil_requests.value);
        if (run == 1)
            ck_assert_uint_gt(forced, 0);
    }
    scene_close(&scene);
}
END_TEST

/* ---- hand-overs ---- */

/* Forward from the start and backward from the end one meets the same ones, as many as the figures
 * count, and each tells who had the GIL before and after. */
static void walk_handovers(struct scene *scene, size_t run, bool forced, double wanted)
{
    uint64_t t = 0, next, *seen = calloc((size_t)wanted + 1, sizeof *seen);
    size_t count = 0;
    while ((next = handover_step(scene->timeline, run, 0, t, 1, forced)) != t) {
        struct handover h;
        struct gil_moment before, after;
        ck_assert_uint_gt(next, t);
        ck_assert(count < (size_t)wanted);
        seen[count++] = t = next;
        ck_assert(handover_at(scene->timeline, run, 0, t, &h));
        ck_assert_uint_eq(h.taken_ns, t);
        ck_assert_uint_ne(h.from, h.to);
        ck_assert(!forced || h.forced);
        timeline_gil_at(scene->timeline, run, 0, t, &after);
        ck_assert_uint_eq(after.holder, h.to);
        timeline_gil_at(scene->timeline, run, 0, h.dropped_ns - 1, &before);
        ck_assert_uint_eq(before.holder, h.from);
        ck_assert_uint_eq(before.since_ns, h.dropped_ns - h.held_ns);
        if (h.forced) { /* in the toy who asks is who gets it */
            ck_assert_uint_eq(h.asker, h.to);
            ck_assert_uint_le(h.asked_ns, h.dropped_ns);
            ck_assert_uint_ne(h.waited_ns, UINT64_MAX);
        }
    }
    ck_assert_uint_eq(count, (size_t)wanted);
    struct run_brief brief;
    timeline_run(scene->timeline, run, &brief);
    for (t = brief.length_ns; (next = handover_step(scene->timeline, run, 0, t, -1, forced)) != t;
         t = next)
        ck_assert_uint_eq(next, seen[--count]);
    ck_assert_uint_eq(count, 0);
    free(seen);
}

START_TEST(handovers_are_met_one_by_one)
{
    struct scene scene;
    struct figures figures;
    scene_open(&scene, "matrix");
    figures_at(scene.timeline, 1, UINT64_MAX, &figures);
    ck_assert_double_gt(figures.gil_forced.value, 3);
    walk_handovers(&scene, 1, false, figures.gil_handovers.value);
    walk_handovers(&scene, 1, true, figures.gil_forced.value);
    scene_close(&scene);
}
END_TEST

/* Back to a hand-over, onto it, and the screen says who held it, who asked, and for how long. */
START_TEST(three_keys_tell_the_story_of_a_handover)
{
    static const int sizes[][2] = { { 60, 16 }, { 80, 24 }, { 120, 40 }, { 200, 50 } };
    struct scene scene;
    struct handover h;
    scene_open(&scene, "matrix");
    scene.look.column = 1;
    scene.look.moment = 1500 * MS;
    scene.look.moment = detail_handover(scene.timeline, &scene.look, -1, true);
    ck_assert_uint_lt(scene.look.moment, 1500 * MS);
    ck_assert(detail_focus(scene.timeline, &scene.look, &scene.look.moment, &scene.look.zoom_ns));
    ck_assert(handover_at(scene.timeline, 1, 0, scene.look.moment, &h));
    ck_assert_uint_eq(h.taken_ns, scene.look.moment);
    ck_assert_uint_le(scene.look.zoom_ns, 100000);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char held[64];
        struct lane_brief from;
        ck_assert(timeline_lane(scene.timeline, 1, h.from, &from));
        snprintf(held, sizeof held, "%s held the GIL for", from.name);
        scene_draw(&scene, "detail", sizes[i][0], sizes[i][1]);
        assert_says(&scene, held);
        assert_says(&scene, "asked"); /* the line may break after it */
        assert_says(&scene, "later");
    }
    scene_close(&scene);
}
END_TEST

/* ---- the cursor ---- */

static bool cursor_is_seen(const struct scene *scene)
{
    for (int y = 0; y < scene->canvas.rows; y++) {
        if (canvas_at(&scene->canvas, 0, y)->code == scene->look.glyphs->pointer)
            return true;
    }
    return false;
}

START_TEST(each_row_can_be_reached_and_is_seen)
{
    static const struct {
        const char *toy;
        int column;
        uint64_t moment;
    } scenes[] = {
        { "scraper", 0, 800 }, { "scraper", 1, 300 }, { "seven", 4, 300 }, { "many", 0, 400 }
    };
    static const int sizes[][2] = { { 60, 16 }, { 80, 24 }, { 120, 40 } };
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        struct scene scene;
        struct detail_count count;
        scene_open(&scene, scenes[i].toy);
        scene.look.column = scenes[i].column;
        scene.look.moment = scenes[i].moment * MS;
        for (enum lane_sort sort = 0; sort < LANE_SORT_COUNT; sort++) {
            scene.look.sort = sort;
            scene.look.thing = (struct detail_thing){ 0 };
            detail_count(scene.timeline, &scene.look, &count);
            struct detail_thing before = { 0 };
            size_t rows = 0;
            for (; rows <= count.rows; rows++) {
                scene.look.thing = detail_move(scene.timeline, &scene.look, rows > 0);
                if (rows > 0 && memcmp(&scene.look.thing, &before, sizeof before) == 0)
                    break;
                before = scene.look.thing;
                if (rows % 7 != 0)
                    continue;
                const int *size = sizes[rows / 7 % 3];
                scene_draw(&scene, "detail", size[0], size[1]);
                ck_assert_msg(cursor_is_seen(&scene), "%s: row %zu at %dx%d", scenes[i].toy, rows,
                              size[0], size[1]);
            }
            ck_assert_uint_eq(rows, count.rows);
            scene.look.thing = detail_move(scene.timeline, &scene.look, -1000000);
            ck_assert_uint_eq(scene.look.thing.kind,
                              detail_move(scene.timeline, &scene.look, 0).kind);
        }
        scene_close(&scene);
    }
}
END_TEST

START_TEST(the_cursor_stays_with_its_lane)
{
    struct scene scene;
    scene_open(&scene, "scraper");
    scene.look.moment = 800 * MS;
    scene.look.thing = (struct detail_thing){ DETAIL_LANE, 4 };
    for (enum lane_sort sort = 0; sort < LANE_SORT_COUNT; sort++) {
        scene.look.sort = sort;
        struct detail_thing thing = detail_move(scene.timeline, &scene.look, 0);
        ck_assert(thing.kind == DETAIL_LANE && thing.id == 4);
    }
    scene.look.filter = "w7";
    struct detail_thing thing = detail_move(scene.timeline, &scene.look, 0);
    ck_assert(thing.kind == DETAIL_LANE && thing.id == 8);
    scene_close(&scene);
}
END_TEST

START_TEST(a_step_on_a_lane_is_its_next_change)
{
    struct scene scene;
    scene_open(&scene, "scraper");
    scene.look.thing = (struct detail_thing){ DETAIL_LANE, 3 };
    scene.look.moment = 0;
    int steps = 0;
    for (uint64_t t = 0;; steps++) {
        struct lane_moment before, after;
        uint64_t next = detail_step(scene.timeline, &scene.look, 1);
        if (next == t)
            break;
        timeline_lane_at(scene.timeline, 0, 3, next - 1, &before);
        timeline_lane_at(scene.timeline, 0, 3, next, &after);
        ck_assert_uint_ne(before.state, after.state);
        scene.look.moment = next;
        ck_assert(t == 0 || detail_step(scene.timeline, &scene.look, -1) == t);
        t = next;
    }
    ck_assert_int_gt(steps, 20);
    scene_close(&scene);
}
END_TEST

START_TEST(a_step_on_a_task_is_its_next_change)
{
    struct scene scene;
    const size_t loop = 2;
    scene_open(&scene, "scraper");
    scene.look.column = (int)loop;
    for (uint32_t task = 0; task < 200; task += 37) {
        uint64_t t = 0, since;
        int steps = 0;
        scene.look.thing = (struct detail_thing){ DETAIL_TASK, task };
        scene.look.moment = 0;
        for (;; steps++) {
            uint64_t next = detail_step(scene.timeline, &scene.look, 1);
            if (next == t)
                break;
            ck_assert_uint_gt(next, t);
            timeline_task_at(scene.timeline, loop, task, next, &since);
            ck_assert_uint_eq(since, next); /* something began there */
            timeline_task_at(scene.timeline, loop, task, next - 1, &since);
            ck_assert_uint_le(since, t); /* and nothing was left out */
            scene.look.moment = next;
            ck_assert(steps == 0 || detail_step(scene.timeline, &scene.look, -1) == t);
            t = next;
        }
        enum task_state last = timeline_task_at(scene.timeline, loop, task, t, &since);
        ck_assert_int_eq(last, TASK_STATE_DONE);
        ck_assert_int_gt(steps, 2);
    }
    scene_close(&scene);
}
END_TEST

START_TEST(a_key_leads_from_who_waits_to_whom)
{
    struct scene scene;
    struct handover h;
    struct detail_thing thing;
    scene_open(&scene, "matrix");
    scene.look.column = 1;
    scene.look.moment = handover_step(scene.timeline, 1, 0, 500 * MS, 1, true);
    ck_assert(handover_at(scene.timeline, 1, 0, scene.look.moment, &h));
    scene.look.thing = (struct detail_thing){ DETAIL_LANE, h.from }; /* it wants it back */
    ck_assert(detail_whom(scene.timeline, &scene.look, &thing));
    ck_assert(thing.kind == DETAIL_LANE && thing.id == h.to);
    scene.look.thing = (struct detail_thing){ DETAIL_GIL, 0 };
    ck_assert(detail_whom(scene.timeline, &scene.look, &thing));
    ck_assert(thing.kind == DETAIL_LANE && thing.id == h.to);
    scene.look.thing = thing; /* who holds it waits for nobody */
    ck_assert(!detail_whom(scene.timeline, &scene.look, &thing));
    scene_close(&scene);
}
END_TEST

/* Who waits for a lock tells who has it; who had to wait tells when it takes it and lets it go. */
START_TEST(the_holder_of_a_lock_is_named)
{
    enum { LOCK = 7, HOLDER = 3, WAITER = 4 };
    struct scene scene;
    struct run_brief brief;
    struct detail_thing thing;
    uint64_t since;
    uint32_t id;
    scene_open(&scene, "live");
    timeline_run(scene.timeline, 1, &brief); /* it goes on */
    ck_assert_uint_eq(brief.locks, 0);
    uint64_t t = brief.length_ns + MS;
    const struct event events[] = {
        { brief.go_ns + t, EVENT_LOCK_WANT, 1, WAITER, LOCK, HOLDER + 1, 0 },
        { brief.go_ns + t + 2 * MS, EVENT_LOCK_TAKE, 1, WAITER, LOCK, SAYS_CALL, 0 },
        { brief.go_ns + t + 3 * MS, EVENT_LOCK_DROP, 1, WAITER, LOCK, 0, 0 },
        { brief.go_ns + t + 4 * MS, EVENT_LOCK_WANT, 1, WAITER, LOCK, 0, 0 }, /* who: not known */
        { brief.go_ns + t + 5 * MS, EVENT_SAY, 1, WAITER, TASK_NONE, SAYS_IDLE, 0 },
    };
    timeline_feed(scene.timeline, events, sizeof events / sizeof *events);
    timeline_run(scene.timeline, 1, &brief);
    ck_assert_uint_eq(brief.locks, 1);
    ck_assert(timeline_lock(scene.timeline, 1, 0, &id));
    ck_assert_uint_eq(id, LOCK);
    ck_assert_uint_eq(timeline_lock_at(scene.timeline, 1, LOCK, t - 1, &since), LANE_NONE);
    ck_assert_uint_eq(timeline_lock_at(scene.timeline, 1, LOCK, t + MS, &since), HOLDER);
    ck_assert_uint_eq(since, t);
    ck_assert_uint_eq(timeline_lock_at(scene.timeline, 1, LOCK, t + 2 * MS, &since), WAITER);
    ck_assert_uint_eq(timeline_lock_at(scene.timeline, 1, LOCK, t + 3 * MS, &since), LANE_NONE);
    ck_assert_uint_eq(timeline_lock_at(scene.timeline, 1, LOCK, t + 9 * MS / 2, &since), LANE_NONE);
    scene.look.column = 1;
    scene.look.moment = t + MS;
    scene.look.thing = (struct detail_thing){ DETAIL_LANE, WAITER };
    scene_draw(&scene, "detail", 120, 40);
    assert_says(&scene, "waits for lock 7");
    assert_says(&scene, "who holds it: w2");
    assert_says(&scene, " lock7 ");
    ck_assert(detail_whom(scene.timeline, &scene.look, &thing));
    ck_assert(thing.kind == DETAIL_LANE && thing.id == HOLDER);
    scene_close(&scene);
}
END_TEST

/* ---- clicks ---- */

static void name_of(const struct scene *scene, struct detail_thing thing, char name[16])
{
    struct lane_brief lane;
    if (thing.kind == DETAIL_LANE &&
        timeline_lane(scene->timeline, (size_t)scene->look.column, thing.id, &lane))
        snprintf(name, 16, "%s", lane.name);
    else if (thing.kind == DETAIL_TASK)
        snprintf(name, 16, " t%u", thing.id);
    else if (thing.kind == DETAIL_CORE)
        snprintf(name, 16, "core%u", thing.id);
    else if (thing.kind == DETAIL_GIL)
        snprintf(name, 16, "GIL");
    else
        snprintf(name, 16, "%s", thing.kind == DETAIL_QUEUE ? "queue" : " marks");
}

/* Whether one of the lines that are the thing's begins with its name. */
static bool is_named(const struct scene *scene, struct detail_thing thing)
{
    int cols = scene->canvas.cols, rows = scene->canvas.rows;
    char name[16];
    bool named = false;
    name_of(scene, thing, name);
    for (int y = 0; y < rows && !named; y++) {
        struct detail_hit hit = detail_hit(scene->timeline, &scene->look, cols, rows, 3, y);
        if (!hit.has_thing || hit.thing.kind != thing.kind || hit.thing.id != thing.id)
            continue;
        char *text = canvas_row_text(&scene->canvas, y);
        char *found = strstr(text, name);
        named = found != NULL && found - text < 8;
        free(text);
    }
    return named;
}

/* Wherever all rows are seen and twice as many lines are there, they are high, and they never reach
 * beyond their place or into each other. */
START_TEST(rows_are_as_high_as_there_is_room)
{
    static const char *const toys[] = { "matrix", "scraper", "live", "many" };
    int most = 0;
    for (size_t i = 0; i < sizeof toys / sizeof *toys; i++) {
        struct scene scene;
        scene_open(&scene, toys[i]);
        scene.look.moment = 400 * MS;
        for (int rows = 16; rows <= 90; rows += 3) {
            struct detail_count count;
            struct detail_thing before = { DETAIL_FIRST, 0 };
            int lines = 0, things = 0, high = 0;
            scene_draw(&scene, "detail", 120, rows);
            detail_count(scene.timeline, &scene.look, &count);
            for (int y = 0; y < rows; y++) {
                struct detail_hit hit = detail_hit(scene.timeline, &scene.look, 120, rows, 20, y);
                if (!hit.has_thing || !hit.has_time)
                    continue;
                bool same = hit.thing.kind == before.kind && hit.thing.id == before.id;
                high = same ? high + 1 : 1;
                most = high > most ? high : most;
                ck_assert_int_le(high, 5);
                things += !same;
                lines++;
                before = hit.thing;
            }
            ck_assert_uint_le((size_t)things, count.rows);
            int room = rows - (rows >= 30 ? 10 : 9); /* what the page has beside its rows */
            room = room < things * 5 ? room : things * 5;
            if ((size_t)things == count.rows && room >= things * 2)
                ck_assert_msg(lines > room - things, "%s %d: %d lines", toys[i], rows, lines);
        }
        scene_close(&scene);
    }
    ck_assert_int_ge(most, 4);
}
END_TEST

/* A row is hit where its label is; a moment of a strip is that of its cell. */
START_TEST(clicks_hit_what_is_drawn)
{
    static const int sizes[][2] = { { 60, 16 }, { 80, 24 }, { 120, 40 }, { 240, 70 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct scene scene;
        int cols = sizes[i][0], rows = sizes[i][1], hits = 0;
        uint64_t t0, t1;
        scene_open(&scene, i % 2 == 0 ? "many" : "scraper");
        scene.look.moment = 400 * MS;
        scene.look.zoom_ns = 100 * MS;
        scene.look.sort = LANE_SORT_WAIT;
        scene_draw(&scene, "detail", cols, rows);
        detail_span(scene.timeline, &scene.look, &t0, &t1);
        for (int y = 0; y < rows; y++) {
            struct detail_hit hit = detail_hit(scene.timeline, &scene.look, cols, rows, 3, y);
            if (!hit.has_thing)
                continue;
            uint64_t before = 0;
            bool named = is_named(&scene, hit.thing); /* the field of all lanes has no labels */
            hits += named;
            for (int x = 8; x < 40; x++) {
                struct detail_hit cell = detail_hit(scene.timeline, &scene.look, cols, rows, x, y);
                if (!cell.has_time)
                    continue;
                ck_assert(named);
                ck_assert(cell.t >= t0 && cell.t < t1 && cell.t > before);
                ck_assert_uint_eq(cell.thing.kind, hit.thing.kind);
                ck_assert_uint_eq(cell.thing.id, hit.thing.id);
                before = cell.t;
            }
        }
        ck_assert_int_ge(hits, rows == 16 ? 6 : 11);
        struct detail_hit none = detail_hit(scene.timeline, &scene.look, cols, rows, 3, rows - 1);
        ck_assert(!none.has_thing && !none.has_time);
        scene_close(&scene);
    }
}
END_TEST

/* A click into the list of events leads to that event, which is then the middle of the list. */
START_TEST(a_click_on_an_event_leads_to_it)
{
    struct scene scene;
    scene_open(&scene, "scraper");
    scene.look.moment = 800 * MS;
    for (int y = 5; y < 15; y++) {
        struct detail_hit hit = detail_hit(scene.timeline, &scene.look, 120, 40, 100, y);
        ck_assert(hit.has_time);
        struct buffer text = { 0 };
        scene_draw(&scene, "detail", 120, 40);
        char *row = canvas_row_text(&scene.canvas, y);
        uint64_t moment = scene.look.moment;
        scene.look.moment = hit.t;
        scene_draw(&scene, "detail", 120, 40);
        ck_assert(hit.t < moment);
        assert_says(&scene, "now ");
        scene.look.moment = moment;
        buffer_fini(&text);
        free(row);
    }
    scene_close(&scene);
}
END_TEST

/* With thousands of lanes, too, each line of the list is there, and none is passed over. */
START_TEST(the_list_of_events_is_whole_with_thousands_of_lanes)
{
    enum { COLS = 200, ROWS = 50, LANES = 3000 };
    struct scene scene;
    scene_open(&scene, "many");
    timeline_free(scene.timeline);
    scene.timeline = timeline_new();
    scene.toy.run_count = 1;
    scene.toy.workers = LANES;
    scene.toy.tasks = LANES * 2;
    toy_feed(&scene.toy, scene.timeline);
    scene.look.moment = 400 * MS;
    uint64_t t = 0;
    int lines = 0, now = 0;
    for (int y = 0; y < ROWS; y++) {
        struct detail_hit hit = detail_hit(scene.timeline, &scene.look, COLS, ROWS, COLS - 5, y);
        if (!hit.has_time)
            continue;
        struct buffer text = { 0 };
        ck_assert_uint_gt(hit.t, t);
        for (uint64_t at = timeline_step(scene.timeline, 0, t, 1); lines > 0 && at < hit.t;
             at = timeline_step(scene.timeline, 0, at, 1)) {
            bool told = explain_event(scene.timeline, 0, at, &text);
            ck_assert_msg(!told, "%s is left out", buffer_string(&text));
            buffer_clear(&text);
        }
        buffer_fini(&text);
        t = hit.t;
        now += t == scene.look.moment;
        lines++;
    }
    ck_assert_int_eq(now, 1);
    ck_assert_int_ge(lines, 38);
    scene_close(&scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("detail");
    TCase *tcase = tcase_create("detail");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, detail_explains_its_cursor_at_every_size);
    tcase_add_test(tcase, detail_zooms_from_the_run_to_microseconds_and_back);
    tcase_add_test(tcase, marks_of_the_gil_sum_up);
    tcase_add_test(tcase, handovers_are_met_one_by_one);
    tcase_add_test(tcase, three_keys_tell_the_story_of_a_handover);
    tcase_add_test(tcase, each_row_can_be_reached_and_is_seen);
    tcase_add_test(tcase, the_cursor_stays_with_its_lane);
    tcase_add_test(tcase, a_step_on_a_lane_is_its_next_change);
    tcase_add_test(tcase, a_step_on_a_task_is_its_next_change);
    tcase_add_test(tcase, a_key_leads_from_who_waits_to_whom);
    tcase_add_test(tcase, the_holder_of_a_lock_is_named);
    tcase_add_test(tcase, rows_are_as_high_as_there_is_room);
    tcase_add_test(tcase, clicks_hit_what_is_drawn);
    tcase_add_test(tcase, a_click_on_an_event_leads_to_it);
    tcase_add_test(tcase, the_list_of_events_is_whole_with_thousands_of_lanes);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
