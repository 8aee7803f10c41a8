/* What the files of value.h share. */
#ifndef TRI_MANAGEMENT_VALUE_PRIVATE_H
#define TRI_MANAGEMENT_VALUE_PRIVATE_H

#include "management/text.h"
#include "management/value.h"

enum tri_cim_kind {
    TRI_KIND_NONE, /* no such type */
    TRI_KIND_SIGNED,
    TRI_KIND_UNSIGNED, /* char16 too */
    TRI_KIND_REAL,
    TRI_KIND_BOOLEAN,
    TRI_KIND_TEXT, /* string, datetime, reference */
    TRI_KIND_OBJECT,
};

struct tri_cim_type_facts {
    const char *name;
    enum tri_cim_kind kind;
    unsigned bits; /* of numbers */
};

#define TRI_CIM_TYPE_COUNT (TRI_CIM_CHAR16 + 1)
extern const struct tri_cim_type_facts tri_cim_types[TRI_CIM_TYPE_COUNT];

/* Of an array: its item's. Never NULL. */
static inline const struct tri_cim_type_facts *tri_cim_type_facts(uint16_t type)
{
    unsigned item = type & ~(unsigned)TRI_CIM_ARRAY;
    return &tri_cim_types[item < TRI_CIM_TYPE_COUNT ? item : TRI_CIM_EMPTY];
}

static inline enum tri_cim_kind tri_cim_kind(uint16_t type)
{
    return tri_cim_type_facts(type)->kind;
}

/* Reads a decimal number, all of it: ret becomes a sint64, a uint64 where it is too large for that, else a real64 (which
 * an integer becomes too that fits neither; *ret_is_integer says so). false: the text is no number. */
bool tri_number_parse(const char *text, struct tri_value *ret, bool *ret_is_integer);
bool tri_boolean_parse(const char *text, bool *ret); /* TRUE, FALSE without case */
/* The shortest text that reads back as the same number, whatever the locale. */
void tri_number_text(const struct tri_value *value, struct tri_text *text);
/* One UTF-16 unit as UTF-8; half a pair is U+FFFD. */
void tri_char16_text(uint64_t unit, char ret[4]);

#endif
