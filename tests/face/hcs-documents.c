/* Documents that are wrong: each is answered through its operation, with a code and the path of what is wrong. Nothing
 * here gets as far as a container. */
#include "hcs-face.h"

static HRESULT create(const char *document, const char **ret_text)
{
    WCHAR *text = wide("%s", document);
    HCS_SYSTEM system = NULL;
    HCS_OPERATION operation = new_operation();
    HRESULT hr = HcsCreateComputeSystem(u"documents", text, operation, NULL, &system);
    assert_hr(S_OK, hr); /* accepted: what is wrong comes through the operation */
    assert_non_null(system);
    hr = outcome(operation, ret_text);
    if (hr == S_OK && HcsTerminateComputeSystem(system, operation, NULL) == S_OK) /* a test that fails cleans up */
        HcsWaitForOperationResult(operation, WAIT_MS, NULL);
    HcsCloseOperation(operation);
    HcsCloseComputeSystem(system);
    LocalFree(text);
    return hr;
}

struct wrong {
    const char *document;
    HRESULT hr;
    const char *says; /* in the ResultError */
};

static void expect_wrong(const struct wrong *wrong, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *text;
        HRESULT hr = create(wrong[i].document, &text);
        if (hr != wrong[i].hr || !strstr(text, wrong[i].says))
            fail_msg("%s\ngave 0x%08X %s\ninstead of 0x%08X with \"%s\"", wrong[i].document, (uint32_t)hr, text,
                     (uint32_t)wrong[i].hr, wrong[i].says);
        char number[32];
        snprintf(number, sizeof(number), "{\"Error\":%d,", (int)hr);
        assert_says(text, number);
        assert_says(text, "\"ErrorMessage\":\"");
    }
}
#define EXPECT_WRONG(table) expect_wrong((table), sizeof(table) / sizeof((table)[0]))

static void what_is_not_json_is_answered_with_line_and_column(void **state)
{
    (void)state;
    static const struct wrong table[] = {
        {"{", HCS_E_INVALID_JSON, "Line 1, column "},
        {"{\n  \"Owner\": \"x\",\n  oops\n}", HCS_E_INVALID_JSON, "Line 3, column "},
        {"nonsense", HCS_E_INVALID_JSON, "Line 1, column "},
        {"{} trailing", HCS_E_INVALID_JSON, "Line 1, column "},
        {"{\"Owner\":\"a\\u0000b\"}", HCS_E_INVALID_JSON, "Line 1, column "},
        {"{\"Owner\":\"\\uD800\"}", HCS_E_INVALID_JSON, "Line 1, column "},
        {"{'Owner':1}", HCS_E_INVALID_JSON, "Line 1, column "},
        {"{\"Container\":{\"Memory\":{\"SizeInMB\":1e999}}}", HCS_E_INVALID_JSON, "Line 1, column "},
    };
    EXPECT_WRONG(table);
}

