/*
 * race/: recordings kept. The name is there from the moment it is asked for, on this file system and
 * on another; what lies under it is a recording at every moment; the packed file takes the name as a
 * whole or not at all; nothing else is left beside it.
 */
#include "files.h"
#include "platform/platform.h"
#include "race/save.h"
#include "trace/recording_inside.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/lockstep-save-XXXXXX";
static char elsewhere[] = "/dev/shm/lockstep-save-XXXXXX";
static bool has_elsewhere;

/* ---- A race as it is recorded ---- */

struct toy {
    int fd;
    struct recording_writer *writer;
    uint64_t events;
    struct timeline *timeline;
    struct recording *follower;
};

static int unnamed(const char *folder)
{
    int fd = platform_unnamed(folder);
    if (fd >= 0)
        return fd;
    char path[100];
    snprintf(path, sizeof path, "%s/raw-XXXXXX", folder);
    fd = mkstemp(path);
    unlink(path);
    return fd;
}

static void toy_start(struct toy *toy, int fd)
{
    struct error error;
    *toy = (struct toy){ .fd = fd, .timeline = timeline_new() };
    toy->writer = recording_writer_new(fd, 0, &error);
    ck_assert_ptr_nonnull(toy->writer);
    struct meta meta = { .seed = 7, .run_count = 2 };
    snprintf(meta.scenario, sizeof meta.scenario, "toy");
    for (size_t i = 0; i < 2; i++) {
        snprintf(meta.runs[i].model, sizeof meta.runs[i].model, i == 0 ? "serial" : "loop");
        meta.runs[i].status = RUN_DONE;
    }
    ck_assert(recording_write_meta(toy->writer, &meta, &error));
    toy->follower = recording_tail(fd, &error);
}

static void toy_put(struct toy *toy, uint16_t kind, uint16_t run, uint64_t time, uint32_t object)
{
    struct error error;
    const struct event event = {
        .time = time, .kind = kind, .run = run, .lane = 0, .object = object
    };
    const struct drained drained = { .events = &event, .count = 1, .until_ns = time + 1 };
    ck_assert(recording_write_events(toy->writer, &drained, &error));
    toy->events++;
}

static void toy_events(struct toy *toy, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        toy_put(toy, EVENT_TASK_SUBMIT, 0, 1000 + toy->events, (uint32_t)toy->events);
}

/* Two runs of one second and of two, the loop the faster. */
static void toy_runs(struct toy *toy)
{
    const uint64_t second = UINT64_C(1000000000);
    for (uint16_t run = 0; run < 2; run++) {
        uint64_t go = run * 3 * second;
        toy_put(toy, EVENT_RUN_GO, run, go, 2);
        toy_put(toy, EVENT_LANE_BEGIN, run, go, ROLE_WORKER);
        toy_put(toy, EVENT_TASK_SUBMIT, run, go, 0);
        toy_put(toy, EVENT_TASK_TAKE, run, go + 10, 0);
        toy_put(toy, EVENT_TASK_DONE, run, go + 100, 0);
        toy_put(toy, EVENT_TASK_COLLECT, run, go + 200, 0);
        toy_put(toy, EVENT_RUN_END, run, go + second * (run == 0 ? 2 : 1), RUN_DONE);
    }
}

static void toy_close(struct toy *toy)
{
    struct error error;
    ck_assert(recording_writer_close(toy->writer, &error));
    toy->writer = NULL;
    for (;;) {
        const struct event *events;
        size_t count;
        ck_assert(recording_next(toy->follower, UINT64_MAX, &events, &count, &error));
        if (count == 0)
            break;
        timeline_feed(toy->timeline, events, count);
    }
    timeline_tell(toy->timeline, recording_meta(toy->follower, NULL),
                  recording_until(toy->follower));
}

/* One that is over, under its name. */
static void toy_named(struct toy *toy, const char *path, uint64_t events)
{
    toy_start(toy, open(path, O_RDWR | O_CREAT | O_EXCL, 0666));
    toy_events(toy, events);
    toy_close(toy);
}

