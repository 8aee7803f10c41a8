/* Strings and ids at the border. */
#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistr.h>

#include "base/cleanup.h"
#include "base/utf16.h"
#include "storage/device.h"
#include "storage/vds/disk-object.h"

/* No path, label or name of Windows is longer. */
#define UNITS_MAX 32767

/* ---- strings ---- */

HRESULT tri_vds_text(const char *utf8, LPWSTR *ret)
{
    *ret = NULL;
    int code = utf8 ? tri_utf16_from_utf8(utf8, ret) : 0;
    return code < 0 ? tri_vds_fail(code, NULL) : S_OK;
}

HRESULT tri_vds_utf8(LPCWSTR text, char **ret)
{
    *ret = NULL;
    if (!text)
        return S_OK;
    if (u16_strnlen(text, UNITS_MAX + 1) > UNITS_MAX)
        return tri_vds_refuse(E_INVALIDARG, "A text is longer than %d units.", UNITS_MAX);
    int code = tri_utf8_from_utf16(text, ret);
    return code < 0 ? tri_vds_fail(code, NULL) : S_OK;
}

/* ---- ids ---- */

const GUID tri_vds_software_provider_id = {
    0x8f6b1c52, 0x3d0a, 0x4e77, {0x9a, 0x21, 0x5c, 0x94, 0x0e, 0xb7, 0x63, 0x1d}};
const GUID tri_vds_disk_provider_id = {0xd1407ab9, 0x62f4, 0x49c3, {0xb5, 0x0e, 0x77, 0x2a, 0x81, 0xc6, 0x3f, 0x90}};

/* A GUID's first three fields are numbers; an id's bytes are in the order in which they are printed. */
GUID tri_vds_guid(const struct tri_uuid *uuid)
{
    const uint8_t *b = uuid->bytes;
    GUID guid = {
        .Data1 = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3],
        .Data2 = (uint16_t)(b[4] << 8 | b[5]),
        .Data3 = (uint16_t)(b[6] << 8 | b[7]),
    };
    memcpy(guid.Data4, b + 8, 8);
    return guid;
}

struct tri_uuid tri_vds_uuid(const GUID *guid)
{
    struct tri_uuid uuid = {{
        (uint8_t)(guid->Data1 >> 24), (uint8_t)(guid->Data1 >> 16), (uint8_t)(guid->Data1 >> 8), (uint8_t)guid->Data1,
        (uint8_t)(guid->Data2 >> 8),  (uint8_t)guid->Data2,         (uint8_t)(guid->Data3 >> 8), (uint8_t)guid->Data3,
    }};
    memcpy(uuid.bytes + 8, guid->Data4, 8);
    return uuid;
}

/* A disk's id carries its number, so that the disk is found without a look at all others. (Form 8: its maker's own.) */
#define DISK_ID_DATA1 0x7472692d
#define DISK_ID_DATA2 0x6469
#define DISK_ID_DATA3 0x8736
#define DISK_ID_VARIANT 0x8000000000000000u /* above what a number can be */
#define DISK_ID_NUMBER 0x3fffffffffffffffu

GUID tri_vds_disk_id(uint64_t sequence)
{
    GUID id = {DISK_ID_DATA1, DISK_ID_DATA2, DISK_ID_DATA3, {0}};
    uint64_t tail = htobe64(DISK_ID_VARIANT | (sequence & DISK_ID_NUMBER));
    memcpy(id.Data4, &tail, sizeof tail);
    return id;
}

GUID tri_vds_pack_id(uint64_t sequence)
{
    struct tri_uuid uuid = tri_uuid_named("vds:pack:%" PRIu64, sequence);
    return tri_vds_guid(&uuid);
}

/* With the disk's number in it: the same image attached twice has the same partition ids, and is two disks. */
static GUID volume_thing_id(const char *kind, const struct tri_volume_id *volume)
{
    char id[TRI_UUID_TEXT_SIZE];
    tri_uuid_text(&volume->id, id);
    struct tri_uuid uuid = tri_uuid_named("vds:%s:%" PRIu64 ":%s", kind, volume->sequence, id);
    return tri_vds_guid(&uuid);
}

GUID tri_vds_volume_id(const struct tri_volume_id *volume)
{
    return volume_thing_id("volume", volume);
}

GUID tri_vds_plex_id(const struct tri_volume_id *volume)
{
    return volume_thing_id("plex", volume);
}

/* ---- names ---- */

HRESULT tri_vds_disk_name(const struct tri_disk *disk, LPWSTR *ret)
{
    char name[64];
    snprintf(name, sizeof name, "\\\\?\\%s%" PRIu64, disk->is_optical ? "CdRom" : "PhysicalDrive", disk->sequence);
    return tri_vds_text(name, ret);
}

HRESULT tri_vds_volume_path(const struct tri_volume_id *volume, LPWSTR *ret)
{
    char id[TRI_UUID_TEXT_SIZE], path[64];
    tri_uuid_text(&volume->id, id);
    snprintf(path, sizeof path, "\\\\?\\Volume{%s}\\", id);
    return tri_vds_text(path, ret);
}

