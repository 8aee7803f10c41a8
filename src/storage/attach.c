/* Attaching and detaching. The record is there before anything else is, and goes last: whoever comes after a death finds
 * in it all that may be left.
 *
 *   raw, fixed VHD:  record -> loop device over the file -> partition nodes
 *   others:          record -> qemu-storage-daemon's export -> loop device over that -> partition nodes */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "storage/disk.h"
#include "storage/export.h"
#include "storage/image-private.h"
#include "storage/vhd.h"
#include "storage/work.h"

/* ---- taking apart ---- */

bool tri_attach_is_alive(const struct tri_image_record *record)
{
    return record->loop.sequence != 0 && tri_loop_is(&record->loop) &&
           (!record->is_exported || tri_export_is_alive(record->tag));
}

/* The loop device of an attachment, whether or not its owner lived to write it down. 1, 0, -errno. */
static int find_loop(const struct tri_image_record *record, struct tri_loop_device *ret)
{
    char tag[56];
    *ret = record->loop;
    if (record->loop.sequence != 0)
        return tri_loop_is(&record->loop);
    tri_image_record_tag((struct tri_image_record *)record, tag);
    return tri_loop_find(tag, ret);
}

static int cannot_tell(const char *what, int code, struct tri_error *error)
{
    return tri_error_set(error, code, what, "It cannot be told whether \"%s\" is attached still: %s.", what,
                         strerror(-code));
}

/* A disk whose daemon has died gives nothing but errors: whatever uses it, it loses its image, and goes when it is closed. */
static int undo_loop(const struct tri_loop_device *loop, bool is_dead, struct tri_error *error)
{
    int r = is_dead ? 0 : tri_disk_drop_nodes(loop->sequence, error);
    if (r == TRI_STORAGE_GONE) {
        tri_error_clear(error);
        r = 0;
    }
    if (r == 0)
        r = tri_loop_detach(loop, is_dead, error);
    int is_left = r == 0 ? tri_loop_is(loop) : 0;
    if (is_left > 0)
        r = tri_error_set(error, TRI_STORAGE_IN_USE, loop->name,
                          "/dev/%s has lost its image, and is in use: unmount what is mounted of it.", loop->name);
    return is_left < 0 ? cannot_tell(loop->name, is_left, error) : r;
}

int tri_attach_undo(const struct tri_image_record *record, struct tri_error *error)
{
    struct tri_loop_device loop;
    struct tri_error why = {0};
    int is_dead = tri_export_is_dead(record->tag);
    int r = is_dead < 0 ? is_dead : find_loop(record, &loop);
    if (r < 0)
        return cannot_tell(record->path, r, error);
    r = r > 0 ? undo_loop(&loop, is_dead, &why) : 0;
    if (r == 0 || is_dead) {
        int stopped = tri_export_stop(record->tag, r == 0 ? &why : NULL);
        r = r < 0 ? r : stopped;
    }
    if (r < 0 && error && !error->text)
        tri_error_move(error, &why);
    tri_error_clear(&why);
    return r;
}

/* ---- attach ---- */

struct attach {
    char *path;
    bool read_only;
};

static void attach_free(void *request)
{
    struct attach *attach = request;
    free(attach->path);
    free(attach);
}

/* What is to be attached, and how. */
struct plan {
    int file_fd;
    uint64_t size_limit_bytes;
    struct tri_image_record record;
    struct tri_state_hold hold;
};

static void plan_clear(struct plan *plan)
{
    tri_close(tri_take_fd(&plan->file_fd));
    tri_state_keep(&plan->hold);
    free(TRI_TAKE(plan->record.path));
}

static int examine_vhd(struct plan *plan, struct tri_error *error)
{
    struct tri_vhd vhd;
    int r = tri_vhd_read(plan->file_fd, &vhd, error);
    if (r < 0)
        return r;
    if (vhd.type == TRI_VHD_DIFFERENCING)
        return tri_error_set(error, TRI_STORAGE_NOT_SUPPORTED, plan->record.path,
                             "\"%s\" is a differencing VHD image; these cannot be attached here.", plan->record.path);
    plan->record.is_exported = vhd.type == TRI_VHD_DYNAMIC;
    plan->size_limit_bytes = vhd.type == TRI_VHD_FIXED ? vhd.size_bytes : 0;
    return 0;
}

