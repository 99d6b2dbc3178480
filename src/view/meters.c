/*
 * The rows between a column's head and its lanes: progress, cores, GIL, queue, switches, memory,
 * latency. Strips are of the sweep, rates of the last second up to the moment; what is not known is
 * "n/a", and says so.
 */
#include "base/clock.h"
#include "base/format.h"
#include "draw/widget.h"
#include "view/column.h"
#include "view/parts.h"

#include <stdio.h>
#include <string.h>

enum { RATE_NS = 1000000000, RATE_LEAST_NS = 20000000 /* a rate of less is noise */ };

static struct style on_track(unsigned role)
{
    return style_on(role, ROLE_TRACK, 0);
}

/* The text that follows a label, over strip and value. */
static void words(const struct column *column, int row, const char *text)
{
    int label = column->widths.label > 7 ? column->widths.label : 7;
    canvas_text(column->canvas, column->rect.x + label, column->rect.y + row,
                column->rect.w - label, style_role(ROLE_TEXT), text);
}

static uint64_t rate_from(const struct column *column)
{
    return column->moment > RATE_NS ? column->moment - RATE_NS : 0;
}

static void draw_progress(const struct column *column)
{
    struct task_counts counts;
    char text[TEXT_SIZE * 3], done[TEXT_SIZE], of[TEXT_SIZE];
    timeline_counts(column->timeline, column->run, column->moment, &counts);
    uint64_t all = column->most_tasks > counts.submitted ? column->most_tasks : counts.submitted;
    format_count(done, sizeof done, counts.done);
    format_count(of, sizeof of, all);
    if (counts.failed > 0)
        snprintf(text, sizeof text, "%s/%s, %llu failed", done, of,
                 (unsigned long long)counts.failed);
    else
        snprintf(text, sizeof text, "%s/%s", done, of);
    int value = column->widths.value, length = (int)strlen(text);
    if (value < length + 1)
        value = length + 1;
    struct rect row = { column->rect.x, column->rect.y + column->rows->progress, column->rect.w,
                        column->rows->progress_h };
    struct rect right = rect_right(&row, value);
    bool complete = all > 0 && counts.done == all;
    widget_progress(column->canvas, row, column->look->glyphs, counts.done, all,
                    style_role(complete ? ROLE_GOOD : ROLE_CHART), style_role(ROLE_QUIET));
    canvas_text_right(column->canvas, right.x, right.y, right.w,
                      style_bold(counts.failed > 0 ? ROLE_BAD : ROLE_STRONG), text);
}

/* The first core to show: under `split` each run has cores of its own. */
uint32_t column_first_core(const struct timeline *timeline, size_t run)
{
    struct run_brief brief;
    timeline_run(timeline, run, &brief);
    if (strcmp(timeline_meta(timeline)->staging, "split") != 0)
        return 0;
    uint32_t cores = (uint32_t)brief.cores, core = 0;
    while (core < cores && timeline_core_busy(timeline, run, core, 0, brief.length_ns) == 0)
        core++;
    return core < cores ? core : 0;
}

int column_core_count(const struct timeline *timeline, size_t run)
{
    struct run_brief brief;
    timeline_run(timeline, run, &brief);
    return (int)brief.cores - (int)column_first_core(timeline, run);
}

/* A cell of a strip of the sweep, of the thing with this number. */
static struct cell_ask cell_of(const struct column *column, uint32_t id, uint64_t t0, uint64_t t1)
{
    return (struct cell_ask){ column->run, id, t0, t1, sweep_cell_ns(&column->sweep) };
}

/* Busy permille of one core, or of `count` cores together. */
static int cores_busy(const struct column *column, uint32_t core, uint32_t count, uint64_t t0,
                      uint64_t t1)
{
    int sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct cell_ask cell = cell_of(column, core + i, t0, t1);
        int busy = cells_core_busy(column->look->cells, column->timeline, &cell);
        if (busy < 0)
            return CHART_UNKNOWN;
        sum += busy;
    }
    return count > 0 ? sum / (int)count : CHART_UNKNOWN;
}

