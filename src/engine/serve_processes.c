/*
 * The chat service with a process per connection, the hub's side. The hub is the stage itself: it
 * accepts, forks a process for each connection, and keeps the room. A client's line comes up from its
 * process, and the hub writes what it leads to into the pipe of each process whose client is to hear
 * it.
 *
 *   client -> process -> up pipe -> hub: room -> down pipe of each -> process -> client
 *
 * Invariants: the hub never waits for a process: a full pipe is written to when it has room again.
 * A member is in the room from its fork until its client quit or its process said or was seen to be
 * gone; its struct and number are kept until that process is reaped. What a dead process still owed
 * is let go by the hub, so every line that is a task comes to its end.
 *
 * It deliberately replaces nobody: a process that is killed takes its client along.
 */
#include "engine/service.h"

#include "base/memory.h"
#include "engine/evented.h"
#include "engine/serve_wire.h"
#include "platform/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    ACCEPT_MOST = 16,          /* in one turn */
    READ_SIZE = 64 * 1024,     /* a pipe's worth */
    BEHIND_MOST = 1024 * 1024, /* bytes that a process may be behind */
    PARTING_MS = 2000,
};

/* A frame on its way down to one or more members. */
struct parcel {
    uint32_t references;
    uint32_t line; /* held once for each member that it is owed to; or WIRE_NONE */
    uint32_t size;
    char bytes[];
};
struct behind {
    struct behind *next;
    struct parcel *parcel;
};

struct hub_member {
    struct irc_client client; /* first, so that the client is the member */
    struct hub *hub;
    uint32_t number, connection;
    pid_t pid;
    int down;                    /* -1 once closed */
    bool open;                   /* CONN_CLOSE was not written */
    struct behind *first, *last; /* what did not fit into the pipe */
    uint32_t behind_bytes;
    ev_io writable;
    uint32_t *owed; /* lines that are tasks, in the pipe or being sent */
    uint32_t owed_count, owed_room;
    uint32_t settled; /* lines that are no longer among them */
};

struct hub {
    struct service service;
    struct evented *evented;
    struct ev_loop *loop;
    struct lane *lane;
    struct wire_shared *shared;
    uint32_t told[WIRE_LINES]; /* the task of each line when it last came up */
    struct irc_server server;
    struct irc_answer answer;
    struct hub_member **members; /* by number; NULL: free */
    uint32_t member_room;
    uint32_t processes; /* that are not reaped */
    int up_out, up_in;  /* the hub's end, the processes' end */
    ev_io listener, up;
    struct buffer in;
};

/* ---- Lines that are owed. ---- */

/* Takes off what the process has written meanwhile. */
static void member_settle(struct hub_member *member)
{
    uint32_t wrote = atomic_load(&member->hub->shared->members[member->number].wrote);
    uint32_t done = wrote - member->settled;
    member->settled = wrote;
    member->owed_count -= done;
    memmove(member->owed, member->owed + done, member->owed_count * sizeof *member->owed);
}

static void member_owe(struct hub_member *member, uint32_t line)
{
    if (member->owed_count > 0)
        member_settle(member);
    if (member->owed_count == member->owed_room) {
        member->owed_room = member->owed_room == 0 ? 8 : member->owed_room * 2;
        member->owed = mem_resize(member->owed, member->owed_room, sizeof *member->owed);
    }
    member->owed[member->owed_count++] = line;
    wire_line_hold(member->hub->shared, line, 1);
}

/* Its process does nothing more: what is still owed will not be written. */
static void member_forgive(struct hub_member *member)
{
    struct hub *hub = member->hub;
    if (member->owed_count > 0)
        member_settle(member);
    for (uint32_t i = 0; i < member->owed_count; i++)
        wire_line_drop(hub->shared, hub->lane, member->owed[i]);
    member->owed_count = 0;
}

