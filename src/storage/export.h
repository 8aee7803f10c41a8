/* Images that the kernel cannot read, shown to it as a plain file: a qemu-storage-daemon with a FUSE export. The daemon is
 * nobody's child; it lives until its loop device has gone. All that belongs to one export lies in <runtime
 * folder>/storage/export/: <tag> (the mount point, a file) and <tag>.pid. */
#ifndef TRI_STORAGE_EXPORT_H
#define TRI_STORAGE_EXPORT_H

#include <stdbool.h>

#include "op/op.h"
#include "storage/image.h"

/* Starts the daemon and returns an open file whose bytes are the disk's. op: its cancel stops the start; may be NULL.
 * TRI_STORAGE_IMAGE_LOCKED, TRI_STORAGE_BAD_IMAGE, TRI_STORAGE_NOT_SUPPORTED (see qemu.h), TRI_STORAGE_NO_TOOL. On failure
 * nothing is left. Takes some 50 ms. */
int tri_export_start(const char *path, enum tri_image_format format, bool read_only, const char *tag, struct tri_op *op,
                     struct tri_error *error);

/* Ends the daemon, by asking first, and waits until it has; unmounts; removes the files. What is not there is fine. */
int tri_export_stop(const char *tag, struct tri_error *error);

/* Each 1, 0, or -errno where it cannot be told. */
int tri_export_is_alive(const char *tag); /* does its daemon run? */
int tri_export_is_dead(const char *tag);  /* there is something of an export, and no daemon */

/* Calls visit with the tag of each export that there is anything left of. */
void tri_export_each(void (*visit)(void *data, const char *tag), void *data);

#endif
