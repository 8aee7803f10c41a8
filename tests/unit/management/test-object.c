#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/object.h"

static const struct tri_value yes = {.type = TRI_CIM_BOOLEAN, .is_set = true, .boolean = true};

static const uint16_t all_types[] = {
    TRI_CIM_SINT8,  TRI_CIM_UINT8,  TRI_CIM_SINT16,    TRI_CIM_UINT16,   TRI_CIM_SINT32,  TRI_CIM_UINT32,
    TRI_CIM_SINT64, TRI_CIM_UINT64, TRI_CIM_REAL32,    TRI_CIM_REAL64,   TRI_CIM_BOOLEAN, TRI_CIM_STRING,
    TRI_CIM_OBJECT, TRI_CIM_CHAR16, TRI_CIM_REFERENCE, TRI_CIM_DATETIME,
};
enum { TYPES = sizeof all_types / sizeof all_types[0] };

static int add(struct tri_class *cls, const char *name, uint16_t type, const char *qualifier)
{
    int index;
    assert_int_equal(tri_class_put_property(cls, name, type, NULL, NULL, &index, NULL), 0);
    if (qualifier)
        assert_int_equal(tri_qualifiers_put(&cls->properties[index].qualifiers, qualifier, &yes, 0, NULL), 0);
    return index;
}

static struct tri_class *draft(const char *name)
{
    struct tri_class *cls = tri_class_new();
    assert_int_equal(tri_class_set_name(cls, name, NULL), 0);
    cls->name_space = strdup("root\\test");
    return cls;
}

static struct tri_class *frozen(struct tri_class *cls)
{
    assert_int_equal(tri_class_freeze(cls, NULL), 0);
    return cls;
}

/* Ship { [key] Name; Rowers = 170; Notes; Child } */
static struct tri_class *make_ship(void)
{
    struct tri_class *cls = draft("Ship");
    struct tri_value rowers = {.type = TRI_CIM_SINT32, .is_set = true, .integer = 170};
    add(cls, "Name", TRI_CIM_STRING, "key");
    assert_int_equal(tri_class_put_property(cls, "Rowers", TRI_CIM_UINT32, NULL, &rowers, NULL, NULL), 0);
    add(cls, "Notes", TRI_CIM_STRING | TRI_CIM_ARRAY, NULL);
    add(cls, "Child", TRI_CIM_OBJECT, NULL);
    return frozen(cls);
}

static struct tri_cim_object *make_named(struct tri_class *cls, const char *name)
{
    struct tri_cim_object *object = tri_cim_object_instance(cls);
    tri_cim_object_set_string(object, "Name", name);
    return object;
}

/* A class with every type and its array. */
static struct tri_class *make_wide(void)
{
    struct tri_class *cls = draft("Wide");
    char name[16];
    for (int i = 0; i < TYPES; i++) {
        snprintf(name, sizeof name, "P%d", i);
        add(cls, name, all_types[i], NULL);
        snprintf(name, sizeof name, "A%d", i);
        add(cls, name, all_types[i] | TRI_CIM_ARRAY, NULL);
    }
    return frozen(cls);
}

static void fill(struct tri_value *value, struct tri_class *of_objects, int seed)
{
    switch (value->type) {
    case TRI_CIM_OBJECT:
        value->object = make_named(of_objects, seed % 2 ? "inner" : "other");
        value->is_set = true;
        break;
    case TRI_CIM_DATETIME:
        tri_value_set_string(value, "20240131120000.000000+060");
        break;
    case TRI_CIM_STRING:
    case TRI_CIM_REFERENCE:
        tri_value_set_string(value, seed % 2 ? "some text" : "");
        break;
    default:
        tri_value_set_signed(value, seed % 100);
        break;
    }
    assert_true(value->is_set);
}

