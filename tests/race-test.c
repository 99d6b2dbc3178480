/*
 * The race as a library: what is refused before anything starts, a whole race without a screen, a knob
 * that is turned in one turn and again in the next. Runs real processes through a real spawner.
 */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/model.h"
#include "platform/stamp.h"
#include "race/follow.h"
#include "race/plan_race.h"

static struct spawner *spawner;

static void start(void)
{
    stamp_init();
    struct error error;
    spawner = spawner_start(&error);
    ck_assert_msg(spawner != NULL, "%s", error.text);
}

static void stop(void)
{
    spawner_stop(spawner);
}

static struct plan *load(const char *name, struct race_options *options)
{
    struct error error;
    struct plan *plan = plan_load(name, model_names(), &error);
    ck_assert_msg(plan != NULL, "%s", error.text);
    *options = (struct race_options){ .plan = plan, .staging = STAGING_TURNS, .seed = 1 };
    for (size_t i = 0; i < plan->param_count; i++)
        options->values[i] = plan->params[i].initial;
    return plan;
}

static void set(struct race_options *options, const char *assignment)
{
    struct error error;
    int param;
    int64_t value;
    ck_assert_msg(plan_set(options->plan, assignment, &param, &value, &error), "%s", error.text);
    options->values[param] = value;
}

/* Conducts until it is over, calling `each` (or NULL) at every turn. */
static void conduct(struct race *race, struct timeline *timeline,
                    void (*each)(struct race *, const struct timeline *))
{
    struct error error;
    struct follow *follow = follow_race(race, &error);
    ck_assert_msg(follow != NULL, "%s", error.text);
    uint64_t until = clock_now() + 60 * NS_PER_S;
    race_start(race);
    while (race_poll(race)) {
        ck_assert_msg(clock_now() < until, "the race hangs");
        int fds[8];
        struct pollfd wait[8];
        size_t count = race_fds(race, fds, 8);
        for (size_t i = 0; i < count; i++)
            wait[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
        poll(wait, (nfds_t)count, race_timeout_ms(race));
        follow_feed(follow, timeline, 0);
        if (each != NULL)
            each(race, timeline);
    }
    follow_feed(follow, timeline, 0);
    ck_assert_ptr_null(race_trouble(race));
    ck_assert_ptr_null(follow_missing(follow));
    follow_free(follow);
}

START_TEST(cores_of_split)
{
    struct stage_cores cores;
    struct error error;
    int here = (int)sysconf(_SC_NPROCESSORS_ONLN);
    /* One model more than there are cores beside the observers' is refused. */
    ck_assert(!staging_cores(STAGING_SPLIT, (size_t)here, &cores, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "staging split needs"));
    if (here >= 2) {
        ck_assert(staging_cores(STAGING_SPLIT, 1, &cores, &error));
        ck_assert_uint_eq(cores.count[0], (uint32_t)here - 1);
        ck_assert_uint_eq(cores.mask[0] & cores.observer_mask, 0);
        ck_assert_int_eq(__builtin_popcountll(cores.mask[0]), here - 1);
    }
    ck_assert(staging_cores(STAGING_TOGETHER, 3, &cores, &error));
    ck_assert_uint_eq(cores.count[2], (uint32_t)here);
    ck_assert_uint_eq(cores.mask[2], 0);
}
END_TEST

START_TEST(file_is_not_lost)
{
    char path[] = "race-test-XXXXXX";
    struct error error;
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "dear", 4), 4);
    ck_assert_int_eq(race_file(path, false, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "exists already"));
    ck_assert_int_eq(lseek(fd, 0, SEEK_END), 4);
    int again = race_file(path, true, &error);
    ck_assert_int_ge(again, 0);
    close(again);
    close(fd);
    unlink(path);
    int unnamed = race_file(NULL, false, &error);
    ck_assert_int_ge(unnamed, 0);
    close(unnamed);
}
END_TEST

