/*
 * The table of outputs. To add one: its file here, its row here.
 */
#include <stddef.h>
#include <string.h>

#include "output/output.h"
#include "output/rows.h"

const struct output *const outputs[] = {
    &output_text,     &output_json, &output_csv, &output_html,
    &output_perfetto, &output_cast, &output_svg, NULL,
};

const struct output output_html = {
    .name = "html",
    .help = "one page with charts and the table",
    .missing = "the page is not there yet; text, json and csv are",
    .report = true,
};
const struct output output_perfetto = {
    .name = "perfetto",
    .help = "Chrome trace JSON, opened by Perfetto",
    .missing = "it is not there yet; text, json and csv are",
};
const struct output output_cast = {
    .name = "cast",
    .help = "asciicast, for players of terminal sessions",
    .missing = "it is not there yet; text, json and csv are",
};
const struct output output_svg = {
    .name = "svg",
    .help = "a picture of the screen",
    .missing = "it is not there yet; text, json and csv are",
};

const struct output *output_find(const char *name)
{
    for (size_t i = 0; outputs[i] != NULL; i++)
        if (strcmp(outputs[i]->name, name) == 0)
            return outputs[i];
    return NULL;
}
