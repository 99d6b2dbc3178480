/*
 * The conductor of a bench: see carry.h. Invariant: everything that was forked is reaped in
 * carry_end(), by force where it does not end by itself, and dies with the bench in any case.
 */
#include "bench/carry.h"

#include "base/clock.h"
#include "base/memory.h"
#include "engine/spin.h"
#include "model/model.h"
#include "outside/outside.h"
#include "platform/platform.h"
#include "trace/drain.h"
#include "trace/recording.h"
#include "view/view.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 60, FDS_MAX = 256, FRAME_NS = 33333333 };

static void nap(uint64_t ns)
{
    const struct timespec time = { .tv_nsec = (long)ns };
    nanosleep(&time, NULL);
}

/* ---- Who takes the events ---- */

static void take_lane(struct carry_told *told, const struct event *event)
{
    uint64_t after_ns = event->time - atomic_load(&told->go_ns);
    if (!role_is_worker((enum lane_role)(event->object & 255)))
        return;
    if (atomic_fetch_add(&told->workers, 1) == 0)
        atomic_store(&told->first_begin_ns, after_ns);
    atomic_store(&told->last_begin_ns, after_ns);
}

static void take(struct carry_told *told, struct recording_writer *writer,
                 const struct drained *drained)
{
    struct error error;
    for (size_t i = 0; i < drained->count; i++) {
        const struct event *event = &drained->events[i];
        enum says says;
        if (event->kind == EVENT_RUN_GO)
            atomic_store(&told->go_ns, event->time);
        else if (event->kind == EVENT_LANE_BEGIN)
            take_lane(told, event);
        else if (event->kind == EVENT_CONN_OPEN)
            atomic_fetch_add(&told->opened, 1);
        else if (event_says(event, &says) && says == SAYS_IO)
            atomic_fetch_add(&told->waiting, 1);
        else if (event->kind == EVENT_LOST)
            atomic_fetch_add(&told->lost, event->b);
        if (event->kind != EVENT_SWITCH_IN && event->kind != EVENT_SWITCH_OUT)
            atomic_fetch_add_explicit(&told->events, 1, memory_order_relaxed);
    }
    if (!recording_write_events(writer, drained, &error))
        atomic_fetch_add(&told->lost, drained->count);
    atomic_store(&told->bytes, recording_writer_size(writer));
}

