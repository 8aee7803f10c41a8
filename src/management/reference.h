/* References: whether two texts name the same object, however each is written. */
#ifndef TRI_MANAGEMENT_REFERENCE_H
#define TRI_MANAGEMENT_REFERENCE_H

#include "management/path.h"

/* name_space: where a path that names none is. Paths that cannot be read are the same where their texts are. */
bool tri_reference_same(const char *a, const char *b, const char *name_space);

/* Values of one type, NULL being the same as nothing: references as above, all else as WQL compares. */
bool tri_reference_or_value_same(const struct tri_value *a, const struct tri_value *b, const char *name_space);

#endif