static void draw_cores(const struct column *column)
{
    const struct column_rows *rows = column->rows;
    uint32_t cores = (uint32_t)column->brief.cores;
    uint32_t from = column_first_core(column->timeline, column->run);
    bool together = cores - from > (uint32_t)rows->core_rows;
    for (int i = 0; i < rows->core_rows; i++) {
        int row = rows->core + i * rows->core_h, values[COLUMN_STRIP_MAX];
        uint32_t core = from + (uint32_t)i, count = together ? cores - from : 1;
        char label[TEXT_SIZE], value[TEXT_SIZE];
        if (core >= cores || (together && i > 0))
            break;
        for (int x = 0; x < column->widths.strip; x++) {
            uint64_t t0, t1;
            bool shown = sweep_cell(&column->sweep, x, &t0, &t1);
            values[x] = shown ? cores_busy(column, core, count, t0, t1) : CHART_NOTHING;
        }
        widget_chart(column->canvas, column_strip(column, row, rows->core_h), column->look->glyphs,
                     values, on_track(ROLE_CHART));
        int busy = column->moment > 0
                       ? cores_busy(column, core, count, rate_from(column), column->moment)
                       : CHART_UNKNOWN;
        if (together)
            snprintf(label, sizeof label, "cores");
        else
            snprintf(label, sizeof label, "core%u", core);
        if (busy < 0)
            snprintf(value, sizeof value, "n/a");
        else if (together)
            snprintf(value, sizeof value, "%u:%3d%%", count, (busy + 5) / 10);
        else
            snprintf(value, sizeof value, "%d%%", (busy + 5) / 10);
        column_label(column, row, label);
        column_value(column, row, style_role(ROLE_TEXT), value);
    }
}

static void holder_name(const struct column *column, uint32_t lane, char *into, size_t size)
{
    struct lane_brief brief;
    if (timeline_lane(column->timeline, column->run, lane, &brief) && brief.id == lane)
        snprintf(into, size, "%s", brief.name);
    else
        snprintf(into, size, "#%u", lane);
}

static void draw_gil_strip(const struct column *column)
{
    struct rect strip = column_strip(column, column->rows->gil, column->rows->gil_h);
    const struct glyphs *glyphs = column->look->glyphs;
    for (int x = 0; x < strip.w; x++) {
        uint64_t t0, t1;
        uint32_t held;
        struct lane_brief lane;
        if (!sweep_cell(&column->sweep, x, &t0, &t1))
            continue;
        struct cell_ask cell = cell_of(column, 0, t0, t1);
        uint32_t holder = cells_gil_most(column->look->cells, column->timeline, &cell, &held);
        if (holder == LANE_NONE) { /* mostly free: was it held at all? */
            canvas_fill(column->canvas, (struct rect){ strip.x + x, strip.y, 1, strip.h },
                        held == CELLS_LATER ? ' '
                        : held >= 20        ? glyphs->empty
                                            : glyphs->free,
                        on_track(ROLE_QUIET));
            continue;
        }
        bool known =
            timeline_lane(column->timeline, column->run, holder, &lane) && lane.id == holder;
        if (!known)
            lane = (struct lane_brief){ .role = ROLE_WORKER, .index = holder };
        uint32_t code = known ? part_lane_code(&lane) : glyphs->held;
        canvas_fill(column->canvas, (struct rect){ strip.x + x, strip.y, 1, strip.h }, code,
                    style_on(ROLE_BACK, part_lane_colour(&lane), 0));
    }
}

