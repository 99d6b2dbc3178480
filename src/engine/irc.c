/*
 * Who is there, who is in which room, and the table of commands (irc.h). What each command does is
 * in irc_register.c (coming in), irc_talk.c (rooms and talk) and irc_query.c (questions).
 *
 * Invariants: a client is in server->clients exactly from irc_add to irc_leave; a nick is in the
 * buckets exactly while it has one, and no two are equal (ASCII case aside); a room's members count
 * the clients that have its bit, and its name is empty when that is 0.
 *
 * It does not send: replies and relays are text in the answer. It keeps no topic, no operators, no
 * modes: questions about them get the answer of a room that has none (irc_query.c).
 */
#include "engine/irc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "engine/irc_command.h"

/* ---- What is said. ---- */

/* Ends the line that began at `start`: cut to IRC_LINE, with its CRLF. */
static void line_end(struct buffer *into, size_t start)
{
    buffer_cut(into, start + IRC_LINE - 2);
    buffer_append(into, "\r\n", 2);
}

void irc_reply_line(struct buffer *into, const char *format, ...)
{
    size_t start = into->size;
    va_list arguments;
    va_start(arguments, format);
    buffer_printf_list(into, format, arguments);
    va_end(arguments);
    line_end(into, start);
}

const char *irc_nick_of(const struct irc_client *client)
{
    return client->nick[0] == '\0' ? "*" : client->nick;
}

void irc_numeric(const struct irc_act *act, unsigned code, const char *format, ...)
{
    struct buffer *into = &act->answer->reply;
    size_t start = into->size;
    va_list arguments;
    buffer_printf(into, ":" IRC_SERVER " %03u %s ", code, irc_nick_of(act->client));
    va_start(arguments, format);
    buffer_printf_list(into, format, arguments);
    va_end(arguments);
    line_end(into, start);
}

void irc_answer_clear(struct irc_answer *answer)
{
    buffer_clear(&answer->reply);
    buffer_clear(&answer->relayed);
    answer->relay_count = 0;
    answer->quit = false;
}

void irc_answer_fini(struct irc_answer *answer)
{
    buffer_fini(&answer->reply);
    buffer_fini(&answer->relayed);
    *answer = (struct irc_answer){ 0 };
}

size_t irc_tag(uint32_t id, char into[IRC_TAG_SIZE])
{
    return (size_t)snprintf(into, IRC_TAG_SIZE, "@id=%u ", id);
}

const char *irc_refusal(void)
{
    return "ERROR :Closing link: the server is full\r\n";
}

void irc_too_long(const struct irc_client *client, struct irc_answer *answer)
{
    irc_reply_line(&answer->reply, ":" IRC_SERVER " 417 %s :Input line was too long",
                   irc_nick_of(client));
}

/* ":nick!user@host text", with CRLF, cut to IRC_LINE. */
static void client_line(const struct irc_client *client, struct buffer *into, const char *format,
                        va_list arguments) __attribute__((format(printf, 3, 0)));

static void client_line(const struct irc_client *client, struct buffer *into, const char *format,
                        va_list arguments)
{
    size_t start = into->size;
    buffer_printf(into, ":%s!%s@" IRC_HOST " ", client->nick, client->user);
    buffer_printf_list(into, format, arguments);
    line_end(into, start);
}

void irc_echo(const struct irc_act *act, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    client_line(act->client, &act->answer->reply, format, arguments);
    va_end(arguments);
}

void irc_relay(struct irc_answer *answer, const struct irc_client *from, struct irc_relay to,
               const char *format, ...)
{
    va_list arguments;
    if (answer->relay_count == IRC_TARGETS)
        return;
    struct irc_relay *relay = &answer->relays[answer->relay_count++];
    *relay = to;
    relay->from = answer->relayed.size;
    va_start(arguments, format);
    client_line(from, &answer->relayed, format, arguments);
    va_end(arguments);
    relay->size = answer->relayed.size - relay->from;
}

/* ---- Names and rooms. ---- */

static uint32_t hash_name(const char *name)
{
    uint32_t hash = 2166136261U;
    for (; *name != '\0'; name++) {
        unsigned char byte = (unsigned char)*name;
        if (byte >= 'A' && byte <= 'Z')
            byte = (unsigned char)(byte + 32);
        hash = (hash ^ byte) * 16777619U;
    }
    return hash;
}

static struct irc_client **bucket_of(const struct irc_server *server, const char *nick)
{
    return &server->names[hash_name(nick) & (server->bucket_count - 1)];
}

struct irc_client *irc_find_client(const struct irc_server *server, const char *nick)
{
    if (server->bucket_count == 0)
        return NULL;
    struct irc_client *client = *bucket_of(server, nick);
    while (client != NULL && strcasecmp(client->nick, nick) != 0)
        client = client->next;
    return client;
}

static void name_insert(struct irc_server *server, struct irc_client *client)
{
    struct irc_client **bucket = bucket_of(server, client->nick);
    client->next = *bucket;
    *bucket = client;
}

