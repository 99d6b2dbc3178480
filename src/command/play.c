/*
 * lockstep play: a demo script, performed on the screen as if a person did it, or without a terminal
 * into a file. What it shows is a recording (given here or in the script) or a race that it runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "command/command.h"
#include "command/film.h"
#include "command/rows.h"
#include "command/session.h"
#include "demo/perform.h"

/* What the driver's calls are given. */
struct show {
    struct demo *demo;
    struct film *film;
};

static uint64_t on_turn(void *context, struct ui *ui, uint64_t at_ns)
{
    struct show *show = context;
    return demo_turn(show->demo, ui, at_ns);
}

static void on_frame(void *context, const struct canvas *canvas, const struct look *look,
                     uint64_t at_ns)
{
    struct show *show = context;
    film_frame(show->film, canvas, look, at_ns);
}

/* The recording that the script names is looked for beside it. Heap. */
static char *beside(const char *script, const char *name)
{
    const char *slash = strrchr(script, '/');
    if (name[0] == '/' || slash == NULL)
        return mem_string(name);
    return mem_format("%.*s/%s", (int)(slash - script), script, name);
}

/* What the script's `run` says, as if it stood on the command line. */
static bool take_run(const struct demo_script *script, const char *path,
                     const struct options *given, struct options *options, const char **scenario,
                     struct error *error)
{
    int argc = 0, count;
    char *argv[DEMO_RUN_WORDS_MAX + 1];
    while (script->run[argc] != NULL) {
        argv[argc] = script->run[argc];
        argc++;
    }
    argv[argc] = NULL;
    if (!options_parse(options, FOR_SCREEN, argc, argv, scenario, 1, &count, error))
        return error_add_context(error, "%s:%u: run", path, script->run_line);
    if (count == 0 || options->help || options->version)
        return error_set(error, "%s:%u: run: a scenario is missing, like scraper", path,
                         script->run_line);
    int64_t values[PLAN_PARAMS_MAX];
    struct plan *plan = session_plan(*scenario, options, values, error);
    if (plan == NULL)
        return error_add_context(error, "%s:%u: run", path, script->run_line);
    plan_free(plan);
    options->ascii = given->ascii || options->ascii;
    options->theme = given->theme != NULL ? given->theme : options->theme;
    options->fps = given->fps > 0 ? given->fps : options->fps;
    return true;
}

/* What the performance came to: its exit status, told where it did not go well. */
static int judge(const struct show *show, const char *path, int status, uint64_t end_ns)
{
    struct error error;
    const char *trouble = demo_trouble(show->demo);
    bool well = status == EXIT_DONE && demo_performed(show->demo);
    bool written = film_close(show->film, well, end_ns, &error);
    if (trouble != NULL) {
        fprintf(stderr, "lockstep: %s\n", trouble);
        return EXIT_RUN_FAILED;
    }
    if (well && !written)
        return session_wrong(&error);
    if (status == EXIT_DONE && !well && !isatty(STDOUT_FILENO)) {
        fprintf(stderr, "lockstep: %s: ended before its last step\n", path);
        return EXIT_RUN_FAILED;
    }
    return status;
}

static int perform(struct spawner *spawner, const struct demo_script *script, const char *path,
                   const char *scenario, const char *const *replays, const struct options *options)
{
    struct error error;
    struct show show = { .demo = NULL };
    bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (!terminal && options->cast == NULL && options->svg == NULL) {
        error_set(
            &error,
            "play: no terminal to show it on; --cast FILE or --svg FILE records it without one");
        return session_wrong(&error);
    }
    const struct theme *theme = theme_find(options->theme != NULL ? options->theme : "default");
    show.film = film_open(options, theme, path, &error);
    if (show.film == NULL)
        return session_wrong(&error);
    show.demo = demo_new(script, path);
    struct ui_driver driver = { .context = &show, .turn = on_turn, .frame = on_frame };
    if (!terminal) {
        bool given = options->how.cols > 0, named = script->cols > 0;
        driver.cols = given ? options->how.cols : named ? script->cols : DEMO_COLS;
        driver.rows = given ? options->how.rows : named ? script->rows : DEMO_ROWS;
    }
    int status = command_show(spawner, scenario, replays, options, &driver);
    status = judge(&show, path, status, demo_at(show.demo));
    demo_free(show.demo);
    return status;
}

/* `recordings`: those given, NULL-terminated; they take the place of what the script names. */
static int play(struct spawner *spawner, const char *path, const char *const *recordings,
                const struct options *given)
{
    struct error error;
    struct demo_script *script = demo_script_load(path, &error);
    if (script == NULL)
        return session_wrong(&error);
    struct options options = *given, run = { .split_models = NULL };
    const char *scenario = NULL;
    char *own = script->replay != NULL ? beside(path, script->replay) : NULL;
    const char *const owns[] = { own, NULL };
    const char *const *replays = recordings[0] != NULL ? recordings : own != NULL ? owns : NULL;
    int status;
    if (replays == NULL && script->run[0] == NULL) {
        error_set(
            &error,
            "%s: shows nothing: give a recording (lockstep play SCRIPT FILE...), or begin it with "
            "'replay FILE' or 'run SCENARIO'",
            path);
        status = session_wrong(&error);
    } else if (replays == NULL && !take_run(script, path, given, &run, &scenario, &error)) {
        status = session_wrong(&error);
    } else {
        if (replays == NULL) {
            run.cast = options.cast;
            run.svg = options.svg;
            run.overwrite = options.overwrite || run.overwrite;
            run.how = options.how;
            options = run;
        }
        if (options.theme == NULL && script->theme != NULL)
            options.theme = script->theme->name;
        status = perform(spawner, script, path, scenario, replays, &options);
    }
    options_fini(&run);
    free(own);
    demo_script_free(script);
    return status;
}

static int run(struct spawner *spawner, int argc, char **argv)
{
    struct options options;
    struct error error;
    const char *words[META_RUNS_MAX + 2] = { NULL };
    int count, status;
    if (!options_parse(&options, FOR_PLAY, argc, argv, words, META_RUNS_MAX + 1, &count, &error))
        status = session_wrong(&error);
    else if (options.help)
        status = command_help(&command_play, FOR_PLAY);
    else if (options.version)
        status = command_version();
    else if (count == 0) {
        error_set(&error, "play: give a demo script; see DEMOS in the man page");
        status = session_wrong(&error);
    } else
        status = play(spawner, words[0], words + 1, &options);
    options_fini(&options);
    return status;
}

const struct command command_play = {
    .name = "play",
    .arguments = "SCRIPT [FILE...]",
    .help = "perform a demo: keys, waits and captions, over recordings or a race",
    .needs_spawner = true,
    .run = run,
};
