/* IWbemQualifierSet: what is said about classes, instances, properties and methods. */
#include "wmi-face.h"

/* ---- helpers ---- */

static VARIANT number(LONG value)
{
    VARIANT made = {0};
    V_VT(&made) = VT_I4;
    V_I4(&made) = value;
    return made;
}

static VARIANT yes(void)
{
    VARIANT made = {0};
    V_VT(&made) = VT_BOOL;
    V_BOOL(&made) = VARIANT_TRUE;
    return made;
}

static VARIANT string(BSTR value)
{
    VARIANT made = {0};
    V_VT(&made) = VT_BSTR;
    V_BSTR(&made) = value;
    return made;
}

static IWbemQualifierSet *set_of(IWbemClassObject *object)
{
    IWbemQualifierSet *set = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetQualifierSet(object, &set));
    return set;
}

static IWbemQualifierSet *property_set(IWbemClassObject *object, const char *property)
{
    IWbemQualifierSet *set = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetPropertyQualifierSet(object, B("%s", property), &set));
    return set;
}

static HRESULT put(IWbemQualifierSet *set, const char *name, VARIANT value, LONG flavor)
{
    return IWbemQualifierSet_Put(set, B("%s", name), &value, flavor);
}

static const char *names_of(IWbemQualifierSet *set, LONG flags)
{
    static char text[1000];
    SAFEARRAY *names = NULL;
    text[0] = 0;
    assert_hr(WBEM_S_NO_ERROR, IWbemQualifierSet_GetNames(set, flags, &names));
    assert_non_null(names);
    for (ULONG i = 0; i < names->rgsabound[0].cElements; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "", U(((BSTR *)names->pvData)[i]));
    SafeArrayDestroy(names);
    return text;
}

static const char *walk(IWbemQualifierSet *set, LONG flags)
{
    static char text[1000];
    BSTR name = NULL;
    HRESULT hr;
    text[0] = 0;
    assert_hr(WBEM_S_NO_ERROR, IWbemQualifierSet_BeginEnumeration(set, flags));
    while ((hr = IWbemQualifierSet_Next(set, 0, &name, NULL, NULL)) == WBEM_S_NO_ERROR)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", text[0] ? " " : "", take_bstr(name));
    assert_hr(WBEM_S_NO_MORE_DATA, hr);
    return text;
}

static LONG flavor_of(IWbemQualifierSet *set, const char *name)
{
    LONG flavor = -1;
    assert_hr(WBEM_S_NO_ERROR, IWbemQualifierSet_Get(set, B("%s", name), 0, NULL, &flavor));
    return flavor;
}

static int number_in(IWbemQualifierSet *set, const char *name)
{
    VARIANT value = {0};
    assert_hr(WBEM_S_NO_ERROR, IWbemQualifierSet_Get(set, B("%s", name), 0, &value, NULL));
    assert_int_equal(VT_I4, V_VT(&value));
    return V_I4(&value);
}

static const char *string_in(IWbemQualifierSet *set, const char *name)
{
    VARIANT value = {0};
    assert_hr(WBEM_S_NO_ERROR, IWbemQualifierSet_Get(set, B("%s", name), 0, &value, NULL));
    assert_int_equal(VT_BSTR, V_VT(&value));
    return take_bstr(V_BSTR(&value));
}

static IWbemClassObject *get_class(const char *name)
{
    IWbemClassObject *cls = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("%s", name), 0, NULL, &cls, NULL));
    return cls;
}

static void store(IWbemClassObject *cls)
{
    HRESULT hr = IWbemServices_PutClass(services, cls, 0, NULL, NULL);
    if (hr != WBEM_S_NO_ERROR)
        fail_msg("PutClass: 0x%08x %s", (unsigned)hr, why());
    IWbemClassObject_Release(cls);
}

enum {
    TO_INSTANCE = WBEM_FLAVOR_FLAG_PROPAGATE_TO_INSTANCE,
    TO_DERIVED = WBEM_FLAVOR_FLAG_PROPAGATE_TO_DERIVED_CLASS,
    FIXED = WBEM_FLAVOR_NOT_OVERRIDABLE
};

