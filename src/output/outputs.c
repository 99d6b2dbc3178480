/*
 * The table of outputs. To add one: its file here, its row here.
 */
#include <stddef.h>
#include <string.h>

#include "output/output.h"
#include "output/rows.h"

const struct output *const outputs[] = {
    &output_text, &output_json,    &output_csv, &output_html, &output_perfetto,
    &output_cast, &output_cast_v3, &output_svg, NULL,
};

const struct output output_html = {
    .name = "html",
    .help = "one page with charts and the table",
    .missing = "the page is not there yet; text, json and csv are",
    .report = "html",
};
const struct output output_perfetto = {
    .name = "perfetto",
    .help = "Chrome trace JSON, opened by Perfetto",
    .missing = "it is not there yet; text, json and csv are",
};
const struct output *output_find(const char *name)
{
    for (size_t i = 0; outputs[i] != NULL; i++)
        if (strcmp(outputs[i]->name, name) == 0)
            return outputs[i];
    return NULL;
}

const struct output *output_find_report(const char *name)
{
    for (size_t i = 0; outputs[i] != NULL; i++)
        if (outputs[i]->report != NULL && strcmp(outputs[i]->report, name) == 0)
            return outputs[i];
    return NULL;
}

const char *const output_views[] = { "race", "detail", "score", NULL };

bool output_goes_on(const struct output_options *options, FILE *into, uint64_t done, uint64_t of,
                    struct error *error)
{
    if (ferror(into))
        return error_set(error, "it could not be written whole");
    if (options->progress == NULL || options->progress(options->context, done, of))
        return true;
    return error_set(error, "interrupted");
}

uint64_t output_until(const struct output_options *options)
{
    uint64_t until = timeline_length(options->timelines[0]);
    if (options->until_ns != 0 && options->until_ns < until)
        until = options->until_ns;
    return until > options->from_ns ? until : options->from_ns;
}
