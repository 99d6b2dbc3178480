/*
 * The exports of a recording of a stranger, whose checksums are made right: one format of an input, of
 * all of it or of a part, small and with few frames. What is written goes nowhere.
 */
#include "fuzz.h"

#include "output/output.h"
#include "stranger.h"

#include <stdlib.h>

static bool next_events(void *source, const struct event **events, size_t *count,
                        struct error *error)
{
    return recording_next(source, UINT64_MAX, events, count, error);
}

/* Long work is given up after some steps: a hostile race may last for centuries. */
static bool few_steps(void *context, uint64_t done, uint64_t of)
{
    int *left = context;
    (void)done;
    (void)of;
    return --*left > 0;
}

static size_t output_count(void)
{
    size_t count = 0;
    while (outputs[count] != NULL)
        count++;
    return count;
}

static void export_one(const struct timeline *timeline, int fd, const uint8_t *data, size_t size)
{
    static const uint64_t bins[] = { 0, 1000, 1000000 };
    const struct output *output = outputs[stranger_dice(data, size, 0, output_count())];
    const uint64_t length_ns = timeline_length(timeline);
    struct error error;
    struct recording *again = recording_of_fd(fd, &error);
    FILE *nowhere = fopen("/dev/null", "w");
    if (nowhere == NULL || again == NULL)
        abort();
    int left = 40;
    const struct output_options how = {
        .timelines = &timeline,
        .count = 1,
        .cols = 64,
        .rows = 18,
        .fps = 1,
        .from_ns = stranger_dice(data, size, 1, 2) * (length_ns / 3),
        .until_ns = stranger_dice(data, size, 2, 2) * (length_ns / 2),
        .still = stranger_dice(data, size, 3, 2) == 0,
        .at_ns = stranger_dice(data, size, 4, 2) == 0 ? UINT64_MAX : length_ns / 2,
        .bin_ns = bins[stranger_dice(data, size, 5, 3)],
        .view = output_views[stranger_dice(data, size, 6, 3)],
        .events = next_events,
        .source = again,
        .progress = few_steps,
        .context = &left,
    };
    output->write(&how, nowhere, &error);
    fclose(nowhere);
    recording_close(again);
}

void fuzz_export(const uint8_t *data, size_t size)
{
    int fd = stranger_file(data, size, true);
    struct timeline *timeline = timeline_new();
    stranger_read(fd, timeline);
    if (timeline_meta(timeline) != NULL)
        export_one(timeline, fd, data, size);
    timeline_free(timeline);
}
