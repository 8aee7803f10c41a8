/* CompareTo: what two objects have in common, and what the flags say does not matter. */
#include "management/object-private.h"

static bool same_qualifiers(const struct tri_qualifiers *a, const struct tri_qualifiers *b, unsigned flags)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct tri_qualifier *x = &a->items[i], *y = tri_qualifiers_find(b, x->name);
        if (!y || !tri_value_equal(&x->value, &y->value, flags & TRI_SAME_IGNORE_CASE) ||
            (!(flags & TRI_SAME_IGNORE_FLAVOR) && x->flavor != y->flavor))
            return false;
    }
    return true;
}

static bool same_own_qualifiers(const struct tri_cim_object *a, const struct tri_cim_object *b, unsigned flags)
{
    static const struct tri_qualifiers none;
    return same_qualifiers(a->qualifiers ? a->qualifiers : &none, b->qualifiers ? b->qualifiers : &none, flags);
}

static const char *parent_name(const struct tri_class *cls)
{
    return cls->parent ? cls->parent->name : NULL;
}

static bool same_class_names(const struct tri_class *a, const struct tri_class *b)
{
    return tri_name_equal(a->name, b->name) && tri_name_equal(parent_name(a), parent_name(b));
}

/* Classes have defaults for values; objects have values. */
static bool same_values(const struct tri_cim_object *a, const struct tri_cim_object *b, unsigned flags)
{
    bool with_values = !a->is_class || !(flags & TRI_SAME_IGNORE_DEFAULT_VALUES);
    size_t selected_of_b = 0, selected_of_a = 0;
    for (size_t i = 0; i < b->cls->property_count; i++)
        selected_of_b += tri_cim_object_selects(b, (int)i);
    for (size_t i = 0; i < a->cls->property_count; i++) {
        if (!tri_cim_object_selects(a, (int)i))
            continue;
        selected_of_a++;
        int there = a->cls == b->cls ? (int)i : tri_class_find(b->cls, a->cls->properties[i].name);
        if (there < 0 || !tri_cim_object_selects(b, there) ||
            a->cls->properties[i].type != b->cls->properties[there].type)
            return false;
        if (with_values && !tri_value_equal(tri_cim_object_value(a, (int)i), tri_cim_object_value(b, there),
                                            flags & TRI_SAME_IGNORE_CASE))
            return false;
    }
    return selected_of_a == selected_of_b;
}

static bool same_parameters(const struct tri_class *a, const struct tri_class *b, unsigned flags)
{
    if (!a || !b)
        return a == b;
    struct tri_cim_object x = {.is_class = true, .cls = (struct tri_class *)a};
    struct tri_cim_object y = {.is_class = true, .cls = (struct tri_class *)b};
    return tri_cim_object_same(&x, &y, flags | TRI_SAME_IGNORE_OBJECT_SOURCE);
}

static bool same_methods(const struct tri_class *a, const struct tri_class *b, unsigned flags)
{
    if (a->method_count != b->method_count)
        return false;
    for (size_t i = 0; i < a->method_count; i++) {
        const struct tri_method *x = &a->methods[i];
        int there = tri_class_find_method(b, x->name);
        const struct tri_method *y = there < 0 ? NULL : &b->methods[there];
        if (!y || !same_parameters(x->in, y->in, flags) || !same_parameters(x->out, y->out, flags) ||
            (!(flags & TRI_SAME_IGNORE_QUALIFIERS) && !same_qualifiers(&x->qualifiers, &y->qualifiers, flags)))
            return false;
    }
    return true;
}

static bool same_definition(const struct tri_class *a, const struct tri_class *b, unsigned flags)
{
    if (a == b)
        return true;
    if (!same_methods(a, b, flags))
        return false;
    if (flags & TRI_SAME_IGNORE_QUALIFIERS)
        return true;
    for (size_t i = 0; i < a->property_count; i++) {
        int there = tri_class_find(b, a->properties[i].name); /* is there: the values were compared before */
        const struct tri_property *x = &a->properties[i], *y = &b->properties[there];
        bool same_cimtype = tri_name_equal(x->class_name, y->class_name); /* of a type that was compared before */
        if (!same_cimtype || !same_qualifiers(&x->qualifiers, &y->qualifiers, flags))
            return false;
    }
    return same_qualifiers(&a->qualifiers, &b->qualifiers, flags);
}

bool tri_cim_object_same(const struct tri_cim_object *a, const struct tri_cim_object *b, unsigned flags)
{
    if (a == b)
        return true;
    if (a->is_class != b->is_class)
        return false;
    if (!(flags & TRI_SAME_IGNORE_CLASS) && !same_class_names(a->cls, b->cls))
        return false;
    if (!(flags & TRI_SAME_IGNORE_OBJECT_SOURCE) && !tri_name_equal(a->cls->name_space, b->cls->name_space))
        return false;
    if (!same_values(a, b, flags))
        return false;
    if (a->is_class)
        return same_definition(a->cls, b->cls, flags);
    return (flags & TRI_SAME_IGNORE_QUALIFIERS) || same_own_qualifiers(a, b, flags);
}
