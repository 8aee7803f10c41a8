/* What a system, a process and a change are, in Linux words. A face fills these from its documents; the engine makes OCI
 * bundles and requests to the shim of them. Every pointer is owned by the structure that holds it. */
#ifndef TRI_COMPUTE_SPEC_H
#define TRI_COMPUTE_SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tri_mount_spec {
    char *source; /* a folder, or a socket, of the host */
    char *target; /* absolute path in the container */
    bool read_only;
};

struct tri_limits {
    uint64_t memory_bytes;     /* 0: no limit */
    uint32_t cpu_count;        /* at most one of the first two; 0: no limit */
    uint32_t cpu_maximum;      /* 1..10000: hundredths of a percent of all processors of the host */
    uint32_t cpu_weight;       /* 1..10000, 100 is usual; 0: not set */
    uint64_t io_bytes_per_s;   /* 0: no limit */
    uint64_t io_count_per_s;   /* 0: no limit */
};

struct tri_system_spec {
    char *owner;     /* or NULL */
    bool terminate_on_last_close;

    /* Form 1: the container that the engine composes. */
    char *host_name; /* NULL: the first part of the id */
    char **layers;   /* [0] on top; layer_count 0 and no root: the host's own root */
    size_t layer_count;
    char *root;      /* with layers: holds the writable "upper" and "work"; without: the root file system itself */
    struct tri_mount_spec *mounts;
    size_t mount_count;
    struct tri_limits limits;
    char *network_namespace; /* NULL: a new empty one; else an absolute path or a name below /run/netns */
    char *network_of;        /* id of a system whose network namespace is shared, or NULL */
    char *dns_search;        /* search list for a generated resolv.conf, comma separated, or NULL */

    /* Form 2: an OCI bundle taken whole. At most one is set; both NULL: form 1. */
    char *oci_bundle;        /* folder with config.json */
    json_t *oci_spec;        /* config.json as an object; root.path absolute, or relative to oci_bundle */
};
void tri_strings_free(char **strings);                   /* a NULL-ended list; NULL is fine */
void tri_system_spec_free(struct tri_system_spec *spec); /* the structure too; NULL is fine */

struct tri_process_spec {
    char **args; /* argv, ended by NULL; NULL with no oci_process: the container's own process (form 2) */
    char **env;  /* "NAME=value", ended by NULL; added to a minimal PATH, HOME, TERM */
    char *cwd;   /* NULL: / */
    char *user;  /* "name", "uid", "name:group", "uid:gid", resolved in the container's own files; NULL: root */
    bool no_new_privileges;
    json_t *oci_process; /* an OCI process object taken whole, instead of all above; or NULL */
    bool terminal;
    uint16_t rows, columns; /* 0: the default */
    bool stdin_pipe, stdout_pipe, stderr_pipe; /* otherwise /dev/null; terminal: err is ignored */
};
void tri_process_spec_free(struct tri_process_spec *spec);

#endif
