#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "base/cleanup.h"
#include "management/object-private.h"
#include "management/value-private.h"

/* ---- holding ---- */

static void free_array(struct tri_array *array)
{
    for (size_t i = 0; i < array->count; i++)
        tri_value_clear(&array->items[i]);
    free(array);
}

void tri_value_clear(struct tri_value *value)
{
    if (!value->is_set)
        return;
    if (value->type & TRI_CIM_ARRAY)
        free_array(value->array);
    else if (tri_cim_kind(value->type) == TRI_KIND_TEXT)
        free(value->string);
    else if (value->type == TRI_CIM_OBJECT)
        tri_cim_object_unref(value->object);
    value->is_set = false;
    value->natural = 0;
}

static struct tri_array *new_array(uint16_t item_type, size_t count)
{
    struct tri_array *array;
    if (count > (SIZE_MAX - sizeof *array) / sizeof array->items[0])
        return NULL;
    if (!(array = calloc(1, sizeof *array + count * sizeof array->items[0])))
        return NULL;
    array->count = count;
    for (size_t i = 0; i < count; i++)
        array->items[i].type = item_type;
    return array;
}

static struct tri_array *copy_array(const struct tri_array *array, uint16_t item_type)
{
    struct tri_array *copy = new_array(item_type, array->count);
    for (size_t i = 0; copy && i < array->count; i++)
        if (tri_value_copy(&array->items[i], &copy->items[i]) < 0) {
            free_array(copy);
            return NULL;
        }
    return copy;
}

int tri_value_copy(const struct tri_value *value, struct tri_value *ret)
{
    struct tri_value copy = *value;
    if (!value->is_set)
        copy.natural = 0;
    else if (value->type & TRI_CIM_ARRAY)
        copy.array = copy_array(value->array, value->type & ~TRI_CIM_ARRAY);
    else if (tri_cim_kind(value->type) == TRI_KIND_TEXT)
        copy.string = strdup(value->string);
    else if (value->type == TRI_CIM_OBJECT)
        copy.object = tri_cim_object_copy(value->object);
    else { /* a number */
        *ret = copy;
        return 0;
    }
    if (value->is_set && !copy.array) /* whichever pointer it is */
        return -ENOMEM;
    *ret = copy;
    return 0;
}

static bool equal_arrays(const struct tri_array *a, const struct tri_array *b, bool ignore_case)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!tri_value_equal(&a->items[i], &b->items[i], ignore_case))
            return false;
    return true;
}

bool tri_value_equal(const struct tri_value *a, const struct tri_value *b, bool ignore_case)
{
    if (a->type != b->type || a->is_set != b->is_set)
        return false;
    if (!a->is_set)
        return true;
    if (a->type & TRI_CIM_ARRAY)
        return equal_arrays(a->array, b->array, ignore_case);
    switch (tri_cim_kind(a->type)) {
    case TRI_KIND_TEXT:
        return ignore_case ? tri_name_equal(a->string, b->string) : strcmp(a->string, b->string) == 0;
    case TRI_KIND_OBJECT:
        return tri_cim_object_same(a->object, b->object,
                                   TRI_SAME_IGNORE_QUALIFIERS | TRI_SAME_IGNORE_OBJECT_SOURCE |
                                       (ignore_case ? TRI_SAME_IGNORE_CASE : 0));
    case TRI_KIND_REAL:
        return a->real == b->real || (isnan(a->real) && isnan(b->real));
    case TRI_KIND_BOOLEAN:
        return a->boolean == b->boolean;
    default:
        return a->natural == b->natural;
    }
}

/* ---- numbers in ---- */

static void set_text_of(struct tri_value *value, const struct tri_value *number)
{
    struct tri_text text = {0};
    tri_number_text(number, &text);
    value->is_set = tri_text_take(&text, &value->string) == 0;
}

