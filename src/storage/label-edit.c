/* Changing a partition table, on a copy in memory (label.h). */
#include <errno.h>
#include <fcntl.h>
#include <libfdisk/libfdisk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/utf16.h"
#include "storage/device.h"
#include "storage/label-private.h"
#include "storage/label.h"
#include "storage/probe.h"

/* ---- changing: the copy ---- */

struct change { /* of one sector */
    uint64_t offset_bytes;
    bool is_new;                  /* was no part of the old table */
    uint8_t *old_data, *new_data; /* in tri_label_edit.data */
};

struct range {
    uint64_t start_bytes, size_bytes;
};

struct tri_label_edit {
    const struct tri_disk *disk;
    int disk_fd, copy_fd; /* the disk; a file in memory, as long as the disk, and nearly all of it holes */
    enum tri_style old_style;
    bool is_new_table;
    struct range *ranges; /* that were copied: all that the old table consists of */
    size_t range_count;
    struct fdisk_context *fdisk;
    struct tri_disk table;  /* after a preview */
    struct change *changes; /* after a preview; in the order of writing */
    size_t change_count, written;
    uint8_t *data;
    struct {
        unsigned number;
        char16_t units[GPT_NAME_UNITS];
    } name; /* to be given to a new GPT entry; number 0: none */
};

static int make_copy(struct tri_label_edit *edit, struct tri_error *error)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < edit->disk->size_bytes)
        return tri_error_set(
            error, -EFBIG, NULL,
            "The table is changed on a copy in memory, and this process may not have files as large as the "
            "disk (ulimit -f).");
    edit->copy_fd = memfd_create("trireme-table", MFD_CLOEXEC);
    if (edit->copy_fd < 0 || ftruncate(edit->copy_fd, (off_t)edit->disk->size_bytes) < 0)
        return tri_error_set(error, -errno, NULL, "Cannot make a copy of the partition table in memory: %m.");
    return 0;
}

/* Copies a range of the disk; for a new table only remembers it: the copy stays zero there. */
static int copy_range(struct tri_label_edit *edit, uint64_t start_bytes, uint64_t size_bytes, struct tri_error *error)
{
    if (start_bytes >= edit->disk->size_bytes)
        return 0;
    if (size_bytes > edit->disk->size_bytes - start_bytes)
        size_bytes = edit->disk->size_bytes - start_bytes;
    struct range *more = reallocarray(edit->ranges, edit->range_count + 1, sizeof *more);
    if (!more)
        return tri_error_no_memory(error);
    edit->ranges = more;
    edit->ranges[edit->range_count++] = (struct range){start_bytes, size_bytes};
    TRI_AUTO_FREE uint8_t *data = malloc(size_bytes);
    if (!data)
        return tri_error_no_memory(error);
    int code = tri_device_pread(edit->disk_fd, data, size_bytes, start_bytes, error);
    if (code < 0)
        return code;
    if (edit->is_new_table) /* the boot program before an MBR's numbers is nobody's table */
        memset(data, 0, size_bytes);
    return tri_device_pwrite(edit->copy_fd, data, size_bytes, start_bytes, error);
}

static int copy_gpt(struct tri_label_edit *edit, uint64_t lba, struct tri_error *error)
{
    struct gpt gpt;
    uint32_t sector = edit->disk->sector_bytes;
    if (lba >= edit->disk->size_bytes / sector || !tri_label_read_header(edit->disk_fd, edit->disk, lba, &gpt))
        return 0;
    free(gpt.entries);
    int code = copy_range(edit, lba * sector, sector, error);
    uint64_t bytes = (array_bytes(&gpt) + sector - 1) / sector * sector;
    if (code == 0)
        code = copy_range(edit, gpt.entries_lba * sector, bytes, error);
    if (code == 0 && lba == 1 && gpt.alternate != edit->disk->size_bytes / sector - 1)
        code = copy_gpt(edit, gpt.alternate == 1 ? 0 : gpt.alternate, error); /* of a disk that has grown since */
    return code;
}

/* A sector of a table in the chain of logical partitions. */
static int copy_chain(struct tri_label_edit *edit, struct tri_error *error)
{
    int code = 0;
    for (size_t i = 0; i < edit->disk->partition_count && code == 0; i++) {
        const struct tri_partition *partition = &edit->disk->partitions[i];
        if (partition->is_extended || partition->is_logical)
            code = copy_range(edit, partition->is_extended ? partition->start_bytes : partition->table_bytes,
                              edit->disk->sector_bytes, error);
    }
    return code;
}

