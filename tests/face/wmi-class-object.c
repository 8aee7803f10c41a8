/* IWbemClassObject: classes and instances in the hands of a client. */
#include "wmi-face.h"

/* ---- helpers ---- */

static VARIANT number(LONG value)
{
    VARIANT made = {0};
    V_VT(&made) = VT_I4;
    V_I4(&made) = value;
    return made;
}

static VARIANT truth(bool yes)
{
    VARIANT made = {0};
    V_VT(&made) = VT_BOOL;
    V_BOOL(&made) = yes ? VARIANT_TRUE : VARIANT_FALSE;
    return made;
}

static IWbemClassObject *get_class(const char *name)
{
    IWbemClassObject *cls = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("%s", name), 0, NULL, &cls, NULL));
    return cls;
}

static void put_class(IWbemClassObject *cls)
{
    HRESULT hr = IWbemServices_PutClass(services, cls, 0, NULL, NULL);
    if (hr != WBEM_S_NO_ERROR)
        fail_msg("PutClass: 0x%08x %s", (unsigned)hr, why());
    IWbemClassObject_Release(cls);
}

static void qualify(IWbemClassObject *cls, const char *property, const char *qualifier, VARIANT value, LONG flavor)
{
    IWbemQualifierSet *set = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetPropertyQualifierSet(cls, B("%s", property), &set));
    assert_hr(WBEM_S_NO_ERROR, IWbemQualifierSet_Put(set, B("%s", qualifier), &value, flavor));
    IWbemQualifierSet_Release(set);
}

static IWbemClassObject *derived_draft(const char *superclass, const char *name)
{
    IWbemClassObject *cls = get_class(superclass), *made = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnDerivedClass(cls, 0, &made));
    put_text(made, "__CLASS", name);
    IWbemClassObject_Release(cls);
    return made;
}

/* T_Base: Id (key), Name = "none", Other (ref T_Base). T_Derived: Name = "some" (overridden), Extra. */
static void make_classes(void)
{
    IWbemClassObject *cls = thing_class_draft("T_Base");
    put_text(cls, "Name", "none");
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(cls, B("Other"), 0, NULL, CIM_REFERENCE));
    put_class(cls);
    cls = derived_draft("T_Base", "T_Derived");
    put_text(cls, "Name", "some");
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(cls, B("Extra"), 0, NULL, CIM_UINT64));
    qualify(cls, "Extra", "unit", number(7), 0);
    put_class(cls);
}

static IWbemClassObject *instance_of(const char *name)
{
    IWbemClassObject *cls = get_class(name), *made = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnInstance(cls, 0, &made));
    IWbemClassObject_Release(cls);
    return made;
}

static int set_up(void **state)
{
    int r = set_up_wmi(state);
    if (r == 0)
        make_classes();
    return r;
}

#define SYSTEM_NAMES                                                                                                   \
    "__GENUS __CLASS __SUPERCLASS __DYNASTY __RELPATH __PROPERTY_COUNT __DERIVATION __SERVER __NAMESPACE __PATH"

/* "A B C" of an array of names. */
static const char *joined(SAFEARRAY *names)
{
    static char text[2000];
    text[0] = 0;
    assert_non_null(names);
    for (ULONG i = 0; i < names->rgsabound[0].cElements; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "", U(((BSTR *)names->pvData)[i]));
    SafeArrayDestroy(names);
    return text;
}

static const char *names_of(IWbemClassObject *object, LONG flags)
{
    SAFEARRAY *names = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetNames(object, NULL, flags, NULL, &names));
    return joined(names);
}

static HRESULT get(IWbemClassObject *object, const char *name)
{
    VARIANT value = number(77);
    HRESULT hr = IWbemClassObject_Get(object, B("%s", name), 0, &value, NULL, NULL);
    if (FAILED(hr))
        assert_int_equal(77, V_I4(&value));
    else
        VariantClear(&value);
    return hr;
}

static LONG flavor_of(IWbemClassObject *object, const char *name)
{
    LONG flavor = -1;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(object, B("%s", name), 0, NULL, NULL, &flavor));
    return flavor;
}

/* ---- identity ---- */

static void an_object_is_itself_whatever_it_is_asked_for(void **state)
{
    TRI_PROVES_METHOD(IWbemClassObject, QueryInterface, real);
    TRI_PROVES_METHOD(IWbemClassObject, AddRef, real);
    TRI_PROVES_METHOD(IWbemClassObject, Release, real);
    IWbemClassObject *object = instance_of("T_Base");
    IUnknown *unknown = QUERY(object, IUnknown);
    IWbemClassObject *again = QUERY(unknown, IWbemClassObject);
    void *other = (void *)1;
    assert_ptr_equal(object, again);
    assert_hr(E_NOINTERFACE, IWbemClassObject_QueryInterface(object, &IID_IWbemServices, &other));
    assert_null(other);
    IUnknown_Release(unknown);
    IWbemClassObject_Release(again);
    assert_int_equal(0, IWbemClassObject_Release(object));
}

static void a_blank_class_can_be_had_without_a_namespace(void **state)
{
    IWbemClassObject *cls = NULL, *other = (IWbemClassObject *)1;
    assert_hr(S_OK, CoCreateInstance(&CLSID_WbemClassObject, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemClassObject,
                                     (void **)&cls));
    assert_string_equal("1", get_text(cls, "__GENUS"));
    assert_string_equal("NULL", get_text(cls, "__CLASS"));
    assert_hr(WBEM_E_INCOMPLETE_CLASS, IWbemClassObject_SpawnInstance(cls, 0, &other));
    assert_ptr_equal((IWbemClassObject *)1, other);
    assert_hr(WBEM_E_INCOMPLETE_CLASS, IWbemClassObject_SpawnDerivedClass(cls, 0, &other));
    IWbemClassObject_Release(cls);
}

