/* Drafts: how classes are made and changed. What a draft inherited has the same index as in its parent, which is where
 * things go back to when an override is removed. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/class-private.h"
#include "management/object-private.h"
#include "management/value-private.h"

enum { MEMBERS_MAX = 4096 }; /* properties, and methods, of a class */

static int copy_text(const char *text, char **ret)
{
    if (!text)
        return 0;
    return (*ret = strdup(text)) ? 0 : -ENOMEM;
}

static void *make_room(void *items, size_t count, size_t *room, size_t item_size)
{
    if (count < *room)
        return items;
    size_t larger = *room ? *room * 2 : 8;
    void *moved = reallocarray(items, larger, item_size);
    if (moved)
        *room = larger;
    return moved;
}

/* A zeroed one behind the others, not counted yet; NULL: no memory. */
static struct tri_property *next_property(struct tri_class *cls)
{
    void *items = make_room(cls->properties, cls->property_count, &cls->property_room, sizeof *cls->properties);
    if (!items)
        return NULL;
    cls->properties = items;
    return memset(&cls->properties[cls->property_count], 0, sizeof *cls->properties);
}

static struct tri_method *next_method(struct tri_class *cls)
{
    void *items = make_room(cls->methods, cls->method_count, &cls->method_room, sizeof *cls->methods);
    if (!items)
        return NULL;
    cls->methods = items;
    return memset(&cls->methods[cls->method_count], 0, sizeof *cls->methods);
}

/* ---- copying ---- */

static int copy_property(const struct tri_property *from, struct tri_property *ret)
{
    *ret = (struct tri_property){.type = from->type,
                                 .is_local = from->is_local,
                                 .is_key = from->is_key,
                                 .name_hash = from->name_hash,
                                 .value.type = from->type};
    if (copy_text(from->name, &ret->name) < 0 || copy_text(from->class_name, &ret->class_name) < 0 ||
        copy_text(from->origin, &ret->origin) < 0 || tri_value_copy(&from->value, &ret->value) < 0 ||
        tri_qualifiers_copy(&from->qualifiers, &ret->qualifiers) < 0) {
        tri_property_clear(ret);
        return -ENOMEM;
    }
    return 0;
}

static int copy_method(const struct tri_method *from, struct tri_method *ret)
{
    *ret = (struct tri_method){.is_local = from->is_local,
                               .name_hash = from->name_hash,
                               .in = from->in ? tri_class_ref(from->in) : NULL,
                               .out = from->out ? tri_class_ref(from->out) : NULL};
    if (copy_text(from->name, &ret->name) < 0 || copy_text(from->origin, &ret->origin) < 0 ||
        tri_qualifiers_copy(&from->qualifiers, &ret->qualifiers) < 0) {
        tri_method_clear(ret);
        return -ENOMEM;
    }
    return 0;
}

