/*
 * The linear scan of what one lane at a time can have: the GIL and the cores.
 */
#include "tests/scan_inside.h"

typedef void hold_fn(void *context, uint32_t holder, uint64_t from, uint64_t to);

/* Whether an event takes the thing, or gives it up (and was not too late to count). */
enum deed { DEED_NONE, DEED_TAKE, DEED_LEAVE };
typedef enum deed deed_fn(const struct scan *scan, const struct event *e, uint32_t thing);

static void holds(const struct scan *scan, uint32_t thing, deed_fn *deed, hold_fn *each,
                  void *context)
{
    uint32_t holder = LANE_NONE;
    const struct event *taken = NULL;
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e)) {
        enum deed done = deed(scan, e, thing);
        if (done == DEED_NONE || (done == DEED_LEAVE && holder != e->lane))
            continue;
        if (holder != LANE_NONE)
            each(context, holder, taken->time, e->time);
        holder = done == DEED_TAKE ? e->lane : LANE_NONE;
        taken = e;
    }
    if (holder != LANE_NONE)
        each(context, holder, taken->time, NEVER);
}

static enum deed gil_deed(const struct scan *scan, const struct event *e, uint32_t gil)
{
    if (e->lane == LANE_NONE || e->time > scan_end_of(scan, e->lane))
        return DEED_NONE;
    if (e->kind == EVENT_GIL_TAKE && e->object == gil)
        return DEED_TAKE;
    if ((e->kind == EVENT_GIL_DROP && e->object == gil) || e->kind == EVENT_LANE_END ||
        e->kind == EVENT_LANE_CRASH)
        return DEED_LEAVE;
    return DEED_NONE;
}

static enum deed core_deed(const struct scan *scan, const struct event *e, uint32_t core)
{
    if (e->lane == LANE_NONE)
        return DEED_NONE;
    if (e->kind == EVENT_LANE_END || e->kind == EVENT_LANE_CRASH)
        return DEED_LEAVE;
    if (scan_is_kernel(e) && e->time >= scan_end_of(scan, e->lane))
        return DEED_NONE;
    if (e->kind == EVENT_SWITCH_IN && e->object == core)
        return DEED_TAKE;
    if (e->kind == EVENT_SWITCH_OUT && e->object == core)
        return DEED_LEAVE;
    if (e->kind == EVENT_LANE_BEGIN && scan_first_core(scan, e->lane) == core)
        return DEED_TAKE;
    return DEED_NONE;
}

struct holding {
    const struct scan *scan;
    uint64_t from, to;
    uint64_t ns[LANES + 1]; /* by lane; the last one: of all */
    uint32_t holder;
    uint64_t since;
    bool ever;
};

static void add_hold(void *context, uint32_t holder, uint64_t from, uint64_t to)
{
    struct holding *holding = context;
    if (from <= holding->from && to > holding->from) {
        holding->holder = holder;
        holding->since = from;
        holding->ever = true;
    } else if (to <= holding->from) {
        holding->since = to;
        holding->ever = true;
    }
    from = from > holding->from ? from : holding->from;
    to = to < holding->to ? to : holding->to;
    if (from >= to)
        return;
    holding->ns[holder] += to - from;
    holding->ns[LANES] += to - from;
}

static struct holding hold_of(const struct scan *scan, uint32_t thing, deed_fn *deed, uint64_t t0,
                              uint64_t t1)
{
    struct holding holding = { .scan = scan,
                               .from = scan_abs_time(scan, t0),
                               .to = scan_abs_time(scan, t1 > t0 ? t1 : t0),
                               .holder = LANE_NONE };
    holds(scan, thing, deed, add_hold, &holding);
    return holding;
}

void scan_gil_at(const struct scan *scan, size_t index, uint64_t t, struct gil_moment *moment)
{
    uint32_t gil = scan->gils[index];
    uint64_t time = scan_abs_time(scan, t), requested = 0, taken = 0;
    struct holding holding = hold_of(scan, gil, gil_deed, t, t);
    *moment = (struct gil_moment){ .holder = holding.holder };
    moment->since_ns = holding.ever ? scan_since_go(scan, holding.since) : 0;
    bool waits[LANES] = { false };
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e)) {
        enum says says;
        if (e->time > time || e->lane == LANE_NONE || e->time > scan_end_of(scan, e->lane) ||
            scan_is_kernel(e))
            continue;
        if (e->kind == EVENT_GIL_REQUEST && e->object == gil)
            requested = e->time;
        if (e->kind == EVENT_GIL_TAKE && e->object == gil)
            taken = e->time;
        if (e->kind == EVENT_LANE_END || e->kind == EVENT_LANE_CRASH)
            waits[e->lane] = false;
        else if (event_says(e, &says))
            waits[e->lane] = scan_wants_gil(e) && e->object == gil;
    }
    for (size_t i = 0; i < LANES; i++)
        moment->waiters += waits[i];
    moment->requested = requested > taken;
    if (holding.holder == LANE_NONE || scan->source != SOURCE_PERF ||
        scan_role_of(scan, holding.holder) == ROLE_OUTSIDE)
        return;
    enum kernel_state kernel = scan_kernel_at(scan, holding.holder, time);
    moment->holder_off_core = kernel == KERNEL_PREEMPTED || kernel == KERNEL_BLOCKED;
}

