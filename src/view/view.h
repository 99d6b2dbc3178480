/*
 * view.h: the views, one file and one row each (views.c).
 *
 * A view is a pure function from (timeline, look, size) to a canvas: the same input gives the same
 * cells. It keeps nothing between two calls, asks no clock and knows no terminal; where a frame has to be
 * there in time the look brings what was asked before and the clock (cells), and the picture says while it
 * is not exact yet. What it needs that is no event (the picker's list, a message) is in the look as plain
 * data, filled by ui/.
 *
 * To add a view: a file view/NAME.c with a const struct view, one row in views.c.
 */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "draw/canvas.h"
#include "draw/theme.h"
#include "timeline/cells.h"
#include "timeline/lane_order.h"
#include "timeline/timeline.h"
#include "timeline/verdict.h"

enum { LOOK_SCENARIOS_MAX = 64, LOOK_MODELS_MAX = 8, LOOK_KNOBS_MAX = 48, LOOK_MARKS_MAX = 64 };

/* A scenario as the picker shows it; strings are borrowed for the call. */
struct picker_row {
    const char *name, *title, *question, *teaches, *bottleneck;
};
struct knob_row {
    const char *name, *value, *help;
    bool live;
    const char *low, *high; /* its bounds; NULL where nobody asks */
};
struct model_row {
    const char *name, *title, *help;
    const char *refusal; /* why it cannot carry this scenario, or NULL */
    bool chosen;
};

/* A thing that has a row of its own on the detail screen. */
enum detail_kind {
    DETAIL_FIRST, /* whatever is first */
    DETAIL_GIL,
    DETAIL_GIL_MARKS,
    DETAIL_CORE,
    DETAIL_LOCK, /* id: the n-th that a lane waited for, as in timeline_lock() */
    DETAIL_QUEUE,
    DETAIL_LANE, /* id: its index in the run, as in timeline_lane() */
    DETAIL_TASK,
};
struct detail_thing {
    enum detail_kind kind;
    uint32_t id;
};

/* Whatever is somewhere on the race's screen. */
enum race_place {
    PLACE_NONE,
    PLACE_TOP,
    PLACE_HEAD, /* of a column */
    PLACE_PROGRESS,
    PLACE_CORE, /* index: the core */
    PLACE_GIL,
    PLACE_QUEUE,
    PLACE_SWITCHES,
    PLACE_MEMORY,
    PLACE_LATENCY,
    PLACE_LANE,  /* index: as in timeline_lane() */
    PLACE_TASK,  /* index: the task */
    PLACE_ALL,   /* the picture of all lanes or tasks */
    PLACE_WORDS, /* of a column that has nothing to show, or a blank row of one that has */
    PLACE_EFFECT,
    PLACE_KNOB, /* index: of look->hands; direction: what a click turns it */
    PLACE_SIFT, /* which lanes are listed, and how */
    PLACE_EXPLAIN,
    PLACE_SCRUBBER,
    PLACE_LEGEND,
    PLACE_BOTTOM,
    PLACE_COUNT
};
/* The cursor of the race's screen: a row of the selected column. */
struct race_cursor {
    bool on;
    enum race_place place; /* PROGRESS to TASK */
    uint32_t index;
    bool fixed; /* it stands at a time of its own; else at the moment */
    uint64_t t;
};

/* A recording of which not all was read yet. */
struct look_reading {
    bool on;
    unsigned percent;
    uint64_t length_ns
        [LOOK_MODELS_MAX]; /* how long each run will be, as its file says; 0: it does not */
    bool wished;           /* the viewer wants to be where it was not read yet, */
    uint64_t wish_ns;      /* at this run time; 0: at the next mark */
    const char *wish;      /* a line that says so, or NULL */
};

