/* ASSOCIATORS OF and REFERENCES OF: what is linked with an object, and by what.
 *
 * The links are instances of association classes. Providers are asked for those whose reference is the object; the
 * repository finds its own by an index. Rows of a provider are collected before their other ends are looked up, so
 * that no provider is asked from inside another. */
#include "management/run.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "management/reference.h"

struct link {
    struct tri_cim_object *object; /* of the association */
    int end;                       /* its property that names the object which was asked about */
};

struct walk {
    struct tri_run *run;
    struct tri_run part; /* the same for what is fetched, with KEYSONLY */
    const struct tri_query *query;
    struct tri_place place;
    struct tri_cim_object *source; /* with its keys */
    char *source_path;
    struct tri_value source_reference; /* borrows source_path */
    struct link *links;
    size_t link_count, link_room;
    int current_end;         /* of the links that a provider gives at the moment */
    struct tri_class **told; /* CLASSDEFSONLY, SCHEMAONLY: each class once */
    size_t told_count;
    struct tri_error failure; /* the first of a provider's; the rest goes on */
    size_t answered;
};

static void walk_clear(struct walk *walk)
{
    for (size_t i = 0; i < walk->link_count; i++)
        tri_cim_object_unref(walk->links[i].object);
    for (size_t i = 0; i < walk->told_count; i++)
        tri_class_unref(walk->told[i]);
    tri_error_clear(&walk->failure);
    tri_place_clear(&walk->place);
    tri_cim_object_unref(walk->source);
    free(walk->source_path);
    free(walk->links);
    free(walk->told);
}

static bool is_references(const struct walk *walk)
{
    return walk->query->kind == TRI_QUERY_REFERENCES;
}

/* ---- the conditions ---- */

static bool name_matches(const char *demanded, const char *name)
{
    return !demanded || tri_name_equal(demanded, name);
}

static bool class_matches(const char *demanded, const struct tri_class *cls)
{
    return !demanded || tri_class_is_a(cls, demanded);
}

static bool qualifier_matches(const char *demanded, const struct tri_class *cls)
{
    const struct tri_qualifier *qualifier = demanded ? tri_qualifiers_find(&cls->qualifiers, demanded) : NULL;
    return !demanded || (qualifier && (qualifier->value.type != TRI_CIM_BOOLEAN || qualifier->value.boolean));
}

/* May links of this class count? */
static bool link_class_matches(const struct walk *walk, const struct tri_class *cls)
{
    const struct tri_query *query = walk->query;
    if (!(cls->flags & TRI_CLASS_ASSOCIATION))
        return false;
    if (is_references(walk))
        return class_matches(query->result_class, cls) && qualifier_matches(query->required_qualifier, cls);
    return class_matches(query->assoc_class, cls) && qualifier_matches(query->required_assoc_qualifier, cls);
}

/* May the object be at this end of a link? */
static bool end_matches(const struct walk *walk, const struct tri_class *cls, size_t index)
{
    const struct tri_property *property = &cls->properties[index];
    return property->type == TRI_CIM_REFERENCE && name_matches(walk->query->role, property->name) &&
           class_matches(property->class_name, walk->place.cls);
}

/* ---- collecting links ---- */

static int walk_add(struct walk *walk, struct tri_cim_object *object, int end)
{
    if (walk->link_count == walk->link_room) {
        size_t room = walk->link_room ? 2 * walk->link_room : 16;
        struct link *links = realloc(walk->links, room * sizeof(*links));
        if (!links) {
            tri_cim_object_unref(object);
            return -ENOMEM;
        }
        walk->links = links;
        walk->link_room = room;
    }
    walk->links[walk->link_count++] = (struct link){object, end};
    return 0;
}

static int take_link(void *context, struct tri_cim_object *object)
{
    struct walk *walk = context;
    return walk_add(walk, object, walk->current_end);
}

static void walk_fail(struct walk *walk, struct tri_error *error)
{
    if (walk->failure.code == 0)
        tri_error_move(&walk->failure, error);
    tri_error_clear(error);
}

