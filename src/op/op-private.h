/* What op.c (life, state, consumer), op-run.c (provider) and op-tell.c (callbacks and observers) share.
 *
 * An operation is one cache line. `word` is all that a poll reads: the state, a few flags, and a counter of uses, by
 * which a waiter of one use knows that another runs already. What only some operations want hangs on `extra`, which
 * comes with the first need and stays. What run, cancel and release share of one use is `use`: it can outlive its
 * place in the operation, because the next use may start before the run that completed this one has returned.
 *
 * Two locks. The short one (striped over operations, nothing foreign is called under it) covers starts, cancels, and
 * the fields marked "short". The reading lock, in extra, is held by those who read a result, while they read it, and
 * by a start, which takes the result away; it is taken before the short one. A use without `use` and `extra` completes
 * with neither: one compare-and-swap. Whoever adds an extra meanwhile looks at the word after publishing it, and the
 * completing thread looks for an extra after changing the word, so that one of them sees the other. */
#ifndef TRI_OP_PRIVATE_H
#define TRI_OP_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "op/notify.h"
#include "op/op-provider.h"
#include "op/op.h"

/* The word: the state in its lowest bits, then flags, then the number of the use. */
#define OP_STATE_MASK 3u
#define OP_WAITED 4u     /* somebody sleeps on the word */
#define OP_QUEUED 8u     /* the work is in the pool's queue and nobody has claimed it; clearing this bit claims it */
#define OP_WORKING 16u   /* somebody is inside run */
#define OP_CLOSED 32u    /* the handle was closed */
#define OP_CANCELLED 64u /* the use was done with -ECANCELED */
#define OP_READ 128u     /* the use's result was read */
#define OP_USE_SHIFT 8

/* Shared by the completion, run, and cancel of one use; the last one to leave releases data. Only made for providers
 * that have something to release or can be cancelled. */
struct op_use {
    const struct tri_op_provider *provider;
    void *data;
    _Atomic unsigned holds;
};

struct op_observer {
    struct op_observer *next;
    struct tri_mailbox *box;
    struct tri_note *note;
};

struct op_extra {
    pthread_mutex_t reading;
    /* Written by the completing thread before DONE, taken away by a start with `reading` held. */
    struct tri_error error;
    void *value;
    void (*value_free)(void *);
    /* short: */
    struct tri_op_tag tag;
    const char *phase;
    uint64_t started_wall_ns, ended_wall_ns;
    tri_op_callback *callback;
    void *context;
    tri_any_function *target;
    struct tri_mailbox *box; /* of the callback; made with the first one, then never changes */
    struct tri_note *note;   /* the callback's, for the use that runs now */
    bool told;               /* the callback's note for the current use was posted */
    bool wants_progress;
    bool progress_waits; /* a note for progress is on its way */
    struct op_observer *observers, **observers_end;
    _Atomic unsigned percent;
};

struct tri_op {
    struct tri_slot slot;
    _Atomic uint32_t word;
    _Atomic int code; /* written by the completing thread before DONE */
    _Atomic uint64_t id;
    const struct tri_op_provider *provider; /* short; stable while a use runs, as are data and use */
    void *data;
    struct op_use *use;
    struct op_extra *_Atomic extra;
};

_Static_assert(sizeof(struct tri_op) == 64, "an operation is one cache line");

static inline uint32_t op_word(const struct tri_op *op)
{
    return atomic_load_explicit(&op->word, memory_order_acquire);
}

static inline enum tri_op_state op_word_state(uint32_t word)
{
    return (enum tri_op_state)(word & OP_STATE_MASK);
}

static inline bool op_word_runs(uint32_t word)
{
    return op_word_state(word) == TRI_OP_RUNNING || op_word_state(word) == TRI_OP_CANCELLING;
}

static inline uint32_t op_word_use(uint32_t word)
{
    return word >> OP_USE_SHIFT;
}

/* The side allocation, or NULL. Sequentially consistent, for the reason given above. */
static inline struct op_extra *op_extra(const struct tri_op *op)
{
    return atomic_load(&op->extra);
}

/* The same, made where there is none; NULL: no memory. */
struct op_extra *op_extra_make(struct tri_op *op);

/* The short lock of an operation. */
pthread_mutex_t *op_short_lock(const struct tri_op *op);

/* The one place where a state changes: from *word to `state`, with flags cleared and set (and a new use where it
 * starts). false where the word is not *word any more; *word is then what it is. */
bool op_set_state(struct tri_op *op, uint32_t *word, enum tri_op_state state, uint32_t clear, uint32_t set);

/* Takes the queued work: true for one of those who try, who then calls op_work. */
bool op_claim(struct tri_op *op);
void op_work(struct tri_op *op);

void op_use_drop(struct op_use *use); /* NULL is fine */

/* op-tell.c */

/* What has to be posted once no lock is held. */
struct op_telling {
    struct op_observer *observers;
    struct tri_note *note;
    struct tri_mailbox *box; /* NULL: the note is not wanted */
    uint32_t use;
};
/* The callback's note for a use that is about to start, NULL where there is none. Short lock held. 0 or -ENOMEM. */
int op_tell_prepare(struct tri_op *op, const struct op_extra *extra, struct tri_note **ret_note);
/* Takes what the current use, which is done, has not been told yet; once, however often called. Short lock held. */
void op_tell_collect(struct op_extra *extra, uint32_t word, struct op_telling *telling);
void op_tell(struct tri_op *op, struct op_telling *telling);
/* Posts a note about progress where one is wanted and none is on its way. No lock held. */
void op_tell_progress(struct tri_op *op, struct op_extra *extra);

#endif