/* The lines that a process was killed over: those that came up are held once less, the others fail. */
static void member_lose_lines(struct hub_member *member)
{
    struct hub *hub = member->hub;
    for (uint32_t i = 0; i < WIRE_LINES; i++) {
        struct wire_line *line = &hub->shared->lines[i];
        if (atomic_load(&line->reader) != member->number || atomic_load(&line->holds) == 0)
            continue;
        uint32_t task = atomic_load(&line->task);
        atomic_store(&line->reader, WIRE_NONE);
        if (hub->told[i] == task) {
            wire_line_drop(hub->shared, hub->lane, i);
        } else {
            ring_emit(&hub->lane->ring, EVENT_TASK_FAIL, task, EOWNERDEAD, 0);
            atomic_store(&line->holds, 0);
        }
    }
}

/* ---- Down. ---- */

static struct parcel *parcel_new(struct hub *hub, const struct wire_down *down)
{
    struct buffer frame = { 0 };
    wire_pack_down(hub->lane, down, &frame);
    struct parcel *parcel = mem_alloc(sizeof *parcel + frame.size);
    *parcel = (struct parcel){ .references = 1, .line = down->line, .size = (uint32_t)frame.size };
    memcpy(parcel->bytes, frame.data, frame.size);
    buffer_fini(&frame);
    return parcel;
}

static void parcel_drop(struct parcel *parcel)
{
    if (--parcel->references == 0)
        free(parcel);
}

/* Whole or not at all: a frame is no longer than what a pipe takes in one piece. True: it is in, or
 * there is nobody any more to read it (who then is reaped, and forgiven what it owed). */
static bool member_write(struct hub_member *member, const struct parcel *parcel)
{
    ssize_t wrote;
    do
        wrote = write(member->down, parcel->bytes, parcel->size);
    while (wrote < 0 && errno == EINTR);
    return wrote >= 0 || errno != EAGAIN;
}

static void member_keep(struct hub_member *member, struct parcel *parcel)
{
    struct behind *behind = mem_alloc(sizeof *behind);
    *behind = (struct behind){ .parcel = parcel };
    parcel->references++;
    if (member->last != NULL)
        member->last->next = behind;
    else
        member->first = behind;
    member->last = behind;
    member->behind_bytes += parcel->size;
    if (member->behind_bytes > BEHIND_MOST)
        kill(member->pid, SIGKILL); /* it stands still: nobody else can be the reason */
    else if (!ev_is_active(&member->writable))
        ev_io_start(member->hub->loop, &member->writable);
}

static void member_send(struct hub_member *member, struct parcel *parcel)
{
    if (member->down < 0)
        return;
    if (parcel->line != WIRE_NONE)
        member_owe(member, parcel->line);
    if (member->first != NULL || !member_write(member, parcel))
        member_keep(member, parcel);
}

static void member_drop_first(struct hub_member *member)
{
    struct behind *behind = member->first;
    member->first = behind->next;
    if (member->first == NULL)
        member->last = NULL;
    member->behind_bytes -= behind->parcel->size;
    parcel_drop(behind->parcel);
    free(behind);
}

/* After this its process hears no more, and goes. */
static void member_close_down(struct hub_member *member)
{
    if (member->down < 0)
        return;
    ev_io_stop(member->hub->loop, &member->writable);
    while (member->first != NULL)
        member_drop_first(member);
    close(member->down);
    member->down = -1;
}

static void member_is_writable(struct ev_loop *loop, ev_io *io, int events)
{
    struct hub_member *member = io->data;
    (void)events;
    lane_leave(member->hub->lane, SAYS_IPC);
    while (member->first != NULL && member_write(member, member->first->parcel))
        member_drop_first(member);
    lane_enter(member->hub->lane);
    if (member->first != NULL)
        return;
    ev_io_stop(loop, io);
    if ((member->client.flags & IRC_ADDED) == 0)
        member_close_down(member); /* it quit, and has been told so */
}

/* Text for one member, in as many frames as it takes. */
static void member_reply(struct hub_member *member, const char *text, size_t size)
{
    for (size_t at = 0; at < size; at += WIRE_TEXT) {
        const struct wire_down down = {
            .line = WIRE_NONE,
            .task = TASK_NONE,
            .text = text + at,
            .text_size = size - at < WIRE_TEXT ? size - at : WIRE_TEXT,
        };
        struct parcel *parcel = parcel_new(member->hub, &down);
        member_send(member, parcel);
        parcel_drop(parcel);
    }
}

