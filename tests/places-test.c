/*
 * What is where: every cell is what it is said to be, for the mouse; every row can be reached by a
 * cursor, and is seen there.
 */
#include "scene.h"

#include "timeline/figures.h"
#include "view/column.h"
#include "view/view.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The word that a row of a column begins with. */
static void label_at(const struct scene *scene, int x, int y, char label[16])
{
    int used = 0;
    for (; used < 7; used++) {
        const struct cell *cell = canvas_at(&scene->canvas, x + used, y);
        if (cell == NULL || cell->code <= ' ' || cell->code > 0x7e)
            break;
        label[used] = (char)cell->code;
    }
    label[used] = '\0';
}

static void wanted_label(const struct scene *scene, const struct race_spot *spot, char label[16])
{
    static const char *const words[PLACE_COUNT] = { [PLACE_GIL] = "GIL",
                                                    [PLACE_QUEUE] = "queue",
                                                    [PLACE_SWITCHES] = "switch/",
                                                    [PLACE_MEMORY] = "memory" };
    struct lane_brief lane;
    label[0] = '\0';
    if (spot->place == PLACE_CORE)
        snprintf(label, 16, "core%u", spot->index);
    else if (spot->place == PLACE_TASK)
        snprintf(label, 16, "t%u", spot->index);
    else if (spot->place == PLACE_LANE &&
             timeline_lane(scene->timeline, (size_t)spot->run, spot->index, &lane))
        snprintf(label, 16, "%s", lane.name);
    else if (words[spot->place] != NULL)
        snprintf(label, 16, "%s", words[spot->place]);
}

/* Every cell of a picture: what is said to be there is what its row begins with. Rows without a label
 * of their own are the second rows of high ones. */
static void ask_every_cell(struct scene *scene, int cols, int rows, int seen[PLACE_COUNT])
{
    struct race_layout l;
    scene_draw(scene, "race", cols, rows);
    race_layout(scene->timeline, &scene->look, cols, rows, &l);
    for (int y = 0; y < rows; y++) {
        for (int x = 0; x < cols; x++) {
            char label[16], wanted[16];
            struct race_spot spot = race_hit(scene->timeline, &scene->look, cols, rows, x, y);
            seen[spot.place]++;
            int column = -1;
            for (int i = 0; i < l.columns; i++) {
                bool across = x >= l.column[i].x && x < l.column[i].x + l.column[i].w;
                if (across && y >= l.column[i].y && y < l.column[i].y + l.column[i].h)
                    column = i;
            }
            if (column < 0 || spot.place == PLACE_KNOB)
                continue;
            if (spot.run != l.run[column])
                ck_abort_msg("%d,%d is of run %d", x, y, spot.run);
            label_at(scene, l.column[column].x, y, label);
            wanted_label(scene, &spot, wanted);
            if (label[0] != '\0' && wanted[0] != '\0' && strcmp(label, "cores") != 0 &&
                strcmp(label, wanted) != 0)
                ck_abort_msg("%d,%d of %dx%d: '%s' instead of '%s'", x, y, cols, rows, label,
                             wanted);
        }
    }
}

START_TEST(every_cell_is_what_it_is_said_to_be)
{
    static const char *const toys[] = { "live", "seven", "crash", "many" };
    int seen[PLACE_COUNT] = { 0 };
    for (size_t t = 0; t < sizeof toys / sizeof *toys; t++) {
        struct scene scene;
        scene_open(&scene, toys[t]);
        scene.look.moment = 600 * MS;
        for (int round = 0; round < 4; round++) {
            scene.look.presenter = round == 3;
            scene.look.cursor = (struct race_cursor){ .on = round == 1, .place = PLACE_GIL };
            scene.look.hands = scene.look.knobs;
            scene.look.hand_count = round == 2 ? scene.look.knob_count : 0;
            scene.look.hand_shown = true;
            scene.look.lane_top = round;
            scene.look.sort = round == 2 ? LANE_SORT_WAIT : LANE_SORT_NAME;
            ask_every_cell(&scene, 60, 16, seen);
            ask_every_cell(&scene, 83, 27, seen);
            ask_every_cell(&scene, 200, 50, seen);
        }
        scene_close(&scene);
    }
    for (int place = PLACE_TOP; place < PLACE_COUNT; place++)
        ck_assert_msg(seen[place] > 0 || place == PLACE_EFFECT, "nothing was place %d", place);
}
END_TEST

