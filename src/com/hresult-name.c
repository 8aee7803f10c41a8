#include <trireme.h>
#include <vdserr.h>
#include <wbemidl.h>

#define WIN32_CODE(number) (0x80070000u | (number))

#define HRESULT_ROW(name, code, text) TRIREME_STATIC_ASSERT((uint32_t)(name) == (code), "as the header has it");
#define HRESULT_NAME(name, code) TRIREME_STATIC_ASSERT((uint32_t)(name) == (code), "as the header has it");
#define WIN32_ROW(name, number, text) TRIREME_STATIC_ASSERT((name) == (number), "as the header has it");
#include "com/hresult.def"
#undef HRESULT_ROW
#undef HRESULT_NAME
#undef WIN32_ROW

const char *trireme_hresult_name(HRESULT result)
{
    switch ((uint32_t)result) {
#define HRESULT_ROW(name, code, text) \
    case code:                        \
        return #name;
#define HRESULT_NAME(name, code) \
    case code:                   \
        return #name;
#define WIN32_ROW(name, number, text) \
    case WIN32_CODE(number):          \
        return #name;
#include "com/hresult.def"
#undef HRESULT_ROW
#undef HRESULT_NAME
#undef WIN32_ROW
    default:
        return NULL;
    }
}

const char *trireme_hresult_text(HRESULT result)
{
    switch ((uint32_t)result) {
#define HRESULT_ROW(name, code, text) \
    case code:                        \
        return text;
#define HRESULT_NAME(name, code)
#define WIN32_ROW(name, number, text) \
    case WIN32_CODE(number):          \
        return text;
#include "com/hresult.def"
#undef HRESULT_ROW
#undef HRESULT_NAME
#undef WIN32_ROW
    default:
        return NULL;
    }
}
