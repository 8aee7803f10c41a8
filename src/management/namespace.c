#include "management/namespace.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/namespace-private.h"

/* ---- life ---- */

static struct tri_namespace *namespace_new(struct tri_repository *repository, const char *path, int64_t id,
                                           bool is_stored)
{
    struct tri_namespace *ns = calloc(1, sizeof *ns);
    if (!ns)
        return NULL;
    atomic_init(&ns->references, 1);
    atomic_init(&ns->checked, TRI_VERSION_UNKNOWN);
    ns->id = id;
    ns->is_stored = is_stored;
    ns->repository = tri_repository_ref(repository);
    ns->path = strdup(path);
    ns->schema = ns->path ? tri_schema_get(path) : NULL;
    if (!ns->schema)
        tri_namespace_unref(TRI_TAKE(ns));
    return ns;
}

/* 1: *ret_id and *ret_spelling say which; 0: there is none of that name. */
static int find_stored(struct tri_repository *repository, const char *path, int64_t *ret_id, char **ret_spelling,
                       struct tri_error *error)
{
    TRI_AUTO_READER struct tri_reader reader = {0};
    TRI_AUTO_FREE char *folded = tri_folded(path);
    int r = folded ? tri_reader_open(repository, &reader, error) : tri_error_no_memory(error);
    if (r <= 0)
        return r;
    TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    r = tri_statement(reader.connection, TRI_SQL_NAMESPACE_FIND, &statement, error, "t", folded);
    if (r == 0)
        r = tri_statement_step(reader.connection, statement, error);
    if (r <= 0)
        return r;
    *ret_id = sqlite3_column_int64(statement, 0);
    const char *spelling = (const char *)sqlite3_column_text(statement, 1);
    *ret_spelling = spelling ? strdup(spelling) : NULL;
    return *ret_spelling ? 1 : tri_error_no_memory(error);
}

int tri_namespace_open(const char *text, struct tri_namespace **ret, struct tri_error *error)
{
    TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
    TRI_CLEANUP(tri_repository_unrefp) struct tri_repository *repository = NULL;
    TRI_AUTO_FREE char *stored = NULL;
    int number;
    int64_t id = 0;
    int r = tri_path_parse_namespace(text, &path, error);
    if (r == 0 && !tri_path_is_local(&path))
        r = tri_error_set(error, -EHOSTUNREACH, path.server, "\"%s\" is another host; only this one can be asked.",
                          path.server);
    if (r == 0)
        r = tri_repository_get(&repository, error);
    if (r < 0)
        return r;
    const char *spelling = tri_schema_namespace(path.name_space, &number);
    if (spelling) {
        id = number;
    } else {
        r = find_stored(repository, path.name_space, &id, &stored, error);
        if (r <= 0)
            return r < 0 ? r
                         : tri_error_set(error, TRI_MANAGEMENT_INVALID_NAMESPACE, path.name_space,
                                         "There is no namespace \"%s\".", path.name_space);
        spelling = stored;
    }
    struct tri_namespace *ns = namespace_new(repository, spelling, id, stored);
    if (!ns)
        return tri_error_no_memory(error);
    *ret = ns;
    return 0;
}

struct tri_namespace *tri_namespace_ref(struct tri_namespace *ns)
{
    atomic_fetch_add_explicit(&ns->references, 1, memory_order_relaxed);
    return ns;
}

void tri_namespace_unref(struct tri_namespace *ns)
{
    if (!ns || atomic_fetch_sub_explicit(&ns->references, 1, memory_order_acq_rel) != 1)
        return;
    tri_schema_put(ns->schema);
    tri_repository_unref(ns->repository);
    free(ns->path);
    free(ns);
}

void tri_namespace_unrefp(struct tri_namespace **ns)
{
    tri_namespace_unref(*ns);
}

const char *tri_namespace_path(const struct tri_namespace *ns)
{
    return ns->path;
}

uint64_t tri_namespace_version(struct tri_namespace *ns)
{
    return tri_repository_version(ns->repository);
}

/* ---- is it still there? ---- */

static int deleted(const struct tri_namespace *ns, struct tri_error *error)
{
    return tri_error_set(error, TRI_MANAGEMENT_INVALID_NAMESPACE, ns->path, "The namespace \"%s\" has been deleted.",
                         ns->path);
}

