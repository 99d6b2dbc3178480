/*
 * timeline/effect: before and after a change, on a run made by hand: the knob is turned twice within
 * a moment, and on both sides everything is known to the millisecond.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "timeline/effect.h"

#define MS UINT64_C(1000000)
#define GO 50

struct making {
    struct event events[2048];
    size_t count;
};

static void tell(struct making *making, uint64_t ms, enum event_kind kind, uint32_t lane,
                 uint32_t object, uint32_t a, uint64_t b)
{
    making->events[making->count++] = (struct event){ .time = (GO + ms) * MS,
                                                      .kind = (uint16_t)kind,
                                                      .lane = lane,
                                                      .object = object,
                                                      .a = a,
                                                      .b = b };
}

/* A task every `every` ms that takes `took` ms, from `from` on up to `to`. */
static uint32_t tasks(struct making *making, uint32_t task, uint64_t from, uint64_t to,
                      uint64_t every, uint64_t took)
{
    for (uint64_t ms = from; ms < to; ms += every, task++) {
        tell(making, ms, EVENT_TASK_SUBMIT, LANE_NONE, task, 0, 0);
        tell(making, ms, EVENT_TASK_TAKE, 1, task, 0, 0);
        tell(making, ms + took, EVENT_TASK_DONE, 1, task, 0, 0);
    }
    return task;
}

/* `turn_ms`: when the knob is turned for the second time; 0: it never is turned. */
static struct timeline *make(uint64_t turn_ms, uint64_t end_ms)
{
    struct timeline *timeline = timeline_new();
    static struct making making;
    struct meta meta = { .run_count = 1, .param_count = 1 };
    strcpy(meta.runs[0].model, "threads");
    strcpy(meta.params[0].name, "workers");
    meta.params[0].value = 10;
    meta.runs[0].status = RUN_LIVE;
    meta.runs[0].switch_source = SOURCE_RUSAGE;
    making.count = 0;
    tell(&making, 0, EVENT_RUN_GO, LANE_NONE, 2, 0, 0);
    tell(&making, 0, EVENT_LANE_BEGIN, 1, ROLE_WORKER, 11, 10);
    tell(&making, 0, EVENT_GIL_TAKE, 1, 0, LANE_NONE, 1);
    tell(&making, 1, EVENT_QUEUE_PUSH, 1, 0, 120, 0);
    if (turn_ms > 0) {
        tell(&making, turn_ms - 200, EVENT_PARAM_SET, LANE_NONE, 0, 0, 15);
        tell(&making, turn_ms - 100, EVENT_PARAM_APPLIED, LANE_NONE, 0, 0, 15);
        tell(&making, turn_ms, EVENT_PARAM_SET, LANE_NONE, 0, 0, 20);
        tell(&making, turn_ms, EVENT_QUEUE_PUSH, 1, 0, 40, 0);
        tell(&making, turn_ms, EVENT_GIL_DROP, 1, 0, SAYS_GIL, DROP_FORCED);
    }
    uint32_t next = tasks(&making, 0, 0, turn_ms > 0 ? turn_ms - 200 : end_ms, 20, 10);
    if (turn_ms > 0)
        tasks(&making, next, turn_ms, end_ms - 5, 10, 4);
    timeline_feed(timeline, making.events, making.count);
    timeline_tell(timeline, &meta, (GO + end_ms) * MS);
    return timeline;
}

static void is(struct figure figure, double value, double slack)
{
    ck_assert(figure.known);
    ck_assert_double_eq_tol(figure.value, value, slack);
}

START_TEST(before_and_after)
{
    struct timeline *timeline = make(2000, 3500);
    struct effect effect;
    ck_assert(timeline_effect(timeline, 0, 2500 * MS, &effect));
    ck_assert_uint_eq(effect.t, 2000 * MS);
    ck_assert_uint_eq(timeline_effect_moment(timeline, 0, 2500 * MS), 2000 * MS);
    ck_assert_str_eq(effect.what, "workers 10 -> 20");
    ck_assert_uint_eq(effect.before_ns, 1000 * MS);
    ck_assert_uint_eq(effect.after_ns, 1000 * MS);
    is(effect.before[EFFECT_QUEUE], 120, 0.01);
    is(effect.after[EFFECT_QUEUE], 40, 0.01);
    is(effect.before[EFFECT_P99], 10, 0.2);
    is(effect.after[EFFECT_P99], 4, 0.1);
    is(effect.before[EFFECT_RATE], 50, 1.01);
    is(effect.after[EFFECT_RATE], 100, 1.01);
    is(effect.before[EFFECT_GIL], 0, 0.001);
    is(effect.after[EFFECT_GIL], 1, 0.001);
    is(effect.before[EFFECT_WORK], 1, 0.001);
    /* The first of two turns, while the second is still to come, is the same change. */
    ck_assert(timeline_effect(timeline, 0, 1900 * MS, &effect));
    ck_assert_str_eq(effect.what, "workers 10 -> 20");
    ck_assert(!timeline_effect(timeline, 0, 1700 * MS, &effect));
    ck_assert_uint_eq(timeline_effect_moment(timeline, 0, 1700 * MS), UINT64_MAX);
    ck_assert(!timeline_effect(timeline, 3, 2500 * MS, &effect));
    timeline_free(timeline);
}
END_TEST

START_TEST(too_little_is_not_known)
{
    struct timeline *timeline = make(2000, 2006);
    struct effect effect;
    ck_assert(timeline_effect(timeline, 0, UINT64_MAX, &effect));
    ck_assert_uint_eq(effect.after_ns, 6 * MS);
    for (int i = 0; i < EFFECT_COUNT; i++)
        ck_assert(effect.before[i].known && !effect.after[i].known);
    timeline_free(timeline);
    timeline = make(0, 500);
    ck_assert(!timeline_effect(timeline, 0, UINT64_MAX, &effect));
    timeline_free(timeline);
}
END_TEST

/* A burst half a second after the knob: each is compared with what lies between them. */
START_TEST(changes_do_not_mix)
{
    struct timeline *timeline = make(2000, 3500);
    struct effect effect;
    struct event burst = {
        .time = (GO + 2500) * MS, .kind = EVENT_MARK, .lane = LANE_NONE, .object = MARK_BURST
    };
    timeline_feed(timeline, &burst, 1);
    ck_assert(timeline_effect(timeline, 0, 2400 * MS, &effect));
    ck_assert_str_eq(effect.what, "workers 10 -> 20");
    ck_assert_uint_eq(effect.after_ns, 500 * MS);
    ck_assert(timeline_effect(timeline, 0, 2500 * MS, &effect));
    ck_assert_str_eq(effect.what, "a burst of tasks");
    ck_assert_uint_eq(effect.before_ns, 500 * MS);
    ck_assert_uint_eq(effect.after_ns, 1000 * MS);
    timeline_free(timeline);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("effect");
    TCase *tcase = tcase_create("effect");
    tcase_add_test(tcase, before_and_after);
    tcase_add_test(tcase, too_little_is_not_known);
    tcase_add_test(tcase, changes_do_not_mix);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
