/*
 * The table of options and its parser (getopt_long does the walking). Invariant: nothing is taken
 * silently: an option that the subcommand does not know, a value out of bounds or a word too many is
 * an error with a sentence. Values that need a scenario (--set) are only collected here.
 */
#include "command/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "command/values.h"
#include "draw/theme.h"
#include "model/model.h"
#include "output/output.h"
#include "race/race.h"
#include "scenario/plan.h"

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

static bool known_output(const char *option, const char *value, bool report, struct error *error)
{
    const char *names[32];
    size_t count = 0;
    for (size_t i = 0; outputs[i] != NULL && count < 31; i++)
        if (!report || outputs[i]->report != NULL)
            names[count++] = report ? outputs[i]->report : outputs[i]->name;
    names[count] = NULL;
    const struct output *output = report ? output_find_report(value) : output_find(value);
    if (output == NULL)
        return option_wrong_name(error, option, value, names);
    if (output->missing != NULL)
        return error_set(error, "%s %s: %s", option, value, output->missing);
    return true;
}

static bool set_report(struct options *o, const char *value, struct error *error)
{
    o->report = value;
    return known_output("--report", value, true, error);
}

static bool set_span_end(struct options *o, const char *option, const char *value,
                         struct error *error);

/* A format; or the end of the span, as in "--from 1s --to 2s". */
static bool set_to(struct options *o, const char *value, struct error *error)
{
    if (value[0] >= '0' && value[0] <= '9')
        return set_span_end(o, "--to", value, error);
    o->to = value;
    return known_output("--to", value, false, error);
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

#define RACES (FOR_SCREEN | FOR_RUN)
#define SHOWS (FOR_SCREEN | FOR_REPLAY | FOR_PLAY)
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
    { 0, "to", "FORMAT", FOR_EXPORT, "what to make of the recording: see Formats", set_to },
    { 'o', "out", "FILE", FOR_EXPORT | FOR_RUN, "where to write it, else to standard output",
      set_out },
    { 0, "cast", "FILE", FOR_PLAY, "record what is shown as an asciicast", set_cast },
    { 0, "svg", "FILE", FOR_PLAY, "record it as a picture that moves", set_svg },
    { 0, "overwrite", NULL, RACES | FOR_EXPORT | FOR_PLAY,
      "let --record, --out, --cast and --svg replace a file that exists", set_overwrite },
    { 0, "from", "TIME", FOR_EXPORT, "where in the race it begins (0)", set_from },
    { 0, "until", "TIME", FOR_EXPORT, "where it ends (the end)", set_until },
    { 0, "at", "TIME", FOR_EXPORT, "a still of this moment, or of the \"end\"", set_at },
    { 0, "speed", "FACTOR", FOR_EXPORT, "1 is real time; without it a film lasts ten seconds",
      set_speed },
    { 0, "size", "COLSxROWS", FOR_EXPORT | FOR_PLAY, "size of the picture (100x30)", set_size },
    { 0, "view", "NAME", FOR_EXPORT, "what is shown: race, detail or score (race)", set_view },
    { 0, "bin", "TIME", FOR_EXPORT, "width of a bin of time", set_bin },
    { 0, "ascii", NULL, SHOWS | FOR_EXPORT, "draw with ASCII characters only", set_ascii },
    { 0, "theme", "NAME", SHOWS | FOR_EXPORT, "default, projector or mono", set_theme },
    { 0, "fps", "N", SHOWS | FOR_EXPORT, "frames a second at most (30)", set_fps },
    { 'h', "help", NULL, FOR_ALL, "this text", set_help },
    { 'V', "version", NULL, FOR_ALL, "the version", set_version },
    { 0, NULL, NULL, 0, NULL, NULL },
};

static bool row_fits(const struct option_row *row, unsigned place)
{
    return (row->places & (place | FOR_ALL)) != 0;
}

/* What getopt could not place: unknown here, or without its value. */
static bool tell_unknown(const char *word, int code, unsigned place, struct error *error)
{
    if (code == ':')
        return error_set(error, "%s: needs a value; see --help", word);
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    const char *known[32];
    size_t count = 0;
    for (const struct option_row *row = option_rows; row->name != NULL; row++) {
        if (strncmp(word, "--", 2) == 0 && strcmp(name + 2, row->name) == 0)
            return error_set(error, "%s: %s; see --help", name,
                             row_fits(row, place) ? "takes no value" : "is no option here");
        if (row_fits(row, place) && count < 31)
            known[count++] = row->name;
    }
    known[count] = NULL;
    const char *near = strncmp(word, "--", 2) == 0 ? nearest_name(name + 2, known) : NULL;
    if (near != NULL)
        return error_set(error, "%s: no such option, nearest is --%s; see --help", name, near);
    return error_set(error, "%s: no such option; see --help", name);
}

enum { ROWS_MAX = 32, LONG_BASE = 256 };

static size_t prepare(unsigned place, struct option longs[ROWS_MAX + 1], char *letters)
{
    size_t count = 0;
    *letters++ = ':';
    for (size_t i = 0; option_rows[i].name != NULL && count < ROWS_MAX; i++) {
        const struct option_row *row = &option_rows[i];
        if (!row_fits(row, place))
            continue;
        longs[count++] = (struct option){ .name = row->name,
                                          .has_arg = row->argument != NULL,
                                          .val = LONG_BASE + (int)i };
        if (row->letter != 0) {
            *letters++ = row->letter;
            if (row->argument != NULL)
                *letters++ = ':';
        }
    }
    longs[count] = (struct option){ 0 };
    *letters = '\0';
    return count;
}

static const struct option_row *row_of(int code)
{
    if (code >= LONG_BASE)
        return &option_rows[code - LONG_BASE];
    for (const struct option_row *row = option_rows; row->name != NULL; row++)
        if (row->letter != 0 && row->letter == code)
            return row;
    return NULL;
}

bool options_parse(struct options *options, unsigned place, int argc, char **argv,
                   const char **words, int word_most, int *word_count, struct error *error)
{
    *options = (struct options){ .staging = -1, .seed = 1, .repeat = 1, .fps = 30 };
    *word_count = 0;
    struct option longs[ROWS_MAX + 1];
    char letters[3 * ROWS_MAX];
    prepare(place, longs, letters);
    opterr = 0;
    optind = 0; /* a new argv: glibc and BSD both start over at 0 or 1 */
    for (;;) {
        int before = optind > 0 ? optind : 1;
        int code = getopt_long(argc, argv, letters, longs, NULL);
        if (code == -1)
            break;
        if (code == '?' || code == ':')
            return tell_unknown(argv[optind > before ? optind - 1 : before], code, place, error);
        if (!row_of(code)->set(options, optarg, error))
            return false;
    }
    for (int i = optind; i < argc; i++) {
        if (*word_count == word_most)
            return error_set(error, "'%s': a word too many; see --help", argv[i]);
        words[(*word_count)++] = argv[i];
    }
    return true;
}

void options_fini(struct options *options)
{
    free(options->split_models);
    options->split_models = NULL;
}

void options_print(unsigned place, FILE *into)
{
    for (const struct option_row *row = option_rows; row->name != NULL; row++) {
        if (!row_fits(row, place))
            continue;
        char head[48];
        snprintf(head, sizeof head, "%c%c%s--%s%s%s", row->letter != 0 ? '-' : ' ',
                 row->letter != 0 ? row->letter : ' ', row->letter != 0 ? ", " : "  ", row->name,
                 row->argument != NULL ? " " : "", row->argument != NULL ? row->argument : "");
        fprintf(into, "  %-28s %s\n", head, row->help);
    }
}
