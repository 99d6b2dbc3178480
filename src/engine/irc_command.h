/*
 * Inside irc_*.c only: the table of commands. To add one: its function in one of them, its name
 * below, and its row in irc.c.
 */
#ifndef ENGINE_IRC_COMMAND_H
#define ENGINE_IRC_COMMAND_H

#include "engine/irc.h"

/* One message being acted upon. */
struct irc_act {
    struct irc_server *server;
    struct irc_client *client;
    const struct irc_message *message;
    struct irc_answer *answer;
};

struct irc_command {
    const char *name; /* in upper case; NULL ends the table */
    bool early;       /* allowed before registration */
    bool spoken;      /* a task */
    size_t least;     /* parameters it needs; fewer are answered 461 */
    void (*act)(const struct irc_act *act);
};
extern const struct irc_command irc_commands[];

/* ":lockstep CODE NICK text" to the client itself, cut to a line. */
void irc_numeric(const struct irc_act *act, unsigned code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A line of the server itself, appended, cut to IRC_LINE. */
void irc_reply_line(struct buffer *into, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *irc_nick_of(const struct irc_client *client); /* "*" while it has none */

/* ":nick!user@host text" to the client itself, cut to IRC_LINE. */
void irc_echo(const struct irc_act *act, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same to others: `to` says whom. */
void irc_relay(struct irc_answer *answer, const struct irc_client *from, struct irc_relay to,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

struct irc_client *irc_find_client(const struct irc_server *server, const char *nick);
void irc_rename(struct irc_server *server, struct irc_client *client, const char *nick);
int irc_find_room(const struct irc_server *server, const char *name); /* or -1 */
void irc_room_leave(struct irc_server *server, struct irc_client *client, int room);

/* 353 and 366 of a room; of none that there is, 366 alone. */
void irc_send_names(const struct irc_act *act, const char *name);

/* Coming in (irc_register.c). */
void irc_act_nick(const struct irc_act *act);
void irc_act_user(const struct irc_act *act);
void irc_act_pass(const struct irc_act *act);
void irc_act_cap(const struct irc_act *act);
void irc_act_ping(const struct irc_act *act);
void irc_act_pong(const struct irc_act *act);
void irc_act_quit(const struct irc_act *act);

/* Rooms and talk (irc_talk.c). */
void irc_act_join(const struct irc_act *act);
void irc_act_part(const struct irc_act *act);
void irc_act_say(const struct irc_act *act);

/* Questions: they change nothing (irc_query.c). */
void irc_act_names(const struct irc_act *act);
void irc_act_mode(const struct irc_act *act);
void irc_act_who(const struct irc_act *act);
void irc_act_whois(const struct irc_act *act);
void irc_act_topic(const struct irc_act *act);
void irc_act_list(const struct irc_act *act);
void irc_act_motd(const struct irc_act *act);

#define IRC_SERVER "lockstep"  /* what the server calls itself */
#define IRC_HOST   "localhost" /* where all clients are: there is only loopback */

#endif
