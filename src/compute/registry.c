#include "compute/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <unistr.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/runtime-folder.h"
#include "compute/error.h"
#include "compute/reap.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
/* Longer names end in a digest; leaves room for it within NAME_MAX. */
#define PLAIN_NAME_MAX 200

/* ---- ids ---- */

int tri_id_check(const char *id, const char *what, struct tri_error *error)
{
    size_t size = id ? strnlen(id, 256) : 0;
    if (size == 0 || size > 255)
        return tri_error_set(error, -EINVAL, what, "An id has 1 to 255 bytes.");
    if (!strcmp(id, ".") || !strcmp(id, ".."))
        return tri_error_set(error, -EINVAL, what, "\"%s\" cannot be an id.", id);
    for (const char *c = id; *c; c++)
        if (*c == '/' || (unsigned char)*c < 0x20 || *c == 0x7f)
            return tri_error_set(error, -EINVAL, what, "An id has no '/' and no control characters.");
    if (u8_check((const uint8_t *)id, size))
        return tri_error_set(error, -EINVAL, what, "An id is UTF-8 text.");
    return 0;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_guid(const char *id)
{
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? id[i] != '-' : !is_hex(id[i]))
            return false;
    }
    return id[36] == '\0';
}

static bool is_plain(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           (c == '.' && !first);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* FNV-1a. */
static uint64_t digest(const char *text, uint64_t hash)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash;
}

void tri_id_encode(const char *id, char name[NAME_MAX + 1])
{
    bool guid = is_guid(id);
    size_t used = 0;
    const char *c = id;
    for (; *c && used + 3 <= PLAIN_NAME_MAX; c++) {
        if (is_plain(*c, c == id))
            name[used++] = guid ? lower(*c) : *c;
        else
            used += (size_t)sprintf(name + used, "%%%02X", (unsigned char)*c);
    }
    name[used] = '\0';
    if (*c) /* "%%" begins no encoded byte, so such a name is no other id's */
        sprintf(name + used, "%%%%%016llx%016llx", (unsigned long long)digest(id, 0xcbf29ce484222325u),
                (unsigned long long)digest(id, 0x84222325cbf29ce4u));
}

bool tri_id_equal(const char *a, const char *b)
{
    return is_guid(a) ? strcasecmp(a, b) == 0 : strcmp(a, b) == 0;
}

/* ---- namespaces ---- */

static int make_folder(int folder_fd, const char *name, const char *path, struct tri_error *error)
{
    int r = tri_folder_make(folder_fd, name, 0700);
    if (r < 0)
        return tri_error_set(error, r, path, "Cannot make the folder \"%s\": %s.", path, strerror(-r));
    return 0;
}

int tri_space_open(const char *name, bool make, struct tri_space *ret_space, struct tri_error *error)
{
    TRI_AUTO_FREE char *root = NULL, *path = NULL;
    char encoded[NAME_MAX + 1];
    if (!name || !*name)
        name = "default";
    int r = tri_id_check(name, "namespace", error);
    if (r < 0 || (r = tri_runtime_folder(&root, error)) < 0)
        return r;
    tri_id_encode(name, encoded);
    if (!strcmp(encoded, "storage")) /* the records of disks and images lie there: nothing of it is a system */
        return tri_error_set(error, -EINVAL, "namespace", "The name \"storage\" is taken; choose another one.");
    if (asprintf(&path, "%s/%s", root, encoded) < 0) {
        path = NULL;
        return tri_error_set(error, -ENOMEM, NULL, "Out of memory.");
    }
    if (make && (r = make_folder(AT_FDCWD, root, root, error)) < 0)
        return r;
    TRI_AUTO_CLOSE int root_fd = tri_private_folder_open(AT_FDCWD, root, root, error);
    if (root_fd < 0)
        return root_fd;
    if (make && (r = make_folder(root_fd, encoded, path, error)) < 0)
        return r;
    int fd = tri_private_folder_open(root_fd, encoded, path, error);
    if (fd < 0)
        return fd;
    *ret_space = (struct tri_space){fd, TRI_TAKE(path)};
    return 0;
}

