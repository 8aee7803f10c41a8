/* The folder for what must outlive a program but not the machine's run: locks, records, sockets. */
#ifndef TRI_BASE_RUNTIME_FOLDER_H
#define TRI_BASE_RUNTIME_FOLDER_H

#include "base/error.h"

/* Its absolute path, newly allocated: TRIREME_RUNTIME_DIR, else /run/trireme for root, else $XDG_RUNTIME_DIR/trireme. It
 * need not exist. -ENOENT: no such folder can be told; -EINVAL: it is not absolute. Any thread. */
int tri_runtime_folder(char **ret_path, struct tri_error *error);

/* Opens a folder that only we can write to: one of another user (not root's), or that group or others may write to, is
 * refused with -EACCES, because a stranger could plant records there and be obeyed. path is for the error's sentence.
 * Returns a descriptor, or -errno. */
int tri_private_folder_open(int folder_fd, const char *name, const char *path, struct tri_error *error);

/* The same question without opening it. 0, or -errno. */
int tri_private_folder_check(const char *path, struct tri_error *error);

#endif
