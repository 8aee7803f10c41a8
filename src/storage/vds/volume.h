/* Shared by the files of the volume object (volume.c, volume-mf.c) and of the virtual disk (vdisk.c, open-vdisk.c,
 * vd-provider.c), and by nobody else. */
#ifndef TRI_STORAGE_VDS_VOLUME_H
#define TRI_STORAGE_VDS_VOLUME_H

#include <string.h>
#include <trireme-storage.h>

#include "storage/vds/face.h"

/* ---- volumes ---- */

/* The volume behind one of the volume object's interface pointers. Lives as long as the object. */
const struct tri_volume_id *tri_vds_volume_named(const void *This);

extern const IVdsVolumeMFVtbl tri_vds_volume_mf_vtbl;
extern const IVdsVolumeMF2Vtbl tri_vds_volume_mf2_vtbl;
extern const IVdsVolumeMF3Vtbl tri_vds_volume_mf3_vtbl;

/* ---- virtual disks ---- */

/* Whether this process has the image open (IVdsVDisk::Open). The one place that remembers it is open-vdisk.c. */
bool tri_vds_image_is_open(const char *path);
/* Opens it: the access mask is what the object's methods are checked against. VDS_E_VD_DISK_ALREADY_OPEN. */
HRESULT tri_vds_open_vdisk_new(const char *path, VIRTUAL_DISK_ACCESS_MASK access, ULONG read_write_depth,
                               IVdsOpenVDisk **ret);

/* Formats, in both directions. NULL and the unknown type are TRI_IMAGE_AUTO. VDS_E_NOT_SUPPORTED: one that cannot be
 * had here. */
HRESULT tri_vds_image_format(const VIRTUAL_STORAGE_TYPE *type, enum tri_image_format *ret);
VIRTUAL_STORAGE_TYPE tri_vds_storage_type(enum tri_image_format format);

/* An image's path as clients write it. VDS_E_VDISK_PATHNAME_INVALID where it is NULL, empty or a device's name. */
HRESULT tri_vds_image_path(LPCWSTR text, char **ret);
/* As tri_vds_fail; what is wrong with a path is said in the words that are for images. */
HRESULT tri_vds_image_fail(int code, struct tri_error *error);

/* ---- ITriremeCheck, of both: volume.c ---- */

typedef int tri_vds_start_check(const void *This, bool repair, struct tri_op *op, const struct tri_op_tag *tag,
                                struct tri_error *error);
HRESULT tri_vds_check(const void *This, ULONG flags, tri_vds_start_check *start, IVdsAsync **ppAsync);

/* ---- memory that a client frees ---- */

/* Zeroed CoTaskMem; NULL: no memory. */
static inline void *tri_vds_zeroed(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    void *block = CoTaskMemAlloc(bytes ? bytes : 1);
    return block ? memset(block, 0, bytes) : NULL;
}

#endif
