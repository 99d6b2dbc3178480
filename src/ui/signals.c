/*
 * The handlers, and the pipe that wakes the loop. Pairing: a handler first sets its flag and then
 * writes a byte; the loop first empties the pipe and then takes the flags. So a flag that is set
 * after it was taken has a byte in the pipe, and none is lost.
 */
#include "ui/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP };
enum { COUNT = sizeof numbers / sizeof *numbers, QUITS = 4, RESIZE = 4, SUSPEND = 5 };

static volatile sig_atomic_t came[COUNT];
static int wake[2] = { -1, -1 };
static struct sigaction before[COUNT];

static void handle(int number)
{
    int saved = errno;
    for (int i = 0; i < COUNT; i++) {
        if (numbers[i] == number)
            came[i] = 1;
    }
    ssize_t written = write(wake[1], "", 1); /* a full pipe wakes as well */
    (void)written;
    errno = saved;
}

int signals_open(struct error *error)
{
    if (pipe(wake) != 0) {
        error_set(error, "no pipe for signals: %s", strerror(errno));
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        fcntl(wake[i], F_SETFD, FD_CLOEXEC);
        fcntl(wake[i], F_SETFL, O_NONBLOCK);
    }
    for (int i = 0; i < COUNT; i++) {
        struct sigaction action = { .sa_handler = handle };
        sigemptyset(&action.sa_mask);
        sigaction(numbers[i], &action, &before[i]);
    }
    return wake[0];
}

struct signals_taken signals_take(void)
{
    struct signals_taken taken = { .quit = false };
    char bytes[64];
    while (read(wake[0], bytes, sizeof bytes) > 0)
        continue;
    for (int i = 0; i < COUNT; i++) {
        if (!came[i])
            continue;
        came[i] = 0; /* only what was seen: the same signal may come again right now */
        if (i < QUITS) {
            taken.quit = true;
            taken.number = numbers[i];
        }
        taken.resize = taken.resize || i == RESIZE;
        taken.suspend = taken.suspend || i == SUSPEND;
    }
    return taken;
}

void signals_close(void)
{
    for (int i = 0; i < COUNT; i++)
        sigaction(numbers[i], &before[i], NULL);
    close(wake[0]);
    close(wake[1]);
    wake[0] = wake[1] = -1;
}
