/*
 * The IRC protocol as conversations. A conversation is lines: "a> text" client a sends it, "a< text"
 * is the next thing client a must hear ('*' stands for anything), "a!" client a's connection breaks.
 * Whatever was heard and is not expected fails. Clients are a to h, connected from the start.
 *
 * Beside them: lines cut at every place and bytes of no sense, whose answers do not matter but after
 * which the room must still work.
 */
#include "engine/irc.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 8 };

struct room {
    struct irc_server server;
    struct irc_client clients[CLIENTS];
    struct irc_input inputs[CLIENTS];
    struct buffer heard[CLIENTS];
    bool gone[CLIENTS];
    unsigned tasks;
    uint32_t last_id;
};

static void room_init(struct room *room)
{
    memset(room, 0, sizeof(*room));
    for (int i = 0; i < CLIENTS; i++)
        irc_add(&room->server, &room->clients[i]);
}

static void room_fini(struct room *room)
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

static void room_leave(struct room *room, int i)
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

static void room_bytes(struct room *room, int i, const char *bytes, size_t size)
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

/* The next line that a client heard, without its CRLF, or NULL. */
static char *room_heard(struct room *room, int i)
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

static void room_expect(struct room *room, int i, const char *pattern)
{
    char *line = room_heard(room, i);
    ck_assert_msg(line != NULL, "%c heard nothing, not '%s'", 'a' + i, pattern);
    ck_assert_msg(like(pattern, line), "%c heard '%s', not '%s'", 'a' + i, line, pattern);
    free(line);
}

static void room_silent(const struct room *room, const char *before)
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

