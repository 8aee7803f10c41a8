/* GLib's GThreadPool of two threads, with one mutex and condition for all who wait, as programs use it. */
#include "drive.h"

#include <glib.h>

struct job {
    gboolean done;
    gpointer room[2];
};

static GThreadPool *pool;
static GMutex lock;
static GCond changed;

static void run(gpointer data, gpointer unused)
{
    struct job *job = data;
    work();
    g_mutex_lock(&lock);
    job->done = TRUE;
    g_cond_broadcast(&changed);
    g_mutex_unlock(&lock);
}

static void *create(void)
{
    return g_new0(struct job, 1);
}

static void start(void *op)
{
    g_thread_pool_push(pool, op, NULL);
}

static void wait_done(void *op)
{
    struct job *job = op;
    g_mutex_lock(&lock);
    while (!job->done)
        g_cond_wait(&changed, &lock);
    g_mutex_unlock(&lock);
}

static bool is_done(uintptr_t name)
{
    struct job *job = (struct job *)name;
    g_mutex_lock(&lock);
    bool done = job->done;
    g_mutex_unlock(&lock);
    return done;
}

int main(int argc, char **argv)
{
    static const struct subject subject = {"op-gthreadpool", create, start, wait_done, is_done, g_free, NULL};
    pool = g_thread_pool_new(run, NULL, 2, TRUE, NULL);
    return drive(&subject, argc, argv);
}
