/*
 * view/: the layout at every size, and the words at every state of a run.
 */
#include "scene.h"

#include "base/format.h"
#include "draw/layout.h"
#include "timeline/figures.h"
#include "view/column.h"
#include "view/view.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- layout ---- */

/* Check notes each assertion down, which costs more than what is asked here hundreds of thousands of
 * times: only one that fails is told. */
#define HOLDS(condition, cols, rows)                        \
    do {                                                    \
        if (!(condition))                                   \
            ck_abort_msg("%dx%d: " #condition, cols, rows); \
    } while (0)

START_TEST(layout_fits_every_size)
{
    static const char *const models[] = { "serial", "threads", "free",         "processes",
                                          "loop",   "hybrid",  "interpreters", NULL };
    for (uint32_t count = 1; count <= 7; count++) {
        struct scene scene;
        scene_open(&scene, "scraper");
        timeline_free(scene.timeline);
        scene.timeline = timeline_new();
        toy_models(&scene.toy, models);
        scene.toy.run_count = count;
        for (uint32_t i = 0; i < count; i++)
            scene.toy.runs[i].status = RUN_WAITING;
        toy_feed(&scene.toy, scene.timeline);
        for (int cols = 60; cols <= 400; cols++) {
            for (int rows = 16; rows <= 120; rows += 1 + (cols % 3)) {
                struct race_layout l;
                struct rect all = { 0, 0, cols, rows };
                scene.look.column = (int)count - 1;
                race_layout(scene.timeline, &scene.look, cols, rows, &l);
                struct rect parts[LOOK_MODELS_MAX + 4] = { l.top, l.scrubber, l.legend, l.bottom };
                HOLDS(l.pane.h == 0 || l.pane.y + l.pane.h == l.legend.y, cols, rows);
                memcpy(&parts[4], l.column, (size_t)l.columns * sizeof *parts);
                HOLDS(l.columns >= 1 && l.columns + l.unseen == (int)count, cols, rows);
                for (int i = 0; i < l.columns + 4; i++) {
                    HOLDS(rect_inside(parts[i], all) && parts[i].w > 0 && parts[i].h > 0, cols,
                          rows);
                    for (int k = 0; k < i; k++)
                        HOLDS(!rect_overlap(parts[i], parts[k]), cols, rows);
                }
                for (int i = 0; i < l.columns; i++) {
                    HOLDS(l.column[i].w >= 24 && l.column[i].w == l.column[0].w, cols, rows);
                }
                HOLDS(l.run[l.columns - 1] == (int)count - 1, cols, rows); /* the selected one */
            }
        }
        scene_close(&scene);
    }
}
END_TEST

START_TEST(rows_follow_each_other)
{
    for (int height = 12; height <= 120; height++) {
        for (int cores = 0; cores <= 70; cores += 1 + cores / 8) {
            for (int lanes = 0; lanes <= 3000; lanes = lanes * 2 + 1) {
                struct column_rows r;
                struct column_demand demand = { .cores = cores, .lanes = lanes };
                column_rows(demand, height, &r);
                const int y[] = { r.progress, r.core,    r.gil,       r.queue, r.switches,
                                  r.memory,   r.latency, r.histogram, r.lanes, height };
                const int h[] = { 1, r.core_rows * r.core_h, 1,        r.queue_h, 1, 1,
                                  1, r.histogram_h,          r.lanes_h };
                HOLDS(y[0] >= 1, lanes, height);
                for (int i = 0; i < 9; i++)
                    HOLDS(y[i] + h[i] <= y[i + 1], lanes, height);
                HOLDS(r.lanes_h >= 3, lanes, height);
                HOLDS(r.core_rows >= 1 && r.core_h >= 1 && r.queue_h >= 1, lanes, height);
                HOLDS(r.core_rows == cores || r.core_rows == 1, lanes, height);
                /* Charts grow only where the lanes have their rows. */
                int wanted = lanes <= 4 ? lanes * 2 : lanes < 11 ? lanes : 11;
                HOLDS(r.histogram_h == 0 || r.lanes_h >= (wanted < 3 ? 3 : wanted), lanes, height);
            }
        }
    }
    for (int width = 24; width <= 400; width++) {
        struct column_widths w = column_widths(width);
        ck_assert_int_eq(w.label + w.strip + w.value, width);
        ck_assert_int_ge(w.strip, 11);
    }
}
END_TEST

/* Columns draw beside each other: the lines between them stay whole. */
START_TEST(columns_keep_to_themselves)
{
    static const char *const toys[] = { "live", "seven", "crash", "matrix" };
    for (size_t t = 0; t < sizeof toys / sizeof *toys; t++) {
        struct scene scene;
        scene_open(&scene, toys[t]);
        scene.look.moment = 700 * MS;
        for (int cols = 60; cols <= 260; cols += 7) {
            for (int rows = 16; rows <= 70; rows += 9) {
                struct race_layout l;
                scene_draw(&scene, "race", cols, rows);
                race_layout(scene.timeline, &scene.look, cols, rows, &l);
                for (int i = 0; i + 1 < l.columns; i++) {
                    for (int y = l.column[i].y; y < l.column[i].y + l.column[i].h; y++)
                        ck_assert_uint_eq(
                            canvas_at(&scene.canvas, l.column[i].x + l.column[i].w, y)->code,
                            glyphs_unicode.line_v);
                }
            }
        }
        scene_close(&scene);
    }
}
END_TEST

START_TEST(every_view_draws_at_any_size)
{
    struct scene scene;
    scene_open(&scene, "seven");
    scene.look.moment = 300 * MS;
    for (size_t i = 0; views[i] != NULL; i++) {
        ck_assert_ptr_eq(view_find(views[i]->name), views[i]);
        for (int cols = 0; cols <= 130; cols += 13) {
            for (int rows = 0; rows <= 60; rows += 4)
                scene_draw(&scene, views[i]->name, cols, rows);
        }
        scene.canvas.cols = scene.canvas.rows = 0;
        canvas_reset(&scene.canvas, 80, 24);
        view_draw(views[i], NULL, &scene.look, &scene.canvas); /* before anything is known */
    }
    ck_assert_ptr_null(view_find("none"));
    scene_draw(&scene, "race", 59, 24);
    assert_says(&scene, "needs 60x16");
    assert_says(&scene, "has 59x24");
    scene_close(&scene);
}
END_TEST

START_TEST(views_are_pure)
{
    struct scene a, b;
    scene_open(&a, "live");
    scene_open(&b, "live");
    a.look.moment = b.look.moment = 421 * MS;
    for (size_t i = 0; views[i] != NULL; i++) {
        scene_draw(&a, views[i]->name, 120, 40);
        scene_draw(&b, "race", 90, 30); /* another picture between does not matter */
        scene_draw(&b, views[i]->name, 120, 40);
        ck_assert(canvas_equal(&a.canvas, &b.canvas));
    }
    scene_close(&a);
    scene_close(&b);
}
END_TEST

/* ---- words ---- */

START_TEST(heads_tell_where_a_run_stands)
{
    struct scene scene;
    scene_open(&scene, "live");
    scene.look.moment = 600 * MS;
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "ghost");
    assert_says(&scene, "live");
    assert_says(&scene, "next");
    assert_says(&scene, "LIVE");
    assert_says(&scene, "turns");
    assert_says(&scene, "0:00.600");
    scene.look.paused = true;
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "PAUSED");
    scene_close(&scene);

    /* All have ended, and their last events are not here yet: that is no replay. */
    scene_open(&scene, "scraper");
    scene.look.live = true;
    scene.look.moment = timeline_length(scene.timeline) - MS;
    for (int view = 0; view < 2; view++) {
        scene_draw(&scene, view == 0 ? "race" : "detail", 80, 24);
        assert_says(&scene, "ENDED");
        assert_says_not(&scene, "REPLAY");
        assert_says_not(&scene, "LIVE");
    }
    scene_close(&scene);

    scene_open(&scene, "crash");
    scene.look.moment = 900 * MS;
    scene_draw(&scene, "race", 120, 40);
    assert_says(&scene, "failed 420ms");
    assert_says(&scene, "died of SIGSEGV");
    assert_says(&scene, "limited");
    assert_says(&scene, "crashed");
    assert_says(&scene, "done 290ms  1st");
    scene.look.moment = 200 * MS;
    scene_draw(&scene, "race", 120, 40);
    assert_says(&scene, "running");
    scene_close(&scene);
}
END_TEST

