/* How an instance is kept: a version, the number of the class's properties, then each property that is not the class's
 * default as {place, type, value}, a zero, and the instance's own qualifiers. Numbers are seven bits a byte, the low ones
 * first. An embedded object has no class to be read with, so it carries its class's name and its properties' names.
 *
 * The file may be damaged, or made by somebody else: whoever reads believes no length, place, type or number. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/object-private.h"
#include "management/value-private.h"

enum { BLOB_VERSION = 1, ARRAY_BIT = 0x80 };

/* ---- writing ---- */

static void put_byte(struct tri_text *out, unsigned byte)
{
    char c = (char)byte;
    tri_text_add(out, &c, 1);
}

static void put_number(struct tri_text *out, uint64_t number)
{
    char bytes[10];
    size_t count = 0;
    do
        bytes[count++] = (char)((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
    while (number >>= 7);
    tri_text_add(out, bytes, count);
}

static void put_string(struct tri_text *out, const char *string)
{
    size_t length = string ? strlen(string) : 0;
    put_number(out, length);
    tri_text_add(out, string ? string : "", length);
}

static void put_type(struct tri_text *out, uint16_t type)
{
    put_byte(out, (type & ~TRI_CIM_ARRAY) | (type & TRI_CIM_ARRAY ? ARRAY_BIT : 0));
}

static int put_object(struct tri_text *out, const struct tri_cim_object *object, int depth);

static int put_scalar(struct tri_text *out, const struct tri_value *value, int depth)
{
    switch (tri_cim_kind(value->type)) {
    case TRI_KIND_SIGNED: /* the sign goes to the low end, so that small numbers are short */
        put_number(out, (uint64_t)value->integer << 1 ^ (uint64_t)(value->integer >> 63));
        return 0;
    case TRI_KIND_UNSIGNED:
        put_number(out, value->natural);
        return 0;
    case TRI_KIND_REAL: {
        uint64_t bits;
        memcpy(&bits, &value->real, sizeof bits);
        put_number(out, bits);
        return 0;
    }
    case TRI_KIND_BOOLEAN:
        put_byte(out, value->boolean);
        return 0;
    case TRI_KIND_TEXT:
        put_string(out, value->string);
        return 0;
    default:
        return put_object(out, value->object, depth - 1);
    }
}

static int put_value(struct tri_text *out, const struct tri_value *value, int depth)
{
    if (!(value->type & TRI_CIM_ARRAY))
        return put_scalar(out, value, depth);
    int r = 0;
    put_number(out, value->array->count);
    for (size_t i = 0; r == 0 && i < value->array->count; i++)
        r = put_scalar(out, &value->array->items[i], depth);
    return r;
}

static int put_object(struct tri_text *out, const struct tri_cim_object *object, int depth)
{
    const struct tri_class *cls = object->cls;
    int r = depth < 0 ? TRI_MANAGEMENT_VALUE_OUT_OF_RANGE : 0;
    put_string(out, cls->name);
    put_string(out, cls->name_space);
    put_byte(out, object->is_class);
    put_number(out, cls->property_count);
    for (size_t i = 0; r == 0 && i < cls->property_count; i++) {
        const struct tri_value *value = tri_cim_object_value(object, (int)i);
        put_string(out, cls->properties[i].name);
        put_string(out, cls->properties[i].class_name);
        put_type(out, cls->properties[i].type);
        put_byte(out, value->is_set);
        if (value->is_set)
            r = put_value(out, value, depth);
    }
    return r;
}

static int put_qualifiers(struct tri_text *out, const struct tri_qualifiers *set)
{
    int r = 0;
    put_number(out, set ? set->count : 0);
    for (size_t i = 0; r == 0 && set && i < set->count; i++) {
        put_string(out, set->items[i].name);
        put_byte(out, set->items[i].flavor);
        put_type(out, set->items[i].value.type);
        r = put_value(out, &set->items[i].value, 0);
    }
    return r;
}

static int put_properties(struct tri_text *out, const struct tri_cim_object *object)
{
    const struct tri_class *cls = object->cls;
    int r = 0;
    for (size_t i = 0; r == 0 && i < cls->property_count; i++) {
        const struct tri_value *value = &object->values[i];
        if (tri_value_equal(value, &cls->properties[i].value, false))
            continue;
        put_number(out, (i + 1) << 1 | !value->is_set);
        if (value->is_set) {
            put_type(out, value->type);
            r = put_value(out, value, TRI_NESTING_MAX);
        }
    }
    put_number(out, 0);
    return r;
}

int tri_cim_object_encode(const struct tri_cim_object *object, uint8_t **ret, size_t *ret_size)
{
    struct tri_text out = {0};
    int r = tri_cim_object_decode((struct tri_cim_object *)object);
    if (r < 0)
        return r;
    put_byte(&out, BLOB_VERSION);
    put_number(&out, object->cls->property_count);
    if ((r = put_properties(&out, object)) == 0)
        r = put_qualifiers(&out, object->qualifiers);
    size_t size = out.length;
    char *bytes;
    if (r < 0)
        tri_text_clear(&out);
    else if ((r = tri_text_take(&out, &bytes)) == 0) {
        *ret = (uint8_t *)bytes;
        *ret_size = size;
    }
    return r;
}

/* ---- reading ---- */

enum { DAMAGED = TRI_MANAGEMENT_CRITICAL_ERROR };

struct reader {
    const uint8_t *at, *end;
    int depth; /* how many objects may still be inside each other */
};

static int get_byte(struct reader *in, unsigned *ret)
{
    if (in->at == in->end)
        return DAMAGED;
    *ret = *in->at++;
    return 0;
}

static int get_number(struct reader *in, uint64_t *ret)
{
    uint64_t number = 0;
    if (in->at < in->end && *in->at <= 0x7f) { /* most are short */
        *ret = *in->at++;
        return 0;
    }
    for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
        uint64_t byte = *in->at++;
        if (shift == 63 && byte > 1)
            return DAMAGED;
        number |= (byte & 0x7f) << shift;
        if (byte <= 0x7f) {
            *ret = number;
            return 0;
        }
    }
    return DAMAGED;
}

/* How many things follow, each of which takes one byte at least. */
static int get_count(struct reader *in, size_t *ret)
{
    uint64_t count;
    int r = get_number(in, &count);
    if (r < 0 || count > (uint64_t)(in->end - in->at))
        return DAMAGED;
    *ret = (size_t)count;
    return 0;
}

static int get_string(struct reader *in, char **ret)
{
    size_t length;
    if (get_count(in, &length) < 0 || memchr(in->at, 0, length))
        return DAMAGED;
    char *copy = malloc(length + 1);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, in->at, length);
    copy[length] = 0;
    in->at += length;
    *ret = copy;
    return 0;
}

