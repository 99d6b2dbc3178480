/*
 * timeline/: traces that nobody recorded. Ids that no counter gave, events in the worst order there
 * is: what they take of memory and of time grows with their size as that of a true trace does. The
 * deadline of a case is far above what it takes, and far below what it took if each late event moved
 * all of the others.
 */
#include "timeline/timeline.h"
#include "timeline/verdict.h"

#include <check.h>
#include <stdlib.h>
#include <sys/resource.h>

/* What a row grew out of counts while it is not given back: the address sanitizer keeps up to 256 MiB
 * of it, to find who still uses it, and that is not the timeline's. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=1";
}

enum { MANY = 600000, FEW = 4000, BATCH = 8192, FEW_KIB = 64 * 1024, EACH_BYTES = 4096 };

static uint32_t dice(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

/* ---- The cases: each fills in event `i` of `count`, which is at time i, of run 0, of no lane. ---- */

static void tasks_backwards_in_time(struct event *event, size_t i, size_t count, uint32_t any)
{
    (void)any;
    event->kind = EVENT_TASK_SUBMIT;
    event->object = (uint32_t)i;
    event->time = count - i;
}

static void tasks_backwards_by_id(struct event *event, size_t i, size_t count, uint32_t any)
{
    (void)any;
    event->kind = EVENT_TASK_SUBMIT;
    event->object = (uint32_t)(count - i);
    event->time = 5;
}

static void tasks_anywhere(struct event *event, size_t i, size_t count, uint32_t any)
{
    (void)count;
    event->kind = EVENT_TASK_SUBMIT;
    event->object = any;
    event->run = (uint16_t)(i % 7);
}

static void lanes_backwards_by_id(struct event *event, size_t i, size_t count, uint32_t any)
{
    event->kind = EVENT_SAY;
    event->lane = (uint32_t)(count - i);
    event->a = any % SAYS_COUNT;
}

static void lanes_and_locks_anywhere(struct event *event, size_t i, size_t count, uint32_t any)
{
    (void)count;
    event->kind = (uint16_t)(i % 2 == 0 ? EVENT_GIL_WANT + any % 4 : EVENT_QUEUE_PUSH);
    event->lane = any / 4;
    event->object = any / 8;
    event->run = (uint16_t)(i % 7);
}

static void anything(struct event *event, size_t i, size_t count, uint32_t any)
{
    (void)count;
    event->kind = (uint16_t)(any % (EVENT_KIND_COUNT + 1));
    event->lane = any / 64 % 100000;
    event->object = any / 7;
    event->a = any / 11;
    event->b = any;
    event->run = (uint16_t)(i % 7);
}

static void anything_at_any_time(struct event *event, size_t i, size_t count, uint32_t any)
{
    anything(event, i, count, any);
    event->lane = any / 64 % 50;
    event->time = any;
    event->run = 0;
}

/* A run that ends, and then goes on. */
static void after_the_end(struct event *event, size_t i, size_t count, uint32_t any)
{
    anything(event, i, count, any);
    event->run = 0;
    event->kind = i == 0 ? EVENT_RUN_GO : i == 1 ? EVENT_RUN_END : EVENT_SAY;
    event->lane = any % 20000;
}

static const struct {
    void (*fill)(struct event *event, size_t i, size_t count, uint32_t any);
} cases[] = {
    { tasks_backwards_in_time },  { tasks_backwards_by_id },
    { tasks_anywhere },           { lanes_backwards_by_id },
    { lanes_and_locks_anywhere }, { anything },
    { anything_at_any_time },     { after_the_end },
};
enum { CASES = sizeof cases / sizeof cases[0] };

static uint64_t peak_kib(void)
{
    struct rusage usage;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return (uint64_t)usage.ru_maxrss;
}

/* Feeds a case as a follower does, and asks. Gives what it took of memory, in KiB. */
static uint64_t take(int which, size_t count)
{
    struct event *events = calloc(count, sizeof *events);
    uint64_t state = 1;
    for (size_t i = 0; i < count; i++) {
        events[i] = (struct event){ .time = i, .lane = LANE_NONE };
        cases[which].fill(&events[i], i, count, dice(&state));
    }
    uint64_t before = peak_kib();
    struct timeline *timeline = timeline_new();
    struct meta meta = { .run_count = 7 };
    timeline_tell(timeline, &meta, 0);
    for (size_t at = 0; at < count; at += BATCH)
        timeline_feed(timeline, events + at, count - at < BATCH ? count - at : BATCH);
    timeline_tell(timeline, &meta, count);
    struct verdict verdict;
    verdict_of(timeline, &verdict);
    for (size_t run = 0; run < 7; run++) {
        struct run_brief brief;
        timeline_run(timeline, run, &brief);
        ck_assert_uint_le(brief.lanes, count);
        ck_assert_uint_le(brief.tasks, count);
    }
    uint64_t took = peak_kib() - before;
    timeline_free(timeline);
    free(events);
    return took;
}

START_TEST(a_few_events_take_little)
{
    uint64_t took = take(_i, FEW);
    ck_assert_msg(took < FEW_KIB, "%llu KiB", (unsigned long long)took);
}
END_TEST

START_TEST(many_events_take_what_many_take)
{
    uint64_t took = take(_i, MANY);
    ck_assert_msg(took * 1024 < (uint64_t)MANY * EACH_BYTES, "%llu KiB", (unsigned long long)took);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hostile");
    TCase *few = tcase_create("few");
    tcase_set_timeout(few, 30);
    tcase_add_loop_test(few, a_few_events_take_little, 0, CASES);
    suite_add_tcase(suite, few);
    TCase *many = tcase_create("many");
    tcase_set_timeout(many, 120);
    tcase_add_loop_test(many, many_events_take_what_many_take, 0, CASES);
    suite_add_tcase(suite, many);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
