/* The file systems in partitions, volumes or not: IVdsDiskPartitionMF and 2; and IVdsCreatePartitionEx. */
#include <string.h>

#include "base/cleanup.h"
#include "storage/vds/disk-object.h"

/* ---- telling ---- */

/* A partition, or the whole disk, and what is in it. */
struct place {
    struct tri_disk *disk;
    struct tri_volume_id volume;
    const struct tri_filesystem *filesystem;
    uint64_t size_bytes;
    bool is_volume;
};

/* On success place->disk is the caller's to free. */
static HRESULT look_at(const void *This, ULONGLONG offset, struct place *place)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    HRESULT hr = tri_vds_disk_look_filesystems(This, &disk);
    if (SUCCEEDED(hr))
        hr = tri_vds_disk_place(disk, offset, &place->volume);
    if (FAILED(hr))
        return hr;
    const struct tri_partition *partition = tri_disk_partition_at(disk, offset);
    place->filesystem = partition ? &partition->filesystem : &disk->whole;
    place->size_bytes = partition ? partition->size_bytes : disk->size_bytes;
    place->is_volume = !partition || partition->is_volume;
    place->disk = TRI_TAKE(disk);
    return S_OK;
}

/* Free space is known of what is a volume and mounted. */
static uint64_t available_bytes(const struct place *place)
{
    TRI_AUTO_VOLUME struct tri_volume *volume = NULL;
    if (!place->is_volume || tri_volume_read(&place->volume, &volume, NULL) < 0)
        return 0;
    return volume->available_bytes;
}

static HRESULT STDMETHODCALLTYPE mf_GetPartitionFileSystemProperties(IVdsDiskPartitionMF *This, ULONGLONG ullOffset,
                                                                     VDS_FILE_SYSTEM_PROP *pFileSystemProp)
{
    if (!pFileSystemProp)
        return tri_vds_refuse(E_INVALIDARG, "GetPartitionFileSystemProperties needs a place for the properties.");
    memset(pFileSystemProp, 0, sizeof(*pFileSystemProp));
    struct place place;
    HRESULT hr = look_at(This, ullOffset, &place);
    if (FAILED(hr))
        return hr;
    hr = tri_vds_filesystem_prop(place.filesystem, place.size_bytes, available_bytes(&place), &GUID_NULL,
                                 pFileSystemProp);
    tri_disk_free(place.disk);
    return hr;
}

static HRESULT STDMETHODCALLTYPE mf_GetPartitionFileSystemTypeName(IVdsDiskPartitionMF *This, ULONGLONG ullOffset,
                                                                   LPWSTR *ppwszFileSystemTypeName)
{
    if (!ppwszFileSystemTypeName)
        return tri_vds_refuse(E_INVALIDARG, "GetPartitionFileSystemTypeName needs a place for the name.");
    *ppwszFileSystemTypeName = NULL;
    struct place place;
    HRESULT hr = look_at(This, ullOffset, &place);
    if (FAILED(hr))
        return hr;
    hr = tri_vds_text(tri_vds_filesystem_name(place.filesystem), ppwszFileSystemTypeName);
    tri_disk_free(place.disk);
    return hr;
}

static HRESULT STDMETHODCALLTYPE mf_QueryPartitionFileSystemFormatSupport(
    IVdsDiskPartitionMF *This, ULONGLONG ullOffset, VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP **ppFileSystemSupportProps,
    LONG *plNumberOfFileSystems)
{
    if (!ppFileSystemSupportProps || !plNumberOfFileSystems)
        return tri_vds_refuse(E_INVALIDARG,
                              "QueryPartitionFileSystemFormatSupport needs places for the array and its length.");
    *ppFileSystemSupportProps = NULL;
    *plNumberOfFileSystems = 0;
    struct place place;
    HRESULT hr = look_at(This, ullOffset, &place);
    if (FAILED(hr))
        return hr;
    tri_disk_free(place.disk);
    return tri_vds_format_support(ppFileSystemSupportProps, plNumberOfFileSystems);
}

