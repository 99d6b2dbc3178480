/*
 * tiny N: a parent that has nothing but libc forks N children, each of which says when it began and
 * then waits until all have. Prints the us from the first to the last begin, for each; what forks are
 * compared with.
 */
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int main(int argc, char **argv)
{
    long count = argc > 1 ? atol(argv[1]) : 0;
    int gate[2], status, failed = 0;
    char byte;
    uint64_t *began = mmap(NULL, (size_t)(count + 1) * sizeof *began, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (count < 2 || began == MAP_FAILED || pipe(gate) != 0)
        return 2;
    for (long i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            began[i] = now_ns();
            close(gate[1]);
            _exit(read(gate[0], &byte, 1) == 0 ? 0 : 1);
        }
        failed += pid < 0;
    }
    close(gate[1]);
    while (wait(&status) > 0)
        failed += status != 0;
    uint64_t first = UINT64_MAX, last = 0;
    for (long i = 0; i < count; i++) {
        first = began[i] < first ? began[i] : first;
        last = began[i] > last ? began[i] : last;
    }
    printf("%f\n", (double)(last - first) / 1e3 / (double)count);
    return failed > 0;
}
