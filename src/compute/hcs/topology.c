#include "compute/hcs/topology.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "compute/hcs/document.h"

enum { SMALL_FILE = 64, CPUINFO_MAX = 4 << 20 };

static int read_number(int folder_fd, const char *path, int otherwise)
{
    TRI_AUTO_FREE char *text = NULL;
    return tri_file_read(folder_fd, path, SMALL_FILE, &text, NULL) == 0 ? atoi(text) : otherwise;
}

/* A processor's folder holds a link named after its node. */
static int node_of(int cpu_fd)
{
    int own_fd = openat(cpu_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own_fd >= 0 ? fdopendir(own_fd) : NULL;
    if (!folder) {
        tri_close(own_fd);
        return 0;
    }
    int node = 0;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        if (sscanf(entry->d_name, "node%d", &node) == 1)
            break;
    closedir(folder);
    return node;
}

static json_t *write_processor(int index)
{
    char path[64];
    snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d", index);
    TRI_AUTO_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    return json_pack("{s:i, s:i, s:i, s:i, s:i}", "LpIndex", index, "NodeNumber", node_of(fd), "PackageId",
                     read_number(fd, "topology/physical_package_id", 0), "CoreId",
                     read_number(fd, "topology/core_id", index), "RootVpIndex", index);
}

json_t *tri_hcs_processor_topology(void)
{
    TRI_AUTO_JSON json_t *processors = json_array();
    for (int i = 0; i < get_nprocs_conf(); i++) {
        json_t *processor = write_processor(i);
        if (processor && json_array_append_new(processors, processor) < 0)
            return NULL;
    }
    return json_pack("{s:i, s:O}", "LogicalProcessorCount", (int)json_array_size(processors), "LogicalProcessors",
                     processors);
}

/* The number after "name<tabs>: " in /proc/cpuinfo, of the first processor. NULL where there is none. */
static json_t *read_capability(const char *cpuinfo, const char *name)
{
    const char *line = strstr(cpuinfo, name);
    const char *colon = line ? strchr(line, ':') : NULL;
    return colon ? json_integer(strtoll(colon + 1, NULL, 10)) : NULL;
}

json_t *tri_hcs_processor_capabilities(void)
{
    TRI_AUTO_FREE char *cpuinfo = NULL;
    if (tri_file_read(AT_FDCWD, "/proc/cpuinfo", CPUINFO_MAX, &cpuinfo, NULL) < 0)
        return json_object();
    return json_pack("{s:o*, s:o*}", "CacheLineFlushSize", read_capability(cpuinfo, "\nclflush size"),
                     "ImplementedPhysicalAddressBits", read_capability(cpuinfo, "\naddress sizes"));
}