static void a_class_without_a_name_can_be_asked_everything(void **state)
{
    IWbemClassObject *cls = blank_object(), *other = blank_object();
    IWbemQualifierSet *set = NULL;
    BSTR text = NULL;
    assert_string_equal(SYSTEM_NAMES, names_of(cls, 0));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_BeginEnumeration(cls, 0));
    for (VARIANT value; IWbemClassObject_Next(cls, 0, NULL, &value, NULL, NULL) == WBEM_S_NO_ERROR;)
        VariantClear(&value);
    assert_hr(WBEM_S_SAME, IWbemClassObject_CompareTo(cls, 0, other));
    assert_hr(WBEM_S_FALSE, IWbemClassObject_InheritsFrom(cls, u"T_Base"));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(cls, u"Own", 0, NULL, CIM_STRING));
    assert_hr(WBEM_S_DIFFERENT, IWbemClassObject_CompareTo(cls, 0, other));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_PutMethod(cls, u"Run", 0, NULL, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetPropertyOrigin(cls, u"Own", &text));
    assert_null(text);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetMethodOrigin(cls, u"Run", &text));
    assert_null(text);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetQualifierSet(cls, &set));
    IWbemQualifierSet_Release(set);
    SysFreeString(SUCCEEDED(IWbemClassObject_GetObjectText(cls, 0, &text)) ? text : NULL);
    assert_true(FAILED(IWbemServices_PutClass(services, cls, 0, NULL, NULL)));
    IWbemClassObject_Release(other);
    IWbemClassObject_Release(cls);
}

/* ---- Get ---- */

static void system_properties_tell_what_an_object_is(void **state)
{
    IWbemClassObject *cls = get_class("t_derived"), *object = instance_of("T_DERIVED");
    assert_string_equal("1", get_text(cls, "__GENUS"));
    assert_string_equal("2", get_text(object, "__GENUS"));
    assert_string_equal("T_Derived", get_text(object, "__class"));
    assert_string_equal("T_Base", get_text(object, "__SUPERCLASS"));
    assert_string_equal("T_Base", get_text(object, "__DYNASTY"));
    assert_string_equal("4", get_text(object, "__PROPERTY_COUNT"));
    assert_string_equal("T_Derived", get_text(cls, "__RELPATH"));
    put_number(object, "Id", 5);
    assert_string_equal("T_Derived.Id=5", get_text(object, "__RELPATH"));
    VARIANT value = {0};
    CIMTYPE type = 0;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(object, u"__DERIVATION", 0, &value, &type, NULL));
    assert_int_equal(CIM_STRING | CIM_FLAG_ARRAY, type);
    assert_int_equal(VT_ARRAY | VT_BSTR, V_VT(&value));
    assert_string_equal("T_Base", joined(V_ARRAY(&value)));
    assert_int_equal(WBEM_FLAVOR_ORIGIN_SYSTEM, flavor_of(object, "__PATH"));
    IWbemClassObject_Release(cls);
    IWbemClassObject_Release(object);
}

static void get_takes_any_of_its_outputs_and_refuses_nonsense(void **state)
{
    IWbemClassObject *object = instance_of("T_Base");
    static WCHAR endless[20000];
    for (size_t i = 0; i < 19999; i++)
        endless[i] = u'x';
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Get(object, u"NAME", 0, NULL, NULL, NULL));
    assert_hr(WBEM_E_NOT_FOUND, get(object, "Nothing"));
    assert_non_null(strstr(why(), "Nothing"));
    assert_hr(WBEM_E_NOT_FOUND, get(object, "__NOTHING"));
    assert_hr(WBEM_E_NOT_FOUND, get(object, ""));
    assert_hr(WBEM_E_NOT_FOUND, IWbemClassObject_Get(object, endless, 0, NULL, NULL, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_Get(object, NULL, 0, NULL, NULL, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_Get(object, u"Name", 1, NULL, NULL, NULL));
    IWbemClassObject_Release(object);
}

static void a_property_says_where_it_comes_from(void **state)
{
    TRI_PROVES_METHOD(IWbemClassObject, GetPropertyOrigin, real);
    IWbemClassObject *cls = get_class("T_Derived");
    BSTR origin = NULL;
    assert_int_equal(WBEM_FLAVOR_ORIGIN_PROPAGATED, flavor_of(cls, "Id"));
    assert_int_equal(WBEM_FLAVOR_ORIGIN_LOCAL, flavor_of(cls, "Extra"));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetPropertyOrigin(cls, u"id", &origin));
    assert_string_equal("T_Base", take_bstr(origin));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetPropertyOrigin(cls, u"Extra", &origin));
    assert_string_equal("T_Derived", take_bstr(origin));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetPropertyOrigin(cls, u"__CLASS", &origin));
    assert_string_equal("___SYSTEM", take_bstr(origin));
    assert_hr(WBEM_E_NOT_FOUND, IWbemClassObject_GetPropertyOrigin(cls, u"Nothing", &origin));
    assert_null(origin);
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_GetPropertyOrigin(cls, u"Id", NULL));
    IWbemClassObject_Release(cls);
}

static void an_instance_says_which_values_are_its_own(void **state)
{
    IWbemClassObject *object = instance_of("T_Derived");
    assert_int_equal(WBEM_FLAVOR_ORIGIN_PROPAGATED, flavor_of(object, "Id"));
    assert_int_equal(WBEM_FLAVOR_ORIGIN_PROPAGATED, flavor_of(object, "Name"));
    assert_int_equal(WBEM_FLAVOR_ORIGIN_PROPAGATED, flavor_of(object, "Extra"));
    put_number(object, "Id", 7);
    put_text(object, "Name", "another");
    assert_int_equal(WBEM_FLAVOR_ORIGIN_LOCAL, flavor_of(object, "Id"));
    assert_int_equal(WBEM_FLAVOR_ORIGIN_LOCAL, flavor_of(object, "Name"));
    assert_int_equal(WBEM_FLAVOR_ORIGIN_SYSTEM, flavor_of(object, "__RELPATH"));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Delete(object, u"Name"));
    assert_int_equal(WBEM_FLAVOR_ORIGIN_PROPAGATED, flavor_of(object, "Name"));
    IWbemClassObject_Release(object);
}

static void the_names_of_methods_are_checked(void **state)
{
    IWbemClassObject *cls = thing_class_draft("T_Named");
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_PutMethod(cls, u"a_b", 0, NULL, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_PutMethod(cls, u"_a", 0, NULL, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_PutMethod(cls, u"a_", 0, NULL, NULL));
    assert_non_null(strstr(why(), "a_"));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_PutMethod(cls, u"", 0, NULL, NULL));
    IWbemClassObject_Release(cls);
}

