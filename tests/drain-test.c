/*
 * trace/: from rings and kernel records to one sequence by time. The pieces (clock line, order,
 * lives) are held against plain references; the whole against what lanes and the kernel counted
 * themselves.
 */
#include "base/clock.h"
#include "platform/platform.h"
#include "trace/anchor.h"
#include "trace/drain.h"
#include "trace/lives.h"
#include "trace/order.h"
#include "trace/ring.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void nap_us(long us)
{
    const struct timespec nap = { .tv_nsec = us * 1000 };
    nanosleep(&nap, NULL);
}

/* ---- The clock line ---- */

START_TEST(stamps_between_anchors_lie_on_their_lines)
{
    static struct anchors anchors;
    if (!stamp_is_tsc()) {
        puts("skipped: stamps are nanoseconds here");
        return;
    }
    anchors = (struct anchors){ .base_ns = 1000 };
    /* 2.5 stamps a nanosecond, then 2, then 4. */
    anchors_add(&anchors, 10000, 1000 + 0);
    anchors_add(&anchors, 35000, 1000 + 10000);
    anchors_add(&anchors, 55000, 1000 + 20000);
    anchors_add(&anchors, 95000, 1000 + 30000);
    ck_assert_uint_eq(anchors_ns(&anchors, 10000), 0);
    ck_assert_uint_eq(anchors_ns(&anchors, 12500), 1000);
    ck_assert_uint_eq(anchors_ns(&anchors, 35000), 10000);
    ck_assert_uint_eq(anchors_ns(&anchors, 36000), 10500);
    ck_assert_uint_eq(anchors_ns(&anchors, 55000), 20000);
    ck_assert_uint_eq(anchors_ns(&anchors, 59000), 21000);
    ck_assert_uint_eq(anchors_ns(&anchors, 99000), 31000);
    ck_assert_uint_eq(anchors_ns(&anchors, 1), 0);
    uint64_t last = 0, falls = 0;
    for (uint64_t stamp = 1; stamp < 200000; stamp += 7) {
        uint64_t ns = anchors_ns(&anchors, stamp);
        falls += ns < last;
        last = ns;
    }
    ck_assert_uint_eq(falls, 0);
    /* A pair that runs backwards changes nothing; a clock that stands still does not run back. */
    anchors_add(&anchors, 94000, 1000 + 29000);
    ck_assert_uint_eq(anchors_ns(&anchors, 99000), 31000);
    anchors_add(&anchors, 99000, 1000 + 29000);
    ck_assert_uint_eq(anchors_ns(&anchors, 99000), 30000);
}
END_TEST

START_TEST(what_is_older_than_all_anchors_lies_on_their_chord)
{
    static struct anchors anchors;
    anchors = (struct anchors){ .base_ns = 0 };
    for (uint64_t i = 0; i < 3 * ANCHORS; i++)
        anchors_add(&anchors, 1000000 + i * 500, 1000000 + i * 1000 + i % 2);
    uint64_t ns = anchors_ns(&anchors, 1000000);
    ck_assert_uint_ge(ns, 1000000 - 10);
    ck_assert_uint_le(ns, 1000000 + 10);
    ck_assert_uint_eq(anchors_ns(&anchors, 10), 0);
    uint64_t last = 0, falls = 0;
    for (uint64_t stamp = 0; stamp < 1000000 + 3 * ANCHORS * 500; stamp += 111) {
        ns = anchors_ns(&anchors, stamp);
        falls += ns < last;
        last = ns;
    }
    ck_assert_uint_eq(falls, 0);
}
END_TEST

/* ---- Order ---- */

static struct event numbered(uint64_t time, uint64_t number)
{
    return (struct event){ .time = time, .kind = EVENT_MARK, .run = 1, .lane = 9, .b = number };
}

/* What stands for rings: their slots hold no time, that is told beside them. */
enum { RINGS = 5, RING_MOST = 3000 };
struct rings {
    struct event slots[RINGS][RING_MOST];
};

/* Puts `count` events of rising times into each ring, and as many of any time of their own. Gives
 * how many are older than the batch's origin. */
