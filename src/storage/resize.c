/* Moving the end of a volume. What can fail without harm comes first:
 *
 *   grow:   file system checked -> partition grown -> file system grown   (else the partition's end goes back)
 *   shrink: file system checked -> file system shrunk -> partition shrunk (else the file system grows back)
 *
 * so that the partition is never smaller than its file system; a death between the two leaves one that is larger, which
 * is harmless. From the moment when data moves nothing stops the tool: it holds the locks itself, beside us.
 *
 * XFS and Btrfs resize only what is mounted. A volume that is not is mounted in a mount namespace of the tool's own:
 * nobody else sees it, and it is gone with the tool, however that ends.
 *
 * ntfsresize asks Windows for a check by marking the volume dirty, and Linux' own driver then refuses it. The volume
 * was surveyed before and is surveyed again after, and then the mark is taken off. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "storage/bytes.h"
#include "storage/events.h"
#include "storage/mount.h"
#include "storage/state.h"
#include "storage/tool.h"
#include "storage/volume-private.h"
#include "storage/work.h"

#define MIB (1ull << 20)
#define ALIGN_BYTES 4096u
#define BTRFS_SUPERBLOCK 65536u
#define BTRFS_DEVICES 136u /* number of devices, in the superblock */
#define BTRFS_DEVICE_ID 201u
#define BTRFS_MIN_BYTES (256 * MIB)
#define CHECKED_PERCENT 30
#define RESIZED_PERCENT 95
#define NUMBER_SIZE 48
#define TOOL_ARGS_MAX 24

struct resize {
    struct tri_volume_id id;
    uint64_t grow_bytes, desired_bytes, minimum_bytes;
    bool is_shrink;
    /* while it runs: */
    struct tri_op *op; /* NULL: only a question */
    struct tri_volume_held held;
    const struct resizer *resizer; /* NULL: there is no file system */
    char type[24];
    uint32_t unit_bytes;
    uint64_t size_bytes; /* of the partition, as it was */
    char **mounts;
    size_t mount_count;
    int fds[2];
    size_t fd_count;
    unsigned told, pass;
    uint64_t marks; /* of resize2fs' bar, in this pass */
};

/* How one kind of file system is resized. */
struct resizer {
    const char *type;
    const char *tool;
    bool needs_mount;                                                    /* else it must not be mounted, but see: */
    bool grows_mounted;                                                  /* if the kernel lets us */
    int (*prepare)(struct resize *r, struct tri_error *error);           /* checks it; may be NULL */
    int (*grow)(struct resize *r, struct tri_error *error);              /* to the end of its partition */
    int (*least)(struct resize *r, uint64_t *ret_bytes, struct tri_error *error);       /* NULL: cannot shrink */
    int (*shrink)(struct resize *r, uint64_t size_bytes, struct tri_error *error);
};

static const char *node_of(const struct resize *r)
{
    return r->held.place.node;
}

static uint64_t round_down(uint64_t value, uint64_t unit)
{
    return value - value % unit;
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return round_down(value + unit - 1, unit);
}

/* ---- progress ---- */

static void step(struct resize *r, unsigned begin, unsigned end, uint64_t done, uint64_t total, const char *phase)
{
    if (!r->op)
        return;
    tri_work_step(r->op, begin, end, done, total, phase);
    unsigned percent = tri_op_percent(r->op);
    if (r->is_shrink && percent > r->told)
        tri_volume_tell(&r->id, TRI_EVENT_SHRINK_PROGRESS, r->told = percent);
}

/* ---- running tools ---- */

static struct tri_tool tool_of(struct resize *r, const char *const *argv, bool critical)
{
    return (struct tri_tool){.argv = argv, .op = r->op, .critical = critical, .fds = r->fds, .fd_count = r->fd_count};
}

/* Says what could not be done, and why, in one sentence. */
static int explain(const struct resize *r, const char *what, int code, struct tri_error *why, struct tri_error *error)
{
    if (code == TRI_STORAGE_TOOL_FAILED) {
        tri_error_set(error, code, node_of(r), "The %s on %s could not be %s: %s", r->type, node_of(r), what,
                      why->text ? why->text : "?");
        if (error)
            tri_error_detail(error, why->detail);
    } else if (error && !error->text) {
        tri_error_move(error, why);
    }
    tri_error_clear(why);
    return code;
}

