/* The firmware that this test writes: folders of its own in the place of sysfs's, in a mount namespace of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/file.h"
#include "host-test.h"
#include "smbios-table.h"

static bool is_ready;

static void write_file(const char *path, const void *data, size_t size)
{
    assert_int_equal(tri_file_write(AT_FDCWD, path, data, size, 0644), 0);
}

static void write_line(const char *name, const char *text)
{
    char path[128], line[256];
    snprintf(path, sizeof path, "/sys/class/dmi/id/%s", name);
    write_file(path, line, (size_t)snprintf(line, sizeof line, "%s\n", text));
}

static void write_lines(void)
{
    write_line("bios_vendor", "Trireme Works");
    write_line("bios_version", "1.2.3");
    write_line("bios_date", "02/29/2024");
    write_line("sys_vendor", "Piraeus");
    write_line("product_name", "Olympias");
    write_line("product_version", "II");
    write_line("product_serial", "OL-170");
    write_line("product_uuid", "0123abcd-0000-0000-0000-00000000cafe");
    write_line("product_family", "Ships");
    write_line("board_vendor", "Piraeus Boards");
    write_line("board_name", "Keel");
    write_line("board_serial", "K-1");
    write_line("chassis_type", "10");
    write_line("chassis_vendor", "Hulls");
    write_line("chassis_asset_tag", "7");
}

static void write_tables(void)
{
    struct table table = {0};
    uint8_t bios[0x18] = {TRI_SMBIOS_BIOS, sizeof bios};
    bios[0x0a] = 0x90; /* bits 4 and 7 */
    bios[0x14] = 5, bios[0x15] = 17, bios[0x16] = 0xff, bios[0x17] = 0xff;
    add_structure(&table, bios, sizeof bios, "", 0);
    uint8_t chassis[0x16] = {TRI_SMBIOS_CHASSIS, sizeof chassis};
    chassis[0x05] = 0x80 | 10, chassis[0x0c] = 3, chassis[0x15] = 1;
    add_structure(&table, chassis, sizeof chassis, "SKU 9", sizeof "SKU 9");
    uint8_t oem[5] = {TRI_SMBIOS_OEM_STRINGS, sizeof oem, 0, 0, 2};
    add_structure(&table, oem, sizeof oem, "one\0two", sizeof "one\0two");
    uint8_t array[0x17] = {TRI_SMBIOS_MEMORY_ARRAY, sizeof array, 0, 0, 3, 3, 6};
    array[0x0a] = 0x80; /* the size stands behind: 16 TiB */
    array[0x0d] = 2, array[0x14] = 0x10;
    add_structure(&table, array, sizeof array, "", 0);
    uint8_t empty[0x30] = {TRI_SMBIOS_PROCESSOR, sizeof empty, 0, 0, 1, 3};
    add_structure(&table, empty, sizeof empty, "Socket 0", sizeof "Socket 0");
    uint8_t processor[0x30] = {TRI_SMBIOS_PROCESSOR, sizeof processor, 0, 0, 1, 3};
    processor[0x18] = 0x41; /* there, and enabled */
    processor[0x06] = 0xb3, processor[0x11] = 0x80 | 12, processor[0x12] = 100, processor[0x14] = 0xa0, processor[0x15] = 0x0f;
    add_structure(&table, processor, sizeof processor, "Socket A", sizeof "Socket A");
    make_memory(&table);
    write_file("/sys/firmware/dmi/tables/DMI", table.data, table.size);
    static const char entry[24] = "_SM3_\0\x18\x03\x05";
    write_file("/sys/firmware/dmi/tables/smbios_entry_point", entry, sizeof entry);
}

static void write_cpu_file(unsigned cpu, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/topology/%s", cpu, name);
    write_file(path, text, strlen(text));
}

/* Two clusters, each of which counts its cores from 0; the only one of the second runs two threads. */
static void write_cpus(void)
{
    static const char *const ids[] = {"0\n", "1\n", "0\n", "0\n"}, *const together[] = {"0\n", "1\n", "2-3\n", "2-3\n"};
    for (unsigned cpu = 0; cpu < 4; cpu++) {
        char path[64];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/topology", cpu);
        assert_int_equal(tri_folder_make(AT_FDCWD, path, 0755), 0);
        write_cpu_file(cpu, "physical_package_id", "0\n");
        write_cpu_file(cpu, "core_id", ids[cpu]);
        write_cpu_file(cpu, "core_cpus_list", together[cpu]);
    }
    write_file("/sys/devices/system/cpu/online", "0-3\n", strlen("0-3\n"));
}

