/* Namespaces and what they hold: classes and instances, built in (schema.c) or stored (repository.c, SQLite).
 *
 * The file is repository.db in TRIREME_STATE_DIR, else /var/lib/trireme for root, else $XDG_STATE_HOME/trireme or
 * ~/.local/state/trireme. Built-in classes need no file: where it cannot be made, opened or read, they still answer, and
 * what needs it fails, with a sentence that names the file. Any number of processes may work on it at once; what returned 0
 * is there after SIGKILL, and after a loss of power. The folder (0700) and the files (0600) are made with the first change,
 * and are their user's alone: those that another user could have written are refused.
 *
 * A child of fork, of a process that has used the file, must exec before it may use it: until then it is refused
 * (TRI_MANAGEMENT_NOT_AVAILABLE), except for built-in classes.
 *
 * Every function may be called from any thread. Callbacks run on the caller's thread, with no lock held that another
 * function here would want. */
#ifndef TRI_MANAGEMENT_NAMESPACE_H
#define TRI_MANAGEMENT_NAMESPACE_H

#include "management/object.h"
#include "management/path.h"

struct tri_namespace;

/* "root\cimv2" in any case, with either slash. TRI_MANAGEMENT_INVALID_NAMESPACE where there is none of that name;
 * -EHOSTUNREACH for one of another host. */
int tri_namespace_open(const char *path, struct tri_namespace **ret, struct tri_error *error);
struct tri_namespace *tri_namespace_ref(struct tri_namespace *ns);
void tri_namespace_unref(struct tri_namespace *ns);
void tri_namespace_unrefp(struct tri_namespace **ns);
#define TRI_AUTO_NAMESPACE __attribute__((cleanup(tri_namespace_unrefp)))
const char *tri_namespace_path(const struct tri_namespace *ns); /* as long as the reference */

/* Changes whenever anything stored in the file does, whoever did it: two equal answers mean that nothing changed in
 * between; different ones, that something may have. One short read. For the caches of others, and for events. 0 where there is
 * no file. */
uint64_t tri_namespace_version(struct tri_namespace *ns);

/* Is it still there? TRI_MANAGEMENT_INVALID_NAMESPACE once it was deleted, also where another of that name was made since.
 * Next to nothing for built-in ones, and where nothing has changed since it was asked last. */
int tri_namespace_check(struct tri_namespace *ns, struct tri_error *error);

/* ---- classes ---- */

/* A frozen class, with a reference. TRI_MANAGEMENT_NOT_FOUND. Cached. */
int tri_namespace_class(struct tri_namespace *ns, const char *name, struct tri_class **ret, struct tri_error *error);
/* Names of classes below superclass (NULL: all, or with !deep those without a superclass), not itself, sorted by name.
 * TRI_MANAGEMENT_INVALID_CLASS where there is no such superclass. Free with tri_names_free. */
int tri_namespace_subclasses(struct tri_namespace *ns, const char *superclass, bool deep, char ***ret, size_t *ret_count,
                             struct tri_error *error);
void tri_names_free(char **names, size_t count);

/* flags: TRI_CALL_CREATE_ONLY, _UPDATE_ONLY, _UPDATE_SAFE, _UPDATE_FORCE (call.h). cls: a draft or frozen, whose parent is
 * what its superclass was when it was made; that is looked up anew. Rules and codes: wmi.md 3.3 (PutClass), 4.8, 4.11. */
int tri_namespace_put_class(struct tri_namespace *ns, const struct tri_class *cls, unsigned flags, struct tri_error *error);
/* With its subclasses and all their instances. TRI_MANAGEMENT_NOT_FOUND; _INVALID_OPERATION for a built-in one. */
int tri_namespace_delete_class(struct tri_namespace *ns, const char *name, struct tri_error *error);

/* ---- instances that are stored (not those of providers). Instances of __Namespace are the namespaces below ---- */

/* Looks in the class and those below it that share its keys. key: canonical (tri_cim_object_key). TRI_MANAGEMENT_NOT_FOUND. */
int tri_namespace_instance(struct tri_namespace *ns, struct tri_class *cls, const char *key, struct tri_cim_object **ret,
                           struct tri_error *error);
/* Every instance of exactly this class; visit returns 0 to go on (it may keep a reference), else that is what scan returns. Changes made
 * meanwhile are not seen. */
typedef int tri_namespace_visit(void *context, struct tri_cim_object *object);
int tri_namespace_scan(struct tri_namespace *ns, struct tri_class *cls, tri_namespace_visit *visit, void *context,
                       struct tri_error *error);
/* flags: TRI_CALL_CREATE_ONLY, _UPDATE_ONLY. Durable when it returns. *ret_path may be NULL. Rules: wmi.md 3.3 (PutInstance). */
int tri_namespace_put_instance(struct tri_namespace *ns, const struct tri_cim_object *object, unsigned flags, char **ret_path,
                               struct tri_error *error);
int tri_namespace_delete_instance(struct tri_namespace *ns, struct tri_class *cls, const char *key, struct tri_error *error);
/* Instances of stored association classes one of whose references names the object; target: relative path in canonical form
 * ("class.key..." as tri_cim_object_relative_path gives it); references written in other spellings are found too. */
int tri_namespace_referrers(struct tri_namespace *ns, const struct tri_cim_object *target, tri_namespace_visit *visit,
                            void *context, struct tri_error *error);

/* ---- several changes as one ---- */

/* All or nothing, for the calling thread: puts and deletes between begin and end on this thread, in any namespace, become visible and
 * durable at end(true), or are undone by end(false) (or by death). Others' writes wait meanwhile. No nesting. */
int tri_namespace_begin(struct tri_namespace *ns, struct tri_error *error);
int tri_namespace_end(struct tri_namespace *ns, bool keep, struct tri_error *error);

/* Compiles MOF into the namespace (its pragmas may name others), as one change: all of it, or nothing. Includes are read
 * relative to the file where file is given. (namespace-mof.c) */
struct tri_mof_status;
int tri_namespace_compile(struct tri_namespace *ns, const void *text, size_t size, const char *file, unsigned flags,
                          bool check_only, struct tri_mof_status *ret_status, struct tri_error *error);

/* ---- schema.c: the built-in classes, MOF text that is embedded in the library (schema/ *.mof) and read when asked for ---- */

struct tri_schema_class {
    const char *name_space; /* "root\\cimv2"; "*": in every namespace */
    const char *name, *superclass; /* superclass NULL: none */
    const char *text;
};
/* Generated (tools/embed-schema.py): sorted by name, without case. */
extern const struct tri_schema_class tri_schema_classes[];
extern const size_t tri_schema_class_count;
extern const char *const tri_schema_namespaces[]; /* those that always exist; ends with NULL */

#endif