static int run_critical(struct resize *r, const char *const *argv, const char *what, tri_tool_line *line,
                        struct tri_error *error)
{
    struct tri_error why = {0};
    struct tri_tool tool = tool_of(r, argv, true);
    tool.line = line;
    tool.data = r;
    int code = tri_tool_run(&tool, NULL, &why);
    return code < 0 ? explain(r, what, code, &why, error) : 0;
}

/* Runs a command on the mounted file system: "%" among its words stands for the mount point. Output as tri_tool_read,
 * or ret_output NULL. */
static int run_mounted(struct resize *r, const char *const *command, const char *what, char **ret_output,
                       struct tri_error *error)
{
    static const char script[] =
        "mount -n -t \"$1\" -o \"$2\" \"$3\" \"$4\" || exit; m=$4; shift 4; \"$@\"; s=$?; umount \"$m\"; exit $s";
    const char *options = strcmp(r->type, "xfs") == 0 ? "nouuid,nosuid,nodev,noexec" : "nosuid,nodev,noexec";
    const char *argv[TOOL_ARGS_MAX] = {"unshare", "-m", "--", "sh", "-c", script, "sh", r->type, options, node_of(r)};
    size_t argc = 0;
    TRI_AUTO_FREE char *folder = NULL;
    struct tri_error why = {0};
    if (r->mount_count == 0) {
        int code = tri_letter_folder(true, &folder, error); /* only somewhere to mount: nobody sees it there */
        if (code < 0)
            return code;
        argc = 10;
        argv[argc++] = folder;
    }
    for (; *command && argc + 1 < TOOL_ARGS_MAX; command++)
        argv[argc++] = strcmp(*command, "%") != 0 ? *command : folder ? folder : r->mounts[0];
    argv[argc] = NULL;
    struct tri_tool tool = tool_of(r, argv, true);
    int code = ret_output ? tri_tool_read(&tool, ret_output, &why) : tri_tool_run(&tool, NULL, &why);
    return code < 0 ? explain(r, what, code, &why, error) : 0;
}

/* ---- ext2, ext3, ext4 ---- */

static bool has_capability(unsigned number)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    return syscall(SYS_capget, &header, data) == 0 && data[number / 32].effective & 1u << number % 32;
}

static int ext_prepare(struct resize *r, struct tri_error *error)
{
    struct tri_fsck fsck = {.place = &r->held.place, .op = r->op, .end_percent = CHECKED_PERCENT, .fds = r->fds,
                            .fd_count = r->fd_count};
    if (r->mount_count == 0)
        return tri_fsck_ext(&fsck, "-p", error);
    if (has_capability(CAP_SYS_RESOURCE))
        return 0;
    return tri_error_set(
        error, TRI_STORAGE_CANNOT_EXTEND, node_of(r),
        "%s is mounted, and growing a mounted %s needs CAP_SYS_RESOURCE, which is missing; unmount it first.",
        node_of(r), r->type);
}

static int ext_grow(struct resize *r, struct tri_error *error)
{
    const char *const argv[] = {"resize2fs", node_of(r), NULL};
    return run_critical(r, argv, "grown", NULL, error);
}

static int ext_least(struct resize *r, uint64_t *ret_bytes, struct tri_error *error)
{
    const char *const argv[] = {"resize2fs", "-P", node_of(r), NULL};
    TRI_AUTO_FREE char *output = NULL;
    struct tri_tool tool = tool_of(r, argv, false);
    unsigned long long blocks;
    int code = tri_tool_read(&tool, &output, error);
    if (code < 0)
        return code;
    const char *number = strrchr(output, ':');
    if (!number || sscanf(number, ": %llu", &blocks) != 1 || blocks > INT64_MAX / 65536 || r->unit_bytes == 0)
        return tri_error_set(error, TRI_STORAGE_TOOL_FAILED, node_of(r), "resize2fs does not tell how small %s can be.",
                             node_of(r));
    *ret_bytes = blocks * r->unit_bytes;
    return 0;
}

