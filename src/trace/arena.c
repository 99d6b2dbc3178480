/*
 * Laying out the shared memory of a race, and finding things in it. Invariant: after arena_new() or
 * arena_map() every offset in the header was checked against the size of the mapping, so that what
 * is found by run and lane lies inside. It does not defend against a process that maps the arena and
 * then writes nonsense into the layout: all of them are the race's own.
 */
#include "trace/arena.h"

#include "base/clock.h"
#include "platform/platform.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t arena_magic = UINT64_C(0x616e6572416b636c); /* "lckArena" */
enum { ARENA_VERSION = 1 };

enum {
    RING_SLOTS_MAX = 16384,
    RING_SLOTS_MIN = 64,
    RUN_SLOTS = 2048 * RING_SLOTS_MAX, /* shared by the lanes of a run */
    LANES_MANY = 4096,                 /* above so many their memory is what matters: */
    RUN_SLOTS_MANY = 32 * RING_SLOTS_MAX,
    LANES_MAX = 1 << 20,
    LANES_FIRST = 4, /* main and the outside are among these: their rings are always of full size */
    LANES_WIDE = 2048, /* up to so many the words of two rings do not share a cache line */
    PAGE = 4096,
};

uint32_t arena_ring_events(uint32_t lane_capacity)
{
    uint32_t slots = RING_SLOTS_MAX;
    uint64_t most = lane_capacity <= LANES_MANY ? RUN_SLOTS : RUN_SLOTS_MANY;
    while (slots > RING_SLOTS_MIN && (uint64_t)slots * lane_capacity > most)
        slots /= 2;
    return slots;
}

/* ---- The layout ---- */

/* Slots in the rings of the lanes before this one. */
static uint64_t slots_before(const struct arena_run *run, uint64_t lane)
{
    uint64_t first = lane < LANES_FIRST ? lane : LANES_FIRST;
    return first * RING_SLOTS_MAX + (lane - first) * run->ring_events;
}

/* The bytes that a run's parts take, in the order in which they lie. */
struct part {
    uint64_t at, count, each;
};
enum { PART_LANES, PART_HEADS, PART_TAILS, PART_RINGS, PART_COUNT };

static void run_parts(const struct arena_run *run, struct part parts[PART_COUNT])
{
    uint64_t lanes = run->lane_capacity;
    parts[PART_LANES] = (struct part){ run->lanes_at, lanes, sizeof(struct arena_lane) };
    parts[PART_HEADS] = (struct part){ run->heads_at, lanes, run->index_stride };
    parts[PART_TAILS] = (struct part){ run->tails_at, lanes, run->index_stride };
    parts[PART_RINGS] =
        (struct part){ run->rings_at, slots_before(run, lanes), sizeof(struct event) };
}

static uint64_t page_up(uint64_t bytes)
{
    return (bytes + PAGE - 1) / PAGE * PAGE;
}

/* Gives each part of a run its place from `at` on; gives where the next thing can lie. */
static uint64_t run_lay(struct arena_run *run, uint32_t lanes, uint64_t at)
{
    run->lane_capacity = lanes;
    run->ring_events = arena_ring_events(lanes);
    run->index_stride = lanes <= LANES_WIDE ? 64 : sizeof(uint64_t);
    struct part parts[PART_COUNT];
    run_parts(run, parts);
    uint64_t *const places[PART_COUNT] = { &run->lanes_at, &run->heads_at, &run->tails_at,
                                           &run->rings_at };
    for (int i = 0; i < PART_COUNT; i++) {
        *places[i] = at;
        at = page_up(at + parts[i].count * parts[i].each);
    }
    return at;
}

/* Lays the arena out in `header` (not yet mapped); gives its size. */
static uint64_t header_lay(struct arena_header *header, const struct arena_options *options)
{
    uint64_t at = page_up(sizeof *header);
    header->magic = arena_magic;
    header->version = ARENA_VERSION;
    header->run_count = options->run_count;
    header->seed = options->seed;
    header->tracing = options->tracing;
    header->text_at = at;
    header->text_size = options->text_size;
    at = page_up(at + options->text_size + 1);
    for (uint32_t i = 0; i < options->run_count; i++)
        at = run_lay(&header->run[i], options->lane_capacity[i], at);
    header->size = at;
    return at;
}

static bool inside(const struct part *part, uint64_t size)
{
    return part->at % sizeof(uint64_t) == 0 && part->at >= sizeof(struct arena_header) &&
           part->at <= size && part->count <= (size - part->at) / part->each;
}

static bool run_sound(const struct arena_run *run, uint64_t size)
{
    if (run->lane_capacity > LANES_MAX || run->ring_events < RING_SLOTS_MIN ||
        run->ring_events > RING_SLOTS_MAX || (run->ring_events & (run->ring_events - 1)) != 0 ||
        (run->index_stride != 64 && run->index_stride != sizeof(uint64_t)))
        return false;
    struct part parts[PART_COUNT];
    run_parts(run, parts);
    for (int i = 0; i < PART_COUNT; i++)
        if (!inside(&parts[i], size))
            return false;
    return true;
}

static bool header_sound(const struct arena_header *header, uint64_t size)
{
    if (header->size != size || header->run_count > ARENA_RUNS_MAX ||
        header->param_count > ARENA_PARAMS_MAX)
        return false;
    const struct part text = { header->text_at, header->text_size, 1 };
    if (header->text_size >= size || !inside(&text, size - 1) ||
        ((const char *)header)[header->text_at + header->text_size] != '\0')
        return false;
    for (uint32_t i = 0; i < header->run_count; i++)
        if (!run_sound(&header->run[i], size))
            return false;
    return true;
}

