/*
 * The checker. It sorts a copy of the trace by time (what happens at one moment: leaving before
 * taking) and walks over it once per rule. What a rule needs to know of a lane or a task is kept in
 * tables by id. What the timeline tells is compared in invariants_timeline.c.
 */
#include "tests/invariants_inside.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "trace/recording.h"

const char *const invariant_names[INVARIANT_COUNT] = {
    [INVARIANT_GIL] = "gil",     [INVARIANT_STATES] = "states",     [INVARIANT_CORES] = "cores",
    [INVARIANT_TASKS] = "tasks", [INVARIANT_SWITCHES] = "switches", [INVARIANT_CPU] = "cpu",
    [INVARIANT_ORDER] = "order", [INVARIANT_LOST] = "lost",         [INVARIANT_LIVES] = "lives",
};

enum { SENTENCES = 12, IDS = 1 << 20, SWITCH_NS = 10000 };
#define NEVER UINT64_MAX

void invariant_breaks(struct check *check, enum invariant invariant, const char *format, ...)
{
    struct invariants *invariants = check->invariants;
    if (invariants->broken[invariant]++ >= SENTENCES)
        return;
    buffer_printf(&invariants->why, "%s, run %zu: ", invariant_names[invariant], check->run);
    va_list arguments;
    va_start(arguments, format);
    buffer_printf_list(&invariants->why, format, arguments);
    va_end(arguments);
    buffer_byte(&invariants->why, '\n');
}

static void *room(void *table, size_t *count, uint32_t id, size_t size)
{
    if (id < *count)
        return table;
    size_t more = (size_t)id + 1 > *count * 2 ? (size_t)id + 1 : *count * 2;
    table = mem_resize(table, more, size);
    memset((char *)table + *count * size, 0, (more - *count) * size);
    *count = more;
    return table;
}

static struct lane *lane_of(struct check *check, uint32_t id)
{
    size_t before = check->lane_count;
    check->lanes = room(check->lanes, &check->lane_count, id, sizeof *check->lanes);
    for (size_t i = before; i < check->lane_count; i++)
        check->lanes[i].core = check->lanes[i].gil = OBJECT_NONE;
    return &check->lanes[id];
}

static bool is_kernel(const struct event *e)
{
    return e->kind == EVENT_SWITCH_IN || e->kind == EVENT_SWITCH_OUT;
}

/* Totals may be told by the recorder, at times of its own. */
static bool is_total(const struct event *e)
{
    return e->kind == EVENT_LANE_CPU || e->kind == EVENT_LANE_SWITCHES;
}

/* ---- order: in the file ---- */

static void check_order(struct check *check, const struct event *events, size_t count)
{
    for (const struct event *e = events; e < events + count; e++) {
        if (e->run != check->run || e->lane >= IDS || is_total(e))
            continue;
        struct lane *lane = lane_of(check, e->lane);
        uint64_t *last = is_kernel(e) ? &lane->kernel_time : &lane->own_time;
        check->invariants->checked[INVARIANT_ORDER]++;
        if (e->time < *last)
            invariant_breaks(check, INVARIANT_ORDER, "lane %u: %s at %llu comes after %llu",
                             e->lane, event_name(e->kind), (unsigned long long)e->time,
                             (unsigned long long)*last);
        *last = e->time;
    }
}

/* ---- lives, switches, CPU ---- */

static void begin_lane(struct check *check, const struct event *e)
{
    struct lane *lane = lane_of(check, e->lane);
    if (lane->begun)
        invariant_breaks(check, INVARIANT_LIVES, "lane %u begins twice", e->lane);
    lane->begun = lane->on_core = true;
    lane->begin = lane->on_since = e->time;
    lane->role = (enum lane_role)(e->object & 0xff);
}

