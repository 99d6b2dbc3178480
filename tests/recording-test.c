/*
 * trace/: recordings. What was written is read back; a file that was cut anywhere opens as far as it
 * is whole; one that was changed anywhere never tells anything that was not written.
 */
#include "files.h"
#include "trace/chunk.h"
#include "trace/recording.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Files ---- */

static char directory[] = "/tmp/lockstep-recording-XXXXXX";

static void file_set(const char *path, const char *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

/* ---- What goes in ---- */

static struct event event_number(uint64_t i)
{
    return (struct event){ .time = 1000 * i,
                           .kind = EVENT_TASK_TAKE,
                           .run = (uint16_t)(i % 2),
                           .lane = (uint32_t)(i % 7),
                           .object = (uint32_t)i,
                           .a = (uint32_t)~i,
                           .b = i * i };
}

/* Events [from, from + count). */
static bool write_numbers(struct recording_writer *w, uint64_t from, size_t count)
{
    struct event *events = calloc(count + 1, sizeof *events);
    for (size_t i = 0; i < count; i++)
        events[i] = event_number(from + i);
    const struct drained drained = { .events = events,
                                     .count = count,
                                     .until_ns = 1000 * (from + count),
                                     .stamp0 = 5,
                                     .ns0 = 6,
                                     .ns_per_stamp = 0.5 };
    struct error error;
    bool written = recording_write_events(w, &drained, &error);
    free(events);
    return written;
}

static struct meta small_meta(uint64_t seed)
{
    struct meta meta = { .seed = seed, .run_count = 1 };
    snprintf(meta.scenario, sizeof meta.scenario, "scraper");
    snprintf(meta.runs[0].model, sizeof meta.runs[0].model, "threads");
    return meta;
}

/* A small recording: meta, 3 and 4 events, an empty chunk, another meta, 2 events, footer. */
static void write_small(int fd, bool close_it)
{
    struct error error;
    struct recording_writer *w = recording_writer_new(fd, 77, &error);
    ck_assert_ptr_nonnull(w);
    struct meta meta = small_meta(1);
    ck_assert(recording_write_meta(w, &meta, &error));
    ck_assert(write_numbers(w, 0, 3));
    ck_assert(write_numbers(w, 3, 4));
    const struct drained nothing = { .until_ns = 1000 * 1000 * 1000 };
    ck_assert(recording_write_events(w, &nothing, &error));
    meta.seed = 2;
    ck_assert(recording_write_meta(w, &meta, &error));
    ck_assert(write_numbers(w, 7, 2));
    struct stat status;
    ck_assert_int_eq(fstat(fd, &status), 0);
    ck_assert_uint_eq(recording_writer_size(w), (uint64_t)status.st_size);
    ck_assert(recording_writer_close(w, &error));
    /* As if the writer had died before. */
    if (!close_it)
        ck_assert_int_eq(ftruncate(fd, status.st_size), 0);
}

/* ---- What comes out ---- */

struct outcome {
    uint64_t events; /* read, in order, each right */
    bool wrong, damaged, ended;
    uint64_t seed; /* of the last meta; 0: none */
    struct error error;
};

static void read_some(struct recording *r, uint64_t limit, struct outcome *outcome)
{
    const struct event *events;
    size_t count;
    for (;;) {
        if (!recording_next(r, limit, &events, &count, &outcome->error)) {
            outcome->damaged = true;
            break;
        }
        for (size_t i = 0; i < count; i++) {
            struct event expected = event_number(outcome->events++);
            outcome->wrong |= memcmp(&events[i], &expected, sizeof expected) != 0;
        }
        if (count == 0)
            break;
    }
    const struct meta *meta = recording_meta(r, NULL);
    outcome->seed = meta != NULL ? meta->seed : 0;
    outcome->ended = recording_ended(r);
}

static struct outcome read_path(const char *path)
{
    struct outcome outcome = { 0 };
    struct recording *r = recording_open(path, &outcome.error);
    if (r == NULL) {
        outcome.damaged = true;
        return outcome;
    }
    read_some(r, UINT64_MAX, &outcome);
    ck_assert_msg(outcome.ended == (recording_missing(r) == NULL), "%s",
                  recording_missing(r) != NULL ? recording_missing(r) : "not ended, not told");
    recording_close(r);
    return outcome;
}

START_TEST(what_was_written_is_read)
{
    char path[64];
    int fd = file_new(directory, path);
    write_small(fd, true);
    struct outcome outcome = read_path(path);
    ck_assert(!outcome.wrong && !outcome.damaged && outcome.ended);
    ck_assert_uint_eq(outcome.events, 9);
    ck_assert_uint_eq(outcome.seed, 2);
    close(fd);
}
END_TEST

START_TEST(a_recording_nobody_closed_is_read)
{
    char path[64];
    int fd = file_new(directory, path);
    write_small(fd, false);
    struct error error;
    struct recording *r = recording_open(path, &error);
    struct outcome outcome = { 0 };
    ck_assert_ptr_nonnull(strstr(recording_missing(r), "was not closed"));
    read_some(r, UINT64_MAX, &outcome);
    ck_assert(!outcome.wrong && !outcome.damaged && !outcome.ended);
    ck_assert_uint_eq(outcome.events, 9);
    ck_assert_uint_eq(recording_until(r), 1000 * 1000 * 1000);
    recording_close(r);
    close(fd);
}
END_TEST

START_TEST(many_events_are_split)
{
    char path[64];
    int fd = file_new(directory, path);
    struct error error;
    struct recording_writer *w = recording_writer_new(fd, 0, &error);
    const size_t many = CHUNK_MAX / sizeof(struct event) * 2 + 17;
    ck_assert(write_numbers(w, 0, many));
    ck_assert(recording_writer_close(w, &error));
    struct outcome outcome = read_path(path);
    ck_assert(!outcome.wrong && !outcome.damaged && outcome.ended);
    ck_assert_uint_eq(outcome.events, many);
    close(fd);
}
END_TEST

START_TEST(a_growing_file_is_followed)
{
    char path[64];
    int fd = file_new(directory, path);
    struct error error;
    struct recording *r = recording_tail(fd, &error);
    ck_assert_ptr_nonnull(r);
    struct outcome outcome = { 0 };
    read_some(r, UINT64_MAX, &outcome);
    ck_assert_uint_eq(outcome.events, 0);
    ck_assert(!outcome.damaged);
    struct recording_writer *w = recording_writer_new(fd, 0, &error);
    uint64_t written = 0;
    for (size_t round = 0; round < 40; round++) {
        uint64_t before = recording_writer_size(w);
        ck_assert(write_numbers(w, written, round));
        /* What lies behind the limit is not looked at. */
        uint64_t events = outcome.events;
        read_some(r, before, &outcome);
        ck_assert_uint_eq(outcome.events, events);
        read_some(r, recording_writer_size(w) - (round > 0), &outcome);
        ck_assert_uint_eq(outcome.events, events);
        read_some(r, recording_writer_size(w), &outcome);
        written += round;
        ck_assert_uint_eq(outcome.events, written);
        ck_assert(round == 0 || recording_until(r) == written * 1000);
    }
    ck_assert(recording_writer_close(w, &error));
    read_some(r, UINT64_MAX, &outcome);
    ck_assert(outcome.ended && !outcome.wrong && !outcome.damaged);
    ck_assert_ptr_null(recording_missing(r));
    recording_close(r);
    close(fd);
}
END_TEST

START_TEST(time_goes_on_while_nothing_happens)
{
    char path[64];
    int fd = file_new(directory, path);
    struct error error;
    struct recording_writer *w = recording_writer_new(fd, 0, &error);
    uint64_t chunks = 0, ms = 1000 * 1000;
    for (uint64_t now = 0; now < 1000; now += 5) {
        uint64_t before = recording_writer_size(w);
        const struct drained nothing = { .until_ns = now * ms };
        ck_assert(recording_write_events(w, &nothing, &error));
        chunks += recording_writer_size(w) != before;
    }
    ck_assert_uint_ge(chunks, 20);
    ck_assert_uint_le(chunks, 31);
    /* Time that stands still writes nothing. */
    uint64_t size = recording_writer_size(w);
    const struct drained still = { .until_ns = 900 * ms };
    ck_assert(recording_write_events(w, &still, &error));
    ck_assert_uint_eq(recording_writer_size(w), size);
    ck_assert(recording_writer_close(w, &error));
    close(fd);
}
END_TEST

/* ---- Damage ---- */

START_TEST(a_file_cut_anywhere_opens_as_far_as_it_is_whole)
{
    char path[64], cut[64];
    int fd = file_new(directory, path), other = file_new(directory, cut);
    write_small(fd, true);
    size_t size;
    char *bytes = file_bytes(fd, &size);
    uint64_t events = 0;
    for (size_t length = 0; length < size; length++) {
        file_set(cut, bytes, length);
        struct outcome outcome = read_path(cut);
        ck_assert(!outcome.wrong && !outcome.ended);
        ck_assert(outcome.damaged == (length < 64));
        ck_assert_uint_ge(outcome.events, events);
        events = outcome.events;
        /* The same bytes, followed: not damaged, only not all there yet. */
        int tail = open(cut, O_RDONLY);
        struct error error;
        struct recording *r = recording_tail(tail, &error);
        struct outcome followed = { 0 };
        read_some(r, UINT64_MAX, &followed);
        ck_assert(!followed.wrong && !followed.damaged && !followed.ended);
        ck_assert_uint_eq(followed.events, outcome.events);
        recording_close(r);
        close(tail);
    }
    ck_assert_uint_eq(events, 9);
    free(bytes);
    close(fd);
    close(other);
}
END_TEST

START_TEST(a_changed_byte_never_tells_a_lie)
{
    char path[64], changed[64];
    int fd = file_new(directory, path), other = file_new(directory, changed);
    write_small(fd, true);
    size_t size, harmless = 0, damaged = 0, cut = 0;
    char *bytes = file_bytes(fd, &size);
    for (size_t i = 0; i < size; i++) {
        static const unsigned char flips[] = { 0x01, 0x80, 0xff };
        for (size_t f = 0; f < sizeof flips; f++) {
            bytes[i] = (char)(bytes[i] ^ flips[f]);
            file_set(changed, bytes, size);
            struct outcome outcome = read_path(changed);
            ck_assert_msg(!outcome.wrong, "byte %zu", i);
            ck_assert_msg(outcome.seed <= 2, "byte %zu", i);
            if (outcome.ended) {
                harmless++;
                ck_assert_uint_eq(outcome.events, 9);
                ck_assert_uint_eq(outcome.seed, 2);
            } else if (outcome.damaged) {
                damaged++;
            } else {
                cut++; /* a length that points behind the end */
            }
            bytes[i] = (char)(bytes[i] ^ flips[f]);
        }
    }
    /* Only the few bytes between a payload's end and the next chunk may change unseen. */
    ck_assert_uint_lt(harmless, 3 * 7 * 3);
    ck_assert_uint_gt(damaged, 3 * (size - 300));
    ck_assert_uint_lt(cut, 3 * 8 * 8);
    free(bytes);
    close(fd);
    close(other);
}
END_TEST

/* Seals chunks that no writer would write. */
static void put_chunk(int fd, struct chunk_header header, const void *payload)
{
    chunk_seal(&header, payload);
    ck_assert_int_eq(write(fd, &header, sizeof header), (ssize_t)sizeof header);
    char *room = calloc(header.stored + 1, 1);
    memcpy(room, payload, header.size);
    ck_assert_int_eq(write(fd, room, header.stored), (ssize_t)header.stored);
    free(room);
}

static int put_start(char path[64])
{
    int fd = file_new(directory, path);
    struct error error;
    struct recording_writer *w = recording_writer_new(fd, 0, &error);
    uint64_t size = recording_writer_size(w);
    ck_assert(recording_writer_close(w, &error));
    ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
    lseek(fd, 0, SEEK_END);
    return fd;
}

START_TEST(what_is_not_known_is_skipped_or_refused)
{
    char path[64];
    int fd = put_start(path);
    struct event event = event_number(0);
    const char zeros[64] = { 0 };
    put_chunk(fd,
              (struct chunk_header){ .tag = CHUNK_TAG('N', 'E', 'W', '!'),
                                     .codec = 9,
                                     .flags = 0xff,
                                     .stored = 64,
                                     .size = 40 },
              zeros);
    put_chunk(fd, (struct chunk_header){ .tag = CHUNK_EVNT, .stored = 40, .size = 32 }, &event);
    struct outcome outcome = read_path(path);
    ck_assert(!outcome.wrong && !outcome.damaged);
    ck_assert_uint_eq(outcome.events, 1);
    put_chunk(fd, (struct chunk_header){ .tag = CHUNK_EVNT, .codec = 9, .stored = 32, .size = 32 },
              &event);
    outcome = read_path(path);
    ck_assert(outcome.damaged);
    ck_assert_uint_eq(outcome.events, 1);
    ck_assert_ptr_nonnull(strstr(outcome.error.text, "packed"));
    close(fd);

    fd = put_start(path);
    put_chunk(fd, (struct chunk_header){ .tag = CHUNK_EVNT, .stored = 40, .size = 33 }, zeros);
    ck_assert(read_path(path).damaged);
    close(fd);

    fd = put_start(path);
    put_chunk(fd, (struct chunk_header){ .tag = CHUNK_META, .stored = 8, .size = 8 }, "{\"seed\":");
    outcome = read_path(path);
    ck_assert(outcome.damaged);
    ck_assert_ptr_nonnull(strstr(outcome.error.text, "JSON"));
    close(fd);
}
END_TEST

START_TEST(hostile_lengths_allocate_nothing)
{
    static const struct chunk_header headers[] = {
        { .tag = CHUNK_EVNT, .stored = UINT32_MAX - 7, .size = UINT32_MAX - 7 },
        { .tag = CHUNK_EVNT, .stored = 8, .size = UINT32_MAX },
        { .tag = CHUNK_EVNT, .stored = CHUNK_MAX, .size = CHUNK_MAX },
        { .tag = CHUNK_META, .stored = 7, .size = 7 },
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        char path[64];
        int fd = put_start(path);
        ck_assert_int_eq(write(fd, &headers[i], sizeof headers[i]), (ssize_t)sizeof headers[i]);
        struct outcome outcome = read_path(path);
        ck_assert(!outcome.ended);
        ck_assert_uint_eq(outcome.events, 0);
        close(fd);
    }
}
END_TEST

START_TEST(what_is_no_recording_is_refused)
{
    static const struct {
        size_t at;
        char byte;
        const char *because;
    } headers[] = {
        { 0, 'X', "no recording" }, { 8, 1, "byte order" },     { 12, 2, "do not fit" },
        { 24, 9, "do not fit" },    { 63, 0x55, "do not fit" },
    };
    char path[64];
    int fd = file_new(directory, path);
    write_small(fd, true);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        size_t size;
        char *bytes = file_bytes(fd, &size);
        bytes[headers[i].at] = headers[i].byte;
        char other[64];
        close(file_new(directory, other));
        file_set(other, bytes, size);
        struct error error;
        ck_assert_ptr_null(recording_open(other, &error));
        ck_assert_msg(strstr(error.text, headers[i].because) != NULL, "%s", error.text);
        free(bytes);
    }
    struct file_header header;
    ck_assert_int_eq(pread(fd, &header, sizeof header, 0), (ssize_t)sizeof header);
    header.version = 2;
    file_header_seal(&header);
    ck_assert_int_eq(pwrite(fd, &header, sizeof header, 0), (ssize_t)sizeof header);
    struct error error;
    ck_assert_ptr_null(recording_open(path, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "version 2"));
    ck_assert_ptr_null(recording_open(directory, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "no regular file"));
    ck_assert_ptr_null(recording_open("/nowhere/at/all", &error));
    snprintf(path, sizeof path, "%s/pipe", directory);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_ptr_null(recording_open(path, &error));
    ck_assert_ptr_null(recording_tail(-1, &error));
    close(fd);
}
END_TEST

