/* IMofCompiler: classes and instances from text. */
#include "wmi-face.h"

#include <fcntl.h>

static IMofCompiler *new_compiler(void)
{
    IMofCompiler *made = NULL;
    assert_hr(S_OK,
              CoCreateInstance(&CLSID_MofCompiler, NULL, CLSCTX_INPROC_SERVER, &IID_IMofCompiler, (void **)&made));
    return made;
}

/* How one compilation is asked for; what is left out is NULL and 0. */
struct how {
    const char *name_space;
    LONG options, class_flags, instance_flags;
};

static WBEM_COMPILE_STATUS_INFO info;

static HRESULT compile_bytes(const void *bytes, size_t size, struct how how)
{
    IMofCompiler *compiler = new_compiler();
    info = (WBEM_COMPILE_STATUS_INFO){77, 77, 77, 77, 77, 77};
    HRESULT hr =
        IMofCompiler_CompileBuffer(compiler, (LONG)size, (BYTE *)bytes, how.name_space ? B("%s", how.name_space) : NULL,
                                   NULL, NULL, NULL, how.options, how.class_flags, how.instance_flags, &info);
    IMofCompiler_Release(compiler);
    return hr;
}

static HRESULT compile(const char *text, struct how how)
{
    return compile_bytes(text, strlen(text), how);
}

#define CIMV2 ((struct how){.name_space = "root\\cimv2"})

static void compiles(const char *text, struct how how)
{
    HRESULT hr = compile(text, how);
    if (hr != WBEM_S_NO_ERROR)
        fail_msg("0x%08x, phase %d, 0x%08x, lines %d to %d: %s", (unsigned)hr, info.lPhaseError, (unsigned)info.hRes,
                 info.FirstLine, info.LastLine, why());
    assert_int_equal(0, info.lPhaseError);
    assert_hr(WBEM_S_NO_ERROR, info.hRes);
    assert_int_equal(0, info.FirstLine);
    assert_int_equal(0, info.dwOutFlags);
}

static bool is_there(IWbemServices *where, const char *path)
{
    IWbemClassObject *object = NULL;
    HRESULT hr = IWbemServices_GetObject(where, B("%s", path), 0, NULL, &object, NULL);
    LET_GO(object);
    return hr == WBEM_S_NO_ERROR;
}

#define ONE_CLASS(name) "class " name " { [key] uint32 Id; string Name; };\n"

/* ---- what is compiled is there ---- */

static void classes_and_instances_of_a_text_are_there(void **state)
{
    TRI_PROVES_METHOD(IMofCompiler, CompileBuffer, real);
    compiles(ONE_CLASS("M_One") "instance of M_One { Id = 1; Name = \"first\"; };\n"
                                "instance of M_One { Id = 2; };\n",
             CIMV2);
    IWbemClassObject *object = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("M_One.Id=1"), 0, NULL, &object, NULL));
    assert_string_equal("first", get_text(object, "Name"));
    IWbemClassObject_Release(object);
    assert_true(is_there(services, "M_One.Id=2"));
}

static void a_text_goes_to_root_default_unless_it_or_its_caller_says_otherwise(void **state)
{
    IWbemServices *by_default = connect_to("root\\default");
    compiles(ONE_CLASS("M_Default"), (struct how){0});
    assert_true(is_there(by_default, "M_Default"));
    assert_false(is_there(services, "M_Default"));
    compiles("#pragma namespace(\"\\\\\\\\.\\\\root\\\\cimv2\")\n" ONE_CLASS("M_Pragma"),
             (struct how){.name_space = "root\\default"});
    assert_true(is_there(services, "M_Pragma"));
    assert_false(is_there(by_default, "M_Pragma"));
    IWbemServices_Release(by_default);
}

static void a_text_that_is_only_checked_changes_nothing(void **state)
{
    compiles(ONE_CLASS("M_Checked"), (struct how){.name_space = "root\\cimv2", .options = WBEM_FLAG_CHECK_ONLY});
    assert_false(is_there(services, "M_Checked"));
}