static void end_lane(struct check *check, const struct event *e)
{
    struct lane *lane = lane_of(check, e->lane);
    check->invariants->checked[INVARIANT_LIVES]++;
    if (!lane->begun)
        invariant_breaks(check, INVARIANT_LIVES, "lane %u ends and never began", e->lane);
    if (lane->ended)
        invariant_breaks(check, INVARIANT_LIVES, "lane %u ends twice", e->lane);
    lane->ended = true;
    lane->crashed = e->kind == EVENT_LANE_CRASH;
    check->crashes += lane->crashed;
    lane->end = e->time;
    if (lane->gil != OBJECT_NONE) {
        if (!lane->crashed)
            invariant_breaks(check, INVARIANT_GIL, "lane %u ends with GIL %u", e->lane, lane->gil);
        check->gil_holder[lane->gil] = LANE_NONE;
        lane->gil = OBJECT_NONE;
    }
    if (lane->core_known)
        check->core_lane[lane->core] = LANE_NONE;
    lane->core_known = false;
}

static void tell_totals(struct check *check, const struct event *e)
{
    struct lane *lane = lane_of(check, e->lane);
    if (e->kind == EVENT_LANE_CPU) {
        lane->cpu_told = true;
        lane->told_on_core_ns = e->b;
        lane->seen_on_core_ns = lane->on_core_ns + (lane->on_core ? e->time - lane->on_since : 0);
    } else {
        lane->switches_told = true;
        lane->told_voluntary = e->a;
        lane->told_involuntary = e->b;
        lane->seen_voluntary = lane->voluntary;
        lane->seen_involuntary = lane->involuntary;
    }
}

static bool apart(uint64_t a, uint64_t b, double most)
{
    double difference = a > b ? (double)(a - b) : (double)(b - a);
    return difference > most;
}

/* Of a lane at its end: what was seen against what the kernel counted. */
static void compare_totals(struct check *check, uint32_t id, const struct lane *lane)
{
    if (!check->perf || lane->role == ROLE_OUTSIDE || !lane->ended || lane->crashed)
        return;
    if (lane->switches_told) {
        check->invariants->checked[INVARIANT_SWITCHES]++;
        double one = (double)lane->told_voluntary / 100,
               other = (double)lane->told_involuntary / 100;
        if (apart(lane->seen_voluntary, lane->told_voluntary, one > 2 ? one : 2) ||
            apart(lane->seen_involuntary, lane->told_involuntary, other > 2 ? other : 2))
            invariant_breaks(
                check, INVARIANT_SWITCHES,
                "lane %u: %llu voluntary and %llu involuntary switches seen, getrusage counted "
                "%llu and %llu",
                id, (unsigned long long)lane->seen_voluntary,
                (unsigned long long)lane->seen_involuntary,
                (unsigned long long)lane->told_voluntary,
                (unsigned long long)lane->told_involuntary);
    }
    if (lane->cpu_told) {
        uint64_t switches = lane->seen_voluntary + lane->seen_involuntary + 1;
        check->invariants->checked[INVARIANT_CPU]++;
        check->seen_on_core_ns += lane->seen_on_core_ns;
        check->told_on_core_ns += lane->told_on_core_ns;
        check->switches += switches;
        /* One lane: only whether the switches tied to it are its own. */
        if (apart(lane->seen_on_core_ns, lane->told_on_core_ns,
                  (double)lane->told_on_core_ns / 10 + 1e5 * (double)switches +
                      (double)check->once_ns))
            invariant_breaks(
                check, INVARIANT_CPU, "lane %u: %.3f ms on a core seen, its CPU clock says %.3f",
                id, (double)lane->seen_on_core_ns / 1e6, (double)lane->told_on_core_ns / 1e6);
    }
}

static void compare_cpu(struct check *check)
{
    if (apart(check->seen_on_core_ns, check->told_on_core_ns,
              (double)check->told_on_core_ns / 50 +
                  (double)check->switch_ns * (double)check->switches))
        invariant_breaks(
            check, INVARIANT_CPU,
            "all lanes: %.3f ms on a core seen, CPU clocks say %.3f, over %llu switches",
            (double)check->seen_on_core_ns / 1e6, (double)check->told_on_core_ns / 1e6,
            (unsigned long long)check->switches);
}

