/*
 * A recording that is being read, on each page: how much of it is here and how long it will be, what a
 * viewer wished for, and that nothing of it is told as a whole. And what a follower knows of it while
 * it reads.
 */
#include "scene.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "race/follow.h"

/* Threads are over, processes are being read, the loop comes later: 600 ms of 2 s. */
static void open_read(struct scene *scene)
{
    scene_open(scene, "live");
    scene->look.live = false;
    scene->look.moment = 300 * MS;
    scene->look.reading = (struct look_reading){ .on = true, .percent = 23 };
    scene->look.reading.length_ns[1] = 2000 * MS;
}

START_TEST(the_race_says_what_was_not_read_yet)
{
    struct scene scene;
    static const struct {
        int cols, rows;
    } sizes[] = { { 80, 24 }, { 120, 40 }, { 200, 50 } };
    open_read(&scene);
    ck_assert_uint_eq(view_length(scene.timeline, &scene.look), 2000 * MS);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        scene_draw(&scene, "race", sizes[i].cols, sizes[i].rows);
        assert_says(&scene, "reading 23 %");
        assert_says(&scene, "// not read yet //");
        assert_says(&scene, "read to ");
        assert_says(&scene, "comes later in the");
        assert_says(&scene, " 2s");
        assert_says_not(&scene, "live");
        assert_says_not(&scene, "LIVE");
    }
    scene.look.reading.on = false;
    scene_draw(&scene, "race", 80, 24);
    assert_says_not(&scene, "//");
    assert_says_not(&scene, "reading");
    scene_close(&scene);
}
END_TEST

/* The run that was read to its end is as long as it is, whatever its file said. */
START_TEST(a_run_that_was_read_is_as_long_as_it_is)
{
    struct scene scene;
    struct run_brief over;
    open_read(&scene);
    timeline_run(scene.timeline, 0, &over);
    ck_assert(over.over);
    scene.look.reading.length_ns[0] = 9000 * MS;
    ck_assert_uint_eq(view_run_length(scene.timeline, &scene.look, 0), over.length_ns);
    /* Nor is one shorter than what was read of it. */
    struct run_brief goes_on;
    timeline_run(scene.timeline, 1, &goes_on);
    scene.look.reading.length_ns[1] = 1;
    ck_assert_uint_eq(view_run_length(scene.timeline, &scene.look, 1), goes_on.length_ns);
    scene_close(&scene);
}
END_TEST

START_TEST(the_axis_spans_what_was_not_read_yet)
{
    struct scene scene;
    uint64_t t0, t1;
    open_read(&scene);
    scene.look.column = 1;
    detail_span(scene.timeline, &scene.look, &t0, &t1);
    ck_assert_uint_eq(t1, 2000 * MS);
    scene_draw(&scene, "detail", 100, 30);
    assert_says(&scene, "reading 23 %");
    assert_says(&scene, "hatched: not read yet");
    assert_says(&scene, "////////");
    assert_says_not(&scene, "live");
    /* A click there is a time, which is wished for. */
    bool beyond = false;
    for (int x = 0; x < 100; x++) {
        struct detail_hit hit = detail_hit(scene.timeline, &scene.look, 100, 30, x, 6);
        beyond = beyond || (hit.has_time && hit.t > 1500 * MS);
    }
    ck_assert(beyond);
    scene_close(&scene);
}
END_TEST

START_TEST(a_score_says_that_it_is_not_whole)
{
    struct scene scene;
    open_read(&scene);
    scene_draw(&scene, "score", 80, 24);
    assert_says(&scene, "This is not the whole: 23 % of the recording is read");
    assert_says(&scene, "so far");
    scene_close(&scene);
}
END_TEST

START_TEST(a_wish_is_told_and_stands_on_the_scrubber)
{
    struct scene scene;
    open_read(&scene);
    scene.look.reading.wished = true;
    scene.look.reading.wish_ns = 2000 * MS;
    scene.look.reading.wish = "the end is being read, 12 s left";
    scene_draw(&scene, "race", 80, 24);
    assert_says(&scene, "the end is being read, 12 s left");
    char *text = canvas_whole_text(&scene.canvas);
    ck_assert_ptr_nonnull(strstr(text, "/\xe2\x96\xba 2s"));
    free(text);
    scene_close(&scene);
}
END_TEST

/* ---- The follower ---- */

static const char *const path = "reading.lockstep";

START_TEST(a_follower_knows_the_length_from_the_first_events_on)
{
    struct toy toy;
    struct error error;
    toy_init(&toy);
    toy.tasks = 4000;
    ck_assert_msg(toy_record(&toy, path, &error), "%s", error.text);
    struct follow *follow = follow_file(path, &error);
    ck_assert_msg(follow != NULL, "%s", error.text);
    struct timeline *timeline = timeline_new();
    uint64_t foretold[META_RUNS_MAX], of, done;
    for (size_t run = 0; run < META_RUNS_MAX; run++)
        foretold[run] = follow_foretold(follow, run);
    ck_assert_uint_gt(foretold[0], 0);
    ck_assert_uint_eq(foretold[META_RUNS_MAX - 1], 0);
    size_t parts = 0, open = 0;
    while (follow_feed(follow, timeline, 1)) {
        struct run_brief brief;
        timeline_run(timeline, 0, &brief);
        follow_position(follow, &done, &of);
        /* It is over when its end was read, and never longer than was foretold. */
        ck_assert_uint_le(brief.length_ns, foretold[0]);
        if (brief.over)
            ck_assert_uint_eq(brief.length_ns, foretold[0]);
        open += brief.gone && !brief.over;
        ck_assert_uint_le(follow_place_of(follow, foretold[0] / 2), of);
        parts++;
    }
    ck_assert_uint_gt(parts, 3);
    ck_assert_uint_gt(open, 0);
    for (size_t run = 0; run < timeline_runs(timeline); run++) {
        struct run_brief brief;
        timeline_run(timeline, run, &brief);
        ck_assert_uint_eq(brief.length_ns, foretold[run]);
        ck_assert_int_eq(brief.status, RUN_DONE);
    }
    /* Half of it does not need all of the file, and all of it does. */
    follow_position(follow, &done, &of);
    ck_assert_uint_lt(follow_place_of(follow, foretold[0] / 2), of);
    ck_assert_uint_eq(follow_place_of(follow, UINT64_MAX), of);
    timeline_free(timeline);
    follow_free(follow);
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reading");
    TCase *tcase = tcase_create("reading");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, the_race_says_what_was_not_read_yet);
    tcase_add_test(tcase, a_run_that_was_read_is_as_long_as_it_is);
    tcase_add_test(tcase, the_axis_spans_what_was_not_read_yet);
    tcase_add_test(tcase, a_score_says_that_it_is_not_whole);
    tcase_add_test(tcase, a_wish_is_told_and_stands_on_the_scrubber);
    tcase_add_test(tcase, a_follower_knows_the_length_from_the_first_events_on);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
