/*
 * The lanes of a column, and the tasks of a loop: a row each with a strip that sweeps and what it
 * does now; where there are more than rows, as many as fit and a density picture of all of them.
 *
 * A cell of a strip stands for a span of time in which the lane may have been in several states. The
 * one it shows is picked by a threshold that walks with the cells, so that over a strip each state
 * has its share of the cells; it is always one that the lane was in within that span. A cell of the
 * density picture stands for several lanes: the upright stacks share their height by state.
 */
#include "base/format.h"
#include "draw/widget.h"
#include "view/column.h"
#include "view/parts.h"

#include <stdio.h>
#include <string.h>

enum { DENSITY_LEAST = 3, DENSITY_MOST = 16 };

/* ---- strips ---- */

int column_pick_state(const uint64_t *ns, uint64_t cell, uint64_t row)
{
    uint64_t total = 0;
    for (int i = 0; i < STATE_COUNT; i++)
        total += ns[i];
    if (total == 0)
        return STATE_NONE;
    /* The sequence of the plastic number: even along a row, along a column, and without slants. */
    double walk = 0.7548776662 * (double)(cell % 100000) + 0.5698402910 * (double)(row % 100000);
    double threshold = (walk - (double)(uint64_t)walk) * (double)total;
    double sum = 0;
    int last = STATE_NONE;
    for (int i = 0; i < STATE_COUNT; i++) {
        if (ns[i] == 0)
            continue;
        last = i;
        sum += (double)ns[i];
        if (threshold < sum)
            break;
    }
    return last;
}

/* The shares of every cell of the sweep: of a lane of the run, of all its lanes (ALL_LANES), or of
 * nobody, for the spans alone (NO_LANE). Cells that show nothing have none. */
enum { ALL_LANES = -1, NO_LANE = -2 };
struct cell_shares {
    bool shown[COLUMN_STRIP_MAX];
    uint64_t t0[COLUMN_STRIP_MAX], t1[COLUMN_STRIP_MAX];
    uint64_t ns[COLUMN_STRIP_MAX][STATE_COUNT];
};

/* Asks for cells [from, to), which are of one width and side by side. */
static void ask_side_by_side(const struct column *column, long lane, struct cell_shares *shares,
                             int from, int to)
{
    if (from >= to || lane == NO_LANE)
        return;
    uint64_t t0 = shares->t0[from], width = shares->t1[from] - t0;
    size_t count = (size_t)(to - from);
    uint64_t grid = sweep_cell_ns(&column->sweep);
    struct cells *cells = column->look->cells;
    if (lane == ALL_LANES)
        cells_run_strip(cells, column->timeline, column->run, t0, width, count, grid,
                        &shares->ns[from]);
    else
        cells_lane_strip(cells, column->timeline, column->run, (size_t)lane, t0, width, count, grid,
                         &shares->ns[from]);
}

static void ask_shares(const struct column *column, long lane, struct cell_shares *shares)
{
    int cells = column->sweep.cells, from = 0;
    for (int x = 0; x < cells; x++)
        shares->shown[x] = sweep_cell(&column->sweep, x, &shares->t0[x], &shares->t1[x]);
    for (int x = 1; x <= cells; x++) {
        if (x < cells && shares->shown[x] && shares->shown[x - 1] &&
            shares->t0[x] == shares->t1[x - 1] &&
            shares->t1[x] - shares->t0[x] == shares->t1[x - 1] - shares->t0[x - 1])
            continue;
        if (shares->shown[x - 1])
            ask_side_by_side(column, lane, shares, from, x);
        from = x;
    }
}

static void lane_strip(const struct column *column, struct rect strip, size_t lane)
{
    struct cell_shares shares;
    ask_shares(column, (long)lane, &shares);
    for (int x = 0; x < strip.w; x++) {
        if (!shares.shown[x])
            continue;
        uint64_t width = column->sweep.window_ns / (uint64_t)strip.w, t0 = shares.t0[x];
        int state = column_pick_state(shares.ns[x], width > 0 ? t0 / width : t0, lane);
        if (state < STATE_COUNT)
            canvas_fill(column->canvas, (struct rect){ strip.x + x, strip.y, 1, strip.h },
                        column->look->glyphs->state[state],
                        style_on(ROLE_STATE_FIRST + (unsigned)state, ROLE_TRACK, 0));
    }
}

/* ---- a row each ---- */

/* The one that words stand on. */
static int word_row(int row, int strip_h)
{
    return row + (strip_h - 1) / 2;
}

