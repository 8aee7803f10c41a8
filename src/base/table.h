/* Handles that can be checked. Objects of one kind live in the slots of a table whose memory is never given back, so
 * that any value at all - stale, closed, foreign, NULL, random - can be looked up without touching freed memory.
 *
 * A handle packs {generation, slot number, kind, 1} into 64 bits: the low bit is always set (never a valid address of
 * anything), the kind keeps the handles of different tables apart, and the generation changes when the handle is
 * closed: it is odd while the handle is open, even from then until the slot is used again.
 *
 * An object has one reference count. tri_table_new gives the first reference, which belongs to the handle;
 * tri_table_close takes it back, exactly once, and makes the handle stale at that moment, though the object lives
 * until the last reference goes. Generation and count share one atomic word, so that look-up-and-reference is one
 * compare-and-swap and cannot race with a close.
 *
 * Every function may be called from any thread. */
#ifndef TRI_BASE_TABLE_H
#define TRI_BASE_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t tri_handle;
#define TRI_HANDLE_NONE ((tri_handle)0)

/* Kinds of handle: one table each. The value is part of the handle. */
enum tri_handle_kind { TRI_HANDLE_OP = 1, TRI_HANDLE_SYSTEM = 2, TRI_HANDLE_PROCESS = 3, TRI_HANDLE_SOURCE = 4 };

/* The first member of every object that lives in a table. Only table.c looks inside. */
struct tri_slot {
    _Atomic uint64_t life; /* generation << 32 | references; in a free slot, the next free one in their place */
    uint32_t number;       /* of the slot; set once */
};

/* Slots lie in chunks of 1 << this, which are found through a directory. */
#define TRI_TABLE_CHUNK_BITS 12
typedef char *_Atomic tri_table_chunk;

struct tri_table_shared; /* free list, directory */
struct tri_table_state {
    struct tri_table_shared *_Atomic shared;
    tri_table_chunk *_Atomic chunks; /* the directory, published last; NULL: there was no object yet */
};

/* Made with TRI_TABLE, static, outside of functions. The memory for objects comes with the first of them. */
struct tri_table {
    enum tri_handle_kind kind;
    size_t object_size;            /* bytes of one slot, tri_slot included; a multiple of 8 */
    void (*destroy)(void *object); /* last reference gone: release what the object holds; the slot is reused after */
    struct tri_table_state *state;
};

/* Static initialiser; const lets the compiler see the sizes where look-ups are inlined:
 * static const struct tri_table systems = TRI_TABLE(TRI_HANDLE_SYSTEM, struct tri_system, system_destroy); */
/* clang-format off */
#define TRI_TABLE(kind_, type_, destroy_) \
    {.kind = (kind_), .object_size = sizeof(type_), .destroy = (destroy_), \
     .state = &(struct tri_table_state){NULL, NULL}}
/* clang-format on */

/* A zeroed object (except its slot word) with one reference, the handle's. NULL: no memory. */
void *tri_table_new(const struct tri_table *table);

/* The handle of an object on which the caller holds a reference; once closed, the stale one that it had. */
tri_handle tri_table_handle(const struct tri_table *table, void *object);

/* The object behind a handle, with one more reference; NULL where the handle is not an open one of this table. */
void *tri_table_get(const struct tri_table *table, tri_handle handle);

/* The object without a reference: its memory may be read (it is never given back), but it may at any moment be another
 * object's; ask tri_handle_is_of after reading to know that what was read was this handle's. NULL as above. */
static inline void *tri_table_peek(const struct tri_table *table, tri_handle handle);
static inline bool tri_table_is_open(const struct tri_table *table, tri_handle handle);

/* Is this the handle of this object, and open? One load. */
static inline bool tri_handle_is_of(tri_handle handle, const void *object);

/* Closes the handle: stale from now on. Gives the object with the reference that was the handle's, or NULL where it was
 * not open (closed twice, foreign ...): of several closers exactly one gets the object. */
void *tri_table_close(const struct tri_table *table, tri_handle handle);

void *tri_object_ref(void *object); /* returns object */

/* NULL is fine. The last one destroys, and closes the handle where nobody has done so. */
void tri_object_unref(const struct tri_table *table, void *object);

/* How many objects are alive; for tests and leak accounting. */
size_t tri_table_live(const struct tri_table *table);

/* ---- inline, because it is what polling an operation costs ---- */

static inline bool tri_handle_is_of(tri_handle handle, const void *object)
{
    const struct tri_slot *slot = object;
    return atomic_load_explicit(&slot->life, memory_order_acquire) >> 32 == handle >> 32;
}

/* The slot that a handle of this table names, whatever lives there; NULL where it names none. An even generation is
 * never given out. For tri_table_peek and table.c. */
static inline void *tri_table_slot(const struct tri_table *table, tri_handle handle)
{
    const tri_handle fixed = 1ull << 32 | 0xf;
    tri_table_chunk *chunks = atomic_load_explicit(&table->state->chunks, memory_order_acquire);
    if (!chunks || (handle & fixed) != (1ull << 32 | (unsigned)table->kind << 1 | 1))
        return NULL;
    uint32_t number = (uint32_t)handle >> 4, place = number & ((1u << TRI_TABLE_CHUNK_BITS) - 1);
    char *chunk = atomic_load_explicit(&chunks[number >> TRI_TABLE_CHUNK_BITS], memory_order_acquire);
    return chunk ? chunk + place * table->object_size : NULL;
}

static inline void *tri_table_peek(const struct tri_table *table, tri_handle handle)
{
    void *object = tri_table_slot(table, handle);
    return object && tri_handle_is_of(handle, object) ? object : NULL;
}

static inline bool tri_table_is_open(const struct tri_table *table, tri_handle handle)
{
    return tri_table_peek(table, handle) != NULL;
}

#endif
