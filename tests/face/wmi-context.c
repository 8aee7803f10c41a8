/* IWbemContext: named values that go along with a call. */
#include "wmi-face.h"

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

static IWbemContext *new_context(void)
{
    IWbemContext *made = NULL;
    assert_hr(S_OK,
              CoCreateInstance(&CLSID_WbemContext, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemContext, (void **)&made));
    return made;
}

static void set(IWbemContext *context, const char *name, VARIANT value)
{
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_SetValue(context, B("%s", name), 0, &value));
}

static int number_in(IWbemContext *context, const char *name)
{
    VARIANT value = {0};
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_GetValue(context, B("%s", name), 0, &value));
    assert_int_equal(VT_I4, V_VT(&value));
    return V_I4(&value);
}

static const char *names_of(IWbemContext *context)
{
    static char text[400];
    SAFEARRAY *names = NULL;
    text[0] = 0;
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_GetNames(context, 0, &names));
    assert_non_null(names);
    for (ULONG i = 0; i < names->rgsabound[0].cElements; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "", U(((BSTR *)names->pvData)[i]));
    SafeArrayDestroy(names);
    return text;
}

/* ---- values ---- */

static void values_are_kept_by_name_without_case(void **state)
{
    TRI_PROVES_METHOD(IWbemContext, SetValue, real);
    TRI_PROVES_METHOD(IWbemContext, GetValue, real);
    TRI_PROVES_METHOD(IWbemContext, GetNames, real);
    IWbemContext *context = new_context();
    assert_string_equal("", names_of(context));
    set(context, "Zebra", number(1));
    set(context, "Ape", number(2));
    set(context, "ZEBRA", number(3));
    assert_string_equal("Zebra Ape", names_of(context));
    assert_int_equal(3, number_in(context, "zebra"));
    assert_int_equal(2, number_in(context, "Ape"));
    IWbemContext_Release(context);
}

static void a_value_is_a_copy_in_and_out(void **state)
{
    IWbemContext *context = new_context();
    VARIANT value = {0}, back = {0}, again = {0};
    V_VT(&value) = VT_BSTR;
    V_BSTR(&value) = SysAllocString(u"text");
    set(context, "Text", value);
    V_BSTR(&value)[0] = u'T';
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_GetValue(context, u"Text", 0, &back));
    assert_string_equal("text", U(V_BSTR(&back)));
    V_BSTR(&back)[0] = u'B';
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_GetValue(context, u"Text", 0, &again));
    assert_string_equal("text", U(V_BSTR(&again)));
    VariantClear(&value);
    VariantClear(&back);
    VariantClear(&again);
    IWbemContext_Release(context);
}

static void an_object_in_a_context_lives_as_long_as_it_is_there(void **state)
{
    IWbemContext *context = new_context(), *inner = new_context();
    VARIANT value = {0};
    V_VT(&value) = VT_UNKNOWN;
    V_UNKNOWN(&value) = (IUnknown *)inner;
    set(context, "Object", value);
    assert_int_equal(1, IWbemContext_Release(inner));
    IWbemContext_AddRef(inner);
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_DeleteAll(context));
    assert_int_equal(0, IWbemContext_Release(inner));
    IWbemContext_Release(context);
}

static void values_are_taken_away_again(void **state)
{
    TRI_PROVES_METHOD(IWbemContext, DeleteValue, real);
    TRI_PROVES_METHOD(IWbemContext, DeleteAll, real);
    IWbemContext *context = new_context();
    set(context, "A", number(1));
    set(context, "B", number(2));
    set(context, "C", number(3));
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_DeleteValue(context, u"b", 0));
    assert_string_equal("A C", names_of(context));
    assert_hr(WBEM_E_NOT_FOUND, IWbemContext_DeleteValue(context, u"b", 0));
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_DeleteAll(context));
    assert_string_equal("", names_of(context));
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_DeleteAll(context));
    IWbemContext_Release(context);
}

