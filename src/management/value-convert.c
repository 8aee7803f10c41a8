/* Values of one type as values of another: for assignments, exactly or not at all; for comparisons, by meaning. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "management/path.h"
#include "management/value-private.h"

/* ---- assignments ---- */

static bool is_number(enum tri_cim_kind kind)
{
    return kind == TRI_KIND_SIGNED || kind == TRI_KIND_UNSIGNED || kind == TRI_KIND_REAL || kind == TRI_KIND_BOOLEAN;
}

static void set_number(struct tri_value *ret, const struct tri_value *number)
{
    switch (tri_cim_kind(number->type)) {
    case TRI_KIND_SIGNED:
        tri_value_set_signed(ret, number->integer);
        break;
    case TRI_KIND_UNSIGNED:
        tri_value_set_unsigned(ret, number->natural);
        break;
    case TRI_KIND_REAL:
        tri_value_set_real(ret, number->real);
        break;
    default:
        tri_value_set_boolean(ret, number->boolean);
        break;
    }
}

static int number_from_text(const char *text, struct tri_value *ret)
{
    struct tri_value number;
    bool yes, is_integer;
    if (ret->type == TRI_CIM_BOOLEAN && tri_boolean_parse(text, &yes)) {
        tri_value_set_boolean(ret, yes);
        return 0;
    }
    if (!tri_number_parse(text, &number, &is_integer))
        return TRI_MANAGEMENT_TYPE_MISMATCH;
    if (!is_integer && tri_cim_kind(ret->type) != TRI_KIND_REAL)
        return TRI_MANAGEMENT_TYPE_MISMATCH;
    set_number(ret, &number);
    return ret->is_set ? 0 : TRI_MANAGEMENT_VALUE_OUT_OF_RANGE;
}

/* Exactly one character, of one unit. */
static int char16_from_text(const char *text, struct tri_value *ret)
{
    struct tri_value unit = {.type = TRI_CIM_CHAR16};
    char back[4];
    tri_value_set_string(&unit, text);
    tri_char16_text(unit.natural, back);
    if (!unit.is_set || strcmp(back, text) != 0)
        return TRI_MANAGEMENT_TYPE_MISMATCH;
    *ret = unit;
    return 0;
}

static int from_text(const char *text, struct tri_value *ret)
{
    if (ret->type == TRI_CIM_CHAR16)
        return char16_from_text(text, ret);
    if (is_number(tri_cim_kind(ret->type)))
        return number_from_text(text, ret);
    if (tri_cim_kind(ret->type) != TRI_KIND_TEXT || (ret->type == TRI_CIM_DATETIME && !tri_datetime_valid(text)))
        return TRI_MANAGEMENT_TYPE_MISMATCH;
    tri_value_set_string(ret, text);
    return ret->is_set ? 0 : -ENOMEM;
}

static int from_number(const struct tri_value *number, struct tri_value *ret)
{
    if (ret->type == TRI_CIM_STRING) {
        char unit[4];
        if (number->type == TRI_CIM_CHAR16) {
            tri_char16_text(number->natural, unit);
            tri_value_set_string(ret, unit);
        } else
            set_number(ret, number);
        return ret->is_set ? 0 : -ENOMEM;
    }
    if (!is_number(tri_cim_kind(ret->type)))
        return TRI_MANAGEMENT_TYPE_MISMATCH;
    set_number(ret, number);
    return ret->is_set ? 0 : TRI_MANAGEMENT_VALUE_OUT_OF_RANGE;
}

static int convert_array(const struct tri_array *array, struct tri_value *ret)
{
    struct tri_value made = {.type = ret->type};
    int r = tri_value_make_array(&made, array->count);
    for (size_t i = 0; r >= 0 && i < array->count; i++)
        r = tri_value_convert(&array->items[i], &made.array->items[i]);
    if (r < 0) {
        tri_value_clear(&made);
        return r;
    }
    *ret = made;
    return 0;
}

int tri_value_convert(const struct tri_value *value, struct tri_value *ret)
{
    *ret = (struct tri_value){.type = ret->type};
    if (!value->is_set)
        return 0;
    if (value->type == ret->type)
        return tri_value_copy(value, ret);
    if (value->type & ret->type & TRI_CIM_ARRAY)
        return convert_array(value->array, ret);
    if ((value->type | ret->type) & TRI_CIM_ARRAY)
        return TRI_MANAGEMENT_TYPE_MISMATCH;
    if (tri_cim_kind(value->type) == TRI_KIND_TEXT)
        return from_text(value->string, ret);
    if (is_number(tri_cim_kind(value->type)))
        return from_number(value, ret);
    return TRI_MANAGEMENT_TYPE_MISMATCH;
}

/* ---- comparisons ---- */

static int order_of(bool less, bool greater)
{
    return greater - less;
}

/* Wide enough for every integer and every real (64 bits of mantissa and more). */
static long double wide(const struct tri_value *number)
{
    switch (tri_cim_kind(number->type)) {
    case TRI_KIND_SIGNED:
        return (long double)number->integer;
    case TRI_KIND_UNSIGNED:
        return (long double)number->natural;
    default:
        return (long double)number->real;
    }
}

