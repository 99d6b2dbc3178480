/*
 * timeline.h: a trace made seekable.
 *
 * Events are fed in file order, in batches, while the trace grows or from a closed one; every
 * question can be asked at any time between two feeds and is answered from what was fed. Nothing
 * here knows whether the race is live.
 *
 * Time in questions and answers is run time: ns since the run's go (t = 0). Every run has its own
 * go, so the same moment can be asked of a run that goes on and of one that ended (a ghost). A moment
 * past a run's end gives its last picture.
 *
 * Order: events of one lane come in order; a late event (its lane was preempted between stamp and
 * store) may come after younger ones of other lanes or of the kernel: it is put where it belongs.
 *
 * Costs: per lane a row of segments with prefix sums, so that shares over any span cost O(log n).
 */
#ifndef TIMELINE_TIMELINE_H
#define TIMELINE_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/room.h"
#include "timeline/state.h"
#include "trace/recording.h"

struct timeline;

struct timeline *timeline_new(void);
/* Its rows live in a room (base/room.h), which it takes and frees; NULL: in memory. About 50 bytes an
 * event. */
struct timeline *timeline_new_in(struct room *room);
/* The room, to be asked how it is; NULL: memory. */
const struct room *timeline_room(const struct timeline *timeline);
void timeline_free(struct timeline *timeline);
void timeline_feed(struct timeline *timeline, const struct event *events, size_t count);
/* The latest meta (copied) and how far the trace is whole (ns since the base). Cheap where the meta
 * is the one told before: it is called at each turn of the screen's loop. */
void timeline_tell(struct timeline *timeline, const struct meta *meta, uint64_t until_ns);
const struct meta *timeline_meta(const struct timeline *timeline); /* NULL before the first */

/* ---- runs ---- */
size_t timeline_runs(const struct timeline *timeline); /* as many as the meta names */

struct run_brief {
    enum run_status status;
    bool gone;          /* go was seen */
    uint64_t go_ns;     /* since the base */
    uint64_t length_ns; /* run time up to its end, or up to now */
    bool over;
    size_t lanes;        /* all, in order of id; see lane_brief.role */
    size_t worker_lanes; /* of them those whose states count */
    size_t workers;      /* most workers alive at once */
    size_t gils;
    size_t locks; /* of the work, that a lane had to wait for */
    size_t queues;
    size_t cores;       /* rows of core figures: highest core seen + 1 */
    size_t tasks;       /* submitted so far */
    bool has_task_rows; /* tasks have rows of their own (a loop) */
    enum switch_source source;
};
void timeline_run(const struct timeline *timeline, size_t run, struct run_brief *brief);
/* The longest length of all runs. */
uint64_t timeline_length(const struct timeline *timeline);

/* ---- lanes ---- */
struct lane_brief {
    uint32_t id;
    enum lane_role role;
    uint32_t index;
    int pid, tid;
    uint64_t begin_ns, end_ns; /* run time; end UINT64_MAX while it lives */
    bool crashed;
    char name[16];
};
bool timeline_lane(const struct timeline *timeline, size_t run, size_t lane,
                   struct lane_brief *brief);

/* Which of the run's lanes has this id; false: none. */
bool timeline_lane_index(const struct timeline *timeline, size_t run, uint32_t id, size_t *lane);

struct lane_moment {
    enum state state;
    enum says says;
    enum kernel_state kernel;
    uint64_t since_ns; /* run time: since when it is in this state */
    uint64_t until_ns; /* when it left it; UINT64_MAX: not yet */
    uint32_t core;     /* OBJECT_NONE off core or unknown */
    uint32_t task;     /* TASK_NONE: none */
    uint32_t object;   /* the GIL or lock it waits for, else OBJECT_NONE */
};
void timeline_lane_at(const struct timeline *timeline, size_t run, size_t lane, uint64_t t,
                      struct lane_moment *moment);
