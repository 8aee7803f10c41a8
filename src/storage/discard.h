/* Whether a device below wants to be told that what was on it is needed no longer. */
#ifndef TRI_STORAGE_DISCARD_H
#define TRI_STORAGE_DISCARD_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/disk.h"

/* Of a disk that shows an image: false where the image holds so little in the range (a sixteenth) that giving it back is not
 * worth its time. The file system of the images may take long for every piece of it; most of what was there is written
 * again at once, for a file system has its parts at the same places as the one before it. Of other disks, and when in
 * doubt: true. disk_fd: open on the disk. */
bool tri_discard_is_worth_it(const struct tri_disk *disk, int disk_fd, uint64_t start_bytes, uint64_t size_bytes);

#endif
