/*
 * files.h: files of tests: new ones in a folder of the test's own, and what lies in a recording. For
 * tests only: fails the test that calls it.
 */
#ifndef TESTS_FILES_H
#define TESTS_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An empty file in the folder, open for both; its name goes to `path`. */
int file_new(const char *folder, char path[64]);
/* The whole file; heap. */
char *file_bytes(int fd, size_t *size);
/* The folder and all that is in it. */
void folder_remove(const char *folder);

/* What a recording holds, each of its chunks checked. */
struct found {
    uint64_t size, events,
        packed; /* bytes of the file, its events, and the chunks of them that are packed */
    bool ended; /* closed well */
    char best[16], why[400]; /* the verdict that it carries */
};
struct found found_in(const char *path);

#endif
