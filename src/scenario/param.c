/*
 * The engine's own parameters, one row each, and the steps in which a hand turns any parameter. The
 * rows are where every scenario's parameters start from; the order is that of enum engine_param.
 *
 * To add one: its name in enum engine_param of plan.h, its row here.
 */
#include "scenario/plan.h"

#include "base/clock.h"

#define US  (int64_t) NS_PER_US
#define MS  (int64_t) NS_PER_MS
#define KIB (INT64_C(1) << 10)
#define MIB (INT64_C(1) << 20)

const struct param engine_params[PARAM_ENGINE_COUNT] = {
    [PARAM_WORKERS] = { .name = "workers",
                        .unit = UNIT_COUNT,
                        .low = 1,
                        .high = 10000,
                        .initial = 4,
                        .live = true,
                        .help = "threads or processes in the pool that takes the tasks" },
    [PARAM_SWITCH_INTERVAL] = { .name = "switch_interval",
                                .unit = UNIT_DURATION,
                                .low = 10 * US,
                                .high = 1000 * MS,
                                .initial = 5 * MS,
                                .live = true,
                                .help = "how long a thread waits for the GIL before it asks the "
                                        "holder to drop it" },
    [PARAM_GIL] = { .name = "gil",
                    .unit = UNIT_BOOL,
                    .low = 0,
                    .high = 1,
                    .initial = 1,
                    .live = true,
                    .help = "whether Python code of one interpreter runs on one core at a time" },
    [PARAM_STACK] = { .name = "stack",
                      .unit = UNIT_BYTES,
                      .low = 64 * KIB,
                      .high = 64 * MIB,
                      .initial = 256 * KIB,
                      .help = "address space for the stack of each thread" },
    [PARAM_INTERPRETER] = { .name = "interpreter",
                            .unit = UNIT_BYTES,
                            .low = 0,
                            .high = 256 * MIB,
                            .initial = 0,
                            .help = "memory that each interpreter fills for itself, as a real one "
                                    "would; simulated" },
    [PARAM_BYTECODE] = { .name = "bytecode",
                         .unit = UNIT_DURATION,
                         .low = 0,
                         .high = 10 * MS,
                         .initial = 10 * US,
                         .live = true,
                         .help = "interpreter work around each step and each quantum of Python "
                                 "compute; real CPU time, simulated amount" },
    [PARAM_QUEUE] = { .name = "queue",
                      .unit = UNIT_COUNT,
                      .low = 1,
                      .high = 1000000,
                      .initial = 1024,
                      .help = "how many tasks the queue before the pool can hold" },
};

enum { COUNT_BY_ONE = 20 }; /* up to here a count goes by ones */

/* Below this a knob goes to nothing at once: nobody turns from 1us through 1ns to 0. */
static int64_t smallest_step(const struct param *param)
{
    switch (param->unit) {
    case UNIT_DURATION:
        return param->high >= MS ? US : 1;
    case UNIT_BYTES:
        return param->high >= MIB ? KIB : 1;
    case UNIT_RATE:
        return param->high >= 1000 ? 100 : 1;
    default:
        return 1;
    }
}

/* The next of 1, 2, 5, 10, 20, 50, ... above value. */
static int64_t round_above(int64_t value)
{
    int64_t decade = 1;
    while (decade <= INT64_MAX / 10 && decade * 10 <= value)
        decade *= 10;
    if (decade > INT64_MAX / 10)
        return INT64_MAX;
    return value < decade       ? decade
           : value < 2 * decade ? 2 * decade
           : value < 5 * decade ? 5 * decade
                                : 10 * decade;
}

static int64_t round_below(int64_t value)
{
    int64_t decade = 1;
    while (decade <= INT64_MAX / 10 && decade * 10 < value)
        decade *= 10;
    return value > 5 * decade   ? 5 * decade
           : value > 2 * decade ? 2 * decade
           : value > decade     ? decade
                                : 0;
}

static int64_t double_above(int64_t value)
{
    int64_t power = 1;
    while (power <= value && power <= INT64_MAX / 2)
        power *= 2;
    return power > value ? power : INT64_MAX;
}

static int64_t double_below(int64_t value)
{
    int64_t power = 1;
    while (power <= INT64_MAX / 2 && power * 2 < value)
        power *= 2;
    return power < value ? power : 0;
}

static int64_t step_up(const struct param *param, int64_t value)
{
    int64_t smallest = smallest_step(param);
    if (value < smallest)
        return smallest;
    if (param->unit == UNIT_CHOICE || (param->unit == UNIT_COUNT && value < COUNT_BY_ONE))
        return value + 1;
    return param->unit == UNIT_BYTES ? double_above(value) : round_above(value);
}

static int64_t step_down(const struct param *param, int64_t value)
{
    if (param->unit == UNIT_CHOICE || (param->unit == UNIT_COUNT && value <= COUNT_BY_ONE))
        return value - 1;
    int64_t next = param->unit == UNIT_BYTES ? double_below(value) : round_below(value);
    return next < smallest_step(param) ? 0 : next;
}

int64_t param_step(const struct param *param, int64_t value, int direction)
{
    int64_t next = value;
    if (param->unit == UNIT_BOOL)
        next = value == 0;
    else if (direction > 0 && value < param->high)
        next = step_up(param, value);
    else if (direction < 0 && value > param->low)
        next = step_down(param, value);
    return next < param->low ? param->low : next > param->high ? param->high : next;
}
