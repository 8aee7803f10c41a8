#include "management/class.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/class-private.h"
#include "management/value-private.h"

/* ---- life ---- */

void tri_property_clear(struct tri_property *property)
{
    if (!property->shares_name) {
        free(property->name);
        free(property->origin);
    }
    free(property->class_name);
    if (!property->shares_value)
        tri_value_clear(&property->value);
    tri_qualifiers_clear(&property->qualifiers);
}

void tri_method_clear(struct tri_method *method)
{
    if (!method->shares_name) {
        free(method->name);
        free(method->origin);
    }
    tri_class_unref(method->in);
    tri_class_unref(method->out);
    tri_qualifiers_clear(&method->qualifiers);
}

struct tri_class *tri_class_new(void)
{
    struct tri_class *cls = calloc(1, sizeof *cls);
    if (cls)
        atomic_init(&cls->references, 1);
    return cls;
}

struct tri_class *tri_class_ref(struct tri_class *cls)
{
    atomic_fetch_add_explicit(&cls->references, 1, memory_order_relaxed);
    return cls;
}

static void free_class(struct tri_class *cls)
{
    for (size_t i = 0; i < cls->property_count; i++)
        tri_property_clear(&cls->properties[i]);
    for (size_t i = 0; i < cls->method_count; i++)
        tri_method_clear(&cls->methods[i]);
    tri_qualifiers_clear(&cls->qualifiers);
    free(cls->properties);
    free(cls->methods);
    free(cls->name);
    free(cls->name_space);
    free(cls->keys);
    free(cls->index);
    free(cls->nulls);
    free(cls);
}

void tri_class_unref(struct tri_class *cls)
{
    /* A loop: the line of ancestors may be long. */
    while (cls && atomic_fetch_sub_explicit(&cls->references, 1, memory_order_acq_rel) == 1) {
        struct tri_class *parent = cls->parent;
        free_class(cls);
        cls = parent;
    }
}

void tri_class_unrefp(struct tri_class **cls)
{
    tri_class_unref(*cls);
}

const char *tri_class_label(const struct tri_class *cls)
{
    return cls->name ? cls->name : "without a name";
}

/* ---- looking ---- */

static int find_in_index(const struct tri_class *cls, const char *property)
{
    size_t mask = cls->index_size - 1;
    uint32_t hash = tri_name_hash(property);
    for (size_t at = hash & mask; cls->index[at]; at = (at + 1) & mask) {
        uint32_t i = cls->index[at] - 1;
        if (cls->properties[i].name_hash == hash && tri_name_equal(cls->properties[i].name, property))
            return (int)i;
    }
    return -1;
}

int tri_class_find(const struct tri_class *cls, const char *property)
{
    if (cls->index)
        return find_in_index(cls, property);
    uint32_t hash = property ? tri_name_hash(property) : 0;
    for (size_t i = 0; i < cls->property_count; i++)
        if (cls->properties[i].name_hash == hash && tri_name_equal(cls->properties[i].name, property))
            return (int)i;
    return -1;
}

int tri_class_find_method(const struct tri_class *cls, const char *method)
{
    uint32_t hash = method ? tri_name_hash(method) : 0;
    for (size_t i = 0; i < cls->method_count; i++)
        if (cls->methods[i].name_hash == hash && tri_name_equal(cls->methods[i].name, method))
            return (int)i;
    return -1;
}

bool tri_class_is_a(const struct tri_class *cls, const char *name)
{
    for (; cls; cls = cls->parent)
        if (cls->name && tri_name_equal(cls->name, name))
            return true;
    return false;
}

const char *tri_class_dynasty(const struct tri_class *cls)
{
    while (cls->parent)
        cls = cls->parent;
    return cls->name;
}

/* ---- freezing ---- */

static unsigned flags_of(const struct tri_class *cls)
{
    static const struct {
        const char *qualifier;
        enum tri_class_flag flag;
    } names[] = {{"abstract", TRI_CLASS_ABSTRACT},
                 {"singleton", TRI_CLASS_SINGLETON},
                 {"dynamic", TRI_CLASS_DYNAMIC},
                 {"association", TRI_CLASS_ASSOCIATION}};
    unsigned flags = cls->flags & TRI_CLASS_BUILT_IN;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (tri_qualifiers_true(&cls->qualifiers, names[i].qualifier))
            flags |= names[i].flag;
    return flags;
}

static const char *provider_of(const struct tri_class *cls, unsigned flags)
{
    const struct tri_qualifier *provider = tri_qualifiers_find(&cls->qualifiers, "provider");
    bool is_provided = (flags & TRI_CLASS_DYNAMIC) && provider && provider->value.type == TRI_CIM_STRING;
    return is_provided ? provider->value.string : NULL;
}

static bool has_local_qualifier(const struct tri_qualifiers *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (!(set->items[i].flavor & TRI_FLAVOR_PROPAGATED))
            return true;
    return false;
}

