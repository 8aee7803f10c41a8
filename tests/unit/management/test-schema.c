#include "repository-test.h"

#include <pthread.h>

#include "management/schema.h"

static void every_built_in_class_can_be_read(void **state)
{
    for (size_t i = 0; tri_schema_namespaces[i]; i++) {
        TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace(tri_schema_namespaces[i]);
        char **names = NULL;
        size_t found = 0;
        CHECK(tri_namespace_subclasses(ns, NULL, true, &names, &found, &error));
        assert_true(found > 50);
        for (size_t j = 0; j < found; j++) {
            TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, names[j]);
            assert_true(cls->is_frozen);
            assert_string_equal(cls->name, names[j]);
            assert_string_equal(cls->name_space, tri_schema_namespaces[i]);
            assert_true(cls->flags & TRI_CLASS_BUILT_IN);
        }
        tri_names_free(names, found);
    }
}

static void every_built_in_class_can_be_said_in_mof_and_read_again(void **state)
{
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("root\\cimv2");
    for (size_t i = 0; i < tri_schema_class_count; i++) {
        const struct tri_schema_class *line = &tri_schema_classes[i];
        if (strcmp(line->name_space, "root\\cimv2") != 0)
            continue;
        TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, line->name), *again = NULL;
        TRI_AUTO_FREE char *text = NULL;
        assert_int_equal(tri_mof_print_class(cls, 0, &text), 0);
        CHECK(tri_mof_read_class(text, cls->parent, &again, &error));
        CHECK(tri_class_freeze(again, &error));
        assert_int_equal(again->property_count, cls->property_count);
        assert_int_equal(again->key_count, cls->key_count);
        assert_int_equal(again->method_count, cls->method_count);
        assert_int_equal(again->flags, cls->flags & ~TRI_CLASS_BUILT_IN);
    }
}

static void the_system_classes_are_in_every_namespace_and_the_cim_classes_in_theirs(void **state)
{
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("root\\subscription");
    TRI_AUTO_CLASS struct tri_class *event = get_class(ns, "__instancecreationevent");
    assert_string_equal(event->name, "__InstanceCreationEvent");
    assert_true(tri_class_is_a(event, "__Event"));
    assert_string_equal(tri_class_dynasty(event), "__SystemClass");
    TRI_AUTO_CLASS struct tri_class *none = NULL;
    REFUSED(TRI_MANAGEMENT_NOT_FOUND, tri_namespace_class(ns, "CIM_Process", &none, &error));
    REFUSED(TRI_MANAGEMENT_NOT_FOUND, tri_namespace_class(ns, "__CIMOMIdentification", &none, &error));
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *top = open_namespace("root");
    TRI_AUTO_CLASS struct tri_class *identity = get_class(top, "__CIMOMIdentification");
    assert_true(identity->flags & TRI_CLASS_SINGLETON);
}

static void win32_classes_have_the_keys_and_ancestors_that_windows_gives_them(void **state)
{
    static const struct {
        const char *name, *ancestor, *key;
    } expected[] = {
        {"Win32_BaseService", "CIM_Service", "Name"},
        {"Win32_PerfFormattedData", "CIM_StatisticalInformation", NULL},
        {"CIM_LogicalDisk", "CIM_ManagedSystemElement", NULL},
        {"CIM_DataFile", "CIM_LogicalFile", "Name"},
    };
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("root\\cimv2");
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, expected[i].name);
        assert_true(tri_class_is_a(cls, expected[i].ancestor));
        assert_int_equal(cls->key_count, expected[i].key ? 1 : 0);
        if (expected[i].key)
            assert_string_equal(cls->properties[cls->keys[0]].name, expected[i].key);
    }
    TRI_AUTO_CLASS struct tri_class *component = get_class(ns, "CIM_SystemDevice");
    assert_int_equal(component->key_count, 2);
    int part = tri_class_find(component, "PartComponent");
    assert_string_equal(component->properties[part].class_name, "CIM_LogicalDevice");
    assert_string_equal(component->properties[part].origin, "CIM_Component");
}

