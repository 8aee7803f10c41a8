/* Counters of the processors, of memory and of the system as a whole: /proc/stat, /proc/meminfo, /proc/vmstat. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "management/providers/perf.h"
#include "management/providers/proc.h"

/* The number behind a word that begins a line; 0 where there is none. */
static uint64_t number_behind(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *line = text; *line; line = tri_perf_next_line(line))
        if (strncmp(line, word, length) == 0 && (line[length] == ' ' || line[length] == ':'))
            return strtoull(line + length + 1, NULL, 10);
    return 0;
}

/* ---- processors ---- */

struct cpu {
    struct tri_perf_item item;
    uint64_t idle, user, privileged, interrupt, deferred, total; /* 100 nanoseconds */
    uint64_t interrupts;
};

enum { NEEDS_INTERRUPTS = 1 };

/* "cpu3 user nice system idle iowait irq softirq steal ..." */
static void cpu_parse(struct cpu *cpu, const char *line, uint64_t share)
{
    enum { USER, NICE, SYSTEM, IDLE, IO_WAIT, IRQ, SOFT_IRQ, STEAL, COLUMNS };
    uint64_t n[COLUMNS] = {0}, unit = TRI_PERF_PER_SECOND / (uint64_t)tri_proc_ticks_per_second();
    char *at = (char *)line + strcspn(line, " ");
    for (int i = 0; i < COLUMNS && *at != '\n'; i++)
        n[i] = strtoull(at, &at, 10) * unit / share;
    cpu->idle = n[IDLE] + n[IO_WAIT];
    cpu->user = n[USER] + n[NICE];
    cpu->privileged = n[SYSTEM] + n[IRQ] + n[SOFT_IRQ];
    cpu->interrupt = n[IRQ];
    cpu->deferred = n[SOFT_IRQ];
    cpu->total = cpu->idle + cpu->user + cpu->privileged + n[STEAL];
}

/* /proc/interrupts: a column a processor that is online, their names in the first line. */
static int read_interrupts(struct tri_perf_sample *sample, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = NULL;
    size_t count;
    struct cpu *cpus = tri_perf_items(sample, &count);
    int r = tri_perf_file("/proc/interrupts", &text, error);
    for (const char *line = r == 0 ? tri_perf_next_line(text) : ""; *line; line = tri_perf_next_line(line)) {
        char *at = strchr(line, ':');
        for (size_t i = 1; at && i < count; i++) { /* the first one is the total */
            const char *from = at + (*at == ':');
            unsigned long long number = strtoull(from, &at, 10);
            if (at == from)
                break;
            cpus[i].interrupts += number;
        }
    }
    return r;
}

static int read_processors(struct tri_perf_sample *sample, unsigned needs, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = NULL;
    int r = tri_perf_file("/proc/stat", &text, error);
    if (r < 0)
        return r;
    uint64_t count = 0;
    for (const char *line = tri_perf_next_line(text); strncmp(line, "cpu", 3) == 0; line = tri_perf_next_line(line))
        count++;
    struct cpu *cpu = tri_perf_add(sample, TRI_PERF_TOTAL_ID, "_Total");
    if (!cpu)
        return tri_error_no_memory(error);
    cpu_parse(cpu, text, count ? count : 1); /* the mean of all */
    cpu->interrupts = number_behind(text, "intr");
    for (const char *line = tri_perf_next_line(text); strncmp(line, "cpu", 3) == 0; line = tri_perf_next_line(line)) {
        char name[24];
        unsigned long number = strtoul(line + 3, NULL, 10);
        snprintf(name, sizeof(name), "%lu", number);
        if (!(cpu = tri_perf_add(sample, number, name)))
            return tri_error_no_memory(error);
        cpu_parse(cpu, line, 1);
    }
    return needs & NEEDS_INTERRUPTS ? read_interrupts(sample, error) : 0;
}

/* Of the processor's own time, which in short periods differs from the clock's. */
static void tri_perf_cpu_share(const void *row, size_t offset, struct tri_value *ret)
{
    tri_perf_average(row, offset, offsetof(struct cpu, total), 100, ret);
}

static void tri_perf_cpu_rest(const void *row, size_t offset, struct tri_value *ret)
{
    struct tri_value share = {.type = TRI_CIM_REAL64};
    tri_perf_cpu_share(row, offset, &share);
    const struct tri_perf_row *own = row;
    if (own->now != own->before)
        tri_value_set_real(ret, fmax(0, 100 - share.real));
    else
        tri_value_set_unsigned(ret, 0);
}

