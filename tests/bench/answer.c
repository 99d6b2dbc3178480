/*
 * How long a key waits for its answer on the screen, 200x50, while 10,000 clients come, talk and
 * listen: as the tasks of one loop, and as 10,000 lanes of a thread each. A key is answered when the
 * page that it asks for stands in what the terminal was sent. Two pages take turns, at times that keep
 * no step with the frames.
 *
 * The budget is a frame of 30 a second. It is an absolute time, so it says more of a machine that is
 * idle; the longest is told too, and how many came later than a frame. Beside it, at the same times,
 * keys go to a program that does nothing but answer: what it is late by is the machine's.
 */
#include "bench/bench.h"
#include "bench/terminal.h"

#include "base/clock.h"

#include <stdio.h>
#include <termios.h>
#include <unistd.h>

enum { KEYS = 120, WIDE = 200, HIGH = 50, STARTED_MS = 60000, GONE_MS = 5000 };
static const double FRAME_MS = 1000.0 / 30;

/* The time from the key to the text; negative: it did not come. */
static double answer_ms(struct terminal *terminal, const char *key, const char *text)
{
    uint64_t start_ns = clock_now();
    terminal_type(terminal, key);
    if (!terminal_await(terminal, text, GONE_MS))
        return -1;
    return (double)(clock_now() - start_ns) / 1e6;
}

/* The child in a terminal that answers each key at once. */
static void bare_start(struct terminal *terminal)
{
    if (!terminal_fork(terminal, WIDE, HIGH))
        return;
    struct termios raw;
    char key;
    tcgetattr(STDIN_FILENO, &raw);
    cfmakeraw(&raw);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    do {
        if (write(STDOUT_FILENO, "ready", 5) != 5)
            break;
    } while (read(STDIN_FILENO, &key, 1) == 1 && key != 'q');
    _exit(0);
}

struct answers {
    double ms[KEYS], longest;
    int count, late;
};

static bool note_answer(struct answers *answers, double ms)
{
    answers->longest = ms > answers->longest ? ms : answers->longest;
    answers->late += ms > FRAME_MS;
    answers->ms[answers->count++] = ms;
    return ms >= 0;
}

static void tell(struct bench *bench, const char *who, const struct answers *answers)
{
    char name[64];
    snprintf(name, sizeof name, "%s_longest_ms", who);
    bench_note(bench, name, answers->longest);
    snprintf(name, sizeof name, "%s_late_of_%d", who, KEYS);
    bench_note(bench, name, answers->late);
}

static void press(struct bench *bench, const char *model, struct terminal *terminal,
                  struct terminal *bare)
{
    struct answers own = { .count = 0 }, others = { .count = 0 };
    char name[64];
    for (int i = 0; i < KEYS; i++) {
        bool back = i % 2 == 1;
        double ms = answer_ms(terminal, back ? "\x1b" : "?", back ? "LIVE" : "keys and states");
        if (!bench_check(bench, note_answer(&own, ms), "%s: key %d had no answer", model, i))
            return;
        terminal_read(terminal, 15 + i * 37 % 50);
        if (!bench_check(bench, note_answer(&others, answer_ms(bare, "k", "ready")),
                         "%s: key %d had no bare answer", model, i))
            return;
        terminal_read(terminal, 15 + i * 41 % 51);
    }
    snprintf(name, sizeof name, "%s_ms", model);
    bench_tell(bench, name, bench_spread(own.ms, KEYS), FRAME_MS);
    tell(bench, model, &own);
    snprintf(name, sizeof name, "%s_bare", model);
    tell(bench, name, &others);
}

static void measure(struct bench *bench, const char *model)
{
    const char *const words[] = { "chat",          "-m", model,         "-s",
                                  "clients=10000", "-s", "duration=1h", NULL };
    struct terminal terminal, bare;
    terminal_lockstep(&terminal, words, WIDE, HIGH);
    if (!bench_check(bench, terminal_await(&terminal, "LIVE", STARTED_MS), "%s: no live race",
                     model))
        return;
    bare_start(&bare);
    if (bench_check(bench, terminal_await(&bare, "ready", GONE_MS), "no bare answer"))
        press(bench, model, &terminal, &bare);
    terminal_type(&bare, "q");
    bench_check(bench, terminal_end(&bare, GONE_MS), "the bare answer did not end at q");
    terminal_type(&terminal, "q");
    bench_check(bench, terminal_end(&terminal, STARTED_MS), "%s: it did not end at q", model);
}

void bench_answer(struct bench *bench)
{
    measure(bench, "loop");
    measure(bench, "threads");
}
