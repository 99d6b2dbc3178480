/*
 * output.h: what a trace can be turned into, one file and one row each (outputs.c). An output reads
 * timelines, and some the events one after the other; it needs no terminal; the same trace gives the
 * same bytes.
 *
 * To add an output: a file output/NAME.c with a const struct output, one row in outputs.c.
 */
#ifndef OUTPUT_OUTPUT_H
#define OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "draw/theme.h"
#include "timeline/timeline.h"

/* A film that is kept whole until it is written has no more frames than this. */
enum { OUTPUT_FPS_MOST = 120, OUTPUT_FRAMES_MOST = 1000000 };
/* The size of a picture. */
enum { OUTPUT_COLS_MOST = 1000, OUTPUT_ROWS_MOST = 500 };

struct output_options {
    /* Several races of the same scenario (--repeat); count >= 1. Only reports take more than one. */
    const struct timeline *const *timelines;
    size_t count;
    /* Columns of text and size of a picture; 0: what the format finds good. */
    int cols, rows;
    /* Run time: the span [from, until) and the moment of a still. Zeros are the whole race. */
    uint64_t from_ns;
    uint64_t until_ns;         /* 0: to the end */
    bool still;                /* `at_ns` counts */
    uint64_t at_ns;            /* UINT64_MAX: the end */
    uint64_t bin_ns;           /* width of a bin of time; 0: what the format finds good */
    double speed;              /* 1 = real time; 0: so that the span lasts about ten seconds */
    int fps;                   /* 0: what the format finds good */
    const struct theme *theme; /* NULL: the default one */
    bool ascii;                /* draw with ASCII characters only */
    const char *view;          /* of a picture: "race" (also NULL), "score", "detail" */
    /* The events of the race again, from the first on, in file order: true with *count > 0, or with 0
     * at the end. Valid until the next call. NULL: they are not at hand. */
    bool (*events)(void *source, const struct event **events, size_t *count, struct error *error);
    void *source;
    /* Called now and then in long work, NULL: nobody wants to know. False: give up. */
    bool (*progress)(void *context, uint64_t done, uint64_t of);
    void *context;
};

/* Which of these a format makes something of; bits. */
enum output_takes {
    TAKES_SPAN = 1, /* from_ns, until_ns */
    TAKES_AT = 2,
    TAKES_BIN = 4,
    TAKES_SPEED = 8,    /* and fps */
    TAKES_SIZE = 16,    /* cols and rows */
    TAKES_LOOKS = 32,   /* theme */
    TAKES_VIEW = 64,    /* view and ascii */
    TAKES_EVENTS = 128, /* needs them */
};
struct output {
    const char *name;   /* "json" */
    const char *report; /* its name for `run --report`, or NULL: it is no report */
    const char *help;
    const char *missing; /* why it is not there, or NULL */
    unsigned takes;      /* enum output_takes */
    bool (*write)(const struct output_options *options, FILE *into, struct error *error);
};
extern const struct output *const outputs[]; /* NULL-terminated */
const struct output *output_find(const char *name);
const struct output *output_find_report(const char *name);

/* What a picture can show: "race", "detail", "score"; NULL-terminated. */
extern const char *const output_views[];

/* For outputs: tells how far it is. False with a sentence: there is no use in going on, because
 * nothing can be written or nobody waits for it any more. */
bool output_goes_on(const struct output_options *options, FILE *into, uint64_t done, uint64_t of,
                    struct error *error);
/* The next event of the span, in run time: the timeline's runs, and no other. A walk begins zeroed. */
struct output_walk {
    const struct event *events;
    size_t count, next;
    uint64_t done; /* events so far */
};
/* False: the end, or an error (then error->text is not empty; it is emptied by the first call). */
bool output_next_event(const struct output_options *options, struct output_walk *walk,
                       struct event *event, struct error *error);
/* About how many events there are, for progress. */
uint64_t output_events(const struct timeline *timeline);
/* The end of the span, held to the race's length; at least from_ns. */
uint64_t output_until(const struct output_options *options);

#endif
