/*
 * The palettes and the glyphs: tables only.
 *
 * The hues of `default` and `projector` are those of Okabe and Ito, lightened for a dark ground and
 * darkened for a light one, so that states stay apart for colour-blind eyes. A test holds every
 * text against its ground (contrast) and the states against each other.
 */
#include "draw/theme.h"

#include <stddef.h>
#include <string.h>

#define OWN UINT32_MAX /* the terminal's own colour */

static const struct theme theme_default = {
    .name = "default",
    .help = "on a dark ground, safe for colour-blind eyes",
    .look = {
        [ROLE_BACK]              = { 0x0f1318, 233, 0, 0, 0 },
        [ROLE_TEXT]              = { 0xd8dde3, 253, 7, 7, 0 },
        [ROLE_QUIET]             = { 0x98a2ae, 247, 7, 7, 0 },
        [ROLE_STRONG]            = { 0xffffff, 231, 15, 7, ATTR_BOLD },
        [ROLE_BAR]               = { 0x24344d, 237, 4, 4, 0 },
        [ROLE_BAR_TEXT]          = { 0xf2f5f8, 255, 15, 7, 0 },
        [ROLE_CURSOR]            = { 0x34527a, 24, 5, 5, 0 },
        [ROLE_GOOD]              = { 0x35c08a, 79, 10, 2, ATTR_BOLD },
        [ROLE_WARN]              = { 0xf0b429, 214, 11, 3, ATTR_BOLD },
        [ROLE_BAD]               = { 0xff7a5c, 209, 9, 1, ATTR_BOLD },
        [ROLE_GHOST]             = { 0xa9b6d6, 146, 7, 7, 0 },
        [ROLE_STATE_FIRST + 0]   = { 0x00b884, 36, 10, 2, 0 },         /* run */
        [ROLE_STATE_FIRST + 1]   = { 0xf0e442, 227, 11, 3, ATTR_BOLD }, /* native */
        [ROLE_STATE_FIRST + 2]   = { 0xe69f00, 214, 3, 3, 0 },         /* ready */
        [ROLE_STATE_FIRST + 3]   = { 0xf0641e, 202, 9, 1, 0 },         /* gil */
        [ROLE_STATE_FIRST + 4]   = { 0xcc79a7, 175, 13, 5, 0 },        /* lock */
        [ROLE_STATE_FIRST + 5]   = { 0x56b4e9, 74, 14, 6, 0 },         /* io */
        [ROLE_STATE_FIRST + 6]   = { 0x3d8fd8, 32, 12, 4, ATTR_BOLD }, /* ipc */
        [ROLE_STATE_FIRST + 7]   = { 0x6b7480, 242, 7, 7, 0 },         /* idle */
        [ROLE_STATE_FIRST + 8]   = { 0xc8ced6, 252, 15, 7, ATTR_BOLD }, /* other */
        [ROLE_HOLDER_FIRST + 0]  = { 0xe69f00, 214, 3, 3, 0 },
        [ROLE_HOLDER_FIRST + 1]  = { 0x56b4e9, 74, 14, 6, 0 },
        [ROLE_HOLDER_FIRST + 2]  = { 0x00b884, 36, 10, 2, 0 },
        [ROLE_HOLDER_FIRST + 3]  = { 0xf0e442, 227, 11, 3, 0 },
        [ROLE_HOLDER_FIRST + 4]  = { 0x3d8fd8, 32, 12, 4, 0 },
        [ROLE_HOLDER_FIRST + 5]  = { 0xf0641e, 202, 9, 1, 0 },
        [ROLE_HOLDER_FIRST + 6]  = { 0xcc79a7, 175, 13, 5, 0 },
        [ROLE_HOLDER_FIRST + 7]  = { 0xb8bec6, 250, 7, 7, 0 },
        [ROLE_CHART]             = { 0x8fb8de, 110, 14, 6, 0 },
        [ROLE_TRACK]             = { 0x191f28, 234, 0, 0, 0 },
    },
};

