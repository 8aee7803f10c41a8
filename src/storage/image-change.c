/* Changes of an image that is not attached: compact, expand, merge, check. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "storage/image-private.h"
#include "storage/making.h"
#include "storage/qemu.h"
#include "storage/tool.h"
#include "storage/vhd.h"
#include "storage/vhdx.h"
#include "storage/work.h"

struct change {
    char *path; /* no symbolic link: what is replaced is the file itself */
    uint64_t size_bytes;
    unsigned depth;
    bool repair;
    enum tri_image_state state;
    int (*run)(struct change *change, struct tri_op *op, struct tri_error *error);
    /* filled by the run: */
    int fd;
    struct stat st;
    enum tri_image_format format;
};

static void change_free(void *request)
{
    struct change *change = request;
    tri_close(change->fd);
    free(change->path);
    free(change);
}

/* Nobody else has it open: qemu's locks are asked, and let go again, for qemu-img takes them itself. */
static int check_unused(const char *path, struct tri_error *error)
{
    struct stat st;
    TRI_AUTO_CLOSE int fd = tri_image_open(path, true, &st, error);
    return fd < 0 ? fd : tri_image_lock(fd, false, path, error);
}

static int change_run(struct tri_op *op, void *request, void **ret_value, struct tri_error *error)
{
    struct change *change = request;
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    struct tri_image_record record = {.path = change->path, .state = change->state};
    tri_state_sweep();
    int r = tri_image_format_of(change->path, &change->format, error);
    if (r < 0)
        return r;
    if ((change->fd = tri_image_open(change->path, true, &change->st, error)) < 0)
        return change->fd;
    r = tri_image_claim(&record, change->fd, &hold, error);
    if (r == 0)
        r = check_unused(change->path, error);
    if (r == 0)
        r = change->run(change, op, error);
    tri_state_drop(&hold);
    return r;
}

static int submit_change(const char *path, const struct change *as, const struct tri_work_kind *kind, struct tri_op *op,
                         const struct tri_op_tag *tag, struct tri_error *error)
{
    TRI_AUTO_FREE char *absolute = NULL, *real = NULL;
    int r = tri_image_absolute(path, &absolute, error);
    if (r < 0)
        return r;
    if (!(real = realpath(absolute, NULL)))
        return tri_error_set(error, -errno, absolute, "\"%s\": %m.", absolute);
    struct change *change = malloc(sizeof *change);
    if (!change)
        return tri_error_no_memory(error);
    *change = *as;
    change->path = TRI_TAKE(real);
    change->fd = -1;
    r = tri_work_submit(kind, change, op, tag);
    return r < 0 ? tri_error_set(error, r, path, "The %s cannot be started: %s.", kind->name, strerror(-r)) : 0;
}

/* ---- what a cancel leaves ---- */

static const char *old_image_left(const void *request)
{
    return "the image is as it was";
}

static const char *merge_left(const void *request)
{
    return "the image is whole, but its parent no image by itself until it is merged again";
}

static const char *check_left(const void *request)
{
    return ((const struct change *)request)->repair ? "the image may be repaired in part only, so repair it again"
                                                    : "nothing was changed";
}

static int not_supported(const struct change *change, const char *what, struct tri_error *error)
{
    return tri_error_set(error, TRI_STORAGE_NOT_SUPPORTED, change->path, "\"%s\" %s.", change->path, what);
}

/* The new file in the old one's place, as durable as the old one was: owner, mode, and the data before the name. */
static int replace(const struct change *change, struct tri_draft *draft, struct tri_error *error)
{
    if (fchown(draft->fd, change->st.st_uid, change->st.st_gid) < 0 ||
        fchmod(draft->fd, change->st.st_mode & 07777) < 0 || fsync(draft->fd) < 0)
        return tri_error_set(error, -errno, change->path, "The new \"%s\" cannot be made ready: %m.", change->path);
    return tri_draft_commit(draft, true, error);
}

/* ---- compact ---- */

static void put_compact_options(const struct change *change, const struct tri_qemu_info *info, char options[256],
                                struct tri_arguments *arguments)
{
    const struct tri_making as = {.format = change->format, .block_bytes = info->cluster_bytes};
    tri_making_options(&as, options);
    tri_argument_option(arguments, "-o", options);
    tri_argument_option(arguments, "-B", info->backing_path);
    tri_argument_option(arguments, "-F", info->backing_path ? tri_qemu_format(info->backing_format) : NULL);
}

