/*
 * What observing costs a saturated chat server: the same talk, more than it can carry at once, with
 * rings that are not written and with rings that are, drained and recorded, in pairs whose order
 * turns; and the whole of it, with the kernel's switches and a screen.
 *
 * The server has a core for itself where there are two. Its throughput is counted in deliveries for
 * each second of its CPU, which is what a saturated server's throughput is made of and does not
 * change with what else the machine does; by the wall's clock it is told for information. A loss
 * counts as one where it is beyond what the pairs' own confidence interval explains; where that is
 * wide, because others use the machine, nothing is judged, and the bench says so.
 */
#include "bench/carry.h"

#include "base/clock.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>

enum { PAIRS = 7, WHOLE_PAIRS = 5 };
static const double INTERVAL_MOST = 0.03; /* a wider one shows nothing */

struct talk {
    double cost_ns;    /* of the server's CPU, for a delivery */
    double events;     /* for a delivery */
    double per_wall_s; /* deliveries */
};

static bool measure(struct bench *bench, const char *model, enum observe observe, struct talk *talk)
{
    static const char *const sets[] = { "clients=200", "rate=4000/s", "duration=300ms", NULL };
    const struct carry_options options = { .scenario = "chat",
                                           .model = model,
                                           .sets = sets,
                                           .observe = observe,
                                           .stage_core = 1,
                                           .other_core = 2 };
    struct carry carry;
    if (!carry_begin(&carry, bench, &options))
        return false;
    carry_go(&carry);
    carry_end(&carry);
    if (!bench_check(bench, carry.delivered > 20000, "%s: only %llu lines were delivered", model,
                     (unsigned long long)carry.delivered))
        return false;
    double delivered = (double)carry.delivered;
    *talk = (struct talk){ .cost_ns = (double)carry.cpu_ns / delivered,
                           .events = (double)atomic_load(&carry.told->events) / delivered,
                           .per_wall_s = delivered * 1e9 / (double)carry.wall_ns };
    return carry.right;
}

/* What of the throughput is lost, in pairs; events are those of the second ones, by second of CPU. */
static bool lost(struct bench *bench, const char *model, enum observe observe, size_t pairs,
                 struct spread *loss, double *events_per_s, double *interval)
{
    double losses[PAIRS], sum = 0, squares = 0;
    *events_per_s = 0;
    for (size_t i = 0; i < pairs; i++) {
        struct talk plain, observed;
        bool first = i % 2 == 0;
        if (!measure(bench, model, first ? OBSERVE_NOTHING : observe, first ? &plain : &observed) ||
            !measure(bench, model, first ? observe : OBSERVE_NOTHING, first ? &observed : &plain))
            return false;
        losses[i] = 1 - plain.cost_ns / observed.cost_ns;
        *events_per_s += observed.events * 1e9 / plain.cost_ns / (double)pairs;
        sum += losses[i];
        squares += losses[i] * losses[i];
    }
    double mean = sum / (double)pairs;
    double variance = (squares - sum * mean) / (double)(pairs - 1);
    *interval = 2.45 * sqrt(variance / (double)pairs); /* Student's t of 7 pairs, 95 % */
    *loss = bench_spread(losses, pairs);
    return true;
}

static void tell(struct bench *bench, const char *model, const char *what, double value)
{
    char name[64];
    snprintf(name, sizeof name, "%s_%s", model, what);
    bench_note(bench, name, value);
}

/* Judges a loss, unless the pairs differ so much among themselves that they show nothing. */
static void judge(struct bench *bench, const char *model, const char *what, struct spread loss,
                  double interval, double allowed)
{
    char name[64], interval_name[80];
    snprintf(name, sizeof name, "%s_%s", model, what);
    snprintf(interval_name, sizeof interval_name, "%s_confidence_95", what);
    tell(bench, model, interval_name, interval);
    if (interval <= INTERVAL_MOST) {
        bench_tell(bench, name, loss, allowed + interval);
        return;
    }
    bench_note(bench, name, loss.median);
    bench_skip(bench,
               "%s: the machine is too busy to judge %.4f, of which %.4f is allowed: the pairs' "
               "confidence interval is +-%.4f",
               name, loss.median, allowed, interval);
}

static void observe_model(struct bench *bench, const char *model)
{
    struct spread loss;
    struct talk plain;
    double events_per_s, interval;
    if (!measure(bench, model, OBSERVE_NOTHING, &plain) || /* warms up */
        !lost(bench, model, OBSERVE_RINGS, PAIRS, &loss, &events_per_s, &interval))
        return;
    double allowed = 1.25 * events_per_s * bench_stamp_ns() / 1e9 + 0.005;
    tell(bench, model, "lost_allowed", allowed);
    tell(bench, model, "events_per_cpu_s", events_per_s);
    tell(bench, model, "deliveries_per_wall_s", plain.per_wall_s);
    judge(bench, model, "lost", loss, interval, allowed);
    if (lost(bench, model, OBSERVE_SCREEN, WHOLE_PAIRS, &loss, &events_per_s, &interval))
        judge(bench, model, "lost_whole", loss, interval, 0.03);
}

void bench_observing(struct bench *bench)
{
    observe_model(bench, "loop");
    observe_model(bench, "threads");
}
