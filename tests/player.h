/*
 * player.h: a reader of asciicasts that follows the published formats and fails the running test
 * where a cast does not, playing what it reads into a terminal of libvterm.
 */
#ifndef TESTS_PLAYER_H
#define TESTS_PLAYER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <vterm.h>

struct happening {
    double at; /* seconds since the start */
    char code; /* 0: there is none */
    const char *data;
    size_t size;
    json_t *owner;
};
/* Reads a stream in memory, which may still grow. */
struct player {
    FILE *file;
    char *text;
    size_t size, read;
    int version, cols, rows;
    json_t *header;
    struct happening next;
    double at; /* of the last event that was read */
    size_t markers, outputs;
    VTerm *vterm;
    VTermScreen *screen;
};

/* The header was written to player->text, of player->size: reads it. */
void player_begin(struct player *player);
/* Looks at the next event; false: there is none (yet). */
bool player_peek(struct player *player);
/* Does it. */
void player_play(struct player *player);
/* How far a time may be from what was asked for, in seconds. */
double player_grain(const struct player *player);
/* All was read; frees, the text too. */
void player_end(struct player *player);

#endif
