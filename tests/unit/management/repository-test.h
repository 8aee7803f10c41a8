/* What the tests of the repository share: a folder of their own, classes and instances made of text. */
#ifndef REPOSITORY_TEST_H
#define REPOSITORY_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "management/call.h"
#include "management/mof.h"
#include "management/namespace.h"

static char state_folder[64];

static inline int make_state(void **state)
{
    (void)state;
    strcpy(state_folder, "/tmp/trireme-test-XXXXXX");
    return !mkdtemp(state_folder) || setenv("TRIREME_STATE_DIR", state_folder, 1) < 0;
}

static inline int remove_state(void **state)
{
    (void)state;
    return tri_folder_remove(AT_FDCWD, state_folder);
}

static inline char *state_file(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", state_folder, name);
    return path;
}

/* 0, or fails with the engine's own sentence. */
static inline void check(int code, struct tri_error *error)
{
    if (code != 0)
        print_error("error %d: %s (%s)\n", code, error->text ? error->text : "no sentence",
                    error->detail ? error->detail : "");
    assert_int_equal(code, 0);
    assert_int_equal(error->code, 0);
}
#define CHECK(call)                                                                                                    \
    do {                                                                                                               \
        struct tri_error error = {0};                                                                                  \
        check((call), &error);                                                                                         \
        tri_error_clear(&error);                                                                                       \
    } while (0)
/* Fails with the code, and says so in a sentence. */
#define REFUSED(expected, call)                                                                                        \
    do {                                                                                                               \
        struct tri_error error = {0};                                                                                  \
        assert_int_equal((call), (expected));                                                                          \
        assert_int_equal(error.code, (expected));                                                                      \
        assert_non_null(error.text);                                                                                   \
        tri_error_clear(&error);                                                                                       \
    } while (0)

static inline struct tri_namespace *open_namespace(const char *path)
{
    struct tri_namespace *ns = NULL;
    CHECK(tri_namespace_open(path, &ns, &error));
    return ns;
}

static inline void compile(struct tri_namespace *ns, const char *text)
{
    struct tri_mof_status status = {0};
    CHECK(tri_namespace_compile(ns, text, strlen(text), NULL, 0, false, &status, &error));
}

static inline struct tri_class *get_class(struct tri_namespace *ns, const char *name)
{
    struct tri_class *cls = NULL;
    CHECK(tri_namespace_class(ns, name, &cls, &error));
    return cls;
}

/* A frozen class of text, as a client would put it. */
static inline struct tri_class *read_class(struct tri_namespace *ns, const char *superclass, const char *text)
{
    TRI_AUTO_CLASS struct tri_class *parent = superclass ? get_class(ns, superclass) : NULL;
    struct tri_class *cls = NULL;
    CHECK(tri_mof_read_class(text, parent, &cls, &error));
    CHECK(tri_class_freeze(cls, &error));
    return cls;
}

static inline int try_class(struct tri_namespace *ns, const char *superclass, const char *text, unsigned flags,
                            struct tri_error *error)
{
    TRI_AUTO_CLASS struct tri_class *cls = read_class(ns, superclass, text);
    return tri_namespace_put_class(ns, cls, flags, error);
}

static inline void put_class(struct tri_namespace *ns, const char *superclass, const char *text)
{
    CHECK(try_class(ns, superclass, text, 0, &error));
}

static inline struct tri_cim_object *make_object(struct tri_namespace *ns, const char *class_name, const char *property,
                                                 const char *text)
{
    TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, class_name);
    struct tri_cim_object *object = tri_cim_object_instance(cls);
    assert_non_null(object);
    tri_cim_object_set_string(object, property, text);
    return object;
}

static inline int try_put(struct tri_namespace *ns, const char *class_name, const char *property, const char *text,
                          unsigned flags, struct tri_error *error)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = make_object(ns, class_name, property, text);
    return tri_namespace_put_instance(ns, object, flags, NULL, error);
}

static inline void put(struct tri_namespace *ns, const char *class_name, const char *property, const char *text)
{
    CHECK(try_put(ns, class_name, property, text, 0, &error));
}

/* The object, or NULL where there is none. */
static inline struct tri_cim_object *find(struct tri_namespace *ns, const char *class_name, const char *key)
{
    TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, class_name);
    struct tri_cim_object *object = NULL;
    struct tri_error error = {0};
    int r = tri_namespace_instance(ns, cls, key, &object, &error);
    if (r != TRI_MANAGEMENT_NOT_FOUND)
        check(r, &error);
    tri_error_clear(&error);
    return object;
}

static inline bool has(struct tri_namespace *ns, const char *class_name, const char *key)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = find(ns, class_name, key);
    return object != NULL;
}

static inline int count_one(void *context, struct tri_cim_object *object)
{
    (void)object;
    ++*(size_t *)context;
    return 0;
}

static inline size_t count(struct tri_namespace *ns, const char *class_name)
{
    TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, class_name);
    size_t found = 0;
    CHECK(tri_namespace_scan(ns, cls, count_one, &found, &error));
    return found;
}

/* "A B C": names below the class, in their order. Static. */
static inline const char *below(struct tri_namespace *ns, const char *superclass, bool deep)
{
    static char text[4096];
    char **names = NULL;
    size_t found = 0, length = 0;
    CHECK(tri_namespace_subclasses(ns, superclass, deep, &names, &found, &error));
    text[0] = 0;
    for (size_t i = 0; i < found && length < sizeof text; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", i > 0 ? " " : "", names[i]);
    tri_names_free(names, found);
    return text;
}

static inline const char *text_of(const struct tri_cim_object *object, const char *property)
{
    const struct tri_value *value = tri_cim_object_find(object, property);
    assert_non_null(value);
    return value->is_set ? value->string : NULL;
}

#endif
