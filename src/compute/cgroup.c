#include "compute/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"

#define DEPTH_MAX 32
#define PROCS_MAX_BYTES (4u << 20)
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static bool has_file(const char *root, const char *name)
{
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/%s", root, name);
    return n > 0 && (size_t)n < sizeof(path) && access(path, F_OK) == 0;
}

/* Every v2 tree has this file, and nothing else has. */
#define V2_MARK "cgroup.controllers"

enum tri_cgroup_layout tri_cgroup_layout(const char *root)
{
    if (has_file(root, V2_MARK))
        return TRI_CGROUP_PURE;
    if (has_file(root, "unified/" V2_MARK))
        return TRI_CGROUP_HYBRID;
    return has_file(root, "memory") ? TRI_CGROUP_LEGACY : TRI_CGROUP_NONE;
}

/* ---- walking ---- */

typedef int visitor(int folder_fd, void *context);

/* Reading on in a folder that is removed meanwhile says that it is not there, which is its end too. */
static bool is_gone(int code)
{
    return code == 0 || code == -ENOENT || code == -ENODEV;
}

/* The folder of an entry; -ENOENT where it is none, or is gone by now. Any other failure says nothing of what is in it. */
static int open_child(int folder_fd, const struct dirent *entry)
{
    if (entry->d_type != DT_DIR)
        return -ENOENT;
    int fd = openat(folder_fd, entry->d_name, FOLDER_FLAGS);
    if (fd < 0)
        return errno == ENODEV ? -ENOENT : -errno;
    return fd;
}

static DIR *open_dir(int folder_fd)
{
    int copy = openat(folder_fd, ".", FOLDER_FLAGS);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir)
        tri_close(copy);
    return dir;
}

/* Visits the cgroups below, then this one. */
static int walk(int folder_fd, visitor *visit, void *context, int depth)
{
    if (depth >= DEPTH_MAX)
        return -ELOOP;
    TRI_AUTO_DIR DIR *dir = open_dir(folder_fd);
    if (!dir)
        return -errno;
    int code;
    for (const struct dirent *entry; (entry = tri_folder_next(dir, &code));) {
        TRI_AUTO_CLOSE int fd = open_child(folder_fd, entry);
        int r = fd < 0 ? fd : walk(fd, visit, context, depth + 1);
        if (r < 0 && r != -ENOENT)
            return r;
    }
    return is_gone(code) ? visit(folder_fd, context) : code;
}

/* Calls each(hierarchy, cgroup, …) for every hierarchy: the tree itself where it is pure, else each folder in it. */
typedef int hierarchy_visitor(int hierarchy_fd, const char *cgroup, void *context);

static int each_hierarchy(const char *root, const char *cgroup, hierarchy_visitor *each, void *context)
{
    while (*cgroup == '/')
        cgroup++;
    TRI_AUTO_DIR DIR *dir = opendir(root);
    if (!dir)
        return errno == ENOENT ? 0 : -errno;
    if (tri_cgroup_layout(root) == TRI_CGROUP_PURE)
        return each(dirfd(dir), cgroup, context);
    int code;
    for (const struct dirent *entry; (entry = tri_folder_next(dir, &code));) {
        /* controllers that are mounted together are links to one folder: that one is enough */
        TRI_AUTO_CLOSE int fd = open_child(dirfd(dir), entry);
        int r = fd < 0 ? fd : each(fd, cgroup, context);
        if (r < 0 && r != -ENOENT)
            return r;
    }
    return code;
}

struct walk_request {
    visitor *visit;
    void *context;
};

static int walk_hierarchy(int hierarchy_fd, const char *cgroup, void *context)
{
    struct walk_request *request = context;
    TRI_AUTO_CLOSE int fd = openat(hierarchy_fd, cgroup, FOLDER_FLAGS);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    return walk(fd, request->visit, request->context, 0);
}

static int walk_all(const char *root, const char *cgroup, visitor *visit, void *context)
{
    struct walk_request request = {visit, context};
    return each_hierarchy(root, cgroup, walk_hierarchy, &request);
}

/* ---- processes ---- */

struct pid_list {
    pid_t *pids;
    size_t count, size;
};

static int add_pid(struct pid_list *list, pid_t pid)
{
    if (list->count == list->size) {
        size_t size = list->size ? list->size * 2 : 64;
        pid_t *pids = reallocarray(list->pids, size, sizeof(*pids));
        if (!pids)
            return -ENOMEM;
        list->pids = pids;
        list->size = size;
    }
    list->pids[list->count++] = pid;
    return 0;
}

static int read_pids(int folder_fd, void *context)
{
    TRI_AUTO_FREE char *text = NULL;
    int r = tri_file_read(folder_fd, "cgroup.procs", PROCS_MAX_BYTES, &text, NULL);
    if (r == -EOPNOTSUPP || r == -ENOENT || r == -ENODEV) /* a threaded one, or one that goes at this moment */
        return 0;
    char *rest = text;
    for (char *line; r == 0 && (line = strsep(&rest, "\n"));) {
        long pid = strtol(line, NULL, 10); /* 0: of a pid namespace that we cannot see */
        r = pid > 0 ? add_pid(context, (pid_t)pid) : 0;
    }
    return r;
}

