#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "smbios-table.h"

/* Always a copy of exactly the size, so that a byte too far is seen. */
static struct tri_smbios smbios_of(const struct table *table, size_t size)
{
    struct tri_smbios smbios = {.data = malloc(size + !size), .size = size};
    memcpy(smbios.data, table->data, size);
    return smbios;
}

static void a_module_says_what_it_is(void **state)
{
    struct table table = {0};
    struct tri_smbios_structure module;
    make_memory(&table);
    struct tri_smbios smbios = smbios_of(&table, table.size);
    size_t offset = 0;
    assert_true(tri_smbios_next_of(&smbios, TRI_SMBIOS_MEMORY, &offset, &module));
    assert_int_equal(tri_smbios_memory_bytes(&module), 16ull << 30);
    assert_int_equal(tri_smbios_memory_speed(&module), 3200);
    assert_int_equal(tri_smbios_memory_configured_speed(&module), 8192);
    assert_int_equal(tri_smbios_memory_form(&module), 12);
    assert_int_equal(tri_smbios_memory_type(&module), 26);
    assert_int_equal(tri_smbios_word(&module, 0x08, 0), 72);
    assert_string_equal(tri_smbios_string(&module, 0x10), "DIMM A");
    assert_string_equal(tri_smbios_string(&module, 0x11), "BANK 0");
    assert_null(tri_smbios_string(&module, 0x18)); /* there are three */
    assert_null(tri_smbios_string(&module, 0x1a)); /* number 0 is none */
    struct tri_value text = {.type = TRI_CIM_STRING};
    tri_smbios_set_string(&text, &module, 0x17);
    assert_string_equal(text.string, "Samsung");
    tri_value_clear(&text);
    assert_true(tri_smbios_next_of(&smbios, TRI_SMBIOS_MEMORY, &offset, &module));
    assert_int_equal(tri_smbios_memory_bytes(&module), 0);
    assert_null(tri_smbios_string(&module, 0x10));
    assert_int_equal(tri_smbios_byte(&module, 0x17, 77), 77); /* the structure ends before */
    assert_int_equal(tri_smbios_word(&module, 0x14, 77), 77);
    assert_int_equal(tri_smbios_number(&module, SIZE_MAX, 8, 77), 77);
    assert_false(tri_smbios_next_of(&smbios, TRI_SMBIOS_MEMORY, &offset, &module));
    assert_false(tri_smbios_find(&smbios, TRI_SMBIOS_CHASSIS, &module));
    tri_smbios_clear(&smbios);
}

static void sizes_come_in_three_spellings(void **state)
{
    uint8_t data[0x20] = {TRI_SMBIOS_MEMORY, sizeof data};
    struct tri_smbios_structure module = {.type = TRI_SMBIOS_MEMORY, .length = sizeof data, .data = data};
    data[0x0c] = 0x00, data[0x0d] = 0x82; /* KiB */
    assert_int_equal(tri_smbios_memory_bytes(&module), 512 << 10);
    data[0x0c] = 0xff, data[0x0d] = 0x7f; /* too much for a word */
    data[0x1e] = 0x02;
    assert_int_equal(tri_smbios_memory_bytes(&module), 128ull << 30);
    data[0x0d] = 0xff; /* unknown */
    assert_int_equal(tri_smbios_memory_bytes(&module), 0);
}

/* Everything that can be asked, of whatever the bytes make; only what sanitizers see, and no end, can fail. */
static void read_all(const struct table *table, size_t size)
{
    struct tri_smbios smbios = smbios_of(table, size);
    struct tri_smbios_structure structure;
    size_t offset = 0, before = 0, count = 0;
    while (tri_smbios_next(&smbios, &offset, &structure)) {
        assert_true(offset > before && offset <= size);
        before = offset;
        count++;
        for (unsigned i = 0; i < 256; i++) {
            const char *text = tri_smbios_string_at(&structure, i);
            assert_true(!text || strlen(text) < size);
            tri_smbios_number(&structure, i, 8, 0);
        }
        tri_smbios_memory_bytes(&structure);
        tri_smbios_memory_form(&structure);
        tri_smbios_memory_type(&structure);
        tri_smbios_memory_configured_speed(&structure);
    }
    assert_true(count <= size / 4);
    tri_smbios_clear(&smbios);
}

static void a_table_that_ends_anywhere_is_read_to_its_end(void **state)
{
    struct table table = {0};
    make_memory(&table);
    for (size_t size = 0; size <= table.size; size++)
        read_all(&table, size);
}

static void firmware_that_lies_is_not_followed(void **state)
{
    struct table table = {0};
    make_memory(&table);
    for (size_t at = 0; at < table.size; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            table.data[at] ^= (uint8_t)(1u << bit);
            read_all(&table, table.size);
            table.data[at] ^= (uint8_t)(1u << bit);
        }
    srand(1);
    for (int round = 0; round < 5000; round++) {
        for (table.size = 0; table.size < 64; table.size++)
            table.data[table.size] = (uint8_t)(rand() % 3 ? rand() : 0);
        read_all(&table, table.size);
    }
}

static void no_table_has_no_structures(void **state)
{
    struct tri_smbios smbios = {0};
    struct tri_smbios_structure structure;
    assert_false(tri_smbios_find(&smbios, TRI_SMBIOS_BIOS, &structure));
    tri_smbios_clear(&smbios);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_says_what_it_is),
        cmocka_unit_test(sizes_come_in_three_spellings),
        cmocka_unit_test(a_table_that_ends_anywhere_is_read_to_its_end),
        cmocka_unit_test(firmware_that_lies_is_not_followed),
        cmocka_unit_test(no_table_has_no_structures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
