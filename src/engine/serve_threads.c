/*
 * The chat service with a thread per connection. The main thread only accepts; a connection's thread
 * reads its client's lines and writes each to the others' sockets itself.
 *
 *   read a line -> room lock: what it leads to, who is to hear it (each held by a reference)
 *               -> for each: its sending lock, give the GIL up, send, take the GIL again
 *
 * Invariants: a connection is in the room from before its thread starts until that thread takes it
 * out; it and its descriptor live until the last reference is dropped, so who relays may find a
 * member gone but never somebody else's descriptor. Bytes of one line are never mixed with another's.
 *
 * A member that does not read is waited for once, for SEND_LIMIT; then it is cut off. It deliberately
 * keeps no queues: who speaks waits for who listens, as in a server of threads.
 */
#include "engine/service.h"

#include "base/clock.h"
#include "base/memory.h"
#include "engine/lock.h"
#include "platform/platform.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    ACCEPT_MOST = 64, /* between two looks at whether it is over */
    LOOK_MS = 50,
    READ_SIZE = 512, /* on the stack of every connection's thread */
};
static const struct timeval SEND_LIMIT = { .tv_sec = 1 };
static const uint64_t PARTING_NS = NS_PER_S;

struct chat {
    struct service service;
    struct lock room; /* guards server and every client in it */
    struct irc_server server;
    _Atomic uint32_t threads; /* that have not ended */
};

struct connection {
    struct irc_client client; /* first, so that the client is the connection */
    struct chat *chat;
    _Atomic uint32_t references;
    uint32_t id;
    int fd;
    bool cut; /* under sending: does not read, or is gone; nothing is sent any more */
    struct lock sending;
    struct irc_input input; /* its thread's only */
};

static void connection_drop(struct connection *connection)
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

static void connection_send(struct lane *lane, struct connection *to, const char *bytes,
                            size_t size)
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

/* Who is to hear a relay, each with a reference to it. */
struct hearing {
    struct hearer {
        struct connection *connection;
        bool with_tag;
    } * hearers;
    size_t count;
};

static void hearing_take(struct hearing *hearing, const struct irc_server *server,
                         const struct irc_relay *relay, const struct irc_client *from)
{
    hearing->hearers = mem_alloc(server->count * sizeof *hearing->hearers);
    hearing->count = 0;
    for (uint32_t i = 0; i < server->count; i++) {
        struct irc_client *client = server->clients[i];
        if (!irc_hears(relay, from, client))
            continue;
        struct hearer *hearer = &hearing->hearers[hearing->count++];
        hearer->connection = (struct connection *)client;
        hearer->with_tag = (client->flags & IRC_TAGS_WANTED) != 0;
        atomic_fetch_add(&hearer->connection->references, 1);
    }
}

/* Under the room lock: who hears each relay of an answer. */
static void hearings_take(struct chat *chat, const struct irc_answer *answer,
                          const struct irc_client *from, struct hearing hearings[IRC_TARGETS])
{
    for (size_t i = 0; i < answer->relay_count; i++)
        hearing_take(&hearings[i], &chat->server, &answer->relays[i], from);
}

/* Without it: tells them, and lets go of them. Gives how many they were. */
static uint64_t hearings_tell(struct lane *lane, const struct irc_answer *answer,
                              const struct irc_message *message,
                              struct hearing hearings[IRC_TARGETS])
{
    uint64_t told = 0;
    for (size_t i = 0; i < answer->relay_count; i++) {
        struct wording wording;
        wording_init(&wording, answer, &answer->relays[i], message);
        for (size_t k = 0; k < hearings[i].count; k++) {
            size_t size;
            const struct hearer *hearer = &hearings[i].hearers[k];
            const char *bytes = wording_for(&wording, hearer->with_tag, &size);
            connection_send(lane, hearer->connection, bytes, size);
            connection_drop(hearer->connection);
        }
        told += hearings[i].count;
        free(hearings[i].hearers);
        wording_fini(&wording);
    }
    return told;
}

