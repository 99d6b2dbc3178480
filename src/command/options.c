/*
 * The parser of options (getopt_long does the walking). Invariant: an option that the subcommand does not
 * know or a word too many is an error with a sentence.
 */
#include "command/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/plan.h"

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
