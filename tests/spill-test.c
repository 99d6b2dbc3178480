/*
 * platform/spill: a room that keeps arrays in memory up to a bound, and beyond it in a file.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "platform/platform.h"
#include "platform/spill.h"
#include "tests/rooms.h"
#include "tests/sanitized.h"

enum { ARRAYS = 40, ARRAY_BYTES = 3 * 1024 * 1024, PIECE = 5000 };

/* The byte at a place of an array, by which it is known again. */
static unsigned char byte_at(size_t array, size_t place)
{
    return (unsigned char)(array * 131 + place / 7 + place);
}

struct held {
    unsigned char *bytes;
    size_t size, capacity;
};

static void add_piece(struct room *room, struct held *held, size_t array, size_t count)
{
    if (held->size + count > held->capacity) {
        size_t bytes = held->capacity * 2 + count;
        held->bytes = room_grow(room, held->bytes, held->capacity, held->size + count, &bytes,
                                array % 2 == 0 ? ROOM_BULK : ROOM_INDEX);
        if (bytes < held->size + count)
            ck_abort_msg("array %zu got %zu bytes", array, bytes);
        held->capacity = bytes;
    }
    for (size_t i = 0; i < count; i++, held->size++)
        held->bytes[held->size] = byte_at(array, held->size);
}

static bool piece_is_whole(const struct held *held, size_t array, size_t place)
{
    for (size_t end = place + 64; place < held->size && place < end; place++)
        if (held->bytes[place] != byte_at(array, place))
            return false;
    return true;
}

/* Every array holds what was put in, wherever it has been meanwhile. */
static void check_arrays(struct room *room, const struct held *held)
{
    for (size_t array = 0; array < ARRAYS; array++)
        for (size_t place = 0; place < held[array].size; place += PIECE) {
            room_near(room, held[array].bytes + place, 1);
            ck_assert_msg(piece_is_whole(&held[array], array, place), "array %zu at %zu", array,
                          place);
        }
}

START_TEST(rooms_hold_more_than_they_keep_in_memory)
{
    const uint64_t memory_bytes = 8 << 20, mapped_bytes = 4 << 20;
    struct held held[ARRAYS] = { { NULL, 0, 0 } };
    struct room *room = room_in_a_file(memory_bytes, mapped_bytes);
    struct platform_memory before, after;
    struct spill_figures figures;
    if (room == NULL)
        return;
    ck_assert(platform_memory(getpid(), &before));
    for (size_t put = 0; put < ARRAY_BYTES; put += PIECE)
        for (size_t array = 0; array < ARRAYS; array++)
            add_piece(room, &held[array], array, PIECE);
    check_arrays(room, held);
    ck_assert(platform_memory(getpid(), &after));
    spill_figures(room, &figures);
    ck_assert_uint_le(figures.memory_bytes, memory_bytes);
    ck_assert_uint_le(figures.mapped_bytes, mapped_bytes);
    ck_assert_uint_ge(figures.memory_bytes + figures.file_bytes, (uint64_t)ARRAYS * ARRAY_BYTES);
    ck_assert_ptr_null(spill_trouble(room));
    /* A sanitizer keeps what was freed for a while; the thread sanitizer keeps more for each byte that
     * was touched than the byte, wherever that is now. */
    ck_assert_uint_lt(after.rss_kib - before.rss_kib,
                      (uint64_t)ARRAYS * ARRAY_BYTES * 3 / 4 / 1024 * TIMES_TOUCHED);
    for (size_t array = 0; array < ARRAYS; array += 2) {
        room_give(room, held[array].bytes, held[array].capacity);
        held[array] = (struct held){ NULL, 0, 0 };
    }
    /* What was given is used again. */
    for (size_t array = 0; array < ARRAYS; array += 2)
        while (held[array].size < ARRAY_BYTES)
            add_piece(room, &held[array], array, PIECE);
    check_arrays(room, held);
    for (size_t array = 0; array < ARRAYS; array++)
        room_give(room, held[array].bytes, held[array].capacity);
    room_free(room);
}
END_TEST