static int check_key(const struct tri_class *cls, size_t i, struct tri_error *error)
{
    const struct tri_property *property = &cls->properties[i];
    const struct tri_class *parent = cls->parent;
    enum tri_cim_kind kind = tri_cim_kind(property->type);
    if ((property->type & TRI_CIM_ARRAY) || kind == TRI_KIND_REAL || kind == TRI_KIND_OBJECT)
        return tri_error_set(error, TRI_MANAGEMENT_CANNOT_BE_KEY, property->name,
                             "The property %s of class %s cannot be a key: arrays, reals and objects cannot.",
                             property->name, tri_class_label(cls));
    bool is_new = parent && (i >= parent->property_count || !parent->properties[i].is_key);
    if (is_new && parent->key_count > 0)
        return tri_error_set(error, TRI_MANAGEMENT_CANNOT_CHANGE_KEY_INHERITANCE, property->name,
                             "The property %s of class %s cannot be a key: the superclass %s has keys already, and "
                             "what identifies an object cannot change below it.",
                             property->name, tri_class_label(cls), tri_class_label(parent));
    return 0;
}

static int compare_keys(const void *a, const void *b, void *cls)
{
    const struct tri_property *properties = ((const struct tri_class *)cls)->properties;
    return tri_name_compare(properties[*(const uint16_t *)a].name, properties[*(const uint16_t *)b].name);
}

static int make_keys(struct tri_class *cls, struct tri_error *error)
{
    size_t count = 0;
    for (size_t i = 0; i < cls->property_count; i++) {
        cls->properties[i].is_key = tri_qualifiers_true(&cls->properties[i].qualifiers, "key");
        int r = cls->properties[i].is_key ? check_key(cls, i, error) : 0;
        if (r < 0)
            return r;
        count += cls->properties[i].is_key;
    }
    uint16_t *keys = malloc((count + 1) * sizeof *keys);
    if (!keys)
        return tri_error_no_memory(error);
    free(cls->keys);
    cls->keys = keys;
    cls->key_count = 0;
    for (size_t i = 0; i < cls->property_count; i++)
        if (cls->properties[i].is_key)
            keys[cls->key_count++] = (uint16_t)i;
    qsort_r(keys, count, sizeof *keys, compare_keys, cls);
    return 0;
}

static int check_shape(const struct tri_class *cls, unsigned flags, struct tri_error *error)
{
    if ((flags & TRI_CLASS_SINGLETON) && cls->key_count > 0)
        return tri_error_set(error, TRI_MANAGEMENT_CANNOT_BE_SINGLETON, cls->name,
                             "The class %s has a key, %s, and so cannot be a singleton, whose one object needs none.",
                             tri_class_label(cls), cls->properties[cls->keys[0]].name);
    size_t references = 0;
    for (size_t i = 0; i < cls->property_count; i++)
        references += cls->properties[i].type == TRI_CIM_REFERENCE;
    if ((flags & TRI_CLASS_ASSOCIATION) && !(flags & TRI_CLASS_ABSTRACT) && references < 2)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_OBJECT, cls->name,
                             "The association %s has %s: it needs two, to what it connects.", tri_class_label(cls),
                             references ? "one reference only" : "no references");
    return 0;
}

static int make_index(struct tri_class *cls, struct tri_error *error)
{
    size_t size = 8;
    while (size < cls->property_count * 2)
        size *= 2;
    uint32_t *index = calloc(size, sizeof *index);
    if (!index)
        return tri_error_no_memory(error);
    for (size_t i = 0; i < cls->property_count; i++) {
        size_t at = cls->properties[i].name_hash & (size - 1);
        while (index[at])
            at = (at + 1) & (size - 1);
        index[at] = (uint32_t)i + 1;
    }
    cls->index = index;
    cls->index_size = size;
    return 0;
}

static int make_nulls(struct tri_class *cls, struct tri_error *error)
{
    struct tri_value *nulls = calloc(cls->property_count + 1, sizeof *nulls);
    if (!nulls)
        return tri_error_no_memory(error);
    free(cls->nulls);
    cls->nulls = nulls;
    cls->has_defaults = false;
    for (size_t i = 0; i < cls->property_count; i++) {
        nulls[i].type = cls->properties[i].type;
        cls->has_defaults |= cls->properties[i].value.is_set;
    }
    return 0;
}

/* What carries a qualifier of its own is the class's own, though its value be inherited. */
static void mark_local(struct tri_class *cls)
{
    for (size_t i = 0; i < cls->property_count; i++)
        cls->properties[i].is_local |= has_local_qualifier(&cls->properties[i].qualifiers);
    for (size_t i = 0; i < cls->method_count; i++)
        cls->methods[i].is_local |= has_local_qualifier(&cls->methods[i].qualifiers);
}

/* A property's class is named in each class anew: a long name counts for more. */
static size_t count_members(const struct tri_class *cls)
{
    size_t count = 1 + cls->qualifiers.count + cls->property_count + cls->method_count;
    for (size_t i = 0; i < cls->property_count; i++)
        count += cls->properties[i].qualifiers.count +
                 (cls->properties[i].class_name ? strlen(cls->properties[i].class_name) / 64 : 0);
    for (size_t i = 0; i < cls->method_count; i++)
        count += cls->methods[i].qualifiers.count;
    return count;
}

int tri_class_freeze(struct tri_class *cls, struct tri_error *error)
{
    if (cls->is_frozen)
        return 0;
    unsigned flags = flags_of(cls);
    int r = make_keys(cls, error);
    if (r < 0 || (r = check_shape(cls, flags, error)) < 0 || (r = make_nulls(cls, error)) < 0 ||
        (r = make_index(cls, error)) < 0) /* the last: a draft has none */
        return r;
    mark_local(cls);
    cls->member_count = count_members(cls);
    cls->flags = flags;
    cls->provider = provider_of(cls, flags);
    cls->is_frozen = true;
    return 0;
}
