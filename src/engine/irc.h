/*
 * irc.h: the part of the IRC protocol that clients need, as pure logic: bytes to lines (irc_input),
 * a line to a message (irc_parse), a message and the state of the room to what has to be said to
 * whom (irc_act). No input or output, no locks: the caller keeps a server's calls apart and does
 * the sending.
 *
 * Commands: NICK USER PASS CAP PING PONG QUIT JOIN PART PRIVMSG NOTICE NAMES, and what clients of
 * people ask by themselves: MODE WHO WHOIS TOPIC LIST MOTD. Others are answered 421, everything but
 * the first seven before registration 451. Any bytes are allowed to come: a line that is too long
 * is answered 417 and skipped, 0 and CR inside a line are dropped, an empty line is nothing.
 *
 * What is ours:
 *  - A PRIVMSG is a task. Its id is the message tag "@id=N" (IRCv3) where the sender gave one. Who
 *    ever sent a tag, asked for `CAP REQ :message-tags` or is of the crowd hears lines with the tag
 *    they were sent with; other clients never see one. Only the crowd's tags are believed.
 *  - The crowd are those whose USER is "crowd": they are not told who comes and goes, nor who is in
 *    the room when they join (2,000 clients would be told four million names); 366 alone ends their
 *    JOIN.
 */
#ifndef ENGINE_IRC_H
#define ENGINE_IRC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum {
    IRC_LINE = 512,  /* bytes of a line with its CRLF, without tags */
    IRC_TAGS = 4096, /* bytes of the tags before it, with '@' and the space */
    IRC_NICK = 20,   /* characters of a nick */
    IRC_USER = 10,
    IRC_ROOM = 32,
    IRC_ROOMS = 64, /* rooms there can be at once */
    IRC_PARAMS = 15,
    IRC_TARGETS = 4, /* of one JOIN, PART or PRIVMSG; more are answered 407 */
};

/* ---- Bytes to lines. ---- */

/* What came and is no whole line yet. All zero: nothing. Memory is held only for a part of a line. */
struct irc_input {
    char *data;    /* owned */
    uint32_t size; /* bytes of the part */
    bool skipping; /* until the end of a line that was too long */
    bool given;    /* data was given out as a line: it goes at the next call */
};
enum irc_input_got {
    IRC_INPUT_NONE,     /* no whole line any more; the rest was kept */
    IRC_INPUT_LINE,     /* a line, without its end */
    IRC_INPUT_TOO_LONG, /* a line begins that is longer than IRC_TAGS + IRC_LINE: it is skipped */
};
/* The next line out of *bytes (of *size), which are moved on. The line is valid until the next call
 * with this input, and while the bytes are there. */
enum irc_input_got irc_input_next(struct irc_input *input, const char **bytes, size_t *size,
                                  const char **line, size_t *line_size);
void irc_input_fini(struct irc_input *input); /* leaves it empty */

/* ---- A line to a message. ---- */

struct irc_command;
struct irc_message {
    const struct irc_command *command; /* NULL: unknown, or an empty line (name is "" then) */
    const char *name;                  /* as it was written; points into text */
    bool spoken;                       /* a PRIVMSG: a task */
    bool tagged;                       /* there were tags */
    uint32_t id;                       /* of the tag id=N, else UINT32_MAX */
    size_t count;
    const char *params[IRC_PARAMS]; /* point into text */
    char text[IRC_LINE];
};
void irc_parse(struct irc_message *message, const char *line, size_t size);

/* ---- The room. ---- */

/* A client as the protocol sees it. All zero: has just connected. It may not move while it is part
 * of a server. Read by others, written by irc_ functions only. */
struct irc_client {
    struct irc_client *next; /* of the same bucket of names */
    uint64_t rooms;          /* bit i: is in rooms[i] of the server */
    uint32_t slot;           /* its place in the server's clients */
    char nick[IRC_NICK + 1]; /* "" until it has one */
    char user[IRC_USER + 1]; /* "" until it has one */
    uint8_t flags;           /* IRC_... */
};
enum {
    IRC_ADDED = 1,       /* part of a server */
    IRC_WELCOME = 2,     /* registered */
    IRC_CAPS_OPEN = 4,   /* CAP LS came, CAP END did not: not welcomed yet */
    IRC_TAGS_WANTED = 8, /* hears lines with their tags */
    IRC_CROWD = 16,
};

struct irc_room {
    char name[IRC_ROOM + 1]; /* "" while nobody is in it */
    uint32_t members;
};

/* All clients and rooms. All zero: none. */
struct irc_server {
    struct irc_client **clients; /* in no order; [0 .. count) */
    uint32_t count, capacity;
    struct irc_client **names; /* buckets of nicks */
    uint32_t bucket_count;     /* a power of two */
    struct irc_room rooms[IRC_ROOMS];
};
void irc_server_fini(
    struct irc_server *server); /* of the server's own memory; clients are the caller's */

/* Lines for others. */
struct irc_relay {
    size_t from, size;             /* bytes of answer->relayed: a whole line with CRLF, no tag */
    uint64_t rooms;                /* who is in any of these hears it ... */
    const struct irc_client *only; /* ... or, not NULL, only this one */
    bool presence;                 /* who comes and goes: not for the crowd */
};

/* What has to be said after a message. All zero: nothing; its buffers may be used again after
 * irc_answer_clear(). */
struct irc_answer {
    struct buffer reply;   /* whole lines for the client itself */
    struct buffer relayed; /* the lines of the relays */
    struct irc_relay relays[IRC_TARGETS];
    size_t relay_count;
    bool quit; /* it has left: send the reply, then close */
};
void irc_answer_clear(struct irc_answer *answer);
void irc_answer_fini(struct irc_answer *answer);

/* A client connects; says nothing yet. */
void irc_add(struct irc_server *server, struct irc_client *client);
/* What a message of a client leads to. */
void irc_act(struct irc_server *server, struct irc_client *client,
             const struct irc_message *message, struct irc_answer *answer);
/* The answer to IRC_INPUT_TOO_LONG. */
void irc_too_long(const struct irc_client *client, struct irc_answer *answer);
/* A client goes (quit, or its connection broke): takes it out of the server; the answer's relay is
 * what the others are told. Nothing when it was never added. */
void irc_leave(struct irc_server *server, struct irc_client *client, const char *why,
               struct irc_answer *answer);

/* Whether `client` is to hear a relay that `from` caused. Ask it of each of server->clients. */
static inline bool irc_hears(const struct irc_relay *relay, const struct irc_client *from,
                             const struct irc_client *client)
{
    if (client == from || (client->flags & IRC_WELCOME) == 0)
        return false;
    if (relay->only != NULL)
        return client == relay->only;
    return (client->rooms & relay->rooms) != 0 &&
           !(relay->presence && (client->flags & IRC_CROWD) != 0);
}

/* The tag to put before a relayed line ("@id=7 "), into `into`; its length. */
enum { IRC_TAG_SIZE = 16 };
size_t irc_tag(uint32_t id, char into[IRC_TAG_SIZE]);

/* The line a server says when it cannot take a client, with CRLF. */
const char *irc_refusal(void);

#endif