static void toy_free(struct toy *toy)
{
    recording_writer_drop(toy->writer);
    recording_close(toy->follower);
    timeline_free(toy->timeline);
    close(toy->fd);
}

/* ---- What lies there ---- */

static size_t files_in(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void fresh(void)
{
    char command[200];
    snprintf(command, sizeof command, "rm -rf '%s'/*", directory);
    ck_assert_int_eq(system(command), 0);
}

static void path_in(char path[100], const char *name)
{
    snprintf(path, 100, "%s/%s", directory, name);
}

static enum save_state finish(struct save *save, const struct timeline *timeline)
{
    unsigned permille = 0;
    enum save_state state;
    while ((state = save_move(save, UINT64_MAX, timeline, 1)) < SAVE_DONE) {
        ck_assert_uint_ge(save_permille(save), permille);
        permille = save_permille(save);
    }
    return state;
}

/* ---- Tests ---- */

/* Kept while it grows, then packed; `folder` is where the recording itself is. */
static void keep_growing(const char *folder, bool linked)
{
    fresh();
    char path[100];
    path_in(path, "kept.lockstep");
    struct toy toy;
    struct error error;
    toy_start(&toy, unnamed(folder));
    toy_events(&toy, 100);
    struct save *save = save_begin(toy.fd, path, &error);
    ck_assert_msg(save != NULL, "%s", error.text);
    ck_assert_str_eq(save_path(save), path);
    for (int round = 0; round < 5; round++) {
        ck_assert_int_eq(save_move(save, recording_writer_size(toy.writer), NULL, 0), SAVE_GROWS);
        struct found found = found_in(path);
        ck_assert_uint_eq(found.events, toy.events);
        ck_assert(!found.ended && !found.packed);
        toy_events(&toy, 1000);
    }
    /* What is linked is there at once, what is copied at the next move. */
    ck_assert_uint_eq(found_in(path).events, linked ? toy.events : toy.events - 1000);
    ck_assert_ptr_nonnull(strstr(save_said(save), "kept in"));
    toy_runs(&toy);
    toy_close(&toy);
    ck_assert_int_eq(save_move(save, UINT64_MAX, NULL, 0), SAVE_GROWS);
    struct found raw = found_in(path);
    ck_assert(raw.ended && !raw.packed);
    ck_assert_int_eq(finish(save, toy.timeline), SAVE_DONE);
    struct found packed = found_in(path);
    ck_assert(packed.ended && packed.packed);
    ck_assert_uint_eq(packed.events, toy.events);
    ck_assert_uint_lt(packed.size, raw.size / 5);
    ck_assert_str_eq(packed.best, "loop");
    ck_assert_ptr_nonnull(strstr(packed.why, "loop"));
    ck_assert_uint_eq(files_in(directory), 1);
    ck_assert_msg(strstr(save_said(save), "holds it all") != NULL, "%s", save_said(save));
    save_free(save);
    toy_free(&toy);
    ck_assert_uint_eq(files_in(directory), 1);
}

START_TEST(what_grows_is_kept_by_a_link)
{
    int fd = platform_unnamed(directory);
    if (fd < 0)
        return; /* nothing can be linked here */
    close(fd);
    keep_growing(directory, true);
}
END_TEST

START_TEST(what_grows_elsewhere_is_kept_by_a_copy)
{
    struct stat here, there;
    if (!has_elsewhere || stat(directory, &here) != 0 || stat(elsewhere, &there) != 0 ||
        here.st_dev == there.st_dev)
        return; /* there is one file system only */
    keep_growing(elsewhere, false);
}
END_TEST

START_TEST(what_is_over_gets_its_name_when_it_is_packed)
{
    fresh();
    char path[100];
    path_in(path, "kept.lockstep");
    struct toy toy;
    struct error error;
    toy_start(&toy, unnamed(has_elsewhere ? elsewhere : directory));
    toy_events(&toy, 30000);
    toy_close(&toy);
    struct save *save = save_begin(toy.fd, path, &error);
    ck_assert_ptr_nonnull(save);
    ck_assert_int_eq(finish(save, toy.timeline), SAVE_DONE);
    ck_assert_uint_eq(found_in(path).events, 30000);
    ck_assert_uint_eq(files_in(directory), 1);
    save_free(save);
    toy_free(&toy);
}
END_TEST

/* As --record does it: the file has its name already. */
START_TEST(a_file_with_its_name_is_packed_under_it)
{
    fresh();
    char path[100];
    path_in(path, "kept.lockstep");
    struct toy toy;
    struct error error;
    toy_named(&toy, path, 20000);
    uint64_t raw = found_in(path).size;
    struct save *save = save_begin(toy.fd, path, &error);
    ck_assert_ptr_nonnull(save);
    ck_assert_int_eq(finish(save, toy.timeline), SAVE_DONE);
    struct found found = found_in(path);
    ck_assert(found.packed && found.size < raw / 5);
    ck_assert_uint_eq(found.events, 20000);
    ck_assert_uint_eq(files_in(directory), 1);
    save_free(save);
    toy_free(&toy);
}
END_TEST

START_TEST(nothing_of_others_is_replaced)
{
    fresh();
    char path[100];
    path_in(path, "theirs");
    struct toy toy;
    struct error error;
    toy_start(&toy, unnamed(directory));
    toy_events(&toy, 100);
    close(open(path, O_RDWR | O_CREAT, 0666));
    ck_assert_ptr_null(save_begin(toy.fd, path, &error));
    ck_assert_msg(strstr(error.text, "exists already") != NULL, "%s", error.text);
    ck_assert_ptr_null(save_begin(toy.fd, "/nowhere/at/all", &error));
    ck_assert_msg(strstr(error.text, "cannot be written") != NULL, "%s", error.text);
    ck_assert_uint_eq(files_in(directory), 1);
    /* A name that somebody takes meanwhile, kept before or not. */
    path_in(path, "ours");
    struct save *kept = save_begin(toy.fd, path, &error);
    ck_assert_int_eq(save_move(kept, recording_writer_size(toy.writer), NULL, 0), SAVE_GROWS);
    toy_close(&toy);
    ck_assert_int_eq(unlink(path), 0);
    close(open(path, O_RDWR | O_CREAT | O_EXCL, 0666));
    ck_assert_int_eq(finish(kept, toy.timeline), SAVE_FAILED);
    ck_assert_msg(strstr(save_said(kept), "cannot be replaced") != NULL, "%s", save_said(kept));
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_size, 0);
    save_free(kept);
    ck_assert_uint_eq(files_in(directory), 2);
    toy_free(&toy);
}
END_TEST

