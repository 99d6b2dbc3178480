/*
 * The recorder: a process whose only work is to carry events from shared memory and the kernel into
 * the file, as they come. Invariant: it waits for nobody but the clock and the kernel; its answers go
 * out without waiting, and when the screen is gone it ends by itself with a recording that is whole.
 * It does not draw conclusions: what it writes is what was seen.
 */
#include "race/recorder.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "race/sampler.h"
#include "trace/arena.h"
#include "trace/drain.h"
#include "trace/meta.h"

enum { POLL_LIVE_MS = 5, POLL_IDLE_MS = 50, FDS_MAX = 128, MESSAGE_MAX = 64 * 1024 };
static const uint64_t default_cap_bytes = UINT64_C(2) << 30;
static const uint64_t overflow_cap_bytes = UINT64_C(64) << 20;
/* Between the end of a stage and "everything of it is in the file": longer than the hold-back. */
static const uint64_t settle_ns = 30 * NS_PER_MS;

struct recorder {
    struct arena arena;
    struct drain *drain;
    struct sampler *sampler;
    struct recording_writer *writer;
    int control;
    struct {
        bool attached;
        uint64_t detach_ns; /* when to let go; 0: not asked */
        uint64_t cpu_ns;    /* of this process at attach */
    } runs[ARENA_RUNS_MAX];
    struct error trouble; /* the first failure to write */
    bool troubled, told;
    bool closing;
};

