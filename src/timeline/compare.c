/*
 * What differs between recordings that stand side by side. The first one is what the others are held
 * against. Time in a state is told per task that was done, so that recordings of unlike length can be
 * compared; the state that grew most is the one whose time per task did, whatever its share.
 *
 * It draws no conclusion: a reader sees what was set differently above what came of it.
 */
#include "timeline/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/format.h"
#include "timeline/run.h"

static const double alike = 0.05; /* less than that is told as the same */

struct side {
    size_t run;
    const struct meta_run *meta;
    struct figures figures;
    double state_ns[STATE_COUNT]; /* of all workers, per task done */
};

/* ---- what was set differently ---- */

static void put_params(const struct timeline *timeline, size_t one, size_t other,
                       struct buffer *text)
{
    const struct meta *meta = timeline_meta(timeline);
    size_t told = 0;
    for (uint32_t i = 0; i < meta->param_count && i < META_PARAMS_MAX; i++) {
        int64_t a = meta->runs[one].params[i], b = meta->runs[other].params[i];
        char from[32], to[32];
        if (a == b)
            continue;
        mark_value_text(meta->params[i].unit, a, from, sizeof from);
        mark_value_text(meta->params[i].unit, b, to, sizeof to);
        buffer_printf(text, "%s%s %s instead of %s", told++ > 0 ? ", " : "", meta->params[i].name,
                      to, from);
    }
    uint32_t a = meta->runs[one].cores, b = meta->runs[other].cores;
    if (a != b)
        buffer_printf(text, "%s%u core%s instead of %u", told++ > 0 ? ", " : "", b,
                      b == 1 ? "" : "s", a);
    if (told == 0)
        buffer_text(text, "the same");
}

/* ---- what came of it ---- */

static void look_at(const struct timeline *timeline, size_t run, struct side *side)
{
    struct run_brief brief;
    uint64_t ns[STATE_COUNT];
    side->run = run;
    side->meta = &timeline_meta(timeline)->runs[run];
    figures_at(timeline, run, UINT64_MAX, &side->figures);
    timeline_run(timeline, run, &brief);
    timeline_run_shares(timeline, run, 0, brief.length_ns, ns);
    for (size_t i = 0; i < STATE_COUNT; i++)
        side->state_ns[i] =
            side->figures.tasks.done > 0 ? (double)ns[i] / (double)side->figures.tasks.done : 0;
}

/* What decides: the wall time; of a service, which lasts as long as it is let, the p99. */
static struct figure measure_of(const struct timeline *timeline, const struct side *side)
{
    if (timeline_meta(timeline)->kind == META_SERVICE)
        return side->figures.latency_ms_p99;
    struct figure wall = side->figures.wall_s;
    wall.value *= 1000;
    return wall;
}

static const char *text_ms(double ms, char text[FORMAT_SIZE])
{
    return format_duration(text, FORMAT_SIZE, format_whole(ms * (double)NS_PER_MS));
}

/* The state whose time per task grew most (sign 1) or shrank most (-1), by a hundredth of all time
 * or more; STATE_NONE: none did. What has no work waits for nothing. */
static enum state most_changed(const struct side *one, const struct side *other, int sign)
{
    enum state most = STATE_NONE;
    double change = 0;
    for (enum state state = 0; state < STATE_COUNT; state++)
        change += one->state_ns[state] / 100;
    for (enum state state = 0; state < STATE_COUNT; state++) {
        double grew = (other->state_ns[state] - one->state_ns[state]) * sign;
        if (state != STATE_IDLE && grew > change) {
            most = state;
            change = grew;
        }
    }
    return most;
}

static void put_states(const struct side *one, const struct side *other, struct buffer *text)
{
    if (one->figures.tasks.done == 0 || other->figures.tasks.done == 0)
        return;
    enum state grew = most_changed(one, other, 1), shrank = most_changed(one, other, -1);
    enum state state = grew != STATE_NONE ? grew : shrank;
    char now[FORMAT_SIZE], before[FORMAT_SIZE];
    if (grew == STATE_NONE)
        buffer_text(text, " No kind of wait grew.");
    if (state == STATE_NONE)
        return;
    text_ms(other->state_ns[state] / (double)NS_PER_MS, now);
    text_ms(one->state_ns[state] / (double)NS_PER_MS, before);
    buffer_printf(text, " What %s most is the time in which a worker %s: %s a task, %s in %s.",
                  grew != STATE_NONE ? "grew" : "shrank", state_rows[state].word, now, before,
                  one->meta->file);
}

