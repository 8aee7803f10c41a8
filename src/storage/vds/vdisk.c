/* The virtual disk: an image file by its path. IVdsVDisk, and Trireme's ITriremeCheck and ITriremeImage. */
#include <errno.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "storage/vds/disk-object.h"
#include "storage/vds/volume.h"

#define AUTO_ERROR TRI_CLEANUP(tri_error_clear) struct tri_error

struct vdisk {
    struct tri_com_object object;
    struct tri_com_face vdisk, check, image;
    char *path;
};

static const char *vdisk_path(const void *This)
{
    const struct vdisk *vdisk = tri_com_face_object(This);
    return vdisk->path;
}

static HRESULT image_read(const char *path, struct tri_image **ret)
{
    AUTO_ERROR error = {0};
    int code = tri_image_read(path, ret, &error);
    return code < 0 ? tri_vds_image_fail(code, &error) : S_OK;
}

/* ---- open ---- */

#define OPEN_FLAGS_HONOURED ((ULONG)OPEN_VIRTUAL_DISK_FLAG_CACHED_IO)
#define OPEN_FLAGS_KNOWN                                                                                  \
    (OPEN_FLAGS_HONOURED | OPEN_VIRTUAL_DISK_FLAG_NO_PARENTS | OPEN_VIRTUAL_DISK_FLAG_BLANK_FILE |        \
     OPEN_VIRTUAL_DISK_FLAG_BOOT_DRIVE | OPEN_VIRTUAL_DISK_FLAG_CUSTOM_DIFF_CHAIN)

static HRESULT check_open(ULONG access, ULONG flags)
{
    if (access == 0 || access & ~(ULONG)VIRTUAL_DISK_ACCESS_ALL || flags & ~OPEN_FLAGS_KNOWN)
        return tri_vds_refuse(E_INVALIDARG, "The access 0x%x or the flags 0x%x to open an image with are not known.",
                              access, flags);
    if (flags & ~OPEN_FLAGS_HONOURED)
        return tri_vds_refuse(VDS_E_NOT_SUPPORTED,
                              "An image is opened with its parents and as it is; flags 0x%x ask for something else.",
                              flags & ~OPEN_FLAGS_HONOURED);
    return S_OK;
}

/* What is wrong with an image that could not be read as a whole. */
static HRESULT why_incomplete(const char *path)
{
    AUTO_ERROR error = {0};
    enum tri_image_format format;
    int code = tri_image_detect(path, &format, &error);
    if (code < 0)
        return tri_vds_image_fail(code, &error);
    tri_error_set(&error, TRI_STORAGE_BAD_IMAGE, path, "\"%s\" cannot be read as an image of its format.", path);
    return tri_vds_image_fail(TRI_STORAGE_BAD_IMAGE, &error);
}

/* The image must be there, and be one; nothing is held by it that another program could see. */
static HRESULT STDMETHODCALLTYPE vdisk_Open(IVdsVDisk *This, VIRTUAL_DISK_ACCESS_MASK AccessMask,
                                            OPEN_VIRTUAL_DISK_FLAG Flags, ULONG ReadWriteDepth,
                                            IVdsOpenVDisk **ppOpenVDisk)
{
    TRI_AUTO_IMAGE struct tri_image *image = NULL;
    if (!ppOpenVDisk)
        return tri_vds_no_place("IVdsVDisk::Open");
    *ppOpenVDisk = NULL;
    HRESULT hr = check_open((ULONG)AccessMask, (ULONG)Flags);
    if (SUCCEEDED(hr))
        hr = image_read(vdisk_path(This), &image);
    if (SUCCEEDED(hr) && image->state == TRI_IMAGE_DELETED)
        hr = tri_vds_refuse(VDS_E_OBJECT_DELETED, "\"%s\" has been deleted.", image->path);
    if (SUCCEEDED(hr) && !image->is_complete && image->state == TRI_IMAGE_ADDED)
        hr = why_incomplete(image->path);
    return FAILED(hr) ? hr : tri_vds_open_vdisk_new(vdisk_path(This), AccessMask, ReadWriteDepth, ppOpenVDisk);
}

/* ---- properties ---- */

static VDS_VDISK_STATE vdisk_state(const struct tri_image *image)
{
    bool is_open = tri_vds_image_is_open(image->path);
    switch (image->state) {
    case TRI_IMAGE_ADDED:
        return is_open ? VDS_VST_OPEN : VDS_VST_ADDED;
    case TRI_IMAGE_ATTACHING:
        return VDS_VST_ATTACH_PENDING;
    case TRI_IMAGE_ATTACHED:
        return is_open ? VDS_VST_ATTACHED : VDS_VST_ATTACHED_NOT_OPEN;
    case TRI_IMAGE_DETACHING:
        return VDS_VST_DETACH_PENDING;
    case TRI_IMAGE_COMPACTING:
        return VDS_VST_COMPACTING;
    case TRI_IMAGE_MERGING:
        return VDS_VST_MERGING;
    case TRI_IMAGE_EXPANDING:
        return VDS_VST_EXPANDING;
    case TRI_IMAGE_DELETED:
        return VDS_VST_DELETED;
    }
    return VDS_VST_UNKNOWN;
}

