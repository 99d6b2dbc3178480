/*
 * The rules of the Chrome trace, asked of what was written: read by a JSON parser of its own, every
 * event is looked at, slices first, so that it is known where a flow may hang.
 */
#include "chrome_rules.h"

#include <check.h>
#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "timeline/figures.h"

struct slice {
    uint32_t pid, tid;
    uint64_t start, end;
    const char *name;
};
struct flow {
    uint64_t from, to;
    const char *name;
    bool ended;
};
struct sheet {
    const struct timeline *timeline;
    struct slice *slices;
    size_t slice_count;
    size_t flow_count, handovers, named, tasks;
    json_t *flows, *tasks_open, *names, *orders; /* by id or place */
};

static uint64_t ns_of(const json_t *event, const char *key)
{
    const json_t *us = json_object_get(event, key);
    ck_assert_msg(json_is_number(us) && json_number_value(us) >= 0, "%s", key);
    return (uint64_t)llround(json_number_value(us) * 1000);
}

static const char *text_of(const json_t *event, const char *key)
{
    const char *text = json_string_value(json_object_get(event, key));
    ck_assert_msg(text != NULL, "no %s", key);
    return text;
}

static uint32_t number_of(const json_t *event, const char *key)
{
    const json_t *number = json_object_get(event, key);
    ck_assert_msg(json_is_integer(number), "no %s", key);
    return (uint32_t)json_integer_value(number);
}

/* Numbers outside of strings are never in scientific notation. */
static void check_numbers(const char *text)
{
    bool quoted = false;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\\' && quoted)
            c++;
        else if (*c == '"')
            quoted = !quoted;
        else if (!quoted && (*c == 'e' || *c == 'E') && isdigit((unsigned char)c[-1]))
            ck_abort_msg("scientific notation: %.20s", c - 10);
    }
}

static int by_place(const void *a, const void *b)
{
    const struct slice *left = a, *right = b;
    if (left->pid != right->pid)
        return left->pid < right->pid ? -1 : 1;
    if (left->tid != right->tid)
        return left->tid < right->tid ? -1 : 1;
    return (left->start > right->start) - (left->start < right->start);
}

