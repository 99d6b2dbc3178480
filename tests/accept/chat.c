/*
 * A chat: after the talk stops and a bounded wait, every line has reached everyone exactly once; and
 * the loop alone holds ten thousand clients.
 */
#include <stdio.h>

#include "accept.h"

static bool chat(const char *model, int clients, const char *more)
{
    char arguments[200], claim[120];
    snprintf(arguments, sizeof arguments, "chat -m %s -s clients=%d %s", model, clients, more);
    json_t *report = accept_run(arguments);
    json_t *run = accept_model(report, model);
    double sent = accept_figure(run, "crowd.sent"), due = accept_figure(run, "crowd.due");
    double delivered = accept_figure(run, "crowd.delivered");
    double twice = accept_figure(run, "crowd.twice");
    double peak = accept_figure(run, "connections.peak");
    double pss = accept_figure(run, "memory_kib.pss_peak");
    double kernel = accept_figure(run, "memory_kib.kernel_estimate");
    snprintf(claim, sizeof claim, "chat: %d clients under %s: every line to everyone, once",
             clients, model);
    bool held = accept_say(
        sent > 0 && delivered == due && twice == 0 && peak == clients, claim,
        "%.0f lines, %.0f deliveries due, %.0f delivered, %.0f twice, %.0f connections, p99 %.1f "
        "ms; %.1f KiB PSS and about %.1f KiB of the kernel's per connection",
        sent, due, delivered, twice, peak, accept_figure(run, "latency_ms.p99"), pss / peak,
        kernel / peak);
    json_decref(report);
    return held;
}

bool accept_chat(void)
{
    bool all = chat("threads", 2000, "");
    all &= chat("loop", 2000, "");
    all &= chat("processes", 500, "");
    all &= chat("loop", 10000, "-s rate=2/s");
    return all;
}
