/*
 * Who still has to hear what: every line spoken in the room against every client in it, exactly.
 *
 * A line owes one delivery to each client that is in the room when it is spoken, except its
 * speaker. As long as some are owed it holds one bit per client; once all came it holds nothing,
 * and any further one is known to be one too many. A line that was spoken while a client was
 * on its way in may be heard by it or not: the server decides. So memory follows the lines that are on their
 * way (clients / 8 bytes each), not the lines spoken, and no count is a guess.
 */
#ifndef OUTSIDE_TALLY_H
#define OUTSIDE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tally_line;

struct tally {
    uint32_t clients;   /* numbers 0 .. clients - 1 */
    uint32_t present;   /* how many are in the room */
    uint64_t due;       /* deliveries that should be: lines x others in the room at that moment */
    uint64_t delivered; /* deliveries that came and were owed, each once */
    uint64_t twice;     /* deliveries that came and were not owed (any more) */
    uint64_t *away;     /* a bit per client that is not in the room */
    uint32_t *from;     /* by client: the first line that it can have heard too often */
    struct tally_line *lines;
    size_t line_count; /* lines spoken so far */
    size_t line_room;  /* lines there is memory for */
    size_t first_open; /* all lines before this one were heard by all */
    bool somebody_left;
};

/* What tells one line from another. */
struct said {
    uint32_t speaker; /* a client */
    uint32_t task;    /* the id that travels with it; TASK_NONE: it came without one */
    uint32_t size;    /* bytes of its text */
};

void tally_init(struct tally *tally, uint32_t clients); /* nobody is in the room */
void tally_fini(struct tally *tally);

/* Comes into the room, goes out of it. What was owed to a client that goes stays owed. */
void tally_enter(struct tally *tally, uint32_t client);
void tally_leave(struct tally *tally, uint32_t client);

/* Is sent out of the room: it is owed nothing any more, and what it still hears is not counted. */
void tally_dismiss(struct tally *tally, uint32_t client);

/* How many deliveries can still come: those owed to clients that are in the room. */
uint64_t tally_outstanding(struct tally *tally);

/* A line is spoken; gives its number, from 0 on. */
uint32_t tally_speak(struct tally *tally, const struct said *said);

/* `client` got line `number`. What was never said like that is not counted. */
void tally_hear(struct tally *tally, uint32_t client, uint32_t number, const struct said *said);

#endif
