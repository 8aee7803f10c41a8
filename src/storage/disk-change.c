/* Changes of a whole disk: a table on it, or none; on- and offline; read-only. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "storage/device.h"
#include "storage/disk-private.h"
#include "storage/label.h"
#include "storage/node.h"
#include "storage/probe.h"
#include "storage/state.h"
#include "storage/work.h"
#include "storage/zero.h"

#define EDGE_BYTES (1ull << 20)
#define CONVERT_GPT_MIN_BYTES (128ull << 10) /* below, there is no room for both copies and a partition */

/* ---- a table ---- */

static int check_style(const struct tri_disk *disk, enum tri_style style, struct tri_error *error)
{
    if (style != TRI_STYLE_MBR && style != TRI_STYLE_GPT)
        return tri_error_set(error, TRI_STORAGE_BAD_STYLE, NULL, "A partition table is of the style MBR or GPT.");
    if (style == TRI_STYLE_GPT && disk->size_bytes < CONVERT_GPT_MIN_BYTES)
        return tri_error_set(error, TRI_STORAGE_NO_SPACE, disk->name, "%s is too small for a GPT.", disk->name);
    return 0;
}

/* An empty table in place of what is there; nodes of another table, an earlier one of this device say, go first. */
static int write_table(struct tri_disk_lock *lock, enum tri_style style, struct tri_error *error)
{
    TRI_AUTO_EDIT struct tri_label_edit *edit = NULL;
    int code = tri_node_remove_all(lock->disk_fd, lock->disk->name, error);
    if (code == 0)
        code = tri_label_edit_begin(lock->disk, lock->disk_fd, style, &edit, error);
    if (code == 0)
        code = tri_label_edit_preview(edit, error);
    if (code < 0)
        return code;
    const struct tri_disk *table = tri_label_edit_table(edit);
    if (table->style != style || table->partition_count > 0)
        return tri_error_set(error, -EIO, NULL, "libfdisk made another table than was asked for; nothing was written.");
    code = tri_label_edit_commit(edit, error);
    if (code == 0)
        tri_device_announce(lock->disk->name);
    return code;
}

int tri_disk_initialize(uint64_t sequence, enum tri_style style, struct tri_error *error)
{
    TRI_AUTO_DISK_LOCK struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    tri_state_sweep();
    int code = tri_disk_lock_open(sequence, TRI_WHOLE_DISK, 0, &lock, error);
    if (code == 0)
        code = check_style(lock.disk, style, error);
    if (code == 0 && lock.disk->style == TRI_STYLE_NONE)
        code = tri_disk_fill_whole(lock.disk, lock.disk_fd, error);
    if (code < 0)
        return code;
    if (!tri_disk_is_raw(lock.disk))
        return tri_error_set(error, TRI_STORAGE_INITIALIZED, lock.disk->name,
                             "%s is not empty: it has %s%s. Clean it first.", lock.disk->name,
                             lock.disk->style == TRI_STYLE_NONE ? lock.disk->whole.type : "a partition table",
                             lock.disk->style == TRI_STYLE_NONE ? " on it" : "");
    code = tri_guard_free(&lock, false, NULL, error);
    return code < 0 ? code : write_table(&lock, style, error);
}

int tri_disk_convert(uint64_t sequence, enum tri_style style, struct tri_error *error)
{
    TRI_AUTO_DISK_LOCK struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    tri_state_sweep();
    int code = tri_disk_lock_open(sequence, TRI_WHOLE_DISK, 0, &lock, error);
    if (code == 0)
        code = check_style(lock.disk, style, error);
    if (code < 0)
        return code;
    const struct tri_disk *disk = lock.disk;
    if (disk->style == TRI_STYLE_NONE)
        return tri_error_set(error, TRI_STORAGE_NOT_INITIALIZED, disk->name,
                             "%s has no partition table: initialize it.", disk->name);
    if (disk->style == style)
        return 0;
    if (disk->partition_count > 0)
        return tri_error_set(error, TRI_STORAGE_NOT_EMPTY, disk->name,
                             "%s has partitions; only an empty table can get another style.", disk->name);
    code = tri_guard_free(&lock, false, NULL, error);
    return code < 0 ? code : write_table(&lock, style, error);
}

/* ---- clean ---- */

