#include "compute/statistics.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "compute/cgroup.h"

#define FILE_MAX_BYTES (1u << 20)

/* ---- files of a cgroup ---- */

/* A v1 controller has a folder of its own; a v2 tree is one for all. */
struct place {
    const char *root, *cgroup;
    enum tri_cgroup_layout layout;
};

/* NULL where there is no such file. controller NULL: in the v2 tree. */
static char *read_file(const struct place *place, const char *controller, const char *name)
{
    TRI_AUTO_FREE char *path = NULL;
    char *text = NULL;
    int n;
    if (controller)
        n = asprintf(&path, "%s/%s%s/%s", place->root, controller, place->cgroup, name);
    else
        n = asprintf(&path, "%s%s%s/%s", place->root, place->layout == TRI_CGROUP_PURE ? "" : "/unified", place->cgroup,
                     name);
    if (n < 0) {
        path = NULL;
        return NULL;
    }
    return tri_file_read(AT_FDCWD, path, FILE_MAX_BYTES, &text, NULL) < 0 ? NULL : text;
}

static uint64_t read_number(const struct place *place, const char *controller, const char *name)
{
    TRI_AUTO_FREE char *text = read_file(place, controller, name);
    return text ? strtoull(text, NULL, 10) : 0;
}

/* "key number" lines. */
static uint64_t value_of(const char *text, const char *key)
{
    size_t size = strlen(key);
    for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (!strncmp(line, key, size) && line[size] == ' ')
            return strtoull(line + size, NULL, 10);
    return 0;
}

static uint64_t read_value(const struct place *place, const char *controller, const char *name, const char *key)
{
    TRI_AUTO_FREE char *text = read_file(place, controller, name);
    return value_of(text, key);
}

/* The numbers after every occurrence of a word, summed: "rbytes=" in io.stat, "Read " in blkio's lines. */
static uint64_t sum_after(const char *text, const char *word)
{
    uint64_t sum = 0;
    size_t size = strlen(word);
    for (const char *at = text; at && (at = strstr(at, word)); at += size)
        if (at > text && at[-1] == ' ')
            sum += strtoull(at + size, NULL, 10);
    return sum;
}

/* ---- statistics ---- */

#define NS_PER_US 1000u

static void read_cpu(const struct place *place, struct tri_system_statistics *s)
{
    if (place->layout == TRI_CGROUP_PURE) {
        TRI_AUTO_FREE char *text = read_file(place, NULL, "cpu.stat");
        s->cpu_ns = value_of(text, "usage_usec") * NS_PER_US;
        s->cpu_user_ns = value_of(text, "user_usec") * NS_PER_US;
        s->cpu_kernel_ns = value_of(text, "system_usec") * NS_PER_US;
        return;
    }
    s->cpu_ns = read_number(place, "cpuacct", "cpuacct.usage");
    s->cpu_user_ns = read_number(place, "cpuacct", "cpuacct.usage_user");
    s->cpu_kernel_ns = read_number(place, "cpuacct", "cpuacct.usage_sys");
}

static void read_memory(const struct place *place, struct tri_system_statistics *s)
{
    if (place->layout == TRI_CGROUP_PURE) {
        s->memory_bytes = read_number(place, NULL, "memory.current");
        s->memory_peak_bytes = read_number(place, NULL, "memory.peak");
        s->memory_private_bytes = read_value(place, NULL, "memory.stat", "anon");
    } else {
        s->memory_bytes = read_number(place, "memory", "memory.usage_in_bytes");
        s->memory_peak_bytes = read_number(place, "memory", "memory.max_usage_in_bytes");
        s->memory_private_bytes = read_value(place, "memory", "memory.stat", "total_rss");
    }
    if (s->memory_peak_bytes < s->memory_bytes) /* kernels before 5.19 keep no peak in v2 */
        s->memory_peak_bytes = s->memory_bytes;
}

static char *read_blkio(const struct place *place, const char *name)
{
    char recursive[64];
    snprintf(recursive, sizeof(recursive), "%s_recursive", name);
    char *text = read_file(place, "blkio", recursive);
    return text ? text : read_file(place, "blkio", name);
}

static void read_io(const struct place *place, struct tri_system_statistics *s)
{
    if (place->layout == TRI_CGROUP_PURE) {
        TRI_AUTO_FREE char *text = read_file(place, NULL, "io.stat");
        s->read_count = sum_after(text, "rios=");
        s->read_bytes = sum_after(text, "rbytes=");
        s->write_count = sum_after(text, "wios=");
        s->write_bytes = sum_after(text, "wbytes=");
        return;
    }
    TRI_AUTO_FREE char *counts = read_blkio(place, "blkio.throttle.io_serviced");
    TRI_AUTO_FREE char *bytes = read_blkio(place, "blkio.throttle.io_service_bytes");
    s->read_count = sum_after(counts, "Read ");
    s->read_bytes = sum_after(bytes, "Read ");
    s->write_count = sum_after(counts, "Write ");
    s->write_bytes = sum_after(bytes, "Write ");
}

