#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host-test.h"
#include "management/providers/system.h"

static uint64_t meminfo_kib(const char *name)
{
    char line[256];
    uint64_t kib = 0;
    FILE *file = fopen("/proc/meminfo", "re");
    while (fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtoull(line + strlen(name), NULL, 10);
    fclose(file);
    return kib;
}

/* ---- all of them ---- */

static void every_field_is_a_property_of_its_class_and_stands_once(void **state)
{
    for (size_t list = 0; list < LISTS; list++)
        for (const struct tri_provided_class *const *table = lists[list]; *table; table++) {
            TRI_AUTO_CLASS struct tri_class *cls = NULL;
            if (tri_namespace_class(cimv2, (*table)->name, &cls, NULL) < 0)
                fail_msg("there is no class %s", (*table)->name);
            assert_string_equal(cls->provider, "trireme");
            assert_ptr_equal(find_table(cls->name), *table);
            for (size_t i = 0; i < (*table)->field_count; i++) {
                if (tri_class_find(cls, (*table)->fields[i].property) < 0)
                    fail_msg("%s has no %s", cls->name, (*table)->fields[i].property);
                for (size_t before = 0; before < i; before++)
                    assert_string_not_equal((*table)->fields[before].property, (*table)->fields[i].property);
            }
            for (size_t i = 0; i < (*table)->method_count; i++) {
                int method = tri_class_find_method(cls, (*table)->methods[i].name);
                assert_true(method >= 0);
                assert_true(tri_qualifiers_true(&cls->methods[method].qualifiers, "implemented"));
            }
        }
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void every_row_has_a_path_of_its_own(void **state)
{
    for (size_t list = 0; list < LISTS; list++)
        for (const struct tri_provided_class *const *table = lists[list]; *table; table++) {
            AUTO_ROWS rows = ask((*table)->name, NULL, NULL);
            char **paths = calloc(rows->count + 1, sizeof *paths);
            for (size_t i = 0; i < rows->count; i++) {
                assert_int_equal(tri_cim_object_path(rows->items[i], &paths[i]), 0);
                if (!paths[i])
                    fail_msg("an instance of %s has no path", (*table)->name);
            }
            qsort(paths, rows->count, sizeof *paths, compare_texts);
            for (size_t i = 1; i < rows->count; i++)
                assert_string_not_equal(paths[i - 1], paths[i]);
            for (size_t i = 0; i < rows->count; i++)
                free(paths[i]);
            free(paths);
        }
}

static void only_what_is_wanted_is_filled(void **state)
{
    AUTO_ROWS rows = ask("Win32_OperatingSystem", NULL, "Version");
    assert_true(value_of(rows, 0, "Version")->is_set);
    assert_false(value_of(rows, 0, "TotalVisibleMemorySize")->is_set);
    assert_false(value_of(rows, 0, "Caption")->is_set);
}

/* ---- the system ---- */

static void the_operating_system_is_this_one(void **state)
{
    struct utsname name;
    uname(&name);
    AUTO_ROWS rows = ask("Win32_OperatingSystem", NULL, NULL);
    assert_int_equal(rows->count, 1);
    TRI_AUTO_FREE char *path = NULL;
    assert_int_equal(tri_cim_object_relative_path(rows->items[0], &path), 0);
    assert_string_equal(path, "Win32_OperatingSystem=@");
    const char *version = text_of(rows, 0, "Version");
    assert_memory_equal(version, name.release, strlen(version));
    assert_true(strlen(version) >= 3);
    assert_int_equal(number_of(rows, 0, "TotalVisibleMemorySize"), meminfo_kib("MemTotal:"));
    assert_int_equal(number_of(rows, 0, "TotalSwapSpaceSize"), meminfo_kib("SwapTotal:"));
    assert_in_range(number_of(rows, 0, "FreePhysicalMemory"), 1, meminfo_kib("MemTotal:"));
    assert_in_range(number_of(rows, 0, "NumberOfProcesses"), 1, 10000000);
    assert_string_equal(text_of(rows, 0, "CSName"), tri_server_name());
    assert_true(strlen(text_of(rows, 0, "Caption")) > 0);
    assert_int_equal(strlen(text_of(rows, 0, "Locale")), 4);
}

static void the_boot_time_is_the_same_at_every_question(void **state)
{
    struct timespec boot, now, uptime;
    char first[32];
    for (int i = 0; i < 20; i++) {
        AUTO_ROWS rows = ask("Win32_OperatingSystem", NULL, "LastBootUpTime");
        const char *text = text_of(rows, 0, "LastBootUpTime");
        if (i == 0)
            snprintf(first, sizeof first, "%s", text);
        assert_string_equal(text, first);
    }
    assert_true(tri_datetime_parse(first, &boot));
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &uptime);
    assert_in_range(now.tv_sec - boot.tv_sec - uptime.tv_sec + 5, 0, 10);
}

static void the_computer_has_this_name_and_its_processors(void **state)
{
    AUTO_ROWS rows = ask("Win32_ComputerSystem", NULL, NULL);
    assert_int_equal(rows->count, 1);
    assert_string_equal(text_of(rows, 0, "Name"), tri_server_name());
    assert_int_equal(number_of(rows, 0, "NumberOfLogicalProcessors"), sysconf(_SC_NPROCESSORS_ONLN));
    assert_int_equal(number_of(rows, 0, "TotalPhysicalMemory"), meminfo_kib("MemTotal:") * 1024);
    AUTO_ROWS processors = ask("Win32_Processor", NULL, "DeviceID");
    assert_int_equal(number_of(rows, 0, "NumberOfProcessors"), processors->count);
    char where[400];
    snprintf(where, sizeof where, "Name = '%s'", tri_server_name());
    AUTO_ROWS named = ask("Win32_ComputerSystem", where, NULL);
    AUTO_ROWS other = ask("Win32_ComputerSystem", "Name = 'another'", NULL);
    assert_int_equal(named->count, 1);
    assert_int_equal(other->count, 0);
}

static void clocks_show_the_time(void **state)
{
    time_t before = time(NULL);
    AUTO_ROWS utc = ask("Win32_UTCTime", NULL, NULL);
    time_t after = time(NULL);
    struct tm tm = {.tm_year = (int)number_of(utc, 0, "Year") - 1900,
                    .tm_mon = (int)number_of(utc, 0, "Month") - 1,
                    .tm_mday = (int)number_of(utc, 0, "Day"),
                    .tm_hour = (int)number_of(utc, 0, "Hour"),
                    .tm_min = (int)number_of(utc, 0, "Minute"),
                    .tm_sec = (int)number_of(utc, 0, "Second")};
    time_t shown = timegm(&tm);
    assert_in_range(shown, before, after);
    assert_int_equal(number_of(utc, 0, "DayOfWeek"), tm.tm_wday);
    assert_int_equal(number_of(utc, 0, "Quarter"), tm.tm_mon / 3 + 1);
    assert_in_range(number_of(utc, 0, "WeekInMonth"), 1, 6);
    AUTO_ROWS local = ask("Win32_LocalTime", NULL, NULL);
    assert_int_equal(local->count, 1);
}

static void set_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static void time_zones_have_their_rules(void **state)
{
    set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    AUTO_ROWS europe = ask("Win32_TimeZone", NULL, NULL);
    set_zone("EST5EDT,M3.2.0,M11.1.0");
    AUTO_ROWS america = ask("Win32_TimeZone", NULL, NULL);
    set_zone("AEST-10AEDT,M10.1.0,M4.1.0/3");
    AUTO_ROWS australia = ask("Win32_TimeZone", NULL, NULL);
    set_zone("UTC0");
    AUTO_ROWS utc = ask("Win32_TimeZone", NULL, NULL);
    static const char *const names[] = {"Bias",          "DaylightBias",      "DaylightMonth",
                                        "DaylightDay",   "DaylightDayOfWeek", "DaylightHour",
                                        "StandardMonth", "StandardDay",       "StandardHour"};
    static const int64_t of_europe[] = {60, -60, 3, 5, 0, 2, 10, 5, 3};
    static const int64_t of_america[] = {-300, -60, 3, 2, 0, 2, 11, 1, 2};
    static const int64_t of_australia[] = {600, -60, 10, 1, 0, 2, 4, 1, 3};
    static const int64_t of_utc[] = {0, 0, 0, 0, 0, 0, 0, 0, 0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(value_of(europe, 0, names[i])->integer, of_europe[i]);
        assert_int_equal(value_of(america, 0, names[i])->integer, of_america[i]);
        assert_int_equal(value_of(australia, 0, names[i])->integer, of_australia[i]);
        assert_int_equal(value_of(utc, 0, names[i])->integer, of_utc[i]);
    }
    assert_string_equal(text_of(europe, 0, "StandardName"), "CET");
    assert_string_equal(text_of(europe, 0, "DaylightName"), "CEST");
    assert_string_equal(text_of(america, 0, "Caption"), "(UTC-05:00) EST");
    assert_string_equal(text_of(utc, 0, "DaylightName"), "UTC");
}

static void the_environment_has_its_path(void **state)
{
    AUTO_ROWS rows = ask("Win32_Environment", "Name = 'PATH' AND SystemVariable = FALSE", NULL);
    assert_int_equal(rows->count, 1);
    assert_string_equal(text_of(rows, 0, "VariableValue"), getenv("PATH"));
}

static void an_environment_has_each_name_once_and_nothing_that_is_no_variable(void **state)
{
    char list[] = "A=1\0NONE\0=x\0AB=2\0A=3\0a=4\0\0EMPTY=\0B==";
    const char settled[] = "A=1\0AB=2\0a=4\0EMPTY=\0B==";
    size_t size = tri_environment_settle(list, sizeof list);
    assert_int_equal(size, sizeof settled);
    assert_memory_equal(list, settled, sizeof settled);
    assert_int_equal(tri_environment_settle(list, 0), 0);
}

static void the_environments_file_is_read_as_logins_read_it(void **state)
{
    char text[] = "PATH=\"/usr/bin:/bin\"\n  export LANG=C.UTF-8 # the language\n# none\n\nQ='a b' \nLAST=\"";
    const char list[] = "PATH=/usr/bin:/bin\0LANG=C.UTF-8\0\0\0Q=a b\0LAST=";
    assert_int_equal(tri_environment_of_file(text), sizeof list);
    assert_memory_equal(text, list, sizeof list);
}

static void swap_is_what_the_kernel_lists(void **state)
{
    size_t lines = 0;
    char line[4096];
    FILE *file = fopen("/proc/swaps", "re");
    while (fgets(line, sizeof line, file))
        lines++;
    fclose(file);
    AUTO_ROWS rows = ask("Win32_PageFileUsage", NULL, NULL);
    assert_int_equal(rows->count, lines - 1);
}

/* ---- hardware ---- */

static uint64_t run_number(const char *command)
{
    uint64_t number = 0;
    FILE *pipe = popen(command, "re");
    assert_int_equal(fscanf(pipe, "%lu", &number), 1);
    pclose(pipe);
    return number;
}

static void processors_are_those_that_lscpu_lists(void **state)
{
    AUTO_ROWS rows = ask("Win32_Processor", NULL, NULL);
    uint64_t cores = 0, threads = 0;
    assert_int_equal(rows->count, run_number("lscpu -p=SOCKET | grep -v '^#' | sort -u | wc -l"));
    for (size_t i = 0; i < rows->count; i++) {
        char id[32];
        snprintf(id, sizeof id, "CPU%zu", i);
        assert_string_equal(text_of(rows, i, "DeviceID"), id);
        cores += number_of(rows, i, "NumberOfCores");
        threads += number_of(rows, i, "NumberOfLogicalProcessors");
        assert_in_range(number_of(rows, i, "LoadPercentage"), 0, 100);
    }
    assert_int_equal(cores, run_number("lscpu -p=SOCKET,CORE | grep -v '^#' | sort -u | wc -l"));
    assert_int_equal(threads, run_number("lscpu -p=CPU | grep -v '^#' | wc -l"));
    char line[512];
    FILE *cpuinfo = fopen("/proc/cpuinfo", "re");
    while (fgets(line, sizeof line, cpuinfo))
        if (strncmp(line, "model name", 10) == 0) {
            line[strcspn(line, "\n")] = 0;
            assert_string_equal(text_of(rows, 0, "Name"), strchr(line, ':') + 2);
            break;
        }
    fclose(cpuinfo);
}

static void caches_add_up_to_what_lscpu_says(void **state)
{
    if (access("/sys/devices/system/cpu/cpu0/cache/index2", F_OK) < 0) {
        print_message("# skipped: the kernel shows no second-level cache here\n");
        return;
    }
    AUTO_ROWS rows = ask("Win32_CacheMemory", NULL, NULL);
    AUTO_ROWS processors = ask("Win32_Processor", NULL, "L2CacheSize");
    uint64_t l2_kib = 0, processors_kib = 0;
    for (size_t i = 0; i < rows->count; i++)
        l2_kib += strcmp(text_of(rows, i, "Purpose"), "L2 Cache") == 0 ? number_of(rows, i, "InstalledSize") : 0;
    for (size_t i = 0; i < processors->count; i++)
        processors_kib += number_of(processors, i, "L2CacheSize");
    assert_int_equal(l2_kib, processors_kib);
    assert_int_equal(l2_kib * 1024, run_number("lscpu -B | awk '/^L2 cache:/ {print $3}'"));
}

static void modules_add_up_to_at_least_the_memory_there_is(void **state)
{
    AUTO_ROWS rows = ask("Win32_PhysicalMemory", NULL, NULL);
    uint64_t bytes = 0;
    for (size_t i = 0; i < rows->count; i++)
        bytes += number_of(rows, i, "Capacity");
    assert_true(bytes >= meminfo_kib("MemTotal:") * 1024);
    assert_true(bytes < meminfo_kib("MemTotal:") * 1024 * 2);
}

static void firmware_says_what_sysfs_says(void **state)
{
    AUTO_ROWS bios = ask("Win32_BIOS", NULL, NULL);
    AUTO_ROWS board = ask("Win32_BaseBoard", NULL, NULL);
    FILE *file = fopen("/sys/class/dmi/id/bios_version", "re");
    assert_int_equal(bios->count, file != NULL); /* a machine without DMI has no firmware to tell of */
    assert_true(board->count <= (file != NULL));
    if (!file)
        return;
    char version[256];
    assert_non_null(fgets(version, sizeof version, file));
    fclose(file);
    version[strcspn(version, "\n")] = 0;
    assert_string_equal(text_of(bios, 0, "SMBIOSBIOSVersion"), version);
}

static void *ask_often(void *context)
{
    static const char *const names[] = {"Win32_Processor", "Win32_OperatingSystem", "Win32_UserAccount", "Win32_TimeZone",
                                        "Win32_GroupUser"};
    size_t *rows_seen = context;
    for (int round = 0; round < 5; round++)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            AUTO_ROWS rows = ask(names[i], NULL, NULL);
            *rows_seen += rows->count;
        }
    return NULL;
}

