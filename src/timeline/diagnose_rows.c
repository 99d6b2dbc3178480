/*
 * The diagnoses: one row each, the gravest first. A row applies where figures say so without doubt;
 * what is just short of it is no diagnosis, since a false alarm costs more than one that is missed.
 *
 * To add one: a row at the end of this file, and its functions above.
 */
#include <string.h>

#include "base/clock.h"
#include "base/format.h"
#include "timeline/diagnose_inside.h"

/* ---- pieces ---- */

static void put_ns(struct buffer *text, uint64_t ns)
{
    char figure[FORMAT_SIZE];
    buffer_text(text, format_duration(figure, sizeof figure, ns));
}

static void put_ms(struct buffer *text, const struct figure *ms)
{
    put_ns(text, format_whole(ms->value * (double)NS_PER_MS));
}

static int percent(double share)
{
    return (int)(share * 100 + 0.5);
}

/* One lane is no pool: what it waits for is not for lack of others. */
static bool is_pool(const struct symptoms *s)
{
    return s->brief.workers >= 2;
}

static bool is_batch(const struct symptoms *s)
{
    enum { SERVICE = 1 };
    return s->meta->kind != SERVICE;
}

static uint64_t at_end(const struct symptoms *s)
{
    return s->length;
}
static uint64_t at_start(const struct symptoms *s)
{
    return s->figures.startup_s.known ? format_whole(s->figures.startup_s.value * (double)NS_PER_S)
                                      : 0;
}

/* ---- gave up at a limit ---- */

static bool gave_up(const struct symptoms *s)
{
    return s->brief.status == RUN_LIMITED;
}
static void gave_up_evidence(const struct symptoms *s, struct buffer *text)
{
    buffer_text(text, "it gave up");
    if (s->told->gave_up_at > 0)
        buffer_printf(text, " at %u", s->told->gave_up_at);
    buffer_text(text, " after ");
    put_ns(text, s->length);
    if (s->told->reason[0] != '\0')
        buffer_printf(text, ": %s", s->told->reason);
    buffer_byte(text, '.');
}

static bool died(const struct symptoms *s)
{
    return s->brief.status == RUN_FAILED && s->told->reason[0] != '\0';
}
static void died_evidence(const struct symptoms *s, struct buffer *text)
{
    buffer_text(text, "it failed after ");
    put_ns(text, s->length);
    buffer_printf(text, " with %llu of %llu tasks done: %s.",
                  (unsigned long long)s->figures.tasks.done,
                  (unsigned long long)s->figures.tasks.submitted, s->told->reason);
}

/* ---- a loop that stands still ---- */

/* As long as a person notices, by few and long pieces of its own doing: a loop that is handed much at
 * once, or that waits for a core, is not blocked. */
static bool blocked_loop(const struct symptoms *s)
{
    return s->lag.found && s->lag.ns >= 50 * NS_PER_MS && s->lag.piece_ns >= 20 * NS_PER_MS &&
           s->lag.share[STATE_READY] < 0.3;
}
static void blocked_evidence(const struct symptoms *s, struct buffer *text)
{
    enum state most = STATE_RUN;
    for (enum state state = STATE_RUN; state < STATE_COUNT; state++)
        most = s->lag.share[state] > s->lag.share[most] ? state : most;
    buffer_text(text, "what could go on had to wait ");
    put_ns(text, s->lag.ns);
    buffer_text(text, " for the loop, which was at one thing for ");
    put_ns(text, s->lag.piece_ns);
    buffer_printf(text, " in the mean and spent %d %% of that time in `%s`",
                  percent(s->lag.share[most]), state_rows[most].key);
    if (s->lag.due > 0)
        buffer_printf(text, "; %llu task%s due near its end", (unsigned long long)s->lag.due,
                      s->lag.due == 1 ? " was" : "s were");
    buffer_byte(text, '.');
}
static uint64_t blocked_moment(const struct symptoms *s)
{
    return s->lag.t;
}

/* ---- the GIL ---- */

static bool convoy(const struct symptoms *s)
{
    return s->convoy.found;
}
static void convoy_evidence(const struct symptoms *s, struct buffer *text)
{
    buffer_printf(text, "%s came back from the outside and then waited ", s->convoy.lane.name);
    put_ns(text, s->convoy.mean_ns);
    buffer_printf(text,
                  " for the GIL (mean of %u returns), behind %s, which computed; the switch "
                  "interval is ",
                  s->convoy.waits, s->convoy.holder.name);
    put_ns(text, s->interval_ns);
    buffer_printf(text, ". That was %d %% of its life.", percent(s->convoy.share));
}
static uint64_t convoy_moment(const struct symptoms *s)
{
    return s->convoy.t;
}