/* T_Above: on the class "far" (both ways), "near" (no way), "fixed" (both ways, not overridable); on Name "hint". */
static void make_above(void)
{
    IWbemClassObject *cls = thing_class_draft("T_Above");
    IWbemQualifierSet *set = set_of(cls), *name = property_set(cls, "Name");
    assert_hr(WBEM_S_NO_ERROR, put(set, "far", number(1), TO_INSTANCE | TO_DERIVED));
    assert_hr(WBEM_S_NO_ERROR, put(set, "near", number(2), 0));
    assert_hr(WBEM_S_NO_ERROR, put(set, "fixed", number(3), TO_INSTANCE | TO_DERIVED | FIXED));
    assert_hr(WBEM_S_NO_ERROR, put(name, "hint", string(B("text")), TO_INSTANCE | TO_DERIVED));
    assert_hr(WBEM_S_NO_ERROR, put(name, "own", number(4), 0));
    IWbemQualifierSet_Release(name);
    IWbemQualifierSet_Release(set);
    store(cls);
}

static IWbemClassObject *draft_below(const char *name)
{
    IWbemClassObject *cls = get_class("T_Above"), *made = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnDerivedClass(cls, 0, &made));
    put_text(made, "__CLASS", name);
    IWbemClassObject_Release(cls);
    return made;
}

static int set_up(void **state)
{
    int r = set_up_wmi(state);
    if (r == 0)
        make_above();
    return r;
}

/* ---- on classes ---- */

static void what_is_put_is_there_and_what_is_stored_comes_back(void **state)
{
    TRI_PROVES_METHOD(IWbemQualifierSet, Put, real);
    TRI_PROVES_METHOD(IWbemQualifierSet, Get, real);
    TRI_PROVES_METHOD(IWbemClassObject, GetQualifierSet, real);
    IWbemClassObject *cls = get_class("T_Above");
    IWbemQualifierSet *set = set_of(cls);
    assert_int_equal(1, number_in(set, "FAR"));
    assert_int_equal(TO_INSTANCE | TO_DERIVED, flavor_of(set, "far"));
    assert_int_equal(0, flavor_of(set, "near"));
    assert_int_equal(TO_INSTANCE | TO_DERIVED | FIXED, flavor_of(set, "fixed"));
    assert_string_equal("far near fixed", names_of(set, 0));
    assert_hr(WBEM_S_NO_ERROR, put(set, "near", number(20), TO_DERIVED));
    assert_int_equal(20, number_in(set, "near"));
    assert_int_equal(TO_DERIVED, flavor_of(set, "near"));
    IWbemQualifierSet_Release(set);
    IWbemClassObject_Release(cls);
}

static void every_kind_of_value_comes_back(void **state)
{
    IWbemClassObject *cls = thing_class_draft("T_Kinds");
    IWbemQualifierSet *set = set_of(cls);
    static const VARTYPE kinds[] = {VT_I4, VT_R8, VT_BOOL, VT_BSTR};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        VARIANT one = {0}, many = {0}, back = {0};
        V_VT(&one) = kinds[i];
        V_VT(&many) = VT_ARRAY | kinds[i];
        V_ARRAY(&many) = SafeArrayCreateVector(kinds[i], 0, 2);
        assert_hr(WBEM_S_NO_ERROR, put(set, "one", one, 0));
        assert_hr(WBEM_S_NO_ERROR, IWbemQualifierSet_Get(set, u"one", 0, &back, NULL));
        assert_int_equal(kinds[i], V_VT(&back));
        VariantClear(&back);
        assert_hr(WBEM_S_NO_ERROR, put(set, "many", many, 0));
        assert_hr(WBEM_S_NO_ERROR, IWbemQualifierSet_Get(set, u"many", 0, &back, NULL));
        assert_int_equal(VT_ARRAY | kinds[i], V_VT(&back));
        assert_int_equal(2, V_ARRAY(&back)->rgsabound[0].cElements);
        VariantClear(&back);
        VariantClear(&many);
    }
    IWbemQualifierSet_Release(set);
    IWbemClassObject_Release(cls);
}

