/*
 * The painter against a terminal that somebody else wrote: whatever canvases follow each other,
 * libvterm has to show the last one, cell by cell, from the bytes alone. The words are those of the
 * table of terminals, and those that need no table.
 */
#include "base/buffer.h"
#include "draw/theme.h"
#include "draw/utf8.h"
#include "shows.h"
#include "ui/terminfo.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vterm.h>

/* Last: they give short words a meaning of their own. */
#include <curses.h>
#include <term.h>

struct bed {
    VTerm *vterm;
    VTermScreen *screen;
    struct paint *paint;
    struct canvas canvas;
    struct buffer bytes;
    const struct theme *theme;
    unsigned seed;
};

static unsigned pick(struct bed *bed, unsigned limit)
{
    bed->seed = bed->seed * 1103515245 + 12345;
    return bed->seed / 65536 % limit;
}

static void bed_open(struct bed *bed, const char *type, const struct terminfo_options *options,
                     int cols, int rows)
{
    int answer;
    memset(bed, 0, sizeof *bed);
    if (type != NULL)
        ck_assert_msg(setupterm(type, STDOUT_FILENO, &answer) == OK, "no terminfo for %s", type);
    bed->paint = type != NULL ? terminfo_paint(options) : paint_new(&paint_ansi);
    ck_assert_ptr_nonnull(bed->paint);
    bed->theme = themes[0];
    bed->seed = 1;
    canvas_init(&bed->canvas);
    canvas_reset(&bed->canvas, cols, rows);
    buffer_init(&bed->bytes);
    bed->vterm = vterm_new(rows, cols);
    vterm_set_utf8(bed->vterm, 1);
    bed->screen = vterm_obtain_screen(bed->vterm);
    vterm_screen_reset(bed->screen, 1);
}

static void bed_close(struct bed *bed)
{
    vterm_free(bed->vterm);
    paint_free(bed->paint);
    canvas_fini(&bed->canvas);
    buffer_fini(&bed->bytes);
    if (cur_term != NULL)
        del_curterm(cur_term);
}

static size_t bed_show(struct bed *bed)
{
    buffer_clear(&bed->bytes);
    paint_frame(bed->paint, &bed->canvas, &bed->bytes);
    vterm_input_write(bed->vterm, buffer_string(&bed->bytes), bed->bytes.size);
    return bed->bytes.size;
}

static void compare(struct bed *bed)
{
    shows_canvas(bed->screen, &bed->canvas, bed->theme, paint_depth(bed->paint));
}

/* Changes some of the picture: a cell, a word, a row, a block, a column, or most of it. */
static void scribble(struct bed *bed)
{
    static const uint32_t codes[] = {
        ' ', ' ', 'a', 'Z', '0', '%', 0x2588, 0x2591, 0x00b7, 0x2500
    };
    int cols = bed->canvas.cols, rows = bed->canvas.rows;
    struct style style = style_on(pick(bed, ROLE_THEME_COUNT), pick(bed, ROLE_THEME_COUNT),
                                  pick(bed, 3) == 0 ? pick(bed, 16) & ~(unsigned)ATTR_DIM : 0);
    uint32_t code = codes[pick(bed, sizeof codes / sizeof *codes)];
    int x = (int)pick(bed, (unsigned)cols), y = (int)pick(bed, (unsigned)rows);
    switch (pick(bed, 7)) {
    case 0:
        canvas_put(&bed->canvas, x, y, code, style);
        break;
    case 1:
        canvas_text(&bed->canvas, x, y, cols - x, style, "core0 12%");
        break;
    case 2:
        canvas_fill(&bed->canvas, (struct rect){ 0, y, cols, 1 }, code, style);
        break;
    case 3:
        canvas_fill(&bed->canvas, (struct rect){ x, y, 7, 5 }, code, style);
        break;
    case 4:
        canvas_fill(&bed->canvas, (struct rect){ x, 0, 1, rows }, code, style);
        break;
    case 5:
        canvas_text(&bed->canvas, x, y, cols - x, style, "\xe4\xb8\xad\xe6\x96\x87");
        break;
    default:
        for (int i = 0; i < 20; i++)
            canvas_put(&bed->canvas, (int)pick(bed, (unsigned)cols), (int)pick(bed, (unsigned)rows),
                       codes[pick(bed, 8)], style);
    }
}

