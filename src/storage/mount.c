#include "storage/mount.h"

#include <blkid/blkid.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "storage/error.h"
#include "storage/mount-table.h"
#include "storage/tool.h"

#define OWN_TABLE "/proc/self/mountinfo"
#define FIRST_TABLE "/proc/1/mountinfo" /* of process 1, where that is another mount namespace */
#define MOUNT_DEADLINE_MS 60000

struct path_list {
    char **paths;
    size_t count;
};

void tri_mount_points_free(char **paths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    free(paths);
}

static int path_list_add(struct path_list *list, const char *path)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->paths[i], path) == 0)
            return 0;
    char **grown = realloc(list->paths, (list->count + 1) * sizeof *grown);
    if (!grown)
        return -ENOMEM;
    list->paths = grown;
    if (!(grown[list->count] = strdup(path)))
        return -ENOMEM;
    list->count++;
    return 0;
}

/* ---- what is mounted ---- */

/* File systems in user space, and btrfs, show a device number of their own: there the source tells. */
static bool is_on_device(struct libmnt_fs *fs, dev_t device, const char *node)
{
    dev_t shown = mnt_fs_get_devno(fs);
    if (shown == device)
        return true;
    const char *source = mnt_fs_get_srcpath(fs);
    if (!source || (major(shown) != 0 && strncmp(mnt_fs_get_fstype(fs) ?: "", "fuse", 4) != 0))
        return false;
    if (node && strcmp(source, node) == 0)
        return true;
    struct stat about;
    return strncmp(source, "/dev/", 5) == 0 && stat(source, &about) == 0 && S_ISBLK(about.st_mode) &&
           about.st_rdev == device;
}

/* The table says which folder of the file system is seen at the mount point. For a subvolume of btrfs, which has a path
 * like a folder's, the options name it; those of a folder inside name the subvolume that it is in. */
static bool is_whole(struct libmnt_fs *fs)
{
    const char *root = mnt_fs_get_root(fs), *options = mnt_fs_get_fs_options(fs);
    if (!root || strcmp(root, "/") == 0)
        return true;
    const char *subvolume =
        options && strcmp(mnt_fs_get_fstype(fs) ?: "", "btrfs") == 0 ? strstr(options, "subvol=") : NULL;
    size_t length = strlen(root);
    return subvolume && strncmp(subvolume += strlen("subvol="), root, length) == 0 &&
           (!subvolume[length] || subvolume[length] == ',');
}

static bool is_asked_for(struct libmnt_fs *fs, dev_t device, const char *node, enum tri_mount_scope scope)
{
    return mnt_fs_get_target(fs) && is_on_device(fs, device, node) && (scope == TRI_MOUNTS_ALL || is_whole(fs));
}

/* Of one table; innermost (last mounted) first, so that unmounting in order works. */
static int collect(const char *table_path, dev_t device, const char *node, enum tri_mount_scope scope,
                   struct path_list *list)
{
    struct libmnt_table *table = mnt_new_table_from_file(table_path);
    struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_BACKWARD);
    struct libmnt_fs *fs;
    int r = table && iterator ? 0 : errno == ENOENT || errno == EACCES || errno == EPERM ? -ENOENT : -ENOMEM;
    while (r == 0 && mnt_table_next_fs(table, iterator, &fs) == 0)
        if (is_asked_for(fs, device, node, scope))
            r = path_list_add(list, mnt_fs_get_target(fs));
    mnt_free_iter(iterator);
    mnt_unref_table(table);
    return r;
}

/* A first look, at what was read before: most devices are mounted nowhere. */
static bool is_mounted_here(dev_t device, const char *node, enum tri_mount_scope scope)
{
    TRI_AUTO_MOUNT_TABLE table = tri_mount_table_get();
    struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_FORWARD);
    struct libmnt_fs *fs;
    bool found = !table || !iterator; /* who cannot tell looks closer */
    while (!found && mnt_table_next_fs(table->mounts, iterator, &fs) == 0)
        found = is_asked_for(fs, device, node, scope);
    mnt_free_iter(iterator);
    return found;
}

bool tri_mount_is_other_namespace(void)
{
    struct stat own, first;
    return stat("/proc/self/ns/mnt", &own) == 0 && stat("/proc/1/ns/mnt", &first) == 0 && own.st_ino != first.st_ino;
}

