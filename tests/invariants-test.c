/*
 * The checker of traces: a sound trace passes, and each rule is seen to fail on a trace in which
 * just it is broken.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/invariants.h"

enum { EVENTS = 256 };
#define US UINT64_C(1000)

struct trace {
    struct event events[EVENTS];
    size_t count;
};

static void add(struct trace *trace, uint64_t us, enum event_kind kind, uint32_t lane,
                uint32_t object, uint32_t a, uint64_t b)
{
    trace->events[trace->count++] = (struct event){
        .time = us * US, .kind = (uint16_t)kind, .lane = lane, .object = object, .a = a, .b = b
    };
}

/* Two lanes with one GIL on two cores, four tasks, three hand-overs. */
static void sound(struct trace *t)
{
    t->count = 0;
    add(t, 1000, EVENT_LANE_BEGIN, 0, ROLE_MAIN, 10, 10);
    add(t, 1001, EVENT_RUN_GO, 0, 2, 0, 0);
    for (uint32_t task = 0; task < 4; task++)
        add(t, 1010 + task, EVENT_TASK_SUBMIT, 0, task, 0, 0);
    add(t, 1050, EVENT_SWITCH_OUT, 0, 0, 0, 0);
    for (uint32_t lane = 1; lane <= 2; lane++)
        add(t, 1100 + lane, EVENT_LANE_BEGIN, lane, ROLE_WORKER | (lane - 1) << 8, 10 + lane, 10);
    for (uint32_t task = 0; task < 4; task++) {
        uint32_t lane = 1 + task % 2;
        uint64_t at = 2000 + task * 1000;
        if (task >= 2)
            add(t, at - 20, EVENT_SWITCH_IN, lane, lane - 1, 0, 0);
        add(t, at, EVENT_GIL_TAKE, lane, 0, 0, 0);
        add(t, at + 1, EVENT_TASK_TAKE, lane, task, 0, 0);
        add(t, at + 600, EVENT_TASK_DONE, lane, task, 0, 5);
        add(t, at + 601, EVENT_GIL_DROP, lane, 0, SAYS_IDLE, DROP_BLOCK);
        if (task < 2)
            add(t, at + 700, EVENT_SWITCH_OUT, lane, lane - 1, 0, 0);
    }
    for (uint32_t lane = 1; lane <= 2; lane++) {
        uint64_t at = 6000 + lane * 10;
        uint64_t on_core = lane == 1 ? 2700 - 1101 + (at - 3980) : 3700 - 1102 + (at - 4980);
        add(t, at, EVENT_LANE_CPU, lane, 0, 100, on_core * US);
        add(t, at, EVENT_LANE_SWITCHES, lane, 0, 1, 0);
        add(t, at + 1, EVENT_LANE_END, lane, 0, 0, 0);
    }
    add(t, 6100, EVENT_SWITCH_IN, 0, 0, 0, 0);
    add(t, 6150, EVENT_RUN_END, 0, RUN_DONE, 0, 0);
    add(t, 6160, EVENT_LANE_CPU, 0, 0, 0, 110 * US);
    add(t, 6160, EVENT_LANE_SWITCHES, 0, 0, 1, 0);
    add(t, 6170, EVENT_LANE_END, 0, 0, 0, 0);
}

static struct event *find(struct trace *trace, enum event_kind kind, uint32_t lane, size_t nth)
{
    for (size_t i = 0; i < trace->count; i++)
        if (trace->events[i].kind == kind && trace->events[i].lane == lane && nth-- == 0)
            return &trace->events[i];
    ck_abort_msg("the sound trace has no such event");
    return NULL;
}

static void check_with(const struct trace *trace, const struct trace *fed,
                       struct invariants *invariants, bool *whole, unsigned except)
{
    struct meta meta = { .run_count = 1 };
    meta.runs[0].status = RUN_DONE;
    meta.runs[0].switch_source = SOURCE_PERF;
    struct timeline *timeline = timeline_new();
    timeline_feed(timeline, fed->events, fed->count);
    timeline_tell(timeline, &meta, 0);
    *whole = invariants_check(invariants, trace->events, trace->count, timeline, except);
    timeline_free(timeline);
}

