/* Time. Deadlines are CLOCK_MONOTONIC; what people read is wall-clock time in UTC. */
#ifndef TRI_BASE_CLOCK_H
#define TRI_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define TRI_NS_PER_MS 1000000ull
#define TRI_NS_PER_SEC 1000000000ull
#define TRI_DEADLINE_NEVER UINT64_MAX
#define TRI_TIMEOUT_INFINITE UINT32_MAX

uint64_t tri_clock_ns(void);      /* CLOCK_MONOTONIC */
uint64_t tri_clock_wall_ns(void); /* CLOCK_REALTIME, since 1970 */

/* The deadline that lies timeout_ms from now; TRI_TIMEOUT_INFINITE gives TRI_DEADLINE_NEVER. */
uint64_t tri_deadline_ns(uint32_t timeout_ms);

/* RFC 3339 with seven decimals and Z, as HCS documents write times: 2026-01-02T03:04:05.1234567Z. */
#define TRI_TIME_TEXT_SIZE 32
void tri_time_text(uint64_t wall_ns, char text[TRI_TIME_TEXT_SIZE]);

#endif
