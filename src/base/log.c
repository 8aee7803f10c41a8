#include "base/log.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { LINE_SIZE = 1024, LOG_UNKNOWN = -2, LOG_OFF = -1 };

/* A descriptor, or LOG_OFF, or LOG_UNKNOWN before the first question. Once known it stays for the process's life. */
static _Atomic int log_fd = LOG_UNKNOWN;
static pthread_once_t log_once = PTHREAD_ONCE_INIT;

static int open_log(const char *target)
{
    if (!target || !*target)
        return LOG_OFF;
    if (!strcmp(target, "1") || !strcmp(target, "stderr"))
        return STDERR_FILENO;
    int fd = open(target, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
    return fd < 0 ? LOG_OFF : fd;
}

static void read_setting(void)
{
    int saved = errno;
    atomic_store_explicit(&log_fd, open_log(secure_getenv("TRIREME_LOG")), memory_order_release);
    errno = saved;
}

bool tri_log_enabled(void)
{
    int fd = atomic_load_explicit(&log_fd, memory_order_acquire);
    if (fd == LOG_UNKNOWN) {
        pthread_once(&log_once, read_setting);
        fd = atomic_load_explicit(&log_fd, memory_order_acquire);
    }
    return fd != LOG_OFF;
}

/* snprintf answers the length it would have had. */
static size_t clip(int length, size_t room)
{
    if (length < 0)
        return 0;
    return (size_t)length < room ? (size_t)length : room - 1;
}

void tri_log_write(const char *module, const char *format, ...)
{
    if (!tri_log_enabled())
        return;
    int saved = errno;
    char line[LINE_SIZE];
    uint64_t now_ns = tri_clock_ns();
    size_t used = clip(snprintf(line, sizeof(line), "%llu.%06llu %s ", (unsigned long long)(now_ns / TRI_NS_PER_SEC),
                                (unsigned long long)(now_ns % TRI_NS_PER_SEC / 1000), module),
                       sizeof(line));
    va_list args;
    va_start(args, format);
    used += clip(vsnprintf(line + used, sizeof(line) - used, format, args), sizeof(line) - used);
    va_end(args);
    line[used++] = '\n'; /* over the NUL: one write, so that the lines of many threads and processes stay whole */
    ssize_t ignored = write(atomic_load_explicit(&log_fd, memory_order_relaxed), line, used);
    (void)ignored;
    errno = saved;
}