/* A disk that is full, in the likeness of a limit of the size of files. */
START_TEST(a_full_disk_sends_arrays_to_memory)
{
    struct held held[ARRAYS] = { { NULL, 0, 0 } };
    struct room *room = room_in_a_file(0, 0);
    struct rlimit limit, small;
    if (room == NULL)
        return;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 20 << 20;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (size_t put = 0; put < ARRAY_BYTES; put += PIECE)
        for (size_t array = 0; array < ARRAYS; array++)
            add_piece(room, &held[array], array, PIECE);
    ck_assert_ptr_nonnull(spill_trouble(room));
    check_arrays(room, held);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (size_t array = 0; array < ARRAYS; array++)
        room_give(room, held[array].bytes, held[array].capacity);
    room_free(room);
}
END_TEST

/* Long arrays grow past the addresses that they got first, and go to the file while they grow; then the
 * disk is full. */
START_TEST(long_arrays_go_to_the_file_piece_by_piece)
{
    enum { FEW = 3, LONG_BYTES = 40 << 20, LONG_PIECE = 300000 };
    const uint64_t memory_bytes = 24 << 20;
    struct held held[ARRAYS] = { { NULL, 0, 0 } };
    struct room *room = room_in_a_file(memory_bytes, 4 << 20);
    struct spill_figures figures;
    struct rlimit limit, small;
    if (room == NULL)
        return;
    for (size_t put = 0; put < LONG_BYTES; put += LONG_PIECE)
        for (size_t array = 0; array < FEW; array++) {
            add_piece(room, &held[array], array, LONG_PIECE);
            room_tidy(room);
            spill_figures(room, &figures);
            ck_assert_uint_le(figures.memory_bytes, memory_bytes);
        }
    ck_assert_uint_ge(figures.memory_bytes + figures.file_bytes, (uint64_t)FEW * LONG_BYTES);
    check_arrays(room, held);
    ck_assert_ptr_null(spill_trouble(room));

    size_t whole = held[0].size;
    /* What is written to the part that is in the file stays there. */
    for (size_t array = 0; array < FEW; array++)
        for (size_t place = 0; place < whole; place += PIECE)
            held[array].bytes[place] ^= 0x55;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 1 << 20;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (size_t put = 0; put < LONG_BYTES / 4; put += LONG_PIECE)
        for (size_t array = 0; array < FEW; array++) {
            add_piece(room, &held[array], array, LONG_PIECE);
            room_tidy(room);
        }
    ck_assert_ptr_nonnull(spill_trouble(room));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (size_t array = 0; array < FEW; array++)
        for (size_t place = 0; place < whole; place += PIECE)
            held[array].bytes[place] ^= 0x55;
    check_arrays(room, held);
    for (size_t array = 0; array < FEW; array++)
        room_give(room, held[array].bytes, held[array].capacity);
    spill_figures(room, &figures);
    ck_assert_uint_eq(figures.memory_bytes + figures.file_bytes, 0);
    room_free(room);
}
END_TEST

START_TEST(what_is_no_file_is_no_room)
{
    struct error error;
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_ptr_null(spill_new(ends[0], 0, 0, &error));
    ck_assert_int_gt((int)strlen(error.text), 0);
    close(ends[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spill");
    TCase *basics = tcase_create("basics");
    tcase_set_timeout(basics, 60);
    tcase_add_test(basics, rooms_hold_more_than_they_keep_in_memory);
    tcase_add_test(basics, a_full_disk_sends_arrays_to_memory);
    tcase_add_test(basics, long_arrays_go_to_the_file_piece_by_piece);
    tcase_add_test(basics, what_is_no_file_is_no_room);
    suite_add_tcase(suite, basics);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
