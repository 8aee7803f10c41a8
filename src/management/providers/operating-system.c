/* Win32_OperatingSystem. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <systemd/sd-login.h>
#include <utmpx.h>

#include "base/file.h"
#include "management/providers/host.h"
#include "management/providers/proc.h"
#include "management/providers/system.h"

enum {
    NEED_RELEASE = 1,
    NEED_MEMORY = 2,
    NEED_PROCESSES = 4,
    NEED_USERS = 8,
    NEED_LOCALE = 16,
};

struct locale {
    const char *name;
    unsigned lcid;
    const char *country; /* the telephone's code, as Windows has it */
};

struct operating_system {
    struct utsname uname;
    char *release; /* os-release, or NULL */
    bool has_memory;
    struct tri_host_memory memory;
    uint64_t processes, users;
    const struct locale *locale;
};

static const struct operating_system *os_of(const void *row)
{
    return row;
}

/* ---- os-release and uname ---- */

static void set_release(const void *row, const char *key, struct tri_value *ret)
{
    char text[256];
    if (os_of(row)->release && tri_host_assignment(os_of(row)->release, key, text, sizeof text))
        tri_value_set_string(ret, text);
}

static void get_caption(const void *row, struct tri_value *ret)
{
    set_release(row, "PRETTY_NAME", ret);
    if (!ret->is_set)
        tri_value_set_string(ret, os_of(row)->uname.sysname);
}

static void get_manufacturer(const void *row, struct tri_value *ret)
{
    set_release(row, "VENDOR_NAME", ret);
    if (!ret->is_set)
        set_release(row, "NAME", ret);
}

/* "6.1.0" of "6.1.0-18-amd64". */
static size_t version_length(const void *row)
{
    return strspn(os_of(row)->uname.release, "0123456789.");
}

static void get_version(const void *row, struct tri_value *ret)
{
    char text[sizeof os_of(row)->uname.release];
    snprintf(text, sizeof text, "%.*s", (int)version_length(row), os_of(row)->uname.release);
    tri_value_set_string(ret, text);
}

/* The distribution's own number behind the version, else the version's last part. */
static void get_build_number(const void *row, struct tri_value *ret)
{
    const char *release = os_of(row)->uname.release, *build = release + version_length(row);
    char text[sizeof os_of(row)->uname.release];
    size_t digits = *build == '-' ? strspn(build + 1, "0123456789") : 0;
    if (digits > 0)
        build++;
    else
        while (build > release && build[-1] != '.')
            build--, digits++;
    snprintf(text, sizeof text, "%.*s", (int)digits, build);
    if (*text)
        tri_value_set_string(ret, text);
}

TRI_GET_MEMBER(get_build_type, struct operating_system, set_string, uname.version)

static void get_architecture(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, strstr(os_of(row)->uname.machine, "64") ? "64-bit" : "32-bit");
}

static void get_product_type(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, tri_host_is_workstation() ? 1 : 3);
}

static void get_machine_id(const void *row, struct tri_value *ret)
{
    tri_host_set_line(ret, "/etc/machine-id");
}

TRI_GET_TEXT(get_class, "Win32_OperatingSystem")
TRI_GET_TEXT(get_root, "/")
TRI_GET_TEXT(get_programs, "/usr/bin")
TRI_GET_CONSTANT(get_type, 36) /* Linux, in CIM's list */

/* ---- memory ---- */

static void set_kib(const void *row, struct tri_value *ret, uint64_t kib)
{
    if (os_of(row)->has_memory)
        tri_value_set_unsigned(ret, kib);
}

static void get_total(const void *row, struct tri_value *ret)
{
    set_kib(row, ret, os_of(row)->memory.total);
}

static void get_free(const void *row, struct tri_value *ret)
{
    set_kib(row, ret, os_of(row)->memory.available);
}

static void get_total_virtual(const void *row, struct tri_value *ret)
{
    set_kib(row, ret, os_of(row)->memory.total + os_of(row)->memory.swap_total);
}

