/* The built-in classes of one namespace, read from their MOF when first asked for and kept from then on.
 *
 * Any thread; nothing waits: two that read the same class at once both do the work, and one result stays. */
#ifndef TRI_MANAGEMENT_SCHEMA_H
#define TRI_MANAGEMENT_SCHEMA_H

#include "management/class-cache.h"

struct tri_schema;
struct tri_schema_class;

/* name_space: spelled as its classes are to name it. Those of built-in namespaces are the process's, and stay. NULL: no memory. */
struct tri_schema *tri_schema_get(const char *name_space);
void tri_schema_put(struct tri_schema *schema); /* what tri_schema_get gave; NULL is fine */

/* 1 and the class, with a reference; 0: there is no such built-in class here; or a code. */
int tri_schema_class(struct tri_schema *schema, const char *name, struct tri_class **ret, struct tri_error *error);
/* The table's line of a built-in class here, or NULL: without reading it. */
const struct tri_schema_class *tri_schema_find(const struct tri_schema *schema, const char *name);
/* The tree of its names. NULL: no memory. */
const struct tri_class_tree *tri_schema_tree(struct tri_schema *schema);
/* How many classes there are here, and their names and superclasses (NULL: none); ret may be NULL. */
size_t tri_schema_names(const struct tri_schema *schema, const char *(*ret)[2]);

/* The built-in namespace of that name, as it is spelled; NULL: it is none. *ret_number (optional): its place, from 1. */
const char *tri_schema_namespace(const char *path, int *ret_number);

#endif
