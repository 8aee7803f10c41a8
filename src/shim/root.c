/* The root file system of a container, mounted at bundle/rootfs in our own mount namespace: the host never sees it, and
 * it goes with the last process that lives in it.
 *
 * Folders are opened first and then named through /proc/self/fd: whatever their paths are made of, the options of an
 * overlay stay short and need no escapes, and what was checked is what is mounted. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "compute/error.h"
#include "shim/shim.h"

enum { FD_PATH_BYTES = 32, OPTIONS_BYTES = 4096 };

struct folders {
    int fds[TRI_ROOT_LAYERS_MAX];
    size_t count;
};

static void close_folders(struct folders *folders)
{
    for (size_t i = 0; i < folders->count; i++)
        tri_close(folders->fds[i]);
}

static int bad_root(struct tri_error *error)
{
    return tri_error_set(error, TRI_COMPUTE_BAD_DOCUMENT, "root",
                         "\"root\" must be {\"bind\": path} or {\"lower\": [1 to %d paths]}, the latter with both or "
                         "neither of \"upper\" and \"work\"; paths are absolute.",
                         TRI_ROOT_LAYERS_MAX);
}

static bool is_path(const json_t *value)
{
    const char *path = json_string_value(value);
    return path && path[0] == '/' && strlen(path) < PATH_MAX;
}

/* A descriptor, or the error. */
static int open_layer(const char *path, struct tri_error *error)
{
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    return tri_error_set(error, TRI_COMPUTE_BAD_LAYER, path, "The layer \"%s\" cannot be used: %s.", path,
                         strerror(errno));
}

static void fd_path(int fd, char path[FD_PATH_BYTES])
{
    snprintf(path, FD_PATH_BYTES, "/proc/self/fd/%d", fd);
}

/* Makes `name` below the system's folder, and gives its path. */
static int make_folder(const struct tri_shim *shim, const char *name, char path[PATH_MAX], struct tri_error *error)
{
    snprintf(path, PATH_MAX, "%s/%s", shim->folder, name);
    int r = tri_folder_make(shim->folder_fd, name, 0755);
    return r < 0 ? tri_error_set(error, r, path, "\"%s\" cannot be made: %s.", path, strerror(-r)) : 0;
}

static int mount_at(const char *source, const char *target, const char *type, unsigned long flags, const char *options,
                    struct tri_error *error)
{
    if (mount(source, target, type, flags, options) == 0)
        return 0;
    return tri_error_set(error, -errno, target, "The root file system cannot be mounted (%s): %s.",
                         type ? type : "bind", strerror(errno));
}

/* ---- one folder ---- */

static int mount_bind(const char *source, const char *target, struct tri_error *error)
{
    char source_path[FD_PATH_BYTES];
    TRI_AUTO_CLOSE int fd = open_layer(source, error);
    if (fd < 0)
        return fd;
    fd_path(fd, source_path);
    return mount_at(source_path, target, NULL, MS_BIND | MS_REC, NULL, error);
}

/* ---- layers ---- */

static int open_layers(const json_t *lower, struct folders *layers, struct tri_error *error)
{
    for (size_t i = 0; i < json_array_size(lower); i++) {
        const json_t *path = json_array_get(lower, i);
        int fd = is_path(path) ? open_layer(json_string_value(path), error) : bad_root(error);
        if (fd < 0)
            return fd;
        layers->fds[layers->count++] = fd;
    }
    return 0;
}

/* The root's own mode and owner are the upper folder's: a new one takes them from the layer on top. */
static int make_upper(const char *path, int top_layer_fd, struct tri_error *error)
{
    struct stat top;
    if (mkdir(path, 0700) < 0)
        return errno == EEXIST ? 0
                               : tri_error_set(error, TRI_COMPUTE_BAD_LAYER, path, "\"%s\" cannot be made: %s.", path,
                                               strerror(errno));
    bool done = fstat(top_layer_fd, &top) == 0 && chown(path, top.st_uid, top.st_gid) == 0 &&
                chmod(path, top.st_mode & 07777) == 0;
    return done ? 0 : tri_error_set(error, -errno, path, "\"%s\" cannot be made: %s.", path, strerror(errno));
}

static int open_writable(const char *path, int top_layer_fd, struct folders *writable, struct tri_error *error)
{
    int r = make_upper(path, top_layer_fd, error);
    int fd = r < 0 ? r : open_layer(path, error);
    if (fd < 0)
        return fd;
    writable->fds[writable->count++] = fd;
    return 0;
}

