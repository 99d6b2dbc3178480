/*
 * Charts of a run. Time is cut into bins; a strip shows in each bin what lasted longest, a stack all of
 * it. Bins that show the same side by side are one shape, and all shapes of one colour in a row are
 * one path.
 */
#include "output/chart.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/format.h"
#include "base/memory.h"
#include "output/escape.h"
#include "timeline/figures.h"

enum {
    BINS = 240,
    BIN = 4,    /* units of a bin */
    LEFT = 90,  /* labels */
    RIGHT = 10, /* the last tick's words */
    WIDE = LEFT + BINS * BIN + RIGHT,
    ROW = 12,
    GAP = 3,
    CHART = 30,
    STACK = 60,
    LANES_MOST = 24,
    GILS_MOST = 8,
    HOLDERS = 8,
};

struct chart {
    FILE *into;
    const struct timeline *timeline;
    size_t run;
    struct run_brief brief;
    uint64_t bin_ns;
    int bins; /* up to where the run went */
    int y;    /* where the next row begins */
    struct buffer body;
};

static void put_label(struct chart *chart, int middle, const char *label)
{
    buffer_printf(&chart->body, "<text x=\"%d\" y=\"%d\" class=\"l\">%s</text>", LEFT - 6,
                  middle + 4, label);
}

static void put_track(struct chart *chart, int h)
{
    buffer_printf(&chart->body, "<path class=\"t\" d=\"M%d %dh%dv%dh-%dz\"/>", LEFT, chart->y,
                  BINS * BIN, h, BINS * BIN);
}

/* ---- strips ---- */

/* What lasted longest in each bin, as a number of a palette; -1: nothing. */
static void put_strip(struct chart *chart, const int values[BINS], const char *palette, int count)
{
    put_track(chart, ROW);
    for (int value = 0; value < count; value++) {
        bool began = false;
        for (int bin = 0, end; bin < chart->bins; bin = end) {
            end = bin + 1;
            if (values[bin] != value)
                continue;
            while (end < chart->bins && values[end] == value)
                end++;
            if (!began)
                buffer_printf(&chart->body, "<path style=\"fill:var(--%s%d)\" d=\"", palette,
                              value);
            began = true;
            buffer_printf(&chart->body, "M%d %dh%dv%dh-%dz", LEFT + bin * BIN, chart->y,
                          (end - bin) * BIN, ROW, (end - bin) * BIN);
        }
        if (began)
            buffer_text(&chart->body, "\"/>");
    }
    chart->y += ROW + GAP;
}

static int most_of(const uint64_t ns[STATE_COUNT])
{
    int most = -1;
    for (int state = 0; state < STATE_COUNT; state++)
        if (ns[state] > 0 && (most < 0 || ns[state] > ns[most]))
            most = state;
    return most;
}

static void put_lane(struct chart *chart, size_t lane, const char *name)
{
    uint64_t(*ns)[STATE_COUNT] = mem_zero(BINS, sizeof *ns);
    int values[BINS];
    timeline_lane_strip(chart->timeline, chart->run, lane, 0, chart->bin_ns, BINS, ns);
    for (int bin = 0; bin < BINS; bin++)
        values[bin] = most_of(ns[bin]);
    put_label(chart, chart->y + ROW / 2, name);
    put_strip(chart, values, "s", STATE_COUNT);
    free(ns);
}

static void put_lanes(struct chart *chart)
{
    size_t shown = 0, workers = 0;
    struct lane_brief brief;
    for (size_t lane = 0; lane < chart->brief.lanes; lane++) {
        if (!timeline_lane(chart->timeline, chart->run, lane, &brief) ||
            !role_is_worker(brief.role))
            continue;
        if (++workers <= LANES_MOST) {
            put_lane(chart, lane, brief.name);
            shown++;
        }
    }
    if (workers > shown) {
        buffer_printf(&chart->body, "<text x=\"%d\" y=\"%d\">+ %zu more lanes</text>", LEFT,
                      chart->y + ROW - 2, workers - shown);
        chart->y += ROW + GAP;
    }
}

