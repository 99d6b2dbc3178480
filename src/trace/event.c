/*
 * What the kinds of events are called and what they tell of a lane. The names are written out,
 * because a macro cannot make a word lower-case; a test holds them against EVENT_ROWS.
 */
#include "trace/event.h"

#include <stddef.h>
#include <stdio.h>

static const char *const names[] = {
    [EVENT_NONE] = "none",
    [EVENT_RUN_GO] = "run-go",
    [EVENT_RUN_END] = "run-end",
    [EVENT_LANE_BEGIN] = "lane-begin",
    [EVENT_LANE_CPU] = "lane-cpu",
    [EVENT_LANE_SWITCHES] = "lane-switches",
    [EVENT_LANE_END] = "lane-end",
    [EVENT_LANE_CRASH] = "lane-crash",
    [EVENT_SAY] = "say",
    [EVENT_TASK_SUBMIT] = "task-submit",
    [EVENT_TASK_TAKE] = "task-take",
    [EVENT_TASK_RUN] = "task-run",
    [EVENT_TASK_WAIT] = "task-wait",
    [EVENT_TASK_DONE] = "task-done",
    [EVENT_TASK_FAIL] = "task-fail",
    [EVENT_TASK_COLLECT] = "task-collect",
    [EVENT_STEP_BEGIN] = "step-begin",
    [EVENT_STEP_END] = "step-end",
    [EVENT_GIL_WANT] = "gil-want",
    [EVENT_GIL_REQUEST] = "gil-request",
    [EVENT_GIL_TAKE] = "gil-take",
    [EVENT_GIL_DROP] = "gil-drop",
    [EVENT_LOCK_WANT] = "lock-want",
    [EVENT_LOCK_TAKE] = "lock-take",
    [EVENT_LOCK_DROP] = "lock-drop",
    [EVENT_QUEUE_PUSH] = "queue-push",
    [EVENT_QUEUE_POP] = "queue-pop",
    [EVENT_SERIALISE_BEGIN] = "serialise-begin",
    [EVENT_SERIALISE_END] = "serialise-end",
    [EVENT_LOOP_TURN] = "loop-turn",
    [EVENT_CONN_OPEN] = "conn-open",
    [EVENT_CONN_CLOSE] = "conn-close",
    [EVENT_SWITCH_IN] = "switch-in",
    [EVENT_SWITCH_OUT] = "switch-out",
    [EVENT_SAMPLE_CORE] = "sample-core",
    [EVENT_SAMPLE_MEMORY] = "sample-memory",
    [EVENT_PARAM_SET] = "param-set",
    [EVENT_PARAM_APPLIED] = "param-applied",
    [EVENT_MARK] = "mark",
    [EVENT_CROWD] = "crowd",
    [EVENT_LOST] = "lost",
};
_Static_assert(sizeof names / sizeof names[0] == EVENT_KIND_COUNT, "each kind has a name");

static const char *const meanings[] = {
#define X(name, object, a, b, meaning) [EVENT_##name] = meaning,
    EVENT_ROWS(X)
#undef X
};

const char *const run_status_names[RUN_STATUS_COUNT] = {
    [RUN_WAITING] = "waiting",         [RUN_LIVE] = "live",       [RUN_DONE] = "done",
    [RUN_STOPPED] = "stopped",         [RUN_LIMITED] = "limited", [RUN_FAILED] = "failed",
    [RUN_UNSUPPORTED] = "unsupported",
};

/* How a lane of a role is called; `alone`: without a number where it is the first. */
static const struct {
    const char *name;
    bool alone;
} roles[ROLE_COUNT] = {
    [ROLE_MAIN] = { "main", true },     [ROLE_WORKER] = { "w", false },
    [ROLE_LOOP] = { "loop", true },     [ROLE_POOL] = { "p", false },
    [ROLE_CONNECTION] = { "c", false }, [ROLE_OUTSIDE] = { "outside", true },
};

static bool says_value(uint32_t value, enum says *says)
{
    if (value >= SAYS_COUNT)
        return false;
    *says = (enum says)value;
    return true;
}

bool event_says(const struct event *event, enum says *says)
{
    switch (event->kind) {
    case EVENT_SAY:
    case EVENT_GIL_DROP:
    case EVENT_LOCK_TAKE:
    case EVENT_SERIALISE_END:
        return says_value(event->a, says);
    case EVENT_GIL_WANT:
        return says_value(SAYS_GIL, says);
    case EVENT_GIL_TAKE:
        return says_value(SAYS_COMPUTE, says);
    case EVENT_LOCK_WANT:
        return says_value(SAYS_LOCK, says);
    case EVENT_SERIALISE_BEGIN:
        return says_value(SAYS_IPC, says);
    case EVENT_LANE_BEGIN:
        return says_value(SAYS_IDLE, says);
    default:
        return false;
    }
}

const char *event_name(uint16_t kind)
{
    return kind < EVENT_KIND_COUNT ? names[kind] : "?";
}

const char *event_meaning(uint16_t kind)
{
    return kind < EVENT_KIND_COUNT ? meanings[kind] : "?";
}

const char *lane_name(uint32_t role_and_index, char *into, unsigned size)
{
    uint32_t role = role_and_index & 0xff, index = role_and_index >> 8;
    if (role >= ROLE_COUNT)
        snprintf(into, size, "?%u", index);
    else if (roles[role].alone && index == 0)
        snprintf(into, size, "%s", roles[role].name);
    else
        snprintf(into, size, "%s%u", roles[role].name, index);
    return into;
}
