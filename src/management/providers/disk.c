/* Disks and partitions, from the storage engine: Win32_DiskDrive, Win32_DiskPartition, MSFT_Disk, MSFT_Partition, and which
 * partition lies on which disk. A disk's number is the engine's (disk.h), the N of \\.\PHYSICALDRIVEN. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "management/providers/storage.h"

/* ---- names ---- */

void tri_partition_device_id(uint64_t disk, size_t index, char *ret, size_t size)
{
    snprintf(ret, size, "Disk #%llu, Partition #%zu", (unsigned long long)disk, index);
}

void tri_braced_uuid(const struct tri_uuid *id, char ret[TRI_UUID_TEXT_SIZE + 2])
{
    char text[TRI_UUID_TEXT_SIZE];
    tri_uuid_text(id, text);
    snprintf(ret, TRI_UUID_TEXT_SIZE + 2, "{%s}", text);
}

static const struct tri_disk *disk_of(const void *row)
{
    return ((const struct tri_disk_row *)row)->disk;
}

static const struct tri_partition *partition_of(const void *row)
{
    const struct tri_disk_row *place = row;
    return &place->disk->partitions[place->index];
}

static void set_drive(uint64_t number, struct tri_value *ret)
{
    char text[48];
    snprintf(text, sizeof text, "\\\\.\\PHYSICALDRIVE%llu", (unsigned long long)number);
    tri_value_set_string(ret, text);
}

static void get_drive(const void *row, struct tri_value *ret)
{
    set_drive(disk_of(row)->sequence, ret);
}

static void get_node(const void *row, struct tri_value *ret)
{
    char text[48];
    snprintf(text, sizeof text, "/dev/%s", disk_of(row)->name);
    tri_value_set_string(ret, text);
}

static void get_number(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, disk_of(row)->sequence);
}

static void get_model(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, disk_of(row)->model);
}

/* What people call it: its model, or the image that it shows. */
static void get_friendly(const void *row, struct tri_value *ret)
{
    const struct tri_disk *disk = disk_of(row);
    if (disk->model || disk->backing_path)
        tri_value_set_string(ret, disk->model ? disk->model : disk->backing_path);
    else
        get_node(row, ret);
}

static void get_vendor(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, disk_of(row)->vendor);
}

static void get_serial(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, disk_of(row)->serial);
}

static void get_revision(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, disk_of(row)->revision);
}

static void get_size(const void *row, struct tri_value *ret)
{
    if (disk_of(row)->size_bytes > 0)
        tri_value_set_unsigned(ret, disk_of(row)->size_bytes);
}

static void get_sector(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, disk_of(row)->sector_bytes);
}

static void get_partition_count(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, disk_of(row)->partition_count);
}

static void get_signature(const void *row, struct tri_value *ret)
{
    if (disk_of(row)->style == TRI_STYLE_MBR)
        tri_value_set_unsigned(ret, disk_of(row)->signature);
}

static void get_pnp(const void *row, struct tri_value *ret)
{
    char text[64];
    snprintf(text, sizeof text, "/sys/block/%s", disk_of(row)->name);
    tri_value_set_string(ret, text);
}

/* ---- Win32_DiskDrive ---- */

static void get_drive_class(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, "Win32_DiskDrive");
}

static void get_interface(const void *row, struct tri_value *ret)
{
    static const char *const names[] = {
        [TRI_BUS_SCSI] = "SCSI", [TRI_BUS_ATA] = "IDE",  [TRI_BUS_USB] = "USB",      [TRI_BUS_ISCSI] = "SCSI",
        [TRI_BUS_SAS] = "SCSI",  [TRI_BUS_SATA] = "IDE", [TRI_BUS_VIRTUAL] = "SCSI", [TRI_BUS_NVME] = "SCSI"};
    enum tri_bus bus = disk_of(row)->bus;
    if ((size_t)bus < sizeof names / sizeof *names)
        tri_value_set_string(ret, names[bus]);
}

static void get_media_type(const void *row, struct tri_value *ret)
{
    const struct tri_disk *disk = disk_of(row);
    tri_value_set_string(ret, disk->is_removable          ? "Removable Media"
                              : disk->bus == TRI_BUS_USB ? "External hard disk media"
                                                          : "Fixed hard disk media");
}

static void get_loaded(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, disk_of(row)->size_bytes > 0);
}

static void get_total_sectors(const void *row, struct tri_value *ret)
{
    const struct tri_disk *disk = disk_of(row);
    if (disk->sector_bytes > 0)
        tri_value_set_unsigned(ret, disk->size_bytes / disk->sector_bytes);
}

