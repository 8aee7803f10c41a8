/* Making a file system. The volume is locked and what can be known is answered at once; then the work begins:
 *
 *   free (unmounted, nobody has it open) -> record -> signatures wiped -> [zeros] -> tool -> looked at -> record gone
 *
 * From the wipe on the volume is empty, and stays so whatever becomes of us, until the tool has done: a failure or a
 * cancel wipes again what the tool began, and after a death the record makes the next call do so (tri_state_sweep). The tool
 * holds the record too, so that nobody cleans up behind one that still writes.
 *
 * Somebody may make a file system there by hand before that next call, and it must not be taken for the tool's. So the
 * record says by what the tool's is known: the id that we chose for it. Of the kinds whose tools choose it themselves
 * it says the type, and only from when the tool begins. */
#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "storage/discard.h"
#include "storage/events.h"
#include "storage/filesystem.h"
#include "storage/state.h"
#include "storage/tool.h"
#include "storage/volume-private.h"
#include "storage/work.h"
#include "storage/zero.h"

#define ZERO_PERCENT 95 /* of a full format; the rest is the tool's */

enum { RECORD_SIZE = 2 * TRI_UUID_TEXT_SIZE };

struct format {
    struct tri_format_spec spec;
    const struct tri_filesystem_kind *kind;
    /* while it runs: */
    struct tri_op *op;
    struct tri_volume_held held;
    struct tri_state_hold record;
    char uuid[TRI_UUID_TEXT_SIZE];              /* of the new file system; "": its tool chooses */
    char *paths;                                /* where it was mounted, newline-separated; NULL: nowhere */
    enum { UNTOUCHED, ERASED, SPOILT } content; /* of the volume, where it is not a new file system's */
};

static int format_fd(const struct format *format)
{
    return format->held.lock.partition_fd >= 0 ? format->held.lock.partition_fd : format->held.lock.disk_fd;
}

/* ---- is it what it shall be? ---- */

static size_t trimmed_length(const char *label)
{
    size_t length = strlen(label);
    while (length && label[length - 1] == ' ')
        length--;
    return length;
}

/* Labels end before their spaces, and "NO NAME" is how FAT writes that there is none. */
static bool is_label(const struct format *format, const char *found)
{
    const char *wanted = format->spec.label;
    size_t length = trimmed_length(wanted);
    if (strcmp(format->kind->blkid_type, "vfat") == 0 && strncmp(wanted, "NO NAME", length) == 0)
        return true;
    return length == trimmed_length(found) && strncmp(found, wanted, length) == 0;
}

static int probe_node(const struct format *format, blkid_probe probe, struct tri_error *error)
{
    char *only[] = {(char *)format->kind->blkid_type, NULL};
    const char *type = "", *label = "", *node = format->held.place.node;
    if (blkid_probe_set_device(probe, format_fd(format), 0, 0) < 0)
        return tri_error_set(error, TRI_STORAGE_IO, node, "Cannot look at %s after formatting it.", node);
    blkid_probe_enable_superblocks(probe, 1);
    blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL);
    blkid_probe_filter_superblocks_type(probe, BLKID_FLTR_ONLYIN, only);
    if (blkid_do_safeprobe(probe) == 0) {
        blkid_probe_lookup_value(probe, "TYPE", &type, NULL);
        blkid_probe_lookup_value(probe, "LABEL", &label, NULL);
    }
    if (strcmp(type, format->kind->blkid_type) != 0)
        return tri_error_set(error, TRI_STORAGE_TOOL_FAILED, node,
                             "%s said that it was done, but there is no %s on %s.", format->kind->tool,
                             format->kind->name, node);
    if (!is_label(format, label))
        return tri_error_set(error, TRI_STORAGE_BAD_LABEL, node, "%s on %s got another label than was asked for.",
                             format->kind->name, node);
    return 0;
}

static int verify(const struct format *format, struct tri_error *error)
{
    blkid_probe probe = blkid_new_probe();
    if (!probe)
        return tri_error_no_memory(error);
    int r = probe_node(format, probe, error);
    blkid_free_probe(probe);
    return r;
}

/* ---- the steps that write ---- */

