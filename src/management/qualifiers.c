/* A set of qualifiers is a short array: most have fewer than ten. One that overrides a propagated one keeps it, to be
 * there again when the override goes. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/class.h"

enum { QUALIFIERS_MAX = 1024 };

static int find(const struct tri_qualifiers *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++)
        if (tri_name_equal(set->items[i].name, name))
            return (int)i;
    return -1;
}

const struct tri_qualifier *tri_qualifiers_find(const struct tri_qualifiers *set, const char *name)
{
    int i = find(set, name);
    return i < 0 ? NULL : &set->items[i];
}

bool tri_qualifiers_true(const struct tri_qualifiers *set, const char *name)
{
    const struct tri_qualifier *qualifier = tri_qualifiers_find(set, name);
    return qualifier && qualifier->value.type == TRI_CIM_BOOLEAN && qualifier->value.is_set && qualifier->value.boolean;
}

static void clear_qualifier(struct tri_qualifier *qualifier)
{
    if (!qualifier->is_shared) {
        free(qualifier->name);
        tri_value_clear(&qualifier->value);
    }
    if (qualifier->inherited) /* which has none itself */
        clear_qualifier(qualifier->inherited);
    free(qualifier->inherited);
    *qualifier = (struct tri_qualifier){0};
}

static int make_room(struct tri_qualifiers *set)
{
    if (set->count < set->room)
        return 0;
    size_t room = set->room ? set->room * 2 : 4;
    struct tri_qualifier *items = reallocarray(set->items, room, sizeof *items);
    if (!items)
        return -ENOMEM;
    set->items = items;
    set->room = room;
    return 0;
}

static bool is_qualifier_type(uint16_t type)
{
    switch (type & ~TRI_CIM_ARRAY) {
    case TRI_CIM_STRING:
    case TRI_CIM_SINT32:
    case TRI_CIM_REAL64:
    case TRI_CIM_BOOLEAN:
        return true;
    default:
        return false;
    }
}

/* What is no number cannot be written in MOF, in which classes are kept. */
static bool has_nan(const struct tri_value *value)
{
    bool is_array = value->type & TRI_CIM_ARRAY, is_found = false;
    if ((value->type & ~TRI_CIM_ARRAY) != TRI_CIM_REAL64)
        return false;
    for (size_t i = 0; is_array && i < value->array->count; i++)
        is_found |= isnan(value->array->items[i].real) != 0;
    return is_array ? is_found : isnan(value->real) != 0;
}

static int check(const struct tri_qualifiers *set, const char *name, const struct tri_value *value,
                 const struct tri_qualifier *there, struct tri_error *error)
{
    if (!tri_name_valid(name))
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_PARAMETER, name,
                             "\"%s\" cannot be the name of a qualifier: letters, digits and _ make one.",
                             name ? name : "");
    if (!value->is_set || !is_qualifier_type(value->type) || has_nan(value))
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_QUALIFIER_TYPE, name,
                             "The qualifier %s cannot have such a value: string, sint32, real64, boolean and arrays of "
                             "them are what qualifiers have.",
                             name);
    bool is_fixed = there && (there->flavor & TRI_FLAVOR_PROPAGATED) && (there->flavor & TRI_FLAVOR_NOT_OVERRIDABLE);
    if (is_fixed && !tri_value_equal(&there->value, value, false))
        return tri_error_set(error, TRI_MANAGEMENT_OVERRIDE_NOT_ALLOWED, name,
                             "The qualifier %s comes from a class above, which does not let it be overridden.", name);
    if (!there && set->count >= QUALIFIERS_MAX)
        return tri_error_set(error, TRI_MANAGEMENT_QUOTA_VIOLATION, name, "There are more than %d qualifiers here.",
                             QUALIFIERS_MAX);
    return 0;
}

static int copy_qualifier(const struct tri_qualifier *from, struct tri_qualifier *ret)
{
    struct tri_qualifier copy = {.name = strdup(from->name), .flavor = from->flavor};
    int r = copy.name ? tri_value_copy(&from->value, &copy.value) : -ENOMEM;
    if (r == 0 && from->inherited) {
        copy.inherited = calloc(1, sizeof *copy.inherited);
        r = copy.inherited ? copy_qualifier(from->inherited, copy.inherited) : -ENOMEM;
    }
    if (r < 0) {
        clear_qualifier(&copy);
        return r;
    }
    *ret = copy;
    return 0;
}

static int add(struct tri_qualifiers *set, const struct tri_qualifier *qualifier)
{
    int r = make_room(set);
    if (r == 0)
        r = copy_qualifier(qualifier, &set->items[set->count]);
    if (r == 0)
        set->count++;
    return r;
}