/* Where a GPT of the usual size has its sectors: the first and last 16 KiB and what belongs to them. */
static int copy_table(struct tri_label_edit *edit, struct tri_error *error)
{
    uint64_t sector = edit->disk->sector_bytes, size = edit->disk->size_bytes;
    uint64_t array = (uint64_t)GPT_ENTRIES_DEFAULT * GPT_ENTRY_MIN_BYTES;
    bool has_gpt = edit->disk->style == TRI_STYLE_GPT || edit->is_new_table;
    uint64_t head = has_gpt ? 2 * sector + array : sector, tail = sector + array;
    int code = copy_range(edit, 0, head < size ? head : size, error);
    if (code == 0 && has_gpt && size > head + tail)
        code = copy_range(edit, size - tail, tail, error);
    if (code == 0 && edit->disk->style == TRI_STYLE_GPT && !edit->is_new_table)
        code = copy_gpt(edit, 1, error);
    if (code == 0 && edit->disk->style == TRI_STYLE_GPT && !edit->is_new_table)
        code = copy_gpt(edit, size / sector - 1, error);
    return code == 0 && edit->disk->style == TRI_STYLE_MBR && !edit->is_new_table ? copy_chain(edit, error) : code;
}

/* ---- changing: libfdisk on the copy ---- */

static int fdisk_failed(int code, const char *what, struct tri_error *error)
{
    return tri_error_set(error, code < 0 ? code : -EINVAL, NULL, "The partition table cannot be changed: %s (%s).",
                         what, strerror(code < 0 ? -code : EINVAL));
}

static int open_fdisk(struct tri_label_edit *edit, struct tri_error *error)
{
    uint32_t sector = edit->disk->sector_bytes;
    edit->fdisk = fdisk_new_context();
    if (!edit->fdisk)
        return tri_error_no_memory(error);
    fdisk_disable_dialogs(edit->fdisk, 1);
    fdisk_enable_listonly(edit->fdisk, 1); /* does not look for file systems: that was done */
    fdisk_save_user_sector_size(edit->fdisk, sector, sector);
    fdisk_save_user_grain(edit->fdisk, sector);
    int code = fdisk_assign_device_by_fd(edit->fdisk, edit->copy_fd, "table", 0);
    return code < 0 ? fdisk_failed(code, "libfdisk cannot read it", error) : 0;
}

/* ---- changing: an empty table ---- */

static void put_le64(uint8_t *p, uint64_t v)
{
    v = htole64(v);
    memcpy(p, &v, sizeof v);
}

static void put_guid(uint8_t *p, const struct tri_uuid *uuid)
{
    struct tri_uuid swapped = uuid_of_guid(uuid->bytes); /* its own inverse */
    memcpy(p, swapped.bytes, sizeof swapped.bytes);
}

/* The first sector of a GPT disk: one partition over all of it, of a type that nobody else has. */
static void fill_protective(uint8_t *sector, uint64_t sectors)
{
    static const uint8_t entry[8] = {0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff};
    memcpy(sector + MBR_ENTRIES, entry, sizeof entry);
    put_le32(sector + MBR_ENTRIES + 8, 1);
    put_le32(sector + MBR_ENTRIES + 12, sectors - 1 > UINT32_MAX ? UINT32_MAX : (uint32_t)(sectors - 1));
    sector[MBR_MAGIC] = 0x55;
    sector[MBR_MAGIC + 1] = 0xaa;
}

static int write_gpt_header(struct tri_label_edit *edit, uint64_t lba, uint64_t alternate, uint64_t entries_lba,
                            const struct tri_uuid *guid, struct tri_error *error)
{
    uint8_t header[SECTOR_MAX_BYTES] = {0};
    TRI_AUTO_FREE uint8_t *entries = calloc(GPT_ENTRIES_DEFAULT, GPT_ENTRY_MIN_BYTES);
    if (!entries)
        return tri_error_no_memory(error);
    uint32_t sector = edit->disk->sector_bytes, array = GPT_ENTRIES_DEFAULT * GPT_ENTRY_MIN_BYTES;
    uint64_t sectors = edit->disk->size_bytes / sector;
    memcpy(header, "EFI PART\0\0\1\0", 12); /* and the revision, 1.0 */
    put_le32(header + 12, GPT_HEADER_MIN_BYTES);
    put_le64(header + 24, lba);
    put_le64(header + 32, alternate);
    put_le64(header + 40, 2 + array / sector);           /* first usable */
    put_le64(header + 48, sectors - 2 - array / sector); /* last usable */
    put_guid(header + 56, guid);
    put_le64(header + 72, entries_lba);
    put_le32(header + 80, GPT_ENTRIES_DEFAULT);
    put_le32(header + 84, GPT_ENTRY_MIN_BYTES);
    put_le32(header + 88, crc32_of(entries, array));
    put_le32(header + 16, crc32_of(header, GPT_HEADER_MIN_BYTES));
    return tri_device_pwrite(edit->copy_fd, header, sector, lba * sector, error);
}