static void other_values_flavors_and_names_are_refused(void **state)
{
    IWbemClassObject *cls = thing_class_draft("T_Refused");
    IWbemQualifierSet *set = set_of(cls);
    static const VARTYPE kinds[] = {VT_EMPTY, VT_I2,    VT_UI1, VT_R4,      VT_I8,
                                    VT_DATE,  VT_ERROR, VT_CY,  VT_UNKNOWN, VT_ARRAY | VT_I2};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        VARIANT value = {0};
        V_VT(&value) = kinds[i];
        assert_hr(WBEM_E_INVALID_QUALIFIER_TYPE, put(set, "odd", value, 0));
    }
    VARIANT null = {0};
    V_VT(&null) = VT_NULL;
    assert_hr(WBEM_E_INVALID_PARAMETER, put(set, "odd", null, 0));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemQualifierSet_Put(set, u"odd", NULL, 0));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemQualifierSet_Put(set, NULL, &null, 0));
    assert_hr(WBEM_E_INVALID_PARAMETER, put(set, "", number(1), 0));
    assert_hr(WBEM_E_INVALID_PARAMETER, put(set, "no name", number(1), 0));
    assert_hr(WBEM_E_INVALID_PARAMETER, put(set, "__odd", number(1), 0));
    assert_hr(WBEM_E_INVALID_PARAMETER, put(set, "odd_", number(1), 0));
    assert_hr(WBEM_E_INVALID_PARAMETER, put(set, "odd", number(1), WBEM_FLAVOR_ORIGIN_PROPAGATED));
    assert_hr(WBEM_E_INVALID_PARAMETER, put(set, "odd", number(1), WBEM_FLAVOR_ORIGIN_SYSTEM));
    assert_hr(WBEM_E_INVALID_PARAMETER, put(set, "odd", number(1), 0x100));
    assert_string_equal("", names_of(set, 0));
    IWbemQualifierSet_Release(set);
    IWbemClassObject_Release(cls);
}

static void what_is_refused_leaves_a_property_as_it_was(void **state)
{
    IWbemClassObject *cls = draft_below("T_Below");
    IWbemQualifierSet *id = property_set(cls, "Id");
    SAFEARRAY *names = NULL;
    VARIANT no = {0};
    LONG last = 0;
    V_VT(&no) = VT_BOOL;
    V_BOOL(&no) = VARIANT_FALSE;
    assert_hr(WBEM_E_OVERRIDE_NOT_ALLOWED, put(id, "key", no, 0));
    assert_hr(WBEM_E_PROPAGATED_QUALIFIER, IWbemQualifierSet_Delete(id, u"key"));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetNames(cls, NULL, WBEM_FLAG_CLASS_OVERRIDES_ONLY, NULL, &names));
    assert_hr(S_OK, SafeArrayGetUBound(names, 1, &last));
    assert_int_equal(-1, last);
    SafeArrayDestroy(names);
    assert_hr(WBEM_E_PROPAGATED_PROPERTY, IWbemClassObject_Delete(cls, u"Id"));
    assert_hr(WBEM_S_NO_ERROR, put(id, "mine", number(1), 0));
    assert_hr(WBEM_S_RESET_TO_DEFAULT, IWbemClassObject_Delete(cls, u"Id"));
    IWbemQualifierSet_Release(id);
    IWbemClassObject_Release(cls);
}

static void qualifiers_go_down_as_their_flavor_says(void **state)
{
    IWbemClassObject *cls = draft_below("T_Below");
    IWbemQualifierSet *set = set_of(cls), *name = property_set(cls, "Name");
    assert_string_equal("far fixed", names_of(set, 0));
    assert_int_equal(TO_INSTANCE | TO_DERIVED | WBEM_FLAVOR_ORIGIN_PROPAGATED, flavor_of(set, "far"));
    assert_string_equal("CIMTYPE hint", names_of(name, 0));
    assert_hr(WBEM_S_NO_ERROR, put(set, "mine", number(9), 0));
    assert_string_equal("mine", names_of(set, WBEM_FLAG_LOCAL_ONLY));
    assert_string_equal("far fixed", names_of(set, WBEM_FLAG_PROPAGATED_ONLY));
    IWbemQualifierSet_Release(name);
    IWbemQualifierSet_Release(set);
    IWbemClassObject_Release(cls);
}

