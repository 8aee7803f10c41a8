/* Win32_ComputerSystem, Win32_ComputerSystemProduct. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <systemd/sd-login.h>

#include "management/providers/cpu.h"
#include "management/providers/host.h"
#include "management/providers/smbios.h"
#include "management/providers/system.h"

enum { NEED_MEMORY = 1, NEED_CPUS = 2, NEED_CPUINFO = 4, NEED_SMBIOS = 8 };

struct computer {
    struct utsname uname;
    bool has_memory;
    struct tri_host_memory memory;
    struct tri_cpu *cpus; /* NULL: unknown */
    size_t cpu_count;
    char *cpuinfo; /* or NULL */
    struct tri_smbios smbios;
};

static const struct computer *computer_of(const void *row)
{
    return row;
}

/* ---- names ---- */

static void get_dns_host_name(const void *row, struct tri_value *ret)
{
    char name[sizeof computer_of(row)->uname.nodename];
    snprintf(name, sizeof name, "%s", computer_of(row)->uname.nodename);
    name[strcspn(name, ".")] = 0;
    tri_value_set_string(ret, name);
}

static void get_domain(const void *row, struct tri_value *ret)
{
    const char *dot = strchr(computer_of(row)->uname.nodename, '.');
    if (dot && dot[1])
        tri_value_set_string(ret, dot + 1);
}

static void get_domain_role(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, tri_host_is_workstation() ? 0 : 2); /* standalone workstation, standalone server */
}

/* Who sits at the machine. */
static void get_user_name(const void *row, struct tri_value *ret)
{
    uid_t uid;
    struct passwd entry, *found = NULL;
    char buffer[1024], text[1400];
    if (sd_seat_get_active("seat0", NULL, &uid) < 0 || getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) != 0 ||
        !found)
        return;
    snprintf(text, sizeof text, "%s\\%s", tri_server_name(), found->pw_name);
    tri_value_set_string(ret, text);
}

TRI_GET_TEXT(get_description, "AT/AT COMPATIBLE")

/* ---- firmware ---- */

#define DMI "/sys/class/dmi/id/"

/* Machines without DMI say their model in the device tree. */
static void get_model(const void *row, struct tri_value *ret)
{
    tri_host_set_line(ret, DMI "product_name");
    if (!ret->is_set)
        tri_host_set_line(ret, "/proc/device-tree/model");
}

static void get_manufacturer(const void *row, struct tri_value *ret)
{
    tri_host_set_line(ret, DMI "sys_vendor");
}

static void get_family(const void *row, struct tri_value *ret)
{
    tri_host_set_line(ret, DMI "product_family");
}

static void get_sku(const void *row, struct tri_value *ret)
{
    tri_host_set_line(ret, DMI "product_sku");
}

/* Windows' kinds of machine of SMBIOS's kinds of case. */
static void get_pc_type(const void *row, struct tri_value *ret)
{
    enum { DESKTOP = 1, MOBILE = 2, ENTERPRISE_SERVER = 4, SLATE = 8 };
    static const unsigned char types[] = {
        [3] = DESKTOP,
        [4] = DESKTOP,
        [5] = DESKTOP,
        [6] = DESKTOP,
        [7] = DESKTOP,
        [8] = MOBILE,
        [9] = MOBILE,
        [10] = MOBILE,
        [13] = DESKTOP,
        [14] = MOBILE,
        [15] = DESKTOP,
        [17] = ENTERPRISE_SERVER,
        [23] = ENTERPRISE_SERVER,
        [28] = ENTERPRISE_SERVER,
        [29] = ENTERPRISE_SERVER,
        [30] = SLATE,
        [31] = MOBILE,
        [32] = MOBILE,
        [35] = DESKTOP,
        [36] = DESKTOP,
    };
    uint64_t chassis;
    if (tri_host_number(DMI "chassis_type", &chassis) && chassis < sizeof types && types[chassis])
        tri_value_set_unsigned(ret, types[chassis]);
}

