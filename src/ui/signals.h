/*
 * signals.h: the signals of the screen. A handler sets a flag and wakes the loop through a pipe;
 * everything else is done by the loop. To be opened before the screen, since curses takes those
 * signals that nobody has.
 */
#ifndef UI_SIGNALS_H
#define UI_SIGNALS_H

#include <stdbool.h>

#include "base/error.h"

struct signals_taken {
    bool quit;    /* SIGINT, SIGTERM, SIGHUP, SIGQUIT: leave */
    int number;   /* which of them */
    bool resize;  /* SIGWINCH */
    bool suspend; /* SIGTSTP */
};

/* A descriptor that is readable when a signal came; -1 with a sentence. */
int signals_open(struct error *error);
/* What came since the last call. */
struct signals_taken signals_take(void);
/* Puts the handlers back that were there before. */
void signals_close(void);

#endif
