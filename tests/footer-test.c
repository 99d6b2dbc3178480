/*
 * trace/: the footer of a recording, read when it is opened. It foretells when each run goes and how
 * far, and where in the file a time is; a footer that cannot be right foretells nothing, and whatever it
 * says, the events are those that were written.
 */
#include "files.h"
#include "trace/footer.h"
#include "trace/pack.h"
#include "trace/recording_inside.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EACH = 20000, RUNS = 3, BATCH = 1000, GAP_NS = 1000 };

static char directory[] = "/tmp/lockstep-footer-XXXXXX";

/* ---- A race in turns: each run begins where the one before it ended, the second is killed. ---- */

static bool killed(uint64_t run)
{
    return run == 1;
}

static uint64_t go_of(uint64_t run)
{
    return run * EACH * GAP_NS;
}

static uint64_t end_of(uint64_t run)
{
    return go_of(run) + (EACH - 1) * GAP_NS;
}

static struct event event_number(uint64_t number)
{
    uint64_t run = number / EACH, nth = number % EACH;
    bool last = nth == EACH - 1 && !killed(run);
    return (struct event){ .time = number * GAP_NS,
                           .run = (uint16_t)run,
                           .kind = nth == 0 ? EVENT_RUN_GO
                                   : last   ? EVENT_RUN_END
                                            : EVENT_SAY,
                           .lane = (uint32_t)(nth % 5) };
}

static int write_race(char path[64])
{
    struct error error;
    int fd = file_new(directory, path);
    struct recording_writer *w = recording_writer_new(fd, 0, &error);
    struct meta meta = { .run_count = RUNS + 1 }; /* the fourth never goes */
    ck_assert_msg(w != NULL && recording_write_meta(w, &meta, &error), "%s", error.text);
    for (uint64_t at = 0; at < RUNS * EACH; at += BATCH) {
        struct event events[BATCH];
        for (uint64_t i = 0; i < BATCH; i++)
            events[i] = event_number(at + i);
        const struct drained drained = {
            .events = events, .count = BATCH, .until_ns = (at + BATCH) * GAP_NS, .ns_per_stamp = 1
        };
        ck_assert_msg(recording_write_events(w, &drained, &error), "%s", error.text);
    }
    ck_assert(recording_writer_close(w, &error));
    return fd;
}

/* ---- What is read ---- */

static struct recording *opened(const char *path)
{
    struct error error;
    struct recording *r = recording_open(path, &error);
    ck_assert_msg(r != NULL, "%s", error.text);
    return r;
}

/* How many events there are up to a place of the file; each is one that was written. */
static uint64_t events_until(struct recording *r, uint64_t place)
{
    const struct event *events;
    struct error error;
    size_t count;
    uint64_t total = 0, size;
    while (recording_place(r, &size) < place &&
           recording_next(r, UINT64_MAX, &events, &count, &error) && count > 0)
        for (size_t i = 0; i < count; i++, total++) {
            struct event expected = event_number(total);
            ck_assert_mem_eq(&events[i], &expected, sizeof expected);
        }
    return total;
}

static void foretells_all(const char *path)
{
    struct recording *r = opened(path);
    uint64_t go_ns, until_ns;
    for (size_t run = 0; run < RUNS; run++) {
        ck_assert(recording_foretold(r, run, &go_ns, &until_ns));
        ck_assert_uint_eq(go_ns, go_of(run));
        ck_assert_uint_eq(until_ns, end_of(run));
    }
    ck_assert(!recording_foretold(r, RUNS, &go_ns, &until_ns));
    ck_assert(!recording_foretold(r, SIZE_MAX, &go_ns, &until_ns));
    ck_assert_uint_eq(recording_until(r), 0); /* nothing was read for it */
    recording_close(r);
}

static bool foretells(const char *path)
{
    struct recording *r = opened(path);
    uint64_t go_ns, until_ns;
    bool told = false;
    for (size_t run = 0; run <= RUNS; run++)
        told = recording_foretold(r, run, &go_ns, &until_ns) || told;
    recording_close(r);
    return told;
}

/* A place is far enough, and not much further than that. */
static void leads_to_times(const char *path)
{
    for (uint64_t tenth = 0; tenth <= 10; tenth++) {
        struct recording *r = opened(path);
        uint64_t wanted = RUNS * EACH * tenth / 10, size;
        uint64_t place = recording_place_of(r, wanted * GAP_NS);
        recording_place(r, &size);
        ck_assert_uint_le(place, size);
        uint64_t events = events_until(r, place);
        ck_assert_uint_ge(events, wanted);
        ck_assert_uint_le(events, wanted + 3 * 8192);
        recording_close(r);
    }
}

