/* What cgroup files and /proc tell of a system. */
#ifndef TRI_COMPUTE_STATISTICS_H
#define TRI_COMPUTE_STATISTICS_H

#include "compute/system.h"

/* Fills what can be read below root (TRI_CGROUP_ROOT except in tests), whatever the layout; a missing controller leaves
 * zeros. start_wall_ns is set by the caller before. */
void tri_statistics_read(const char *root, const char *cgroup, struct tri_system_statistics *statistics);

/* The processes in a cgroup. Those that end meanwhile are left out. 0 or -errno. */
int tri_statistics_processes(const char *root, const char *cgroup, struct tri_process_entry **ret_processes,
                             size_t *ret_count);

/* Of one process: the text of its stat and statm files. False where they are none. */
bool tri_statistics_parse_process(const char *stat, const char *statm, uint64_t boot_wall_ns,
                                  struct tri_process_entry *ret_entry);

#endif
