#include "storage/guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "storage/device.h"
#include "storage/disk-private.h"
#include "storage/mount-table.h"
#include "storage/mount.h"
#include "storage/node.h"

enum { NEEDED_MAX = 512, DEPTH_MAX = 16, SEARCH_MS = 200 };

/* ---- what the running system needs ---- */

enum { IS_SYSTEM = 1, IS_BOOT = 2, IS_SWAP = 4 };

struct needed {
    struct libmnt_table *table; /* ours */
    struct {
        dev_t device;
        unsigned why;
    } devices[NEEDED_MAX];
    size_t count;
    bool is_unsure; /* something could not be found out: then everything is needed */
    int passing;    /* and that is for want of memory or descriptors: -errno */
};

/* The code of a question that was not answered; -ENOENT and the like are answers. */
static void note_code(struct needed *needed, int code)
{
    if (tri_code_is_passing(code))
        needed->passing = code;
}

static void add_device(struct needed *needed, dev_t device, unsigned why, int depth);

static void add_named(struct needed *needed, const char *name, unsigned why, int depth)
{
    char text[32];
    unsigned major_number, minor_number;
    int r = tri_device_text(name, "dev", text, sizeof text);
    note_code(needed, r);
    if (r > 0 && sscanf(text, "%u:%u", &major_number, &minor_number) == 2)
        add_device(needed, makedev(major_number, minor_number), why, depth);
}

/* Does the set have it, with these reasons? Else it has now. */
static bool has_device(struct needed *needed, dev_t device, unsigned why)
{
    for (size_t i = 0; i < needed->count; i++)
        if (needed->devices[i].device == device) {
            bool had = (needed->devices[i].why & why) == why;
            needed->devices[i].why |= why;
            return had;
        }
    if (needed->count == NEEDED_MAX) {
        needed->is_unsure = true;
        return true;
    }
    needed->devices[needed->count].device = device;
    needed->devices[needed->count++].why = why;
    return false;
}

/* The file's block device. Those file systems that span devices, and overlays, have a number of their own; there the
 * mount table's source helps, where it is a device. 0: none is to be found (a tmpfs, the net). */
static dev_t device_of_file(struct libmnt_table *table, const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return 0;
    if (S_ISBLK(status.st_mode))
        return status.st_rdev;
    if (major(status.st_dev) != 0)
        return status.st_dev;
    struct libmnt_fs *fs = table ? mnt_table_find_mountpoint(table, path, MNT_ITER_BACKWARD) : NULL;
    const char *source = fs ? mnt_fs_get_srcpath(fs) : NULL;
    return source && source[0] == '/' && stat(source, &status) == 0 && S_ISBLK(status.st_mode) ? status.st_rdev : 0;
}

/* What a device-mapper or md device is made of. */
static void add_slaves(struct needed *needed, const char *name, unsigned why, int depth)
{
    char path[96];
    snprintf(path, sizeof path, "/sys/class/block/%s/slaves", name);
    TRI_AUTO_DIR DIR *dir = opendir(path);
    int code = dir ? 0 : -errno;
    for (const struct dirent *entry; dir && (entry = tri_folder_next(dir, &code));)
        add_named(needed, entry->d_name, why, depth + 1);
    note_code(needed, code);
}

/* A file system of several devices (btrfs) names only one of them when it is mounted. */
static void add_siblings(struct needed *needed, const char *name, unsigned why, int depth)
{
    char path[320];
    TRI_AUTO_DIR DIR *all = opendir("/sys/fs/btrfs");
    int code = all ? 0 : -errno;
    for (const struct dirent *entry; all && (entry = tri_folder_next(all, &code));) {
        snprintf(path, sizeof path, "/sys/fs/btrfs/%.255s/devices/%s", entry->d_name, name);
        if (access(path, F_OK) < 0)
            continue;
        *strrchr(path, '/') = 0;
        TRI_AUTO_DIR DIR *devices = opendir(path);
        int inner = devices ? 0 : -errno;
        for (const struct dirent *sibling; devices && (sibling = tri_folder_next(devices, &inner));)
            if (strcmp(sibling->d_name, name) != 0)
                add_named(needed, sibling->d_name, why, depth + 1);
        note_code(needed, inner);
    }
    note_code(needed, code);
}