static void put_gil(struct chart *chart, size_t gil)
{
    int values[BINS];
    char label[32];
    for (int bin = 0; bin < BINS; bin++) {
        uint32_t held, t0 = (uint32_t)bin;
        uint32_t lane = timeline_gil_most(chart->timeline, chart->run, gil, t0 * chart->bin_ns,
                                          (t0 + 1) * chart->bin_ns, &held);
        values[bin] = lane == LANE_NONE || held == 0 ? -1 : (int)(lane % HOLDERS);
    }
    snprintf(label, sizeof label, chart->brief.gils > 1 ? "GIL %zu" : "GIL", gil);
    put_label(chart, chart->y + ROW / 2, label);
    put_strip(chart, values, "h", HOLDERS);
}

/* ---- values ---- */

/* Steps from the foot, of values that are shares of the most. */
static void put_steps(struct chart *chart, const double values[BINS], double most, int h)
{
    put_track(chart, h);
    buffer_printf(&chart->body, "<path class=\"c\" d=\"M%d %d", LEFT, chart->y + h);
    for (int bin = 0; bin < chart->bins; bin++) {
        double high = most > 0 && values[bin] > 0 ? values[bin] / most * h : 0;
        buffer_printf(&chart->body, "V%.1fh%d", chart->y + h - high, BIN);
    }
    buffer_printf(&chart->body, "V%dz\"/>", chart->y + h);
    chart->y += h + GAP;
}

static void put_core(struct chart *chart, uint32_t core)
{
    double values[BINS];
    char label[32];
    bool known = false;
    for (uint32_t bin = 0; bin < BINS; bin++) {
        int permille = timeline_core_busy(chart->timeline, chart->run, core, bin * chart->bin_ns,
                                          (bin + 1) * chart->bin_ns);
        known = known || permille >= 0;
        values[bin] = permille < 0 ? 0 : permille;
    }
    snprintf(label, sizeof label, "core %u%s", core, known ? "" : ": n/a");
    put_label(chart, chart->y + CHART / 2, label);
    put_steps(chart, values, 1000, CHART);
}

static void put_queue(struct chart *chart)
{
    double values[BINS], most = 0;
    char label[32];
    for (uint32_t bin = 0; bin < BINS; bin++) {
        values[bin] = timeline_queue_max(chart->timeline, chart->run, bin * chart->bin_ns,
                                         (bin + 1) * chart->bin_ns);
        if ((int)bin < chart->bins && values[bin] > most)
            most = values[bin];
    }
    snprintf(label, sizeof label, "queue %.0f", most);
    put_label(chart, chart->y + CHART / 2, label);
    put_steps(chart, values, most, CHART);
}

/* All workers: the share of each state, the first at the foot. */
static void put_stack(struct chart *chart)
{
    uint64_t(*ns)[STATE_COUNT] = mem_zero(BINS, sizeof *ns);
    double foot[BINS] = { 0 };
    timeline_run_strip(chart->timeline, chart->run, 0, chart->bin_ns, BINS, ns);
    put_label(chart, chart->y + STACK / 2, "all lanes");
    put_track(chart, STACK);
    for (int state = 0; state < STATE_COUNT; state++) {
        bool began = false;
        for (int bin = 0; bin < chart->bins; bin++) {
            double all = 0;
            for (int i = 0; i < STATE_COUNT; i++)
                all += (double)ns[bin][i];
            double high = all > 0 ? (double)ns[bin][state] / all * STACK : 0;
            if (high < 0.05)
                continue;
            if (!began)
                buffer_printf(&chart->body, "<path style=\"fill:var(--s%d)\" d=\"", state);
            began = true;
            buffer_printf(&chart->body, "M%d %.1fh%dv-%.1fh-%dz", LEFT + bin * BIN,
                          chart->y + STACK - foot[bin], BIN, high, BIN);
            foot[bin] += high;
        }
        if (began)
            buffer_text(&chart->body, "\"/>");
    }
    chart->y += STACK + GAP;
    free(ns);
}

/* ---- the axis ---- */

static void put_axis(struct chart *chart, uint64_t length_ns)
{
    enum { TICKS = 5 };
    for (int i = 0; i < TICKS; i++) {
        char text[FORMAT_SIZE];
        int x = LEFT + BINS * BIN * i / (TICKS - 1);
        format_duration(text, sizeof text, length_ns / (TICKS - 1) * (uint64_t)i);
        buffer_printf(&chart->body,
                      "<path class=\"a\" d=\"M%d %dv5\"/><text x=\"%d\" y=\"%d\" "
                      "class=\"%s\">%s</text>",
                      x, chart->y, x, chart->y + 17,
                      i == 0           ? "f"
                      : i == TICKS - 1 ? "l"
                                       : "m",
                      text);
    }
    chart->y += 22;
}

