/*
 * Why a model fits the work, in a sentence made of measured figures: who was first and by how much
 * (or that it is a tie), what the work is, and what the others lost their time on. It says what the
 * figures carry and nothing more; a statement that does not fit is left out whole.
 */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/format.h"
#include "timeline/verdict_rules.h"

/* Wall times closer than that are noise. */
static const double tie_wall = 0.05;

static const char *duration(double seconds_long, char text[FORMAT_SIZE])
{
    return format_duration(text, FORMAT_SIZE, format_whole(seconds_long * (double)NS_PER_S));
}

static const char *memory(const struct contender *contender, char text[FORMAT_SIZE])
{
    return format_bytes(text, FORMAT_SIZE, (uint64_t)(memory_kib_of(contender) * 1024));
}

/* "1.9 times", "89 times". */
static void say_times(struct buffer *why, const char *before, double times, const char *after)
{
    buffer_printf(why, times < 9.95 ? "%s%.1f times %s" : "%s%.0f times %s", before, times, after);
}

static size_t tied(const struct race_view *race)
{
    size_t count = 1;
    double limit = verdict_measure(race, &race->all[0]) * (1 + tie_wall);
    while (count < race->well && verdict_class(race, &race->all[count]) == 0 &&
           verdict_measure(race, &race->all[count]) <= limit)
        count++;
    return count;
}

static void say_tie(struct buffer *why, const struct race_view *race, size_t count)
{
    char least[FORMAT_SIZE], most[FORMAT_SIZE];
    for (size_t i = 0; i < count; i++)
        buffer_printf(why, "%s%s",
                      i == 0           ? ""
                      : i + 1 == count ? " and "
                                       : ", ",
                      noun_of(race->all[i].meta).noun);
    buffer_printf(why, " tie (%s to %s)", duration(verdict_measure(race, &race->all[0]), least),
                  duration(verdict_measure(race, &race->all[count - 1]), most));
}

static void say_first(struct buffer *why, const struct race_view *race)
{
    const struct contender *best = &race->all[0];
    char text[FORMAT_SIZE];
    size_t ties = tied(race);
    if (ties > 1)
        say_tie(why, race, ties);
    else
        buffer_printf(why, "%s finished %s %s", noun_of(best->meta).noun,
                      race->well > 1 ? "first in" : "in",
                      duration(best->figures.wall_s.value, text));
    if (best->figures.tasks.failed > 0)
        buffer_printf(why, " with %llu of %llu tasks failed",
                      (unsigned long long)best->figures.tasks.failed,
                      (unsigned long long)best->figures.tasks.submitted);
    if (best->figures.speedup.known && strcmp(best->meta->model, "serial") != 0)
        say_times(why, ", ", best->figures.speedup.value, "as fast as serial");
    if (race->well == 1)
        buffer_text(why, ", and there is no other to compare it with");
    if (race->well > 1 && ties == 1 && memory_kib_of(best) < 1e18 &&
        memory_kib_of(&race->all[1]) < 1e18 &&
        memory_kib_of(best) > 1.5 * memory_kib_of(&race->all[1])) {
        say_times(why, ", with ", memory_kib_of(best) / memory_kib_of(&race->all[1]),
                  "the memory of ");
        buffer_text(why, noun_of(race->all[1].meta).noun);
    }
}

static void say_delivered(struct buffer *why, const struct race_view *race)
{
    const struct contender *best = &race->all[0];
    char p99[FORMAT_SIZE], space[FORMAT_SIZE];
    const struct figures *figures = &best->figures;
    if (!figures->crowd_due.known) /* driven from outside: nobody counted what was due */
        buffer_printf(why, "%s answered soonest, with a p99 of %s", noun_of(best->meta).noun,
                      duration(figures->latency_ms_p99.value / 1e3, p99));
    else if (best->delivered)
        buffer_printf(why, "%s delivered all of %.0f, with a p99 of %s", noun_of(best->meta).noun,
                      figures->crowd_due.value, duration(figures->latency_ms_p99.value / 1e3, p99));
    else
        buffer_printf(why, "none delivered everything; %s came nearest, with a p99 of %s",
                      noun_of(best->meta).noun, duration(figures->latency_ms_p99.value / 1e3, p99));
    if (memory_kib_of(best) < 1e18)
        buffer_printf(why, " and %s of memory", memory(best, space));
}

/* What another run of a service did worse. */
static void say_service(struct buffer *why, const struct contender *contender)
{
    char p99[FORMAT_SIZE], space[FORMAT_SIZE];
    const struct figures *figures = &contender->figures;
    const char *noun = noun_of(contender->meta).noun;
    if (!contender->delivered && figures->crowd_due.known && figures->crowd_delivered.known)
        buffer_printf(why, "%s missed %.0f of %.0f deliveries", noun,
                      figures->crowd_due.value - figures->crowd_delivered.value,
                      figures->crowd_due.value);
    else
        buffer_printf(why, "%s took %s", noun, duration(figures->latency_ms_p99.value / 1e3, p99));
    if (memory_kib_of(contender) < 1e18)
        buffer_printf(why, " and %s", memory(contender, space));
}