/* The device, its disk, and all that these are built of and lie on. */
static void add_device(struct needed *needed, dev_t device, unsigned why, int depth)
{
    char name[32], disk[32], file[4096];
    if (device == 0 || depth > DEPTH_MAX || has_device(needed, device, why) || !tri_device_name_of(device, name) ||
        !tri_device_disk_of(device, disk))
        return;
    add_siblings(needed, name, why, depth);
    if (strcmp(name, disk) != 0) {
        add_named(needed, disk, why, depth + 1);
        return;
    }
    add_slaves(needed, name, why, depth);
    int r = tri_device_text(name, "loop/backing_file", file, sizeof file);
    note_code(needed, r);
    if (r > 0)
        add_device(needed, device_of_file(needed->table, file), why, depth + 1);
}

struct system_path {
    const char *path;
    unsigned why;
};

/* Those with more reasons first: what is known with them all is not looked at again. */
static const struct system_path system_paths[] = {
    {"/boot", IS_SYSTEM | IS_BOOT},
    {"/boot/efi", IS_SYSTEM | IS_BOOT},
    {"/efi", IS_SYSTEM | IS_BOOT},
    {"/", IS_SYSTEM},
    {"/usr", IS_SYSTEM},
    {"/var", IS_SYSTEM},
    {"/home", IS_SYSTEM},
};

static unsigned reason_of(const char *path)
{
    for (size_t i = 0; i < sizeof system_paths / sizeof *system_paths; i++)
        if (strcmp(path, system_paths[i].path) == 0)
            return system_paths[i].why;
    return 0;
}

static void add_mounts(struct needed *needed, struct libmnt_table *table)
{
    struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_FORWARD);
    struct libmnt_fs *fs = NULL;
    struct stat status;
    needed->is_unsure |= !iterator;
    while (iterator && mnt_table_next_fs(table, iterator, &fs) == 0) {
        const char *target = mnt_fs_get_target(fs), *source = mnt_fs_get_srcpath(fs);
        unsigned why = target ? reason_of(target) : 0;
        if (why == 0)
            continue;
        dev_t device = mnt_fs_get_devno(fs);
        if (major(device) != 0)
            add_device(needed, device, why, 0);
        else if (source && source[0] == '/' && stat(source, &status) == 0 && S_ISBLK(status.st_mode))
            add_device(needed, status.st_rdev, why, 0);
    }
    mnt_free_iter(iterator);
}

/* Where the folders are no mount points of their own: what they lie on. */
static void add_folders(struct needed *needed)
{
    for (size_t i = 0; i < sizeof system_paths / sizeof *system_paths; i++)
        add_device(needed, device_of_file(needed->table, system_paths[i].path), system_paths[i].why, 0);
}

static void add_swaps(struct needed *needed)
{
    TRI_AUTO_FREE char *text = NULL;
    int code = tri_file_read(AT_FDCWD, "/proc/swaps", 1 << 20, &text, NULL);
    note_code(needed, code);
    needed->is_unsure |= code < 0 && code != -ENOENT;             /* a kernel without swap has no such file */
    char *rest = text, *line = text ? strsep(&rest, "\n") : NULL; /* the heading */
    while (line && (line = strsep(&rest, "\n")) && *line) {
        line[strcspn(line, " \t")] = 0;
        TRI_AUTO_FREE char *path = mnt_unmangle(line); /* blanks in it are written as numbers */
        needed->is_unsure |= !path;
        if (path)
            add_device(needed, device_of_file(needed->table, path), IS_SWAP, 0);
    }
}

static void find_needed(struct needed *needed)
{
    errno = 0;
    TRI_AUTO_MOUNT_TABLE own = tri_mount_table_get();
    if (!own) {
        needed->is_unsure = true;
        note_code(needed, -errno);
        return;
    }
    needed->table = own->mounts;
    add_folders(needed);
    add_mounts(needed, needed->table);
    add_swaps(needed);
    errno = 0;
    struct libmnt_table *first = tri_mount_is_other_namespace() ? mnt_new_table_from_file("/proc/1/mountinfo") : NULL;
    note_code(needed, first ? 0 : -errno);
    if (first)
        add_mounts(needed, first);
    mnt_unref_table(first);
    needed->table = NULL;
}