static void put_text(struct chart *chart, const char *text)
{
    char *bytes;
    size_t size;
    FILE *into = open_memstream(&bytes, &size);
    if (into == NULL)
        memory_stop("no memory for a chart");
    escape_xml(into, text);
    fclose(into);
    buffer_append(&chart->body, bytes, size);
    free(bytes);
}

static void put_marks(struct chart *chart)
{
    const struct mark *marks;
    size_t count = timeline_marks(chart->timeline, chart->run, &marks);
    for (size_t i = 0; i < count; i++) {
        char at[FORMAT_SIZE];
        double x = LEFT + (double)marks[i].t / (double)chart->bin_ns * BIN;
        if (x > LEFT + BINS * BIN)
            x = LEFT + BINS * BIN;
        buffer_printf(&chart->body, "<path class=\"k\" d=\"M%.1f 10l-4 -8h8zv%d\"><title>%s ", x,
                      chart->y - 10, format_duration(at, sizeof at, marks[i].t));
        put_text(chart, marks[i].label);
        buffer_text(&chart->body, "</title></path>");
    }
}

void chart_run(FILE *into, const struct timeline *timeline, size_t run, uint64_t length_ns)
{
    struct chart chart = { .into = into, .timeline = timeline, .run = run, .y = 12 };
    timeline_run(timeline, run, &chart.brief);
    chart.bin_ns = length_ns / BINS + 1;
    chart.bins = (int)(chart.brief.length_ns / chart.bin_ns) + 1;
    chart.bins = chart.bins < BINS ? chart.bins : BINS;
    for (uint32_t core = 0; core < chart.brief.cores; core++)
        put_core(&chart, core);
    for (size_t gil = 0; gil < chart.brief.gils && gil < GILS_MOST; gil++)
        put_gil(&chart, gil);
    put_queue(&chart);
    put_stack(&chart);
    put_lanes(&chart);
    put_marks(&chart);
    put_axis(&chart, length_ns);
    fprintf(into, "<div class=\"w\"><svg viewBox=\"0 0 %d %d\" role=\"img\">%s</svg></div>\n", WIDE,
            chart.y, buffer_string(&chart.body));
    buffer_fini(&chart.body);
}

void chart_latency(FILE *into, const struct timeline *timeline, size_t run)
{
    /* 35 bins over seven decades: five to each. */
    enum { COUNT = 35, BAR = 12, HIGH = 60 };
    static const char *const ticks[] = { "10us", "100us", "1ms", "10ms", "100ms", "1s", "10s" };
    uint32_t bins[COUNT], most = 0;
    figures_latency_bins(timeline, run, 0, UINT64_MAX, bins, COUNT);
    for (int bin = 0; bin < COUNT; bin++)
        most = bins[bin] > most ? bins[bin] : most;
    if (most == 0)
        return;
    fprintf(into,
            "<p class=\"q\">How long its tasks took:</p>\n"
            "<svg class=\"h\" viewBox=\"0 0 %d %d\" role=\"img\"><title>how long tasks took"
            "</title><path class=\"t\" d=\"M0 0h%dv%dH0z\"/><path class=\"c\" d=\"",
            COUNT * BAR, HIGH + 18, COUNT * BAR, HIGH);
    for (int bin = 0; bin < COUNT; bin++) {
        double high = (double)bins[bin] / most * (HIGH - 4);
        if (bins[bin] > 0)
            fprintf(into, "M%d %dv-%.1fh%dv%.1fz", bin * BAR, HIGH, high < 1 ? 1 : high, BAR - 1,
                    high < 1 ? 1 : high);
    }
    fputs("\"/>", into);
    for (int i = 0; i < 7; i++)
        fprintf(into, "<text x=\"%d\" y=\"%d\">%s</text>", i * 5 * BAR, HIGH + 13, ticks[i]);
    fputs("</svg>\n", into);
}
