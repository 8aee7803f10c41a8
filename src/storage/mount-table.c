#include "storage/mount-table.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define TABLE_PATH "/proc/self/mountinfo"

/* What the table depends on beside the mounts: whose it is, of which namespace, and seen from which root. */
struct view {
    pid_t pid;
    ino_t namespace, root;
    dev_t root_device;
};

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tri_mount_table *newest; /* table_lock: */
static struct view newest_view;        /* table_lock: */
static int watch_fd = -1;              /* table_lock: the kernel's word on it: readable as urgent once it has changed */
static struct stat watch_file;         /* table_lock: what watch_fd is, for somebody else may have closed it */

static bool look_around(struct view *ret)
{
    struct stat namespace, root;
    if (stat("/proc/self/ns/mnt", &namespace) < 0 || stat("/", &root) < 0)
        return false;
    *ret = (struct view){getpid(), namespace.st_ino, root.st_ino, root.st_dev};
    return true;
}

static bool is_same_view(const struct view *a, const struct view *b)
{
    return a->pid == b->pid && a->namespace == b->namespace && a->root == b->root && a->root_device == b->root_device;
}

static bool is_watching(void)
{
    struct stat now;
    return watch_fd >= 0 && fstat(watch_fd, &now) == 0 && now.st_dev == watch_file.st_dev &&
           now.st_ino == watch_file.st_ino;
}

static bool has_changed(void)
{
    struct pollfd watch = {.fd = watch_fd, .events = POLLPRI};
    return poll(&watch, 1, 0) != 0;
}

/* Lock held. */
static bool is_current(const struct view *view)
{
    return newest && is_same_view(view, &newest_view) && is_watching() && !has_changed();
}

static void unref(struct tri_mount_table *table)
{
    if (!table || --table->users > 0)
        return;
    mnt_unref_table(table->mounts);
    free(table);
}

static struct tri_mount_table *read_table(void)
{
    struct tri_mount_table *table = malloc(sizeof *table);
    if (!table)
        return NULL;
    *table = (struct tri_mount_table){.mounts = mnt_new_table_from_file(TABLE_PATH), .users = 1};
    if (table->mounts)
        return table;
    free(table);
    return NULL;
}

/* The watch begins before the reading does, so that no change falls between them. Lock held. */
static struct tri_mount_table *renew(const struct view *view)
{
    if (is_watching())
        close(watch_fd);
    watch_fd = open(TABLE_PATH, O_RDONLY | O_CLOEXEC);
    if (watch_fd >= 0 && fstat(watch_fd, &watch_file) < 0)
        tri_close(tri_take_fd(&watch_fd));
    unref(newest);
    newest = read_table();
    newest_view = *view;
    return newest;
}

struct tri_mount_table *tri_mount_table_get(void)
{
    struct view view;
    TRI_LOCK_SCOPE(&table_lock);
    bool has_view = look_around(&view);
    if (!has_view)
        return read_table();
    struct tri_mount_table *table = is_current(&view) ? newest : renew(&view);
    if (table)
        table->users++;
    return table;
}

void tri_mount_table_put(struct tri_mount_table *table)
{
    TRI_LOCK_SCOPE(&table_lock);
    unref(table);
}

void tri_mount_table_putp(struct tri_mount_table **table)
{
    tri_mount_table_put(*table);
}