static int compact_copy(const struct change *change, const struct tri_qemu_info *info, struct tri_op *op,
                        struct tri_error *error)
{
    char options[256];
    TRI_AUTO_DRAFT struct tri_draft draft = TRI_DRAFT_NONE;
    TRI_AUTO_FREE char *source = NULL;
    const struct tri_qemu_run run = {
        .op = op, .path = change->path, .begin = 1, .end = 98, .phase = "compact", .kept = &draft.hold.fd};
    struct tri_arguments arguments = {.argv = {TRI_QEMU_IMG, "convert", "-p", "-O", tri_qemu_format(change->format)},
                                      .count = 5};
    int r = tri_qemu_describe_text(change->path, change->format, true, &source, error);
    if (r == 0)
        r = tri_draft_begin(&draft, change->path, 0600, error);
    if (r < 0)
        return r;
    put_compact_options(change, info, options, &arguments);
    tri_argument(&arguments, source);
    tri_argument(&arguments, draft.path);
    r = tri_qemu_run(&run, arguments.argv, NULL, error);
    if (r == 0 && tri_op_cancelled(op))
        r = -ECANCELED;
    return r < 0 ? r : replace(change, &draft, error);
}

static int compact(struct change *change, struct tri_op *op, struct tri_error *error)
{
    struct tri_qemu_info info = {0};
    struct tri_vhd vhd = {0};
    int r = 0;
    if (change->format == TRI_IMAGE_RAW)
        return not_supported(change, "is a raw image, of fixed size: it cannot be compacted", error);
    if (change->format == TRI_IMAGE_VHD && (r = tri_vhd_read(change->fd, &vhd, error)) < 0)
        return r;
    if (vhd.type == TRI_VHD_FIXED || (change->format == TRI_IMAGE_VHDX && tri_vhdx_is_fixed(change->fd)))
        return not_supported(change, "is of fixed size: it cannot be compacted", error);
    if (change->format == TRI_IMAGE_QCOW2)
        r = tri_qemu_info(change->path, change->format, &info, error);
    if (r == 0 && info.backing_path && info.backing_format == TRI_IMAGE_AUTO)
        r = tri_image_detect(info.backing_path, &info.backing_format, error);
    if (r == 0 && info.has_snapshots)
        r = not_supported(change, "has snapshots or bitmaps in it, which a compacted one would lose", error);
    if (r == 0)
        r = compact_copy(change, &info, op, error);
    tri_qemu_info_clear(&info);
    return r;
}

int tri_image_compact(const char *path, struct tri_op *op, const struct tri_op_tag *tag, struct tri_error *error)
{
    static const struct tri_work_kind kind = {
        .name = "compaction", .run = change_run, .free_request = change_free, .left = old_image_left};
    return submit_change(path, &(struct change){.state = TRI_IMAGE_COMPACTING, .run = compact}, &kind, op, tag, error);
}

/* ---- expand ---- */

static int current_size(const struct change *change, uint64_t *ret_bytes, bool *ret_fixed, struct tri_error *error)
{
    struct tri_qemu_info info = {0};
    struct tri_vhd vhd;
    int r = 0;
    *ret_fixed = false;
    if (change->format == TRI_IMAGE_RAW) {
        *ret_bytes = (uint64_t)change->st.st_size;
        *ret_fixed = change->st.st_blocks * 512 >= change->st.st_size;
    } else if (change->format == TRI_IMAGE_VHD && (r = tri_vhd_read(change->fd, &vhd, error)) == 0) {
        *ret_bytes = vhd.size_bytes;
        *ret_fixed = vhd.type == TRI_VHD_FIXED;
    } else if (r == 0 && (r = tri_qemu_info(change->path, change->format, &info, error)) == 0) {
        *ret_bytes = info.virtual_size_bytes;
        *ret_fixed = change->format == TRI_IMAGE_VHDX && tri_vhdx_is_fixed(change->fd);
        tri_qemu_info_clear(&info);
    }
    return r;
}

