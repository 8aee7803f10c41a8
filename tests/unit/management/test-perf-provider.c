/* Performance counters against the files that they come from. */
#include "process-test.h"

#include <sys/sysinfo.h>

static struct tri_cim_object *only(const char *class_name)
{
    char query[128];
    snprintf(query, sizeof(query), "SELECT * FROM %s", class_name);
    return row_of(query);
}

static struct tri_cim_object *named(const char *class_name, const char *name)
{
    char query[192];
    snprintf(query, sizeof(query), "SELECT * FROM %s WHERE Name = '%s'", class_name, name);
    return row_of(query);
}

static size_t row_count(const char *class_name)
{
    char query[128];
    snprintf(query, sizeof(query), "SELECT * FROM %s", class_name);
    struct tri_call *call = start_query(query, 0, true);
    struct collected rows = collect(call, "Name");
    tri_call_unref(call);
    assert_int_equal(rows.end, 0);
    return rows.count;
}

/* The number behind a word of a file of /proc. */
static uint64_t proc_number(const char *path, const char *word)
{
    char *text = NULL;
    assert_int_equal(tri_file_read(AT_FDCWD, path, 1 << 20, &text, NULL), 0);
    const char *at = strstr(text, word);
    uint64_t number = at ? strtoull(at + strlen(word), NULL, 10) : 0;
    free(text);
    return number;
}

/* ---- processors ---- */

static void every_processor_has_a_row_and_so_has_the_total(void **state)
{
    assert_int_equal(row_count("Win32_PerfFormattedData_PerfOS_Processor"), (size_t)get_nprocs() + 1);
    assert_int_equal(row_count("Win32_PerfRawData_PerfOS_Processor"), (size_t)get_nprocs() + 1);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *first = named("Win32_PerfFormattedData_PerfOS_Processor", "0");
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *total = named("Win32_PerfFormattedData_PerfOS_Processor", "_Total");
    assert_non_null(first);
    uint64_t busy = number_of(total, "PercentProcessorTime"), idle = number_of(total, "PercentIdleTime");
    assert_true(busy <= 100 && idle <= 100);
    assert_in_range(busy + idle, 99, 101);
    assert_true(number_of(total, "InterruptsPersec") > 0); /* at least those of the timer */
    assert_true(is_null(total, "PercentC1Time"));
}

/* Two raw samples make what the formatted one says, by the formula that the counter's type names. */
static void raw_counters_grow_as_the_kernels(void **state)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *before = named("Win32_PerfRawData_PerfOS_Processor", "_Total");
    uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK), idle = 0;
    struct timespec spin = {0}, start;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    do
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spin);
    while ((spin.tv_sec - start.tv_sec) * 1000 + (spin.tv_nsec - start.tv_nsec) / 1000000 < 50);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *after = named("Win32_PerfRawData_PerfOS_Processor", "_Total");
    FILE *stat = fopen("/proc/stat", "re");
    unsigned long long n[5];
    assert_int_equal(fscanf(stat, "cpu %llu %llu %llu %llu %llu", &n[0], &n[1], &n[2], &n[3], &n[4]), 5);
    fclose(stat);
    idle = (n[3] + n[4]) * (10000000 / ticks) / (uint64_t)get_nprocs();
    assert_true(number_of(before, "PercentProcessorTime") <= number_of(after, "PercentProcessorTime"));
    assert_true(number_of(after, "PercentProcessorTime") <= idle);
    assert_true(number_of(after, "PercentUserTime") + number_of(after, "PercentPrivilegedTime") >
                number_of(before, "PercentUserTime") + number_of(before, "PercentPrivilegedTime"));
    assert_true(number_of(after, "Timestamp_Sys100NS") > number_of(before, "Timestamp_Sys100NS"));
    assert_int_equal(number_of(after, "Frequency_Sys100NS"), 10000000);
}

/* ---- memory and the system ---- */

