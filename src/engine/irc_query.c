/*
 * What clients of people ask when they come in, answered for rooms without topics, modes and
 * operators (irc.h). Nothing here changes a client or a room.
 */
#include "engine/irc.h"

#include <string.h>

#include "engine/irc_command.h"

/* Names that fit into one 353 line beside its head. */
enum { NAMES_TEXT = IRC_LINE - 2 - 100 };

static void names_line(const struct irc_act *act, const char *room, struct buffer *names)
{
    if (names->size > 0)
        irc_numeric(act, 353, "= %s :%s", room, buffer_string(names));
    buffer_clear(names);
}

void irc_send_names(const struct irc_act *act, const char *name)
{
    int room = irc_find_room(act->server, name);
    if (room >= 0 && (act->client->flags & IRC_CROWD) == 0) {
        struct buffer names = { 0 };
        for (uint32_t i = 0; i < act->server->count; i++) {
            const struct irc_client *member = act->server->clients[i];
            if ((member->rooms >> room & 1) == 0)
                continue;
            if (names.size + IRC_NICK + 1 > NAMES_TEXT)
                names_line(act, name, &names);
            buffer_printf(&names, "%s%s", names.size == 0 ? "" : " ", member->nick);
        }
        names_line(act, name, &names);
        buffer_fini(&names);
    }
    irc_numeric(act, 366, "%s :End of names", name);
}

void irc_act_names(const struct irc_act *act)
{
    irc_send_names(act, act->message->params[0]);
}

void irc_act_mode(const struct irc_act *act)
{
    const char *target = act->message->params[0];
    if (target[0] != '#')
        irc_numeric(act, 221, "+");
    else if (act->message->count > 1 && strchr(act->message->params[1], 'b') != NULL)
        irc_numeric(act, 368, "%s :End of bans", target);
    else
        irc_numeric(act, 324, "%s +", target);
}

static void who_line(const struct irc_act *act, const char *room, const struct irc_client *member)
{
    irc_numeric(act, 352, "%s %s " IRC_HOST " " IRC_SERVER " %s H :0 %s", room, member->user,
                member->nick, member->nick);
}

void irc_act_who(const struct irc_act *act)
{
    const char *target = act->message->params[0];
    int room = irc_find_room(act->server, target);
    const struct irc_client *one = irc_find_client(act->server, target);
    for (uint32_t i = 0; room >= 0 && i < act->server->count; i++)
        if ((act->server->clients[i]->rooms >> room & 1) != 0)
            who_line(act, target, act->server->clients[i]);
    if (one != NULL)
        who_line(act, "*", one);
    irc_numeric(act, 315, "%s :End of who", target);
}

void irc_act_whois(const struct irc_act *act)
{
    const char *nick = act->message->params[act->message->count > 1 ? 1 : 0];
    const struct irc_client *one = irc_find_client(act->server, nick);
    if (one == NULL)
        irc_numeric(act, 401, "%s :No such nick", nick);
    else
        irc_numeric(act, 311, "%s %s " IRC_HOST " * :%s", one->nick, one->user, one->nick);
    irc_numeric(act, 318, "%s :End of whois", nick);
}

void irc_act_topic(const struct irc_act *act)
{
    irc_numeric(act, 331, "%s :No topic is set", act->message->params[0]);
}

void irc_act_list(const struct irc_act *act)
{
    for (int i = 0; i < IRC_ROOMS; i++)
        if (act->server->rooms[i].members > 0)
            irc_numeric(act, 322, "%s %u :", act->server->rooms[i].name,
                        act->server->rooms[i].members);
    irc_numeric(act, 323, ":End of list");
}

void irc_act_motd(const struct irc_act *act)
{
    irc_numeric(act, 422, ":There is no message of the day");
}
