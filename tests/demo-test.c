/*
 * Demos: scripts that are right and wrong (tests/demos-bad/: a script, and the sentence it is refused
 * with), and performances without a terminal: over a toy's recording, in this process, and over real
 * ones by the real program. The same script over the same recording has to give the same bytes.
 */
#include "player.h"
#include "process.h"
#include "shows.h"
#include "toy.h"

#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "demo/perform.h"
#include "demo/words.h"
#include "output/cast.h"
#include "ui/driver.h"

enum { LIMIT_MS = 60000 };

/* ---- files ---- */

static const char *source(void)
{
    const char *srcdir = getenv("top_srcdir");
    return srcdir != NULL ? srcdir : "..";
}

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "r");
    struct buffer text;
    char block[4096];
    size_t got;
    ck_assert_msg(file != NULL, "%s is missing", path);
    buffer_init(&text);
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        buffer_append(&text, block, got);
    fclose(file);
    *size = text.size;
    return buffer_take(&text);
}

/* Calls `each` for every demo of a folder of the sources; gives how many. */
static size_t each_demo(const char *folder, void (*each)(const char *path, const char *name))
{
    size_t count = 0;
    char *where = mem_format("%s/%s", source(), folder);
    DIR *entries = opendir(where);
    ck_assert_msg(entries != NULL, "%s is missing", where);
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length < 6 || strcmp(entry->d_name + length - 5, ".demo") != 0)
            continue;
        char *path = mem_format("%s/%s", where, entry->d_name);
        char *name = mem_format("%.*s", (int)length - 5, entry->d_name);
        each(path, name);
        free(path);
        free(name);
        count++;
    }
    closedir(entries);
    free(where);
    return count;
}

/* ---- scripts ---- */

static struct demo_script *parse(const char *text, struct error *error)
{
    return demo_script_parse("t.demo", text, strlen(text), error);
}

START_TEST(a_script_becomes_steps)
{
    struct error error = { "" };
    struct demo_script *script = parse("# a comment\r\n"
                                       "run scraper -m threads,loop   # another\n"
                                       "size 80x24\n"
                                       "theme projector\n"
                                       "\n"
                                       "caption \"say \\\"it\\\" \\\\ # so\" for 3s\n"
                                       "\tkey space right x20 , #\n"
                                       "type 30\n"
                                       "until mark first-handover within 1.5s\n"
                                       "until page score\n"
                                       "until moment 0ms\n"
                                       "speed 1/20\n"
                                       "wait 250ms\n"
                                       "end",
                                       &error);
    ck_assert_msg(script != NULL, "%s", error.text);
    ck_assert_str_eq(script->run[1], "scraper");
    ck_assert_str_eq(script->run[3], "threads,loop");
    ck_assert_ptr_null(script->run[4]);
    ck_assert_int_eq(script->cols, 80);
    ck_assert_int_eq(script->rows, 24);
    ck_assert_str_eq(script->theme->name, "projector");
    const struct demo_step *step = script->steps;
    ck_assert_uint_eq(script->step_count, 11);
    ck_assert_str_eq(step[0].text, "say \"it\" \\ # so");
    ck_assert_uint_eq(step[0].ns, UINT64_C(3000000000));
    ck_assert_uint_eq(step[1].key, ' ');
    ck_assert_uint_eq(step[2].key, KEY_IS_RIGHT);
    ck_assert_uint_eq(step[2].times, 20);
    ck_assert_uint_eq(step[3].key, ',');
    ck_assert_uint_eq(step[3].line, 7);
    ck_assert_str_eq(step[4].text, "30");
    ck_assert_uint_eq(step[5].mark, MARK_HANDOVER);
    ck_assert_uint_eq(step[5].ns, UINT64_C(1500000000));
    ck_assert_str_eq(step[6].name, "score");
    ck_assert_uint_eq(step[6].ns, UINT64_C(60000000000));
    ck_assert_uint_eq(step[7].moment_ns, 0);
    ck_assert_double_eq_tol(step[8].speed, 0.05, 1e-12);
    ck_assert_uint_eq(step[9].ns, UINT64_C(250000000));
    ck_assert_int_eq(step[10].what, DEMO_END);
    demo_script_free(script);
}
END_TEST