/* The last slice of a place that begins at or before a moment. */
static const struct slice *slice_at(const struct sheet *sheet, uint32_t pid, uint32_t tid,
                                    uint64_t ns)
{
    const struct slice wanted = { .pid = pid, .tid = tid, .start = ns };
    size_t low = 0, high = sheet->slice_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (by_place(&sheet->slices[middle], &wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct slice *slice = &sheet->slices[low - 1];
    return slice->pid == pid && slice->tid == tid && slice->end >= ns ? slice : NULL;
}

static void see_slice(struct sheet *sheet, const json_t *event)
{
    uint64_t start = ns_of(event, "ts");
    sheet->slices[sheet->slice_count++] =
        (struct slice){ number_of(event, "pid"), number_of(event, "tid"), start,
                        start + ns_of(event, "dur"), text_of(event, "name") };
}

static void see_name(struct sheet *sheet, const json_t *event)
{
    char key[48];
    const char *kind = text_of(event, "name");
    const json_t *args = json_object_get(event, "args");
    bool thread = strncmp(kind, "thread", 6) == 0;
    snprintf(key, sizeof key, "%u.%u", number_of(event, "pid"),
             thread ? number_of(event, "tid") : 0);
    bool name = strstr(kind, "_name") != NULL;
    ck_assert(json_object_get(args, name ? "name" : "sort_index") != NULL);
    json_t *table = name ? sheet->names : sheet->orders;
    ck_assert_msg(json_object_get(table, key) == NULL, "%s %s twice", kind, key);
    json_object_set_new(table, key, json_true());
}

static void see_counter(const json_t *event)
{
    const char *key;
    json_t *value, *args = json_object_get(event, "args");
    ns_of(event, "ts");
    ck_assert_uint_gt(json_object_size(args), 0);
    json_object_foreach(args, key, value) ck_assert(json_is_number(value));
}

static void see_task(struct sheet *sheet, const json_t *event, char phase)
{
    const char *id = text_of(event, "id");
    ck_assert(strncmp(id, "0x", 2) == 0);
    ck_assert_str_eq(text_of(event, "cat"), "task");
    ck_assert_str_eq(text_of(event, "name"), "task");
    json_t *open = json_object_get(sheet->tasks_open, id);
    if (phase == 'b') {
        ck_assert_msg(open == NULL, "task %s begins twice", id);
        json_object_set_new(sheet->tasks_open, id, json_integer((json_int_t)ns_of(event, "ts")));
        sheet->tasks++;
        return;
    }
    ck_assert_msg(json_is_integer(open), "task %s ends without a beginning", id);
    ck_assert(ns_of(event, "ts") >= (uint64_t)json_integer_value(open));
    json_object_set_new(sheet->tasks_open, id, json_null());
}

/* Both ends within a slice; the second not before the first. */
static void see_flow(struct sheet *sheet, const json_t *event, char phase)
{
    char key[24];
    uint64_t ns = ns_of(event, "ts");
    snprintf(key, sizeof key, "%u", number_of(event, "id"));
    ck_assert_msg(slice_at(sheet, number_of(event, "pid"), number_of(event, "tid"), ns) != NULL,
                  "flow %s hangs in the air", key);
    json_t *start = json_object_get(sheet->flows, key);
    if (phase == 's') {
        ck_assert(start == NULL);
        json_object_set_new(sheet->flows, key, json_deep_copy(event));
        sheet->flow_count++;
        sheet->handovers += strcmp(text_of(event, "name"), "hand-over") == 0;
        return;
    }
    ck_assert_str_eq(text_of(event, "bp"), "e");
    ck_assert_ptr_nonnull(start);
    ck_assert_str_eq(text_of(start, "name"), text_of(event, "name"));
    ck_assert_str_eq(text_of(start, "cat"), text_of(event, "cat"));
    ck_assert_uint_eq(number_of(start, "pid"), number_of(event, "pid"));
    ck_assert(ns_of(start, "ts") <= ns);
    json_object_set_new(sheet->flows, key, json_null());
}

static void see(struct sheet *sheet, const json_t *event, bool slices)
{
    char phase = text_of(event, "ph")[0];
    uint32_t pid = number_of(event, "pid");
    ck_assert(pid >= 1 && pid <= timeline_runs(sheet->timeline));
    if (slices != (phase == 'X' || phase == 'M'))
        return;
    switch (phase) {
    case 'X':
        see_slice(sheet, event);
        break;
    case 'M':
        see_name(sheet, event);
        break;
    case 'C':
        see_counter(event);
        break;
    case 'b':
    case 'e':
        see_task(sheet, event, phase);
        break;
    case 's':
    case 'f':
        see_flow(sheet, event, phase);
        break;
    case 'i':
        ck_assert_str_eq(text_of(event, "s"), "p");
        break;
    default:
        ck_abort_msg("phase %c", phase);
    }
}

static void check_nesting(const struct sheet *sheet)
{
    for (size_t i = 1; i < sheet->slice_count; i++) {
        const struct slice *a = &sheet->slices[i - 1], *b = a + 1;
        if (a->pid == b->pid && a->tid == b->tid && b->start < a->end)
            ck_abort_msg("%s [%llu, %llu) and %s [%llu, %llu) overlap", a->name,
                         (unsigned long long)a->start, (unsigned long long)a->end, b->name,
                         (unsigned long long)b->start, (unsigned long long)b->end);
    }
    char key[48];
    for (size_t i = 0; i < sheet->slice_count; i++) {
        snprintf(key, sizeof key, "%u.%u", sheet->slices[i].pid, sheet->slices[i].tid);
        ck_assert_msg(json_object_get(sheet->names, key) != NULL, "%s has no name", key);
        ck_assert_msg(json_object_get(sheet->orders, key) != NULL, "%s has no order", key);
    }
}

/* The lengths of the slices of one place that are called so; NULL: of all. */
static uint64_t sum_of(const struct sheet *sheet, size_t run, uint32_t tid, const char *name)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < sheet->slice_count; i++) {
        const struct slice *slice = &sheet->slices[i];
        if (slice->pid == run + 1 && slice->tid == tid &&
            (name == NULL || strcmp(slice->name, name) == 0))
            sum += slice->end - slice->start;
    }
    return sum;
}

