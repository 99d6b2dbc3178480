/*
 * The pane below the columns. Its height is arithmetic of the look and of where the changes are, so
 * that it is the same for the drawing and for whoever asks what is where.
 *
 * The effect of a change stands there for some seconds of the viewer's, and whenever the moment
 * stands shortly after the change: it is a question to the trace, so a replay shows it as well.
 */
#include "view/pane.h"

#include "base/clock.h"
#include "base/format.h"
#include "draw/layout.h"
#include "draw/utf8.h"
#include "timeline/effect.h"
#include "view/column.h"
#include "view/parts.h"

#include <stdio.h>
#include <string.h>

enum { KNOB_ALWAYS = 32 /* from so many rows on the knob has its row all the time */ };

/* ---- how high ---- */

/* How long a change is told, in run time: the strips span about two seconds of the viewer's. */
static uint64_t told_for(const struct look *look)
{
    return look->replaying ? look->window_ns / 3 : look->window_ns * 3;
}

static bool effect_is_told(const struct timeline *timeline, const struct look *look, int run)
{
    uint64_t t = timeline_effect_moment(timeline, (size_t)run, look->moment);
    return t != UINT64_MAX && (t >= look->moment || look->moment - t <= told_for(look));
}

static int effect_rows(const struct timeline *timeline, const struct look *look,
                       const struct race_layout *layout, int rows)
{
    int count = 0, most = rows / 8;
    for (int i = 0; i < layout->columns; i++)
        count += effect_is_told(timeline, look, layout->run[i]);
    return count < most ? count : most;
}

static int knob_rows(const struct look *look, int rows)
{
    return look->hand_count > 0 && (look->hand_shown || rows >= KNOB_ALWAYS);
}

/* In another order than that of their names, or not all of them. */
static int sift_rows(const struct look *look)
{
    return look->filter != NULL || look->sort != LANE_SORT_NAME;
}

/* The same whatever is explained, so that nothing jumps while the cursor moves. */
static int explain_rows(const struct look *look, const struct race_layout *layout)
{
    enum { WIDE = 140 };
    return !look->cursor.on ? 0 : layout->top.w >= WIDE ? 2 : 3;
}

int pane_height(const struct timeline *timeline, const struct look *look,
                const struct race_layout *layout, int rows)
{
    return effect_rows(timeline, look, layout, rows) + knob_rows(look, rows) + sift_rows(look) +
           explain_rows(look, layout);
}

struct pane_spot pane_at(const struct timeline *timeline, const struct look *look,
                         const struct race_layout *layout, int rows, int row)
{
    int effects = effect_rows(timeline, look, layout, rows);
    for (int i = 0; i < layout->columns && row < effects; i++) {
        if (effect_is_told(timeline, look, layout->run[i]) && row-- == 0)
            return (struct pane_spot){ PANE_EFFECT, layout->run[i] };
    }
    row -= effects;
    if (row < knob_rows(look, rows))
        return (struct pane_spot){ PANE_KNOB, -1 };
    bool sift = row - knob_rows(look, rows) < sift_rows(look);
    return (struct pane_spot){ sift ? PANE_SIFT : PANE_EXPLAIN, -1 };
}

/* ---- the knob in hand ---- */

/* The columns that all knobs take, named with their values. */
static int all_knobs_columns(const struct look *look)
{
    int columns = 0;
    for (size_t i = 0; i < look->hand_count; i++)
        columns += utf8_columns(look->hands[i].name) + utf8_columns(look->hands[i].value) + 4;
    return columns;
}

/* Where the parts of the knobs' row are. */
enum { ROOM_FOR_ONE = 50 };
struct knob_places {
    bool all;       /* each knob with its value; else the one in hand */
    int from;       /* where they begin */
    int less, more; /* the one in hand: what is left of `less` is a name, left of `more` its "<" */
    int end;
    const char *word;
};

static struct knob_places knob_places(const struct look *look, struct rect row)
{
    const struct knob_row *knob = &look->hands[look->hand];
    struct knob_places places = { .word = look->hand_next ? "next race" : "knobs" };
    places.from = row.x + (int)strlen(places.word) + 1;
    places.all = all_knobs_columns(look) + ROOM_FOR_ONE < row.x + row.w - places.from;
    places.less = places.from + utf8_columns(knob->name) + 2;
    places.more = places.less + 2 + utf8_columns(knob->value);
    places.end = places.all ? places.from + all_knobs_columns(look) : places.more + 3;
    return places;
}

