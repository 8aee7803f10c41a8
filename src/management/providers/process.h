/* What the files of Win32_Process share. */
#ifndef TRI_MANAGEMENT_PROVIDERS_PROCESS_H
#define TRI_MANAGEMENT_PROVIDERS_PROCESS_H

#include "management/provider.h"

#define TRI_PROCESS_METHOD_COUNT 6
extern const struct tri_provided_method tri_process_methods[TRI_PROCESS_METHOD_COUNT];
int tri_process_remove(const struct tri_cim_object *object, struct tri_error *error); /* ends it */

#endif