static void text_may_come_in_utf_8_and_in_utf_16(void **state)
{
    compiles("\xef\xbb\xbf" ONE_CLASS("M_Utf8"), CIMV2);
    assert_true(is_there(services, "M_Utf8"));
    static const WCHAR wide[] = u"\ufeffclass M_Utf16 { [key] uint32 Id; };";
    assert_hr(WBEM_S_NO_ERROR, compile_bytes(wide, sizeof wide - sizeof wide[0], CIMV2));
    assert_true(is_there(services, "M_Utf16"));
}

static void what_an_object_says_of_itself_compiles_again(void **state)
{
    IWbemClassObject *cls = NULL, *again = NULL;
    BSTR text = NULL;
    compiles("[locale(0x409)] class M_Round { [key, read: ToSubClass, MaxLen(260): ToInstance] string Name = "
             "\"a\\\"b\\\\c\";"
             " [Values{\"x\", \"y\"}] uint16 Kinds[] = {1, 2}; sint64 Big = -5; M_Round ref Other; datetime When;"
             " [static] uint32 Start([in] string A, [in, out] uint32 B, [out] M_Round ref C); };",
             CIMV2);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("M_Round"), 0, NULL, &cls, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_GetObjectText(cls, 0, &text));
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_DeleteClass(services, B("M_Round"), 0, NULL, NULL));
    compiles(take_bstr(text), CIMV2);
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("M_Round"), 0, NULL, &again, NULL));
    assert_hr(WBEM_S_SAME, IWbemClassObject_CompareTo(cls, 0, again));
    IWbemClassObject_Release(again);
    IWbemClassObject_Release(cls);
}

/* ---- failures ---- */

static void a_text_that_cannot_be_read_says_where(void **state)
{
    assert_hr(WBEM_S_FALSE, compile(ONE_CLASS("M_Before") "\nclass M_Bad\n{\n    uint32 X\n};\n", CIMV2));
    assert_int_equal(1, info.lPhaseError);
    assert_hr(WBEMMOF_E_EXPECTED_SEMI, info.hRes);
    assert_int_equal(3, info.FirstLine);
    assert_in_range(info.LastLine, 5, 6);
    assert_string_not_equal("", why());
    assert_false(is_there(services, "M_Before"));
}

static void a_text_that_cannot_be_stored_leaves_nothing_behind(void **state)
{
    assert_hr(WBEM_S_FALSE, compile(ONE_CLASS("M_Half") "class M_Orphan : M_NoSuchParent { };\n", CIMV2));
    assert_int_equal(3, info.lPhaseError);
    assert_true(info.hRes == WBEM_E_INVALID_SUPERCLASS || info.hRes == WBEM_E_NOT_FOUND);
    assert_int_equal(2, info.FirstLine);
    assert_string_not_equal("", why());
    assert_false(is_there(services, "M_Half"));
    assert_hr(WBEM_S_FALSE, compile(ONE_CLASS("M_Half") "instance of M_NoSuchClass { Id = 1; };\n", CIMV2));
    assert_int_equal(3, info.lPhaseError);
    assert_false(is_there(services, "M_Half"));
}