static DEPENDENT_DISK_FLAG vdisk_flags(const struct tri_image *image)
{
    ULONG flags = DEPENDENT_DISK_FLAG_NONE;
    if (image->is_child)
        flags |= DEPENDENT_DISK_FLAG_MULT_BACKING_FILES;
    if (image->is_fixed)
        flags |= DEPENDENT_DISK_FLAG_FULLY_ALLOCATED;
    if (image->sequence && image->is_read_only)
        flags |= DEPENDENT_DISK_FLAG_READ_ONLY;
    if (image->sequence) /* no letter is given by itself, and the disk stays when the program ends */
        flags |= DEPENDENT_DISK_FLAG_NO_DRIVE_LETTER | DEPENDENT_DISK_FLAG_PERMANENT_LIFETIME;
    return (DEPENDENT_DISK_FLAG)flags;
}

/* The disk's name; NULL where it is not attached, or not any more. */
static HRESULT device_name(const struct tri_image *image, LPWSTR *ret)
{
    AUTO_ERROR error = {0};
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    *ret = NULL;
    if (!image->sequence)
        return S_OK;
    int code = tri_disk_describe(image->sequence, &disk, &error);
    if (code == TRI_STORAGE_GONE)
        return S_OK;
    return code < 0 ? tri_vds_fail(code, &error) : tri_vds_disk_name(disk, ret);
}

/* VDS_S_PROPERTIES_INCOMPLETE: the sizes and the parent could not be read from the file. */
static HRESULT STDMETHODCALLTYPE vdisk_GetProperties(IVdsVDisk *This, VDS_VDISK_PROPERTIES *pDiskProperties)
{
    TRI_AUTO_IMAGE struct tri_image *image = NULL;
    LPWSTR path = NULL, device = NULL, parent = NULL;
    if (!pDiskProperties)
        return tri_vds_no_place("IVdsVDisk::GetProperties");
    *pDiskProperties = (VDS_VDISK_PROPERTIES){0};
    HRESULT hr = image_read(vdisk_path(This), &image);
    if (SUCCEEDED(hr))
        hr = tri_vds_text(image->path, &path);
    if (SUCCEEDED(hr))
        hr = tri_vds_text(image->parent_path, &parent);
    if (SUCCEEDED(hr))
        hr = device_name(image, &device);
    if (FAILED(hr)) {
        CoTaskMemFree(path);
        CoTaskMemFree(parent);
        return hr;
    }
    *pDiskProperties = (VDS_VDISK_PROPERTIES){
        .Id = tri_vds_guid(&image->id),
        .State = vdisk_state(image),
        .VirtualDeviceType = tri_vds_storage_type(image->format),
        .VirtualSize = image->virtual_size_bytes,
        .PhysicalSize = image->physical_size_bytes,
        .pPath = path,
        .pDeviceName = device,
        .DiskFlag = vdisk_flags(image),
        .bIsChild = image->is_child,
        .pParentPath = parent,
    };
    return image->is_complete ? S_OK : VDS_S_PROPERTIES_INCOMPLETE;
}

/* NULL and S_OK where it is not attached. */
static HRESULT STDMETHODCALLTYPE vdisk_GetDeviceName(IVdsVDisk *This, LPWSTR *ppDeviceName)
{
    TRI_AUTO_IMAGE struct tri_image *image = NULL;
    if (!ppDeviceName)
        return tri_vds_no_place("IVdsVDisk::GetDeviceName");
    *ppDeviceName = NULL;
    HRESULT hr = image_read(vdisk_path(This), &image);
    return FAILED(hr) ? hr : device_name(image, ppDeviceName);
}

/* ---- the volume that holds the file ---- */

static dev_t volume_device(const struct tri_disk *disk, uint64_t offset_bytes)
{
    const struct tri_partition *partition = tri_disk_partition_at(disk, offset_bytes);
    return partition ? partition->number_dev : disk->device;
}

static bool volume_of_device(const struct tri_disk *disk, dev_t device, struct tri_volume_id *ret)
{
    for (uint64_t offset = 0; tri_volume_next(disk, &offset, ret);)
        if (volume_device(disk, ret->offset_bytes) == device)
            return true;
    return false;
}

/* Whether one of the disks has the volume; one that cannot be read is passed by. */
static bool find_volume(const uint64_t *sequences, size_t count, dev_t device, struct tri_volume_id *ret)
{
    bool found = false;
    for (size_t i = 0; i < count && !found; i++) {
        AUTO_ERROR error = {0};
        TRI_AUTO_DISK struct tri_disk *disk = NULL;
        found = tri_disk_read(sequences[i], TRI_DISK_FILESYSTEMS, &disk, &error) == 0 &&
                volume_of_device(disk, device, ret);
    }
    return found;
}

