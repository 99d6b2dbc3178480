/*
 * The crowd against a small server (tests/relay.h): the crowd's counts have to be the server's, to the
 * line.
 */
#include "base/clock.h"
#include "outside/client.h"
#include "outside/outside.h"
#include "platform/platform.h"
#include "relay.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char scenario[] =
    "name: talk\n"
    "title: Talk\n"
    "question: Who?\n"
    "teaches: Talking.\n"
    "kind: service\n"
    "bottleneck: mixed\n"
    "params:\n"
    "  - { name: clients, unit: count, default: 40, min: 2, max: 20000, help: how many }\n"
    "  - { name: rate, unit: rate, default: 200/s, min: 0, max: 10000/s, live: true, help: lines }\n"
    "  - { name: line, unit: bytes, default: 64, min: 16, max: 400, live: true, help: length }\n"
    "  - { name: duration, unit: duration, default: 500ms, min: 100ms, max: 1h, help: t }\n"
    "outside:\n"
    "  crowd: { clients: $clients, rate: $rate, line: $line }\n"
    "duration: $duration\n"
    "task:\n"
    "  - serve: irc\n"
    "models: [loop]\n"
    "predict: winner\n";

static void start_crowd(struct world *world, struct relay *relay, const char *clients,
                        const struct faults *faults, void (*before)(void))
{
    world_open(world, scenario, 1);
    ck_assert_msg(world->plan != NULL, "%s", world->error.text);
    world_set(world, "clients", clients);
    relay_open(relay, world, (uint32_t)atoi(clients) + 64);
    if (faults != NULL)
        relay->faults = *faults;
    world_start(world, crowd_main, before);
    ck_assert_uint_eq(world_wait(world, &world->run->outside_ready), 1);
    atomic_store(&world->run->go, 1);
    arena_wake(&world->run->go);
}

static uint32_t counted(const struct world *world, enum crowd_count count)
{
    return atomic_load(&world->run->crowd[count]);
}

static void assert_counts(const struct world *world, const struct relay *relay)
{
    ck_assert_uint_eq(atomic_load(&world->run->outside_over), 1);
    ck_assert_uint_eq(counted(world, CROWD_SENT), relay->lines);
    ck_assert_uint_eq(counted(world, CROWD_DELIVERED), relay->delivered);
    ck_assert_uint_eq(counted(world, CROWD_TWICE), relay->doubled);
    ck_assert_uint_eq(counted(world, CROWD_DUE), relay->delivered + relay->dropped);
    ck_assert_uint_gt(relay->lines, 0);
}

static void end_crowd(struct world *world, struct relay *relay, int status)
{
    relay_close(relay);
    ck_assert_int_eq(world_close(world), status);
}

static const struct faults sound[] = {
    { .room_for = 0 },      { .split = true }, { .no_tags = true },
    { .refuse_first = 10 }, { .taken = "c7" },
};

START_TEST(everybody_hears_every_line_once)
{
    struct world world;
    struct relay relay;
    start_crowd(&world, &relay, "40", &sound[_i], NULL);
    relay_run(&relay);
    assert_counts(&world, &relay);
    ck_assert_uint_eq(counted(&world, CROWD_CONNECTED), 40);
    ck_assert_uint_eq(counted(&world, CROWD_DUE), 39 * relay.lines);
    ck_assert_uint_eq(counted(&world, CROWD_DELIVERED), counted(&world, CROWD_DUE));
    ck_assert_uint_eq(counted(&world, CROWD_TWICE), 0);
    ck_assert_uint_eq(relay.quits, 40);
    ck_assert_uint_eq(atomic_load(&world.run->status), RUN_WAITING); /* nothing to complain of */
    end_crowd(&world, &relay, 0);
}
END_TEST

START_TEST(its_trace_tells_the_talk)
{
    struct world world;
    struct relay relay;
    bool seen[4096] = { false };
    uint64_t submitted = 0, last[5] = { 0 };
    bool talks = false, ended = false;
    start_crowd(&world, &relay, "10", NULL, NULL);
    relay_run(&relay);
    size_t count;
    struct event *events = world_events(&world, &count);
    for (size_t i = 0; i < count; i++) {
        const struct event *event = &events[i];
        ck_assert(i == 0 || event->time >= events[i - 1].time);
        ck_assert_uint_ne(event->kind, EVENT_LOST);
        if (event->kind == EVENT_MARK && event->object == MARK_ALL_CONNECTED) {
            ck_assert(!talks);
            talks = true;
        } else if (event->kind == EVENT_MARK && event->object == MARK_TALK_ENDS) {
            ck_assert(talks && !ended);
            ended = true;
        } else if (event->kind == EVENT_TASK_SUBMIT) {
            ck_assert(talks && !ended);
            ck_assert_uint_lt(event->object, 4096);
            ck_assert(!seen[event->object]);
            seen[event->object] = true;
            submitted++;
        } else {
            ck_assert_uint_eq(event->kind, EVENT_CROWD);
            ck_assert_uint_le(event->object, CROWD_TWICE);
            ck_assert_uint_ge(event->b, last[event->object]); /* nobody leaves here */
            last[event->object] = event->b;
        }
    }
    ck_assert(ended);
    ck_assert_uint_eq(submitted, relay.lines);
    ck_assert_uint_eq(submitted, atomic_load(&world.run->next_task));
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_eq(last[i], counted(&world, (enum crowd_count)i));
    free(events);
    end_crowd(&world, &relay, 0);
}
END_TEST

