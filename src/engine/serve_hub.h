/*
 * serve_hub.h: inside serve_processes.c and serve_hub.c only: the hub of a chat of processes, its
 * members, and what goes down to them.
 */
#ifndef ENGINE_SERVE_HUB_H
#define ENGINE_SERVE_HUB_H

#include <sys/types.h>

#include "engine/evented.h"
#include "engine/serve_wire.h"
#include "engine/service.h"

/* A frame on its way down to one or more members. */
struct parcel {
    uint32_t references;
    uint32_t line; /* held once for each member that it is owed to; or WIRE_NONE */
    uint32_t size;
    char bytes[];
};
struct behind {
    struct behind *next;
    struct parcel *parcel;
};

struct hub_member {
    struct irc_client client; /* first, so that the client is the member */
    struct hub *hub;
    uint32_t number, connection;
    pid_t pid;
    int down;                    /* -1 once closed */
    bool open;                   /* CONN_CLOSE was not written */
    bool leaving;                /* nothing more goes down once what pends is in the pipe */
    struct behind *first, *last; /* what did not fit into the pipe */
    uint32_t behind_bytes;
    ev_io writable;
    uint32_t *owed; /* lines that are tasks, in the pipe or being sent */
    uint32_t owed_count, owed_room;
    uint32_t settled; /* lines that are no longer among them */
};

struct hub {
    struct service service;
    struct evented *evented;
    struct ev_loop *loop;
    struct lane *lane;
    struct wire_shared *shared;
    uint32_t told[WIRE_LINES]; /* the task of each line when it last came up */
    struct irc_server server;
    struct irc_answer answer;
    struct hub_member **members; /* by number; NULL: free */
    uint32_t member_room;
    uint32_t processes; /* that are not reaped */
    int up_out, up_in;  /* the hub's end, the processes' end */
    ev_io listener, up;
    struct buffer in;
};

/* Text for one member, in as many frames as it takes. */
void member_reply(struct hub_member *member, const char *text, size_t size);
/* Says all that is in hub->answer. `line` and `task` are those of the line it comes of, or none. */
void hub_tell(struct hub *hub, const struct irc_client *from, const struct irc_message *message,
              uint32_t line, uint32_t task);

/* Watches the member's pipe from now on, whenever it is full. */
void member_open_down(struct hub_member *member, int down);
/* Ends what goes down: at once, or (false) when all that is pending went. Its process hears the end
 * of its pipe, and goes. */
void member_close_down(struct hub_member *member, bool at_once);

/* Its process does nothing more: what is still owed will not be written. */
void member_forgive(struct hub_member *member);
/* The lines that a process was killed over: those that came up are held once less, the others fail. */
void member_lose_lines(struct hub_member *member);

#endif