START_TEST(a_sound_trace_passes)
{
    struct trace trace;
    struct invariants invariants;
    bool whole;
    sound(&trace);
    check_with(&trace, &trace, &invariants, &whole, 0);
    ck_assert_msg(whole, "%s", buffer_string(&invariants.why));
    for (size_t i = 0; i < INVARIANT_COUNT; i++)
        ck_assert_uint_gt(invariants.checked[i], 0);
    invariants_fini(&invariants);
}
END_TEST

/* ---- ways to break it ---- */

static void two_holders(struct trace *t)
{
    find(t, EVENT_GIL_TAKE, 2, 0)->time = 2300 * US;
    find(t, EVENT_TASK_TAKE, 2, 0)->time = 2301 * US;
}

static void drops_what_it_has_not(struct trace *t)
{
    find(t, EVENT_GIL_TAKE, 1, 1)->kind = EVENT_STEP_BEGIN;
}

static void ends_with_the_gil(struct trace *t)
{
    find(t, EVENT_GIL_DROP, 2, 1)->kind = EVENT_STEP_END;
}

static void two_on_a_core(struct trace *t)
{
    find(t, EVENT_SWITCH_IN, 2, 0)->object = 0; /* where lane 1 is */
}

static void leaves_twice(struct trace *t)
{
    *find(t, EVENT_SWITCH_IN, 1, 0) =
        (struct event){ .time = 3980 * US, .kind = EVENT_SWITCH_OUT, .lane = 1 };
}

static void comes_twice(struct trace *t)
{
    *find(t, EVENT_SWITCH_OUT, 1, 0) =
        (struct event){ .time = 2700 * US, .kind = EVENT_SWITCH_IN, .lane = 1, .object = 1 };
}

static void taken_twice(struct trace *t)
{
    find(t, EVENT_TASK_TAKE, 2, 1)->object = 0;
}

static void done_before_taken(struct trace *t)
{
    find(t, EVENT_TASK_DONE, 2, 0)->object = 3;
    find(t, EVENT_TASK_DONE, 2, 1)->object = 1;
}

static void never_done(struct trace *t)
{
    find(t, EVENT_TASK_DONE, 1, 1)->kind = EVENT_STEP_END;
}

static void never_submitted(struct trace *t)
{
    find(t, EVENT_TASK_SUBMIT, 0, 3)->object = 9;
}

static void switches_unseen(struct trace *t)
{
    find(t, EVENT_LANE_SWITCHES, 1, 0)->a = 4;
}

static void preempted_or_not(struct trace *t)
{
    find(t, EVENT_LANE_SWITCHES, 2, 0)->b = 3;
}

static void time_unseen(struct trace *t)
{
    find(t, EVENT_LANE_CPU, 1, 0)->b += 300 * US; /* less than what one lane may be apart */
}

static void of_another_lane(struct trace *t)
{
    uint64_t *one = &find(t, EVENT_LANE_CPU, 1, 0)->b, *other = &find(t, EVENT_LANE_CPU, 2, 0)->b;
    *one += 1500 * US; /* the sum stays */
    *other -= 1500 * US;
}

static void backwards(struct trace *t)
{
    find(t, EVENT_TASK_TAKE, 1, 1)->time -= 10 * US;
}

static void kernel_backwards(struct trace *t)
{
    struct event *out = find(t, EVENT_SWITCH_OUT, 1, 0), *in = find(t, EVENT_SWITCH_IN, 1, 0);
    struct event event = *out;
    *out = *in;
    *in = event;
}

static void something_lost(struct trace *t)
{
    add(t, 6180, EVENT_LOST, LANE_NONE, LOST_RING, 0, 1);
}

static void never_ended(struct trace *t)
{
    find(t, EVENT_LANE_END, 2, 0)->kind = EVENT_STEP_END;
}

