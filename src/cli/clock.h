/* Monotonic milliseconds, and deadlines made of them for poll. */
#ifndef TRI_CLI_CLOCK_H
#define TRI_CLI_CLOCK_H

#include <stdint.h>

#define TRI_NEVER_MS UINT64_MAX

uint64_t tri_clock_ms(void);

/* For poll: 0 once the deadline has passed, -1 for TRI_NEVER_MS; never more than poll can take. */
int tri_clock_left_ms(uint64_t deadline_ms);

#endif