static int copy_members(const struct tri_class *from, struct tri_class *to)
{
    for (size_t i = 0; i < from->property_count; i++, to->property_count++) {
        struct tri_property *property = next_property(to);
        if (!property || copy_property(&from->properties[i], property) < 0)
            return -ENOMEM;
    }
    for (size_t i = 0; i < from->method_count; i++, to->method_count++) {
        struct tri_method *method = next_method(to);
        if (!method || copy_method(&from->methods[i], method) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* ---- inheriting: what the class below has is what its superclass has, which it keeps alive ---- */

static int inherit_property(const struct tri_class *parent, size_t index, struct tri_property *ret)
{
    const struct tri_property *above = &parent->properties[index];
    *ret = (struct tri_property){.name = above->name,
                                 .type = above->type,
                                 .is_key = above->is_key,
                                 .shares_name = true,
                                 .shares_value = true,
                                 .name_hash = above->name_hash,
                                 .origin = above->origin ? above->origin : parent->name,
                                 .value = above->value};
    if (copy_text(above->class_name, &ret->class_name) < 0 ||
        tri_qualifiers_inherit(&above->qualifiers, &ret->qualifiers) < 0) {
        tri_property_clear(ret);
        return -ENOMEM;
    }
    return 0;
}

static int inherit_method(const struct tri_class *parent, size_t index, struct tri_method *ret)
{
    const struct tri_method *above = &parent->methods[index];
    *ret = (struct tri_method){.name = above->name,
                               .shares_name = true,
                               .name_hash = above->name_hash,
                               .origin = above->origin ? above->origin : parent->name,
                               .in = above->in ? tri_class_ref(above->in) : NULL,
                               .out = above->out ? tri_class_ref(above->out) : NULL};
    if (tri_qualifiers_inherit(&above->qualifiers, &ret->qualifiers) < 0) {
        tri_method_clear(ret);
        return -ENOMEM;
    }
    return 0;
}

static int inherit_members(const struct tri_class *parent, struct tri_class *cls)
{
    cls->property_room = parent->property_count;
    cls->method_room = parent->method_count;
    cls->properties = cls->property_room ? malloc(cls->property_room * sizeof *cls->properties) : NULL;
    cls->methods = cls->method_room ? malloc(cls->method_room * sizeof *cls->methods) : NULL;
    if ((cls->property_room && !cls->properties) || (cls->method_room && !cls->methods))
        return -ENOMEM;
    for (size_t i = 0; i < parent->property_count; i++, cls->property_count++)
        if (inherit_property(parent, i, &cls->properties[i]) < 0)
            return -ENOMEM;
    for (size_t i = 0; i < parent->method_count; i++, cls->method_count++)
        if (inherit_method(parent, i, &cls->methods[i]) < 0)
            return -ENOMEM;
    return tri_qualifiers_inherit(&parent->qualifiers, &cls->qualifiers);
}

struct tri_class *tri_class_derive(struct tri_class *parent)
{
    assert(parent->is_frozen);
    TRI_AUTO_CLASS struct tri_class *cls = tri_class_new();
    if (!cls)
        return NULL;
    cls->parent = tri_class_ref(parent);
    if (copy_text(parent->name_space, &cls->name_space) < 0 || inherit_members(parent, cls) < 0)
        return NULL;
    return TRI_TAKE(cls);
}

struct tri_class *tri_class_thaw(const struct tri_class *from)
{
    TRI_AUTO_CLASS struct tri_class *cls = tri_class_new();
    if (!cls || copy_text(from->name, &cls->name) < 0 || copy_text(from->name_space, &cls->name_space) < 0 ||
        copy_members(from, cls) < 0 || tri_qualifiers_copy(&from->qualifiers, &cls->qualifiers) < 0)
        return NULL;
    cls->parent = from->parent ? tri_class_ref(from->parent) : NULL;
    cls->flags = from->flags;
    cls->id = from->id;
    return TRI_TAKE(cls);
}

/* ---- names ---- */

int tri_class_set_name(struct tri_class *cls, const char *name, struct tri_error *error)
{
    assert(!cls->is_frozen);
    if (!tri_name_valid(name))
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_PARAMETER, name,
                             "\"%s\" cannot be the name of a class: letters, digits and _ make one, at most 256.",
                             name ? name : "");
    char *copy = strdup(name);
    if (!copy)
        return tri_error_no_memory(error);
    free(cls->name);
    cls->name = copy;
    return 0;
}

static int check_member_name(const struct tri_class *cls, const char *name, int refusal, struct tri_error *error)
{
    if (name && tri_system_property_find(name) >= 0)
        return tri_error_set(error, TRI_MANAGEMENT_SYSTEM_PROPERTY, name,
                             "%s is a property that every object has; class %s cannot declare it.", name,
                             tri_class_label(cls));
    if (!tri_name_valid(name))
        return tri_error_set(error, refusal, name,
                             "\"%s\" cannot be a name in class %s: letters, digits and _ make one, at most 256.",
                             name ? name : "", tri_class_label(cls));
    return 0;
}

/* ---- properties ---- */

static bool is_inherited(const struct tri_class *cls, size_t index)
{
    return cls->parent && index < cls->parent->property_count;
}

static int convert_default(const struct tri_class *cls, const char *name, uint16_t type, const struct tri_value *value,
                           struct tri_value *ret, struct tri_error *error)
{
    *ret = (struct tri_value){.type = type};
    if (value && tri_value_nests_too_deep(value))
        return tri_error_set(error, TRI_MANAGEMENT_VALUE_OUT_OF_RANGE, name, "Objects in objects go at most %d deep.",
                             TRI_NESTING_MAX);
    int r = value ? tri_value_convert(value, ret) : 0;
    if (r == -ENOMEM)
        return tri_error_no_memory(error);
    if (r < 0)
        return tri_error_set(error, r, name, "The default of property %s of class %s is no %s%s.", name,
                             tri_class_label(cls), tri_cim_type_name(type),
                             r == TRI_MANAGEMENT_VALUE_OUT_OF_RANGE ? ": it does not fit" : "");
    return 0;
}

static int change_property(struct tri_class *cls, int index, uint16_t type, const char *class_name,
                           const struct tri_value *value, struct tri_error *error)
{
    struct tri_property *property = &cls->properties[index];
    struct tri_value fresh;
    TRI_AUTO_FREE char *fresh_class = NULL;
    if (type == TRI_CIM_EMPTY)
        type = property->type;
    if (type != property->type && is_inherited(cls, (size_t)index))
        return tri_error_set(error, TRI_MANAGEMENT_TYPE_MISMATCH, property->name,
                             "The property %s of class %s is inherited as %s%s; a class below cannot make it %s%s.",
                             property->name, tri_class_label(cls), tri_cim_type_name(property->type),
                             property->type & TRI_CIM_ARRAY ? "[]" : "", tri_cim_type_name(type),
                             type & TRI_CIM_ARRAY ? "[]" : "");
    int r = convert_default(cls, property->name, type, value, &fresh, error);
    if (r < 0)
        return r;
    if (copy_text(class_name, &fresh_class) < 0) {
        tri_value_clear(&fresh);
        return tri_error_no_memory(error);
    }
    if (!property->shares_value)
        tri_value_clear(&property->value);
    property->shares_value = false;
    property->value = fresh;
    property->type = type;
    property->is_local = true;
    if (fresh_class) {
        free(property->class_name);
        property->class_name = TRI_TAKE(fresh_class);
    }
    return 0;
}

static int add_property(struct tri_class *cls, const char *name, uint16_t type, const char *class_name,
                        const struct tri_value *value, struct tri_error *error)
{
    if (cls->property_count >= MEMBERS_MAX)
        return tri_error_set(error, TRI_MANAGEMENT_QUOTA_VIOLATION, name, "The class %s has more than %d properties.",
                             tri_class_label(cls), MEMBERS_MAX);
    struct tri_value fresh;
    int r = convert_default(cls, name, type, value, &fresh, error);
    if (r < 0)
        return r;
    struct tri_property *property = next_property(cls);
    if (!property) {
        tri_value_clear(&fresh);
        return tri_error_no_memory(error);
    }
    property->type = type;
    property->is_local = true;
    property->value = fresh;
    property->name_hash = tri_name_hash(name);
    if (copy_text(name, &property->name) < 0 || copy_text(class_name, &property->class_name) < 0) {
        tri_property_clear(property);
        return tri_error_no_memory(error);
    }
    cls->property_count++;
    return 0;
}

int tri_class_put_property(struct tri_class *cls, const char *name, uint16_t type, const char *class_name,
                           const struct tri_value *value, int *ret_index, struct tri_error *error)
{
    assert(!cls->is_frozen);
    int r = check_member_name(cls, name, TRI_MANAGEMENT_INVALID_PROPERTY, error);
    if (r < 0)
        return r;
    int index = tri_class_find(cls, name);
    if (index < 0 && type == TRI_CIM_EMPTY && value)
        type = value->type;
    bool keeps_type = index >= 0 && type == TRI_CIM_EMPTY;
    if (!keeps_type && (!tri_cim_type_name(type) || (type & ~TRI_CIM_ARRAY) == TRI_CIM_EMPTY))
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_PROPERTY_TYPE, name,
                             "The property %s of class %s has no type that CIM knows: %u.", name, tri_class_label(cls),
                             (unsigned)type);
    r = index >= 0 ? change_property(cls, index, type, class_name, value, error)
                   : add_property(cls, name, type, class_name, value, error);
    if (r < 0)
        return r;
    if (ret_index)
        *ret_index = index >= 0 ? index : (int)cls->property_count - 1;
    return 0;
}

int tri_class_remove_property(struct tri_class *cls, const char *name, struct tri_error *error)
{
    assert(!cls->is_frozen);
    int index = tri_class_find(cls, name);
    if (index < 0)
        return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, name, "The class %s has no property %s.",
                             tri_class_label(cls), name);
    struct tri_property *property = &cls->properties[index];
    if (!is_inherited(cls, (size_t)index)) {
        tri_property_clear(property);
        memmove(property, property + 1, (cls->property_count - (size_t)index - 1) * sizeof *property);
        cls->property_count--;
        return 0;
    }
    if (!property->is_local)
        return tri_error_set(error, TRI_MANAGEMENT_PROPAGATED_PROPERTY, name,
                             "The property %s comes from %s, and can only be removed there.", property->name,
                             property->origin ? property->origin : "the superclass");
    struct tri_property fresh;
    if (inherit_property(cls->parent, (size_t)index, &fresh) < 0)
        return tri_error_no_memory(error);
    tri_property_clear(property);
    *property = fresh;
    return 1;
}

