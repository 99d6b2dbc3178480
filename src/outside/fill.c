/*
 * Filling the room, and making it fuller or emptier later: a bounded number of clients is on its way at once (from socket() to the end of
 * JOIN), so that the server's backlog is never overrun and a slow server sets the pace.
 *
 * A client whose try fails is tried again, a bounded number of times and after a pause for all. At
 * a limit of this machine (descriptors, ports, memory) no further client is begun; the crowd goes
 * on with those it has, and the run is told at how many.
 */
#include "outside/crowd.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>

enum {
    ON_THE_WAY_MOST = 256,
    TRIES_MOST = 20,
    PER_SOURCE = 14000, /* connections of one address, above which connecting gets slow */
};
static const uint64_t pause_ns = 50 * NS_PER_MS;  /* after a try that failed */
static const uint64_t patience_ns = 5 * NS_PER_S; /* without anybody entering */

static bool error_is_limit(int error)
{
    return error == EMFILE || error == ENFILE || error == EADDRNOTAVAIL || error == ENOBUFS ||
           error == ENOMEM;
}

/* No more clients than those that are in or on their way. */
static void fill_limit(struct crowd *crowd)
{
    crowd->again_count = 0;
    crowd->begun = crowd->wanted;
    crowd->wanted = crowd->settled + crowd->on_the_way;
}

static void fill_failed(struct crowd *crowd, struct client *client, int error)
{
    crowd->last_error = error;
    crowd->hold_ns = clock_now() + pause_ns;
    if (error_is_limit(error) && crowd->part == PART_TALK)
        arena_run_fail(crowd->outside.run, RUN_LIMITED, crowd->tally.present,
                       "at %u clients no other could come into the room: %s", crowd->tally.present,
                       strerror(error));
    if (error_is_limit(error))
        fill_limit(crowd);
    else if (client->tries < TRIES_MOST)
        crowd->again[crowd->again_count++] = client->number;
    else
        crowd->settled++;
}

static struct client *fill_next(struct crowd *crowd)
{
    if (crowd->again_count > 0)
        return &crowd->clients[crowd->again[--crowd->again_count]];
    if (crowd->begun < crowd->wanted)
        return &crowd->clients[crowd->begun++];
    return NULL;
}

void fill_more(struct crowd *crowd)
{
    uint64_t now = clock_now();
    while (crowd->on_the_way < ON_THE_WAY_MOST && now >= crowd->hold_ns) {
        struct client *client = fill_next(crowd);
        if (client == NULL)
            return;
        client->tries++;
        int error = client_connect(&crowd->room, client);
        if (error == 0)
            crowd->on_the_way++;
        else
            fill_failed(crowd, client, error);
    }
}

void fill_entered(struct crowd *crowd, struct client *client)
{
    tally_enter(&crowd->tally, client->number);
    crowd->on_the_way--;
    crowd->settled++;
    crowd->entered++;
    crowd->entered_ns = clock_now();
}

void fill_gone(struct crowd *crowd, struct client *client, int error)
{
    crowd->on_the_way--;
    fill_failed(crowd, client, error);
}

bool fill_is_over(const struct crowd *crowd)
{
    return crowd->settled >= crowd->wanted || clock_now() - crowd->entered_ns >= patience_ns;
}

void fill_end(struct crowd *crowd)
{
    struct arena_run *run = crowd->outside.run;
    for (uint32_t i = 0; i < crowd->asked; i++)
        if (crowd->clients[i].state != CLIENT_IN)
            client_close(&crowd->room, &crowd->clients[i]);
    crowd->on_the_way = crowd->again_count = 0;
    crowd->begun = crowd->settled = crowd->wanted = crowd->asked;
    if (crowd->entered >= crowd->asked)
        return;
    const char *why = crowd->last_error < 0    ? "no one entered for 5 s"
                      : crowd->last_error == 0 ? "the server closed the connection"
                                               : strerror(crowd->last_error);
    if (crowd->entered == 0)
        arena_run_fail(run, RUN_FAILED, 0, "no client of %u came into the room: %s", crowd->asked,
                       why);
    else
        arena_run_fail(run, RUN_LIMITED, crowd->entered, "%u of %u clients came into the room: %s",
                       crowd->entered, crowd->asked, why);
}

/* ---- During the talk. ---- */

void fill_know(struct crowd *crowd, uint32_t count)
{
    for (; crowd->known < count; crowd->known++) {
        crowd->clients[crowd->known].number = crowd->known;
        crowd->clients[crowd->known].io.fd = -1;
    }
    crowd->room.sources = (crowd->known + PER_SOURCE - 1) / PER_SOURCE;
}

static void fill_grow(struct crowd *crowd, uint32_t asked)
{
    fill_know(crowd, asked);
    for (uint32_t i = asked; i-- > crowd->asked;) {
        client_close(&crowd->room, &crowd->clients[i]); /* it may be on its way out */
        crowd->clients[i].tries = 0;
        crowd->again[crowd->again_count++] = i;
    }
}

static void fill_shrink(struct crowd *crowd, uint32_t asked)
{
    for (uint32_t i = asked; i < crowd->asked; i++) {
        struct client *client = &crowd->clients[i];
        tally_dismiss(&crowd->tally, i);
        if (client->state == CLIENT_IN) {
            client_leave(&crowd->room, client);
        } else if (client->state == CLIENT_CONNECTING || client->state == CLIENT_ENTERING) {
            client_close(&crowd->room, client);
            crowd->on_the_way--;
        }
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < crowd->again_count; i++)
        if (crowd->again[i] < asked)
            crowd->again[kept++] = crowd->again[i];
    crowd->again_count = kept;
}

void fill_resize(struct crowd *crowd, uint32_t asked)
{
    if (asked > crowd->asked)
        fill_grow(crowd, asked);
    else
        fill_shrink(crowd, asked);
    crowd->asked = crowd->wanted = crowd->begun = asked;
    crowd->settled = asked - crowd->on_the_way - crowd->again_count;
    crowd->entered_ns = clock_now();
}
