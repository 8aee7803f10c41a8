#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define SPLICE_BYTES (1u << 20)
#define COPY_BYTES (64u << 10)

static void wait_writable(int fd)
{
    struct pollfd target = {.fd = fd, .events = POLLOUT};

    poll(&target, 1, -1);
}

/* Whether the source has bytes, or is at its end; false: the pump was stopped and the source is silent. */
static bool wait_readable(const struct tri_pump *pump)
{
    struct pollfd fds[] = {{.fd = pump->from, .events = POLLIN}, {.fd = pump->stop_fd, .events = POLLIN}};

    while (poll(fds, TRI_COUNT(fds), -1) < 0 && errno == EINTR)
        ;
    return fds[0].revents || poll(fds, 1, pump->quiet_ms) > 0;
}

static ssize_t write_all(int fd, const char *bytes, size_t size)
{
    for (size_t written = 0; written < size;) {
        ssize_t n = write(fd, bytes + written, size - written);
        if (n < 0 && errno == EAGAIN)
            wait_writable(fd);
        else if (n < 0 && errno != EINTR)
            return -1;
        else if (n > 0)
            written += (size_t)n;
    }
    return (ssize_t)size;
}

/* Nobody reads there any more: the pipe is closed, the terminal hung up. */
static bool is_gone(int fd, int error)
{
    struct stat status;

    return error == EPIPE || (error == EIO && fstat(fd, &status) == 0 && S_ISCHR(status.st_mode));
}

static ssize_t copy(struct tri_pump *pump)
{
    char bytes[COPY_BYTES];
    ssize_t n = read(pump->from, bytes, sizeof(bytes));

    if (n <= 0)
        return n;
    n = write_all(pump->to, bytes, (size_t)n);
    if (n < 0 && !is_gone(pump->to, errno))
        pump->error = errno;
    return n;
}

/* splice answers EINVAL where neither end is a pipe, or the target is appended to: those are copied. So is the rest
 * where it fails, which tells the ends' errors apart. */
static ssize_t move(struct tri_pump *pump, bool *splicing)
{
    if (*splicing) {
        ssize_t n = splice(pump->from, NULL, pump->to, NULL, SPLICE_BYTES, SPLICE_F_MOVE);
        if (n >= 0 || errno == EAGAIN || errno == EINTR)
            return n;
        *splicing = false;
    }
    return copy(pump);
}

/* true: the source is at its end, or the target is gone. A terminal's master answers EIO at the end. */
static bool run_to_end(struct tri_pump *pump)
{
    bool splicing = true;

    while (wait_readable(pump)) {
        ssize_t n = move(pump, &splicing);
        if (n < 0 && errno == EAGAIN)
            wait_writable(pump->to);
        else if (n == 0 || (n < 0 && errno != EINTR))
            return true;
    }
    return false;
}

static void *run(void *argument)
{
    struct tri_pump *pump = argument;

    if (run_to_end(pump))
        pump->ended(pump->context);
    if (pump->done_fd >= 0)
        eventfd_write(pump->done_fd, 1);
    return NULL;
}

/* Every signal is left to the main thread; a target that is gone answers EPIPE then. */
int tri_pump_start(struct tri_pump *pump)
{
    sigset_t all, saved;
    pthread_t thread;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &saved);
    int r = pthread_create(&thread, NULL, run, pump);
    pthread_sigmask(SIG_SETMASK, &saved, NULL);
    if (r == 0)
        pthread_detach(thread);
    return -r;
}
