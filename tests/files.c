/*
 * Files of tests. A recording is read chunk by chunk, so that one that is not whole fails here.
 */
#include "files.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/recording_inside.h"

int file_new(const char *folder, char path[64])
{
    snprintf(path, 64, "%s/file-XXXXXX", folder);
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    return fd;
}

char *file_bytes(int fd, size_t *size)
{
    struct stat status;
    ck_assert_int_eq(fstat(fd, &status), 0);
    char *bytes = malloc((size_t)status.st_size + 1);
    *size = (size_t)status.st_size;
    ck_assert_int_eq(pread(fd, bytes, *size, 0), status.st_size);
    return bytes;
}

void folder_remove(const char *folder)
{
    char command[120];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        perror(folder);
}

static void count_chunks(struct recording *r, struct found *found)
{
    struct error error;
    for (;;) {
        struct chunk_header header;
        const void *payload, *bytes;
        size_t size = 0;
        ck_assert_msg(recording_chunk(r, UINT64_MAX, &header, &payload, &error), "%s", error.text);
        if (payload == NULL)
            return;
        if (header.tag != CHUNK_EVNT || header.size == 0)
            continue;
        ck_assert(recording_unpack(r, &header, &bytes, &size, &error));
        found->packed += header.codec == CHUNK_PLANES;
        found->events += size / sizeof(struct event);
    }
}

struct found found_in(const char *path)
{
    struct found found = { 0 };
    struct error error;
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct recording *r = fd >= 0 ? recording_of_fd(fd, &error) : NULL;
    ck_assert_msg(r != NULL, "%s: %s", path, fd >= 0 ? error.text : strerror(errno));
    ck_assert_int_eq(fstat(fd, &status), 0);
    found.size = (uint64_t)status.st_size;
    count_chunks(r, &found);
    found.ended = recording_ended(r);
    const struct meta *meta = recording_meta(r, NULL);
    if (meta != NULL) {
        memcpy(found.best, meta->verdict_best, sizeof found.best);
        memcpy(found.why, meta->verdict_why, sizeof found.why);
    }
    recording_close(r);
    close(fd);
    return found;
}