/* "Begin pass 2 (max = 12)", and then a bar of 40 marks. Passes 1 to 5; the second is the one that moves files. */
static void see_bar(void *data, const char *line)
{
    static const unsigned ends[] = {0, 5, 75, 85, 95, 100};
    struct resize *r = data;
    unsigned pass;
    if (sscanf(line, "Begin pass %u", &pass) == 1 && pass >= 1 && pass <= 5) {
        r->pass = pass;
        r->marks = 0;
        return;
    }
    for (const char *c = line; *c; c++)
        r->marks += *c == 'X';
    uint64_t marks = r->marks < 40 ? r->marks : 40;
    if (r->pass)
        step(r, CHECKED_PERCENT, RESIZED_PERCENT, ends[r->pass - 1] * 40 + marks * (ends[r->pass] - ends[r->pass - 1]),
             100 * 40, "moving data");
}

static int ext_shrink(struct resize *r, uint64_t size_bytes, struct tri_error *error)
{
    char sectors[NUMBER_SIZE];
    const char *const argv[] = {"resize2fs", "-p", node_of(r), sectors, NULL};
    snprintf(sectors, sizeof sectors, "%llus", (unsigned long long)(round_down(size_bytes, r->unit_bytes) / 512));
    return run_critical(r, argv, "shrunk", see_bar, error);
}

/* ---- XFS ---- */

static int xfs_grow(struct resize *r, struct tri_error *error)
{
    return run_mounted(r, (const char *const[]){"xfs_growfs", "-d", "%", NULL}, "grown", NULL, error);
}

/* ---- Btrfs ---- */

/* The number that Btrfs has given the device. It may span several; those are not ours to resize. */
static int btrfs_device(const struct resize *r, unsigned long long *ret, struct tri_error *error)
{
    uint8_t block[512];
    TRI_AUTO_CLOSE int fd = open(node_of(r), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || pread(fd, block, sizeof block, BTRFS_SUPERBLOCK) != sizeof block)
        return tri_error_set(error, TRI_STORAGE_IO, node_of(r), "Cannot read %s.", node_of(r));
    if (le64(block + BTRFS_DEVICES) != 1)
        return tri_error_set(error, TRI_STORAGE_NOT_SUPPORTED, node_of(r), "The btrfs on %s spans several devices.",
                             node_of(r));
    *ret = le64(block + BTRFS_DEVICE_ID);
    return 0;
}

static int btrfs_resize(struct resize *r, const char *size, const char *what, struct tri_error *error)
{
    char argument[2 * NUMBER_SIZE];
    unsigned long long device = 0;
    int code = btrfs_device(r, &device, error);
    if (code < 0)
        return code;
    snprintf(argument, sizeof argument, "%llu:%s", device, size);
    return run_mounted(r, (const char *const[]){"btrfs", "filesystem", "resize", argument, "%", NULL}, what, NULL,
                       error);
}

static int btrfs_prepare(struct resize *r, struct tri_error *error)
{
    unsigned long long device;
    return btrfs_device(r, &device, error);
}

static int btrfs_grow(struct resize *r, struct tri_error *error)
{
    return btrfs_resize(r, "max", "grown", error);
}

static int btrfs_least(struct resize *r, uint64_t *ret_bytes, struct tri_error *error)
{
    TRI_AUTO_FREE char *output = NULL;
    char number[NUMBER_SIZE];
    unsigned long long device, least;
    int code = btrfs_device(r, &device, error);
    if (code < 0)
        return code;
    snprintf(number, sizeof number, "%llu", device);
    const char *const command[] = {"btrfs", "inspect-internal", "min-dev-size", "--id", number, "%", NULL};
    if ((code = run_mounted(r, command, "measured", &output, error)) < 0)
        return code;
    if (sscanf(output, "%llu bytes", &least) != 1 || least > INT64_MAX)
        return tri_error_set(error, TRI_STORAGE_TOOL_FAILED, node_of(r), "btrfs does not tell how small %s can be.",
                             node_of(r));
    *ret_bytes = least > BTRFS_MIN_BYTES ? least : BTRFS_MIN_BYTES;
    return 0;
}

static int btrfs_shrink(struct resize *r, uint64_t size_bytes, struct tri_error *error)
{
    char number[NUMBER_SIZE];
    snprintf(number, sizeof number, "%llu", (unsigned long long)round_down(size_bytes, ALIGN_BYTES));
    return btrfs_resize(r, number, "shrunk", error);
}