static void many_may_ask_at_once(void **state)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    size_t rows_seen[THREADS] = {0};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &rows_seen[i]), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < THREADS; i++)
        assert_true(rows_seen[i] > 0 && rows_seen[i] == rows_seen[0]);
}

/* ---- accounts ---- */

static void users_are_those_of_the_local_file(void **state)
{
    AUTO_ROWS rows = ask("Win32_UserAccount", NULL, NULL);
    size_t count = 0;
    FILE *file = fopen("/etc/passwd", "re");
    for (struct passwd *user; (user = fgetpwent(file)); count++) {
        char sid[64];
        snprintf(sid, sizeof sid, "S-1-22-1-%u", user->pw_uid);
        assert_string_equal(text_of(rows, count, "Name"), user->pw_name);
        assert_string_equal(text_of(rows, count, "SID"), sid);
        assert_string_equal(text_of(rows, count, "Domain"), tri_server_name());
    }
    fclose(file);
    assert_int_equal(rows->count, count);
    AUTO_ROWS root = ask("Win32_UserAccount", "Name = 'ROOT'", NULL); /* without case, as names are */
    assert_int_equal(root->count, 1);
    assert_string_equal(text_of(root, 0, "Name"), "root");
    assert_false(value_of(root, 0, "Disabled")->boolean);
    AUTO_ROWS nobody = ask("Win32_UserAccount", "Name = 'no such user'", NULL);
    assert_int_equal(nobody->count, 0);
    AUTO_ROWS disabled = ask("Win32_UserAccount", "Name = 'nobody'", NULL);
    if (disabled->count == 1)
        assert_true(value_of(disabled, 0, "Disabled")->boolean);
}

