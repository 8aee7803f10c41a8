/* What carrying out a call takes: call.c says what is asked and where rows go, these files do it, on whatever thread.
 *
 * Where a provider would have to be asked and may not be (a client's own thread), the functions answer
 * TRI_RUN_NEEDS_WORKER before anything has happened, and are to be called again on a worker. */
#ifndef TRI_MANAGEMENT_RUN_H
#define TRI_MANAGEMENT_RUN_H

#include <stdatomic.h>

#include "management/namespace.h"
#include "management/provider.h"
#include "management/query-plan.h"

#define TRI_RUN_NEEDS_WORKER 1

struct tri_run {
    struct tri_namespace *ns;
    unsigned flags;                /* enum tri_call_flag */
    const char *const *properties; /* only these, and the keys; the others read as NULL */
    size_t property_count;         /* 0: all */
    bool keys_only;
    bool may_ask_providers;
    const _Atomic bool *stop;
    uint64_t deadline_ns;
    tri_scan_take *take;                               /* rows; one at a time */
    void (*progress)(void *context, unsigned percent); /* may be NULL */
    void *context;
    uint64_t row_count; /* rows that take has taken */
    bool is_partial; /* set: one of several sources failed (*error says which); the answer is 0 all the same */
};

static inline bool tri_run_stopped(const struct tri_run *run)
{
    return atomic_load_explicit(run->stop, memory_order_relaxed);
}

/* query-run.c */
int tri_run_query(struct tri_run *run, struct tri_prepared *prepared, struct tri_error *error);
int tri_run_instances(struct tri_run *run, const char *class_name, struct tri_error *error);
int tri_run_classes(struct tri_run *run, const char *superclass, struct tri_error *error);
/* Gives a row away; takes the reference. */
int tri_run_emit(struct tri_run *run, struct tri_cim_object *object);

/* associators.c: ASSOCIATORS OF and REFERENCES OF. */
int tri_run_associators(struct tri_run *run, const struct tri_query *query, struct tri_error *error);

/* method.c. *ret stays NULL where the method has no outputs. */
int tri_run_method(struct tri_run *run, const struct tri_path *path, const char *method,
                   const struct tri_cim_object *in, struct tri_cim_object **ret, struct tri_error *error);

/* sources.c: who has the instances of a class */

struct tri_source_class {
    struct tri_class *cls;
    const struct tri_provided_class *table; /* NULL: the repository */
    bool is_missing;                        /* dynamic, and its provider is not here */
};
struct tri_sources {
    struct tri_source_class *items;
    size_t count;
    bool has_providers;
};
/* The class, and with deep those below it, as far as they can have instances. */
int tri_sources_find(struct tri_namespace *ns, struct tri_class *cls, bool deep, struct tri_sources *ret,
                     struct tri_error *error);
void tri_sources_clear(struct tri_sources *sources);
/* Says that a dynamic class has no provider here. Returns the code. */
int tri_source_refuse(const struct tri_class *cls, struct tri_error *error);

/* lookup.c: what a path names */

struct tri_place {
    struct tri_namespace *ns;
    struct tri_class *cls;
    struct tri_value *keys; /* of an instance: one for each of cls->keys; NULL: the path of a class */
    bool is_instance;
};
/* TRI_MANAGEMENT_INVALID_PATH, _INVALID_NAMESPACE, -EHOSTUNREACH; of a class _NOT_FOUND, of an instance's
 * _INVALID_CLASS. */
int tri_place_find(struct tri_namespace *ns, const struct tri_path *path, struct tri_place *ret,
                   struct tri_error *error);
void tri_place_clear(struct tri_place *place);
int tri_place_keyed(const struct tri_place *place, struct tri_cim_object **ret,
                    struct tri_error *error);                                          /* only its keys */
int tri_place_key(const struct tri_place *place, char **ret, struct tri_error *error); /* canonical */
/* The class, or the instance; TRI_MANAGEMENT_NOT_FOUND. */
int tri_place_object(struct tri_run *run, const struct tri_place *place, struct tri_cim_object **ret,
                     struct tri_error *error);
int tri_run_object(struct tri_run *run, const struct tri_path *path, struct tri_cim_object **ret,
                   struct tri_error *error);
/* What the context (properties, keys_only) wants of a class, a bit a property, for free; NULL: all. */
int tri_run_wanted(const struct tri_run *run, const struct tri_class *cls, uint64_t **ret, struct tri_error *error);
void tri_run_keep_wanted(struct tri_cim_object *object, const uint64_t *wanted); /* the others become NULL */

/* change.c */
int tri_run_put_instance(struct tri_run *run, const struct tri_cim_object *object, char **ret_path,
                         struct tri_error *error);
int tri_run_delete_instance(struct tri_run *run, const struct tri_path *path, struct tri_error *error);

/* The class of that name: where there is none, missing is the code. */
int tri_run_class(struct tri_namespace *ns, const char *name, int missing, struct tri_class **ret,
                  struct tri_error *error);

#endif