static struct tri_cim_object *make_full(struct tri_class *wide, struct tri_class *ship)
{
    struct tri_cim_object *object = tri_cim_object_blank(wide);
    for (int i = 0; i < TYPES * 2; i++) {
        struct tri_value *slot = tri_cim_object_slot(object, i);
        if (!(slot->type & TRI_CIM_ARRAY)) {
            fill(slot, ship, i);
            continue;
        }
        assert_int_equal(tri_value_make_array(slot, 3), 0);
        for (int item = 0; item < 3; item++)
            fill(&slot->array->items[item], ship, item);
    }
    return object;
}

/* ---- values ---- */

static void an_instance_begins_with_the_defaults_and_a_blank_one_with_nothing(void **state)
{
    TRI_AUTO_CLASS struct tri_class *ship = make_ship();
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *instance = tri_cim_object_instance(ship);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *blank = tri_cim_object_blank(ship);
    assert_int_equal(tri_cim_object_find(instance, "rowers")->natural, 170);
    assert_false(tri_cim_object_find(blank, "Rowers")->is_set);
    assert_int_equal(tri_cim_object_find(blank, "Rowers")->type, TRI_CIM_UINT32);
    assert_null(tri_cim_object_find(blank, "Oars"));
}

static void a_value_is_converted_or_the_old_one_stays(void **state)
{
    TRI_AUTO_CLASS struct tri_class *ship = make_ship();
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_cim_object_instance(ship);
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    struct tri_value value = {.type = TRI_CIM_SINT64, .is_set = true, .integer = 5};
    assert_int_equal(tri_cim_object_set(object, 1, &value, NULL), 0);
    assert_int_equal(tri_cim_object_value(object, 1)->natural, 5);
    value.integer = -5;
    assert_int_equal(tri_cim_object_set(object, 1, &value, &error), TRI_MANAGEMENT_VALUE_OUT_OF_RANGE);
    assert_non_null(strstr(error.text, "Rowers"));
    assert_int_equal(tri_cim_object_set(object, 2, &value, NULL), TRI_MANAGEMENT_TYPE_MISMATCH);
    assert_int_equal(tri_cim_object_value(object, 1)->natural, 5);
    assert_int_equal(tri_cim_object_set(object, 1, NULL, NULL), 0);
    assert_false(tri_cim_object_value(object, 1)->is_set);
    tri_cim_object_set_unsigned(object, "ROWERS", 7);
    assert_int_equal(tri_cim_object_value(object, 1)->natural, 7);
    tri_cim_object_set_unsigned(object, "Oars", 7); /* nothing */
}

static void a_copy_is_changed_alone(void **state)
{
    TRI_AUTO_CLASS struct tri_class *ship = make_ship();
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = make_named(ship, "Olympias");
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *child = make_named(ship, "boat");
    struct tri_value embedded = {.type = TRI_CIM_OBJECT, .is_set = true, .object = child};
    assert_int_equal(tri_cim_object_set(object, 3, &embedded, NULL), 0);
    tri_cim_object_set_string(child, "Name", "changed later");
    assert_string_equal(tri_cim_object_value(tri_cim_object_value(object, 3)->object, 0)->string, "boat");
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *copy = tri_cim_object_copy(object);
    assert_true(tri_cim_object_same(object, copy, 0));
    tri_cim_object_set_string(copy, "Name", "Argo");
    assert_string_equal(tri_cim_object_value(object, 0)->string, "Olympias");
    assert_false(tri_cim_object_same(object, copy, 0));
}

