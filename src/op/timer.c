/* A pairing heap: arming is constant, the earliest is the root, and nothing is allocated. */
#include "op/timer.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "op/loop.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t handler_ended = PTHREAD_COND_INITIALIZER;
/* lock: */
static struct tri_timer *root;
static struct tri_timer *current; /* whose handler runs */
static int timer_fd = -1;
static uint64_t fd_due_ns = TRI_DEADLINE_NEVER; /* what the descriptor is set to */

static _Thread_local bool is_handler_thread;

/* ---- the heap ---- */

static struct tri_timer *meld(struct tri_timer *a, struct tri_timer *b)
{
    if (!a || !b)
        return a ? a : b;
    struct tri_timer *first = a->due_ns <= b->due_ns ? a : b, *later = first == a ? b : a;
    later->next = first->child;
    if (first->child)
        first->child->before = later;
    later->before = first;
    first->child = later;
    return first;
}

/* In pairs from the left, and the pairs from the right. */
static struct tri_timer *meld_siblings(struct tri_timer *first)
{
    struct tri_timer *pairs = NULL;
    while (first) {
        struct tri_timer *a = first, *b = a->next;
        first = b ? b->next : NULL;
        a->next = a->before = NULL;
        if (b)
            b->next = b->before = NULL;
        struct tri_timer *pair = meld(a, b);
        pair->next = pairs;
        pairs = pair;
    }
    struct tri_timer *all = NULL;
    while (pairs) {
        struct tri_timer *pair = pairs;
        pairs = pair->next;
        pair->next = NULL;
        all = meld(all, pair);
    }
    return all;
}

static void heap_remove(struct tri_timer *timer)
{
    struct tri_timer *below = meld_siblings(timer->child);
    timer->child = NULL;
    if (timer == root) {
        root = below;
    } else {
        if (timer->before->child == timer)
            timer->before->child = timer->next;
        else
            timer->before->next = timer->next;
        if (timer->next)
            timer->next->before = timer->before;
        root = meld(root, below);
    }
    timer->next = timer->before = NULL;
    timer->due_ns = 0;
}

/* ---- the descriptor ---- */

/* Only towards earlier times: a timer that went leaves one idle wake-up behind, which is cheaper than a call each
 * time. */
static void fd_set_due(bool may_delay)
{
    uint64_t due_ns = root ? root->due_ns : TRI_DEADLINE_NEVER;
    if (due_ns == fd_due_ns || (due_ns > fd_due_ns && !may_delay))
        return;
    fd_due_ns = due_ns;
    struct itimerspec at = {0}; /* zero switches it off */
    if (root)
        at.it_value = (struct timespec){(time_t)(due_ns / TRI_NS_PER_SEC), (long)(due_ns % TRI_NS_PER_SEC)};
    timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

/* The next one that is due, as current and no longer armed; NULL: none. Lock held. */
static struct tri_timer *take_due(void)
{
    current = root && root->due_ns <= tri_clock_ns() ? root : NULL;
    if (current)
        heap_remove(current);
    else
        fd_set_due(true);
    return current;
}

static void on_due(void *data, uint32_t events)
{
    uint64_t ticks;
    TRI_LOCK_SCOPE(&lock);
    if (read(timer_fd, &ticks, sizeof(ticks)) == (ssize_t)sizeof(ticks))
        fd_due_ns = TRI_DEADLINE_NEVER;
    is_handler_thread = true;
    for (struct tri_timer *timer; (timer = take_due());) {
        void (*run)(void *) = timer->run;
        void *argument = timer->data;
        pthread_mutex_unlock(&lock);
        run(argument); /* may free the timer */
        pthread_mutex_lock(&lock);
        pthread_cond_broadcast(&handler_ended);
    }
}

/* Made with the first timer, for ever. Lock held. */
static int fd_make(void)
{
    static struct tri_source *source;
    if (timer_fd >= 0)
        return 0;
    TRI_AUTO_CLOSE int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd < 0)
        return -errno;
    int r = tri_loop_add(fd, EPOLLIN, on_due, NULL, &source);
    if (r < 0)
        return r;
    timer_fd = tri_take_fd(&fd);
    return 0;
}

/* ---- arming ---- */

int tri_timer_arm(struct tri_timer *timer, uint64_t due_ns)
{
    TRI_LOCK_SCOPE(&lock);
    int r = fd_make();
    if (r < 0)
        return r;
    if (timer->due_ns)
        heap_remove(timer);
    if (due_ns == TRI_DEADLINE_NEVER)
        return 0;
    timer->due_ns = due_ns ? due_ns : 1;
    root = meld(root, timer);
    fd_set_due(false);
    return 0;
}

void tri_timer_disarm(struct tri_timer *timer)
{
    TRI_LOCK_SCOPE(&lock);
    for (;;) {
        if (timer->due_ns) /* again: a handler that runs may have armed it meanwhile */
            heap_remove(timer);
        if (current != timer || is_handler_thread)
            return;
        pthread_cond_wait(&handler_ended, &lock);
    }
}
