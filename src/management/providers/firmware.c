/* Win32_BIOS, Win32_BaseBoard, Win32_SystemEnclosure, Win32_PhysicalMemory, Win32_PhysicalMemoryArray: what the firmware
 * says. The texts are files that everybody may read; the structures are root's. */
#include <stdio.h>
#include <string.h>

#include "management/providers/host.h"
#include "management/providers/smbios.h"
#include "management/providers/system.h"

#define DMI "/sys/class/dmi/id/"

/* A row: a structure, or what there is to say where there are none. */
struct firmware {
    struct tri_smbios smbios;
    bool has_structure;
    struct tri_smbios_structure structure;
    unsigned number;       /* of the row, from 0 */
    uint64_t memory_bytes; /* of a machine without structures */
};

static const struct firmware *firmware_of(const void *row)
{
    return row;
}

/* The row's structure, or an empty one. */
static const struct tri_smbios_structure *structure_of(const void *row)
{
    static const struct tri_smbios_structure none;
    return firmware_of(row)->has_structure ? &firmware_of(row)->structure : &none;
}

/* A number that the structure has, and that is not the one that says "unknown". */
static void set_number(const void *row, struct tri_value *ret, size_t offset, size_t bytes, uint64_t unknown)
{
    uint64_t number = tri_smbios_number(structure_of(row), offset, bytes, unknown);
    if (number != unknown)
        tri_value_set_unsigned(ret, number);
}

static void set_known(struct tri_value *ret, uint64_t number)
{
    if (number)
        tri_value_set_unsigned(ret, number);
}

#define GET_LINE(function, file)                                                                                       \
    static void function(const void *row, struct tri_value *ret)                                                       \
    {                                                                                                                  \
        tri_host_set_line(ret, DMI file);                                                                              \
    }
#define GET_STRING(function, offset)                                                                                   \
    static void function(const void *row, struct tri_value *ret)                                                       \
    {                                                                                                                  \
        tri_smbios_set_string(ret, structure_of(row), (offset));                                                       \
    }
#define GET_NUMBER(function, offset, bytes, unknown)                                                                   \
    static void function(const void *row, struct tri_value *ret)                                                       \
    {                                                                                                                  \
        set_number(row, ret, (offset), (bytes), (unknown));                                                            \
    }

/* A scan of one row for the machine, where the file is there that every machine with DMI has. */
static int scan_machine(struct tri_scan *scan, const char *file, int structure)
{
    struct firmware row = {0};
    if (access(file, F_OK) < 0)
        return 0;
    if (tri_scan_needs(scan)) {
        tri_smbios_read(&row.smbios);
        row.has_structure = tri_smbios_find(&row.smbios, (unsigned)structure, &row.structure);
    }
    int r = tri_scan_row(scan, &row);
    tri_smbios_clear(&row.smbios);
    return r;
}

enum { NEED_SMBIOS = 1 };

/* ---- Win32_BIOS ---- */

GET_LINE(get_bios_vendor, "bios_vendor")
GET_LINE(get_bios_version, "bios_version")
GET_LINE(get_product_serial, "product_serial")
GET_NUMBER(get_bios_major, 0x14, 1, 0xff)
GET_NUMBER(get_bios_minor, 0x15, 1, 0xff)
GET_NUMBER(get_controller_major, 0x16, 1, 0xff)
GET_NUMBER(get_controller_minor, 0x17, 1, 0xff)
TRI_GET_CONSTANT(get_running, 3) /* the state of software that runs */

static void get_bios_key(const void *row, struct tri_value *ret)
{
    get_bios_version(row, ret);
    if (!ret->is_set)
        tri_value_set_string(ret, ""); /* a key */
}

/* "VENDOR - 1", the name of the table that carries it. */
static void get_version(const void *row, struct tri_value *ret)
{
    char vendor[256] = "", version[256] = "", text[600];
    tri_host_line(DMI "bios_vendor", vendor, sizeof vendor);
    tri_host_line(DMI "bios_version", version, sizeof version);
    snprintf(text, sizeof text, "%s%s%s", vendor, *vendor && *version ? " - " : "", version);
    tri_value_set_string(ret, text);
}

static void get_bios_versions(const void *row, struct tri_value *ret)
{
    char version[256];
    const char *const versions[] = {version};
    if (tri_host_line(DMI "bios_version", version, sizeof version))
        tri_value_set_strings(ret, versions, 1);
}

/* mm/dd/yyyy, as the specification demands. */
static void get_release_date(const void *row, struct tri_value *ret)
{
    char date[32], text[64];
    unsigned month, day, year;
    int length = 0;
    if (!tri_host_line(DMI "bios_date", date, sizeof date) ||
        sscanf(date, "%2u/%2u/%4u%n", &month, &day, &year, &length) != 3 || date[length] || year < 1000)
        return;
    snprintf(text, sizeof text, "%04u%02u%02u000000.000000+000", year, month, day);
    tri_value_set_string(ret, text);
}