START_TEST(the_scrubber_is_a_line_of_time)
{
    struct scene scene;
    struct race_layout l;
    scene_open(&scene, "scraper");
    race_layout(scene.timeline, &scene.look, 120, 40, &l);
    uint64_t before = 0;
    for (int x = 0; x < 120; x++) {
        struct race_spot spot = race_hit(scene.timeline, &scene.look, 120, 40, x, l.scrubber.y);
        ck_assert(spot.place == PLACE_SCRUBBER && spot.has_time && spot.t >= before);
        before = spot.t;
        /* A click there puts the handle there, where the line is. */
        scene.look.moment = spot.t;
        scene_draw(&scene, "race", 120, 40);
        if (spot.t > 0 && spot.t < timeline_length(scene.timeline)) {
            uint32_t code = canvas_at(&scene.canvas, x, l.scrubber.y)->code;
            uint32_t left = canvas_at(&scene.canvas, x - 1, l.scrubber.y)->code;
            ck_assert(code == glyphs_unicode.handle || left == glyphs_unicode.handle);
        }
    }
    ck_assert_uint_eq(before, timeline_length(scene.timeline));
    scene_close(&scene);
}
END_TEST

/* Down from the top to the last lane or task: each row once, each seen, each in words. */
START_TEST(the_cursor_goes_through_all_rows)
{
    static const char *const toys[] = { "live", "seven", "many" };
    for (size_t t = 0; t < sizeof toys / sizeof *toys; t++) {
        struct scene scene;
        scene_open(&scene, toys[t]);
        scene.look.moment = 500 * MS;
        for (int column = 0; column < (int)timeline_runs(scene.timeline); column++) {
            struct race_cursor *cursor = &scene.look.cursor, before;
            int rows = 0;
            scene.look.column = column;
            *cursor = (struct race_cursor){ .on = true, .place = PLACE_PROGRESS };
            struct run_brief brief;
            timeline_run(scene.timeline, (size_t)column, &brief);
            do {
                before = *cursor;
                *cursor = race_cursor_move(scene.timeline, &scene.look, rows++ < 30 ? 1 : 97);
                scene.look.lane_top = race_cursor_top(scene.timeline, &scene.look, 80, 24);
                struct buffer text;
                buffer_init(&text);
                cursor_explain(scene.timeline, &scene.look, &text);
                ck_assert_uint_gt(text.size, 20);
                buffer_fini(&text);
                scene_draw(&scene, "race", 80, 24);
                int marked = 0;
                for (int i = 1; i < 20 * 80; i++) {
                    const struct cell *cell = &scene.canvas.cells[80 + i];
                    marked += i >= 80 && cell->bg == ROLE_CURSOR;
                }
                ck_assert(marked > 0 || !brief.gone || brief.status == RUN_UNSUPPORTED);
            } while (before.place != cursor->place || before.index != cursor->index);
            ck_assert(!brief.gone || brief.status == RUN_UNSUPPORTED ||
                      cursor->place == (brief.has_task_rows ? PLACE_TASK : PLACE_LANE));
            *cursor = race_cursor_move(scene.timeline, &scene.look, -100000);
            ck_assert_int_eq(cursor->place, PLACE_PROGRESS);
        }
        scene_close(&scene);
    }
}
END_TEST