/* ---- methods ---- */

static int id_of(const struct tri_property *parameter, struct tri_error *error)
{
    const struct tri_qualifier *id = tri_qualifiers_find(&parameter->qualifiers, "ID");
    if (!id)
        return tri_error_set(error, TRI_MANAGEMENT_MISSING_PARAMETER_ID, parameter->name,
                             "The parameter %s has no ID: each needs one, from 0 on.", parameter->name);
    if (id->value.type != TRI_CIM_SINT32 || !id->value.is_set || id->value.integer < 0)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_PARAMETER_ID, parameter->name,
                             "The ID of the parameter %s is no number from 0 on.", parameter->name);
    return (int)id->value.integer;
}

/* An [in, out] parameter is in both halves, and must be the same in both. */
static int check_both(const struct tri_property *in, const struct tri_property *out, struct tri_error *error)
{
    int a = id_of(in, error), b = id_of(out, error);
    if (a < 0 || b < 0)
        return a < 0 ? a : b;
    if (a == b && in->type == out->type)
        return 0;
    return tri_error_set(error, TRI_MANAGEMENT_INVALID_DUPLICATE_PARAMETER, in->name,
                         "The parameter %s goes in and comes out, with another ID or type each way.", in->name);
}

struct ids {
    char *seen; /* one a parameter */
    size_t count;
};

