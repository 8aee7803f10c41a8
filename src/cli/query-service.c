#include "query-service.h"

#include "output.h"
#include "query-hint.h"
#include "query-value.h"
#include "verbs.h"

#define DEFAULT_NAMESPACE "root\\cimv2"

const struct tri_option tri_management_options[] = {
    {"namespace", 'n', "NAMESPACE", tri_parse_text, offsetof(struct tri_management_settings, name_space),
     "look there instead of in root\\cimv2"},
    {0},
};

HRESULT tri_management_connect(const char *name_space, IWbemServices **ret)
{
    TRI_AUTO_RELEASE IWbemLocator *locator = NULL;
    TRI_AUTO_BSTR BSTR path = tri_bstr(name_space);

    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    HRESULT hr = CoCreateInstance(&CLSID_WbemLocator, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemLocator, (void **)&locator);
    if (FAILED(hr))
        return hr;
    return IWbemLocator_ConnectServer(locator, path, NULL, NULL, NULL, 0, NULL, NULL, ret);
}

int tri_management_open(struct tri_management *management, const struct tri_cli *cli)
{
    const struct tri_management_settings *settings = cli->settings;

    *management = (struct tri_management){
        .cli = cli,
        .name_space = settings->name_space ? settings->name_space : DEFAULT_NAMESPACE,
    };
    HRESULT hr = tri_management_connect(management->name_space, &management->services);
    return FAILED(hr) ? tri_fail_com(cli, hr, "cannot open the namespace %s", tri_text_named(management->name_space)) : 0;
}

void tri_management_close(struct tri_management *management)
{
    tri_releasep(&management->services);
}

IWbemClassObject *tri_management_get(const struct tri_management *management, const char *path)
{
    TRI_AUTO_BSTR BSTR wide = tri_bstr(path);
    IWbemClassObject *object = NULL;

    HRESULT hr = *path ? IWbemServices_GetObject(management->services, wide, 0, NULL, &object, NULL)
                       : WBEM_E_INVALID_OBJECT_PATH; /* "" would be a class to be written */
    if (FAILED(hr)) {
        TRI_AUTO_FREE char *hint = tri_hint_path(management, hr, path);
        tri_fail_com_hint(management->cli, hr, hint, "cannot %s %s", management->cli->verb->name,
                          *path ? path : "\"\"");
    }
    return object;
}

VARIANT tri_object_get(IWbemClassObject *object, const char *name, CIMTYPE *ret_type)
{
    TRI_AUTO_BSTR BSTR wide = tri_bstr(name);
    VARIANT value = {0};

    if (FAILED(IWbemClassObject_Get(object, wide, 0, &value, ret_type, NULL))) {
        SetErrorInfo(0, NULL);
        V_VT(&value) = VT_NULL;
        if (ret_type)
            *ret_type = CIM_EMPTY;
    }
    return value;
}

char *tri_object_text(IWbemClassObject *object, const char *name)
{
    CIMTYPE type;
    TRI_AUTO_VARIANT VARIANT value = tri_object_get(object, name, &type);

    return V_VT(&value) == VT_NULL ? NULL : tri_value_text(&value, type);
}

bool tri_object_is_class(IWbemClassObject *object)
{
    TRI_AUTO_VARIANT VARIANT genus = tri_object_get(object, "__GENUS", NULL);

    return V_VT(&genus) == VT_I4 && V_I4(&genus) == WBEM_GENUS_CLASS;
}
