/* The provider side: start, work, progress, completion. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "op/futex.h"
#include "op/op-private.h"
#include "op/pool.h"

/* ---- uses ---- */

void op_use_drop(struct op_use *use)
{
    if (!use || atomic_fetch_sub_explicit(&use->holds, 1, memory_order_acq_rel) != 1)
        return;
    if (use->provider->release)
        use->provider->release(use->data);
    free(use);
}

/* 0 and NULL where the provider needs none. */
static int use_new(const struct tri_op_provider *provider, void *data, unsigned holds, struct op_use **ret_use)
{
    *ret_use = NULL;
    if (!provider->release && !provider->cancel)
        return 0;
    struct op_use *use = malloc(sizeof(*use));
    if (!use)
        return -ENOMEM;
    *use = (struct op_use){.provider = provider, .data = data};
    atomic_init(&use->holds, holds);
    *ret_use = use;
    return 0;
}

/* ---- starting ---- */

/* Both locks; the extra that was locked, which is the one that is there, or NULL. */
static struct op_extra *lock_result(struct tri_op *op)
{
    for (;;) {
        struct op_extra *extra = op_extra(op);
        if (extra)
            pthread_mutex_lock(&extra->reading);
        pthread_mutex_lock(op_short_lock(op));
        if (op_extra(op) == extra)
            return extra;
        pthread_mutex_unlock(op_short_lock(op));
        if (extra)
            pthread_mutex_unlock(&extra->reading);
    }
}

static void unlock_result(struct tri_op *op, struct op_extra *extra)
{
    pthread_mutex_unlock(op_short_lock(op));
    if (extra)
        pthread_mutex_unlock(&extra->reading);
}

/* What a start takes out of the extra, to be dealt with when the locks are gone. */
struct leftover {
    struct op_telling telling; /* of the use before, where its completion is not through yet */
    struct tri_error error;
    void *value;
    void (*value_free)(void *);
};

static void leftover_finish(struct tri_op *op, struct leftover *left)
{
    op_tell(op, &left->telling);
    tri_error_clear(&left->error);
    if (left->value_free)
        left->value_free(left->value);
}

/* A new use begins with nothing of the one before. */
static void extra_reset(struct tri_op *op, struct op_extra *extra, const struct tri_op_tag *tag, struct leftover *left)
{
    *left = (struct leftover){0};
    op_tell_collect(extra, op_word(op), &left->telling);
    tri_error_move(&left->error, &extra->error);
    left->value = TRI_TAKE(extra->value);
    left->value_free = TRI_TAKE(extra->value_free);
    extra->tag = tag ? *tag : (struct tri_op_tag){.kind = -1};
    extra->phase = NULL;
    extra->told = false;
    extra->started_wall_ns = tri_clock_wall_ns();
    extra->ended_wall_ns = 0;
    atomic_store_explicit(&extra->percent, 0, memory_order_relaxed);
}

