/*
 * A random walk: keys of every page, keys that mean nothing, sizes, the mouse and broken reports of it
 * go to the real program in a terminal, live and over a recording, from a seed. It must neither crash
 * nor hang, and stand in a known state whenever it is looked at: a size that changed is answered by a
 * whole picture of one of the pages, with its bars at top and bottom. Whenever it leaves, and at the
 * end, the terminal is as it was and nothing of it lives on.
 *
 * LOCKSTEP_WALK_EVENTS says how many events each (500 unless set; make walk: 50,000), LOCKSTEP_WALK_SEED the seed. The seed
 * and the last events are told when something is wrong.
 */
#include "base/clock.h"
#include "term.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EVENTS = 500, A_LOOK = 50, LAST = 64, EVENT_BYTES = 24 };

struct walk {
    struct term term;
    const char *const *words;
    uint64_t seed;
    long events, done;
    char last[LAST][EVENT_BYTES]; /* a ring of what was sent */
    size_t last_count;
    int starts;
};

static unsigned pick(struct walk *walk, unsigned limit)
{
    walk->seed = walk->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(walk->seed >> 33) % limit;
}

static long number_of(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text != NULL && text[0] != '\0' ? strtol(text, NULL, 10) : otherwise;
}

/* ---- what went wrong ---- */

static void tell(const struct walk *walk, const char *what)
{
    fprintf(stderr, "after %ld events: %s; the last ones:", walk->done, what);
    size_t from = walk->last_count > LAST ? walk->last_count - LAST : 0;
    for (size_t i = from; i < walk->last_count; i++) {
        fputc(' ', stderr);
        for (const char *at = walk->last[i % LAST]; *at != '\0'; at++)
            fprintf(stderr, *at > ' ' && *at < 0x7f ? "%c" : "\\x%02x", (unsigned char)*at);
    }
    char *text = term_text(&walk->term);
    fprintf(stderr, "\n%s", text);
    free(text);
}

