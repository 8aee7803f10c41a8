/* Slots live in chunks that are found through a directory and never given back. Free slots form a stack: the number of
 * the next one takes the place of the references in a free slot's life word, and the stack's head carries a tag that
 * changes with every move, so that a compare-and-swap cannot mistake a slot that left and came back for one that
 * stayed.
 *
 * What makes peeking safe: a reader loads the life word, reads the object, and loads the life word again. Whoever
 * reuses the slot has changed the generation before, and clears the object with release stores, so that a reader who
 * saw anything of the new object sees the new generation too. */
#include "base/table.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/cleanup.h"

#define CHUNK_SLOTS (1u << TRI_TABLE_CHUNK_BITS)
#define NUMBER_BITS 28 /* of a slot number in a handle */
#define CHUNK_COUNT (1u << (NUMBER_BITS - TRI_TABLE_CHUNK_BITS))
#define CACHE_LINE 64

struct tri_table_shared {
    _Alignas(CACHE_LINE) _Atomic uint64_t free_head; /* tag << 32 | slot number + 1; low half 0: no slot is free */
    _Atomic size_t live;
    _Alignas(CACHE_LINE) pthread_mutex_t grow; /* covers `used` and the making of chunks */
    uint32_t used;                             /* slots that were ever handed out */
    tri_table_chunk chunks[CHUNK_COUNT];
};

/* The object's own types are not known here. */
typedef uint64_t __attribute__((may_alias)) any_word;

static uint32_t high(uint64_t value)
{
    return (uint32_t)(value >> 32);
}

static uint32_t low(uint64_t value)
{
    return (uint32_t)value;
}

static uint64_t join(uint32_t high_half, uint32_t low_half)
{
    return (uint64_t)high_half << 32 | low_half;
}

static struct tri_slot *slot_at(const struct tri_table *table, struct tri_table_shared *shared, uint32_t number)
{
    char *chunk = atomic_load_explicit(&shared->chunks[number / CHUNK_SLOTS], memory_order_acquire);
    return (struct tri_slot *)(chunk + number % CHUNK_SLOTS * table->object_size);
}

/* Memory that is aligned to a cache line and zero. From calloc, so that untouched pages cost nothing and leak checkers
 * follow what objects point at; kept for ever, so that the address calloc gave need not be remembered. */
static void *line_calloc(size_t size)
{
    char *memory = calloc(1, size + CACHE_LINE - 1);
    return memory ? memory + (-(uintptr_t)memory & (CACHE_LINE - 1)) : NULL;
}

static struct tri_table_shared *table_shared(const struct tri_table *table)
{
    static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
    struct tri_table_shared *shared = atomic_load_explicit(&table->state->shared, memory_order_acquire);
    if (shared)
        return shared;
    TRI_LOCK_SCOPE(&making);
    shared = atomic_load_explicit(&table->state->shared, memory_order_relaxed);
    if (shared || !(shared = line_calloc(sizeof(*shared))))
        return shared;
    assert(table->object_size % sizeof(any_word) == 0);
    pthread_mutex_init(&shared->grow, NULL);
    atomic_store_explicit(&table->state->shared, shared, memory_order_release);
    atomic_store_explicit(&table->state->chunks, shared->chunks, memory_order_release);
    return shared;
}

static struct tri_slot *slot_reuse(const struct tri_table *table, struct tri_table_shared *shared)
{
    uint64_t head = atomic_load_explicit(&shared->free_head, memory_order_acquire);
    while (low(head)) {
        struct tri_slot *slot = slot_at(table, shared, low(head) - 1);
        uint32_t next = low(atomic_load_explicit(&slot->life, memory_order_relaxed));
        if (atomic_compare_exchange_weak_explicit(&shared->free_head, &head, join(high(head) + 1, next),
                                                  memory_order_acquire, memory_order_acquire))
            return slot;
    }
    return NULL;
}

static struct tri_slot *slot_grow(const struct tri_table *table, struct tri_table_shared *shared)
{
    TRI_LOCK_SCOPE(&shared->grow);
    uint32_t number = shared->used;
    if (number >> NUMBER_BITS)
        return NULL;
    char *chunk = atomic_load_explicit(&shared->chunks[number / CHUNK_SLOTS], memory_order_relaxed);
    if (!chunk) {
        if (!(chunk = line_calloc(CHUNK_SLOTS * table->object_size)))
            return NULL;
        atomic_store_explicit(&shared->chunks[number / CHUNK_SLOTS], chunk, memory_order_release);
    }
    shared->used = number + 1;
    struct tri_slot *slot = slot_at(table, shared, number);
    slot->number = number;
    return slot;
}

