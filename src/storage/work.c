#include "storage/work.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "base/cleanup.h"
#include "base/log.h"

struct work {
    const struct tri_work_kind *kind;
    void *request;
    int stop_fd; /* an eventfd that a cancel sets */
};

static void work_run(struct tri_op *op, void *data)
{
    struct work *work = data;
    struct tri_error error = {0};
    void *value = NULL;
    int code = tri_op_cancelled(op) ? -ECANCELED : work->kind->run(op, work->request, &value, &error);
    TRI_LOG("storage", "%s ends with %d%s%s", work->kind->name, code, error.text ? ": " : "",
            error.text ? error.text : "");
    if (code == -ECANCELED)
        tri_error_set(&error, code, NULL, "The %s was cancelled.", work->kind->name);
    tri_op_complete(op, code, code < 0 ? &error : NULL, value, value ? work->kind->free_value : NULL);
    tri_error_clear(&error);
}

static int work_cancel(struct tri_op *op, void *data)
{
    struct work *work = data;
    eventfd_write(work->stop_fd, 1);
    return 0;
}

static void work_free(void *data)
{
    struct work *work = data;
    if (work->kind->free_request)
        work->kind->free_request(work->request);
    tri_close(work->stop_fd);
    free(work);
}

static const struct tri_op_provider work_provider = {
    .name = "storage", .run = work_run, .cancel = work_cancel, .release = work_free};

/* Takes the request on success only. */
static struct work *work_new(const struct tri_work_kind *kind, void *request)
{
    struct work *work = malloc(sizeof *work);
    int stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!work || stop_fd < 0) {
        tri_close(stop_fd);
        free(work);
        return NULL;
    }
    *work = (struct work){.kind = kind, .request = request, .stop_fd = stop_fd};
    return work;
}

int tri_work_submit(const struct tri_work_kind *kind, void *request, struct tri_op *op, const struct tri_op_tag *tag)
{
    struct work *work = work_new(kind, request);
    if (!work) {
        if (kind->free_request)
            kind->free_request(request);
        return -ENOMEM;
    }
    int code = tri_op_submit(op, tag, &work_provider, work);
    if (code < 0)
        work_free(work);
    return code;
}

int tri_work_stop_fd(struct tri_op *op)
{
    const struct work *work = op ? tri_op_data(op) : NULL;
    return work ? work->stop_fd : -1;
}

void tri_work_step(struct tri_op *op, unsigned begin, unsigned end, uint64_t done, uint64_t total, const char *phase)
{
    if (done > total)
        done = total;
    uint64_t part = total ? (uint64_t)((double)(end - begin) * (double)done / (double)total) : 0;
    tri_op_progress(op, begin + (unsigned)part, phase);
}
