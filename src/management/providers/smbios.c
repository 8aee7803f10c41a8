#include "management/providers/smbios.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

enum { HEADER_SIZE = 4, TABLE_MAX = 1 << 20, ENTRY_POINT_MAX = 256 };

/* ---- the table ---- */

/* The version stands at another place in the 64-bit entry point ("_SM3_") than in the old one ("_SM_"). */
static void read_version(struct tri_smbios *smbios)
{
    TRI_AUTO_FREE char *entry = NULL;
    size_t size;
    if (tri_file_read(AT_FDCWD, "/sys/firmware/dmi/tables/smbios_entry_point", ENTRY_POINT_MAX, &entry, &size) < 0)
        return;
    size_t at = size > 8 && memcmp(entry, "_SM3_", 5) == 0 ? 7 : 6;
    if (size > at + 1) {
        smbios->major = (uint8_t)entry[at];
        smbios->minor = (uint8_t)entry[at + 1];
    }
}

void tri_smbios_read(struct tri_smbios *ret)
{
    char *data;
    *ret = (struct tri_smbios){0};
    if (tri_file_read(AT_FDCWD, "/sys/firmware/dmi/tables/DMI", TABLE_MAX, &data, &ret->size) < 0)
        return;
    ret->data = (uint8_t *)data;
    read_version(ret);
}

void tri_smbios_clear(struct tri_smbios *smbios)
{
    free(smbios->data);
    *smbios = (struct tri_smbios){0};
}

/* ---- structures ---- */

/* Where the strings end: behind the second of two NULs; NULL: not before the table does. */
static const char *find_strings_end(const char *strings, const char *end)
{
    for (const char *at = strings; at + 1 < end; at++)
        if (!at[0] && !at[1])
            return at + 2;
    return NULL;
}

bool tri_smbios_next(const struct tri_smbios *smbios, size_t *offset, struct tri_smbios_structure *ret)
{
    if (!smbios->data || *offset >= smbios->size || smbios->size - *offset < HEADER_SIZE)
        return false;
    const uint8_t *data = smbios->data + *offset;
    size_t length = data[1];
    if (length < HEADER_SIZE || length > smbios->size - *offset || data[0] == TRI_SMBIOS_END)
        return false;
    const char *strings = (const char *)data + length, *end = (const char *)smbios->data + smbios->size;
    const char *next = find_strings_end(strings, end);
    if (!next)
        return false;
    *ret = (struct tri_smbios_structure){
        .type = data[0], .length = length, .data = data, .strings = strings, .strings_end = next - 1};
    *offset = (size_t)(next - (const char *)smbios->data);
    return true;
}

bool tri_smbios_next_of(const struct tri_smbios *smbios, unsigned type, size_t *offset,
                        struct tri_smbios_structure *ret)
{
    struct tri_smbios_structure structure;
    while (tri_smbios_next(smbios, offset, &structure))
        if (structure.type == type) {
            *ret = structure;
            return true;
        }
    return false;
}

bool tri_smbios_find(const struct tri_smbios *smbios, unsigned type, struct tri_smbios_structure *ret)
{
    size_t offset = 0;
    return tri_smbios_next_of(smbios, type, &offset, ret);
}

uint64_t tri_smbios_number(const struct tri_smbios_structure *structure, size_t offset, size_t bytes, uint64_t missing)
{
    if (offset > structure->length || structure->length - offset < bytes)
        return missing;
    uint64_t number = 0;
    for (size_t i = bytes; i-- > 0;)
        number = number << 8 | structure->data[offset + i];
    return number;
}

const char *tri_smbios_string_at(const struct tri_smbios_structure *structure, unsigned index)
{
    const char *at = structure->strings;
    for (unsigned i = 1; at < structure->strings_end && *at; i++, at += strlen(at) + 1)
        if (i == index)
            return at;
    return NULL;
}

const char *tri_smbios_string(const struct tri_smbios_structure *structure, size_t offset)
{
    return tri_smbios_string_at(structure, tri_smbios_byte(structure, offset, 0));
}

void tri_smbios_set_string(struct tri_value *ret, const struct tri_smbios_structure *structure, size_t offset)
{
    const char *text = tri_smbios_string(structure, offset);
    if (!text)
        return;
    text += strspn(text, " ");
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    TRI_AUTO_FREE char *copy = length > 0 ? strndup(text, length) : NULL;
    tri_value_set_string(ret, copy);
}

/* ---- memory ---- */

uint64_t tri_smbios_memory_bytes(const struct tri_smbios_structure *memory)
{
    enum { UNKNOWN = 0xffff, EXTENDED = 0x7fff, IN_KIB = 0x8000 };
    uint64_t size = tri_smbios_word(memory, 0x0c, 0);
    if (size == UNKNOWN)
        return 0;
    if (size == EXTENDED)
        return (tri_smbios_number(memory, 0x1c, 4, 0) & 0x7fffffff) << 20;
    return size & IN_KIB ? (size & ~(uint64_t)IN_KIB) << 10 : size << 20;
}

/* A speed that is too fast for its word stands elsewhere. */
static uint64_t speed_at(const struct tri_smbios_structure *memory, size_t offset, size_t extended)
{
    uint64_t speed = tri_smbios_word(memory, offset, 0);
    return speed == 0xffff ? tri_smbios_number(memory, extended, 4, 0) & 0x7fffffff : speed;
}

uint64_t tri_smbios_memory_speed(const struct tri_smbios_structure *memory)
{
    return speed_at(memory, 0x15, 0x54);
}

uint64_t tri_smbios_memory_configured_speed(const struct tri_smbios_structure *memory)
{
    return speed_at(memory, 0x20, 0x58);
}

unsigned tri_smbios_memory_form(const struct tri_smbios_structure *memory)
{
    /* Other, unknown, SIMM, SIP, chip, DIP, ZIP, card, DIMM, TSOP, row of chips, RIMM, SODIMM, SRIMM, FB-DIMM */
    static const unsigned char forms[] = {0, 1, 0, 7, 2, 1, 3, 4, 6, 8, 9, 1, 11, 12, 13, 8};
    unsigned form = tri_smbios_byte(memory, 0x0e, 0);
    return form < sizeof forms ? forms[form] : 1;
}

unsigned tri_smbios_memory_type(const struct tri_smbios_structure *memory)
{
    static const unsigned char types[] = {
        [0x01] = 1,  [0x02] = 0,  [0x03] = 2,  [0x04] = 6,  [0x05] = 7,  [0x06] = 8,  [0x07] = 9,  [0x08] = 10,
        [0x09] = 11, [0x0a] = 12, [0x0b] = 13, [0x0c] = 14, [0x0d] = 15, [0x0e] = 16, [0x0f] = 17, [0x10] = 18,
        [0x11] = 19, [0x12] = 20, [0x13] = 21, [0x14] = 22, [0x18] = 24, [0x19] = 25, [0x1a] = 26,
    };
    unsigned type =
        tri_smbios_byte(memory, 0x12, 0); /* what came later has no number there: SMBIOSMemoryType says it */
    return type < sizeof types ? types[type] : 0;
}