static void compare_runs(const struct timeline *timeline, const struct side *one,
                         const struct side *other, struct buffer *text)
{
    struct figure before = measure_of(timeline, one), now = measure_of(timeline, other);
    const char *what = timeline_meta(timeline)->kind == META_SERVICE ? "p99" : "wall time";
    char from[FORMAT_SIZE], to[FORMAT_SIZE];
    buffer_printf(text, "%s: ", other->meta->model);
    if (one->figures.status != RUN_DONE || other->figures.status != RUN_DONE) {
        buffer_printf(text, "%s in %s, %s in %s.", run_status_names[other->figures.status],
                      other->meta->file, run_status_names[one->figures.status], one->meta->file);
        return;
    }
    if (!before.known || !now.known || before.value <= 0 || now.value <= 0) {
        buffer_printf(text, "%s n/a.", what);
        return;
    }
    text_ms(now.value, to);
    text_ms(before.value, from);
    double ratio = now.value / before.value;
    buffer_printf(text, "%s %s in %s, %s in %s", what, to, other->meta->file, from,
                  one->meta->file);
    if (fabs(ratio - 1) < alike)
        buffer_printf(text, ": the same within %.0f %%.", alike * 100);
    else if (ratio > 1)
        buffer_printf(text, ": %.2f x as long.", ratio);
    else
        buffer_printf(text, ": %.2f x as fast.", 1 / ratio);
    put_states(one, other, text);
}

/* ---- the whole ---- */

static void add_line(struct compare *compare, struct buffer *text)
{
    if (compare->count < COMPARE_LINES)
        snprintf(compare->lines[compare->count++], COMPARE_ROOM, "%s", buffer_string(text));
    buffer_cut(text, 0);
}

/* The run of the first recording that carries the same model (of equals the one of the same place),
 * or `runs`. */
static size_t counterpart(const struct meta *meta, size_t runs, size_t run)
{
    size_t same = 0, place = 0;
    for (size_t i = 0; i < run; i++)
        place += strcmp(meta->runs[i].file, meta->runs[run].file) == 0 &&
                 strcmp(meta->runs[i].model, meta->runs[run].model) == 0;
    for (size_t i = 0; i < runs && strcmp(meta->runs[i].file, meta->runs[0].file) == 0; i++)
        if (strcmp(meta->runs[i].model, meta->runs[run].model) == 0 && same++ == place)
            return i;
    return runs;
}

void compare_files(const struct timeline *timeline, struct compare *compare)
{
    const struct meta *meta = timeline_meta(timeline);
    size_t runs = timeline_runs(timeline);
    struct buffer text = { 0 };
    compare->count = 0;
    if (meta == NULL || runs == 0 || meta->runs[0].file[0] == '\0')
        return;
    struct side *one = mem_zero(2, sizeof *one), *other = one + 1;
    for (size_t run = 1; run < runs; run++) {
        const struct meta_run *of = &meta->runs[run];
        if (strcmp(of->file, meta->runs[0].file) == 0)
            continue;
        if (strcmp(of->file, meta->runs[run - 1].file) != 0) {
            buffer_printf(&text, "in %s against %s: ", of->file, meta->runs[0].file);
            put_params(timeline, 0, run, &text);
            buffer_byte(&text, '.');
            add_line(compare, &text);
        }
        size_t first = counterpart(meta, runs, run);
        if (first == runs) {
            buffer_printf(&text, "%s: only in %s.", of->model, of->file);
        } else {
            look_at(timeline, first, one);
            look_at(timeline, run, other);
            compare_runs(timeline, one, other, &text);
        }
        add_line(compare, &text);
    }
    free(one);
    buffer_fini(&text);
}
