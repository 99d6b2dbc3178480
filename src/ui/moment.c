/*
 * The moment. Invariant: it is within [0, the race's length], or follows the live run. Following ends
 * whenever the viewer moves it, and begins again at the end (moment_end). Only a wish is beyond the length.
 */
#include "ui/moment.h"

#include "base/clock.h"

static const double speeds[] = { 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02,
                                 0.05, 0.1,  0.2,  0.5,  1,    2,    4,    8 };
enum { SPEEDS = sizeof speeds / sizeof *speeds, REAL_TIME = 12 };

static const uint64_t replay_ns = 10 * NS_PER_S, rest_at_end_ns = 2 * NS_PER_S;

void moment_init(struct moment *moment)
{
    *moment = (struct moment){ .following = true, .speed = REAL_TIME };
}

double moment_speed(const struct moment *moment)
{
    return moment->replaying ? moment->replay_speed : speeds[moment->speed];
}

static uint64_t end_of(const struct moment_range *range)
{
    return range->live && range->live_ns > range->length_ns ? range->live_ns : range->length_ns;
}

static bool set(struct moment *moment, uint64_t at)
{
    bool moved = at != moment->at;
    moment->at = at;
    return moved;
}

/* As long as it will be. */
static uint64_t whole_of(const struct moment_range *range)
{
    uint64_t end = end_of(range);
    return range->whole_ns > end ? range->whole_ns : end;
}

/* A moment that was reckoned: within the race. */
static uint64_t within(double at, const struct moment_range *range)
{
    uint64_t whole = whole_of(range);
    return !(at > 0) ? 0 : at < (double)whole ? (uint64_t)at : whole;
}

/* A wish for a time that is there by now; or there is no more to come. */
static bool come_true(struct moment *moment, const struct moment_range *range)
{
    uint64_t end = end_of(range);
    if (moment->wish != WISH_TIME || (moment->wish_ns > end && whole_of(range) > end))
        return false;
    moment->wish = WISH_NONE;
    return set(moment, moment->wish_ns < end ? moment->wish_ns : end);
}

/* The end of a replay stands for a while and begins again. */
static bool replay_advance(struct moment *moment, uint64_t ns, const struct moment_range *range)
{
    if (moment->at < end_of(range))
        return false;
    moment->rest_ns += ns;
    if (moment->rest_ns < rest_at_end_ns)
        return false;
    moment->rest_ns = 0;
    return set(moment, 0);
}

bool moment_advance(struct moment *moment, uint64_t ns, const struct moment_range *range)
{
    if (moment->wish != WISH_NONE)
        return come_true(moment, range);
    if (moment->paused)
        return false;
    if (moment->following)
        return range->live ? set(moment, range->live_ns) : false;
    if (moment->replaying && moment->at >= end_of(range))
        return replay_advance(moment, ns, range);
    double step = (double)ns * moment_speed(moment);
    uint64_t at = moment->at + (uint64_t)step;
    if (range->live && at >= range->live_ns && moment->at < range->live_ns) {
        moment->following = true;
        return set(moment, range->live_ns);
    }
    return set(moment, at < end_of(range) ? at : end_of(range));
}

void moment_to(struct moment *moment, uint64_t t, const struct moment_range *range)
{
    uint64_t end = end_of(range), whole = whole_of(range);
    moment->following = false;
    moment->rest_ns = 0;
    moment->wish = t > end && whole > end ? WISH_TIME : WISH_NONE;
    moment->wish_ns = t < whole ? t : whole;
    if (moment->wish == WISH_NONE)
        set(moment, t < end ? t : end);
}

void moment_wish_mark(struct moment *moment)
{
    moment->following = false;
    moment->wish = WISH_MARK;
}

void moment_pause(struct moment *moment, const struct moment_range *range)
{
    moment->paused = !moment->paused;
    moment->wish = WISH_NONE;
    if (moment->paused)
        moment->following = false;
    else if (!range->live && moment->at >= whole_of(range))
        moment_to(moment, 0, range); /* at the end there is nothing left to play */
}

void moment_scrub(struct moment *moment, double share, const struct moment_range *range)
{
    double at = (double)moment->at + share * (double)whole_of(range);
    moment_to(moment, within(at, range), range);
}

void moment_frame(struct moment *moment, int direction, int fps, const struct moment_range *range)
{
    double step = (double)NS_PER_S / fps * moment_speed(moment) * direction;
    double at = (double)moment->at + step;
    moment_to(moment, within(at, range), range);
    moment->paused = true;
}

void moment_end(struct moment *moment, const struct moment_range *range)
{
    moment_to(moment, range->live ? range->live_ns : whole_of(range), range);
    moment->following = range->live;
    if (range->live)
        moment->paused = false;
}

void moment_change_speed(struct moment *moment, int direction)
{
    int speed = moment->speed + direction;
    moment->wish = WISH_NONE;
    if (moment->replaying) { /* from the speed of the replay to the next of the table */
        for (speed = 0; speed + 1 < SPEEDS && speeds[speed] < moment->replay_speed * 1.001;)
            speed++;
        if (direction < 0 && speed > 0)
            speed--;
        if (direction < 0 && speed > 0 && speeds[speed] > moment->replay_speed * 0.999)
            speed--;
        moment->replaying = false;
    }
    moment->speed = speed < 0 ? 0 : speed >= SPEEDS ? SPEEDS - 1 : speed;
    if (speeds[moment->speed] < 1)
        moment->following = false; /* slower than the race: it falls behind */
}

void moment_set_speed(struct moment *moment, double speed)
{
    int at = 0;
    while (at + 1 < SPEEDS && speeds[at + 1] <= speed * 1.001)
        at++;
    if (at + 1 < SPEEDS && speed / speeds[at] > speeds[at + 1] / speed)
        at++;
    moment->replaying = false;
    moment->wish = WISH_NONE;
    moment->speed = at;
    if (speeds[at] < 1)
        moment->following = false;
}

void moment_replay(struct moment *moment, const struct moment_range *range)
{
    moment->replaying = true;
    moment->following = false;
    moment->wish = WISH_NONE;
    moment->paused = false;
    moment->replay_speed = (double)end_of(range) / (double)replay_ns;
    moment->rest_ns = 0;
    moment->at = 0;
}

void moment_stop_replay(struct moment *moment)
{
    if (!moment->replaying)
        return;
    moment->replaying = false;
    moment->speed = 0;
    while (moment->speed + 1 < SPEEDS && speeds[moment->speed + 1] <= moment->replay_speed * 1.001)
        moment->speed++;
}

uint64_t moment_window(const struct moment *moment)
{
    static const uint64_t steps[] = { 1, 2, 4 };
    if (moment->replaying) /* all of it grows from left to right */
        return (uint64_t)(moment->replay_speed * (double)replay_ns);
    double wanted = 2.0 * NS_PER_S * moment_speed(moment) * 1.001;
    uint64_t unit = NS_PER_US, window = unit;
    for (int i = 0; i < 30; i++) {
        if (i > 0 && i % 3 == 0)
            unit *= 10;
        if ((double)(unit * steps[i % 3]) > wanted)
            break;
        window = unit * steps[i % 3];
    }
    return window;
}
