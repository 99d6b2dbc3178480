/*
 * The screen: the real program in a terminal (term.h). Keys and sizes go in, what stands on the screen
 * is read, and at the end the terminal has to be as it was.
 */
#include "term.h"

#include "platform/platform.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_MS = TERM_LIMIT_MS };

/* Rows of cores are made of switch records: where there are none, no row may pretend. */
static void term_expect_core(struct term *term, const char *words)
{
    struct error error;
    struct platform_switches *switches = platform_switches_open(getpid(), NULL, &error);
    if (switches != NULL)
        term_expect(term, words, true);
    else
        ck_assert_msg(!term_says(term, words), "'%s' cannot be known here", words);
    platform_switches_close(switches);
}

/* ---- pages ---- */

START_TEST(from_the_picker_to_the_score)
{
    static const char *const none[] = { NULL };
    struct term term;
    term_open(&term, none, 80, 24);
    term_expect(&term, "SCENARIOS", true);
    ck_assert(term.alternate && !term.cursor_shown);
    term_expect(&term, "q quit", true);
    for (int i = 0; i < 20 && !term_says(&term, "Fetching web pages"); i++) {
        term_keys(&term, "\x1bOB"); /* down */
        term_read(&term, 50);
    }
    term_expect(&term, "Fetching web pages", true);
    term_keys(&term, "\t");    /* the parameters: pages is the first */
    term_keys(&term, "12x\r"); /* no number */
    term_expect(&term, "12x", true);
    term_keys(&term, "\x1b");
    term_expect(&term, "12x", false);
    term_keys(&term, "30\r");
    term_keys(&term, "\x1bOB");
    term_keys(&term, "10ms\r");
    term_expect(&term, "10ms", true);
    term_keys(&term, "\r");
    term_expect(&term, "what do you expect?", true);
    term_keys(&term, "\x1b");
    term_expect(&term, "SCENARIOS", true);
    term_expect(&term, "10ms", true); /* what was set is kept */
    term_keys(&term, "\r");
    term_expect(&term, "what do you expect?", true);
    term_keys(&term, "3");
    term_expect(&term, "THREADS + GIL", true);
    term_expect(&term, "30/30", true);
    term_expect(&term, "REPLAY", true);
    term_expect(&term, "enter score", true);
    term_keys(&term, "\r");
    term_expect(&term, "wall time", true);
    for (int i = 0; i < 40; i++) /* past what is wrong to the last of the figures */
        term_keys(&term, "\x1bOB");
    term_expect(&term, "Source: ", true);
    term_keys(&term, "\x1b[5~\x1b[5~\x1b[5~"); /* page up: the cursor stays, the top is seen */
    term_expect(&term, "where the workers' time went", true);
    term_expect(&term, "Source: ", true);
    term_keys(&term, "s");
    term_expect_core(&term, "core0");
    term_keys(&term, "\x1b");
    term_expect(&term, "SCENARIOS", true);
    term_keys(&term, "q");
    term_left_tidy(&term);
    ck_assert(WIFEXITED(term.process.status) && WEXITSTATUS(term.process.status) == 0);
    term_close(&term);
}
END_TEST

START_TEST(time_stands_and_goes)
{
    struct term term;
    term_open_race(&term, term_quick, 80, 24, "REPLAY");
    term_keys(&term, "\x1bOF"); /* end */
    term_expect(&term, "ENDED", true);
    term_keys(&term, "\x1bOH"); /* home */
    term_keys(&term, " ");
    term_expect(&term, "PAUSED", true);
    term_keys(&term, "\x1bOH");
    term_expect(&term, "0:00.000000", true);
    term_keys(&term, ".");
    term_expect(&term, "0:00.000000", false);
    term_keys(&term, ",");
    term_expect(&term, "0:00.000000", true);
    term_keys(&term, "]");
    term_expect(&term, "0:00.000000", false);
    term_keys(&term, "--");
    term_expect(&term, "1/", true);
    term_keys(&term, "2"); /* hides the second model */
    term_expect(&term, "EVENT LOOP is hidden", true);
    term_expect(&term, "1 of 2", true);
    term_keys(&term, "2");
    term_keys(&term, "?");
    term_expect(&term, "keys and states", true);
    term_keys(&term, "\x1b");
    term_expect_core(&term, "core0");
    term_keys(&term, "r");
    term_expect(&term, "what do you expect?", true);
    term_keys(&term, " ");
    term_expect(&term, "REPLAY", true);
    term_keys(&term, "q");
    term_left_tidy(&term);
    term_close(&term);
}
END_TEST