static void get_free_virtual(const void *row, struct tri_value *ret)
{
    set_kib(row, ret, os_of(row)->memory.available + os_of(row)->memory.swap_free);
}

static void get_swap(const void *row, struct tri_value *ret)
{
    set_kib(row, ret, os_of(row)->memory.swap_total);
}

static void get_free_swap(const void *row, struct tri_value *ret)
{
    set_kib(row, ret, os_of(row)->memory.swap_free);
}

#if defined(__x86_64__)
TRI_GET_CONSTANT(get_process_memory, 0x7ffffffff000 / 1024)
#endif

/* ---- counts ---- */

static void get_processes(const void *row, struct tri_value *ret)
{
    if (os_of(row)->processes)
        tri_value_set_unsigned(ret, os_of(row)->processes);
}

TRI_GET_MEMBER(get_users, struct operating_system, set_unsigned, users)

static void get_max_processes(const void *row, struct tri_value *ret)
{
    uint64_t number;
    if (tri_host_number("/proc/sys/kernel/pid_max", &number))
        tri_value_set_unsigned(ret, number);
}

/* ---- times ---- */

static void get_install_date(const void *row, struct tri_value *ret)
{
    struct statx root;
    if (statx(AT_FDCWD, "/", 0, STATX_BTIME, &root) == 0 && (root.stx_mask & STATX_BTIME) && root.stx_btime.tv_sec > 0)
        tri_value_set_time(ret, &(struct timespec){root.stx_btime.tv_sec, root.stx_btime.tv_nsec});
}

static void get_boot_time(const void *row, struct tri_value *ret)
{
    uint64_t boot_s = tri_proc_boot_time();
    if (boot_s)
        tri_value_set_time(ret, &(struct timespec){.tv_sec = (time_t)boot_s});
}

static void get_local_time(const void *row, struct tri_value *ret)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    tri_value_set_time(ret, &now);
}

/* ---- devices ---- */

/* The node of the block device that a folder is on; none for overlays, networks and the like. */
static void set_device_of(struct tri_value *ret, const char *folder)
{
    struct stat at;
    char path[64], uevent[512], name[256], node[300];
    if (stat(folder, &at) < 0)
        return;
    snprintf(path, sizeof path, "/sys/dev/block/%u:%u/uevent", major(at.st_dev), minor(at.st_dev));
    TRI_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, uevent, sizeof uevent - 1);
    if (n <= 0)
        return;
    uevent[n] = 0;
    if (!tri_host_assignment(uevent, "DEVNAME", name, sizeof name))
        return;
    snprintf(node, sizeof node, "/dev/%s", name);
    tri_value_set_string(ret, node);
}

static void get_system_device(const void *row, struct tri_value *ret)
{
    set_device_of(ret, "/");
}

static void get_boot_device(const void *row, struct tri_value *ret)
{
    set_device_of(ret, "/boot");
}

/* ---- languages ---- */

static const struct locale locales[] = {
    {"en_US", 0x0409, "1"},   {"en_GB", 0x0809, "44"}, {"de_DE", 0x0407, "49"},  {"fr_FR", 0x040c, "33"},
    {"es_ES", 0x0c0a, "34"},  {"it_IT", 0x0410, "39"}, {"nl_NL", 0x0413, "31"},  {"pt_BR", 0x0416, "55"},
    {"pt_PT", 0x0816, "351"}, {"sv_SE", 0x041d, "46"}, {"da_DK", 0x0406, "45"},  {"nb_NO", 0x0414, "47"},
    {"fi_FI", 0x040b, "358"}, {"pl_PL", 0x0415, "48"}, {"cs_CZ", 0x0405, "420"}, {"ru_RU", 0x0419, "7"},
    {"tr_TR", 0x041f, "90"},  {"ja_JP", 0x0411, "81"}, {"ko_KR", 0x0412, "82"},  {"zh_CN", 0x0804, "86"},
    {"zh_TW", 0x0404, "886"}, {"de_AT", 0x0c07, "43"}, {"de_CH", 0x0807, "41"},  {"en_AU", 0x0c09, "61"},
    {"en_CA", 0x1009, "1"},   {"fr_CA", 0x0c0c, "1"},  {"hu_HU", 0x040e, "36"},  {"el_GR", 0x0408, "30"},
};

