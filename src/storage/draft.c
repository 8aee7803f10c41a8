/* Files that are being made (making.h). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "storage/image-private.h"
#include "storage/making.h"
#include "storage/qemu.h"
#include "storage/tool.h"
#include "storage/vhd.h"
#include "storage/work.h"

enum { ALLOCATE_STEPS = 100 };

void tri_draft_finish(struct tri_draft *draft)
{
    if (draft->fd >= 0)
        unlink(draft->path);
    tri_close(tri_take_fd(&draft->fd));
    tri_state_drop(&draft->hold);
    free(TRI_TAKE(draft->path));
    free(TRI_TAKE(draft->target));
}

static int draft_record(struct tri_draft *draft, const char *name, struct tri_error *error)
{
    json_auto_t *json = json_pack("{ss}", "path", draft->path);
    TRI_AUTO_FREE char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    return text ? tri_state_make(TRI_STATE_TEMPORARY, name, text, &draft->hold, error) : tri_error_no_memory(error);
}

int tri_draft_begin(struct tri_draft *draft, const char *target, mode_t mode, struct tri_error *error)
{
    char name[TRI_UUID_TEXT_SIZE];
    struct tri_uuid id = tri_uuid_random();
    tri_uuid_text(&id, name);
    int folder = (int)(strrchr(target, '/') - target);
    if (!(draft->target = strdup(target)) || asprintf(&draft->path, "%.*s/.trireme-%s", folder, target, name) < 0)
        return tri_error_no_memory(error);
    int r = draft_record(draft, name, error);
    if (r < 0)
        return r;
    draft->fd = open(draft->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (draft->fd < 0)
        return tri_error_set(error, errno == ENOENT || errno == ENOTDIR ? TRI_STORAGE_BAD_PATH : -errno, target,
                             "No file can be made for \"%s\": %m.", target);
    return 0;
}

int tri_draft_commit(struct tri_draft *draft, bool replace, struct tri_error *error)
{
    int r = replace ? rename(draft->path, draft->target)
                    : renameat2(AT_FDCWD, draft->path, AT_FDCWD, draft->target, RENAME_NOREPLACE);
    if (r < 0 && errno == EINVAL && !replace) /* a file system that cannot say "only where there is none" */
        r = link(draft->path, draft->target) == 0 ? unlink(draft->path) : -1;
    if (r < 0)
        return tri_error_set(error, -errno, draft->target, "\"%s\" cannot be given its name: %m.", draft->target);
    tri_close(tri_take_fd(&draft->fd));
    return 0;
}

int tri_draft_allocate(const struct tri_qemu_run *run, int fd, uint64_t size_bytes, bool keep_size,
                       struct tri_error *error)
{
    uint64_t step = size_bytes / ALLOCATE_STEPS + 1;
    step = (step + (4u << 20) - 1) / (4u << 20) * (4u << 20);
    for (uint64_t done = 0; done < size_bytes; done += step) {
        uint64_t length = size_bytes - done < step ? size_bytes - done : step;
        if (tri_op_cancelled(run->op))
            return -ECANCELED;
        int r;
        do
            r = fallocate(fd, keep_size ? FALLOC_FL_KEEP_SIZE : 0, (off_t)done, (off_t)length);
        while (r < 0 && errno == EINTR);
        if (r < 0 && errno == EOPNOTSUPP && keep_size)
            return 0;
        if (r < 0 && errno == EOPNOTSUPP)
            r = (errno = posix_fallocate(fd, (off_t)done, (off_t)length)) ? -1 : 0;
        if (r < 0)
            return tri_error_set(error, -errno, run->path, "There is no space for all of \"%s\": %m.", run->path);
        tri_work_step(run->op, run->begin, run->end, done + length, size_bytes, "allocate");
    }
    return 0;
}

int tri_draft_allocate_file(const struct tri_qemu_run *run, int fd, struct tri_error *error)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return tri_error_set(error, -errno, run->path, "\"%s\": %m.", run->path);
    return tri_draft_allocate(run, fd, (uint64_t)st.st_size, false, error);
}
