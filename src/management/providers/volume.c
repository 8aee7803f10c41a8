/* Volumes, from the storage engine: Win32_Volume, MSFT_Volume, Win32_MountPoint. What is mounted, from the mount table:
 * mounted.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "management/providers/storage.h"

struct volume_row {
    const struct tri_volume *volume;
    char **paths; /* where it is mounted, letters first */
    size_t path_count, path;
};

static const struct tri_volume *volume_of(const void *row)
{
    return ((const struct volume_row *)row)->volume;
}

/* ---- names ---- */

static void set_device_id(const struct tri_volume_id *id, struct tri_value *ret)
{
    char uuid[TRI_UUID_TEXT_SIZE], text[64];
    tri_uuid_text(&id->id, uuid);
    snprintf(text, sizeof text, "\\\\?\\Volume{%s}\\", uuid);
    tri_value_set_string(ret, text);
}

static void get_device_id(const void *row, struct tri_value *ret)
{
    set_device_id(&volume_of(row)->id, ret);
}

static bool is_letter(const char *path)
{
    return path[0] && path[1] == ':';
}

/* Where it is mounted, or where it is not its own name, as Windows has it. */
static void get_name(const void *row, struct tri_value *ret)
{
    const struct volume_row *volume = row;
    if (volume->path_count > 0)
        tri_value_set_string(ret, volume->paths[0]);
    else
        get_device_id(row, ret);
}

static void get_node(const void *row, struct tri_value *ret)
{
    char text[48];
    snprintf(text, sizeof text, "/dev/%s", volume_of(row)->node);
    if (*volume_of(row)->node)
        tri_value_set_string(ret, text);
}

static void get_letter(const void *row, struct tri_value *ret)
{
    const struct volume_row *volume = row;
    char text[3] = "";
    if (volume->path_count > 0 && is_letter(volume->paths[0])) {
        memcpy(text, volume->paths[0], 2);
        tri_value_set_string(ret, text);
    }
}

void tri_volume_access_paths(const struct tri_volume_id *id, struct tri_value *ret)
{
    char **paths = NULL;
    size_t count = 0;
    if (tri_volume_paths(id, &paths, &count, NULL) < 0)
        return;
    if (count > 0)
        tri_value_set_strings(ret, (const char *const *)paths, count);
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    free(paths);
}

/* ---- facts ---- */

static void get_label(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, volume_of(row)->filesystem.label);
}

static void get_filesystem(const void *row, struct tri_value *ret)
{
    const struct tri_filesystem_kind *kind = tri_filesystem_kind_of(&volume_of(row)->filesystem);
    if (*volume_of(row)->filesystem.type)
        tri_value_set_string(ret, kind ? kind->name : volume_of(row)->filesystem.type);
}

static void get_capacity(const void *row, struct tri_value *ret)
{
    const struct tri_volume *volume = volume_of(row);
    tri_value_set_unsigned(ret, volume->total_bytes ? volume->total_bytes : volume->size_bytes);
}

static void get_free(const void *row, struct tri_value *ret)
{
    if (((const struct volume_row *)row)->path_count > 0) /* without a mount nobody counts */
        tri_value_set_unsigned(ret, volume_of(row)->available_bytes);
}

static void get_block(const void *row, struct tri_value *ret)
{
    if (volume_of(row)->filesystem.unit_bytes > 0)
        tri_value_set_unsigned(ret, volume_of(row)->filesystem.unit_bytes);
}

/* The first eight hexadecimal digits of the file system's id, as Windows' serial number has 32 bits. */
static void get_serial(const void *row, struct tri_value *ret)
{
    char digits[9] = "";
    size_t count = 0;
    for (const char *at = volume_of(row)->filesystem.uuid; at && *at && count < 8; at++)
        if (*at != '-')
            digits[count++] = *at;
    if (count == 8 && strspn(digits, "0123456789abcdefABCDEF") == 8)
        tri_value_set_unsigned(ret, strtoul(digits, NULL, 16));
}

static void get_drive_type(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, 3); /* a local disk */
}

