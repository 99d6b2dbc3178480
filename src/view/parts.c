/*
 * Shared parts of the views. One unit style for all: that of base/format.h; what is not known is
 * "n/a" everywhere.
 */
#include "view/parts.h"

#include "base/clock.h"
#include "base/format.h"
#include "draw/layout.h"
#include "draw/utf8.h"

#include <math.h>
#include <stdio.h>

void part_bottom(struct canvas *canvas, struct rect rect, const struct look *look)
{
    struct style word = style_on(ROLE_BAR_TEXT, ROLE_BAR, 0);
    struct style key = style_on(ROLE_BAR_TEXT, ROLE_BAR, ATTR_BOLD);
    canvas_fill(canvas, rect, ' ', word);
    rect = rect_inset(rect, 1, 0);
    if (look->message != NULL)
        widget_wrap(canvas, rect, key, look->message);
    else if (look->reading.wish != NULL)
        widget_wrap(canvas, rect, key, look->reading.wish);
    else if (look->keys != NULL)
        widget_pairs(canvas, rect, look->keys, PART_PINNED, key, word);
}

const char *bottom_hit(const struct look *look, struct rect bottom, int x, int y)
{
    if (look->message != NULL || look->reading.wish != NULL || look->keys == NULL)
        return NULL;
    return widget_pairs_at(rect_inset(bottom, 1, 0), look->keys, PART_PINNED, x, y);
}

int part_top(struct canvas *canvas, struct rect rect, const char *title)
{
    struct style bold = style_on(ROLE_BAR_TEXT, ROLE_BAR, ATTR_BOLD);
    struct style word = style_on(ROLE_BAR_TEXT, ROLE_BAR, 0);
    canvas_fill(canvas, rect, ' ', word);
    int x = rect.x + 1, right = rect.x + rect.w;
    x += canvas_text(canvas, x, rect.y, right - x, word, "lockstep") + 2;
    return x + canvas_text(canvas, x, rect.y, right - x, bold, title);
}

void part_settling(struct canvas *canvas, int right, const struct look *look)
{
    static const char text[] = " settling ";
    if (cells_settle(look->cells))
        canvas_text(canvas, right - (int)sizeof text + 1, 0, (int)sizeof text,
                    style_on(ROLE_BACK, ROLE_WARN, ATTR_BOLD), text);
}

void part_caption(struct canvas *canvas, struct rect rect, const struct look *look)
{
    enum { KEY_COLUMNS = 12 };
    struct style style = style_on(ROLE_BACK, ROLE_STRONG, ATTR_BOLD);
    bool says = look->caption[0] != '\0', pressed = look->pressed != NULL;
    canvas_fill(canvas, rect, ' ', says ? style : style_role(ROLE_TEXT));
    struct rect text = rect_inset(rect, 1, 0);
    struct rect key = rect_right(&text, KEY_COLUMNS);
    if (says)
        widget_wrap(canvas, text, style, look->caption);
    if (pressed) {
        struct style cap = style_on(ROLE_STRONG, ROLE_CURSOR, ATTR_BOLD);
        int width = utf8_columns(look->pressed) + 2;
        int x = key.x + key.w - (width < key.w ? width : key.w);
        canvas_fill(canvas, (struct rect){ x, key.y + key.h - 1, key.x + key.w - x, 1 }, ' ', cap);
        canvas_text(canvas, x + 1, key.y + key.h - 1, key.x + key.w - x - 1, cap, look->pressed);
    }
}

void part_state_items(const struct look *look, struct legend_item *items)
{
    for (unsigned i = 0; i < STATE_COUNT; i++)
        items[i] = (struct legend_item){ .glyph = look->glyphs->state[i],
                                         .role = (uint8_t)(ROLE_STATE_FIRST + i),
                                         .word = state_rows[i].key };
}

void part_task_items(const struct look *look, struct legend_item *items)
{
    static const struct {
        uint8_t role;
        const char *word;
    } rows[TASK_STATE_COUNT] = {
        [TASK_STATE_NONE] = { ROLE_BACK, "" },
        [TASK_STATE_QUEUED] = { ROLE_STATE_FIRST + STATE_IDLE, "queued" },
        [TASK_STATE_WAITING] = { ROLE_STATE_FIRST + STATE_IO, "waiting" },
        [TASK_STATE_DUE] = { ROLE_STATE_FIRST + STATE_READY, "due" },
        [TASK_STATE_RUNNING] = { ROLE_STATE_FIRST + STATE_RUN, "running" },
        [TASK_STATE_DONE] = { ROLE_QUIET, "done" },
        [TASK_STATE_FAILED] = { ROLE_BAD, "failed" },
    };
    for (unsigned i = 0; i < TASK_STATE_COUNT; i++)
        items[i] = (struct legend_item){ .glyph = look->glyphs->task[i],
                                         .role = rows[i].role,
                                         .word = rows[i].word };
}

