/* What volume.c, format.c, resize.c, check.c and letter.c share. */
#ifndef TRI_STORAGE_VOLUME_PRIVATE_H
#define TRI_STORAGE_VOLUME_PRIVATE_H

#include "storage/guard.h"
#include "storage/volume.h"

/* A volume (or any other partition that a format may be about) of a disk that was read; pointers go into the disk. */
struct tri_volume_place {
    const struct tri_partition *partition; /* NULL: the whole disk */
    const struct tri_filesystem *filesystem;
    char node[64]; /* "/dev/loop0p1"; "" where the kernel does not know the partition */
    dev_t device;
    uint64_t start_bytes, size_bytes;
};

/* Finds it by offset and id. TRI_STORAGE_GONE: there is nothing, or something else. A whole disk without a table counts
 * also where nothing is on it yet, for it may be formatted. Also one of another kind than volumes: ESP and the like. */
int tri_volume_find(const struct tri_disk *disk, const struct tri_volume_id *id, struct tri_volume_place *ret,
                    struct tri_error *error);

/* A volume that this thread may change: locked (guard.h), found, not offline, and with a node. */
struct tri_volume_held {
    struct tri_disk_lock lock;
    struct tri_volume_place place; /* in lock.disk */
};
#define TRI_VOLUME_HELD_NONE {.lock = TRI_DISK_LOCK_NONE}
enum tri_hold_flag {
    TRI_HOLD_WHOLE_DISK = 1,  /* the lock is the disk's (for a change of the table), not only the partition's */
    TRI_HOLD_FILESYSTEMS = 2, /* place.filesystem is filled, which costs a probe for each partition of the disk */
};
int tri_volume_hold(const struct tri_volume_id *id, unsigned flags, struct tri_volume_held *ret,
                    struct tri_error *error);
void tri_volume_release(struct tri_volume_held *held);
#define TRI_AUTO_VOLUME_HELD __attribute__((cleanup(tri_volume_release)))

/* As tri_guard_free, of the volume only, also where the lock is the whole disk's. */
int tri_volume_guard_free(const struct tri_volume_held *held, bool unmount, char **ret_paths, struct tri_error *error);

/* The name of its record in TRI_STATE_WORK: "<sequence>.<start>". */
#define TRI_VOLUME_RECORD_SIZE 48
void tri_volume_record_name(const struct tri_volume_id *id, char name[TRI_VOLUME_RECORD_SIZE]);

bool tri_volume_is_offline(const struct tri_volume_id *id);

/* Tells listeners (events.h) about the volume. */
void tri_volume_tell(const struct tri_volume_id *id, int type, unsigned percent);

/* ---- check.c, for resize.c ---- */

/* What a check is for: the part of the operation's percentage that it fills. */
struct tri_fsck {
    const struct tri_volume_place *place;
    struct tri_op *op;
    unsigned begin_percent, end_percent;
    const int *fds; /* handed to the tool, so that locks stay while it lives */
    size_t fd_count;
};
/* ext2 to ext4: "-n" finds, "-p" repairs what is safe, "-y" all. TRI_STORAGE_DIRTY: errors are still there. */
int tri_fsck_ext(const struct tri_fsck *fsck, const char *mode, struct tri_error *error);

/* ---- letter.c ---- */

/* The letter whose mount point this path is, or '\0'. drives: tri_letter_folder's, canonical. */
char tri_letter_of_path(const char *path, const char *drives);
/* <runtime folder>/drives, canonical, newly allocated; made where it is not there and `make`. */
int tri_letter_folder(bool make, char **ret_path, struct tri_error *error);
/* Unmounts a path of a volume, and removes a letter's folder. lazy: also while files are open. */
int tri_letter_unmount(const char *path, bool lazy, struct tri_error *error);
/* Mounts the volume at all of the newline-separated paths. The first failure is returned, the others are tried. */
int tri_letter_remount(const struct tri_volume_place *place, bool read_only, const char *paths,
                       struct tri_error *error);
/* Is it mounted read-only, because of the disk or of its partition's attributes? */
bool tri_letter_is_read_only(const struct tri_disk *disk, const struct tri_partition *partition);
/* Remembers the newline-separated paths, beside those that are remembered already, for tri_volume_mount. */
int tri_letter_record(const struct tri_volume_id *id, const char *paths, struct tri_error *error);
/* Forgets what was kept of a volume that is gone: where it was mounted, that it is offline. */
void tri_letter_forget(const struct tri_volume_id *id);

#endif
