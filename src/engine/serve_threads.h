/*
 * serve_threads.h: inside serve_threads*.c only: a connection, the chat it belongs to, and what
 * acting upon a line takes.
 */
#ifndef ENGINE_SERVE_THREADS_H
#define ENGINE_SERVE_THREADS_H

#include <pthread.h>

#include "engine/lock.h"
#include "engine/service.h"

struct connection {
    struct irc_client client; /* first, so that the client is the connection */
    struct chat *chat;
    _Atomic uint32_t references;
    uint32_t id;
    int fd;
    bool cut; /* under sending: does not read, or is gone; nothing is sent any more */
    struct lock sending;
    struct irc_input input; /* its thread's only; as lane is */
    struct lane lane;
};

/* Who is to hear a relay, with a reference. */
struct hearer {
    struct connection *connection;
    bool with_tag;
};

/* What acting upon a line takes. */
struct desk {
    struct desk *next;
    struct irc_message message;
    struct irc_answer answer;
    struct spoken spoken;
    struct hearer *hearers; /* of the first relay, then of the second, ... */
    size_t hearer_room;
    size_t ends[IRC_TARGETS]; /* where each relay's hearers end */
};

struct chat {
    struct service service;
    struct lock room; /* guards server and every client in it */
    struct irc_server server;
    pthread_mutex_t desk_guard;
    struct desk *desks;       /* nobody's at the moment */
    _Atomic uint32_t threads; /* that have not ended */
};

void connection_drop(struct connection *connection); /* a reference */

struct desk *desk_take(struct chat *chat);
void desk_give(struct chat *chat, struct desk *desk); /* its answer is cleared */
void desks_free(struct chat *chat);

/* All below: the lane computes before and after, and holds no lock. */

/* Whole lines, or the connection is cut. */
void connection_send(struct lane *lane, struct connection *to, const char *bytes, size_t size);
/* What the desk's message leads to, said to all; gives how many they are. */
uint64_t connection_act(struct lane *lane, struct connection *connection, struct desk *desk);
/* Out of the room; the others are told. */
void connection_leave(struct lane *lane, struct connection *connection);

#endif
