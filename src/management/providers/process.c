/* Win32_Process and Win32_SystemProcesses, from /proc. Every field knows the file that it needs; a file is read when
 * the first field of a row asks for it, so that a row that the query rules out costs no more than what decided it. */
#include "management/providers/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "management/path.h"
#include "management/providers/command-line.h"
#include "management/providers/host.h"
#include "management/providers/proc.h"
#include "op/op-provider.h"

/* ---- fields ---- */

enum { NEEDS_STAT = 1, NEEDS_SYSTEM = 2 };

#define PER_SECOND 10000000u /* times are in 100 nanoseconds */
#define KIB 1024u
#define OS_RELEASE_MAX (64u << 10)

/* What is the same for all processes. */
struct machine {
    uint64_t boot_time;
    uint64_t ticks; /* a second */
    uint64_t page_bytes;
    char os_name[256], os_version[sizeof(((struct utsname *)NULL)->release)];
};

struct row {
    struct tri_proc *proc;
    const struct machine *machine;
};

static struct tri_proc *proc_of(const void *row)
{
    return ((const struct row *)row)->proc;
}

static const struct machine *machine_of(const void *row)
{
    return ((const struct row *)row)->machine;
}

static void get_process_id(const void *row, struct tri_value *ret)
{
    tri_value_set_unsigned(ret, (uint64_t)proc_of(row)->pid);
}

static void get_name(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, tri_proc_name(proc_of(row)));
}

static void get_parent(const void *row, struct tri_value *ret)
{
    const struct tri_proc_stat *stat = tri_proc_stat(proc_of(row));
    if (stat)
        tri_value_set_unsigned(ret, stat->parent);
}

static void get_session(const void *row, struct tri_value *ret)
{
    const struct tri_proc_stat *stat = tri_proc_stat(proc_of(row));
    if (stat)
        tri_value_set_unsigned(ret, stat->session);
}

static void get_threads(const void *row, struct tri_value *ret)
{
    const struct tri_proc_stat *stat = tri_proc_stat(proc_of(row));
    if (stat)
        tri_value_set_unsigned(ret, stat->threads);
}

static void get_created(const void *row, struct tri_value *ret)
{
    const struct tri_proc_stat *stat = tri_proc_stat(proc_of(row));
    const struct machine *machine = machine_of(row);
    if (!stat)
        return;
    uint64_t seconds = stat->start_ticks / machine->ticks, rest = stat->start_ticks % machine->ticks;
    tri_value_set_time(ret, &(struct timespec){.tv_sec = (time_t)(machine->boot_time + seconds),
                                               .tv_nsec = (long)(rest * TRI_NS_PER_SEC / machine->ticks)});
}

static void set_ticks(const void *row, uint64_t ticks, struct tri_value *ret)
{
    uint64_t rate = machine_of(row)->ticks;
    tri_value_set_unsigned(ret, ticks / rate * PER_SECOND + ticks % rate * PER_SECOND / rate);
}

static void get_kernel_time(const void *row, struct tri_value *ret)
{
    const struct tri_proc_stat *stat = tri_proc_stat(proc_of(row));
    if (stat)
        set_ticks(row, stat->kernel_ticks, ret);
}

static void get_user_time(const void *row, struct tri_value *ret)
{
    const struct tri_proc_stat *stat = tri_proc_stat(proc_of(row));
    if (stat)
        set_ticks(row, stat->user_ticks, ret);
}

/* The base priorities of Windows' classes, at what SetPriority makes of each. */
static unsigned priority_of(const struct tri_proc_stat *stat)
{
    enum { POLICY_FIFO = 1, POLICY_ROUND_ROBIN = 2, POLICY_DEADLINE = 6 };
    if (stat->policy == POLICY_FIFO || stat->policy == POLICY_ROUND_ROBIN || stat->policy == POLICY_DEADLINE)
        return 24;
    if (stat->nice >= 15)
        return 4;
    if (stat->nice >= 5)
        return 6;
    if (stat->nice >= -2)
        return 8;
    if (stat->nice >= -7)
        return 10;
    return stat->nice >= -15 ? 13 : 24;
}

static void get_priority(const void *row, struct tri_value *ret)
{
    const struct tri_proc_stat *stat = tri_proc_stat(proc_of(row));
    if (stat)
        tri_value_set_unsigned(ret, priority_of(stat));
}

static void get_page_faults(const void *row, struct tri_value *ret)
{
    const struct tri_proc_stat *stat = tri_proc_stat(proc_of(row));
    if (stat)
        tri_value_set_unsigned(ret, stat->minor_faults + stat->major_faults);
}

static void get_working_set(const void *row, struct tri_value *ret)
{
    const struct tri_proc_stat *stat = tri_proc_stat(proc_of(row));
    if (stat)
        tri_value_set_unsigned(ret, stat->resident_pages * machine_of(row)->page_bytes);
}

