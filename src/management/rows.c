#include "management/rows.h"

#include <errno.h>
#include <stdlib.h>

#include "op/futex.h"

#define NEVER UINT64_MAX
#define PATIENCE_NS TRI_NS_PER_MS /* how long a reader that finds nothing sleeps without being woken for each row */
#define BATCH 256                 /* rows that wake a patient one */

/* ---- where rows are ---- */

static bool is_queue(const struct tri_rows *rows)
{
    return rows->mode == TRI_ROWS_WAITING || rows->mode == TRI_ROWS_LOSING;
}

static uint64_t queue_limit(const struct tri_rows *rows)
{
    return rows->mode == TRI_ROWS_WAITING ? TRI_ROWS_QUEUE : TRI_ROWS_EVENTS;
}

/* Places of the ring: a power of two above the limit. */
static uint64_t ring_size(const struct tri_rows *rows)
{
    return rows->mode == TRI_ROWS_WAITING ? 1024 : 16384;
}

_Static_assert(TRI_ROWS_QUEUE <= 1024 && TRI_ROWS_EVENTS <= 16384, "the ring holds what its limit allows");

/* Chunk c holds the positions from 4 << c to 8 << c. */
static unsigned chunk_of(uint64_t position)
{
    return 61 - (unsigned)__builtin_clzll(position);
}

static tri_row *place(struct tri_rows *rows, uint64_t position)
{
    if (is_queue(rows))
        return &rows->chunks[0][position & (ring_size(rows) - 1)];
    if (position < TRI_ROWS_FEW)
        return &rows->few[position];
    unsigned chunk = chunk_of(position);
    return &rows->chunks[chunk][position - (4ull << chunk)];
}

/* Makes the place that a row is written to. */
static int place_make(struct tri_rows *rows, uint64_t position)
{
    if (!is_queue(rows) && position < TRI_ROWS_FEW)
        return 0;
    unsigned chunk = is_queue(rows) ? 0 : chunk_of(position);
    if (chunk >= TRI_ROWS_CHUNKS)
        return -ENOMEM;
    if (!rows->chunks[chunk])
        rows->chunks[chunk] = calloc(is_queue(rows) ? ring_size(rows) : 4ull << chunk, sizeof(tri_row));
    return rows->chunks[chunk] ? 0 : -ENOMEM;
}

void tri_rows_init(struct tri_rows *rows, enum tri_rows_mode mode)
{
    *rows = (struct tri_rows){.mode = mode, .end = NEVER, .lost_at = NEVER};
}

void tri_rows_finish(struct tri_rows *rows)
{
    uint64_t written = atomic_load(&rows->written);
    uint64_t from = rows->mode == TRI_ROWS_RETAINED ? 0 : atomic_load(&rows->read);
    for (uint64_t i = from; i < written; i++)
        tri_cim_object_unref(atomic_load_explicit(place(rows, i), memory_order_relaxed));
    for (size_t i = 0; i < TRI_ROWS_CHUNKS && rows->chunks[i]; i++) /* they come in order */
        free(rows->chunks[i]);
}

/* ---- producing ---- */

static bool has_ended(struct tri_rows *rows)
{
    return atomic_load(&rows->end) != NEVER;
}

static void ring_bell(_Atomic uint32_t *bell)
{
    atomic_fetch_add(bell, 1);
    tri_futex_wake_all(bell);
}

static bool has_room(struct tri_rows *rows, uint64_t written, uint64_t limit)
{
    return written - atomic_load(&rows->read) < limit;
}

/* Until half of it is free, so that the two threads do not wake each other for every row. */
static int wait_for_room(struct tri_rows *rows, uint64_t written)
{
    atomic_store(&rows->producer_waits, 1);
    for (;;) {
        uint32_t bell = atomic_load(&rows->room_bell);
        if (has_ended(rows) || has_room(rows, written, queue_limit(rows) / 2))
            break;
        if (atomic_load(&rows->patient))
            ring_bell(&rows->rows_bell);
        tri_futex_wait(&rows->room_bell, bell, TRI_DEADLINE_NEVER);
    }
    atomic_store(&rows->producer_waits, 0);
    return has_ended(rows) ? -ECANCELED : 0;
}

bool tri_rows_producer_waits(struct tri_rows *rows)
{
    return atomic_load(&rows->producer_waits);
}

/* 0; 1: the row is lost. */
static int find_room(struct tri_rows *rows, uint64_t written)
{
    if (!is_queue(rows) || has_room(rows, written, queue_limit(rows)))
        return 0;
    if (rows->mode == TRI_ROWS_WAITING)
        return wait_for_room(rows, written);
    uint64_t none = NEVER;
    atomic_compare_exchange_strong(&rows->lost_at, &none, written);
    return 1;
}

static void run_wakers(struct tri_rows *rows)
{
    struct tri_rows_waker *waker = atomic_exchange(&rows->wakers, NULL);
    while (waker) {
        struct tri_rows_waker *next = waker->next; /* it may be gone once it has run */
        waker->run(waker->data);
        waker = next;
    }
}

static void tell_readers(struct tri_rows *rows, uint64_t written)
{
    if (atomic_load(&rows->wakers))
        run_wakers(rows);
    if (!atomic_load(&rows->eager) && (!atomic_load(&rows->patient) || written - rows->rung_at < BATCH))
        return;
    rows->rung_at = written;
    ring_bell(&rows->rows_bell);
}

