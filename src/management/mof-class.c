/* Classes out of their declarations. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/mof-make.h"

/* ---- properties ---- */

/* The type of a property, parameter or reference, and the class that it names, if any. */
static int read_type(const struct mof_maker *maker, struct mof_document *document, const struct mof_feature *feature,
                     uint16_t *ret_type, const char **ret_class)
{
    uint16_t type = tri_cim_type_parse(feature->type);
    bool is_class = type == TRI_CIM_EMPTY, is_object = type == TRI_CIM_OBJECT;
    if ((feature->is_reference && !is_class && !is_object) || tri_name_equal(feature->type, "void"))
        return mof_fail(document, feature->place, MOF_CODE(TRI_MOF_UNRECOGNIZED_TYPE), maker->error,
                        "%s cannot be of type %s%s", feature->name, feature->type, feature->is_reference ? " ref" : "");
    *ret_class = is_class ? feature->type : NULL;
    *ret_type = feature->is_reference ? TRI_CIM_REFERENCE : is_class ? TRI_CIM_OBJECT : type;
    *ret_type |= feature->is_array ? TRI_CIM_ARRAY : 0;
    return 0;
}

static int refuse_twice(const struct mof_maker *maker, struct mof_document *document, const struct mof_feature *feature)
{
    return mof_fail(document, feature->place, MOF_CODE(TRI_MOF_DUPLICATE_PROPERTY), maker->error,
                    "%s is declared twice", feature->name);
}

/* Puts it into cls, which may have it from above (at the same index as there, which is quick to find): then what is not
 * said again stays as it is. */
static int put_property(const struct mof_maker *maker, struct mof_document *document, const struct mof_feature *feature,
                        struct tri_class *cls, int *ret_index)
{
    uint16_t type = TRI_CIM_EMPTY;
    const char *class_name = NULL;
    struct tri_value value = {0};
    struct tri_error refusal = {0};
    int r = read_type(maker, document, feature, &type, &class_name), index;
    int above = cls->parent ? tri_class_find(cls->parent, feature->name) : -1;
    size_t count = cls->property_count;
    if (r < 0)
        return r;
    if (above >= 0 && cls->properties[above].is_local)
        return refuse_twice(maker, document, feature);
    if (feature->value && (r = mof_make_value(maker, document, feature->value, type, &value)) < 0)
        return r;
    const struct tri_value *initial = feature->value ? &value : above >= 0 ? &cls->properties[above].value : NULL;
    r = tri_class_put_property(cls, feature->name, type, class_name, initial, &index, &refusal);
    tri_value_clear(&value);
    if (r < 0)
        return mof_pass_on(maker, document, feature->place, r, &refusal);
    if (above < 0 && (size_t)index < count)
        return refuse_twice(maker, document, feature);
    *ret_index = index;
    return 0;
}

static int make_property(const struct mof_maker *maker, struct mof_document *document,
                         const struct mof_feature *feature, struct tri_class *cls)
{
    int index = 0, r = put_property(maker, document, feature, cls, &index);
    return r < 0 ? r : mof_make_qualifiers(maker, document, feature->qualifiers, &cls->properties[index].qualifiers);
}

/* ---- methods ---- */

/* The two halves of a signature; each NULL as long as nothing is in it. */
struct signature {
    struct tri_class *in, *out;
};

static void signature_clear(struct signature *signature)
{
    tri_class_unref(signature->in);
    tri_class_unref(signature->out);
}

static int half_of(const struct mof_maker *maker, struct tri_class **half)
{
    if (*half)
        return 0;
    *half = tri_class_new();
    return *half ? tri_class_set_name(*half, "__PARAMETERS", maker->error) : tri_error_no_memory(maker->error);
}

static const struct mof_qualifier *find_qualifier(const struct mof_feature *feature, const char *name)
{
    const struct mof_qualifier *qualifier = feature->qualifiers;
    while (qualifier && !tri_name_equal(qualifier->name, name))
        qualifier = qualifier->next;
    return qualifier;
}

/* [in], [in(true)]; and where nothing is said, what a declaration of the qualifier says. */
static bool says(const struct mof_maker *maker, const struct mof_feature *parameter, const char *name)
{
    const struct mof_qualifier *qualifier = find_qualifier(parameter, name);
    const struct mof_value *value = NULL;
    if (qualifier && !qualifier->value)
        return true;
    if (qualifier)
        value = qualifier->value;
    else if (maker->find_qualifier) {
        const struct mof_declaration *declared = maker->find_qualifier(maker->context, name);
        value = declared ? declared->value : NULL;
    }
    return value && value->kind == MOF_BOOLEAN && value->boolean;
}

static int put_flag(const struct mof_maker *maker, struct tri_qualifiers *set, const char *name, struct tri_value value)
{
    uint8_t flavor;
    mof_flavor_implied(name, &flavor);
    value.is_set = true;
    return tri_qualifiers_put(set, name, &value, flavor, maker->error);
}

/* The qualifiers but for `in` and `out`, of which each half has its own. */
static int parameter_qualifiers(const struct mof_maker *maker, struct mof_document *document,
                                const struct mof_feature *parameter, const char *direction, int id,
                                struct tri_qualifiers *set)
{
    int r = put_flag(maker, set, direction, (struct tri_value){.type = TRI_CIM_BOOLEAN, .boolean = true});
    for (const struct mof_qualifier *qualifier = parameter->qualifiers; r == 0 && qualifier;
         qualifier = qualifier->next) {
        if (tri_name_equal(qualifier->name, "in") || tri_name_equal(qualifier->name, "out"))
            continue;
        struct mof_qualifier alone = *qualifier;
        alone.next = NULL;
        r = mof_make_qualifiers(maker, document, &alone, set);
    }
    if (r == 0 && !tri_qualifiers_find(set, "ID"))
        r = put_flag(maker, set, "ID", (struct tri_value){.type = TRI_CIM_SINT32, .integer = id});
    return r;
}