/* Windows answers E_NOTIMPL. Here it is found where the file system lies on one device, and not on several or none. */
static HRESULT STDMETHODCALLTYPE vdisk_GetHostVolume(IVdsVDisk *This, IVdsVolume **ppVolume)
{
    AUTO_ERROR error = {0};
    TRI_AUTO_FREE uint64_t *sequences = NULL;
    struct tri_volume_id volume;
    struct stat status;
    size_t count = 0;
    if (!ppVolume)
        return tri_vds_no_place("IVdsVDisk::GetHostVolume");
    *ppVolume = NULL;
    const char *path = vdisk_path(This);
    int code = stat(path, &status) < 0 ? tri_error_set(&error, -errno, path, "\"%s\": %m.", path)
                                       : tri_disk_list(&sequences, &count, &error);
    if (code < 0)
        return tri_vds_image_fail(code, &error);
    if (!find_volume(sequences, count, status.st_dev, &volume))
        return tri_vds_refuse(VDS_E_OBJECT_NOT_FOUND, "The file system that holds \"%s\" is not that of one volume.",
                              path);
    return tri_vds_volume_new(&volume, &IID_IVdsVolume, (void **)ppVolume);
}

/* ---- Trireme's own ---- */

static int start_check(const void *This, bool repair, struct tri_op *op, const struct tri_op_tag *tag,
                       struct tri_error *error)
{
    return tri_image_check(vdisk_path(This), repair, op, tag, error);
}

static HRESULT STDMETHODCALLTYPE check_Check(ITriremeCheck *This, ULONG flags, IVdsAsync **ppAsync)
{
    return tri_vds_check(This, flags, start_check, ppAsync);
}

static HRESULT STDMETHODCALLTYPE image_Convert(ITriremeImage *This, VIRTUAL_STORAGE_TYPE *type, LPWSTR pTargetPath,
                                               ULONG createFlags, IVdsAsync **ppAsync)
{
    struct tri_error error = {0};
    TRI_AUTO_FREE char *target = NULL;
    enum tri_image_format format = TRI_IMAGE_AUTO;
    if (!ppAsync)
        return tri_vds_no_place("ITriremeImage::Convert");
    *ppAsync = NULL;
    if (createFlags & ~(ULONG)CREATE_VIRTUAL_DISK_FLAG_FULL_PHYSICAL_ALLOCATION)
        return tri_vds_refuse(E_INVALIDARG,
                              "Of the flags for a new image, FULL_PHYSICAL_ALLOCATION is supported; 0x%x has others.",
                              createFlags);
    HRESULT hr = tri_vds_image_format(type, &format);
    if (SUCCEEDED(hr))
        hr = tri_vds_image_path(pTargetPath, &target);
    if (FAILED(hr))
        return hr;
    struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = tri_vds_tag((VDS_ASYNC_OUTPUT_TYPE)TRIREME_VDS_ASYNCOUT_CONVERT);
    int code = op ? tri_image_convert(vdisk_path(This), format, target, createFlags != 0, op, &tag, &error) : -ENOMEM;
    hr = tri_vds_async(&tag, op, code, &error, ppAsync);
    return code == TRI_STORAGE_BAD_PATH ? VDS_E_VDISK_PATHNAME_INVALID : hr;
}

/* ---- the class ---- */

static const IVdsVDiskVtbl vdisk_vtbl = {
    TRI_COM_UNKNOWN(IVdsVDisk),
    .Open = vdisk_Open,
    .GetProperties = vdisk_GetProperties,
    .GetHostVolume = vdisk_GetHostVolume,
    .GetDeviceName = vdisk_GetDeviceName,
};
static const ITriremeCheckVtbl check_vtbl = {TRI_COM_UNKNOWN(ITriremeCheck), .Check = check_Check};
static const ITriremeImageVtbl image_vtbl = {TRI_COM_UNKNOWN(ITriremeImage), .Convert = image_Convert};

static const struct tri_com_row rows[] = {
    {&IID_IVdsVDisk, offsetof(struct vdisk, vdisk), &vdisk_vtbl},
    {&IID_ITriremeCheck, offsetof(struct vdisk, check), &check_vtbl},
    {&IID_ITriremeImage, offsetof(struct vdisk, image), &image_vtbl},
};

static void vdisk_destroy(void *object)
{
    struct vdisk *vdisk = object;
    free(vdisk->path);
}

static const struct tri_com_class vdisk_class = {.name = "virtual disk",
                                                 .size = sizeof(struct vdisk),
                                                 .rows = rows,
                                                 .row_count = sizeof(rows) / sizeof(*rows),
                                                 .destroy = vdisk_destroy};

HRESULT tri_vds_vdisk_new(const char *path, REFIID iid, void **ret)
{
    *ret = NULL;
    struct vdisk *vdisk = tri_com_new(&vdisk_class);
    if (!vdisk)
        return E_OUTOFMEMORY;
    vdisk->path = strdup(path);
    HRESULT hr = vdisk->path ? tri_com_query(vdisk, iid, ret) : E_OUTOFMEMORY;
    tri_com_unref(vdisk);
    return hr;
}

bool tri_vds_vdisk_path(IUnknown *unknown, const char **ret_path)
{
    const struct vdisk *vdisk = tri_com_object_of(unknown, &vdisk_class);
    if (vdisk)
        *ret_path = vdisk->path;
    return vdisk != NULL;
}