/* ---- Put and Delete ---- */

static HRESULT put(IWbemClassObject *object, const char *name, LONG flags, CIMTYPE type)
{
    VARIANT value = number(1);
    return IWbemClassObject_Put(object, B("%s", name), flags, &value, type);
}

static void an_instance_has_the_properties_of_its_class_and_no_others(void **state)
{
    IWbemClassObject *object = instance_of("T_Base");
    assert_hr(WBEM_E_NOT_FOUND, put(object, "New", 0, 0));
    assert_hr(WBEM_E_NOT_FOUND, put(object, "New", 0, CIM_SINT32));
    assert_hr(WBEM_S_NO_ERROR, put(object, "Id", 0, CIM_UINT32));
    assert_hr(WBEM_E_TYPE_MISMATCH, put(object, "Id", 0, CIM_STRING));
    assert_hr(WBEM_E_INVALID_PARAMETER, put(object, "Id", 1, 0));
    assert_hr(WBEM_E_INVALID_PARAMETER, put(object, "", 0, 0));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_Put(object, NULL, 0, NULL, 0));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(object, u"Name", 0, NULL, 0));
    assert_string_equal("NULL", get_text(object, "Name"));
    IWbemClassObject_Release(object);
}

static void system_properties_cannot_be_set_but_for_the_name_of_a_class(void **state)
{
    IWbemClassObject *object = instance_of("T_Base"), *cls = thing_class_draft("T_Name");
    static const char *const names[] = {"__GENUS",  "__SUPERCLASS", "__PATH",       "__RELPATH",       "__NAMESPACE",
                                        "__SERVER", "__DYNASTY",    "__DERIVATION", "__PROPERTY_COUNT"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_hr(WBEM_E_READ_ONLY, put(object, names[i], 0, 0));
        assert_hr(WBEM_E_READ_ONLY, put(cls, names[i], 0, 0));
    }
    assert_hr(WBEM_E_READ_ONLY, put(object, "__CLASS", 0, 0));
    put_text(cls, "__CLASS", "T_Name2");
    assert_string_equal("T_Name2", get_text(cls, "__CLASS"));
    VARIANT value = {0};
    V_VT(&value) = VT_BSTR;
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_Put(cls, u"__CLASS", 0, &value, 0));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_Put(cls, u"__CLASS", 0, NULL, 0));
    V_BSTR(&value) = B("no name");
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_Put(cls, u"__CLASS", 0, &value, 0));
    assert_string_equal("T_Name2", get_text(cls, "__CLASS"));
    IWbemClassObject_Release(cls);
    IWbemClassObject_Release(object);
}

static void names_with_an_underscore_at_an_end_are_not_for_users(void **state)
{
    IWbemClassObject *cls = thing_class_draft("T_Underscore");
    assert_hr(WBEM_E_INVALID_PARAMETER, put(cls, "_Mine", 0, CIM_SINT32));
    assert_hr(WBEM_E_INVALID_PARAMETER, put(cls, "Mine_", 0, CIM_SINT32));
    assert_hr(WBEM_E_INVALID_PARAMETER, put(cls, "__Mine", 0, CIM_SINT32));
    assert_hr(WBEM_S_NO_ERROR, put(cls, "My_Own", 0, CIM_SINT32));
    IWbemClassObject_Release(cls);
}

static void a_class_has_room_for_1024_properties(void **state)
{
    IWbemClassObject *cls = NULL;
    assert_hr(S_OK, CoCreateInstance(&CLSID_WbemClassObject, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemClassObject,
                                     (void **)&cls));
    for (int i = 0; i < WBEM_MAX_USER_PROPERTIES; i++)
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(cls, B("P%d", i), 0, NULL, CIM_UINT8));
    assert_hr(WBEM_E_TOO_MANY_PROPERTIES, IWbemClassObject_Put(cls, B("P1024"), 0, NULL, CIM_UINT8));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(cls, B("P1023"), 0, NULL, CIM_UINT8));
    IWbemClassObject_Release(cls);
}

static void what_is_deleted_of_an_instance_is_what_the_class_says_again(void **state)
{
    TRI_PROVES_METHOD(IWbemClassObject, Delete, real);
    IWbemClassObject *object = instance_of("T_Derived");
    assert_string_equal("some", get_text(object, "Name"));
    put_text(object, "Name", "mine");
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Delete(object, u"name"));
    assert_string_equal("some", get_text(object, "Name"));
    assert_hr(WBEM_E_NOT_FOUND, IWbemClassObject_Delete(object, u"Nothing"));
    assert_hr(WBEM_E_SYSTEM_PROPERTY, IWbemClassObject_Delete(object, u"__PATH"));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_Delete(object, NULL));
    IWbemClassObject_Release(object);
}

static void what_is_deleted_of_a_class_is_gone_or_inherited_again(void **state)
{
    IWbemClassObject *cls = get_class("T_Derived");
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Delete(cls, u"Extra"));
    assert_hr(WBEM_E_NOT_FOUND, get(cls, "Extra"));
    assert_hr(WBEM_S_RESET_TO_DEFAULT, IWbemClassObject_Delete(cls, u"Name"));
    assert_string_equal("none", get_text(cls, "Name"));
    assert_hr(WBEM_E_PROPAGATED_PROPERTY, IWbemClassObject_Delete(cls, u"Name"));
    assert_hr(WBEM_E_PROPAGATED_PROPERTY, IWbemClassObject_Delete(cls, u"Id"));
    assert_hr(WBEM_E_SYSTEM_PROPERTY, IWbemClassObject_Delete(cls, u"__CLASS"));
    assert_hr(WBEM_E_NOT_FOUND, IWbemClassObject_Delete(cls, u"Nothing"));
    IWbemClassObject_Release(cls);
}

/* ---- GetNames and the walk ---- */