/* A relay is packed once, with its tag and without; the writes are made in one go. */
static void relay_tell(struct hub *hub, const struct irc_relay *relay,
                       const struct irc_client *from, const struct irc_message *message,
                       uint32_t line, uint32_t task)
{
    struct wording wording;
    struct parcel *parcels[2];
    wording_init(&wording, &hub->answer, relay, message);
    for (int tag = 0; tag < 2; tag++) {
        struct wire_down down = { .line = line, .task = task };
        down.text = wording_for(&wording, tag, &down.text_size);
        parcels[tag] = tag == 0 || wording.tagged.size > 0 ? parcel_new(hub, &down) : NULL;
    }
    lane_leave(hub->lane, SAYS_IPC);
    for (uint32_t i = 0; i < hub->server.count; i++) {
        struct irc_client *client = hub->server.clients[i];
        if (!irc_hears(relay, from, client))
            continue;
        bool tag = parcels[1] != NULL && (client->flags & IRC_TAGS_WANTED) != 0;
        member_send((struct hub_member *)client, parcels[tag]);
    }
    lane_enter(hub->lane);
    for (int tag = 0; tag < 2; tag++)
        if (parcels[tag] != NULL)
            parcel_drop(parcels[tag]);
    wording_fini(&wording);
}

static void answer_tell(struct hub *hub, const struct irc_client *from,
                        const struct irc_message *message, uint32_t line, uint32_t task)
{
    for (size_t i = 0; i < hub->answer.relay_count; i++)
        relay_tell(hub, &hub->answer.relays[i], from, message, line, task);
}

/* ---- A member's life. ---- */

/* Out of the room; the others are told. */
static void member_leave(struct hub_member *member)
{
    struct hub *hub = member->hub;
    irc_answer_clear(&hub->answer);
    irc_leave(&hub->server, &member->client, "gone", &hub->answer);
    answer_tell(hub, &member->client, NULL, WIRE_NONE, TASK_NONE);
}

/* The client has no connection any more. */
static void member_gone(struct hub_member *member)
{
    struct hub *hub = member->hub;
    member_leave(member);
    member_close_down(member);
    member_forgive(member);
    if (member->open)
        service_closed(&hub->service, hub->lane, member->connection);
    member->open = false;
}

static void member_reaped(struct hub *hub, pid_t pid, int status)
{
    uint32_t number = 0;
    while (number < hub->member_room &&
           (hub->members[number] == NULL || hub->members[number]->pid != pid))
        number++;
    if (number == hub->member_room)
        return;
    struct hub_member *member = hub->members[number];
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        uint32_t lane = atomic_load(&hub->shared->members[number].lane);
        if (lane != LANE_NONE)
            ring_crash(&hub->service.stage->arena, hub->service.stage->run_index, lane,
                       WIFSIGNALED(status) ? WTERMSIG(status) : 0);
        member_lose_lines(member);
    }
    member_gone(member);
    hub->members[number] = NULL;
    hub->processes--;
    free(member->owed);
    free(member);
}

static void hub_reap(struct hub *hub)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        lane_enter(hub->lane);
        member_reaped(hub, pid, status);
    }
}

/* A free number; its member has no struct yet. */
static uint32_t hub_number(struct hub *hub)
{
    uint32_t number = 0;
    while (number < hub->member_room && hub->members[number] != NULL)
        number++;
    if (number < hub->member_room)
        return number;
    uint32_t room = number == 0 ? 64 : number * 2;
    hub->members = mem_resize(hub->members, room, sizeof *hub->members);
    memset(hub->members + number, 0, (room - number) * sizeof *hub->members);
    hub->member_room = room;
    return number;
}

/* In the child: nothing of the hub's is kept but what a member needs. */
static _Noreturn void child_main(struct hub *hub, const struct wire_ends *ends, pid_t parent)
{
    const int kept[] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO,
                         ends->client, ends->down,    ends->up };
    if (!platform_die_with_parent(SIGKILL, parent))
        _exit(1);
    platform_close_others(kept, sizeof kept / sizeof *kept);
    serve_process_member(hub->service.stage, ends);
}