static void a_wrong_type_is_named_by_its_path(void **state)
{
    (void)state;
    static const struct wrong table[] = {
        {"[]", HCS_E_INVALID_JSON, "\"$ must be an object."},
        {"{\"Owner\":5,\"Container\":{}}", HCS_E_INVALID_JSON, "$.Owner must be a string."},
        {"{\"Container\":[]}", HCS_E_INVALID_JSON, "$.Container must be an object."},
        {"{\"Container\":{\"Memory\":{\"SizeInMB\":\"64\"}}}", HCS_E_INVALID_JSON,
         "\"Message\":\"$.Container.Memory.SizeInMB\""},
        {"{\"Container\":{\"Memory\":{\"SizeInMB\":64.5}}}", HCS_E_INVALID_JSON, "$.Container.Memory.SizeInMB"},
        {"{\"Container\":{\"Memory\":{\"SizeInMB\":-1}}}", HCS_E_INVALID_JSON, "$.Container.Memory.SizeInMB"},
        {"{\"Container\":{\"Processor\":{\"Count\":4294967296}}}", HCS_E_INVALID_JSON, "$.Container.Processor.Count"},
        {"{\"Container\":{\"MappedDirectories\":[{\"HostPath\":\"/a\",\"ContainerPath\":\"/b\"},{\"HostPath\":7}]}}",
         HCS_E_INVALID_JSON, "$.Container.MappedDirectories[1].HostPath must be a string."},
        {"{\"Container\":{\"MappedDirectories\":[null]}}", HCS_E_INVALID_JSON, "$.Container.MappedDirectories[0]"},
        {"{\"Container\":{\"MappedDirectories\":{}}}", HCS_E_INVALID_JSON,
         "$.Container.MappedDirectories must be an array."},
        {"{\"Container\":{\"Storage\":{\"Layers\":[{\"Id\":\"base\",\"Path\":\"/\"}]}}}", HCS_E_INVALID_JSON,
         "$.Container.Storage.Layers[0].Id must be a GUID."},
        {"{\"ShouldTerminateOnLastHandleClosed\":1,\"Container\":{}}", HCS_E_INVALID_JSON,
         "$.ShouldTerminateOnLastHandleClosed"},
        {"{\"SchemaVersion\":{\"Major\":1,\"Minor\":0},\"Container\":{}}", HCS_E_INVALID_JSON, "$.SchemaVersion.Major"},
        {"{\"SchemaVersion\":{},\"Container\":{}}", HCS_E_INVALID_JSON, "$.SchemaVersion.Major is missing."},
    };
    EXPECT_WRONG(table);
}

static void an_unknown_member_or_value_is_named_by_its_path(void **state)
{
    (void)state;
    static const struct wrong table[] = {
        {"{\"Containers\":{}}", HCS_E_INVALID_JSON, "$.Containers is not a member"},
        {"{\"container\":{}}", HCS_E_INVALID_JSON, "$.container is not a member"}, /* case matters */
        {"{\"Container\":{\"Storage\":{\"Layers\":[{\"Path\":\"/\",\"Compressed\":true}]}}}", HCS_E_INVALID_JSON,
         "$.Container.Storage.Layers[0].Compressed is not a member"},
        {"{\"Container\":{\"Storage\":{\"Layers\":[{\"Path\":\"/\",\"Cache\":\"Sometimes\"}]}}}", HCS_E_INVALID_JSON,
         "$.Container.Storage.Layers[0].Cache has a value"},
        {"{\"Container\":{\"Storage\":{\"Layers\":[{\"Path\":\"/\",\"PathType\":\"!VirtualSmbShareName\"}]}}}",
         HCS_E_INVALID_JSON, "PathType has a value"},
        {"{\"Container\":{\"MappedDirectories\":[{\"HostPath\":\"/a\"}]}}", HCS_E_INVALID_JSON,
         "$.Container.MappedDirectories[0].ContainerPath is missing."},
        {"{\"Owner\":\"x\",\"Owner\":5,\"Container\":{}}", HCS_E_INVALID_JSON, "$.Owner"}, /* the last of a name wins */
    };
    EXPECT_WRONG(table);
}

static void a_system_has_exactly_one_body(void **state)
{
    (void)state;
    static const struct wrong table[] = {
        {"{}", HCS_E_INVALID_JSON, "no body"},
        {"{\"Container\":null}", HCS_E_INVALID_JSON, "no body"},
        {"{\"Container\":{},\"HostedSystem\":{}}", HCS_E_INVALID_JSON, "more than one body"},
        {"{\"Container\":{},\"VirtualMachine\":{\"StopOnReset\":true}}", HCS_E_INVALID_JSON, "more than one body"},
        {"{\"HostedSystem\":{}}", HCS_E_INVALID_JSON, "OciBundlePath"},
    };
    EXPECT_WRONG(table);
}