static void name_remove(struct irc_server *server, struct irc_client *client)
{
    if (client->nick[0] == '\0')
        return;
    struct irc_client **at = bucket_of(server, client->nick);
    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
}

void irc_rename(struct irc_server *server, struct irc_client *client, const char *nick)
{
    name_remove(server, client);
    snprintf(client->nick, sizeof client->nick, "%s", nick);
    name_insert(server, client);
}

/* Room for one more client, and about one bucket for each. */
static void server_grow(struct irc_server *server)
{
    if (server->count < server->capacity)
        return;
    server->capacity = server->capacity == 0 ? 16 : server->capacity * 2;
    server->clients = mem_resize(server->clients, server->capacity, sizeof(*server->clients));
    free(server->names);
    server->bucket_count = server->capacity;
    server->names = mem_zero(server->bucket_count, sizeof(*server->names));
    for (uint32_t i = 0; i < server->count; i++)
        if (server->clients[i]->nick[0] != '\0')
            name_insert(server, server->clients[i]);
}

void irc_add(struct irc_server *server, struct irc_client *client)
{
    server_grow(server);
    client->slot = server->count;
    client->flags |= IRC_ADDED;
    server->clients[server->count++] = client;
}

int irc_find_room(const struct irc_server *server, const char *name)
{
    for (int i = 0; i < IRC_ROOMS; i++)
        if (server->rooms[i].members > 0 && strcasecmp(server->rooms[i].name, name) == 0)
            return i;
    return -1;
}

void irc_room_leave(struct irc_server *server, struct irc_client *client, int room)
{
    client->rooms &= ~(UINT64_C(1) << room);
    if (--server->rooms[room].members == 0)
        server->rooms[room].name[0] = '\0';
}

void irc_leave(struct irc_server *server, struct irc_client *client, const char *why,
               struct irc_answer *answer)
{
    if ((client->flags & IRC_ADDED) == 0)
        return;
    if ((client->flags & IRC_WELCOME) != 0 && client->rooms != 0)
        irc_relay(answer, client, (struct irc_relay){ .rooms = client->rooms, .presence = true },
                  "QUIT :%s", why);
    for (int i = 0; i < IRC_ROOMS; i++)
        if ((client->rooms >> i & 1) != 0)
            irc_room_leave(server, client, i);
    name_remove(server, client);
    server->clients[client->slot] = server->clients[--server->count];
    server->clients[client->slot]->slot = client->slot;
    client->flags = 0;
}

void irc_server_fini(struct irc_server *server)
{
    free(server->clients);
    free(server->names);
    *server = (struct irc_server){ 0 };
}

/* ---- The table, and what each message goes through. ---- */

const struct irc_command irc_commands[] = {
    { .name = "PRIVMSG", .act = irc_act_say, .least = 1, .spoken = true },
    { .name = "PING", .act = irc_act_ping, .least = 1, .early = true },
    { .name = "PONG", .act = irc_act_pong, .early = true },
    { .name = "NICK", .act = irc_act_nick, .early = true },
    { .name = "USER", .act = irc_act_user, .least = 1, .early = true },
    { .name = "CAP", .act = irc_act_cap, .least = 1, .early = true },
    { .name = "PASS", .act = irc_act_pass, .early = true },
    { .name = "QUIT", .act = irc_act_quit, .early = true },
    { .name = "JOIN", .act = irc_act_join, .least = 1 },
    { .name = "PART", .act = irc_act_part, .least = 1 },
    { .name = "NOTICE", .act = irc_act_say, .least = 1 },
    { .name = "NAMES", .act = irc_act_names, .least = 1 },
    { .name = "MODE", .act = irc_act_mode, .least = 1 },
    { .name = "WHO", .act = irc_act_who, .least = 1 },
    { .name = "WHOIS", .act = irc_act_whois, .least = 1 },
    { .name = "TOPIC", .act = irc_act_topic, .least = 1 },
    { .name = "LIST", .act = irc_act_list },
    { .name = "MOTD", .act = irc_act_motd },
    { .name = NULL },
};

void irc_act(struct irc_server *server, struct irc_client *client,
             const struct irc_message *message, struct irc_answer *answer)
{
    const struct irc_act act = {
        .server = server, .client = client, .message = message, .answer = answer
    };
    const struct irc_command *row = message->command;
    if (message->tagged)
        client->flags |= IRC_TAGS_WANTED;
    if (message->name[0] == '\0')
        return;
    if ((client->flags & IRC_WELCOME) == 0 && (row == NULL || !row->early))
        irc_numeric(&act, 451, ":You have not registered (NICK and USER)");
    else if (row == NULL)
        irc_numeric(&act, 421, "%s :Unknown command", message->name);
    else if (message->count < row->least)
        irc_numeric(&act, 461, "%s :Not enough parameters", row->name);
    else
        row->act(&act);
}
