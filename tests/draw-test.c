/*
 * draw/: each piece by its promise in its header; the palettes by what an eye can tell apart.
 */
#include "draw/canvas.h"
#include "draw/layout.h"
#include "draw/theme.h"
#include "draw/utf8.h"
#include "draw/widget.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Asserts the text of a row, and frees it. */
static void assert_row(const struct canvas *canvas, int y, const char *expected)
{
    char *text = canvas_row_text(canvas, y);
    ck_assert_str_eq(text, expected);
    free(text);
}

static const struct style plain = { .fg = ROLE_TEXT, .bg = ROLE_BACK };

/* ---- utf8 ---- */

START_TEST(utf8_goes_round)
{
    static const uint32_t codes[] = { 1,      0x41,   0x7f,   0x80,   0x7ff,   0x800,
                                      0x2588, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char bytes[5] = { 0 };
        size_t size = utf8_put(bytes, codes[i]);
        const char *at = bytes;
        ck_assert_uint_eq(utf8_next(&at), codes[i]);
        ck_assert_uint_eq((size_t)(at - bytes), size);
        ck_assert_uint_eq(utf8_next(&at), 0);
        ck_assert_uint_eq((size_t)(at - bytes), size);
    }
}
END_TEST

START_TEST(utf8_bad_bytes_are_told)
{
    /* A lone tail, a cut sequence, overlong, a surrogate, beyond the last, a byte that is none. */
    static const char *const bad[] = { "\x80",         "\xe2\x96",     "\xc0\x80",
                                       "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                       "\xff" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *at = bad[i];
        ck_assert_uint_eq(utf8_next(&at), UTF8_BAD);
        ck_assert_ptr_eq(at, bad[i] + 1);
    }
}
END_TEST

START_TEST(utf8_widths)
{
    ck_assert_int_eq(utf8_width('a'), 1);
    ck_assert_int_eq(utf8_width(0x2588), 1);
    ck_assert_int_eq(utf8_width(0x4e2d), 2);
    ck_assert_int_eq(utf8_width(0x1f600), 2);
    ck_assert_int_eq(utf8_width(0x0301), 0);
    ck_assert_int_eq(utf8_width(0x07), 0);
    ck_assert_int_eq(utf8_columns("a\xe4\xb8\xad\xcc\x81z"), 4);
}
END_TEST

/* ---- canvas ---- */

START_TEST(canvas_clips_everywhere)
{
    struct canvas canvas;
    canvas_init(&canvas);
    canvas_reset(&canvas, 4, 2);
    canvas_put(&canvas, -1, 0, 'x', plain);
    canvas_put(&canvas, 4, 0, 'x', plain);
    canvas_put(&canvas, 0, 2, 'x', plain);
    ck_assert_int_eq(canvas_text(&canvas, 2, 0, 10, plain, "abcdef"), 6);
    ck_assert_int_eq(canvas_text(&canvas, -2, 1, 10, plain, "abcdef"), 6);
    assert_row(&canvas, 0, "  ab");
    assert_row(&canvas, 1, "cdef");
    canvas_fill(&canvas, (struct rect){ -5, -5, 100, 100 }, '#', plain);
    assert_row(&canvas, 1, "####");
    ck_assert_ptr_null(canvas_at(&canvas, 4, 0));
    canvas_reset(&canvas, 0, 0);
    canvas_put(&canvas, 0, 0, 'x', plain);
    canvas_fini(&canvas);
}
END_TEST

START_TEST(canvas_text_keeps_to_its_width)
{
    struct canvas canvas;
    canvas_init(&canvas);
    canvas_reset(&canvas, 10, 2);
    ck_assert_int_eq(canvas_text(&canvas, 0, 0, 3, plain, "abcdef"), 3);
    canvas_text_right(&canvas, 0, 1, 10, plain, "12%");
    assert_row(&canvas, 0, "abc");
    assert_row(&canvas, 1, "       12%");
    canvas_text_right(&canvas, 0, 1, 2, plain, "12%");
    assert_row(&canvas, 1, "12     12%");
    ck_assert_int_eq(canvas_text(&canvas, 0, 0, 10, plain, "a\tb\x1b[c"), 6);
    assert_row(&canvas, 0, "a b [c");
    canvas_fini(&canvas);
}
END_TEST

