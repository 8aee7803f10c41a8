/* Nonsense is refused with the documented code and a sentence that says where, and changes nothing. */
#include "wmi-refusals.h"

enum { MEGABYTE = 1 << 20 };

/* head, count times each of before and after around middle. The caller frees it. */
static char *nested(const char *head, const char *before, const char *middle, const char *after, size_t count)
{
    char *opened = repeated(before, count), *closed = repeated(after, count), *whole = NULL;
    assert_true(asprintf(&whole, "%s%s%s%s", head, opened, middle, closed) > 0);
    free(opened);
    free(closed);
    return whole;
}

/* ---- queries ---- */

/* Where an asynchronous call does not even start, the sink is not touched. */
static void sink_untouched(HRESULT expected, const char *where, const char *text)
{
    struct sink sink;
    BSTR query = long_bstr(text);
    sink_init(&sink);
    check_refused(expected, IWbemServices_ExecQueryAsync(services, B("WQL"), query, 0, NULL, &sink.iface), where, text);
    sink_check(&sink);
    assert_int_equal(0, atomic_load(&sink.ends) + atomic_load(&sink.indicates));
    SysFreeString(query);
}

static void notification_refused(HRESULT expected, const char *where, const char *text)
{
    IEnumWbemClassObject *rows = (IEnumWbemClassObject *)1;
    BSTR query = long_bstr(text);
    check_refused(expected,
                  IWbemServices_ExecNotificationQuery(
                      services, B("WQL"), query, WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY, NULL, &rows),
                  where, text);
    assert_null(rows);
    SysFreeString(query);
}

static void queries_of_a_megabyte_are_refused(void **state)
{
    static const char *const parts[] = {
        "x",
        "'",
        "(",
        "\\",
        " ",
        "SELECT * FROM Win32_Process ",
        "ProcessId = 1 OR ",
        "{}",
        "/",
        "\xc3\xa9",
        "0",
        "%",
        "\xf0\x9f\x98\x80",
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        char *all = repeated(parts[i], MEGABYTE / strlen(parts[i])), *tail = NULL;
        assert_true(asprintf(&tail, "SELECT * FROM Win32_Process WHERE %s", all) > 0);
        query_refused(WBEM_E_QUOTA_VIOLATION, "longer than", all);
        query_refused(WBEM_E_QUOTA_VIOLATION, "longer than", tail);
        notification_refused(WBEM_E_QUOTA_VIOLATION, "longer than", tail);
        sink_untouched(WBEM_E_QUOTA_VIOLATION, "longer than", tail);
        free(tail);
        free(all);
    }
}

static void a_query_may_have_16384_characters_and_not_one_more(void **state)
{
    static const char head[] = "SELECT * FROM Win32_OperatingSystem WHERE Name <> '";
    char *fill = repeated("a", 0x4000 - strlen(head) - 1), *longest = NULL, *longer = NULL;
    assert_true(asprintf(&longest, "%s%s'", head, fill) == 0x4000);
    assert_true(asprintf(&longer, "%s%sa'", head, fill) == 0x4001);
    assert_hr(WBEM_S_NO_ERROR, try_query(longest, 0));
    query_refused(WBEM_E_QUOTA_VIOLATION, "16384", longer);
    free(longer);
    free(longest);
    free(fill);
}

