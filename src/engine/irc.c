/*
 * Who is there, who is in which room, and what each command changes (irc.h).
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

static void append_line(struct buffer *into, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Appends a line with its CRLF, no longer than IRC_LINE in all. */
static void append_line(struct buffer *into, const char *format, va_list arguments)
{
    size_t start = into->size;
    buffer_printf_list(into, format, arguments);
    buffer_cut(into, start + IRC_LINE - 2);
    buffer_append(into, "\r\n", 2);
}

static void reply_line(struct buffer *into, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void reply_line(struct buffer *into, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    append_line(into, format, arguments);
    va_end(arguments);
}

static const char *nick_of(const struct irc_client *client)
{
    return client->nick[0] == '\0' ? "*" : client->nick;
}

void irc_numeric(const struct irc_act *act, unsigned code, const char *format, ...)
{
    char text[IRC_LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    reply_line(&act->answer->reply, ":" IRC_SERVER " %03u %s %s", code, nick_of(act->client), text);
}

void irc_from_client(const struct irc_client *client, struct buffer *into, const char *format, ...)
{
    char text[IRC_LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    reply_line(into, ":%s!%s@" IRC_HOST " %s", client->nick, client->user, text);
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
    reply_line(&answer->reply, ":" IRC_SERVER " 417 %s :Input line was too long", nick_of(client));
}

/* Begins a relay; the caller appends its line to answer->relayed and then calls relay_end(). NULL
 * when there are IRC_TARGETS already. */
static struct irc_relay *relay_begin(struct irc_answer *answer, uint64_t rooms,
                                     const struct irc_client *only, bool presence)
{
    if (answer->relay_count == IRC_TARGETS)
        return NULL;
    struct irc_relay *relay = &answer->relays[answer->relay_count++];
    *relay = (struct irc_relay){
        .from = answer->relayed.size, .rooms = rooms, .only = only, .presence = presence
    };
    return relay;
}

static void relay_end(struct irc_answer *answer, struct irc_relay *relay)
{
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

static void room_leave(struct irc_server *server, struct irc_client *client, int room)
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
    if ((client->flags & IRC_WELCOME) != 0 && client->rooms != 0) {
        struct irc_relay *relay = relay_begin(answer, client->rooms, NULL, true);
        if (relay != NULL) {
            irc_from_client(client, &answer->relayed, "QUIT :%s", why);
            relay_end(answer, relay);
        }
    }
    for (int i = 0; i < IRC_ROOMS; i++)
        if ((client->rooms >> i & 1) != 0)
            room_leave(server, client, i);
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

/* ---- Registration. ---- */

static void welcome(const struct irc_act *act)
{
    struct irc_client *client = act->client;
    if ((client->flags & (IRC_WELCOME | IRC_CAPS_OPEN)) != 0 || client->nick[0] == '\0' ||
        client->user[0] == '\0')
        return;
    client->flags |= IRC_WELCOME;
    irc_numeric(act, 1, ":Welcome, %s!%s@" IRC_HOST, client->nick, client->user);
    irc_numeric(act, 2, ":Your host is " IRC_SERVER);
    irc_numeric(act, 3, ":This server lives as long as its run");
    irc_numeric(act, 4, IRC_SERVER " 0 - -");
    irc_numeric(act, 5, "CASEMAPPING=ascii CHANTYPES=# NICKLEN=%d CHANNELLEN=%d :are supported",
                IRC_NICK, IRC_ROOM);
    irc_act_motd(act);
}

#define NICK_FIRST "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ[]\\`_^{|}"

static bool nick_is_good(const char *nick)
{
    size_t size = strlen(nick);
    return size <= IRC_NICK && strspn(nick, NICK_FIRST) > 0 &&
           strspn(nick, NICK_FIRST "0123456789-") == size;
}

static void act_nick(const struct irc_act *act)
{
    struct irc_client *client = act->client;
    const char *nick = act->message->count > 0 ? act->message->params[0] : "";
    if (nick[0] == '\0') {
        irc_numeric(act, 431, ":No nickname given");
        return;
    }
    if (!nick_is_good(nick)) {
        irc_numeric(act, 432, "%s :A nickname is up to %d letters, digits, - or _", nick, IRC_NICK);
        return;
    }
    struct irc_client *other = irc_find_client(act->server, nick);
    if (other != NULL && other != client) {
        irc_numeric(act, 433, "%s :Nickname is already in use", nick);
        return;
    }
    if ((client->flags & IRC_WELCOME) != 0) {
        irc_from_client(client, &act->answer->reply, "NICK :%s", nick);
        struct irc_relay *relay = relay_begin(act->answer, client->rooms, NULL, true);
        irc_from_client(client, &act->answer->relayed, "NICK :%s", nick);
        relay_end(act->answer, relay);
    }
    name_remove(act->server, client);
    snprintf(client->nick, sizeof(client->nick), "%s", nick);
    name_insert(act->server, client);
    welcome(act);
}

static void act_user(const struct irc_act *act)
{
    struct irc_client *client = act->client;
    if (client->user[0] != '\0') {
        irc_numeric(act, 462, ":You have registered already");
        return;
    }
    size_t kept = 0;
    for (const char *from = act->message->params[0]; *from != '\0' && kept < IRC_USER; from++)
        if (strchr("!@: ", *from) == NULL && (unsigned char)*from > ' ')
            client->user[kept++] = *from;
    client->user[kept] = '\0';
    if (kept == 0)
        snprintf(client->user, sizeof(client->user), "user");
    if (strcmp(client->user, "crowd") == 0)
        client->flags |= IRC_CROWD | IRC_TAGS_WANTED;
    welcome(act);
}

static void act_pass(const struct irc_act *act)
{
    (void)act; /* everybody may come in */
}

static void cap_request(const struct irc_act *act, const char *list)
{
    char wanted[IRC_LINE];
    bool all_known = true;
    bool tags = false;
    snprintf(wanted, sizeof(wanted), "%s", list);
    char *rest = NULL;
    for (char *word = strtok_r(wanted, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        if (strcmp(word, "message-tags") == 0)
            tags = true;
        else
            all_known = false;
    }
    if (all_known && tags)
        act->client->flags |= IRC_TAGS_WANTED;
    reply_line(&act->answer->reply, ":" IRC_SERVER " CAP %s %s :%s", nick_of(act->client),
               all_known ? "ACK" : "NAK", list);
}

static void act_cap(const struct irc_act *act)
{
    const char *what = act->message->params[0];
    struct buffer *reply = &act->answer->reply;
    if (strcasecmp(what, "LS") == 0) {
        if ((act->client->flags & IRC_WELCOME) == 0)
            act->client->flags |= IRC_CAPS_OPEN;
        reply_line(reply, ":" IRC_SERVER " CAP %s LS :message-tags", nick_of(act->client));
    } else if (strcasecmp(what, "LIST") == 0) {
        reply_line(reply, ":" IRC_SERVER " CAP %s LIST :%s", nick_of(act->client),
                   (act->client->flags & IRC_TAGS_WANTED) != 0 ? "message-tags" : "");
    } else if (strcasecmp(what, "REQ") == 0) {
        cap_request(act, act->message->count > 1 ? act->message->params[1] : "");
    } else if (strcasecmp(what, "END") == 0) {
        act->client->flags &= (uint8_t)~IRC_CAPS_OPEN;
        welcome(act);
    } else {
        irc_numeric(act, 410, "%s :Unknown CAP subcommand", what);
    }
}

static void act_ping(const struct irc_act *act)
{
    reply_line(&act->answer->reply, ":" IRC_SERVER " PONG " IRC_SERVER " :%s",
               act->message->params[0]);
}

static void act_pong(const struct irc_act *act)
{
    (void)act; /* nobody was asked */
}

static void act_quit(const struct irc_act *act)
{
    reply_line(&act->answer->reply, "ERROR :Closing link: you quit");
    act->answer->quit = true;
}

/* ---- Rooms and talk. ---- */

/* Calls `each` for every name of a list a,b,c; more than IRC_TARGETS are told 407. */
static void each_target(const struct irc_act *act,
                        void (*each)(const struct irc_act *act, const char *target))
{
    char list[IRC_LINE];
    char *rest = NULL;
    size_t count = 0;
    snprintf(list, sizeof(list), "%s", act->message->params[0]);
    for (char *one = strtok_r(list, ",", &rest); one != NULL; one = strtok_r(NULL, ",", &rest)) {
        if (count++ == IRC_TARGETS) {
            irc_numeric(act, 407, "%s :Too many at once, %d are allowed", one, IRC_TARGETS);
            return;
        }
        each(act, one);
    }
}

static bool room_name_is_good(const char *name)
{
    return name[0] == '#' && name[1] != '\0' && strlen(name) <= IRC_ROOM &&
           strchr(name, '\a') == NULL;
}

/* The room of this name, made when there is none; -1 when there are too many. */
static int room_open(struct irc_server *server, const char *name)
{
    int room = irc_find_room(server, name);
    for (int i = 0; room < 0 && i < IRC_ROOMS; i++)
        if (server->rooms[i].members == 0) {
            snprintf(server->rooms[i].name, sizeof(server->rooms[i].name), "%s", name);
            room = i;
        }
    return room;
}

static void join_one(const struct irc_act *act, const char *name)
{
    if (!room_name_is_good(name)) {
        irc_numeric(act, 403, "%s :A room is # and up to %d characters", name, IRC_ROOM - 1);
        return;
    }
    int room = room_open(act->server, name);
    if (room < 0) {
        irc_numeric(act, 405, "%s :There are too many rooms", name);
        return;
    }
    uint64_t bit = UINT64_C(1) << room;
    if ((act->client->rooms & bit) != 0)
        return;
    act->client->rooms |= bit;
    act->server->rooms[room].members++;
    irc_from_client(act->client, &act->answer->reply, "JOIN %s", name);
    struct irc_relay *relay = relay_begin(act->answer, bit, NULL, true);
    irc_from_client(act->client, &act->answer->relayed, "JOIN %s", name);
    relay_end(act->answer, relay);
    irc_send_names(act, name);
}

static void act_join(const struct irc_act *act)
{
    each_target(act, join_one);
}

static void part_one(const struct irc_act *act, const char *name)
{
    int room = irc_find_room(act->server, name);
    if (room < 0 || (act->client->rooms >> room & 1) == 0) {
        irc_numeric(act, 442, "%s :You are not in that room", name);
        return;
    }
    irc_from_client(act->client, &act->answer->reply, "PART %s", name);
    struct irc_relay *relay = relay_begin(act->answer, UINT64_C(1) << room, NULL, true);
    irc_from_client(act->client, &act->answer->relayed, "PART %s", name);
    relay_end(act->answer, relay);
    room_leave(act->server, act->client, room);
}

static void act_part(const struct irc_act *act)
{
    each_target(act, part_one);
}

static bool is_notice(const struct irc_act *act)
{
    return !act->message->spoken;
}

static void say_one(const struct irc_act *act, const char *target)
{
    uint64_t rooms = 0;
    const struct irc_client *only = NULL;
    if (target[0] == '#') {
        int room = irc_find_room(act->server, target);
        rooms = room < 0 ? 0 : act->client->rooms & UINT64_C(1) << room;
    } else {
        only = irc_find_client(act->server, target);
    }
    if (rooms == 0 && only == NULL) {
        if (!is_notice(act))
            irc_numeric(act, target[0] == '#' ? 404 : 401, "%s :%s", target,
                        target[0] == '#' ? "You are not in that room" : "No such nick");
        return;
    }
    struct irc_relay *relay = relay_begin(act->answer, rooms, only, false);
    irc_from_client(act->client, &act->answer->relayed, "%s %s :%s",
                    is_notice(act) ? "NOTICE" : "PRIVMSG", target, act->message->params[1]);
    relay_end(act->answer, relay);
}

static void act_say(const struct irc_act *act)
{
    if (act->message->count < 2 || act->message->params[1][0] == '\0') {
        if (!is_notice(act))
            irc_numeric(act, 412, ":No text to send");
        return;
    }
    each_target(act, say_one);
}

/* ---- The table, and what each message goes through. ---- */

const struct irc_command irc_commands[] = {
    { .name = "PRIVMSG", .act = act_say, .least = 1, .spoken = true },
    { .name = "PING", .act = act_ping, .least = 1, .early = true },
    { .name = "PONG", .act = act_pong, .early = true },
    { .name = "NICK", .act = act_nick, .early = true },
    { .name = "USER", .act = act_user, .least = 1, .early = true },
    { .name = "CAP", .act = act_cap, .least = 1, .early = true },
    { .name = "PASS", .act = act_pass, .early = true },
    { .name = "QUIT", .act = act_quit, .early = true },
    { .name = "JOIN", .act = act_join, .least = 1 },
    { .name = "PART", .act = act_part, .least = 1 },
    { .name = "NOTICE", .act = act_say, .least = 1 },
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