static void groups_have_their_members(void **state)
{
    AUTO_ROWS rows = ask("Win32_Group", NULL, NULL);
    AUTO_ROWS members = ask("Win32_GroupUser", NULL, NULL);
    size_t groups = 0, expected = 0;
    FILE *file = fopen("/etc/group", "re");
    for (struct group *group; (group = fgetgrent(file)); groups++) {
        assert_string_equal(text_of(rows, groups, "Name"), group->gr_name);
        for (char **member = group->gr_mem; *member; member++)
            expected++;
    }
    fclose(file);
    assert_int_equal(rows->count, groups);
    assert_true(members->count >= expected);
    char group[400], user[400];
    snprintf(group, sizeof group, "\\\\%s\\root\\cimv2:Win32_Group.Domain=\"%s\",Name=\"root\"", tri_server_name(),
             tri_server_name());
    snprintf(user, sizeof user, "\\\\%s\\root\\cimv2:Win32_UserAccount.Domain=\"%s\",Name=\"root\"", tri_server_name(),
             tri_server_name());
    bool found = false;
    for (size_t i = 0; i < members->count; i++)
        found |= strcmp(text_of(members, i, "GroupComponent"), group) == 0 &&
                 strcmp(text_of(members, i, "PartComponent"), user) == 0;
    assert_true(found);
}

