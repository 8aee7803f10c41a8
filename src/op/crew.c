#include "op/crew.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

#define THREADS_MAX 512
#define WATCH_NS (200 * 1000ull)    /* one period of watching ... */
#define WATCH_BUSY_NS TRI_NS_PER_MS /* ... where every processor has a job already */
#define BRISK_JOBS 40               /* a thread that takes as many in a period needs no help: waking it costs more */
#define LINGER_NS (20 * 1000ull)    /* how long a thread looks out for the next job before it rests */
#define LINGER_CREDIT_MAX 16
#define LINGER_RETRY 64
#define FOR_EVER UINT64_MAX
#define REST_NS (5 * TRI_NS_PER_SEC) /* a thread that rests as long leaves */

/* ---- starting a thread ---- */

struct start {
    const char *name;
    void (*run)(void *data);
    void *data;
};

static void *thread_main(void *data)
{
    struct start start = *(struct start *)data;
    free(data);
    pthread_setname_np(pthread_self(), start.name);
    start.run(start.data);
    return NULL;
}

static int thread_start_blocked(struct start *start)
{
    pthread_attr_t attr;
    pthread_t thread;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int r = pthread_create(&thread, &attr, thread_main, start);
    pthread_attr_destroy(&attr);
    return -r;
}

int tri_thread_start(const char *name, void (*run)(void *data), void *data)
{
    TRI_AUTO_FREE struct start *start = malloc(sizeof(*start));
    if (!start)
        return -ENOMEM;
    *start = (struct start){name, run, data};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = thread_start_blocked(start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r == 0)
        (void)TRI_TAKE(start);
    return r;
}

/* ---- calling threads ---- */

static unsigned crew_waiting(struct tri_crew *crew)
{
    return atomic_load_explicit(&crew->waiting, memory_order_relaxed);
}

enum need { NEED_NOBODY, NEED_CALL, NEED_THREAD };

/* May one more thread work at once? */
static bool crew_has_room(const struct tri_crew *crew)
{
    return crew->running - crew->stuck < crew->allowed;
}

/* Who has to be called for the jobs that wait; counted as coming already. Lock held. */
static enum need crew_need(struct tri_crew *crew)
{
    if (!crew_waiting(crew) || crew->coming || (crew->watching && !crew_has_room(crew)))
        return NEED_NOBODY;
    if (crew->resting) {
        crew->resting--;
        crew->coming++;
        crew->calls++;
        return NEED_CALL;
    }
    if (crew->threads == THREADS_MAX)
        return NEED_NOBODY;
    crew->threads++;
    crew->coming++;
    return NEED_THREAD;
}

static void crew_main(void *data);

/* Starts a thread that is counted as coming. */
static int crew_start(struct tri_crew *crew)
{
    int r = tri_thread_start(crew->name, crew_main, crew);
    if (r < 0) {
        TRI_LOG("crew", "%s: no thread: error %d", crew->name, -r);
        TRI_LOCK_SCOPE(&crew->lock);
        crew->threads--;
        crew->coming--;
    }
    return r;
}

int tri_crew_lock(struct tri_crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    if (crew->threads)
        return 0;
    crew->threads++;
    crew->coming++;
    pthread_mutex_unlock(&crew->lock);
    int r = crew_start(crew);
    if (r == 0)
        pthread_mutex_lock(&crew->lock);
    return r;
}

void tri_crew_added(struct tri_crew *crew)
{
    atomic_store_explicit(&crew->waiting, crew_waiting(crew) + 1, memory_order_relaxed);
}

void tri_crew_unlock(struct tri_crew *crew)
{
    enum need need = crew_need(crew);
    pthread_mutex_unlock(&crew->lock);
    if (need == NEED_CALL)
        pthread_cond_signal(&crew->bell);
    else if (need == NEED_THREAD)
        crew_start(crew);
}

/* ---- the life of a thread; all with the lock held ---- */

