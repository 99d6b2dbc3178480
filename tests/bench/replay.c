/*
 * What a recording of millions of events costs to open and to look at: a recording is made (64
 * workers under a GIL, tasks through a queue, every switch) and packed; then it is read, followed to a
 * timeline as the screen does it, and drawn at moments and zooms drawn by lot. Twice, the second with
 * ten times as many events, so that what grows is seen; and that one once more with a small part of its
 * rows in memory, as it is with a recording that is many times larger.
 */
#include "bench/bench.h"

#include "base/clock.h"
#include "base/memory.h"
#include "platform/spill.h"
#include "race/follow.h"
#include "trace/pack.h"
#include "view/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LANES = 64,
    CORES = 2,
    BATCH = 8192,
    FRAMES = 201,
    TRIALS = 3,
    COLS = 200,
    ROWS = 50,
    FRAME_MS = 16
};
static const uint64_t few = 1000000, many = 10000000; /* events */

/* ---- A large recording ---- */

enum at { AT_IDLE, AT_WAITS, AT_WANTS, AT_HOLDS, AT_OFF };
struct machine {
    uint64_t random, ns, number;
    uint32_t submitted, taken, holder; /* LANE_NONE: the GIL is free */
    uint32_t on_core[CORES];           /* LANE_NONE: nobody */
    uint8_t at[LANES];
    uint32_t task[LANES];
};

static uint64_t draw(struct machine *machine)
{
    machine->random ^= machine->random << 13;
    machine->random ^= machine->random >> 7;
    machine->random ^= machine->random << 17;
    return machine->random;
}

/* What a lane does next, where it is; NONE: it has to wait for the GIL. */
static struct event lane_next(struct machine *machine, uint32_t lane, uint64_t bits)
{
    uint8_t *at = &machine->at[lane];
    struct event event = { .lane = lane, .object = machine->task[lane] };
    switch (*at) {
    case AT_IDLE:
        machine->task[lane] = event.object = machine->taken++;
        event.kind = EVENT_TASK_TAKE;
        *at = AT_WAITS;
        break;
    case AT_WAITS:
        event.kind = bits % 3 == 0 ? EVENT_GIL_WANT : EVENT_SAY;
        event.a = SAYS_IO;
        if (event.kind == EVENT_GIL_WANT)
            *at = AT_WANTS;
        break;
    case AT_WANTS:
        if (machine->holder != LANE_NONE)
            return event;
        event.kind = EVENT_GIL_TAKE;
        machine->holder = lane;
        *at = AT_HOLDS;
        break;
    case AT_HOLDS:
        event.kind = EVENT_GIL_DROP;
        event.a = SAYS_IO;
        machine->holder = LANE_NONE;
        *at = bits % 2 == 0 ? AT_OFF : AT_WAITS;
        break;
    default:
        event.kind = EVENT_TASK_DONE;
        event.b = bits;
        *at = AT_IDLE;
    }
    if (event.kind >= EVENT_GIL_WANT && event.kind <= EVENT_GIL_DROP)
        event.object = 0;
    return event;
}

/* Who is on a core leaves it; onto a free one comes a lane. */
static struct event core_next(struct machine *machine, uint32_t lane, uint64_t bits)
{
    uint32_t core = lane % CORES, on = machine->on_core[core];
    machine->on_core[core] = on == LANE_NONE ? lane : LANE_NONE;
    if (on == LANE_NONE)
        return (struct event){ .kind = EVENT_SWITCH_IN, .lane = lane, .object = core };
    return (struct event){ .kind = EVENT_SWITCH_OUT, .lane = on, .object = core, .a = bits % 2 };
}

static struct event machine_next(struct machine *machine)
{
    uint64_t number = machine->number++;
    struct event event = { .time = machine->ns, .lane = LANE_NONE, .kind = EVENT_RUN_GO };
    if (number == 0)
        return event;
    if (number <= LANES)
        return (struct event){ .kind = EVENT_LANE_BEGIN,
                               .lane = (uint32_t)number - 1,
                               .object = ROLE_WORKER | ((uint32_t)number - 1) << 8 };
    machine->ns += 200 + draw(machine) % 1600;
    for (;;) {
        uint64_t bits = draw(machine);
        uint32_t lane = (uint32_t)(bits % LANES);
        bits >>= 8;
        if (machine->submitted - machine->taken < 50) {
            event = (struct event){ .kind = EVENT_TASK_SUBMIT,
                                    .lane = LANE_NONE,
                                    .object = machine->submitted++ };
        } else if (bits % 4 == 0) {
            event = core_next(machine, lane, bits >> 4);
        } else {
            event = lane_next(machine, lane, bits >> 4);
        }
        if (event.kind != EVENT_NONE)
            break;
    }
    event.time = machine->ns;
    return event;
}

