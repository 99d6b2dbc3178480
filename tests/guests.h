/*
 * guests.h: clients of a chat inside a test, for a service that is under test (stage.h). Each says
 * numbered lines and remembers what it heard of whom, so that "everyone, once, in order" is a count.
 * For tests only.
 */
#ifndef TESTS_GUESTS_H
#define TESTS_GUESTS_H

#include "base/buffer.h"
#include "stage.h"
#include "trace/ring.h"

enum { GUESTS_MAX = 64 };

struct guest {
    int fd; /* -1: not connected */
    struct buffer in, out;
    bool welcome, joined;
    bool refused;                /* heard ERROR: it was turned away, or had quit */
    bool deaf;                   /* does not read */
    unsigned said;               /* lines */
    unsigned heard[GUESTS_MAX];  /* lines of each other, which have to come in order from 0 */
    unsigned missed[GUESTS_MAX]; /* lines that did not come although a later one did */
    uint32_t last_tag;           /* id of the last line that came with one, or TASK_NONE */
    unsigned strange;            /* lines that nobody should hear */
};
struct guests {
    struct stage_test *test;
    struct guest all[GUESTS_MAX];
    unsigned count;
};

void guests_init(struct guests *guests, struct stage_test *test);
void guests_fini(struct guests *guests);
/* Connects one more, which says who it is and joins #room; gives its number. */
unsigned guests_add(struct guests *guests, const char *user);
/* The same without a word. `receive` bytes of the socket's buffer; 0: as it comes. */
unsigned guests_connect(struct guests *guests, int receive);
void guests_introduce(struct guests *guests, unsigned guest, const char *user);

/* Appends to what a guest is going to send; guests_pump sends it. */
void guests_send(struct guests *guests, unsigned guest, const char *bytes, size_t size);
/* Its next line to the room, `words` bytes of words after its numbers; with a tag where id is not
 * TASK_NONE. */
void guests_say(struct guests *guests, unsigned guest, size_t words, uint32_t id);
void guests_quit(struct guests *guests, unsigned guest);
/* Closes its connection from one moment to the next, with a reset. */
void guests_break(struct guests *guests, unsigned guest);

/* Sends, reads and takes the stage's events until `enough` says so; false after limit_ms. */
bool guests_pump(struct guests *guests, bool (*enough)(const struct guests *guests), int limit_ms);
bool guests_all_in(const struct guests *guests);
/* Everyone who listens has every line of everyone who is connected. */
bool guests_all_heard(const struct guests *guests);
bool guests_all_sent(const struct guests *guests);
bool guests_never(const struct guests *guests); /* only the time ends it */

#endif
