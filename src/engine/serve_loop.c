/*
 * The chat service on one loop: all connections are watched by one thread, which reads what came,
 * acts, and sends to everyone without waiting.
 *
 * What a socket does not take at once is kept once for all who are behind (struct parcel) and sent as
 * their sockets can take it; the line's task waits until the last one has it, and goes on then.
 *
 * Invariants: a connection costs its struct, its place in the room and its watcher; memory for text
 * only while a part of a line has come, or is still to go. A task that waits is counted in by each
 * parcel that is still to be sent (struct utterance), so it goes on exactly once.
 *
 * A client that is too far behind is cut off. A connection is closed only in its own callback, never
 * while the room is being walked.
 */
#include "engine/service.h"

#include "base/clock.h"
#include "base/memory.h"
#include "engine/connection.h"
#include "engine/evented.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ACCEPT_MOST = 128,         /* in one turn; then others have theirs */
    READ_SIZE = 16 * 1024,     /* in one turn from one connection */
    BEHIND_MOST = 1024 * 1024, /* bytes that one client may be behind */
};

struct chat {
    struct service service;
    struct evented *evented;
    struct ev_loop *loop;
    struct lane *lane;
    struct irc_server server;
    struct irc_answer answer; /* of the message that is acted upon */
    ev_io listener;
    char bytes[READ_SIZE];
};

struct connection {
    struct irc_client client; /* first, so that the client is the connection */
    ev_io io;                 /* io.data: the chat */
    struct irc_input input;
    struct behind *first, *last; /* what is still to be sent */
    uint32_t behind_bytes;
    uint32_t id;
    bool cut; /* to be closed: too far behind */
};

/* A line that is a task. `missing` are those who do not have it yet, and while it is being said one
 * more. */
struct utterance {
    struct spoken spoken; /* first */
    struct chat *chat;
    uint32_t missing;
};

/* Bytes for those who did not take them at once. */
struct parcel {
    struct utterance *utterance; /* or NULL */
    uint32_t references;
    uint32_t size;
    char bytes[];
};

/* One connection's way through a parcel. */
struct behind {
    struct behind *next;
    struct parcel *parcel;
    uint32_t sent; /* of its bytes */
};

/* ---- Tasks that wait for the last one to have their line. ---- */

static void utterance_over(struct task *task, void *context)
{
    (void)context;
    task_fini(task);
    free(task->context);
}

static void utterance_has(struct utterance *utterance)
{
    if (utterance == NULL || --utterance->missing > 0)
        return;
    struct chat *chat = utterance->chat;
    task_resume(chat->lane, chat->loop, &utterance->spoken.task, evented_turn_ns(chat->loop));
}

static void parcel_drop(struct parcel *parcel)
{
    if (--parcel->references == 0)
        free(parcel);
}

/* ---- Sending. ---- */

/* How many bytes the socket took. A broken one takes all: reading tells of it. */
static size_t send_now(int fd, const char *bytes, size_t size)
{
    ssize_t sent;
    do
        sent = send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? 0 : size;
    return (size_t)sent;
}

static void connection_watch(struct chat *chat, struct connection *connection, int events)
{
    ev_io_stop(chat->loop, &connection->io);
    ev_io_modify(&connection->io, events);
    ev_io_start(chat->loop, &connection->io);
}

static void connection_keep(struct chat *chat, struct connection *to, struct parcel *parcel,
                            size_t sent)
{
    struct behind *behind = mem_alloc(sizeof *behind);
    *behind = (struct behind){ .parcel = parcel, .sent = (uint32_t)sent };
    parcel->references++;
    if (parcel->utterance != NULL)
        parcel->utterance->missing++;
    if (to->last != NULL)
        to->last->next = behind;
    else
        to->first = behind;
    to->last = behind;
    to->behind_bytes += parcel->size - (uint32_t)sent;
    if (to->behind_bytes > BEHIND_MOST && !to->cut) {
        to->cut = true;
        ev_feed_event(chat->loop, &to->io, EV_READ);
    } else if (to->first == behind) {
        connection_watch(chat, to, EV_READ | EV_WRITE);
    }
}

/* Sends what can be sent now and keeps the rest in *parcel, which is made when it is needed first.
 * The parcel's maker drops its own reference. */
static void connection_send(struct chat *chat, struct connection *to, const char *bytes,
                            size_t size, struct utterance *utterance, struct parcel **parcel)
{
    size_t sent = to->first == NULL && size > 0 ? send_now(to->io.fd, bytes, size) : 0;
    if (sent == size)
        return;
    if (*parcel == NULL) {
        *parcel = mem_alloc(sizeof **parcel + size);
        **parcel =
            (struct parcel){ .utterance = utterance, .references = 1, .size = (uint32_t)size };
        memcpy((*parcel)->bytes, bytes, size);
    }
    connection_keep(chat, to, *parcel, sent);
}

