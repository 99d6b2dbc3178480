/*
 * A client reads at most one buffer per turn of the loop, whole lines from the shared buffer where
 * they came; only a part of a line at its end is copied to memory of its own.
 *
 * It deliberately knows nothing of the talk: what is said, how much is due and when to try again
 * are the crowd's.
 */
#include "outside/client.h"

#include "trace/event.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_MOST = 64 * 1024,
    LINE_MOST = 16 * 1024, /* a server that sends longer ones speaks no IRC */
    RENAMES_MOST = 5,
};

static void client_ready(struct ev_loop *loop, ev_io *io, int events);

static void client_watch(struct room *room, struct client *client, int events)
{
    if (client->io.events == events && ev_is_active(&client->io))
        return;
    ev_io_stop(room->loop, &client->io);
    ev_io_set(&client->io, client->io.fd, events);
    ev_io_start(room->loop, &client->io);
}

/* ---- A connection's begin and end. ---- */

void client_close(struct room *room, struct client *client)
{
    if (client->state == CLIENT_AWAY)
        return;
    ev_io_stop(room->loop, &client->io);
    close(client->io.fd);
    client->io.fd = -1;
    client->state = CLIENT_AWAY;
    buffer_fini(&client->heard);
    buffer_fini(&client->unsent);
}

static void client_gone(struct room *room, struct client *client, int error)
{
    client_close(room, client);
    room->gone(room->context, client, error);
}

/* Of one address to one other there are as many connections as the system has ports for (and long
 * before that, looking for a free one gets slow): the source is one of several. */
static int bind_source(const struct room *room, const struct client *client, int fd)
{
    struct sockaddr_in source = { .sin_family = AF_INET };
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + client->number % room->sources);
#ifdef IP_BIND_ADDRESS_NO_PORT
    int on = 1; /* the port is chosen at connect(), where the other end is known */
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
#endif
    return bind(fd, (const struct sockaddr *)&source, sizeof source) == 0 ? 0 : errno;
}

int client_connect(struct room *room, struct client *client)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    int error = room->sources > 1 ? bind_source(room, client, fd) : 0;
    if (error == 0 && connect(fd, (const struct sockaddr *)&room->server, sizeof room->server) != 0)
        error = errno == EINPROGRESS || errno == EINTR ? 0 : errno;
    if (error != 0) {
        close(fd);
        return error;
    }
    client->state = CLIENT_CONNECTING;
    client->renamed = 0;
    ev_io_init(&client->io, client_ready, fd, EV_WRITE);
    client->io.data = room;
    ev_io_start(room->loop, &client->io);
    return 0;
}

/* ---- Sending. ---- */