uint32_t scan_gil_most(const struct scan *scan, size_t index, uint64_t t0, uint64_t t1,
                       uint32_t *held_permille)
{
    *held_permille = 0;
    struct holding holding = hold_of(scan, scan->gils[index], gil_deed, t0, t1);
    uint64_t span = holding.to - holding.from;
    if (span == 0)
        return LANE_NONE;
    *held_permille = (uint32_t)((holding.ns[LANES] * 1000 + span / 2) / span);
    uint32_t most = 0;
    for (uint32_t lane = 0; lane < LANES; lane++)
        if (holding.ns[lane] > holding.ns[most])
            most = lane;
    return holding.ns[LANES] * 2 < span ? LANE_NONE : most;
}

int scan_core_busy(const struct scan *scan, uint32_t core, uint64_t t0, uint64_t t1)
{
    if (scan->source != SOURCE_PERF)
        return -1;
    struct holding holding = hold_of(scan, core, core_deed, t0, t1);
    uint64_t span = holding.to - holding.from;
    return span == 0 ? 0 : (int)((holding.ns[LANES] * 1000 + span / 2) / span);
}

uint32_t scan_core_lane(const struct scan *scan, uint32_t core, uint64_t t)
{
    return hold_of(scan, core, core_deed, t, t).holder;
}

int scan_machine_busy(const struct scan *scan, uint32_t core, uint64_t t0, uint64_t t1)
{
    uint64_t from = scan_abs_time(scan, t0), to = scan_abs_time(scan, t1 > t0 ? t1 : t0);
    uint64_t busy = 0, covered = 0, before = 0;
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e)) {
        if (e->kind != EVENT_SAMPLE_CORE || e->object != core)
            continue;
        uint64_t start = e->time > e->b ? e->time - e->b : 0, end = e->time;
        start = start > before ? start : before;
        before = end > before ? end : before;
        start = start > from ? start : from;
        end = end < to ? end : to;
        if (start >= end)
            continue;
        busy += (end - start) * e->a;
        covered += end - start;
    }
    return covered == 0 ? -1 : (int)((busy + covered / 2) / covered);
}

/* ---- figures ---- */

struct gil_sums {
    const struct scan *scan;
    uint64_t go, now, held, changes, forced;
    uint32_t gil, last;
    uint64_t last_from;
};

/* Whether the first drop of a lane that took it at `from` was forced and came by `until`. */
static bool forced_by(const struct gil_sums *sums, uint32_t lane, uint64_t from, uint64_t until)
{
    bool taken = false;
    for (const struct event *e = scan_first(sums->scan); e != NULL; e = scan_next(sums->scan, e)) {
        if (e->lane != lane || e->object != sums->gil)
            continue;
        if (e->kind == EVENT_GIL_TAKE && e->time == from)
            taken = true;
        if (taken && e->kind == EVENT_GIL_DROP)
            return e->time <= until && e->b == DROP_FORCED;
    }
    return false;
}

static void sum_hold(void *context, uint32_t holder, uint64_t from, uint64_t to)
{
    struct gil_sums *sums = context;
    if (from > sums->now)
        return;
    if (sums->last != LANE_NONE && sums->last != holder && from > sums->go) {
        sums->changes++;
        sums->forced += forced_by(sums, sums->last, sums->last_from, from);
    }
    sums->last = holder;
    sums->last_from = from;
    from = from > sums->go ? from : sums->go;
    to = to < sums->now ? to : sums->now;
    sums->held += to > from ? to - from : 0;
}

void scan_gil_figures(const struct scan *scan, uint64_t time, struct figures *figures)
{
    uint64_t held = 0, changes = 0, forced = 0, requests = 0, waited = 0;
    for (size_t i = 0; i < scan->gil_count; i++) {
        struct gil_sums sums = {
            .scan = scan, .gil = scan->gils[i], .go = scan->go, .now = time, .last = LANE_NONE
        };
        holds(scan, scan->gils[i], gil_deed, sum_hold, &sums);
        held += sums.held;
        changes += sums.changes;
        forced += sums.forced;
    }
    for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e))
        requests += e->kind == EVENT_GIL_REQUEST && e->time >= scan->go && e->time <= time &&
                    e->time <= scan_end_of(scan, e->lane);
    for (size_t i = 0; i < scan->lane_count; i++) {
        /* A wait begins with WANT or a DROP on request, and with another word of the lane it is over. */
        uint64_t since = NEVER;
        for (const struct event *e = scan_first(scan); e != NULL; e = scan_next(scan, e)) {
            enum says says;
            bool end = e->kind == EVENT_LANE_END || e->kind == EVENT_LANE_CRASH;
            if (!scan_is_own(e, scan->lanes[i]) || e->time > scan_end_of(scan, e->lane) ||
                (!end && !event_says(e, &says)))
                continue;
            uint64_t from = since > scan->go ? since : scan->go;
            uint64_t to = e->time < time ? e->time : time;
            if (since != NEVER && to > from)
                waited += to - from;
            since = scan_wants_gil(e) ? e->time : NEVER;
        }
        uint64_t from = since > scan->go ? since : scan->go;
        if (since != NEVER && time > from)
            waited += time - from;
    }
    if (scan->gil_count == 0)
        return;
    scan_know(&figures->gil_held_s, (double)held / 1e9);
    scan_know(&figures->gil_waited_s, (double)waited / 1e9);
    scan_know(&figures->gil_handovers, (double)changes);
    scan_know(&figures->gil_forced, (double)forced);
    scan_know(&figures->gil_requests, (double)requests);
}