static int get_type(struct reader *in, uint16_t *ret)
{
    unsigned byte;
    if (get_byte(in, &byte) < 0)
        return DAMAGED;
    uint16_t type = (uint16_t)((byte & ~(unsigned)ARRAY_BIT) | (byte & ARRAY_BIT ? TRI_CIM_ARRAY : 0));
    if (tri_cim_kind(type) == TRI_KIND_NONE)
        return DAMAGED;
    *ret = type;
    return 0;
}

static int get_object(struct reader *in, struct tri_cim_object **ret);

static int get_scalar_number(struct reader *in, struct tri_value *ret)
{
    uint64_t number;
    double real;
    int r = get_number(in, &number);
    if (r < 0)
        return r;
    switch (tri_cim_kind(ret->type)) {
    case TRI_KIND_SIGNED:
        tri_value_set_signed(ret, (int64_t)(number >> 1 ^ -(number & 1)));
        break;
    case TRI_KIND_UNSIGNED:
        tri_value_set_unsigned(ret, number);
        break;
    case TRI_KIND_REAL:
        memcpy(&real, &number, sizeof real);
        tri_value_set_real(ret, real);
        break;
    default:
        tri_value_set_boolean(ret, number != 0);
        break;
    }
    return ret->is_set ? 0 : DAMAGED;
}

static int get_scalar(struct reader *in, struct tri_value *ret)
{
    int r;
    switch (tri_cim_kind(ret->type)) {
    case TRI_KIND_TEXT:
        r = get_string(in, &ret->string);
        break;
    case TRI_KIND_OBJECT:
        r = get_object(in, &ret->object);
        break;
    default:
        return get_scalar_number(in, ret);
    }
    ret->is_set = r == 0;
    return r;
}

/* ret: NULL of the value's type, and still so on failure. */
static int get_value(struct reader *in, struct tri_value *ret)
{
    size_t count;
    if (!(ret->type & TRI_CIM_ARRAY))
        return get_scalar(in, ret);
    if (get_count(in, &count) < 0)
        return DAMAGED;
    int r = tri_value_make_array(ret, count);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = get_scalar(in, &ret->array->items[i]);
    if (r < 0)
        tri_value_clear(ret);
    return r;
}

/* A property of an embedded object: declared in cls, its value in *ret. */
static int get_embedded(struct reader *in, struct tri_class *cls, size_t place, struct tri_value *ret)
{
    TRI_AUTO_FREE char *name = NULL;
    TRI_AUTO_FREE char *class_name = NULL;
    unsigned is_set;
    int r, index;
    *ret = (struct tri_value){0};
    if ((r = get_string(in, &name)) < 0 || (r = get_string(in, &class_name)) < 0 ||
        (r = get_type(in, &ret->type)) < 0 || (r = get_byte(in, &is_set)) < 0)
        return r;
    r = tri_class_put_property(cls, name, ret->type, *class_name ? class_name : NULL, NULL, &index, NULL);
    if (r < 0)
        return r == -ENOMEM ? r : DAMAGED;
    if ((size_t)index != place) /* the same name twice */
        return DAMAGED;
    return is_set ? get_value(in, ret) : 0;
}

