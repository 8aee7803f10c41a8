/* Runs of qemu-img, on images whose content nobody vouches for. What an image says about other files is never followed
 * without a look: only plain files, found by path, are opened. */
#ifndef TRI_STORAGE_QEMU_H
#define TRI_STORAGE_QEMU_H

#include <jansson.h>

#include "op/op.h"
#include "storage/image.h"

const char *tri_qemu_format(enum tri_image_format format); /* qemu's name: "vpc" for VHD */

struct tri_qemu_info {
    uint64_t virtual_size_bytes;
    char *backing_path;                  /* absolute; NULL: none. As the image says it where it is no plain path */
    enum tri_image_format backing_format; /* AUTO: not said, or none of ours */
    bool is_backing_strange;             /* it is no plain path: a protocol, JSON */
    uint32_t cluster_bytes;              /* 0: not said */
    bool has_data_file, is_encrypted;
    bool has_snapshots; /* or bitmaps: what a copy would lose */
};
/* Reads the head of one image (qemu-img info), not of what is behind it. TRI_STORAGE_BAD_IMAGE, TRI_STORAGE_NO_TOOL. */
int tri_qemu_info(const char *path, enum tri_image_format format, struct tri_qemu_info *ret, struct tri_error *error);
void tri_qemu_info_clear(struct tri_qemu_info *info);

/* A description of the image and all that is behind it, as qemu's block layer takes it (a new reference): every file is
 * named, and nothing is left to what an image's header says. TRI_STORAGE_NOT_SUPPORTED: there is something in the chain
 * that is no plain file, or is encrypted. TRI_STORAGE_BAD_IMAGE, -ELOOP. */
int tri_qemu_describe(const char *path, enum tri_image_format format, bool read_only, json_t **ret, struct tri_error *error);

#endif
