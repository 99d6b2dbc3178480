/*
 * kept.h: strips of cells that were asked for before, for cells.h.
 *
 * A cell has a number (its time by the width of its strip's cells) and an end; a strip has room for as many
 * as stand side by side on a screen, and a cell takes the place of the one that was as many before it. A
 * cell that is FIRM lies further back than anything is told as a rule, and is forgotten where something
 * was (run->mends); one that is LOOSE, or still being summed up, is forgotten when the run has moved on.
 * All strips together take at most 16 MiB: those that were not asked for longest make room.
 */
#ifndef TIMELINE_KEPT_H
#define TIMELINE_KEPT_H

#include "timeline/run.h"

enum { KEPT_MOST = 512 /* cells of a strip */, KEPT_BUCKETS = 1024 };

/* What a strip is of; zero what is not told, to its last byte. */
struct kept_key {
    uint64_t width, phase; /* of its cells: where they begin, modulo their width */
    uint32_t question, run, id;
    uint32_t value_size; /* of a cell, a multiple of 8 */
};

/* Where a run stood. */
struct kept_stand {
    uint64_t go, now;
    uint32_t events, mends;
};

/* Cells by their number, modulo how many slots there are; each known by where it ends, since the youngest
 * one may not be as wide as the others. */
enum slot { SLOT_EMPTY, SLOT_WORK /* being summed up */, SLOT_LOOSE, SLOT_FIRM };
struct kept_strip {
    struct kept_key key;
    struct kept_stand stand;
    struct kept_strip *next;          /* in its bucket */
    struct kept_strip *newer, *older; /* by when it was asked last */
    struct {
        uint64_t number, t0, width_ns; /* of the first of them */
        size_t count;
        uint32_t id;    /* lanes with lesser ids are in */
        enum slot slot; /* what they will be */
    } work;             /* the cells that are being summed up */
    size_t slots, bytes;
    uint64_t *end; /* run time */
    unsigned char *values;
    uint8_t *slot;
    uint64_t room[]; /* of these three */
};

struct kept {
    struct kept_strip *buckets[KEPT_BUCKETS], *newest, *oldest;
    size_t bytes;
};

void kept_fini(struct kept *kept);
/* The strip of a key, with room for `count` cells at least; what does not hold any more where
 * the run stands now is forgotten. It stays until the next call. */
struct kept_strip *kept_strip(struct kept *kept, const struct run *run, const struct kept_key *key,
                              size_t count);
/* Whether the cell of a number is there, up to `end`. */
bool kept_is(const struct kept_strip *strip, uint64_t number, uint64_t end, enum slot least);
/* It is from now on; gives where its value has to be put. */
void *kept_put(struct kept_strip *strip, uint64_t number, uint64_t end, enum slot slot);
void *kept_value(const struct kept_strip *strip, uint64_t number);
/* FIRM or LOOSE: a cell that ends at this moment of the run. */
enum slot kept_slot(const struct run *run, uint64_t end);

#endif