/* The one table that is written without libfdisk: that takes ten times as long for it (it looks for file systems on the
 * copy), and begins the usable range at 1 MiB. */
static int create_gpt(struct tri_label_edit *edit, struct tri_error *error)
{
    uint8_t first[SECTOR_MAX_BYTES] = {0};
    uint32_t sector = edit->disk->sector_bytes;
    uint64_t sectors = edit->disk->size_bytes / sector, array = GPT_ENTRIES_DEFAULT * GPT_ENTRY_MIN_BYTES / sector;
    struct tri_uuid guid = tri_uuid_random();
    if (sectors < 2 * (array + 2))
        return tri_error_set(error, TRI_STORAGE_NO_SPACE, NULL, "The disk is too small for a GPT.");
    fill_protective(first, sectors);
    int code = tri_device_pwrite(edit->copy_fd, first, sector, 0, error);
    if (code == 0)
        code = write_gpt_header(edit, 1, sectors - 1, 2, &guid, error);
    return code == 0 ? write_gpt_header(edit, sectors - 1, 1, sectors - 1 - array, &guid, error) : code;
}

static int create_mbr(struct tri_label_edit *edit, struct tri_error *error)
{
    int code = open_fdisk(edit, error);
    if (code < 0)
        return code;
    code = fdisk_create_disklabel(edit->fdisk, "dos");
    return code < 0 ? fdisk_failed(code, "an empty one cannot be made", error) : 0;
}

/* The table that is there. */
static int open_table(struct tri_label_edit *edit, struct tri_error *error)
{
    int code = open_fdisk(edit, error);
    if (code < 0)
        return code;
    const struct fdisk_label *label = fdisk_get_label(edit->fdisk, NULL);
    const char *found = label ? fdisk_label_get_name(label) : "";
    if (strcmp(found, edit->disk->style == TRI_STYLE_GPT ? "gpt" : "dos") != 0)
        return fdisk_failed(-EINVAL, "libfdisk does not see it as we do", error);
    fdisk_set_first_lba(edit->fdisk, 1); /* what is free is asked of our own reader */
    return 0;
}

int tri_label_edit_begin(const struct tri_disk *disk, int disk_fd, enum tri_style style, struct tri_label_edit **ret,
                         struct tri_error *error)
{
    TRI_AUTO_EDIT struct tri_label_edit *edit = calloc(1, sizeof *edit);
    if (!edit)
        return tri_error_no_memory(error);
    if (!tri_label_sector_is_usable(disk))
        return tri_error_set(error, TRI_STORAGE_NOT_SUPPORTED, NULL,
                             "%s is too small for a partition table, or has strange sectors.", disk->name);
    *edit = (struct tri_label_edit){.disk = disk,
                                    .disk_fd = disk_fd,
                                    .copy_fd = -1,
                                    .old_style = disk->style,
                                    .is_new_table = style != TRI_STYLE_NONE};
    int code = make_copy(edit, error);
    if (code == 0)
        code = copy_table(edit, error);
    if (code == 0)
        code = !edit->is_new_table      ? open_table(edit, error)
               : style == TRI_STYLE_GPT ? create_gpt(edit, error)
                                        : create_mbr(edit, error);
    if (code == 0)
        *ret = TRI_TAKE(edit);
    return code;
}

void tri_label_edit_free(struct tri_label_edit *edit)
{
    if (!edit)
        return;
    if (edit->fdisk) {
        fdisk_deassign_device(edit->fdisk, 1);
        fdisk_unref_context(edit->fdisk);
    }
    tri_label_forget(&edit->table);
    tri_close(edit->copy_fd);
    free(edit->ranges);
    free(edit->changes);
    free(edit->data);
    free(edit);
}

