/* The provider of ordinary disks: IVdsProvider, IVdsSwProvider. */
#include <errno.h>
#include <string.h>
#include <trireme.h>

#include "storage/vds/service.h"

struct provider {
    struct tri_com_object com;
    struct tri_com_face IVdsProvider_face, IVdsSwProvider_face;
};

static HRESULT STDMETHODCALLTYPE provider_GetProperties(IVdsProvider *This, VDS_PROVIDER_PROP *pProviderProp)
{
    if (!pProviderProp)
        return tri_vds_refuse(E_INVALIDARG, "IVdsProvider::GetProperties needs a place for the properties.");
    memset(pProviderProp, 0, sizeof(*pProviderProp));
    LPWSTR name, version;
    HRESULT hr = tri_vds_text("Trireme Basic Provider", &name);
    if (FAILED(hr))
        return hr;
    hr = tri_vds_text(trireme_version(), &version);
    if (FAILED(hr)) {
        CoTaskMemFree(name);
        return hr;
    }
    struct tri_uuid version_id = tri_uuid_named("vds:provider:%s", trireme_version());
    *pProviderProp = (VDS_PROVIDER_PROP){
        .id = tri_vds_software_provider_id,
        .pwszName = name,
        .guidVersionId = tri_vds_guid(&version_id),
        .pwszVersion = version,
        .type = VDS_PT_SOFTWARE,
        .ulFlags = VDS_PF_ONE_DISK_ONLY_PER_PACK | VDS_PF_VOLUME_SPACE_MUST_BE_CONTIGUOUS,
    };
    return S_OK;
}

static const IVdsProviderVtbl provider_vtbl = {
    TRI_COM_UNKNOWN(IVdsProvider),
    .GetProperties = provider_GetProperties,
};

static HRESULT STDMETHODCALLTYPE software_QueryPacks(IVdsSwProvider *This, IEnumVdsObject **ppEnum)
{
    if (!ppEnum)
        return tri_vds_refuse(E_INVALIDARG, "IVdsSwProvider::QueryPacks needs a place for the enumerator.");
    *ppEnum = NULL;
    struct tri_vds_list list = {0};
    HRESULT hr = tri_vds_list_disks(true, tri_vds_pack_new, &list);
    return FAILED(hr) ? hr : tri_vds_enum_new(&list, ppEnum);
}

/* Nothing is made until a disk is added to it. */
static HRESULT STDMETHODCALLTYPE software_CreatePack(IVdsSwProvider *This, IVdsPack **ppPack)
{
    if (!ppPack)
        return tri_vds_refuse(E_INVALIDARG, "IVdsSwProvider::CreatePack needs a place for the pack.");
    return tri_vds_pack_new(0, &IID_IVdsPack, (void **)ppPack);
}

static const IVdsSwProviderVtbl software_vtbl = {
    TRI_COM_UNKNOWN(IVdsSwProvider),
    .QueryPacks = software_QueryPacks,
    .CreatePack = software_CreatePack,
};

static const struct tri_com_row provider_rows[] = {
    {&IID_IVdsProvider, offsetof(struct provider, IVdsProvider_face), &provider_vtbl},
    {&IID_IVdsSwProvider, offsetof(struct provider, IVdsSwProvider_face), &software_vtbl},
};

static const struct tri_com_class provider_class = {
    .name = "provider",
    .size = sizeof(struct provider),
    .rows = provider_rows,
    .row_count = sizeof provider_rows / sizeof provider_rows[0],
};

HRESULT tri_vds_software_provider_new(REFIID iid, void **ret)
{
    *ret = NULL;
    struct provider *provider = tri_com_new(&provider_class);
    if (!provider)
        return tri_vds_fail(-ENOMEM, NULL);
    HRESULT hr = tri_com_query(provider, iid, ret);
    tri_com_unref(provider);
    return hr;
}
