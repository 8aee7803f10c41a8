#include "op/op.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "op/futex.h"
#include "op/op-private.h"

/* ---- life ---- */

static void extra_free(struct op_extra *extra)
{
    if (!extra)
        return;
    if (extra->value_free)
        extra->value_free(extra->value);
    tri_error_clear(&extra->error);
    tri_mailbox_unref(extra->box);
    pthread_mutex_destroy(&extra->reading);
    free(extra);
}

/* No use runs, since it would hold a reference, and no note waits, since it would too. */
static void op_destroy(void *object)
{
    struct tri_op *op = object;
    extra_free(op_extra(op));
}

static const struct tri_table ops = TRI_TABLE(TRI_HANDLE_OP, struct tri_op, op_destroy);

struct tri_op *tri_op_new(void)
{
    return tri_table_new(&ops);
}

struct tri_op *tri_op_ref(struct tri_op *op)
{
    return tri_object_ref(op);
}

void tri_op_unref(struct tri_op *op)
{
    tri_object_unref(&ops, op);
}

void tri_op_unrefp(struct tri_op **op)
{
    tri_op_unref(*op);
}

tri_handle tri_op_handle(struct tri_op *op)
{
    return tri_table_handle(&ops, op);
}

struct tri_op *tri_op_from_handle(tri_handle handle)
{
    return tri_table_get(&ops, handle);
}

size_t tri_op_live(void)
{
    return tri_table_live(&ops);
}

pthread_mutex_t *op_short_lock(const struct tri_op *op)
{
    enum { STRIPES = 64 };
    static struct {
        _Alignas(64) pthread_mutex_t mutex;
    } stripes[STRIPES] = {[0 ... STRIPES - 1] = {PTHREAD_MUTEX_INITIALIZER}};
    return &stripes[op->slot.number % STRIPES].mutex;
}

struct op_extra *op_extra_make(struct tri_op *op)
{
    struct op_extra *extra = op_extra(op), *made;
    if (extra || !(made = calloc(1, sizeof(*made))))
        return extra;
    pthread_mutex_init(&made->reading, NULL);
    made->tag.kind = -1;
    made->observers_end = &made->observers;
    if (atomic_compare_exchange_strong(&op->extra, &extra, made))
        return made;
    extra_free(made);
    return extra;
}

/* Closing and creating an extra with a mailbox may meet: both look at the other's word after writing their own. */
static struct tri_mailbox *callback_box(struct tri_op *op)
{
    struct op_extra *extra = op_extra(op);
    if (!extra)
        return NULL;
    TRI_LOCK_SCOPE(op_short_lock(op));
    return extra->box ? tri_mailbox_ref(extra->box) : NULL;
}

bool tri_op_close(tri_handle handle)
{
    struct tri_op *op = tri_table_close(&ops, handle);
    if (!op)
        return false;
    if (atomic_fetch_or(&op->word, OP_CLOSED) & OP_WAITED)
        tri_futex_wake_all(&op->word);
    struct tri_mailbox *box = callback_box(op);
    if (box)
        tri_mailbox_close(box);
    tri_mailbox_unref(box);
    tri_op_unref(op);
    return true;
}

/* ---- state ---- */

static const struct tri_op_tag no_tag = {.kind = -1};

static const char *const state_names[] = {"idle", "running", "cancelling", "done"};

static const uint8_t legal_next[] = {
    [TRI_OP_IDLE] = 1 << TRI_OP_RUNNING,
    [TRI_OP_RUNNING] = 1 << TRI_OP_CANCELLING | 1 << TRI_OP_DONE,
    [TRI_OP_CANCELLING] = 1 << TRI_OP_DONE,
    [TRI_OP_DONE] = 1 << TRI_OP_RUNNING,
};

bool op_set_state(struct tri_op *op, uint32_t *word, enum tri_op_state state, uint32_t clear, uint32_t set)
{
    enum tri_op_state before = op_word_state(*word);
    bool is_legal = legal_next[before] & 1 << state;
    assert(is_legal);
    (void)is_legal;
    uint32_t after = (*word & ~(OP_STATE_MASK | clear)) | state | set;
    if (state == TRI_OP_RUNNING)
        after += 1u << OP_USE_SHIFT;
    uint64_t id = tri_op_id(op);
    if (!atomic_compare_exchange_strong(&op->word, word, after))
        return false;
    TRI_LOG("op", "%llu %s -> %s", (unsigned long long)id, state_names[before], state_names[state]);
    return true;
}

