/*
 * terminal.h: a program in a terminal that a bench made: its master end is read, nothing is drawn.
 */
#ifndef TESTS_BENCH_TERMINAL_H
#define TESTS_BENCH_TERMINAL_H

#include "base/buffer.h"

#include <stdbool.h>
#include <sys/types.h>

struct terminal {
    pid_t pid;
    int master;
    struct buffer text; /* what it printed and nobody took yet */
};

/* Forks with a new terminal of this size as standard input, output and error. True: this is the
 * child. terminal->pid is -1 where that failed. */
bool terminal_fork(struct terminal *terminal, int cols, int rows);
/* ./lockstep (or $LOCKSTEP) with these words, NULL-terminated. */
void terminal_lockstep(struct terminal *terminal, const char *const *words, int cols, int rows);
/* Reads until `text` was printed: true; false after limit_ms or at its end. */
bool terminal_await(struct terminal *terminal, const char *text, int limit_ms);
/* Waits a while for what it prints, which is appended to text, or for `other` (-1: none): 1 where
 * that one is readable, 0 where not, -1 where the program's end was seen. */
int terminal_wait(struct terminal *terminal, int other);
/* Reads for so long; gives how many bytes came. */
size_t terminal_read(struct terminal *terminal, int ms);
void terminal_type(struct terminal *terminal, const char *keys);
/* Waits for its end, reading, and kills it after limit_ms. True: it ended by itself, with 0. */
bool terminal_end(struct terminal *terminal, int limit_ms);

#endif
