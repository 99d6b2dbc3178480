/*
 * `get`: the task's page from the origin, by libcurl.
 *
 * Blocking: one easy handle per lane, so that its connection is kept alive from task to task.
 * Evented: one multi handle per lane, driven by its loop through curl_multi_socket_action(): libcurl
 * says which sockets and which time it waits for, libev watches them, and each event is handed back.
 *
 *   easy added -> libcurl sets its timer -> get_timeout() -> sockets are opened -> get_ready() ...
 *   after each of those two: get_reap() takes what is finished and lets its task go on
 *
 * Invariant: a fetch is either among `flying` (its easy handle is part of the multi) or among
 * `spare`. libcurl is never called from inside its own callbacks: they only set watchers.
 *
 * As many connections are opened as there are requests: a loop asks for all pages at once, and the
 * limit is that of descriptors. It deliberately follows no redirection and retries nothing.
 */
#include "engine/step_rows.h"

#include "base/memory.h"
#include "engine/connection.h"
#include "engine/evented.h"
#include "engine/stage.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One request on its way, and the handle it takes. */
struct fetch {
    CURL *easy;
    struct get *get;
    struct task *task;
    struct fetch *previous, *next; /* among flying; spare is linked by next alone */
    int refused;                   /* errno of a socket that could not be opened, else 0 */
};

/* A socket that libcurl waits for. */
struct get_socket {
    ev_io io;
    struct get *get;
    struct get_socket *previous, *next;
};

/* What the step keeps in a lane. */
struct get {
    struct lane *lane;
    struct fetch *flying, *spare;
    struct buffer connections; /* uint32_t ids by descriptor */
    CURLM *multi;              /* NULL: the lane blocks */
    struct ev_loop *loop;
    ev_timer timer;
    struct get_socket *sockets;
    uint32_t socket_count;
};

/* ---- What both ways share. ---- */

static void curl_begin(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        memory_stop("libcurl does not start");
}

static size_t fetch_body(char *bytes, size_t size, size_t count, void *context)
{
    struct fetch *fetch = context;
    buffer_append(&fetch->task->page, bytes, size * count);
    return size * count;
}

/* A socket is a connection from when libcurl asks for it until libcurl gives it up. */
static void get_connected(struct get *get, int fd)
{
    size_t wanted = ((size_t)fd + 1) * sizeof(uint32_t);
    uint32_t none = OBJECT_NONE;
    while (get->connections.size < wanted)
        buffer_append(&get->connections, &none, sizeof none);
    ((uint32_t *)(void *)get->connections.data)[fd] = connection_opened(get->lane);
}

static int get_disconnected(void *context, curl_socket_t fd)
{
    struct get *get = context;
    connection_closed(get->lane, ((uint32_t *)(void *)get->connections.data)[fd]);
    return close(fd);
}

/* A socket as libcurl wants it; why there was none is remembered. */
static curl_socket_t fetch_socket(void *context, curlsocktype purpose,
                                  struct curl_sockaddr *address)
{
    struct fetch *fetch = context;
    (void)purpose;
    int fd = socket(address->family, address->socktype, address->protocol);
    if (fd >= 0) {
        get_connected(fetch->get, fd);
        return fd;
    }
    fetch->refused = errno;
    return CURL_SOCKET_BAD;
}

/* About once a second while a request blocks. */
static int fetch_look_up(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct fetch *fetch = context;
    (void)a, (void)b, (void)c, (void)d;
    return lane_should_stop(fetch->get->lane) ? 1 : 0;
}

static struct get *get_of(struct lane *lane)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct get *get = lane->steps[STEP_GET];
    if (get == NULL) {
        pthread_once(&once, curl_begin);
        get = lane->steps[STEP_GET] = mem_zero(1, sizeof *get);
        get->lane = lane;
    }
    return get;
}

static struct fetch *fetch_new(struct get *get)
{
    struct fetch *fetch = mem_zero(1, sizeof *fetch);
    fetch->get = get;
    fetch->easy = curl_easy_init();
    if (fetch->easy == NULL)
        memory_stop("libcurl gives no handle");
    curl_easy_setopt(fetch->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_PRIVATE, fetch);
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, fetch_body);
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEDATA, fetch);
    curl_easy_setopt(fetch->easy, CURLOPT_OPENSOCKETFUNCTION, fetch_socket);
    curl_easy_setopt(fetch->easy, CURLOPT_OPENSOCKETDATA, fetch);
    curl_easy_setopt(fetch->easy, CURLOPT_CLOSESOCKETFUNCTION, get_disconnected);
    curl_easy_setopt(fetch->easy, CURLOPT_CLOSESOCKETDATA, get);
    curl_easy_setopt(fetch->easy, CURLOPT_USERAGENT, "lockstep");
    /* A loop has as many of these as requests; 16 KiB, the default, costs the same time. */
    curl_easy_setopt(fetch->easy, CURLOPT_BUFFERSIZE, 4096L);
    return fetch;
}

