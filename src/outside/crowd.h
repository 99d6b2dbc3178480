/*
 * The crowd's own state, shared by its two files: crowd.c (the parts of its time, the talk, the
 * counts) and fill.c (how its clients come into the room).
 */
#ifndef OUTSIDE_CROWD_H
#define OUTSIDE_CROWD_H

#include "outside/client.h"
#include "outside/process.h"
#include "outside/tally.h"

/* The parts of a crowd's time, in this order. */
enum crowd_part {
    PART_FILL,  /* clients come into the room */
    PART_TALK,  /* lines are spoken */
    PART_DRAIN, /* the last lines are waited for */
    PART_LEAVE, /* all have said QUIT */
};

struct crowd {
    struct outside outside;
    struct room room;
    struct tally tally;
    struct client *clients;
    uint32_t most;  /* clients that can ever be asked for */
    uint32_t asked; /* clients that are asked for now: numbers 0 .. asked - 1 */
    uint32_t known; /* clients whose struct was begun */
    enum crowd_part part;
    uint64_t part_ns; /* when the part began */
    ev_timer tick;
    uint32_t ticks;
    uint32_t connected; /* in the room; after the drain: as it was then */

    /* PART_FILL, and while more come during the talk. In the talk all were begun, and `wanted` is
     * `settled` + `on_the_way` + `again_count`. */
    uint32_t wanted; /* clients it tries to bring in: `asked`, or what a limit leaves */
    uint32_t begun;  /* clients 0 .. begun - 1 had their first try */
    uint32_t *again; /* clients to be tried once more, a stack */
    uint32_t again_count;
    uint32_t on_the_way; /* connecting or entering */
    uint32_t settled;    /* have entered, or were given up */
    uint32_t entered;    /* have ever been in the room */
    uint64_t entered_ns; /* when the last one entered */
    uint64_t hold_ns;    /* no new try before this moment */
    int last_error;      /* of a try that failed: errno, 0 for the server's close, -1 none did */

    /* PART_TALK */
    ev_timer speak;
    double owed;        /* lines that should have been spoken by now, and were not */
    uint64_t spoke_ns;  /* up to when that was reckoned */
    uint64_t burst;     /* lines that a hand asked for and that are not spoken yet */
    uint32_t turn;      /* counts speakers */
    struct buffer line; /* the line that is being made */
};

/* ---- fill.c ---- */

/* Starts as many clients as may be on their way at once. */
void fill_more(struct crowd *crowd);
void fill_entered(struct crowd *crowd, struct client *client);
/* A client that was not in the room yet has lost its connection. */
void fill_gone(struct crowd *crowd, struct client *client, int error);
/* All are in the room or given up, or nobody has come for a while. */
bool fill_is_over(const struct crowd *crowd);
/* Sends those away that have not made it, and tells the run if these were too many. */
void fill_end(struct crowd *crowd);
/* As many as are asked for now, in the middle of the talk: new ones come in, or those with the highest
 * numbers are sent out. */
void fill_resize(struct crowd *crowd, uint32_t asked);
/* Begins the structs of clients up to this number, and spreads them over enough addresses. */
void fill_know(struct crowd *crowd, uint32_t count);

#endif