/* The numbers of the bits that are set. */
static void get_characteristics(const void *row, struct tri_value *ret)
{
    uint64_t bits = tri_smbios_number(structure_of(row), 0x0a, 8, 0);
    int64_t numbers[64];
    size_t count = 0;
    for (int bit = 0; bit < 64; bit++)
        if (bits >> bit & 1)
            numbers[count++] = bit;
    if (count > 0)
        tri_value_set_numbers(ret, numbers, count);
}

static void get_smbios_major(const void *row, struct tri_value *ret)
{
    set_known(ret, firmware_of(row)->smbios.major);
}

static void get_smbios_minor(const void *row, struct tri_value *ret)
{
    if (firmware_of(row)->smbios.major)
        tri_value_set_unsigned(ret, firmware_of(row)->smbios.minor);
}

static const struct tri_field bios_fields[] = {
    {"Name", 0, get_bios_key},
    {"Caption", 0, get_bios_key},
    {"Description", 0, get_bios_key},
    {"SoftwareElementID", 0, get_bios_key},
    {"SoftwareElementState", 0, get_running},
    {"TargetOperatingSystem", 0, tri_get_zero},
    {"Version", 0, get_version},
    {"Manufacturer", 0, get_bios_vendor},
    {"SerialNumber", 0, get_product_serial},
    {"Status", 0, tri_get_ok},
    {"PrimaryBIOS", 0, tri_get_true},
    {"BiosCharacteristics", NEED_SMBIOS, get_characteristics},
    {"BIOSVersion", 0, get_bios_versions},
    {"EmbeddedControllerMajorVersion", NEED_SMBIOS, get_controller_major},
    {"EmbeddedControllerMinorVersion", NEED_SMBIOS, get_controller_minor},
    {"ReleaseDate", 0, get_release_date},
    {"SMBIOSBIOSVersion", 0, get_bios_version},
    {"SMBIOSMajorVersion", NEED_SMBIOS, get_smbios_major},
    {"SMBIOSMinorVersion", NEED_SMBIOS, get_smbios_minor},
    {"SMBIOSPresent", 0, tri_get_true},
    {"SystemBiosMajorVersion", NEED_SMBIOS, get_bios_major},
    {"SystemBiosMinorVersion", NEED_SMBIOS, get_bios_minor},
};

static int scan_bios(struct tri_scan *scan, struct tri_error *error)
{
    return scan_machine(scan, DMI "bios_vendor", TRI_SMBIOS_BIOS);
}

/* ---- Win32_BaseBoard ---- */

GET_LINE(get_board_vendor, "board_vendor")
GET_LINE(get_board_name, "board_name")
GET_LINE(get_board_version, "board_version")
GET_LINE(get_board_serial, "board_serial")
TRI_GET_TEXT(get_board, "Base Board")
TRI_GET_TEXT(get_board_class, "Win32_BaseBoard")

static const struct tri_field board_fields[] = {
    {"Tag", 0, get_board},
    {"Name", 0, get_board},
    {"Caption", 0, get_board},
    {"Description", 0, get_board},
    {"CreationClassName", 0, get_board_class},
    {"Status", 0, tri_get_ok},
    {"Manufacturer", 0, get_board_vendor},
    {"Product", 0, get_board_name},
    {"Version", 0, get_board_version},
    {"SerialNumber", 0, get_board_serial},
    {"HostingBoard", 0, tri_get_true},
    {"PoweredOn", 0, tri_get_true},
};

static int scan_board(struct tri_scan *scan, struct tri_error *error)
{
    return scan_machine(scan, DMI "board_name", 2);
}

/* ---- Win32_SystemEnclosure ---- */

GET_LINE(get_chassis_vendor, "chassis_vendor")
GET_LINE(get_chassis_version, "chassis_version")
GET_LINE(get_chassis_serial, "chassis_serial")
GET_LINE(get_chassis_tag, "chassis_asset_tag")
GET_NUMBER(get_security, 0x0c, 1, 0)
TRI_GET_TEXT(get_chassis, "System Enclosure")
TRI_GET_TEXT(get_enclosure_tag, "System Enclosure 0")
TRI_GET_TEXT(get_chassis_class, "Win32_SystemEnclosure")

static void get_chassis_types(const void *row, struct tri_value *ret)
{
    uint64_t type;
    if (tri_host_number(DMI "chassis_type", &type))
        tri_value_set_numbers(ret, &(int64_t){(int64_t)(type & 0x7f)}, 1);
}

