/* Namespaces as objects: the instances of __NAMESPACE in a namespace are those right below it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/call.h"
#include "management/namespace-private.h"

enum { PATH_BYTES_MAX = 1024 };

bool tri_is_namespace_class(const struct tri_class *cls)
{
    return cls->flags & TRI_CLASS_BUILT_IN && tri_name_equal(cls->name, "__NAMESPACE");
}

static int set_name(struct tri_cim_object *object, const char *name, struct tri_error *error)
{
    tri_cim_object_set_string(object, "Name", name);
    return tri_cim_object_find(object, "Name")->is_set ? 0 : tri_error_no_memory(error);
}

static int visit_name(struct tri_class *cls, const char *name, tri_namespace_visit *visit, void *context,
                      struct tri_error *error)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_cim_object_instance(cls);
    int r = object ? set_name(object, name, error) : tri_error_no_memory(error);
    return r < 0 ? r : visit(context, object);
}

/* The last part of the path, where it lies right below the namespace; else NULL. */
static const char *name_below(const struct tri_namespace *ns, const char *path)
{
    size_t length = strlen(ns->path);
    if (strlen(path) <= length || path[length] != '\\' || strncasecmp(path, ns->path, length) != 0)
        return NULL;
    return strchr(path + length + 1, '\\') ? NULL : path + length + 1;
}

/* Names of the stored ones, read before any is visited. */
static int stored_names(struct tri_namespace *ns, char ***ret, size_t *ret_count, struct tri_error *error)
{
    TRI_AUTO_READER struct tri_reader reader = {0};
    TRI_AUTO_FREE char *folded = tri_folded(ns->path);
    char **names = NULL;
    size_t count = 0;
    int r = folded ? tri_reader_open(ns->repository, &reader, error) : tri_error_no_memory(error);
    if (r <= 0)
        return r;
    TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    r = tri_statement(reader.connection, TRI_SQL_NAMESPACE_BELOW, &statement, error, "t", folded);
    while (r == 0 && (r = tri_statement_step(reader.connection, statement, error)) > 0) {
        const char *path = (const char *)sqlite3_column_text(statement, 0), *name = path ? strrchr(path, '\\') : NULL;
        char **more = name ? realloc(names, (count + 1) * sizeof *names) : NULL;
        r = name ? (more ? 0 : tri_error_no_memory(error)) : tri_damaged(ns, "a namespace", error);
        if (more)
            names = more;
        if (more && !(names[count] = strdup(name + 1)))
            r = tri_error_no_memory(error);
        count += r == 0;
    }
    if (r == 0) {
        *ret = names;
        *ret_count = count;
    } else {
        tri_names_free(names, count);
    }
    return r;
}

int tri_namespaces_scan(struct tri_namespace *ns, struct tri_class *cls, tri_namespace_visit *visit, void *context,
                        struct tri_error *error)
{
    char **names = NULL;
    size_t count = 0;
    int r = stored_names(ns, &names, &count, error);
    for (size_t i = 0; tri_schema_namespaces[i] && r == 0; i++) {
        const char *name = name_below(ns, tri_schema_namespaces[i]);
        r = name ? visit_name(cls, name, visit, context, error) : 0;
    }
    for (size_t i = 0; i < count && r == 0; i++)
        r = visit_name(cls, names[i], visit, context, error);
    tri_names_free(names, count);
    return r;
}

struct wanted {
    const char *key;
    struct tri_cim_object *found;
};

static int visit_wanted(void *context, struct tri_cim_object *object)
{
    struct wanted *wanted = context;
    TRI_AUTO_FREE char *key = NULL;
    int r = tri_cim_object_key(object, &key, NULL);
    if (r < 0 || strcmp(key, wanted->key) != 0)
        return r;
    wanted->found = tri_cim_object_ref(object);
    return 1;
}

int tri_namespaces_find(struct tri_namespace *ns, struct tri_class *cls, const char *key, struct tri_cim_object **ret,
                        struct tri_error *error)
{
    struct wanted wanted = {.key = key};
    int r = tri_namespaces_scan(ns, cls, visit_wanted, &wanted, error);
    if (r > 0)
        *ret = wanted.found;
    return r > 0 ? 0
           : r < 0
               ? r
               : tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, key, "There is no namespace %s in %s.", key, ns->path);
}