/* Times of a machine that was not the race's alone. */
static void say_taken(struct buffer *why, const struct race_view *race)
{
    double most = 0, taken[META_RUNS_MAX];
    size_t count = 0, said = 0;
    for (size_t i = 0; i < race->well; i++) {
        taken[i] = figures_taken(&race->all[i].figures, race->meta, race->all[i].run);
        most = taken[i] > most ? taken[i] : most;
        count += taken[i] > 0;
    }
    if (count == 0)
        return;
    buffer_printf(why, "others on this machine took up to %.1f cores from ", most);
    for (size_t i = 0; i < race->well; i++)
        if (taken[i] > 0) {
            buffer_printf(why, "%s%s",
                          said == 0           ? ""
                          : said + 1 == count ? " and "
                                              : ", ",
                          noun_of(race->all[i].meta).noun);
            said++;
        }
}

static void say_work(struct buffer *why, const struct race_view *race)
{
    const struct work *work = &race->work;
    const char *who = noun_of(work->seen_in->meta).noun;
    switch (work->kind) {
    case WORK_CPU:
        buffer_printf(why, "the work is CPU-bound (%s wanted a core %d %% of the time)", who,
                      verdict_percent(work->cpu));
        break;
    case WORK_IO:
        buffer_printf(why,
                      "the work is I/O-bound (GIL and lock waits taken out, %s waited for the "
                      "outside %d %% of the time)",
                      who, verdict_percent(work->io));
        break;
    case WORK_MIXED:
        buffer_printf(why, "the work is mixed (%s waited for the outside %d %%, computed %d %%)",
                      who, verdict_percent(work->io), verdict_percent(work->cpu));
        break;
    case WORK_UNKNOWN:
        break;
    }
}

static void say_cores(struct buffer *why, const struct race_view *race)
{
    const struct contender *best = &race->all[0];
    double busy = 0;
    for (size_t i = 0; i < best->figures.cores; i++)
        busy += best->figures.core_busy[i].known ? best->figures.core_busy[i].value : 0;
    if (race->work.kind == WORK_CPU && busy > 1.2)
        buffer_printf(why, "%s kept %.1f of %u cores busy", noun_of(best->meta).noun, busy,
                      best->meta->cores);
}

/* All but the best that lost their time to the same cause, in one statement. */
static void say_cause(struct buffer *why, const struct race_view *race, const struct cause_row *row)
{
    size_t count = 0, said = 0;
    for (size_t i = 1; i < race->well; i++)
        count += cause_of(&race->all[i]) == row;
    for (size_t i = 1; i < race->well; i++) {
        if (cause_of(&race->all[i]) != row)
            continue;
        const char *before = said == 0 ? "" : said + 1 == count ? " and " : ", ";
        buffer_printf(why, "%s%s %s%d %%", before, noun_of(race->all[i].meta).noun,
                      said == 0 ? "spent " : "",
                      verdict_percent(share_of(&race->all[i], row->state)));
        said++;
    }
    if (count == 0)
        return;
    buffer_printf(why, " of their workers' time %s", row->spent);
    if (row->so != NULL)
        buffer_printf(why, ", %s", row->so);
}

static void say_not_well(struct buffer *why, const struct contender *contender)
{
    if (contender->figures.status == RUN_UNSUPPORTED || contender->figures.status <= RUN_LIVE)
        return;
    buffer_printf(why, "%s did not end well (%s)", noun_of(contender->meta).noun,
                  run_status_names[contender->figures.status]);
}

/* Adds a statement to the sentence, if there is one and all of it fits. */
static void join(struct buffer *why, struct buffer *statement, size_t room)
{
    if (statement->size > 0 && why->size + statement->size + 4 < room) {
        buffer_text(why, why->size > 0 ? "; " : "");
        buffer_append(why, statement->data, statement->size);
    }
    buffer_clear(statement);
}

void verdict_say(const struct race_view *race, char *into, size_t room)
{
    struct buffer why, statement;
    buffer_init(&why);
    buffer_init(&statement);
    bool service = race->meta->kind == META_SERVICE;
    if (!race->meta->comparable && race->meta->comparable_reason[0] != '\0')
        buffer_printf(&why, "not comparable (%s)", race->meta->comparable_reason);
    (service ? say_delivered : say_first)(&statement, race);
    join(&why, &statement, room);
    say_taken(&statement, race);
    join(&why, &statement, room);
    if (!service) {
        say_work(&statement, race);
        join(&why, &statement, room);
        say_cores(&statement, race);
        join(&why, &statement, room);
    }
    for (const struct cause_row *row = cause_rows; row->spent != NULL && !service; row++) {
        say_cause(&statement, race, row);
        join(&why, &statement, room);
    }
    for (size_t i = 1; i < race->well && service; i++) {
        say_service(&statement, &race->all[i]);
        join(&why, &statement, room);
    }
    for (size_t i = race->well; i < race->count; i++) {
        say_not_well(&statement, &race->all[i]);
        join(&why, &statement, room);
    }
    buffer_byte(&why, '.');
    snprintf(into, room, "%s", buffer_string(&why));
    buffer_fini(&why);
    buffer_fini(&statement);
}