/* Whoever wants to come by himself reads where while it can be done; later that is past. */
START_TEST(a_service_tells_where_it_listens)
{
    struct scene scene;
    struct meta meta;
    struct buffer text = { 0 };
    scene_open(&scene, "live"); /* threads are done, processes run */
    meta_copy(&meta, timeline_meta(scene.timeline));
    strcpy(meta.runs[0].address, "127.0.0.1:1000");
    strcpy(meta.runs[1].address, "127.0.0.1:2000");
    timeline_tell(scene.timeline, &meta, 0);
    scene.look.moment = 600 * MS;
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "PROCESSES       live :2000");
    assert_says_not(&scene, ":1000");
    scene_draw(&scene, "race", 200, 50);
    assert_says(&scene, "live 127.0.0.1:2000");
    scene.look.column = 1;
    scene_draw(&scene, "detail", 80, 24);
    assert_says(&scene, "live at 127.0.0.1:2000");
    for (int run = 0; run < 2; run++) {
        scene.look.column = run;
        scene.look.cursor = (struct race_cursor){ .on = true, .place = PLACE_PROGRESS };
        cursor_explain(scene.timeline, &scene.look, &text);
    }
    ck_assert_ptr_nonnull(strstr(buffer_string(&text), "listened at 127.0.0.1:1000"));
    ck_assert_ptr_nonnull(strstr(buffer_string(&text), "listens at 127.0.0.1:2000"));
    scene.look.cursor.on = false;
    scene.look.closed = true; /* a recording: what went on then cannot be joined */
    scene_draw(&scene, "race", 80, 24);
    assert_says_not(&scene, ":2000");
    buffer_clear(&text);
    cursor_explain(scene.timeline, &scene.look, &text);
    ck_assert_ptr_nonnull(strstr(buffer_string(&text), "nobody is there now"));
    buffer_fini(&text);
    meta_fini(&meta);
    scene_close(&scene);
}
END_TEST