static void names_are_those_that_the_flags_ask_for(void **state)
{
    TRI_PROVES_METHOD(IWbemClassObject, GetNames, real);
    IWbemClassObject *cls = get_class("T_Derived"), *object = instance_of("T_Derived");
    assert_string_equal(SYSTEM_NAMES " Id Name Other Extra", names_of(cls, WBEM_FLAG_ALWAYS));
    assert_string_equal(SYSTEM_NAMES, names_of(cls, WBEM_FLAG_SYSTEM_ONLY));
    assert_string_equal("Id Name Other Extra", names_of(cls, WBEM_FLAG_NONSYSTEM_ONLY));
    assert_string_equal("Extra", names_of(cls, WBEM_FLAG_LOCAL_ONLY));
    assert_string_equal("Id Name Other", names_of(cls, WBEM_FLAG_PROPAGATED_ONLY));
    assert_string_equal("Id", names_of(cls, WBEM_FLAG_KEYS_ONLY));
    assert_string_equal("Other", names_of(cls, WBEM_FLAG_REFS_ONLY));
    assert_string_equal("", names_of(cls, WBEM_FLAG_KEYS_ONLY | WBEM_FLAG_LOCAL_ONLY));
    assert_string_equal("", names_of(cls, WBEM_FLAG_KEYS_ONLY | WBEM_FLAG_SYSTEM_ONLY));
    assert_string_equal("Name", names_of(cls, WBEM_FLAG_CLASS_OVERRIDES_ONLY));
    assert_string_equal("Name Extra", names_of(cls, WBEM_FLAG_CLASS_LOCAL_AND_OVERRIDES));
    assert_string_equal("Id Name Other Extra", names_of(object, WBEM_FLAG_NONSYSTEM_ONLY));
    assert_string_equal("Id", names_of(object, WBEM_FLAG_KEYS_ONLY));
    IWbemClassObject_Release(object);
    IWbemClassObject_Release(cls);
}

static const char *qualified(IWbemClassObject *cls, const char *qualifier, LONG flags, VARIANT *value)
{
    SAFEARRAY *names = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetNames(cls, B("%s", qualifier), flags, value, &names));
    return joined(names);
}

static void names_may_be_asked_for_by_qualifier(void **state)
{
    IWbemClassObject *cls = get_class("T_Derived");
    VARIANT seven = number(7), eight = number(8), yes = truth(true), uint64 = {0};
    V_VT(&uint64) = VT_BSTR;
    V_BSTR(&uint64) = B("uint64");
    LONG not_system = WBEM_FLAG_NONSYSTEM_ONLY;
    assert_string_equal("Extra", qualified(cls, "UNIT", WBEM_FLAG_ONLY_IF_TRUE, NULL));
    assert_string_equal("Id Name Other", qualified(cls, "unit", WBEM_FLAG_ONLY_IF_FALSE | not_system, NULL));
    assert_string_equal("Extra", qualified(cls, "unit", WBEM_FLAG_ONLY_IF_IDENTICAL, &seven));
    assert_string_equal("", qualified(cls, "unit", WBEM_FLAG_ONLY_IF_IDENTICAL, &eight));
    assert_string_equal("Id", qualified(cls, "key", WBEM_FLAG_ONLY_IF_IDENTICAL, &yes));
    assert_string_equal("Extra", qualified(cls, "CIMTYPE", WBEM_FLAG_ONLY_IF_IDENTICAL, &uint64));
    assert_string_equal("", qualified(cls, "no such", WBEM_FLAG_ONLY_IF_TRUE, NULL));
    assert_string_equal(SYSTEM_NAMES " Id Name Other Extra", qualified(cls, "unit", WBEM_FLAG_ALWAYS, &seven));
    IWbemClassObject_Release(cls);
}

static void conditions_that_contradict_each_other_are_refused(void **state)
{
    IWbemClassObject *cls = get_class("T_Derived"), *object = instance_of("T_Derived");
    static const LONG never[] = {0x50,
                                 0x60,
                                 0x70,
                                 WBEM_FLAG_KEYS_ONLY | WBEM_FLAG_REFS_ONLY,
                                 0x300,
                                 0x80,
                                 0x400,
                                 0x10000,
                                 WBEM_FLAG_CLASS_OVERRIDES_ONLY | WBEM_FLAG_LOCAL_ONLY,
                                 (LONG)0x80000000};
    static const LONG of_classes[] = {WBEM_FLAG_CLASS_OVERRIDES_ONLY, WBEM_FLAG_CLASS_LOCAL_AND_OVERRIDES};
    VARIANT bad = number(0);
    SAFEARRAY *names = NULL;
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_GetNames(cls, NULL, never[i], NULL, &names));
        assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_BeginEnumeration(cls, never[i]));
    }
    for (size_t i = 0; i < 2; i++) {
        assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_GetNames(object, NULL, of_classes[i], NULL, &names));
        assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_BeginEnumeration(object, of_classes[i]));
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_BeginEnumeration(cls, of_classes[i]));
    }
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_GetNames(cls, NULL, WBEM_FLAG_ONLY_IF_TRUE, NULL, &names));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_GetNames(cls, NULL, WBEM_FLAG_ONLY_IF_FALSE, NULL, &names));
    assert_hr(WBEM_E_INVALID_PARAMETER,
              IWbemClassObject_GetNames(cls, u"key", WBEM_FLAG_ONLY_IF_IDENTICAL, NULL, &names));
    V_VT(&bad) = VT_ERROR;
    assert_hr(WBEM_E_INVALID_PARAMETER,
              IWbemClassObject_GetNames(cls, u"key", WBEM_FLAG_ONLY_IF_IDENTICAL, &bad, &names));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_BeginEnumeration(cls, WBEM_FLAG_ONLY_IF_TRUE));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_GetNames(cls, NULL, 0, NULL, NULL));
    names = (SAFEARRAY *)1;
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_GetNames(cls, NULL, never[0], NULL, &names));
    assert_null(names);
    IWbemClassObject_Release(object);
    IWbemClassObject_Release(cls);
}

static const char *walk(IWbemClassObject *object, LONG flags)
{
    static char text[2000];
    BSTR name = NULL;
    HRESULT hr;
    text[0] = 0;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_BeginEnumeration(object, flags));
    while ((hr = IWbemClassObject_Next(object, 0, &name, NULL, NULL, NULL)) == WBEM_S_NO_ERROR)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", text[0] ? " " : "", take_bstr(name));
    assert_hr(WBEM_S_NO_MORE_DATA, hr);
    assert_null(name);
    return text;
}

