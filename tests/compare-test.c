/*
 * Recordings side by side: their runs are on one clock with their own figures, a parameter is known
 * by its name, and the sentences say what was set differently and which wait grew.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "race/follow.h"
#include "timeline/compare.h"

enum { MS = 1000000, TASKS = 4 };

struct file {
    const char *path;
    uint64_t go, io, gil; /* of each task: ns it waits for the outside, and for the GIL */
    uint32_t kind, runs;
    bool swapped; /* parameters in another order */
    bool cut;     /* no end of the run, no footer */
    int64_t workers;
};

static void put_meta(struct recording_writer *writer, const struct file *file)
{
    struct error error;
    struct meta *meta = mem_zero(1, sizeof *meta);
    snprintf(meta->scenario, sizeof meta->scenario, "toy");
    snprintf(meta->staging, sizeof meta->staging, "turns");
    meta->comparable = true;
    meta->kind = file->kind;
    meta->run_count = file->runs;
    for (uint32_t i = 0; i < file->runs; i++) {
        snprintf(meta->runs[i].model, sizeof meta->runs[i].model, i == 0 ? "threads" : "serial");
        snprintf(meta->runs[i].title, sizeof meta->runs[i].title, "THREADS");
        meta->runs[i].status = i == 0 ? (file->cut ? RUN_LIVE : RUN_DONE) : RUN_WAITING;
        meta->runs[i].switch_source = SOURCE_RUSAGE;
        meta->runs[i].cores = 2;
    }
    meta->param_count = 2;
    struct meta_param *workers = &meta->params[file->swapped ? 1 : 0];
    struct meta_param *pages = &meta->params[file->swapped ? 0 : 1];
    snprintf(workers->name, sizeof workers->name, "workers");
    snprintf(workers->text, sizeof workers->text, "%d", (int)file->workers);
    workers->value = file->workers;
    snprintf(pages->name, sizeof pages->name, "pages");
    snprintf(pages->text, sizeof pages->text, "7");
    pages->value = 7;
    ck_assert_msg(recording_write_meta(writer, meta, &error), "%s", error.text);
    free(meta);
}

