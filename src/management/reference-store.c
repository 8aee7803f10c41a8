/* Which stored associations name an object: a table of the places that their references name, in one spelling. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/namespace-private.h"
#include "management/text.h"

/* How a place is written in the table of references: "namespace:key root.key", or, where the object's class cannot be
 * found, the folded path. */
static int target_text(const char *name_space, const char *class_name, const char *key, char **ret)
{
    struct tri_text text = {0};
    tri_text_folded(&text, name_space);
    tri_text_puts(&text, ":");
    tri_text_folded(&text, class_name);
    tri_text_puts(&text, ".");
    tri_text_puts(&text, key);
    return tri_text_take(&text, ret);
}

static int known_target(struct tri_namespace *ns, const struct tri_path *path, char **ret)
{
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *place = NULL;
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    TRI_AUTO_FREE char *key = NULL;
    if (!path->class_name || !tri_path_is_local(path))
        return TRI_MANAGEMENT_NOT_FOUND;
    int r = path->name_space ? tri_namespace_open(path->name_space, &place, NULL) : 0;
    if (r == 0)
        r = tri_namespace_class(place ? place : ns, path->class_name, &cls, NULL);
    if (r == 0)
        r = tri_path_key(path, cls, &key, NULL);
    return r < 0 ? r : target_text(cls->name_space, tri_key_root(cls)->name, key, ret);
}

static int unknown_target(const struct tri_namespace *ns, const char *reference, struct tri_path *path, char **ret)
{
    TRI_AUTO_FREE char *text = NULL;
    struct tri_text folded = {0};
    int r = path ? tri_path_text(path, &text) : 0;
    if (r < 0)
        return r;
    if (path && !path->name_space) {
        tri_text_folded(&folded, ns->path);
        tri_text_puts(&folded, ":");
    }
    tri_text_folded(&folded, text ? text : reference);
    return tri_text_take(&folded, ret);
}

static int reference_target(struct tri_namespace *ns, const char *reference, char **ret)
{
    TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
    int r = tri_path_parse(reference, &path, NULL);
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        return unknown_target(ns, reference, NULL, ret);
    r = known_target(ns, &path, ret);
    if (r == 0 || r == -ENOMEM)
        return r;
    if (tri_path_is_local(&path)) {
        free(path.server);
        path.server = NULL;
    }
    return unknown_target(ns, reference, &path, ret);
}

int tri_references_store(struct tri_namespace *ns, struct tri_reader *reader, int64_t id,
                         const struct tri_cim_object *object, bool is_new, struct tri_error *error)
{
    const struct tri_class *cls = object->cls;
    int r = is_new ? 0 : tri_statement_run(reader->connection, TRI_SQL_REFERENCE_REMOVE, error, "i", id);
    for (size_t i = 0; i < cls->property_count && r == 0 && cls->flags & TRI_CLASS_ASSOCIATION; i++) {
        TRI_AUTO_FREE char *target = NULL;
        const struct tri_value *value = tri_cim_object_value(object, (int)i);
        if (value->type != TRI_CIM_REFERENCE || !value->is_set)
            continue;
        if (reference_target(ns, value->string, &target) < 0)
            return tri_error_no_memory(error);
        r = tri_statement_run(reader->connection, TRI_SQL_REFERENCE_ADD, error, "it", id, target);
    }
    return r;
}

static int object_targets(const struct tri_cim_object *object, const char *name_space, char **ret_known,
                          char **ret_unknown, struct tri_error *error)
{
    TRI_AUTO_FREE char *key = NULL, *relative = NULL;
    struct tri_text text = {0};
    int r = tri_cim_object_key(object, &key, error);
    if (r < 0)
        return r;
    if (tri_cim_object_relative_path(object, &relative) < 0 ||
        target_text(name_space, tri_key_root(object->cls)->name, key, ret_known) < 0)
        return tri_error_no_memory(error);
    tri_text_folded(&text, name_space);
    tri_text_puts(&text, ":");
    tri_text_folded(&text, relative ? relative : "");
    return tri_text_take(&text, ret_unknown) < 0 ? tri_error_no_memory(error) : 0;
}

static int visit_referrers(struct tri_namespace *ns, struct tri_reader *reader, const char *known, const char *unknown,
                           tri_namespace_visit *visit, void *context, struct tri_error *error)
{
    TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    int r = tri_reader_hold(reader, error);
    if (r == 0)
        r = tri_statement(reader->connection, TRI_SQL_REFERENCE_FIND, &statement, error, "itt", ns->id, known, unknown);
    while (r == 0 && (r = tri_statement_step(reader->connection, statement, error)) > 0) {
        TRI_AUTO_CLASS struct tri_class *cls = NULL;
        r = tri_row_class(ns, reader, TRI_CLASS_OF(sqlite3_column_int64(statement, 0)), &cls, error);
        if (r == 0)
            r = tri_row_visit(cls, statement, visit, context, error);
    }
    return r;
}

int tri_namespace_referrers(struct tri_namespace *ns, const struct tri_cim_object *target, tri_namespace_visit *visit,
                            void *context, struct tri_error *error)
{
    TRI_AUTO_READER struct tri_reader reader = {0};
    TRI_CLEANUP(tri_collected_clear) struct tri_collected collected = {0};
    TRI_AUTO_FREE char *known = NULL, *unknown = NULL;
    const char *name_space = target->cls->name_space ? target->cls->name_space : ns->path;
    int r = tri_reader_open(ns->repository, &reader, error);
    if (r <= 0)
        return r;
    r = object_targets(target, name_space, &known, &unknown, error);
    if (r < 0)
        return r;
    if (!reader.is_transaction)
        return visit_referrers(ns, &reader, known, unknown, visit, context, error);
    r = visit_referrers(ns, &reader, known, unknown, tri_collect, &collected, error);
    return r != 0 ? r : tri_collected_visit(&collected, visit, context);
}
