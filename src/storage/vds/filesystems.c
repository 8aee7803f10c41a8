/* File systems in VDS' words, and the one way in which all seven Format methods lead. */
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "storage/vds/volume.h"

#define AUTO_ERROR TRI_CLEANUP(tri_error_clear) struct tri_error

/* ---- names and numbers ---- */

/* What libblkid calls otherwise than Windows does. Others go by libblkid's name, and have no number. */
static const struct fs_row {
    const char *blkid_type, *version; /* version NULL: any */
    const char *name;
    VDS_FILE_SYSTEM_TYPE type;
} fs_rows[] = {
    {"", NULL, "RAW", VDS_FST_RAW},
    {"vfat", "FAT32", "FAT32", VDS_FST_FAT32},
    {"vfat", NULL, "FAT", VDS_FST_FAT},
    {"ntfs", NULL, "NTFS", VDS_FST_NTFS},
    {"exfat", NULL, "exFAT", VDS_FST_EXFAT},
    {"iso9660", NULL, "CDFS", VDS_FST_CDFS},
    {"udf", NULL, "UDF", VDS_FST_UDF},
    {"ReFS", NULL, "ReFS", VDS_FST_REFS},
};

static const struct fs_row *fs_row(const struct tri_filesystem *found)
{
    for (size_t i = 0; i < sizeof(fs_rows) / sizeof(*fs_rows); i++)
        if (!strcmp(found->type, fs_rows[i].blkid_type) &&
            (!fs_rows[i].version || !strcmp(found->version, fs_rows[i].version)))
            return &fs_rows[i];
    return NULL;
}

static VDS_FILE_SYSTEM_TYPE filesystem_type(const struct tri_filesystem *found)
{
    const struct fs_row *row = fs_row(found);
    return row ? row->type : VDS_FST_UNKNOWN;
}

const char *tri_vds_filesystem_name(const struct tri_filesystem *found)
{
    const struct fs_row *row = fs_row(found);
    return row ? row->name : found->type;
}

/* Where the allocation unit is not known, sectors of 512 bytes are counted, so that units times size is right. */
HRESULT tri_vds_filesystem_prop(const struct tri_filesystem *found, uint64_t size_bytes, uint64_t available_bytes,
                                const GUID *volume_id, VDS_FILE_SYSTEM_PROP *ret)
{
    LPWSTR label = NULL;
    HRESULT hr = tri_vds_text(found->label ? found->label : "", &label);
    if (FAILED(hr))
        return hr;
    bool is_raw = !found->type[0];
    uint32_t unit_bytes = is_raw ? 0 : found->unit_bytes ? found->unit_bytes : 512;
    uint64_t total_bytes = size_bytes ? size_bytes : found->size_bytes;
    *ret = (VDS_FILE_SYSTEM_PROP){
        .type = filesystem_type(found),
        .volumeId = *volume_id,
        .ullTotalAllocationUnits = is_raw ? 0 : total_bytes / unit_bytes,
        .ullAvailableAllocationUnits = is_raw ? 0 : available_bytes / unit_bytes,
        .ulAllocationUnitSize = unit_bytes,
        .pwszLabel = label,
    };
    return S_OK;
}

/* ---- what can be made here ---- */

static VDS_FILE_SYSTEM_TYPE kind_type(const struct tri_filesystem_kind *kind)
{
    for (size_t i = 0; i < sizeof(fs_rows) / sizeof(*fs_rows); i++)
        if (!strcasecmp(kind->name, fs_rows[i].name))
            return fs_rows[i].type;
    return VDS_FST_UNKNOWN;
}

/* ASCII into an array of a structure; cut where it does not fit, and always NUL-ended. */
static void name_out(const char *name, WCHAR *ret, size_t room)
{
    size_t i = 0;
    for (; name[i] && i + 1 < room; i++)
        ret[i] = (WCHAR)(unsigned char)name[i];
    ret[i] = 0;
}

