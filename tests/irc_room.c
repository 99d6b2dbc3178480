/*
 * Answers are delivered as the servers of the models do, but into buffers.
 */
#include "irc_room.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

void room_init(struct room *room)
{
    memset(room, 0, sizeof(*room));
    for (int i = 0; i < CLIENTS; i++)
        irc_add(&room->server, &room->clients[i]);
}

void room_fini(struct room *room)
{
    for (int i = 0; i < CLIENTS; i++) {
        buffer_fini(&room->heard[i]);
        irc_input_fini(&room->inputs[i]);
    }
    irc_server_fini(&room->server);
}

static void room_deliver(struct room *room, int from, uint32_t id, struct irc_answer *answer)
{
    buffer_append(&room->heard[from], buffer_string(&answer->reply), answer->reply.size);
    for (size_t i = 0; i < answer->relay_count; i++) {
        const struct irc_relay *relay = &answer->relays[i];
        ck_assert_uint_le(relay->size, IRC_LINE);
        for (uint32_t k = 0; k < room->server.count; k++) {
            struct irc_client *client = room->server.clients[k];
            if (!irc_hears(relay, &room->clients[from], client))
                continue;
            struct buffer *heard = &room->heard[client - room->clients];
            char tag[IRC_TAG_SIZE];
            if (id != UINT32_MAX && (client->flags & IRC_TAGS_WANTED) != 0)
                buffer_append(heard, tag, irc_tag(id, tag));
            buffer_append(heard, answer->relayed.data + relay->from, relay->size);
        }
    }
}

void room_leave(struct room *room, int i)
{
    struct irc_answer answer = { 0 };
    irc_leave(&room->server, &room->clients[i], "gone", &answer);
    room_deliver(room, i, UINT32_MAX, &answer);
    irc_answer_fini(&answer);
    room->gone[i] = true;
}

static void room_line(struct room *room, int i, const char *line, size_t size)
{
    struct irc_message message;
    struct irc_answer answer = { 0 };
    irc_parse(&message, line, size);
    room->tasks += message.spoken;
    room->last_id = message.id;
    irc_act(&room->server, &room->clients[i], &message, &answer);
    room_deliver(room, i, message.spoken ? message.id : UINT32_MAX, &answer);
    bool quit = answer.quit;
    irc_answer_fini(&answer);
    if (quit)
        room_leave(room, i);
}

void room_bytes(struct room *room, int i, const char *bytes, size_t size)
{
    const char *line;
    size_t line_size;
    enum irc_input_got got;
    while (!room->gone[i] && (got = irc_input_next(&room->inputs[i], &bytes, &size, &line,
                                                   &line_size)) != IRC_INPUT_NONE) {
        if (got == IRC_INPUT_LINE) {
            room_line(room, i, line, line_size);
            continue;
        }
        struct irc_answer answer = { 0 };
        irc_too_long(&room->clients[i], &answer);
        room_deliver(room, i, UINT32_MAX, &answer);
        irc_answer_fini(&answer);
    }
}

/* '*' in the pattern stands for any text. */
static bool like(const char *pattern, const char *text)
{
    if (*pattern == '\0')
        return *text == '\0';
    if (*pattern == '*') {
        do
            if (like(pattern + 1, text))
                return true;
        while (*text++ != '\0');
        return false;
    }
    return *pattern == *text && like(pattern + 1, text + 1);
}

char *room_heard(struct room *room, int i)
{
    struct buffer *heard = &room->heard[i];
    if (heard->size == 0)
        return NULL;
    char *end = strstr(heard->data, "\r\n");
    ck_assert_ptr_nonnull(end);
    size_t size = (size_t)(end - heard->data);
    char *line = strndup(heard->data, size);
    memmove(heard->data, end + 2, heard->size - size - 2);
    buffer_cut(heard, heard->size - size - 2);
    return line;
}

void room_expect(struct room *room, int i, const char *pattern)
{
    char *line = room_heard(room, i);
    ck_assert_msg(line != NULL, "%c heard nothing, not '%s'", 'a' + i, pattern);
    ck_assert_msg(like(pattern, line), "%c heard '%s', not '%s'", 'a' + i, line, pattern);
    free(line);
}

void room_silent(const struct room *room, const char *before)
{
    for (int i = 0; i < CLIENTS; i++)
        ck_assert_msg(room->heard[i].size == 0, "before '%s' %c heard '%s'", before, 'a' + i,
                      buffer_string(&room->heard[i]));
}

static void room_forget(struct room *room)
{
    for (int i = 0; i < CLIENTS; i++)
        buffer_clear(&room->heard[i]);
}

void room_of_three(struct room *room)
{
    static const char *const script[] = { "NICK ann\nUSER ann 0 * :Ann\nJOIN #room\n",
                                          "NICK bob\nUSER bob 0 * :Bob\nJOIN #room\n",
                                          "NICK c3\nUSER crowd 0 * :C\nJOIN #room\n" };
    room_init(room);
    for (int i = 0; i < 3; i++)
        room_bytes(room, i, script[i], strlen(script[i]));
    room_forget(room);
}
