#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "compute/cgroup.h"
#include "shim/shim.h"

#include <fcntl.h>

enum { EVENTS_MAX_BYTES = 4096 };

static void control_path(const struct tri_shim *shim, const char *hierarchy, const char *file, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s%s%s/%s", TRI_CGROUP_ROOT, hierarchy, shim->cgroup, file);
}

static bool is_pure(void)
{
    return tri_cgroup_layout(TRI_CGROUP_ROOT) == TRI_CGROUP_PURE;
}

/* How often the kernel killed for want of memory: "oom_kill <n>" has a line of its own in both versions' files. */
bool tri_limits_out_of_memory(const struct tri_shim *shim)
{
    char path[PATH_MAX];
    TRI_AUTO_FREE char *text = NULL;
    if (is_pure())
        control_path(shim, "", "memory.events", path);
    else
        control_path(shim, "/memory", "memory.oom_control", path);
    if (tri_file_read(AT_FDCWD, path, EVENTS_MAX_BYTES, &text, NULL) < 0)
        return false;
    const char *line = strstr(text, "oom_kill ");
    return line && strtoull(line + strlen("oom_kill "), NULL, 10) > 0;
}

bool tri_limits_thaw(const struct tri_shim *shim)
{
    char path[PATH_MAX];
    bool pure = is_pure();
    control_path(shim, pure ? "" : "/freezer", pure ? "cgroup.freeze" : "freezer.state", path);
    TRI_AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
    const char *value = pure ? "0" : "THAWED";
    return fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);
}