/* ---- cores ---- */

static void switch_in(struct check *check, const struct event *e)
{
    struct lane *lane = lane_of(check, e->lane);
    check->invariants->checked[INVARIANT_CORES]++;
    if (e->object >= CORES) {
        invariant_breaks(check, INVARIANT_CORES, "core %u cannot be", e->object);
        return;
    }
    uint32_t other = check->core_lane[e->object];
    if (other != LANE_NONE && other != e->lane)
        invariant_breaks(check, INVARIANT_CORES, "core %u has lane %u and gets lane %u at %llu",
                         e->object, other, e->lane, (unsigned long long)e->time);
    if (lane->on_core && lane->begun)
        invariant_breaks(check, INVARIANT_CORES,
                         "lane %u is on a core and comes to core %u at %llu", e->lane, e->object,
                         (unsigned long long)e->time);
    lane->on_core = lane->core_known = true;
    lane->core = e->object;
    lane->on_since = e->time;
    check->core_lane[e->object] = e->lane;
}

static void switch_out(struct check *check, const struct event *e)
{
    struct lane *lane = lane_of(check, e->lane);
    check->invariants->checked[INVARIANT_CORES]++;
    if (!lane->on_core)
        invariant_breaks(check, INVARIANT_CORES, "lane %u leaves core %u at %llu and was on none",
                         e->lane, e->object, (unsigned long long)e->time);
    else if (lane->core_known && lane->core != e->object)
        invariant_breaks(check, INVARIANT_CORES, "lane %u was on core %u and leaves core %u",
                         e->lane, lane->core, e->object);
    if (lane->on_core)
        lane->on_core_ns += e->time - lane->on_since;
    if (lane->core_known)
        check->core_lane[lane->core] = LANE_NONE;
    lane->on_core = lane->core_known = false;
    if (e->a == 1)
        lane->involuntary++;
    else
        lane->voluntary++;
}

/* ---- the GIL ---- */

static uint32_t *holder_of(struct check *check, uint32_t id)
{
    size_t before = check->gil_count;
    check->gil_holder = room(check->gil_holder, &check->gil_count, id, sizeof *check->gil_holder);
    for (size_t i = before; i < check->gil_count; i++)
        check->gil_holder[i] = LANE_NONE;
    return &check->gil_holder[id];
}

static void gil_event(struct check *check, const struct event *e)
{
    struct lane *lane = lane_of(check, e->lane);
    if (e->object >= IDS) {
        invariant_breaks(check, INVARIANT_GIL, "GIL %u cannot be", e->object);
        return;
    }
    uint32_t *holder = holder_of(check, e->object);
    check->invariants->checked[INVARIANT_GIL]++;
    if (e->kind == EVENT_GIL_TAKE) {
        if (*holder != LANE_NONE)
            invariant_breaks(check, INVARIANT_GIL,
                             "lane %u has GIL %u and lane %u takes it at %llu", *holder, e->object,
                             e->lane, (unsigned long long)e->time);
        *holder = e->lane;
        lane->gil = e->object;
    } else {
        if (*holder != e->lane)
            invariant_breaks(check, INVARIANT_GIL,
                             "lane %u drops GIL %u at %llu and does not have it", e->lane,
                             e->object, (unsigned long long)e->time);
        else
            *holder = LANE_NONE;
        lane->gil = OBJECT_NONE;
    }
}

/* ---- tasks ---- */

static void task_event(struct check *check, const struct event *e)
{
    if (e->object >= 1u << 26)
        return;
    check->tasks = room(check->tasks, &check->task_count, e->object, sizeof *check->tasks);
    struct task *task = &check->tasks[e->object];
    switch (e->kind) {
    case EVENT_TASK_SUBMIT:
        task->submits++;
        task->submit = e->time;
        break;
    case EVENT_TASK_TAKE:
        task->takes++;
        task->take = e->time;
        break;
    case EVENT_TASK_DONE:
    case EVENT_TASK_FAIL:
        task->ends++;
        task->end = e->time;
        task->orphaned = e->kind == EVENT_TASK_FAIL && e->a == EOWNERDEAD;
        break;
    default:
        task->collects++;
    }
}

