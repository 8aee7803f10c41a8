/* Classes and instances as MOF. What is written here, mof.y reads. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/mof-make.h"
#include "management/value-private.h"

/* ---- values ---- */

static void put_value(const struct tri_value *value, struct tri_text *text)
{
    TRI_AUTO_FREE char *mof = tri_value_mof(value);
    if (mof)
        tri_text_puts(text, mof);
    else
        text->has_failed = true;
}

/* ---- qualifiers ---- */

/* A real64 that is whole has to be told from a sint32. */
static void put_real(const struct tri_value *value, struct tri_text *text)
{
    size_t start = text->length;
    put_value(value, text);
    if (!text->has_failed && !memchr(text->data + start, '.', text->length - start) &&
        !memchr(text->data + start, 'e', text->length - start))
        tri_text_puts(text, ".0");
}

static void put_qualifier_item(const struct tri_value *value, struct tri_text *text)
{
    if (value->type == TRI_CIM_REAL64)
        put_real(value, text);
    else
        put_value(value, text);
}

static void put_qualifier_value(const struct tri_value *value, struct tri_text *text)
{
    if (value->type == TRI_CIM_BOOLEAN && value->boolean)
        return;
    bool is_array = value->type & TRI_CIM_ARRAY;
    tri_text_puts(text, is_array ? "{" : "(");
    for (size_t i = 0; is_array && i < value->array->count; i++) {
        tri_text_puts(text, i > 0 ? ", " : "");
        put_qualifier_item(&value->array->items[i], text);
    }
    if (!is_array)
        put_qualifier_item(value, text);
    tri_text_puts(text, is_array ? "}" : ")");
}

static void put_qualifier(const struct tri_qualifier *qualifier, unsigned flags, struct tri_text *text)
{
    tri_text_puts(text, qualifier->name);
    put_qualifier_value(&qualifier->value, text);
    if (!(flags & TRI_MOF_NO_FLAVORS))
        mof_flavor_print(qualifier->name, qualifier->flavor & ~(TRI_FLAVOR_PROPAGATED | TRI_FLAVOR_SYSTEM),
                         flags & TRI_MOF_EXACT, text);
}

/* A list that is open as long as something is in it. */
struct list {
    unsigned flags;
    bool is_open;
    struct tri_text *text;
};

static void list_add(struct list *list, const struct tri_qualifier *qualifier)
{
    tri_text_puts(list->text, list->is_open ? ", " : "[");
    list->is_open = true;
    put_qualifier(qualifier, list->flags, list->text);
}

static void list_end(const struct list *list, const char *behind)
{
    if (!list->is_open)
        return;
    tri_text_puts(list->text, "]");
    tri_text_puts(list->text, behind);
}

/* Those of the owner itself. */
static void put_qualifiers(const struct tri_qualifiers *set, unsigned flags, const char *behind, struct tri_text *text)
{
    struct list list = {.flags = flags, .text = text};
    for (size_t i = 0; i < set->count; i++)
        if (!(set->items[i].flavor & TRI_FLAVOR_PROPAGATED))
            list_add(&list, &set->items[i]);
    list_end(&list, behind);
}

/* ---- properties ---- */

/* "uint32 Name[]", "Win32_Service ref Name" */
static void put_declared(const struct tri_property *property, struct tri_text *text)
{
    uint16_t type = property->type & ~TRI_CIM_ARRAY;
    bool is_reference = type == TRI_CIM_REFERENCE;
    const char *name = is_reference || (type == TRI_CIM_OBJECT && property->class_name) ? property->class_name
                                                                                        : tri_cim_type_name(type);
    tri_text_puts(text, name ? name : "object");
    tri_text_puts(text, is_reference ? " ref " : " ");
    tri_text_puts(text, property->name);
    tri_text_puts(text, property->type & TRI_CIM_ARRAY ? "[]" : "");
}