START_TEST(a_full_disk_is_told_and_what_was_written_stays)
{
    char path[64];
    int fd = file_new(directory, path);
    struct error error;
    struct recording_writer *w = recording_writer_new(fd, 0, &error);
    ck_assert(write_numbers(w, 0, 100));
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = (rlim_t)recording_writer_size(w) + 500;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert(!write_numbers(w, 100, 100));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    uint64_t size = recording_writer_size(w);
    ck_assert(!write_numbers(w, 100, 100));
    struct meta meta = small_meta(1);
    ck_assert(!recording_write_meta(w, &meta, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "cannot be written beyond"));
    ck_assert(!recording_writer_close(w, &error));
    struct stat status;
    ck_assert_int_eq(fstat(fd, &status), 0);
    ck_assert_uint_eq((uint64_t)status.st_size, size);
    struct outcome outcome = read_path(path);
    ck_assert(!outcome.wrong && !outcome.damaged);
    ck_assert_uint_eq(outcome.events, 100);
    close(fd);
}
END_TEST

/* Where the file is full what comes goes on in another one, and that one fills up too. */
START_TEST(what_the_file_does_not_take_goes_on_elsewhere)
{
    struct error error;
    char paths[2][64];
    const int fds[2] = { file_new(directory, paths[0]), file_new(directory, paths[1]) };
    struct recording_writer *w = recording_writer_new(fds[0], 77, &error);
    struct meta meta = small_meta(9);
    ck_assert(recording_write_meta(w, &meta, &error));
    recording_overflow(w, fds[1], 0);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 20000;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    uint64_t written = 0, first_size = 0;
    for (;;) {
        ck_assert_int_eq(recording_writer_trouble(w) != NULL, recording_writer_overflow(w) > 0);
        if (first_size == 0 && recording_writer_overflow(w) > 0)
            first_size = recording_writer_size(w);
        if (!write_numbers(w, written, 100))
            break;
        written += 100;
    }
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_uint_gt(first_size, 10000);
    ck_assert_uint_eq(recording_writer_size(w), first_size);
    ck_assert_ptr_nonnull(strstr(recording_writer_trouble(w), "cannot be written beyond"));
    uint64_t sizes[2] = { first_size, recording_writer_overflow(w) }, next = 0;
    ck_assert(!recording_writer_close(w, &error));
    for (int i = 0; i < 2; i++) {
        struct recording *r = recording_tail(fds[i], &error);
        const struct event *events;
        size_t count;
        uint64_t here = 0;
        while (recording_next(r, sizes[i], &events, &count, &error) && count > 0)
            for (size_t k = 0; k < count; k++, next++, here++) {
                struct event wanted = event_number(next);
                ck_assert_mem_eq(&events[k], &wanted, sizeof wanted);
            }
        ck_assert_uint_gt(here, 300);
        ck_assert_uint_eq(recording_meta(r, NULL)->seed, 9);
        ck_assert_uint_eq(recording_until(r), 1000 * next);
        struct stat status;
        ck_assert_int_eq(fstat(fds[i], &status), 0);
        ck_assert_uint_eq((uint64_t)status.st_size, sizes[i]);
        recording_close(r);
        close(fds[i]);
    }
    ck_assert_uint_eq(next, written);
}
END_TEST

