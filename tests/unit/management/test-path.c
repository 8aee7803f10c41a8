#include "language-test.h"

#include "management/object.h"
#include "management/path.h"

/* Reads, and says what it read; NULL: it was refused, and the refusal explained. */
static char *read_text(const char *text)
{
    TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    char *canonical = NULL;
    int r = tri_path_parse(text, &path, &error);
    if (r < 0) {
        assert_int_equal(r, TRI_MANAGEMENT_INVALID_PATH);
        assert_int_equal(error.code, r);
        assert_non_null(strstr(error.text, "at character"));
        assert_null(path.class_name);
        return NULL;
    }
    assert_int_equal(tri_path_text(&path, &canonical), 0);
    return canonical;
}

static void assert_reads(const char *text, const char *canonical)
{
    TRI_AUTO_FREE char *read = read_text(text);
    if (!read)
        fail_msg("%s was refused", text);
    assert_string_equal(read, canonical);
    TRI_AUTO_FREE char *again = read_text(read);
    assert_non_null(again);
    assert_string_equal(again, canonical);
}

static void every_kind_of_path_is_read(void **state)
{
    assert_reads("root\\cimv2", "root\\cimv2");
    assert_reads("root/cimv2", "root\\cimv2");
    assert_reads("//./root/cimv2", "\\\\.\\root\\cimv2");
    assert_reads("\\\\HOST\\root", "\\\\HOST\\root");
    assert_reads("Win32_Process", "Win32_Process");
    assert_reads("root\\cimv2:Win32_Process", "root\\cimv2:Win32_Process");
    assert_reads("\\\\.\\root\\cimv2:Win32_OperatingSystem=@", "\\\\.\\root\\cimv2:Win32_OperatingSystem=@");
    assert_reads("Win32_LogicalDisk.DeviceID=\"C:\"", "Win32_LogicalDisk.DeviceID=\"C:\"");
    assert_reads("Win32_LogicalDisk=\"C:\"", "Win32_LogicalDisk=\"C:\"");
    assert_reads("Win32_LogicalDisk='it is \"C:\"'", "Win32_LogicalDisk=\"it is \\\"C:\\\"\"");
    assert_reads("__Namespace.Name=\"x\"", "__Namespace.Name=\"x\"");
    assert_reads("\xc3\x84\xc3\xb6.\xc3\xbc=1", "\xc3\x84\xc3\xb6.\xc3\xbc=1");
}

static void constants_have_their_types(void **state)
{
    TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
    assert_int_equal(tri_path_parse("A.S='x',I=-9223372036854775808,U=18446744073709551615,H=0xFf,B=true,F=FALSE", &path, NULL), 0);
    assert_int_equal(path.key_count, 6);
    assert_int_equal(path.keys[0].value.type, TRI_CIM_STRING);
    assert_string_equal(path.keys[0].value.string, "x");
    assert_int_equal(path.keys[1].value.type, TRI_CIM_SINT64);
    assert_true(path.keys[1].value.integer == INT64_MIN);
    assert_int_equal(path.keys[2].value.type, TRI_CIM_UINT64);
    assert_true(path.keys[2].value.natural == UINT64_MAX);
    assert_int_equal(path.keys[3].value.integer, 255);
    assert_true(path.keys[4].value.boolean);
    assert_int_equal(path.keys[5].value.type, TRI_CIM_BOOLEAN);
    assert_false(path.keys[5].value.boolean);
}

static void keys_are_written_in_the_alphabet_s_order(void **state)
{
    assert_reads("A.b=1,a=TRUE,C=\"x\"", "A.a=TRUE,b=1,C=\"x\"");
}

static void backslashes_and_quotes_are_escaped_and_unescaped(void **state)
{
    assert_reads("Win32_DiskDrive.DeviceID=\"\\\\\\\\.\\\\PHYSICALDRIVE0\"", "Win32_DiskDrive.DeviceID=\"\\\\\\\\.\\\\PHYSICALDRIVE0\"");
    assert_reads("A.X=\"a\\\"b\"", "A.X=\"a\\\"b\"");
    assert_reads("A.X=\"C:\\folder\"", "A.X=\"C:\\\\folder\""); /* by hand: no escape, so it stands for itself */
    assert_reads("A.R=\"\\\\\\\\H\\\\root:B.C=\\\"x\\\"\"", "A.R=\"\\\\\\\\H\\\\root:B.C=\\\"x\\\"\"");
}

