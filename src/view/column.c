/*
 * A column: which row is where, its head, and what stands there while a run has nothing to show. The
 * rows between head and lanes are drawn in meters.c, the lanes in lanes.c.
 *
 * Everything is of the column's moment, which is held to the run's end, so that a run that is over
 * keeps its last picture beside the one that still goes on.
 */
#include "view/column.h"

#include "base/format.h"
#include "draw/utf8.h"
#include "draw/widget.h"
#include "view/parts.h"

#include <stdio.h>
#include <string.h>

/* ---- arithmetic ---- */

/* For a presenter: a caption, then everything higher with blank rows between, and no row that is
 * figures alone. */
static void presented_rows(struct column_demand demand, int height, struct column_rows *rows)
{
    enum { LANES_LEAST = 4, ROOMY = 20, AIRY = 24, TALL = 30, CORES_MOST = 4 };
    bool roomy = height >= ROOMY;
    int air = height >= AIRY;
    *rows = (struct column_rows){
        .presenter = true,
        .caption = roomy ? 2 : 1,
        .caption_h = height >= TALL ? 4 : 3,
        .progress_h = roomy ? 2 : 1,
        .gil_h = roomy ? 2 : 1,
        .core_rows = demand.cores <= CORES_MOST && demand.cores > 0 ? demand.cores : 1,
        .core_h = 1,
    };
    int spare = height - rows->caption - rows->caption_h - rows->progress_h - rows->gil_h -
                rows->core_rows - LANES_LEAST - 4 * air;
    while (rows->core_h < 4 && spare >= rows->core_rows + (rows->core_h > 1 ? LANES_LEAST : 0)) {
        spare -= rows->core_rows;
        rows->core_h++;
    }
    rows->queue_h = spare >= 3 + 2 * LANES_LEAST ? 3 : 0;
    int y = rows->caption + rows->caption_h;
    rows->progress = y;
    y += rows->progress_h + air;
    rows->core = y;
    y += rows->core_rows * rows->core_h + air;
    rows->gil = y;
    y += rows->gil_h + air;
    rows->queue = y;
    y += rows->queue_h > 0 ? rows->queue_h + air : 0;
    rows->switches = rows->memory = rows->latency = rows->histogram = rows->lanes = y;
    rows->lanes_h = height > y ? height - y : 0;
}

void column_rows(struct column_demand demand, int height, struct column_rows *rows)
{
    if (demand.presenter) {
        presented_rows(demand, height, rows);
        return;
    }
    /* What grows with room to spare, in this order, and to how many rows. */
    enum grows { CORES, QUEUE, HISTOGRAM, AIR };
    static const struct {
        enum grows what;
        int to;
    } steps[] = { { CORES, 2 }, { QUEUE, 2 },     { HISTOGRAM, 4 }, { AIR, 1 },
                  { CORES, 3 }, { QUEUE, 3 },     { HISTOGRAM, 6 }, { CORES, 4 },
                  { QUEUE, 5 }, { HISTOGRAM, 8 }, { CORES, 6 } };
    enum { FIXED = 7, LANES_LEAST = 3, LANES_FIRST = 11, LANES_FEW = 4, GROUPS = 3 };
    int most_cores = height / 8 < 2 ? 2 : height / 8;
    int core_rows = demand.cores > most_cores || demand.cores < 1 ? 1 : demand.cores;
    int rest = height - FIXED - core_rows;
    int first = rest * 3 / 5 > LANES_FIRST ? rest * 3 / 5 : LANES_FIRST;
    /* Few of them are two rows high before a chart grows. */
    int lanes = demand.lanes <= LANES_FEW ? demand.lanes * 2 : demand.lanes;
    lanes = lanes < LANES_LEAST ? LANES_LEAST : lanes;
    int spare = rest - (lanes < first ? lanes : first);
    int high[] = { [CORES] = 1, [QUEUE] = 1, [HISTOGRAM] = 0, [AIR] = 0 };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        int each = steps[i].what == CORES ? core_rows : steps[i].what == AIR ? GROUPS : 1;
        int cost = (steps[i].to - high[steps[i].what]) * each;
        if (cost <= spare) {
            high[steps[i].what] = steps[i].to;
            spare -= cost;
        }
    }
    int y = 1;
    *rows = (struct column_rows){ .progress_h = 1, .gil_h = 1, .figures_h = 1 };
    rows->progress = y++;
    y += high[AIR];
    rows->core = y;
    rows->core_rows = core_rows;
    rows->core_h = high[CORES];
    y += core_rows * high[CORES];
    rows->gil = y++;
    rows->queue = y;
    rows->queue_h = high[QUEUE];
    y += high[QUEUE] + high[AIR];
    rows->switches = y++;
    rows->memory = y++;
    rows->latency = y++;
    rows->histogram = y;
    rows->histogram_h = high[HISTOGRAM];
    y += high[HISTOGRAM] + high[AIR];
    rows->lanes = y;
    rows->lanes_h = height > y ? height - y : 0;
}