/* As a screen that is left while the race goes on. */
START_TEST(what_is_left_alone_stays_kept)
{
    fresh();
    char path[100];
    path_in(path, "kept.lockstep");
    struct toy toy;
    struct error error;
    toy_start(&toy, unnamed(directory));
    toy_events(&toy, 500);
    struct save *save = save_begin(toy.fd, path, &error);
    save_move(save, recording_writer_size(toy.writer), NULL, 0);
    save_free(save);
    ck_assert_uint_eq(found_in(path).events, 500);
    ck_assert_uint_eq(files_in(directory), 1);
    toy_free(&toy);
}
END_TEST

START_TEST(a_full_disk_leaves_what_was_kept)
{
    fresh();
    char path[100];
    path_in(path, "kept.lockstep");
    struct toy toy;
    struct error error;
    toy_named(&toy, path, 20000);
    struct found before = found_in(path);
    struct save *save = save_begin(toy.fd, path, &error);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit all, limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &all), 0);
    limit = all;
    limit.rlim_cur = 1000;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(finish(save, toy.timeline), SAVE_FAILED);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &all), 0);
    ck_assert_msg(strstr(save_said(save), "holds it all, unpacked") != NULL, "%s", save_said(save));
    save_free(save);
    ck_assert_uint_eq(found_in(path).size, before.size);
    ck_assert_uint_eq(files_in(directory), 1);
    toy_free(&toy);
}
END_TEST

