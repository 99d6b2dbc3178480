/*
 * From a race to an output's bytes. Invariant: an output is told those options only that it takes, so
 * what several are given at once says to each what it would say to it alone.
 */
#include "command/exports.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static void name_takers(unsigned takes, char *names, size_t size)
{
    names[0] = '\0';
    for (size_t k = 0; outputs[k] != NULL; k++) {
        size_t used = strlen(names);
        if ((outputs[k]->takes & takes) != 0)
            snprintf(names + used, size - used, "%s%s", used > 0 ? ", " : "", outputs[k]->name);
    }
}

static bool given_fits(const struct option_given *given, const struct output *const *chosen,
                       size_t count, struct error *error)
{
    char names[200];
    for (size_t i = 0; i < count; i++)
        if ((chosen[i]->takes & given->takes) != 0)
            return true;
    name_takers(given->takes, names, sizeof names);
    if (count == 1)
        return error_set(error, "%s: the format '%s' makes nothing of it; it is for %s",
                         given->name, chosen[0]->name, names);
    if (count == 0)
        return error_set(error, "%s: there is nothing to export; give --export FORMAT:FILE too",
                         given->name);
    return error_set(error, "%s: none of the formats makes something of it; it is for %s",
                     given->name, names);
}

bool exports_fit(const struct options *options, const struct output *const *chosen, size_t count,
                 struct error *error)
{
    for (size_t i = 0; i < options->given_count; i++)
        if (!given_fits(&options->given[i], chosen, count, error))
            return false;
    if (options->how.until_ns != 0 && options->how.until_ns <= options->how.from_ns)
        return error_set(error, "--until: is not after --from; give a later time");
    if (options->how.still && (options->how.from_ns != 0 || options->how.until_ns != 0 ||
                               options->how.speed > 0 || options->how.fps > 0))
        return error_set(error, "--at: a still has no span and no speed; leave out one of both");
    return true;
}

/* What this output takes of what was typed. */
static struct output_options how_of(const struct options *options, const struct output *output)
{
    struct output_options how = { .count = 1 };
    const struct output_options *typed = &options->how;
    if ((output->takes & TAKES_SPAN) != 0) {
        how.from_ns = typed->from_ns;
        how.until_ns = typed->until_ns;
    }
    if ((output->takes & TAKES_AT) != 0) {
        how.still = typed->still;
        how.at_ns = typed->at_ns;
    }
    if ((output->takes & TAKES_BIN) != 0)
        how.bin_ns = typed->bin_ns;
    if ((output->takes & TAKES_SPEED) != 0) {
        how.speed = typed->speed;
        how.fps = typed->fps;
    }
    if ((output->takes & TAKES_SIZE) != 0) {
        how.cols = typed->cols;
        how.rows = typed->rows;
    }
    if ((output->takes & TAKES_LOOKS) != 0)
        how.theme = typed->theme;
    if ((output->takes & TAKES_VIEW) != 0) {
        how.view = typed->view;
        how.ascii = typed->ascii;
    }
    return how;
}

static bool next_events(void *source, const struct event **events, size_t *count,
                        struct error *error)
{
    (void)error;
    follow_next(source, events, count); /* what is damaged was told when the timeline was made */
    return true;
}

bool exports_write(const struct output *output, const struct timeline *timeline,
                   struct follow *events, struct deliver *deliver, const struct options *options,
                   struct error *error)
{
    struct output_options how = how_of(options, output);
    const struct timeline *const one[] = { timeline };
    how.timelines = one;
    how.events = next_events;
    how.source = events;
    if (how.from_ns > timeline_length(timeline))
        return error_set(error, "--from: the race lasts %.6gs only; give an earlier time",
                         (double)timeline_length(timeline) / NS_PER_S);
    return deliver_write(deliver, output, &how, error);
}
