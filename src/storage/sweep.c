/* Cleaning up after the dead. Whatever is done here is done under the lock of a record whose owner died, so that of two who
 * sweep at once only one touches a thing; and a record goes last, so that who is killed while sweeping leaves it for the
 * next one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "storage/device.h"
#include "storage/export.h"
#include "storage/guard.h"
#include "storage/image-private.h"
#include "storage/probe.h"
#include "storage/volume.h"

/* ---- names of records, gathered first: a folder is not changed while it is read ---- */

struct names {
    char (*names)[128];
    size_t count, room;
};

static void names_clear(struct names *names)
{
    free(names->names);
}
#define AUTO_NAMES TRI_CLEANUP(names_clear)

static void names_add(struct names *names, const char *name)
{
    if (names->count == names->room) {
        size_t room = names->room ? names->room * 2 : 16;
        char(*larger)[128] = realloc(names->names, room * sizeof *larger);
        if (!larger)
            return; /* the next sweep takes it */
        names->names = larger;
        names->room = room;
    }
    snprintf(names->names[names->count++], sizeof *names->names, "%s", name);
}

static void add_if_free(void *data, const char *name, const char *text, bool is_held)
{
    if (!is_held)
        names_add(data, name);
}

/* ---- half-made images ---- */

static void sweep_temporary(const char *name)
{
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    TRI_AUTO_FREE char *text = NULL;
    if (tri_state_open(TRI_STATE_TEMPORARY, name, &hold, &text) < 0)
        return;
    json_auto_t *json = json_loads(text, 0, NULL);
    const char *path = json_string_value(json_object_get(json, "path"));
    TRI_LOG("storage", "removing the half-made image \"%s\"", path ? path : "?");
    if (!path || unlink(path) == 0 || errno != EBUSY)
        tri_state_drop(&hold);
    tri_state_keep(&hold);
}

/* ---- half-formatted volumes ---- */

/* The id that the record was made for is still that of the volume, or partition, at its place. */
static bool is_same_volume(const struct tri_disk_lock *lock, uint64_t offset_bytes, const char *text)
{
    struct tri_uuid id;
    struct tri_volume_id volume;
    char head[TRI_UUID_TEXT_SIZE] = "";
    strncat(head, text, sizeof head - 1);
    if (!tri_uuid_parse(head, &id))
        return false;
    if (tri_volume_of_disk(lock->disk, offset_bytes, &volume) && tri_uuid_equal(&volume.id, &id))
        return true;
    const struct tri_partition *partition = tri_disk_partition_at(lock->disk, offset_bytes);
    if (partition)
        return tri_uuid_equal(&partition->id, &id);
    /* A disk without a table whose only file system is half made, or wiped already: it is no volume any more. */
    struct tri_uuid whole = tri_uuid_named("volume:disk:%llu", (unsigned long long)lock->disk->sequence);
    return offset_bytes == 0 && lock->disk->style == TRI_STYLE_NONE && tri_uuid_equal(&whole, &id);
}

/* Wipes what the tool of the dead one made, which the record knows by its id, or by its type (format.c). What somebody
 * else has made there meanwhile stays. */
static int wipe_if_known(int fd, const char *text, struct tri_error *error)
{
    TRI_CLEANUP(tri_filesystem_finish) struct tri_filesystem found = {0};
    const char *mark = strlen(text) > TRI_UUID_TEXT_SIZE ? text + TRI_UUID_TEXT_SIZE : "";
    int r = fd < 0 ? -ENODEV : tri_probe_filesystem(fd, 0, 0, false, &found, error);
    if (r < 0 || !found.type[0])
        return r;
    if (strcmp(found.type, mark) == 0 || (found.uuid && strcmp(found.uuid, mark) == 0))
        return tri_probe_wipe(fd, error);
    TRI_LOG("storage", "%s there is somebody else's, and is left alone", found.type);
    return 0;
}

/* True: nothing is left to do for the record. */
static bool wipe_volume(uint64_t sequence, uint64_t offset_bytes, const char *text)
{
    TRI_AUTO_DISK_LOCK struct tri_disk_lock lock = TRI_DISK_LOCK_NONE;
    struct tri_error error = {0};
    int r = tri_disk_lock_take(sequence, offset_bytes, &lock, &error);
    if (r == 0 && !is_same_volume(&lock, offset_bytes, text))
        r = TRI_STORAGE_GONE;
    if (r == 0)
        r = tri_guard_free(&lock, false, NULL, &error);
    if (r == 0) {
        bool is_whole = lock.disk->style == TRI_STYLE_NONE;
        TRI_LOG("storage", "looking for what a format left at %llu of disk %llu", (unsigned long long)offset_bytes,
                (unsigned long long)sequence);
        r = wipe_if_known(is_whole ? lock.disk_fd : lock.partition_fd, text, &error);
    }
    if (r < 0)
        TRI_LOG("storage", "volume %llu.%llu: %s", (unsigned long long)sequence, (unsigned long long)offset_bytes,
                error.text ? error.text : "gone, or another one");
    tri_error_clear(&error);
    return r == 0 || r == TRI_STORAGE_GONE || r == TRI_STORAGE_NOT_FOUND || r == TRI_STORAGE_SYSTEM;
}