static void nesting_has_an_end(void **state)
{
    TRI_AUTO_CLASS struct tri_class *ship = make_ship();
    struct tri_cim_object *object = make_named(ship, "x");
    int r = 0, depth = 0;
    while (r == 0 && depth < 1000) {
        struct tri_cim_object *outer = make_named(ship, "x");
        struct tri_value embedded = {.type = TRI_CIM_OBJECT, .is_set = true, .object = object};
        r = tri_cim_object_set(outer, 3, &embedded, NULL);
        depth += r == 0;
        if (r == 0) {
            tri_cim_object_unref(object);
            object = outer;
        } else
            tri_cim_object_unref(outer);
    }
    assert_int_equal(r, TRI_MANAGEMENT_VALUE_OUT_OF_RANGE);
    assert_in_range(depth, 32, 64);
    TRI_AUTO_FREE uint8_t *blob = NULL; /* the deepest that can be made can be stored, too */
    size_t size;
    assert_int_equal(tri_cim_object_encode(object, &blob, &size), 0);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *back = tri_cim_object_from_blob(ship, blob, size);
    assert_int_equal(tri_cim_object_decode(back), 0);
    assert_true(tri_cim_object_same(object, back, 3));
    tri_cim_object_unref(object);
}

static void a_projection_has_only_its_properties(void **state)
{
    TRI_AUTO_CLASS struct tri_class *ship = make_ship();
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = make_named(ship, "Olympias");
    struct tri_value count;
    assert_int_equal(tri_cim_object_project(object, &(uint64_t){0x3}), 0);
    assert_false(object->is_unlocated); /* the key is there */
    assert_non_null(tri_cim_object_find(object, "Name"));
    assert_null(tri_cim_object_find(object, "Notes"));
    assert_int_equal(tri_cim_object_system(object, TRI_SYSTEM_PROPERTY_COUNT, &count), 0);
    assert_int_equal(count.integer, 2);
    assert_int_equal(tri_cim_object_project(object, &(uint64_t){0x2}), 0);
    assert_true(object->is_unlocated);
    char *path;
    assert_int_equal(tri_cim_object_path(object, &path), 0);
    assert_null(path);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *copy = tri_cim_object_copy(object);
    assert_null(tri_cim_object_find(copy, "Name"));
    assert_true(copy->is_unlocated);
}

/* ---- places ---- */

static void expect_paths(const struct tri_cim_object *object, const char *relative, const char *key)
{
    TRI_AUTO_FREE char *path = NULL;
    TRI_AUTO_FREE char *made = NULL;
    assert_int_equal(tri_cim_object_relative_path(object, &path), 0);
    assert_string_equal(path, relative);
    assert_int_equal(tri_cim_object_key(object, &made, NULL), 0);
    assert_string_equal(made, key);
}

static void paths_are_escaped_and_keys_are_folded(void **state)
{
    TRI_AUTO_CLASS struct tri_class *ship = make_ship();
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = make_named(ship, "C:\\\"\xc3\x84\"");
    expect_paths(object, "Ship.Name=\"C:\\\\\\\"\xc3\x84\\\"\"", "\"c:\\\\\\\"\xc3\xa4\\\"\"");
    TRI_AUTO_FREE char *path = NULL;
    char expected[400];
    assert_int_equal(tri_cim_object_path(object, &path), 0);
    snprintf(expected, sizeof expected, "\\\\%s\\root\\test:Ship.Name=\"C:\\\\\\\"\xc3\x84\\\"\"", tri_server_name());
    assert_string_equal(path, expected);
}

static void several_keys_are_in_alphabetical_order(void **state)
{
    TRI_AUTO_CLASS struct tri_class *cls = draft("Many");
    add(cls, "Zeta", TRI_CIM_UINT64, "key");
    add(cls, "Alpha", TRI_CIM_BOOLEAN, "key");
    add(cls, "Mid", TRI_CIM_SINT8, "key");
    add(cls, "Unit", TRI_CIM_CHAR16, "key");
    frozen(cls);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_cim_object_blank(cls);
    tri_value_set_unsigned(tri_cim_object_slot(object, 0), UINT64_MAX);
    tri_value_set_boolean(tri_cim_object_slot(object, 1), true);
    tri_value_set_signed(tri_cim_object_slot(object, 2), -3);
    tri_value_set_string(tri_cim_object_slot(object, 3), "A");
    expect_paths(object, "Many.Alpha=TRUE,Mid=-3,Unit=65,Zeta=18446744073709551615",
                 "alpha=TRUE,mid=-3,unit=65,zeta=18446744073709551615");
    assert_int_equal(tri_cim_object_set(object, 2, NULL, NULL), 0);
    char *none = NULL;
    assert_int_equal(tri_cim_object_key(object, &none, NULL), TRI_MANAGEMENT_ILLEGAL_NULL);
    assert_int_equal(tri_cim_object_relative_path(object, &none), 0);
    assert_null(none);
}

