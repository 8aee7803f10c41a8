#include "storage/probe.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "storage/bytes.h"
#include "storage/device.h"
#include "storage/guard.h"

enum { WIPES_MAX = 512 };
#define EDGE_BYTES (1ull << 20)

static void free_probep(blkid_probe *probe)
{
    if (*probe)
        blkid_free_probe(*probe);
}
#define AUTO_PROBE TRI_CLEANUP(free_probep) blkid_probe

/* ---- where a file system ends, which libblkid tells only in later versions ---- */

/* units of unit_bytes; nothing where that does not fit a number. */
static void set_extent(struct tri_filesystem *ret, uint64_t unit_bytes, uint64_t counted_bytes, uint64_t count)
{
    uint64_t size;
    if (unit_bytes <= UINT32_MAX)
        ret->unit_bytes = (uint32_t)unit_bytes;
    ret->size_bytes = __builtin_mul_overflow(counted_bytes, count, &size) ? 0 : size;
}

static void extent_of_ext(const uint8_t *sb, struct tri_filesystem *ret)
{
    uint32_t shift = le32(sb + 24);
    uint64_t block = shift <= 6 ? 1024ull << shift : 0;
    uint64_t high = le32(sb + 96) & 0x80 ? (uint64_t)le32(sb + 336) << 32 : 0; /* the feature "64bit" */
    set_extent(ret, block, block, high | le32(sb + 4));
}

static void extent_of_xfs(const uint8_t *sb, struct tri_filesystem *ret)
{
    uint64_t block = __builtin_bswap32(le32(sb + 4));
    set_extent(ret, block, block, __builtin_bswap64(le64(sb + 8)));
}

static void extent_of_btrfs(const uint8_t *sb, struct tri_filesystem *ret)
{
    set_extent(ret, le32(sb + 144), 1, le64(sb + 201 + 8)); /* of this device, not of all */
}

static void extent_of_vfat(const uint8_t *sb, struct tri_filesystem *ret)
{
    uint64_t sector = le16(sb + 11), count = le16(sb + 19);
    set_extent(ret, sector * sb[13], sector, count ? count : le32(sb + 32));
}

static void extent_of_ntfs(const uint8_t *sb, struct tri_filesystem *ret)
{
    uint64_t sector = le16(sb + 11);
    unsigned sectors = sb[13] <= 128 ? sb[13] : 1u << ((256 - sb[13]) & 31); /* large ones are counted as powers */
    set_extent(ret, sector * sectors, sector, le64(sb + 40) + 1); /* the last sector holds the copy of the first */
}

static void extent_of_exfat(const uint8_t *sb, struct tri_filesystem *ret)
{
    unsigned sector = sb[108], cluster = sb[109];
    if (sector <= 12 && cluster <= 25)
        set_extent(ret, 1ull << (sector + cluster), 1ull << sector, le64(sb + 72));
}

struct extent_rule {
    const char *type;
    unsigned offset; /* of the superblock */
    void (*read)(const uint8_t *superblock, struct tri_filesystem *ret);
};

static const struct extent_rule extent_rules[] = {
    {"ext2", 1024, extent_of_ext}, {"ext3", 1024, extent_of_ext},     {"ext4", 1024, extent_of_ext},
    {"xfs", 0, extent_of_xfs},     {"btrfs", 65536, extent_of_btrfs}, {"vfat", 0, extent_of_vfat},
    {"ntfs", 0, extent_of_ntfs},   {"exfat", 0, extent_of_exfat},
};

static void read_extent(int fd, uint64_t offset_bytes, struct tri_filesystem *ret)
{
    uint8_t superblock[1024];
    for (size_t i = 0; i < sizeof extent_rules / sizeof *extent_rules; i++)
        if (strcmp(ret->type, extent_rules[i].type) == 0 &&
            tri_device_pread(fd, superblock, sizeof superblock, offset_bytes + extent_rules[i].offset, NULL) == 0)
            extent_rules[i].read(superblock, ret);
}

/* ---- looking ---- */

/* A copy of a value of the probe, or NULL. */
static char *value(blkid_probe probe, const char *name)
{
    const char *data = NULL;
    size_t size = 0;
    if (blkid_probe_lookup_value(probe, name, &data, &size) < 0 || !data || !*data)
        return NULL;
    return strndup(data, size);
}

static void value_text(blkid_probe probe, const char *name, char *text, size_t size)
{
    TRI_AUTO_FREE char *found = value(probe, name);
    if (found)
        snprintf(text, size, "%s", found);
}

