/* Mounts into, and out of, a container that runs. No runtime has a command for it, so a short-lived child of ours does
 * it: it takes a copy of the host's folder, enters the container's mount namespace and its root, and attaches the copy
 * there. Paths in the container are resolved inside its root, whatever links it holds. The exit status is an errno, and
 * the reason is on standard error. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "shim/shim.h"

static int fail(int code, const char *what, const char *path)
{
    dprintf(STDERR_FILENO, "%s \"%s\": %s", what, path, strerror(code));
    return code;
}

static bool same_file(int a, int b)
{
    struct stat x, y;
    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* From here on, "/" is the container's. */
static int enter(const char *pid)
{
    char root_path[64], space_path[64];
    snprintf(root_path, sizeof(root_path), "/proc/%s/root", pid);
    snprintf(space_path, sizeof(space_path), "/proc/%s/ns/mnt", pid);
    TRI_AUTO_CLOSE int root_fd = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    TRI_AUTO_CLOSE int space_fd = open(space_path, O_RDONLY | O_CLOEXEC);
    TRI_AUTO_CLOSE int own_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (root_fd < 0 || space_fd < 0 || own_fd < 0)
        return fail(errno, "cannot find the container of process", pid);
    if (same_file(space_fd, own_fd))
        return fail(EOPNOTSUPP, "there is no mount namespace of its own for process", pid);
    if (setns(space_fd, CLONE_NEWNS) < 0 || fchdir(root_fd) < 0 || chroot(".") < 0)
        return fail(errno, "cannot enter the container of process", pid);
    return 0;
}

/* ---- mount ---- */

static int copy_tree(const char *source, bool read_only, int *ret_fd)
{
    struct mount_attr attributes = {.attr_set = read_only ? MOUNT_ATTR_RDONLY : 0, .propagation = MS_PRIVATE};
    TRI_AUTO_CLOSE int fd = open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (fd < 0)
        return fail(errno, "cannot open", source);
    if (mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof(attributes)) < 0)
        return fail(errno, "cannot set what may be done with", source);
    *ret_fd = tri_take_fd(&fd);
    return 0;
}

static int make_file(const char *path)
{
    TRI_AUTO_FREE char *folder = strdup(path);
    if (!folder)
        return -ENOMEM;
    char *slash = strrchr(folder, '/');
    *slash = '\0';
    int r = slash == folder ? 0 : tri_folder_make(AT_FDCWD, folder, 0755);
    if (r == 0 && mknod(path, S_IFREG | 0644, 0) < 0 && errno != EEXIST)
        r = -errno;
    return r;
}

static int make_target(const char *target, int tree_fd)
{
    struct stat st;
    int r = fstat(tree_fd, &st) < 0 ? -errno : 0;
    if (r == 0)
        r = S_ISDIR(st.st_mode) ? tri_folder_make(AT_FDCWD, target, 0755) : make_file(target);
    return r < 0 ? fail(-r, "cannot make", target) : 0;
}

static int mount_in(const char *pid, const char *source, const char *target, bool read_only)
{
    TRI_AUTO_CLOSE int tree_fd = -1;
    int r = copy_tree(source, read_only, &tree_fd);
    if (r == 0)
        r = enter(pid);
    if (r == 0)
        r = make_target(target, tree_fd);
    if (r != 0)
        return r;
    if (move_mount(tree_fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0)
        return fail(errno, "cannot mount at", target);
    return 0;
}

/* ---- unmount ---- */

static int unmount_in(const char *pid, const char *target)
{
    int r = enter(pid);
    if (r != 0)
        return r;
    if (umount2(target, MNT_DETACH) == 0)
        return 0;
    if (errno != EINVAL)
        return fail(errno, "cannot unmount", target);
    dprintf(STDERR_FILENO, "nothing is mounted at \"%s\"", target);
    return ENOENT;
}

int tri_mount_main(int argc, char **argv)
{
    umask(022);
    if (argc == 6 && !strcmp(argv[1], "--mount"))
        return mount_in(argv[2], argv[3], argv[4], !strcmp(argv[5], "ro"));
    if (argc == 4 && !strcmp(argv[1], "--unmount"))
        return unmount_in(argv[2], argv[3]);
    return fail(EINVAL, "not a verb of this program:", argv[1]);
}
