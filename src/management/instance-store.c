/* Instances in the repository's file: found by their key below the class that introduced it, scanned by their class. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/call.h"
#include "management/namespace-private.h"
#include "management/text.h"

static int not_found(const struct tri_class *cls, const char *key, struct tri_error *error)
{
    return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, key, "There is no object of the class %s with the key %s.",
                         cls->name, key);
}

/* ---- finding one ---- */

int tri_row_class(struct tri_namespace *ns, struct tri_reader *reader, int64_t id, struct tri_class **ret,
                  struct tri_error *error)
{
    struct tri_connection *connection = reader->connection;
    if (!reader->is_transaction && connection->class_before && connection->class_before->id == id) {
        *ret = tri_class_ref(connection->class_before);
        return 0;
    }
    int r = tri_stored_class_of(ns, reader, id, ret, error);
    if (r <= 0)
        return r < 0 ? r : tri_damaged(ns, "an object", error);
    if (!reader->is_transaction && (*ret)->id == id) {
        tri_class_unref(connection->class_before);
        connection->class_before = tri_class_ref(*ret);
    }
    return 0;
}

/* The row of an object below the class; the statement stands on it. 1; 0: none. */
static int find_row(struct tri_namespace *ns, struct tri_reader *reader, const struct tri_class *cls, const char *key,
                    sqlite3_stmt **ret, struct tri_error *error)
{
    int64_t root;
    const struct tri_class *top = tri_key_root(cls);
    int r = 1;
    if (!(root = top->id)) {
        if ((r = tri_reader_hold(reader, error)) == 0)
            r = tri_stored_class_id(ns, reader, top, &root, error);
    }
    if (r <= 0)
        return r;
    r = tri_statement(reader->connection, TRI_SQL_INSTANCE_FIND, ret, error, "it", root, key);
    return r < 0 ? r : tri_statement_step(reader->connection, *ret, error);
}

static int find_object(struct tri_namespace *ns, struct tri_reader *reader, const struct tri_class *cls,
                       const char *key, struct tri_cim_object **ret, struct tri_error *error)
{
    TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    TRI_AUTO_CLASS struct tri_class *found = NULL;
    int r = find_row(ns, reader, cls, key, &statement, error);
    if (r <= 0)
        return r;
    r = tri_reader_sync(reader, error);
    if (r == 0)
        r = tri_row_class(ns, reader, TRI_CLASS_OF(sqlite3_column_int64(statement, 0)), &found, error);
    if (r < 0)
        return r;
    if (!tri_class_is_a(found, cls->name))
        return 0;
    const void *blob = sqlite3_column_blob(statement, 1);
    *ret = tri_cim_object_from_blob(found, blob, (size_t)sqlite3_column_bytes(statement, 1));
    return *ret ? 1 : tri_error_no_memory(error);
}

int tri_namespace_instance(struct tri_namespace *ns, struct tri_class *cls, const char *key,
                           struct tri_cim_object **ret, struct tri_error *error)
{
    TRI_AUTO_READER struct tri_reader reader = {0};
    if (tri_is_namespace_class(cls))
        return tri_namespaces_find(ns, cls, key, ret, error);
    int r = tri_reader_open(ns->repository, &reader, error);
    if (r > 0)
        r = find_object(ns, &reader, cls, key, ret, error);
    return r > 0 ? 0 : r < 0 ? r : not_found(cls, key, error);
}

/* ---- all of a class ---- */

void tri_collected_clear(struct tri_collected *collected)
{
    for (size_t i = 0; i < collected->count; i++)
        tri_cim_object_unref(collected->objects[i]);
    free(collected->objects);
}

int tri_collect(void *context, struct tri_cim_object *object)
{
    struct tri_collected *collected = context;
    if (collected->count == collected->room) {
        size_t room = collected->room ? collected->room * 2 : 64;
        struct tri_cim_object **objects = realloc(collected->objects, room * sizeof *objects);
        if (!objects)
            return -ENOMEM;
        collected->objects = objects;
        collected->room = room;
    }
    collected->objects[collected->count++] = tri_cim_object_ref(object);
    return 0;
}

int tri_row_visit(struct tri_class *cls, sqlite3_stmt *statement, tri_namespace_visit *visit, void *context,
                  struct tri_error *error)
{
    const void *blob = sqlite3_column_blob(statement, 1);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object =
        tri_cim_object_from_blob(cls, blob, (size_t)sqlite3_column_bytes(statement, 1));
    if (!object)
        return tri_error_no_memory(error);
    return visit(context, object);
}