static int ask_provider(struct walk *walk, const struct tri_provided_class *table, struct tri_class *cls, int end,
                        struct tri_error *error)
{
    struct tri_scan_demand demand = {end, &walk->source_reference};
    struct tri_error failed = {0};
    walk->current_end = end;
    int r = tri_scan_run(&(struct tri_scan_spec){.cls = cls,
                                                 .table = table,
                                                 .name_space = tri_namespace_path(walk->place.ns),
                                                 .demands = &demand,
                                                 .demand_count = 1,
                                                 .take = take_link,
                                                 .context = walk,
                                                 .stop = walk->run->stop,
                                                 .deadline_ns = walk->run->deadline_ns},
                         &failed);
    if (r == 0)
        walk->answered++;
    else if (r == -ENOMEM)
        tri_error_move(error, &failed);
    else
        walk_fail(walk, &failed);
    tri_error_clear(&failed);
    return tri_run_stopped(walk->run) ? -ECANCELED : r == -ENOMEM ? r : 0;
}

static int ask_table(struct walk *walk, const struct tri_provided_class *table, struct tri_error *error)
{
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    struct tri_error ignored = {0};
    int r = tri_namespace_class(walk->place.ns, table->name, &cls, &ignored);
    tri_error_clear(&ignored);
    if (r < 0 || !link_class_matches(walk, cls))
        return r == TRI_MANAGEMENT_NOT_FOUND ? 0 : r;
    for (size_t i = 0; i < cls->property_count; i++) {
        r = end_matches(walk, cls, i) ? ask_provider(walk, table, cls, (int)i, error) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

static int ask_tables(struct walk *walk, struct tri_error *error)
{
    const char *name_space = tri_namespace_path(walk->place.ns);
    for (size_t i = 0; tri_provider_lists[i]; i++)
        for (const struct tri_provided_class *const *table = tri_provider_lists[i]; *table; table++) {
            int r = tri_name_equal((*table)->name_space, name_space) ? ask_table(walk, *table, error) : 0;
            if (r < 0)
                return r;
        }
    return 0;
}

/* A link that is stored, at each end where it names the object; one that is asked for itself comes once. */
static int visit_link(void *context, struct tri_cim_object *object)
{
    struct walk *walk = context;
    const char *name_space = tri_namespace_path(walk->place.ns);
    if (tri_run_stopped(walk->run))
        return -ECANCELED;
    if (!link_class_matches(walk, object->cls))
        return 0;
    for (size_t i = 0; i < object->cls->property_count; i++) {
        if (!end_matches(walk, object->cls, i) ||
            !tri_reference_or_value_same(tri_cim_object_value(object, (int)i), &walk->source_reference, name_space))
            continue;
        int r = walk_add(walk, tri_cim_object_ref(object), (int)i);
        if (r < 0 || is_references(walk))
            return r;
    }
    return 0;
}

/* ---- giving ---- */

static int tell_class(struct walk *walk, struct tri_class *cls, struct tri_error *error)
{
    for (size_t i = 0; i < walk->told_count; i++)
        if (walk->told[i] == cls)
            return 0;
    struct tri_class **told = realloc(walk->told, (walk->told_count + 1) * sizeof(struct tri_class *));
    if (!told)
        return tri_error_no_memory(error);
    walk->told = told;
    walk->told[walk->told_count++] = tri_class_ref(cls);
    struct tri_cim_object *object = tri_cim_object_of_class(tri_class_ref(cls));
    return object ? tri_run_emit(walk->run, object) : tri_error_no_memory(error);
}

static int tell_link(struct walk *walk, const struct link *link, struct tri_error *error)
{
    struct tri_cim_object *object = link->object;
    if (walk->query->class_defs_only)
        return tell_class(walk, object->cls, error);
    TRI_AUTO_FREE uint64_t *wanted = NULL;
    int r = tri_run_wanted(&walk->part, object->cls, &wanted, error);
    if (r < 0)
        return r;
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *copy = wanted ? tri_cim_object_copy(object) : tri_cim_object_ref(object);
    if (!copy)
        return tri_error_no_memory(error);
    if (wanted)
        tri_run_keep_wanted(copy, wanted);
    return tri_run_emit(walk->run, TRI_TAKE(copy));
}

static int tell_end(struct walk *walk, const struct tri_place *place, struct tri_error *error)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = NULL;
    int r = tri_place_object(&walk->part, place, &object, error);
    if (r < 0)
        return r;
    const struct tri_query *query = walk->query;
    if (!class_matches(query->result_class, object->cls) || !qualifier_matches(query->required_qualifier, object->cls))
        return 0;
    if (query->class_defs_only)
        return tell_class(walk, object->cls, error);
    return tri_run_emit(walk->run, TRI_TAKE(object));
}

/* A link to what is not there (any more) leads nowhere. */
static bool leads_nowhere(int code)
{
    return code == TRI_MANAGEMENT_NOT_FOUND || code == TRI_MANAGEMENT_INVALID_CLASS ||
           code == TRI_MANAGEMENT_INVALID_PATH || code == TRI_MANAGEMENT_INVALID_NAMESPACE || code == -EHOSTUNREACH;
}

static int follow(struct walk *walk, const struct tri_value *reference)
{
    TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
    TRI_CLEANUP(tri_place_clear) struct tri_place place = {0};
    struct tri_error error = {0};
    int r = tri_path_parse(reference->string, &path, &error);
    if (r == 0)
        r = tri_place_find(walk->place.ns, &path, &place, &error);
    if (r == 0 && place.is_instance)
        r = tell_end(walk, &place, &error);
    if (r < 0 && !leads_nowhere(r))
        walk_fail(walk, &error);
    else if (r == 0)
        walk->answered++;
    tri_error_clear(&error);
    return tri_run_stopped(walk->run) ? -ECANCELED : r == -ENOMEM ? r : 0;
}

static int follow_link(struct walk *walk, const struct link *link)
{
    const struct tri_class *cls = link->object->cls;
    for (size_t i = 0; i < cls->property_count; i++) {
        const struct tri_value *value = tri_cim_object_value(link->object, (int)i);
        if ((int)i == link->end || cls->properties[i].type != TRI_CIM_REFERENCE || !value->is_set ||
            !name_matches(walk->query->result_role, cls->properties[i].name))
            continue;
        int r = follow(walk, value);
        if (r < 0)
            return r;
    }
    return 0;
}

static int tell_links(struct walk *walk, struct tri_error *error)
{
    for (size_t i = 0; i < walk->link_count; i++) {
        int r = is_references(walk) ? tell_link(walk, &walk->links[i], error) : follow_link(walk, &walk->links[i]);
        if (r < 0)
            return r;
        if (walk->run->progress)
            walk->run->progress(walk->run->context, (unsigned)(100 * (i + 1) / walk->link_count));
    }
    return 0;
}

/* ---- instances ---- */

static int find_source(struct walk *walk, struct tri_error *error)
{
    struct tri_run keys = *walk->run;
    keys.keys_only = true;
    int r = tri_place_object(&keys, &walk->place, &walk->source, error);
    if (r < 0)
        return r;
    /* Its own class may be below the one that the path names; the keys are the same. */
    tri_class_unref(walk->place.cls);
    walk->place.cls = tri_class_ref(walk->source->cls);
    r = tri_cim_object_path(walk->source, &walk->source_path);
    walk->source_reference = (struct tri_value){.type = TRI_CIM_REFERENCE, .is_set = true, .string = walk->source_path};
    return r < 0 ? tri_error_no_memory(error) : 0;
}

/* As in every union: failures only count where nothing came, else the answer is partial. */
static int walk_end(struct walk *walk, int r, struct tri_error *error)
{
    if (r < 0 || walk->failure.code == 0)
        return r;
    int code = walk->failure.code;
    bool is_partial = walk->answered > 0 && walk->run->row_count > 0;
    if (error->code == 0)
        tri_error_move(error, &walk->failure);
    walk->run->is_partial |= is_partial;
    return is_partial ? 0 : code;
}

static int walk_instance(struct walk *walk, struct tri_error *error)
{
    int r = find_source(walk, error);
    if (r == 0)
        r = ask_tables(walk, error);
    if (r == 0)
        r = tri_namespace_referrers(walk->place.ns, walk->source, visit_link, walk, error);
    if (r == 0)
        r = tell_links(walk, error);
    return walk_end(walk, r, error);
}

/* ---- classes: SCHEMAONLY ---- */

static int tell_end_class(struct walk *walk, const char *name, struct tri_error *error)
{
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    struct tri_error found = {0};
    int r = name ? tri_namespace_class(walk->place.ns, name, &cls, &found) : TRI_MANAGEMENT_NOT_FOUND;
    if (r < 0 && r != TRI_MANAGEMENT_NOT_FOUND)
        tri_error_move(error, &found);
    tri_error_clear(&found);
    if (r < 0)
        return r == TRI_MANAGEMENT_NOT_FOUND ? 0 : r;
    bool matches =
        class_matches(walk->query->result_class, cls) && qualifier_matches(walk->query->required_qualifier, cls);
    return matches ? tell_class(walk, cls, error) : 0;
}

static int tell_other_ends(struct walk *walk, const struct tri_class *cls, size_t end, struct tri_error *error)
{
    int r = 0;
    for (size_t i = 0; i < cls->property_count && r == 0; i++)
        if (i != end && cls->properties[i].type == TRI_CIM_REFERENCE &&
            name_matches(walk->query->result_role, cls->properties[i].name))
            r = tell_end_class(walk, cls->properties[i].class_name, error);
    return r;
}

static int walk_link_class(struct walk *walk, struct tri_class *cls, struct tri_error *error)
{
    int r = 0;
    if (!link_class_matches(walk, cls))
        return 0;
    for (size_t i = 0; i < cls->property_count && r == 0; i++)
        if (end_matches(walk, cls, i))
            r = is_references(walk) ? tell_class(walk, cls, error) : tell_other_ends(walk, cls, i, error);
    return r;
}

static int walk_classes(struct walk *walk, char **names, size_t count, struct tri_error *error)
{
    int r = 0;
    for (size_t i = 0; i < count && r == 0; i++) {
        TRI_AUTO_CLASS struct tri_class *cls = NULL;
        r = tri_run_stopped(walk->run) ? -ECANCELED : tri_namespace_class(walk->place.ns, names[i], &cls, error);
        if (r == 0)
            r = walk_link_class(walk, cls, error);
    }
    return r;
}

static int walk_schema(struct walk *walk, struct tri_error *error)
{
    char **names = NULL;
    size_t count = 0;
    int r = tri_namespace_subclasses(walk->place.ns, NULL, true, &names, &count, error);
    if (r == 0)
        r = walk_classes(walk, names, count, error);
    tri_names_free(names, count);
    return r;
}

/* ---- */

static int class_check(struct walk *walk, const char *name, struct tri_error *error)
{
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    return name ? tri_run_class(walk->place.ns, name, TRI_MANAGEMENT_INVALID_CLASS, &cls, error) : 0;
}

/* "{Win32_LogicalDisk.DeviceID}" names a key and no value: nothing is linked with it. */
static bool has_every_value(const struct tri_path *path)
{
    for (size_t i = 0; i < path->key_count; i++)
        if (!path->keys[i].value.is_set)
            return false;
    return true;
}

int tri_run_associators(struct tri_run *run, const struct tri_query *query, struct tri_error *error)
{
    if (!run->may_ask_providers)
        return TRI_RUN_NEEDS_WORKER;
    TRI_CLEANUP(walk_clear) struct walk walk = {.run = run, .part = *run, .query = query};
    walk.part.keys_only |= query->keys_only;
    if (!has_every_value(&query->path))
        return 0;
    int r = tri_place_find(run->ns, &query->path, &walk.place, error);
    if (r == 0)
        r = class_check(&walk, query->result_class, error);
    if (r == 0)
        r = class_check(&walk, query->assoc_class, error);
    if (r < 0)
        return r;
    if (query->schema_only)
        return walk_schema(&walk, error);
    return walk.place.is_instance ? walk_instance(&walk, error) : 0;
}