int tri_rows_add(struct tri_rows *rows, struct tri_cim_object *object)
{
    uint64_t written = atomic_load_explicit(&rows->written, memory_order_relaxed);
    int r = has_ended(rows) ? -ECANCELED : place_make(rows, written);
    if (r == 0)
        r = find_room(rows, written);
    if (r != 0) {
        tri_cim_object_unref(object);
        return r < 0 ? r : 0;
    }
    atomic_store_explicit(place(rows, written), object, memory_order_relaxed);
    atomic_store(&rows->written,
                 written + 1); /* before looking for sleepers, who look at it after saying that they sleep */
    tell_readers(rows, written + 1);
    return 0;
}

void tri_rows_end(struct tri_rows *rows, bool drop)
{
    atomic_store(&rows->end, drop ? 0 : atomic_load(&rows->written));
    if (atomic_load(&rows->patient) || atomic_load(&rows->eager))
        ring_bell(&rows->rows_bell);
    if (atomic_load(&rows->producer_waits))
        ring_bell(&rows->room_bell);
    run_wakers(rows);
}

/* ---- reading ---- */

static int overflow_take(struct tri_rows *rows, uint64_t position)
{
    uint64_t here = position;
    return atomic_compare_exchange_strong(&rows->lost_at, &here, NEVER) ? TRI_MANAGEMENT_QUEUE_OVERFLOW : 0;
}

static void tell_producer(struct tri_rows *rows, uint64_t read)
{
    if (atomic_load(&rows->producer_waits) &&
        atomic_load_explicit(&rows->written, memory_order_relaxed) - read < queue_limit(rows) / 2)
        ring_bell(&rows->room_bell);
}

/* Of several who try, one gets it; the others look again. */
static bool take(struct tri_rows *rows, uint64_t position, struct tri_cim_object **ret)
{
    struct tri_cim_object *object = atomic_load_explicit(place(rows, position), memory_order_relaxed);
    if (!atomic_compare_exchange_strong(&rows->read, &position, position + 1))
        return false;
    *ret = object;
    if (is_queue(rows))
        tell_producer(rows, position + 1);
    return true;
}

/* A retained row stays as it is: the first look at a stored instance changes it, which must be the reader's own then.
 */
static int retain(struct tri_rows *rows, uint64_t position, struct tri_cim_object **ret)
{
    struct tri_cim_object *object = atomic_load_explicit(place(rows, position), memory_order_relaxed), *given;
    given = tri_cim_object_is_encoded(object) ? tri_cim_object_copy(object) : tri_cim_object_ref(object);
    if (!given)
        return -ENOMEM;
    *ret = given;
    return 0;
}

/* 1 a row, 0 the end, -EAGAIN: none yet. */
static int next(struct tri_rows *rows, uint64_t *position, struct tri_cim_object **ret)
{
    for (;;) {
        uint64_t at = rows->mode == TRI_ROWS_RETAINED ? *position : atomic_load(&rows->read);
        uint64_t end = atomic_load(&rows->end);
        uint64_t written = atomic_load(&rows->written);
        int r = rows->mode == TRI_ROWS_LOSING ? overflow_take(rows, at) : 0;
        if (r < 0)
            return r;
        if (at >= end)
            return 0;
        if (at >= written)
            return -EAGAIN;
        if (rows->mode == TRI_ROWS_RETAINED)
            r = retain(rows, at, ret);
        else if (!take(rows, at, ret))
            continue;
        if (r < 0)
            return r;
        *position = at + 1;
        return 1;
    }
}

/* Says how it sleeps, looks once more, sleeps. The bell is read before looking: one that rings in between ends the
 * sleep. */
static int rows_sleep(struct tri_rows *rows, _Atomic uint32_t *sleepers, uint64_t *position, uint64_t deadline_ns,
                      struct tri_cim_object **ret)
{
    atomic_fetch_add(sleepers, 1);
    uint32_t bell = atomic_load(&rows->rows_bell);
    int r = next(rows, position, ret);
    if (r == -EAGAIN && tri_futex_wait(&rows->rows_bell, bell, deadline_ns) == -ETIMEDOUT)
        r = -ETIMEDOUT;
    atomic_fetch_sub(sleepers, 1);
    return r;
}

/* Waking somebody for each row would cost more than most rows: a reader that finds none sleeps patiently for a moment,
 * and only where that was in vain (the producer is slow, or waits for something to happen) eagerly, until the next
 * row. */
int tri_rows_next(struct tri_rows *rows, uint64_t *position, uint64_t deadline_ns, struct tri_cim_object **ret)
{
    int r = next(rows, position, ret);
    bool is_patient = rows->mode != TRI_ROWS_LOSING;
    while (r == -EAGAIN) {
        if (deadline_ns == 0 || (deadline_ns != TRI_DEADLINE_NEVER && tri_clock_ns() >= deadline_ns))
            return -ETIMEDOUT;
        uint64_t until_ns = is_patient ? tri_clock_ns() + PATIENCE_NS : deadline_ns;
        r = rows_sleep(rows, is_patient ? &rows->patient : &rows->eager, position,
                       until_ns < deadline_ns ? until_ns : deadline_ns, ret);
        is_patient = is_patient && r != -ETIMEDOUT;
        if (r == -EAGAIN || r == -ETIMEDOUT)
            r = next(rows, position, ret);
    }
    return r;
}

/* Put in first, looked after then: what is written in between finds the waker, or is found. */
void tri_rows_wake(struct tri_rows *rows, uint64_t position, struct tri_rows_waker *waker)
{
    waker->next = atomic_load(&rows->wakers);
    while (!atomic_compare_exchange_weak(&rows->wakers, &waker->next, waker))
        ;
    uint64_t at = rows->mode == TRI_ROWS_RETAINED ? position : atomic_load(&rows->read);
    if (at >= atomic_load(&rows->end) || at < atomic_load(&rows->written))
        run_wakers(rows);
}

void tri_rows_wake_all(struct tri_rows *rows)
{
    run_wakers(rows);
}