/* The high bit of the type. */
static void get_lock(const void *row, struct tri_value *ret)
{
    if (firmware_of(row)->has_structure)
        tri_value_set_boolean(ret, tri_smbios_byte(structure_of(row), 0x05, 0) & 0x80);
}

static const struct tri_field enclosure_fields[] = {
    {"Tag", 0, get_enclosure_tag},
    {"Name", 0, get_chassis},
    {"Caption", 0, get_chassis},
    {"Description", 0, get_chassis},
    {"CreationClassName", 0, get_chassis_class},
    {"Manufacturer", 0, get_chassis_vendor},
    {"Version", 0, get_chassis_version},
    {"SerialNumber", 0, get_chassis_serial},
    {"SMBIOSAssetTag", 0, get_chassis_tag},
    {"ChassisTypes", 0, get_chassis_types},
    {"LockPresent", NEED_SMBIOS, get_lock},
    {"SecurityStatus", NEED_SMBIOS, get_security},
};

static int scan_enclosure(struct tri_scan *scan, struct tri_error *error)
{
    return scan_machine(scan, DMI "chassis_type", TRI_SMBIOS_CHASSIS);
}

/* ---- Win32_PhysicalMemory ---- */

GET_NUMBER(get_total_width, 0x08, 2, 0xffff)
GET_NUMBER(get_data_width, 0x0a, 2, 0xffff)
GET_STRING(get_device_locator, 0x10)
GET_STRING(get_bank_label, 0x11)
GET_NUMBER(get_raw_type, 0x12, 1, 0xff)
GET_NUMBER(get_type_detail, 0x13, 2, 0)
GET_STRING(get_memory_vendor, 0x17)
GET_STRING(get_memory_serial, 0x18)
GET_STRING(get_memory_part, 0x1a)
GET_NUMBER(get_min_voltage, 0x22, 2, 0)
GET_NUMBER(get_max_voltage, 0x24, 2, 0)
GET_NUMBER(get_voltage, 0x26, 2, 0)
TRI_GET_TEXT(get_memory_name, "Physical Memory")
TRI_GET_TEXT(get_memory_class, "Win32_PhysicalMemory")

static void set_tag(struct tri_value *ret, const char *what, const void *row)
{
    char text[64];
    snprintf(text, sizeof text, "%s %u", what, firmware_of(row)->number);
    tri_value_set_string(ret, text);
}

static void get_memory_tag(const void *row, struct tri_value *ret)
{
    set_tag(ret, "Physical Memory", row);
}

static void get_capacity(const void *row, struct tri_value *ret)
{
    set_known(ret, firmware_of(row)->has_structure ? tri_smbios_memory_bytes(structure_of(row))
                                                   : firmware_of(row)->memory_bytes);
}

static void get_speed(const void *row, struct tri_value *ret)
{
    set_known(ret, tri_smbios_memory_speed(structure_of(row)));
}

static void get_configured_speed(const void *row, struct tri_value *ret)
{
    set_known(ret, tri_smbios_memory_configured_speed(structure_of(row)));
}

static void get_form(const void *row, struct tri_value *ret)
{
    if (firmware_of(row)->has_structure)
        tri_value_set_unsigned(ret, tri_smbios_memory_form(structure_of(row)));
}

static void get_memory_type(const void *row, struct tri_value *ret)
{
    if (firmware_of(row)->has_structure)
        tri_value_set_unsigned(ret, tri_smbios_memory_type(structure_of(row)));
}

static void get_rank(const void *row, struct tri_value *ret)
{
    set_known(ret, tri_smbios_byte(structure_of(row), 0x1b, 0) & 0x0f);
}

static const struct tri_field memory_fields[] = {
    {"Tag", 0, get_memory_tag},
    {"Name", 0, get_memory_name},
    {"Caption", 0, get_memory_name},
    {"Description", 0, get_memory_name},
    {"CreationClassName", 0, get_memory_class},
    {"Manufacturer", NEED_SMBIOS, get_memory_vendor},
    {"PartNumber", NEED_SMBIOS, get_memory_part},
    {"SerialNumber", NEED_SMBIOS, get_memory_serial},
    {"FormFactor", NEED_SMBIOS, get_form},
    {"BankLabel", NEED_SMBIOS, get_bank_label},
    {"Capacity", NEED_SMBIOS, get_capacity},
    {"DataWidth", NEED_SMBIOS, get_data_width},
    {"MemoryType", NEED_SMBIOS, get_memory_type},
    {"Speed", NEED_SMBIOS, get_speed},
    {"TotalWidth", NEED_SMBIOS, get_total_width},
    {"Attributes", NEED_SMBIOS, get_rank},
    {"ConfiguredClockSpeed", NEED_SMBIOS, get_configured_speed},
    {"ConfiguredVoltage", NEED_SMBIOS, get_voltage},
    {"DeviceLocator", NEED_SMBIOS, get_device_locator},
    {"MaxVoltage", NEED_SMBIOS, get_max_voltage},
    {"MinVoltage", NEED_SMBIOS, get_min_voltage},
    {"SMBIOSMemoryType", NEED_SMBIOS, get_raw_type},
    {"TypeDetail", NEED_SMBIOS, get_type_detail},
};