static bool gil_turns(const struct symptoms *s)
{
    return is_pool(s) && symptoms_share(s, STATE_GIL) >= 0.20 && s->length > 0 &&
           s->figures.gil_held_s.known &&
           s->figures.gil_held_s.value >= 0.5 * (double)s->length / (double)NS_PER_S;
}
static void turns_evidence(const struct symptoms *s, struct buffer *text)
{
    double held = s->figures.gil_held_s.value * (double)NS_PER_S / (double)s->length;
    buffer_printf(
        text,
        "%d %% of the workers' time went into waiting for the GIL, which was held %d %% of "
        "the run: one of %zu lanes ran Python at a time.",
        percent(symptoms_share(s, STATE_GIL)), percent(held > 1 ? 1 : held), s->brief.workers);
}
static uint64_t turns_moment(const struct symptoms *s)
{
    return symptoms_moment(s, STATE_GIL);
}

static bool off_core(const struct symptoms *s)
{
    return s->off_core.of_run >= 0.05;
}
static void off_core_evidence(const struct symptoms *s, struct buffer *text)
{
    buffer_printf(
        text,
        "at %d %% of %d moments looked at, lanes waited for a GIL whose holder was off its "
        "core itself.",
        percent(s->off_core.of_run), SYMPTOM_POINTS);
}
static uint64_t off_core_moment(const struct symptoms *s)
{
    return s->off_core.t;
}

/* ---- locks ---- */

static bool lock_waits(const struct symptoms *s)
{
    return is_pool(s) && symptoms_share(s, STATE_LOCK) >= 0.20;
}
static void lock_evidence(const struct symptoms *s, struct buffer *text)
{
    buffer_printf(text, "%d %% of the workers' time went into waiting for locks of the work.",
                  percent(symptoms_share(s, STATE_LOCK)));
}
static uint64_t lock_moment(const struct symptoms *s)
{
    return symptoms_moment(s, STATE_LOCK);
}

/* ---- starvation ---- */

static bool starved(const struct symptoms *s)
{
    return s->starved.found;
}
static void starved_evidence(const struct symptoms *s, struct buffer *text)
{
    buffer_printf(text, "%s waited %d %% of its life (once for ", s->starved.lane.name,
                  percent(s->starved.waits));
    put_ns(text, s->starved.longest_ns);
    buffer_printf(text, "), mostly in `%s`, while half of the lanes like it waited at most %d %%.",
                  state_rows[s->starved.state].key, percent(s->starved.others_wait));
}
static uint64_t starved_moment(const struct symptoms *s)
{
    return s->starved.t;
}

/* ---- queues ---- */

/* Tasks come to the end, those that are there and not done grow to the end, and by much. */
static bool unbounded(const struct symptoms *s)
{
    enum { LAST = BACKLOG_POINTS - 1, MIDDLE = LAST / 2 };
    const struct task_counts *at = s->backlog.at;
    uint64_t end = symptoms_backlog(&at[LAST]), middle = symptoms_backlog(&at[MIDDLE]);
    uint64_t came = at[LAST].submitted - at[MIDDLE].submitted;
    uint32_t rises = 0;
    for (int i = MIDDLE; i < LAST; i++) {
        if (at[i + 1].submitted == at[i].submitted)
            return false;
        rises += symptoms_backlog(&at[i + 1]) > symptoms_backlog(&at[i]);
    }
    return rises >= 3 && end >= 20 && 2 * end >= 3 * middle && end - middle >= came / 10;
}
static void unbounded_evidence(const struct symptoms *s, struct buffer *text)
{
    enum { LAST = BACKLOG_POINTS - 1, MIDDLE = LAST / 2 };
    const struct task_counts *at = s->backlog.at;
    double seconds = (double)(s->backlog.to - s->backlog.from) / 2 / (double)NS_PER_S;
    uint64_t ended = at[LAST].done + at[LAST].failed - at[MIDDLE].done - at[MIDDLE].failed;
    buffer_printf(text,
                  "in the second half %.3g tasks a second came and %.3g were done: %llu were there "
                  "and not done at its start, %llu at its end.",
                  (double)(at[LAST].submitted - at[MIDDLE].submitted) / seconds,
                  (double)ended / seconds, (unsigned long long)symptoms_backlog(&at[MIDDLE]),
                  (unsigned long long)symptoms_backlog(&at[LAST]));
}
static uint64_t unbounded_moment(const struct symptoms *s)
{
    return s->backlog.from + (s->backlog.to - s->backlog.from) / 2;
}