START_TEST(a_place_is_told_only_when_it_is_sure)
{
    struct scene scene;
    scene_open(&scene, "live"); /* threads are done, processes run, the loop has not begun */
    scene.look.moment = 2000 * MS;
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "done 1.08s");
    char *text = canvas_whole_text(&scene.canvas);
    ck_assert_ptr_null(strstr(text, "1st"));
    free(text);
    scene_close(&scene);
}
END_TEST

/* Nobody has lost before the end. */
START_TEST(a_score_without_a_winner_says_why)
{
    struct scene scene;
    struct meta meta;
    scene_open(&scene, "live");
    timeline_free(scene.timeline);
    scene.timeline = timeline_new();
    scene.toy.runs[0].status = RUN_LIVE;
    scene.toy.runs[0].until_us = 300000;
    scene.toy.run_count = 1;
    toy_feed(&scene.toy, scene.timeline);
    scene_draw(&scene, "score", 80, 24);
    assert_says(&scene, "No model has ended yet.");
    meta_copy(&meta, timeline_meta(scene.timeline));
    meta.runs[0].status = RUN_FAILED;
    timeline_tell(scene.timeline, &meta, 0);
    scene_draw(&scene, "score", 80, 24);
    assert_says(&scene, "No model ended well.");
    meta_fini(&meta);
    scene_close(&scene);
}
END_TEST

