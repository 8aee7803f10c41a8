/* Values, qualifiers and instances. Classes are in mof-class.c. */
#include "management/mof-make.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/object.h"
#include "management/value-private.h"

int mof_pass_on(const struct mof_maker *maker, struct mof_document *document, mof_place place, int code,
                struct tri_error *refusal)
{
    mof_fail(document, place, code, maker->error, "%s", refusal->text ? refusal->text : "out of memory");
    tri_error_clear(refusal);
    return code;
}

int mof_count_members(const struct mof_maker *maker, struct mof_document *document, mof_place place, size_t count)
{
    if (!maker->members)
        return 0;
    if (count <= TRI_MOF_MEMBERS_MAX - *maker->members) {
        *maker->members += count;
        return 0;
    }
    return mof_fail(document, place, TRI_MANAGEMENT_QUOTA_VIOLATION, maker->error,
                    "what is declared up to here has more than %d members, with all that is inherited and all that "
                    "objects contain; compile it in several parts, or let fewer classes derive from one with so many",
                    TRI_MOF_MEMBERS_MAX);
}

/* ---- values ---- */

static int mismatch(const struct mof_maker *maker, struct mof_document *document, const struct mof_value *from,
                    uint16_t type)
{
    return mof_fail(document, from->place, MOF_CODE(TRI_MOF_TYPE_MISMATCH), maker->error,
                    "this is no value for the type %s", tri_cim_type_name(type));
}

static int set_text(const struct mof_maker *maker, struct mof_document *document, const struct mof_value *from,
                    struct tri_value *ret)
{
    TRI_AUTO_FREE char *path = NULL;
    const char *string = from->string;
    if (from->kind == MOF_ALIAS) {
        if (!maker->find_alias || ret->type == TRI_CIM_DATETIME)
            return mof_fail(document, from->place, MOF_CODE(TRI_MOF_UNEXPECTED_ALIAS), maker->error,
                            "an alias cannot stand here");
        int r = maker->find_alias(maker->context, document, from, &path, NULL);
        if (r < 0)
            return r;
        string = path;
    } else if (from->kind != MOF_STRING || (ret->type == TRI_CIM_DATETIME && !tri_datetime_valid(from->string)))
        return mismatch(maker, document, from, ret->type);
    tri_value_set_string(ret, string);
    return ret->is_set ? 0 : tri_error_no_memory(maker->error);
}

static int set_number(const struct mof_maker *maker, struct mof_document *document, const struct mof_value *from,
                      struct tri_value *ret)
{
    bool is_real = tri_cim_kind(ret->type) == TRI_KIND_REAL;
    struct tri_value text = {.type = TRI_CIM_STRING, .is_set = true, .string = (char *)from->string};
    if (from->kind == MOF_STRING) {
        if (ret->type == TRI_CIM_CHAR16 || tri_value_convert(&text, ret) == TRI_MANAGEMENT_TYPE_MISMATCH)
            return mismatch(maker, document, from, ret->type);
    } else if (from->kind == MOF_REAL && is_real)
        tri_value_set_real(ret, from->real);
    else if (from->kind == MOF_INTEGER && is_real)
        tri_value_set_real(ret, from->is_negative ? -(double)from->magnitude : (double)from->magnitude);
    else if (from->kind == MOF_INTEGER && from->is_negative && from->magnitude <= (uint64_t)INT64_MAX + 1)
        tri_value_set_signed(ret, (int64_t)-from->magnitude);
    else if (from->kind == MOF_INTEGER ? !from->is_negative : from->kind == MOF_CHAR16 && ret->type == TRI_CIM_CHAR16)
        tri_value_set_unsigned(ret, from->magnitude);
    else if (from->kind != MOF_INTEGER)
        return mismatch(maker, document, from, ret->type);
    if (!ret->is_set)
        return mof_fail(document, from->place, MOF_CODE(TRI_MOF_OUT_OF_RANGE), maker->error,
                        "the number does not fit the type %s", tri_cim_type_name(ret->type));
    return 0;
}