static void flags_say_whether_things_may_be_there(void **state)
{
    struct how create = {"root\\cimv2", 0, WBEM_FLAG_CREATE_ONLY, WBEM_FLAG_CREATE_ONLY};
    struct how update = {"root\\cimv2", 0, WBEM_FLAG_UPDATE_ONLY, WBEM_FLAG_UPDATE_ONLY};
    assert_hr(WBEM_S_FALSE, compile(ONE_CLASS("M_Flags"), update));
    assert_int_equal(3, info.lPhaseError);
    compiles(ONE_CLASS("M_Flags"), create);
    assert_hr(WBEM_S_FALSE, compile(ONE_CLASS("M_Flags"), create));
    assert_hr(WBEM_E_ALREADY_EXISTS, info.hRes);
    compiles(ONE_CLASS("M_Flags"), update);
    static const struct how bad[] = {
        {"root\\cimv2", 0, WBEM_FLAG_CREATE_ONLY | WBEM_FLAG_UPDATE_ONLY, 0},
        {"root\\cimv2", 0, 0, WBEM_FLAG_CREATE_ONLY | WBEM_FLAG_UPDATE_ONLY},
        {"root\\cimv2", 0, WBEM_FLAG_UPDATE_SAFE_MODE | WBEM_FLAG_UPDATE_FORCE_MODE, 0},
        {"root\\cimv2", 0, 0x8, 0},
        {"root\\cimv2", 0, 0, WBEM_FLAG_UPDATE_FORCE_MODE},
        {"root\\cimv2", 0x40, 0, 0},
        {"root\\cimv2", WBEM_FLAG_AUTORECOVER, 0, 0},
        {NULL, WBEM_FLAG_AUTORECOVER, WBEM_FLAG_CREATE_ONLY, WBEM_FLAG_CREATE_ONLY},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_hr(WBEM_E_INVALID_PARAMETER, compile(ONE_CLASS("M_Never"), bad[i]));
        assert_int_equal(2, info.lPhaseError);
        assert_hr(WBEM_E_INVALID_PARAMETER, info.hRes);
    }
    assert_false(is_there(services, "M_Never"));
    compiles(ONE_CLASS("M_Recovered"), (struct how){.options = WBEM_FLAG_AUTORECOVER | WBEM_FLAG_DONT_ADD_TO_LIST});
}

