/*
 * The spawner: a process that does nothing but fork, signal and reap, so that the screen never has to
 * fork with threads or curses in it.
 *
 * Invariant: every process it forked is the leader of a process group of its own and is in `children`
 * until it was reaped; when the parent's end of the socket closes, all of them are gone before the
 * spawner is: at once, but for a recorder, which closes its file. It holds no descriptor of the terminal. It does not know what a race
 * is: order and meaning are the conductor's (race.c).
 */
#include "race/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "engine/stage.h"
#include "model/model.h"
#include "outside/outside.h"
#include "platform/platform.h"
#include "race/recorder.h"

enum { REQUEST_SPAWN, REQUEST_KILL };
enum { FDS_MAX = 4, CHILDREN_MAX = 64, MODEL_NAME = 16 };
/* So long a recorder may take to write what is left and close its file, on a full machine too; and so
 * long the parent waits for all of it. */
static const uint64_t close_limit_ns = 10 * NS_PER_S, end_limit_ns = 12 * NS_PER_S;

/* What the parent asks. Descriptors travel beside it, in the order arena, file, control. */
struct request {
    uint32_t what;
    uint32_t kind;
    uint32_t run;
    uint32_t ticket;
    int32_t pid, signal;
    uint64_t core_mask;
    char model[MODEL_NAME];
};

struct child {
    pid_t pid;
    enum spawn_kind kind;
    uint32_t run, ticket;
};

struct spawner {
    int fd;
    pid_t pid;
};

/* The spawner's own side. */
struct nest {
    int fd;
    int wake[2]; /* SIGCHLD writes here */
    struct child children[CHILDREN_MAX];
    size_t count;
};

/* The one thing a signal handler here may know. */
static volatile sig_atomic_t wake_fd = -1;

static void on_child(int signal)
{
    (void)signal;
    int saved = errno;
    ssize_t written = write((int)wake_fd, "", 1);
    (void)written; /* full means that a wake-up is already waiting */
    errno = saved;
}