/* A recording of `count` events, packed, under a name of its own. */
static bool make(struct bench *bench, uint64_t count, const char *path)
{
    struct machine machine = { .random = 88172645463325252u,
                               .holder = LANE_NONE,
                               .on_core = { LANE_NONE, LANE_NONE } };
    struct meta *meta = mem_zero(1, sizeof *meta);
    struct event *events = mem_alloc(BATCH * sizeof *events);
    struct error error;
    FILE *raw = tmpfile(), *packed = fopen(path, "w+");
    meta->run_count = 1;
    snprintf(meta->scenario, sizeof meta->scenario, "bench");
    snprintf(meta->runs[0].model, sizeof meta->runs[0].model, "threads");
    snprintf(meta->runs[0].title, sizeof meta->runs[0].title, "THREADS + GIL");
    meta->runs[0].status = RUN_DONE;
    meta->runs[0].switch_source = SOURCE_PERF;
    struct recording_writer *writer =
        raw != NULL ? recording_writer_new(fileno(raw), 0, &error) : NULL;
    bool well = writer != NULL && packed != NULL && recording_write_meta(writer, meta, &error);
    while (well && machine.number < count) {
        struct drained drained = { .events = events, .count = BATCH };
        for (int i = 0; i < BATCH; i++)
            events[i] = machine_next(&machine);
        if (machine.number >= count)
            events[BATCH - 1] = (struct event){
                .time = machine.ns, .lane = LANE_NONE, .kind = EVENT_RUN_END, .object = RUN_DONE
            };
        drained.until_ns = machine.ns;
        well = recording_write_events(writer, &drained, &error);
    }
    well = recording_writer_close(writer, &error) && well;
    struct pack *pack = well ? pack_new(fileno(raw), fileno(packed), &error) : NULL;
    well = pack != NULL && pack_move(pack, 0, &error) == PACK_DONE;
    bench_check(bench, well, "the recording could not be made");
    pack_free(pack);
    if (raw != NULL)
        fclose(raw);
    if (packed != NULL)
        fclose(packed);
    free(events);
    free(meta);
    return well;
}

/* ---- Opening ---- */

/* Reads all of it and looks at nothing. */
static double scan(const char *path, uint64_t *seen)
{
    struct error error;
    const struct event *events;
    size_t count = 0;
    uint64_t began = bench_thread_ns();
    struct recording *recording = recording_open(path, &error);
    *seen = 0;
    while (recording != NULL && recording_next(recording, UINT64_MAX, &events, &count, &error) &&
           count > 0)
        *seen += count;
    recording_close(recording);
    return (double)(bench_thread_ns() - began) / 1e6;
}

static void draw_frame(const struct timeline *timeline, struct look *look, struct canvas *canvas,
                       const struct view *view)
{
    canvas_reset(canvas, COLS, ROWS);
    view_draw(view, timeline, look, canvas);
}

/* Frames as the screen draws them (timeline/cells.h), each once, of places that were not looked at before:
 * the time that passed, and that of the worst on a core; and after how many frames the slowest one was
 * exact. */
struct cold {
    double p50_ms, p99_ms, worst_ms, worst_cpu_ms, frames;
};
struct opened {
    double scan_ms, first_ms, whole_ms; /* read only; to the first picture; all of it followed */
    double bytes_an_event, memory_an_event;
    double p50_ms, p99_ms; /* of a frame of the detail screen that is exact and was drawn before */
    double race_p99_ms;    /* of one of the race's */
    struct cold detail, race;
    struct timeline *timeline;
};

static uint64_t resident_kib(void)
{
    unsigned long long size = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm != NULL && fscanf(statm, "%llu %llu", &size, &resident) != 2)
        resident = 0;
    if (statm != NULL)
        fclose(statm);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

