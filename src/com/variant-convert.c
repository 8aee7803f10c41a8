/* Automation's conversions. Every value that counts something passes through struct number: exactly as a whole number
 * divided by a power of ten, where it is one, and as a double always. */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "com/variant.h"

#define SCALE_MAX 28     /* of a DECIMAL */
#define CURRENCY_SCALE 4 /* a CY counts ten-thousandths */
#define TEXT_BYTES 64    /* the longest text of a number, and of one that is read */
#define DATE_FIRST -657434.0
#define DATE_END 2958466.0

__extension__ typedef __int128 wide;

struct number {
    bool is_exact; /* mantissa / 10^scale */
    wide mantissa; /* below 2^96, whatever its sign */
    int scale;     /* 0 to SCALE_MAX */
    double real;
};

/* ---- numbers ---- */

static wide power_of_ten(int exponent)
{
    wide power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

static struct number exact(wide mantissa, int scale)
{
    return (struct number){true, mantissa, scale, (double)mantissa / (double)power_of_ten(scale)};
}

static struct number inexact(double real)
{
    return (struct number){.real = real};
}

static wide divide_half_even(wide value, wide divisor)
{
    wide quotient = value / divisor, rest = value % divisor;
    wide twice = 2 * (rest < 0 ? -rest : rest);
    if (twice > divisor || (twice == divisor && quotient % 2 != 0))
        quotient += value < 0 ? -1 : 1;
    return quotient;
}

/* The number times 10^scale, rounded to a whole one. */
static HRESULT to_whole(const struct number *number, int scale, wide *ret)
{
    if (number->is_exact) {
        if (number->scale > scale)
            *ret = divide_half_even(number->mantissa, power_of_ten(number->scale - scale));
        else if (__builtin_mul_overflow(number->mantissa, power_of_ten(scale - number->scale), ret))
            return DISP_E_OVERFLOW;
        return S_OK;
    }
    double real = rint(number->real * (double)power_of_ten(scale));
    if (!(fabs(real) < 0x1p64)) /* not a number, too */
        return DISP_E_OVERFLOW;
    *ret = (wide)real;
    return S_OK;
}

/* ---- text to numbers ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static locale_t c_locale;

static void make_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static locale_t plain_locale(void)
{
    pthread_once(&once, make_locale);
    return c_locale;
}

/* ASCII without the spaces around it; false: it is something else, or longer than any number. */
static bool read_text(BSTR string, char text[static TEXT_BYTES])
{
    size_t first = 0, end = SysStringLen(string);
    while (first < end && string[first] == ' ')
        first++;
    while (end > first && string[end - 1] == ' ')
        end--;
    if (end - first >= TEXT_BYTES)
        return false;
    for (size_t i = first; i < end; i++) {
        if (string[i] == 0 || string[i] > '~')
            return false;
        text[i - first] = (char)string[i];
    }
    text[end - first] = '\0';
    return true;
}

/* Reads [+-]digits[.digits] exactly; false: it is something else, or does not fit. */
static bool read_exact(const char *text, struct number *ret)
{
    bool is_negative = *text == '-', has_point = false, has_digits = false;
    wide mantissa = 0;
    int scale = 0;
    text += *text == '-' || *text == '+';
    for (; *text; text++) {
        if (*text == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (*text < '0' || *text > '9' || mantissa >> 92 || scale == SCALE_MAX)
            return false;
        has_digits = true;
        mantissa = 10 * mantissa + (*text - '0');
        scale += has_point;
    }
    if (has_digits)
        *ret = exact(is_negative ? -mantissa : mantissa, scale);
    return has_digits;
}

static HRESULT read_number(const char *text, struct number *ret)
{
    char *end;
    if (!*text || text[strspn(text, "0123456789+-.eE")]) /* strtod would take spaces, hexadecimals, names */
        return DISP_E_TYPEMISMATCH;
    locale_t locale = plain_locale();
    double real = locale ? strtod_l(text, &end, locale) : strtod(text, &end);
    if (*end)
        return DISP_E_TYPEMISMATCH;
    if (!isfinite(real))
        return DISP_E_OVERFLOW;
    if (!read_exact(text, ret))
        *ret = inexact(real);
    ret->real = real; /* the nearest there is, which dividing would miss */
    return S_OK;
}

/* ---- dates: days since 30 December 1899, the time of day counted forward on each of them ---- */

#define SECONDS_OF_DAY 86400
#define EPOCH_DAYS 25569 /* to 1 January 1970 */

static bool date_from_text(const char *text, double *ret)
{
    struct tm time = {0}, same;
    int used = 0;
    if (sscanf(text, "%4d-%2d-%2d%n", &time.tm_year, &time.tm_mon, &time.tm_mday, &used) != 3)
        return false;
    text += used;
    if (*text && (sscanf(text, " %2d:%2d:%2d%n", &time.tm_hour, &time.tm_min, &time.tm_sec, &used) != 3 || text[used]))
        return false;
    time.tm_year -= 1900;
    time.tm_mon--;
    same = time;
    time_t seconds = timegm(&same);
    if (same.tm_mon != time.tm_mon || same.tm_mday != time.tm_mday || same.tm_hour != time.tm_hour ||
        same.tm_min != time.tm_min || same.tm_sec != time.tm_sec)
        return false; /* 30 February */
    int64_t day = (int64_t)floor((double)seconds / SECONDS_OF_DAY);
    double fraction = (double)(seconds - day * SECONDS_OF_DAY) / SECONDS_OF_DAY;
    double days = (double)(day + EPOCH_DAYS);
    *ret = days < 0 ? days - fraction : days + fraction;
    return true;
}

static HRESULT date_to_text(double date, char text[static TEXT_BYTES])
{
    if (!(date > DATE_FIRST - 1 && date < DATE_END))
        return DISP_E_OVERFLOW;
    double days = trunc(date);
    time_t seconds = ((time_t)days - EPOCH_DAYS) * SECONDS_OF_DAY + lrint(fabs(date - days) * SECONDS_OF_DAY);
    struct tm time;
    gmtime_r(&seconds, &time);
    strftime(text, TEXT_BYTES, "%Y-%m-%d %H:%M:%S", &time);
    return S_OK;
}

/* ---- any value to a number ---- */

static HRESULT number_from_text(BSTR string, struct number *ret)
{
    char text[TEXT_BYTES];
    return read_text(string, text) ? read_number(text, ret) : DISP_E_TYPEMISMATCH;
}

static struct number number_from_decimal(const DECIMAL *decimal)
{
    wide mantissa = ((wide)decimal->Hi32 << 64) | decimal->Lo64;
    return exact(decimal->sign & DECIMAL_NEG ? -mantissa : mantissa, decimal->scale <= SCALE_MAX ? decimal->scale : 0);
}

static HRESULT to_number(const VARIANT *from, struct number *ret)
{
    switch (from->vt) {
    case VT_EMPTY:
        *ret = exact(0, 0);
        return S_OK;
    case VT_I1:
        *ret = exact((signed char)from->cVal, 0);
        return S_OK;
    case VT_UI1:
        *ret = exact(from->bVal, 0);
        return S_OK;
    case VT_I2:
    case VT_BOOL:
        *ret = exact(from->iVal, 0);
        return S_OK;
    case VT_UI2:
        *ret = exact(from->uiVal, 0);
        return S_OK;
    case VT_I4:
    case VT_INT:
        *ret = exact(from->lVal, 0);
        return S_OK;
    case VT_UI4:
    case VT_UINT:
        *ret = exact(from->ulVal, 0);
        return S_OK;
    case VT_I8:
        *ret = exact(from->llVal, 0);
        return S_OK;
    case VT_UI8:
        *ret = exact((wide)from->ullVal, 0);
        return S_OK;
    case VT_R4:
        *ret = inexact(from->fltVal);
        return S_OK;
    case VT_R8:
    case VT_DATE:
        *ret = inexact(from->dblVal);
        return S_OK;
    case VT_CY:
        *ret = exact(from->cyVal.int64, CURRENCY_SCALE);
        return S_OK;
    case VT_DECIMAL:
        *ret = number_from_decimal(&from->decVal);
        return S_OK;
    case VT_BSTR:
        return number_from_text(from->bstrVal, ret);
    default:
        return DISP_E_TYPEMISMATCH;
    }
}

/* ---- numbers to values ---- */

/* digits: all in all, or behind the point where it is fixed. */
static void print_real(double real, int digits, bool is_fixed, char text[static TEXT_BYTES])
{
    locale_t locale = plain_locale(), before = locale ? uselocale(locale) : (locale_t)0;
    snprintf(text, TEXT_BYTES, is_fixed ? "%.*f" : "%.*G", digits, real);
    if (locale)
        uselocale(before);
}

/* Bits of the whole number that a type holds, negative where it is signed; 0: it holds none. */
static int whole_bits(VARTYPE type)
{
    static const signed char bits[] = {[VT_I1] = -8, [VT_I2] = -16, [VT_I4] = -32, [VT_INT] = -32, [VT_I8] = -64,
                                       [VT_UI1] = 8, [VT_UI2] = 16, [VT_UI4] = 32, [VT_UINT] = 32, [VT_UI8] = 64};
    return type < sizeof bits ? bits[type] : 0;
}

static HRESULT write_whole(const struct number *number, int bits, VARIANT *ret)
{
    wide value, limit = (wide)1 << (bits < 0 ? -bits - 1 : bits);
    HRESULT hr = to_whole(number, 0, &value);
    if (FAILED(hr))
        return hr;
    if (value >= limit || value < (bits < 0 ? -limit : 0))
        return DISP_E_OVERFLOW;
    ret->ullVal = (ULONGLONG)value; /* little-endian: every narrower member is its beginning */
    return S_OK;
}

static HRESULT write_currency(const struct number *number, VARIANT *ret)
{
    wide value;
    HRESULT hr = to_whole(number, CURRENCY_SCALE, &value);
    if (FAILED(hr))
        return hr;
    if (value > INT64_MAX || value < INT64_MIN)
        return DISP_E_OVERFLOW;
    ret->cyVal.int64 = (LONGLONG)value;
    return S_OK;
}

static HRESULT write_decimal(const struct number *number, VARIANT *ret)
{
    char text[TEXT_BYTES];
    struct number rounded = *number;
    if (!number->is_exact) { /* to the digits that a double is good for */
        int digits_before = number->real == 0 ? 1 : (int)floor(log10(fabs(number->real))) + 1;
        int places = digits_before < 1 ? SCALE_MAX : 15 - digits_before;
        print_real(number->real, places > 0 ? places : 0, true, text);
        if (!(fabs(number->real) < 0x1p96) || !read_exact(text, &rounded))
            return DISP_E_OVERFLOW;
    }
    wide magnitude = rounded.mantissa < 0 ? -rounded.mantissa : rounded.mantissa;
    if (magnitude >> 96)
        return DISP_E_OVERFLOW;
    ret->decVal = (DECIMAL){.Hi32 = (ULONG)(magnitude >> 64), .Lo64 = (ULONGLONG)magnitude};
    ret->decVal.scale = (BYTE)rounded.scale;
    ret->decVal.sign = rounded.mantissa < 0 ? DECIMAL_NEG : 0;
    return S_OK;
}

static HRESULT write_number(const struct number *number, VARTYPE to, VARIANT *ret)
{
    int bits = whole_bits(to);
    if (bits != 0)
        return write_whole(number, bits, ret);
    switch (to) {
    case VT_R4:
        if (isfinite(number->real) && fabs(number->real) > FLT_MAX)
            return DISP_E_OVERFLOW;
        ret->fltVal = (FLOAT)number->real;
        return S_OK;
    case VT_R8:
        ret->dblVal = number->real;
        return S_OK;
    case VT_DATE:
        if (!(number->real > DATE_FIRST - 1 && number->real < DATE_END))
            return DISP_E_OVERFLOW;
        ret->date = number->real;
        return S_OK;
    case VT_BOOL:
        ret->boolVal = number->real != 0 ? VARIANT_TRUE : VARIANT_FALSE;
        return S_OK;
    case VT_CY:
        return write_currency(number, ret);
    case VT_DECIMAL:
        return write_decimal(number, ret);
    default:
        return DISP_E_TYPEMISMATCH;
    }
}

/* ---- any value to text ---- */

/* Digits with a point where one belongs, and no zeros behind the last that counts. */
static void print_exact(const struct number *number, char text[static TEXT_BYTES])
{
    wide rest = number->mantissa < 0 ? -number->mantissa : number->mantissa;
    int scale = number->scale;
    while (scale > 0 && rest % 10 == 0) {
        rest /= 10;
        scale--;
    }
    char digits[TEXT_BYTES], *first = digits + sizeof digits;
    *--first = '\0';
    for (int i = 0; i <= scale || rest; i++) {
        if (i == scale && scale > 0)
            *--first = '.';
        *--first = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    snprintf(text, TEXT_BYTES, "%s%s", number->mantissa < 0 ? "-" : "", first);
}

static HRESULT print(const VARIANT *from, USHORT flags, char text[static TEXT_BYTES])
{
    struct number number;
    text[0] = '\0';
    if (from->vt == VT_EMPTY)
        return S_OK;
    if (from->vt == VT_DATE)
        return date_to_text(from->date, text);
    if (from->vt == VT_BOOL && flags & VARIANT_ALPHABOOL) {
        strcpy(text, from->boolVal ? "True" : "False");
        return S_OK;
    }
    HRESULT hr = to_number(from, &number);
    if (FAILED(hr))
        return hr;
    if (number.is_exact)
        print_exact(&number, text);
    else
        print_real(number.real, from->vt == VT_R4 ? FLT_DIG + 1 : DBL_DIG, false, text);
    return S_OK;
}

static HRESULT write_text(const VARIANT *from, USHORT flags, VARIANT *ret)
{
    char text[TEXT_BYTES];
    OLECHAR units[TEXT_BYTES];
    HRESULT hr = print(from, flags, text);
    if (FAILED(hr))
        return hr;
    UINT length = (UINT)strlen(text);
    for (UINT i = 0; i < length; i++)
        units[i] = (OLECHAR)text[i];
    ret->bstrVal = SysAllocStringLen(units, length);
    return ret->bstrVal ? S_OK : E_OUTOFMEMORY;
}

/* ---- what is not by way of numbers ---- */

/* False where text is read as a number after all. */
static bool convert_text(const VARIANT *from, VARTYPE to, VARIANT *ret, HRESULT *ret_hr)
{
    char text[TEXT_BYTES];
    bool is_ascii = read_text(from->bstrVal, text);
    *ret_hr = S_OK;
    if (to == VT_DATE) {
        if (!is_ascii || !date_from_text(text, &ret->date))
            *ret_hr = DISP_E_TYPEMISMATCH;
        return true;
    }
    if (to != VT_BOOL || !is_ascii || (strcasecmp(text, "true") && strcasecmp(text, "false")))
        return false;
    ret->boolVal = strcasecmp(text, "true") ? VARIANT_FALSE : VARIANT_TRUE;
    return true;
}

static HRESULT convert(const VARIANT *from, USHORT flags, VARTYPE to, VARIANT *ret)
{
    struct number number;
    HRESULT hr;
    if (to == VT_BSTR)
        return write_text(from, flags, ret);
    if (from->vt == VT_BSTR && convert_text(from, to, ret, &hr))
        return hr;
    if (from->vt == VT_DISPATCH && to == VT_UNKNOWN) {
        ret->punkVal = from->punkVal;
        if (ret->punkVal)
            ret->punkVal->lpVtbl->AddRef(ret->punkVal);
        return S_OK;
    }
    if (from->vt == VT_BOOL && whole_bits(to) > 0) { /* all bits set, as Windows has it */
        ret->llVal = from->boolVal;
        return S_OK;
    }
    hr = to_number(from, &number);
    return FAILED(hr) ? hr : write_number(&number, to, ret);
}

HRESULT tri_variant_convert(const VARIANT *from, USHORT flags, VARTYPE to, VARIANT *ret)
{
    VARIANT result = {0};
    HRESULT hr = convert(from, flags, to, &result);
    if (FAILED(hr))
        return hr;
    result.vt = to; /* last: a DECIMAL lies over it */
    *ret = result;
    return S_OK;
}
