/*
 * pack.h: a recording written anew, small: its events gathered into chunks of 8192 and packed
 * (codec.h), the last META first (with the verdict), chunks of other tags carried over where they stood between the
 * events, a new footer. Nothing of what it says changes: its events come in the same order.
 *
 * Places in the file change, so a chunk that wants to point at events does so by their number or
 * their time.
 *
 * Not done while a race goes on: packing costs more than the whole budget of an event.
 */
#ifndef TRACE_PACK_H
#define TRACE_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum pack_state { PACK_GOES_ON, PACK_DONE, PACK_FAILED };

/* From the recording in `from`, which is not written any more, into the empty regular file `to`.
 * Both stay the caller's to close, after pack_free(). NULL with a sentence. */
struct pack;
struct pack *pack_new(int from, int to, struct error *error);
/* What goes into the packed meta besides: before the first pack_move(). */
void pack_verdict(struct pack *pack, const char *best, const char *why);
/* Goes on for about budget_ns (0: to the end). PACK_DONE: `to` says all that `from` says; where
 * `from` was not closed, neither is `to`. PACK_FAILED, with a sentence: `from` is damaged, or `to`
 * cannot be written; `to` is worth nothing then. */
enum pack_state pack_move(struct pack *pack, uint64_t budget_ns, struct error *error);
/* Whether `from` was closed well, as far as that is known by now. */
bool pack_whole(const struct pack *pack);
unsigned pack_permille(const struct pack *pack); /* how far it is */
void pack_free(struct pack *pack);               /* NULL is fine */

#endif
