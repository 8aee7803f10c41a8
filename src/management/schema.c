#include "management/schema.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/mof.h"
#include "management/namespace.h"

/* The place in this list is the namespace's number in the repository's file: new ones go to the end. */
const char *const tri_schema_namespaces[] = {
    "root",
    "root\\cimv2",
    "root\\default",
    "root\\subscription",
    "root\\interop",
    "root\\WMI",
    "root\\Microsoft",
    "root\\Microsoft\\Windows",
    "root\\Microsoft\\Windows\\Storage",
    "root\\virtualization",
    "root\\virtualization\\v2",
    "root\\StandardCimv2",
    "root\\SECURITY",
    NULL,
};
enum { NAMESPACE_COUNT = sizeof tri_schema_namespaces / sizeof tri_schema_namespaces[0] - 1 };

struct tri_schema {
    char *name_space;
    bool is_kept;
    struct tri_class_tree *_Atomic tree;
    struct tri_class *_Atomic classes[]; /* in the table's order; NULL: not read yet, or not of this namespace */
};

static struct tri_schema *schema_new(const char *name_space)
{
    struct tri_schema *schema = calloc(1, sizeof *schema + tri_schema_class_count * sizeof schema->classes[0]);
    if (schema && !(schema->name_space = strdup(name_space))) {
        free(schema);
        return NULL;
    }
    return schema;
}

static void schema_free(struct tri_schema *schema)
{
    for (size_t i = 0; i < tri_schema_class_count; i++)
        tri_class_unref(schema->classes[i]);
    tri_class_tree_free(schema->tree);
    free(schema->name_space);
    free(schema);
}

struct tri_schema *tri_schema_get(const char *name_space)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct tri_schema *kept[NAMESPACE_COUNT];
    int number;
    if (!tri_schema_namespace(name_space, &number))
        return schema_new(name_space);
    TRI_LOCK_SCOPE(&lock);
    struct tri_schema **place = &kept[number - 1];
    if (!*place && (*place = schema_new(name_space)))
        (*place)->is_kept = true;
    return *place;
}

void tri_schema_put(struct tri_schema *schema)
{
    if (schema && !schema->is_kept)
        schema_free(schema);
}

const char *tri_schema_namespace(const char *path, int *ret_number)
{
    for (int i = 0; tri_schema_namespaces[i]; i++)
        if (tri_name_equal(tri_schema_namespaces[i], path)) {
            if (ret_number)
                *ret_number = i + 1;
            return tri_schema_namespaces[i];
        }
    return NULL;
}

static bool has(const struct tri_schema *schema, const struct tri_schema_class *line)
{
    return line->name_space[0] == '*' || tri_name_equal(line->name_space, schema->name_space);
}

const struct tri_schema_class *tri_schema_find(const struct tri_schema *schema, const char *name)
{
    size_t low = 0, high = tri_schema_class_count;
    while (low < high) { /* the first of that name */
        size_t middle = low + (high - low) / 2;
        if (tri_name_compare(tri_schema_classes[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < tri_schema_class_count && tri_name_equal(tri_schema_classes[low].name, name); low++)
        if (has(schema, &tri_schema_classes[low]))
            return &tri_schema_classes[low];
    return NULL;
}

static int read_class(struct tri_schema *schema, const struct tri_schema_class *line, struct tri_class **ret,
                      struct tri_error *error)
{
    TRI_AUTO_CLASS struct tri_class *parent = NULL, *cls = NULL;
    if (line->superclass) {
        int found = tri_schema_class(schema, line->superclass, &parent, error);
        if (found < 0)
            return found;
    }
    int r = tri_mof_read_class(line->text, parent, &cls, error);
    if (r < 0)
        return r;
    free(cls->name_space);
    if (!(cls->name_space = strdup(schema->name_space)))
        return tri_error_no_memory(error);
    cls->flags |= TRI_CLASS_BUILT_IN;
    if ((r = tri_class_freeze(cls, error)) < 0)
        return r;
    *ret = TRI_TAKE(cls);
    return 0;
}

int tri_schema_class(struct tri_schema *schema, const char *name, struct tri_class **ret, struct tri_error *error)
{
    const struct tri_schema_class *line = tri_schema_find(schema, name);
    if (!line)
        return 0;
    struct tri_class *_Atomic *slot = &schema->classes[line - tri_schema_classes];
    struct tri_class *cls = atomic_load_explicit(slot, memory_order_acquire);
    if (!cls) {
        struct tri_class *made = NULL;
        int r = read_class(schema, line, &made, error);
        if (r < 0)
            return r;
        if (atomic_compare_exchange_strong_explicit(slot, &cls, made, memory_order_acq_rel, memory_order_acquire))
            cls = made;
        else
            tri_class_unref(made);
    }
    *ret = tri_class_ref(cls);
    return 1;
}

size_t tri_schema_names(const struct tri_schema *schema, const char *(*ret)[2])
{
    size_t count = 0;
    for (size_t i = 0; i < tri_schema_class_count; i++) {
        const struct tri_schema_class *line = &tri_schema_classes[i];
        if (!has(schema, line))
            continue;
        if (ret) {
            ret[count][0] = line->name;
            ret[count][1] = line->superclass;
        }
        count++;
    }
    return count;
}

const struct tri_class_tree *tri_schema_tree(struct tri_schema *schema)
{
    struct tri_class_tree *tree = atomic_load_explicit(&schema->tree, memory_order_acquire);
    if (tree)
        return tree;
    TRI_AUTO_FREE const char *(*names)[2] = malloc((tri_schema_class_count + 1) * sizeof *names);
    size_t count = names ? tri_schema_names(schema, names) : 0;
    struct tri_class_tree *made = names ? tri_class_tree_new(0, (const char *const(*)[2])names, count) : NULL;
    if (!made)
        return NULL;
    if (atomic_compare_exchange_strong_explicit(&schema->tree, &tree, made, memory_order_acq_rel, memory_order_acquire))
        return made;
    tri_class_tree_free(made);
    return tree;
}
