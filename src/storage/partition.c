/* Changes of one partition. Each begins with the exclusive lock of the whole disk, prepares the new table on a copy,
 * and answers there what is wrong with the request; only then is anything written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "base/cleanup.h"
#include "storage/device.h"
#include "storage/disk-private.h"
#include "storage/label.h"
#include "storage/node.h"
#include "storage/probe.h"
#include "storage/state.h"
#include "storage/work.h"

enum { MBR_PRIMARIES = 4, GPT_NAME_UNITS = 36 };
#define MBR_SECTORS_MAX (1ull << 32)
#define GPT_ATTRIBUTES_LEGAL 0xffff000000000007ull /* 0-2 are UEFI's, 48-63 the type's; what is between is reserved */

/* ---- create: is the request right? ---- */

struct create {
    struct tri_partition_spec spec;
    struct tri_partition wanted; /* .name points into spec */
    struct tri_disk_lock lock;
    struct tri_label_edit *edit;
};

static int check_style(const struct tri_partition_spec *spec, const struct tri_disk *disk, struct tri_error *error)
{
    if (spec->style != TRI_STYLE_MBR && spec->style != TRI_STYLE_GPT)
        return tri_error_set(error, TRI_STORAGE_BAD_STYLE, NULL, "A partition is of the style MBR or GPT.");
    if (disk->style == TRI_STYLE_NONE)
        return tri_error_set(error, TRI_STORAGE_NOT_INITIALIZED, disk->name,
                             "%s has no partition table: initialize it first.", disk->name);
    if (disk->style != spec->style)
        return tri_error_set(error, TRI_STORAGE_STYLE_MISMATCH, disk->name, "The partition table of %s is %s, not %s.",
                             disk->name, disk->style == TRI_STYLE_GPT ? "GPT" : "MBR",
                             spec->style == TRI_STYLE_GPT ? "GPT" : "MBR");
    return 0;
}

static int check_attributes(uint64_t attributes, struct tri_error *error)
{
    if (attributes & ~GPT_ATTRIBUTES_LEGAL)
        return tri_error_set(error, TRI_STORAGE_BAD_ATTRIBUTES, NULL,
                             "The GPT attributes 0x%llx have reserved bits (3 to 47).", (unsigned long long)attributes);
    return 0;
}

static int check_name(const struct tri_partition_spec *spec, struct tri_error *error)
{
    const uint8_t *name = (const uint8_t *)spec->name;
    size_t length = strnlen(spec->name, sizeof spec->name), units = 0;
    if (length == sizeof spec->name || u8_check(name, length))
        return tri_error_set(error, -EINVAL, NULL, "The partition's name is not UTF-8.");
    for (size_t i = 0; i < length; i++)
        units += (name[i] & 0xc0) != 0x80 ? name[i] >= 0xf0 ? 2 : 1 : 0;
    if (units > GPT_NAME_UNITS)
        return tri_error_set(error, -EINVAL, NULL, "The partition's name has %zu UTF-16 units; there is room for %d.",
                             units, GPT_NAME_UNITS);
    return 0;
}

static int check_gpt(const struct tri_partition_spec *spec, const struct tri_disk *disk, struct tri_error *error)
{
    if (tri_uuid_is_null(&spec->type))
        return tri_error_set(error, TRI_STORAGE_BAD_TYPE, NULL, "A GPT partition needs a type.");
    for (size_t i = 0; i < disk->partition_count; i++)
        if (!tri_uuid_is_null(&spec->id) && tri_uuid_equal(&spec->id, &disk->partitions[i].id))
            return tri_error_set(error, -EEXIST, NULL, "Another partition of %s has this id already.", disk->name);
    int code = check_attributes(spec->attributes, error);
    return code < 0 ? code : check_name(spec, error);
}

