/* IWbemServices, called synchronously: namespaces, classes, instances, queries and methods; what fails, and how. */
#include "wmi-face.h"

static HRESULT get(IWbemServices *of, const char *path, IWbemClassObject **ret)
{
    *ret = (IWbemClassObject *)1;
    return IWbemServices_GetObject(of, path ? B("%s", path) : NULL, 0, NULL, ret, NULL);
}

static void get_fails(const char *path, HRESULT hr)
{
    IWbemClassObject *object;
    assert_hr(hr, get(services, path, &object));
    assert_null(object);
    assert_string_not_equal("", why());
}

/* ---- namespaces ---- */

static void a_namespace_below_is_opened(void **state)
{
    IWbemServices *root = connect_to("root"), *opened = NULL;
    IWbemClassObject *object;
    TRI_PROVES_METHOD(IWbemServices, OpenNamespace, real);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_OpenNamespace(root, B("CIMV2"), 0, NULL, &opened, NULL));
    assert_hr(WBEM_S_NO_ERROR, get(opened, "T_Thing", &object));
    assert_int_equal(0, strcasecmp("root\\cimv2", get_text(object, "__NAMESPACE")));
    IWbemClassObject_Release(object);
    assert_int_equal(0, IWbemServices_Release(opened));
    IWbemServices_Release(root);
}

static void a_namespace_that_is_not_there_cannot_be_opened(void **state)
{
    IWbemServices *opened = (IWbemServices *)1;
    assert_hr(WBEM_E_INVALID_NAMESPACE, IWbemServices_OpenNamespace(services, B("none"), 0, NULL, &opened, NULL));
    assert_null(opened);
    opened = (IWbemServices *)1;
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemServices_OpenNamespace(services, NULL, 0, NULL, &opened, NULL));
    assert_null(opened);
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemServices_OpenNamespace(services, B("none"), 0, NULL, NULL, NULL));
}

static void opening_a_namespace_takes_no_context(void **state)
{
    IWbemContext *context = NULL;
    IWbemServices *root = connect_to("root"), *opened = (IWbemServices *)1;
    assert_hr(S_OK,
              CoCreateInstance(&CLSID_WbemContext, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemContext, (void **)&context));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemServices_OpenNamespace(root, B("cimv2"), 0, context, &opened, NULL));
    assert_null(opened);
    IWbemContext_Release(context);
    IWbemServices_Release(root);
}

static void a_namespace_can_be_made_used_and_deleted(void **state)
{
    IWbemServices *root = connect_to("root"), *opened = NULL;
    IWbemClassObject *cls = NULL, *instance = NULL;
    assert_hr(WBEM_S_NO_ERROR, get(root, "__Namespace", &cls));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnInstance(cls, 0, &instance));
    put_text(instance, "Name", "t_made");
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutInstance(root, instance, WBEM_FLAG_CREATE_ONLY, NULL, NULL));
    assert_hr(WBEM_E_ALREADY_EXISTS, IWbemServices_PutInstance(root, instance, WBEM_FLAG_CREATE_ONLY, NULL, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_OpenNamespace(root, B("t_made"), 0, NULL, &opened, NULL));
    IWbemServices_Release(opened);
    opened = connect_to("root\\t_made");
    IWbemServices_Release(opened);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_DeleteInstance(root, B("__Namespace.Name=\"t_made\""), 0, NULL, NULL));
    assert_hr(WBEM_E_INVALID_NAMESPACE, IWbemServices_OpenNamespace(root, B("t_made"), 0, NULL, &opened, NULL));
    IWbemClassObject_Release(instance);
    IWbemClassObject_Release(cls);
    IWbemServices_Release(root);
}

/* ---- a connection whose namespace was deleted ---- */

/* A namespace with T_Thing.Id=1 in it, and a connection to it. */
static IWbemServices *make_namespace(IWbemServices *root, const char *name)
{
    char path[64];
    IWbemServices *made = NULL;
    IWbemClassObject *cls = NULL, *instance = NULL, *thing = NULL;
    snprintf(path, sizeof(path), "root\\%s", name);
    assert_hr(WBEM_S_NO_ERROR, get(root, "__Namespace", &cls));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnInstance(cls, 0, &instance));
    put_text(instance, "Name", name);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutInstance(root, instance, WBEM_FLAG_CREATE_ONLY, NULL, NULL));
    made = connect_to(path);
    thing = thing_class_draft("T_Thing");
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutClass(made, thing, 0, NULL, NULL));
    LET_GO(thing);
    thing = new_thing("T_Thing", 1, "one");
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutInstance(made, thing, 0, NULL, NULL));
    IWbemClassObject_Release(thing);
    IWbemClassObject_Release(instance);
    IWbemClassObject_Release(cls);
    return made;
}

static void delete_namespace(IWbemServices *root, const char *name)
{
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_DeleteInstance(root, B("__Namespace.Name=\"%s\"", name), 0, NULL, NULL));
}