static void lane_row(const struct column *column, int row, int strip_h, size_t lane)
{
    struct lane_brief brief;
    struct lane_moment now;
    char text[TEXT_SIZE * 3], since[TEXT_SIZE] = "";
    if (!timeline_lane(column->timeline, column->run, lane, &brief))
        return;
    timeline_lane_at(column->timeline, column->run, lane, column->moment, &now);
    lane_strip(column, column_strip(column, row, strip_h), lane);
    row = word_row(row, strip_h);
    column_label(column, row, brief.name);
    if (brief.crashed && column->moment >= brief.end_ns) {
        column_value(column, row, style_bold(ROLE_BAD), "crashed");
        return;
    }
    if (now.state >= STATE_COUNT)
        return;
    /* Durations would flicker while the picture moves. */
    if (column->look->paused && column->widths.value >= 11 && now.since_ns <= column->moment)
        format_duration(since, sizeof since, column->moment - now.since_ns);
    int used = snprintf(text, sizeof text, "%s%s%s", state_rows[now.state].key,
                        since[0] != '\0' ? " " : "", since);
    if (column->widths.value >= 18 && now.task != TASK_NONE)
        snprintf(text + used, sizeof text - (size_t)used, "  t%u", now.task);
    column_value(column, row, style_role(ROLE_STATE_FIRST + now.state), text);
}

static void task_row(const struct column *column, int row, int strip_h, uint32_t task)
{
    struct legend_item items[TASK_STATE_COUNT];
    struct rect strip = column_strip(column, row, strip_h);
    char name[TEXT_SIZE];
    part_task_items(column->look, items);
    snprintf(name, sizeof name, "t%u", task);
    row = word_row(row, strip_h);
    column_label(column, row, name);
    for (int x = 0; x < strip.w; x++) {
        uint64_t t0, t1;
        if (!sweep_cell(&column->sweep, x, &t0, &t1))
            continue;
        enum task_state most = timeline_task_most(column->timeline, column->run, task, t0, t1);
        if (most != TASK_STATE_NONE)
            canvas_fill(column->canvas, (struct rect){ strip.x + x, strip.y, 1, strip.h },
                        items[most].glyph, style_on(items[most].role, ROLE_TRACK, 0));
    }
    uint64_t since;
    enum task_state now =
        timeline_task_at(column->timeline, column->run, task, column->moment, &since);
    column_value(column, row, style_role(items[now].role), items[now].word);
}

/* ---- density ---- */

/* Stacks from the foot: what works first, what waits above it. */
static const uint8_t lane_order[STATE_COUNT] = { STATE_RUN, STATE_NATIVE, STATE_READY,
                                                 STATE_GIL, STATE_LOCK,   STATE_IPC,
                                                 STATE_IO,  STATE_OTHER,  STATE_IDLE };
static const uint8_t task_order[TASK_STATE_COUNT] = {
    TASK_STATE_DONE,    TASK_STATE_FAILED, TASK_STATE_RUNNING, TASK_STATE_DUE,
    TASK_STATE_WAITING, TASK_STATE_QUEUED, TASK_STATE_NONE,
};

struct density {
    bool tasks;
    struct legend_item items[STATE_COUNT + 1]; /* in the order of the stack; the last is nobody */
    size_t count;
    uint64_t all; /* how many lanes or tasks the whole height stands for */
};

static void density_init(struct density *density, const struct column *column, bool tasks,
                         uint64_t all)
{
    struct legend_item rows[STATE_COUNT];
    density->tasks = tasks;
    density->all = all;
    if (tasks)
        part_task_items(column->look, rows);
    else
        part_state_items(column->look, rows);
    density->count = tasks ? TASK_STATE_COUNT : STATE_COUNT;
    for (size_t i = 0; i < density->count; i++)
        density->items[i] = rows[tasks ? task_order[i] : lane_order[i]];
    if (!tasks)
        density->items[density->count++] =
            (struct legend_item){ .glyph = ' ', .role = ROLE_BACK, .word = "" };
}

/* How many are in each state, in thousandths, in the order of the stack: tasks at the end of the
 * span, lanes by their shares `ns` of the span. */
