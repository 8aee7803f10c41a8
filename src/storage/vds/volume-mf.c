/* The volume object's file system side: IVdsVolumeMF, 2 and 3. */
#include <ctype.h>
#include <errno.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "storage/vds/volume.h"

#define AUTO_ERROR TRI_CLEANUP(tri_error_clear) struct tri_error

static HRESULT volume_read(const void *This, struct tri_volume **ret)
{
    AUTO_ERROR error = {0};
    int code = tri_volume_read(tri_vds_volume_named(This), ret, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

/* ---- what is on it ---- */

static HRESULT STDMETHODCALLTYPE mf_GetFileSystemProperties(IVdsVolumeMF *This, VDS_FILE_SYSTEM_PROP *pFileSystemProp)
{
    TRI_AUTO_VOLUME struct tri_volume *volume = NULL;
    if (!pFileSystemProp)
        return tri_vds_no_place("IVdsVolumeMF::GetFileSystemProperties");
    *pFileSystemProp = (VDS_FILE_SYSTEM_PROP){0};
    HRESULT hr = volume_read(This, &volume);
    if (FAILED(hr))
        return hr;
    GUID id = tri_vds_volume_id(&volume->id);
    return tri_vds_filesystem_prop(&volume->filesystem, volume->total_bytes, volume->available_bytes, &id,
                                   pFileSystemProp);
}

static HRESULT STDMETHODCALLTYPE mf2_GetFileSystemTypeName(IVdsVolumeMF2 *This, LPWSTR *ppwszFileSystemTypeName)
{
    TRI_AUTO_VOLUME struct tri_volume *volume = NULL;
    if (!ppwszFileSystemTypeName)
        return tri_vds_no_place("IVdsVolumeMF2::GetFileSystemTypeName");
    *ppwszFileSystemTypeName = NULL;
    HRESULT hr = volume_read(This, &volume);
    return FAILED(hr) ? hr : tri_vds_text(tri_vds_filesystem_name(&volume->filesystem), ppwszFileSystemTypeName);
}

static HRESULT STDMETHODCALLTYPE
mf2_QueryFileSystemFormatSupport(IVdsVolumeMF2 *This, VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP **ppFileSystemSupportProps,
                                 LONG *plNumberOfFileSystems)
{
    TRI_AUTO_VOLUME struct tri_volume *volume = NULL;
    if (!ppFileSystemSupportProps || !plNumberOfFileSystems)
        return tri_vds_no_place("IVdsVolumeMF2::QueryFileSystemFormatSupport");
    *ppFileSystemSupportProps = NULL;
    *plNumberOfFileSystems = 0;
    HRESULT hr = volume_read(This, &volume);
    return FAILED(hr) ? hr : tri_vds_format_support(ppFileSystemSupportProps, plNumberOfFileSystems);
}

/* ---- format ---- */

static HRESULT STDMETHODCALLTYPE mf_Format(IVdsVolumeMF *This, VDS_FILE_SYSTEM_TYPE type, LPWSTR pwszLabel,
                                           DWORD dwUnitAllocationSize, BOOL bForce, BOOL bQuickFormat,
                                           BOOL bEnableCompression, IVdsAsync **ppAsync)
{
    struct tri_vds_format format = {.volume = *tri_vds_volume_named(This),
                                    .unit_bytes = dwUnitAllocationSize,
                                    .label = pwszLabel,
                                    .force = bForce,
                                    .quick = bQuickFormat,
                                    .compress = bEnableCompression};
    if (!ppAsync)
        return tri_vds_no_place("IVdsVolumeMF::Format");
    *ppAsync = NULL;
    HRESULT hr = tri_vds_format_type_name(type, &format.type_name);
    return FAILED(hr) ? hr : tri_vds_format(&format, ppAsync);
}

static HRESULT STDMETHODCALLTYPE mf2_FormatEx(IVdsVolumeMF2 *This, LPWSTR pwszFileSystemTypeName,
                                              USHORT usFileSystemRevision, ULONG ulDesiredUnitAllocationSize,
                                              LPWSTR pwszLabel, BOOL bForce, BOOL bQuickFormat, BOOL bEnableCompression,
                                              IVdsAsync **ppAsync)
{
    struct tri_vds_format format = {.volume = *tri_vds_volume_named(This),
                                    .type_name = pwszFileSystemTypeName,
                                    .revision = usFileSystemRevision,
                                    .unit_bytes = ulDesiredUnitAllocationSize,
                                    .label = pwszLabel,
                                    .force = bForce,
                                    .quick = bQuickFormat,
                                    .compress = bEnableCompression};
    return tri_vds_format(&format, ppAsync);
}

/* Bits of Options that are not known are ignored: clients in use have bits of their own. So is DUPLICATE_METADATA,
 * which is for UDF. */
static HRESULT STDMETHODCALLTYPE mf3_FormatEx2(IVdsVolumeMF3 *This, LPWSTR pwszFileSystemTypeName,
                                               USHORT usFileSystemRevision, ULONG ulDesiredUnitAllocationSize,
                                               LPWSTR pwszLabel, DWORD Options, IVdsAsync **ppAsync)
{
    struct tri_vds_format format = {.volume = *tri_vds_volume_named(This),
                                    .type_name = pwszFileSystemTypeName,
                                    .revision = usFileSystemRevision,
                                    .unit_bytes = ulDesiredUnitAllocationSize,
                                    .label = pwszLabel,
                                    .force = Options & VDS_FSOF_FORCE,
                                    .quick = Options & VDS_FSOF_QUICK,
                                    .compress = Options & VDS_FSOF_COMPRESSION};
    return tri_vds_format(&format, ppAsync);
}

/* ---- arrays of strings: each string and the array are blocks of their own, for some clients free all of them and some
 * only the array ---- */

static void strings_free(LPWSTR *strings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        CoTaskMemFree(strings[i]);
    CoTaskMemFree(strings);
}

static HRESULT strings_out(char *const *texts, size_t count, LPWSTR **ret)
{
    LPWSTR *strings = tri_vds_zeroed(count, sizeof(*strings));
    HRESULT hr = strings ? S_OK : E_OUTOFMEMORY;
    for (size_t i = 0; i < count && SUCCEEDED(hr); i++)
        hr = tri_vds_text(texts[i], &strings[i]);
    if (FAILED(hr)) {
        if (strings)
            strings_free(strings, count);
        return hr;
    }
    *ret = strings;
    return S_OK;
}

static void texts_free(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

/* Exactly one, and S_OK: clients read the first without looking at the number. */
static HRESULT STDMETHODCALLTYPE mf3_QueryVolumeGuidPathnames(IVdsVolumeMF3 *This, LPWSTR **pwszPathArray,
                                                              ULONG *pulNumberOfPaths)
{
    TRI_AUTO_VOLUME struct tri_volume *volume = NULL;
    if (!pwszPathArray || !pulNumberOfPaths)
        return tri_vds_no_place("IVdsVolumeMF3::QueryVolumeGuidPathnames");
    *pwszPathArray = NULL;
    *pulNumberOfPaths = 0;
    HRESULT hr = volume_read(This, &volume);
    if (FAILED(hr))
        return hr;
    LPWSTR *paths = tri_vds_zeroed(1, sizeof(*paths));
    hr = paths ? tri_vds_volume_path(&volume->id, paths) : E_OUTOFMEMORY;
    if (FAILED(hr)) {
        CoTaskMemFree(paths);
        return hr;
    }
    *pwszPathArray = paths;
    *pulNumberOfPaths = 1;
    return S_OK;
}

/* ---- access paths ---- */

static HRESULT STDMETHODCALLTYPE mf_QueryAccessPaths(IVdsVolumeMF *This, LPWSTR **pwszPathArray,
                                                     LONG *plNumberOfAccessPaths)
{
    AUTO_ERROR error = {0};
    char **paths = NULL;
    size_t count = 0;
    if (!pwszPathArray || !plNumberOfAccessPaths)
        return tri_vds_no_place("IVdsVolumeMF::QueryAccessPaths");
    *pwszPathArray = NULL;
    *plNumberOfAccessPaths = 0;
    int code = tri_volume_paths(tri_vds_volume_named(This), &paths, &count, &error);
    if (code < 0)
        return tri_vds_fail(code, &error);
    HRESULT hr = count ? strings_out(paths, count, pwszPathArray) : S_OK;
    if (SUCCEEDED(hr))
        *plNumberOfAccessPaths = (LONG)count;
    texts_free(paths, count);
    return hr;
}

static bool is_guid_path(const char *path)
{
    return strncasecmp(path, "\\\\?\\Volume{", 11) == 0;
}

static bool is_absolute(const char *path)
{
    return path[0] == '/' || (isalpha((unsigned char)path[0]) && path[1] == ':');
}

/* A path as clients write it, the caller's also where it is refused. Windows stops at 260 characters; a path of Linux
 * may be longer. */
static HRESULT path_in(LPCWSTR text, char **ret)
{
    if (!text || !text[0])
        return tri_vds_refuse(E_INVALIDARG, "An access path is needed: a folder, or a letter such as X:\\.");
    HRESULT hr = tri_vds_utf8(text, ret);
    if (SUCCEEDED(hr) && is_guid_path(*ret)) {
        hr = tri_vds_refuse(VDS_E_VOLUME_GUID_PATHNAME_NOT_ALLOWED,
                            "\"%s\" names the volume for as long as it exists; it cannot be added or deleted.", *ret);
    } else if (SUCCEEDED(hr) && !is_absolute(*ret)) {
        hr = tri_vds_refuse(E_INVALIDARG, "\"%s\" is neither an absolute path nor a drive letter (\"X:\\\").", *ret);
    }
    return hr;
}

/* How the engine says that the path is not there, or that the volume is not. */
static bool is_not_found(int code)
{
    return code == TRI_STORAGE_BAD_PATH || code == TRI_STORAGE_NOT_FOUND || code == TRI_STORAGE_NOT_MOUNTED ||
           code == -ENOENT || code == -ENOTDIR;
}

/* S_FALSE: this volume is there already. */
static HRESULT STDMETHODCALLTYPE mf_AddAccessPath(IVdsVolumeMF *This, LPWSTR pwszPath)
{
    AUTO_ERROR error = {0};
    TRI_AUTO_FREE char *path = NULL;
    HRESULT hr = path_in(pwszPath, &path);
    if (FAILED(hr))
        return hr;
    int code = tri_volume_add_path(tri_vds_volume_named(This), path, &error);
    if (code == -EALREADY)
        return S_FALSE;
    if (is_not_found(code))
        return tri_vds_fail_as(VDS_E_PATH_NOT_FOUND, code, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

static HRESULT STDMETHODCALLTYPE mf_DeleteAccessPath(IVdsVolumeMF *This, LPWSTR pwszPath, BOOL bForce)
{
    AUTO_ERROR error = {0};
    TRI_AUTO_FREE char *path = NULL;
    HRESULT hr = path_in(pwszPath, &path);
    if (FAILED(hr))
        return hr;
    int code = tri_volume_delete_path(tri_vds_volume_named(This), path, bForce, &error);
    if (is_not_found(code))
        return tri_vds_fail_as(VDS_E_PATH_NOT_FOUND, code, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

/* ---- reparse points: folders of this volume where others are mounted ---- */

static void reparse_free(VDS_REPARSE_POINT_PROP *points, size_t count)
{
    for (size_t i = 0; i < count; i++)
        CoTaskMemFree(points[i].pwszPath);
    CoTaskMemFree(points);
}

static HRESULT reparse_out(const struct tri_mounted *mounted, size_t count, VDS_REPARSE_POINT_PROP **ret)
{
    VDS_REPARSE_POINT_PROP *points = tri_vds_zeroed(count, sizeof(*points));
    HRESULT hr = points ? S_OK : E_OUTOFMEMORY;
    for (size_t i = 0; i < count && SUCCEEDED(hr); i++) {
        points[i].SourceVolumeId = tri_vds_volume_id(&mounted[i].volume);
        hr = tri_vds_text(mounted[i].path, &points[i].pwszPath);
    }
    if (FAILED(hr)) {
        if (points)
            reparse_free(points, count);
        return hr;
    }
    *ret = points;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE mf_QueryReparsePoints(IVdsVolumeMF *This, VDS_REPARSE_POINT_PROP **ppReparsePointProps,
                                                       LONG *plNumberOfReparsePointProps)
{
    AUTO_ERROR error = {0};
    struct tri_mounted *mounted = NULL;
    size_t count = 0;
    if (!ppReparsePointProps || !plNumberOfReparsePointProps)
        return tri_vds_no_place("IVdsVolumeMF::QueryReparsePoints");
    *ppReparsePointProps = NULL;
    *plNumberOfReparsePointProps = 0;
    int code = tri_volume_mounted_below(tri_vds_volume_named(This), &mounted, &count, &error);
    if (code < 0)
        return tri_vds_fail(code, &error);
    HRESULT hr = count ? reparse_out(mounted, count, ppReparsePointProps) : S_OK;
    if (SUCCEEDED(hr))
        *plNumberOfReparsePointProps = (LONG)count;
    for (size_t i = 0; i < count; i++)
        free(mounted[i].path);
    free(mounted);
    return hr;
}

/* ---- mount, dismount, offline ---- */

static HRESULT STDMETHODCALLTYPE mf_Mount(IVdsVolumeMF *This)
{
    AUTO_ERROR error = {0};
    int code = tri_volume_mount(tri_vds_volume_named(This), &error);
    return code < 0 && code != -EALREADY ? tri_vds_fail(code, &error) : S_OK;
}

/* A permanent dismount leaves the volume offline until Mount. */
static HRESULT STDMETHODCALLTYPE mf_Dismount(IVdsVolumeMF *This, BOOL bForce, BOOL bPermanent)
{
    AUTO_ERROR error = {0};
    int code = tri_volume_dismount(tri_vds_volume_named(This), bForce, bPermanent, &error);
    switch (code) {
    case TRI_STORAGE_OFFLINE:
        return tri_vds_fail_as(VDS_E_VOLUME_PERMANENTLY_DISMOUNTED, code, &error);
    case TRI_STORAGE_NOT_MOUNTED:
        return tri_vds_fail_as(VDS_E_VOLUME_TEMPORARILY_DISMOUNTED, code, &error);
    default:
        return code < 0 ? tri_vds_fail(code, &error) : S_OK;
    }
}

static HRESULT STDMETHODCALLTYPE mf3_OfflineVolume(IVdsVolumeMF3 *This)
{
    AUTO_ERROR error = {0};
    int code = tri_volume_offline(tri_vds_volume_named(This), &error);
    if (code == TRI_STORAGE_OFFLINE)
        return tri_vds_fail_as(VDS_E_VOLUME_NOT_ONLINE, code, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

/* ---- file system flags: compression, which no file system of Linux has as a property of the whole volume ---- */

static HRESULT change_compression(const void *This, ULONG flags)
{
    TRI_AUTO_VOLUME struct tri_volume *volume = NULL;
    if (flags != VDS_FPF_COMPRESSED)
        return tri_vds_refuse(VDS_E_INVALID_FS_FLAG,
                              "VDS_FPF_COMPRESSED is the one flag of a file system; 0x%x is not.", flags);
    HRESULT hr = volume_read(This, &volume);
    if (FAILED(hr))
        return hr;
    return tri_vds_refuse(VDS_E_NOT_SUPPORTED,
                          "Compression of a file system that exists (here %s) cannot be switched; format with it.",
                          tri_vds_filesystem_name(&volume->filesystem));
}

static HRESULT STDMETHODCALLTYPE mf_SetFileSystemFlags(IVdsVolumeMF *This, ULONG ulFlags)
{
    return change_compression(This, ulFlags);
}

static HRESULT STDMETHODCALLTYPE mf_ClearFileSystemFlags(IVdsVolumeMF *This, ULONG ulFlags)
{
    return change_compression(This, ulFlags);
}

/* ---- tables ---- */

const IVdsVolumeMFVtbl tri_vds_volume_mf_vtbl = {
    TRI_COM_UNKNOWN(IVdsVolumeMF),
    .GetFileSystemProperties = mf_GetFileSystemProperties,
    .Format = mf_Format,
    .AddAccessPath = mf_AddAccessPath,
    .QueryAccessPaths = mf_QueryAccessPaths,
    .QueryReparsePoints = mf_QueryReparsePoints,
    .DeleteAccessPath = mf_DeleteAccessPath,
    .Mount = mf_Mount,
    .Dismount = mf_Dismount,
    .SetFileSystemFlags = mf_SetFileSystemFlags,
    .ClearFileSystemFlags = mf_ClearFileSystemFlags,
};

const IVdsVolumeMF2Vtbl tri_vds_volume_mf2_vtbl = {
    TRI_COM_UNKNOWN(IVdsVolumeMF2),
    .GetFileSystemTypeName = mf2_GetFileSystemTypeName,
    .QueryFileSystemFormatSupport = mf2_QueryFileSystemFormatSupport,
    .FormatEx = mf2_FormatEx,
};

const IVdsVolumeMF3Vtbl tri_vds_volume_mf3_vtbl = {
    TRI_COM_UNKNOWN(IVdsVolumeMF3),
    .QueryVolumeGuidPathnames = mf3_QueryVolumeGuidPathnames,
    .FormatEx2 = mf3_FormatEx2,
    .OfflineVolume = mf3_OfflineVolume,
};
