#include "disk-facts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <windows.h>

#include "output.h"
#include "text.h"

static const struct tri_partition_type types[] = {
    {"linux", "0fc63daf-8483-4772-8e79-3d69d8477de4", 0x83},
    {"basic", "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", 0x07},
    {"esp", "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", 0xef},
    {"swap", "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", 0x82},
    {"lvm", "e6d6d379-f507-44c2-a23c-238f2a3df928", 0x8e},
    {"raid", "a19d880f-05fc-4d3b-a006-743f0f84911e", 0xfd},
    {"msr", "e3c9e316-0b5c-4db8-817d-f92df00215ae", 0},
    {"recovery", "de94bba4-06d1-4d40-a16a-bfd50179d6ac", 0x27},
    {"bios-boot", "21686148-6449-6e6f-744e-656564454649", 0},
    {"fat32", NULL, 0x0c},
    {"extended", NULL, 0x0f},
};

const struct tri_partition_type *tri_partition_type(const char *name)
{
    for (size_t i = 0; i < TRI_COUNT(types); i++)
        if (!strcasecmp(types[i].name, name))
            return &types[i];
    return NULL;
}

/* "linux" of a type's id; the id itself where it has no name. */
static const char *gpt_type_name(const char *id)
{
    for (size_t i = 0; i < TRI_COUNT(types); i++)
        if (types[i].gpt && !strcmp(types[i].gpt, id))
            return types[i].name;
    return id;
}

static const char *mbr_type_name(uint8_t type, const char *id)
{
    if (type == 0x05 || type == 0x85)
        return "extended";
    if (type == 0x0b)
        return "fat32";
    for (size_t i = 0; i < TRI_COUNT(types); i++)
        if (types[i].mbr == type && type)
            return types[i].name;
    return id;
}

static json_t *take_text(char *text)
{
    json_t *result = text ? json_string(text) : json_null();

    free(text);
    return tri_checked(result);
}

static void set(json_t *document, const char *name, json_t *value)
{
    if (json_object_set_new(document, name, tri_checked(value)))
        tri_no_memory();
}

static void set_number(json_t *document, const char *name, uint64_t number)
{
    set(document, name, json_integer((json_int_t)number));
}

/* ---- file systems and volumes ---- */

static void set_filesystem(json_t *facts, VDS_FILE_SYSTEM_PROP *prop, LPWSTR type_name)
{
    TRI_AUTO_FREE char *type = tri_text_taken(type_name);
    TRI_AUTO_FREE char *label = tri_text_taken(prop->pwszLabel);
    bool is_raw = !type || !*type || !strcasecmp(type, "RAW");

    set(facts, "FileSystem", is_raw ? json_null() : json_string(type));
    set(facts, "Label", label && *label ? json_string(label) : json_null());
    set(facts, "AllocationUnitSize",
        prop->ulAllocationUnitSize && !is_raw ? json_integer(prop->ulAllocationUnitSize) : json_null());
    if (prop->ullAvailableAllocationUnits)
        set_number(facts, "AvailableSize", prop->ullAvailableAllocationUnits * prop->ulAllocationUnitSize);
    else
        set(facts, "AvailableSize", json_null());
}

static void set_volume_filesystem(json_t *facts, IVdsVolume *volume)
{
    TRI_AUTO_RELEASE IVdsVolumeMF *files = tri_interface(volume, &IID_IVdsVolumeMF);
    TRI_AUTO_RELEASE IVdsVolumeMF2 *names = tri_interface(volume, &IID_IVdsVolumeMF2);
    VDS_FILE_SYSTEM_PROP prop = {0};
    LPWSTR type = NULL;

    if (!files || FAILED(IVdsVolumeMF_GetFileSystemProperties(files, &prop)))
        prop = (VDS_FILE_SYSTEM_PROP){0};
    if (!names || FAILED(IVdsVolumeMF2_GetFileSystemTypeName(names, &type)))
        type = NULL;
    set_filesystem(facts, &prop, type);
}

/* Of a partition that is no volume. */
static void set_partition_filesystem(json_t *facts, IVdsDisk *disk, uint64_t offset_bytes)
{
    TRI_AUTO_RELEASE IVdsDiskPartitionMF *files = tri_interface(disk, &IID_IVdsDiskPartitionMF);
    VDS_FILE_SYSTEM_PROP prop = {0};
    LPWSTR type = NULL;

    if (!files || FAILED(IVdsDiskPartitionMF_GetPartitionFileSystemProperties(files, offset_bytes, &prop)))
        prop = (VDS_FILE_SYSTEM_PROP){0};
    if (!files || FAILED(IVdsDiskPartitionMF_GetPartitionFileSystemTypeName(files, offset_bytes, &type)))
        type = NULL;
    set_filesystem(facts, &prop, type);
}

