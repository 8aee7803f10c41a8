/* Providers: where the instances of the built-in dynamic classes come from.
 *
 * A provider is a table of classes. A class is a table of fields: each says which property it fills, what has to be
 * read for it, and how it is taken out of what was read (a "row", the provider's own structure). So a query that wants
 * two columns reads the files of two columns, and nothing is computed that nobody asked for.
 *
 * Providers run on a worker thread (never the client's), may block, and must look at tri_scan_stopped between rows and
 * before slow reads. One that does not come back is abandoned at the call's deadline: it must not hold locks that
 * others need. What Linux does not have stays NULL; nothing is invented. */
#ifndef TRI_MANAGEMENT_PROVIDER_H
#define TRI_MANAGEMENT_PROVIDER_H

#include "management/object.h"

struct tri_scan; /* one question to a provider, and where its rows go */

/* Fills one property from a row; the value is NULL, its type the property's. Leaves it NULL where the row has nothing.
 */
struct tri_field {
    const char *property;
    unsigned needs; /* the provider's own bits: what must be read for it */
    void (*get)(const void *row, struct tri_value *ret);
};

/* A method of a class. */
struct tri_invocation {
    const char *name_space;
    const struct tri_class *cls;
    const struct tri_cim_object *target; /* the instance; its keys are filled in. NULL: a static method */
    const struct tri_cim_object *in;     /* may be NULL where the method has no parameters */
    struct tri_cim_object *out;          /* blank; ReturnValue and out-parameters go here */
    uint64_t deadline_ns;            /* CLOCK_MONOTONIC */
};
struct tri_provided_method {
    const char *name;
    /* 0: it ran, and ReturnValue says how. A code with *error filled: it could not even be asked. */
    int (*run)(const struct tri_invocation *invocation, struct tri_error *error);
};

struct tri_provided_class {
    const char *name_space, *name;
    const struct tri_field *fields;
    size_t field_count;
    /* Finds the rows and gives each to tri_scan_row. May leave out what tri_scan_equals rules out (look it up by its
     * key instead), and may give more: the core filters. 0; TRI_MANAGEMENT_NOT_FOUND with a sentence that says why there are
     * none (which a query does not mind); or a code with *error filled. */
    int (*scan)(struct tri_scan *scan, struct tri_error *error);
    const struct tri_provided_method *methods;
    size_t method_count;
    /* Stores, changes, removes an instance; NULL: TRI_MANAGEMENT_PROVIDER_NOT_CAPABLE. flags: TRI_CALL_CREATE_ONLY,
     * _UPDATE_ONLY. */
    int (*put)(const struct tri_cim_object *object, unsigned flags, struct tri_error *error);
    int (*remove)(const struct tri_cim_object *object, struct tri_error *error);
};

/* ---- for providers (scan.c) ---- */

/* Makes an instance of a row, of what is wanted of it, and passes it on where it matches. 0: go on. Else the scan is
 * to end: return it. A scan that uses threads of its own may call it from them. */
int tri_scan_row(struct tri_scan *scan, const void *row);
bool tri_scan_stopped(const struct tri_scan *scan);
unsigned tri_scan_needs(const struct tri_scan *scan); /* the needs of all wanted fields */
/* The value that the property must have (of the property's type), or NULL where any will do. Borrowed. A reference is
 * a full path in canonical spelling (tri_cim_object_path); a row may spell the same object in any other way. */
const struct tri_value *tri_scan_equals(const struct tri_scan *scan, const char *property);
uint64_t tri_scan_deadline_ns(const struct tri_scan *scan);

/* ---- for the core ---- */

typedef int tri_scan_take(void *context, struct tri_cim_object *object); /* takes the reference; != 0 ends the scan */

struct tri_condition;
struct tri_scan_demand { /* beside the condition: only rows where the property is this */
    int property;
    const struct tri_value *value; /* of the property's type */
};
struct tri_scan_spec {
    struct tri_class *cls;          /* the class of the table */
    const struct tri_provided_class *table;
    const char *name_space;
    const uint64_t *wanted;         /* properties that must be filled, a bit each; NULL: all */
    const struct tri_condition *condition; /* which rows; NULL: all */
    const struct tri_scan_demand *demands;
    size_t demand_count;
    tri_scan_take *take;            /* may be called from several threads, one at a time */
    void *context;
    const _Atomic bool *stop;
    uint64_t deadline_ns;
};
/* 0; what take answered; a code with *error filled; -ECANCELED where stop was set. */
int tri_scan_run(const struct tri_scan_spec *spec, struct tri_error *error);

/* The table of a class, or NULL: there is no such provided class. */
const struct tri_provided_class *tri_provider_find(const char *name_space, const char *class_name);
/* Every table: each file of providers/ has one list, and providers/all.c names them. Ends with NULL. */
extern const struct tri_provided_class *const *const tri_provider_lists[];

#endif