/* VDS_FSF_ALLOCATION_UNIT_512 is bit 16, each next bit is the double; they end with 256 KiB. */
static ULONG unit_flags(uint32_t min_bytes, uint32_t max_bytes)
{
    ULONG flags = 0;
    for (unsigned bit = 0; bit < 10; bit++)
        if (512u << bit >= min_bytes && 512u << bit <= max_bytes)
            flags |= (ULONG)VDS_FSF_ALLOCATION_UNIT_512 << bit;
    return flags;
}

static ULONG kind_flags(const struct tri_filesystem_kind *kind)
{
    return VDS_FSF_SUPPORT_FORMAT | VDS_FSF_SUPPORT_QUICK_FORMAT | VDS_FSF_SUPPORT_SPECIFY_LABEL |
           VDS_FSF_SUPPORT_REMOVABLE_MEDIA | (kind->can_compress ? (ULONG)VDS_FSF_SUPPORT_COMPRESS : 0) |
           (kind->can_mount_points ? (ULONG)VDS_FSF_SUPPORT_MOUNT_POINT : 0) |
           (kind->can_grow ? (ULONG)VDS_FSF_SUPPORT_EXTEND : 0) |
           unit_flags(kind->unit_min_bytes, kind->unit_max_bytes);
}

static size_t kinds_installed(void)
{
    size_t count = 0;
    for (const struct tri_filesystem_kind *kind = tri_filesystem_kinds(); kind->name; kind++)
        count += tri_filesystem_kind_installed(kind);
    return count;
}

#define COMPRESSION_UNIT_MAX_BYTES 4096

static HRESULT type_prop(const struct tri_filesystem_kind *kind, VDS_FILE_SYSTEM_TYPE_PROP *prop)
{
    prop->type = kind_type(kind);
    name_out(kind->name, prop->wszName, sizeof(prop->wszName) / sizeof(*prop->wszName));
    prop->ulFlags = kind_flags(kind);
    prop->ulCompressionFlags = kind->can_compress ? unit_flags(512, COMPRESSION_UNIT_MAX_BYTES) : 0;
    prop->ulMaxLableLength = kind->label_max_units ? kind->label_max_units : kind->label_max_bytes;
    return tri_vds_text(kind->label_illegal ? kind->label_illegal : "", &prop->pwszIllegalLabelCharSet);
}

/* One block, and a block for each set of characters. */
HRESULT tri_vds_filesystem_types(VDS_FILE_SYSTEM_TYPE_PROP **ret, LONG *ret_count)
{
    size_t room = kinds_installed(), count = 0;
    VDS_FILE_SYSTEM_TYPE_PROP *props = tri_vds_zeroed(room, sizeof(*props));
    HRESULT hr = props ? S_OK : E_OUTOFMEMORY;
    for (const struct tri_filesystem_kind *kind = tri_filesystem_kinds(); kind->name && SUCCEEDED(hr); kind++)
        if (count < room && tri_filesystem_kind_installed(kind))
            hr = type_prop(kind, &props[count++]);
    if (FAILED(hr)) {
        for (size_t i = 0; props && i < count; i++)
            CoTaskMemFree(props[i].pwszIllegalLabelCharSet);
        CoTaskMemFree(props);
        return hr;
    }
    *ret = props;
    *ret_count = (LONG)count;
    return S_OK;
}

static void support_prop(const struct tri_filesystem_kind *kind, VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP *prop)
{
    size_t count = 0, room = sizeof(prop->rgulAllowedUnitAllocationSizes) / sizeof(ULONG) - 1; /* 0 ends them */
    prop->ulDefaultUnitAllocationSize = kind->unit_default_bytes;
    for (uint64_t unit = kind->unit_min_bytes; unit && unit <= kind->unit_max_bytes && count < room; unit *= 2)
        prop->rgulAllowedUnitAllocationSizes[count++] = (ULONG)unit;
    name_out(kind->name, prop->wszName, sizeof(prop->wszName) / sizeof(*prop->wszName));
}

/* The engine's list begins with its default, which is recommended too; where its tool is missing the next one is. */
HRESULT tri_vds_format_support(VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP **ret, LONG *ret_count)
{
    size_t room = kinds_installed(), count = 0;
    VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP *props = tri_vds_zeroed(room, sizeof(*props));
    if (!props)
        return E_OUTOFMEMORY;
    for (const struct tri_filesystem_kind *kind = tri_filesystem_kinds(); kind->name; kind++)
        if (count < room && tri_filesystem_kind_installed(kind))
            support_prop(kind, &props[count++]);
    if (count)
        props->ulFlags = VDS_FSS_DEFAULT | VDS_FSS_RECOMMENDED;
    *ret = props;
    *ret_count = (LONG)count;
    return S_OK;
}

