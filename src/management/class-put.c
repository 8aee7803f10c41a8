/* Putting and deleting classes: what may change, and what has to follow where something did. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/call.h"
#include "management/mof.h"
#include "management/namespace-private.h"

enum { DEPTH_MAX = 256, BELOW_MEMBERS_MAX = 4 << 20 };

/* ---- what may be put at all ---- */

static int check_name(struct tri_namespace *ns, const struct tri_class *cls, struct tri_error *error)
{
    const char *name = cls->name;
    if (!name)
        return tri_error_set(error, TRI_MANAGEMENT_INCOMPLETE_CLASS, NULL, "The class has no name: put __CLASS first.");
    if (*name == '_' || !tri_name_valid(name))
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_OPERATION, name,
                             "\"%s\" cannot name a class: a name begins with a letter, and has letters, digits and "
                             "underscores only; those that begin with an underscore are the system's.",
                             name);
    if (name[strlen(name) - 1] == '_')
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_OBJECT, name,
                             "\"%s\" cannot name a class: it ends with an underscore.", name);
    if (tri_schema_find(ns->schema, name))
        return tri_error_set(
            error, TRI_MANAGEMENT_ACCESS_DENIED, name,
            "The class %s is a part of Trireme and cannot be changed; derive a class of your own from it.", name);
    return 0;
}

static int depth_of(const struct tri_class *cls)
{
    int depth = 0;
    for (; cls; cls = cls->parent)
        depth++;
    return depth;
}

/* The superclass as it is now. *ret NULL: none. */
static int find_parent(struct tri_namespace *ns, struct tri_reader *reader, const struct tri_class *cls,
                       struct tri_class **ret, struct tri_error *error)
{
    if (!cls->parent)
        return 0;
    const char *name = cls->parent->name;
    int r = tri_stored_class(ns, reader, name, ret, error);
    if (r == 0)
        return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, name,
                             "There is no class %s in %s, from which %s derives.", name, ns->path, cls->name);
    if (r > 0 && depth_of(*ret) >= DEPTH_MAX)
        return tri_error_set(error, TRI_MANAGEMENT_QUOTA_VIOLATION, name,
                             "The class %s would have more than %d classes above it.", cls->name, DEPTH_MAX);
    if (r > 0 && tri_class_is_a(*ret, cls->name))
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_SUPERCLASS, name,
                             "The class %s cannot derive from %s, which derives from it.", cls->name, name);
    return r < 0 ? r : 0;
}

static int check_kind(const struct tri_class *cls, struct tri_error *error)
{
    const struct tri_class *parent = cls->parent;
    if (!parent)
        return 0;
    bool parent_has_objects = !(parent->flags & TRI_CLASS_ABSTRACT);
    if ((cls->flags & TRI_CLASS_ABSTRACT) && parent_has_objects)
        return tri_error_set(error, TRI_MANAGEMENT_CANNOT_BE_ABSTRACT, cls->name,
                             "The class %s cannot be abstract, because its superclass %s is not.", cls->name,
                             parent->name);
    if ((cls->flags & TRI_CLASS_SINGLETON) && parent_has_objects && !(parent->flags & TRI_CLASS_SINGLETON))
        return tri_error_set(error, TRI_MANAGEMENT_CANNOT_BE_SINGLETON, cls->name,
                             "The class %s cannot be a singleton, because its superclass %s is not.", cls->name,
                             parent->name);
    if (parent->provider && !(cls->flags & (TRI_CLASS_DYNAMIC | TRI_CLASS_ABSTRACT)))
        return tri_error_set(
            error, TRI_MANAGEMENT_INVALID_SUPERCLASS, cls->name,
            "The instances of the superclass %s come from a provider, so those of %s must too: it needs the "
            "qualifiers dynamic and provider.",
            parent->name, cls->name);
    return 0;
}