static void converse(struct room *room, const char *script)
{
    char *copy = strdup(script);
    char *rest = NULL;
    for (char *line = strtok_r(copy, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        int i = line[0] - 'a';
        ck_assert(i >= 0 && i < CLIENTS);
        const char *text = strlen(line) > 3 ? line + 3 : "";
        if (line[1] == '<') {
            room_expect(room, i, text);
            continue;
        }
        room_silent(room, line);
        if (line[1] == '!') {
            room_leave(room, i);
            continue;
        }
        char sent[2 * IRC_LINE];
        room_bytes(room, i, sent, (size_t)snprintf(sent, sizeof(sent), "%s\r\n", text));
    }
    room_silent(room, "the end");
    free(copy);
}

/* a and b are people, c is of the crowd; all three are in #room, and what they heard is forgotten. */
static void room_of_three(struct room *room)
{
    static const char *const script[] = { "NICK ann\nUSER ann 0 * :Ann\nJOIN #room\n",
                                          "NICK bob\nUSER bob 0 * :Bob\nJOIN #room\n",
                                          "NICK c3\nUSER crowd 0 * :C\nJOIN #room\n" };
    room_init(room);
    for (int i = 0; i < 3; i++)
        room_bytes(room, i, script[i], strlen(script[i]));
    room_forget(room);
}

struct conversation {
    const char *name;
    bool fresh; /* nobody is registered yet; else a room of three */
    const char *script;
};

static const struct conversation conversations[] = {
    { .name = "registration",
      .fresh = true,
      .script = "a> NICK ann\n"
                "a> USER ann 0 * :Ann\n"
                "a< :lockstep 001 ann :Welcome, ann!ann@localhost\n"
                "a< :lockstep 002 ann *\n"
                "a< :lockstep 003 ann *\n"
                "a< :lockstep 004 ann lockstep *\n"
                "a< :lockstep 005 ann *are supported\n"
                "a< :lockstep 422 ann *\n"
                "a> USER again 0 * :Ann\n"
                "a< :lockstep 462 ann *\n" },
    { .name = "registration in the other order, with a password and nc's bare words",
      .fresh = true,
      .script = "b> PASS secret\n"
                "b> user bob\n"
                "b> nick bob\n"
                "b< :lockstep 001 bob :Welcome, bob!bob@localhost\n"
                "b< :lockstep 002 *\nb< :lockstep 003 *\nb< :lockstep 004 *\nb< :lockstep 005 *\n"
                "b< :lockstep 422 *\n" },
    { .name = "capabilities hold the welcome back",
      .fresh = true,
      .script = "a> CAP LS 302\n"
                "a< :lockstep CAP * LS :message-tags\n"
                "a> NICK ann\n"
                "a> USER ann 0 * :Ann\n"
                "a> CAP REQ :message-tags\n"
                "a< :lockstep CAP ann ACK :message-tags\n"
                "a> CAP REQ :sasl\n"
                "a< :lockstep CAP ann NAK :sasl\n"
                "a> CAP LIST\n"
                "a< :lockstep CAP ann LIST :message-tags\n"
                "a> CAP FOO\n"
                "a< :lockstep 410 ann FOO *\n"
                "a> CAP END\n"
                "a< :lockstep 001 *\na< :lockstep 002 *\na< :lockstep 003 *\na< :lockstep 004 *\n"
                "a< :lockstep 005 *\na< :lockstep 422 *\n" },
    { .name = "before registration",
      .fresh = true,
      .script = "a> JOIN #room\n"
                "a< :lockstep 451 * *\n"
                "a> PRIVMSG #room :hello\n"
                "a< :lockstep 451 * *\n"
                "a> GET / HTTP/1.1\n"
                "a< :lockstep 451 * *\n"
                "a> PING 7\n"
                "a< :lockstep PONG lockstep :7\n"
                "a> QUIT\n"
                "a< ERROR *\n" },
    { .name = "nicks",
      .fresh = true,
      .script = "a> NICK\n"
                "a< :lockstep 431 * *\n"
                "a> NICK 1st\n"
                "a< :lockstep 432 * 1st *\n"
                "a> NICK a.b\n"
                "a< :lockstep 432 * a.b *\n"
                "a> NICK abcdefghijklmnopqrstuvwxyz\n"
                "a< :lockstep 432 * abcdefghijklmnopqrstuvwxyz *\n"
                "a> NICK ann\n"
                "b> NICK ANN\n"
                "b< :lockstep 433 * ANN *\n"
                "a> NICK Ann\n"
                "a> NICK other\n"
                "b> NICK ann\n" },
    { .name = "join: names, and the others are told, but not the crowd",
      .script = "d> NICK dan\n"
                "d> USER dan 0 * :Dan\n"
                "d< *001*\nd< *002*\nd< *003*\nd< *004*\nd< *005*\nd< *422*\n"
                "d> JOIN #room\n"
                "d< :dan!dan@localhost JOIN #room\n"
                "d< :lockstep 353 dan = #room :ann bob c3 dan\n"
                "d< :lockstep 366 dan #room :End of names\n"
                "a< :dan!dan@localhost JOIN #room\n"
                "b< :dan!dan@localhost JOIN #room\n"
                "d> JOIN #ROOM\n" },
    { .name = "the crowd joins: 366 alone ends it",
      .script = "d> NICK d4\n"
                "d> USER crowd 0 * :D\n"
                "d< *001*\nd< *002*\nd< *003*\nd< *004*\nd< *005*\nd< *422*\n"
                "d> JOIN #room\n"
                "d< :d4!crowd@localhost JOIN #room\n"
                "d< :lockstep 366 d4 #room :End of names\n"
                "a< :d4!crowd@localhost JOIN #room\n"
                "b< :d4!crowd@localhost JOIN #room\n"
                "d> NAMES #room\n"
                "d< :lockstep 366 d4 #room :End of names\n" },
    { .name = "a line to everyone else",
      .script = "a> PRIVMSG #room :hello there\n"
                "b< :ann!ann@localhost PRIVMSG #room :hello there\n"
                "c< :ann!ann@localhost PRIVMSG #room :hello there\n"
                "a> privmsg #room hi\n"
                "b< :ann!ann@localhost PRIVMSG #room :hi\n"
                "c< :ann!ann@localhost PRIVMSG #room :hi\n"
                "a> :ann!x@y PRIVMSG #room ::-)\n"
                "b< :ann!ann@localhost PRIVMSG #room ::-)\n"
                "c< :ann!ann@localhost PRIVMSG #room ::-)\n" },
    { .name = "a tag is heard by those who know tags",
      .script = "c> @id=42 PRIVMSG #room :tagged\n"
                "a< :c3!crowd@localhost PRIVMSG #room :tagged\n"
                "b< :c3!crowd@localhost PRIVMSG #room :tagged\n"
                "b> CAP REQ :message-tags\n"
                "b< :lockstep CAP bob ACK :message-tags\n"
                "c> @x=1;id=43;y PRIVMSG #room :again\n"
                "a< :c3!crowd@localhost PRIVMSG #room :again\n"
                "b< @id=43 :c3!crowd@localhost PRIVMSG #room :again\n"
                "a> PRIVMSG #room :no tag\n"
                "b< :ann!ann@localhost PRIVMSG #room :no tag\n"
                "c< :ann!ann@localhost PRIVMSG #room :no tag\n"
                "b> @id=44 PRIVMSG #room :hers\n"
                "a< :bob!bob@localhost PRIVMSG #room :hers\n"
                "c< @id=44 :bob!bob@localhost PRIVMSG #room :hers\n" },
    { .name = "tags that are none",
      .script = "c> @id=4294967295 PRIVMSG #room :1\n"
                "a< *\nb< *\n"
                "c> @id=99999999999999999999 PRIVMSG #room :2\n"
                "a< *\nb< *\n"
                "c> @id= PRIVMSG #room :3\n"
                "a< *\nb< *\n"
                "c> @id=7x PRIVMSG #room :4\n"
                "a< *\nb< *\n"
                "c> @ PRIVMSG #room :5\n"
                "a< *\nb< *\n"
                "c> @id=7\n"
                "a> @\n" },
    { .name = "private words",
      .script = "a> PRIVMSG bob :psst\n"
                "b< :ann!ann@localhost PRIVMSG bob :psst\n"
                "a> PRIVMSG nobody :psst\n"
                "a< :lockstep 401 ann nobody *\n"
                "a> NOTICE nobody :psst\n"
                "a> PRIVMSG\n"
                "a< :lockstep 461 ann PRIVMSG *\n"
                "a> PRIVMSG bob\n"
                "a< :lockstep 412 ann *\n"
                "a> PRIVMSG bob :\n"
                "a< :lockstep 412 ann *\n"
                "a> PRIVMSG #elsewhere :psst\n"
                "a< :lockstep 404 ann #elsewhere *\n"
                "a> NOTICE #room :beep\n"
                "b< :ann!ann@localhost NOTICE #room :beep\n"
                "c< :ann!ann@localhost NOTICE #room :beep\n" },
    { .name = "several rooms",
      .script =
          "a> JOIN #x,#y,#z\n"
          "a< *JOIN #x\na< *353 ann = #x :ann\na< *366 ann #x *\n"
          "a< *JOIN #y\na< *353 ann = #y :ann\na< *366 ann #y *\n"
          "a< *JOIN #z\na< *353 ann = #z :ann\na< *366 ann #z *\n"
          "b> JOIN #x,#1,#2,#3,#4\n"
          "b< *JOIN #x\nb< *353 bob = #x :ann bob\nb< *366 bob #x *\n"
          "b< *JOIN #1\nb< *353*\nb< *366*\nb< *JOIN #2\nb< *353*\nb< *366*\n"
          "b< *JOIN #3\nb< *353*\nb< *366*\n"
          "b< :lockstep 407 bob #4 *\n"
          "a< *JOIN #x\n"
          "a> PRIVMSG #x :only here\n"
          "b< *PRIVMSG #x :only here\n"
          "a> PRIVMSG #x,#room :both\n"
          "b< *PRIVMSG #x :both\nb< *PRIVMSG #room :both\nc< *PRIVMSG #room :both\n"
          "b> NICK bert\n"
          "b< :bob!bob@localhost NICK :bert\n"
          "a< :bob!bob@localhost NICK :bert\n"
          "a> PART #x\n"
          "a< :ann!ann@localhost PART #x\n"
          "b< :ann!ann@localhost PART #x\n"
          "a> PART #x\n"
          "a< :lockstep 442 ann #x *\n"
          "a> PRIVMSG #x :no more\n"
          "a< :lockstep 404 ann #x *\n"
          "a> JOIN room\n"
          "a< :lockstep 403 ann room *\n"
          "a> LIST\n"
          "a< *322 ann #room 3 :\na< *322 ann #x 1 :\na< *322 ann #y 1 :\na< *322 ann #z 1 :\n"
          "a< *322 ann #1 1 :\na< *322 ann #2 1 :\na< *322 ann #3 1 :\na< *323*\n" },
    { .name = "who goes is missed",
      .script = "b> QUIT :bye\n"
                "b< ERROR *\n"
                "a< :bob!bob@localhost QUIT :bye\n"
                "c!\n"
                "a< :c3!crowd@localhost QUIT :gone\n"
                "a> PRIVMSG #room :alone\n"
                "a> NAMES #room\n"
                "a< :lockstep 353 ann = #room :ann\n"
                "a< *366*\n"
                "d> NICK bob\n"
                "d> USER bob\n"
                "d< *001 bob*\nd< *\nd< *\nd< *\nd< *\nd< *\n"
                "a!\n"
                "d> JOIN #room\n"
                "d< *JOIN*\nd< *353 bob = #room :bob\nd< *366*\n" },
    { .name = "what irssi asks by itself",
      .script = "a> MODE #room\na< :lockstep 324 ann #room +\n"
                "a> MODE #room b\na< :lockstep 368 ann #room *\n"
                "a> MODE ann +i\na< :lockstep 221 ann +\n"
                "a> WHO #room\n"
                "a< *352 ann #room ann localhost lockstep ann H :0 ann\na< *352*bob*\na< *352*c3*\n"
                "a< *315*\n"
                "a> WHOIS bob\na< *311 ann bob bob localhost *\na< *318 ann bob *\n"
                "a> WHOIS nobody\na< *401*\na< *318*\n"
                "a> TOPIC #room\na< *331*\n"
                "a> MOTD\na< *422*\n"
                "a> PONG lockstep\n"
                "a> AWAY\na< :lockstep 421 ann AWAY *\n" },
};

START_TEST(conversation_goes_as_written)
{
    const struct conversation *one = &conversations[_i];
    struct room room;
    if (one->fresh)
        room_init(&room);
    else
        room_of_three(&room);
    converse(&room, one->script);
    room_fini(&room);
}
END_TEST

/* The same bytes in one piece and cut into pieces of every size must be heard alike. */
START_TEST(pieces_make_the_same_lines)
{
    static const char bytes[] = "PRIVMSG #room :one\r\nPRIVMSG #room :two\n\n\r\n"
                                "@id=3 PRIVMSG #room :three\r\r\nPING 9\r\nPRIVMSG #room :fo\rur\n";
    struct room room;
    room_of_three(&room);
    for (size_t piece = 1; piece < sizeof(bytes); piece++) {
        for (size_t at = 0; at < sizeof(bytes) - 1; at += piece) {
            size_t left = sizeof(bytes) - 1 - at;
            room_bytes(&room, 0, bytes + at, left < piece ? left : piece);
        }
        room_expect(&room, 1, "*:one");
        room_expect(&room, 1, "*:two");
        room_expect(&room, 1, "*:three");
        room_expect(&room, 1, "*:four");
        room_expect(&room, 0, "*PONG*9");
        buffer_clear(&room.heard[2]);
        room_silent(&room, "the next piece size");
        ck_assert_ptr_null(room.inputs[0].data);
    }
    ck_assert_uint_eq(room.tasks, 4 * (sizeof(bytes) - 1));
    room_fini(&room);
}
END_TEST

/* A line of every length around the limits: relayed whole or cut, never more than 512 bytes; past
 * the longest, 417 once, and the next line is heard again. */
START_TEST(long_lines_are_cut_or_skipped)
{
    struct room room;
    room_of_three(&room);
    for (size_t length = 400; length < 2 * (IRC_TAGS + IRC_LINE); length += length < 600 ? 1 : 97) {
        struct buffer line = { 0 };
        buffer_text(&line, "PRIVMSG #room :");
        while (line.size < length)
            buffer_byte(&line, 'x');
        buffer_text(&line, "\r\nPRIVMSG #room :next\r\n");
        for (size_t at = 0; at < line.size; at += 700)
            room_bytes(&room, 0, line.data + at, line.size - at < 700 ? line.size - at : 700);
        buffer_fini(&line);
        if (length + 2 <= IRC_TAGS + IRC_LINE)
            room_expect(&room, 1, "*:xxx*");
        else
            room_expect(&room, 0, "*417*");
        room_expect(&room, 1, "*:next");
        buffer_clear(&room.heard[2]);
        room_silent(&room, "the next length");
    }
    room_fini(&room);
}
END_TEST

static const char *const vocabulary[] = {
    "NICK ",
    "USER ",
    "JOIN ",
    "PART ",
    "PRIVMSG ",
    "QUIT",
    "CAP REQ ",
    "CAP LS",
    "NAMES ",
    "@id=",
    "#room",
    "#",
    ",",
    ":",
    " ",
    "\r\n",
    "\n",
    "\r",
    "ann",
    "bob",
    "\a",
    "\xff\xfe",
    "%s%n",
    "b3",
    "WHO ",
    "MODE ",
    "LIST",
    "WHOIS ",
    "::::",
    "12",
    "crowd 0 * :x",
    ("\x01"
     "ACTION"),
    "*",
    "!@",
};

/* Bytes of no sense, and words in no order, from a fixed sequence of random numbers: nothing breaks,
 * nobody hears a line that is none, members are counted right, and the room works afterwards. */
START_TEST(garbage_breaks_nothing)
{
    struct room room;
    uint64_t random = 0x9e3779b97f4a7c15U + (uint64_t)_i;
    room_of_three(&room);
    for (int turn = 0; turn < 4000; turn++) {
        char bytes[1024];
        size_t size = 0;
        while (size < 900) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            if ((random & 0xf00) == 0)
                break;
            if ((random & 0xf000) == 0) {
                memcpy(bytes + size, &random, 8);
                size += 8;
            } else if ((random & 0x30000) == 0x30000) {
                bytes[size++] = '\0';
            } else {
                const char *word =
                    vocabulary[(random >> 20) % (sizeof(vocabulary) / sizeof(*vocabulary))];
                memcpy(bytes + size, word, strlen(word));
                size += strlen(word);
            }
        }
        int who = 2 + (int)(random >> 40) % (CLIENTS - 2);
        if (room.gone[who]) {
            irc_input_fini(&room.inputs[who]);
            room.clients[who] = (struct irc_client){ 0 };
            irc_add(&room.server, &room.clients[who]);
            room.gone[who] = false;
        }
        room_bytes(&room, who, bytes, size);
        for (int i = 0; i < CLIENTS; i++) {
            for (char *line; (line = room_heard(&room, i)) != NULL; free(line)) {
                ck_assert_uint_le(strlen(line), IRC_LINE - 2 + IRC_TAG_SIZE);
                ck_assert_ptr_null(strpbrk(line, "\r\n"));
            }
        }
        uint32_t members = 0;
        uint32_t bits = 0;
        for (int i = 0; i < IRC_ROOMS; i++)
            members += room.server.rooms[i].members;
        for (uint32_t i = 0; i < room.server.count; i++) {
            bits += (uint32_t)__builtin_popcountll(room.server.clients[i]->rooms);
            ck_assert_uint_eq(room.server.clients[i]->slot, i);
        }
        ck_assert_uint_eq(members, bits);
    }
    room_bytes(&room, 0, "PRIVMSG #room :still here\r\n", 27);
    room_expect(&room, 1, ":ann!ann@localhost PRIVMSG #room :still here");
    room_fini(&room);
}
END_TEST

