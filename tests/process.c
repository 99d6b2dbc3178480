/*
 * The program as a child, by plain fork, exec, pipes and /proc. Deadlines here bound a hang; no test
 * asks how fast something was.
 */
#include "process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

enum { WORDS_MAX = 32 };

static void become(const char *const *words)
{
    const char *program = getenv("LOCKSTEP");
    if (program == NULL)
        program = "./lockstep";
    char *argv[WORDS_MAX + 2] = { (char *)(uintptr_t)program };
    for (int i = 0; words[i] != NULL && i < WORDS_MAX; i++)
        argv[i + 1] = (char *)(uintptr_t)words[i];
    execv(program, argv);
    fprintf(stderr, "cannot start %s: %s\n", program, strerror(errno));
    _exit(77);
}

static void begin(struct process *process)
{
    process->text = mem_zero(1, 1);
    fcntl(process->out, F_SETFL, O_NONBLOCK);
    fcntl(process->out, F_SETFD, FD_CLOEXEC);
}

void process_start(struct process *process, const char *const *words, bool (*before)(void))
{
    int pair[2];
    memset(process, 0, sizeof *process);
    if (pipe(pair) != 0)
        memory_stop("pipe: %s", strerror(errno));
    process->pid = fork();
    if (process->pid == 0) {
        int null = open("/dev/null", O_RDONLY);
        dup2(null, 0);
        dup2(pair[1], 1);
        dup2(pair[1], 2);
        close(pair[0]);
        close(pair[1]);
        if (before != NULL && !before())
            _exit(77);
        become(words);
    }
    close(pair[1]);
    process->out = pair[0];
    begin(process);
}

void process_start_terminal(struct process *process, const char *const *words, int cols, int rows,
                            bool (*before)(void))
{
    memset(process, 0, sizeof *process);
    const struct winsize size = { .ws_col = (unsigned short)cols, .ws_row = (unsigned short)rows };
    process->pid = forkpty(&process->out, NULL, NULL, &size);
    if (process->pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        if (before != NULL && !before())
            _exit(77);
        become(words);
    }
    begin(process);
}

const char *process_disk_at;

bool process_small_disk(void)
{
    uid_t user = getuid();
    if (unshare(CLONE_NEWNS) != 0 && (user == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0))
        return false;
    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    return mount("small", process_disk_at, "tmpfs", 0, "size=160k") == 0;
}

/* What is there now; false at the end. */
static bool take(struct process *process)
{
    char part[16384];
    ssize_t size = read(process->out, part, sizeof part);
    if (size <= 0)
        return size < 0 && (errno == EAGAIN || errno == EINTR);
    if (process->text_size + (size_t)size >= process->text_room) {
        process->text_room = 2 * (process->text_size + sizeof part);
        process->text = mem_resize(process->text, process->text_room, 1);
    }
    memcpy(process->text + process->text_size, part, (size_t)size);
    process->text_size += (size_t)size;
    process->text[process->text_size] = '\0';
    return true;
}

static bool wait_until(struct process *process, int ms, bool stop_at_end)
{
    uint64_t until = clock_now() + (uint64_t)ms * NS_PER_MS;
    while (clock_now() < until) {
        struct pollfd wait = { .fd = process->out, .events = POLLIN };
        poll(&wait, 1, 10);
        if (wait.revents != 0 && !take(process))
            poll(NULL, 0, 5);
        if (!process->ended && waitpid(process->pid, &process->status, WNOHANG) == process->pid)
            process->ended = true;
        if (process->ended && stop_at_end) {
            for (int i = 0; i < 64; i++)
                take(process);
            return true;
        }
    }
    return process->ended;
}

bool process_wait(struct process *process, int limit_ms)
{
    return wait_until(process, limit_ms, true);
}

void process_read(struct process *process, int ms)
{
    wait_until(process, ms, false);
}

char *process_json(const struct process *process)
{
    const char *first = strchr(process->text, '{'), *last = strrchr(process->text, '}');
    if (first == NULL || last == NULL || last < first)
        return mem_string("");
    char *json = mem_string(first);
    json[last - first + 1] = '\0';
    return json;
}

void process_end(struct process *process)
{
    if (!process->ended) {
        kill(process->pid, SIGKILL);
        waitpid(process->pid, &process->status, 0);
    }
    close(process->out);
    free(process->text);
}

/* Parent, name and state of a process; false when it is gone. */
static bool look(pid_t pid, pid_t *parent, char name[32], char *state)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    bool got = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    char *open = strchr(line, '('), *close = strrchr(line, ')');
    if (!got || open == NULL || close == NULL)
        return false;
    snprintf(name, 32, "%.*s", (int)(close - open - 1), open + 1);
    int above;
    if (sscanf(close + 1, " %c %d", state, &above) != 2)
        return false;
    *parent = above;
    return true;
}

size_t process_tree(pid_t pid, pid_t *pids, size_t most)
{
    static pid_t all[PROCESS_TREE_MAX * 4], above[PROCESS_TREE_MAX * 4];
    size_t count = 0, found = 0;
    DIR *proc = opendir("/proc");
    if (proc == NULL)
        return 0;
    for (struct dirent *entry; (entry = readdir(proc)) != NULL;) {
        char name[32], state;
        if (!isdigit((unsigned char)entry->d_name[0]) || count == PROCESS_TREE_MAX * 4)
            continue;
        all[count] = (pid_t)atoi(entry->d_name);
        if (look(all[count], &above[count], name, &state) && state != 'Z')
            count++;
    }
    closedir(proc);
    /* Generation by generation. */
    for (size_t done = 0, next = 0; next <= found; next++) {
        pid_t parent = next == 0 ? pid : pids[next - 1];
        for (size_t i = 0; i < count && found < most; i++)
            if (above[i] == parent)
                pids[found++] = all[i];
        done++;
    }
    return found;
}

pid_t process_find(pid_t pid, const char *name, size_t nth, int limit_ms)
{
    static pid_t pids[PROCESS_TREE_MAX];
    uint64_t until = clock_now() + (uint64_t)limit_ms * NS_PER_MS;
    do {
        size_t count = process_tree(pid, pids, PROCESS_TREE_MAX), seen = 0;
        for (size_t i = 0; i < count; i++) {
            pid_t parent;
            char is[32], state;
            if (look(pids[i], &parent, is, &state) && strcmp(is, name) == 0 && seen++ == nth)
                return pids[i];
        }
        poll(NULL, 0, 5);
    } while (clock_now() < until);
    return 0;
}

size_t process_survivors(const pid_t *pids, size_t count, int limit_ms)
{
    uint64_t until = clock_now() + (uint64_t)limit_ms * NS_PER_MS;
    size_t living;
    do {
        living = 0;
        for (size_t i = 0; i < count; i++) {
            pid_t parent;
            char name[32], state;
            if (look(pids[i], &parent, name, &state) && state != 'Z')
                living++;
        }
        if (living == 0)
            break;
        poll(NULL, 0, 10);
    } while (clock_now() < until);
    return living;
}
