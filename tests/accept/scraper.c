/*
 * 200 pages of an origin that answers after 50 ms, 10 workers: threads and processes need 200/10 x
 * 50 ms and wait on the network all the while; the loop has all in flight at once.
 */
#include <math.h>
#include <stdio.h>

#include "accept.h"

enum { ROUNDS = 5 };

bool accept_scraper(void)
{
    double threads[ROUNDS], processes[ROUNDS], loop[ROUNDS], io[ROUNDS];
    size_t count = 0;
    double flight = 0;
    for (int i = 0; i < ROUNDS; i++) {
        json_t *report = accept_run("scraper -m threads,processes,loop -s pages=200 "
                                    "-s latency=50ms -s workers=10");
        if (report == NULL)
            continue;
        threads[count] = accept_figure(accept_model(report, "threads"), "wall_s");
        processes[count] = accept_figure(accept_model(report, "processes"), "wall_s");
        loop[count] = accept_figure(accept_model(report, "loop"), "wall_s");
        io[count] = accept_figure(accept_model(report, "threads"), "state_share.io");
        flight = fmax(flight, accept_figure(accept_model(report, "loop"), "connections.peak"));
        count++;
        json_decref(report);
    }
    if (count == 0)
        return accept_say(false, "scraper runs", "no report");
    double t = accept_median(threads, count), p = accept_median(processes, count);
    double l = accept_median(loop, count), share = accept_median(io, count);
    bool all = accept_say(fabs(t - 1.0) <= 0.1, "scraper: threads within 10 % of 1.0 s",
                          "%.3f s (median of %zu)", t, count);
    all &= accept_say(fabs(p - 1.0) <= 0.1, "scraper: processes within 10 % of 1.0 s",
                      "%.3f s (median of %zu)", p, count);
    all &= accept_say(l <= 0.2, "scraper: loop at most 0.2 s", "%.3f s (median of %zu)", l, count);
    all &= accept_say(flight == 200, "scraper: all 200 requests of the loop in flight at once",
                      "%.0f connections at most", flight);
    all &= accept_say(share >= 0.9, "scraper: io share of threads at least 0.9", "%.3f", share);
    return all;
}