START_TEST(wrong_models)
{
    struct race_options options;
    struct plan *plan = load("matrix", &options);
    struct error error;
    const char *unknown[] = { "thraeds", NULL };
    options.models = unknown;
    ck_assert_ptr_null(race_new(spawner, &options, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "nearest is 'threads'"));
    const char *unable[] = { "hybrid", NULL };
    options.models = unable;
    if (model_find("hybrid")->missing != NULL) {
        ck_assert_ptr_null(race_new(spawner, &options, &error));
        ck_assert_ptr_nonnull(strstr(error.text, "none of the models"));
    }
    plan_free(plan);
}
END_TEST

START_TEST(whole_race)
{
    struct race_options options;
    struct plan *plan = load("scraper", &options);
    set(&options, "pages=20");
    set(&options, "latency=2ms");
    struct error error;
    struct race *race = race_new(spawner, &options, &error);
    ck_assert_msg(race != NULL, "%s", error.text);
    struct timeline *timeline = timeline_new();
    conduct(race, timeline, NULL);
    const struct meta *meta = timeline_meta(timeline);
    ck_assert_uint_eq(meta->run_count, plan->model_count);
    for (uint32_t i = 0; i < meta->run_count; i++) {
        struct run_brief brief;
        struct task_counts counts;
        timeline_run(timeline, i, &brief);
        timeline_counts(timeline, i, UINT64_MAX, &counts);
        ck_assert_str_eq(meta->runs[i].reason, "");
        ck_assert_uint_eq(meta->runs[i].status, RUN_DONE);
        ck_assert(brief.over);
        ck_assert_uint_eq(counts.submitted, 20);
        ck_assert_uint_eq(counts.done, 20);
    }
    timeline_free(timeline);
    race_free(race);
    plan_free(plan);
}
END_TEST

static bool turned;

static void turn_once(struct race *race, const struct timeline *timeline)
{
    (void)timeline;
    if (turned || race_live_run(race) != 0)
        return;
    turned = true;
    race_turn_knob(race, PARAM_SWITCH_INTERVAL, 1000000);
}

/* Run time at which the knob was turned; UINT64_MAX: it was not. */
static uint64_t knob_turned(const struct timeline *timeline, size_t run)
{
    const struct mark *marks;
    size_t count = timeline_marks(timeline, run, &marks);
    for (size_t i = 0; i < count; i++)
        if (marks[i].kind == MARK_PARAM)
            return marks[i].t;
    return UINT64_MAX;
}

START_TEST(knob_in_every_turn)
{
    struct race_options options;
    struct plan *plan = load("scraper", &options);
    const char *two[] = { "threads", "processes", NULL };
    options.models = two;
    set(&options, "pages=400");
    set(&options, "latency=10ms");
    struct error error;
    struct race *race = race_new(spawner, &options, &error);
    ck_assert_msg(race != NULL, "%s", error.text);
    struct timeline *timeline = timeline_new();
    turned = false;
    conduct(race, timeline, turn_once);
    ck_assert(turned);
    uint64_t first = knob_turned(timeline, 0), second = knob_turned(timeline, 1);
    ck_assert_uint_ne(first, UINT64_MAX);
    /* The second turn may be over before the moment comes, on a machine that just then had no time
     * for the first; else it comes there too, and not earlier. */
    struct run_brief brief;
    timeline_run(timeline, 1, &brief);
    if (brief.length_ns > first + 100 * NS_PER_MS)
        ck_assert_uint_ne(second, UINT64_MAX);
    if (second != UINT64_MAX)
        ck_assert_uint_ge(second + 5 * NS_PER_MS, first);
    ck_assert(timeline_meta(timeline)->comparable);
    timeline_free(timeline);
    race_free(race);
    plan_free(plan);
}
END_TEST

/* ---- Hands ---- */

static unsigned laid; /* bits of hands that were */