void part_legend(struct canvas *canvas, struct rect rect, const struct look *look, bool tasks)
{
    enum { FIRST = TASK_STATE_QUEUED, TASKS = TASK_STATE_COUNT - FIRST, APART = 3 };
    static const char head[] = "tasks:";
    struct legend_item states[STATE_COUNT], rows[TASK_STATE_COUNT];
    part_state_items(look, states);
    part_task_items(look, rows);
    rect = rect_inset(rect, 1, 0);
    int for_tasks = APART + (int)sizeof head + widget_legend_columns(rows + FIRST, TASKS);
    if (!tasks || rect.w < widget_legend_columns(states, STATE_COUNT) + for_tasks) {
        widget_legend(canvas, rect, states, STATE_COUNT);
        return;
    }
    struct rect left = rect_left(&rect, rect.w - for_tasks);
    int used = widget_legend(canvas, left, states, STATE_COUNT) + APART;
    canvas_text(canvas, left.x + used, left.y, for_tasks, style_role(ROLE_QUIET), head);
    used += (int)sizeof head;
    widget_legend(canvas, (struct rect){ left.x + used, left.y, left.w + for_tasks - used, left.h },
                  rows + FIRST, TASKS);
}

bool part_goes_on(const struct timeline *timeline)
{
    for (size_t run = 0; run < timeline_runs(timeline); run++) {
        struct run_brief brief;
        timeline_run(timeline, run, &brief);
        if (!brief.over && brief.status != RUN_UNSUPPORTED && brief.status != RUN_FAILED)
            return true;
    }
    return false;
}

static bool is_numbered(const struct lane_brief *lane)
{
    return lane->role != ROLE_MAIN && lane->role != ROLE_LOOP;
}

unsigned part_lane_colour(const struct lane_brief *lane)
{
    return is_numbered(lane)
               ? ROLE_HOLDER_FIRST + lane->index % (ROLE_HOLDER_LAST - ROLE_HOLDER_FIRST)
               : ROLE_HOLDER_LAST;
}

uint32_t part_lane_code(const struct lane_brief *lane)
{
    return is_numbered(lane) ? '0' + lane->index % 10 : (uint32_t)lane->name[0];
}

const char *text_clock(char *text, uint64_t ns, bool microseconds)
{
    unsigned long long s = ns / NS_PER_S, m = s / 60, h = m / 60;
    int used = h > 0 ? snprintf(text, TEXT_SIZE, "%llu:%02llu:%02llu", h, m % 60, s % 60)
                     : snprintf(text, TEXT_SIZE, "%llu:%02llu", m, s % 60);
    uint64_t rest = ns % NS_PER_S;
    snprintf(text + used, TEXT_SIZE - (size_t)used, microseconds ? ".%06llu" : ".%03llu",
             (unsigned long long)(rest / (microseconds ? NS_PER_US : NS_PER_MS)));
    return text;
}

const char *text_speed(char *text, double speed)
{
    if (speed > 0 && speed < 0.99)
        snprintf(text, TEXT_SIZE, "1/%.0fx", round(1 / speed));
    else
        snprintf(text, TEXT_SIZE, "%.3gx", speed);
    return text;
}

const char *text_place(char *text, int place)
{
    static const char *const endings[] = { "th", "st", "nd", "rd" };
    snprintf(text, TEXT_SIZE, "%d%s", place, endings[place >= 1 && place <= 3 ? place : 0]);
    return text;
}

/* A figure of so many ns; "n/a" where it is not known or no duration. */
static const char *text_ns(char *text, struct figure figure, double unit_ns)
{
    double ns = figure.value * unit_ns;
    if (!figure.known || !(ns >= 0) || ns > 1e18)
        snprintf(text, TEXT_SIZE, "n/a");
    else
        format_duration(text, TEXT_SIZE, (uint64_t)(ns + 0.5));
    return text;
}

const char *text_ms(char *text, struct figure ms)
{
    return text_ns(text, ms, NS_PER_MS);
}

const char *text_s(char *text, struct figure s)
{
    return text_ns(text, s, NS_PER_S);
}

const char *text_kib(char *text, int64_t kib)
{
    if (kib < 0)
        snprintf(text, TEXT_SIZE, "n/a");
    else
        format_bytes(text, TEXT_SIZE, (uint64_t)kib * 1024);
    return text;
}

const char *text_count(char *text, struct figure count)
{
    if (!count.known || !(count.value >= 0) || count.value > 1e18)
        snprintf(text, TEXT_SIZE, "n/a");
    else
        format_count(text, TEXT_SIZE, (uint64_t)(count.value + 0.5));
    return text;
}
