/* What stands between a request and somebody's data. Every change of a disk goes through tri_disk_lock_take, which
 * locks and asks. */
#ifndef TRI_STORAGE_GUARD_H
#define TRI_STORAGE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/disk.h"

/* Fills is_system, is_boot, has_swap of a disk: by the devices of /, /usr, /boot, /boot/efi, /var, /home, of active
 * swap, and of everything these are built of or lie on (holders, slaves, files behind loop devices). What cannot be told
 * for ever makes every disk the system's; for want of memory or descriptors at this moment: -errno. */
int tri_guard_mark(struct tri_disk *disk, struct tri_error *error);

/* The right to change a disk, or one partition of it. Shared with nobody: flock on the whole disk's node (exclusive for
 * the disk; shared plus exclusive on the partition's node for a partition), as udev and others respect it. */
struct tri_disk_lock {
    int disk_fd;           /* the whole disk, opened for writing, not exclusively */
    int partition_fd;      /* -1 for the whole disk, or where the partition has no node */
    struct tri_disk *disk; /* read under the lock, file systems included */
    uint64_t offset_bytes; /* the partition's, or UINT64_MAX for the whole disk */
};
#define TRI_DISK_LOCK_NONE                                                                                             \
    {                                                                                                                  \
        .disk_fd = -1, .partition_fd = -1, .offset_bytes = UINT64_MAX                                                  \
    }
#define TRI_WHOLE_DISK UINT64_MAX

/* Never blocks. TRI_STORAGE_GONE, TRI_STORAGE_LOCKED (somebody works on it), TRI_STORAGE_SYSTEM (always, whatever is
 * forced), TRI_STORAGE_OFFLINE, TRI_STORAGE_READ_ONLY, -EACCES. offset: of a partition, 0 for the volume on a disk
 * without a table, or TRI_WHOLE_DISK. */
int tri_disk_lock_take(uint64_t sequence, uint64_t offset_bytes, struct tri_disk_lock *ret, struct tri_error *error);
void tri_disk_lock_drop(struct tri_disk_lock *lock);
#define TRI_AUTO_DISK_LOCK __attribute__((cleanup(tri_disk_lock_drop)))

/* Is what the lock is about free of mounts (of this and of process 1's mount namespace) and of other openers (O_EXCL)?
 * unmount: mounted ones are unmounted first (their paths are put in *ret_paths, newline-separated, or NULL; to mount
 * them again), and where that fails they are mounted again. TRI_STORAGE_IN_USE with who holds it. For a whole disk all
 * its partitions are asked. */
int tri_guard_free(const struct tri_disk_lock *lock, bool unmount, char **ret_paths, struct tri_error *error);

/* The path of the node of what is locked: "/dev/loop0p1". */
void tri_disk_lock_node(const struct tri_disk_lock *lock, char path[64]);

/* Erases every signature libblkid knows on the node, and makes it durable. In probe.c. */
int tri_probe_wipe(int fd, struct tri_error *error);

#endif
