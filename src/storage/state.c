/* A record is one small file that is only ever replaced as a whole: its next version is written beside it, under a name
 * that begins with a dot, is locked there, and is renamed over it. So a reader sees the old or the new, and whoever holds
 * the record holds the file that is under its name at every moment. The locks are those of open files (OFD): they go
 * with the last descriptor, however the process ends, and who only wants to know does not need to take one. */
#include "storage/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/runtime-folder.h"

enum { TAKE_TRIES = 64, TEXT_MAX_BYTES = 64 * 1024 };

static const char *const kind_names[] = {
    [TRI_STATE_WORK] = "work",
    [TRI_STATE_TEMPORARY] = "temporary",
    [TRI_STATE_ATTACHED] = "attached",
    [TRI_STATE_IMAGE] = "image",
    [TRI_STATE_OFFLINE_DISK] = "offline-disk",
    [TRI_STATE_OFFLINE_VOLUME] = "offline-volume",
    [TRI_STATE_PATHS] = "paths",
};

/* ---- the folder of a kind ---- */

static int folder_path(enum tri_state_kind kind, char **ret_root, char **ret_path, struct tri_error *error)
{
    TRI_AUTO_FREE char *root = NULL;
    int r = tri_runtime_folder(&root, error);
    if (r < 0)
        return r;
    if (asprintf(ret_path, "%s/storage/%s", root, kind_names[kind]) < 0) {
        *ret_path = NULL;
        return tri_error_no_memory(error);
    }
    *ret_root = TRI_TAKE(root);
    return 0;
}

/* The path of a record, newly allocated. */
static int record_path(enum tri_state_kind kind, const char *name, char **ret_path)
{
    TRI_AUTO_FREE char *root = NULL, *folder = NULL;
    int r = folder_path(kind, &root, &folder, NULL);
    if (r < 0)
        return r;
    if (asprintf(ret_path, "%s/%s", folder, name) < 0) {
        *ret_path = NULL;
        return -ENOMEM;
    }
    return 0;
}

/* Only we can write to the root, so what lies below it is what we put there. */
static int open_below(const char *root, const char *path, struct tri_error *error)
{
    int r = tri_private_folder_check(root, error);
    if (r < 0)
        return r;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? tri_error_set(error, -errno, path, "Cannot open \"%s\": %m.", path) : fd;
}

/* The descriptor of the folder, or -ENOENT where it is missing and not to be made. */
static int open_kind(enum tri_state_kind kind, bool make, struct tri_error *error)
{
    TRI_AUTO_FREE char *root = NULL, *path = NULL;
    struct tri_error missing = {0};
    int r = folder_path(kind, &root, &path, error);
    if (r < 0)
        return r;
    int fd = open_below(root, path, &missing);
    if (fd == -ENOENT && make) {
        tri_error_clear(&missing);
        r = tri_folder_make(AT_FDCWD, path, 0700);
        return r < 0 ? tri_error_set(error, r, path, "Cannot make the folder \"%s\": %s.", path, strerror(-r))
                     : open_below(root, path, error);
    }
    if (fd < 0 && error && !error->text)
        tri_error_move(error, &missing);
    tri_error_clear(&missing);
    return fd;
}

/* ---- one record ---- */

static bool is_name(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length >= sizeof((struct tri_state_hold *)0)->name || *name == '.')
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == length;
}