static void arguments_that_cannot_be_are_refused(void **state)
{
    IMofCompiler *compiler = new_compiler();
    BYTE text[] = ONE_CLASS("M_Argument");
    LONG size = sizeof text - 1;
    assert_hr(WBEM_E_INVALID_PARAMETER,
              IMofCompiler_CompileBuffer(compiler, size, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER,
              IMofCompiler_CompileBuffer(compiler, -1, text, NULL, NULL, NULL, NULL, 0, 0, 0, NULL));
    assert_hr(WBEM_E_LOCAL_CREDENTIALS,
              IMofCompiler_CompileBuffer(compiler, size, text, NULL, B("me"), NULL, NULL, 0, 0, 0, NULL));
    assert_hr(WBEM_E_LOCAL_CREDENTIALS,
              IMofCompiler_CompileBuffer(compiler, size, text, NULL, NULL, NULL, B("secret"), 0, 0, 0, NULL));
    assert_hr(WBEM_E_INVALID_PARAMETER,
              IMofCompiler_CompileFile(compiler, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, NULL));
    IMofCompiler_Release(compiler);
    assert_hr(WBEM_E_INVALID_NAMESPACE, compile("", (struct how){.name_space = "root\\nowhere"}));
    assert_int_equal(2, info.lPhaseError);
    assert_hr(WBEM_E_INVALID_NAMESPACE, info.hRes);
    assert_hr((HRESULT)0x800706ba, compile("", (struct how){.name_space = "\\\\elsewhere\\root\\cimv2"}));
    assert_hr(WBEM_E_NOT_SUPPORTED, compile_bytes("FOMB\1\0\0\0", 8, CIMV2));
    assert_hr(WBEM_E_NOT_SUPPORTED, compile("", (struct how){.options = WBEM_FLAG_SPLIT_FILES}));
    assert_hr(WBEM_E_NOT_SUPPORTED, compile("", (struct how){.options = WBEM_FLAG_STORE_FILE}));
}

/* ---- files ---- */

static HRESULT compile_file(const char *path)
{
    IMofCompiler *compiler = new_compiler();
    HRESULT hr = IMofCompiler_CompileFile(compiler, B("%s", path), B("root\\cimv2"), NULL, NULL, NULL, 0, 0, 0, &info);
    IMofCompiler_Release(compiler);
    return hr;
}

static const char *write_file(const char *name, const char *text)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", face_base, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static void a_file_is_compiled_with_what_it_includes(void **state)
{
    TRI_PROVES_METHOD(IMofCompiler, CompileFile, real);
    write_file("inner.mof", ONE_CLASS("M_Inner"));
    const char *path = write_file("outer.mof", "#pragma include(\"inner.mof\")\n" ONE_CLASS("M_Outer"));
    HRESULT hr = compile_file(path);
    if (hr != WBEM_S_NO_ERROR)
        fail_msg("0x%08x: %s", (unsigned)info.hRes, why());
    assert_true(is_there(services, "M_Inner"));
    assert_true(is_there(services, "M_Outer"));
}

static void a_file_that_cannot_be_read_says_so(void **state)
{
    assert_hr(WBEM_S_FALSE, compile_file("/nowhere/at/all.mof"));
    assert_int_equal(1, info.lPhaseError);
    assert_hr(WBEMMOF_E_INVALID_FILE, info.hRes);
    assert_non_null(strstr(why(), "/nowhere/at/all.mof"));
    assert_hr(WBEM_S_FALSE, compile_file(face_base));
    assert_hr(WBEMMOF_E_INVALID_FILE, info.hRes);
}

static void what_fails_is_printed_where_that_is_asked_for(void **state)
{
    char printed[500] = "", path[200];
    snprintf(path, sizeof path, "%s/printed", face_base);
    fflush(stdout);
    int out = dup(STDOUT_FILENO), file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    dup2(file, STDOUT_FILENO);
    HRESULT hr = compile("class {", (struct how){.name_space = "root\\cimv2", .options = WBEM_FLAG_CONSOLE_PRINT});
    fflush(stdout);
    dup2(out, STDOUT_FILENO);
    close(out);
    assert_true(pread(file, printed, sizeof printed - 1, 0) > 0);
    close(file);
    assert_hr(WBEM_S_FALSE, hr);
    assert_memory_equal("1: ", printed, 3);
}

static void the_binary_form_is_not_made(void **state)
{
    TRI_PROVES_METHOD(IMofCompiler, CreateBMOF, notimpl, "WBEM_E_NOT_SUPPORTED: there is no binary form here");
    IMofCompiler *compiler = new_compiler();
    assert_hr(WBEM_E_NOT_SUPPORTED, IMofCompiler_CreateBMOF(compiler, B("a"), B("b"), NULL, 0, 0, 0, &info));
    assert_int_equal(2, info.lPhaseError);
    IMofCompiler_Release(compiler);
}

static void a_compiler_is_itself_whatever_it_is_asked_for(void **state)
{
    TRI_PROVES_METHOD(IMofCompiler, QueryInterface, real);
    TRI_PROVES_METHOD(IMofCompiler, AddRef, real);
    TRI_PROVES_METHOD(IMofCompiler, Release, real);
    IMofCompiler *compiler = new_compiler(), *again = QUERY(compiler, IMofCompiler);
    void *other = (void *)1;
    assert_ptr_equal(compiler, again);
    assert_hr(E_NOINTERFACE, IMofCompiler_QueryInterface(compiler, &IID_IWbemServices, &other));
    assert_null(other);
    IMofCompiler_Release(again);
    assert_int_equal(0, IMofCompiler_Release(compiler));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_and_instances_of_a_text_are_there),
        cmocka_unit_test(a_text_goes_to_root_default_unless_it_or_its_caller_says_otherwise),
        cmocka_unit_test(a_text_that_is_only_checked_changes_nothing),
        cmocka_unit_test(text_may_come_in_utf_8_and_in_utf_16),
        cmocka_unit_test(what_an_object_says_of_itself_compiles_again),
        cmocka_unit_test(a_text_that_cannot_be_read_says_where),
        cmocka_unit_test(a_text_that_cannot_be_stored_leaves_nothing_behind),
        cmocka_unit_test(flags_say_whether_things_may_be_there),
        cmocka_unit_test(arguments_that_cannot_be_are_refused),
        cmocka_unit_test(a_file_is_compiled_with_what_it_includes),
        cmocka_unit_test(a_file_that_cannot_be_read_says_so),
        cmocka_unit_test(what_fails_is_printed_where_that_is_asked_for),
        cmocka_unit_test(the_binary_form_is_not_made),
        cmocka_unit_test(a_compiler_is_itself_whatever_it_is_asked_for),
    };
    return cmocka_run_group_tests(tests, set_up_wmi, tear_down_wmi);
}