START_TEST(what_is_not_shown_is_named)
{
    struct scene scene;
    scene_open(&scene, "seven");
    scene.look.moment = 700 * MS;
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "3 of 7 models");
    scene.look.column = 4;
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "EVENT LOOP");
    assert_says(&scene, "+197 more; all 200 tasks:");
    memset(scene.look.hidden, 1, sizeof scene.look.hidden);
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "All models are hidden");
    scene_draw(&scene, "score", 80, 24);
    assert_says(&scene, "0 of 7 models");
    scene_close(&scene);
    scene_open(&scene, "seven");
    scene_draw(&scene, "score", 100, 24);
    assert_says(&scene, "rows 1 to");
    scene_draw(&scene, "race", 200, 50);
    assert_says(&scene, "nothing to compute here"); /* why hybrid has no column */
    scene_close(&scene);
}
END_TEST

START_TEST(a_long_title_gives_way_to_its_status)
{
    struct scene scene;
    struct meta meta;
    scene_open(&scene, "scraper");
    meta_copy(&meta, timeline_meta(scene.timeline));
    strcpy(meta.runs[0].title, "slow: THREADS + GIL");
    strcpy(meta.runs[2].title, "slow: EVENT LOOP");
    timeline_tell(scene.timeline, &meta, 0);
    scene.look.moment = 400 * MS;
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "slow: THREADS      running");
    struct run_brief brief;
    char took[FORMAT_SIZE], said[FORMAT_SIZE + 8];
    timeline_run(scene.timeline, 2, &brief);
    snprintf(said, sizeof said, " 1st %s", format_duration(took, sizeof took, brief.length_ns));
    assert_says(&scene, said);
    meta_fini(&meta);
    scene_close(&scene);
}
END_TEST

START_TEST(lanes_scroll_and_stay_within)
{
    struct scene scene;
    scene_open(&scene, "many");
    scene.look.moment = 400 * MS;
    scene.look.lane_top = 100;
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "w100");
    assert_says(&scene, "more; all 300 lanes:");
    scene.look.lane_top = 100000;
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "w299");
    assert_says(&scene, "t1999");
    scene.look.lane_top = -5;
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "w0");
    scene_close(&scene);
}
END_TEST

START_TEST(unknown_is_told_as_unknown)
{
    struct scene scene;
    scene_open(&scene, "live");
    scene.look.moment = 1 * MS;
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "memory n/a");
    assert_says(&scene, "p50 n/a  p99 n/a");
    scene_close(&scene);
}
END_TEST

/* Where its name and that do not both have room, that its holder has no core is what matters. */
START_TEST(a_holder_without_a_core_is_told_in_whole_words)
{
    struct scene scene;
    int told = 0;
    scene_open(&scene, "seven");
    for (scene.look.moment = 0; scene.look.moment < 1500 * MS; scene.look.moment += 3 * MS) {
        scene.look.column = (int)(scene.look.moment / MS % 7);
        scene_draw(&scene, "race", 80, 24);
        char *text = canvas_whole_text(&scene.canvas);
        told += strstr(text, "no core") != NULL;
        ck_assert_ptr_null(strstr(text, "loop of\n"));
        ck_assert_ptr_null(strstr(text, "loop of\xe2"));
        free(text);
    }
    ck_assert_int_gt(told, 0);
    scene_close(&scene);
}
END_TEST

START_TEST(a_gil_that_is_off_is_told_in_the_head)
{
    struct scene scene;
    scene_open(&scene, "live");
    struct event event = { .time = 300 * MS,
                           .kind = EVENT_PARAM_APPLIED,
                           .run = 0,
                           .lane = LANE_NONE,
                           .object = 2, /* `gil` in the toy's parameters */
                           .b = 0 };
    timeline_feed(scene.timeline, &event, 1);
    scene.look.moment = 200 * MS;
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "THREADS + GIL");
    scene.look.moment = 600 * MS;
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "THREADS, GIL OFF");
    assert_says(&scene, "GIL    off");
    scene_close(&scene);
}
END_TEST

START_TEST(a_message_takes_the_place_of_the_keys)
{
    struct scene scene;
    scene_open(&scene, "live");
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "q quit");
    scene.look.message = "the GIL is off from now on";
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "the GIL is off from now on");
    scene_close(&scene);
}
END_TEST

