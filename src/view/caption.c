/*
 * What a run does, in a sentence for those in the last row: how many of its workers are in the state
 * that most are in, and what the others do. Rows of words, filled from the trace; over the last part
 * of the strips' span, since what holds for one moment only would flicker.
 */
#include "view/column.h"

#include "base/format.h"
#include "view/parts.h"

#include <stdio.h>
#include <string.h>

/* What several do, and what one does. */
static const struct {
    const char *many, *one;
} does[STATE_COUNT] = {
    [STATE_RUN] = { "compute", "computes" },
    [STATE_NATIVE] = { "compute without the GIL", "computes without the GIL" },
    [STATE_READY] = { "could go on but have no core", "could go on but has no core" },
    [STATE_GIL] = { "wait for the GIL", "waits for the GIL" },
    [STATE_LOCK] = { "wait for a lock", "waits for a lock" },
    [STATE_IO] = { "wait for the outside", "waits for the outside" },
    [STATE_IPC] = { "pass messages", "passes messages" },
    [STATE_IDLE] = { "have nothing to do", "has nothing to do" },
    [STATE_OTHER] = { "are blocked in the kernel", "is blocked in the kernel" },
};

/* How many workers on average are in each state, in thousandths; all of them in *all. */
static void workers_in(const struct column *column, uint64_t counts[STATE_COUNT], uint64_t *all)
{
    uint64_t span = column->look->window_ns / 4, ns[STATE_COUNT];
    uint64_t from = column->moment > span ? column->moment - span : 0;
    *all = 0;
    if (column->moment == from)
        return;
    timeline_run_shares(column->timeline, column->run, from, column->moment, ns);
    for (int i = 0; i < STATE_COUNT; i++) {
        counts[i] = ns[i] * 1000 / (column->moment - from);
        *all += counts[i];
    }
}

/* "3 of 10 workers wait for the GIL", "the loop computes"; used bytes. */
static size_t say_state(char *text, size_t size, int state, uint64_t count, uint64_t all)
{
    unsigned long long number = (count + 500) / 1000, of = (all + 500) / 1000;
    if (of <= 1)
        return (size_t)snprintf(text, size, "The only lane %s", does[state].one);
    if (number >= of)
        return (size_t)snprintf(text, size, "All %llu workers %s", of, does[state].many);
    return (size_t)snprintf(text, size, "%llu of %llu workers %s", number, of,
                            number == 1 ? does[state].one : does[state].many);
}

/* Of a loop: what its tasks do. */
static void say_tasks(const struct column *column, char *text, size_t size)
{
    uint64_t counts[TASK_STATE_COUNT];
    timeline_task_mix(column->timeline, column->run, column->moment, counts);
    unsigned long long waiting = counts[TASK_STATE_WAITING], due = counts[TASK_STATE_DUE];
    if (due > 0)
        snprintf(text, size, "; %llu task%s due, but the loop is busy", due,
                 due == 1 ? " is" : "s are");
    else if (waiting > 0)
        snprintf(text, size, "; %llu task%s at once", waiting, waiting == 1 ? " waits" : "s wait");
}

void column_caption(const struct column *column, char *text, size_t size)
{
    uint64_t counts[STATE_COUNT], all;
    char time[TEXT_SIZE];
    text[0] = '\0';
    if (column->brief.over && column->look->moment >= column->brief.length_ns) {
        snprintf(text, size, "It took %s.",
                 format_duration(time, sizeof time, column->brief.length_ns));
        return;
    }
    workers_in(column, counts, &all);
    if (all < 500) {
        snprintf(text, size, "It starts.");
        return;
    }
    int most = 0, second = -1;
    for (int i = 1; i < STATE_COUNT; i++)
        most = counts[i] > counts[most] ? i : most;
    for (int i = 0; i < STATE_COUNT; i++) {
        if (i != most && counts[i] >= 500 && (second < 0 || counts[i] > counts[second]))
            second = i;
    }
    size_t used = say_state(text, size, most, counts[most], all);
    if (column->brief.has_task_rows) {
        say_tasks(column, text + used, size - used);
    } else if (second >= 0 && used < size) {
        unsigned long long number = (counts[second] + 500) / 1000;
        snprintf(text + used, size - used, "; %llu %s", number,
                 number == 1 ? does[second].one : does[second].many);
    }
    used = strlen(text);
    snprintf(text + used, size - used, ".");
}