static void memory_is_what_meminfo_says(void **state)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *memory = only("Win32_PerfFormattedData_PerfOS_Memory");
    assert_non_null(memory);
    uint64_t available = number_of(memory, "AvailableBytes"), now = proc_number("/proc/meminfo", "MemAvailable:") << 10;
    assert_true(available > now / 2 && available / 2 < now);
    assert_int_equal(number_of(memory, "AvailableKBytes"), available >> 10);
    assert_int_equal(number_of(memory, "AvailableMBytes"), available >> 20);
    assert_int_equal(number_of(memory, "CommitLimit"), proc_number("/proc/meminfo", "CommitLimit:") << 10);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *raw = only("Win32_PerfRawData_PerfOS_Memory");
    assert_int_equal(number_of(raw, "PercentCommittedBytesInUse_Base"), number_of(raw, "CommitLimit"));
    assert_true(number_of(raw, "PageFaultsPersec") <= UINT32_MAX);
}

static void the_system_is_counted(void **state)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *system = only("Win32_PerfFormattedData_PerfOS_System");
    struct timespec running;
    clock_gettime(CLOCK_BOOTTIME, &running);
    assert_in_range(number_of(system, "SystemUpTime"), (uint64_t)running.tv_sec - 60, (uint64_t)running.tv_sec);
    assert_true(number_of(system, "Processes") >= 2);
    assert_true(number_of(system, "Threads") >= 2);
    assert_true(number_of(system, "ContextSwitchesPersec") > 0);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *raw = only("Win32_PerfRawData_PerfOS_System");
    uint64_t up =
        (number_of(raw, "Timestamp_Object") - number_of(raw, "SystemUpTime")) / number_of(raw, "Frequency_Object");
    assert_in_range(up, (uint64_t)running.tv_sec, (uint64_t)running.tv_sec + 60);
}

/* ---- devices ---- */

static void disks_and_drives_have_a_total(void **state)
{
    static const char *const classes[] = {"PerfDisk_PhysicalDisk", "PerfDisk_LogicalDisk"};
    for (size_t i = 0; i < 2; i++) {
        char formatted[96], raw[96];
        snprintf(formatted, sizeof(formatted), "Win32_PerfFormattedData_%s", classes[i]);
        snprintf(raw, sizeof(raw), "Win32_PerfRawData_%s", classes[i]);
        TRI_AUTO_CIM_OBJECT struct tri_cim_object *total = named(formatted, "_Total"), *counts = named(raw, "_Total");
        assert_non_null(total);
        assert_true(number_of(total, "PercentIdleTime") <= 101);
        assert_int_equal(number_of(counts, "DiskTransfersPersec"),
                         (uint32_t)(number_of(counts, "DiskReadsPersec") + number_of(counts, "DiskWritesPersec")));
        assert_int_equal(number_of(counts, "DiskBytesPersec"),
                         number_of(counts, "DiskReadBytesPersec") + number_of(counts, "DiskWriteBytesPersec"));
        assert_int_equal(number_of(counts, "AvgDiskBytesPerRead"), number_of(counts, "DiskReadBytesPersec"));
        assert_int_equal(number_of(counts, "AvgDiskBytesPerRead_Base"), number_of(counts, "DiskReadsPersec"));
    }
}

static void interfaces_are_those_of_the_kernel(void **state)
{
    size_t lines = 0;
    char line[512];
    FILE *file = fopen("/proc/net/dev", "re");
    while (fgets(line, sizeof(line), file))
        lines += strchr(line, ':') && !strstr(line, " lo:");
    fclose(file);
    assert_int_equal(row_count("Win32_PerfFormattedData_Tcpip_NetworkInterface"), lines);
    assert_int_equal(row_count("Win32_PerfRawData_Tcpip_NetworkInterface"), lines);
}

static void swaps_are_those_of_the_kernel(void **state)
{
    size_t lines = 0;
    char line[512];
    FILE *file = fopen("/proc/swaps", "re");
    while (fgets(line, sizeof(line), file))
        lines++;
    fclose(file);
    assert_int_equal(row_count("Win32_PerfFormattedData_PerfOS_PagingFile"),
                     lines > 1 ? lines : 0); /* total for headline */
}

