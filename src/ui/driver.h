/*
 * driver.h: who plays on the screen in a person's place: a demo (demo/). It is asked once a turn of
 * the loop, before the race and the picture; it presses keys, which go the way of a person's keys,
 * says captions, and is shown each picture that is drawn. What it plays begins at the scenario's
 * question, over a recording too.
 *
 * It has a clock of its own, which begins when the picture does (a recording is read by then) and
 * stands while a person has stopped the demo. Where there is no terminal and nothing is raced, time
 * is counted from frame to frame instead of waited for, so the same recording gives the same pictures
 * at the same times on any machine. A race that runs takes its time: its demo has the real clock.
 */
#ifndef UI_DRIVER_H
#define UI_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "draw/canvas.h"
#include "timeline/timeline.h"
#include "ui/screen.h"
#include "ui/ui.h"
#include "view/view.h"

struct ui;

struct ui_driver {
    void *context;
    int cols, rows; /* of pictures without a terminal; 0: it plays on the terminal */
    /* A turn at this time of its clock: does what is due. Gives when (on its clock, later than now)
     * it has to be asked again; it may be asked sooner, since what it waits for may come. */
    uint64_t (*turn)(void *context, struct ui *ui, uint64_t at_ns);
    /* A picture was drawn; NULL where nobody keeps them. */
    void (*frame)(void *context, const struct canvas *canvas, const struct look *look,
                  uint64_t at_ns);
};

/* What it may know; pointers are valid until its turn ends. */
struct ui_seen {
    const char *page;                /* "picker", "question", "race", "detail", "score", "help" */
    const struct timeline *timeline; /* NULL: there is no race */
    const struct look *look;
    bool live; /* a run goes on at this moment */
    bool over; /* the race is, and all of it is here */
    bool done; /* it is over and the picture stands at its end */
};
/* Names of the pages there are; NULL: there are no more. */
const char *ui_page_name(unsigned page);
void ui_see(const struct ui *ui, struct ui_seen *seen);

/* As if a person pressed it. */
void ui_press(struct ui *ui, uint32_t key);
/* What stands above the bottom line, and beside it the key that was pressed (NULL: none). Both
 * borrowed until they are replaced. */
void ui_caption(struct ui *ui, const char *caption, const char *pressed);
/* As - and + would, in one go: to the speed of those there are that is next to it. */
void ui_set_speed(struct ui *ui, double speed);
void ui_leave(struct ui *ui, int status);

#endif
