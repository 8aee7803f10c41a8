/* Partitions as the kernel knows them: /sys/block/<disk>/<node>, made and removed one by one with BLKPG, never by
 * asking the kernel to read the table again (it may not be able to, and does all or nothing). Any thread; whoever
 * changes nodes holds the disk's lock. */
#ifndef TRI_STORAGE_NODE_H
#define TRI_STORAGE_NODE_H

#include "storage/disk.h"

struct tri_node {
    unsigned number;
    uint64_t start_bytes, size_bytes;
    char name[32]; /* "loop0p1" */
    dev_t device;
};

/* Newly allocated, in no order; NULL and 0: none. A disk that is gone has none. -errno where they cannot be told. */
int tri_node_list(const char *disk_name, struct tri_node **ret_nodes, size_t *ret_count, struct tri_error *error);

/* Fills node and number_dev of the partitions that the kernel knows just as the table says. */
int tri_node_fill(struct tri_disk *disk, struct tri_error *error);

/* Makes a node and waits until its file is in /dev. There already, and right: success. */
int tri_node_add(int disk_fd, const char *disk_name, unsigned number, uint64_t start_bytes, uint64_t size_bytes,
                 struct tri_error *error);
/* Not there: success. TRI_STORAGE_IN_USE: somebody has it open, or it is mounted. */
int tri_node_remove(int disk_fd, const char *disk_name, unsigned number, struct tri_error *error);
int tri_node_resize(int disk_fd, unsigned number, uint64_t start_bytes, uint64_t size_bytes, struct tri_error *error);

/* Makes the kernel's partitions those of the table in `disk`: what differs goes, what is missing comes. The first
 * failure is answered after all the rest was done. Extended partitions get no node, and keep one that they have;
 * neither does one that overlaps an earlier one. */
int tri_node_sync(int disk_fd, const struct tri_disk *disk, struct tri_error *error);

/* All nodes go, or none does: TRI_STORAGE_IN_USE. */
int tri_node_remove_all(int disk_fd, const char *disk_name, struct tri_error *error);

#endif
