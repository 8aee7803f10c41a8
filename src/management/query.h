/* WQL: the text read into a tree, and the tree's condition asked of objects.
 *
 * A query that was read never changes, is counted, and may be shared. */
#ifndef TRI_MANAGEMENT_QUERY_H
#define TRI_MANAGEMENT_QUERY_H

#include "management/object.h"
#include "management/path.h"

#define TRI_QUERY_LENGTH_MAX 0x4000 /* characters */

enum tri_query_kind {
    TRI_QUERY_SELECT,      /* data; and events, where it was read as such */
    TRI_QUERY_SCHEMA,      /* SELECT * FROM meta_class */
    TRI_QUERY_ASSOCIATORS,
    TRI_QUERY_REFERENCES,
};

struct tri_expression; /* private to the module; see tri_condition */

struct tri_query {
    _Atomic uint32_t references;
    enum tri_query_kind kind;
    /* SELECT */
    char **properties; /* NULL: all (*). "TargetInstance.Name" as it is written */
    size_t property_count;
    char *class_name;
    struct tri_expression *where; /* or NULL */
    /* events */
    double within_seconds; /* below 0: no WITHIN */
    double group_within_seconds;
    char **group_by;
    size_t group_by_count;
    int having_operator; /* enum tri_operator; 0: no HAVING */
    uint64_t having_count;
    /* ASSOCIATORS OF, REFERENCES OF */
    struct tri_path path; /* of "{Class.Key}", which finds nothing: that key is NULL */
    char *assoc_class, *result_class, *result_role, *role, *required_qualifier, *required_assoc_qualifier;
    bool class_defs_only, keys_only, schema_only;
};

enum tri_operator { TRI_WQL_NONE, TRI_WQL_EQ, TRI_WQL_NE, TRI_WQL_LT, TRI_WQL_LE, TRI_WQL_GT, TRI_WQL_GE, TRI_WQL_LIKE, TRI_WQL_ISA };

/* Reads a data query, or with is_event a notification query. TRI_MANAGEMENT_INVALID_QUERY (the sentence says where and what
 * was expected), TRI_MANAGEMENT_QUOTA_VIOLATION (too long, too deep, too many terms), TRI_MANAGEMENT_UNPARSABLE_QUERY and the
 * others that wmi.md names for events; -ENOMEM. */
int tri_query_parse(const char *text, bool is_event, struct tri_query **ret, struct tri_error *error);
struct tri_query *tri_query_ref(struct tri_query *query);
void tri_query_unref(struct tri_query *query);
void tri_query_unrefp(struct tri_query **query);
#define TRI_AUTO_QUERY __attribute__((cleanup(tri_query_unrefp)))

/* The condition made ready for objects of one class: names resolved to indexes, constants converted. */
struct tri_condition;

/* TRI_MANAGEMENT_INVALID_QUERY: no such property (a property of an embedded object is only found out with the object: no
 * match), or an operator that the type has not. A subclass's objects may be asked too, their first properties are the
 * class's. query->where NULL: everything matches. */
int tri_condition_new(const struct tri_query *query, const struct tri_class *cls, struct tri_condition **ret,
                      struct tri_error *error);
void tri_condition_free(struct tri_condition *condition); /* NULL is fine */
bool tri_condition_match(const struct tri_condition *condition, const struct tri_cim_object *object);
/* Schema queries: asks a class (__CLASS, __SUPERCLASS, __DYNASTY, __this ISA). */
int tri_schema_match(const struct tri_query *query, const struct tri_class *cls, bool *ret, struct tri_error *error);

/* Which properties matching looks at: their bits are set in ret (the caller's, (property_count + 63) / 64 words). */
void tri_condition_wanted(const struct tri_condition *condition, uint64_t *ret);
/* The value that a property must equal in every object that matches (an AND of equalities on the way from the root), of the
 * property's type; NULL: none is demanded. Borrowed. What lets a provider or the repository look one up instead of reading all. */
const struct tri_value *tri_condition_equals(const struct tri_condition *condition, int property);
/* The class that __CLASS = "X" or TargetInstance ISA "X" demands, from the tree; NULL: none. Borrowed. */
const char *tri_query_demanded_class(const struct tri_query *query, const char *property);
/* The same where OR says that it is one of several: every object that matches is of one of them. An array to free, of
 * borrowed names. *ret_count 0: none is demanded. -ENOMEM. */
int tri_query_demanded_classes(const struct tri_query *query, const char *property, const char ***ret, size_t *ret_count);

/* LIKE's patterns: % _ [a-f] [^...] ; without case, anchored. */
bool tri_like(const char *text, const char *pattern);

#endif
