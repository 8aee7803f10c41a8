/* Win32_Processor (one a socket), Win32_CacheMemory, and what connects them. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "management/providers/cpu.h"
#include "management/providers/host.h"
#include "management/providers/smbios.h"
#include "management/providers/system.h"

/* ---- rows ---- */

struct processor {
    unsigned number; /* of the package, from 0 */
    const struct tri_cpu *cpus;
    size_t cpu_count;
    const char *section;                   /* of cpuinfo */
    struct tri_smbios_structure structure; /* empty where there is none */
    size_t cache_count;
    struct tri_cache caches[TRI_CACHE_MAX];
    /* Win32_CacheMemory and Win32_AssociatedProcessorMemory */
    const struct tri_cache *cache;
    unsigned cache_number;
};

enum { NEED_CPUINFO = 1, NEED_CACHES = 2, NEED_SMBIOS = 4, NEED_LOAD = 8 };

static const struct processor *processor_of(const void *row)
{
    return row;
}

static bool info(const void *row, const char *key, char *ret, size_t size)
{
    return tri_cpuinfo_value(processor_of(row)->section, key, ret, size);
}

static void set_info(const void *row, const char *key, struct tri_value *ret)
{
    char text[256];
    if (info(row, key, text, sizeof text))
        tri_value_set_string(ret, text);
}

static unsigned info_number(const void *row, const char *key)
{
    char text[64];
    return info(row, key, text, sizeof text) ? (unsigned)strtoul(text, NULL, 10) : 0;
}

/* ---- what it is called ---- */

static void device_id(const struct processor *processor, char ret[16])
{
    snprintf(ret, 16, "CPU%u", processor->number % 10000);
}

static void get_device_id(const void *row, struct tri_value *ret)
{
    char text[16];
    device_id(row, text);
    tri_value_set_string(ret, text);
}

static void get_name(const void *row, struct tri_value *ret)
{
    set_info(row, "model name", ret);
}

static void get_vendor(const void *row, struct tri_value *ret)
{
    set_info(row, "vendor_id", ret);
}

static void get_caption(const void *row, struct tri_value *ret)
{
    char vendor[64], text[160];
    if (!info(row, "vendor_id", vendor, sizeof vendor))
        return;
    const char *kind = strcmp(vendor, "GenuineIntel") == 0   ? "Intel64"
                       : strcmp(vendor, "AuthenticAMD") == 0 ? "AMD64"
                                                             : vendor;
    snprintf(text, sizeof text, "%s Family %u Model %u Stepping %u", kind, info_number(row, "cpu family"),
             info_number(row, "model"), info_number(row, "stepping"));
    tri_value_set_string(ret, text);
}

static void get_version(const void *row, struct tri_value *ret)
{
    char model[32], text[96];
    if (!info(row, "model", model, sizeof model))
        return;
    snprintf(text, sizeof text, "Model %s, Stepping %u", model, info_number(row, "stepping"));
    tri_value_set_string(ret, text);
}

static void get_level(const void *row, struct tri_value *ret)
{
    char text[32];
    if (info(row, "cpu family", text, sizeof text))
        tri_value_set_unsigned(ret, strtoul(text, NULL, 10));
}

static void get_revision(const void *row, struct tri_value *ret)
{
    char text[32];
    if (info(row, "model", text, sizeof text))
        tri_value_set_unsigned(ret, (info_number(row, "model") << 8 | info_number(row, "stepping")) & 0xffff);
}

static void get_stepping(const void *row, struct tri_value *ret)
{
    set_info(row, "stepping", ret);
}

/* CIM's number: what SMBIOS says, else 2, unknown. */
static void get_family(const void *row, struct tri_value *ret)
{
    enum { UNKNOWN = 2, IN_WORD = 0xfe };
    unsigned family = tri_smbios_byte(&processor_of(row)->structure, 0x06, UNKNOWN);
    tri_value_set_unsigned(ret,
                           family == IN_WORD ? tri_smbios_word(&processor_of(row)->structure, 0x28, UNKNOWN) : family);
}