static const struct faults wrong[] = {
    { .double_every = 13 },
    { .garble_every = 31 },
    { .echo = true },
    { .drop_every = 19, .double_every = 7, .echo = true },
};

START_TEST(what_a_server_loses_or_repeats_is_counted)
{
    struct world world;
    struct relay relay;
    start_crowd(&world, &relay, "20", &wrong[_i], NULL);
    relay_run(&relay);
    assert_counts(&world, &relay);
    ck_assert_uint_gt(relay.dropped + relay.doubled, 0);
    ck_assert_uint_eq(counted(&world, CROWD_DUE), 19 * relay.lines);
    end_crowd(&world, &relay, 0);
}
END_TEST

START_TEST(it_ends_when_the_server_goes)
{
    const struct faults faults = { .close_after = 20 };
    struct world world;
    struct relay relay;
    start_crowd(&world, &relay, "20", &faults, NULL);
    world_set(&world, "duration", "1h");
    relay_run(&relay);
    ck_assert_uint_eq(atomic_load(&world.run->outside_over), 1);
    ck_assert_uint_ge(counted(&world, CROWD_SENT), 20);
    ck_assert_uint_le(counted(&world, CROWD_DELIVERED), counted(&world, CROWD_DUE));
    ck_assert_uint_eq(counted(&world, CROWD_CONNECTED), 0);
    end_crowd(&world, &relay, 0);
}
END_TEST

START_TEST(the_others_go_on_when_one_is_cut_off)
{
    const struct faults faults = { .cut_after = 20 };
    struct world world;
    struct relay relay;
    start_crowd(&world, &relay, "20", &faults, NULL);
    relay_run(&relay);
    ck_assert_uint_eq(counted(&world, CROWD_CONNECTED), 19);
    ck_assert_uint_gt(relay.lines, 25);
    ck_assert_uint_ge(counted(&world, CROWD_DUE), 18 * relay.lines);
    ck_assert_uint_eq(counted(&world, CROWD_TWICE), 0);
    ck_assert_uint_eq(relay.quits, 19);
    /* A line that crossed with the end of that connection is missing; no other. */
    ck_assert_uint_ge(counted(&world, CROWD_DELIVERED) + 5, counted(&world, CROWD_DUE));
    end_crowd(&world, &relay, 0);
}
END_TEST

/* ---- Limits ---- */

static void allow_few_descriptors(void)
{
    const struct rlimit few = { .rlim_cur = 40, .rlim_max = 40 };
    setrlimit(RLIMIT_NOFILE, &few);
}

START_TEST(at_the_limit_of_descriptors_it_goes_on_with_those_it_has)
{
    struct world world;
    struct relay relay;
    start_crowd(&world, &relay, "60", NULL, allow_few_descriptors);
    relay_run(&relay);
    uint32_t inside = counted(&world, CROWD_CONNECTED);
    ck_assert_uint_gt(inside, 15);
    ck_assert_uint_lt(inside, 40);
    ck_assert_uint_eq(atomic_load(&world.run->status), RUN_LIMITED);
    ck_assert_uint_eq(atomic_load(&world.run->limit_count), inside);
    ck_assert_ptr_nonnull(strstr(world.run->reason, " of 60 "));
    ck_assert_ptr_nonnull(strstr(world.run->reason, strerror(EMFILE)));
    assert_counts(&world, &relay);
    ck_assert_uint_eq(counted(&world, CROWD_DUE), (inside - 1) * relay.lines);
    end_crowd(&world, &relay, 0);
}
END_TEST

START_TEST(who_is_not_let_in_is_not_waited_for_forever)
{
    const struct faults faults = { .room_for = 12 };
    struct world world;
    struct relay relay;
    start_crowd(&world, &relay, "20", &faults, NULL);
    relay_run(&relay);
    ck_assert_uint_eq(atomic_load(&world.run->status), RUN_LIMITED);
    ck_assert_uint_eq(atomic_load(&world.run->limit_count), 12);
    ck_assert_uint_eq(relay.quits, 12);
    assert_counts(&world, &relay);
    ck_assert_uint_eq(counted(&world, CROWD_DUE), 11 * relay.lines);
    end_crowd(&world, &relay, 0);
}
END_TEST