/* What a message leads to, said to all. False: the client quit. */
static bool connection_act(struct lane *lane, struct connection *connection,
                           const struct irc_message *message, uint64_t *told)
{
    struct chat *chat = connection->chat;
    struct irc_answer answer = { 0 };
    struct hearing hearings[IRC_TARGETS];
    lock_take(&chat->room, lane);
    irc_act(&chat->server, &connection->client, message, &answer);
    hearings_take(chat, &answer, &connection->client, hearings);
    lock_drop(&chat->room);
    lane_enter(lane);
    connection_send(lane, connection, buffer_string(&answer.reply), answer.reply.size);
    *told = hearings_tell(lane, &answer, message, hearings);
    bool stays = !answer.quit;
    irc_answer_fini(&answer);
    return stays;
}

static void connection_leave(struct lane *lane, struct connection *connection)
{
    struct chat *chat = connection->chat;
    struct irc_answer answer = { 0 };
    struct hearing hearings[IRC_TARGETS];
    lock_take(&chat->room, lane);
    irc_leave(&chat->server, &connection->client, "gone", &answer);
    hearings_take(chat, &answer, &connection->client, hearings);
    lock_drop(&chat->room);
    lane_enter(lane);
    hearings_tell(lane, &answer, NULL, hearings);
    irc_answer_fini(&answer);
}

static bool say(struct lane *lane, struct spoken *spoken)
{
    connection_act(lane, spoken->speaker, spoken->message, &spoken->task.figure);
    return true;
}

/* ---- A connection's life. ---- */

/* False: the client quit, or the run was stopped. */
static bool connection_line(struct lane *lane, struct connection *connection, const char *line,
                            size_t size)
{
    struct irc_message message;
    irc_parse(&message, line, size);
    if (message.spoken) {
        struct spoken spoken;
        bool crowd = (connection->client.flags & IRC_CROWD) != 0;
        uint32_t task = service_task(lane->stage, lane, &message, crowd);
        spoken_init(&spoken, task, say, &message, connection);
        bool whole = task_run(lane, &spoken.task);
        task_fini(&spoken.task);
        return whole;
    }
    uint64_t told;
    lane_bytecode(lane);
    bool stays = connection_act(lane, connection, &message, &told);
    lane_bytecode(lane);
    return stays;
}

static bool connection_bytes(struct lane *lane, struct connection *connection, const char *bytes,
                             size_t size)
{
    const char *line;
    size_t line_size;
    enum irc_input_got got;
    while ((got = irc_input_next(&connection->input, &bytes, &size, &line, &line_size)) !=
           IRC_INPUT_NONE) {
        if (got == IRC_INPUT_LINE && !connection_line(lane, connection, line, line_size))
            return false;
        if (got == IRC_INPUT_TOO_LONG) {
            struct irc_answer answer = { 0 };
            irc_too_long(&connection->client, &answer);
            connection_send(lane, connection, answer.reply.data, answer.reply.size);
            irc_answer_fini(&answer);
        }
    }
    return true;
}

static void connection_read(struct lane *lane, struct connection *connection)
{
    char bytes[READ_SIZE];
    ssize_t got;
    do {
        lane_leave(lane, SAYS_IO);
        do
            got = recv(connection->fd, bytes, sizeof bytes, 0);
        while (got < 0 && errno == EINTR);
        lane_enter(lane);
        lane_poll_params(lane);
    } while (got > 0 && connection_bytes(lane, connection, bytes, (size_t)got));
}

static void *connection_main(void *context)
{
    struct connection *connection = context;
    struct chat *chat = connection->chat;
    struct lane lane;
    lane_begin(&lane, chat->service.stage, chat->service.stage->gil, ROLE_CONNECTION,
               connection->id);
    lane_enter(&lane);
    connection_read(&lane, connection);
    connection_leave(&lane, connection);
    service_closed(&chat->service, &lane, connection->id);
    shutdown(connection->fd, SHUT_RDWR);
    connection_drop(connection);
    lane_end(&lane);
    atomic_fetch_sub(&chat->threads, 1);
    arena_wake(&chat->threads);
    return NULL;
}