/* In a mount namespace of its own, from here on. */
static void replace_file(const char *mine, const char *path)
{
    if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
        mount(mine, path, NULL, MS_BIND, NULL) == 0)
        return;
    print_message("# skipped: only root may mount files of its own, and only where mounts are allowed\n");
    skip();
}

static void a_group_of_many_members_hides_none_behind_it(void **state)
{
    enum { MEMBERS = 20000 };
    char path[96];
    snprintf(path, sizeof path, "%s/group", folder);
    FILE *file = fopen(path, "we");
    fprintf(file, "root:x:0:\ncrew:x:1000:");
    for (int i = 0; i < MEMBERS; i++)
        fprintf(file, "%soarsman%d", i ? "," : "", i);
    fprintf(file, "\nbehind:x:1001:oarsman7\n");
    fclose(file);
    replace_file(path, "/etc/group");
    AUTO_ROWS rows = ask("Win32_Group", NULL, NULL);
    assert_int_equal(rows->count, 3);
    assert_string_equal(text_of(rows, 2, "Name"), "behind");
    AUTO_ROWS behind = ask("Win32_Group", "Name = 'behind'", NULL);
    assert_int_equal(behind->count, 1);
    assert_true(value_of(behind, 0, "LocalAccount")->boolean);
}

static void a_swap_file_is_called_what_it_is_called(void **state)
{
    char path[96];
    snprintf(path, sizeof path, "%s/swaps", folder);
    FILE *file = fopen(path, "we");
    fputs("Filename\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
          "/a\\040swap\\134file\\011\\9\t\tfile\t\t2097148\t\t1048576\t\t-2\n",
          file);
    fclose(file);
    replace_file(path, "/proc/swaps");
    AUTO_ROWS rows = ask("Win32_PageFileUsage", NULL, NULL);
    assert_int_equal(rows->count, 1);
    assert_string_equal(text_of(rows, 0, "Name"), "/a swap\\file\t\\9");
    assert_int_equal(number_of(rows, 0, "AllocatedBaseSize"), 2047);
    assert_int_equal(number_of(rows, 0, "CurrentUsage"), 1024);
}

