/*
 * IRC as it comes over a wire: lines cut at every place, lines that are too long, bytes of no sense,
 * whose answers do not matter but after which the room must still work, and ten thousand clients.
 */
#include "irc_room.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    Suite *suite = suite_create("irc-wild");
    TCase *cases = tcase_create("wild");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, pieces_make_the_same_lines);
    tcase_add_test(cases, long_lines_are_cut_or_skipped);
    tcase_add_loop_test(cases, garbage_breaks_nothing, 0, 8);
    tcase_add_test(cases, many_clients);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
