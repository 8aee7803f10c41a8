/* The provider of virtual disks: IVdsProvider and IVdsVdProvider. */
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "storage/vds/volume.h"

#define AUTO_ERROR TRI_CLEANUP(tri_error_clear) struct tri_error

struct vd_provider {
    struct tri_com_object object;
    struct tri_com_face provider, vd_provider;
};

/* ---- formats ---- */

static const struct {
    const GUID *vendor;
    ULONG device;
    enum tri_image_format format;
} formats[] = {
    {&VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT, VIRTUAL_STORAGE_TYPE_DEVICE_UNKNOWN, TRI_IMAGE_AUTO},
    {&VIRTUAL_STORAGE_TYPE_VENDOR_UNKNOWN, VIRTUAL_STORAGE_TYPE_DEVICE_UNKNOWN, TRI_IMAGE_AUTO},
    {&VIRTUAL_STORAGE_TYPE_VENDOR_TRIREME, 0, TRI_IMAGE_AUTO},
    {&VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT, VIRTUAL_STORAGE_TYPE_DEVICE_VHD, TRI_IMAGE_VHD},
    {&VIRTUAL_STORAGE_TYPE_VENDOR_MICROSOFT, VIRTUAL_STORAGE_TYPE_DEVICE_VHDX, TRI_IMAGE_VHDX},
    {&VIRTUAL_STORAGE_TYPE_VENDOR_TRIREME, TRIREME_STORAGE_TYPE_DEVICE_RAW, TRI_IMAGE_RAW},
    {&VIRTUAL_STORAGE_TYPE_VENDOR_TRIREME, TRIREME_STORAGE_TYPE_DEVICE_QCOW2, TRI_IMAGE_QCOW2},
};
#define FORMATS (sizeof(formats) / sizeof(*formats))

HRESULT tri_vds_image_format(const VIRTUAL_STORAGE_TYPE *type, enum tri_image_format *ret)
{
    if (!type) {
        *ret = TRI_IMAGE_AUTO;
        return S_OK;
    }
    for (size_t i = 0; i < FORMATS; i++)
        if (formats[i].device == type->DeviceId && IsEqualGUID(formats[i].vendor, &type->VendorId)) {
            *ret = formats[i].format;
            return S_OK;
        }
    return tri_vds_refuse(VDS_E_NOT_SUPPORTED,
                          "Images of device type %u of that vendor are not known here; VHD, VHDX, raw and qcow2 are.",
                          type->DeviceId);
}

VIRTUAL_STORAGE_TYPE tri_vds_storage_type(enum tri_image_format format)
{
    VIRTUAL_STORAGE_TYPE type = {0};
    for (size_t i = 0; i < FORMATS; i++)
        if (formats[i].format == format) {
            type.DeviceId = formats[i].device;
            type.VendorId = *formats[i].vendor;
            break;
        }
    return type;
}

/* ---- paths ---- */

HRESULT tri_vds_image_fail(int code, struct tri_error *error)
{
    HRESULT hr = code == TRI_STORAGE_BAD_PATH ? VDS_E_VDISK_PATHNAME_INVALID : tri_vds_hresult(code);
    return tri_vds_fail_as(hr, code, error);
}

HRESULT tri_vds_image_path(LPCWSTR text, char **ret)
{
    if (!text || !text[0])
        return tri_vds_refuse(VDS_E_VDISK_PATHNAME_INVALID, "The image needs a path.");
    if (text[0] == '\\' && text[1] == '\\')
        return tri_vds_refuse(VDS_E_VDISK_PATHNAME_INVALID,
                              "The image's path is the name of a device or of another machine; give a file's.");
    return tri_vds_utf8(text, ret);
}

/* What a new image is copied from: another one, or a disk by its name. */
static HRESULT source_in(LPCWSTR text, char **ret)
{
    AUTO_ERROR error = {0};
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    uint64_t sequence = 0;
    if (!text || !text[0])
        return S_OK;
    if (text[0] != '\\' || text[1] != '\\')
        return tri_vds_utf8(text, ret);
    HRESULT hr = tri_vds_disk_of_name(text, &sequence);
    if (FAILED(hr))
        return hr;
    int code = tri_disk_read(sequence, 0, &disk, &error);
    if (code < 0)
        return tri_vds_fail(code, &error);
    return asprintf(ret, "/dev/%s", disk->name) < 0 ? E_OUTOFMEMORY : S_OK;
}

/* ---- what is there ---- */