static void answer(struct recorder *r, const struct recorder_message *message)
{
    /* Never waits: a screen that is stopped reads it later, one that is gone does not need it. */
    ssize_t sent = send(r->control, message, sizeof *message, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent;
}

static void publish(struct recorder *r)
{
    atomic_store_explicit(&r->arena.header->recorded_bytes, recording_writer_size(r->writer),
                          memory_order_release);
    /* After the other: whoever sees this one sees how long the file has become. */
    atomic_store_explicit(&r->arena.header->overflow_bytes, recording_writer_overflow(r->writer),
                          memory_order_release);
}

static void note_trouble(struct recorder *r, bool written, const struct error *error)
{
    const char *trouble = recording_writer_trouble(r->writer); /* though it was written elsewhere */
    if ((written && trouble == NULL) || r->troubled)
        return;
    r->troubled = true;
    error_set(&r->trouble, "%s", trouble != NULL ? trouble : error->text);
}

static void pass(struct recorder *r, bool everything)
{
    struct error error;
    struct drained drained = drain_pass(r->drain, everything);
    note_trouble(r, recording_write_events(r->writer, &drained, &error), &error);
    publish(r);
}

static bool any_attached(const struct recorder *r)
{
    for (int i = 0; i < ARENA_RUNS_MAX; i++)
        if (r->runs[i].attached)
            return true;
    return false;
}

static void do_attach(struct recorder *r, struct recorder_message *message)
{
    struct error error = { { 0 } };
    uint32_t run = message->run;
    message->source = drain_attach(r->drain, run, message->pid, &error);
    snprintf(message->text, sizeof message->text, "%s",
             message->source == SOURCE_PERF ? "" : error.text);
    sampler_begin(r->sampler, run, message->pid);
    r->runs[run].attached = true;
    r->runs[run].detach_ns = 0;
    r->runs[run].cpu_ns = clock_used();
    answer(r, message);
}

static void finish_detach(struct recorder *r, uint32_t run)
{
    drain_detach(r->drain, run);
    r->runs[run].attached = false;
    r->runs[run].detach_ns = 0;
    pass(r, !any_attached(r));
    const struct recorder_message message = { .ask = ASK_DETACH,
                                              .run = run,
                                              .observer_ns = clock_used() - r->runs[run].cpu_ns };
    answer(r, &message);
}

static void do_meta(struct recorder *r, const char *json, size_t size)
{
    struct error error;
    struct meta meta;
    if (!meta_parse(json, size, &meta, &error)) {
        note_trouble(r, false, &error);
        return;
    }
    /* The scenario's text is in shared memory already; it does not travel in the message. */
    free(meta.text);
    meta.text = mem_alloc(r->arena.header->text_size + 1);
    memcpy(meta.text, arena_text(&r->arena), r->arena.header->text_size);
    meta.text[r->arena.header->text_size] = '\0';
    note_trouble(r, recording_write_meta(r->writer, &meta, &error), &error);
    meta_fini(&meta);
    publish(r);
}

static void handle(struct recorder *r, char *data, size_t size)
{
    struct recorder_message message;
    if (size < sizeof message)
        return;
    memcpy(&message, data, sizeof message);
    if (message.run >= ARENA_RUNS_MAX)
        return;
    switch ((enum recorder_ask)message.ask) {
    case ASK_META:
        do_meta(r, data + sizeof message, size - sizeof message);
        break;
    case ASK_ATTACH:
        do_attach(r, &message);
        break;
    case ASK_DETACH:
        sampler_end(r->sampler, message.run);
        r->runs[message.run].detach_ns = clock_now() + settle_ns;
        break;
    case ASK_EVENT:
        drain_add(r->drain, message.mono_ns, &message.event);
        break;
    case ASK_CLOSE:
        r->closing = true;
        break;
    }
}

/* All messages that are there; a closed socket means that the screen is gone. */
static void listen_all(struct recorder *r, char *data)
{
    for (;;) {
        ssize_t size = recv(r->control, data, MESSAGE_MAX, MSG_DONTWAIT);
        if (size > 0) {
            handle(r, data, (size_t)size);
            continue;
        }
        if (size < 0 && errno == EINTR)
            continue;
        if (size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
            r->closing = true;
        return;
    }
}

static void wait_a_while(struct recorder *r)
{
    struct pollfd wait[FDS_MAX + 1] = { { .fd = r->control, .events = POLLIN } };
    int fds[FDS_MAX];
    size_t count = drain_fds(r->drain, fds, FDS_MAX);
    for (size_t i = 0; i < count; i++)
        wait[i + 1] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
    poll(wait, (nfds_t)count + 1, any_attached(r) ? POLL_LIVE_MS : POLL_IDLE_MS);
}

static void tell_trouble(struct recorder *r)
{
    if (!r->troubled || r->told)
        return;
    r->told = true;
    struct recorder_message message = { .ask = ASK_EVENT };
    snprintf(message.text, sizeof message.text, "%.199s", r->trouble.text);
    answer(r, &message);
}

static void record(struct recorder *r)
{
    char *data = mem_alloc(MESSAGE_MAX);
    while (!r->closing) {
        wait_a_while(r);
        listen_all(r, data);
        uint64_t now = clock_now();
        sampler_turn(r->sampler, now);
        pass(r, false);
        for (uint32_t run = 0; run < ARENA_RUNS_MAX; run++)
            if (r->runs[run].detach_ns != 0 && now >= r->runs[run].detach_ns)
                finish_detach(r, run);
        tell_trouble(r);
    }
    for (uint32_t run = 0; run < ARENA_RUNS_MAX; run++)
        if (r->runs[run].attached)
            drain_detach(r->drain, run);
    pass(r, true);
    free(data);
}

int recorder_main(int arena_fd, int file_fd, int control_fd, int overflow_fd)
{
    struct recorder r = { .control = control_fd };
    struct error error;
    if (!arena_map(&r.arena, arena_fd, &error))
        return 1;
    uint64_t base_ns = clock_now();
    r.writer = recording_writer_new(file_fd, base_ns, &error);
    if (r.writer == NULL)
        return 1;
    recording_cap(r.writer, default_cap_bytes);
    recording_overflow(r.writer, overflow_fd, overflow_cap_bytes);
    r.drain = drain_new(&r.arena, base_ns);
    r.sampler = sampler_new(&r.arena, r.drain);
    publish(&r);
    atomic_store(&r.arena.header->recorder_alive, 1);
    record(&r);
    note_trouble(&r, true, NULL);
    bool closed = recording_writer_close(r.writer, &error);
    if (!closed && !r.troubled) {
        r.troubled = true;
        r.trouble = error;
    }
    tell_trouble(&r);
    sampler_free(r.sampler);
    drain_free(r.drain);
    arena_unmap(&r.arena);
    return r.troubled ? 1 : 0;
}