/* ---- format: what the request says ---- */

/* File systems of Windows that no tool here makes. */
static HRESULT not_made_here(const char *name)
{
    if (!strcasecmp(name, "ReFS"))
        return VDS_E_REFS_FORMAT_NOT_SUPPORTED;
    bool is_known = !strcasecmp(name, "UDF") || !strcasecmp(name, "CDFS") || !strcasecmp(name, "CSVFS");
    return is_known ? VDS_E_FORMAT_NOT_SUPPORTED : VDS_E_INVALID_FS_TYPE;
}

/* The tool is not installed. */
static HRESULT no_tool(const struct tri_filesystem_kind *kind)
{
    switch (kind_type(kind)) {
    case VDS_FST_NTFS:
        return VDS_E_NTFS_FORMAT_NOT_SUPPORTED;
    case VDS_FST_FAT32:
        return VDS_E_FAT32_FORMAT_NOT_SUPPORTED;
    case VDS_FST_FAT:
        return VDS_E_FAT_FORMAT_NOT_SUPPORTED;
    default:
        return VDS_E_FORMAT_NOT_SUPPORTED;
    }
}

HRESULT tri_vds_format_type_name(VDS_FILE_SYSTEM_TYPE type, LPCWSTR *ret_name)
{
    switch (type) {
    case VDS_FST_FAT:
        *ret_name = u"FAT";
        return S_OK;
    case VDS_FST_FAT32:
        *ret_name = u"FAT32";
        return S_OK;
    case VDS_FST_NTFS:
        *ret_name = u"NTFS";
        return S_OK;
    case VDS_FST_EXFAT:
        *ret_name = u"exFAT";
        return S_OK;
    case VDS_FST_CDFS:
    case VDS_FST_UDF:
    case VDS_FST_CSVFS:
        return tri_vds_refuse(VDS_E_FORMAT_NOT_SUPPORTED, "Nothing here makes file systems of VDS' type %d.",
                              (int)type);
    case VDS_FST_REFS:
        return tri_vds_refuse(VDS_E_REFS_FORMAT_NOT_SUPPORTED, "Nothing here makes ReFS.");
    default:
        return tri_vds_refuse(VDS_E_INVALID_FS_TYPE,
                              "%d is no file system to format with; FormatEx takes those of Linux by name.", (int)type);
    }
}

static HRESULT format_kind(LPCWSTR type_name, const struct tri_filesystem_kind **ret)
{
    TRI_AUTO_FREE char *name = NULL;
    HRESULT hr = type_name && type_name[0] ? tri_vds_utf8(type_name, &name) : S_OK;
    if (FAILED(hr))
        return hr;
    *ret = name ? tri_filesystem_kind(name) : tri_filesystem_kinds();
    if (!*ret || !(*ret)->name)
        return tri_vds_refuse(not_made_here(name), "\"%.40s\" is no file system that can be made here.", name);
    if (!tri_filesystem_kind_installed(*ret))
        return tri_vds_refuse(no_tool(*ret), "%s is made by %s, which is not installed; it comes with the package %s.",
                              (*ret)->name, (*ret)->tool, (*ret)->package);
    return S_OK;
}

static HRESULT check_compression(const struct tri_vds_format *format, const struct tri_filesystem_kind *kind)
{
    if (!format->compress)
        return S_OK;
    if (!kind->can_compress)
        return tri_vds_refuse(VDS_E_COMPRESSION_NOT_SUPPORTED, "%s cannot compress.", kind->name);
    if (format->unit_bytes > COMPRESSION_UNIT_MAX_BYTES)
        return tri_vds_refuse(VDS_E_COMPRESSION_NOT_SUPPORTED,
                              "%s compresses with allocation units of up to %u bytes; %u were asked for.", kind->name,
                              COMPRESSION_UNIT_MAX_BYTES, format->unit_bytes);
    return S_OK;
}

