/* CIM values: the types, what holds one, conversions and comparisons. Names and strings are UTF-8 here.
 *
 * Nothing here locks: a value belongs to whoever holds it. */
#ifndef TRI_MANAGEMENT_VALUE_H
#define TRI_MANAGEMENT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "management/error.h"

struct tri_cim_object;

/* The numbers of WMI's CIMTYPE. */
enum tri_cim_type {
    TRI_CIM_EMPTY = 0,
    TRI_CIM_SINT16 = 2,
    TRI_CIM_SINT32 = 3,
    TRI_CIM_REAL32 = 4,
    TRI_CIM_REAL64 = 5,
    TRI_CIM_STRING = 8,
    TRI_CIM_BOOLEAN = 11,
    TRI_CIM_OBJECT = 13,
    TRI_CIM_SINT8 = 16,
    TRI_CIM_UINT8 = 17,
    TRI_CIM_UINT16 = 18,
    TRI_CIM_UINT32 = 19,
    TRI_CIM_SINT64 = 20,
    TRI_CIM_UINT64 = 21,
    TRI_CIM_DATETIME = 101,
    TRI_CIM_REFERENCE = 102,
    TRI_CIM_CHAR16 = 103,
};
#define TRI_CIM_ARRAY 0x2000 /* or'ed to one of them */

struct tri_array;

/* A zeroed value is NULL of no type. */
struct tri_value {
    uint16_t type; /* enum tri_cim_type, TRI_CIM_ARRAY; said also of a NULL */
    bool is_set;   /* false: NULL */
    union {
        bool boolean;
        int64_t integer;           /* the sint types */
        uint64_t natural;          /* the uint types, and char16 */
        double real;               /* real32 is rounded to a float */
        char *string;              /* string, datetime (25 characters), reference; owned */
        struct tri_cim_object *object; /* owned reference */
        struct tri_array *array;   /* owned */
    };
};

/* All items have the array's type less TRI_CIM_ARRAY, and none is NULL. */
struct tri_array {
    size_t count;
    struct tri_value items[];
};

void tri_value_clear(struct tri_value *value); /* to NULL of its type */
int tri_value_copy(const struct tri_value *value, struct tri_value *ret); /* deep; objects are copied too. -ENOMEM */
/* The same type, and the same value; strings byte by byte unless ignore_case. Objects: equal properties. */
bool tri_value_equal(const struct tri_value *a, const struct tri_value *b, bool ignore_case);

/* Setters for providers: the value must be NULL; its type decides how the number is kept, and a number that does not fit
 * its type leaves it NULL (never another number). A string NULL, or no memory, leaves it NULL. Strings that are not UTF-8
 * have their bad bytes replaced by U+FFFD. */
void tri_value_set_string(struct tri_value *value, const char *text); /* string, datetime, reference, char16 (1st) */
void tri_value_take_string(struct tri_value *value, char *text);      /* owned from now on, also where it is not kept */
void tri_value_set_signed(struct tri_value *value, int64_t number);   /* any number type, boolean, string */
void tri_value_set_unsigned(struct tri_value *value, uint64_t number);
void tri_value_set_real(struct tri_value *value, double number);
void tri_value_set_boolean(struct tri_value *value, bool yes);
void tri_value_set_time(struct tri_value *value, const struct timespec *utc); /* datetime, with the local offset */
/* An array type: count strings or numbers, copied. */
void tri_value_set_strings(struct tri_value *value, const char *const *texts, size_t count);
void tri_value_set_numbers(struct tri_value *value, const int64_t *numbers, size_t count);
/* An array of `count` NULL items of the item type, for the caller to fill at once (all of them). -ENOMEM. */
int tri_value_make_array(struct tri_value *value, size_t count);

/* Converts to ret->type (kept): text to number and back, numbers with a range check, a scalar never to an array.
 * TRI_MANAGEMENT_TYPE_MISMATCH, TRI_MANAGEMENT_VALUE_OUT_OF_RANGE, -ENOMEM; ret is then NULL. */
int tri_value_convert(const struct tri_value *value, struct tri_value *ret);

/* How WQL compares: numbers by value whatever their width, strings without case, booleans by truth (0 and not 0; TRUE,
 * FALSE), datetimes as moments (wildcards: as text), references as paths without case; a text against a number as a number.
 * true and *ret_order (-1, 0, 1); false where the two cannot be compared, or one is NULL. */
bool tri_value_compare(const struct tri_value *a, const struct tri_value *b, int *ret_order);

/* As MOF writes it ("a\"b", 12, TRUE, {1, 2}, NULL) or as people read it (a"b, 12, TRUE, 1, 2, empty). Newly allocated;
 * NULL: no memory. An object in MOF: "instance of X\n{...}". Infinity in MOF: 1e999, which is read as infinity again. What
 * is no number (NaN) cannot be said in MOF: it is NULL, and so is an array that has one, since no item may be NULL. */
char *tri_value_mof(const struct tri_value *value);
char *tri_value_text(const struct tri_value *value);

/* "uint32", "string", "ref:Win32_Service", "object:X", "object": what CIMTYPE qualifiers say (without []). */
const char *tri_cim_type_name(uint16_t type); /* static; of an array: its item's; NULL: no such type */
uint16_t tri_cim_type_parse(const char *name); /* without case; TRI_CIM_EMPTY: no such type. "ref..." and "object..." too */

/* ---- datetime.c: yyyymmddHHMMSS.mmmmmmsUUU, and intervals ddddddddHHMMSS.mmmmmm:000 ---- */

#define TRI_DATETIME_LENGTH 25
bool tri_datetime_valid(const char *text); /* either form, with whole fields of asterisks */
/* A moment without asterisks. false: it is none. */
bool tri_datetime_parse(const char *text, struct timespec *ret_utc);
/* Also the informal spellings that WQL takes: yyyy-mm-dd[ HH:MM[:SS[.mmm]]], m/d/yyyy[...]; local time. */
bool tri_datetime_parse_informal(const char *text, struct timespec *ret_utc);
void tri_datetime_print(const struct timespec *utc, char ret[TRI_DATETIME_LENGTH + 1]); /* the local offset */

/* ---- names: compared without case (Unicode simple folding; fast for ASCII) ---- */

int tri_name_compare(const char *a, const char *b);
bool tri_name_equal(const char *a, const char *b); /* NULLs are equal to each other only */
uint32_t tri_name_hash(const char *name);
/* May it name a class, property, method, qualifier? [A-Za-z_ and beyond ASCII][... 0-9]*, 1..256 bytes. */
bool tri_name_valid(const char *name);

#endif