/* What is to be stored, as it will be read again: what cannot be said in MOF fails here, and not at the next look. */
static int make_class(struct tri_namespace *ns, const struct tri_class *cls, struct tri_class *parent,
                      struct tri_class **ret, char **ret_text, struct tri_error *error)
{
    TRI_AUTO_CLASS struct tri_class *copy = NULL, *based = NULL, *made = NULL;
    TRI_AUTO_FREE char *text = NULL;
    int r = 0;
    if (!cls->is_frozen) {
        if (!(copy = tri_class_thaw(cls)))
            return tri_error_no_memory(error);
        copy->flags = 0;
        if ((r = tri_class_freeze(copy, error)) < 0)
            return r;
        cls = copy;
    }
    if (parent != cls->parent && !(based = tri_class_rebase(cls, parent, error)))
        return error && error->code ? error->code : -ENOMEM;
    if (based && (r = tri_class_freeze(based, error)) < 0)
        return r;
    if (tri_mof_print_class(based ? based : cls, TRI_MOF_EXACT, &text) < 0)
        return tri_error_no_memory(error);
    r = tri_mof_read_class(text, parent, &made, error);
    if (r < 0)
        return r;
    free(made->name_space);
    if (!(made->name_space = strdup(ns->path)))
        return tri_error_no_memory(error);
    if ((r = tri_class_freeze(made, error)) < 0 || (r = check_kind(made, error)) < 0)
        return r;
    *ret = TRI_TAKE(made);
    *ret_text = TRI_TAKE(text);
    return 0;
}

/* ---- what a change means to others ---- */

enum difference {
    SAME = 0,
    TEXT = 1,    /* qualifiers that mean nothing to us, methods */
    METHODS = 2, /* matters to subclasses */
    SHAPE = 4,   /* properties or kind: matters to instances too */
    LAYOUT = 8,  /* instances are written differently */
    KEYS = 16,
};

static unsigned compare_property(const struct tri_property *a, const struct tri_property *b)
{
    unsigned difference = SAME;
    if (a->type != b->type || !tri_name_equal(a->name, b->name))
        difference |= SHAPE | LAYOUT;
    if (!tri_name_equal(a->class_name, b->class_name) || !tri_value_equal(&a->value, &b->value, false))
        difference |= SHAPE;
    return difference;
}

static unsigned compare_methods(const struct tri_class *a, const struct tri_class *b)
{
    if (a->method_count != b->method_count)
        return METHODS;
    for (size_t i = 0; i < a->method_count; i++)
        if (!tri_name_equal(a->methods[i].name, b->methods[i].name))
            return METHODS;
    return SAME;
}

/* The same properties of the same types, introduced by the same class? They are sorted by name. */
static unsigned compare_keys(const struct tri_class *a, const struct tri_class *b)
{
    if (a->key_count != b->key_count || tri_key_root(a)->id != tri_key_root(b)->id)
        return SHAPE | KEYS;
    for (size_t i = 0; i < a->key_count; i++) {
        const struct tri_property *x = &a->properties[a->keys[i]], *y = &b->properties[b->keys[i]];
        if (x->type != y->type || !tri_name_equal(x->name, y->name))
            return SHAPE | KEYS;
    }
    return SAME;
}

static unsigned compare_classes(const struct tri_class *a, const struct tri_class *b)
{
    const char *above_a = a->parent ? a->parent->name : NULL, *above_b = b->parent ? b->parent->name : NULL;
    unsigned difference = TEXT | compare_methods(a, b) | compare_keys(a, b);
    if (a->flags != b->flags || !tri_name_equal(above_a, above_b) || !tri_name_equal(a->provider, b->provider))
        difference |= SHAPE;
    if ((a->flags ^ b->flags) & TRI_CLASS_ASSOCIATION)
        difference |= LAYOUT;
    if ((a->flags ^ b->flags) & TRI_CLASS_SINGLETON)
        difference |= KEYS;
    if (a->property_count != b->property_count)
        difference |= SHAPE | LAYOUT;
    for (size_t i = 0; i < a->property_count && i < b->property_count; i++)
        difference |= compare_property(&a->properties[i], &b->properties[i]);
    return difference;
}