static void get_capabilities(const void *row, struct tri_value *ret)
{
    static const int64_t both[] = {3, 4}; /* random access, supports writing */
    tri_value_set_numbers(ret, both, disk_of(row)->is_read_only ? 1 : 2);
}

static void get_capability_words(const void *row, struct tri_value *ret)
{
    static const char *const both[] = {"Random Access", "Supports Writing"};
    tri_value_set_strings(ret, both, disk_of(row)->is_read_only ? 1 : 2);
}

static const struct tri_field drive_fields[] = {
    {"DeviceID", 0, get_drive},
    {"Name", 0, get_drive},
    {"Index", 0, get_number},
    {"Caption", 0, get_friendly},
    {"Description", 0, get_node},
    {"Model", 0, get_model},
    {"Manufacturer", 0, get_vendor},
    {"SerialNumber", 0, get_serial},
    {"FirmwareRevision", 0, get_revision},
    {"Size", 0, get_size},
    {"InterfaceType", 0, get_interface},
    {"MediaType", 0, get_media_type},
    {"MediaLoaded", 0, get_loaded},
    {"Partitions", 0, get_partition_count},
    {"BytesPerSector", 0, get_sector},
    {"TotalSectors", 0, get_total_sectors},
    {"Signature", 0, get_signature},
    {"Capabilities", 0, get_capabilities},
    {"CapabilityDescriptions", 0, get_capability_words},
    {"PNPDeviceID", 0, get_pnp},
    {"Status", 0, tri_get_ok},
    {"CreationClassName", 0, get_drive_class},
    {"SystemCreationClassName", 0, tri_get_system_class},
    {"SystemName", 0, tri_get_system_name},
};

/* ---- Win32_DiskPartition ---- */

static void get_partition_id(const void *row, struct tri_value *ret)
{
    char text[64];
    const struct tri_disk_row *place = row;
    tri_partition_device_id(place->disk->sequence, place->index, text, sizeof text);
    tri_value_set_string(ret, text);
}

static void get_partition_node(const void *row, struct tri_value *ret)
{
    char text[48];
    snprintf(text, sizeof text, "/dev/%s", partition_of(row)->node);
    if (*partition_of(row)->node)
        tri_value_set_string(ret, text);
}

static void get_index(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, ((const struct tri_disk_row *)row)->index);
}

static void get_partition_size(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, partition_of(row)->size_bytes);
}

static void get_offset(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, partition_of(row)->start_bytes);
}

static void get_blocks(const void *row, struct tri_value *ret)
{
    uint32_t sector = disk_of(row)->sector_bytes;
    if (sector > 0)
        tri_value_set_unsigned(ret, partition_of(row)->size_bytes / sector);
}

static bool is_type(const struct tri_partition *partition, const char *guid)
{
    struct tri_uuid id;
    return tri_uuid_parse(guid, &id) && tri_uuid_equal(&id, &partition->type);
}

#define ESP_TYPE "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define BASIC_TYPE "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"
#define MSR_TYPE "e3c9e316-0b5c-4db8-817d-f92df00215ae"

static void get_type(const void *row, struct tri_value *ret)
{
    const struct tri_partition *partition = partition_of(row);
    if (disk_of(row)->style == TRI_STYLE_GPT)
        tri_value_set_string(ret, is_type(partition, ESP_TYPE)     ? "GPT: System"
                                  : is_type(partition, BASIC_TYPE) ? "GPT: Basic Data"
                                  : is_type(partition, MSR_TYPE)   ? "GPT: Reserved"
                                                                   : "GPT: Unknown");
    else
        tri_value_set_string(ret, partition->is_extended          ? "Extended w/Extended Int 13"
                                  : partition->mbr_type == 0x07   ? "Installable File System"
                                  : partition->mbr_type == 0x0b   ? "Win95 w/Extended Int 13"
                                  : partition->mbr_type == 0x0c   ? "Win95 w/Extended Int 13"
                                                                  : "Unknown");
}

static void get_active(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, disk_of(row)->style == TRI_STYLE_GPT ? is_type(partition_of(row), ESP_TYPE)
                                                                    : partition_of(row)->is_active);
}

static void get_primary(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, !partition_of(row)->is_logical);
}

static void get_partition_class(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, "Win32_DiskPartition");
}

