/*
 * The master's side of a crew: see crew.h.
 *
 * Invariant: every task that was pushed comes out of crew_next() once, as a result or as the failure
 * of a member that died with it; only tasks that nobody popped stay, where the crew ends before. A
 * member that is killed right between taking a task out of the pipe and writing it into its slot
 * leaves no word of which one it was: then the pipe is closed as soon as all tasks are pushed, and
 * when the others have gone too, what is missing is known.
 *
 * It deliberately neither replaces members nor gives a lost task to another.
 */
#include "engine/crew_member.h"

#include "base/clock.h"
#include "base/memory.h"
#include "platform/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    STOP_LATENCY_MS = 100, /* how long the master may not notice that it is to stop */
    GRACE_MS = 2000,       /* how long members may take to leave */
    SCRATCH = 64 * 1024,   /* read at once: what a pipe holds */
    KEPT = 1024 * 1024,    /* of a member's buffer, once it is empty */
    FDS_ROOM = 0,
    FDS_TASKS = 1,
    FDS_MEMBERS = 2,
};

struct member {
    pid_t pid;   /* 0: reaped */
    int results; /* to read; -1 after its end */
    struct buffer in;
    size_t used; /* of `in`: handed out already */
};

struct crew {
    struct stage *stage;
    struct crew_shared *shared;
    size_t shared_size;
    uint32_t queue, bound;
    int tasks_in, tasks_out, room_in, room_out; /* _in to write, _out to read; -1 closed */
    struct member *members;
    uint32_t started, alive; /* members; those whose end was not yet met */
    struct pollfd *fds;
    bool pipe_full; /* the last push was refused by the pipe itself */
    bool pushed_all;
    bool bereft;              /* a member died, and it cannot be told whether it had a task */
    uint32_t cursor;          /* the member to look at next */
    uint8_t *ended;           /* by task: its end was handed out; grows */
    uint32_t known;           /* tasks that `ended` has room for */
    uint32_t pushed, settled; /* tasks; those whose end was handed out */
    uint32_t missing_at;      /* where the search for lost tasks goes on */
    char scratch[SCRATCH];
};

static void close_end(int *fd)
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

static void fd_not_blocking(int fd)
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
    fd_not_blocking(crew->tasks_in);
    fd_not_blocking(crew->room_out);
    fd_not_blocking(crew->room_in);
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
    for (uint32_t i = 0; i < count; i++) {
        atomic_init(&crew->shared->slots[i].lane, LANE_NONE);
        atomic_init(&crew->shared->slots[i].task, TASK_NONE);
    }
    return true;
}

static _Noreturn void crew_child(struct crew *crew, const struct crew_options *options,
                                 uint32_t index, int results, pid_t master)
{
    struct crew_ends ends = { .tasks = crew->tasks_out,
                              .results = results,
                              .room = crew->room_in,
                              .queue = crew->queue,
                              .shared = crew->shared,
                              .master = master };
    close(crew->tasks_in); /* or the end of the tasks would never be seen */
    crew_member(crew->stage, options, &ends, index);
}

/* One more member; false with errno where the machine refuses. */
static bool crew_fork(struct crew *crew, const struct crew_options *options)
{
    uint32_t index = crew->started;
    struct member *member = &crew->members[index];
    int results;
    if (!pipe_open(&member->results, &results))
        return false;
    pid_t master = getpid(), pid = platform_fork();
    int failure = errno;
    if (pid == 0) {
        close(member->results);
        crew_child(crew, options, index, results, master);
    }
    close(results);
    errno = failure;
    if (pid < 0) {
        close_end(&member->results);
        errno = failure;
        return false;
    }
    fd_not_blocking(member->results);
    member->pid = pid;
    crew->fds[FDS_MEMBERS + index] = (struct pollfd){ .fd = member->results, .events = POLLIN };
    crew->started++;
    crew->alive++;
    return true;
}

