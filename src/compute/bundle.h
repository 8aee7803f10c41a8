/* From a spec to the OCI documents that a runtime takes, and to the shim's description of a root. Pure composition: it
 * looks at the host only where a spec names something of it that must exist. */
#ifndef TRI_COMPUTE_BUNDLE_H
#define TRI_COMPUTE_BUNDLE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "compute/spec.h"
#include "compute/user.h"

struct tri_bundle_params {
    const struct tri_system_spec *spec;
    const char *id;
    const char *cgroup;
    const char *init_path;    /* our process 1 */
    const char *network_path; /* a network namespace, or NULL: a new one */
    const char *resolv_path;  /* a generated resolv.conf, or NULL */
    bool unified;             /* cgroups are pure v2 */
};

/* Is what the spec names there, and of the right kind? TRI_COMPUTE_BAD_LAYER, -EINVAL, -ENOENT …; `where` is the
 * spec's member ("layers[1]", "mounts[0].source"). */
int tri_bundle_check(const struct tri_system_spec *spec, struct tri_error *error);

/* Is process 1 ours? Not where an OCI bundle is taken whole. */
bool tri_bundle_own_init(const struct tri_system_spec *spec);

/* config.json. */
int tri_bundle_config(const struct tri_bundle_params *params, json_t **ret_config, struct tri_error *error);

/* The member `root` of the shim's `create`; *ret_root is NULL where the bundle's own root is used as it is. */
int tri_bundle_root(const struct tri_system_spec *spec, json_t **ret_root);

/* An OCI process object. user is not read where the spec has an OCI one. */
int tri_bundle_process(const struct tri_process_spec *spec, const struct tri_user *user, json_t **ret_process,
                       struct tri_error *error);

/* A path on the device that the system writes to, as far as that is known. */
const char *tri_bundle_io_path(const struct tri_system_spec *spec);

/* An OCI resources object with the limits that are not 0. io_path: a path on the device that the io limits are for. */
int tri_bundle_resources(const struct tri_limits *limits, bool unified, const char *io_path, json_t **ret_resources,
                         struct tri_error *error);

/* The generated resolv.conf: the search list, and the name servers of the host's file (its text). */
int tri_bundle_resolv(const char *dns_search, const char *host_text, char **ret_text, struct tri_error *error);

#endif
