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
#include "engine/serve_hub.h"

#include "base/memory.h"
#include "engine/connection.h"
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
    ACCEPT_MOST = 16,      /* in one turn */
    READ_SIZE = 64 * 1024, /* a pipe's worth */
    PARTING_MS = 2000,
};

/* ---- A member's life. ---- */

/* Out of the room; the others are told. */
static void member_leave(struct hub_member *member)
{
    struct hub *hub = member->hub;
    irc_answer_clear(&hub->answer);
    irc_leave(&hub->server, &member->client, "gone", &hub->answer);
    hub_tell(hub, &member->client, NULL, WIRE_NONE, TASK_NONE);
}

/* The client has no connection any more. */
static void member_gone(struct hub_member *member)
{
    struct hub *hub = member->hub;
    member_leave(member);
    member_close_down(member, true);
    member_forgive(member);
    if (member->open)
        connection_closed(hub->lane, member->connection);
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
    /* Where the platform cannot promise it, the end of the pipes tells; a parent that is gone already
     * is seen here. */
    platform_die_with_parent(SIGKILL, parent);
    if (getppid() != parent)
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
    member_open_down(member, ends[1]);
    return 0;
}

static void hub_admit(struct hub *hub, int fd)
{
    struct hub_member *member = mem_zero(1, sizeof *member);
    uint32_t number = hub_number(hub);
    member->hub = hub;
    member->number = number;
    member->connection = connection_opened(hub->lane);
    atomic_store(&hub->shared->members[number].lane, LANE_NONE);
    member->settled = atomic_load(&hub->shared->members[number].wrote);
    lane_leave(hub->lane, SAYS_CALL);
    bool room = service_has_lane(&hub->service, member->connection);
    int error = !room ? ENOSPC : number < WIRE_MEMBERS ? member_fork(hub, member, fd) : EAGAIN;
    lane_enter(hub->lane);
    if (error != 0) {
        connection_closed(hub->lane, member->connection);
        service_refuse(&hub->service, fd, room ? "process" : "lane", error);
        free(member);
    } else {
        member->open = true;
        hub->members[number] = member;
        hub->processes++;
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
    hub_tell(hub, &member->client, &message, up->line, up->task);
    if (!hub->answer.quit)
        return;
    member_leave(member);
    member_close_down(member, false);
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
            member_close_down(hub->members[i], true);
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
