#include "storage/node.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "storage/device.h"

enum { NODES_MAX = 1024, NODE_WAIT_MS = 1000, LOOKER_WAIT_MS = 300 };
#define SYSFS_SECTOR_BYTES 512ull

/* ---- listing ---- */

/* 1; 0: there is no such partition; -errno: that cannot be told. */
static int read_node(const char *name, struct tri_node *node)
{
    uint64_t number, start, size;
    char text[32];
    unsigned major, minor;
    int r = tri_device_ask(name, "partition", 0, &number);
    if (r < 0 || number == 0 || number > INT32_MAX || strlen(name) >= sizeof node->name)
        return r;
    if ((r = tri_device_ask(name, "start", 0, &start)) < 0 || (r = tri_device_ask(name, "size", 0, &size)) < 0 ||
        (r = tri_device_text(name, "dev", text, sizeof text)) < 0)
        return r;
    if (sscanf(text, "%u:%u", &major, &minor) != 2)
        return 0;
    *node = (struct tri_node){.number = (unsigned)number,
                              .start_bytes = start * SYSFS_SECTOR_BYTES,
                              .size_bytes = size * SYSFS_SECTOR_BYTES,
                              .device = makedev(major, minor)};
    strcpy(node->name, name);
    return 1;
}

static int add_node(struct tri_node **nodes, size_t *count, const char *name)
{
    struct tri_node *more = reallocarray(*nodes, *count + 1, sizeof *more);
    if (!more)
        return -ENOMEM;
    *nodes = more;
    int r = read_node(name, &more[*count]);
    *count += r > 0;
    return tri_code_is_passing(r) ? r : 0; /* any other failure: it goes at this moment */
}

static int list_nodes(const char *disk_name, struct tri_node **nodes, size_t *count)
{
    char path[96];
    int r = 0;
    snprintf(path, sizeof path, "/sys/block/%s", disk_name);
    TRI_AUTO_DIR DIR *dir = opendir(path);
    if (!dir)
        return errno == ENOENT ? 0 : -errno;
    for (const struct dirent *entry; r == 0 && *count < NODES_MAX && (entry = tri_folder_next(dir, &r));)
        /* A partition's folder begins with the disk's name, and nothing else in there does. */
        if (entry->d_type == DT_DIR && strncmp(entry->d_name, disk_name, strlen(disk_name)) == 0)
            r = add_node(nodes, count, entry->d_name);
    return r;
}

int tri_node_list(const char *disk_name, struct tri_node **ret_nodes, size_t *ret_count, struct tri_error *error)
{
    TRI_AUTO_FREE struct tri_node *nodes = NULL;
    size_t count = 0;
    int r = list_nodes(disk_name, &nodes, &count);
    if (r < 0)
        return tri_error_set(error, r, disk_name, "The kernel's partitions of %s cannot be listed: %s.", disk_name,
                             strerror(-r));
    *ret_count = count;
    *ret_nodes = count > 0 ? TRI_TAKE(nodes) : NULL;
    return 0;
}

static bool fits(const struct tri_node *node, const struct tri_partition *partition)
{
    /* The kernel gives an extended partition a node of two sectors, so that nobody writes into its logical ones. */
    return node->number == partition->number && node->start_bytes == partition->start_bytes &&
           (node->size_bytes == partition->size_bytes || partition->is_extended);
}

int tri_node_fill(struct tri_disk *disk, struct tri_error *error)
{
    TRI_AUTO_FREE struct tri_node *nodes = NULL;
    size_t count = 0;
    int code = tri_node_list(disk->name, &nodes, &count, error);
    if (code < 0)
        return code;
    for (size_t i = 0; i < disk->partition_count; i++) {
        struct tri_partition *partition = &disk->partitions[i];
        partition->node[0] = 0;
        partition->number_dev = 0;
        for (size_t n = 0; n < count; n++)
            if (fits(&nodes[n], partition)) {
                strcpy(partition->node, nodes[n].name);
                partition->number_dev = nodes[n].device;
            }
    }
    return 0;
}