static void references_in_keys_lose_what_is_the_same_everywhere(void **state)
{
    TRI_AUTO_CLASS struct tri_class *cls = draft("Link");
    add(cls, "One", TRI_CIM_REFERENCE, "key");
    frozen(cls);
    static const char *const spellings[] = {"\\\\HOST\\root\\test:Ship.Name=\"a\"", "\\\\.\\ROOT\\test:ship.Name=\"A\"",
                                            "//./root/test:Ship.Name=\"a\"", "root\\test:Ship.Name=\"a\"",
                                            "Ship.Name=\"a\""};
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_cim_object_blank(cls);
        TRI_AUTO_FREE char *key = NULL;
        tri_value_set_string(tri_cim_object_slot(object, 0), spellings[i]);
        assert_int_equal(tri_cim_object_key(object, &key, NULL), 0);
        assert_string_equal(key, "\"ship.name=\\\"a\\\"\"");
    }
}

static void singletons_and_classes_have_paths_of_their_own(void **state)
{
    TRI_AUTO_CLASS struct tri_class *only = draft("Only");
    assert_int_equal(tri_qualifiers_put(&only->qualifiers, "singleton", &yes, 0, NULL), 0);
    frozen(only);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_cim_object_blank(only);
    expect_paths(object, "Only=@", "@");
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *cls = tri_cim_object_of_class(tri_class_ref(only));
    TRI_AUTO_FREE char *path = NULL;
    assert_int_equal(tri_cim_object_relative_path(cls, &path), 0);
    assert_string_equal(path, "Only");
    TRI_AUTO_CLASS struct tri_class *keyless = frozen(draft("Keyless"));
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *lost = tri_cim_object_blank(keyless);
    char *none = NULL;
    assert_int_equal(tri_cim_object_key(lost, &none, NULL), TRI_MANAGEMENT_NO_KEY);
    assert_int_equal(tri_cim_object_relative_path(lost, &none), 0);
    assert_null(none);
}

static void expect_system(const struct tri_cim_object *object, enum tri_system_property property, const char *expected)
{
    struct tri_value value;
    assert_int_equal(tri_cim_object_system(object, property, &value), 0);
    TRI_AUTO_FREE char *text = tri_value_text(&value);
    assert_string_equal(text, expected ? expected : "");
    assert_int_equal(value.is_set, expected != NULL);
    tri_value_clear(&value);
}