static int crew_sleep(struct tri_crew *crew, pthread_cond_t *bell, uint64_t duration_ns)
{
    if (duration_ns == FOR_EVER)
        return pthread_cond_wait(bell, &crew->lock);
    uint64_t until_ns = tri_clock_ns() + duration_ns;
    struct timespec until = {(time_t)(until_ns / TRI_NS_PER_SEC), (long)(until_ns % TRI_NS_PER_SEC)};
    return pthread_cond_clockwait(bell, &crew->lock, CLOCK_MONOTONIC, &until);
}

static bool linger_is_worth_it(struct tri_crew *crew)
{
    return !crew->coming && !crew->watching && (crew->linger_credit > 0 || ++crew->lingers_refused % LINGER_RETRY == 0);
}

static void linger_learn(struct tri_crew *crew, bool paid)
{
    crew->linger_credit += paid ? 1 : -4;
    if (crew->linger_credit > LINGER_CREDIT_MAX)
        crew->linger_credit = LINGER_CREDIT_MAX;
    if (crew->linger_credit < 0)
        crew->linger_credit = 0;
}

/* For a job that comes at once. Counts as coming, so that nobody has to call; the lock is let go meanwhile. */
static void crew_linger(struct tri_crew *crew)
{
    crew->coming++;
    pthread_mutex_unlock(&crew->lock);
    uint64_t end_ns = tri_clock_ns() + LINGER_NS;
    do
        sched_yield();
    while (!crew_waiting(crew) && tri_clock_ns() < end_ns);
    pthread_mutex_lock(&crew->lock);
    crew->coming--;
    linger_learn(crew, crew_waiting(crew) > 0);
}

/* Until somebody calls. false: nobody did for long, and others rest too. One that rests alone stays anyway, and sleeps
 * without a timer, which costs something to set. */
static bool crew_rest(struct tri_crew *crew)
{
    crew->allowed = crew_waiting(crew) ? crew->allowed : 1;
    crew->resting++;
    while (!crew->calls) {
        uint64_t longest_ns = crew->resting > 1 ? REST_NS : FOR_EVER;
        if (crew_sleep(crew, &crew->bell, longest_ns) == ETIMEDOUT && !crew->calls && crew->resting > 1) {
            crew->resting--;
            return false;
        }
    }
    crew->calls--;
    crew->coming--;
    return true;
}

static unsigned processors(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* One period, and what it taught. */
static void crew_watch(struct tri_crew *crew)
{
    unsigned usable = processors();
    uint64_t taken_before = crew->taken;
    crew->watching = 1;
    crew_sleep(crew, &crew->period, crew->running < usable ? WATCH_NS : WATCH_BUSY_NS);
    crew->watching = 0;
    uint64_t taken = crew->taken - taken_before;
    if (!crew_waiting(crew))
        return;
    if (taken == 0) {
        crew->stuck = crew->running;
        crew->stuck_before = crew->taken;
    } else if (taken < (uint64_t)BRISK_JOBS * crew->allowed && crew->allowed < usable) {
        crew->allowed++;
    }
}

/* Until there is a job for this thread. false: it leaves. */
static bool crew_await(struct tri_crew *crew)
{
    bool may_linger = true;
    while (!crew_waiting(crew) || !crew_has_room(crew)) {
        if (crew_waiting(crew) && !crew->watching) {
            crew_watch(crew);
        } else if (may_linger && linger_is_worth_it(crew)) {
            crew_linger(crew);
            may_linger = false;
        } else if (!crew_rest(crew)) {
            return false;
        }
    }
    return true;
}

static void crew_work(struct tri_crew *crew)
{
    atomic_store_explicit(&crew->waiting, crew_waiting(crew) - 1, memory_order_relaxed);
    crew->running++;
    uint64_t number = ++crew->taken;
    struct tri_job job = crew->take();
    tri_crew_unlock(crew);
    job.run(job.data);
    pthread_mutex_lock(&crew->lock);
    crew->running--;
    if (number <= crew->stuck_before)
        crew->stuck--;
}

static void crew_main(void *data)
{
    struct tri_crew *crew = data;
    TRI_LOCK_SCOPE(&crew->lock);
    crew->coming--;
    while (crew_await(crew))
        crew_work(crew);
    crew->threads--;
}
