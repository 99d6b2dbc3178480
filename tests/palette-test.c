/*
 * The palettes as a terminal shows them: each view of the screen's own, painted in each palette and
 * depth of colours into libvterm, and the colours and attributes of every cell held against
 * tests/golden/palette-*. A letter stands for a look; below the picture is what each letter is.
 * LOCKSTEP_GOLDEN=write writes them anew; look at the difference then.
 */
#include "scene.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "draw/paint.h"
#include "ui/terminfo.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vterm.h>

/* Last: they give short words a meaning of their own. */
#include <curses.h>
#include <term.h>

enum { WIDE = 80, HIGH = 24, LOOKS_MOST = 60 };

static const struct {
    const char *theme, *type, *name;
    bool colours;
} kinds[] = {
    { "default", "xterm-256color", "default-256", true },
    { "projector", "xterm-256color", "projector-256", true },
    { "mono", "xterm-256color", "mono", true },
    { "default", "xterm", "default-8", true },
    { "projector", "xterm", "projector-8", true },
    { "default", "xterm-256color", "no-color", false },
};
static const char *const views_drawn[] = { "race", "picker", "question", "help" };
enum { KINDS = sizeof kinds / sizeof *kinds, VIEWS = sizeof views_drawn / sizeof *views_drawn };

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
static void look_of(const VTermScreen *screen, int x, int y, char text[64])
{
    VTermScreenCell cell;
    char front[8], back[8];
    vterm_screen_get_cell(screen, (VTermPos){ .row = y, .col = x }, &cell);
    bool blank = (cell.chars[0] == 0 || cell.chars[0] == ' ') && !cell.attrs.reverse;
    colour_text(screen, cell.fg, true, front);
    colour_text(screen, cell.bg, false, back);
    snprintf(text, 64, "%s on %s%s%s%s", blank ? "blank" : front, back,
             cell.attrs.bold && !blank ? " bold" : "", cell.attrs.underline ? " underline" : "",
             cell.attrs.reverse ? " reverse" : "");
}

static void write_looks(const VTermScreen *screen, struct buffer *into)
{
    static char looks[LOOKS_MOST][64];
    int count = 0;
    for (int y = 0; y < HIGH; y++) {
        for (int x = 0; x < WIDE; x++) {
            char text[64];
            int at = 0;
            look_of(screen, x, y, text);
            while (at < count && strcmp(looks[at], text) != 0)
                at++;
            if (at == count)
                strcpy(looks[count++], text);
            ck_assert_int_lt(count, LOOKS_MOST);
            buffer_byte(into, (char)('A' + at));
        }
        buffer_byte(into, '\n');
    }
    for (int i = 0; i < count; i++)
        buffer_printf(into, "%c %s\n", 'A' + i, looks[i]);
}

static void paint(const struct canvas *canvas, int kind, struct buffer *into)
{
    int answer;
    ck_assert_msg(setupterm(kinds[kind].type, STDOUT_FILENO, &answer) == OK, "no terminfo for %s",
                  kinds[kind].type);
    const struct terminfo_options options = { .utf8 = true, .colours = kinds[kind].colours };
    struct paint *painter = terminfo_paint(&options);
    ck_assert_ptr_nonnull(painter);
    paint_set_theme(painter, theme_find(kinds[kind].theme));
    struct buffer bytes;
    buffer_init(&bytes);
    paint_frame(painter, canvas, &bytes);
    VTerm *vterm = vterm_new(HIGH, WIDE);
    vterm_set_utf8(vterm, 1);
    VTermScreen *screen = vterm_obtain_screen(vterm);
    vterm_screen_reset(screen, 1);
    vterm_input_write(vterm, buffer_string(&bytes), bytes.size);
    write_looks(screen, into);
    vterm_free(vterm);
    buffer_fini(&bytes);
    paint_free(painter);
    del_curterm(cur_term);
}

static char *read_whole(const char *path)
{
    struct buffer text;
    char block[4096];
    size_t got;
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
    buffer_init(&text);
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        buffer_append(&text, block, got);
    fclose(file);
    return buffer_take(&text);
}

START_TEST(looks_are_as_they_were)
{
    const char *view = views_drawn[_i % VIEWS], *mode = getenv("LOCKSTEP_GOLDEN");
    const char *srcdir = getenv("top_srcdir");
    int kind = _i / VIEWS;
    struct scene scene;
    struct buffer now;
    char path[512];
    scene_open(&scene, strcmp(view, "race") == 0 ? "live" : "scraper");
    scene.look.moment = 600000000;
    scene_draw(&scene, view, WIDE, HIGH);
    buffer_init(&now);
    paint(&scene.canvas, kind, &now);
    snprintf(path, sizeof path, "%s/tests/golden/palette-%s-%s.txt", srcdir != NULL ? srcdir : "..",
             kinds[kind].name, view);
    if (mode != NULL && strcmp(mode, "write") == 0) {
        FILE *file = fopen(path, "w");
        ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
        fputs(buffer_string(&now), file);
        fclose(file);
    }
    char *then = read_whole(path);
    if (strcmp(then, buffer_string(&now)) != 0)
        fputs(buffer_string(&now), stderr);
    ck_assert_msg(strcmp(then, buffer_string(&now)) == 0,
                  "%s is not what is painted now; LOCKSTEP_GOLDEN=write if that is right", path);
    free(then);
    buffer_fini(&now);
    scene_close(&scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("palette");
    TCase *tcase = tcase_create("palette");
    tcase_add_loop_test(tcase, looks_are_as_they_were, 0, KINDS * VIEWS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
