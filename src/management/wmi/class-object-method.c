/* IWbemClassObject: the methods of a class. What a method takes and gives back are classes named __PARAMETERS. */
#include <errno.h>
#include <oleauto.h>

#include "base/cleanup.h"
#include "management/wmi/class-object.h"

/* ---- reading ---- */

/* Locked. The methods are a class's; an instance has none of its own. */
static int check_class(struct tri_wmi_object *self, struct tri_error *error)
{
    if (self->object->is_class)
        return 0;
    return tri_error_set(error, TRI_MANAGEMENT_INVALID_OPERATION, NULL,
                         "Methods are looked at on class \"%s\", not on an instance of it.", self->object->cls->name);
}

/* Locked. The index of a method. */
static int find(struct tri_wmi_object *self, const char *name, struct tri_error *error)
{
    int code = check_class(self, error);
    if (code < 0)
        return code;
    const struct tri_class *cls = self->object->cls;
    int index = tri_class_find_method(cls, name);
    return index >= 0 ? index
                      : tri_error_set(error, TRI_MANAGEMENT_NOT_FOUND, NULL, "Class \"%s\" has no method \"%s\".",
                                      cls->name ? cls->name : "", name);
}

static HRESULT signature_out(struct tri_class *signature, IWbemClassObject **ret)
{
    struct tri_cim_object *object = signature ? tri_cim_object_of_class(tri_class_ref(signature)) : NULL;
    if (!signature || !ret)
        return S_OK;
    return object ? tri_wmi_object_new(object, ret) : WBEM_E_OUT_OF_MEMORY;
}

static int signatures_out(const struct tri_method *method, IWbemClassObject **ret_in, IWbemClassObject **ret_out,
                          struct tri_error *error)
{
    IWbemClassObject *in = NULL, *out = NULL;
    HRESULT hr = ret_in ? signature_out(method->in, &in) : S_OK;
    if (SUCCEEDED(hr) && ret_out)
        hr = signature_out(method->out, &out);
    if (FAILED(hr)) {
        if (in)
            in->lpVtbl->Release(in);
        return tri_error_no_memory(error);
    }
    if (ret_in)
        *ret_in = in;
    if (ret_out)
        *ret_out = out;
    return 0;
}

static int get(struct tri_wmi_object *self, const char *name, IWbemClassObject **ret_in, IWbemClassObject **ret_out,
               struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    int index = find(self, name, error);
    return index < 0 ? index : signatures_out(&self->object->cls->methods[index], ret_in, ret_out, error);
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_GetMethod(IWbemClassObject *This, LPCWSTR wszName, LONG lFlags,
                                                   IWbemClassObject **ppInSignature, IWbemClassObject **ppOutSignature)
{
    static const char method[] = "IWbemClassObject::GetMethod";
    struct tri_wmi_name name;
    struct tri_error error = {0};
    if (ppInSignature)
        *ppInSignature = NULL;
    if (ppOutSignature)
        *ppOutSignature = NULL;
    if (!tri_wmi_name(wszName, &name) || lFlags != 0)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method, "GetMethod needs the name of a method, and no flags.");
    int code = get(tri_wmi_object_this(This), name.text, ppInSignature, ppOutSignature, &error);
    return code < 0 ? tri_wmi_fail(method, name.text, code, &error) : WBEM_S_NO_ERROR;
}

static int origin(struct tri_wmi_object *self, const char *name, BSTR *ret, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    int index = find(self, name, error);
    if (index < 0)
        return index;
    const struct tri_class *cls = self->object->cls;
    const char *class_name = cls->methods[index].origin ? cls->methods[index].origin : cls->name;
    return FAILED(tri_wmi_text(class_name, ret)) ? tri_error_no_memory(error) : 0;
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_GetMethodOrigin(IWbemClassObject *This, LPCWSTR wszMethodName,
                                                         BSTR *pstrClassName)
{
    static const char method[] = "IWbemClassObject::GetMethodOrigin";
    struct tri_wmi_name name;
    struct tri_error error = {0};
    if (pstrClassName)
        *pstrClassName = NULL;
    if (!tri_wmi_name(wszMethodName, &name) || !pstrClassName)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method,
                              "GetMethodOrigin needs the name of a method and a place for the class's.");
    int code = origin(tri_wmi_object_this(This), name.text, pstrClassName, &error);
    return code < 0 ? tri_wmi_fail(method, name.text, code, &error) : WBEM_S_NO_ERROR;
}