static void sweep_work(const char *name)
{
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    TRI_AUTO_FREE char *text = NULL;
    unsigned long long sequence, offset_bytes;
    if (tri_state_open(TRI_STATE_WORK, name, &hold, &text) < 0)
        return;
    if (sscanf(name, "%llu.%llu", &sequence, &offset_bytes) != 2 || wipe_volume(sequence, offset_bytes, text))
        tri_state_drop(&hold);
    tri_state_keep(&hold);
}

/* ---- attachments ---- */

static void sweep_attached(const char *name)
{
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    TRI_AUTO_FREE char *text = NULL;
    TRI_AUTO_IMAGE_RECORD struct tri_image_record record = {0};
    struct tri_error error = {0};
    if (tri_state_open(TRI_STATE_ATTACHED, name, &hold, &text) < 0)
        return;
    bool is_readable = tri_image_record_parse(text, &record) == 0;
    if (is_readable && record.state == TRI_IMAGE_ATTACHED && tri_attach_is_alive(&record)) {
        tri_state_keep(&hold);
        return;
    }
    if (!is_readable || tri_attach_undo(&record, &error) == 0)
        tri_state_drop(&hold);
    else
        TRI_LOG("storage", "what is left of \"%s\": %s", record.path, error.text ? error.text : "?");
    tri_error_clear(&error);
    tri_state_keep(&hold);
}

/* Only those that are not as they should be: asked without taking the record, which a living one may want. */
static void add_if_broken(void *data, const char *name, const char *text, bool is_held)
{
    TRI_AUTO_IMAGE_RECORD struct tri_image_record record = {0};
    if (is_held)
        return;
    if (tri_image_record_parse(text, &record) < 0 || record.state != TRI_IMAGE_ATTACHED || !tri_attach_is_alive(&record))
        names_add(data, name);
}

/* ---- exports without a record ---- */

static void add_export(void *data, const char *tag)
{
    names_add(data, tag);
}

/* Takes the tags that records speak of from the list. */
static void strike_out(void *data, const char *name, const char *text, bool is_held)
{
    struct names *tags = data;
    TRI_AUTO_IMAGE_RECORD struct tri_image_record record = {0};
    if (tri_image_record_parse(text, &record) < 0)
        return;
    for (size_t i = 0; i < tags->count; i++)
        if (strcmp(tags->names[i], record.tag) == 0)
            *tags->names[i] = '\0';
}

/* The exports are listed before the records are: an export comes after its record, and goes before it. */
static void sweep_exports(void)
{
    AUTO_NAMES struct names tags = {0};
    tri_export_each(add_export, &tags);
    if (tags.count == 0 || tri_state_each(TRI_STATE_ATTACHED, strike_out, &tags) < 0)
        return;
    for (size_t i = 0; i < tags.count; i++)
        if (*tags.names[i])
            tri_export_stop(tags.names[i], NULL);
}

/* ---- disks that are gone ---- */

static void sweep_offline(const char *name)
{
    char disk[32];
    if (tri_device_search(strtoull(name, NULL, 10), disk) == -ENOENT)
        tri_state_remove(TRI_STATE_OFFLINE_DISK, name);
}

/* ---- all ---- */

static void sweep_kind(enum tri_state_kind kind, tri_state_visit *choose, void (*clean)(const char *name))
{
    AUTO_NAMES struct names names = {0};
    tri_state_each(kind, choose, &names);
    for (size_t i = 0; i < names.count; i++)
        clean(names.names[i]);
}

void tri_state_sweep(void)
{
    static _Thread_local bool is_sweeping; /* what is called here may want to sweep too */
    if (is_sweeping)
        return;
    is_sweeping = true;
    sweep_kind(TRI_STATE_TEMPORARY, add_if_free, sweep_temporary);
    sweep_kind(TRI_STATE_WORK, add_if_free, sweep_work);
    sweep_kind(TRI_STATE_ATTACHED, add_if_broken, sweep_attached);
    sweep_kind(TRI_STATE_OFFLINE_DISK, add_if_free, sweep_offline);
    sweep_exports();
    is_sweeping = false;
}
