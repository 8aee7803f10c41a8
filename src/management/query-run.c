/* Enumerations and data queries: which sources, which rows, what of them. */
#include "management/run.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "management/call.h"

/* ---- rows on their way out ---- */

int tri_run_emit(struct tri_run *run, struct tri_cim_object *object)
{
    int r = run->take(run->context, object);
    if (r == 0)
        run->row_count++;
    return r;
}

/* One source's share of a query. */
struct share {
    struct tri_run *run;
    const struct tri_plan *plan; /* NULL: all rows as they are */
    const struct tri_class *cls; /* the source's */
    uint64_t *selected, *wanted; /* for that class; NULL: all */
    uint64_t *kept;              /* what the context wants; NULL: all */
    struct tri_error *error;
};

/* Does the plan want the stored object? What cannot be read must not look as if it had been asked. 0, or a code. */
static int plan_matches(const struct tri_plan *plan, struct tri_cim_object *object, bool *ret, struct tri_error *error)
{
    *ret = true;
    if (!plan || !plan->condition)
        return 0;
    int r = tri_cim_object_decode(object);
    if (r == 0)
        *ret = tri_condition_match(plan->condition, object);
    else if (r == -ENOMEM)
        tri_error_no_memory(error);
    else
        tri_error_set(error, r, object->cls->name,
                      "An object of the class %s is damaged in the repository, so that nobody knows whether the query "
                      "means it. Put a copy of the repository in its place, or delete the object.",
                      object->cls->name);
    return r;
}

/* Takes the reference. */
static int share_emit(struct share *share, struct tri_cim_object *object)
{
    if (share->kept)
        tri_run_keep_wanted(object, share->kept);
    int r = share->selected ? tri_cim_object_project(object, share->selected) : 0;
    if (r < 0) {
        tri_cim_object_unref(object);
        return r;
    }
    return tri_run_emit(share->run, object);
}

/* A set of properties of the plan's class, for the source's, which may have more. */
static int share_bits(const struct share *share, const uint64_t *bits, uint64_t **ret)
{
    if (!bits)
        return 0;
    int r = tri_bits_widen(bits, share->plan->cls, share->cls, ret);
    bool with_keys = share->run->flags & TRI_CALL_LOCATABLE;
    for (size_t i = 0; r == 0 && with_keys && i < share->cls->key_count; i++)
        tri_bit_set(*ret, share->cls->keys[i]);
    return r;
}

static int share_init(struct share *share, struct tri_run *run, const struct tri_plan *plan,
                      const struct tri_class *cls, struct tri_error *error)
{
    *share = (struct share){.run = run, .plan = plan, .cls = cls, .error = error};
    int r = plan ? share_bits(share, plan->selected, &share->selected) : 0;
    if (r == 0 && plan)
        r = share_bits(share, plan->wanted, &share->wanted);
    if (r < 0)
        return tri_error_no_memory(error);
    r = tri_run_wanted(run, cls, &share->kept, error);
    for (size_t i = 0; r == 0 && share->kept && share->wanted && i < tri_bit_words(cls); i++)
        share->wanted[i] &= share->kept[i];
    return r;
}

static void share_clear(struct share *share)
{
    free(share->selected);
    free(share->wanted);
    free(share->kept);
}

/* ---- sources ---- */

static int visit_stored(void *context, struct tri_cim_object *object)
{
    struct share *share = context;
    if (tri_run_stopped(share->run))
        return -ECANCELED;
    bool matches;
    int r = plan_matches(share->plan, object, &matches, share->error);
    return r < 0 || !matches ? r : share_emit(share, tri_cim_object_ref(object));
}

static int take_provided(void *context, struct tri_cim_object *object)
{
    return share_emit(context, object);
}

static int share_ask(struct share *share, const struct tri_source_class *source, struct tri_error *error)
{
    struct tri_run *run = share->run;
    return tri_scan_run(&(struct tri_scan_spec){.cls = source->cls,
                                                .table = source->table,
                                                .name_space = tri_namespace_path(run->ns),
                                                .wanted = share->wanted ? share->wanted : share->kept,
                                                .condition = share->plan ? share->plan->condition : NULL,
                                                .take = take_provided,
                                                .context = share,
                                                .stop = run->stop,
                                                .deadline_ns = run->deadline_ns},
                        error);
}

