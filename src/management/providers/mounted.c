/* What is mounted, as Windows shows drives: Win32_LogicalDisk (its DeviceID is the mount point), and which partition each
 * lies on. From the mount table, through libmount. */
#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "management/providers/storage.h"
#include "storage/device.h"
#include "storage/probe.h"

enum { NEEDS_SIZE = 1, NEEDS_PROBE = 2 };
enum drive_type { DRIVE_REMOVABLE = 2, DRIVE_LOCAL = 3, DRIVE_NETWORK = 4, DRIVE_OPTICAL = 5, DRIVE_MEMORY = 6 };

struct mounted {
    const char *path, *type, *source;
    dev_t device;
    enum drive_type drive_type;
    bool is_read_only;
    bool has_size;
    struct statvfs size;
    bool has_probe;
    struct tri_filesystem filesystem;
    /* Win32_LogicalDiskToPartition */
    const struct tri_disk *disk;
    size_t partition;
};

/* ---- fields ---- */

static const struct mounted *mounted_of(const void *row)
{
    return row;
}

static void get_path(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, mounted_of(row)->path);
}

static void get_source(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, mounted_of(row)->source);
}

static void get_provider(const void *row, struct tri_value *ret)
{
    if (mounted_of(row)->drive_type == DRIVE_NETWORK)
        get_source(row, ret);
}

static void get_description(const void *row, struct tri_value *ret)
{
    static const char *const words[] = {[DRIVE_REMOVABLE] = "Removable Disk",
                                        [DRIVE_LOCAL] = "Local Fixed Disk",
                                        [DRIVE_NETWORK] = "Network Connection",
                                        [DRIVE_OPTICAL] = "CD-ROM Disc",
                                        [DRIVE_MEMORY] = "RAM Disk"};
    tri_value_set_string(ret, words[mounted_of(row)->drive_type]);
}

static void get_drive_type(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, mounted_of(row)->drive_type);
}

static void get_media_type(const void *row, struct tri_value *ret)
{
    enum drive_type type = mounted_of(row)->drive_type;
    tri_value_set_unsigned(ret, type == DRIVE_LOCAL ? 12 : type == DRIVE_REMOVABLE || type == DRIVE_OPTICAL ? 11 : 0);
}

static void get_type(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, mounted_of(row)->type);
}

static void get_size(const void *row, struct tri_value *ret)
{
    if (mounted_of(row)->has_size)
        tri_value_set_unsigned(ret, (uint64_t)mounted_of(row)->size.f_blocks * mounted_of(row)->size.f_frsize);
}

static void get_free(const void *row, struct tri_value *ret)
{
    if (mounted_of(row)->has_size)
        tri_value_set_unsigned(ret, (uint64_t)mounted_of(row)->size.f_bavail * mounted_of(row)->size.f_frsize);
}

static void get_name_max(const void *row, struct tri_value *ret)
{
    if (mounted_of(row)->has_size)
        tri_value_set_unsigned(ret, mounted_of(row)->size.f_namemax);
}

static void get_label(const void *row, struct tri_value *ret)
{
    if (mounted_of(row)->has_probe)
        tri_value_set_string(ret, mounted_of(row)->filesystem.label);
}

static void get_serial(const void *row, struct tri_value *ret)
{
    char digits[9] = "";
    size_t count = 0;
    const char *at = mounted_of(row)->has_probe ? mounted_of(row)->filesystem.uuid : NULL;
    for (; at && *at && count < 8; at++)
        if (*at != '-')
            digits[count++] = *at >= 'a' && *at <= 'f' ? (char)(*at - 'a' + 'A') : *at;
    if (count == 8)
        tri_value_set_string(ret, digits);
}

static void get_access(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, mounted_of(row)->is_read_only ? 1 : 3); /* readable, read and write */
}

static void get_class(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, "Win32_LogicalDisk");
}

