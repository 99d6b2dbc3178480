/*
 * What is exported, read back: the Chrome trace against the rules of the format and against the
 * timeline's own figures, the CSV series and events against the trace, and SVG and HTML as XML that
 * needs nothing from elsewhere.
 */
#include "toy.h"

#include <check.h>
#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "output/output.h"
#include "timeline/figures.h"

#define MS UINT64_C(1000000)

static const char *const toys[] = { "scraper", "live", "matrix", "seven", "crash", "many" };
enum { TOYS = sizeof toys / sizeof *toys };

struct bed {
    struct toy toy;
    struct timeline *timeline;
    const struct timeline *one[1];
    struct event *events;
    size_t count;
    bool given; /* the events were handed out */
    struct output_options options;
    char *text;
    size_t size;
};

static bool give_events(void *source, const struct event **events, size_t *count,
                        struct error *error)
{
    struct bed *bed = source;
    (void)error;
    *events = bed->events;
    *count = bed->given ? 0 : bed->count;
    bed->given = true;
    return true;
}

static void bed_open(struct bed *bed, const char *toy)
{
    memset(bed, 0, sizeof *bed);
    toy_init(&bed->toy);
    ck_assert(toy_find(&bed->toy, toy));
    bed->timeline = timeline_new();
    toy_feed(&bed->toy, bed->timeline);
    bed->events = toy_events(&bed->toy, &bed->count);
    bed->one[0] = bed->timeline;
    bed->options = (struct output_options){
        .timelines = bed->one, .count = 1, .events = give_events, .source = bed
    };
}

static void bed_write(struct bed *bed, const char *format)
{
    struct error error = { "" };
    free(bed->text);
    bed->given = false;
    FILE *into = open_memstream(&bed->text, &bed->size);
    ck_assert_msg(output_find(format)->write(&bed->options, into, &error), "%s", error.text);
    fclose(into);
}

static void bed_close(struct bed *bed)
{
    timeline_free(bed->timeline);
    free(bed->events);
    free(bed->text);
}

/* ---- the Chrome trace ---- */

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
    const struct bed *bed;
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
    ck_assert(pid >= 1 && pid <= timeline_runs(sheet->bed->timeline));
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
    const struct timeline *timeline = sheet->bed->timeline;
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