static int note_id(struct ids *ids, const struct tri_property *parameter, struct tri_error *error)
{
    int id = id_of(parameter, error);
    if (id < 0)
        return id;
    if ((size_t)id >= ids->count || ids->seen[id])
        return tri_error_set(error, TRI_MANAGEMENT_NONCONSECUTIVE_PARAMETER_IDS, parameter->name,
                             "The ID %d of the parameter %s is given twice, or numbers before it are missing.", id,
                             parameter->name);
    ids->seen[id] = 1;
    return 0;
}

static bool is_return_value(const struct tri_property *parameter)
{
    return tri_name_equal(parameter->name, "ReturnValue");
}

static int check_out(const struct tri_class *in, const struct tri_property *parameter, struct ids *ids,
                     struct tri_error *error)
{
    if (is_return_value(parameter)) {
        if (!tri_qualifiers_find(&parameter->qualifiers, "ID"))
            return 0;
        return tri_error_set(error, TRI_MANAGEMENT_PARAMETER_ID_ON_RETVAL, parameter->name,
                             "The ReturnValue of a method is no parameter, and so has no ID.");
    }
    int both = in ? tri_class_find(in, parameter->name) : -1;
    return both >= 0 ? check_both(&in->properties[both], parameter, error) : note_id(ids, parameter, error);
}

