/*
 * run.h: what a timeline keeps of one run, for the files of this folder only.
 *
 * Times in here are those of the trace (ns since its base); only the functions of timeline.h and
 * figures.h speak run time. Each file owns some rows: it has the functions that feed them
 * (called once per event, in file order) and those that answer from them.
 */
#ifndef TIMELINE_RUN_H
#define TIMELINE_RUN_H

#include "base/histogram.h"
#include "timeline/segments.h"
#include "timeline/series.h"
#include "timeline/spans.h"
#include "timeline/timeline.h"
#include "timeline/times.h"

/* Ids come from counters in shared memory; a hostile trace may hold any number. What is beyond
 * these is passed over. */
enum { LANES_MAX = 1 << 17, OBJECTS_MAX = 1 << 17, CORES_MAX = 1024, TASKS_MAX = 1 << 28 };
/* What a trace may ask for grows with its events: counters are dense, so a table by id has at most
 * IDS_SPARE places more than IDS_EACH for each row there is, and pages of tasks likewise for each of
 * their events. What asks for more is passed over. */
enum { IDS_SPARE = 1 << 16, IDS_EACH = 64, TASKS_EACH = 4 };
/* Late events move what is younger. So many moves are free, and so many for each event; what is late
 * beyond that is passed over, and counted as lost: no race comes near. */
enum { MOVES_FREE = 1 << 28, MOVES_EACH = 64 };

enum { MEMORY_KINDS = MEMORY_KERNEL + 1, CROWD_COUNTS = CROWD_TWICE + 1 };
/* meta.kind and the units of meta's parameters, as in scenario/plan.h, which this folder does not
 * include; a test holds them against it. */
enum { META_SERVICE = 1 };
enum meta_unit {
    META_UNIT_COUNT,
    META_UNIT_DURATION,
    META_UNIT_BYTES,
    META_UNIT_RATE,
    META_UNIT_BOOL,
    META_UNIT_CHOICE,
};

/* Rows by id: a place per id, and the ids there are in order. */
struct id_table {
    void **by_id;
    uint32_t by_id_size;
    uint32_t *ids; /* sorted */
    uint32_t count, capacity;
};

/* A running total that a lane told. */
struct usage {
    uint64_t time;
    uint64_t a, b; /* LANE_CPU: user us, on-core ns; LANE_SWITCHES: voluntary, involuntary */
};
struct usages {
    struct usage *items;
    uint32_t count, capacity;
};

struct lane_row {
    uint32_t id;
    enum lane_role role;
    uint32_t index;
    int pid, tid;
    uint64_t begin, end; /* TIME_NEVER: not seen */
    bool crashed;
    struct segments row;
    struct usages cpu, switches;
    /* Where its two streams stand: its own events, and the kernel's. */
    uint64_t own_time, kernel_time;
    uint32_t says, object; /* what it said last */
    uint32_t gil;          /* the GIL it took and did not drop, or OBJECT_NONE */
    uint32_t core;         /* the core that it was put on, or OBJECT_NONE */
    bool unpacks;          /* what it serialises now is a message that came */
    bool kernel_spoke;
    uint64_t first_out;      /* the kernel's first word was that it left `first_out_core`, */
    uint32_t first_out_core; /* which is then the core it began on; OBJECT_NONE: it was not */
};

/* The lanes that began, in the order of their names. */
struct lane_names {
    uint32_t *ids;
    uint32_t count, capacity;
    uint32_t mains, workers; /* first the mains, then those whose states count, then the others */
};

struct gil_row {
    uint32_t id;
    struct spans held;
    struct series waiters;
    struct times requests;
    struct series askers; /* the lane that set each request, by id */
};

struct lock_row {
    uint32_t id;
    struct spans held;
};

/* The machine's own busy share of a core, from one sample to the next. */
struct busy_sample {
    uint64_t start, end;
    uint64_t busy, covered; /* permille x ns, and ns, of all samples before this one */
    uint32_t permille;
};
struct core_row {
    struct spans lanes;
    struct busy_sample *samples; /* sorted; they do not overlap */
    uint32_t count, capacity;
};

