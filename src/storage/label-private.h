/* What reading and changing a partition table share: its numbers as they lie on the disk. */
#ifndef TRI_STORAGE_LABEL_PRIVATE_H
#define TRI_STORAGE_LABEL_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "storage/bytes.h"
#include "storage/disk.h"

enum {
    SECTOR_MAX_BYTES = 4096,
    MBR_ENTRIES = 446,
    MBR_SIGNATURE = 440,
    MBR_MAGIC = 510,
    GPT_HEADER_MIN_BYTES = 92,
    GPT_ENTRY_MIN_BYTES = 128,
    GPT_NAME_UNITS = 36,
    GPT_ENTRIES_DEFAULT = 128,
};
#define GPT_ARRAY_MAX_BYTES (1u << 20) /* 8192 entries; the standard has 128 */
#define MBR_SECTORS_MAX (1ull << 32)

/* The CRC of Ethernet, which GPT uses. */
static inline uint32_t crc32_of(const uint8_t *data, size_t size)
{
    return (uint32_t)crc32_z(0, data, size);
}

/* The first three fields of a GUID are stored with the least byte first. */
static inline struct tri_uuid uuid_of_guid(const uint8_t *g)
{
    return (struct tri_uuid){
        {g[3], g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11], g[12], g[13], g[14], g[15]}};
}

struct gpt {
    uint64_t lba, alternate, first_usable, last_usable, entries_lba;
    uint32_t entry_bytes, entry_count;
    struct tri_uuid guid;
    uint8_t *entries; /* entry_bytes * entry_count; owned */
};

static inline size_t array_bytes(const struct gpt *gpt)
{
    return (size_t)gpt->entry_bytes * gpt->entry_count;
}

/* The header at that sector with its entries, where both are whole and their numbers make sense. */
bool tri_label_read_header(int fd, const struct tri_disk *disk, uint64_t lba, struct gpt *gpt);

/* A size of sectors that tables can be read and written with. */
bool tri_label_sector_is_usable(const struct tri_disk *disk);

#endif