static void went_twice(struct trace *t)
{
    add(t, 6180, EVENT_RUN_GO, 0, 2, 0, 0);
}

static void began_twice(struct trace *t)
{
    find(t, EVENT_TASK_TAKE, 2, 0)->kind = EVENT_LANE_BEGIN;
}

static const struct {
    void (*corrupt)(struct trace *trace);
    enum invariant broken;
} ways[] = {
    { two_holders, INVARIANT_GIL },          { drops_what_it_has_not, INVARIANT_GIL },
    { ends_with_the_gil, INVARIANT_GIL },    { two_on_a_core, INVARIANT_CORES },
    { leaves_twice, INVARIANT_CORES },       { comes_twice, INVARIANT_CORES },
    { taken_twice, INVARIANT_TASKS },        { done_before_taken, INVARIANT_TASKS },
    { never_done, INVARIANT_TASKS },         { never_submitted, INVARIANT_TASKS },
    { switches_unseen, INVARIANT_SWITCHES }, { preempted_or_not, INVARIANT_SWITCHES },
    { time_unseen, INVARIANT_CPU },          { of_another_lane, INVARIANT_CPU },
    { backwards, INVARIANT_ORDER },          { kernel_backwards, INVARIANT_ORDER },
    { something_lost, INVARIANT_LOST },      { never_ended, INVARIANT_LIVES },
    { went_twice, INVARIANT_LIVES },         { began_twice, INVARIANT_LIVES },
};

START_TEST(a_broken_trace_is_found)
{
    struct trace trace;
    struct invariants invariants;
    bool whole;
    sound(&trace);
    ways[_i].corrupt(&trace);
    check_with(&trace, &trace, &invariants, &whole, 0);
    ck_assert(!whole);
    ck_assert_msg(invariants.broken[ways[_i].broken] > 0, "%s is not broken:\n%s",
                  invariant_names[ways[_i].broken], buffer_string(&invariants.why));
    ck_assert_ptr_nonnull(strstr(buffer_string(&invariants.why), invariant_names[ways[_i].broken]));
    invariants_fini(&invariants);
}
END_TEST

START_TEST(what_is_excepted_is_not_held)
{
    struct trace trace;
    struct invariants invariants;
    bool whole;
    sound(&trace);
    something_lost(&trace);
    check_with(&trace, &trace, &invariants, &whole, 1u << INVARIANT_LOST);
    ck_assert(whole);
    invariants_fini(&invariants);
}
END_TEST

/* The timeline's side: one that was fed something else is told from the trace. */
START_TEST(a_timeline_that_differs_is_found)
{
    struct trace trace, other;
    struct invariants invariants;
    bool whole;
    sound(&trace);
    sound(&other);
    find(&other, EVENT_TASK_TAKE, 1, 1)->kind = EVENT_STEP_BEGIN;
    find(&other, EVENT_TASK_DONE, 1, 1)->kind = EVENT_STEP_END;
    check_with(&trace, &other, &invariants, &whole, 0);
    ck_assert(!whole);
    ck_assert_uint_gt(invariants.broken[INVARIANT_TASKS], 0);
    invariants_fini(&invariants);
}
END_TEST

START_TEST(a_file_that_is_none_is_broken)
{
    struct invariants invariants;
    ck_assert(!invariants_check_file(&invariants, "/nonexistent/recording", 0, 0, 0));
    ck_assert_uint_gt(invariants.broken[INVARIANT_LOST], 0);
    invariants_fini(&invariants);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("invariants");
    TCase *tcase = tcase_create("invariants");
    tcase_add_test(tcase, a_sound_trace_passes);
    tcase_add_loop_test(tcase, a_broken_trace_is_found, 0, sizeof ways / sizeof *ways);
    tcase_add_test(tcase, what_is_excepted_is_not_held);
    tcase_add_test(tcase, a_timeline_that_differs_is_found);
    tcase_add_test(tcase, a_file_that_is_none_is_broken);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
