/*
 * lives.h: which lane a thread of the kernel was at a moment; inside trace/ only.
 *
 * A life is a lane's span on a (pid, tid). Both come again, so a thread may have had several lives;
 * they do not overlap and are added in their order. Times are ns since the base.
 */
#ifndef TRACE_LIVES_H
#define TRACE_LIVES_H

#include <stdint.h>

struct lives;
struct lives *lives_new(void);
void lives_free(struct lives *lives);

/* A lane's row was seen; when it begins is not known yet. Gives the number of the life. */
uint32_t lives_add(struct lives *lives, int32_t pid, int32_t tid, uint32_t run, uint32_t lane);
void lives_begin(struct lives *lives, uint32_t life, uint64_t begin_ns);
/* The first end counts. */
void lives_end(struct lives *lives, uint32_t life, uint64_t end_ns);

enum life_found {
    LIFE_NONE, /* this thread was no lane then */
    LIFE_LANE, /* it was this one */
    LIFE_WAIT, /* that depends on when a lane began whose LANE_BEGIN has not come yet */
};
enum life_found lives_find(const struct lives *lives, int32_t pid, int32_t tid, uint64_t ns,
                           uint32_t *run, uint32_t *lane);

#endif