static void what_cannot_be_honoured_is_not_implemented_and_named(void **state)
{
    (void)state;
    static const struct wrong table[] = {
        {"{\"VirtualMachine\":{}}", E_NOTIMPL, "$.VirtualMachine"},
        {"{\"VirtualMachine\":{\"StopOnReset\":true}}", E_NOTIMPL, "$.VirtualMachine"},
        {"{\"HostingSystemId\":\"vm\",\"HostedSystem\":{\"OciBundlePath\":\"/x\"}}", E_NOTIMPL, "$.HostingSystemId"},
        {"{\"Container\":{\"AssignedDevices\":[{\"Type\":\"GpuMirror\"}]}}", E_NOTIMPL, "$.Container.AssignedDevices"},
        {"{\"Container\":{\"HvSocket\":{\"EnablePowerShellDirect\":true}}}", E_NOTIMPL,
         "$.Container.HvSocket.EnablePowerShellDirect"},
        {"{\"Container\":{\"IsolationType\":\"HostProcess\"}}", E_NOTIMPL, "$.Container.IsolationType"},
        {"{\"Container\":{\"Networking\":{\"NetworkAdapters\":[\"00000000-0000-0000-0000-000000000001\"]}}}", E_NOTIMPL,
         "$.Container.Networking.NetworkAdapters"},
        {"{\"Container\":{\"Storage\":{\"Layers\":[{\"Path\":\"/\",\"PathType\":\"VirtualSmbShareName\"}]}}}",
         E_NOTIMPL, "$.Container.Storage.Layers[0].PathType"},
        /* what is wrong is told before what is missing here */
        {"{\"Container\":{\"IsolationType\":\"HostProcess\",\"Bad\":1}}", HCS_E_INVALID_JSON, "$.Container.Bad"},
    };
    EXPECT_WRONG(table);
}

static void paths_and_numbers_out_of_range_are_invalid_arguments(void **state)
{
    (void)state;
    static const struct wrong table[] = {
        {"{\"Container\":{\"MappedDirectories\":[{\"HostPath\":\"/a\",\"ContainerPath\":\"/b/../c\"}]}}", E_INVALIDARG,
         "$.Container.MappedDirectories[0].ContainerPath must not contain '..'."},
        {"{\"Container\":{\"MappedDirectories\":[{\"HostPath\":\"/a\",\"ContainerPath\":\"C:\\\\b\\\\..\\\\c\"}]}}",
         E_INVALIDARG, "ContainerPath must not contain '..'."},
        {"{\"Container\":{\"MappedDirectories\":[{\"HostPath\":\"/a\",\"ContainerPath\":\"b\"}]}}", E_INVALIDARG,
         "ContainerPath must be an absolute path."},
        {"{\"Container\":{\"MappedDirectories\":[{\"HostPath\":\"a\",\"ContainerPath\":\"/b\"}]}}", E_INVALIDARG,
         "HostPath must be an absolute path."},
        {"{\"Container\":{\"MappedDirectories\":[{\"HostPath\":\"\",\"ContainerPath\":\"/b\"}]}}", E_INVALIDARG,
         "HostPath must be an absolute path."},
        {"{\"Container\":{\"MappedDirectories\":[{\"HostPath\":\"/a\",\"ContainerPath\":\"C:\\\\\"}]}}", E_INVALIDARG,
         "ContainerPath must not be the root itself."},
        {"{\"Container\":{\"MappedPipes\":[{\"HostPath\":\"/a\",\"ContainerPipeName\":\"../x\"}]}}", E_INVALIDARG,
         "$.Container.MappedPipes[0].ContainerPipeName"},
        {"{\"Container\":{\"MappedPipes\":[{\"HostPath\":\"/a\",\"ContainerPipeName\":\"..\"}]}}", E_INVALIDARG,
         "$.Container.MappedPipes[0].ContainerPipeName"},
        {"{\"Container\":{\"Storage\":{\"Path\":\"relative\"}}}", E_INVALIDARG, "$.Container.Storage.Path"},
        {"{\"Container\":{\"Processor\":{\"Maximum\":10001}}}", E_INVALIDARG, "$.Container.Processor.Maximum"},
        {"{\"Container\":{\"Processor\":{\"Weight\":-1}}}", E_INVALIDARG, "$.Container.Processor.Weight"},
        {"{\"Container\":{\"Processor\":{\"Count\":1,\"Maximum\":5000}}}", E_INVALIDARG, "$.Container.Processor"},
        {"{\"Container\":{\"Memory\":{\"SizeInMB\":9223372036854775807}}}", E_INVALIDARG,
         "$.Container.Memory.SizeInMB"},
        {"{\"Container\":{\"Networking\":{\"Namespace\":\"n\",\"NetworkSharedContainerName\":\"c\"}}}", E_INVALIDARG,
         "$.Container.Networking"},
    };
    EXPECT_WRONG(table);
}

