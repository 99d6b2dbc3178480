/*
 * The hub of a chat of processes: what goes down to its members, and what they owe. See
 * serve_processes.c for the whole.
 *
 * Invariant: a line is held once for each member in whose `owed` it is: it was put into that member's
 * pipe or pends before it, and the member's process has not told (wire_member.wrote) that it is
 * written.
 */
#include "engine/serve_hub.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BEHIND_MOST = 1024 * 1024 }; /* bytes that a process may be behind */

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

void member_forgive(struct hub_member *member)
{
    struct hub *hub = member->hub;
    if (member->owed_count > 0)
        member_settle(member);
    for (uint32_t i = 0; i < member->owed_count; i++)
        wire_line_drop(hub->shared, hub->lane, member->owed[i]);
    member->owed_count = 0;
}

void member_lose_lines(struct hub_member *member)
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

static void member_hang_up(struct hub_member *member)
{
    ev_io_stop(member->hub->loop, &member->writable);
    while (member->first != NULL)
        member_drop_first(member);
    close(member->down);
    member->down = -1;
}

void member_close_down(struct hub_member *member, bool at_once)
{
    member->leaving = true;
    if (member->down >= 0 && (at_once || member->first == NULL))
        member_hang_up(member);
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
    if (member->leaving)
        member_hang_up(member);
}

void member_open_down(struct hub_member *member, int down)
{
    fcntl(down, F_SETFL, O_NONBLOCK);
    member->down = down;
    ev_io_init(&member->writable, member_is_writable, down, EV_WRITE);
    member->writable.data = member;
}

void member_reply(struct hub_member *member, const char *text, size_t size)
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

void hub_tell(struct hub *hub, const struct irc_client *from, const struct irc_message *message,
              uint32_t line, uint32_t task)
{
    for (size_t i = 0; i < hub->answer.relay_count; i++)
        relay_tell(hub, &hub->answer.relays[i], from, message, line, task);
}
