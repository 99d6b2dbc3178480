/*
 * The process of one connection: see serve_wire.h. It waits for its client and for the hub at once,
 * hands the client's lines up and sends what comes down.
 *
 * Invariant: a line that came down is counted as written after it was sent to the client or given
 * up, in the order of the pipe; so the hub knows what is still owed should this process be killed.
 *
 * It deliberately knows no room: who is in it, and what a line means, is the hub's. It knows of the
 * protocol only where a line ends, whether it is spoken and whether its client is of the crowd.
 */
#include "engine/serve_wire.h"

#include "engine/gil.h"
#include "engine/irc.h"
#include "engine/service.h"
#include "platform/platform.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { READ_SIZE = 4096 };
static const struct timeval SEND_LIMIT = { .tv_sec = 1 };

struct member {
    struct lane lane;
    const struct wire_ends *ends;
    struct irc_input input;
    struct buffer up;   /* a frame that is being made */
    struct buffer down; /* what came and is no whole frame yet */
    bool crowd;
};

/* ---- Up. ---- */

/* False: the hub is gone. */
static bool member_tell(struct member *member, const struct wire_up *up)
{
    ssize_t wrote;
    buffer_clear(&member->up);
    wire_pack_up(&member->lane, up, &member->up);
    lane_leave(&member->lane, SAYS_IPC);
    do
        wrote = write(member->ends->up, member->up.data, member->up.size);
    while (wrote < 0 && errno == EINTR);
    lane_enter(&member->lane);
    return wrote == (ssize_t)member->up.size;
}

/* A spoken line is a task; the step is to hand it up. */
static bool member_speak(struct member *member, const struct irc_message *message,
                         struct wire_up *up)
{
    struct lane *lane = &member->lane;
    const struct wire_ends *ends = member->ends;
    struct task task;
    up->task = service_task(lane->stage, lane, message, member->crowd);
    up->line = wire_line_take(ends->shared, ends->member, up->task);
    task_init(&task, up->task);
    task_take(lane, &task);
    task_step_begin(lane, &task);
    bool told = member_tell(member, up);
    task_step_end(lane, &task);
    lane->task = TASK_NONE;
    task_fini(&task);
    if (up->line != WIRE_NONE) {
        atomic_store(&ends->shared->lines[up->line].reader, WIRE_NONE);
        wire_line_drop(ends->shared, lane, up->line);
    }
    return told;
}

/* Without its tags: what they said is in the frame's own fields. */
static void strip_tags(const char **line, size_t *size)
{
    const char *space = *size > 0 && **line == '@' ? memchr(*line, ' ', *size) : *line;
    *size = space == NULL ? 0 : *size - (size_t)(space - *line);
    *line = space == NULL ? *line : space;
    if (*size > IRC_LINE)
        *size = IRC_LINE;
}

static bool member_line(struct member *member, const char *line, size_t size)
{
    struct irc_message message;
    struct wire_up up = {
        .kind = WIRE_SAID,
        .member = member->ends->member,
        .line = WIRE_NONE,
        .task = TASK_NONE,
    };
    irc_parse(&message, line, size);
    strip_tags(&line, &size);
    up.text = line;
    up.text_size = size;
    up.tagged = message.tagged;
    up.tag = message.id;
    if (message.spoken)
        return member_speak(member, &message, &up);
    if (strcasecmp(message.name, "USER") == 0 && message.count > 0)
        member->crowd = strcmp(message.params[0], "crowd") == 0;
    lane_bytecode(&member->lane);
    bool told = member_tell(member, &up);
    lane_bytecode(&member->lane);
    return told;
}

static bool member_bytes(struct member *member, const char *bytes, size_t size)
{
    const char *line;
    size_t line_size;
    enum irc_input_got got;
    const struct wire_up too_long = {
        .kind = WIRE_TOO_LONG,
        .member = member->ends->member,
        .line = WIRE_NONE,
        .task = TASK_NONE,
        .text = "",
    };
    while ((got = irc_input_next(&member->input, &bytes, &size, &line, &line_size)) !=
           IRC_INPUT_NONE) {
        if (got == IRC_INPUT_LINE && !member_line(member, line, line_size))
            return false;
        if (got == IRC_INPUT_TOO_LONG && !member_tell(member, &too_long))
            return false;
    }
    return true;
}