struct task_row {
    uint64_t submit, take, end; /* TIME_NEVER: not seen */
    uint32_t last_change;       /* into task_changes, the youngest; UINT32_MAX: none */
    bool failed;
};
/* A loop's word about a task, chained from the youngest to the oldest of the same task. */
struct task_change {
    uint64_t time;
    uint32_t before;
    uint32_t state; /* enum task_state */
};
/* Tasks in the order of one of their moments. */
struct task_order {
    uint32_t *ids;
    uint32_t count, capacity;
    uint64_t last; /* the moment of the last one */
};
/* How long it took, counted in the order of a task_order: the counts up to every 4096th. */
struct rank {
    struct room *room;
    struct rank_block **blocks;
    uint32_t count, capacity;
};
struct tasks {
    struct room *room; /* where all of it lives, or NULL */
    struct task_row **pages;
    uint32_t page_count, pages_used;
    uint64_t fed, moved; /* events, and ids moved to make room in an order */
    struct task_order submitted, taken, done, failed;
    struct rank latency, wait; /* of `done`, of `taken` */
    struct task_change *changes;
    uint32_t change_count, change_capacity;
    struct series waiting, paused, due; /* how many are queued, in WAITING, in DUE */
    uint64_t done_checksum, collect_checksum, collected;
    bool service;  /* a latency counts from the arrival, not from when it was taken */
    bool has_rows; /* a loop spoke of them */
};

struct mark_row {
    uint64_t time;
    uint32_t kind;   /* enum event_kind: MARK, PARAM_SET, LANE_CRASH */
    uint32_t object; /* the event's */
    uint32_t lane;
    uint64_t value;
};

/* What timeline_marks() gives: made anew when something of it has changed. */
struct marks {
    struct mark *items;
    char (*labels)[48];
    uint32_t count, rows; /* rows: how many mark rows it was made of */
    uint64_t go, hand_over, end;
};

/* What timeline_diagnoses() gives, and of how much of the run. */
struct diagnoses {
    struct diagnosis *items;
    uint32_t count;
    bool asked;
    uint64_t length;               /* of the run when they were asked */
    uint32_t events;               /* how many it had then */
    uint32_t seen;                 /* how many it had when the timeline was told last */
    struct diagnosing *diagnosing; /* they are asked right now, piece by piece; NULL: not */
};

/* Late events come within this as a rule. */
#define RUN_SETTLES_NS UINT64_C(50000000)

struct run {
    struct room *room; /* where its rows live; NULL: in memory */
    uint64_t go, end;  /* TIME_NEVER: not seen */
    uint32_t end_status, limit_count;
    uint64_t last;      /* youngest event */
    uint64_t hand_over; /* the first one of a GIL; TIME_NEVER: none */
    /* Settled after each feed: where the run stands. */
    bool touched, over;
    uint64_t now; /* its end, or up to where the trace is whole */
    /* How often something was told of what lay further back than RUN_SETTLES_NS, or rows got other places:
     * what is older than that is as it was as long as this is. */
    uint32_t mends;
    enum switch_source source;
    struct id_table lanes, gils, queues; /* struct lane_row, gil_row, series */
    struct lane_names names;             /* of the lanes */
    struct id_table locks;               /* struct lock_row: those that a lane waited for */
    struct core_row *cores;
    uint32_t core_count;
    struct tasks tasks;
    struct times moments; /* of all its events */
    uint64_t moved;       /* of them, to make room for late ones */
    struct times voluntary, involuntary;
    struct series workers, connections, lost, serialised, memory[MEMORY_KINDS];
    struct series crowd[CROWD_COUNTS], params[META_PARAMS_MAX];
    struct series lag;  /* the greatest so far, in ns */
    struct series late; /* likewise: how long a loop's task was due before it ran */
    uint64_t lost_lanes;
    struct mark_row *mark_rows;
    uint32_t mark_row_count, mark_row_capacity;
    struct marks marks;
    struct diagnoses diagnoses;
};