static void get_virtual(const void *row, struct tri_value *ret)
{
    const struct tri_proc_stat *stat = tri_proc_stat(proc_of(row));
    if (stat)
        tri_value_set_unsigned(ret, stat->virtual_bytes);
}

static void get_peak_virtual(const void *row, struct tri_value *ret)
{
    const struct tri_proc_status *status = tri_proc_status(proc_of(row));
    if (status)
        tri_value_set_unsigned(ret, status->peak_virtual * KIB);
}

static void get_peak_working_set(const void *row, struct tri_value *ret)
{
    const struct tri_proc_status *status = tri_proc_status(proc_of(row));
    if (status)
        tri_value_set_unsigned(ret, status->peak_resident);
}

static void get_private(const void *row, struct tri_value *ret)
{
    const struct tri_proc_status *status = tri_proc_status(proc_of(row));
    if (status)
        tri_value_set_unsigned(ret, (status->data + status->stack) * KIB);
}

static void get_page_file(const void *row, struct tri_value *ret)
{
    const struct tri_proc_status *status = tri_proc_status(proc_of(row));
    if (status)
        tri_value_set_unsigned(ret, status->swapped + status->anonymous);
}

static void get_executable(const void *row, struct tri_value *ret)
{
    tri_value_set_string(ret, tri_proc_executable(proc_of(row)));
}

static void get_command(const void *row, struct tri_value *ret)
{
    size_t size;
    const char *arguments = tri_proc_command(proc_of(row), &size);
    if (arguments)
        tri_value_take_string(ret, tri_command_line_join(arguments, size));
}

static void get_descriptors(const void *row, struct tri_value *ret)
{
    uint32_t count;
    if (tri_proc_descriptors(proc_of(row), &count))
        tri_value_set_unsigned(ret, count);
}

static void get_read_count(const void *row, struct tri_value *ret)
{
    const struct tri_proc_io *io = tri_proc_io(proc_of(row));
    if (io)
        tri_value_set_unsigned(ret, io->read_calls);
}

static void get_read_bytes(const void *row, struct tri_value *ret)
{
    const struct tri_proc_io *io = tri_proc_io(proc_of(row));
    if (io)
        tri_value_set_unsigned(ret, io->read_bytes);
}

static void get_write_count(const void *row, struct tri_value *ret)
{
    const struct tri_proc_io *io = tri_proc_io(proc_of(row));
    if (io)
        tri_value_set_unsigned(ret, io->write_calls);
}

static void get_write_bytes(const void *row, struct tri_value *ret)
{
    const struct tri_proc_io *io = tri_proc_io(proc_of(row));
    if (io)
        tri_value_set_unsigned(ret, io->write_bytes);
}

TRI_GET_TEXT(get_class, "Win32_Process")
TRI_GET_TEXT(get_os_class, "Win32_OperatingSystem")
TRI_GET_TEXT(get_os_name, machine_of(row)->os_name)
TRI_GET_TEXT(get_os_version, machine_of(row)->os_version)

static const struct tri_field process_fields[] = {
    {"Handle", 0, get_process_id},
    {"ProcessId", 0, get_process_id},
    {"Name", NEEDS_STAT, get_name},
    {"Caption", NEEDS_STAT, get_name},
    {"Description", NEEDS_STAT, get_name},
    {"ParentProcessId", NEEDS_STAT, get_parent},
    {"SessionId", NEEDS_STAT, get_session},
    {"ThreadCount", NEEDS_STAT, get_threads},
    {"CreationDate", NEEDS_STAT, get_created},
    {"KernelModeTime", NEEDS_STAT, get_kernel_time},
    {"UserModeTime", NEEDS_STAT, get_user_time},
    {"Priority", NEEDS_STAT, get_priority},
    {"PageFaults", NEEDS_STAT, get_page_faults},
    {"WorkingSetSize", NEEDS_STAT, get_working_set},
    {"VirtualSize", NEEDS_STAT, get_virtual},
    {"PeakVirtualSize", NEEDS_STAT, get_peak_virtual},
    {"PeakWorkingSetSize", NEEDS_STAT, get_peak_working_set},
    {"PrivatePageCount", NEEDS_STAT, get_private},
    {"PageFileUsage", NEEDS_STAT, get_page_file},
    {"ExecutablePath", NEEDS_STAT, get_executable},
    {"CommandLine", NEEDS_STAT, get_command},
    {"HandleCount", NEEDS_STAT, get_descriptors},
    {"ReadOperationCount", NEEDS_STAT, get_read_count},
    {"ReadTransferCount", NEEDS_STAT, get_read_bytes},
    {"WriteOperationCount", NEEDS_STAT, get_write_count},
    {"WriteTransferCount", NEEDS_STAT, get_write_bytes},
    {"CreationClassName", 0, get_class},
    {"CSCreationClassName", 0, tri_get_system_class},
    {"CSName", 0, tri_get_system_name},
    {"OSCreationClassName", 0, get_os_class},
    {"OSName", NEEDS_SYSTEM, get_os_name},
    {"WindowsVersion", NEEDS_SYSTEM, get_os_version},
};

