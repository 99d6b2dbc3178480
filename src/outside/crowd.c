/*
 * The crowd: thousands of chat clients in one process, one thread and one loop.
 *
 *   fill -> talk -> drain -> leave
 *
 * A tick every 20 ms moves the parts on and publishes the counts; the talk has a timer of its own.
 * Invariant: a line's TASK_SUBMIT is stamped right before its bytes go to the system, and what is
 * counted as due, delivered or twice is counted per line and client (tally.c), never estimated.
 *
 * The arrivals are open: lines are spoken at their rate however slow the server is. It deliberately
 * does not measure latency: that is told by the trace, from TASK_SUBMIT to the server's TASK_DONE.
 */
#include "outside/crowd.h"

#include "base/clock.h"
#include "base/memory.h"
#include "outside/outside.h"

#include <stdlib.h>

enum {
    SPEAKERS = 64,    /* about so many of the clients speak, in turn */
    LINES_MOST = 256, /* spoken in one turn of the loop; then those who hear have theirs */
    TICKS_PER_EVENT = 5,
};
static const double tick_s = 0.02;
static const double speak_most_s = 0.02, speak_least_s = 0.0005; /* between looks at the rate */
static const uint64_t drain_ns = 5 * NS_PER_S, leave_ns = 2 * NS_PER_S;
static const uint64_t stopped_ns = 300 * NS_PER_MS; /* instead of either, once the run is stopped */

static void crowd_enter_part(struct crowd *crowd, enum crowd_part part)
{
    crowd->part = part;
    crowd->part_ns = clock_now();
}

static void crowd_mark(struct crowd *crowd, enum mark_kind kind)
{
    ring_emit(&crowd->outside.ring, EVENT_MARK, kind, 0, 0);
}

/* ---- The counts. ---- */

static void crowd_publish(struct crowd *crowd, bool as_events)
{
    const struct tally *tally = &crowd->tally;
    if (crowd->part != PART_LEAVE)
        crowd->connected = tally->present;
    const uint64_t counts[] = {
        [CROWD_CONNECTED] = crowd->connected,
        [CROWD_SENT] = tally->line_count,
        [CROWD_DUE] = tally->due,
        [CROWD_DELIVERED] = tally->delivered,
        [CROWD_TWICE] = tally->twice,
    };
    for (uint32_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        uint32_t word = counts[i] < UINT32_MAX ? (uint32_t)counts[i] : UINT32_MAX;
        atomic_store_explicit(&crowd->outside.run->crowd[i], word, memory_order_relaxed);
        if (as_events)
            ring_emit(&crowd->outside.ring, EVENT_CROWD, i, 0, counts[i]);
    }
}

/* ---- The talk. ---- */

/* The next client that speaks; NULL when nobody is in the room. */
static struct client *crowd_speaker(struct crowd *crowd)
{
    uint32_t speakers = crowd->asked < SPEAKERS ? crowd->asked : SPEAKERS;
    uint32_t number = crowd->turn++ % speakers * (crowd->asked / speakers);
    for (uint32_t i = 0; i < crowd->asked; i++) {
        struct client *client = &crowd->clients[(number + i) % crowd->asked];
        if (client->state == CLIENT_IN)
            return client;
    }
    return NULL;
}

/* "7 203 one says ...": who, the line's number, and words up to the plan's length. */
static uint32_t crowd_make_text(struct crowd *crowd, uint32_t speaker, uint32_t number)
{
    static const char words[] = " one says to all what all of them are to hear once, and then";
    struct buffer *line = &crowd->line;
    size_t begin = line->size;
    int64_t wanted = outside_field(&crowd->outside, CROWD_LINE);
    buffer_printf(line, "%u %u", speaker, number);
    for (size_t i = 0; (int64_t)(line->size - begin) < wanted; i++)
        buffer_byte(line, words[i % (sizeof words - 1)]);
    return (uint32_t)(line->size - begin);
}

static bool crowd_speak(struct crowd *crowd)
{
    struct client *client = crowd_speaker(crowd);
    if (client == NULL)
        return false;
    struct said said = { .speaker = client->number };
    said.task = atomic_fetch_add(&crowd->outside.run->next_task, 1);
    buffer_clear(&crowd->line);
    buffer_printf(&crowd->line, "@id=%u PRIVMSG " CLIENT_ROOM " :", said.task);
    said.size = crowd_make_text(crowd, client->number, (uint32_t)crowd->tally.line_count);
    buffer_text(&crowd->line, "\r\n");
    tally_speak(&crowd->tally, &said);
    ring_emit(&crowd->outside.ring, EVENT_TASK_SUBMIT, said.task, 0, 0);
    client_send(&crowd->room, client, crowd->line.data, crowd->line.size);
    return true;
}

