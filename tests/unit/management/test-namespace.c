#include "repository-test.h"

#include <sqlite3.h>
#include <sys/wait.h>

static struct tri_namespace *ns;

static int set_up(void **state)
{
    if (make_state(state) != 0)
        return -1;
    ns = open_namespace("root\\default");
    return 0;
}

static int tear_down(void **state)
{
    tri_namespace_unref(ns);
    return remove_state(state);
}

#define SHIP "class Ship { [key] string Name; uint32 Rowers = 170; string Notes[]; };"

/* ---- classes ---- */

static void a_class_that_was_put_is_there_for_a_new_namespace_too(void **state)
{
    put_class(ns, NULL, SHIP);
    put_class(ns, "ship", "class Trireme : Ship { uint32 Banks = 3; };");
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *other = open_namespace("ROOT\\Default");
    TRI_AUTO_CLASS struct tri_class *cls = get_class(other, "TRIREME");
    assert_string_equal(cls->name, "Trireme");
    assert_string_equal(cls->name_space, "root\\default");
    assert_string_equal(cls->parent->name, "Ship");
    assert_int_equal(cls->property_count, 4);
    assert_int_equal(cls->key_count, 1);
    assert_true(cls->id > 0);
    assert_string_equal(below(other, "Ship", true), "Trireme");
    assert_true(strstr(below(other, NULL, false), "Ship") != NULL);
}

static void a_class_may_derive_from_a_built_in_one(void **state)
{
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *cimv2 = open_namespace("root\\cimv2");
    put_class(cimv2, "CIM_Setting", "class Rigging : CIM_Setting { [key] string Name; };");
    put(cimv2, "Rigging", "Name", "mast");
    assert_true(has(cimv2, "Rigging", "\"mast\""));
    assert_true(strstr(below(cimv2, "CIM_Setting", true), "Rigging") != NULL);
    CHECK(tri_namespace_delete_class(cimv2, "Rigging", &error));
}

static void names_that_cannot_be_put_are_refused_each_in_its_way(void **state)
{
    TRI_AUTO_CLASS struct tri_class *blank = tri_class_new();
    REFUSED(TRI_MANAGEMENT_INCOMPLETE_CLASS, tri_namespace_put_class(ns, blank, 0, &error));
    TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, "__Event");
    REFUSED(TRI_MANAGEMENT_INVALID_OPERATION, tri_namespace_put_class(ns, cls, 0, &error));
    REFUSED(TRI_MANAGEMENT_INVALID_OBJECT, try_class(ns, NULL, "class Ship_ { };", 0, &error));
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *cimv2 = open_namespace("root\\cimv2");
    REFUSED(TRI_MANAGEMENT_ACCESS_DENIED, try_class(cimv2, NULL, "class CIM_Process { };", 0, &error));
    REFUSED(TRI_MANAGEMENT_INVALID_OPERATION, tri_namespace_delete_class(cimv2, "CIM_Process", &error));
    REFUSED(TRI_MANAGEMENT_NOT_FOUND, tri_namespace_delete_class(cimv2, "Nothing", &error));
}

static void create_only_and_update_only_say_what_they_miss(void **state)
{
    REFUSED(TRI_MANAGEMENT_NOT_FOUND, try_class(ns, NULL, SHIP, TRI_CALL_UPDATE_ONLY, &error));
    CHECK(try_class(ns, NULL, SHIP, TRI_CALL_CREATE_ONLY, &error));
    REFUSED(TRI_MANAGEMENT_ALREADY_EXISTS, try_class(ns, NULL, SHIP, TRI_CALL_CREATE_ONLY, &error));
    CHECK(try_class(ns, NULL, SHIP, TRI_CALL_UPDATE_ONLY, &error));
}

static void a_superclass_that_is_gone_or_would_be_below_is_refused(void **state)
{
    put_class(ns, NULL, SHIP);
    put_class(ns, "Ship", "class Trireme : Ship { };");
    TRI_AUTO_CLASS struct tri_class *trireme = read_class(ns, "Ship", "class Trireme : Ship { };");
    REFUSED(TRI_MANAGEMENT_INVALID_SUPERCLASS,
            try_class(ns, "Trireme", "class Ship : Trireme { };", TRI_CALL_UPDATE_FORCE, &error));
    CHECK(tri_namespace_delete_class(ns, "Ship", &error));
    REFUSED(TRI_MANAGEMENT_NOT_FOUND, tri_namespace_put_class(ns, trireme, 0, &error));
}

static void a_line_of_ancestors_has_an_end(void **state)
{
    char above[16] = "", text[64];
    struct tri_error found = {0};
    int depth = 0;
    CHECK(tri_namespace_begin(ns, &error));
    for (; depth < 1000 && !found.code; depth++) {
        snprintf(text, sizeof text, "class C%d %s%s { };", depth, depth ? ": " : "", above);
        try_class(ns, depth ? above : NULL, text, 0, &found);
        snprintf(above, sizeof above, "C%d", depth);
    }
    assert_int_equal(found.code, TRI_MANAGEMENT_QUOTA_VIOLATION);
    tri_error_clear(&found);
    CHECK(tri_namespace_end(ns, true, &error));
    snprintf(above, sizeof above, "C%d", depth - 2);
    TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, above);
    assert_string_equal(tri_class_dynasty(cls), "C0");
}