/* ---- NTFS ---- */

/* The survey: fails where it is not consistent, or is marked dirty and not `forced`. Newly allocated output. */
static int ntfs_survey(struct resize *r, bool forced, char **ret_output, struct tri_error *error)
{
    const char *const argv[] = {"ntfsresize", "--info", "--no-progress-bar", forced ? "-f" : node_of(r),
                                forced ? node_of(r) : NULL, NULL};
    struct tri_error why = {0};
    struct tri_tool tool = tool_of(r, argv, false);
    int code = tri_tool_read(&tool, ret_output, &why);
    if (code == TRI_STORAGE_TOOL_FAILED) {
        tri_error_set(error, TRI_STORAGE_DIRTY, node_of(r), "The ntfs on %s must be checked and repaired first.",
                      node_of(r));
        if (error)
            tri_error_detail(error, why.detail);
        code = TRI_STORAGE_DIRTY;
    } else if (code < 0 && error) {
        tri_error_move(error, &why);
    }
    tri_error_clear(&why);
    return code;
}

static int ntfs_prepare(struct resize *r, struct tri_error *error)
{
    TRI_AUTO_FREE char *output = NULL;
    int code = ntfs_survey(r, false, &output, error);
    if (code == 0)
        step(r, 0, CHECKED_PERCENT, 1, 1, "checking");
    return code;
}

/* ntfsresize does not look at one that is mounted, and what it says then sounds like damage. */
static int ntfs_least(struct resize *r, uint64_t *ret_bytes, struct tri_error *error)
{
    TRI_AUTO_FREE char *output = NULL;
    unsigned long long least;
    if (r->mount_count)
        return tri_error_set(error, TRI_STORAGE_IN_USE, node_of(r),
                             "%s is mounted at %s; how small its ntfs can be is known only when it is not.", node_of(r),
                             r->mounts[0]);
    int code = ntfs_survey(r, false, &output, error);
    if (code < 0)
        return code;
    const char *line = strstr(output, "You might resize at ");
    if (line && sscanf(line, "You might resize at %llu bytes", &least) == 1 && least < INT64_MAX) {
        *ret_bytes = least + r->unit_bytes;
        return 0;
    }
    *ret_bytes = r->size_bytes; /* it tells that there is nothing to be had by not saying this */
    return 0;
}

static void see_percent(void *data, const char *line)
{
    struct resize *r = data;
    double percent;
    if (sscanf(line, "%lf percent completed", &percent) == 1 && percent >= 0 && percent <= 100)
        step(r, CHECKED_PERCENT, RESIZED_PERCENT, (uint64_t)percent, 100, "moving data");
}

/* Takes the mark off that ntfsresize left, if all is well. That it stays is no failure. */
static void ntfs_settle(struct resize *r)
{
    TRI_AUTO_FREE char *output = NULL;
    const char *const argv[] = {"ntfsfix", "-d", node_of(r), NULL};
    struct tri_tool tool = tool_of(r, argv, true);
    int status;
    if (ntfs_survey(r, true, &output, NULL) == 0)
        tri_tool_run(&tool, &status, NULL);
}

static int ntfs_grow(struct resize *r, struct tri_error *error)
{
    const char *const argv[] = {"ntfsresize", "-f", "-f", node_of(r), NULL}; /* twice: it asks nothing */
    int code = run_critical(r, argv, "grown", NULL, error);
    if (code == 0)
        ntfs_settle(r);
    return code;
}

static int ntfs_shrink(struct resize *r, uint64_t size_bytes, struct tri_error *error)
{
    char number[NUMBER_SIZE];
    uint64_t unit =
        r->unit_bytes > ALIGN_BYTES ? r->unit_bytes : ALIGN_BYTES; /* room for the copy of its first sector */
    const char *const try[] = {"ntfsresize", "-n", "-f", "-P", "-s", number, node_of(r), NULL};
    const char *const argv[] = {"ntfsresize", "-f", "-f", "-s", number, node_of(r), NULL};
    struct tri_error why = {0};
    struct tri_tool tool = tool_of(r, try, false);
    snprintf(number, sizeof number, "%llu", (unsigned long long)(round_down(size_bytes, unit) - unit));
    int code = tri_tool_run(&tool, NULL, &why);
    if (code < 0)
        return explain(r, "shrunk", code, &why, error);
    if ((code = run_critical(r, argv, "shrunk", see_percent, error)) == 0)
        ntfs_settle(r);
    return code;
}