static int check_mbr(const struct tri_partition_spec *spec, struct tri_error *error)
{
    if (spec->mbr_type == 0 || spec->mbr_type == 0xee)
        return tri_error_set(error, TRI_STORAGE_BAD_TYPE, NULL, "An MBR partition cannot be of the type 0x%02x.",
                             spec->mbr_type);
    if (spec->active && tri_label_mbr_is_extended(spec->mbr_type))
        return tri_error_set(error, -EINVAL, NULL, "An extended partition cannot be active.");
    return 0;
}

static int check_request(const struct tri_partition_spec *spec, const struct tri_disk *disk, struct tri_error *error)
{
    int code = check_style(spec, disk, error);
    if (code == 0)
        code = spec->style == TRI_STYLE_GPT ? check_gpt(spec, disk, error) : check_mbr(spec, error);
    if (code < 0)
        return code;
    if (spec->align_bytes % disk->sector_bytes != 0)
        return tri_error_set(error, TRI_STORAGE_BAD_ALIGN, NULL,
                             "The alignment of %llu bytes is no multiple of the sector of %u bytes.",
                             (unsigned long long)spec->align_bytes, disk->sector_bytes);
    if (spec->size_bytes == 0)
        return tri_error_set(error, -EINVAL, NULL, "A partition of 0 bytes cannot be made.");
    return 0;
}

/* ---- create: where? ---- */

static const struct tri_partition *extended_of(const struct tri_disk *disk)
{
    for (size_t i = 0; i < disk->partition_count; i++)
        if (disk->partitions[i].is_extended)
            return &disk->partitions[i];
    return NULL;
}

static bool is_within(const struct tri_partition *outer, uint64_t offset_bytes)
{
    return outer && offset_bytes >= outer->start_bytes && offset_bytes - outer->start_bytes < outer->size_bytes;
}

static unsigned primaries_of(const struct tri_disk *disk)
{
    unsigned count = 0;
    for (size_t i = 0; i < disk->partition_count; i++)
        count += !disk->partitions[i].is_logical;
    return count;
}

/* The kinds that a new one can be: logical in an extended partition, or not. */
static bool may_lie(const struct create *create, const struct tri_extent *extent)
{
    const struct tri_disk *disk = create->lock.disk;
    bool is_extended = disk->style == TRI_STYLE_MBR && tri_label_mbr_is_extended(create->spec.mbr_type);
    if (is_within(extended_of(disk), extent->start_bytes))
        return !is_extended;
    return disk->style == TRI_STYLE_GPT || primaries_of(disk) < MBR_PRIMARIES;
}

static int no_space(const struct create *create, struct tri_error *error)
{
    return tri_error_set(error, TRI_STORAGE_NO_SPACE, create->lock.disk->name,
                         "%s has no free space of %llu bytes in one piece.", create->lock.disk->name,
                         (unsigned long long)create->spec.size_bytes);
}

static int bad_space(const struct create *create, struct tri_error *error)
{
    return tri_error_set(error, TRI_STORAGE_BAD_SPACE, create->lock.disk->name,
                         "The range of %llu bytes from byte %llu is not free on %s, or not all on it.",
                         (unsigned long long)create->spec.size_bytes, (unsigned long long)create->spec.offset_bytes,
                         create->lock.disk->name);
}

static int table_full(const struct create *create, struct tri_error *error)
{
    return tri_error_set(
        error, TRI_STORAGE_PARTITION_LIMIT, create->lock.disk->name,
        "The partition table of %s is full (four primary partitions; logical ones lie in an extended one).",
        create->lock.disk->name);
}

static uint64_t round_down(uint64_t value, uint64_t to)
{
    return value - value % to;
}

/* The first free place of the size. */
static int place_anywhere(struct create *create, const struct tri_extent *extents, size_t count,
                          struct tri_error *error)
{
    uint64_t align = create->spec.align_bytes, size = create->spec.size_bytes;
    bool was_full = false;
    size = size >= align ? round_down(size, align) : round_down(size, create->lock.disk->sector_bytes);
    for (size_t i = 0; i < count && size > 0; i++) {
        if (extents[i].size_bytes < size)
            continue;
        was_full |= !may_lie(create, &extents[i]);
        if (!may_lie(create, &extents[i]))
            continue;
        create->wanted.start_bytes = extents[i].start_bytes;
        create->wanted.size_bytes = size;
        return 0;
    }
    return was_full ? table_full(create, error) : no_space(create, error);
}