struct timeline {
    struct room *room; /* NULL: memory */
    struct meta meta;
    struct meta told_meta; /* as it was handed in, to see whether it is the one told before */
    bool told;
    uint64_t until;
    struct run runs[META_RUNS_MAX];
};

/* timeline.c */
/* What was told now holds from `time` on. */
static inline void run_told(struct run *run, uint64_t time)
{
    run->mends += run->last > RUN_SETTLES_NS && time < run->last - RUN_SETTLES_NS;
}
static inline const struct run *run_of(const struct timeline *timeline, size_t run)
{
    return run < timeline_runs(timeline) ? &timeline->runs[run] : NULL;
}
/* The trace's time of a moment of the run, which is held to where the run stands. */
uint64_t run_time(const struct run *run, uint64_t t);
/* Run time of a moment of the trace: 0 before go. */
static inline uint64_t run_since_go(const struct run *run, uint64_t time)
{
    return time > run->go ? time - run->go : 0;
}
/* The moments of a span, with from <= to. */
void run_span(const struct run *run, uint64_t t0, uint64_t t1, uint64_t *from, uint64_t *to);

/* ids.c: the row of an id, or NULL. */
static inline void *id_find(const struct id_table *table, uint32_t id)
{
    return id < table->by_id_size ? table->by_id[id] : NULL;
}
/* Whether an id that is not there can be added (IDS_SPARE). */
bool id_fits(const struct id_table *table, uint32_t id);
/* False: it is not the last one, so those after it have other places now. */
bool id_add(struct id_table *table, uint32_t id, void *row);
/* How many of the ids are below `id`: the place of one that is there, as id_nth() has it. */
uint32_t ids_below(const struct id_table *table, uint32_t id);
static inline void *id_nth(const struct id_table *table, size_t nth)
{
    return nth < table->count ? table->by_id[table->ids[nth]] : NULL;
}
void id_fini(struct id_table *table, void (*free_row)(void *row));

/* lanes.c */
struct lane_row *lane_get(struct run *run, uint32_t id); /* NULL: an id that cannot be */
void lane_feed(struct run *run, struct lane_row *lane, const struct event *event);
void lane_set_source(struct lane_row *lane, enum switch_source source);
void lane_row_free(void *row);
/* When it ended, or where the run stands. */
uint64_t lane_row_end(const struct run *run, const struct lane_row *lane);
/* Whether it lives at `time`; at the end of a run, who lived up to it still does. */
bool lane_lives(const struct run *run, const struct lane_row *lane, uint64_t time);
void lane_sum(const struct run *run, const struct lane_row *lane, uint64_t from, uint64_t to,
              struct segments_sum *sum);

/* lane_names.c: what names sort by; how many lanes that began sort before this one, which began too;
 * puts it among them. */
uint64_t lane_name_order(const struct lane_row *lane);
size_t lane_names_below(const struct run *run, const struct lane_row *lane);
void lane_names_add(struct run *run, const struct lane_row *lane);
void lane_names_fini(struct lane_names *names);

/* strips.c: spans side by side, from run time t0 on. */
enum { STRIP_ASK_MOST = 256 };
struct strip_ask {
    uint64_t t0, width_ns;
    size_t count;                /* STRIP_ASK_MOST at most */
    bool (*more)(void *context); /* whether there is time for one lane more; NULL: always */
    void *context;
};
/* Adds to ns[0..count) what workers were in, those from the `from`th lane on as long as there is time;
 * gives the first lane that was not asked. */
size_t run_strip_add(const struct run *run, const struct strip_ask *ask, size_t from,
                     uint64_t (*ns)[STATE_COUNT]);
/* Adds an estimate: of one lane by its blocks, of the workers from the `from`th lane on by a few of
 * them. */
