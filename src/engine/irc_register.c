/*
 * Coming in, and the signs of life (irc.h): NICK, USER and CAP until the welcome; PING, PONG, QUIT.
 *
 * Invariant: a client is welcomed once, when it has a nick and a user and is not talking about
 * capabilities. Everybody may come in: a password is not looked at.
 */
#include "engine/irc.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engine/irc_command.h"

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

void irc_act_nick(const struct irc_act *act)
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
        irc_echo(act, "NICK :%s", nick);
        irc_relay(act->answer, client,
                  (struct irc_relay){ .rooms = client->rooms, .presence = true }, "NICK :%s", nick);
    }
    irc_rename(act->server, client, nick);
    welcome(act);
}

void irc_act_user(const struct irc_act *act)
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

void irc_act_pass(const struct irc_act *act)
{
    (void)act; /* everybody may come in */
}

/* There is one capability, so a request for it alone is all that is granted. */
static void cap_request(const struct irc_act *act, const char *list)
{
    static const char tags[] = "message-tags";
    const char *word = list + strspn(list, " ");
    bool granted = strncmp(word, tags, sizeof tags - 1) == 0 &&
                   word[sizeof tags - 1 + strspn(word + sizeof tags - 1, " ")] == '\0';
    if (granted)
        act->client->flags |= IRC_TAGS_WANTED;
    irc_reply_line(&act->answer->reply, ":" IRC_SERVER " CAP %s %s :%s", irc_nick_of(act->client),
                   granted ? "ACK" : "NAK", list);
}

void irc_act_cap(const struct irc_act *act)
{
    const char *what = act->message->params[0];
    struct buffer *reply = &act->answer->reply;
    if (strcasecmp(what, "LS") == 0) {
        if ((act->client->flags & IRC_WELCOME) == 0)
            act->client->flags |= IRC_CAPS_OPEN;
        irc_reply_line(reply, ":" IRC_SERVER " CAP %s LS :message-tags", irc_nick_of(act->client));
    } else if (strcasecmp(what, "LIST") == 0) {
        irc_reply_line(reply, ":" IRC_SERVER " CAP %s LIST :%s", irc_nick_of(act->client),
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

void irc_act_ping(const struct irc_act *act)
{
    irc_reply_line(&act->answer->reply, ":" IRC_SERVER " PONG " IRC_SERVER " :%s",
                   act->message->params[0]);
}

void irc_act_pong(const struct irc_act *act)
{
    (void)act; /* nobody was asked */
}

void irc_act_quit(const struct irc_act *act)
{
    irc_reply_line(&act->answer->reply, "ERROR :Closing link: you quit");
    irc_leave(act->server, act->client, act->message->count > 0 ? act->message->params[0] : "quit",
              act->answer);
    act->answer->quit = true;
}
