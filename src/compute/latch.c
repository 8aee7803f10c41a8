#include "compute/latch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "op/op-provider.h"

#define OPS_MAX 256

int tri_latch_init(struct tri_latch *latch)
{
    *latch = (struct tri_latch){.box = tri_mailbox_new()};
    pthread_mutex_init(&latch->lock, NULL);
    return latch->box ? 0 : -ENOMEM;
}

static void drop_ended(struct tri_latch *latch)
{
    if (latch->ended)
        tri_op_close(tri_op_handle(latch->ended));
    latch->ended = NULL;
}

void tri_latch_finish(struct tri_latch *latch)
{
    drop_ended(latch);
    tri_note_free(latch->note);
    tri_mailbox_unref(latch->box);
    free(latch->ops);
    pthread_mutex_destroy(&latch->lock);
}

enum tri_latch_state tri_latch_state(struct tri_latch *latch)
{
    TRI_LOCK_SCOPE(&latch->lock);
    return latch->state;
}

static bool is_told(enum tri_latch_state state)
{
    return state == TRI_LATCH_EXITED || state == TRI_LATCH_LOST;
}

/* ---- the watcher ---- */

/* Posts are made with the lock held, so that there is no doubt which comes first; posting never blocks. */
static void post(struct tri_latch *latch)
{
    struct tri_note *note = latch->note;
    if (!note || !is_told(latch->state))
        return;
    latch->note = NULL;
    tri_mailbox_post(latch->box, note, latch->state);
}

int tri_latch_watch(struct tri_latch *latch, const struct tri_watch *watch, struct tri_note *note)
{
    pthread_mutex_lock(&latch->lock);
    bool refused = latch->watch.callback || latch->state == TRI_LATCH_CLOSED;
    if (!refused) {
        latch->watch = *watch;
        latch->note = note;
        post(latch);
    }
    pthread_mutex_unlock(&latch->lock);
    if (refused)
        tri_note_free(note);
    return refused ? -EALREADY : 0;
}

struct tri_watch tri_latch_watcher(struct tri_latch *latch)
{
    TRI_LOCK_SCOPE(&latch->lock);
    return latch->watch;
}

/* ---- settling ---- */

/* The waiters' operation, if it is still to be completed. */
static struct tri_op *move_to(struct tri_latch *latch, enum tri_latch_state state)
{
    struct tri_op *waited = latch->state == TRI_LATCH_OPEN ? latch->ended : NULL;
    latch->state = state;
    post(latch);
    return waited ? tri_op_ref(waited) : NULL;
}

static void wake(struct tri_op *waited)
{
    if (waited)
        tri_op_complete(waited, 0, NULL, NULL, NULL);
    tri_op_unref(waited);
}

bool tri_latch_settle(struct tri_latch *latch, enum tri_latch_state state)
{
    struct tri_op *waited = NULL;
    pthread_mutex_lock(&latch->lock);
    bool settles = latch->state == TRI_LATCH_OPEN;
    if (settles)
        waited = move_to(latch, state);
    pthread_mutex_unlock(&latch->lock);
    wake(waited);
    return settles;
}

void tri_latch_close(struct tri_latch *latch)
{
    tri_mailbox_close(latch->box);
    pthread_mutex_lock(&latch->lock);
    struct tri_op *waited = move_to(latch, TRI_LATCH_CLOSED);
    struct tri_note *note = TRI_TAKE(latch->note);
    pthread_mutex_unlock(&latch->lock);
    wake(waited);
    tri_note_free(note);
}

/* ---- waiters ---- */

static struct tri_op *make_ended(void)
{
    static const struct tri_op_provider provider = {.name = "exit"};
    struct tri_op *op = tri_op_new();
    if (op && tri_op_start(op, NULL, &provider, NULL) < 0) {
        tri_op_close(tri_op_handle(op));
        return NULL;
    }
    return op;
}

/* A reference on the waiters' operation; NULL where there is nothing to wait for, or no memory. */
static struct tri_op *waiters_op(struct tri_latch *latch)
{
    TRI_LOCK_SCOPE(&latch->lock);
    if (latch->state != TRI_LATCH_OPEN)
        return NULL;
    if (!latch->ended)
        latch->ended = make_ended();
    return latch->ended ? tri_op_ref(latch->ended) : NULL;
}

int tri_latch_wait(struct tri_latch *latch, uint64_t deadline_ns)
{
    struct tri_op *waited = waiters_op(latch);
    int r = waited ? tri_op_wait(waited, deadline_ns) : 0;
    tri_op_unref(waited);
    enum tri_latch_state state = tri_latch_state(latch);
    if (state != TRI_LATCH_OPEN)
        return state;
    return waited && r == -ETIMEDOUT ? -ETIMEDOUT : -ENOMEM;
}

/* ---- operations ---- */

static void forget_at(struct tri_latch *latch, size_t index)
{
    latch->op_count--;
    memmove(latch->ops + index, latch->ops + index + 1, (latch->op_count - index) * sizeof(*latch->ops));
}

static void forget(struct tri_latch *latch, tri_handle op)
{
    for (size_t i = 0; i < latch->op_count; i++)
        if (latch->ops[i] == op)
            return forget_at(latch, i);
}

/* Each once, the newest last. */
void tri_latch_remember(struct tri_latch *latch, struct tri_op *op)
{
    TRI_LOCK_SCOPE(&latch->lock);
    forget(latch, tri_op_handle(op));
    if (latch->op_count == OPS_MAX)
        forget_at(latch, 0);
    if (latch->op_count == latch->op_size) {
        size_t size = latch->op_size ? latch->op_size * 2 : 4;
        tri_handle *ops = reallocarray(latch->ops, size, sizeof(*ops));
        if (!ops)
            return;
        latch->ops = ops;
        latch->op_size = size;
    }
    latch->ops[latch->op_count++] = tri_op_handle(op);
}

void tri_latch_each_op(struct tri_latch *latch, void (*visit)(void *context, struct tri_op *op), void *context)
{
    pthread_mutex_lock(&latch->lock);
    TRI_AUTO_FREE tri_handle *ops = TRI_TAKE(latch->ops);
    size_t count = latch->op_count;
    latch->op_count = latch->op_size = 0;
    pthread_mutex_unlock(&latch->lock);
    for (size_t i = 0; i < count; i++) {
        TRI_AUTO_OP struct tri_op *op = tri_op_from_handle(ops[i]);
        if (op)
            visit(context, op);
    }
}
