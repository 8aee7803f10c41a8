#include "storage/export.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/runtime-folder.h"
#include "storage/qemu.h"
#include "storage/tool.h"
#include "storage/uuid.h"

#define DAEMON "qemu-storage-daemon"

enum { START_MS = 30000, STOP_MS = 10000, KILL_MS = 3000, STOP_TRIES = 16, COMMAND_LINE_MAX = 64 * 1024 };

/* ---- places ---- */

struct places {
    char *folder, *mount_point, *pid_file;
};

static void places_clear(struct places *places)
{
    free(places->folder);
    free(places->mount_point);
    free(places->pid_file);
}
#define AUTO_PLACES TRI_CLEANUP(places_clear)

static int find_places(const char *tag, struct places *ret, struct tri_error *error)
{
    TRI_AUTO_FREE char *root = NULL;
    AUTO_PLACES struct places places = {0};
    int r = tri_runtime_folder(&root, error);
    if (r < 0)
        return r;
    if (asprintf(&places.folder, "%s/storage/export", root) < 0)
        places.folder = NULL;
    if (asprintf(&places.mount_point, "%s/storage/export/%s", root, tag) < 0)
        places.mount_point = NULL;
    if (asprintf(&places.pid_file, "%s/storage/export/%s.pid", root, tag) < 0)
        places.pid_file = NULL;
    if (!places.folder || !places.mount_point || !places.pid_file)
        return tri_error_no_memory(error);
    *ret = places;
    places = (struct places){0};
    return 0;
}

/* ---- the daemon, found again ---- */

/* Its arguments name the mount point: no other process is taken for it, whoever has got its number meanwhile. 1, 0, or
 * -errno where that cannot be told. */
static int is_daemon(pid_t pid, const char *mount_point)
{
    char path[64];
    size_t size = 0;
    TRI_AUTO_FREE char *command = NULL;
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    int r = tri_file_read(AT_FDCWD, path, COMMAND_LINE_MAX, &command, &size);
    if (r < 0 || size == 0)
        return tri_code_is_passing(r) ? r : 0;
    return strstr(command, DAEMON) && memmem(command, size, mount_point, strlen(mount_point));
}

/* A descriptor of the process; -ESRCH: it is not there, or another one; or -errno where that cannot be told. */
static int open_daemon(pid_t pid, const char *mount_point)
{
    if (pid <= 0)
        return -ESRCH;
    TRI_AUTO_CLOSE int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    int r = fd < 0 ? -errno : is_daemon(pid, mount_point);
    if (r > 0)
        return tri_take_fd(&fd);
    return tri_code_is_passing(r) ? r : -ESRCH;
}

/* 0: none was written. */
static int read_pid(const char *pid_file, pid_t *ret)
{
    TRI_AUTO_FREE char *text = NULL;
    int r = tri_file_read(AT_FDCWD, pid_file, 64, &text, NULL);
    if (tri_code_is_passing(r))
        return r;
    *ret = r == 0 ? (pid_t)strtol(text, NULL, 10) : 0;
    return 0;
}

/* One that was only just starting when its creator died has written no number yet. As open_daemon. */
static int search_daemon(const char *mount_point)
{
    int fd = -ESRCH, code;
    TRI_AUTO_DIR DIR *folder = opendir("/proc");
    if (!folder)
        return -errno;
    for (const struct dirent *entry; fd == -ESRCH && (entry = tri_folder_next(folder, &code));)
        fd = open_daemon((pid_t)strtol(entry->d_name, NULL, 10), mount_point);
    return fd == -ESRCH && code < 0 ? code : fd;
}

static bool has_ended(int pidfd, uint64_t timeout_ms)
{
    struct pollfd wait = {.fd = pidfd, .events = POLLIN};
    return poll(&wait, 1, (int)timeout_ms) > 0;
}

static int is_alive(const struct places *places)
{
    pid_t pid = 0;
    int r = read_pid(places->pid_file, &pid);
    if (r < 0)
        return r;
    TRI_AUTO_CLOSE int pidfd = open_daemon(pid, places->mount_point);
    return pidfd >= 0 ? !has_ended(pidfd, 0) : pidfd == -ESRCH ? 0 : pidfd;
}

int tri_export_is_alive(const char *tag)
{
    AUTO_PLACES struct places places = {0};
    int r = find_places(tag, &places, NULL);
    return r < 0 ? r : is_alive(&places);
}