/* As the recorder does it: at the watermark of the kernel's ring, or each 5 ms. */
static _Noreturn void taker_main(const struct carry *carry)
{
    struct carry_told *told = carry->told;
    struct error error;
    uint64_t base_ns = clock_now();
    struct recording_writer *writer = recording_writer_new(carry->file, base_ns, &error);
    struct drain *drain = drain_new(&carry->arena, base_ns);
    if (writer == NULL)
        _exit(1);
    struct meta *meta = mem_zero(1, sizeof *meta);
    meta->run_count = meta->comparable = 1;
    snprintf(meta->runs[0].model, sizeof meta->runs[0].model, "%s", carry->options.model);
    meta->runs[0].status = RUN_LIVE;
    meta->runs[0].switch_source = SOURCE_RUSAGE;
    if (carry->options.observe >= OBSERVE_SWITCHES &&
        drain_attach(drain, 0, carry->stage, &error) == SOURCE_PERF) {
        meta->runs[0].switch_source = SOURCE_PERF;
        atomic_store(&told->perf, 1);
    }
    recording_write_meta(writer, meta, &error);
    atomic_store(&told->ready, 1);
    arena_wake(&told->ready);
    while (atomic_load(&told->over) == 0) {
        struct pollfd wait[FDS_MAX];
        int fds[FDS_MAX];
        size_t count = drain_fds(drain, fds, FDS_MAX);
        for (size_t i = 0; i < count; i++)
            wait[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
        poll(wait, (nfds_t)count, 5);
        struct drained drained = drain_pass(drain, false);
        take(told, writer, &drained);
    }
    drain_detach(drain, 0);
    struct drained drained = drain_pass(drain, true);
    take(told, writer, &drained);
    _exit(recording_writer_close(writer, &error) ? 0 : 1);
}

/* ---- Who draws ---- */

static void follow(struct recording *recording, struct timeline *timeline, uint64_t limit)
{
    const struct event *events;
    size_t count = 1;
    struct error error;
    unsigned version;
    while (count > 0 && recording_next(recording, limit, &events, &count, &error))
        timeline_feed(timeline, events, count);
    const struct meta *meta = recording_meta(recording, &version);
    if (meta != NULL)
        timeline_tell(timeline, meta, recording_until(recording));
}

static _Noreturn void screen_main(const struct carry *carry)
{
    struct carry_told *told = carry->told;
    struct error error;
    struct canvas canvas;
    struct look look;
    struct timeline *timeline = timeline_new();
    struct recording *recording = NULL;
    canvas_init(&canvas);
    look_init(&look);
    look.live = true;
    while (atomic_load(&told->over) == 0) {
        nap(FRAME_NS);
        uint64_t bytes = atomic_load(&told->bytes);
        if (recording == NULL && bytes > 0)
            recording = recording_tail(carry->file, &error);
        if (recording == NULL)
            continue;
        follow(recording, timeline, bytes);
        look.moment = timeline_length(timeline);
        canvas_reset(&canvas, 120, 40);
        view_draw(&view_race, timeline, &look, &canvas);
        atomic_fetch_add(&told->drawn, 1);
    }
    _exit(0);
}

/* ---- Beginning ---- */

static bool carry_plan(struct carry *carry, int64_t *values)
{
    const char *scenario = carry->options.scenario;
    struct error error;
    carry->plan = strchr(scenario, '\n') != NULL
                      ? plan_parse("-", scenario, strlen(scenario), model_names(), &error)
                      : plan_load(scenario, model_names(), &error);
    if (!bench_check(carry->bench, carry->plan != NULL, "%s", error.text))
        return false;
    for (size_t i = 0; i < carry->plan->param_count; i++)
        values[i] = carry->plan->params[i].initial;
    const char *const *set = carry->options.sets;
    for (; set != NULL && *set != NULL; set++) {
        int param;
        int64_t value;
        if (!bench_check(carry->bench, plan_set(carry->plan, *set, &param, &value, &error), "%s",
                         error.text))
            return false;
        values[param] = value;
    }
    return true;
}

static bool carry_arena(struct carry *carry, const struct model *model, const int64_t *values)
{
    const struct plan *plan = carry->plan;
    struct error error;
    const struct arena_options options = { .run_count = 1,
                                           .lane_capacity = { model->lanes(plan, values) },
                                           .text = plan->text,
                                           .text_size = plan->text_size,
                                           .seed = 1,
                                           .tracing = carry->options.observe > OBSERVE_NOTHING };
    if (!bench_check(carry->bench, arena_new(&carry->arena, &options, &error), "%s", error.text))
        return false;
    struct arena_header *header = carry->arena.header;
    header->param_count = (uint32_t)plan->param_count;
    header->spins_per_ms = spin_calibrate();
    for (size_t i = 0; i < plan->param_count; i++)
        arena_param_set(&carry->arena, (int)i, values[i]);
    carry->run = arena_run(&carry->arena, 0);
    snprintf(carry->run->model, sizeof carry->run->model, "%s", model->name);
    return true;
}

/* Forks; true in the child, which is on its core and dies with the bench. */
static bool branch(pid_t *pid, size_t core)
{
    pid_t parent = getpid();
    *pid = fork();
    if (*pid != 0)
        return false;
    platform_die_with_parent(SIGKILL, parent);
    if (core > 0)
        bench_pin(core - 1);
    return true;
}

static bool wait_word(_Atomic uint32_t *word, uint32_t least)
{
    uint64_t until_ns = clock_now() + PATIENCE_S * NS_PER_S;
    uint32_t now;
    while ((now = atomic_load(word)) < least && clock_now() < until_ns)
        arena_wait(word, now, NS_PER_S);
    return now >= least;
}

bool carry_begin(struct carry *carry, struct bench *bench, const struct carry_options *options)
{
    int64_t values[PLAN_PARAMS_MAX];
    *carry = (struct carry){ .bench = bench, .options = *options, .file = -1 };
    const struct model *model = model_find(options->model);
    carry->told =
        mmap(NULL, sizeof *carry->told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!carry_plan(carry, values) || !carry_arena(carry, model, values))
        return false;
    FILE *file = tmpfile();
    carry->file = file != NULL ? dup(fileno(file)) : -1;
    if (file != NULL)
        fclose(file);
    if (branch(&carry->stage, options->stage_core)) {
        struct stage_model stage = model_stage(model);
        _exit(stage_main(dup(carry->arena.fd), 0, &stage));
    }
    bool ready = wait_word(&carry->run->phase, PHASE_READY);
    if (carry->plan->outside == OUTSIDE_CROWD) {
        if (branch(&carry->crowd, options->other_core))
            _exit(crowd_main(dup(carry->arena.fd), 0));
        ready = wait_word(&carry->run->outside_ready, 1) && ready;
    }
    if (options->observe >= OBSERVE_RINGS) {
        if (branch(&carry->taker, options->other_core))
            taker_main(carry);
        ready = wait_word(&carry->told->ready, 1) && ready;
    }
    if (options->observe >= OBSERVE_SCREEN && branch(&carry->screen, options->other_core))
        screen_main(carry);
    if (!bench_check(bench, ready, "%s: its processes did not get ready", options->model))
        carry_end(carry);
    return ready;
}

void carry_go(struct carry *carry)
{
    carry->wall_ns = clock_now();
    atomic_store(&carry->run->go, 1);
    arena_wake(&carry->run->go);
}

bool carry_wait_for(struct carry *carry, bool (*enough)(const struct carry *carry), int limit_s)
{
    uint64_t until_ns = clock_now() + (uint64_t)limit_s * NS_PER_S;
    while (!enough(carry)) {
        if (clock_now() > until_ns || atomic_load(&carry->run->phase) == PHASE_OVER)
            return enough(carry);
        nap(NS_PER_MS);
    }
    return true;
}

/* ---- End ---- */

void carry_stop(struct carry *carry)
{
    atomic_store(&carry->run->stop, 1);
    arena_wake(&carry->run->stop);
}

/* Reaps it within the patience, else by force: false. */
static bool reap(pid_t pid, struct rusage *usage)
{
    uint64_t until_ns = clock_now() + PATIENCE_S * NS_PER_S;
    int status;
    if (pid == 0)
        return true;
    while (clock_now() < until_ns) {
        if (wait4(pid, &status, WNOHANG, usage) == pid)
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        nap(200000);
    }
    kill(pid, SIGKILL);
    wait4(pid, &status, 0, usage);
    return false;
}

static uint64_t timeval_ns(struct timeval time)
{
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_usec * 1000;
}

void carry_end(struct carry *carry)
{
    struct rusage usage = { 0 }, other;
    bool stopped = atomic_load(&carry->run->stop) != 0;
    carry->right = reap(carry->stage, &usage);
    carry->wall_ns = clock_now() - carry->wall_ns;
    carry->cpu_ns = timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime);
    reap(carry->crowd, &other); /* what it found is judged by its counts */
    atomic_store(&carry->told->over, 1);
    carry->right = reap(carry->taker, &other) && carry->right;
    reap(carry->screen, &other);
    carry->delivered = atomic_load(&carry->run->crowd[CROWD_DELIVERED]);
    carry->due = atomic_load(&carry->run->crowd[CROWD_DUE]);
    carry->twice = atomic_load(&carry->run->crowd[CROWD_TWICE]);
    uint32_t status = atomic_load(&carry->run->status);
    uint64_t lost = atomic_load(&carry->told->lost);
    bench_check(carry->bench, status == (stopped ? RUN_STOPPED : RUN_DONE), "%s: ended as %s: %s",
                carry->options.model, run_status_names[status], carry->run->reason);
    bench_check(carry->bench, lost == 0, "%s: %llu events were lost", carry->options.model,
                (unsigned long long)lost);
    bench_check(carry->bench, carry->delivered == carry->due && carry->twice == 0,
                "%s: %llu of %llu lines delivered, %llu twice", carry->options.model,
                (unsigned long long)carry->delivered, (unsigned long long)carry->due,
                (unsigned long long)carry->twice);
    carry->right = carry->right && lost == 0 && carry->delivered == carry->due;
    close(carry->file);
    arena_unmap(&carry->arena);
    plan_free(carry->plan);
}

/* ---- Memory ---- */

/* The sum of the fields of a file of /proc whose names are in the list; -1 where one is missing. */
static double proc_fields(pid_t pid, const char *file, const char *const *names)
{
    char path[64], line[200];
    double sum = 0, value;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    FILE *in = fopen(path, "r");
    int missing = 0;
    for (; in != NULL && *names != NULL; names++) {
        bool found = false;
        rewind(in);
        while (!found && fgets(line, sizeof line, in) != NULL) {
            size_t length = strlen(*names);
            found = strncmp(line, *names, length) == 0 && line[length] == ':' &&
                    sscanf(line + length + 1, "%lf", &value) == 1;
        }
        sum += found ? value : 0;
        missing += !found;
    }
    if (in == NULL)
        return -1;
    fclose(in);
    return missing == 0 ? sum : -1;
}

double memory_kib(pid_t pid)
{
    static const char *const own[] = { "Pss_Anon", "Pss_File", NULL };
    static const char *const shared[] = { "RssShmem", NULL };
    double private_kib = proc_fields(pid, "smaps_rollup", own);
    double rings_kib = proc_fields(pid, "status", shared);
    return private_kib < 0 || rings_kib < 0 ? -1 : private_kib + rings_kib;
}
