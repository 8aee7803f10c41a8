/* What every storage operation is made of: a request (copied), the work on it, on a worker thread, and a way to stop.
 * volume.c, disk-change.c, image.c each start theirs with tri_work_submit. */
#ifndef TRI_STORAGE_WORK_H
#define TRI_STORAGE_WORK_H

#include "op/op-provider.h"
#include "storage/error.h"

/* The work. Runs once, on a worker; may block. Returns 0 and gives the result (may stay NULL), or a negative code with
 * *error filled; -ECANCELED where it stopped because it was asked to. */
typedef int tri_work_run(struct tri_op *op, void *request, void **ret_value, struct tri_error *error);

struct tri_work_kind {
    const char *name; /* for traces: "format" */
    tri_work_run *run;
    void (*free_request)(void *request);
    void (*free_value)(void *value);
    /* What is left where the run ended with -ECANCELED, to be read after "The format was cancelled;". NULL: *error says it. */
    const char *(*left)(const void *request);
};

/* Starts op with the tag, and queues the work. `request` is taken, also on failure. 0, -EBUSY, -ENOMEM. */
int tri_work_submit(const struct tri_work_kind *kind, void *request, struct tri_op *op, const struct tri_op_tag *tag);

/* Readable once the operation is asked to stop: for poll beside a child. For the work alone. -1 where op is not such a work. */
int tri_work_stop_fd(struct tri_op *op);

/* From here on, or no longer, it does harm to stop: tri_op_cancel answers TRI_STORAGE_TOO_LATE meanwhile. For the work
 * alone; op may be NULL. */
void tri_work_set_critical(struct tri_op *op, bool is_critical);

/* Progress of one step of several: the step covers begin..end percent, and done of total of it is behind us. */
void tri_work_step(struct tri_op *op, unsigned begin, unsigned end, uint64_t done, uint64_t total, const char *phase);

#endif
