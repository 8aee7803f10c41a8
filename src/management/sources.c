/* Who has the instances of a class: the repository, or a provider's table. */
#include "management/run.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/cleanup.h"

void tri_sources_clear(struct tri_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        tri_class_unref(sources->items[i].cls);
    free(sources->items);
    *sources = (struct tri_sources){0};
}

int tri_source_refuse(const struct tri_class *cls, struct tri_error *error)
{
    if (cls->flags & TRI_CLASS_BUILT_IN)
        return tri_error_set(error, TRI_MANAGEMENT_PROVIDER_NOT_CAPABLE, cls->name,
                             "Nothing on this host can tell the instances of %s.", cls->name);
    return tri_error_set(error, TRI_MANAGEMENT_PROVIDER_NOT_FOUND, cls->name,
                         "The class %s says that its instances come from the provider %s, which is not here.",
                         cls->name, cls->provider);
}

/* A built-in class that nobody provides has no instances where it is not the one that is asked for. */
static void sources_add(struct tri_sources *sources, struct tri_namespace *ns, struct tri_class *cls, bool is_asked)
{
    struct tri_source_class item = {.cls = cls};
    if (cls->provider) {
        item.table = tri_provider_find(tri_namespace_path(ns), cls->name);
        item.is_missing = !item.table;
    }
    if ((cls->flags & TRI_CLASS_ABSTRACT && !item.table) ||
        (item.is_missing && !is_asked && cls->flags & TRI_CLASS_BUILT_IN))
        return;
    tri_class_ref(cls);
    sources->items[sources->count++] = item;
    sources->has_providers |= item.table != NULL;
}

static int sources_add_below(struct tri_sources *sources, struct tri_namespace *ns, char **names, size_t count,
                             struct tri_error *error)
{
    for (size_t i = 0; i < count; i++) {
        TRI_AUTO_CLASS struct tri_class *cls = NULL;
        int r = tri_namespace_class(ns, names[i], &cls, error);
        if (r == TRI_MANAGEMENT_NOT_FOUND) { /* deleted meanwhile */
            tri_error_clear(error);
            continue;
        }
        if (r < 0)
            return r;
        sources_add(sources, ns, cls, false);
    }
    return 0;
}

static int sources_make(struct tri_namespace *ns, struct tri_class *cls, bool deep, struct tri_sources *ret,
                        struct tri_error *error)
{
    char **names = NULL;
    size_t count = 0;
    int r = deep ? tri_namespace_subclasses(ns, cls->name, true, &names, &count, error) : 0;
    if (r < 0)
        return r;
    struct tri_sources sources = {.items = calloc(count + 1, sizeof(*sources.items))};
    if (sources.items) {
        sources_add(&sources, ns, cls, true);
        r = sources_add_below(&sources, ns, names, count, error);
    } else {
        r = tri_error_no_memory(error);
    }
    tri_names_free(names, count);
    if (r < 0)
        tri_sources_clear(&sources);
    else
        *ret = sources;
    return r;
}

/* ---- those that never change ---- */

/* Below a built-in class that is provided there are only such ones, so what was found once stays true, as long as the
 * class is the same. Each entry has a lock of its own, and keeps its class. */
#define KEPT 64
static struct kept {
    _Alignas(64) pthread_mutex_t lock;
    struct tri_class *cls; /* lock: and the sources */
    struct tri_sources sources;
} kept[KEPT] = {[0 ... KEPT - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};

static struct kept *kept_place(const struct tri_class *cls)
{
    return &kept[(uintptr_t)cls / sizeof(*cls) % KEPT];
}

static int sources_copy(const struct tri_sources *sources, struct tri_sources *ret)
{
    struct tri_source_class *items = malloc((sources->count + 1) * sizeof(*items));
    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < sources->count; i++) {
        items[i] = sources->items[i];
        tri_class_ref(items[i].cls);
    }
    *ret = (struct tri_sources){items, sources->count, sources->has_providers};
    return 0;
}

static bool kept_find(const struct tri_class *cls, struct tri_sources *ret)
{
    struct kept *place = kept_place(cls);
    TRI_LOCK_SCOPE(&place->lock);
    return place->cls == cls && sources_copy(&place->sources, ret) == 0;
}

static void kept_add(struct tri_class *cls, const struct tri_sources *sources)
{
    struct tri_sources copy;
    if (sources_copy(sources, &copy) < 0)
        return;
    struct tri_class *before = tri_class_ref(cls);
    {
        struct kept *place = kept_place(cls);
        TRI_LOCK_SCOPE(&place->lock);
        struct tri_sources old = place->sources;
        place->sources = copy;
        copy = old;
        struct tri_class *old_class = place->cls;
        place->cls = before;
        before = old_class;
    }
    tri_sources_clear(&copy);
    tri_class_unref(before);
}

int tri_sources_find(struct tri_namespace *ns, struct tri_class *cls, bool deep, struct tri_sources *ret,
                     struct tri_error *error)
{
    bool is_fixed = deep && cls->provider && cls->flags & TRI_CLASS_BUILT_IN;
    if (is_fixed && kept_find(cls, ret))
        return 0;
    int r = sources_make(ns, cls, deep, ret, error);
    if (r == 0 && is_fixed)
        kept_add(cls, ret);
    return r;
}
