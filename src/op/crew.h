/* A crew: threads that take jobs off a queue which its owner keeps. The pool is one, the notifier another.
 *
 * While jobs wait there is always one thread on its way to them or watching them, and never more than one: a job that
 * is taken while others wait calls the next thread. That thread does not fight for tiny jobs. It watches in short
 * periods and lets one more thread work, beginning with itself, where jobs take long; where none at all was taken in a
 * whole period, the jobs that run are stuck (they block, most likely) and do not count any more, so that whatever
 * blocks, the rest goes on. A thread that finds nothing lingers for some microseconds, giving way to others, because
 * the next job often comes at once, and stops doing so where it does not. Threads that nothing calls leave after some
 * seconds, except the last one. */
#ifndef TRI_OP_CREW_H
#define TRI_OP_CREW_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

struct tri_job {
    void (*run)(void *data);
    void *data;
};

struct tri_crew {
    const char *name;             /* of its threads, at most 15 bytes */
    struct tri_job (*take)(void); /* the first job, off the queue; called under the lock, with waiting > 0 */
    pthread_mutex_t lock;         /* the owner's queue, and all below */
    pthread_cond_t bell;          /* resting threads sleep here */
    pthread_cond_t period;        /* the watching one sleeps here; nobody rings */
    _Atomic unsigned waiting;     /* jobs in the queue; read without the lock by a thread that lingers */
    /* Threads: all of them, and what they do. */
    unsigned threads, resting;
    unsigned coming;   /* called or started and not there yet, or lingering */
    unsigned calls;    /* calls that no resting thread has heard yet */
    unsigned watching; /* 0 or 1 */
    unsigned running;
    unsigned stuck;    /* of those that run */
    unsigned allowed;  /* how many may run that are not stuck */
    int linger_credit; /* how lingering went of late; without any it is tried now and then */
    unsigned lingers_refused;
    uint64_t taken;        /* jobs, ever */
    uint64_t stuck_before; /* a running job whose number is not above this is one of the stuck */
};

/* clang-format off */
#define TRI_CREW(name_, take_) \
    {.name = (name_), .take = (take_), .allowed = 1, .lock = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP, \
     .bell = PTHREAD_COND_INITIALIZER, .period = PTHREAD_COND_INITIALIZER}
/* clang-format on */

/* Locks, with a thread there: the first caller starts it, and the last one never leaves. 0; -errno where none can be
 * started, and then it is not locked. */
int tri_crew_lock(struct tri_crew *crew);

/* Says that the owner has put a job into its queue. Lock held. */
void tri_crew_added(struct tri_crew *crew);

/* Unlocks, and calls a thread where a job waits that nobody is coming for. */
void tri_crew_unlock(struct tri_crew *crew);

/* Starts a detached thread of the library's: named, all signals blocked. 0 or -errno. */
int tri_thread_start(const char *name, void (*run)(void *data), void *data);

#endif
