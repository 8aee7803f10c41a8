/* Callbacks and observers: who is told, once a use, when it is done, and of its progress. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "op/op-private.h"

/* The callback as it is set now, to be called without the lock. */
struct call {
    tri_op_callback *callback;
    void *context;
    tri_any_function *target;
};

static void mailbox_unrefp(struct tri_mailbox **box)
{
    tri_mailbox_unref(*box);
}

static struct call call_of(const struct op_extra *extra)
{
    return (struct call){extra->callback, extra->context, extra->target};
}

static void call_run(const struct call *call, struct tri_op *op)
{
    if (call->callback)
        call->callback(tri_op_handle(op), call->context, call->target);
}

static void op_release(void *data)
{
    tri_op_unref(data);
}

static struct tri_note *op_note_new(struct tri_op *op, tri_note_run *run)
{
    struct tri_note *note = tri_note_new(run, op_release, op);
    if (note)
        tri_op_ref(op);
    return note;
}

/* ---- done ---- */

/* Where the callback was cleared before its note ran, one that is set later is still to be called. */
static struct call take_call(struct tri_op *op, uint64_t use)
{
    TRI_LOCK_SCOPE(op_short_lock(op));
    struct op_extra *extra = op_extra(op);
    if (!extra->callback && op_word_use(op_word(op)) == use)
        extra->told = false;
    return call_of(extra);
}

static void done_run(void *data, uint64_t use)
{
    struct tri_op *op = data;
    struct call call = take_call(op, use);
    call_run(&call, op);
}

int op_tell_prepare(struct tri_op *op, const struct op_extra *extra, struct tri_note **ret_note)
{
    if (!extra->callback)
        return 0;
    struct tri_note *note = op_note_new(op, done_run);
    if (!note)
        return -ENOMEM;
    *ret_note = note;
    return 0;
}

void op_tell_collect(struct op_extra *extra, uint32_t word, struct op_telling *telling)
{
    telling->observers = TRI_TAKE(extra->observers);
    extra->observers_end = &extra->observers;
    telling->use = op_word_use(word);
    telling->note = TRI_TAKE(extra->note);
    if (telling->note && extra->callback && !(word & OP_CLOSED)) {
        telling->box = tri_mailbox_ref(extra->box);
        extra->told = true;
    }
}

static void observer_tell(struct op_observer *observer, tri_handle handle)
{
    tri_mailbox_post(observer->box, TRI_TAKE(observer->note), handle);
    tri_mailbox_unref(observer->box);
    free(observer);
}

void op_tell(struct tri_op *op, struct op_telling *telling)
{
    if (telling->box) {
        tri_mailbox_post(telling->box, telling->note, telling->use);
        tri_mailbox_unref(telling->box);
    } else if (telling->note) {
        tri_note_free(telling->note);
    }
    for (struct op_observer *next, *observer = telling->observers; observer; observer = next) {
        next = observer->next;
        observer_tell(observer, tri_op_handle(op));
    }
}

/* ---- progress ---- */

static _Thread_local bool in_progress_call;

bool tri_op_callback_is_progress(void)
{
    return in_progress_call;
}

static struct call take_progress_call(struct tri_op *op, uint64_t use)
{
    TRI_LOCK_SCOPE(op_short_lock(op));
    struct op_extra *extra = op_extra(op);
    uint32_t word = op_word(op);
    extra->progress_waits = false;
    return op_word_use(word) == use && op_word_runs(word) ? call_of(extra) : (struct call){0};
}

static void progress_run(void *data, uint64_t use)
{
    struct tri_op *op = data;
    struct call call = take_progress_call(op, use);
    in_progress_call = true;
    call_run(&call, op);
    in_progress_call = false;
}

/* The mailbox that a new note about progress goes to, or NULL. */
static struct tri_mailbox *progress_box(struct tri_op *op, struct op_extra *extra, uint32_t *ret_use)
{
    TRI_LOCK_SCOPE(op_short_lock(op));
    uint32_t word = op_word(op);
    if (!extra->wants_progress || !extra->callback || extra->progress_waits || (word & OP_CLOSED) ||
        !op_word_runs(word))
        return NULL;
    extra->progress_waits = true;
    *ret_use = op_word_use(word);
    return tri_mailbox_ref(extra->box);
}

void op_tell_progress(struct tri_op *op, struct op_extra *extra)
{
    uint32_t use;
    TRI_CLEANUP(mailbox_unrefp) struct tri_mailbox *box = progress_box(op, extra, &use);
    struct tri_note *note = box ? op_note_new(op, progress_run) : NULL;
    if (note) {
        tri_mailbox_post(box, note, use);
    } else if (box) { /* no memory: the next change tries again */
        TRI_LOCK_SCOPE(op_short_lock(op));
        extra->progress_waits = false;
    }
}

