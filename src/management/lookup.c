/* What a path names: a class, a stored instance, or one that a provider knows. */
#include "management/run.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

int tri_run_class(struct tri_namespace *ns, const char *name, int missing, struct tri_class **ret,
                  struct tri_error *error)
{
    struct tri_error found = {0};
    int r = tri_namespace_class(ns, name, ret, &found);
    if (r == TRI_MANAGEMENT_NOT_FOUND && missing != r) {
        tri_error_clear(&found);
        return tri_error_set(error, missing, name, "There is no class %s in the namespace %s.", name,
                             tri_namespace_path(ns));
    }
    if (r < 0 && error && error->code == 0)
        tri_error_move(error, &found);
    tri_error_clear(&found);
    return r;
}

/* ---- places ---- */

static void keys_free(struct tri_value *keys, size_t count)
{
    for (size_t i = 0; keys && i < count; i++)
        tri_value_clear(&keys[i]);
    free(keys);
}

void tri_place_clear(struct tri_place *place)
{
    if (place->cls)
        keys_free(place->keys, place->cls->key_count);
    tri_class_unref(place->cls);
    tri_namespace_unref(place->ns);
    *place = (struct tri_place){0};
}

static int place_namespace(struct tri_namespace *ns, const struct tri_path *path, struct tri_place *place,
                           struct tri_error *error)
{
    if (!tri_path_is_local(path))
        return tri_error_set(error, -EHOSTUNREACH, path->server,
                             "The path names the server %s; only this host's objects can be reached.", path->server);
    if (!path->class_name)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_PATH, path->name_space,
                             "The path names a namespace, where that of a class or an instance is needed.");
    if (path->name_space && !tri_name_equal(path->name_space, tri_namespace_path(ns)))
        return tri_namespace_open(path->name_space, &place->ns, error);
    place->ns = tri_namespace_ref(ns);
    return 0;
}

static int place_keys(const struct tri_path *path, struct tri_place *place, struct tri_error *error)
{
    const struct tri_class *cls = place->cls;
    place->keys = calloc(cls->key_count + 1, sizeof(*place->keys));
    return place->keys ? tri_path_bind(path, cls, place->keys, error) : tri_error_no_memory(error);
}

int tri_place_find(struct tri_namespace *ns, const struct tri_path *path, struct tri_place *ret,
                   struct tri_error *error)
{
    struct tri_place place = {.is_instance = path->key_count > 0 || path->is_singleton};
    int r = place_namespace(ns, path, &place, error);
    if (r == 0)
        r = tri_run_class(place.ns, path->class_name,
                          place.is_instance ? TRI_MANAGEMENT_INVALID_CLASS : TRI_MANAGEMENT_NOT_FOUND, &place.cls,
                          error);
    if (r == 0 && place.is_instance)
        r = place_keys(path, &place, error);
    if (r < 0)
        tri_place_clear(&place);
    else
        *ret = place;
    return r;
}

/* ---- instances ---- */

int tri_place_keyed(const struct tri_place *place, struct tri_cim_object **ret, struct tri_error *error)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_cim_object_blank(place->cls);
    if (!object)
        return tri_error_no_memory(error);
    for (size_t i = 0; i < place->cls->key_count; i++) {
        int r = tri_cim_object_set(object, place->cls->keys[i], &place->keys[i], error);
        if (r < 0)
            return r;
    }
    *ret = TRI_TAKE(object);
    return 0;
}

int tri_place_key(const struct tri_place *place, char **ret, struct tri_error *error)
{
    return tri_class_key_text(place->cls, place->keys, ret, error);
}

static int place_missing(const struct tri_place *place, struct tri_error *error)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *keyed = NULL;
    TRI_AUTO_FREE char *path = NULL;
    if (tri_place_keyed(place, &keyed, NULL) == 0)
        (void)tri_cim_object_relative_path(keyed, &path);
    const char *name = path ? path : place->cls->name;
    return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, name, "There is no instance %s in the namespace %s.", name,
                         tri_namespace_path(place->ns));
}

static int take_first(void *context, struct tri_cim_object *object)
{
    struct tri_cim_object **ret = context;
    *ret = object;
    return 1;
}

int tri_run_wanted(const struct tri_run *run, const struct tri_class *cls, uint64_t **ret, struct tri_error *error)
{
    *ret = NULL;
    if (!run->keys_only && run->property_count == 0)
        return 0;
    uint64_t *wanted = calloc(tri_bit_words(cls), sizeof(uint64_t));
    if (!wanted)
        return tri_error_no_memory(error);
    for (size_t i = 0; i < cls->key_count; i++)
        tri_bit_set(wanted, cls->keys[i]);
    for (size_t i = 0; !run->keys_only && i < run->property_count; i++) {
        int index = tri_class_find(cls, run->properties[i]);
        if (index >= 0)
            tri_bit_set(wanted, index);
    }
    *ret = wanted;
    return 0;
}