void tri_statistics_read(const char *root, const char *cgroup, struct tri_system_statistics *s)
{
    const struct place place = {root, cgroup, tri_cgroup_layout(root)};
    s->taken_wall_ns = tri_clock_wall_ns();
    s->uptime_ns = s->start_wall_ns && s->taken_wall_ns > s->start_wall_ns ? s->taken_wall_ns - s->start_wall_ns : 0;
    read_cpu(&place, s);
    read_memory(&place, s);
    read_io(&place, s);
}

/* ---- processes ---- */

static uint64_t ticks_to_ns(uint64_t ticks)
{
    uint64_t per_s = (uint64_t)sysconf(_SC_CLK_TCK);
    return ticks / per_s * TRI_NS_PER_SEC + ticks % per_s * TRI_NS_PER_SEC / per_s;
}

static uint64_t boot_wall_ns(void)
{
    struct timespec since;
    clock_gettime(CLOCK_BOOTTIME, &since);
    return tri_clock_wall_ns() - ((uint64_t)since.tv_sec * TRI_NS_PER_SEC + (uint64_t)since.tv_nsec);
}

/* The name is in brackets and may contain anything, brackets too: the last one closes it. */
static bool parse_stat(const char *stat, uint64_t boot_ns, struct tri_process_entry *entry)
{
    const char *open = strchr(stat, '('), *close = strrchr(stat, ')');
    uint64_t user, kernel, start;
    if (!open || !close || close < open || sscanf(stat, "%" SCNu32, &entry->pid) != 1)
        return false;
    size_t size = (size_t)(close - open - 1);
    if (size >= sizeof(entry->name))
        size = sizeof(entry->name) - 1;
    memcpy(entry->name, open + 1, size);
    entry->name[size] = '\0';
    /* state, then fields 4 to 13; 14 utime, 15 stime; 16 to 21; 22 starttime */
    if (sscanf(close + 1,
               " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64 " %*s %*s %*s %*s %*s %*s %" SCNu64,
               &user, &kernel, &start) != 3)
        return false;
    entry->user_ns = ticks_to_ns(user);
    entry->kernel_ns = ticks_to_ns(kernel);
    entry->create_wall_ns = boot_ns + ticks_to_ns(start);
    return true;
}

bool tri_statistics_parse_process(const char *stat, const char *statm, uint64_t boot_ns,
                                  struct tri_process_entry *ret_entry)
{
    struct tri_process_entry entry = {0};
    uint64_t resident, shared, data, page = (uint64_t)sysconf(_SC_PAGESIZE);
    if (!parse_stat(stat, boot_ns, &entry))
        return false;
    if (sscanf(statm, "%*s %" SCNu64 " %" SCNu64 " %*s %*s %" SCNu64, &resident, &shared, &data) != 3)
        return false;
    entry.commit_bytes = data * page;
    entry.private_bytes = resident > shared ? (resident - shared) * page : 0;
    entry.shared_bytes = shared * page;
    *ret_entry = entry;
    return true;
}

static bool read_process(pid_t pid, uint64_t boot_ns, struct tri_process_entry *ret_entry)
{
    char path[32];
    TRI_AUTO_FREE char *stat = NULL, *statm = NULL;
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    if (tri_file_read(AT_FDCWD, path, 4096, &stat, NULL) < 0)
        return false;
    snprintf(path, sizeof(path), "/proc/%d/statm", pid);
    return tri_file_read(AT_FDCWD, path, 4096, &statm, NULL) == 0 &&
           tri_statistics_parse_process(stat, statm, boot_ns, ret_entry);
}

int tri_statistics_processes(const char *root, const char *cgroup, struct tri_process_entry **ret_processes,
                             size_t *ret_count)
{
    TRI_AUTO_FREE pid_t *pids = NULL;
    size_t count = 0, kept = 0;
    int r = tri_cgroup_pids(root, cgroup, &pids, &count);
    struct tri_process_entry *entries = r == 0 ? calloc(count ? count : 1, sizeof(*entries)) : NULL;
    if (!entries)
        return r < 0 ? r : -ENOMEM;
    uint64_t boot_ns = boot_wall_ns();
    for (size_t i = 0; i < count; i++)
        kept += read_process(pids[i], boot_ns, &entries[kept]);
    *ret_processes = entries;
    *ret_count = kept;
    return 0;
}
