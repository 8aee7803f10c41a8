/* Asking the providers of host facts. */
#ifndef TRI_TESTS_HOST_TEST_H
#define TRI_TESTS_HOST_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "management/namespace.h"
#include "management/provider.h"
#include "management/query.h"

extern const struct tri_provided_class *const tri_provider_system[], *const tri_provider_firmware[],
                                                                         *const tri_provider_account[];
static const struct tri_provided_class *const *const lists[] = {tri_provider_system, tri_provider_firmware,
                                                                tri_provider_account};
enum { LISTS = sizeof lists / sizeof lists[0] };

static struct tri_namespace *cimv2;

struct rows {
    struct tri_class *cls;
    struct tri_cim_object *items[4096];
    size_t count;
};

static inline int take(void *context, struct tri_cim_object *object)
{
    struct rows *rows = context;
    assert_in_range(rows->count, 0, 4095);
    rows->items[rows->count++] = object;
    return 0;
}

static inline void rows_free(struct rows **rows)
{
    if (!*rows)
        return;
    for (size_t i = 0; i < (*rows)->count; i++)
        tri_cim_object_unref((*rows)->items[i]);
    tri_class_unref((*rows)->cls);
    free(*rows);
}
#define AUTO_ROWS __attribute__((cleanup(rows_free))) struct rows *

static inline const struct tri_provided_class *find_table(const char *name)
{
    for (size_t i = 0; i < LISTS; i++)
        for (const struct tri_provided_class *const *table = lists[i]; *table; table++)
            if (strcmp((*table)->name, name) == 0)
                return *table;
    return NULL;
}

/* Asks the provider; where, like "Name = 'root'", or NULL. wanted: one property, or NULL for all. */
static inline struct rows *ask(const char *name, const char *where, const char *wanted)
{
    static const _Atomic bool never;
    TRI_AUTO_QUERY struct tri_query *query = NULL;
    struct tri_condition *condition = NULL;
    struct rows *rows = calloc(1, sizeof *rows);
    char text[512];
    uint64_t bits[4] = {0};
    assert_int_equal(tri_namespace_class(cimv2, name, &rows->cls, NULL), 0);
    if (where) {
        snprintf(text, sizeof text, "SELECT * FROM %s WHERE %s", name, where);
        assert_int_equal(tri_query_parse(text, false, &query, NULL), 0);
        assert_int_equal(tri_condition_new(query, rows->cls, &condition, NULL), 0);
    }
    if (wanted)
        bits[tri_class_find(rows->cls, wanted) / 64] |= 1ull << (tri_class_find(rows->cls, wanted) % 64);
    struct tri_scan_spec spec = {.cls = rows->cls,
                                 .table = find_table(name),
                                 .name_space = "root\\cimv2",
                                 .wanted = wanted ? bits : NULL,
                                 .condition = condition,
                                 .take = take,
                                 .context = rows,
                                 .stop = &never,
                                 .deadline_ns = TRI_DEADLINE_NEVER};
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    if (tri_scan_run(&spec, &error) != 0)
        fail_msg("%s: %s", name, error.text);
    tri_condition_free(condition);
    return rows;
}

static inline const struct tri_value *value_of(const struct rows *rows, size_t row, const char *property)
{
    assert_true(row < rows->count);
    const struct tri_value *value = tri_cim_object_find(rows->items[row], property);
    assert_non_null(value);
    return value;
}

static inline const char *text_of(const struct rows *rows, size_t row, const char *property)
{
    const struct tri_value *value = value_of(rows, row, property);
    return value->is_set ? value->string : "";
}

static inline uint64_t number_of(const struct rows *rows, size_t row, const char *property)
{
    assert_true(value_of(rows, row, property)->is_set);
    return value_of(rows, row, property)->natural;
}

static char folder[] = "/tmp/trireme-host-XXXXXX";

static inline int begin_host_test(void **state)
{
    if (!mkdtemp(folder))
        return -1;
    setenv("TRIREME_STATE_DIR", folder, 1);
    return tri_namespace_open("root\\cimv2", &cimv2, NULL);
}

static inline int end_host_test(void **state)
{
    char command[100];
    tri_namespace_unref(cimv2);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

#endif