/* What uses the machine sums the capacities up: where the firmware says nothing, one module stands for all that the kernel
 * has, with its size and nothing else. */
static int scan_whole_memory(struct tri_scan *scan)
{
    struct tri_host_memory memory;
    if (!tri_host_memory_read(&memory))
        return 0;
    return tri_scan_row(scan, &(struct firmware){.memory_bytes = memory.total * 1024});
}

static int scan_memory(struct tri_scan *scan, struct tri_error *error)
{
    struct firmware row = {0};
    size_t offset = 0;
    int r = 0;
    tri_smbios_read(&row.smbios);
    row.has_structure = true;
    while (r == 0 && tri_smbios_next_of(&row.smbios, TRI_SMBIOS_MEMORY, &offset, &row.structure)) {
        if (tri_smbios_memory_bytes(&row.structure) > 0) { /* an empty slot is no memory */
            r = tri_scan_row(scan, &row);
            row.number++;
        }
    }
    tri_smbios_clear(&row.smbios);
    return r == 0 && row.number == 0 ? scan_whole_memory(scan) : r;
}

/* ---- Win32_PhysicalMemoryArray ---- */

GET_NUMBER(get_location, 0x04, 1, 0)
GET_NUMBER(get_use, 0x05, 1, 0)
GET_NUMBER(get_correction, 0x06, 1, 0)
GET_NUMBER(get_devices, 0x0d, 2, 0)
TRI_GET_TEXT(get_array_name, "Physical Memory Array")
TRI_GET_TEXT(get_array_class, "Win32_PhysicalMemoryArray")

static void get_array_tag(const void *row, struct tri_value *ret)
{
    set_tag(ret, "Physical Memory Array", row);
}

/* KiB; what is too much for the field stands behind it, in bytes. */
static uint64_t array_kib(const void *row)
{
    uint64_t kib = tri_smbios_number(structure_of(row), 0x07, 4, 0);
    return kib == 0x80000000 ? tri_smbios_number(structure_of(row), 0x0f, 8, 0) / 1024 : kib;
}

static void get_max_capacity(const void *row, struct tri_value *ret)
{
    set_known(ret, array_kib(row)); /* NULL where it does not fit: MaxCapacityEx has it */
}

static const struct tri_field array_fields[] = {
    {"Tag", NEED_SMBIOS, get_array_tag},
    {"Name", NEED_SMBIOS, get_array_name},
    {"Caption", NEED_SMBIOS, get_array_name},
    {"Description", NEED_SMBIOS, get_array_name},
    {"CreationClassName", NEED_SMBIOS, get_array_class},
    {"Location", NEED_SMBIOS, get_location},
    {"MaxCapacity", NEED_SMBIOS, get_max_capacity},
    {"MaxCapacityEx", NEED_SMBIOS, get_max_capacity},
    {"MemoryDevices", NEED_SMBIOS, get_devices},
    {"MemoryErrorCorrection", NEED_SMBIOS, get_correction},
    {"Use", NEED_SMBIOS, get_use},
};

static int scan_arrays(struct tri_scan *scan, struct tri_error *error)
{
    struct firmware row = {.has_structure = true};
    size_t offset = 0;
    int r = 0;
    tri_smbios_read(&row.smbios);
    for (; r == 0 && tri_smbios_next_of(&row.smbios, TRI_SMBIOS_MEMORY_ARRAY, &offset, &row.structure); row.number++)
        r = tri_scan_row(scan, &row);
    tri_smbios_clear(&row.smbios);
    return r;
}

/* ---- the tables ---- */

static TRI_PROVIDED_CLASS(bios, "Win32_BIOS", bios_fields, scan_bios);
static TRI_PROVIDED_CLASS(board, "Win32_BaseBoard", board_fields, scan_board);
static TRI_PROVIDED_CLASS(enclosure, "Win32_SystemEnclosure", enclosure_fields, scan_enclosure);
static TRI_PROVIDED_CLASS(memory, "Win32_PhysicalMemory", memory_fields, scan_memory);
static TRI_PROVIDED_CLASS(memory_array, "Win32_PhysicalMemoryArray", array_fields, scan_arrays);

const struct tri_provided_class *const tri_provider_firmware[] = {
    &bios,
    &board,
    &enclosure,
    &memory,
    &memory_array,
    &tri_provided_processor,
    &tri_provided_cache_memory,
    &tri_provided_computer_system_processor,
    &tri_provided_associated_processor_memory,
    NULL,
};
