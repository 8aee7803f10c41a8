/* SMBIOS tables, made by hand. */
#ifndef TRI_TESTS_SMBIOS_TABLE_H
#define TRI_TESTS_SMBIOS_TABLE_H

#include <string.h>

#include "management/providers/smbios.h"

/* A table in the making. */
struct table {
    uint8_t data[4096];
    size_t size;
};

static inline void add(struct table *table, const void *data, size_t size)
{
    memcpy(table->data + table->size, data, size);
    table->size += size;
}

/* The formatted part, with type and length in its first bytes; then the strings. */
static inline void add_structure(struct table *table, const uint8_t *formatted, size_t length, const char *strings,
                          size_t size)
{
    add(table, formatted, length);
    add(table, strings, size);
    add(table, "\0", size ? 1 : 2);
}

/* A module of 16 GiB, and an empty slot. */
static inline void make_memory(struct table *table)
{
    uint8_t module[0x5c] = {TRI_SMBIOS_MEMORY, sizeof module, 1, 0};
    module[0x08] = 72, module[0x0a] = 64;
    module[0x0c] = 0x00, module[0x0d] = 0x40; /* 16384 MiB */
    module[0x0e] = 0x0d;                      /* SODIMM */
    module[0x10] = 1, module[0x11] = 2;
    module[0x12] = 0x1a;                      /* DDR4 */
    module[0x15] = 0x80, module[0x16] = 0x0c; /* 3200 */
    module[0x17] = 3, module[0x18] = 9;
    module[0x20] = 0xff, module[0x21] = 0xff, module[0x58] = 0x00, module[0x59] = 0x20; /* 8192, too fast for a word */
    static const char strings[] = "DIMM A\0BANK 0\0  Samsung  ";
    add_structure(table, module, sizeof module, strings, sizeof strings);
    uint8_t empty[0x15] = {TRI_SMBIOS_MEMORY, sizeof empty, 2, 0};
    add_structure(table, empty, sizeof empty, "", 0);
    add_structure(table, (const uint8_t[]){TRI_SMBIOS_END, 4, 3, 0}, 4, "", 0);
}

#endif
