/* A table of regions at 192 KiB (its copy at 256 KiB) says where the metadata lie; they are a table of items, one of which
 * has the parameters of the file. All numbers are little-endian. */
#include "storage/vhdx.h"

#include <string.h>
#include <unistd.h>

#include "storage/bytes.h"

#define REGIONS_OFFSET (192u << 10)
#define REGIONS_COPY_OFFSET (256u << 10)
#define REGIONS_HEAD 16u
#define ITEMS_HEAD 32u
#define ENTRY 32u /* of either table */
#define ENTRIES_MAX 2047u
#define LEAVE_BLOCKS_ALLOCATED 1u /* in the second word of the file's parameters */

static const uint8_t metadata_region[16] = {0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b,
                                            0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e};
static const uint8_t file_parameters[16] = {0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d,
                                            0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b};

static bool read_at(int fd, void *data, size_t size, uint64_t offset)
{
    return offset <= INT64_MAX && pread(fd, data, size, (off_t)offset) == (ssize_t)size;
}

/* The entry of a table that begins with this id; false: it has none. */
static bool find_entry(int fd, uint64_t table, unsigned count, const uint8_t id[16], uint8_t ret[ENTRY])
{
    for (unsigned i = 0; i < count && i < ENTRIES_MAX; i++)
        if (!read_at(fd, ret, ENTRY, table + (uint64_t)i * ENTRY))
            return false;
        else if (memcmp(ret, id, 16) == 0)
            return true;
    return false;
}

static bool find_metadata(int fd, uint64_t regions, uint64_t *ret_offset)
{
    uint8_t head[REGIONS_HEAD], entry[ENTRY];
    if (!read_at(fd, head, sizeof head, regions) || memcmp(head, "regi", 4) != 0 ||
        !find_entry(fd, regions + REGIONS_HEAD, le32(head + 8), metadata_region, entry))
        return false;
    *ret_offset = le64(entry + 16);
    return *ret_offset <= INT64_MAX;
}

bool tri_vhdx_is_fixed(int fd)
{
    uint8_t head[ITEMS_HEAD], entry[ENTRY], parameters[8];
    uint64_t metadata;
    if (!find_metadata(fd, REGIONS_OFFSET, &metadata) && !find_metadata(fd, REGIONS_COPY_OFFSET, &metadata))
        return false;
    if (!read_at(fd, head, sizeof head, metadata) || memcmp(head, "metadata", 8) != 0 ||
        !find_entry(fd, metadata + ITEMS_HEAD, le16(head + 10), file_parameters, entry))
        return false;
    return read_at(fd, parameters, sizeof parameters, metadata + le32(entry + 16)) &&
           le32(parameters + 4) & LEAVE_BLOCKS_ALLOCATED;
}