/* More than the cache of classes keeps at a time: some are read anew while their superclass changes. */
static void many_classes_with_many_properties_follow_their_superclass(void **state)
{
    enum { PROPERTIES = 4000, CLASSES = 400 };
    TRI_AUTO_FREE char *text = malloc(1 << 20);
    char *at = text + sprintf(text, "class Base { [key] uint32 Id;");
    for (int i = 1; i < PROPERTIES; i++)
        at += sprintf(at, "string P%d = \"x\";", i);
    size_t base_length = (size_t)(stpcpy(at, "};") - text);
    at = text + base_length;
    for (int i = 0; i < CLASSES; i++)
        at += sprintf(at, "class S%d : Base { uint32 Own = %d; };\n", i, i);
    compile(ns, text);
    strcpy(text + base_length - 2, "string Added; };");
    CHECK(try_class(ns, NULL, text, TRI_CALL_UPDATE_SAFE, &error));
    for (int i = 0; i < CLASSES; i += 57) {
        char name[16];
        snprintf(name, sizeof name, "S%d", i);
        TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, name);
        assert_int_equal(cls->property_count, PROPERTIES + 2);
        assert_true(tri_class_find(cls, "Added") >= 0);
        assert_int_equal(cls->properties[tri_class_find(cls, "own")].value.natural, i);
    }
}

static void kinds_that_contradict_the_superclass_are_refused(void **state)
{
    put_class(ns, NULL, SHIP);
    REFUSED(TRI_MANAGEMENT_CANNOT_BE_ABSTRACT, try_class(ns, "Ship", "[abstract] class Idea : Ship { };", 0, &error));
    put_class(ns, NULL, "class Sea { };");
    REFUSED(TRI_MANAGEMENT_CANNOT_BE_SINGLETON, try_class(ns, "Sea", "[singleton] class Aegean : Sea { };", 0, &error));
    put_class(ns, NULL, "[dynamic, provider(\"p\")] class Wind { [key] string Name; };");
}

static void a_class_with_subclasses_changes_in_safe_mode_and_they_follow(void **state)
{
    put_class(ns, NULL, SHIP);
    put_class(ns, "Ship", "class Trireme : Ship { uint32 Banks = 3; };");
    put_class(ns, "Trireme", "class Flagship : Trireme { string Admiral; };");
    const char *text = "class Ship { [key] string Name; uint32 Rowers = 170; string Notes[]; string Port; };";
    REFUSED(TRI_MANAGEMENT_CLASS_HAS_CHILDREN, try_class(ns, NULL, text, 0, &error));
    CHECK(try_class(ns, NULL, text, TRI_CALL_UPDATE_SAFE, &error));
    TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, "Flagship");
    assert_true(tri_class_find(cls, "Port") >= 0);
    assert_true(tri_class_find(cls, "Admiral") >= 0);
    assert_int_equal(cls->property_count, 6);
}

static void a_conflict_with_a_subclass_is_refused_but_by_force(void **state)
{
    put_class(ns, NULL, SHIP);
    put_class(ns, "Ship", "class Trireme : Ship { string Port; uint32 Banks = 3; };");
    const char *text = "class Ship { [key] string Name; uint32 Rowers = 170; string Notes[]; uint32 Port; };";
    REFUSED(TRI_MANAGEMENT_CLASS_HAS_CHILDREN, try_class(ns, NULL, text, TRI_CALL_UPDATE_SAFE, &error));
    CHECK(try_class(ns, NULL, text, TRI_CALL_UPDATE_FORCE, &error));
    for (int again = 0; again < 2; again++) { /* as it is now, and as it is read from the file */
        TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, "Trireme");
        assert_int_equal(cls->properties[tri_class_find(cls, "Port")].type, TRI_CIM_UINT32);
        assert_true(tri_class_find(cls, "Banks") >= 0);
        put_class(ns, NULL, "class Other { };");
    }
}

static void keys_cannot_change_where_there_are_subclasses_or_instances(void **state)
{
    const char *text = "class Ship { [key] string Name; [key] uint32 Rowers = 170; string Notes[]; };";
    put_class(ns, NULL, SHIP);
    put(ns, "Ship", "Name", "Olympias");
    REFUSED(TRI_MANAGEMENT_CLASS_HAS_INSTANCES, try_class(ns, NULL, text, TRI_CALL_UPDATE_FORCE, &error));
    TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, "Ship");
    CHECK(tri_namespace_delete_instance(ns, cls, "\"olympias\"", &error));
    put_class(ns, "Ship", "class Trireme : Ship { };");
    REFUSED(TRI_MANAGEMENT_CLASS_HAS_CHILDREN, try_class(ns, NULL, text, TRI_CALL_UPDATE_FORCE, &error));
    CHECK(tri_namespace_delete_class(ns, "Trireme", &error));
    CHECK(try_class(ns, NULL, text, 0, &error));
}

static void qualifiers_and_methods_may_change_beside_instances(void **state)
{
    put_class(ns, NULL, SHIP);
    put(ns, "Ship", "Name", "Olympias");
    put_class(ns, NULL,
              "[Description(\"rowed\")] class Ship { [key] string Name; uint32 Rowers = 170; string Notes[]; "
              "uint32 Row([in] uint32 Strokes); };");
    TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, "Ship");
    assert_int_equal(tri_class_find_method(cls, "Row"), 0);
    assert_true(has(ns, "Ship", "\"olympias\""));
}

