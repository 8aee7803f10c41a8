/* Instances lie in one allocation with their values, or with their blob until somebody looks at a value. */
#include "management/object.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/object-private.h"

static _Atomic size_t live;

size_t tri_cim_object_live(void)
{
    return atomic_load_explicit(&live, memory_order_relaxed);
}

/* ---- values ---- */

void tri_values_clear(struct tri_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i].is_set)
            tri_value_clear(&values[i]);
}

static void blank_values(const struct tri_class *cls, struct tri_value *ret)
{
    memcpy(ret, cls->nulls, cls->property_count * sizeof *ret);
}

static int default_values(const struct tri_class *cls, struct tri_value *ret)
{
    blank_values(cls, ret);
    for (size_t i = 0; cls->has_defaults && i < cls->property_count; i++)
        if (cls->properties[i].value.is_set && tri_value_copy(&cls->properties[i].value, &ret[i]) < 0) {
            tri_values_clear(ret, i);
            return -ENOMEM;
        }
    return 0;
}

static bool nests_deeper(const struct tri_value *value, int depth);

static bool object_nests_deeper(const struct tri_cim_object *object, int depth)
{
    if (depth == 0)
        return true;
    for (size_t i = 0; i < object->cls->property_count; i++)
        if (nests_deeper(tri_cim_object_value(object, (int)i), depth - 1))
            return true;
    return false;
}

static bool nests_deeper(const struct tri_value *value, int depth)
{
    if (!value->is_set || (value->type & ~TRI_CIM_ARRAY) != TRI_CIM_OBJECT)
        return false;
    if (value->type == TRI_CIM_OBJECT)
        return object_nests_deeper(value->object, depth);
    for (size_t i = 0; i < value->array->count; i++)
        if (nests_deeper(&value->array->items[i], depth))
            return true;
    return false;
}

bool tri_value_nests_too_deep(const struct tri_value *value)
{
    return nests_deeper(value, TRI_NESTING_MAX - 1);
}

/* ---- life ---- */

static struct tri_value *inline_values(const struct tri_cim_object *object)
{
    return (struct tri_value *)(object + 1);
}

/* All fields empty, with room behind it. */
static struct tri_cim_object *new_object(struct tri_class *cls, size_t extra)
{
    struct tri_cim_object *object = malloc(sizeof *object + extra);
    if (!object)
        return NULL;
    *object = (struct tri_cim_object){.references = 1, .cls = tri_class_ref(cls)};
    atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
    return object;
}

struct tri_cim_object *tri_cim_object_blank(struct tri_class *cls)
{
    assert(cls->is_frozen);
    struct tri_cim_object *object = new_object(cls, cls->property_count * sizeof(struct tri_value));
    if (!object)
        return NULL;
    object->values = inline_values(object);
    blank_values(cls, object->values);
    return object;
}

struct tri_cim_object *tri_cim_object_instance(struct tri_class *cls)
{
    assert(cls->is_frozen);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = new_object(cls, cls->property_count * sizeof(struct tri_value));
    if (!object || default_values(cls, inline_values(object)) < 0)
        return NULL;
    object->values = inline_values(object);
    return TRI_TAKE(object);
}

struct tri_cim_object *tri_cim_object_from_blob(struct tri_class *cls, const void *blob, size_t size)
{
    assert(cls->is_frozen);
    struct tri_cim_object *object = new_object(cls, size);
    if (!object)
        return NULL;
    object->blob = memcpy(object + 1, blob, size);
    object->blob_size = size;
    return object;
}

struct tri_cim_object *tri_cim_object_of_class(struct tri_class *cls)
{
    struct tri_cim_object *object = new_object(cls, 0);
    tri_class_unref(cls); /* the object has a reference of its own */
    if (object)
        object->is_class = true;
    return object;
}

struct tri_cim_object *tri_cim_object_ref(struct tri_cim_object *object)
{
    atomic_fetch_add_explicit(&object->references, 1, memory_order_relaxed);
    return object;
}

void tri_cim_object_unref(struct tri_cim_object *object)
{
    if (!object || atomic_fetch_sub_explicit(&object->references, 1, memory_order_acq_rel) != 1)
        return;
    if (object->values) {
        tri_values_clear(object->values, object->cls->property_count);
        if (object->values != inline_values(object))
            free(object->values);
    }
    if (object->qualifiers) {
        tri_qualifiers_clear(object->qualifiers);
        free(object->qualifiers);
    }
    free(object->selected);
    tri_class_unref(object->cls);
    free(object);
    atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
}

void tri_cim_object_unrefp(struct tri_cim_object **object)
{
    tri_cim_object_unref(*object);
}

/* ---- copying ---- */

static struct tri_cim_object *copy_class(const struct tri_cim_object *object)
{
    /* A frozen class is shared: who wants to change it thaws it. */
    struct tri_class *cls = object->cls->is_frozen ? tri_class_ref(object->cls) : tri_class_thaw(object->cls);
    return cls ? tri_cim_object_of_class(cls) : NULL;
}

static struct tri_cim_object *copy_values(const struct tri_cim_object *object)
{
    if (!object->values)
        return tri_cim_object_from_blob(object->cls, object->blob, object->blob_size);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *copy = tri_cim_object_blank(object->cls);
    for (size_t i = 0; copy && i < object->cls->property_count; i++)
        if (tri_value_copy(&object->values[i], &copy->values[i]) < 0)
            return NULL;
    return TRI_TAKE(copy);
}

static size_t selected_words(const struct tri_class *cls)
{
    return (cls->property_count + 63) / 64;
}

