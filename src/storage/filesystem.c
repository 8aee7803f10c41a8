#include "storage/filesystem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistr.h>

#include "base/cleanup.h"
#include "storage/error.h"
#include "storage/tool.h"

#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define GIB (1ull << 30)
#define TIB (1ull << 40)
#define PIB (1ull << 50)

/* Fewer allocation units than these make no file system of any kind, or (FAT) another one. */
#define UNITS_MIN 64
#define FAT32_UNITS_MIN 65525
#define FAT16_UNITS_MIN 4085
#define FAT16_UNITS_MAX 65524
#define FAT16_ENTRIES_BYTES 4 /* of a unit, in both tables */
#define COMPRESSED_UNIT_MAX 4096

/* Found by trying, with e2fsprogs 1.47, xfsprogs 6.1, btrfs-progs 6.2, dosfstools 4.2, exfatprogs 1.2, ntfs-3g 2022.10.
 * Units stop at what a kernel with pages of 4 KiB can mount. mke2fs cuts long labels off, mkfs.fat cannot be
 * trusted with what is not ASCII, and NTFS labels end at the 32 characters of Windows: all are refused here instead.
 * mkfs.btrfs takes an id too, but then looks through all devices for it, and writes down what it finds. */
static const struct tri_filesystem_kind kinds[] = {
    {.name = "ext4", .blkid_type = "ext4", .tool = "mkfs.ext4", .package = "e2fsprogs", .label_max_bytes = 16,
     .label_illegal = "", .unit_min_bytes = 1024, .unit_max_bytes = 4096, .unit_default_bytes = 4096,
     .size_min_bytes = 256 * KIB, .size_max_bytes = 1024 * PIB, .uuid_option = "-U", .can_grow = true, .can_shrink = true,
     .can_mount_points = true},
    {.name = "ext3", .blkid_type = "ext3", .tool = "mkfs.ext3", .package = "e2fsprogs", .label_max_bytes = 16,
     .label_illegal = "", .unit_min_bytes = 1024, .unit_max_bytes = 4096, .unit_default_bytes = 4096,
     .size_min_bytes = 2 * MIB, .size_max_bytes = 16 * TIB, .uuid_option = "-U", .can_grow = true, .can_shrink = true,
     .can_mount_points = true},
    {.name = "ext2", .blkid_type = "ext2", .tool = "mkfs.ext2", .package = "e2fsprogs", .label_max_bytes = 16,
     .label_illegal = "", .unit_min_bytes = 1024, .unit_max_bytes = 4096, .unit_default_bytes = 4096,
     .size_min_bytes = 256 * KIB, .size_max_bytes = 16 * TIB, .uuid_option = "-U", .can_grow = true, .can_shrink = true,
     .can_mount_points = true},
    {.name = "xfs", .blkid_type = "xfs", .tool = "mkfs.xfs", .package = "xfsprogs", .label_max_bytes = 12,
     .label_illegal = "", .unit_min_bytes = 1024, .unit_max_bytes = 4096, .unit_default_bytes = 4096,
     .size_min_bytes = 300 * MIB, .size_max_bytes = 8191 * PIB, .uuid_option = "-m", .can_grow = true, .can_mount_points = true},
    {.name = "btrfs", .blkid_type = "btrfs", .tool = "mkfs.btrfs", .package = "btrfs-progs", .label_max_bytes = 255,
     .label_illegal = "", .unit_min_bytes = 4096, .unit_max_bytes = 4096, .unit_default_bytes = 4096,
     .size_min_bytes = 109 * MIB, .size_max_bytes = 8191 * PIB, .can_grow = true, .can_shrink = true,
     .can_mount_points = true},
    {.name = "FAT32", .blkid_type = "vfat", .tool = "mkfs.vfat", .package = "dosfstools", .label_max_bytes = 11,
     .label_max_units = 11, .label_illegal = "*?.,;:/\\|+=<>[]\"", .unit_min_bytes = 512, .unit_max_bytes = 64 * KIB,
     .unit_default_bytes = 4096, .size_min_bytes = 34 * MIB, .size_max_bytes = 2 * TIB - 512, .uuid_option = "-i"},
    {.name = "FAT", .blkid_type = "vfat", .tool = "mkfs.vfat", .package = "dosfstools", .label_max_bytes = 11,
     .label_max_units = 11, .label_illegal = "*?.,;:/\\|+=<>[]\"", .unit_min_bytes = 512, .unit_max_bytes = 64 * KIB,
     .unit_default_bytes = 2048, .size_min_bytes = 64 * KIB, .size_max_bytes = 2 * GIB, .uuid_option = "-i"},
    {.name = "exFAT", .blkid_type = "exfat", .tool = "mkfs.exfat", .package = "exfatprogs", .label_max_units = 11,
     .label_illegal = "\"*/:<>?\\|", .unit_min_bytes = 512, .unit_max_bytes = 32 * MIB,
     .unit_default_bytes = 32 * KIB, .size_min_bytes = 4 * MIB, .size_max_bytes = 128 * PIB},
    {.name = "NTFS", .blkid_type = "ntfs", .tool = "mkntfs", .package = "ntfs-3g", .label_max_units = 32,
     .label_illegal = "\"*/:<>?\\|", .unit_min_bytes = 512, .unit_max_bytes = 64 * KIB, .unit_default_bytes = 4096,
     .size_min_bytes = 2 * MIB, .size_max_bytes = 256 * TIB, .can_grow = true, .can_shrink = true, .can_compress = true,
     .can_mount_points = true},
    {.name = NULL},
};