static bool pool_too_small(const struct symptoms *s)
{
    return is_batch(s) && is_pool(s) && !s->brief.has_task_rows && s->queued.of_run >= 0.5 &&
           s->queued.io >= 0.8 && s->figures.queue_wait_ms_p50.known &&
           s->figures.latency_ms_p50.known &&
           s->figures.queue_wait_ms_p50.value >= s->figures.latency_ms_p50.value;
}
static void pool_evidence(const struct symptoms *s, struct buffer *text)
{
    buffer_printf(text, "tasks were queued for %d %% of the run (half waited ",
                  percent(s->queued.of_run));
    put_ms(text, &s->figures.queue_wait_ms_p50);
    buffer_printf(text,
                  " or more) while the %zu lanes spent %d %% of their time waiting for the "
                  "outside",
                  s->brief.workers, percent(s->queued.io));
    if (s->own_cores >= 0)
        buffer_printf(text, " and used %.2g of %u cores", s->own_cores, s->told->cores);
    buffer_byte(text, '.');
}
static uint64_t pool_moment(const struct symptoms *s)
{
    return symptoms_moment(s, STATE_IO);
}

/* ---- data between lanes ---- */

static bool serialising(const struct symptoms *s)
{
    double ipc = symptoms_share(s, STATE_IPC);
    double busy = 1 - symptoms_share(s, STATE_IDLE) - symptoms_share(s, STATE_IO);
    return ipc >= 0.10 && busy > 0 && ipc / busy >= 0.30;
}
static void serialising_evidence(const struct symptoms *s, struct buffer *text)
{
    char bytes[FORMAT_SIZE];
    double busy = 1 - symptoms_share(s, STATE_IDLE) - symptoms_share(s, STATE_IO);
    format_bytes(bytes, sizeof bytes, format_whole(s->figures.serialised_bytes.value));
    buffer_printf(text,
                  "%d %% of the workers' busy time went into packing, unpacking and passing data "
                  "between lanes, %s in all.",
                  percent(symptoms_share(s, STATE_IPC) / busy), bytes);
}
static uint64_t serialising_moment(const struct symptoms *s)
{
    return symptoms_moment(s, STATE_IPC);
}

/* ---- cores ---- */

static bool cores_known(const struct symptoms *s)
{
    return s->own_cores >= 0 && s->told->cores > 0;
}
static bool more_lanes(const struct symptoms *s)
{
    return cores_known(s) && s->brief.workers > s->told->cores &&
           symptoms_share(s, STATE_READY) >= 0.20 && s->own_cores >= 0.8 * s->told->cores;
}
static void more_lanes_evidence(const struct symptoms *s, struct buffer *text)
{
    buffer_printf(text,
                  "%zu lanes shared %u cores and kept %.1f of them busy: %d %% of their time they "
                  "could go on and had no core.",
                  s->brief.workers, s->told->cores, s->own_cores,
                  percent(symptoms_share(s, STATE_READY)));
}
static uint64_t ready_moment(const struct symptoms *s)
{
    return symptoms_moment(s, STATE_READY);
}

/* They waited for cores that they did not use themselves. */
static bool others_took(const struct symptoms *s)
{
    return figures_taken(&s->figures, s->meta, s->run) > 0;
}
static void others_evidence(const struct symptoms *s, struct buffer *text)
{
    buffer_printf(
        text,
        "its lanes waited %d %% of their time for a core, though they kept only %.1f of %u "
        "busy: others on this machine used %.1f.",
        percent(symptoms_share(s, STATE_READY)), s->own_cores, s->told->cores,
        figures_taken(&s->figures, s->meta, s->run));
}

/* ---- pools that do not pay ---- */

static bool slow_start(const struct symptoms *s)
{
    return is_batch(s) && s->figures.startup_s.known && s->figures.wall_s.known &&
           s->figures.startup_s.value >= 0.25 * s->figures.wall_s.value;
}
static void slow_start_evidence(const struct symptoms *s, struct buffer *text)
{
    buffer_text(text, "it took ");
    put_ns(text, format_whole(s->figures.startup_s.value * (double)NS_PER_S));
    buffer_text(text, " until the first task was taken, of ");
    put_ns(text, format_whole(s->figures.wall_s.value * (double)NS_PER_S));
    buffer_printf(text, " in all (%d %%).",
                  percent(s->figures.startup_s.value / s->figures.wall_s.value));
}

static bool idle_lanes(const struct symptoms *s)
{
    return is_batch(s) && is_pool(s) && s->brief.over && symptoms_share(s, STATE_IDLE) >= 0.40 &&
           s->brief.workers > s->figures.tasks.submitted;
}
static void idle_evidence(const struct symptoms *s, struct buffer *text)
{
    buffer_printf(text, "%zu lanes for %llu tasks: %d %% of their time they had no work.",
                  s->brief.workers, (unsigned long long)s->figures.tasks.submitted,
                  percent(symptoms_share(s, STATE_IDLE)));
}
static uint64_t idle_moment(const struct symptoms *s)
{
    return symptoms_moment(s, STATE_IDLE);
}