/* Units of UTF-16 before the NUL, or -1 where one is half of nothing. Reads no further than max. */
static int label_units(LPCWSTR label, int max)
{
    int count = 0;
    for (; count < max && label[count]; count++)
        if ((label[count] & 0xFC00) == 0xD800) {
            if ((label[count + 1] & 0xFC00) != 0xDC00)
                return -1;
            count++;
        } else if ((label[count] & 0xFC00) == 0xDC00) {
            return -1;
        }
    return count;
}

#define LABEL_UNITS_MAX 256 /* more than any file system takes */

/* Fills the engine's label, or *error. A HRESULT fails only for want of memory. */
static HRESULT label_in(LPCWSTR label, char *ret, size_t room, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = NULL;
    int units = label ? label_units(label, LABEL_UNITS_MAX) : 0;
    if (units < 0)
        tri_error_set(error, TRI_STORAGE_BAD_LABEL, NULL, "The label is not UTF-16: it has half of a character.");
    else if (units >= LABEL_UNITS_MAX)
        tri_error_set(error, TRI_STORAGE_BAD_LABEL, NULL, "The label has %d characters or more.", LABEL_UNITS_MAX);
    if (units <= 0 || error->code)
        return S_OK;
    HRESULT hr = tri_vds_utf8(label, &text);
    if (FAILED(hr))
        return hr;
    if (strlen(text) >= room)
        tri_error_set(error, TRI_STORAGE_BAD_LABEL, NULL, "The label \"%.40s...\" has %zu bytes; use a shorter one.",
                      text, strlen(text));
    else
        memcpy(ret, text, strlen(text) + 1);
    return S_OK;
}

/* ---- format: the start ---- */

/* What the engine finds at once, and Windows after the start: it is told through the operation, as clients expect. */
static bool is_told_later(int code)
{
    static const int later[] = {TRI_STORAGE_BAD_LABEL,      TRI_STORAGE_TOO_SMALL,      TRI_STORAGE_TOO_BIG,
                                TRI_STORAGE_UNIT_TOO_SMALL, TRI_STORAGE_UNIT_TOO_BIG,   TRI_STORAGE_IN_USE,
                                TRI_STORAGE_IO};
    for (size_t i = 0; i < sizeof(later) / sizeof(*later); i++)
        if (code == later[i])
            return true;
    return false;
}

static HRESULT format_start(const struct tri_format_spec *spec, struct tri_error *error, IVdsAsync **ppAsync)
{
    struct tri_op *op = tri_op_new();
    struct tri_op_tag tag = tri_vds_tag(VDS_ASYNCOUT_FORMAT);
    int code = op ? error->code : -ENOMEM;
    if (code == 0)
        code = tri_volume_format(spec, op, &tag, error);
    if (op && is_told_later(code))
        code = tri_op_reject(op, &tag, error);
    return tri_vds_async(&tag, op, code, error, ppAsync);
}

HRESULT tri_vds_format(const struct tri_vds_format *format, IVdsAsync **ppAsync)
{
    AUTO_ERROR error = {0};
    const struct tri_filesystem_kind *kind = NULL;
    struct tri_format_spec spec = {.volume = format->volume,
                                   .unit_bytes = format->unit_bytes,
                                   .quick = format->quick,
                                   .force = format->force,
                                   .compress = format->compress};
    if (!ppAsync)
        return tri_vds_no_place("A format");
    *ppAsync = NULL;
    HRESULT hr = format_kind(format->type_name, &kind);
    if (SUCCEEDED(hr) && format->revision)
        hr = tri_vds_refuse(VDS_E_BAD_REVISION_NUMBER, "%s has no revisions to choose from; 0x%04x was asked for.",
                            kind->name, format->revision);
    if (SUCCEEDED(hr))
        hr = check_compression(format, kind);
    if (SUCCEEDED(hr))
        hr = label_in(format->label, spec.label, sizeof(spec.label), &error);
    if (FAILED(hr))
        return hr;
    snprintf(spec.filesystem, sizeof(spec.filesystem), "%s", kind->name);
    return format_start(&spec, &error, ppAsync);
}
