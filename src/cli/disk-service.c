#include "disk-service.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <trireme.h>
#include <windows.h>

#include "output.h"
#include "text.h"

void *tri_interface(void *object, REFIID iid)
{
    void *other = NULL;

    return object && SUCCEEDED(IUnknown_QueryInterface((IUnknown *)object, iid, &other)) ? other : NULL;
}

void *tri_enum_next(IEnumVdsObject *list, REFIID iid)
{
    IUnknown *object = NULL;
    ULONG count = 0;

    while (list && IEnumVdsObject_Next(list, 1, &object, &count) == S_OK) {
        void *found = tri_interface(object, iid);
        tri_releasep(&object);
        if (found)
            return found;
    }
    return NULL;
}

static HRESULT load_service(struct tri_disks *disks)
{
    TRI_AUTO_RELEASE IVdsServiceLoader *loader = NULL;

    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    HRESULT hr =
        CoCreateInstance(&CLSID_VdsLoader, NULL, CLSCTX_LOCAL_SERVER, &IID_IVdsServiceLoader, (void **)&loader);
    if (SUCCEEDED(hr))
        hr = IVdsServiceLoader_LoadService(loader, NULL, &disks->service);
    return SUCCEEDED(hr) ? IVdsService_WaitForServiceReady(disks->service) : hr;
}

static void *find_provider(const struct tri_disks *disks, DWORD mask, REFIID iid, HRESULT *ret_hr)
{
    TRI_AUTO_RELEASE IEnumVdsObject *providers = NULL;

    *ret_hr = IVdsService_QueryProviders(disks->service, mask, &providers);
    void *found = tri_enum_next(providers, iid);
    if (!found && SUCCEEDED(*ret_hr))
        *ret_hr = VDS_E_NO_SOFTWARE_PROVIDERS_LOADED;
    return found;
}

int tri_disks_open(struct tri_disks *disks, const struct tri_cli *cli)
{
    *disks = (struct tri_disks){.cli = cli};
    HRESULT hr = load_service(disks);

    if (SUCCEEDED(hr))
        disks->software = find_provider(disks, VDS_QUERY_SOFTWARE_PROVIDERS, &IID_IVdsSwProvider, &hr);
    if (SUCCEEDED(hr))
        disks->images = find_provider(disks, VDS_QUERY_VIRTUALDISK_PROVIDERS, &IID_IVdsVdProvider, &hr);
    return FAILED(hr) ? tri_disks_fail(disks, hr, "cannot open the disk service") : 0;
}

void tri_disks_close(struct tri_disks *disks)
{
    tri_releasep(&disks->images);
    tri_releasep(&disks->software);
    tri_releasep(&disks->service);
}

int tri_disks_fail(const struct tri_disks *disks, HRESULT hr, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int status = tri_vfail_com(disks->cli, hr, format, arguments);
    va_end(arguments);
    return status;
}

void tri_disks_forget_error(void)
{
    SetErrorInfo(0, NULL);
}

char *tri_text_taken(LPWSTR text)
{
    char *result = tri_text_of(text);

    CoTaskMemFree(text);
    return result;
}

json_t *tri_json_taken(LPWSTR text)
{
    TRI_AUTO_FREE char *bytes = tri_text_taken(text);

    return bytes ? json_string(bytes) : json_null();
}

char *tri_text_guid(const GUID *guid)
{
    WCHAR wide[39];
    char text[37] = "";

    if (StringFromGUID2(guid, wide, TRI_COUNT(wide)) == (int)TRI_COUNT(wide))
        for (size_t i = 0; i + 1 < sizeof(text); i++)
            text[i] = (char)tolower(wide[i + 1]);
    return tri_text_format("%s", text);
}