/* The mount point of a dead one is there, but answers errors. */
static bool is_there(const struct places *places)
{
    struct stat st;
    return lstat(places->mount_point, &st) == 0 || errno != ENOENT;
}

int tri_export_is_dead(const char *tag)
{
    AUTO_PLACES struct places places = {0};
    int r = find_places(tag, &places, NULL);
    if (r < 0 || !is_there(&places))
        return r;
    r = is_alive(&places);
    return r < 0 ? r : !r;
}

/* ---- stop ---- */

/* Asked more than once: the daemon notes a signal, and may just have begun to wait for something else; the next one wakes
 * it. */
static int end_daemon(int pidfd, struct tri_error *error)
{
    uint64_t wait_ms = 4;
    for (uint64_t deadline_ns = tri_deadline_ns(STOP_MS); tri_clock_ns() < deadline_ns;) {
        syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0);
        if (has_ended(pidfd, wait_ms))
            return 0;
        wait_ms = wait_ms < 200 ? wait_ms * 2 : wait_ms;
    }
    syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    return has_ended(pidfd, KILL_MS) ? 0 : tri_error_set(error, -ETIMEDOUT, NULL, "The image's " DAEMON " does not end.");
}

/* Ends every process of the export: while it starts, there are up to three. */
static int end_daemons(const struct places *places, struct tri_error *error)
{
    pid_t pid = 0;
    int r = read_pid(places->pid_file, &pid);
    if (r == 0 && pid <= 0 && !is_there(places))
        return 0;
    for (int tries = 0; r == 0 && tries < STOP_TRIES; tries++) {
        TRI_AUTO_CLOSE int pidfd = tries == 0 ? open_daemon(pid, places->mount_point) : -ESRCH;
        if (pidfd == -ESRCH)
            pidfd = search_daemon(places->mount_point);
        if (pidfd == -ESRCH)
            return 0;
        if (pidfd >= 0 && (r = end_daemon(pidfd, error)) < 0)
            return r;
        r = pidfd < 0 ? pidfd : 0;
    }
    return r < 0 ? tri_error_set(error, r, NULL, "The image's " DAEMON " cannot be looked for: %s.", strerror(-r)) : 0;
}

/* A daemon whose creator died as it started it cannot be told from the creator before it is executed, and may mount just
 * after it was searched for. So the search is over only when there was nothing to unmount, and the mount point could be
 * removed: without that no daemon mounts any more. */
