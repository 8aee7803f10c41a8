/* The CPUs of this machine: which there are, what /proc/cpuinfo says of them, their caches, and how busy they are. */
#ifndef TRI_MANAGEMENT_PROVIDERS_CPU_H
#define TRI_MANAGEMENT_PROVIDERS_CPU_H

#include "management/provider.h"

struct tri_cpu {
    unsigned number, package, core;
};

/* Those that are online, sorted by package, then number. -ENOMEM, -errno. */
int tri_cpus_read(struct tri_cpu **ret, size_t *ret_count);
size_t tri_cpu_package_size(const struct tri_cpu *cpus, size_t count); /* how many are of the first one's package */
size_t tri_cpu_packages(const struct tri_cpu *cpus, size_t count);
size_t tri_cpu_cores(const struct tri_cpu *cpus, size_t count); /* of one package */
unsigned tri_cpu_number(unsigned cpu, const char *file); /* a number below the CPU's folder in sysfs; 0: none */

/* ---- /proc/cpuinfo ---- */

int tri_cpuinfo_read(char **ret);                                      /* -errno */
const char *tri_cpuinfo_section(const char *cpuinfo, unsigned cpu);    /* where it begins; "": there is none */
/* The value of "key : value" in a section. false: it has no such line. */
bool tri_cpuinfo_value(const char *section, const char *key, char *ret, size_t size);
bool tri_cpu_has_flag(const char *section, const char *flag);

/* ---- how busy they are ---- */

/* Makes sure that there are two samples; only the first who asks in five minutes waits for it (100 ms). */
void tri_cpu_load_refresh(struct tri_scan *scan);
int tri_cpu_load(const struct tri_cpu *cpus, size_t count); /* percent; -1: unknown */

/* ---- caches ---- */

#define TRI_CACHE_MAX 16 /* of a CPU */
struct tri_cache {
    unsigned level, sets, ways, line_bytes;
    char type[32];     /* Data, Instruction, Unified */
    uint64_t size_kib; /* of all that the package has of this kind */
};

/* Those of one package. */
size_t tri_caches_read(const struct tri_cpu *cpus, size_t count, struct tri_cache ret[TRI_CACHE_MAX]);

#endif