START_TEST(sizes_change_at_any_time)
{
    struct term term;
    term_open_race(&term, term_lasting, 80, 24, "LIVE");
    term_resize(&term, 120, 40);
    term_expect(&term, "tasks", false);
    term_expect(&term, "10us", true); /* the histogram, which a tall screen has */
    term_resize(&term, 40, 10);
    term_expect(&term, "needs 60x16", true);
    term_expect(&term, "has 40x10", true);
    for (int i = 0; i < 20; i++) {
        term_resize(&term, 60 + i * 9 % 100, 16 + i * 5 % 30);
        term_read(&term, 5);
    }
    term_resize(&term, 200, 50);
    term_expect(&term, "10us", true);
    term_expect(&term, "THREADS + GIL", true);
    term_keys(&term, "q");
    term_left_tidy(&term);
    term_close(&term);
}
END_TEST

/* A pause sends nothing and sleeps, also while the race goes on below it. */
START_TEST(a_pause_is_quiet)
{
    struct term term;
    term_open_race(&term, term_lasting, 80, 24, "LIVE");
    term_keys(&term, " ");
    term_expect(&term, "PAUSED", true);
    term_read(&term, 300);
    size_t bytes = term.process.text_size;
    char path[64], line[256];
    long before = -1, after = -1;
    for (int i = 0; i < 2; i++) {
        long *count = i == 0 ? &before : &after;
        snprintf(path, sizeof path, "/proc/%d/status", (int)term.process.pid);
        FILE *status = fopen(path, "r");
        while (status != NULL && fgets(line, sizeof line, status) != NULL)
            sscanf(line, "voluntary_ctxt_switches: %ld", count);
        if (status != NULL)
            fclose(status);
        if (i == 0)
            term_read(&term, 2000);
    }
    ck_assert_uint_eq(term.process.text_size, bytes);
    if (before >= 0)
        ck_assert_int_le(after - before, 10); /* five a second */
    term_keys(&term, " ");
    term_expect(&term, "PAUSED", false);
    term_keys(&term, "q");
    term_left_tidy(&term);
    term_close(&term);
}
END_TEST

/* ---- the mouse ---- */

/* Where a word stands, from 1; the first of its kind. */
static void find_word(struct term *term, const char *word, int *x, int *y)
{
    char *text = term_text(term), *line = text;
    *x = *y = 0;
    for (int row = 1; *line != '\0'; row++) {
        size_t length = strcspn(line, "\n");
        char *at = strstr(line, word);
        if (at != NULL && at < line + length && *x == 0) {
            *y = row;
            *x = 1;
            for (const char *byte = line; byte < at; byte++)
                *x += (*byte & 0xc0) != 0x80; /* each character begins once */
        }
        line += length + (line[length] == '\n');
    }
    free(text);
    ck_assert_msg(*x > 0, "'%s' is nowhere", word);
}

static void mouse(struct term *term, int button, int x, int y, char how)
{
    char report[40];
    snprintf(report, sizeof report, "\x1b[<%d;%d;%d%c", button, x, y, how);
    term_keys(term, report);
}

static void click(struct term *term, const char *word)
{
    int x, y;
    find_word(term, word, &x, &y);
    mouse(term, 0, x, y, 'M');
    mouse(term, 0, x, y, 'm');
}

