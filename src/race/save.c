/*
 * Keeping a recording. Invariant: `path` is never half a file. It is a link to the recording itself,
 * or a copy that holds whole chunks up to where the copy is (a reader takes a cut chunk for what is
 * still to come), or the packed file by a rename. The packed file has no name while it is written,
 * where the file system can do that; what a kill leaves beside `path` nevertheless goes with the next
 * save of that name (part.h).
 */
#include "race/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/format.h"
#include "base/memory.h"
#include "platform/part.h"
#include "platform/platform.h"
#include "timeline/verdict.h"
#include "trace/pack.h"

enum { COPY_BYTES = 256 * 1024 };

struct save {
    enum save_state state;
    char *path;
    int source; /* the recording */
    int copy;   /* open on `path` while it is copied; else -1 */
    uint64_t copied;
    bool copied_all; /* the race is over, and the copy has it all */
    bool named;      /* `path` is there, and is ours */
    dev_t device;
    ino_t inode; /* of what lies at `path` */

    char *part; /* the name of the file that is packed, once or while it has one; NULL: none */
    int packed; /* that file */
    struct pack *pack;
    char said[600];
};

/* ---- Names ---- */

char *save_name(const struct meta *meta)
{
    char when[32] = "";
    time_t seconds = (time_t)meta->wall_clock_s;
    struct tm local;
    if (localtime_r(&seconds, &local) != NULL)
        strftime(when, sizeof when, "%Y%m%d-%H%M%S", &local);
    char *name =
        mem_format("%s-%s.lockstep", meta->scenario[0] != '\0' ? meta->scenario : "race", when);
    for (char *at = name; *at != '\0'; at++)
        if (*at == '/')
            *at = '-';
    return name;
}

/* The folder of a path: heap. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return mem_string(".");
    if (slash == path)
        return mem_string("/");
    char *folder = mem_string(path);
    folder[slash - path] = '\0';
    return folder;
}

static void remember(struct save *save, int fd)
{
    struct stat status;
    save->named = fstat(fd, &status) == 0;
    save->device = status.st_dev;
    save->inode = status.st_ino;
}

/* Whether what lies at `path` is what was put there. */
static bool still_ours(const struct save *save)
{
    struct stat status;
    return save->named && stat(save->path, &status) == 0 && status.st_dev == save->device &&
           status.st_ino == save->inode;
}

static uint64_t size_of(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && status.st_size > 0 ? (uint64_t)status.st_size : 0;
}

/* ---- Beginning ---- */