/* What cannot be packed since it is damaged is kept as it is. */
START_TEST(a_damaged_recording_is_kept_as_it_is)
{
    fresh();
    char path[100];
    path_in(path, "kept.lockstep");
    struct toy toy;
    struct error error;
    toy_start(&toy, unnamed(directory));
    toy_events(&toy, 500);
    toy_close(&toy);
    ck_assert_int_eq(pwrite(toy.fd, "?", 1, 10000), 1);
    struct stat raw, kept;
    ck_assert_int_eq(fstat(toy.fd, &raw), 0);
    struct save *save = save_begin(toy.fd, path, &error);
    ck_assert_int_eq(finish(save, toy.timeline), SAVE_FAILED);
    ck_assert_msg(strstr(save_said(save), "damaged at byte") != NULL, "%s", save_said(save));
    save_free(save);
    ck_assert_int_eq(stat(path, &kept), 0);
    ck_assert_int_eq(kept.st_size, raw.st_size);
    ck_assert_uint_eq(files_in(directory), 1);
    toy_free(&toy);
}
END_TEST

/* As by a kill between the link and the rename. */
START_TEST(what_a_killed_program_left_is_taken_away)
{
    fresh();
    char path[100], left[140];
    path_in(path, "kept.lockstep");
    pid_t gone = fork();
    if (gone == 0)
        _exit(0);
    ck_assert_int_eq(waitpid(gone, NULL, 0), gone);
    const pid_t makers[] = { gone, getppid() };
    for (size_t i = 0; i < 2; i++) {
        snprintf(left, sizeof left, "%s.part-%ld", path, (long)makers[i]);
        close(open(left, O_RDWR | O_CREAT | O_EXCL, 0666));
    }
    struct toy toy;
    struct error error;
    toy_named(&toy, path, 500);
    struct save *save = save_begin(toy.fd, path, &error);
    ck_assert_int_eq(finish(save, toy.timeline), SAVE_DONE);
    save_free(save);
    ck_assert_uint_eq(files_in(directory), 2);
    ck_assert_int_eq(unlink(left), 0); /* that of the living one is there still */
    toy_free(&toy);
}
END_TEST

START_TEST(names_tell_scenario_and_time)
{
    setenv("TZ", "UTC", 1);
    struct meta meta = { .wall_clock_s = 1795829365 };
    snprintf(meta.scenario, sizeof meta.scenario, "my/scraper");
    char *name = save_name(&meta);
    ck_assert_str_eq(name, "my-scraper-20261128-012925.lockstep");
    free(name);
}
END_TEST

int main(void)
{
    if (mkdtemp(directory) == NULL) {
        perror(directory);
        return 99;
    }
    has_elsewhere = mkdtemp(elsewhere) != NULL;
    Suite *suite = suite_create("save");
    TCase *save = tcase_create("save");
    tcase_set_timeout(save, 60);
    tcase_add_test(save, what_grows_is_kept_by_a_link);
    tcase_add_test(save, what_grows_elsewhere_is_kept_by_a_copy);
    tcase_add_test(save, what_is_over_gets_its_name_when_it_is_packed);
    tcase_add_test(save, a_file_with_its_name_is_packed_under_it);
    tcase_add_test(save, nothing_of_others_is_replaced);
    tcase_add_test(save, what_is_left_alone_stays_kept);
    tcase_add_test(save, a_full_disk_leaves_what_was_kept);
    tcase_add_test(save, a_damaged_recording_is_kept_as_it_is);
    tcase_add_test(save, what_a_killed_program_left_is_taken_away);
    tcase_add_test(save, names_tell_scenario_and_time);
    suite_add_tcase(suite, save);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    folder_remove(directory);
    if (has_elsewhere)
        folder_remove(elsewhere);
    return failed > 0;
}