/* ---- Win32_SystemProcesses ---- */

static void get_part(const void *row, struct tri_value *ret)
{
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", (int)proc_of(row)->pid);
    tri_set_reference(ret, "Win32_Process.Handle", pid);
}

static const struct tri_field system_fields[] = {{"GroupComponent", 0, tri_get_this_computer},
                                                 {"PartComponent", 0, get_part}};

/* ---- one process ---- */

static void machine_read(const struct tri_scan *scan, struct machine *ret)
{
    struct utsname names;
    TRI_AUTO_FREE char *release = NULL;
    *ret = (struct machine){.boot_time = tri_proc_boot_time(),
                            .ticks = (uint64_t)tri_proc_ticks_per_second(),
                            .page_bytes = (uint64_t)sysconf(_SC_PAGESIZE)};
    if (!(tri_scan_needs(scan) & NEEDS_SYSTEM) || uname(&names) < 0)
        return;
    snprintf(ret->os_version, sizeof(ret->os_version), "%.*s", (int)strspn(names.release, "0123456789."),
             names.release);
    if (tri_file_read(AT_FDCWD, "/etc/os-release", OS_RELEASE_MAX, &release, NULL) < 0 ||
        !tri_host_assignment(release, "PRETTY_NAME", ret->os_name, sizeof(ret->os_name)))
        snprintf(ret->os_name, sizeof(ret->os_name), "%s", names.sysname);
}

/* With its stat, where more than its number is wanted, so that what has ended by now is no row. */
static int scan_process(struct tri_scan *scan, const struct row *row, pid_t pid)
{
    tri_proc_begin(row->proc, pid);
    return (tri_scan_needs(scan) & NEEDS_STAT) && !tri_proc_stat(row->proc) ? 0 : tri_scan_row(scan, row);
}

/* A number in /proc may also be a thread's, which the list of processes does not show: it has no exit signal. */
static int scan_one(struct tri_scan *scan, const struct row *row, pid_t pid)
{
    if (pid <= 0)
        return 0;
    tri_proc_begin(row->proc, pid);
    const struct tri_proc_stat *stat = tri_proc_stat(row->proc);
    return stat && stat->exit_signal >= 0 ? tri_scan_row(scan, row) : 0;
}

/* ---- all of them, by two threads where there are many ---- */

enum { SHARED_FROM = 64, SHARE = 16 };

struct crawl {
    _Atomic unsigned references;
    struct tri_scan *scan;
    const struct machine *machine;
    int root_fd;
    pid_t *pids;
    size_t count;
    _Atomic size_t next;
    _Atomic int result;
    pthread_mutex_t lock;
    pthread_cond_t left;
    bool is_over, is_helped; /* lock: nobody may join any more; the other thread is in it */
};

static void crawl_unref(void *data)
{
    struct crawl *crawl = data;
    if (atomic_fetch_sub(&crawl->references, 1) != 1)
        return;
    pthread_mutex_destroy(&crawl->lock);
    pthread_cond_destroy(&crawl->left);
    free(crawl->pids);
    free(crawl);
}

/* Takes some, then some more, until all are taken or the scan is to end. */
static void crawl_work(struct crawl *crawl)
{
    TRI_CLEANUP(tri_proc_finish) struct tri_proc proc = {.root_fd = crawl->root_fd};
    struct row row = {&proc, crawl->machine};
    int r = 0;
    for (size_t from; r == 0 && (from = atomic_fetch_add(&crawl->next, SHARE)) < crawl->count;)
        for (size_t i = from; r == 0 && i < crawl->count && i < from + SHARE; i++)
            r = tri_scan_stopped(crawl->scan) ? -ECANCELED : scan_process(crawl->scan, &row, crawl->pids[i]);
    if (r != 0) {
        atomic_store(&crawl->result, r);
        atomic_store(&crawl->next, crawl->count);
    }
}

static bool crawl_join(struct crawl *crawl)
{
    TRI_LOCK_SCOPE(&crawl->lock);
    return !crawl->is_over && (crawl->is_helped = true);
}

static void crawl_leave(struct crawl *crawl)
{
    TRI_LOCK_SCOPE(&crawl->lock);
    crawl->is_helped = false;
    pthread_cond_signal(&crawl->left);
}

/* The other thread; it may come late, when everything is over, and then must touch nothing but this. */
static void crawl_help(struct tri_op *op, void *data)
{
    if (crawl_join(data)) {
        crawl_work(data);
        crawl_leave(data);
    }
    tri_op_complete(op, 0, NULL, NULL, NULL);
}