static int put_parameter(const struct mof_maker *maker, struct mof_document *document,
                         const struct mof_feature *parameter, const char *direction, int id, struct tri_class **half)
{
    int index, r = half_of(maker, half);
    if (r == 0)
        r = put_property(maker, document, parameter, *half, &index);
    return r < 0 ? r
                 : parameter_qualifiers(maker, document, parameter, direction, id,
                                        &(*half)->properties[index].qualifiers);
}

static int make_parameter(const struct mof_maker *maker, struct mof_document *document,
                          const struct mof_feature *parameter, int id, struct signature *signature)
{
    bool is_in = says(maker, parameter, "in"), is_out = says(maker, parameter, "out");
    if (!is_in && !is_out)
        return mof_fail(document, parameter->place, MOF_CODE(TRI_MOF_MUST_BE_IN_OR_OUT), maker->error,
                        "the parameter %s needs the qualifier in, or out, or both", parameter->name);
    int r = is_in ? put_parameter(maker, document, parameter, "in", id, &signature->in) : 0;
    if (r == 0 && is_out)
        r = put_parameter(maker, document, parameter, "out", id, &signature->out);
    return r;
}

static int make_return_value(const struct mof_maker *maker, struct mof_document *document,
                             const struct mof_feature *method, struct signature *signature)
{
    struct mof_feature result = {.name = "ReturnValue", .place = method->place, .type = method->type};
    int index, r = half_of(maker, &signature->out);
    if (r == 0)
        r = put_property(maker, document, &result, signature->out, &index);
    if (r == 0)
        r = put_flag(maker, &signature->out->properties[index].qualifiers, "out",
                     (struct tri_value){.type = TRI_CIM_BOOLEAN, .boolean = true});
    return r;
}

static int make_signature(const struct mof_maker *maker, struct mof_document *document,
                          const struct mof_feature *method, struct signature *signature)
{
    int id = 0, r = 0;
    for (const struct mof_feature *parameter = method->parameters; r == 0 && parameter; parameter = parameter->next)
        r = make_parameter(maker, document, parameter, id++, signature);
    if (r == 0 && !tri_name_equal(method->type, "void"))
        r = make_return_value(maker, document, method, signature);
    return r;
}

static int make_method(const struct mof_maker *maker, struct mof_document *document, const struct mof_feature *method,
                       struct tri_class *cls)
{
    TRI_CLEANUP(signature_clear) struct signature signature = {0};
    struct tri_error refusal = {0};
    int index = tri_class_find_method(cls, method->name);
    if (index >= 0 && cls->methods[index].is_local)
        return refuse_twice(maker, document, method);
    int r = make_signature(maker, document, method, &signature);
    if (r < 0)
        return r;
    r = tri_class_put_method(cls, method->name, signature.in, signature.out, &index, &refusal);
    if (r < 0)
        return mof_pass_on(maker, document, method->place, r, &refusal);
    return mof_make_qualifiers(maker, document, method->qualifiers, &cls->methods[index].qualifiers);
}

/* ---- the class ---- */

int mof_make_class(const struct mof_maker *maker, struct mof_document *document,
                   const struct mof_declaration *declaration, struct tri_class *parent, struct tri_class **ret)
{
    TRI_AUTO_CLASS struct tri_class *cls = parent ? tri_class_derive(parent) : tri_class_new();
    struct tri_error refusal = {0};
    if (!cls)
        return tri_error_no_memory(maker->error);
    int r = tri_class_set_name(cls, declaration->name, &refusal);
    if (r < 0)
        return mof_pass_on(maker, document, declaration->place, r, &refusal);
    r = mof_make_qualifiers(maker, document, declaration->qualifiers, &cls->qualifiers);
    for (const struct mof_feature *feature = declaration->features; r == 0 && feature; feature = feature->next)
        r = (feature->is_method ? make_method : make_property)(maker, document, feature, cls);
    if (r == 0)
        *ret = TRI_TAKE(cls);
    return r;
}

static int check_parent(struct mof_document *document, const struct mof_declaration *declaration,
                        const struct tri_class *parent, struct tri_error *error)
{
    if (!declaration || declaration->next || declaration->kind != MOF_DECLARES_CLASS)
        return mof_fail(document, declaration ? declaration->place : 0, MOF_CODE(TRI_MOF_INVALID_CLASS_DECLARATION),
                        error, "one class, and nothing else, was expected");
    if (tri_name_equal(declaration->superclass, parent ? parent->name : NULL))
        return 0;
    return mof_fail(document, declaration->place, TRI_MANAGEMENT_INVALID_SUPERCLASS, error,
                    "the class %s has the superclass %s, not %s", declaration->name,
                    declaration->superclass ? declaration->superclass : "none", parent ? parent->name : "none");
}

int tri_mof_read_class(const char *text, struct tri_class *parent, struct tri_class **ret, struct tri_error *error)
{
    TRI_CLEANUP(mof_document_finish) struct mof_document document = {0};
    struct mof_maker maker = {.error = error};
    int r = mof_document_init(&document, text, strlen(text), error);
    if (r == 0)
        r = mof_document_read(&document, error);
    if (r == 0)
        r = check_parent(&document, document.declarations, parent, error);
    return r < 0 ? r : mof_make_class(&maker, &document, document.declarations, parent, ret);
}