#define TRI_PERF_ITEM struct cpu
#define PROCESSOR_COUNTERS(X)                                                                                          \
    X(PercentProcessorTime, cpu_rest, idle, 0)                                                                         \
    X(PercentIdleTime, cpu_share, idle, 0)                                                                             \
    X(PercentUserTime, cpu_share, user, 0)                                                                             \
    X(PercentPrivilegedTime, cpu_share, privileged, 0)                                                                 \
    X(PercentInterruptTime, cpu_share, interrupt, 0)                                                                   \
    X(PercentDPCTime, cpu_share, deferred, 0)                                                                          \
    X(InterruptsPersec, rate, interrupts, NEEDS_INTERRUPTS)
PROCESSOR_COUNTERS(TRI_PERF_GETTERS)
static const struct tri_field formatted_processor_fields[] = {{"Name", 0, tri_perf_get_name},
                                                              PROCESSOR_COUNTERS(TRI_PERF_FORMATTED)};
static const struct tri_field raw_processor_fields[] = {{"Name", 0, tri_perf_get_name},
                                                        PROCESSOR_COUNTERS(TRI_PERF_RAW) TRI_PERF_STAMPS};
static struct tri_perf_source processors = TRI_PERF_SOURCE(struct cpu, read_processors);
TRI_PERF_CLASS(processor, "PerfOS_Processor", processors, formatted_processor_fields, raw_processor_fields)
#undef TRI_PERF_ITEM

/* ---- memory ---- */

struct memory {
    struct tri_perf_item item;
    uint64_t available_bytes, available_kib, available_mib, free_bytes, dirty_bytes, cache_bytes, resident_cache_bytes;
    uint64_t committed_bytes, commit_limit_bytes, committed_percent, paged_pool_bytes, nonpaged_pool_bytes;
    uint64_t faults, major_faults, pages_in, pages_out, pages;
};

static uint64_t bytes_behind(const char *text, const char *word)
{
    return number_behind(text, word) * 1024;
}

static void memory_parse(struct memory *memory, const char *sizes, const char *counts)
{
    memory->available_bytes = bytes_behind(sizes, "MemAvailable");
    memory->available_kib = memory->available_bytes >> 10;
    memory->available_mib = memory->available_bytes >> 20;
    memory->free_bytes = bytes_behind(sizes, "MemFree");
    memory->dirty_bytes = bytes_behind(sizes, "Dirty");
    memory->resident_cache_bytes = bytes_behind(sizes, "Cached");
    memory->cache_bytes = memory->resident_cache_bytes + bytes_behind(sizes, "Buffers");
    memory->committed_bytes = bytes_behind(sizes, "Committed_AS");
    memory->commit_limit_bytes = bytes_behind(sizes, "CommitLimit");
    if (memory->commit_limit_bytes > 0)
        memory->committed_percent =
            (uint64_t)(100.0 * (double)memory->committed_bytes / (double)memory->commit_limit_bytes);
    memory->paged_pool_bytes = bytes_behind(sizes, "SReclaimable");
    memory->nonpaged_pool_bytes = bytes_behind(sizes, "SUnreclaim");
    memory->faults = number_behind(counts, "pgfault");
    memory->major_faults = number_behind(counts, "pgmajfault");
    memory->pages_in = number_behind(counts, "pswpin");
    memory->pages_out = number_behind(counts, "pswpout");
    memory->pages = memory->pages_in + memory->pages_out;
}

static int read_memory(struct tri_perf_sample *sample, unsigned needs, struct tri_error *error)
{
    TRI_AUTO_FREE char *sizes = NULL, *counts = NULL;
    int r = tri_perf_file("/proc/meminfo", &sizes, error);
    if (r == 0)
        r = tri_perf_file("/proc/vmstat", &counts, error);
    if (r < 0)
        return r;
    struct memory *memory = tri_perf_add(sample, 0, "");
    if (!memory)
        return tri_error_no_memory(error);
    memory_parse(memory, sizes, counts);
    return 0;
}

#define TRI_PERF_ITEM struct memory
#define MEMORY_COUNTERS(X)                                                                                             \
    X(AvailableBytes, value, available_bytes, 0)                                                                       \
    X(AvailableKBytes, value, available_kib, 0)                                                                        \
    X(AvailableMBytes, value, available_mib, 0)                                                                        \
    X(FreeAndZeroPageListBytes, value, free_bytes, 0)                                                                  \
    X(ModifiedPageListBytes, value, dirty_bytes, 0)                                                                    \
    X(CacheBytes, value, cache_bytes, 0)                                                                               \
    X(SystemCacheResidentBytes, value, resident_cache_bytes, 0)                                                        \
    X(CommittedBytes, value, committed_bytes, 0)                                                                       \
    X(CommitLimit, value, commit_limit_bytes, 0)                                                                       \
    X(PoolPagedBytes, value, paged_pool_bytes, 0)                                                                      \
    X(PoolNonpagedBytes, value, nonpaged_pool_bytes, 0)                                                                \
    X(PageFaultsPersec, rate, faults, 0)                                                                               \
    X(PageReadsPersec, rate, major_faults, 0)                                                                          \
    X(PagesInputPersec, rate, pages_in, 0)                                                                             \
    X(PagesOutputPersec, rate, pages_out, 0)                                                                           \
    X(PagesPersec, rate, pages, 0)