/* TRUE; and as providers' registrations write it, "True" and 1. */
static int set_boolean(const struct mof_maker *maker, struct mof_document *document, const struct mof_value *from,
                       struct tri_value *ret)
{
    bool yes = from->kind == MOF_BOOLEAN ? from->boolean : from->magnitude != 0;
    bool is_said = from->kind == MOF_BOOLEAN || from->kind == MOF_INTEGER;
    if (!is_said && !(from->kind == MOF_STRING && tri_boolean_parse(from->string, &yes)))
        return mismatch(maker, document, from, ret->type);
    tri_value_set_boolean(ret, yes);
    return 0;
}

static int set_embedded(const struct mof_maker *maker, struct mof_document *document, const struct mof_value *from,
                        struct tri_value *ret)
{
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    const struct mof_declaration *declaration = from->instance;
    int r = maker->find_class ? maker->find_class(maker->context, document, declaration->place, declaration->name, &cls)
                              : 0;
    if (r == 0 && cls)
        r = mof_count_members(maker, document, declaration->place, cls->property_count);
    if (r == 0)
        r = mof_make_instance(maker, document, declaration, cls, &ret->object);
    if (r == 0) {
        ret->object->is_unlocated = true;
        ret->is_set = true;
    }
    return r;
}

static size_t members_of_value(const struct tri_value *value);

static size_t members_of_object(const struct tri_cim_object *object)
{
    size_t count = 1;
    for (size_t i = 0; i < object->cls->property_count; i++)
        count += members_of_value(tri_cim_object_value(object, (int)i));
    return count;
}

/* Objects in objects go TRI_NESTING_MAX deep. */
static size_t members_of_value(const struct tri_value *value)
{
    size_t count = 1;
    if (!value->is_set)
        return count;
    if (value->type & TRI_CIM_ARRAY)
        for (size_t i = 0; i < value->array->count; i++)
            count += members_of_value(&value->array->items[i]);
    else if (value->type == TRI_CIM_OBJECT)
        count += members_of_object(value->object);
    else if (tri_cim_kind(value->type) == TRI_KIND_TEXT)
        count += strlen(value->string) / 64;
    return count;
}

static int set_aliased(const struct mof_maker *maker, struct mof_document *document, const struct mof_value *from,
                       struct tri_value *ret)
{
    TRI_AUTO_FREE char *path = NULL;
    struct tri_cim_object *object = NULL;
    int r = maker->find_alias(maker->context, document, from, &path, &object);
    if (r < 0)
        return r;
    if (!object)
        return mismatch(maker, document, from, TRI_CIM_OBJECT);
    r = mof_count_members(maker, document, from->place, members_of_object(object));
    if (r < 0)
        return r;
    ret->object = tri_cim_object_copy(object);
    if (!ret->object)
        return tri_error_no_memory(maker->error);
    ret->object->is_unlocated = true;
    ret->is_set = true;
    return 0;
}

static int set_object(const struct mof_maker *maker, struct mof_document *document, const struct mof_value *from,
                      struct tri_value *ret)
{
    if (from->kind == MOF_INSTANCE)
        return set_embedded(maker, document, from, ret);
    if (from->kind == MOF_ALIAS && maker->find_alias)
        return set_aliased(maker, document, from, ret);
    return mismatch(maker, document, from, TRI_CIM_OBJECT);
}

static int set_scalar(const struct mof_maker *maker, struct mof_document *document, const struct mof_value *from,
                      struct tri_value *ret)
{
    if (from->kind == MOF_ARRAY)
        return mof_fail(document, from->place, MOF_CODE(TRI_MOF_UNEXPECTED_ARRAY_INIT), maker->error,
                        "an array stands where one %s is wanted", tri_cim_type_name(ret->type));
    switch (tri_cim_kind(ret->type)) {
    case TRI_KIND_TEXT:
        return set_text(maker, document, from, ret);
    case TRI_KIND_OBJECT:
        return set_object(maker, document, from, ret);
    case TRI_KIND_BOOLEAN:
        return set_boolean(maker, document, from, ret);
    default:
        return set_number(maker, document, from, ret);
    }
}