static void integers_beyond_63_bits_are_refused_by_path(void **state)
{
    (void)state;
    static const struct wrong table[] = {
        {"{\"Container\":{\"Memory\":{\"SizeInMB\":18446744073709551615}}}", HCS_E_INVALID_JSON,
         "$.Container.Memory.SizeInMB is an integer beyond 9223372036854775807."},
        {"{\"HostedSystem\":{\"OciSpecification\":{\"process\":{\"rlimits\":[{\"hard\":9223372036854775808}]}}}}",
         HCS_E_INVALID_JSON, "$.HostedSystem.OciSpecification.process.rlimits[0].hard"},
    };
    EXPECT_WRONG(table);
}

/* ---- size and depth ---- */

static char *repeat(const char *head, const char *middle, size_t count, const char *tail)
{
    size_t length = strlen(middle);
    char *text = malloc(strlen(head) + count * length + strlen(tail) + 1), *end = stpcpy(text, head);
    for (size_t i = 0; i < count; i++)
        end = mempcpy(end, middle, length);
    strcpy(end, tail);
    return text;
}

static void nesting_is_limited(void **state)
{
    (void)state;
    const char *text;
    char *deep = repeat("{\"HostedSystem\":{\"OciSpecification\":", "{\"a\":", 63, "1");
    char *document = repeat(deep, "}", 65, "");
    assert_hr(HCS_E_INVALID_JSON, create(document, &text));
    assert_says(text, "is nested too deep."); /* level 65 */
    free(deep);
    free(document);
    char *bottomless = repeat("", "[", 1000000, "");
    assert_hr(HCS_E_INVALID_JSON, create(bottomless, &text));
    assert_says(text, "Line 1, column ");
    free(bottomless);
}

static void ten_megabytes_are_answered_and_named_briefly(void **state)
{
    (void)state;
    const char *text;
    char *name = repeat("{\"", "x", 10u << 20, "\":1}");
    assert_hr(HCS_E_INVALID_JSON, create(name, &text));
    assert_true(strlen(text) < 1000);
    free(name);
    char *value = repeat("{\"Owner\":\"", "\xC3\xA9", 5u << 20, "\",\"Bad\":1,\"Container\":{}}");
    assert_hr(HCS_E_INVALID_JSON, create(value, &text));
    assert_says(text, "$.Bad");
    free(value);
    char *list = repeat("{\"Container\":{\"MappedDirectories\":[{}", ",{}", 3u << 20, "]}}");
    assert_hr(HCS_E_INVALID_JSON, create(list, &text));
    assert_says(text, "MappedDirectories[0].HostPath is missing.");
    free(list);
}

static void a_document_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    size_t units = (16u << 20) + 1;
    WCHAR *text = malloc((units + 1) * sizeof(*text));
    for (size_t i = 0; i < units; i++)
        text[i] = ' ';
    text[units] = 0;
    HCS_SYSTEM system;
    const char *answer;
    assert_hr(HCS_E_INVALID_JSON, RUN(HcsCreateComputeSystem(u"x", text, OP, NULL, &system), &answer));
    assert_says(answer, "longer than 16777216 units");
    HcsCloseComputeSystem(system);
    assert_hr(E_INVALIDARG, HcsOpenComputeSystem(text, GENERIC_ALL, &system));
    free(text);
}

static void half_a_surrogate_becomes_a_replacement_character(void **state)
{
    (void)state;
    static const WCHAR text[] = {'{', '"', 0xD800, '"', ':', '1', '}', 0};
    HCS_SYSTEM system;
    const char *answer;
    assert_hr(HCS_E_INVALID_JSON, RUN(HcsCreateComputeSystem(u"x", text, OP, NULL, &system), &answer));
    assert_says(answer, "$.\xEF\xBF\xBD is not a member");
    HcsCloseComputeSystem(system);
}

/* ---- arguments ---- */