static void a_forced_change_converts_the_instances_and_those_of_subclasses(void **state)
{
    put_class(ns, NULL, SHIP);
    put_class(ns, "Ship", "class Trireme : Ship { uint32 Banks = 3; };");
    compile(ns, "instance of Ship { Name = \"Argo\"; Rowers = 50; Notes = {\"a\", \"b\"}; };"
                "instance of Trireme { Name = \"Olympias\"; Banks = 4; };");
    const char *text = "class Ship { string Port = \"Piraeus\"; [key] string Name; string Rowers = \"170\"; };";
    REFUSED(TRI_MANAGEMENT_CLASS_HAS_INSTANCES, try_class(ns, NULL, text, TRI_CALL_UPDATE_SAFE, &error));
    CHECK(try_class(ns, NULL, text, TRI_CALL_UPDATE_FORCE, &error));
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *argo = find(ns, "Ship", "\"argo\""),
                                              *olympias = find(ns, "Ship", "\"olympias\"");
    assert_string_equal(text_of(argo, "Rowers"), "50");
    assert_string_equal(text_of(argo, "Port"), "Piraeus");
    assert_string_equal(text_of(olympias, "Rowers"), "170");
    assert_int_equal(tri_cim_object_find(olympias, "Banks")->natural, 4);
    assert_null(tri_cim_object_find(argo, "Notes"));
}

static void a_value_that_no_longer_fits_leaves_the_class_as_it_was(void **state)
{
    put_class(ns, NULL, SHIP);
    compile(ns, "instance of Ship { Name = \"Argo\"; Rowers = 50000; };");
    struct tri_error found = {0};
    assert_true(try_class(ns, NULL, "class Ship { [key] string Name; uint8 Rowers; };", TRI_CALL_UPDATE_FORCE, &found) <
                0);
    assert_non_null(found.text);
    tri_error_clear(&found);
    TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, "Ship");
    assert_int_equal(cls->property_count, 3);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *argo = find(ns, "Ship", "\"argo\"");
    assert_int_equal(tri_cim_object_find(argo, "Rowers")->natural, 50000);
}

static void deleting_a_class_takes_subclasses_and_instances_with_it(void **state)
{
    put_class(ns, NULL, SHIP);
    put_class(ns, "Ship", "class Trireme : Ship { };");
    put_class(ns, "Trireme", "class Flagship : Trireme { };");
    put(ns, "Flagship", "Name", "Olympias");
    CHECK(tri_namespace_delete_class(ns, "ship", &error));
    TRI_AUTO_CLASS struct tri_class *none = NULL;
    REFUSED(TRI_MANAGEMENT_NOT_FOUND, tri_namespace_class(ns, "Flagship", &none, &error));
    put_class(ns, NULL, SHIP);
    assert_int_equal(count(ns, "Ship"), 0);
    assert_false(has(ns, "Ship", "\"olympias\""));
}

/* ---- instances ---- */

static void an_instance_is_found_by_its_key_in_any_case(void **state)
{
    put_class(ns, NULL, SHIP);
    put(ns, "Ship", "Name", "Olympias");
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = find(ns, "SHIP", "\"olympias\"");
    assert_non_null(object);
    assert_string_equal(text_of(object, "Name"), "Olympias");
    assert_int_equal(tri_cim_object_find(object, "Rowers")->natural, 170);
    assert_false(has(ns, "Ship", "\"argo\""));
}

static void a_put_instance_tells_its_path(void **state)
{
    TRI_AUTO_FREE char *path = NULL, *expected = NULL;
    put_class(ns, NULL, SHIP);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = make_object(ns, "Ship", "Name", "Argo");
    CHECK(tri_namespace_put_instance(ns, object, 0, &path, &error));
    assert_true(asprintf(&expected, "\\\\%s\\root\\default:Ship.Name=\"Argo\"", tri_server_name()) > 0);
    assert_string_equal(path, expected);
}

static void keys_are_shared_by_all_classes_below_the_one_that_has_them(void **state)
{
    put_class(ns, NULL, SHIP);
    put_class(ns, "Ship", "class Trireme : Ship { };");
    put_class(ns, "Ship", "class Bireme : Ship { };");
    put(ns, "Trireme", "Name", "Olympias");
    assert_true(has(ns, "Ship", "\"olympias\""));
    assert_true(has(ns, "Trireme", "\"olympias\""));
    assert_false(has(ns, "Bireme", "\"olympias\""));
    REFUSED(TRI_MANAGEMENT_ALREADY_EXISTS, try_put(ns, "Bireme", "Name", "OLYMPIAS", 0, &error));
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = find(ns, "Ship", "\"olympias\"");
    assert_string_equal(object->cls->name, "Trireme");
    assert_int_equal(count(ns, "Ship"), 0);
    assert_int_equal(count(ns, "Trireme"), 1);
}

static void instances_that_cannot_be_put_are_refused_each_in_its_way(void **state)
{
    put_class(ns, NULL, SHIP);
    put_class(ns, NULL, "[abstract] class Idea { [key] string Name; };");
    put_class(ns, NULL, "class Nameless { string Name; };");
    put_class(ns, NULL, "[dynamic, provider(\"p\")] class Wind { [key] string Name; };");
    put_class(ns, NULL, "class Log { [key] string Name; [not_null] string Text; };");
    REFUSED(TRI_MANAGEMENT_INVALID_CLASS, try_put(ns, "Idea", "Name", "x", 0, &error));
    REFUSED(TRI_MANAGEMENT_NO_KEY, try_put(ns, "Nameless", "Name", "x", 0, &error));
    REFUSED(TRI_MANAGEMENT_PROVIDER_NOT_CAPABLE, try_put(ns, "Wind", "Name", "x", 0, &error));
    REFUSED(TRI_MANAGEMENT_ILLEGAL_NULL, try_put(ns, "Ship", "Name", NULL, 0, &error));
    REFUSED(TRI_MANAGEMENT_ILLEGAL_NULL, try_put(ns, "Log", "Name", "x", 0, &error));
    REFUSED(TRI_MANAGEMENT_NOT_FOUND, try_put(ns, "Ship", "Name", "x", TRI_CALL_UPDATE_ONLY, &error));
    put(ns, "Ship", "Name", "x");
    REFUSED(TRI_MANAGEMENT_ALREADY_EXISTS, try_put(ns, "Ship", "Name", "X", TRI_CALL_CREATE_ONLY, &error));
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *cls = tri_cim_object_of_class(get_class(ns, "Ship"));
    REFUSED(TRI_MANAGEMENT_INVALID_OBJECT, tri_namespace_put_instance(ns, cls, 0, NULL, &error));
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *orphan = make_object(ns, "Log", "Name", "x");
    CHECK(tri_namespace_delete_class(ns, "Log", &error));
    REFUSED(TRI_MANAGEMENT_INVALID_CLASS, tri_namespace_put_instance(ns, orphan, 0, NULL, &error));
}

