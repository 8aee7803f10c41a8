/* What the objects of the WMI face share. A face function checks its arguments, converts in (UTF-16 to UTF-8, VARIANT to
 * values), calls one function of the engine, converts out, and maps the error. */
#ifndef TRI_MANAGEMENT_WMI_FACE_H
#define TRI_MANAGEMENT_WMI_FACE_H

#include <wbemcli.h>

#include "com/class.h"
#include "com/object.h"
#include "management/call.h"
#include "op/op.h"

/* ---- error.c ---- */

/* The HRESULT of an engine's code. */
HRESULT tri_wmi_hresult(int code);
/* The same, and the thread's IErrorInfo becomes an object that answers IErrorInfo and IWbemClassObject (__ExtendedStatus:
 * StatusCode, Description, Operation, ParameterInfo, ProviderName), of the error's sentence. operation: "ExecQuery";
 * parameter: what was asked for (a path, a query), may be NULL. *error is emptied. Answers WBEM_E_FAILED for code 0. */
HRESULT tri_wmi_fail(const char *operation, const char *parameter, int code, struct tri_error *error);
/* The same of an error that is borrowed (a call's). */
HRESULT tri_wmi_tell(const char *operation, const char *parameter, int code, const struct tri_error *error);
HRESULT tri_wmi_refuse(HRESULT hr, const char *operation, const char *format, ...) /* the face's own refusals */
    __attribute__((format(printf, 3, 4)));
/* The error object itself, for a sink's SetStatus; one reference; NULL: no memory. */
IWbemClassObject *tri_wmi_error_object(const char *operation, const char *parameter, int code, const struct tri_error *error);
void tri_wmi_clear_error(void); /* what a call that succeeds does */

/* ---- convert.c, convert-in.c ---- */

HRESULT tri_wmi_text(const char *utf8, BSTR *ret);      /* NULL gives NULL */
/* Of a BSTR or NUL-ended string; NULL gives NULL. WBEM_E_QUOTA_VIOLATION beyond max_units. */
HRESULT tri_wmi_utf8(const WCHAR *text, size_t max_units, char **ret);
/* As Get does it: VT by the CIM type (wmi.md 4.3), NULL as VT_NULL. */
HRESULT tri_wmi_variant(const struct tri_value *value, VARIANT *ret);
/* As Put does it: coerced to `type` (a property's); wmi.md 3.4.1. WBEM_E_TYPE_MISMATCH, WBEM_E_VALUE_OUT_OF_RANGE. */
HRESULT tri_wmi_value(const VARIANT *variant, uint16_t type, struct tri_value *ret);
/* The type that a VARIANT makes of itself, for new properties and qualifiers; TRI_CIM_EMPTY: none. */
uint16_t tri_wmi_type_of(const VARIANT *variant);
HRESULT tri_wmi_names(const char *const *names, size_t count, SAFEARRAY **ret); /* VT_BSTR */

/* ---- class-object.c ---- */

/* An IWbemClassObject of an engine's object; takes the reference, also on failure. */
HRESULT tri_wmi_object_new(struct tri_cim_object *object, IWbemClassObject **ret);
/* The engine's object behind a client's pointer, a new reference to a copy of its own state at this moment; NULL: not ours. */
struct tri_cim_object *tri_wmi_object_of(IWbemClassObject *object);

/* ---- context.c ---- */

struct tri_wmi_context { /* what the engine takes from an IWbemContext, ours or a client's own; clear it afterwards */
    uint32_t timeout_ms;
    char **put_properties, **get_properties;
    size_t put_count, get_count;
    bool has_put_extensions, has_get_extensions, keys_only;
};
/* WBEM_E_INVALID_CONTEXT for __PUT_EXT..., __GET_EXT... of the wrong type. ctx NULL: zeroes. */
HRESULT tri_wmi_context_read(IWbemContext *ctx, struct tri_wmi_context *ret);
void tri_wmi_context_clear(struct tri_wmi_context *context);

/* ---- constructors ---- */

HRESULT tri_wmi_services_new(struct tri_namespace *ns, IWbemServices **ret); /* takes the reference, also on failure */

extern const struct tri_com_factory tri_wmi_locator_factory, tri_wmi_administrative_locator_factory,
    tri_wmi_authenticated_locator_factory, tri_wmi_unauthenticated_locator_factory, tri_wmi_context_factory,
    tri_wmi_status_text_factory, tri_wmi_class_object_factory, tri_wmi_mof_compiler_factory,
    tri_wmi_unsecured_apartment_factory;

#endif