/* ---- Making and mapping ---- */

bool arena_new(struct arena *arena, const struct arena_options *options, struct error *error)
{
    *arena = (struct arena){ .fd = -1 };
    if (options->run_count > ARENA_RUNS_MAX)
        return error_set(error, "a race has at most %d runs", ARENA_RUNS_MAX);
    for (uint32_t i = 0; i < options->run_count; i++)
        if (options->lane_capacity[i] > LANES_MAX)
            return error_set(error, "a run has at most %d lanes, not %u", LANES_MAX,
                             options->lane_capacity[i]);

    struct arena_header layout = { 0 };
    uint64_t size = header_lay(&layout, options);
    int fd = platform_memfd("lockstep-race", size, error);
    if (fd < 0)
        return false;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        error_set(error, "the race's shared memory of %llu bytes cannot be mapped: %s",
                  (unsigned long long)size, strerror(errno));
        close(fd);
        return false;
    }
    memcpy(memory, &layout, sizeof layout);
    if (options->text_size > 0)
        memcpy((char *)memory + layout.text_at, options->text, options->text_size);
    *arena = (struct arena){ .header = memory, .fd = fd, .size = size };
    return true;
}

bool arena_map(struct arena *arena, int fd, struct error *error)
{
    struct stat status;
    void *memory = MAP_FAILED;
    uint64_t size = 0;
    *arena = (struct arena){ .fd = -1 };
    if (fstat(fd, &status) < 0) {
        error_set(error, "the race's shared memory cannot be looked at: %s", strerror(errno));
    } else if (!S_ISREG(status.st_mode) || status.st_size < (off_t)sizeof(struct arena_header)) {
        error_set(error, "the descriptor of the race's shared memory is something else");
    } else {
        size = (uint64_t)status.st_size;
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (memory == MAP_FAILED)
            error_set(error, "the race's shared memory cannot be mapped: %s", strerror(errno));
    }
    if (memory == MAP_FAILED) {
        close(fd);
        return false;
    }
    *arena = (struct arena){ .header = memory, .fd = fd, .size = size };
    if (arena->header->magic != arena_magic)
        error_set(error, "the descriptor of the race's shared memory is something else");
    else if (arena->header->version != ARENA_VERSION)
        error_set(error, "the race's shared memory is of version %u, this program's of %d",
                  arena->header->version, ARENA_VERSION);
    else if (!header_sound(arena->header, size))
        error_set(error, "the race's shared memory is damaged: its layout does not fit its size");
    else
        return true;
    arena_unmap(arena);
    return false;
}

void arena_unmap(struct arena *arena)
{
    if (arena->header != NULL) {
        munmap(arena->header, arena->size);
        close(arena->fd);
    }
    *arena = (struct arena){ .fd = -1 };
}

/* ---- Finding ---- */

struct arena_run *arena_run(const struct arena *arena, uint32_t run)
{
    return &arena->header->run[run];
}

static void *arena_at(const struct arena *arena, uint64_t offset)
{
    return (char *)arena->header + offset;
}

struct arena_lane *arena_lane(const struct arena *arena, uint32_t run, uint32_t lane)
{
    return (struct arena_lane *)arena_at(arena, arena_run(arena, run)->lanes_at) + lane;
}

const char *arena_text(const struct arena *arena)
{
    return arena_at(arena, arena->header->text_at);
}

struct event *arena_ring(const struct arena *arena, uint32_t run, uint32_t lane)
{
    const struct arena_run *row = arena_run(arena, run);
    return (struct event *)arena_at(arena, row->rings_at) + slots_before(row, lane);
}

uint32_t arena_ring_slots(const struct arena *arena, uint32_t run, uint32_t lane)
{
    return lane < LANES_FIRST ? RING_SLOTS_MAX : arena_run(arena, run)->ring_events;
}

_Atomic uint64_t *arena_head(const struct arena *arena, uint32_t run, uint32_t lane)
{
    const struct arena_run *row = arena_run(arena, run);
    return arena_at(arena, row->heads_at + (uint64_t)lane * row->index_stride);
}

_Atomic uint64_t *arena_tail(const struct arena *arena, uint32_t run, uint32_t lane)
{
    const struct arena_run *row = arena_run(arena, run);
    return arena_at(arena, row->tails_at + (uint64_t)lane * row->index_stride);
}

/* ---- Words ---- */

void arena_param_set(const struct arena *arena, int param, int64_t value)
{
    struct arena_param *row = &arena->header->param[param];
    atomic_store_explicit(&row->value, value, memory_order_release);
    atomic_fetch_add_explicit(&row->version, 1, memory_order_release);
    arena_nudge(arena);
}

void arena_nudge(const struct arena *arena)
{
    atomic_fetch_add_explicit(&arena->header->params_version, 1, memory_order_release);
}

bool arena_take_one(_Atomic uint32_t *word)
{
    uint32_t count = atomic_load_explicit(word, memory_order_relaxed);
    while (count > 0)
        if (atomic_compare_exchange_weak(word, &count, count - 1))
            return true;
    return false;
}

void arena_run_fail(struct arena_run *run, enum run_status status, uint32_t count,
                    const char *format, ...)
{
    if (atomic_exchange(&run->failed, 1) != 0)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(run->reason, sizeof run->reason, format, arguments);
    va_end(arguments);
    atomic_store(&run->limit_count, count);
    atomic_store_explicit(&run->status, (uint32_t)status, memory_order_release);
}

bool arena_wait(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
    return platform_wait(word, value, timeout_ns);
}

void arena_wake(_Atomic uint32_t *word)
{
    platform_wake(word);
}
