/* What the objects of the VDS face share. A face function checks its arguments, converts in (UTF-16 to UTF-8, GUIDs to
 * ids), calls one function of the engine, converts out, and maps the error. Objects hold names (a disk's number, a
 * volume's id, an image's path), never what was read: what they are asked, they ask the engine, each time. So an object
 * whose thing has gone answers VDS_E_OBJECT_DELETED, and none is ever out of date. */
#ifndef TRI_STORAGE_VDS_FACE_H
#define TRI_STORAGE_VDS_FACE_H

#include <vds.h>

#include "com/class.h"
#include "com/object.h"
#include "op/op.h"
#include "storage/disk.h"
#include "storage/image.h"
#include "storage/volume.h"

/* ---- error.c ---- */

/* The HRESULT of an engine's code (hresult.def). The error's sentence becomes this thread's IErrorInfo (GetErrorInfo), and
 * *error is emptied. Methods end with: return tri_vds_fail(code, &error); */
HRESULT tri_vds_fail(int code, struct tri_error *error);
HRESULT tri_vds_hresult(int code); /* the number only; 0 gives S_OK */
/* The same where the kind of operation decides, by which some codes differ: the system's disk is FORMAT_CRITICAL for a
 * format and CLEAN_WITH_CRITICAL for a clean. */
HRESULT tri_vds_hresult_of(VDS_ASYNC_OUTPUT_TYPE type, int code);
HRESULT tri_vds_fail_as(HRESULT hr, int code, struct tri_error *error); /* as tri_vds_fail, the HRESULT given */
void tri_vds_tell(int code, const struct tri_error *error); /* only this thread's IErrorInfo; error may be NULL */
/* A pointer to where the method puts its answer is NULL: E_INVALIDARG. */
HRESULT tri_vds_no_place(const char *method);
HRESULT tri_vds_refuse(HRESULT hr, const char *format, ...) /* a refusal of the face's own, with its sentence */
    __attribute__((format(printf, 2, 3)));

/* ---- text.c: strings and identifiers; what is handed out is the caller's, to free with CoTaskMemFree ---- */

HRESULT tri_vds_text(const char *utf8, LPWSTR *ret); /* NULL gives NULL */
HRESULT tri_vds_utf8(LPCWSTR text, char **ret);      /* NULL gives NULL; E_INVALIDARG where it is too long */
GUID tri_vds_guid(const struct tri_uuid *uuid);
struct tri_uuid tri_vds_uuid(const GUID *guid);
/* Ids of objects: made of what they name, so that every process and every call sees the same. A disk's has its number. */
GUID tri_vds_disk_id(uint64_t sequence);
GUID tri_vds_pack_id(uint64_t sequence);
GUID tri_vds_volume_id(const struct tri_volume_id *volume);
GUID tri_vds_plex_id(const struct tri_volume_id *volume);
extern const GUID tri_vds_software_provider_id, tri_vds_disk_provider_id;
HRESULT tri_vds_disk_name(const struct tri_disk *disk, LPWSTR *ret);          /* \\?\PhysicalDriveN, \\?\CdRomN */
HRESULT tri_vds_volume_path(const struct tri_volume_id *volume, LPWSTR *ret); /* \\?\Volume{...}\ lower case */
/* The other way: a disk by \\?\PhysicalDriveN, /dev/..., in any case of letters. VDS_E_OBJECT_NOT_FOUND. */
HRESULT tri_vds_disk_of_name(LPCWSTR name, uint64_t *ret_sequence);
HRESULT tri_vds_disk_of_id(const GUID *id, uint64_t *ret_sequence); /* VDS_E_OBJECT_NOT_FOUND */
HRESULT tri_vds_volume_of_id(const GUID *id, struct tri_volume_id *ret);
/* The first volume of all disks that passes the test. VDS_E_OBJECT_NOT_FOUND: "There is no <what>." */
typedef bool tri_vds_volume_test(const struct tri_volume_id *volume, const void *context);
HRESULT tri_vds_volume_find(tri_vds_volume_test *test, const void *context, const char *what,
                            struct tri_volume_id *ret);

/* ---- async.c: IVdsAsync over an operation ---- */