/* Offset up, end down: to the alignment, and where nothing is left then, the end to the sector. */
static bool round_range(const struct create *create, uint64_t *start, uint64_t *end)
{
    const struct tri_partition_spec *spec = &create->spec;
    uint64_t lead = spec->offset_bytes % spec->align_bytes, exact;
    *start = spec->offset_bytes;
    if ((lead > 0 && __builtin_add_overflow(*start, spec->align_bytes - lead, start)) ||
        __builtin_add_overflow(spec->offset_bytes, spec->size_bytes, &exact))
        return false;
    *end = round_down(exact, spec->align_bytes);
    if (*end <= *start)
        *end = round_down(exact, create->lock.disk->sector_bytes);
    return *end > *start;
}

static int place_there(struct create *create, const struct tri_extent *extents, size_t count, struct tri_error *error)
{
    const struct tri_disk *disk = create->lock.disk;
    uint64_t start = 0, end = 0, largest = 0, limit = MBR_SECTORS_MAX * disk->sector_bytes;
    bool is_there = round_range(create, &start, &end);
    for (size_t i = 0; i < count; i++)
        largest = extents[i].size_bytes > largest ? extents[i].size_bytes : largest;
    if (create->spec.offset_bytes >= disk->size_bytes)
        return bad_space(create, error);
    if (is_there && disk->style == TRI_STYLE_MBR && end > limit && end <= disk->size_bytes)
        return tri_error_set(error, TRI_STORAGE_MBR_LIMIT, disk->name,
                             "An MBR cannot describe what lies beyond %llu bytes: use GPT.", (unsigned long long)limit);
    if (create->spec.size_bytes > disk->size_bytes || (is_there && end - start > largest))
        return no_space(create, error);
    for (size_t i = 0; i < count && is_there; i++)
        if (start >= extents[i].start_bytes && end <= extents[i].start_bytes + extents[i].size_bytes) {
            create->wanted.start_bytes = start;
            create->wanted.size_bytes = end - start;
            bool is_inner = is_within(extended_of(disk), start); /* what may lie there is asked of the kind */
            return is_inner || may_lie(create, &extents[i]) ? 0 : table_full(create, error);
        }
    return bad_space(create, error);
}

/* What is free, exactly; rounding is done after, to the alignment asked for. */
static int place(struct create *create, struct tri_error *error)
{
    const struct tri_disk *disk = create->lock.disk;
    TRI_AUTO_FREE struct tri_extent *extents = NULL;
    size_t count = 0;
    if (create->spec.align_bytes == 0)
        create->spec.align_bytes = tri_disk_align(disk);
    uint64_t align = create->spec.anywhere ? create->spec.align_bytes : disk->sector_bytes;
    if (tri_disk_free_extents(disk, align, &extents, &count) < 0)
        return tri_error_no_memory(error);
    return create->spec.anywhere ? place_anywhere(create, extents, count, error)
                                 : place_there(create, extents, count, error);
}

/* What the type means beside its place. */
static int check_kind(struct create *create, struct tri_error *error)
{
    const struct tri_disk *disk = create->lock.disk;
    struct tri_partition *wanted = &create->wanted;
    const struct tri_partition *outer = extended_of(disk);
    wanted->is_extended = disk->style == TRI_STYLE_MBR && tri_label_mbr_is_extended(create->spec.mbr_type);
    wanted->is_logical = is_within(outer, wanted->start_bytes);
    if (wanted->is_extended && wanted->is_logical)
        return tri_error_set(error, TRI_STORAGE_BAD_TYPE, NULL, "An extended partition cannot lie within another one.");
    if (wanted->is_extended && outer)
        return tri_error_set(error, TRI_STORAGE_PARTITION_LIMIT, disk->name, "%s has an extended partition already.",
                             disk->name);
    if (wanted->is_logical && create->spec.active)
        return tri_error_set(error, -EINVAL, NULL, "A logical partition cannot be active.");
    return 0;
}