START_TEST(canvas_wide_characters_stay_whole)
{
    struct canvas canvas;
    canvas_init(&canvas);
    canvas_reset(&canvas, 4, 1);
    ck_assert_int_eq(canvas_text(&canvas, 0, 0, 4, plain, "\xe4\xb8\xad\xe6\x96\x87"), 4);
    assert_row(&canvas, 0, "\xe4\xb8\xad\xe6\x96\x87");
    ck_assert_uint_eq(canvas_at(&canvas, 1, 0)->code, 0);
    canvas_put(&canvas, 1, 0, 'x', plain); /* the right half: the left one goes */
    assert_row(&canvas, 0, " x\xe6\x96\x87");
    canvas_put(&canvas, 2, 0, 'y', plain); /* the left half: the right one goes */
    assert_row(&canvas, 0, " xy");
    ck_assert_uint_eq(canvas_at(&canvas, 3, 0)->code, ' ');
    canvas_text(&canvas, 3, 0, 4, plain, "\xe4\xb8\xad"); /* no room for its right half */
    ck_assert_uint_eq(canvas_at(&canvas, 3, 0)->code, ' ');
    canvas_fini(&canvas);
}
END_TEST

START_TEST(canvas_reset_clears_and_equal_tells)
{
    struct canvas a, b;
    canvas_init(&a);
    canvas_init(&b);
    canvas_reset(&a, 20, 5);
    canvas_text(&a, 0, 0, 20, plain, "hello");
    canvas_reset(&a, 10, 3);
    canvas_reset(&b, 10, 3);
    ck_assert(canvas_equal(&a, &b));
    canvas_put(&b, 9, 2, ' ', style_bold(ROLE_BAD));
    ck_assert(!canvas_equal(&a, &b));
    canvas_reset(&b, 10, 4);
    ck_assert(!canvas_equal(&a, &b));
    canvas_fini(&a);
    canvas_fini(&b);
}
END_TEST

/* ---- layout ---- */

START_TEST(rects_are_cut_within_bounds)
{
    for (int w = 0; w < 12; w++) {
        for (int cut = -2; cut < 15; cut++) {
            struct rect all = { 3, 4, w, w }, rest = all;
            struct rect parts[] = { rect_top(&rest, cut), rect_left(&rest, cut),
                                    rect_bottom(&rest, cut), rect_right(&rest, cut), rest };
            for (size_t i = 0; i < 5; i++) {
                ck_assert(parts[i].w >= 0 && parts[i].h >= 0);
                ck_assert(rect_inside(parts[i], all));
                for (size_t j = 0; j < i; j++)
                    ck_assert(!rect_overlap(parts[i], parts[j]));
            }
        }
    }
}
END_TEST

START_TEST(columns_share_the_width)
{
    for (int w = 0; w < 200; w++) {
        for (int count = 1; count <= 8; count++) {
            struct rect all = { 1, 1, w, 5 }, columns[8];
            rect_columns(all, count, 1, columns);
            int sum = 0;
            for (int i = 0; i < count; i++) {
                ck_assert(rect_inside(columns[i], all));
                ck_assert_int_le(columns[0].w - columns[i].w, 1);
                sum += columns[i].w;
                ck_assert(i == 0 || !rect_overlap(columns[i - 1], columns[i]));
            }
            if (w >= count * 2)
                ck_assert_int_eq(sum, w - (count - 1));
        }
    }
}
END_TEST

START_TEST(sweep_spans_are_of_this_round_or_the_one_before)
{
    for (uint64_t moment = 0; moment < 500; moment += 3) {
        struct sweep sweep = { .moment = moment, .window_ns = 100, .cells = 10 };
        int cursor = (int)(moment / 10 % 10), shown = 0;
        for (int i = 0; i < 10; i++) {
            uint64_t t0 = 0, t1 = 0;
            if (!sweep_cell(&sweep, i, &t0, &t1))
                continue;
            shown++;
            ck_assert_uint_lt(t0, t1);
            ck_assert_uint_le(t1, moment);
            ck_assert_uint_eq(t0 / 10 % 10, (uint64_t)i);
            ck_assert_uint_le(moment - t0, 100);
            ck_assert(i != cursor + 1);
        }
        ck_assert_int_ge(shown, moment >= 100 ? 8 : cursor - 1);
    }
    uint64_t t0, t1;
    struct sweep none = { .moment = 5, .window_ns = 100, .cells = 0 };
    ck_assert(!sweep_cell(&none, 0, &t0, &t1));
    struct sweep fine = { .moment = 7, .window_ns = 3, .cells = 10 };
    ck_assert(sweep_cell(&fine, 6, &t0, &t1) && t0 == 6 && t1 == 7);
}
END_TEST