void tri_value_set_signed(struct tri_value *value, int64_t number)
{
    const struct tri_cim_type_facts *facts = tri_cim_type_facts(value->type);
    unsigned spare = 64 - facts->bits;
    assert(!value->is_set);
    if (value->type & TRI_CIM_ARRAY)
        return;
    switch (facts->kind) {
    case TRI_KIND_SIGNED:
        value->is_set = number >= INT64_MIN >> spare && number <= INT64_MAX >> spare;
        value->integer = value->is_set ? number : 0;
        break;
    case TRI_KIND_UNSIGNED:
        value->is_set = number >= 0 && (uint64_t)number <= UINT64_MAX >> spare;
        value->natural = value->is_set ? (uint64_t)number : 0;
        break;
    case TRI_KIND_REAL:
        tri_value_set_real(value, (double)number);
        break;
    case TRI_KIND_BOOLEAN:
        tri_value_set_boolean(value, number != 0);
        break;
    case TRI_KIND_TEXT:
        if (value->type == TRI_CIM_STRING)
            set_text_of(value, &(struct tri_value){.type = TRI_CIM_SINT64, .is_set = true, .integer = number});
        break;
    default:
        break;
    }
}

void tri_value_set_unsigned(struct tri_value *value, uint64_t number)
{
    assert(!value->is_set);
    if (number <= INT64_MAX) {
        tri_value_set_signed(value, (int64_t)number);
        return;
    }
    switch (value->type) {
    case TRI_CIM_UINT64:
        value->natural = number;
        value->is_set = true;
        break;
    case TRI_CIM_REAL32:
    case TRI_CIM_REAL64:
        tri_value_set_real(value, (double)number);
        break;
    case TRI_CIM_BOOLEAN:
        tri_value_set_boolean(value, true);
        break;
    case TRI_CIM_STRING:
        set_text_of(value, &(struct tri_value){.type = TRI_CIM_UINT64, .is_set = true, .natural = number});
        break;
    default:
        break;
    }
}

/* Halves go to the even neighbour, as everywhere where WMI rounds. */
static void set_rounded(struct tri_value *value, double number)
{
    double whole = nearbyint(number);
    if (whole >= -0x1p63 && whole < 0x1p63)
        tri_value_set_signed(value, (int64_t)whole);
    else if (whole >= 0x1p63 && whole < 0x1p64)
        tri_value_set_unsigned(value, (uint64_t)whole);
}

void tri_value_set_real(struct tri_value *value, double number)
{
    assert(!value->is_set);
    switch (value->type) {
    case TRI_CIM_REAL32:
        value->real = (float)number;
        value->is_set = isfinite(value->real) || !isfinite(number);
        break;
    case TRI_CIM_REAL64:
        value->real = number;
        value->is_set = true;
        break;
    case TRI_CIM_BOOLEAN:
        tri_value_set_boolean(value, number != 0);
        break;
    case TRI_CIM_STRING:
        set_text_of(value, &(struct tri_value){.type = TRI_CIM_REAL64, .is_set = true, .real = number});
        break;
    default:
        if (!(value->type & TRI_CIM_ARRAY))
            set_rounded(value, number);
        break;
    }
}

void tri_value_set_boolean(struct tri_value *value, bool yes)
{
    assert(!value->is_set);
    if (value->type == TRI_CIM_BOOLEAN) {
        value->boolean = yes;
        value->is_set = true;
    } else if (value->type == TRI_CIM_STRING)
        tri_value_set_string(value, yes ? "TRUE" : "FALSE");
    else if (!(value->type & TRI_CIM_ARRAY) && tri_cim_kind(value->type) != TRI_KIND_TEXT)
        tri_value_set_signed(value, yes);
}

/* ---- texts in ---- */

static bool is_ascii(const char *text, size_t size)
{
    unsigned char all = 0;
    for (size_t i = 0; i < size; i++)
        all |= (unsigned char)text[i];
    return all < 0x80;
}

static bool is_utf8(const char *text, size_t size)
{
    return is_ascii(text, size) || !u8_check((const uint8_t *)text, size);
}

