/*
 * moment.h: the moment that is looked at, and how it moves. It knows no screen and no clock: it is
 * told how much time went by and where the race stands.
 */
#ifndef UI_MOMENT_H
#define UI_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* Where the race stands when the moment is moved. */
struct moment_range {
    bool live;          /* a run is live */
    uint64_t live_ns;   /* run time of the live run */
    uint64_t length_ns; /* the longest run up to now */
    uint64_t whole_ns;  /* how long that will be, of a recording that is being read; 0: unknown */
};

/* What the viewer wants to see of a recording that was not read so far yet. While there is a wish the
 * moment stands; it comes true when that is there, and whatever else moves the moment takes it back. */
enum moment_wish {
    WISH_NONE,
    WISH_TIME,
    WISH_MARK, /* the next one; who knows the marks makes it come true */
};

struct moment {
    uint64_t at;    /* run time */
    bool following; /* it follows the live end */
    bool paused;
    bool replaying;      /* the whole race plays again and again, slowed (or hurried) */
    double replay_speed; /* while replaying */
    int speed;           /* index of moment_speeds */
    uint64_t rest_ns;    /* while replaying: how long it has stood at the end */
    enum moment_wish wish;
    uint64_t wish_ns; /* of WISH_TIME */
};

void moment_init(struct moment *moment);
double moment_speed(const struct moment *moment);
/* Time went by. True: the moment moved. */
bool moment_advance(struct moment *moment, uint64_t ns, const struct moment_range *range);

void moment_pause(struct moment *moment, const struct moment_range *range); /* or goes on */
void moment_to(struct moment *moment, uint64_t t, const struct moment_range *range);
void moment_wish_mark(struct moment *moment);
/* By a share of the race, negative: back. */
void moment_scrub(struct moment *moment, double share, const struct moment_range *range);
/* One frame of the present speed, and pauses. */
void moment_frame(struct moment *moment, int direction, int fps, const struct moment_range *range);
/* To the live end, or to the end where nothing is live. */
void moment_end(struct moment *moment, const struct moment_range *range);
void moment_change_speed(struct moment *moment, int direction);
/* To the one of the table that is next to it. */
void moment_set_speed(struct moment *moment, double speed);
/* The whole race again, so that it lasts about ten seconds, until moment_stop_replay(). */
void moment_replay(struct moment *moment, const struct moment_range *range);
void moment_stop_replay(struct moment *moment);
/* What a strip spans: about two seconds of the one who looks, a round figure; while replaying the
 * whole race. */
uint64_t moment_window(const struct moment *moment);

#endif
