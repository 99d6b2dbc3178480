/*
 * Inside platform/ only: reading the small text files of /proc and /sys.
 */
#ifndef PLATFORM_LINUX_H
#define PLATFORM_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the file into `text` (cut at size - 1, terminated). False where it cannot be read. */
bool linux_read(const char *path, char *text, size_t size);

/* Finds the line that starts with `key` and reads the number after it. PLATFORM_UNKNOWN where there
 * is none. */
uint64_t linux_field(const char *text, const char *key);

/* Parses a list of cores such as "0-3,8"; returns how many were written. */
size_t linux_core_list(const char *text, int *cores, size_t limit);

#endif