static void reset_signals(void)
{
    struct sigaction action = { .sa_handler = SIG_DFL };
    for (int signal = 1; signal < NSIG; signal++)
        if (signal != SIGKILL && signal != SIGSTOP)
            sigaction(signal, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL); /* a file that may not grow is an error to tell, no death */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void leave_terminal(void)
{
    setsid();
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return;
    for (int fd = 0; fd <= 2; fd++)
        dup2(null, fd);
    if (null > 2)
        close(null);
}

static void pin_to(uint64_t mask)
{
    int cores[64];
    size_t count = 0;
    for (int core = 0; core < 64; core++)
        if (mask >> core & 1)
            cores[count++] = core;
    if (count > 0)
        platform_pin(cores, count);
}

/* In the child. Never returns to the nest's loop. */
static int child_main(const struct request *request, const int fds[FDS_MAX])
{
    static const char *const names[] = { "ls:stage", "ls:origin", "ls:crowd", "ls:recorder" };
    pin_to(request->core_mask);
    if (request->kind < sizeof names / sizeof names[0])
        platform_name_process(names[request->kind]);
    switch ((enum spawn_kind)request->kind) {
    case SPAWN_STAGE: {
        const struct model *model = model_find(request->model);
        if (model == NULL)
            return 1;
        const struct stage_model carried = model_stage(model);
        return stage_main(fds[0], request->run, &carried);
    }
    case SPAWN_ORIGIN:
        return origin_main(fds[0], request->run);
    case SPAWN_CROWD:
        return crowd_main(fds[0], request->run);
    case SPAWN_RECORDER:
        return recorder_main(fds[0], fds[1], fds[2], fds[3]);
    }
    return 1;
}

static void nest_tell(const struct nest *nest, const struct spawned *event)
{
    /* The parent reads in its loop; a full socket means that it is stopped, and then waiting is
     * right: nobody is observed by the spawner. EPIPE: the loop sees the end by itself. */
    while (send(nest->fd, event, sizeof *event, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
}

static void nest_spawn(struct nest *nest, const struct request *request, const int fds[FDS_MAX])
{
    struct spawned event = { .what = SPAWNED_REFUSED,
                             .kind = request->kind,
                             .run = request->run,
                             .ticket = request->ticket,
                             .status = EAGAIN };
    if (nest->count < CHILDREN_MAX) {
        pid_t self = getpid();
        pid_t pid = platform_fork();
        if (pid == 0) {
            setpgid(0, 0);
            reset_signals();
            close(nest->fd);
            close(nest->wake[0]);
            close(nest->wake[1]);
            /* The recorder outlives the others: it closes the recording when its socket ends. */
            if (request->kind != SPAWN_RECORDER)
                platform_die_with_parent(SIGKILL, self);
            _exit(child_main(request, fds));
        }
        if (pid > 0) {
            setpgid(pid, pid);
            nest->children[nest->count++] = (struct child){
                .pid = pid, .kind = request->kind, .run = request->run, .ticket = request->ticket
            };
            event.what = SPAWNED_STARTED;
            event.pid = pid;
        } else {
            event.status = errno;
        }
    }
    nest_tell(nest, &event);
}

static struct child *nest_find(struct nest *nest, pid_t pid)
{
    for (size_t i = 0; i < nest->count; i++)
        if (nest->children[i].pid == pid)
            return &nest->children[i];
    return NULL;
}

/* Reap whoever ended. Orphaned lanes come here too (subreaper); they are nobody's event. */
static void nest_reap(struct nest *nest, bool tell)
{
    char drain[64];
    while (read(nest->wake[0], drain, sizeof drain) > 0)
        ;
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct child *child = nest_find(nest, pid);
        if (child == NULL)
            continue;
        kill(-pid, SIGKILL); /* lanes that its death left behind */
        struct spawned event = { .what = SPAWNED_ENDED,
                                 .kind = child->kind,
                                 .run = child->run,
                                 .ticket = child->ticket,
                                 .pid = pid,
                                 .status = status };
        *child = nest->children[--nest->count];
        if (tell)
            nest_tell(nest, &event);
    }
}

/* One request; false at the end of the socket. */
static bool nest_read(struct nest *nest)
{
    struct request request;
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * FDS_MAX)];
    } control;
    struct iovec part = { .iov_base = &request, .iov_len = sizeof request };
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };
    ssize_t size = recvmsg(nest->fd, &message, MSG_CMSG_CLOEXEC);
    if (size < 0)
        return errno == EINTR || errno == EAGAIN;
    if (size == 0)
        return false;
    int fds[FDS_MAX] = { -1, -1, -1, -1 };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_type == SCM_RIGHTS)
        memcpy(fds, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
    if ((size_t)size == sizeof request) {
        request.model[MODEL_NAME - 1] = '\0';
        if (request.what == REQUEST_SPAWN)
            nest_spawn(nest, &request, fds);
        else if (nest_find(nest, request.pid) != NULL)
            kill(-request.pid, request.signal);
    }
    for (int i = 0; i < FDS_MAX; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return true;
}

/* Everybody goes; the recorder closes its file first: somebody may keep it. */
static void nest_end(struct nest *nest)
{
    for (size_t i = 0; i < nest->count; i++)
        if (nest->children[i].kind != SPAWN_RECORDER)
            kill(-nest->children[i].pid, SIGKILL);
    uint64_t until = clock_now() + close_limit_ns;
    while (nest->count > 0) {
        nest_reap(nest, false);
        if (nest->count == 0)
            break;
        if (clock_now() > until)
            for (size_t i = 0; i < nest->count; i++)
                kill(-nest->children[i].pid, SIGKILL);
        struct pollfd wait = { .fd = nest->wake[0], .events = POLLIN };
        poll(&wait, 1, 20);
    }
}

static int nest_main(int fd)
{
    struct nest nest = { .fd = fd };
    leave_terminal();
    reset_signals();
    platform_name_process("ls:spawner");
    platform_be_subreaper();
    if (pipe(nest.wake) < 0)
        return 1;
    for (int i = 0; i < 2; i++) {
        fcntl(nest.wake[i], F_SETFL, O_NONBLOCK);
        fcntl(nest.wake[i], F_SETFD, FD_CLOEXEC);
    }
    wake_fd = nest.wake[1];
    struct sigaction action = { .sa_handler = on_child, .sa_flags = SA_RESTART | SA_NOCLDSTOP };
    sigaction(SIGCHLD, &action, NULL);
    for (;;) {
        struct pollfd wait[2] = { { .fd = nest.fd, .events = POLLIN },
                                  { .fd = nest.wake[0], .events = POLLIN } };
        if (poll(wait, 2, -1) < 0 && errno != EINTR)
            break;
        if (wait[1].revents != 0)
            nest_reap(&nest, true);
        if (wait[0].revents != 0 && !nest_read(&nest))
            break;
    }
    nest_end(&nest);
    return 0;
}

/* ---- The parent's side. ---- */

struct spawner *spawner_start(struct error *error)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        error_set(error, "cannot make a socket pair for the spawner: %s", strerror(errno));
        return NULL;
    }
    pid_t pid = platform_fork();
    if (pid < 0) {
        error_set(error, "cannot fork the spawner: %s", strerror(errno));
        close(pair[0]);
        close(pair[1]);
        return NULL;
    }
    if (pid == 0) {
        close(pair[0]);
        _exit(nest_main(pair[1]));
    }
    close(pair[1]);
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    struct spawner *spawner = mem_zero(1, sizeof *spawner);
    *spawner = (struct spawner){ .fd = pair[0], .pid = pid };
    return spawner;
}