enum tri_op_state tri_op_state(const struct tri_op *op)
{
    return op_word_state(op_word(op));
}

int tri_op_poll_handle(tri_handle handle)
{
    const struct tri_op *op = tri_table_peek(&ops, handle);
    if (!op)
        return -EBADF;
    enum tri_op_state state = tri_op_state(op);
    return tri_handle_is_of(handle, op) ? (int)state : -EBADF;
}

uint64_t tri_op_id(const struct tri_op *op)
{
    return atomic_load_explicit(&op->id, memory_order_relaxed);
}

unsigned tri_op_percent(const struct tri_op *op)
{
    uint32_t word = op_word(op);
    if (op_word_state(word) == TRI_OP_DONE)
        return 100;
    struct op_extra *extra = op_extra(op);
    return extra && op_word_runs(word) ? atomic_load_explicit(&extra->percent, memory_order_relaxed) : 0;
}

struct tri_op_tag tri_op_tag(struct tri_op *op)
{
    struct op_extra *extra = op_extra(op);
    if (!extra)
        return no_tag;
    TRI_LOCK_SCOPE(op_short_lock(op));
    return extra->tag;
}

static bool op_cancellable(const struct tri_op *op, uint32_t word)
{
    return op_word_state(word) == TRI_OP_RUNNING && ((word & OP_QUEUED) || op->provider->cancel);
}

void tri_op_info(struct tri_op *op, struct tri_op_info *ret_info)
{
    TRI_LOCK_SCOPE(op_short_lock(op));
    uint32_t word = op_word(op);
    bool done = op_word_state(word) == TRI_OP_DONE;
    struct tri_op_info info = {
        .state = op_word_state(word),
        .id = tri_op_id(op),
        .tag = no_tag,
        .percent = done ? 100 : 0,
        .code = done ? atomic_load_explicit(&op->code, memory_order_relaxed) : 0,
        .cancellable = op_cancellable(op, word),
        .was_read = word & OP_READ,
    };
    struct op_extra *extra = op_extra(op);
    if (extra) {
        info.tag = extra->tag;
        info.percent = done ? 100 : atomic_load_explicit(&extra->percent, memory_order_relaxed);
        info.phase = extra->phase;
        info.started_wall_ns = extra->started_wall_ns;
        info.ended_wall_ns = extra->ended_wall_ns;
    }
    *ret_info = info;
}

/* ---- result ---- */

static int read_extra(struct tri_op *op, struct op_extra *extra, tri_op_reader *read, void *context)
{
    TRI_LOCK_SCOPE(&extra->reading); /* and so it stays done */
    enum tri_op_state state = tri_op_state(op);
    if (state != TRI_OP_DONE)
        return state == TRI_OP_IDLE ? -EINVAL : -EAGAIN;
    atomic_fetch_or(&op->word, OP_READ);
    int code = atomic_load_explicit(&op->code, memory_order_relaxed);
    return read(context, &extra->tag, code, extra->error.code ? &extra->error : NULL, extra->value);
}

/* Without an extra there is the code only: that of the use which the word says, where it still says so afterwards. */
int tri_op_read_result(struct tri_op *op, tri_op_reader *read, void *context)
{
    for (;;) {
        uint32_t word = op_word(op);
        if (op_word_state(word) != TRI_OP_DONE)
            return op_word_state(word) == TRI_OP_IDLE ? -EINVAL : -EAGAIN;
        struct op_extra *extra = op_extra(op);
        if (extra)
            return read_extra(op, extra, read, context);
        int code = atomic_load_explicit(&op->code, memory_order_acquire);
        if (atomic_compare_exchange_strong(&op->word, &word, word | OP_READ))
            return read(context, &no_tag, code, NULL, NULL);
    }
}

/* ---- waiting ---- */

#define SPIN_NS 20000ull

/* Spinning pays where the work is about to be done on another processor, and costs where it is not. The credit follows
 * how it went; without any, one wait in SPIN_RETRY tries again. */
#define SPIN_CREDIT_MAX 16
#define SPIN_RETRY 64
static _Atomic int spin_credit = SPIN_CREDIT_MAX / 2;

static bool has_one_processor(void)
{
    static _Atomic int cached; /* 0: not known; the mask of a process hardly ever changes */
    int count = atomic_load_explicit(&cached, memory_order_relaxed);
    if (count == 0) {
        cpu_set_t set;
        count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
        atomic_store_explicit(&cached, count, memory_order_relaxed);
    }
    return count == 1;
}

