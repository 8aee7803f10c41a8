/* Methods: found in the class, their parameters checked against its signature, carried out by the provider's table. */
#include "management/run.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

/* ---- may it be called, and what with ---- */

static int method_check(const struct tri_class *cls, const struct tri_method *method, bool has_instance,
                        struct tri_error *error)
{
    if (tri_qualifiers_true(&method->qualifiers, "disabled"))
        return tri_error_set(error, TRI_MANAGEMENT_METHOD_DISABLED, method->name, "The method %s of %s is disabled.",
                             method->name, cls->name);
    if (!tri_qualifiers_true(&method->qualifiers, "implemented"))
        return tri_error_set(error, TRI_MANAGEMENT_METHOD_NOT_IMPLEMENTED, method->name,
                             "The method %s of %s is declared, but nothing here implements it.", method->name,
                             cls->name);
    if (!has_instance && !tri_qualifiers_true(&method->qualifiers, "static"))
        return tri_error_set(error, TRI_MANAGEMENT_ILLEGAL_OPERATION, method->name,
                             "The method %s needs an instance of %s; the path names the class.", method->name,
                             cls->name);
    return 0;
}

/* What does not come from a signature object is taken over by name, so that a client's own copy of it, or one of an
 * older class, is as good. */
static int copy_parameter(const struct tri_cim_object *from, int index, struct tri_cim_object *to,
                          struct tri_error *error)
{
    const struct tri_property *property = &from->cls->properties[index];
    int other = tri_class_find(to->cls, property->name);
    if (other < 0)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_METHOD_PARAMETERS, property->name,
                             "The method has no parameter %s.", property->name);
    struct tri_error why = {0};
    int r = tri_cim_object_set(to, other, tri_cim_object_value(from, index), &why);
    if (r < 0 && r != -ENOMEM)
        r = tri_error_set(error, TRI_MANAGEMENT_INVALID_METHOD_PARAMETERS, property->name,
                          "The value of the parameter %s does not fit its type: %s", property->name,
                          why.text ? why.text : "out of memory");
    tri_error_clear(&why);
    return r;
}

/* The parameters as an instance of the signature; NULL where the method has none. */
static int parameters_make(const struct tri_method *method, const struct tri_cim_object *in,
                           struct tri_cim_object **ret, struct tri_error *error)
{
    if (!method->in) {
        if (in && in->cls->property_count > 0)
            return tri_error_set(error, TRI_MANAGEMENT_INVALID_METHOD_PARAMETERS, method->name,
                                 "The method %s has no parameters.", method->name);
        return 0;
    }
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *made = tri_cim_object_instance(method->in);
    if (!made)
        return tri_error_no_memory(error);
    for (size_t i = 0; in && i < in->cls->property_count; i++) {
        int r = copy_parameter(in, (int)i, made, error);
        if (r < 0)
            return r;
    }
    *ret = TRI_TAKE(made);
    return 0;
}

static int required_check(const struct tri_method *method, const struct tri_cim_object *in, struct tri_error *error)
{
    for (size_t i = 0; in && i < in->cls->property_count; i++) {
        const struct tri_property *property = &in->cls->properties[i];
        bool is_required = tri_qualifiers_true(&property->qualifiers, "required") ||
                           tri_qualifiers_true(&property->qualifiers, "not_null");
        if (is_required && !tri_cim_object_value(in, (int)i)->is_set)
            return tri_error_set(error, TRI_MANAGEMENT_INVALID_METHOD_PARAMETERS, property->name,
                                 "The method %s needs its parameter %s.", method->name, property->name);
    }
    return 0;
}

/* ---- who carries it out ---- */

/* A method that is inherited is the table's of the class that introduced it, where the class's own has none. */
static const struct tri_provided_method *table_method(const char *name_space, const struct tri_class *cls,
                                                      const char *name)
{
    for (; cls; cls = cls->parent) {
        const struct tri_provided_class *table = tri_provider_find(name_space, cls->name);
        for (size_t i = 0; table && i < table->method_count; i++)
            if (tri_name_equal(table->methods[i].name, name))
                return &table->methods[i];
    }
    return NULL;
}

static int refuse_unprovided(const char *name_space, const struct tri_class *cls, const struct tri_method *method,
                             struct tri_error *error)
{
    if (cls->provider && !tri_provider_find(name_space, cls->name))
        return tri_source_refuse(cls, error);
    return tri_error_set(error, TRI_MANAGEMENT_PROVIDER_NOT_CAPABLE, method->name,
                         "The class %s has nobody here who could run its method %s.", cls->name, method->name);
}

struct method_call {
    const struct tri_place *place;
    const struct tri_method *method;
    const struct tri_provided_method *provided;
    const struct tri_cim_object *target, *in;
};

static int method_invoke(struct tri_run *run, const struct method_call *call, struct tri_cim_object **ret,
                         struct tri_error *error)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *out = NULL;
    if (call->method->out && !(out = tri_cim_object_blank(call->method->out)))
        return tri_error_no_memory(error);
    int r = call->provided->run(&(struct tri_invocation){.name_space = tri_namespace_path(call->place->ns),
                                                         .cls = call->place->cls,
                                                         .target = call->target,
                                                         .in = call->in,
                                                         .out = out,
                                                         .deadline_ns = run->deadline_ns},
                                error);
    if (r == 0)
        *ret = TRI_TAKE(out);
    return r;
}

/* The instance must be there, and is asked for in full only as far as its keys. */
static int target_find(struct tri_run *run, const struct tri_place *place, struct tri_cim_object **ret,
                       struct tri_error *error)
{
    struct tri_run keys = *run;
    keys.keys_only = true;
    return place->is_instance ? tri_place_object(&keys, place, ret, error) : 0;
}

static int place_invoke(struct tri_run *run, const struct tri_place *place, const struct tri_method *method,
                        const struct tri_cim_object *in, struct tri_cim_object **ret, struct tri_error *error)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *made = NULL;
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *target = NULL;
    int r = parameters_make(method, in, &made, error);
    if (r == 0)
        r = required_check(method, made, error);
    if (r == 0)
        r = target_find(run, place, &target, error);
    if (r != 0)
        return r;
    const struct tri_class *cls = target ? target->cls : place->cls;
    const char *name_space = tri_namespace_path(place->ns);
    const struct tri_provided_method *provided = table_method(name_space, cls, method->name);
    if (!provided)
        return refuse_unprovided(name_space, cls, method, error);
    if (!run->may_ask_providers)
        return TRI_RUN_NEEDS_WORKER;
    return method_invoke(run, &(struct method_call){place, method, provided, target, made}, ret, error);
}

int tri_run_method(struct tri_run *run, const struct tri_path *path, const char *name, const struct tri_cim_object *in,
                   struct tri_cim_object **ret, struct tri_error *error)
{
    TRI_CLEANUP(tri_place_clear) struct tri_place place = {0};
    int r = tri_place_find(run->ns, path, &place, error);
    if (r < 0)
        return r;
    int index = tri_class_find_method(place.cls, name);
    if (index < 0)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_METHOD, name, "The class %s has no method %s.",
                             place.cls->name, name);
    const struct tri_method *method = &place.cls->methods[index];
    r = method_check(place.cls, method, place.is_instance, error);
    return r < 0 ? r : place_invoke(run, &place, method, in, ret, error);
}