static void an_object_of_an_older_class_is_put_as_one_of_the_newer(void **state)
{
    put_class(ns, NULL, SHIP);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *old = make_object(ns, "Ship", "Name", "Argo");
    put_class(ns, NULL, "class Ship { uint32 Rowers = 20; [key] string Name; string Port = \"Iolcus\"; };");
    CHECK(tri_namespace_put_instance(ns, old, 0, NULL, &error));
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = find(ns, "Ship", "\"argo\"");
    assert_string_equal(text_of(object, "Port"), "Iolcus");
    assert_int_equal(tri_cim_object_find(object, "Rowers")->natural, 20);
}

static void a_singleton_has_one_instance(void **state)
{
    put_class(ns, NULL, "[singleton] class Harbour { string Name; };");
    assert_false(has(ns, "Harbour", "@"));
    put(ns, "Harbour", "Name", "Zea");
    put(ns, "Harbour", "Name", "Munichia");
    assert_int_equal(count(ns, "Harbour"), 1);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = find(ns, "Harbour", "@");
    assert_string_equal(text_of(object, "Name"), "Munichia");
}

static void instances_of_built_in_classes_are_kept_too(void **state)
{
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *place = open_namespace("root\\subscription");
    assert_int_equal(count(place, "__EventFilter"), 0);
    assert_false(has(place, "__EventFilter", "\"f\""));
    compile(place, "instance of __EventFilter { Name = \"F\"; Query = \"q\"; QueryLanguage = \"WQL\"; };");
    assert_true(has(place, "__EventFilter", "\"f\""));
    assert_int_equal(count(place, "__EventFilter"), 1);
    assert_false(has(ns, "__EventFilter", "\"f\""));
    TRI_AUTO_CLASS struct tri_class *cls = get_class(place, "__EventFilter");
    CHECK(tri_namespace_delete_instance(place, cls, "\"f\"", &error));
    REFUSED(TRI_MANAGEMENT_NOT_FOUND, tri_namespace_delete_instance(place, cls, "\"f\"", &error));
}

static int put_another(void *context, struct tri_cim_object *object)
{
    char name[32];
    (void)object;
    snprintf(name, sizeof name, "other %zu", ++*(size_t *)context);
    put(ns, "Ship", "Name", name);
    return 0;
}

static void a_scan_does_not_see_what_is_put_meanwhile(void **state)
{
    char name[32];
    put_class(ns, NULL, SHIP);
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "ship %d", i);
        put(ns, "Ship", "Name", name);
    }
    TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, "Ship");
    for (int in_transaction = 0; in_transaction < 2; in_transaction++) {
        size_t visits = 0, before = count(ns, "Ship");
        if (in_transaction)
            CHECK(tri_namespace_begin(ns, &error));
        CHECK(tri_namespace_scan(ns, cls, put_another, &visits, &error));
        if (in_transaction)
            CHECK(tri_namespace_end(ns, true, &error));
        assert_int_equal(visits, before);
    }
    assert_int_equal(count(ns, "Ship"), 15); /* the second pass wrote five of its ten names again */
}

static int stop(void *context, struct tri_cim_object *object)
{
    (void)object;
    ++*(size_t *)context;
    return 7;
}

static void a_visitor_ends_the_scan_with_its_own_number(void **state)
{
    put_class(ns, NULL, SHIP);
    put(ns, "Ship", "Name", "a");
    put(ns, "Ship", "Name", "b");
    TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, "Ship");
    size_t visits = 0;
    assert_int_equal(tri_namespace_scan(ns, cls, stop, &visits, NULL), 7);
    assert_int_equal(visits, 1);
    assert_int_equal(count(ns, "Ship"), 2); /* the connection is fit for use */
}

/* ---- associations ---- */

static size_t count_referrers(const char *class_name, const char *key)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = find(ns, class_name, key);
    size_t found = 0;
    assert_non_null(object);
    CHECK(tri_namespace_referrers(ns, object, count_one, &found, &error));
    return found;
}

static void references_are_found_however_they_are_spelled(void **state)
{
    compile(ns,
            SHIP "class Trireme : Ship { };"
                 "[association] class Crew { [key] Ship ref Ship; [key] string Person ; Ship ref Second; };"
                 "instance of Trireme { Name = \"Olympias\"; }; instance of Ship { Name = \"Argo\"; };"
                 "instance of Crew { Person = \"a\"; Ship = \"Trireme.Name=\\\"Olympias\\\"\"; };"
                 "instance of Crew { Person = \"b\"; Ship = \"ship=\\\"OLYMPIAS\\\"\"; };"
                 "instance of Crew { Person = \"c\"; Ship = \"\\\\\\\\.\\\\ROOT\\\\default:Ship.name='olympias'\"; };"
                 "instance of Crew { Person = \"d\"; Ship = \"Ship.Name=\\\"Argo\\\"\"; Second = "
                 "\"Trireme=\\\"olympias\\\"\"; };"
                 "instance of Crew { Person = \"e\"; Ship = \"no path at all\"; };");
    assert_int_equal(count_referrers("Ship", "\"olympias\""), 4);
    assert_int_equal(count_referrers("Ship", "\"argo\""), 1);
    compile(ns, "instance of Crew { Person = \"d\"; Ship = \"Ship.Name=\\\"Argo\\\"\"; };");
    assert_int_equal(count_referrers("Ship", "\"olympias\""), 3);
    CHECK(tri_namespace_delete_class(ns, "Crew", &error));
    assert_int_equal(count_referrers("Ship", "\"olympias\""), 0);
}