static const struct tri_field partition_fields[] = {
    {"DeviceID", 0, get_partition_id},
    {"Name", 0, get_partition_id},
    {"Caption", 0, get_partition_id},
    {"Description", 0, get_type},
    {"PNPDeviceID", 0, get_partition_node},
    {"DiskIndex", 0, get_number},
    {"Index", 0, get_index},
    {"Type", 0, get_type},
    {"Size", 0, get_partition_size},
    {"StartingOffset", 0, get_offset},
    {"BlockSize", 0, get_sector},
    {"NumberOfBlocks", 0, get_blocks},
    {"Bootable", 0, get_active},
    {"BootPartition", 0, get_active},
    {"PrimaryPartition", 0, get_primary},
    {"CreationClassName", 0, get_partition_class},
    {"SystemCreationClassName", 0, tri_get_system_class},
    {"SystemName", 0, tri_get_system_name},
};

/* ---- Win32_DiskDriveToDiskPartition ---- */

static void get_drive_reference(const void *row, struct tri_value *ret)
{
    char text[384];
    snprintf(text, sizeof text, "\\\\%s\\root\\cimv2:Win32_DiskDrive.DeviceID=\"\\\\\\\\.\\\\PHYSICALDRIVE%llu\"",
             tri_server_name(), (unsigned long long)disk_of(row)->sequence);
    tri_value_set_string(ret, text);
}

static void get_partition_reference(const void *row, struct tri_value *ret)
{
    const struct tri_disk_row *place = row;
    char text[384];
    snprintf(text, sizeof text, "\\\\%s\\root\\cimv2:Win32_DiskPartition.DeviceID=\"Disk #%llu, Partition #%zu\"",
             tri_server_name(), (unsigned long long)place->disk->sequence, place->index);
    tri_value_set_string(ret, text);
}

static const struct tri_field drive_to_partition_fields[] = {{"Antecedent", 0, get_drive_reference},
                                                             {"Dependent", 0, get_partition_reference}};

/* ---- MSFT_Disk ---- */

static void get_disk_object_id(const void *row, struct tri_value *ret)
{
    char text[64];
    snprintf(text, sizeof text, "\\\\?\\PhysicalDrive%llu", (unsigned long long)disk_of(row)->sequence);
    tri_value_set_string(ret, text);
}

static void get_disk_unique_id(const void *row, struct tri_value *ret)
{
    if (disk_of(row)->serial)
        get_serial(row, ret);
    else
        get_disk_object_id(row, ret);
}

/* The kernel's place of the disk, or the image behind it. */
static void get_location(const void *row, struct tri_value *ret)
{
    if (disk_of(row)->backing_path)
        tri_value_set_string(ret, disk_of(row)->backing_path);
    else
        get_node(row, ret);
}

static void get_allocated(const void *row, struct tri_value *ret)
{
    const struct tri_disk *disk = disk_of(row);
    uint64_t sum = 0;
    for (size_t i = 0; i < disk->partition_count; i++)
        sum += disk->partitions[i].is_extended ? 0 : disk->partitions[i].size_bytes;
    tri_value_set_unsigned(ret, sum);
}

static void get_largest_free(const void *row, struct tri_value *ret)
{
    TRI_AUTO_FREE struct tri_extent *extents = NULL;
    size_t count = 0;
    uint64_t largest = 0;
    if (disk_of(row)->style == TRI_STYLE_NONE || tri_disk_free_extents(disk_of(row), 0, &extents, &count) < 0)
        return;
    for (size_t i = 0; i < count; i++)
        largest = extents[i].size_bytes > largest ? extents[i].size_bytes : largest;
    tri_value_set_unsigned(ret, largest);
}

static void get_physical_sector(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, disk_of(row)->physical_sector_bytes);
}

static void get_bus(const void *row, struct tri_value *ret)
{
    static const uint8_t numbers[] = {
        [TRI_BUS_UNKNOWN] = 0, [TRI_BUS_SCSI] = 1, [TRI_BUS_ATA] = 3,  [TRI_BUS_USB] = 7,
        [TRI_BUS_ISCSI] = 9,   [TRI_BUS_SAS] = 10, [TRI_BUS_SATA] = 11, [TRI_BUS_SD] = 12,
        [TRI_BUS_MMC] = 13,    [TRI_BUS_VIRTUAL] = 14, [TRI_BUS_FILE] = 15, [TRI_BUS_NVME] = 17};
    tri_value_set_unsigned(ret, numbers[disk_of(row)->bus]);
}

static void get_style(const void *row, struct tri_value *ret)
{
    enum tri_style style = disk_of(row)->style;
    tri_value_set_unsigned(ret, style == TRI_STYLE_GPT ? 2 : style == TRI_STYLE_MBR ? 1 : 0);
}