static void draw_gil(const struct column *column, bool off)
{
    int row = column->rows->gil;
    char text[TEXT_SIZE * 2], name[TEXT_SIZE];
    uint32_t waiters = 0;
    column_label(column, row, "GIL");
    if (off || column->brief.gils == 0) {
        words(column, row, off ? "off" : "none");
        return;
    }
    struct gil_moment moment;
    for (size_t i = 0; i < column->brief.gils; i++) {
        timeline_gil_at(column->timeline, column->run, i, column->moment, &moment);
        waiters += moment.waiters;
    }
    if (column->brief.gils > 1) {
        words(column, row, "one each");
        snprintf(text, sizeof text, "+%u", waiters);
        column_value(column, row, style_role(ROLE_TEXT), text);
        return;
    }
    draw_gil_strip(column);
    struct style style = style_bold(ROLE_TEXT);
    const char *off_core = "";
    if (moment.holder == LANE_NONE)
        snprintf(name, sizeof name, "free");
    else
        holder_name(column, moment.holder, name, sizeof name);
    if (moment.holder != LANE_NONE && moment.holder_off_core) {
        style = style_bold(ROLE_WARN);
        off_core = column->widths.value >= 11 ? " off core" : " off";
    }
    snprintf(text, sizeof text, "%s%s +%u", name, off_core, waiters);
    if ((int)strlen(text) >
        column->widths.value) /* who is off its core matters more than how many wait */
        snprintf(text, sizeof text, off_core[0] != '\0' ? "%s%s" : "%s%s+%u", name, off_core,
                 waiters);
    if ((int)strlen(text) > column->widths.value && off_core[0] != '\0')
        snprintf(text, sizeof text, "no core"); /* its name is in the strip, too */
    column_value(column, row, style, text);
}

static void draw_queue(const struct column *column)
{
    int row = column->rows->queue, values[COLUMN_STRIP_MAX];
    char text[TEXT_SIZE];
    for (int x = 0; x < column->widths.strip; x++) {
        uint64_t t0, t1;
        values[x] = CHART_NOTHING;
        if (!sweep_cell(&column->sweep, x, &t0, &t1) || column->most_queue == 0)
            continue;
        struct cell_ask cell = cell_of(column, 0, t0, t1);
        uint64_t depth = cells_queue_max(column->look->cells, column->timeline, &cell);
        values[x] = (int)(depth * 1000 / column->most_queue);
    }
    widget_chart(column->canvas, column_strip(column, row, column->rows->queue_h),
                 column->look->glyphs, values, on_track(ROLE_CHART));
    column_label(column, row, "queue");
    format_count(text, sizeof text,
                 timeline_queue_depth(column->timeline, column->run, column->moment));
    column_value(column, row, style_role(ROLE_TEXT), text);
}

static void draw_switches(const struct column *column)
{
    uint64_t from = rate_from(column), voluntary, involuntary;
    uint64_t span = column->moment - from;
    char v[TEXT_SIZE], i[TEXT_SIZE], text[TEXT_SIZE * 3];
    if (span >= RATE_LEAST_NS && timeline_switches(column->timeline, column->run, from,
                                                   column->moment, &voluntary, &involuntary)) {
        format_count(v, sizeof v, voluntary * NS_PER_S / span);
        format_count(i, sizeof i, involuntary * NS_PER_S / span);
        snprintf(text, sizeof text,
                 column->rect.w >= 44 ? "%s voluntary  %s involuntary" : "%s vol %s inv", v, i);
        size_t used = strlen(text);
        if (column->rect.w >= 52)
            snprintf(text + used, sizeof text - used, "  (%s)",
                     switch_source_names[column->brief.source]);
    } else if (column->brief.source == SOURCE_RUSAGE) {
        snprintf(text, sizeof text, "n/a (rusage)"); /* counts come when a lane ends */
    } else {
        snprintf(text, sizeof text, "n/a");
    }
    canvas_textf(column->canvas, column->rect.x, column->rect.y + column->rows->switches,
                 column->rect.w, style_role(ROLE_QUIET), "switch/s");
    canvas_text(column->canvas, column->rect.x + 9, column->rect.y + column->rows->switches,
                column->rect.w - 9, style_role(ROLE_TEXT), text);
}

