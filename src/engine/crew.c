/*
 * The master's side of a crew: see crew.h.
 *
 * Invariant: every task that was pushed comes out of crew_next() once, as a result or as the failure
 * of a member that died with it; only tasks that nobody popped stay, where the crew ends before. A
 * member that is killed right between taking a task out of the pipe and writing it into its slot
 * leaves no word of which one it was: then the pipe is closed as soon as all tasks are pushed, and
 * when the others have gone too, what is missing is known.
 *
 * A member that idles is woken to leave by an id that is none (TASK_NONE) in the pipe; whoever reads
 * it looks whether there is a surplus, and waits on where a busy one took it meanwhile.
 *
 * It deliberately neither replaces members nor gives a lost task to another.
 */
#include "engine/crew_inside.h"

#include "base/memory.h"
#include "trace/ring.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LOOK_MS = 50,       /* how long the master may not notice a stop, or what a hand asks for */
    KEPT = 1024 * 1024, /* of a member's buffer, once it is empty */
};

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
        crew_close_end(&crew->tasks_in);
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
    ssize_t got = read(member->results, crew->scratch, CREW_SCRATCH);
    if (got > 0) {
        if (member->used == member->in.size) {
            buffer_clear(&member->in);
            if (member->in.capacity > KEPT)
                buffer_fini(&member->in);
            member->used = 0;
        }
        buffer_append(&member->in, crew->scratch, (size_t)got);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        crew->fds[CREW_FDS_MEMBERS + (size_t)(member - crew->members)].fd = -1;
        crew_close_end(&member->results);
    }
}

void crew_wait(struct crew *crew, struct lane *master)
{
    crew->fds[CREW_FDS_TASKS] =
        (struct pollfd){ .fd = crew->pipe_full ? crew->tasks_in : -1, .events = POLLOUT };
    lane_leave(master, crew_reads(crew) ? SAYS_IPC : SAYS_IDLE);
    int ready = poll(crew->fds, CREW_FDS_MEMBERS + (nfds_t)crew->started, LOOK_MS);
    if (ready > 0) {
        lane_say(master, SAYS_IPC);
        if (crew->fds[CREW_FDS_ROOM].revents != 0) {
            ssize_t drained = read(crew->room_out, crew->scratch, CREW_SCRATCH);
            (void)drained; /* that it was there is all it says */
        }
        for (uint32_t i = 0; i < crew->started; i++)
            if (crew->fds[CREW_FDS_MEMBERS + i].fd >= 0 &&
                crew->fds[CREW_FDS_MEMBERS + i].revents != 0)
                member_read(crew, &crew->members[i]);
    }
    lane_enter(master);
}

/* ---- More and fewer ---- */

/* Those who idle look at the surplus. Where the pipe is full, nobody does. */
static void crew_call_off(struct crew *crew)
{
    const uint32_t none = TASK_NONE;
    uint32_t surplus = atomic_load(&crew->shared->surplus);
    for (uint32_t i = 0; i < surplus && crew->tasks_in >= 0; i++)
        if (write(crew->tasks_in, &none, sizeof none) != (ssize_t)sizeof none)
            return;
}

uint32_t crew_resize(struct crew *crew, uint32_t wanted)
{
    if (wanted < crew->staying) {
        atomic_fetch_add(&crew->shared->surplus, crew->staying - wanted);
        crew->staying = wanted;
        crew_call_off(crew);
    }
    while (crew->staying < wanted && arena_take_one(&crew->shared->surplus))
        crew->staying++;
    while (crew->staying < wanted && crew->started < crew->most && crew_fork(crew))
        continue;
    return crew->staying;
}

/* One died: of those that are to leave, where there are such. */
static void crew_miss(struct crew *crew)
{
    crew->died++;
    if (arena_take_one(&crew->shared->surplus))
        crew_call_off(crew); /* it may have had the call of another */
    else if (crew->staying > 0)
        crew->staying--;
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
    pid_t pid = member->pid;
    member->pid = 0;
    member->used = member->in.size; /* what is left is no whole result */
    crew->alive--;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return false;
    uint32_t task = atomic_load(&slot->task);
    crew_miss(crew);
    crew_tell_crash(crew, pid, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    if (task == TASK_NONE) {
        crew->bereft = true;
        crew->bound++; /* it may have left the count of waiting tasks one too high */
        if (crew->pushed_all)
            crew_close_end(&crew->tasks_in);
    }
    if (task == TASK_NONE || !crew_settle(crew, task))
        return false;
    crew_lose(master, task, result);
    return true;
}

/* All have gone: what still lies in the pipe was never taken; the rest of what is missing is lost. Who
 * went because the run is to stop has left its task in flight, which is no loss. */
static bool crew_find_lost(struct crew *crew, struct lane *master, struct result *result)
{
    if (crew->alive > 0 || !crew->bereft || crew->settled == crew->pushed ||
        stage_should_stop(crew->stage))
        return false;
    crew_not_blocking(crew->tasks_out);
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

uint32_t crew_died(const struct crew *crew)
{
    return crew->died;
}

bool crew_is_open(const struct crew *crew)
{
    return crew->tasks_in >= 0;
}