static void get_oem_strings(const void *row, struct tri_value *ret)
{
    const struct tri_smbios *smbios = &computer_of(row)->smbios;
    struct tri_smbios_structure oem;
    const char *strings[UINT8_MAX];
    if (!tri_smbios_find(smbios, TRI_SMBIOS_OEM_STRINGS, &oem))
        return;
    size_t count = 0, total = tri_smbios_byte(&oem, 4, 0);
    for (unsigned i = 1; i <= total; i++) {
        const char *text = tri_smbios_string_at(&oem, i);
        if (text)
            strings[count++] = text;
    }
    tri_value_set_strings(ret, strings, count);
}

static void get_chassis_sku(const void *row, struct tri_value *ret)
{
    struct tri_smbios_structure chassis;
    if (!tri_smbios_find(&computer_of(row)->smbios, TRI_SMBIOS_CHASSIS, &chassis) || chassis.length < 0x15)
        return;
    /* It stands behind a list whose size the structure itself gives. */
    size_t at = 0x15 + (size_t)tri_smbios_byte(&chassis, 0x13, 0) * tri_smbios_byte(&chassis, 0x14, 0);
    tri_value_set_string(ret, tri_smbios_string(&chassis, at));
}

/* ---- processors and memory ---- */

static void get_packages(const void *row, struct tri_value *ret)
{
    if (computer_of(row)->cpus)
        tri_value_set_unsigned(ret, tri_cpu_packages(computer_of(row)->cpus, computer_of(row)->cpu_count));
}

static void get_cpus(const void *row, struct tri_value *ret)
{
    if (computer_of(row)->cpus)
        tri_value_set_unsigned(ret, computer_of(row)->cpu_count);
}

static void get_memory(const void *row, struct tri_value *ret)
{
    if (computer_of(row)->has_memory)
        tri_value_set_unsigned(ret, computer_of(row)->memory.total * 1024);
}

static void get_type(const void *row, struct tri_value *ret)
{
    static const struct {
        const char *machine, *type;
    } types[] = {
        {"x86_64", "x64-based PC"}, {"aarch64", "ARM64-based PC"}, {"i686", "X86-based PC"}, {"i386", "X86-based PC"}};
    for (size_t i = 0; i < TRI_FIELD_COUNT(types); i++)
        if (strcmp(types[i].machine, computer_of(row)->uname.machine) == 0)
            tri_value_set_string(ret, types[i].type);
}

static void get_hypervisor(const void *row, struct tri_value *ret)
{
    const char *cpuinfo = computer_of(row)->cpuinfo;
    if (cpuinfo)
        tri_value_set_boolean(ret,
                              tri_cpu_has_flag(cpuinfo, "hypervisor") || access("/sys/hypervisor/type", F_OK) == 0);
}

/* ---- time ---- */

static void get_daylight(const void *row, struct tri_value *ret)
{
    struct tm tm;
    time_t now = time(NULL);
    if (localtime_r(&now, &tm) && tm.tm_isdst >= 0)
        tri_value_set_boolean(ret, tm.tm_isdst > 0);
}

/* ---- the table ---- */

TRI_GET_CONSTANT(get_unknown,
                 3) /* of thermal and supply states and passwords: Windows says 3 where firmware says nothing */
TRI_GET_TEXT(get_boot_state, "Normal boot")