static size_t count_parameters(const struct tri_class *in, const struct tri_class *out)
{
    size_t count = in ? in->property_count : 0;
    for (size_t i = 0; out && i < out->property_count; i++)
        count += !is_return_value(&out->properties[i]) && !(in && tri_class_find(in, out->properties[i].name) >= 0);
    return count;
}

static int check_signature(const struct tri_class *in, const struct tri_class *out, struct tri_error *error)
{
    struct ids ids = {.count = count_parameters(in, out)};
    TRI_AUTO_FREE char *seen = ids.seen = calloc(ids.count + 1, 1);
    if (!seen)
        return tri_error_no_memory(error);
    int r = 0;
    for (size_t i = 0; r == 0 && in && i < in->property_count; i++)
        r = note_id(&ids, &in->properties[i], error);
    for (size_t i = 0; r == 0 && out && i < out->property_count; i++)
        r = check_out(in, &out->properties[i], &ids, error);
    return r;
}

static bool same_parameters(const struct tri_class *a, const struct tri_class *b)
{
    if (!a || !b || a->property_count != b->property_count)
        return (a ? a->property_count : 0) == (b ? b->property_count : 0);
    for (size_t i = 0; i < a->property_count; i++) {
        int there = tri_class_find(b, a->properties[i].name);
        if (there < 0 || a->properties[i].type != b->properties[there].type)
            return false;
    }
    return true;
}

static int check_override(const struct tri_class *cls, int index, const struct tri_class *in,
                          const struct tri_class *out, struct tri_error *error)
{
    if (!cls->parent || (size_t)index >= cls->parent->method_count)
        return 0;
    const struct tri_method *above = &cls->parent->methods[index];
    if (same_parameters(above->in, in) && same_parameters(above->out, out))
        return 0;
    return tri_error_set(error, TRI_MANAGEMENT_PROPAGATED_METHOD, above->name,
                         "The method %s comes from %s with other parameters, which a class below cannot change.",
                         above->name, above->origin ? above->origin : tri_class_label(cls->parent));
}

/* The method's place, made where there is none. */
static int place_method(struct tri_class *cls, const char *name, struct tri_error *error)
{
    int index = tri_class_find_method(cls, name);
    if (index >= 0)
        return index;
    if (cls->method_count >= MEMBERS_MAX)
        return tri_error_set(error, TRI_MANAGEMENT_QUOTA_VIOLATION, name, "The class %s has more than %d methods.",
                             tri_class_label(cls), MEMBERS_MAX);
    struct tri_method *method = next_method(cls);
    if (!method || copy_text(name, &method->name) < 0)
        return tri_error_no_memory(error);
    method->name_hash = tri_name_hash(name);
    return (int)cls->method_count++;
}

int tri_class_put_method(struct tri_class *cls, const char *name, struct tri_class *in, struct tri_class *out,
                         int *ret_index, struct tri_error *error)
{
    assert(!cls->is_frozen);
    int r = check_member_name(cls, name, TRI_MANAGEMENT_INVALID_PARAMETER, error);
    if (r < 0 || (r = check_signature(in, out, error)) < 0)
        return r;
    if ((in && (r = tri_class_freeze(in, error)) < 0) || (out && (r = tri_class_freeze(out, error)) < 0))
        return r;
    int index = tri_class_find_method(cls, name);
    if (index >= 0 && (r = check_override(cls, index, in, out, error)) < 0)
        return r;
    if ((index = place_method(cls, name, error)) < 0)
        return index;
    struct tri_method *method = &cls->methods[index];
    struct tri_class *old_in = method->in, *old_out = method->out;
    method->in = in ? tri_class_ref(in) : NULL;
    method->out = out ? tri_class_ref(out) : NULL;
    method->is_local = true;
    tri_class_unref(old_in);
    tri_class_unref(old_out);
    if (ret_index)
        *ret_index = index;
    return 0;
}