/* ---- namespaces ---- */

static void a_namespace_is_made_and_deleted_as_an_object(void **state)
{
    struct tri_namespace *none = NULL;
    put(ns, "__NAMESPACE", "Name", "Fleet");
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *fleet = open_namespace("root\\DEFAULT\\fleet");
    assert_string_equal(tri_namespace_path(fleet), "root\\default\\Fleet");
    put(fleet, "__NAMESPACE", "Name", "Second");
    assert_true(has(ns, "__NAMESPACE", "\"fleet\""));
    assert_int_equal(count(ns, "__NAMESPACE"), 1);
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *second = open_namespace("root/default/Fleet/Second");
    put_class(second, NULL, SHIP);
    put(second, "Ship", "Name", "Argo");
    TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, "__NAMESPACE"), *ship = NULL;
    CHECK(tri_namespace_delete_instance(ns, cls, "\"fleet\"", &error));
    REFUSED(TRI_MANAGEMENT_INVALID_NAMESPACE, tri_namespace_open("root\\default\\fleet\\second", &none, &error));
    REFUSED(TRI_MANAGEMENT_NOT_FOUND, tri_namespace_class(second, "Ship", &ship, &error));
    REFUSED(TRI_MANAGEMENT_INVALID_NAMESPACE, try_class(second, NULL, SHIP, 0, &error));
    put(ns, "__NAMESPACE", "Name", "Fleet");
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *again = open_namespace("root\\default\\Fleet");
    assert_int_equal(count(again, "__NAMESPACE"), 0);
}

static void built_in_namespaces_are_listed_and_stay(void **state)
{
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *top = open_namespace("root");
    assert_int_equal(count(top, "__NAMESPACE"), 9);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *cimv2 = find(top, "__namespace", "\"cimv2\"");
    assert_string_equal(text_of(cimv2, "Name"), "cimv2");
    TRI_AUTO_CLASS struct tri_class *cls = get_class(top, "__NAMESPACE");
    REFUSED(TRI_MANAGEMENT_ACCESS_DENIED, tri_namespace_delete_instance(top, cls, "\"cimv2\"", &error));
    REFUSED(TRI_MANAGEMENT_ALREADY_EXISTS, try_put(top, "__NAMESPACE", "Name", "CIMV2", TRI_CALL_CREATE_ONLY, &error));
    REFUSED(TRI_MANAGEMENT_INVALID_PARAMETER, try_put(top, "__NAMESPACE", "Name", "a\\b", 0, &error));
    REFUSED(TRI_MANAGEMENT_ILLEGAL_NULL, try_put(top, "__NAMESPACE", "Name", NULL, 0, &error));
}

/* ---- several changes as one ---- */

static void what_is_begun_is_seen_by_its_thread_and_undone_where_it_is_not_kept(void **state)
{
    put_class(ns, NULL, SHIP);
    CHECK(tri_namespace_begin(ns, &error));
    put_class(ns, "Ship", "class Trireme : Ship { };");
    put(ns, "Trireme", "Name", "Olympias");
    assert_true(has(ns, "Ship", "\"olympias\""));
    assert_string_equal(below(ns, "Ship", true), "Trireme");
    REFUSED(TRI_MANAGEMENT_INVALID_OPERATION, tri_namespace_begin(ns, &error));
    CHECK(tri_namespace_end(ns, false, &error));
    assert_false(has(ns, "Ship", "\"olympias\""));
    assert_string_equal(below(ns, "Ship", true), "");
    REFUSED(TRI_MANAGEMENT_INVALID_OPERATION, tri_namespace_end(ns, true, &error));
}

static void a_change_that_fails_inside_leaves_the_others(void **state)
{
    CHECK(tri_namespace_begin(ns, &error));
    put_class(ns, NULL, SHIP);
    put(ns, "Ship", "Name", "Argo");
    REFUSED(TRI_MANAGEMENT_CLASS_HAS_INSTANCES,
            try_class(ns, NULL, "class Ship { [key] uint32 Number; };", TRI_CALL_UPDATE_FORCE, &error));
    REFUSED(TRI_MANAGEMENT_ALREADY_EXISTS, try_put(ns, "Ship", "Name", "Argo", TRI_CALL_CREATE_ONLY, &error));
    put(ns, "Ship", "Name", "Olympias");
    CHECK(tri_namespace_end(ns, true, &error));
    assert_int_equal(count(ns, "Ship"), 2);
}