static void assert_refused(const char *path, const char *name)
{
    struct error error = { "" };
    size_t size;
    struct demo_script *script = demo_script_load(path, &error);
    ck_assert_msg(script == NULL, "%s was taken", name);
    for (const char *byte = error.text; *byte != '\0'; byte++)
        ck_assert_msg((unsigned char)*byte >= ' ' && *byte != 0x7f, "%s: %s", name, error.text);
    char *expect = mem_format("%.*s.expect", (int)strlen(path) - 5, path);
    const char *mode = getenv("LOCKSTEP_GOLDEN");
    if (mode != NULL && strcmp(mode, "write") == 0) {
        FILE *file = fopen(expect, "w");
        ck_assert_ptr_nonnull(file);
        fprintf(file, "%s\n", error.text + strlen(path) + 1);
        fclose(file);
    }
    char *sentence = read_file(expect, &size);
    sentence[strcspn(sentence, "\n")] = '\0';
    ck_assert_msg(strcmp(error.text + strlen(path) + 1, sentence) == 0,
                  "%s\n  says   %s\n  not    %s", name, error.text + strlen(path) + 1, sentence);
    free(sentence);
    free(expect);
}

START_TEST(wrong_scripts_are_told)
{
    ck_assert_uint_ge(each_demo("tests/demos-bad", assert_refused), 50);
}
END_TEST

/* Cut anywhere, and with any byte of it another: taken or refused, and that is all. */
static void damage(const char *path, const char *name)
{
    size_t size;
    char *text = read_file(path, &size);
    unsigned seed = 3;
    for (size_t cut = 0; cut <= size; cut++) {
        struct error error = { "" };
        struct demo_script *script = demo_script_parse(name, text, cut, &error);
        ck_assert_msg((script != NULL) == (error.text[0] == '\0'), "%s: %s", name, error.text);
        demo_script_free(script);
    }
    for (int i = 0; i < 3000; i++) {
        seed = seed * 1103515245 + 12345;
        size_t at = size > 0 ? seed / 256 % size : 0;
        char before = size > 0 ? text[at] : 0;
        if (size > 0)
            text[at] = (char)(seed >> 24);
        demo_script_free(demo_script_parse(name, text, size, NULL));
        if (size > 0 && i % 4 != 0)
            text[at] = before;
    }
    free(text);
}

START_TEST(damaged_scripts_do_no_harm)
{
    each_demo("tests/demos-bad", damage);
    ck_assert_uint_ge(each_demo("demos", damage), 3);
    char *text = mem_alloc(DEMO_TEXT_MAX + 1);
    memset(text, 'a', DEMO_TEXT_MAX + 1);
    struct error error;
    ck_assert_ptr_null(demo_script_parse("t.demo", text, DEMO_TEXT_MAX + 1, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "at most"));
    free(text);
}
END_TEST

START_TEST(words_are_told_to_people)
{
    for (const struct demo_word *word = demo_words; word->name != NULL; word++) {
        ck_assert(word->help[0] != '\0' && word->read != NULL);
        for (const struct demo_word *other = demo_words; other < word; other++)
            ck_assert_str_ne(other->name, word->name);
    }
}
END_TEST

/* ---- performances in this process ---- */

static const char *const names[] = { "serial", "threads", "processes", "loop", NULL };

static const char *title_of(const char *name)
{
    return name;
}

static const char *refuses(const char *name, const struct plan *plan)
{
    (void)name;
    (void)plan;
    return NULL;
}

/* A performance of a script over a toy's recording, and the cast of it. */
struct performance {
    struct demo *demo;
    struct canvas last;
    size_t frames;
    FILE *into;
    struct cast *cast;
    char *text;
    size_t size;
    uint64_t at_ns;
    struct demo_script *script;
    int status;
};

static uint64_t on_turn(void *context, struct ui *ui, uint64_t at_ns)
{
    struct performance *performance = context;
    return demo_turn(performance->demo, ui, at_ns);
}

static void on_frame(void *context, const struct canvas *canvas, const struct look *look,
                     uint64_t at_ns)
{
    struct performance *performance = context;
    (void)look;
    ck_assert_uint_ge(at_ns, performance->at_ns);
    performance->at_ns = at_ns;
    performance->frames++;
    cast_frame(performance->cast, canvas, at_ns);
    canvas_reset(&performance->last, canvas->cols, canvas->rows);
    memcpy(performance->last.cells, canvas->cells,
           (size_t)canvas->cols * (size_t)canvas->rows * sizeof *canvas->cells);
}

