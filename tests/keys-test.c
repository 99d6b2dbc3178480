/*
 * Every key of the table of keys, pressed on its page in the real program: what it does has to be seen
 * on the screen. The steps are data: a key that no step presses fails the test, so a new row of the
 * table needs a step here.
 *
 * A step that says what must come holds that it was not there before the key.
 */
#include "term.h"

#include "base/clock.h"
#include "ui/ui.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct step {
    const char *where, *key; /* a key of a row of the table; NULL: only on the way */
    const char *bytes;       /* what a terminal sends for it */
    const char *seen;        /* comes on the screen; OTHER: anything else does */
    const char *gone;        /* leaves it */
};
static const char OTHER[] = "anything";

#define UP        "\x1bOA"
#define DOWN      "\x1bOB"
#define RIGHT     "\x1bOC"
#define LEFT      "\x1bOD"
#define HOME      "\x1bOH"
#define END       "\x1bOF"
#define PAGE_UP   "\x1b[5~"
#define PAGE_DOWN "\x1b[6~"
#define ESC       "\x1b"
#define START     "0:00.000000"

static const struct step in_the_picker[] = {
    { "picker", "down", DOWN, "Multiplying large matrices", "A chat room" },
    { "picker", "up", UP, "A chat room full", NULL },
    { NULL, NULL, DOWN, "Multiplying large matrices", NULL },
    { "picker", "tab", "\t", NULL, NULL }, /* told by what the next one turns */
    { "picker", "right", RIGHT, "1000     rows", NULL },
    { "picker", "left", LEFT, NULL, "1000     rows" },
    { "picker", "type", "64\r", "64       rows", NULL },
    { NULL, NULL, "\t", NULL, NULL },
    { "picker", "space", " ", "[ ] serial", NULL },
    { "picker", "v", "v", "staging: ", NULL },
    { "everywhere", "?", "?", "keys and states", NULL },
    { "help", "down", DOWN DOWN DOWN, NULL, "In a race" },
    { "help", "up", UP UP UP, "In a race", NULL },
    { "help", "esc", ESC, "SCENARIOS", NULL },
    { "picker", "enter", "\r", "what do you expect?", NULL },
    { "question", "esc", ESC, "SCENARIOS", NULL },
    { NULL, NULL, "\r", "what do you expect?", NULL },
    { "question", "space", " ", NULL, "what do you expect?" },
    { NULL, NULL, NULL, "enter score", NULL }, /* it is over, and plays again */
    { "replay", "enter", "\r", "wall time", NULL },
    { "score", "s", "s", "strips", NULL },
    { "race", "esc", ESC, "SCENARIOS", NULL },
    { NULL, NULL, "\r", "what do you expect?", NULL },
    { "question", "1..9", "1", NULL, "what do you expect?" },
    { NULL, NULL, NULL, "enter score", NULL },
    { NULL, NULL, "\r", "you said ", NULL }, /* the answer against what happened */
    { "score", "r", "r", "what do you expect?", NULL },
    { NULL, NULL, " ", "enter score", NULL },
    { NULL, NULL, "\r", "wall time", NULL },
    { "score", "esc", ESC, "SCENARIOS", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static const char *const long_race[] = { "matrix",     "-m",        "threads,processes", "-s",
                                         "size=768",   "-s",        "products=1000",     "-s",
                                         "workers=50", "--staging", "together",          NULL };
static const struct step in_a_race[] = {
    { "race", "m", "m", "marked, in the recording too", NULL },
    { "race", "space", " ", "PAUSED", NULL },
    { "race", "home", HOME, START, NULL },
    { "race", ".", ".", NULL, START },
    { "race", ",", ",", START, NULL },
    { "race", "right", RIGHT, NULL, START },
    { NULL, NULL, "m", "this moment is marked, in the recording too", NULL },
    { "race", "left", LEFT, START, NULL },
    { "race", "pgdn", PAGE_DOWN, NULL, START },
    { "race", "pgup", PAGE_UP, START, NULL },
    { "race", "]", "]", NULL, START },
    { "race", "[", "[", OTHER, NULL },
    { "race", "-", "-", "PAUSED  1/", NULL },
    { "race", "+", "+", NULL, "PAUSED  1/" },
    { "race", "tab", "\t", OTHER, NULL },
    { "race", "enter", "\r", "axis", NULL },
    { "detail", "esc", ESC, NULL, "axis" },
    { "race", "x", "x", "no cursor", NULL },
    { "cursor", "down", DOWN, OTHER, NULL },
    { "cursor", "up", UP, OTHER, NULL },
    { "cursor", "esc", ESC, NULL, "no cursor" },
    { "race", "p", "p", "larger, for the last row", NULL },
    { NULL, NULL, "p", "everything again", NULL },
    { "race", "}", "}", OTHER, NULL },
    { "race", "{", "{", OTHER, NULL },
    { "race", "/", "/", "type a lane", NULL },
    { NULL, NULL, "w7\r", "/w7", NULL },
    { NULL, NULL, ESC, NULL, "/w7" },
    { "race", "o", "o", "lanes by state", NULL },
    { NULL, NULL, "ooo", NULL, "the next order" },
    { "race", "1..7", "2", "PROCESSES is hidden", NULL },
    { NULL, NULL, "2", "PROCESSES is shown", NULL },
    { "race", "s", "s", "wall time", NULL },
    { NULL, NULL, "s", "strips", NULL },
    { "race", "v", "v", "when it runs again (r)", NULL },
    { "race", "end", END, "LIVE", NULL },
    { "hands", "down", DOWN DOWN, "how long a thread waits for the GIL", NULL },
    { "hands", "up", UP, "threads or processes that compute", NULL },
    { "hands", ">", ">", "workers 100 ", NULL },
    { "hands", "<", "<", NULL, "workers 100 " },
    { "hands", "g", "g", "the GIL is off from now on", NULL },
    { "hands", "b", "b", "the next worker that looks blocks", NULL },
    { "hands", "u", "u", "a burst: ", NULL },
    { "hands", "R", "R", "kept in ", NULL },
    { NULL, NULL, NULL, "REC", NULL },
    { "hands", "k", "k", "killed", NULL },
    { "race", "r", "r", "what do you expect?", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

/* Of a recording that has hand-overs: paused at its end, at the size that has no room for all. */
static const struct step over_a_recording[] = {
    { NULL, NULL, NULL, "REPLAY", NULL },
    { NULL, NULL, END, "ENDED", NULL },
    { NULL, NULL, "\r", "whole run", NULL },
    { "detail", "down", DOWN, OTHER, NULL },
    { "detail", "up", UP, OTHER, NULL },
    { "detail", "pgdn", PAGE_DOWN, OTHER, NULL },
    { "detail", "pgup", PAGE_UP, OTHER, NULL },
    { "detail", "H", "H", OTHER, NULL },
    { NULL, NULL, "HHH", OTHER, NULL },
    { "detail", "h", "h", OTHER, NULL },
    { "detail", "F", "F", OTHER, NULL },
    { NULL, NULL, "FFF", OTHER, NULL },
    { "detail", "f", "f", OTHER, NULL },
    { "detail", "z", "z", NULL, "whole run" },
    { "detail", "0", "0", "whole run", NULL },
    { "detail", "+", "+", NULL, "whole run" },
    { "detail", "-", "-", "whole run", NULL },
    { "detail", ",", ",", OTHER, NULL },
    { "detail", ".", ".", OTHER, NULL },
    { "detail", "left", LEFT, OTHER, NULL },
    { "detail", "right", RIGHT, OTHER, NULL },
    { "detail", "[", "[", OTHER, NULL },
    { "detail", "]", "]", OTHER, NULL },
    { "detail", "o", "o", "lanes by state", NULL },
    { "detail", "/", "/", "type a lane", NULL },
    { NULL, NULL, ESC, NULL, NULL },
    { "detail", "w", "w", OTHER, NULL },
    { "detail", "space", " ", NULL, "PAUSED" },
    { NULL, NULL, " ", NULL, NULL },
    { "detail", "tab", "\t", "PROCESSES", NULL },
    { NULL, NULL, "\t", "THREADS + GIL", NULL },
    { NULL, NULL, ESC, "strips", NULL },
    { NULL, NULL, "s", "wall time", NULL },
    { "score", "down", DOWN DOWN DOWN, OTHER, NULL },
    { "score", "up", UP UP UP UP, OTHER, NULL },
    { "score", "pgdn", PAGE_DOWN, OTHER, NULL },
    { "score", "pgup", PAGE_UP, OTHER, NULL },
    { "score", "tab", "\t", OTHER, NULL },
    { "score", "enter", "\r", "axis", "wall time" }, /* from what is wrong to its moment */
    { "everywhere", "q", "q", NULL, NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static const struct step *const sessions[] = { in_the_picker, in_a_race, over_a_recording };
enum { SESSIONS = sizeof sessions / sizeof *sessions };

static bool is_last(const struct step *step)
{
    return step->bytes == NULL && step->seen == NULL;
}

/* ---- every key has its step ---- */

static bool is_pressed(const char *where, const char *key, size_t length)
{
    for (size_t i = 0; i < SESSIONS; i++)
        for (const struct step *step = sessions[i]; !is_last(step); step++)
            if (step->where != NULL && step->bytes != NULL && strcmp(step->where, where) == 0 &&
                strlen(step->key) == length && strncmp(step->key, key, length) == 0)
                return true;
    return false;
}

START_TEST(every_key_of_the_table_is_pressed)
{
    for (const struct key_row *row = key_rows; row->keys != NULL; row++)
        for (const char *key = row->keys; *key != '\0';) {
            size_t length = strcspn(key, " ");
            ck_assert_msg(is_pressed(row->where, key, length), "no step presses %.*s at '%s'",
                          (int)length, key, row->where);
            key += length + (key[length] == ' ');
        }
}
END_TEST

/* ---- pressing ---- */

static void await_another(struct term *term, const char *before, const struct step *step)
{
    uint64_t until = clock_now() + TERM_LIMIT_MS * NS_PER_MS;
    bool same = true;
    while (same && clock_now() < until) {
        term_read(term, 10);
        char *now = term_text(term);
        same = strcmp(now, before) == 0;
        free(now);
    }
    ck_assert_msg(!same, "%s at '%s' changed nothing:\n%s", step->key, step->where, before);
}

static void take(struct term *term, const struct step *step)
{
    term_read(term, 40); /* what the step before drew; a pause draws no more */
    char *before = term_text(term);
    if (step->bytes != NULL) {
        if (step->where != NULL && step->seen != NULL && step->seen != OTHER)
            ck_assert_msg(strstr(before, step->seen) == NULL,
                          "'%s' is there before %s at '%s':\n%s", step->seen, step->key,
                          step->where, before);
        if (step->where != NULL && step->gone != NULL)
            ck_assert_msg(strstr(before, step->gone) != NULL,
                          "'%s' is not there before %s at '%s':\n%s", step->gone, step->key,
                          step->where, before);
        term_keys(term, step->bytes);
    }
    if (step->seen == OTHER)
        await_another(term, before, step);
    else if (step->seen != NULL)
        term_expect(term, step->seen, true);
    if (step->gone != NULL)
        term_expect(term, step->gone, false);
    free(before);
}

static void go(struct term *term, const struct step *steps)
{
    for (const struct step *step = steps; !is_last(step); step++)
        take(term, step);
}

static void leave(struct term *term)
{
    if (!term->process.ended)
        term_keys(term, "q");
    term_left_tidy(term);
    ck_assert(WIFEXITED(term->process.status) && WEXITSTATUS(term->process.status) == 0);
    term_close(term);
}

START_TEST(the_picker_the_question_and_help)
{
    static const char *const none[] = { NULL };
    struct term term;
    term_open(&term, none, 80, 24);
    term_expect(&term, "SCENARIOS", true);
    go(&term, in_the_picker);
    leave(&term);
}
END_TEST

/* The one recording of this directory. Heap. */
static char *kept_recording(void)
{
    char *name = NULL;
    DIR *directory = opendir(".");
    const struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL)
        if (strncmp(entry->d_name, "matrix-", 7) == 0)
            name = strdup(entry->d_name);
    closedir(directory);
    ck_assert_msg(name != NULL, "R kept nothing");
    return name;
}

/* How often a line of the text holds the words. */
static int count_lines(const char *text, const char *words)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, words)) != NULL; at += strlen(words))
        count++;
    return count;
}

/* What R kept is whole under its name: a replay opens it, and it has the marks of both runs, at the
 * live end and in the past. */
static void expect_kept(void)
{
    char *name = kept_recording();
    const char *const replay[] = { "replay", name, NULL };
    const char *const events[] = { "export", name, "--to", "csv-events", NULL };
    struct term term;
    struct process process;
    term_open(&term, replay, 120, 40);
    term_expect(&term, "REPLAY", true);
    leave(&term);
    process_start(&process, events, NULL);
    ck_assert(process_wait(&process, TERM_LIMIT_MS));
    ck_assert(WIFEXITED(process.status) && WEXITSTATUS(process.status) == 0);
    ck_assert(strstr(process.text, "was cut") == NULL); /* what is missing is told on stderr */
    ck_assert(strstr(process.text, "was not closed") == NULL);
    ck_assert_int_eq(count_lines(process.text, ",threads,mark,,,0,"), 2);
    ck_assert_int_eq(count_lines(process.text, ",processes,mark,,,0,"), 2);
    process_end(&process);
    unlink(name);
    free(name);
}

START_TEST(a_live_race_and_its_hands)
{
    struct term term;
    term_open_race(&term, long_race, 120, 40, "w5"); /* the lanes of one are there, */
    term_expect(&term, "starts", false);             /* and of the other */
    go(&term, in_a_race);
    leave(&term);
    expect_kept();
}
END_TEST

START_TEST(a_recording_its_details_and_its_score)
{
    static const char *const run[] = { "run",         "matrix",    "-m",       "threads,processes",
                                       "-s",          "size=256",  "-s",       "products=40",
                                       "-s",          "workers=8", "--record", "keys.lockstep",
                                       "--overwrite", NULL };
    static const char *const replay[] = { "replay", "keys.lockstep", NULL };
    struct process process;
    struct term term;
    process_start(&process, run, NULL);
    ck_assert(process_wait(&process, 3 * TERM_LIMIT_MS));
    process_end(&process);
    term_open(&term, replay, 80, 24);
    go(&term, over_a_recording);
    leave(&term);
    unlink("keys.lockstep");
}
END_TEST

int main(void)
{
    char directory[] = "/tmp/lockstep-keys-XXXXXX", command[80];
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    term_go_elsewhere(directory);
    Suite *suite = suite_create("keys");
    TCase *tcase = tcase_create("keys");
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, every_key_of_the_table_is_pressed);
    tcase_add_test(tcase, the_picker_the_question_and_help);
    tcase_add_test(tcase, a_live_race_and_its_hands);
    tcase_add_test(tcase, a_recording_its_details_and_its_score);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    return system(command) == 0 && failed == 0 ? 0 : 1;
}