static const struct tri_field logical_fields[] = {
    {"DeviceID", 0, get_path},
    {"Name", 0, get_path},
    {"Caption", 0, get_path},
    {"Description", 0, get_description},
    {"PNPDeviceID", 0, get_source},
    {"ProviderName", 0, get_provider},
    {"DriveType", 0, get_drive_type},
    {"MediaType", 0, get_media_type},
    {"FileSystem", 0, get_type},
    {"Size", NEEDS_SIZE, get_size},
    {"FreeSpace", NEEDS_SIZE, get_free},
    {"MaximumComponentLength", NEEDS_SIZE, get_name_max},
    {"VolumeName", NEEDS_PROBE, get_label},
    {"VolumeSerialNumber", NEEDS_PROBE, get_serial},
    {"Access", 0, get_access},
    {"Compressed", 0, tri_get_false},
    {"CreationClassName", 0, get_class},
    {"SystemCreationClassName", 0, tri_get_system_class},
    {"SystemName", 0, tri_get_system_name},
};

/* ---- Win32_LogicalDiskToPartition ---- */

static void get_antecedent(const void *row, struct tri_value *ret)
{
    char id[64];
    tri_partition_device_id(mounted_of(row)->disk->sequence, mounted_of(row)->partition, id, sizeof id);
    tri_set_reference(ret, "Win32_DiskPartition.DeviceID", id);
}

static void get_dependent(const void *row, struct tri_value *ret)
{
    tri_set_reference(ret, "Win32_LogicalDisk.DeviceID", mounted_of(row)->path);
}

static const struct tri_partition *partition_of(const void *row)
{
    return &mounted_of(row)->disk->partitions[mounted_of(row)->partition];
}

static void get_start(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, partition_of(row)->start_bytes);
}

static void get_end(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, partition_of(row)->start_bytes + partition_of(row)->size_bytes - 1);
}

static const struct tri_field on_partition_fields[] = {{"Antecedent", 0, get_antecedent},
                                                       {"Dependent", 0, get_dependent},
                                                       {"StartingAddress", 0, get_start},
                                                       {"EndingAddress", 0, get_end}};

/* ---- which mounts are drives ---- */

static bool is_one_of(const char *type, const char *const *types)
{
    for (; *types; types++)
        if (strcmp(type, *types) == 0)
            return true;
    return false;
}

/* A drive is what holds files of people's: on a block device, over the network, or in memory. 0: it is none. */
static enum drive_type drive_type_of(const struct mounted *mounted)
{
    static const char *const networks[] = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "ceph", "glusterfs",
                                           "fuse.sshfs", "afs", NULL};
    static const char *const optical[] = {"iso9660", "udf", NULL};
    static const char *const roots[] = {"overlay", "btrfs", "zfs", NULL};
    char name[32], disk[32];
    if (is_one_of(mounted->type, networks))
        return DRIVE_NETWORK;
    if (strcmp(mounted->type, "tmpfs") == 0)
        return DRIVE_MEMORY;
    if (major(mounted->device) == 0)
        return is_one_of(mounted->type, roots) ? DRIVE_LOCAL : 0;
    if (is_one_of(mounted->type, optical))
        return DRIVE_OPTICAL;
    bool is_removable = tri_device_disk_of(mounted->device, disk) && tri_device_number(disk, "removable", 0) == 1;
    return is_removable && tri_device_name_of(mounted->device, name) ? DRIVE_REMOVABLE : DRIVE_LOCAL;
}

/* Not what shows a part of another mount (a bind), nor what lies under a later one. */
static bool is_visible(struct libmnt_table *table, struct libmnt_fs *fs)
{
    const char *root = mnt_fs_get_root(fs), *target = mnt_fs_get_target(fs), *type = mnt_fs_get_fstype(fs);
    bool is_whole = root && (strcmp(root, "/") == 0 || (type && strcmp(type, "btrfs") == 0));
    return target && type && is_whole && mnt_table_find_target(table, target, MNT_ITER_BACKWARD) == fs;
}

/* ---- scanning ---- */