START_TEST(a_footer_foretells_the_runs_and_leads_to_a_time)
{
    char path[64], small[64];
    struct error error;
    int from = write_race(path), to = file_new(directory, small);
    foretells_all(path);
    leads_to_times(path);
    struct pack *pack = pack_new(from, to, &error);
    ck_assert_int_eq(pack_move(pack, 0, &error), PACK_DONE);
    pack_free(pack);
    foretells_all(small);
    leads_to_times(small);
    close(from);
    close(to);
}
END_TEST

START_TEST(what_was_not_closed_foretells_nothing)
{
    char path[64];
    int fd = write_race(path);
    size_t size;
    uint64_t at, whole;
    free(file_bytes(fd, &size));
    ck_assert_int_eq(pread(fd, &at, sizeof at, (off_t)(size - sizeof at)), sizeof at);
    ck_assert_int_eq(ftruncate(fd, (off_t)at), 0);
    ck_assert(!foretells(path));
    struct recording *r = opened(path);
    ck_assert_uint_eq(recording_place_of(r, 0), at);
    recording_place(r, &whole);
    ck_assert_uint_eq(events_until(r, whole), RUNS * EACH);
    recording_close(r);
    close(fd);
}
END_TEST

/* ---- Footers of strangers: their checksum is right ---- */

struct stranger {
    uint64_t at; /* of the chunk */
    struct chunk_header header;
    size_t size;
    char bytes[65536]; /* its payload */
};

static struct foot *foot_of(struct stranger *s)
{
    return (void *)s->bytes;
}
static struct foot_entry *entry_of(struct stranger *s, size_t i)
{
    return (struct foot_entry *)(void *)(s->bytes + sizeof(struct foot)) + i;
}
static struct foot_run *run_of(struct stranger *s, size_t i)
{
    return (struct foot_run *)(void *)entry_of(s, foot_of(s)->entries) + i;
}

static void more_entries_than_bytes(struct stranger *s)
{
    foot_of(s)->entries = UINT32_MAX;
}
static void a_few_more_entries(struct stranger *s)
{
    foot_of(s)->entries += 2; /* into the runs */
}
static void entries_of_no_size(struct stranger *s)
{
    foot_of(s)->entry_bytes = 0;
}
static void half_a_run(struct stranger *s)
{
    s->size -= 8;
}
static void more_runs_than_there_can_be(struct stranger *s)
{
    foot_of(s)->entries = 0;
    s->size = sizeof(struct foot) + (ARENA_RUNS_MAX + 1) * sizeof(struct foot_run) + 8;
}
static void nothing_but_its_place(struct stranger *s)
{
    s->size = 8;
}
static void nothing(struct stranger *s)
{
    s->size = 0;
}
static void a_run_that_ends_before_it_goes(struct stranger *s)
{
    run_of(s, 1)->until_ns = run_of(s, 1)->go_ns - 1;
}
static void a_run_that_outlives_the_race(struct stranger *s)
{
    run_of(s, 2)->until_ns = UINT64_MAX - 1;
}
static void an_entry_outside(struct stranger *s)
{
    entry_of(s, 3)->offset = UINT64_MAX - 7;
}
static void an_entry_in_the_footer(struct stranger *s)
{
    entry_of(s, foot_of(s)->entries - 1)->offset = s->at;
}
static void entries_in_disorder(struct stranger *s)
{
    entry_of(s, 2)->offset = entry_of(s, 1)->offset;
}
static void times_in_disorder(struct stranger *s)
{
    entry_of(s, 1)->until_ns = UINT64_MAX;
}
static void a_codec_for_it(struct stranger *s)
{
    s->header.codec = CHUNK_ZSTD;
}
static void another_tag(struct stranger *s)
{
    s->header.tag = CHUNK_META;
}

static void (*const wrong[])(struct stranger *) = {
    more_entries_than_bytes,
    a_few_more_entries,
    entries_of_no_size,
    half_a_run,
    nothing_but_its_place,
    more_runs_than_there_can_be,
    nothing,
    a_run_that_ends_before_it_goes,
    an_entry_outside,
    a_run_that_outlives_the_race,
    an_entry_in_the_footer,
    entries_in_disorder,
    times_in_disorder,
    a_codec_for_it,
    another_tag,
};
enum { WRONG = sizeof wrong / sizeof wrong[0] };

