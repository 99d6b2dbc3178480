/*
 * What must hold in the events of every run: stage_test_wrong() of stage.h.
 */
#include "stage.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

struct lane_seen {
    bool begun, over;
    uint64_t time;
    enum says says;
    uint32_t gil; /* held; OBJECT_NONE: none */
    bool has_gil; /* it ever took one */
};
enum stage_of_task { TASK_UNKNOWN, TASK_SUBMITTED, TASK_TAKEN, TASK_ENDED, TASK_COLLECTED };

struct seen {
    struct lane_seen *lanes;
    uint32_t lane_count;
    uint8_t *tasks; /* enum stage_of_task */
    uint32_t task_count;
    uint32_t *holders; /* by GIL: lane, or LANE_NONE */
    uint32_t gil_count;
    size_t crashes;
    bool gil_turned; /* the parameter was turned: who computes need not hold it */
    char wrong[200];
};

#define WRONG(seen, ...) (snprintf((seen)->wrong, sizeof(seen)->wrong, __VA_ARGS__), false)

static bool check_task(struct seen *seen, const struct event *e)
{
    enum stage_of_task before, after;
    switch (e->kind) {
    case EVENT_TASK_SUBMIT:
        before = TASK_UNKNOWN, after = TASK_SUBMITTED;
        break;
    case EVENT_TASK_TAKE:
        before = TASK_SUBMITTED, after = TASK_TAKEN;
        break;
    case EVENT_TASK_DONE:
    case EVENT_TASK_FAIL:
        before = TASK_TAKEN, after = TASK_ENDED;
        break;
    case EVENT_TASK_COLLECT:
        before = TASK_ENDED, after = TASK_COLLECTED;
        break;
    default:
        return true;
    }
    if (e->object >= seen->task_count)
        return WRONG(seen, "%s of task %u, which there is not", event_name(e->kind), e->object);
    /* What a dead process had is failed by another: taken or not, told as done or not. */
    bool may_fail =
        e->kind == EVENT_TASK_FAIL && seen->crashes > 0 && seen->tasks[e->object] != TASK_COLLECTED;
    if (seen->tasks[e->object] != before && !may_fail)
        return WRONG(seen, "%s of task %u, which is at %d", event_name(e->kind), e->object,
                     seen->tasks[e->object]);
    seen->tasks[e->object] = (uint8_t)after;
    return true;
}

static bool check_gil(struct seen *seen, const struct event *e, struct lane_seen *lane)
{
    if (e->kind != EVENT_GIL_TAKE && e->kind != EVENT_GIL_DROP)
        return true;
    if (e->object >= seen->gil_count)
        return WRONG(seen, "GIL %u, which there is not", e->object);
    uint32_t *holder = &seen->holders[e->object];
    if (e->kind == EVENT_GIL_TAKE) {
        if (*holder != LANE_NONE)
            return WRONG(seen, "lane %u takes GIL %u, which lane %u has", e->lane, e->object,
                         *holder);
        *holder = e->lane;
        lane->gil = e->object;
    } else {
        if (*holder != e->lane)
            return WRONG(seen, "lane %u drops GIL %u, which it has not", e->lane, e->object);
        *holder = LANE_NONE;
        lane->gil = OBJECT_NONE;
    }
    return true;
}

static bool check_life(struct seen *seen, const struct event *e, struct lane_seen *lane)
{
    if (e->kind == EVENT_LANE_BEGIN) {
        if (lane->begun)
            return WRONG(seen, "lane %u begins twice", e->lane);
        lane->begun = true;
    }
    /* Killed while it was still writing its row: it has an end only. */
    bool stillborn = e->kind == EVENT_LANE_CRASH && !lane->begun;
    if ((!lane->begun && !stillborn) || lane->over)
        return WRONG(seen, "%s of lane %u, which does not live", event_name(e->kind), e->lane);
    if (e->time < lane->time)
        return WRONG(seen, "time of lane %u runs backwards at %s", e->lane, event_name(e->kind));
    lane->time = e->time;
    lane->over = e->kind == EVENT_LANE_END || e->kind == EVENT_LANE_CRASH;
    return true;
}

static bool check_says(struct seen *seen, const struct event *e, struct lane_seen *lane)
{
    enum says says;
    if (event_says(e, &says))
        lane->says = says;
    if (lane->says == SAYS_COMPUTE && lane->has_gil && lane->gil == OBJECT_NONE &&
        !seen->gil_turned)
        return WRONG(seen, "lane %u computes without its GIL at %s", e->lane, event_name(e->kind));
    bool computes = lane->says == SAYS_COMPUTE || lane->says == SAYS_IPC;
    bool dies = e->kind == EVENT_LANE_CRASH;
    if (lane->gil != OBJECT_NONE && !computes && !dies)
        return WRONG(seen, "lane %u says %d and holds its GIL", e->lane, (int)lane->says);
    return true;
}

static bool check_event(struct seen *seen, const struct event *e)
{
    if (e->kind == EVENT_LOST)
        return WRONG(seen, "%llu events of lane %u are lost", (unsigned long long)e->b, e->lane);
    if (e->lane >= seen->lane_count)
        return WRONG(seen, "%s of lane %u, which there is not", event_name(e->kind), e->lane);
    struct lane_seen *lane = &seen->lanes[e->lane];
    return check_life(seen, e, lane) && check_task(seen, e) && check_gil(seen, e, lane) &&
           check_says(seen, e, lane);
}

static bool check_end(struct seen *seen, const struct stage_test *test)
{
    if (stage_test_count(test, EVENT_RUN_GO) != 1 || stage_test_count(test, EVENT_RUN_END) != 1)
        return WRONG(seen, "the run has %zu beginnings and %zu ends",
                     stage_test_count(test, EVENT_RUN_GO), stage_test_count(test, EVENT_RUN_END));
    for (uint32_t i = 0; i < seen->lane_count; i++)
        if (seen->lanes[i].begun && !seen->lanes[i].over)
            return WRONG(seen, "lane %u does not end", i);
    return true;
}

const char *stage_test_wrong(const struct stage_test *test)
{
    static struct seen seen; /* its sentence is given to the caller */
    seen = (struct seen){ .lane_count = atomic_load(&test->run->next_lane),
                          .task_count = atomic_load(&test->run->next_task),
                          .gil_count = atomic_load(&test->run->next_gil),
                          .crashes = stage_test_count(test, EVENT_LANE_CRASH) };
    seen.lanes = mem_zero(seen.lane_count, sizeof *seen.lanes);
    seen.tasks = mem_zero(seen.task_count, 1);
    seen.holders = mem_zero(seen.gil_count, sizeof *seen.holders);
    for (uint32_t i = 0; i < seen.gil_count; i++)
        seen.holders[i] = LANE_NONE;
    for (uint32_t i = 0; i < seen.lane_count; i++)
        seen.lanes[i].gil = OBJECT_NONE;
    for (size_t i = 0; i < test->count; i++) {
        const struct event *e = &test->events[i];
        if (e->kind == EVENT_GIL_TAKE && e->lane < seen.lane_count)
            seen.lanes[e->lane].has_gil = true;
        if (e->kind == EVENT_PARAM_APPLIED && e->object == PARAM_GIL)
            seen.gil_turned = true;
    }
    bool right = true;
    for (size_t i = 0; right && i < test->count; i++)
        right = check_event(&seen, &test->events[i]);
    right = right && check_end(&seen, test);
    free(seen.lanes);
    free(seen.tasks);
    free(seen.holders);
    return right ? NULL : seen.wrong;
}