static void mof_is_compiled_as_a_whole_or_not_at_all(void **state)
{
    struct tri_mof_status status = {0};
    const char *text =
        "#pragma namespace(\"\\\\\\\\.\\\\root\\\\default\")\n" SHIP "instance of __NAMESPACE { Name = \"Fleet\"; };\n"
        "#pragma namespace(\"\\\\\\\\.\\\\root\\\\default\\\\Fleet\")\n"
        "class Sail { [key] string Name; };\n"
        "instance of Sail { };\n";
    struct tri_namespace *none = NULL;
    REFUSED(TRI_MANAGEMENT_ILLEGAL_NULL,
            tri_namespace_compile(ns, text, strlen(text), NULL, 0, false, &status, &error));
    assert_int_equal(status.line, 5);
    REFUSED(TRI_MANAGEMENT_NOT_FOUND, tri_namespace_class(ns, "Ship", &(struct tri_class *){NULL}, &error));
    REFUSED(TRI_MANAGEMENT_INVALID_NAMESPACE, tri_namespace_open("root\\default\\Fleet", &none, &error));
    CHECK(tri_namespace_compile(ns, text, strlen(text) - strlen("instance of Sail { };\n"), NULL, 0, false, &status,
                                &error));
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *fleet = open_namespace("root\\default\\Fleet");
    TRI_AUTO_CLASS struct tri_class *sail = get_class(fleet, "Sail"), *ship = get_class(ns, "Ship");
    assert_non_null(sail);
}

static void mof_that_is_only_checked_changes_nothing(void **state)
{
    struct tri_mof_status status = {0};
    CHECK(tri_namespace_compile(ns, SHIP, strlen(SHIP), NULL, 0, true, &status, &error));
    REFUSED(TRI_MANAGEMENT_NOT_FOUND, tri_namespace_class(ns, "Ship", &(struct tri_class *){NULL}, &error));
    assert_int_equal(access(state_file("repository.db"), F_OK), -1);
}

static void write_text(const char *name, const char *text)
{
    assert_int_equal(tri_file_write(AT_FDCWD, state_file(name), text, strlen(text), 0600), 0);
}

static void mof_files_include_each_other_relative_to_themselves(void **state)
{
    struct tri_mof_status status = {0};
    const char *text = "#pragma include(\"sub\\\\one.mof\")\nclass Trireme : Ship { };";
    assert_int_equal(mkdir(state_file("sub"), 0700), 0);
    write_text("sub/one.mof", "#pragma include(\"two.mof\")\n");
    write_text("sub/two.mof", SHIP);
    TRI_AUTO_FREE char *file = strdup(state_file("main.mof"));
    CHECK(tri_namespace_compile(ns, text, strlen(text), file, 0, false, &status, &error));
    assert_string_equal(below(ns, "Ship", true), "Trireme");
    const char *missing = "#pragma include(\"three.mof\")\n", *no_file = "#pragma include(\"/proc/self/fd\")\n";
    const int expected = TRI_MANAGEMENT_MOF - TRI_MOF_INVALID_INCLUDE_FILE;
    REFUSED(expected, tri_namespace_compile(ns, missing, strlen(missing), file, 0, false, &status, &error));
    REFUSED(expected, tri_namespace_compile(ns, missing, strlen(missing), NULL, 0, false, &status, &error));
    REFUSED(expected, tri_namespace_compile(ns, no_file, strlen(no_file), NULL, 0, false, &status, &error));
}

static void mof_deletes_classes_and_instances(void **state)
{
    compile(ns, SHIP "class Raft { [key] string Name; }; instance of Ship { Name = \"Argo\"; };");
    compile(ns, "#pragma deleteclass(\"Raft\", FAIL)\n#pragma deleteinstance(\"Ship.Name=\\\"Argo\\\"\", FAIL)\n");
    REFUSED(TRI_MANAGEMENT_NOT_FOUND, tri_namespace_class(ns, "Raft", &(struct tri_class *){NULL}, &error));
    assert_int_equal(count(ns, "Ship"), 0);
}

/* ---- the file, and other processes ---- */

static void the_version_changes_with_every_change_and_with_nothing_else(void **state)
{
    assert_int_equal(tri_namespace_version(ns), 0);
    put_class(ns, NULL, SHIP);
    uint64_t first = tri_namespace_version(ns);
    assert_true(first != 0);
    assert_false(has(ns, "__EventFilter", "\"x\""));
    assert_int_equal(tri_namespace_version(ns), first);
    put(ns, "Ship", "Name", "Argo");
    uint64_t second = tri_namespace_version(ns);
    assert_true(second != first);
    REFUSED(TRI_MANAGEMENT_NOT_FOUND, try_put(ns, "Ship", "Name", "Zeus", TRI_CALL_UPDATE_ONLY, &error));
    assert_int_equal(tri_namespace_version(ns), second);
}

/* Another process, which compiles the text; exec makes it one of its own. */
static void elsewhere(const char *text)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl("/proc/self/exe", "test-namespace", "compile", text, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void what_another_process_changes_is_seen_at_once(void **state)
{
    put_class(ns, NULL, SHIP);
    put(ns, "Ship", "Name", "Argo");
    uint64_t version = tri_namespace_version(ns);
    elsewhere("class Trireme : Ship { }; instance of Trireme { Name = \"Olympias\"; };");
    assert_true(tri_namespace_version(ns) != version);
    assert_string_equal(below(ns, "Ship", true), "Trireme");
    assert_true(has(ns, "Ship", "\"olympias\""));
    elsewhere("#pragma classflags(\"forceupdate\")\nclass Ship { string Port = \"Zea\"; [key] string Name; };");
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *argo = find(ns, "Ship", "\"argo\""),
                                              *olympias = find(ns, "Trireme", "\"olympias\"");
    assert_string_equal(text_of(argo, "Port"), "Zea");
    assert_string_equal(text_of(olympias, "Port"), "Zea");
    elsewhere("#pragma deleteclass(\"Ship\", FAIL)\n");
    REFUSED(TRI_MANAGEMENT_NOT_FOUND, tri_namespace_class(ns, "Trireme", &(struct tri_class *){NULL}, &error));
}

/* Numbers that were seen before do not come again. */
static void counters_that_were_cut_off_or_spoiled_are_counted_anew(void **state)
{
    static const char noise[] = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    put_class(ns, NULL, SHIP);
    uint64_t first = tri_namespace_version(ns);
    TRI_AUTO_CLASS struct tri_class *before = get_class(ns, "Ship");
    assert_int_equal(truncate(state_file("repository.version"), 0), 0);
    elsewhere("#pragma classflags(\"forceupdate\")\nclass Ship { string Port = \"Zea\"; [key] string Name; };");
    uint64_t second = tri_namespace_version(ns);
    assert_true(second > first);
    TRI_AUTO_CLASS struct tri_class *after = get_class(ns, "Ship");
    assert_true(tri_class_find(before, "Port") < 0 && tri_class_find(after, "Port") >= 0);
    TRI_AUTO_CLOSE int fd = open(state_file("repository.version"), O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, noise, 16, 0), 16);
    elsewhere("class Raft { };");
    assert_true(tri_namespace_version(ns) > second);
    assert_int_equal(tri_namespace_version(ns), tri_namespace_version(ns));
    tri_class_unref(get_class(ns, "Raft"));
}