static void a_walk_meets_what_names_lists(void **state)
{
    TRI_PROVES_METHOD(IWbemClassObject, BeginEnumeration, real);
    TRI_PROVES_METHOD(IWbemClassObject, Next, real);
    TRI_PROVES_METHOD(IWbemClassObject, EndEnumeration, real);
    IWbemClassObject *cls = get_class("T_Derived");
    static const LONG flags[] = {0, 0x4, 0x8, 0x10, 0x20, 0x30, 0x40, 0x44, 0x48, 0x100, 0x200};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        assert_string_equal(names_of(cls, flags[i]), walk(cls, flags[i]));
    IWbemClassObject_Release(cls);
}

static void a_walk_is_begun_before_it_goes_on(void **state)
{
    IWbemClassObject *object = instance_of("T_Derived");
    VARIANT value = {0};
    CIMTYPE type = 0;
    LONG flavor = -1;
    BSTR name = NULL;
    assert_hr(WBEM_E_UNEXPECTED, IWbemClassObject_Next(object, 0, &name, &value, &type, &flavor));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_BeginEnumeration(object, WBEM_FLAG_NONSYSTEM_ONLY));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_Next(object, 1, &name, &value, &type, &flavor));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Next(object, 0, NULL, NULL, NULL, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Next(object, 0, &name, &value, &type, &flavor));
    assert_string_equal("Name", take_bstr(name));
    assert_string_equal("some", U(V_BSTR(&value)));
    assert_int_equal(CIM_STRING, type);
    assert_int_equal(WBEM_FLAVOR_ORIGIN_PROPAGATED, flavor);
    VariantClear(&value);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_BeginEnumeration(object, WBEM_FLAG_NONSYSTEM_ONLY));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Next(object, 0, &name, NULL, NULL, NULL));
    assert_string_equal("Id", take_bstr(name));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_EndEnumeration(object));
    assert_hr(WBEM_E_UNEXPECTED, IWbemClassObject_Next(object, 0, &name, NULL, NULL, NULL));
    IWbemClassObject_Release(object);
}

/* ---- what is made of an object ---- */

static void a_clone_shares_nothing(void **state)
{
    TRI_PROVES_METHOD(IWbemClassObject, Clone, real);
    IWbemClassObject *object = instance_of("T_Base"), *copy = NULL, *cls = thing_class_draft("T_Clone"), *copied = NULL;
    put_text(object, "Name", "one");
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Clone(object, &copy));
    put_text(object, "Name", "two");
    assert_string_equal("one", get_text(copy, "Name"));
    put_text(copy, "Name", "three");
    assert_string_equal("two", get_text(object, "Name"));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Clone(cls, &copied));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(cls, u"More", 0, NULL, CIM_STRING));
    assert_hr(WBEM_E_NOT_FOUND, get(copied, "More"));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_Clone(object, NULL));
    IWbemClassObject_Release(copied);
    IWbemClassObject_Release(cls);
    IWbemClassObject_Release(copy);
    IWbemClassObject_Release(object);
}

static void a_class_that_was_got_is_changed_for_its_holder_only(void **state)
{
    IWbemClassObject *mine = get_class("T_Base"), *theirs = get_class("T_Base");
    put_text(mine, "Name", "changed");
    assert_string_equal("none", get_text(theirs, "Name"));
    IWbemClassObject *object = instance_of("T_Base");
    assert_string_equal("none", get_text(object, "Name"));
    IWbemClassObject_Release(object);
    IWbemClassObject_Release(theirs);
    IWbemClassObject_Release(mine);
}

static void instances_are_spawned_from_classes_and_instances(void **state)
{
    TRI_PROVES_METHOD(IWbemClassObject, SpawnInstance, real);
    IWbemClassObject *cls = get_class("T_Derived"), *object = NULL, *another = NULL, *none = (IWbemClassObject *)1;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnInstance(cls, 0, &object));
    put_text(object, "Name", "mine");
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnInstance(object, 0, &another));
    assert_string_equal("some", get_text(another, "Name"));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_SpawnInstance(cls, 1, &none));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_SpawnInstance(cls, 0, NULL));
    put_text(cls, "Name", "changed");
    assert_hr(WBEM_E_INCOMPLETE_CLASS, IWbemClassObject_SpawnInstance(cls, 0, &none));
    assert_ptr_equal((IWbemClassObject *)1, none);
    IWbemClassObject_Release(another);
    IWbemClassObject_Release(object);
    IWbemClassObject_Release(cls);
}

static void classes_are_derived_from_classes_only(void **state)
{
    TRI_PROVES_METHOD(IWbemClassObject, SpawnDerivedClass, real);
    TRI_PROVES_METHOD(IWbemClassObject, InheritsFrom, real);
    IWbemClassObject *cls = get_class("T_Derived"), *object = instance_of("T_Derived"), *made = NULL, *none = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnDerivedClass(cls, 0, &made));
    assert_string_equal("NULL", get_text(made, "__CLASS"));
    assert_string_equal("T_Derived", get_text(made, "__SUPERCLASS"));
    assert_string_equal("", names_of(made, WBEM_FLAG_LOCAL_ONLY));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_InheritsFrom(made, u"t_base"));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_InheritsFrom(object, u"T_Derived"));
    assert_hr(WBEM_S_FALSE, IWbemClassObject_InheritsFrom(object, u"T_Nothing"));
    assert_hr(WBEM_S_FALSE, IWbemClassObject_InheritsFrom(object, u""));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_InheritsFrom(object, NULL));
    assert_hr(WBEM_E_INVALID_OPERATION, IWbemClassObject_SpawnDerivedClass(object, 0, &none));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_SpawnDerivedClass(cls, 1, &none));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_SpawnDerivedClass(cls, 0, NULL));
    assert_null(none);
    IWbemClassObject_Release(made);
    IWbemClassObject_Release(object);
    IWbemClassObject_Release(cls);
}

