#include "com/errorinfo.h"

#include "base/cleanup.h"
#include "base/utf16.h"
#include "com/object.h"

#include <windows/oleauto.h>

/* ---- the object ---- */

struct error_info {
    struct tri_com_object com;
    struct tri_com_face IErrorInfo_face;
    char16_t *source; /* or NULL */
    char16_t *text;
};

static HRESULT copy_out(const char16_t *text, BSTR *ret)
{
    if (!ret)
        return E_INVALIDARG;
    *ret = SysAllocString(text);
    return *ret || !text ? S_OK : E_OUTOFMEMORY;
}

static HRESULT STDMETHODCALLTYPE error_info_GetGUID(IErrorInfo *This, GUID *pGUID)
{
    if (!pGUID)
        return E_INVALIDARG;
    *pGUID = GUID_NULL;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE error_info_GetSource(IErrorInfo *This, BSTR *pBstrSource)
{
    const struct error_info *info = tri_com_face_object(This);
    return copy_out(info->source, pBstrSource);
}

static HRESULT STDMETHODCALLTYPE error_info_GetDescription(IErrorInfo *This, BSTR *pBstrDescription)
{
    const struct error_info *info = tri_com_face_object(This);
    return copy_out(info->text, pBstrDescription);
}

static HRESULT STDMETHODCALLTYPE error_info_GetHelpFile(IErrorInfo *This, BSTR *pBstrHelpFile)
{
    return copy_out(NULL, pBstrHelpFile);
}

static HRESULT STDMETHODCALLTYPE error_info_GetHelpContext(IErrorInfo *This, DWORD *pdwHelpContext)
{
    if (!pdwHelpContext)
        return E_INVALIDARG;
    *pdwHelpContext = 0;
    return S_OK;
}

static const IErrorInfoVtbl error_info_vtbl = {
    TRI_COM_UNKNOWN(IErrorInfo),
    .GetGUID = error_info_GetGUID,
    .GetSource = error_info_GetSource,
    .GetDescription = error_info_GetDescription,
    .GetHelpFile = error_info_GetHelpFile,
    .GetHelpContext = error_info_GetHelpContext,
};

static void error_info_destroy(void *object)
{
    struct error_info *info = object;
    free(info->source);
    free(info->text);
}

static const struct tri_com_row error_info_rows[] = {
    {&IID_IErrorInfo, offsetof(struct error_info, IErrorInfo_face), &error_info_vtbl},
};

static const struct tri_com_class error_info_class = {
    .name = "error information",
    .size = sizeof(struct error_info),
    .rows = error_info_rows,
    .row_count = 1,
    .destroy = error_info_destroy,
};

static struct error_info *error_info_new(const char *source, const char *text)
{
    struct error_info *info = tri_com_new(&error_info_class);
    if (!info)
        return NULL;
    if (tri_utf16_from_utf8(text, &info->text) < 0 || (source && tri_utf16_from_utf8(source, &info->source) < 0)) {
        tri_com_unref(info);
        return NULL;
    }
    return info;
}

/* ---- the thread's ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool have_key;

static void release(void *info)
{
    ((IErrorInfo *)info)->lpVtbl->Release(info);
}

static void make_key(void)
{
    have_key = pthread_key_create(&key, release) == 0;
}

/* Takes the thread's information away and leaves that in its place. Without a key (a process has a thousand) there is
 * none ever. */
static IErrorInfo *exchange(IErrorInfo *info)
{
    pthread_once(&once, make_key);
    IErrorInfo *before = have_key ? pthread_getspecific(key) : NULL;
    if (info && (!have_key || pthread_setspecific(key, info) != 0)) {
        release(info);
        info = NULL;
    }
    if (!info && before)
        pthread_setspecific(key, NULL); /* cannot fail: the slot is there */
    return before;
}

static void replace(IErrorInfo *info)
{
    IErrorInfo *before = exchange(info);
    if (before)
        release(before);
}

HRESULT WINAPI GetErrorInfo(ULONG dwReserved, IErrorInfo **pperrinfo)
{
    if (dwReserved != 0 || !pperrinfo)
        return E_INVALIDARG;
    *pperrinfo = exchange(NULL);
    return *pperrinfo ? S_OK : S_FALSE;
}

HRESULT WINAPI SetErrorInfo(ULONG dwReserved, IErrorInfo *perrinfo)
{
    if (dwReserved != 0)
        return E_INVALIDARG;
    if (perrinfo)
        perrinfo->lpVtbl->AddRef(perrinfo);
    replace(perrinfo);
    return S_OK;
}

void tri_com_set_error(const char *source, const char *text_utf8)
{
    struct error_info *info = text_utf8 ? error_info_new(source, text_utf8) : NULL;
    replace(info ? (IErrorInfo *)&info->IErrorInfo_face : NULL);
}