START_TEST(sweep_never_moves_what_is_drawn)
{
    /* From one moment to the next only the cells at the cursor and its gap change. */
    for (uint64_t moment = 101; moment < 400; moment++) {
        struct sweep before = { .moment = moment - 1, .window_ns = 100, .cells = 10 };
        struct sweep after = { .moment = moment, .window_ns = 100, .cells = 10 };
        int changed = 0;
        for (int i = 0; i < 10; i++) {
            uint64_t a0 = 0, a1 = 0, b0 = 0, b1 = 0;
            bool a = sweep_cell(&before, i, &a0, &a1), b = sweep_cell(&after, i, &b0, &b1);
            changed += a != b || a0 != b0 || a1 != b1;
        }
        ck_assert_int_le(changed, 3);
    }
}
END_TEST

/* ---- widgets ---- */

START_TEST(progress_fills)
{
    struct canvas canvas;
    canvas_init(&canvas);
    canvas_reset(&canvas, 8, 4);
    struct style s = plain;
    widget_progress(&canvas, (struct rect){ 0, 0, 8, 1 }, &glyphs_ascii, 0, 0, s, s);
    widget_progress(&canvas, (struct rect){ 0, 1, 8, 1 }, &glyphs_ascii, 1, 2, s, s);
    widget_progress(&canvas, (struct rect){ 0, 2, 8, 1 }, &glyphs_ascii, 199, 200, s, s);
    widget_progress(&canvas, (struct rect){ 0, 3, 8, 1 }, &glyphs_ascii, 9, 8, s, s);
    assert_row(&canvas, 0, "........");
    assert_row(&canvas, 1, "####....");
    assert_row(&canvas, 2, "#######."); /* not done is never drawn as done */
    assert_row(&canvas, 3, "########");
    canvas_fini(&canvas);
}
END_TEST

START_TEST(chart_draws_by_eighths)
{
    struct canvas canvas;
    canvas_init(&canvas);
    canvas_reset(&canvas, 7, 2);
    const int values[] = { 0, 1, 500, 1000, 2000, CHART_UNKNOWN, CHART_NOTHING };
    widget_chart(&canvas, (struct rect){ 0, 0, 7, 1 }, &glyphs_unicode, values, plain);
    assert_row(&canvas, 0, " ▁▄▇▇?");
    canvas_reset(&canvas, 7, 2);
    widget_chart(&canvas, (struct rect){ 0, 0, 7, 2 }, &glyphs_unicode, values, plain);
    assert_row(&canvas, 0, "   ▇▇");
    assert_row(&canvas, 1, " ▁███?");
    canvas_fini(&canvas);
}
END_TEST

START_TEST(shares_sum_to_the_cells)
{
    int shares[16];
    const uint64_t parts[] = { 1, 1, 1 };
    share_cells(parts, 3, 10, shares);
    ck_assert_int_eq(shares[0] + shares[1] + shares[2], 10);
    const uint64_t none[] = { 0, 0 };
    share_cells(none, 2, 10, shares);
    ck_assert_int_eq(shares[0] + shares[1], 0);
    srand(1);
    for (int round = 0; round < 2000; round++) {
        uint64_t some[9], total = 0;
        for (int i = 0; i < 9; i++)
            total += some[i] = (uint64_t)(rand() % 4 ? rand() : 0);
        int cells = rand() % 40, sum = 0;
        share_cells(some, 9, cells, shares);
        for (int i = 0; i < 9; i++) {
            sum += shares[i];
            ck_assert(shares[i] >= 0 && (some[i] > 0 || shares[i] == 0));
            ck_assert(total == 0 || fabs(shares[i] - (double)some[i] * cells / (double)total) <= 1);
        }
        ck_assert_int_eq(sum, total > 0 ? cells : 0);
    }
}
END_TEST

