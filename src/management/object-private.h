/* What the files of object.h share. */
#ifndef TRI_MANAGEMENT_OBJECT_PRIVATE_H
#define TRI_MANAGEMENT_OBJECT_PRIVATE_H

#include "management/object.h"

/* What tri_cim_object_same leaves out; WMI's own numbers. */
enum tri_same_flag {
    TRI_SAME_IGNORE_QUALIFIERS = 1,
    TRI_SAME_IGNORE_OBJECT_SOURCE = 2,
    TRI_SAME_IGNORE_DEFAULT_VALUES = 4,
    TRI_SAME_IGNORE_CLASS = 8,
    TRI_SAME_IGNORE_CASE = 0x10,
    TRI_SAME_IGNORE_FLAVOR = 0x20,
};

#define TRI_NESTING_MAX 64 /* objects in objects: what keeps copying, freeing and decoding off the end of the stack */
bool tri_value_nests_too_deep(const struct tri_value *value);

void tri_values_clear(struct tri_value *values, size_t count);

/* object-blob.c: what a blob says, over the defaults that values holds already; *ret_qualifiers NULL where there are none.
 * -ENOMEM, TRI_MANAGEMENT_CRITICAL_ERROR. */
int tri_blob_read(const struct tri_class *cls, const uint8_t *blob, size_t size, struct tri_value *values,
                  struct tri_qualifiers **ret_qualifiers);

#endif