static json_t *access_paths(IVdsVolume *volume)
{
    TRI_AUTO_RELEASE IVdsVolumeMF *mounts = tri_interface(volume, &IID_IVdsVolumeMF);
    json_t *result = tri_checked(json_array());
    LPWSTR *list = NULL;
    LONG count = 0;

    if (mounts && SUCCEEDED(IVdsVolumeMF_QueryAccessPaths(mounts, &list, &count)))
        for (LONG i = 0; i < count; i++)
            json_array_append_new(result, tri_json_taken(list[i]));
    CoTaskMemFree(list);
    return result;
}

static json_t *volume_path(IVdsVolume *volume)
{
    TRI_AUTO_RELEASE IVdsVolumeMF3 *names = tri_interface(volume, &IID_IVdsVolumeMF3);
    json_t *result = NULL;
    LPWSTR *list = NULL;
    ULONG count = 0;

    if (names && SUCCEEDED(IVdsVolumeMF3_QueryVolumeGuidPathnames(names, &list, &count)))
        for (ULONG i = 0; i < count; i++) {
            json_t *path = tri_json_taken(list[i]);
            if (i)
                json_decref(path);
            else
                result = path;
        }
    CoTaskMemFree(list);
    return result ? result : json_null();
}

static void set_volume(json_t *facts, IVdsVolume *volume)
{
    VDS_VOLUME_PROP prop = {0};

    set(facts, "Volume", volume_path(volume));
    set_volume_filesystem(facts, volume);
    set(facts, "AccessPaths", access_paths(volume));
    if (FAILED(IVdsVolume_GetProperties(volume, &prop)))
        return;
    TRI_AUTO_FREE char *id = tri_text_guid(&prop.id);
    CoTaskMemFree(prop.pwszName);
    set(facts, "VolumeId", json_string(id));
    set(facts, "Formatting", json_boolean(prop.ulFlags & VDS_VF_FORMATTING));
    set(facts, "CanExtend", json_boolean(prop.ulFlags & VDS_VF_CAN_EXTEND));
    set(facts, "CanShrink", json_boolean(prop.ulFlags & VDS_VF_CAN_SHRINK));
    set(facts, "Offline", json_boolean(prop.status == VDS_VS_OFFLINE));
}

/* ---- partitions ---- */

static char *gpt_name(const WCHAR name[GPT_PARTITION_NAME_LENGTH])
{
    WCHAR text[GPT_PARTITION_NAME_LENGTH + 1] = {0};

    memcpy(text, name, sizeof(text) - sizeof(text[0]));
    return tri_text_of(text);
}

static void set_gpt(json_t *facts, const VDS_PARTITION_INFO_GPT *gpt)
{
    TRI_AUTO_FREE char *type = tri_text_guid(&gpt->partitionType);
    TRI_AUTO_FREE char *name = gpt_name(gpt->name);
    TRI_AUTO_FREE char *attributes = tri_text_format("0x%016llx", (unsigned long long)gpt->attributes);

    set(facts, "Type", json_string(gpt_type_name(type)));
    set(facts, "PartitionType", json_string(type));
    set(facts, "PartitionId", take_text(tri_text_guid(&gpt->partitionId)));
    set(facts, "Attributes", json_string(attributes));
    set(facts, "Name", *name ? json_string(name) : json_null());
}

static void set_mbr(json_t *facts, const VDS_PARTITION_INFO_MBR *mbr)
{
    TRI_AUTO_FREE char *type = tri_text_format("0x%02x", mbr->partitionType);

    set(facts, "Type", json_string(mbr_type_name(mbr->partitionType, type)));
    set(facts, "PartitionType", json_string(type));
    set(facts, "Active", json_boolean(mbr->bootIndicator));
}

static json_t *partition_facts(const char *disk_device, const VDS_PARTITION_PROP *prop)
{
    json_t *facts = tri_checked(json_object());

    set(facts, "Device",
        take_text(prop->ulPartitionNumber ? tri_place_device(disk_device, prop->ulPartitionNumber) : NULL));
    set_number(facts, "Number", prop->ulPartitionNumber);
    set_number(facts, "Offset", prop->ullOffset);
    set_number(facts, "Size", prop->ullSize);
    if (prop->PartitionStyle == VDS_PST_GPT)
        set_gpt(facts, &prop->Gpt);
    else
        set_mbr(facts, &prop->Mbr);
    return facts;
}

