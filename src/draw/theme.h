/*
 * theme.h: roles, and what they look like. What carries meaning carries it twice: by colour and by
 * glyph. A theme is a row (theme.c): the colour of each role in true colour, 256, 16 and 8 colours.
 *
 * To add a theme: a const struct theme in theme.c, one row in themes[].
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
    ROLE_HOLDER_FIRST, /* colours of who has a GIL or a core (part_lane_colour()) */
    ROLE_HOLDER_LAST = ROLE_HOLDER_FIRST + 7,
    ROLE_CHART, /* bars of cores, queue */
    ROLE_TRACK, /* the ground that strips and charts stand on: background */
    ROLE_THEME_COUNT
};

struct theme {
    const char *name; /* "default", "projector", "mono" */
    const char *help;
    struct theme_look {
        uint32_t rgb;          /* 0xrrggbb; UINT32_MAX: the terminal's own default */
        int16_t c256, c16, c8; /* -1: default */
        uint8_t attr;          /* added where colours are few (8) or none */
    } look[ROLE_THEME_COUNT];
};
extern const struct theme *const themes[]; /* NULL-terminated; the first is the default */
const struct theme *theme_find(const char *name);

/* A style of a role on the common background, and on another one. */
static inline struct style style_role(unsigned role)
{
    return (struct style){ .fg = (uint8_t)role, .bg = ROLE_BACK, .attr = 0 };
}
static inline struct style style_on(unsigned role, unsigned back, unsigned attr)
{
    return (struct style){ .fg = (uint8_t)role, .bg = (uint8_t)back, .attr = (uint8_t)attr };
}
static inline struct style style_bold(unsigned role)
{
    return (struct style){ .fg = (uint8_t)role, .bg = ROLE_BACK, .attr = ATTR_BOLD };
}

/* Glyphs, in Unicode and for --ascii: states, bars, the scrubber. The Unicode ones are those that
 * projectors' fonts and the Linux console have, but for the eighths. */
struct glyphs {
    uint32_t state[9];    /* by enum state */
    uint32_t task[7];     /* by enum task_state */
    uint32_t bar[9];      /* " ▁▂▃▄▅▆▇█": by eighths */
    uint32_t full, empty; /* progress */
    uint32_t scrub, handle, mark;
    uint32_t unread; /* where a recording was not read yet */
    uint32_t line_h, line_v;
    uint32_t held, free;         /* the GIL strip: held by one without a digit, nobody */
    uint32_t pointer;            /* before what is selected in a list */
    uint32_t more_up, more_down; /* a list goes on */
    uint32_t best;               /* beside the best of a row */
};
extern const struct glyphs glyphs_unicode, glyphs_ascii;

#endif