/* The system's, not the client's. "C" says nothing, and means what programs say when nothing is chosen: English. */
static const struct locale *find_locale(void)
{
    static const char *const files[] = {"/etc/locale.conf", "/etc/default/locale"};
    for (size_t i = 0; i < TRI_FIELD_COUNT(files); i++) {
        TRI_AUTO_FREE char *text = NULL;
        char lang[64];
        if (tri_file_read(AT_FDCWD, files[i], 4096, &text, NULL) < 0 ||
            !tri_host_assignment(text, "LANG", lang, sizeof lang))
            continue;
        lang[strcspn(lang, ".@")] = 0;
        for (size_t at = 0; at < TRI_FIELD_COUNT(locales); at++)
            if (strcmp(locales[at].name, lang) == 0)
                return &locales[at];
    }
    return &locales[0];
}

static void get_locale(const void *row, struct tri_value *ret)
{
    char text[8];
    snprintf(text, sizeof text, "%04x", os_of(row)->locale->lcid);
    tri_value_set_string(ret, text);
}

TRI_GET_MEMBER(get_language, struct operating_system, set_unsigned, locale->lcid)
TRI_GET_MEMBER(get_country, struct operating_system, set_string, locale->country)
TRI_GET_TEXT(get_code_set, "65001") /* UTF-8 */

static void get_mui(const void *row, struct tri_value *ret)
{
    const char *name = os_of(row)->locale->name;
    char text[] = {name[0], name[1], '-', name[3], name[4], 0};
    const char *const texts[] = {text};
    tri_value_set_strings(ret, texts, 1);
}

/* ---- the table ---- */

static const struct tri_field fields[] = {
    {"Caption", NEED_RELEASE, get_caption},
    {"Name", NEED_RELEASE, get_caption},
    {"Description", NEED_RELEASE, get_caption},
    {"InstallDate", 0, get_install_date},
    {"Status", 0, tri_get_ok},
    {"CreationClassName", 0, get_class},
    {"CSCreationClassName", 0, tri_get_system_class},
    {"CSName", 0, tri_get_system_name},
    {"CurrentTimeZone", 0, tri_get_time_zone},
    {"Distributed", 0, tri_get_false},
    {"FreePhysicalMemory", NEED_MEMORY, get_free},
    {"FreeSpaceInPagingFiles", NEED_MEMORY, get_free_swap},
    {"FreeVirtualMemory", NEED_MEMORY, get_free_virtual},
    {"LastBootUpTime", 0, get_boot_time},
    {"LocalDateTime", 0, get_local_time},
    {"MaxNumberOfProcesses", 0, get_max_processes},
#if defined(__x86_64__)
    {"MaxProcessMemorySize", 0, get_process_memory},
#endif
    {"NumberOfProcesses", NEED_PROCESSES, get_processes},
    {"NumberOfUsers", NEED_USERS, get_users},
    {"OSType", 0, get_type},
    {"SizeStoredInPagingFiles", NEED_MEMORY, get_swap},
    {"TotalSwapSpaceSize", NEED_MEMORY, get_swap},
    {"TotalVirtualMemorySize", NEED_MEMORY, get_total_virtual},
    {"TotalVisibleMemorySize", NEED_MEMORY, get_total},
    {"Version", 0, get_version},
    {"BootDevice", 0, get_boot_device},
    {"BuildNumber", 0, get_build_number},
    {"BuildType", 0, get_build_type},
    {"CodeSet", 0, get_code_set},
    {"CountryCode", NEED_LOCALE, get_country},
    {"Debug", 0, tri_get_false},
    {"Locale", NEED_LOCALE, get_locale},
    {"Manufacturer", NEED_RELEASE, get_manufacturer},
    {"MUILanguages", NEED_LOCALE, get_mui},
    {"OperatingSystemSKU", 0, tri_get_zero},
    {"OSArchitecture", 0, get_architecture},
    {"OSLanguage", NEED_LOCALE, get_language},
    {"OSProductSuite", 0, tri_get_zero},
    {"PortableOperatingSystem", 0, tri_get_false},
    {"Primary", 0, tri_get_true},
    {"ProductType", 0, get_product_type},
    {"SerialNumber", 0, get_machine_id},
    {"ServicePackMajorVersion", 0, tri_get_zero},
    {"ServicePackMinorVersion", 0, tri_get_zero},
    {"SuiteMask", 0, tri_get_zero},
    {"SystemDevice", 0, get_system_device},
    {"SystemDirectory", 0, get_programs},
    {"SystemDrive", 0, get_root},
    {"WindowsDirectory", 0, get_root},
};

