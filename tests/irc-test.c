/*
 * The IRC protocol as conversations. A conversation is lines: "a> text" client a sends it, "a< text"
 * is the next thing client a must hear ('*' stands for anything), "a!" client a's connection breaks.
 * Whatever was heard and is not expected fails. Clients are a to h, connected from the start.
 */
#include "irc_room.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
{
    Suite *suite = suite_create("irc");
    TCase *cases = tcase_create("irc");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, conversation_goes_as_written, 0,
                        (int)(sizeof(conversations) / sizeof(*conversations)));
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