/* ---- formatting ---- */

/* The volume is filled in here. */
static HRESULT format_at(const void *This, ULONGLONG offset, struct tri_vds_format *format, IVdsAsync **ppAsync)
{
    if (!ppAsync)
        return tri_vds_refuse(E_INVALIDARG, "A format needs a place for the operation.");
    *ppAsync = NULL;
    struct place place;
    HRESULT hr = look_at(This, offset, &place);
    if (FAILED(hr))
        return hr;
    tri_disk_free(place.disk);
    format->volume = place.volume;
    return tri_vds_format(format, ppAsync);
}

static HRESULT STDMETHODCALLTYPE mf_FormatPartitionEx(IVdsDiskPartitionMF *This, ULONGLONG ullOffset,
                                                      LPWSTR pwszFileSystemTypeName, USHORT usFileSystemRevision,
                                                      ULONG ulDesiredUnitAllocationSize, LPWSTR pwszLabel, BOOL bForce,
                                                      BOOL bQuickFormat, BOOL bEnableCompression, IVdsAsync **ppAsync)
{
    struct tri_vds_format format = {
        .type_name = pwszFileSystemTypeName,
        .revision = usFileSystemRevision,
        .unit_bytes = ulDesiredUnitAllocationSize,
        .label = pwszLabel,
        .force = bForce != 0,
        .quick = bQuickFormat != 0,
        .compress = bEnableCompression != 0,
    };
    return format_at(This, ullOffset, &format, ppAsync);
}

/* Bits that are not known are ignored: clients pass flags of their own along. */
static HRESULT STDMETHODCALLTYPE mf2_FormatPartitionEx2(IVdsDiskPartitionMF2 *This, ULONGLONG ullOffset,
                                                        LPWSTR pwszFileSystemTypeName, USHORT usFileSystemRevision,
                                                        ULONG ulDesiredUnitAllocationSize, LPWSTR pwszLabel,
                                                        DWORD Options, IVdsAsync **ppAsync)
{
    struct tri_vds_format format = {
        .type_name = pwszFileSystemTypeName,
        .revision = usFileSystemRevision,
        .unit_bytes = ulDesiredUnitAllocationSize,
        .label = pwszLabel,
        .force = Options & VDS_FSOF_FORCE,
        .quick = Options & VDS_FSOF_QUICK,
        .compress = Options & VDS_FSOF_COMPRESSION,
    };
    return format_at(This, ullOffset, &format, ppAsync);
}

const IVdsDiskPartitionMFVtbl tri_vds_disk_partition_mf_vtbl = {
    TRI_COM_UNKNOWN(IVdsDiskPartitionMF),
    .GetPartitionFileSystemProperties = mf_GetPartitionFileSystemProperties,
    .GetPartitionFileSystemTypeName = mf_GetPartitionFileSystemTypeName,
    .QueryPartitionFileSystemFormatSupport = mf_QueryPartitionFileSystemFormatSupport,
    .FormatPartitionEx = mf_FormatPartitionEx,
};

const IVdsDiskPartitionMF2Vtbl tri_vds_disk_partition_mf2_vtbl = {
    TRI_COM_UNKNOWN(IVdsDiskPartitionMF2),
    .FormatPartitionEx2 = mf2_FormatPartitionEx2,
};

/* ---- IVdsCreatePartitionEx ---- */

static HRESULT STDMETHODCALLTYPE create_CreatePartitionEx(IVdsCreatePartitionEx *This, ULONGLONG ullOffset,
                                                          ULONGLONG ullSize, ULONG ulAlign,
                                                          CREATE_PARTITION_PARAMETERS *para, IVdsAsync **ppAsync)
{
    return tri_vds_create_partition(tri_vds_disk_of_this(This), ullOffset, ullSize, ulAlign, para, ppAsync);
}

const IVdsCreatePartitionExVtbl tri_vds_create_partition_ex_vtbl = {
    TRI_COM_UNKNOWN(IVdsCreatePartitionEx),
    .CreatePartitionEx = create_CreatePartitionEx,
};
