/* Disks, as they are at the moment of the question: nothing is cached, so nothing is ever stale. A disk is named by its
 * kernel sequence number (/sys/block/<name>/diskseq): unique while the machine runs, the same for every process, new
 * whenever a medium is changed or a loop device gets another file. N in \\?\PhysicalDriveN is that number.
 *
 * Functions that take an operation start it with the tag given and return 0: the outcome comes through it. A negative
 * return means that nothing was started and nothing was changed; *error says why. Every function may be called from
 * any thread; those without an operation block for as long as they work (milliseconds). Sizes and offsets are bytes. */
#ifndef TRI_STORAGE_DISK_H
#define TRI_STORAGE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "op/op.h"
#include "storage/error.h"
#include "storage/uuid.h"

enum tri_bus {
    TRI_BUS_UNKNOWN,
    TRI_BUS_SCSI,
    TRI_BUS_ATA,
    TRI_BUS_USB,
    TRI_BUS_ISCSI,
    TRI_BUS_SAS,
    TRI_BUS_SATA,
    TRI_BUS_SD,
    TRI_BUS_MMC,
    TRI_BUS_VIRTUAL,
    TRI_BUS_FILE, /* a loop device over a file */
    TRI_BUS_NVME
};

enum tri_style { TRI_STYLE_NONE, TRI_STYLE_MBR, TRI_STYLE_GPT };

/* A file system, as libblkid finds it. type is blkid's name ("ext4", "vfat", "ntfs", "exfat", "xfs", "btrfs", "swap",
 * "LVM2_member" ...), "" where nothing was found. */
struct tri_filesystem {
    char type[24];
    char version[16];    /* "FAT32", "FAT16", "1.0" ...; "" where unknown */
    char *label;         /* UTF-8; NULL: none */
    char *uuid;          /* as blkid prints it; NULL: none */
    uint32_t unit_bytes; /* block or cluster; 0: unknown */
    uint64_t size_bytes; /* that the file system covers; 0: unknown */
};

struct tri_partition {
    unsigned number; /* of the kernel's node and of the table: loop0p3 is 3 */
    uint64_t start_bytes, size_bytes;
    bool is_extended, is_logical;
    uint64_t table_bytes; /* logical: where its own link of the table's chain lies; it must stay */
    uint8_t mbr_type;     /* MBR */
    bool is_active;       /* MBR */
    struct tri_uuid type; /* GPT */
    struct tri_uuid id;   /* GPT: the partition's own; MBR: made from the disk's signature and the start */
    uint64_t attributes;  /* GPT */
    char *name;           /* GPT: UTF-8, at most 36 UTF-16 units; NULL: none */
    bool is_volume;       /* not extended, ESP, MSR or OEM */
    bool is_protected;    /* ESP, MSR, OEM, or GPT's "required" */
    char node[32];        /* device name, "loop0p1"; "" where the kernel does not know the partition */
    dev_t number_dev;     /* of the node; 0 without one */
    struct tri_filesystem filesystem;
};

struct tri_disk {
    uint64_t sequence;
    char name[32]; /* "loop0", "sda"; the node is /dev/<name> */
    dev_t device;
    uint64_t size_bytes; /* 0: no medium */
    uint32_t sector_bytes, physical_sector_bytes;
    enum tri_bus bus;
    bool is_read_only, is_removable, is_optical, is_offline;
    bool is_system;                           /* holds what the running system needs: never written to */
    bool is_boot;                             /* holds /boot or the EFI partition */
    bool has_swap;                            /* an active swap area is on it */
    char *vendor, *model, *revision, *serial; /* trimmed; NULL: unknown */
    char *backing_path; /* of a loop device: the image (for an exported one the image, not the export); else NULL */
    enum tri_style style;
    uint32_t signature;               /* MBR */
    struct tri_uuid guid;             /* GPT */
    struct tri_partition *partitions; /* ascending offsets */
    size_t partition_count;
    struct tri_filesystem whole;                   /* of a disk without a table: the file system on all of it */
    uint64_t first_usable_bytes, end_usable_bytes; /* where partitions may lie; of a table only */
};

/* How much to read: without TRI_DISK_FILESYSTEMS the file systems are left empty, which saves a probe each. */
enum tri_disk_read_flag { TRI_DISK_FILESYSTEMS = 1 };

/* The disk, newly allocated. TRI_STORAGE_GONE where there is none of that number, TRI_STORAGE_IO, -EACCES ... */
int tri_disk_read(uint64_t sequence, unsigned flags, struct tri_disk **ret_disk, struct tri_error *error);
/* The same without looking into the disk, for one that answers only errors: it has no table then, and no partitions. */
int tri_disk_describe(uint64_t sequence, struct tri_disk **ret_disk, struct tri_error *error);
void tri_disk_free(struct tri_disk *disk); /* NULL is fine */
void tri_disk_freep(struct tri_disk **disk);
#define TRI_AUTO_DISK __attribute__((cleanup(tri_disk_freep)))

/* The numbers of all disks (also of optical drives; not of ram disks, zram, loop devices without a file, nor of what is
 * built of other disks), ascending. Newly allocated; *ret_sequences NULL where there are none. */
int tri_disk_list(uint64_t **ret_sequences, size_t *ret_count, struct tri_error *error);