/* Ten thousand nicks: each found, none twice, all gone at the end. */
START_TEST(many_clients)
{
    enum { MANY = 10000 };
    struct irc_server server = { 0 };
    struct irc_client *clients = calloc(MANY, sizeof(*clients));
    struct irc_answer answer = { 0 };
    struct irc_message message;
    char line[64];
    ck_assert_uint_le(sizeof(*clients), 64);
    for (int i = 0; i < MANY; i++) {
        irc_add(&server, &clients[i]);
        irc_parse(&message, line, (size_t)snprintf(line, sizeof(line), "NICK n%d", i));
        irc_act(&server, &clients[i], &message, &answer);
        irc_parse(&message, "USER crowd", 10);
        irc_act(&server, &clients[i], &message, &answer);
        irc_parse(&message, "JOIN #room", 10);
        irc_act(&server, &clients[i], &message, &answer);
        irc_answer_clear(&answer);
    }
    ck_assert_uint_eq(server.rooms[0].members, MANY);
    irc_parse(&message, "NICK n7777", 10);
    irc_act(&server, &clients[1], &message, &answer);
    ck_assert_str_eq(buffer_string(&answer.reply),
                     ":lockstep 433 n1 n7777 :Nickname is already in use\r\n");
    for (int i = 0; i < MANY; i++) {
        irc_answer_clear(&answer);
        irc_leave(&server, &clients[(i * 7919) % MANY], "", &answer);
    }
    ck_assert_uint_eq(server.count, 0);
    ck_assert_uint_eq(server.rooms[0].members, 0);
    irc_answer_fini(&answer);
    irc_server_fini(&server);
    free(clients);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("irc");
    TCase *cases = tcase_create("irc");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, conversation_goes_as_written, 0,
                        (int)(sizeof(conversations) / sizeof(*conversations)));
    tcase_add_test(cases, pieces_make_the_same_lines);
    tcase_add_test(cases, long_lines_are_cut_or_skipped);
    tcase_add_loop_test(cases, garbage_breaks_nothing, 0, 8);
    tcase_add_test(cases, many_clients);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