int tri_guard_mark(struct tri_disk *disk, struct tri_error *error)
{
    struct needed needed = {0};
    find_needed(&needed);
    if (needed.passing)
        return tri_error_set(error, needed.passing, disk->name,
                             "It cannot be told at this moment whether the running system needs %s: %s.", disk->name,
                             strerror(-needed.passing));
    unsigned why = needed.is_unsure ? IS_SYSTEM : 0;
    for (size_t i = 0; i < needed.count; i++)
        if (needed.devices[i].device == disk->device)
            why |= needed.devices[i].why;
    disk->is_system = (why & IS_SYSTEM) != 0;
    disk->is_boot = (why & IS_BOOT) != 0;
    disk->has_swap = (why & IS_SWAP) != 0;
    return 0;
}

int tri_guard_refuse_system(const struct tri_disk *disk, struct tri_error *error)
{
    if (disk->is_system || disk->is_boot)
        return tri_error_set(error, TRI_STORAGE_SYSTEM, disk->name,
                             "%s holds the running system: it is never changed, whatever is forced.", disk->name);
    if (disk->has_swap)
        return tri_error_set(error, TRI_STORAGE_SYSTEM, disk->name,
                             "%s holds active swap space: take it out of use (swapoff) first.", disk->name);
    return 0;
}

bool tri_guard_mounted_type(dev_t device, char *type, size_t size)
{
    TRI_AUTO_MOUNT_TABLE table = tri_mount_table_get();
    struct libmnt_fs *fs = table ? mnt_table_find_devno(table->mounts, device, MNT_ITER_FORWARD) : NULL;
    const char *found = fs ? mnt_fs_get_fstype(fs) : NULL;
    if (found)
        snprintf(type, size, "%s", found);
    return found != NULL;
}

/* ---- who uses it ---- */

static bool points_at(const char *folder, const char *entry, dev_t device)
{
    char path[300];
    struct stat status;
    snprintf(path, sizeof path, "%s/%.32s", folder, entry);
    return stat(path, &status) == 0 && S_ISBLK(status.st_mode) && status.st_rdev == device;
}

static bool has_open(const char *pid, dev_t device)
{
    char folder[64];
    snprintf(folder, sizeof folder, "/proc/%.32s/fd", pid);
    TRI_AUTO_DIR DIR *dir = opendir(folder);
    bool found = false;
    for (struct dirent *entry; dir && !found && (entry = readdir(dir));)
        found = entry->d_name[0] != '.' && points_at(folder, entry->d_name, device);
    return found;
}

void tri_guard_opener(dev_t device, char *text, size_t size)
{
    uint64_t until_ns = tri_deadline_ns(SEARCH_MS);
    char path[64], own[16], name[32] = "?";
    text[0] = 0;
    snprintf(own, sizeof own, "%d", (int)getpid());
    TRI_AUTO_DIR DIR *dir = opendir("/proc");
    for (struct dirent *entry; dir && tri_clock_ns() < until_ns && (entry = readdir(dir));) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || strcmp(entry->d_name, own) == 0 ||
            !has_open(entry->d_name, device))
            continue;
        TRI_AUTO_FREE char *comm = NULL;
        snprintf(path, sizeof path, "/proc/%.32s/comm", entry->d_name);
        if (tri_file_read(AT_FDCWD, path, 4096, &comm, NULL) == 0)
            snprintf(name, sizeof name, "%.*s", (int)strcspn(comm, "\n"), comm);
        snprintf(text, size, "process %.16s (%s)", entry->d_name, name);
        break;
    }
}

/* What is built on the device: a volume of LVM, an md array. 1; 0: nothing; -errno: that cannot be told. */
static int find_holder(const char *name, char holder[64])
{
    char path[96], title[48];
    int code;
    snprintf(path, sizeof path, "/sys/class/block/%s/holders", name);
    TRI_AUTO_DIR DIR *dir = opendir(path);
    if (!dir)
        return tri_code_is_passing(-errno) ? -errno : 0;
    const struct dirent *entry = tri_folder_next(dir, &code);
    if (!entry)
        return code;
    bool has_title = tri_device_text(entry->d_name, "dm/name", title, sizeof title) > 0;
    snprintf(holder, 64, "%.47s", has_title ? title : entry->d_name);
    return 1;
}