int tri_export_stop(const char *tag, struct tri_error *error)
{
    AUTO_PLACES struct places places = {0};
    int r = find_places(tag, &places, error);
    if (r < 0 || access(places.folder, F_OK) < 0)
        return r;
    for (int tries = 0; tries < STOP_TRIES; tries++) {
        if ((r = end_daemons(&places, error)) < 0)
            return r;
        if (umount2(places.mount_point, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
            continue;
        if (unlink(places.mount_point) == 0 || errno == ENOENT) {
            unlink(places.pid_file);
            return 0;
        }
        r = -errno;
        if (r != -EBUSY)
            break;
    }
    r = r < 0 ? r : -EBUSY;
    return tri_error_set(error, r, places.mount_point, "\"%s\" cannot be removed: %s.", places.mount_point, strerror(-r));
}

/* ---- start ---- */

static int make_mount_point(const struct places *places, struct tri_error *error)
{
    int r = tri_folder_make(AT_FDCWD, places->folder, 0700);
    if (r < 0)
        return tri_error_set(error, r, places->folder, "Cannot make the folder \"%s\": %s.", places->folder, strerror(-r));
    TRI_AUTO_CLOSE int fd = open(places->mount_point, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd < 0 ? tri_error_set(error, -errno, places->mount_point, "\"%s\": %m.", places->mount_point) : 0;
}

static char *export_text(const struct places *places, bool read_only)
{
    json_auto_t *json = json_pack("{ss ss ss ss sb ss}", "type", "fuse", "id", "disk", "node-name", "disk", "mountpoint",
                                  places->mount_point, "writable", !read_only, "allow-other", "off");
    return json ? json_dumps(json, JSON_COMPACT) : NULL;
}

static int make_node_text(const char *path, enum tri_image_format format, bool read_only, char **ret,
                          struct tri_error *error)
{
    json_auto_t *json = NULL;
    int r = tri_qemu_describe(path, format, read_only, &json, error);
    if (r < 0)
        return r;
    *ret = json_object_set_new(json, "node-name", json_string("disk")) == 0 ? json_dumps(json, JSON_COMPACT) : NULL;
    return *ret ? 0 : tri_error_no_memory(error);
}

static int start_failed(const char *path, int code, const struct tri_error *why, struct tri_error *error)
{
    const char *words = why->detail ? why->detail : why->text ? why->text : "";
    if (code == TRI_STORAGE_TOOL_FAILED && strstr(words, " lock"))
        return tri_error_set(error, TRI_STORAGE_IMAGE_LOCKED, path, "Another program has \"%s\" open; end it first.", path);
    if (code == TRI_STORAGE_TOOL_FAILED && (strstr(words, "Permission denied") || strstr(words, "Read-only file system")))
        return tri_error_set(error, TRI_STORAGE_READ_ONLY, path, "\"%s\" cannot be written to; it can be attached read-only.",
                             path);
    if (code == TRI_STORAGE_TOOL_FAILED && strstr(words, "fuse"))
        return tri_error_set(error, TRI_STORAGE_NOT_SUPPORTED, path, "Images of this format need FUSE (/dev/fuse): %s", words);
    if (code == TRI_STORAGE_TOOL_FAILED) {
        tri_error_set(error, TRI_STORAGE_BAD_IMAGE, path, "\"%s\" cannot be opened as a disk: it is damaged, or of another "
                      "format.", path);
        if (error)
            tri_error_detail(error, words);
        return TRI_STORAGE_BAD_IMAGE;
    }
    return tri_error_set(error, code, path, "%s", why->text ? why->text : strerror(-code));
}

/* It says that it is ready by leaving its first process: the export is mounted then. */
static int run_daemon(const char *path, const struct places *places, const char *node, const char *export_words,
                      struct tri_op *op, struct tri_error *error)
{
    const char *argv[] = {DAEMON,     "--blockdev",     node,          "--export", export_words,
                          "--pidfile", places->pid_file, "--daemonize", NULL};
    struct tri_error why = {0};
    const struct tri_tool tool = {.argv = argv, .op = op, .deadline_ns = tri_deadline_ns(START_MS)};
    int r = tri_tool_run(&tool, NULL, &why);
    if (r < 0)
        r = start_failed(path, r, &why, error);
    tri_error_clear(&why);
    return r;
}

int tri_export_start(const char *path, enum tri_image_format format, bool read_only, const char *tag, struct tri_op *op,
                     struct tri_error *error)
{
    AUTO_PLACES struct places places = {0};
    struct tri_error ignored = {0};
    TRI_AUTO_FREE char *node = NULL, *export_words = NULL;
    int r = find_places(tag, &places, error);
    if (r < 0 || (r = make_node_text(path, format, read_only, &node, error)) < 0)
        return r;
    if (!(export_words = export_text(&places, read_only)))
        return tri_error_no_memory(error);
    if ((r = make_mount_point(&places, error)) < 0)
        return r;
    int fd = -1;
    r = run_daemon(path, &places, node, export_words, op, error);
    if (r == 0 && (fd = open(places.mount_point, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC)) < 0)
        r = tri_error_set(error, TRI_STORAGE_IO, path, "The export of \"%s\" cannot be opened: %m.", path);
    if (r == 0)
        return fd;
    tri_export_stop(tag, &ignored);
    tri_error_clear(&ignored);
    return r;
}

void tri_export_each(void (*visit)(void *data, const char *tag), void *data)
{
    AUTO_PLACES struct places places = {0};
    struct tri_uuid uuid;
    TRI_AUTO_DIR DIR *folder = find_places("", &places, NULL) == 0 ? opendir(places.folder) : NULL;
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        char tag[TRI_UUID_TEXT_SIZE] = "";
        size_t length = strlen(entry->d_name);
        bool is_pid = length == TRI_UUID_TEXT_SIZE + 3 && strcmp(entry->d_name + TRI_UUID_TEXT_SIZE - 1, ".pid") == 0;
        if (length != TRI_UUID_TEXT_SIZE - 1 && !is_pid)
            continue;
        memcpy(tag, entry->d_name, sizeof tag - 1);
        if (tri_uuid_parse(tag, &uuid))
            visit(data, tag);
    }
}