static void draw_all_knobs(const struct look *look, struct canvas *canvas, struct rect row, int x)
{
    for (size_t i = 0; i < look->hand_count; i++) {
        bool chosen = i == look->hand && look->hand_shown;
        unsigned back = chosen ? ROLE_CURSOR : ROLE_BACK;
        int right = row.x + row.w;
        x += canvas_textf(canvas, x, row.y, right - x,
                          style_on(chosen ? ROLE_STRONG : ROLE_QUIET, back, 0), " %s ",
                          look->hands[i].name);
        x += canvas_textf(canvas, x, row.y, right - x, style_on(ROLE_STRONG, back, ATTR_BOLD),
                          "%s ", look->hands[i].value);
        x++;
    }
}

size_t pane_knob_at(const struct look *look, const struct race_layout *layout, int x,
                    int *direction)
{
    struct knob_places places = knob_places(look, rect_inset(layout->pane, 1, 0));
    int at = places.from;
    *direction = 0;
    if (!places.all) {
        *direction = x < places.less || x >= places.end ? 0 : x < places.more ? -1 : 1;
        return look->hand;
    }
    for (size_t i = 0; i < look->hand_count; i++) {
        at += utf8_columns(look->hands[i].name) + utf8_columns(look->hands[i].value) + 4;
        if (x < at)
            return i;
    }
    return look->hand;
}

/* "workers < 10 >  1 to 1000  threads or processes in the pool", on what all of them leave. */
static void draw_knob(const struct look *look, struct canvas *canvas, struct rect row)
{
    const struct knob_row *knob = &look->hands[look->hand];
    struct knob_places places = knob_places(look, row);
    int right = row.x + row.w, x = places.end + 1;
    canvas_text(canvas, row.x, row.y, row.w, style_bold(ROLE_GOOD), places.word);
    if (places.all) {
        draw_all_knobs(look, canvas, row, places.from);
    } else {
        canvas_textf(canvas, places.from, row.y, right - places.from,
                     style_on(ROLE_STRONG, look->hand_shown ? ROLE_CURSOR : ROLE_BACK, ATTR_BOLD),
                     " %s < %s > ", knob->name, knob->value);
        x += canvas_textf(canvas, x, row.y, right - x, style_role(ROLE_QUIET), "%zu of %zu",
                          look->hand + 1, look->hand_count) +
             2;
    }
    if (!look->hand_shown) {
        canvas_text(canvas, x, row.y, right - x, style_role(ROLE_QUIET),
                    "up and down choose, < and > turn");
        return;
    }
    if (knob->low != NULL && knob->high != NULL)
        x += canvas_textf(canvas, x, row.y, right - x, style_role(ROLE_TEXT), "%s to %s", knob->low,
                          knob->high) +
             2;
    canvas_text(canvas, x, row.y, right - x, style_role(ROLE_QUIET), knob->help);
}

/* ---- which lanes are listed ---- */

/* "/gil  Esc: all   THREADS + GIL 3 of 10   PROCESSES 0 of 10", or the order, or both. */
static void draw_sift(const struct timeline *timeline, const struct look *look,
                      struct canvas *canvas, struct rect row, const struct race_layout *layout)
{
    int x = row.x, right = row.x + row.w;
    if (look->sort != LANE_SORT_NAME)
        x += canvas_textf(canvas, x, row.y, right - x, style_bold(ROLE_WARN), "lanes by %s",
                          lane_sort_names[look->sort]) +
             3;
    if (look->filter == NULL) {
        canvas_text(canvas, x, row.y, right - x, style_role(ROLE_QUIET), "o: the next order");
        return;
    }
    x += canvas_textf(canvas, x, row.y, right - x, style_bold(ROLE_WARN), "/%s%s", look->filter,
                      look->filtering ? "_" : "  Esc: all") +
         2;
    for (int i = 0; i < layout->columns; i++) {
        struct lane_list list;
        size_t run = (size_t)layout->run[i];
        lane_list_make(&list, timeline, look, run);
        x += 1 + canvas_text(canvas, x + 1, row.y, right - x - 1, style_role(ROLE_TEXT),
                             timeline_meta(timeline)->runs[run].title);
        x +=
            1 +
            canvas_textf(canvas, x + 1, row.y, right - x - 1, style_bold(ROLE_STRONG), "%zu of %zu",
                         list.lane_count + list.task_count, list.lanes.all + list.all_tasks) +
            1;
        lane_list_free(&list);
    }
}

/* ---- what a change did ---- */