static void unbalanced_queries_are_refused(void **state)
{
#define PROCESSES "SELECT * FROM Win32_Process WHERE "
    static const char *const texts[] = {
        PROCESSES "Name = 'a",
        PROCESSES "Name = \"a",
        PROCESSES "Name = 'a\"",
        PROCESSES "Name = \"a'",
        PROCESSES "Name = 'it's'",
        PROCESSES "Name = '",
        PROCESSES "Name = 'a\\'",
        PROCESSES "Name = 'a\\",
        PROCESSES "Name = '' '",
        PROCESSES "(ProcessId = 1",
        PROCESSES "ProcessId = 1)",
        PROCESSES "((ProcessId = 1)",
        PROCESSES "()",
        PROCESSES "ProcessId = 1 AND",
        PROCESSES "NOT",
        "SELECT * FROM 'Win32_Process'",
        "SELECT * FROM Win32_Process '",
        "'SELECT * FROM Win32_Process'",
        "SELECT ( FROM Win32_Process",
        "ASSOCIATORS OF {Win32_Process.Handle=\"1\"",
        "ASSOCIATORS OF {Win32_Process.Handle=\"1}",
        "ASSOCIATORS OF Win32_Process.Handle=\"1\"}",
        "REFERENCES OF {",
        "REFERENCES OF }",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        query_refused(WBEM_E_INVALID_QUERY, "character ", texts[i]);
    notification_refused(WBEM_E_UNPARSABLE_QUERY, "character ",
                         "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'Win32_Process");
    notification_refused(WBEM_E_UNPARSABLE_QUERY, "character ",
                         "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE (TargetInstance ISA 'Win32_Process'");
}

static void deep_queries_are_answered_or_refused(void **state)
{
#define SYSTEMS "SELECT * FROM Win32_OperatingSystem WHERE "
    /* Up to 512 deep, brackets counted. */
    static const struct {
        const char *before, *middle, *after;
        size_t count;
        HRESULT hr;
        const char *where;
    } rows[] = {
        {"NOT ", "Name = ''", "", 500, WBEM_S_FALSE, NULL},
        {"NOT ", "Name = ''", "", 501, WBEM_S_NO_ERROR, NULL},
        {"(", "Name <> ''", ")", 500, WBEM_S_NO_ERROR, NULL},
        {"(Name <> '' AND (Name = '' OR ", "Name <> ''", "))", 100, WBEM_S_NO_ERROR, NULL},
        {"NOT ", "Name = ''", "", 4000, WBEM_E_QUOTA_VIOLATION, "512"},
        {"(", "Name <> ''", ")", 8000, WBEM_E_QUOTA_VIOLATION, "512"},
        {"NOT (", "Name <> ''", ")", 2500, WBEM_E_QUOTA_VIOLATION, "512"},
        {"(Name='' OR (Name='' AND ", "Name=''", "))", 500, WBEM_E_QUOTA_VIOLATION, "512"},
        {"(", "", "", 16000, WBEM_E_INVALID_QUERY, "character "},
        {"", "", ")", 16000, WBEM_E_INVALID_QUERY, "character "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = nested(SYSTEMS, rows[i].before, rows[i].middle, rows[i].after, rows[i].count);
        if (rows[i].where)
            query_refused(rows[i].hr, rows[i].where, text);
        else
            assert_hr(rows[i].hr, try_query(text, 0));
        free(text);
    }
}

/* ---- paths ---- */

/* What a semisynchronous GetObject comes to, and what its getter answers. */
static HRESULT try_get_later(const char *path)
{
    IWbemCallResult *result = NULL;
    IWbemClassObject *object = NULL;
    BSTR text = long_bstr(path);
    LONG status = 0;
    HRESULT hr = IWbemServices_GetObject(services, text, WBEM_FLAG_RETURN_IMMEDIATELY, NULL, NULL, &result);
    SysFreeString(text);
    if (FAILED(hr)) {
        assert_null(result);
        return hr;
    }
    assert_hr(WBEM_S_NO_ERROR, IWbemCallResult_GetCallStatus(result, WBEM_INFINITE, &status));
    hr = IWbemCallResult_GetResultObject(result, WBEM_INFINITE, &object);
    assert_hr(status, hr);
    LET_GO(object);
    IWbemCallResult_Release(result);
    return hr;
}

static void path_refused(HRESULT expected, const char *where, const char *path)
{
    check_refused(expected, try_get(path), where, path);
    check_refused(expected, try_get_later(path), where, path);
    check_refused(expected, try_delete(path), where, path);
    check_refused(expected, try_method(path), where, path);
}

static void malformed_paths_are_refused(void **state)
{
    static const char *const paths[] = {
        "Win32_Process.",
        "Win32_Process.Handle",
        "Win32_Process.Handle=",
        "Win32_Process.Handle=\"1",
        "Win32_Process.Handle='1",
        "Win32_Process.Handle=1\"",
        "Win32_Process.Handle =\"1\"",
        "Win32_Process.Handle= \"1\"",
        "Win32_Process.Handle=\"1\",",
        "Win32_Process.Handle=\"1\",,Handle=\"1\"",
        "Win32_Process.Handle=\"1\",Handle=\"2\"",
        "Win32_Process.=\"1\"",
        "Win32_Process.Handle=@x",
        "Win32_Process.Handle=99999999999999999999999",
        "Win32_Process.Handle=0x",
        "Win32_Process=\"1\"\"2\"",
        "Win32_Process!",
        " Win32_Process.Handle=\"1\"",
        "1Process.Handle=\"1\"",
        "\\\\",
        "\\\\.",
        "\\\\.\\",
        "\\\\.\\root\\cimv2:",
        "\\\\.\\root\\:Win32_Process.Handle=\"1\"",
        "\\\\.\\root\\\\cimv2:Win32_Process.Handle=\"1\"",
        "root\\cimv2:.Handle=\"1\"",
        ":",
        "@",
        "=",
        "\x01",
        "\xf0\x9f\x98\x80=\"",
    };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        path_refused(WBEM_E_INVALID_OBJECT_PATH, "at character ", paths[i]);
}

static void long_paths_are_refused(void **state)
{
    char *name = repeated("a", 9000), *path = NULL;
    assert_true(asprintf(&path, "Win32_Process.Handle=\"%s\"", name) > 0);
    path_refused(WBEM_E_INVALID_OBJECT_PATH, "8192", path);
    path_refused(WBEM_E_INVALID_OBJECT_PATH, "8192", name);
    free(path);
    free(name);
    path = nested("Win32_Process.Handle=\"1\"", "", "", ",Handle=\"1\"", 700);
    path_refused(WBEM_E_INVALID_OBJECT_PATH, "character", path);
    free(path);
    name = repeated("\\", MEGABYTE);
    path_refused(WBEM_E_QUOTA_VIOLATION, "longer than", name);
    free(name);
}

static void paths_to_what_is_not_there_are_told_so(void **state)
{
    make_thing_class("K_Thing");
    store_thing("K_Thing", 1, "one");
    static const struct {
        const char *path, *where;
        HRESULT hr;
    } rows[] = {
        {"K_Thing.Id=2", "K_Thing.Id=2", WBEM_E_NOT_FOUND},
        {"K_Thing.Id=4294967295", "4294967295", WBEM_E_NOT_FOUND},
        {"Win32_Process.Handle=\"999999999\"", "999999999", WBEM_E_NOT_FOUND},
        {"Win32_Process.Handle=\"\"", "Win32_Process.Handle=", WBEM_E_NOT_FOUND},
        {"Win32_Process.Handle=\"../../etc\"", "../../etc", WBEM_E_NOT_FOUND},
        {"K_None.Id=1", "K_None", WBEM_E_INVALID_CLASS},
        {"\\\\.\\root\\cimv2:K_None=@", "K_None", WBEM_E_INVALID_CLASS},
        {"\\\\.\\root\\nowhere:K_Thing.Id=1", "root\\nowhere", WBEM_E_INVALID_NAMESPACE},
        {"K_Thing.Name=\"one\"", "K_Thing", WBEM_E_INVALID_OBJECT_PATH},
        {"K_Thing.Id=1,Name=\"one\"", "K_Thing", WBEM_E_INVALID_OBJECT_PATH},
        {"K_Thing=@", "K_Thing", WBEM_E_INVALID_OBJECT_PATH},
        {"K_Thing.Id=-1", "Id", WBEM_E_INVALID_OBJECT_PATH},
        {"K_Thing.Id=4294967296", "Id", WBEM_E_INVALID_OBJECT_PATH},
        {"K_Thing.Id=\"one\"", "Id", WBEM_E_INVALID_OBJECT_PATH},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_refused(rows[i].hr, try_get(rows[i].path), rows[i].where, rows[i].path);
        check_refused(rows[i].hr, try_get_later(rows[i].path), rows[i].where, rows[i].path);
    }
    REFUSED(WBEM_E_NOT_FOUND, "K_None", try_get("K_None"));
    REFUSED(WBEM_E_NOT_FOUND, "K_Thing", try_delete("K_Thing.Id=2"));
    REFUSED(WBEM_E_INVALID_CLASS, "K_None", try_delete("K_None.Id=1"));
    REFUSED(WBEM_E_NOT_FOUND, "999999999", try_method("Win32_Process.Handle=\"999999999\""));
    assert_hr(WBEM_S_NO_ERROR, try_get("K_Thing.Id=1"));
}

/* ---- text of classes ---- */

/* count classes, each below the next, the last below the first. The caller frees it. */
static char *ring_of_classes(unsigned count)
{
    size_t size = count * 60ul + 60, at = 0;
    char *text = malloc(size);
    assert_non_null(text);
    at += (size_t)snprintf(text, size, "class K_Before { [key] uint32 Id; };\n");
    for (unsigned i = 0; i < count; i++)
        at += (size_t)snprintf(text + at, size - at, "class K_Ring%u : K_Ring%u { };\n", i, (i + 1) % count);
    assert_true(at < size);
    return text;
}

static void classes_that_derive_from_themselves_are_refused(void **state)
{
    static const unsigned counts[] = {1, 2, 3, 50, 1000};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        char *text = ring_of_classes(counts[i]);
        mof_refused(WBEM_E_CIRCULAR_REFERENCE, "K_Ring", text);
        assert_int_equal(3, info.lPhaseError);
        assert_in_range(info.FirstLine, 2, counts[i] + 1);
        assert_in_range(info.LastLine, info.FirstLine, counts[i] + 1);
        REFUSED(WBEM_E_NOT_FOUND, "K_Before", try_get("K_Before"));
        REFUSED(WBEM_E_NOT_FOUND, "K_Ring0", try_get("K_Ring0"));
        free(text);
    }
}

/* The first half of the circle is stored when the second comes. */
static void stored_classes_do_not_become_a_circle(void **state)
{
    assert_hr(WBEM_S_NO_ERROR, compile("class K_Top { [key] uint32 Id; }; class K_Middle : K_Top { };"
                                       "class K_Bottom : K_Middle { };"));
    static const char *const texts[] = {
        "class K_Top : K_Bottom { [key] uint32 Id; };",
        "class K_Top : K_Middle { };",
        "class K_Top : K_Top { };",
        "class K_Other : K_Bottom { }; class K_Top : K_Other { };",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        IWbemClassObject *cls = NULL;
        mof_refused(WBEM_E_CIRCULAR_REFERENCE, "K_Top", texts[i]);
        assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("K_Top"), 0, NULL, &cls, NULL));
        assert_string_equal("NULL", get_text(cls, "__SUPERCLASS"));
        LET_GO(cls);
        assert_hr(WBEM_E_NOT_FOUND, try_get("K_Other"));
    }
    assert_hr(WBEM_S_NO_ERROR, try_get("K_Bottom"));
    IWbemClassObject *bottom = NULL, *top = NULL;
    assert_hr(WBEM_S_NO_ERROR, IWbemServices_GetObject(services, B("K_Bottom"), 0, NULL, &bottom, NULL));
    assert_hr(WBEM_S_NO_ERROR, IWbemClassObject_SpawnDerivedClass(bottom, 0, &top));
    put_text(top, "__CLASS", "K_Top");
    REFUSED(WBEM_E_INVALID_SUPERCLASS, "K_Top", IWbemServices_PutClass(services, top, 0, NULL, NULL));
    LET_GO(top);
    LET_GO(bottom);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(queries_of_a_megabyte_are_refused),
        HERE(a_query_may_have_16384_characters_and_not_one_more),
        HERE(unbalanced_queries_are_refused),
        HERE(deep_queries_are_answered_or_refused),
        HERE(malformed_paths_are_refused),
        HERE(long_paths_are_refused),
        HERE(paths_to_what_is_not_there_are_told_so),
        HERE(classes_that_derive_from_themselves_are_refused),
        HERE(stored_classes_do_not_become_a_circle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