static const struct theme theme_projector = {
    .name = "projector",
    .help = "on a light ground, high contrast, for a lit room",
    .look = {
        [ROLE_BACK]              = { 0xffffff, 231, 15, 7, 0 },
        [ROLE_TEXT]              = { 0x000000, 16, 0, 0, 0 },
        [ROLE_QUIET]             = { 0x4a4a4a, 239, 0, 0, 0 },
        [ROLE_STRONG]            = { 0x000000, 16, 0, 0, ATTR_BOLD },
        [ROLE_BAR]               = { 0x17263d, 235, 4, 4, 0 },
        [ROLE_BAR_TEXT]          = { 0xffffff, 231, 15, 7, 0 },
        [ROLE_CURSOR]            = { 0xffe08a, 222, 11, 3, 0 },
        [ROLE_GOOD]              = { 0x00694b, 23, 2, 2, ATTR_BOLD },
        [ROLE_WARN]              = { 0x8a5000, 94, 5, 5, ATTR_BOLD },
        [ROLE_BAD]               = { 0xb3261e, 124, 1, 1, ATTR_BOLD },
        [ROLE_GHOST]             = { 0x3c4a66, 240, 4, 4, 0 },
        [ROLE_STATE_FIRST + 0]   = { 0x006655, 23, 2, 2, 0 }, /* run */
        [ROLE_STATE_FIRST + 1]   = { 0x7f7f58, 101, 0, 0, ATTR_BOLD }, /* native */
        [ROLE_STATE_FIRST + 2]   = { 0x8a0000, 88, 13, 5, 0 }, /* ready */
        [ROLE_STATE_FIRST + 3]   = { 0xcf5500, 166, 1, 1, 0 }, /* gil */
        [ROLE_STATE_FIRST + 4]   = { 0x870087, 90, 5, 5, ATTR_BOLD }, /* lock */
        [ROLE_STATE_FIRST + 5]   = { 0x0080cc, 32, 6, 6, 0 }, /* io */
        [ROLE_STATE_FIRST + 6]   = { 0x00008a, 18, 4, 4, 0 }, /* ipc */
        [ROLE_STATE_FIRST + 7]   = { 0x808080, 102, 8, 0, 0 }, /* idle */
        [ROLE_STATE_FIRST + 8]   = { 0x282828, 235, 12, 0, ATTR_UNDERLINE }, /* other */
        [ROLE_HOLDER_FIRST + 0]  = { 0xcf5500, 166, 1, 1, 0 },
        [ROLE_HOLDER_FIRST + 1]  = { 0x0080cc, 32, 6, 6, 0 },
        [ROLE_HOLDER_FIRST + 2]  = { 0x006655, 23, 2, 2, 0 },
        [ROLE_HOLDER_FIRST + 3]  = { 0x7f7f58, 101, 0, 0, 0 },
        [ROLE_HOLDER_FIRST + 4]  = { 0x00008a, 18, 4, 4, 0 },
        [ROLE_HOLDER_FIRST + 5]  = { 0x8a0000, 88, 13, 5, 0 },
        [ROLE_HOLDER_FIRST + 6]  = { 0x870087, 90, 5, 6, 0 },
        [ROLE_HOLDER_FIRST + 7]  = { 0x282828, 235, 0, 0, 0 },
        [ROLE_CHART]             = { 0x2f6ca8, 25, 4, 4, 0 },
        [ROLE_TRACK]             = { 0xeceef2, 255, 15, 7, 0 },
    },
};

#define PLAIN              \
    {                      \
        OWN, -1, -1, -1, 0 \
    }
#define WITH(attributes)            \
    {                               \
        OWN, -1, -1, -1, attributes \
    }

static const struct theme theme_mono = {
    .name = "mono",
    .help = "the terminal's own two colours; glyphs and bold tell all",
    .look = {
        [ROLE_BACK]     = PLAIN,
        [ROLE_TEXT]     = PLAIN,
        [ROLE_QUIET]    = PLAIN,
        [ROLE_STRONG]   = WITH(ATTR_BOLD),
        [ROLE_BAR]      = WITH(ATTR_REVERSE),
        [ROLE_BAR_TEXT] = PLAIN,
        [ROLE_CURSOR]   = WITH(ATTR_REVERSE | ATTR_UNDERLINE),
        [ROLE_GOOD]     = WITH(ATTR_BOLD),
        [ROLE_WARN]     = WITH(ATTR_BOLD),
        [ROLE_BAD]      = WITH(ATTR_BOLD | ATTR_UNDERLINE),
        [ROLE_GHOST]    = PLAIN,
        [ROLE_STATE_FIRST ... ROLE_STATE_LAST]   = PLAIN,
        [ROLE_HOLDER_FIRST ... ROLE_HOLDER_LAST] = WITH(ATTR_REVERSE),
        [ROLE_CHART]    = PLAIN,
        [ROLE_TRACK]    = PLAIN,
    },
};

const struct theme *const themes[] = { &theme_default, &theme_projector, &theme_mono, NULL };

const struct theme *theme_find(const char *name)
{
    for (size_t i = 0; themes[i] != NULL; i++) {
        if (strcmp(themes[i]->name, name) == 0)
            return themes[i];
    }
    return NULL;
}

/* By enum state: run, native, ready, gil, lock, io, ipc, idle, other. By enum task_state: none,
 * queued, waiting, due, running, done, failed; alike where they mean alike. */
const struct glyphs glyphs_unicode = {
    .state = { 0x2588, 0x2593, 0x258c, 0x2592, 0x256c, 0x2591, 0x00bb, 0x00b7, '~' },
    .task = { ' ', 0x00b7, 0x2591, 0x258c, 0x2588, 0x2500, 0x00d7 },
    .bar = { ' ', 0x2581, 0x2582, 0x2583, 0x2584, 0x2585, 0x2586, 0x2587, 0x2588 },
    .full = 0x2588,
    .empty = 0x2591,
    .scrub = 0x2500,
    .handle = 0x25cf,
    .mark = 0x25bc,
    .unread = '/',
    .line_h = 0x2500,
    .line_v = 0x2502,
    .held = 0x2593,
    .free = 0x00b7,
    .pointer = 0x25ba,
    .more_up = 0x25b2,
    .more_down = 0x25bc,
    .best = 0x2605,
};

const struct glyphs glyphs_ascii = {
    .state = { '#', '%', '^', 'G', 'L', '.', '>', '-', '~' },
    .task = { ' ', '-', '.', '^', '#', '=', 'x' },
    .bar = { ' ', '_', '.', ',', ':', '-', '+', '*', '#' },
    .full = '#',
    .empty = '.',
    .scrub = '-',
    .handle = 'o',
    .mark = 'v',
    .unread = '/',
    .line_h = '-',
    .line_v = '|',
    .held = '#',
    .free = '-',
    .pointer = '>',
    .more_up = '^',
    .more_down = 'v',
    .best = '*',
};