/* How many bytes the system took; a connection that is broken takes none, and reading tells so. */
static size_t send_some(int fd, const char *bytes, size_t size)
{
    ssize_t sent;
    do
        sent = send(fd, bytes, size, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? 0 : (size_t)sent;
}

void client_send(struct room *room, struct client *client, const char *bytes, size_t size)
{
    size_t sent = 0;
    if (client->unsent.size == 0)
        sent = send_some(client->io.fd, bytes, size);
    if (sent == size)
        return;
    buffer_append(&client->unsent, bytes + sent, size - sent);
    client_watch(room, client, EV_READ | EV_WRITE);
}

static void client_send_rest(struct room *room, struct client *client)
{
    struct buffer *unsent = &client->unsent;
    size_t sent = send_some(client->io.fd, unsent->data, unsent->size);
    if (sent < unsent->size) {
        memmove(unsent->data, unsent->data + sent, unsent->size - sent);
        buffer_cut(unsent, unsent->size - sent);
        return;
    }
    buffer_fini(unsent);
    client_watch(room, client, EV_READ);
}

static void client_enter(struct room *room, struct client *client)
{
    char text[160], nick[24];
    snprintf(nick, sizeof nick, "c%u%.*s", client->number, client->renamed, "______");
    int size =
        snprintf(text, sizeof text,
                 "NICK %s\r\nUSER crowd 0 * :one of the crowd\r\nJOIN " CLIENT_ROOM "\r\n", nick);
    client_send(room, client, text, (size_t)size);
}

void client_leave(struct room *room, struct client *client)
{
    static const char text[] = "QUIT :the talk is over\r\n";
    client->state = CLIENT_LEAVING;
    client_send(room, client, text, sizeof text - 1);
}

/* ---- What the server says. ---- */

/* What is left of a line that is being read. */
struct rest {
    const char *at, *end;
};

static struct rest rest_word(struct rest *rest)
{
    const char *space = memchr(rest->at, ' ', (size_t)(rest->end - rest->at));
    struct rest word = { rest->at, space != NULL ? space : rest->end };
    rest->at = word.end;
    while (rest->at < rest->end && *rest->at == ' ')
        rest->at++;
    return word;
}

static bool rest_is(struct rest word, const char *text)
{
    size_t size = strlen(text);
    return (size_t)(word.end - word.at) == size && memcmp(word.at, text, size) == 0;
}

/* The number of the tag id=N, or TASK_NONE. */
static uint32_t tag_id(struct rest tags)
{
    while (tags.at < tags.end) {
        const char *stop = memchr(tags.at, ';', (size_t)(tags.end - tags.at));
        if (stop == NULL)
            stop = tags.end;
        if (stop - tags.at > 3 && memcmp(tags.at, "id=", 3) == 0) {
            uint64_t id = 0;
            const char *digit = tags.at + 3;
            for (; digit < stop && *digit >= '0' && *digit <= '9' && id < TASK_NONE; digit++)
                id = id * 10 + (uint64_t)(*digit - '0');
            return digit == stop && id < TASK_NONE ? (uint32_t)id : TASK_NONE;
        }
        tags.at = stop < tags.end ? stop + 1 : stop;
    }
    return TASK_NONE;
}

/* Whether a prefix ("c7!crowd@host") is this client's. */
static bool prefix_is_own(const struct client *client, struct rest prefix)
{
    char nick[24];
    int size = snprintf(nick, sizeof nick, "c%u%.*s", client->number, client->renamed, "______");
    return prefix.end - prefix.at > size && memcmp(prefix.at, nick, (size_t)size) == 0 &&
           prefix.at[size] == '!';
}

static void client_pong(struct room *room, struct client *client, struct rest what)
{
    struct buffer text = { .size = 0 };
    buffer_text(&text, "PONG ");
    buffer_append(&text, what.at, (size_t)(what.end - what.at));
    buffer_text(&text, "\r\n");
    client_send(room, client, text.data, text.size);
    buffer_fini(&text);
}

/* Before it is in the room: does this line bring it there? */
static void client_hear_entering(struct room *room, struct client *client, struct rest prefix,
                                 struct rest command)
{
    if (rest_is(command, "366") || (rest_is(command, "JOIN") && prefix_is_own(client, prefix))) {
        client->state = CLIENT_IN;
        room->entered(room->context, client);
    } else if (rest_is(command, "433")) {
        /* Somebody else has the nick: a person, or our last connection that has not ended yet. */
        if (client->renamed++ < RENAMES_MOST)
            client_enter(room, client);
        else
            client_gone(room, client, EADDRINUSE);
    }
}

static void client_hear(struct room *room, struct client *client, const char *line, size_t size)
{
    struct rest rest = { line, line + size };
    struct rest tags = { line, line }, prefix = { line, line };
    if (size > 0 && *rest.at == '@') {
        rest.at++;
        tags = rest_word(&rest);
    }
    if (rest.at < rest.end && *rest.at == ':') {
        rest.at++;
        prefix = rest_word(&rest);
    }
    struct rest command = rest_word(&rest);
    if (rest_is(command, "PRIVMSG")) {
        struct rest target = rest_word(&rest);
        if (rest_is(target, CLIENT_ROOM) && rest.at < rest.end && *rest.at == ':')
            room->said(room->context, client, tag_id(tags), rest.at + 1,
                       (size_t)(rest.end - rest.at) - 1);
    } else if (rest_is(command, "PING")) {
        client_pong(room, client, rest);
    } else if (client->state == CLIENT_ENTERING) {
        client_hear_entering(room, client, prefix, command);
    }
}

/* Splits what has come into lines; a part of one at the end is kept for the next time. */
static void client_hear_all(struct room *room, struct client *client)
{
    const char *at = room->incoming.data, *end = at + room->incoming.size, *stop;
    while (client->state != CLIENT_AWAY && (stop = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        size_t size = (size_t)(stop - at);
        while (size > 0 && at[size - 1] == '\r')
            size--;
        client_hear(room, client, at, size);
        at = stop + 1;
    }
    if (client->state == CLIENT_AWAY)
        return;
    if (end - at > LINE_MOST)
        client_gone(room, client, EPROTO);
    else if (at < end)
        buffer_append(&client->heard, at, (size_t)(end - at));
}

static void client_read(struct room *room, struct client *client)
{
    struct buffer *incoming = &room->incoming;
    buffer_clear(incoming);
    if (client->heard.size > 0) {
        buffer_append(incoming, client->heard.data, client->heard.size);
        buffer_fini(&client->heard);
    }
    ssize_t got = recv(client->io.fd, buffer_reserve(incoming, READ_MOST), READ_MOST, 0);
    int error = got < 0 ? errno : 0;
    if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR)
        got = 0;
    else if (got <= 0) {
        client_gone(room, client, error);
        return;
    }
    buffer_grew(incoming, (size_t)got);
    client_hear_all(room, client);
}

static void client_connected(struct room *room, struct client *client)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client->io.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        client_gone(room, client, error);
        return;
    }
    client->state = CLIENT_ENTERING;
    client_watch(room, client, EV_READ);
    client_enter(room, client);
}

static void client_ready(struct ev_loop *loop, ev_io *io, int events)
{
    struct client *client = (struct client *)io;
    struct room *room = io->data;
    (void)loop;
    if (client->state == CLIENT_CONNECTING) {
        client_connected(room, client);
        return;
    }
    if ((events & EV_WRITE) != 0 && client->unsent.size > 0)
        client_send_rest(room, client);
    if ((events & EV_READ) != 0)
        client_read(room, client);
}