static void subclasses_are_sorted_and_go_as_deep_as_asked(void **state)
{
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("ROOT/cimv2");
    assert_string_equal(tri_namespace_path(ns), "root\\cimv2");
    assert_string_equal(below(ns, "__eventdroppedevent", true),
                        "__ConsumerFailureEvent __EventQueueOverflowEvent __QOSFailureEvent");
    assert_string_equal(below(ns, "__EventGenerator", false), "__TimerInstruction");
    assert_string_equal(below(ns, "__EventGenerator", true),
                        "__AbsoluteTimerInstruction __IntervalTimerInstruction __TimerInstruction");
    assert_string_equal(below(ns, "__PARAMETERS", true), "");
    char **names = NULL;
    size_t found = 0;
    REFUSED(TRI_MANAGEMENT_INVALID_CLASS, tri_namespace_subclasses(ns, "CIM_Nothing", true, &names, &found, &error));
}

static void asking_for_built_in_classes_makes_no_file(void **state)
{
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("//./root/cimv2");
    TRI_AUTO_CLASS struct tri_class *cls = get_class(ns, "cim_process");
    TRI_AUTO_CLASS struct tri_class *none = NULL;
    REFUSED(TRI_MANAGEMENT_NOT_FOUND, tri_namespace_class(ns, "Ship", &none, &error));
    below(ns, NULL, false);
    assert_int_equal(tri_namespace_version(ns), 0);
    assert_int_equal(access(state_file("repository.db"), F_OK), -1);
}

static void a_namespace_that_is_not_there_and_one_of_another_host_are_refused(void **state)
{
    struct tri_namespace *ns = NULL;
    REFUSED(TRI_MANAGEMENT_INVALID_NAMESPACE, tri_namespace_open("root\\nowhere", &ns, &error));
    REFUSED(TRI_MANAGEMENT_INVALID_NAMESPACE, tri_namespace_open("root\\\\cimv2", &ns, &error));
    REFUSED(-EHOSTUNREACH, tri_namespace_open("\\\\far.example\\root\\cimv2", &ns, &error));
    assert_null(ns);
}

static void *read_all(void *context)
{
    struct tri_namespace *ns = context;
    for (size_t i = 0; i < tri_schema_class_count; i++) {
        struct tri_class *cls = NULL;
        if (strcmp(tri_schema_classes[i].name_space, "root\\WMI") == 0 ||
            tri_namespace_class(ns, tri_schema_classes[i].name, &cls, NULL) < 0)
            continue;
        tri_class_unref(cls);
    }
    return NULL;
}

static void threads_that_ask_for_the_same_class_get_the_same_one(void **state)
{
    TRI_CLEANUP(tri_namespace_unrefp) struct tri_namespace *ns = open_namespace("root\\interop");
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_all, ns), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    TRI_AUTO_CLASS struct tri_class *one = get_class(ns, "__ACE"), *other = get_class(ns, "__ace");
    assert_ptr_equal(one, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_built_in_class_can_be_read),
        cmocka_unit_test(every_built_in_class_can_be_said_in_mof_and_read_again),
        cmocka_unit_test(the_system_classes_are_in_every_namespace_and_the_cim_classes_in_theirs),
        cmocka_unit_test(win32_classes_have_the_keys_and_ancestors_that_windows_gives_them),
        cmocka_unit_test(subclasses_are_sorted_and_go_as_deep_as_asked),
        cmocka_unit_test(asking_for_built_in_classes_makes_no_file),
        cmocka_unit_test(a_namespace_that_is_not_there_and_one_of_another_host_are_refused),
        cmocka_unit_test(threads_that_ask_for_the_same_class_get_the_same_one),
    };
    return cmocka_run_group_tests(tests, make_state, remove_state);
}
