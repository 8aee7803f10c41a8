/* What the tests of calls share: a repository of their own, classes made of text, and calls whose rows are collected.
 * The providers are the test's: it defines tri_provider_lists itself. */
#ifndef CALL_TEST_H
#define CALL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "management/call.h"
#include "management/mof.h"
#include "management/provider.h"

#define PATIENCE_MS 20000 /* no wait of a test is longer */
#define NAME_SPACE "root\\default"

static char state_folder[] = "/tmp/trireme-test-XXXXXX";
static struct tri_namespace *ns;

static inline uint64_t patience(void)
{
    return tri_deadline_ns(PATIENCE_MS);
}

#define EVENTUALLY(condition)                                                                                          \
    do {                                                                                                               \
        uint64_t until_ns_ = patience();                                                                               \
        bool is_so_; /* looked at once: what is true now may not be the next time */                                   \
        while (!(is_so_ = (condition)) && tri_clock_ns() < until_ns_)                                                  \
            sched_yield();                                                                                             \
        assert_true(is_so_);                                                                                           \
    } while (0)

/* 0, or fails with the engine's own sentence. */
static inline void check(int code, struct tri_error *error)
{
    if (code < 0)
        print_error("error %d: %s\n", code, error->text ? error->text : "(no sentence)");
    assert_int_equal(code, 0);
    tri_error_clear(error);
}

static inline void put_class_with(unsigned flags, const char *superclass, const char *text)
{
    struct tri_error error = {0};
    struct tri_class *parent = NULL, *cls = NULL;
    if (superclass)
        check(tri_namespace_class(ns, superclass, &parent, &error), &error);
    check(tri_mof_read_class(text, parent, &cls, &error), &error);
    check(tri_class_freeze(cls, &error), &error);
    check(tri_namespace_put_class(ns, cls, flags, &error), &error);
    tri_class_unref(cls);
    tri_class_unref(parent);
}

static inline void put_class(const char *superclass, const char *text)
{
    put_class_with(0, superclass, text);
}

static inline int open_repository(void)
{
    struct tri_error error = {0};
    assert_non_null(mkdtemp(state_folder));
    setenv("TRIREME_STATE_DIR", state_folder, 1);
    setenv("TRIREME_RUNTIME_DIR", state_folder, 1);
    check(tri_namespace_open(NAME_SPACE, &ns, &error), &error);
    return 0;
}

static inline int close_repository(void)
{
    tri_namespace_unref(ns);
    return tri_folder_remove(AT_FDCWD, state_folder);
}

/* Calls of every test are gone, and so are their objects, once workers have come back. */
static inline int nothing_is_left(void **state)
{
    EVENTUALLY(tri_op_live() == 0);
    EVENTUALLY(tri_cim_object_live() == 0);
    return 0;
}

/* ---- calls ---- */

static inline struct tri_call *start(const struct tri_call_spec *spec, bool now)
{
    struct tri_error error = {0};
    struct tri_call *call = NULL;
    check(tri_call_start(ns, spec, now, &call, &error), &error);
    return call;
}

static inline int start_refused(const struct tri_call_spec *spec)
{
    struct tri_error error = {0};
    struct tri_call *call = NULL;
    int code = tri_call_start(ns, spec, true, &call, &error);
    assert_null(call);
    assert_int_equal(error.code, code);
    assert_non_null(error.text);
    tri_error_clear(&error);
    return code;
}

static inline struct tri_call *start_query(const char *text, unsigned flags, bool now)
{
    return start(&(struct tri_call_spec){.kind = TRI_CALL_QUERY, .text = text, .flags = flags}, now);
}

static inline struct tri_call_result finished(struct tri_call *call)
{
    struct tri_call_result result;
    assert_int_equal(tri_op_wait(tri_call_op(call), patience()), 0);
    tri_call_result(call, &result);
    if (result.code < 0) {
        assert_non_null(result.error);
        assert_non_null(result.error->text);
    }
    return result;
}

