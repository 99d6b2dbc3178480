/*
 * lane_order.h: thousands of lanes (or tasks) put in order and sifted, for lists that show a few of
 * them: made for one moment, used, and given back.
 *
 * Lanes by name, of which nothing else is asked, cost only the places that are looked at. Else it is
 * one pass over all of them (some tens of ns each, more where their states are asked for), and only
 * the places that are looked at are sorted.
 */
#ifndef TIMELINE_LANE_ORDER_H
#define TIMELINE_LANE_ORDER_H

#include "timeline/timeline.h"

enum lane_sort {
    LANE_SORT_NAME,  /* main, loop, workers, by number */
    LANE_SORT_STATE, /* running first, then what waits, then what is idle */
    LANE_SORT_WAIT, /* who waits for a GIL, a lock or a core first, the longest wait foremost; then who
                        waits for the outside, for a message; then the others */
    LANE_SORT_CPU, /* most CPU so far first */
    LANE_SORT_COUNT
};
extern const char *const lane_sort_names[LANE_SORT_COUNT]; /* "name", "state", "wait", "cpu" */

struct lane_place {
    uint64_t key, name; /* the least first; equal ones by name */
    uint32_t id;    /* of a lane: its index in the run, as in timeline_lane(); of a task: itself */
    uint32_t state; /* enum state, or enum task_state; only where `stated` */
};
struct run;
struct lane_order {
    struct lane_place *places; /* in order where they are settled */
    size_t count;              /* that are in it */
    size_t all;                /* there are of them, sifted out or not */
    bool tasks;
    bool stated;        /* the states at the moment are in the places */
    size_t from, until; /* the places that are settled */
    const struct run
        *named;   /* lanes by name alone: other places than those hold nothing; else NULL */
    size_t first; /* of its names */
};

enum lane_which {
    LANE_WHICH_ALL,
    LANE_WHICH_WORKERS, /* those whose states count */
    LANE_WHICH_TASKS,   /* tasks, not lanes */
};
/* `filter` NULL or blank: all. Else each of its words has to be found: in the name, as the beginning
 * of the state's key ("gil", "io", "wait") or as the task a lane works on ("t12"); capitals do not
 * matter. `stated`: the states are needed whatever the order is. Of tasks at most the youngest
 * LANE_ORDER_TASKS are in it. */
enum { LANE_ORDER_TASKS = 1 << 15 };
void lane_order_make(struct lane_order *order, const struct timeline *timeline, size_t run,
                     enum lane_which which, enum lane_sort sort, const char *filter, uint64_t t,
                     bool stated);
void lane_order_free(struct lane_order *order);

/* Puts those that belong at [from, until) there, in order. */
void lane_order_settle(struct lane_order *order, size_t from, size_t until);
/* Where it stands; SIZE_MAX: it is not in it. */
size_t lane_order_find(const struct lane_order *order, uint32_t id);

#endif