void tri_label_edit_freep(struct tri_label_edit **edit)
{
    tri_label_edit_free(*edit);
}

/* ---- changing: one partition ---- */

static struct fdisk_parttype *new_type(const struct tri_label_edit *edit, const struct tri_partition *wanted)
{
    char text[TRI_UUID_TEXT_SIZE];
    if (fdisk_is_label(edit->fdisk, DOS))
        return fdisk_new_unknown_parttype(wanted->mbr_type, NULL);
    tri_uuid_text(&wanted->type, text);
    return fdisk_new_unknown_parttype(0, text); /* "unknown" means: not looked up in the list of names */
}

static int set_type(struct fdisk_partition *partition, const struct tri_label_edit *edit,
                    const struct tri_partition *wanted)
{
    struct fdisk_parttype *type = new_type(edit, wanted);
    if (!type)
        return -EINVAL;
    int code = fdisk_partition_set_type(partition, type);
    fdisk_unref_parttype(type);
    return code;
}

static int set_active(struct tri_label_edit *edit, size_t index, bool active)
{
    struct fdisk_partition *partition = NULL;
    int code = fdisk_get_partition(edit->fdisk, index, &partition);
    if (code == 0 && (fdisk_partition_is_bootable(partition) == 1) != active)
        code = fdisk_toggle_partition_flag(edit->fdisk, index, DOS_FLAG_ACTIVE);
    fdisk_unref_partition(partition);
    return code;
}

/* At most one is active. */
static int activate(struct tri_label_edit *edit, size_t index)
{
    int code = 0;
    for (size_t i = 0; i < 4 && code == 0; i++)
        if (fdisk_is_partition_used(edit->fdisk, i))
            code = set_active(edit, i, i == index);
    return code == 0 && index >= 4 ? set_active(edit, index, true) : code;
}

static int set_name(struct tri_label_edit *edit, unsigned number, const char *name, struct tri_error *error)
{
    TRI_AUTO_FREE char16_t *units = NULL;
    int code = tri_utf16_from_utf8(name, &units);
    if (code < 0)
        return tri_error_no_memory(error);
    size_t count = tri_utf16_length(units);
    if (count > GPT_NAME_UNITS)
        return tri_error_set(error, -EINVAL, NULL, "The partition's name is longer than %d UTF-16 units.",
                             GPT_NAME_UNITS);
    edit->name.number = number;
    memset(edit->name.units, 0, sizeof edit->name.units);
    memcpy(edit->name.units, units, count * sizeof *units);
    return 0;
}

/* Which slot: the lowest free one for a primary partition, the next of the chain for a logical one. */
static int choose_slot(const struct tri_label_edit *edit, const struct tri_partition *wanted, size_t *ret)
{
    size_t end = fdisk_is_label(edit->fdisk, DOS) && !wanted->is_logical ? 4 : fdisk_get_npartitions(edit->fdisk);
    size_t slot = wanted->is_logical ? 4 : 0;
    while (slot < end && fdisk_is_partition_used(edit->fdisk, slot))
        slot++;
    if (slot >= end && !wanted->is_logical)
        return TRI_STORAGE_PARTITION_LIMIT;
    *ret = slot;
    return 0;
}

static int describe(struct tri_label_edit *edit, const struct tri_partition *wanted, size_t slot,
                    struct fdisk_partition *partition)
{
    char text[TRI_UUID_TEXT_SIZE];
    uint64_t sector = edit->disk->sector_bytes;
    fdisk_partition_set_start(partition, wanted->start_bytes / sector);
    fdisk_partition_set_size(partition, wanted->size_bytes / sector);
    fdisk_partition_size_explicit(partition, 1);
    fdisk_partition_set_partno(partition, slot);
    if (!fdisk_is_label(edit->fdisk, DOS)) {
        tri_uuid_text(&wanted->id, text);
        int code = fdisk_partition_set_uuid(partition, text);
        if (code < 0)
            return code;
    }
    return set_type(partition, edit, wanted);
}