/* Speaks what is due by now at the rate as it is now. What could not be spoken within a second is
 * not spoken any more, so a rate that was too high is over when it is turned down. */
static void crowd_speak_due(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct crowd *crowd = timer->data;
    (void)events;
    if (crowd->part != PART_TALK)
        return;
    double per_s = (double)outside_field(&crowd->outside, CROWD_RATE) / 1000.0;
    uint64_t now = clock_now();
    crowd->owed += per_s * (double)(now - crowd->spoke_ns) / (double)NS_PER_S;
    crowd->spoke_ns = now;
    if (crowd->owed > per_s + 1)
        crowd->owed = per_s + 1;
    crowd->burst += atomic_exchange(&crowd->outside.run->burst_asked, 0);
    for (int i = 0; i < LINES_MOST && (crowd->burst > 0 || crowd->owed >= 1); i++) {
        if (!crowd_speak(crowd))
            break;
        if (crowd->burst > 0)
            crowd->burst--;
        else
            crowd->owed -= 1;
    }

    double next_s = crowd->burst > 0 ? 0 : per_s > 0 ? (1 - crowd->owed) / per_s : speak_most_s;
    if (next_s > speak_most_s)
        next_s = speak_most_s;
    if (next_s < speak_least_s)
        next_s = speak_least_s;
    ev_timer_set(timer, next_s, 0);
    ev_timer_start(loop, timer);
}

static void crowd_leave(struct crowd *crowd)
{
    crowd_publish(crowd, true);
    crowd_enter_part(crowd, PART_LEAVE);
    for (uint32_t i = 0; i < crowd->asked; i++) {
        if (crowd->clients[i].state == CLIENT_IN)
            client_leave(&crowd->room, &crowd->clients[i]);
        else
            client_close(&crowd->room, &crowd->clients[i]);
    }
}

static void crowd_begin_talk(struct crowd *crowd)
{
    fill_end(crowd);
    if (crowd->tally.present == 0) {
        crowd_leave(crowd);
        return;
    }
    crowd_mark(crowd, MARK_ALL_CONNECTED);
    crowd_enter_part(crowd, PART_TALK);
    crowd->spoke_ns = crowd->part_ns;
    ev_timer_init(&crowd->speak, crowd_speak_due, 0, 0);
    crowd->speak.data = crowd;
    ev_timer_start(crowd->room.loop, &crowd->speak);
}

static void crowd_end_talk(struct crowd *crowd)
{
    crowd_mark(crowd, MARK_TALK_ENDS);
    crowd_enter_part(crowd, PART_DRAIN);
}

/* ---- What the clients tell. ---- */

static void crowd_entered(void *context, struct client *client)
{
    struct crowd *crowd = context;
    fill_entered(crowd, client);
    if (crowd->part == PART_FILL && fill_is_over(crowd))
        crowd_begin_talk(crowd);
    else
        fill_more(crowd);
}

static void crowd_gone(void *context, struct client *client, int error)
{
    struct crowd *crowd = context;
    uint32_t present = crowd->tally.present;
    tally_leave(&crowd->tally, client->number);
    bool had_not_entered = present == crowd->tally.present && client->number < crowd->asked;
    if (had_not_entered && (crowd->part == PART_FILL || crowd->part == PART_TALK))
        fill_gone(crowd, client, error);
}