START_TEST(where_nobody_listens_the_run_has_failed)
{
    struct world world;
    struct relay relay;
    start_crowd(&world, &relay, "5", NULL, NULL);
    close(relay.listener); /* the port is nobody's now, or the first few are reset */
    relay.listener = -1;
    ck_assert(world_ended(&world, HANG_S * 1000));
    ck_assert_uint_eq(atomic_load(&world.run->status), RUN_FAILED);
    ck_assert_ptr_nonnull(strstr(world.run->reason, "no client of 5"));
    ck_assert_uint_eq(atomic_load(&world.run->outside_over), 1);
    end_crowd(&world, &relay, 1);
}
END_TEST

/* ---- Hands on it ---- */

static uint64_t lines_in_400_ms(struct relay *relay)
{
    uint64_t before = relay->lines, until = clock_now() + 400 * NS_PER_MS;
    while (clock_now() < until)
        relay_turn(relay);
    return relay->lines - before;
}

START_TEST(rate_and_length_are_those_of_the_moment)
{
    struct world world;
    struct relay relay;
    start_crowd(&world, &relay, "10", NULL, NULL);
    world_set(&world, "duration", "1h");
    while (relay.lines == 0)
        relay_turn(&relay);
    world_set(&world, "line", "400");
    uint64_t first = lines_in_400_ms(&relay);
    world_set(&world, "rate", "2000/s");
    uint64_t second = lines_in_400_ms(&relay);
    world_set(&world, "rate", "0");
    lines_in_400_ms(&relay);
    uint64_t third = lines_in_400_ms(&relay);
    ck_assert_uint_gt(second, 2 * first);
    ck_assert_uint_eq(third, 0);
    world_set(&world, "duration", "100ms"); /* long over */
    relay_run(&relay);
    assert_counts(&world, &relay);
    end_crowd(&world, &relay, 0);
}
END_TEST

/* Turns until so many are in the room, for the server and for the crowd. */
static void await_inside(struct world *world, struct relay *relay, uint32_t wanted)
{
    uint64_t limit = clock_now() + HANG_S * NS_PER_S;
    while (relay->inside != wanted || counted(world, CROWD_CONNECTED) != wanted) {
        ck_assert_msg(clock_now() < limit, "%u are in the room, %u by the crowd, and not %u",
                      relay->inside, counted(world, CROWD_CONNECTED), wanted);
        relay_turn(relay);
    }
}

/* People come and go while they talk, and every line that was owed is heard, once. */
START_TEST(it_grows_and_shrinks)
{
    static const uint32_t wanted[] = { 30, 5, 40, 2, 20 };
    struct world world;
    struct relay relay;
    start_crowd(&world, &relay, "500", NULL, NULL); /* room for all connections there will be */
    world_set(&world, "duration", "1h");
    world_set(&world, "rate", "500/s");
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        char text[16];
        snprintf(text, sizeof text, "%u", wanted[i]);
        world_set(&world, "clients", text);
        await_inside(&world, &relay, wanted[i]);
        for (int turn = 0; turn < 50; turn++)
            relay_turn(&relay);
    }
    world_set(&world, "clients", "10"); /* and again before it came to that */
    relay_turn(&relay);
    world_set(&world, "clients", "15");
    await_inside(&world, &relay, 15);
    world_set(&world, "duration", "100ms");
    relay_run(&relay);
    ck_assert_uint_eq(atomic_load(&world.run->outside_over), 1);
    ck_assert_uint_eq(counted(&world, CROWD_SENT), relay.lines);
    ck_assert_uint_eq(counted(&world, CROWD_DUE), counted(&world, CROWD_DELIVERED));
    ck_assert_uint_le(counted(&world, CROWD_DELIVERED), relay.delivered);
    ck_assert_uint_eq(counted(&world, CROWD_TWICE), 0);
    ck_assert_uint_gt(relay.lines, 100);
    end_crowd(&world, &relay, 0);
}
END_TEST

/* A burst is spoken on top, at once. */
START_TEST(a_burst_is_spoken)
{
    struct world world;
    struct relay relay;
    start_crowd(&world, &relay, "10", NULL, NULL);
    world_set(&world, "rate", "0");
    world_set(&world, "duration", "1h");
    await_inside(&world, &relay, 10);
    atomic_fetch_add(&world.run->burst_asked, 700);
    arena_nudge(&world.arena);
    uint64_t limit = clock_now() + HANG_S * NS_PER_S;
    while (relay.lines < 700 && clock_now() < limit)
        relay_turn(&relay);
    world_set(&world, "duration", "100ms");
    relay_run(&relay);
    ck_assert_uint_eq(relay.lines, 700);
    assert_counts(&world, &relay);
    end_crowd(&world, &relay, 0);
}
END_TEST

