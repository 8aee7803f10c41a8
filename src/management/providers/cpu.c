/* The CPUs of this machine, from sysfs and procfs. */
#include "management/providers/cpu.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "management/providers/host.h"

enum { CPU_MAX = 8192, CPUINFO_MAX = 64 << 20, STAT_MAX = 16 << 20 };
#define CPU_FOLDER "/sys/devices/system/cpu/"

/* ---- which CPUs there are ---- */

unsigned tri_cpu_number(unsigned cpu, const char *file)
{
    char path[128];
    uint64_t number;
    snprintf(path, sizeof path, CPU_FOLDER "cpu%u/%s", cpu, file);
    return tri_host_number(path, &number) ? (unsigned)number : 0;
}

static int compare_cpus(const void *a, const void *b)
{
    const struct tri_cpu *x = a, *y = b;
    if (x->package != y->package)
        return x->package < y->package ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* How many CPUs a list like "0-3,8" names; those above CPU_MAX are not counted. */
static size_t read_list(const char *list, unsigned *ret)
{
    size_t count = 0;
    while (isdigit((unsigned char)*list)) {
        char *end;
        unsigned long first = strtoul(list, &end, 10), last = *end == '-' ? strtoul(end + 1, &end, 10) : first;
        for (unsigned long cpu = first; cpu <= last && cpu < CPU_MAX && count < CPU_MAX; cpu++) {
            if (ret)
                ret[count] = (unsigned)cpu;
            count++;
        }
        list = *end == ',' ? end + 1 : end;
    }
    return count;
}

/* The same for all CPUs of one core: the first of them. core_id is not: clusters and dies may each count from 0. */
static unsigned core_of(unsigned cpu)
{
    static const char *const lists[] = {"core_cpus_list", "thread_siblings_list"}; /* the latter before Linux 5.3 */
    char path[128], list[512];
    for (size_t i = 0; i < TRI_FIELD_COUNT(lists); i++) {
        snprintf(path, sizeof path, CPU_FOLDER "cpu%u/topology/%s", cpu, lists[i]);
        if (tri_host_line(path, list, sizeof list) && isdigit((unsigned char)*list))
            return (unsigned)strtoul(list, NULL, 10);
    }
    return tri_cpu_number(cpu, "topology/core_id");
}

int tri_cpus_read(struct tri_cpu **ret, size_t *ret_count)
{
    TRI_AUTO_FREE char *list = NULL;
    TRI_AUTO_FREE unsigned *numbers = calloc(CPU_MAX, sizeof *numbers);
    int r = tri_file_read(AT_FDCWD, CPU_FOLDER "online", 4096, &list, NULL);
    if (r < 0 || !numbers)
        return r < 0 ? r : -ENOMEM;
    size_t count = read_list(list, numbers);
    struct tri_cpu *cpus = count ? calloc(count, sizeof *cpus) : NULL;
    if (!cpus)
        return count ? -ENOMEM : -ENODATA;
    for (size_t i = 0; i < count; i++) {
        cpus[i].number = numbers[i];
        cpus[i].package = tri_cpu_number(numbers[i], "topology/physical_package_id");
        cpus[i].core = core_of(numbers[i]);
    }
    qsort(cpus, count, sizeof *cpus, compare_cpus);
    *ret = cpus;
    *ret_count = count;
    return 0;
}

/* How many of the first ones are of the first one's package. */
size_t tri_cpu_package_size(const struct tri_cpu *cpus, size_t count)
{
    size_t size = 0;
    while (size < count && cpus[size].package == cpus[0].package)
        size++;
    return size;
}

size_t tri_cpu_packages(const struct tri_cpu *cpus, size_t count)
{
    size_t packages = 0;
    for (size_t i = 0; i < count; i += tri_cpu_package_size(cpus + i, count - i))
        packages++;
    return packages;
}

size_t tri_cpu_cores(const struct tri_cpu *cpus, size_t count)
{
    size_t cores = 0;
    for (size_t i = 0; i < count; i++) {
        size_t same = 0;
        while (same < i && cpus[same].core != cpus[i].core)
            same++;
        cores += same == i;
    }
    return cores;
}

/* ---- cpuinfo ---- */

int tri_cpuinfo_read(char **ret)
{
    return tri_file_read(AT_FDCWD, "/proc/cpuinfo", CPUINFO_MAX, ret, NULL);
}

/* The value of "key<tabs>: value" in the section that begins at text. false: the section has no such line. */
bool tri_cpuinfo_value(const char *text, const char *key, char *ret, size_t size)
{
    size_t key_length = strlen(key);
    for (const char *line = text; *line && *line != '\n';) {
        size_t length = strcspn(line, "\n");
        const char *colon = memchr(line, ':', length);
        size_t name = colon ? (size_t)(colon - line) : 0;
        while (name > 0 && isspace((unsigned char)line[name - 1]))
            name--;
        if (colon && name == key_length && strncmp(line, key, name) == 0) {
            const char *value = colon + 1 + strspn(colon + 1, " \t");
            size_t left = value < line + length ? (size_t)(line + length - value) : 0;
            snprintf(ret, size, "%.*s", (int)left, value);
            return left > 0;
        }
        line += length + (line[length] == '\n');
    }
    return false;
}

const char *tri_cpuinfo_section(const char *cpuinfo, unsigned cpu)
{
    char number[32];
    for (const char *section = cpuinfo; section && *section;) {
        if (tri_cpuinfo_value(section, "processor", number, sizeof number) && strtoul(number, NULL, 10) == cpu)
            return section;
        section = strstr(section, "\n\n");
        section = section ? section + 2 : NULL;
    }
    return "";
}

bool tri_cpu_has_flag(const char *section, const char *flag)
{
    char flags[8192];
    size_t length = strlen(flag);
    if (!tri_cpuinfo_value(section, "flags", flags, sizeof flags) &&
        !tri_cpuinfo_value(section, "Features", flags, sizeof flags))
        return false;
    for (const char *at = flags; (at = strstr(at, flag)); at += length)
        if ((at == flags || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return true;
    return false;
}

/* ---- load ---- */

struct ticks {
    uint64_t busy, total;
};
struct sample {
    uint64_t ns; /* CLOCK_MONOTONIC */
    struct ticks cpus[CPU_MAX];
};

/* user nice system idle iowait irq softirq steal; what guests use is in user already. */
static struct ticks read_ticks(const char *line)
{
    struct ticks ticks = {0};
    for (int field = 0; field < 8; field++) {
        char *end;
        uint64_t value = strtoull(line, &end, 10);
        if (end == line)
            break;
        ticks.total += value;
        ticks.busy += field == 3 || field == 4 ? 0 : value;
        line = end;
    }
    return ticks;
}

static struct sample *take_sample(void)
{
    TRI_AUTO_FREE char *text = NULL;
    struct sample *sample = calloc(1, sizeof *sample);
    if (!sample || tri_file_read(AT_FDCWD, "/proc/stat", STAT_MAX, &text, NULL) < 0) {
        free(sample);
        return NULL;
    }
    sample->ns = tri_clock_ns();
    for (const char *line = text; (line = strstr(line, "\ncpu"));) {
        char *end;
        line += strlen("\ncpu");
        unsigned long cpu = strtoul(line, &end, 10);
        if (cpu < CPU_MAX)
            sample->cpus[cpu] = read_ticks(end);
    }
    return sample;
}

/* The last two samples; what is asked within 200 ms gets the same answer, and nobody waits for a second sample but the
 * first who asks in five minutes. */
static struct {
    pthread_mutex_t lock;
    struct sample *older, *newer;
} load = {.lock = PTHREAD_MUTEX_INITIALIZER};

enum { FRESH_MS = 200, COLD_MS = 100, STEP_MS = 10, STALE_S = 300 };

static bool is_younger(const struct sample *sample, uint64_t ns)
{
    return sample && tri_clock_ns() - sample->ns < ns;
}

static void keep_sample(struct sample *sample)
{
    if (!sample)
        return;
    free(load.older);
    load.older = load.newer;
    load.newer = sample;
}

static struct sample *wait_for_sample(struct tri_scan *scan)
{
    for (int waited = 0; waited < COLD_MS && !tri_scan_stopped(scan); waited += STEP_MS)
        nanosleep(&(struct timespec){.tv_nsec = STEP_MS * (long)TRI_NS_PER_MS}, NULL);
    return take_sample();
}

void tri_cpu_load_refresh(struct tri_scan *scan)
{
    pthread_mutex_lock(&load.lock);
    bool is_fresh = load.older && is_younger(load.newer, FRESH_MS * TRI_NS_PER_MS);
    bool is_usable = is_younger(load.newer, STALE_S * TRI_NS_PER_SEC);
    if (!is_fresh && is_usable && !is_younger(load.newer, COLD_MS * TRI_NS_PER_MS))
        keep_sample(take_sample());
    pthread_mutex_unlock(&load.lock);
    if (is_fresh || is_usable)
        return;
    struct sample *first = take_sample(), *second = wait_for_sample(scan);
    pthread_mutex_lock(&load.lock);
    keep_sample(first);
    keep_sample(second);
    pthread_mutex_unlock(&load.lock);
}

/* Percent; -1: unknown. */
int tri_cpu_load(const struct tri_cpu *cpus, size_t count)
{
    TRI_LOCK_SCOPE(&load.lock);
    uint64_t busy = 0, total = 0;
    for (size_t i = 0; load.older && load.newer && i < count; i++) {
        const struct ticks *a = &load.older->cpus[cpus[i].number], *b = &load.newer->cpus[cpus[i].number];
        if (b->total > a->total && b->busy >= a->busy) { /* a CPU that came back may count from anywhere */
            busy += b->busy - a->busy;
            total += b->total - a->total;
        }
    }
    return total ? (int)((busy * 100 + total / 2) / total) : -1;
}

/* ---- caches ---- */

static bool read_cache(unsigned cpu, unsigned index, size_t cpus, struct tri_cache *ret)
{
    char folder[96], path[160], text[4096];
    uint64_t level, number;
    snprintf(folder, sizeof folder, CPU_FOLDER "cpu%u/cache/index%u", cpu, index);
    snprintf(path, sizeof path, "%s/level", folder);
    if (!tri_host_number(path, &level))
        return false;
    *ret = (struct tri_cache){.level = (unsigned)level};
    snprintf(path, sizeof path, "%s/size", folder);
    if (tri_host_line(path, text, sizeof text))
        ret->size_kib = strtoull(text, NULL, 10);
    snprintf(path, sizeof path, "%s/type", folder);
    tri_host_line(path, ret->type, sizeof ret->type);
    snprintf(path, sizeof path, "%s/ways_of_associativity", folder);
    ret->ways = tri_host_number(path, &number) ? (unsigned)number : 0;
    snprintf(path, sizeof path, "%s/coherency_line_size", folder);
    ret->line_bytes = tri_host_number(path, &number) ? (unsigned)number : 0;
    snprintf(path, sizeof path, "%s/shared_cpu_list", folder);
    size_t sharing = tri_host_line(path, text, sizeof text) ? read_list(text, NULL) : 1;
    if (sharing > 0 && cpus > sharing)
        ret->size_kib *= cpus / sharing;
    return true;
}

size_t tri_caches_read(const struct tri_cpu *cpus, size_t count, struct tri_cache ret[TRI_CACHE_MAX])
{
    size_t caches = 0;
    while (caches < TRI_CACHE_MAX && read_cache(cpus->number, (unsigned)caches, count, &ret[caches]))
        caches++;
    return caches;
}