/* A file to pack into, beside `path`: without a name where that can be. */
static bool open_part(struct save *save, struct error *error)
{
    char *folder = folder_of(save->path);
    save->packed = platform_unnamed(folder);
    free(folder);
    if (save->packed < 0) {
        save->part = part_name(save->path);
        save->packed = open(save->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    if (save->packed >= 0)
        return true;
    free(save->part);
    save->part = NULL;
    return error_set(error, "%s: cannot be written: %s; give a path that can", save->path,
                     strerror(errno));
}

static bool name_it(struct save *save, struct error *error)
{
    struct stat source, there;
    if (fstat(save->source, &source) != 0)
        return error_set(error, "the recording is not there: %s", strerror(errno));
    if (stat(save->path, &there) == 0) {
        if (there.st_dev != source.st_dev || there.st_ino != source.st_ino)
            return error_set(error, "%s: exists already; give another name", save->path);
        remember(save, save->source);
        return true;
    }
    if (platform_link(save->source, save->path))
        remember(save, save->source);
    else if (errno == EEXIST)
        return error_set(error, "%s: exists already; give another name", save->path);
    return true;
}

struct save *save_begin(int recording_fd, const char *path, struct error *error)
{
    struct save *save = mem_zero(1, sizeof *save);
    save->path = mem_string(path);
    save->copy = save->packed = -1;
    save->source = fcntl(recording_fd, F_DUPFD_CLOEXEC, 0);
    if (!open_part(save, error) || !name_it(save, error)) {
        save_free(save);
        return NULL;
    }
    snprintf(save->said, sizeof save->said, "kept in %s as it grows", save->path);
    return save;
}

void save_free(struct save *save)
{
    if (save == NULL)
        return;
    pack_free(save->pack);
    if (save->part != NULL)
        unlink(save->part);
    free(save->part);
    free(save->path);
    const int fds[] = { save->source, save->copy, save->packed };
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    free(save);
}

/* ---- Ends ---- */

/* Whether what lies at `path` is known to be the whole race. */
static bool holds_all(const struct save *save)
{
    bool copied = save->copy < 0 || save->copied_all;
    return copied && save->pack != NULL && pack_whole(save->pack);
}

static enum save_state fail(struct save *save, const char *what)
{
    char kept[300] = "";
    if (save->named)
        snprintf(kept, sizeof kept, "%.200s holds %s, unpacked: ", save->path,
                 holds_all(save) ? "it all" : "what was recorded");
    snprintf(save->said, sizeof save->said, "%s%.280s", kept, what);
    return save->state = SAVE_FAILED;
}

/* Where nothing lies at `path` yet, nothing is replaced there. */
static bool take_free_name(struct save *save)
{
    if (save->part == NULL)
        return platform_link(save->packed, save->path);
    if (link(save->part, save->path) == 0) {
        unlink(save->part);
        free(save->part);
        save->part = NULL;
        return true;
    }
    /* Not every file system has links. */
    struct stat there;
    return errno != EEXIST && stat(save->path, &there) != 0 && rename(save->part, save->path) == 0;
}

static bool replace_name(struct save *save)
{
    if (save->part == NULL) {
        save->part = part_name(save->path);
        if (!platform_link(save->packed, save->part))
            return false;
    }
    return rename(save->part, save->path) == 0;
}

/* The packed file takes the name. */
static enum save_state take_name(struct save *save)
{
    char large[FORMAT_SIZE], small[FORMAT_SIZE], what[300];
    if (save->named && !still_ours(save)) {
        save->named = false;
        errno = EEXIST;
    } else if (save->named ? replace_name(save) : take_free_name(save)) {
        format_bytes(large, sizeof large, size_of(save->source));
        format_bytes(small, sizeof small, size_of(save->packed));
        snprintf(save->said, sizeof save->said, "%s holds %s, %s packed to %s", save->path,
                 pack_whole(save->pack) ? "it all" : "what was recorded", large, small);
        return save->state = SAVE_DONE;
    }
    snprintf(what, sizeof what, "%.200s cannot be replaced: %s", save->path, strerror(errno));
    return fail(save, what);
}

/* ---- Going on ---- */

/* Copies what has come, up to `recorded` bytes. False: it cannot be written. */
static bool copy_some(struct save *save, uint64_t recorded, uint64_t until_ns)
{
    if (save->copy < 0) {
        save->copy = open(save->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (save->copy < 0)
            return false;
        remember(save, save->copy);
    }
    char *bytes = mem_alloc(COPY_BYTES);
    bool well = true;
    while (well && save->copied < recorded && !save->copied_all) {
        uint64_t left = recorded - save->copied;
        ssize_t got =
            pread(save->source, bytes, left < COPY_BYTES ? left : COPY_BYTES, (off_t)save->copied);
        ssize_t put = got > 0 ? pwrite(save->copy, bytes, (size_t)got, (off_t)save->copied) : got;
        save->copied += put > 0 ? (uint64_t)put : 0;
        save->copied_all = got == 0 && recorded == UINT64_MAX;
        well = put >= 0 || errno == EINTR;
        if (got == 0 || clock_now() >= until_ns)
            break;
    }
    free(bytes);
    return well;
}

static enum save_state fail_copy(struct save *save)
{
    char what[300];
    snprintf(what, sizeof what, "%.200s cannot be written: %s", save->path, strerror(errno));
    return fail(save, what);
}

/* What cannot be packed is kept as it is. */
static enum save_state fail_packing(struct save *save, const struct error *error)
{
    if (!save->named && !copy_some(save, UINT64_MAX, UINT64_MAX))
        return fail_copy(save);
    return fail(save, error->text);
}

static enum save_state begin_packing(struct save *save, const struct timeline *timeline)
{
    struct error error;
    struct verdict verdict = { .known = false };
    if (timeline_meta(timeline) != NULL)
        verdict_of(timeline, &verdict);
    save->pack = pack_new(save->source, save->packed, &error);
    if (save->pack == NULL)
        return fail_packing(save, &error);
    if (verdict.known)
        pack_verdict(save->pack, timeline_meta(timeline)->runs[verdict.best].model, verdict.why);
    snprintf(save->said, sizeof save->said, "packing %s", save->path);
    return save->state = SAVE_PACKS;
}

/* Before the race is over; and after it, what was begun to be copied. */
static enum save_state grow(struct save *save, uint64_t recorded, uint64_t until_ns)
{
    bool copies = save->copy >= 0 || (!save->named && recorded != UINT64_MAX);
    if (copies && !copy_some(save, recorded, until_ns))
        return fail_copy(save);
    return save->state;
}

enum save_state save_move(struct save *save, uint64_t recorded, const struct timeline *timeline,
                          uint64_t budget_ns)
{
    struct error error;
    if (save->state == SAVE_GROWS) {
        grow(save, recorded, budget_ns > 0 ? clock_now() + budget_ns : UINT64_MAX);
        bool here = save->copy < 0 || save->copied_all;
        if (save->state == SAVE_GROWS && recorded == UINT64_MAX && timeline != NULL && here)
            begin_packing(save, timeline);
    }
    if (save->state != SAVE_PACKS)
        return save->state;
    switch (pack_move(save->pack, budget_ns, &error)) {
    case PACK_GOES_ON:
        return SAVE_PACKS;
    case PACK_FAILED:
        return fail_packing(save, &error);
    case PACK_DONE:
        break;
    }
    return take_name(save);
}

enum save_state save_state(const struct save *save)
{
    return save->state;
}

bool save_copies(const struct save *save)
{
    return save->state == SAVE_GROWS && (save->copy >= 0 || !save->named);
}

unsigned save_permille(const struct save *save)
{
    return save->state == SAVE_DONE ? 1000 : save->pack != NULL ? pack_permille(save->pack) : 0;
}

const char *save_path(const struct save *save)
{
    return save->path;
}

const char *save_said(const struct save *save)
{
    return save->said;
}
