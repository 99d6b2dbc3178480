/*
 * From an output to where it is wanted. Invariant: the final name is given by one rename, after the
 * last byte was taken by the file system; before that only the part exists.
 */
#include "command/deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "platform/part.h"

enum { BAR = 40, SIGNALS = 4 };

static volatile sig_atomic_t came;
static const int taken[SIGNALS] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

struct deliver {
    const char *option, *out;
    char *part; /* NULL: it is written where it is */
    FILE *into;
    struct sigaction before[SIGNALS];
    bool bar; /* may be shown */
    uint64_t began_ns, shown_ns;
};

static void note(int signal)
{
    if (signal != SIGPIPE)
        came = signal;
}

/* Something that is no file (a device, a pipe) is written to, never replaced. */
static bool is_file(const char *path, bool *exists)
{
    struct stat stat_;
    *exists = stat(path, &stat_) == 0;
    return !*exists || S_ISREG(stat_.st_mode);
}

static bool open_out(struct deliver *deliver, bool overwrite, struct error *error)
{
    bool exists, file = is_file(deliver->out, &exists);
    if (file && exists && !overwrite)
        return error_set(error, "%s: exists already; give another %s, or --overwrite", deliver->out,
                         deliver->option);
    if (file)
        deliver->part = part_name(deliver->out);
    deliver->into = fopen(file ? deliver->part : deliver->out, file ? "wx" : "w");
    if (deliver->into != NULL)
        return true;
    error_set(error, "%s: cannot be written: %s; give another %s", deliver->out, strerror(errno),
              deliver->option);
    free(deliver->part);
    deliver->part = NULL;
    return false;
}

bool deliver_check(const char *option, const char *out, bool overwrite, struct error *error)
{
    struct deliver deliver = { .option = option, .out = out };
    if (out == NULL)
        return true;
    if (!open_out(&deliver, overwrite, error))
        return false;
    fclose(deliver.into);
    if (deliver.part != NULL)
        unlink(deliver.part);
    free(deliver.part);
    return true;
}

struct deliver *deliver_open(const char *option, const char *out, bool overwrite,
                             struct error *error)
{
    struct deliver *deliver = mem_zero(1, sizeof *deliver);
    deliver->option = option;
    deliver->out = out;
    if (out == NULL)
        deliver->into = stdout;
    else if (!open_out(deliver, overwrite, error)) {
        free(deliver);
        return NULL;
    }
    deliver->bar = isatty(STDERR_FILENO) && (out != NULL || !isatty(STDOUT_FILENO));
    deliver->began_ns = clock_now();
    came = 0;
    struct sigaction action = { .sa_handler = note }; /* no SA_RESTART: a write gives way */
    for (int i = 0; i < SIGNALS; i++) {
        sigaction(taken[i], &action, &deliver->before[i]);
        if (deliver->before[i].sa_handler == SIG_IGN) /* as under nohup */
            sigaction(taken[i], &deliver->before[i], NULL);
    }
    return deliver;
}

bool deliver_progress(struct deliver *deliver, const char *what, uint64_t done, uint64_t of)
{
    uint64_t now = clock_now();
    if (deliver->bar && now - deliver->began_ns > 300 * NS_PER_MS &&
        now - deliver->shown_ns > 100 * NS_PER_MS && of > 0) {
        char bar[BAR + 1];
        double share = done < of ? (double)done / (double)of : 1;
        int full = (int)(share * BAR);
        memset(bar, '#', BAR);
        memset(bar + full, '.', (size_t)(BAR - full));
        bar[BAR] = '\0';
        fprintf(stderr, "\r\033[K%-8s [%s] %3d %%", what, bar, (int)(share * 100));
        fflush(stderr);
        deliver->shown_ns = now;
    }
    return came == 0;
}

static bool while_writing(void *context, uint64_t done, uint64_t of)
{
    return deliver_progress(context, "writing", done, of);
}

/* Why the stream failed: what it still holds fails the same way again. */
static bool tell_failure(struct deliver *deliver, struct error *error)
{
    const char *name = deliver->out != NULL ? deliver->out : "standard output";
    clearerr(deliver->into);
    errno = 0;
    fflush(deliver->into);
    return error_set(error, "%s: could not be written whole%s%s", name, errno != 0 ? ": " : "",
                     errno != 0 ? strerror(errno) : "");
}

FILE *deliver_into(struct deliver *deliver)
{
    return deliver->into;
}

bool deliver_end(struct deliver *deliver, bool well, struct error *error)
{
    if (ferror(deliver->into) || fflush(deliver->into) != 0)
        well = tell_failure(deliver, error);
    if (came != 0)
        well = error_set(error, "interrupted");
    if (deliver->into != stdout && fclose(deliver->into) != 0 && well)
        well =
            error_set(error, "%s: could not be written whole: %s", deliver->out, strerror(errno));
    deliver->into = NULL;
    if (well && deliver->part != NULL) {
        if (rename(deliver->part, deliver->out) != 0)
            return error_set(error, "%s: cannot be written: %s; give another %s", deliver->out,
                             strerror(errno), deliver->option);
        free(deliver->part);
        deliver->part = NULL;
    }
    return well;
}

bool deliver_write(struct deliver *deliver, const struct output *output,
                   const struct output_options *options, struct error *error)
{
    struct output_options how = *options;
    how.progress = while_writing;
    how.context = deliver;
    deliver->began_ns = clock_now();
    return deliver_end(deliver, output->write(&how, deliver->into, error), error);
}

void deliver_close(struct deliver *deliver)
{
    if (deliver->shown_ns != 0)
        fputs("\r\033[K", stderr);
    if (deliver->into != NULL && deliver->into != stdout)
        fclose(deliver->into);
    if (deliver->part != NULL)
        unlink(deliver->part);
    free(deliver->part);
    for (int i = 0; i < SIGNALS; i++)
        sigaction(taken[i], &deliver->before[i], NULL);
    free(deliver);
    if (came != 0) {
        struct sigaction action = { .sa_handler = SIG_DFL };
        sigaction(came, &action, NULL);
        raise(came);
    }
}