/* What follows a prefix, letters in any case; NULL: it does not begin so. */
static const char *after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncasecmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* "\\?\" and "\\.\" are the two ways to say that a device's name follows. */
static const char *after_device_prefix(const char *text)
{
    const char *rest = after(text, "\\\\?\\");
    return rest ? rest : after(text, "\\\\.\\");
}

/* The number in PhysicalDriveN and CdRomN: digits only, no sign, not too large. */
static bool parse_number(const char *text, uint64_t *ret)
{
    char *end;
    if (!isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno || *end)
        return false;
    *ret = number;
    return true;
}

static int find_by_number(const char *number, bool is_optical, uint64_t *ret, struct tri_error *error)
{
    uint64_t sequence;
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    if (!parse_number(number, &sequence))
        return tri_error_set(error, TRI_STORAGE_NOT_FOUND, NULL, "\"%s\" is not the number of a disk.", number);
    int code = tri_disk_describe(sequence, &disk, error);
    if (code < 0)
        return code;
    if (disk->is_optical != is_optical)
        return tri_error_set(error, TRI_STORAGE_NOT_FOUND, NULL, "Disk %s is %s.", number,
                             disk->is_optical ? "an optical drive" : "no optical drive");
    *ret = sequence;
    return 0;
}

/* Linux' own name, as it is; then in small letters, for programs that have made all of it large. */
static int find_by_path(char *path, uint64_t *ret, struct tri_error *error)
{
    int code = tri_disk_find(path, ret, NULL);
    if (code == 0)
        return 0;
    if (after(path, "/dev/"))
        for (char *at = path; *at; at++)
            *at = (char)tolower((unsigned char)*at);
    return tri_disk_find(path, ret, error);
}

static int find_by_name(char *name, uint64_t *ret, struct tri_error *error)
{
    const char *device = after_device_prefix(name), *number;
    if (!device)
        return find_by_path(name, ret, error);
    if ((number = after(device, "PhysicalDrive")))
        return find_by_number(number, false, ret, error);
    if ((number = after(device, "CdRom")))
        return find_by_number(number, true, ret, error);
    return tri_error_set(error, TRI_STORAGE_NOT_FOUND, NULL, "\"%s\" is not the name of a disk.", name);
}

HRESULT tri_vds_disk_of_name(LPCWSTR name, uint64_t *ret_sequence)
{
    TRI_AUTO_FREE char *utf8 = NULL;
    struct tri_error error = {0};
    HRESULT hr = tri_vds_utf8(name, &utf8);
    if (FAILED(hr))
        return hr;
    if (!utf8 || !*utf8)
        return tri_vds_refuse(E_INVALIDARG, "A disk's name is needed: \\\\?\\PhysicalDriveN or /dev/...");
    int code = find_by_name(utf8, ret_sequence, &error);
    if (code == TRI_STORAGE_GONE || code == -ENOENT || code == -ENODEV || code == -ENXIO)
        return tri_vds_fail_as(VDS_E_OBJECT_NOT_FOUND, TRI_STORAGE_NOT_FOUND, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

/* ---- from ids back ---- */

HRESULT tri_vds_disk_of_id(const GUID *id, uint64_t *ret_sequence)
{
    char name[32];
    uint64_t tail;
    memcpy(&tail, id->Data4, sizeof tail);
    uint64_t sequence = be64toh(tail) & DISK_ID_NUMBER;
    GUID same = tri_vds_disk_id(sequence);
    if (!IsEqualGUID(&same, id) || !tri_device_name(sequence, name) || !tri_device_is_disk(name))
        return tri_vds_refuse(VDS_E_OBJECT_NOT_FOUND, "There is no disk of that id.");
    *ret_sequence = sequence;
    return S_OK;
}

static bool volume_on_disk(uint64_t sequence, tri_vds_volume_test *test, const void *context, struct tri_volume_id *ret)
{
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    struct tri_volume_id volume;
    if (tri_vds_disk_outline(sequence, &disk, NULL) < 0)
        return false;
    for (uint64_t offset = 0; tri_volume_next(disk, &offset, &volume);)
        if (test(&volume, context)) {
            *ret = volume;
            return true;
        }
    return false;
}

/* A disk that cannot be read (it has gone meanwhile, it has no medium) has no volume to be found. */
HRESULT tri_vds_volume_find(tri_vds_volume_test *test, const void *context, const char *what, struct tri_volume_id *ret)
{
    TRI_AUTO_FREE uint64_t *sequences = NULL;
    size_t count = 0;
    struct tri_error error = {0};
    int code = tri_disk_list(&sequences, &count, &error);
    if (code < 0)
        return tri_vds_fail(code, &error);
    for (size_t i = 0; i < count; i++)
        if (volume_on_disk(sequences[i], test, context, ret))
            return S_OK;
    return tri_vds_refuse(VDS_E_OBJECT_NOT_FOUND, "There is no %s.", what);
}

static bool has_volume_id(const struct tri_volume_id *volume, const void *id)
{
    GUID candidate = tri_vds_volume_id(volume);
    return IsEqualGUID(&candidate, (const GUID *)id);
}

HRESULT tri_vds_volume_of_id(const GUID *id, struct tri_volume_id *ret)
{
    return tri_vds_volume_find(has_volume_id, id, "volume of that id", ret);
}
