/* Who a process is, by the container's own files. */
#ifndef TRI_COMPUTE_USER_H
#define TRI_COMPUTE_USER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define TRI_USER_GROUPS_MAX 64

struct tri_user {
    uint32_t uid, gid;
    uint32_t groups[TRI_USER_GROUPS_MAX]; /* besides gid */
    size_t group_count;
    char home[256];
};

/* Resolves "name", "uid", "name:group", "uid:gid" (NULL or "": root) with etc/passwd and etc/group below the folder
 * root_fd, which no symbolic link in it leads out of. Numbers need no entry. -EINVAL with a sentence: not known. */
int tri_user_resolve(int root_fd, const char *user, struct tri_user *ret_user, struct tri_error *error);

/* The root folder of a process, as a descriptor for the above. */
int tri_user_open_root(uint32_t pid, int *ret_root_fd);

#endif
