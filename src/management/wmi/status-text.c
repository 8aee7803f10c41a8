/* IWbemStatusCodeText: sentences for codes. The library has one table of them for all its codes. */
#include <stdio.h>

#include <oleauto.h>
#include <trireme.h>

#include "management/wmi/class-object.h"

/* Whose code it is. WMI has a range of FACILITY_ITF, which every interface uses as it likes. */
static const char *facility_text(HRESULT hr)
{
    uint32_t code = (uint32_t)hr & 0xffff;
    switch (HRESULT_FACILITY(hr)) {
    case FACILITY_NULL:
        return "Null";
    case FACILITY_RPC:
        return "RPC";
    case FACILITY_DISPATCH:
        return "Dispatch";
    case FACILITY_STORAGE:
        return "Storage";
    case FACILITY_ITF:
        return (code >= 1 && code <= 0x17) || (code >= 0x1000 && code < 0x2400) || (code >= 0x3000 && code < 0x4100)
                   ? "WMI"
                   : "Interface";
    case FACILITY_WIN32:
        return "Win32";
    default:
        return "Unknown facility";
    }
}

static HRESULT text_out(const char *method, const char *text, LONG flags, BSTR *ret)
{
    char line[512];
    if (ret)
        *ret = NULL;
    if (!ret || (flags & ~WBEMSTATUS_FORMAT_NO_NEWLINE))
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method,
                              "%s needs a place for the text, and no flags but WBEMSTATUS_FORMAT_NO_NEWLINE.", method);
    snprintf(line, sizeof line, "%s%s", text, flags & WBEMSTATUS_FORMAT_NO_NEWLINE ? "" : "\r\n");
    HRESULT hr = tri_wmi_text(line, ret);
    return FAILED(hr) ? tri_wmi_refuse(hr, method, "There is not enough memory.") : WBEM_S_NO_ERROR;
}

static HRESULT STDMETHODCALLTYPE status_text_GetErrorCodeText(IWbemStatusCodeText *This, HRESULT hRes, LCID LocaleId,
                                                              LONG lFlags, BSTR *MessageText)
{
    char unknown[64];
    const char *text = trireme_hresult_text(hRes);
    snprintf(unknown, sizeof unknown, "0x%08X is not a code that is known here.", (unsigned)hRes);
    return text_out("IWbemStatusCodeText::GetErrorCodeText", text ? text : unknown, lFlags, MessageText);
}

static HRESULT STDMETHODCALLTYPE status_text_GetFacilityCodeText(IWbemStatusCodeText *This, HRESULT hRes, LCID LocaleId,
                                                                 LONG lFlags, BSTR *MessageText)
{
    return text_out("IWbemStatusCodeText::GetFacilityCodeText", facility_text(hRes), lFlags, MessageText);
}

static const IWbemStatusCodeTextVtbl status_text_vtbl = {
    TRI_COM_UNKNOWN(IWbemStatusCodeText),
    .GetErrorCodeText = status_text_GetErrorCodeText,
    .GetFacilityCodeText = status_text_GetFacilityCodeText,
};

struct status_text {
    struct tri_com_object com;
    struct tri_com_face IWbemStatusCodeText_face;
};

static const struct tri_com_row status_text_rows[] = {
    {&IID_IWbemStatusCodeText, offsetof(struct status_text, IWbemStatusCodeText_face), &status_text_vtbl},
};

static const struct tri_com_class status_text_class = {
    .name = "status code text",
    .size = sizeof(struct status_text),
    .rows = status_text_rows,
    .row_count = sizeof status_text_rows / sizeof status_text_rows[0],
};

static HRESULT status_text_create(REFIID iid, void **ret)
{
    return tri_com_create(&status_text_class, iid, ret);
}

const struct tri_com_factory tri_wmi_status_text_factory = {&CLSID_WbemStatusCodeText, status_text_create};