void spawner_stop(struct spawner *spawner)
{
    if (spawner == NULL)
        return;
    close(spawner->fd);
    uint64_t until = clock_now() + end_limit_ns;
    while (waitpid(spawner->pid, NULL, WNOHANG) == 0) {
        if (clock_now() > until) {
            kill(spawner->pid, SIGKILL);
            waitpid(spawner->pid, NULL, 0);
            break;
        }
        poll(NULL, 0, 2);
    }
    free(spawner);
}

static bool spawner_ask(struct spawner *spawner, const struct request *request, const int *fds,
                        size_t fd_count)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * FDS_MAX)];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = { .iov_base = (void *)(uintptr_t)request, .iov_len = sizeof *request };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    if (fd_count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(header), fds, sizeof(int) * fd_count);
    }
    ssize_t sent;
    while ((sent = sendmsg(spawner->fd, &message, MSG_NOSIGNAL)) < 0 && errno == EINTR)
        ;
    return sent >= 0;
}

bool spawner_spawn(struct spawner *spawner, const struct spawn_order *order, struct error *error)
{
    struct request request = { .what = REQUEST_SPAWN,
                               .kind = order->kind,
                               .run = order->run,
                               .ticket = order->ticket,
                               .core_mask = order->core_mask };
    if (order->model != NULL)
        strncpy(request.model, order->model, MODEL_NAME - 1);
    int fds[FDS_MAX] = { order->arena_fd, order->file_fd, order->control_fd, order->overflow_fd };
    size_t count = order->kind == SPAWN_RECORDER ? FDS_MAX : 1;
    if (!spawner_ask(spawner, &request, fds, count))
        return error_set(error, "the spawner does not answer: %s", strerror(errno));
    return true;
}

void spawner_kill(struct spawner *spawner, int pid, int signal)
{
    const struct request request = { .what = REQUEST_KILL, .pid = pid, .signal = signal };
    spawner_ask(spawner, &request, NULL, 0);
}

int spawner_next(struct spawner *spawner, struct spawned *event)
{
    ssize_t size = recv(spawner->fd, event, sizeof *event, MSG_DONTWAIT);
    if (size == (ssize_t)sizeof *event)
        return 1;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return 0;
    return -1;
}

int spawner_fd(const struct spawner *spawner)
{
    return spawner->fd;
}
