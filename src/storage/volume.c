#include "storage/volume.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "storage/disk-private.h"
#include "storage/events.h"
#include "storage/mount.h"
#include "storage/state.h"
#include "storage/volume-private.h"

#define GPT_READ_ONLY (1ull << 60)
#define GPT_SHADOW_COPY (1ull << 61)
#define GPT_HIDDEN (1ull << 62)
#define GPT_NO_LETTER (1ull << 63)
#define SPACE_MIN_BYTES (1ull << 20) /* less free space behind a volume is not worth extending into */

/* ---- names ---- */

static struct tri_uuid whole_disk_id(uint64_t sequence)
{
    return tri_uuid_named("volume:disk:%llu", (unsigned long long)sequence);
}

bool tri_volume_of_disk(const struct tri_disk *disk, uint64_t offset_bytes, struct tri_volume_id *ret)
{
    const struct tri_partition *partition = tri_disk_partition_at(disk, offset_bytes);
    if (partition && partition->is_volume) {
        *ret = (struct tri_volume_id){disk->sequence, offset_bytes, partition->id};
        return true;
    }
    if (partition || offset_bytes != 0 || !tri_disk_is_volume(disk))
        return false;
    *ret = (struct tri_volume_id){disk->sequence, 0, whole_disk_id(disk->sequence)};
    return true;
}

bool tri_volume_next(const struct tri_disk *disk, uint64_t *offset_bytes, struct tri_volume_id *ret)
{
    if (*offset_bytes == 0 && tri_volume_of_disk(disk, 0, ret)) {
        *offset_bytes = 1;
        return true;
    }
    for (size_t i = 0; i < disk->partition_count; i++) {
        const struct tri_partition *partition = &disk->partitions[i];
        if (partition->start_bytes < *offset_bytes || !partition->is_volume)
            continue;
        *offset_bytes = partition->start_bytes + 1;
        *ret = (struct tri_volume_id){disk->sequence, partition->start_bytes, partition->id};
        return true;
    }
    return false;
}

void tri_volume_record_name(const struct tri_volume_id *id, char name[TRI_VOLUME_RECORD_SIZE])
{
    snprintf(name, TRI_VOLUME_RECORD_SIZE, "%llu.%llu", (unsigned long long)id->sequence,
             (unsigned long long)id->offset_bytes);
}

/* ---- finding and holding ---- */

static int volume_gone(const struct tri_volume_id *id, struct tri_error *error)
{
    return tri_error_set(error, TRI_STORAGE_GONE, NULL,
                         "The volume at byte %llu of disk %llu is not there any more, or is another one now.",
                         (unsigned long long)id->offset_bytes, (unsigned long long)id->sequence);
}

int tri_volume_find(const struct tri_disk *disk, const struct tri_volume_id *id, struct tri_volume_place *ret,
                    struct tri_error *error)
{
    const struct tri_partition *partition = tri_disk_partition_at(disk, id->offset_bytes);
    struct tri_volume_place place = {.partition = partition, .start_bytes = id->offset_bytes};
    if (partition) {
        if (!tri_uuid_equal(&partition->id, &id->id))
            return volume_gone(id, error);
        place.filesystem = &partition->filesystem;
        place.size_bytes = partition->size_bytes;
        place.device = partition->number_dev;
        if (*partition->node)
            snprintf(place.node, sizeof place.node, "/dev/%s", partition->node);
    } else {
        struct tri_uuid whole = whole_disk_id(id->sequence);
        if (id->offset_bytes != 0 || disk->style != TRI_STYLE_NONE || !tri_uuid_equal(&whole, &id->id))
            return volume_gone(id, error);
        place.filesystem = &disk->whole;
        place.size_bytes = disk->size_bytes;
        place.device = disk->device;
        snprintf(place.node, sizeof place.node, "/dev/%s", disk->name);
    }
    *ret = place;
    return 0;
}

bool tri_volume_is_offline(const struct tri_volume_id *id)
{
    char name[TRI_UUID_TEXT_SIZE];
    tri_uuid_text(&id->id, name);
    return tri_state_has(TRI_STATE_OFFLINE_VOLUME, name);
}

void tri_volume_release(struct tri_volume_held *held)
{
    tri_disk_lock_drop(&held->lock);
}