/* ---- associations ---- */

static void expect_reference(const char *association, const char *role, const char *class_name)
{
    AUTO_ROWS links = ask(association, NULL, NULL);
    AUTO_ROWS objects = ask(class_name, NULL, NULL);
    assert_true(links->count > 0);
    for (size_t i = 0; i < links->count; i++) {
        bool found = false;
        for (size_t at = 0; at < objects->count && !found; at++) {
            TRI_AUTO_FREE char *path = NULL;
            assert_int_equal(tri_cim_object_path(objects->items[at], &path), 0);
            found = strcmp(path, text_of(links, i, role)) == 0;
        }
        if (!found)
            fail_msg("%s.%s: %s is no object", association, role, text_of(links, i, role));
    }
}

static void associations_name_objects_that_are_there(void **state)
{
    expect_reference("Win32_SystemOperatingSystem", "GroupComponent", "Win32_ComputerSystem");
    expect_reference("Win32_SystemOperatingSystem", "PartComponent", "Win32_OperatingSystem");
    expect_reference("Win32_ComputerSystemProcessor", "PartComponent", "Win32_Processor");
    expect_reference("Win32_SystemUsers", "PartComponent", "Win32_UserAccount");
    expect_reference("Win32_GroupUser", "GroupComponent", "Win32_Group");
}

