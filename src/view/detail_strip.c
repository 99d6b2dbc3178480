/*
 * One row of the detail screen: a label, the strip, and what is at the moment.
 *
 * Strips of what one lane at a time has (a GIL, a core) are blocks in that lane's colour, with its
 * name where there is room and else a digit of it; a lane's own label is in the same colour. While
 * the cursor is on a lane only its blocks, and those of whom it waits for, are filled. From a zoom
 * where a cell holds one state each cell is exact. A row may be several lines high.
 */
#include "view/detail.h"

#include "base/format.h"

#include <stdio.h>
#include <string.h>

static struct style on_track(unsigned role)
{
    return style_on(role, ROLE_TRACK, 0);
}

uint32_t detail_lane_of(const struct detail *d, uint32_t id, struct lane_brief *brief)
{
    return id != LANE_NONE && timeline_lane(d->timeline, d->run, id, brief) && brief->id == id
               ? id
               : LANE_NONE;
}

/* All lines of a strip's cell; the first is y. */
static void put(const struct detail *d, int cell, int y, uint32_t code, struct style style)
{
    canvas_fill(d->canvas, (struct rect){ d->layout.strip.x + cell, y, 1, d->place.strip_h }, code,
                style);
}

/* The line that words stand on. */
static int word_line(const struct detail *d, int y)
{
    return y + (d->place.strip_h - 1) / 2;
}

/* What a cell of the thing with this number is about. */
static struct cell_ask cell_of(const struct detail *d, uint32_t id, int cell)
{
    uint64_t t0 = detail_axis_at(&d->axis, cell), width = d->axis.cell_ns;
    return (struct cell_ask){ d->run, id, t0, t0 + width, width };
}

/* ---- what one lane at a time has ---- */

/* Who has it in each cell; with nobody for most of it, for how much of it anybody had. */
struct owners {
    uint32_t lane[COLUMN_STRIP_MAX]; /* ids; LANE_NONE */
    uint32_t permille[COLUMN_STRIP_MAX];
};

/* Cells [from, to) of one owner. */
static void draw_block(const struct detail *d, int y, uint32_t id, int from, int to)
{
    struct lane_brief lane = { .role = ROLE_WORKER, .index = id };
    uint32_t code = d->look->glyphs->held;
    bool known = detail_lane_of(d, id, &lane) != LANE_NONE;
    bool filled = !d->related.only || id == d->related.lane || id == d->related.other;
    unsigned colour = part_lane_colour(&lane);
    struct style style = filled ? style_on(ROLE_BACK, colour, 0) : on_track(colour);
    int length = known ? (int)strlen(lane.name) : 0;
    if (known)
        code = part_lane_code(&lane);
    bool named = known && to - from >= length + 2;
    /* Not filled, only its name and its ends are there. */
    for (int x = from; x < to; x++) {
        put(d, x, y, filled ? ' ' : named ? d->look->glyphs->line_h : code, style);
        if (!named)
            canvas_put(d->canvas, d->layout.strip.x + x, word_line(d, y), code, style);
    }
    int at = from + (to - from - length) / 2;
    if (named)
        canvas_text(d->canvas, d->layout.strip.x + at, word_line(d, y), length, style, lane.name);
}

static void draw_owners(const struct detail *d, int y, const struct owners *owners)
{
    const struct glyphs *glyphs = d->look->glyphs;
    for (int x = 0; x < d->axis.there;) {
        int end = x + 1;
        if (owners->lane[x] == LANE_NONE && owners->permille[x] != CELLS_LATER) {
            put(d, x, y, owners->permille[x] >= 20 ? glyphs->empty : glyphs->free,
                on_track(ROLE_QUIET));
        } else if (owners->lane[x] == LANE_NONE) {
            put(d, x, y, ' ', on_track(ROLE_QUIET));
        } else {
            while (end < d->axis.there && owners->lane[end] == owners->lane[x])
                end++;
            draw_block(d, y, owners->lane[x], x, end);
        }
        x = end;
    }
}