struct clean {
    struct tri_clean_spec spec;
    struct tri_disk_lock lock;
};

static void free_clean(void *data)
{
    struct clean *clean = data;
    tri_disk_lock_drop(&clean->lock);
    free(clean);
}

/* The table first, so that whoever looks between finds none; then the signatures of what was in the partitions. */
static int erase(const struct tri_disk_lock *lock, struct tri_op *op, struct tri_error *error)
{
    const struct tri_disk *disk = lock->disk;
    int code = tri_probe_erase(lock->disk_fd, 0, disk->size_bytes, error);
    if (code == 0)
        code = tri_device_fsync(lock->disk_fd, error);
    for (size_t i = 0; i < disk->partition_count && code == 0; i++) {
        const struct tri_partition *partition = &disk->partitions[i];
        if (partition->is_logical)
            code = tri_probe_erase(lock->disk_fd, partition->table_bytes, disk->sector_bytes, error);
        if (code == 0 && !partition->is_extended)
            code = tri_probe_erase(lock->disk_fd, partition->start_bytes, partition->size_bytes, error);
    }
    return code < 0 ? code : tri_probe_wipe(lock->disk_fd, error);
}

static int run_clean(struct tri_op *op, void *request, void **ret_value, struct tri_error *error)
{
    struct clean *clean = request;
    struct tri_disk_lock *lock = &clean->lock;
    char node[64];
    int code = tri_guard_free(lock, clean->spec.force, NULL, error);
    if (code == 0)
        code = tri_node_remove_all(lock->disk_fd, lock->disk->name, error);
    if (code == 0)
        code = erase(lock, op, error);
    if (code == 0 && clean->spec.full) {
        tri_disk_lock_node(lock, node);
        code = tri_zero_range(node, 0, lock->disk->size_bytes, op, 0, 99, error);
    }
    tri_device_announce(lock->disk->name);
    tri_disk_lock_drop(lock); /* whoever waits for the end finds it unlocked */
    return code;
}

/* It stops only while it writes zeros, after all that could be found was erased. */
static const char *clean_left(const void *request)
{
    return "the disk is raw now, and zeros are on a part of it only";
}

static const struct tri_work_kind clean_kind = {
    .name = "clean", .run = run_clean, .free_request = free_clean, .left = clean_left};

/* What is on it that must be given up in so many words. */
static int check_force(const struct tri_clean_spec *spec, const struct tri_disk *disk, struct tri_error *error)
{
    bool has_data = tri_disk_is_volume(disk), has_protected = false;
    for (size_t i = 0; i < disk->partition_count; i++) {
        has_data |= disk->partitions[i].is_volume;
        has_protected |= disk->partitions[i].is_protected;
    }
    if (has_data && !spec->force)
        return tri_error_set(error, TRI_STORAGE_NOT_EMPTY, disk->name,
                             "%s has volumes, whose data would be lost: this needs to be forced.", disk->name);
    if (has_protected && !spec->force_oem)
        return tri_error_set(error, TRI_STORAGE_HAS_OEM, disk->name,
                             "%s has protected partitions (ESP, MSR, recovery): this needs to be forced for them.",
                             disk->name);
    return 0;
}

int tri_disk_clean(const struct tri_clean_spec *spec, struct tri_op *op, const struct tri_op_tag *tag,
                   struct tri_error *error)
{
    TRI_AUTO_DISK_LOCK struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    tri_state_sweep();
    int code = tri_disk_lock_open(spec->sequence, TRI_WHOLE_DISK, 0, &lock, error);
    if (code == 0 && lock.disk->style == TRI_STYLE_NONE)
        code = tri_disk_fill_whole(lock.disk, lock.disk_fd, error);
    if (code == 0)
        code = check_force(spec, lock.disk, error);
    if (code == 0 && !spec->force)
        code = tri_guard_free(&lock, false, NULL, error);
    struct clean *clean = code < 0 ? NULL : malloc(sizeof *clean);
    if (!clean)
        return code < 0 ? code : tri_error_no_memory(error);
    *clean = (struct clean){*spec, lock};
    lock = (struct tri_disk_lock)TRI_DISK_LOCK_NONE;
    code = tri_work_submit(&clean_kind, clean, op, tag);
    return code < 0 ? tri_error_set(error, code, NULL, "The clean cannot be started: %s.", strerror(-code)) : 0;
}

