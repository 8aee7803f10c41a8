/* Values as text, and numbers out of text. The decimal point is a point in every locale. */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistr.h>

#include "base/cleanup.h"
#include "management/object.h"
#include "management/value-private.h"

/* ---- types ---- */

const struct tri_cim_type_facts tri_cim_types[TRI_CIM_TYPE_COUNT] = {
    [TRI_CIM_SINT8] = {"sint8", TRI_KIND_SIGNED, 8},      [TRI_CIM_SINT16] = {"sint16", TRI_KIND_SIGNED, 16},
    [TRI_CIM_SINT32] = {"sint32", TRI_KIND_SIGNED, 32},   [TRI_CIM_SINT64] = {"sint64", TRI_KIND_SIGNED, 64},
    [TRI_CIM_UINT8] = {"uint8", TRI_KIND_UNSIGNED, 8},    [TRI_CIM_UINT16] = {"uint16", TRI_KIND_UNSIGNED, 16},
    [TRI_CIM_UINT32] = {"uint32", TRI_KIND_UNSIGNED, 32}, [TRI_CIM_UINT64] = {"uint64", TRI_KIND_UNSIGNED, 64},
    [TRI_CIM_CHAR16] = {"char16", TRI_KIND_UNSIGNED, 16}, [TRI_CIM_REAL32] = {"real32", TRI_KIND_REAL, 32},
    [TRI_CIM_REAL64] = {"real64", TRI_KIND_REAL, 64},     [TRI_CIM_BOOLEAN] = {"boolean", TRI_KIND_BOOLEAN, 1},
    [TRI_CIM_STRING] = {"string", TRI_KIND_TEXT, 0},      [TRI_CIM_DATETIME] = {"datetime", TRI_KIND_TEXT, 0},
    [TRI_CIM_REFERENCE] = {"ref", TRI_KIND_TEXT, 0},      [TRI_CIM_OBJECT] = {"object", TRI_KIND_OBJECT, 0},
};

const char *tri_cim_type_name(uint16_t type)
{
    return tri_cim_type_facts(type)->name;
}

uint16_t tri_cim_type_parse(const char *name)
{
    size_t length = strcspn(name, ":");
    for (uint16_t type = 0; type < TRI_CIM_TYPE_COUNT; type++) {
        const char *candidate = tri_cim_types[type].name;
        if (!candidate || strncasecmp(name, candidate, length) != 0 || candidate[length])
            continue;
        bool names_class = type == TRI_CIM_REFERENCE || type == TRI_CIM_OBJECT;
        return name[length] && !names_class ? TRI_CIM_EMPTY : type;
    }
    return TRI_CIM_EMPTY;
}

/* ---- numbers ---- */

static locale_t c_locale;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static locale_t get_c_locale(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_c_locale);
    return c_locale; /* 0 where memory ran out: the program's own does then */
}

static bool parse_real(const char *text, struct tri_value *ret)
{
    char *end;
    if (text[strspn(text, "0123456789+-.eE")]) /* strtod would take spaces, hexadecimals, names */
        return false;
    locale_t locale = get_c_locale();
    double real = locale ? strtod_l(text, &end, locale) : strtod(text, &end);
    if (*end || end == text)
        return false;
    *ret = (struct tri_value){.type = TRI_CIM_REAL64, .is_set = true, .real = real};
    return true;
}

bool tri_number_parse(const char *text, struct tri_value *ret, bool *ret_is_integer)
{
    bool is_negative = *text == '-';
    const char *digits = text + (*text == '-' || *text == '+');
    uint64_t number = 0;
    bool fits = true;
    size_t length = strspn(digits, "0123456789");
    *ret_is_integer = length > 0 && !digits[length];
    if (!*ret_is_integer)
        return parse_real(text, ret);
    for (size_t i = 0; i < length; i++)
        fits = fits && !__builtin_mul_overflow(number, 10u, &number) &&
               !__builtin_add_overflow(number, (uint64_t)(digits[i] - '0'), &number);
    uint64_t signed_limit = (uint64_t)INT64_MAX + is_negative;
    if (fits && number <= signed_limit)
        *ret = (struct tri_value){
            .type = TRI_CIM_SINT64, .is_set = true, .integer = (int64_t)(is_negative ? -number : number)};
    else if (fits && !is_negative)
        *ret = (struct tri_value){.type = TRI_CIM_UINT64, .is_set = true, .natural = number};
    else
        return parse_real(text, ret);
    return true;
}

bool tri_boolean_parse(const char *text, bool *ret)
{
    bool is_true = strcasecmp(text, "TRUE") == 0;
    if (!is_true && strcasecmp(text, "FALSE") != 0)
        return false;
    *ret = is_true;
    return true;
}

/* The fewest digits that read back as the same number: 6 to 9 of a float, 15 to 17 of a double. */
static void real_text(double real, bool is_float, struct tri_text *text)
{
    char line[40];
    locale_t locale = get_c_locale(), before = locale ? uselocale(locale) : (locale_t)0;
    for (int digits = is_float ? 6 : 15; digits <= (is_float ? 9 : 17); digits++) {
        snprintf(line, sizeof line, "%.*g", digits, real);
        double back = strtod(line, NULL);
        if (is_float ? (float)back == (float)real : back == real)
            break;
    }
    if (locale)
        uselocale(before);
    tri_text_puts(text, line);
}

void tri_number_text(const struct tri_value *value, struct tri_text *text)
{
    switch (tri_cim_kind(value->type)) {
    case TRI_KIND_SIGNED:
        tri_text_signed(text, value->integer);
        break;
    case TRI_KIND_UNSIGNED:
        tri_text_unsigned(text, value->natural);
        break;
    case TRI_KIND_REAL:
        real_text(value->real, value->type == TRI_CIM_REAL32, text);
        break;
    default:
        tri_text_puts(text, value->boolean ? "TRUE" : "FALSE");
        break;
    }
}