/* Raw and fixed VHD: the file grows at its end. Failed or cancelled, it is cut back. */
static int expand_in_place(const struct change *change, uint64_t old_bytes, bool fixed, struct tri_op *op,
                           struct tri_error *error)
{
    const struct tri_qemu_run run = {.op = op, .path = change->path, .begin = 1, .end = 98};
    bool is_vhd = change->format == TRI_IMAGE_VHD; /* whose footer is at its end until there is another one */
    int r = 0;
    if (!is_vhd && ftruncate(change->fd, (off_t)change->size_bytes) < 0)
        r = tri_error_set(error, -errno, change->path, "\"%s\" cannot have %llu bytes: %m.", change->path,
                          (unsigned long long)change->size_bytes);
    if (r == 0 && fixed && old_bytes > 0)
        r = tri_draft_allocate(&run, change->fd, change->size_bytes, is_vhd, error);
    if (r == 0 && is_vhd)
        r = tri_vhd_grow(change->fd, change->size_bytes, error);
    else if (r == 0 && fsync(change->fd) < 0)
        r = tri_error_set(error, -errno, change->path, "\"%s\" cannot be written: %m.", change->path);
    if (r < 0 && ftruncate(change->fd, change->st.st_size) < 0)
        return tri_error_set(error, -errno, change->path, "\"%s\" cannot be cut back: %m.", change->path);
    return r;
}

/* VHDX and dynamic VHD: a larger, empty one, and the old one's content in it. */
static int expand_copy(const struct change *change, bool fixed, struct tri_op *op, struct tri_error *error)
{
    TRI_AUTO_DRAFT struct tri_draft draft = TRI_DRAFT_NONE;
    TRI_AUTO_FREE char *source = NULL;
    const struct tri_making as = {
        .path = change->path, .format = change->format, .size_bytes = change->size_bytes, .fixed = fixed};
    const struct tri_qemu_run run = {
        .op = op, .path = change->path, .begin = 2, .end = 98, .phase = "expand", .kept = &draft.hold.fd};
    int r = tri_qemu_describe_text(change->path, change->format, true, &source, error);
    if (r == 0)
        r = tri_draft_begin(&draft, change->path, 0600, error);
    if (r == 0)
        r = tri_making_run(&as, &draft, op, error);
    if (r < 0)
        return r;
    const char *argv[] = {
        TRI_QEMU_IMG, "convert",  "-p", "-n", "--target-is-zero", "-O", tri_qemu_format(change->format),
        source,       draft.path, NULL};
    r = tri_qemu_run(&run, argv, NULL, error);
    if (r == 0 && tri_op_cancelled(op))
        r = -ECANCELED;
    return r < 0 ? r : replace(change, &draft, error);
}

static int expand_qcow2(const struct change *change, struct tri_op *op, struct tri_error *error)
{
    TRI_AUTO_FREE char *image = NULL;
    char size[24];
    const struct tri_qemu_run run = {
        .op = op, .path = change->path, .begin = 1, .end = 98, .phase = "expand", .critical = true};
    int r = tri_qemu_describe_text(change->path, change->format, false, &image, error);
    if (r < 0)
        return r;
    snprintf(size, sizeof size, "%llu", (unsigned long long)change->size_bytes);
    const char *argv[] = {TRI_QEMU_IMG, "resize", "-q", image, size, NULL};
    return tri_qemu_run(&run, argv, NULL, error);
}

static int expand(struct change *change, struct tri_op *op, struct tri_error *error)
{
    uint64_t old_bytes = 0;
    bool fixed = false;
    int r = tri_making_check_size(change->format, change->size_bytes, change->path, error);
    if (r == 0)
        r = current_size(change, &old_bytes, &fixed, error);
    if (r < 0)
        return r;
    if (change->size_bytes <= old_bytes)
        return tri_error_set(error, -EINVAL, change->path, "\"%s\" has %llu bytes already; it can only be made larger.",
                             change->path, (unsigned long long)old_bytes);
    if (change->format == TRI_IMAGE_RAW || (change->format == TRI_IMAGE_VHD && fixed))
        return expand_in_place(change, old_bytes, fixed, op, error);
    return change->format == TRI_IMAGE_QCOW2 ? expand_qcow2(change, op, error)
                                              : expand_copy(change, fixed, op, error);
}

int tri_image_expand(const char *path, uint64_t size_bytes, struct tri_op *op, const struct tri_op_tag *tag,
                     struct tri_error *error)
{
    static const struct tri_work_kind kind = {
        .name = "expansion", .run = change_run, .free_request = change_free, .left = old_image_left};
    int r = tri_making_check_size(TRI_IMAGE_RAW, size_bytes, path, error);
    const struct change as = {.state = TRI_IMAGE_EXPANDING, .run = expand, .size_bytes = size_bytes};
    return r < 0 ? r : submit_change(path, &as, &kind, op, tag, error);
}

/* ---- merge ---- */