static void get_operational(const void *row, struct tri_value *ret)
{
    const int64_t status = disk_of(row)->is_offline ? 0xd013 : 0xd010; /* offline, online */
    tri_value_set_numbers(ret, &status, 1);
}

static void get_provisioning(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, 2); /* fixed */
}

static void get_boot(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, disk_of(row)->is_system);
}

static void get_system(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, disk_of(row)->is_boot);
}

static void get_offline(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, disk_of(row)->is_offline);
}

static void get_read_only(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, disk_of(row)->is_read_only);
}

static void get_guid(const void *row, struct tri_value *ret)
{
    char text[TRI_UUID_TEXT_SIZE + 2];
    if (disk_of(row)->style != TRI_STYLE_GPT)
        return;
    tri_braced_uuid(&disk_of(row)->guid, text);
    tri_value_set_string(ret, text);
}

static const struct tri_field msft_disk_fields[] = {
    {"ObjectId", 0, get_disk_object_id},
    {"UniqueId", 0, get_disk_unique_id},
    {"Number", 0, get_number},
    {"FriendlyName", 0, get_friendly},
    {"Path", 0, get_disk_object_id},
    {"Location", 0, get_location},
    {"Model", 0, get_model},
    {"Manufacturer", 0, get_vendor},
    {"SerialNumber", 0, get_serial},
    {"FirmwareVersion", 0, get_revision},
    {"Size", 0, get_size},
    {"AllocatedSize", 0, get_allocated},
    {"LargestFreeExtent", 0, get_largest_free},
    {"LogicalSectorSize", 0, get_sector},
    {"PhysicalSectorSize", 0, get_physical_sector},
    {"BusType", 0, get_bus},
    {"PartitionStyle", 0, get_style},
    {"NumberOfPartitions", 0, get_partition_count},
    {"HealthStatus", 0, tri_get_zero},
    {"OperationalStatus", 0, get_operational},
    {"ProvisioningType", 0, get_provisioning},
    {"IsBoot", 0, get_boot},
    {"IsSystem", 0, get_system},
    {"BootFromDisk", 0, get_system},
    {"IsOffline", 0, get_offline},
    {"IsReadOnly", 0, get_read_only},
    {"IsClustered", 0, tri_get_false},
    {"Guid", 0, get_guid},
    {"Signature", 0, get_signature},
};

/* ---- MSFT_Partition ---- */

static void get_partition_object_id(const void *row, struct tri_value *ret)
{
    const struct tri_disk_row *place = row;
    char text[96];
    snprintf(text, sizeof text, "\\\\?\\PhysicalDrive%llu:%llu", (unsigned long long)place->disk->sequence,
             (unsigned long long)partition_of(row)->start_bytes);
    tri_value_set_string(ret, text);
}

static void get_partition_number(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, partition_of(row)->number);
}

static void get_partition_paths(const void *row, struct tri_value *ret)
{
    struct tri_volume_id id;
    if (tri_volume_of_disk(disk_of(row), partition_of(row)->start_bytes, &id))
        tri_volume_access_paths(&id, ret);
}

static void get_gpt_type(const void *row, struct tri_value *ret)
{
    char text[TRI_UUID_TEXT_SIZE + 2];
    if (disk_of(row)->style != TRI_STYLE_GPT)
        return;
    tri_braced_uuid(&partition_of(row)->type, text);
    tri_value_set_string(ret, text);
}

static void get_partition_guid(const void *row, struct tri_value *ret)
{
    char text[TRI_UUID_TEXT_SIZE + 2];
    if (disk_of(row)->style != TRI_STYLE_GPT)
        return;
    tri_braced_uuid(&partition_of(row)->id, text);
    tri_value_set_string(ret, text);
}

static void get_mbr_type(const void *row, struct tri_value *ret)
{
    if (disk_of(row)->style == TRI_STYLE_MBR)
        tri_value_set_unsigned(ret, partition_of(row)->mbr_type);
}

static void get_mbr_active(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, partition_of(row)->is_active);
}

static void get_hidden(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, disk_of(row)->style == TRI_STYLE_GPT && (partition_of(row)->attributes >> 62 & 1));
}

static void get_no_letter(const void *row, struct tri_value *ret)
{
    tri_value_set_boolean(ret, disk_of(row)->style == TRI_STYLE_GPT && (partition_of(row)->attributes >> 63 & 1));
}