/* ns in each state within [t0, t1); sums to the lane's life within it. */
void timeline_lane_shares(const struct timeline *timeline, size_t run, size_t lane, uint64_t t0,
                          uint64_t t1, uint64_t ns[STATE_COUNT]);
/* The same over all workers. */
void timeline_run_shares(const struct timeline *timeline, size_t run, uint64_t t0, uint64_t t1,
                         uint64_t ns[STATE_COUNT]);
/* Strips: the shares of `count` spans side by side, the i-th [t0 + i * width_ns, t0 + (i + 1) *
 * width_ns). The same as as many calls of the two above, at a fraction of the cost: each span goes on
 * where the one before it ended. */
void timeline_lane_strip(const struct timeline *timeline, size_t run, size_t lane, uint64_t t0,
                         uint64_t width_ns, size_t count, uint64_t (*ns)[STATE_COUNT]);
void timeline_run_strip(const struct timeline *timeline, size_t run, uint64_t t0, uint64_t width_ns,
                        size_t count, uint64_t (*ns)[STATE_COUNT]);
/* On-core ns of a lane within [t0, t1); false: not known (no switch source). */
bool timeline_lane_on_core(const struct timeline *timeline, size_t run, size_t lane, uint64_t t0,
                           uint64_t t1, uint64_t *ns);

/* ---- tasks (rows of a loop) ---- */
enum task_state timeline_task_at(const struct timeline *timeline, size_t run, uint32_t task,
                                 uint64_t t, uint64_t *since_ns);
/* The state that lasted longest within [t0, t1). */
enum task_state timeline_task_most(const struct timeline *timeline, size_t run, uint32_t task,
                                   uint64_t t0, uint64_t t1);

/* How many tasks are in each state at a moment: for pictures where tasks are more than rows, so it
 * may not walk over all of them. counts[TASK_STATE_NONE] is 0. */
void timeline_task_mix(const struct timeline *timeline, size_t run, uint64_t t,
                       uint64_t counts[TASK_STATE_COUNT]);

struct task_counts {
    uint64_t submitted, waiting, in_flight, done, failed;
};
void timeline_counts(const struct timeline *timeline, size_t run, uint64_t t,
                     struct task_counts *counts);

/* ---- the GIL ---- */
struct gil_moment {
    uint32_t holder;      /* lane, or LANE_NONE: free */
    bool holder_off_core; /* holds it but is preempted or blocked */
    uint32_t waiters;
    bool requested; /* a drop request is set */
    uint64_t since_ns;
};
void timeline_gil_at(const struct timeline *timeline, size_t run, size_t gil, uint64_t t,
                     struct gil_moment *moment);
/* For a strip: who held it longest within [t0, t1) (LANE_NONE: mostly free), and for how much of it
 * anybody did (permille). */
uint32_t timeline_gil_most(const struct timeline *timeline, size_t run, size_t gil, uint64_t t0,
                           uint64_t t1, uint32_t *held_permille);
/* What happened to it within [t0, t1): drop requests set, and hand-overs (it was taken by another
 * lane than before), of them those that a request led to. For marks on an axis. */
struct gil_counts {
    uint32_t requests, handovers, forced;
};
void timeline_gil_counts(const struct timeline *timeline, size_t run, size_t gil, uint64_t t0,
                         uint64_t t1, struct gil_counts *counts);

/* One after the other, for who writes all of them down: the hold that t lies in, or the next one
 * after it; false: there is none. Go on from its end. Holds do not overlap. */
struct hold {
    uint64_t start_ns, end_ns;
    uint32_t lane;
    bool forced; /* of a GIL: it ended on a drop request */
};
bool timeline_gil_hold(const struct timeline *timeline, size_t run, size_t gil, uint64_t t,
                       struct hold *hold);
bool timeline_core_hold(const struct timeline *timeline, size_t run, uint32_t core, uint64_t t,
                        struct hold *hold);
