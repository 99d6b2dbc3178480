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
 * A thread that waits for its client has touched two pages of its stack and next to no heap: what
 * acting upon a line takes is borrowed from the chat (struct desk), so there is as much of it as
 * threads act at once, and not as there are connections.
 *
 * A member that does not read is waited for once, for SEND_LIMIT; then it is cut off. It deliberately
 * keeps no queues: who speaks waits for who listens, as in a server of threads.
 */
#include "engine/serve_threads.h"

#include "base/clock.h"
#include "base/memory.h"
#include "engine/connection.h"
#include "platform/platform.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

enum {
    ACCEPT_MOST = 64, /* between two looks at whether it is over */
    LOOK_MS = 50,
    READ_SIZE = 128, /* on the stack of every connection's thread */
};
static const struct timeval SEND_LIMIT = { .tv_sec = 1 };
static const uint64_t PARTING_NS = NS_PER_S;

/* ---- A connection's life. ---- */

static bool say(struct lane *lane, struct spoken *spoken)
{
    struct desk *desk = (struct desk *)(void *)((char *)spoken - offsetof(struct desk, spoken));
    spoken->task.figure = connection_act(lane, spoken->speaker, desk);
    return true;
}

/* False: the run was stopped. */
static bool connection_speak(struct lane *lane, struct connection *connection, struct desk *desk)
{
    bool crowd = (connection->client.flags & IRC_CROWD) != 0;
    uint32_t task = service_task(lane->stage, lane, &desk->message, crowd);
    spoken_init(&desk->spoken, task, say, &desk->message, connection);
    bool whole = task_run(lane, &desk->spoken.task);
    task_fini(&desk->spoken.task);
    return whole;
}

/* False: the client quit, or the run was stopped. */
static bool connection_line(struct lane *lane, struct connection *connection, const char *line,
                            size_t size)
{
    struct desk *desk = desk_take(connection->chat);
    bool stays;
    irc_parse(&desk->message, line, size);
    if (desk->message.spoken) {
        stays = connection_speak(lane, connection, desk);
    } else {
        lane_bytecode(lane);
        connection_act(lane, connection, desk);
        lane_bytecode(lane);
        stays = !desk->answer.quit;
    }
    desk_give(connection->chat, desk);
    return stays;
}

static void connection_too_long(struct lane *lane, struct connection *connection)
{
    struct desk *desk = desk_take(connection->chat);
    irc_too_long(&connection->client, &desk->answer);
    connection_send(lane, connection, desk->answer.reply.data, desk->answer.reply.size);
    desk_give(connection->chat, desk);
}

static bool connection_bytes(struct lane *lane, struct connection *connection, const char *bytes,
                             size_t size)
{
    const char *line;
    size_t line_size;
    enum irc_input_got got;
    while ((got = irc_input_next(&connection->input, &bytes, &size, &line, &line_size)) !=
           IRC_INPUT_NONE) {
        if (got == IRC_INPUT_TOO_LONG)
            connection_too_long(lane, connection);
        else if (!connection_line(lane, connection, line, line_size))
            return false;
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
    struct lane *lane = &connection->lane;
    lane_begin(lane, chat->service.stage, chat->service.stage->gil, ROLE_CONNECTION,
               connection->id);
    lane_enter(lane);
    connection_read(lane, connection);
    connection_leave(lane, connection);
    connection_closed(lane, connection->id);
    shutdown(connection->fd, SHUT_RDWR);
    lane_end(lane);
    connection_drop(connection);
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
    connection->id = connection_opened(lane);
    lock_take(&chat->room, lane);
    irc_add(&chat->server, &connection->client);
    lock_drop(&chat->room);
    lane_enter(lane);
    atomic_fetch_add(&chat->threads, 1);
    bool room = service_has_lane(&chat->service, connection->id);
    int error = room ? thread_start(connection) : ENOSPC;
    if (error == 0)
        return;
    atomic_fetch_sub(&chat->threads, 1);
    lock_take(&chat->room, lane);
    struct irc_answer answer = { 0 };
    irc_leave(&chat->server, &connection->client, "", &answer);
    lock_drop(&chat->room);
    lane_enter(lane);
    connection_closed(lane, connection->id);
    service_refuse(&chat->service, fd, room ? "thread" : "lane", error);
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
    pthread_mutex_init(&chat->desk_guard, NULL);
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
        desks_free(chat);
        lock_fini(&chat->room);
        pthread_mutex_destroy(&chat->desk_guard);
        service_close(&chat->service);
        free(chat);
    }
    return true;
}
