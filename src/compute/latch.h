/* What every open handle has, of a system as of a process: an end that is told once, late or not, to a callback and to
 * waiters; a mailbox; and the operations that were started on it before somebody cared. */
#ifndef TRI_COMPUTE_LATCH_H
#define TRI_COMPUTE_LATCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/table.h"
#include "op/notify.h"
#include "op/op.h"

/*  OPEN --settle--> EXITED | LOST | NEVER,   and every one of them --close--> CLOSED */
enum tri_latch_state {
    TRI_LATCH_OPEN,
    TRI_LATCH_EXITED,
    TRI_LATCH_LOST,  /* the shim died */
    TRI_LATCH_NEVER, /* what the handle stands for never came to be */
    TRI_LATCH_CLOSED,
};

/* Who watches; callback NULL: nobody. The callback has the type of the handle's kind. */
struct tri_watch {
    tri_any_function *callback;
    void *context;
    tri_any_function *target;
};

struct tri_latch {
    pthread_mutex_t lock;
    enum tri_latch_state state;
    struct tri_mailbox *box;
    struct tri_watch watch;
    struct tri_note *note; /* of who watches; NULL before, and once it is posted */
    struct tri_op *ended;  /* for waiters: made by the first one, done when the latch is open no more */
    tri_handle *ops;
    size_t op_count, op_size;
};

int tri_latch_init(struct tri_latch *latch); /* -ENOMEM; then only tri_latch_finish may be called */
void tri_latch_finish(struct tri_latch *latch);

/* The note is posted when the latch settles as EXITED or LOST, with the state as its argument; at once where it has.
 * Takes the note. -EALREADY for a second one. */
int tri_latch_watch(struct tri_latch *latch, const struct tri_watch *watch, struct tri_note *note);
struct tri_watch tri_latch_watcher(struct tri_latch *latch);

/* False where it was settled before. */
bool tri_latch_settle(struct tri_latch *latch, enum tri_latch_state state);
enum tri_latch_state tri_latch_state(struct tri_latch *latch);

/* Nothing is told any more; waiters return. Waits for a callback that runs (tri_mailbox_close). */
void tri_latch_close(struct tri_latch *latch);

/* Blocks until it is not OPEN: the state, or -ETIMEDOUT, -ENOMEM. */
int tri_latch_wait(struct tri_latch *latch, uint64_t deadline_ns);

/* tri_system_each_op. */
void tri_latch_remember(struct tri_latch *latch, struct tri_op *op);
void tri_latch_each_op(struct tri_latch *latch, void (*visit)(void *context, struct tri_op *op), void *context);

#endif