/* A server that is gone makes whoever asks it for sizes wait: network drives are asked only when named. */
static void read_size(const struct tri_scan *scan, struct mounted *mounted)
{
    bool is_named = tri_scan_equals(scan, "DeviceID") != NULL;
    if ((tri_scan_needs(scan) & NEEDS_SIZE) && (mounted->drive_type != DRIVE_NETWORK || is_named))
        mounted->has_size = statvfs(mounted->path, &mounted->size) == 0;
}

static void read_probe(const struct tri_scan *scan, struct mounted *mounted)
{
    char name[32], path[48];
    if (!(tri_scan_needs(scan) & NEEDS_PROBE) || major(mounted->device) == 0 ||
        !tri_device_name_of(mounted->device, name))
        return;
    snprintf(path, sizeof path, "/dev/%s", name);
    TRI_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    mounted->has_probe = fd >= 0 && tri_probe_filesystem(fd, 0, 0, false, &mounted->filesystem, NULL) == 0;
}

static void mounted_clear(struct mounted *mounted)
{
    tri_filesystem_finish(&mounted->filesystem);
}

typedef int mounted_give(struct tri_scan *scan, struct mounted *mounted);

static int give_drive(struct tri_scan *scan, struct mounted *mounted)
{
    read_size(scan, mounted);
    read_probe(scan, mounted);
    return tri_scan_row(scan, mounted);
}

static int give_on_partition(struct tri_scan *scan, struct mounted *mounted)
{
    char name[32];
    uint64_t sequence = tri_device_disk_of(mounted->device, name) ? tri_device_number(name, "diskseq", 0) : 0;
    TRI_AUTO_DISK struct tri_disk *disk = NULL;
    if (sequence == 0 || tri_disk_read(sequence, 0, &disk, NULL) < 0)
        return 0;
    mounted->disk = disk;
    for (size_t i = 0; i < disk->partition_count; i++) {
        mounted->partition = i;
        if (disk->partitions[i].number_dev == mounted->device)
            return tri_scan_row(scan, mounted);
    }
    return 0;
}

static int each_mounted(struct tri_scan *scan, mounted_give *give, struct tri_error *error)
{
    struct libmnt_table *table = mnt_new_table_from_file("/proc/self/mountinfo");
    struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_FORWARD);
    struct libmnt_fs *fs = NULL;
    int r = table && iterator ? 0 : tri_error_set(error, -EIO, "/proc/self/mountinfo", "The mount table cannot be read.");
    while (r == 0 && !tri_scan_stopped(scan) && mnt_table_next_fs(table, iterator, &fs) == 0) {
        if (!is_visible(table, fs))
            continue;
        TRI_CLEANUP(mounted_clear) struct mounted mounted = {.path = mnt_fs_get_target(fs),
                                                             .type = mnt_fs_get_fstype(fs),
                                                             .source = mnt_fs_get_source(fs),
                                                             .device = mnt_fs_get_devno(fs),
                                                             .is_read_only = mnt_fs_match_options(fs, "ro")};
        mounted.drive_type = drive_type_of(&mounted);
        if (mounted.drive_type != 0)
            r = give(scan, &mounted);
    }
    mnt_free_iter(iterator);
    mnt_unref_table(table);
    return r;
}

static int scan_drives(struct tri_scan *scan, struct tri_error *error)
{
    return each_mounted(scan, give_drive, error);
}

static int scan_on_partitions(struct tri_scan *scan, struct tri_error *error)
{
    return each_mounted(scan, give_on_partition, error);
}

/* ---- the tables ---- */

static const struct tri_provided_class logical_class = {.name_space = "root\\cimv2",
                                                        .name = "Win32_LogicalDisk",
                                                        .fields = logical_fields,
                                                        .field_count = TRI_FIELD_COUNT(logical_fields),
                                                        .scan = scan_drives};
static const struct tri_provided_class on_partition_class = {.name_space = "root\\cimv2",
                                                             .name = "Win32_LogicalDiskToPartition",
                                                             .fields = on_partition_fields,
                                                             .field_count = TRI_FIELD_COUNT(on_partition_fields),
                                                             .scan = scan_on_partitions};

const struct tri_provided_class *const tri_provider_mounted[] = {&logical_class, &on_partition_class, NULL};