/* A moment and a zoom drawn by lot: the whole run, or what is left of it after less than so many halvings. */
static void look_anywhere(struct look *look, uint64_t length, unsigned halvings, uint64_t *random)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    look->moment = (*random >> 20) % length;
    look->window_ns = look->zoom_ns = length >> (*random >> 13) % halvings;
    look->paused = true;
}

static void look_cold(struct bench *bench, const struct timeline *timeline, struct look *look,
                      struct canvas *canvas, const struct view *view, struct cold *cold)
{
    enum { HALVINGS = 20, FRAMES_MOST = 2000 };
    double passed[FRAMES];
    uint64_t random = 815, length = timeline_length(timeline);
    *cold = (struct cold){ 0 };
    for (int i = 0; i < FRAMES; i++) {
        int frames = 0;
        look_anywhere(look, length, HALVINGS, &random);
        look->cells = cells_new(clock_real(), CELLS_BUDGET_NS);
        do {
            uint64_t began = clock_now(), used = bench_thread_ns();
            cells_frame(look->cells);
            draw_frame(timeline, look, canvas, view);
            double ms = (double)(clock_now() - began) / 1e6;
            double cpu_ms = (double)(bench_thread_ns() - used) / 1e6;
            if (frames++ == 0)
                passed[i] = ms;
            cold->worst_ms = ms > cold->worst_ms ? ms : cold->worst_ms;
            cold->worst_cpu_ms = cpu_ms > cold->worst_cpu_ms ? cpu_ms : cold->worst_cpu_ms;
        } while (cells_rough(look->cells) && frames < FRAMES_MOST);
        cold->frames = frames > cold->frames ? frames : cold->frames;
        cells_free(look->cells);
        look->cells = NULL;
    }
    bench_check(bench, cold->frames < FRAMES_MOST, "a frame did not become exact");
    cold->p50_ms = bench_spread(passed, FRAMES).median;
    cold->p99_ms = passed[FRAMES * 99 / 100];
}

/* Exact frames, each the best of some: from all of the run to a thousandth of it. */
static void look_around(const struct timeline *timeline, struct look *look, struct canvas *canvas,
                        const struct view *view, double *p50, double *p99)
{
    double costs[FRAMES];
    uint64_t random = 4711, length = timeline_length(timeline);
    for (int i = 0; i < FRAMES; i++) {
        look_anywhere(look, length, 11, &random);
        costs[i] = 1e9;
        for (int trial = 0; trial < TRIALS; trial++) {
            uint64_t began = bench_thread_ns();
            draw_frame(timeline, look, canvas, view);
            double cost = (double)(bench_thread_ns() - began) / 1e6;
            costs[i] = cost < costs[i] ? cost : costs[i];
        }
    }
    *p50 = bench_spread(costs, FRAMES).median;
    *p99 = costs[FRAMES * 99 / 100];
}

static bool open_it(struct bench *bench, const char *path, uint64_t count,
                    struct timeline *timeline, bool exact, struct opened *opened)
{
    struct error error;
    struct stat info;
    struct look look;
    struct canvas canvas;
    uint64_t seen, before_kib = resident_kib();
    scan(path, &seen);
    opened->scan_ms = scan(path, &seen);
    if (!bench_check(bench, seen >= count && stat(path, &info) == 0,
                     "%llu events were read of %llu", (unsigned long long)seen,
                     (unsigned long long)count))
        return false;
    opened->bytes_an_event = (double)info.st_size / (double)seen;
    look_init(&look);
    canvas_init(&canvas);
    uint64_t began = bench_thread_ns();
    struct follow *follow = follow_file(path, &error);
    opened->timeline = timeline;
    bool more = follow != NULL && follow_feed(follow, opened->timeline, 8 * NS_PER_MS);
    draw_frame(opened->timeline, &look, &canvas, &view_race);
    opened->first_ms = (double)(bench_thread_ns() - began) / 1e6;
    while (more)
        more = follow_feed(follow, opened->timeline, 8 * NS_PER_MS);
    opened->whole_ms = (double)(bench_thread_ns() - began) / 1e6;
    bench_check(bench, follow != NULL && follow_missing(follow) == NULL, "something is missing");
    follow_free(follow);
    uint64_t after_kib = resident_kib();
    opened->memory_an_event =
        after_kib > before_kib ? (double)(after_kib - before_kib) * 1024 / (double)seen : 0;
    look_cold(bench, opened->timeline, &look, &canvas, &view_detail, &opened->detail);
    look_cold(bench, opened->timeline, &look, &canvas, &view_race, &opened->race);
    double p50;
    if (exact)
        look_around(opened->timeline, &look, &canvas, &view_detail, &opened->p50_ms,
                    &opened->p99_ms);
    if (exact)
        look_around(opened->timeline, &look, &canvas, &view_race, &p50, &opened->race_p99_ms);
    canvas_fini(&canvas);
    return true;
}