/* In the first turn, once its workers work: a burst, a blocking call, a kill. */
static void lay_hands(struct race *race, const struct timeline *timeline)
{
    struct task_counts counts;
    if (race_live_run(race) != 0 || laid == 7)
        return;
    timeline_counts(timeline, 0, UINT64_MAX, &counts);
    uint64_t wanted = laid == 0 ? 5 : laid == 1 ? 10 : 15;
    if (counts.done < wanted)
        return;
    enum hand hand = laid == 0 ? HAND_BURST : laid == 1 ? HAND_BLOCK : HAND_KILL;
    const char *refused = race_hand(race, hand);
    ck_assert_msg(refused == NULL, "%s", refused);
    ck_assert_str_ne(race_said(race), "");
    laid = laid << 1 | 1;
}

static size_t marks_of(const struct timeline *timeline, size_t run, enum mark_kind kind)
{
    const struct mark *marks;
    size_t count = timeline_marks(timeline, run, &marks), found = 0;
    for (size_t i = 0; i < count; i++)
        found += marks[i].kind == kind;
    return found;
}

/* What is done in one turn is done in the next: processes lose one, threads all there is. */
START_TEST(hands_in_every_turn)
{
    struct race_options options;
    struct plan *plan = load("scraper", &options);
    const char *two[] = { "processes", "threads", NULL };
    options.models = two;
    set(&options, "pages=300");
    set(&options, "latency=20ms");
    set(&options, "workers=4");
    struct error error;
    struct race *race = race_new(spawner, &options, &error);
    ck_assert_msg(race != NULL, "%s", error.text);
    ck_assert_str_eq(race_hand(race, HAND_KILL), "no run is live now");
    struct timeline *timeline = timeline_new();
    laid = 0;
    conduct(race, timeline, lay_hands);
    ck_assert_uint_eq(laid, 7);
    const struct meta *meta = timeline_meta(timeline);
    struct task_counts counts;
    for (size_t run = 0; run < 2; run++) {
        ck_assert_uint_eq(marks_of(timeline, run, MARK_BURST), 1);
        ck_assert_uint_eq(marks_of(timeline, run, MARK_BLOCK), 1);
        ck_assert_uint_eq(marks_of(timeline, run, MARK_KILL), 1);
        timeline_counts(timeline, run, UINT64_MAX, &counts);
        ck_assert_uint_eq(counts.submitted, 330);
        ck_assert_uint_eq(counts.waiting + counts.in_flight + counts.done + counts.failed, 330);
    }
    timeline_counts(timeline, 0, UINT64_MAX, &counts);
    ck_assert_uint_eq(meta->runs[0].status, RUN_DONE);
    ck_assert_uint_eq(counts.done + counts.failed, 330);
    ck_assert_uint_le(counts.failed, 1);
    ck_assert_uint_eq(marks_of(timeline, 0, MARK_CRASH), 1);
    ck_assert_uint_eq(meta->runs[1].status, RUN_FAILED);
    ck_assert_ptr_nonnull(strstr(meta->runs[1].reason, "killed by the viewer"));
    ck_assert(meta->comparable);
    timeline_free(timeline);
    race_free(race);
    plan_free(plan);
}
END_TEST

static bool marked;

static void mark_late(struct race *race, const struct timeline *timeline)
{
    (void)timeline;
    if (marked || race_live_run(race) != 1)
        return;
    marked = true;
    race_mark_at(race, 0, 50 * NS_PER_MS, MARK_USER);
    race_mark_at(race, 1, 0, MARK_USER);
    race_mark(race, MARK_USER);
    /* A run is over: whatever is done from now on has no equal there. */
    ck_assert_ptr_nonnull(strstr(race_knob_idle(race, PARAM_SWITCH_INTERVAL), "nobody else"));
    ck_assert_ptr_nonnull(strstr(race_knob_idle(race, PARAM_WORKERS), "no workers"));
    race_turn_knob(race, PARAM_WORKERS, 7);
}