static void objects_are_not_found(IWbemServices *gone)
{
    IWbemClassObject *object;
    IWbemServices *below = (IWbemServices *)1;
    assert_hr(WBEM_E_INVALID_NAMESPACE, IWbemServices_OpenNamespace(gone, B("below"), 0, NULL, &below, NULL));
    assert_hr(WBEM_E_INVALID_NAMESPACE, get(gone, NULL, &object));
    assert_hr(WBEM_E_INVALID_NAMESPACE, get(gone, "__Namespace", &object));
    assert_hr(WBEM_E_INVALID_NAMESPACE, get(gone, "T_Thing", &object));
    assert_hr(WBEM_E_INVALID_NAMESPACE, get(gone, "T_Thing.Id=1", &object));
    assert_null(object);
    assert_non_null(strstr(why(), "deleted"));
    assert_hr(WBEM_E_INVALID_NAMESPACE,
              IWbemServices_ExecMethod(gone, B("T_Thing.Id=1"), B("M"), 0, NULL, NULL, &object, NULL));
}

static void nothing_is_changed(IWbemServices *gone)
{
    IWbemClassObject *cls = thing_class_draft("T_Other"), *thing = new_thing("T_Thing", 7, "seven");
    IWbemObjectSink *sink = (IWbemObjectSink *)1;
    assert_hr(WBEM_E_INVALID_NAMESPACE, IWbemServices_PutClass(gone, cls, 0, NULL, NULL));
    assert_hr(WBEM_E_INVALID_NAMESPACE, IWbemServices_DeleteClass(gone, B("T_Thing"), 0, NULL, NULL));
    assert_hr(WBEM_E_INVALID_NAMESPACE, IWbemServices_PutInstance(gone, thing, 0, NULL, NULL));
    assert_hr(WBEM_E_INVALID_NAMESPACE, IWbemServices_DeleteInstance(gone, B("T_Thing.Id=1"), 0, NULL, NULL));
    assert_hr(WBEM_E_INVALID_NAMESPACE, IWbemServices_QueryObjectSink(gone, 0, &sink));
    assert_null(sink);
    IWbemClassObject_Release(thing);
    IWbemClassObject_Release(cls);
}

static void there_are_no_rows(IWbemServices *gone)
{
    static const char *const queries[] = {"SELECT * FROM T_Thing", "SELECT * FROM __Namespace",
                                          "SELECT * FROM meta_class", "ASSOCIATORS OF {T_Thing.Id=1}"};
    IEnumWbemClassObject *rows;
    assert_hr(WBEM_E_INVALID_NAMESPACE, IWbemServices_CreateClassEnum(gone, NULL, 0, NULL, &rows));
    assert_hr(WBEM_E_INVALID_NAMESPACE, IWbemServices_CreateClassEnum(gone, B("T_Thing"), 0, NULL, &rows));
    assert_hr(WBEM_E_INVALID_NAMESPACE, IWbemServices_CreateInstanceEnum(gone, B("T_Thing"), 0, NULL, &rows));
    assert_hr(WBEM_E_INVALID_NAMESPACE, IWbemServices_CreateInstanceEnum(gone, B("__Namespace"), 0, NULL, &rows));
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        assert_hr(WBEM_E_INVALID_NAMESPACE,
                  IWbemServices_ExecQuery(gone, B("WQL"), B("%s", queries[i]), 0, NULL, &rows));
    assert_hr(WBEM_E_INVALID_NAMESPACE,
              IWbemServices_ExecNotificationQuery(gone, B("WQL"), B("SELECT * FROM __NamespaceCreationEvent"),
                                                  WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY, NULL, &rows));
    assert_null(rows);
}

static void a_connection_whose_namespace_was_deleted_says_so(void **state)
{
    IWbemServices *root = connect_to("root"), *gone = make_namespace(root, "t_gone"), *again;
    delete_namespace(root, "t_gone");
    objects_are_not_found(gone);
    nothing_is_changed(gone);
    there_are_no_rows(gone);
    again = make_namespace(root, "t_gone"); /* another one of that name */
    objects_are_not_found(gone);
    delete_namespace(root, "t_gone");
    IWbemServices_Release(again);
    IWbemServices_Release(gone);
    IWbemServices_Release(root);
}

static void calls_that_go_on_say_so_too(void **state)
{
    const LONG flags = WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY;
    IWbemServices *root = connect_to("root"), *gone = make_namespace(root, "t_gone");
    IEnumWbemClassObject *events = NULL, *rows = NULL;
    IWbemCallResult *result = NULL;
    IWbemClassObject *object = NULL;
    ULONG count;
    LONG status = 0;
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_ExecNotificationQuery(
                                   gone, B("WQL"), B("SELECT * FROM __NamespaceOperationEvent"), flags, NULL, &events));
    delete_namespace(root, "t_gone");
    assert_hr(WBEM_E_INVALID_NAMESPACE, IEnumWbemClassObject_Next(events, 30000, 1, &object, &count));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_CreateClassEnum(gone, NULL, flags, NULL, &rows));
    assert_hr(WBEM_E_INVALID_NAMESPACE, IEnumWbemClassObject_Next(rows, 30000, 1, &object, &count));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(gone, NULL, WBEM_FLAG_RETURN_IMMEDIATELY, NULL, NULL, &result));
    assert_hr(WBEM_S_NO_ERROR, IWbemCallResult_GetCallStatus(result, 30000, &status));
    assert_hr(WBEM_E_INVALID_NAMESPACE, status);
    IWbemCallResult_Release(result);
    IEnumWbemClassObject_Release(rows);
    IEnumWbemClassObject_Release(events);
    IWbemServices_Release(gone);
    IWbemServices_Release(root);
}

