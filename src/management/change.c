/* Instances that are put and removed: stored ones, and those of providers that can. */
#include "management/run.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/call.h"

#define PUT_FLAGS (TRI_CALL_CREATE_ONLY | TRI_CALL_UPDATE_ONLY)

/* ---- partial puts ---- */

static int put_listed(const struct tri_run *run, const struct tri_cim_object *from, struct tri_cim_object *to,
                      struct tri_error *error)
{
    for (size_t i = 0; i < run->property_count; i++) {
        int index = tri_class_find(from->cls, run->properties[i]), other = tri_class_find(to->cls, run->properties[i]);
        if (index < 0 || other < 0)
            return tri_error_set(error, TRI_MANAGEMENT_INVALID_PROPERTY, run->properties[i],
                                 "The class %s has no property %s, which the context wants put.", from->cls->name,
                                 run->properties[i]);
        int r = tri_cim_object_set(to, other, tri_cim_object_value(from, index), error);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The stored instance with only the listed properties changed; where there is none, as it was given. */
static int put_merge(const struct tri_run *run, const struct tri_cim_object *object, struct tri_cim_object **ret,
                     struct tri_error *error)
{
    TRI_AUTO_FREE char *key = NULL;
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *stored = NULL;
    struct tri_error found = {0};
    int r = tri_cim_object_key(object, &key, error);
    if (r < 0)
        return r;
    r = tri_namespace_instance(run->ns, object->cls, key, &stored, &found);
    if (r < 0 && r != TRI_MANAGEMENT_NOT_FOUND && error)
        tri_error_move(error, &found);
    tri_error_clear(&found);
    if (r < 0 && r != TRI_MANAGEMENT_NOT_FOUND)
        return r;
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *merged = tri_cim_object_copy(stored ? stored : object);
    if (!merged)
        return tri_error_no_memory(error);
    r = stored ? put_listed(run, object, merged, error) : 0;
    if (r == 0)
        *ret = TRI_TAKE(merged);
    return r;
}

/* ---- putting ---- */

static int put_provided(struct tri_run *run, const struct tri_cim_object *object, char **ret_path,
                        struct tri_error *error)
{
    const struct tri_class *cls = object->cls;
    const struct tri_provided_class *table = tri_provider_find(tri_namespace_path(run->ns), cls->name);
    if (!table)
        return tri_source_refuse(cls, error);
    if (!table->put)
        return tri_error_set(
            error, TRI_MANAGEMENT_PROVIDER_NOT_CAPABLE, cls->name,
            "Instances of %s are what this host is; they cannot be put. A method may do what is meant.", cls->name);
    if (!run->may_ask_providers)
        return TRI_RUN_NEEDS_WORKER;
    int r = table->put(object, run->flags & PUT_FLAGS, error);
    return r < 0 ? r : tri_cim_object_path(object, ret_path);
}

/* As one change: what another process puts meanwhile comes before it is read, or after all of it. */
static int put_listed_only(struct tri_run *run, const struct tri_cim_object *object, char **ret_path,
                           struct tri_error *error)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *merged = NULL;
    int r = tri_namespace_begin(run->ns, error);
    if (r < 0)
        return r;
    r = put_merge(run, object, &merged, error);
    if (r == 0)
        r = tri_namespace_put_instance(run->ns, merged, run->flags & PUT_FLAGS, ret_path, error);
    int ended = tri_namespace_end(run->ns, r == 0, error);
    return r < 0 ? r : ended;
}

/* The class as it is now, which may differ from the one that the object was made of, is the repository's business. */
int tri_run_put_instance(struct tri_run *run, const struct tri_cim_object *object, char **ret_path,
                         struct tri_error *error)
{
    if (object->is_class)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_OBJECT, object->cls->name,
                             "A class was given, where an instance is to be put.");
    if (object->cls->provider)
        return put_provided(run, object, ret_path, error);
    return run->property_count
               ? put_listed_only(run, object, ret_path, error)
               : tri_namespace_put_instance(run->ns, object, run->flags & PUT_FLAGS, ret_path, error);
}

/* ---- removing ---- */

static int remove_provided(struct tri_run *run, const struct tri_place *place, struct tri_error *error)
{
    const struct tri_provided_class *table = tri_provider_find(tri_namespace_path(place->ns), place->cls->name);
    if (!table)
        return tri_source_refuse(place->cls, error);
    if (!table->remove)
        return tri_error_set(
            error, TRI_MANAGEMENT_PROVIDER_NOT_CAPABLE, place->cls->name,
            "Instances of %s are what this host is; they cannot be deleted. A method may do what is meant.",
            place->cls->name);
    if (!run->may_ask_providers)
        return TRI_RUN_NEEDS_WORKER;
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *keyed = NULL;
    int r = tri_place_keyed(place, &keyed, error);
    return r < 0 ? r : table->remove(keyed, error);
}

int tri_run_delete_instance(struct tri_run *run, const struct tri_path *path, struct tri_error *error)
{
    TRI_CLEANUP(tri_place_clear) struct tri_place place = {0};
    TRI_AUTO_FREE char *key = NULL;
    if (path->class_name && path->key_count == 0 && !path->is_singleton)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_PATH, path->class_name,
                             "%s is the path of a class, where that of an instance is needed.", path->class_name);
    int r = tri_place_find(run->ns, path, &place, error);
    if (r == 0 && place.cls->provider)
        return remove_provided(run, &place, error);
    if (r == 0)
        r = tri_place_key(&place, &key, error);
    return r < 0 ? r : tri_namespace_delete_instance(place.ns, place.cls, key, error);
}