static void objects_are_compared_as_the_flags_say(void **state)
{
    TRI_PROVES_METHOD(IWbemClassObject, CompareTo, real);
    IWbemClassObject *a = instance_of("T_Base"), *b = instance_of("T_Base"), *other = instance_of("T_Derived");
    assert_hr(WBEM_S_SAME, IWbemClassObject_CompareTo(a, 0, b));
    assert_hr(WBEM_S_SAME, IWbemClassObject_CompareTo(a, 0, a));
    put_text(a, "Name", "text");
    assert_hr(WBEM_S_DIFFERENT, IWbemClassObject_CompareTo(a, 0, b));
    put_text(b, "Name", "TEXT");
    assert_hr(WBEM_S_DIFFERENT, IWbemClassObject_CompareTo(a, 0, b));
    assert_hr(WBEM_S_SAME, IWbemClassObject_CompareTo(a, WBEM_FLAG_IGNORE_CASE, b));
    assert_hr(WBEM_S_DIFFERENT, IWbemClassObject_CompareTo(a, 0, other));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_CompareTo(a, 0x40, b));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_CompareTo(a, 0, NULL));
    assert_hr(WBEM_E_INVALID_OBJECT, IWbemClassObject_CompareTo(a, 0, (IWbemClassObject *)services));
    IWbemClassObject_Release(a);
    IWbemClassObject_Release(b);
    IWbemClassObject_Release(other);
}

static void classes_whose_references_lead_elsewhere_differ(void **state)
{
    IWbemClassObject *a = get_class("T_Base"), *b = get_class("T_Base");
    VARIANT cimtype = {0};
    V_VT(&cimtype) = VT_BSTR;
    V_BSTR(&cimtype) = B("ref:T_Base");
    qualify(a, "Other", "CIMTYPE", cimtype, 0);
    qualify(b, "Other", "CIMTYPE", cimtype, 0);
    assert_hr(WBEM_S_SAME, IWbemClassObject_CompareTo(a, 0, b));
    V_BSTR(&cimtype) = B("ref:T_Derived");
    qualify(b, "Other", "CIMTYPE", cimtype, 0);
    assert_hr(WBEM_S_DIFFERENT, IWbemClassObject_CompareTo(a, 0, b));
    assert_hr(WBEM_S_SAME, IWbemClassObject_CompareTo(a, WBEM_FLAG_IGNORE_QUALIFIERS, b));
    IWbemClassObject_Release(a);
    IWbemClassObject_Release(b);
}

static void the_text_of_an_object_is_mof(void **state)
{
    TRI_PROVES_METHOD(IWbemClassObject, GetObjectText, real);
    IWbemClassObject *object = instance_of("T_Base"), *cls = get_class("T_Derived");
    BSTR mof = NULL;
    put_number(object, "Id", 5);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetObjectText(object, 0, &mof));
    assert_string_equal("\ninstance of T_Base\n{\n\tId = 5;\n\tName = \"none\";\n};\n", take_bstr(mof));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetObjectText(cls, WBEM_FLAG_NO_FLAVORS, &mof));
    const char *text = take_bstr(mof);
    assert_non_null(strstr(text, "class T_Derived : T_Base"));
    assert_non_null(strstr(text, "[unit(7)] uint64 Extra;"));
    assert_null(strstr(text, "Other"));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_GetObjectText(object, 2, &mof));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_GetObjectText(object, 0, NULL));
    IWbemClassObject_Release(cls);
    IWbemClassObject_Release(object);
}

/* Qualifiers.Add("key", true) of .NET says both ways; the documentation's samples say nothing. */
static void a_key_is_a_key_whatever_flavor_it_was_given(void **state)
{
    static const LONG flavors[] = {0, 1, 2, 3, 0x13};
    for (size_t i = 0; i < sizeof flavors / sizeof flavors[0]; i++) {
        IWbemClassObject *cls = thing_class_draft("T_Key");
        BSTR mof = NULL;
        qualify(cls, "Id", "key", truth(true), flavors[i]);
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetObjectText(cls, 0, &mof));
        assert_non_null(strstr(take_bstr(mof), "\t[key] uint32 Id;"));
        IWbemClassObject_Release(cls);
    }
}

/* ---- methods ---- */

static IWbemClassObject *signature(void)
{
    return get_class("__PARAMETERS");
}

static void add_parameter(IWbemClassObject *parameters, const char *name, CIMTYPE type, int id)
{
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(parameters, B("%s", name), 0, NULL, type));
    if (id >= 0)
        qualify(parameters, name, "ID", number(id), 0);
}

/* uint32 Start([in] string Command, [in, out] uint32 Id, [out] string Error) */
static HRESULT put_start(IWbemClassObject *cls)
{
    IWbemClassObject *in = signature(), *out = signature();
    add_parameter(in, "Command", CIM_STRING, 0);
    add_parameter(in, "Id", CIM_UINT32, 1);
    add_parameter(out, "Id", CIM_UINT32, 1);
    add_parameter(out, "Error", CIM_STRING, 2);
    add_parameter(out, "ReturnValue", CIM_UINT32, -1);
    HRESULT hr = IWbemClassObject_PutMethod(cls, u"Start", 0, in, out);
    IWbemClassObject_Release(in);
    IWbemClassObject_Release(out);
    return hr;
}

static void a_method_comes_back_as_it_was_put(void **state)
{
    TRI_PROVES_METHOD(IWbemClassObject, PutMethod, real);
    TRI_PROVES_METHOD(IWbemClassObject, GetMethod, real);
    TRI_PROVES_METHOD(IWbemClassObject, GetMethodOrigin, real);
    IWbemClassObject *cls = thing_class_draft("T_Method"), *in = NULL, *out = NULL, *call = NULL;
    BSTR origin = NULL;
    assert_hr(WBEM_S_NO_ERROR, put_start(cls));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_PutMethod(cls, u"Stop", 0, NULL, NULL));
    put_class(cls);
    cls = get_class("T_Method");
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetMethod(cls, u"START", 0, &in, &out));
    assert_string_equal("__PARAMETERS", get_text(in, "__CLASS"));
    assert_string_equal("1", get_text(in, "__GENUS"));
    assert_string_equal("Command Id", names_of(in, WBEM_FLAG_NONSYSTEM_ONLY));
    assert_string_equal("Id Error ReturnValue", names_of(out, WBEM_FLAG_NONSYSTEM_ONLY));
    assert_string_equal("Command Id", qualified(in, "in", WBEM_FLAG_ONLY_IF_TRUE, NULL));
    assert_string_equal("Id Error ReturnValue", qualified(out, "out", WBEM_FLAG_ONLY_IF_TRUE, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnInstance(in, 0, &call));
    put_text(call, "Command", "run");
    assert_string_equal("2", get_text(call, "__GENUS"));
    LET_GO(call);
    LET_GO(in);
    LET_GO(out);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetMethod(cls, u"Stop", 0, &in, &out));
    assert_null(in);
    assert_null(out);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetMethod(cls, u"Start", 0, NULL, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetMethodOrigin(cls, u"start", &origin));
    assert_string_equal("T_Method", take_bstr(origin));
    IWbemClassObject_Release(cls);
}