static void slot_free(struct tri_table_shared *shared, struct tri_slot *slot)
{
    uint32_t generation = high(atomic_load_explicit(&slot->life, memory_order_relaxed));
    uint64_t head = atomic_load_explicit(&shared->free_head, memory_order_relaxed);
    do
        atomic_store_explicit(&slot->life, join(generation, low(head)), memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&shared->free_head, &head, join(high(head) + 1, slot->number + 1),
                                                  memory_order_release, memory_order_relaxed));
}

static void slot_clear(const struct tri_table *table, struct tri_slot *slot)
{
    any_word *words = (any_word *)slot;
    for (size_t i = sizeof(*slot) / sizeof(*words); i < table->object_size / sizeof(*words); i++)
        __atomic_store_n(&words[i], 0, __ATOMIC_RELEASE);
}

void *tri_table_new(const struct tri_table *table)
{
    struct tri_table_shared *shared = table_shared(table);
    if (!shared)
        return NULL;
    struct tri_slot *slot = slot_reuse(table, shared);
    if (!slot && !(slot = slot_grow(table, shared)))
        return NULL;
    slot_clear(table, slot);
    uint32_t generation = high(atomic_load_explicit(&slot->life, memory_order_relaxed)) + 1;
    atomic_store_explicit(&slot->life, join(generation, 1), memory_order_release);
    atomic_fetch_add_explicit(&shared->live, 1, memory_order_relaxed);
    return slot;
}

tri_handle tri_table_handle(const struct tri_table *table, void *object)
{
    struct tri_slot *slot = object;
    uint32_t generation = high(atomic_load_explicit(&slot->life, memory_order_relaxed));
    return join(generation & 1 ? generation : generation - 1, slot->number << 4 | (uint32_t)table->kind << 1 | 1);
}

/* One compare-and-swap from the life of an open handle to what change makes of it. */
static void *slot_change(const struct tri_table *table, tri_handle handle, uint64_t change)
{
    struct tri_slot *slot = tri_table_slot(table, handle);
    if (!slot)
        return NULL;
    uint64_t life = atomic_load_explicit(&slot->life, memory_order_relaxed);
    do {
        if (high(life) != high(handle))
            return NULL;
    } while (!atomic_compare_exchange_weak_explicit(&slot->life, &life, life + change, memory_order_acq_rel,
                                                    memory_order_relaxed));
    return slot;
}

void *tri_table_get(const struct tri_table *table, tri_handle handle)
{
    return slot_change(table, handle, join(0, 1));
}

void *tri_table_close(const struct tri_table *table, tri_handle handle)
{
    return slot_change(table, handle, join(1, 0));
}

void *tri_object_ref(void *object)
{
    struct tri_slot *slot = object;
    atomic_fetch_add_explicit(&slot->life, 1, memory_order_relaxed);
    return object;
}

/* The life after one reference is gone; with the last one an open handle closes. */
static uint64_t life_without_one(uint64_t life)
{
    assert(low(life) > 0);
    bool closes = low(life) == 1 && (high(life) & 1);
    return life - 1 + (closes ? join(1, 0) : 0);
}

void tri_object_unref(const struct tri_table *table, void *object)
{
    struct tri_slot *slot = object;
    if (!slot)
        return;
    uint64_t life = atomic_load_explicit(&slot->life, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&slot->life, &life, life_without_one(life), memory_order_acq_rel,
                                                  memory_order_relaxed))
        ;
    if (low(life) != 1)
        return;
    if (table->destroy)
        table->destroy(object);
    struct tri_table_shared *shared = atomic_load_explicit(&table->state->shared, memory_order_relaxed);
    atomic_fetch_sub_explicit(&shared->live, 1, memory_order_relaxed);
    slot_free(shared, slot);
}

size_t tri_table_live(const struct tri_table *table)
{
    struct tri_table_shared *shared = atomic_load_explicit(&table->state->shared, memory_order_acquire);
    return shared ? atomic_load_explicit(&shared->live, memory_order_relaxed) : 0;
}
