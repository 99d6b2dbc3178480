/*
 * Asciicasts, read back by a reader that follows the published formats, and played through libvterm:
 * at each frame the terminal has to show the canvas that was given, cell by cell.
 */
#include "player.h"
#include "shows.h"
#include "toy.h"

#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vterm.h>

#include "output/cast.h"
#include "output/frames.h"
#include "output/output.h"

#define MS UINT64_C(1000000)

/* ---- casts of canvases ---- */

struct film {
    struct canvas canvas;
    unsigned seed;
};

static unsigned pick(struct film *film, unsigned limit)
{
    film->seed = film->seed * 1103515245 + 12345;
    return film->seed / 65536 % limit;
}

static const int versions[] = { 2, 3 };

/* Frame `frame` of a film of blots; each tenth has another size. */
static void blot(struct film *film, int frame)
{
    static const uint32_t codes[] = { ' ', 'a', '"', '\\', 0x2588, 0x2591, 0x4e2d };
    if (frame % 10 == 0)
        canvas_reset(&film->canvas, 20 + (int)pick(film, 60), 5 + (int)pick(film, 30));
    for (unsigned i = pick(film, 12); i > 0; i--) {
        struct style style = style_on(pick(film, ROLE_THEME_COUNT), pick(film, ROLE_THEME_COUNT),
                                      pick(film, 4) == 0 ? ATTR_BOLD : 0);
        int x = (int)pick(film, (unsigned)film->canvas.cols - 1);
        int y = (int)pick(film, (unsigned)film->canvas.rows);
        uint32_t code = codes[pick(film, 7)];
        if (code == 0x4e2d)
            canvas_text(&film->canvas, x, y, 2, style, "\xe4\xb8\xad");
        else
            canvas_put(&film->canvas, x, y, code, style);
    }
}

static uint64_t film_ns(int frame)
{
    return (uint64_t)frame * UINT64_C(33333333) + 123456;
}

START_TEST(each_frame_is_what_was_given)
{
    enum { FRAMES = 300 };
    struct film film = { .seed = 7 };
    struct player player = { .next.code = 0 };
    struct error error;
    FILE *into = open_memstream(&player.text, &player.size);
    const struct cast_options options = {
        .version = versions[_i], .cols = 30, .rows = 10, .title = "a \"title\"\n\xe2\x96\x88"
    };
    struct cast *cast = cast_open(into, &options);
    fflush(into);
    player_begin(&player);
    ck_assert_int_eq(player.version, versions[_i]);
    ck_assert_str_eq(json_string_value(json_object_get(player.header, "title")), options.title);
    canvas_init(&film.canvas);
    for (int frame = 0; frame < FRAMES; frame++) {
        double at = (double)film_ns(frame) / 1e9;
        blot(&film, frame);
        if (frame % 50 == 49)
            cast_marker(cast, "half \"time\"\t\x01", film_ns(frame));
        cast_frame(cast, &film.canvas, film_ns(frame));
        fflush(into);
        while (player_peek(&player)) {
            if (player.next.code == 'm')
                ck_assert_str_eq(player.next.data, "half \"time\"\t\x01");
            ck_assert_double_eq_tol(player.next.at, at, player_grain(&player));
            player_play(&player);
        }
        ck_assert_int_eq(player.cols, film.canvas.cols);
        ck_assert_int_eq(player.rows, film.canvas.rows);
        shows_canvas(player.screen, &film.canvas, themes[0], 1 << 24);
    }
    ck_assert(cast_close(cast, film_ns(FRAMES), &error));
    fclose(into);
    ck_assert_uint_eq(player.markers, FRAMES / 50);
    while (player_peek(&player))
        player_play(&player);
    ck_assert_double_eq_tol(player.at, (double)film_ns(FRAMES) / 1e9, player_grain(&player));
    shows_canvas(player.screen, &film.canvas, themes[0], 1 << 24);
    player_end(&player);
    canvas_fini(&film.canvas);
}
END_TEST

START_TEST(a_frame_like_the_last_is_no_event)
{
    struct player player = { .next.code = 0 };
    struct canvas canvas;
    struct error error;
    FILE *into = open_memstream(&player.text, &player.size);
    const struct cast_options options = { .version = 2, .cols = 20, .rows = 3 };
    struct cast *cast = cast_open(into, &options);
    canvas_init(&canvas);
    canvas_reset(&canvas, 20, 3);
    for (uint64_t frame = 0; frame < 10; frame++)
        cast_frame(cast, &canvas, frame * MS);
    cast_frame(cast, &canvas, 0); /* a time that goes back counts as the last one */
    cast_marker(cast, "early", 3);
    cast_close(cast, 20 * MS, &error);
    fclose(into);
    player_begin(&player);
    while (player_peek(&player))
        player_play(&player);
    ck_assert_uint_eq(player.outputs, 2);
    ck_assert_uint_eq(player.markers, 1);
    player_end(&player);
    canvas_fini(&canvas);
}
END_TEST

