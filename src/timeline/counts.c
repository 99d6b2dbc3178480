/*
 * What a run counts as a whole: depth of its queue, memory, parameters.
 */
#include "timeline/run.h"

/* The task queue is the first one; a model without one has the tasks that wait. */
const struct series *run_queue(const struct run *run)
{
    const struct series *first = id_nth(&run->queues, 0);
    return first != NULL ? first : &run->tasks.waiting;
}

uint32_t timeline_queue_depth(const struct timeline *timeline, size_t run_index, uint64_t t)
{
    const struct run *run = run_of(timeline, run_index);
    int64_t depth;
    if (run == NULL || run->go == TIME_NEVER ||
        !series_at(run_queue(run), run_time(run, t), &depth) || depth < 0)
        return 0;
    return (uint32_t)depth;
}

uint32_t timeline_queue_max(const struct timeline *timeline, size_t run_index, uint64_t t0,
                            uint64_t t1)
{
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL || run->go == TIME_NEVER)
        return 0;
    uint64_t from, to;
    int64_t most;
    run_span(run, t0, t1, &from, &to);
    if (!series_most(run_queue(run), from, to > from ? to : from + 1, &most) || most < 0)
        return 0;
    return (uint32_t)most;
}

int64_t timeline_memory(const struct timeline *timeline, size_t run_index, enum memory_kind kind,
                        uint64_t t)
{
    const struct run *run = run_of(timeline, run_index);
    int64_t kib;
    if (run == NULL || run->go == TIME_NEVER || (unsigned)kind >= MEMORY_KINDS ||
        !series_at(&run->memory[kind], run_time(run, t), &kib))
        return -1;
    return kib;
}

static uint64_t count_at(const struct run *run, const struct series *series, uint64_t time)
{
    int64_t count;
    return run->go != TIME_NEVER && series_at(series, time, &count) && count > 0 ? (uint64_t)count
                                                                                 : 0;
}

uint64_t timeline_lag(const struct timeline *timeline, size_t run_index, uint64_t t)
{
    const struct run *run = run_of(timeline, run_index);
    return run != NULL ? count_at(run, &run->lag, run_time(run, t)) : 0;
}

uint64_t timeline_late(const struct timeline *timeline, size_t run_index, uint64_t t)
{
    const struct run *run = run_of(timeline, run_index);
    return run != NULL ? count_at(run, &run->late, run_time(run, t)) : 0;
}

uint64_t timeline_lost(const struct timeline *timeline, size_t run_index, uint64_t t)
{
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL)
        return 0;
    return count_at(run, &run->lost, t == UINT64_MAX ? TIME_NEVER - 1 : run_time(run, t));
}

bool timeline_param_at(const struct timeline *timeline, size_t run_index, uint32_t param,
                       uint64_t t, int64_t *value)
{
    const struct run *run = run_of(timeline, run_index);
    if (run == NULL || param >= timeline->meta.param_count || param >= META_PARAMS_MAX)
        return false;
    if (run->go == TIME_NEVER || !series_at(&run->params[param], run_time(run, t), value))
        *value = timeline->meta.runs[run_index].file[0] != '\0'
                     ? timeline->meta.runs[run_index].params[param]
                     : timeline->meta.params[param].value;
    return true;
}
