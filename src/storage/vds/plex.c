/* The one plex of a volume: one extent on one disk. */
#include <errno.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "storage/vds/volume.h"

struct plex {
    struct tri_com_object object;
    struct tri_com_face plex;
    struct tri_volume_id volume;
};

static HRESULT volume_read(const void *This, struct tri_volume **ret)
{
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    const struct plex *plex = tri_com_face_object(This);
    int code = tri_volume_read(&plex->volume, ret, &error);
    return code < 0 ? tri_vds_fail(code, &error) : S_OK;
}

static HRESULT STDMETHODCALLTYPE plex_GetProperties(IVdsVolumePlex *This, VDS_VOLUME_PLEX_PROP *pPlexProperties)
{
    TRI_AUTO_VOLUME struct tri_volume *volume = NULL;
    if (!pPlexProperties)
        return tri_vds_no_place("IVdsVolumePlex::GetProperties");
    *pPlexProperties = (VDS_VOLUME_PLEX_PROP){0};
    HRESULT hr = volume_read(This, &volume);
    if (FAILED(hr))
        return hr;
    *pPlexProperties = (VDS_VOLUME_PLEX_PROP){
        .id = tri_vds_plex_id(&volume->id),
        .type = VDS_VPT_SIMPLE,
        .status = volume->size_bytes ? VDS_VPS_ONLINE : VDS_VPS_NO_MEDIA,
        .health = VDS_H_HEALTHY,
        .TransitionState = VDS_TS_STABLE,
        .ullSize = volume->size_bytes,
        .ulNumberOfMembers = 1,
    };
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE plex_GetVolume(IVdsVolumePlex *This, IVdsVolume **ppVolume)
{
    TRI_AUTO_VOLUME struct tri_volume *volume = NULL;
    if (!ppVolume)
        return tri_vds_no_place("IVdsVolumePlex::GetVolume");
    *ppVolume = NULL;
    HRESULT hr = volume_read(This, &volume);
    return FAILED(hr) ? hr : tri_vds_volume_new(&volume->id, &IID_IVdsVolume, (void **)ppVolume);
}

static HRESULT STDMETHODCALLTYPE plex_QueryExtents(IVdsVolumePlex *This, VDS_DISK_EXTENT **ppExtentArray,
                                                   LONG *plNumberOfExtents)
{
    TRI_AUTO_VOLUME struct tri_volume *volume = NULL;
    if (!ppExtentArray || !plNumberOfExtents)
        return tri_vds_no_place("IVdsVolumePlex::QueryExtents");
    *ppExtentArray = NULL;
    *plNumberOfExtents = 0;
    HRESULT hr = volume_read(This, &volume);
    VDS_DISK_EXTENT *extent = SUCCEEDED(hr) ? tri_vds_zeroed(1, sizeof(*extent)) : NULL;
    if (!extent)
        return FAILED(hr) ? hr : E_OUTOFMEMORY;
    *extent = (VDS_DISK_EXTENT){
        .diskId = tri_vds_disk_id(volume->id.sequence),
        .type = VDS_DET_DATA,
        .ullOffset = volume->id.offset_bytes,
        .ullSize = volume->size_bytes,
        .volumeId = tri_vds_volume_id(&volume->id),
        .plexId = tri_vds_plex_id(&volume->id),
    };
    *ppExtentArray = extent;
    *plNumberOfExtents = 1;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE plex_Repair(IVdsVolumePlex *This, VDS_INPUT_DISK *pInputDiskArray, LONG lNumberOfDisks,
                                             IVdsAsync **ppAsync)
{
    (void)This, (void)pInputDiskArray, (void)lNumberOfDisks;
    if (!ppAsync)
        return tri_vds_no_place("IVdsVolumePlex::Repair");
    *ppAsync = NULL;
    return tri_vds_refuse(VDS_E_NOT_SUPPORTED, "A plex with one member has nothing to be repaired from.");
}

static const IVdsVolumePlexVtbl vtbl = {
    TRI_COM_UNKNOWN(IVdsVolumePlex),
    .GetProperties = plex_GetProperties,
    .GetVolume = plex_GetVolume,
    .QueryExtents = plex_QueryExtents,
    .Repair = plex_Repair,
};
static const struct tri_com_row rows[] = {{&IID_IVdsVolumePlex, offsetof(struct plex, plex), &vtbl}};
static const struct tri_com_class plex_class = {
    .name = "plex", .size = sizeof(struct plex), .rows = rows, .row_count = sizeof(rows) / sizeof(*rows)};

HRESULT tri_vds_plex_new(const struct tri_volume_id *volume, REFIID iid, void **ret)
{
    *ret = NULL;
    struct plex *plex = tri_com_new(&plex_class);
    if (!plex)
        return E_OUTOFMEMORY;
    plex->volume = *volume;
    HRESULT hr = tri_com_query(plex, iid, ret);
    tri_com_unref(plex);
    return hr;
}