int tri_label_edit_add(struct tri_label_edit *edit, const struct tri_partition *wanted, struct tri_error *error)
{
    size_t slot = 0;
    int code = choose_slot(edit, wanted, &slot);
    struct fdisk_partition *partition = code < 0 ? NULL : fdisk_new_partition();
    if (code == 0)
        code = partition ? describe(edit, wanted, slot, partition) : -ENOMEM;
    if (code == 0)
        code = fdisk_add_partition(edit->fdisk, partition, &slot);
    fdisk_unref_partition(partition);
    if (code == TRI_STORAGE_PARTITION_LIMIT || code == -ENOSPC || (code < 0 && wanted->is_logical && slot >= 59))
        return tri_error_set(error, TRI_STORAGE_PARTITION_LIMIT, NULL, "The partition table of %s has no free entry.",
                             edit->disk->name);
    if (code == 0 && fdisk_is_label(edit->fdisk, DOS) && wanted->is_active)
        code = activate(edit, slot);
    if (code == 0 && !fdisk_is_label(edit->fdisk, DOS) && wanted->attributes != 0)
        code = fdisk_gpt_set_partition_attrs(edit->fdisk, slot, wanted->attributes);
    if (code < 0)
        return fdisk_failed(code, "the partition cannot be added", error);
    return wanted->name && wanted->name[0] ? set_name(edit, (unsigned)slot + 1, wanted->name, error) : 0;
}

int tri_label_edit_remove(struct tri_label_edit *edit, const struct tri_partition *partition, struct tri_error *error)
{
    int code = fdisk_delete_partition(edit->fdisk, partition->number - 1);
    return code < 0 ? fdisk_failed(code, "the partition cannot be removed", error) : 0;
}

static int resize(struct tri_label_edit *edit, const struct tri_partition *wanted)
{
    struct fdisk_partition *partition = fdisk_new_partition();
    if (!partition)
        return -ENOMEM;
    fdisk_partition_set_size(partition, wanted->size_bytes / edit->disk->sector_bytes);
    fdisk_partition_size_explicit(partition, 1);
    int code = fdisk_set_partition(edit->fdisk, wanted->number - 1, partition);
    fdisk_unref_partition(partition);
    return code;
}

static int retype(struct tri_label_edit *edit, const struct tri_partition *wanted)
{
    struct fdisk_parttype *type = new_type(edit, wanted);
    if (!type)
        return -EINVAL;
    int code = fdisk_set_partition_type(edit->fdisk, wanted->number - 1, type);
    fdisk_unref_parttype(type);
    return code;
}

int tri_label_edit_change(struct tri_label_edit *edit, const struct tri_partition *wanted, struct tri_error *error)
{
    const struct tri_partition *old = tri_disk_partition_at(edit->disk, wanted->start_bytes);
    size_t index = wanted->number - 1;
    bool is_mbr = fdisk_is_label(edit->fdisk, DOS);
    int code = 0;
    if (wanted->size_bytes != old->size_bytes)
        code = resize(edit, wanted);
    if (code == 0 && (is_mbr ? wanted->mbr_type != old->mbr_type : !tri_uuid_equal(&wanted->type, &old->type)))
        code = retype(edit, wanted);
    if (code == 0 && is_mbr && wanted->is_active != old->is_active)
        code = wanted->is_active ? activate(edit, index) : set_active(edit, index, false);
    if (code == 0 && !is_mbr && wanted->attributes != old->attributes)
        code = fdisk_gpt_set_partition_attrs(edit->fdisk, index, wanted->attributes);
    return code < 0 ? fdisk_failed(code, "the partition cannot be changed", error) : 0;
}

/* ---- changing: what to write ---- */

/* libfdisk cannot write names outside of the first 65,536 characters; so names are written here. */
static int write_name(struct tri_label_edit *edit, uint64_t header_lba, struct tri_error *error)
{
    uint8_t header[SECTOR_MAX_BYTES];
    uint32_t sector = edit->disk->sector_bytes;
    struct gpt gpt;
    if (!tri_label_read_header(edit->copy_fd, edit->disk, header_lba, &gpt))
        return tri_error_set(error, -EINVAL, NULL, "The new partition table cannot be read back from memory.");
    TRI_AUTO_FREE uint8_t *entries = gpt.entries;
    if (edit->name.number > gpt.entry_count)
        return tri_error_set(error, -EINVAL, NULL, "The new partition has no entry.");
    uint8_t *entry = entries + (size_t)(edit->name.number - 1) * gpt.entry_bytes;
    for (int i = 0; i < GPT_NAME_UNITS; i++) {
        entry[56 + 2 * i] = (uint8_t)(edit->name.units[i] & 0xff);
        entry[57 + 2 * i] = (uint8_t)(edit->name.units[i] >> 8);
    }
    int code = tri_device_pread(edit->copy_fd, header, sector, header_lba * sector, error);
    put_le32(header + 88, crc32_of(entries, array_bytes(&gpt)));
    put_le32(header + 16, 0);
    put_le32(header + 16, crc32_of(header, le32(header + 12)));
    if (code == 0)
        code = tri_device_pwrite(edit->copy_fd, entries, array_bytes(&gpt), gpt.entries_lba * sector, error);
    return code == 0 ? tri_device_pwrite(edit->copy_fd, header, sector, header_lba * sector, error) : code;
}