static const struct tri_field msft_partition_fields[] = {
    {"ObjectId", 0, get_partition_object_id},
    {"UniqueId", 0, get_partition_object_id},
    {"DiskId", 0, get_disk_object_id},
    {"DiskNumber", 0, get_number},
    {"PartitionNumber", 0, get_partition_number},
    {"AccessPaths", 0, get_partition_paths},
    {"Offset", 0, get_offset},
    {"Size", 0, get_partition_size},
    {"MbrType", 0, get_mbr_type},
    {"GptType", 0, get_gpt_type},
    {"Guid", 0, get_partition_guid},
    {"IsReadOnly", 0, get_read_only},
    {"IsOffline", 0, get_offline},
    {"IsActive", 0, get_mbr_active},
    {"IsHidden", 0, get_hidden},
    {"NoDefaultDriveLetter", 0, get_no_letter},
};

/* ---- scanning ---- */

int tri_disks_visit(struct tri_scan *scan, const char *number, tri_disk_visit *visit, struct tri_error *error)
{
    const struct tri_value *wanted = number ? tri_scan_equals(scan, number) : NULL;
    TRI_AUTO_FREE uint64_t *sequences = NULL;
    size_t count = 0;
    int r = tri_disk_list(&sequences, &count, error);
    for (size_t i = 0; r == 0 && i < count && !tri_scan_stopped(scan); i++) {
        TRI_AUTO_DISK struct tri_disk *disk = NULL;
        if ((!wanted || wanted->natural == sequences[i]) && tri_disk_read(sequences[i], 0, &disk, NULL) == 0)
            r = visit(scan, disk); /* one that cannot be read is gone, or has no medium that answers */
    }
    return r;
}

static int give_disk(struct tri_scan *scan, const struct tri_disk *disk)
{
    return tri_scan_row(scan, &(struct tri_disk_row){disk, 0});
}

static int give_partitions(struct tri_scan *scan, const struct tri_disk *disk)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < disk->partition_count; i++)
        r = tri_scan_row(scan, &(struct tri_disk_row){disk, i});
    return r;
}

static int scan_drives(struct tri_scan *scan, struct tri_error *error)
{
    return tri_disks_visit(scan, "Index", give_disk, error);
}

static int scan_msft_disks(struct tri_scan *scan, struct tri_error *error)
{
    return tri_disks_visit(scan, "Number", give_disk, error);
}

static int scan_partitions(struct tri_scan *scan, struct tri_error *error)
{
    return tri_disks_visit(scan, "DiskIndex", give_partitions, error);
}

static int scan_drives_to_partitions(struct tri_scan *scan, struct tri_error *error)
{
    return tri_disks_visit(scan, NULL, give_partitions, error);
}

static int scan_msft_partitions(struct tri_scan *scan, struct tri_error *error)
{
    return tri_disks_visit(scan, "DiskNumber", give_partitions, error);
}

/* ---- the tables ---- */

static const struct tri_provided_class drive_class = {.name_space = "root\\cimv2",
                                                      .name = "Win32_DiskDrive",
                                                      .fields = drive_fields,
                                                      .field_count = TRI_FIELD_COUNT(drive_fields),
                                                      .scan = scan_drives};
static const struct tri_provided_class partition_class = {.name_space = "root\\cimv2",
                                                          .name = "Win32_DiskPartition",
                                                          .fields = partition_fields,
                                                          .field_count = TRI_FIELD_COUNT(partition_fields),
                                                          .scan = scan_partitions};
static const struct tri_provided_class drive_to_partition_class = {
    .name_space = "root\\cimv2",
    .name = "Win32_DiskDriveToDiskPartition",
    .fields = drive_to_partition_fields,
    .field_count = TRI_FIELD_COUNT(drive_to_partition_fields),
    .scan = scan_drives_to_partitions};
static const struct tri_provided_class msft_disk_class = {.name_space = "root\\Microsoft\\Windows\\Storage",
                                                          .name = "MSFT_Disk",
                                                          .fields = msft_disk_fields,
                                                          .field_count = TRI_FIELD_COUNT(msft_disk_fields),
                                                          .scan = scan_msft_disks};
static const struct tri_provided_class msft_partition_class = {.name_space = "root\\Microsoft\\Windows\\Storage",
                                                               .name = "MSFT_Partition",
                                                               .fields = msft_partition_fields,
                                                               .field_count = TRI_FIELD_COUNT(msft_partition_fields),
                                                               .scan = scan_msft_partitions};

const struct tri_provided_class *const tri_provider_disk[] = {&drive_class,     &partition_class,      &drive_to_partition_class,
                                                              &msft_disk_class, &msft_partition_class, NULL};