/* ---- the classes below ---- */

struct below {
    char **names; /* folded, those above first */
    size_t count;
    struct tri_class **classes; /* as they were before the change; NULL until read_below */
};

static void below_clear(struct below *below)
{
    for (size_t i = 0; below->classes && i < below->count; i++)
        tri_class_unref(below->classes[i]);
    free(below->classes);
    tri_names_free(below->names, below->count);
}

static int find_below(struct tri_namespace *ns, struct tri_reader *reader, const char *folded, struct below *ret,
                      struct tri_error *error)
{
    TRI_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    int r = tri_statement(reader->connection, TRI_SQL_CLASS_BELOW, &statement, error, "it", ns->id, folded);
    while (r == 0 && (r = tri_statement_step(reader->connection, statement, error)) > 0) {
        char **names = realloc(ret->names, (ret->count + 1) * sizeof *names);
        if (!names)
            return tri_error_no_memory(error);
        ret->names = names;
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        if (!name || !(names[ret->count] = strdup(name)))
            return tri_error_no_memory(error);
        ret->count++;
        r = 0;
    }
    return r;
}

static int refuse_below(const struct tri_class *cls, struct tri_error *error)
{
    return tri_error_set(error, TRI_MANAGEMENT_QUOTA_VIOLATION, cls->name,
                         "The class %s cannot be changed: the classes below it have more than %d members, with what "
                         "they inherit, and would all change with it. Delete some of them, and put them anew.",
                         cls->name, BELOW_MEMBERS_MAX);
}

/* All of them, since those in the file change while they are needed. */
static int read_below(struct tri_namespace *ns, struct tri_reader *reader, const struct tri_class *cls,
                      struct below *below, struct tri_error *error)
{
    size_t members = 0;
    below->classes = calloc(below->count + 1, sizeof *below->classes);
    if (!below->classes)
        return tri_error_no_memory(error);
    for (size_t i = 0; i < below->count; i++) {
        int r = tri_stored_class(ns, reader, below->names[i], &below->classes[i], error);
        if (r <= 0)
            return r < 0 ? r : tri_damaged(ns, below->names[i], error);
        members += below->classes[i]->member_count;
        if (members > BELOW_MEMBERS_MAX)
            return refuse_below(cls, error);
    }
    return 0;
}

static int refuse_instances(const char *name, const char *why, struct tri_error *error)
{
    return tri_error_set(error, TRI_MANAGEMENT_CLASS_HAS_INSTANCES, name,
                         "The class %s has instances, so that %s; delete them first.", name, why);
}

/* 1: the class, or one below it, has instances. */
static int has_instances(struct tri_reader *reader, const struct tri_class *cls, const struct below *below,
                         struct tri_error *error)
{
    int r = tri_instances_any(reader, cls->id, error);
    for (size_t i = 0; i < below->count && r == 0; i++)
        r = tri_instances_any(reader, below->classes[i]->id, error);
    return r;
}