/* Takes the first of what is behind off, sent or given up. */
static void connection_done_first(struct connection *connection)
{
    struct behind *behind = connection->first;
    struct utterance *utterance = behind->parcel->utterance;
    connection->first = behind->next;
    if (connection->first == NULL)
        connection->last = NULL;
    connection->behind_bytes -= behind->parcel->size - behind->sent;
    parcel_drop(behind->parcel);
    free(behind);
    utterance_has(utterance);
}

static void connection_send_behind(struct chat *chat, struct connection *connection)
{
    while (connection->first != NULL) {
        struct behind *behind = connection->first;
        size_t left = behind->parcel->size - behind->sent;
        size_t sent = send_now(connection->io.fd, behind->parcel->bytes + behind->sent, left);
        behind->sent += (uint32_t)sent;
        connection->behind_bytes -= (uint32_t)sent;
        if (sent < left)
            return;
        connection_done_first(connection);
    }
    connection_watch(chat, connection, EV_READ);
}

/* Says a relay to all who are to hear it; gives how many they are. */
static uint64_t relay_tell(struct chat *chat, const struct irc_relay *relay,
                           const struct irc_client *from, const struct irc_message *message,
                           struct utterance *utterance)
{
    struct wording wording;
    struct parcel *parcels[2] = { NULL, NULL }; /* plain, tagged */
    uint64_t told = 0;
    wording_init(&wording, &chat->answer, relay, message);
    for (uint32_t i = 0; i < chat->server.count; i++) {
        struct irc_client *client = chat->server.clients[i];
        if (!irc_hears(relay, from, client))
            continue;
        size_t size;
        bool tag = (client->flags & IRC_TAGS_WANTED) != 0;
        const char *bytes = wording_for(&wording, tag, &size);
        connection_send(chat, (struct connection *)client, bytes, size, utterance, &parcels[tag]);
        told++;
    }
    for (int i = 0; i < 2; i++)
        if (parcels[i] != NULL)
            parcel_drop(parcels[i]);
    wording_fini(&wording);
    return told;
}

/* Says all that is in chat->answer. The calls that send are made in one go: nobody else wants the
 * GIL of a loop. */
static uint64_t answer_tell(struct chat *chat, const struct connection *from,
                            const struct irc_message *message, struct utterance *utterance)
{
    uint64_t told = 0;
    lane_leave(chat->lane, SAYS_CALL);
    for (size_t i = 0; i < chat->answer.relay_count; i++)
        told += relay_tell(chat, &chat->answer.relays[i], &from->client, message, utterance);
    lane_enter(chat->lane);
    return told;
}

/* ---- Acting. ---- */

/* The client itself is told what the answer has for it. */
static void connection_reply(struct chat *chat, struct connection *connection)
{
    struct parcel *parcel = NULL;
    connection_send(chat, connection, chat->answer.reply.data, chat->answer.reply.size, NULL,
                    &parcel);
    if (parcel != NULL)
        parcel_drop(parcel);
}

/* What a message leads to. The answer stays in chat->answer. */
static uint64_t connection_act(struct chat *chat, struct connection *connection,
                               const struct irc_message *message, struct utterance *utterance)
{
    irc_answer_clear(&chat->answer);
    irc_act(&chat->server, &connection->client, message, &chat->answer);
    connection_reply(chat, connection);
    return answer_tell(chat, connection, message, utterance);
}

static bool say(struct lane *lane, struct spoken *spoken)
{
    struct utterance *utterance = (struct utterance *)spoken;
    (void)lane;
    utterance->missing = 1;
    spoken->task.figure =
        connection_act(utterance->chat, spoken->speaker, spoken->message, utterance);
    return --utterance->missing == 0;
}

static void connection_speak(struct chat *chat, struct connection *connection,
                             const struct irc_message *message)
{
    struct utterance *utterance = mem_alloc(sizeof *utterance);
    bool crowd = (connection->client.flags & IRC_CROWD) != 0;
    spoken_init(&utterance->spoken, service_task(chat->service.stage, chat->lane, message, crowd),
                say, message, connection);
    utterance->chat = chat;
    utterance->spoken.task.resumed = utterance_over;
    if (task_start(chat->lane, chat->loop, &utterance->spoken.task))
        utterance_over(&utterance->spoken.task, utterance);
}

