#include "storage/label.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf16.h"
#include "storage/device.h"
#include "storage/label-private.h"
#include "storage/probe.h"

static struct tri_uuid uuid_from_text(const char *text)
{
    struct tri_uuid uuid = {{0}};
    tri_uuid_parse(text, &uuid);
    return uuid;
}

/* ---- types ---- */

bool tri_label_mbr_is_extended(uint8_t type)
{
    return type == 0x05 || type == 0x0f || type == 0x85;
}

bool tri_label_mbr_is_protected(uint8_t type)
{
    static const uint8_t types[] = {0x12, 0x27, 0x84, 0xa0, 0xde, 0xfe, 0xef};
    return memchr(types, type, sizeof types) != NULL;
}

bool tri_label_gpt_is_protected(const struct tri_uuid *type, uint64_t attributes)
{
    static const char *const types[] = {"c12a7328-f81f-11d2-ba4b-00a0c93ec93b",  /* ESP */
                                        "e3c9e316-0b5c-4db8-817d-f92df00215ae",  /* MSR */
                                        "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3"}; /* LDM metadata */
    if (attributes & 1)                                                          /* the platform needs it */
        return true;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct tri_uuid protected = uuid_from_text(types[i]);
        if (tri_uuid_equal(type, &protected))
            return true;
    }
    return false;
}

/* ---- reading ---- */

static int add_partition(struct tri_disk *disk, struct tri_partition partition, struct tri_error *error)
{
    struct tri_partition *more = reallocarray(disk->partitions, disk->partition_count + 1, sizeof *more);
    if (!more) {
        free(partition.name);
        return tri_error_no_memory(error);
    }
    partition.is_volume = !partition.is_extended && !partition.is_protected;
    disk->partitions = more;
    disk->partitions[disk->partition_count++] = partition;
    return 0;
}