int tri_class_remove_method(struct tri_class *cls, const char *name, struct tri_error *error)
{
    assert(!cls->is_frozen);
    int index = tri_class_find_method(cls, name);
    if (index < 0)
        return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, name, "The class %s has no method %s.",
                             tri_class_label(cls), name);
    struct tri_method *method = &cls->methods[index];
    if (!cls->parent || (size_t)index >= cls->parent->method_count) {
        tri_method_clear(method);
        memmove(method, method + 1, (cls->method_count - (size_t)index - 1) * sizeof *method);
        cls->method_count--;
        return 0;
    }
    if (!method->is_local)
        return tri_error_set(error, TRI_MANAGEMENT_PROPAGATED_METHOD, name,
                             "The method %s comes from %s, and can only be removed there.", method->name,
                             method->origin ? method->origin : "the superclass");
    struct tri_method fresh;
    if (inherit_method(cls->parent, (size_t)index, &fresh) < 0)
        return tri_error_no_memory(error);
    tri_method_clear(method);
    *method = fresh;
    return 1;
}

/* ---- another parent ---- */

static int put_local_qualifiers(const struct tri_qualifiers *from, struct tri_qualifiers *to, struct tri_error *error)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < from->count; i++) {
        const struct tri_qualifier *qualifier = &from->items[i];
        if (!(qualifier->flavor & TRI_FLAVOR_PROPAGATED))
            r = tri_qualifiers_put(to, qualifier->name, &qualifier->value, qualifier->flavor, error);
    }
    return r;
}

/* A property may be local for its qualifiers' sake only; its value then is whatever the new parent's is. */
static bool has_own_value(const struct tri_class *cls, size_t index)
{
    return !is_inherited(cls, index) ||
           !tri_value_equal(&cls->properties[index].value, &cls->parent->properties[index].value, false);
}

static int rebase_property(const struct tri_class *cls, size_t index, struct tri_class *to, struct tri_error *error)
{
    const struct tri_property *property = &cls->properties[index];
    int at = tri_class_find(to, property->name), r = 0;
    if (at < 0 || has_own_value(cls, index))
        r = tri_class_put_property(to, property->name, property->type, property->class_name, &property->value, &at,
                                   error);
    if (r < 0)
        return r;
    to->properties[at].is_local = true;
    return put_local_qualifiers(&property->qualifiers, &to->properties[at].qualifiers, error);
}

static int rebase_method(const struct tri_method *method, struct tri_class *to, struct tri_error *error)
{
    int at, r = tri_class_put_method(to, method->name, method->in, method->out, &at, error);
    return r < 0 ? r : put_local_qualifiers(&method->qualifiers, &to->methods[at].qualifiers, error);
}

struct tri_class *tri_class_rebase(const struct tri_class *cls, struct tri_class *parent, struct tri_error *error)
{
    TRI_AUTO_CLASS struct tri_class *made = parent ? tri_class_derive(parent) : tri_class_new();
    TRI_AUTO_FREE char *name_space = NULL;
    if (!made || copy_text(cls->name, &made->name) < 0 || copy_text(cls->name_space, &name_space) < 0) {
        tri_error_no_memory(error);
        return NULL;
    }
    free(made->name_space);
    made->name_space = TRI_TAKE(name_space);
    made->id = cls->id;
    made->flags = cls->flags & TRI_CLASS_BUILT_IN;
    if (put_local_qualifiers(&cls->qualifiers, &made->qualifiers, error) < 0)
        return NULL;
    for (size_t i = 0; i < cls->property_count; i++)
        if (cls->properties[i].is_local && rebase_property(cls, i, made, error) < 0)
            return NULL;
    for (size_t i = 0; i < cls->method_count; i++)
        if (cls->methods[i].is_local && rebase_method(&cls->methods[i], made, error) < 0)
            return NULL;
    return TRI_TAKE(made);
}
