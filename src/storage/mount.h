/* Mounts, through libmount. Only the engine uses this. */
#ifndef TRI_STORAGE_MOUNT_H
#define TRI_STORAGE_MOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

enum tri_mount_scope {
    TRI_MOUNTS_WHOLE, /* of the file system, or of a subvolume of it: what can be made again from the device alone */
    TRI_MOUNTS_ALL,   /* and those of a folder or a file in it (bind mounts), which hold the device all the same */
};

/* Where the block device is mounted, by this process's mount table and process 1's: by device number, and by source
 * path for file systems in user space. Newly allocated array of newly allocated paths, the innermost first; NULL and 0:
 * nowhere. */
int tri_mount_points(dev_t device, const char *node, enum tri_mount_scope scope, char ***ret_paths, size_t *ret_count,
                     struct tri_error *error);
void tri_mount_points_free(char **paths, size_t count);
bool tri_mount_points_have(char *const *paths, size_t count, const char *path);

/* Has process 1 another mount namespace than we? false where that cannot be told. */
bool tri_mount_is_other_namespace(void);

/* type "" : let libmount find out. Errors: -EBUSY, TRI_STORAGE_NO_FILESYSTEM, TRI_STORAGE_NOT_SUPPORTED (no driver; the
 * text says which) ... */
int tri_mount_at(const char *node, const char *type, const char *path, bool read_only, struct tri_error *error);

/* What is mounted at `from` is to be seen at path too. Errors as tri_mount_at. */
int tri_mount_bind(const char *from, const char *path, struct tri_error *error);

/* Mounts the device, where it is free by whatever is on it, and where it is mounted already by a bind of that: a file
 * system in user space can be mounted once only. subvolume: of Btrfs, which one; NULL: what is mounted by itself. 0 also
 * where it is at the path already. Errors as tri_mount_at. */
int tri_mount_also(dev_t device, const char *node, bool read_only, const char *path, const char *subvolume,
                   struct tri_error *error);

/* Which subvolume of a Btrfs is mounted at the path ("/", "/@"), newly allocated; NULL: none, or another file system. */
char *tri_mount_subvolume(const char *path);

/* Calls visit for each mount of this process's table that is of a whole block device (TRI_MOUNTS_WHOLE): where, and the
 * device's node as the table has it. Stops where visit returns false. */
typedef bool tri_mount_visit(void *data, const char *path, const char *node, dev_t device);
int tri_mount_each(tri_mount_visit *visit, void *data, struct tri_error *error);

/* TRI_STORAGE_IN_USE while files are open (the text says by which process); lazy: detaches it all the same. */
int tri_mount_remove(const char *path, bool lazy, struct tri_error *error);

#endif
