/*
 * How long a key waits for its answer on the screen, 200x50, while 10,000 clients come, talk and
 * listen: as the tasks of one loop, and as 10,000 lanes of a thread each. A key is answered when the
 * page that it asks for stands in what the terminal was sent. Two pages take turns, at times that keep
 * no step with the frames.
 *
 * The budget is a frame of 30 a second. It is an absolute time, so it says more of a machine that is
 * idle; the longest is told too, and how many came later than a frame.
 */
#include "bench/bench.h"
#include "bench/terminal.h"

#include "base/clock.h"

#include <stdio.h>

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

static void measure(struct bench *bench, const char *model)
{
    const char *const words[] = { "chat",          "-m", model,         "-s",
                                  "clients=10000", "-s", "duration=1h", NULL };
    struct terminal terminal;
    double ms[KEYS], most = 0;
    int count = 0, late = 0;
    char name[64];
    terminal_lockstep(&terminal, words, WIDE, HIGH);
    if (!bench_check(bench, terminal_await(&terminal, "LIVE", STARTED_MS), "%s: no live race",
                     model))
        return;
    for (; count < KEYS; count++) {
        bool back = count % 2 == 1;
        ms[count] = answer_ms(&terminal, back ? "\x1b" : "?", back ? "LIVE" : "keys and states");
        if (!bench_check(bench, ms[count] >= 0, "%s: key %d had no answer", model, count))
            break;
        most = ms[count] > most ? ms[count] : most;
        late += ms[count] > FRAME_MS;
        terminal_read(&terminal, 30 + count * 37 % 101);
    }
    terminal_type(&terminal, "q");
    bench_check(bench, terminal_end(&terminal, STARTED_MS), "%s: it did not end at q", model);
    if (count < KEYS)
        return;
    snprintf(name, sizeof name, "%s_ms", model);
    bench_tell(bench, name, bench_spread(ms, KEYS), FRAME_MS);
    snprintf(name, sizeof name, "%s_longest_ms", model);
    bench_note(bench, name, most);
    snprintf(name, sizeof name, "%s_late_of_%d", model, KEYS);
    bench_note(bench, name, late);
}

void bench_answer(struct bench *bench)
{
    measure(bench, "loop");
    measure(bench, "threads");
}
