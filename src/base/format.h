/*
 * Figures in few characters, for screens and reports: at most FORMAT_SIZE bytes with the 0. Each
 * writes into `text` of `size` bytes (cut where that is too small) and returns `text`. They round to
 * the nearest and drop a fraction that is 0; a figure that rounds up to the next unit takes it.
 */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

enum { FORMAT_SIZE = 16 };

/* A figure as the nearest whole number, for the three below: held to [0, UINT64_MAX], 0 where it is no
 * number. */
uint64_t format_whole(double figure);

/* Three digits: 0ns, 780ns, 5us, 1.21s, 50ms, 59.9s; then 1m05s, 2h07m. */
char *format_duration(char *text, size_t size, uint64_t ns);

/* One decimal below 100 units: 512B, 16KiB, 3.1MiB, 121GiB. */
char *format_bytes(char *text, size_t size, uint64_t bytes);

/* One decimal below 100 units: 950, 1.2k, 12.3k, 121k, 4M. */
char *format_count(char *text, size_t size, uint64_t count);

#endif
