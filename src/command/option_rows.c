/*
 * The table of options, and what each does with its value. Invariant: nothing is taken silently: a value
 * out of bounds is an error with a sentence. Values that need a scenario (--set) are only collected here.
 */
#include "command/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "command/values.h"
#include "draw/theme.h"
#include "model/model.h"
#include "output/output.h"
#include "race/race.h"

static bool set_models(struct options *o, const char *value, struct error *error)
{
    free(o->split_models);
    o->split_models = mem_string(value);
    o->model_count = 0;
    char *rest = o->split_models, *name;
    while ((name = strsep(&rest, ",")) != NULL) {
        if (o->model_count == OPTIONS_LIST_MAX)
            return error_set(error, "--models: too many names");
        if (model_find(name) == NULL)
            return option_wrong_name(error, "--models", name, model_names());
        for (size_t i = 0; i < o->model_count; i++)
            if (strcmp(o->models[i], name) == 0)
                return error_set(error, "--models: '%s' is named twice; once is enough", name);
        o->models[o->model_count++] = name;
    }
    o->models[o->model_count] = NULL;
    return true;
}

static bool set_set(struct options *o, const char *value, struct error *error)
{
    if (o->set_count == OPTIONS_LIST_MAX)
        return error_set(error, "--set: given more than %d times", OPTIONS_LIST_MAX);
    if (strchr(value, '=') == NULL)
        return error_set(error, "--set: '%s' is no NAME=VALUE, like workers=10", value);
    o->sets[o->set_count++] = value;
    return true;
}

static bool set_do(struct options *o, const char *value, struct error *error)
{
    if (o->do_count == OPTIONS_LIST_MAX)
        return error_set(error, "--do: given more than %d times", OPTIONS_LIST_MAX);
    if (strchr(value, ':') == NULL)
        return error_set(error, "--do: '%s' is no TIME:WHAT, like 500ms:workers=4 or 1s:kill",
                         value);
    o->dos[o->do_count++] = value;
    return true;
}

static bool set_staging(struct options *o, const char *value, struct error *error)
{
    for (int i = 0; i < STAGING_COUNT; i++)
        if (strcmp(value, staging_names[i]) == 0) {
            o->staging = i;
            return true;
        }
    return option_wrong_name(error, "--staging", value, staging_names);
}

static bool set_seed(struct options *o, const char *value, struct error *error)
{
    return option_number("--seed", value, 0, UINT64_MAX - 1, &o->seed, error);
}

static bool set_duration(struct options *o, const char *value, struct error *error)
{
    uint64_t ns;
    if (!option_time("--duration", value, &ns, NULL) || ns == 0 || ns > 3600 * NS_PER_S)
        return error_set(error, "--duration: '%s' is no time from 1ms to 1h; write 5 or 500ms",
                         value);
    o->duration_ns = (int64_t)ns;
    return true;
}

static bool set_repeat(struct options *o, const char *value, struct error *error)
{
    uint64_t parsed;
    if (!option_number("--repeat", value, 1, 1000, &parsed, error))
        return false;
    o->repeat = (uint32_t)parsed;
    return true;
}

static bool set_record(struct options *o, const char *value, struct error *error)
{
    if (value[0] == '\0')
        return error_set(error, "--record: the name of the file is empty");
    o->record = value;
    return true;
}

static bool set_overwrite(struct options *o, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    o->overwrite = true;
    return true;
}

/* The output of this name (a report's name where `report`); NULL with a sentence. */
static const struct output *known_output(const char *option, const char *value, bool report,
                                         struct error *error)
{
    const char *names[32];
    size_t count = 0;
    for (size_t i = 0; outputs[i] != NULL && count < 31; i++)
        if (!report || outputs[i]->report != NULL)
            names[count++] = report ? outputs[i]->report : outputs[i]->name;
    names[count] = NULL;
    const struct output *output = report ? output_find_report(value) : output_find(value);
    if (output == NULL)
        option_wrong_name(error, option, value, names);
    else if (output->missing != NULL)
        error_set(error, "%s %s: %s", option, value, output->missing);
    return output != NULL && output->missing == NULL ? output : NULL;
}

static bool set_report(struct options *o, const char *value, struct error *error)
{
    o->report = value;
    return known_output("--report", value, true, error) != NULL;
}