/* The rules of the three modes: compatible, safe, force. */
static int check_change(const struct tri_class *old, const struct tri_class *made, unsigned difference, bool has_below,
                        bool has_objects, unsigned flags, struct tri_error *error)
{
    const char *name = made->name;
    bool is_forced = flags & TRI_CALL_UPDATE_FORCE, is_safe = flags & TRI_CALL_UPDATE_SAFE;
    if (has_below && difference & KEYS)
        return tri_error_set(
            error, TRI_MANAGEMENT_CLASS_HAS_CHILDREN, name,
            "The class %s has subclasses, so that its keys, or whether it is a singleton, cannot change.", name);
    if (has_below && difference & (METHODS | SHAPE) && !is_forced && !is_safe)
        return tri_error_set(
            error, TRI_MANAGEMENT_CLASS_HAS_CHILDREN, name,
            "The class %s has subclasses, which would change with it: put it in safe mode, or in force mode.", name);
    if (!has_objects || !(difference & SHAPE))
        return 0;
    if (!is_forced)
        return refuse_instances(name, "its properties cannot change except in force mode, which converts them", error);
    if (difference & KEYS)
        return refuse_instances(name, "its keys cannot change", error);
    unsigned kind = (old->flags ^ made->flags) & (TRI_CLASS_ABSTRACT | TRI_CLASS_DYNAMIC);
    return kind ? refuse_instances(name, "it cannot become abstract or dynamic", error) : 0;
}

/* Takes away from a subclass what contradicts its new superclass: properties of another type, qualifiers that may not be
 * overridden. */
static int give_way(const struct tri_class *cls, const struct tri_class *parent, struct tri_class **ret,
                    struct tri_error *error)
{
    TRI_AUTO_CLASS struct tri_class *copy = tri_class_thaw(cls);
    if (!copy)
        return tri_error_no_memory(error);
    for (size_t i = cls->property_count; i-- > 0;) {
        const struct tri_property *property = &cls->properties[i];
        int above = tri_class_find(parent, property->name);
        if (property->is_local && above >= 0 && parent->properties[above].type != property->type)
            tri_class_remove_property(copy, property->name, NULL);
    }
    for (size_t i = 0; i < cls->qualifiers.count; i++) {
        const struct tri_qualifier *own = &cls->qualifiers.items[i],
                                   *above = tri_qualifiers_find(&parent->qualifiers, own->name);
        if (above && above->flavor & TRI_FLAVOR_NOT_OVERRIDABLE)
            tri_qualifiers_remove(&copy->qualifiers, own->name, NULL);
    }
    copy->flags = 0;
    int r = tri_class_freeze(copy, error);
    if (r == 0)
        *ret = TRI_TAKE(copy);
    return r;
}

/* A subclass on top of its changed superclass. *ret_text: what is to be stored of it, where that changed; or NULL. */
static int rebase(const struct tri_class *cls, struct tri_class *parent, unsigned flags, struct tri_class **ret,
                  char **ret_text, struct tri_error *error)
{
    struct tri_error found = {0};
    TRI_AUTO_CLASS struct tri_class *loosened = NULL, *made = tri_class_rebase(cls, parent, &found);
    int r = made ? tri_class_freeze(made, &found) : found.code ? found.code : -ENOMEM;
    if (r < 0 && r != -ENOMEM && flags & TRI_CALL_UPDATE_FORCE) {
        tri_error_clear(&found);
        tri_class_unref(TRI_TAKE(made));
        r = give_way(cls, parent, &loosened, &found);
        made = r == 0 ? tri_class_rebase(loosened, parent, &found) : NULL;
        r = r < 0 ? r : !made ? found.code : tri_class_freeze(made, &found);
        if (r == 0)
            r = tri_mof_print_class(made, TRI_MOF_EXACT, ret_text);
    }
    if (r < 0 && r != -ENOMEM) {
        r = tri_error_set(error, TRI_MANAGEMENT_CLASS_HAS_CHILDREN, cls->name,
                          "The subclass %s contradicts the changed class: %s", cls->name, found.text ? found.text : "");
    } else if (r < 0) {
        tri_error_no_memory(error);
    }
    tri_error_clear(&found);
    if (r == 0)
        *ret = TRI_TAKE(made);
    return r;
}