static void system_properties_say_what_an_object_is(void **state)
{
    TRI_AUTO_CLASS struct tri_class *ship = make_ship();
    TRI_AUTO_CLASS struct tri_class *warship = tri_class_derive(ship);
    assert_int_equal(tri_class_set_name(warship, "Warship", NULL), 0);
    frozen(warship);
    TRI_AUTO_CLASS struct tri_class *flagship = tri_class_derive(warship);
    assert_int_equal(tri_class_set_name(flagship, "Flagship", NULL), 0);
    frozen(flagship);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = make_named(flagship, "x");
    expect_system(object, TRI_SYSTEM_GENUS, "2");
    expect_system(object, TRI_SYSTEM_CLASS, "Flagship");
    expect_system(object, TRI_SYSTEM_SUPERCLASS, "Warship");
    expect_system(object, TRI_SYSTEM_DYNASTY, "Ship");
    expect_system(object, TRI_SYSTEM_RELPATH, "Flagship.Name=\"x\"");
    expect_system(object, TRI_SYSTEM_PROPERTY_COUNT, "4");
    expect_system(object, TRI_SYSTEM_DERIVATION, "Warship, Ship");
    expect_system(object, TRI_SYSTEM_SERVER, tri_server_name());
    expect_system(object, TRI_SYSTEM_NAMESPACE, "root\\test");
    object->is_unlocated = true;
    expect_system(object, TRI_SYSTEM_RELPATH, NULL);
    expect_system(object, TRI_SYSTEM_SERVER, NULL);
    expect_system(object, TRI_SYSTEM_NAMESPACE, NULL);
    expect_system(object, TRI_SYSTEM_PATH, NULL);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *blank = tri_cim_object_of_class(tri_class_new());
    expect_system(blank, TRI_SYSTEM_GENUS, "1");
    expect_system(blank, TRI_SYSTEM_CLASS, NULL);
    expect_system(blank, TRI_SYSTEM_DERIVATION, ""); /* an empty array is not NULL */
    for (int i = 0; i < TRI_SYSTEM_COUNT; i++)
        assert_int_equal(tri_system_property_find(tri_system_property_name(i)), i);
    assert_int_equal(tri_system_property_find("__path"), TRI_SYSTEM_PATH);
    assert_int_equal(tri_system_property_find("Path"), -1);
    assert_int_equal(tri_system_property_find(""), -1);
    assert_int_equal(tri_system_property_find("__NONE"), -1);
}

/* ---- blobs ---- */

static void every_type_comes_back_from_a_blob(void **state)
{
    TRI_AUTO_CLASS struct tri_class *ship = make_ship();
    TRI_AUTO_CLASS struct tri_class *wide = make_wide();
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = make_full(wide, ship);
    object->qualifiers = calloc(1, sizeof *object->qualifiers);
    assert_int_equal(tri_qualifiers_put(object->qualifiers, "Mine", &yes, TRI_FLAVOR_TO_INSTANCE, NULL), 0);
    TRI_AUTO_FREE uint8_t *blob = NULL;
    size_t size;
    assert_int_equal(tri_cim_object_encode(object, &blob, &size), 0);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *back = tri_cim_object_from_blob(wide, blob, size);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *copy = tri_cim_object_copy(back); /* before anybody looked */
    assert_true(tri_cim_object_same(object, back, 0x2));
    assert_true(tri_cim_object_same(object, copy, 0x2));
    assert_true(tri_qualifiers_true(back->qualifiers, "Mine"));
    const struct tri_cim_object *inner = tri_cim_object_find(back, "P12")->object;
    assert_string_equal(inner->cls->name, "Ship");
    assert_int_equal(tri_cim_object_find(inner, "Rowers")->natural, 170);
    TRI_AUTO_FREE uint8_t *again = NULL;
    size_t again_size;
    assert_int_equal(tri_cim_object_encode(back, &again, &again_size), 0);
    assert_int_equal(again_size, size);
    assert_memory_equal(again, blob, size);
}

static void what_is_the_default_is_not_in_the_blob_and_null_is(void **state)
{
    TRI_AUTO_CLASS struct tri_class *ship = make_ship();
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_cim_object_instance(ship);
    TRI_AUTO_FREE uint8_t *small = NULL;
    TRI_AUTO_FREE uint8_t *null = NULL;
    size_t small_size, null_size;
    assert_int_equal(tri_cim_object_encode(object, &small, &small_size), 0);
    assert_int_equal(tri_cim_object_set(object, 1, NULL, NULL), 0);
    assert_int_equal(tri_cim_object_encode(object, &null, &null_size), 0);
    assert_true(null_size > small_size);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *a = tri_cim_object_from_blob(ship, small, small_size);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *b = tri_cim_object_from_blob(ship, null, null_size);
    assert_int_equal(tri_cim_object_value(a, 1)->natural, 170);
    assert_false(tri_cim_object_value(b, 1)->is_set);
    struct tri_value five = {.type = TRI_CIM_UINT32, .is_set = true, .natural = 5};
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *c = tri_cim_object_from_blob(ship, null, null_size);
    assert_int_equal(tri_cim_object_set(c, 1, &five, NULL), 0); /* a change decodes first */
    assert_int_equal(tri_cim_object_value(c, 1)->natural, 5);
}

