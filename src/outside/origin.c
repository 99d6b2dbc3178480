/*
 * The origin: libmicrohttpd without a thread of its own, its epoll descriptor watched by our loop.
 *
 * A request for a page is suspended when it has arrived and resumed by a timer of its own when its
 * latency is over, so a pending request is a few hundred bytes and no thread. Latency and page size
 * are read when the request arrives and hold for that request.
 *
 *   readable -> MHD_run -> origin_answer: arrived -> suspended, timer started
 *   timer    -> resumed -> (idle) MHD_run -> origin_answer: answered
 *
 * It deliberately keeps no pages: making one costs less than sending it. Answers that are not pages
 * (404, 405) do not wait.
 */
#include "outside/outside.h"

#include "base/clock.h"
#include "base/memory.h"
#include "outside/page.h"
#include "outside/process.h"

#include <microhttpd.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum {
    BACKLOG = 8192,
    CONNECTION_MEMORY = 8192, /* bytes: headers in and out */
    PAGE_HELD = 64 * 1024,    /* a page above this size is made piece by piece while it is sent */
    DESCRIPTORS_KEPT = 32,    /* for what is no connection */
};
static const double look_s = 0.05;                 /* how often stop and phase are looked at */
static const uint64_t linger_ns = 500 * NS_PER_MS; /* answers given after stop */

struct origin {
    struct outside outside;
    struct MHD_Daemon *daemon;
    struct MHD_Response *not_found, *not_allowed;
    struct request *waiting; /* doubly linked: all that are suspended */
    uint64_t stopped_ns;     /* when the stop was seen; 0 not yet */
    ev_io readable;
    ev_idle unfinished; /* active while the library has more to do than one run of it does */
    ev_timer look;
};

/* From the arrival of a request's head to the end of its answer. */
struct request {
    ev_timer timer; /* first, so that the timer is the request */
    struct origin *origin;
    struct MHD_Connection *connection;
    struct request *previous, *next; /* among those that wait */
    struct page page;
    int64_t latency_ns; /* still to be waited for; 0: none */
    unsigned status;
    bool waits;
};

/* ---- A request's wait. ---- */

static void request_link(struct request *request)
{
    struct origin *origin = request->origin;
    request->waits = true;
    request->previous = NULL;
    request->next = origin->waiting;
    if (request->next != NULL)
        request->next->previous = request;
    origin->waiting = request;
}

static void request_unlink(struct request *request)
{
    request->waits = false;
    ev_timer_stop(request->origin->outside.loop, &request->timer);
    if (request->previous != NULL)
        request->previous->next = request->next;
    else
        request->origin->waiting = request->next;
    if (request->next != NULL)
        request->next->previous = request->previous;
}

static void request_resume(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct request *request = (struct request *)timer;
    (void)events;
    request_unlink(request);
    MHD_resume_connection(request->connection);
    /* Without a thread of its own the library is not woken by that: all that are resumed in this
     * turn of the loop are seen to at its end. */
    ev_idle_start(loop, &request->origin->unfinished);
}

static void request_wait(struct request *request)
{
    struct ev_loop *loop = request->origin->outside.loop;
    /* Many requests arrive in one turn: each one's time begins now, not when the turn began. */
    ev_now_update(loop);
    ev_timer_init(&request->timer, request_resume, (double)request->latency_ns / 1e9, 0);
    ev_timer_start(loop, &request->timer);
    request->latency_ns = 0;
    MHD_suspend_connection(request->connection);
    request_link(request);
}

/* ---- What is asked, and the answer. ---- */

/* "/17" is page 17, and "/" is page 0. */
static bool url_page(const char *url, uint64_t *number)
{
    uint64_t value = 0;
    const char *digit = url + 1;
    if (*url != '/')
        return false;
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        if (value > UINT32_MAX)
            return false;
        value = value * 10 + (uint64_t)(*digit - '0');
    }
    *number = value;
    return *digit == '\0';
}

static struct request *request_new(struct origin *origin, struct MHD_Connection *connection,
                                   const char *url, const char *method)
{
    struct request *request = mem_zero(1, sizeof *request);
    request->origin = origin;
    request->connection = connection;
    request->status = MHD_HTTP_OK;
    request->page.seed = origin->outside.arena.header->seed;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        request->status = MHD_HTTP_METHOD_NOT_ALLOWED;
    } else if (!url_page(url, &request->page.number)) {
        request->status = MHD_HTTP_NOT_FOUND;
    } else {
        int64_t size = outside_field(&origin->outside, ORIGIN_PAGE);
        request->page.size = size > 0 ? (uint64_t)size : 0;
        request->latency_ns = outside_field(&origin->outside, ORIGIN_LATENCY);
    }
    return request;
}

