/*
 * irc_room.h: a server of IRC without sockets and some clients of it: what a client sends is given as
 * bytes, what it hears is kept until it is asked for. For tests only.
 */
#ifndef TESTS_IRC_ROOM_H
#define TESTS_IRC_ROOM_H

#include "engine/irc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLIENTS = 8 }; /* called a to h */

struct room {
    struct irc_server server;
    struct irc_client clients[CLIENTS];
    struct irc_input inputs[CLIENTS];
    struct buffer heard[CLIENTS]; /* and not yet asked for */
    bool gone[CLIENTS];
    unsigned tasks; /* lines that were spoken */
    uint32_t last_id;
};

/* All clients are connected, none is registered. */
void room_init(struct room *room);
/* The same, and the first two are people (ann, bob) and the third of the crowd (c3), all in #room, and
 * what they heard is forgotten. */
void room_of_three(struct room *room);
void room_fini(struct room *room);

/* Client i sends bytes; they may end anywhere in a line. */
void room_bytes(struct room *room, int i, const char *bytes, size_t size);
/* Client i's connection breaks. */
void room_leave(struct room *room, int i);

/* The next line that a client heard, without its CRLF: heap; NULL when there is none. */
char *room_heard(struct room *room, int i);
/* The next line that a client heard must be like the pattern, in which '*' stands for any text. */
void room_expect(struct room *room, int i, const char *pattern);
/* Nobody may have heard anything that was not asked for; `before` names the moment. */
void room_silent(const struct room *room, const char *before);

#endif