/* The transaction's classes are new ones by now. */
static int follow(struct tri_namespace *ns, struct tri_reader *reader, struct tri_class *old, unsigned flags,
                  struct tri_error *error)
{
    TRI_AUTO_CLASS struct tri_class *parent = NULL, *made = NULL;
    TRI_AUTO_FREE char *text = NULL;
    int r = tri_stored_class(ns, reader, old->parent->name, &parent, error);
    if (r <= 0)
        return r < 0 ? r : tri_damaged(ns, old->name, error);
    r = rebase(old, parent, flags, &made, &text, error);
    if (r < 0)
        return r;
    if (text) {
        TRI_AUTO_FREE char *above = tri_folded(parent->name);
        r = above ? tri_statement_run(reader->connection, TRI_SQL_CLASS_CHANGE, error, "ittt", made->id, made->name,
                                      above, text)
                  : tri_error_no_memory(error);
    }
    if (r == 0 && tri_class_cache_add(reader->classes, ns->id, made->id, made) < 0)
        r = tri_error_no_memory(error);
    if (r == 0 && compare_classes(old, made) & LAYOUT)
        r = tri_instances_convert(ns, reader, old, made, error);
    return r;
}

/* ---- putting ---- */

struct class_put {
    struct tri_namespace *ns;
    struct tri_transaction *transaction;
    struct tri_reader before; /* the classes as they were */
    struct tri_class *old, *made;
    char *folded, *folded_above, *text;
    struct below below;
    unsigned flags, difference;
};

static void put_clear(struct class_put *put)
{
    tri_reader_close(&put->before);
    tri_class_unref(put->old);
    tri_class_unref(put->made);
    free(put->folded);
    free(put->folded_above);
    free(put->text);
    below_clear(&put->below);
}

static int write_row(struct class_put *put, struct tri_error *error)
{
    struct tri_connection *connection = put->transaction->connection;
    const char *name = put->made->name;
    if (put->old) {
        put->made->id = put->old->id;
        return tri_statement_run(connection, TRI_SQL_CLASS_CHANGE, error, "ittt", put->old->id, name, put->folded_above,
                                 put->text);
    }
    int r = tri_statement_run(connection, TRI_SQL_CLASS_ADD, error, "itttt", put->ns->id, put->folded, name,
                              put->folded_above, put->text);
    put->made->id = sqlite3_last_insert_rowid(connection->db);
    return r;
}

/* Writes the class, and carries the change on to those below and to instances. */
static int apply(struct class_put *put, struct tri_error *error)
{
    TRI_AUTO_READER struct tri_reader reader = {0};
    int r = tri_transaction_changes_classes(put->transaction, error);
    if (r == 0)
        r = write_row(put, error);
    if (r == 0)
        r = tri_reader_open(put->ns->repository, &reader, error);
    if (r < 0)
        return r;
    if (tri_class_cache_add(reader.classes, put->ns->id, put->made->id, put->made) < 0)
        return tri_error_no_memory(error);
    r = put->difference & LAYOUT ? tri_instances_convert(put->ns, &reader, put->old, put->made, error) : 0;
    for (size_t i = 0; i < put->below.count && r == 0; i++)
        r = follow(put->ns, &reader, put->below.classes[i], put->flags, error);
    return r;
}

/* Is the stored class the same, word by word? Then nothing has to be done, whatever derives from it. */
static int is_same(const struct class_put *put, struct tri_error *error)
{
    TRI_AUTO_FREE char *text = NULL;
    if (tri_mof_print_class(put->old, TRI_MOF_EXACT, &text) < 0)
        return tri_error_no_memory(error);
    return strcmp(text, put->text) == 0;
}

static int change_class(struct class_put *put, struct tri_error *error)
{
    int r = is_same(put, error);
    if (r != 0)
        return r < 0 ? r : 0;
    put->made->id = put->old->id; /* its keys' root may be itself */
    put->difference = compare_classes(put->old, put->made);
    r = find_below(put->ns, &put->before, put->folded, &put->below, error);
    if (r == 0)
        r = read_below(put->ns, &put->before, put->old, &put->below, error);
    int has_objects = r < 0 ? r : has_instances(&put->before, put->old, &put->below, error);
    if (has_objects < 0)
        return has_objects;
    r = check_change(put->old, put->made, put->difference, put->below.count > 0, has_objects, put->flags, error);
    return r < 0 ? r : apply(put, error);
}

