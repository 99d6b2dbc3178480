/*
 * Rooms and talk (irc.h): JOIN, PART, PRIVMSG and NOTICE.
 *
 * Invariant: a room is made by who joins it first and is gone with who leaves it last. Only those who
 * are in a room can speak to it.
 */
#include "engine/irc.h"

#include <stdio.h>
#include <string.h>

#include "engine/irc_command.h"

/* Calls `each` for every name of a list a,b,c; more than IRC_TARGETS are told 407. Names that are
 * longer than any there can be are cut, and are none then either. */
static void each_target(const struct irc_act *act,
                        void (*each)(const struct irc_act *act, const char *target))
{
    const char *at = act->message->params[0];
    for (size_t count = 0;; count++) {
        char one[IRC_ROOM + 8];
        at += strspn(at, ",");
        int size = (int)strcspn(at, ",");
        if (size == 0)
            return;
        snprintf(one, sizeof one, "%.*s", size, at);
        if (count == IRC_TARGETS) {
            irc_numeric(act, 407, "%s :Too many at once, %d are allowed", one, IRC_TARGETS);
            return;
        }
        each(act, one);
        at += size;
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
    irc_echo(act, "JOIN %s", name);
    irc_relay(act->answer, act->client, (struct irc_relay){ .rooms = bit, .presence = true },
              "JOIN %s", name);
    irc_send_names(act, name);
}

void irc_act_join(const struct irc_act *act)
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
    irc_echo(act, "PART %s", name);
    irc_relay(act->answer, act->client,
              (struct irc_relay){ .rooms = UINT64_C(1) << room, .presence = true }, "PART %s",
              name);
    irc_room_leave(act->server, act->client, room);
}

void irc_act_part(const struct irc_act *act)
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
    irc_relay(act->answer, act->client, (struct irc_relay){ .rooms = rooms, .only = only },
              "%s %s :%s", is_notice(act) ? "NOTICE" : "PRIVMSG", target, act->message->params[1]);
}

void irc_act_say(const struct irc_act *act)
{
    if (act->message->count < 2 || act->message->params[1][0] == '\0') {
        if (!is_notice(act))
            irc_numeric(act, 412, ":No text to send");
        return;
    }
    each_target(act, say_one);
}