static int source_run(struct tri_run *run, const struct tri_plan *plan, const struct tri_source_class *source,
                      struct tri_error *error)
{
    if (source->is_missing)
        return tri_source_refuse(source->cls, error);
    TRI_CLEANUP(share_clear) struct share share = {0};
    int r = share_init(&share, run, plan, source->cls, error);
    if (r < 0)
        return r;
    return source->table ? share_ask(&share, source, error)
                         : tri_namespace_scan(run->ns, source->cls, visit_stored, &share, error);
}

/* How a union goes on after a source: an end that was asked for ends all; a failure only counts where it is the only
 * source, or nothing came from any. */
struct tally {
    struct tri_error error;
    int code;
    size_t succeeded;
};

static void tally_add(struct tally *tally, int code, struct tri_error *error)
{
    if (code == 0) {
        tally->succeeded++;
    } else if (tally->code == 0) {
        tally->code = code;
        tri_error_move(&tally->error, error);
    }
    tri_error_clear(error);
}

static int tally_end(struct tally *tally, struct tri_run *run, struct tri_error *error)
{
    bool is_partial = tally->code < 0 && tally->succeeded > 0 && run->row_count > 0;
    if (tally->code < 0 && error && error->code == 0)
        tri_error_move(error, &tally->error);
    tri_error_clear(&tally->error);
    run->is_partial |= is_partial;
    return is_partial ? 0 : tally->code;
}

static int sources_run(struct tri_run *run, const struct tri_plan *plan, const struct tri_sources *sources,
                       struct tri_error *error)
{
    struct tally tally = {0};
    for (size_t i = 0; i < sources->count; i++) {
        const struct tri_source_class *source = &sources->items[i];
        if (plan && plan->only_class && !tri_name_equal(plan->only_class, source->cls->name))
            continue;
        struct tri_error failed = {0};
        int r = source_run(run, plan, source, &failed);
        tally_add(&tally, r, &failed);
        if (tri_run_stopped(run) || r == -ECANCELED)
            break;
        if (run->progress)
            run->progress(run->context, (unsigned)(100 * (i + 1) / sources->count));
    }
    return tally_end(&tally, run, error);
}

static int class_run(struct tri_run *run, const struct tri_plan *plan, struct tri_class *cls, struct tri_error *error)
{
    bool deep = !(run->flags & (TRI_CALL_SHALLOW | TRI_CALL_DIRECT_READ));
    struct tri_sources sources = {0};
    int r = tri_sources_find(run->ns, cls, deep, &sources, error);
    if (r == 0)
        r = sources.has_providers && !run->may_ask_providers ? TRI_RUN_NEEDS_WORKER
                                                             : sources_run(run, plan, &sources, error);
    tri_sources_clear(&sources);
    return r;
}

int tri_run_instances(struct tri_run *run, const char *class_name, struct tri_error *error)
{
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    int r = tri_run_class(run->ns, class_name, TRI_MANAGEMENT_INVALID_CLASS, &cls, error);
    return r < 0 ? r : class_run(run, NULL, cls, error);
}

/* ---- SELECT ---- */

static int emit_prototype(struct tri_run *run, const struct tri_plan *plan, struct tri_error *error)
{
    struct share share = {0};
    int r = share_init(&share, run, plan, plan->cls, error);
    struct tri_cim_object *object = r == 0 ? tri_cim_object_blank(plan->cls) : NULL;
    if (object) {
        object->is_unlocated = true;
        r = share_emit(&share, object);
    } else if (r == 0) {
        r = tri_error_no_memory(error);
    }
    share_clear(&share);
    return r;
}

/* Stored classes have no provided ones below them (those only come below built-in ones): the one instance that can
 * match is looked up by its key. */
static int key_run(struct tri_run *run, const struct tri_plan *plan, struct tri_error *error)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = NULL;
    TRI_CLEANUP(share_clear) struct share share = {0};
    struct tri_error found = {0};
    int r = tri_namespace_instance(run->ns, plan->cls, plan->key, &object, &found);
    if (r < 0 && r != TRI_MANAGEMENT_NOT_FOUND)
        tri_error_move(error, &found);
    tri_error_clear(&found);
    if (r < 0)
        return r == TRI_MANAGEMENT_NOT_FOUND ? 0 : r;
    bool exactly = run->flags & (TRI_CALL_DIRECT_READ | TRI_CALL_SHALLOW), matches;
    if (exactly && object->cls != plan->cls)
        return 0;
    r = plan_matches(plan, object, &matches, error);
    if (r < 0 || !matches)
        return r;
    r = share_init(&share, run, plan, object->cls, error);
    return r < 0 ? r : share_emit(&share, TRI_TAKE(object));
}

