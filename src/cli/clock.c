#include "clock.h"

#include <limits.h>
#include <time.h>

uint64_t tri_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int tri_clock_left_ms(uint64_t deadline_ms)
{
    uint64_t now_ms = tri_clock_ms();

    if (deadline_ms == TRI_NEVER_MS)
        return -1;
    if (deadline_ms <= now_ms)
        return 0;
    return deadline_ms - now_ms < INT_MAX ? (int)(deadline_ms - now_ms) : INT_MAX;
}
