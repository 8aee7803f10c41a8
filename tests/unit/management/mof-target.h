/* A target that keeps in memory what a compilation gives it. */
#ifndef TRI_TESTS_MOF_TARGET_H
#define TRI_TESTS_MOF_TARGET_H

#include <errno.h>

#include "language-test.h"
#include "management/call.h"
#include "management/object.h"

#define MOF_TARGET_MAX 4000

struct mof_target {
    struct tri_class *classes[MOF_TARGET_MAX];
    size_t class_count;
    struct tri_cim_object *instances[64];
    size_t instance_count;
    unsigned class_flags, instance_flags; /* of the last put */
    char events[4000];                    /* "namespace x;put A;..." */
    const char *const (*files)[2];        /* name and contents, up to NULL */
    int refusal;                          /* for all puts */
};

static inline void target_note(struct mof_target *target, const char *what, const char *name)
{
    size_t length = strlen(target->events);
    snprintf(target->events + length, sizeof(target->events) - length, "%s %s;", what, name);
}

static inline int target_use_namespace(void *context, const char *path, struct tri_error *error)
{
    target_note(context, "namespace", path);
    return strcmp(path, "nowhere") == 0 ? tri_error_set(error, TRI_MANAGEMENT_INVALID_NAMESPACE, path, "There is no %s.", path) : 0;
}

static inline int target_get_class(void *context, const char *name, struct tri_class **ret, struct tri_error *error)
{
    struct mof_target *target = context;
    for (size_t i = target->class_count; i-- > 0;)
        if (tri_name_equal(target->classes[i]->name, name)) {
            *ret = tri_class_ref(target->classes[i]);
            return 0;
        }
    return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, name, "There is no class %s.", name);
}

static inline int target_put_class(void *context, struct tri_class *cls, unsigned flags, struct tri_error *error)
{
    struct mof_target *target = context;
    target_note(target, "class", cls->name);
    target->class_flags = flags;
    assert_true(cls->is_frozen);
    if (target->refusal)
        return tri_error_set(error, target->refusal, NULL, "The target does not want it.");
    assert_true(target->class_count < MOF_TARGET_MAX);
    target->classes[target->class_count++] = tri_class_ref(cls);
    return 0;
}

static inline int target_put_instance(void *context, struct tri_cim_object *object, unsigned flags, char **ret_path,
                                      struct tri_error *error)
{
    struct mof_target *target = context;
    target_note(target, "instance", object->cls->name);
    target->instance_flags = flags;
    if (target->refusal)
        return tri_error_set(error, target->refusal, NULL, "The target does not want it.");
    assert_true(target->instance_count < 64);
    target->instances[target->instance_count++] = tri_cim_object_ref(object);
    return tri_cim_object_relative_path(object, ret_path);
}

static inline int target_delete_class(void *context, const char *name, struct tri_error *error)
{
    target_note(context, "delete", name);
    return strcmp(name, "Missing") == 0 ? tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, name, "There is no %s.", name) : 0;
}

static inline int target_include(void *context, const char *from_file, const char *name, char **ret_text, size_t *ret_size,
                                 char **ret_file, struct tri_error *error)
{
    struct mof_target *target = context;
    target_note(target, "include", name);
    for (size_t i = 0; target->files && target->files[i][0]; i++)
        if (strcmp(target->files[i][0], name) == 0) {
            *ret_text = strdup(target->files[i][1]);
            *ret_size = strlen(*ret_text);
            *ret_file = strdup(name);
            return 0;
        }
    return tri_error_set(error, -ENOENT, name, "There is no file %s.", name);
}

static inline void target_clear(struct mof_target *target)
{
    for (size_t i = 0; i < target->class_count; i++)
        tri_class_unref(target->classes[i]);
    for (size_t i = 0; i < target->instance_count; i++)
        tri_cim_object_unref(target->instances[i]);
}

static inline int target_compile_bytes(struct mof_target *target, const void *text, size_t size, unsigned flags,
                                       struct tri_mof_status *status, struct tri_error *error)
{
    const struct tri_mof_target functions = {target, target_use_namespace, target_get_class, target_put_class, target_put_instance,
                                             target_delete_class, target_delete_class, target_include};
    return tri_mof_compile(text, size, "main.mof", flags, &functions, status, error);
}

/* Compiles; what cannot be compiled fails the test. */
static inline void target_compile(struct mof_target *target, const char *text)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    struct tri_mof_status status;
    if (target_compile_bytes(target, text, strlen(text), 0, &status, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(status.line, 0);
}

#endif
