/* IUnsecuredApartment, which programs ask for a stub around their sink, so that the service may call it from elsewhere.
 * Here it is called from the same process, so that an object is its own stub: CancelAsyncCall knows it by either. */
#include "management/wmi/face.h"

struct apartment {
    struct tri_com_object com;
    struct tri_com_face IWbemUnsecuredApartment_face;
};

static HRESULT stub_of(const char *method, void *object, REFIID iid, void **ret)
{
    if (ret)
        *ret = NULL;
    if (!object || !ret)
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method, "%s needs an object, and a place for its stub.",
                              method);
    IUnknown *unknown = object;
    HRESULT hr = unknown->lpVtbl->QueryInterface(unknown, iid, ret);
    if (FAILED(hr))
        return tri_wmi_refuse(hr, method,
                              "The object given to %s does not have the interface that it is to be called by.", method);
    tri_wmi_clear_error();
    return WBEM_S_NO_ERROR;
}

static HRESULT STDMETHODCALLTYPE apartment_CreateObjectStub(IWbemUnsecuredApartment *This, IUnknown *pObject,
                                                            IUnknown **ppStub)
{
    return stub_of("IUnsecuredApartment::CreateObjectStub", pObject, &IID_IUnknown, (void **)ppStub);
}

static HRESULT STDMETHODCALLTYPE apartment_CreateSinkStub(IWbemUnsecuredApartment *This, IWbemObjectSink *pSink,
                                                          DWORD dwFlags, LPCWSTR wszReserved, IWbemObjectSink **ppStub)
{
    static const char method[] = "IWbemUnsecuredApartment::CreateSinkStub";
    if (dwFlags > WBEM_FLAG_UNSECAPP_DONT_CHECK_ACCESS || wszReserved) {
        if (ppStub)
            *ppStub = NULL;
        return tri_wmi_refuse(WBEM_E_INVALID_PARAMETER, method,
                              "%s takes one of the flags WBEM_FLAG_UNSECAPP_..., and NULL for what is reserved.",
                              method);
    }
    return stub_of(method, pSink, &IID_IWbemObjectSink, (void **)ppStub);
}

static const IWbemUnsecuredApartmentVtbl apartment_vtbl = {
    TRI_COM_UNKNOWN(IWbemUnsecuredApartment),
    .CreateObjectStub = apartment_CreateObjectStub,
    .CreateSinkStub = apartment_CreateSinkStub,
};

static const struct tri_com_row apartment_rows[] = {
    {&IID_IWbemUnsecuredApartment, offsetof(struct apartment, IWbemUnsecuredApartment_face), &apartment_vtbl},
    {&IID_IUnsecuredApartment, offsetof(struct apartment, IWbemUnsecuredApartment_face), &apartment_vtbl},
};

static const struct tri_com_class apartment_class = {
    .name = "unsecured apartment",
    .size = sizeof(struct apartment),
    .rows = apartment_rows,
    .row_count = sizeof apartment_rows / sizeof apartment_rows[0],
};

static HRESULT apartment_create(REFIID iid, void **ret)
{
    return tri_com_create(&apartment_class, iid, ret);
}

const struct tri_com_factory tri_wmi_unsecured_apartment_factory = {&CLSID_UnsecuredApartment, apartment_create};