/* How many wait for it at t, and up to when that is so (UINT64_MAX: to the end). */
uint32_t timeline_gil_waiters(const struct timeline *timeline, size_t run, size_t gil, uint64_t t,
                              uint64_t *until_ns);

/* ---- locks of the work ---- */

/* The id of the n-th that a lane waited for, as in lane_moment.object; false: there is none. */
bool timeline_lock(const struct timeline *timeline, size_t run, size_t lock, uint32_t *id);
/* The lane that has it, and since when that is known at the latest; LANE_NONE: nobody, or nobody told
 * (only what is waited for is told of). For a strip as with the GIL. */
uint32_t timeline_lock_at(const struct timeline *timeline, size_t run, uint32_t id, uint64_t t,
                          uint64_t *since_ns);
uint32_t timeline_lock_most(const struct timeline *timeline, size_t run, uint32_t id, uint64_t t0,
                            uint64_t t1, uint32_t *held_permille);

/* ---- cores, queue, switches, memory ---- */
/* Permille that lanes of the run were on this core within [t0, t1); -1 unknown. */
int timeline_core_busy(const struct timeline *timeline, size_t run, uint32_t core, uint64_t t0,
                       uint64_t t1);
/* Permille the whole machine kept this core busy (samples); -1 unknown. */
int timeline_machine_busy(const struct timeline *timeline, size_t run, uint32_t core, uint64_t t0,
                          uint64_t t1);
/* The lane that was longest on a core within [t0, t1), and for how much of it any was (permille);
 * LANE_NONE where none was. */
uint32_t timeline_core_most(const struct timeline *timeline, size_t run, uint32_t core, uint64_t t0,
                            uint64_t t1, uint32_t *busy_permille);
/* The lane on a core at a moment, or LANE_NONE. */
uint32_t timeline_core_lane(const struct timeline *timeline, size_t run, uint32_t core, uint64_t t);
/* Depth of the task queue (the first queue; where there is none, tasks waiting). */
uint32_t timeline_queue_depth(const struct timeline *timeline, size_t run, uint64_t t);
uint32_t timeline_queue_max(const struct timeline *timeline, size_t run, uint64_t t0, uint64_t t1);
/* Switches of all lanes in [t0, t1); false: not known. */
bool timeline_switches(const struct timeline *timeline, size_t run, uint64_t t0, uint64_t t1,
                       uint64_t *voluntary, uint64_t *involuntary);
/* KiB at a moment; -1 unknown. */
int64_t timeline_memory(const struct timeline *timeline, size_t run, enum memory_kind kind,
                        uint64_t t);

/* The longest that a turn of its loop came late up to a moment (ns; 0: none did); the longest that a
 * task of it could have gone on before it ran; and how many events were lost (UINT64_MAX: in all). */
uint64_t timeline_lag(const struct timeline *timeline, size_t run, uint64_t t);
uint64_t timeline_late(const struct timeline *timeline, size_t run, uint64_t t);
uint64_t timeline_lost(const struct timeline *timeline, size_t run, uint64_t t);

/* The value of a parameter (index into meta.params) the stage works with at a moment: of the last
 * PARAM_APPLIED, before the first of them the meta's. false: there is no such parameter. The head of
 * a column needs it to say that its GIL is off. */
bool timeline_param_at(const struct timeline *timeline, size_t run, uint32_t param, uint64_t t,
                       int64_t *value);

/* ---- events and marks ---- */
struct mark {
    uint64_t t; /* run time */
    enum mark_kind kind;
    const char *label; /* "first hand-over", "talk begins", "w3 crashed"; static or owned here */
};
/* The word for marks of a kind ("first-handover"), for those who name one; NULL: no such kind. */
const char *mark_word(unsigned kind);
size_t timeline_marks(const struct timeline *timeline, size_t run, const struct mark **marks);
/* The moment of the nearest event strictly before (-1) or after (+1) t; t itself when there is none. */
uint64_t timeline_step(const struct timeline *timeline, size_t run, uint64_t t, int direction);

#endif