static const struct tri_op_provider help_provider = {.name = "process scan", .run = crawl_help, .release = crawl_unref};

static void crawl_call_help(struct crawl *crawl)
{
    TRI_AUTO_OP struct tri_op *op = tri_op_new();
    if (!op)
        return;
    atomic_fetch_add(&crawl->references, 1);
    if (tri_op_submit(op, NULL, &help_provider, crawl) < 0)
        crawl_unref(crawl);
}

static int crawl_end(struct crawl *crawl)
{
    TRI_LOCK_SCOPE(&crawl->lock);
    crawl->is_over = true;
    while (crawl->is_helped)
        pthread_cond_wait(&crawl->left, &crawl->lock);
    return atomic_load(&crawl->result);
}

static struct crawl *crawl_new(struct tri_scan *scan, const struct machine *machine, int root_fd)
{
    struct crawl *crawl = calloc(1, sizeof(*crawl));
    if (!crawl)
        return NULL;
    crawl->references = 1;
    crawl->scan = scan;
    crawl->machine = machine;
    crawl->root_fd = root_fd;
    pthread_mutex_init(&crawl->lock, NULL);
    pthread_cond_init(&crawl->left, NULL);
    return crawl;
}

static int scan_all(struct tri_scan *scan, const struct machine *machine, int root_fd, struct tri_error *error)
{
    struct crawl *crawl = crawl_new(scan, machine, root_fd);
    if (!crawl)
        return -ENOMEM;
    int r = tri_proc_list(root_fd, &crawl->pids, &crawl->count);
    if (r < 0)
        r = tri_error_set(error, r, "/proc", "The processes in /proc cannot be listed: %s.", strerror(-r));
    if (r == 0) {
        if (crawl->count > SHARED_FROM)
            crawl_call_help(crawl);
        crawl_work(crawl);
        r = crawl_end(crawl);
    }
    crawl_unref(crawl);
    return r;
}

/* ---- which ones ---- */

/* The process that a text names: its number as /proc writes it. 0: none. */
static pid_t pid_of_text(const char *text)
{
    char *end;
    if (*text < '1' || *text > '9')
        return 0;
    errno = 0;
    long pid = strtol(text, &end, 10);
    return *end || errno || pid > INT_MAX ? 0 : (pid_t)pid;
}

/* Of "...:Win32_Process.Handle="12"". */
static pid_t pid_of_reference(const char *text)
{
    TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
    if (tri_path_parse(text, &path, NULL) < 0 || path.key_count != 1 || path.keys[0].value.type != TRI_CIM_STRING)
        return 0;
    return pid_of_text(path.keys[0].value.string);
}

/* Does the query name one? *ret_pid 0: one that cannot be. */
static bool find_demanded(const struct tri_scan *scan, pid_t *ret_pid)
{
    const struct tri_value *value;
    if ((value = tri_scan_equals(scan, "ProcessId")))
        *ret_pid = value->natural <= INT_MAX ? (pid_t)value->natural : 0;
    else if ((value = tri_scan_equals(scan, "Handle")))
        *ret_pid = pid_of_text(value->string);
    else if ((value = tri_scan_equals(scan, "PartComponent")))
        *ret_pid = pid_of_reference(value->string);
    return value != NULL;
}

static int scan_processes(struct tri_scan *scan, struct tri_error *error)
{
    pid_t pid;
    TRI_AUTO_CLOSE int root_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root_fd < 0)
        return tri_error_set(error, -errno, "/proc", "/proc cannot be opened: %s. Is it mounted?", strerror(errno));
    struct machine machine;
    machine_read(scan, &machine);
    if (!find_demanded(scan, &pid))
        return scan_all(scan, &machine, root_fd, error);
    TRI_CLEANUP(tri_proc_finish) struct tri_proc proc = {.root_fd = root_fd};
    return scan_one(scan, &(struct row){&proc, &machine}, pid);
}

/* ---- the tables ---- */

static const struct tri_provided_class process_class = {.name_space = "root\\cimv2",
                                                        .name = "Win32_Process",
                                                        .fields = process_fields,
                                                        .field_count = TRI_FIELD_COUNT(process_fields),
                                                        .scan = scan_processes,
                                                        .methods = tri_process_methods,
                                                        .method_count = TRI_PROCESS_METHOD_COUNT,
                                                        .remove = tri_process_remove};
static const struct tri_provided_class system_class = {.name_space = "root\\cimv2",
                                                       .name = "Win32_SystemProcesses",
                                                       .fields = system_fields,
                                                       .field_count = TRI_FIELD_COUNT(system_fields),
                                                       .scan = scan_processes};

const struct tri_provided_class *const tri_provider_process[] = {&process_class, &system_class, NULL};
