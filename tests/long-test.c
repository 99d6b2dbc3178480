/*
 * Long work: an export and the opening of a big file say how far they are where there is a terminal and
 * nothing where there is none; Ctrl-C ends them at once and leaves neither a file nor a part of one.
 */
#include "term.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "trace/recording.h"

enum { BATCH = 8192, LANES = 4, LIMIT_MS = 60000 };

static char directory[] = "/tmp/lockstep-long-XXXXXX";
static char big[100], out[100];

/* ---- A big recording: lanes that say what they do, a million and more times ---- */

static struct event event_number(uint64_t number)
{
    if (number == 0)
        return (struct event){ .kind = EVENT_RUN_GO, .lane = LANE_NONE };
    uint32_t lane = (uint32_t)(number % LANES);
    if (number <= LANES)
        return (struct event){ .kind = EVENT_LANE_BEGIN,
                               .lane = lane,
                               .object = ROLE_WORKER | lane << 8 };
    return (struct event){ .time = 500 * number,
                           .kind = EVENT_SAY,
                           .lane = lane,
                           .a = number / LANES % 2 == 0 ? SAYS_IO : SAYS_IDLE };
}

static void make_big(uint64_t events)
{
    struct error error;
    int fd = open(big, O_RDWR | O_CREAT | O_TRUNC, 0600);
    struct recording_writer *w = recording_writer_new(fd, 0, &error);
    ck_assert_msg(w != NULL, "%s", error.text);
    struct meta meta = { .run_count = 1, .runs = { { .model = "threads", .status = RUN_DONE } } };
    snprintf(meta.scenario, sizeof meta.scenario, "big");
    ck_assert(recording_write_meta(w, &meta, &error));
    struct event *batch = mem_zero(BATCH, sizeof *batch);
    for (uint64_t at = 0; at < events; at += BATCH) {
        for (uint64_t i = 0; i < BATCH; i++)
            batch[i] = event_number(at + i);
        const struct drained drained = {
            .events = batch, .count = BATCH, .until_ns = 500 * (at + BATCH), .ns_per_stamp = 1
        };
        ck_assert_msg(recording_write_events(w, &drained, &error), "%s", error.text);
    }
    free(batch);
    ck_assert(recording_writer_close(w, &error));
    close(fd);
}

/* ---- Tests ---- */

static size_t files_named(const char *begins)
{
    DIR *folder = opendir(directory);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += strncmp(entry->d_name, begins, strlen(begins)) == 0;
    closedir(folder);
    return count;
}

/* Waits until it printed these words; false: it ended before. */
static bool printed(struct process *p, const char *words)
{
    for (int turn = 0; turn < LIMIT_MS / 20; turn++) {
        if (strstr(p->text, words) != NULL)
            return true;
        if (p->ended)
            return false;
        process_read(p, 20);
    }
    ck_abort_msg("it neither says '%s' nor ends: %s", words, p->text);
}

/* Ctrl-C: dead by it, the line of the bar cleared, nothing left. */
static void interrupt(struct process *p)
{
    ck_assert_uint_eq(files_named("out"), 1); /* the part */
    ck_assert_int_ne(access(out, F_OK), 0);
    ck_assert_int_eq(write(p->out, "\x03", 1), 1);
    ck_assert(process_wait(p, LIMIT_MS));
    ck_assert(WIFSIGNALED(p->status) && WTERMSIG(p->status) == SIGINT);
    const char *cleared = "\r\x1b[K";
    const char *last = p->text, *bar = p->text;
    for (const char *at = p->text; (at = strstr(at, cleared)) != NULL; at++)
        last = at;
    for (const char *at = p->text; (at = strstr(at, " %")) != NULL; at++)
        bar = at;
    ck_assert_msg(last > bar, "the bar stays: %s", p->text);
    ck_assert_uint_eq(files_named("out"), 0);
}

static const char *const film[] = { "export",   big,     "--to", "cast",   "--speed",
                                    "1/100000", "--fps", "120",  "--size", "300x100",
                                    "-o",       out,     NULL };

START_TEST(writing_shows_how_far_it_is_and_gives_way)
{
    make_big(10 * BATCH);
    struct process p;
    process_start_terminal(&p, film, 80, 24, NULL);
    ck_assert_msg(printed(&p, "writing  ["), "%s", p.text);
    ck_assert_ptr_nonnull(strstr(p.text, " %"));
    interrupt(&p);
    process_end(&p);
}
END_TEST

START_TEST(reading_shows_how_far_it_is_and_gives_way)
{
    const char *const words[] = { "export", big, "--to", "json", "-o", out, NULL };
    struct process p;
    bool shown = false;
    for (uint64_t events = 2000000; !shown && events <= 40000000; events *= 2) {
        make_big(events);
        process_start_terminal(&p, words, 80, 24, NULL);
        shown = printed(&p, "reading  [");
        if (shown)
            interrupt(&p);
        else
            unlink(out); /* read before there was anything to show */
        process_end(&p);
    }
    ck_assert(shown);
}
END_TEST

START_TEST(without_a_terminal_nothing_is_said)
{
    make_big(10 * BATCH);
    struct process p;
    process_start(&p, film, NULL);
    for (int turn = 0; files_named("out") == 0 && turn < LIMIT_MS / 20; turn++)
        process_read(&p, 20);
    process_read(&p, 1000); /* the bar of a terminal comes after 300 ms */
    ck_assert(!p.ended);
    kill(p.pid, SIGTERM);
    ck_assert(process_wait(&p, LIMIT_MS));
    ck_assert(WIFSIGNALED(p.status) && WTERMSIG(p.status) == SIGTERM);
    ck_assert_str_eq(p.text, "");
    ck_assert_uint_eq(files_named("out"), 0);
    process_end(&p);
}
END_TEST