static int scan_rows(struct tri_namespace *ns, struct tri_reader *reader, struct tri_class *asked,
                     tri_namespace_visit *visit, void *context, struct tri_error *error)
{
    TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    int64_t id;
    int r = tri_reader_hold(reader, error);
    if (r == 0)
        r = tri_stored_class_id(ns, reader, asked, &id, error);
    if (r <= 0)
        return r;
    r = tri_statement(reader->connection, TRI_SQL_INSTANCE_SCAN, &statement, error, "i", id);
    while (r == 0 && (r = tri_statement_step(reader->connection, statement, error)) > 0) {
        r = cls ? 0 : tri_row_class(ns, reader, id, &cls, error);
        if (r == 0)
            r = tri_row_visit(cls, statement, visit, context, error);
    }
    return r;
}

int tri_collected_visit(struct tri_collected *collected, tri_namespace_visit *visit, void *context)
{
    int r = 0;
    for (size_t i = 0; i < collected->count && r == 0; i++)
        r = visit(context, collected->objects[i]);
    return r;
}

int tri_namespace_scan(struct tri_namespace *ns, struct tri_class *cls, tri_namespace_visit *visit, void *context,
                       struct tri_error *error)
{
    TRI_AUTO_READER struct tri_reader reader = {0};
    TRI_CLEANUP(tri_collected_clear) struct tri_collected collected = {0};
    if (tri_is_namespace_class(cls))
        return tri_namespaces_scan(ns, cls, visit, context, error);
    int r = tri_reader_open(ns->repository, &reader, error);
    if (r <= 0)
        return r;
    if (!reader.is_transaction)
        return scan_rows(ns, &reader, cls, visit, context, error);
    r = scan_rows(ns, &reader, cls, tri_collect, &collected, error);
    return r != 0 ? r : tri_collected_visit(&collected, visit, context);
}

int tri_instances_any(struct tri_reader *reader, int64_t class_id, struct tri_error *error)
{
    TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    int r = tri_statement(reader->connection, TRI_SQL_INSTANCE_NEXT, &statement, error, "ii", TRI_FIRST_OF(class_id),
                          TRI_LAST_OF(class_id));
    return r < 0 ? r : tri_statement_step(reader->connection, statement, error);
}

/* ---- putting ---- */

/* The object as one of the class as it is now. A value that is the old class's default follows the new one's. */
static int convert(const struct tri_cim_object *object, struct tri_class *cls, struct tri_cim_object **ret,
                   struct tri_error *error)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *made = tri_cim_object_instance(cls);
    if (!made)
        return tri_error_no_memory(error);
    for (size_t i = 0; i < object->cls->property_count; i++) {
        const struct tri_property *property = &object->cls->properties[i];
        const struct tri_value *value = tri_cim_object_value(object, (int)i);
        int to = tri_class_find(cls, property->name);
        if (to < 0 || (!value->is_set && !property->value.is_set) || tri_value_equal(value, &property->value, false))
            continue;
        int r = tri_cim_object_set(made, to, value, error);
        if (r < 0)
            return r;
    }
    if (object->qualifiers) {
        made->qualifiers = calloc(1, sizeof *made->qualifiers);
        if (!made->qualifiers || tri_qualifiers_copy(object->qualifiers, made->qualifiers) < 0)
            return tri_error_no_memory(error);
    }
    *ret = TRI_TAKE(made);
    return 0;
}

static int check_class(const struct tri_class *cls, struct tri_error *error)
{
    if (cls->flags & TRI_CLASS_ABSTRACT)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_CLASS, cls->name,
                             "The class %s is abstract and has no instances; put one of a class that derives from it.",
                             cls->name);
    if (cls->provider)
        return tri_error_set(error, TRI_MANAGEMENT_PROVIDER_NOT_CAPABLE, cls->name,
                             "The instances of %s come from its provider and are not stored.", cls->name);
    return 0;
}

static int check_values(const struct tri_cim_object *object, struct tri_error *error)
{
    const struct tri_class *cls = object->cls;
    for (size_t i = 0; i < cls->property_count; i++) {
        const struct tri_property *property = &cls->properties[i];
        bool must_be = tri_qualifiers_true(&property->qualifiers, "not_null") ||
                       tri_qualifiers_true(&property->qualifiers, "indexed");
        if (must_be && !tri_cim_object_value(object, (int)i)->is_set)
            return tri_error_set(error, TRI_MANAGEMENT_ILLEGAL_NULL, property->name,
                                 "The property %s of %s must have a value.", property->name, cls->name);
    }
    return 0;
}

struct instance_put {
    struct tri_namespace *ns;
    struct tri_reader reader;
    struct tri_class *cls;            /* as it is now */
    struct tri_cim_object *converted; /* or NULL: the object as it was given */
    const struct tri_cim_object *object;
    char *key;
    uint8_t *blob;
    size_t blob_size;
};

static void put_clear(struct instance_put *put)
{
    tri_reader_close(&put->reader);
    tri_class_unref(put->cls);
    tri_cim_object_unref(put->converted);
    free(put->key);
    free(put->blob);
}