/* ---- making ---- */

/* The path of the one that the object names. */
static int path_below(struct tri_namespace *ns, const struct tri_cim_object *object, char **ret,
                      struct tri_error *error)
{
    const struct tri_value *name = tri_cim_object_find(object, "Name");
    if (!name || !name->is_set)
        return tri_error_set(error, TRI_MANAGEMENT_ILLEGAL_NULL, "Name",
                             "The key Name of __NAMESPACE is NULL; it must have a value.");
    if (!tri_name_valid(name->string))
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_PARAMETER, name->string,
                             "\"%s\" cannot name a namespace: a name begins with a letter, and has letters, digits and "
                             "underscores only.",
                             name->string);
    if (strlen(ns->path) + strlen(name->string) >= PATH_BYTES_MAX)
        return tri_error_set(error, TRI_MANAGEMENT_QUOTA_VIOLATION, name->string,
                             "The path of a namespace cannot be longer than %d bytes.", PATH_BYTES_MAX);
    return asprintf(ret, "%s\\%s", ns->path, name->string) < 0 ? tri_error_no_memory(error) : 0;
}

static int exists_below(struct tri_connection *connection, const char *folded, struct tri_error *error)
{
    return tri_schema_namespace(folded, NULL)
               ? 1
               : tri_statement_run(connection, TRI_SQL_NAMESPACE_FIND, error, "t", folded);
}

static int add(struct tri_namespace *ns, const char *path, unsigned flags, struct tri_error *error)
{
    struct tri_transaction *transaction = tri_transaction_current(ns->repository);
    TRI_AUTO_FREE char *folded = tri_folded(path), *above = tri_folded(ns->path);
    if (!folded || !above)
        return tri_error_no_memory(error);
    int r = exists_below(transaction->connection, above, error);
    if (r <= 0)
        return r < 0 ? r
                     : tri_error_set(error, TRI_MANAGEMENT_INVALID_NAMESPACE, ns->path,
                                     "The namespace \"%s\" has been deleted.", ns->path);
    r = exists_below(transaction->connection, folded, error);
    if (r > 0 && flags & TRI_CALL_CREATE_ONLY)
        return tri_error_set(error, TRI_MANAGEMENT_ALREADY_EXISTS, path, "There is a namespace \"%s\" already.", path);
    if (r == 0 && flags & TRI_CALL_UPDATE_ONLY)
        return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, path, "There is no namespace \"%s\".", path);
    if (r != 0)
        return r < 0 ? r : 0;
    r = tri_transaction_changes_classes(transaction, error);
    return r < 0 ? r : tri_statement_run(transaction->connection, TRI_SQL_NAMESPACE_ADD, error, "tt", folded, path);
}

int tri_namespaces_put(struct tri_namespace *ns, const struct tri_cim_object *object, unsigned flags,
                       struct tri_error *error)
{
    TRI_AUTO_FREE char *path = NULL;
    struct tri_change change;
    int r = path_below(ns, object, &path, error);
    if (r < 0 || (r = tri_change_begin(ns->repository, &change, error)) < 0)
        return r;
    return tri_change_end(&change, add(ns, path, flags, error), error);
}

/* ---- deleting ---- */

int tri_namespaces_remove(struct tri_namespace *ns, struct tri_class *cls, const char *key, struct tri_error *error)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = NULL;
    TRI_AUTO_FREE char *path = NULL, *folded = NULL;
    struct tri_change change;
    int r = tri_namespaces_find(ns, cls, key, &object, error);
    if (r < 0 || (r = path_below(ns, object, &path, error)) < 0)
        return r;
    if (!(folded = tri_folded(path)))
        return tri_error_no_memory(error);
    if (tri_schema_namespace(folded, NULL))
        return tri_error_set(error, TRI_MANAGEMENT_ACCESS_DENIED, path,
                             "The namespace \"%s\" is a part of Trireme and cannot be deleted.", path);
    if ((r = tri_change_begin(ns->repository, &change, error)) < 0)
        return r;
    r = tri_transaction_changes_classes(tri_transaction_current(ns->repository), error);
    if (r == 0)
        r = tri_statement_run(tri_transaction_current(ns->repository)->connection, TRI_SQL_NAMESPACE_REMOVE, error, "t",
                              folded);
    return tri_change_end(&change, r, error);
}
