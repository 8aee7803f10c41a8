/* Which OCI runtime, and where our own helper programs are. */
#ifndef TRI_COMPUTE_RUNTIME_H
#define TRI_COMPUTE_RUNTIME_H

#include <stdbool.h>

#include "base/error.h"

struct tri_runtime {
    char *path;       /* absolute; owned */
    const char *kind; /* "crun" or "runc": whose habits it has */
};

/* TRIREME_OCI_RUNTIME (a name or a path) chooses; else crun where the host's cgroups are pure v2, else runc. Names are
 * looked up in PATH, then where the administrator's programs are, which users' PATH often lacks.
 * TRI_COMPUTE_UNAVAILABLE with what was looked at, and what to install. cgroup_root is TRI_CGROUP_ROOT but in tests. */
int tri_runtime_find(const char *cgroup_root, struct tri_runtime *ret_runtime, struct tri_error *error);

/* "trireme-shim" or "trireme-init": below TRIREME_LIBEXEC_DIR where that is set, else where they were installed. */
int tri_helper_find(const char *name, char **ret_path, struct tri_error *error);

#endif