/* ---- which ---- */

static const struct resizer resizers[] = {
    {"ext2", "resize2fs", false, true, ext_prepare, ext_grow, ext_least, ext_shrink},
    {"ext3", "resize2fs", false, true, ext_prepare, ext_grow, ext_least, ext_shrink},
    {"ext4", "resize2fs", false, true, ext_prepare, ext_grow, ext_least, ext_shrink},
    {"xfs", "xfs_growfs", true, true, NULL, xfs_grow, NULL, NULL},
    {"btrfs", "btrfs", true, true, btrfs_prepare, btrfs_grow, btrfs_least, btrfs_shrink},
    {"ntfs", "ntfsresize", false, false, ntfs_prepare, ntfs_grow, ntfs_least, ntfs_shrink},
};

static const struct resizer *resizer_of(const char *type)
{
    for (size_t i = 0; i < sizeof resizers / sizeof *resizers; i++)
        if (strcmp(type, resizers[i].type) == 0)
            return &resizers[i];
    return NULL;
}

/* Can a volume with this on it be resized in this direction? *ret_resizer NULL: it is empty. */
static int check_type(const char *type, const char *node, bool is_shrink, const struct resizer **ret_resizer,
                      struct tri_error *error)
{
    const struct resizer *resizer = resizer_of(type);
    if (!*type && is_shrink)
        return tri_error_set(error, TRI_STORAGE_NO_FILESYSTEM, node,
                             "There is no file system on %s that could be shrunk.", node);
    if (*type && !resizer)
        return tri_error_set(error, is_shrink ? TRI_STORAGE_CANNOT_SHRINK : TRI_STORAGE_CANNOT_EXTEND, node,
                             "There is no tool to resize the %s on %s.", type, node);
    if (is_shrink && !resizer->shrink)
        return tri_error_set(error, TRI_STORAGE_CANNOT_SHRINK, node, "The %s on %s can grow only.", type, node);
    if (resizer && !tri_tool_exists(resizer->tool))
        return tri_error_set(error, TRI_STORAGE_NO_TOOL, resizer->tool, "%s, which resizes %s, is not installed.",
                             resizer->tool, type);
    *ret_resizer = resizer;
    return 0;
}

/* ---- common to all ---- */

static void resize_free(void *request)
{
    struct resize *r = request;
    tri_mount_points_free(r->mounts, r->mount_count);
    free(r);
}

static struct resize *resize_new(const struct tri_volume_id *id, bool is_shrink)
{
    struct resize *r = calloc(1, sizeof *r);
    if (r) {
        r->id = *id;
        r->is_shrink = is_shrink;
        r->held = (struct tri_volume_held)TRI_VOLUME_HELD_NONE;
    }
    return r;
}

/* A tool is told of the file system's own mount, where it has one: it may not know another for what it is. */
static int find_mounts(struct resize *r, struct tri_error *error)
{
    const struct tri_volume_place *place = &r->held.place;
    int code = tri_mount_points(place->device, place->node, TRI_MOUNTS_WHOLE, &r->mounts, &r->mount_count, error);
    if (code < 0 || r->mount_count)
        return code;
    return tri_mount_points(place->device, place->node, TRI_MOUNTS_ALL, &r->mounts, &r->mount_count, error);
}

/* Holds the volume and fills what the rest needs. The disk is not looked at any more after the table has changed. */
static int resize_begin(struct resize *r, unsigned flags, struct tri_error *error)
{
    int code = tri_volume_hold(&r->id, flags | TRI_HOLD_FILESYSTEMS, &r->held, error);
    if (code < 0)
        return code;
    const struct tri_volume_place *place = &r->held.place;
    snprintf(r->type, sizeof r->type, "%s", place->filesystem->type);
    r->unit_bytes = place->filesystem->unit_bytes ? place->filesystem->unit_bytes : ALIGN_BYTES;
    r->size_bytes = place->size_bytes;
    r->fds[r->fd_count++] = r->held.lock.disk_fd;
    if (r->held.lock.partition_fd >= 0)
        r->fds[r->fd_count++] = r->held.lock.partition_fd;
    code = check_type(r->type, place->node, r->is_shrink, &r->resizer, error);
    return code < 0 ? code : find_mounts(r, error);
}