static ssize_t page_read(void *context, uint64_t position, char *into, size_t most)
{
    const struct page *page = context;
    uint64_t left = page->size - position;
    size_t count = left < most ? (size_t)left : most;
    if (count == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    page_write(page, position, into, count);
    return (ssize_t)count;
}

static struct MHD_Response *page_response(const struct page *page)
{
    struct MHD_Response *response;
    if (page->size <= PAGE_HELD) {
        char *bytes = mem_alloc((size_t)page->size);
        page_write(page, 0, bytes, (size_t)page->size);
        response =
            MHD_create_response_from_buffer((size_t)page->size, bytes, MHD_RESPMEM_MUST_FREE);
        if (response == NULL)
            free(bytes);
    } else {
        struct page *copy = mem_alloc(sizeof *copy);
        *copy = *page;
        response = MHD_create_response_from_callback(page->size, PAGE_HELD, page_read, copy, free);
        if (response == NULL)
            free(copy);
    }
    if (response != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/html");
    return response;
}

static enum MHD_Result request_answer(struct request *request)
{
    struct origin *origin = request->origin;
    if (request->status == MHD_HTTP_NOT_FOUND)
        return MHD_queue_response(request->connection, request->status, origin->not_found);
    if (request->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        return MHD_queue_response(request->connection, request->status, origin->not_allowed);
    struct MHD_Response *response = page_response(&request->page);
    if (response == NULL)
        return MHD_NO;
    enum MHD_Result queued = MHD_queue_response(request->connection, request->status, response);
    MHD_destroy_response(response);
    return queued;
}

/* The library calls this when a request's head has arrived (`*state` is NULL), for each part of a
 * body, when all has arrived, and again after a wait. An answer at the first call would end the
 * connection. */
static enum MHD_Result origin_answer(void *context, struct MHD_Connection *connection,
                                     const char *url, const char *method, const char *version,
                                     const char *body, size_t *body_size, void **state)
{
    (void)version, (void)body;
    struct request *request = *state;
    if (request == NULL) {
        *state = request_new(context, connection, url, method);
        return MHD_YES;
    }
    if (*body_size > 0) {
        *body_size = 0;
        return MHD_YES;
    }
    if (request->latency_ns > 0) {
        request_wait(request);
        return MHD_YES;
    }
    return request_answer(request);
}

static void origin_answered(void *context, struct MHD_Connection *connection, void **state,
                            enum MHD_RequestTerminationCode why)
{
    (void)context, (void)connection, (void)why;
    struct request *request = *state;
    if (request == NULL)
        return;
    if (request->waits)
        request_unlink(request);
    free(request);
    *state = NULL;
}

/* ---- The loop. ---- */

static void origin_turn(struct origin *origin)
{
    MHD_UNSIGNED_LONG_LONG timeout;
    MHD_run(origin->daemon);
    if (MHD_get_timeout(origin->daemon, &timeout) == MHD_YES && timeout == 0)
        ev_idle_start(origin->outside.loop, &origin->unfinished);
    else
        ev_idle_stop(origin->outside.loop, &origin->unfinished);
}

static void origin_readable(struct ev_loop *loop, ev_io *io, int events)
{
    (void)loop, (void)events;
    origin_turn(io->data);
}

static void origin_unfinished(struct ev_loop *loop, ev_idle *idle, int events)
{
    (void)loop, (void)events;
    origin_turn(idle->data);
}

/* After a stop the lanes still collect what is on its way, so there is an origin for a while. */
static void origin_look(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct origin *origin = timer->data;
    (void)events;
    outside_poll_params(&origin->outside);
    if (origin->stopped_ns == 0 && outside_is_stopped(&origin->outside))
        origin->stopped_ns = clock_now();
    bool waited = origin->stopped_ns != 0 && clock_now() - origin->stopped_ns >= linger_ns;
    if (waited || outside_is_over(&origin->outside))
        ev_break(loop, EVBREAK_ALL);
}

static struct MHD_Response *response_text(const char *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        memory_stop("the origin has no memory for an answer");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/html");
    return response;
}

static bool origin_listen(struct origin *origin, struct error *error)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    uint64_t connections = origin->outside.descriptors > 2 * DESCRIPTORS_KEPT
                               ? origin->outside.descriptors - DESCRIPTORS_KEPT
                               : DESCRIPTORS_KEPT;
    origin->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK, 0, NULL, NULL,
        origin_answer, origin, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
        MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned)BACKLOG, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_NOTIFY_COMPLETED, origin_answered, NULL, MHD_OPTION_END);
    if (origin->daemon == NULL)
        return error_set(error, "the origin cannot listen on 127.0.0.1 with libmicrohttpd's epoll");
    return true;
}

static void origin_watch(struct origin *origin)
{
    struct ev_loop *loop = origin->outside.loop;
    int fd = MHD_get_daemon_info(origin->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    ev_io_init(&origin->readable, origin_readable, fd, EV_READ);
    origin->readable.data = origin;
    ev_io_start(loop, &origin->readable);
    ev_idle_init(&origin->unfinished, origin_unfinished);
    origin->unfinished.data = origin;
    ev_timer_init(&origin->look, origin_look, look_s, look_s);
    origin->look.data = origin;
    ev_timer_start(loop, &origin->look);
}

static void origin_serve(struct origin *origin)
{
    struct arena_run *run = origin->outside.run;
    origin->not_found = response_text("<!DOCTYPE html>\n<title>404</title><p>Pages are /N.</p>\n");
    origin->not_allowed =
        response_text("<!DOCTYPE html>\n<title>405</title><p>GET and HEAD are answered.</p>\n");
    MHD_add_response_header(origin->not_allowed, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    origin_watch(origin);

    atomic_store(&run->origin_port,
                 MHD_get_daemon_info(origin->daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    arena_wake(&run->origin_port);
    outside_ready(&origin->outside);
    ev_run(origin->outside.loop, 0);

    /* The library takes a daemon with suspended connections for a bug. */
    while (origin->waiting != NULL) {
        struct request *request = origin->waiting;
        request_unlink(request);
        MHD_resume_connection(request->connection);
    }
    MHD_stop_daemon(origin->daemon);
    MHD_destroy_response(origin->not_found);
    MHD_destroy_response(origin->not_allowed);
}

int origin_main(int arena_fd, uint32_t run)
{
    struct origin *origin = mem_zero(1, sizeof *origin);
    int status = 1;
    if (outside_open(&origin->outside, arena_fd, run, OUTSIDE_ORIGIN)) {
        struct error error;
        if (origin_listen(origin, &error)) {
            origin_serve(origin);
            status = 0;
        } else {
            outside_failed(&origin->outside, error.text);
        }
        outside_close(&origin->outside);
    }
    free(origin);
    return status;
}