static int select_run(struct tri_run *run, struct tri_prepared *prepared, struct tri_error *error)
{
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    TRI_AUTO_PLAN struct tri_plan *plan = NULL;
    int r = tri_run_class(run->ns, prepared->query->class_name, TRI_MANAGEMENT_INVALID_CLASS, &cls, error);
    if (r == 0)
        r = tri_plan_find(prepared, cls, &plan, error);
    if (r < 0)
        return r;
    if (run->flags & TRI_CALL_PROTOTYPE)
        return emit_prototype(run, plan, error);
    if (plan->key && !cls->provider && !(cls->flags & TRI_CLASS_BUILT_IN))
        return key_run(run, plan, error);
    return class_run(run, plan, cls, error);
}

/* ---- classes ---- */

static int emit_class(struct tri_run *run, struct tri_class *cls, struct tri_error *error)
{
    struct tri_cim_object *object = tri_cim_object_of_class(tri_class_ref(cls));
    return object ? tri_run_emit(run, object) : tri_error_no_memory(error);
}

/* query NULL: every class. */
static int emit_matching_class(struct tri_run *run, const struct tri_query *query, const char *name,
                               struct tri_error *error)
{
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    struct tri_error found = {0};
    bool matches = true;
    int r = tri_namespace_class(run->ns, name, &cls, &found);
    if (r == 0 && query)
        r = tri_schema_match(query, cls, &matches, &found);
    if (r == 0 && matches)
        r = emit_class(run, cls, &found);
    if (r < 0 && r != TRI_MANAGEMENT_NOT_FOUND)
        tri_error_move(error, &found);
    tri_error_clear(&found);
    return r == TRI_MANAGEMENT_NOT_FOUND ? 0 : r; /* deleted meanwhile */
}

static int emit_classes(struct tri_run *run, const struct tri_query *query, char **names, size_t count,
                        struct tri_error *error)
{
    int r = 0;
    for (size_t i = 0; i < count && r == 0; i++) {
        r = tri_run_stopped(run) ? -ECANCELED : emit_matching_class(run, query, names[i], error);
        if (run->progress)
            run->progress(run->context, (unsigned)(100 * (i + 1) / count));
    }
    return r;
}

int tri_run_classes(struct tri_run *run, const char *superclass, struct tri_error *error)
{
    char **names = NULL;
    size_t count = 0;
    const char *above = superclass && *superclass ? superclass : NULL;
    int r = tri_namespace_subclasses(run->ns, above, !(run->flags & TRI_CALL_SHALLOW), &names, &count, error);
    if (r == 0)
        r = emit_classes(run, NULL, names, count, error);
    tri_names_free(names, count);
    return r;
}

/* SELECT * FROM meta_class: of all classes, or of the only ones that can match. */
static int schema_run(struct tri_run *run, const struct tri_query *query, struct tri_error *error)
{
    const char *only = query->where ? tri_query_demanded_class(query, "__CLASS") : NULL;
    if (only)
        return emit_matching_class(run, query, only, error);
    char **names = NULL;
    size_t count = 0;
    int r = tri_namespace_subclasses(run->ns, NULL, true, &names, &count, error);
    if (r == 0)
        r = emit_classes(run, query, names, count, error);
    tri_names_free(names, count);
    return r;
}

int tri_run_query(struct tri_run *run, struct tri_prepared *prepared, struct tri_error *error)
{
    switch (prepared->query->kind) {
    case TRI_QUERY_SELECT:
        return select_run(run, prepared, error);
    case TRI_QUERY_SCHEMA:
        return schema_run(run, prepared->query, error);
    case TRI_QUERY_ASSOCIATORS:
    case TRI_QUERY_REFERENCES:
        break;
    }
    return tri_run_associators(run, prepared->query, error);
}
