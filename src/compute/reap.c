#include "compute/reap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "compute/cgroup.h"
#include "compute/registry.h"
#include "op/child.h"

#define ARGUMENTS_MAX_BYTES (256u << 10)
#define KILL_NS (10 * TRI_NS_PER_SEC)
#define DELETE_NS (20 * TRI_NS_PER_SEC)

/* ---- what the shim had started ---- */

static bool has_argument(const char *arguments, size_t size, const char *wanted)
{
    for (const char *a = arguments; a < arguments + size; a += strlen(a) + 1)
        if (!strcmp(a, wanted))
            return true;
    return false;
}

/* Kills the process, if it has that argument, and waits for its end. The descriptor is taken before the look, so that
 * what was looked at is what is killed. */
static int kill_if_runtime(pid_t pid, const char *runtime_root, uint64_t deadline_ns)
{
    char path[32];
    TRI_AUTO_FREE char *arguments = NULL;
    size_t size = 0;
    TRI_AUTO_CLOSE int pidfd = pidfd_open(pid, 0);
    int r = pidfd < 0 ? -errno : 0;
    snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
    if (r == 0)
        r = tri_file_read(AT_FDCWD, path, ARGUMENTS_MAX_BYTES, &arguments, &size);
    if (r < 0) /* it has ended, or has no such arguments: unless that could not be seen */
        return tri_code_is_passing(r) ? r : 0;
    if (!has_argument(arguments, size, runtime_root))
        return 0;
    TRI_LOG("compute", "process %d still runs for a dead shim", pid);
    uint64_t now_ns = tri_clock_ns();
    struct pollfd wait = {.fd = pidfd, .events = POLLIN};
    if (pidfd_send_signal(pidfd, SIGKILL, NULL, 0) == 0 && now_ns < deadline_ns)
        poll(&wait, 1, (int)((deadline_ns - now_ns) / TRI_NS_PER_MS) + 1);
    return 0;
}

/* A runtime that the shim had started goes on without it, and would make anew what is being removed here. It knows the
 * folder by its path, which is nobody else's. */
static int kill_runtimes(const char *runtime_root, uint64_t deadline_ns)
{
    TRI_AUTO_DIR DIR *proc = opendir("/proc");
    if (!proc)
        return -errno;
    int r = 0;
    for (const struct dirent *entry; r == 0 && (entry = tri_folder_next(proc, &r));) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        r = pid > 0 ? kill_if_runtime(pid, runtime_root, deadline_ns) : 0;
    }
    return r;
}

/* ---- the container ---- */

/* The runtime forgets the container and undoes what only it knows of. That it has none of that id is usual: whatever
 * matters has been killed already, so its answer is not. */
static void delete_container(const struct tri_record *record, const char *root)
{
    if (access(root, F_OK) < 0)
        return;
    const char *argv[] = {record->runtime, "--root", root, "delete", "--force", record->runtime_id, NULL};
    const int fds[] = {-1, -1, -1};
    struct tri_child_params params = {.argv = argv, .folder_fd = -1, .fds = fds, .fd_count = 3,
                                      .new_session = true /* a Ctrl-C is not meant for it */};
    int status = 0;
    int r = tri_child_run(&params, NULL, tri_clock_ns() + DELETE_NS, 0, NULL, NULL, &status, NULL);
    TRI_LOG("compute", "%s delete %s: %d, status %d", record->kind, record->runtime_id, r, status);
}

static int kill_all(const struct tri_record *record, const char *folder_path, struct tri_error *error)
{
    uint64_t deadline_ns = tri_clock_ns() + KILL_NS;
    TRI_AUTO_FREE char *root = NULL;
    if (asprintf(&root, "%s/runtime", folder_path) < 0) {
        root = NULL;
        return tri_error_set(error, -ENOMEM, NULL, "Out of memory.");
    }
    int r = kill_runtimes(root, deadline_ns);
    if (r == 0)
        r = tri_cgroup_kill(TRI_CGROUP_ROOT, record->cgroup, deadline_ns);
    if (r < 0)
        return tri_error_set(error, r, record->cgroup, "Processes of a dead system cannot be killed: %s.",
                             strerror(-r));
    delete_container(record, root);
    r = tri_cgroup_remove(TRI_CGROUP_ROOT, record->cgroup);
    if (r < 0)
        return tri_error_set(error, r, record->cgroup, "A dead system's cgroup cannot be removed: %s.", strerror(-r));
    return 0;
}

int tri_reap(int space_fd, const char *space_path, const char *name, int folder_fd, struct tri_error *error)
{
    struct tri_record record = {0};
    TRI_AUTO_FREE char *path = NULL;
    if (asprintf(&path, "%s/%s", space_path, name) < 0) {
        path = NULL;
        return tri_error_set(error, -ENOMEM, NULL, "Out of memory.");
    }
    int r = tri_record_read(folder_fd, &record);
    if (r == 0)
        r = kill_all(&record, path, error);
    else if (tri_code_is_passing(r))
        tri_error_set(error, r, path, "The record of a dead system cannot be read now: %s.", strerror(-r));
    else
        r = 0; /* its maker died before there was more to clean */
    tri_record_clear(&record);
    if (r < 0)
        return r;
    r = tri_folder_remove(space_fd, name);
    if (r < 0)
        return tri_error_set(error, r, path, "Cannot remove \"%s\": %s.", path, strerror(-r));
    return 0;
}