/* Takes a handle for the task's request. NULL: the task failed. */
static struct fetch *fetch_begin(struct get *get, struct task *task)
{
    const struct stage *stage = get->lane->stage;
    const char *base = stage->arena.header->origin_url;
    uint32_t port = atomic_load_explicit(&stage->run->origin_port, memory_order_acquire);
    char url[256];
    if (base[0] != '\0') {
        size_t size = strlen(base);
        snprintf(url, sizeof url, "%s%s%u", base, base[size - 1] == '/' ? "" : "/", task->id);
    } else if (port != 0) {
        snprintf(url, sizeof url, "http://127.0.0.1:%u/%u", port, task->id);
    } else {
        task_fail(task, ENOTCONN, "there is no origin to get a page from");
        return NULL;
    }
    struct fetch *fetch = get->spare;
    if (fetch == NULL)
        fetch = fetch_new(get);
    else
        get->spare = fetch->next;
    fetch->task = task;
    fetch->refused = 0;
    buffer_clear(&task->page);
    curl_easy_setopt(fetch->easy, CURLOPT_URL, url);
    return fetch;
}

/* The page is part of what the task's checksum is of: eight bytes at a time, as it is large. */
static uint64_t page_sum(const struct buffer *page)
{
    uint64_t sum = page->size;
    for (size_t at = 0; at < page->size; at += sizeof(uint64_t)) {
        uint64_t word = 0;
        size_t left = page->size - at;
        memcpy(&word, page->data + at, left < sizeof word ? left : sizeof word);
        sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29;
    }
    return sum;
}

/* The request is over: what came of it goes into the task, the handle among the spare ones. */
static void fetch_end(struct fetch *fetch, CURLcode code)
{
    struct task *task = fetch->task;
    long answer = 0, error = 0;
    const char *url = "";
    curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &answer);
    curl_easy_getinfo(fetch->easy, CURLINFO_EFFECTIVE_URL, &url);
    curl_easy_getinfo(fetch->easy, CURLINFO_OS_ERRNO, &error);
    if (fetch->refused != 0)
        task_fail(task, fetch->refused, "GET %.60s: no socket: %s", url, strerror(fetch->refused));
    else if (code != CURLE_OK)
        task_fail(task, error != 0 ? (int)error : EIO, "GET %.60s: %s", url,
                  curl_easy_strerror(code));
    else if (answer >= 400)
        task_fail(task, EPROTO, "GET %.60s: the origin answered %ld", url, answer);
    else
        task_mix(task, page_sum(&task->page));
    task->figure = task->page.size;
    fetch->task = NULL;
    fetch->next = fetch->get->spare;
    fetch->get->spare = fetch;
}

/* No descriptor is left: the run gives up at as many connections as there are. A lane that blocks
 * has one, and the lanes before it have theirs. */
static void fetch_tell_limit(const struct fetch *fetch)
{
    const struct get *get = fetch->get;
    uint32_t count = get->multi != NULL ? get->socket_count : get->lane->index;
    if (fetch->refused == EMFILE || fetch->refused == ENFILE)
        stage_limited(get->lane->stage, count,
                      "%u connections at once are as many as there are descriptors for", count);
}

/* ---- Blocking. ---- */

static bool get_run(struct lane *lane, struct task *task, const struct plan_step *step)
{
    (void)step;
    struct fetch *fetch = fetch_begin(get_of(lane), task);
    if (fetch == NULL)
        return false;
    curl_easy_setopt(fetch->easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(fetch->easy, CURLOPT_XFERINFOFUNCTION, fetch_look_up);
    curl_easy_setopt(fetch->easy, CURLOPT_XFERINFODATA, fetch);
    lane_leave(lane, SAYS_IO);
    CURLcode code = curl_easy_perform(fetch->easy);
    lane_enter(lane);
    fetch_tell_limit(fetch);
    fetch_end(fetch, code);
    if (code == CURLE_ABORTED_BY_CALLBACK)
        task->failed = 0; /* the run was stopped: the task neither ended nor failed */
    return task->failed == 0 && code == CURLE_OK;
}

/* ---- Evented. ---- */

static void fetch_fly(struct fetch *fetch)
{
    struct get *get = fetch->get;
    fetch->previous = NULL;
    fetch->next = get->flying;
    if (fetch->next != NULL)
        fetch->next->previous = fetch;
    get->flying = fetch;
    curl_multi_add_handle(get->multi, fetch->easy);
}

static void fetch_land(struct fetch *fetch)
{
    struct get *get = fetch->get;
    curl_multi_remove_handle(get->multi, fetch->easy);
    if (fetch->previous != NULL)
        fetch->previous->next = fetch->next;
    else
        get->flying = fetch->next;
    if (fetch->next != NULL)
        fetch->next->previous = fetch->previous;
}

/* Takes out what is finished and lets the tasks go on; each of them may begin another request. */
static void get_reap(struct get *get)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(get->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct fetch *fetch = NULL;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&fetch);
        struct task *task = fetch->task;
        fetch_tell_limit(fetch);
        fetch_land(fetch);
        fetch_end(fetch, code);
        task->waiting = NULL;
        task_resume(get->lane, get->loop, task, evented_turn_ns(get->loop));
    }
}

