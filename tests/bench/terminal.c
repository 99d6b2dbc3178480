/*
 * Programs in terminals: see terminal.h. It deliberately understands nothing of what is printed.
 */
#include "bench/terminal.h"

#include "base/clock.h"
#include "platform/platform.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_SIZE = 65536 };

bool terminal_fork(struct terminal *terminal, int cols, int rows)
{
    const struct winsize size = { .ws_col = (unsigned short)cols, .ws_row = (unsigned short)rows };
    pid_t parent = getpid();
    *terminal = (struct terminal){ .master = -1 };
    terminal->pid = forkpty(&terminal->master, NULL, NULL, &size);
    if (terminal->pid == 0) {
        platform_die_with_parent(SIGKILL, parent);
        setenv("TERM", "xterm-256color", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        unsetenv("NO_COLOR");
        return true;
    }
    if (terminal->pid > 0)
        fcntl(terminal->master, F_SETFL, fcntl(terminal->master, F_GETFL) | O_NONBLOCK);
    return false;
}

void terminal_lockstep(struct terminal *terminal, const char *const *words, int cols, int rows)
{
    const char *program = getenv("LOCKSTEP") != NULL ? getenv("LOCKSTEP") : "./lockstep";
    const char *arguments[16] = { program };
    for (size_t i = 0; i < 14 && words[i] != NULL; i++)
        arguments[i + 1] = words[i];
    if (!terminal_fork(terminal, cols, rows))
        return;
    execv(program, (char *const *)(uintptr_t)arguments);
    _exit(127);
}

/* What is there, waiting for at most ms for the first of it. -1: its end. */
static ssize_t read_some(struct terminal *terminal, int ms)
{
    struct pollfd wait = { .fd = terminal->master, .events = POLLIN };
    if (poll(&wait, 1, ms) <= 0)
        return 0;
    ssize_t got = read(terminal->master, buffer_reserve(&terminal->text, READ_SIZE), READ_SIZE);
    if (got > 0)
        buffer_grew(&terminal->text, (size_t)got);
    return got > 0 ? got : -1;
}

int terminal_wait(struct terminal *terminal, int other)
{
    struct pollfd wait[2] = { { .fd = terminal->master, .events = POLLIN },
                              { .fd = other, .events = POLLIN } };
    if (poll(wait, 2, 20) <= 0)
        return 0;
    ssize_t got = wait[0].revents != 0 ? read_some(terminal, 0) : 0;
    return wait[1].revents != 0 ? 1 : got < 0 ? -1 : 0;
}

static int left_ms(uint64_t until_ns)
{
    uint64_t now = clock_now();
    return now < until_ns ? (int)((until_ns - now) / NS_PER_MS) + 1 : 0;
}

bool terminal_await(struct terminal *terminal, const char *text, int limit_ms)
{
    uint64_t until_ns = clock_now() + (uint64_t)limit_ms * NS_PER_MS;
    size_t length = strlen(text);
    ssize_t got = 0;
    while (got >= 0) {
        if (memmem(terminal->text.data, terminal->text.size, text, length) != NULL) {
            buffer_clear(&terminal->text);
            return true;
        }
        int left = left_ms(until_ns);
        if (left == 0)
            return false;
        got = read_some(terminal, left);
    }
    return false;
}

size_t terminal_read(struct terminal *terminal, int ms)
{
    uint64_t until_ns = clock_now() + (uint64_t)ms * NS_PER_MS;
    int left;
    ssize_t got = 0;
    while (got >= 0 && (left = left_ms(until_ns)) > 0)
        got = read_some(terminal, left);
    size_t size = terminal->text.size;
    buffer_clear(&terminal->text);
    return size;
}

void terminal_type(struct terminal *terminal, const char *keys)
{
    ssize_t written = write(terminal->master, keys, strlen(keys));
    (void)written;
}

bool terminal_end(struct terminal *terminal, int limit_ms)
{
    uint64_t until_ns = clock_now() + (uint64_t)limit_ms * NS_PER_MS;
    int status = -1;
    pid_t pid = 0;
    while (pid == 0 && left_ms(until_ns) > 0) {
        if (read_some(terminal, 5) < 0)
            poll(NULL, 0, 5);
        buffer_clear(&terminal->text);
        pid = waitpid(terminal->pid, &status, WNOHANG);
    }
    if (pid == 0) {
        kill(terminal->pid, SIGKILL);
        waitpid(terminal->pid, NULL, 0);
    }
    close(terminal->master);
    buffer_fini(&terminal->text);
    return pid == terminal->pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
