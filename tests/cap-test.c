/*
 * trace/: a recording that may grow no further. The oldest events are given up (where files cannot be
 * holed the youngest), lanes and runs are told of all the same, and how many are gone is told.
 */
#include "files.h"
#include "platform/platform.h"
#include "trace/recording.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/lockstep-cap-XXXXXX";

/* What is kept of a capped recording. */
struct kept {
    uint64_t plain, begins, told;
    uint64_t first_plain, next_plain;
    bool gap;
};

static void keep(struct kept *kept, const struct event *event)
{
    if (event->kind == EVENT_LANE_BEGIN) {
        kept->begins++;
    } else if (event->kind == EVENT_LOST) {
        ck_assert_uint_eq(event->object, LOST_CAP);
        kept->told += event->b;
    } else {
        if (kept->plain++ == 0)
            kept->first_plain = event->object;
        else
            kept->gap |= event->object != kept->next_plain;
        kept->next_plain = event->object + 1;
    }
}

/* Writes chunks [from, to), of 999 plain events and one LANE_BEGIN each. */
static void write_chunks(struct recording_writer *w, size_t from, size_t to)
{
    struct error error;
    static struct event events[1000];
    for (size_t c = from; c < to; c++) {
        for (size_t i = 0; i < 1000; i++) {
            uint64_t number = c * 999 + i;
            events[i] = (struct event){ .time = 1000 * number,
                                        .kind = i == 999 ? EVENT_LANE_BEGIN : EVENT_TASK_TAKE,
                                        .object = (uint32_t)number };
        }
        const struct drained drained = { .events = events,
                                         .count = 1000,
                                         .until_ns = (c + 1) * 1000 * 1000 };
        ck_assert(recording_write_events(w, &drained, &error));
    }
}

static struct recording_writer *new_capped(int fd, uint64_t cap)
{
    struct error error;
    struct recording_writer *w = recording_writer_new(fd, 0, &error);
    ck_assert_ptr_nonnull(w);
    recording_cap(w, cap);
    return w;
}

/* All that can be read now. */
static void keep_all(struct recording *r, struct kept *kept)
{
    struct error error;
    const struct event *events;
    size_t count;
    do {
        ck_assert_msg(recording_next(r, UINT64_MAX, &events, &count, &error), "%s", error.text);
        for (size_t i = 0; i < count; i++)
            keep(kept, &events[i]);
    } while (count > 0);
}

static struct kept read_kept(const char *path)
{
    struct error error;
    struct recording *r = recording_open(path, &error);
    struct kept kept = { 0 };
    ck_assert_ptr_nonnull(r);
    keep_all(r, &kept);
    ck_assert_ptr_null(recording_missing(r));
    recording_close(r);
    return kept;
}

START_TEST(past_the_cap_the_oldest_are_given_up)
{
    enum { CHUNKS = 200, CAP = 1024 * 1024 };
    char path[64];
    int fd = file_new(directory, path);
    if (!platform_punch(fd, 1 << 30, 1 << 20)) {
        puts("skipped: files cannot be holed here");
        close(fd);
        return;
    }
    struct error error;
    struct recording_writer *w = new_capped(fd, CAP);
    write_chunks(w, 0, CHUNKS);
    uint64_t given_up = recording_writer_given_up(w);
    ck_assert(recording_writer_close(w, &error));
    struct kept kept = read_kept(path);
    ck_assert_uint_eq(kept.begins, CHUNKS);
    ck_assert_uint_eq(kept.told, given_up);
    ck_assert_uint_eq(kept.plain + given_up, CHUNKS * 999);
    ck_assert(!kept.gap);
    ck_assert_uint_eq(kept.first_plain, given_up);
    ck_assert_uint_gt(kept.plain, CAP / sizeof(struct event) * 8 / 10);
    struct stat status;
    ck_assert_int_eq(fstat(fd, &status), 0);
    ck_assert_int_gt(status.st_size, CHUNKS * 1000 * 32);
    ck_assert_int_lt(status.st_blocks * 512, 3 * CAP);
    close(fd);
}
END_TEST

START_TEST(without_holes_the_youngest_are_given_up)
{
    enum { CHUNKS = 200, CAP = 1024 * 1024 };
    char path[64];
    close(file_new(directory, path));
    /* What was written cannot be read back, so that it cannot be thinned. */
    int fd = open(path, O_WRONLY);
    struct error error;
    struct recording_writer *w = new_capped(fd, CAP);
    write_chunks(w, 0, CHUNKS);
    uint64_t given_up = recording_writer_given_up(w);
    ck_assert(recording_writer_close(w, &error));
    struct kept kept = read_kept(path);
    ck_assert_uint_eq(kept.begins, CHUNKS);
    ck_assert_uint_eq(kept.told, given_up);
    ck_assert_uint_eq(kept.plain + given_up, CHUNKS * 999);
    ck_assert(!kept.gap);
    ck_assert_uint_eq(kept.first_plain, 0);
    struct stat status;
    ck_assert_int_eq(fstat(fd, &status), 0);
    ck_assert_int_lt(status.st_size, 3 * CAP);
    close(fd);
}
END_TEST

START_TEST(a_reader_that_lags_is_not_led_astray)
{
    enum { CHUNKS = 60, CAP = 256 * 1024 };
    char path[64];
    int fd = file_new(directory, path);
    struct error error;
    struct recording_writer *w = new_capped(fd, CAP);
    write_chunks(w, 0, 4);
    struct recording *r = recording_tail(fd, &error);
    const struct event *events;
    size_t count;
    struct kept kept = { 0 };
    ck_assert(recording_next(r, UINT64_MAX, &events, &count, &error));
    ck_assert_uint_eq(count, 1000);
    write_chunks(w, 4, CHUNKS);
    keep_all(r, &kept);
    ck_assert_uint_eq(kept.begins, CHUNKS - 1);
    /* The first chunk was read before: it is told as given up as well where files can be holed; else
     * the oldest are those that stay. */
    size_t first = platform_punch(fd, 1 << 30, 1 << 20) ? 0 : 999;
    ck_assert_uint_eq(kept.plain + kept.told, CHUNKS * 999 - first);
    ck_assert_uint_eq(kept.told, recording_writer_given_up(w));
    ck_assert_uint_gt(kept.told, 0);
    ck_assert(recording_writer_close(w, &error));
    recording_close(r);
    close(fd);
}
END_TEST

int main(void)
{
    if (mkdtemp(directory) == NULL) {
        perror(directory);
        return 99;
    }
    Suite *suite = suite_create("cap");
    TCase *cap = tcase_create("cap");
    tcase_set_timeout(cap, 60);
    tcase_add_test(cap, past_the_cap_the_oldest_are_given_up);
    tcase_add_test(cap, without_holes_the_youngest_are_given_up);
    tcase_add_test(cap, a_reader_that_lags_is_not_led_astray);
    suite_add_tcase(suite, cap);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    folder_remove(directory);
    return failed > 0;
}
