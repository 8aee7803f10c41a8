/* What the files of class.h share. */
#ifndef TRI_MANAGEMENT_CLASS_PRIVATE_H
#define TRI_MANAGEMENT_CLASS_PRIVATE_H

#include "management/class.h"

void tri_property_clear(struct tri_property *property);
void tri_method_clear(struct tri_method *method);
const char *tri_class_label(const struct tri_class *cls); /* its name, for a sentence */

#endif
