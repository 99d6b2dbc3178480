/*
 * What the chat service is in every model (service.h).
 *
 * Invariant: run->open_connections counts those between connection_opened() and connection_closed().
 *
 * At the limit of descriptors the one spare descriptor is given up for as long as it takes to accept
 * a client and tell it so; without that its connection would stay in the backlog and wake the
 * service for ever. It deliberately knows no model and sends nothing but refusals.
 */
#include "engine/service.h"

#include "base/clock.h"
#include "platform/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long connections have to go when the talk is over. */
static const uint64_t PARTING_NS = NS_PER_S;

void service_open(struct service *service, struct stage *stage)
{
    platform_raise_descriptors(PLATFORM_UNLIMITED);
    *service = (struct service){
        .stage = stage,
        .began_ns = clock_now(),
        .spare = open("/dev/null", O_RDONLY | O_CLOEXEC),
    };
}

void service_close(struct service *service)
{
    if (service->spare >= 0)
        close(service->spare);
    service->spare = -1;
}

/* A client that is gone again, or a network that hiccups, is no limit. */
static bool is_passing(int error)
{
    return error == EINTR || error == ECONNABORTED || error == EPROTO || error == EPERM ||
           error == ENETDOWN || error == EHOSTUNREACH || error == ENETUNREACH;
}

/* There is no descriptor left: with the spare one the client hears why. */
static int accept_and_refuse(struct service *service, int error)
{
    if (service->spare < 0)
        return SERVICE_LATER;
    close(service->spare);
    int fd = accept4(service->stage->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) {
        service_refuse(service, fd, "descriptor", error);
        close(fd);
    }
    service->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? SERVICE_REFUSED : SERVICE_LATER;
}

int service_accept(struct service *service)
{
    int fd;
    do
        fd = accept4(service->stage->listener, NULL, NULL, SOCK_CLOEXEC);
    while (fd < 0 && is_passing(errno));
    if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return SERVICE_NOBODY;
    if (fd < 0)
        return errno == EMFILE || errno == ENFILE ? accept_and_refuse(service, errno)
                                                  : SERVICE_LATER;
    int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

void service_refuse(const struct service *service, int fd, const char *what, int error)
{
    uint32_t open = atomic_load(&service->stage->run->open_connections);
    if (error == EMFILE || error == ENFILE)
        what = "descriptor";
    arena_run_fail(service->stage->run, RUN_LIMITED, open,
                   "at %u connections there was no %s for one more: %s", open, what,
                   strerror(error));
    send(fd, irc_refusal(), strlen(irc_refusal()), MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool service_has_lane(const struct service *service, uint32_t connection)
{
    return connection < stage_workers_most(service->stage);
}

static uint64_t plan_duration(const struct stage *stage)
{
    const struct plan_value *duration = &stage->plan->duration;
    return (uint64_t)(duration->param < 0 ? duration->literal
                                          : stage_param(stage, duration->param));
}

bool service_is_over(struct service *service)
{
    const struct stage *stage = service->stage;
    if (stage_should_stop(stage))
        return true;
    uint64_t now_ns = clock_now();
    bool crowd = stage->plan->outside == OUTSIDE_CROWD && stage->arena.header->listen[0] == '\0';
    if (!crowd)
        return now_ns - service->began_ns >= plan_duration(stage);
    if (atomic_load(&stage->run->outside_over) == 0)
        return false;
    if (service->over_ns == 0)
        service->over_ns = now_ns;
    return atomic_load(&stage->run->open_connections) == 0 ||
           now_ns - service->over_ns >= PARTING_NS;
}

uint32_t service_lanes(const struct plan *plan, const int64_t *params)
{
    enum { UNKNOWN = 4000, PEOPLE = 64 };
    if (plan->outside != OUTSIDE_CROWD)
        return UNKNOWN;
    const struct plan_value *clients = &plan->outside_value[CROWD_CLIENTS];
    int64_t count = clients->param < 0 ? clients->literal : params[clients->param];
    return (uint32_t)count + PEOPLE;
}

uint32_t service_task(const struct stage *stage, struct lane *lane,
                      const struct irc_message *message, bool crowd)
{
    if (crowd && message->id < atomic_load(&stage->run->next_task))
        return message->id;
    uint32_t task = atomic_fetch_add(&stage->run->next_task, 1);
    ring_emit(&lane->ring, EVENT_TASK_SUBMIT, task, 0, 0);
    return task;
}

void spoken_init(struct spoken *spoken, uint32_t task,
                 bool (*say)(struct lane *lane, struct spoken *spoken),
                 const struct irc_message *message, void *speaker)
{
    task_init(&spoken->task, task);
    spoken->task.context = spoken;
    spoken->say = say;
    spoken->message = message;
    spoken->speaker = speaker;
}

void wording_init(struct wording *wording, const struct irc_answer *answer,
                  const struct irc_relay *relay, const struct irc_message *message)
{
    *wording = (struct wording){
        .plain = answer->relayed.data + relay->from,
        .plain_size = relay->size,
    };
    if (message == NULL || !message->spoken || message->id == TASK_NONE)
        return;
    char tag[IRC_TAG_SIZE];
    buffer_append(&wording->tagged, tag, irc_tag(message->id, tag));
    buffer_append(&wording->tagged, wording->plain, wording->plain_size);
}

void wording_fini(struct wording *wording)
{
    buffer_fini(&wording->tagged);
}
