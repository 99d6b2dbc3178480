/*
 * script.h: a demo as text, and the checked program it becomes.
 *
 * A line is a step: a word and what it takes. `#` begins a comment. Texts with blanks stand in "..."
 * (\" and \\ in them). Head lines (what is shown: replay or run, size, theme) come before the first
 * step. The words are the rows of demo_words[] (words.c); the man page is made of them.
 *
 *     run scraper                   # or a recording: replay lesson.lockstep
 *     size 100x30
 *     caption "Who will be first?"
 *     wait 2s
 *     until mark first-handover
 *     key space
 *
 * demo_script_parse() is a pure function from text to program: it opens no file, and what it takes of
 * memory is bounded by the text's size, which is bounded.
 */
#ifndef DEMO_SCRIPT_H
#define DEMO_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "draw/theme.h"

enum {
    DEMO_TEXT_MAX = 64 * 1024, /* bytes of a script */
    DEMO_STEPS_MAX = 2000,
    DEMO_SAY_MAX = 200, /* characters of a caption, or of what is typed */
    DEMO_RUN_WORDS_MAX = 32,
    DEMO_COLS_MAX = 400,
    DEMO_ROWS_MAX = 120,
    DEMO_COLS = 100, /* where the script names no size */
    DEMO_ROWS = 30,
    DEMO_UNTIL_S = 60, /* how long `until` waits where it does not say */
};

enum demo_do { DEMO_KEY, DEMO_TYPE, DEMO_WAIT, DEMO_UNTIL, DEMO_CAPTION, DEMO_SPEED, DEMO_END };
enum demo_until {
    DEMO_UNTIL_LIVE,   /* a run goes on */
    DEMO_UNTIL_OVER,   /* the race is over */
    DEMO_UNTIL_DONE,   /* and the picture stands at its end */
    DEMO_UNTIL_MARK,   /* a shown run has passed a mark of the kind */
    DEMO_UNTIL_MOMENT, /* the picture shows this moment, or a later one */
    DEMO_UNTIL_PAGE,   /* this page is shown */
};

struct demo_step {
    enum demo_do what;
    unsigned line;         /* where it stands, from 1 */
    uint32_t key;          /* KEY */
    const char *name;      /* UNTIL page: its name; static */
    uint32_t times;        /* KEY: how often */
    char *text;            /* KEY: its name; TYPE, CAPTION; owned by the script */
    uint64_t ns;           /* WAIT; CAPTION: for how long, 0: until the next; UNTIL: the longest */
    enum demo_until until; /* UNTIL */
    unsigned mark;         /* UNTIL mark: enum mark_kind */
    uint64_t moment_ns;    /* UNTIL moment: on the race's clock */
    double speed;          /* SPEED */
};

struct demo_script {
    int cols, rows;            /* 0: not named */
    const struct theme *theme; /* NULL: not named */
    char *replay;              /* as it is written, or NULL */
    char *
        run[DEMO_RUN_WORDS_MAX + 1]; /* NULL-terminated: "run", SCENARIO, options; [0] NULL: none */
    unsigned run_line;
    struct demo_step *steps;
    size_t step_count;
};

/* NULL with "NAME:LINE:COLUMN: what is wrong, and what would be right". */
struct demo_script *demo_script_parse(const char *name, const char *text, size_t size,
                                      struct error *error);
/* Reads the file first; its sentences are of the same kind. */
struct demo_script *demo_script_load(const char *path, struct error *error);
void demo_script_free(struct demo_script *script); /* NULL is fine */

#endif