static void methods_that_are_not_there_leave_nothing_behind(void **state)
{
    IWbemClassObject *cls = get_class("T_Base"), *object = instance_of("T_Base");
    IWbemClassObject *in = (IWbemClassObject *)1, *out = (IWbemClassObject *)1;
    IWbemQualifierSet *set = NULL;
    BSTR origin = NULL;
    assert_hr(WBEM_E_NOT_FOUND, IWbemClassObject_GetMethod(cls, u"Nothing", 0, &in, &out));
    assert_null(in);
    assert_null(out);
    assert_hr(WBEM_E_NOT_FOUND, IWbemClassObject_GetMethodOrigin(cls, u"Nothing", &origin));
    assert_hr(WBEM_E_NOT_FOUND, IWbemClassObject_GetMethodQualifierSet(cls, u"Nothing", &set));
    assert_hr(WBEM_E_NOT_FOUND, IWbemClassObject_DeleteMethod(cls, u"Nothing"));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_GetMethod(cls, NULL, 0, &in, &out));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_GetMethod(cls, u"Nothing", 1, &in, &out));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_GetMethodOrigin(cls, u"Nothing", NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_DeleteMethod(cls, NULL));
    assert_hr(WBEM_E_INVALID_OPERATION, IWbemClassObject_GetMethod(object, u"Nothing", 0, &in, &out));
    assert_hr(WBEM_E_INVALID_OPERATION, IWbemClassObject_PutMethod(object, u"Nothing", 0, NULL, NULL));
    assert_hr(WBEM_E_INVALID_OPERATION, IWbemClassObject_DeleteMethod(object, u"Nothing"));
    assert_hr(WBEM_E_INVALID_OPERATION, IWbemClassObject_BeginMethodEnumeration(object, 0));
    assert_hr(WBEM_E_INVALID_OPERATION, IWbemClassObject_GetMethodQualifierSet(object, u"Nothing", &set));
    assert_null(set);
    IWbemClassObject_Release(object);
    IWbemClassObject_Release(cls);
}

static HRESULT put_one(IWbemClassObject *cls, int in_id, int out_id, CIMTYPE out_type, int return_id)
{
    IWbemClassObject *in = signature(), *out = signature();
    add_parameter(in, "A", CIM_STRING, in_id);
    add_parameter(out, "A", out_type, out_id);
    add_parameter(out, "ReturnValue", CIM_UINT32, return_id);
    HRESULT hr = IWbemClassObject_PutMethod(cls, u"One", 0, in, out);
    IWbemClassObject_Release(in);
    IWbemClassObject_Release(out);
    return hr;
}

static void the_ids_of_parameters_are_checked(void **state)
{
    IWbemClassObject *cls = thing_class_draft("T_Ids");
    assert_hr(WBEM_S_NO_ERROR, put_one(cls, 0, 0, CIM_STRING, -1));
    assert_hr(WBEM_E_MISSING_PARAMETER_ID, put_one(cls, -1, 0, CIM_STRING, -1));
    assert_hr(WBEM_E_NONCONSECUTIVE_PARAMETER_IDS, put_one(cls, 1, 1, CIM_STRING, -1));
    assert_hr(WBEM_E_INVALID_DUPLICATE_PARAMETER, put_one(cls, 0, 1, CIM_STRING, -1));
    assert_hr(WBEM_E_INVALID_DUPLICATE_PARAMETER, put_one(cls, 0, 0, CIM_UINT32, -1));
    assert_hr(WBEM_E_PARAMETER_ID_ON_RETVAL, put_one(cls, 0, 0, CIM_STRING, 1));
    assert_hr(WBEM_E_INVALID_OBJECT, IWbemClassObject_PutMethod(cls, u"Two", 0, (IWbemClassObject *)services, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_PutMethod(cls, u"Two", 1, NULL, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_PutMethod(cls, NULL, 0, NULL, NULL));
    IWbemClassObject_Release(cls);
}

static const char *walk_methods(IWbemClassObject *cls, LONG flags)
{
    static char text[400];
    BSTR name = NULL;
    HRESULT hr;
    text[0] = 0;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_BeginMethodEnumeration(cls, flags));
    while ((hr = IWbemClassObject_NextMethod(cls, 0, &name, NULL, NULL)) == WBEM_S_NO_ERROR)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", text[0] ? " " : "", take_bstr(name));
    assert_hr(WBEM_S_NO_MORE_DATA, hr);
    return text;
}

static void methods_are_inherited_and_walked_through(void **state)
{
    TRI_PROVES_METHOD(IWbemClassObject, BeginMethodEnumeration, real);
    TRI_PROVES_METHOD(IWbemClassObject, NextMethod, real);
    TRI_PROVES_METHOD(IWbemClassObject, EndMethodEnumeration, real);
    TRI_PROVES_METHOD(IWbemClassObject, DeleteMethod, real);
    IWbemClassObject *cls = thing_class_draft("T_Walk"), *in = NULL, *out = NULL;
    BSTR name = NULL;
    assert_hr(WBEM_S_NO_ERROR, put_start(cls));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_PutMethod(cls, u"Stop", 0, NULL, NULL));
    put_class(cls);
    cls = derived_draft("T_Walk", "T_Walk2");
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_PutMethod(cls, u"Own", 0, NULL, NULL));
    assert_string_equal("Start Stop Own", walk_methods(cls, 0));
    assert_string_equal("Own", walk_methods(cls, WBEM_FLAG_LOCAL_ONLY));
    assert_string_equal("Start Stop", walk_methods(cls, WBEM_FLAG_PROPAGATED_ONLY));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_BeginMethodEnumeration(cls, 0x30));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_BeginMethodEnumeration(cls, 0));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_NextMethod(cls, 1, &name, NULL, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_NextMethod(cls, 0, &name, &in, &out));
    assert_string_equal("Start", take_bstr(name));
    assert_string_equal("Command Id", names_of(in, WBEM_FLAG_NONSYSTEM_ONLY));
    assert_non_null(out);
    LET_GO(in);
    LET_GO(out);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_EndMethodEnumeration(cls));
    assert_hr(WBEM_E_UNEXPECTED, IWbemClassObject_NextMethod(cls, 0, &name, NULL, NULL));
    assert_hr(WBEM_E_PROPAGATED_METHOD, IWbemClassObject_DeleteMethod(cls, u"Stop"));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_DeleteMethod(cls, u"Own"));
    assert_string_equal("Start Stop", walk_methods(cls, 0));
    IWbemClassObject_Release(cls);
}

