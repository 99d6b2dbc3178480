/*
 * What is exported, read back: the Chrome trace against the rules of the format and against the
 * timeline's own figures, the CSV series and events against the trace, and SVG and HTML as XML that
 * needs nothing from elsewhere.
 */
#include "chrome_rules.h"
#include "markup.h"
#include "toy.h"

#include <check.h>
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

/* ---- The Chrome trace ---- */

START_TEST(the_chrome_trace_keeps_the_rules)
{
    struct bed bed;
    bed_open(&bed, toys[_i]);
    bed_write(&bed, "perfetto");
    chrome_check(bed.text, bed.timeline, true);
    bed.options.from_ns = 17 * MS + 3;
    bed.options.until_ns = 61 * MS;
    bed_write(&bed, "perfetto");
    chrome_check(bed.text, bed.timeline, false);
    bed_close(&bed);
}
END_TEST

/* Who pushed may lose its core before the push is stored: the pop comes first. */
START_TEST(a_late_push_still_has_its_arrow)
{
    static const char arrow[] = "\"name\":\"queue\",\"ph\":\"s\"";
    struct bed bed;
    bed_open(&bed, "scraper");
    bed_write(&bed, "perfetto");
    size_t arrows = markup_times(bed.text, arrow), swapped = 0;
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
    chrome_check(bed.text, bed.timeline, true);
    ck_assert_uint_eq(markup_times(bed.text, arrow), arrows);
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
        ck_assert_uint_gt(markup_check(bed.text), 100);
        markup_alone(bed.text);
        ck_assert_uint_le(bed.size, MOST);
        /* Each picture has its moment, between the film's beginning and its end. */
        size_t pictures = markup_times(bed.text, "@keyframes");
        ck_assert_uint_gt(pictures, 50);
        ck_assert_uint_eq(pictures, markup_times(bed.text, "class=\"f\""));
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
            ck_assert_uint_gt(markup_check(bed.text), 10);
            markup_alone(bed.text);
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
    ck_assert_uint_gt(markup_check(bed.text), 100);
    markup_alone(bed.text);
    ck_assert_ptr_null(strstr(bed.text, "nan"));
    size_t went = 0;
    for (size_t run = 0; run < timeline_runs(bed.timeline); run++) {
        struct run_brief brief;
        timeline_run(bed.timeline, run, &brief);
        went += brief.gone;
    }
    ck_assert_uint_eq(markup_times(bed.text, "all lanes</text>"), went);
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