static void get_processor_id(const void *row, struct tri_value *ret)
{
#if defined(__x86_64__) || defined(__i386__)
    unsigned eax, ebx, ecx, edx;
    char text[32];
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx))
        return;
    snprintf(text, sizeof text, "%08X%08X", edx, eax);
    tri_value_set_string(ret, text);
#endif
}

/* ---- how many, how wide ---- */

static void get_cores(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, tri_cpu_cores(processor_of(row)->cpus, processor_of(row)->cpu_count));
}

TRI_GET_MEMBER(get_threads, struct processor, set_unsigned, cpu_count)

static void get_architecture(const void *row, struct tri_value *ret)
{
    static const struct {
        const char *machine;
        unsigned number;
    } machines[] = {{"x86_64", 9}, {"aarch64", 12}, {"i686", 0}, {"i386", 0}, {"armv7l", 5}, {"ppc64le", 3}};
    struct utsname name;
    for (size_t i = 0; uname(&name) == 0 && i < TRI_FIELD_COUNT(machines); i++)
        if (strcmp(name.machine, machines[i].machine) == 0) {
            tri_value_set_unsigned(ret, machines[i].number);
            return;
        }
}

static void get_width(const void *row, struct tri_value *ret)
{
    struct utsname name;
    if (uname(&name) == 0)
        tri_value_set_unsigned(ret, strstr(name.machine, "64") ? 64 : 32);
}

/* ---- how fast ---- */

static unsigned frequency_mhz(const void *row, const char *file)
{
    return (tri_cpu_number(processor_of(row)->cpus->number, file) + 500) / 1000;
}

static unsigned info_mhz(const void *row)
{
    char text[64];
    return info(row, "cpu MHz", text, sizeof text) ? (unsigned)strtoul(text, NULL, 10) : 0;
}

static void set_first_known(struct tri_value *ret, unsigned a, unsigned b, unsigned c)
{
    unsigned known = a ? a : b ? b : c;
    if (known)
        tri_value_set_unsigned(ret, known);
}

static void get_clock(const void *row, struct tri_value *ret)
{
    set_first_known(ret, frequency_mhz(row, "cpufreq/scaling_cur_freq"), info_mhz(row),
                    tri_smbios_word(&processor_of(row)->structure, 0x16, 0));
}

static void get_max_clock(const void *row, struct tri_value *ret)
{
    set_first_known(ret, frequency_mhz(row, "cpufreq/cpuinfo_max_freq"),
                    tri_smbios_word(&processor_of(row)->structure, 0x14, 0), info_mhz(row));
}

static void get_external_clock(const void *row, struct tri_value *ret)
{
    set_first_known(ret, tri_smbios_word(&processor_of(row)->structure, 0x12, 0), 0, 0);
}

static void get_load(const void *row, struct tri_value *ret)
{
    int percent = tri_cpu_load(processor_of(row)->cpus, processor_of(row)->cpu_count);
    if (percent >= 0)
        tri_value_set_signed(ret, percent);
}

/* ---- caches of it ---- */

static void set_cache_size(const void *row, unsigned level, struct tri_value *ret)
{
    const struct processor *processor = row;
    uint64_t kib = 0;
    for (size_t i = 0; i < processor->cache_count; i++)
        kib += processor->caches[i].level == level ? processor->caches[i].size_kib : 0;
    if (kib)
        tri_value_set_unsigned(ret, kib);
}

static void get_l2(const void *row, struct tri_value *ret)
{
    set_cache_size(row, 2, ret);
}

static void get_l3(const void *row, struct tri_value *ret)
{
    set_cache_size(row, 3, ret);
}

/* ---- flags ---- */

static void set_flag(const void *row, const char *intel, const char *amd, struct tri_value *ret)
{
    const char *section = processor_of(row)->section;
    if (*section)
        tri_value_set_boolean(ret, tri_cpu_has_flag(section, intel) || tri_cpu_has_flag(section, amd));
}