static int check_there(struct tri_wmi_object *self, const char *name, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    return find(self, name, error);
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_GetMethodQualifierSet(IWbemClassObject *This, LPCWSTR wszMethod,
                                                               IWbemQualifierSet **ppQualSet)
{
    static const char method[] = "IWbemClassObject::GetMethodQualifierSet";
    struct tri_wmi_name name;
    struct tri_error error = {0};
    if (ppQualSet)
        *ppQualSet = NULL;
    if (!tri_wmi_name(wszMethod, &name) || !ppQualSet)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method,
                              "GetMethodQualifierSet needs the name of a method and a place for the set.");
    int code = check_there(tri_wmi_object_this(This), name.text, &error);
    if (code < 0)
        return tri_wmi_fail(method, name.text, code, &error);
    return tri_wmi_qualifier_set_new(tri_wmi_object_this(This), TRI_WMI_QUALIFIED_METHOD, name.text, ppQualSet);
}

/* ---- changing ---- */

/* A parameter as a property of the signature, with its qualifiers, and with "in" or "out" where that was left out. */
static int copy_parameter(struct tri_class *signature, const struct tri_property *from, const struct tri_value *value,
                          const char *direction, struct tri_error *error)
{
    const struct tri_value yes = {.type = TRI_CIM_BOOLEAN, .is_set = true, .boolean = true};
    int index;
    int code = tri_class_put_property(signature, from->name, from->type, from->class_name, value->is_set ? value : NULL,
                                      &index, error);
    for (size_t i = 0; code >= 0 && i < from->qualifiers.count; i++) {
        const struct tri_qualifier *qualifier = &from->qualifiers.items[i];
        code = tri_qualifiers_put(&signature->properties[index].qualifiers, qualifier->name, &qualifier->value,
                                  qualifier->flavor & (uint8_t)~TRI_FLAVOR_PROPAGATED, error);
    }
    if (code < 0 || tri_qualifiers_find(&signature->properties[index].qualifiers, direction))
        return code;
    return tri_qualifiers_put(&signature->properties[index].qualifiers, direction, &yes, 0, error);
}

/* A client builds a signature as it likes: from __PARAMETERS itself, a class derived from it, or an instance of one. */
static int copy_signature(const struct tri_cim_object *from, const char *direction, struct tri_class **ret,
                          struct tri_error *error)
{
    TRI_AUTO_CLASS struct tri_class *signature = tri_class_new();
    int code = signature ? tri_class_set_name(signature, "__PARAMETERS", error) : tri_error_no_memory(error);
    for (size_t i = 0; code >= 0 && i < from->cls->property_count; i++)
        code =
            copy_parameter(signature, &from->cls->properties[i], tri_cim_object_value(from, (int)i), direction, error);
    if (code < 0)
        return code;
    *ret = TRI_TAKE(signature);
    return 0;
}

static int signature_in(IWbemClassObject *object, const char *direction, struct tri_class **ret,
                        struct tri_error *error)
{
    if (!object)
        return 0;
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *from = tri_wmi_object_of(object);
    if (!from)
        return tri_error_set(error, TRI_MANAGEMENT_INVALID_OBJECT, NULL,
                             "A signature has to be an object of Trireme's.");
    return copy_signature(from, direction, ret, error);
}

static int put(struct tri_wmi_object *self, const char *name, struct tri_class *in, struct tri_class *out,
               struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    struct tri_class *draft;
    int code = tri_wmi_object_draft(self, &draft, error);
    return code < 0 ? code : tri_class_put_method(draft, name, in, out, NULL, error);
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_PutMethod(IWbemClassObject *This, LPCWSTR wszName, LONG lFlags,
                                                   IWbemClassObject *pInSignature, IWbemClassObject *pOutSignature)
{
    static const char method[] = "IWbemClassObject::PutMethod";
    struct tri_wmi_name name;
    struct tri_error error = {0};
    TRI_AUTO_CLASS struct tri_class *in = NULL;
    TRI_AUTO_CLASS struct tri_class *out = NULL;
    if (!tri_wmi_name(wszName, &name) || lFlags != 0)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method, "PutMethod needs the name of a method, and no flags.");
    if (!tri_wmi_is_user_name(name.text))
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method,
                              "\"%s\" cannot be a method: names with an underscore at either end are the system's.",
                              name.text);
    int code = signature_in(pInSignature, "in", &in, &error);
    if (code >= 0)
        code = signature_in(pOutSignature, "out", &out, &error);
    if (code >= 0)
        code = put(tri_wmi_object_this(This), name.text, in, out, &error);
    return code < 0 ? tri_wmi_fail(method, name.text, code, &error) : WBEM_S_NO_ERROR;
}