static int examine(struct plan *plan, const struct attach *attach, struct tri_error *error)
{
    struct stat st;
    plan->record.path = strdup(attach->path);
    plan->record.read_only = attach->read_only;
    if (!plan->record.path)
        return tri_error_no_memory(error);
    int r = tri_image_format_of(attach->path, &plan->record.format, error);
    if (r < 0)
        return r;
    if ((plan->file_fd = tri_image_open(attach->path, !attach->read_only, &st, error)) < 0)
        return plan->file_fd;
    if (plan->record.format == TRI_IMAGE_VHD)
        return examine_vhd(plan, error);
    plan->record.is_exported = plan->record.format != TRI_IMAGE_RAW;
    if (st.st_size < TRI_IMAGE_SECTOR)
        return tri_error_set(error, TRI_STORAGE_BAD_IMAGE, attach->path, "\"%s\" is empty, and so no disk.",
                             attach->path);
    return 0;
}

static int connect_loop(struct plan *plan, struct tri_op *op, struct tri_error *error)
{
    char tag[56];
    int r = 0;
    if (plan->record.is_exported) {
        tri_op_progress(op, 10, "export");
        int fd = tri_export_start(plan->record.path, plan->record.format, plan->record.read_only, plan->record.tag, op,
                                  error);
        if (fd < 0)
            return fd;
        tri_close(plan->file_fd);
        plan->file_fd = fd;
    } else {
        r = tri_image_lock(plan->file_fd, plan->record.read_only, plan->record.path, error);
    }
    if (r < 0)
        return r;
    if (tri_op_cancelled(op))
        return -ECANCELED;
    tri_op_progress(op, 80, "attach");
    tri_image_record_tag(&plan->record, tag);
    /* An export takes one write at a time. The daemon (seen in 7.2) reads the next request into the buffer of the one it
     * works on: two writes at once, which direct I/O makes of two scattered pages, both store the second one's data. */
    const struct tri_loop_spec spec = {.file_fd = plan->file_fd,
                                       .direct = !plan->record.is_exported,
                                       .read_only = plan->record.read_only,
                                       .size_limit_bytes = plan->size_limit_bytes,
                                       .tag = tag};
    return tri_loop_attach(&spec, &plan->record.loop, error);
}

/* Nothing of the record's may be left behind by a failure. */
static void undo(struct plan *plan)
{
    struct tri_error error = {0};
    if (tri_attach_undo(&plan->record, &error) == 0)
        tri_state_drop(&plan->hold);
    else
        TRI_LOG("storage", "\"%s\" cannot be taken apart again: %s", plan->record.path, error.text ? error.text : "?");
    tri_error_clear(&error);
}

/* Cheap, and so asked before libfdisk is: without a table there are no nodes to make, and stale ones are gone already. */
static bool has_table(int fd)
{
    unsigned char head[4096 + 8] = {0};
    ssize_t got = pread(fd, head, sizeof head, 0);
    return got < 0 || (head[510] == 0x55 && head[511] == 0xaa) || memcmp(head + 512, "EFI PART", 8) == 0 ||
           memcmp(head + 4096, "EFI PART", 8) == 0;
}

/* A table that cannot be read does not keep the disk from being there. */
static void show_partitions(const struct plan *plan)
{
    struct tri_error error = {0};
    if (has_table(plan->file_fd) && tri_disk_sync_nodes(plan->record.loop.sequence, &error) < 0)
        TRI_LOG("storage", "partitions of %s: %s", plan->record.loop.name, error.text ? error.text : "?");
    tri_error_clear(&error);
}

static int finish(struct plan *plan, struct tri_error *error)
{
    plan->record.state = TRI_IMAGE_ATTACHED;
    TRI_AUTO_FREE char *text = tri_image_record_text(&plan->record);
    return text ? tri_state_rewrite(&plan->hold, text, error) : tri_error_no_memory(error);
}

static int attach_run(struct tri_op *op, void *request, void **ret_value, struct tri_error *error)
{
    TRI_CLEANUP(plan_clear) struct plan plan = {.file_fd = -1, .hold = TRI_STATE_HOLD_NONE};
    tri_state_sweep();
    int r = examine(&plan, request, error);
    plan.record.state = TRI_IMAGE_ATTACHING;
    if (r == 0)
        r = tri_image_claim(&plan.record, plan.file_fd, &plan.hold, error);
    if (r < 0)
        return r;
    r = connect_loop(&plan, op, error);
    if (r == 0) {
        show_partitions(&plan);
        r = finish(&plan, error);
    }
    if (r < 0)
        undo(&plan);
    return r;
}

static const char *attach_left(const void *request)
{
    return "the image is not attached";
}

static int check_root(struct tri_error *error)
{
    if (geteuid() == 0)
        return 0;
    return tri_error_set(error, -EACCES, NULL, "Only root may attach and detach images; this user is %u.",
                         (unsigned)geteuid());
}