START_TEST(it_ends_at_a_stop)
{
    struct world world;
    struct relay relay;
    start_crowd(&world, &relay, "20", NULL, NULL);
    world_set(&world, "duration", "1h");
    for (int i = 0; _i == 0 && relay.lines < 10 && i < 10000; i++)
        relay_turn(&relay);
    if (_i < 2)
        atomic_store(&world.run->stop, 1); /* in the talk; before or while the room fills */
    else
        atomic_store(&world.run->phase, PHASE_OVER);
    relay_run(&relay);
    ck_assert_uint_eq(atomic_load(&world.run->outside_over), 1);
    if (_i == 0)
        assert_counts(&world, &relay);
    relay_close(&relay);
    world_close(&world);
}
END_TEST

START_TEST(before_go_it_only_waits)
{
    struct world world;
    world_open(&world, scenario, 1);
    world_start(&world, crowd_main, NULL);
    ck_assert_uint_eq(world_wait(&world, &world.run->outside_ready), 1);
    ck_assert(!world_ended(&world, 120));
    ck_assert_int_ge(world_close(&world), 0);
}
END_TEST

/* ---- Many ---- */

START_TEST(two_thousand_hear_exactly)
{
    if (platform_raise_descriptors(2200) < 2200) {
        printf("skipped: two thousand clients need 2,200 descriptors\n");
        return;
    }
    struct world world;
    struct relay relay;
    start_crowd(&world, &relay, "2000", NULL, NULL);
    world_set(&world, "rate", "20/s");
    world_set(&world, "duration", "1s");
    relay_run(&relay);
    assert_counts(&world, &relay);
    ck_assert_uint_eq(counted(&world, CROWD_CONNECTED), 2000);
    ck_assert_uint_eq(counted(&world, CROWD_DELIVERED), 1999 * relay.lines);
    end_crowd(&world, &relay, 0);
}
END_TEST

static void ignore_gone(void *context, struct client *client, int error)
{
    (void)context, (void)client, (void)error;
}

START_TEST(many_come_from_several_addresses)
{
    struct sockaddr_in address = { .sin_family = AF_INET }, from;
    socklen_t size = sizeof address;
    uint32_t sources = 0;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 16), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    struct room room = {
        .loop = ev_loop_new(EVFLAG_AUTO), .server = address, .sources = 3, .gone = ignore_gone
    };
    struct client clients[6] = { { .number = 0 } };
    for (uint32_t i = 0; i < 6; i++) {
        clients[i].number = i;
        ck_assert_int_eq(client_connect(&room, &clients[i]), 0);
        size = sizeof from;
        int fd = accept(listener, (struct sockaddr *)&from, &size);
        ck_assert_int_ge(fd, 0);
        sources |= 1u << (ntohl(from.sin_addr.s_addr) - INADDR_LOOPBACK);
        client_close(&room, &clients[i]);
        close(fd);
    }
    ck_assert_uint_eq(sources, 7);
    ev_loop_destroy(room.loop);
    close(listener);
}
END_TEST

#define TIMES(rows) ((int)(sizeof(rows) / sizeof *(rows)))

int main(void)
{
    Suite *suite = suite_create("crowd");
    TCase *talk = tcase_create("talk");
    tcase_set_timeout(talk, 120);
    tcase_add_loop_test(talk, everybody_hears_every_line_once, 0, TIMES(sound));
    tcase_add_test(talk, its_trace_tells_the_talk);
    tcase_add_loop_test(talk, what_a_server_loses_or_repeats_is_counted, 0, TIMES(wrong));
    tcase_add_test(talk, it_ends_when_the_server_goes);
    tcase_add_test(talk, the_others_go_on_when_one_is_cut_off);
    tcase_add_test(talk, at_the_limit_of_descriptors_it_goes_on_with_those_it_has);
    tcase_add_test(talk, who_is_not_let_in_is_not_waited_for_forever);
    tcase_add_test(talk, where_nobody_listens_the_run_has_failed);
    tcase_add_test(talk, rate_and_length_are_those_of_the_moment);
    tcase_add_test(talk, it_grows_and_shrinks);
    tcase_add_test(talk, a_burst_is_spoken);
    tcase_add_loop_test(talk, it_ends_at_a_stop, 0, 3);
    tcase_add_test(talk, before_go_it_only_waits);
    tcase_add_test(talk, two_thousand_hear_exactly);
    tcase_add_test(talk, many_come_from_several_addresses);
    suite_add_tcase(suite, talk);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