int tri_namespace_check_at(const struct tri_namespace *ns, struct tri_reader *reader, struct tri_error *error)
{
    int r = ns->is_stored ? tri_statement_run(reader->connection, TRI_SQL_NAMESPACE_ALIVE, error, "i", ns->id) : 1;
    return r > 0 ? 0 : r < 0 ? r : deleted(ns, error);
}

int tri_namespace_check(struct tri_namespace *ns, struct tri_error *error)
{
    if (!ns->is_stored)
        return 0;
    uint64_t version = tri_version_now(tri_repository_version_page(ns->repository)); /* before it is looked up */
    bool is_known = version != TRI_VERSION_UNKNOWN && atomic_load(&ns->checked) == version;
    if (is_known && !tri_transaction_current(ns->repository))
        return 0;
    TRI_AUTO_READER struct tri_reader reader = {0};
    int r = tri_reader_open(ns->repository, &reader, error);
    if (r <= 0)
        return r < 0 ? r : deleted(ns, error);
    r = tri_namespace_check_at(ns, &reader, error);
    if (r == 0 && !reader.is_transaction)
        atomic_store(&ns->checked, version);
    return r;
}

/* ---- classes ---- */

static int no_class(const struct tri_namespace *ns, int code, const char *name, struct tri_error *error)
{
    return tri_error_set(error, code, name, "There is no class %s in the namespace %s.", name, ns->path);
}

static int read_class(struct tri_namespace *ns, const char *name, struct tri_class **ret, struct tri_error *error)
{
    TRI_AUTO_READER struct tri_reader reader = {0};
    int r = tri_reader_open(ns->repository, &reader, error);
    if (r <= 0)
        return r;
    r = tri_reader_hold(&reader, error);
    return r < 0 ? r : tri_stored_class(ns, &reader, name, ret, error);
}

int tri_namespace_class(struct tri_namespace *ns, const char *name, struct tri_class **ret, struct tri_error *error)
{
    struct tri_class *cls = NULL;
    int r = tri_schema_class(ns->schema, name, &cls, error);
    if (r == 0 && !tri_transaction_current(ns->repository))
        r = tri_repository_known_class(ns->repository, ns->id, name, &cls);
    if (r == 0)
        r = read_class(ns, name, &cls, error);
    if (r <= 0)
        return r < 0 ? r : no_class(ns, TRI_MANAGEMENT_NOT_FOUND, name, error);
    *ret = cls;
    return 0;
}

/* ---- names ---- */

struct names {
    const char *(*pairs)[2]; /* the built-in ones first, which are not owned */
    size_t built_in, count, room;
};

static void names_clear(struct names *names)
{
    for (size_t i = names->built_in; i < names->count; i++) {
        free((char *)names->pairs[i][0]);
        free((char *)names->pairs[i][1]);
    }
    free(names->pairs);
}

static int names_add(struct names *names, const char *name, const char *superclass)
{
    if (names->count == names->room) {
        size_t room = names->room * 2;
        const char *(*pairs)[2] = realloc(names->pairs, room * sizeof *pairs);
        if (!pairs)
            return -ENOMEM;
        names->pairs = pairs;
        names->room = room;
    }
    const char **pair = names->pairs[names->count++];
    pair[0] = strdup(name ? name : "");
    pair[1] = superclass ? strdup(superclass) : NULL;
    return pair[0] && (pair[1] || !superclass) ? 0 : -ENOMEM;
}

static int read_names(struct tri_namespace *ns, struct tri_reader *reader, struct names *names, struct tri_error *error)
{
    TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    names->room = tri_schema_names(ns->schema, NULL) + 16;
    names->pairs = malloc(names->room * sizeof *names->pairs);
    if (!names->pairs)
        return tri_error_no_memory(error);
    names->built_in = names->count = tri_schema_names(ns->schema, names->pairs);
    int r = tri_statement(reader->connection, TRI_SQL_CLASS_NAMES, &statement, error, "i", ns->id);
    while (r == 0 && (r = tri_statement_step(reader->connection, statement, error)) > 0) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        /* A class of an older file may have become a built-in one since. */
        if (!name || tri_schema_find(ns->schema, name))
            r = 0;
        else
            r = names_add(names, name, (const char *)sqlite3_column_text(statement, 1)) < 0 ? tri_error_no_memory(error)
                                                                                            : 0;
    }
    return r;
}