/* ---- one node ---- */

static int blkpg(int disk_fd, int op, unsigned number, uint64_t start_bytes, uint64_t size_bytes)
{
    struct blkpg_partition partition = {
        .start = (long long)start_bytes, .length = (long long)size_bytes, .pno = (int)number};
    struct blkpg_ioctl_arg argument = {.op = op, .datalen = sizeof partition, .data = &partition};
    return ioctl(disk_fd, BLKPG, &argument) < 0 ? -errno : 0;
}

/* As the kernel names it: "sda1", "loop0p1". */
static void node_name(const char *disk_name, unsigned number, char name[32])
{
    bool ends_in_digit = isdigit((unsigned char)disk_name[strlen(disk_name) - 1]);
    snprintf(name, 32, "%.20s%s%u", disk_name, ends_in_digit ? "p" : "", number);
}

/* The kernel's partition of that number. */
static bool find_node(const char *disk_name, unsigned number, struct tri_node *ret)
{
    char name[32];
    node_name(disk_name, number, name);
    return read_node(name, ret) > 0;
}

static bool file_is_there(const struct tri_node *node)
{
    char path[64];
    struct stat status;
    tri_device_node(node->name, path);
    return stat(path, &status) == 0 && S_ISBLK(status.st_mode) && status.st_rdev == node->device;
}

/* devtmpfs has made the file when the ioctl returns; a udev of its own takes a moment. */
static int wait_for_file(const struct tri_node *node, struct tri_error *error)
{
    uint64_t until_ns = tri_deadline_ns(NODE_WAIT_MS);
    while (!file_is_there(node)) {
        if (tri_clock_ns() > until_ns)
            return tri_error_set(
                error, -ENODEV, NULL,
                "The kernel knows the partition %s, but /dev/%s did not appear within a second: is /dev "
                "a devtmpfs?",
                node->name, node->name);
        poll(NULL, 0, 1);
    }
    return 0;
}

int tri_node_add(int disk_fd, const char *disk_name, unsigned number, uint64_t start_bytes, uint64_t size_bytes,
                 struct tri_error *error)
{
    struct tri_node node;
    int code = blkpg(disk_fd, BLKPG_ADD_PARTITION, number, start_bytes, size_bytes);
    TRI_LOG("storage", "%s: add partition %u at %llu+%llu: %d", disk_name, number, (unsigned long long)start_bytes,
            (unsigned long long)size_bytes, code);
    if (code == 0) {
        node_name(disk_name, number, node.name);
        node.device = tri_device_dev(node.name);
        return wait_for_file(&node, error);
    }
    if (find_node(disk_name, number, &node) && node.start_bytes == start_bytes && node.size_bytes == size_bytes)
        return wait_for_file(&node, error); /* the kernel had read the table before us: EBUSY, EEXIST */
    return tri_error_set(error, code == -EBUSY || code == -EEXIST ? TRI_STORAGE_IN_USE : code, NULL,
                         "The kernel does not take partition %u of %s: %s.", number, disk_name,
                         code == -EBUSY ? "it overlaps another one that it knows" : strerror(-code));
}

/* Programs that watch devices (udev, our own subscribers) open one for a moment when it changes: they are waited for.
 * What is mounted, or held for itself, is not. */
static int remove_patiently(int disk_fd, const char *disk_name, unsigned number)
{
    char path[64];
    struct tri_node node;
    uint64_t until_ns = tri_deadline_ns(LOOKER_WAIT_MS);
    int code;
    while ((code = blkpg(disk_fd, BLKPG_DEL_PARTITION, number, 0, 0)) == -EBUSY && tri_clock_ns() < until_ns &&
           find_node(disk_name, number, &node)) {
        tri_device_node(node.name, path);
        TRI_AUTO_CLOSE int fd = open(path, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0 && errno == EBUSY)
            break;
        tri_close(tri_take_fd(&fd));
        poll(NULL, 0, 1);
    }
    return code;
}