START_TEST(stack_stands_and_lies)
{
    static const struct legend_item items[] = { { 'a', ROLE_TEXT, "a" }, { 'b', ROLE_TEXT, "b" } };
    const uint64_t parts[] = { 3, 1 };
    struct canvas canvas;
    canvas_init(&canvas);
    canvas_reset(&canvas, 8, 4);
    widget_stack(&canvas, (struct rect){ 0, 0, 1, 4 }, items, parts, 2, ROLE_BACK);
    widget_stack(&canvas, (struct rect){ 2, 0, 4, 1 }, items, parts, 2, ROLE_BACK);
    assert_row(&canvas, 0, "b aaab");
    assert_row(&canvas, 3, "a");
    canvas_fini(&canvas);
}
END_TEST

START_TEST(legend_gets_airy_with_room)
{
    static const struct legend_item items[] = { { '#', ROLE_TEXT, "run" },
                                                { '.', ROLE_TEXT, "io" } };
    static const struct {
        int width;
        const char *text;
    } rows[] = { { 40, "# run   . io" }, { 11, "# run  . io" }, { 10, "# run . io" },
                 { 8, "#run .io" },      { 5, "#run" },         { 2, "" } };
    struct canvas canvas;
    canvas_init(&canvas);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        canvas_reset(&canvas, 40, 1);
        int used = widget_legend(&canvas, (struct rect){ 0, 0, rows[i].width, 1 }, items, 2);
        assert_row(&canvas, 0, rows[i].text);
        ck_assert_int_eq(used, (int)strlen(rows[i].text));
    }
    canvas_fini(&canvas);
}
END_TEST

START_TEST(wrap_breaks_at_blanks)
{
    static const char text[] = "the quick brown fox\njumps incomprehensibly";
    struct canvas canvas;
    canvas_init(&canvas);
    canvas_reset(&canvas, 20, 8);
    int rows = widget_wrap(&canvas, (struct rect){ 0, 0, 9, 8 }, plain, text);
    ck_assert_int_eq(rows, widget_wrap_rows(9, text));
    assert_row(&canvas, 0, "the quick");
    assert_row(&canvas, 1, "brown fox");
    assert_row(&canvas, 2, "jumps");
    assert_row(&canvas, 3, "incompreh");
    assert_row(&canvas, 4, "ensibly");
    ck_assert_int_eq(rows, 5);
    canvas_reset(&canvas, 20, 8);
    ck_assert_int_eq(widget_wrap(&canvas, (struct rect){ 0, 0, 9, 2 }, plain, text), 2);
    assert_row(&canvas, 1, "brown f..");
    for (int w = 1; w < 20; w++) {
        canvas_reset(&canvas, 20, 8);
        widget_wrap(&canvas, (struct rect){ 0, 0, w, 8 }, plain, text);
        for (int y = 0; y < 8; y++)
            ck_assert_uint_eq(canvas_at(&canvas, w, y)->code, ' ');
    }
    canvas_fini(&canvas);
}
END_TEST

START_TEST(pairs_keep_the_last)
{
    static const char pairs[] = "space\tpause\n, .\tstep\n- +\tspeed\n?\thelp\nq\tquit\n";
    struct canvas canvas;
    canvas_init(&canvas);
    canvas_reset(&canvas, 60, 3);
    widget_pairs(&canvas, (struct rect){ 0, 0, 60, 1 }, pairs, 2, plain, plain);
    widget_pairs(&canvas, (struct rect){ 0, 1, 30, 1 }, pairs, 2, plain, plain);
    widget_pairs(&canvas, (struct rect){ 0, 2, 16, 1 }, pairs, 2, plain, plain);
    assert_row(&canvas, 0, "space pause  , . step  - + speed  ? help  q quit");
    assert_row(&canvas, 1, "space pause  ? help  q quit");
    assert_row(&canvas, 2, "? help  q quit");
    canvas_fini(&canvas);
}
END_TEST

/* ---- themes ---- */

struct lab {
    double l, a, b;
};

