/* What the shim says of a system, as structures. */
#ifndef TRI_COMPUTE_INFO_H
#define TRI_COMPUTE_INFO_H

#include <jansson.h>

#include "compute/registry.h"
#include "compute/system.h"

void tri_info_read_exit(const json_t *exit, struct tri_system_exit *ret_exit);

/* info: the members of the shim's `info`, or NULL: the system has stopped, and `exit` is what is known. -ENOMEM. */
int tri_info_new(const struct tri_record *record, const json_t *info, const struct tri_system_exit *exit,
                 struct tri_system_info **ret_info);
void tri_info_clear(struct tri_system_info *info);
void tri_info_free(void *info);

#endif
