/*
 * explain_inside.h: what is explained, for the files of explain.h only.
 */
#ifndef TIMELINE_EXPLAIN_INSIDE_H
#define TIMELINE_EXPLAIN_INSIDE_H

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
    struct gil_moment gil; /* the one it is about: waited for, held, or of the row */
    bool has_gil;
    struct figures *figures; /* NULL where the rows need none */
    struct buffer *text;
};

/* A word of the rows: writes what stands for it. The table ends with name == NULL. */
struct explain_word {
    const char *name;
    void (*put)(const struct subject *s);
};
extern const struct explain_word explain_words[];

/* "w3" */
void explain_put_lane(const struct subject *s, uint32_t id);

#endif