static void owner_text(const struct detail *d, uint32_t id, const char *nobody, char *text)
{
    struct lane_brief lane;
    if (id == LANE_NONE)
        snprintf(text, TEXT_SIZE, "%s", nobody);
    else if (detail_lane_of(d, id, &lane) != LANE_NONE)
        snprintf(text, TEXT_SIZE, "%s", lane.name);
    else
        snprintf(text, TEXT_SIZE, "#%u", id);
}

static void draw_gil(const struct detail *d, size_t gil, int y, char *value)
{
    struct gil_moment now;
    struct owners owners;
    char name[TEXT_SIZE];
    for (int x = 0; x < d->axis.there; x++) {
        struct cell_ask cell = cell_of(d, (uint32_t)gil, x);
        owners.lane[x] = cells_gil_most(d->look->cells, d->timeline, &cell, &owners.permille[x]);
    }
    draw_owners(d, y, &owners);
    timeline_gil_at(d->timeline, d->run, gil, d->axis.moment, &now);
    owner_text(d, now.holder, "free", name);
    snprintf(value, TEXT_SIZE, "%.6s%s +%u", name, now.holder_off_core ? " off" : "", now.waiters);
}

/* As much of it as fits: "12! 12? 3>", "1.2k!1.2k?3>", "1.2k!3>". */
static void marks_text(const struct gil_counts *counts, char *value)
{
    char forced[FORMAT_SIZE], requests[FORMAT_SIZE], others[FORMAT_SIZE];
    format_count(forced, sizeof forced, counts->forced);
    format_count(requests, sizeof requests, counts->requests);
    format_count(others, sizeof others, counts->handovers - counts->forced);
    snprintf(value, TEXT_SIZE, "%s! %s? %s>", forced, requests, others);
    if (strlen(value) > DETAIL_VALUE - 2)
        snprintf(value, TEXT_SIZE, "%s!%s?%s>", forced, requests, others);
    if (strlen(value) > DETAIL_VALUE - 2)
        snprintf(value, TEXT_SIZE, "%s!%s>", forced, others);
}

/* Below the GIL: '!' it was handed over on request, '>' otherwise, '?' it was asked for. */
static void draw_gil_marks(const struct detail *d, size_t gil, int y, char *value)
{
    struct gil_counts counts;
    uint64_t end = detail_axis_at(&d->axis, d->axis.cells);
    for (int x = 0; x < d->axis.there; x++) {
        struct cell_ask cell = cell_of(d, (uint32_t)gil, x);
        cells_gil_counts(d->look->cells, d->timeline, &cell, &counts);
        uint32_t code = counts.forced > 0      ? '!'
                        : counts.requests > 0  ? '?'
                        : counts.handovers > 0 ? '>'
                                               : ' ';
        unsigned role = code == '!' ? ROLE_BAD : code == '?' ? ROLE_WARN : ROLE_TEXT;
        canvas_put(d->canvas, d->layout.strip.x + x, y, code, style_on(role, ROLE_BACK, ATTR_BOLD));
    }
    timeline_gil_counts(d->timeline, d->run, gil, d->axis.t0, end, &counts);
    marks_text(&counts, value);
}

static void draw_core(const struct detail *d, uint32_t core, int y, char *value)
{
    struct owners owners;
    if (d->brief.source != SOURCE_PERF) {
        snprintf(value, TEXT_SIZE, "n/a");
        return;
    }
    for (int x = 0; x < d->axis.there; x++) {
        struct cell_ask cell = cell_of(d, core, x);
        owners.lane[x] = cells_core_most(d->look->cells, d->timeline, &cell, &owners.permille[x]);
        if (owners.permille[x] < 500)
            owners.lane[x] = LANE_NONE;
    }
    draw_owners(d, y, &owners);
    owner_text(d, timeline_core_lane(d->timeline, d->run, core, d->axis.moment), "-", value);
}