struct look {
    /* time */
    uint64_t moment; /* run time that is drawn */
    bool live;       /* the moment follows the end */
    bool paused;
    bool replaying;     /* the whole race plays again */
    double speed;       /* 1 = real time */
    uint64_t window_ns; /* width of the strips' span; they sweep, they do not scroll */
    /* columns */
    bool hidden[LOOK_MODELS_MAX];
    int column;                /* the one that is selected */
    int lane_top;              /* first lane row shown */
    struct race_cursor cursor; /* what is explained */
    /* lanes and tasks, in the race's columns and on the detail screen */
    enum lane_sort sort;
    const char *filter; /* what was typed after '/' (timeline/lane_order.h), or NULL */
    bool filtering;     /* it is being typed */
    /* hands on: the knobs that can be turned now */
    const struct knob_row *hands;
    size_t hand_count, hand; /* 0: none can; the chosen one */
    bool hand_shown;         /* the viewer has one in hand */
    bool hand_next;          /* the race is over: they are turned for the next one */
    /* marks that the viewer set himself, in run time; the recording knows nothing of them */
    uint64_t own_mark[LOOK_MARKS_MAX];
    size_t own_marks;
    bool closed; /* the recording does not grow any more: a run without an end was cut */
    struct look_reading reading;
    /* What was asked for in the frames before, and how long this one may take (timeline/cells.h); NULL:
     * every cell is asked for anew and is exact, however long that takes. */
    struct cells *cells;
    /* the detail screen */
    uint64_t zoom_ns;          /* what its axis spans; 0: the whole run */
    struct detail_thing thing; /* the cursor's row; where it has none, another takes its place */
    /* the score */
    int score_item; /* its cursor: over the diagnoses, then over the rows of figures */
    int score_top;  /* the first row shown; held to what there is when it is drawn */
    /* appearance */
    const struct theme *theme;
    const struct glyphs *glyphs;
    bool presenter;
    bool recording; /* the red sign */
    /* texts of the moment, NULL where there are none */
    const char *message; /* one line: what just happened, or what went wrong */
    const char *keys;    /* the bottom line, made from the keys table: "key\tword\n" each, the most
                             important first, but for help and quit, which are last */
    const char *caption; /* said to those who watch, above the bottom line; "": nothing now, but its
                            place is kept; NULL: no place is kept, the view has all rows */
    const char *pressed; /* beside the caption: the key that was just pressed, or NULL */
    /* the question before the start */
    const char *question;
    const char *answers[LOOK_MODELS_MAX + 2]; /* NULL-terminated; the key is the number from 1 */
    int answered;                             /* index, or -1 */
    /* picker */
    const struct picker_row *scenarios;
    size_t scenario_count, scenario;
    const struct knob_row *knobs;
    size_t knob_count, knob;
    const struct model_row *models;
    size_t model_count, model;
    int pane;                /* picker: 0 list, 1 parameters, 2 models */
    const char *editing;     /* text being typed for a parameter, or NULL */
    const char *const *help; /* lines of the help screen, NULL-terminated: "key\tsentence", or a
                                heading without a tab */
    int help_top;
};
void look_init(struct look *look); /* sane defaults: default theme, unicode, live, 1x */

struct view {
    const char *name;
    void (*draw)(const struct timeline *timeline, const struct look *look, struct canvas *canvas);
};
extern const struct view view_race, view_detail, view_picker, view_question, view_score, view_help,
    view_small;
extern const struct view *const views[];
const struct view *view_find(const char *name);

/* Below this size every view gives way to view_small. */
enum { VIEW_MIN_COLS = 60, VIEW_MIN_ROWS = 16 };
/* Captions stand on two rows above the bottom line; the view has the others. How many those are on a
 * screen of so many rows: what a layout has to be asked for. */
int view_rows(const struct look *look, int rows);
/* Draws the view, or view_small where there is no room. canvas was sized by the caller. */
void view_draw(const struct view *view, const struct timeline *timeline, const struct look *look,
               struct canvas *canvas);

/* How long a run is, and the longest of them: of a recording that is being read, how long it will be. */
uint64_t view_run_length(const struct timeline *timeline, const struct look *look, size_t run);
uint64_t view_length(const struct timeline *timeline, const struct look *look);

/* Where things are, for the mouse and the cursor: pure arithmetic shared with the drawing. */
struct race_layout {
    int columns;              /* shown */
    int unseen;               /* runs that are not: hidden, or no room */
    int run[LOOK_MODELS_MAX]; /* which run each shows */
    struct rect column[LOOK_MODELS_MAX];
    struct rect top, pane, scrubber, legend, bottom; /* pane: may have no height */
};
void race_layout(const struct timeline *timeline, const struct look *look, int cols, int rows,
                 struct race_layout *layout);

/* What is drawn at a cell of the race's screen; run: where it is of a column; t: where it is of a
 * moment, as in a strip or on the scrubber. */
struct race_spot {
    enum race_place place;
    int run; /* -1: of none */
    uint32_t index;
    int direction;
    bool has_time;
    uint64_t t;
};
struct race_spot race_hit(const struct timeline *timeline, const struct look *look, int cols,
                          int rows, int x, int y);
