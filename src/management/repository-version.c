/* repository.version: two counters in a page that every process of the repository maps.
 *
 * A writer raises "begun" before it commits, and "ended" to the same number afterwards; both while, or after, it held
 * SQLite's write lock, so that numbers are given out in the order of commits. Where the two are equal, no commit is under way,
 * and two looks that see the same number had none between them. One that was killed in between leaves them apart: then
 * nobody trusts them, until the next commit of anybody brings them together again.
 *
 * Readers map it; writers write(2), because on a full disk a store into a mapping may end the process, and write fails. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "management/repository.h"

struct counters {
    _Atomic uint64_t begun, ended;
};

struct tri_version_page {
    int fd; /* -1: may only be read */
    const struct counters *counters;
};

enum { PAGE_BYTES = 4096 };

/* Whole from the start, so that looking at it cannot fail later. */
static int fill(int fd)
{
    static const char zeros[PAGE_BYTES];
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || (st.st_uid != geteuid() && st.st_uid != 0) || st.st_mode & (S_IWGRP | S_IWOTH))
        return -EACCES;
    if (st.st_size >= PAGE_BYTES)
        return 0;
    /* What another process has counted by now stays. */
    return pwrite(fd, zeros, PAGE_BYTES - (size_t)st.st_size, st.st_size) == PAGE_BYTES - st.st_size ? 0 : -EIO;
}

struct tri_version_page *tri_version_open(const char *folder)
{
    TRI_AUTO_FREE struct tri_version_page *page = calloc(1, sizeof *page);
    TRI_AUTO_CLOSE int folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (!page || folder_fd < 0)
        return NULL;
    const char *name = "repository.version";
    const int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    TRI_AUTO_CLOSE int fd = openat(folder_fd, name, flags | O_RDWR | O_CREAT, 0600);
    bool may_write = fd >= 0;
    if (fd < 0)
        fd = openat(folder_fd, name, flags | O_RDONLY);
    if (fd < 0 || fill(fd) < 0)
        return NULL;
    void *mapped = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED)
        return NULL;
    page->counters = mapped;
    page->fd = may_write ? tri_take_fd(&fd) : -1;
    return TRI_TAKE(page);
}

void tri_version_close(struct tri_version_page *page)
{
    if (!page)
        return;
    munmap((void *)page->counters, PAGE_BYTES);
    tri_close(page->fd);
    free(page);
}

uint64_t tri_version_now(const struct tri_version_page *page)
{
    if (!page)
        return TRI_VERSION_UNKNOWN;
    /* This order: whoever sees the end of a commit sees its begin too. */
    uint64_t ended = atomic_load_explicit(&page->counters->ended, memory_order_acquire);
    uint64_t begun = atomic_load_explicit(&page->counters->begun, memory_order_acquire);
    return begun == ended ? begun : TRI_VERSION_UNKNOWN;
}

static int put_counter(const struct tri_version_page *page, size_t place, uint64_t number)
{
    return pwrite(page->fd, &number, sizeof number, (off_t)place) == sizeof number ? 0 : errno ? -errno : -EIO;
}

int tri_version_begin(struct tri_version_page *page, uint64_t *ret)
{
    if (!page || page->fd < 0)
        return -EACCES; /* others could not see the change */
    uint64_t next = atomic_load_explicit(&page->counters->begun, memory_order_relaxed) + 1;
    int r = put_counter(page, offsetof(struct counters, begun), next);
    if (r == 0)
        *ret = next;
    return r;
}

/* A later commit may have ended before: the number never falls. Where two cross here, the two counters stay apart until
 * the next commit. */
void tri_version_end(struct tri_version_page *page, uint64_t version)
{
    if (atomic_load_explicit(&page->counters->ended, memory_order_acquire) < version)
        put_counter(page, offsetof(struct counters, ended), version);
}
