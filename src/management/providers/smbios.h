/* The firmware's own description of the machine: SMBIOS structures, one behind the other. Firmware lies and errs: nothing
 * is read beyond the table, or beyond the structure that a field is said to be in. */
#ifndef TRI_MANAGEMENT_PROVIDERS_SMBIOS_H
#define TRI_MANAGEMENT_PROVIDERS_SMBIOS_H

#include "management/value.h"

enum tri_smbios_type {
    TRI_SMBIOS_BIOS = 0,
    TRI_SMBIOS_CHASSIS = 3,
    TRI_SMBIOS_PROCESSOR = 4,
    TRI_SMBIOS_OEM_STRINGS = 11,
    TRI_SMBIOS_MEMORY_ARRAY = 16,
    TRI_SMBIOS_MEMORY = 17,
    TRI_SMBIOS_END = 127,
};

struct tri_smbios {
    uint8_t *data; /* NULL: there is none, or we may not read it (root may) */
    size_t size;
    unsigned major, minor; /* 0: unknown */
};

/* Of this machine; empty where there is none. */
void tri_smbios_read(struct tri_smbios *ret);
void tri_smbios_clear(struct tri_smbios *smbios);

struct tri_smbios_structure {
    unsigned type;
    size_t length; /* of the formatted part */
    const uint8_t *data;
    const char *strings, *strings_end; /* NUL-ended strings; strings_end is behind the last one's NUL */
};

/* The structure at *offset (0 at first), which moves behind it. false: there is no further one. */
bool tri_smbios_next(const struct tri_smbios *smbios, size_t *offset, struct tri_smbios_structure *ret);
/* The next of a type; and the first. */
bool tri_smbios_next_of(const struct tri_smbios *smbios, unsigned type, size_t *offset, struct tri_smbios_structure *ret);
bool tri_smbios_find(const struct tri_smbios *smbios, unsigned type, struct tri_smbios_structure *ret);

/* Numbers at an offset; missing where the structure ends before. */
uint64_t tri_smbios_number(const struct tri_smbios_structure *structure, size_t offset, size_t bytes, uint64_t missing);
static inline unsigned tri_smbios_byte(const struct tri_smbios_structure *structure, size_t offset, unsigned missing)
{
    return (unsigned)tri_smbios_number(structure, offset, 1, missing);
}
static inline unsigned tri_smbios_word(const struct tri_smbios_structure *structure, size_t offset, unsigned missing)
{
    return (unsigned)tri_smbios_number(structure, offset, 2, missing);
}

/* String number `index` (from 1), or the one whose number stands at an offset; NULL: there is none. */
const char *tri_smbios_string_at(const struct tri_smbios_structure *structure, unsigned index);
const char *tri_smbios_string(const struct tri_smbios_structure *structure, size_t offset);
/* The same into a field, without the space around it. */
void tri_smbios_set_string(struct tri_value *ret, const struct tri_smbios_structure *structure, size_t offset);

/* ---- Memory Device structures ---- */

uint64_t tri_smbios_memory_bytes(const struct tri_smbios_structure *memory); /* 0: empty slot, or unknown */
uint64_t tri_smbios_memory_speed(const struct tri_smbios_structure *memory);            /* MT/s; 0: unknown */
uint64_t tri_smbios_memory_configured_speed(const struct tri_smbios_structure *memory); /* MT/s; 0: unknown */
unsigned tri_smbios_memory_form(const struct tri_smbios_structure *memory);             /* CIM's number */
unsigned tri_smbios_memory_type(const struct tri_smbios_structure *memory);             /* CIM's number */

#endif