int tri_node_remove(int disk_fd, const char *disk_name, unsigned number, struct tri_error *error)
{
    int code = remove_patiently(disk_fd, disk_name, number);
    TRI_LOG("storage", "%s: remove partition %u: %d", disk_name, number, code);
    if (code == 0 || code == -ENXIO)
        return 0;
    return tri_error_set(error, code == -EBUSY ? TRI_STORAGE_IN_USE : code, NULL,
                         "The kernel does not let go of partition %u of %s: %s.", number, disk_name,
                         code == -EBUSY ? "it is mounted, or a program has it open" : strerror(-code));
}

int tri_node_resize(int disk_fd, unsigned number, uint64_t start_bytes, uint64_t size_bytes, struct tri_error *error)
{
    int code = blkpg(disk_fd, BLKPG_RESIZE_PARTITION, number, start_bytes, size_bytes);
    if (code == 0)
        return 0;
    return tri_error_set(error, code == -EBUSY ? TRI_STORAGE_IN_USE : code, NULL,
                         "The kernel does not change the size of partition %u: %s.", number, strerror(-code));
}

/* ---- all nodes ---- */

static bool is_in_table(const struct tri_disk *disk, const struct tri_node *node)
{
    for (size_t i = 0; i < disk->partition_count; i++)
        if (fits(node, &disk->partitions[i]))
            return true;
    return false;
}

static bool has_node(const struct tri_node *nodes, size_t count, const struct tri_partition *partition)
{
    for (size_t i = 0; i < count; i++)
        if (fits(&nodes[i], partition))
            return true;
    return false;
}

/* Of partitions that overlap, in a table that somebody made badly, the kernel takes the first only. */
static bool overlaps_earlier(const struct tri_disk *disk, size_t index)
{
    const struct tri_partition *partition = &disk->partitions[index];
    for (size_t i = 0; i < index; i++) {
        const struct tri_partition *earlier = &disk->partitions[i];
        if (!earlier->is_extended && earlier->start_bytes + earlier->size_bytes > partition->start_bytes)
            return true;
    }
    return false;
}

static void keep_first(int *code, int next)
{
    if (*code == 0)
        *code = next;
}

int tri_node_sync(int disk_fd, const struct tri_disk *disk, struct tri_error *error)
{
    TRI_AUTO_FREE struct tri_node *nodes = NULL;
    size_t count = 0;
    int code = tri_node_list(disk->name, &nodes, &count, error);
    if (code < 0)
        return code;
    for (size_t i = 0; i < count; i++)
        if (!is_in_table(disk, &nodes[i]))
            keep_first(&code, tri_node_remove(disk_fd, disk->name, nodes[i].number, error));
    for (size_t i = 0; i < disk->partition_count; i++) {
        const struct tri_partition *wanted = &disk->partitions[i];
        if (!wanted->is_extended && !has_node(nodes, count, wanted) && !overlaps_earlier(disk, i))
            keep_first(&code, tri_node_add(disk_fd, disk->name, wanted->number, wanted->start_bytes, wanted->size_bytes,
                                           error));
    }
    return code;
}

int tri_node_remove_all(int disk_fd, const char *disk_name, struct tri_error *error)
{
    TRI_AUTO_FREE struct tri_node *nodes = NULL;
    size_t count = 0, gone = 0;
    int code = tri_node_list(disk_name, &nodes, &count, error);
    if (code < 0)
        return code;
    for (; gone < count && code == 0; gone++)
        code = tri_node_remove(disk_fd, disk_name, nodes[gone].number, error);
    if (code == 0)
        return 0;
    for (size_t i = 0; i + 1 < gone; i++) /* the last one did not go */
        tri_node_add(disk_fd, disk_name, nodes[i].number, nodes[i].start_bytes, nodes[i].size_bytes, NULL);
    return code;
}