/* Something happened that libcurl waits for: it does what it can without waiting. */
static void get_act(struct get *get, curl_socket_t socket, int what)
{
    int running;
    lane_leave(get->lane, SAYS_CALL);
    curl_multi_socket_action(get->multi, socket, what, &running);
    lane_enter(get->lane);
    get_reap(get);
}

static void get_ready(struct ev_loop *loop, ev_io *io, int events)
{
    const struct get_socket *socket = io->data;
    (void)loop;
    get_act(socket->get, io->fd,
            ((events & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
                ((events & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0));
}

static void get_timeout(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    get_act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

/* libcurl: call me back after so many ms; -1: do not. */
static int get_set_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct get *get = context;
    (void)multi;
    ev_timer_stop(get->loop, &get->timer);
    if (timeout_ms >= 0) {
        if (timeout_ms > 0)
            ev_now_update(get->loop);
        ev_timer_set(&get->timer, (double)timeout_ms / 1000., 0.);
        ev_timer_start(get->loop, &get->timer);
    }
    return 0;
}

static void socket_free(struct get *get, struct get_socket *socket)
{
    ev_io_stop(get->loop, &socket->io);
    if (socket->previous != NULL)
        socket->previous->next = socket->next;
    else
        get->sockets = socket->next;
    if (socket->next != NULL)
        socket->next->previous = socket->previous;
    get->socket_count--;
    free(socket);
}

static struct get_socket *socket_new(struct get *get, int fd)
{
    struct get_socket *socket = mem_zero(1, sizeof *socket);
    socket->get = get;
    socket->next = get->sockets;
    if (socket->next != NULL)
        socket->next->previous = socket;
    get->sockets = socket;
    get->socket_count++;
    ev_io_init(&socket->io, get_ready, fd, 0);
    socket->io.data = socket;
    return socket;
}

/* libcurl: watch this socket for that, or no more. */
static int get_set_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
    struct get *get = context;
    struct get_socket *socket = known;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (socket != NULL)
            socket_free(get, socket);
        return 0;
    }
    if (socket == NULL) {
        socket = socket_new(get, fd);
        curl_multi_assign(get->multi, fd, socket);
    }
    ev_io_stop(get->loop, &socket->io);
    ev_io_set(&socket->io, fd,
              ((what & CURL_POLL_IN) != 0 ? EV_READ : 0) |
                  ((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0));
    ev_io_start(get->loop, &socket->io);
    return 0;
}

static void get_open_multi(struct get *get, struct ev_loop *loop)
{
    get->loop = loop;
    get->multi = curl_multi_init();
    if (get->multi == NULL)
        memory_stop("libcurl gives no multi handle");
    ev_timer_init(&get->timer, get_timeout, 0., 0.);
    get->timer.data = get;
    curl_multi_setopt(get->multi, CURLMOPT_SOCKETFUNCTION, get_set_socket);
    curl_multi_setopt(get->multi, CURLMOPT_SOCKETDATA, get);
    curl_multi_setopt(get->multi, CURLMOPT_TIMERFUNCTION, get_set_timer);
    curl_multi_setopt(get->multi, CURLMOPT_TIMERDATA, get);
}

static bool get_start(struct lane *lane, struct ev_loop *loop, struct task *task,
                      const struct plan_step *step, bool *done)
{
    struct get *get = get_of(lane);
    (void)step;
    if (get->multi == NULL)
        get_open_multi(get, loop);
    struct fetch *fetch = fetch_begin(get, task);
    *done = fetch == NULL;
    if (fetch == NULL)
        return false;
    fetch_fly(fetch);
    return true;
}

static void get_lane_end(struct lane *lane, void *state)
{
    struct get *get = state;
    (void)lane;
    while (get->flying != NULL) {
        struct fetch *fetch = get->flying;
        fetch_land(fetch);
        fetch->next = get->spare;
        get->spare = fetch;
    }
    if (get->multi != NULL) {
        curl_multi_cleanup(get->multi);
        ev_timer_stop(get->loop, &get->timer);
        while (get->sockets != NULL)
            socket_free(get, get->sockets);
    }
    while (get->spare != NULL) {
        struct fetch *fetch = get->spare;
        get->spare = fetch->next;
        curl_easy_cleanup(fetch->easy);
        free(fetch);
    }
    buffer_fini(&get->connections);
    free(get);
}

const struct step_row step_get = {
    .name = "get",
    .run = get_run,
    .start = get_start,
    .lane_end = get_lane_end,
};