static void density_parts(const struct density *density, const struct column *column, uint64_t t0,
                          uint64_t t1, const uint64_t *ns, uint64_t *parts)
{
    uint64_t counts[TASK_STATE_COUNT], sum = 0;
    size_t last = density->count - 1;
    if (density->tasks)
        timeline_task_mix(column->timeline, column->run, t1, counts);
    for (size_t i = 0; i < last; i++) {
        if (density->tasks)
            parts[i] = counts[task_order[i]] * 1000;
        else
            parts[i] = t1 > t0 ? ns[lane_order[i]] * 1000 / (t1 - t0) : 0;
        sum += parts[i];
    }
    parts[last] = density->all * 1000 > sum ? density->all * 1000 - sum : 0;
}

/* Beside the stacks: how many are in each state now (`parts`), the foot's at the foot. */
static void density_counts(const struct density *density, const struct column *column,
                           const uint64_t *parts, int row, int height)
{
    int y = row + height - 1;
    for (size_t i = 0; i + 1 < density->count && y >= row; i++) {
        char count[TEXT_SIZE], text[TEXT_SIZE * 2];
        if (parts[i] < 500)
            continue;
        format_count(count, sizeof count, (parts[i] + 500) / 1000);
        if (column->widths.value >= 11)
            snprintf(text, sizeof text, "%s %s", density->items[i].word, count);
        else
            snprintf(text, sizeof text, "%s", count);
        column_value(column, y, style_role(density->items[i].role), text);
        if (column->widths.value < 11)
            canvas_put(column->canvas, column->rect.x + column->rect.w - column->widths.value + 1,
                       column->rect.y + y, density->items[i].glyph,
                       style_role(density->items[i].role));
        y--;
    }
}

static void density_draw(const struct density *density, const struct column *column, int row,
                         int height)
{
    struct rect strip = column_strip(column, row, height);
    char text[TEXT_SIZE];
    struct cell_shares shares;
    uint64_t now[STATE_COUNT + 1] = { 0 }, youngest = 0;
    ask_shares(column, density->tasks ? NO_LANE : ALL_LANES, &shares);
    for (int x = 0; x < strip.w; x++) {
        uint64_t parts[STATE_COUNT + 1] = { 0 };
        if (!shares.shown[x])
            continue;
        density_parts(density, column, shares.t0[x], shares.t1[x], shares.ns[x], parts);
        widget_stack(column->canvas, (struct rect){ strip.x + x, strip.y, 1, height },
                     density->items, parts, density->count, ROLE_TRACK);
        if (shares.t1[x] > youngest) {
            youngest = shares.t1[x];
            memcpy(now, parts, sizeof now);
        }
    }
    format_count(text, sizeof text, density->all);
    column_label(column, row, text);
    column_label(column, row + height - 1, "0");
    density_counts(density, column, now, row, height);
}

/* ---- all of them ---- */

/* Why it failed or gave up stands above the lanes; NULL: it did not. */
static const char *reason_of(const struct column *column)
{
    enum run_status status = column->brief.status;
    bool over = column->brief.over && column->look->moment >= column->brief.length_ns;
    bool told = status == RUN_FAILED || status == RUN_LIMITED || status == RUN_STOPPED;
    return over && told && column->meta->reason[0] != '\0' ? column->meta->reason : NULL;
}

/* Few of them are high, up to half of the room where a picture of all has the other half; a presenter sees
 * them higher still. From three rows on the last one is left blank. */
static void heighten_lanes(const struct column *column, struct lanes_plan *plan, int height)
{
    enum { PITCH_MOST = 5, GAP_FROM = 3 };
    size_t all = plan->lanes + plan->tasks;
    int least = column->rows->presenter ? 2 : 1;
    bool halved = !column->rows->presenter && height / 2 > DENSITY_LEAST;
    int room = halved ? height / 2 : height;
    int each = all > 0 && height > 0 && all <= (size_t)height ? room / (int)all : least;
    plan->lane_h = each < least ? least : each > PITCH_MOST ? PITCH_MOST : each;
    plan->strip_h = plan->lane_h - (plan->lane_h >= GAP_FROM);
}

/* Where they do not fit, a row says how many are left out; where there is room, also because they are
 * few, a picture of all of them is below it. A presenter sees all of them high or the picture alone. */