/* "7 203 ...": a number, then what `end` says. */
static const char *text_number(const char *at, const char *end, uint32_t *number)
{
    uint64_t value = 0;
    const char *first = at;
    for (; at < end && *at >= '0' && *at <= '9' && value <= UINT32_MAX; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    *number = (uint32_t)value;
    return at > first && value <= UINT32_MAX ? at : NULL;
}

static void crowd_said(void *context, struct client *client, uint32_t id, const char *text,
                       size_t size)
{
    struct crowd *crowd = context;
    struct said said = { .task = id, .size = (uint32_t)size };
    uint32_t number;
    const char *end = text + size;
    const char *at = text_number(text, end, &said.speaker);
    if (at == NULL || at == end || *at != ' ')
        return; /* a person's */
    at = text_number(at + 1, end, &number);
    if (at != NULL && (at == end || *at == ' '))
        tally_hear(&crowd->tally, client->number, number, &said);
}

/* ---- The parts. ---- */

/* How many people there are follows its parameter while they talk; before, the room fills to what was
 * asked for at the start. Rate and length are looked at with every line. */
static void crowd_follow(struct crowd *crowd)
{
    int64_t asked = outside_field(&crowd->outside, CROWD_CLIENTS);
    uint32_t clients = asked < 1 ? 1 : asked > crowd->most ? crowd->most : (uint32_t)asked;
    if (clients != crowd->asked)
        fill_resize(crowd, clients);
    if (crowd->settled < crowd->wanted)
        fill_more(crowd);
    outside_poll_params(&crowd->outside);
}

static void crowd_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct crowd *crowd = timer->data;
    (void)events;
    bool stopped = outside_is_stopped(&crowd->outside);
    uint64_t since = clock_now() - crowd->part_ns;
    switch (crowd->part) {
    case PART_FILL:
        if (stopped)
            crowd_leave(crowd);
        else if (fill_is_over(crowd))
            crowd_begin_talk(crowd);
        else
            fill_more(crowd);
        break;
    case PART_TALK:
        crowd_follow(crowd);
        if (stopped || crowd->tally.present == 0 ||
            since >= (uint64_t)outside_value(&crowd->outside, &crowd->outside.plan->duration))
            crowd_end_talk(crowd);
        break;
    case PART_DRAIN:
        if (tally_outstanding(&crowd->tally) == 0 || since >= (stopped ? stopped_ns : drain_ns))
            crowd_leave(crowd);
        break;
    case PART_LEAVE:
        if (crowd->tally.present == 0 || since >= (stopped ? stopped_ns : leave_ns))
            ev_break(loop, EVBREAK_ALL);
        break;
    }
    crowd_publish(crowd, crowd->ticks++ % TICKS_PER_EVENT == 0);
    if (outside_is_over(&crowd->outside))
        ev_break(loop, EVBREAK_ALL);
}

static void crowd_open(struct crowd *crowd)
{
    struct outside *outside = &crowd->outside;
    const struct plan_value *clients = &outside->plan->outside_value[CROWD_CLIENTS];
    crowd->asked = (uint32_t)outside_field(outside, CROWD_CLIENTS);
    crowd->most =
        clients->param < 0 ? crowd->asked : (uint32_t)outside->plan->params[clients->param].high;
    crowd->wanted = crowd->asked;
    crowd->last_error = -1;
    /* Room for all there can ever be: watchers do not move. What is not used is not touched. */
    crowd->clients = mem_zero(crowd->most, sizeof *crowd->clients);
    crowd->again = mem_zero(crowd->most, sizeof *crowd->again);
    tally_init(&crowd->tally, crowd->most);
    crowd->room = (struct room){
        .loop = outside->loop,
        .context = crowd,
        .entered = crowd_entered,
        .gone = crowd_gone,
        .said = crowd_said,
    };
    fill_know(crowd, crowd->asked);
}

static void crowd_close(struct crowd *crowd)
{
    for (uint32_t i = 0; i < crowd->known; i++)
        client_close(&crowd->room, &crowd->clients[i]);
    free(crowd->clients);
    free(crowd->again);
    tally_fini(&crowd->tally);
    buffer_fini(&crowd->room.incoming);
    buffer_fini(&crowd->line);
}

/* Waits until the run has gone and its server listens; false when it is over before. */
static bool crowd_wait_for_server(struct crowd *crowd)
{
    struct arena_run *run = crowd->outside.run;
    while (atomic_load(&run->go) == 0 || atomic_load(&run->server_port) == 0) {
        if (outside_is_stopped(&crowd->outside) || outside_is_over(&crowd->outside))
            return false;
        arena_wait(atomic_load(&run->go) == 0 ? &run->go : &run->server_port, 0, 50 * NS_PER_MS);
    }
    crowd->room.server = (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)atomic_load(&run->server_port)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    return true;
}

static void crowd_run(struct crowd *crowd)
{
    crowd_enter_part(crowd, PART_FILL);
    crowd->entered_ns = crowd->part_ns;
    ev_now_update(crowd->room.loop);
    ev_timer_init(&crowd->tick, crowd_tick, tick_s, tick_s);
    crowd->tick.data = crowd;
    ev_timer_start(crowd->room.loop, &crowd->tick);
    fill_more(crowd);
    ev_run(crowd->room.loop, 0);
    crowd_publish(crowd, true);
}

int crowd_main(int arena_fd, uint32_t run)
{
    struct crowd *crowd = mem_zero(1, sizeof *crowd);
    int status = 1;
    if (outside_open(&crowd->outside, arena_fd, run, OUTSIDE_CROWD)) {
        crowd_open(crowd);
        outside_ready(&crowd->outside);
        if (crowd_wait_for_server(crowd))
            crowd_run(crowd);
        status = crowd->entered > 0 ? 0 : 1;
        crowd_close(crowd);
        atomic_store(&crowd->outside.run->outside_over, 1);
        arena_wake(&crowd->outside.run->outside_over);
        outside_close(&crowd->outside);
    }
    free(crowd);
    return status;
}