/* What the call ended with. */
static inline int outcome(const struct tri_call_spec *spec, bool now)
{
    struct tri_call *call = start(spec, now);
    int code = finished(call).code;
    tri_call_unref(call);
    return code;
}

struct collected {
    char text[4096]; /* the values of one property, each followed by a blank */
    size_t count;
    int end; /* what tri_call_next answered at last */
};

static inline void collect_one(struct collected *collected, struct tri_cim_object *object, const char *property)
{
    const struct tri_value *value = tri_cim_object_find(object, property);
    struct tri_value system = {0};
    int index = value ? -1 : tri_system_property_find(property);
    if (index >= 0)
        assert_int_equal(tri_cim_object_system(object, (enum tri_system_property)index, &system), 0);
    char *text = value || index >= 0 ? tri_value_text(value ? value : &system) : strdup("?");
    size_t used = strlen(collected->text);
    if (collected->count < 200)
        snprintf(collected->text + used, sizeof(collected->text) - used, "%s%s", collected->count ? " " : "", text);
    collected->count++;
    tri_value_clear(&system);
    free(text);
}

static inline struct collected collect(struct tri_call *call, const char *property)
{
    struct collected collected = {0};
    struct tri_cim_object *object;
    uint64_t position = 0;
    while ((collected.end = tri_call_next(call, &position, patience(), &object)) == 1) {
        collect_one(&collected, object, property);
        tri_cim_object_unref(object);
    }
    return collected;
}

/* The rows of a query, in all ways of asking, which must all give the same. */
static inline struct collected rows_of(const char *query, const char *property)
{
    struct collected first = {0};
    for (int way = 0; way < 4; way++) {
        struct tri_call *call = start_query(query, way & 1 ? TRI_CALL_FORWARD_ONLY : 0, way & 2);
        struct collected collected = collect(call, property);
        tri_call_unref(call);
        if (way == 0)
            first = collected;
        assert_int_equal(collected.end, first.end);
        assert_int_equal(collected.count, first.count);
        assert_string_equal(collected.text, first.text);
    }
    return first;
}

#define ASSERT_ROWS(query, property, expected)                                                                         \
    do {                                                                                                               \
        struct collected rows_ = rows_of(query, property);                                                             \
        assert_int_equal(rows_.end, 0);                                                                                \
        assert_string_equal(rows_.text, expected);                                                                     \
    } while (0)

/* ---- objects ---- */

static inline struct tri_class *class_of(const char *name)
{
    struct tri_error error = {0};
    struct tri_class *cls = NULL;
    check(tri_namespace_class(ns, name, &cls, &error), &error);
    return cls;
}

static inline struct tri_cim_object *instance_of(const char *class_name)
{
    struct tri_class *cls = class_of(class_name);
    struct tri_cim_object *object = tri_cim_object_instance(cls);
    tri_class_unref(cls);
    assert_non_null(object);
    return object;
}

/* A gate that threads wait at. */
struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned count;
};
#define GATE                                                                                                           \
    {                                                                                                                  \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0                                                         \
    }

static inline void gate_pass(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    gate->count++;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->mutex);
}

static inline bool gate_reached(struct gate *gate, unsigned count)
{
    uint64_t until_ns = patience();
    struct timespec until = {(time_t)(until_ns / TRI_NS_PER_SEC), (long)(until_ns % TRI_NS_PER_SEC)};
    int r = 0;
    pthread_mutex_lock(&gate->mutex);
    while (gate->count < count && r == 0)
        r = pthread_cond_clockwait(&gate->changed, &gate->mutex, CLOCK_MONOTONIC, &until);
    bool reached = gate->count >= count;
    pthread_mutex_unlock(&gate->mutex);
    return reached;
}

static inline void gate_close(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    gate->count = 0;
    pthread_mutex_unlock(&gate->mutex);
}

#endif
