#include "management/query-plan.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

int tri_bits_widen(const uint64_t *bits, const struct tri_class *from, const struct tri_class *to, uint64_t **ret)
{
    size_t words = tri_bit_words(from);
    uint64_t *wide = calloc(tri_bit_words(to), sizeof(uint64_t));
    if (!wide)
        return -ENOMEM;
    memcpy(wide, bits, words * sizeof(uint64_t));
    *ret = wide;
    return 0;
}

/* ---- plans ---- */

static void plan_free(struct tri_plan *plan)
{
    tri_class_unref(plan->cls);
    tri_condition_free(plan->condition);
    free(plan->key);
    free(plan->selected);
    free(plan->wanted);
    free(plan->only_class);
    free(plan);
}

void tri_plan_unref(struct tri_plan *plan)
{
    if (plan && atomic_fetch_sub_explicit(&plan->references, 1, memory_order_acq_rel) == 1)
        plan_free(plan);
}

void tri_plan_unrefp(struct tri_plan **plan)
{
    tri_plan_unref(*plan);
}

/* A path has to be told where somebody asks for it by name. */
static void select_system(uint64_t *selected, const struct tri_class *cls, int property)
{
    if (property == TRI_SYSTEM_PATH || property == TRI_SYSTEM_RELPATH)
        for (size_t i = 0; i < cls->key_count; i++)
            tri_bit_set(selected, cls->keys[i]);
}

/* "Name", "__PATH", or "TargetInstance.Name", which means all of TargetInstance. */
static int select_name(uint64_t *selected, const struct tri_class *cls, const char *name, struct tri_error *error)
{
    TRI_AUTO_FREE char *first = strndup(name, strcspn(name, "."));
    if (!first)
        return tri_error_no_memory(error);
    int index = tri_class_find(cls, first), system = index < 0 ? tri_system_property_find(first) : -1;
    if (index < 0 && system < 0)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_QUERY, name,
                             "The class %s has no property %s, which the query selects.", cls->name, first);
    if (index >= 0)
        tri_bit_set(selected, index);
    else
        select_system(selected, cls, system);
    return 0;
}

static int plan_select(struct tri_plan *plan, const struct tri_query *query, struct tri_error *error)
{
    if (!query->properties)
        return 0;
    size_t words = tri_bit_words(plan->cls);
    plan->selected = calloc(words, sizeof(uint64_t));
    plan->wanted = calloc(words, sizeof(uint64_t));
    if (!plan->selected || !plan->wanted)
        return tri_error_no_memory(error);
    for (size_t i = 0; i < query->property_count; i++) {
        int r = select_name(plan->selected, plan->cls, query->properties[i], error);
        if (r < 0)
            return r;
    }
    if (plan->condition)
        tri_condition_wanted(plan->condition, plan->wanted);
    for (size_t i = 0; i < words; i++)
        plan->wanted[i] |= plan->selected[i];
    return 0;
}

/* Types whose equal values have equal texts in a key. */
static bool type_is_exact(uint16_t type)
{
    return type != TRI_CIM_DATETIME && type != TRI_CIM_REFERENCE && type != TRI_CIM_CHAR16;
}

/* Where the condition demands a value of each key, there is one instance to look up. */
static int plan_key(struct tri_plan *plan, struct tri_error *error)
{
    const struct tri_class *cls = plan->cls;
    if (!plan->condition || cls->key_count == 0)
        return 0;
    TRI_AUTO_FREE struct tri_value *keys = calloc(cls->key_count, sizeof(*keys)); /* borrowed values */
    if (!keys)
        return tri_error_no_memory(error);
    for (size_t i = 0; i < cls->key_count; i++) {
        const struct tri_value *value = tri_condition_equals(plan->condition, cls->keys[i]);
        if (!value || !type_is_exact(cls->properties[cls->keys[i]].type))
            return 0;
        keys[i] = *value;
    }
    return tri_class_key_text(cls, keys, &plan->key, error);
}

static int plan_fill(struct tri_plan *plan, const struct tri_query *query, struct tri_error *error)
{
    int r = query->where ? tri_condition_new(query, plan->cls, &plan->condition, error) : 0;
    if (r == 0)
        r = plan_select(plan, query, error);
    const char *only_class = r == 0 && query->where ? tri_query_demanded_class(query, "__CLASS") : NULL;
    if (only_class && !(plan->only_class = strdup(only_class)))
        return tri_error_no_memory(error);
    return r == 0 ? plan_key(plan, error) : r;
}

int tri_plan_new(const struct tri_query *query, struct tri_class *cls, struct tri_plan **ret, struct tri_error *error)
{
    TRI_AUTO_PLAN struct tri_plan *plan = calloc(1, sizeof(*plan));
    if (!plan)
        return tri_error_no_memory(error);
    atomic_init(&plan->references, 1);
    plan->cls = tri_class_ref(cls);
    int r = plan_fill(plan, query, error);
    if (r == 0)
        *ret = TRI_TAKE(plan);
    return r;
}

