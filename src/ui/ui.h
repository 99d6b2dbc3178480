/*
 * ui.h: the screen. The only folder that knows curses; screen.c shows a canvas, keys.c is the table
 * of keys, loop.c is the program: it waits for keys, the race and the clock, changes the look, feeds
 * the timeline from the recording's end, and draws once per turn.
 */
#ifndef UI_UI_H
#define UI_UI_H

#include <stdbool.h>

#include "base/error.h"
#include "draw/theme.h"
#include "race/race.h"

struct ui_driver;

struct ui_options {
    struct spawner *spawner;
    const char *scenario;           /* name or path; NULL: the picker */
    const char *replay;             /* a recording to show instead of a race, or NULL */
    const char *const *beside;      /* more recordings, shown beside it: NULL-terminated, or NULL */
    const char *const *model_names; /* known models, for plans */
    /* What a model is to people and whether it carries a plan: given by command/, since ui/ includes
     * no model. */
    const char *(*model_title)(const char *name);
    const char *(*model_help)(const char *name);
    const char *(*model_refuses)(const char *name, const struct plan *plan);
    const char *const *models; /* -m, or NULL */
    const char *const *sets;   /* --set, NULL-terminated, or NULL */
    int staging;
    uint64_t seed;
    int64_t duration_ns;
    const char *record;
    bool overwrite;
    const char *listen;
    bool ascii;
    const struct theme *theme;
    int fps;
    const struct ui_driver *driver; /* who plays in a person's place (driver.h), or NULL */
};
/* Runs until the user leaves. The terminal is left as it was in every case. Exit status. */
int ui_run(const struct ui_options *options);

/* One row per key: what it is called, what it does; the bottom line, the help screen and the man page
 * come from it. */
struct key_row {
    const char *keys;  /* "space", ", .", "left right" */
    const char *what;  /* "pause" */
    const char *help;  /* a sentence */
    const char *where; /* "race", "hands", "picker", "question", "everywhere", ... */
    bool early;        /* it comes first on the bottom line, which may have no room for all */
};
extern const struct key_row key_rows[]; /* ends with keys == NULL */

#endif
