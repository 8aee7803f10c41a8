/* Sources live in a handle table and epoll carries their handles, so that an event which was on its way when its source
 * was removed finds a closed handle, not freed memory. */
#include "op/loop.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/table.h"
#include "op/crew.h"

struct tri_source {
    struct tri_slot slot;
    tri_handle handle;
    int fd;
    tri_source_handler *handler;
    void *data;
};

static const struct tri_table sources = TRI_TABLE(TRI_HANDLE_SOURCE, struct tri_source, NULL);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t handler_ended = PTHREAD_COND_INITIALIZER;
/* lock: */
static int epoll_fd = -1;
static struct tri_source *current; /* whose handler runs */

static _Thread_local bool is_loop_thread;

/* A reference on the source of an event, which is the current one from now on; NULL where it was removed. */
static struct tri_source *source_enter(tri_handle handle)
{
    TRI_LOCK_SCOPE(&lock);
    return current = tri_table_get(&sources, handle);
}

static void source_leave(struct tri_source *source)
{
    {
        TRI_LOCK_SCOPE(&lock);
        current = NULL;
        pthread_cond_broadcast(&handler_ended);
    }
    tri_object_unref(&sources, source);
}

static void loop_dispatch(const struct epoll_event *event)
{
    struct tri_source *source = source_enter(event->data.u64);
    if (!source)
        return;
    source->handler(source->data, event->events);
    source_leave(source);
}

static void loop_main(void *data)
{
    int fd = *(const int *)data;
    struct epoll_event events[16];
    int count;
    is_loop_thread = true;
    while ((count = epoll_wait(fd, events, (int)(sizeof(events) / sizeof(*events)), -1)) >= 0 || errno == EINTR)
        for (int i = 0; i < count; i++)
            loop_dispatch(&events[i]);
    TRI_LOG("loop", "epoll_wait: error %d", errno);
}

/* The epoll instance, or -errno; made together with its thread, both for ever. */
static int loop_fd(void)
{
    static int made_fd = -1; /* the thread's own copy, written before it starts */
    TRI_LOCK_SCOPE(&lock);
    if (epoll_fd >= 0)
        return epoll_fd;
    TRI_AUTO_CLOSE int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0)
        return -errno;
    made_fd = fd;
    int r = tri_thread_start("tri-loop", loop_main, &made_fd);
    return r < 0 ? r : (epoll_fd = tri_take_fd(&fd));
}

static int source_control(int verb, const struct tri_source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.u64 = source->handle};
    int fd = loop_fd();
    return fd < 0 ? fd : epoll_ctl(fd, verb, source->fd, &event) < 0 ? -errno : 0;
}

int tri_loop_add(int fd, uint32_t events, tri_source_handler *handler, void *data, struct tri_source **ret_source)
{
    struct tri_source *source = tri_table_new(&sources);
    if (!source)
        return -ENOMEM;
    source->handle = tri_table_handle(&sources, source);
    source->fd = fd;
    source->handler = handler;
    source->data = data;
    struct tri_source *before = *ret_source;
    *ret_source = source; /* the handler may run, and want to remove it, before we return */
    int r = source_control(EPOLL_CTL_ADD, source, events);
    if (r < 0) {
        *ret_source = before;
        tri_object_unref(&sources, source);
    }
    return r;
}

int tri_loop_modify(struct tri_source *source, uint32_t events)
{
    return source_control(EPOLL_CTL_MOD, source, events);
}

void tri_loop_remove(struct tri_source *source)
{
    if (!source)
        return;
    source_control(EPOLL_CTL_DEL, source, 0);
    {
        TRI_LOCK_SCOPE(&lock);
        tri_table_close(&sources, source->handle);
        while (current == source && !is_loop_thread)
            pthread_cond_wait(&handler_ended, &lock);
    }
    tri_object_unref(&sources, source);
}