/* A pool's strips hold each state for its share of the cells, and none that the lane was not in. */
START_TEST(strips_hold_their_shares)
{
    struct scene scene;
    scene_open(&scene, "matrix");
    scene.look.moment = 1000 * MS;
    scene.look.window_ns = 1000 * MS + 1;
    scene.look.hidden[0] = scene.look.hidden[2] = scene.look.hidden[3] = true;
    scene_draw(&scene, "race", 200, 24);
    struct column_widths widths = column_widths(200);
    for (int lane = 0; lane < 2; lane++) {
        int y = 0, run = 0, gil = 0, other = 0;
        char name[8];
        snprintf(name, sizeof name, "w%d", lane);
        for (y = 0; y < 24; y++) {
            if (canvas_at(&scene.canvas, 0, y)->code == 'w' &&
                canvas_at(&scene.canvas, 1, y)->code == (uint32_t)name[1])
                break;
        }
        ck_assert_int_lt(y, 24);
        for (int x = widths.label; x < widths.label + widths.strip; x++) {
            uint32_t code = canvas_at(&scene.canvas, x, y)->code;
            run += code == glyphs_unicode.state[STATE_RUN];
            gil += code == glyphs_unicode.state[STATE_GIL];
            other += code != ' ' && code != glyphs_unicode.state[STATE_RUN] &&
                     code != glyphs_unicode.state[STATE_GIL];
        }
        uint64_t ns[STATE_COUNT];
        timeline_lane_shares(scene.timeline, 1, (size_t)lane + 1, 0, 1000 * MS, ns);
        double share = (double)ns[STATE_RUN] / 1e9, drawn = (double)run / (run + gil + other);
        ck_assert_msg(share - drawn < 0.05 && drawn - share < 0.05, "w%d: runs %.2f, drawn %.2f",
                      lane, share, drawn);
        double rest = 1 - share - (double)ns[STATE_GIL] / 1e9;
        ck_assert_msg(other <= rest * (run + gil + other) + 3, "w%d: %d cells of other states",
                      lane, other);
    }
    scene_close(&scene);
}
END_TEST

/* The view has two rows less, its bottom line is still the last one, and the caption is between. */
START_TEST(a_caption_has_a_place_of_its_own)
{
    struct scene scene, bare;
    scene_open(&scene, "scraper");
    scene_open(&bare, "scraper");
    scene.look.caption = "Who is first? Two hundred pages come from a server that answers after "
                         "50 ms, and ten may be on their way";
    scene.look.pressed = "space";
    for (size_t v = 0; views[v] != NULL; v++) {
        if (views[v] == &view_small)
            continue;
        scene_draw(&scene, views[v]->name, 100, 30);
        scene_draw(&bare, views[v]->name, 100, view_rows(&scene.look, 30));
        ck_assert_int_eq(scene.canvas.rows, 30);
        ck_assert_int_eq(bare.canvas.rows, 28);
        size_t row = 100 * sizeof(struct cell);
        ck_assert_mem_eq(scene.canvas.cells, bare.canvas.cells, 27 * row);
        ck_assert_mem_eq(canvas_at(&scene.canvas, 0, 29), canvas_at(&bare.canvas, 0, 27), row);
        assert_says(&scene, "Who is first? Two hundred pages come");
        assert_says(&scene, "on their way");
        assert_says(&scene, " space");
    }
    scene.look.caption = ""; /* its place stays, empty */
    scene.look.pressed = NULL;
    scene_draw(&scene, "race", 100, 30);
    scene_draw(&bare, "race", 100, 28);
    for (int y = 27; y < 29; y++)
        for (int x = 0; x < 100; x++)
            ck_assert_uint_eq(canvas_at(&scene.canvas, x, y)->code, ' ');
    scene_draw(&scene, "race", VIEW_MIN_COLS, VIEW_MIN_ROWS); /* no room: the view has all of it */
    scene_draw(&bare, "race", VIEW_MIN_COLS, VIEW_MIN_ROWS);
    ck_assert(canvas_equal(&scene.canvas, &bare.canvas));
    scene_close(&scene);
    scene_close(&bare);
}
END_TEST