void tri_char16_text(uint64_t unit, char ret[4])
{
    int size = u8_uctomb((uint8_t *)ret, (ucs4_t)unit, 3);
    if (size < 0)
        size = u8_uctomb((uint8_t *)ret, 0xfffd, 3);
    ret[size] = 0;
}

/* ---- MOF ---- */

static void value_mof(const struct tri_value *value, int indent, struct tri_text *text);

static void tabs(struct tri_text *text, int count)
{
    while (count-- > 0)
        tri_text_add(text, "\t", 1);
}

/* The arrays' and objects' own lines are indented one step more than the property that they belong to. */
static void object_mof(const struct tri_cim_object *object, int indent, struct tri_text *text)
{
    const struct tri_class *cls = object->cls;
    tri_text_puts(text, object->is_class ? "class " : "instance of ");
    tri_text_puts(text, cls->name ? cls->name : "");
    tri_text_puts(text, "\n");
    tabs(text, indent);
    tri_text_puts(text, "{\n");
    for (size_t i = 0; i < cls->property_count; i++) {
        const struct tri_value *value = tri_cim_object_value(object, (int)i);
        if (!value->is_set || !tri_cim_object_selects(object, (int)i))
            continue;
        tabs(text, indent + 1);
        tri_text_puts(text, cls->properties[i].name);
        tri_text_puts(text, " = ");
        value_mof(value, indent + 1, text);
        tri_text_puts(text, ";\n");
    }
    tabs(text, indent);
    tri_text_puts(text, "}");
}

static void char16_mof(uint64_t unit, struct tri_text *text)
{
    if (unit >= ' ' && unit < 0x7f && unit != '\'' && unit != '\\')
        tri_text_printf(text, "'%c'", (char)unit);
    else
        tri_text_printf(text, "'\\x%04x'", (unsigned)unit);
}

/* MOF has no word for infinity, but a number that is too large to be told from it. Nothing stands for what is no number. */
static void not_finite_mof(double real, struct tri_text *text)
{
    tri_text_puts(text, isnan(real) ? "NULL" : real < 0 ? "-1e999" : "1e999");
}

static bool has_nan(const struct tri_array *array)
{
    for (size_t i = 0; i < array->count; i++)
        if (tri_cim_kind(array->items[i].type) == TRI_KIND_REAL && isnan(array->items[i].real))
            return true;
    return false;
}

static void scalar_mof(const struct tri_value *value, int indent, struct tri_text *text)
{
    bool is_quoted = value->type == TRI_CIM_SINT64 || value->type == TRI_CIM_UINT64; /* as Windows prints them */
    switch (tri_cim_kind(value->type)) {
    case TRI_KIND_TEXT:
        tri_text_quote_mof(text, value->string);
        return;
    case TRI_KIND_OBJECT:
        tri_text_puts(text, "\n");
        tabs(text, indent);
        object_mof(value->object, indent, text);
        return;
    case TRI_KIND_REAL:
        if (!isfinite(value->real)) {
            not_finite_mof(value->real, text);
            return;
        }
        break;
    default:
        break;
    }
    if (value->type == TRI_CIM_CHAR16) {
        char16_mof(value->natural, text);
        return;
    }
    tri_text_puts(text, is_quoted ? "\"" : "");
    tri_number_text(value, text);
    tri_text_puts(text, is_quoted ? "\"" : "");
}

static void value_mof(const struct tri_value *value, int indent, struct tri_text *text)
{
    if (!value->is_set || (value->type & TRI_CIM_ARRAY && has_nan(value->array))) /* no item may be NULL */
        tri_text_puts(text, "NULL");
    else if (value->type & TRI_CIM_ARRAY) {
        tri_text_puts(text, "{");
        for (size_t i = 0; i < value->array->count; i++) {
            tri_text_puts(text, i > 0 ? ", " : "");
            scalar_mof(&value->array->items[i], indent, text);
        }
        tri_text_puts(text, "}");
    } else
        scalar_mof(value, indent, text);
}

char *tri_value_mof(const struct tri_value *value)
{
    struct tri_text text = {0};
    char *ret = NULL;
    if (value->is_set && value->type == TRI_CIM_OBJECT)
        object_mof(value->object, 0, &text);
    else
        value_mof(value, 0, &text);
    return tri_text_take(&text, &ret) < 0 ? NULL : ret;
}

/* ---- for people ---- */

static void scalar_text(const struct tri_value *value, struct tri_text *text)
{
    char unit[4];
    if (tri_cim_kind(value->type) == TRI_KIND_TEXT)
        tri_text_puts(text, value->string);
    else if (value->type == TRI_CIM_OBJECT)
        object_mof(value->object, 0, text);
    else if (value->type == TRI_CIM_CHAR16) {
        tri_char16_text(value->natural, unit);
        tri_text_puts(text, unit);
    } else
        tri_number_text(value, text);
}

char *tri_value_text(const struct tri_value *value)
{
    struct tri_text text = {0};
    char *ret = NULL;
    if (value->is_set && (value->type & TRI_CIM_ARRAY))
        for (size_t i = 0; i < value->array->count; i++) {
            tri_text_puts(&text, i > 0 ? ", " : "");
            scalar_text(&value->array->items[i], &text);
        }
    else if (value->is_set)
        scalar_text(value, &text);
    return tri_text_take(&text, &ret) < 0 ? NULL : ret;
}
