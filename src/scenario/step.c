/*
 * What a step and an outside may say: one row per kind, one field per thing it takes. The rows feed
 * the schema, the checks, the help and the man page; what a step does is the engine's table, which a
 * test holds against this one. No code here but counting.
 *
 * To add a step kind: its name in enum step_kind of plan.h, its row here, its file in engine/.
 */
#include "scenario/kinds.h"

#include "base/clock.h"

#define US   (int64_t) NS_PER_US
#define SEC  (int64_t) NS_PER_S
#define HOUR (3600 * SEC)
#define KIB  (INT64_C(1) << 10)
#define MIB  (INT64_C(1) << 20)

static const char *const kernel_names[] = {
    [KERNEL_MATMUL] = "matmul", [KERNEL_STATS] = "stats",           [KERNEL_PARSE] = "parse",
    [KERNEL_HASH] = "hash",     [KERNEL_MANDELBROT] = "mandelbrot", [KERNEL_COUNT] = NULL,
};
static const char *const mode_names[] = {
    [MODE_PYTHON] = "python", [MODE_NATIVE] = "native", NULL
};
static const char *const protocol_names[] = { "irc", NULL };

const struct kind_row step_rows[STEP_KIND_COUNT] = {
    [STEP_GET] = { .name = "get", .help = "fetches the task's page from the origin over HTTP" },
    [STEP_WAIT] = { .name = "wait",
                    .help = "waits for a time in a way the model knows of (asyncio.sleep)",
                    .fields = { [WAIT_TIME] = { .name = "time",
                                                .unit = UNIT_DURATION,
                                                .required = true,
                                                .high = HOUR,
                                                .help = "how long" } } },
    [STEP_BLOCK] = { .name = "block",
                     .help = "waits in a call the model knows nothing of (time.sleep): a whole "
                             "event loop stands still",
                     .fields = { [BLOCK_TIME] = { .name = "time",
                                                  .unit = UNIT_DURATION,
                                                  .required = true,
                                                  .high = HOUR,
                                                  .help = "how long" } } },
    [STEP_COMPUTE] = { .name = "compute",
                       .help = "computes; in mode python it holds the GIL, in mode native it "
                               "releases it",
                       .fields = { [COMPUTE_KERNEL] = { .name = "kernel",
                                                        .unit = UNIT_CHOICE,
                                                        .required = true,
                                                        .high = KERNEL_COUNT - 1,
                                                        .choices = kernel_names,
                                                        .help = "what is computed" },
                                   [COMPUTE_MODE] = { .name = "mode",
                                                      .unit = UNIT_CHOICE,
                                                      .initial = MODE_PYTHON,
                                                      .high = MODE_NATIVE,
                                                      .choices = mode_names,
                                                      .help = "with the GIL, or without" },
                                   [COMPUTE_SIZE] = { .name = "size",
                                                      .unit = UNIT_COUNT,
                                                      .high = INT64_MAX,
                                                      .help = "how large one piece of it is" },
                                   [COMPUTE_COUNT] = { .name = "count",
                                                       .unit = UNIT_COUNT,
                                                       .initial = 1,
                                                       .low = 1,
                                                       .high = 1000000000,
                                                       .help = "how many times" } } },
    [STEP_SEND] = { .name = "send",
                    .help = "hands a result to the collector, by the model's own way",
                    .fields = { [SEND_SIZE] = { .name = "size",
                                                .unit = UNIT_BYTES,
                                                .required = true,
                                                .high = 256 * MIB,
                                                .help = "how large the result is" } } },
    [STEP_SERVE] = { .name = "serve",
                     .help = "lives through one connection: reads lines, acts, answers",
                     .fields = { [SERVE_PROTOCOL] = { .name = "protocol",
                                                      .unit = UNIT_CHOICE,
                                                      .high = 0,
                                                      .choices = protocol_names,
                                                      .help = "what is spoken" } } },
};

const struct kernel_row kernel_rows[KERNEL_COUNT] = {
    [KERNEL_MATMUL] = { .name = "matmul",
                        .size = { .name = "size",
                                  .unit = UNIT_COUNT,
                                  .required = true,
                                  .low = 8,
                                  .high = 4096,
                                  .help = "n of n x n" } },
    [KERNEL_STATS] = { .name = "stats",
                       .size = { .name = "size",
                                 .unit = UNIT_COUNT,
                                 .required = true,
                                 .low = 1,
                                 .high = 100000000,
                                 .help = "numbers" } },
    [KERNEL_PARSE] = { .name = "parse",
                       .size = { .name = "size",
                                 .unit = UNIT_COUNT,
                                 .high = 0,
                                 .help = "nothing: the page says how much it is" },
                       .needs_page = true },
    [KERNEL_HASH] = { .name = "hash",
                      .size = { .name = "size",
                                .unit = UNIT_BYTES,
                                .required = true,
                                .low = 1,
                                .high = 256 * MIB,
                                .help = "bytes of a block" } },
    [KERNEL_MANDELBROT] = { .name = "mandelbrot",
                            .size = { .name = "size",
                                      .unit = UNIT_COUNT,
                                      .required = true,
                                      .low = 8,
                                      .high = 16384,
                                      .help = "width of the picture" } },
};

const struct kind_row outside_rows[OUTSIDE_KIND_COUNT] = {
    [OUTSIDE_NONE] = { .name = "none", .help = "nothing is started" },
    [OUTSIDE_ORIGIN] = { .name = "origin",
                         .help = "a web server whose answers take a while",
                         .fields = { [ORIGIN_LATENCY] = { .name = "latency",
                                                          .unit = UNIT_DURATION,
                                                          .initial = 50000 * US,
                                                          .high = 60 * SEC,
                                                          .help = "from request to answer" },
                                     [ORIGIN_PAGE] = { .name = "page",
                                                       .unit = UNIT_BYTES,
                                                       .initial = 16 * KIB,
                                                       .low = 64,
                                                       .high = 16 * MIB,
                                                       .help = "size of a page" } } },
    [OUTSIDE_CROWD] = { .name = "crowd",
                        .help = "clients of a chat server, some of which speak",
                        .fields = { [CROWD_CLIENTS] = { .name = "clients",
                                                        .unit = UNIT_COUNT,
                                                        .required = true,
                                                        .low = 2,
                                                        .high = 20000,
                                                        .help = "how many connections" },
                                    [CROWD_RATE] = { .name = "rate",
                                                     .unit = UNIT_RATE,
                                                     .initial = 20000,
                                                     .high = 1000000000,
                                                     .help = "lines spoken, of all together" },
                                    [CROWD_LINE] = { .name = "line",
                                                     .unit = UNIT_BYTES,
                                                     .initial = 64,
                                                     .low = 8,
                                                     .high = 400,
                                                     .help = "length of a line" } } },
};

const struct field tasks_field = { .name = "tasks",
                                   .unit = UNIT_COUNT,
                                   .required = true,
                                   .low = 1,
                                   .high = TASKS_MAX,
                                   .help = "how many tasks there are" };
const struct field duration_field = { .name = "duration",
                                      .unit = UNIT_DURATION,
                                      .required = true,
                                      .low = SEC / 10,
                                      .high = HOUR,
                                      .help = "how long the service is talked to" };

size_t kind_fields(const struct kind_row *row)
{
    size_t count = 0;
    while (count < PLAN_FIELDS_MAX && row->fields[count].name != NULL)
        count++;
    return count;
}
