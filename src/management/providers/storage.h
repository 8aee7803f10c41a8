/* What disk.c and volume.c share. */
#ifndef TRI_MANAGEMENT_PROVIDERS_STORAGE_H
#define TRI_MANAGEMENT_PROVIDERS_STORAGE_H

#include "base/cleanup.h"
#include "management/providers/fields.h"
#include "storage/disk.h"
#include "storage/volume.h"

/* A row: a disk, or one of its partitions. */
struct tri_disk_row {
    const struct tri_disk *disk;
    size_t index; /* of the partition */
};

/* Reads every disk and gives it to visit, which returns 0 to go on; only the one whose number the query demands, where
 * `number` names the property of the class that has it (NULL: none). Disks that cannot be read are left out. */
typedef int tri_disk_visit(struct tri_scan *scan, const struct tri_disk *disk);
int tri_disks_visit(struct tri_scan *scan, const char *number, tri_disk_visit *visit, struct tri_error *error);

void tri_partition_device_id(uint64_t disk, size_t index, char *ret, size_t size); /* "Disk #7, Partition #0" */
void tri_braced_uuid(const struct tri_uuid *id, char ret[TRI_UUID_TEXT_SIZE + 2]);  /* in braces */
void tri_volume_access_paths(const struct tri_volume_id *id, struct tri_value *ret); /* where it is mounted */

#endif