static const struct tri_class_tree *read_tree(struct tri_namespace *ns, struct tri_reader *reader,
                                              struct tri_error *error)
{
    TRI_CLEANUP(names_clear) struct names names = {0};
    const struct tri_class_tree *known = tri_class_cache_tree(reader->classes, ns->id);
    if (known)
        return known;
    if (read_names(ns, reader, &names, error) < 0)
        return NULL;
    struct tri_class_tree *made = tri_class_tree_new(ns->id, (const char *const(*)[2])names.pairs, names.count);
    if (!made)
        tri_error_no_memory(error);
    return made ? tri_class_cache_add_tree(reader->classes, made) : NULL;
}

static int below(struct tri_namespace *ns, const struct tri_class_tree *tree, const char *superclass, bool deep,
                 char ***ret, size_t *ret_count, struct tri_error *error)
{
    int r = tri_class_tree_below(tree, superclass, deep, ret, ret_count);
    if (r == TRI_MANAGEMENT_INVALID_CLASS)
        return no_class(ns, r, superclass, error);
    return r < 0 ? tri_error_no_memory(error) : 0;
}

/* 1: done; 0: there is no file. */
static int read_below(struct tri_namespace *ns, const char *superclass, bool deep, char ***ret, size_t *ret_count,
                      struct tri_error *error)
{
    TRI_AUTO_READER struct tri_reader reader = {0};
    int r = tri_reader_open(ns->repository, &reader, error);
    if (r <= 0)
        return r;
    if ((r = tri_reader_hold(&reader, error)) < 0)
        return r;
    struct tri_error found = {0};
    const struct tri_class_tree *tree = read_tree(ns, &reader, &found);
    if (!tree) {
        r = found.code;
        if (error)
            tri_error_move(error, &found);
        tri_error_clear(&found);
        return r;
    }
    r = below(ns, tree, superclass, deep, ret, ret_count, error);
    return r < 0 ? r : 1;
}

/* 1: done; 0: must be read. */
static int known_below(struct tri_namespace *ns, const char *superclass, bool deep, char ***ret, size_t *ret_count,
                       struct tri_error *error)
{
    if (tri_transaction_current(ns->repository))
        return 0;
    struct tri_class_cache *classes = tri_repository_known_classes(ns->repository);
    const struct tri_class_tree *tree = classes ? tri_class_cache_tree(classes, ns->id) : NULL;
    int r = tree ? below(ns, tree, superclass, deep, ret, ret_count, error) : 0;
    tri_class_cache_unref(classes);
    return r < 0 ? r : tree != NULL;
}

int tri_namespace_subclasses(struct tri_namespace *ns, const char *superclass, bool deep, char ***ret,
                             size_t *ret_count, struct tri_error *error)
{
    struct tri_error found = {0};
    int r = known_below(ns, superclass, deep, ret, ret_count, &found);
    if (r == 0)
        r = read_below(ns, superclass, deep, ret, ret_count, &found);
    /* A file that cannot be read must not keep anybody from the classes of this host. */
    bool is_built_in = superclass && tri_schema_find(ns->schema, superclass);
    if (r == 0 || (r < 0 && is_built_in)) {
        tri_error_clear(&found);
        const struct tri_class_tree *tree = tri_schema_tree(ns->schema);
        return tree ? below(ns, tree, superclass, deep, ret, ret_count, error) : tri_error_no_memory(error);
    }
    if (r < 0 && error && !error->code)
        tri_error_move(error, &found);
    tri_error_clear(&found);
    return r < 0 ? r : 0;
}

void tri_names_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

/* ---- several changes as one ---- */

int tri_namespace_begin(struct tri_namespace *ns, struct tri_error *error)
{
    return tri_transaction_begin(ns->repository, error);
}

int tri_namespace_end(struct tri_namespace *ns, bool keep, struct tri_error *error)
{
    if (!tri_transaction_current(ns->repository))
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_OPERATION, ns->path,
                             "This thread has begun no change of the repository.");
    return tri_transaction_end(keep, error);
}