/* ---- GetObject ---- */

static void a_class_and_an_instance_are_found_by_path(void **state)
{
    static const char *const paths[] = {
        "T_Thing.Id=1", "t_thing.id=1", "T_Thing=1", "root\\cimv2:T_Thing.Id=1", "\\\\.\\root\\cimv2:T_Thing.Id=1",
    };
    IWbemClassObject *object;
    TRI_PROVES_METHOD(IWbemServices, GetObject, real);
    assert_hr(WBEM_S_NO_ERROR, get(services, "t_thing", &object));
    assert_string_equal("T_Thing", get_text(object, "__CLASS"));
    assert_int_equal(WBEM_GENUS_CLASS, get_number(object, "__GENUS"));
    IWbemClassObject_Release(object);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_hr(WBEM_S_NO_ERROR, get(services, paths[i], &object));
        assert_int_equal(WBEM_GENUS_INSTANCE, get_number(object, "__GENUS"));
        assert_string_equal("one", get_text(object, "Name"));
        assert_int_equal(0, IWbemClassObject_Release(object));
    }
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("T_Thing"), 0, NULL, NULL, NULL));
}

static void no_path_gives_a_blank_class(void **state)
{
    IWbemClassObject *object;
    assert_hr(WBEM_S_NO_ERROR, get(services, NULL, &object));
    assert_string_equal("NULL", get_text(object, "__CLASS"));
    IWbemClassObject_Release(object);
    assert_hr(WBEM_S_NO_ERROR, get(services, "", &object));
    IWbemClassObject_Release(object);
}

static void a_path_that_leads_nowhere_says_how_far_it_led(void **state)
{
    get_fails("T_None", WBEM_E_NOT_FOUND);
    get_fails("T_Thing.Id=999", WBEM_E_NOT_FOUND);
    get_fails("T_None.Id=1", WBEM_E_INVALID_CLASS);
    get_fails("T_Thing.Id = 1", WBEM_E_INVALID_OBJECT_PATH);
    get_fails("T_Thing.Id=", WBEM_E_INVALID_OBJECT_PATH);
    get_fails("root\\none:T_Thing.Id=1", WBEM_E_INVALID_NAMESPACE);
    get_fails("\\\\elsewhere.example\\root\\cimv2:T_Thing.Id=1", (HRESULT)0x800706ba);
}

static void the_error_object_says_what_was_asked(void **state)
{
    IWbemClassObject *object;
    IErrorInfo *info = NULL;
    assert_hr(WBEM_E_NOT_FOUND, get(services, "T_Thing.Id=999", &object));
    assert_hr(S_OK, GetErrorInfo(0, &info));
    IWbemClassObject *status = QUERY(info, IWbemClassObject);
    assert_string_equal("GetObject", get_text(status, "Operation"));
    assert_string_equal("T_Thing.Id=999", get_text(status, "ParameterInfo"));
    assert_int_equal(WBEM_E_NOT_FOUND, get_number(status, "StatusCode"));
    IWbemClassObject_Release(status);
    IErrorInfo_Release(info);
}

static void an_endless_text_is_refused(void **state)
{
    IWbemClassObject *object = (IWbemClassObject *)1;
    IEnumWbemClassObject *rows = (IEnumWbemClassObject *)1;
    BSTR text = SysAllocStringLen(NULL, 2000000);
    for (size_t i = 0; i < 2000000; i++)
        text[i] = u'a';
    assert_hr(WBEM_E_QUOTA_VIOLATION, IWbemServices_GetObject(services, text, 0, NULL, &object, NULL));
    assert_null(object);
    assert_hr(WBEM_E_QUOTA_VIOLATION, IWbemServices_ExecQuery(services, B("WQL"), text, 0, NULL, &rows));
    assert_null(rows);
    SysFreeString(text);
}

/* Texts beyond ASCII, and those that do not fit on the way's short cut. */
static void texts_of_every_kind_arrive(void **state)
{
    static const char umlaut[] = "Gr\xc3\xb6\xc3\x9f"
                                 "e \xf0\x9f\x9a\xa2"; /* ö, ß, and a ship beyond the BMP */
    char query[1600];
    IWbemClassObject *object;
    store_thing("T_Thing", 20, umlaut);
    snprintf(query, sizeof(query), "SELECT * FROM T_Thing WHERE Name = \"%s\"", umlaut);
    IEnumWbemClassObject *rows = exec_query(0, query);
    object = next_object(rows);
    assert_non_null(object);
    assert_int_equal(20, get_number(object, "Id"));
    assert_string_equal(umlaut, get_text(object, "Name"));
    LET_GO(object);
    assert_null(next_object(rows));
    IEnumWbemClassObject_Release(rows);
    for (size_t length = 380; length < 420; length++) {
        snprintf(query, sizeof(query), "SELECT * FROM T_Thing WHERE Id = 20%*s", (int)(length - 33), "");
        rows = exec_query(0, query);
        assert_int_equal(1, count_objects(rows));
        IEnumWbemClassObject_Release(rows);
    }
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_DeleteInstance(services, B("T_Thing.Id=20"), 0, NULL, NULL));
}