/* The image `depth` steps behind one. */
static int find_base(const char *path, unsigned depth, char **ret_path, struct tri_error *error)
{
    TRI_AUTO_FREE char *at = strdup(path);
    enum tri_image_format format = TRI_IMAGE_QCOW2;
    for (unsigned step = 0; at && step < depth; step++) {
        struct tri_qemu_info info = {0};
        int r = format == TRI_IMAGE_QCOW2 ? tri_qemu_info(at, format, &info, error) : 0;
        if (r == 0 && !info.backing_path)
            r = tri_error_set(error, -EINVAL, path, "\"%s\" has only %u parents.", path, step);
        if (r < 0)
            return r;
        free(at);
        at = TRI_TAKE(info.backing_path);
        format = info.backing_format;
        if (format == TRI_IMAGE_AUTO && (r = tri_image_detect(at, &format, error)) < 0)
            return r;
    }
    *ret_path = TRI_TAKE(at);
    return *ret_path ? 0 : tri_error_no_memory(error);
}

static int merge(struct change *change, struct tri_op *op, struct tri_error *error)
{
    TRI_AUTO_FREE char *image = NULL, *base = NULL;
    const struct tri_qemu_run run = {.op = op, .path = change->path, .begin = 1, .end = 98, .phase = "merge"};
    if (change->format != TRI_IMAGE_QCOW2)
        return not_supported(change, "cannot be merged: only qcow2 images have parents here", error);
    int r = find_base(change->path, change->depth, &base, error);
    if (r == 0)
        r = tri_qemu_describe_text(change->path, change->format, false, &image, error);
    if (r < 0)
        return r;
    /* -d: the child keeps its content; emptying it would only cost time. */
    const char *argv[] = {TRI_QEMU_IMG, "commit", "-p", "-d", "-b", base, image, NULL};
    return tri_qemu_run(&run, argv, NULL, error);
}

int tri_image_merge(const char *path, unsigned depth, struct tri_op *op, const struct tri_op_tag *tag,
                    struct tri_error *error)
{
    static const struct tri_work_kind kind = {
        .name = "merge", .run = change_run, .free_request = change_free, .left = merge_left};
    if (depth == 0 || depth > TRI_CHAIN_MAX)
        return tri_error_set(error, -EINVAL, path, "An image is merged into its parent, 1 to %d images back.",
                             TRI_CHAIN_MAX);
    const struct change as = {.state = TRI_IMAGE_MERGING, .run = merge, .depth = depth};
    return submit_change(path, &as, &kind, op, tag, error);
}

/* ---- check ---- */

enum { CHECK_GOOD = 0, CHECK_DAMAGED = 2, CHECK_LEAKS = 3, CHECK_UNSUPPORTED = 63 };

static int check(struct change *change, struct tri_op *op, struct tri_error *error)
{
    TRI_AUTO_FREE char *image = NULL;
    struct tri_vhd vhd;
    const struct tri_qemu_run run = {.op = op, .path = change->path, .begin = 1, .end = 98, .phase = "check"};
    struct tri_arguments arguments = {.argv = {TRI_QEMU_IMG, "check", "-q"}, .count = 3};
    int status = 0;
    if (change->format == TRI_IMAGE_RAW)
        return not_supported(change, "is a raw image: there is nothing in it to check", error);
    if (change->format == TRI_IMAGE_VHD)
        return tri_vhd_read(change->fd, &vhd, error);
    int r = tri_qemu_describe_text(change->path, change->format, !change->repair, &image, error);
    if (r < 0)
        return r;
    tri_argument_option(&arguments, "-r", change->repair ? "all" : NULL);
    tri_argument(&arguments, image);
    if ((r = tri_qemu_run(&run, arguments.argv, &status, error)) < 0 || status == CHECK_GOOD || status == CHECK_LEAKS)
        return r;
    if (status == CHECK_UNSUPPORTED)
        return not_supported(change, "is of a format that cannot be checked", error);
    return tri_error_set(error, TRI_STORAGE_BAD_IMAGE, change->path, "\"%s\" is damaged%s.", change->path,
                         status == CHECK_DAMAGED && !change->repair ? "; it may be repaired" : "");
}

int tri_image_check(const char *path, bool repair, struct tri_op *op, const struct tri_op_tag *tag,
                    struct tri_error *error)
{
    static const struct tri_work_kind kind = {
        .name = "check", .run = change_run, .free_request = change_free, .left = check_left};
    const struct change as = {.state = TRI_IMAGE_ADDED, .run = check, .repair = repair};
    return submit_change(path, &as, &kind, op, tag, error);
}