int tri_mount_points(dev_t device, const char *node, enum tri_mount_scope scope, char ***ret_paths, size_t *ret_count,
                     struct tri_error *error)
{
    struct path_list list = {0};
    int r = is_mounted_here(device, node, scope) ? collect(OWN_TABLE, device, node, scope, &list) : 0;
    if (r == 0 && tri_mount_is_other_namespace()) {
        r = collect(FIRST_TABLE, device, node, scope, &list);
        r = r == -ENOENT ? 0 : r; /* not ours to see */
    }
    if (r < 0) {
        tri_mount_points_free(list.paths, list.count);
        return tri_error_set(error, r, OWN_TABLE, "Cannot read what is mounted: %s.", strerror(-r));
    }
    *ret_paths = list.paths;
    *ret_count = list.count;
    return 0;
}

int tri_mount_each(tri_mount_visit *visit, void *data, struct tri_error *error)
{
    struct libmnt_table *table = mnt_new_table_from_file(OWN_TABLE);
    struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_FORWARD);
    struct libmnt_fs *fs;
    bool more = table && iterator;
    int r = more ? 0 : tri_error_set(error, -EIO, OWN_TABLE, "Cannot read what is mounted.");
    while (more && mnt_table_next_fs(table, iterator, &fs) == 0) {
        const char *source = mnt_fs_get_srcpath(fs), *target = mnt_fs_get_target(fs);
        struct stat about;
        dev_t device = mnt_fs_get_devno(fs);
        if (!source || !target || strncmp(source, "/dev/", 5) != 0 || !is_whole(fs))
            continue;
        if (stat(source, &about) == 0 && S_ISBLK(about.st_mode))
            device = about.st_rdev;
        more = visit(data, target, source, device);
    }
    mnt_free_iter(iterator);
    mnt_unref_table(table);
    return r;
}

/* ---- mounting ---- */

/* What libblkid finds on the node, newly allocated. TRI_STORAGE_NO_FILESYSTEM. */
static int find_type(const char *node, char **ret_type, struct tri_error *error)
{
    const char *type;
    int r = TRI_STORAGE_NO_FILESYSTEM;
    blkid_probe probe = blkid_new_probe_from_filename(node);
    if (!probe)
        return tri_error_set(error, errno == EACCES || errno == EPERM ? -EACCES : TRI_STORAGE_IO, node,
                             "Cannot read %s: %s.", node, strerror(errno));
    blkid_probe_enable_partitions(probe, 0);
    blkid_probe_enable_superblocks(probe, 1);
    blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE);
    if (blkid_do_safeprobe(probe) == 0 && blkid_probe_lookup_value(probe, "TYPE", &type, NULL) == 0)
        r = (*ret_type = strdup(type)) ? 0 : -ENOMEM;
    blkid_free_probe(probe);
    if (r == TRI_STORAGE_NO_FILESYSTEM)
        tri_error_set(error, r, node, "There is no file system on %s; format it first.", node);
    return r;
}

static bool kernel_has(const char *type)
{
    char word[40];
    TRI_AUTO_FREE char *known = NULL;
    snprintf(word, sizeof word, "\t%s\n", type);
    return tri_file_read(AT_FDCWD, "/proc/filesystems", 1 << 16, &known, NULL) == 0 && strstr(known, word);
}

static int mount_failed(const char *node, const char *type, const char *path, int code, const char *words,
                        struct tri_error *error)
{
    if (code == ENODEV)
        return tri_error_set(error, TRI_STORAGE_NOT_SUPPORTED, node,
                             "The kernel here has no driver for %s, so %s cannot be mounted.", type, node);
    if (code == EBUSY)
        return tri_error_set(error, -EBUSY, path, "%s is in use, or %s is a mount point already.", node, path);
    if (code == EINVAL || code == EUCLEAN)
        return tri_error_set(error, TRI_STORAGE_NO_FILESYSTEM, node,
                             "The kernel finds no usable %s on %s; check it first.", type, node);
    if (code == EROFS)
        return tri_error_set(error, TRI_STORAGE_READ_ONLY, node, "%s is read-only; mount it read-only.", node);
    if (code == ENOENT || code == ENOTDIR)
        return tri_error_set(error, TRI_STORAGE_BAD_PATH, path, "%s is no folder to mount at.", path);
    if (code == EPERM || code == EACCES)
        return tri_error_set(error, -EACCES, path, "Mounting %s needs root.", node);
    if (code == EIO)
        return tri_error_set(error, TRI_STORAGE_IO, node, "%s cannot be read.", node);
    return tri_error_set(error, code ? -code : -EIO, path, "Cannot mount %s at %s: %s.", node, path,
                         words && *words ? words : strerror(code));
}