/* ---- create: the table ---- */

static void fill_wanted(struct create *create)
{
    struct tri_partition *wanted = &create->wanted;
    const struct tri_partition_spec *spec = &create->spec;
    if (spec->style == TRI_STYLE_MBR) {
        wanted->mbr_type = spec->mbr_type;
        wanted->is_active = spec->active;
        return;
    }
    wanted->type = spec->type;
    wanted->id = tri_uuid_is_null(&spec->id) ? tri_uuid_random() : spec->id;
    wanted->attributes = spec->attributes;
    wanted->name = create->spec.name;
}

static bool is_same_place(const struct tri_partition *a, const struct tri_partition *b)
{
    return a->start_bytes == b->start_bytes && a->size_bytes == b->size_bytes;
}

static bool has_same(const struct tri_disk *table, const struct tri_partition *had)
{
    for (size_t i = 0; i < table->partition_count; i++) {
        const struct tri_partition *has = &table->partitions[i];
        if (is_same_place(had, has) && had->mbr_type == has->mbr_type && had->attributes == has->attributes &&
            tri_uuid_equal(&had->type, &has->type) && tri_uuid_equal(&had->id, &has->id))
            return true;
    }
    return false;
}

/* Is everything of the old table in the new one as it was, but for what begins at one place? */
static bool keeps_others(const struct tri_disk *old_table, const struct tri_disk *new_table, uint64_t but_start)
{
    for (size_t i = 0; i < old_table->partition_count; i++)
        if (old_table->partitions[i].start_bytes != but_start && !has_same(new_table, &old_table->partitions[i]))
            return false;
    return true;
}

static bool is_as_wanted(const struct tri_partition *found, const struct tri_partition *wanted, enum tri_style style)
{
    if (!found || !is_same_place(found, wanted))
        return false;
    if (style == TRI_STYLE_MBR)
        return found->mbr_type == wanted->mbr_type && found->is_active == wanted->is_active;
    return tri_uuid_equal(&found->type, &wanted->type) && tri_uuid_equal(&found->id, &wanted->id) &&
           found->attributes == wanted->attributes &&
           strcmp(found->name ? found->name : "", wanted->name ? wanted->name : "") == 0;
}

static int wrong_table(const struct tri_disk *disk, struct tri_error *error)
{
    return tri_error_set(error, -EIO, disk->name,
                         "libfdisk made another partition table for %s than was asked for; nothing was written.",
                         disk->name);
}

/* Reads the prepared table as a stranger would: it has what is wanted (NULL: one less), and all the rest as before. */
static int check_preview(struct tri_label_edit *edit, const struct tri_disk *disk, const struct tri_partition *wanted,
                         int difference, uint64_t start_bytes, struct tri_error *error)
{
    int code = tri_label_edit_preview(edit, error);
    if (code < 0)
        return code;
    const struct tri_disk *table = tri_label_edit_table(edit);
    const struct tri_partition *found = tri_disk_partition_at(table, start_bytes);
    bool is_right = table->style == disk->style &&
                    table->partition_count == disk->partition_count + (size_t)difference &&
                    keeps_others(disk, table, start_bytes) && (!wanted || is_as_wanted(found, wanted, disk->style));
    return is_right ? 0 : wrong_table(disk, error);
}

static int prepare(struct create *create, struct tri_error *error)
{
    const struct tri_disk *disk = create->lock.disk;
    int code = check_request(&create->spec, disk, error);
    if (code == 0)
        code = place(create, error);
    if (code == 0)
        code = check_kind(create, error);
    if (code < 0)
        return code;
    fill_wanted(create);
    /* What the kernel has and the table has not would stand in the way of the new node. */
    code = tri_node_sync(create->lock.disk_fd, disk, error);
    if (code == 0)
        code = tri_label_edit_begin(disk, create->lock.disk_fd, TRI_STYLE_NONE, &create->edit, error);
    if (code == 0)
        code = tri_label_edit_add(create->edit, &create->wanted, error);
    return code < 0 ? code : check_preview(create->edit, disk, &create->wanted, 1, create->wanted.start_bytes, error);
}