const struct tri_filesystem_kind *tri_filesystem_kinds(void)
{
    return kinds;
}

const struct tri_filesystem_kind *tri_filesystem_kind(const char *name)
{
    for (const struct tri_filesystem_kind *kind = kinds; kind->name; kind++)
        if (name && strcasecmp(name, kind->name) == 0)
            return kind;
    return NULL;
}

const struct tri_filesystem_kind *tri_filesystem_kind_of(const struct tri_filesystem *found)
{
    if (strcmp(found->type, "vfat") == 0)
        return tri_filesystem_kind(strcmp(found->version, "FAT32") == 0 ? "FAT32" : "FAT");
    for (const struct tri_filesystem_kind *kind = kinds; kind->name; kind++)
        if (strcmp(found->type, kind->blkid_type) == 0)
            return kind;
    return NULL;
}

bool tri_filesystem_kind_installed(const struct tri_filesystem_kind *kind)
{
    return tri_tool_exists(kind->tool);
}

/* ---- what a request may ask ---- */

static bool is_fat(const struct tri_filesystem_kind *kind)
{
    return strcmp(kind->blkid_type, "vfat") == 0;
}

static size_t utf16_units(const uint8_t *text, size_t bytes)
{
    size_t units = 0;
    for (size_t at = 0; at < bytes;) {
        ucs4_t character;
        at += (size_t)u8_mbtouc(&character, text + at, bytes - at);
        units += character > 0xffff ? 2 : 1;
    }
    return units;
}

/* NULL, or what is wrong with it. */
static const char *label_fault(const struct tri_filesystem_kind *kind, const char *label)
{
    size_t bytes = strlen(label);
    const uint8_t *text = (const uint8_t *)label;
    if (u8_check(text, bytes))
        return "it is not UTF-8";
    for (size_t i = 0; i < bytes; i++)
        if (text[i] < 0x20 || text[i] == 0x7f)
            return "it has control characters";
    if ((kind->label_max_bytes && bytes > kind->label_max_bytes) ||
        (kind->label_max_units && utf16_units(text, bytes) > kind->label_max_units))
        return "it is too long";
    if (strpbrk(label, kind->label_illegal))
        return "it has characters that this file system does not allow";
    for (size_t i = 0; is_fat(kind) && i < bytes; i++)
        if (text[i] >= 0x80)
            return "FAT labels are ASCII here";
    return is_fat(kind) && label[0] == ' ' ? "FAT labels cannot begin with a space" : NULL;
}

