/* What the tests of providers share, beside what tests of calls do: they ask root\\cimv2 with the providers that the
 * library has. */
#ifndef PROVIDER_TEST_H
#define PROVIDER_TEST_H

#include "call-test.h"

#include "base/cleanup.h"

static inline int open_cimv2(void **state)
{
    struct tri_error error = {0};
    open_repository();
    tri_namespace_unref(ns);
    check(tri_namespace_open("root\\cimv2", &ns, &error), &error);
    return 0;
}

static inline int close_cimv2(void **state)
{
    return close_repository();
}

/* The one row of a query; NULL: it has none. */
static inline struct tri_cim_object *row_of(const char *query)
{
    struct tri_call *call = start_query(query, 0, true);
    struct tri_cim_object *object = NULL, *second = NULL;
    uint64_t position = 0;
    int r = tri_call_next(call, &position, patience(), &object);
    assert_true(r == 0 || r == 1);
    if (r == 1)
        assert_int_equal(tri_call_next(call, &position, patience(), &second), 0);
    tri_call_unref(call);
    return r == 1 ? object : NULL;
}

static inline const char *text_of(const struct tri_cim_object *object, const char *property)
{
    const struct tri_value *value = tri_cim_object_find(object, property);
    assert_non_null(value);
    return value->is_set ? value->string : NULL;
}

static inline uint64_t number_of(const struct tri_cim_object *object, const char *property)
{
    const struct tri_value *value = tri_cim_object_find(object, property);
    assert_non_null(value);
    assert_true(value->is_set);
    return value->natural;
}

static inline bool is_null(const struct tri_cim_object *object, const char *property)
{
    const struct tri_value *value = tri_cim_object_find(object, property);
    assert_non_null(value);
    return !value->is_set;
}

static inline uint32_t call_method(const char *path, const char *method, struct tri_cim_object *in,
                                   struct tri_cim_object **ret_out)
{
    struct tri_call *call = start(
        &(struct tri_call_spec){.kind = TRI_CALL_EXEC_METHOD, .text = path, .method = method, .object = in}, true);
    struct tri_call_result result = finished(call);
    if (result.code < 0)
        print_error("%s: %s\n", method, result.error->text);
    assert_int_equal(result.code, 0);
    uint32_t returned = (uint32_t)number_of(result.object, "ReturnValue");
    if (ret_out)
        *ret_out = tri_cim_object_ref(result.object);
    tri_call_unref(call);
    return returned;
}

static inline struct tri_cim_object *parameters_of(const char *class_name, const char *method)
{
    struct tri_class *cls = class_of(class_name);
    int index = tri_class_find_method(cls, method);
    assert_true(index >= 0);
    struct tri_cim_object *in = tri_cim_object_instance(cls->methods[index].in);
    assert_non_null(in);
    tri_class_unref(cls);
    return in;
}

#endif
