/* Counters of the processes. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "management/providers/perf.h"
#include "management/providers/proc.h"

enum { NEEDS_STATUS = 1, NEEDS_IO = 2, NEEDS_DESCRIPTORS = 4 };

struct process {
    struct tri_perf_item item;
    uint64_t pid, parent, threads, descriptors, start; /* start: 100 nanoseconds after the machine's */
    uint64_t kernel_time, user_time, time;             /* 100 nanoseconds */
    uint64_t faults, virtual_bytes, resident_bytes;
    uint64_t peak_virtual_bytes, peak_resident_bytes, private_bytes, anonymous_bytes, swapped_bytes;
    uint64_t reads, writes, operations, read_bytes, write_bytes, bytes;
};

/* ---- reading ---- */

static uint64_t ticks_to_100ns(uint64_t ticks)
{
    return ticks * (TRI_PERF_PER_SECOND / (uint64_t)tri_proc_ticks_per_second());
}

static void count_stat(struct process *process, const struct tri_proc_stat *stat)
{
    process->parent = stat->parent;
    process->threads = stat->threads;
    process->start = ticks_to_100ns(stat->start_ticks);
    process->kernel_time = ticks_to_100ns(stat->kernel_ticks);
    process->user_time = ticks_to_100ns(stat->user_ticks);
    process->time = process->kernel_time + process->user_time;
    process->faults = stat->minor_faults + stat->major_faults;
    process->virtual_bytes = stat->virtual_bytes;
    process->resident_bytes = stat->resident_pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t bytes_of(uint64_t kib, bool is_known)
{
    return is_known ? kib << 10 : TRI_PERF_UNKNOWN;
}

/* NULL: it cannot be read. */
static void count_status(struct process *process, const struct tri_proc_status *status)
{
    static const struct tri_proc_status none;
    bool is_known = status != NULL;
    status = is_known ? status : &none;
    process->peak_virtual_bytes = bytes_of(status->peak_virtual, is_known);
    process->peak_resident_bytes = bytes_of(status->peak_resident, is_known);
    process->private_bytes = bytes_of(status->data + status->stack, is_known);
    process->anonymous_bytes = bytes_of(status->anonymous, is_known);
    process->swapped_bytes = bytes_of(status->swapped, is_known);
}

static void count_io(struct process *process, const struct tri_proc_io *io)
{
    process->reads = io ? io->read_calls : TRI_PERF_UNKNOWN;
    process->writes = io ? io->write_calls : TRI_PERF_UNKNOWN;
    process->operations = io ? io->read_calls + io->write_calls : TRI_PERF_UNKNOWN;
    process->read_bytes = io ? io->read_bytes : TRI_PERF_UNKNOWN;
    process->write_bytes = io ? io->write_bytes : TRI_PERF_UNKNOWN;
    process->bytes = io ? io->read_bytes + io->write_bytes : TRI_PERF_UNKNOWN;
}

/* The id tells a process from another that has had its number before. */
static int add_process(struct tri_perf_sample *sample, struct tri_proc *proc, pid_t pid, unsigned needs)
{
    tri_proc_begin(proc, pid);
    const struct tri_proc_stat *stat = tri_proc_stat(proc);
    if (!stat)
        return 0;
    struct process *process = tri_perf_add(sample, stat->start_ticks << 24 ^ (uint64_t)pid, tri_proc_name(proc));
    if (!process)
        return -ENOMEM;
    const struct tri_proc_status *status = needs & NEEDS_STATUS ? tri_proc_status(proc) : NULL;
    const struct tri_proc_io *io = needs & NEEDS_IO ? tri_proc_io(proc) : NULL;
    uint32_t descriptors;
    process->pid = (uint64_t)pid;
    count_stat(process, stat);
    count_status(process, status);
    count_io(process, io);
    bool is_counted = (needs & NEEDS_DESCRIPTORS) && tri_proc_descriptors(proc, &descriptors);
    process->descriptors = is_counted ? descriptors : TRI_PERF_UNKNOWN;
    return 0;
}

/* ---- names: "bash", "bash#1", ... in the order of their numbers ---- */

static int name_compare(const void *a, const void *b)
{
    const struct process *left = *(struct process *const *)a, *right = *(struct process *const *)b;
    int order = strcmp(left->item.name, right->item.name);
    return order ? order : left->pid < right->pid ? -1 : left->pid > right->pid;
}

static int name_add(struct process *process, size_t number)
{
    char *name;
    if (asprintf(&name, "%s#%zu", process->item.name, number) < 0)
        return -ENOMEM;
    free(process->item.name);
    process->item.name = name;
    return 0;
}

static int number_names(struct tri_perf_sample *sample)
{
    size_t count, same = 0;
    const char *base = "";
    struct process *processes = tri_perf_items(sample, &count);
    TRI_AUTO_FREE struct process **sorted = calloc(count + 1, sizeof(*sorted));
    if (!sorted)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &processes[i];
    if (count > 0)
        qsort(sorted, count, sizeof(*sorted), name_compare);
    for (size_t i = 0; i < count; i++) {
        same = i > 0 && strcmp(sorted[i]->item.name, base) == 0 ? same + 1 : 0;
        if (same == 0)
            base = sorted[i]->item.name;
        else if (name_add(sorted[i], same) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* What makes no sense of all. */
static void total_clear(struct tri_perf_sample *sample)
{
    size_t count;
    struct process *processes = tri_perf_items(sample, &count), *total = &processes[count - 1];
    total->pid = total->parent = total->start = 0;
}

static int read_all(struct tri_perf_sample *sample, unsigned needs, int root_fd, struct tri_error *error)
{
    TRI_CLEANUP(tri_proc_finish) struct tri_proc proc = {.root_fd = root_fd};
    TRI_AUTO_FREE pid_t *pids = NULL;
    size_t count;
    int r = tri_proc_list(root_fd, &pids, &count);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = add_process(sample, &proc, pids[i], needs);
    if (r == 0)
        r = number_names(sample);
    if (r == 0)
        r = tri_perf_add_total(sample, error);
    if (r == 0)
        total_clear(sample);
    return r;
}

static int read_processes(struct tri_perf_sample *sample, unsigned needs, struct tri_error *error)
{
    TRI_AUTO_CLOSE int root_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = root_fd < 0 ? -errno : read_all(sample, needs, root_fd, error);
    if (r == -ENOMEM)
        return tri_error_no_memory(error);
    return r < 0 ? tri_error_set(error, r, "/proc", "The processes in /proc cannot be listed: %s.", strerror(-r)) : 0;
}

/* ---- fields ---- */

#define TRI_PERF_ITEM struct process
#define PROCESS_COUNTERS(X)                                                                                            \
    X(IDProcess, value, pid, 0)                                                                                        \
    X(CreatingProcessID, value, parent, 0)                                                                             \
    X(PercentProcessorTime, percent, time, 0)                                                                          \
    X(PercentPrivilegedTime, percent, kernel_time, 0)                                                                  \
    X(PercentUserTime, percent, user_time, 0)                                                                          \
    X(ThreadCount, value, threads, 0)                                                                                  \
    X(HandleCount, value, descriptors, NEEDS_DESCRIPTORS)                                                              \
    X(PageFaultsPersec, rate, faults, 0)                                                                               \
    X(WorkingSet, value, resident_bytes, 0)                                                                            \
    X(WorkingSetPeak, value, peak_resident_bytes, NEEDS_STATUS)                                                        \
    X(WorkingSetPrivate, value, anonymous_bytes, NEEDS_STATUS)                                                         \
    X(VirtualBytes, value, virtual_bytes, 0)                                                                           \
    X(VirtualBytesPeak, value, peak_virtual_bytes, NEEDS_STATUS)                                                       \
    X(PrivateBytes, value, private_bytes, NEEDS_STATUS)                                                                \
    X(PageFileBytes, value, swapped_bytes, NEEDS_STATUS)                                                               \
    X(IOReadOperationsPersec, rate, reads, NEEDS_IO)                                                                   \
    X(IOWriteOperationsPersec, rate, writes, NEEDS_IO)                                                                 \
    X(IODataOperationsPersec, rate, operations, NEEDS_IO)                                                              \
    X(IOReadBytesPersec, rate, read_bytes, NEEDS_IO)                                                                   \
    X(IOWriteBytesPersec, rate, write_bytes, NEEDS_IO)                                                                 \
    X(IODataBytesPersec, rate, bytes, NEEDS_IO)
PROCESS_COUNTERS(TRI_PERF_GETTERS)

static uint64_t start_of(const void *row)
{
    return ((const struct process *)(const void *)((const struct tri_perf_row *)row)->now)->start;
}

static void get_elapsed(const void *row, struct tri_value *ret)
{
    uint64_t running = ((const struct tri_perf_row *)row)->running_100ns, start = start_of(row);
    tri_value_set_unsigned(ret, running > start ? (running - start) / TRI_PERF_PER_SECOND : 0);
}

/* When it started; Timestamp_Object less this is how long it runs. */
static void get_start(const void *row, struct tri_value *ret)
{
    const struct tri_perf_row *own = row;
    tri_value_set_unsigned(ret, own->wall_100ns - own->running_100ns + start_of(row));
}

static const struct tri_field formatted_process_fields[] = {
    {"Name", 0, tri_perf_get_name}, {"ElapsedTime", 0, get_elapsed}, PROCESS_COUNTERS(TRI_PERF_FORMATTED)};
static const struct tri_field raw_process_fields[] = {
    {"Name", 0, tri_perf_get_name}, {"ElapsedTime", 0, get_start}, PROCESS_COUNTERS(TRI_PERF_RAW) TRI_PERF_STAMPS};
static struct tri_perf_source processes = TRI_PERF_SOURCE(struct process, read_processes, .parts_end = true);
TRI_PERF_CLASS(process, "PerfProc_Process", processes, formatted_process_fields, raw_process_fields)