static int check_label(const struct tri_filesystem_kind *kind, const char *label, struct tri_error *error)
{
    const char *fault = label_fault(kind, label);
    if (!fault)
        return 0;
    if (kind->label_max_units)
        return tri_error_set(error, TRI_STORAGE_BAD_LABEL, "label",
                             "The label cannot be used for %s: %s (at most %u characters).", kind->name, fault,
                             kind->label_max_units);
    return tri_error_set(error, TRI_STORAGE_BAD_LABEL, "label",
                         "The label cannot be used for %s: %s (at most %u bytes).", kind->name, fault,
                         kind->label_max_bytes);
}

/* The next power of two, which units are: what can be asked for instead. */
static uint64_t power_above(uint64_t value)
{
    uint64_t power = 1;
    while (power < value)
        power *= 2;
    return power;
}

static uint64_t power_below(uint64_t value)
{
    uint64_t power = power_above(value);
    return power == value ? power : power / 2;
}

static int unit_too_small(const struct tri_filesystem_kind *kind, uint32_t unit, uint64_t least,
                          struct tri_error *error)
{
    return tri_error_set(error, TRI_STORAGE_UNIT_TOO_SMALL, "unit",
                         "An allocation unit of %u bytes is too small for %s here; %llu is the least.", unit,
                         kind->name, (unsigned long long)power_above(least));
}

static int unit_too_big(const struct tri_filesystem_kind *kind, uint32_t unit, uint64_t most, struct tri_error *error)
{
    return tri_error_set(error, TRI_STORAGE_UNIT_TOO_BIG, "unit",
                         "An allocation unit of %u bytes is too big for %s here; %llu is the most.", unit, kind->name,
                         (unsigned long long)power_below(most));
}

static int check_unit(const struct tri_filesystem_kind *kind, uint32_t unit, struct tri_error *error)
{
    if (unit == 0)
        return 0;
    if (unit < kind->unit_min_bytes)
        return unit_too_small(kind, unit, kind->unit_min_bytes, error);
    if (unit > kind->unit_max_bytes)
        return unit_too_big(kind, unit, kind->unit_max_bytes, error);
    if (unit & (unit - 1)) /* between two that exist: the next one down is what could be had */
        return tri_error_set(error, TRI_STORAGE_UNIT_TOO_SMALL, "unit",
                             "An allocation unit is a power of two bytes, and %u is none.", unit);
    return 0;
}

int tri_mkfs_check(const struct tri_format_spec *spec, const struct tri_filesystem_kind **ret_kind,
                   struct tri_error *error)
{
    bool named = memchr(spec->filesystem, '\0', sizeof spec->filesystem) != NULL;
    const struct tri_filesystem_kind *kind =
        named ? tri_filesystem_kind(*spec->filesystem ? spec->filesystem : "ext4") : NULL;
    if (!kind)
        return tri_error_set(error, TRI_STORAGE_BAD_FILESYSTEM, "filesystem", "There is no file system \"%.*s\" here.",
                             (int)sizeof spec->filesystem, spec->filesystem);
    if (!memchr(spec->label, '\0', sizeof spec->label))
        return tri_error_set(error, TRI_STORAGE_BAD_LABEL, "label", "The label is too long.");
    int r = check_label(kind, spec->label, error);
    if (r == 0)
        r = check_unit(kind, spec->unit_bytes, error);
    if (r < 0)
        return r;
    if (spec->compress && (!kind->can_compress || spec->unit_bytes > COMPRESSED_UNIT_MAX))
        return tri_error_set(error, TRI_STORAGE_NO_COMPRESSION, "compress",
                             kind->can_compress ? "%s compresses with allocation units of at most 4096 bytes only."
                                                : "%s has no compression that could be set when it is made.",
                             kind->name);
    if (!tri_filesystem_kind_installed(kind))
        return tri_error_set(error, TRI_STORAGE_NO_TOOL, kind->tool, "%s is not installed; install the package %s.",
                             kind->tool, kind->package);
    *ret_kind = kind;
    return 0;
}