struct crew *crew_new(struct stage *stage, const struct crew_options *options, struct error *error)
{
    struct crew *crew = mem_zero(1, sizeof *crew);
    uint32_t count = options->count;
    crew->stage = stage;
    crew->queue = atomic_fetch_add(&stage->run->next_queue, 1);
    crew->bound = (uint32_t)stage_param(stage, PARAM_QUEUE);
    crew->members = mem_zero(count, sizeof *crew->members);
    crew->fds = mem_zero(FDS_MEMBERS + (size_t)count, sizeof *crew->fds);
    platform_raise_descriptors((uint64_t)count + 64);
    if (!crew_pipes(crew, error) || !crew_share(crew, count, error)) {
        crew_free(crew);
        return NULL;
    }
    crew->fds[FDS_ROOM] = (struct pollfd){ .fd = crew->room_out, .events = POLLIN };
    while (crew->started < count && !stage_should_stop(stage))
        if (!crew_fork(crew, options))
            stage_limited(stage, crew->started, "process %u of %u could not be started: %s",
                          crew->started + 1, count, strerror(errno));
    return crew;
}

/* ---- Feeding ---- */

static void crew_know(struct crew *crew, uint32_t task)
{
    if (task < crew->known)
        return;
    uint32_t known = crew->known == 0 ? 1024 : crew->known;
    while (known <= task)
        known *= 2;
    crew->ended = mem_resize(crew->ended, known, 1);
    memset(crew->ended + crew->known, 0, known - crew->known);
    crew->known = known;
}

/* Full: says so to the members, who wake the master at their next pop, unless one just did pop. */
static bool crew_is_full(struct crew *crew, _Atomic uint32_t *depth)
{
    if (atomic_load(depth) < crew->bound)
        return false;
    atomic_store(&crew->shared->wants_room, 1);
    return atomic_load(depth) >= crew->bound;
}

bool crew_push(struct crew *crew, struct lane *master, uint32_t task)
{
    _Atomic uint32_t *depth = &crew->stage->run->queue_depth[crew->queue];
    if (crew->alive == 0 || crew_is_full(crew, depth))
        return false;
    uint32_t after = atomic_fetch_add(depth, 1) + 1;
    uint64_t stamp = stamp_now(); /* before anybody can pop it */
    crew->pipe_full = write(crew->tasks_in, &task, sizeof task) != (ssize_t)sizeof task;
    if (crew->pipe_full) {
        atomic_fetch_sub(depth, 1);
        return false;
    }
    if (master->ring.slots != NULL)
        ring_emit_at(&master->ring, stamp, EVENT_QUEUE_PUSH, crew->queue, after, task);
    crew_know(crew, task);
    crew->pushed++;
    return true;
}

void crew_pushed_all(struct crew *crew)
{
    crew->pushed_all = true;
    if (crew->bereft)
        close_end(&crew->tasks_in);
}

/* ---- Waiting ---- */

/* Whether somebody is in the middle of a result: then the wait is for a pipe, not for work. */
static bool crew_reads(const struct crew *crew)
{
    for (uint32_t i = 0; i < crew->started; i++)
        if (crew->members[i].used < crew->members[i].in.size)
            return true;
    return false;
}

static void member_read(struct crew *crew, struct member *member)
{
    ssize_t got = read(member->results, crew->scratch, SCRATCH);
    if (got > 0) {
        if (member->used == member->in.size) {
            buffer_clear(&member->in);
            if (member->in.capacity > KEPT)
                buffer_fini(&member->in);
            member->used = 0;
        }
        buffer_append(&member->in, crew->scratch, (size_t)got);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        crew->fds[FDS_MEMBERS + (size_t)(member - crew->members)].fd = -1;
        close_end(&member->results);
    }
}

void crew_wait(struct crew *crew, struct lane *master)
{
    crew->fds[FDS_TASKS] =
        (struct pollfd){ .fd = crew->pipe_full ? crew->tasks_in : -1, .events = POLLOUT };
    lane_leave(master, crew_reads(crew) ? SAYS_IPC : SAYS_IDLE);
    int ready = poll(crew->fds, FDS_MEMBERS + (nfds_t)crew->started, STOP_LATENCY_MS);
    if (ready > 0) {
        lane_say(master, SAYS_IPC);
        if (crew->fds[FDS_ROOM].revents != 0) {
            ssize_t drained = read(crew->room_out, crew->scratch, SCRATCH);
            (void)drained; /* that it was there is all it says */
        }
        for (uint32_t i = 0; i < crew->started; i++)
            if (crew->fds[FDS_MEMBERS + i].fd >= 0 && crew->fds[FDS_MEMBERS + i].revents != 0)
                member_read(crew, &crew->members[i]);
    }
    lane_enter(master);
}

/* ---- Results ---- */

/* The task's end is handed out; false where that was done before. */
static bool crew_settle(struct crew *crew, uint32_t task)
{
    if (task >= crew->known || crew->ended[task] != 0)
        return false;
    crew->ended[task] = 1;
    crew->settled++;
    return true;
}