/* In the order in which they are left out where there is no room, last first. */
static const struct effect_row {
    enum effect_figure figure;
    const char *name;
    int better;   /* 1: more of it is better; -1: less; 0: neither */
    double least; /* a change below this says nothing */
} effect_order[] = {
    { EFFECT_QUEUE, "queue", -1, 1 }, { EFFECT_P99, "p99", -1, 0.1 },
    { EFFECT_GIL, "gil", -1, 0.02 },  { EFFECT_RATE, "tasks/s", 1, 1 },
    { EFFECT_WORK, "work", 0, 1 },
};

static const char *figure_text(char *text, enum effect_figure which, struct figure figure)
{
    if (!figure.known)
        snprintf(text, TEXT_SIZE, "n/a");
    else if (which == EFFECT_P99)
        text_ms(text, figure);
    else if (which == EFFECT_GIL || which == EFFECT_WORK)
        snprintf(text, TEXT_SIZE, "%.0f%%", figure.value * 100);
    else
        text_count(text, figure);
    return text;
}

/* Green where it became better by a tenth or more, red where it became worse; the figures say it
 * too. */
static unsigned change_role(const struct effect_row *row, struct figure before, struct figure after)
{
    double least = (before.value > after.value ? before.value : after.value) / 10;
    double change = (after.value - before.value) * row->better;
    if (least < row->least)
        least = row->least;
    if (!before.known || !after.known)
        return ROLE_STRONG;
    return change >= least ? ROLE_GOOD : change <= -least ? ROLE_BAD : ROLE_STRONG;
}

static void draw_effect(const struct timeline *timeline, const struct look *look,
                        struct canvas *canvas, struct rect row, int run)
{
    struct effect effect;
    char before[TEXT_SIZE], after[TEXT_SIZE], span[TEXT_SIZE];
    int x = row.x, right = row.x + row.w;
    if (!timeline_effect(timeline, (size_t)run, look->moment, &effect))
        return;
    x += canvas_text(canvas, x, row.y, right - x, style_bold(ROLE_STRONG),
                     timeline_meta(timeline)->runs[run].title) +
         2;
    x += canvas_textf(canvas, x, row.y, right - x, style_bold(ROLE_WARN), "%s:", effect.what) + 1;
    for (size_t i = 0; i < sizeof effect_order / sizeof *effect_order; i++) {
        const struct effect_row *figure = &effect_order[i];
        struct figure was = effect.before[figure->figure], is = effect.after[figure->figure];
        if (!was.known && !is.known)
            continue;
        figure_text(before, figure->figure, was);
        figure_text(after, figure->figure, is);
        int width = (int)(strlen(figure->name) + strlen(before) + strlen(after)) + 6;
        if (x + width > right)
            continue;
        x += 1 + canvas_textf(canvas, x + 1, row.y, right - x, style_role(ROLE_TEXT), "%s %s -> ",
                              figure->name, before);
        x += canvas_text(canvas, x, row.y, right - x, style_bold(change_role(figure, was, is)),
                         after) +
             1;
    }
    if (effect.after_ns < NS_PER_S && x + 18 <= right)
        canvas_textf(canvas, x + 1, row.y, right - x - 1, style_role(ROLE_QUIET), "(after %s)",
                     format_duration(span, sizeof span, effect.after_ns));
}

void pane_draw(const struct timeline *timeline, const struct look *look, struct canvas *canvas,
               const struct race_layout *layout)
{
    struct rect rest = layout->pane;
    int effects = effect_rows(timeline, look, layout, canvas->rows);
    for (int i = 0; i < layout->columns && effects > 0; i++) {
        if (!effect_is_told(timeline, look, layout->run[i]))
            continue;
        draw_effect(timeline, look, canvas, rect_inset(rect_top(&rest, 1), 1, 0), layout->run[i]);
        effects--;
    }
    if (rest.h > 0 && knob_rows(look, canvas->rows) > 0)
        draw_knob(look, canvas, rect_inset(rect_top(&rest, 1), 1, 0));
    if (rest.h > 0 && sift_rows(look) > 0)
        draw_sift(timeline, look, canvas, rect_inset(rect_top(&rest, 1), 1, 0), layout);
    if (look->cursor.on && rest.h > 0) {
        struct buffer text;
        buffer_init(&text);
        cursor_explain(timeline, look, &text);
        canvas_fill(canvas, rest, ' ', style_on(ROLE_TEXT, ROLE_TRACK, 0));
        widget_wrap(canvas, rect_inset(rest, 1, 0), style_on(ROLE_STRONG, ROLE_TRACK, 0),
                    buffer_string(&text));
        buffer_fini(&text);
    }
}