/* A default that differs from what the superclass says is written, also where it is none. */
static bool needs_value(const struct tri_class *cls, size_t index)
{
    const struct tri_value *value = &cls->properties[index].value;
    bool is_inherited = cls->parent && index < cls->parent->property_count;
    return is_inherited ? !tri_value_equal(value, &cls->parent->properties[index].value, false) : value->is_set;
}

static void put_assigned(const struct tri_value *value, struct tri_text *text)
{
    tri_text_puts(text, value->is_set && value->type == TRI_CIM_OBJECT ? " = \n" : " = ");
    put_value(value, text);
}

static void put_property(const struct tri_class *cls, size_t index, unsigned flags, struct tri_text *text)
{
    const struct tri_property *property = &cls->properties[index];
    tri_text_puts(text, "\t");
    put_qualifiers(&property->qualifiers, flags, " ", text);
    put_declared(property, text);
    if (needs_value(cls, index))
        put_assigned(&property->value, text);
    tri_text_puts(text, ";\n");
}

/* ---- methods ---- */

static bool is_written(const struct tri_qualifier *qualifier)
{
    return !tri_name_equal(qualifier->name, "in") && !tri_name_equal(qualifier->name, "out") &&
           !tri_name_equal(qualifier->name, "ID");
}

/* A parameter's two halves, either of which may be missing. */
struct parameter {
    const struct tri_property *in, *out;
    int64_t id;
};

static void put_direction(struct list *list, const struct tri_property *half, const char *name)
{
    const struct tri_qualifier *direction = half ? tri_qualifiers_find(&half->qualifiers, name) : NULL;
    struct tri_qualifier plain = {.name = (char *)name,
                                  .value = {.type = TRI_CIM_BOOLEAN, .is_set = true, .boolean = true}};
    mof_flavor_implied(name, &plain.flavor);
    if (half)
        list_add(list, direction ? direction : &plain);
}

static void put_parameter(const struct parameter *parameter, unsigned flags, struct tri_text *text)
{
    struct list list = {.flags = flags, .text = text};
    const struct tri_property *first = parameter->in ? parameter->in : parameter->out;
    put_direction(&list, parameter->in, "in");
    put_direction(&list, parameter->out, "out");
    for (size_t i = 0; i < first->qualifiers.count; i++)
        if (is_written(&first->qualifiers.items[i]))
            list_add(&list, &first->qualifiers.items[i]);
    for (size_t i = 0; parameter->in && parameter->out && i < parameter->out->qualifiers.count; i++) {
        const struct tri_qualifier *qualifier = &parameter->out->qualifiers.items[i];
        if (is_written(qualifier) && !tri_qualifiers_find(&parameter->in->qualifiers, qualifier->name))
            list_add(&list, qualifier);
    }
    list_end(&list, " ");
    put_declared(first, text);
    if (first->value.is_set)
        put_assigned(&first->value, text);
}

static int64_t id_of(const struct tri_property *parameter)
{
    const struct tri_qualifier *id = tri_qualifiers_find(&parameter->qualifiers, "ID");
    return id && id->value.is_set && id->value.type == TRI_CIM_SINT32 ? id->value.integer : INT32_MAX;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = ((const struct parameter *)a)->id, y = ((const struct parameter *)b)->id;
    return (x > y) - (x < y);
}

static bool is_return_value(const struct tri_property *property)
{
    return tri_name_equal(property->name, "ReturnValue");
}

/* Sorted by their ids; NULL: no memory. */
static struct parameter *parameters_of(const struct tri_method *method, size_t *ret_count)
{
    const struct tri_class *in = method->in, *out = method->out;
    struct parameter *parameters =
        calloc((in ? in->property_count : 0) + (out ? out->property_count : 0) + 1, sizeof(*parameters));
    size_t count = 0;
    for (size_t i = 0; parameters && in && i < in->property_count; i++, count++) {
        int other = out ? tri_class_find(out, in->properties[i].name) : -1;
        parameters[count] = (struct parameter){&in->properties[i], other < 0 ? NULL : &out->properties[other],
                                               id_of(&in->properties[i])};
    }
    for (size_t i = 0; parameters && out && i < out->property_count; i++)
        if (!is_return_value(&out->properties[i]) && !(in && tri_class_find(in, out->properties[i].name) >= 0))
            parameters[count++] = (struct parameter){NULL, &out->properties[i], id_of(&out->properties[i])};
    if (parameters)
        qsort(parameters, count, sizeof(*parameters), compare_ids);
    *ret_count = count;
    return parameters;
}

