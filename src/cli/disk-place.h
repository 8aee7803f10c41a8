/* What people call disks, volumes and images by, and the objects behind it:
 *
 *   disk     /dev/loop0, loop0, PhysicalDrive11, \\?\PhysicalDrive11, the path of an image that is attached
 *   volume   /dev/loop0p1, loop0p1, DISK:1 (its first partition), \\?\Volume{...}\, a disk that is a volume as a whole
 *   image    the path of its file, the disk that it is attached as */
#ifndef TRI_CLI_DISK_PLACE_H
#define TRI_CLI_DISK_PLACE_H

#include "disk-service.h"

enum tri_place_kind { TRI_PLACE_DISK = 1, TRI_PLACE_VOLUME = 2, TRI_PLACE_IMAGE = 4 };

struct tri_place {
    enum tri_place_kind kind;
    char *name;         /* for people: "/dev/loop0p1", the path of an image */
    IVdsDisk *disk;     /* NULL for an image */
    IVdsVDisk *image;   /* of an image only */
    IVdsVolume *volume; /* of a volume; NULL for a partition that VDS does not take for one (EFI, reserved ...) */
    uint32_t number;    /* of the partition; 0: the volume is the whole disk */
    uint64_t offset_bytes, size_bytes;
};

/* Finds what `text` names, of the kinds wanted (one or more of enum tri_place_kind). Says why and returns the exit
 * status where there is no such thing: `verb` is what was to be done to it. */
int tri_place_find(const struct tri_disks *disks, const char *verb, const char *text, unsigned wanted,
                   struct tri_place *ret);

/* The volume that is mounted there: a folder, or a drive letter ("X:"). */
int tri_place_find_mounted(const struct tri_disks *disks, const char *verb, const char *path, struct tri_place *ret);

void tri_place_close(struct tri_place *place);
#define TRI_AUTO_PLACE TRI_CLEANUP(tri_place_close)

/* The disk that an image is attached as; NULL: it is not. */
IVdsDisk *tri_place_disk_of_image(const struct tri_disks *disks, IVdsVDisk *image);

/* The device of a partition, "/dev/loop0p1", by that of its disk; newly allocated. NULL: the kernel has none. */
char *tri_place_device(const char *disk_device, uint32_t number);

/* Why nothing can be done with a disk that has failed: nobody knows what is on it. */
#define TRI_DISK_HAS_FAILED "it answers errors instead of data; the kernel's log (dmesg) says more"

/* The device of a disk, "/dev/loop0", newly allocated; NULL on failure. */
HRESULT tri_disk_device(IVdsDisk *disk, char **ret);

/* Gives back what GetProperties handed out. */
void tri_disk_prop_clear(VDS_DISK_PROP *prop);
void tri_vdisk_prop_clear(VDS_VDISK_PROPERTIES *prop);

#endif
