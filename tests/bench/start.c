/*
 * How long the program takes from its start to the first picture of the picker in a terminal: the
 * whole of it, with reading all scenarios. An absolute time, so it says more of a machine that is
 * idle.
 */
#include "bench/bench.h"
#include "bench/terminal.h"

#include "base/clock.h"

enum { TRIALS = 9 };

void bench_start(struct bench *bench)
{
    static const char *const no_words[] = { NULL };
    double ms[TRIALS];
    for (int i = 0; i < TRIALS; i++) {
        struct terminal terminal;
        uint64_t start_ns = clock_now();
        terminal_lockstep(&terminal, no_words, 120, 40);
        bool shown = terminal_await(&terminal, "scraper", 10000);
        ms[i] = (double)(clock_now() - start_ns) / 1e6;
        terminal_type(&terminal, "q");
        bool ended = terminal_end(&terminal, 5000);
        if (!bench_check(bench, shown && ended, "the picker did not %s",
                         shown ? "end at q" : "come"))
            return;
    }
    bench_tell(bench, "picker_ms", bench_spread(ms, TRIALS), 50);
}