static bool was_copied(const struct tri_label_edit *edit, uint64_t offset_bytes)
{
    for (size_t i = 0; i < edit->range_count; i++)
        if (offset_bytes >= edit->ranges[i].start_bytes &&
            offset_bytes - edit->ranges[i].start_bytes < edit->ranges[i].size_bytes)
            return true;
    return false;
}

static bool is_zero(const uint8_t *data, size_t size)
{
    return data[0] == 0 && memcmp(data, data + 1, size - 1) == 0;
}

/* Does the sector of the copy differ from the disk's? Then it is a change. */
static int compare_sector(struct tri_label_edit *edit, uint64_t offset_bytes, const uint8_t *old, const uint8_t *data,
                          struct tri_error *error)
{
    uint32_t sector = edit->disk->sector_bytes;
    bool is_new = !was_copied(edit, offset_bytes);
    if (memcmp(old, data, sector) == 0 || (is_new && is_zero(data, sector))) /* a hole's neighbour is never written */
        return 0;
    struct change *more = reallocarray(edit->changes, edit->change_count + 1, sizeof *more);
    uint8_t *both = realloc(edit->data, (edit->change_count + 1) * 2 * sector);
    edit->changes = more ? more : edit->changes;
    edit->data = both ? both : edit->data;
    if (!more || !both)
        return tri_error_no_memory(error);
    memcpy(both + edit->change_count * 2 * sector, old, sector);
    memcpy(both + edit->change_count * 2 * sector + sector, data, sector);
    edit->changes[edit->change_count++] = (struct change){.offset_bytes = offset_bytes, .is_new = is_new};
    return 0;
}

/* A range of the copy that is not a hole; a whole number of sectors. */
static int compare_range(struct tri_label_edit *edit, uint64_t start_bytes, uint64_t end_bytes, struct tri_error *error)
{
    uint8_t data[16 << 10], old[16 << 10];
    uint32_t sector = edit->disk->sector_bytes;
    int code = 0;
    while (start_bytes < end_bytes && code == 0) {
        size_t part = end_bytes - start_bytes < sizeof data ? (size_t)(end_bytes - start_bytes) : sizeof data;
        code = tri_device_pread(edit->copy_fd, data, part, start_bytes, error);
        if (code == 0)
            code = tri_device_pread(edit->disk_fd, old, part, start_bytes, error);
        for (size_t i = 0; i < part && code == 0; i += sector)
            code = compare_sector(edit, start_bytes + i, old + i, data + i, error);
        start_bytes += part;
    }
    return code;
}

static int compare(struct tri_label_edit *edit, struct tri_error *error)
{
    uint32_t sector = edit->disk->sector_bytes;
    off_t at = 0, size = (off_t)(edit->disk->size_bytes / sector * sector);
    while (at < size && (at = lseek(edit->copy_fd, at, SEEK_DATA)) >= 0 && at < size) {
        off_t end = lseek(edit->copy_fd, at, SEEK_HOLE);
        if (end < 0)
            end = size;
        end = (end + sector - 1) / sector * sector;
        int code = compare_range(edit, (uint64_t)(at - at % sector), (uint64_t)(end < size ? end : size), error);
        if (code < 0)
            return code;
        at = end;
    }
    return 0;
}

/* The order of writing. GPT: the copy at the end first, then the first one from its entries up to its header, and the
 * very first sector last: it makes the disk a GPT disk. A new MBR: the first sector first, for the same reason. An MBR
 * that is changed: tables that nobody points at yet, then the others, the first sector last. */
static int rank(const struct tri_label_edit *edit, const struct change *change)
{
    bool is_first = change->offset_bytes == 0, is_gpt = edit->table.style == TRI_STYLE_GPT;
    if (is_first)
        return is_gpt || !edit->is_new_table ? 9 : 0;
    if (is_gpt)
        return change->offset_bytes >= edit->disk->size_bytes / 2 ? 1 : 2;
    return change->is_new ? 1 : 2;
}