static uint64_t put_random(struct batch *batch, struct rings *rings, size_t count, uint64_t now,
                           uint64_t spread, uint64_t *number, uint64_t *state)
{
    uint64_t older = 0;
    for (uint32_t ring = 0; ring < RINGS && count > 0; ring++) {
        const struct source source = { .events = rings->slots[ring], .lane = ring, .run = 3 };
        uint64_t time = now - 1000 + next_random(state) % spread;
        uint32_t id = batch_source(batch, &source, count);
        for (size_t i = 0; i < count; i++) {
            time += next_random(state) % (2 * spread / count + 1);
            rings->slots[ring][i] = numbered(0, (*number)++);
            older += time < batch->origin_ns;
            batch_put_at(batch, id, i, time);
        }
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t time = next_random(state) % 97 == 0 ? next_random(state) % now
                                                     : now - 1000 + next_random(state) % spread;
        const struct event event = numbered(time, (*number)++);
        older += time < batch->origin_ns;
        batch_put(batch, &event);
    }
    return older;
}

/* How many neighbours in the line stand wrong: late ones first, then by time and number. */
static uint64_t count_wrong(const struct line *line, uint64_t origin_ns)
{
    uint64_t wrong = 0;
    for (size_t i = line->start + 1; i < line->end; i++) {
        const struct event *one = &line->events[i - 1], *two = &line->events[i];
        if (two->time < origin_ns)
            wrong += one->time >= origin_ns;
        else
            wrong += one->time > two->time || (one->time == two->time && one->b > two->b);
        wrong += two->run != 1 && (two->run != 3 || two->lane >= RINGS);
    }
    return wrong;
}