MEMORY_COUNTERS(TRI_PERF_GETTERS)

static void get_committed_percent(const void *row, struct tri_value *ret)
{
    tri_perf_value(row, offsetof(struct memory, committed_percent), ret);
}

static const struct tri_field formatted_memory_fields[] = {{"PercentCommittedBytesInUse", 0, get_committed_percent},
                                                           MEMORY_COUNTERS(TRI_PERF_FORMATTED)};
/* The percentage is a fraction of two numbers that clients put together. */
static const struct tri_field raw_memory_fields[] = {{"PercentCommittedBytesInUse", 0, raw_CommittedBytes},
                                                     {"PercentCommittedBytesInUse_Base", 0, raw_CommitLimit},
                                                     MEMORY_COUNTERS(TRI_PERF_RAW) TRI_PERF_STAMPS};
static struct tri_perf_source memories = TRI_PERF_SOURCE(struct memory, read_memory);
TRI_PERF_CLASS(memory, "PerfOS_Memory", memories, formatted_memory_fields, raw_memory_fields)
#undef TRI_PERF_ITEM

/* ---- the system ---- */

struct system {
    struct tri_perf_item item;
    uint64_t switches, processes, threads, waiting, up_seconds;
};

enum { NEEDS_PROCESSES = 1 };

static int count_processes(uint64_t *ret, struct tri_error *error)
{
    TRI_AUTO_CLOSE int root_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    TRI_AUTO_FREE pid_t *pids = NULL;
    size_t count = 0;
    int r = root_fd < 0 ? -errno : tri_proc_list(root_fd, &pids, &count);
    if (r < 0)
        return tri_error_set(error, r, "/proc", "The processes in /proc cannot be listed: %s.", strerror(-r));
    *ret = count;
    return 0;
}

/* "0.5 0.4 0.3 2/345 6789": 345 threads. */
static uint64_t threads_of(const char *load)
{
    const char *slash = strchr(load, '/');
    return slash ? strtoull(slash + 1, NULL, 10) : 0;
}

static int read_system(struct tri_perf_sample *sample, unsigned needs, struct tri_error *error)
{
    TRI_AUTO_FREE char *stat = NULL, *load = NULL;
    struct timespec running;
    int r = tri_perf_file("/proc/stat", &stat, error);
    if (r == 0)
        r = tri_perf_file("/proc/loadavg", &load, error);
    if (r < 0)
        return r;
    struct system *system = tri_perf_add(sample, 0, "");
    if (!system)
        return tri_error_no_memory(error);
    uint64_t ready = number_behind(stat, "procs_running"), online = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
    clock_gettime(CLOCK_BOOTTIME, &running);
    system->switches = number_behind(stat, "ctxt");
    system->waiting = ready > online ? ready - online : 0;
    system->threads = threads_of(load);
    system->up_seconds = (uint64_t)running.tv_sec;
    return needs & NEEDS_PROCESSES ? count_processes(&system->processes, error) : 0;
}

#define TRI_PERF_ITEM struct system
#define SYSTEM_COUNTERS(X)                                                                                             \
    X(ContextSwitchesPersec, rate, switches, 0)                                                                        \
    X(ProcessorQueueLength, value, waiting, 0)                                                                         \
    X(Processes, value, processes, NEEDS_PROCESSES)                                                                    \
    X(Threads, value, threads, 0)
SYSTEM_COUNTERS(TRI_PERF_GETTERS)

static void get_up_time(const void *row, struct tri_value *ret)
{
    tri_perf_value(row, offsetof(struct system, up_seconds), ret);
}

/* When it was that the system started; Timestamp_Object less this is how long it runs. */
static void get_start(const void *row, struct tri_value *ret)
{
    const struct tri_perf_row *own = row;
    tri_value_set_unsigned(ret, own->wall_100ns - own->running_100ns);
}

static const struct tri_field formatted_system_fields[] = {{"SystemUpTime", 0, get_up_time},
                                                           SYSTEM_COUNTERS(TRI_PERF_FORMATTED)};
static const struct tri_field raw_system_fields[] = {{"SystemUpTime", 0, get_start},
                                                     SYSTEM_COUNTERS(TRI_PERF_RAW) TRI_PERF_STAMPS};
static struct tri_perf_source systems = TRI_PERF_SOURCE(struct system, read_system);
TRI_PERF_CLASS(system, "PerfOS_System", systems, formatted_system_fields, raw_system_fields)
