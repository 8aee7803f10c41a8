/* VHD files ("Virtual Hard Disk Image Format", Microsoft, 2006): what is in their footers and headers, and new, empty ones.
 * What lies between, blocks of dynamic images, is qemu's. */
#ifndef TRI_STORAGE_VHD_H
#define TRI_STORAGE_VHD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "storage/uuid.h"

enum tri_vhd_type { TRI_VHD_FIXED = 2, TRI_VHD_DYNAMIC = 3, TRI_VHD_DIFFERENCING = 4 };

#define TRI_VHD_SECTOR 512u
#define TRI_VHD_MIN_BYTES (3ull << 20)
#define TRI_VHD_MAX_BYTES (2040ull << 30)
#define TRI_VHD_BLOCK_BYTES (2u << 20) /* the usual block of a dynamic image */

struct tri_vhd {
    enum tri_vhd_type type;
    uint64_t size_bytes;  /* of the disk in it */
    uint32_t block_bytes; /* of a dynamic one: a power of two */
    struct tri_uuid id;
};

/* Has the file a VHD's footer, at its end or (dynamic) at its start? Nothing is checked. */
bool tri_vhd_is(int fd);

/* Reads and checks it. TRI_STORAGE_BAD_IMAGE: no footer, a wrong checksum, a table or disk that is larger than the file or
 * the format allows. -EIO ... */
int tri_vhd_read(int fd, struct tri_vhd *ret, struct tri_error *error);

/* Fills a new, empty file with an image whose blocks are all zero: of a fixed one the footer only (the rest is a hole, for
 * the caller to allocate). Not synced. -ENOSPC, -EFBIG ... */
int tri_vhd_write(int fd, const struct tri_vhd *vhd, struct tri_error *error);

/* Makes the disk of a fixed image larger: the new footer first, so that the file is a valid image at every moment. Synced. */
int tri_vhd_grow(int fd, uint64_t size_bytes, struct tri_error *error);

#endif