/* The volume at an offset, by the disk's extents; NULL: there is none. */
static IVdsVolume *volume_at(const struct tri_disks *disks, const VDS_DISK_EXTENT *extents, LONG count, uint64_t offset)
{
    for (LONG i = 0; i < count; i++) {
        TRI_AUTO_RELEASE IUnknown *object = NULL;
        if (extents[i].ullOffset != offset || IsEqualGUID(&extents[i].volumeId, &GUID_NULL))
            continue;
        if (SUCCEEDED(IVdsService_GetObject(disks->service, extents[i].volumeId, VDS_OT_VOLUME, &object)))
            return tri_interface(object, &IID_IVdsVolume);
    }
    return NULL;
}

static void add_partition(const struct tri_disks *disks, json_t *facts, IVdsDisk *disk, const VDS_PARTITION_PROP *prop,
                          const VDS_DISK_EXTENT *extents, LONG extent_count)
{
    TRI_AUTO_RELEASE IVdsVolume *volume = volume_at(disks, extents, extent_count, prop->ullOffset);
    json_t *partition = partition_facts(tri_member_text(facts, "Device"), prop);

    if (volume)
        set_volume(partition, volume);
    else
        set_partition_filesystem(partition, disk, prop->ullOffset);
    json_array_append_new(json_object_get(facts, "Partitions"), partition);
}

/* ---- disks ---- */

static void set_partitions(const struct tri_disks *disks, json_t *facts, IVdsDisk *disk)
{
    TRI_AUTO_RELEASE IVdsAdvancedDisk *table = tri_interface(disk, &IID_IVdsAdvancedDisk);
    VDS_PARTITION_PROP *partitions = NULL;
    VDS_DISK_EXTENT *extents = NULL;
    LONG count = 0, extent_count = 0;

    set(facts, "Partitions", json_array());
    if (FAILED(IVdsDisk_QueryExtents(disk, &extents, &extent_count)))
        extent_count = 0;
    if (!table || FAILED(IVdsAdvancedDisk_QueryPartitions(table, &partitions, &count)))
        count = 0;
    for (LONG i = 0; i < count; i++)
        add_partition(disks, facts, disk, &partitions[i], extents, extent_count);
    TRI_AUTO_RELEASE IVdsVolume *whole = count ? NULL : volume_at(disks, extents, extent_count, 0);
    if (whole)
        set_volume(facts, whole);
    CoTaskMemFree(partitions);
    CoTaskMemFree(extents);
}

static void set_free_extents(json_t *facts, IVdsDisk *disk)
{
    TRI_AUTO_RELEASE IVdsDisk3 *space = tri_interface(disk, &IID_IVdsDisk3);
    json_t *array = tri_checked(json_array());
    VDS_DISK_FREE_EXTENT *list = NULL;
    LONG count = 0;

    if (space && SUCCEEDED(IVdsDisk3_QueryFreeExtents(space, 0, &list, &count)))
        for (LONG i = 0; i < count; i++)
            json_array_append_new(array, json_pack("{s:I, s:I}", "Offset", (json_int_t)list[i].ullOffset, "Size",
                                                   (json_int_t)list[i].ullSize));
    CoTaskMemFree(list);
    set(facts, "FreeExtents", array);
}

/* The file that a loop device shows which somebody else has set up; NULL: it is none. */
static char *loop_file(const char *device)
{
    TRI_AUTO_FREE char *path = tri_text_format("/sys/class/block/%s/loop/backing_file", strrchr(device, '/') + 1);
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;

    if (!file)
        return NULL;
    ssize_t length = getline(&line, &room, file);
    fclose(file);
    if (length < 1) {
        free(line);
        return NULL;
    }
    line[length - 1] = '\0';
    return line;
}

static void set_image(const struct tri_disks *disks, json_t *facts, IVdsDisk *disk)
{
    TRI_AUTO_RELEASE IVdsVDisk *image = NULL;
    VDS_VDISK_PROPERTIES prop = {0};
    const char *device = tri_member_text(facts, "Device");
    char *path = NULL;

    if (SUCCEEDED(IVdsVdProvider_GetVDiskFromDisk(disks->images, disk, &image)) && image &&
        SUCCEEDED(IVdsVDisk_GetProperties(image, &prop))) {
        path = tri_text_of(prop.pPath);
        tri_vdisk_prop_clear(&prop);
    } else if (strrchr(device, '/')) {
        path = loop_file(device);
    }
    set(facts, "Image", take_text(path));
}

