/* Queries that were asked lately: read once, and bound to their class once, so that asking again costs neither. */
#ifndef TRI_MANAGEMENT_QUERY_PLAN_H
#define TRI_MANAGEMENT_QUERY_PLAN_H

#include <pthread.h>

#include "management/query.h"

/* A SELECT bound to the class it is about. Never changes. */
struct tri_plan {
    _Atomic uint32_t references;
    struct tri_class *cls;
    struct tri_condition *condition; /* NULL: everything matches */
    char *key;                       /* canonical: only the instance of this key can match; NULL: any */
    uint64_t *selected;              /* a bit a property of cls; NULL: all */
    uint64_t *wanted;                /* selected, and what the condition looks at; NULL: all */
    char *only_class;                /* the class that __CLASS must be; NULL: any */
};

struct tri_prepared {
    _Atomic uint32_t references;
    struct tri_query *query;
    uint32_t hash;
    pthread_mutex_t lock;
    struct tri_plan *plan; /* lock: the last one that was made */
    char text[];
};

/* Reads a data query, or finds it among those that were read. Errors as tri_query_parse. */
int tri_prepare(const char *text, struct tri_prepared **ret, struct tri_error *error);
struct tri_prepared *tri_prepared_ref(struct tri_prepared *prepared);
void tri_prepared_unref(struct tri_prepared *prepared); /* NULL is fine */

/* TRI_MANAGEMENT_INVALID_QUERY: a property that the class has not, an operator that its type has not. */
int tri_plan_find(struct tri_prepared *prepared, struct tri_class *cls, struct tri_plan **ret, struct tri_error *error);
int tri_plan_new(const struct tri_query *query, struct tri_class *cls, struct tri_plan **ret, struct tri_error *error);
void tri_plan_unref(struct tri_plan *plan);
void tri_plan_unrefp(struct tri_plan **plan);
#define TRI_AUTO_PLAN __attribute__((cleanup(tri_plan_unrefp)))

/* ---- sets of properties, a bit each ---- */

static inline size_t tri_bit_words(const struct tri_class *cls)
{
    return cls->property_count / 64 + 1;
}

static inline void tri_bit_set(uint64_t *bits, int index)
{
    bits[index / 64] |= 1ull << (index % 64);
}

static inline bool tri_bit_has(const uint64_t *bits, int index)
{
    return bits[index / 64] >> (index % 64) & 1;
}

/* A set of one class's properties as a set of those of a class below it, which may have more; for free. -ENOMEM. */
int tri_bits_widen(const uint64_t *bits, const struct tri_class *from, const struct tri_class *to, uint64_t **ret);

#endif
