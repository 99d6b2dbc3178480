/*
 * A canvas against libvterm's screen. Of a blank only its ground is compared: its front is not seen.
 */
#include "shows.h"

#include <check.h>

/* ck_assert_msg tells the runner of each time it is passed, by a write to a file: a million cells are
 * looked at here. */
#define hold(expression, ...)          \
    do {                               \
        if (!(expression))             \
            ck_abort_msg(__VA_ARGS__); \
    } while (0)

struct shown {
    VTermScreen *screen;
    const struct theme *theme;
    int depth;
};

static uint32_t rgb_of(const struct shown *shown, VTermColor colour)
{
    vterm_screen_convert_color_to_rgb(shown->screen, &colour);
    return (uint32_t)colour.rgb.red << 16 | (uint32_t)colour.rgb.green << 8 | colour.rgb.blue;
}

/* What the theme says of a role, in the painter's depth. */
static uint32_t wanted_rgb(const struct shown *shown, unsigned role)
{
    const struct theme_look *look = &shown->theme->look[role];
    VTermColor colour;
    if (shown->depth > 256)
        return look->rgb;
    vterm_color_indexed(&colour, (uint8_t)(shown->depth == 256 ? look->c256 : look->c8));
    return rgb_of(shown, colour);
}

/* Attributes that a theme adds where colours are few. */
static unsigned added(const struct shown *shown, const struct cell *cell)
{
    const struct theme *theme = shown->depth == 0 ? theme_find("mono") : shown->theme;
    bool few = shown->depth <= 8 || theme->look[ROLE_BACK].rgb == UINT32_MAX;
    return few ? theme->look[cell->fg].attr | theme->look[cell->bg].attr : 0;
}

static void compare_cell(const struct shown *shown, const struct cell *wanted, int x, int y)
{
    VTermScreenCell got;
    hold(vterm_screen_get_cell(shown->screen, (VTermPos){ .row = y, .col = x }, &got), "%d,%d", x,
         y);
    if (wanted->code == 0)
        return; /* the right half of the one before */
    uint32_t code = got.chars[0] == 0 ? ' ' : got.chars[0];
    hold(code == wanted->code, "%d,%d: U+%04x instead of U+%04x", x, y, code, wanted->code);
    unsigned attr = wanted->attr | added(shown, wanted);
    bool blank = code == ' ' && (attr & (ATTR_REVERSE | ATTR_UNDERLINE)) == 0;
    if (!blank) {
        hold(got.attrs.bold == !!(attr & ATTR_BOLD), "%d,%d: bold", x, y);
        hold(!!got.attrs.underline == !!(attr & ATTR_UNDERLINE), "%d,%d: underline", x, y);
        hold(got.attrs.reverse == !!(attr & ATTR_REVERSE), "%d,%d: reverse", x, y);
    }
    if (shown->depth == 0 || shown->theme->look[ROLE_BACK].rgb == UINT32_MAX)
        return;
    uint32_t ground = rgb_of(shown, got.bg), front = rgb_of(shown, got.fg);
    hold(ground == wanted_rgb(shown, wanted->bg), "%d,%d (%c): ground %06x instead of %06x", x, y,
         (int)code, ground, wanted_rgb(shown, wanted->bg));
    if (!blank)
        hold(front == wanted_rgb(shown, wanted->fg), "%d,%d (%c): colour %06x instead of %06x", x,
             y, (int)code, front, wanted_rgb(shown, wanted->fg));
}

void shows_canvas(VTermScreen *screen, const struct canvas *canvas, const struct theme *theme,
                  int depth)
{
    const struct shown shown = { screen, theme, depth };
    for (int y = 0; y < canvas->rows; y++) {
        for (int x = 0; x < canvas->cols; x++)
            compare_cell(&shown, canvas_at(canvas, x, y), x, y);
    }
}