struct column_widths column_widths(int width)
{
    /* What is said in words takes a fifth to a third; the strips have the rest. */
    struct column_widths widths = { .label = width >= 60 ? 8 : 6,
                                    .value = width >= 80   ? 20
                                             : width >= 48 ? 13
                                             : width >= 36 ? 9
                                                           : 7 };
    widths.strip = width - widths.label - widths.value;
    if (widths.strip < 0)
        widths.strip = 0;
    if (widths.strip > COLUMN_STRIP_MAX)
        widths.strip = COLUMN_STRIP_MAX;
    return widths;
}

/* ---- the places of a row ---- */

void column_label(const struct column *column, int row, const char *label)
{
    canvas_text(column->canvas, column->rect.x, column->rect.y + row, column->widths.label,
                style_role(ROLE_QUIET), label);
}

void column_value(const struct column *column, int row, struct style style, const char *value)
{
    int width = column->widths.value;
    canvas_text_right(column->canvas, column->rect.x + column->rect.w - width, column->rect.y + row,
                      width, style, value);
}

struct rect column_strip(const struct column *column, int row, int height)
{
    struct rect strip = { column->rect.x + column->widths.label, column->rect.y + row,
                          column->widths.strip, height };
    canvas_fill(column->canvas, strip, ' ', style_on(ROLE_TEXT, ROLE_TRACK, 0));
    return strip;
}

/* ---- head ---- */

static bool any_live(const struct column *column)
{
    for (size_t run = 0; run < timeline_runs(column->timeline); run++) {
        struct run_brief brief;
        timeline_run(column->timeline, run, &brief);
        if (brief.gone && !brief.over)
            return true;
    }
    return false;
}

/* All of the address where there is room for it, else its port. */
static const char *live_address(const struct column *column)
{
    const char *address = column->meta->address, *colon = strrchr(address, ':');
    const struct look *look = column->look;
    if (address[0] == '\0' || column->brief.over || look->closed || look->reading.on)
        return NULL;
    return column->rect.w < 40 && colon != NULL ? colon : address;
}

static void head_status(const struct column *column, char *text, size_t size)
{
    char time[TEXT_SIZE], place[TEXT_SIZE] = "", count[TEXT_SIZE];
    const struct run_brief *brief = &column->brief;
    bool wide = column->rect.w >= 34, reading = column->look->reading.on;
    format_duration(time, sizeof time, brief->length_ns);
    if (column->place > 0)
        text_place(place, column->place);
    if (brief->status == RUN_UNSUPPORTED)
        snprintf(text, size, "cannot");
    else if (!brief->gone)
        snprintf(text, size, "%s",
                 brief->status == RUN_FAILED ? "failed"
                 : reading                   ? "not read yet"
                                             : "next");
    else if (live_address(column) != NULL)
        snprintf(text, size, "live %s", live_address(column));
    else if (!brief->over)
        snprintf(text, size,
                 column->look->closed ? "cut at %s"
                 : reading            ? "read to %s"
                                      : "live",
                 time);
    else if (column->look->moment < brief->length_ns)
        snprintf(text, size, "%s", any_live(column) && !reading ? "ghost" : "running");
    else if (brief->status == RUN_FAILED)
        snprintf(text, size, "failed %s", time);
    else if (brief->status == RUN_STOPPED)
        snprintf(text, size, "stopped %s", time);
    else if (brief->status == RUN_LIMITED && column->meta->gave_up_at > 0)
        snprintf(text, size, "limited at %s",
                 format_count(count, sizeof count, column->meta->gave_up_at));
    else if (brief->status == RUN_LIMITED)
        snprintf(text, size, "limited %s", time);
    else if (column->place > 0 && !wide)
        snprintf(text, size, "%s %s", place, time);
    else
        snprintf(text, size, "done %s%s%s", time, place[0] != '\0' ? "  " : "", place);
}