static void perform(struct performance *performance, const char *text, const char *toy_name)
{
    struct toy toy;
    struct error error = { "" };
    char path[64];
    snprintf(path, sizeof path, "demo-toy-%d.lockstep", (int)getpid());
    toy_init(&toy);
    ck_assert(toy_find(&toy, toy_name));
    ck_assert_msg(toy_record(&toy, path, &error), "%s", error.text);
    *performance = (struct performance){ .script = parse(text, &error) };
    ck_assert_msg(performance->script != NULL, "%s", error.text);
    canvas_init(&performance->last);
    performance->into = open_memstream(&performance->text, &performance->size);
    const struct cast_options how = { .version = 2, .cols = 100, .rows = 30 };
    performance->cast = cast_open(performance->into, &how);
    performance->demo = demo_new(performance->script, "t.demo");
    const struct ui_driver driver = {
        .context = performance, .cols = 100, .rows = 30, .turn = on_turn, .frame = on_frame
    };
    const struct ui_options options = { .replay = path,
                                        .model_names = names,
                                        .model_title = title_of,
                                        .model_help = title_of,
                                        .model_refuses = refuses,
                                        .staging = -1,
                                        .driver = &driver };
    performance->status = ui_run(&options);
    ck_assert(cast_close(performance->cast, demo_at(performance->demo), &error));
    fclose(performance->into);
    unlink(path);
}

static void performance_end(struct performance *performance, bool keep_text)
{
    demo_free(performance->demo);
    demo_script_free(performance->script);
    canvas_fini(&performance->last);
    if (!keep_text)
        free(performance->text);
}

static const char story[] = "until page question\n"
                            "caption \"Who is first?\"\n"
                            "wait 1s\n"
                            "key 3\n"
                            "until mark end\n"
                            "key space\n"
                            "wait 500ms\n"
                            "key space\n"
                            "speed 1/4\n"
                            "caption \"On to the end\" for 2s\n"
                            "until done\n"
                            "key tab enter + +\n"
                            "wait 1s\n"
                            "key esc s\n"
                            "until page score within 1s\n"
                            "wait 1s\n";

START_TEST(the_same_demo_gives_the_same_cast)
{
    struct performance first, second;
    perform(&first, story, "scraper");
    ck_assert_int_eq(first.status, 0);
    ck_assert(demo_performed(first.demo));
    ck_assert_ptr_null(demo_trouble(first.demo));
    ck_assert_uint_gt(first.frames, 100);
    perform(&second, story, "scraper");
    ck_assert_uint_eq(first.size, second.size);
    ck_assert_mem_eq(first.text, second.text, first.size);
    /* And the cast is what was shown. */
    struct player player = { .text = second.text, .size = second.size };
    player_begin(&player);
    while (player_peek(&player))
        player_play(&player);
    shows_canvas(player.screen, &second.last, themes[0], 1 << 24);
    ck_assert_double_eq_tol(player.at, (double)demo_at(second.demo) / 1e9, player_grain(&player));
    player_end(&player);
    performance_end(&first, false);
    performance_end(&second, true);
}
END_TEST

/* What the last picture says after these steps; heap. */
static char *last_picture(const char *text, const char *toy)
{
    struct performance performance;
    struct buffer picture;
    perform(&performance, text, toy);
    buffer_init(&picture);
    for (int y = 0; y < performance.last.rows; y++) {
        char *row = canvas_row_text(&performance.last, y);
        buffer_printf(&picture, "%s\n", row);
        free(row);
    }
    if (demo_trouble(performance.demo) != NULL)
        buffer_printf(&picture, "status %d: %s\n", performance.status,
                      demo_trouble(performance.demo));
    performance_end(&performance, false);
    return buffer_take(&picture);
}

START_TEST(steps_do_what_they_say)
{
    static const struct {
        const char *steps, *toy, *there, *not_there;
    } rows[] = {
        { "wait 1s", "scraper", "what do you expect?", "core0" },
        { "key space\nwait 100ms\nkey space", "scraper", "PAUSED", "what do you expect?" },
        { "key space\nuntil done", "scraper", "200/200", "PAUSED" },
        { "key space\nuntil mark end\nkey space", "scraper", "1st", NULL },
        { "key space\nspeed 1/20\nwait 1s", "scraper", "1/20x", NULL },
        { "key space\nuntil moment 500ms\nkey space", "scraper", "0:00.5", NULL },
        { "key space\nkey home space\nkey . x3", "scraper", " .", NULL },
        { "key space\ncaption \"hear, hear\"\nwait 1s", "scraper", "hear, hear", NULL },
        { "key space\ncaption \"hear, hear\" for 500ms\nwait 1s", "scraper", "core0",
          "hear, hear" },
        { "key space\ncaption \"one\"\ncaption \"two\"\nwait 1s", "scraper", "two", "one  " },
        { "key 1\nuntil done\nkey s", "scraper", "you said", NULL },
        { "key space\nkey tab enter\nuntil page detail", "scraper", "esc race", NULL },
        { "key esc\nuntil page picker\nkey enter\nuntil page question\nkey space\nwait 1s",
          "scraper", "races nothing", NULL },
        { "key q\nwait 5s", "scraper", "what do you expect?", NULL },
        { "key space\nuntil mark crash within 2s\ncaption \"never\"", "scraper",
          "status 1: t.demo:2: 'mark crash' did not come within 2s; the demo ends here", "never" },
        { "key space\nuntil mark crash\nkey space", "crash", "PAUSED", NULL },
        { "until page score within 1s", "scraper", "status 1: t.demo:1:", NULL },
    };
    char *picture = last_picture(rows[_i].steps, rows[_i].toy);
    ck_assert_msg(strstr(picture, rows[_i].there) != NULL, "%s\n%s\nlacks '%s'", rows[_i].steps,
                  picture, rows[_i].there);
    ck_assert_msg(rows[_i].not_there == NULL || strstr(picture, rows[_i].not_there) == NULL,
                  "%s\n%s\nhas '%s'", rows[_i].steps, picture, rows[_i].not_there);
    free(picture);
}
END_TEST
enum { STEP_ROWS = 17 };