static void tell_percent(void *data, unsigned percent)
{
    const struct format *format = data;
    tri_volume_tell(&format->spec.volume, TRI_EVENT_FORMAT_PROGRESS, percent * ZERO_PERCENT / 100);
}

/* Writes zeros to all of it; what is written when it stops is zeros, so that the volume stays empty. */
static int zero(struct format *format, struct tri_error *error)
{
    return tri_zero_range_told(format->held.place.node, 0, format->held.place.size_bytes, format->op, 0, ZERO_PERCENT,
                               tell_percent, format, error);
}

static void record_text(const struct format *format, const char *mark, char text[RECORD_SIZE])
{
    char id[TRI_UUID_TEXT_SIZE];
    tri_uuid_text(&format->spec.volume.id, id);
    snprintf(text, RECORD_SIZE, "%s %s", id, mark);
}

/* From here on a file system of the type is the tool's. */
static int record_tool(struct format *format, struct tri_error *error)
{
    char text[RECORD_SIZE];
    if (*format->uuid)
        return 0;
    record_text(format, format->kind->blkid_type, text);
    return tri_state_rewrite(&format->record, text, error);
}

static int run_tool(struct format *format, struct tri_error *error)
{
    const struct tri_volume_place *place = &format->held.place;
    const int handed[] = {format->record.fd, format_fd(format)};
    const struct tri_disk_lock *lock = &format->held.lock;
    struct tri_mkfs mkfs;
    struct tri_error why = {0};
    bool discard = format->spec.quick && /* else every block was written, and stays so */
                   tri_discard_is_worth_it(lock->disk, lock->disk_fd, place->start_bytes, place->size_bytes);
    tri_mkfs_command(&mkfs, &format->spec, format->kind, place->node, format->uuid, place->size_bytes,
                     lock->disk->sector_bytes, !place->partition, discard);
    struct tri_tool tool = {.argv = mkfs.argv, .op = format->op, .fds = handed, .fd_count = 2};
    int r = tri_tool_run(&tool, NULL, &why);
    if (r == TRI_STORAGE_TOOL_FAILED) {
        tri_error_set(error, r, place->node, "%s could not format %s; the volume is empty now: %s", format->kind->tool,
                      place->node, why.text ? why.text : "");
        if (error)
            tri_error_detail(error, why.detail);
    } else if (r < 0 && error) {
        tri_error_move(error, &why);
    }
    tri_error_clear(&why);
    return r;
}

/* The tool, and what it left behind where it did not come to its end. */
static int make_filesystem(struct format *format, struct tri_error *error)
{
    tri_op_progress(format->op, format->spec.quick ? 0 : ZERO_PERCENT, "making the file system");
    int r = record_tool(format, error);
    if (r == 0)
        r = run_tool(format, error);
    if (r == 0)
        r = verify(format, error);
    if (r == 0)
        return 0;
    struct tri_error wiping = {0};
    int wiped = tri_probe_wipe(format_fd(format), &wiping);
    if (wiped < 0)
        format->content = SPOILT;
    if (wiped < 0 && error) {
        tri_error_clear(error);
        tri_error_set(error, r, format->held.place.node,
                      "Formatting %s ended early, and what it left could not be erased (%s); format it again.",
                      format->held.place.node, wiping.text ? wiping.text : "?");
    }
    tri_error_clear(&wiping);
    return r;
}

static int write_all(struct format *format, struct tri_error *error)
{
    tell_percent(format, 0);
    format->content = ERASED;
    int r = tri_probe_wipe(format_fd(format), error);
    if (r == 0 && !format->spec.quick)
        r = zero(format, error);
    return r < 0 ? r : make_filesystem(format, error);
}

/* ---- around it ---- */

static int take_record(struct format *format, struct tri_error *error)
{
    char name[TRI_VOLUME_RECORD_SIZE], text[RECORD_SIZE];
    tri_mkfs_choose_uuid(format->kind, format->uuid);
    tri_volume_record_name(&format->spec.volume, name);
    record_text(format, format->uuid, text);
    int r = tri_state_take(TRI_STATE_WORK, name, text, &format->record, error);
    if (r == -EBUSY)
        return tri_error_set(error, TRI_STORAGE_LOCKED, format->held.place.node, "%s is being formatted at the moment.",
                             format->held.place.node);
    return r;
}

