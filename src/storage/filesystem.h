/* How each kind of file system is made, and what it asks of a request. For format.c only; the table is in volume.h. */
#ifndef TRI_STORAGE_FILESYSTEM_H
#define TRI_STORAGE_FILESYSTEM_H

#include "storage/uuid.h"
#include "storage/volume.h"

#define TRI_MKFS_ARGS_MAX 16

/* The command line of a tool; its strings live in the structure, or are those of the request. */
struct tri_mkfs {
    const char *argv[TRI_MKFS_ARGS_MAX];
    size_t argc;
    char unit[32]; /* the argument for the allocation unit */
    char uuid[48]; /* and the one for the file system's id */
};

/* What can be known of a request before any disk is looked at: name, tool, label, unit, compression. *ret_kind is
 * static. TRI_STORAGE_BAD_FILESYSTEM, NO_TOOL, BAD_LABEL, UNIT_TOO_SMALL, UNIT_TOO_BIG, NO_COMPRESSION. Any thread. */
int tri_mkfs_check(const struct tri_format_spec *spec, const struct tri_filesystem_kind **ret_kind,
                   struct tri_error *error);

/* Does the volume have the right size for it? TRI_STORAGE_TOO_SMALL, TOO_BIG, UNIT_TOO_SMALL, UNIT_TOO_BIG. */
int tri_mkfs_check_size(const struct tri_format_spec *spec, const struct tri_filesystem_kind *kind, uint64_t size_bytes,
                        uint32_t sector_bytes, struct tri_error *error);

/* A new id for a file system of the kind, as blkid will tell it; "" where its tool takes none. */
void tri_mkfs_choose_uuid(const struct tri_filesystem_kind *kind, char uuid[TRI_UUID_TEXT_SIZE]);

/* Fills the command line that makes it (quick) on the node, with the id that was chosen. discard: the tool may tell the device that nothing on it is
 * needed, where it knows how. */
void tri_mkfs_command(struct tri_mkfs *mkfs, const struct tri_format_spec *spec, const struct tri_filesystem_kind *kind,
                      const char *node, const char *uuid, uint64_t size_bytes, uint32_t sector_bytes, bool is_whole_disk,
                      bool discard);

#endif