/* 0, or an errno. */
static int member_fork(struct hub *hub, struct hub_member *member, int client)
{
    int ends[2];
    if (pipe(ends) != 0)
        return errno;
    const struct wire_ends mine = {
        .shared = hub->shared,
        .member = member->number,
        .connection = member->connection,
        .client = client,
        .up = hub->up_in,
        .down = ends[0],
    };
    pid_t parent = getpid();
    member->pid = platform_fork();
    int error = member->pid < 0 ? errno : 0;
    if (member->pid == 0)
        child_main(hub, &mine, parent);
    close(ends[0]);
    if (error != 0) {
        close(ends[1]);
        return error;
    }
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    member->down = ends[1];
    return 0;
}

static void hub_admit(struct hub *hub, int fd)
{
    struct hub_member *member = mem_zero(1, sizeof *member);
    uint32_t number = hub_number(hub);
    member->hub = hub;
    member->number = number;
    member->connection = service_opened(&hub->service, hub->lane);
    atomic_store(&hub->shared->members[number].lane, LANE_NONE);
    member->settled = atomic_load(&hub->shared->members[number].wrote);
    lane_leave(hub->lane, SAYS_CALL);
    int error = number < WIRE_MEMBERS ? member_fork(hub, member, fd) : EAGAIN;
    lane_enter(hub->lane);
    if (error != 0) {
        service_closed(&hub->service, hub->lane, member->connection);
        service_refuse(&hub->service, fd, "process", error);
        free(member);
    } else {
        member->open = true;
        hub->members[number] = member;
        hub->processes++;
        ev_io_init(&member->writable, member_is_writable, member->down, EV_WRITE);
        member->writable.data = member;
        irc_add(&hub->server, &member->client);
    }
    close(fd);
}

/* ---- Up. ---- */

static void member_act(struct hub_member *member, const struct wire_up *up)
{
    struct hub *hub = member->hub;
    struct irc_message message;
    irc_parse(&message, up->text, up->text_size);
    message.tagged = up->tagged;
    message.id = up->tag;
    irc_answer_clear(&hub->answer);
    irc_act(&hub->server, &member->client, &message, &hub->answer);
    member_reply(member, buffer_string(&hub->answer.reply), hub->answer.reply.size);
    answer_tell(hub, &member->client, &message, up->line, up->task);
    if (!hub->answer.quit)
        return;
    member_leave(member);
    if (member->first == NULL)
        member_close_down(member);
}

static void hub_act(struct hub *hub, const struct wire_up *up)
{
    struct hub_member *member = up->member < hub->member_room ? hub->members[up->member] : NULL;
    if (up->line != WIRE_NONE)
        hub->told[up->line] = up->task;
    if (member != NULL && (member->client.flags & IRC_ADDED) != 0) {
        if (up->kind == WIRE_SAID) {
            member_act(member, up);
        } else if (up->kind == WIRE_TOO_LONG) {
            irc_answer_clear(&hub->answer);
            irc_too_long(&member->client, &hub->answer);
            member_reply(member, hub->answer.reply.data, hub->answer.reply.size);
        }
    }
    if (member != NULL && up->kind == WIRE_GONE)
        member_gone(member);
    if (up->line != WIRE_NONE)
        wire_line_drop(hub->shared, hub->lane, up->line);
    else if (up->task != TASK_NONE)
        ring_emit(&hub->lane->ring, EVENT_TASK_DONE, up->task, 0, 0);
}

static void hub_hear(struct ev_loop *loop, ev_io *io, int events)
{
    struct hub *hub = io->data;
    struct buffer *in = &hub->in;
    size_t used = 0;
    (void)loop, (void)events;
    ssize_t got = read(hub->up_out, buffer_reserve(in, READ_SIZE), READ_SIZE);
    if (got <= 0)
        return;
    buffer_grew(in, (size_t)got);
    for (;;) {
        struct wire_up up;
        long took = wire_unpack_up(hub->lane, in->data + used, in->size - used, &up);
        if (took < 0)
            memory_stop("the hub of a chat got a frame that is none");
        if (took == 0)
            break;
        used += (size_t)took;
        hub_act(hub, &up);
        lane_check(hub->lane);
    }
    memmove(in->data, in->data + used, in->size - used);
    buffer_cut(in, in->size - used);
}

