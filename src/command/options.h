/*
 * options.h: every option of every subcommand, one row each (option_rows.c). Parser, --help and the man
 * page's check come from the rows.
 *
 * To add an option: a field in struct options, a row in option_rows with a function that sets it.
 */
#ifndef COMMAND_OPTIONS_H
#define COMMAND_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "output/output.h"

enum { OPTIONS_LIST_MAX = 64, OPTIONS_GIVEN_MAX = 16 };

/* An option that only some formats make something of. */
struct option_given {
    const char *name;
    unsigned takes; /* enum output_takes */
};

/* A file that is made of the race, beside the report. */
struct option_export {
    const struct output *output;
    const char *file;
};

struct options {
    const char *models[OPTIONS_LIST_MAX + 1]; /* NULL-terminated; [0] NULL: not given */
    const char *sets[OPTIONS_LIST_MAX + 1];
    const char *dos[OPTIONS_LIST_MAX + 1]; /* "500ms:workers=4", as typed */
    size_t model_count, set_count, do_count;
    int staging; /* -1: not given */
    uint64_t seed;
    int64_t duration_ns; /* 0: not given */
    uint32_t repeat;
    const char *record;
    bool overwrite;
    const char *report; /* of run */
    struct option_export exports[OPTIONS_LIST_MAX];
    size_t export_count;
    const char *listen;
    const char *to, *out;   /* of export */
    const char *cast, *svg; /* of play */
    struct output_options how;
    struct option_given given[OPTIONS_GIVEN_MAX];
    size_t given_count;
    bool ascii;
    const char *theme;
    int fps;
    bool help, version;
    char *split_models; /* owns what models[] points into */
};

enum option_place { /* which subcommands take it; bits */
                    FOR_SCREEN = 1,
                    FOR_RUN = 2,
                    FOR_EXPORT = 4,
                    FOR_REPLAY = 8,
                    FOR_PLAY = 16,
                    FOR_ALL = 128,
};

struct option_row {
    char letter; /* 0: long only */
    const char *name;
    const char *argument; /* "N", or NULL: takes none */
    unsigned places;
    const char *help;
    bool (*set)(struct options *options, const char *value, struct error *error);
};
extern const struct option_row option_rows[]; /* ends with name == NULL */

/*
 * Parse argv (argv[0] is skipped) for one place. Words that are no options go to `words`, at most
 * word_most of them. Fails with "OPTION: what is wrong; what would be right".
 */
bool options_parse(struct options *options, unsigned place, int argc, char **argv,
                   const char **words, int word_most, int *word_count, struct error *error);
void options_fini(struct options *options);
/* The rows of a place, for --help. */
void options_print(unsigned place, FILE *into);

#endif
