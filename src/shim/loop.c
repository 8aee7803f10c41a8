#include "shim/loop.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>

#include "base/cleanup.h"
#include "base/clock.h"

int tri_watch_add(struct tri_loop *loop, struct tri_watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) < 0 ? -errno : 0;
}

int tri_watch_change(struct tri_loop *loop, struct tri_watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event) < 0 ? -errno : 0;
}

void tri_watch_close(struct tri_loop *loop, struct tri_watch *watch)
{
    if (watch->fd < 0)
        return;
    /* said aloud, for a child that was forked a moment ago may still hold the file open */
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
    tri_close(tri_take_fd(&watch->fd));
}

static int timeout_ms(uint64_t deadline_ns)
{
    if (deadline_ns == TRI_DEADLINE_NEVER)
        return -1;
    uint64_t now_ns = tri_clock_ns();
    if (deadline_ns <= now_ns)
        return 0;
    uint64_t left_ms = (deadline_ns - now_ns + TRI_NS_PER_MS - 1) / TRI_NS_PER_MS;
    return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

int tri_loop_turn(struct tri_loop *loop)
{
    struct epoll_event event;
    int count = epoll_wait(loop->epoll_fd, &event, 1, timeout_ms(loop->deadline_ns));
    if (count < 0)
        return errno == EINTR ? 0 : -errno;
    if (count == 0)
        return -ETIMEDOUT;
    struct tri_watch *watch = event.data.ptr;
    watch->ready(watch, event.events);
    return 0;
}
