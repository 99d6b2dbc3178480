/*
 * A recording of a stranger: from bytes to a file, and from there to a timeline.
 */
#include "stranger.h"

#include "platform/platform.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file without a name, filled anew each time. */
static int scratch(int *fd)
{
    if (*fd < 0) {
        char path[] = "/tmp/lockstep-fuzz-XXXXXX";
        *fd = platform_unnamed("/dev/shm");
        if (*fd < 0 && (*fd = mkstemp(path)) >= 0)
            unlink(path);
        if (*fd < 0)
            abort();
    }
    if (ftruncate(*fd, 0) != 0)
        abort();
    return *fd;
}

int stranger_empty_file(void)
{
    static int empty = -1;
    return scratch(&empty);
}

/* Makes every checksum right. */
static void mend(uint8_t *bytes, size_t size)
{
    struct file_header start;
    struct chunk_header header;
    if (size < sizeof start)
        return;
    memcpy(&start, bytes, sizeof start);
    file_header_seal(&start);
    memcpy(bytes, &start, sizeof start);
    for (size_t at = sizeof start; size - at >= sizeof header;) {
        memcpy(&header, bytes + at, sizeof header);
        size_t left = size - at - sizeof header;
        if (!chunk_lengths_sound(&header) || header.stored > left)
            return;
        chunk_seal(&header, bytes + at + sizeof header);
        memcpy(bytes + at, &header, sizeof header);
        at += sizeof header + header.stored;
    }
}

int stranger_file(const uint8_t *data, size_t size, bool mended)
{
    static int file = -1;
    uint8_t *copy = malloc(size + 1);
    if (copy == NULL)
        abort();
    if (size > 0)
        memcpy(copy, data, size);
    if (mended)
        mend(copy, size);
    int fd = scratch(&file);
    if (pwrite(fd, copy, size, 0) != (ssize_t)size)
        abort();
    free(copy);
    return fd;
}

uint64_t stranger_read(int fd, struct timeline *timeline)
{
    struct error error;
    struct recording *r = recording_of_fd(fd, &error);
    if (r == NULL)
        return 0;
    uint64_t total = 0;
    const struct event *events;
    size_t count;
    bool well;
    while ((well = recording_next(r, UINT64_MAX, &events, &count, &error)) && count > 0) {
        if (timeline != NULL)
            timeline_feed(timeline, events, count);
        if (timeline != NULL && total == 0)
            timeline_tell(timeline, recording_meta(r, NULL), recording_until(r));
        total += count;
    }
    /* What is not whole says so. */
    if (!recording_ended(r) && well && recording_missing(r) == NULL)
        abort();
    /* What is foretold can be asked for. */
    uint64_t go_ns, until_ns;
    for (size_t run = 0; run <= META_RUNS_MAX; run++)
        if (recording_foretold(r, run, &go_ns, &until_ns) && until_ns < go_ns)
            abort();
    if (recording_place_of(r, total) > (uint64_t)lseek(fd, 0, SEEK_END))
        abort();
    if (timeline != NULL)
        timeline_tell(timeline, recording_meta(r, NULL), recording_until(r));
    recording_close(r);
    return total;
}

size_t stranger_dice(const uint8_t *data, size_t size, size_t which, size_t sides)
{
    return (size_t)(checksum_of(data, size, which) % sides);
}