static void get_automount(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, !volume_of(row)->no_default_letter);
}

static void get_boot(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, volume_of(row)->is_system);
}

static void get_system(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, volume_of(row)->is_boot);
}

static void get_swap(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, volume_of(row)->has_swap);
}

static void get_name_length(const void *row, struct tri_value *ret)
{
    if (*volume_of(row)->filesystem.type)
        tri_value_set_unsigned(ret, 255);
}

static void get_class(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, "Win32_Volume");
}

static const struct tri_field volume_fields[] = {
    {"DeviceID", 0, get_device_id},
    {"Name", 0, get_name},
    {"Caption", 0, get_name},
    {"PNPDeviceID", 0, get_node},
    {"DriveLetter", 0, get_letter},
    {"Label", 0, get_label},
    {"FileSystem", 0, get_filesystem},
    {"Capacity", 0, get_capacity},
    {"FreeSpace", 0, get_free},
    {"BlockSize", 0, get_block},
    {"SerialNumber", 0, get_serial},
    {"DriveType", 0, get_drive_type},
    {"Automount", 0, get_automount},
    {"BootVolume", 0, get_boot},
    {"SystemVolume", 0, get_system},
    {"PageFilePresent", 0, get_swap},
    {"MaximumFileNameLength", 0, get_name_length},
    {"CreationClassName", 0, get_class},
    {"SystemCreationClassName", 0, tri_get_system_class},
    {"SystemName", 0, tri_get_system_name},
};

/* ---- MSFT_Volume ---- */

/* The numbers of Windows' file systems, and one beyond for what it has not. */
static void get_filesystem_type(const void *row, struct tri_value *ret)
{
    static const struct {
        const char *name;
        unsigned number;
    } types[] = {{"FAT", 4}, {"FAT32", 6}, {"exFAT", 13}, {"NTFS", 14}, {"ext2", 11}, {"ext3", 12}, {"XFS", 9}};
    const struct tri_filesystem_kind *kind = tri_filesystem_kind_of(&volume_of(row)->filesystem);
    for (size_t i = 0; kind && i < sizeof types / sizeof *types; i++)
        if (tri_name_equal(kind->name, types[i].name))
            tri_value_set_unsigned(ret, types[i].number);
    if (!ret->is_set)
        tri_value_set_unsigned(ret, 0);
}

static void get_drive_letter(const void *row, struct tri_value *ret)
{
    const struct volume_row *volume = row;
    if (volume->path_count > 0 && is_letter(volume->paths[0]))
        tri_value_set_unsigned(ret, (unsigned char)volume->paths[0][0]);
}

static void get_operational(const void *row, struct tri_value *ret)
{
    const int64_t status = volume_of(row)->is_offline ? 0xd013 : 2;
    tri_value_set_numbers(ret, &status, 1);
}

static const struct tri_field msft_volume_fields[] = {
    {"ObjectId", 0, get_device_id},
    {"UniqueId", 0, get_device_id},
    {"Path", 0, get_device_id},
    {"DriveLetter", 0, get_drive_letter},
    {"FileSystem", 0, get_filesystem},
    {"FileSystemLabel", 0, get_label},
    {"FileSystemType", 0, get_filesystem_type},
    {"Size", 0, get_capacity},
    {"SizeRemaining", 0, get_free},
    {"AllocationUnitSize", 0, get_block},
    {"DriveType", 0, get_drive_type},
    {"HealthStatus", 0, tri_get_zero},
    {"OperationalStatus", 0, get_operational},
};

/* ---- Win32_MountPoint ---- */

static void get_volume_reference(const void *row, struct tri_value *ret)
{
    char uuid[TRI_UUID_TEXT_SIZE], text[384];
    tri_uuid_text(&volume_of(row)->id.id, uuid);
    snprintf(text, sizeof text, "\\\\%s\\root\\cimv2:Win32_Volume.DeviceID=\"\\\\\\\\?\\\\Volume{%s}\\\\\"",
             tri_server_name(), uuid);
    tri_value_set_string(ret, text);
}