/* Reads whatever the bytes make; only crashes, leaks and what sanitizers see can fail. */
static bool try(struct tri_class *cls, const uint8_t *blob, size_t size)
{
    uint8_t *exact = malloc(size + !size); /* of exactly this size, so that a byte too far is seen */
    memcpy(exact, blob, size);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_cim_object_from_blob(cls, exact, size);
    free(exact);
    assert_non_null(tri_cim_object_value(object, 0));
    int r = tri_cim_object_decode(object);
    assert_true(r == 0 || r == TRI_MANAGEMENT_CRITICAL_ERROR);
    return r == 0;
}

static void a_damaged_blob_is_refused_and_never_read_beyond_its_end(void **state)
{
    TRI_AUTO_CLASS struct tri_class *ship = make_ship();
    TRI_AUTO_CLASS struct tri_class *wide = make_wide();
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = make_full(wide, ship);
    TRI_AUTO_FREE uint8_t *blob = NULL;
    size_t size;
    assert_int_equal(tri_cim_object_encode(object, &blob, &size), 0);
    assert_true(try(wide, blob, size));
    for (size_t cut = 0; cut < size; cut++)
        assert_false(try(wide, blob, cut));
    assert_false(try(ship, blob, size)); /* another class */
    for (size_t at = 0; at < size; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            blob[at] ^= (uint8_t)(1u << bit);
            try(wide, blob, size);
            blob[at] ^= (uint8_t)(1u << bit);
        }
    srand(1);
    for (int round = 0; round < 20000; round++) {
        uint8_t noise[64];
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (uint8_t)rand();
        memcpy(noise, blob, 2);
        try(wide, noise, sizeof noise);
    }
}

static void objects_in_a_blob_end_somewhere(void **state)
{
    TRI_AUTO_CLASS struct tri_class *ship = make_ship();
    enum { DEEP = 20000 };
    static const uint8_t level[] = {0, 0, 0, 1, 1, 'x', 0, TRI_CIM_OBJECT, 1}; /* no name, one property: an object */
    uint8_t *blob = malloc(8 + DEEP * sizeof level), *at = blob;
    *at++ = 1;
    *at++ = 4;
    *at++ = 4 << 1;
    *at++ = TRI_CIM_OBJECT;
    for (int i = 0; i < DEEP; i++, at += sizeof level)
        memcpy(at, level, sizeof level);
    assert_false(try(ship, blob, (size_t)(at - blob)));
    free(blob);
}

static void an_embedded_class_comes_back_as_a_class(void **state)
{
    TRI_AUTO_CLASS struct tri_class *ship = make_ship();
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = make_named(ship, "x");
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *as_object = tri_cim_object_of_class(tri_class_ref(ship));
    struct tri_value embedded = {.type = TRI_CIM_OBJECT, .is_set = true, .object = as_object};
    assert_int_equal(tri_cim_object_set(object, 3, &embedded, NULL), 0);
    TRI_AUTO_FREE uint8_t *blob = NULL;
    size_t size;
    assert_int_equal(tri_cim_object_encode(object, &blob, &size), 0);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *back = tri_cim_object_from_blob(ship, blob, size);
    const struct tri_cim_object *inner = tri_cim_object_value(back, 3)->object;
    assert_true(inner->is_class);
    assert_string_equal(inner->cls->name, "Ship");
    assert_int_equal(tri_cim_object_find(inner, "Rowers")->natural, 170);
}

/* ---- comparison ---- */

enum { QUALIFIERS = 1, SOURCE = 2, DEFAULTS = 4, CLASS = 8, CASE = 0x10, FLAVOR = 0x20 };

