/* IVdsServiceLoader: what CoCreateInstance(CLSID_VdsLoader) makes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "storage/vds/face.h"
#include "storage/vds/service.h"

struct loader {
    struct tri_com_object com;
    struct tri_com_face IVdsServiceLoader_face;
};

HRESULT tri_vds_check_machine(LPCWSTR name)
{
    TRI_AUTO_FREE char *machine = NULL;
    char own[256] = "";
    HRESULT hr = tri_vds_utf8(name, &machine);
    if (FAILED(hr))
        return hr;
    gethostname(own, sizeof own - 1);
    if (!machine || !*machine || !strcmp(machine, ".") || !strcasecmp(machine, "localhost") ||
        !strcasecmp(machine, own))
        return S_OK;
    return tri_vds_refuse(HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE),
                          "Disks of other machines (\"%.200s\") cannot be reached: only those of this one.", machine);
}

static HRESULT STDMETHODCALLTYPE loader_LoadService(IVdsServiceLoader *This, LPWSTR pwszMachineName,
                                                    IVdsService **ppService)
{
    if (!ppService)
        return tri_vds_refuse(E_INVALIDARG, "IVdsServiceLoader::LoadService needs a place for the service.");
    *ppService = NULL;
    HRESULT hr = tri_vds_check_machine(pwszMachineName);
    return FAILED(hr) ? hr : tri_vds_service_new(&IID_IVdsService, (void **)ppService);
}

static const IVdsServiceLoaderVtbl loader_vtbl = {
    TRI_COM_UNKNOWN(IVdsServiceLoader),
    .LoadService = loader_LoadService,
};

static const struct tri_com_row loader_rows[] = {
    {&IID_IVdsServiceLoader, offsetof(struct loader, IVdsServiceLoader_face), &loader_vtbl},
};

static const struct tri_com_class loader_class = {
    .name = "loader",
    .size = sizeof(struct loader),
    .rows = loader_rows,
    .row_count = sizeof loader_rows / sizeof loader_rows[0],
};

static HRESULT loader_new(REFIID iid, void **ret)
{
    *ret = NULL;
    struct loader *loader = tri_com_new(&loader_class);
    if (!loader)
        return tri_vds_fail(-ENOMEM, NULL);
    HRESULT hr = tri_com_query(loader, iid, ret);
    tri_com_unref(loader);
    return hr;
}

const struct tri_com_factory tri_vds_loader_factory = {.clsid = &CLSID_VdsLoader, .create = loader_new};