/* Mounts again what was unmounted for the format; what does not work is remembered for tri_volume_mount. */
static void mount_again(const struct format *format)
{
    const struct tri_disk *disk = format->held.lock.disk;
    const struct tri_volume_place *place = &format->held.place;
    struct tri_error error = {0};
    if (!format->paths || !*format->paths)
        return;
    if (tri_letter_remount(place, tri_letter_is_read_only(disk, place->partition), format->paths, &error) < 0) {
        TRI_LOG("storage", "not mounted again: %s", error.text ? error.text : "?");
        tri_letter_record(&format->spec.volume, format->paths, NULL);
    }
    tri_error_clear(&error);
}

static int format_held(struct format *format, struct tri_error *error)
{
    const struct tri_volume_place *place = &format->held.place;
    const struct tri_disk_lock *lock = &format->held.lock;
    int r = tri_guard_free(lock, format->spec.force, &format->paths, error);
    if (r == 0)
        r = take_record(format, error);
    if (r < 0) {
        mount_again(format);
        return r;
    }
    r = write_all(format, error);
    posix_fadvise(lock->disk_fd, (off_t)place->start_bytes, (off_t)place->size_bytes, POSIX_FADV_DONTNEED);
    tri_state_drop(&format->record);
    if (r == 0)
        mount_again(format);
    else if (format->paths)
        tri_letter_record(&format->spec.volume, format->paths, NULL);
    if (r == 0)
        tri_volume_tell(&format->spec.volume, TRI_EVENT_FORMAT_PROGRESS, 100);
    tri_volume_tell(&format->spec.volume, TRI_EVENT_FILESYSTEM_MODIFY, 0);
    return r;
}

static int format_run(struct tri_op *op, void *request, void **ret_value, struct tri_error *error)
{
    struct format *format = request;
    format->op = op;
    int r = format_held(format, error);
    tri_volume_release(&format->held);
    return r;
}

static void format_free(void *request)
{
    struct format *format = request;
    tri_volume_release(&format->held);
    free(format->paths);
    free(format);
}

static const char *format_left(const void *request)
{
    static const char *const texts[] = {
        [UNTOUCHED] = "the volume is as it was",
        [ERASED] = "the volume has no file system now",
        [SPOILT] = NULL, /* make_filesystem has said why */
    };
    return texts[((const struct format *)request)->content];
}

static const struct tri_work_kind format_kind = {
    .name = "format", .run = format_run, .free_request = format_free, .left = format_left};

/* ---- what is known before ---- */

/* Under the lock, which the work then has: nothing needs to be read twice. */
static int check_held(const struct format *format, struct tri_error *error)
{
    const struct tri_disk *disk = format->held.lock.disk;
    const struct tri_volume_place *place = &format->held.place;
    if (tri_letter_is_read_only(disk, place->partition))
        return tri_error_set(error, TRI_STORAGE_READ_ONLY, place->node, "The volume %s is read-only.", place->node);
    if (place->partition && place->partition->is_extended)
        return tri_error_set(error, TRI_STORAGE_NOT_SUPPORTED, place->node,
                             "%s is an extended partition, which cannot be formatted.", place->node);
    return tri_mkfs_check_size(&format->spec, format->kind, place->size_bytes, disk->sector_bytes, error);
}

static int prepare(struct format *format, struct tri_error *error)
{
    int r = tri_mkfs_check(&format->spec, &format->kind, error);
    if (r == 0)
        r = tri_volume_hold(&format->spec.volume, 0, &format->held, error);
    return r < 0 ? r : check_held(format, error);
}

int tri_volume_format(const struct tri_format_spec *spec, struct tri_op *op, const struct tri_op_tag *tag,
                      struct tri_error *error)
{
    struct format *format = malloc(sizeof *format);
    if (!format)
        return tri_error_no_memory(error);
    *format = (struct format){.spec = *spec, .held = TRI_VOLUME_HELD_NONE, .record = TRI_STATE_HOLD_NONE};
    tri_state_sweep();
    int r = prepare(format, error);
    if (r < 0) {
        format_free(format);
        return r;
    }
    r = tri_work_submit(&format_kind, format, op, tag);
    return r < 0 ? tri_error_set(error, r, NULL, "Cannot start formatting: %s.", strerror(-r)) : 0;
}