/* A mount that was taken away, to be made again. */
struct unmounted {
    dev_t device;
    char node[64], *path, *subvolume;
    bool read_only;
};

struct unmounted_list {
    struct unmounted *items;
    size_t count;
};

static void list_clear(struct unmounted_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].path);
        free(list->items[i].subvolume);
    }
    free(list->items);
    *list = (struct unmounted_list){0};
}

/* The last that was unmounted comes back last. */
static void mount_again(const struct unmounted_list *list)
{
    for (size_t i = list->count; i-- > 0;) {
        const struct unmounted *item = &list->items[i];
        TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
        if (tri_mount_also(item->device, item->node, item->read_only, item->path, item->subvolume, &error) < 0)
            TRI_LOG("storage", "not mounted again: %s", error.text ? error.text : "?");
    }
}

/* The paths, a line each; NULL: none, or no memory. */
static char *list_join(const struct unmounted_list *list)
{
    size_t size = 1, at = 0;
    for (size_t i = 0; i < list->count; i++)
        size += strlen(list->items[i].path) + 1;
    char *text = list->count ? malloc(size) : NULL;
    for (size_t i = 0; text && i < list->count; i++)
        at += (size_t)sprintf(text + at, "%s%s", i ? "\n" : "", list->items[i].path);
    return text;
}

/* One block device that has to be free. */
struct asked {
    const char *name;
    dev_t device;
    bool unmount;
    struct unmounted_list *unmounted;
};

/* Unmounts it, and keeps it in mind; all memory is taken before. */
static int take_away(struct asked *asked, const char *node, const char *path, struct tri_error *error)
{
    struct unmounted_list *list = asked->unmounted;
    struct statvfs about;
    struct unmounted *grown = realloc(list->items, (list->count + 1) * sizeof *grown), *item;
    if (!grown)
        return tri_error_no_memory(error);
    list->items = grown;
    item = &grown[list->count];
    *item = (struct unmounted){.device = asked->device, .path = strdup(path)};
    if (!item->path)
        return tri_error_no_memory(error);
    memcpy(item->node, node, sizeof item->node);
    item->subvolume = tri_mount_subvolume(path);
    item->read_only = statvfs(path, &about) == 0 && about.f_flag & ST_RDONLY;
    int code = tri_mount_remove(path, false, error);
    if (code == 0) {
        list->count++;
        return 0;
    }
    free(item->path);
    free(item->subvolume);
    return code;
}

/* A mount of a folder in the file system holds the device as any other, but is not kept in mind: what is changed may not
 * have the folder any more. */
static int ask_mounts(struct asked *asked, struct tri_error *error)
{
    char node[64] = "", **points = NULL, **whole = NULL;
    size_t count = 0, whole_count = 0;
    tri_device_node(asked->name, node);
    int code = tri_mount_points(asked->device, node, TRI_MOUNTS_ALL, &points, &count, error);
    if (code == 0 && count > 0)
        code = tri_mount_points(asked->device, node, TRI_MOUNTS_WHOLE, &whole, &whole_count, error);
    if (code == 0 && count > 0 && !asked->unmount)
        code = tri_error_set(error, TRI_STORAGE_IN_USE, points[0], "%s%s is mounted at %s%s: unmount it first.",
                             tri_mount_points_have(whole, whole_count, points[0]) ? "" : "A folder of ", node,
                             points[0], count > 1 ? " and elsewhere" : "");
    for (size_t i = 0; i < count && code == 0; i++)
        code = tri_mount_points_have(whole, whole_count, points[i]) ? take_away(asked, node, points[i], error)
                                                                    : tri_mount_remove(points[i], false, error);
    tri_mount_points_free(points, count);
    tri_mount_points_free(whole, whole_count);
    return code;
}

