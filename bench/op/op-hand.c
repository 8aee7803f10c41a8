/* The floor: the least code that does the job. A list under a mutex, two workers asleep on a condition, and a futex in
 * the operation. No handle, no cancel, no result but a number. */
#include "drive.h"

#include "op/futex.h"

enum { WORKERS = 2 };
enum { PENDING_STATE, WAITED_STATE, DONE_STATE };

struct job {
    struct job *next;
    _Atomic uint32_t state;
    int code;
    char room[32]; /* what the smallest useful operation also has */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t bell = PTHREAD_COND_INITIALIZER;
static struct job *first, **end = &first;
static int asleep;

static struct job *take(void)
{
    pthread_mutex_lock(&lock);
    while (!first) {
        asleep++;
        pthread_cond_wait(&bell, &lock);
        asleep--;
    }
    struct job *job = first;
    if (!(first = job->next))
        end = &first;
    pthread_mutex_unlock(&lock);
    return job;
}

static void *worker(void *data)
{
    for (;;) {
        struct job *job = take();
        work();
        job->code = 0;
        if (atomic_exchange_explicit(&job->state, DONE_STATE, memory_order_acq_rel) == WAITED_STATE)
            tri_futex_wake_all(&job->state);
    }
    return data;
}

static void *create(void)
{
    return calloc(1, sizeof(struct job));
}

static void start(void *op)
{
    struct job *job = op;
    pthread_mutex_lock(&lock);
    *end = job;
    end = &job->next;
    int wake = asleep;
    pthread_mutex_unlock(&lock);
    if (wake)
        pthread_cond_signal(&bell);
}

static bool is_done(uintptr_t name)
{
    struct job *job = (struct job *)name;
    return atomic_load_explicit(&job->state, memory_order_acquire) == DONE_STATE;
}

static void wait_done(void *op)
{
    struct job *job = op;
    uint32_t pending = PENDING_STATE;
    if (atomic_compare_exchange_strong(&job->state, &pending, WAITED_STATE) || pending == WAITED_STATE)
        while (!is_done((uintptr_t)op))
            tri_futex_wait(&job->state, WAITED_STATE, TRI_DEADLINE_NEVER);
}

int main(int argc, char **argv)
{
    static const struct subject hand = {"op-hand", create, start, wait_done, is_done, free, NULL};
    for (int i = 0; i < WORKERS; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, worker, NULL) != 0)
            return 1;
    }
    return drive(&hand, argc, argv);
}
