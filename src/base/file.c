#include "base/file.h"

#include "base/cleanup.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { READ_FIRST_BYTES = 4096, TEMPORARY_TRIES = 16, REMOVE_DEPTH_MAX = 64 };

static ssize_t read_some(int fd, char *buffer, size_t room)
{
    ssize_t got;
    do
        got = read(fd, buffer, room);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

static int grow(char **buffer, size_t *capacity, size_t max_bytes)
{
    /* One byte more than the limit shows what is too large. */
    size_t wanted = *capacity > max_bytes / 2 ? max_bytes + 1 : *capacity * 2;
    char *larger = realloc(*buffer, wanted + 1);
    if (!larger)
        return -ENOMEM;
    *buffer = larger;
    *capacity = wanted;
    return 0;
}

static int read_all(int fd, size_t max_bytes, char **ret_text, size_t *ret_size)
{
    size_t capacity = READ_FIRST_BYTES, used = 0;
    TRI_AUTO_FREE char *buffer = malloc(capacity + 1);
    if (!buffer)
        return -ENOMEM;
    for (;;) {
        ssize_t got = read_some(fd, buffer + used, capacity - used);
        if (got < 0)
            return (int)got;
        used += (size_t)got;
        if (used > max_bytes)
            return -EFBIG;
        if (got == 0)
            break;
        int r = used == capacity ? grow(&buffer, &capacity, max_bytes) : 0;
        if (r < 0)
            return r;
    }
    buffer[used] = '\0';
    *ret_text = TRI_TAKE(buffer);
    if (ret_size)
        *ret_size = used;
    return 0;
}

int tri_file_read(int folder_fd, const char *path, size_t max_bytes, char **ret_text, size_t *ret_size)
{
    TRI_AUTO_CLOSE int fd = openat(folder_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -errno;
    return read_all(fd, max_bytes, ret_text, ret_size);
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, data, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -errno;
        data += done;
        size -= (size_t)done;
    }
    return 0;
}

static int name_temporary(const char *path, char name[PATH_MAX])
{
    uint64_t salt;
    if (getrandom(&salt, sizeof(salt), 0) != (ssize_t)sizeof(salt))
        return -errno;
    int length = snprintf(name, PATH_MAX, "%s.%016llx", path, (unsigned long long)salt);
    return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* A new file beside path, whose name goes to name. Returns its descriptor. */
static int create_temporary(int folder_fd, const char *path, char name[PATH_MAX])
{
    for (int tries = 0; tries < TEMPORARY_TRIES; tries++) {
        int r = name_temporary(path, name);
        if (r < 0)
            return r;
        int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0)
            return fd;
        if (errno != EEXIST)
            return -errno;
    }
    return -EEXIST;
}

/* fchmod, for the mode is meant as it is said, whatever the umask. */
static int fill_temporary(int fd, const void *data, size_t size, mode_t mode)
{
    int r = write_all(fd, data, size);
    if (r < 0)
        return r;
    return fchmod(fd, mode) < 0 ? -errno : 0;
}

int tri_file_write(int folder_fd, const char *path, const void *data, size_t size, mode_t mode)
{
    char name[PATH_MAX];
    TRI_AUTO_CLOSE int fd = create_temporary(folder_fd, path, name);
    if (fd < 0)
        return fd;
    int r = fill_temporary(fd, data, size, mode);
    if (r == 0 && renameat(folder_fd, name, folder_fd, path) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(folder_fd, name, 0);
    return r;
}

static int make_one(int folder_fd, const char *path, mode_t mode)
{
    if (mkdirat(folder_fd, path, mode) == 0)
        return 0;
    if (errno != EEXIST)
        return -errno;
    struct stat st;
    if (fstatat(folder_fd, path, &st, 0) < 0)
        return -errno;
    return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int tri_folder_make(int folder_fd, const char *path, mode_t mode)
{
    if (!*path)
        return -ENOENT;
    TRI_AUTO_FREE char *prefix = strdup(path);
    if (!prefix)
        return -ENOMEM;
    for (char *slash = strchr(prefix + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int r = make_one(folder_fd, prefix, mode);
        if (r < 0)
            return r;
        *slash = '/';
    }
    return make_one(folder_fd, path, mode);
}

/* A tree may be deeper than there are descriptors or stack (a container can leave one behind): what lies too deep is
 * lifted to the top of the tree, and the top is gone through again. */
struct removal {
    int top_fd;
    unsigned lifted;
};

static int remove_content(struct removal *removal, int folder_fd, unsigned depth);

/* openat2, because a bind mount of the same file system has the same st_dev: only the kernel can tell. */
static int open_below(int folder_fd, const char *name)
{
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                           .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS};
    int fd = (int)syscall(SYS_openat2, folder_fd, name, &how, sizeof(how));
    if (fd >= 0)
        return fd;
    return errno == EXDEV ? -EBUSY : -errno;
}

static int lift(struct removal *removal, int folder_fd, const char *name)
{
    char lifted[PATH_MAX];
    int r = name_temporary("lifted", lifted);
    if (r < 0)
        return r;
    removal->lifted++;
    return renameat(folder_fd, name, removal->top_fd, lifted) < 0 ? -errno : 0;
}

static int remove_folder(struct removal *removal, int parent_fd, const char *name, unsigned depth)
{
    TRI_AUTO_CLOSE int fd = open_below(parent_fd, name);
    if (fd < 0)
        return fd;
    int r = remove_content(removal, fd, depth);
    if (r < 0)
        return r;
    return unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static int remove_entry(struct removal *removal, int folder_fd, const char *name, unsigned depth)
{
    if (unlinkat(folder_fd, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR)
        return -errno;
    if (depth == REMOVE_DEPTH_MAX)
        return lift(removal, folder_fd, name);
    return remove_folder(removal, folder_fd, name, depth + 1);
}

static bool is_self_or_parent(const char *name)
{
    return !strcmp(name, ".") || !strcmp(name, "..");
}

const struct dirent *tri_folder_next(DIR *folder, int *ret_code)
{
    const struct dirent *entry;
    do {
        errno = 0;
        entry = readdir(folder);
    } while (entry && is_self_or_parent(entry->d_name));
    *ret_code = entry ? 0 : -errno;
    return entry;
}

static int remove_content(struct removal *removal, int folder_fd, unsigned depth)
{
    int listing_fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (listing_fd < 0)
        return -errno;
    TRI_AUTO_DIR DIR *listing = fdopendir(listing_fd);
    if (!listing) {
        tri_close(listing_fd);
        return -errno;
    }
    int r = 0;
    for (const struct dirent *entry; r == 0 && (entry = tri_folder_next(listing, &r));)
        r = remove_entry(removal, folder_fd, entry->d_name, depth);
    return r;
}

static int remove_tree(int parent_fd, const char *name)
{
    TRI_AUTO_CLOSE int top_fd = open_below(parent_fd, name);
    if (top_fd < 0)
        return top_fd;
    struct removal removal = {.top_fd = top_fd};
    unsigned lifted_before;
    do {
        lifted_before = removal.lifted;
        int r = remove_content(&removal, top_fd, 0);
        if (r < 0)
            return r;
    } while (removal.lifted != lifted_before);
    return unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

/* Splits path, in place, into the folder that holds its last component and that component. */
static char *split_last(char *path, const char **ret_parent)
{
    char *end = path + strlen(path);
    while (end > path + 1 && end[-1] == '/')
        *--end = '\0';
    char *slash = strrchr(path, '/');
    *ret_parent = !slash ? "." : slash == path ? "/" : path;
    if (!slash)
        return path;
    *slash = '\0';
    return slash + 1;
}

static int remove_at(int parent_fd, const char *name)
{
    if (unlinkat(parent_fd, name, 0) == 0)
        return 0;
    return errno == EISDIR ? remove_tree(parent_fd, name) : -errno;
}

int tri_folder_remove(int folder_fd, const char *path)
{
    TRI_AUTO_FREE char *copy = strdup(path);
    if (!copy)
        return -ENOMEM;
    const char *parent;
    const char *name = split_last(copy, &parent);
    if (!*name || is_self_or_parent(name))
        return -EINVAL;
    TRI_AUTO_CLOSE int parent_fd = openat(folder_fd, parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int r = parent_fd < 0 ? -errno : remove_at(parent_fd, name);
    return r == -ENOENT ? 0 : r;
}
