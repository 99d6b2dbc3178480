/*
 * Moments to jump to: those that were marked, and those that a run has by itself (the first hand-
 * over, a knob turned, a crash, its end). Made anew only when one of them has changed.
 */
#include "timeline/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "timeline/diagnose.h"

void mark_add(struct run *run, const struct event *event)
{
    /* The turned knob is told by PARAM_SET. */
    if (event->kind == EVENT_MARK && event->object == MARK_PARAM)
        return;
    run->mark_rows = grow(NULL, run->mark_rows, &run->mark_row_capacity, run->mark_row_count,
                          sizeof *run->mark_rows);
    uint32_t place = run->mark_row_count;
    while (place > 0 && run->mark_rows[place - 1].time > event->time)
        place--;
    memmove(run->mark_rows + place + 1, run->mark_rows + place,
            (run->mark_row_count - place) * sizeof *run->mark_rows);
    run->mark_rows[place] = (struct mark_row){ .time = event->time,
                                               .kind = event->kind,
                                               .object = event->object,
                                               .lane = event->lane,
                                               .value = event->b };
    run->mark_row_count++;
}

void marks_fini(struct run *run)
{
    free(run->mark_rows);
    free(run->marks.items);
    free(run->marks.labels);
}

/* What stands beside a mark, and the word that names its kind. */
static const struct {
    const char *label, *word;
} mark_kinds[] = {
    [MARK_USER] = { "mark", "user" },
    [MARK_PARAM] = { "knob", "knob" },
    [MARK_ALL_CONNECTED] = { "talk begins", "talk-begins" },
    [MARK_TALK_ENDS] = { "talk ends", "talk-ends" },
    [MARK_CRASH] = { "crash", "crash" },
    [MARK_KILL] = { "worker killed", "kill" },
    [MARK_BURST] = { "burst of tasks", "burst" },
    [MARK_BLOCK] = { "blocking call", "block" },
    [MARK_HANDOVER] = { "first hand-over", "first-handover" },
    [MARK_END] = { "end", "end" },
    [MARK_DIAGNOSIS] = { "diagnosis", "diagnosis" },
};
enum { MARK_KINDS = sizeof mark_kinds / sizeof mark_kinds[0] };

const char *mark_word(unsigned kind)
{
    return kind < MARK_KINDS ? mark_kinds[kind].word : NULL;
}

void mark_value_text(uint32_t unit, int64_t value, char *text, size_t size)
{
    switch (unit) {
    case META_UNIT_DURATION:
        format_duration(text, size, value > 0 ? (uint64_t)value : 0);
        break;
    case META_UNIT_BYTES:
        format_bytes(text, size, value > 0 ? (uint64_t)value : 0);
        break;
    case META_UNIT_RATE:
        snprintf(text, size, "%.6g/s", (double)value / 1000);
        break;
    case META_UNIT_BOOL:
        snprintf(text, size, "%s", value != 0 ? "on" : "off");
        break;
    default:
        snprintf(text, size, "%lld", (long long)value);
    }
}

static void describe(const struct run *run, const struct meta *meta, const struct mark_row *row,
                     struct mark *mark, char label[48])
{
    mark->t = run_since_go(run, row->time < run->now ? row->time : run->now);
    if (row->kind == EVENT_LANE_CRASH) {
        const struct lane_row *lane = id_find(&run->lanes, row->lane);
        char name[16];
        lane_name((uint32_t)lane->role | lane->index << 8, name, sizeof name);
        mark->kind = MARK_CRASH;
        snprintf(label, 48, "%s crashed", name);
    } else if (row->kind == EVENT_PARAM_SET) {
        bool known = row->object < meta->param_count && row->object < META_PARAMS_MAX;
        char value[32];
        mark_value_text(known ? meta->params[row->object].unit : META_UNIT_COUNT,
                        (int64_t)row->value, value, sizeof value);
        mark->kind = MARK_PARAM;
        snprintf(label, 48, "%s = %s", known ? meta->params[row->object].name : "knob", value);
    } else {
        mark->kind = row->object < MARK_KINDS ? (enum mark_kind)row->object : MARK_USER;
        snprintf(label, 48, "%s", mark_kinds[mark->kind].label);
    }
    mark->label = label;
}

/* They are all but sorted. */
static void sort(struct mark *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct mark mark = items[i];
        size_t place = i;
        for (; place > 0 && items[place - 1].t > mark.t; place--)
            items[place] = items[place - 1];
        items[place] = mark;
    }
}

void marks_settle(struct run *run, const struct meta *meta)
{
    struct marks *marks = &run->marks;
    uint64_t hand_over = run->hand_over, end = run->over ? run->now : TIME_NEVER;
    if (run->go == TIME_NEVER || (marks->rows == run->mark_row_count && marks->go == run->go &&
                                  marks->end == end && marks->hand_over == hand_over))
        return;
    marks->rows = run->mark_row_count;
    marks->go = run->go;
    marks->end = end;
    marks->hand_over = hand_over;
    size_t room = run->mark_row_count + 2 + run->diagnoses.count;
    marks->items = mem_resize(marks->items, room, sizeof *marks->items);
    marks->labels = mem_resize(marks->labels, room, sizeof *marks->labels);
    uint32_t count = 0;
    for (; count < run->mark_row_count; count++)
        describe(run, meta, &run->mark_rows[count], &marks->items[count], marks->labels[count]);
    if (hand_over <= run->now)
        marks->items[count++] = (struct mark){ .t = run_since_go(run, hand_over),
                                               .kind = MARK_HANDOVER,
                                               .label = mark_kinds[MARK_HANDOVER].label };
    if (run->over)
        marks->items[count++] = (struct mark){ .t = run->now - run->go,
                                               .kind = MARK_END,
                                               .label = mark_kinds[MARK_END].label };
    for (uint32_t i = 0; i < run->diagnoses.count; i++)
        marks->items[count++] = (struct mark){ .t = run->diagnoses.items[i].t,
                                               .kind = MARK_DIAGNOSIS,
                                               .label = run->diagnoses.items[i].name };
    marks->count = count;
    sort(marks->items, count);
}

size_t timeline_marks(const struct timeline *timeline, size_t run_index, const struct mark **marks)
{
    const struct run *run = run_of(timeline, run_index);
    *marks = run != NULL ? run->marks.items : NULL;
    return run != NULL ? run->marks.count : 0;
}