/* The number of the disk behind a path: "/dev/loop0", a partition's node, or a name "loop0". TRI_STORAGE_NOT_FOUND. */
int tri_disk_find(const char *path, uint64_t *ret_sequence, struct tri_error *error);

/* The partition that starts at offset_bytes, or NULL. */
const struct tri_partition *tri_disk_partition_at(const struct tri_disk *disk, uint64_t offset_bytes);

/* A disk without a table whose file system covers it: one volume at offset 0, and no partition. */
bool tri_disk_is_volume(const struct tri_disk *disk);
/* Neither table nor file system. */
bool tri_disk_is_raw(const struct tri_disk *disk);

struct tri_extent {
    uint64_t start_bytes, size_bytes;
};
/* The free space between partitions, rounded inwards to align_bytes (0: the default, tri_disk_align). Newly allocated;
 * NULL and 0 where there is none. -ENOMEM. */
int tri_disk_free_extents(const struct tri_disk *disk, uint64_t align_bytes, struct tri_extent **ret,
                          size_t *ret_count);
uint64_t
tri_disk_align(const struct tri_disk *disk); /* default alignment: 1 MiB, 64 KiB below 4 GiB as Windows has it */

/* ---- changes; each locks the disk, asks the guard (guard.h), and reads the table again under the lock ---- */

/* Writes an empty table to a raw disk (TRI_STORAGE_INITIALIZED where it is not). No MSR partition is made. */
int tri_disk_initialize(uint64_t sequence, enum tri_style style, struct tri_error *error);
/* Another style for a table without partitions. TRI_STORAGE_NOT_EMPTY. The same style: nothing happens. */
int tri_disk_convert(uint64_t sequence, enum tri_style style, struct tri_error *error);

/* Erases the table and all signatures: first and last MiB, those of the partitions too; `full`: then writes zeros to
 * every block. Result: none. Cancelled: the disk is raw. force: with data partitions; force_oem: with protected ones;
 * mounted ones are refused without force, and unmounted with it. */
struct tri_clean_spec {
    uint64_t sequence;
    bool force, force_oem, full;
};
int tri_disk_clean(const struct tri_clean_spec *spec, struct tri_op *op, const struct tri_op_tag *tag,
                   struct tri_error *error);

struct tri_partition_spec {
    uint64_t sequence;
    enum tri_style style;              /* must be the disk's */
    uint64_t offset_bytes, size_bytes; /* offset rounded up, the end down; size 0 is refused */
    uint64_t align_bytes;              /* 0: the default; a multiple of the sector */
    bool anywhere;                     /* offset is ignored: the first free extent that fits */
    uint8_t mbr_type;                  /* 5, 0xf: an extended partition; within one: a logical partition */
    bool active;
    struct tri_uuid type, id; /* GPT; a null id: a new one */
    uint64_t attributes;
    char name[36 * 4 + 1]; /* GPT, UTF-8 */
};
struct tri_partition_result {
    uint64_t sequence, offset_bytes;
    bool is_volume;
    struct tri_uuid volume;
};
/* Makes the partition and its device node; signatures of old file systems at its place are erased, so that it begins
 * empty. The value of the operation is a struct tri_partition_result. What is wrong with the request is answered by
 * the return value. Cannot be cancelled once it writes. */
int tri_partition_create(const struct tri_partition_spec *spec, struct tri_op *op, const struct tri_op_tag *tag,
                         struct tri_error *error);

/* force: unmounts what is mounted; force_protected: also ESP, MSR, OEM. */
int tri_partition_delete(uint64_t sequence, uint64_t offset_bytes, bool force, bool force_protected,
                         struct tri_error *error);
int tri_partition_set_active(uint64_t sequence, uint64_t offset_bytes, bool active, struct tri_error *error); /* MBR */
int tri_partition_set_attributes(uint64_t sequence, uint64_t offset_bytes, uint64_t attributes,
                                 struct tri_error *error);
int tri_partition_set_type(uint64_t sequence, uint64_t offset_bytes, enum tri_style style, uint8_t mbr_type,
                           const struct tri_uuid *type, bool force, struct tri_error *error);

/* The end of a partition moves: for extend and shrink (volume.c), which hold the disk's lock already. The table is
 * written, the kernel told (BLKPG), both or neither. */
struct tri_disk_lock;
int tri_partition_resize_locked(struct tri_disk_lock *lock, uint64_t offset_bytes, uint64_t size_bytes,
                                struct tri_error *error);
/* Makes the kernel's nodes those of the table: stale ones go, missing ones come. Used after attaching. */
int tri_disk_sync_nodes(uint64_t sequence, struct tri_error *error);
/* Removes all partition nodes of a disk (before it is detached). TRI_STORAGE_IN_USE where one is mounted or held. */
int tri_disk_drop_nodes(uint64_t sequence, struct tri_error *error);

/* Offline: nothing of it is mounted, its nodes are gone, and every change is refused, by every process, until online. */
int tri_disk_offline(uint64_t sequence, struct tri_error *error);
int tri_disk_online(uint64_t sequence, struct tri_error *error);                        /* TRI_STORAGE_NOT_OFFLINE */
int tri_disk_set_read_only(uint64_t sequence, bool read_only, struct tri_error *error); /* BLKROSET */

#endif