/* FAT is by its number of units what it is. */
static int check_fat_units(const struct tri_filesystem_kind *kind, uint32_t unit, uint64_t size_bytes,
                           struct tri_error *error)
{
    uint64_t units = size_bytes / unit, fat16_units = size_bytes / (unit + FAT16_ENTRIES_BYTES);
    if (strcmp(kind->name, "FAT32") == 0 && units < FAT32_UNITS_MIN + FAT32_UNITS_MIN / 64)
        return unit_too_big(kind, unit, size_bytes / (FAT32_UNITS_MIN + FAT32_UNITS_MIN / 64), error);
    if (strcmp(kind->name, "FAT") == 0 && fat16_units > FAT16_UNITS_MAX)
        return unit_too_small(kind, unit, size_bytes / FAT16_UNITS_MAX + 1 - FAT16_ENTRIES_BYTES, error);
    if (strcmp(kind->name, "FAT32") == 0 && units > (1ull << 28) - 16)
        return unit_too_small(kind, unit, size_bytes >> 28, error);
    return 0;
}

int tri_mkfs_check_size(const struct tri_format_spec *spec, const struct tri_filesystem_kind *kind, uint64_t size_bytes,
                        uint32_t sector_bytes, struct tri_error *error)
{
    if (size_bytes < kind->size_min_bytes)
        return tri_error_set(error, TRI_STORAGE_TOO_SMALL, NULL,
                             "The volume has %llu bytes, and %s needs %llu at least.", (unsigned long long)size_bytes,
                             kind->name, (unsigned long long)kind->size_min_bytes);
    if (size_bytes > kind->size_max_bytes)
        return tri_error_set(error, TRI_STORAGE_TOO_BIG, NULL,
                             "The volume has %llu bytes, and %s can have %llu at most.", (unsigned long long)size_bytes,
                             kind->name, (unsigned long long)kind->size_max_bytes);
    uint32_t unit = spec->unit_bytes;
    if (unit == 0)
        return 0;
    if (unit < sector_bytes)
        return unit_too_small(kind, unit, sector_bytes, error);
    if (size_bytes / unit < UNITS_MIN)
        return unit_too_big(kind, unit, size_bytes / UNITS_MIN, error);
    if (is_fat(kind))
        return check_fat_units(kind, unit, size_bytes, error);
    if (size_bytes / unit >= UINT32_MAX && (strcmp(kind->name, "NTFS") == 0 || strcmp(kind->name, "exFAT") == 0))
        return unit_too_small(kind, unit, size_bytes / UINT32_MAX + 1, error);
    return 0;
}

/* ---- command lines ---- */

static void add(struct tri_mkfs *mkfs, const char *word)
{
    mkfs->argv[mkfs->argc++] = word;
    mkfs->argv[mkfs->argc] = NULL;
}

static void add_two(struct tri_mkfs *mkfs, const char *option, const char *value)
{
    add(mkfs, option);
    add(mkfs, value);
}

static void add_label(struct tri_mkfs *mkfs, const char *option, const char *label)
{
    if (*label)
        add_two(mkfs, option, label); /* a separate word: one that begins with '-' is a label still */
}

/* format: "%u" with what is around it. */
static void add_unit(struct tri_mkfs *mkfs, const char *option, const char *prefix, uint32_t value)
{
    if (value == 0)
        return;
    snprintf(mkfs->unit, sizeof mkfs->unit, "%s%u", prefix, value);
    add_two(mkfs, option, mkfs->unit);
}

void tri_mkfs_choose_uuid(const struct tri_filesystem_kind *kind, char uuid[TRI_UUID_TEXT_SIZE])
{
    const struct tri_uuid id = tri_uuid_random();
    uuid[0] = '\0';
    if (kind->uuid_option && is_fat(kind))
        snprintf(uuid, TRI_UUID_TEXT_SIZE, "%02X%02X-%02X%02X", id.bytes[0], id.bytes[1], id.bytes[2], id.bytes[3]);
    else if (kind->uuid_option)
        tri_uuid_text(&id, uuid);
}