static const char *return_type(const struct tri_method *method)
{
    int index = method->out ? tri_class_find(method->out, "ReturnValue") : -1;
    if (index < 0)
        return "void";
    const struct tri_property *property = &method->out->properties[index];
    return property->type == TRI_CIM_OBJECT && property->class_name ? property->class_name
                                                                    : tri_cim_type_name(property->type);
}

static void put_method(const struct tri_method *method, unsigned flags, struct tri_text *text)
{
    size_t count;
    TRI_AUTO_FREE struct parameter *parameters = parameters_of(method, &count);
    if (!parameters) {
        text->has_failed = true;
        return;
    }
    tri_text_puts(text, "\t");
    put_qualifiers(&method->qualifiers, flags, " ", text);
    tri_text_puts(text, return_type(method));
    tri_text_puts(text, " ");
    tri_text_puts(text, method->name);
    tri_text_puts(text, "(");
    for (size_t i = 0; i < count; i++) {
        tri_text_puts(text, i > 0 ? ", " : "");
        put_parameter(&parameters[i], flags, text);
    }
    tri_text_puts(text, ");\n");
}

/* ---- wholes ---- */

static void put_class(const struct tri_class *cls, unsigned flags, struct tri_text *text)
{
    tri_text_puts(text, "\n");
    put_qualifiers(&cls->qualifiers, flags, "\n", text);
    tri_text_puts(text, "class ");
    tri_text_puts(text, cls->name ? cls->name : "");
    if (cls->parent) {
        tri_text_puts(text, " : ");
        tri_text_puts(text, cls->parent->name);
    }
    tri_text_puts(text, "\n{\n");
    for (size_t i = 0; i < cls->property_count; i++)
        if (cls->properties[i].is_local)
            put_property(cls, i, flags, text);
    for (size_t i = 0; i < cls->method_count; i++)
        if (cls->methods[i].is_local)
            put_method(&cls->methods[i], flags, text);
    tri_text_puts(text, "};\n");
}

int tri_mof_print_class(const struct tri_class *cls, unsigned flags, char **ret)
{
    struct tri_text text = {0};
    put_class(cls, flags, &text);
    return tri_text_take(&text, ret);
}

static void put_instance(const struct tri_cim_object *object, unsigned flags, struct tri_text *text)
{
    const struct tri_class *cls = object->cls;
    tri_text_puts(text, "\n");
    if (object->qualifiers)
        put_qualifiers(object->qualifiers, flags, "\n", text);
    tri_text_printf(text, "instance of %s\n{\n", cls->name ? cls->name : "");
    for (size_t i = 0; i < cls->property_count; i++) {
        const struct tri_value *value = tri_cim_object_value(object, (int)i);
        /* NULL is not written, but where the class has another default. */
        if (!tri_cim_object_selects(object, (int)i) || (!value->is_set && !cls->properties[i].value.is_set))
            continue;
        tri_text_printf(text, "\t%s", cls->properties[i].name);
        put_assigned(value, text);
        tri_text_puts(text, ";\n");
    }
    tri_text_puts(text, "};\n");
}

int tri_mof_print(const struct tri_cim_object *object, unsigned flags, char **ret)
{
    struct tri_text text = {0};
    if (object->is_class)
        put_class(object->cls, flags, &text);
    else
        put_instance(object, flags, &text);
    return tri_text_take(&text, ret);
}