/* As follow_timeline() makes one, with less memory. */
enum { FEW_MIB = 64 };
static struct timeline *timeline_in_a_file(void)
{
    struct error error;
    FILE *file = tmpfile();
    if (file == NULL)
        return timeline_new();
    int descriptor = dup(fileno(file));
    fclose(file);
    return timeline_new_in(
        spill_new(descriptor, (uint64_t)FEW_MIB << 20, (uint64_t)FEW_MIB << 20, &error));
}

static void tell(struct bench *bench, const char *name, double value, double budget)
{
    bench_tell(bench, name, (struct spread){ value, value, value, 1 }, budget);
}

/* What passed is held for nearly all of them, since others have the cores too; what was used, for all. */
static void tell_cold(struct bench *bench, const char *what, const struct cold *cold, bool held)
{
    const struct {
        const char *name;
        double value;
        bool held;
    } figures[] = {
        { "p50_ms", cold->p50_ms, false },      { "p99_ms", cold->p99_ms, held },
        { "worst_ms", cold->worst_ms, false },  { "worst_used_ms", cold->worst_cpu_ms, held },
        { "until_exact", cold->frames, false },
    };
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s_frame_%s", what, figures[i].name);
        if (figures[i].held)
            tell(bench, name, figures[i].value, FRAME_MS);
        else
            bench_note(bench, name, figures[i].value);
    }
}

void bench_replay(struct bench *bench)
{
    char path[64];
    struct opened small = { 0 }, large = { 0 }, filed = { 0 };
    snprintf(path, sizeof path, "bench-replay-%d.lockstep", (int)getpid());
    if (make(bench, few, path) && open_it(bench, path, few, follow_timeline(), true, &small) &&
        make(bench, many, path) && open_it(bench, path, many, follow_timeline(), true, &large) &&
        open_it(bench, path, many, timeline_in_a_file(), false, &filed)) {
        tell(bench, "first_picture_ms", large.first_ms, 1000);
        tell(bench, "frame_p99_ms", large.p99_ms, FRAME_MS);
        tell(bench, "race_frame_p99_ms", large.race_p99_ms, FRAME_MS);
        /* The contract's bound is from ten to a hundred million; these are what fits a bench. */
        bench_note(bench, "frame_p99_at_ten_times_the_events", large.p99_ms / small.p99_ms);
        bench_note(bench, "events", (double)many);
        bench_note(bench, "frame_p50_ms", large.p50_ms);
        bench_note(bench, "scan_ms", large.scan_ms);
        bench_note(bench, "whole_in_scans", large.whole_ms / large.scan_ms);
        bench_note(bench, "follow_ns_an_event", large.whole_ms * 1e6 / (double)many);
        bench_note(bench, "bytes_an_event", large.bytes_an_event);
        bench_note(bench, "memory_bytes_an_event", large.memory_an_event);
        /* The rows' own bounds, and what a process needs besides. */
        if (timeline_room(filed.timeline) != NULL)
            tell(bench, "memory_of_rows_in_a_file_mib",
                 filed.memory_an_event * (double)many / (1 << 20), 3 * FEW_MIB);
        bench_note(bench, "in_a_file_follow_ns_an_event", filed.whole_ms * 1e6 / (double)many);
        tell_cold(bench, "cold", &large.detail, true);
        tell_cold(bench, "cold_race", &large.race, true);
        /* How long it takes to bring in what lies in a file is for the system to say. */
        tell_cold(bench, "in_a_file_cold", &filed.detail, false);
        tell_cold(bench, "in_a_file_cold_race", &filed.race, false);
    }
    unlink(path);
    timeline_free(small.timeline);
    timeline_free(large.timeline);
    timeline_free(filed.timeline);
}