/* The same figures as everybody's. */
static void check_sums(const struct sheet *sheet)
{
    enum { GILS = 2000, LANES = 2000000 };
    const struct timeline *timeline = sheet->timeline;
    double handovers = 0;
    uint64_t tasks = 0;
    for (size_t run = 0; run < timeline_runs(timeline); run++) {
        struct run_brief brief;
        struct figures figures;
        timeline_run(timeline, run, &brief);
        if (!brief.gone)
            continue;
        figures_at(timeline, run, UINT64_MAX, &figures);
        handovers += figures.gil_handovers.known ? figures.gil_handovers.value : 0;
        tasks += figures.tasks.submitted;
        double held = 0;
        for (uint32_t gil = 0; gil < brief.gils; gil++)
            held += (double)sum_of(sheet, run, GILS + gil, NULL) / 1e9;
        if (figures.gil_held_s.known)
            ck_assert_double_eq_tol(held, figures.gil_held_s.value, 1e-6);
        for (size_t lane = 0; lane < brief.lanes && lane < 40; lane++) {
            struct lane_brief of_lane;
            uint64_t ns[STATE_COUNT];
            timeline_lane(timeline, run, lane, &of_lane);
            timeline_lane_shares(timeline, run, lane, 0, UINT64_MAX, ns);
            for (int state = 0; state < STATE_COUNT; state++)
                ck_assert_uint_eq(sum_of(sheet, run, LANES + of_lane.id, state_rows[state].key),
                                  ns[state]);
        }
    }
    ck_assert_double_eq((double)sheet->handovers, handovers);
    ck_assert_uint_eq(sheet->tasks, tasks);
}

void chrome_check(const char *text, const struct timeline *timeline, bool whole)
{
    json_error_t error;
    size_t index;
    json_t *event;
    check_numbers(text);
    json_t *trace = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(trace != NULL, "%s", error.text);
    ck_assert_str_eq(text_of(trace, "displayTimeUnit"), "ms");
    json_t *events = json_object_get(trace, "traceEvents");
    struct sheet sheet = { .timeline = timeline,
                           .slices = mem_zero(json_array_size(events) + 1, sizeof(struct slice)),
                           .flows = json_object(),
                           .tasks_open = json_object(),
                           .names = json_object(),
                           .orders = json_object() };
    json_array_foreach(events, index, event) see(&sheet, event, true);
    qsort(sheet.slices, sheet.slice_count, sizeof *sheet.slices, by_place);
    json_array_foreach(events, index, event) see(&sheet, event, false);
    check_nesting(&sheet);
    const char *key;
    json_t *value;
    json_object_foreach(sheet.flows, key, value)
        ck_assert_msg(json_is_null(value), "flow %s does not end", key);
    json_object_foreach(sheet.tasks_open, key, value)
        ck_assert_msg(json_is_null(value), "task %s does not end", key);
    if (whole) {
        ck_assert_uint_gt(sheet.slice_count, 20);
        check_sums(&sheet);
    }
    free(sheet.slices);
    json_decref(sheet.flows);
    json_decref(sheet.tasks_open);
    json_decref(sheet.names);
    json_decref(sheet.orders);
    json_decref(trace);
}