/* ---- classes ---- */

static void a_class_is_stored_and_deleted(void **state)
{
    IWbemClassObject *draft = thing_class_draft("T_New"), *object;
    TRI_PROVES_METHOD(IWbemServices, PutClass, real);
    TRI_PROVES_METHOD(IWbemServices, DeleteClass, real);
    assert_hr(WBEM_E_NOT_FOUND, IWbemServices_PutClass(services, draft, WBEM_FLAG_UPDATE_ONLY, NULL, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutClass(services, draft, WBEM_FLAG_CREATE_ONLY, NULL, NULL));
    assert_hr(WBEM_E_ALREADY_EXISTS, IWbemServices_PutClass(services, draft, WBEM_FLAG_CREATE_ONLY, NULL, NULL));
    assert_hr(WBEM_S_NO_ERROR, get(services, "T_New", &object));
    IWbemClassObject_Release(object);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_DeleteClass(services, B("t_new"), 0, NULL, NULL));
    assert_hr(WBEM_E_NOT_FOUND, IWbemServices_DeleteClass(services, B("T_New"), 0, NULL, NULL));
    get_fails("T_New", WBEM_E_NOT_FOUND);
    IWbemClassObject_Release(draft);
}

static void only_classes_are_put_as_classes(void **state)
{
    IWbemClassObject *thing = new_thing("T_Thing", 1, "one"), *cls;
    assert_hr(WBEM_E_INVALID_CLASS, IWbemServices_PutClass(services, thing, 0, NULL, NULL));
    assert_hr(WBEM_S_NO_ERROR, get(services, "T_Thing", &cls));
    assert_hr(WBEM_E_INVALID_OBJECT, IWbemServices_PutInstance(services, cls, 0, NULL, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemServices_PutClass(services, NULL, 0, NULL, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemServices_PutInstance(services, NULL, 0, NULL, NULL));
    IWbemClassObject_Release(thing);
    IWbemClassObject_Release(cls);
}

/* An object that somebody else made. */
static HRESULT STDMETHODCALLTYPE foreign_QueryInterface(IWbemClassObject *This, REFIID iid, void **ret)
{
    *ret = This;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE foreign_count(IWbemClassObject *This)
{
    return 1;
}

static void a_foreign_object_is_refused(void **state)
{
    static const IWbemClassObjectVtbl vtbl = {
        .QueryInterface = foreign_QueryInterface, .AddRef = foreign_count, .Release = foreign_count};
    IWbemClassObject foreign = {.lpVtbl = (IWbemClassObjectVtbl *)&vtbl};
    IWbemCallResult *result = (IWbemCallResult *)1;
    assert_hr(WBEM_E_INVALID_OBJECT, IWbemServices_PutInstance(services, &foreign, 0, NULL, NULL));
    assert_hr(WBEM_E_INVALID_OBJECT,
              IWbemServices_PutClass(services, &foreign, WBEM_FLAG_RETURN_IMMEDIATELY, NULL, &result));
    assert_null(result);
}

static unsigned class_count(const char *superclass, LONG flags)
{
    IEnumWbemClassObject *rows = NULL;
    assert_hr(WBEM_S_NO_ERROR,
              IWbemServices_CreateClassEnum(services, superclass ? B("%s", superclass) : NULL, flags, NULL, &rows));
    unsigned count = count_objects(rows);
    IEnumWbemClassObject_Release(rows);
    return count;
}

static void derive(const char *parent, const char *name)
{
    IWbemClassObject *cls, *draft = NULL;
    assert_hr(WBEM_S_NO_ERROR, get(services, parent, &cls));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnDerivedClass(cls, 0, &draft));
    put_text(draft, "__CLASS", name);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutClass(services, draft, 0, NULL, NULL));
    IWbemClassObject_Release(draft);
    IWbemClassObject_Release(cls);
}

static void classes_are_enumerated_deep_and_shallow(void **state)
{
    IEnumWbemClassObject *rows = (IEnumWbemClassObject *)1;
    TRI_PROVES_METHOD(IWbemServices, CreateClassEnum, real);
    make_thing_class("T_A");
    derive("T_A", "T_B");
    derive("T_B", "T_C");
    derive("T_A", "T_D");
    assert_int_equal(3, class_count("T_A", WBEM_FLAG_DEEP));
    assert_int_equal(2, class_count("T_A", WBEM_FLAG_SHALLOW));
    assert_int_equal(0, class_count("T_C", WBEM_FLAG_DEEP));
    assert_int_equal(class_count(NULL, 0), class_count("", 0));
    assert_true(class_count(NULL, WBEM_FLAG_SHALLOW) < class_count(NULL, WBEM_FLAG_DEEP));
    assert_hr(WBEM_E_INVALID_CLASS, IWbemServices_CreateClassEnum(services, B("T_None"), 0, NULL, &rows));
    assert_null(rows);
    remove_class("T_A"); /* and all below it */
    get_fails("T_C", WBEM_E_NOT_FOUND);
}

/* ---- instances ---- */

static void an_instance_is_stored_changed_and_deleted(void **state)
{
    IWbemClassObject *thing = new_thing("T_Thing", 30, "thirty"), *object;
    TRI_PROVES_METHOD(IWbemServices, PutInstance, real);
    TRI_PROVES_METHOD(IWbemServices, DeleteInstance, real);
    assert_hr(WBEM_E_NOT_FOUND, IWbemServices_PutInstance(services, thing, WBEM_FLAG_UPDATE_ONLY, NULL, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutInstance(services, thing, WBEM_FLAG_CREATE_ONLY, NULL, NULL));
    assert_hr(WBEM_E_ALREADY_EXISTS, IWbemServices_PutInstance(services, thing, WBEM_FLAG_CREATE_ONLY, NULL, NULL));
    put_text(thing, "Name", "changed");
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutInstance(services, thing, WBEM_FLAG_UPDATE_ONLY, NULL, NULL));
    assert_hr(WBEM_S_NO_ERROR, get(services, "T_Thing.Id=30", &object));
    assert_string_equal("changed", get_text(object, "Name"));
    IWbemClassObject_Release(object);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_DeleteInstance(services, B("T_Thing.Id=30"), 0, NULL, NULL));
    assert_hr(WBEM_E_NOT_FOUND, IWbemServices_DeleteInstance(services, B("T_Thing.Id=30"), 0, NULL, NULL));
    assert_hr(WBEM_E_INVALID_CLASS, IWbemServices_DeleteInstance(services, B("T_None.Id=30"), 0, NULL, NULL));
    assert_hr(WBEM_E_INVALID_OBJECT_PATH, IWbemServices_DeleteInstance(services, B("T Thing"), 0, NULL, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemServices_DeleteInstance(services, NULL, 0, NULL, NULL));
    IWbemClassObject_Release(thing);
}

/* Only the properties that the context names are changed. */
static void a_partial_put_changes_what_it_names(void **state)
{
    IWbemContext *context = NULL;
    IWbemClassObject *thing = new_thing("T_Pair", 1, "after"), *object;
    VARIANT value;
    put_text(thing, "Other", "after");
    assert_hr(S_OK,
              CoCreateInstance(&CLSID_WbemContext, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemContext, (void **)&context));
    V_VT(&value) = VT_BOOL;
    V_BOOL(&value) = VARIANT_TRUE;
    assert_hr(S_OK, IWbemContext_SetValue(context, B("__PUT_EXTENSIONS"), 0, &value));
    V_VT(&value) = VT_ARRAY | VT_BSTR;
    V_ARRAY(&value) = SafeArrayCreateVector(VT_BSTR, 0, 1);
    assert_hr(S_OK, SafeArrayPutElement(V_ARRAY(&value), &(LONG){0}, B("Name")));
    assert_hr(S_OK, IWbemContext_SetValue(context, B("__PUT_EXT_PROPERTIES"), 0, &value));
    VariantClear(&value);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutInstance(services, thing, 0, context, NULL));
    assert_hr(WBEM_S_NO_ERROR, get(services, "T_Pair.Id=1", &object));
    assert_string_equal("after", get_text(object, "Name"));
    assert_string_equal("before", get_text(object, "Other"));
    IWbemClassObject_Release(object);
    V_VT(&value) = VT_I4;
    V_I4(&value) = 5;
    assert_hr(S_OK, IWbemContext_SetValue(context, B("__PUT_EXT_PROPERTIES"), 0, &value));
    assert_hr(WBEM_E_INVALID_CONTEXT, IWbemServices_PutInstance(services, thing, 0, context, NULL));
    IWbemContext_Release(context);
    IWbemClassObject_Release(thing);
}