static void crew_lose(struct lane *master, uint32_t task, struct result *result)
{
    ring_emit(&master->ring, EVENT_TASK_FAIL, task, EOWNERDEAD, 0);
    *result = (struct result){ .task = task, .failed = EOWNERDEAD };
}

/* The next whole result in a member's buffer. */
static bool member_result(struct crew *crew, struct member *member, struct lane *master,
                          struct result *result)
{
    while (member->used < member->in.size) {
        long took = deserialise_result(master, member->in.data + member->used,
                                       member->in.size - member->used, result);
        if (took < 0) {
            /* It wrote nonsense, so its memory is no longer sound: as good as dead. */
            kill(member->pid, SIGKILL);
            member->used = member->in.size;
        }
        if (took <= 0)
            return false;
        member->used += (size_t)took;
        if (crew_settle(crew, result->task))
            return true;
    }
    return false;
}

/* A member whose pipe ended is reaped. True: the task it had is lost, and is the result. */
static bool member_bury(struct crew *crew, struct member *member, struct lane *master,
                        struct result *result)
{
    struct crew_slot *slot = &crew->shared->slots[member - crew->members];
    int status = 0;
    while (waitpid(member->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    member->pid = 0;
    member->used = member->in.size; /* what is left is no whole result */
    crew->alive--;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return false;
    uint32_t lane = atomic_load(&slot->lane), task = atomic_load(&slot->task);
    if (lane != LANE_NONE)
        ring_crash(&crew->stage->arena, crew->stage->run_index, lane,
                   WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    if (task == TASK_NONE) {
        crew->bereft = true;
        crew->bound++; /* it may have left the count of waiting tasks one too high */
        if (crew->pushed_all)
            close_end(&crew->tasks_in);
    }
    if (task == TASK_NONE || !crew_settle(crew, task))
        return false;
    crew_lose(master, task, result);
    return true;
}

/* All have gone: what still lies in the pipe was never taken; the rest of what is missing is lost. */
static bool crew_find_lost(struct crew *crew, struct lane *master, struct result *result)
{
    if (crew->alive > 0 || !crew->bereft || crew->settled == crew->pushed)
        return false;
    fd_not_blocking(crew->tasks_out);
    uint32_t task;
    while (read(crew->tasks_out, &task, sizeof task) == (ssize_t)sizeof task)
        if (crew_settle(crew, task)) {
            crew->pushed--;
            crew->settled--;
        }
    for (; crew->missing_at < crew->known && crew->settled < crew->pushed; crew->missing_at++)
        if (crew_settle(crew, crew->missing_at)) {
            crew_lose(master, crew->missing_at, result);
            return true;
        }
    return false;
}

bool crew_next(struct crew *crew, struct lane *master, struct result *result)
{
    for (uint32_t seen = 0; seen < crew->started; seen++) {
        struct member *member = &crew->members[crew->cursor];
        if (member_result(crew, member, master, result))
            return true;
        if (member->results < 0 && member->pid != 0 && member_bury(crew, member, master, result))
            return true;
        crew->cursor = (crew->cursor + 1) % crew->started;
    }
    return crew_find_lost(crew, master, result);
}

uint32_t crew_alive(const struct crew *crew)
{
    return crew->alive;
}

/* ---- End ---- */

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
            if (member->pid != 0 && waitpid(member->pid, NULL, WNOHANG) == member->pid)
                member->pid = 0;
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
        ring_crash(&crew->stage->arena, crew->stage->run_index,
                   atomic_load(&crew->shared->slots[i].lane), SIGKILL);
    }
}

void crew_free(struct crew *crew)
{
    if (crew == NULL)
        return;
    /* Who waits for a task sees its end, who still writes a result is told that nobody reads it. */
    close_end(&crew->tasks_in);
    for (uint32_t i = 0; i < crew->started; i++)
        close_end(&crew->members[i].results);
    if (!crew_reap(crew))
        crew_kill(crew);
    for (uint32_t i = 0; i < crew->started; i++)
        buffer_fini(&crew->members[i].in);
    close_end(&crew->tasks_out);
    close_end(&crew->room_in);
    close_end(&crew->room_out);
    if (crew->shared != NULL)
        munmap(crew->shared, crew->shared_size);
    free(crew->ended);
    free(crew->fds);
    free(crew->members);
    free(crew);
}
