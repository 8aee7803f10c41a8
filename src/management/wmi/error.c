/* From codes to HRESULTs, and the object that a thread's GetErrorInfo answers. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <oleauto.h>
#include <trireme.h>

#include "base/cleanup.h"
#include "management/wmi/class-object.h"

HRESULT tri_wmi_hresult(int code)
{
    if (code <= TRI_MANAGEMENT_BASE)
        return (HRESULT)(0x80040000u | (uint32_t)(TRI_MANAGEMENT_BASE - code));
    switch (code) {
    case 0:
        return WBEM_S_NO_ERROR;
    case -ENOMEM:
        return WBEM_E_OUT_OF_MEMORY;
    case -EACCES:
    case -EPERM:
        return WBEM_E_ACCESS_DENIED;
    case -ENOSPC:
        return WBEM_E_OUT_OF_DISK_SPACE;
    case -ETIMEDOUT:
        return WBEM_E_TIMED_OUT;
    case -ECANCELED:
        return WBEM_E_CALL_CANCELLED;
    case -EHOSTUNREACH: /* another machine */
        return HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE);
    default:
        return WBEM_E_FAILED;
    }
}

/* ---- __ExtendedStatus: in no namespace, so that it is there whatever becomes of the repository ---- */

enum { STATUS_CODE, DESCRIPTION, OPERATION, PARAMETER_INFO, PROVIDER_NAME };

static struct tri_class *status_class; /* NULL: there was no memory for it */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static struct tri_class *make_notify_status(void)
{
    TRI_AUTO_CLASS struct tri_class *cls = tri_class_new();
    const struct tri_value yes = {.type = TRI_CIM_BOOLEAN, .is_set = true, .boolean = true};
    if (!cls || tri_class_set_name(cls, "__NotifyStatus", NULL) < 0 ||
        tri_qualifiers_put(&cls->qualifiers, "abstract", &yes, 0, NULL) < 0 ||
        tri_class_put_property(cls, "StatusCode", TRI_CIM_UINT32, NULL, NULL, NULL, NULL) < 0 ||
        tri_class_freeze(cls, NULL) < 0)
        return NULL;
    return TRI_TAKE(cls);
}

static void make_status_class(void)
{
    static const char *const texts[] = {"Description", "Operation", "ParameterInfo", "ProviderName"};
    TRI_AUTO_CLASS struct tri_class *parent = make_notify_status();
    TRI_AUTO_CLASS struct tri_class *cls = parent ? tri_class_derive(parent) : NULL;
    if (!cls || tri_class_set_name(cls, "__ExtendedStatus", NULL) < 0)
        return;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (tri_class_put_property(cls, texts[i], TRI_CIM_STRING, NULL, NULL, NULL, NULL) < 0)
            return;
    if (tri_class_freeze(cls, NULL) == 0)
        status_class = TRI_TAKE(cls);
}

/* ---- the object ---- */

struct error_object {
    struct tri_wmi_object object; /* whose functions serve this one too: it begins in the same way */
    struct tri_com_face IErrorInfo_face;
};