/* ---- create: the work ---- */

static void free_create(void *data)
{
    struct create *create = data;
    tri_label_edit_free(create->edit);
    tri_disk_lock_drop(&create->lock);
    free(create);
}

/* The nodes of the new table; where the kernel does not take them, the old table is put back. */
static int tell_kernel(struct tri_disk_lock *lock, struct tri_label_edit *edit, struct tri_error *error)
{
    struct tri_disk table = *tri_label_edit_table(edit);
    memcpy(table.name, lock->disk->name, sizeof table.name);
    TRI_CLEANUP(tri_error_clear) struct tri_error failure = {0};
    int code = tri_node_sync(lock->disk_fd, &table, &failure);
    if (code == 0)
        return 0;
    bool is_back = tri_label_edit_undo(edit, NULL) == 0;
    tri_node_sync(lock->disk_fd, lock->disk, NULL);
    return tri_error_set(
        error, code, lock->disk->name, "%s %s", failure.text ? failure.text : "The kernel does not take it.",
        is_back ? "The old partition table is in place again." : "The new partition table is in place.");
}

/* Its place is emptied first, so that nothing of an old file system shows up with the partition: durably, by the
 * commit's own barrier where it has one. */
static int empty_place(const struct create *create, struct tri_error *error)
{
    const struct tri_partition *wanted = &create->wanted;
    uint64_t size = wanted->is_extended ? create->lock.disk->sector_bytes : wanted->size_bytes;
    int code = tri_probe_erase(create->lock.disk_fd, wanted->start_bytes, size, error);
    if (code < 0 || tri_label_edit_has_barrier(create->edit))
        return code;
    return tri_device_fsync(create->lock.disk_fd, error);
}

static int run_create(struct tri_op *op, void *request, void **ret_value, struct tri_error *error)
{
    struct create *create = request;
    struct tri_partition_result *result = malloc(sizeof *result);
    int code = result ? empty_place(create, error) : tri_error_no_memory(error);
    if (code == 0)
        code = tri_label_edit_commit(create->edit, error);
    if (code == 0)
        code = tell_kernel(&create->lock, create->edit, error);
    if (code < 0) {
        free(result);
        tri_disk_lock_drop(&create->lock);
        return code;
    }
    const struct tri_partition *made =
        tri_disk_partition_at(tri_label_edit_table(create->edit), create->wanted.start_bytes);
    *result = (struct tri_partition_result){
        .sequence = create->spec.sequence, .offset_bytes = made->start_bytes, .is_volume = made->is_volume};
    if (made->is_volume)
        result->volume = made->id;
    *ret_value = result;
    tri_disk_lock_drop(&create->lock); /* whoever waits for the end finds it unlocked */
    return 0;
}

static const struct tri_work_kind create_kind = {
    .name = "create partition", .run = run_create, .free_request = free_create, .free_value = free};

int tri_partition_create(const struct tri_partition_spec *spec, struct tri_op *op, const struct tri_op_tag *tag,
                         struct tri_error *error)
{
    tri_state_sweep();
    struct create *create = calloc(1, sizeof *create);
    if (!create)
        return tri_error_no_memory(error);
    create->spec = *spec;
    create->lock = (struct tri_disk_lock)TRI_DISK_LOCK_NONE;
    int code = tri_disk_lock_open(spec->sequence, TRI_WHOLE_DISK, 0, &create->lock, error);
    if (code == 0)
        code = prepare(create, error);
    if (code < 0) {
        free_create(create);
        return code;
    }
    code = tri_work_submit(&create_kind, create, op, tag);
    return code < 0 ? tri_error_set(error, code, NULL, "The partition cannot be made: %s.", strerror(-code)) : 0;
}