static const struct tri_field fields[] = {
    {"Name", 0, tri_get_system_name},
    {"Caption", 0, tri_get_system_name},
    {"Description", 0, get_description},
    {"Status", 0, tri_get_ok},
    {"CreationClassName", 0, tri_get_system_class},
    {"AdminPasswordStatus", 0, get_unknown},
    {"BootupState", 0, get_boot_state},
    {"ChassisBootupState", 0, get_unknown},
    {"ChassisSKUNumber", NEED_SMBIOS, get_chassis_sku},
    {"CurrentTimeZone", 0, tri_get_time_zone},
    {"DaylightInEffect", 0, get_daylight},
    {"DNSHostName", 0, get_dns_host_name},
    {"Domain", 0, get_domain},
    {"DomainRole", 0, get_domain_role},
    {"EnableDaylightSavingsTime", 0, tri_get_true},
    {"FrontPanelResetStatus", 0, get_unknown},
    {"HypervisorPresent", NEED_CPUINFO, get_hypervisor},
    {"KeyboardPasswordStatus", 0, get_unknown},
    {"Manufacturer", 0, get_manufacturer},
    {"Model", 0, get_model},
    {"NetworkServerModeEnabled", 0, tri_get_true},
    {"NumberOfLogicalProcessors", NEED_CPUS, get_cpus},
    {"NumberOfProcessors", NEED_CPUS, get_packages},
    {"OEMStringArray", NEED_SMBIOS, get_oem_strings},
    {"PartOfDomain", 0, tri_get_false},
    {"PCSystemType", 0, get_pc_type},
    {"PCSystemTypeEx", 0, get_pc_type},
    {"PowerOnPasswordStatus", 0, get_unknown},
    {"PowerState", 0, tri_get_zero},
    {"PowerSupplyState", 0, get_unknown},
    {"SystemFamily", 0, get_family},
    {"SystemSKUNumber", 0, get_sku},
    {"SystemType", 0, get_type},
    {"ThermalState", 0, get_unknown},
    {"TotalPhysicalMemory", NEED_MEMORY, get_memory},
    {"UserName", 0, get_user_name},
};

static int scan(struct tri_scan *scan, struct tri_error *error)
{
    unsigned needs = tri_scan_needs(scan);
    struct computer computer = {0};
    TRI_AUTO_FREE struct tri_cpu *cpus = NULL;
    TRI_AUTO_FREE char *cpuinfo = NULL;
    if (uname(&computer.uname) < 0)
        return tri_error_set(error, -errno, NULL, "The kernel does not say its name: %m.");
    if (needs & NEED_MEMORY)
        computer.has_memory = tri_host_memory_read(&computer.memory);
    if ((needs & NEED_CPUS) && tri_cpus_read(&cpus, &computer.cpu_count) == 0)
        computer.cpus = cpus;
    if ((needs & NEED_CPUINFO) && tri_cpuinfo_read(&cpuinfo) == 0)
        computer.cpuinfo = cpuinfo;
    if (needs & NEED_SMBIOS)
        tri_smbios_read(&computer.smbios);
    int r = tri_scan_row(scan, &computer);
    tri_smbios_clear(&computer.smbios);
    return r;
}

TRI_PROVIDED_CLASS(tri_provided_computer_system, "Win32_ComputerSystem", fields, scan);

/* ---- Win32_ComputerSystemProduct ---- */

static void get_serial(const void *row, struct tri_value *ret)
{
    tri_host_set_line(ret, DMI "product_serial");
    if (!ret->is_set)
        tri_value_set_string(ret, ""); /* a key; only root may read it */
}

static void get_version(const void *row, struct tri_value *ret)
{
    tri_host_set_line(ret, DMI "product_version");
    if (!ret->is_set)
        tri_value_set_string(ret, ""); /* a key */
}

static void get_uuid(const void *row, struct tri_value *ret)
{
    char text[64];
    if (!tri_host_line(DMI "product_uuid", text, sizeof text))
        return;
    for (char *c = text; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    tri_value_set_string(ret, text);
}

TRI_GET_TEXT(get_product_caption, "Computer System Product")

static const struct tri_field product_fields[] = {
    {"Caption", 0, get_product_caption},
    {"Description", 0, get_product_caption},
    {"IdentifyingNumber", 0, get_serial},
    {"Name", 0, get_model},
    {"Vendor", 0, get_manufacturer},
    {"Version", 0, get_version},
    {"UUID", 0, get_uuid},
};

/* A machine whose firmware does not say what it is has no product. */
static int scan_product(struct tri_scan *scan, struct tri_error *error)
{
    struct tri_value name = {.type = TRI_CIM_STRING};
    get_model(NULL, &name);
    bool is_known = name.is_set;
    tri_value_clear(&name);
    return is_known ? tri_scan_row(scan, NULL) : 0;
}

TRI_PROVIDED_CLASS(tri_provided_computer_system_product, "Win32_ComputerSystemProduct", product_fields, scan_product);