static void get_directory_reference(const void *row, struct tri_value *ret)
{
    const struct volume_row *volume = row;
    tri_set_reference(ret, "Win32_Directory.Name", volume->paths[volume->path]);
}

static const struct tri_field mount_point_fields[] = {{"Volume", 0, get_volume_reference},
                                                      {"Directory", 0, get_directory_reference}};

/* ---- scanning ---- */

static void row_clear(struct volume_row *row)
{
    for (size_t i = 0; i < row->path_count; i++)
        free(row->paths[i]);
    free(row->paths);
}

/* give: hands out one row, or one for each path. */
static int with_volume(struct tri_scan *scan, const struct tri_volume_id *id,
                       int (*give)(struct tri_scan *scan, struct volume_row *row))
{
    TRI_AUTO_VOLUME struct tri_volume *volume = NULL;
    if (tri_volume_read(id, &volume, NULL) < 0)
        return 0; /* gone meanwhile */
    TRI_CLEANUP(row_clear) struct volume_row row = {.volume = volume};
    if (tri_volume_paths(id, &row.paths, &row.path_count, NULL) < 0)
        row.path_count = 0;
    return give(scan, &row);
}

static int give_volume(struct tri_scan *scan, struct volume_row *row)
{
    return tri_scan_row(scan, row);
}

static int give_paths(struct tri_scan *scan, struct volume_row *row)
{
    int r = 0;
    for (row->path = 0; r == 0 && row->path < row->path_count; row->path++)
        r = tri_scan_row(scan, row);
    return r;
}

/* The id that the query demands, as \\?\Volume{...}\. */
static bool demanded(const struct tri_scan *scan, struct tri_uuid *ret)
{
    static const char *const names[] = {"DeviceID", "ObjectId"};
    char text[TRI_UUID_TEXT_SIZE] = "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct tri_value *value = tri_scan_equals(scan, names[i]);
        const char *brace = value ? strchr(value->string, '{') : NULL;
        if (brace) {
            strncat(text, brace + 1, sizeof text - 1);
            return tri_uuid_parse(text, ret);
        }
    }
    return false;
}

static int each_volume(struct tri_scan *scan, const struct tri_disk *disk,
                       int (*give)(struct tri_scan *scan, struct volume_row *row))
{
    struct tri_volume_id id;
    struct tri_uuid wanted;
    bool is_one = demanded(scan, &wanted);
    int r = 0;
    for (uint64_t offset = 0; r == 0 && !tri_scan_stopped(scan) && tri_volume_next(disk, &offset, &id);)
        if (!is_one || tri_uuid_equal(&wanted, &id.id))
            r = with_volume(scan, &id, give);
    return r;
}

static int volumes_of(struct tri_scan *scan, const struct tri_disk *disk)
{
    return each_volume(scan, disk, give_volume);
}

static int mount_points_of(struct tri_scan *scan, const struct tri_disk *disk)
{
    return each_volume(scan, disk, give_paths);
}

static int scan_volumes(struct tri_scan *scan, struct tri_error *error)
{
    return tri_disks_visit(scan, NULL, volumes_of, error);
}

static int scan_mount_points(struct tri_scan *scan, struct tri_error *error)
{
    return tri_disks_visit(scan, NULL, mount_points_of, error);
}

/* ---- methods ---- */

/* The volume that the target names. */
static bool target_volume(const struct tri_invocation *invocation, struct tri_volume_id *ret)
{
    struct tri_uuid wanted;
    char text[TRI_UUID_TEXT_SIZE] = "";
    TRI_AUTO_FREE uint64_t *sequences = NULL;
    size_t count = 0;
    const struct tri_value *value = tri_cim_object_find(invocation->target, "DeviceID");
    const char *brace = value && value->is_set ? strchr(value->string, '{') : NULL;
    strncat(text, brace ? brace + 1 : "", sizeof text - 1);
    if (!tri_uuid_parse(text, &wanted) || tri_disk_list(&sequences, &count, NULL) < 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        TRI_AUTO_DISK struct tri_disk *disk = NULL;
        if (tri_disk_read(sequences[i], 0, &disk, NULL) < 0)
            continue;
        for (uint64_t offset = 0; tri_volume_next(disk, &offset, ret);)
            if (tri_uuid_equal(&wanted, &ret->id))
                return true;
    }
    return false;
}