static bool set_export(struct options *o, const char *value, struct error *error)
{
    char format[32];
    const char *colon = strchr(value, ':');
    if (o->export_count == OPTIONS_LIST_MAX)
        return error_set(error, "--export: given more than %d times", OPTIONS_LIST_MAX);
    if (colon == NULL || colon[1] == '\0' || colon - value >= (long)sizeof format)
        return error_set(error, "--export: '%s' is no FORMAT:FILE, like svg:race.svg", value);
    snprintf(format, sizeof format, "%.*s", (int)(colon - value), value);
    const struct output *output = known_output("--export", format, false, error);
    if (output == NULL)
        return false;
    o->exports[o->export_count++] = (struct option_export){ output, colon + 1 };
    return true;
}

static bool set_span_end(struct options *o, const char *option, const char *value,
                         struct error *error);

/* A format; or the end of the span, as in "--from 1s --to 2s". */
static bool set_to(struct options *o, const char *value, struct error *error)
{
    if (value[0] >= '0' && value[0] <= '9')
        return set_span_end(o, "--to", value, error);
    o->to = value;
    return known_output("--to", value, false, error) != NULL;
}

static bool set_cast(struct options *o, const char *value, struct error *error)
{
    (void)error;
    o->cast = value;
    return true;
}

static bool set_svg(struct options *o, const char *value, struct error *error)
{
    (void)error;
    o->svg = value;
    return true;
}

static bool set_out(struct options *o, const char *value, struct error *error)
{
    if (value[0] == '\0')
        return error_set(error, "--out: the name of the file is empty");
    o->out = value;
    return true;
}

/* Remembered for the formats that make nothing of it. */
static bool given(struct options *o, const char *name, unsigned takes)
{
    if (o->given_count < OPTIONS_GIVEN_MAX)
        o->given[o->given_count++] = (struct option_given){ name, takes };
    return true;
}

static bool set_span_end(struct options *o, const char *option, const char *value,
                         struct error *error)
{
    if (!option_time(option, value, &o->how.until_ns, error))
        return false;
    if (o->how.until_ns == 0)
        return error_set(error, "%s: nothing is before 0; give a later time", option);
    return given(o, "--until", TAKES_SPAN);
}

static bool set_until(struct options *o, const char *value, struct error *error)
{
    return set_span_end(o, "--until", value, error);
}

static bool set_from(struct options *o, const char *value, struct error *error)
{
    return option_time("--from", value, &o->how.from_ns, error) && given(o, "--from", TAKES_SPAN);
}

static bool set_at(struct options *o, const char *value, struct error *error)
{
    o->how.still = true;
    o->how.at_ns = UINT64_MAX;
    if (strcmp(value, "end") != 0 && !option_time("--at", value, &o->how.at_ns, error))
        return false;
    return given(o, "--at", TAKES_AT);
}

static bool set_bin(struct options *o, const char *value, struct error *error)
{
    if (!option_time("--bin", value, &o->how.bin_ns, error))
        return false;
    if (o->how.bin_ns < NS_PER_US)
        return error_set(error, "--bin: '%s' is below 1us; write 10ms", value);
    return given(o, "--bin", TAKES_BIN);
}

static bool set_speed(struct options *o, const char *value, struct error *error)
{
    return option_factor("--speed", value, 1e-6, 1e4, &o->how.speed, error) &&
           given(o, "--speed", TAKES_SPEED);
}

static bool set_size(struct options *o, const char *value, struct error *error)
{
    return option_size("--size", value, OUTPUT_COLS_MOST, OUTPUT_ROWS_MOST, &o->how.cols,
                       &o->how.rows, error) &&
           given(o, "--size", TAKES_SIZE);
}

static bool set_view(struct options *o, const char *value, struct error *error)
{
    for (size_t i = 0; output_views[i] != NULL; i++)
        if (strcmp(value, output_views[i]) == 0) {
            o->how.view = value;
            return given(o, "--view", TAKES_VIEW);
        }
    return option_wrong_name(error, "--view", value, output_views);
}

static bool set_listen(struct options *o, const char *value, struct error *error)
{
    const char *colon = strrchr(value, ':');
    uint64_t port;
    if (colon == NULL || colon == value || strlen(value) > 60 ||
        !option_number("--listen", colon + 1, 0, 65535, &port, NULL))
        return error_set(error, "--listen: '%s' is no ADDRESS:PORT, like 127.0.0.1:6667", value);
    o->listen = value;
    return true;
}

static bool set_ascii(struct options *o, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    o->ascii = o->how.ascii = true;
    return given(o, "--ascii", TAKES_VIEW);
}