static void draw_memory(const struct column *column)
{
    const struct timeline *timeline = column->timeline;
    int64_t pss = timeline_memory(timeline, column->run, MEMORY_PSS, column->moment);
    int64_t rss = timeline_memory(timeline, column->run, MEMORY_RSS, column->moment);
    int64_t kernel = timeline_memory(timeline, column->run, MEMORY_KERNEL, column->moment);
    char size[TEXT_SIZE], more[TEXT_SIZE], text[TEXT_SIZE * 4];
    /* RSS counts shared pages once per process, so it stands in only where PSS never came. */
    bool shared = pss < 0 && column->brief.over;
    text_kib(size, shared ? rss : pss);
    snprintf(text, sizeof text, "%s%s", size, pss >= 0 ? " PSS" : shared && rss >= 0 ? " RSS" : "");
    if (column->rect.w >= 44 && kernel > 0) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "  + about %s in the kernel",
                 text_kib(more, kernel));
    }
    column_label(column, column->rows->memory, "memory");
    words(column, column->rows->memory, text);
}

static void draw_histogram(const struct column *column)
{
    /* figures_latency_bins: 10 us to 100 s, seven decades */
    static const char *const decades[] = { "10us", "100us", "1ms", "10ms", "100ms", "1s", "10s" };
    uint32_t bins[COLUMN_STRIP_MAX] = { 0 }, most = 0;
    int values[COLUMN_STRIP_MAX],
        width = column->rect.w < COLUMN_STRIP_MAX ? column->rect.w : COLUMN_STRIP_MAX;
    int height = column->rows->histogram_h, step = width >= 49 ? 1 : 2;
    if (height < 2 || width <= 0)
        return;
    figures_latency_bins(column->timeline, column->run, 0, column->moment, bins, (size_t)width);
    for (int x = 0; x < width; x++)
        most = bins[x] > most ? bins[x] : most;
    for (int x = 0; x < width; x++)
        values[x] = most > 0 ? (int)((uint64_t)bins[x] * 1000 / most) : 0;
    struct rect chart = { column->rect.x, column->rect.y + column->rows->histogram, width,
                          height - 1 };
    canvas_fill(column->canvas, chart, ' ', on_track(ROLE_TEXT));
    widget_chart(column->canvas, chart, column->look->glyphs, values, on_track(ROLE_CHART));
    for (int i = 0; i < 7; i += step)
        canvas_text(column->canvas, chart.x + i * width / 7, chart.y + chart.h,
                    width - i * width / 7, style_role(ROLE_QUIET), decades[i]);
}

static void draw_latency(const struct column *column)
{
    struct figures_latency latency;
    char p50[TEXT_SIZE], p99[TEXT_SIZE], max[TEXT_SIZE], text[TEXT_SIZE * 4];
    figures_latency_at(column->timeline, column->run, column->moment, &latency);
    text_ms(p50, latency.p50);
    text_ms(p99, latency.p99);
    if (column->rect.w >= 44)
        snprintf(text, sizeof text, "latency  p50 %s  p99 %s  max %s", p50, p99,
                 text_ms(max, latency.max));
    else
        snprintf(text, sizeof text, "p50 %s  p99 %s", p50, p99);
    canvas_text(column->canvas, column->rect.x, column->rect.y + column->rows->latency,
                column->rect.w, style_role(ROLE_TEXT), text);
    draw_histogram(column);
}

void column_meters(const struct column *column, bool gil_off)
{
    draw_progress(column);
    draw_cores(column);
    draw_gil(column, gil_off);
    if (column->rows->queue_h > 0)
        draw_queue(column);
    if (column->rows->figures_h == 0)
        return;
    draw_switches(column);
    draw_memory(column);
    draw_latency(column);
}