START_TEST(a_change_is_told_before_and_after)
{
    struct scene scene;
    scene_open(&scene, "scraper");
    const struct event events[] = {
        { .time = 500 * MS, .kind = EVENT_PARAM_SET, .lane = LANE_NONE, .object = 4, .b = 20 },
    };
    timeline_feed(scene.timeline, events, 1);
    scene.look.moment = 400 * MS;
    scene_draw(&scene, "race", 120, 40);
    char *text = canvas_whole_text(&scene.canvas);
    ck_assert_ptr_null(strstr(text, "->"));
    free(text);
    scene.look.moment = 700 * MS;
    scene_draw(&scene, "race", 120, 40);
    assert_says(&scene, "latency 1 -> 20:");
    assert_says(&scene, "queue ");
    assert_says(&scene, "p99 ");
    struct race_layout l;
    race_layout(scene.timeline, &scene.look, 120, 40, &l);
    ck_assert_int_eq(l.pane.h, 1);
    struct race_spot spot = race_hit(scene.timeline, &scene.look, 120, 40, 5, l.pane.y);
    ck_assert(spot.place == PLACE_EFFECT && spot.run == 0);
    scene_close(&scene);
}
END_TEST

/* ---- for the last row ---- */

START_TEST(a_presenter_shows_few_and_says_it_in_words)
{
    struct scene scene;
    scene_open(&scene, "matrix");
    scene.look.moment = 900 * MS;
    scene.look.presenter = true;
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "2 of 4 models");
    scene.look.column = 1;
    scene_draw(&scene, "race", 120, 40);
    assert_says(&scene, "1 of 2 workers");
    assert_says(&scene, "1 waits for");
    char *text = canvas_whole_text(&scene.canvas);
    ck_assert_ptr_null(strstr(text, "p99"));
    free(text);
    for (int height = 12; height <= 120; height++) {
        for (int cores = 0; cores <= 9; cores++) {
            struct column_rows r;
            column_rows((struct column_demand){ .cores = cores, .lanes = 7, .presenter = true },
                        height, &r);
            const int y[] = { r.caption, r.progress, r.core, r.gil, r.queue, r.lanes, height };
            const int h[] = { r.caption_h, r.progress_h, r.core_rows * r.core_h,
                              r.gil_h,     r.queue_h,    r.lanes_h };
            for (int i = 0; i < 6; i++)
                ck_assert_int_le(y[i] + h[i], y[i + 1]);
            ck_assert_int_ge(r.lanes_h, height >= 14 ? 4 : 2);
        }
    }
    scene_close(&scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("view");
    TCase *tcase = tcase_create("view");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, layout_fits_every_size);
    tcase_add_test(tcase, rows_follow_each_other);
    tcase_add_test(tcase, columns_keep_to_themselves);
    tcase_add_test(tcase, every_view_draws_at_any_size);
    tcase_add_test(tcase, views_are_pure);
    tcase_add_test(tcase, heads_tell_where_a_run_stands);
    tcase_add_test(tcase, a_service_tells_where_it_listens);
    tcase_add_test(tcase, a_place_is_told_only_when_it_is_sure);
    tcase_add_test(tcase, a_score_without_a_winner_says_why);
    tcase_add_test(tcase, what_is_not_shown_is_named);
    tcase_add_test(tcase, a_long_title_gives_way_to_its_status);
    tcase_add_test(tcase, lanes_scroll_and_stay_within);
    tcase_add_test(tcase, unknown_is_told_as_unknown);
    tcase_add_test(tcase, a_holder_without_a_core_is_told_in_whole_words);
    tcase_add_test(tcase, a_gil_that_is_off_is_told_in_the_head);
    tcase_add_test(tcase, a_message_takes_the_place_of_the_keys);
    tcase_add_test(tcase, a_caption_has_a_place_of_its_own);
    tcase_add_test(tcase, strips_hold_their_shares);
    tcase_add_test(tcase, a_change_is_told_before_and_after);
    tcase_add_test(tcase, a_presenter_shows_few_and_says_it_in_words);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
