/*
 * stranger.h: a recording of a stranger, as more than one target takes it.
 */
#ifndef FUZZ_STRANGER_H
#define FUZZ_STRANGER_H

#include <stddef.h>
#include <stdint.h>

#include "timeline/timeline.h"
#include "trace/recording_inside.h"

/* The bytes in a file without a name; the same file each time. `mended`: with every checksum made right,
 * so that what lies behind them is reached. Borrowed. */
int stranger_file(const uint8_t *data, size_t size, bool mended);
/* Another one, empty. */
int stranger_empty_file(void);

/* Reads all of it that can be read, as a follower does; aborts where something is missing that nobody
 * tells of. The timeline (NULL: none is wanted) is told what is told. Gives how many events there were. */
uint64_t stranger_read(int fd, struct timeline *timeline);

/* A number below `sides` of these bytes: so that an input asks one of many questions, always the same
 * one, and each of them is asked soon. */
size_t stranger_dice(const uint8_t *data, size_t size, size_t which, size_t sides);

#endif