/* ---- nodes ---- */

int tri_disk_sync_nodes(uint64_t sequence, struct tri_error *error)
{
    TRI_AUTO_DISK_LOCK struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    int code = tri_disk_lock_open(sequence, TRI_WHOLE_DISK, TRI_LOCK_ANY_STATE, &lock, error);
    return code < 0 ? code : tri_node_sync(lock.disk_fd, lock.disk, error);
}

int tri_disk_drop_nodes(uint64_t sequence, struct tri_error *error)
{
    TRI_AUTO_DISK_LOCK struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    int code = tri_disk_lock_open(sequence, TRI_WHOLE_DISK, TRI_LOCK_ANY_STATE | TRI_LOCK_UNREADABLE, &lock, error);
    if (code == 0)
        code = tri_guard_free(&lock, false, NULL, error);
    return code < 0 ? code : tri_node_remove_all(lock.disk_fd, lock.disk->name, error);
}

/* ---- on- and offline ---- */

static void offline_name(uint64_t sequence, char name[32])
{
    snprintf(name, 32, "%llu", (unsigned long long)sequence);
}

int tri_disk_offline(uint64_t sequence, struct tri_error *error)
{
    TRI_AUTO_DISK_LOCK struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    char name[32];
    tri_state_sweep();
    int code = tri_disk_lock_open(sequence, TRI_WHOLE_DISK, TRI_LOCK_ANY_STATE | TRI_LOCK_UNREADABLE, &lock, error);
    if (code < 0 || lock.disk->is_offline)
        return code;
    offline_name(sequence, name);
    code = tri_guard_free(&lock, false, NULL, error);
    if (code == 0)
        code = tri_state_put(TRI_STATE_OFFLINE_DISK, name, "", error);
    if (code < 0)
        return code;
    code = tri_node_remove_all(lock.disk_fd, lock.disk->name, error);
    if (code < 0)
        tri_state_remove(TRI_STATE_OFFLINE_DISK, name);
    else
        tri_device_announce(lock.disk->name);
    return code;
}

int tri_disk_online(uint64_t sequence, struct tri_error *error)
{
    TRI_AUTO_DISK_LOCK struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    char name[32];
    tri_state_sweep();
    int code = tri_disk_lock_open(sequence, TRI_WHOLE_DISK, TRI_LOCK_ANY_STATE, &lock, error);
    if (code < 0)
        return code;
    if (!lock.disk->is_offline)
        return tri_error_set(error, TRI_STORAGE_NOT_OFFLINE, lock.disk->name, "%s is online.", lock.disk->name);
    offline_name(sequence, name);
    code = tri_state_remove(TRI_STATE_OFFLINE_DISK, name);
    if (code < 0)
        return tri_error_set(error, code, lock.disk->name, "%s cannot be set online: its record cannot be removed: %s.",
                             lock.disk->name, strerror(-code));
    code = tri_node_sync(lock.disk_fd, lock.disk, error);
    tri_device_announce(lock.disk->name);
    return code;
}

int tri_disk_set_read_only(uint64_t sequence, bool read_only, struct tri_error *error)
{
    TRI_AUTO_DISK_LOCK struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    int flag = read_only;
    tri_state_sweep();
    int code = tri_disk_lock_open(sequence, TRI_WHOLE_DISK, TRI_LOCK_ANY_STATE, &lock, error);
    if (code == 0 && lock.disk->is_offline)
        code = tri_error_set(error, TRI_STORAGE_OFFLINE, lock.disk->name,
                             "The disk %s is offline: set it online first.", lock.disk->name);
    if (code == 0)
        code = tri_guard_free(&lock, false, NULL, error);
    if (code < 0)
        return code;
    if (ioctl(lock.disk_fd, BLKROSET, &flag) < 0)
        return tri_error_set(error, errno == EACCES || errno == EPERM ? -EACCES : TRI_STORAGE_NOT_SUPPORTED,
                             lock.disk->name, "%s cannot be made %s: %s.", lock.disk->name,
                             read_only ? "read-only" : "writable", strerror(errno));
    tri_device_announce(lock.disk->name);
    return 0;
}