static HRESULT copy_out(IErrorInfo *This, int property, BSTR *ret)
{
    struct error_object *self = tri_com_face_object(This);
    BSTR text = NULL;
    if (!ret)
        return E_INVALIDARG;
    TRI_LOCK_SCOPE(&self->object.lock);
    const struct tri_value *value =
        tri_cim_object_value(self->object.object, property); /* a client may have put NULL */
    if (FAILED(tri_wmi_text(value->is_set ? value->string : NULL, &text)))
        return E_OUTOFMEMORY;
    *ret = text;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE error_object_GetGUID(IErrorInfo *This, GUID *pGUID)
{
    if (!pGUID)
        return E_INVALIDARG;
    *pGUID = GUID_NULL;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE error_object_GetSource(IErrorInfo *This, BSTR *pBstrSource)
{
    return copy_out(This, PROVIDER_NAME, pBstrSource);
}

static HRESULT STDMETHODCALLTYPE error_object_GetDescription(IErrorInfo *This, BSTR *pBstrDescription)
{
    return copy_out(This, DESCRIPTION, pBstrDescription);
}

static HRESULT STDMETHODCALLTYPE error_object_GetHelpFile(IErrorInfo *This, BSTR *pBstrHelpFile)
{
    if (!pBstrHelpFile)
        return E_INVALIDARG;
    *pBstrHelpFile = NULL;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE error_object_GetHelpContext(IErrorInfo *This, DWORD *pdwHelpContext)
{
    if (!pdwHelpContext)
        return E_INVALIDARG;
    *pdwHelpContext = 0;
    return S_OK;
}

static const IErrorInfoVtbl error_object_vtbl = {
    TRI_COM_UNKNOWN(IErrorInfo),
    .GetGUID = error_object_GetGUID,
    .GetSource = error_object_GetSource,
    .GetDescription = error_object_GetDescription,
    .GetHelpFile = error_object_GetHelpFile,
    .GetHelpContext = error_object_GetHelpContext,
};

static const struct tri_com_row error_object_rows[] = {
    {&IID_IWbemClassObject, offsetof(struct error_object, object.IWbemClassObject_face), &tri_wmi_object_vtbl},
    {&IID_IErrorInfo, offsetof(struct error_object, IErrorInfo_face), &error_object_vtbl},
};

const struct tri_com_class tri_wmi_error_class = {
    .name = "error object",
    .size = sizeof(struct error_object),
    .rows = error_object_rows,
    .row_count = sizeof error_object_rows / sizeof error_object_rows[0],
    .destroy = tri_wmi_object_finish,
};

static struct error_object *make(HRESULT hr, const char *operation, const char *parameter, const char *text)
{
    pthread_once(&once, make_status_class);
    struct tri_cim_object *status = status_class ? tri_cim_object_blank(status_class) : NULL;
    struct error_object *made = status ? tri_com_new(&tri_wmi_error_class) : NULL;
    if (!made) {
        tri_cim_object_unref(status);
        return NULL;
    }
    if (!text)
        text = trireme_hresult_text(hr);
    tri_value_set_unsigned(tri_cim_object_slot(status, STATUS_CODE), (uint32_t)hr);
    tri_value_set_string(tri_cim_object_slot(status, DESCRIPTION), text ? text : "The request failed.");
    tri_value_set_string(tri_cim_object_slot(status, OPERATION), operation);
    tri_value_set_string(tri_cim_object_slot(status, PARAMETER_INFO), parameter);
    tri_value_set_string(tri_cim_object_slot(status, PROVIDER_NAME), "Trireme");
    status->is_unlocated = true;
    tri_wmi_object_init(&made->object, status);
    return made;
}

/* ---- telling the thread ---- */

static void tell(HRESULT hr, const char *operation, const char *parameter, const char *text)
{
    struct error_object *made = make(hr, operation, parameter, text);
    SetErrorInfo(0, made ? (IErrorInfo *)&made->IErrorInfo_face : NULL);
    tri_com_unref(made);
}

HRESULT tri_wmi_tell(const char *operation, const char *parameter, int code, const struct tri_error *error)
{
    HRESULT hr = tri_wmi_hresult(code < 0 ? code : TRI_MANAGEMENT_FAILED);
    tell(hr, operation, parameter, error ? error->text : NULL);
    return hr;
}

HRESULT tri_wmi_fail(const char *operation, const char *parameter, int code, struct tri_error *error)
{
    HRESULT hr = tri_wmi_tell(operation, parameter, code, error);
    if (error)
        tri_error_clear(error);
    return hr;
}

HRESULT tri_wmi_refuse(HRESULT hr, const char *operation, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    tell(hr, operation, NULL, text);
    return hr;
}

IWbemClassObject *tri_wmi_error_object(const char *operation, const char *parameter, int code,
                                       const struct tri_error *error)
{
    HRESULT hr = tri_wmi_hresult(code < 0 ? code : TRI_MANAGEMENT_FAILED);
    struct error_object *made = make(hr, operation, parameter, error ? error->text : NULL);
    return made ? (IWbemClassObject *)&made->object.IWbemClassObject_face : NULL;
}

void tri_wmi_clear_error(void)
{
    SetErrorInfo(0, NULL);
}