static int copy_selected(const struct tri_class *cls, const uint64_t *selected, uint64_t **ret)
{
    size_t words = selected_words(cls);
    uint64_t *copy = malloc((words + 1) * sizeof *copy);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, selected, words * sizeof *copy);
    *ret = copy;
    return 0;
}

struct tri_cim_object *tri_cim_object_copy(const struct tri_cim_object *object)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *copy = object->is_class ? copy_class(object) : copy_values(object);
    if (!copy || (object->selected && copy_selected(object->cls, object->selected, &copy->selected) < 0))
        return NULL;
    if (object->qualifiers && (!(copy->qualifiers = calloc(1, sizeof *copy->qualifiers)) ||
                               tri_qualifiers_copy(object->qualifiers, copy->qualifiers) < 0))
        return NULL;
    copy->is_unlocated = object->is_unlocated;
    return TRI_TAKE(copy);
}

/* ---- reading ---- */

static int decode(struct tri_cim_object *object)
{
    size_t count = object->cls->property_count;
    TRI_AUTO_FREE struct tri_value *values = malloc((count + 1) * sizeof *values);
    if (!values || default_values(object->cls, values) < 0)
        return -ENOMEM;
    int r = tri_blob_read(object->cls, object->blob, object->blob_size, values, &object->qualifiers);
    if (r < 0) {
        tri_values_clear(values, count);
        return r;
    }
    object->values = TRI_TAKE(values);
    object->blob = NULL;
    return 0;
}

int tri_cim_object_decode(struct tri_cim_object *object)
{
    return object->blob ? decode(object) : 0;
}

const struct tri_value *tri_cim_object_value(const struct tri_cim_object *object, int index)
{
    static const struct tri_value none = {.type = TRI_CIM_EMPTY}; /* of a damaged blob */
    assert(index >= 0 && (size_t)index < object->cls->property_count);
    if (object->is_class)
        return &object->cls->properties[index].value;
    if (!object->values && decode((struct tri_cim_object *)object) < 0)
        return &none;
    return &object->values[index];
}

bool tri_cim_object_selects(const struct tri_cim_object *object, int index)
{
    return !object->selected || (object->selected[index / 64] >> (index % 64) & 1);
}

const struct tri_value *tri_cim_object_find(const struct tri_cim_object *object, const char *property)
{
    int index = tri_class_find(object->cls, property);
    return index < 0 || !tri_cim_object_selects(object, index) ? NULL : tri_cim_object_value(object, index);
}

/* ---- writing ---- */

struct tri_value *tri_cim_object_slot(struct tri_cim_object *object, int index)
{
    assert(object->values && index >= 0 && (size_t)index < object->cls->property_count);
    return &object->values[index];
}

static int refuse_value(const struct tri_cim_object *object, int index, int code, struct tri_error *error)
{
    const struct tri_property *property = &object->cls->properties[index];
    const char *name = object->cls->name ? object->cls->name : "";
    const char *array = property->type & TRI_CIM_ARRAY ? "[]" : "", *type = tri_cim_type_name(property->type);
    if (code == TRI_MANAGEMENT_VALUE_OUT_OF_RANGE)
        return tri_error_set(error, code, property->name, "The property %s of %s is a %s%s: the value does not fit.",
                             property->name, name, type, array);
    return tri_error_set(error, code, property->name, "The property %s of %s is a %s%s: the value is none.",
                         property->name, name, type, array);
}

int tri_cim_object_set(struct tri_cim_object *object, int index, const struct tri_value *value, struct tri_error *error)
{
    assert(!object->is_class && index >= 0 && (size_t)index < object->cls->property_count);
    struct tri_value fresh = {.type = object->cls->properties[index].type};
    int r = tri_cim_object_decode(object);
    if (r == TRI_MANAGEMENT_CRITICAL_ERROR)
        return tri_error_set(error, r, NULL, "The object of class %s is damaged in the repository.",
                             object->cls->name ? object->cls->name : "");
    if (r == 0 && value && tri_value_nests_too_deep(value))
        return tri_error_set(error, TRI_MANAGEMENT_VALUE_OUT_OF_RANGE, object->cls->properties[index].name,
                             "Objects in objects go at most %d deep.", TRI_NESTING_MAX);
    if (r == 0 && value)
        r = tri_value_convert(value, &fresh);
    if (r == -ENOMEM)
        return tri_error_no_memory(error);
    if (r < 0)
        return refuse_value(object, index, r, error);
    tri_value_clear(&object->values[index]);
    object->values[index] = fresh;
    return 0;
}

/* The slot, emptied; NULL: no such property. */
static struct tri_value *empty_slot(struct tri_cim_object *object, const char *property)
{
    int index = tri_class_find(object->cls, property);
    if (index < 0 || object->is_class || tri_cim_object_decode(object) < 0)
        return NULL;
    tri_value_clear(&object->values[index]);
    return &object->values[index];
}

void tri_cim_object_set_unsigned(struct tri_cim_object *object, const char *property, uint64_t number)
{
    struct tri_value *slot = empty_slot(object, property);
    if (slot)
        tri_value_set_unsigned(slot, number);
}

void tri_cim_object_set_string(struct tri_cim_object *object, const char *property, const char *text)
{
    struct tri_value *slot = empty_slot(object, property);
    if (slot)
        tri_value_set_string(slot, text);
}

int tri_cim_object_project(struct tri_cim_object *object, const uint64_t *selected)
{
    const struct tri_class *cls = object->cls;
    uint64_t *copy;
    if (copy_selected(cls, selected, &copy) < 0)
        return -ENOMEM;
    free(object->selected);
    object->selected = copy;
    for (size_t i = 0; i < cls->key_count; i++)
        object->is_unlocated |= !tri_cim_object_selects(object, cls->keys[i]);
    return 0;
}
