#include "management/reference.h"

#include <string.h>

#include "base/cleanup.h"

static const struct tri_path_key *key_find(const struct tri_path *path, const struct tri_path_key *like)
{
    if (path->key_count == 1 && (!like->name || !path->keys[0].name))
        return &path->keys[0];
    for (size_t i = 0; i < path->key_count; i++)
        if (tri_name_equal(path->keys[i].name, like->name))
            return &path->keys[i];
    return NULL;
}

static bool keys_same(const struct tri_path *a, const struct tri_path *b)
{
    if (a->key_count != b->key_count || a->is_singleton != b->is_singleton)
        return false;
    for (size_t i = 0; i < a->key_count; i++) {
        const struct tri_path_key *other = key_find(b, &a->keys[i]);
        int order;
        if (!other || !tri_value_compare(&a->keys[i].value, &other->value, &order) || order != 0)
            return false;
    }
    return true;
}

static bool paths_same(const struct tri_path *a, const struct tri_path *b, const char *name_space)
{
    return tri_name_equal(a->class_name, b->class_name) && tri_path_is_local(a) && tri_path_is_local(b) &&
           tri_name_equal(a->name_space ? a->name_space : name_space, b->name_space ? b->name_space : name_space) &&
           keys_same(a, b);
}

bool tri_reference_same(const char *a, const char *b, const char *name_space)
{
    if (strcmp(a, b) == 0)
        return true;
    TRI_CLEANUP(tri_path_clear) struct tri_path first = {0};
    TRI_CLEANUP(tri_path_clear) struct tri_path second = {0};
    if (tri_path_parse(a, &first, NULL) < 0 || tri_path_parse(b, &second, NULL) < 0)
        return tri_name_equal(a, b);
    return paths_same(&first, &second, name_space);
}

bool tri_reference_or_value_same(const struct tri_value *a, const struct tri_value *b, const char *name_space)
{
    if (!a->is_set || !b->is_set)
        return false;
    if (a->type == TRI_CIM_REFERENCE && b->type == TRI_CIM_REFERENCE)
        return tri_reference_same(a->string, b->string, name_space);
    int order;
    return tri_value_compare(a, b, &order) && order == 0;
}
