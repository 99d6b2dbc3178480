/*
 * spill_slots.h: what of a mapped file is in this process's memory; for the files of spill.h only.
 *
 * Memory is brought in by slots of 64 KiB, and taken out by chunks of 2 MiB, in the order of their use:
 * of a file that lies in the kernel's cache in large pages a chunk comes in whole, whatever of it is
 * touched, and goes whole. So there is a bound of both: the oldest chunk goes where there are too many.
 */
#ifndef PLATFORM_SPILL_SLOTS_H
#define PLATFORM_SPILL_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

enum { SLOTS_CHUNK = 2 * 1024 * 1024 };

struct slots;
/* Of the addresses from `base` on, a multiple of a chunk; slots of at most so many bytes are in memory
 * (eight at least), and no more chunks than that is (32 at least). */
struct slots *slots_new(char *base, uint64_t most_bytes);
void slots_free(struct slots *slots); /* NULL is fine */
/* All of [from, to), which is of the mapped file, is in memory then, as far as that is bounded; offsets
 * from the base. */
void slots_bring_in(struct slots *slots, uint64_t from, uint64_t to);
/* The same of what was just mapped anew and is about to be written. */
void slots_bring_in_new(struct slots *slots, uint64_t from, uint64_t to);
/* What lies there, whole chunks, is not of the file any more. */
void slots_forget(struct slots *slots, uint64_t from, uint64_t to);
/* Takes the oldest chunk out of memory. */
void slots_take_out(struct slots *slots);
/* All was taken out of memory. */
void slots_forget_all(struct slots *slots);
uint64_t slots_bytes(const struct slots *slots); /* brought in */
uint64_t slots_most(const struct slots *slots);

#endif