static void share_rows(const struct column *column, struct lanes_plan *plan, int height)
{
    size_t all = plan->lanes + plan->tasks, room = (size_t)(height / plan->lane_h);
    int density_h = height - plan->lane_h * (int)(all < room ? all : room) - 1;
    if (all > room && column->rows->presenter)
        density_h = height - 1;
    else if (all > room)
        density_h = height >= DENSITY_LEAST * 2 ? (height - 1) * 3 / 5 : 0;
    if (density_h > DENSITY_MOST && !column->rows->presenter)
        density_h = DENSITY_MOST;
    if (density_h < DENSITY_LEAST || (column->rows->presenter && all <= room))
        density_h = 0;
    plan->listed = all;
    if (all > room) {
        int listed = (height - 1 - density_h) / plan->lane_h;
        plan->listed = listed > 0 ? (size_t)listed : 0;
    }
    plan->density_h = density_h;
    if (plan->listed < all || density_h > 0) {
        plan->rest = plan->list + plan->lane_h * (int)plan->listed;
        plan->density = plan->rest + 1;
    }
}

void column_lanes_plan(const struct column *column, const struct lane_list *list,
                       struct lanes_plan *plan)
{
    int height = column->rows->lanes_h;
    const char *reason = reason_of(column);
    *plan = (struct lanes_plan){ .list = column->rows->lanes, .rest = -1 };
    if (reason != NULL) {
        enum { REASON_MOST = 4 };
        int rows = widget_wrap_rows(column->rect.w, reason);
        int most = height < REASON_MOST ? height : REASON_MOST;
        plan->reason_h = rows < most ? rows : most;
        plan->list += plan->reason_h;
        height -= plan->reason_h;
    }
    plan->lanes = list->lane_count;
    plan->tasks = list->task_count;
    plan->all_lanes = list->lanes.all;
    plan->all_tasks = list->all_tasks;
    heighten_lanes(column, plan, height);
    if (height <= 0)
        return;
    share_rows(column, plan, height);
    size_t top = (size_t)(column->look->lane_top > 0 ? column->look->lane_top : 0);
    size_t last = plan->lanes + plan->tasks - plan->listed;
    plan->top = top < last ? top : last;
}

static void list_rows(const struct column *column, struct lane_list *list,
                      const struct lanes_plan *plan)
{
    lane_list_settle(list, plan->top, plan->top + plan->listed);
    for (size_t i = 0; i < plan->listed; i++) {
        struct detail_thing thing = lane_list_at(list, plan->top + i);
        int row = plan->list + (int)i * plan->lane_h;
        if (thing.kind == DETAIL_LANE)
            lane_row(column, row, plan->strip_h, thing.id);
        else
            task_row(column, row, plan->strip_h, thing.id);
    }
}

/* "+190 more; all 200 tasks:" and, where it has a height, the picture of all of them. */
static void tell_rest(const struct column *column, const struct lanes_plan *plan)
{
    char text[TEXT_SIZE * 2] = "";
    size_t used = 0, more = plan->lanes + plan->tasks - plan->listed;
    bool tasks = plan->all_tasks > plan->all_lanes;
    size_t all = tasks ? plan->all_tasks : plan->all_lanes;
    if (plan->lanes + plan->tasks == 0 && all > 0)
        used = (size_t)snprintf(text, sizeof text, "no match%s", plan->density_h > 0 ? "; " : "");
    else if (more > 0 && !column->rows->presenter)
        used = (size_t)snprintf(text, sizeof text, "+%zu more%s", more,
                                plan->density_h > 0 ? "; " : "");
    if (plan->density_h > 0 && all == 1)
        snprintf(text + used, sizeof text - used, "its states:");
    else if (plan->density_h > 0)
        snprintf(text + used, sizeof text - used, "all %zu %s:", all, tasks ? "tasks" : "lanes");
    canvas_text(column->canvas, column->rect.x, column->rect.y + plan->rest, column->rect.w,
                style_role(ROLE_QUIET), text);
    if (plan->density_h > 0) {
        struct density density;
        density_init(&density, column, tasks, all);
        density_draw(&density, column, plan->density, plan->density_h);
    }
}

void column_lanes(const struct column *column)
{
    struct lane_list list;
    struct lanes_plan plan;
    lane_list_make(&list, column->timeline, column->look, column->run);
    column_lanes_plan(column, &list, &plan);
    if (plan.reason_h > 0) {
        struct rect rect = { column->rect.x, column->rect.y + column->rows->lanes, column->rect.w,
                             plan.reason_h };
        widget_wrap(column->canvas, rect,
                    style_bold(column->brief.status == RUN_FAILED ? ROLE_BAD : ROLE_WARN),
                    reason_of(column));
    }
    list_rows(column, &list, &plan);
    if (plan.rest >= 0)
        tell_rest(column, &plan);
    lane_list_free(&list);
}
