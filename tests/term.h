/*
 * term.h: the real program under a real terminal: a pseudo-terminal whose other end is libvterm. Keys
 * and sizes go in, what stands on the screen is read, and at the end the terminal has to be as it was.
 * Deadlines bound a hang; nothing here asks how fast something was.
 */
#ifndef TESTS_TERM_H
#define TESTS_TERM_H

#include "process.h"

#include <termios.h>
#include <vterm.h>

enum { TERM_LIMIT_MS = 20000 };

struct term {
    struct process process;
    VTerm *vterm;
    VTermScreen *screen;
    int cols, rows;
    size_t fed; /* bytes of process.text that the terminal has seen */
    bool alternate, cursor_shown;
    int mouse; /* which reports of it the program asked for */
    struct termios before;
};

/* Starts the program with these words on a terminal of this size. */
void term_open(struct term *term, const char *const *words, int cols, int rows);
/* The same for a race that is let go without an answer to its question, until the screen says `words`:
 * "LIVE", or what comes after a quick one. */
void term_open_race(struct term *term, const char *const *race, int cols, int rows,
                    const char *words);
/* The terminal alone, of a process that was started already. */
void term_begin(struct term *term, int cols, int rows);
void term_close(struct term *term);
/* What the program writes within so many ms. */
void term_read(struct term *term, int ms);
/* Forgets the bytes that were read; what they drew stays. */
void term_forget(struct term *term);
void term_keys(struct term *term, const char *keys);
void term_resize(struct term *term, int cols, int rows);

/* What stands on the screen, a line per row. Heap. */
char *term_text(const struct term *term);
bool term_says(const struct term *term, const char *words);
/* Waits until the screen says it, or does not any more. */
void term_expect(struct term *term, const char *words, bool there);

/* The program has left, or does now, and the terminal is as it was. */
void term_left_tidy(struct term *term);

/* Into a new directory by this pattern (mkdtemp()), which stays the caller's to remove: keys keep
 * recordings where the program stands. The program and its scenarios are found from there as well. */
void term_go_elsewhere(char *directory);

/* Races to look at: two models, done in a fraction of a second; and one that is still there when
 * somebody looks. */
extern const char *const term_quick[], *const term_lasting[];

#endif