static int put_class(struct class_put *put, const struct tri_class *cls, struct tri_error *error)
{
    TRI_AUTO_CLASS struct tri_class *parent = NULL;
    int r = tri_reader_open(put->ns->repository, &put->before, error);
    if (r < 0 || (r = tri_namespace_check_at(put->ns, &put->before, error)) < 0 ||
        (r = find_parent(put->ns, &put->before, cls, &parent, error)) < 0 ||
        (r = make_class(put->ns, cls, parent, &put->made, &put->text, error)) < 0 ||
        (r = tri_stored_class(put->ns, &put->before, cls->name, &put->old, error)) < 0)
        return r;
    put->folded = tri_folded(cls->name);
    put->folded_above = parent ? tri_folded(parent->name) : NULL;
    if (!put->folded || (parent && !put->folded_above))
        return tri_error_no_memory(error);
    if (put->old && put->flags & TRI_CALL_CREATE_ONLY)
        return tri_error_set(error, TRI_MANAGEMENT_ALREADY_EXISTS, cls->name, "There is a class %s in %s already.",
                             cls->name, put->ns->path);
    if (!put->old && put->flags & TRI_CALL_UPDATE_ONLY)
        return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, cls->name, "There is no class %s in %s to be updated.",
                             cls->name, put->ns->path);
    return put->old ? change_class(put, error) : apply(put, error);
}

int tri_namespace_put_class(struct tri_namespace *ns, const struct tri_class *cls, unsigned flags,
                            struct tri_error *error)
{
    struct tri_change change;
    int r = check_name(ns, cls, error);
    if (r < 0 || (r = tri_change_begin(ns->repository, &change, error)) < 0)
        return r;
    struct class_put put = {.ns = ns, .transaction = tri_transaction_current(ns->repository), .flags = flags};
    r = put_class(&put, cls, error);
    put_clear(&put);
    return tri_change_end(&change, r, error);
}

/* ---- deleting ---- */

static int delete_class(struct tri_namespace *ns, const char *name, struct tri_error *error)
{
    TRI_AUTO_READER struct tri_reader reader = {0};
    TRI_CLEANUP(below_clear) struct below below = {0};
    TRI_AUTO_CLASS struct tri_class *cls = NULL;
    TRI_AUTO_FREE char *folded = tri_folded(name);
    int r = folded ? tri_reader_open(ns->repository, &reader, error) : tri_error_no_memory(error);
    if (r > 0)
        r = tri_stored_class(ns, &reader, name, &cls, error);
    if (r == 0)
        return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, name, "There is no class %s in %s.", name, ns->path);
    if (r > 0)
        r = find_below(ns, &reader, folded, &below, error);
    if (r == 0)
        r = tri_transaction_changes_classes(tri_transaction_current(ns->repository), error);
    for (size_t i = 0; i < below.count && r == 0; i++)
        r = tri_statement_run(reader.connection, TRI_SQL_CLASS_REMOVE, error, "it", ns->id, below.names[i]);
    return r < 0 ? r : tri_statement_run(reader.connection, TRI_SQL_CLASS_REMOVE, error, "it", ns->id, folded);
}

int tri_namespace_delete_class(struct tri_namespace *ns, const char *name, struct tri_error *error)
{
    struct tri_change change;
    if (tri_schema_find(ns->schema, name))
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_OPERATION, name,
                             "The class %s is a part of Trireme and cannot be deleted.", name);
    if (!tri_repository_exists(ns->repository))
        return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, name, "There is no class %s in %s.", name, ns->path);
    int r = tri_change_begin(ns->repository, &change, error);
    if (r < 0)
        return r;
    return tri_change_end(&change, delete_class(ns, name, error), error);
}