static void what_is_inherited_may_be_overridden_unless_it_is_fixed(void **state)
{
    TRI_PROVES_METHOD(IWbemQualifierSet, Delete, real);
    IWbemClassObject *cls = draft_below("T_Overrides");
    IWbemQualifierSet *set = set_of(cls);
    assert_hr(WBEM_E_OVERRIDE_NOT_ALLOWED, put(set, "fixed", number(30), 0));
    assert_hr(WBEM_E_PROPAGATED_QUALIFIER, IWbemQualifierSet_Delete(set, u"far"));
    assert_hr(WBEM_S_NO_ERROR, put(set, "far", number(10), TO_DERIVED));
    assert_int_equal(10, number_in(set, "far"));
    assert_int_equal(TO_DERIVED, flavor_of(set, "far"));
    assert_hr(WBEM_S_RESET_TO_DEFAULT, IWbemQualifierSet_Delete(set, u"far"));
    assert_int_equal(1, number_in(set, "far"));
    assert_hr(WBEM_S_NO_ERROR, put(set, "mine", number(9), 0));
    assert_hr(WBEM_S_NO_ERROR, IWbemQualifierSet_Delete(set, u"MINE"));
    assert_hr(WBEM_E_NOT_FOUND, IWbemQualifierSet_Delete(set, u"mine"));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemQualifierSet_Delete(set, NULL));
    IWbemQualifierSet_Release(set);
    IWbemClassObject_Release(cls);
}

static void get_refuses_what_is_not_there(void **state)
{
    IWbemClassObject *cls = get_class("T_Above");
    IWbemQualifierSet *set = set_of(cls);
    VARIANT value = number(77);
    LONG flavor = 77;
    assert_hr(WBEM_E_NOT_FOUND, IWbemQualifierSet_Get(set, u"nothing", 0, &value, &flavor));
    assert_int_equal(77, V_I4(&value));
    assert_int_equal(77, flavor);
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemQualifierSet_Get(set, u"far", 1, &value, &flavor));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemQualifierSet_Get(set, NULL, 0, &value, &flavor));
    assert_hr(WBEM_S_NO_ERROR, IWbemQualifierSet_Get(set, u"far", 0, NULL, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_GetQualifierSet(cls, NULL));
    IWbemQualifierSet_Release(set);
    IWbemClassObject_Release(cls);
}

/* ---- walking ---- */

static void a_walk_meets_what_names_lists(void **state)
{
    TRI_PROVES_METHOD(IWbemQualifierSet, GetNames, real);
    TRI_PROVES_METHOD(IWbemQualifierSet, BeginEnumeration, real);
    TRI_PROVES_METHOD(IWbemQualifierSet, Next, real);
    TRI_PROVES_METHOD(IWbemQualifierSet, EndEnumeration, real);
    IWbemClassObject *cls = draft_below("T_Walked");
    IWbemQualifierSet *set = set_of(cls);
    SAFEARRAY *names = NULL;
    VARIANT value = {0};
    LONG flavor = 0;
    BSTR name = NULL;
    assert_hr(WBEM_E_UNEXPECTED, IWbemQualifierSet_Next(set, 0, &name, &value, &flavor));
    assert_hr(WBEM_S_NO_ERROR, put(set, "mine", number(9), 0));
    static const LONG flags[] = {0, WBEM_FLAG_LOCAL_ONLY, WBEM_FLAG_PROPAGATED_ONLY};
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(names_of(set, flags[i]), walk(set, flags[i]));
    static const LONG odd[] = {1, 0x30, 0x40, 0x80};
    for (size_t i = 0; i < 4; i++) {
        assert_hr(WBEM_E_INVALID_PARAMETER, IWbemQualifierSet_GetNames(set, odd[i], &names));
        assert_hr(WBEM_E_INVALID_PARAMETER, IWbemQualifierSet_BeginEnumeration(set, odd[i]));
    }
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemQualifierSet_GetNames(set, 0, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemQualifierSet_BeginEnumeration(set, WBEM_FLAG_LOCAL_ONLY));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemQualifierSet_Next(set, 1, &name, &value, &flavor));
    assert_hr(WBEM_S_NO_ERROR, IWbemQualifierSet_Next(set, 0, &name, &value, &flavor));
    assert_string_equal("mine", take_bstr(name));
    assert_int_equal(9, V_I4(&value));
    assert_int_equal(0, flavor);
    assert_hr(WBEM_S_NO_ERROR, IWbemQualifierSet_EndEnumeration(set));
    assert_hr(WBEM_E_UNEXPECTED, IWbemQualifierSet_Next(set, 0, &name, &value, &flavor));
    IWbemQualifierSet_Release(set);
    IWbemClassObject_Release(cls);
}