static int by_rank(const void *a, const void *b, void *data)
{
    const struct change *x = a, *y = b;
    int rx = rank(data, x), ry = rank(data, y);
    if (rx != ry)
        return rx - ry;
    bool ascending = rx == 1;
    return (x->offset_bytes < y->offset_bytes) == ascending ? -1 : 1;
}

static int preview_copy(struct tri_label_edit *edit, struct tri_error *error)
{
    int code = edit->fdisk ? fdisk_write_disklabel(edit->fdisk) : 0;
    if (code < 0)
        return fdisk_failed(code, "libfdisk cannot write it", error);
    if (edit->name.number > 0)
        code = write_name(edit, 1, error);
    if (code == 0 && edit->name.number > 0)
        code = write_name(edit, edit->disk->size_bytes / edit->disk->sector_bytes - 1, error);
    edit->table = (struct tri_disk){.size_bytes = edit->disk->size_bytes, .sector_bytes = edit->disk->sector_bytes};
    return code == 0 ? tri_label_read(edit->copy_fd, &edit->table, error) : code;
}

int tri_label_edit_preview(struct tri_label_edit *edit, struct tri_error *error)
{
    uint32_t sector = edit->disk->sector_bytes;
    int code = preview_copy(edit, error);
    if (code == 0)
        code = compare(edit, error);
    if (code < 0)
        return code;
    for (size_t i = 0; i < edit->change_count; i++) {
        edit->changes[i].old_data = edit->data + i * 2 * sector;
        edit->changes[i].new_data = edit->data + i * 2 * sector + sector;
    }
    if (edit->change_count > 1)
        qsort_r(edit->changes, edit->change_count, sizeof *edit->changes, by_rank, edit);
    return 0;
}

const struct tri_disk *tri_label_edit_table(const struct tri_label_edit *edit)
{
    return &edit->table;
}

/* ---- changing: writing ---- */

/* Between the two copies of a GPT there must be a moment at which the first of them is durable. */
static bool needs_barrier(const struct tri_label_edit *edit, size_t next)
{
    return edit->table.style == TRI_STYLE_GPT && edit->old_style == TRI_STYLE_GPT && next > 0 &&
           rank(edit, &edit->changes[next - 1]) == 1 && rank(edit, &edit->changes[next]) != 1;
}

bool tri_label_edit_has_barrier(const struct tri_label_edit *edit)
{
    for (size_t i = 1; i < edit->change_count; i++)
        if (needs_barrier(edit, i))
            return true;
    return false;
}

static int write_changes(struct tri_label_edit *edit, struct tri_error *error)
{
    uint32_t sector = edit->disk->sector_bytes;
    for (edit->written = 0; edit->written < edit->change_count;) {
        const struct change *change = &edit->changes[edit->written];
        int code = needs_barrier(edit, edit->written) ? tri_device_fsync(edit->disk_fd, error) : 0;
        if (code < 0)
            return code;
        edit->written++; /* from now on it is to be put back */
        code = tri_device_pwrite(edit->disk_fd, change->new_data, sector, change->offset_bytes, error);
        if (code < 0)
            return code;
    }
    return tri_device_fsync(edit->disk_fd, error);
}

int tri_label_edit_undo(struct tri_label_edit *edit, struct tri_error *error)
{
    int code = 0;
    for (size_t i = edit->written; i-- > 0;) {
        const struct change *change = &edit->changes[i];
        int r =
            tri_device_pwrite(edit->disk_fd, change->old_data, edit->disk->sector_bytes, change->offset_bytes, error);
        code = code < 0 ? code : r;
    }
    int r = tri_device_fsync(edit->disk_fd, error);
    return code < 0 ? code : r;
}

int tri_label_edit_commit(struct tri_label_edit *edit, struct tri_error *error)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error failure = {0};
    int code = write_changes(edit, &failure);
    if (code == 0)
        return 0;
    bool is_back = tri_label_edit_undo(edit, NULL) == 0;
    return tri_error_set(error, code, NULL, "%s %s",
                         failure.text ? failure.text : "The partition table cannot be written.",
                         is_back ? "The old partition table is in place again."
                                 : "The old partition table could not be put back either: the table may be damaged.");
}