static const char *bus_name(VDS_STORAGE_BUS_TYPE bus)
{
    static const char *const names[] = {
        "Unknown", "SCSI", "ATAPI", "ATA", "1394",    "SSA",  "Fibre",  "USB",  "RAID", "iSCSI",
        "SAS",     "SATA", "SD",    "MMC", "Virtual", "File", "Spaces", "NVMe", "SCM",  "UFS",
    };

    return (size_t)bus < TRI_COUNT(names) ? names[bus] : "Unknown";
}

static const char *status_name(VDS_DISK_STATUS status)
{
    static const char *const names[] = {"Unknown", "Online", "NotReady", "NoMedia", "Offline", "Failed", "Missing"};

    return (size_t)status < TRI_COUNT(names) ? names[status] : "Unknown";
}

static void set_style(json_t *facts, const VDS_DISK_PROP *prop)
{
    if (prop->PartitionStyle == VDS_PST_GPT) {
        set(facts, "PartitionStyle", json_string("GPT"));
        set(facts, "DiskId", take_text(tri_text_guid(&prop->DiskGuid)));
    } else if (prop->PartitionStyle == VDS_PST_MBR) {
        set(facts, "PartitionStyle", json_string("MBR"));
        set(facts, "DiskId", take_text(tri_text_format("0x%08x", (unsigned)prop->dwSignature)));
    } else {
        set(facts, "PartitionStyle", json_null());
        set(facts, "DiskId", json_null());
    }
}

static json_t *disk_facts(VDS_DISK_PROP *prop)
{
    json_t *facts = tri_checked(json_object());

    set(facts, "Device", tri_json_taken(prop->pwszDevicePath));
    set(facts, "Name", tri_json_taken(prop->pwszName));
    set(facts, "FriendlyName", tri_json_taken(prop->pwszFriendlyName));
    prop->pwszDevicePath = prop->pwszName = prop->pwszFriendlyName = NULL;
    set(facts, "Id", take_text(tri_text_guid(&prop->id)));
    set_number(facts, "Size", prop->ullSize);
    set_number(facts, "BytesPerSector", prop->ulBytesPerSector);
    set(facts, "BusType", json_string(bus_name(prop->BusType)));
    set(facts, "Status", json_string(status_name(prop->status)));
    set(facts, "ReadOnly", json_boolean(prop->ulFlags & (VDS_DF_READ_ONLY | VDS_DF_CURRENT_READ_ONLY)));
    set(facts, "System", json_boolean(prop->ulFlags & (VDS_DF_SYSTEM_DISK | VDS_DF_BOOT_DISK | VDS_DF_PAGEFILE_DISK)));
    set(facts, "Removable", json_boolean(prop->dwMediaType == 11));
    set_style(facts, prop);
    return facts;
}

json_t *tri_facts_disk(const struct tri_disks *disks, IVdsDisk *disk)
{
    VDS_DISK_PROP prop = {0};

    if (FAILED(IVdsDisk_GetProperties(disk, &prop)))
        return NULL;
    json_t *facts = disk_facts(&prop);
    tri_disk_prop_clear(&prop);
    set_image(disks, facts, disk);
    set_partitions(disks, facts, disk);
    set_free_extents(facts, disk);
    tri_disks_forget_error();
    return facts;
}

/* ---- images ---- */

static const char *format_name(const VIRTUAL_STORAGE_TYPE *type)
{
    if (IsEqualGUID(&type->VendorId, &VIRTUAL_STORAGE_TYPE_VENDOR_TRIREME))
        return type->DeviceId == TRIREME_STORAGE_TYPE_DEVICE_QCOW2 ? "qcow2" : "raw";
    if (type->DeviceId == VIRTUAL_STORAGE_TYPE_DEVICE_VHD)
        return "vhd";
    return type->DeviceId == VIRTUAL_STORAGE_TYPE_DEVICE_VHDX ? "vhdx" : NULL;
}

static const char *image_state_name(VDS_VDISK_STATE state)
{
    static const char *const names[] = {"Unknown",   "Added",      "Open",    "AttachPending", "Attached", "Attached",
                                        "Detaching", "Compacting", "Merging", "Expanding",     "Deleted"};

    return (size_t)state < TRI_COUNT(names) ? names[state] : "Unknown";
}

