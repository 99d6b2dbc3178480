/*
 * What a loop says of its tasks: when it ran each, let it wait, and since when one was due.
 *
 * The words about a task are a chain from the youngest to the oldest. They count from when the task
 * was taken to its end. Invariant: `paused` and `due` are, at every moment, the number of tasks
 * whose state is WAITING and DUE; a change that does not come at the end takes the whole chain out
 * of them and puts it back.
 */
#include "timeline/run.h"

enum { NOTHING = UINT32_MAX };

static struct series *mix_of(struct tasks *tasks, uint32_t state)
{
    if (state == TASK_STATE_WAITING)
        return &tasks->paused;
    return state == TASK_STATE_DUE ? &tasks->due : NULL;
}

/* One more, or one less, in a state within [from, to). */
static void mix_add(struct tasks *tasks, uint32_t state, uint64_t from, uint64_t to, int sign)
{
    struct series *mix = mix_of(tasks, state);
    if (mix == NULL || from >= to)
        return;
    series_add(mix, from, sign);
    if (to != TIME_NEVER)
        series_add(mix, to, -sign);
}

static void mix_add_chain(struct tasks *tasks, const struct task_row *task, int sign)
{
    uint64_t until = task->end;
    for (uint32_t at = task->last_change; at != NOTHING; at = tasks->changes[at].before) {
        struct task_change change = tasks->changes[at];
        if (change.time < task_taken(task))
            return;
        mix_add(tasks, change.state, change.time, until, sign);
        until = change.time < until ? change.time : until;
    }
}

static void change(struct tasks *tasks, struct task_row *task, uint64_t time, enum task_state state)
{
    uint32_t younger = NOTHING, older = task->last_change;
    while (older != NOTHING && tasks->changes[older].time > time) {
        younger = older;
        older = tasks->changes[older].before;
    }
    bool at_end = younger == NOTHING && time < task->end;
    if (!at_end)
        mix_add_chain(tasks, task, -1);

    tasks->changes = grow(tasks->room, tasks->changes, &tasks->change_capacity, tasks->change_count,
                          sizeof *tasks->changes);
    uint32_t added = tasks->change_count++;
    tasks->changes[added] = (struct task_change){ .time = time, .before = older, .state = state };
    if (younger == NOTHING)
        task->last_change = added;
    else
        tasks->changes[younger].before = added;

    if (!at_end) {
        mix_add_chain(tasks, task, 1);
        return;
    }
    if (time < task_taken(task))
        return;
    if (older != NOTHING && tasks->changes[older].time >= task_taken(task))
        mix_add(tasks, tasks->changes[older].state, time, task->end, -1);
    mix_add(tasks, state, time, task->end, 1);
}

void task_says(struct tasks *tasks, struct task_row *task, const struct event *event)
{
    tasks->has_rows = true;
    if (event->kind == EVENT_TASK_WAIT) {
        change(tasks, task, event->time, TASK_STATE_WAITING);
        return;
    }
    /* It was due since then, but no earlier than what was last said of it. */
    uint64_t due = event->b < event->time ? event->time - event->b : 0;
    if (task->take != TIME_NEVER && due < task->take)
        due = task->take;
    if (task->last_change != NOTHING && due < tasks->changes[task->last_change].time)
        due = tasks->changes[task->last_change].time;
    if (due < event->time)
        change(tasks, task, due, TASK_STATE_DUE);
    change(tasks, task, event->time, TASK_STATE_RUNNING);
}

void task_moves(struct tasks *tasks, struct task_row *task, const struct task_row *next)
{
    uint32_t last = task->last_change;
    if (last == NOTHING) {
        *task = *next;
        return;
    }
    const struct task_change *youngest = &tasks->changes[last];
    if (task_taken(task) == task_taken(next) && task->end == TIME_NEVER &&
        next->end > youngest->time) {
        if (next->end != TIME_NEVER && youngest->time >= task_taken(task))
            mix_add(tasks, youngest->state, next->end, TIME_NEVER, -1);
        *task = *next;
        return;
    }
    mix_add_chain(tasks, task, -1);
    *task = *next;
    mix_add_chain(tasks, task, 1);
}

