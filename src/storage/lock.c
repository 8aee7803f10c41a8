/* Locks on disks and partitions: flock on their nodes, which programs of other makers respect too. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "storage/device.h"
#include "storage/disk-private.h"
#include "storage/events.h"
#include "storage/label.h"
#include "storage/node.h"
#include "storage/probe.h"

enum { UDEV_PATIENCE_MS = 1000 };

/* udev, where it runs, holds a shared lock for the moment in which it looks at a device that somebody has written to.
 * That is no other operation: it is waited for. */
static int lock_fd(int fd, int how)
{
    uint64_t until_ns = tri_deadline_ns(UDEV_PATIENCE_MS);
    while (flock(fd, how | LOCK_NB) < 0) {
        int why = errno;
        if (why == EINTR)
            continue;
        bool may_be_udev = why == EWOULDBLOCK && access("/run/udev/control", F_OK) == 0;
        if (!may_be_udev || tri_clock_ns() > until_ns)
            return -why;
        poll(NULL, 0, 5);
    }
    return 0;
}

static int take_flock(int fd, int how, const char *name, struct tri_error *error)
{
    int code = lock_fd(fd, how);
    if (code == -EWOULDBLOCK)
        return tri_error_set(error, TRI_STORAGE_LOCKED, name,
                             "Another operation is working on %s at this moment: try again when it has finished.",
                             name);
    return code < 0 ? tri_error_set(error, code, name, "Cannot lock %s: %s.", name, strerror(-code)) : 0;
}

/* ---- the disk ---- */

/* All that speaks against it and can be seen without opening anything. */
static int refuse_early(const struct tri_disk *disk, unsigned flags, struct tri_error *error)
{
    int code = tri_guard_refuse_system(disk, error);
    if (code < 0 || flags & TRI_LOCK_ANY_STATE)
        return code;
    if (disk->is_offline)
        return tri_error_set(error, TRI_STORAGE_OFFLINE, disk->name, "The disk %s is offline: set it online first.",
                             disk->name);
    if (disk->size_bytes == 0)
        return tri_error_set(error, TRI_STORAGE_NO_MEDIA, disk->name, "There is no medium in %s.", disk->name);
    if (disk->is_read_only)
        return tri_error_set(error, TRI_STORAGE_READ_ONLY, disk->name, "The disk %s is read-only.", disk->name);
    return 0;
}

static int open_disk(uint64_t sequence, uint64_t offset_bytes, unsigned flags, struct tri_disk_lock *lock,
                     struct tri_error *error)
{
    lock->disk = calloc(1, sizeof *lock->disk);
    if (!lock->disk)
        return tri_error_no_memory(error);
    int code = tri_disk_examine(sequence, lock->disk, error);
    if (code == 0)
        code = refuse_early(lock->disk, flags, error);
    if (code < 0)
        return code;
    lock->disk_fd = tri_device_open(lock->disk, flags & TRI_LOCK_ANY_STATE ? O_RDONLY : O_RDWR, error);
    if (lock->disk_fd < 0)
        return lock->disk_fd;
    bool whole = offset_bytes == TRI_WHOLE_DISK;
    return take_flock(lock->disk_fd, whole ? LOCK_EX : LOCK_SH, lock->disk->name, error);
}

/* ---- the partition ---- */

static int open_partition(struct tri_disk_lock *lock, const struct tri_partition *partition, struct tri_error *error)
{
    char path[64];
    struct stat status;
    tri_device_node(partition->node, path);
    lock->partition_fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (lock->partition_fd < 0)
        return tri_device_open_error(path, errno, error);
    if (fstat(lock->partition_fd, &status) < 0 || status.st_rdev != partition->number_dev)
        return tri_error_set(error, TRI_STORAGE_GONE, path, "%s is another device by now.", path);
    return take_flock(lock->partition_fd, LOCK_EX, partition->node, error);
}

