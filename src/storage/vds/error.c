#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <trireme-storage.h>

#include "com/errorinfo.h"
#include "storage/vds/face.h"

static const struct row {
    int code;
    HRESULT hresult;
    const char *sentence;
} rows[] = {
#define ROW(code_, hresult_, sentence_) {(code_), (hresult_), (sentence_)},
#define KIND(type_, code_, hresult_)
#include "storage/vds/hresult.def"
#undef ROW
#undef KIND
};

static const struct kind_row {
    unsigned type; /* VDS_ASYNC_OUTPUT_TYPE, or one of Trireme's own beyond it */
    int code;
    HRESULT hresult;
} kind_rows[] = {
#define ROW(code_, hresult_, sentence_)
#define KIND(type_, code_, hresult_) {(type_), (code_), (hresult_)},
#include "storage/vds/hresult.def"
#undef ROW
#undef KIND
};

static const struct row *find(int code)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].code == code)
            return &rows[i];
    return NULL;
}

HRESULT tri_vds_hresult(int code)
{
    if (code >= 0)
        return S_OK;
    const struct row *row = find(code);
    return row ? row->hresult : E_FAIL;
}

HRESULT tri_vds_hresult_of(VDS_ASYNC_OUTPUT_TYPE type, int code)
{
    for (size_t i = 0; i < sizeof kind_rows / sizeof kind_rows[0]; i++)
        if (kind_rows[i].type == (unsigned)type && kind_rows[i].code == code)
            return kind_rows[i].hresult;
    return tri_vds_hresult(code);
}

void tri_vds_tell(int code, const struct tri_error *error)
{
    const struct row *row = find(code);
    const char *text = error && error->text ? error->text : row ? row->sentence : "The request failed.";
    tri_com_set_error("Trireme", text);
}

HRESULT tri_vds_fail_as(HRESULT hr, int code, struct tri_error *error)
{
    if (FAILED(hr))
        tri_vds_tell(code, error);
    if (error)
        tri_error_clear(error);
    return hr;
}

HRESULT tri_vds_fail(int code, struct tri_error *error)
{
    return tri_vds_fail_as(tri_vds_hresult(code), code, error);
}

HRESULT tri_vds_refuse(HRESULT hr, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    tri_com_set_error("Trireme", text);
    return hr;
}

HRESULT tri_vds_no_place(const char *method)
{
    return tri_vds_refuse(E_INVALIDARG, "%s needs a place for its answer, and was given NULL.", method);
}