START_TEST(the_screen_opens_a_big_file_and_gives_way)
{
    make_big(2000000);
    const char *const words[] = { "replay", big, NULL };
    struct term term;
    term_open(&term, words, 100, 30);
    for (int turn = 0; strstr(term.process.text, ": read") == NULL && turn < LIMIT_MS / 20; turn++)
        process_read(&term.process, 20);
    ck_assert_ptr_nonnull(strstr(term.process.text, "reading"));
    term_read(&term, 20);
    term_keys(&term, "\x03");
    term_left_tidy(&term);
    term_close(&term);
}
END_TEST

/* What a page says while the file is read: opens larger ones until that lasts long enough for a key to
 * be answered; then that is on the screen, and the terminal is open. */
static uint64_t answered_while_reading(struct term *term, const char *keys, const char *answer)
{
    const char *const words[] = { "replay", big, NULL };
    for (uint64_t events = 2000000; events <= 32000000; events *= 2) {
        make_big(events);
        term_open(term, words, 100, 30);
        term_expect(term, "not read yet", true);
        ck_assert(term_says(term, " %")); /* how much of it is here, beside how long it will be */
        term_keys(term, keys);
        for (int turn = 0; turn < LIMIT_MS / 20; turn++) {
            term_read(term, 20);
            if (term_says(term, answer))
                return events;
            if (term_says(term, ": read") || term_says(term, "no mark after this"))
                break; /* it was too short for that */
        }
        term_close(term);
    }
    ck_abort_msg("'%s' is never said", answer);
}

/* The header's clock, at the last event. */
static void clock_at_end(uint64_t events, char *clock, size_t size)
{
    uint64_t last = (events + BATCH - 1) / BATCH * BATCH - 1, ms = 500 * last / 1000000;
    snprintf(clock, size, "%llu:%02llu.%03llu", (unsigned long long)(ms / 60000),
             (unsigned long long)(ms / 1000 % 60), (unsigned long long)(ms % 1000));
}

START_TEST(the_end_of_what_is_read_is_a_wish_that_comes_true)
{
    struct term term;
    char clock[40];
    uint64_t events = answered_while_reading(&term, "\x1bOF", "the end is being read");
    clock_at_end(events, clock, sizeof clock);
    ck_assert(!term_says(&term, clock) || term_says(&term, ": read"));
    term_expect(&term, ": read", true);
    term_expect(&term, clock, true);
    term_expect(&term, "the end is being read", false);
    term_expect(&term, "not read yet", false);
    term_keys(&term, "\x03");
    term_left_tidy(&term);
    term_close(&term);
}
END_TEST

/* A key of time: it stays where that leads. The score says that it is not whole. */
START_TEST(a_wish_is_taken_back)
{
    struct term term;
    char clock[40];
    uint64_t events = answered_while_reading(&term, " \x1bOF", "the end is being read");
    term_keys(&term, "\x1bOH");
    term_expect(&term, "the end is being read", false);
    term_expect(&term, ": read", true);
    clock_at_end(events, clock, sizeof clock);
    ck_assert(!term_says(&term, clock));
    ck_assert(term_says(&term, "0:00.000000"));
    term_keys(&term, "\x03");
    term_left_tidy(&term);
    term_close(&term);
    answered_while_reading(&term, "]", "the next mark is looked for");
    term_expect(&term, "the next mark is looked for", false);
    term_expect(&term, "PAUSED", true); /* at one that the file brought in the end */
    term_keys(&term, "\x03");
    term_left_tidy(&term);
    term_close(&term);
    answered_while_reading(&term, "s", "This is not the whole");
    term_expect(&term, "This is not the whole", false);
    term_keys(&term, "\x03");
    term_left_tidy(&term);
    term_close(&term);
}
END_TEST

/* While most of it is still to be read. */
START_TEST(ctrl_c_ends_the_opening_of_a_big_file)
{
    make_big(4000000);
    const char *const words[] = { "replay", big, NULL };
    struct term term;
    term_open(&term, words, 100, 30);
    for (int turn = 0; strstr(term.process.text, "reading") == NULL && turn < LIMIT_MS / 20; turn++)
        process_read(&term.process, 20);
    term_keys(&term, "\x03");
    term_left_tidy(&term);
    term_close(&term);
}
END_TEST

int main(void)
{
    if (mkdtemp(directory) == NULL) {
        perror(directory);
        return 99;
    }
    snprintf(big, sizeof big, "%s/big.lockstep", directory);
    snprintf(out, sizeof out, "%s/out", directory);
    Suite *suite = suite_create("long");
    TCase *tcase = tcase_create("long");
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, writing_shows_how_far_it_is_and_gives_way);
    tcase_add_test(tcase, reading_shows_how_far_it_is_and_gives_way);
    tcase_add_test(tcase, without_a_terminal_nothing_is_said);
    tcase_add_test(tcase, the_screen_opens_a_big_file_and_gives_way);
    tcase_add_test(tcase, the_end_of_what_is_read_is_a_wish_that_comes_true);
    tcase_add_test(tcase, a_wish_is_taken_back);
    tcase_add_test(tcase, ctrl_c_ends_the_opening_of_a_big_file);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    unlink(big);
    unlink(out);
    rmdir(directory);
    return failed > 0;
}