static void order_rounds(uint64_t seed, size_t rounds, size_t most, uint64_t spread)
{
    struct batch *batch = calloc(1, sizeof *batch);
    struct rings *rings = calloc(1, sizeof *rings);
    struct line line = { 0 };
    uint64_t state = seed, number = 0, now = 1000000, handed = 0, late = 0, older = 0, wrong = 0;
    for (size_t round = 0; round < rounds; round++) {
        size_t count = next_random(&state) % (most + 1);
        late += put_random(batch, rings, count, now, spread, &number, &state);
        older += line_take(&line, batch);
        wrong += count_wrong(&line, batch->origin_ns);
        uint64_t until_ns = now - 500;
        size_t hand = line_older(&line, until_ns);
        for (size_t i = line.start; i < line.end; i++)
            wrong += (line.events[i].time < until_ns) != (i < line.start + hand);
        line.start += hand;
        handed += hand;
        now += spread / 2;
        batch->origin_ns = until_ns;
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(handed + (line.end - line.start), number);
    ck_assert_uint_eq(late, older);
    batch_fini(batch);
    line_fini(&line);
    free(batch);
    free(rings);
}

START_TEST(events_come_in_the_order_of_time)
{
    for (uint64_t seed = 1; seed < 30; seed++) {
        order_rounds(seed, 50, 3, 3000);
        order_rounds(seed, 30, 50, 50);
        order_rounds(seed, 20, RING_MOST, 5000000);
    }
}
END_TEST

START_TEST(wild_times_are_ordered_too)
{
    static struct batch batch;
    struct line line = { 0 };
    for (uint64_t i = 0; i < 1000; i++) {
        const struct event event = numbered(i % 5 == 0 ? UINT64_MAX - i : i * 1000, i);
        batch_put(&batch, &event);
    }
    ck_assert_uint_eq(line_take(&line, &batch), 0);
    ck_assert_uint_eq(line.end - line.start, 1000);
    ck_assert_uint_eq(line_older(&line, 1000 * 1000), 800);
    ck_assert_uint_eq(line.events[999].time, UINT64_MAX - 995);
    batch_fini(&batch);
    line_fini(&line);
}
END_TEST

/* ---- Lives ---- */

START_TEST(a_thread_is_a_lane_for_a_span_of_time)
{
    struct lives *lives = lives_new();
    uint32_t run, lane;
    ck_assert_int_eq(lives_find(lives, 5, 6, 10, &run, &lane), LIFE_NONE);
    uint32_t first = lives_add(lives, 5, 6, 0, 1);
    ck_assert_int_eq(lives_find(lives, 5, 6, 10, &run, &lane), LIFE_WAIT);
    ck_assert_int_eq(lives_find(lives, 6, 5, 10, &run, &lane), LIFE_NONE);
    lives_begin(lives, first, 100);
    ck_assert_int_eq(lives_find(lives, 5, 6, 99, &run, &lane), LIFE_NONE);
    ck_assert_int_eq(lives_find(lives, 5, 6, 100, &run, &lane), LIFE_LANE);
    ck_assert(run == 0 && lane == 1);
    /* The tid comes again, in another run. */
    uint32_t second = lives_add(lives, 5, 6, 3, 2);
    ck_assert_int_eq(lives_find(lives, 5, 6, 150, &run, &lane), LIFE_WAIT);
    lives_end(lives, first, 200);
    lives_end(lives, first, 900);
    ck_assert_int_eq(lives_find(lives, 5, 6, 200, &run, &lane), LIFE_LANE);
    ck_assert(run == 0 && lane == 1);
    ck_assert_int_eq(lives_find(lives, 5, 6, 201, &run, &lane), LIFE_WAIT);
    lives_begin(lives, second, 300);
    ck_assert_int_eq(lives_find(lives, 5, 6, 201, &run, &lane), LIFE_NONE);
    ck_assert_int_eq(lives_find(lives, 5, 6, 300, &run, &lane), LIFE_LANE);
    ck_assert(run == 3 && lane == 2);
    ck_assert_int_eq(lives_find(lives, 5, 6, 120, &run, &lane), LIFE_LANE);
    ck_assert(run == 0 && lane == 1);
    lives_end(lives, second, 400);
    ck_assert_int_eq(lives_find(lives, 5, 6, 401, &run, &lane), LIFE_NONE);
    /* One that died before it told when it began does not hide those before. */
    uint32_t third = lives_add(lives, 5, 6, 3, 4);
    lives_end(lives, third, 500);
    ck_assert_int_eq(lives_find(lives, 5, 6, 350, &run, &lane), LIFE_LANE);
    ck_assert_int_eq(lives_find(lives, 5, 6, 450, &run, &lane), LIFE_NONE);
    lives_free(lives);
    lives_free(NULL);
}
END_TEST

START_TEST(many_threads_keep_their_lanes)
{
    enum { THREADS = 500, LIVES = 6 };
    struct lives *lives = lives_new();
    for (uint32_t i = 0; i < LIVES; i++) {
        for (int32_t tid = 0; tid < THREADS; tid++) {
            uint32_t life = lives_add(lives, tid / 3, tid, i, (uint32_t)tid);
            lives_begin(lives, life, 100 * i);
            lives_end(lives, life, 100 * i + 50);
        }
    }
    for (uint32_t i = 0; i < LIVES; i++) {
        for (int32_t tid = 0; tid < THREADS; tid++) {
            uint32_t run, lane;
            ck_assert_int_eq(lives_find(lives, tid / 3, tid, 100 * i + 7, &run, &lane), LIFE_LANE);
            ck_assert(run == i && lane == (uint32_t)tid);
            ck_assert_int_eq(lives_find(lives, tid / 3, tid, 100 * i + 70, &run, &lane), LIFE_NONE);
        }
    }
    lives_free(lives);
}
END_TEST

/* ---- The whole ---- */

static struct arena make_arena(uint32_t lanes)
{
    const struct arena_options options = { .run_count = 2,
                                           .lane_capacity = { lanes, lanes },
                                           .tracing = true };
    struct arena arena;
    struct error error;
    ck_assert_msg(arena_new(&arena, &options, &error), "%s", error.text);
    return arena;
}

enum { LANES = 16 };

/* What came out of a drain, checked as it comes. */
struct seen {
    uint64_t events, last_ns, until_ns;
    uint64_t wrong; /* what must be 0; an assertion for each event would take long */
    bool may_be_late;
    struct seen_lane {
        uint64_t events, last_ns, next, lost, out, preempted, kernel_ns, since_ns, on_core_ns;
        uint64_t begin_ns, end_ns;
        bool began, ended, on, kernel_began;
        uint64_t said_voluntary, said_involuntary, said_on_core_ns;
        uint64_t totals;
        bool said;
    } lanes[LANES];
};

/* What the kernel says of a lane: on a core from its begin, until taken off it. */
static bool see_switch(struct seen_lane *lane, const struct event *event)
{
    bool out = event->kind == EVENT_SWITCH_OUT;
    bool right = event->time >= lane->kernel_ns && event->time >= lane->begin_ns && lane->on == out;
    lane->kernel_ns = event->time;
    if (out) {
        lane->out += event->a == 0;
        lane->preempted += event->a == 1;
        lane->on_core_ns += event->time - lane->since_ns;
    }
    lane->on = !out;
    lane->since_ns = event->time;
    return right;
}

static bool see_own(struct seen_lane *lane, const struct event *event)
{
    bool right = event->time >= lane->last_ns && !lane->ended;
    lane->last_ns = event->time;
    lane->events++;
    switch (event->kind) {
    case EVENT_LANE_BEGIN:
        right = right && !lane->began;
        lane->began = lane->on = true;
        lane->begin_ns = lane->since_ns = event->time;
        break;
    case EVENT_MARK:
        right = right && event->b == lane->next;
        lane->next++;
        break;
    case EVENT_LOST:
        lane->lost += event->b;
        lane->next += event->b;
        break;
    case EVENT_LANE_CPU:
        lane->said_on_core_ns = event->b;
        lane->totals++;
        break;
    case EVENT_LANE_SWITCHES:
        lane->said_voluntary = event->a;
        lane->said_involuntary = event->b;
        lane->said = true;
        break;
    case EVENT_LANE_END:
    case EVENT_LANE_CRASH:
        lane->ended = true;
        lane->end_ns = event->time;
        if (lane->on)
            lane->on_core_ns += event->time - lane->since_ns;
        lane->on = false;
        break;
    default:
        break;
    }
    return right;
}

static size_t see(struct drain *drain, struct seen *seen, bool everything)
{
    struct drained drained = drain_pass(drain, everything);
    ck_assert_uint_ge(drained.until_ns, seen->until_ns);
    for (size_t i = 0; i < drained.count; i++) {
        const struct event *event = &drained.events[i];
        seen->wrong += !seen->may_be_late && event->time < seen->last_ns;
        seen->wrong += !everything && event->time >= drained.until_ns;
        seen->last_ns = event->time > seen->last_ns ? event->time : seen->last_ns;
        if (event->lane >= LANES)
            continue;
        struct seen_lane *lane = &seen->lanes[event->lane];
        if (event->kind != EVENT_SWITCH_IN && event->kind != EVENT_SWITCH_OUT)
            seen->wrong += !see_own(lane, event);
        else if (!lane->ended)
            seen->wrong += !see_switch(lane, event);
    }
    ck_assert_uint_eq(seen->wrong, 0);
    seen->until_ns = drained.until_ns;
    seen->events += drained.count;
    return drained.count;
}

/* Passes until these lanes have ended and all was handed over; bounded by time. */
static void see_lanes_end(struct drain *drain, struct seen *seen, uint32_t lanes)
{
    uint64_t end = clock_now() + 60 * NS_PER_S;
    for (bool all = false; !all && clock_now() < end;) {
        see(drain, seen, false);
        all = true;
        for (uint32_t lane = 0; lane < lanes; lane++)
            all &= seen->lanes[lane].ended;
        nap_us(2000);
    }
    see(drain, seen, true);
}

/* Waits for room before each event, so that nothing may be lost. */
static void write_marks(const struct arena *arena, uint32_t index, uint64_t count)
{
    struct ring_writer writer;
    ck_assert(ring_open(&writer, arena, 0, ROLE_WORKER, index));
    for (uint64_t i = 0; i < count; i++) {
        while (writer.position - atomic_load(writer.tail) >= writer.room)
            nap_us(100);
        ring_emit(&writer, EVENT_MARK, 0, 0, i);
    }
    ring_close(&writer, arena);
}

START_TEST(four_processes_become_one_sequence)
{
    enum { WRITERS = 4, MARKS = 100000 };
    struct arena arena = make_arena(64);
    struct seen *seen = calloc(1, sizeof *seen);
    struct drain *drain = drain_new(&arena, clock_now());
    pid_t children[WRITERS];
    /* A writer that loses its core between stamp and store for longer than the hold-back is late. */
    seen->may_be_late = true;
    for (uint32_t i = 0; i < WRITERS; i++) {
        children[i] = fork();
        ck_assert_int_ge(children[i], 0);
        if (children[i] == 0) {
            write_marks(&arena, i, MARKS);
            _exit(0);
        }
    }
    see_lanes_end(drain, seen, WRITERS);
    for (uint32_t i = 0; i < WRITERS; i++) {
        ck_assert_int_eq(waitpid(children[i], NULL, 0), children[i]);
        ck_assert(seen->lanes[i].began && seen->lanes[i].ended);
        ck_assert_uint_eq(seen->lanes[i].next, MARKS);
        ck_assert_uint_eq(seen->lanes[i].lost, 0);
    }
    ck_assert_uint_eq(seen->events, drain_seen(drain));
    ck_assert_uint_eq(drain_lost(drain, LOST_RING), 0);
    ck_assert_uint_le(drain_late(drain), WRITERS * 10);
    drain_free(drain);
    free(seen);
    arena_unmap(&arena);
}
END_TEST

struct job {
    const struct arena *arena;
    uint32_t index;
};

static void *mark_body(void *argument)
{
    const struct job *job = argument;
    write_marks(job->arena, job->index, 10000);
    return NULL;
}

START_TEST(threads_of_one_process_become_one_sequence)
{
    enum { WRITERS = 4 };
    struct arena arena = make_arena(10000);
    struct seen *seen = calloc(1, sizeof *seen);
    struct drain *drain = drain_new(&arena, clock_now());
    pthread_t threads[WRITERS];
    struct job jobs[WRITERS];
    seen->may_be_late = true;
    for (uint32_t i = 0; i < WRITERS; i++) {
        jobs[i] = (struct job){ &arena, i };
        ck_assert_int_eq(pthread_create(&threads[i], NULL, mark_body, &jobs[i]), 0);
    }
    see_lanes_end(drain, seen, WRITERS);
    for (uint32_t i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_uint_eq(seen->lanes[i].next, 10000);
    }
    drain_free(drain);
    free(seen);
    arena_unmap(&arena);
}
END_TEST

START_TEST(events_wait_for_the_hold_back)
{
    struct arena arena = make_arena(4);
    uint64_t base_ns = clock_now();
    struct drain *drain = drain_new(&arena, base_ns);
    struct ring_writer writer;
    const struct event own = { .kind = EVENT_PARAM_SET, .run = 1, .lane = LANE_NONE, .b = 5 };
    struct event got[3];
    size_t count = 0;
    ck_assert(ring_open(&writer, &arena, 1, ROLE_MAIN, 0));
    drain_add(drain, clock_now(), &own);
    ring_emit(&writer, EVENT_MARK, 0, 0, 7);
    for (uint64_t end = clock_now() + 10 * NS_PER_S; count < 3 && clock_now() < end;) {
        struct drained drained = drain_pass(drain, false);
        uint64_t now_ns = clock_now() - base_ns;
        for (size_t i = 0; i < drained.count; i++) {
            ck_assert_uint_gt(now_ns, drained.events[i].time + 20 * NS_PER_MS);
            ck_assert_uint_lt(count, 3);
            got[count++] = drained.events[i];
        }
        nap_us(1000);
    }
    ck_assert_uint_eq(count, 3);
    ck_assert_uint_eq(got[0].kind, EVENT_LANE_BEGIN);
    ck_assert_uint_eq(got[1].kind, EVENT_PARAM_SET);
    ck_assert_uint_eq(got[2].kind, EVENT_MARK);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(got[i].run, 1);
    ck_assert_uint_eq(drain_late(drain), 0);
    drain_free(drain);
    arena_unmap(&arena);
}
END_TEST

START_TEST(what_comes_late_keeps_its_time_and_is_counted)
{
    struct arena arena = make_arena(4);
    struct drain *drain = drain_new(&arena, clock_now());
    struct ring_writer writer;
    ck_assert(ring_open(&writer, &arena, 0, ROLE_MAIN, 0));
    nap_us(5000);
    uint64_t stamp = stamp_now();
    nap_us(50000);
    ck_assert_uint_eq(drain_pass(drain, false).count, 1);
    ring_emit_at(&writer, stamp, EVENT_MARK, 0, 0, 0);
    /* From the future, as a slot that was written wildly: it is held to now. */
    ring_emit_at(&writer, UINT64_MAX - 3, EVENT_MARK, 0, 0, 1);
    struct drained drained = drain_pass(drain, false);
    ck_assert_uint_eq(drained.count, 1);
    ck_assert_uint_eq(drained.events[0].b, 0);
    uint64_t late_ns = drained.events[0].time;
    drained = drain_pass(drain, true);
    ck_assert_uint_eq(drained.count, 1);
    ck_assert_uint_eq(drained.events[0].b, 1);
    ck_assert_uint_gt(drained.events[0].time, late_ns + 40 * NS_PER_MS);
    ck_assert_uint_le(drained.events[0].time, drained.until_ns);
    ck_assert_uint_eq(drain_late(drain), 1);
    ck_assert_uint_eq(drain_seen(drain), 3);
    drain_free(drain);
    arena_unmap(&arena);
}
END_TEST

static int compare_u64(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;
    return (one > two) - (one < two);
}

/* Each mark carries the clock that was read together with its stamp. */
START_TEST(event_times_are_those_of_the_clock)
{
    enum { PAIRS = 400 };
    struct arena arena = make_arena(4);
    uint64_t base_ns = clock_now(), errors[PAIRS], last_ns = 0;
    struct drain *drain = drain_new(&arena, base_ns);
    struct ring_writer writer;
    size_t count = 0;
    ck_assert(ring_open(&writer, &arena, 0, ROLE_MAIN, 0));
    for (size_t i = 0; i < PAIRS + 60; i++) {
        if (i < PAIRS) {
            struct stamp_pair pair = stamp_pair();
            ring_emit_at(&writer, pair.stamp, EVENT_MARK, 0, 0, pair.clock_ns);
        }
        nap_us(1000);
        struct drained drained = drain_pass(drain, i == PAIRS + 59);
        for (size_t e = 0; e < drained.count; e++) {
            const struct event *event = &drained.events[e];
            ck_assert_uint_ge(event->time, last_ns);
            last_ns = event->time;
            uint64_t ns = event->time + base_ns;
            if (event->kind == EVENT_MARK)
                errors[count++] = ns > event->b ? ns - event->b : event->b - ns;
        }
    }
    ck_assert_uint_eq(count, PAIRS);
    qsort(errors, count, sizeof errors[0], compare_u64);
    /* An undisturbed pair is good for some 10 ns; the bound is wide because machines are busy. */
    ck_assert_msg(errors[PAIRS / 2] <= 250, "the median error is %llu ns",
                  (unsigned long long)errors[PAIRS / 2]);
    drain_free(drain);
    arena_unmap(&arena);
}
END_TEST

START_TEST(what_is_lost_is_told)
{
    struct arena arena = make_arena(1000);
    struct drain *drain = drain_new(&arena, clock_now());
    struct ring_writer writer, other;
    ck_assert(ring_open(&writer, &arena, 0, ROLE_WORKER, 0));
    for (uint64_t i = 0; i < 20000; i++)
        ring_emit(&writer, EVENT_MARK, 0, 0, i);
    drain_pass(drain, false);
    ring_emit(&writer, EVENT_MARK, 0, 0, 20000);
    drain_pass(drain, false);
    uint64_t lost = drain_lost(drain, LOST_RING);
    ck_assert_uint_eq(lost, 1 + 20000 - (arena_run(&arena, 0)->ring_events - RING_RESERVE));
    /* One that dies with an untold loss. */
    for (uint64_t i = 0; i < 20000; i++)
        ring_emit(&writer, EVENT_MARK, 0, 0, i);
    ck_assert_uint_gt(atomic_load(&arena_lane(&arena, 0, 0)->lost), 0);
    lost += atomic_load(&arena_lane(&arena, 0, 0)->lost);
    /* Lanes that found no ring. */
    for (uint32_t i = 1; i < 1003; i++)
        ring_open(&other, &arena, 0, ROLE_CONNECTION, i);
    drain_detach(drain, 0);
    struct drained drained = drain_pass(drain, true);
    uint64_t told[LOST_WHERE_COUNT] = { 0 };
    for (size_t i = 0; i < drained.count; i++) {
        if (drained.events[i].kind == EVENT_LOST)
            told[drained.events[i].object] += drained.events[i].b;
    }
    ck_assert_uint_eq(drain_lost(drain, LOST_RING), lost);
    ck_assert_uint_eq(told[LOST_RING], lost);
    ck_assert_uint_eq(drain_lost(drain, LOST_LANE), 3);
    ck_assert_uint_eq(told[LOST_LANE], 3);
    drain_free(drain);
    arena_unmap(&arena);
}
END_TEST

/* ---- The kernel's records ---- */

static void compute_for(uint64_t ns)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    uint64_t end = (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec + ns;
    do {
        for (volatile int i = 0; i < 2000; i++)
            continue;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    } while ((uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec < end);
}

/* Blocks, yields and computes for a while as a lane. */
static void live_as_lane(const struct arena *arena, uint32_t index)
{
    struct ring_writer writer;
    if (!ring_open(&writer, arena, 0, ROLE_WORKER, index))
        _exit(9);
    for (int i = 0; i < 40; i++) {
        compute_for(800 * NS_PER_US);
        nap_us(200);
        sched_yield();
        ring_emit(&writer, EVENT_TASK_TAKE, (uint32_t)i, 0, 0);
    }
    ring_close(&writer, arena);
}

static void *live_body(void *argument)
{
    const struct job *job = argument;
    live_as_lane(job->arena, job->index);
    /* After its end a thread's switches are nobody's. */
    nap_us(2000);
    return NULL;
}

enum { THREAD_LANES = 4, PROCESS_LANES = 4, STAGE_LANES = 1 + THREAD_LANES + PROCESS_LANES };

/* A stage: waits for go, is a lane itself, and starts threads and processes that are. */
static void stage(const struct arena *arena, pid_t parent)
{
    platform_die_with_parent(SIGKILL, parent);
    arena_wait(&arena_run(arena, 0)->go, 0, 20 * NS_PER_S);
    struct ring_writer writer;
    if (!ring_open(&writer, arena, 0, ROLE_MAIN, 0))
        _exit(9);
    pthread_t threads[THREAD_LANES];
    struct job jobs[THREAD_LANES];
    pid_t children[PROCESS_LANES];
    for (uint32_t i = 0; i < PROCESS_LANES; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            live_as_lane(arena, 100 + i);
            _exit(0);
        }
    }
    for (uint32_t i = 0; i < THREAD_LANES; i++) {
        jobs[i] = (struct job){ arena, i };
        if (pthread_create(&threads[i], NULL, live_body, &jobs[i]) != 0)
            _exit(9);
    }
    for (uint32_t i = 0; i < THREAD_LANES; i++)
        pthread_join(threads[i], NULL);
    for (uint32_t i = 0; i < PROCESS_LANES; i++)
        waitpid(children[i], NULL, 0);
    ring_close(&writer, arena);
}

static pid_t start_stage(const struct arena *arena)
{
    pid_t parent = getpid(), child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        stage(arena, parent);
        _exit(0);
    }
    return child;
}