static HRESULT STDMETHODCALLTYPE provider_GetProperties(IVdsProvider *This, VDS_PROVIDER_PROP *pProviderProp)
{
    LPWSTR name = NULL, version = NULL;
    (void)This;
    if (!pProviderProp)
        return tri_vds_no_place("IVdsProvider::GetProperties");
    *pProviderProp = (VDS_PROVIDER_PROP){0};
    HRESULT hr = tri_vds_text("Trireme Virtual Disk Provider", &name);
    if (SUCCEEDED(hr))
        hr = tri_vds_text("1.0", &version);
    if (FAILED(hr)) {
        CoTaskMemFree(name);
        return hr;
    }
    struct tri_uuid version_id = tri_uuid_named("provider:virtual-disk:1.0");
    *pProviderProp = (VDS_PROVIDER_PROP){.id = tri_vds_disk_provider_id,
                                         .pwszName = name,
                                         .guidVersionId = tri_vds_guid(&version_id),
                                         .pwszVersion = version,
                                         .type = VDS_PT_VIRTUALDISK};
    return S_OK;
}

static HRESULT list_images(struct tri_vds_list *list, char *const *paths, size_t count)
{
    HRESULT hr = S_OK;
    for (size_t i = 0; i < count && SUCCEEDED(hr); i++) {
        IUnknown *vdisk = NULL;
        hr = tri_vds_vdisk_new(paths[i], &IID_IUnknown, (void **)&vdisk);
        if (SUCCEEDED(hr))
            hr = tri_vds_list_add(list, vdisk);
    }
    return hr;
}

static HRESULT STDMETHODCALLTYPE vd_QueryVDisks(IVdsVdProvider *This, IEnumVdsObject **ppEnum)
{
    AUTO_ERROR error = {0};
    struct tri_vds_list list = {0};
    char **paths = NULL;
    size_t count = 0;
    (void)This;
    if (!ppEnum)
        return tri_vds_no_place("IVdsVdProvider::QueryVDisks");
    *ppEnum = NULL;
    int code = tri_image_list(&paths, &count, &error);
    if (code < 0)
        return tri_vds_fail(code, &error);
    HRESULT hr = list_images(&list, paths, count);
    if (SUCCEEDED(hr))
        hr = tri_vds_enum_new(&list, ppEnum);
    tri_vds_list_clear(&list);
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    free(paths);
    return hr;
}

/* ---- CreateVDisk ---- */

#define MIB (1024ull * 1024)
#define GIB (1024 * MIB)

static HRESULT check_words(LPCWSTR security, ULONG flags, ULONG provider_flags, ULONG reserved)
{
    const ULONG known = CREATE_VIRTUAL_DISK_FLAG_FULL_PHYSICAL_ALLOCATION |
                        CREATE_VIRTUAL_DISK_FLAG_PREVENT_WRITES_TO_SOURCE_DISK |
                        CREATE_VIRTUAL_DISK_FLAG_DO_NOT_COPY_METADATA_FROM_PARENT;
    if (provider_flags || reserved || flags & ~known)
        return tri_vds_refuse(E_INVALIDARG,
                              "The flags 0x%x of a new image are not known, or the provider's, 0x%x, or what is "
                              "reserved, 0x%x, is not 0.",
                              flags, provider_flags, reserved);
    if (flags & ~(ULONG)CREATE_VIRTUAL_DISK_FLAG_FULL_PHYSICAL_ALLOCATION)
        return tri_vds_refuse(VDS_E_NOT_SUPPORTED,
                              "Of the flags for a new image, FULL_PHYSICAL_ALLOCATION is supported; 0x%x has others.",
                              flags);
    if (security && security[0])
        return tri_vds_refuse(VDS_E_NOT_SUPPORTED,
                              "Security descriptors mean nothing to Linux; give NULL, and set the file's mode after.");
    return S_OK;
}

/* What Windows says of sizes, for its two formats; what is said of all. */
static HRESULT check_size(enum tri_image_format format, const VDS_CREATE_VDISK_PARAMETERS *in)
{
    bool copied = (in->pParentPath && in->pParentPath[0]) || (in->pSourcePath && in->pSourcePath[0]);
    uint64_t size = in->MaximumSize;
    uint64_t min = format == TRI_IMAGE_VHD || format == TRI_IMAGE_VHDX ? 3 * MIB : 512;
    uint64_t max = format == TRI_IMAGE_VHD ? 2040 * GIB : format == TRI_IMAGE_VHDX ? 64 * 1024 * GIB : INT64_MAX;
    if (size == 0 && copied)
        return S_OK;
    if (size % 512 || size < min || size > max)
        return tri_vds_refuse(E_INVALIDARG,
                              "An image of %llu bytes cannot be made: the size is a multiple of 512 from %llu to %llu.",
                              (unsigned long long)size, (unsigned long long)min, (unsigned long long)max);
    return S_OK;
}