static unsigned instance_count(const char *class_name, LONG flags)
{
    IEnumWbemClassObject *rows = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_CreateInstanceEnum(services, B("%s", class_name), flags, NULL, &rows));
    unsigned count = count_objects(rows);
    IEnumWbemClassObject_Release(rows);
    return count;
}

static void instances_are_enumerated_deep_and_shallow(void **state)
{
    IEnumWbemClassObject *rows = (IEnumWbemClassObject *)1;
    TRI_PROVES_METHOD(IWbemServices, CreateInstanceEnum, real);
    make_thing_class("T_A");
    derive("T_A", "T_B");
    store_thing("T_A", 1, "one");
    store_thing("T_B", 2, "two");
    assert_int_equal(2, instance_count("T_A", WBEM_FLAG_DEEP));
    assert_int_equal(1, instance_count("T_A", WBEM_FLAG_SHALLOW));
    assert_int_equal(1, instance_count("T_A", WBEM_FLAG_DIRECT_READ));
    assert_int_equal(1, instance_count("T_B", WBEM_FLAG_DEEP));
    remove_class("T_A");
    assert_hr(WBEM_E_INVALID_CLASS, IWbemServices_CreateInstanceEnum(services, B("T_A"), 0, NULL, &rows));
    assert_null(rows);
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemServices_CreateInstanceEnum(services, NULL, 0, NULL, &rows));
}