static int by_start(const void *a, const void *b)
{
    const struct tri_partition *x = a, *y = b;
    if (x->start_bytes != y->start_bytes)
        return x->start_bytes < y->start_bytes ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

void tri_label_forget(struct tri_disk *disk)
{
    for (size_t i = 0; i < disk->partition_count; i++) {
        free(disk->partitions[i].name);
        tri_filesystem_finish(&disk->partitions[i].filesystem);
    }
    free(disk->partitions);
    disk->partitions = NULL;
    disk->partition_count = 0;
    disk->style = TRI_STYLE_NONE;
    disk->signature = 0;
    disk->guid = (struct tri_uuid){{0}};
    disk->first_usable_bytes = disk->end_usable_bytes = 0;
}

/* ---- reading: GPT ---- */

/* Do the header's numbers make sense on a disk of so many sectors? */
static bool is_sane(const struct gpt *gpt, uint64_t sectors, uint32_t sector_bytes)
{
    if (gpt->entry_bytes < GPT_ENTRY_MIN_BYTES || (gpt->entry_bytes & (gpt->entry_bytes - 1)) != 0 ||
        gpt->entry_count == 0 || (uint64_t)gpt->entry_bytes * gpt->entry_count > GPT_ARRAY_MAX_BYTES)
        return false;
    if (gpt->first_usable > gpt->last_usable || gpt->last_usable >= sectors || gpt->first_usable < 2)
        return false;
    uint64_t array_sectors = (array_bytes(gpt) + sector_bytes - 1) / sector_bytes;
    if (gpt->entries_lba < 2 || gpt->entries_lba >= sectors || array_sectors > sectors - gpt->entries_lba)
        return false;
    return gpt->entries_lba + array_sectors <= gpt->first_usable || gpt->entries_lba > gpt->last_usable;
}

bool tri_label_read_header(int fd, const struct tri_disk *disk, uint64_t lba, struct gpt *gpt)
{
    uint8_t sector[SECTOR_MAX_BYTES];
    if (tri_device_pread(fd, sector, disk->sector_bytes, lba * disk->sector_bytes, NULL) < 0)
        return false;
    uint32_t size = le32(sector + 12), crc = le32(sector + 16);
    if (memcmp(sector, "EFI PART", 8) != 0 || size < GPT_HEADER_MIN_BYTES || size > disk->sector_bytes ||
        le64(sector + 24) != lba)
        return false;
    put_le32(sector + 16, 0);
    if (crc32_of(sector, size) != crc)
        return false;
    *gpt = (struct gpt){.lba = lba,
                        .alternate = le64(sector + 32),
                        .first_usable = le64(sector + 40),
                        .last_usable = le64(sector + 48),
                        .guid = uuid_of_guid(sector + 56),
                        .entries_lba = le64(sector + 72),
                        .entry_count = le32(sector + 80),
                        .entry_bytes = le32(sector + 84)};
    uint64_t sectors = disk->size_bytes / disk->sector_bytes;
    if (!is_sane(gpt, sectors, disk->sector_bytes))
        return false;
    gpt->entries = malloc(array_bytes(gpt));
    if (gpt->entries &&
        tri_device_pread(fd, gpt->entries, array_bytes(gpt), gpt->entries_lba * disk->sector_bytes, NULL) == 0 &&
        crc32_of(gpt->entries, array_bytes(gpt)) == le32(sector + 88))
        return true;
    free(gpt->entries);
    gpt->entries = NULL;
    return false;
}

/* The name in a GPT entry, or NULL where it has none. */
static char *entry_name(const uint8_t *entry)
{
    char16_t units[GPT_NAME_UNITS + 1] = {0};
    char *name = NULL;
    for (int i = 0; i < GPT_NAME_UNITS; i++)
        units[i] = le16(entry + 56 + 2 * i);
    if (units[0] != 0 && tri_utf8_from_utf16(units, &name) < 0)
        return NULL;
    return name;
}

/* One entry; what lies beyond the disk is left out, and what reaches beyond is cut, as the kernel does both. */
static int take_entry(struct tri_disk *disk, const uint8_t *entry, unsigned number, struct tri_error *error)
{
    struct tri_uuid type = uuid_of_guid(entry);
    uint64_t first = le64(entry + 32), last = le64(entry + 40), sectors = disk->size_bytes / disk->sector_bytes;
    if (tri_uuid_is_null(&type) || first > last || first >= sectors ||
        disk->partition_count >= TRI_LABEL_PARTITIONS_MAX)
        return 0;
    if (last >= sectors)
        last = sectors - 1;
    uint64_t attributes = le64(entry + 48);
    struct tri_partition partition = {.number = number,
                                      .start_bytes = first * disk->sector_bytes,
                                      .size_bytes = (last - first + 1) * disk->sector_bytes,
                                      .type = type,
                                      .id = uuid_of_guid(entry + 16),
                                      .attributes = attributes,
                                      .name = entry_name(entry),
                                      .is_protected = tri_label_gpt_is_protected(&type, attributes)};
    return add_partition(disk, partition, error);
}

static bool is_protective(const uint8_t *mbr)
{
    for (int i = 0; i < 4; i++)
        if (mbr[MBR_ENTRIES + 16 * i + 4] == 0xee)
            return true;
    return false;
}

/* The first header, or where it is damaged the one at the end of the disk. */
static bool find_gpt(int fd, const struct tri_disk *disk, struct gpt *gpt)
{
    uint64_t sectors = disk->size_bytes / disk->sector_bytes;
    return sectors > 4 &&
           (tri_label_read_header(fd, disk, 1, gpt) || tri_label_read_header(fd, disk, sectors - 1, gpt));
}

static int read_gpt(int fd, struct tri_disk *disk, struct tri_error *error)
{
    struct gpt gpt;
    if (!find_gpt(fd, disk, &gpt))
        return 0;
    int code = 0;
    disk->style = TRI_STYLE_GPT;
    disk->guid = gpt.guid;
    disk->first_usable_bytes = gpt.first_usable * disk->sector_bytes;
    disk->end_usable_bytes = (gpt.last_usable + 1) * disk->sector_bytes;
    for (uint32_t i = 0; i < gpt.entry_count && code == 0; i++)
        code = take_entry(disk, gpt.entries + (size_t)i * gpt.entry_bytes, i + 1, error);
    free(gpt.entries);
    return code;
}

/* ---- reading: MBR ---- */

/* An entry's numbers in bytes of the disk, relative to a sector; false: an empty one, or one beyond the disk. */
static bool entry_range(const struct tri_disk *disk, const uint8_t *entry, uint64_t base, struct tri_partition *ret)
{
    uint64_t first = base + le32(entry + 8), count = le32(entry + 12), sectors = disk->size_bytes / disk->sector_bytes;
    if (entry[4] == 0 || count == 0 || first == 0 || first >= sectors)
        return false;
    if (count > sectors - first)
        count = sectors - first;
    *ret = (struct tri_partition){.start_bytes = first * disk->sector_bytes,
                                  .size_bytes = count * disk->sector_bytes,
                                  .mbr_type = entry[4],
                                  .is_active = entry[0] == 0x80,
                                  .is_extended = tri_label_mbr_is_extended(entry[4]),
                                  .is_protected = tri_label_mbr_is_protected(entry[4])};
    return true;
}

static int add_mbr_partition(struct tri_disk *disk, struct tri_partition partition, struct tri_error *error)
{
    partition.id = tri_uuid_named("volume:mbr:%08x:%llu", disk->signature, (unsigned long long)partition.start_bytes);
    return add_partition(disk, partition, error);
}

/* The chain of tables in an extended partition. Each sector is looked at once: a circle ends. */
static int read_chain(int fd, struct tri_disk *disk, const struct tri_partition *extended, struct tri_error *error)
{
    uint8_t sector[SECTOR_MAX_BYTES];
    uint64_t seen[TRI_LABEL_PARTITIONS_MAX];
    uint64_t base = extended->start_bytes / disk->sector_bytes, at = base,
             end = base + extended->size_bytes / disk->sector_bytes;
    for (unsigned count = 0; count < TRI_LABEL_PARTITIONS_MAX - 4 && at >= base && at < end; count++) {
        for (unsigned i = 0; i < count; i++)
            if (seen[i] == at)
                return 0;
        seen[count] = at;
        if (tri_device_pread(fd, sector, disk->sector_bytes, at * disk->sector_bytes, NULL) < 0 ||
            le16(sector + MBR_MAGIC) != 0xaa55)
            return 0;
        struct tri_partition logical;
        const uint8_t *entry = sector + MBR_ENTRIES, *next = entry + 16;
        if (entry_range(disk, entry, at, &logical) && !logical.is_extended) {
            logical.is_logical = true;
            logical.number = 5 + count;
            logical.table_bytes = at * disk->sector_bytes;
            int code = add_mbr_partition(disk, logical, error);
            if (code < 0)
                return code;
        }
        if (!tri_label_mbr_is_extended(next[4]) || le32(next + 8) == 0)
            return 0;
        at = base + le32(next + 8);
    }
    return 0;
}

static int read_primaries(int fd, struct tri_disk *disk, const uint8_t *mbr, struct tri_error *error)
{
    bool had_extended = false;
    for (unsigned i = 0; i < 4; i++) {
        struct tri_partition partition;
        if (!entry_range(disk, mbr + MBR_ENTRIES + 16 * i, 0, &partition))
            continue;
        partition.number = i + 1;
        int code = add_mbr_partition(disk, partition, error);
        if (code == 0 && partition.is_extended && !had_extended)
            code = read_chain(fd, disk, &partition, error);
        if (code < 0)
            return code;
        had_extended |= partition.is_extended;
    }
    return 0;
}

/* Looks it like an MBR, and not like a boot sector that ends with the same two bytes? */
static bool is_mbr(int fd, const uint8_t *sector)
{
    bool is_empty = true;
    for (int i = 0; i < 4; i++) {
        const uint8_t *entry = sector + MBR_ENTRIES + 16 * i;
        if (entry[0] != 0 && entry[0] != 0x80)
            return false;
        is_empty &= entry[4] == 0;
    }
    if (!is_empty || le32(sector + MBR_SIGNATURE) != 0)
        return !tri_probe_is_boot_sector(fd);
    struct tri_filesystem filesystem = {0};
    tri_probe_filesystem(fd, 0, 0, false, &filesystem, NULL);
    bool found = filesystem.type[0] != 0;
    tri_filesystem_finish(&filesystem);
    return !found;
}

static int read_mbr(int fd, struct tri_disk *disk, const uint8_t *sector, struct tri_error *error)
{
    if (!is_mbr(fd, sector))
        return 0;
    uint64_t limit = MBR_SECTORS_MAX * disk->sector_bytes;
    disk->style = TRI_STYLE_MBR;
    disk->signature = le32(sector + MBR_SIGNATURE);
    disk->first_usable_bytes = disk->sector_bytes;
    disk->end_usable_bytes = disk->size_bytes < limit ? disk->size_bytes : limit;
    return read_primaries(fd, disk, sector, error);
}

bool tri_label_sector_is_usable(const struct tri_disk *disk)
{
    uint32_t sector = disk->sector_bytes;
    return sector >= 512 && sector <= SECTOR_MAX_BYTES && (sector & (sector - 1)) == 0 &&
           disk->size_bytes >= 4ull * sector;
}

int tri_label_read(int fd, struct tri_disk *disk, struct tri_error *error)
{
    uint8_t sector[SECTOR_MAX_BYTES];
    tri_label_forget(disk);
    if (!tri_label_sector_is_usable(disk))
        return 0;
    int code = tri_device_pread(fd, sector, disk->sector_bytes, 0, error);
    if (code < 0 || le16(sector + MBR_MAGIC) != 0xaa55)
        return code;
    code = is_protective(sector) ? read_gpt(fd, disk, error) : 0;
    if (code == 0 && disk->style == TRI_STYLE_NONE)
        code = read_mbr(fd, disk, sector, error);
    if (disk->partition_count > 1)
        qsort(disk->partitions, disk->partition_count, sizeof *disk->partitions, by_start);
    return code;
}
