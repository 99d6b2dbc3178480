/*
 * One client of the crowd: a connection and the part of IRC that it needs.
 *
 * It connects without waiting, says NICK, USER and JOIN in one breath, answers PING, and tells its
 * `room` what becomes of it. It is in the room when the server ends its JOIN (366) or tells it its
 * own JOIN, whichever comes first. Its USER is "crowd", by which our servers know that it need not
 * be told who comes and goes. A connection costs one `struct client`, and memory for text only
 * while a part of a line is pending in either direction.
 */
#ifndef OUTSIDE_CLIENT_H
#define OUTSIDE_CLIENT_H

#include "base/buffer.h"

#include <ev.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLIENT_ROOM "#lockstep"

enum client_state {
    CLIENT_AWAY,       /* no connection */
    CLIENT_CONNECTING, /* ... is on its way */
    CLIENT_ENTERING,   /* connected, not yet in the room */
    CLIENT_IN,         /* in the room */
    CLIENT_LEAVING,    /* has said QUIT */
};

struct client {
    ev_io io; /* first, so that the watcher is the client; its fd is -1 while there is none */
    struct buffer heard;  /* the part of a line that has come */
    struct buffer unsent; /* what the system did not take yet */
    uint32_t number;      /* its place in the room, from 0 */
    uint8_t state;        /* enum client_state */
    uint8_t tries;        /* connections that were tried; the room's to count */
    uint8_t renamed;      /* nicks that the server did not want */
};

/* What all clients share, and whom they tell. The callbacks may close the client. */
struct room {
    struct ev_loop *loop;
    struct sockaddr_in server;
    uint32_t sources;       /* spread over 127.0.0.1 .. 127.0.0.(this); 1: the system's choice */
    struct buffer incoming; /* bytes of the client that is being read */
    void *context;
    void (*entered)(void *context, struct client *client);
    /* The connection is gone or never came: errno, 0 for the server's own close. */
    void (*gone)(void *context, struct client *client, int error);
    /* A line was said in the room; id is its message tag's, TASK_NONE without one. */
    void (*said)(void *context, struct client *client, uint32_t id, const char *text, size_t size);
};

/* Starts to connect. 0, or an errno: then nothing has begun, and `gone` is not called. */
int client_connect(struct room *room, struct client *client);

/* Sends, now as far as the system takes it, the rest as soon as it does. A connection that breaks
 * by it is told as gone in a later turn of the loop. */
void client_send(struct room *room, struct client *client, const char *bytes, size_t size);

/* Says QUIT; the server is to close. */
void client_leave(struct room *room, struct client *client);

/* Ends the connection and its memory; `gone` is not called. Closing twice is fine. */
void client_close(struct room *room, struct client *client);

#endif
