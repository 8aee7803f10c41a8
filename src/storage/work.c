#include "storage/work.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "base/cleanup.h"
#include "base/log.h"

struct work {
    const struct tri_work_kind *kind;
    void *request;
    atomic_int stop_fd; /* an eventfd that a cancel sets; -1: nobody has asked for it yet */
    atomic_bool is_critical;
};

static void tell_cancelled(const struct work *work, bool has_begun, struct tri_error *error)
{
    const struct tri_work_kind *kind = work->kind;
    const char *left = !has_begun ? "nothing was changed" : kind->left ? kind->left(work->request) : NULL;
    if (left)
        tri_error_clear(error); /* what it was stopped at is only its last step */
    tri_error_set(error, -ECANCELED, NULL, "The %s was cancelled%s%s.", kind->name, left ? "; " : "", left ? left : "");
}

static void work_run(struct tri_op *op, void *data)
{
    struct work *work = data;
    struct tri_error error = {0};
    void *value = NULL;
    bool has_begun = !tri_op_cancelled(op);
    int code = has_begun ? work->kind->run(op, work->request, &value, &error) : -ECANCELED;
    TRI_LOG("storage", "%s ends with %d%s%s", work->kind->name, code, error.text ? ": " : "",
            error.text ? error.text : "");
    if (code == -ECANCELED)
        tell_cancelled(work, has_begun, &error);
    tri_op_complete(op, code, code < 0 ? &error : NULL, value, value ? work->kind->free_value : NULL);
    tri_error_clear(&error);
}

static int work_cancel(struct tri_op *op, void *data)
{
    struct work *work = data;
    int fd = atomic_load(&work->stop_fd);
    if (fd >= 0)
        eventfd_write(fd, 1);
    return atomic_load(&work->is_critical) ? TRI_STORAGE_TOO_LATE : 0;
}

static void work_free(void *data)
{
    struct work *work = data;
    if (work->kind->free_request)
        work->kind->free_request(work->request);
    tri_close(atomic_load(&work->stop_fd));
    free(work);
}

static const struct tri_op_provider work_provider = {
    .name = "storage", .run = work_run, .cancel = work_cancel, .release = work_free};

int tri_work_submit(const struct tri_work_kind *kind, void *request, struct tri_op *op, const struct tri_op_tag *tag)
{
    struct work *work = malloc(sizeof *work);
    if (!work) {
        if (kind->free_request)
            kind->free_request(request);
        return -ENOMEM;
    }
    *work = (struct work){.kind = kind, .request = request, .stop_fd = -1};
    int code = tri_op_submit(op, tag, &work_provider, work);
    if (code < 0)
        work_free(work);
    return code;
}

/* Who cancels has said so before he looks for the descriptor; so who makes it looks afterwards whether he was too late. */
int tri_work_stop_fd(struct tri_op *op)
{
    struct work *work = op ? tri_op_data(op) : NULL;
    if (!work || atomic_load(&work->stop_fd) >= 0)
        return work ? atomic_load(&work->stop_fd) : -1;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    atomic_store(&work->stop_fd, fd);
    if (fd >= 0 && tri_op_cancelled(op))
        eventfd_write(fd, 1);
    return fd;
}

void tri_work_set_critical(struct tri_op *op, bool is_critical)
{
    struct work *work = op ? tri_op_data(op) : NULL;
    if (work)
        atomic_store(&work->is_critical, is_critical);
}

void tri_work_step(struct tri_op *op, unsigned begin, unsigned end, uint64_t done, uint64_t total, const char *phase)
{
    if (done > total)
        done = total;
    uint64_t part = total ? (uint64_t)((double)(end - begin) * (double)done / (double)total) : 0;
    tri_op_progress(op, begin + (unsigned)part, phase);
}