/* One worker that does its tasks one after the other. */
static void write_file(const struct file *file)
{
    struct event events[TASKS * 5 + 4];
    size_t count = 0;
    uint64_t t = file->go;
    events[count++] = (struct event){ .time = t, .kind = EVENT_RUN_GO, .lane = LANE_NONE };
    events[count++] = (struct event){ .time = t, .kind = EVENT_LANE_BEGIN, .object = ROLE_WORKER };
    for (uint32_t task = 0; task < TASKS; task++) {
        events[count++] = (struct event){ .time = t, .kind = EVENT_TASK_SUBMIT, .object = task };
        events[count++] = (struct event){ .time = t, .kind = EVENT_TASK_TAKE, .object = task };
        events[count++] =
            (struct event){ .time = t, .kind = EVENT_SAY, .object = task, .a = SAYS_IO };
        events[count++] = (struct event){ .time = t += file->io, .kind = EVENT_GIL_WANT };
        events[count++] =
            (struct event){ .time = t += file->gil, .kind = EVENT_TASK_DONE, .object = task };
    }
    events[count++] = (struct event){ .time = t,
                                      .kind = file->cut ? EVENT_MARK : EVENT_RUN_END,
                                      .lane = LANE_NONE,
                                      .object = file->cut ? MARK_USER : RUN_DONE };
    struct drained drained = { .events = events, .count = count, .until_ns = t };
    struct error error;
    int fd = open(file->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    struct recording_writer *writer = recording_writer_new(fd, 0, &error);
    ck_assert_msg(writer != NULL, "%s", error.text);
    put_meta(writer, file);
    ck_assert_msg(recording_write_events(writer, &drained, &error), "%s", error.text);
    uint64_t size = recording_writer_size(writer);
    ck_assert_msg(recording_writer_close(writer, &error), "%s", error.text);
    if (file->cut)
        ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
    close(fd);
}

static struct timeline *read_all(struct follow *follow)
{
    struct timeline *timeline = timeline_new();
    while (follow_feed(follow, timeline, 1))
        continue;
    return timeline;
}

static struct file fast = {
    "compare-fast.lockstep", 5 * MS, 10 * MS, 1 * MS, 0, 2, false, false, 4
};
static struct file slow = {
    "compare-slow.lockstep", 900 * MS, 10 * MS, 30 * MS, 0, 1, true, false, 8
};
static const char *const paths[] = { "compare-fast.lockstep", "compare-slow.lockstep" };

static void remove_files(void)
{
    unlink(paths[0]);
    unlink(paths[1]);
}

START_TEST(runs_stand_on_one_clock_with_their_own_figures)
{
    struct error error;
    write_file(&fast);
    write_file(&slow);
    struct follow *both = follow_files(paths, 2, &error);
    ck_assert_msg(both != NULL, "%s", error.text);
    struct timeline *timeline = read_all(both);
    ck_assert(follow_missing(both) == NULL);
    ck_assert_uint_eq(timeline_runs(timeline), 3);
    for (size_t i = 0; i < 2; i++) {
        struct figures alone, beside;
        struct follow *one = follow_file(paths[i], &error);
        struct timeline *its = read_all(one);
        figures_at(its, 0, UINT64_MAX, &alone);
        figures_at(timeline, i == 0 ? 0 : 2, UINT64_MAX, &beside);
        ck_assert_int_eq(memcmp(&alone, &beside, sizeof alone), 0);
        timeline_free(its);
        follow_free(one);
    }
    const struct meta *meta = timeline_meta(timeline);
    char name[40];
    ck_assert_str_eq(meta_run_name(&meta->runs[0], name, sizeof name), "threads compare-fast");
    ck_assert_str_eq(meta_run_name(&meta->runs[2], name, sizeof name), "threads compare-slow");
    ck_assert_str_eq(meta->params[0].text, "4|8");
    int64_t workers;
    ck_assert(timeline_param_at(timeline, 0, 0, 0, &workers) && workers == 4);
    ck_assert(timeline_param_at(timeline, 2, 0, 0, &workers) && workers == 8);
    timeline_free(timeline);
    follow_free(both);
    remove_files();
}
END_TEST

START_TEST(the_sentences_name_the_wait_that_grew)
{
    struct error error;
    struct compare compare;
    write_file(&fast);
    write_file(&slow);
    struct follow *both = follow_files(paths, 2, &error);
    struct timeline *timeline = read_all(both);
    compare_files(timeline, &compare);
    ck_assert_uint_eq(compare.count, 2);
    ck_assert_str_eq(compare.lines[0],
                     "in compare-slow against compare-fast: workers 8 instead of 4.");
    ck_assert_str_eq(compare.lines[1],
                     "threads: wall time 160ms in compare-slow, 44ms in compare-fast: 3.64 x as "
                     "long. What grew most is the time in which a worker waits for the GIL: 30ms a "
                     "task, 1ms in compare-fast.");
    timeline_free(timeline);
    follow_free(both);
    /* The other way round it shrank, and nothing grew. */
    const char *const turned[] = { paths[1], paths[0] };
    both = follow_files(turned, 2, &error);
    timeline = read_all(both);
    compare_files(timeline, &compare);
    ck_assert_uint_eq(compare.count, 3);
    ck_assert_str_eq(compare.lines[1],
                     "threads: wall time 44ms in compare-fast, 160ms in compare-slow: 3.64 x as "
                     "fast. No kind of wait grew. What shrank most is the time in which a worker "
                     "waits for the GIL: 1ms a task, 30ms in compare-slow.");
    ck_assert_str_eq(compare.lines[2], "serial: only in compare-fast.");
    timeline_free(timeline);
    follow_free(both);
    remove_files();
}
END_TEST

START_TEST(one_file_is_compared_with_nothing)
{
    struct error error;
    struct compare compare;
    write_file(&fast);
    struct follow *one = follow_files(paths, 1, &error);
    struct timeline *timeline = read_all(one);
    compare_files(timeline, &compare);
    ck_assert_uint_eq(compare.count, 0);
    timeline_free(timeline);
    follow_free(one);
    remove_files();
}
END_TEST

START_TEST(a_file_that_was_cut_ends_where_it_ends)
{
    struct error error;
    struct file cut = fast;
    struct run_brief brief;
    cut.cut = true;
    write_file(&cut);
    write_file(&slow);
    struct follow *both = follow_files(paths, 2, &error);
    struct timeline *timeline = read_all(both);
    ck_assert(strstr(follow_missing(both), "compare-fast.lockstep was not closed") != NULL);
    timeline_run(timeline, 0, &brief);
    ck_assert(brief.over);
    ck_assert_int_eq(brief.status, RUN_STOPPED);
    ck_assert_uint_eq(brief.length_ns, 44 * MS);
    timeline_free(timeline);
    follow_free(both);
    remove_files();
}
END_TEST

START_TEST(what_cannot_stand_side_by_side_is_refused)
{
    struct error error;
    struct file other = slow;
    other.kind = 1;
    write_file(&fast);
    write_file(&other);
    ck_assert(follow_files(paths, 2, &error) == NULL);
    ck_assert(strstr(error.text, "one is of a batch, the other of a service") != NULL);
    other.kind = 0;
    other.runs = 7;
    write_file(&other);
    ck_assert(follow_files(paths, 2, &error) == NULL);
    ck_assert(strstr(error.text, "9 runs together; at most 8") != NULL);
    const char *const missing[] = { paths[0], "compare-none.lockstep" };
    ck_assert(follow_files(missing, 2, &error) == NULL);
    ck_assert(strstr(error.text, "compare-none.lockstep") != NULL);
    remove_files();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compare");
    TCase *tcase = tcase_create("compare");
    tcase_add_test(tcase, runs_stand_on_one_clock_with_their_own_figures);
    tcase_add_test(tcase, the_sentences_name_the_wait_that_grew);
    tcase_add_test(tcase, one_file_is_compared_with_nothing);
    tcase_add_test(tcase, a_file_that_was_cut_ends_where_it_ends);
    tcase_add_test(tcase, what_cannot_stand_side_by_side_is_refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
