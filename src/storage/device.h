/* What /sys says of block devices. Nothing here opens a device, so nothing here can hurt or wake one. Names are those
 * of /sys/block ("loop0"); a '!' in one is a '/' in its node's path. Any thread. */
#ifndef TRI_STORAGE_DEVICE_H
#define TRI_STORAGE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "storage/disk.h"

/* One attribute: /sys/class/block/<name>/<attribute>, without blanks at its ends. Its length, or -errno. Works for
 * disks and for partitions. */
int tri_device_text(const char *name, const char *attribute, char *text, size_t size);
/* The same as a number; `missing` where there is none, or where it cannot be read. */
uint64_t tri_device_number(const char *name, const char *attribute, uint64_t missing);
/* The same, for what something is decided by: -errno where it is there and cannot be read. */
int tri_device_ask(const char *name, const char *attribute, uint64_t missing, uint64_t *ret);
bool tri_device_has(const char *name, const char *attribute); /* does the file or folder exist? */
dev_t tri_device_dev(const char *name);                       /* 0: no such device, or not to be told */

/* The name of the disk with that number. -ENOENT: there is none; -errno: that cannot be told. */
int tri_device_search(uint64_t sequence, char name[32]);
bool tri_device_name(uint64_t sequence, char name[32]); /* is it found? */
/* Is this name, in /sys/block, a disk in the sense of tri_disk_list? 1, 0, or -errno where that cannot be told. */
int tri_device_is_disk(const char *name);
/* The disk that a device is, or is a partition of; false: no such block device. */
bool tri_device_disk_of(dev_t device, char name[32]);
/* The device's own name ("loop0p1"); false: no such block device. */
bool tri_device_name_of(dev_t device, char name[32]);

/* "/dev/loop0" of "loop0". */
void tri_device_node(const char *name, char path[64]);

/* Fills what a change needs to know: name, device, sizes, and whether it is read-only. *disk must be empty; tri_disk_free
 * frees it. TRI_STORAGE_GONE. */
int tri_device_read(uint64_t sequence, struct tri_disk *disk, struct tri_error *error);
/* After that, what people want to know: bus, maker, model, serial number, image, whether it is removable or optical. */
void tri_device_describe(struct tri_disk *disk);

/* Opens the disk's node and makes sure that it is still this disk. flags: O_RDONLY or O_RDWR, maybe O_EXCL. A negative
 * code with *error filled: TRI_STORAGE_GONE, TRI_STORAGE_NO_MEDIA, TRI_STORAGE_READ_ONLY, -EACCES, TRI_STORAGE_IO. */
int tri_device_open(const struct tri_disk *disk, int flags, struct tri_error *error);

/* Answers for a failed open of a node: as above. */
int tri_device_open_error(const char *path, int why, struct tri_error *error);

/* Tells everybody who listens for uevents that the disk changed, as the kernel does for its own changes. */
void tri_device_announce(const char *name);

/* All of it, however often it takes. 0, or TRI_STORAGE_IO with a sentence (a read past the end is one too). */
int tri_device_pread(int fd, void *data, size_t size, uint64_t offset_bytes, struct tri_error *error);
int tri_device_pwrite(int fd, const void *data, size_t size, uint64_t offset_bytes, struct tri_error *error);
int tri_device_fsync(int fd, struct tri_error *error);

#endif