static void the_flags_say_what_does_not_matter(void **state)
{
    TRI_AUTO_CLASS struct tri_class *ship = make_ship();
    TRI_AUTO_CLASS struct tri_class *boat = tri_class_thaw(ship);
    assert_int_equal(tri_class_set_name(boat, "Boat", NULL), 0);
    free(boat->name_space);
    boat->name_space = strdup("root\\other");
    frozen(boat);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *a = make_named(ship, "x");
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *upper = make_named(ship, "X");
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *other = make_named(boat, "x");
    assert_false(tri_cim_object_same(a, upper, 0));
    assert_true(tri_cim_object_same(a, upper, CASE));
    assert_false(tri_cim_object_same(a, other, SOURCE));
    assert_false(tri_cim_object_same(a, other, CLASS));
    assert_true(tri_cim_object_same(a, other, CLASS | SOURCE));
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *marked = tri_cim_object_copy(a);
    marked->qualifiers = calloc(1, sizeof *marked->qualifiers);
    assert_int_equal(tri_qualifiers_put(marked->qualifiers, "Mine", &yes, 0, NULL), 0);
    assert_false(tri_cim_object_same(a, marked, 0));
    assert_true(tri_cim_object_same(a, marked, QUALIFIERS));
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *flavored = tri_cim_object_copy(marked);
    flavored->qualifiers->items[0].flavor = TRI_FLAVOR_TO_INSTANCE;
    assert_false(tri_cim_object_same(flavored, marked, 0));
    assert_true(tri_cim_object_same(flavored, marked, FLAVOR));
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *cls = tri_cim_object_of_class(tri_class_ref(ship));
    TRI_AUTO_CLASS struct tri_class *changed = tri_class_thaw(ship);
    struct tri_value five = {.type = TRI_CIM_UINT32, .is_set = true, .natural = 5};
    assert_int_equal(tri_class_put_property(changed, "Rowers", 0, NULL, &five, NULL, NULL), 0);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *changed_cls = tri_cim_object_of_class(tri_class_ref(changed));
    assert_false(tri_cim_object_same(cls, a, 0));
    assert_false(tri_cim_object_same(cls, changed_cls, 0));
    assert_true(tri_cim_object_same(cls, changed_cls, DEFAULTS));
}

static void a_draft_in_a_class_object_is_copied_and_a_frozen_class_shared(void **state)
{
    TRI_AUTO_CLASS struct tri_class *ship = make_ship();
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *shared = tri_cim_object_of_class(tri_class_ref(ship));
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *copy = tri_cim_object_copy(shared);
    assert_ptr_equal(copy->cls, ship);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *own = tri_cim_object_of_class(tri_class_thaw(ship));
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *own_copy = tri_cim_object_copy(own);
    assert_ptr_not_equal(own->cls, own_copy->cls);
    assert_true(tri_cim_object_same(own, own_copy, 0));
}

static int nothing_is_left(void **state)
{
    return tri_cim_object_live() != 0;
}

#define test(name) cmocka_unit_test_teardown(name, nothing_is_left)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(an_instance_begins_with_the_defaults_and_a_blank_one_with_nothing),
        test(a_value_is_converted_or_the_old_one_stays),
        test(a_copy_is_changed_alone),
        test(nesting_has_an_end),
        test(a_projection_has_only_its_properties),
        test(paths_are_escaped_and_keys_are_folded),
        test(several_keys_are_in_alphabetical_order),
        test(references_in_keys_lose_what_is_the_same_everywhere),
        test(singletons_and_classes_have_paths_of_their_own),
        test(system_properties_say_what_an_object_is),
        test(every_type_comes_back_from_a_blob),
        test(what_is_the_default_is_not_in_the_blob_and_null_is),
        test(a_damaged_blob_is_refused_and_never_read_beyond_its_end),
        test(objects_in_a_blob_end_somewhere),
        test(an_embedded_class_comes_back_as_a_class),
        test(the_flags_say_what_does_not_matter),
        test(a_draft_in_a_class_object_is_copied_and_a_frozen_class_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