static double linear(uint32_t rgb, int shift)
{
    double c = (double)(rgb >> shift & 255) / 255;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(uint32_t rgb)
{
    return 0.2126 * linear(rgb, 16) + 0.7152 * linear(rgb, 8) + 0.0722 * linear(rgb, 0);
}

static double contrast(uint32_t a, uint32_t b)
{
    double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
    return x > y ? x / y : y / x;
}

static struct lab lab_of(double r, double g, double b)
{
    double xyz[3] = { (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
                      0.2126 * r + 0.7152 * g + 0.0722 * b,
                      (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089 };
    for (int i = 0; i < 3; i++)
        xyz[i] = xyz[i] > 0.008856 ? cbrt(xyz[i]) : 7.787 * xyz[i] + 16.0 / 116;
    return (struct lab){ 116 * xyz[1] - 16, 500 * (xyz[0] - xyz[1]), 200 * (xyz[1] - xyz[2]) };
}

/* How an eye without the red, green or (0) with all receptors sees it: Machado et al. 2009, in
 * linear RGB. */
static struct lab seen(uint32_t rgb, int blindness)
{
    static const double eyes[3][9] = {
        { 1, 0, 0, 0, 1, 0, 0, 0, 1 },
        { 0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116,
          1.051998 },
        { 0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940,
          0.968881 },
    };
    const double *e = eyes[blindness];
    double r = linear(rgb, 16), g = linear(rgb, 8), b = linear(rgb, 0), out[3];
    for (int i = 0; i < 3; i++) {
        double v = e[i * 3] * r + e[i * 3 + 1] * g + e[i * 3 + 2] * b;
        out[i] = v < 0 ? 0 : v > 1 ? 1 : v;
    }
    return lab_of(out[0], out[1], out[2]);
}

static double apart(uint32_t a, uint32_t b, int blindness)
{
    struct lab x = seen(a, blindness), y = seen(b, blindness);
    return sqrt((x.l - y.l) * (x.l - y.l) + (x.a - y.a) * (x.a - y.a) + (x.b - y.b) * (x.b - y.b));
}

/* The colour of an index of the 256 (from 16 up). */
static uint32_t rgb_of_256(int index)
{
    static const uint32_t levels[] = { 0, 95, 135, 175, 215, 255 };
    if (index >= 232) {
        uint32_t grey = (uint32_t)(index - 232) * 10 + 8;
        return grey << 16 | grey << 8 | grey;
    }
    uint32_t cube = (uint32_t)index - 16;
    return levels[cube / 36] << 16 | levels[cube / 6 % 6] << 8 | levels[cube % 6];
}

static uint32_t colour(const struct theme *theme, unsigned role, bool of_256)
{
    return of_256 ? rgb_of_256(theme->look[role].c256) : theme->look[role].rgb;
}

START_TEST(themes_are_complete_and_found)
{
    ck_assert_str_eq(themes[0]->name, "default");
    for (size_t i = 0; themes[i] != NULL; i++) {
        ck_assert_ptr_eq(theme_find(themes[i]->name), themes[i]);
        ck_assert_ptr_nonnull(themes[i]->help);
        bool own = themes[i]->look[ROLE_BACK].rgb == UINT32_MAX;
        for (int role = 0; role < ROLE_THEME_COUNT; role++) {
            const struct theme_look *look = &themes[i]->look[role];
            ck_assert(own == (look->rgb == UINT32_MAX) && own == (look->c256 == -1));
            ck_assert(own || (look->rgb <= 0xffffff && look->c256 >= 16 && look->c256 < 256));
            ck_assert(own || (look->c16 >= 0 && look->c16 < 16 && look->c8 >= 0 && look->c8 < 8));
        }
    }
    ck_assert_ptr_null(theme_find("pink"));
}
END_TEST

START_TEST(text_can_be_read)
{
    for (size_t i = 0; themes[i] != NULL; i++) {
        const struct theme *theme = themes[i];
        for (int deep = 0; deep < 2 && theme->look[ROLE_BACK].rgb != UINT32_MAX; deep++) {
            uint32_t back = colour(theme, ROLE_BACK, deep),
                     cursor = colour(theme, ROLE_CURSOR, deep);
            uint32_t track = colour(theme, ROLE_TRACK, deep);
            for (unsigned role = ROLE_TEXT; role < ROLE_THEME_COUNT; role++) {
                if (role == ROLE_BAR || role == ROLE_BAR_TEXT || role == ROLE_CURSOR ||
                    role == ROLE_TRACK)
                    continue;
                bool graphic = role >= ROLE_STATE_FIRST;
                double ratio = contrast(colour(theme, role, deep), graphic ? track : back);
                ck_assert_msg(ratio >= (graphic ? 3.0 : 4.5), "%s role %u (%s): contrast %.2f",
                              theme->name, role, deep ? "256" : "true", ratio);
            }
            ck_assert(contrast(colour(theme, ROLE_BAR_TEXT, deep), colour(theme, ROLE_BAR, deep)) >=
                      4.5);
            ck_assert(contrast(colour(theme, ROLE_STRONG, deep), cursor) >= 4.5);
            ck_assert(contrast(colour(theme, ROLE_TEXT, deep), cursor) >= 4.5);
        }
    }
}
END_TEST

START_TEST(states_stay_apart_for_every_eye)
{
    for (size_t i = 0; themes[i] != NULL; i++) {
        const struct theme *theme = themes[i];
        if (theme->look[ROLE_BACK].rgb == UINT32_MAX)
            continue;
        for (int eye = 0; eye < 6; eye++) {
            bool deep = eye >= 3;
            for (unsigned a = ROLE_STATE_FIRST; a <= ROLE_STATE_LAST; a++) {
                for (unsigned b = a + 1; b <= ROLE_STATE_LAST; b++) {
                    double distance =
                        apart(colour(theme, a, deep), colour(theme, b, deep), eye % 3);
                    ck_assert_msg(distance >= 10, "%s: states %u and %u are %.1f apart for eye %d",
                                  theme->name, a - ROLE_STATE_FIRST, b - ROLE_STATE_FIRST, distance,
                                  eye);
                }
            }
        }
    }
}
END_TEST

START_TEST(glyphs_tell_states_apart)
{
    const struct glyphs *sets[] = { &glyphs_unicode, &glyphs_ascii };
    for (int set = 0; set < 2; set++) {
        const struct glyphs *glyphs = sets[set];
        for (int a = 0; a < 9; a++) {
            for (int b = 0; b < a; b++)
                ck_assert_uint_ne(glyphs->state[a], glyphs->state[b]);
        }
        for (int a = 0; a < 7; a++) {
            for (int b = 0; b < a; b++)
                ck_assert_uint_ne(glyphs->task[a], glyphs->task[b]);
        }
        ck_assert_uint_ne(glyphs->full, glyphs->empty);
    }
    const uint32_t *codes = (const uint32_t *)&glyphs_ascii;
    for (size_t i = 0; i < sizeof glyphs_ascii / sizeof *codes; i++)
        ck_assert(codes[i] >= 0x20 && codes[i] < 0x7f);
    codes = (const uint32_t *)&glyphs_unicode;
    for (size_t i = 0; i < sizeof glyphs_unicode / sizeof *codes; i++)
        ck_assert_int_eq(utf8_width(codes[i]), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("draw");
    TCase *tcase = tcase_create("draw");
    tcase_add_test(tcase, utf8_goes_round);
    tcase_add_test(tcase, utf8_bad_bytes_are_told);
    tcase_add_test(tcase, utf8_widths);
    tcase_add_test(tcase, canvas_clips_everywhere);
    tcase_add_test(tcase, canvas_text_keeps_to_its_width);
    tcase_add_test(tcase, canvas_wide_characters_stay_whole);
    tcase_add_test(tcase, canvas_reset_clears_and_equal_tells);
    tcase_add_test(tcase, rects_are_cut_within_bounds);
    tcase_add_test(tcase, columns_share_the_width);
    tcase_add_test(tcase, sweep_spans_are_of_this_round_or_the_one_before);
    tcase_add_test(tcase, sweep_never_moves_what_is_drawn);
    tcase_add_test(tcase, progress_fills);
    tcase_add_test(tcase, chart_draws_by_eighths);
    tcase_add_test(tcase, shares_sum_to_the_cells);
    tcase_add_test(tcase, stack_stands_and_lies);
    tcase_add_test(tcase, legend_gets_airy_with_room);
    tcase_add_test(tcase, wrap_breaks_at_blanks);
    tcase_add_test(tcase, pairs_keep_the_last);
    tcase_add_test(tcase, themes_are_complete_and_found);
    tcase_add_test(tcase, text_can_be_read);
    tcase_add_test(tcase, states_stay_apart_for_every_eye);
    tcase_add_test(tcase, glyphs_tell_states_apart);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