/* Marks at any moment of any run, and a knob that comes too late for a run. */
START_TEST(marks_and_a_late_knob)
{
    struct race_options options;
    struct plan *plan = load("scraper", &options);
    const char *two[] = { "threads", "loop", NULL };
    options.models = two;
    set(&options, "pages=40");
    struct error error;
    struct race *race = race_new(spawner, &options, &error);
    ck_assert_msg(race != NULL, "%s", error.text);
    struct timeline *timeline = timeline_new();
    marked = false;
    conduct(race, timeline, mark_late);
    ck_assert(marked);
    const struct mark *marks;
    ck_assert_uint_eq(marks_of(timeline, 0, MARK_USER), 1);
    size_t count = timeline_marks(timeline, 0, &marks);
    for (size_t i = 0; i < count; i++) {
        if (marks[i].kind != MARK_USER)
            continue;
        ck_assert_uint_le(marks[i].t, 50 * NS_PER_MS + 1000);
        ck_assert_uint_ge(marks[i].t, 20 * NS_PER_MS); /* the stage may lose its core at go */
    }
    ck_assert_uint_eq(marks_of(timeline, 1, MARK_USER), 2);
    ck_assert(!timeline_meta(timeline)->comparable);
    ck_assert_str_eq(timeline_meta(timeline)->comparable_reason,
                     "a knob was turned after a run had ended");
    timeline_free(timeline);
    race_free(race);
    plan_free(plan);
}
END_TEST

/* Who is done with setting up waits for those beside it: where one is live, none is still to come. */
static void expect_all_or_none(struct race *race, const struct timeline *timeline)
{
    (void)timeline;
    const struct meta *meta = race_meta(race);
    bool gone = false;
    for (uint32_t i = 0; i < meta->run_count; i++)
        gone = gone || meta->runs[i].status != RUN_WAITING;
    for (uint32_t i = 0; i < meta->run_count; i++)
        ck_assert(!gone || meta->runs[i].status != RUN_WAITING);
}

START_TEST(together_they_go_at_once)
{
    struct race_options options;
    struct plan *plan = load("scraper", &options);
    const char *three[] = { "serial", "processes", "threads", NULL };
    options.models = three;
    options.staging = STAGING_TOGETHER;
    set(&options, "pages=10");
    struct error error;
    struct race *race = race_new(spawner, &options, &error);
    ck_assert_msg(race != NULL, "%s", error.text);
    struct timeline *timeline = timeline_new();
    conduct(race, timeline, expect_all_or_none);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_uint_eq(timeline_meta(timeline)->runs[i].status, RUN_DONE);
    timeline_free(timeline);
    race_free(race);
    plan_free(plan);
}
END_TEST

static void stop_at_once(struct race *race, const struct timeline *timeline)
{
    (void)timeline;
    if (race_live_run(race) >= 0)
        race_stop(race);
}

START_TEST(stopped)
{
    struct race_options options;
    struct plan *plan = load("scraper", &options);
    set(&options, "pages=5000");
    struct error error;
    struct race *race = race_new(spawner, &options, &error);
    ck_assert_msg(race != NULL, "%s", error.text);
    struct timeline *timeline = timeline_new();
    conduct(race, timeline, stop_at_once);
    const struct meta *meta = timeline_meta(timeline);
    for (uint32_t i = 0; i < meta->run_count; i++)
        ck_assert_uint_eq(meta->runs[i].status, RUN_STOPPED);
    timeline_free(timeline);
    race_free(race);
    plan_free(plan);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("race");
    TCase *before = tcase_create("before");
    tcase_add_test(before, cores_of_split);
    tcase_add_test(before, file_is_not_lost);
    suite_add_tcase(suite, before);
    TCase *races = tcase_create("races");
    tcase_add_checked_fixture(races, start, stop);
    tcase_set_timeout(races, 120);
    tcase_add_test(races, wrong_models);
    tcase_add_test(races, whole_race);
    tcase_add_test(races, knob_in_every_turn);
    tcase_add_test(races, hands_in_every_turn);
    tcase_add_test(races, marks_and_a_late_knob);
    tcase_add_test(races, together_they_go_at_once);
    tcase_add_test(races, stopped);
    suite_add_tcase(suite, races);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
