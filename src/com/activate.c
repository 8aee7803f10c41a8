/* Making objects, and what makes them: the classes in the library's table. */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/utf16.h"
#include "com/class.h"
#include "com/object.h"

#include <windows/combaseapi.h>

static const struct tri_com_factory *find_factory(REFCLSID rclsid)
{
    const struct tri_com_factory *const *factory = tri_com_factories;
    while (*factory && !IsEqualCLSID((*factory)->clsid, rclsid))
        factory++;
    return *factory;
}

/* The checks that everything which makes something of a class begins with; *ppv becomes NULL. */
static HRESULT look_up(REFCLSID rclsid, REFIID riid, LPVOID *ppv, const struct tri_com_factory **ret)
{
    if (!ppv)
        return E_POINTER;
    *ppv = NULL;
    if (!rclsid || !riid)
        return E_INVALIDARG;
    *ret = find_factory(rclsid);
    return *ret ? S_OK : REGDB_E_CLASSNOTREG;
}

HRESULT WINAPI CoCreateInstance(REFCLSID rclsid, LPUNKNOWN pUnkOuter, DWORD dwClsContext, REFIID riid, LPVOID *ppv)
{
    const struct tri_com_factory *factory;
    HRESULT hr = look_up(rclsid, riid, ppv, &factory);
    if (FAILED(hr))
        return hr;
    if (pUnkOuter)
        return CLASS_E_NOAGGREGATION;
    return factory->create(riid, ppv);
}

/* ---- the class itself ---- */

struct class_object {
    struct tri_com_object com;
    struct tri_com_face IClassFactory_face;
    const struct tri_com_factory *factory;
};

static HRESULT STDMETHODCALLTYPE class_object_CreateInstance(IClassFactory *This, IUnknown *pUnkOuter, REFIID riid,
                                                             void **ppvObject)
{
    const struct class_object *object = tri_com_face_object(This);
    return CoCreateInstance(object->factory->clsid, pUnkOuter, CLSCTX_ALL, riid, ppvObject);
}

static HRESULT STDMETHODCALLTYPE class_object_LockServer(IClassFactory *This, BOOL fLock)
{
    return S_OK;
}

static const IClassFactoryVtbl class_object_vtbl = {
    TRI_COM_UNKNOWN(IClassFactory),
    .CreateInstance = class_object_CreateInstance,
    .LockServer = class_object_LockServer,
};

static const struct tri_com_row class_object_rows[] = {
    {&IID_IClassFactory, offsetof(struct class_object, IClassFactory_face), &class_object_vtbl},
};

static const struct tri_com_class class_object_class = {
    .name = "class object",
    .size = sizeof(struct class_object),
    .rows = class_object_rows,
    .row_count = 1,
};

HRESULT WINAPI CoGetClassObject(REFCLSID rclsid, DWORD dwClsContext, LPVOID pvReserved, REFIID riid, LPVOID *ppv)
{
    const struct tri_com_factory *factory;
    HRESULT hr = look_up(rclsid, riid, ppv, &factory);
    if (FAILED(hr))
        return hr;
    struct class_object *object = tri_com_new(&class_object_class);
    if (!object)
        return E_OUTOFMEMORY;
    object->factory = factory;
    hr = tri_com_query(object, riid, ppv);
    tri_com_unref(object);
    return hr;
}

/* ---- several interfaces at once ---- */

static HRESULT check_machine(const COSERVERINFO *server)
{
    TRI_AUTO_FREE char *name = NULL;
    char own[256] = "";
    if (!server || !server->pwszName || !*server->pwszName)
        return S_OK;
    if (tri_utf8_from_utf16(server->pwszName, &name) < 0)
        return E_OUTOFMEMORY;
    gethostname(own, sizeof own - 1);
    if (!strcmp(name, ".") || !strcasecmp(name, "localhost") || !strcasecmp(name, own))
        return S_OK;
    return HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE);
}

static HRESULT query_each(IUnknown *object, DWORD count, MULTI_QI *results)
{
    DWORD found = 0;
    for (DWORD i = 0; i < count; i++) {
        results[i].hr = object->lpVtbl->QueryInterface(object, results[i].pIID, (void **)&results[i].pItf);
        found += SUCCEEDED(results[i].hr);
    }
    if (found == count)
        return S_OK;
    return found ? CO_S_NOTALLINTERFACES : E_NOINTERFACE;
}

HRESULT WINAPI CoCreateInstanceEx(REFCLSID Clsid, IUnknown *punkOuter, DWORD dwClsCtx, COSERVERINFO *pServerInfo,
                                  DWORD dwCount, MULTI_QI *pResults)
{
    IUnknown *object;
    if (dwCount == 0 || !pResults)
        return E_INVALIDARG;
    HRESULT hr = check_machine(pServerInfo);
    if (SUCCEEDED(hr))
        hr = CoCreateInstance(Clsid, punkOuter, dwClsCtx, &IID_IUnknown, (void **)&object);
    if (FAILED(hr)) {
        for (DWORD i = 0; i < dwCount; i++) {
            pResults[i].pItf = NULL;
            pResults[i].hr = hr;
        }
        return hr;
    }
    hr = query_each(object, dwCount, pResults);
    object->lpVtbl->Release(object);
    return hr;
}