static json_t *image_facts(const struct tri_disks *disks, IVdsVDisk *image)
{
    TRI_AUTO_RELEASE IVdsDisk *disk = NULL;
    VDS_VDISK_PROPERTIES prop = {0};
    HRESULT hr = IVdsVDisk_GetProperties(image, &prop);
    bool is_readable = hr != VDS_S_PROPERTIES_INCOMPLETE; /* else nobody knows the sizes */

    if (FAILED(hr))
        return NULL;
    json_t *facts = tri_checked(json_object());
    const char *format = format_name(&prop.VirtualDeviceType);
    set(facts, "Path", tri_json_taken(prop.pPath));
    set(facts, "Format", format ? json_string(format) : json_null());
    set(facts, "State", json_string(image_state_name(prop.State)));
    set(facts, "Readable", json_boolean(is_readable));
    set(facts, "VirtualSize", is_readable ? json_integer((json_int_t)prop.VirtualSize) : json_null());
    set(facts, "PhysicalSize", is_readable ? json_integer((json_int_t)prop.PhysicalSize) : json_null());
    set(facts, "Fixed",
        is_readable ? json_boolean(prop.DiskFlag & DEPENDENT_DISK_FLAG_FULLY_ALLOCATED) : json_null());
    set(facts, "Parent", tri_json_taken(prop.pParentPath));
    prop.pPath = prop.pParentPath = NULL;
    disk = prop.pDeviceName ? tri_place_disk_of_image(disks, image) : NULL;
    tri_vdisk_prop_clear(&prop);
    json_t *attached = disk ? tri_facts_disk(disks, disk) : NULL;
    set(facts, "Disk", attached ? attached : json_null());
    return facts;
}

/* ---- what was found ---- */

/* The partition's facts out of those of its disk, and which disk that is. */
static json_t *volume_facts(const struct tri_disks *disks, const struct tri_place *place)
{
    json_t *disk = tri_facts_disk(disks, place->disk), *partition, *facts = NULL;
    size_t i;

    if (!disk || !place->number)
        return disk;
    json_array_foreach (json_object_get(disk, "Partitions"), i, partition)
        if (tri_member_number(partition, "Offset") == place->offset_bytes)
            facts = json_incref(partition);
    if (facts) {
        set(facts, "Disk", json_string(tri_member_text(disk, "Device")));
        set(facts, "System", json_incref(json_object_get(disk, "System")));
    }
    json_decref(disk);
    return facts;
}

json_t *tri_facts_place(const struct tri_disks *disks, const struct tri_place *place)
{
    if (place->kind == TRI_PLACE_IMAGE)
        return image_facts(disks, place->image);
    return place->kind == TRI_PLACE_DISK ? tri_facts_disk(disks, place->disk) : volume_facts(disks, place);
}

int tri_facts_fail(const struct tri_disks *disks, const struct tri_place *place, const char *verb)
{
    VDS_VDISK_PROPERTIES image = {0};
    VDS_DISK_PROP disk = {0};

    tri_disks_forget_error();
    HRESULT hr = place->kind == TRI_PLACE_IMAGE ? IVdsVDisk_GetProperties(place->image, &image)
                                                : IVdsDisk_GetProperties(place->disk, &disk);
    tri_vdisk_prop_clear(&image);
    tri_disk_prop_clear(&disk);
    return tri_disks_fail(disks, FAILED(hr) ? hr : VDS_E_OBJECT_DELETED, "cannot %s %s", verb, place->name);
}

static void add_disks(const struct tri_disks *disks, json_t *array, IEnumVdsObject *list)
{
    for (IVdsDisk *disk; (disk = tri_enum_next(list, &IID_IVdsDisk)); IVdsDisk_Release(disk)) {
        json_t *facts = tri_facts_disk(disks, disk);
        if (facts)
            json_array_append_new(array, facts);
    }
}

static int compare_devices(const void *a, const void *b)
{
    return strverscmp(tri_member_text(*(json_t *const *)a, "Device"), tri_member_text(*(json_t *const *)b, "Device"));
}

/* Takes the array. */
static json_t *sorted(json_t *array)
{
    size_t count = json_array_size(array);
    TRI_AUTO_FREE json_t **items = tri_checked(calloc(count + 1, sizeof(*items)));
    json_t *result = tri_checked(json_array());

    for (size_t i = 0; i < count; i++)
        items[i] = json_array_get(array, i);
    qsort(items, count, sizeof(*items), compare_devices);
    for (size_t i = 0; i < count; i++)
        json_array_append(result, items[i]);
    json_decref(array);
    return result;
}