/* ---- the real program ---- */

static int program(const char *const *words, char **text)
{
    struct process process;
    process_start(&process, words, NULL);
    ck_assert(process_wait(&process, LIMIT_MS));
    int status = WIFEXITED(process.status) ? WEXITSTATUS(process.status) : -1;
    if (text != NULL)
        *text = mem_string(process.text != NULL ? process.text : "");
    process_end(&process);
    return status;
}

/* A committed demo over a real recording of its scenario, small: to its end, the same twice, also
 * while the machine has something else to do. */
static void play_committed(const char *path, const char *name)
{
    static const struct {
        const char *name, *options[6];
    } rows[] = {
        { "scraper", { "--set", "pages=60", "--set", "latency=20ms" } },
        { "matrix", { "--set", "size=256", "--set", "products=16" } },
        { "chat", { "--set", "clients=20", "--set", "duration=500ms" } },
    };
    size_t row = 0;
    while (row < sizeof rows / sizeof *rows && strcmp(rows[row].name, name) != 0)
        row++;
    ck_assert_msg(row < sizeof rows / sizeof *rows, "%s has no recording here: add a row", name);
    char *recording = mem_format("demo-%d.lockstep", (int)getpid());
    const char *run[] = { "run",
                          name,
                          rows[row].options[0],
                          rows[row].options[1],
                          rows[row].options[2],
                          rows[row].options[3],
                          "--staging",
                          "turns",
                          "--record",
                          recording,
                          "--overwrite",
                          NULL };
    ck_assert_int_eq(program(run, NULL), 0);
    char *cast[2], *text[2], *said;
    size_t size[2];
    pid_t busy = fork();
    if (busy == 0) {
        alarm(60);
        for (volatile unsigned i = 0;; i++)
            continue;
    }
    for (int i = 0; i < 2; i++) {
        cast[i] = mem_format("demo-%d-%d.cast", (int)getpid(), i);
        const char *play[] = { "play", path, recording, "--cast", cast[i], "--overwrite", NULL };
        int status = program(play, &said);
        ck_assert_msg(status == 0, "%s: %s", path, said);
        free(said);
        text[i] = read_file(cast[i], &size[i]);
        unlink(cast[i]);
        free(cast[i]);
    }
    kill(busy, SIGKILL);
    waitpid(busy, NULL, 0);
    ck_assert_uint_gt(size[0], 10000);
    ck_assert_uint_eq(size[0], size[1]);
    ck_assert_mem_eq(text[0], text[1], size[0]);
    free(text[0]);
    free(text[1]);
    unlink(recording);
    free(recording);
}

/* Side by side as `replay A B` shows them, and the same each time. */
START_TEST(a_demo_plays_over_several_recordings)
{
    static const char *const recordings[] = { "demo-fast.lockstep", "demo-slow.lockstep" };
    static const char script[] = "demo-several.demo", cast[] = "demo-several.cast";
    struct error error;
    for (uint32_t i = 0; i < 2; i++) {
        struct toy toy;
        toy_init(&toy);
        toy.latency_us *= i + 1;
        ck_assert_msg(toy_record(&toy, recordings[i], &error), "%s", error.text);
    }
    FILE *file = fopen(script, "w");
    fputs("key space\nwait 1s\nkey s\nuntil page score\nwait 500ms\n", file);
    fclose(file);
    const char *words[] = { "play",   script, recordings[0], recordings[1],
                            "--cast", cast,   "--overwrite", NULL };
    char *text[2], *said;
    size_t size[2];
    for (int i = 0; i < 2; i++) {
        int status = program(words, &said);
        ck_assert_msg(status == 0, "%s", said);
        free(said);
        text[i] = read_file(cast, &size[i]);
    }
    ck_assert_uint_eq(size[0], size[1]);
    ck_assert_mem_eq(text[0], text[1], size[0]);
    ck_assert_ptr_nonnull(strstr(text[0], "demo-fast"));
    ck_assert_ptr_nonnull(strstr(text[0], "demo-slow"));
    free(text[0]);
    free(text[1]);
    unlink(recordings[0]);
    unlink(recordings[1]);
    unlink(script);
    unlink(cast);
}
END_TEST