START_TEST(what_cannot_be_written_is_told)
{
    struct error error;
    FILE *full = fopen("/dev/full", "w");
    if (full == NULL)
        return;
    const struct cast_options options = { .version = 2, .cols = 20, .rows = 3 };
    setvbuf(full, NULL, _IONBF, 0);
    struct cast *cast = cast_open(full, &options);
    ck_assert(!cast_close(cast, 1, &error));
    ck_assert_str_eq(error.text, "the cast could not be written whole");
    fclose(full);
}
END_TEST

/* ---- films of races ---- */

static const struct {
    const char *format, *toy;
    struct output_options options;
    const char *theme;
} films[] = {
    { "cast", "scraper", { .fps = 20 }, NULL },
    { "cast-v3", "scraper", { .fps = 20 }, NULL },
    { "cast", "seven", { .fps = 10, .cols = 160, .rows = 45 }, "projector" },
    { "cast-v3",
      "crash",
      { .fps = 10, .from_ns = 20 * MS, .until_ns = 90 * MS, .speed = 0.05 },
      "mono" },
    { "cast", "many", { .fps = 5, .ascii = true, .cols = 40, .rows = 10 }, NULL },
    { "cast-v3", "matrix", { .fps = 5, .view = "detail" }, NULL },
};

START_TEST(the_film_shows_the_race)
{
    struct output_options options = films[_i].options;
    struct toy toy;
    toy_init(&toy);
    ck_assert(toy_find(&toy, films[_i].toy));
    struct timeline *timeline = timeline_new();
    const struct timeline *const one[] = { timeline };
    toy_feed(&toy, timeline);
    options.timelines = one;
    options.count = 1;
    options.theme = films[_i].theme != NULL ? theme_find(films[_i].theme) : NULL;
    struct player player = { .next.code = 0 };
    char *again;
    size_t again_size;
    struct error error = { "" };
    FILE *into = open_memstream(&player.text, &player.size);
    const struct output *output = output_find(films[_i].format);
    ck_assert_msg(output->write(&options, into, &error), "%s", error.text);
    fclose(into);
    into = open_memstream(&again, &again_size);
    ck_assert(output->write(&options, into, &error));
    fclose(into);
    ck_assert_uint_eq(player.size, again_size);
    ck_assert(memcmp(player.text, again, again_size) == 0);
    free(again);

    struct frames frames;
    uint64_t film_ns;
    player_begin(&player);
    ck_assert(frames_open(&frames, &options, 100, 30, 30, &error));
    ck_assert_int_eq(player.cols, options.cols > 0 ? options.cols : 100);
    size_t count = 0;
    for (; frames_next(&frames, &film_ns); count++) {
        while (player_peek(&player) &&
               player.next.at <= (double)film_ns / 1e9 + player_grain(&player))
            player_play(&player);
        shows_canvas(player.screen, &frames.canvas, frames.look.theme, 1 << 24);
    }
    ck_assert_uint_gt(count, 10);
    while (player_peek(&player))
        player_play(&player);
    shows_canvas(player.screen, &frames.canvas, frames.look.theme, 1 << 24);
    ck_assert_double_eq_tol(player.at, (double)frames.length_ns / 1e9, player_grain(&player));
    /* Chapters are the marks within the span. */
    size_t wanted = 0;
    for (size_t run = 0; run < timeline_runs(timeline); run++) {
        const struct mark *marks;
        size_t of_run = timeline_marks(timeline, run, &marks);
        for (size_t i = 0; i < of_run; i++)
            wanted += marks[i].t >= frames.from_ns && marks[i].t <= frames.until_ns;
    }
    ck_assert_uint_eq(player.markers, wanted);
    frames_close(&frames);
    player_end(&player);
    timeline_free(timeline);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cast");
    TCase *tcase = tcase_create("cast");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, each_frame_is_what_was_given, 0, 2);
    tcase_add_test(tcase, a_frame_like_the_last_is_no_event);
    tcase_add_test(tcase, what_cannot_be_written_is_told);
    tcase_add_loop_test(tcase, the_film_shows_the_race, 0, sizeof films / sizeof *films);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
