/*
 * explain_inside.h: what is explained, for the files of explain.h only.
 */
#ifndef TIMELINE_EXPLAIN_INSIDE_H
#define TIMELINE_EXPLAIN_INSIDE_H

#include "timeline/diagnose.h"
#include "timeline/explain.h"
#include "timeline/figures.h"
#include "timeline/run.h"

struct subject {
    const struct timeline *timeline;
    const struct run *run;
    size_t run_index, index;
    uint64_t t;
    struct lane_brief lane;
    struct lane_moment at;
    enum task_state task; /* of a task, and since when */
    uint64_t task_since;
    struct gil_moment gil; /* the one it is about: waited for, held, or of the row */
    bool has_gil;
    const struct mark *mark;           /* of those two, and NULL else */
    const struct diagnosis *diagnosis; /* likewise */
    const struct figures *figures;
    struct buffer *text;
};

enum explain_unit { UNIT_COUNT, UNIT_S, UNIT_MS, UNIT_KIB, UNIT_BYTES, UNIT_TIMES };

/* A word of the rows: a function that writes what stands for it; or without one a field of struct
 * figures (its offset) with its unit, and why it is n/a where it is not known. The tables end with
 * name == NULL: words of lanes, GILs and cores (explain_words.c), of figures (explain_figures.c). */
struct explain_word {
    const char *name;
    void (*put)(const struct subject *s);
    size_t figure;
    enum explain_unit unit;
    const char *why;
};
extern const struct explain_word explain_words[], explain_figure_words[];
void explain_put_figure(const struct subject *s, const struct explain_word *word);

/* Whether the figure of such a word is known. */
bool explain_known(const struct subject *s, const char *word);

/* A row instead of a figure's, where the figure of `word` is not known. */
struct explain_unknown {
    const char *word, *row; /* word NULL: the figure's row says by itself what is not known */
};
extern const struct explain_unknown explain_unknown_rows[];

/* "w3" */
void explain_put_lane(const struct subject *s, uint32_t id);
/* "1.8ms" */
void explain_put_ns(struct buffer *text, uint64_t ns);
/* "for 1.8ms (since 3.2ms)" */
void explain_put_since(const struct subject *s, uint64_t since);
/* Events of the run that did not fit into the recording. */
double explain_lost(const struct subject *s);

#endif