/* The class as it is now, which may differ from the one that the object was made of. */
static int prepare(struct instance_put *put, const struct tri_cim_object *given, struct tri_error *error)
{
    const char *name = given->cls->name;
    int r = tri_stored_class(put->ns, &put->reader, name, &put->cls, error);
    if (r == 0)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_CLASS, name, "There is no class %s in %s.", name,
                             put->ns->path);
    if (r < 0 || (r = check_class(put->cls, error)) < 0)
        return r;
    put->object = given;
    if (put->cls != given->cls) {
        if ((r = convert(given, put->cls, &put->converted, error)) < 0)
            return r;
        put->object = put->converted;
    }
    if ((r = tri_cim_object_key(put->object, &put->key, error)) < 0 || (r = check_values(put->object, error)) < 0)
        return r;
    r = tri_cim_object_encode(put->object, &put->blob, &put->blob_size);
    return r == -ENOMEM ? tri_error_no_memory(error)
           : r < 0      ? tri_error_set(error, r, name,
                                        "An object of the class %s cannot be stored: it is nested too deeply.", name)
                        : 0;
}

/* The row that has the key already: *ret_id, or 0. */
static int find_old(struct instance_put *put, int64_t root, int64_t class_id, int64_t *ret_id, struct tri_error *error)
{
    TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    int r = tri_statement(put->reader.connection, TRI_SQL_INSTANCE_FIND, &statement, error, "it", root, put->key);
    if (r == 0)
        r = tri_statement_step(put->reader.connection, statement, error);
    *ret_id = r > 0 ? sqlite3_column_int64(statement, 0) : 0;
    if (r <= 0 || TRI_CLASS_OF(*ret_id) == class_id)
        return r < 0 ? r : 0;
    TRI_AUTO_CLASS struct tri_class *other = NULL;
    r = tri_stored_class_of(put->ns, &put->reader, TRI_CLASS_OF(*ret_id), &other, error);
    return r < 0 ? r
                 : tri_error_set(error, TRI_MANAGEMENT_ALREADY_EXISTS, put->key,
                                 "An object of the class %s has the key %s already, and %s shares its keys.",
                                 other ? other->name : "", put->key, put->cls->name);
}

static int next_id(struct tri_reader *reader, int64_t class_id, int64_t *ret, struct tri_error *error)
{
    TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    int r = tri_statement(reader->connection, TRI_SQL_INSTANCE_LAST, &statement, error, "ii", TRI_FIRST_OF(class_id),
                          TRI_LAST_OF(class_id));
    if (r == 0)
        r = tri_statement_step(reader->connection, statement, error);
    if (r < 0)
        return r;
    int64_t last = sqlite3_column_int64(statement, 0);
    *ret = last ? last + 1 : TRI_FIRST_OF(class_id) + 1;
    if (*ret > TRI_LAST_OF(class_id))
        return tri_error_set(error, TRI_MANAGEMENT_QUOTA_VIOLATION, NULL,
                             "A class cannot have more than 2^32 objects.");
    return 0;
}

static int write_row(struct instance_put *put, unsigned flags, struct tri_error *error)
{
    int64_t class_id, root, id = 0;
    const struct tri_class *top = tri_key_root(put->cls);
    int r = tri_stored_class_make_id(put->ns, &put->reader, put->cls, &class_id, error);
    if (r == 0)
        r = tri_stored_class_make_id(put->ns, &put->reader, top, &root, error);
    if (r == 0)
        r = find_old(put, root, class_id, &id, error);
    if (r < 0)
        return r;
    if (id && flags & TRI_CALL_CREATE_ONLY)
        return tri_error_set(error, TRI_MANAGEMENT_ALREADY_EXISTS, put->key,
                             "There is an object of the class %s with the key %s already.", put->cls->name, put->key);
    if (!id && flags & TRI_CALL_UPDATE_ONLY)
        return not_found(put->cls, put->key, error);
    bool is_new = !id;
    struct tri_connection *connection = put->reader.connection;
    if (!is_new)
        r = tri_statement_run(connection, TRI_SQL_INSTANCE_CHANGE, error, "ib", id, put->blob, put->blob_size);
    else if ((r = next_id(&put->reader, class_id, &id, error)) == 0)
        r = tri_statement_run(connection, TRI_SQL_INSTANCE_ADD, error, "iitb", id, root, put->key, put->blob,
                              put->blob_size);
    if (r == 0 && put->cls->flags & TRI_CLASS_ASSOCIATION)
        r = tri_references_store(put->ns, &put->reader, id, put->object, is_new, error);
    return r;
}