static bool in_boolean(const struct tri_invocation *invocation, const char *name)
{
    const struct tri_value *value = invocation->in ? tri_cim_object_find(invocation->in, name) : NULL;
    return value && value->is_set && value->boolean;
}

static const char *in_string(const struct tri_invocation *invocation, const char *name)
{
    const struct tri_value *value = invocation->in ? tri_cim_object_find(invocation->in, name) : NULL;
    return value && value->is_set ? value->string : "";
}

static int answer(const struct tri_invocation *invocation, unsigned value)
{
    tri_cim_object_set_unsigned(invocation->out, "ReturnValue", value);
    return 0;
}

static int read_code(void *context, const struct tri_op_tag *tag, int code, const struct tri_error *error, void *value)
{
    *(int *)context = code;
    return 0;
}

/* How a started operation ended; past the call's deadline it is called off, and waited for. */
static int finish(struct tri_op *op, uint64_t deadline_ns)
{
    int code = 0;
    if (tri_op_wait(op, deadline_ns) == -ETIMEDOUT) {
        tri_op_cancel(op);
        tri_op_wait(op, TRI_DEADLINE_NEVER);
    }
    tri_op_read_result(op, read_code, &code);
    return code;
}

/* Return values of Win32_Volume.Format. */
static unsigned format_value(int code)
{
    static const struct {
        int code;
        unsigned value;
    } values[] = {{0, 0},
                  {TRI_STORAGE_BAD_FILESYSTEM, 1},
                  {TRI_STORAGE_NO_TOOL, 1},
                  {TRI_STORAGE_NO_COMPRESSION, 1},
                  {-EACCES, 3},
                  {-EPERM, 3},
                  {TRI_STORAGE_SYSTEM, 3},
                  {-ECANCELED, 4},
                  {TRI_STORAGE_READ_ONLY, 6},
                  {TRI_STORAGE_IN_USE, 7},
                  {TRI_STORAGE_LOCKED, 7},
                  {TRI_STORAGE_IO, 9},
                  {TRI_STORAGE_BAD_LABEL, 10},
                  {TRI_STORAGE_NO_MEDIA, 11},
                  {TRI_STORAGE_TOO_SMALL, 12},
                  {TRI_STORAGE_TOO_BIG, 13},
                  {TRI_STORAGE_UNIT_TOO_SMALL, 15},
                  {TRI_STORAGE_UNIT_TOO_BIG, 16}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (values[i].code == code)
            return values[i].value;
    return 18;
}

static int run_format(const struct tri_invocation *invocation, struct tri_error *error)
{
    struct tri_format_spec spec = {.quick = in_boolean(invocation, "QuickFormat"),
                                   .compress = in_boolean(invocation, "EnableCompression")};
    const char *filesystem = in_string(invocation, "FileSystem"), *label = in_string(invocation, "Label");
    const struct tri_value *unit = invocation->in ? tri_cim_object_find(invocation->in, "ClusterSize") : NULL;
    if (!target_volume(invocation, &spec.volume))
        return answer(invocation, 18);
    if (strlen(filesystem) >= sizeof spec.filesystem)
        return answer(invocation, 1);
    if (strlen(label) >= sizeof spec.label)
        return answer(invocation, 10);
    strcpy(spec.filesystem, filesystem);
    strcpy(spec.label, label);
    spec.unit_bytes = unit && unit->is_set ? (uint32_t)unit->natural : 0;
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    int code = op ? tri_volume_format(&spec, op, NULL, NULL) : -ENOMEM;
    return answer(invocation, format_value(code < 0 ? code : finish(op, invocation->deadline_ns)));
}

static int run_mount(const struct tri_invocation *invocation, struct tri_error *error)
{
    struct tri_volume_id id;
    int code = target_volume(invocation, &id) ? tri_volume_mount(&id, NULL) : TRI_STORAGE_GONE;
    return answer(invocation, code == 0 ? 0 : code == -EACCES || code == -EPERM ? 1 : 2);
}

static int run_dismount(const struct tri_invocation *invocation, struct tri_error *error)
{
    struct tri_volume_id id;
    int code = target_volume(invocation, &id)
                   ? tri_volume_dismount(&id, in_boolean(invocation, "Force"), in_boolean(invocation, "Permanent"), NULL)
                   : TRI_STORAGE_GONE;
    unsigned value = code == 0 || code == TRI_STORAGE_NOT_MOUNTED ? 0
                     : code == TRI_STORAGE_HAS_PATH           ? 2
                     : code == TRI_STORAGE_NOT_SUPPORTED      ? 3
                     : code == TRI_STORAGE_IN_USE             ? 4
                     : code == -EACCES || code == -EPERM || code == TRI_STORAGE_SYSTEM ? 1
                                                              : 5;
    return answer(invocation, value);
}

static int run_add_mount_point(const struct tri_invocation *invocation, struct tri_error *error)
{
    struct tri_volume_id id;
    int code = target_volume(invocation, &id) ? tri_volume_add_path(&id, in_string(invocation, "Directory"), NULL)
                                              : TRI_STORAGE_GONE;
    unsigned value = code == 0                                            ? 0
                     : code == -EACCES || code == -EPERM                  ? 1
                     : code == TRI_STORAGE_BAD_PATH || code == -EALREADY  ? 2
                     : code == -ENOTEMPTY                                 ? 3
                     : code == -ENOENT                                    ? 4
                     : code == TRI_STORAGE_NO_FILESYSTEM                  ? 5
                                                                          : 6;
    return answer(invocation, value);
}

static int run_check(const struct tri_invocation *invocation, struct tri_error *error)
{
    struct tri_volume_id id;
    if (!target_volume(invocation, &id))
        return answer(invocation, 3);
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    int code = op ? tri_volume_check(&id, in_boolean(invocation, "FixErrors"), op, NULL, NULL) : -ENOMEM;
    if (code == 0)
        code = finish(op, invocation->deadline_ns);
    return answer(invocation, code == 0                              ? 0
                              : code == TRI_STORAGE_NO_FILESYSTEM    ? 2
                              : code == TRI_STORAGE_NOT_SUPPORTED    ? 4
                                                                     : 3);
}

static const struct tri_provided_method volume_methods[] = {{"Format", run_format},
                                                            {"Mount", run_mount},
                                                            {"Dismount", run_dismount},
                                                            {"AddMountPoint", run_add_mount_point},
                                                            {"Chkdsk", run_check}};

/* ---- the tables ---- */

static const struct tri_provided_class volume_class = {.name_space = "root\\cimv2",
                                                       .name = "Win32_Volume",
                                                       .fields = volume_fields,
                                                       .field_count = TRI_FIELD_COUNT(volume_fields),
                                                       .scan = scan_volumes,
                                                       .methods = volume_methods,
                                                       .method_count = TRI_FIELD_COUNT(volume_methods)};
static const struct tri_provided_class mount_point_class = {.name_space = "root\\cimv2",
                                                            .name = "Win32_MountPoint",
                                                            .fields = mount_point_fields,
                                                            .field_count = TRI_FIELD_COUNT(mount_point_fields),
                                                            .scan = scan_mount_points};
static const struct tri_provided_class msft_volume_class = {.name_space = "root\\Microsoft\\Windows\\Storage",
                                                            .name = "MSFT_Volume",
                                                            .fields = msft_volume_fields,
                                                            .field_count = TRI_FIELD_COUNT(msft_volume_fields),
                                                            .scan = scan_volumes};

const struct tri_provided_class *const tri_provider_volume[] = {&volume_class, &mount_point_class, &msft_volume_class, NULL};