/* A copy with U+FFFD (three bytes) where there is no character. */
static char *copy_repaired(const char *text, size_t size)
{
    uint8_t *copy = malloc(size * 3 + 1);
    if (!copy)
        return NULL;
    size_t written = 0;
    for (size_t at = 0; at < size;) {
        ucs4_t character;
        at += (size_t)u8_mbtouc(&character, (const uint8_t *)text + at, size - at);
        written += (size_t)u8_uctomb(copy + written, character, 4);
    }
    copy[written] = 0;
    return (char *)copy;
}

static char *copy_text(const char *text)
{
    size_t size = strlen(text);
    if (!is_utf8(text, size))
        return copy_repaired(text, size);
    char *copy = malloc(size + 1);
    return copy ? memcpy(copy, text, size + 1) : NULL;
}

static void set_first_unit(struct tri_value *value, const char *text)
{
    ucs4_t character;
    int size = u8_mbtouc(&character, (const uint8_t *)text, strnlen(text, 4));
    value->is_set = size > 0 && character != 0 && character <= 0xffff;
    value->natural = value->is_set ? character : 0;
}

void tri_value_set_string(struct tri_value *value, const char *text)
{
    assert(!value->is_set);
    if (!text)
        return;
    switch (value->type) {
    case TRI_CIM_DATETIME:
        if (!tri_datetime_valid(text))
            return;
        __attribute__((fallthrough));
    case TRI_CIM_STRING:
    case TRI_CIM_REFERENCE:
        value->string = copy_text(text);
        value->is_set = value->string;
        break;
    case TRI_CIM_CHAR16:
        set_first_unit(value, text);
        break;
    default:
        break;
    }
}

void tri_value_take_string(struct tri_value *value, char *text)
{
    TRI_AUTO_FREE char *owned = text;
    bool as_it_is = text && (value->type == TRI_CIM_STRING || value->type == TRI_CIM_REFERENCE);
    if (as_it_is && is_utf8(text, strlen(text))) {
        assert(!value->is_set);
        value->string = TRI_TAKE(owned);
        value->is_set = true;
    } else
        tri_value_set_string(value, text);
}

void tri_value_set_time(struct tri_value *value, const struct timespec *utc)
{
    /* The years that have four digits everywhere on the Earth. */
    const time_t first = -62167132800, last = 253402214400;
    if (value->type != TRI_CIM_DATETIME || utc->tv_sec < first || utc->tv_sec > last || utc->tv_nsec < 0 ||
        utc->tv_nsec > 999999999)
        return;
    char text[TRI_DATETIME_LENGTH + 1];
    tri_datetime_print(utc, text);
    tri_value_set_string(value, text);
}

/* ---- arrays in ---- */

int tri_value_make_array(struct tri_value *value, size_t count)
{
    assert(!value->is_set && (value->type & TRI_CIM_ARRAY));
    struct tri_array *array = new_array(value->type & ~TRI_CIM_ARRAY, count);
    if (!array)
        return -ENOMEM;
    value->array = array;
    value->is_set = true;
    return 0;
}

/* All or nothing: an array has no NULL items. */
static void clear_if_incomplete(struct tri_value *value)
{
    for (size_t i = 0; i < value->array->count; i++)
        if (!value->array->items[i].is_set) {
            tri_value_clear(value);
            return;
        }
}

void tri_value_set_strings(struct tri_value *value, const char *const *texts, size_t count)
{
    if (!(value->type & TRI_CIM_ARRAY) || tri_value_make_array(value, count) < 0)
        return;
    for (size_t i = 0; i < count; i++)
        tri_value_set_string(&value->array->items[i], texts[i]);
    clear_if_incomplete(value);
}

void tri_value_set_numbers(struct tri_value *value, const int64_t *numbers, size_t count)
{
    if (!(value->type & TRI_CIM_ARRAY) || tri_value_make_array(value, count) < 0)
        return;
    for (size_t i = 0; i < count; i++)
        tri_value_set_signed(&value->array->items[i], numbers[i]);
    clear_if_incomplete(value);
}