static void take_values(blkid_probe probe, struct tri_filesystem *ret)
{
    char unit[24] = "", table[16] = "";
    value_text(probe, "TYPE", ret->type, sizeof ret->type);
    value_text(probe, "VERSION", ret->version, sizeof ret->version);
    value_text(probe, "BLOCK_SIZE", unit, sizeof unit);
    value_text(probe, "PTTYPE", table, sizeof table);
    ret->label = value(probe, "LABEL");
    ret->uuid = value(probe, "UUID");
    ret->unit_bytes = (uint32_t)strtoul(unit, NULL, 10);
    if (!ret->type[0] && table[0])
        snprintf(ret->type, sizeof ret->type, "%s-table", table);
}

static blkid_probe new_probe(int fd, uint64_t offset_bytes, uint64_t size_bytes)
{
    blkid_probe probe = blkid_new_probe();
    if (probe && blkid_probe_set_device(probe, fd, (blkid_loff_t)offset_bytes, (blkid_loff_t)size_bytes) < 0) {
        blkid_free_probe(probe);
        return NULL;
    }
    return probe;
}

enum { AHEAD_BYTES = 512 << 10 }; /* nearly all signatures lie within */

/* libblkid looks in many small pieces: both ends of the range are read ahead, at once and side by side. A hint. */
static void read_edges_ahead(int fd, uint64_t offset_bytes, uint64_t size_bytes)
{
    posix_fadvise(fd, (off_t)offset_bytes, AHEAD_BYTES, POSIX_FADV_WILLNEED);
    if (size_bytes > 2 * AHEAD_BYTES)
        posix_fadvise(fd, (off_t)(offset_bytes + size_bytes - AHEAD_BYTES), AHEAD_BYTES, POSIX_FADV_WILLNEED);
}

/* libblkid reads a mebibyte in thousands of pieces to look for ZFS, which is most of what it costs to look at a device. So
 * that is looked at first: where none of the places has the number that begins an uberblock, libblkid need not look
 * there. When in doubt, it does. */
static bool may_be_zfs(int fd, uint64_t offset_bytes, uint64_t size_bytes)
{
    enum { LABEL_BYTES = 256 << 10, RING_BYTES = 128 << 10, SLOT_BYTES = 1024 };
    TRI_AUTO_FREE uint8_t *ring = malloc(RING_BYTES);
    uint64_t labels = size_bytes / LABEL_BYTES; /* two at the beginning, two at the end */
    uint64_t places[] = {0, 1, labels < 2 ? 0 : labels - 2, labels < 1 ? 0 : labels - 1};
    for (size_t i = 0; i < 4 && ring && labels > 0; i++) {
        uint64_t at = offset_bytes + places[i] * LABEL_BYTES + RING_BYTES;
        if (places[i] < labels && tri_device_pread(fd, ring, RING_BYTES, at, NULL) < 0)
            return true;
        for (size_t slot = 0; slot < RING_BYTES && places[i] < labels; slot += SLOT_BYTES)
            if (le64(ring + slot) == 0x00bab10c || le64(ring + slot) == 0x0cb1ba0000000000)
                return true;
    }
    return !ring;
}

/* Makes the probe as cheap as it can be. */
static void hasten(blkid_probe probe, int fd, uint64_t offset_bytes, uint64_t size_bytes)
{
    static char zfs[] = "zfs_member";
    char *skipped[] = {zfs, NULL};
    if (size_bytes == 0 && (ioctl(fd, BLKGETSIZE64, &size_bytes) < 0 || size_bytes <= offset_bytes))
        return;
    read_edges_ahead(fd, offset_bytes, size_bytes);
    if (!may_be_zfs(fd, offset_bytes, size_bytes))
        blkid_probe_filter_superblocks_type(probe, BLKID_FLTR_NOTIN, skipped);
}

static int probe_failed(struct tri_error *error)
{
    return tri_error_set(error, TRI_STORAGE_IO, NULL, "Cannot look for file systems: the device answers errors.");
}

int tri_probe_filesystem(int fd, uint64_t offset_bytes, uint64_t size_bytes, bool tables, struct tri_filesystem *ret,
                         struct tri_error *error)
{
    AUTO_PROBE probe = new_probe(fd, offset_bytes, size_bytes);
    if (!probe)
        return probe_failed(error);
    blkid_probe_enable_superblocks(probe, 1);
    blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID |
                                                 BLKID_SUBLKS_VERSION);
    hasten(probe, fd, offset_bytes, size_bytes);
    blkid_probe_enable_partitions(probe, tables);
    int found = blkid_do_safeprobe(probe);
    if (found == -1)
        return probe_failed(error);
    if (found == -2)
        strcpy(ret->type, "ambiguous");
    if (found == 0)
        take_values(probe, ret);
    read_extent(fd, offset_bytes, ret);
    return 0;
}