START_TEST(the_mouse_does_what_a_hand_expects)
{
    static const char *const none[] = { NULL };
    struct term term;
    int x, y;
    term_open(&term, none, 100, 40);
    term_expect(&term, "SCENARIOS", true);
    ck_assert_int_eq(term.mouse, VTERM_PROP_MOUSE_DRAG);
    click(&term, "scraper");
    term_expect(&term, "Fetching web pages", true);
    click(&term, "serial"); /* a model, and out again */
    term_expect(&term, "[x] serial", true);
    click(&term, "serial");
    term_expect(&term, "[ ] serial", true);
    click(&term, "start"); /* a key of the bottom line */
    term_expect(&term, "what do you expect?", true);
    click(&term, "skip");
    term_expect(&term, "REPLAY", true); /* the race is over and plays again */
    find_word(&term, "PROCESSES", &x, &y);
    mouse(&term, 0, x, y, 'M');
    mouse(&term, 0, x, y, 'm');
    click(&term, "queue"); /* of the first column: it is explained */
    term_expect(&term, "THREADS + GIL", true);
    term_expect(&term, "no cursor", true);
    term_keys(&term, "\x1b");
    term_expect(&term, "no cursor", false);
    find_word(&term, "strips", &x, &y); /* left of the scrubber: the start */
    term_keys(&term, " ");
    term_expect(&term, "PAUSED", true);
    mouse(&term, 0, x, y, 'M');
    term_expect(&term, "0:00.000000", true);
    mouse(&term, 32, 99, y - 5, 'M'); /* dragged to its end, and beside it */
    mouse(&term, 0, 99, y - 5, 'm');
    term_expect(&term, "200/200", true);
    term_expect(&term, "0:00.000000", false);
    mouse(&term, 64, 10, 5, 'M'); /* the wheel: slower */
    term_expect(&term, "1/", true);
    find_word(&term, "PROCESSES", &x, &y);
    for (int i = 0; i < 2; i++)
        mouse(&term, 0, x, y, 'M');
    term_expect(&term, "whole run", true);
    mouse(&term, 64, 40, 10, 'M');
    term_expect(&term, "whole run", false);
    term_keys(&term, "q");
    term_left_tidy(&term);
    term_close(&term);
}
END_TEST

/* Reports that nobody would send, cut anywhere. */
START_TEST(a_bad_report_of_the_mouse_does_nothing)
{
    static const char *const reports[] = {
        "\x1b[<0;1M",    "\x1b[<;;M",          "\x1b[<99999999999;1;1M", "\x1b[<0;-1;5M",
        "\x1b[<0;0;0M",  "\x1b[<0;9999;9999M", "\x1b[<3;1;1M",           "\x1b[<35;1;1M",
        "\x1b[<66;5;5M", "\x1b[<0;5;5x",       "\x1b[<0;5;5;5;5M",       "\x1b[<0;5"
    };
    struct term term;
    term_open(&term, term_quick, 80, 24);
    term_expect(&term, "what do you expect?", true);
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        term_keys(&term, reports[i]);
        term_read(&term, 30);
    }
    term_keys(&term, "M ");
    term_expect(&term, "THREADS + GIL", true);
    term_keys(&term, "q");
    term_left_tidy(&term);
    term_close(&term);
}
END_TEST

/* TERM is not always right, and keyboards have keys that nobody knows: each key is known in every way it
 * is spelt, and what is not known does nothing, least of all in parts. */
START_TEST(keys_of_another_terminal)
{
    static const char *const homes[] = { "\x1b[1~", "\x1b[7~", "\x1b[H", "\x1bOH" };
    static const char *const ends[] = { "\x1b[4~", "\x1b[8~", "\x1b[F", "\x1bOF" };
    static const char *const unknown[] = { "\x1b[3;5~", "\x1b[200~", "\x1b[1;5H", "\x1bOx",
                                           "\x1b[I",    "\x1b[?64c", "\x1b[24;2~" };
    struct term term;
    term_open_race(&term, term_quick, 80, 24, "REPLAY");
    for (size_t i = 0; i < sizeof homes / sizeof *homes; i++) {
        term_keys(&term, ends[i]);
        term_expect(&term, "ENDED", true);
        term_keys(&term, homes[i]);
        term_expect(&term, "ENDED", false);
    }
    term_keys(&term, " ");
    term_expect(&term, "PAUSED", true);
    term_expect(&term, "q quit", true); /* the message that the race was over has gone */
    term_read(&term, 100);
    char *before = term_text(&term);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        term_keys(&term, unknown[i]);
        term_read(&term, 100);
        char *after = term_text(&term);
        ck_assert_msg(strcmp(before, after) == 0, "\\e%s: %s", unknown[i] + 1, after);
        free(after);
    }
    free(before);
    term_keys(&term, "\x1b"); /* alone it is a key */
    term_expect(&term, "SCENARIOS", true);
    term_keys(&term, "q");
    term_left_tidy(&term);
    term_close(&term);
}
END_TEST

