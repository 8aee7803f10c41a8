/* What the files of namespace.h share. */
#ifndef TRI_MANAGEMENT_NAMESPACE_PRIVATE_H
#define TRI_MANAGEMENT_NAMESPACE_PRIVATE_H

#include "management/namespace.h"
#include "management/repository.h"
#include "management/schema.h"

struct tri_namespace {
    _Atomic uint32_t references;
    struct tri_repository *repository; /* a reference */
    char *path;                        /* as it is spelled */
    int64_t id;                        /* a built-in one's number (schema.c), or that of its row */
    bool is_stored;                    /* that of a row, which may be deleted */
    _Atomic uint64_t checked;          /* version of the repository at which the row was there */
    struct tri_schema *schema;
};

/* Newly allocated, folded as names are compared. NULL: no memory. */
char *tri_folded(const char *text);
int tri_damaged(const struct tri_namespace *ns, const char *what,
                struct tri_error *error); /* TRI_MANAGEMENT_CRITICAL_ERROR */
/* tri_namespace_check, at the reader's moment. */
int tri_namespace_check_at(const struct tri_namespace *ns, struct tri_reader *reader, struct tri_error *error);

/* ---- class-store.c: 1: found; 0: there is none; or a code. The reader is held, or inside of a transaction ---- */

int tri_stored_class(struct tri_namespace *ns, struct tri_reader *reader, const char *name, struct tri_class **ret,
                     struct tri_error *error); /* built-in ones too */
int tri_stored_class_of(struct tri_namespace *ns, struct tri_reader *reader, int64_t id, struct tri_class **ret,
                        struct tri_error *error);
/* The number under which its instances are kept; a built-in class has one only where some were. */
int tri_stored_class_id(struct tri_namespace *ns, struct tri_reader *reader, const struct tri_class *cls, int64_t *ret,
                        struct tri_error *error);
/* The same inside of a transaction, which gives a built-in class its row where it has none: 0 or a code. */
int tri_stored_class_make_id(struct tri_namespace *ns, struct tri_reader *reader, const struct tri_class *cls,
                             int64_t *ret, struct tri_error *error);
/* The class that introduced its keys (of a singleton: itself). */
const struct tri_class *tri_key_root(const struct tri_class *cls);

/* ---- instance-store.c ---- */

/* Numbers of rows (connection.c). */
#define TRI_CLASS_OF(instance_id) ((instance_id) >> 32)
#define TRI_FIRST_OF(class_id) ((class_id) << 32)
#define TRI_LAST_OF(class_id) ((class_id) << 32 | 0xffffffff)

/* All instances of a class, as objects of the other one (or the same, to find what they refer to anew). */
int tri_instances_convert(struct tri_namespace *ns, struct tri_reader *reader, struct tri_class *from,
                          struct tri_class *to, struct tri_error *error);
int tri_instances_any(struct tri_reader *reader, int64_t class_id, struct tri_error *error); /* 1; 0; a code */

/* The class of a row as it is now, with a reference. */
int tri_row_class(struct tri_namespace *ns, struct tri_reader *reader, int64_t id, struct tri_class **ret,
                  struct tri_error *error);
/* Shows the object of the row that the statement stands on (id, data). */
int tri_row_visit(struct tri_class *cls, sqlite3_stmt *statement, tri_namespace_visit *visit, void *context,
                  struct tri_error *error);

/* Objects that were read before anybody looks at them: inside of a transaction, whose connection the visitor may use. */
struct tri_collected {
    struct tri_cim_object **objects;
    size_t count, room;
};
int tri_collect(void *collected, struct tri_cim_object *object); /* a visit */
int tri_collected_visit(struct tri_collected *collected, tri_namespace_visit *visit, void *context);
void tri_collected_clear(struct tri_collected *collected);

/* ---- reference-store.c ---- */

/* Notes what the row's object refers to, where its class is an association. is_new: nothing was noted of it before. */
int tri_references_store(struct tri_namespace *ns, struct tri_reader *reader, int64_t id,
                         const struct tri_cim_object *object, bool is_new, struct tri_error *error);

/* ---- namespace-list.c: instances of __NAMESPACE ---- */

bool tri_is_namespace_class(const struct tri_class *cls);
int tri_namespaces_find(struct tri_namespace *ns, struct tri_class *cls, const char *key, struct tri_cim_object **ret,
                        struct tri_error *error);
int tri_namespaces_scan(struct tri_namespace *ns, struct tri_class *cls, tri_namespace_visit *visit, void *context,
                        struct tri_error *error);
int tri_namespaces_put(struct tri_namespace *ns, const struct tri_cim_object *object, unsigned flags,
                       struct tri_error *error);
int tri_namespaces_remove(struct tri_namespace *ns, struct tri_class *cls, const char *key, struct tri_error *error);

#endif