static int set_array(const struct mof_maker *maker, struct mof_document *document, const struct mof_value *from,
                     struct tri_value *ret)
{
    if (from->kind != MOF_ARRAY)
        return mof_fail(document, from->place, MOF_CODE(TRI_MOF_TYPE_MISMATCH), maker->error,
                        "one value stands where an array is wanted: write it in braces");
    size_t count = 0;
    for (const struct mof_value *item = from->items; item; item = item->next, count++)
        if (item->kind == MOF_NULL)
            return mof_fail(document, item->place, MOF_CODE(TRI_MOF_NULL_ARRAY_ELEM), maker->error,
                            "NULL cannot be in an array");
    if (tri_value_make_array(ret, count) < 0)
        return tri_error_no_memory(maker->error);
    const struct mof_value *item = from->items;
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++, item = item->next)
        r = set_scalar(maker, document, item, &ret->array->items[i]);
    return r;
}

int mof_make_value(const struct mof_maker *maker, struct mof_document *document, const struct mof_value *from,
                   uint16_t type, struct tri_value *ret)
{
    struct tri_value made = {.type = type};
    int r = 0;
    if (from->kind != MOF_NULL)
        r = (type & TRI_CIM_ARRAY ? set_array : set_scalar)(maker, document, from, &made);
    if (r < 0)
        tri_value_clear(&made);
    else
        *ret = made;
    return r;
}

/* ---- qualifiers ---- */

static bool fits_sint32(const struct mof_value *value)
{
    return value->magnitude <= (uint64_t)INT32_MAX + value->is_negative;
}

/* Qualifiers have four types; what does not fit a sint32 (MaxValue has such numbers) is a real64. */
static uint16_t qualifier_item_type(const struct mof_value *value)
{
    switch (value->kind) {
    case MOF_STRING:
        return TRI_CIM_STRING;
    case MOF_BOOLEAN:
        return TRI_CIM_BOOLEAN;
    case MOF_INTEGER:
        return fits_sint32(value) ? TRI_CIM_SINT32 : TRI_CIM_REAL64;
    case MOF_REAL:
        return TRI_CIM_REAL64;
    default:
        return TRI_CIM_EMPTY;
    }
}

/* One type for all of an array; EMPTY: there is none. */
static uint16_t qualifier_type(const struct mof_value *value)
{
    if (value->kind != MOF_ARRAY)
        return qualifier_item_type(value);
    uint16_t type = value->items ? qualifier_item_type(value->items) : TRI_CIM_STRING;
    for (const struct mof_value *item = value->items; item && type; item = item->next) {
        uint16_t other = qualifier_item_type(item);
        bool are_numbers =
            (type == TRI_CIM_SINT32 || type == TRI_CIM_REAL64) && (other == TRI_CIM_SINT32 || other == TRI_CIM_REAL64);
        if (other != type)
            type = are_numbers ? TRI_CIM_REAL64 : TRI_CIM_EMPTY;
    }
    return type ? type | TRI_CIM_ARRAY : TRI_CIM_EMPTY;
}

bool mof_is_typed(const struct mof_declaration *qualifier)
{
    return qualifier->has_clauses || tri_cim_type_parse(qualifier->words->text) != TRI_CIM_EMPTY;
}

int mof_declared_flavor(const struct mof_declaration *qualifier, uint8_t *ret, struct tri_error *error)
{
    bool is_typed = mof_is_typed(qualifier);
    return mof_flavor_read(qualifier->document, is_typed ? qualifier->flavors : qualifier->words,
                           is_typed ? TRI_FLAVOR_TO_DERIVED : 0, ret, error);
}

/* What it is worth, with its declaration (or NULL) in mind; NULL: nothing, as if it were not there. */
static const struct mof_value *qualifier_value(const struct mof_qualifier *qualifier,
                                               const struct mof_declaration *declared)
{
    static const struct mof_value yes = {.kind = MOF_BOOLEAN, .boolean = true};
    const struct mof_value *value = qualifier->value;
    if (!value) {
        bool is_boolean =
            !declared || !mof_is_typed(declared) || tri_cim_type_parse(declared->words->text) == TRI_CIM_BOOLEAN;
        value = is_boolean ? &yes : declared->value;
    }
    return value && value->kind != MOF_NULL ? value : NULL;
}

