/* Volumes: a partition that can hold a file system, or a whole disk that holds one. Named by the disk's number and the
 * offset, and checked by an id: GPT's partition id, or one made of the MBR's signature and the start, or of the disk's
 * number. The id does not change when a volume is formatted. As in disk.h: an operation, or a direct answer. */
#ifndef TRI_STORAGE_VOLUME_H
#define TRI_STORAGE_VOLUME_H

#include "storage/disk.h"

struct tri_volume_id {
    uint64_t sequence, offset_bytes;
    struct tri_uuid id;
};

/* Fills the id of the volume at that place of a disk that was read; false: there is none. */
bool tri_volume_of_disk(const struct tri_disk *disk, uint64_t offset_bytes, struct tri_volume_id *ret);
/* All volumes of a disk, in order; returns the next one at or after *offset_bytes: for (offset = 0; next(...); ). */
bool tri_volume_next(const struct tri_disk *disk, uint64_t *offset_bytes, struct tri_volume_id *ret);

struct tri_volume {
    struct tri_volume_id id;
    char node[32];
    dev_t device;
    uint64_t size_bytes;
    uint32_t sector_bytes;
    bool is_whole_disk, is_active, is_read_only, is_hidden, no_default_letter, is_shadow_copy, is_system, is_boot,
        has_swap;
    bool is_offline, is_formatting; /* somebody is formatting it at this moment, in whatever process */
    bool can_extend, can_shrink;    /* by its file system and its neighbours */
    struct tri_filesystem filesystem;
    uint64_t total_bytes, available_bytes; /* of the file system; available 0 where it is not mounted and not known */
};
/* TRI_STORAGE_GONE: not there any more, or not the same. */
int tri_volume_read(const struct tri_volume_id *id, struct tri_volume **ret, struct tri_error *error);
void tri_volume_free(struct tri_volume *volume);
void tri_volume_freep(struct tri_volume **volume);
#define TRI_AUTO_VOLUME __attribute__((cleanup(tri_volume_freep)))

/* ---- file systems that can be made here ---- */

struct tri_filesystem_kind {
    const char *name;                          /* "ext4": as tri_format_spec takes it; compared without case */
    const char *blkid_type;                    /* "ext4", "vfat" */
    const char *tool, *package;                /* mkfs.ext4, e2fsprogs */
    unsigned label_max_bytes, label_max_units; /* of UTF-8, and of UTF-16; 0: not limited by it */
    const char *label_illegal;                 /* characters that a label may not contain */
    uint32_t unit_min_bytes, unit_max_bytes, unit_default_bytes; /* powers of two between */
    uint64_t size_min_bytes, size_max_bytes;                     /* of a volume for it */
    const char *uuid_option;                                     /* of the tool; NULL: it always makes up its own */
    bool can_grow, can_shrink, can_compress, can_mount_points;
};
/* All that are known, NULL-name-ended: ext4 ext3 ext2 xfs btrfs FAT32 FAT exFAT NTFS. */
const struct tri_filesystem_kind *tri_filesystem_kinds(void);
const struct tri_filesystem_kind *tri_filesystem_kind(const char *name);                      /* NULL: no such name */
const struct tri_filesystem_kind *tri_filesystem_kind_of(const struct tri_filesystem *found); /* by blkid type; NULL */
bool tri_filesystem_kind_installed(const struct tri_filesystem_kind *kind);

/* ---- operations ---- */

struct tri_format_spec {
    struct tri_volume_id volume; /* or of any partition, ESP and the like included: id is then the partition's */
    char filesystem[16];         /* "" : ext4 */
    char label[256];             /* UTF-8 */
    uint32_t unit_bytes;         /* 0: the default */
    bool quick;                  /* not: zeros to every block first */
    bool force;                  /* unmount what is mounted (and mount it again after) */
    bool compress;
};
/* What can be known of the request at once is answered by the return value (name, tool, label, unit, size, system disk).
 * Result value: none. Failed or cancelled once it has begun to write: the volume is cleanly empty (no file system). */
int tri_volume_format(const struct tri_format_spec *spec, struct tri_op *op, const struct tri_op_tag *tag,
                      struct tri_error *error);

/* Grows the partition by grow_bytes into the free space right behind it, and the file system with it; 0: the file
 * system only, to the size of its partition. Mounted volumes are grown where their file system can. */
int tri_volume_extend(const struct tri_volume_id *id, uint64_t grow_bytes, struct tri_op *op,
                      const struct tri_op_tag *tag, struct tri_error *error);

/* Takes desired_bytes off the end, minimum_bytes at least; both 0: as much as can be. Value: struct tri_shrink_result.
 * Can be cancelled until data begins to move. */
struct tri_shrink_result {
    uint64_t reclaimed_bytes;
};
int tri_volume_shrink(const struct tri_volume_id *id, uint64_t desired_bytes, uint64_t minimum_bytes, struct tri_op *op,
                      const struct tri_op_tag *tag, struct tri_error *error);
int tri_volume_max_shrink(const struct tri_volume_id *id, uint64_t *ret_bytes,
                          struct tri_error *error); /* may take seconds */

/* Checks the file system (unmounted), repairing where told. TRI_STORAGE_DIRTY: errors were found and are still there. */
int tri_volume_check(const struct tri_volume_id *id, bool repair, struct tri_op *op, const struct tri_op_tag *tag,
                     struct tri_error *error);

/* ---- direct ---- */

int tri_volume_delete(const struct tri_volume_id *id, bool force, struct tri_error *error);

/* Access paths: "/mnt/x", an existing empty folder; or a drive letter "X:" or "X:\", which mounts at <runtime
 * folder>/drives/X. TRI_STORAGE_BAD_PATH, -ENOTEMPTY, TRI_STORAGE_LETTER_TAKEN; -EALREADY: mounted there already. */
int tri_volume_add_path(const struct tri_volume_id *id, const char *path, struct tri_error *error);
int tri_volume_delete_path(const struct tri_volume_id *id, const char *path, bool force, struct tri_error *error);
/* Newly allocated array of newly allocated strings, letters ("X:\") first. free each, then the array. */
int tri_volume_paths(const struct tri_volume_id *id, char ***ret_paths, size_t *ret_count, struct tri_error *error);
/* Volumes that are mounted in folders of this one: ids and paths. */
struct tri_mounted {
    struct tri_volume_id volume;
    char *path;
};
int tri_volume_mounted_below(const struct tri_volume_id *id, struct tri_mounted **ret, size_t *ret_count,
                             struct tri_error *error);
int tri_volume_dismount(const struct tri_volume_id *id, bool force, bool permanent, struct tri_error *error);
int tri_volume_mount(const struct tri_volume_id *id, struct tri_error *error); /* where it was before a dismount */
int tri_volume_offline(const struct tri_volume_id *id, struct tri_error *error);
int tri_volume_online(const struct tri_volume_id *id, struct tri_error *error);
/* Windows' volume flags on a partition: GPT attributes 60-63. which: one of these. */
enum tri_volume_flag { TRI_VOLUME_READ_ONLY, TRI_VOLUME_HIDDEN, TRI_VOLUME_NO_LETTER, TRI_VOLUME_SHADOW_COPY };
int tri_volume_set_flag(const struct tri_volume_id *id, enum tri_volume_flag flag, bool on, struct tri_error *error);
/* Drive letters: which volume is at one; false: free. */
bool tri_letter_volume(char letter, struct tri_volume_id *ret);
void tri_letters_clean(void); /* unmounts letters and paths whose device is gone */

#endif