static void what_is_no_path_is_refused_with_its_character(void **state)
{
    static const char *const wrong[] = {
        "", " ", "A = \"C:\"", "A.B", "A.B=", "A.B=\"x", "A.B='x", "A.B=x", "A.=1", "A.B=1,", "A.B=1,=2", "A.B=1 ", " A", "A..B=1",
        "A.B=1,b=2", "A=", "A=@x", "A=1,B=2", ":A", "root:", "root\\:A", "root\\cimv2\\", "\\root", "\\\\", "\\\\.", "\\\\.\\",
        "\\\\h h\\root", "root\\cimv2.A=1", "1A", "A-B", "A.B=18446744073709551616", "A.B=-9223372036854775809", "A.B=0x", "A.B=-",
        "A.B=1.5", "A:B:C", "A{}", "root\\\\cimv2", "A.B=\"x\"y",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        TRI_AUTO_FREE char *read = read_text(wrong[i]);
        if (read)
            fail_msg("\"%s\" was read as %s", wrong[i], read);
    }
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
    assert_int_equal(tri_path_parse("\xc3\x84 = 1", &path, &error), TRI_MANAGEMENT_INVALID_PATH);
    assert_non_null(strstr(error.text, "at character 2,"));
}

static void a_path_of_8192_characters_is_the_longest(void **state)
{
    for (size_t extra = 0; extra < 2; extra++) {
        size_t length = 8192 + extra;
        TRI_AUTO_FREE char *text = malloc(2 * length + 1);
        for (size_t i = 0; i < length; i++)
            memcpy(text + 2 * i, "\xc3\xa4", 2); /* characters are counted, not bytes */
        text[2 * length] = '\0';
        TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
        assert_int_equal(tri_path_parse(text, &path, NULL), extra ? TRI_MANAGEMENT_INVALID_PATH : 0);
    }
}

static void a_path_has_no_more_than_64_keys(void **state)
{
    char text[1024] = "A.k0=0";
    for (int i = 1; i < 64; i++)
        sprintf(text + strlen(text), ",k%d=%d", i, i);
    TRI_AUTO_FREE char *read = read_text(text);
    assert_non_null(read);
    strcat(text, ",k64=64");
    assert_null(read_text(text));
}

static void namespaces_are_read_in_every_spelling(void **state)
{
    static const struct {
        const char *text, *server, *name_space;
    } spellings[] = {{"root", NULL, "root"},
                     {"ROOT\\CIMV2", NULL, "ROOT\\CIMV2"},
                     {"root/cimv2", NULL, "root\\cimv2"},
                     {"\\\\.\\root\\cimv2", ".", "root\\cimv2"},
                     {"//./root/cimv2", ".", "root\\cimv2"},
                     {"\\\\HOST/root\\a/b", "HOST", "root\\a\\b"}};
    for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
        TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
        assert_int_equal(tri_path_parse_namespace(spellings[i].text, &path, NULL), 0);
        assert_true(tri_name_equal(path.server, spellings[i].server));
        assert_string_equal(path.name_space, spellings[i].name_space);
        assert_null(path.class_name);
    }
    static const char *const wrong[] = {"", "root\\", "\\root", "root:A", "root\\\\a", "A.B=1", "\\\\.", "\\\\.\\", "root cimv2", "root\\1"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
        struct tri_path path;
        assert_int_equal(tri_path_parse_namespace(wrong[i], &path, &error), TRI_MANAGEMENT_INVALID_NAMESPACE);
        assert_non_null(error.text);
    }
}

