/*
 * What happened around the moment, a line each: before it above, at it in the middle, after it below.
 * What is told of the lanes that the cursor is about stands out. What changed nothing that is shown
 * (a task queued, a sample) is passed over.
 *
 * The moment has a line also where nothing happened, so that the eye stays.
 */
#include "view/detail.h"

#include "base/buffer.h"
#include "base/format.h"
#include "timeline/explain.h"

#include <stdio.h>
#include <string.h>

enum { EVENTS_MOST = 128, PASSED_MOST = 2 * EVENTS_MOST, WHEN = 7 };

struct told {
    uint64_t t;
    struct buffer text;
};
struct told_list {
    struct told before[EVENTS_MOST], now, after[EVENTS_MOST]; /* nearest first */
    int early, late;
};

/* The next so many moments before (-1) or after (+1) *t, nearest first, and what happened at each: as
 * many as there are. */
static int take(const struct detail *d, uint64_t *t, int direction, struct told *taken, int most)
{
    uint64_t times[PASSED_MOST];
    struct buffer texts[PASSED_MOST] = { 0 };
    int count = 0;
    for (; count < most; count++) {
        uint64_t next = timeline_step(d->timeline, d->run, *t, direction);
        if (next == *t)
            break;
        *t = taken[count].t = next;
    }
    for (int i = 0; i < count; i++)
        times[direction > 0 ? i : count - 1 - i] = taken[i].t;
    explain_events(d->timeline, d->run, times, (size_t)count, texts);
    for (int i = 0; i < count; i++)
        taken[i].text = texts[direction > 0 ? i : count - 1 - i];
    return count;
}

/* Those of them at which something is told, up to `room`. Few are not, so that a second look at all
 * lanes is rare. */
static int collect(const struct detail *d, uint64_t t, int direction, struct told *told, int room)
{
    struct told taken[PASSED_MOST];
    int count = 0, passed = 0;
    while (count < room && passed < PASSED_MOST) {
        int most = (room - count) * 3 / 2 + 4;
        most = most < PASSED_MOST - passed ? most : PASSED_MOST - passed;
        int got = take(d, &t, direction, taken, most);
        for (int i = 0; i < got; i++) {
            if (taken[i].text.size > 0 && count < room)
                told[count++] = taken[i];
            else
                buffer_fini(&taken[i].text);
        }
        passed += got;
        if (got < most)
            break;
    }
    return count;
}

/* A list short of lines shows more of what comes after: that is where a step leads. */
static void list_make(struct told_list *list, const struct detail *d)
{
    int room = d->layout.events.h - 1 < EVENTS_MOST ? d->layout.events.h - 1 : EVENTS_MOST;
    list->now = (struct told){ .t = d->axis.moment };
    if (!explain_event(d->timeline, d->run, d->axis.moment, &list->now.text)) {
        buffer_clear(&list->now.text);
        buffer_text(&list->now.text, "the moment");
    }
    list->early = collect(d, d->axis.moment, -1, list->before, room / 2);
    list->late = collect(d, d->axis.moment, 1, list->after, room - list->early);
}

static void list_free(struct told_list *list)
{
    for (int i = 0; i < list->early; i++)
        buffer_fini(&list->before[i].text);
    for (int i = 0; i < list->late; i++)
        buffer_fini(&list->after[i].text);
    buffer_fini(&list->now.text);
}

static const struct told *list_at(const struct told_list *list, int line)
{
    if (line < list->early)
        return &list->before[list->early - 1 - line];
    line -= list->early;
    return line == 0 ? &list->now : line <= list->late ? &list->after[line - 1] : NULL;
}

static bool is_part_of_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether it speaks of the lane. */
static bool speaks_of(const struct detail *d, const char *text, uint32_t lane)
{
    struct lane_brief brief;
    if (lane == LANE_NONE || !timeline_lane(d->timeline, d->run, lane, &brief))
        return false;
    size_t length = strlen(brief.name);
    for (const char *at = strstr(text, brief.name); at != NULL; at = strstr(at + 1, brief.name)) {
        if ((at == text || !is_part_of_word(at[-1])) && !is_part_of_word(at[length]))
            return true;
    }
    return false;
}

/* How long before or after the moment it was: "-1.2ms", "+30us". */
static void put_when(const struct detail *d, struct rect row, uint64_t t, struct style style)
{
    char text[TEXT_SIZE], duration[FORMAT_SIZE];
    bool before = t < d->axis.moment;
    format_duration(duration, sizeof duration, before ? d->axis.moment - t : t - d->axis.moment);
    snprintf(text, sizeof text, "%s%s", before ? "-" : "+", duration);
    canvas_text_right(d->canvas, row.x, row.y, WHEN, style, t == d->axis.moment ? "now" : text);
}

static void draw_told(const struct detail *d, struct rect row, const struct told *told)
{
    const char *text = buffer_string(&told->text);
    bool about = speaks_of(d, text, d->related.lane) || speaks_of(d, text, d->related.other);
    struct style style = told->t == d->axis.moment  ? style_on(ROLE_STRONG, ROLE_CURSOR, ATTR_BOLD)
                         : about                    ? style_bold(ROLE_STRONG)
                         : told->t < d->axis.moment ? style_role(ROLE_QUIET)
                                                    : style_role(ROLE_TEXT);
    canvas_fill(d->canvas, row, ' ', style);
    put_when(d, row, told->t, style);
    canvas_text(d->canvas, row.x + WHEN + 1, row.y, row.w - WHEN - 1, style, text);
}

void detail_draw_events(const struct detail *d)
{
    struct told_list list;
    struct rect rect = d->layout.events;
    if (rect.h < 1)
        return;
    list_make(&list, d);
    for (int line = 0; line < rect.h; line++) {
        const struct told *told = list_at(&list, line);
        if (told != NULL)
            draw_told(d, (struct rect){ rect.x, rect.y + line, rect.w, 1 }, told);
    }
    list_free(&list);
}

bool detail_events_hit(const struct detail *d, int y, uint64_t *t)
{
    struct told_list list;
    if (d->layout.events.h < 1)
        return false;
    list_make(&list, d);
    const struct told *told = list_at(&list, y - d->layout.events.y);
    if (told != NULL)
        *t = told->t;
    list_free(&list);
    return told != NULL;
}