static int compare_pids(const void *a, const void *b)
{
    pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;
    return (x > y) - (x < y);
}

int tri_cgroup_pids(const char *root, const char *cgroup, pid_t **ret_pids, size_t *ret_count)
{
    struct pid_list list = {0};
    int r = walk_all(root, cgroup, read_pids, &list);
    if (r < 0) {
        free(list.pids);
        return r;
    }
    if (list.count)
        qsort(list.pids, list.count, sizeof(*list.pids), compare_pids);
    size_t kept = 0;
    for (size_t i = 0; i < list.count; i++)
        if (kept == 0 || list.pids[kept - 1] != list.pids[i])
            list.pids[kept++] = list.pids[i];
    *ret_pids = list.pids;
    *ret_count = kept;
    return 0;
}

/* ---- killing ---- */

static void write_control(int folder_fd, const char *name, const char *value)
{
    TRI_AUTO_CLOSE int fd = openat(folder_fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && write(fd, value, strlen(value)) < 0)
        return; /* the caller looks at what came of it */
}

/* A frozen v1 cgroup does not even die. */
static int thaw(int folder_fd, void *context)
{
    write_control(folder_fd, "freezer.state", "THAWED");
    return 0;
}

static int kill_at_once(int folder_fd, void *context)
{
    write_control(folder_fd, "cgroup.kill", "1");
    return 0;
}

#define BATCH 64

struct batch {
    pid_t pids[BATCH];
    int fds[BATCH];
    size_t count;
};

/* As many as there are descriptors for: an error where there is none even for the first. */
static int open_batch(struct batch *batch, const pid_t *pids, size_t count)
{
    for (batch->count = 0; batch->count < count && batch->count < BATCH; batch->count++) {
        int fd = pidfd_open(pids[batch->count], 0);
        if (fd < 0 && tri_code_is_passing(-errno))
            return batch->count ? 0 : -errno;
        batch->pids[batch->count] = pids[batch->count];
        batch->fds[batch->count] = fd;
    }
    return 0;
}

static void finish_batch(struct batch *batch, uint64_t deadline_ns)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->fds[i] < 0) /* poll would wait for nothing */
            continue;
        uint64_t now_ns = tri_clock_ns();
        struct pollfd wait = {.fd = batch->fds[i], .events = POLLIN};
        poll(&wait, 1, now_ns < deadline_ns ? (int)((deadline_ns - now_ns) / TRI_NS_PER_MS) + 1 : 0);
        tri_close(batch->fds[i]);
    }
}

/* A pid may be another process's by now; a descriptor cannot. So: open it, see that the pid is in the cgroup still, and
 * kill through the descriptor. */
static int kill_batch(const char *root, const char *cgroup, struct batch *batch)
{
    TRI_AUTO_FREE pid_t *pids = NULL;
    size_t count = 0;
    int r = tri_cgroup_pids(root, cgroup, &pids, &count);
    for (size_t i = 0; i < batch->count; i++) {
        bool member = r == 0 && count && bsearch(&batch->pids[i], pids, count, sizeof(*pids), compare_pids);
        if (!member || batch->fds[i] < 0 || pidfd_send_signal(batch->fds[i], SIGKILL, NULL, 0) < 0)
            tri_close(tri_take_fd(&batch->fds[i])); /* nothing to wait for */
    }
    return r;
}

int tri_cgroup_kill(const char *root, const char *cgroup, uint64_t deadline_ns)
{
    for (;;) {
        struct batch batch = {.count = 0};
        TRI_AUTO_FREE pid_t *pids = NULL;
        size_t count = 0;
        int r = walk_all(root, cgroup, kill_at_once, NULL);
        if (r < 0 || (r = tri_cgroup_pids(root, cgroup, &pids, &count)) < 0 || count == 0)
            return r;
        if (tri_clock_ns() >= deadline_ns)
            return -ETIMEDOUT;
        walk_all(root, cgroup, thaw, NULL);
        if ((r = open_batch(&batch, pids, count)) < 0)
            return r;
        r = kill_batch(root, cgroup, &batch);
        finish_batch(&batch, deadline_ns);
        if (r < 0)
            return r;
    }
}

/* ---- removing ---- */

static int remove_children(int folder_fd, void *context)
{
    TRI_AUTO_DIR DIR *dir = open_dir(folder_fd);
    if (!dir)
        return -errno;
    int code;
    for (const struct dirent *entry; (entry = tri_folder_next(dir, &code));)
        if (entry->d_type == DT_DIR && unlinkat(folder_fd, entry->d_name, AT_REMOVEDIR) < 0 && errno != ENOENT)
            return -errno;
    return is_gone(code) ? 0 : code;
}

static int remove_from_hierarchy(int hierarchy_fd, const char *cgroup, void *context)
{
    struct walk_request request = {remove_children, NULL};
    int r = walk_hierarchy(hierarchy_fd, cgroup, &request);
    if (r == 0 && unlinkat(hierarchy_fd, cgroup, AT_REMOVEDIR) < 0 && errno != ENOENT)
        r = -errno;
    return r;
}

int tri_cgroup_remove(const char *root, const char *cgroup)
{
    return each_hierarchy(root, cgroup, remove_from_hierarchy, NULL);
}
