/*
 * The chat of threads: how a line gets to those who are to hear it. See serve_threads.c for the whole.
 *
 * Invariant: the room lock is held while it is found out who hears a line, the sending lock of a
 * member while it is sent to; never both, and no lock while a thread waits for its client.
 */
#include "engine/serve_threads.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { KEPT = 64 * 1024 }; /* bytes of a buffer that a desk keeps */

/* ---- Desks. ---- */

struct desk *desk_take(struct chat *chat)
{
    pthread_mutex_lock(&chat->desk_guard);
    struct desk *desk = chat->desks;
    if (desk != NULL)
        chat->desks = desk->next;
    pthread_mutex_unlock(&chat->desk_guard);
    return desk != NULL ? desk : mem_zero(1, sizeof *desk);
}

void desk_give(struct chat *chat, struct desk *desk)
{
    if (desk->answer.reply.capacity > KEPT)
        buffer_fini(&desk->answer.reply);
    irc_answer_clear(&desk->answer);
    pthread_mutex_lock(&chat->desk_guard);
    desk->next = chat->desks;
    chat->desks = desk;
    pthread_mutex_unlock(&chat->desk_guard);
}

void desks_free(struct chat *chat)
{
    while (chat->desks != NULL) {
        struct desk *desk = chat->desks;
        chat->desks = desk->next;
        irc_answer_fini(&desk->answer);
        free(desk->hearers);
        free(desk);
    }
}

void connection_drop(struct connection *connection)
{
    if (atomic_fetch_sub(&connection->references, 1) > 1)
        return;
    close(connection->fd);
    lock_fini(&connection->sending);
    irc_input_fini(&connection->input);
    free(connection);
}

/* ---- Saying. ---- */

/* A send that blocks is short only where the client did not read for SEND_LIMIT. */
static bool send_all(int fd, const char *bytes, size_t size)
{
    ssize_t sent;
    do
        sent = send(fd, bytes, size, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size;
}

void connection_send(struct lane *lane, struct connection *to, const char *bytes, size_t size)
{
    if (size == 0)
        return;
    lock_take(&to->sending, lane);
    if (!to->cut) {
        lane_leave(lane, SAYS_CALL);
        if (!send_all(to->fd, bytes, size)) {
            /* Its own thread finds out by reading, and takes it out of the room. */
            to->cut = true;
            shutdown(to->fd, SHUT_RDWR);
        }
    }
    lock_drop(&to->sending);
    lane_enter(lane);
}

/* Under the room lock: who hears each relay of the answer. */
static void desk_hearers(struct desk *desk, const struct irc_server *server,
                         const struct irc_client *from)
{
    size_t count = 0;
    for (size_t relay = 0; relay < desk->answer.relay_count; relay++) {
        for (uint32_t i = 0; i < server->count; i++) {
            struct irc_client *client = server->clients[i];
            if (!irc_hears(&desk->answer.relays[relay], from, client))
                continue;
            if (count == desk->hearer_room) {
                desk->hearer_room = count == 0 ? 16 : count * 2;
                desk->hearers = mem_resize(desk->hearers, desk->hearer_room, sizeof *desk->hearers);
            }
            struct hearer *hearer = &desk->hearers[count++];
            hearer->connection = (struct connection *)client;
            hearer->with_tag = (client->flags & IRC_TAGS_WANTED) != 0;
            atomic_fetch_add(&hearer->connection->references, 1);
        }
        desk->ends[relay] = count;
    }
}

/* Without it: says the relays, and lets go of those who heard. Gives how many they were. */
static uint64_t desk_tell(struct desk *desk, struct lane *lane, const struct irc_message *message)
{
    size_t at = 0;
    for (size_t relay = 0; relay < desk->answer.relay_count; relay++) {
        struct wording wording;
        wording_init(&wording, &desk->answer, &desk->answer.relays[relay], message);
        for (; at < desk->ends[relay]; at++) {
            size_t size;
            const char *bytes = wording_for(&wording, desk->hearers[at].with_tag, &size);
            connection_send(lane, desk->hearers[at].connection, bytes, size);
            connection_drop(desk->hearers[at].connection);
        }
        wording_fini(&wording);
    }
    return at;
}

uint64_t connection_act(struct lane *lane, struct connection *connection, struct desk *desk)
{
    struct chat *chat = connection->chat;
    lock_take(&chat->room, lane);
    irc_act(&chat->server, &connection->client, &desk->message, &desk->answer);
    desk_hearers(desk, &chat->server, &connection->client);
    lock_drop(&chat->room);
    lane_enter(lane);
    connection_send(lane, connection, desk->answer.reply.data, desk->answer.reply.size);
    return desk_tell(desk, lane, &desk->message);
}

void connection_leave(struct lane *lane, struct connection *connection)
{
    struct chat *chat = connection->chat;
    struct desk *desk = desk_take(chat);
    lock_take(&chat->room, lane);
    irc_leave(&chat->server, &connection->client, "gone", &desk->answer);
    desk_hearers(desk, &chat->server, &connection->client);
    lock_drop(&chat->room);
    lane_enter(lane);
    desk_tell(desk, lane, NULL);
    desk_give(chat, desk);
}
