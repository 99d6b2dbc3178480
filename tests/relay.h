/*
 * relay.h: a small chat server of the tests' own for the crowd (outside/crowd.c). It knows what it
 * relayed, what it kept back and what it said twice, and can be told to do wrong. For tests only.
 */
#ifndef TESTS_RELAY_H
#define TESTS_RELAY_H

#include "base/buffer.h"
#include "outside_world.h"

#include <stdbool.h>
#include <stdint.h>

enum { HANG_S = 60 }; /* what hangs for longer fails */

/* What it does wrong; all zero: nothing. */
struct faults {
    uint32_t refuse_first; /* connections that it closes at once */
    uint32_t room_for;     /* more than these it never answers */
    uint32_t drop_every;   /* deliveries, of which it keeps one back */
    uint32_t double_every; /* ... says one twice */
    uint32_t garble_every; /* ... cuts one */
    uint32_t close_after;  /* lines heard, then it closes all */
    uint32_t cut_after;    /* lines heard, then it closes one connection */
    bool echo;             /* tells a speaker its own line */
    bool split;            /* every third line comes in two parts */
    bool no_tags;          /* relays no ids */
    const char *taken;     /* a nick that somebody has already */
};

struct peer {
    int fd; /* -1: gone */
    bool joined, quit;
    char nick[32];
    struct buffer in;
};

struct relay {
    struct world *world;
    struct faults faults;
    int listener;
    struct peer *peers;
    struct pollfd *polls;
    uint32_t room, count; /* peers there is room for, that ever came */
    uint32_t refused, invited;
    uint64_t lines, delivered, doubled, dropped, quits;
    uint32_t inside;
};

/* Listens for at most `room` connections in all, and tells the world's run its port. */
void relay_open(struct relay *relay, struct world *world, uint32_t room);
void relay_close(struct relay *relay);
/* One turn of the server: waits up to 20 ms for something to do. */
void relay_turn(struct relay *relay);
/* Serves until the crowd has ended. */
void relay_run(struct relay *relay);

#endif