int tri_image_attach(const char *path, bool read_only, struct tri_op *op, const struct tri_op_tag *tag,
                     struct tri_error *error)
{
    static const struct tri_work_kind kind = {
        .name = "attach", .run = attach_run, .free_request = attach_free, .left = attach_left};
    TRI_AUTO_FREE char *absolute = NULL;
    int r = check_root(error);
    if (r < 0 || (r = tri_image_absolute(path, &absolute, error)) < 0)
        return r;
    struct attach *attach = malloc(sizeof *attach);
    if (!attach)
        return tri_error_no_memory(error);
    *attach = (struct attach){.path = TRI_TAKE(absolute), .read_only = read_only};
    r = tri_work_submit(&kind, attach, op, tag);
    return r < 0 ? tri_error_set(error, r, path, "The attaching cannot be started: %s.", strerror(-r)) : 0;
}

/* ---- detach ---- */

static int detached(const char *path, struct tri_error *error)
{
    return tri_error_set(error, TRI_STORAGE_IMAGE_DETACHED, path, "\"%s\" is not attached.", path);
}

/* The record of an attached image, held. */
static int hold_attached(const char *path, struct tri_state_hold *ret_hold, struct tri_image_record *ret_record,
                         struct tri_error *error)
{
    char key[TRI_IMAGE_KEY_SIZE];
    TRI_AUTO_FREE char *seen = NULL, *text = NULL;
    bool is_held;
    int r = tri_image_find(path, key, &seen, &is_held);
    if (r == 0)
        r = tri_state_open(TRI_STATE_ATTACHED, key, ret_hold, &text);
    if (r == -ENOENT)
        return detached(path, error);
    if (r == -EBUSY)
        return tri_error_set(error, TRI_STORAGE_LOCKED, path, "\"%s\" is being worked on; wait until that is done.",
                             path);
    if (r < 0 || (r = tri_image_record_parse(text, ret_record)) < 0)
        return tri_error_set(error, r, path, "The record of \"%s\" cannot be read: %s.", path, strerror(-r));
    return 0;
}

/* Says that it is being detached; and that it is not, where that fails. */
static void note(struct tri_state_hold *hold, struct tri_image_record *record, enum tri_image_state state)
{
    record->state = state;
    TRI_AUTO_FREE char *text = tri_image_record_text(record);
    if (text)
        tri_state_rewrite(hold, text, NULL);
}

static int detach(const char *path, struct tri_error *error)
{
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    TRI_AUTO_IMAGE_RECORD struct tri_image_record record = {0};
    struct tri_error ignored = {0};
    int r = hold_attached(path, &hold, &record, error);
    if (r < 0) {
        tri_state_keep(&hold);
        return r;
    }
    bool was_attached = record.state == TRI_IMAGE_ATTACHED && tri_loop_is(&record.loop);
    if (was_attached)
        note(&hold, &record, TRI_IMAGE_DETACHING);
    r = tri_attach_undo(&record, error);
    if (r == 0) {
        tri_state_drop(&hold);
        return was_attached ? 0 : detached(path, error);
    }
    if (was_attached && tri_loop_is(&record.loop)) {
        note(&hold, &record, TRI_IMAGE_ATTACHED);
        tri_disk_sync_nodes(record.loop.sequence, &ignored);
        tri_error_clear(&ignored);
    }
    tri_state_keep(&hold);
    return r;
}

int tri_image_detach(const char *path, struct tri_error *error)
{
    TRI_AUTO_FREE char *absolute = NULL;
    int r = check_root(error);
    if (r < 0 || (r = tri_image_absolute(path, &absolute, error)) < 0)
        return r;
    return detach(absolute, error);
}

/* ---- delete ---- */

/* Nobody attaches it while it goes. */
static int unlink_image(const char *path, struct tri_error *error)
{
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    struct tri_image_record record = {.path = (char *)path, .state = TRI_IMAGE_DELETED};
    struct stat st;
    TRI_AUTO_CLOSE int fd = tri_image_open(path, false, &st, error);
    if (fd < 0)
        return fd;
    int r = tri_image_claim(&record, fd, &hold, error);
    if (r == 0)
        r = tri_image_lock(fd, true, path, error);
    if (r == 0 && unlink(path) < 0)
        r = tri_error_set(error, -errno, path, "\"%s\" cannot be deleted: %m.", path);
    tri_state_drop(&hold);
    return r;
}

int tri_image_delete(const char *path, struct tri_error *error)
{
    TRI_AUTO_FREE char *absolute = NULL;
    struct tri_error not_attached = {0};
    int r = tri_image_absolute(path, &absolute, error);
    if (r < 0)
        return r;
    r = detach(absolute, &not_attached);
    if (r < 0 && r != TRI_STORAGE_IMAGE_DETACHED && error)
        tri_error_move(error, &not_attached);
    tri_error_clear(&not_attached);
    if (r < 0 && r != TRI_STORAGE_IMAGE_DETACHED)
        return r;
    if ((r = unlink_image(absolute, error)) == 0)
        tri_image_forget(absolute);
    return r;
}