/* On a disk without a table there is only the volume at 0, whose node is the disk's; its lock is that of the whole. */
static int lock_partition(struct tri_disk_lock *lock, struct tri_error *error)
{
    struct tri_disk *disk = lock->disk;
    if (disk->style == TRI_STYLE_NONE && lock->offset_bytes == 0)
        return take_flock(lock->disk_fd, LOCK_EX, disk->name, error);
    const struct tri_partition *partition = tri_disk_partition_at(disk, lock->offset_bytes);
    if (!partition)
        return tri_error_set(error, TRI_STORAGE_GONE, disk->name, "No partition of %s begins at byte %llu (any more).",
                             disk->name, (unsigned long long)lock->offset_bytes);
    if (!partition->node[0] && !partition->is_extended) { /* somebody died between table and node, or wrote only one */
        tri_node_sync(lock->disk_fd, disk, NULL);
        tri_node_fill(disk, NULL);
    }
    return partition->node[0] ? open_partition(lock, partition, error) : 0;
}

/* ---- both ---- */

static int fill(struct tri_disk_lock *lock, unsigned flags, struct tri_error *error)
{
    struct tri_error why = {0};
    int code =
        tri_disk_fill(lock->disk, lock->disk_fd, flags & TRI_LOCK_FILESYSTEMS ? TRI_DISK_FILESYSTEMS : 0, &why);
    if (code == TRI_STORAGE_IO && flags & TRI_LOCK_UNREADABLE)
        code = 0;
    if (code < 0 && error)
        tri_error_move(error, &why);
    tri_error_clear(&why);
    return code;
}

int tri_disk_lock_open(uint64_t sequence, uint64_t offset_bytes, unsigned flags, struct tri_disk_lock *ret,
                       struct tri_error *error)
{
    TRI_AUTO_DISK_LOCK struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    lock.offset_bytes = offset_bytes;
    int code = open_disk(sequence, offset_bytes, flags, &lock, error);
    if (code == 0 && lock.disk->size_bytes > 0)
        code = fill(&lock, flags, error);
    if (code == 0 && offset_bytes != TRI_WHOLE_DISK)
        code = lock_partition(&lock, error);
    if (code < 0)
        return code;
    *ret = lock;
    lock = (struct tri_disk_lock)TRI_DISK_LOCK_NONE;
    return 0;
}

int tri_disk_lock_take(uint64_t sequence, uint64_t offset_bytes, struct tri_disk_lock *ret, struct tri_error *error)
{
    return tri_disk_lock_open(sequence, offset_bytes, TRI_LOCK_FILESYSTEMS, ret, error);
}

/* The kernel sends no news of a table without partitions: who listens is told to look. */
void tri_disk_lock_drop(struct tri_disk_lock *lock)
{
    if (lock->disk_fd >= 0)
        tri_events_look();
    tri_close(lock->partition_fd);
    tri_close(lock->disk_fd);
    tri_disk_free(lock->disk);
    *lock = (struct tri_disk_lock)TRI_DISK_LOCK_NONE;
}

int tri_disk_lock_refresh(struct tri_disk_lock *lock, struct tri_error *error)
{
    struct tri_disk *disk = lock->disk, fresh = {.size_bytes = disk->size_bytes, .sector_bytes = disk->sector_bytes};
    memcpy(fresh.name, disk->name, sizeof fresh.name);
    int code = tri_label_read(lock->disk_fd, &fresh, error);
    if (code == 0)
        code = tri_node_fill(&fresh, error);
    if (code < 0) {
        tri_label_forget(&fresh);
        return code;
    }
    tri_label_forget(disk);
    disk->style = fresh.style;
    disk->signature = fresh.signature;
    disk->guid = fresh.guid;
    disk->partitions = fresh.partitions;
    disk->partition_count = fresh.partition_count;
    disk->first_usable_bytes = fresh.first_usable_bytes;
    disk->end_usable_bytes = fresh.end_usable_bytes;
    return 0;
}

static const struct tri_partition *locked_partition(const struct tri_disk_lock *lock)
{
    return lock->offset_bytes == TRI_WHOLE_DISK ? NULL : tri_disk_partition_at(lock->disk, lock->offset_bytes);
}

void tri_disk_lock_node(const struct tri_disk_lock *lock, char path[64])
{
    const struct tri_partition *partition = locked_partition(lock);
    tri_device_node(partition && partition->node[0] ? partition->node : lock->disk->name, path);
}