/* ---- processes ---- */

static void spin(int ready_fd)
{
    be_ready(ready_fd);
    for (;;)
        getppid();
}

static struct tri_cim_object *counters_of(const char *class_name, pid_t pid)
{
    char query[192];
    snprintf(query, sizeof(query), "SELECT * FROM %s WHERE IDProcess = %d", class_name, (int)pid);
    return row_of(query);
}

static uint64_t processor_time_of(pid_t pid)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *row = counters_of("Win32_PerfFormattedData_PerfProc_Process", pid);
    assert_non_null(row);
    return number_of(row, "PercentProcessorTime");
}

static void a_busy_process_is_seen_to_be_busy(void **state)
{
    pid_t busy = child_start(spin), idle = child_start(be_ready);
    child_settle(idle);
    EVENTUALLY(processor_time_of(busy) > 0); /* others may want the processor, too */
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *resting = counters_of("Win32_PerfFormattedData_PerfProc_Process", idle);
    assert_int_equal(number_of(resting, "PercentProcessorTime"), 0);
    assert_int_equal(number_of(resting, "CreatingProcessID"), getpid());
    assert_true(number_of(resting, "WorkingSet") > 0);
    assert_int_equal(number_of(resting, "ThreadCount"), 1);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *raw = counters_of("Win32_PerfRawData_PerfProc_Process", idle);
    assert_int_equal(number_of(raw, "IOWriteOperationsPersec"), 1); /* be_ready's */
    child_end(busy);
    child_end(idle);
}

static void twins_have_numbers_behind_their_names(void **state)
{
    pid_t first = child_start(be_ready), second = child_start(be_ready);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *one = counters_of("Win32_PerfRawData_PerfProc_Process", first);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *two = counters_of("Win32_PerfRawData_PerfProc_Process", second);
    const char *name = text_of(one, "Name"), *other = text_of(two, "Name");
    size_t length = strcspn(name, "#"); /* the lowest number's has no sign, which need not be this test's own */
    assert_int_equal(strcspn(other, "#"), length);
    assert_memory_equal(other, name, length);
    assert_string_not_equal(other, name);
    child_end(first);
    child_end(second);
}

#define LONG_NAME "a-name-of-many-oars-" /* again and again */

static void long_name(char ret[201])
{
    for (size_t i = 0; i < 200; i += strlen(LONG_NAME))
        strcpy(ret + i, LONG_NAME);
}

static void run_long_name(int ready_fd)
{
    char name[201], path[PATH_MAX];
    long_name(name);
    snprintf(path, sizeof(path), "%s/%s", state_folder, name);
    execl(path, path, "100", NULL);
    _exit(127);
}

/* So that what is counted is found by the name that other classes have. */
static void a_long_name_is_whole(void **state)
{
    char name[201], command[PATH_MAX];
    long_name(name);
    snprintf(command, sizeof(command), "cp $(command -v sleep) %s/%s", state_folder, name);
    assert_int_equal(system(command), 0);
    pid_t pid = child_start(run_long_name);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *row = counters_of("Win32_PerfRawData_PerfProc_Process", pid);
    assert_string_equal(text_of(row, "Name"), name);
    child_end(pid);
}

#define TEST(name) cmocka_unit_test_teardown(name, nothing_is_left)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_processor_has_a_row_and_so_has_the_total),
        TEST(raw_counters_grow_as_the_kernels),
        TEST(memory_is_what_meminfo_says),
        TEST(the_system_is_counted),
        TEST(disks_and_drives_have_a_total),
        TEST(interfaces_are_those_of_the_kernel),
        TEST(swaps_are_those_of_the_kernel),
        TEST(a_busy_process_is_seen_to_be_busy),
        TEST(twins_have_numbers_behind_their_names),
        TEST(a_long_name_is_whole),
    };
    return cmocka_run_group_tests(tests, open_cimv2, close_cimv2);
}