static int drop(struct tri_wmi_object *self, const char *name, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    struct tri_class *draft;
    int code = find(self, name, error);
    if (code >= 0)
        code = tri_wmi_object_draft(self, &draft, error);
    return code < 0 ? code : tri_class_remove_method(draft, name, error);
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_DeleteMethod(IWbemClassObject *This, LPCWSTR wszName)
{
    static const char method[] = "IWbemClassObject::DeleteMethod";
    struct tri_wmi_name name;
    struct tri_error error = {0};
    if (!tri_wmi_name(wszName, &name))
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method, "DeleteMethod needs the name of a method.");
    int code = drop(tri_wmi_object_this(This), name.text, &error);
    if (code < 0)
        return tri_wmi_fail(method, name.text, code, &error);
    return code == 1 ? WBEM_S_RESET_TO_DEFAULT : WBEM_S_NO_ERROR;
}

/* ---- one by one ---- */

static int begin(struct tri_wmi_object *self, LONG flags, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    int code = check_class(self, error);
    if (code == 0)
        self->methods = (struct tri_wmi_walk){.is_begun = true, .flags = flags};
    return code;
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_BeginMethodEnumeration(IWbemClassObject *This, LONG lEnumFlags)
{
    static const char method[] = "IWbemClassObject::BeginMethodEnumeration";
    struct tri_error error = {0};
    if (lEnumFlags != 0 && lEnumFlags != WBEM_FLAG_LOCAL_ONLY && lEnumFlags != WBEM_FLAG_PROPAGATED_ONLY)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method,
                              "BeginMethodEnumeration takes WBEM_FLAG_LOCAL_ONLY or WBEM_FLAG_PROPAGATED_ONLY, or 0.");
    int code = begin(tri_wmi_object_this(This), lEnumFlags, &error);
    return code < 0 ? tri_wmi_fail(method, NULL, code, &error) : WBEM_S_NO_ERROR;
}

static const struct tri_method *method_after(const struct tri_class *cls, struct tri_wmi_walk *walk)
{
    for (; (size_t)walk->next < cls->method_count; walk->next++) {
        const struct tri_method *method = &cls->methods[walk->next];
        bool is_fit = walk->flags == 0 || (walk->flags == WBEM_FLAG_LOCAL_ONLY) == method->is_local;
        if (is_fit)
            return method;
    }
    return NULL;
}

/* 1: there is one; 0: there is none left. */
static int next(struct tri_wmi_object *self, BSTR *ret_name, IWbemClassObject **ret_in, IWbemClassObject **ret_out,
                struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    BSTR name = NULL;
    if (!self->methods.is_begun)
        return tri_error_set(error, TRI_MANAGEMENT_UNEXPECTED, NULL,
                             "NextMethod goes on with what BeginMethodEnumeration began, and nothing was begun.");
    const struct tri_method *method = method_after(self->object->cls, &self->methods);
    if (!method)
        return 0;
    if (ret_name && FAILED(tri_wmi_text(method->name, &name)))
        return tri_error_no_memory(error);
    int code = signatures_out(method, ret_in, ret_out, error);
    if (code < 0) {
        SysFreeString(name);
        return code;
    }
    if (ret_name)
        *ret_name = name;
    self->methods.next++;
    return 1;
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_NextMethod(IWbemClassObject *This, LONG lFlags, BSTR *pstrName,
                                                    IWbemClassObject **ppInSignature, IWbemClassObject **ppOutSignature)
{
    static const char method[] = "IWbemClassObject::NextMethod";
    struct tri_error error = {0};
    if (pstrName)
        *pstrName = NULL;
    if (ppInSignature)
        *ppInSignature = NULL;
    if (ppOutSignature)
        *ppOutSignature = NULL;
    if (lFlags != 0)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method, "NextMethod takes no flags.");
    int code = next(tri_wmi_object_this(This), pstrName, ppInSignature, ppOutSignature, &error);
    if (code < 0)
        return tri_wmi_fail(method, NULL, code, &error);
    return code == 0 ? WBEM_S_NO_MORE_DATA : WBEM_S_NO_ERROR;
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_EndMethodEnumeration(IWbemClassObject *This)
{
    struct tri_wmi_object *self = tri_wmi_object_this(This);
    TRI_LOCK_SCOPE(&self->lock);
    self->methods.is_begun = false;
    return WBEM_S_NO_ERROR;
}