static bool spin_is_worth_it(uint32_t word)
{
    static _Atomic unsigned refused;
    if (!(word & OP_WORKING) || has_one_processor())
        return false;
    return atomic_load_explicit(&spin_credit, memory_order_relaxed) > 0 ||
           atomic_fetch_add_explicit(&refused, 1, memory_order_relaxed) % SPIN_RETRY == 0;
}

static void spin_learn(bool paid)
{
    int credit = atomic_load_explicit(&spin_credit, memory_order_relaxed);
    int next = paid ? credit + 1 : credit - 4;
    if (next <= SPIN_CREDIT_MAX && next >= 0)
        atomic_store_explicit(&spin_credit, next, memory_order_relaxed);
}

static inline void spin_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* While somebody works on it, for a short while. */
static void spin(const struct tri_op *op)
{
    uint64_t end_ns = tri_clock_ns() + SPIN_NS;
    uint32_t word;
    unsigned rounds = 0;
    while ((word = op_word(op)) & OP_WORKING) {
        spin_pause();
        if (++rounds % 16 == 0 && tri_clock_ns() > end_ns)
            break;
    }
    spin_learn(!(word & OP_WORKING));
}

/* What a waiter for a use can say, given the word: 0 done, -ECANCELED closed, -EAGAIN not yet. */
static int wait_outcome(uint32_t word, uint32_t use)
{
    if (op_word_use(word) != use || op_word_state(word) == TRI_OP_DONE)
        return 0;
    return word & OP_CLOSED ? -ECANCELED : -EAGAIN;
}

static int wait_asleep(struct tri_op *op, uint32_t use, uint64_t deadline_ns)
{
    int slept = 0;
    for (;;) {
        uint32_t word = op_word(op);
        int r = wait_outcome(word, use);
        if (r != -EAGAIN)
            return r;
        if (slept == -ETIMEDOUT)
            return slept;
        if (word & OP_WAITED || atomic_compare_exchange_strong(&op->word, &word, word | OP_WAITED))
            slept = tri_futex_wait(&op->word, word | OP_WAITED, deadline_ns);
    }
}

int tri_op_wait(struct tri_op *op, uint64_t deadline_ns)
{
    uint32_t word = op_word(op), use = op_word_use(word);
    if (op_word_state(word) == TRI_OP_IDLE)
        return -EINVAL;
    int r = wait_outcome(word, use);
    if (r != -EAGAIN)
        return r;
    if (deadline_ns == 0)
        return -ETIMEDOUT;
    if (deadline_ns == TRI_DEADLINE_NEVER && op_claim(op))
        op_work(op);
    else if (spin_is_worth_it(word))
        spin(op);
    return wait_asleep(op, use, deadline_ns);
}

/* ---- cancelling ---- */

/* 0, with *ret_use to be cancelled through its provider, or NULL where nobody had begun the work and nobody will. */
static int cancel_begin(struct tri_op *op, bool *ret_dropped, struct op_use **ret_use)
{
    TRI_LOCK_SCOPE(op_short_lock(op));
    uint32_t word = op_word(op);
    do {
        if (op_word_state(word) == TRI_OP_IDLE)
            return -EINVAL;
        if (op_word_state(word) == TRI_OP_DONE)
            return word & OP_CANCELLED ? -EALREADY : -ESTALE;
        if (op_word_state(word) == TRI_OP_CANCELLING)
            return -EALREADY;
        if (!op_cancellable(op, word))
            return -EOPNOTSUPP;
    } while (!op_set_state(op, &word, TRI_OP_CANCELLING, OP_QUEUED, 0));
    *ret_dropped = word & OP_QUEUED;
    *ret_use = op->use;
    if (op->use && !*ret_dropped) /* else run's hold, which came with the claim */
        atomic_fetch_add_explicit(&op->use->holds, 1, memory_order_relaxed);
    tri_op_ref(op);
    return 0;
}

int tri_op_cancel(struct tri_op *op)
{
    bool dropped;
    struct op_use *use;
    int r = cancel_begin(op, &dropped, &use);
    if (r < 0)
        return r;
    if (dropped)
        tri_op_complete(op, -ECANCELED, NULL, NULL, NULL);
    else
        r = use->provider->cancel(op, use->data);
    op_use_drop(use);
    tri_op_unref(op);
    return r;
}