static void nonsense_is_refused_and_changes_nothing(void **state)
{
    IWbemContext *context = new_context(), *copy = NULL;
    static WCHAR endless[WBEM_MAX_IDENTIFIER + 2];
    VARIANT value = number(1), bad = number(1);
    SAFEARRAY *names = NULL;
    for (size_t i = 0; i <= WBEM_MAX_IDENTIFIER; i++)
        endless[i] = u'x';
    V_VT(&bad) = 0x7000;
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemContext_SetValue(context, NULL, 0, &value));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemContext_SetValue(context, u"A", 0, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemContext_SetValue(context, u"A", 1, &value));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemContext_SetValue(context, u"A", 0, &bad));
    assert_hr(WBEM_E_QUOTA_VIOLATION, IWbemContext_SetValue(context, endless, 0, &value));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemContext_GetValue(context, NULL, 0, &value));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemContext_GetValue(context, u"A", 0, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemContext_GetValue(context, u"A", 1, &value));
    assert_hr(WBEM_E_NOT_FOUND, IWbemContext_GetValue(context, u"A", 0, &value));
    assert_int_equal(1, V_I4(&value));
    assert_hr(WBEM_E_NOT_FOUND, IWbemContext_GetValue(context, endless, 0, &value));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemContext_DeleteValue(context, NULL, 0));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemContext_DeleteValue(context, u"A", 1));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemContext_GetNames(context, 1, &names));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemContext_GetNames(context, 0, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemContext_BeginEnumeration(context, 1));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemContext_Clone(context, NULL));
    assert_string_not_equal("", why());
    assert_string_equal("", names_of(context));
    assert_null(copy);
    IWbemContext_Release(context);
}

/* ---- walking ---- */

static void values_are_met_in_the_order_in_which_they_were_set(void **state)
{
    TRI_PROVES_METHOD(IWbemContext, BeginEnumeration, real);
    TRI_PROVES_METHOD(IWbemContext, Next, real);
    TRI_PROVES_METHOD(IWbemContext, EndEnumeration, real);
    IWbemContext *context = new_context();
    VARIANT value = {0};
    BSTR name = NULL;
    set(context, "C", number(3));
    set(context, "A", number(1));
    set(context, "B", number(2));
    assert_hr(WBEM_E_UNEXPECTED, IWbemContext_Next(context, 0, &name, &value));
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_BeginEnumeration(context, 0));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemContext_Next(context, 1, &name, &value));
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_Next(context, 0, &name, &value));
    assert_string_equal("C", take_bstr(name));
    assert_int_equal(3, V_I4(&value));
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_Next(context, 0, NULL, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_DeleteValue(context, u"C", 0));
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_Next(context, 0, &name, &value));
    assert_string_equal("B", take_bstr(name));
    assert_hr(WBEM_S_NO_MORE_DATA, IWbemContext_Next(context, 0, &name, &value));
    assert_null(name);
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_BeginEnumeration(context, 0));
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_EndEnumeration(context));
    assert_hr(WBEM_E_UNEXPECTED, IWbemContext_Next(context, 0, &name, &value));
    IWbemContext_Release(context);
}

static void a_clone_shares_nothing(void **state)
{
    TRI_PROVES_METHOD(IWbemContext, Clone, real);
    IWbemContext *context = new_context(), *copy = NULL;
    set(context, "A", number(1));
    assert_hr(WBEM_S_NO_ERROR, IWbemContext_Clone(context, &copy));
    set(context, "A", number(2));
    set(context, "B", number(3));
    assert_string_equal("A", names_of(copy));
    assert_int_equal(1, number_in(copy, "A"));
    IWbemContext_Release(context);
    assert_int_equal(1, number_in(copy, "A"));
    assert_int_equal(0, IWbemContext_Release(copy));
}

static void a_context_is_itself_whatever_it_is_asked_for(void **state)
{
    TRI_PROVES_METHOD(IWbemContext, QueryInterface, real);
    TRI_PROVES_METHOD(IWbemContext, AddRef, real);
    TRI_PROVES_METHOD(IWbemContext, Release, real);
    IWbemContext *context = new_context(), *again = QUERY(context, IWbemContext);
    void *other = (void *)1;
    assert_ptr_equal(context, again);
    assert_hr(E_NOINTERFACE, IWbemContext_QueryInterface(context, &IID_IWbemServices, &other));
    assert_null(other);
    IWbemContext_Release(again);
    assert_int_equal(0, IWbemContext_Release(context));
}

/* ---- what calls make of it ---- */

static HRESULT get_with(IWbemContext *context)
{
    IWbemClassObject *object = NULL;
    HRESULT hr = IWbemServices_GetObject(services, B("T_Context.Id=1"), 0, context, &object, NULL);
    LET_GO(object);
    return hr;
}

static VARIANT list(const char *name)
{
    VARIANT value = {0};
    LONG index = 0;
    V_VT(&value) = VT_ARRAY | VT_BSTR;
    V_ARRAY(&value) = SafeArrayCreateVector(VT_BSTR, 0, 1);
    assert_hr(S_OK, SafeArrayPutElement(V_ARRAY(&value), &index, B("%s", name)));
    return value;
}