/* ---- questions ---- */

static enum task_state state_at(const struct tasks *tasks, const struct task_row *task,
                                uint64_t time, uint64_t *since)
{
    *since = 0;
    if (task->end <= time) {
        *since = task->end;
        return task->failed ? TASK_STATE_FAILED : TASK_STATE_DONE;
    }
    if (task_taken(task) <= time) {
        uint32_t at = task->last_change;
        while (at != NOTHING && tasks->changes[at].time > time)
            at = tasks->changes[at].before;
        *since = task_taken(task);
        if (at == NOTHING || tasks->changes[at].time < *since)
            return TASK_STATE_RUNNING;
        *since = tasks->changes[at].time;
        return (enum task_state)tasks->changes[at].state;
    }
    if (task_submitted(task) > time)
        return TASK_STATE_NONE;
    *since = task_submitted(task);
    return TASK_STATE_QUEUED;
}

enum task_state timeline_task_at(const struct timeline *timeline, size_t run_index, uint32_t id,
                                 uint64_t t, uint64_t *since_ns)
{
    *since_ns = 0;
    const struct run *run = run_of(timeline, run_index);
    const struct task_row *task = run != NULL ? task_find(&run->tasks, id) : NULL;
    if (task == NULL || run->go == TIME_NEVER)
        return TASK_STATE_NONE;
    uint64_t since;
    enum task_state state = state_at(&run->tasks, task, run_time(run, t), &since);
    *since_ns = run_since_go(run, since);
    return state;
}

enum task_state timeline_task_most(const struct timeline *timeline, size_t run_index, uint32_t id,
                                   uint64_t t0, uint64_t t1)
{
    const struct run *run = run_of(timeline, run_index);
    const struct task_row *task = run != NULL ? task_find(&run->tasks, id) : NULL;
    if (task == NULL || run->go == TIME_NEVER)
        return TASK_STATE_NONE;
    uint64_t from, to, since, ns[TASK_STATE_COUNT] = { 0 };
    run_span(run, t0, t1, &from, &to);
    if (from >= to)
        return state_at(&run->tasks, task, from, &since);
    /* From the end of the span back to its start, a state at a time. */
    for (uint64_t until = to; until > from; until = since) {
        enum task_state state = state_at(&run->tasks, task, until - 1, &since);
        since = since > from ? since : from;
        ns[state] += until - since;
    }
    enum task_state most = TASK_STATE_NONE;
    for (enum task_state state = TASK_STATE_NONE; state < TASK_STATE_COUNT; state++)
        if (ns[state] > ns[most])
            most = state;
    return most;
}

static uint64_t mix_at(const struct series *mix, uint64_t time)
{
    int64_t count;
    return series_at(mix, time, &count) && count > 0 ? (uint64_t)count : 0;
}

void timeline_task_mix(const struct timeline *timeline, size_t run_index, uint64_t t,
                       uint64_t counts[TASK_STATE_COUNT])
{
    for (size_t i = 0; i < TASK_STATE_COUNT; i++)
        counts[i] = 0;
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL || run->go == TIME_NEVER)
        return;
    struct task_counts sums;
    timeline_counts(timeline, run_index, t, &sums);
    uint64_t time = run_time(run, t);
    counts[TASK_STATE_QUEUED] = sums.waiting;
    counts[TASK_STATE_WAITING] = mix_at(&run->tasks.paused, time);
    counts[TASK_STATE_DUE] = mix_at(&run->tasks.due, time);
    counts[TASK_STATE_RUNNING] =
        sums.in_flight - counts[TASK_STATE_WAITING] - counts[TASK_STATE_DUE];
    counts[TASK_STATE_DONE] = sums.done;
    counts[TASK_STATE_FAILED] = sums.failed;
}