static void check_trace(const struct bed *bed, bool whole)
{
    json_error_t error;
    size_t index;
    json_t *event;
    check_numbers(bed->text);
    json_t *trace = json_loads(bed->text, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(trace != NULL, "%s", error.text);
    ck_assert_str_eq(text_of(trace, "displayTimeUnit"), "ms");
    json_t *events = json_object_get(trace, "traceEvents");
    struct sheet sheet = { .bed = bed,
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

START_TEST(the_chrome_trace_keeps_the_rules)
{
    struct bed bed;
    bed_open(&bed, toys[_i]);
    bed_write(&bed, "perfetto");
    check_trace(&bed, true);
    bed.options.from_ns = 17 * MS + 3;
    bed.options.until_ns = 61 * MS;
    bed_write(&bed, "perfetto");
    check_trace(&bed, false);
    bed_close(&bed);
}
END_TEST

static size_t times_of(const char *text, const char *word)
{
    size_t times = 0;
    for (const char *c = text; (c = strstr(c, word)) != NULL; c++)
        times++;
    return times;
}

/* Who pushed may lose its core before the push is stored: the pop comes first. */
START_TEST(a_late_push_still_has_its_arrow)
{
    static const char arrow[] = "\"name\":\"queue\",\"ph\":\"s\"";
    struct bed bed;
    bed_open(&bed, "scraper");
    bed_write(&bed, "perfetto");
    size_t arrows = times_of(bed.text, arrow), swapped = 0;
    ck_assert_uint_gt(arrows, 10);
    for (size_t i = 0; i < bed.count; i += 3) {
        struct event *push = &bed.events[i], *pop = push;
        if (push->kind != EVENT_QUEUE_PUSH)
            continue;
        while (pop < bed.events + bed.count &&
               (pop->kind != EVENT_QUEUE_POP || pop->run != push->run || pop->b != push->b))
            pop++;
        if (pop == bed.events + bed.count)
            continue;
        struct event event = *push;
        *push = *pop;
        *pop = event;
        swapped++;
    }
    ck_assert_uint_gt(swapped, 3);
    bed_write(&bed, "perfetto");
    check_trace(&bed, true);
    ck_assert_uint_eq(times_of(bed.text, arrow), arrows);
    bed_close(&bed);
}
END_TEST

/* ---- CSV ---- */

enum { FIELDS_MOST = 40 };

/* Cuts a row into its fields, in place; the toys' names need no quotes. NULL: the end. */
static char *next_row(char **rest, char *fields[FIELDS_MOST], size_t *count)
{
    char *row = *rest, *end = strstr(row, "\r\n");
    if (*row == '\0')
        return NULL;
    ck_assert_ptr_nonnull(end);
    *end = '\0';
    *rest = end + 2;
    *count = 0;
    for (char *field; (field = strsep(&row, ",")) != NULL;) {
        ck_assert_uint_lt(*count, FIELDS_MOST);
        fields[(*count)++] = field;
    }
    return end;
}

START_TEST(the_series_sum_to_the_run)
{
    enum {
        FROM = 3,
        UNTIL,
        LANE,
        ROLE,
        STATES,
        ON_CORE = STATES + STATE_COUNT,
        DONE = ON_CORE + 6
    };
    struct bed bed;
    bed_open(&bed, toys[_i]);
    bed.options.bin_ns = 7 * MS;
    bed_write(&bed, "csv");
    char *fields[FIELDS_MOST], *rest = bed.text;
    size_t heads, count, rows = 0;
    next_row(&rest, fields, &heads);
    ck_assert_str_eq(fields[STATES], "run");
    ck_assert_str_eq(fields[DONE], "tasks_done");
    double done[META_RUNS_MAX] = { 0 }, ns[META_RUNS_MAX][STATE_COUNT] = { { 0 } };
    for (; next_row(&rest, fields, &count) != NULL; rows++) {
        ck_assert_uint_eq(count, heads);
        size_t run = strtoul(fields[1], NULL, 10);
        if (strcmp(fields[ROLE], "run") == 0) {
            done[run] += strtod(fields[DONE], NULL);
            continue;
        }
        double sum = 0;
        size_t lane = SIZE_MAX;
        struct lane_brief brief;
        for (size_t i = 0; timeline_lane(bed.timeline, run, i, &brief) && lane == SIZE_MAX; i++)
            if (strcmp(brief.name, fields[LANE]) == 0)
                lane = i;
        ck_assert_uint_ne(lane, SIZE_MAX);
        timeline_lane(bed.timeline, run, lane, &brief);
        uint64_t from = (uint64_t)llround(strtod(fields[FROM], NULL) * 1e6);
        uint64_t until = (uint64_t)llround(strtod(fields[UNTIL], NULL) * 1e6);
        double lived = (double)((brief.end_ns < until ? brief.end_ns : until) -
                                (brief.begin_ns > from ? brief.begin_ns : from));
        for (int state = 0; state < STATE_COUNT; state++) {
            sum += strtod(fields[STATES + state], NULL);
            if (role_is_worker(brief.role))
                ns[run][state] += strtod(fields[STATES + state], NULL) * lived;
        }
        ck_assert_double_eq_tol(sum, 1, 1e-6);
    }
    ck_assert_uint_gt(rows, 20);
    for (size_t run = 0; run < timeline_runs(bed.timeline); run++) {
        struct task_counts counts;
        uint64_t whole[STATE_COUNT];
        timeline_counts(bed.timeline, run, UINT64_MAX, &counts);
        timeline_run_shares(bed.timeline, run, 0, UINT64_MAX, whole);
        ck_assert_double_eq_tol(done[run], (double)counts.done, 1.01); /* one at the very end */
        for (int state = 0; state < STATE_COUNT; state++)
            ck_assert_double_eq_tol(ns[run][state], (double)whole[state],
                                    1e3 + 1e-6 * (double)whole[state]);
    }
    bed_close(&bed);
}
END_TEST

START_TEST(the_events_come_back)
{
    struct bed bed;
    bed_open(&bed, toys[_i]);
    bed_write(&bed, "csv-events");
    char *fields[FIELDS_MOST], *rest = bed.text;
    size_t count, row = 0;
    next_row(&rest, fields, &count);
    ck_assert_uint_eq(count, 9);
    for (; next_row(&rest, fields, &count) != NULL; row++) {
        ck_assert_uint_eq(count, 9);
        ck_assert_uint_lt(row, bed.count);
        const struct event *event = &bed.events[row];
        struct run_brief brief;
        timeline_run(bed.timeline, event->run, &brief);
        uint64_t since = event->time > brief.go_ns ? event->time - brief.go_ns : 0;
        ck_assert_uint_eq(strtoull(fields[0], NULL, 10), since);
        ck_assert_uint_eq(strtoul(fields[1], NULL, 10), event->run);
        ck_assert_str_eq(fields[3], event_name(event->kind));
        if (event->lane == LANE_NONE)
            ck_assert_str_eq(fields[4], "");
        else
            ck_assert_uint_eq(strtoul(fields[4], NULL, 10), event->lane);
        ck_assert_uint_eq(strtoull(fields[7], NULL, 10), event->a);
        ck_assert_uint_eq(strtoull(fields[8], NULL, 10), event->b);
    }
    ck_assert_uint_eq(row, bed.count);
    bed_close(&bed);
}
END_TEST

/* ---- SVG and HTML ---- */

/* XML that is whole: elements close in order, attributes are quoted, nothing that has a meaning stands
 * bare. How many elements there are. */
static size_t check_xml(const char *text)
{
    enum { DEEP = 64, NAME = 32 };
    char open[DEEP][NAME];
    size_t depth = 0, elements = 0;
    const char *c = text;
    if (strncmp(c, "<!DOCTYPE html>", 15) == 0)
        c += 15;
    while (*c != '\0') {
        if (*c == '&') {
            size_t length = strcspn(c, ";");
            ck_assert_msg(length < 8, "a bare ampersand: %.20s", c);
        }
        if (*c != '<') {
            ck_assert_msg(*c != '>' || depth == 0 || strcmp(open[depth - 1], "style") == 0,
                          "a bare >");
            c++;
            continue;
        }
        bool closes = c[1] == '/';
        c += 1 + closes;
        size_t length = strcspn(c, " />\n");
        ck_assert_msg(length > 0 && length < NAME && isalpha((unsigned char)*c), "%.20s", c);
        if (closes) {
            ck_assert_msg(depth > 0 && strncmp(open[depth - 1], c, length) == 0 &&
                              open[depth - 1][length] == '\0',
                          "%.*s closes %s", (int)length, c, depth > 0 ? open[depth - 1] : "");
            depth--;
            c = strchr(c, '>') + 1;
            continue;
        }
        ck_assert_uint_lt(depth, DEEP);
        snprintf(open[depth], NAME, "%.*s", (int)length, c);
        elements++;
        for (c += length; *c != '>' && *c != '/';) {
            c += strspn(c, " ");
            size_t name = strcspn(c, "=> ");
            ck_assert_msg(name > 0 && c[name] == '=' && c[name + 1] == '"', "%.30s", c);
            c = strchr(c + name + 2, '"');
            ck_assert_ptr_nonnull(c);
            c++;
        }
        if (*c == '/')
            c += 2;
        else {
            depth++;
            c++;
        }
    }
    ck_assert_uint_eq(depth, 0);
    return elements;
}

/* Nothing comes from elsewhere and nothing runs. */
static void check_alone(const char *text)
{
    static const char *const never[] = {
        "<script", " src=", "href=", "@import", "javascript", " on"
    };
    for (size_t i = 0; i < sizeof never / sizeof *never - 1; i++)
        ck_assert_msg(strstr(text, never[i]) == NULL, "%s", never[i]);
    for (const char *url = text; (url = strstr(url, "http")) != NULL; url++)
        ck_assert_msg(strncmp(url, "http://www.w3.org/2000/svg", 26) == 0, "%.40s", url);
    for (const char *url = text; (url = strstr(url, "url(")) != NULL; url++) {
        char id[24];
        ck_assert_msg(url[4] == '#', "%.40s", url);
        snprintf(id, sizeof id, "id=\"%.*s\"", (int)strcspn(url + 5, ")"), url + 5);
        ck_assert_msg(strstr(text, id) != NULL, "%s is not there", id);
    }
}

/* The same twice. */
static void write_twice(struct bed *bed, const char *format)
{
    bed_write(bed, format);
    char *first = bed->text;
    bed->text = NULL;
    bed_write(bed, format);
    ck_assert_str_eq(first, bed->text);
    free(first);
}

START_TEST(the_moving_picture_is_small_and_alone)
{
    enum { MOST = 300 * 1000 };
    struct bed bed;
    bed_open(&bed, toys[_i]);
    for (size_t theme = 0; themes[theme] != NULL; theme++) {
        bed.options.theme = themes[theme];
        write_twice(&bed, "svg");
        ck_assert_uint_gt(check_xml(bed.text), 100);
        check_alone(bed.text);
        ck_assert_uint_le(bed.size, MOST);
        /* Each picture has its moment, between the film's beginning and its end. */
        size_t pictures = times_of(bed.text, "@keyframes");
        ck_assert_uint_gt(pictures, 50);
        ck_assert_uint_eq(pictures, times_of(bed.text, "class=\"f\""));
        double before = 0;
        for (const char *c = bed.text; (c = strstr(c, "{visibility:hidden}")) != NULL; c++) {
            double share = strtod(c + 19, NULL);
            ck_assert(share >= before && share < 100);
            before = share;
        }
    }
    bed_close(&bed);
}
END_TEST

START_TEST(stills_of_any_moment)
{
    static const uint64_t moments[] = { 0, 1, 40 * MS, UINT64_MAX };
    static const char *const shown[] = { "race", "detail", "score" };
    struct bed bed;
    bed_open(&bed, toys[_i]);
    bed.options.still = true;
    for (size_t i = 0; i < 4; i++)
        for (size_t view = 0; view < 3; view++) {
            bed.options.at_ns = moments[i];
            bed.options.view = shown[view];
            bed.options.cols = 60 + (int)(i * 40);
            bed.options.rows = 16 + (int)(i * 10);
            write_twice(&bed, "svg");
            ck_assert_uint_gt(check_xml(bed.text), 10);
            check_alone(bed.text);
            ck_assert_ptr_null(strstr(bed.text, "keyframes"));
        }
    bed_close(&bed);
}
END_TEST

START_TEST(the_page_is_whole_and_alone)
{
    struct bed bed;
    bed_open(&bed, toys[_i]);
    write_twice(&bed, "html");
    ck_assert_uint_gt(check_xml(bed.text), 100);
    check_alone(bed.text);
    ck_assert_ptr_null(strstr(bed.text, "nan"));
    size_t went = 0;
    for (size_t run = 0; run < timeline_runs(bed.timeline); run++) {
        struct run_brief brief;
        timeline_run(bed.timeline, run, &brief);
        went += brief.gone;
    }
    ck_assert_uint_eq(times_of(bed.text, "all lanes</text>"), went);
    bed_close(&bed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("export");
    TCase *tcase = tcase_create("export");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, the_chrome_trace_keeps_the_rules, 0, TOYS);
    tcase_add_test(tcase, a_late_push_still_has_its_arrow);
    tcase_add_loop_test(tcase, the_series_sum_to_the_run, 0, TOYS);
    tcase_add_loop_test(tcase, the_events_come_back, 0, TOYS);
    tcase_add_loop_test(tcase, the_moving_picture_is_small_and_alone, 0, TOYS);
    tcase_add_loop_test(tcase, stills_of_any_moment, 0, TOYS);
    tcase_add_loop_test(tcase, the_page_is_whole_and_alone, 0, TOYS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