/* ---- queries ---- */

static HRESULT query(const char *language, const char *text, LONG flags)
{
    IEnumWbemClassObject *rows = (IEnumWbemClassObject *)1;
    HRESULT hr = IWbemServices_ExecQuery(services, language ? B("%s", language) : NULL, text ? B("%s", text) : NULL,
                                         flags, NULL, &rows);
    if (hr == WBEM_S_NO_ERROR)
        IEnumWbemClassObject_Release(rows);
    else
        assert_null(rows);
    return hr;
}

static void a_query_finds_its_rows(void **state)
{
    TRI_PROVES_METHOD(IWbemServices, ExecQuery, real);
    IEnumWbemClassObject *rows = exec_query(0, "SELECT Name FROM T_Thing WHERE Id = 1");
    IWbemClassObject *row = next_object(rows);
    VARIANT value;
    assert_string_equal("one", get_text(row, "Name"));
    assert_string_equal("NULL", get_text(row, "__PATH"));
    assert_hr(WBEM_E_NOT_FOUND, IWbemClassObject_Get(row, B("Nothing"), 0, &value, NULL, NULL));
    LET_GO(row);
    assert_null(next_object(rows));
    IEnumWbemClassObject_Release(rows);
    rows = exec_query(WBEM_FLAG_ENSURE_LOCATABLE, "SELECT Name FROM T_Thing WHERE Id = 1");
    row = next_object(rows);
    assert_string_equal("T_Thing.Id=1", get_text(row, "__RELPATH"));
    LET_GO(row);
    IEnumWbemClassObject_Release(rows);
}

static void a_query_that_cannot_be_read_fails_at_once(void **state)
{
    const LONG later = WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY;
    for (int i = 0; i < 2; i++) {
        LONG flags = i ? later : 0;
        assert_hr(WBEM_S_NO_ERROR, query("wql", "SELECT * FROM T_Thing", flags));
        assert_hr(WBEM_E_INVALID_QUERY, query("WQL", "SELECT", flags));
        assert_hr(WBEM_E_INVALID_QUERY, query("WQL", "SELECT * FROM T_Thing WHERE", flags));
        assert_hr(WBEM_E_INVALID_QUERY_TYPE, query("SQL", "SELECT * FROM T_Thing", flags));
        assert_hr(WBEM_E_INVALID_QUERY_TYPE, query("WQ", "SELECT * FROM T_Thing", flags));
        assert_hr(WBEM_E_INVALID_QUERY_TYPE, query("WQLX", "SELECT * FROM T_Thing", flags));
        assert_hr(WBEM_E_INVALID_PARAMETER, query("SQL", NULL, flags));
        assert_hr(WBEM_E_INVALID_PARAMETER, query("WQL", NULL, flags));
        assert_hr(WBEM_E_INVALID_PARAMETER, query("WQL", "", flags));
        assert_hr(WBEM_E_INVALID_PARAMETER, query(NULL, "SELECT * FROM T_Thing", flags));
        assert_string_not_equal("", why());
    }
}

static void an_unknown_class_fails_at_once_where_the_call_is_synchronous(void **state)
{
    assert_hr(WBEM_E_INVALID_CLASS, query("WQL", "SELECT * FROM T_None", 0));
    assert_hr(WBEM_E_INVALID_CLASS, query("WQL", "SELECT * FROM T_None", WBEM_FLAG_FORWARD_ONLY));
    assert_hr(WBEM_S_NO_ERROR, query("WQL", "SELECT * FROM T_None", WBEM_FLAG_RETURN_IMMEDIATELY));
}

static void a_prototype_is_an_empty_object_of_what_rows_would_be(void **state)
{
    IEnumWbemClassObject *rows = exec_query(WBEM_FLAG_PROTOTYPE, "SELECT Name FROM T_Thing");
    IWbemClassObject *row = next_object(rows);
    assert_non_null(row);
    assert_string_equal("T_Thing", get_text(row, "__CLASS"));
    LET_GO(row);
    assert_null(next_object(rows));
    IEnumWbemClassObject_Release(rows);
}

/* ---- methods ---- */

static HRESULT call_method(const char *path, const char *method, IWbemClassObject *in, IWbemClassObject **out)
{
    *out = (IWbemClassObject *)1;
    return IWbemServices_ExecMethod(services, path ? B("%s", path) : NULL, method ? B("%s", method) : NULL, 0, NULL, in,
                                    out, NULL);
}