static void this_host_is_local_by_every_name_it_has(void **state)
{
    char server[300];
    snprintf(server, sizeof server, "\\\\%s\\root", tri_server_name());
    const struct {
        const char *text;
        bool is_local;
    } cases[] = {{"root", true}, {"\\\\.\\root", true}, {"\\\\LocalHost\\root", true}, {server, true}, {"\\\\elsewhere.example\\root", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
        assert_int_equal(tri_path_parse(cases[i].text, &path, NULL), 0);
        assert_int_equal(tri_path_is_local(&path), cases[i].is_local);
    }
}

/* ---- bound to a class ---- */

static char *key_of(const char *text, const struct tri_class *cls, int expected)
{
    TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
    TRI_CLEANUP(tri_error_clear) struct tri_error error = {0};
    char *key = NULL;
    assert_int_equal(tri_path_parse(text, &path, NULL), 0);
    int r = tri_path_key(&path, cls, &key, &error);
    if (r != expected)
        fail_msg("%s: %d, not %d: %s", text, r, expected, error.text);
    if (r < 0)
        assert_non_null(error.text);
    return key;
}

static void keys_are_converted_to_the_class_s_types_whatever_their_order(void **state)
{
    TRI_AUTO_CLASS struct tri_class *cls = class_of("class A { [key] string Name; [key] uint16 Number; string Other; };", NULL);
    TRI_AUTO_FREE char *a = key_of("A.Number=7,Name=\"x\"", cls, 0);
    TRI_AUTO_FREE char *b = key_of("a.NAME='X',number=\"7\"", cls, 0);
    assert_string_equal(a, b);
    TRI_CLEANUP(tri_path_clear) struct tri_path path = {0};
    struct tri_value values[2];
    assert_int_equal(tri_path_parse("A.Number=0x10,Name=5", &path, NULL), 0);
    assert_int_equal(tri_path_bind(&path, cls, values, NULL), 0);
    assert_int_equal(values[0].type, TRI_CIM_STRING);
    assert_string_equal(values[0].string, "5");
    assert_int_equal(values[1].type, TRI_CIM_UINT16);
    assert_int_equal(values[1].natural, 16);
    tri_value_clear(&values[0]);
}

static void the_name_of_the_only_key_may_be_left_out(void **state)
{
    TRI_AUTO_CLASS struct tri_class *cls = class_of("class A { [key] string Name; };", NULL);
    TRI_AUTO_FREE char *a = key_of("A=\"x\"", cls, 0);
    TRI_AUTO_FREE char *b = key_of("A.Name=\"X\"", cls, 0);
    assert_string_equal(a, b);
}

static void other_keys_than_the_class_s_are_refused(void **state)
{
    TRI_AUTO_CLASS struct tri_class *one = class_of("class A { [key] uint8 Id; };", NULL);
    TRI_AUTO_CLASS struct tri_class *two = class_of("class A { [key] uint8 Id; [key] uint8 Other; };", NULL);
    TRI_AUTO_CLASS struct tri_class *single = class_of("[singleton] class A { uint8 Id; };", NULL);
    TRI_AUTO_CLASS struct tri_class *none = class_of("class A { uint8 Id; };", NULL);
    key_of("A.Name=1", one, TRI_MANAGEMENT_INVALID_PATH);
    key_of("A.Id=1,Other=2", one, TRI_MANAGEMENT_INVALID_PATH);
    key_of("A=@", one, TRI_MANAGEMENT_INVALID_PATH);
    key_of("A.Id=256", one, TRI_MANAGEMENT_INVALID_PATH);
    key_of("A.Id=\"x\"", one, TRI_MANAGEMENT_INVALID_PATH);
    key_of("A=1", two, TRI_MANAGEMENT_INVALID_PATH);
    key_of("A.Id=1", two, TRI_MANAGEMENT_INVALID_PATH);
    key_of("A.Id=1", single, TRI_MANAGEMENT_INVALID_PATH);
    key_of("A.Id=1", none, TRI_MANAGEMENT_INVALID_PATH);
    TRI_AUTO_FREE char *key = key_of("A=@", single, 0);
    assert_string_equal(key, "@");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_path_is_read),
        cmocka_unit_test(constants_have_their_types),
        cmocka_unit_test(keys_are_written_in_the_alphabet_s_order),
        cmocka_unit_test(backslashes_and_quotes_are_escaped_and_unescaped),
        cmocka_unit_test(what_is_no_path_is_refused_with_its_character),
        cmocka_unit_test(a_path_of_8192_characters_is_the_longest),
        cmocka_unit_test(a_path_has_no_more_than_64_keys),
        cmocka_unit_test(namespaces_are_read_in_every_spelling),
        cmocka_unit_test(this_host_is_local_by_every_name_it_has),
        cmocka_unit_test(keys_are_converted_to_the_class_s_types_whatever_their_order),
        cmocka_unit_test(the_name_of_the_only_key_may_be_left_out),
        cmocka_unit_test(other_keys_than_the_class_s_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