/* As the tool wants it. */
static void add_uuid(struct tri_mkfs *mkfs, const struct tri_filesystem_kind *kind, const char *uuid)
{
    if (!kind->uuid_option)
        return;
    if (is_fat(kind))
        snprintf(mkfs->uuid, sizeof mkfs->uuid, "%.4s%.4s", uuid, uuid + 5);
    else
        snprintf(mkfs->uuid, sizeof mkfs->uuid, "%s%s", strcmp(kind->name, "xfs") == 0 ? "uuid=" : "", uuid);
    add_two(mkfs, kind->uuid_option, mkfs->uuid);
}

static void fat_command(struct tri_mkfs *mkfs, const struct tri_format_spec *spec,
                        const struct tri_filesystem_kind *kind, uint64_t size_bytes, uint32_t sector_bytes,
                        bool is_whole_disk)
{
    uint64_t units = spec->unit_bytes ? size_bytes / spec->unit_bytes : 0;
    if (strcmp(kind->name, "FAT32") == 0)
        add_two(mkfs, "-F", "32");
    else if (units ? units >= FAT16_UNITS_MIN + FAT16_UNITS_MIN / 64 : size_bytes >= 32 * MIB)
        add_two(mkfs, "-F", "16");
    else if (units)
        add_two(mkfs, "-F", "12");
    if (is_whole_disk)
        add(mkfs, "-I"); /* "yes, without a table" */
    add_label(mkfs, "-n", spec->label);
    add_unit(mkfs, "-s", "", spec->unit_bytes / sector_bytes);
}

static void ntfs_command(struct tri_mkfs *mkfs, const struct tri_format_spec *spec, bool is_whole_disk)
{
    add(mkfs, "-Q");
    add(mkfs, "-q");
    if (is_whole_disk)
        add(mkfs, "-F"); /* some disks are refused as a whole without; that it is free was looked at */
    if (spec->compress)
        add(mkfs, "-C");
    add_label(mkfs, "-L", spec->label);
    add_unit(mkfs, "-c", "", spec->unit_bytes);
}

void tri_mkfs_command(struct tri_mkfs *mkfs, const struct tri_format_spec *spec, const struct tri_filesystem_kind *kind,
                      const char *node, const char *uuid, uint64_t size_bytes, uint32_t sector_bytes, bool is_whole_disk,
                      bool discard)
{
    *mkfs = (struct tri_mkfs){.argc = 0};
    add(mkfs, kind->tool);
    add_uuid(mkfs, kind, uuid);
    if (is_fat(kind)) {
        fat_command(mkfs, spec, kind, size_bytes, sector_bytes, is_whole_disk);
    } else if (strcmp(kind->name, "NTFS") == 0) {
        ntfs_command(mkfs, spec, is_whole_disk);
    } else if (strcmp(kind->name, "exFAT") == 0) {
        add_label(mkfs, "-L", spec->label);
        add_unit(mkfs, "-c", "", spec->unit_bytes);
    } else if (strcmp(kind->name, "btrfs") == 0 || strcmp(kind->name, "xfs") == 0) {
        add_two(mkfs, "-f", "-q");
        if (!discard)
            add(mkfs, "-K");
        add_label(mkfs, "-L", spec->label);
        if (strcmp(kind->name, "xfs") == 0)
            add_unit(mkfs, "-b", "size=", spec->unit_bytes);
        else
            add_unit(mkfs, "-s", "", spec->unit_bytes);
    } else {
        add_two(mkfs, "-q", "-F"); /* asks nothing; a mounted one is refused still */
        if (!discard)
            add_two(mkfs, "-E", "nodiscard");
        add_label(mkfs, "-L", spec->label);
        add_unit(mkfs, "-b", "", spec->unit_bytes);
    }
    add(mkfs, node);
}