json_t *tri_facts_all(const struct tri_disks *disks)
{
    TRI_AUTO_RELEASE IEnumVdsObject *packs = NULL, *raw = NULL;
    json_t *array = tri_checked(json_array());
    HRESULT hr = IVdsSwProvider_QueryPacks(disks->software, &packs);

    if (SUCCEEDED(hr))
        hr = IVdsService_QueryUnallocatedDisks(disks->service, &raw);
    if (FAILED(hr)) {
        tri_disks_fail(disks, hr, "cannot list the disks");
        json_decref(array);
        return NULL;
    }
    for (IVdsPack *pack; (pack = tri_enum_next(packs, &IID_IVdsPack)); IVdsPack_Release(pack)) {
        TRI_AUTO_RELEASE IEnumVdsObject *list = NULL;
        if (SUCCEEDED(IVdsPack_QueryDisks(pack, &list)))
            add_disks(disks, array, list);
    }
    add_disks(disks, array, raw);
    tri_disks_forget_error();
    return sorted(array);
}

/* ---- for people ---- */

static char *volume_text(const json_t *facts)
{
    const char *type = tri_member_text(facts, "FileSystem"), *label = tri_member_text(facts, "Label");
    TRI_AUTO_FREE char *size = tri_text_bytes(tri_member_number(facts, "Size"));

    return tri_text_format("%s%s%s%s, %s", *type ? type : "no file system", *label ? " '" : "", label,
                           *label ? "'" : "", size);
}

const char *tri_facts_style(const json_t *facts)
{
    const char *status = tri_member_text(facts, "Status"), *style = tri_member_text(facts, "PartitionStyle");

    if (!strcmp(status, "Failed"))
        return "failed";
    if (!strcmp(status, "NoMedia"))
        return "no medium";
    return *style || *tri_member_text(facts, "FileSystem") ? style : "raw";
}

static char *disk_text(const json_t *facts)
{
    const json_t *partitions = json_object_get(facts, "Partitions");
    const char *image = tri_member_text(facts, "Image");
    TRI_AUTO_FREE char *size = tri_text_bytes(tri_member_number(facts, "Size"));
    char *text = tri_text_format("%s, %s%s%s", size, tri_facts_style(facts), *image ? ", image " : "", image);
    json_t *partition;
    size_t i;

    json_array_foreach (partitions, i, partition) {
        TRI_AUTO_FREE char *before = text;
        TRI_AUTO_FREE char *what = volume_text(partition);
        const char *device = tri_member_text(partition, "Device");
        TRI_AUTO_FREE char *number = tri_text_format("partition %u", (unsigned)tri_member_number(partition, "Number"));
        text = tri_text_format("%s%s%s (%s)", before,
                               !i                                    ? ", with "
                               : i + 1 < json_array_size(partitions) ? ", "
                                                                     : " and ",
                               *device ? device : number, what);
    }
    return text;
}

char *tri_facts_text(const json_t *facts)
{
    bool is_disk = json_object_get(facts, "Partitions") && !*tri_member_text(facts, "FileSystem");

    return is_disk ? disk_text(facts) : volume_text(facts);
}

char *tri_facts_name_now(const struct tri_disks *disks, const struct tri_place *place)
{
    TRI_AUTO_RELEASE IErrorInfo *error = NULL;

    GetErrorInfo(0, &error);
    json_t *facts = tri_facts_place(disks, place);
    const char *type = tri_member_text(facts, "FileSystem"), *label = tri_member_text(facts, "Label");
    char *text;
    if (!facts)
        text = tri_text_format("%s", place->name);
    else if (place->kind == TRI_PLACE_DISK && !*type)
        text = tri_text_format("%s, which is %s now", place->name, tri_facts_style(facts));
    else
        text = tri_text_format("%s, which holds %s%s%s%s now", place->name, *type ? type : "no file system",
                               *label ? " '" : "", label, *label ? "'" : "");
    json_decref(facts);
    SetErrorInfo(0, error);
    return text;
}

const char *tri_facts_mounted(const json_t *facts)
{
    const json_t *own = json_array_get(json_object_get(facts, "AccessPaths"), 0);
    const char *path = json_string_value(own);
    json_t *partition;
    size_t i;

    json_array_foreach (json_object_get(facts, "Partitions"), i, partition)
        if (!path)
            path = tri_facts_mounted(partition);
    return path;
}
