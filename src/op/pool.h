/* The workers: a queue of jobs, first in first out, and the crew (op/crew.h) that runs them. Used by the operation
 * only; providers say tri_op_submit. */
#ifndef TRI_OP_POOL_H
#define TRI_OP_POOL_H

/* Makes room for one job, so that the push that must follow cannot fail; the pool is locked in between, for the few
 * loads and stores that decide what is pushed. 0; -ENOMEM (a thread can be what is missing), and then it is not
 * locked. */
int tri_pool_reserve(void);
void tri_pool_push(void (*run)(void *data), void *data);

#endif