/* false: we may not. */
static bool replace_firmware(void)
{
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", "/sys/class", "tmpfs", 0, NULL) < 0 || mount("tmpfs", "/sys/firmware", "tmpfs", 0, NULL) < 0 ||
        mount("tmpfs", "/sys/devices/system/cpu", "tmpfs", 0, NULL) < 0)
        return false;
    assert_int_equal(tri_folder_make(AT_FDCWD, "/sys/class/dmi/id", 0755), 0);
    assert_int_equal(tri_folder_make(AT_FDCWD, "/sys/firmware/dmi/tables", 0755), 0);
    write_lines();
    write_tables();
    write_cpus();
    return true;
}

static void need_firmware(void)
{
    if (is_ready)
        return;
    print_message("# skipped: only root may mount a firmware of its own, and only where mounts are allowed\n");
    skip();
}

static void the_bios_is_told_by_file_and_table(void **state)
{
    need_firmware();
    AUTO_ROWS rows = ask("Win32_BIOS", NULL, NULL);
    assert_int_equal(rows->count, 1);
    assert_string_equal(text_of(rows, 0, "Manufacturer"), "Trireme Works");
    assert_string_equal(text_of(rows, 0, "SMBIOSBIOSVersion"), "1.2.3");
    assert_string_equal(text_of(rows, 0, "Version"), "Trireme Works - 1.2.3");
    assert_string_equal(text_of(rows, 0, "ReleaseDate"), "20240229000000.000000+000");
    assert_string_equal(text_of(rows, 0, "SerialNumber"), "OL-170");
    assert_int_equal(number_of(rows, 0, "SMBIOSMajorVersion"), 3);
    assert_int_equal(number_of(rows, 0, "SMBIOSMinorVersion"), 5);
    assert_int_equal(number_of(rows, 0, "SystemBiosMajorVersion"), 5);
    assert_int_equal(number_of(rows, 0, "SystemBiosMinorVersion"), 17);
    assert_false(value_of(rows, 0, "EmbeddedControllerMajorVersion")->is_set);
    const struct tri_array *bits = value_of(rows, 0, "BiosCharacteristics")->array;
    assert_int_equal(bits->count, 2);
    assert_int_equal(bits->items[1].natural, 7);
}

static void board_and_enclosure_are_told(void **state)
{
    need_firmware();
    AUTO_ROWS board = ask("Win32_BaseBoard", NULL, NULL);
    assert_int_equal(board->count, 1);
    assert_string_equal(text_of(board, 0, "Product"), "Keel");
    assert_string_equal(text_of(board, 0, "SerialNumber"), "K-1");
    assert_false(value_of(board, 0, "Version")->is_set); /* there is no such file */
    AUTO_ROWS enclosure = ask("Win32_SystemEnclosure", NULL, NULL);
    assert_int_equal(enclosure->count, 1);
    assert_int_equal(value_of(enclosure, 0, "ChassisTypes")->array->items[0].natural, 10);
    assert_true(value_of(enclosure, 0, "LockPresent")->boolean);
    assert_int_equal(number_of(enclosure, 0, "SecurityStatus"), 3);
    assert_string_equal(text_of(enclosure, 0, "SMBIOSAssetTag"), "7");
}

static void the_computer_is_a_product(void **state)
{
    need_firmware();
    AUTO_ROWS product = ask("Win32_ComputerSystemProduct", NULL, NULL);
    assert_int_equal(product->count, 1);
    assert_string_equal(text_of(product, 0, "Name"), "Olympias");
    assert_string_equal(text_of(product, 0, "IdentifyingNumber"), "OL-170");
    assert_string_equal(text_of(product, 0, "UUID"), "0123ABCD-0000-0000-0000-00000000CAFE");
    AUTO_ROWS system = ask("Win32_ComputerSystem", NULL, NULL);
    assert_string_equal(text_of(system, 0, "Manufacturer"), "Piraeus");
    assert_string_equal(text_of(system, 0, "Model"), "Olympias");
    assert_string_equal(text_of(system, 0, "SystemFamily"), "Ships");
    assert_string_equal(text_of(system, 0, "ChassisSKUNumber"), "SKU 9");
    assert_int_equal(number_of(system, 0, "PCSystemType"), 2); /* mobile */
    const struct tri_array *oem = value_of(system, 0, "OEMStringArray")->array;
    assert_int_equal(oem->count, 2);
    assert_string_equal(oem->items[1].string, "two");
}