#define hold(walk, expression)               \
    do {                                     \
        if (!(expression)) {                 \
            tell(walk, #expression);         \
            ck_abort_msg("%s", #expression); \
        }                                    \
    } while (0)

/* ---- the program ---- */

static void start(struct walk *walk)
{
    walk->starts++;
    term_open(&walk->term, walk->words, 80, 24);
    term_read(&walk->term, 100);
}

/* It has left, by a key that does that: tidily; and begins anew. A Ctrl-C that comes before it has the
 * terminal ends it as it would end any program. */
static void start_again(struct walk *walk)
{
    int status = walk->term.process.status;
    term_left_tidy(&walk->term);
    hold(walk, WIFEXITED(status) ? WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 128 + SIGINT
                                 : WTERMSIG(status) == SIGINT);
    term_close(&walk->term);
    start(walk);
}

static const char *const pages[] = {
    "SCENARIOS", "what do you expect?", "strips ", "keys and states", " tasks done",
    " axis ",    "wall time",           "score",
};

/* Between the key that begins a race and the first word of it there is a picture without bars. */
static bool begins(const char *text)
{
    return strstr(text, "The race begins") != NULL || strstr(text, "No run is there yet") != NULL;
}

static bool stands_well(const struct term *term)
{
    char *text = term_text(term);
    bool small = term->cols < 60 || term->rows < 16, known = begins(text);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        known = known || strstr(text, pages[i]) != NULL;
    size_t first = strcspn(text, "\n");
    char *end = text + strlen(text);
    while (end > text && (end[-1] == '\n' || end[-1] == ' '))
        end--;
    size_t rows = 0;
    for (const char *at = text; at < end; at++)
        rows += *at == '\n';
    bool top = memmem(text, first, "lockstep", 8) != NULL || begins(text);
    bool bottom = rows + 1 == (size_t)term->rows || begins(text);
    bool well = small ? strstr(text, "needs 60x16") != NULL : known && top && bottom;
    free(text);
    return well;
}

/* A new size is answered by a whole picture, and the picture is of a page. */
static void look(struct walk *walk)
{
    struct term *term = &walk->term;
    int cols = 60 + (int)pick(walk, 140), rows = 16 + (int)pick(walk, 45);
    term_forget(term);
    term_resize(term, cols == term->cols ? cols + 1 : cols, rows);
    uint64_t until = clock_now() + 3 * TERM_LIMIT_MS * NS_PER_MS;
    bool well = false;
    while (!well && clock_now() < until && !term->process.ended) {
        term_read(term, 5);
        well = term->process.text_size > 0 && stands_well(term);
    }
    if (!term->process.ended)
        hold(walk, well);
}

/* ---- events ---- */

static const char *const keys[] = {
    " ",         ",",         ".",      "[",        "]",         "-",         "+",         "\x1bOD",
    "\x1bOC",    "\x1bOA",    "\x1bOB", "\x1bOH",   "\x1bOF",    "\x1b[5~",   "\x1b[6~",   "\t",
    "\x1b[Z",    "1",         "2",      "3",        "4",         "7",         "9",         "g",
    "v",         "s",         "?",      "r",        "\r",        "x",         "p",         "m",
    "<",         ">",         "{",      "}",        "\x1b[1;2A", "\x1b[1;2B", "b",         "k",
    "u",         "/",         "o",      "n",        "z",         "0",         "\x1b",      "\x7f",
    "\x1b[1;2C", "\x1b[1;2D", "\x1bOP", "\xc3\xa4", "\xff",      "\x01",      "\x1b[1;5C", "a",
    "h",         "j",         "l",      "y",        "w",         "e",         "i",         "t",
};

static void send(struct walk *walk, const char *bytes)
{
    snprintf(walk->last[walk->last_count++ % LAST], EVENT_BYTES, "%s", bytes);
    size_t size = strlen(bytes);
    uint64_t until = clock_now() + 3 * TERM_LIMIT_MS * NS_PER_MS;
    ssize_t sent = write(walk->term.process.out, bytes, size);
    while (sent < 0 && clock_now() < until && !walk->term.process.ended) {
        term_read(&walk->term, 5); /* its input is full until it is read */
        sent = write(walk->term.process.out, bytes, size);
    }
    if (!walk->term.process.ended)
        hold(walk, sent == (ssize_t)size);
}

static void send_mouse(struct walk *walk)
{
    static const int buttons[] = { 0, 0, 0, 32, 32, 64, 65, 2, 35, 99 };
    char report[EVENT_BYTES];
    int x = (int)pick(walk, (unsigned)walk->term.cols + 3);
    int y = (int)pick(walk, (unsigned)walk->term.rows + 3);
    snprintf(report, sizeof report, "\x1b[<%d;%d;%d%c", buttons[pick(walk, 10)], x, y,
             pick(walk, 4) == 0 ? 'm' : 'M');
    if (pick(walk, 20) == 0)
        report[pick(walk, (unsigned)strlen(report)) + 1] = '\0'; /* cut */
    send(walk, report);
}

static void step(struct walk *walk)
{
    unsigned what = pick(walk, 100);
    if (what < 20) {
        send_mouse(walk);
    } else if (what < 22) {
        term_resize(&walk->term, 1 + (int)pick(walk, 220), 1 + (int)pick(walk, 70));
        snprintf(walk->last[walk->last_count++ % LAST], EVENT_BYTES, "%dx%d", walk->term.cols,
                 walk->term.rows);
    } else if (what == 22 && pick(walk, 8) == 0) {
        send(walk, pick(walk, 2) == 0 ? "q" : "\x03");
    } else {
        send(walk, keys[pick(walk, sizeof keys / sizeof *keys)]);
    }
}

static void go(struct walk *walk)
{
    start(walk);
    for (walk->done = 0; walk->done < walk->events; walk->done++) {
        step(walk);
        if (walk->done % 8 == 0)
            term_read(&walk->term, 1);
        if (walk->done % A_LOOK == A_LOOK - 1)
            look(walk);
        if (walk->term.process.ended)
            start_again(walk);
    }
    pid_t tree[PROCESS_TREE_MAX];
    size_t count = process_tree(walk->term.process.pid, tree, PROCESS_TREE_MAX);
    for (int i = 0; i < 20 && !walk->term.process.ended; i++) {
        send(walk, "\x1b"); /* out of whatever is being typed */
        term_read(&walk->term, 60);
        if (!walk->term.process.ended)
            send(walk, "q");
        process_wait(&walk->term.process, 500);
    }
    hold(walk, walk->term.process.ended);
    term_left_tidy(&walk->term);
    ck_assert_uint_eq(process_survivors(tree, count, 10000), 0);
    term_close(&walk->term);
    fprintf(stderr, "%ld events, %d starts\n", walk->events, walk->starts);
}

static void walk_over(const char *const *words)
{
    static struct walk walk;
    walk = (struct walk){
        .words = words,
        .seed = (uint64_t)number_of("LOCKSTEP_WALK_SEED", 1),
        .events = number_of("LOCKSTEP_WALK_EVENTS", EVENTS),
    };
    fprintf(stderr, "seed %llu\n", (unsigned long long)walk.seed);
    go(&walk);
}

START_TEST(live)
{
    static const char *const words[] = { "scraper",  "-m",    "threads,processes,loop", "--set",
                                         "pages=60", "--set", "latency=20ms",           NULL };
    walk_over(words);
}
END_TEST

START_TEST(over_a_recording)
{
    struct process process;
    static const char *const record[] = { "run",           "scraper",      "-m",
                                          "threads,loop",  "--set",        "pages=40",
                                          "--set",         "latency=20ms", "--record",
                                          "walk.lockstep", "--overwrite",  NULL };
    static const char *const words[] = { "replay", "walk.lockstep", NULL };
    process_start(&process, record, NULL);
    ck_assert(process_wait(&process, TERM_LIMIT_MS));
    ck_assert(WIFEXITED(process.status) && WEXITSTATUS(process.status) == 0);
    process_end(&process);
    walk_over(words);
}
END_TEST

int main(void)
{
    char directory[] = "/tmp/lockstep-walk-XXXXXX", command[80];
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    term_go_elsewhere(directory);
    Suite *suite = suite_create("walk");
    TCase *tcase = tcase_create("walk");
    tcase_set_timeout(tcase, 300 + (double)number_of("LOCKSTEP_WALK_EVENTS", EVENTS) / 10);
    tcase_add_test(tcase, live);
    tcase_add_test(tcase, over_a_recording);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    return system(command) == 0 && failed == 0 ? 0 : 1;
}