/* Whatever is typed, in whatever order: the program lives, and leaves tidy. */
START_TEST(no_key_breaks_it)
{
    static const char *const keys[] = { " ",        ",",      ".",      "[",         "]",
                                        "-",        "+",      "\x1bOD", "\x1bOC",    "\x1bOA",
                                        "\x1bOB",   "\x1bOH", "\x1bOF", "\x1b[5~",   "\x1b[6~",
                                        "\t",       "\x1b[Z", "1",      "2",         "7",
                                        "9",        "g",      "v",      "s",         "?",
                                        "r",        "\r",     "x",      "\x7f",      "\x1bOP",
                                        "\xc3\xa4", "\xff",   "\x01",   "\x1b[1;5C", "\x1b" };
    struct term term;
    unsigned seed = 7;
    term_open(&term, term_quick, 80, 24);
    term_expect(&term, "what do you expect?", true);
    for (int i = 0; i < 300; i++) {
        seed = seed * 1103515245 + 12345;
        term_keys(&term, keys[seed / 65536 % (sizeof keys / sizeof *keys)]);
        if (i % 10 == 0)
            term_read(&term, 30);
        ck_assert_msg(!term.process.ended, "it ended after key %d", i);
    }
    term_read(&term, 200);
    term_keys(&term, "\x1b");
    term_read(&term, 200);
    term_keys(&term, "q");
    for (int i = 0; i < 5 && !process_wait(&term.process, 1000); i++)
        term_keys(&term, "\x1bq");
    term_left_tidy(&term);
    term_close(&term);
}
END_TEST

/* ---- a recording ---- */

/* Two models raced without a screen, kept in a file of the test's own. */
static void record(char path[64])
{
    struct process process;
    snprintf(path, 64, "replay-%d.lockstep", (int)getpid());
    const char *const words[] = { "run",      "scraper",  "-m",          "threads,loop",
                                  "--set",    "pages=40", "--set",       "latency=20ms",
                                  "--record", path,       "--overwrite", NULL };
    process_start(&process, words, NULL);
    ck_assert(process_wait(&process, LIMIT_MS));
    ck_assert(WIFEXITED(process.status) && WEXITSTATUS(process.status) == 0);
    process_end(&process);
}

START_TEST(recordings_stand_side_by_side)
{
    struct term term;
    char path[64];
    record(path);
    const char *const words[] = { "replay", path, path, NULL };
    term_open(&term, words, 120, 40);
    term_expect(&term, "#1: THREADS + GIL", true);
    term_expect(&term, "#2: EVENT LOOP", true);
    term_keys(&term, "s");
    term_expect(&term, "In #2 against #1: the same.", true);
    term_expect(&term, "the same within 5 %. No kind of wait grew.", true);
    term_keys(&term, "q");
    term_left_tidy(&term);
    ck_assert(WIFEXITED(term.process.status) && WEXITSTATUS(term.process.status) == 0);
    term_close(&term);
    unlink(path);
}
END_TEST

START_TEST(a_recording_is_shown_like_a_race)
{
    struct term term;
    char path[64];
    record(path);
    const char *const words[] = { "replay", path, NULL };
    term_open(&term, words, 80, 24);
    term_expect(&term, "THREADS + GIL", true);
    term_expect(&term, "EVENT LOOP", true);
    term_expect(&term, "REPLAY", true);
    term_keys(&term, "\x1bOF"); /* end */
    term_expect(&term, "40/40", true);
    term_keys(&term, "g");
    term_expect(&term, "a replay cannot be turned", true);
    term_keys(&term, "r");
    term_expect(&term, "a replay cannot run again", true);
    term_keys(&term, "v");
    term_expect(&term, "a replay cannot be staged anew", true);
    term_keys(&term, "\r");
    term_expect(&term, "whole run", true);
    term_keys(&term, "\x1bOB\x1bOB\x1bOB");
    term_expect_core(&term, "core1 has");
    term_keys(&term, "+++");
    term_expect(&term, "whole run", false);
    term_keys(&term, ",");
    term_expect(&term, "PAUSED", true);
    term_keys(&term, "\t");
    term_expect(&term, "EVENT LOOP", true);
    term_keys(&term, "\x1b");
    term_expect(&term, "axis", false);
    term_keys(&term, "\x1bOH");
    term_expect(&term, "0:00.000", true);
    term_keys(&term, "s");
    term_expect(&term, "wall time", true);
    term_keys(&term, "q");
    term_left_tidy(&term);
    ck_assert(WIFEXITED(term.process.status) && WEXITSTATUS(term.process.status) == 0);
    term_close(&term);
    unlink(path);
}
END_TEST

