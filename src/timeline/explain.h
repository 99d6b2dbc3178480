/*
 * explain.h: what stands under the cursor, in one to four sentences with figures of the trace: what it
 * is, which state since when, why, who it waits for, what would change it; and where the figures come
 * from and how sure they are.
 *
 * The sentences are rows (explain.c): one per state of a lane, one per state of a task, and one per
 * thing that the screens show a figure of. Words in braces are filled from the trace at the moment;
 * what is not known is said as n/a, with the reason.
 */
#ifndef TIMELINE_EXPLAIN_H
#define TIMELINE_EXPLAIN_H

#include "base/buffer.h"
#include "timeline/timeline.h"

enum explain_what {
    EXPLAIN_LANE,      /* index: of the lane, as in timeline_lane() */
    EXPLAIN_TASK,      /* index: the task's id */
    EXPLAIN_GIL,       /* index: of the GIL */
    EXPLAIN_LOCK,      /* index: the lock's id, as in lane_moment.object */
    EXPLAIN_CORE,      /* index: the core */
    EXPLAIN_MARK,      /* index: of the mark, as in timeline_marks(); its moment is its own */
    EXPLAIN_DIAGNOSIS, /* index: of the diagnosis, as in timeline_diagnoses(); likewise */
    EXPLAIN_PROGRESS,
    EXPLAIN_QUEUE,
    EXPLAIN_SWITCHES,
    EXPLAIN_MEMORY,
    EXPLAIN_LATENCY,
    EXPLAIN_HISTOGRAM,
    EXPLAIN_CONNECTIONS,
    EXPLAIN_CROWD,
    EXPLAIN_LAG,   /* of a loop */
    EXPLAIN_SPLIT, /* what the workers did with their time up to the moment */
    /* The figures of the score. They are of the run up to the moment; UINT64_MAX: whole. */
    EXPLAIN_WALL,
    EXPLAIN_SPEEDUP,
    EXPLAIN_P50,
    EXPLAIN_P99,
    EXPLAIN_MEMORY_PEAK,
    EXPLAIN_CPU,
    EXPLAIN_GIL_WAITED,
    EXPLAIN_HANDOVERS,
    EXPLAIN_THROUGHPUT,
    EXPLAIN_FAILED,
    EXPLAIN_LOST,
    EXPLAIN_VOLUNTARY,
    EXPLAIN_INVOLUNTARY,
    EXPLAIN_STARTUP,
    EXPLAIN_QUEUE_WAIT,
    EXPLAIN_SERIALISED,
    EXPLAIN_COUNT
};

/* Appends the sentences to `text`. */
void explain(const struct timeline *timeline, size_t run, enum explain_what what, size_t index,
             uint64_t t, struct buffer *text);

/* Appends what happened at exactly this moment (as timeline_step() gives them), in a few words for
 * each thing that changed, "; " between them: "w1 takes the GIL; w3 waits for the GIL". An event that
 * changed nothing of these (a task queued, a sample) appends "an event" and gives false. */
bool explain_event(const struct timeline *timeline, size_t run, uint64_t t, struct buffer *text);

/* The same of many moments at once, which are in order: texts[i] is of t[i] and stays as it is, empty,
 * where nothing is told. One look at each lane, however many moments there are. */
void explain_events(const struct timeline *timeline, size_t run, const uint64_t *t, size_t count,
                    struct buffer *texts);

/* The rows, for the test that fills each: the last of the states is STATE_NONE. */
extern const char *const explain_state_rows[STATE_COUNT + 1];
extern const char *const explain_task_rows[TASK_STATE_COUNT];
extern const char *const explain_figure_rows[EXPLAIN_COUNT];

#endif