void tri_filesystem_finish(struct tri_filesystem *filesystem)
{
    free(filesystem->label);
    free(filesystem->uuid);
    *filesystem = (struct tri_filesystem){0};
}

bool tri_probe_is_table(const struct tri_filesystem *filesystem)
{
    const char *end = strrchr(filesystem->type, '-');
    return end && strcmp(end, "-table") == 0;
}

bool tri_probe_is_boot_sector(int fd)
{
    static char fat[] = "vfat", exfat[] = "exfat", ntfs[] = "ntfs";
    char *names[] = {fat, exfat, ntfs, NULL};
    AUTO_PROBE probe = new_probe(fd, 0, 0);
    if (!probe)
        return false;
    blkid_probe_enable_superblocks(probe, 1);
    blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE);
    blkid_probe_filter_superblocks_type(probe, BLKID_FLTR_ONLYIN, names);
    return blkid_do_safeprobe(probe) == 0;
}

/* ---- erasing ---- */

/* Zeros over the signature that the probe stands at. */
static int erase_signature(blkid_probe probe, int fd, struct tri_error *error)
{
    static const char *const names[][2] = {{"SBMAGIC_OFFSET", "SBMAGIC"}, {"PTMAGIC_OFFSET", "PTMAGIC"}};
    static const char zeros[512];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *offset, *magic;
        size_t size;
        if (blkid_probe_lookup_value(probe, names[i][0], &offset, NULL) < 0 ||
            blkid_probe_lookup_value(probe, names[i][1], &magic, &size) < 0)
            continue;
        int code =
            tri_device_pwrite(fd, zeros, size < sizeof zeros ? size : sizeof zeros, strtoull(offset, NULL, 10), error);
        return code < 0 ? code : blkid_probe_step_back(probe) < 0 ? probe_failed(error) : 0;
    }
    return probe_failed(error);
}

int tri_probe_wipe(int fd, struct tri_error *error)
{
    AUTO_PROBE probe = new_probe(fd, 0, 0);
    if (!probe)
        return probe_failed(error);
    blkid_probe_enable_superblocks(probe, 1);
    blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_TYPE | BLKID_SUBLKS_BADCSUM);
    hasten(probe, fd, 0, 0);
    blkid_probe_enable_partitions(probe, 1);
    blkid_probe_set_partitions_flags(probe, BLKID_PARTS_MAGIC | BLKID_PARTS_FORCE_GPT);
    for (int erased = 0; erased < WIPES_MAX; erased++) {
        int found = blkid_do_probe(probe), code = found < 0 ? probe_failed(error) : 0;
        if (found == 1) /* there are no more; where there were none, nothing needs to be made durable */
            return erased ? tri_device_fsync(fd, error) : 0;
        if (code == 0)
            code = erase_signature(probe, fd, error);
        if (code < 0)
            return code;
    }
    return tri_error_set(error, TRI_STORAGE_IO, NULL,
                         "Signatures come back after they were erased: is the device broken?");
}

/* The kernel's way where it has one (a hole in an image costs nothing), else by writing. */
static int write_zeros(int fd, uint64_t offset_bytes, uint64_t size_bytes, struct tri_error *error)
{
    static const char zeros[64 << 10];
    uint64_t range[2] = {offset_bytes, size_bytes};
    if (ioctl(fd, BLKZEROOUT, range) == 0)
        return 0;
    while (size_bytes > 0) {
        size_t part = size_bytes < sizeof zeros ? (size_t)size_bytes : sizeof zeros;
        int code = tri_device_pwrite(fd, zeros, part, offset_bytes, error);
        if (code < 0)
            return code;
        offset_bytes += part;
        size_bytes -= part;
    }
    return 0;
}

int tri_probe_erase(int fd, uint64_t offset_bytes, uint64_t size_bytes, struct tri_error *error)
{
    if (size_bytes <= 2 * EDGE_BYTES)
        return write_zeros(fd, offset_bytes, size_bytes, error);
    int code = write_zeros(fd, offset_bytes, EDGE_BYTES, error);
    return code < 0 ? code : write_zeros(fd, offset_bytes + size_bytes - EDGE_BYTES, EDGE_BYTES, error);
}
