/*
 * The palettes as a terminal shows them. Whole pictures are held as text and styles by picture-test;
 * here every picture of a recorded race, at each size and with both sets of glyphs, is painted into
 * libvterm in each palette and depth of colours: each glyph has to arrive, in what the palette has for
 * its style. What each role looks like in each is held against tests/golden/palette-*.
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

enum { OF_16 = 16 };

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

struct shown {
    uint32_t code;
    char front[8], back[8];
    unsigned attr; /* enum attr bits; those of libvterm */
};

static void colour_text(const VTermScreen *screen, VTermColor colour, bool front, char text[8])
{
    if (front ? VTERM_COLOR_IS_DEFAULT_FG(&colour) : VTERM_COLOR_IS_DEFAULT_BG(&colour)) {
        snprintf(text, 8, "own");
        return;
    }
    vterm_screen_convert_color_to_rgb(screen, &colour);
    snprintf(text, 8, "%02x%02x%02x", colour.rgb.red, colour.rgb.green, colour.rgb.blue);
}

/* Of a blank only its ground is seen, and it is never bold. */
static void shown_at(const VTerm *vterm, int x, int y, struct shown *shown)
{
    VTermScreenCell cell;
    const VTermScreen *screen = vterm_obtain_screen((VTerm *)(uintptr_t)vterm);
    vterm_screen_get_cell(screen, (VTermPos){ .row = y, .col = x }, &cell);
    *shown = (struct shown){ .code = cell.chars[0] == 0 ? ' ' : cell.chars[0] };
    shown->attr = (cell.attrs.reverse ? ATTR_REVERSE : 0u) |
                  (cell.attrs.underline ? ATTR_UNDERLINE : 0u) |
                  (cell.attrs.bold && shown->code != ' ' ? ATTR_BOLD : 0u);
    colour_text(screen, cell.bg, false, shown->back);
    colour_text(screen, cell.fg, true, shown->front);
    if (shown->code == ' ' && !cell.attrs.reverse)
        snprintf(shown->front, sizeof shown->front, "blank");
}

static const char *attr_text(unsigned attr)
{
    static char text[32];
    snprintf(text, sizeof text, "%s%s%s", (attr & ATTR_BOLD) != 0 ? " bold" : "",
             (attr & ATTR_UNDERLINE) != 0 ? " underline" : "",
             (attr & ATTR_REVERSE) != 0 ? " reverse" : "");
    return text;
}

/* ---- the roles of a palette ---- */

/* What a role is as the colour of a glyph, and what as its ground. */
struct palette {
    struct shown front[ROLE_THEME_COUNT], ground[ROLE_THEME_COUNT];
};

static void palette_of(struct palette *palette, struct paint *painter)
{
    struct canvas canvas;
    canvas_init(&canvas);
    canvas_reset(&canvas, ROLE_THEME_COUNT, 2);
    for (int role = 0; role < ROLE_THEME_COUNT; role++) {
        canvas_put(&canvas, role, 0, 'x', style_role((unsigned)role));
        canvas_put(&canvas, role, 1, 'x', style_on(ROLE_TEXT, (unsigned)role, 0));
    }
    VTerm *vterm = show(painter, &canvas);
    for (int role = 0; role < ROLE_THEME_COUNT; role++) {
        shown_at(vterm, role, 0, &palette->front[role]);
        shown_at(vterm, role, 1, &palette->ground[role]);
    }
    ck_assert_uint_eq(palette->front[ROLE_TEXT].attr, 0); /* so that a ground's own are seen */
    vterm_free(vterm);
    canvas_fini(&canvas);
}

