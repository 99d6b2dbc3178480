/*
 * verdict_rules.h: what the sentences of a verdict are made of, as rows: how models are called, why
 * workers lose time, what would turn the result. Only the verdict's files include it.
 */
#ifndef TIMELINE_VERDICT_RULES_H
#define TIMELINE_VERDICT_RULES_H

#include "timeline/run.h"
#include "timeline/verdict.h"

/* One run of the race, as the verdict sees it. */
struct contender {
    size_t run;
    const struct meta_run *meta;
    struct figures figures;
    bool well;      /* ended well */
    bool delivered; /* service: every delivery that was due, each once */
};

enum work_kind { WORK_CPU, WORK_IO, WORK_MIXED, WORK_UNKNOWN };

/* What the work is, from the states of one run's workers: waits for the GIL and for locks, and time
 * without work, are taken out before anything is called by a name. */
struct work {
    enum work_kind kind;
    const struct contender *seen_in;
    double cpu, io; /* shares of what is left */
};

struct race_view {
    const struct timeline *timeline;
    const struct meta *meta;
    struct contender all[META_RUNS_MAX]; /* best first */
    size_t count, well;                  /* the first `well` ended well */
    struct work work;
};

/* Less is better: 0 ended well with nothing failed or missed, 1 with something, 2 not well. */
int verdict_class(const struct race_view *race, const struct contender *contender);
/* What decides within a class: wall seconds; of a service p99 in ms. 1e18 where unknown. */
double verdict_measure(const struct race_view *race, const struct contender *contender);
double memory_kib_of(const struct contender *contender); /* 1e18: unknown */

/* The sentence. */
void verdict_say(const struct race_view *race, char *into, size_t room);

struct noun {
    const char *model, *noun, *their; /* "threads", "threads", "their" */
};
struct noun noun_of(const struct meta_run *run);

/* A reason why the workers of a pool lost time: a state that took at least so much of it. */
struct cause_row {
    enum state state;
    double least;
    bool (*applies)(const struct contender *contender); /* NULL: always */
    const char *spent;                                  /* "waiting for the GIL" */
    const char *so; /* "so more workers will not help", or NULL */
};
extern const struct cause_row cause_rows[]; /* ends with spent == NULL */
/* The cause that took most of a run's time, or NULL. */
const struct cause_row *cause_of(const struct contender *contender);

/* What to change to see the result flip, or NULL. */
const char *flip_of(const struct race_view *race);

static inline int verdict_percent(double share)
{
    return (int)(share * 100 + 0.5);
}
double share_of(const struct contender *contender, enum state state); /* 0 where unknown */
/* A parameter of the race, or -1. */
int64_t param_of(const struct meta *meta, const char *name);

#endif
