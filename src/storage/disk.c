#include "storage/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "storage/device.h"
#include "storage/disk-private.h"
#include "storage/image.h"
#include "storage/label.h"
#include "storage/node.h"
#include "storage/probe.h"
#include "storage/state.h"

#define SMALL_DISK_BYTES (4ull << 30)
#define ALIGN_SMALL_BYTES (64ull << 10)
#define ALIGN_BYTES (1ull << 20)

/* ---- reading one ---- */

/* The image behind a loop device: for one that shows an export, the file that is exported. */
static void name_image(struct tri_disk *disk)
{
    char *path = NULL;
    if (disk->bus != TRI_BUS_FILE || !disk->backing_path || tri_image_of_disk(disk->sequence, &path, NULL) < 0)
        return;
    free(disk->backing_path);
    disk->backing_path = path;
}

int tri_disk_examine(uint64_t sequence, struct tri_disk *disk, struct tri_error *error)
{
    char name[32];
    int code = tri_device_read(sequence, disk, error);
    if (code < 0)
        return code;
    if ((code = tri_guard_mark(disk, error)) < 0)
        return code;
    snprintf(name, sizeof name, "%llu", (unsigned long long)sequence);
    disk->is_offline = tri_state_has(TRI_STATE_OFFLINE_DISK, name);
    return 0;
}

int tri_disk_fill_whole(struct tri_disk *disk, int fd, struct tri_error *error)
{
    tri_filesystem_finish(&disk->whole);
    return tri_probe_filesystem(fd, 0, 0, true, &disk->whole, error);
}

/* Through the partition's own node where there is one: what was written there may not have reached the disk's cache. */
static int fill_filesystem(const struct tri_disk *disk, struct tri_partition *partition, int disk_fd,
                           struct tri_error *error)
{
    char path[64];
    TRI_AUTO_CLOSE int fd = -1;
    if (partition->is_extended)
        return 0;
    if (partition->node[0]) {
        tri_device_node(partition->node, path);
        fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    }
    if (fd >= 0)
        return tri_probe_filesystem(fd, 0, 0, false, &partition->filesystem, error);
    if (partition->node[0] && tri_code_is_passing(-errno))
        return tri_device_open_error(path, errno, error);
    return tri_probe_filesystem(disk_fd, partition->start_bytes, partition->size_bytes, false, &partition->filesystem,
                                error);
}

int tri_disk_fill(struct tri_disk *disk, int fd, unsigned flags, struct tri_error *error)
{
    int code = tri_label_read(fd, disk, error);
    if (code == 0 && disk->partition_count > 0)
        code = tri_node_fill(disk, error);
    if (code < 0 || !(flags & TRI_DISK_FILESYSTEMS))
        return code;
    if (disk->style == TRI_STYLE_NONE)
        return tri_disk_fill_whole(disk, fd, error);
    for (size_t i = 0; i < disk->partition_count && code == 0; i++)
        code = fill_filesystem(disk, &disk->partitions[i], fd, error);
    return code;
}

/* A disk that even root may not open (a container's rules): what /sys and the mount table know of it. It is never raw,
 * for nobody can know that. */
static int describe_unreadable(struct tri_disk *disk)
{
    if (!tri_guard_mounted_type(disk->device, disk->whole.type, sizeof disk->whole.type))
        strcpy(disk->whole.type, "unreadable-table");
    disk->whole.size_bytes = disk->size_bytes;
    return 0;
}

static int read_medium(struct tri_disk *disk, unsigned flags, struct tri_error *error)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error why = {0};
    TRI_AUTO_CLOSE int fd = tri_device_open(disk, O_RDONLY, &why);
    int code = fd < 0 ? fd : tri_disk_fill(disk, fd, flags, &why);
    if (code == -EACCES && geteuid() == 0)
        return describe_unreadable(disk);
    if (code == TRI_STORAGE_NO_MEDIA) {
        disk->size_bytes = 0;
        return 0;
    }
    if (code < 0 && error)
        tri_error_move(error, &why);
    return code;
}

int tri_disk_describe(uint64_t sequence, struct tri_disk **ret_disk, struct tri_error *error)
{
    TRI_AUTO_DISK struct tri_disk *disk = calloc(1, sizeof *disk);
    if (!disk)
        return tri_error_no_memory(error);
    int code = tri_disk_examine(sequence, disk, error);
    if (code < 0)
        return code;
    tri_device_describe(disk);
    name_image(disk);
    *ret_disk = TRI_TAKE(disk);
    return 0;
}