static void get_virtualization(const void *row, struct tri_value *ret)
{
    set_flag(row, "vmx", "svm", ret);
}

static void get_second_level(const void *row, struct tri_value *ret)
{
    set_flag(row, "ept", "npt", ret);
}

/* ---- what the firmware says ---- */

#define GET_STRING(function, offset)                                                                                   \
    static void function(const void *row, struct tri_value *ret)                                                       \
    {                                                                                                                  \
        tri_smbios_set_string(ret, &processor_of(row)->structure, (offset));                                           \
    }

GET_STRING(get_socket, 0x04)
GET_STRING(get_serial, 0x20)
GET_STRING(get_asset, 0x21)
GET_STRING(get_part, 0x22)

static void get_upgrade(const void *row, struct tri_value *ret)
{
    set_first_known(ret, tri_smbios_byte(&processor_of(row)->structure, 0x19, 0), 0, 0);
}

/* Tenths of a volt, where the high bit says that it is a measure. */
static void get_voltage(const void *row, struct tri_value *ret)
{
    unsigned voltage = tri_smbios_byte(&processor_of(row)->structure, 0x11, 0);
    if (voltage & 0x80)
        tri_value_set_unsigned(ret, voltage & 0x7f);
}

/* ---- the same everywhere ---- */

TRI_GET_TEXT(get_class, "Win32_Processor")
TRI_GET_TEXT(get_role, "CPU")
TRI_GET_CONSTANT(get_one, 1)
TRI_GET_CONSTANT(get_three, 3)

static const struct tri_field fields[] = {
    {"DeviceID", 0, get_device_id},
    {"Name", NEED_CPUINFO, get_name},
    {"Caption", NEED_CPUINFO, get_caption},
    {"Description", NEED_CPUINFO, get_caption},
    {"Status", 0, tri_get_ok},
    {"Availability", 0, get_three},
    {"CreationClassName", 0, get_class},
    {"PowerManagementSupported", 0, tri_get_false},
    {"StatusInfo", 0, get_three},
    {"SystemCreationClassName", 0, tri_get_system_class},
    {"SystemName", 0, tri_get_system_name},
    {"AddressWidth", 0, get_width},
    {"CurrentClockSpeed", NEED_CPUINFO, get_clock},
    {"DataWidth", 0, get_width},
    {"Family", NEED_SMBIOS, get_family},
    {"LoadPercentage", NEED_LOAD, get_load},
    {"MaxClockSpeed", NEED_CPUINFO | NEED_SMBIOS, get_max_clock},
    {"Role", 0, get_role},
    {"Stepping", NEED_CPUINFO, get_stepping},
    {"UpgradeMethod", NEED_SMBIOS, get_upgrade},
    {"Architecture", 0, get_architecture},
    {"AssetTag", NEED_SMBIOS, get_asset},
    {"CpuStatus", 0, get_one},
    {"CurrentVoltage", NEED_SMBIOS, get_voltage},
    {"ExtClock", NEED_SMBIOS, get_external_clock},
    {"L2CacheSize", NEED_CACHES, get_l2},
    {"L3CacheSize", NEED_CACHES, get_l3},
    {"Level", NEED_CPUINFO, get_level},
    {"Manufacturer", NEED_CPUINFO, get_vendor},
    {"NumberOfCores", 0, get_cores},
    {"NumberOfEnabledCore", 0, get_cores},
    {"NumberOfLogicalProcessors", 0, get_threads},
    {"PartNumber", NEED_SMBIOS, get_part},
    {"ProcessorId", 0, get_processor_id},
    {"ProcessorType", 0, get_three},
    {"Revision", NEED_CPUINFO, get_revision},
    {"SecondLevelAddressTranslationExtensions", NEED_CPUINFO, get_second_level},
    {"SerialNumber", NEED_SMBIOS, get_serial},
    {"SocketDesignation", NEED_SMBIOS, get_socket},
    {"ThreadCount", 0, get_threads},
    {"Version", NEED_CPUINFO, get_version},
    {"VirtualizationFirmwareEnabled", NEED_CPUINFO, get_virtualization},
    {"VMMonitorModeExtensions", NEED_CPUINFO, get_virtualization},
};