/* ---- changing an existing one ---- */

static int find(const struct tri_disk_lock *lock, uint64_t offset_bytes, const struct tri_partition **ret,
                struct tri_error *error)
{
    const struct tri_disk *disk = lock->disk;
    if (disk->style == TRI_STYLE_NONE)
        return tri_error_set(error, TRI_STORAGE_NOT_INITIALIZED, disk->name, "%s has no partition table.", disk->name);
    const struct tri_partition *found = tri_disk_partition_at(disk, offset_bytes);
    if (!found)
        return tri_error_set(error, TRI_STORAGE_NOT_FOUND, disk->name, "No partition of %s begins at byte %llu.",
                             disk->name, (unsigned long long)offset_bytes);
    *ret = found;
    return 0;
}

/* Locks the disk and finds the partition. */
static int begin(uint64_t sequence, uint64_t offset_bytes, struct tri_disk_lock *lock, const struct tri_partition **ret,
                 struct tri_error *error)
{
    tri_state_sweep();
    int code = tri_disk_lock_open(sequence, TRI_WHOLE_DISK, 0, lock, error);
    return code < 0 ? code : find(lock, offset_bytes, ret, error);
}

/* Makes the partition at wanted->start_bytes as wanted: table only. */
static int change(const struct tri_disk_lock *lock, const struct tri_partition *wanted,
                  struct tri_label_edit **ret_edit, struct tri_error *error)
{
    TRI_AUTO_EDIT struct tri_label_edit *edit = NULL;
    int code = tri_label_edit_begin(lock->disk, lock->disk_fd, TRI_STYLE_NONE, &edit, error);
    if (code == 0)
        code = tri_label_edit_change(edit, wanted, error);
    if (code == 0)
        code = check_preview(edit, lock->disk, wanted, 0, wanted->start_bytes, error);
    if (code == 0)
        code = tri_label_edit_commit(edit, error);
    if (code == 0 && ret_edit)
        *ret_edit = TRI_TAKE(edit);
    if (code == 0)
        tri_device_announce(lock->disk->name);
    return code;
}

int tri_partition_set_active(uint64_t sequence, uint64_t offset_bytes, bool active, struct tri_error *error)
{
    TRI_AUTO_DISK_LOCK struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    const struct tri_partition *found = NULL;
    int code = begin(sequence, offset_bytes, &lock, &found, error);
    if (code < 0)
        return code;
    if (lock.disk->style != TRI_STYLE_MBR)
        return tri_error_set(error, TRI_STORAGE_STYLE_MISMATCH, lock.disk->name,
                             "Only partitions of an MBR can be active; %s has a GPT.", lock.disk->name);
    if (active && (found->is_extended || found->is_logical))
        return tri_error_set(error, TRI_STORAGE_NOT_SUPPORTED, lock.disk->name,
                             "Only a primary partition can be active.");
    struct tri_partition wanted = *found;
    wanted.is_active = active;
    return found->is_active == active ? 0 : change(&lock, &wanted, NULL, error);
}

int tri_partition_set_attributes(uint64_t sequence, uint64_t offset_bytes, uint64_t attributes, struct tri_error *error)
{
    TRI_AUTO_DISK_LOCK struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    const struct tri_partition *found = NULL;
    int code = begin(sequence, offset_bytes, &lock, &found, error);
    if (code < 0)
        return code;
    if (lock.disk->style != TRI_STYLE_GPT)
        return tri_error_set(error, TRI_STORAGE_STYLE_MISMATCH, lock.disk->name,
                             "Only partitions of a GPT have attributes; %s has an MBR.", lock.disk->name);
    code = check_attributes(attributes, error);
    if (code < 0)
        return code;
    struct tri_partition wanted = *found;
    wanted.attributes = attributes;
    return found->attributes == attributes ? 0 : change(&lock, &wanted, NULL, error);
}