static int name_class(struct tri_class *cls, char *name, char **name_space)
{
    int r = *name ? tri_class_set_name(cls, name, NULL) : 0;
    if (r < 0)
        return r == -ENOMEM ? r : DAMAGED;
    if (**name_space)
        cls->name_space = TRI_TAKE(*name_space);
    return 0;
}

/* The values go to the object, or become the defaults of the class that it is. They are empty afterwards. */
static int make_embedded(struct tri_class *cls, bool is_class, struct tri_value *values, struct tri_cim_object **ret)
{
    for (size_t i = 0; is_class && i < cls->property_count; i++) {
        cls->properties[i].value = values[i];
        values[i] = (struct tri_value){0};
    }
    int r = tri_class_freeze(cls, NULL);
    if (r < 0)
        return r == -ENOMEM ? r : DAMAGED;
    struct tri_cim_object *object = is_class ? tri_cim_object_of_class(tri_class_ref(cls)) : tri_cim_object_blank(cls);
    if (!object)
        return -ENOMEM;
    object->is_unlocated = true;
    if (!is_class) {
        memcpy(object->values, values, cls->property_count * sizeof *values);
        memset(values, 0, cls->property_count * sizeof *values);
    }
    *ret = object;
    return 0;
}

static int get_object_parts(struct reader *in, struct tri_class *cls, struct tri_cim_object **ret)
{
    TRI_AUTO_FREE char *name = NULL;
    TRI_AUTO_FREE char *name_space = NULL;
    TRI_AUTO_FREE struct tri_value *values = NULL;
    unsigned is_class;
    size_t count;
    int r;
    if ((r = get_string(in, &name)) < 0 || (r = get_string(in, &name_space)) < 0 || (r = get_byte(in, &is_class)) < 0 ||
        (r = get_count(in, &count)) < 0 || (r = name_class(cls, name, &name_space)) < 0)
        return r;
    if (!(values = calloc(count + 1, sizeof *values)))
        return -ENOMEM;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = get_embedded(in, cls, i, &values[i]);
    if (r == 0)
        r = make_embedded(cls, is_class != 0, values, ret);
    tri_values_clear(values, count);
    return r;
}

static int get_object(struct reader *in, struct tri_cim_object **ret)
{
    if (in->depth == 0)
        return DAMAGED;
    TRI_AUTO_CLASS struct tri_class *cls = tri_class_new();
    if (!cls)
        return -ENOMEM;
    in->depth--;
    int r = get_object_parts(in, cls, ret);
    in->depth++;
    return r;
}

static int get_property(struct reader *in, const struct tri_class *cls, uint64_t tag, struct tri_value *values)
{
    uint64_t place = (tag >> 1) - 1;
    uint16_t type;
    if (tag < 2 || place >= cls->property_count)
        return DAMAGED;
    tri_value_clear(&values[place]);
    if (tag & 1)
        return 0;
    if (get_type(in, &type) < 0 || type != values[place].type)
        return DAMAGED;
    return get_value(in, &values[place]);
}

static int get_qualifier(struct reader *in, struct tri_qualifiers *set)
{
    TRI_AUTO_FREE char *name = NULL;
    struct tri_value value = {0};
    unsigned flavor;
    int r;
    if ((r = get_string(in, &name)) < 0 || (r = get_byte(in, &flavor)) < 0 || (r = get_type(in, &value.type)) < 0 ||
        (value.type & ~TRI_CIM_ARRAY) == TRI_CIM_OBJECT || (r = get_value(in, &value)) < 0)
        return r < 0 ? r : DAMAGED;
    r = tri_qualifiers_put(set, name, &value, (uint8_t)flavor, NULL);
    tri_value_clear(&value);
    return r < 0 && r != -ENOMEM ? DAMAGED : r;
}

static int get_qualifiers(struct reader *in, struct tri_qualifiers **ret)
{
    size_t count;
    if (get_count(in, &count) < 0)
        return DAMAGED;
    if (count == 0)
        return 0;
    struct tri_qualifiers *set = calloc(1, sizeof *set);
    int r = set ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = get_qualifier(in, set);
    if (r == 0 && in->at != in->end)
        r = DAMAGED;
    if (r < 0) {
        if (set)
            tri_qualifiers_clear(set);
        free(set);
        return r;
    }
    *ret = set;
    return 0;
}

int tri_blob_read(const struct tri_class *cls, const uint8_t *blob, size_t size, struct tri_value *values,
                  struct tri_qualifiers **ret_qualifiers)
{
    struct reader in = {.at = blob, .end = blob + size, .depth = TRI_NESTING_MAX};
    uint64_t version, count, tag = 0;
    if (get_number(&in, &version) < 0 || version != BLOB_VERSION || get_number(&in, &count) < 0 ||
        count != cls->property_count)
        return DAMAGED;
    int r;
    while ((r = get_number(&in, &tag)) == 0 && tag != 0)
        if ((r = get_property(&in, cls, tag, values)) < 0)
            break;
    return r < 0 ? r : get_qualifiers(&in, ret_qualifiers);
}
