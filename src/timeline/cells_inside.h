/*
 * cells_inside.h: what the files of cells.h share: cells.c has the frame and strips of lanes, cells_one.c
 * the questions about one cell.
 */
#ifndef TIMELINE_CELLS_INSIDE_H
#define TIMELINE_CELLS_INSIDE_H

#include "timeline/cells.h"
#include "timeline/kept.h"

enum question {
    ASK_LANE,
    ASK_RUN,
    ASK_CORE_BUSY,
    ASK_CORE_MOST,
    ASK_GIL_MOST,
    ASK_GIL_COUNTS,
    ASK_LOCK_MOST,
    ASK_QUEUE_MAX,
};

struct cells {
    struct clock clock;
    uint64_t budget_ns, until_ns;
    uint64_t calm_ns; /* until then it is said that a frame was rough */
    bool rough, calm;
    bool asked, late; /* in this frame: whether there is time, and that there is none */
    struct kept kept;
};

/* Whether the frame has time left for something exact. However long it took to get there, it has some: or
 * it would never become exact. */
static inline bool cells_in_time(struct cells *cells)
{
    if (cells->late)
        return false;
    uint64_t now = clock_read(&cells->clock);
    if (!cells->asked && cells->until_ns < now + cells->budget_ns / 4)
        cells->until_ns = now + cells->budget_ns / 4;
    cells->asked = true;
    cells->late = now >= cells->until_ns;
    return !cells->late;
}

#endif