/* Never blocks. 0, or -EBUSY. */
static int lock_file(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return 0;
    return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

/* Is it locked through another open file than this one? */
static bool is_locked(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static bool is_at(int folder_fd, const char *name, int fd)
{
    struct stat there, ours;
    return fstatat(folder_fd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &ours) == 0 &&
           there.st_dev == ours.st_dev && there.st_ino == ours.st_ino;
}

static int write_text(int fd, const char *text)
{
    for (size_t size = strlen(text); size > 0;) {
        ssize_t done = write(fd, text, size);
        if (done < 0 && errno != EINTR)
            return -errno;
        text += done > 0 ? done : 0;
        size -= done > 0 ? (size_t)done : 0;
    }
    return 0;
}

/* A new, locked file beside the records, filled. Its name is put in draft. Returns its descriptor. */
static int make_draft(int folder_fd, const char *text, char draft[64])
{
    static _Atomic unsigned count;
    TRI_AUTO_CLOSE int fd = -1;
    do {
        snprintf(draft, 64, ".draft-%d-%u", (int)getpid(), count++);
        fd = openat(folder_fd, draft, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    } while (fd < 0 && errno == EEXIST);
    if (fd < 0)
        return -errno;
    int r = lock_file(fd); /* busy: one who cleans up got it first, and removes it */
    if (r == 0)
        r = write_text(fd, text);
    if (r < 0) {
        unlinkat(folder_fd, draft, 0);
        return r;
    }
    return tri_take_fd(&fd);
}

/* Puts the draft in the record's place. The two are exchanged, and what was the record is removed under the draft's name:
 * ext4 takes a rename over a file as a wish for durability, and writes the data out first (a millisecond). */
static int replace(int folder_fd, const char *draft, const char *name)
{
    if (renameat2(folder_fd, draft, folder_fd, name, RENAME_EXCHANGE) == 0) {
        unlinkat(folder_fd, draft, 0);
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    return renameat(folder_fd, draft, folder_fd, name) < 0 ? -errno : 0;
}

/* Replaces the record that is there, where its owner has died or let go. -EBUSY: it has one. -EAGAIN: look again. */
static int take_over(int folder_fd, const char *name, const char *draft)
{
    TRI_AUTO_CLOSE int old_fd = openat(folder_fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (old_fd < 0)
        return errno == ENOENT ? -EAGAIN : -errno;
    int r = lock_file(old_fd);
    if (r < 0)
        return is_at(folder_fd, name, old_fd) ? r : -EAGAIN;
    if (!is_at(folder_fd, name, old_fd))
        return -EAGAIN;
    r = replace(folder_fd, draft, name);
    return r == -ENOENT ? -EAGAIN : r;
}

/* Returns the descriptor that holds the record. */
static int take_once(int folder_fd, const char *name, const char *text, bool only_new)
{
    char draft[64];
    TRI_AUTO_CLOSE int fd = make_draft(folder_fd, text, draft);
    if (fd < 0)
        return fd == -EBUSY ? -EAGAIN : fd;
    if (renameat2(folder_fd, draft, folder_fd, name, RENAME_NOREPLACE) == 0)
        return tri_take_fd(&fd);
    int r = errno == ENOENT ? -EAGAIN : -errno;
    if (r == -EEXIST && !only_new && (r = take_over(folder_fd, name, draft)) == 0)
        return tri_take_fd(&fd);
    unlinkat(folder_fd, draft, 0);
    return r;
}

static int take(enum tri_state_kind kind, const char *name, const char *text, bool only_new,
                struct tri_state_hold *ret_hold, struct tri_error *error)
{
    if (!is_name(name) || strlen(text) > TEXT_MAX_BYTES)
        return tri_error_set(error, -EINVAL, name, "\"%s\" cannot be the name of a record, or its text is too long.", name);
    TRI_AUTO_CLOSE int folder_fd = open_kind(kind, true, error);
    if (folder_fd < 0)
        return folder_fd;
    int fd = -EAGAIN;
    for (int tries = 0; fd == -EAGAIN && tries < TAKE_TRIES; tries++)
        fd = take_once(folder_fd, name, text, only_new);
    if (fd == -EAGAIN)
        fd = -EBUSY;
    if (fd < 0)
        return tri_error_set(error, fd, name, "The record %s/%s cannot be taken: %s.", kind_names[kind], name, strerror(-fd));
    *ret_hold = (struct tri_state_hold){.fd = fd, .kind = kind};
    strcpy(ret_hold->name, name);
    return 0;
}

int tri_state_take(enum tri_state_kind kind, const char *name, const char *text, struct tri_state_hold *ret_hold,
                   struct tri_error *error)
{
    return take(kind, name, text, false, ret_hold, error);
}

int tri_state_make(enum tri_state_kind kind, const char *name, const char *text, struct tri_state_hold *ret_hold,
                   struct tri_error *error)
{
    return take(kind, name, text, true, ret_hold, error);
}

/* The text of a record, newly allocated: it is whole, for it never changes under its inode, but that it may end when the
 * record is dropped. -EIO: it is none of ours. */
static int read_text(int fd, char **ret_text)
{
    struct stat st;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > TEXT_MAX_BYTES)
        return -EIO;
    TRI_AUTO_FREE char *text = malloc((size_t)st.st_size + 1);
    if (!text)
        return -ENOMEM;
    if (pread(fd, text, (size_t)st.st_size, 0) != st.st_size)
        return -EIO;
    text[st.st_size] = '\0';
    *ret_text = TRI_TAKE(text);
    return 0;
}

/* -EAGAIN: it was replaced meanwhile. Returns the descriptor that holds the record. */
static int open_once(int folder_fd, const char *name)
{
    TRI_AUTO_CLOSE int fd = openat(folder_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = lock_file(fd);
    if (!is_at(folder_fd, name, fd))
        return -EAGAIN;
    return r < 0 ? r : tri_take_fd(&fd);
}

static int open_record(int folder_fd, const char *name)
{
    int fd = -EAGAIN;
    for (int tries = 0; fd == -EAGAIN && tries < TAKE_TRIES; tries++)
        fd = open_once(folder_fd, name);
    return fd == -EAGAIN ? -EBUSY : fd;
}

int tri_state_open(enum tri_state_kind kind, const char *name, struct tri_state_hold *ret_hold, char **ret_text)
{
    if (!is_name(name))
        return -ENOENT;
    TRI_AUTO_CLOSE int folder_fd = open_kind(kind, false, NULL);
    if (folder_fd < 0)
        return folder_fd;
    TRI_AUTO_CLOSE int fd = open_record(folder_fd, name);
    int r = fd < 0 ? fd : read_text(fd, ret_text);
    if (r < 0)
        return r;
    *ret_hold = (struct tri_state_hold){.fd = tri_take_fd(&fd), .kind = kind};
    strcpy(ret_hold->name, name);
    return 0;
}

/* -EAGAIN: one who cleans up took the draft for a dead one's. Returns the descriptor that holds the new version. */
static int rewrite_once(int folder_fd, const struct tri_state_hold *hold, const char *text)
{
    char draft[64];
    TRI_AUTO_CLOSE int fd = make_draft(folder_fd, text, draft);
    if (fd < 0)
        return fd == -EBUSY ? -EAGAIN : fd;
    int r = is_at(folder_fd, hold->name, hold->fd) ? replace(folder_fd, draft, hold->name) : -ESTALE;
    if (r == -ENOENT)
        r = -EAGAIN;
    if (r == 0)
        return tri_take_fd(&fd);
    unlinkat(folder_fd, draft, 0);
    return r;
}

int tri_state_rewrite(struct tri_state_hold *hold, const char *text, struct tri_error *error)
{
    if (strlen(text) > TEXT_MAX_BYTES)
        return tri_error_set(error, -EINVAL, hold->name, "The text of a record is too long.");
    TRI_AUTO_CLOSE int folder_fd = open_kind(hold->kind, true, error);
    if (folder_fd < 0)
        return folder_fd;
    int fd = -EAGAIN;
    for (int tries = 0; fd == -EAGAIN && tries < TAKE_TRIES; tries++)
        fd = rewrite_once(folder_fd, hold, text);
    if (fd < 0)
        return tri_error_set(error, fd, hold->name, "The record %s/%s cannot be written: %s.", kind_names[hold->kind],
                             hold->name, strerror(-fd));
    tri_close(hold->fd);
    hold->fd = fd;
    return 0;
}

/* It must not fail, for a record that stays says that its work was never finished: so it needs no descriptor. What cannot
 * be removed is emptied, and an empty record speaks of nothing. */
void tri_state_drop(struct tri_state_hold *hold)
{
    if (hold->fd < 0)
        return;
    TRI_AUTO_FREE char *path = NULL;
    bool is_gone =
        record_path(hold->kind, hold->name, &path) == 0 && (!is_at(AT_FDCWD, path, hold->fd) || unlink(path) == 0);
    if (!is_gone && ftruncate(hold->fd, 0) < 0)
        TRI_LOG("storage", "the record %s/%s cannot be removed: %s", kind_names[hold->kind], hold->name,
                strerror(errno));
    tri_close(tri_take_fd(&hold->fd));
}

void tri_state_keep(struct tri_state_hold *hold)
{
    tri_close(tri_take_fd(&hold->fd));
}

/* ---- unlocked records ---- */

int tri_state_put(enum tri_state_kind kind, const char *name, const char *text, struct tri_error *error)
{
    struct tri_state_hold hold = TRI_STATE_HOLD_NONE;
    int r = tri_state_take(kind, name, text, &hold, error);
    tri_state_keep(&hold);
    return r;
}

int tri_state_look(enum tri_state_kind kind, const char *name, char **ret_text, bool *ret_held)
{
    if (!is_name(name))
        return -ENOENT;
    TRI_AUTO_CLOSE int folder_fd = open_kind(kind, false, NULL);
    if (folder_fd < 0)
        return folder_fd;
    TRI_AUTO_CLOSE int fd = openat(folder_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = read_text(fd, ret_text);
    if (r == 0)
        *ret_held = is_locked(fd);
    return r;
}

int tri_state_get(enum tri_state_kind kind, const char *name, char **ret_text)
{
    bool is_held;
    return tri_state_look(kind, name, ret_text, &is_held);
}

bool tri_state_has(enum tri_state_kind kind, const char *name)
{
    TRI_AUTO_FREE char *path = NULL;
    return is_name(name) && record_path(kind, name, &path) == 0 &&
           faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int tri_state_remove(enum tri_state_kind kind, const char *name)
{
    if (!is_name(name))
        return 0;
    TRI_AUTO_CLOSE int folder_fd = open_kind(kind, false, NULL);
    if (folder_fd < 0)
        return folder_fd == -ENOENT ? 0 : folder_fd;
    TRI_AUTO_CLOSE int fd = open_record(folder_fd, name);
    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    return unlinkat(folder_fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

/* ---- all of a kind ---- */

/* A draft without an owner is what somebody left who died while he wrote. */
static void clean_draft(int folder_fd, const char *draft)
{
    TRI_AUTO_CLOSE int fd = openat(folder_fd, draft, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && lock_file(fd) == 0 && is_at(folder_fd, draft, fd))
        unlinkat(folder_fd, draft, 0);
}

/* One that has gone meanwhile, or is no record, is passed over; one that cannot be read at this moment is not. */
static int visit_one(int folder_fd, const char *name, tri_state_visit *visit, void *data)
{
    TRI_AUTO_FREE char *text = NULL;
    TRI_AUTO_CLOSE int fd = openat(folder_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int r = fd < 0 ? -errno : read_text(fd, &text);
    if (r == 0)
        visit(data, name, text, is_locked(fd));
    return tri_code_is_passing(r) ? r : 0;
}

/* The folder to be read, or NULL: *ret_code is 0 where it is not there. */
static DIR *open_list(enum tri_state_kind kind, int *ret_code)
{
    TRI_AUTO_FREE char *root = NULL, *path = NULL;
    *ret_code = folder_path(kind, &root, &path, NULL);
    if (*ret_code == 0)
        *ret_code = tri_private_folder_check(root, NULL);
    DIR *folder = *ret_code == 0 ? opendir(path) : NULL;
    if (*ret_code == 0 && !folder)
        *ret_code = -errno;
    if (*ret_code == -ENOENT)
        *ret_code = 0;
    return folder;
}

int tri_state_each(enum tri_state_kind kind, tri_state_visit *visit, void *data)
{
    int code, first = 0;
    TRI_AUTO_DIR DIR *folder = open_list(kind, &code);
    if (!folder)
        return code;
    for (const struct dirent *entry; (entry = tri_folder_next(folder, &code));) {
        int r = is_name(entry->d_name) ? visit_one(dirfd(folder), entry->d_name, visit, data) : 0;
        if (strncmp(entry->d_name, ".draft-", 7) == 0)
            clean_draft(dirfd(folder), entry->d_name);
        first = first < 0 ? first : r;
    }
    return first < 0 ? first : code;
}