static bool set_theme(struct options *o, const char *value, struct error *error)
{
    const char *names[16];
    size_t count = 0;
    for (size_t i = 0; themes[i] != NULL && count < 15; i++)
        names[count++] = themes[i]->name;
    names[count] = NULL;
    if (theme_find(value) == NULL)
        return option_wrong_name(error, "--theme", value, names);
    o->theme = value;
    o->how.theme = theme_find(value);
    return given(o, "--theme", TAKES_LOOKS);
}

static bool set_fps(struct options *o, const char *value, struct error *error)
{
    uint64_t parsed;
    if (!option_number("--fps", value, 1, OUTPUT_FPS_MOST, &parsed, error))
        return false;
    o->fps = o->how.fps = (int)parsed;
    return given(o, "--fps", TAKES_SPEED);
}

static bool set_help(struct options *o, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    o->help = true;
    return true;
}

static bool set_version(struct options *o, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    o->version = true;
    return true;
}

#define RACES   (FOR_SCREEN | FOR_RUN)
#define SHOWS   (FOR_SCREEN | FOR_REPLAY | FOR_PLAY)
#define EXPORTS (FOR_EXPORT | FOR_RUN)
const struct option_row option_rows[] = {
    { 'm', "models", "a,b,c", RACES, "the models to race, instead of the scenario's", set_models },
    { 's', "set", "NAME=VALUE", RACES, "a parameter's value; may be given many times", set_set },
    { 0, "staging", "HOW", RACES, "turns, split (cores divided) or together", set_staging },
    { 0, "seed", "N", RACES, "seed of everything that is drawn by lot (1)", set_seed },
    { 0, "duration", "SECONDS", RACES, "how long a service scenario is driven", set_duration },
    { 0, "record", "FILE", RACES, "keep the recording in FILE", set_record },
    { 0, "listen", "ADDRESS:PORT", RACES,
      "where a service listens, for a load of your own instead of the crowd", set_listen },
    { 0, "do", "TIME:WHAT", FOR_RUN,
      "at this time of a run: block, kill, burst, mark or NAME=VALUE; may be given many times",
      set_do },
    { 0, "repeat", "N", FOR_RUN, "race N times; the report has medians and the spread",
      set_repeat },
    { 0, "report", "FORMAT", FOR_RUN, "text, json, csv or html (text)", set_report },
    { 0, "export", "FORMAT:FILE", FOR_RUN,
      "make this of the race too, as the command export does; may be given many times",
      set_export },
    { 0, "to", "FORMAT", FOR_EXPORT, "what to make of the recording: see Formats", set_to },
    { 'o', "out", "FILE", FOR_EXPORT | FOR_RUN, "where to write it, else to standard output",
      set_out },
    { 0, "cast", "FILE", FOR_PLAY, "record what is shown as an asciicast", set_cast },
    { 0, "svg", "FILE", FOR_PLAY, "record it as a picture that moves", set_svg },
    { 0, "overwrite", NULL, RACES | FOR_EXPORT | FOR_PLAY,
      "let --record, --out, --export, --cast and --svg replace a file that exists", set_overwrite },
    { 0, "from", "TIME", EXPORTS, "where in the race it begins (0)", set_from },
    { 0, "until", "TIME", EXPORTS, "where it ends (the end)", set_until },
    { 0, "at", "TIME", EXPORTS, "a still of this moment, or of the \"end\"", set_at },
    { 0, "speed", "FACTOR", EXPORTS, "1 is real time; without it a film lasts ten seconds",
      set_speed },
    { 0, "size", "COLSxROWS", EXPORTS | FOR_PLAY, "size of the picture (100x30)", set_size },
    { 0, "view", "NAME", EXPORTS, "what is shown: race, detail or score (race)", set_view },
    { 0, "bin", "TIME", EXPORTS, "width of a bin of time", set_bin },
    { 0, "ascii", NULL, SHOWS | EXPORTS, "draw with ASCII characters only", set_ascii },
    { 0, "theme", "NAME", SHOWS | EXPORTS, "default, projector or mono", set_theme },
    { 0, "fps", "N", SHOWS | EXPORTS, "frames a second at most (30)", set_fps },
    { 'h', "help", NULL, FOR_ALL, "this text", set_help },
    { 'V', "version", NULL, FOR_ALL, "the version", set_version },
    { 0, NULL, NULL, 0, NULL, NULL },
};
