/*
 * Writers here are the library's own; what they wrote is judged by who reads it.
 */
#include "rings.h"

#include <check.h>
#include <time.h>

struct arena make_arena(uint32_t runs, uint32_t lanes)
{
    struct arena_options options = {
        .run_count = runs, .text = "name: x", .text_size = 7, .seed = 3, .tracing = true
    };
    for (uint32_t i = 0; i < runs; i++)
        options.lane_capacity[i] = lanes;
    struct arena arena;
    struct error error;
    ck_assert_msg(arena_new(&arena, &options, &error), "%s", error.text);
    return arena;
}

void nap_us(long us)
{
    const struct timespec nap = { .tv_nsec = us * 1000 };
    nanosleep(&nap, NULL);
}

void mark(struct ring_writer *writer, uint64_t number)
{
    ring_emit(writer, EVENT_MARK, 0, (uint32_t)~number, number);
}

void write_marks(const struct arena *arena, uint32_t index, uint64_t count, bool wait)
{
    struct ring_writer writer;
    ck_assert(ring_open(&writer, arena, 0, ROLE_WORKER, index));
    for (uint64_t i = 0; i < count; i++) {
        while (wait && writer.position - atomic_load(writer.tail) >= writer.room)
            nap_us(100);
        mark(&writer, i);
    }
    ring_close(&writer, arena);
}