START_TEST(a_writer_wants_an_empty_file)
{
    char path[64];
    struct error error;
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_ptr_null(recording_writer_new(ends[1], 0, &error));
    int fd = file_new(directory, path);
    file_set(path, "x", 1);
    ck_assert_ptr_null(recording_writer_new(fd, 0, &error));
    ck_assert_ptr_null(recording_writer_new(-1, 0, &error));
    close(fd);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

int main(void)
{
    if (mkdtemp(directory) == NULL) {
        perror(directory);
        return 99;
    }
    Suite *suite = suite_create("recording");
    TCase *files = tcase_create("files");
    tcase_set_timeout(files, 120);
    tcase_add_test(files, what_was_written_is_read);
    tcase_add_test(files, a_recording_nobody_closed_is_read);
    tcase_add_test(files, many_events_are_split);
    tcase_add_test(files, a_growing_file_is_followed);
    tcase_add_test(files, time_goes_on_while_nothing_happens);
    tcase_add_test(files, a_file_cut_anywhere_opens_as_far_as_it_is_whole);
    tcase_add_test(files, a_changed_byte_never_tells_a_lie);
    tcase_add_test(files, what_is_not_known_is_skipped_or_refused);
    tcase_add_test(files, hostile_lengths_allocate_nothing);
    tcase_add_test(files, what_is_no_recording_is_refused);
    tcase_add_test(files, a_full_disk_is_told_and_what_was_written_stays);
    tcase_add_test(files, what_the_file_does_not_take_goes_on_elsewhere);
    tcase_add_test(files, a_writer_wants_an_empty_file);
    suite_add_tcase(suite, files);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    folder_remove(directory);
    return failed > 0;
}