static void check_task(struct check *check, uint32_t id, const struct task *task)
{
    if (task->submits + task->takes + task->ends + task->collects == 0)
        return;
    check->invariants->checked[INVARIANT_TASKS]++;
    if (task->submits != 1 || task->takes > 1 || task->ends > 1 || task->collects > 1)
        invariant_breaks(check, INVARIANT_TASKS,
                         "task %u was submitted %u, taken %u, ended %u, collected %u "
                         "times",
                         id, task->submits, task->takes, task->ends, task->collects);
    else if (task->ends > 0 && task->takes == 0 && task->orphaned && task->end >= task->submit)
        check->never_taken++;
    else if ((task->takes > 0 && task->take < task->submit) ||
             (task->ends > 0 && (task->takes == 0 || task->end < task->take)))
        invariant_breaks(check, INVARIANT_TASKS, "task %u: not in the order of submit, take, end",
                         id);
    else if (check->done && task->ends == 0)
        invariant_breaks(check, INVARIANT_TASKS, "the run is done, task %u is not", id);
}

/* ---- a run ---- */

static void one_event(struct check *check, const struct event *e, size_t *gos, size_t *ends)
{
    *gos += e->kind == EVENT_RUN_GO;
    *ends += e->kind == EVENT_RUN_END;
    if (e->kind == EVENT_LOST && e->b > 0)
        invariant_breaks(check, INVARIANT_LOST, "%llu events or lanes (place %u)",
                         (unsigned long long)e->b, e->object);
    if ((e->kind >= EVENT_TASK_SUBMIT && e->kind <= EVENT_TASK_TAKE) ||
        (e->kind >= EVENT_TASK_DONE && e->kind <= EVENT_TASK_COLLECT))
        task_event(check, e);
    if (e->lane >= IDS)
        return;
    switch (e->kind) {
    case EVENT_LANE_BEGIN:
        begin_lane(check, e);
        break;
    case EVENT_LANE_END:
    case EVENT_LANE_CRASH:
        end_lane(check, e);
        break;
    case EVENT_LANE_CPU:
    case EVENT_LANE_SWITCHES:
        tell_totals(check, e);
        break;
    case EVENT_SWITCH_IN:
        switch_in(check, e);
        break;
    case EVENT_SWITCH_OUT:
        switch_out(check, e);
        break;
    case EVENT_GIL_TAKE:
    case EVENT_GIL_DROP:
        gil_event(check, e);
        break;
    default:
        break;
    }
}

/* At one moment: who leaves goes first, and the file's order decides the rest. */
static int rank_of(const struct event *e)
{
    return e->kind != EVENT_SWITCH_OUT && e->kind != EVENT_GIL_DROP;
}

static int by_time(const void *left, const void *right)
{
    const struct event *a = left, *b = right;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    /* `a` and `b` of one lane and stream keep their order; see below. */
    if (a->lane != b->lane && rank_of(a) != rank_of(b))
        return rank_of(a) - rank_of(b);
    return 0;
}

/* Insertion keeps equals in their order, and a trace is all but sorted. */
static void sort(struct event *events, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct event event = events[i];
        size_t place = i;
        for (; place > 0 && by_time(&events[place - 1], &event) > 0; place--)
            events[place] = events[place - 1];
        events[place] = event;
    }
}

