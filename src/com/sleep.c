#include <errno.h>
#include <sched.h>
#include <time.h>
#include <windows/winbase.h>

void WINAPI Sleep(DWORD milliseconds)
{
    struct timespec rest = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
    if (milliseconds == 0)
        sched_yield();
    do {
        while (clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, &rest) == EINTR)
            ;
    } while (milliseconds == INFINITE); /* as long as that is, for ever is longer */
}
