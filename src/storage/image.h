/* Virtual disks: image files, and the loop devices that make disks of them. An image is known by the absolute path of
 * its file. Attached images outlive the program (as VDS has it); any process may detach them. As in disk.h: an
 * operation, or a direct answer. */
#ifndef TRI_STORAGE_IMAGE_H
#define TRI_STORAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "op/op.h"
#include "storage/error.h"
#include "storage/uuid.h"

enum tri_image_format { TRI_IMAGE_AUTO, TRI_IMAGE_RAW, TRI_IMAGE_VHD, TRI_IMAGE_VHDX, TRI_IMAGE_QCOW2 };

enum tri_image_state {
    TRI_IMAGE_ADDED,
    TRI_IMAGE_ATTACHING,
    TRI_IMAGE_ATTACHED,
    TRI_IMAGE_DETACHING,
    TRI_IMAGE_COMPACTING,
    TRI_IMAGE_MERGING,
    TRI_IMAGE_EXPANDING,
    TRI_IMAGE_DELETED
};

struct tri_image {
    char *path; /* absolute, of the file */
    enum tri_image_format format;
    enum tri_image_state state; /* in whatever process the work is */
    struct tri_uuid id;         /* made of the path: the same in every process */
    uint64_t virtual_size_bytes, physical_size_bytes;
    bool is_fixed; /* fully allocated */
    bool is_child;
    char *parent_path; /* of a differencing image; NULL */
    bool is_read_only; /* attached read-only */
    uint64_t sequence; /* of the disk while attached (disk.h); 0 */
    char device[32];   /* "loop3" while attached; "" */
    bool is_complete;  /* sizes and parent could be read from the file */
};
void tri_image_free(struct tri_image *image);
void tri_image_freep(struct tri_image **image);
#define TRI_AUTO_IMAGE __attribute__((cleanup(tri_image_freep)))

/* The format by the file's content (and for raw by its absence); AUTO never comes back. -ENOENT, TRI_STORAGE_BAD_IMAGE. A
 * qcow2 header counts only where the name does not say raw (.img, .raw): a guest could have written it. */
int tri_image_detect(const char *path, enum tri_image_format *ret, struct tri_error *error);

/* Makes the image known (to all processes); the file is not looked into. path may be relative; it is made absolute.
 * TRI_STORAGE_BAD_PATH: a folder, empty, too long. Known already: the same. */
int tri_image_add(const char *path, enum tri_image_format format, char **ret_path, struct tri_error *error);

/* What is being done with it, as its record says; ADDED where nothing is. The file is not looked into. path is absolute.
 * -ENOENT: there is neither. */
int tri_image_state_of(const char *path, enum tri_image_state *ret, struct tri_error *error);

/* What is known of it now; where the file cannot be read or is corrupt: is_complete false and what the record says. */
int tri_image_read(const char *path, struct tri_image **ret, struct tri_error *error);
/* All that are known or attached; newly allocated array of newly allocated paths. */
int tri_image_list(char ***ret_paths, size_t *ret_count, struct tri_error *error);
/* The image that a disk shows, newly allocated path. TRI_STORAGE_NOT_FOUND: it is no attached image of ours. */
int tri_image_of_disk(uint64_t sequence, char **ret_path, struct tri_error *error);

struct tri_image_spec {
    const char *path;             /* existing: the image is only added, and not made anew */
    enum tri_image_format format; /* AUTO: by the name's extension (.vhd .vhdx .qcow2), else raw */
    uint64_t size_bytes;          /* multiple of 512; 0 with a source or parent */
    bool fixed;                   /* all blocks allocated */
    uint32_t block_bytes;         /* 0: the format's default */
    const char *parent_path;      /* differencing (qcow2, VHDX and VHD where qemu can); or NULL */
    const char *source_path;      /* copied from this image or device; or NULL */
};
/* Made under a temporary name beside it and renamed when complete: cancelled or failed, nothing is there. Value: char *,
 * the absolute path. */
int tri_image_create(const struct tri_image_spec *spec, struct tri_op *op, const struct tri_op_tag *tag,
                     struct tri_error *error);

/* raw (and fixed VHD): a loop device by one LOOP_CONFIGURE; others: qemu-storage-daemon's FUSE export under one. Nodes of
 * its partitions are there when done. Value: none. TRI_STORAGE_IMAGE_ATTACHED, TRI_STORAGE_BAD_IMAGE,
 * TRI_STORAGE_IMAGE_LOCKED. */
int tri_image_attach(const char *path, bool read_only, struct tri_op *op, const struct tri_op_tag *tag,
                     struct tri_error *error);
/* TRI_STORAGE_IN_USE while something of it is mounted or held. Everything is gone when it returns. */
int tri_image_detach(const char *path, struct tri_error *error);
int tri_image_delete(const char *path, struct tri_error *error); /* detaches where attached, and unlinks */
int tri_image_forget(const char *path);                          /* not known any more; the file stays */

int tri_image_compact(const char *path, struct tri_op *op, const struct tri_op_tag *tag, struct tri_error *error);
/* Into its parent (depth 1 ..); qcow2 through qemu-img commit; others TRI_STORAGE_NOT_SUPPORTED. */
int tri_image_merge(const char *path, unsigned depth, struct tri_op *op, const struct tri_op_tag *tag,
                    struct tri_error *error);
int tri_image_expand(const char *path, uint64_t size_bytes, struct tri_op *op, const struct tri_op_tag *tag,
                     struct tri_error *error);
int tri_image_convert(const char *path, enum tri_image_format format, const char *target_path, bool fixed,
                      struct tri_op *op, const struct tri_op_tag *tag, struct tri_error *error);
int tri_image_check(const char *path, bool repair, struct tri_op *op, const struct tri_op_tag *tag,
                    struct tri_error *error);

#endif
