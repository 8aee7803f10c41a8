/* How long a call may take where it does not say so itself. */
#ifndef TRI_MANAGEMENT_TIMEOUT_H
#define TRI_MANAGEMENT_TIMEOUT_H

#include <stdint.h>

/* 60 seconds, or those of TRIREME_OP_TIMEOUT; TRI_DEADLINE_NEVER where that is 0. */
uint64_t tri_management_timeout_ns(void);

#endif