static bool compare_numbers(const struct tri_value *a, const struct tri_value *b, int *ret_order)
{
    enum tri_cim_kind x = tri_cim_kind(a->type), y = tri_cim_kind(b->type);
    if (x == TRI_KIND_SIGNED && y == TRI_KIND_SIGNED)
        *ret_order = order_of(a->integer<b->integer, a->integer> b->integer);
    else if (x == TRI_KIND_UNSIGNED && y == TRI_KIND_UNSIGNED)
        *ret_order = order_of(a->natural<b->natural, a->natural> b->natural);
    else {
        long double p = wide(a), q = wide(b);
        if (isnan(p) || isnan(q))
            return false;
        *ret_order = order_of(p<q, p> q);
    }
    return true;
}

static bool truth_of(const struct tri_value *value, bool *ret)
{
    struct tri_value number;
    bool is_integer;
    switch (tri_cim_kind(value->type)) {
    case TRI_KIND_BOOLEAN:
        *ret = value->boolean;
        return true;
    case TRI_KIND_TEXT:
        if (tri_boolean_parse(value->string, ret))
            return true;
        return tri_number_parse(value->string, &number, &is_integer) && truth_of(&number, ret);
    default:
        *ret = wide(value) != 0;
        return true;
    }
}

static bool compare_truths(const struct tri_value *a, const struct tri_value *b, int *ret_order)
{
    bool x, y;
    if (!truth_of(a, &x) || !truth_of(b, &y))
        return false;
    *ret_order = order_of(x<y, x> y);
    return true;
}

/* As moments; as texts where one has asterisks or is an interval. */
static bool compare_datetimes(const char *a, const char *b, int *ret_order)
{
    struct timespec x, y;
    if (tri_datetime_parse_informal(a, &x) && tri_datetime_parse_informal(b, &y)) {
        *ret_order = order_of(x.tv_sec<y.tv_sec, x.tv_sec> y.tv_sec);
        if (*ret_order == 0)
            *ret_order = order_of(x.tv_nsec<y.tv_nsec, x.tv_nsec> y.tv_nsec);
        return true;
    }
    if (!tri_datetime_valid(a) || !tri_datetime_valid(b))
        return false;
    *ret_order = order_of(strcmp(a, b) < 0, strcmp(a, b) > 0);
    return true;
}

/* What is not said on one side is not asked of the other: the server, the namespace, the name of a single key. */
static void forget_unsaid(struct tri_path *a, struct tri_path *b)
{
    if (!a->server || !b->server || (tri_path_is_local(a) && tri_path_is_local(b))) {
        free(a->server);
        free(b->server);
        a->server = b->server = NULL;
    }
    if (!a->name_space || !b->name_space) {
        free(a->name_space);
        free(b->name_space);
        a->name_space = b->name_space = NULL;
    }
    if (a->key_count == 1 && b->key_count == 1 && (!a->keys[0].name || !b->keys[0].name)) {
        free(a->keys[0].name);
        free(b->keys[0].name);
        a->keys[0].name = b->keys[0].name = NULL;
    }
}

/* Do two paths that are spelled differently name the same? */
static bool name_the_same(const char *a, const char *b)
{
    TRI_CLEANUP(tri_path_clear) struct tri_path x = {0}, y = {0};
    TRI_AUTO_FREE char *p = NULL;
    TRI_AUTO_FREE char *q = NULL;
    if (tri_path_parse(a, &x, NULL) < 0 || tri_path_parse(b, &y, NULL) < 0)
        return false;
    forget_unsaid(&x, &y);
    return tri_path_text(&x, &p) == 0 && tri_path_text(&y, &q) == 0 && tri_name_equal(p, q);
}

static bool compare_texts(const struct tri_value *a, const struct tri_value *b, int *ret_order)
{
    if (a->type == TRI_CIM_DATETIME || b->type == TRI_CIM_DATETIME)
        return compare_datetimes(a->string, b->string, ret_order);
    int order = tri_name_compare(a->string, b->string);
    bool are_paths = a->type == TRI_CIM_REFERENCE || b->type == TRI_CIM_REFERENCE;
    *ret_order = order != 0 && are_paths && name_the_same(a->string, b->string) ? 0 : order;
    return true;
}

static bool compare_text_with_number(const struct tri_value *text, const struct tri_value *number, int *ret_order)
{
    struct tri_value read;
    bool is_integer;
    if (number->type == TRI_CIM_CHAR16) {
        char unit[4];
        tri_char16_text(number->natural, unit);
        *ret_order = tri_name_compare(text->string, unit);
        return true;
    }
    return text->type == TRI_CIM_STRING && tri_number_parse(text->string, &read, &is_integer) &&
           compare_numbers(&read, number, ret_order);
}

static bool compares(const struct tri_value *value)
{
    enum tri_cim_kind kind = tri_cim_kind(value->type);
    return value->is_set && !(value->type & TRI_CIM_ARRAY) && kind != TRI_KIND_NONE && kind != TRI_KIND_OBJECT;
}

bool tri_value_compare(const struct tri_value *a, const struct tri_value *b, int *ret_order)
{
    if (!compares(a) || !compares(b))
        return false;
    if (a->type == TRI_CIM_BOOLEAN || b->type == TRI_CIM_BOOLEAN)
        return compare_truths(a, b, ret_order);
    bool a_is_text = tri_cim_kind(a->type) == TRI_KIND_TEXT, b_is_text = tri_cim_kind(b->type) == TRI_KIND_TEXT;
    if (a_is_text && b_is_text)
        return compare_texts(a, b, ret_order);
    if (!a_is_text && !b_is_text)
        return compare_numbers(a, b, ret_order);
    int order;
    if (!compare_text_with_number(a_is_text ? a : b, a_is_text ? b : a, &order))
        return false;
    *ret_order = a_is_text ? order : -order;
    return true;
}