static int check_type(const struct tri_disk *disk, const struct tri_partition *found, uint8_t mbr_type,
                      const struct tri_uuid *type, struct tri_error *error)
{
    if (disk->style == TRI_STYLE_GPT)
        return type && !tri_uuid_is_null(type)
                   ? 0
                   : tri_error_set(error, TRI_STORAGE_BAD_TYPE, NULL, "A GPT partition needs a type.");
    if (mbr_type == 0 || mbr_type == 0xee || tri_label_mbr_is_extended(mbr_type) != found->is_extended)
        return tri_error_set(error, TRI_STORAGE_BAD_TYPE, NULL, "This partition cannot become one of the type 0x%02x.",
                             mbr_type);
    return 0;
}

int tri_partition_set_type(uint64_t sequence, uint64_t offset_bytes, enum tri_style style, uint8_t mbr_type,
                           const struct tri_uuid *type, bool force, struct tri_error *error)
{
    TRI_AUTO_DISK_LOCK struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    const struct tri_partition *found = NULL;
    int code = begin(sequence, offset_bytes, &lock, &found, error);
    if (code < 0)
        return code;
    if (lock.disk->style != style)
        return tri_error_set(error, TRI_STORAGE_STYLE_MISMATCH, lock.disk->name,
                             "The type is of another style than the partition table of %s.", lock.disk->name);
    code = check_type(lock.disk, found, mbr_type, type, error);
    if (code == 0 && !force)
        code = tri_guard_free_partition(lock.disk, found, false, error);
    if (code < 0)
        return code;
    struct tri_partition wanted = *found;
    if (style == TRI_STYLE_GPT)
        wanted.type = *type;
    else
        wanted.mbr_type = mbr_type;
    bool is_same = style == TRI_STYLE_GPT ? tri_uuid_equal(type, &found->type) : mbr_type == found->mbr_type;
    return is_same ? 0 : change(&lock, &wanted, NULL, error);
}

/* ---- delete ---- */

static int check_delete(const struct tri_disk *disk, const struct tri_partition *found, bool force_protected,
                        struct tri_error *error)
{
    if (found->is_protected && !force_protected)
        return tri_error_set(
            error, TRI_STORAGE_PROTECTED, disk->name,
            "The partition at byte %llu of %s is protected (ESP, MSR, recovery): this needs to be forced.",
            (unsigned long long)found->start_bytes, disk->name);
    for (size_t i = 0; i < disk->partition_count; i++)
        if (found->is_extended && disk->partitions[i].is_logical && is_within(found, disk->partitions[i].start_bytes))
            return tri_error_set(error, TRI_STORAGE_PARTITION_NOT_EMPTY, disk->name,
                                 "The extended partition has logical partitions in it: delete them first.");
    return 0;
}

/* The numbers of the logical partitions behind it become less by one, and so must their nodes': none may be in use. */
static int free_later_logicals(const struct tri_disk *disk, const struct tri_partition *found, struct tri_error *error)
{
    int code = 0;
    for (size_t i = 0; i < disk->partition_count && code == 0; i++)
        if (found->is_logical && disk->partitions[i].is_logical && disk->partitions[i].number > found->number)
            code = tri_guard_free_partition(disk, &disk->partitions[i], false, error);
    return code;
}

/* The kernel lets go of it first: who has it open keeps it, and then it stays in the table. */
static int remove_and_write(struct tri_disk_lock *lock, struct tri_label_edit *edit, const struct tri_partition *found,
                            struct tri_error *error)
{
    int code = found->node[0] ? tri_node_remove(lock->disk_fd, lock->disk->name, found->number, error) : 0;
    if (code < 0)
        return code;
    code = tri_label_edit_commit(edit, error);
    if (code < 0)
        tri_node_sync(lock->disk_fd, lock->disk, NULL);
    return code < 0 ? code : tell_kernel(lock, edit, error);
}

