/*
 * Whole pictures held against tests/golden/: of toys, and of a race that was run (tests/traces/), of
 * which each view is there at three sizes and with both sets of glyphs. How a terminal shows their
 * styles in each palette is held by palette-test. LOCKSTEP_GOLDEN=write writes them anew; look at the
 * difference then.
 */
#include "scene.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- toys ---- */

static const struct {
    const char *toy, *view;
    int cols, rows;
    uint64_t moment_ms;
    bool ascii;
    int compared; /* rows that are held; 0: all. Below them are the verdict's words, which are not the
                     view's */
} goldens[] = {
    { "live", "race", 80, 24, 600, false, 0 },   { "scraper", "race", 120, 40, 800, false, 0 },
    { "seven", "race", 200, 50, 800, false, 0 }, { "matrix", "race", 80, 24, 1500, false, 0 },
    { "crash", "race", 80, 24, 900, true, 0 },   { "many", "race", 120, 40, 500, false, 0 },
    { "live", "race", 60, 16, 600, true, 0 },    { "scraper", "score", 80, 24, 0, false, 0 },
    { "matrix", "score", 120, 40, 0, false, 0 }, { "seven", "score", 200, 50, 0, false, 0 },
    { "crash", "score", 120, 40, 0, true, 0 },   { "scraper", "picker", 160, 45, 0, false, 0 },
};

START_TEST(toys_are_as_they_were)
{
    char name[256];
    struct scene scene;
    scene_open(&scene, goldens[_i].toy);
    scene.look.moment = goldens[_i].moment_ms * MS;
    if (goldens[_i].ascii)
        scene.look.glyphs = &glyphs_ascii;
    scene_draw(&scene, goldens[_i].view, goldens[_i].cols, goldens[_i].rows);
    snprintf(name, sizeof name, "%s-%s-%dx%d", goldens[_i].view, goldens[_i].toy, goldens[_i].cols,
             goldens[_i].rows);
    if (goldens[_i].compared > 0)
        scene.canvas.rows = goldens[_i].compared;
    assert_golden(&scene, name);
    scene_close(&scene);
}
END_TEST

START_TEST(a_knob_in_hand_is_as_it_was)
{
    char name[256];
    struct scene scene;
    scene_open(&scene, "scraper");
    scene.look.moment = 600 * MS;
    scene.look.column = 1;
    scene.look.hands = scene.look.knobs;
    scene.look.hand_count = scene.look.knob_count;
    scene.look.hand = 1;
    scene.look.hand_shown = true;
    scene_draw(&scene, "race", sizes_drawn[_i].cols, sizes_drawn[_i].rows);
    snprintf(name, sizeof name, "knob-%dx%d", sizes_drawn[_i].cols, sizes_drawn[_i].rows);
    assert_golden(&scene, name);
    scene_close(&scene);
}
END_TEST

static const struct {
    const char *name, *toy;
    int cols, rows, column;
    uint64_t moment_ms;
    bool ascii, handover; /* handover: back to a forced one and onto it */
    enum lane_sort sort;
    const char *filter;
    struct detail_thing thing;
} details[] = {
    { "scraper", "scraper", 80, 24, .moment_ms = 800 },
    { "live", "live", 120, 40, .moment_ms = 600 },
    { "matrix", "matrix", 200, 50, .moment_ms = 300 },
    { "seven", "seven", 60, 16, .moment_ms = 800, .ascii = true },
    { "handover", "matrix", 80, 24, 1, .moment_ms = 1500, .handover = true },
    { "handover", "matrix", 120, 40, 1, .moment_ms = 1500, .handover = true },
    { "handover", "matrix", 200, 50, 1, .moment_ms = 1500, .handover = true },
    { "waiter", "matrix", 80, 24, 1, .moment_ms = 700, .thing = { DETAIL_LANE, 2 } },
    { "loop", "scraper", 80, 24, 2, .moment_ms = 150, .thing = { DETAIL_TASK, 3 } },
    { "loop", "scraper", 120, 40, 2, .moment_ms = 150, .sort = LANE_SORT_WAIT },
    { "many", "many", 80, 24, .moment_ms = 400, .sort = LANE_SORT_STATE },
    { "many", "many", 120, 40, .moment_ms = 400, .sort = LANE_SORT_WAIT,
      .thing = { DETAIL_LANE, 99 } },
    { "filter", "many", 80, 24, .moment_ms = 400, .filter = "gil" },
    { "crash", "crash", 80, 24, .moment_ms = 410, .ascii = true, .thing = { DETAIL_LANE, 1 } },
};

START_TEST(details_are_as_they_were)
{
    char name[256];
    struct scene scene;
    scene_open(&scene, details[_i].toy);
    struct look *look = &scene.look;
    look->moment = details[_i].moment_ms * MS;
    look->column = details[_i].column;
    look->sort = details[_i].sort;
    look->filter = details[_i].filter;
    look->thing = details[_i].thing;
    if (details[_i].ascii)
        look->glyphs = &glyphs_ascii;
    if (details[_i].handover) {
        look->moment = detail_handover(scene.timeline, look, -1, true);
        ck_assert(detail_focus(scene.timeline, look, &look->moment, &look->zoom_ns));
    }
    scene_draw(&scene, "detail", details[_i].cols, details[_i].rows);
    snprintf(name, sizeof name, "detail-%s-%dx%d", details[_i].name, details[_i].cols,
             details[_i].rows);
    assert_golden(&scene, name);
    scene_close(&scene);
}
END_TEST

/* ---- a race that was run ---- */

START_TEST(a_race_that_was_run_is_as_it_was)
{
    char name[256];
    struct scene scene;
    int which = _i % (int)recorded_count, size = _i / (int)recorded_count;
    scene_open_recorded(&scene, "scraper");
    recorded_look(&scene, which);
    for (int ascii = 0; ascii < 2; ascii++) {
        scene.look.glyphs = ascii ? &glyphs_ascii : &glyphs_unicode;
        scene_draw(&scene, recorded[which].view, sizes_drawn[size].cols, sizes_drawn[size].rows);
        snprintf(name, sizeof name, "recorded-%s-%dx%d%s", recorded[which].name,
                 sizes_drawn[size].cols, sizes_drawn[size].rows, ascii ? "-ascii" : "");
        if (ascii)
            assert_golden_text(&scene, name);
        else
            assert_golden(&scene, name);
    }
    scene_close(&scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("picture");
    TCase *tcase = tcase_create("picture");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, toys_are_as_they_were, 0, sizeof goldens / sizeof *goldens);
    tcase_add_loop_test(tcase, a_knob_in_hand_is_as_it_was, 0, SIZES_DRAWN);
    tcase_add_loop_test(tcase, details_are_as_they_were, 0, sizeof details / sizeof *details);
    tcase_add_loop_test(tcase, a_race_that_was_run_is_as_it_was, 0,
                        (int)(recorded_count * SIZES_DRAWN));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