/* The cursor so many rows of the selected column further down (up: less than 0). */
struct race_cursor race_cursor_move(const struct timeline *timeline, const struct look *look,
                                    int rows);
/* look->lane_top so that the cursor's row is seen on a screen of this size. */
int race_cursor_top(const struct timeline *timeline, const struct look *look, int cols, int rows);
/* The place of a bottom line's key on a screen: where it begins in look->keys, and in it the column
 * that was hit; NULL: there is none. */
const char *bottom_hit(const struct look *look, struct rect bottom, int x, int y);

/* ---- the picker, the question ---- */

enum picker_pane { PICKER_LIST, PICKER_KNOBS, PICKER_MODELS };
struct picker_spot {
    int pane;   /* enum picker_pane; -1: none */
    size_t row; /* of its list; SIZE_MAX: its heading */
};
struct picker_spot picker_hit(const struct look *look, int cols, int rows, int x, int y);
/* The answer at a cell; -1: none. */
int question_hit(const struct look *look, int cols, int rows, int x, int y);

/* ---- the detail screen ---- */

/* Its rows: how many there are, and how many lanes and tasks a filter left out of them. */
struct detail_count {
    size_t rows, lanes, tasks; /* rows: all; lanes and tasks of them */
    size_t all_lanes, all_tasks;
};
void detail_count(const struct timeline *timeline, const struct look *look,
                  struct detail_count *count);
/* The thing so many rows below (above: less than 0) the cursor, held to the first and the last. */
struct detail_thing detail_move(const struct timeline *timeline, const struct look *look,
                                long rows);
/* The lane (or task) that is listed first: where a new order begins. The cursor's own where none is. */
struct detail_thing detail_first(const struct timeline *timeline, const struct look *look);
/* How many rows a page key moves by. */
int detail_page_rows(const struct timeline *timeline, const struct look *look, int cols, int rows);

/* What its axis spans now, [*t0, *t1): the moment is in the middle, but near the run's ends. */
void detail_span(const struct timeline *timeline, const struct look *look, uint64_t *t0,
                 uint64_t *t1);
/* The next span (ns) when it is zoomed in (+1) or out (-1) from look->zoom_ns; 0: the whole run. */
uint64_t detail_zoom(const struct timeline *timeline, const struct look *look, int direction);
/* The least round span that holds `ns`; 0: the whole run. */
uint64_t detail_zoom_onto(const struct timeline *timeline, const struct look *look, uint64_t ns);

/* Where its keys lead; each gives the moment itself where there is nothing beyond it. The next event
 * (+1) or the one before (-1): of the lane the cursor is on the next change of its state, else of all
 * that the list of events tells. The next hand-over of the GIL, of all or of the forced ones. */
uint64_t detail_step(const struct timeline *timeline, const struct look *look, int direction);
uint64_t detail_handover(const struct timeline *timeline, const struct look *look, int direction,
                         bool forced);
/* The zoom that shows what the cursor stands on: the state of a lane or a task at the moment, else the
 * last hand-over from the request on, to which the moment moves. False: there is none. */
bool detail_focus(const struct timeline *timeline, const struct look *look, uint64_t *moment,
                  uint64_t *zoom_ns);
/* Whom the thing under the cursor waits for: the lane that has the GIL; of a GIL or a core who has it.
 * False: nobody. */
bool detail_whom(const struct timeline *timeline, const struct look *look,
                 struct detail_thing *thing);

/* What is drawn at a cell. `thing` where it is a row's (or a cell of the picture of all lanes);
 * `t` where it is a moment's: of a row's strip, of the axis, of the list of events. */
struct detail_hit {
    bool has_thing, has_time;
    struct detail_thing thing;
    uint64_t t;
};
struct detail_hit detail_hit(const struct timeline *timeline, const struct look *look, int cols,
                             int rows, int x, int y);

/* The score's cursor: how many things it can stand on; the moment of the diagnosis that it stands on
 * (false: it stands on none); look->score_top scrolled by `step` rows, or (0) so that it is seen. */
int score_items(const struct timeline *timeline, const struct look *look);
bool score_moment(const struct timeline *timeline, const struct look *look, size_t *run,
                  uint64_t *t);
int score_scroll(const struct timeline *timeline, const struct look *look, int cols, int rows,
                 int step);

#endif
