/*
 * The life of one member of a crew: take a task from the pipe, carry it, send the result, until the
 * pipe is closed, the run is to stop or there are too many members.
 *
 * Its slot names the task from right after it was popped until its result is in the pipe whole, so
 * that the master knows what was lost should this process be killed. It leaves by _exit() and never
 * touches the lane, the GIL or the ring of the process that forked it.
 */
#include "engine/crew_inside.h"

#include "engine/gil.h"
#include "platform/platform.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

/* False: the pipe was closed, its other end is gone, or this member is one too many. */
static bool member_pop(struct lane *lane, const struct crew_ends *ends, struct crew_slot *slot,
                       uint32_t *task)
{
    lane_leave(lane, SAYS_IDLE);
    do {
        if (arena_take_one(&ends->shared->surplus))
            return false;
        ssize_t got;
        do
            got = read(ends->tasks, task, sizeof *task);
        while (got < 0 && errno == EINTR);
        if (got != (ssize_t)sizeof *task)
            return false;
    } while (*task == TASK_NONE); /* only to look at the surplus */
    atomic_store(&slot->task, *task);
    uint32_t depth = atomic_fetch_sub(&lane->stage->run->queue_depth[ends->queue], 1) - 1;
    ring_emit(&lane->ring, EVENT_QUEUE_POP, ends->queue, depth, *task);
    if (atomic_exchange(&ends->shared->wants_room, 0) != 0) {
        ssize_t told = write(ends->room, "", 1);
        (void)told; /* a full pipe means that the master is woken already */
    }
    return true;
}

static bool write_whole(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t wrote = write(fd, bytes, size);
        if (wrote < 0 && errno != EINTR)
            return false;
        if (wrote > 0) {
            bytes += wrote;
            size -= (size_t)wrote;
        }
    }
    return true;
}

static bool member_send(struct lane *lane, const struct crew_ends *ends, const struct task *task,
                        struct buffer *frame)
{
    struct result result = { .task = task->id,
                             .failed = task->failed,
                             .checksum = task->checksum,
                             .payload = buffer_string(&task->sent),
                             .payload_size = task->failed == 0 ? task->sent.size : 0 };
    buffer_clear(frame);
    serialise_result(lane, &result, frame);
    lane_leave(lane, SAYS_IPC);
    return write_whole(ends->results, frame->data, frame->size);
}

/* One task, from the pipe to its result. False: it is time to leave. */
static bool member_turn(struct lane *lane, const struct crew_options *options,
                        const struct crew_ends *ends, struct crew_slot *slot, struct buffer *frame)
{
    uint32_t id;
    struct task task;
    if (lane_should_stop(lane) || !member_pop(lane, ends, slot, &id))
        return false;
    task_init(&task, id);
    bool went_on = options->carry(lane, &task) && member_send(lane, ends, &task, frame);
    if (went_on)
        atomic_store(&slot->task, TASK_NONE);
    task_fini(&task);
    return went_on;
}

void crew_member(struct stage *stage, const struct crew_options *options,
                 const struct crew_ends *ends, uint32_t index)
{
    /* Where the platform cannot promise it, the end of the pipes tells; a parent that is gone already
     * is seen here. */
    platform_die_with_parent(SIGKILL, ends->master);
    if (getppid() != ends->master)
        _exit(1);
    struct crew_slot *slot = &ends->shared->slots[index];
    struct gil *gil =
        gil_new(atomic_fetch_add(&stage->run->next_gil, 1), stage_param(stage, PARAM_GIL) != 0);
    struct lane lane;
    struct buffer frame = { 0 };
    lane_begin(&lane, stage, gil, options->role, index);
    while (member_turn(&lane, options, ends, slot, &frame))
        continue;
    lane_end(&lane);
    _exit(0);
}
