/*
 * A crew's beginning and end: its pipes, its processes, the memory they share, and how all of that
 * goes away again. Who waits for a task sees the end of its pipe; who still writes a result is told
 * that nobody reads it; who does neither within the grace is killed.
 */
#include "engine/crew_inside.h"

#include "base/clock.h"
#include "base/memory.h"
#include "platform/platform.h"
#include "trace/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GRACE_MS = 2000 }; /* how long members may take to leave */

void crew_close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- Beginning ---- */

static bool pipe_open(int *out, int *in)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    *out = ends[0];
    *in = ends[1];
    return true;
}

void crew_not_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0)
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static bool crew_pipes(struct crew *crew, struct error *error)
{
    crew->tasks_in = crew->tasks_out = crew->room_in = crew->room_out = -1;
    if (!pipe_open(&crew->tasks_out, &crew->tasks_in) ||
        !pipe_open(&crew->room_out, &crew->room_in))
        return error_set(error, "no pipe for the tasks: %s", strerror(errno));
    crew_not_blocking(crew->tasks_in);
    crew_not_blocking(crew->room_out);
    crew_not_blocking(crew->room_in);
    return true;
}

static bool crew_share(struct crew *crew, uint32_t count, struct error *error)
{
    size_t size = sizeof *crew->shared + count * sizeof crew->shared->slots[0];
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return error_set(error, "no memory to share with the processes: %s", strerror(errno));
    crew->shared = memory;
    crew->shared_size = size;
    return true;
}

static _Noreturn void crew_child(struct crew *crew, uint32_t index, int results, pid_t master)
{
    struct crew_ends ends = { .tasks = crew->tasks_out,
                              .results = results,
                              .room = crew->room_in,
                              .queue = crew->queue,
                              .shared = crew->shared,
                              .master = master };
    close(crew->tasks_in); /* or the end of the tasks would never be seen */
    crew_member(crew->stage, &crew->options, &ends, index);
}

bool crew_fork(struct crew *crew)
{
    uint32_t index = crew->started;
    struct member *member = &crew->members[index];
    int results;
    atomic_store(&crew->shared->slots[index].task, TASK_NONE);
    if (!pipe_open(&member->results, &results))
        return false;
    pid_t master = getpid(), pid = platform_fork();
    int failure = errno;
    if (pid == 0) {
        close(member->results);
        crew_child(crew, index, results, master);
    }
    close(results);
    errno = failure;
    if (pid < 0) {
        crew_close_end(&member->results);
        errno = failure;
        return false;
    }
    crew_not_blocking(member->results);
    member->pid = pid;
    crew->fds[CREW_FDS_MEMBERS + index] =
        (struct pollfd){ .fd = member->results, .events = POLLIN };
    crew->started++;
    crew->alive++;
    crew->staying++;
    return true;
}

struct crew *crew_new(struct stage *stage, const struct crew_options *options, struct error *error)
{
    struct crew *crew = mem_zero(1, sizeof *crew);
    crew->stage = stage;
    crew->options = *options;
    crew->most = stage_workers_most(stage);
    uint32_t count = options->count < crew->most ? options->count : crew->most;
    crew->queue = atomic_fetch_add(&stage->run->next_queue, 1);
    crew->bound = (uint32_t)stage_param(stage, PARAM_QUEUE);
    crew->members = mem_zero(crew->most, sizeof *crew->members);
    crew->fds = mem_zero(CREW_FDS_MEMBERS + (size_t)crew->most, sizeof *crew->fds);
    platform_raise_descriptors((uint64_t)crew->most + 64);
    if (!crew_pipes(crew, error) || !crew_share(crew, crew->most, error)) {
        crew_free(crew);
        return NULL;
    }
    crew->fds[CREW_FDS_ROOM] = (struct pollfd){ .fd = crew->room_out, .events = POLLIN };
    while (crew->started < count && !stage_should_stop(stage))
        if (!crew_fork(crew))
            stage_limited(stage, crew->started, "process %u of %u could not be started: %s",
                          crew->started + 1, count, strerror(errno));
    return crew;
}

/* ---- End ---- */

/* Ends the lane of a process that is gone, in the trace. It left no word of which one that was, so
 * the run's table is asked. */
void crew_tell_crash(const struct crew *crew, pid_t pid, int signal)
{
    const struct stage *stage = crew->stage;
    uint32_t lanes = atomic_load(&stage->run->next_lane);
    for (uint32_t i = 0; i < lanes && i < stage->run->lane_capacity; i++) {
        const struct arena_lane *row = arena_lane(&stage->arena, stage->run_index, i);
        if (atomic_load(&row->alive) == 1 && atomic_load(&row->pid) == pid)
            ring_crash(&stage->arena, stage->run_index, i, signal);
    }
}

/* Waits for those who leave by themselves; false where some have not within the grace. */
static bool crew_reap(struct crew *crew)
{
    const struct timespec pause = { .tv_nsec = (long)NS_PER_MS };
    uint64_t until_ns = clock_now() + GRACE_MS * NS_PER_MS;
    bool all = false;
    while (!all && clock_now() < until_ns) {
        all = true;
        for (uint32_t i = 0; i < crew->started; i++) {
            struct member *member = &crew->members[i];
            int status;
            if (member->pid != 0 && waitpid(member->pid, &status, WNOHANG) == member->pid) {
                if (WIFSIGNALED(status)) /* killed so late that nobody had noticed yet */
                    crew_tell_crash(crew, member->pid, WTERMSIG(status));
                member->pid = 0;
            }
            all = all && member->pid == 0;
        }
        if (!all)
            nanosleep(&pause, NULL);
    }
    return all;
}

static void crew_kill(struct crew *crew)
{
    for (uint32_t i = 0; i < crew->started; i++) {
        struct member *member = &crew->members[i];
        if (member->pid == 0)
            continue;
        kill(member->pid, SIGKILL);
        waitpid(member->pid, NULL, 0);
        crew_tell_crash(crew, member->pid, SIGKILL);
    }
}

void crew_free(struct crew *crew)
{
    if (crew == NULL)
        return;
    crew_close_end(&crew->tasks_in);
    for (uint32_t i = 0; i < crew->started; i++)
        crew_close_end(&crew->members[i].results);
    if (!crew_reap(crew))
        crew_kill(crew);
    for (uint32_t i = 0; i < crew->started; i++)
        buffer_fini(&crew->members[i].in);
    crew_close_end(&crew->tasks_out);
    crew_close_end(&crew->room_in);
    crew_close_end(&crew->room_out);
    if (crew->shared != NULL)
        munmap(crew->shared, crew->shared_size);
    free(crew->ended);
    free(crew->fds);
    free(crew->members);
    free(crew);
}
