/* What the files about disks share: disk.c, lock.c, disk-change.c, partition.c. */
#ifndef TRI_STORAGE_DISK_PRIVATE_H
#define TRI_STORAGE_DISK_PRIVATE_H

#include "storage/guard.h"

/* What can be known of a disk without opening it: /sys, the guard's marks, offline. *disk must be empty. */
int tri_disk_examine(uint64_t sequence, struct tri_disk *disk, struct tri_error *error);
/* The table, the nodes, and with TRI_DISK_FILESYSTEMS the file systems, through a descriptor of the disk. */
int tri_disk_fill(struct tri_disk *disk, int fd, unsigned flags, struct tri_error *error);
/* A device without a table: what lies on the whole of it. */
int tri_disk_fill_whole(struct tri_disk *disk, int fd, struct tri_error *error);

enum tri_lock_flag {
    TRI_LOCK_FILESYSTEMS =
        1,                  /* lock->disk has its partitions' file systems; else only that of a disk without a table */
    TRI_LOCK_ANY_STATE = 2, /* also offline and read-only disks, and without a medium; disk_fd is for reading */
    TRI_LOCK_UNREADABLE = 4, /* also one that answers only errors: it has no partitions then */
};
/* As tri_disk_lock_take. */
int tri_disk_lock_open(uint64_t sequence, uint64_t offset_bytes, unsigned flags, struct tri_disk_lock *ret,
                       struct tri_error *error);
/* Reads the table again after it was changed; on failure the lock keeps the old picture. */
int tri_disk_lock_refresh(struct tri_disk_lock *lock, struct tri_error *error);

/* TRI_STORAGE_SYSTEM where it is such a disk. */
int tri_guard_refuse_system(const struct tri_disk *disk, struct tri_error *error);
/* As tri_guard_free, for one partition of a disk that is locked as a whole. */
int tri_guard_free_partition(const struct tri_disk *disk, const struct tri_partition *partition, bool unmount,
                             struct tri_error *error);
/* The type of the file system that is mounted from the device, as the mount table has it; false: none is. */
bool tri_guard_mounted_type(dev_t device, char *type, size_t size);
/* Who has the device open: "process 17 (dd)", or "" where that cannot be found out. */
void tri_guard_opener(dev_t device, char *text, size_t size);

#endif
