/*
 * screen.h: the terminal. It shows a canvas, gives keys, and leaves the terminal as it was.
 *
 * There is one terminal, so there is one screen at a time. A frame reaches the terminal in one write
 * as far as the terminal takes it.
 */
#ifndef UI_SCREEN_H
#define UI_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "draw/canvas.h"
#include "draw/theme.h"

struct screen;

/* Keys that are no characters; characters are their code points. */
enum screen_key {
    KEY_IS_NONE = 0, /* no more for now */
    KEY_IS_TAB = 9,
    KEY_IS_ENTER = 10,
    KEY_IS_ESCAPE = 27,
    KEY_IS_ERASE = 127,
    KEY_IS_UP = 0x110000, /* beyond the code points */
    KEY_IS_DOWN,
    KEY_IS_LEFT,
    KEY_IS_RIGHT,
    KEY_IS_HOME,
    KEY_IS_END,
    KEY_IS_PAGE_UP,
    KEY_IS_PAGE_DOWN,
    KEY_IS_BACK_TAB,
    KEY_IS_SHIFT_UP,
    KEY_IS_SHIFT_DOWN,
    KEY_IS_SHIFT_LEFT,
    KEY_IS_SHIFT_RIGHT,
    KEY_IS_MOUSE, /* screen_mouse() tells what it did */
    KEY_IS_GONE,  /* the terminal was closed */
};

/* What the mouse did, at a cell of the screen. */
struct screen_mouse {
    enum mouse_deed {
        MOUSE_PRESS,
        MOUSE_DRAG,
        MOUSE_RELEASE,
        MOUSE_WHEEL_UP,
        MOUSE_WHEEL_DOWN
    } deed;
    int x, y;
};

/* Takes the terminal of stdin and stdout over. `theme` is borrowed. NULL with a sentence where there
 * is none or its type is not known. */
struct screen *screen_open(const struct theme *theme, struct error *error);
/* Gives it back as it was; frees. */
void screen_close(struct screen *screen);
/* What the fatal paths call before they say why: gives the terminal back, allocates nothing. */
void screen_abandon(void);

void screen_size(const struct screen *screen, int *cols, int *rows);
/* The terminal's size changed (SIGWINCH): reads it; the next frame is drawn whole. */
void screen_resize(struct screen *screen);
/* Gives the terminal back, stops this process until it is continued, takes it again. */
void screen_suspend(struct screen *screen);
void screen_set_theme(struct screen *screen, const struct theme *theme);

/* Shows the canvas: what changed since the last one. False: the terminal is gone. */
bool screen_show(struct screen *screen, const struct canvas *canvas);
/* The next key, or KEY_IS_NONE; never waits. To be called when screen_fd() is readable. */
uint32_t screen_key(struct screen *screen);
/* Of the last KEY_IS_MOUSE. */
struct screen_mouse screen_mouse(const struct screen *screen);
int screen_fd(const struct screen *screen);
/* Whether a key came that was not asked for yet, or the terminal is gone. */
bool screen_has_input(const struct screen *screen);

/* Whether the locale speaks UTF-8 (else glyphs and texts have to be ASCII). */
bool screen_speaks_utf8(void);

#endif