static uint64_t next_id(void)
{
    static _Atomic uint64_t last;
    return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

struct start {
    const struct tri_op_tag *tag;
    const struct tri_op_provider *provider;
    void *data;
    struct op_use *use;
    bool queued;
};

/* Both locks held, and room in the pool where it will be queued: nothing can fail any more. */
static void start_commit(struct tri_op *op, struct op_extra *extra, const struct start *start, struct leftover *left)
{
    if (extra)
        extra_reset(op, extra, start->tag, left);
    op->provider = start->provider;
    op->data = start->data;
    op->use = start->use;
    atomic_store_explicit(&op->id, next_id(), memory_order_relaxed);
    tri_op_ref(op); /* its own, until DONE */
    uint32_t word = op_word(op);
    while (!op_set_state(op, &word, TRI_OP_RUNNING, OP_CANCELLED | OP_READ, start->queued ? OP_QUEUED : 0))
        ;
}

/* Both locks held. */
static int start_locked(struct tri_op *op, struct op_extra *extra, const struct start *start, struct leftover *left)
{
    if (op_word_runs(op_word(op)))
        return -EBUSY;
    struct tri_note *note = NULL;
    int r = extra ? op_tell_prepare(op, extra, &note) : 0;
    if (r == 0 && start->queued)
        r = tri_pool_reserve();
    if (r < 0) {
        tri_note_free(note);
        return r;
    }
    start_commit(op, extra, start, left);
    if (extra)
        extra->note = note;
    return 0;
}

static void queued_run(void *data)
{
    struct tri_op *op = data;
    if (op_claim(op))
        op_work(op);
}

static int start(struct tri_op *op, struct start *start)
{
    if (start->tag && !op_extra_make(op))
        return -ENOMEM;
    int r = use_new(start->provider, start->data, start->queued ? 2 : 1, &start->use);
    if (r < 0)
        return r;
    struct leftover left;
    struct op_extra *extra = lock_result(op);
    r = start_locked(op, extra, start, &left);
    unlock_result(op, extra);
    if (r < 0) {
        free(start->use);
        return r;
    }
    if (start->queued)
        tri_pool_push(queued_run, op);
    if (extra)
        leftover_finish(op, &left);
    return 0;
}

int tri_op_start(struct tri_op *op, const struct tri_op_tag *tag, const struct tri_op_provider *provider, void *data)
{
    return start(op, &(struct start){.tag = tag, .provider = provider, .data = data});
}

int tri_op_submit(struct tri_op *op, const struct tri_op_tag *tag, const struct tri_op_provider *provider, void *data)
{
    assert(provider->run);
    return start(op, &(struct start){.tag = tag, .provider = provider, .data = data, .queued = true});
}

int tri_op_reject(struct tri_op *op, const struct tri_op_tag *tag, struct tri_error *error)
{
    static const struct tri_op_provider rejected = {.name = "rejected"};
    int r = tri_op_start(op, tag, &rejected, NULL);
    if (r == 0)
        tri_op_complete(op, error->code, error, NULL, NULL);
    return r;
}

/* ---- working ---- */

bool op_claim(struct tri_op *op)
{
    uint32_t word = atomic_load_explicit(&op->word, memory_order_relaxed);
    while (word & OP_QUEUED)
        if (atomic_compare_exchange_weak_explicit(&op->word, &word, (word & ~OP_QUEUED) | OP_WORKING,
                                                  memory_order_acq_rel, memory_order_relaxed))
            return true;
    return false;
}

/* A run that returned without completing: the use goes on by events, and nobody should spin for it. */
static void stop_working(struct tri_op *op, uint32_t use)
{
    uint32_t word = op_word(op);
    while (op_word_use(word) == use && (word & OP_WORKING) &&
           !atomic_compare_exchange_weak(&op->word, &word, word & ~OP_WORKING))
        ;
}

/* The claim makes sure that the use runs, and so that the operation lives, until run is called; the reference is for
 * what comes after. */
void op_work(struct tri_op *op)
{
    TRI_AUTO_OP struct tri_op *kept = tri_op_ref(op);
    struct op_use *use = op->use;
    uint32_t number = op_word_use(op_word(op));
    op->provider->run(kept, op->data);
    stop_working(op, number);
    op_use_drop(use);
}

/* One piece of work that continues a use. */
struct piece {
    struct tri_op *op;
    struct op_use *use;
    void (*run)(struct tri_op *op, void *data);
    void *data;
};

static void piece_run(void *data)
{
    struct piece piece = *(struct piece *)data;
    free(data);
    piece.run(piece.op, piece.data);
    op_use_drop(piece.use);
    tri_op_unref(piece.op);
}

int tri_op_continue(struct tri_op *op, void (*run)(struct tri_op *op, void *data), void *data)
{
    TRI_AUTO_FREE struct piece *piece = malloc(sizeof(*piece));
    if (!piece)
        return -ENOMEM;
    int r = tri_pool_reserve();
    if (r < 0)
        return r;
    *piece = (struct piece){tri_op_ref(op), op->use, run, data};
    if (op->use)
        atomic_fetch_add_explicit(&op->use->holds, 1, memory_order_relaxed);
    tri_pool_push(piece_run, TRI_TAKE(piece));
    return 0;
}

void *tri_op_data(struct tri_op *op)
{
    return op->data;
}

bool tri_op_cancelled(const struct tri_op *op)
{
    return tri_op_state(op) == TRI_OP_CANCELLING;
}

/* Whether anything changed. Short lock held. */
static bool progress_note(struct op_extra *extra, unsigned percent, const char *phase)
{
    unsigned before = atomic_load_explicit(&extra->percent, memory_order_relaxed);
    unsigned after = percent > 99 ? 99 : percent;
    bool grew = after > before, moved = phase && phase != extra->phase;
    if (grew)
        atomic_store_explicit(&extra->percent, after, memory_order_relaxed);
    if (moved)
        extra->phase = phase;
    return grew || moved;
}

void tri_op_progress(struct tri_op *op, unsigned percent, const char *phase)
{
    struct op_extra *extra = op_extra_make(op);
    if (!extra)
        return;
    bool changed;
    {
        TRI_LOCK_SCOPE(op_short_lock(op));
        changed = op_word_runs(op_word(op)) && progress_note(extra, percent, phase);
    }
    if (changed)
        op_tell_progress(op, extra);
}

/* ---- completing ---- */

/* What the use left, into its place; before DONE, so that nobody reads it yet. Returns the code. */
static int keep_result(struct tri_op *op, int code, struct tri_error *error, void *value, void (*value_free)(void *))
{
    bool has_error = code < 0 && error && error->code;
    struct op_extra *extra = has_error || value ? op_extra_make(op) : NULL;
    if (extra && has_error) {
        tri_error_move(&extra->error, error);
        extra->error.code = code;
    }
    if (extra) {
        extra->value = value;
        extra->value_free = value ? value_free : NULL;
    } else if (value) {
        if (value_free)
            value_free(value);
        code = code < 0 ? code : -ENOMEM;
    }
    if (error)
        tri_error_clear(error);
    return code;
}

static uint32_t set_done(struct tri_op *op, int code)
{
    atomic_store_explicit(&op->code, code, memory_order_release);
    uint32_t word = op_word(op);
    while (!op_set_state(op, &word, TRI_OP_DONE, OP_WAITED | OP_QUEUED | OP_WORKING,
                         code == -ECANCELED ? OP_CANCELLED : 0))
        ;
    return word;
}

/* DONE, under the lock that whoever may meet us takes; returns the word before. */
static uint32_t publish_locked(struct tri_op *op, int code, struct op_telling *telling)
{
    TRI_LOCK_SCOPE(op_short_lock(op));
    struct op_extra *extra = op_extra(op);
    if (extra)
        extra->ended_wall_ns = tri_clock_wall_ns();
    uint32_t word = set_done(op, code);
    if (extra)
        op_tell_collect(extra, op_word(op), telling);
    return word;
}

/* Nobody had asked for anything when we looked; look again afterwards, for who came in between. Where the next use has
 * started already, its start did this. */
static uint32_t publish_plain(struct tri_op *op, int code, struct op_telling *telling)
{
    uint32_t word = set_done(op, code);
    struct op_extra *extra = op_extra(op);
    if (!extra)
        return word;
    TRI_LOCK_SCOPE(op_short_lock(op));
    uint32_t now = op_word(op);
    if (op_word_use(now) == op_word_use(word) && op_word_state(now) == TRI_OP_DONE)
        op_tell_collect(extra, now, telling);
    return word;
}

void tri_op_complete(struct tri_op *op, int code, struct tri_error *error, void *value, void (*value_free)(void *))
{
    assert(op_word_runs(op_word(op)));
    struct op_use *use = op->use;
    struct op_telling telling = {0};
    code = keep_result(op, code, error, value, value_free);
    uint32_t before = use || op_extra(op) ? publish_locked(op, code, &telling) : publish_plain(op, code, &telling);
    if (before & OP_WAITED)
        tri_futex_wake_all(&op->word);
    op_tell(op, &telling);
    op_use_drop(use);
    tri_op_unref(op);
}