/* ---- on properties ---- */

static void every_property_has_its_type_as_a_qualifier(void **state)
{
    TRI_PROVES_METHOD(IWbemClassObject, GetPropertyQualifierSet, real);
    IWbemClassObject *cls = thing_class_draft("T_Types"), *object = new_thing("T_Above", 1, "one");
    static const struct {
        const char *name, *text;
        CIMTYPE type;
    } rows[] = {{"A", "uint8", CIM_UINT8 | CIM_FLAG_ARRAY},
                {"B", "datetime", CIM_DATETIME},
                {"C", "ref", CIM_REFERENCE},
                {"D", "object", CIM_OBJECT},
                {"E", "string", CIM_STRING},
                {"F", "real64", CIM_REAL64}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(cls, B("%s", rows[i].name), 0, NULL, rows[i].type));
        IWbemQualifierSet *set = property_set(cls, rows[i].name);
        assert_string_equal(rows[i].text, string_in(set, "cimtype"));
        assert_int_equal(WBEM_FLAVOR_ORIGIN_SYSTEM, flavor_of(set, "CIMTYPE") & WBEM_FLAVOR_MASK_ORIGIN);
        assert_hr(WBEM_E_INVALID_OPERATION, IWbemQualifierSet_Delete(set, u"CIMTYPE"));
        IWbemQualifierSet_Release(set);
    }
    IWbemQualifierSet *set = property_set(object, "Id");
    assert_string_equal("uint32", string_in(set, "CIMTYPE"));
    IWbemQualifierSet_Release(set);
    IWbemClassObject_Release(object);
    IWbemClassObject_Release(cls);
}

static void a_reference_is_told_its_class_by_cimtype(void **state)
{
    IWbemClassObject *cls = thing_class_draft("T_Refs");
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(cls, u"Other", 0, NULL, CIM_REFERENCE));
    IWbemQualifierSet *set = property_set(cls, "Other"), *name = property_set(cls, "Name");
    assert_hr(WBEM_S_NO_ERROR, put(set, "CIMTYPE", string(B("ref:T_Above")), 0));
    assert_string_equal("ref:T_Above", string_in(set, "CIMTYPE"));
    assert_hr(WBEM_E_TYPE_MISMATCH, put(set, "CIMTYPE", string(B("uint32")), 0));
    assert_hr(WBEM_E_TYPE_MISMATCH, put(set, "CIMTYPE", string(B("ref:no name")), 0));
    assert_hr(WBEM_E_TYPE_MISMATCH, put(set, "CIMTYPE", number(3), 0));
    assert_hr(WBEM_S_NO_ERROR, put(name, "CIMTYPE", string(B("string")), 0));
    IWbemQualifierSet_Release(name);
    IWbemQualifierSet_Release(set);
    store(cls);
    cls = get_class("T_Refs");
    set = property_set(cls, "Other");
    assert_string_equal("ref:T_Above", string_in(set, "CIMTYPE"));
    IWbemQualifierSet_Release(set);
    IWbemClassObject_Release(cls);
}

static void keys_are_only_what_can_be_a_key(void **state)
{
    IWbemClassObject *cls = thing_class_draft("T_Keys"), *below = draft_below("T_KeysBelow");
    static const CIMTYPE never[] = {CIM_REAL32, CIM_REAL64, CIM_OBJECT, CIM_STRING | CIM_FLAG_ARRAY};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(cls, B("Never%zu", i), 0, NULL, never[i]));
        IWbemQualifierSet *set = property_set(cls, U(B("Never%zu", i)));
        assert_hr(WBEM_E_CANNOT_BE_KEY, put(set, "key", yes(), 0));
        IWbemQualifierSet_Release(set);
    }
    IWbemQualifierSet *set = property_set(cls, "Name"), *name = property_set(below, "Name");
    assert_hr(WBEM_S_NO_ERROR, put(set, "key", yes(), 0));
    assert_hr(WBEM_E_CANNOT_BE_KEY, put(name, "key", yes(), 0));
    IWbemQualifierSet_Release(name);
    IWbemQualifierSet_Release(set);
    IWbemClassObject_Release(below);
    IWbemClassObject_Release(cls);
}