static const struct {
    const char *type;
    struct terminfo_options options;
    int depth;
} kinds[] = {
    { "xterm-256color", { .utf8 = true, .colours = true }, 256 },
    { "xterm-256color", { .utf8 = true, .colours = true, .true_colour = true }, 1 << 24 },
    { "xterm-256color", { .utf8 = true }, 0 },
    { "xterm", { .utf8 = true, .colours = true }, 8 },
    { "linux", { .utf8 = true, .colours = true }, 8 },
    { "screen-256color", { .utf8 = true, .colours = true }, 256 },
    { NULL, { 0 }, 1 << 24 }, /* paint_ansi */
};

START_TEST(the_terminal_shows_the_canvas)
{
    struct bed bed;
    bed_open(&bed, kinds[_i].type, &kinds[_i].options, 53, 17);
    ck_assert_int_eq(paint_depth(bed.paint), kinds[_i].depth);
    for (int theme = 0; themes[theme] != NULL; theme++) {
        bed.theme = themes[theme];
        paint_set_theme(bed.paint, bed.theme);
        for (int round = 0; round < 400; round++) {
            for (unsigned changes = pick(&bed, 6); changes > 0; changes--)
                scribble(&bed);
            bed_show(&bed);
            compare(&bed);
        }
    }
    bed_close(&bed);
}
END_TEST

START_TEST(sizes_and_forgetting)
{
    struct bed bed;
    bed_open(&bed, "xterm-256color", &kinds[0].options, 30, 10);
    for (int round = 0; round < 60; round++) {
        int cols = 1 + (int)pick(&bed, 60), rows = 1 + (int)pick(&bed, 20);
        if (round % 3 == 0) {
            vterm_set_size(bed.vterm, rows, cols);
            canvas_reset(&bed.canvas, cols, rows);
        }
        for (int i = 0; i < 5; i++)
            scribble(&bed);
        if (round % 7 == 0) { /* somebody else wrote there */
            static const char noise[] = "\x1b[3;3H\x1b[7;35mnoise\x1b[0m";
            vterm_input_write(bed.vterm, noise, sizeof noise - 1);
            paint_forget(bed.paint);
        }
        bed_show(&bed);
        compare(&bed);
    }
    bed_close(&bed);
}
END_TEST

START_TEST(what_did_not_change_sends_nothing)
{
    struct bed bed;
    bed_open(&bed, "xterm-256color", &kinds[0].options, 80, 24);
    scribble(&bed);
    ck_assert_uint_gt(bed_show(&bed), 0);
    ck_assert_uint_eq(bed_show(&bed), 0);
    /* A blank is a blank, whatever would be written on it. */
    canvas_fill(&bed.canvas, (struct rect){ 0, 0, 80, 24 }, ' ', style_role(ROLE_TEXT));
    bed_show(&bed);
    canvas_fill(&bed.canvas, (struct rect){ 0, 0, 80, 24 }, ' ', style_role(ROLE_QUIET));
    ck_assert_uint_eq(bed_show(&bed), 0);
    /* One cell costs a place, a colour and a glyph. */
    canvas_put(&bed.canvas, 40, 12, 0x2588, style_role(ROLE_STATE_FIRST));
    ck_assert_uint_le(bed_show(&bed), 40);
    bed_close(&bed);
}
END_TEST

START_TEST(without_utf8_all_is_ascii)
{
    struct bed bed;
    const struct terminfo_options options = { .colours = true };
    bed_open(&bed, "xterm-256color", &options, 20, 3);
    canvas_text(&bed.canvas, 0, 0, 20, style_role(ROLE_TEXT), "a\xe2\x96\x88z");
    bed_show(&bed);
    for (size_t i = 0; i < bed.bytes.size; i++)
        ck_assert_int_lt((unsigned char)bed.bytes.data[i], 0x80);
    ck_assert_ptr_nonnull(strstr(buffer_string(&bed.bytes), "a?z"));
    bed_close(&bed);
}
END_TEST

START_TEST(a_terminal_without_a_cursor_is_refused)
{
    int answer;
    const struct terminfo_options options = { .utf8 = true };
    if (setupterm("dumb", STDOUT_FILENO, &answer) != OK)
        return;
    ck_assert_ptr_null(terminfo_paint(&options));
    del_curterm(cur_term);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("paint");
    TCase *tcase = tcase_create("paint");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, the_terminal_shows_the_canvas, 0, sizeof kinds / sizeof *kinds);
    tcase_add_test(tcase, sizes_and_forgetting);
    tcase_add_test(tcase, what_did_not_change_sends_nothing);
    tcase_add_test(tcase, without_utf8_all_is_ascii);
    tcase_add_test(tcase, a_terminal_without_a_cursor_is_refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
