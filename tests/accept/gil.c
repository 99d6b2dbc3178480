/*
 * Two computing lanes under the GIL: the mean period between hand-overs, less the switch interval, is
 * what a hand-over costs. It stays below half a millisecond at every interval. Two long tasks, since a
 * hand-over at a task's end comes when it comes.
 */
#include <stdio.h>

#include "accept.h"

bool accept_gil(void)
{
    static const int intervals_ms[] = { 2, 5, 20, 50 };
    bool all = true;
    for (size_t i = 0; i < sizeof intervals_ms / sizeof intervals_ms[0]; i++) {
        double periods[3];
        size_t count = 0;
        for (int k = 0; k < 3; k++) {
            char arguments[160];
            snprintf(arguments, sizeof arguments,
                     "matrix -m threads -s workers=2 -s products=2 -s size=1792 "
                     "-s switch_interval=%dms",
                     intervals_ms[i]);
            json_t *report = accept_run(arguments);
            double period = accept_figure(accept_model(report, "threads"), "gil.period_ms");
            if (period == period)
                periods[count++] = period;
            json_decref(report);
        }
        char claim[120];
        snprintf(claim, sizeof claim,
                 "two computing lanes, interval %d ms: period less interval below 0.5 ms",
                 intervals_ms[i]);
        if (count == 0) {
            all &= accept_say(false, claim, "no figure");
            continue;
        }
        double period = accept_median(periods, count);
        all &= accept_say(period - intervals_ms[i] < 0.5, claim, "period %.3f ms (median of %zu)",
                          period, count);
    }
    return all;
}
