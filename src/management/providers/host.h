/* What the providers of host facts share: small files read, and fields that need no more than a line. */
#ifndef TRI_MANAGEMENT_PROVIDERS_HOST_H
#define TRI_MANAGEMENT_PROVIDERS_HOST_H

#include "base/cleanup.h"
#include "management/providers/fields.h"

void tri_get_time_zone(const void *row, struct tri_value *ret);     /* minutes east of UTC, now */

/* The first line of a small file without the space around it. false: it cannot be read, or there is nothing in it. */
bool tri_host_line(const char *path, char *ret, size_t size);
bool tri_host_number(const char *path, uint64_t *ret);
/* A field from such a file; NULL where there is none. */
void tri_host_set_line(struct tri_value *ret, const char *path);
/* The value of a KEY=value line (os-release, locale.conf), without quotes. */
bool tri_host_assignment(const char *text, const char *key, char *ret, size_t size);

struct tri_host_memory { /* KiB */
    uint64_t total, available, swap_total, swap_free;
};
bool tri_host_memory_read(struct tri_host_memory *ret);

/* Is this a machine that people sit at? From os-release and the default target of systemd. */
bool tri_host_is_workstation(void);

#endif