/* The lock's view may be older than the partition's node: then the node is made first. */
static int lock_with_node(const struct tri_volume_id *id, unsigned flags, struct tri_volume_held *held,
                          struct tri_error *error)
{
    uint64_t what = flags & TRI_HOLD_WHOLE_DISK ? TRI_WHOLE_DISK : id->offset_bytes;
    for (int attempt = 0;; attempt++) {
        int r = tri_disk_lock_open(id->sequence, what, flags & TRI_HOLD_FILESYSTEMS ? TRI_LOCK_FILESYSTEMS : 0,
                                   &held->lock, error);
        if (r == 0)
            r = tri_volume_find(held->lock.disk, id, &held->place, error);
        if (r < 0)
            return r;
        if (*held->place.node)
            return 0;
        tri_disk_lock_drop(&held->lock);
        if (attempt)
            return tri_error_set(error, TRI_STORAGE_GONE, NULL,
                                 "The partition at byte %llu of disk %llu has no device node.",
                                 (unsigned long long)id->offset_bytes, (unsigned long long)id->sequence);
        if ((r = tri_disk_sync_nodes(id->sequence, error)) < 0)
            return r;
    }
}

int tri_volume_hold(const struct tri_volume_id *id, unsigned flags, struct tri_volume_held *ret,
                    struct tri_error *error)
{
    TRI_AUTO_VOLUME_HELD struct tri_volume_held held = TRI_VOLUME_HELD_NONE;
    int r = lock_with_node(id, flags, &held, error);
    if (r < 0)
        return r;
    if (tri_volume_is_offline(id))
        return tri_error_set(error, TRI_STORAGE_OFFLINE, held.place.node,
                             "The volume %s is offline; bring it online first.", held.place.node);
    *ret = held;
    held = (struct tri_volume_held)TRI_VOLUME_HELD_NONE;
    return 0;
}

int tri_volume_guard_free(const struct tri_volume_held *held, bool unmount, char **ret_paths, struct tri_error *error)
{
    struct tri_disk_lock view = held->lock; /* shares what it points at */
    if (held->place.partition)
        view.offset_bytes = held->place.start_bytes;
    return tri_guard_free(&view, unmount, ret_paths, error);
}

void tri_volume_tell(const struct tri_volume_id *id, int type, unsigned percent)
{
    struct tri_storage_event event = {.type = (enum tri_storage_event_type)type, .sequence = id->sequence,
                                      .offset_bytes = id->offset_bytes, .volume = id->id, .percent = percent};
    tri_events_post(&event);
}

/* ---- reading ---- */

void tri_volume_free(struct tri_volume *volume)
{
    if (!volume)
        return;
    free(volume->filesystem.label);
    free(volume->filesystem.uuid);
    free(volume);
}

void tri_volume_freep(struct tri_volume **volume)
{
    tri_volume_free(*volume);
}

static bool copy_text(char **to, const char *from)
{
    *to = from ? strdup(from) : NULL;
    return !from || *to;
}

static int copy_filesystem(struct tri_filesystem *to, const struct tri_filesystem *from)
{
    *to = *from;
    to->label = to->uuid = NULL;
    return copy_text(&to->label, from->label) && copy_text(&to->uuid, from->uuid) ? 0 : -ENOMEM;
}

struct formatting {
    const char *name;
    bool found;
};

static void see_work(void *data, const char *name, const char *text, bool is_held)
{
    struct formatting *formatting = data;
    formatting->found |= is_held && strcmp(name, formatting->name) == 0;
}

static bool is_formatting(const struct tri_volume_id *id)
{
    char name[TRI_VOLUME_RECORD_SIZE];
    struct formatting formatting = {.name = name};
    tri_volume_record_name(id, name);
    if (!tri_state_has(TRI_STATE_WORK, name))
        return false;
    tri_state_each(TRI_STATE_WORK, see_work, &formatting);
    return formatting.found;
}

static void read_flags(struct tri_volume *volume, const struct tri_disk *disk, const struct tri_partition *partition)
{
    uint64_t attributes = partition && disk->style == TRI_STYLE_GPT ? partition->attributes : 0;
    volume->is_whole_disk = !partition;
    volume->is_active = partition && partition->is_active;
    volume->is_read_only = disk->is_read_only || attributes & GPT_READ_ONLY;
    volume->is_hidden = attributes & GPT_HIDDEN;
    volume->no_default_letter = attributes & GPT_NO_LETTER;
    volume->is_shadow_copy = attributes & GPT_SHADOW_COPY;
    volume->is_system = disk->is_system;
    volume->is_boot = disk->is_boot;
    volume->has_swap = disk->has_swap;
    volume->is_offline = disk->is_offline || tri_volume_is_offline(&volume->id);
    volume->is_formatting = is_formatting(&volume->id);
}

