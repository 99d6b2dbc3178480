/*
 * The table of outputs. To add one: its file here, its row here.
 */
#include <stddef.h>
#include <string.h>

#include "output/output.h"
#include "output/rows.h"

const struct output *const outputs[] = {
    &output_text, &output_json,     &output_csv,  &output_csv_events, &output_csv_report,
    &output_html, &output_perfetto, &output_cast, &output_cast_v3,    &output_svg,
    NULL,
};

const struct output *output_find(const char *name)
{
    for (size_t i = 0; outputs[i] != NULL; i++)
        if (strcmp(outputs[i]->name, name) == 0)
            return outputs[i];
    return NULL;
}

const struct output *output_find_report(const char *name)
{
    for (size_t i = 0; outputs[i] != NULL; i++)
        if (outputs[i]->report != NULL && strcmp(outputs[i]->report, name) == 0)
            return outputs[i];
    return NULL;
}

const char *const output_views[] = { "race", "detail", "score", NULL };

bool output_goes_on(const struct output_options *options, FILE *into, uint64_t done, uint64_t of,
                    struct error *error)
{
    if (ferror(into))
        return error_set(error, "it could not be written whole");
    if (options->progress == NULL || options->progress(options->context, done, of))
        return true;
    return error_set(error, "interrupted");
}

uint64_t output_until(const struct output_options *options)
{
    uint64_t until = timeline_length(options->timelines[0]);
    if (options->until_ns != 0 && options->until_ns < until)
        until = options->until_ns;
    return until > options->from_ns ? until : options->from_ns;
}

/* Into run time; false: it is of no run, or not in the span. What comes before go is put there. */
static bool of_span(const struct output_options *options, struct event *event)
{
    const struct timeline *timeline = options->timelines[0];
    if (event->run >= timeline_runs(timeline) || event->kind == EVENT_NONE ||
        event->kind >= EVENT_KIND_COUNT)
        return false;
    struct run_brief brief;
    timeline_run(timeline, event->run, &brief);
    if (!brief.gone)
        return false;
    event->time = event->time > brief.go_ns ? event->time - brief.go_ns : 0;
    return event->time >= options->from_ns &&
           (options->until_ns == 0 || event->time <= options->until_ns);
}

uint64_t output_events(const struct timeline *timeline)
{
    double count = 1;
    for (size_t run = 0; run < timeline_runs(timeline); run++) {
        struct figures figures;
        figures_at(timeline, run, UINT64_MAX, &figures);
        count += figures.events_seen.known ? figures.events_seen.value : 0;
    }
    return (uint64_t)count;
}

bool output_next_event(const struct output_options *options, struct output_walk *walk,
                       struct event *event, struct error *error)
{
    if (walk->done == 0)
        error->text[0] = '\0';
    for (;;) {
        if (walk->next == walk->count) {
            walk->next = 0;
            if (!options->events(options->source, &walk->events, &walk->count, error))
                return false;
            if (walk->count == 0)
                return false;
        }
        *event = walk->events[walk->next++];
        walk->done++;
        if (of_span(options, event))
            return true;
    }
}
