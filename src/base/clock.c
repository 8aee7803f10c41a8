#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * TRI_NS_PER_SEC + (uint64_t)now.tv_nsec;
}

uint64_t tri_clock_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t tri_clock_wall_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

uint64_t tri_deadline_ns(uint32_t timeout_ms)
{
    if (timeout_ms == TRI_TIMEOUT_INFINITE)
        return TRI_DEADLINE_NEVER;
    return tri_clock_ns() + timeout_ms * TRI_NS_PER_MS;
}

void tri_time_text(uint64_t wall_ns, char text[TRI_TIME_TEXT_SIZE])
{
    time_t seconds = (time_t)(wall_ns / TRI_NS_PER_SEC);
    unsigned ticks = (unsigned)(wall_ns % TRI_NS_PER_SEC / 100); /* of 100 ns, as Windows counts */
    struct tm utc;
    gmtime_r(&seconds, &utc);
    size_t length = strftime(text, TRI_TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + length, TRI_TIME_TEXT_SIZE - length, ".%07uZ", ticks);
}