static void a_property_that_is_qualified_is_the_classs_own(void **state)
{
    IWbemClassObject *cls = draft_below("T_Own");
    SAFEARRAY *names = NULL;
    IWbemQualifierSet *set = property_set(cls, "Name");
    assert_hr(WBEM_S_NO_ERROR, put(set, "hint", string(B("other")), 0));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetNames(cls, NULL, WBEM_FLAG_CLASS_OVERRIDES_ONLY, NULL, &names));
    assert_int_equal(1, names->rgsabound[0].cElements);
    assert_string_equal("Name", U(((BSTR *)names->pvData)[0]));
    SafeArrayDestroy(names);
    IWbemQualifierSet_Release(set);
    store(cls);
    cls = get_class("T_Own");
    set = property_set(cls, "Name");
    assert_string_equal("other", string_in(set, "hint"));
    IWbemQualifierSet_Release(set);
    IWbemClassObject_Release(cls);
}

static void system_properties_have_no_qualifiers(void **state)
{
    IWbemClassObject *cls = get_class("T_Above");
    IWbemQualifierSet *set = (IWbemQualifierSet *)1;
    assert_hr(WBEM_E_SYSTEM_PROPERTY, IWbemClassObject_GetPropertyQualifierSet(cls, u"__PATH", &set));
    assert_hr(WBEM_E_NOT_FOUND, IWbemClassObject_GetPropertyQualifierSet(cls, u"Nothing", &set));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_GetPropertyQualifierSet(cls, NULL, &set));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_GetPropertyQualifierSet(cls, u"Name", NULL));
    assert_null(set);
    IWbemClassObject_Release(cls);
}

static void a_set_outlives_its_property_and_its_holder(void **state)
{
    IWbemClassObject *cls = thing_class_draft("T_Gone");
    IWbemQualifierSet *set = property_set(cls, "Name"), *whole = set_of(cls);
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Delete(cls, u"Name"));
    IWbemClassObject_Release(cls);
    VARIANT value = number(1);
    SAFEARRAY *names = NULL;
    assert_hr(WBEM_E_NOT_FOUND, IWbemQualifierSet_Put(set, u"hint", &value, 0));
    assert_hr(WBEM_E_NOT_FOUND, IWbemQualifierSet_Get(set, u"hint", 0, NULL, NULL));
    assert_hr(WBEM_E_NOT_FOUND, IWbemQualifierSet_GetNames(set, 0, &names));
    assert_hr(WBEM_S_NO_ERROR, put(whole, "still", number(5), 0));
    assert_int_equal(5, number_in(whole, "still"));
    IWbemQualifierSet_Release(whole);
    assert_int_equal(0, IWbemQualifierSet_Release(set));
}

/* ---- on instances ---- */

static void an_instance_sees_what_reaches_instances(void **state)
{
    IWbemClassObject *object = new_thing("T_Above", 1, "one");
    IWbemQualifierSet *set = set_of(object), *name = property_set(object, "Name"), *id = property_set(object, "Id");
    assert_string_equal("far fixed", names_of(set, 0));
    assert_string_equal("CIMTYPE hint", names_of(name, 0));
    assert_string_equal("CIMTYPE key", names_of(id, 0));
    assert_true(flavor_of(set, "far") & WBEM_FLAVOR_ORIGIN_PROPAGATED);
    IWbemQualifierSet_Release(id);
    IWbemQualifierSet_Release(name);
    IWbemQualifierSet_Release(set);
    IWbemClassObject_Release(object);
}

