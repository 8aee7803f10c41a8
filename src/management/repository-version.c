/* repository.version: two counters in a small file that every process of the repository looks at.
 *
 * A writer raises "begun" before it commits, and "ended" to the same number afterwards; both while, or after, it held
 * SQLite's write lock, so that numbers are given out in the order of commits. Where the two are equal, no commit is under way,
 * and two looks that see the same number had none between them. One that was killed in between leaves them apart: then
 * nobody trusts them, until the next commit of anybody brings them together again.
 *
 * The file is read, and not mapped: another process may cut it off, and whoever looked at a page that is not there any
 * more would be killed. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "management/repository.h"

struct counters {
    uint64_t begun, ended;
};

struct tri_version_page {
    int fd;
    bool may_write;
};

static bool may_be_trusted(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_uid == geteuid() || st.st_uid == 0) &&
           !(st.st_mode & (S_IWGRP | S_IWOTH));
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
    page->may_write = fd >= 0;
    if (fd < 0)
        fd = openat(folder_fd, name, flags | O_RDONLY);
    if (fd < 0 || !may_be_trusted(fd))
        return NULL;
    page->fd = tri_take_fd(&fd);
    return TRI_TAKE(page);
}

void tri_version_close(struct tri_version_page *page)
{
    if (!page)
        return;
    tri_close(page->fd);
    free(page);
}

/* false: the file is new, or was cut off. */
static bool get_counters(const struct tri_version_page *page, struct counters *ret)
{
    return pread(page->fd, ret, sizeof *ret, 0) == sizeof *ret;
}

/* A commit between the reading of the one and of the other leaves them different. */
uint64_t tri_version_now(const struct tri_version_page *page)
{
    struct counters now;
    return page && get_counters(page, &now) && now.begun == now.ended ? now.begun : TRI_VERSION_UNKNOWN;
}

static int put_counter(const struct tri_version_page *page, size_t place, uint64_t number)
{
    errno = 0;
    return pwrite(page->fd, &number, sizeof number, (off_t)place) == sizeof number ? 0 : errno ? -errno : -EIO;
}

/* Where nobody knows how far it was counted: no number that anybody has seen. */
static int begin_anew(const struct tri_version_page *page, uint64_t *ret)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *ret = (uint64_t)now.tv_sec * TRI_NS_PER_SEC + (uint64_t)now.tv_nsec;
    return put_counter(page, offsetof(struct counters, ended), 0);
}

int tri_version_begin(struct tri_version_page *page, uint64_t *ret)
{
    struct counters now;
    if (!page || !page->may_write)
        return -EACCES; /* others could not see the change */
    uint64_t next = 0;
    bool is_counted = get_counters(page, &now) && now.ended <= now.begun && now.begun < TRI_VERSION_UNKNOWN - 1;
    int r = is_counted ? 0 : begin_anew(page, &next);
    if (is_counted)
        next = now.begun + 1;
    if (r == 0)
        r = put_counter(page, offsetof(struct counters, begun), next);
    if (r == 0)
        *ret = next;
    return r;
}

/* A later commit may have ended before: the number never falls. Where two cross here, the two counters stay apart until
 * the next commit. */
void tri_version_end(struct tri_version_page *page, uint64_t version)
{
    struct counters now;
    if (get_counters(page, &now) && now.ended < version)
        put_counter(page, offsetof(struct counters, ended), version);
}