static bool has_space_behind(const struct tri_disk *disk, const struct tri_partition *partition)
{
    TRI_AUTO_FREE struct tri_extent *extents = NULL;
    size_t count = 0;
    uint64_t end = partition->start_bytes + partition->size_bytes;
    if (tri_disk_free_extents(disk, disk->sector_bytes, &extents, &count) < 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (extents[i].start_bytes >= end && extents[i].start_bytes < end + SPACE_MIN_BYTES)
            return extents[i].start_bytes + extents[i].size_bytes >= end + SPACE_MIN_BYTES;
    return false;
}

static void read_abilities(struct tri_volume *volume, const struct tri_disk *disk,
                           const struct tri_partition *partition)
{
    const struct tri_filesystem_kind *kind = tri_filesystem_kind_of(&volume->filesystem);
    bool changeable = partition && !disk->is_system && !volume->is_read_only && !volume->is_offline;
    bool is_empty = volume->filesystem.type[0] == '\0';
    volume->can_shrink = changeable && kind && kind->can_shrink;
    volume->can_extend = changeable && (is_empty || (kind && kind->can_grow)) && has_space_behind(disk, partition);
}

/* Sizes as the file system tells them, where it is mounted. */
static void read_space(struct tri_volume *volume)
{
    char node[64], **paths = NULL;
    size_t count = 0;
    struct statvfs about;
    volume->total_bytes = volume->filesystem.size_bytes;
    snprintf(node, sizeof node, "/dev/%s", volume->node);
    if (!*volume->node || tri_mount_points(volume->device, node, TRI_MOUNTS_ALL, &paths, &count, NULL) < 0)
        return;
    if (count && statvfs(paths[0], &about) == 0) {
        volume->total_bytes = (uint64_t)about.f_blocks * about.f_frsize;
        volume->available_bytes = (uint64_t)about.f_bavail * about.f_frsize;
    }
    tri_mount_points_free(paths, count);
}

int tri_volume_read(const struct tri_volume_id *id, struct tri_volume **ret, struct tri_error *error)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    TRI_AUTO_VOLUME struct tri_volume *volume = NULL;
    struct tri_volume_place place;
    int r = tri_disk_read(id->sequence, TRI_DISK_FILESYSTEMS, &disk, error);
    if (r == 0)
        r = tri_volume_find(disk, id, &place, error);
    if (r < 0)
        return r;
    if (!(volume = calloc(1, sizeof *volume)) || copy_filesystem(&volume->filesystem, place.filesystem) < 0)
        return tri_error_no_memory(error);
    volume->id = *id;
    snprintf(volume->node, sizeof volume->node, "%s", place.partition ? place.partition->node : disk->name);
    volume->device = place.device;
    volume->size_bytes = place.size_bytes;
    volume->sector_bytes = disk->sector_bytes;
    read_flags(volume, disk, place.partition);
    read_abilities(volume, disk, place.partition);
    read_space(volume);
    *ret = TRI_TAKE(volume);
    return 0;
}

/* ---- direct changes ---- */

int tri_volume_delete(const struct tri_volume_id *id, bool force, struct tri_error *error)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    struct tri_volume_place place;
    int r = tri_disk_read(id->sequence, 0, &disk, error);
    if (r == 0)
        r = tri_volume_find(disk, id, &place, error);
    if (r < 0)
        return r;
    if (!place.partition)
        return tri_error_set(error, TRI_STORAGE_NOT_SUPPORTED, place.node,
                             "The volume is all of %s and no partition that could be deleted; clean the disk instead.",
                             place.node);
    if ((r = tri_partition_delete(id->sequence, id->offset_bytes, force, false, error)) < 0)
        return r;
    tri_letter_forget(id);
    return 0;
}

int tri_volume_set_flag(const struct tri_volume_id *id, enum tri_volume_flag flag, bool on, struct tri_error *error)
{
    static const uint64_t bits[] = {[TRI_VOLUME_READ_ONLY] = GPT_READ_ONLY, [TRI_VOLUME_HIDDEN] = GPT_HIDDEN,
                                    [TRI_VOLUME_NO_LETTER] = GPT_NO_LETTER, [TRI_VOLUME_SHADOW_COPY] = GPT_SHADOW_COPY};
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    struct tri_volume_place place;
    int r = tri_disk_read(id->sequence, 0, &disk, error);
    if (r == 0)
        r = tri_volume_find(disk, id, &place, error);
    if (r < 0)
        return r;
    if ((size_t)flag >= sizeof bits / sizeof *bits)
        return tri_error_set(error, TRI_STORAGE_BAD_ATTRIBUTES, NULL, "There is no such volume flag.");
    if (!place.partition || disk->style != TRI_STYLE_GPT)
        return tri_error_set(error, TRI_STORAGE_NOT_SUPPORTED, place.node,
                             "Volume flags are kept in a GPT, and %s has none.", disk->name);
    uint64_t attributes = on ? place.partition->attributes | bits[flag] : place.partition->attributes & ~bits[flag];
    if (attributes == place.partition->attributes)
        return 0;
    return tri_partition_set_attributes(id->sequence, id->offset_bytes, attributes, error);
}
