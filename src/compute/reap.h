/* Removing what a dead shim left: its container, cgroup and folder. */
#ifndef TRI_COMPUTE_REAP_H
#define TRI_COMPUTE_REAP_H

#include "base/error.h"

/* Kills and deletes all that the folder's spec.json names, then the folder itself, <space>/<name>. The namespace and
 * the folder are locked by the caller. Idempotent: what fails half way can be tried again. */
int tri_reap(int space_fd, const char *space_path, const char *name, int folder_fd, struct tri_error *error);

#endif
