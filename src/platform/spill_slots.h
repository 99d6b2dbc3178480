/*
 * spill_slots.h: what of a mapped file is in this process's memory; for the files of spill.h only.
 *
 * Memory is known by slots of 64 KiB, in the order of their use; the oldest is taken out when there are
 * too many. A page that is touched without being brought in is in no slot.
 */
#ifndef PLATFORM_SPILL_SLOTS_H
#define PLATFORM_SPILL_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

struct slots;
/* Of the addresses from `base` on; at most so many bytes are in memory (eight slots at least). */
struct slots *slots_new(char *base, uint64_t most_bytes);
void slots_free(struct slots *slots); /* NULL is fine */
/* All of [from, to), which is of the mapped file, is in memory then, as far as that is bounded; offsets
 * from the base. */
void slots_bring_in(struct slots *slots, uint64_t from, uint64_t to);
/* The same of what was just mapped anew and is about to be written. */
void slots_bring_in_new(struct slots *slots, uint64_t from, uint64_t to);
/* What lies there is not of the file any more. */
void slots_forget(struct slots *slots, uint64_t from, uint64_t to);
/* Takes the oldest eighth out of memory. */
void slots_take_out(struct slots *slots);
/* All was taken out of memory. */
void slots_forget_all(struct slots *slots);
uint64_t slots_bytes(const struct slots *slots); /* in memory */
uint64_t slots_most(const struct slots *slots);

#endif
