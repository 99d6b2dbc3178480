/*
 * state.h: what the screen's program holds, for the files of this folder. Handlers of keys change it
 * and say `dirty`; only the loop (loop.c) waits, feeds and draws.
 */
#ifndef UI_STATE_H
#define UI_STATE_H

#include "base/buffer.h"
#include "race/follow.h"
#include "race/save.h"
#include "ui/choice.h"
#include "ui/moment.h"
#include "ui/screen.h"
#include "ui/ui.h"
#include "view/view.h"

enum page_kind {
    PAGE_PICKER,
    PAGE_QUESTION,
    PAGE_RACE,
    PAGE_DETAIL,
    PAGE_SCORE,
    PAGE_HELP,
    PAGE_COUNT
};

/* What there is of a driver (driver.c). */
struct driven {
    bool counted;      /* time is counted from frame to frame, nothing waits for it */
    bool began, rests; /* its clock runs; a person stopped it */
    uint64_t at_ns;    /* its clock */
    uint64_t due_ns;   /* on the loop's clock: when it has to be asked again */
};

/* The knobs as the look shows them. */
struct hands {
    struct knob_row rows[LOOK_KNOBS_MAX];
    int param[LOOK_KNOBS_MAX]; /* which parameter of the plan a row is */
    char value[LOOK_KNOBS_MAX][32], low[LOOK_KNOBS_MAX][32], high[LOOK_KNOBS_MAX][32];
};

struct ui {
    const struct ui_options *options; /* borrowed */
    struct screen *screen;            /* NULL: pictures go to the driver alone */
    struct canvas canvas;
    struct look look;
    enum page_kind page;
    enum page_kind under; /* what help and score go back to */
    bool dirty;           /* something that is drawn changed */
    bool leave;
    int status; /* of the program */

    struct choice choice;
    struct hands hands;
    char editing[64]; /* the value being typed */
    char filter[32];  /* of lanes, as it was typed; look.filter where it is in force */

    struct race *race;     /* NULL: none was started */
    struct save *save;     /* what keeps its recording under a name, or NULL */
    struct follow *follow; /* of the race; without one: of a recording */
    struct timeline *timeline;
    struct moment moment;
    bool over;                 /* the race is over and all of it is fed */
    bool reads;                /* there is more of the recording: read on without waiting */
    uint64_t reading_since_ns; /* when that began */
    char wish[160];            /* what the viewer waits for of it, in words */
    uint64_t catch_up_ns;      /* until then a picture that is paused is fed too; 0: it is not */
    const char *trouble;       /* what was told last of the race's or the recording's trouble */
    uint64_t score_ns;         /* when the score comes by itself; 0: not */
    uint64_t score_came_ns;    /* when it did */

    uint64_t now_ns; /* of this turn */
    bool dragging;   /* the mouse holds the scrubber */
    int pressed_x, pressed_y;
    uint64_t pressed_ns; /* when and where it was pressed last */
    struct driven driven;
    char message[400];
    uint64_t message_until_ns; /* 0: there is none */
    struct buffer keys;        /* the bottom line */
    const char *keys_of;       /* the places it was made of; static */
    struct buffer help_text;
    const char *help[128];
};

/* One line that stays for some seconds. */
void ui_say(struct ui *ui, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The bottom line is of these places (see keys_line()); a static text. */
void ui_keys(struct ui *ui, const char *where);
/* Goes to a page; its keys are at the bottom. */
void ui_go(struct ui *ui, enum page_kind page);
/* Returns true when the key was one of those that work on every page. */
bool ui_key_everywhere(struct ui *ui, uint32_t key);

/* A page: its view, and what it does with a key. To add one, add a row in pages.c. */
struct page {
    const char *name; /* `where` of its key rows */
    const struct view *view;
    void (*key)(struct ui *ui, uint32_t key);
};
extern const struct page pages[PAGE_COUNT];

/* mouse.c */
void ui_mouse(struct ui *ui, const struct screen_mouse *mouse);

/* The row of the pane that has the keys. */
void picker_choose(struct ui *ui, size_t row);
void picker_key(struct ui *ui, uint32_t key);
void question_key(struct ui *ui, uint32_t key);
void race_key(struct ui *ui, uint32_t key);
void detail_key(struct ui *ui, uint32_t key);
void score_key(struct ui *ui, uint32_t key);

/* sift.c: the filter of lanes and their order, on each page that lists lanes; returns true when the
 * key was for it: '/' and what is typed then, 'o', and an Esc that takes the filter away. To be asked
 * before any other key. */
bool sift_key(struct ui *ui, uint32_t key);

/* race_page.c: from the choice to a race, and through it. */
void race_ask_or_begin(struct ui *ui); /* the question first, where there is one */
void race_answered(struct ui *ui);     /* the question: it begins, or the recording plays */
void race_begin(struct ui *ui);
void race_show(struct ui *ui); /* the recording that ui->follow has open */
void race_end(struct ui *ui);  /* gives it up */
/* Time went by: the moment goes on. */
void race_pass(struct ui *ui, uint64_t passed_ns);
/* A turn of the loop: conduct, feed, follow the live end. */
void race_turn(struct ui *ui);
/* The look is of the moment, which follows the live end as far as it is fed. */
void race_look(struct ui *ui);
bool race_moves(const struct ui *ui); /* the picture changes by itself */

/* marks.c: to the nearest mark before (-1) or after (+1) the moment; "THREADS + GIL". */
void race_go_to_mark(struct ui *ui, int direction, const struct moment_range *range);
const char *race_model_title(const struct ui *ui, size_t run);

/* reading.c: whether there is a recording of which not all was read; what is said of it before its first
 * picture and at its end; what the look shows of it. */
bool reading_goes_on(const struct ui *ui);
void reading_tell(struct ui *ui);
void reading_look(struct ui *ui);

/* hands.c: fills the look's row of knobs; a key that turns something (false: it is none of them); a
 * mark at the moment. */
void hands_fill(struct ui *ui);
bool hands_key(struct ui *ui, uint32_t key);
void hands_mark(struct ui *ui);

/* keep.c: the recording kept under a name: from the start where --record said so; by a key; a part of
 * it each turn; to its end when the race is given up. */
void keep_begin(struct ui *ui);
void keep_key(struct ui *ui);
void keep_turn(struct ui *ui);
bool keep_moves(const struct ui *ui); /* there is more of it to do */
void keep_hint(struct ui *ui);        /* the race is over, and nobody asked for it yet */
void keep_end(struct ui *ui);

/* What the pages that look at a moment share: where the race stands; a key that moves the moment
 * (false: it is none of them); the next model. */
struct moment_range race_range(const struct ui *ui);
bool race_time_key(struct ui *ui, uint32_t key, const struct moment_range *range);
void race_next_column(struct ui *ui, int direction);

/* driver.c: what the loop asks of a driver, which there need not be. */
void driver_init(struct ui *ui);
void driver_turn(struct ui *ui, uint64_t passed_ns);
bool driver_takes_key(struct ui *ui, uint32_t key); /* a person's: it is not for the page */
void driver_frame(struct ui *ui);                   /* the canvas was drawn */

/* keys.c: texts made of the table. */
/* The rows of some places, "race hands", each followed by its next, then those of everywhere. */
void keys_line(struct buffer *line, const char *where);
void keys_help(struct ui *ui);

#endif