static int put_instance(struct instance_put *put, const struct tri_cim_object *object, unsigned flags, char **ret_path,
                        struct tri_error *error)
{
    int r = tri_reader_open(put->ns->repository, &put->reader, error);
    if (r < 0 || (r = prepare(put, object, error)) < 0 || (r = write_row(put, flags, error)) < 0)
        return r;
    return ret_path && tri_cim_object_path(put->object, ret_path) < 0 ? tri_error_no_memory(error) : 0;
}

int tri_namespace_put_instance(struct tri_namespace *ns, const struct tri_cim_object *object, unsigned flags,
                               char **ret_path, struct tri_error *error)
{
    TRI_AUTO_FREE char *path = NULL;
    struct tri_change change;
    if (object->is_class || !object->cls->name)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_OBJECT, NULL,
                             "An instance is to be put, and this is a class.");
    if (tri_is_namespace_class(object->cls)) {
        int r = tri_namespaces_put(ns, object, flags, error);
        return r == 0 && ret_path && tri_cim_object_path(object, ret_path) < 0 ? tri_error_no_memory(error) : r;
    }
    int r = check_class(object->cls, error); /* before there is a file for it */
    if (r < 0 || (r = tri_change_begin(ns->repository, &change, error)) < 0)
        return r;
    struct instance_put put = {.ns = ns};
    r = put_instance(&put, object, flags, ret_path ? &path : NULL, error);
    put_clear(&put);
    r = tri_change_end(&change, r, error);
    if (r == 0 && ret_path)
        *ret_path = TRI_TAKE(path);
    return r;
}

/* ---- deleting ---- */

static int delete_instance(struct tri_namespace *ns, struct tri_class *cls, const char *key, struct tri_error *error)
{
    TRI_AUTO_READER struct tri_reader reader = {0};
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = NULL;
    int64_t id = 0;
    int r = tri_reader_open(ns->repository, &reader, error);
    if (r > 0)
        r = find_object(ns, &reader, cls, key, &object, error);
    if (r > 0) {
        TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
        r = find_row(ns, &reader, cls, key, &statement, error);
        id = r > 0 ? sqlite3_column_int64(statement, 0) : 0;
    }
    if (r <= 0)
        return r < 0 ? r : not_found(cls, key, error);
    return tri_statement_run(reader.connection, TRI_SQL_INSTANCE_REMOVE, error, "i", id);
}

int tri_namespace_delete_instance(struct tri_namespace *ns, struct tri_class *cls, const char *key,
                                  struct tri_error *error)
{
    struct tri_change change;
    if (tri_is_namespace_class(cls))
        return tri_namespaces_remove(ns, cls, key, error);
    if (cls->provider || !tri_repository_exists(ns->repository))
        return cls->provider ? check_class(cls, error) : not_found(cls, key, error);
    int r = tri_change_begin(ns->repository, &change, error);
    if (r < 0)
        return r;
    return tri_change_end(&change, delete_instance(ns, cls, key, error), error);
}

/* ---- when a class has changed ---- */

static int convert_row(struct tri_namespace *ns, struct tri_reader *reader, int64_t id, struct tri_cim_object *object,
                       struct tri_class *to, struct tri_error *error)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *made = NULL;
    TRI_AUTO_FREE uint8_t *blob = NULL;
    size_t size;
    int r = tri_cim_object_decode(object);
    if (r < 0)
        return r == -ENOMEM ? tri_error_no_memory(error) : tri_damaged(ns, "an object", error);
    r = convert(object, to, &made, error);
    if (r < 0)
        return r;
    if (tri_cim_object_encode(made, &blob, &size) < 0)
        return tri_error_no_memory(error);
    r = tri_statement_run(reader->connection, TRI_SQL_INSTANCE_CHANGE, error, "ib", id, blob, size);
    return r < 0 ? r : tri_references_store(ns, reader, id, made, false, error);
}

/* One row after the other, each found anew, since they are changed meanwhile. */
int tri_instances_convert(struct tri_namespace *ns, struct tri_reader *reader, struct tri_class *from,
                          struct tri_class *to, struct tri_error *error)
{
    for (int64_t id = TRI_FIRST_OF(to->id);; id++) {
        TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = NULL;
        {
            TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
            int r = tri_statement(reader->connection, TRI_SQL_INSTANCE_NEXT, &statement, error, "ii", id,
                                  TRI_LAST_OF(to->id));
            if (r == 0)
                r = tri_statement_step(reader->connection, statement, error);
            if (r <= 0)
                return r;
            id = sqlite3_column_int64(statement, 0);
            const void *blob = sqlite3_column_blob(statement, 1);
            object = tri_cim_object_from_blob(from, blob, (size_t)sqlite3_column_bytes(statement, 1));
        }
        int r = object ? convert_row(ns, reader, id, object, to, error) : tri_error_no_memory(error);
        if (r < 0)
            return r;
    }
}