/* How every method with an IVdsAsync ends:
 *     struct tri_op *op = tri_op_new();
 *     struct tri_op_tag tag = tri_vds_tag(VDS_ASYNCOUT_FORMAT);
 *     int code = op ? tri_volume_format(&spec, op, &tag, &error) : -ENOMEM;
 *     return tri_vds_async(&tag, op, code, &error, ppAsync);
 * Takes the reference on op. code < 0: maps the error, by the kind of operation too, and *ppAsync is NULL. What Wait puts out is found by the tag's kind and
 * the operation's value: CREATEPARTITION and CREATEVOLUME: struct tri_partition_result; SHRINKVOLUME: struct
 * tri_shrink_result; CREATE_VDISK: char *, the image's path; others: nothing. */
struct tri_op_tag tri_vds_tag(VDS_ASYNC_OUTPUT_TYPE type);
HRESULT tri_vds_async(const struct tri_op_tag *tag, struct tri_op *op, int code, struct tri_error *error,
                      IVdsAsync **ppAsync);

/* ---- enum.c ---- */

/* A snapshot of objects: takes the array and one reference on each. */
struct tri_vds_list {
    IUnknown **objects;
    size_t count, room;
};
HRESULT tri_vds_list_add(struct tri_vds_list *list, IUnknown *object); /* takes the reference, also on failure */
void tri_vds_list_clear(struct tri_vds_list *list);
HRESULT tri_vds_enum_new(struct tri_vds_list *list, IEnumVdsObject **ret); /* takes what is in the list */

/* ---- constructors: a new object, asked for one interface; *ret NULL on failure ---- */

HRESULT tri_vds_service_new(REFIID iid, void **ret);
HRESULT tri_vds_software_provider_new(REFIID iid, void **ret);
HRESULT tri_vds_disk_provider_new(REFIID iid, void **ret);           /* of virtual disks: vd-provider.c */
HRESULT tri_vds_pack_new(uint64_t sequence, REFIID iid, void **ret); /* 0: a new, empty pack */
HRESULT tri_vds_disk_new(uint64_t sequence, REFIID iid, void **ret);
HRESULT tri_vds_volume_new(const struct tri_volume_id *volume, REFIID iid, void **ret);
HRESULT tri_vds_plex_new(const struct tri_volume_id *volume, REFIID iid, void **ret);
HRESULT tri_vds_vdisk_new(const char *path, REFIID iid, void **ret);
extern const struct tri_com_factory tri_vds_loader_factory; /* CLSID_VdsLoader */

/* ---- disk.c / volume.c, asked by others ---- */

uint64_t tri_vds_disk_sequence(IUnknown *disk);                  /* of an object of ours; 0: not a disk of ours */
bool tri_vds_vdisk_path(IUnknown *vdisk, const char **ret_path); /* borrowed */

/* ---- filesystems.c: what can be formatted here, in VDS' words ---- */

HRESULT tri_vds_filesystem_types(VDS_FILE_SYSTEM_TYPE_PROP **ret, LONG *ret_count);
HRESULT tri_vds_format_support(VDS_FILE_SYSTEM_FORMAT_SUPPORT_PROP **ret, LONG *ret_count);
const char *tri_vds_filesystem_name(const struct tri_filesystem *found); /* "NTFS", "FAT32", "ext4", "RAW" */
HRESULT tri_vds_filesystem_prop(const struct tri_filesystem *found, uint64_t size_bytes, uint64_t available_bytes,
                                const GUID *volume_id, VDS_FILE_SYSTEM_PROP *ret);
/* A format, however it was asked for (Format, FormatEx, FormatEx2, FormatPartition...): type_name NULL: the default. */
struct tri_vds_format {
    struct tri_volume_id volume;
    LPCWSTR type_name;
    USHORT revision;
    DWORD unit_bytes;
    LPCWSTR label;
    bool force, quick, compress;
};
HRESULT tri_vds_format(const struct tri_vds_format *format, IVdsAsync **ppAsync);
HRESULT tri_vds_format_type_name(VDS_FILE_SYSTEM_TYPE type, LPCWSTR *ret_name); /* VDS_FST_NTFS to u"NTFS" */

/* ---- advise.c ---- */

HRESULT tri_vds_advise(IVdsAdviseSink *sink, DWORD *ret_cookie);
HRESULT tri_vds_unadvise(DWORD cookie);

#endif