/* Is it mounted as the tool needs it? What is not mounted must be nobody else's either. */
static int check_use(struct resize *r, struct tri_error *error)
{
    bool may_be_mounted = !r->resizer || r->resizer->needs_mount || (!r->is_shrink && r->resizer->grows_mounted);
    if (r->mount_count && may_be_mounted)
        return 0;
    if (r->mount_count)
        return tri_error_set(error, TRI_STORAGE_IN_USE, node_of(r), "%s is mounted at %s; unmount it first.",
                             node_of(r), r->mounts[0]);
    return tri_volume_guard_free(&r->held, false, NULL, error);
}

/* What can be known before the operation starts: that it is there, and may be changed. */
static int check_volume(const struct tri_volume_id *id, bool is_shrink, uint64_t *ret_size_bytes,
                        struct tri_error *error)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    struct tri_volume_place place;
    const struct resizer *resizer;
    int code = tri_disk_read(id->sequence, TRI_DISK_FILESYSTEMS, &disk, error);
    if (code == 0)
        code = tri_volume_find(disk, id, &place, error);
    if (code < 0)
        return code;
    if (disk->is_system || disk->has_swap)
        return tri_error_set(error, TRI_STORAGE_SYSTEM, disk->name, "%s holds the running system; it is never changed.",
                             disk->name);
    if (disk->is_read_only)
        return tri_error_set(error, TRI_STORAGE_READ_ONLY, disk->name, "The disk %s is read-only.", disk->name);
    *ret_size_bytes = place.size_bytes;
    return check_type(place.filesystem->type, place.node, is_shrink, &resizer, error);
}

/* Nothing stops it any more once its end begins to move. */
static const char *resize_left(const void *request)
{
    return "the volume has its old size";
}

static int submit(const struct tri_work_kind *kind, struct resize *r, struct tri_op *op, const struct tri_op_tag *tag,
                  struct tri_error *error)
{
    int code = tri_work_submit(kind, r, op, tag);
    return code < 0 ? tri_error_set(error, code, NULL, "Cannot start: %s.", strerror(-code)) : 0;
}

/* ---- extend ---- */

/* The size that the partition is to have. TRI_STORAGE_NO_SPACE. */
static int larger_size(const struct resize *r, uint64_t *ret_bytes, struct tri_error *error)
{
    const struct tri_disk *disk = r->held.lock.disk;
    const struct tri_volume_place *place = &r->held.place;
    TRI_AUTO_FREE struct tri_extent *extents = NULL;
    size_t count = 0;
    uint64_t end = place->start_bytes + place->size_bytes, grow = round_down(r->grow_bytes, disk->sector_bytes),
             free_bytes = 0;
    if (!place->partition)
        return tri_error_set(error, TRI_STORAGE_NOT_SUPPORTED, node_of(r), "%s is a disk without partitions.",
                             node_of(r));
    int code = tri_disk_free_extents(disk, disk->sector_bytes, &extents, &count);
    if (code < 0)
        return tri_error_no_memory(error);
    for (size_t i = 0; i < count; i++)
        if (extents[i].start_bytes == end)
            free_bytes = extents[i].size_bytes;
    if (grow == 0)
        return tri_error_set(error, TRI_STORAGE_BAD_SPACE, node_of(r), "%llu bytes are less than a sector.",
                             (unsigned long long)r->grow_bytes);
    if (grow > free_bytes)
        return tri_error_set(error, TRI_STORAGE_NO_SPACE, node_of(r),
                             "There are %llu free bytes right behind %s, not %llu.", (unsigned long long)free_bytes,
                             node_of(r), (unsigned long long)grow);
    *ret_bytes = place->size_bytes + grow;
    return 0;
}