int tri_op_want_progress(struct tri_op *op)
{
    struct op_extra *extra = op_extra_make(op);
    if (!extra)
        return -ENOMEM;
    TRI_LOCK_SCOPE(op_short_lock(op));
    extra->wants_progress = true;
    return 0;
}

/* ---- callback and context ---- */

/* A box for the callback, offered; whoever comes first wins. */
static int callback_box_make(struct tri_op *op, struct op_extra *extra)
{
    TRI_CLEANUP(mailbox_unrefp) struct tri_mailbox *box = tri_mailbox_new();
    if (!box)
        return -ENOMEM;
    TRI_LOCK_SCOPE(op_short_lock(op));
    if (!extra->box)
        extra->box = TRI_TAKE(box);
    return 0;
}

/* Short lock held. The note is for the use that runs, or is done and was not told yet. */
static int callback_set(struct tri_op *op, struct op_extra *extra, const struct call *call, struct op_telling *telling)
{
    uint32_t word = op_word(op);
    bool due = call->callback && op_word_state(word) != TRI_OP_IDLE && !extra->told && !(word & OP_CLOSED);
    if (due && !extra->note && !(extra->note = op_note_new(op, done_run)))
        return -ENOMEM;
    extra->callback = call->callback;
    extra->context = call->context;
    extra->target = call->target;
    /* The word again, and the extra was published before: either we see that it is done, or the completion sees us. */
    word = op_word(op);
    if (op_word_state(word) == TRI_OP_DONE)
        op_tell_collect(extra, word, telling);
    return 0;
}

int tri_op_set_callback(struct tri_op *op, tri_op_callback *callback, void *context, tri_any_function *target)
{
    struct op_extra *extra = op_extra_make(op);
    if (!extra || (callback && callback_box_make(op, extra) < 0))
        return -ENOMEM;
    struct op_telling telling = {0};
    pthread_mutex_lock(op_short_lock(op));
    int r = callback_set(op, extra, &(struct call){callback, context, target}, &telling);
    pthread_mutex_unlock(op_short_lock(op));
    op_tell(op, &telling);
    return r;
}

int tri_op_set_context(struct tri_op *op, void *context)
{
    struct op_extra *extra = op_extra_make(op);
    if (!extra)
        return -ENOMEM;
    TRI_LOCK_SCOPE(op_short_lock(op));
    extra->context = context;
    return 0;
}

void *tri_op_context(struct tri_op *op)
{
    struct op_extra *extra = op_extra(op);
    if (!extra)
        return NULL;
    TRI_LOCK_SCOPE(op_short_lock(op));
    return extra->context;
}

bool tri_op_has_callback(struct tri_op *op)
{
    struct op_extra *extra = op_extra(op);
    if (!extra)
        return false;
    TRI_LOCK_SCOPE(op_short_lock(op));
    return extra->callback != NULL;
}

/* ---- observers ---- */

static struct op_observer *observer_new(struct tri_mailbox *box, tri_op_observer *run, void *data)
{
    TRI_AUTO_FREE struct op_observer *observer = calloc(1, sizeof(*observer));
    if (!observer || !(observer->note = tri_note_new(run, NULL, data)))
        return NULL;
    observer->box = tri_mailbox_ref(box);
    return TRI_TAKE(observer);
}

static void observer_free(struct op_observer *observer)
{
    tri_note_free(observer->note);
    tri_mailbox_unref(observer->box);
    free(observer);
}

/* Short lock held. */
static int observer_add(struct tri_op *op, struct op_extra *extra, struct op_observer *observer,
                        struct op_telling *telling)
{
    uint32_t word = op_word(op);
    if (op_word_state(word) == TRI_OP_IDLE)
        return -EINVAL;
    *extra->observers_end = observer;
    extra->observers_end = &observer->next;
    if (op_word_state(word) == TRI_OP_DONE)
        op_tell_collect(extra, word, telling);
    return 0;
}

int tri_op_observe(struct tri_op *op, struct tri_mailbox *box, tri_op_observer *run, void *data)
{
    struct op_extra *extra = op_extra_make(op);
    struct op_observer *observer = extra ? observer_new(box, run, data) : NULL;
    if (!observer)
        return -ENOMEM;
    struct op_telling telling = {0};
    pthread_mutex_lock(op_short_lock(op));
    int r = observer_add(op, extra, observer, &telling);
    pthread_mutex_unlock(op_short_lock(op));
    op_tell(op, &telling);
    if (r < 0)
        observer_free(observer);
    return r;
}