static void modules_and_their_array_are_told(void **state)
{
    need_firmware();
    AUTO_ROWS memory = ask("Win32_PhysicalMemory", NULL, NULL);
    assert_int_equal(memory->count, 1); /* the other slot is empty */
    assert_string_equal(text_of(memory, 0, "Tag"), "Physical Memory 0");
    assert_int_equal(number_of(memory, 0, "Capacity"), 16ull << 30);
    assert_int_equal(number_of(memory, 0, "Speed"), 3200);
    assert_int_equal(number_of(memory, 0, "FormFactor"), 12);
    assert_int_equal(number_of(memory, 0, "SMBIOSMemoryType"), 0x1a);
    assert_int_equal(number_of(memory, 0, "TotalWidth"), 72);
    assert_string_equal(text_of(memory, 0, "Manufacturer"), "Samsung");
    assert_string_equal(text_of(memory, 0, "DeviceLocator"), "DIMM A");
    assert_false(value_of(memory, 0, "PartNumber")->is_set);
    AUTO_ROWS array = ask("Win32_PhysicalMemoryArray", NULL, NULL);
    assert_int_equal(array->count, 1);
    assert_int_equal(number_of(array, 0, "MemoryDevices"), 2);
    assert_int_equal(number_of(array, 0, "MemoryErrorCorrection"), 6);
    assert_int_equal(number_of(array, 0, "MaxCapacityEx"), 16ull << 30); /* KiB */
    assert_false(value_of(array, 0, "MaxCapacity")->is_set);             /* which does not fit here */
}

static void the_socket_is_told(void **state)
{
    need_firmware();
    AUTO_ROWS rows = ask("Win32_Processor", "DeviceID = 'CPU0'", NULL);
    assert_int_equal(rows->count, 1);
    assert_string_equal(text_of(rows, 0, "SocketDesignation"), "Socket A");
    assert_int_equal(number_of(rows, 0, "Family"), 0xb3);
    assert_int_equal(number_of(rows, 0, "CurrentVoltage"), 12);
    assert_int_equal(number_of(rows, 0, "ExtClock"), 100);
    assert_false(value_of(rows, 0, "SerialNumber")->is_set);
}

static void cores_of_different_clusters_are_different_ones(void **state)
{
    need_firmware();
    AUTO_ROWS rows = ask("Win32_Processor", NULL, NULL);
    assert_int_equal(rows->count, 1);
    assert_int_equal(number_of(rows, 0, "NumberOfCores"), 3);
    assert_int_equal(number_of(rows, 0, "NumberOfLogicalProcessors"), 4);
}

static void noise_for_a_table_is_survived(void **state)
{
    need_firmware();
    static const char *const names[] = {"Win32_BIOS",           "Win32_PhysicalMemory", "Win32_PhysicalMemoryArray",
                                        "Win32_SystemEnclosure", "Win32_ComputerSystem"};
    srand(1);
    for (int round = 0; round < 50; round++) {
        uint8_t noise[512];
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (uint8_t)(rand() % 3 ? rand() % 24 : 0);
        noise[0] = (uint8_t)(rand() % 20);
        write_file("/sys/firmware/dmi/tables/DMI", noise, sizeof noise);
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            AUTO_ROWS rows = ask(names[i], NULL, NULL);
            assert_in_range(rows->count, 0, sizeof noise / 4);
        }
    }
}

static int begin(void **state)
{
    is_ready = replace_firmware();
    return begin_host_test(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bios_is_told_by_file_and_table),
        cmocka_unit_test(board_and_enclosure_are_told),
        cmocka_unit_test(the_computer_is_a_product),
        cmocka_unit_test(modules_and_their_array_are_told),
        cmocka_unit_test(the_socket_is_told),
        cmocka_unit_test(cores_of_different_clusters_are_different_ones),
        cmocka_unit_test(noise_for_a_table_is_survived),
    };
    return cmocka_run_group_tests(tests, begin, end_host_test);
}
