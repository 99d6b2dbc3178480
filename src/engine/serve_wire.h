/*
 * serve_wire.h: inside serve_process*.c only: what the hub of a chat and its connections' processes
 * pass each other, and what they share.
 *
 * Up, all through one pipe: [kind, member, line, task, tag, tagged, text]. Down, a pipe for each:
 * [line, task, text]. Both are msgpack in a frame of four bytes of length, lowest first, and never longer
 * than WIRE_MAX, so that one write is one piece however many write.
 *
 * A line that is a task is over when everybody has it, which no single process sees. So it is counted
 * in shared memory: `holds` are those who still have to do with it; who lets go last writes
 * TASK_DONE.
 */
#ifndef ENGINE_SERVE_WIRE_H
#define ENGINE_SERVE_WIRE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "engine/lane.h"
#include "engine/stage.h"

enum {
    WIRE_MAX = 4096, /* PIPE_BUF of Linux; POSIX's 512 would not hold a line */
    WIRE_TEXT = 2048,
    WIRE_LINES = 4096, /* that can be on their way at once */
    WIRE_MEMBERS = 32768,
};
#define WIRE_NONE UINT32_MAX

struct wire_line {
    _Atomic uint32_t holds;  /* 0: free */
    _Atomic uint32_t reader; /* the member whose process still holds it, or WIRE_NONE */
    _Atomic uint32_t task;
};
struct wire_member {
    _Atomic uint32_t lane;  /* of its process, or LANE_NONE */
    _Atomic uint32_t wrote; /* lines that are tasks and that it has sent to its client */
};
struct wire_shared {
    struct wire_line lines[WIRE_LINES];
    struct wire_member members[WIRE_MEMBERS];
};

/* Touched lazily: only what is used is memory. NULL: errno. */
struct wire_shared *wire_share(void);
void wire_unshare(struct wire_shared *shared);

/* A free line, held twice: by the hub and by `reader`. WIRE_NONE: all are on their way. */
uint32_t wire_line_take(struct wire_shared *shared, uint32_t reader, uint32_t task);
void wire_line_hold(struct wire_shared *shared, uint32_t line, uint32_t more);
/* Lets go once; the last one writes TASK_DONE. */
void wire_line_drop(struct wire_shared *shared, struct lane *lane, uint32_t line);

enum wire_kind {
    WIRE_SAID,     /* a line of the client */
    WIRE_TOO_LONG, /* one that was longer than is allowed */
    WIRE_GONE,     /* the client is gone, and this process goes; nothing comes after it */
};
struct wire_up {
    enum wire_kind kind;
    uint32_t member, line, task;
    uint32_t tag; /* the id that the client gave, else TASK_NONE */
    bool tagged;  /* there were tags */
    const char *text;
    size_t text_size;
};
struct wire_down {
    uint32_t line, task;
    const char *text;
    size_t text_size;
};

/* Append a whole frame; SERIALISE events, the lane computes before and after. */
void wire_pack_up(struct lane *lane, const struct wire_up *up, struct buffer *into);
void wire_pack_down(struct lane *lane, const struct wire_down *down, struct buffer *into);
/* Take one frame off the front: bytes used, 0 when it is not whole yet, -1 when it is broken. The
 * text points into data. */
long wire_unpack_up(struct lane *lane, const char *data, size_t size, struct wire_up *up);
long wire_unpack_down(struct lane *lane, const char *data, size_t size, struct wire_down *down);

/* The life of one connection's process: reads lines from `client` and hands them up, sends what comes
 * down. Leaves by _exit(). */
struct wire_ends {
    struct wire_shared *shared;
    uint32_t member, connection;
    int client, up, down;
};
_Noreturn void serve_process_member(struct stage *stage, const struct wire_ends *ends);

#endif
