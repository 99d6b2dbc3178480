/*
 * A recording of a stranger: read to its end as it is, then with every checksum made right; of what
 * that says the timeline is fed, asked, drawn and reported, and it is packed. One view at one moment and
 * one report of an input: each costs more than all of the reading.
 */
#include "fuzz.h"

#include "output/output.h"
#include "stranger.h"
#include "trace/pack.h"
#include "view/view.h"

#include <stdlib.h>

static void draw(const struct timeline *timeline, size_t view, int part)
{
    static const char *const names[] = { "race", "detail", "score" };
    struct look look;
    struct canvas canvas;
    look_init(&look);
    canvas_init(&canvas);
    look.moment = timeline_length(timeline) / 2 * (uint64_t)part;
    look.window_ns = part == 1 ? 1000 : 1000000000;
    look.zoom_ns = part == 2 ? 5000 : 0;
    canvas_reset(&canvas, 90 + 20 * part, 24 + 16 * part);
    view_draw(view_find(names[view]), timeline, &look, &canvas);
    canvas_fini(&canvas);
}

static void report(const struct timeline *timeline, const char *name)
{
    FILE *nowhere = fopen("/dev/null", "w");
    if (nowhere == NULL)
        abort();
    const struct output_options how = { .timelines = &timeline, .count = 1, .cols = 100 };
    struct error error;
    output_find(name)->write(&how, nowhere, &error);
    fclose(nowhere);
}

static void ask(const struct timeline *timeline, const uint8_t *data, size_t size)
{
    static const char *const reports[] = { "text", "json", "csv" };
    if (timeline_meta(timeline) == NULL)
        return;
    for (size_t run = 0; run < timeline_runs(timeline); run++) {
        const struct mark *marks;
        struct run_brief brief;
        timeline_run(timeline, run, &brief);
        if (brief.length_ns > 0 && !brief.gone)
            abort();
        timeline_marks(timeline, run, &marks);
        for (uint64_t t = 0, i = 0; i < 4; i++)
            t = timeline_step(timeline, run, t, 1);
    }
    report(timeline, reports[stranger_dice(data, size, 0, 3)]);
    draw(timeline, stranger_dice(data, size, 1, 3), (int)stranger_dice(data, size, 2, 3));
}

static void pack_all(int fd, uint64_t events)
{
    struct error error;
    int packed = stranger_empty_file();
    struct pack *pack = pack_new(fd, packed, &error);
    if (pack == NULL)
        return;
    enum pack_state state = pack_move(pack, 0, &error);
    pack_free(pack);
    if (state == PACK_DONE && stranger_read(packed, NULL) != events)
        abort(); /* packing lost something */
}

void fuzz_recording(const uint8_t *data, size_t size)
{
    stranger_read(stranger_file(data, size, false), NULL);
    int fd = stranger_file(data, size, true);
    struct timeline *timeline = timeline_new();
    uint64_t events = stranger_read(fd, timeline);
    ask(timeline, data, size);
    timeline_free(timeline);
    if (events > 0)
        pack_all(fd, events);
}