static void required_pointers_are_checked_at_once(void **state)
{
    (void)state;
    HCS_OPERATION operation = new_operation();
    HCS_SYSTEM system = (HCS_SYSTEM)1;
    SECURITY_DESCRIPTOR *descriptor = (void *)&operation;
    assert_hr(E_INVALIDARG, HcsCreateComputeSystem(NULL, u"{}", operation, NULL, &system));
    assert_null(system);
    assert_hr(E_INVALIDARG, HcsCreateComputeSystem(u"x", NULL, operation, NULL, &system));
    assert_hr(E_INVALIDARG, HcsCreateComputeSystem(u"x", u"{}", operation, NULL, NULL));
    assert_hr(E_INVALIDARG, HcsCreateComputeSystem(u"x", u"{}", operation, descriptor, &system));
    assert_hr(E_HANDLE, HcsCreateComputeSystem(u"x", u"{}", NULL, NULL, &system));
    assert_hr(E_INVALIDARG, HcsOpenComputeSystem(NULL, GENERIC_ALL, &system));
    assert_hr(E_INVALIDARG, HcsOpenComputeSystem(u"x", GENERIC_ALL, NULL));
    assert_hr(HCS_E_OPERATION_NOT_STARTED, HcsGetOperationResult(operation, NULL)); /* nothing was started */
    HcsCloseOperation(operation);
}

static void create_options_are_checked(void **state)
{
    (void)state;
    HCS_OPERATION operation = new_operation();
    HCS_SYSTEM system;
    HCS_CREATE_OPTIONS_1 options = {.Version = (HCS_CREATE_OPTIONS)1};
    assert_hr(E_INVALIDARG, HcsCreateComputeSystemInNamespace(NULL, u"x", u"{}", operation, &options.Version, &system));
    options = (HCS_CREATE_OPTIONS_1){.Version = HcsCreateOptions_1, .UserToken = trireme_handle_from_fd(0)};
    assert_hr(E_NOTIMPL, HcsCreateComputeSystemInNamespace(NULL, u"x", u"{}", operation, &options.Version, &system));
    assert_null(system);
    HcsCloseOperation(operation);
}

static void ids_are_checked(void **state)
{
    (void)state;
    static const WCHAR *const ids[] = {u"", u".", u"..", u"a/b", u"a\nb"};
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        HCS_SYSTEM system = NULL;
        const char *text;
        assert_hr(E_INVALIDARG, RUN(HcsCreateComputeSystem(ids[i], u"{\"Container\":{}}", OP, NULL, &system), &text));
        assert_says(text, "\"ErrorMessage\"");
        assert_non_null(system);
        HcsCloseComputeSystem(system);
    }
}

static void an_unknown_id_is_not_found(void **state)
{
    (void)state;
    TRI_PROVES(HcsOpenComputeSystem, real);
    TRI_PROVES(HcsOpenComputeSystemInNamespace, real);
    HCS_SYSTEM system = (HCS_SYSTEM)1;
    assert_hr(HCS_E_SYSTEM_NOT_FOUND, HcsOpenComputeSystem(u"nobody", GENERIC_ALL, &system));
    assert_null(system);
    assert_hr(HCS_E_SYSTEM_NOT_FOUND, HcsOpenComputeSystemInNamespace(u"nowhere", u"nobody", GENERIC_ALL, &system));
}

/* ---- a handle whose system never came to be ---- */

static struct gate reported;

static void count_operations(HCS_EVENT *event, void *context)
{
    (void)context;
    if (event->Type == HcsEventOperationCallback)
        gate_open(&reported);
}

