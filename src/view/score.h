/*
 * score.h: what the files of the score share: the shown runs in their order, and the cursor, which goes
 * over the diagnoses and then over the rows of figures.
 */
#ifndef VIEW_SCORE_H
#define VIEW_SCORE_H

#include "timeline/compare.h"
#include "timeline/diagnose.h"
#include "timeline/explain.h"
#include "view/parts.h"

enum { SCORE_LABEL = 14, SCORE_DIAGNOSES_MAX = LOOK_MODELS_MAX * DIAGNOSES_MAX };

struct score_diagnosis {
    size_t run;
    const struct diagnosis *what;
};
struct score {
    const struct timeline *timeline;
    const struct look *look;
    const struct meta *meta;
    struct verdict verdict;
    struct compare compare; /* of recordings side by side */
    struct figures figures[META_RUNS_MAX];
    size_t order[LOOK_MODELS_MAX]; /* the shown runs, best first */
    size_t shown;
    size_t went[LOOK_MODELS_MAX]; /* of them those that began, in the race's order: columns */
    size_t columns;
    struct score_diagnosis diagnoses[SCORE_DIAGNOSES_MAX];
    size_t diagnosis_count;
    size_t item; /* the cursor: of the diagnoses, then of the rows of figures */
    struct score_air {
        int bar, gap; /* lines of a bar of the ranking, and blank ones below it */
        int pitch;    /* from one row of figures to the next */
    } air;            /* how much room it takes: for the last row of a hall, where there is some */
};

/* A figure of the table. */
struct score_row {
    const char *label;
    struct figure (*get)(const struct figures *figures);
    const char *(*text)(char *text, struct figure figure);
    int better; /* -1 less, +1 more, 0 neither */
    enum explain_what what;
};
/* The rows that some shown run has something in; NULL beyond them. */
const struct score_row *score_row_at(const struct score *score, size_t nth);
size_t score_row_count(const struct score *score);
/* The columns it takes at most: what is beyond helps nobody. */
int score_table_columns(const struct score *score);
/* Draws the table at the top of `rest`; returns the rows used, and where the cursor's row is (-1: not
 * in the table). */
int score_table(const struct score *score, struct canvas *canvas, struct rect rest, int *cursor);
/* The run whose figures the cursor explains. */
size_t score_column(const struct score *score);

#endif
