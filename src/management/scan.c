/* One question to one provider: which fields are to be filled, and where the rows go. */
#include "management/provider.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "management/query-plan.h"
#include "management/reference.h"

struct scan_field {
    const struct tri_field *field;
    int index;
};

struct tri_scan {
    const struct tri_scan_spec *spec;
    pthread_mutex_t taking;
    _Atomic int ended; /* what take answered, or -ENOMEM: no further rows */
    unsigned needs;
    size_t first_count, field_count;
    uint64_t *decisive;         /* the properties that decide whether a row matches */
    struct scan_field fields[]; /* the decisive ones first */
};

/* ---- setting up ---- */

static bool is_wanted(const struct tri_scan *scan, int index)
{
    return !scan->spec->wanted || tri_bit_has(scan->spec->wanted, index) || tri_bit_has(scan->decisive, index);
}

static void scan_find_decisive(struct tri_scan *scan)
{
    const struct tri_scan_spec *spec = scan->spec;
    if (spec->condition)
        tri_condition_wanted(spec->condition, scan->decisive);
    for (size_t i = 0; i < spec->demand_count; i++)
        tri_bit_set(scan->decisive, spec->demands[i].property);
}

static void scan_add_fields(struct tri_scan *scan, bool decisive)
{
    const struct tri_provided_class *table = scan->spec->table;
    for (size_t i = 0; i < table->field_count; i++) {
        const struct tri_field *field = &table->fields[i];
        int index = tri_class_find(scan->spec->cls, field->property);
        if (index < 0 || tri_bit_has(scan->decisive, index) != decisive || !is_wanted(scan, index))
            continue;
        scan->fields[scan->field_count++] = (struct scan_field){field, index};
        scan->needs |= field->needs;
    }
}

static struct tri_scan *scan_new(const struct tri_scan_spec *spec)
{
    size_t fields = spec->table->field_count * sizeof(struct scan_field), words = tri_bit_words(spec->cls);
    struct tri_scan *scan = calloc(1, sizeof(*scan) + fields + words * sizeof(uint64_t));
    if (!scan)
        return NULL;
    scan->spec = spec;
    pthread_mutex_init(&scan->taking, NULL);
    scan->decisive = (uint64_t *)((char *)scan->fields + fields);
    scan_find_decisive(scan);
    scan_add_fields(scan, true);
    scan->first_count = scan->field_count;
    scan_add_fields(scan, false);
    return scan;
}

static void scan_free(struct tri_scan *scan)
{
    pthread_mutex_destroy(&scan->taking);
    free(scan);
}

/* ---- rows ---- */

static bool scan_matches(const struct tri_scan *scan, const struct tri_cim_object *object)
{
    const struct tri_scan_spec *spec = scan->spec;
    for (size_t i = 0; i < spec->demand_count; i++)
        if (!tri_reference_or_value_same(tri_cim_object_value(object, spec->demands[i].property),
                                         spec->demands[i].value, spec->name_space))
            return false;
    return !spec->condition || tri_condition_match(spec->condition, object);
}

static void scan_fill(const struct tri_scan *scan, struct tri_cim_object *object, const void *row, size_t from,
                      size_t to)
{
    for (size_t i = from; i < to; i++)
        scan->fields[i].field->get(row, tri_cim_object_slot(object, scan->fields[i].index));
}

static int scan_take(struct tri_scan *scan, struct tri_cim_object *object)
{
    TRI_LOCK_SCOPE(&scan->taking);
    int r = tri_scan_stopped(scan) ? -ECANCELED : atomic_load(&scan->ended);
    if (r != 0) {
        tri_cim_object_unref(object);
        return r;
    }
    r = scan->spec->take(scan->spec->context, object);
    atomic_store(&scan->ended, r);
    return r;
}

int tri_scan_row(struct tri_scan *scan, const void *row)
{
    if (tri_scan_stopped(scan))
        return -ECANCELED;
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_cim_object_blank(scan->spec->cls);
    if (!object)
        return -ENOMEM;
    scan_fill(scan, object, row, 0, scan->first_count);
    if (!scan_matches(scan, object))
        return 0;
    scan_fill(scan, object, row, scan->first_count, scan->field_count);
    return scan_take(scan, TRI_TAKE(object));
}

/* ---- what providers ask ---- */

bool tri_scan_stopped(const struct tri_scan *scan)
{
    return atomic_load_explicit(scan->spec->stop, memory_order_relaxed) ||
           atomic_load_explicit(&scan->ended, memory_order_relaxed) != 0;
}

unsigned tri_scan_needs(const struct tri_scan *scan)
{
    return scan->needs;
}

const struct tri_value *tri_scan_equals(const struct tri_scan *scan, const char *property)
{
    const struct tri_scan_spec *spec = scan->spec;
    int index = tri_class_find(spec->cls, property);
    if (index < 0)
        return NULL;
    for (size_t i = 0; i < spec->demand_count; i++)
        if (spec->demands[i].property == index)
            return spec->demands[i].value;
    return spec->condition ? tri_condition_equals(spec->condition, index) : NULL;
}

uint64_t tri_scan_deadline_ns(const struct tri_scan *scan)
{
    return scan->spec->deadline_ns;
}

/* ---- the core's side ---- */

/* Why there is nothing is only of interest where one object is asked for, by its keys. */
static bool asks_for_one(const struct tri_scan_spec *spec)
{
    return spec->demand_count > 0 && !spec->condition;
}

int tri_scan_run(const struct tri_scan_spec *spec, struct tri_error *error)
{
    struct tri_scan *scan = scan_new(spec);
    if (!scan)
        return tri_error_no_memory(error);
    int r = spec->table->scan(scan, error), ended = atomic_load(&scan->ended);
    TRI_LOG("management", "%s ends with %d", spec->table->name, r);
    scan_free(scan);
    r = ended != 0 ? ended : r;
    if (r == TRI_MANAGEMENT_NOT_FOUND && !asks_for_one(spec)) {
        r = 0;
        if (error)
            tri_error_clear(error);
    }
    if (r == -ENOMEM)
        tri_error_no_memory(error);
    else if (r < 0 && r != -ECANCELED)
        tri_error_set(error, r, spec->table->name,
                      "The provider of %s failed with error %d; the host's own logs may say why.", spec->table->name,
                      -r);
    return r;
}

const struct tri_provided_class *tri_provider_find(const char *name_space, const char *class_name)
{
    for (size_t i = 0; tri_provider_lists[i]; i++)
        for (const struct tri_provided_class *const *table = tri_provider_lists[i]; *table; table++)
            if (tri_name_equal((*table)->name, class_name) && tri_name_equal((*table)->name_space, name_space))
                return *table;
    return NULL;
}
