/* GLib's GTask: run in a thread, completed through the main context, as its users do. */
#include "drive.h"

#include <gio/gio.h>

struct job {
    GTask *task;
    gboolean done;
};

static void run(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    work();
    g_task_return_int(task, 0);
}

static void on_done(GObject *source, GAsyncResult *result, gpointer data)
{
    struct job *job = data;
    g_task_propagate_int(G_TASK(result), NULL);
    job->done = TRUE;
}

static void *create(void)
{
    struct job *job = g_new0(struct job, 1);
    job->task = g_task_new(NULL, NULL, on_done, job);
    return job;
}

static void start(void *op)
{
    g_task_run_in_thread(((struct job *)op)->task, run);
}

static void wait_done(void *op)
{
    struct job *job = op;
    while (!job->done)
        g_main_context_iteration(NULL, TRUE);
}

static bool is_done(uintptr_t name)
{
    return g_task_get_completed((GTask *)name);
}

static uintptr_t task(void *op)
{
    return (uintptr_t)((struct job *)op)->task;
}

static void destroy(void *op)
{
    struct job *job = op;
    g_object_unref(job->task);
    g_free(job);
}

int main(int argc, char **argv)
{
    static const struct subject gtask = {"op-gtask", create, start, wait_done, is_done, destroy, task};
    return drive(&gtask, argc, argv);
}