static void take_footer(int fd, struct stranger *s)
{
    size_t size;
    free(file_bytes(fd, &size));
    ck_assert(footer_find(fd, size, &s->at, &s->header));
    s->size = s->header.size;
    ck_assert_uint_le(s->size, sizeof s->bytes);
    ck_assert_int_eq(pread(fd, s->bytes, s->size, (off_t)(s->at + sizeof s->header)),
                     (ssize_t)s->size);
}

static void put_footer(int fd, struct stranger *s)
{
    if (s->size >= sizeof s->at)
        memcpy(s->bytes + s->size - sizeof s->at, &s->at, sizeof s->at);
    s->header.stored = s->header.size = (uint32_t)s->size;
    chunk_seal(&s->header, s->bytes);
    ck_assert_int_eq(ftruncate(fd, (off_t)s->at), 0);
    ck_assert_int_eq(pwrite(fd, &s->header, sizeof s->header, (off_t)s->at), sizeof s->header);
    ck_assert_int_eq(pwrite(fd, s->bytes, s->size, (off_t)(s->at + sizeof s->header)),
                     (ssize_t)s->size);
}

START_TEST(a_footer_that_cannot_be_right_foretells_nothing)
{
    char path[64];
    int fd = write_race(path);
    struct stranger *s = calloc(1, sizeof *s);
    take_footer(fd, s);
    ck_assert(foretells(path));
    wrong[_i](s);
    put_footer(fd, s);
    ck_assert(!foretells(path));
    struct recording *r = opened(path);
    ck_assert_uint_eq(events_until(r, UINT64_MAX), RUNS * EACH);
    recording_close(r);
    free(s);
    close(fd);
}
END_TEST

/* One that lies and could be true is believed until its file is read. */
START_TEST(what_is_foretold_changes_no_event)
{
    char path[64];
    int fd = write_race(path);
    struct stranger *s = calloc(1, sizeof *s);
    take_footer(fd, s);
    foot_of(s)->until_ns = run_of(s, 2)->until_ns = end_of(RUNS) * 1000;
    put_footer(fd, s);
    struct recording *r = opened(path);
    uint64_t go_ns, until_ns;
    ck_assert(recording_foretold(r, 2, &go_ns, &until_ns) && until_ns == end_of(RUNS) * 1000);
    ck_assert_uint_eq(events_until(r, UINT64_MAX), RUNS * EACH);
    ck_assert_uint_eq(recording_until(r), RUNS * EACH * GAP_NS);
    ck_assert(recording_ended(r));
    recording_close(r);
    free(s);
    close(fd);
}
END_TEST

/* What its checksum does not cover is not there. */
START_TEST(a_changed_byte_foretells_nothing_new)
{
    char path[64];
    int fd = write_race(path);
    struct stranger *s = calloc(1, sizeof *s);
    take_footer(fd, s);
    size_t all = sizeof s->header + s->size;
    for (size_t i = 0; i < all; i++) {
        uint8_t byte, other;
        off_t place = (off_t)(s->at + i);
        ck_assert_int_eq(pread(fd, &byte, 1, place), 1);
        other = (uint8_t)(byte ^ 1 << i % 8);
        ck_assert_int_eq(pwrite(fd, &other, 1, place), 1);
        ck_assert_msg(!foretells(path), "byte %zu", i);
        ck_assert_int_eq(pwrite(fd, &byte, 1, place), 1);
    }
    foretells_all(path);
    free(s);
    close(fd);
}
END_TEST

int main(void)
{
    if (mkdtemp(directory) == NULL) {
        perror(directory);
        return 99;
    }
    Suite *suite = suite_create("footer");
    TCase *tcase = tcase_create("footer");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_footer_foretells_the_runs_and_leads_to_a_time);
    tcase_add_test(tcase, what_was_not_closed_foretells_nothing);
    tcase_add_loop_test(tcase, a_footer_that_cannot_be_right_foretells_nothing, 0, WRONG);
    tcase_add_test(tcase, what_is_foretold_changes_no_event);
    tcase_add_test(tcase, a_changed_byte_foretells_nothing_new);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    folder_remove(directory);
    return failed > 0;
}