static void a_method_runs_and_gives_its_outputs_back(void **state)
{
    char path[64];
    IWbemClassObject *out;
    TRI_PROVES_METHOD(IWbemServices, ExecMethod, real);
    snprintf(path, sizeof(path), "Win32_Process.Handle=\"%d\"", (int)getpid());
    assert_hr(WBEM_S_NO_ERROR, call_method(path, "getowner", NULL, &out));
    assert_int_equal(0, get_number(out, "ReturnValue"));
    assert_string_not_equal("NULL", get_text(out, "User"));
    IWbemClassObject_Release(out);
    assert_hr(WBEM_S_NO_ERROR,
              IWbemServices_ExecMethod(services, B("%s", path), B("GetOwner"), 0, NULL, NULL, NULL, NULL));
}

static void what_cannot_be_called_says_why(void **state)
{
    char path[64];
    IWbemClassObject *out;
    snprintf(path, sizeof(path), "Win32_Process.Handle=\"%d\"", (int)getpid());
    assert_hr(WBEM_E_INVALID_METHOD, call_method(path, "NoSuchMethod", NULL, &out));
    assert_null(out);
    assert_hr(WBEM_E_NOT_FOUND, call_method("Win32_Process.Handle=\"4000000000\"", "GetOwner", NULL, &out));
    assert_null(out);
    assert_hr(WBEM_E_INVALID_OBJECT_PATH, call_method("Win32_Process.Handle = 1", "GetOwner", NULL, &out));
    assert_hr(WBEM_E_INVALID_PARAMETER, call_method(NULL, "GetOwner", NULL, &out));
    assert_hr(WBEM_E_INVALID_PARAMETER, call_method(path, NULL, NULL, &out));
    assert_hr(WBEM_E_INVALID_PARAMETER, call_method(path, "", NULL, &out));
    assert_null(out);
}

/* ---- what is left ---- */

static void a_client_can_raise_events_of_its_own(void **state)
{
    IWbemObjectSink *sink = NULL;
    IWbemClassObject *cls = NULL, *event = NULL, *thing = new_thing("T_Thing", 1, "one");
    IEnumWbemClassObject *events = NULL;
    TRI_PROVES_METHOD(IWbemServices, QueryObjectSink, real);
    derive("__ExtrinsicEvent", "T_Alarm");
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_ExecNotificationQuery(
                                   services, B("WQL"), B("SELECT * FROM T_Alarm"),
                                   WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY, NULL, &events));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_QueryObjectSink(services, 0, &sink));
    assert_hr(WBEM_S_NO_ERROR, get(services, "T_Alarm", &cls));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnInstance(cls, 0, &event));
    assert_hr(WBEM_S_NO_ERROR, IWbemObjectSink_Indicate(sink, 1, &event));
    assert_hr(WBEM_S_NO_ERROR, IWbemObjectSink_Indicate(sink, 0, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemObjectSink_SetStatus(sink, WBEM_STATUS_COMPLETE, S_OK, NULL, NULL));
    assert_hr(WBEM_E_INVALID_OBJECT, IWbemObjectSink_Indicate(sink, 1, &thing));
    assert_hr(WBEM_E_INVALID_OBJECT, IWbemObjectSink_Indicate(sink, 1, &cls));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemObjectSink_Indicate(sink, 1, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemObjectSink_Indicate(sink, -1, &event));
    assert_int_equal(0, IWbemObjectSink_Release(sink));
    LET_GO(event);
    event = next_object(events);
    assert_string_equal("T_Alarm", get_text(event, "__CLASS"));
    LET_GO(event);
    LET_GO(events);
    LET_GO(cls);
    LET_GO(thing);
    remove_class("T_Alarm");
}

static void an_event_is_asked_what_its_properties_are_to_each_other(void **state)
{
    static const int pairs[][2] = {{2, 1}, {1, 1}, {1, 2}};
    IWbemObjectSink *sink = NULL;
    IWbemClassObject *parent = NULL, *cls = NULL, *event = NULL;
    IEnumWbemClassObject *events = NULL;
    assert_hr(WBEM_S_NO_ERROR, get(services, "__ExtrinsicEvent", &parent));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnDerivedClass(parent, 0, &cls));
    put_text(cls, "__CLASS", "T_Change");
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(cls, B("Before"), 0, NULL, CIM_SINT32));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(cls, B("After"), 0, NULL, CIM_SINT32));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutClass(services, cls, 0, NULL, NULL));
    LET_GO(cls);
    assert_hr(WBEM_S_NO_ERROR, get(services, "T_Change", &cls));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_ExecNotificationQuery(
                                   services, B("WQL"), B("SELECT * FROM T_Change WHERE Before < After"),
                                   WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY, NULL, &events));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_QueryObjectSink(services, 0, &sink));
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnInstance(cls, 0, &event));
        put_number(event, "Before", pairs[i][0]);
        put_number(event, "After", pairs[i][1]);
        assert_hr(WBEM_S_NO_ERROR, IWbemObjectSink_Indicate(sink, 1, &event));
        LET_GO(event);
    }
    event = next_object(events);
    assert_int_equal(1, get_number(event, "Before"));
    assert_int_equal(2, get_number(event, "After"));
    assert_hr(WBEM_E_INVALID_QUERY, query("WQL", "SELECT * FROM T_Thing WHERE Id = Id", 0));
    assert_non_null(strstr(why(), "two properties"));
    LET_GO(event);
    LET_GO(events);
    LET_GO(sink);
    LET_GO(cls);
    LET_GO(parent);
    remove_class("T_Change");
}

