/* The mount table of this process, as it is now. It is read again only where the kernel says that something was mounted or
 * unmounted since: reading it is a large part of what a small question about a disk costs. */
#ifndef TRI_STORAGE_MOUNT_TABLE_H
#define TRI_STORAGE_MOUNT_TABLE_H

#include <libmount/libmount.h>

/* Shared by who asks, and never changed: only to be looked at. Where a folder above a mount point was renamed, which is no
 * change of a mount, the point's path is the old one. */
struct tri_mount_table {
    struct libmnt_table *mounts;
    unsigned users; /* of mount-table.c */
};

/* NULL: it cannot be read. Any thread. */
struct tri_mount_table *tri_mount_table_get(void);
void tri_mount_table_put(struct tri_mount_table *table); /* NULL is fine */
void tri_mount_table_putp(struct tri_mount_table **table);
#define TRI_AUTO_MOUNT_TABLE __attribute__((cleanup(tri_mount_table_putp))) struct tri_mount_table *

#endif