/* ---- how sure all of it is ---- */

static bool lost_events(const struct symptoms *s)
{
    return timeline_lost(s->timeline, s->run, UINT64_MAX) > 0 || s->figures.lanes_lost.value > 0;
}
static void lost_evidence(const struct symptoms *s, struct buffer *text)
{
    double seen = s->figures.events_seen.value;
    double lost = (double)timeline_lost(s->timeline, s->run, UINT64_MAX);
    buffer_printf(text, "%.0f of %.0f events are missing", lost, lost + seen);
    if (s->figures.lanes_lost.value > 0)
        buffer_printf(text, ", and all that %.0f lanes did", s->figures.lanes_lost.value);
    buffer_text(text, ": states and counts may be wrong from the first of them on.");
}
static uint64_t lost_moment(const struct symptoms *s)
{
    uint64_t low = 0, high = s->length;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (timeline_lost(s->timeline, s->run, middle) > 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* clang-format off */
const struct diagnosis_row diagnosis_rows[] = {
    { .name = "gave up at a limit", .applies = gave_up, .evidence = gave_up_evidence, .moment = at_end,
      .advice = "Ask for fewer lanes, raise the limit (`lockstep doctor` names it), or take a loop." },
    { .name = "run failed", .applies = died, .evidence = died_evidence, .moment = at_end,
      .advice = "A crash takes all threads of a process with it; under processes it takes one worker." },
    { .name = "blocked loop", .applies = blocked_loop, .evidence = blocked_evidence, .moment = blocked_moment,
      .advice = "Cut the compute in pieces, make the call one that can be waited on, or give it to a pool "
                "(hybrid)." },
    { .name = "GIL convoy", .applies = convoy, .evidence = convoy_evidence, .moment = convoy_moment,
      .advice = "Shorten the switch interval, move the compute to a process, or let it release the GIL." },
    { .name = "GIL-bound", .applies = gil_turns, .evidence = turns_evidence, .moment = turns_moment,
      .advice = "More threads will not help: take processes, let the compute release the GIL (mode native), or "
                "turn the GIL off (g)." },
    { .name = "lock-bound", .applies = lock_waits, .evidence = lock_evidence, .moment = lock_moment,
      .advice = "Hold the lock for a shorter time, or give each lane a part of its own." },
    { .name = "starvation", .applies = starved, .evidence = starved_evidence, .moment = starved_moment,
      .advice = "Let the others yield sooner (a shorter switch interval), or give the lane a core or a GIL of "
                "its own." },
    { .name = "unbounded queue", .applies = unbounded, .evidence = unbounded_evidence, .moment = unbounded_moment,
      .advice = "Let fewer tasks come, serve each faster, add lanes or cores, or bound the queue and refuse." },
    { .name = "pool too small", .applies = pool_too_small, .evidence = pool_evidence, .moment = pool_moment,
      .advice = "Raise `workers`, or take a loop, which waits for all of them at once." },
    { .name = "serialisation-bound", .applies = serialising, .evidence = serialising_evidence, .moment = serialising_moment,
      .advice = "Send less, share memory, or take threads where the compute releases the GIL." },
    { .name = "more lanes than cores", .applies = more_lanes, .evidence = more_lanes_evidence, .moment = ready_moment,
      .advice = "Take as many lanes as cores: more of them only wait for each other." },
    { .name = "others took the cores", .applies = others_took, .evidence = others_evidence, .moment = ready_moment,
      .advice = "Run it again on a quiet machine: this run's times are those of a shared one." },
    { .name = "holder off core", .applies = off_core, .evidence = off_core_evidence, .moment = off_core_moment,
      .advice = "Leave a core free for the holder: fewer lanes, or nothing else on the machine." },
    { .name = "start-up cost", .applies = slow_start, .evidence = slow_start_evidence, .moment = at_start,
      .advice = "Give each lane more to do: longer tasks, more of them, or fewer lanes." },
    { .name = "more lanes than tasks", .applies = idle_lanes, .evidence = idle_evidence, .moment = idle_moment,
      .advice = "Take fewer lanes, or cut the work into more tasks." },
    { .name = "events lost", .applies = lost_events, .evidence = lost_evidence, .moment = lost_moment,
      .advice = "Take the figures of this run as uncertain; fewer events a second, or another core, keep them "
                "all." },
    { .name = NULL },
};
/* clang-format on */
