/*
 * spill_file.h: the file of a room that spills; for the files of spill.h only.
 */
#ifndef PLATFORM_SPILL_FILE_H
#define PLATFORM_SPILL_FILE_H

#include <stdbool.h>
#include <stdint.h>

struct spill_file {
    int descriptor;
    char trouble[160]; /* why it takes no more; "" */
};
/* Writes so many bytes (`bytes` NULL: zeros) there, so that they have space on the disk; false, with
 * the trouble said: there is none. */
bool spill_file_write(struct spill_file *file, const char *bytes, uint64_t offset, uint64_t size);

#endif
