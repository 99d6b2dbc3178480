/*
 * The palettes as a terminal shows them. Whole pictures are held as text and styles by picture-test;
 * here every picture of a recorded race, at each size and with both sets of glyphs, is painted into
 * libvterm in each palette and depth of colours: each glyph has to arrive, each style has to look the
 * same wherever it is, and what each looks like is held against tests/golden/palette-*.
 * LOCKSTEP_GOLDEN=write writes those anew; look at the difference then.
 */
#include "scene.h"

#include "base/buffer.h"
#include "draw/paint.h"
#include "ui/terminfo.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vterm.h>

/* Last: they give short words a meaning of their own. */
#include <curses.h>
#include <term.h>

enum { LOOKS_MOST = 400, LOOK_TEXT = 64, OF_16 = 16 };

static const struct kind {
    const char *name, *theme;
    const char *type; /* of terminal; NULL: one of 16 colours, which the table need not have */
    bool true_colour, colours;
} kinds[] = {
    { "default-true", "default", "xterm-256color", true, true },
    { "default-256", "default", "xterm-256color", false, true },
    { "default-16", "default", NULL, false, true },
    { "default-8", "default", "xterm", false, true },
    { "projector-true", "projector", "xterm-256color", true, true },
    { "projector-256", "projector", "xterm-256color", false, true },
    { "projector-16", "projector", NULL, false, true },
    { "projector-8", "projector", "xterm", false, true },
    { "mono", "mono", "xterm-256color", false, true },
    { "no-color", "default", "xterm-256color", false, false },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- a terminal ---- */

static void colour_of_16(struct buffer *into, int colour, bool ground)
{
    buffer_printf(into, "\x1b[%dm", (colour < 8 ? 30 : 82) + colour + (ground ? 10 : 0));
}

static struct paint *painter_of(const struct kind *kind, bool utf8)
{
    int answer;
    struct paint *painter;
    if (kind->type == NULL) {
        struct paint_words words = paint_ansi;
        words.depth = OF_16;
        words.true_colour = false;
        words.utf8 = utf8;
        words.colour = colour_of_16;
        painter = paint_new(&words);
    } else {
        ck_assert_msg(setupterm(kind->type, STDOUT_FILENO, &answer) == OK, "no terminfo for %s",
                      kind->type);
        const struct terminfo_options options = { .utf8 = utf8,
                                                  .colours = kind->colours,
                                                  .true_colour = kind->true_colour };
        painter = terminfo_paint(&options);
    }
    ck_assert_ptr_nonnull(painter);
    paint_set_theme(painter, theme_find(kind->theme));
    return painter;
}

static void painter_done(const struct kind *kind, struct paint *painter)
{
    paint_free(painter);
    if (kind->type != NULL)
        del_curterm(cur_term);
}

/* A terminal that shows the canvas. */
static VTerm *show(struct paint *painter, const struct canvas *canvas)
{
    struct buffer bytes;
    buffer_init(&bytes);
    paint_forget(painter);
    paint_frame(painter, canvas, &bytes);
    VTerm *vterm = vterm_new(canvas->rows, canvas->cols);
    vterm_set_utf8(vterm, 1);
    vterm_screen_reset(vterm_obtain_screen(vterm), 1);
    vterm_input_write(vterm, buffer_string(&bytes), bytes.size);
    buffer_fini(&bytes);
    return vterm;
}

/* ---- what a cell looks like ---- */

static void colour_text(const VTermScreen *screen, VTermColor colour, bool front, char text[8])
{
    if (front ? VTERM_COLOR_IS_DEFAULT_FG(&colour) : VTERM_COLOR_IS_DEFAULT_BG(&colour)) {
        snprintf(text, 8, "own");
        return;
    }
    vterm_screen_convert_color_to_rgb(screen, &colour);
    snprintf(text, 8, "%02x%02x%02x", colour.rgb.red, colour.rgb.green, colour.rgb.blue);
}

/* "d0d0d0 on 121212 bold"; of a blank only its ground is seen. */
static void look_of(const VTermScreen *screen, int x, int y, char text[LOOK_TEXT])
{
    VTermScreenCell cell;
    char front[8], back[8];
    vterm_screen_get_cell(screen, (VTermPos){ .row = y, .col = x }, &cell);
    bool empty = cell.chars[0] == 0 || cell.chars[0] == ' ';
    colour_text(screen, cell.fg, true, front);
    colour_text(screen, cell.bg, false, back);
    snprintf(text, LOOK_TEXT, "%s on %s%s%s%s", empty && !cell.attrs.reverse ? "blank" : front,
             back, cell.attrs.bold && !empty ? " bold" : "",
             cell.attrs.underline ? " underline" : "", cell.attrs.reverse ? " reverse" : "");
}

/* ---- every style, once ---- */

struct looks {
    char style[LOOKS_MOST][STYLE_NAME], look[LOOKS_MOST][LOOK_TEXT];
    size_t count;
};

static void learn(struct looks *looks, const struct cell *cell, const char *look, const char *where)
{
    char style[STYLE_NAME];
    size_t at = 0;
    style_name(cell, style);
    while (at < looks->count && strcmp(looks->style[at], style) != 0)
        at++;
    if (at < looks->count) {
        ck_assert_msg(strcmp(looks->look[at], look) == 0, "%s: '%s' is '%s' and elsewhere '%s'",
                      where, style, look, looks->look[at]);
        return;
    }
    ck_assert_uint_lt(looks->count, LOOKS_MOST);
    memcpy(looks->style[at], style, sizeof style);
    snprintf(looks->look[at], LOOK_TEXT, "%s", look);
    looks->count++;
}

static void learn_picture(struct looks *looks, struct paint *painter, const struct canvas *canvas,
                          const char *where)
{
    VTerm *vterm = show(painter, canvas);
    const VTermScreen *screen = vterm_obtain_screen(vterm);
    for (int y = 0; y < canvas->rows; y++) {
        for (int x = 0; x < canvas->cols; x++) {
            const struct cell *cell = canvas_at(canvas, x, y);
            VTermScreenCell shown;
            char look[LOOK_TEXT];
            vterm_screen_get_cell(screen, (VTermPos){ .row = y, .col = x }, &shown);
            uint32_t code = shown.chars[0] == 0 ? ' ' : shown.chars[0];
            ck_assert_msg(code == cell->code, "%s: U+%04X at %d,%d is shown as U+%04X", where,
                          cell->code, x, y, code);
            look_of(screen, x, y, look);
            learn(looks, cell, look, where);
        }
    }
    vterm_free(vterm);
}

static int by_style(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void write_looks(const struct looks *looks, struct buffer *into)
{
    static char rows[LOOKS_MOST][STYLE_NAME + LOOK_TEXT];
    for (size_t i = 0; i < looks->count; i++)
        snprintf(rows[i], sizeof rows[i], "%-32s %s\n", looks->style[i], looks->look[i]);
    qsort(rows, looks->count, sizeof *rows, by_style);
    for (size_t i = 0; i < looks->count; i++)
        buffer_text(into, rows[i]);
}

START_TEST(every_style_looks_as_it_did)
{
    static struct looks looks;
    const struct kind *kind = &kinds[_i];
    struct scene scene;
    scene_open_recorded(&scene, "scraper");
    const struct look plain = scene.look;
    for (int ascii = 0; ascii < 2; ascii++) {
        struct paint *painter = painter_of(kind, ascii == 0);
        for (size_t i = 0; i < recorded_count * SIZES_DRAWN; i++) {
            const struct recorded_picture *picture = &recorded[i / SIZES_DRAWN];
            const struct size_drawn *size = &sizes_drawn[i % SIZES_DRAWN];
            char where[64];
            scene.look = plain;
            recorded_look(&scene, (int)(i / SIZES_DRAWN));
            scene.look.glyphs = ascii ? &glyphs_ascii : &glyphs_unicode;
            scene_draw(&scene, picture->view, size->cols, size->rows);
            snprintf(where, sizeof where, "%s %dx%d", picture->name, size->cols, size->rows);
            learn_picture(&looks, painter, &scene.canvas, where);
        }
        painter_done(kind, painter);
    }
    struct buffer now;
    char name[64];
    buffer_init(&now);
    write_looks(&looks, &now);
    snprintf(name, sizeof name, "palette-%s", kind->name);
    assert_golden_is(buffer_string(&now), name);
    buffer_fini(&now);
    scene_close(&scene);
}
END_TEST

/* ---- states ---- */

/* Each state of a lane is told twice: by a glyph, and by how that looks. Without colours the glyph has
 * to do. */
START_TEST(every_state_is_told_by_glyph_and_colour)
{
    const struct kind *kind = &kinds[_i];
    bool colours = kind->colours && strcmp(kind->theme, "mono") != 0;
    static const uint8_t grounds[] = { ROLE_TRACK, ROLE_BACK };
    struct canvas canvas;
    char looks[STATE_COUNT][LOOK_TEXT];
    canvas_init(&canvas);
    canvas_reset(&canvas, STATE_COUNT, 2);
    for (int ascii = 0; ascii < 2; ascii++) {
        const struct glyphs *glyphs = ascii ? &glyphs_ascii : &glyphs_unicode;
        for (int i = 0; i < STATE_COUNT * 2; i++)
            canvas_put(&canvas, i / 2, i % 2, glyphs->state[i / 2],
                       style_on(ROLE_STATE_FIRST + (unsigned)i / 2, grounds[i % 2], 0));
        struct paint *painter = painter_of(kind, ascii == 0);
        VTerm *vterm = show(painter, &canvas);
        for (int y = 0; y < 2; y++) {
            for (int a = 0; a < STATE_COUNT; a++) {
                look_of(vterm_obtain_screen(vterm), a, y, looks[a]);
                for (int b = 0; b < a; b++) {
                    ck_assert_uint_ne(glyphs->state[a], glyphs->state[b]);
                    ck_assert_msg(!colours || strcmp(looks[a], looks[b]) != 0,
                                  "%s: %s and %s are both %s", kind->name, state_rows[a].key,
                                  state_rows[b].key, looks[a]);
                }
            }
        }
        vterm_free(vterm);
        painter_done(kind, painter);
    }
    canvas_fini(&canvas);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("palette");
    TCase *tcase = tcase_create("palette");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, every_style_looks_as_it_did, 0, KINDS);
    tcase_add_loop_test(tcase, every_state_is_told_by_glyph_and_colour, 0, KINDS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
