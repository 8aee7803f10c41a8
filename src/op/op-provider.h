/* The operation, provider side; included by engines only. The contract: tri_op_start may refuse; after it succeeded
 * exactly one tri_op_complete follows, from any thread, and the provider touches the operation no more after that. */
#ifndef TRI_OP_OP_PROVIDER_H
#define TRI_OP_OP_PROVIDER_H

#include "op/op.h"

struct tri_op_provider {
    const char *name; /* for traces */
    /* The work, for tri_op_submit: runs once on a worker (or on an infinite waiter's thread), may block, and leads to
     * tri_op_complete sooner or later. NULL where the provider completes by events. */
    void (*run)(struct tri_op *op, void *data);
    /* A request to stop: called at most once a use, with no lock held, while the use has not completed; the operation
     * is kept alive for the call, and data too (release waits). 0, -EOPNOTSUPP, or a code of the provider's own where
     * it will not stop any more; tri_op_cancel passes that on. NULL: cannot be cancelled, except that work which no worker has begun is dropped and completes with -ECANCELED. */
    int (*cancel)(struct tri_op *op, void *data);
    /* Called once a use, after completion, when neither run nor cancel can be entered any more. May be NULL. */
    void (*release)(void *data);
};

/* IDLE or DONE to RUNNING: a new use; result, percent and tag of the one before are gone. On success `data` belongs to
 * the use (release). tag may be NULL. -EBUSY: it runs already, and nothing changed. -ENOMEM. */
int tri_op_start(struct tri_op *op, const struct tri_op_tag *tag, const struct tri_op_provider *provider, void *data);

/* Starts and queues provider->run on the worker pool. As tri_op_start; on failure nothing was started. */
int tri_op_submit(struct tri_op *op, const struct tri_op_tag *tag, const struct tri_op_provider *provider, void *data);

/* Queues another piece of work for a use that was started (by either of the above): run is called once. For providers
 * that continue on the pool after an event. -ENOMEM. */
int tri_op_continue(struct tri_op *op, void (*run)(struct tri_op *op, void *data), void *data);

/* Percent only ever grows within a use and stays below 100; 0 means not known. phase: static text or NULL to keep.
 * Never invented: call it with what was measured. */
void tri_op_progress(struct tri_op *op, unsigned percent, const char *phase);

bool tri_op_cancelled(const struct tri_op *op); /* was a stop asked for? one load; for loops inside run */

/* The data given to start, while the use runs. */
void *tri_op_data(struct tri_op *op);

/* Completes the use. code: 0, or negative (then *error, if given and filled, is taken; the error's own code is set to
 * code). value: what the reader gets, owned by the use from now on, freed with value_free (may be NULL with NULL). */
void tri_op_complete(struct tri_op *op, int code, struct tri_error *error, void *value, void (*value_free)(void *));

#endif
