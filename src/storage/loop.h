/* Loop devices: a file shown as a disk. A loop device of ours carries a tag in its status (lo_file_name), by which it is
 * found again after whoever made it has died. */
#ifndef TRI_STORAGE_LOOP_H
#define TRI_STORAGE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct tri_loop_spec {
    int file_fd;               /* the loop device keeps the open file, and with it the file's OFD locks */
    bool read_only;
    uint64_t size_limit_bytes; /* 0: the whole file */
    bool direct;               /* past the page cache, several requests at a time, where the file system can */
    const char *tag;           /* at most 55 bytes */
};

struct tri_loop_device {
    char name[32];     /* "loop3" */
    uint64_t sequence; /* the disk's number */
};

/* Gives the file a free loop device. Nodes of partitions that somebody left on it are gone before it gets the file.
 * -EACCES, -ENODEV (no loop driver), TRI_STORAGE_IO. Any thread. */
int tri_loop_attach(const struct tri_loop_spec *spec, struct tri_loop_device *ret, struct tri_error *error);

/* Is there still that disk, and has it a file? 1, 0, or -errno where that cannot be told: so who asks for true takes it
 * to be there. Some system calls; opens no device. */
int tri_loop_is(const struct tri_loop_device *device);

/* Takes the file away, and is not back before it is gone. TRI_STORAGE_IN_USE: it is open or mounted, and still has its
 * file. lazy: then it loses its file as soon as nobody uses it, and the answer is 0. No such disk any more: 0. */
int tri_loop_detach(const struct tri_loop_device *device, bool lazy, struct tri_error *error);

/* The loop device that carries the tag: 1; 0: none does; -errno: that cannot be told. Opens every loop device that has a
 * file. */
int tri_loop_find(const char *tag, struct tri_loop_device *ret);

#endif