static int place_ask(struct tri_run *run, const struct tri_place *place, const struct tri_source_class *source,
                     struct tri_cim_object **ret, struct tri_error *error)
{
    TRI_AUTO_FREE uint64_t *wanted = NULL;
    size_t count = place->cls->key_count;
    TRI_AUTO_FREE struct tri_scan_demand *demands = calloc(count + 1, sizeof(*demands));
    if (!demands)
        return tri_error_no_memory(error);
    for (size_t i = 0; i < count; i++)
        demands[i] = (struct tri_scan_demand){place->cls->keys[i], &place->keys[i]};
    int r = tri_run_wanted(run, source->cls, &wanted, error);
    if (r < 0)
        return r;
    struct tri_cim_object *object = NULL;
    r = tri_scan_run(&(struct tri_scan_spec){.cls = source->cls,
                                             .table = source->table,
                                             .name_space = tri_namespace_path(place->ns),
                                             .wanted = wanted,
                                             .demands = demands,
                                             .demand_count = count,
                                             .take = take_first,
                                             .context = &object,
                                             .stop = run->stop,
                                             .deadline_ns = run->deadline_ns},
                     error);
    if (object)
        *ret = object;
    return object ? 0 : r < 0 ? r : TRI_MANAGEMENT_NOT_FOUND;
}

/* The providers of the class and of those below it, until one knows it. A failure only counts where none does. */
static int place_ask_all(struct tri_run *run, const struct tri_place *place, struct tri_cim_object **ret,
                         struct tri_error *error)
{
    struct tri_sources sources = {0};
    int r = tri_sources_find(place->ns, place->cls, true, &sources, error);
    if (r == 0 && sources.has_providers && !run->may_ask_providers)
        r = TRI_RUN_NEEDS_WORKER;
    if (r == 0 && sources.count > 0 && sources.items[0].is_missing)
        r = tri_source_refuse(sources.items[0].cls, error);
    int answer = r == 0 ? TRI_MANAGEMENT_NOT_FOUND : r;
    for (size_t i = 0; r == 0 && i < sources.count && answer != 0 && !tri_run_stopped(run); i++) {
        int one =
            sources.items[i].table ? place_ask(run, place, &sources.items[i], ret, error) : TRI_MANAGEMENT_NOT_FOUND;
        answer = one == 0 || one != TRI_MANAGEMENT_NOT_FOUND ? one : answer;
    }
    tri_sources_clear(&sources);
    if (answer == 0 && error)
        tri_error_clear(error);
    return answer;
}

/* Stored instances are looked for first: only a built-in class can have both. */
static int place_instance(struct tri_run *run, const struct tri_place *place, struct tri_cim_object **ret,
                          struct tri_error *error)
{
    int r = TRI_MANAGEMENT_NOT_FOUND;
    if (!place->cls->provider) {
        TRI_AUTO_FREE char *key = NULL;
        struct tri_error found = {0};
        r = tri_place_key(place, &key, error);
        if (r < 0)
            return r;
        r = tri_namespace_instance(place->ns, place->cls, key, ret, &found);
        if (r < 0 && r != TRI_MANAGEMENT_NOT_FOUND && error)
            tri_error_move(error, &found);
        tri_error_clear(&found);
    }
    if (r == TRI_MANAGEMENT_NOT_FOUND && (place->cls->flags & TRI_CLASS_BUILT_IN || place->cls->provider))
        r = place_ask_all(run, place, ret, error);
    return r == TRI_MANAGEMENT_NOT_FOUND ? place_missing(place, error) : r;
}

void tri_run_keep_wanted(struct tri_cim_object *object, const uint64_t *wanted)
{
    if (tri_cim_object_decode(object) < 0)
        return; /* damaged: whoever looks at it finds out */
    for (size_t i = 0; i < object->cls->property_count; i++)
        if (!tri_bit_has(wanted, (int)i))
            tri_value_clear(tri_cim_object_slot(object, (int)i));
}

int tri_place_object(struct tri_run *run, const struct tri_place *place, struct tri_cim_object **ret,
                     struct tri_error *error)
{
    if (!place->is_instance) {
        *ret = tri_cim_object_of_class(tri_class_ref(place->cls));
        return *ret ? 0 : tri_error_no_memory(error);
    }
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = NULL;
    int r = place_instance(run, place, &object, error);
    TRI_AUTO_FREE uint64_t *wanted = NULL;
    if (r == 0)
        r = tri_run_wanted(run, object->cls, &wanted, error);
    if (r != 0)
        return r;
    if (wanted)
        tri_run_keep_wanted(object, wanted);
    *ret = TRI_TAKE(object);
    return 0;
}

int tri_run_object(struct tri_run *run, const struct tri_path *path, struct tri_cim_object **ret,
                   struct tri_error *error)
{
    TRI_CLEANUP(tri_place_clear) struct tri_place place = {0};
    int r = tri_place_find(run->ns, path, &place, error);
    return r < 0 ? r : tri_place_object(run, &place, ret, error);
}
