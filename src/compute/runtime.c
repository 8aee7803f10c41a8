#include "compute/runtime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "compute/cgroup.h"
#include "compute/error.h"
#include "compute/system.h"

#define ADMINISTRATOR_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static char *find_in(const char *folders, const char *name)
{
    TRI_AUTO_FREE char *copy = strdup(folders);
    char *rest = copy;
    for (char *folder; copy && (folder = strsep(&rest, ":"));) {
        char *path = NULL;
        if (*folder != '/' || asprintf(&path, "%s/%s", folder, name) < 0)
            continue;
        if (is_program(path))
            return path;
        free(path);
    }
    return NULL;
}

static char *find_program(const char *name)
{
    const char *folders = getenv("PATH");
    char *path = folders ? find_in(folders, name) : NULL;
    return path ? path : find_in(ADMINISTRATOR_PATH, name);
}

static const char *kind_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strncmp(slash ? slash + 1 : path, "crun", 4) == 0 ? "crun" : "runc";
}

static int use_chosen(const char *chosen, struct tri_runtime *ret_runtime, struct tri_error *error)
{
    char *path = strchr(chosen, '/') ? (is_program(chosen) ? realpath(chosen, NULL) : NULL) : find_program(chosen);
    if (!path)
        return tri_error_set(
            error, TRI_COMPUTE_UNAVAILABLE, "TRIREME_OCI_RUNTIME",
            "The OCI runtime \"%s\" that TRIREME_OCI_RUNTIME names is no program that can be run here.", chosen);
    *ret_runtime = (struct tri_runtime){path, kind_of(chosen)};
    return 0;
}

static int explain(const char *crun, enum tri_cgroup_layout layout, struct tri_error *error)
{
    static const char *const layouts[] = {
        [TRI_CGROUP_NONE] = "no cgroups are mounted here",
        [TRI_CGROUP_LEGACY] = "this host has cgroup v1",
        [TRI_CGROUP_HYBRID] = "this host mixes cgroup v1 and v2",
        [TRI_CGROUP_PURE] = "this host has that",
    };
    if (crun)
        return tri_error_set(error, TRI_COMPUTE_UNAVAILABLE, NULL,
                             "No OCI runtime can be used: %s needs pure cgroup v2, but %s; runc was not found in PATH. "
                             "Install the Debian package runc.",
                             crun, layouts[layout]);
    return tri_error_set(
        error, TRI_COMPUTE_UNAVAILABLE, NULL,
        "No OCI runtime was found: neither crun nor runc is in PATH. Install the Debian package %s, or "
        "set TRIREME_OCI_RUNTIME.",
        layout == TRI_CGROUP_PURE ? "crun (or runc)" : "runc");
}

int tri_runtime_find(const char *cgroup_root, struct tri_runtime *ret_runtime, struct tri_error *error)
{
    const char *chosen = getenv("TRIREME_OCI_RUNTIME");
    if (chosen && *chosen)
        return use_chosen(chosen, ret_runtime, error);
    enum tri_cgroup_layout layout = tri_cgroup_layout(cgroup_root);
    TRI_AUTO_FREE char *crun = find_program("crun");
    if (crun && layout == TRI_CGROUP_PURE) {
        *ret_runtime = (struct tri_runtime){TRI_TAKE(crun), "crun"};
        return 0;
    }
    char *runc = find_program("runc");
    if (!runc)
        return explain(crun, layout, error);
    *ret_runtime = (struct tri_runtime){runc, "runc"};
    return 0;
}

int tri_helper_find(const char *name, char **ret_path, struct tri_error *error)
{
    const char *folder = getenv("TRIREME_LIBEXEC_DIR");
    TRI_AUTO_FREE char *path = NULL;
    if (asprintf(&path, "%s/%s", folder && *folder ? folder : TRI_LIBEXECDIR, name) < 0) {
        path = NULL;
        return tri_error_set(error, -ENOMEM, NULL, "Out of memory.");
    }
    char *real = is_program(path) ? realpath(path, NULL) : NULL;
    if (!real)
        return tri_error_set(error, TRI_COMPUTE_UNAVAILABLE, path,
                             "The helper program \"%s\" is missing; install Trireme whole, or set TRIREME_LIBEXEC_DIR.",
                             path);
    *ret_path = real;
    return 0;
}