static void an_instance_has_qualifiers_of_its_own(void **state)
{
    IWbemClassObject *object = new_thing("T_Above", 2, "two"), *other = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Clone(object, &other));
    IWbemQualifierSet *set = set_of(object), *others = set_of(other), *name = property_set(object, "Name");
    assert_hr(WBEM_S_NO_ERROR, put(set, "mine", number(9), 0));
    assert_hr(WBEM_S_NO_ERROR, put(set, "far", number(10), 0));
    assert_hr(WBEM_E_OVERRIDE_NOT_ALLOWED, put(set, "fixed", number(30), 0));
    assert_int_equal(10, number_in(set, "far"));
    assert_string_equal("fixed mine far", names_of(set, 0));
    assert_string_equal("mine far", names_of(set, WBEM_FLAG_LOCAL_ONLY));
    assert_string_equal("far fixed", names_of(others, 0));
    assert_hr(WBEM_E_PROPAGATED_QUALIFIER, IWbemQualifierSet_Delete(set, u"fixed"));
    assert_hr(WBEM_S_NO_ERROR, IWbemQualifierSet_Delete(set, u"far"));
    assert_int_equal(1, number_in(set, "far"));
    assert_hr(WBEM_E_NOT_SUPPORTED, put(name, "mine", number(1), 0));
    IWbemQualifierSet_Release(name);
    IWbemQualifierSet_Release(others);
    IWbemQualifierSet_Release(set);
    IWbemClassObject_Release(other);
    IWbemClassObject_Release(object);
}

/* ---- on methods ---- */

static void methods_have_qualifiers_too(void **state)
{
    TRI_PROVES_METHOD(IWbemClassObject, GetMethodQualifierSet, real);
    IWbemClassObject *cls = thing_class_draft("T_Methods");
    IWbemQualifierSet *set = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_PutMethod(cls, u"Start", 0, NULL, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetMethodQualifierSet(cls, u"start", &set));
    assert_hr(WBEM_S_NO_ERROR, put(set, "static", yes(), TO_DERIVED));
    assert_string_equal("static", names_of(set, 0));
    IWbemQualifierSet_Release(set);
    store(cls);
    cls = get_class("T_Methods");
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetMethodQualifierSet(cls, u"Start", &set));
    assert_string_equal("static", names_of(set, 0));
    IWbemQualifierSet_Release(set);
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemClassObject_GetMethodQualifierSet(cls, NULL, &set));
    assert_null(set);
    IWbemClassObject_Release(cls);
}

static void a_set_is_itself_whatever_it_is_asked_for(void **state)
{
    TRI_PROVES_METHOD(IWbemQualifierSet, QueryInterface, real);
    TRI_PROVES_METHOD(IWbemQualifierSet, AddRef, real);
    TRI_PROVES_METHOD(IWbemQualifierSet, Release, real);
    IWbemClassObject *cls = get_class("T_Above");
    IWbemQualifierSet *set = set_of(cls), *again = QUERY(set, IWbemQualifierSet);
    void *other = (void *)1;
    assert_ptr_equal(set, again);
    assert_hr(E_NOINTERFACE, IWbemQualifierSet_QueryInterface(set, &IID_IWbemClassObject, &other));
    assert_null(other);
    IWbemQualifierSet_Release(again);
    assert_int_equal(0, IWbemQualifierSet_Release(set));
    assert_int_equal(0, IWbemClassObject_Release(cls));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_there_and_what_is_stored_comes_back),
        cmocka_unit_test(every_kind_of_value_comes_back),
        cmocka_unit_test(other_values_flavors_and_names_are_refused),
        cmocka_unit_test(what_is_refused_leaves_a_property_as_it_was),
        cmocka_unit_test(qualifiers_go_down_as_their_flavor_says),
        cmocka_unit_test(what_is_inherited_may_be_overridden_unless_it_is_fixed),
        cmocka_unit_test(get_refuses_what_is_not_there),
        cmocka_unit_test(a_walk_meets_what_names_lists),
        cmocka_unit_test(every_property_has_its_type_as_a_qualifier),
        cmocka_unit_test(a_reference_is_told_its_class_by_cimtype),
        cmocka_unit_test(keys_are_only_what_can_be_a_key),
        cmocka_unit_test(a_property_that_is_qualified_is_the_classs_own),
        cmocka_unit_test(system_properties_have_no_qualifiers),
        cmocka_unit_test(a_set_outlives_its_property_and_its_holder),
        cmocka_unit_test(an_instance_sees_what_reaches_instances),
        cmocka_unit_test(an_instance_has_qualifiers_of_its_own),
        cmocka_unit_test(methods_have_qualifiers_too),
        cmocka_unit_test(a_set_is_itself_whatever_it_is_asked_for),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down_wmi);
}
