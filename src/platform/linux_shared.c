/*
 * Linux: sleeping on words of shared memory (futex), files without names, giving disk space back, pages of mapped files. A sleep survives
 * signals and wake-ups that changed nothing: it ends when the word differs or the time is over.
 */
#include "base/clock.h"
#include "platform/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int platform_unnamed(const char *folder)
{
    return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
}

bool platform_link(int descriptor, const char *path)
{
    /* By its descriptor itself (AT_EMPTY_PATH) it could be named with privileges only. */
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
    return linkat(AT_FDCWD, name, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
}

bool platform_punch(int descriptor, uint64_t offset, uint64_t size)
{
    return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
                     (off_t)size) == 0;
}

/* Of Linux 5.14; an older one refuses them. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

bool platform_map_in(void *from, size_t bytes, bool write)
{
    return madvise(from, bytes, write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) == 0;
}

bool platform_map_out(void *from, size_t bytes)
{
    return madvise(from, bytes, MADV_DONTNEED) == 0;
}

/* Of Linux 5.7: what is left at the old addresses is a mapping without pages, so nobody else's memory
 * comes there meanwhile. */
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

bool platform_map_move(void *from, size_t bytes, void *to)
{
    return mremap(from, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to) == to;
}

void platform_map_large(void *from, size_t bytes)
{
    madvise(from, bytes, MADV_HUGEPAGE);
}

bool platform_wait(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
    uint64_t start_ns = clock_now();
    bool bounded = timeout_ns < UINT64_MAX - start_ns;
    uint64_t end_ns = start_ns + timeout_ns;
    const struct timespec end = { .tv_sec = (time_t)(end_ns / NS_PER_S),
                                  .tv_nsec = (long)(end_ns % NS_PER_S) };
    while (atomic_load(word) == value) {
        long slept = syscall(SYS_futex, word, FUTEX_WAIT_BITSET, value, bounded ? &end : NULL, NULL,
                             FUTEX_BITSET_MATCH_ANY);
        if (slept < 0 && errno == ETIMEDOUT)
            return atomic_load(word) != value;
    }
    return true;
}

void platform_wake(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}