START_TEST(lists_and_answers_are_where_they_are_drawn)
{
    struct scene scene;
    scene_open(&scene, "live");
    for (int cols = 60; cols <= 200; cols += 35) {
        for (int rows = 16; rows <= 50; rows += 17) {
            int answers = 0, found[3] = { 0 };
            scene_draw(&scene, "picker", cols, rows);
            for (int y = 0; y < rows; y++) {
                for (int x = 0; x < cols; x++) {
                    struct picker_spot spot = picker_hit(&scene.look, cols, rows, x, y);
                    char label[16];
                    if (spot.pane < 0 || spot.row == SIZE_MAX)
                        continue;
                    const char *names[] = { scene.look.scenarios[spot.row % 3].name,
                                            scene.look.knobs[spot.row % 6].name,
                                            scene.look.models[spot.row % 7].name };
                    found[spot.pane]++;
                    label_at(&scene, x, y, label);
                    if (x > 0 && canvas_at(&scene.canvas, x - 1, y)->code == ' ' &&
                        strncmp(label, names[spot.pane], 7) == 0)
                        found[spot.pane] += 1000; /* the name begins here */
                }
            }
            for (int i = 0; i < 3; i++)
                ck_assert_int_gt(found[i], 2000);
            scene_draw(&scene, "question", cols, rows);
            for (int y = 0; y < rows; y++) {
                for (int x = 0; x + 1 < cols; x++) {
                    int answer = question_hit(&scene.look, cols, rows, x, y);
                    if (answer < 0 || canvas_at(&scene.canvas, x, y)->fg != ROLE_GOOD ||
                        canvas_at(&scene.canvas, x, y)->code == ' ')
                        continue;
                    ck_assert_uint_eq(canvas_at(&scene.canvas, x, y)->code,
                                      (uint32_t)('1' + answer));
                    answers++;
                }
            }
            ck_assert_int_eq(answers, 3);
        }
    }
    scene_close(&scene);
}
END_TEST

/* Wherever the cursor is led, at any size, its row is on the screen and told apart from the others. */
START_TEST(the_scores_cursor_is_seen)
{
    static const char *const toys[] = { "scraper", "seven", "crash" };
    static const int sizes[][2] = { { 60, 16 }, { 80, 24 }, { 120, 40 }, { 200, 50 } };
    for (size_t i = 0; i < 12; i++) {
        struct scene scene;
        int cols = sizes[i % 4][0], rows = sizes[i % 4][1];
        scene_open(&scene, toys[i / 4]);
        int items = score_items(scene.timeline, &scene.look);
        ck_assert_int_ge(items, 8);
        for (int item = 0; item < items; item++) {
            scene.look.score_item = item;
            scene.look.score_top = score_scroll(scene.timeline, &scene.look, cols, rows, 0);
            scene_draw(&scene, "score", cols, rows);
            int marked = 0;
            for (int y = 1; y < rows - 2; y++) {
                bool any = false;
                for (int x = 0; x < cols; x++)
                    any = any || canvas_at(&scene.canvas, x, y)->bg == ROLE_CURSOR;
                marked += any;
            }
            ck_assert_msg(marked == 1, "%s %dx%d: item %d has %d rows", toys[i / 4], cols, rows,
                          item, marked);
            size_t run;
            uint64_t t;
            const struct mark *marks;
            if (!score_moment(scene.timeline, &scene.look, &run, &t))
                continue;
            size_t count = timeline_marks(scene.timeline, run, &marks), found = 0;
            for (size_t k = 0; k < count; k++)
                found += marks[k].kind == MARK_DIAGNOSIS && marks[k].t == t;
            ck_assert_uint_ge(found, 1); /* what the score jumps to is a mark */
        }
        int top = score_scroll(scene.timeline, &scene.look, cols, rows, 1000);
        scene.look.score_top = top;
        ck_assert_int_eq(score_scroll(scene.timeline, &scene.look, cols, rows, 1), top);
        ck_assert_int_eq(score_scroll(scene.timeline, &scene.look, cols, rows, -1000), 0);
        scene_close(&scene);
    }
}
END_TEST

/* Whatever has no room in a head, its status is whole. */
int main(void)
{
    Suite *suite = suite_create("places");
    TCase *tcase = tcase_create("places");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, every_cell_is_what_it_is_said_to_be);
    tcase_add_test(tcase, the_scrubber_is_a_line_of_time);
    tcase_add_test(tcase, the_cursor_goes_through_all_rows);
    tcase_add_test(tcase, the_scores_cursor_is_seen);
    tcase_add_test(tcase, lists_and_answers_are_where_they_are_drawn);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