int tri_disk_read(uint64_t sequence, unsigned flags, struct tri_disk **ret_disk, struct tri_error *error)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    int code = tri_disk_describe(sequence, &disk, error);
    if (code == 0 && disk->size_bytes > 0)
        code = read_medium(disk, flags, error);
    if (code == 0)
        *ret_disk = TRI_TAKE(disk);
    return code;
}

void tri_disk_free(struct tri_disk *disk)
{
    if (!disk)
        return;
    tri_label_forget(disk);
    tri_filesystem_finish(&disk->whole);
    free(disk->vendor);
    free(disk->model);
    free(disk->revision);
    free(disk->serial);
    free(disk->backing_path);
    free(disk);
}

void tri_disk_freep(struct tri_disk **disk)
{
    tri_disk_free(*disk);
}

/* ---- which there are ---- */

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* One that goes at this moment is no disk any more; one that cannot be looked at is not left out in silence. */
static int add_disk(const char *name, uint64_t **sequences, size_t *count)
{
    uint64_t sequence = 0;
    int code = tri_device_is_disk(name);
    if (code > 0)
        code = tri_device_ask(name, "diskseq", 0, &sequence);
    if (code < 0 || sequence == 0)
        return tri_code_is_passing(code) ? code : 0;
    uint64_t *more = reallocarray(*sequences, *count + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    *sequences = more;
    more[(*count)++] = sequence;
    return 0;
}

static int list_sequences(uint64_t **sequences, size_t *count)
{
    int code = 0;
    TRI_AUTO_DIR DIR *dir = opendir("/sys/block");
    if (!dir)
        return -errno;
    for (const struct dirent *entry; code == 0 && (entry = tri_folder_next(dir, &code));)
        code = add_disk(entry->d_name, sequences, count);
    return code;
}

int tri_disk_list(uint64_t **ret_sequences, size_t *ret_count, struct tri_error *error)
{
    TRI_AUTO_FREE uint64_t *sequences = NULL;
    size_t count = 0;
    tri_state_sweep();
    int code = list_sequences(&sequences, &count);
    if (code < 0)
        return tri_error_set(error, code, "/sys/block", "The disks cannot be listed: /sys/block: %s.", strerror(-code));
    if (count > 1)
        qsort(sequences, count, sizeof *sequences, by_number);
    *ret_count = count;
    *ret_sequences = count > 0 ? TRI_TAKE(sequences) : NULL;
    return 0;
}

/* The device number of a path, or of a bare name; 0: neither is a block device. */
static dev_t device_of(const char *path)
{
    struct stat status;
    if (strchr(path, '/'))
        return stat(path, &status) == 0 && S_ISBLK(status.st_mode) ? status.st_rdev : 0;
    return path[0] == 0 || path[0] == '.' || strlen(path) >= 32 ? 0 : tri_device_dev(path);
}

int tri_disk_find(const char *path, uint64_t *ret_sequence, struct tri_error *error)
{
    char name[32];
    dev_t device = device_of(path);
    uint64_t sequence = 0;
    int code = device != 0 && tri_device_disk_of(device, name) ? tri_device_ask(name, "diskseq", 0, &sequence) : 0;
    if (tri_code_is_passing(code))
        return tri_error_set(error, code, path, "\"%s\" cannot be looked at: %s.", path, strerror(-code));
    if (sequence == 0)
        return tri_error_set(error, TRI_STORAGE_NOT_FOUND, path, "\"%s\" is no disk and no partition of one.", path);
    *ret_sequence = sequence;
    return 0;
}

/* ---- questions ---- */

const struct tri_partition *tri_disk_partition_at(const struct tri_disk *disk, uint64_t offset_bytes)
{
    for (size_t i = 0; i < disk->partition_count; i++)
        if (disk->partitions[i].start_bytes == offset_bytes)
            return &disk->partitions[i];
    return NULL;
}

bool tri_disk_is_volume(const struct tri_disk *disk)
{
    return disk->style == TRI_STYLE_NONE && disk->whole.type[0] && !tri_probe_is_table(&disk->whole);
}

bool tri_disk_is_raw(const struct tri_disk *disk)
{
    return disk->size_bytes > 0 && disk->style == TRI_STYLE_NONE && !disk->whole.type[0];
}

uint64_t tri_disk_align(const struct tri_disk *disk)
{
    return disk->size_bytes < SMALL_DISK_BYTES ? ALIGN_SMALL_BYTES : ALIGN_BYTES;
}

/* ---- free space ---- */

struct extent_list {
    struct tri_extent *extents;
    size_t count;
    uint64_t align;
};

/* Rounded inwards; what is nothing then is left out. */
static int add_extent(struct extent_list *list, uint64_t start, uint64_t end)
{
    uint64_t lead = start % list->align, aligned = lead ? start - lead + list->align : start;
    end -= end % list->align;
    if (aligned < start || aligned >= end)
        return 0;
    struct tri_extent *more = reallocarray(list->extents, list->count + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    list->extents = more;
    list->extents[list->count++] = (struct tri_extent){aligned, end - aligned};
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const struct tri_extent *x = a, *y = b;
    return x->start_bytes < y->start_bytes ? -1 : x->start_bytes > y->start_bytes;
}

/* The gaps between start and end that the taken ranges leave, each begun `reserve` later. */
static int add_gaps(struct extent_list *list, struct tri_extent *taken, size_t count, struct tri_extent all,
                    uint64_t reserve)
{
    uint64_t at = all.start_bytes, end = at + all.size_bytes;
    int code = 0;
    if (count > 1)
        qsort(taken, count, sizeof *taken, by_place);
    for (size_t i = 0; i < count && code == 0; i++) {
        uint64_t begin = taken[i].start_bytes, after = begin + taken[i].size_bytes;
        if (begin > at)
            code = add_extent(list, at + reserve, begin < end ? begin : end);
        if (after > at)
            at = after;
    }
    return code == 0 && at < end ? add_extent(list, at + reserve, end) : code;
}

static int add_outer(const struct tri_disk *disk, struct tri_extent *taken, struct extent_list *list)
{
    struct tri_extent all = {disk->first_usable_bytes, disk->end_usable_bytes - disk->first_usable_bytes};
    size_t count = 0;
    for (size_t i = 0; i < disk->partition_count; i++)
        if (!disk->partitions[i].is_logical)
            taken[count++] = (struct tri_extent){disk->partitions[i].start_bytes, disk->partitions[i].size_bytes};
    return add_gaps(list, taken, count, all, 0);
}

/* Within the extended partition: each logical one has a sector of the table somewhere, and a new one needs one before
 * it. */
static int add_inner(const struct tri_disk *disk, const struct tri_partition *extended, struct tri_extent *taken,
                     struct extent_list *list)
{
    struct tri_extent all = {extended->start_bytes, extended->size_bytes};
    size_t count = 0;
    taken[count++] = (struct tri_extent){extended->start_bytes, disk->sector_bytes}; /* the first of the chain */
    for (size_t i = 0; i < disk->partition_count; i++)
        if (disk->partitions[i].is_logical) {
            taken[count++] = (struct tri_extent){disk->partitions[i].start_bytes, disk->partitions[i].size_bytes};
            taken[count++] = (struct tri_extent){disk->partitions[i].table_bytes, disk->sector_bytes};
        }
    return add_gaps(list, taken, count, all, disk->sector_bytes);
}

int tri_disk_free_extents(const struct tri_disk *disk, uint64_t align_bytes, struct tri_extent **ret, size_t *ret_count)
{
    struct extent_list list = {.align = align_bytes ? align_bytes : tri_disk_align(disk)};
    TRI_AUTO_FREE struct tri_extent *taken = calloc(2 * disk->partition_count + 1, sizeof *taken);
    int code = !taken ? -ENOMEM : disk->style == TRI_STYLE_NONE ? 0 : add_outer(disk, taken, &list);
    for (size_t i = 0; i < disk->partition_count && code == 0; i++)
        if (disk->partitions[i].is_extended) {
            code = add_inner(disk, &disk->partitions[i], taken, &list);
            break; /* there are logical partitions in the first one only */
        }
    if (code < 0) {
        free(list.extents);
        return code;
    }
    if (list.count > 1)
        qsort(list.extents, list.count, sizeof *list.extents, by_place);
    *ret = list.extents;
    *ret_count = list.count;
    return 0;
}