static void draw_lock(const struct detail *d, uint32_t lock, int y, char *value)
{
    struct owners owners;
    uint32_t id;
    uint64_t since;
    timeline_lock(d->timeline, d->run, lock, &id);
    for (int x = 0; x < d->axis.there; x++) {
        struct cell_ask cell = cell_of(d, id, x);
        owners.lane[x] = cells_lock_most(d->look->cells, d->timeline, &cell, &owners.permille[x]);
    }
    draw_owners(d, y, &owners);
    owner_text(d, timeline_lock_at(d->timeline, d->run, id, d->axis.moment, &since), "-", value);
}

/* ---- the others ---- */

static void draw_queue(const struct detail *d, int y, char *value)
{
    enum { EIGHTHS = 8 };
    uint32_t depth[COLUMN_STRIP_MAX] = { 0 }, most = 1;
    int height = d->place.strip_h;
    for (int x = 0; x < d->axis.there; x++) {
        struct cell_ask cell = cell_of(d, 0, x);
        depth[x] = cells_queue_max(d->look->cells, d->timeline, &cell);
        most = depth[x] > most ? depth[x] : most;
    }
    for (int x = 0; x < d->axis.there; x++) {
        /* What is not empty shows; a full line keeps its upper edge. */
        int eighths = (int)(((uint64_t)depth[x] * EIGHTHS * (unsigned)height + most - 1) / most);
        for (int line = height - 1; line >= 0; line--, eighths -= EIGHTHS) {
            int here = eighths <= 0 ? 0 : eighths < EIGHTHS ? eighths : EIGHTHS;
            here -= here == EIGHTHS && line == 0;
            canvas_put(d->canvas, d->layout.strip.x + x, y + line, d->look->glyphs->bar[here],
                       on_track(ROLE_CHART));
        }
    }
    snprintf(value, TEXT_SIZE, "%u of %u",
             timeline_queue_depth(d->timeline, d->run, d->axis.moment), most);
}

static void draw_lane(const struct detail *d, uint32_t lane, int y, char *value)
{
    uint64_t shares[COLUMN_STRIP_MAX][STATE_COUNT];
    struct lane_moment now;
    char since[FORMAT_SIZE];
    cells_lane_strip(d->look->cells, d->timeline, d->run, lane, d->axis.t0, d->axis.cell_ns,
                     (size_t)d->axis.there, d->axis.cell_ns, shares);
    for (int x = 0; x < d->axis.there; x++) {
        int state =
            column_pick_state(shares[x], detail_axis_at(&d->axis, x) / d->axis.cell_ns, lane);
        if (state < STATE_COUNT)
            put(d, x, y, d->look->glyphs->state[state],
                on_track(ROLE_STATE_FIRST + (unsigned)state));
    }
    timeline_lane_at(d->timeline, d->run, lane, d->axis.moment, &now);
    if (now.state >= STATE_COUNT)
        return;
    format_duration(since, sizeof since, d->axis.moment - now.since_ns);
    snprintf(value, TEXT_SIZE, "%s %s", state_rows[now.state].key, since);
}

static void draw_task(const struct detail *d, uint32_t task, int y, char *value)
{
    struct legend_item items[TASK_STATE_COUNT];
    char since[FORMAT_SIZE];
    uint64_t start;
    part_task_items(d->look, items);
    for (int x = 0; x < d->axis.there; x++) {
        uint64_t t0 = detail_axis_at(&d->axis, x);
        enum task_state most =
            timeline_task_most(d->timeline, d->run, task, t0, t0 + d->axis.cell_ns);
        if (most != TASK_STATE_NONE)
            put(d, x, y, items[most].glyph, on_track(items[most].role));
    }
    enum task_state now = timeline_task_at(d->timeline, d->run, task, d->axis.moment, &start);
    if (now == TASK_STATE_NONE)
        return;
    format_duration(since, sizeof since, d->axis.moment - start);
    /* The word is cut before the figure is. */
    snprintf(value, TEXT_SIZE, "%.*s %s", DETAIL_VALUE - 3 - (int)strlen(since), items[now].word,
             since);
}