/* A caller that still has the class as it was before gets the object as it is now. */
static void an_object_is_read_with_the_class_of_its_moment(void **state)
{
    put_class(ns, NULL, SHIP);
    put(ns, "Ship", "Name", "Argo");
    TRI_AUTO_CLASS struct tri_class *old = get_class(ns, "Ship");
    elsewhere("#pragma classflags(\"forceupdate\")\nclass Ship { string Port = \"Zea\"; [key] string Name; };");
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = NULL;
    CHECK(tri_namespace_instance(ns, old, "\"argo\"", &object, &error));
    assert_string_equal(text_of(object, "Port"), "Zea");
    assert_string_equal(text_of(object, "Name"), "Argo");
}

static void a_child_of_fork_is_refused_until_it_execs(void **state)
{
    put_class(ns, NULL, SHIP);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct tri_class *cls = NULL;
        bool refused = tri_namespace_class(ns, "Nothing", &cls, NULL) == TRI_MANAGEMENT_NOT_AVAILABLE;
        _exit(refused && tri_namespace_class(ns, "__Event", &cls, NULL) == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void the_file_and_its_folder_are_this_users_alone(void **state)
{
    struct stat st;
    char folder[160];
    snprintf(folder, sizeof folder, "%s/deep/er", state_folder);
    setenv("TRIREME_STATE_DIR", folder, 1);
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *place = open_namespace("root\\default");
    put_class(place, NULL, SHIP);
    assert_int_equal(stat(state_file("deep/er"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    static const char *const names[] = {"repository.db", "repository.db-wal", "repository.db-shm",
                                        "repository.version"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "deep/er/%s", names[i]);
        assert_int_equal(stat(state_file(path), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
    }
}

static void a_file_that_others_could_have_made_is_refused(void **state)
{
    put_class(ns, NULL, SHIP);
    tri_namespace_unref(TRI_TAKE(ns));
    setenv("TRIREME_STATE_DIR", "/", 1);
    tri_namespace_unref(open_namespace("root"));
    setenv("TRIREME_STATE_DIR", state_folder, 1);
    ns = open_namespace("root\\default");
    assert_int_equal(chmod(state_file("repository.db"), 0666), 0);
    REFUSED(-EACCES, tri_namespace_class(ns, "Ship", &(struct tri_class *){NULL}, &error));
    REFUSED(-EACCES, try_class(ns, NULL, "class Raft { };", 0, &error));
    assert_int_equal(chmod(state_file("repository.db"), 0600), 0);
    assert_int_equal(chmod(state_folder, 0777), 0);
    REFUSED(-EACCES, tri_namespace_class(ns, "Ship", &(struct tri_class *){NULL}, &error));
    assert_int_equal(chmod(state_folder, 0700), 0);
    assert_int_equal(rename(state_file("repository.db"), strcat(strcpy((char[160]){0}, state_folder), "/moved.db")), 0);
    assert_int_equal(symlink("moved.db", state_file("repository.db")), 0);
    REFUSED(-EACCES, tri_namespace_class(ns, "Ship", &(struct tri_class *){NULL}, &error));
    TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, "__Event");
    assert_non_null(cls);
}

static void execute(const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(state_file("repository.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_file_of_another_version_or_program_is_refused_and_left_alone(void **state)
{
    execute("PRAGMA application_id = 77; CREATE TABLE theirs (x)");
    REFUSED(TRI_MANAGEMENT_CRITICAL_ERROR, try_class(ns, NULL, SHIP, 0, &error));
    execute("PRAGMA application_id = 1414679895; PRAGMA user_version = 999");
    REFUSED(TRI_MANAGEMENT_VERSION_MISMATCH, try_class(ns, NULL, SHIP, 0, &error));
    REFUSED(TRI_MANAGEMENT_VERSION_MISMATCH, tri_namespace_class(ns, "Ship", &(struct tri_class *){NULL}, &error));
    execute("SELECT * FROM theirs");
    assert_true(strlen(below(ns, "__Event", true)) > 0);
}

static void a_folder_that_was_removed_is_made_anew(void **state)
{
    put_class(ns, NULL, SHIP);
    assert_int_equal(tri_folder_remove(AT_FDCWD, state_folder), 0);
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *again = open_namespace("root\\default");
    REFUSED(TRI_MANAGEMENT_NOT_FOUND, tri_namespace_class(again, "Ship", &(struct tri_class *){NULL}, &error));
    put_class(again, NULL, SHIP);
    put(again, "Ship", "Name", "Argo");
    assert_true(has(again, "Ship", "\"argo\""));
}

static void a_relative_folder_is_refused(void **state)
{
    struct tri_namespace *none = NULL;
    setenv("TRIREME_STATE_DIR", "here", 1);
    REFUSED(-EINVAL, tri_namespace_open("root", &none, &error));
}

static void a_damaged_class_or_object_is_told_and_harms_nothing_else(void **state)
{
    put_class(ns, NULL, SHIP);
    put_class(ns, NULL, "class Raft { [key] string Name; };");
    put(ns, "Raft", "Name", "Kon-Tiki");
    execute("UPDATE class SET text = 'class Ship {{' WHERE name = 'ship'; UPDATE state SET generation = generation + 1;"
            "UPDATE instance SET data = x'01ff'");
    tri_namespace_unref(ns);
    setenv("TRIREME_STATE_DIR", "/", 1);
    tri_namespace_unref(open_namespace("root"));
    setenv("TRIREME_STATE_DIR", state_folder, 1);
    ns = open_namespace("root\\default");
    REFUSED(TRI_MANAGEMENT_CRITICAL_ERROR, tri_namespace_class(ns, "Ship", &(struct tri_class *){NULL}, &error));
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *raft = find(ns, "Raft", "\"kon-tiki\"");
    assert_int_equal(tri_cim_object_decode(raft), TRI_MANAGEMENT_CRITICAL_ERROR);
    execute("UPDATE class SET superclass = 'raft', text = 'class Ship : Raft { };' WHERE name = 'ship';"
            "UPDATE class SET superclass = 'ship', text = 'class Raft : Ship { };' WHERE name = 'raft';"
            "UPDATE state SET generation = generation + 1");
    TRI_AUTO_CLASS struct tri_class *one = NULL;
    put_class(ns, NULL, "class Other { };"); /* whoever writes past us does not raise the version; this does */
    REFUSED(TRI_MANAGEMENT_CRITICAL_ERROR, tri_namespace_class(ns, "Ship", &one, &error));
    below(ns, NULL, true);
}

static int compile_alone(const char *text)
{
    struct tri_error error = {0};
    struct tri_mof_status status = {0};
    if (tri_namespace_open("root\\default", &ns, &error) == 0 &&
        tri_namespace_compile(ns, text, strlen(text), NULL, 0, false, &status, &error) == 0) {
        tri_namespace_unref(ns);
        return 0;
    }
    print_error("elsewhere: %s\n", error.text);
    return 1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_class_that_was_put_is_there_for_a_new_namespace_too),
        TEST(a_class_may_derive_from_a_built_in_one),
        TEST(names_that_cannot_be_put_are_refused_each_in_its_way),
        TEST(create_only_and_update_only_say_what_they_miss),
        TEST(a_superclass_that_is_gone_or_would_be_below_is_refused),
        TEST(a_line_of_ancestors_has_an_end),
        TEST(many_classes_with_many_properties_follow_their_superclass),
        TEST(kinds_that_contradict_the_superclass_are_refused),
        TEST(a_class_with_subclasses_changes_in_safe_mode_and_they_follow),
        TEST(a_conflict_with_a_subclass_is_refused_but_by_force),
        TEST(keys_cannot_change_where_there_are_subclasses_or_instances),
        TEST(qualifiers_and_methods_may_change_beside_instances),
        TEST(a_forced_change_converts_the_instances_and_those_of_subclasses),
        TEST(a_value_that_no_longer_fits_leaves_the_class_as_it_was),
        TEST(deleting_a_class_takes_subclasses_and_instances_with_it),
        TEST(an_instance_is_found_by_its_key_in_any_case),
        TEST(a_put_instance_tells_its_path),
        TEST(keys_are_shared_by_all_classes_below_the_one_that_has_them),
        TEST(instances_that_cannot_be_put_are_refused_each_in_its_way),
        TEST(an_object_of_an_older_class_is_put_as_one_of_the_newer),
        TEST(a_singleton_has_one_instance),
        TEST(instances_of_built_in_classes_are_kept_too),
        TEST(a_scan_does_not_see_what_is_put_meanwhile),
        TEST(a_visitor_ends_the_scan_with_its_own_number),
        TEST(references_are_found_however_they_are_spelled),
        TEST(a_namespace_is_made_and_deleted_as_an_object),
        TEST(built_in_namespaces_are_listed_and_stay),
        TEST(what_is_begun_is_seen_by_its_thread_and_undone_where_it_is_not_kept),
        TEST(a_change_that_fails_inside_leaves_the_others),
        TEST(mof_is_compiled_as_a_whole_or_not_at_all),
        TEST(mof_that_is_only_checked_changes_nothing),
        TEST(mof_files_include_each_other_relative_to_themselves),
        TEST(mof_deletes_classes_and_instances),
        TEST(the_version_changes_with_every_change_and_with_nothing_else),
        TEST(what_another_process_changes_is_seen_at_once),
        TEST(counters_that_were_cut_off_or_spoiled_are_counted_anew),
        TEST(an_object_is_read_with_the_class_of_its_moment),
        TEST(a_child_of_fork_is_refused_until_it_execs),
        TEST(the_file_and_its_folder_are_this_users_alone),
        TEST(a_file_that_others_could_have_made_is_refused),
        TEST(a_file_of_another_version_or_program_is_refused_and_left_alone),
        TEST(a_folder_that_was_removed_is_made_anew),
        TEST(a_relative_folder_is_refused),
        TEST(a_damaged_class_or_object_is_told_and_harms_nothing_else),
    };
    if (argc == 3 && strcmp(argv[1], "compile") == 0)
        return compile_alone(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
