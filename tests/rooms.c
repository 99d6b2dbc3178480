/*
 * Rooms in files without a name. On Linux there is one: a test that fell back to memory there would
 * test nothing.
 */
#include "tests/rooms.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "platform/platform.h"
#include "platform/spill.h"

struct room *room_in_a_file(uint64_t memory_bytes, uint64_t mapped_bytes)
{
    struct error error;
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    int descriptor = dup(fileno(file));
    fclose(file);
    struct room *room = spill_new(descriptor, memory_bytes, mapped_bytes, &error);
    ck_assert_msg(room != NULL || strcmp(platform_name(), "linux") != 0, "%s", error.text);
    return room;
}

struct room *room_that(int lives)
{
    return lives == LIVES_IN_A_FILE ? room_in_a_file(0, 2 << 20) : NULL;
}