START_TEST(committed_demos_play)
{
    ck_assert_uint_ge(each_demo("demos", play_committed), 3);
}
END_TEST

START_TEST(wrong_use_is_told)
{
    char script[64], cast[64], *said;
    snprintf(script, sizeof script, "wrong-%d.demo", (int)getpid());
    snprintf(cast, sizeof cast, "wrong-%d.cast", (int)getpid());
    static const struct {
        const char *text, *says;
        int status;
        bool cast;
    } rows[] = {
        { "wait 1s\n", "shows nothing", 2, true },
        { "run scraper\nwait 1s\n", "no terminal", 2, false },
        { "run scrapper\nwait 1s\n", "scraper", 2, true },
        { "run scraper --modles loop\nwait 1s\n", "1: run: --modles: no such option", 2, true },
        { "replay none.lockstep\nwait 1s\n", "none.lockstep", 2, true },
        { "wiat 1s\n", "1:1: 'wiat' is no step of a demo, nearest is 'wait'", 2, true },
        { "run scraper -m loop --set pages=20\nuntil page score within 100ms\n",
          "'page score' did not come within 0.1s", 1, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        FILE *file = fopen(script, "w");
        fputs(rows[i].text, file);
        fclose(file);
        const char *words[] = { "play", script, rows[i].cast ? "--cast" : NULL, cast, NULL };
        int status = program(words, &said);
        ck_assert_msg(status == rows[i].status && strstr(said, rows[i].says) != NULL, "%s%d: %s",
                      rows[i].text, status, said);
        ck_assert_msg(access(cast, F_OK) != 0, "%sleft a file", rows[i].text);
        free(said);
    }
    unlink(script);
}
END_TEST

/* A race that is run for the demo, without a terminal: it takes its time. */
START_TEST(a_demo_runs_a_race)
{
    char script[64], cast[64], *said;
    size_t size;
    snprintf(script, sizeof script, "run-%d.demo", (int)getpid());
    snprintf(cast, sizeof cast, "run-%d.cast", (int)getpid());
    FILE *file = fopen(script, "w");
    fputs("run scraper -m threads,loop --staging turns --set pages=40 --set latency=20ms\n"
          "until page question\nkey space\nuntil live\nuntil over\nkey s\nuntil page score\n"
          "caption \"so it was\"\nwait 200ms\n",
          file);
    fclose(file);
    const char *words[] = { "play", script, "--cast", cast, NULL };
    int status = program(words, &said);
    ck_assert_msg(status == 0, "%s", said);
    free(said);
    struct player player = { .text = read_file(cast, &size) };
    player.size = size;
    player_begin(&player);
    while (player_peek(&player))
        player_play(&player);
    ck_assert_uint_eq(player.markers, 1);
    player_end(&player);
    unlink(script);
    unlink(cast);
}
END_TEST

int main(void)
{
    char path[600];
    snprintf(path, sizeof path, "%s/scenarios", source());
    setenv("LOCKSTEP_SCENARIOS", path, 0);
    Suite *suite = suite_create("demo");
    TCase *tcase = tcase_create("demo");
    tcase_set_timeout(tcase, 180);
    tcase_add_test(tcase, a_script_becomes_steps);
    tcase_add_test(tcase, wrong_scripts_are_told);
    tcase_add_test(tcase, damaged_scripts_do_no_harm);
    tcase_add_test(tcase, words_are_told_to_people);
    tcase_add_test(tcase, the_same_demo_gives_the_same_cast);
    tcase_add_loop_test(tcase, steps_do_what_they_say, 0, STEP_ROWS);
    tcase_add_test(tcase, committed_demos_play);
    tcase_add_test(tcase, a_demo_plays_over_several_recordings);
    tcase_add_test(tcase, wrong_use_is_told);
    tcase_add_test(tcase, a_demo_runs_a_race);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