void lane_strip_rough(const struct run *run, const struct lane_row *lane,
                      const struct strip_ask *ask, uint64_t (*ns)[STATE_COUNT]);
void run_strip_rough(const struct run *run, const struct strip_ask *ask, size_t from,
                     uint64_t (*ns)[STATE_COUNT]);

/* lane_usage.c */
void usages_add(struct usages *usages, struct room *room, const struct event *event);
/* The last total told at or before `time`; false: none. */
bool usages_at(const struct usages *usages, uint64_t time, struct usage *usage);
/* CPU of the model's lanes up to `time`, as they told it; false: not known. */
struct run_cpu {
    uint64_t user_us, on_core_ns;
    bool user_known;
};
bool run_cpu(const struct run *run, uint64_t time, struct run_cpu *cpu);
/* Their switches since they began. */
bool run_switches(const struct run *run, uint64_t time, uint64_t *voluntary, uint64_t *involuntary);

/* gils.c */
void gil_wait(struct run *run, uint32_t id, uint64_t time, int delta);
void gil_took(struct run *run, struct lane_row *lane, uint32_t id, uint64_t time);
void gil_dropped(struct run *run, struct lane_row *lane, uint64_t time, bool forced);
void gil_requested(struct run *run, const struct lane_row *lane, uint32_t id, uint64_t time);
void gil_row_free(void *row);

/* locks.c */
void lock_wanted(struct run *run, const struct event *event, uint64_t time);
void lock_took(struct run *run, const struct event *event, uint64_t time);
void lock_dropped(struct run *run, const struct event *event, uint64_t time);
void lock_row_free(void *row);

/* cores.c */
struct core_row *core_get(struct run *run, uint32_t core); /* NULL: a number that cannot be */
void core_in(struct run *run, struct lane_row *lane, uint32_t core, uint64_t time);
void core_out(struct run *run, struct lane_row *lane, uint32_t core, uint64_t time, bool preempted);
void core_began(struct run *run, struct lane_row *lane);
void core_ended(struct run *run, struct lane_row *lane, bool late);
void core_sample(struct run *run, const struct event *event);
void cores_fini(struct run *run);

/* tasks.c */
void task_feed(struct tasks *tasks, const struct event *event);
void tasks_fini(struct tasks *tasks);
const struct task_row *task_find(const struct tasks *tasks, uint32_t id);
/* How many tasks of an order came at or before `time`. */
size_t task_order_until(const struct tasks *tasks, const struct task_order *order, uint64_t time);
uint64_t task_submitted(const struct task_row *task);
uint64_t task_taken(const struct task_row *task);

/* task_states.c: what a loop says of a task; and its moments are about to be those of `next`. */
void task_says(struct tasks *tasks, struct task_row *task, const struct event *event);
void task_moves(struct tasks *tasks, struct task_row *task, const struct task_row *next);

/* tally.c: how long tasks waited (of `taken`) and took (of `done`), of the first so many of the
 * order. */
void rank_cut(struct rank *rank, size_t place); /* from `place` on the order has changed */
void rank_fini(struct rank *rank);
void tasks_settle(struct tasks *tasks, bool service);
void tasks_latency(const struct tasks *tasks, size_t count, struct histogram *into);
void tasks_wait(const struct tasks *tasks, size_t count, struct histogram *into);

/* counts.c: the queue whose depth is asked for. */
const struct series *run_queue(const struct run *run);

/* diagnose.c: asks again where it is time to; what was asked does not hold any more. */
void diagnose_settle(struct timeline *timeline, size_t run);
void diagnose_forget(struct run *run);
void diagnoses_fini(struct diagnoses *kept);

/* marks.c; a knob's value in its unit, as the labels have it */
void mark_value_text(uint32_t unit, int64_t value, char *text, size_t size);
void mark_add(struct run *run, const struct event *event);
void marks_settle(struct run *run, const struct meta *meta);
void marks_fini(struct run *run);

#endif