/* ---- scanning ---- */

typedef int visit_package(struct tri_scan *scan, struct processor *processor);

/* The next structure of a socket with a CPU in it. Sockets may be empty, and what is no central processor (a graphics one)
 * has a structure of the same type. */
static bool next_socket(const struct tri_smbios *smbios, size_t *offset, struct tri_smbios_structure *ret)
{
    enum { CENTRAL = 3, POPULATED = 0x40 };
    struct tri_smbios_structure found;
    while (tri_smbios_next_of(smbios, TRI_SMBIOS_PROCESSOR, offset, &found))
        if (tri_smbios_byte(&found, 0x05, CENTRAL) == CENTRAL && tri_smbios_byte(&found, 0x18, POPULATED) & POPULATED) {
            *ret = found;
            return true;
        }
    return false;
}

static int visit_packages(struct tri_scan *scan, unsigned needs, visit_package *visit, struct tri_error *error)
{
    TRI_AUTO_FREE struct tri_cpu *cpus = NULL;
    TRI_AUTO_FREE char *cpuinfo = NULL;
    struct tri_smbios smbios = {0};
    size_t count, offset = 0;
    int r = tri_cpus_read(&cpus, &count);
    if (r < 0)
        return tri_error_set(error, r, "/sys/devices/system/cpu", "The processors cannot be listed: %s.", strerror(-r));
    if (needs & NEED_CPUINFO)
        tri_cpuinfo_read(&cpuinfo);
    if (needs & NEED_SMBIOS)
        tri_smbios_read(&smbios);
    struct processor processor = {0};
    for (size_t at = 0; r == 0 && at < count; at += processor.cpu_count, processor.number++) {
        processor.cpus = cpus + at;
        processor.cpu_count = tri_cpu_package_size(cpus + at, count - at);
        processor.section = cpuinfo ? tri_cpuinfo_section(cpuinfo, cpus[at].number) : "";
        processor.structure = (struct tri_smbios_structure){0};
        next_socket(&smbios, &offset, &processor.structure);
        processor.cache_count =
            needs & NEED_CACHES ? tri_caches_read(processor.cpus, processor.cpu_count, processor.caches) : 0;
        r = visit(scan, &processor);
    }
    tri_smbios_clear(&smbios);
    return r;
}

static int visit_processor(struct tri_scan *scan, struct processor *processor)
{
    return tri_scan_row(scan, processor);
}

static int scan_processors(struct tri_scan *scan, struct tri_error *error)
{
    unsigned needs = tri_scan_needs(scan);
    if (needs & NEED_LOAD)
        tri_cpu_load_refresh(scan);
    return visit_packages(scan, needs, visit_processor, error);
}

TRI_PROVIDED_CLASS(tri_provided_processor, "Win32_Processor", fields, scan_processors);

/* ---- Win32_CacheMemory ---- */

static void cache_id(const struct processor *processor, char ret[32])
{
    snprintf(ret, 32, "Cache Memory %u", processor->cache_number);
}

static void get_cache_id(const void *row, struct tri_value *ret)
{
    char text[32];
    cache_id(row, text);
    tri_value_set_string(ret, text);
}

static void get_purpose(const void *row, struct tri_value *ret)
{
    char text[32];
    snprintf(text, sizeof text, "L%u Cache", processor_of(row)->cache->level);
    tri_value_set_string(ret, text);
}

TRI_GET_MEMBER(get_cache_size, struct processor, set_unsigned, cache->size_kib)
TRI_GET_MEMBER(get_line_size, struct processor, set_unsigned, cache->line_bytes)
TRI_GET_CONSTANT(get_kibibyte, 1024)
TRI_GET_TEXT(get_cache_name, "Cache Memory")
TRI_GET_TEXT(get_cache_class, "Win32_CacheMemory")

