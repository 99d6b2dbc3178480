/*
 * A recording of a stranger: read to its end as it is, then with every checksum made right (so that
 * what lies behind them is reached too); the timeline is fed and asked all that the screen and the
 * reports ask; and it is packed.
 */
#include "fuzz.h"

#include "output/output.h"
#include "platform/platform.h"
#include "timeline/figures.h"
#include "timeline/verdict.h"
#include "trace/pack.h"
#include "trace/recording_inside.h"
#include "view/view.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file without a name, filled anew each time. */
static int scratch(int *fd)
{
    if (*fd < 0) {
        char path[] = "/tmp/lockstep-fuzz-XXXXXX";
        *fd = platform_unnamed("/dev/shm");
        if (*fd < 0 && (*fd = mkstemp(path)) >= 0)
            unlink(path);
        if (*fd < 0)
            abort();
    }
    if (ftruncate(*fd, 0) != 0)
        abort();
    return *fd;
}

static int raw = -1, packed = -1;

static int file_of(const uint8_t *data, size_t size)
{
    int fd = scratch(&raw);
    if (pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    return fd;
}

/* ---- Asking ---- */

static void draw(const struct timeline *timeline)
{
    struct look look;
    struct canvas canvas;
    look_init(&look);
    canvas_init(&canvas);
    const uint64_t length = timeline_length(timeline);
    for (int part = 0; part <= 2; part++) {
        look.moment = length / 2 * (uint64_t)part;
        look.window_ns = part == 1 ? 1000 : 1000000000;
        look.zoom_ns = part == 2 ? 5000 : 0;
        for (const char *const *name = (const char *const[]){ "race", "detail", "score", NULL };
             *name != NULL; name++) {
            canvas_reset(&canvas, 90 + 20 * part, 24 + 16 * part);
            view_draw(view_find(*name), timeline, &look, &canvas);
        }
    }
    canvas_fini(&canvas);
}

static void report(const struct timeline *timeline)
{
    FILE *nowhere = fopen("/dev/null", "w");
    if (nowhere == NULL)
        abort();
    const struct output_options how = { .timelines = &timeline, .count = 1, .cols = 100 };
    struct error error;
    for (const char *const *name = (const char *const[]){ "text", "json", "csv", NULL };
         *name != NULL; name++)
        output_find(*name)->write(&how, nowhere, &error);
    fclose(nowhere);
}

static void ask(const struct timeline *timeline)
{
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
    report(timeline);
    draw(timeline);
}

/* ---- Reading ---- */

static uint64_t read_all(int fd)
{
    struct error error;
    struct recording *r = recording_of_fd(fd, &error);
    if (r == NULL)
        return 0;
    struct timeline *timeline = timeline_new();
    uint64_t total = 0;
    const struct event *events;
    size_t count;
    bool well;
    while ((well = recording_next(r, UINT64_MAX, &events, &count, &error)) && count > 0) {
        timeline_feed(timeline, events, count);
        if (total == 0)
            timeline_tell(timeline, recording_meta(r, NULL), recording_until(r));
        total += count;
    }
    /* What is not whole says so. */
    if (!recording_ended(r) && well && recording_missing(r) == NULL)
        abort();
    timeline_tell(timeline, recording_meta(r, NULL), recording_until(r));
    ask(timeline);
    timeline_free(timeline);
    recording_close(r);
    return total;
}

static void pack_all(int fd, uint64_t events)
{
    struct error error;
    struct pack *pack = pack_new(fd, scratch(&packed), &error);
    if (pack == NULL)
        return;
    enum pack_state state = pack_move(pack, 0, &error);
    pack_free(pack);
    struct recording *r = state == PACK_DONE ? recording_of_fd(packed, &error) : NULL;
    const struct event *some;
    size_t count;
    uint64_t total = 0;
    while (r != NULL && recording_next(r, UINT64_MAX, &some, &count, &error) && count > 0)
        total += count;
    if (state == PACK_DONE && total != events)
        abort(); /* packing lost something */
    recording_close(r);
}

/* Makes every checksum right. */
static void repair(uint8_t *bytes, size_t size)
{
    struct file_header start;
    struct chunk_header header;
    if (size < sizeof start)
        return;
    memcpy(&start, bytes, sizeof start);
    file_header_seal(&start);
    memcpy(bytes, &start, sizeof start);
    for (size_t at = sizeof start; size - at >= sizeof header;) {
        memcpy(&header, bytes + at, sizeof header);
        size_t left = size - at - sizeof header;
        if (!chunk_lengths_sound(&header) || header.stored > left)
            return;
        chunk_seal(&header, bytes + at + sizeof header);
        memcpy(bytes + at, &header, sizeof header);
        at += sizeof header + header.stored;
    }
}

void fuzz_recording(const uint8_t *data, size_t size)
{
    read_all(file_of(data, size));
    uint8_t *copy = malloc(size + 1);
    if (size > 0)
        memcpy(copy, data, size);
    repair(copy, size);
    int fd = file_of(copy, size);
    pack_all(fd, read_all(fd));
    free(copy);
}