/* By the kernel's own driver; type NULL: none, but a bind. */
static int mount_in_kernel(const char *node, const char *type, const char *path, const char *options,
                           struct tri_error *error)
{
    struct libmnt_context *context = mnt_new_context();
    if (!context)
        return tri_error_no_memory(error);
    mnt_context_disable_helpers(context, 1);
    mnt_context_disable_mtab(context, 1);
    mnt_context_disable_canonicalize(context, 1);
    mnt_context_set_optsmode(context, MNT_OMODE_NOTAB);
    mnt_context_enable_rwonly_mount(context, 1);
    int code = mnt_context_set_source(context, node) < 0 || mnt_context_set_target(context, path) < 0 ||
                       (type && mnt_context_set_fstype(context, type) < 0) ||
                       mnt_context_append_options(context, options) < 0
                   ? ENOMEM
                   : 0;
    char words[256] = "";
    if (code == 0) {
        int r = mnt_context_mount(context);
        if (r != 0) {
            code = mnt_context_syscall_called(context) ? mnt_context_get_syscall_errno(context) : r < 0 ? -r : EINVAL;
            mnt_context_get_excode(context, r, words, sizeof words);
        }
    }
    mnt_free_context(context);
    return code ? mount_failed(node, type ? type : "file system", path, code, words, error) : 0;
}

int tri_mount_bind(const char *from, const char *path, struct tri_error *error)
{
    return mount_in_kernel(from, NULL, path, "bind", error);
}

/* NTFS through ntfs-3g: a program that goes on in the background until it is unmounted. */
static int mount_ntfs(const char *node, const char *path, bool read_only, struct tri_error *error)
{
    const char *const argv[] = {"ntfs-3g", "-o", read_only ? "ro" : "rw", node, path, NULL};
    struct tri_tool tool = {.argv = argv, .deadline_ns = tri_deadline_ns(MOUNT_DEADLINE_MS)};
    struct tri_error why = {0};
    int status, r = tri_tool_run(&tool, &status, &why);
    if (r == 0 && status != 0)
        r = mount_failed(node, "ntfs", path,
                         status == 13 || status == 15 || status == 12 || status == 14 ? EINVAL
                         : status == 16                                               ? EBUSY
                                                                                      : EIO,
                         NULL, &why);
    if (r < 0 && error)
        tri_error_move(error, &why);
    tri_error_clear(&why);
    return r;
}

/* subvolume: as tri_mount_also has it; no other file system has any. */
static int mount_part(const char *node, const char *type, const char *path, bool read_only, const char *subvolume,
                      struct tri_error *error)
{
    TRI_AUTO_FREE char *found = NULL, *options = NULL;
    if (!type || !*type) {
        int r = find_type(node, &found, error);
        if (r < 0)
            return r;
        type = found;
    }
    if (strcmp(type, "ntfs") == 0 && tri_tool_exists("ntfs-3g"))
        return mount_ntfs(node, path, read_only, error);
    if (strcmp(type, "ntfs") == 0 && !kernel_has("ntfs") && kernel_has("ntfs3"))
        type = "ntfs3";
    if (!subvolume || strcmp(type, "btrfs") != 0)
        return mount_in_kernel(node, type, path, read_only ? "ro" : "rw", error);
    if (asprintf(&options, "%s,subvol=%s", read_only ? "ro" : "rw", subvolume) < 0) {
        options = NULL;
        return tri_error_no_memory(error);
    }
    int r = mount_in_kernel(node, type, path, options, error);
    if (r == TRI_STORAGE_BAD_PATH && access(path, F_OK) == 0)
        return tri_error_set(error, r, node, "There is no subvolume %s on %s to be mounted at %s.", subvolume, node,
                             path);
    return r;
}

int tri_mount_at(const char *node, const char *type, const char *path, bool read_only, struct tri_error *error)
{
    return mount_part(node, type, path, read_only, NULL, error);
}

bool tri_mount_points_have(char *const *paths, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(paths[i], path) == 0)
            return true;
    return false;
}

