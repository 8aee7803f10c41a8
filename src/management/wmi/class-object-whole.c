/* IWbemClassObject: what is made of an object as a whole: copies, text, classes and instances, comparisons. */
#include <errno.h>
#include <oleauto.h>

#include "base/cleanup.h"
#include "management/mof.h"
#include "management/wmi/class-object.h"

/* A new interface for an object; takes the reference. */
static HRESULT hand_out(const char *method, struct tri_cim_object *object, IWbemClassObject **ret)
{
    IWbemClassObject *made = NULL;
    if (!object || FAILED(tri_wmi_object_new(object, &made)))
        return tri_wmi_fail(method, NULL, -ENOMEM, NULL);
    *ret = made;
    return WBEM_S_NO_ERROR;
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_Clone(IWbemClassObject *This, IWbemClassObject **ppCopy)
{
    static const char method[] = "IWbemClassObject::Clone";
    struct tri_error error = {0};
    if (!ppCopy)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method, "Clone needs a place for the copy.");
    *ppCopy = NULL;
    struct tri_cim_object *copy = tri_wmi_object_snapshot(tri_wmi_object_this(This), &error);
    return copy ? hand_out(method, copy, ppCopy) : tri_wmi_fail(method, NULL, error.code, &error);
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_GetObjectText(IWbemClassObject *This, LONG lFlags, BSTR *pstrObjectText)
{
    static const char method[] = "IWbemClassObject::GetObjectText";
    struct tri_error error = {0};
    TRI_AUTO_FREE char *text = NULL;
    if (pstrObjectText)
        *pstrObjectText = NULL;
    if (!pstrObjectText || (lFlags & ~WBEM_FLAG_NO_FLAVORS))
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method,
                              "GetObjectText needs a place for the text, and no flags but WBEM_FLAG_NO_FLAVORS.");
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *object = tri_wmi_object_snapshot(tri_wmi_object_this(This), &error);
    if (!object)
        return tri_wmi_fail(method, NULL, error.code, &error);
    int code = tri_mof_print(object, lFlags ? TRI_MOF_NO_FLAVORS : 0, &text);
    if (code == 0 && FAILED(tri_wmi_text(text, pstrObjectText)))
        code = -ENOMEM;
    return code < 0 ? tri_wmi_fail(method, NULL, code, NULL) : WBEM_S_NO_ERROR;
}

/* The class behind an object, to make something of; NULL and *error: it was never stored, so that nobody knows it. */
static struct tri_class *finished_class(struct tri_wmi_object *self, bool also_of_instance, struct tri_error *error)
{
    TRI_LOCK_SCOPE(&self->lock);
    struct tri_class *cls = self->object->cls;
    if (!self->object->is_class && !also_of_instance) {
        tri_error_set(error, TRI_MANAGEMENT_INVALID_OPERATION, NULL,
                      "Classes are derived from classes, not from an instance of \"%s\".", cls->name);
        return NULL;
    }
    if (cls->is_frozen && cls->name)
        return tri_class_ref(cls);
    tri_error_set(error, TRI_MANAGEMENT_INCOMPLETE_CLASS, NULL,
                  "Class \"%s\" was made or changed here: store it with PutClass, and get it again.",
                  cls->name ? cls->name : "");
    return NULL;
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_SpawnDerivedClass(IWbemClassObject *This, LONG lFlags,
                                                           IWbemClassObject **ppNewClass)
{
    static const char method[] = "IWbemClassObject::SpawnDerivedClass";
    struct tri_error error = {0};
    if (!ppNewClass || lFlags != 0)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method,
                              "SpawnDerivedClass needs a place for the class, and no flags.");
    TRI_AUTO_CLASS struct tri_class *parent = finished_class(tri_wmi_object_this(This), false, &error);
    if (!parent)
        return tri_wmi_fail(method, NULL, error.code, &error);
    struct tri_class *derived = tri_class_derive(parent);
    return hand_out(method, derived ? tri_cim_object_of_class(derived) : NULL, ppNewClass);
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_SpawnInstance(IWbemClassObject *This, LONG lFlags,
                                                       IWbemClassObject **ppNewInstance)
{
    static const char method[] = "IWbemClassObject::SpawnInstance";
    struct tri_error error = {0};
    if (!ppNewInstance || lFlags != 0)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method,
                              "SpawnInstance needs a place for the instance, and no flags.");
    TRI_AUTO_CLASS struct tri_class *cls = finished_class(tri_wmi_object_this(This), true, &error);
    if (!cls)
        return tri_wmi_fail(method, NULL, error.code, &error);
    return hand_out(method, tri_cim_object_instance(cls), ppNewInstance);
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_CompareTo(IWbemClassObject *This, LONG lFlags, IWbemClassObject *pCompareTo)
{
    static const char method[] = "IWbemClassObject::CompareTo";
    const LONG all = WBEM_FLAG_IGNORE_QUALIFIERS | WBEM_FLAG_IGNORE_OBJECT_SOURCE | WBEM_FLAG_IGNORE_DEFAULT_VALUES |
                     WBEM_FLAG_IGNORE_CLASS | WBEM_FLAG_IGNORE_CASE | WBEM_FLAG_IGNORE_FLAVOR;
    struct tri_error error = {0};
    if (!pCompareTo || (lFlags & ~all))
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method,
                              "CompareTo needs another object, and flags of its own.");
    struct tri_wmi_object *other = tri_wmi_object_ours(pCompareTo);
    if (!other)
        return tri_wmi_refuse(WBEM_E_INVALID_OBJECT, method, "CompareTo compares objects of Trireme's only.");
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *a = tri_wmi_object_snapshot(tri_wmi_object_this(This), &error);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *b = tri_wmi_object_snapshot(other, &error);
    if (!a || !b)
        return tri_wmi_fail(method, NULL, error.code, &error);
    return tri_cim_object_same(a, b, (unsigned)lFlags) ? WBEM_S_SAME : WBEM_S_DIFFERENT;
}

HRESULT STDMETHODCALLTYPE tri_wmi_object_InheritsFrom(IWbemClassObject *This, LPCWSTR strAncestor)
{
    struct tri_wmi_object *self = tri_wmi_object_this(This);
    struct tri_wmi_name name;
    if (!strAncestor)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, "IWbemClassObject::InheritsFrom",
                              "InheritsFrom needs the name of a class.");
    if (!tri_wmi_name(strAncestor, &name))
        return WBEM_S_FALSE;
    TRI_LOCK_SCOPE(&self->lock);
    return tri_class_is_a(self->object->cls, name.text) ? WBEM_S_NO_ERROR : WBEM_S_FALSE;
}