static void calls_refuse_contexts_that_say_one_thing_and_give_another(void **state)
{
    static const char *const truths[] = {"__GET_EXTENSIONS", "__GET_EXT_KEYS_ONLY", "__PUT_EXTENSIONS",
                                         "__PUT_EXT_STRICT_NULLS", "__PUT_EXT_ATOMIC"};
    IWbemContext *context = new_context();
    VARIANT names = list("Name");
    make_thing_class("T_Context");
    store_thing("T_Context", 1, "one");
    assert_hr(WBEM_S_NO_ERROR, get_with(context));
    set(context, "__ProviderArchitecture", number(64));
    set(context, "Unknown", number(64));
    assert_hr(WBEM_S_NO_ERROR, get_with(context));
    set(context, "__GET_EXTENSIONS", truth(true));
    assert_hr(WBEM_E_INVALID_CONTEXT, get_with(context));
    set(context, "__GET_EXT_PROPERTIES", names);
    assert_hr(WBEM_S_NO_ERROR, get_with(context));
    set(context, "__PUT_EXTENSIONS", truth(true));
    assert_hr(WBEM_E_INVALID_CONTEXT, get_with(context));
    set(context, "__PUT_EXT_PROPERTIES", names);
    assert_hr(WBEM_S_NO_ERROR, get_with(context));
    for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++) {
        set(context, truths[i], number(1));
        assert_hr(WBEM_E_INVALID_CONTEXT, get_with(context));
        set(context, truths[i], truth(true));
    }
    set(context, "__GET_EXT_PROPERTIES", number(1));
    assert_hr(WBEM_E_INVALID_CONTEXT, get_with(context));
    set(context, "__GET_EXT_PROPERTIES", names);
    assert_hr(WBEM_S_NO_ERROR, get_with(context));
    set(context, "__TRI_TIMEOUT_MS", number(-1));
    assert_hr(WBEM_E_INVALID_CONTEXT, get_with(context));
    set(context, "__TRI_TIMEOUT_MS", truth(true));
    assert_hr(WBEM_E_INVALID_CONTEXT, get_with(context));
    set(context, "__TRI_TIMEOUT_MS", number(30000));
    assert_hr(WBEM_S_NO_ERROR, get_with(context));
    VariantClear(&names);
    IWbemContext_Release(context);
}

static void a_put_may_be_of_some_properties_only(void **state)
{
    IWbemContext *context = new_context();
    IWbemClassObject *object = NULL;
    VARIANT names = list("Name");
    IWbemClassObject *cls = thing_class_draft("T_Part");
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(cls, u"Other", 0, NULL, CIM_STRING));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutClass(services, cls, 0, NULL, NULL));
    IWbemClassObject_Release(cls);
    object = new_thing("T_Part", 1, "one");
    put_text(object, "Other", "first");
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutInstance(services, object, 0, NULL, NULL));
    put_text(object, "Name", "two");
    put_text(object, "Other", "second");
    set(context, "__PUT_EXTENSIONS", truth(true));
    set(context, "__PUT_EXT_PROPERTIES", names);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutInstance(services, object, 0, context, NULL));
    LET_GO(object);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("T_Part.Id=1"), 0, NULL, &object, NULL));
    assert_string_equal("two", get_text(object, "Name"));
    assert_string_equal("first", get_text(object, "Other"));
    VariantClear(&names);
    IWbemClassObject_Release(object);
    IWbemContext_Release(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_kept_by_name_without_case),
        cmocka_unit_test(a_value_is_a_copy_in_and_out),
        cmocka_unit_test(an_object_in_a_context_lives_as_long_as_it_is_there),
        cmocka_unit_test(values_are_taken_away_again),
        cmocka_unit_test(nonsense_is_refused_and_changes_nothing),
        cmocka_unit_test(values_are_met_in_the_order_in_which_they_were_set),
        cmocka_unit_test(a_clone_shares_nothing),
        cmocka_unit_test(a_context_is_itself_whatever_it_is_asked_for),
        cmocka_unit_test(calls_refuse_contexts_that_say_one_thing_and_give_another),
        cmocka_unit_test(a_put_may_be_of_some_properties_only),
    };
    return cmocka_run_group_tests(tests, set_up_wmi, tear_down_wmi);
}