int tri_mount_also(dev_t device, const char *node, bool read_only, const char *path, const char *subvolume,
                   struct tri_error *error)
{
    char **points = NULL;
    size_t count = 0;
    int r = tri_mount_points(device, node, TRI_MOUNTS_WHOLE, &points, &count, error);
    bool is_there = tri_mount_points_have(points, count, path);
    if (r == 0 && !is_there && (count == 0 || subvolume))
        r = mount_part(node, "", path, read_only, subvolume, error);
    else if (r == 0 && !is_there)
        r = tri_mount_bind(points[0], path, error);
    tri_mount_points_free(points, count);
    return r;
}

char *tri_mount_subvolume(const char *path)
{
    TRI_AUTO_MOUNT_TABLE table = tri_mount_table_get();
    struct libmnt_fs *fs = table ? mnt_table_find_target(table->mounts, path, MNT_ITER_BACKWARD) : NULL;
    const char *root = fs ? mnt_fs_get_root(fs) : NULL;
    return root && strcmp(mnt_fs_get_fstype(fs) ?: "", "btrfs") == 0 ? strdup(root) : NULL;
}

/* ---- unmounting ---- */

static bool is_number(const char *name)
{
    return *name && strspn(name, "0123456789") == strlen(name);
}

static bool link_is_on(int folder_fd, const char *name, dev_t device)
{
    struct stat about;
    return fstatat(folder_fd, name, &about, 0) == 0 && about.st_dev == device;
}

/* Has the process (its folder in /proc) anything open, or its working folder, on the device? */
static bool process_is_on(int process_fd, dev_t device)
{
    if (link_is_on(process_fd, "cwd", device) || link_is_on(process_fd, "root", device) ||
        link_is_on(process_fd, "exe", device))
        return true;
    int fd = openat(process_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    bool found = false;
    if (!folder) {
        tri_close(fd);
        return false;
    }
    for (struct dirent *entry; !found && (entry = readdir(folder));)
        found = is_number(entry->d_name) && link_is_on(fd, entry->d_name, device);
    closedir(folder);
    return found;
}

/* "cat (process 1234)", of the first process that uses what is mounted at path; false: none is seen. */
static bool find_user(const char *path, char *text, size_t size)
{
    struct stat about;
    DIR *processes = stat(path, &about) < 0 ? NULL : opendir("/proc");
    bool found = false;
    if (!processes)
        return false;
    for (struct dirent *entry; !found && (entry = readdir(processes));) {
        TRI_AUTO_CLOSE int fd = is_number(entry->d_name)
                                    ? openat(dirfd(processes), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                                    : -1;
        TRI_AUTO_FREE char *name = NULL;
        if (fd < 0 || !process_is_on(fd, about.st_dev))
            continue;
        found = true;
        if (tri_file_read(fd, "comm", 64, &name, NULL) < 0)
            name = NULL;
        snprintf(text, size, "%.*s (process %.10s)", name ? (int)strcspn(name, "\n") : 1, name ? name : "?",
                 entry->d_name);
    }
    closedir(processes);
    return found;
}

static int unmount_failed(const char *path, int code, struct tri_error *error)
{
    char user[96];
    if (code == EBUSY && find_user(path, user, sizeof user))
        return tri_error_set(error, TRI_STORAGE_IN_USE, path, "%s is in use by %s.", path, user);
    if (code == EBUSY)
        return tri_error_set(error, TRI_STORAGE_IN_USE, path, "%s is in use.", path);
    if (code == EINVAL || code == ENOENT)
        return tri_error_set(error, TRI_STORAGE_NOT_MOUNTED, path, "Nothing is mounted at %s.", path);
    if (code == EPERM || code == EACCES)
        return tri_error_set(error, -EACCES, path, "Unmounting %s needs root.", path);
    return tri_error_set(error, code ? -code : -EIO, path, "Cannot unmount %s: %s.", path, strerror(code));
}

int tri_mount_remove(const char *path, bool lazy, struct tri_error *error)
{
    struct libmnt_context *context = mnt_new_context();
    if (!context)
        return tri_error_no_memory(error);
    mnt_context_disable_helpers(context, 1);
    mnt_context_disable_mtab(context, 1);
    mnt_context_enable_lazy(context, lazy);
    int code = 0, r = mnt_context_set_target(context, path) < 0 ? -ENOMEM : mnt_context_umount(context);
    if (r != 0)
        code = mnt_context_syscall_called(context) ? mnt_context_get_syscall_errno(context) : r < 0 ? -r : EINVAL;
    mnt_free_context(context);
    return code ? unmount_failed(path, code, error) : 0;
}