START_TEST(a_damaged_recording_is_shown_as_far_as_it_is_whole)
{
    struct term term;
    char path[64];
    struct stat info;
    record(path);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(truncate(path, info.st_size * 2 / 3), 0);
    const char *const words[] = { "replay", path, NULL };
    term_open(&term, words, 80, 24);
    term_expect(&term, "THREADS + GIL", true);
    term_expect(&term, ".lockstep was ", true); /* cut, or not closed */
    term_keys(&term, "q");
    term_left_tidy(&term);
    term_close(&term);
    unlink(path);
}
END_TEST

START_TEST(a_file_that_is_no_recording_is_told)
{
    static const char *const paths[] = { "/no/such/file", "/dev/null" };
    const char *const words[] = { "replay", paths[_i], NULL };
    struct term term;
    term_open(&term, words, 80, 24);
    ck_assert(process_wait(&term.process, LIMIT_MS));
    term_read(&term, 10);
    ck_assert(WIFEXITED(term.process.status) && WEXITSTATUS(term.process.status) == 2);
    ck_assert(term_says(&term, "lockstep: "));
    ck_assert(term_says(&term, paths[_i]));
    ck_assert(strstr(term.process.text, "\x1b[?1049h") == NULL); /* the screen never opened */
    term_close(&term);
}
END_TEST

/* ---- a demo ---- */

/* Performed on the terminal to its end; and one that a person lets rest, and ends. */
START_TEST(a_demo_plays_and_leaves_the_terminal)
{
    char path[64], script[64];
    record(path);
    snprintf(script, sizeof script, "screen-%d.demo", (int)getpid());
    for (int person = 0; person < 2; person++) {
        struct term term;
        FILE *file = fopen(script, "w");
        ck_assert_ptr_nonnull(file);
        fprintf(file,
                "until page question\ncaption \"Who will be first?\"\nwait 300ms\nkey space\n"
                "caption \"side by side\"\nwait 500ms\nkey end s\nuntil page score\nwait %s\n",
                person ? "600s" : "100ms");
        fclose(file);
        const char *const words[] = { "play", script, path, NULL };
        term_open(&term, words, 80, 24);
        term_expect(&term, "Who will be first?", true);
        ck_assert(term.alternate);
        term_expect(&term, "side by side", true);
        term_expect(&term, "wall time", true);
        if (person) {
            term_keys(&term, "x");
            term_expect(&term, "a demo is playing", true);
            term_keys(&term, " ");
            term_expect(&term, "the demo rests", true);
            term_keys(&term, " ");
            term_expect(&term, "the demo goes on", true);
            term_keys(&term, "q");
        }
        term_left_tidy(&term);
        ck_assert(WIFEXITED(term.process.status) && WEXITSTATUS(term.process.status) == 0);
        term_close(&term);
    }
    unlink(script);
    unlink(path);
}
END_TEST

int main(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    Suite *suite = suite_create("screen");
    TCase *tcase = tcase_create("screen");
    tcase_set_timeout(tcase, 180);
    tcase_add_test(tcase, from_the_picker_to_the_score);
    tcase_add_test(tcase, time_stands_and_goes);
    tcase_add_test(tcase, sizes_change_at_any_time);
    tcase_add_test(tcase, a_pause_is_quiet);
    tcase_add_test(tcase, keys_of_another_terminal);
    tcase_add_test(tcase, no_key_breaks_it);
    tcase_add_test(tcase, recordings_stand_side_by_side);
    tcase_add_test(tcase, the_mouse_does_what_a_hand_expects);
    tcase_add_test(tcase, a_bad_report_of_the_mouse_does_nothing);
    tcase_add_test(tcase, a_recording_is_shown_like_a_race);
    tcase_add_test(tcase, a_demo_plays_and_leaves_the_terminal);
    tcase_add_test(tcase, a_damaged_recording_is_shown_as_far_as_it_is_whole);
    tcase_add_loop_test(tcase, a_file_that_is_no_recording_is_told, 0, 2);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