static void the_sink_for_events_takes_no_flags(void **state)
{
    IWbemObjectSink *sink = (IWbemObjectSink *)1;
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemServices_QueryObjectSink(services, 1, &sink));
    assert_null(sink);
    assert_hr(WBEM_E_INVALID_PARAMETER, IWbemServices_QueryObjectSink(services, 0, NULL));
}

static void success_clears_the_error_and_failure_sets_it(void **state)
{
    get_fails("T_None", WBEM_E_NOT_FOUND);
    assert_hr(WBEM_E_INVALID_CLASS, query("WQL", "SELECT * FROM T_None", 0));
    assert_hr(WBEM_S_NO_ERROR, query("WQL", "SELECT * FROM T_Thing", 0));
    assert_string_equal("", why());
}

static void *ask_and_store(void *id)
{
    for (int i = 0; i < 50; i++) {
        store_thing("T_Thing", 1000 + (int)(intptr_t)id, "of a thread");
        IEnumWbemClassObject *rows = exec_query(0, "SELECT * FROM T_Thing WHERE Id = 1");
        assert_int_equal(1, count_objects(rows));
        IEnumWbemClassObject_Release(rows);
    }
    forget_texts();
    return NULL;
}

static void a_connection_serves_many_threads(void **state)
{
    pthread_t threads[4];
    for (intptr_t i = 0; i < 4; i++)
        assert_int_equal(0, pthread_create(&threads[i], NULL, ask_and_store, (void *)i));
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    IEnumWbemClassObject *rows = exec_query(0, "SELECT * FROM T_Thing WHERE Id >= 1000");
    assert_int_equal(4, count_objects(rows));
    IEnumWbemClassObject_Release(rows);
}

static int set_up(void **state)
{
    if (set_up_wmi(state) < 0)
        return -1;
    make_thing_class("T_Thing");
    store_thing("T_Thing", 1, "one");
    IWbemClassObject *pair = thing_class_draft("T_Pair");
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_Put(pair, B("Other"), 0, NULL, CIM_STRING));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutClass(services, pair, 0, NULL, NULL));
    IWbemClassObject_Release(pair);
    pair = new_thing("T_Pair", 1, "before");
    put_text(pair, "Other", "before");
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_PutInstance(services, pair, 0, NULL, NULL));
    IWbemClassObject_Release(pair);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_namespace_below_is_opened),
        cmocka_unit_test(a_namespace_that_is_not_there_cannot_be_opened),
        cmocka_unit_test(opening_a_namespace_takes_no_context),
        cmocka_unit_test(a_namespace_can_be_made_used_and_deleted),
        cmocka_unit_test(a_connection_whose_namespace_was_deleted_says_so),
        cmocka_unit_test(calls_that_go_on_say_so_too),
        cmocka_unit_test(a_class_and_an_instance_are_found_by_path),
        cmocka_unit_test(no_path_gives_a_blank_class),
        cmocka_unit_test(a_path_that_leads_nowhere_says_how_far_it_led),
        cmocka_unit_test(the_error_object_says_what_was_asked),
        cmocka_unit_test(an_endless_text_is_refused),
        cmocka_unit_test(texts_of_every_kind_arrive),
        cmocka_unit_test(a_class_is_stored_and_deleted),
        cmocka_unit_test(only_classes_are_put_as_classes),
        cmocka_unit_test(a_foreign_object_is_refused),
        cmocka_unit_test(classes_are_enumerated_deep_and_shallow),
        cmocka_unit_test(an_instance_is_stored_changed_and_deleted),
        cmocka_unit_test(a_partial_put_changes_what_it_names),
        cmocka_unit_test(instances_are_enumerated_deep_and_shallow),
        cmocka_unit_test(a_query_finds_its_rows),
        cmocka_unit_test(a_query_that_cannot_be_read_fails_at_once),
        cmocka_unit_test(an_unknown_class_fails_at_once_where_the_call_is_synchronous),
        cmocka_unit_test(a_prototype_is_an_empty_object_of_what_rows_would_be),
        cmocka_unit_test(a_method_runs_and_gives_its_outputs_back),
        cmocka_unit_test(what_cannot_be_called_says_why),
        cmocka_unit_test(a_client_can_raise_events_of_its_own),
        cmocka_unit_test(an_event_is_asked_what_its_properties_are_to_each_other),
        cmocka_unit_test(the_sink_for_events_takes_no_flags),
        cmocka_unit_test(success_clears_the_error_and_failure_sets_it),
        cmocka_unit_test(a_connection_serves_many_threads),
    };
    return cmocka_run_group_tests_name("wmi services", tests, set_up, tear_down_wmi);
}