static int qualifier_flavor(const struct mof_maker *maker, struct mof_document *document,
                            const struct mof_qualifier *qualifier, const struct mof_declaration *declared, uint8_t *ret)
{
    bool is_known = mof_flavor_implied(qualifier->name, ret);
    if (qualifier->flavors)
        return mof_flavor_read(document, qualifier->flavors, 0, ret, maker->error);
    return is_known || !declared ? 0 : mof_declared_flavor(declared, ret, maker->error);
}

/* A scalar where the declaration says array. */
static struct mof_value as_array(const struct mof_value *value, struct mof_value *item)
{
    *item = *value;
    item->next = NULL;
    return (struct mof_value){.kind = MOF_ARRAY, .place = value->place, .items = item};
}

static int check_qualifier(const struct mof_maker *maker, struct mof_document *document,
                           const struct mof_qualifier *qualifier, const struct tri_qualifiers *set)
{
    const struct tri_qualifier *there = tri_qualifiers_find(set, qualifier->name);
    if (tri_name_equal(qualifier->name, "CIMTYPE"))
        return mof_fail(document, qualifier->place, MOF_CODE(TRI_MOF_CIMTYPE_QUALIFIER), maker->error,
                        "the qualifier CIMTYPE follows from the type and cannot be written");
    if (there && !(there->flavor & TRI_FLAVOR_PROPAGATED))
        return mof_fail(document, qualifier->place, MOF_CODE(TRI_MOF_DUPLICATE_QUALIFIER), maker->error,
                        "the qualifier %s stands here twice", qualifier->name);
    return 0;
}

static int make_qualifier(const struct mof_maker *maker, struct mof_document *document,
                          const struct mof_qualifier *qualifier, struct tri_qualifiers *set)
{
    const struct mof_declaration *declared =
        maker->find_qualifier ? maker->find_qualifier(maker->context, qualifier->name) : NULL;
    const struct mof_value *value = qualifier_value(qualifier, declared);
    struct mof_value array, item;
    struct tri_value made = {0};
    struct tri_error refusal = {0};
    uint8_t flavor;
    int r = check_qualifier(maker, document, qualifier, set);
    if (r < 0 || !value)
        return r;
    if (declared && declared->is_array && value->kind != MOF_ARRAY) {
        array = as_array(value, &item);
        value = &array;
    }
    uint16_t type = qualifier_type(value);
    if (type == TRI_CIM_EMPTY)
        return mof_fail(
            document, value->place, MOF_CODE(TRI_MOF_ILLEGAL_CONSTANT_VALUE), maker->error,
            "the qualifier %s cannot have this value: texts, numbers, TRUE and FALSE are what qualifiers have",
            qualifier->name);
    if ((r = qualifier_flavor(maker, document, qualifier, declared, &flavor)) < 0 ||
        (r = mof_make_value(maker, document, value, type, &made)) < 0)
        return r;
    r = tri_qualifiers_put(set, qualifier->name, &made, flavor, &refusal);
    tri_value_clear(&made);
    return r < 0 ? mof_pass_on(maker, document, qualifier->place, r, &refusal) : 0;
}

int mof_make_qualifiers(const struct mof_maker *maker, struct mof_document *document, const struct mof_qualifier *first,
                        struct tri_qualifiers *set)
{
    int r = 0;
    for (; r == 0 && first; first = first->next)
        r = make_qualifier(maker, document, first, set);
    return r;
}

/* ---- instances ---- */

static uint16_t type_of(const struct mof_value *value)
{
    switch (value->kind) {
    case MOF_BOOLEAN:
        return TRI_CIM_BOOLEAN;
    case MOF_INTEGER:
        return fits_sint32(value)                                    ? TRI_CIM_SINT32
               : value->is_negative || value->magnitude <= INT64_MAX ? TRI_CIM_SINT64
                                                                     : TRI_CIM_UINT64;
    case MOF_REAL:
        return TRI_CIM_REAL64;
    case MOF_CHAR16:
        return TRI_CIM_CHAR16;
    case MOF_INSTANCE:
        return TRI_CIM_OBJECT;
    case MOF_ARRAY:
        return (value->items ? type_of(value->items) & ~TRI_CIM_ARRAY : TRI_CIM_STRING) | TRI_CIM_ARRAY;
    default:
        return TRI_CIM_STRING;
    }
}

