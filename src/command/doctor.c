/*
 * lockstep doctor: what this machine can show, a line each: what was looked at, what was found, and
 * what follows from it. Everything is tried, not guessed. Changes nothing.
 */
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "command/command.h"
#include "command/rows.h"
#include "command/session.h"
#include "platform/platform.h"
#include "platform/stamp.h"
#include "race/race.h"

static void line(const char *what, const char *found, const char *follows)
{
    printf("%-18s %-34s %s\n", what, found, follows);
}

static void number_text(uint64_t value, char *into, size_t size)
{
    if (value == PLATFORM_UNKNOWN)
        snprintf(into, size, "n/a");
    else if (value == PLATFORM_UNLIMITED)
        snprintf(into, size, "unlimited");
    else
        snprintf(into, size, "%llu", (unsigned long long)value);
}

static void look_machine(void)
{
    char text[160], kernel[96], cpu[96];
    int cores[PLATFORM_CORES_MAX];
    size_t allowed = platform_cores_allowed(cores, PLATFORM_CORES_MAX);
    size_t online = platform_cores_online(cores, PLATFORM_CORES_MAX);
    snprintf(text, sizeof text, "%zu usable of %zu", allowed, online);
    line("cores", allowed > 0 ? text : "n/a",
         allowed == 1 ? "one core: no model can be faster than another at computing"
                      : "compute can be shared by processes and free threads");
    line("cpu", platform_cpu_name(cpu, sizeof cpu) ? cpu : "n/a", "");
    line("kernel", platform_kernel_name(kernel, sizeof kernel) ? kernel : "n/a", "");
    line("platform", platform_name(), "");
    line("time stamps", stamp_is_tsc() ? "TSC" : "clock_gettime",
         stamp_is_tsc() ? "about 10 ns an event" : "about 25 ns an event or more");
    char split[96];
    size_t most = allowed > 1 ? (allowed - 1) / 2 : 0;
    snprintf(split, sizeof split, "%s", staging_names[most >= 3 ? STAGING_SPLIT : STAGING_TURNS]);
    snprintf(text, sizeof text, "split gives two cores or more to %zu models", most);
    line("staging", split, most > 0 ? text : "models take turns on the whole machine");
}

static void look_switches(void)
{
    struct error error;
    struct platform_switches *switches = platform_switches_open(getpid(), NULL, &error);
    if (switches == NULL) {
        line("context switches", "rusage", "counts only; `ready` and the cores are n/a:");
        printf("%-18s %s\n", "", error.text);
        return;
    }
    char text[64];
    snprintf(text, sizeof text, "perf, %zu KiB per core", platform_switches_ring(switches) / 1024);
    line("context switches", text, "exact time, core and kind of every switch");
    platform_switches_close(switches);
}

static void look_samples(void)
{
    struct platform_memory memory;
    struct platform_kernel_memory kernel;
    uint64_t pss;
    line("memory", platform_memory(getpid(), &memory) ? "RSS" : "n/a", "");
    line("", platform_memory_pss(getpid(), &pss) ? "PSS" : "PSS n/a", "");
    line("", platform_kernel_memory(&kernel) ? "kernel's share" : "kernel's share n/a",
         "an estimate: what the machine's stacks, page tables and slab grew by");
    struct platform_core_clock *cores = platform_core_clock_open(NULL);
    line("machine's cores", cores != NULL ? "/proc/stat" : "n/a", "in ticks of 10 ms");
    if (cores != NULL)
        platform_core_clock_close(cores);
}

static void look_limits(void)
{
    struct platform_limits limits;
    char found[64], follows[120];
    platform_limits(&limits);
    number_text(limits.descriptors_hard, found, sizeof found);
    snprintf(follows, sizeof follows, "as many connections, less a few, in each process");
    line("descriptors", found, follows);
    number_text(limits.processes, found, sizeof found);
    line("processes", found, "threads and processes of this user");
    number_text(limits.group_tasks, found, sizeof found);
    line("", found, "of this control group");
    number_text(limits.memlock_kib, found, sizeof found);
    line("locked KiB", found, "bounds the kernel's rings of switch records");
}

static void look_terminal(void)
{
    const char *term = getenv("TERM"), *colour = getenv("COLORTERM");
    char found[96];
    struct winsize size;
    bool tty = isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);
    line("locale", nl_langinfo(CODESET),
         strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "strips are drawn in eighths"
                                                    : "no UTF-8: the screen draws in ASCII");
    snprintf(found, sizeof found, "%.40s%s%.20s", term != NULL ? term : "TERM is not set",
             colour != NULL ? ", " : "", colour != NULL ? colour : "");
    line("terminal", found,
         tty ? "the screen can be shown" : "no terminal here: 'lockstep SCENARIO' prints a report");
    if (tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        snprintf(found, sizeof found, "%ux%u", size.ws_col, size.ws_row);
        line("size", found,
             size.ws_col < 60 || size.ws_row < 16 ? "too small: 60x16 is needed" : "");
    }
    if (getenv("NO_COLOR") != NULL)
        line("NO_COLOR", "set", "states are told by glyphs alone");
}

static int run(struct spawner *spawner, int argc, char **argv)
{
    (void)spawner;
    struct options options;
    struct error error;
    int count, status = EXIT_DONE;
    if (!options_parse(&options, 0, argc, argv, NULL, 0, &count, &error)) {
        status = session_wrong(&error);
    } else if (options.help) {
        status = command_help(&command_doctor, 0);
    } else if (options.version) {
        status = command_version();
    } else {
        look_machine();
        look_switches();
        look_samples();
        look_limits();
        look_terminal();
    }
    options_fini(&options);
    return status;
}

const struct command command_doctor = {
    .name = "doctor",
    .arguments = "",
    .help = "what this machine can show: cores, switch source, limits, terminal",
    .run = run,
};