/* False: the client quit. */
static bool connection_line(struct chat *chat, struct connection *connection, const char *line,
                            size_t size)
{
    struct irc_message message;
    irc_parse(&message, line, size);
    if (message.spoken) {
        connection_speak(chat, connection, &message);
        return true;
    }
    lane_bytecode(chat->lane);
    connection_act(chat, connection, &message, NULL);
    lane_bytecode(chat->lane);
    return !chat->answer.quit;
}

static bool connection_bytes(struct chat *chat, struct connection *connection, const char *bytes,
                             size_t size)
{
    const char *line;
    size_t line_size;
    enum irc_input_got got;
    while ((got = irc_input_next(&connection->input, &bytes, &size, &line, &line_size)) !=
           IRC_INPUT_NONE) {
        if (got == IRC_INPUT_LINE && !connection_line(chat, connection, line, line_size))
            return false;
        if (got == IRC_INPUT_TOO_LONG) {
            irc_answer_clear(&chat->answer);
            irc_too_long(&connection->client, &chat->answer);
            connection_reply(chat, connection);
        }
    }
    return true;
}

/* ---- A connection's life. ---- */

static void connection_close(struct chat *chat, struct connection *connection)
{
    irc_answer_clear(&chat->answer);
    irc_leave(&chat->server, &connection->client, "gone", &chat->answer);
    answer_tell(chat, connection, NULL, NULL);
    ev_io_stop(chat->loop, &connection->io);
    close(connection->io.fd);
    connection_closed(chat->lane, connection->id);
    evented_expect(chat->loop, -1);
    while (connection->first != NULL)
        connection_done_first(connection);
    irc_input_fini(&connection->input);
    free(connection);
}

static void connection_read(struct chat *chat, struct connection *connection)
{
    ssize_t got = recv(connection->io.fd, chat->bytes, sizeof chat->bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (got <= 0 || !connection_bytes(chat, connection, chat->bytes, (size_t)got))
        connection_close(chat, connection);
}

static void connection_ready(struct ev_loop *loop, ev_io *io, int events)
{
    struct chat *chat = io->data;
    struct connection *connection =
        (struct connection *)(void *)((char *)io - offsetof(struct connection, io));
    (void)loop;
    if (connection->cut) {
        connection_close(chat, connection);
        return;
    }
    if ((events & EV_WRITE) != 0)
        connection_send_behind(chat, connection);
    if ((events & EV_READ) != 0)
        connection_read(chat, connection);
}

static void chat_admit(struct chat *chat, int fd)
{
    struct connection *connection = mem_zero(1, sizeof *connection);
    irc_add(&chat->server, &connection->client);
    connection->id = connection_opened(chat->lane);
    ev_io_init(&connection->io, connection_ready, fd, EV_READ);
    connection->io.data = chat;
    ev_io_start(chat->loop, &connection->io);
    evented_expect(chat->loop, 1);
}

static void chat_accept(struct ev_loop *loop, ev_io *io, int events)
{
    struct chat *chat = io->data;
    (void)events;
    for (int i = 0; i < ACCEPT_MOST; i++) {
        int fd = service_accept(&chat->service);
        if (fd >= 0)
            chat_admit(chat, fd);
        if (fd == SERVICE_LATER)
            ev_io_stop(loop, io); /* until the next tick */
        if (fd == SERVICE_LATER || fd == SERVICE_NOBODY)
            return;
    }
}

static void chat_tick(struct evented *evented, void *context)
{
    struct chat *chat = context;
    if (service_is_over(&chat->service))
        evented_end(evented);
    else if (!ev_is_active(&chat->listener))
        ev_io_start(chat->loop, &chat->listener);
}

bool serve_loop(struct stage *stage, struct error *error)
{
    struct chat *chat = mem_zero(1, sizeof *chat);
    const struct evented_options options = { .waits_as = SAYS_IO,
                                             .tick = chat_tick,
                                             .context = chat };
    (void)error;
    service_open(&chat->service, stage);
    chat->lane = &stage->main;
    chat->evented = evented_new(chat->lane, &options);
    chat->loop = evented_loop(chat->evented);
    ev_io_init(&chat->listener, chat_accept, stage->listener, EV_READ);
    chat->listener.data = chat;
    ev_io_start(chat->loop, &chat->listener);
    evented_run(chat->evented);
    stage_end(stage, !stage_should_stop(stage));
    while (chat->server.count > 0)
        connection_close(chat, (struct connection *)chat->server.clients[0]);
    irc_server_fini(&chat->server);
    irc_answer_fini(&chat->answer);
    evented_free(chat->evented);
    service_close(&chat->service);
    free(chat);
    return true;
}