void tri_space_close(struct tri_space *space)
{
    tri_close(space->fd);
    free(space->path);
    *space = (struct tri_space)TRI_SPACE_NONE;
}

/* A lock belongs to an open file, and the space's own descriptor may be used by several threads: so each takes its own.
 * Returns the descriptor that holds it. */
static int lock_space(const struct tri_space *space, struct tri_error *error)
{
    TRI_AUTO_CLOSE int fd = openat(space->fd, ".", FOLDER_FLAGS);
    if (fd < 0)
        return tri_error_set(error, -errno, space->path, "Cannot open \"%s\": %m.", space->path);
    int r;
    do
        r = flock(fd, LOCK_EX);
    while (r < 0 && errno == EINTR);
    if (r < 0)
        return tri_error_set(error, -errno, space->path, "Cannot lock \"%s\": %m.", space->path);
    return tri_take_fd(&fd);
}

/* ---- folders of systems ---- */

static bool is_same_folder(int space_fd, const char *name, dev_t device, ino_t inode)
{
    struct stat st;
    return fstatat(space_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == device && st.st_ino == inode;
}

/* The folder of a system that has no owner, locked; -EBUSY where it has one. The namespace is locked. */
static int open_ownerless(int space_fd, const char *name)
{
    TRI_AUTO_CLOSE int fd = openat(space_fd, name, FOLDER_FLAGS);
    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    return tri_take_fd(&fd);
}

static int clean_ownerless(const struct tri_space *space, const char *name, struct tri_error *error)
{
    TRI_AUTO_CLOSE int fd = open_ownerless(space->fd, name);
    if (fd == -ENOENT)
        return 0;
    if (fd < 0)
        return fd;
    TRI_LOG("compute", "cleaning up after the dead system \"%s\"", name);
    return tri_reap(space->fd, space->path, name, fd, error);
}

static int make_locked(const struct tri_space *space, const char *name, struct tri_claim *claim,
                       struct tri_error *error)
{
    struct stat st;
    if (mkdirat(space->fd, name, 0700) < 0)
        return errno == EEXIST ? -EEXIST : tri_error_set(error, -errno, space->path, "Cannot make a folder there: %m.");
    TRI_AUTO_CLOSE int fd = openat(space->fd, name, FOLDER_FLAGS);
    /* It is new, so this waits for nobody, but for one who only looks whether it is locked. */
    if (fd < 0 || flock(fd, LOCK_EX) < 0 || fstat(fd, &st) < 0) {
        int code = -errno;
        unlinkat(space->fd, name, AT_REMOVEDIR);
        return tri_error_set(error, code, space->path, "Cannot lock the new folder: %s.", strerror(-code));
    }
    strcpy(claim->name, name);
    claim->device = st.st_dev;
    claim->inode = st.st_ino;
    claim->fd = tri_take_fd(&fd);
    return 0;
}

int tri_registry_claim(struct tri_space *space, const char *id, struct tri_claim *ret_claim, struct tri_error *error)
{
    struct tri_claim claim = TRI_CLAIM_NONE;
    char name[NAME_MAX + 1];
    tri_id_encode(id, name);
    TRI_AUTO_FREE char *path = NULL;
    if (asprintf(&path, "%s/%s", space->path, name) < 0) {
        path = NULL;
        return tri_error_set(error, -ENOMEM, NULL, "Out of memory.");
    }
    TRI_AUTO_CLOSE int lock = lock_space(space, error);
    if (lock < 0)
        return lock;
    int r = make_locked(space, name, &claim, error);
    if (r == -EEXIST) {
        r = clean_ownerless(space, name, error);
        if (r == -EBUSY)
            return tri_error_set(error, TRI_COMPUTE_EXISTS, "id",
                                 "There is a system of the id \"%s\" already; stop it, or choose another id.", id);
        if (r < 0)
            return tri_error_set(error, r, path, "Cannot clean up after the dead system \"%s\".", id);
        r = make_locked(space, name, &claim, error);
    }
    if (r < 0)
        return tri_error_set(error, r, path, "Cannot make the folder: %s.", strerror(-r));
    claim.path = TRI_TAKE(path);
    *ret_claim = claim;
    return 0;
}

void tri_claim_close(struct tri_claim *claim)
{
    tri_close(tri_take_fd(&claim->fd));
    free(TRI_TAKE(claim->path));
}

/* ---- waiting for an owner that ends ---- */

enum { END_WAIT_MS = 3000, RETRY_MS = 20 };

static bool is_locked(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static int watch_folders(int space_fd, int folder_fd)
{
    char path[32];
    TRI_AUTO_CLOSE int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd < 0)
        return -errno;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", space_fd);
    if (inotify_add_watch(fd, path, IN_MOVED_FROM | IN_DELETE) < 0)
        return -errno;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", folder_fd);
    if (inotify_add_watch(fd, path, IN_CREATE | IN_CLOSE_NOWRITE) < 0)
        return -errno;
    return tri_take_fd(&fd);
}

static void drain(int fd)
{
    char events[4096];
    while (read(fd, events, sizeof(events)) > 0)
        ;
}

/* Is it decided what becomes of the folder: gone, without an owner, or with a socket that can be asked? */
static bool is_settled(int space_fd, const char *name, int folder_fd, bool had_socket)
{
    struct stat st;
    if (fstat(folder_fd, &st) < 0 || !is_same_folder(space_fd, name, st.st_dev, st.st_ino) || !is_locked(folder_fd))
        return true;
    return !had_socket && faccessat(folder_fd, "socket", F_OK, 0) == 0;
}

bool tri_registry_wait(const struct tri_space *space, const char *name)
{
    TRI_AUTO_CLOSE int folder_fd = openat(space->fd, name, FOLDER_FLAGS);
    if (folder_fd < 0)
        return errno == ENOENT;
    TRI_AUTO_CLOSE int watch_fd = watch_folders(space->fd, folder_fd);
    uint64_t deadline_ns = tri_deadline_ns(END_WAIT_MS);
    bool had_socket = faccessat(folder_fd, "socket", F_OK, 0) == 0;
    /* The kernel tells of a close a moment before the lock goes, and only of some: so the waits are short as well. */
    for (struct pollfd wait = {.fd = watch_fd, .events = POLLIN};
         !is_settled(space->fd, name, folder_fd, had_socket);) {
        if (tri_clock_ns() >= deadline_ns)
            return false;
        poll(&wait, 1, RETRY_MS);
        drain(watch_fd);
    }
    return true;
}

static int discard(struct tri_space *space, const struct tri_claim *claim, struct tri_error *error)
{
    TRI_AUTO_CLOSE int lock = lock_space(space, error);
    if (lock < 0)
        return lock;
    if (!is_same_folder(space->fd, claim->name, claim->device, claim->inode))
        return 0;
    if (claim->fd >= 0)
        return tri_reap(space->fd, space->path, claim->name, claim->fd, error);
    return clean_ownerless(space, claim->name, error);
}

int tri_registry_discard(struct tri_space *space, const struct tri_claim *claim, struct tri_error *error)
{
    int r = discard(space, claim, error);
    if (r == -EBUSY && tri_registry_wait(space, claim->name))
        r = discard(space, claim, error);
    return r;
}

int tri_registry_find(const struct tri_space *space, const char *id, int *ret_folder_fd)
{
    char name[NAME_MAX + 1];
    tri_id_encode(id, name);
    int fd = openat(space->fd, name, FOLDER_FLAGS);
    if (fd < 0)
        return -errno;
    *ret_folder_fd = fd;
    return 0;
}

bool tri_registry_sweep(struct tri_space *space, const char *name)
{
    struct tri_error error = {0};
    TRI_AUTO_CLOSE int lock = lock_space(space, NULL);
    int r = lock < 0 ? lock : clean_ownerless(space, name, &error);
    if (r < 0 && r != -EBUSY)
        TRI_LOG("compute", "\"%s\" cannot be cleaned up: %s", name, error.text ? error.text : strerror(-r));
    tri_error_clear(&error);
    return r == 0;
}