/* ---- The hub. ---- */

static void hub_accept(struct ev_loop *loop, ev_io *io, int events)
{
    struct hub *hub = io->data;
    (void)events;
    for (int i = 0; i < ACCEPT_MOST; i++) {
        int fd = service_accept(&hub->service);
        if (fd >= 0)
            hub_admit(hub, fd);
        if (fd == SERVICE_LATER)
            ev_io_stop(loop, io); /* until the next tick */
        if (fd == SERVICE_LATER || fd == SERVICE_NOBODY)
            return;
    }
}

static void hub_tick(struct evented *evented, void *context)
{
    struct hub *hub = context;
    hub_reap(hub);
    if (service_is_over(&hub->service))
        evented_end(evented);
    else if (!ev_is_active(&hub->listener))
        ev_io_start(hub->loop, &hub->listener);
}

/* The processes see their pipes closed and go; who does not is killed. */
static void hub_part(struct hub *hub)
{
    const struct timespec pause = { .tv_nsec = 1000 * 1000 };
    for (uint32_t i = 0; i < hub->member_room; i++)
        if (hub->members[i] != NULL)
            member_close_down(hub->members[i]);
    close(hub->up_out); /* who still writes is told that nobody reads */
    for (int i = 0; i < PARTING_MS && hub->processes > 0; i++) {
        hub_reap(hub);
        if (hub->processes > 0)
            nanosleep(&pause, NULL);
    }
    for (uint32_t i = 0; i < hub->member_room; i++)
        if (hub->members[i] != NULL)
            kill(hub->members[i]->pid, SIGKILL);
    while (hub->processes > 0) {
        int status;
        pid_t pid = waitpid(-1, &status, 0);
        if (pid < 0 && errno != EINTR)
            break;
        if (pid > 0)
            member_reaped(hub, pid, status);
    }
}

static bool hub_open(struct hub *hub, struct stage *stage, struct error *error)
{
    const struct evented_options options = {
        .waits_as = SAYS_IPC, .silent = true, .tick = hub_tick, .context = hub
    };
    int ends[2];
    hub->shared = wire_share();
    if (hub->shared == NULL || pipe(ends) != 0)
        return error_set(error, "the hub of a chat has no memory or no pipe to share: %s",
                         strerror(errno));
    hub->up_out = ends[0];
    hub->up_in = ends[1];
    fcntl(hub->up_out, F_SETFL, O_NONBLOCK);
    service_open(&hub->service, stage);
    memset(hub->told, 0xff, sizeof hub->told);
    hub->lane = &stage->main;
    hub->evented = evented_new(hub->lane, &options);
    hub->loop = evented_loop(hub->evented);
    ev_io_init(&hub->listener, hub_accept, stage->listener, EV_READ);
    ev_io_init(&hub->up, hub_hear, hub->up_out, EV_READ);
    hub->listener.data = hub->up.data = hub;
    ev_io_start(hub->loop, &hub->listener);
    ev_io_start(hub->loop, &hub->up);
    evented_expect(hub->loop, 1);
    return true;
}

bool serve_processes(struct stage *stage, struct error *error)
{
    struct hub *hub = mem_zero(1, sizeof *hub);
    if (!hub_open(hub, stage, error))
        return false;
    evented_run(hub->evented);
    stage_end(stage, !stage_should_stop(stage));
    hub_part(hub);
    evented_free(hub->evented);
    service_close(&hub->service);
    close(hub->up_in);
    irc_server_fini(&hub->server);
    irc_answer_fini(&hub->answer);
    buffer_fini(&hub->in);
    free(hub->members);
    wire_unshare(hub->shared);
    free(hub);
    return true;
}