/* A propagated one steps back behind what overrides it; a local one is gone. */
static int replace(struct tri_qualifier *there, const struct tri_qualifier *with)
{
    struct tri_qualifier fresh;
    int r = copy_qualifier(with, &fresh);
    if (r < 0)
        return r;
    if (there->flavor & TRI_FLAVOR_PROPAGATED) {
        if (!(fresh.inherited = malloc(sizeof *fresh.inherited))) {
            clear_qualifier(&fresh);
            return -ENOMEM;
        }
        *fresh.inherited = *there;
    } else {
        fresh.inherited = TRI_TAKE(there->inherited);
        clear_qualifier(there);
    }
    *there = fresh;
    return 0;
}

int tri_qualifiers_put(struct tri_qualifiers *set, const char *name, const struct tri_value *value, uint8_t flavor,
                       struct tri_error *error)
{
    int at = name ? find(set, name) : -1;
    struct tri_qualifier *there = at < 0 ? NULL : &set->items[at];
    int r = check(set, name, value, there, error);
    if (r < 0)
        return r;
    /* What says the same as a fixed one changes nothing: MOF repeats [key] in classes below. */
    if (there && (there->flavor & TRI_FLAVOR_PROPAGATED) && (there->flavor & TRI_FLAVOR_NOT_OVERRIDABLE))
        return 0;
    struct tri_qualifier with = {.name = (char *)name, .value = *value, .flavor = flavor};
    r = there ? replace(there, &with) : add(set, &with);
    return r < 0 ? tri_error_no_memory(error) : 0;
}

int tri_qualifiers_remove(struct tri_qualifiers *set, const char *name, struct tri_error *error)
{
    int at = find(set, name);
    if (at < 0)
        return tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, name, "There is no qualifier %s here.", name);
    struct tri_qualifier *there = &set->items[at];
    if (there->flavor & TRI_FLAVOR_PROPAGATED)
        return tri_error_set(error, TRI_MANAGEMENT_PROPAGATED_QUALIFIER, name,
                             "The qualifier %s comes from above, and can only be removed there.", name);
    if (there->inherited) {
        struct tri_qualifier *inherited = TRI_TAKE(there->inherited);
        clear_qualifier(there);
        *there = *inherited;
        free(inherited);
        return 1;
    }
    clear_qualifier(there);
    memmove(there, there + 1, (set->count - (size_t)at - 1) * sizeof *there);
    set->count--;
    return 0;
}

int tri_qualifiers_copy(const struct tri_qualifiers *set, struct tri_qualifiers *ret)
{
    struct tri_qualifiers copy = {0};
    for (size_t i = 0; i < set->count; i++)
        if (add(&copy, &set->items[i]) < 0) {
            tri_qualifiers_clear(&copy);
            return -ENOMEM;
        }
    *ret = copy;
    return 0;
}

/* These go down whatever their flavor says: the meaning of objects hangs on them. */
static bool always_propagates(const char *name)
{
    return tri_name_equal(name, "key") || tri_name_equal(name, "association") || tri_name_equal(name, "singleton");
}

static bool propagates(const struct tri_qualifier *qualifier)
{
    return qualifier->flavor & TRI_FLAVOR_TO_DERIVED || always_propagates(qualifier->name);
}

int tri_qualifiers_inherit(const struct tri_qualifiers *from, struct tri_qualifiers *ret)
{
    size_t count = 0;
    for (size_t i = 0; i < from->count; i++)
        count += propagates(&from->items[i]);
    if (count == 0)
        return 0;
    struct tri_qualifiers made = {.items = calloc(count, sizeof *made.items), .room = count};
    if (!made.items)
        return -ENOMEM;
    for (size_t i = 0; i < from->count; i++) {
        const struct tri_qualifier *above = &from->items[i];
        if (!propagates(above))
            continue;
        unsigned flavor = above->flavor | TRI_FLAVOR_PROPAGATED;
        if (always_propagates(above->name))
            flavor |= TRI_FLAVOR_TO_DERIVED | TRI_FLAVOR_NOT_OVERRIDABLE;
        made.items[made.count++] = (struct tri_qualifier){
            .name = above->name, .value = above->value, .flavor = (uint8_t)flavor, .is_shared = true};
    }
    *ret = made;
    return 0;
}

void tri_qualifiers_clear(struct tri_qualifiers *set)
{
    for (size_t i = 0; i < set->count; i++)
        clear_qualifier(&set->items[i]);
    free(set->items);
    *set = (struct tri_qualifiers){0};
}
