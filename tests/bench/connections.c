/*
 * `loop` alone with as many connections as 99 % of the limit of descriptors: that it holds them and
 * every line reaches all, and what each costs it of memory, its rings and all, by what a stage with
 * so many holds beyond one with a few. In the same way, for comparison, a bare libev server: a
 * watcher for each connection, and nothing else.
 */
#include "bench/carry.h"

#include "base/clock.h"
#include "base/memory.h"
#include "platform/platform.h"

#include <arpa/inet.h>
#include <ev.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 20000, FEW = 20, PER_ADDRESS = 14000 };

/* ---- The model's ---- */

static bool all_in(const struct carry *carry)
{
    return atomic_load(&carry->run->crowd[CROWD_SENT]) > 0;
}

/* KiB of a stage that holds so many connections; *held is how many there were. */
static double kib_of_loop(struct bench *bench, uint32_t count, uint32_t *held)
{
    char clients[40];
    snprintf(clients, sizeof clients, "clients=%u", count);
    const char *const sets[] = { clients, "rate=2/s", "duration=2s", NULL };
    const struct carry_options options = {
        .scenario = "chat", .model = "loop", .sets = sets, .observe = OBSERVE_RINGS
    };
    struct carry carry;
    if (!carry_begin(&carry, bench, &options))
        return -1;
    carry_go(&carry);
    carry_wait_for(&carry, all_in, 60);
    double kib = memory_kib(carry.stage);
    *held = atomic_load(&carry.run->open_connections);
    carry_end(&carry);
    return kib;
}

/* ---- Bare libev ---- */

struct bare {
    _Atomic uint32_t port, open, over;
};
static struct bare *bare; /* of the process that is the server */

static void bare_read(struct ev_loop *loop, ev_io *io, int events)
{
    char bytes[512];
    (void)events;
    if (recv(io->fd, bytes, sizeof bytes, MSG_DONTWAIT) != 0)
        return;
    ev_io_stop(loop, io);
    close(io->fd);
    free(io);
}

static void bare_accept(struct ev_loop *loop, ev_io *io, int events)
{
    (void)events;
    int fd = accept(io->fd, NULL, NULL);
    if (fd < 0)
        return;
    ev_io *connection = mem_zero(1, sizeof *connection);
    ev_io_init(connection, bare_read, fd, EV_READ);
    ev_io_start(loop, connection);
    atomic_fetch_add(&bare->open, 1);
}

static _Noreturn void bare_main(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    struct ev_loop *loop = ev_default_loop(0);
    ev_io listener;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 4096) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        _exit(1);
    ev_io_init(&listener, bare_accept, fd, EV_READ);
    ev_io_start(loop, &listener);
    atomic_store(&bare->port, ntohs(address.sin_port));
    arena_wake(&bare->port);
    ev_run(loop, 0);
    _exit(0);
}

/* Connects so many, from as many addresses as it takes, and holds them. */
static _Noreturn void bare_clients(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct sockaddr_in from = { .sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK + i / PER_ADDRESS) };
        struct sockaddr_in to = { .sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)atomic_load(&bare->port)) };
        int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
        setsockopt(fd, IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, &yes, sizeof yes);
        if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) != 0 ||
            connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
            _exit(1);
    }
    arena_wait(&bare->over, 0, 60 * NS_PER_S);
    _exit(0);
}

static double kib_of_bare(uint32_t count, uint32_t *held)
{
    bare = mmap(NULL, sizeof *bare, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t parent = getpid(), server = fork();
    if (server == 0) {
        platform_die_with_parent(SIGKILL, parent);
        bare_main();
    }
    arena_wait(&bare->port, 0, 10 * NS_PER_S);
    pid_t clients = fork();
    if (clients == 0) {
        platform_die_with_parent(SIGKILL, parent);
        bare_clients(count);
    }
    for (uint64_t until_ns = clock_now() + 60 * NS_PER_S;
         atomic_load(&bare->open) < count && clock_now() < until_ns;)
        usleep(2000);
    double kib = memory_kib(server);
    *held = atomic_load(&bare->open);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    atomic_store(&bare->over, 1);
    arena_wake(&bare->over);
    waitpid(clients, NULL, 0);
    munmap(bare, sizeof *bare);
    return kib;
}

/* ---- The bench ---- */

/* The limit of descriptors that this process and its children have from now on. */
static uint32_t raise_limit(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max > MOST)
        limit.rlim_max = MOST; /* or the bench would take minutes */
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return (uint32_t)limit.rlim_cur;
}

void bench_connections(struct bench *bench)
{
    uint32_t limit = raise_limit(), wanted = limit / 100 * 99, held = 0, few = 0;
    double small = kib_of_loop(bench, FEW, &few), large = kib_of_loop(bench, wanted, &held);
    if (!bench_check(bench, small > 0 && large > 0 && held > few, "%u connections were held", held))
        return;
    double bytes = (large - small) * 1024 / (held - few), missed = 1.0 - (double)held / wanted;
    bench_tell(bench, "missed_of_99_percent", (struct spread){ missed, missed, missed, 1 }, 0);
    bench_tell(bench, "bytes_each", (struct spread){ bytes, bytes, bytes, 1 }, 256);
    bench_note(bench, "descriptor_limit", limit);
    bench_note(bench, "connections", held);
    small = kib_of_bare(FEW, &few);
    large = kib_of_bare(wanted, &held);
    bench_check(bench, held == wanted, "bare libev held %u of %u", held, wanted);
    if (held > few)
        bench_note(bench, "bare_libev_bytes_each", (large - small) * 1024 / (held - few));
}