static uint64_t count_processes(void)
{
    uint64_t count = 0;
    DIR *proc = opendir("/proc");
    if (!proc)
        return 0;
    for (struct dirent *entry; (entry = readdir(proc));)
        count += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
    closedir(proc);
    return count;
}

/* The file itself: getutxent has one position for the whole program. */
static uint64_t count_utmp(void)
{
    struct utmpx entry;
    uint64_t count = 0;
    TRI_AUTO_CLOSE int fd = open("/run/utmp", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && read(fd, &entry, sizeof entry) == sizeof entry)
        count += entry.ut_type == USER_PROCESS && (kill(entry.ut_pid, 0) == 0 || errno == EPERM);
    return count;
}

static uint64_t count_users(void)
{
    int sessions = sd_get_sessions(NULL);
    return sessions > 0 ? (uint64_t)sessions : count_utmp();
}

static int scan(struct tri_scan *scan, struct tri_error *error)
{
    unsigned needs = tri_scan_needs(scan);
    struct operating_system os = {.locale = locales};
    if (uname(&os.uname) < 0)
        return tri_error_set(error, -errno, NULL, "The kernel does not say its name: %m.");
    TRI_AUTO_FREE char *release = NULL;
    if ((needs & NEED_RELEASE) && tri_file_read(AT_FDCWD, "/etc/os-release", 64 << 10, &release, NULL) == 0)
        os.release = release;
    if (needs & NEED_MEMORY)
        os.has_memory = tri_host_memory_read(&os.memory);
    if (needs & NEED_PROCESSES)
        os.processes = count_processes();
    if (needs & NEED_USERS)
        os.users = count_users();
    if (needs & NEED_LOCALE)
        os.locale = find_locale();
    return tri_scan_row(scan, &os);
}

static const struct tri_provided_method methods[] = {
    {"Reboot", tri_run_reboot},
    {"Shutdown", tri_run_shutdown},
    {"Win32Shutdown", tri_run_win32_shutdown},
    {"SetDateTime", tri_run_set_date_time},
};

const struct tri_provided_class tri_provided_operating_system = {
    .name_space = "root\\cimv2",
    .name = "Win32_OperatingSystem",
    .fields = fields,
    .field_count = TRI_FIELD_COUNT(fields),
    .scan = scan,
    .methods = methods,
    .method_count = TRI_FIELD_COUNT(methods),
};

/* ---- Win32_SystemOperatingSystem ---- */

static void get_this_system(const void *row, struct tri_value *ret)
{
    char path[600];
    snprintf(path, sizeof path, "\\\\%s\\root\\cimv2:Win32_OperatingSystem=@", tri_server_name());
    tri_value_set_string(ret, path);
}

static const struct tri_field association_fields[] = {
    {"GroupComponent", 0, tri_get_this_computer},
    {"PartComponent", 0, get_this_system},
    {"PrimaryOS", 0, tri_get_true},
};

static int scan_association(struct tri_scan *scan, struct tri_error *error)
{
    return tri_scan_row(scan, NULL);
}

TRI_PROVIDED_CLASS(tri_provided_system_operating_system, "Win32_SystemOperatingSystem", association_fields,
                   scan_association);