/* Where nothing is to be kept: a memory file system of the shim's own. */
static int make_scratch(const struct tri_shim *shim, char upper[PATH_MAX], char work[PATH_MAX], struct tri_error *error)
{
    char path[PATH_MAX];
    int r = make_folder(shim, "scratch", path, error);
    if (r == 0)
        r = mount_at("tmpfs", path, "tmpfs", 0, "mode=0700", error);
    if (r == 0 && (snprintf(upper, PATH_MAX, "%s/upper", path) >= PATH_MAX ||
                   snprintf(work, PATH_MAX, "%s/work", path) >= PATH_MAX))
        r = tri_error_set(error, -ENAMETOOLONG, path, "The path of the system's folder is too long.");
    return r;
}

static size_t add_layers(char *options, size_t used, const struct folders *layers)
{
    for (size_t i = 0; i < layers->count && used < OPTIONS_BYTES; i++) {
        char path[FD_PATH_BYTES];
        fd_path(layers->fds[i], path);
        used += (size_t)snprintf(options + used, OPTIONS_BYTES - used, "%s%s", i ? ":" : "lowerdir=", path);
    }
    return used;
}

static int mount_overlay(const struct folders *layers, const struct folders *writable, const char *target,
                         struct tri_error *error)
{
    char options[OPTIONS_BYTES], upper[FD_PATH_BYTES], work[FD_PATH_BYTES];
    size_t used = add_layers(options, 0, layers);
    fd_path(writable->fds[0], upper);
    fd_path(writable->fds[1], work);
    if (used < sizeof(options))
        used += (size_t)snprintf(options + used, sizeof(options) - used, ",upperdir=%s,workdir=%s", upper, work);
    if (used >= sizeof(options))
        return tri_error_set(error, -E2BIG, "root.lower", "There are too many layers.");
    return mount_at("overlay", target, "overlay", 0, options, error);
}

static int mount_layers(const struct tri_shim *shim, const json_t *root, const char *target, struct tri_error *error)
{
    const json_t *kept_upper = json_object_get(root, "upper"), *kept_work = json_object_get(root, "work");
    char upper[PATH_MAX], work[PATH_MAX];
    TRI_CLEANUP(close_folders) struct folders layers = {.count = 0}, writable = {.count = 0};
    int r = open_layers(json_object_get(root, "lower"), &layers, error);
    if (r == 0 && !kept_upper)
        r = make_scratch(shim, upper, work, error);
    if (r == 0)
        r = open_writable(kept_upper ? json_string_value(kept_upper) : upper, layers.fds[0], &writable, error);
    if (r == 0)
        r = open_writable(kept_work ? json_string_value(kept_work) : work, layers.fds[0], &writable, error);
    return r < 0 ? r : mount_overlay(&layers, &writable, target, error);
}

/* ---- whole ---- */

static bool is_layers(const json_t *root)
{
    const json_t *lower = json_object_get(root, "lower"), *upper = json_object_get(root, "upper");
    const json_t *work = json_object_get(root, "work");
    size_t count = json_array_size(lower); /* 0: no array */
    bool kept = is_path(upper) && is_path(work);
    return count >= 1 && count <= TRI_ROOT_LAYERS_MAX && (kept || (!upper && !work)) &&
           json_object_size(root) == (kept ? 3 : 1);
}

int tri_root_mount(struct tri_shim *shim, const json_t *root, struct tri_error *error)
{
    char target[PATH_MAX];
    if (!root)
        return 0;
    const json_t *bind = json_object_get(root, "bind");
    bool is_bind = is_path(bind) && json_object_size(root) == 1;
    if (!is_bind && !is_layers(root))
        return bad_root(error);
    int r = make_folder(shim, "bundle/rootfs", target, error);
    if (r < 0)
        return r;
    return is_bind ? mount_bind(json_string_value(bind), target, error) : mount_layers(shim, root, target, error);
}

static void unmount(const struct tri_shim *shim, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", shim->folder, name);
    if (umount2(path, UMOUNT_NOFOLLOW) < 0 && errno == EBUSY)
        umount2(path, UMOUNT_NOFOLLOW | MNT_DETACH);
}

void tri_root_unmount(struct tri_shim *shim)
{
    unmount(shim, "bundle/rootfs");
    unmount(shim, "scratch");
}