static HRESULT check_parameters(enum tri_image_format format, ULONG flags, const VDS_CREATE_VDISK_PARAMETERS *in)
{
    bool is_fixed = flags & CREATE_VIRTUAL_DISK_FLAG_FULL_PHYSICAL_ALLOCATION;
    bool has_parent = in->pParentPath && in->pParentPath[0];
    if (has_parent && ((in->pSourcePath && in->pSourcePath[0]) || is_fixed))
        return tri_vds_refuse(E_INVALIDARG, "An image over a parent can be neither a copy nor fully allocated.");
    if (in->BlockSizeInBytes & (in->BlockSizeInBytes - 1) || (is_fixed && in->BlockSizeInBytes))
        return tri_vds_refuse(E_INVALIDARG, "Blocks of %u bytes cannot be had; give 0 for the format's own.",
                              in->BlockSizeInBytes);
    bool is_known_size = in->SectorSizeInBytes == 4096 && format == TRI_IMAGE_VHDX;
    if (in->SectorSizeInBytes != 0 && in->SectorSizeInBytes != 512)
        return tri_vds_refuse(is_known_size ? VDS_E_NOT_SUPPORTED : E_INVALIDARG,
                              "Images have sectors of 512 bytes here; %u were asked for.", in->SectorSizeInBytes);
    if (!IsEqualGUID(&in->UniqueId, &GUID_NULL))
        return tri_vds_refuse(VDS_E_NOT_SUPPORTED, "An image's own id is made here; give GUID_NULL for it.");
    return check_size(format, in);
}

static enum tri_image_format by_extension(const char *path)
{
    static const struct {
        const char *extension;
        enum tri_image_format format;
    } extensions[] = {{".vhd", TRI_IMAGE_VHD}, {".vhdx", TRI_IMAGE_VHDX}, {".qcow2", TRI_IMAGE_QCOW2}};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof(extensions) / sizeof(*extensions); i++)
        if (!strcasecmp(dot, extensions[i].extension))
            return extensions[i].format;
    return TRI_IMAGE_RAW;
}

static HRESULT create_start(const struct tri_image_spec *spec, IVdsAsync **ppAsync)
{
    struct tri_error error = {0};
    struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = tri_vds_tag(VDS_ASYNCOUT_CREATE_VDISK);
    int code = op ? tri_image_create(spec, op, &tag, &error) : -ENOMEM;
    HRESULT hr = tri_vds_async(&tag, op, code, &error, ppAsync);
    return code == TRI_STORAGE_BAD_PATH ? VDS_E_VDISK_PATHNAME_INVALID : hr;
}

/* A file that exists is not made anew: the operation ends at once, with its object, as on Windows. */
static HRESULT STDMETHODCALLTYPE vd_CreateVDisk(IVdsVdProvider *This, VIRTUAL_STORAGE_TYPE *VirtualDeviceType,
                                                LPWSTR pPath, LPWSTR pStringSecurityDescriptor,
                                                CREATE_VIRTUAL_DISK_FLAG Flags, ULONG ProviderSpecificFlags,
                                                ULONG Reserved, VDS_CREATE_VDISK_PARAMETERS *pCreateDiskParameters,
                                                IVdsAsync **ppAsync)
{
    TRI_AUTO_FREE char *path = NULL;
    TRI_AUTO_FREE char *parent = NULL;
    TRI_AUTO_FREE char *source = NULL;
    const VDS_CREATE_VDISK_PARAMETERS *in = pCreateDiskParameters;
    enum tri_image_format format = TRI_IMAGE_AUTO;
    (void)This;
    if (!ppAsync)
        return tri_vds_no_place("IVdsVdProvider::CreateVDisk");
    *ppAsync = NULL;
    if (!in)
        return tri_vds_refuse(E_INVALIDARG, "IVdsVdProvider::CreateVDisk needs parameters.");
    HRESULT hr = check_words(pStringSecurityDescriptor, (ULONG)Flags, ProviderSpecificFlags, Reserved);
    if (SUCCEEDED(hr))
        hr = tri_vds_image_format(VirtualDeviceType, &format);
    if (SUCCEEDED(hr))
        hr = tri_vds_image_path(pPath, &path);
    if (SUCCEEDED(hr) && format == TRI_IMAGE_AUTO)
        format = by_extension(path);
    if (SUCCEEDED(hr))
        hr = check_parameters(format, (ULONG)Flags, in);
    if (SUCCEEDED(hr) && in->pParentPath && in->pParentPath[0])
        hr = tri_vds_image_path(in->pParentPath, &parent);
    if (SUCCEEDED(hr))
        hr = source_in(in->pSourcePath, &source);
    if (FAILED(hr))
        return hr;
    struct tri_image_spec spec = {.path = path,
                                  .format = format,
                                  .size_bytes = in->MaximumSize,
                                  .fixed = (ULONG)Flags & CREATE_VIRTUAL_DISK_FLAG_FULL_PHYSICAL_ALLOCATION,
                                  .block_bytes = in->BlockSizeInBytes,
                                  .parent_path = parent,
                                  .source_path = source};
    return create_start(&spec, ppAsync);
}

