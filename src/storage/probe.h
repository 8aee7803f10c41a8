/* What lies on a device, as libblkid finds it. */
#ifndef TRI_STORAGE_PROBE_H
#define TRI_STORAGE_PROBE_H

#include "storage/disk.h"

/* The file system in a range of what fd is open on (size 0: to its end). An empty type: there is none. Signatures of
 * several at once are told as the type "ambiguous"; a partition table that is neither GPT nor MBR as "<its name>-table"
 * (only with tables set). ret's texts are newly allocated; ret must be empty. -ENOMEM, TRI_STORAGE_IO. */
int tri_probe_filesystem(int fd, uint64_t offset_bytes, uint64_t size_bytes, bool tables, struct tri_filesystem *ret,
                         struct tri_error *error);
void tri_filesystem_finish(struct tri_filesystem *filesystem); /* frees its texts, and empties it */

/* Is the beginning of the disk the boot sector of FAT, exFAT or NTFS, which looks like an MBR and is none? */
bool tri_probe_is_boot_sector(int fd);

/* Is the type one of the "-table" kind? */
bool tri_probe_is_table(const struct tri_filesystem *filesystem);

/* Writes zeros over the first and last MiB of the range (all of it where it is shorter), so that no signature is left
 * there. Through the device's cache; the caller makes it durable. TRI_STORAGE_IO. */
int tri_probe_erase(int fd, uint64_t offset_bytes, uint64_t size_bytes, struct tri_error *error);

#endif