/* ---- threads ---- */

static void *change_and_read(void *context)
{
    IWbemClassObject *object = context, *copy = NULL;
    for (int i = 0; i < 500; i++) {
        VARIANT value = number(i), got = {0};
        if (IWbemClassObject_Put(object, u"Id", 0, &value, 0) != WBEM_S_NO_ERROR ||
            IWbemClassObject_Get(object, u"Name", 0, &got, NULL, NULL) != WBEM_S_NO_ERROR ||
            IWbemClassObject_Clone(object, &copy) != WBEM_S_NO_ERROR)
            return "failed";
        VariantClear(&got);
        IWbemClassObject_Release(copy);
    }
    return NULL;
}

static void one_object_serves_several_threads(void **state)
{
    IWbemClassObject *object = instance_of("T_Base");
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(0, pthread_create(&threads[i], NULL, change_and_read, object));
    for (int i = 0; i < 4; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_string_equal("499", get_text(object, "Id"));
    IWbemClassObject_Release(object);
}

static void *read_rows(void *context)
{
    IEnumWbemClassObject *rows = context;
    IWbemClassObject *object = NULL;
    ULONG count = 0;
    long sum = 0;
    while (IEnumWbemClassObject_Next(rows, WBEM_INFINITE, 1, &object, &count) == WBEM_S_NO_ERROR) {
        VARIANT value = {0};
        if (IWbemClassObject_Get(object, u"Id", 0, &value, NULL, NULL) == WBEM_S_NO_ERROR)
            sum += V_I4(&value);
        IWbemClassObject_Release(object);
    }
    return (void *)sum;
}

static void the_same_rows_are_read_by_several_threads(void **state)
{
    make_thing_class("T_Row");
    for (int i = 1; i <= 50; i++)
        store_thing("T_Row", i, "row");
    IEnumWbemClassObject *rows[4] = {exec_query(WBEM_FLAG_RETURN_IMMEDIATELY, "SELECT * FROM T_Row")};
    pthread_t threads[4];
    for (int i = 1; i < 4; i++)
        assert_hr(WBEM_S_NO_ERROR, IEnumWbemClassObject_Clone(rows[0], &rows[i]));
    for (int i = 0; i < 4; i++)
        assert_int_equal(0, pthread_create(&threads[i], NULL, read_rows, rows[i]));
    for (int i = 0; i < 4; i++) {
        void *sum = NULL;
        pthread_join(threads[i], &sum);
        assert_int_equal(50 * 51 / 2, (long)sum);
        IEnumWbemClassObject_Release(rows[i]);
    }
    remove_class("T_Row");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_itself_whatever_it_is_asked_for),
        cmocka_unit_test(a_blank_class_can_be_had_without_a_namespace),
        cmocka_unit_test(a_class_without_a_name_can_be_asked_everything),
        cmocka_unit_test(system_properties_tell_what_an_object_is),
        cmocka_unit_test(get_takes_any_of_its_outputs_and_refuses_nonsense),
        cmocka_unit_test(a_property_says_where_it_comes_from),
        cmocka_unit_test(an_instance_says_which_values_are_its_own),
        cmocka_unit_test(the_names_of_methods_are_checked),
        cmocka_unit_test(an_instance_has_the_properties_of_its_class_and_no_others),
        cmocka_unit_test(system_properties_cannot_be_set_but_for_the_name_of_a_class),
        cmocka_unit_test(names_with_an_underscore_at_an_end_are_not_for_users),
        cmocka_unit_test(a_class_has_room_for_1024_properties),
        cmocka_unit_test(what_is_deleted_of_an_instance_is_what_the_class_says_again),
        cmocka_unit_test(what_is_deleted_of_a_class_is_gone_or_inherited_again),
        cmocka_unit_test(names_are_those_that_the_flags_ask_for),
        cmocka_unit_test(names_may_be_asked_for_by_qualifier),
        cmocka_unit_test(conditions_that_contradict_each_other_are_refused),
        cmocka_unit_test(a_walk_meets_what_names_lists),
        cmocka_unit_test(a_walk_is_begun_before_it_goes_on),
        cmocka_unit_test(a_clone_shares_nothing),
        cmocka_unit_test(a_class_that_was_got_is_changed_for_its_holder_only),
        cmocka_unit_test(instances_are_spawned_from_classes_and_instances),
        cmocka_unit_test(classes_are_derived_from_classes_only),
        cmocka_unit_test(objects_are_compared_as_the_flags_say),
        cmocka_unit_test(classes_whose_references_lead_elsewhere_differ),
        cmocka_unit_test(the_text_of_an_object_is_mof),
        cmocka_unit_test(a_key_is_a_key_whatever_flavor_it_was_given),
        cmocka_unit_test(a_method_comes_back_as_it_was_put),
        cmocka_unit_test(methods_that_are_not_there_leave_nothing_behind),
        cmocka_unit_test(the_ids_of_parameters_are_checked),
        cmocka_unit_test(methods_are_inherited_and_walked_through),
        cmocka_unit_test(one_object_serves_several_threads),
        cmocka_unit_test(the_same_rows_are_read_by_several_threads),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down_wmi);
}