/* ---- methods ---- */

/* Only what is refused before anything is asked: these methods are never carried out by a test. */
static void refused(const char *method, const char *parameter, int64_t number, const char *text)
{
    const struct tri_provided_class *table = find_table("Win32_OperatingSystem");
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    assert_int_equal(tri_namespace_class(cimv2, "Win32_OperatingSystem", &cls, NULL), 0);
    const struct tri_method *declared = &cls->methods[tri_class_find_method(cls, method)];
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *in = tri_cim_object_blank(declared->in);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *out = tri_cim_object_blank(declared->out);
    if (text)
        tri_cim_object_set_string(in, parameter, text);
    else if (parameter)
        tri_value_set_signed(tri_cim_object_slot(in, tri_class_find(declared->in, parameter)), number);
    struct tri_invocation invocation = {.name_space = "root\\cimv2", .cls = cls, .in = in, .out = out};
    for (size_t i = 0; i < table->method_count; i++)
        if (strcmp(table->methods[i].name, method) == 0)
            assert_int_equal(table->methods[i].run(&invocation, NULL), 0);
    assert_int_equal(tri_cim_object_find(out, "ReturnValue")->natural, 87);
}

static void bad_parameters_are_refused_before_anything_is_asked(void **state)
{
    refused("Win32Shutdown", NULL, 0, NULL);
    refused("Win32Shutdown", "Flags", 3, NULL);
    refused("Win32Shutdown", "Flags", 16, NULL);
    refused("Win32Shutdown", "Flags", -1, NULL);
    refused("SetDateTime", NULL, 0, NULL);
    refused("SetDateTime", "LocalDateTime", 0, "****0401******.000000+***");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_a_property_of_its_class_and_stands_once),
        cmocka_unit_test(every_row_has_a_path_of_its_own),
        cmocka_unit_test(only_what_is_wanted_is_filled),
        cmocka_unit_test(the_operating_system_is_this_one),
        cmocka_unit_test(the_boot_time_is_the_same_at_every_question),
        cmocka_unit_test(the_computer_has_this_name_and_its_processors),
        cmocka_unit_test(clocks_show_the_time),
        cmocka_unit_test(time_zones_have_their_rules),
        cmocka_unit_test(the_environment_has_its_path),
        cmocka_unit_test(an_environment_has_each_name_once_and_nothing_that_is_no_variable),
        cmocka_unit_test(the_environments_file_is_read_as_logins_read_it),
        cmocka_unit_test(swap_is_what_the_kernel_lists),
        cmocka_unit_test(processors_are_those_that_lscpu_lists),
        cmocka_unit_test(caches_add_up_to_what_lscpu_says),
        cmocka_unit_test(modules_add_up_to_at_least_the_memory_there_is),
        cmocka_unit_test(firmware_says_what_sysfs_says),
        cmocka_unit_test(many_may_ask_at_once),
        cmocka_unit_test(users_are_those_of_the_local_file),
        cmocka_unit_test(groups_have_their_members),
        cmocka_unit_test(associations_name_objects_that_are_there),
        cmocka_unit_test(bad_parameters_are_refused_before_anything_is_asked),
        cmocka_unit_test(a_group_of_many_members_hides_none_behind_it), /* the last ones: files are others from then on */
        cmocka_unit_test(a_swap_file_is_called_what_it_is_called),
    };
    return cmocka_run_group_tests(tests, begin_host_test, end_host_test);
}
