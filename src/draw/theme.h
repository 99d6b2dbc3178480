/*
 * theme.h: roles, and what they look like. What carries meaning carries it twice: by colour and by
 * glyph. A theme is a row (theme.c): the colour of each role in true colour, 256, 16 and 8 colours.
 */
#ifndef DRAW_THEME_H
#define DRAW_THEME_H

#include <stdbool.h>
#include <stdint.h>

#include "draw/canvas.h"

enum role {
    ROLE_BACK,
    ROLE_TEXT,
    ROLE_QUIET,  /* labels, frames */
    ROLE_STRONG, /* titles */
    ROLE_BAR,    /* the bars at top and bottom: background */
    ROLE_BAR_TEXT,
    ROLE_CURSOR, /* background of what is selected */
    ROLE_GOOD,
    ROLE_WARN,
    ROLE_BAD,
    ROLE_GHOST,
    ROLE_STATE_FIRST, /* + enum state of timeline/state.h, nine of them */
    ROLE_STATE_LAST = ROLE_STATE_FIRST + 8,
    ROLE_HOLDER_FIRST, /* colours of GIL holders, by lane modulo 8 */
    ROLE_HOLDER_LAST = ROLE_HOLDER_FIRST + 7,
    ROLE_CHART, /* bars of cores, queue */
    ROLE_THEME_COUNT
};

struct theme {
    const char *name; /* "default", "projector", "mono" */
    const char *help;
    struct {
        uint32_t rgb;     /* 0xrrggbb; UINT32_MAX: the terminal's own default */
        int16_t c256, c16, c8; /* -1: default */
        uint8_t attr;     /* added where colours are few or none */
    } look[ROLE_THEME_COUNT];
};
extern const struct theme *const themes[]; /* NULL-terminated */
const struct theme *theme_find(const char *name);

/* Glyphs, in Unicode and for --ascii: states, bars, the scrubber. */
struct glyphs {
    uint32_t state[9];       /* by enum state */
    uint32_t task[7];        /* by enum task_state */
    uint32_t bar[9];         /* " ▁▂▃▄▅▆▇█": by eighths */
    uint32_t full, empty;    /* progress */
    uint32_t scrub, handle, mark;
    uint32_t line_h, line_v;
    uint32_t held, free;     /* the GIL strip */
    uint32_t mixed;
};
extern const struct glyphs glyphs_unicode, glyphs_ascii;

#endif