/* A class of which no more is known than that this is an instance of it. */
static int make_up_class(const struct mof_maker *maker, struct mof_document *document,
                         const struct mof_declaration *declaration, struct tri_class **ret)
{
    TRI_AUTO_CLASS struct tri_class *cls = tri_class_new();
    struct tri_error refusal = {0};
    if (!cls)
        return tri_error_no_memory(maker->error);
    int r = tri_class_set_name(cls, declaration->name, &refusal);
    for (const struct mof_feature *feature = declaration->features; r == 0 && feature; feature = feature->next)
        r = tri_class_put_property(cls, feature->name, feature->value ? type_of(feature->value) : TRI_CIM_STRING, NULL,
                                   NULL, NULL, &refusal);
    if (r == 0)
        r = tri_class_freeze(cls, &refusal);
    if (r < 0)
        return mof_pass_on(maker, document, declaration->place, r, &refusal);
    *ret = TRI_TAKE(cls);
    return 0;
}

static int assign(const struct mof_maker *maker, struct mof_document *document, const struct mof_feature *assignment,
                  struct tri_cim_object *object)
{
    const struct tri_class *cls = object->cls;
    struct tri_value value = {0};
    struct tri_error refusal = {0};
    int index = tri_class_find(cls, assignment->name);
    if (index < 0)
        return mof_fail(document, assignment->place, TRI_MANAGEMENT_INVALID_PROPERTY, maker->error,
                        "the class %s has no property %s", cls->name, assignment->name);
    if (!assignment->value) /* only its qualifiers are said */
        return 0;
    int r = mof_make_value(maker, document, assignment->value, cls->properties[index].type, &value);
    if (r < 0)
        return r;
    r = tri_cim_object_set(object, index, &value, &refusal);
    tri_value_clear(&value);
    return r < 0 ? mof_pass_on(maker, document, assignment->place, r, &refusal) : 0;
}

static int check_assignments(const struct mof_maker *maker, struct mof_document *document,
                             const struct mof_declaration *declaration, const struct tri_class *cls)
{
    TRI_AUTO_FREE char *seen = calloc(cls->property_count + 1, 1);
    if (!seen)
        return tri_error_no_memory(maker->error);
    for (const struct mof_feature *feature = declaration->features; feature; feature = feature->next) {
        int index = tri_class_find(cls, feature->name);
        if (index >= 0 && seen[index]++)
            return mof_fail(document, feature->place, MOF_CODE(TRI_MOF_DUPLICATE_PROPERTY), maker->error,
                            "the property %s is set twice", feature->name);
    }
    return 0;
}

static int own_qualifiers(const struct mof_maker *maker, struct mof_document *document,
                          const struct mof_declaration *declaration, struct tri_cim_object *object)
{
    if (!declaration->qualifiers)
        return 0;
    object->qualifiers = calloc(1, sizeof(*object->qualifiers));
    if (!object->qualifiers)
        return tri_error_no_memory(maker->error);
    return mof_make_qualifiers(maker, document, declaration->qualifiers, object->qualifiers);
}

int mof_make_instance(const struct mof_maker *maker, struct mof_document *document,
                      const struct mof_declaration *declaration, struct tri_class *cls, struct tri_cim_object **ret)
{
    TRI_AUTO_CLASS struct tri_class *made_up = NULL;
    int r = cls ? 0 : make_up_class(maker, document, declaration, &made_up);
    if (r < 0)
        return r;
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_cim_object_instance(cls ? cls : made_up);
    if (!object)
        return tri_error_no_memory(maker->error);
    r = check_assignments(maker, document, declaration, object->cls);
    if (r == 0)
        r = own_qualifiers(maker, document, declaration, object);
    for (const struct mof_feature *feature = declaration->features; r == 0 && feature; feature = feature->next)
        r = assign(maker, document, feature, object);
    if (r == 0)
        *ret = TRI_TAKE(object);
    return r;
}