static int ask_holders(const struct asked *asked, struct tri_error *error)
{
    char holder[64];
    int r = find_holder(asked->name, holder);
    if (r < 0)
        return tri_error_set(error, r, asked->name, "What is built on %s cannot be told: %s.", asked->name,
                             strerror(-r));
    if (r == 0)
        return 0;
    return tri_error_set(error, TRI_STORAGE_IN_USE, asked->name, "%s is a part of \"%s\": take that apart first.",
                         asked->name, holder);
}

/* The kernel gives a device exclusively to one who asks for that: a mount, a volume manager, a tool at work. For
 * reading, so that nobody who watches for writers wakes. */
static int ask_kernel(const struct asked *asked, struct tri_error *error)
{
    char node[64], opener[64];
    tri_device_node(asked->name, node);
    int fd = open(node, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
    int why = errno;
    tri_close(fd);
    if (fd >= 0)
        return 0;
    if (why != EBUSY)
        return tri_device_open_error(node, why, error);
    tri_guard_opener(asked->device, opener, sizeof opener);
    return tri_error_set(error, TRI_STORAGE_IN_USE, node, "%s is in use by %s.", node,
                         opener[0] ? opener
                                   : "the system (a mount in another namespace, or a program that cannot be seen)");
}

static int ask_partitions(const struct tri_disk *disk, struct asked *whole, bool exclusive, struct tri_error *error)
{
    TRI_AUTO_FREE struct tri_node *nodes = NULL;
    size_t count = 0;
    int code = tri_node_list(disk->name, &nodes, &count, error);
    for (size_t i = 0; i < count && code == 0; i++) {
        struct asked asked = {nodes[i].name, nodes[i].device, whole->unmount, whole->unmounted};
        if (exclusive)
            code = ask_kernel(&asked, error);
        else if ((code = ask_mounts(&asked, error)) == 0)
            code = ask_holders(&asked, error);
    }
    return code;
}

/* The disk and its partitions as the kernel has them now, which may be others than the table has. */
static int ask_disk(const struct tri_disk *disk, struct asked *asked, struct tri_error *error)
{
    int code = ask_mounts(asked, error);
    if (code == 0)
        code = ask_holders(asked, error);
    if (code == 0)
        code = ask_partitions(disk, asked, false, error);
    if (code < 0 || ask_kernel(asked, NULL) == 0)
        return code;
    code = ask_partitions(disk, asked, true, error); /* names the one that is held */
    return code < 0 ? code : ask_kernel(asked, error);
}

static int ask_one(struct asked *asked, struct tri_error *error)
{
    int code = ask_mounts(asked, error);
    if (code == 0)
        code = ask_holders(asked, error);
    return code < 0 ? code : ask_kernel(asked, error);
}

/* Where it is refused, everything is mounted again as it was. */
static int settle(int code, struct unmounted_list *list, char **ret_paths)
{
    if (code < 0)
        mount_again(list);
    else if (ret_paths)
        *ret_paths = list_join(list);
    list_clear(list);
    return code;
}

int tri_guard_free_partition(const struct tri_disk *disk, const struct tri_partition *partition, bool unmount,
                             struct tri_error *error)
{
    struct unmounted_list list = {0};
    struct asked asked = {partition->node, partition->number_dev, unmount, &list};
    if (!partition->node[0] || partition->is_extended)
        return 0;
    return settle(ask_one(&asked, error), &list, NULL);
}

int tri_guard_free(const struct tri_disk_lock *lock, bool unmount, char **ret_paths, struct tri_error *error)
{
    const struct tri_disk *disk = lock->disk;
    const struct tri_partition *partition =
        lock->offset_bytes == TRI_WHOLE_DISK ? NULL : tri_disk_partition_at(disk, lock->offset_bytes);
    struct unmounted_list list = {0};
    struct asked asked = {disk->name, disk->device, unmount, &list};
    if (partition && !partition->node[0]) /* the kernel does not know it, so nobody can have it */
        return 0;
    if (!partition)
        return settle(ask_disk(disk, &asked, error), &list, ret_paths);
    asked.name = partition->node;
    asked.device = partition->number_dev;
    return settle(ask_one(&asked, error), &list, ret_paths);
}
