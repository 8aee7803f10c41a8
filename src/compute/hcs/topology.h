/* The processors of this machine, as HcsGetServiceProperties tells them. */
#ifndef TRI_COMPUTE_HCS_TOPOLOGY_H
#define TRI_COMPUTE_HCS_TOPOLOGY_H

#include <jansson.h>

/* New references, NULL without memory. What cannot be read is left out. */
json_t *tri_hcs_processor_topology(void);
json_t *tri_hcs_processor_capabilities(void);

#endif