/* ---- the others ---- */

static HRESULT STDMETHODCALLTYPE vd_AddVDisk(IVdsVdProvider *This, VIRTUAL_STORAGE_TYPE *VirtualDeviceType,
                                             LPWSTR pPath, IVdsVDisk **ppVDisk)
{
    AUTO_ERROR error = {0};
    TRI_AUTO_FREE char *path = NULL;
    TRI_AUTO_FREE char *full_path = NULL;
    enum tri_image_format format = TRI_IMAGE_AUTO;
    (void)This;
    if (!ppVDisk)
        return tri_vds_no_place("IVdsVdProvider::AddVDisk");
    *ppVDisk = NULL;
    HRESULT hr = tri_vds_image_format(VirtualDeviceType, &format);
    if (SUCCEEDED(hr))
        hr = tri_vds_image_path(pPath, &path);
    if (FAILED(hr))
        return hr;
    int code = tri_image_add(path, format, &full_path, &error);
    return code < 0 ? tri_vds_image_fail(code, &error)
                    : tri_vds_vdisk_new(full_path, &IID_IVdsVDisk, (void **)ppVDisk);
}

static HRESULT STDMETHODCALLTYPE vd_GetDiskFromVDisk(IVdsVdProvider *This, IVdsVDisk *pVDisk, IVdsDisk **ppDisk)
{
    AUTO_ERROR error = {0};
    TRI_AUTO_IMAGE struct tri_image *image = NULL;
    const char *path = NULL;
    (void)This;
    if (!ppDisk)
        return tri_vds_no_place("IVdsVdProvider::GetDiskFromVDisk");
    *ppDisk = NULL;
    if (!tri_vds_vdisk_path((IUnknown *)pVDisk, &path))
        return tri_vds_refuse(E_INVALIDARG, "IVdsVdProvider::GetDiskFromVDisk needs a virtual disk of this service.");
    int code = tri_image_read(path, &image, &error);
    if (code < 0)
        return tri_vds_image_fail(code, &error);
    if (!image->sequence)
        return tri_vds_refuse(VDS_E_OBJECT_NOT_FOUND, "\"%s\" is not attached, so that there is no disk of it.", path);
    return tri_vds_disk_new(image->sequence, &IID_IVdsDisk, (void **)ppDisk);
}

static HRESULT STDMETHODCALLTYPE vd_GetVDiskFromDisk(IVdsVdProvider *This, IVdsDisk *pDisk, IVdsVDisk **ppVDisk)
{
    AUTO_ERROR error = {0};
    TRI_AUTO_FREE char *path = NULL;
    (void)This;
    if (!ppVDisk)
        return tri_vds_no_place("IVdsVdProvider::GetVDiskFromDisk");
    *ppVDisk = NULL;
    uint64_t sequence = pDisk ? tri_vds_disk_sequence((IUnknown *)pDisk) : 0;
    if (!sequence)
        return tri_vds_refuse(E_INVALIDARG, "IVdsVdProvider::GetVDiskFromDisk needs a disk of this service.");
    int code = tri_image_of_disk(sequence, &path, &error);
    if (code < 0)
        return tri_vds_fail(code, &error);
    return tri_vds_vdisk_new(path, &IID_IVdsVDisk, (void **)ppVDisk);
}

/* ---- the class ---- */

static const IVdsProviderVtbl provider_vtbl = {TRI_COM_UNKNOWN(IVdsProvider), .GetProperties = provider_GetProperties};
static const IVdsVdProviderVtbl vd_vtbl = {
    TRI_COM_UNKNOWN(IVdsVdProvider),
    .QueryVDisks = vd_QueryVDisks,
    .CreateVDisk = vd_CreateVDisk,
    .AddVDisk = vd_AddVDisk,
    .GetDiskFromVDisk = vd_GetDiskFromVDisk,
    .GetVDiskFromDisk = vd_GetVDiskFromDisk,
};
static const struct tri_com_row rows[] = {
    {&IID_IVdsProvider, offsetof(struct vd_provider, provider), &provider_vtbl},
    {&IID_IVdsVdProvider, offsetof(struct vd_provider, vd_provider), &vd_vtbl},
};
static const struct tri_com_class vd_provider_class = {.name = "virtual disk provider",
                                                       .size = sizeof(struct vd_provider),
                                                       .rows = rows,
                                                       .row_count = sizeof(rows) / sizeof(*rows)};

HRESULT tri_vds_disk_provider_new(REFIID iid, void **ret)
{
    *ret = NULL;
    struct vd_provider *provider = tri_com_new(&vd_provider_class);
    if (!provider)
        return E_OUTOFMEMORY;
    HRESULT hr = tri_com_query(provider, iid, ret);
    tri_com_unref(provider);
    return hr;
}