static void a_system_that_was_never_made_answers_and_closes(void **state)
{
    (void)state;
    HCS_OPERATION operation = new_operation();
    HCS_SYSTEM system = NULL;
    reported = (struct gate)GATE_CLOSED;
    assert_hr(S_OK, HcsCreateComputeSystem(u"never", u"{\"Bad\":1}", operation, NULL, &system));
    assert_ptr_equal(HcsGetComputeSystemFromOperation(operation), system);
    assert_hr(S_OK,
              HcsSetComputeSystemCallback(system, HcsEventOptionEnableOperationCallbacks, NULL, count_operations));
    assert_opened(&reported, 1); /* the official sample waits for this one */
    assert_hr(HCS_E_INVALID_JSON, outcome(operation, NULL));
    assert_hr(HCS_E_SYSTEM_NOT_FOUND, RUN(HcsStartComputeSystem(system, OP, NULL), NULL));
    assert_hr(HCS_E_SYSTEM_NOT_FOUND, RUN(HcsGetComputeSystemProperties(system, OP, NULL), NULL));
    assert_hr(HCS_E_SYSTEM_NOT_FOUND, RUN(HcsTerminateComputeSystem(system, OP, NULL), NULL));
    assert_hr(HCS_E_SYSTEM_NOT_FOUND, HcsWaitForComputeSystemExit(system, INFINITE, NULL));
    HcsCloseComputeSystem(system);
    assert_null(HcsGetComputeSystemFromOperation(operation));
    HcsCloseOperation(operation);
}

static void queries_and_options_are_checked_like_documents(void **state)
{
    (void)state;
    const char *text;
    assert_hr(HCS_E_INVALID_JSON, RUN(HcsEnumerateComputeSystems(u"[1]", OP), &text));
    assert_says(text, "$ must be an object.");
    assert_hr(HCS_E_INVALID_JSON, RUN(HcsEnumerateComputeSystems(u"{\"Ids\":\"x\"}", OP), &text));
    assert_says(text, "$.Ids must be an array.");
    assert_hr(HCS_E_INVALID_JSON, RUN(HcsEnumerateComputeSystems(u"{\"Types\":[\"Host\"]}", OP), &text));
    assert_says(text, "$.Types[0] has a value");
}

static void a_console_has_a_size(void **state)
{
    (void)state;
    HCS_SYSTEM system = NULL;
    HCS_PROCESS process = NULL;
    const char *text;
    assert_hr(HCS_E_INVALID_JSON, RUN(HcsCreateComputeSystem(u"flat", u"{\"Bad\":1}", OP, NULL, &system), &text));
    assert_hr(HCS_E_INVALID_JSON, RUN(HcsCreateProcess(system, u"{\"Bad\":1}", OP, NULL, &process), &text));
    assert_hr(
        E_INVALIDARG,
        RUN(HcsModifyProcess(process, OP, u"{\"Operation\":\"ConsoleSize\",\"ConsoleSize\":{\"Width\":80}}"), &text));
    assert_says(text, "$.ConsoleSize.Height must not be 0.");
    assert_hr(
        E_INVALIDARG,
        RUN(HcsModifyProcess(process, OP, u"{\"Operation\":\"ConsoleSize\",\"ConsoleSize\":{\"Height\":25}}"), &text));
    assert_says(text, "$.ConsoleSize.Width must not be 0.");
    HcsCloseProcess(process);
    HcsCloseComputeSystem(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_json_is_answered_with_line_and_column),
        cmocka_unit_test(a_wrong_type_is_named_by_its_path),
        cmocka_unit_test(an_unknown_member_or_value_is_named_by_its_path),
        cmocka_unit_test(a_system_has_exactly_one_body),
        cmocka_unit_test(what_cannot_be_honoured_is_not_implemented_and_named),
        cmocka_unit_test(paths_and_numbers_out_of_range_are_invalid_arguments),
        cmocka_unit_test(integers_beyond_63_bits_are_refused_by_path),
        cmocka_unit_test(nesting_is_limited),
        cmocka_unit_test(ten_megabytes_are_answered_and_named_briefly),
        cmocka_unit_test(a_document_beyond_the_limit_is_refused),
        cmocka_unit_test(half_a_surrogate_becomes_a_replacement_character),
        cmocka_unit_test(required_pointers_are_checked_at_once),
        cmocka_unit_test(create_options_are_checked),
        cmocka_unit_test(ids_are_checked),
        cmocka_unit_test(an_unknown_id_is_not_found),
        cmocka_unit_test(a_system_that_was_never_made_answers_and_closes),
        cmocka_unit_test(queries_and_options_are_checked_like_documents),
        cmocka_unit_test(a_console_has_a_size),
    };
    return cmocka_run_group_tests(tests, make_face_folder, remove_face_folder);
}