static struct tri_plan *plan_ref(struct tri_plan *plan)
{
    atomic_fetch_add_explicit(&plan->references, 1, memory_order_relaxed);
    return plan;
}

/* A class that was changed is another class: comparing the pointers is enough, as the plan holds its own. */
static struct tri_plan *plan_kept(struct tri_prepared *prepared, const struct tri_class *cls)
{
    TRI_LOCK_SCOPE(&prepared->lock);
    return prepared->plan && prepared->plan->cls == cls ? plan_ref(prepared->plan) : NULL;
}

static void plan_keep(struct tri_prepared *prepared, struct tri_plan *plan)
{
    struct tri_plan *before;
    {
        TRI_LOCK_SCOPE(&prepared->lock);
        before = prepared->plan;
        prepared->plan = plan_ref(plan);
    }
    tri_plan_unref(before);
}

int tri_plan_find(struct tri_prepared *prepared, struct tri_class *cls, struct tri_plan **ret, struct tri_error *error)
{
    struct tri_plan *plan = plan_kept(prepared, cls);
    if (!plan) {
        int r = tri_plan_new(prepared->query, cls, &plan, error);
        if (r < 0)
            return r;
        plan_keep(prepared, plan);
    }
    *ret = plan;
    return 0;
}

/* ---- texts ---- */

struct tri_prepared *tri_prepared_ref(struct tri_prepared *prepared)
{
    atomic_fetch_add_explicit(&prepared->references, 1, memory_order_relaxed);
    return prepared;
}

void tri_prepared_unref(struct tri_prepared *prepared)
{
    if (!prepared || atomic_fetch_sub_explicit(&prepared->references, 1, memory_order_acq_rel) != 1)
        return;
    tri_plan_unref(prepared->plan);
    tri_query_unref(prepared->query);
    pthread_mutex_destroy(&prepared->lock);
    free(prepared);
}

/* Recent ones: sets of a few, each with a lock of its own, so that threads with different queries do not meet. The
 * least recently used of a set goes. */
#define SETS 32
#define WAYS 4

static struct recent {
    _Alignas(64) pthread_mutex_t lock;
    struct tri_prepared *items[WAYS]; /* lock: the latest first */
} recents[SETS] = {[0 ... SETS - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};

static uint32_t text_hash(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 16777619u;
    return hash ^ hash >> 15;
}

static void recent_move_front(struct recent *recent, size_t from, struct tri_prepared *item)
{
    memmove(&recent->items[1], &recent->items[0], from * sizeof(recent->items[0]));
    recent->items[0] = item;
}

static struct tri_prepared *recent_find(struct recent *recent, const char *text, uint32_t hash)
{
    TRI_LOCK_SCOPE(&recent->lock);
    for (size_t i = 0; i < WAYS && recent->items[i]; i++) {
        struct tri_prepared *item = recent->items[i];
        if (item->hash != hash || strcmp(item->text, text) != 0)
            continue;
        recent_move_front(recent, i, item);
        return tri_prepared_ref(item);
    }
    return NULL;
}

/* The same text twice, where two threads read it at once, does no harm. */
static void recent_add(struct recent *recent, struct tri_prepared *item)
{
    struct tri_prepared *last;
    {
        TRI_LOCK_SCOPE(&recent->lock);
        last = recent->items[WAYS - 1];
        recent_move_front(recent, WAYS - 1, tri_prepared_ref(item));
    }
    tri_prepared_unref(last);
}

static int prepared_new(const char *text, uint32_t hash, struct tri_prepared **ret, struct tri_error *error)
{
    TRI_AUTO_QUERY struct tri_query *query = NULL;
    int r = tri_query_parse(text, false, &query, error);
    if (r < 0)
        return r;
    size_t size = strlen(text) + 1;
    struct tri_prepared *prepared = malloc(sizeof(*prepared) + size);
    if (!prepared)
        return tri_error_no_memory(error);
    *prepared = (struct tri_prepared){.references = 1, .query = TRI_TAKE(query), .hash = hash};
    pthread_mutex_init(&prepared->lock, NULL);
    memcpy(prepared->text, text, size);
    *ret = prepared;
    return 0;
}

int tri_prepare(const char *text, struct tri_prepared **ret, struct tri_error *error)
{
    uint32_t hash = text_hash(text);
    struct recent *recent = &recents[hash % SETS];
    struct tri_prepared *found = recent_find(recent, text, hash);
    if (!found) {
        int r = prepared_new(text, hash, &found, error);
        if (r < 0)
            return r;
        recent_add(recent, found);
    }
    *ret = found;
    return 0;
}
