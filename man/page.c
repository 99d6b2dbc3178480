/*
 * Makes the man page: copies man/lockstep.1.in and puts, for each line @NAME@, the rows of a table of
 * the program in its place. So the page cannot forget an option, a key or a parameter.
 */
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "command/options.h"
#include "demo/words.h"
#include "model/model.h"
#include "output/output.h"
#include "scenario/plan.h"
#include "timeline/state.h"
#include "ui/ui.h"

/* A minus that is typed is \-, a backslash \e, and a line may not begin with a dot or a quote. */
static void put(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text != '\0'; text++) {
        if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\\')
            fputs("\\e", stdout);
        else
            putchar(*text);
    }
}

static void item(const char *head, const char *text)
{
    fputs(".TP\n\\fB", stdout);
    put(head);
    fputs("\\fR\n", stdout);
    put(text);
    putchar('\n');
}

static void put_commands(void)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        char head[80], text[300];
        snprintf(head, sizeof head, "%s %s", commands[i]->name, commands[i]->arguments);
        snprintf(text, sizeof text, "%s%s%s", commands[i]->help,
                 commands[i]->missing != NULL ? ": " : "",
                 commands[i]->missing != NULL ? commands[i]->missing : "");
        item(head, text);
    }
}

static void put_options(void)
{
    for (const struct option_row *row = option_rows; row->name != NULL; row++) {
        char head[80], text[300];
        char letter[8] = "";
        if (row->letter != 0)
            snprintf(letter, sizeof letter, "-%c, ", row->letter);
        snprintf(head, sizeof head, "%s--%s%s%s", letter, row->name,
                 row->argument != NULL ? " " : "", row->argument != NULL ? row->argument : "");
        snprintf(text, sizeof text, "%s%s", row->help,
                 row->places & FOR_ALL             ? ""
                 : row->places == FOR_RUN          ? " (of run)"
                 : row->places == FOR_EXPORT       ? " (of export)"
                 : (row->places & FOR_SCREEN) == 0 ? " (of run and export)"
                 : (row->places & FOR_RUN) != 0    ? ""
                                                   : " (of the screen)");
        item(head, text);
    }
}

static void put_keys(void)
{
    static const char *const places[] = { "picker", "question", "race", "hands",
                                          "detail", "score",    "help", "everywhere" };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        printf(".SS %s\n", places[i]);
        for (const struct key_row *row = key_rows; row->keys != NULL; row++)
            if (strcmp(row->where, places[i]) == 0)
                item(row->keys, row->help);
    }
}

static void put_models(void)
{
    for (size_t i = 0; models[i] != NULL; i++)
        item(models[i]->name, models[i]->missing != NULL ? models[i]->missing : models[i]->help);
}

static void put_params(void)
{
    for (size_t i = 0; i < PARAM_ENGINE_COUNT; i++) {
        char value[40], text[300];
        const struct param *param = &engine_params[i];
        value_print(param->unit, param->choices, param->initial, value, sizeof value);
        snprintf(text, sizeof text, "%s (%s%s)", param->help, value,
                 param->live ? "; may be turned while a run goes on" : "");
        item(param->name, text);
    }
}

static void put_steps(void)
{
    for (size_t i = 0; i < STEP_KIND_COUNT; i++) {
        char text[600];
        int used = snprintf(text, sizeof text, "%s.", step_rows[i].help);
        for (size_t k = 0; k < PLAN_FIELDS_MAX && step_rows[i].fields[k].name != NULL; k++)
            used += snprintf(text + used, sizeof text - (size_t)used, "%s %s: %s",
                             k == 0 ? " Takes" : ";", step_rows[i].fields[k].name,
                             step_rows[i].fields[k].help);
        item(step_rows[i].name, text);
    }
}

static void put_states(void)
{
    for (size_t i = 0; i < STATE_COUNT; i++)
        item(state_rows[i].key, state_rows[i].explain);
}

static void put_outputs(void)
{
    for (size_t i = 0; outputs[i] != NULL; i++)
        item(outputs[i]->name,
             outputs[i]->missing != NULL ? outputs[i]->missing : outputs[i]->help);
}

static void put_demo(void)
{
    for (const struct demo_word *word = demo_words; word->name != NULL; word++) {
        char head[80];
        snprintf(head, sizeof head, "%s %s", word->name, word->arguments);
        item(head, word->help);
    }
}

static const struct {
    const char *name;
    void (*put)(void);
} tables[] = {
    { "@COMMANDS@", put_commands }, { "@OPTIONS@", put_options }, { "@KEYS@", put_keys },
    { "@MODELS@", put_models },     { "@PARAMS@", put_params },   { "@STEPS@", put_steps },
    { "@STATES@", put_states },     { "@DEMO@", put_demo },       { "@OUTPUTS@", put_outputs },
};

int main(void)
{
    char line[1024];
    while (fgets(line, sizeof line, stdin) != NULL) {
        bool table = false;
        for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
            if (strncmp(line, tables[i].name, strlen(tables[i].name)) == 0) {
                tables[i].put();
                table = true;
            }
        if (!table && line[0] == '@') {
            fprintf(stderr, "no table is called %s", line);
            return 1;
        }
        if (!table)
            fputs(line, stdout);
    }
    return ferror(stdin) || fflush(stdout) != 0;
}
