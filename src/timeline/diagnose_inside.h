/*
 * diagnose_inside.h: what a diagnosis is made of, for the files of diagnose.h only.
 *
 * The symptoms of a run are gathered once (symptoms.c), as a rule by the public questions of timeline.h
 * and figures.h; each row then looks at them. All that is a list of small pieces of work, so that whoever
 * feeds a run of thousands of lanes is never held up for long (diagnose.c).
 */
#ifndef TIMELINE_DIAGNOSE_INSIDE_H
#define TIMELINE_DIAGNOSE_INSIDE_H

#include "base/buffer.h"
#include "timeline/diagnose.h"
#include "timeline/figures.h"

/* The run cut into spans of the same length, and points in its time for what is asked at moments. */
enum { SYMPTOM_BINS = 64, SYMPTOM_POINTS = 512, BACKLOG_POINTS = 9 };

struct symptoms {
    const struct timeline *timeline;
    size_t run;
    const struct meta *meta;
    const struct meta_run *told;
    size_t looked, at; /* how many of the looks are done, and how far the next one is */
    struct {
        uint64_t ns[STATE_COUNT];
    } * lanes;                /* what each did of the run */
    struct figures_lanes all; /* and all together */
    struct run_brief brief;
    struct figures figures;
    uint64_t length;      /* ns */
    uint64_t interval_ns; /* the switch interval at its end; 0: there is none */
    uint64_t bin_ns;
    uint64_t bins[SYMPTOM_BINS][STATE_COUNT]; /* of the workers */

    /* A lane that comes back from the outside and waits for the GIL behind one that computes. */
    struct {
        bool found;
        struct lane_brief lane, holder;
        uint32_t waits;   /* looked at, one after the other */
        uint64_t mean_ns; /* of them */
        double share;     /* of its life in which it waits for the GIL */
        uint64_t t;       /* in the longest of them */
        uint32_t walks;   /* lanes that were followed */
    } convoy;
    /* The longest that a loop kept something waiting that could go on: a task, or all that was ready
     * when its turn ended; and what it did in that time. */
    struct {
        bool found;
        uint64_t ns, t;    /* t: in it */
        uint64_t piece_ns; /* how long it was at one task in the mean */
        uint64_t tasks;    /* that it ran to their ends meanwhile */
        double share[STATE_COUNT];
        uint64_t due; /* tasks that could have gone on */
    } lag;
    /* The one of the lanes that always want to go on that waits most. */
    struct {
        bool found;
        struct lane_brief lane;
        double waits, others_wait; /* shares of its life, and the median of the others' */
        enum state state;          /* in which it waits most */
        uint64_t longest_ns, t;
    } starved;
    /* Tasks that are there and not done, at points side by side from `from` to `to`. */
    struct {
        uint64_t from, to;
        struct task_counts at[BACKLOG_POINTS];
    } backlog;
    /* While tasks were queued: for how much of the run, and what the workers did then. */
    struct {
        double of_run, io;
    } queued;
    /* How much of the run somebody waited for a GIL whose holder was off its core. */
    struct {
        double of_run;
        uint64_t t;
        uint32_t points;
    } off_core;
    double own_cores; /* busy, in the mean; -1: not known */
};
/* Nothing is gathered yet. false: the run has not lived long enough to be judged. */
bool symptoms_begin(struct symptoms *s, const struct timeline *timeline, size_t run);
/* Gathers some: as long as there is room, which is counted in looks at a lane (one or two microseconds), and
 * taken from. false: all of it is there. */
bool symptoms_look(struct symptoms *s, size_t *room);
void symptoms_fini(struct symptoms *s);
double symptoms_share(const struct symptoms *s, enum state state); /* 0 where unknown */
/* A moment at which a worker was in this state, of the span that had most of it. Of thousands of
 * workers some are looked at, so that it costs at most so many looks at a lane. */
enum { SYMPTOM_MOMENT_COSTS = 1024 };
uint64_t symptoms_moment(const struct symptoms *s, enum state state);
uint64_t symptoms_backlog(const struct task_counts *counts); /* waiting and in flight */

/* Between symptoms.c and symptoms_lanes.c: looks; what one costs. */
bool symptoms_convoy(struct symptoms *s, size_t *room);
bool symptoms_lag(struct symptoms *s, size_t *room);
bool symptoms_starved(struct symptoms *s, size_t *room);
void symptoms_spend(size_t *room, size_t looks);

struct diagnosis_row {
    const char *name;
    bool (*applies)(const struct symptoms *s);
    void (*evidence)(const struct symptoms *s, struct buffer *text);
    uint64_t (*moment)(const struct symptoms *s);
    const char *advice;
};
extern const struct diagnosis_row diagnosis_rows[]; /* ends with name == NULL */

#endif
