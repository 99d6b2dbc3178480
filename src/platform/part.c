/*
 * Names of parts. Invariant: only a regular file whose name ends in the number of a process that is
 * gone is taken away, or in that of this process, which has not made it yet.
 */
#include "platform/part.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

static const char middle[] = ".part-";

/* The process that a name says, or 0: it is none of this file. */
static pid_t maker_of(const char *name, const char *of)
{
    size_t size = strlen(of);
    if (strncmp(name, of, size) != 0 || strncmp(name + size, middle, sizeof middle - 1) != 0)
        return 0;
    const char *digits = name + size + sizeof middle - 1;
    size_t count = strspn(digits, "0123456789");
    return count > 0 && count < 10 && digits[count] == '\0' ? (pid_t)atol(digits) : 0;
}

static void sweep(const char *folder, const char *of)
{
    DIR *entries = opendir(folder);
    if (entries == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        pid_t pid = maker_of(entry->d_name, of);
        struct stat status;
        if (pid == 0 || (pid != getpid() && (kill(pid, 0) == 0 || errno != ESRCH)))
            continue;
        if (fstatat(dirfd(entries), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode))
            unlinkat(dirfd(entries), entry->d_name, 0);
    }
    closedir(entries);
}

char *part_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL   ? mem_string(".")
                   : slash == path ? mem_string("/")
                                   : mem_format("%.*s", (int)(slash - path), path);
    sweep(folder, slash != NULL ? slash + 1 : path);
    free(folder);
    return mem_format("%s%s%ld", path, middle, (long)getpid());
}