/* CIM's numbers: primary is 3. */
static void get_cache_level(const void *row, struct tri_value *ret)
{
    unsigned level = processor_of(row)->cache->level;
    tri_value_set_unsigned(ret, level >= 1 && level <= 3 ? level + 2 : 1);
}

static void get_cache_type(const void *row, struct tri_value *ret)
{
    const char *type = processor_of(row)->cache->type;
    tri_value_set_unsigned(ret, strcmp(type, "Instruction") == 0 ? 3
                                : strcmp(type, "Data") == 0      ? 4
                                : strcmp(type, "Unified") == 0   ? 5
                                                                 : 2);
}

static void get_associativity(const void *row, struct tri_value *ret)
{
    switch (processor_of(row)->cache->ways) {
    case 0:
        break;
    case 1:
        tri_value_set_unsigned(ret, 3);
        break;
    case 2:
        tri_value_set_unsigned(ret, 4);
        break;
    case 4:
        tri_value_set_unsigned(ret, 5);
        break;
    case 8:
        tri_value_set_unsigned(ret, 7);
        break;
    case 16:
        tri_value_set_unsigned(ret, 8);
        break;
    default:
        tri_value_set_unsigned(ret, 1); /* other */
        break;
    }
}

static const struct tri_field cache_fields[] = {
    {"DeviceID", 0, get_cache_id},
    {"Name", 0, get_cache_name},
    {"Caption", 0, get_cache_name},
    {"Description", 0, get_cache_name},
    {"Status", 0, tri_get_ok},
    {"Availability", 0, get_three},
    {"CreationClassName", 0, get_cache_class},
    {"StatusInfo", 0, get_three},
    {"SystemCreationClassName", 0, tri_get_system_class},
    {"SystemName", 0, tri_get_system_name},
    {"BlockSize", 0, get_kibibyte},
    {"NumberOfBlocks", 0, get_cache_size},
    {"Purpose", 0, get_purpose},
    {"Associativity", 0, get_associativity},
    {"CacheType", 0, get_cache_type},
    {"Level", 0, get_cache_level},
    {"LineSize", 0, get_line_size},
    {"InstalledSize", 0, get_cache_size},
    {"MaxCacheSize", 0, get_cache_size},
};

static int visit_caches(struct tri_scan *scan, struct processor *processor)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < processor->cache_count; i++, processor->cache_number++) {
        processor->cache = &processor->caches[i];
        r = tri_scan_row(scan, processor);
    }
    return r;
}

static int scan_caches(struct tri_scan *scan, struct tri_error *error)
{
    return visit_packages(scan, NEED_CACHES, visit_caches, error);
}

TRI_PROVIDED_CLASS(tri_provided_cache_memory, "Win32_CacheMemory", cache_fields, scan_caches);

/* ---- associations ---- */

static void get_processor_reference(const void *row, struct tri_value *ret)
{
    char id[16];
    device_id(row, id);
    tri_set_reference(ret, "Win32_Processor.DeviceID", id);
}

static void get_cache_reference(const void *row, struct tri_value *ret)
{
    char id[32];
    cache_id(row, id);
    tri_set_reference(ret, "Win32_CacheMemory.DeviceID", id);
}

static const struct tri_field system_fields[] = {
    {"GroupComponent", 0, tri_get_this_computer},
    {"PartComponent", 0, get_processor_reference},
};

static int scan_systems(struct tri_scan *scan, struct tri_error *error)
{
    return visit_packages(scan, 0, visit_processor, error);
}

TRI_PROVIDED_CLASS(tri_provided_computer_system_processor, "Win32_ComputerSystemProcessor", system_fields,
                   scan_systems);

static const struct tri_field associated_fields[] = {
    {"Antecedent", 0, get_cache_reference},
    {"Dependent", 0, get_processor_reference},
};

TRI_PROVIDED_CLASS(tri_provided_associated_processor_memory, "Win32_AssociatedProcessorMemory", associated_fields,
                   scan_caches);
