/* A system's cgroup: one folder in a pure v2 tree, or one below each v1 controller (and below "unified", where hybrid).
 * `root` is TRI_CGROUP_ROOT except in tests. */
#ifndef TRI_COMPUTE_CGROUP_H
#define TRI_COMPUTE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TRI_CGROUP_ROOT "/sys/fs/cgroup"

enum tri_cgroup_layout { TRI_CGROUP_NONE, TRI_CGROUP_LEGACY, TRI_CGROUP_HYBRID, TRI_CGROUP_PURE };
enum tri_cgroup_layout tri_cgroup_layout(const char *root);

/* Kills every process in it and below, and waits until they are gone. 0 also where there is no such cgroup. */
int tri_cgroup_kill(const char *root, const char *cgroup, uint64_t deadline_ns);

/* Removes the empty cgroup from every hierarchy, with those below. */
int tri_cgroup_remove(const char *root, const char *cgroup);

/* The processes in it and below, sorted, each once. */
int tri_cgroup_pids(const char *root, const char *cgroup, pid_t **ret_pids, size_t *ret_count);

#endif