/* ---- The main thread. ---- */

static int thread_start(struct connection *connection)
{
    const struct stage *stage = connection->chat->service.stage;
    pthread_attr_t attributes;
    pthread_t thread;
    int64_t stack = stage_param(stage, PARAM_STACK);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (stack >= PTHREAD_STACK_MIN)
        pthread_attr_setstacksize(&attributes, (size_t)stack);
    int error = platform_thread(&thread, &attributes, connection_main, connection);
    pthread_attr_destroy(&attributes);
    return error;
}

static void chat_admit(struct chat *chat, struct lane *lane, int fd)
{
    struct connection *connection = mem_zero(1, sizeof *connection);
    connection->chat = chat;
    connection->fd = fd;
    atomic_init(&connection->references, 1);
    lock_init(&connection->sending, lane->stage);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &SEND_LIMIT, sizeof SEND_LIMIT);
    connection->id = service_opened(&chat->service, lane);
    lock_take(&chat->room, lane);
    irc_add(&chat->server, &connection->client);
    lock_drop(&chat->room);
    lane_enter(lane);
    atomic_fetch_add(&chat->threads, 1);
    int error = thread_start(connection);
    if (error == 0)
        return;
    atomic_fetch_sub(&chat->threads, 1);
    lock_take(&chat->room, lane);
    struct irc_answer answer = { 0 };
    irc_leave(&chat->server, &connection->client, "", &answer);
    lock_drop(&chat->room);
    lane_enter(lane);
    service_closed(&chat->service, lane, connection->id);
    service_refuse(&chat->service, fd, "thread", error);
    connection_drop(connection);
}

/* Accepts who waits. False: one waits that cannot be accepted now. */
static bool chat_accept(struct chat *chat, struct lane *lane)
{
    for (int i = 0; i < ACCEPT_MOST; i++) {
        lane_leave(lane, SAYS_CALL);
        int fd = service_accept(&chat->service);
        lane_enter(lane);
        if (fd >= 0)
            chat_admit(chat, lane, fd);
        else if (fd != SERVICE_REFUSED)
            return fd == SERVICE_NOBODY;
    }
    return true;
}

/* Hangs up on all that are still there and waits for their threads; what does not end in time ends
 * with the process. True: all ended. */
static bool chat_part(struct chat *chat, struct lane *lane)
{
    lock_take(&chat->room, lane);
    for (uint32_t i = 0; i < chat->server.count; i++)
        shutdown(((struct connection *)chat->server.clients[i])->fd, SHUT_RDWR);
    lock_drop(&chat->room);
    lane_enter(lane);
    lane_leave(lane, SAYS_IDLE);
    uint64_t until_ns = clock_now() + PARTING_NS;
    uint32_t threads;
    while ((threads = atomic_load(&chat->threads)) > 0 && clock_now() < until_ns)
        arena_wait(&chat->threads, threads, until_ns - clock_now());
    return threads == 0;
}

bool serve_threads(struct stage *stage, struct error *error)
{
    struct chat *chat = mem_zero(1, sizeof *chat);
    struct lane *lane = &stage->main;
    (void)error;
    service_open(&chat->service, stage);
    lock_init(&chat->room, stage);
    bool at_once = true;
    while (!service_is_over(&chat->service)) {
        struct pollfd listener = { .fd = stage->listener, .events = POLLIN };
        lane_leave(lane, SAYS_IDLE);
        int ready = poll(&listener, at_once ? 1 : 0, LOOK_MS);
        lane_poll_params(lane);
        at_once = ready <= 0 || chat_accept(chat, lane);
    }
    lane_enter(lane);
    stage_end(stage, !stage_should_stop(stage));
    if (chat_part(chat, lane)) {
        irc_server_fini(&chat->server);
        lock_fini(&chat->room);
        service_close(&chat->service);
        free(chat);
    }
    return true;
}