/* Whether the stage works with `gil` off at the moment. */
static bool gil_is_off(const struct column *column)
{
    const struct meta *meta = timeline_meta(column->timeline);
    for (uint32_t i = 0; i < meta->param_count; i++) {
        int64_t on;
        if (strcmp(meta->params[i].name, "gil") == 0)
            return timeline_param_at(column->timeline, column->run, i, column->moment, &on) &&
                   on == 0;
    }
    return false;
}

static void draw_head(const struct column *column, bool gil_off)
{
    unsigned back = column->selected ? ROLE_CURSOR : ROLE_BAR;
    unsigned front = column->selected ? ROLE_STRONG : ROLE_BAR_TEXT;
    struct style bold = style_on(front, back, ATTR_BOLD), plain = style_on(front, back, 0);
    struct rect head = { column->rect.x, column->rect.y, column->rect.w, 1 };
    char title[64], status[64];
    snprintf(title, sizeof title, "%s", column->meta->title);
    if (gil_off) {
        char *plus = strstr(title, " + GIL");
        size_t at = plus != NULL ? (size_t)(plus - title) : strlen(title);
        snprintf(title + at, sizeof title - at, ", GIL OFF");
    }
    canvas_fill(column->canvas, head, ' ', plain);
    head_status(column, status, sizeof status);
    /* Where both have no room the title gives way. */
    int room = head.w - utf8_columns(status) - 1;
    char *gil = strstr(title, " + GIL");
    if (utf8_columns(title) > room && gil != NULL)
        *gil = '\0';
    int used = canvas_text(column->canvas, head.x, head.y, room, bold, title);
    bool over = column->brief.over && column->look->moment >= column->brief.length_ns;
    canvas_text_right(column->canvas, head.x + used + 1, head.y, head.w - used - 1,
                      over ? bold : plain, status);
}

/* ---- the whole column ---- */

/* A run with nothing to show: in words. */
static void draw_words(const struct column *column)
{
    struct rect body = column->rect;
    rect_top(&body, 2);
    const char *text =
        column->look->reading.on ? "comes later in the recording" : "waits for its turn";
    unsigned role = ROLE_QUIET;
    if (column->brief.status == RUN_UNSUPPORTED || column->brief.status == RUN_FAILED) {
        text = column->meta->reason[0] != '\0' ? column->meta->reason : "no reason was given";
        role = column->brief.status == RUN_FAILED ? ROLE_BAD : ROLE_TEXT;
    } else if (column->brief.status == RUN_LIVE) {
        text = "starts";
    }
    widget_wrap(column->canvas, body, style_role(role), text);
}

void column_prepare(struct column *column)
{
    const struct meta *meta = timeline_meta(column->timeline);
    timeline_run(column->timeline, column->run, &column->brief);
    column->meta = &meta->runs[column->run];
    column->moment = column->look->moment < column->brief.length_ns ? column->look->moment
                                                                    : column->brief.length_ns;
    column->sweep = (struct sweep){ .moment = column->moment,
                                    .window_ns = column->look->window_ns,
                                    .cells = column->widths.strip };
}

void column_draw(struct column *column)
{
    column_prepare(column);
    bool gil_off = column->brief.gone && gil_is_off(column);
    draw_head(column, gil_off);
    if (!column->brief.gone || column->brief.status == RUN_UNSUPPORTED) {
        draw_words(column);
        return;
    }
    if (column->rows->presenter) {
        char text[200];
        struct rect caption = { column->rect.x, column->rect.y + column->rows->caption,
                                column->rect.w, column->rows->caption_h };
        column_caption(column, text, sizeof text);
        widget_wrap(column->canvas, caption, style_bold(ROLE_STRONG), text);
    }
    column_meters(column, gil_off);
    column_lanes(column);
}