/* ---- a row ---- */

static void label_of(const struct detail *d, struct detail_thing thing, char *label,
                     struct style *style)
{
    struct lane_brief lane;
    uint32_t lock;
    switch (thing.kind) {
    case DETAIL_FIRST:
        break;
    case DETAIL_GIL:
        snprintf(label, TEXT_SIZE, d->brief.gils == 1 ? "GIL" : "GIL %u", thing.id);
        break;
    case DETAIL_GIL_MARKS:
        snprintf(label, TEXT_SIZE, " marks");
        break;
    case DETAIL_CORE:
        snprintf(label, TEXT_SIZE, "core%u", thing.id);
        break;
    case DETAIL_LOCK:
        timeline_lock(d->timeline, d->run, thing.id, &lock);
        snprintf(label, TEXT_SIZE, "lock%u", lock);
        break;
    case DETAIL_QUEUE:
        snprintf(label, TEXT_SIZE, "queue");
        break;
    case DETAIL_LANE:
        if (!timeline_lane(d->timeline, d->run, thing.id, &lane))
            break;
        snprintf(label, TEXT_SIZE, "%s", lane.name);
        *style = style_role(part_lane_colour(&lane));
        break;
    case DETAIL_TASK:
        snprintf(label, TEXT_SIZE, " t%u", thing.id);
        break;
    }
}

static void draw_label(const struct detail *d, struct detail_thing thing, int y)
{
    char label[TEXT_SIZE] = "";
    struct style style = style_role(ROLE_TEXT);
    int x = d->layout.rows.x;
    bool selected = thing.kind == d->thing.kind && thing.id == d->thing.id;
    bool related =
        thing.kind == DETAIL_LANE && (thing.id == d->related.lane || thing.id == d->related.other);
    label_of(d, thing, label, &style);
    if (selected)
        style = style_on(ROLE_STRONG, ROLE_CURSOR, ATTR_BOLD);
    else if (related)
        style.attr |= ATTR_BOLD | ATTR_UNDERLINE;
    int height = thing.kind == DETAIL_GIL_MARKS ? 1 : d->place.strip_h;
    canvas_fill(d->canvas, (struct rect){ x, y, DETAIL_LABEL, height }, ' ',
                selected ? style : style_role(ROLE_TEXT));
    y += (height - 1) / 2;
    canvas_put(d->canvas, x, y, selected ? d->look->glyphs->pointer : ' ', style);
    canvas_text(d->canvas, x + 1, y, DETAIL_LABEL - 1, style, label);
}

void detail_draw_row(const struct detail *d, struct detail_thing thing, int y)
{
    char value[TEXT_SIZE] = "";
    int height = thing.kind == DETAIL_GIL_MARKS ? 1 : d->place.strip_h;
    struct rect strip = { d->layout.strip.x, y, d->layout.strip.w, height };
    canvas_fill(d->canvas, strip, ' ', on_track(ROLE_QUIET));
    switch (thing.kind) {
    case DETAIL_FIRST:
        break;
    case DETAIL_GIL:
        draw_gil(d, thing.id, y, value);
        break;
    case DETAIL_GIL_MARKS:
        draw_gil_marks(d, thing.id, y, value);
        break;
    case DETAIL_CORE:
        draw_core(d, thing.id, y, value);
        break;
    case DETAIL_LOCK:
        draw_lock(d, thing.id, y, value);
        break;
    case DETAIL_QUEUE:
        draw_queue(d, y, value);
        break;
    case DETAIL_LANE:
        draw_lane(d, thing.id, y, value);
        break;
    case DETAIL_TASK:
        draw_task(d, thing.id, y, value);
        break;
    }
    draw_label(d, thing, y);
    canvas_text(d->canvas, strip.x + strip.w + 1, y + (height - 1) / 2, DETAIL_VALUE - 1,
                style_role(ROLE_TEXT), value);
}
