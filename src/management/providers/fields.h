/* What all providers share: fields that need no more than a line, and references. */
#ifndef TRI_MANAGEMENT_PROVIDERS_FIELDS_H
#define TRI_MANAGEMENT_PROVIDERS_FIELDS_H

#include "management/provider.h"

#define TRI_FIELD_COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Getters of fields: a constant, or a member of the row. */
#define TRI_GET_TEXT(function, text)                                                                                   \
    static void function(const void *row, struct tri_value *ret)                                                       \
    {                                                                                                                  \
        tri_value_set_string(ret, (text));                                                                             \
    }
#define TRI_GET_CONSTANT(function, number)                                                                             \
    static void function(const void *row, struct tri_value *ret)                                                       \
    {                                                                                                                  \
        tri_value_set_signed(ret, (number));                                                                           \
    }
#define TRI_GET_MEMBER(function, row_type, set, member)                                                                \
    static void function(const void *row, struct tri_value *ret)                                                       \
    {                                                                                                                  \
        tri_value_##set(ret, ((const row_type *)row)->member);                                                         \
    }

/* A class of root\cimv2 that has no methods. */
#define TRI_PROVIDED_CLASS(variable, class_name, class_fields, class_scan)                                             \
    const struct tri_provided_class variable = {                                                                       \
        .name_space = "root\\cimv2",                                                                                   \
        .name = (class_name),                                                                                          \
        .fields = (class_fields),                                                                                      \
        .field_count = TRI_FIELD_COUNT(class_fields),                                                                  \
        .scan = (class_scan),                                                                                          \
    }

void tri_get_true(const void *row, struct tri_value *ret);
void tri_get_false(const void *row, struct tri_value *ret);
void tri_get_ok(const void *row, struct tri_value *ret); /* Status */
void tri_get_zero(const void *row, struct tri_value *ret);
void tri_get_system_class(const void *row, struct tri_value *ret);  /* "Win32_ComputerSystem" */
void tri_get_system_name(const void *row, struct tri_value *ret);   /* this host */
void tri_get_this_computer(const void *row, struct tri_value *ret); /* a reference to the one Win32_ComputerSystem */

/* A reference to an instance by its one key: "Win32_Directory.Name" and the key's value, escaped. */
void tri_set_reference(struct tri_value *ret, const char *class_and_key, const char *value);

#endif