static void let_go(const struct arena *arena)
{
    atomic_store(&arena_run(arena, 0)->go, 1);
    arena_wake(&arena_run(arena, 0)->go);
}

static uint64_t apart(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

static void check_switches(const struct seen_lane *lane, uint32_t index)
{
    ck_assert_msg(lane->began && lane->ended && lane->said, "lane %u", index);
    uint64_t perf = lane->out + lane->preempted;
    uint64_t counted = lane->said_voluntary + lane->said_involuntary;
    uint64_t may = counted / 100 > 2 ? counted / 100 : 2;
    ck_assert_msg(apart(perf, counted) <= may, "lane %u: %llu switches recorded, %llu counted",
                  index, (unsigned long long)perf, (unsigned long long)counted);
    ck_assert_msg(apart(lane->preempted, lane->said_involuntary) <= may,
                  "lane %u: %llu preemptions recorded, %llu counted", index,
                  (unsigned long long)lane->preempted, (unsigned long long)lane->said_involuntary);
}

static bool on_core_agrees(const struct seen_lane *lane)
{
    uint64_t switches = lane->said_voluntary + lane->said_involuntary;
    uint64_t may = lane->said_on_core_ns / 50 + 10 * NS_PER_US * (switches + 1);
    return apart(lane->on_core_ns, lane->said_on_core_ns) <= may;
}

/* One stage, watched from before its go to its end. Says which lanes' on-core times agree with their
 * clocks; false where the kernel refuses. */
static bool watch_stage(bool agrees[STAGE_LANES])
{
    struct arena arena = make_arena(LANES);
    struct seen *seen = calloc(1, sizeof *seen);
    struct drain *drain = drain_new(&arena, clock_now());
    struct error error;
    int fds[PLATFORM_CORES_MAX], status;
    pid_t child = start_stage(&arena);
    bool watched = drain_attach(drain, 0, child, &error) == SOURCE_PERF;
    if (watched) {
        ck_assert_uint_gt(drain_fds(drain, fds, PLATFORM_CORES_MAX), 0);
        seen->may_be_late = true;
        let_go(&arena);
        see_lanes_end(drain, seen, STAGE_LANES);
    } else {
        printf("skipped: %s\n", error.text);
        kill(child, SIGKILL);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    drain_detach(drain, 0);
    see(drain, seen, true);
    for (uint32_t i = 0; watched && i < STAGE_LANES; i++) {
        check_switches(&seen->lanes[i], i);
        agrees[i] |= on_core_agrees(&seen->lanes[i]);
    }
    ck_assert(!watched || status == 0);
    ck_assert_uint_eq(drain_lost(drain, LOST_KERNEL), 0);
    ck_assert_uint_eq(drain_lost(drain, LOST_RING), 0);
    /* The stage before it was a lane, and the threads after their ends. */
    ck_assert(!watched || drain_unknown(drain) > 0);
    ck_assert_uint_eq(drain_fds(drain, fds, PLATFORM_CORES_MAX), 0);
    drain_free(drain);
    free(seen);
    arena_unmap(&arena);
    return watched;
}

/* Counts of switches must agree each time. What a virtual machine's host takes away stands between
 * two switches and in no thread's clock, so of times each lane must agree once in a few trials. */
START_TEST(switches_agree_with_what_the_kernel_counted)
{
    enum { TRIALS = 8 };
    bool agrees[STAGE_LANES] = { false }, all = false;
    for (int trial = 0; trial < TRIALS && !all; trial++) {
        if (!watch_stage(agrees))
            return;
        all = true;
        for (uint32_t i = 0; i < STAGE_LANES; i++)
            all &= agrees[i];
    }
    ck_assert_msg(all, "a lane's time on a core never agreed with its own clock");
}
END_TEST

START_TEST(where_perf_is_refused_totals_are_read)
{
    struct arena arena = make_arena(LANES);
    struct seen *seen = calloc(1, sizeof *seen);
    struct drain *drain = drain_new(&arena, clock_now());
    struct error error = { "" };
    struct platform_usage usage;
    if (!platform_thread_usage(getpid(), platform_tid(), &usage)) {
        puts("skipped: what a thread used is not known here");
        return;
    }
    pid_t child = start_stage(&arena);
    platform_inject(&(struct platform_faults){ .switches_errno = EACCES });
    ck_assert_int_eq(drain_attach(drain, 0, child, &error), SOURCE_RUSAGE);
    platform_inject(NULL);
    ck_assert_ptr_nonnull(strstr(error.text, "perf_event"));
    seen->may_be_late = true;
    let_go(&arena);
    see_lanes_end(drain, seen, STAGE_LANES);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    drain_detach(drain, 0);
    see(drain, seen, true);
    uint64_t sampled = 0;
    for (uint32_t i = 0; i < STAGE_LANES; i++) {
        const struct seen_lane *lane = &seen->lanes[i];
        ck_assert(lane->began && lane->ended && lane->said);
        ck_assert_uint_eq(lane->out + lane->preempted, 0);
        ck_assert_uint_gt(lane->said_on_core_ns, 0);
        sampled += lane->totals - 1;
    }
    ck_assert_uint_gt(sampled, 0);
    drain_free(drain);
    free(seen);
    arena_unmap(&arena);
}
END_TEST

START_TEST(an_untraced_race_has_no_source)
{
    const struct arena_options options = { .run_count = 1, .lane_capacity = { 1 } };
    struct arena arena;
    struct error error;
    ck_assert(arena_new(&arena, &options, NULL));
    struct drain *drain = drain_new(&arena, clock_now());
    ck_assert_int_eq(drain_attach(drain, 0, getpid(), &error), SOURCE_NONE);
    ck_assert_str_eq(switch_source_names[SOURCE_NONE], "none");
    ck_assert_str_eq(switch_source_names[SOURCE_PERF], "perf");
    ck_assert_str_eq(switch_source_names[SOURCE_RUSAGE], "rusage");
    drain_detach(drain, 0);
    drain_detach(drain, 0);
    ck_assert_uint_eq(drain_pass(drain, true).count, 0);
    drain_free(drain);
    drain_free(NULL);
    arena_unmap(&arena);
}
END_TEST

int main(void)
{
    stamp_init();
    Suite *suite = suite_create("drain");
    TCase *pieces = tcase_create("pieces");
    tcase_set_timeout(pieces, 60);
    tcase_add_test(pieces, stamps_between_anchors_lie_on_their_lines);
    tcase_add_test(pieces, what_is_older_than_all_anchors_lies_on_their_chord);
    tcase_add_test(pieces, events_come_in_the_order_of_time);
    tcase_add_test(pieces, wild_times_are_ordered_too);
    tcase_add_test(pieces, a_thread_is_a_lane_for_a_span_of_time);
    tcase_add_test(pieces, many_threads_keep_their_lanes);
    suite_add_tcase(suite, pieces);
    TCase *whole = tcase_create("whole");
    tcase_set_timeout(whole, 120);
    tcase_add_test(whole, four_processes_become_one_sequence);
    tcase_add_test(whole, threads_of_one_process_become_one_sequence);
    tcase_add_test(whole, events_wait_for_the_hold_back);
    tcase_add_test(whole, what_comes_late_keeps_its_time_and_is_counted);
    tcase_add_test(whole, event_times_are_those_of_the_clock);
    tcase_add_test(whole, what_is_lost_is_told);
    tcase_add_test(whole, an_untraced_race_has_no_source);
    suite_add_tcase(suite, whole);
    TCase *kernel = tcase_create("kernel");
    tcase_set_timeout(kernel, 120);
    tcase_add_test(kernel, switches_agree_with_what_the_kernel_counted);
    tcase_add_test(kernel, where_perf_is_refused_totals_are_read);
    suite_add_tcase(suite, kernel);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