/* False: the client or the hub is gone. */
static bool member_read(struct member *member)
{
    char bytes[READ_SIZE];
    ssize_t got = recv(member->ends->client, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return true;
    return got > 0 && member_bytes(member, bytes, (size_t)got);
}

/* ---- Down. ---- */

/* A send that blocks is short only where the client did not read for SEND_LIMIT. */
static bool member_send(struct member *member, const char *bytes, size_t size)
{
    ssize_t sent;
    lane_leave(&member->lane, SAYS_CALL);
    do
        sent = send(member->ends->client, bytes, size, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    lane_enter(&member->lane);
    return sent == (ssize_t)size;
}

static bool member_frame(struct member *member, const struct wire_down *down)
{
    struct wire_shared *shared = member->ends->shared;
    bool sent = member_send(member, down->text, down->text_size);
    if (down->line != WIRE_NONE) {
        atomic_fetch_add(&shared->members[member->ends->member].wrote, 1);
        wire_line_drop(shared, &member->lane, down->line);
    }
    return sent;
}

/* Sends all whole frames that came. False: the client does not take them. */
static bool member_frames(struct member *member)
{
    struct buffer *in = &member->down;
    size_t used = 0;
    bool sent = true;
    while (sent) {
        struct wire_down down;
        long took = wire_unpack_down(&member->lane, in->data + used, in->size - used, &down);
        if (took < 0)
            return false;
        if (took == 0)
            break;
        used += (size_t)took;
        sent = member_frame(member, &down);
    }
    memmove(in->data, in->data + used, in->size - used);
    buffer_cut(in, in->size - used);
    if (in->size == 0)
        buffer_fini(in);
    return sent;
}

enum down_got { DOWN_OK, DOWN_OVER, DOWN_CLIENT_GONE };

static enum down_got member_hear(struct member *member)
{
    ssize_t got;
    char *into = buffer_reserve(&member->down, READ_SIZE);
    do
        got = read(member->ends->down, into, READ_SIZE);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return DOWN_OVER;
    buffer_grew(&member->down, (size_t)got);
    return member_frames(member) ? DOWN_OK : DOWN_CLIENT_GONE;
}

/* ---- Its life. ---- */

/* True: the client is gone; false: the hub wants the end. */
static bool member_live(struct member *member)
{
    struct pollfd fds[] = { { .fd = member->ends->down, .events = POLLIN },
                            { .fd = member->ends->client, .events = POLLIN } };
    for (;;) {
        lane_leave(&member->lane, SAYS_IO);
        int ready = poll(fds, 2, -1);
        lane_enter(&member->lane);
        lane_poll_params(&member->lane);
        if (ready > 0 && fds[0].revents != 0) {
            enum down_got got = member_hear(member);
            if (got != DOWN_OK)
                return got == DOWN_CLIENT_GONE;
        }
        if (ready > 0 && fds[1].revents != 0 && !member_read(member))
            return true;
    }
}

void serve_process_member(struct stage *stage, const struct wire_ends *ends)
{
    struct member member = { .ends = ends };
    struct gil *gil =
        gil_new(atomic_fetch_add(&stage->run->next_gil, 1), stage_param(stage, PARAM_GIL) != 0);
    const struct wire_up gone = {
        .kind = WIRE_GONE,
        .member = ends->member,
        .line = WIRE_NONE,
        .task = TASK_NONE,
        .text = "",
    };
    setsockopt(ends->client, SOL_SOCKET, SO_SNDTIMEO, &SEND_LIMIT, sizeof SEND_LIMIT);
    lane_begin(&member.lane, stage, gil, ROLE_CONNECTION, ends->connection);
    atomic_store(&ends->shared->members[ends->member].lane, member.lane.ring.lane);
    lane_enter(&member.lane);
    if (member_live(&member))
        member_tell(&member, &gone);
    lane_end(&member.lane);
    _exit(0);
}