int tri_partition_delete(uint64_t sequence, uint64_t offset_bytes, bool force, bool force_protected,
                         struct tri_error *error)
{
    TRI_AUTO_DISK_LOCK struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    TRI_AUTO_EDIT struct tri_label_edit *edit = NULL;
    const struct tri_partition *found = NULL;
    int code = begin(sequence, offset_bytes, &lock, &found, error);
    if (code == 0)
        code = check_delete(lock.disk, found, force_protected, error);
    if (code == 0)
        code = free_later_logicals(lock.disk, found, error);
    if (code == 0)
        code = tri_label_edit_begin(lock.disk, lock.disk_fd, TRI_STYLE_NONE, &edit, error);
    if (code == 0)
        code = tri_label_edit_remove(edit, found, error);
    if (code == 0)
        code = check_preview(edit, lock.disk, NULL, -1, offset_bytes, error);
    if (code == 0)
        code = tri_guard_free_partition(lock.disk, found, force, error);
    return code < 0 ? code : remove_and_write(&lock, edit, found, error);
}

/* ---- resize ---- */

/* How far it may reach: to the next partition, or the end of what can be used. */
static uint64_t end_limit(const struct tri_disk *disk, const struct tri_partition *found)
{
    const struct tri_partition *outer = found->is_logical ? extended_of(disk) : NULL;
    uint64_t limit = outer ? outer->start_bytes + outer->size_bytes : disk->end_usable_bytes;
    for (size_t i = 0; i < disk->partition_count; i++) {
        const struct tri_partition *other = &disk->partitions[i];
        if (other->is_logical != found->is_logical)
            continue;
        uint64_t begin = other->start_bytes;
        if (other->is_logical && other->table_bytes > found->start_bytes && other->table_bytes < begin)
            begin = other->table_bytes;
        if (begin > found->start_bytes && begin < limit)
            limit = begin;
    }
    return limit;
}

static int check_size(const struct tri_disk *disk, const struct tri_partition *found, uint64_t size_bytes,
                      struct tri_error *error)
{
    if (found->is_extended)
        return tri_error_set(error, TRI_STORAGE_NOT_SUPPORTED, disk->name,
                             "The size of an extended partition cannot be changed.");
    if (size_bytes == 0 || size_bytes % disk->sector_bytes != 0)
        return tri_error_set(error, -EINVAL, disk->name, "%llu bytes are no whole number of sectors.",
                             (unsigned long long)size_bytes);
    uint64_t limit = end_limit(disk, found);
    if (limit < found->start_bytes || size_bytes > limit - found->start_bytes)
        return tri_error_set(error, TRI_STORAGE_NO_SPACE, disk->name,
                             "There is not so much free space behind the partition at byte %llu of %s.",
                             (unsigned long long)found->start_bytes, disk->name);
    return 0;
}

int tri_partition_resize_locked(struct tri_disk_lock *lock, uint64_t offset_bytes, uint64_t size_bytes,
                                struct tri_error *error)
{
    TRI_AUTO_EDIT struct tri_label_edit *edit = NULL;
    const struct tri_partition *found = NULL;
    int code = find(lock, offset_bytes, &found, error);
    if (code == 0)
        code = check_size(lock->disk, found, size_bytes, error);
    if (code < 0 || found->size_bytes == size_bytes)
        return code;
    struct tri_partition wanted = *found;
    wanted.size_bytes = size_bytes;
    code = change(lock, &wanted, &edit, error);
    if (code < 0)
        return code;
    TRI_CLEANUP(tri_error_clear) struct tri_error failure = {0};
    code = found->node[0] ? tri_node_resize(lock->disk_fd, found->number, offset_bytes, size_bytes, &failure) : 0;
    if (code == 0)
        return tri_disk_lock_refresh(lock, error);
    bool is_back = tri_label_edit_undo(edit, NULL) == 0;
    return tri_error_set(
        error, code, lock->disk->name, "%s %s", failure.text ? failure.text : "The kernel does not take it.",
        is_back ? "The old partition table is in place again." : "The new partition table is in place.");
}