static void assert_palette(const struct palette *palette, const char *kind)
{
    struct buffer now;
    char name[64];
    buffer_init(&now);
    for (int role = 0; role < ROLE_THEME_COUNT; role++) {
        const struct shown *front = &palette->front[role], *ground = &palette->ground[role];
        char role_text[ROLE_NAME];
        role_name((unsigned)role, role_text);
        buffer_printf(&now, "%-9s %s%s", role_text, front->front, attr_text(front->attr));
        buffer_printf(&now, ", ground %s%s\n", ground->back, attr_text(ground->attr));
    }
    snprintf(name, sizeof name, "palette-%s", kind);
    assert_golden_is(buffer_string(&now), name);
    buffer_fini(&now);
}

/* ---- whole pictures ---- */

/* Each glyph is there, in the colours and attributes that the palette has for its roles. */
static void assert_shown(const struct palette *palette, struct paint *painter,
                         const struct canvas *canvas, const char *where)
{
    VTerm *vterm = show(painter, canvas);
    for (int y = 0; y < canvas->rows; y++) {
        for (int x = 0; x < canvas->cols; x++) {
            const struct cell *cell = canvas_at(canvas, x, y);
            const struct shown *front = &palette->front[cell->fg];
            const struct shown *ground = &palette->ground[cell->bg];
            unsigned attr = cell->attr | front->attr | ground->attr;
            struct shown shown;
            if (cell->code == ' ')
                attr &= ~(unsigned)ATTR_BOLD;
            shown_at(vterm, x, y, &shown);
            bool blank = strcmp(shown.front, "blank") == 0;
            if (shown.code != cell->code || strcmp(shown.back, ground->back) != 0 ||
                (!blank && strcmp(shown.front, front->front) != 0) || shown.attr != attr)
                ck_abort_msg("%s %d,%d: U+%04X %s on %s%s instead of U+%04X %s on %s%x", where, x,
                             y, shown.code, shown.front, shown.back, attr_text(shown.attr),
                             cell->code, front->front, ground->back, attr);
        }
    }
    vterm_free(vterm);
}

START_TEST(every_picture_is_shown_in_its_palette)
{
    const struct kind *kind = &kinds[_i];
    struct palette palette;
    struct scene scene;
    scene_open_recorded(&scene, "scraper");
    const struct look plain = scene.look;
    for (int ascii = 0; ascii < 2; ascii++) {
        struct paint *painter = painter_of(kind, ascii == 0);
        palette_of(&palette, painter);
        assert_palette(&palette, kind->name);
        for (size_t i = 0; i < recorded_count * SIZES_DRAWN; i++) {
            const struct recorded_picture *picture = &recorded[i / SIZES_DRAWN];
            const struct size_drawn *size = &sizes_drawn[i % SIZES_DRAWN];
            char where[64];
            scene.look = plain;
            recorded_look(&scene, (int)(i / SIZES_DRAWN));
            scene.look.glyphs = ascii ? &glyphs_ascii : &glyphs_unicode;
            scene_draw(&scene, picture->view, size->cols, size->rows);
            snprintf(where, sizeof where, "%s %dx%d", picture->name, size->cols, size->rows);
            assert_shown(&palette, painter, &scene.canvas, where);
        }
        painter_done(kind, painter);
    }
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
    struct shown looks[STATE_COUNT];
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
                shown_at(vterm, a, y, &looks[a]);
                ck_assert_uint_eq(looks[a].code, glyphs->state[a]);
                for (int b = 0; b < a; b++) {
                    ck_assert_uint_ne(glyphs->state[a], glyphs->state[b]);
                    bool same = strcmp(looks[a].front, looks[b].front) == 0 &&
                                looks[a].attr == looks[b].attr;
                    ck_assert_msg(!colours || !same, "%s: %s and %s are both %s%s", kind->name,
                                  state_rows[a].key, state_rows[b].key, looks[a].front,
                                  attr_text(looks[a].attr));
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
    tcase_add_loop_test(tcase, every_picture_is_shown_in_its_palette, 0, KINDS);
    tcase_add_loop_test(tcase, every_state_is_told_by_glyph_and_colour, 0, KINDS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