static void check_run(struct check *check, const struct event *events, size_t count)
{
    struct run_brief brief;
    timeline_run(check->timeline, check->run, &brief);
    check->perf = brief.source == SOURCE_PERF;
    check->done = brief.status == RUN_DONE;
    for (size_t i = 0; i < CORES; i++)
        check->core_lane[i] = LANE_NONE;
    check_order(check, events, count);
    check->events = mem_alloc((count + 1) * sizeof *events);
    for (size_t i = 0; i < count; i++)
        if (events[i].run == check->run)
            check->events[check->count++] = events[i];
    sort(check->events, check->count);

    size_t gos = 0, ends = 0;
    for (size_t i = 0; i < check->count; i++)
        one_event(check, &check->events[i], &gos, &ends);
    check->invariants->checked[INVARIANT_LOST]++;
    if (brief.gone && (gos != 1 || ends > 1 || (check->done && ends != 1)))
        invariant_breaks(check, INVARIANT_LIVES, "%zu times go, %zu times the end", gos, ends);
    for (uint32_t id = 0; id < check->lane_count; id++) {
        const struct lane *lane = &check->lanes[id];
        if (check->done && lane->begun && !lane->ended && lane->role != ROLE_OUTSIDE)
            invariant_breaks(check, INVARIANT_LIVES, "the run is done, and lane %u did not end",
                             id);
        compare_totals(check, id, lane);
    }
    compare_cpu(check);
    for (uint32_t id = 0; id < check->task_count; id++)
        check_task(check, id, &check->tasks[id]);
    if (check->never_taken > check->crashes)
        invariant_breaks(check, INVARIANT_TASKS,
                         "%zu tasks failed and were never taken, %zu lanes died",
                         check->never_taken, check->crashes);
    if (brief.gone)
        invariants_of_timeline(check, &brief);
    free(check->events);
    free(check->lanes);
    free(check->tasks);
    free(check->gil_holder);
}

static bool check_all(struct invariants *invariants, const struct event *events, size_t count,
                      const struct timeline *timeline, unsigned except, uint64_t switch_ns,
                      uint64_t once_ns)
{
    memset(invariants, 0, sizeof *invariants);
    for (size_t run = 0; run < timeline_runs(timeline); run++) {
        struct check check = { .invariants = invariants,
                               .timeline = timeline,
                               .run = run,
                               .switch_ns = switch_ns > SWITCH_NS ? switch_ns : SWITCH_NS,
                               .once_ns = once_ns };
        check_run(&check, events, count);
    }
    bool whole = true;
    for (size_t i = 0; i < INVARIANT_COUNT; i++)
        whole = whole && (invariants->broken[i] == 0 || (except >> i & 1) != 0);
    return whole;
}

bool invariants_check(struct invariants *invariants, const struct event *events, size_t count,
                      const struct timeline *timeline, unsigned except)
{
    return check_all(invariants, events, count, timeline, except, SWITCH_NS, 0);
}

bool invariants_check_file(struct invariants *invariants, const char *path, unsigned except,
                           uint64_t switch_ns, uint64_t once_ns)
{
    struct error error;
    struct recording *recording = recording_open(path, &error);
    struct timeline *timeline = timeline_new();
    struct event *all = NULL;
    size_t count = 0, room_for = 0, batch = 1;
    const struct event *events;
    bool readable = recording != NULL;
    while (readable && batch > 0) {
        readable = recording_next(recording, UINT64_MAX, &events, &batch, &error);
        if (!readable || batch == 0)
            break;
        timeline_feed(timeline, events, batch);
        while (count + batch > room_for) {
            room_for = room_for * 2 + 65536;
            all = mem_resize(all, room_for, sizeof *all);
        }
        memcpy(all + count, events, batch * sizeof *all);
        count += batch;
    }
    unsigned version;
    if (recording != NULL)
        timeline_tell(timeline, recording_meta(recording, &version), recording_until(recording));
    bool whole = check_all(invariants, all, count, timeline, except, switch_ns, once_ns);
    const char *missing = readable ? recording_missing(recording) : error.text;
    if (missing != NULL) {
        invariants->broken[INVARIANT_LOST]++;
        buffer_printf(&invariants->why, "lost: %s: %s\n", path, missing);
        whole = whole && (except >> INVARIANT_LOST & 1) != 0;
    }
    recording_close(recording);
    timeline_free(timeline);
    free(all);
    return whole;
}

void invariants_fini(struct invariants *invariants)
{
    buffer_fini(&invariants->why);
}
