/* libuv: uv_queue_work on two threads, its after-work callback on the loop. It has no way to ask one request. */
#include "drive.h"

#include <uv.h>

struct job {
    uv_work_t request;
    bool done;
};

static uv_loop_t *loop;

static void run(uv_work_t *request)
{
    work();
}

static void after(uv_work_t *request, int status)
{
    ((struct job *)request)->done = true;
}

static void *create(void)
{
    return calloc(1, sizeof(struct job));
}

static void start(void *op)
{
    if (uv_queue_work(loop, op, run, after) != 0)
        abort();
}

static void wait_done(void *op)
{
    struct job *job = op;
    while (!job->done)
        uv_run(loop, UV_RUN_ONCE);
}

int main(int argc, char **argv)
{
    static const struct subject uv = {"op-uv", create, start, wait_done, NULL, free, NULL};
    setenv("UV_THREADPOOL_SIZE", "2", 1);
    loop = uv_default_loop();
    return drive(&uv, argc, argv);
}
