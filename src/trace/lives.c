/*
 * The lives of all lanes of a race, found by (pid, tid) in an open hash; from a thread's youngest
 * life a chain leads to those before. Nothing is ever taken out: a life that ended must still be
 * found by records that come late, and 40 bytes a lane are little.
 */
#include "trace/lives.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>

#define NO_LIFE   UINT32_MAX
#define NOT_KNOWN UINT64_MAX

struct life {
    int32_t pid, tid;
    uint32_t run, lane;
    uint64_t begin_ns, end_ns; /* NOT_KNOWN until told */
    uint32_t before;           /* the same thread's life before, or NO_LIFE */
};

struct lives {
    struct life *items;
    uint32_t count, capacity;
    uint32_t *slots; /* the youngest life of a thread, or NO_LIFE; a power of two of them */
    uint32_t slot_count, used;
};

static uint32_t hash(int32_t pid, int32_t tid)
{
    uint64_t both = (uint64_t)(uint32_t)pid << 32 | (uint32_t)tid;
    return (uint32_t)(both * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* The slot of a thread: the one that has it, or the free one where it would be. */
static uint32_t *slot_of(const struct lives *lives, int32_t pid, int32_t tid)
{
    for (uint32_t at = hash(pid, tid);; at++) {
        uint32_t *slot = &lives->slots[at & (lives->slot_count - 1)];
        if (*slot == NO_LIFE)
            return slot;
        const struct life *life = &lives->items[*slot];
        if (life->tid == tid && life->pid == pid)
            return slot;
    }
}

static void grow_slots(struct lives *lives)
{
    uint32_t *old = lives->slots, old_count = lives->slot_count;
    lives->slot_count = old_count > 0 ? 2 * old_count : 64;
    lives->slots = mem_resize(NULL, lives->slot_count, sizeof *lives->slots);
    for (uint32_t i = 0; i < lives->slot_count; i++)
        lives->slots[i] = NO_LIFE;
    for (uint32_t i = 0; i < old_count; i++) {
        if (old[i] != NO_LIFE)
            *slot_of(lives, lives->items[old[i]].pid, lives->items[old[i]].tid) = old[i];
    }
    free(old);
}

struct lives *lives_new(void)
{
    struct lives *lives = mem_zero(1, sizeof *lives);
    grow_slots(lives);
    return lives;
}

void lives_free(struct lives *lives)
{
    if (lives == NULL)
        return;
    free(lives->items);
    free(lives->slots);
    free(lives);
}

uint32_t lives_add(struct lives *lives, int32_t pid, int32_t tid, uint32_t run, uint32_t lane)
{
    if (lives->count == lives->capacity) {
        lives->capacity = lives->capacity > 0 ? 2 * lives->capacity : 64;
        lives->items = mem_resize(lives->items, lives->capacity, sizeof *lives->items);
    }
    uint32_t *slot = slot_of(lives, pid, tid), life = lives->count++;
    lives->items[life] = (struct life){ .pid = pid,
                                        .tid = tid,
                                        .run = run,
                                        .lane = lane,
                                        .begin_ns = NOT_KNOWN,
                                        .end_ns = NOT_KNOWN,
                                        .before = *slot };
    if (*slot == NO_LIFE)
        lives->used++;
    *slot = life;
    if (2 * lives->used > lives->slot_count)
        grow_slots(lives);
    return life;
}

void lives_begin(struct lives *lives, uint32_t life, uint64_t begin_ns)
{
    lives->items[life].begin_ns = begin_ns;
}

void lives_end(struct lives *lives, uint32_t life, uint64_t end_ns)
{
    if (lives->items[life].end_ns == NOT_KNOWN)
        lives->items[life].end_ns = end_ns;
}

enum life_found lives_find(const struct lives *lives, int32_t pid, int32_t tid, uint64_t ns,
                           uint32_t *run, uint32_t *lane)
{
    enum life_found otherwise = LIFE_NONE;
    for (uint32_t at = *slot_of(lives, pid, tid); at != NO_LIFE; at = lives->items[at].before) {
        const struct life *life = &lives->items[at];
        if (life->begin_ns == NOT_KNOWN) {
            if (life->end_ns == NOT_KNOWN)
                otherwise = LIFE_WAIT;
            continue;
        }
        if (ns < life->begin_ns)
            continue;
        if (ns > life->end_ns || (life->end_ns == NOT_KNOWN && otherwise == LIFE_WAIT))
            return otherwise;
        *run = life->run;
        *lane = life->lane;
        return LIFE_LANE;
    }
    return otherwise;
}