/* The file system could not follow: the partition's end goes back to where it was. */
static int undo_grow(struct resize *r, int code, struct tri_error *error)
{
    struct tri_error undo = {0}, why = {0};
    if (error)
        tri_error_move(&why, error);
    int undone = tri_partition_resize_locked(&r->held.lock, r->id.offset_bytes, r->size_bytes, &undo);
    tri_error_set(error, code, node_of(r), "%s %s", why.text ? why.text : "The file system could not be grown.",
                  undone == 0 ? "The partition has its old size again."
                              : "The partition has its new size, and the file system its old one.");
    if (error)
        tri_error_detail(error, why.detail);
    tri_error_clear(&why);
    tri_error_clear(&undo);
    return code;
}

static int extend_held(struct resize *r, struct tri_error *error)
{
    uint64_t size = r->size_bytes;
    int code = r->grow_bytes ? larger_size(r, &size, error) : 0;
    if (code == 0)
        code = check_use(r, error);
    if (code == 0 && r->resizer && r->resizer->prepare)
        code = r->resizer->prepare(r, error);
    if (code < 0)
        return code;
    if (tri_op_cancelled(r->op))
        return -ECANCELED;
    if (r->grow_bytes && (code = tri_partition_resize_locked(&r->held.lock, r->id.offset_bytes, size, error)) < 0)
        return code;
    step(r, CHECKED_PERCENT, RESIZED_PERCENT, 0, 1, "growing the file system");
    code = r->resizer ? r->resizer->grow(r, error) : 0;
    if (code < 0 && r->grow_bytes)
        return undo_grow(r, code, error);
    return code;
}

static int extend_run(struct tri_op *op, void *request, void **ret_value, struct tri_error *error)
{
    struct resize *r = request;
    r->op = op;
    int code = resize_begin(r, TRI_HOLD_WHOLE_DISK, error);
    if (code == 0)
        code = extend_held(r, error);
    tri_volume_release(&r->held);
    if (code == 0)
        tri_volume_tell(&r->id, TRI_EVENT_FILESYSTEM_MODIFY, 0);
    return code;
}

static const struct tri_work_kind extend_work = {
    .name = "extend", .run = extend_run, .free_request = resize_free, .left = resize_left};

int tri_volume_extend(const struct tri_volume_id *id, uint64_t grow_bytes, struct tri_op *op,
                      const struct tri_op_tag *tag, struct tri_error *error)
{
    uint64_t size;
    tri_state_sweep();
    int code = check_volume(id, false, &size, error);
    if (code < 0)
        return code;
    struct resize *r = resize_new(id, false);
    if (!r)
        return tri_error_no_memory(error);
    r->grow_bytes = grow_bytes;
    return submit(&extend_work, r, op, tag, error);
}

/* ---- shrink ---- */

/* How much could be taken off. Whole MiB are kept, for tools estimate. */
static int reclaimable(struct resize *r, uint64_t *ret_bytes, struct tri_error *error)
{
    uint64_t least;
    int code = r->resizer->least(r, &least, error);
    if (code < 0)
        return code;
    uint64_t kept = round_up(least, MIB);
    *ret_bytes = kept < r->size_bytes ? round_down(r->size_bytes - kept, ALIGN_BYTES) : 0;
    return 0;
}

/* What will be taken off, by the rules of IVdsVolumeShrink. */
static int decide(const struct resize *r, uint64_t most, uint64_t *ret_bytes, struct tri_error *error)
{
    uint64_t desired = r->desired_bytes, unit = r->unit_bytes > ALIGN_BYTES ? r->unit_bytes : ALIGN_BYTES;
    if (most == 0 || (r->minimum_bytes > most && r->minimum_bytes == desired))
        return tri_error_set(error, TRI_STORAGE_SHRINK_TOO_MUCH, node_of(r), "At most %llu bytes can be taken off %s.",
                             (unsigned long long)most, node_of(r));
    if (r->minimum_bytes > most)
        return tri_error_set(error, TRI_STORAGE_SHRINK_BELOW_MIN, node_of(r),
                             "At most %llu bytes can be taken off %s, less than the least that was asked for.",
                             (unsigned long long)most, node_of(r));
    uint64_t bytes = desired == 0 || desired > most ? most : desired;
    *ret_bytes = round_up(bytes, unit) <= most ? round_up(bytes, unit) : bytes;
    return 0;
}

