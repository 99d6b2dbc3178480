/*
 * The format `csv-events`: the trace itself, a row per event in file order, for whoever wants to
 * reckon. Time is ns of run time; what comes before go is at 0. What `object`, `a` and `b` are is said
 * by the kind. Names stand where there are any.
 */
#include <stdio.h>

#include "output/escape.h"
#include "output/rows.h"

enum { LOOK_EVERY = 4096 };

static void put_name(FILE *into, const struct timeline *timeline, const struct event *event)
{
    size_t lane;
    struct lane_brief brief;
    if (event->lane != LANE_NONE && timeline_lane_index(timeline, event->run, event->lane, &lane) &&
        timeline_lane(timeline, event->run, lane, &brief))
        escape_csv(into, brief.name);
}

/* An id that is none is an empty field. */
static void put_id(FILE *into, uint32_t id)
{
    fputc(',', into);
    if (id != UINT32_MAX)
        fprintf(into, "%u", id);
}

static bool write_events(const struct output_options *options, FILE *into, struct error *error)
{
    const struct timeline *timeline = options->timelines[0];
    const struct meta *meta = timeline_meta(timeline);
    if (meta == NULL)
        return error_set(error, "the recording holds no race");
    fputs("time_ns,run,model,kind,lane,lane_name,object,a,b\r\n", into);
    struct output_walk walk = { 0 };
    struct event event;
    uint64_t all = output_events(timeline);
    while (output_next_event(options, &walk, &event, error)) {
        fprintf(into, "%llu,%u,%s,%s", (unsigned long long)event.time, event.run,
                meta->runs[event.run].model, event_name(event.kind));
        put_id(into, event.lane);
        fputc(',', into);
        put_name(into, timeline, &event);
        put_id(into, event.object);
        fprintf(into, ",%u,%llu\r\n", event.a, (unsigned long long)event.b);
        if (walk.done % LOOK_EVERY == 0 && !output_goes_on(options, into, walk.done, all, error))
            return false;
    }
    if (error->text[0] != '\0')
        return false;
    return !ferror(into) || error_set(error, "the events could not be written whole");
}

const struct output output_csv_events = {
    .name = "csv-events",
    .help = "the trace itself, a row per event",
    .takes = TAKES_SPAN | TAKES_EVENTS,
    .write = write_events,
};