/* The partition could not follow: the file system fills it again. */
static int undo_shrink(struct resize *r, int code, struct tri_error *error)
{
    struct tri_error undo = {0}, why = {0};
    if (error)
        tri_error_move(&why, error);
    int undone = r->resizer->grow(r, &undo);
    tri_error_set(error, code, node_of(r), "%s %s", why.text ? why.text : "The partition could not be shrunk.",
                  undone == 0 ? "The volume has its old size again."
                              : "The file system is smaller than its partition now; extend it by 0 bytes.");
    tri_error_clear(&why);
    tri_error_clear(&undo);
    return code;
}

static int shrink_by(struct resize *r, uint64_t bytes, struct tri_error *error)
{
    uint64_t size = r->size_bytes - bytes;
    step(r, CHECKED_PERCENT, RESIZED_PERCENT, 0, 1, "moving data");
    int code = r->resizer->shrink(r, size, error);
    if (code < 0)
        return code;
    step(r, RESIZED_PERCENT, 99, 0, 1, "shrinking the partition");
    code = tri_partition_resize_locked(&r->held.lock, r->id.offset_bytes, size, error);
    return code < 0 ? undo_shrink(r, code, error) : 0;
}

static int shrink_held(struct resize *r, uint64_t *ret_bytes, struct tri_error *error)
{
    uint64_t most = 0, bytes = 0;
    if (!r->held.place.partition)
        return tri_error_set(error, TRI_STORAGE_CANNOT_SHRINK, node_of(r), "%s is a disk without partitions.",
                             node_of(r));
    int code = check_use(r, error);
    if (code == 0 && r->resizer->prepare)
        code = r->resizer->prepare(r, error);
    if (code == 0)
        code = reclaimable(r, &most, error);
    if (code == 0)
        code = decide(r, most, &bytes, error);
    if (code < 0)
        return code;
    if (tri_op_cancelled(r->op))
        return -ECANCELED;
    if ((code = shrink_by(r, bytes, error)) < 0)
        return code;
    *ret_bytes = bytes;
    return 0;
}

static int shrink_run(struct tri_op *op, void *request, void **ret_value, struct tri_error *error)
{
    struct resize *r = request;
    TRI_AUTO_FREE struct tri_shrink_result *result = malloc(sizeof *result);
    r->op = op;
    if (!result)
        return tri_error_no_memory(error);
    int code = resize_begin(r, TRI_HOLD_WHOLE_DISK, error);
    if (code == 0)
        code = shrink_held(r, &result->reclaimed_bytes, error);
    tri_volume_release(&r->held);
    if (code < 0)
        return code;
    tri_volume_tell(&r->id, TRI_EVENT_FILESYSTEM_MODIFY, 0);
    *ret_value = TRI_TAKE(result);
    return 0;
}

static const struct tri_work_kind shrink_work = {
    .name = "shrink", .run = shrink_run, .free_request = resize_free, .free_value = free, .left = resize_left};

int tri_volume_shrink(const struct tri_volume_id *id, uint64_t desired_bytes, uint64_t minimum_bytes, struct tri_op *op,
                      const struct tri_op_tag *tag, struct tri_error *error)
{
    uint64_t size;
    if (desired_bytes < minimum_bytes)
        return tri_error_set(error, TRI_STORAGE_BAD_SHRINK, NULL, "Less is desired (%llu bytes) than demanded (%llu).",
                             (unsigned long long)desired_bytes, (unsigned long long)minimum_bytes);
    tri_state_sweep();
    int code = check_volume(id, true, &size, error);
    if (code < 0)
        return code;
    if (desired_bytes >= size)
        return tri_error_set(error, TRI_STORAGE_SHRINK_TOO_MUCH, NULL, "The volume itself has %llu bytes only.",
                             (unsigned long long)size);
    struct resize *r = resize_new(id, true);
    if (!r)
        return tri_error_no_memory(error);
    r->desired_bytes = desired_bytes;
    r->minimum_bytes = minimum_bytes;
    return submit(&shrink_work, r, op, tag, error);
}

int tri_volume_max_shrink(const struct tri_volume_id *id, uint64_t *ret_bytes, struct tri_error *error)
{
    struct resize *r = resize_new(id, true);
    if (!r)
        return tri_error_no_memory(error);
    int code = resize_begin(r, 0, error);
    if (code == 0)
        code = reclaimable(r, ret_bytes, error);
    tri_volume_release(&r->held);
    resize_free(r);
    return code;
}
