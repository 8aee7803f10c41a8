/* Compute systems from create to exit, with real containers. */
#include "hcs-container.h"

static HRESULT finish(HCS_OPERATION operation)
{
    return HcsWaitForOperationResult(operation, WAIT_MS, NULL);
}

static void one_operation_serves_a_whole_life(void **state)
{
    TRI_PROVES(HcsCreateComputeSystem, real);
    TRI_PROVES(HcsStartComputeSystem, real);
    TRI_PROVES(HcsGetComputeSystemProperties, real);
    TRI_PROVES(HcsTerminateComputeSystem, real);
    TRI_PROVES(HcsCloseComputeSystem, real);
    TRI_PROVES(HcsGetComputeSystemFromOperation, real);
    NEEDS_CONTAINERS;
    HCS_OPERATION operation = new_operation();
    HCS_SYSTEM system = NULL;
    WCHAR *document = wide(PLAIN, face_rootfs);
    assert_hr(S_OK, HcsCreateComputeSystem(u"life", document, operation, NULL, &system));
    assert_ptr_equal(HcsGetComputeSystemFromOperation(operation), system);
    assert_int_equal(HcsGetOperationType(operation), HcsOperationTypeCreate);
    assert_hr(S_OK, finish(operation));
    assert_says(properties(system, NULL), "\"State\":\"Created\"");
    assert_hr(S_OK, HcsStartComputeSystem(system, operation, NULL));
    assert_hr(S_OK, finish(operation));
    const char *text = properties(system, u"");
    assert_says(text, "{\"Id\":\"life\",\"SystemType\":\"Container\",\"RuntimeOsType\":\"Linux\",\"Name\":\"life\","
                      "\"Owner\":\"face\",\"RuntimeId\":\"");
    assert_says(text, "\"State\":\"Running\"}");
    assert_hr(S_OK, HcsGetComputeSystemProperties(system, operation, u"{\"PropertyTypes\":null}"));
    assert_hr(S_OK, finish(operation));
    assert_hr(S_OK, HcsTerminateComputeSystem(system, operation, NULL));
    assert_ptr_equal(HcsGetComputeSystemFromOperation(operation), system);
    assert_hr(S_OK, finish(operation));
    text = properties(system, NULL);
    assert_says(text, "\"State\":\"Stopped\",\"Stopped\":true,\"ExitType\":\"ForcedExit\"");
    HcsCloseComputeSystem(system);
    assert_null(HcsGetComputeSystemFromOperation(operation));
    HcsCloseOperation(operation);
    LocalFree(document);
}

static void an_id_is_free_once_terminate_has_completed(void **state)
{
    NEEDS_CONTAINERS;
    HCS_SYSTEM first = start_plain("again");
    HCS_SYSTEM other = NULL;
    char document[256];
    const char *text;
    snprintf(document, sizeof(document), PLAIN, face_rootfs);
    assert_hr(HCS_E_SYSTEM_ALREADY_EXISTS, try_create("again", document, &other, &text));
    HcsCloseComputeSystem(other);
    assert_says(properties(first, NULL), "\"State\":\"Running\""); /* and was not harmed */
    assert_hr(S_OK, RUN(HcsTerminateComputeSystem(first, OP, NULL), NULL));
    HCS_SYSTEM second = start_plain("again");
    assert_says(properties(first, NULL), "\"State\":\"Stopped\"");
    assert_says(properties(second, NULL), "\"State\":\"Running\"");
    HcsCloseComputeSystem(first);
    terminate_and_close(second);
}

static void a_failed_create_leaves_nothing(void **state)
{
    NEEDS_CONTAINERS;
    static const struct {
        const char *container;
        HRESULT hr;
        const char *says;
    } wrong[] = {
        {"{\"Storage\":{\"Layers\":[{\"Path\":\"/nonexistent/layer\"}]}}", HCS_E_INVALID_LAYER,
         "$.Container.Storage.Layers[0]"},
        {"{\"Storage\":{\"Layers\":[{\"Path\":\"/tmp\"},{\"Path\":\"/etc/passwd\"}]}}", HCS_E_INVALID_LAYER,
         "$.Container.Storage.Layers[1]"},
        {"{\"Networking\":{\"NetworkSharedContainerName\":\"nobody\"}}", HCS_E_SYSTEM_NOT_FOUND, "nobody"},
        {"{\"GuestOs\":{\"HostName\":\"no spaces\"}}", E_INVALIDARG, "$.Container.GuestOs.HostName"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char document[512];
        const char *text;
        HCS_SYSTEM system = NULL;
        snprintf(document, sizeof(document), "{\"Container\":%s}", wrong[i].container);
        assert_hr(wrong[i].hr, try_create("failed", document, &system, &text));
        assert_says(text, wrong[i].says);
        assert_hr(HCS_E_SYSTEM_NOT_FOUND, RUN(HcsStartComputeSystem(system, OP, NULL), &text));
        assert_hr(HCS_E_SYSTEM_NOT_FOUND, try_open("failed"));
        HcsCloseComputeSystem(system);
        assert_int_equal(run_command("test ! -e '%s/default/failed'", face_folder), 0);
    }
    assert_int_equal(run_command("grep -q '%s' /proc/mounts", face_folder) != 0, 1);
    HCS_SYSTEM system = create_plain("failed");
    terminate_and_close(system);
}

static void a_missing_root_is_an_error_with_its_path(void **state)
{
    NEEDS_CONTAINERS;
    HCS_SYSTEM system = NULL;
    const char *text;
    HRESULT hr =
        try_create("rootless", "{\"Container\":{\"Storage\":{\"Path\":\"/nonexistent/root\"}}}", &system, &text);
    assert_true(FAILED(hr));
    assert_says(text, "/nonexistent/root");
    HcsCloseComputeSystem(system);
}

/* Each call in a state that does not allow it. */
static void what_is_wrong_is_named_as_the_document_has_it(void **state)
{
    NEEDS_CONTAINERS;
    static const struct {
        const char *container, *place;
    } wrong[] = {
        {"\"MappedDirectories\":[{\"HostPath\":\"/\",\"ContainerPath\":\"/a\"},"
         "{\"HostPath\":\"/missing\",\"ContainerPath\":\"/b\"}]",
         "MappedDirectories[1].HostPath"},
        {"\"MappedDirectories\":[{\"HostPath\":\"/\",\"ContainerPath\":\"/a\"}],"
         "\"MappedPipes\":[{\"HostPath\":\"/missing\",\"ContainerPipeName\":\"b\"}]",
         "MappedPipes[0].HostPath"},
        {"\"Networking\":{\"NetworkSharedContainerName\":\"missing\"}", "Networking.NetworkSharedContainerName"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        HCS_SYSTEM system = NULL;
        char document[512], place[128];
        const char *text;
        snprintf(document, sizeof(document), "{\"Container\":{%s}}", wrong[i].container);
        snprintf(place, sizeof(place), "{\"Message\":\"$.Container.%s\"", wrong[i].place);
        assert_true(FAILED(try_create("wrong", document, &system, &text)));
        assert_says(text, place);
        HcsCloseComputeSystem(system);
    }
}

static void calls_in_the_wrong_state_are_refused(void **state)
{
    NEEDS_CONTAINERS;
    const char *text;
    struct run run;
    HCS_SYSTEM system = create_plain("states");
    assert_hr(HCS_E_INVALID_STATE, RUN(HcsShutDownComputeSystem(system, OP, NULL), &text));
    assert_hr(HCS_E_INVALID_STATE, RUN(HcsPauseComputeSystem(system, OP, NULL), &text));
    assert_hr(HCS_E_INVALID_STATE, RUN(HcsResumeComputeSystem(system, OP, NULL), &text));
    assert_hr(HCS_E_INVALID_STATE, RUN(HcsSaveComputeSystem(system, OP, u"{\"SaveStateFilePath\":\"/tmp/x\"}"), &text));
    assert_hr(HCS_E_INVALID_STATE, try_process(system, "{\"CommandLine\":\"true\"}", &run, &text));
    HcsCloseProcess(run.process);
    assert_hr(S_OK, RUN(HcsStartComputeSystem(system, OP, u"{}"), NULL));
    assert_hr(HCS_E_INVALID_STATE, RUN(HcsStartComputeSystem(system, OP, u""), &text));
    assert_hr(HCS_E_INVALID_STATE, RUN(HcsResumeComputeSystem(system, OP, NULL), &text));
    assert_hr(HCS_E_INVALID_STATE, RUN(HcsSaveComputeSystem(system, OP, u"{\"SaveStateFilePath\":\"/tmp/x\"}"), &text));
    assert_hr(S_OK, RUN(HcsPauseComputeSystem(system, OP, NULL), NULL));
    assert_hr(HCS_E_INVALID_STATE, RUN(HcsPauseComputeSystem(system, OP, NULL), &text));
    assert_hr(HCS_E_INVALID_STATE, RUN(HcsStartComputeSystem(system, OP, NULL), &text));
    assert_hr(HCS_E_INVALID_STATE, RUN(HcsShutDownComputeSystem(system, OP, NULL), &text));
    assert_hr(HCS_E_INVALID_STATE, try_process(system, "{\"CommandLine\":\"true\"}", &run, &text));
    HcsCloseProcess(run.process);
    assert_hr(S_OK, RUN(HcsTerminateComputeSystem(system, OP, NULL), NULL)); /* a paused system can be terminated */
    assert_hr(HCS_E_SYSTEM_ALREADY_STOPPED, RUN(HcsTerminateComputeSystem(system, OP, NULL), &text));
    assert_hr(HCS_E_SYSTEM_ALREADY_STOPPED, RUN(HcsShutDownComputeSystem(system, OP, NULL), &text));
    assert_hr(HCS_E_SYSTEM_ALREADY_STOPPED, RUN(HcsStartComputeSystem(system, OP, NULL), &text));
    assert_hr(HCS_E_SYSTEM_ALREADY_STOPPED,
              modify(system, &text, "{\"ResourcePath\":\"Container/Memory/SizeInMB\",\"Settings\":64}"));
    assert_hr(HCS_E_SYSTEM_ALREADY_STOPPED, try_process(system, "{\"CommandLine\":\"true\"}", &run, &text));
    HcsCloseProcess(run.process);
    HcsCloseComputeSystem(system);
}

static void a_created_system_can_be_terminated(void **state)
{
    NEEDS_CONTAINERS;
    HCS_SYSTEM system = create_plain("unborn");
    assert_hr(HRESULT_FROM_WIN32(ERROR_TIMEOUT), HcsWaitForComputeSystemExit(system, 50, NULL));
    assert_hr(S_OK, RUN(HcsTerminateComputeSystem(system, OP, NULL), NULL));
    assert_says(exit_of_system(system), "\"ExitType\":\"ForcedExit\"");
    HcsCloseComputeSystem(system);
}

static void a_create_that_is_pending_can_be_terminated(void **state)
{
    NEEDS_CONTAINERS;
    WCHAR *document = wide(PLAIN, face_rootfs);
    for (int i = 0; i < 10; i++) {
        HCS_OPERATION create = new_operation(), terminate = new_operation();
        HCS_SYSTEM system = NULL, next = NULL;
        assert_hr(S_OK, HcsCreateComputeSystem(u"overtaken", document, create, NULL, &system));
        poll(NULL, 0, 3 * i); /* at another point each time */
        assert_hr(S_OK, HcsTerminateComputeSystem(system, terminate, NULL));
        assert_hr(S_OK, finish(terminate));
        HRESULT hr = finish(create);
        if (hr != S_OK) /* it had not come too late */
            assert_hr(HCS_E_TERMINATED, hr);
        assert_hr(S_OK, HcsCreateComputeSystem(u"overtaken", document, create, NULL, &next)); /* the id is free */
        assert_hr(S_OK, finish(create));
        HcsCloseComputeSystem(system);
        terminate_and_close(next);
        HcsCloseOperation(create);
        HcsCloseOperation(terminate);
    }
    LocalFree(document);
}

static void a_process_that_is_being_started_can_be_overtaken(void **state)
{
    NEEDS_CONTAINERS;
    for (int i = 0; i < 10; i++) {
        HCS_SYSTEM system = start_plain("sinking");
        HCS_OPERATION start = new_operation(), terminate = new_operation();
        HCS_PROCESS process = NULL;
        assert_hr(S_OK, HcsTerminateComputeSystem(system, terminate, NULL));
        assert_hr(S_OK, HcsCreateProcess(system, u"{\"CommandLine\":\"sleep 1000\"}", start, NULL, &process));
        HRESULT hr = finish(start);
        if (hr != HCS_E_SYSTEM_ALREADY_STOPPED) /* the terminate was faster than all of this */
            assert_hr(HCS_E_TERMINATED, hr);
        assert_hr(S_OK, finish(terminate));
        HcsCloseProcess(process);
        HcsCloseOperation(start);
        HcsCloseOperation(terminate);
        HcsCloseComputeSystem(system);
    }
}

static void shutdown_is_a_graceful_exit(void **state)
{
    TRI_PROVES(HcsShutDownComputeSystem, real);
    TRI_PROVES(HcsWaitForComputeSystemExit, real);
    NEEDS_CONTAINERS;
    HCS_SYSTEM system = start_plain("graceful");
    PWSTR document = (PWSTR)1;
    assert_hr(HRESULT_FROM_WIN32(ERROR_TIMEOUT), HcsWaitForComputeSystemExit(system, 50, &document));
    assert_null(document);
    assert_hr(HRESULT_FROM_WIN32(ERROR_TIMEOUT), HcsWaitForComputeSystemExit(system, 0, NULL));
    assert_hr(S_OK,
              RUN(HcsShutDownComputeSystem(system, OP, u"{\"Mechanism\":\"IntegrationService\",\"Type\":\"Shutdown\"}"),
                  NULL));
    static const char expected[] = "{\"Status\":0,\"ExitType\":\"GracefulExit\",\"Attribution\":[{\"SystemExit\":{"
                                   "\"Detail\":\"Shutdown\",\"Initiator\":\"Client\"}}]}";
    assert_string_equal(exit_of_system(system), expected);
    assert_string_equal(exit_of_system(system), expected); /* any number of times */
    assert_hr(S_OK, HcsWaitForComputeSystemExit(system, 0, NULL));
    HcsCloseComputeSystem(system);
}

static void pause_stops_time_and_resume_lets_it_go_on(void **state)
{
    TRI_PROVES(HcsPauseComputeSystem, real);
    TRI_PROVES(HcsResumeComputeSystem, real);
    NEEDS_CONTAINERS;
    HCS_SYSTEM system = start_plain("pause");
    struct run run = start_process(system, "{\"CommandArgs\":[\"/bin/sh\",\"-c\",\"while :; do echo x; done\"],"
                                           "\"CreateStdOutPipe\":true}");
    assert_hr(S_OK, RUN(HcsPauseComputeSystem(system, OP,
                                              u"{\"SuspensionLevel\":\"Suspend\",\"HostedNotification\":"
                                              u"{\"Reason\":\"Save\"}}"),
                        NULL));
    assert_says(properties(system, NULL), "\"State\":\"Paused\"");
    int fd = trireme_handle_fd(run.info.StdOutput);
    char buffer[65536];
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (poll(&ready, 1, 0) > 0) /* what was written before */
        assert_true(read(fd, buffer, sizeof(buffer)) > 0);
    assert_int_equal(poll(&ready, 1, SOON_MS), 0);
    assert_hr(S_OK, RUN(HcsResumeComputeSystem(system, OP, u""), NULL));
    assert_int_equal(poll(&ready, 1, WAIT_MS), 1);
    assert_says(properties(system, NULL), "\"State\":\"Running\"");
    const char *text;
    assert_hr(E_NOTIMPL, RUN(HcsPauseComputeSystem(system, OP, u"{\"SuspensionLevel\":\"MemoryLow\"}"), &text));
    assert_says(text, "$.SuspensionLevel");
    finish_run(&run);
    terminate_and_close(system);
}

/* A runtime that pauses, and then does not come back. */
static void choose_runtime_that_hangs(void)
{
    char path[96];
    snprintf(path, sizeof(path), "%s/runtime", face_files);
    assert_int_equal(run_command("printf '#!/bin/sh\\ncase \" $* \" in *\" pause \"*) runc \"$@\"; touch %s/frozen; "
                                 "exec sleep 1000;; esac\\nexec runc \"$@\"\\n' > %s && chmod 755 %s",
                                 face_files, path, path),
                     0);
    setenv("TRIREME_OCI_RUNTIME", path, 1);
}

static void a_cancelled_pause_lets_the_container_go_on(void **state)
{
    NEEDS_CONTAINERS;
    const char *chosen = getenv("TRIREME_OCI_RUNTIME");
    char frozen[96];
    choose_runtime_that_hangs();
    HCS_SYSTEM system = start_plain("goes-on");
    if (chosen)
        setenv("TRIREME_OCI_RUNTIME", chosen, 1);
    else
        unsetenv("TRIREME_OCI_RUNTIME");
    HCS_OPERATION operation = new_operation();
    snprintf(frozen, sizeof(frozen), "%s/frozen", face_files);
    assert_hr(S_OK, HcsPauseComputeSystem(system, operation, NULL));
    for (int i = 0; i < WAIT_MS / 10 && access(frozen, F_OK) < 0; i++)
        poll(NULL, 0, 10);
    assert_int_equal(access(frozen, F_OK), 0);
    assert_hr(HCS_E_OPERATION_PENDING, HcsGetOperationResult(operation, NULL));
    assert_hr(S_OK, HcsCancelOperation(operation));
    assert_hr(HRESULT_FROM_WIN32(ERROR_CANCELLED), outcome(operation, NULL));
    assert_says(properties(system, NULL), "\"State\":\"Running\"");
    shell(system, "exit 7", 7);
    HcsCloseOperation(operation);
    terminate_and_close(system);
}

static void save_says_honestly_what_it_cannot(void **state)
{
    TRI_PROVES(HcsSaveComputeSystem, partial, "runc's checkpoint, where CRIU works; else E_NOTIMPL with its words");
    NEEDS_CONTAINERS;
    HCS_SYSTEM system = start_plain("save");
    const char *text;
    WCHAR *options = wide("{\"SaveType\":\"ToFile\",\"SaveStateFilePath\":\"%s/image\"}", face_folder);
    assert_hr(S_OK, RUN(HcsPauseComputeSystem(system, OP, NULL), NULL));
    HRESULT hr = RUN(HcsSaveComputeSystem(system, OP, options), &text);
    if (hr != S_OK)
        assert_hr(E_NOTIMPL, hr);
    if (hr != S_OK)
        assert_says(text, "\"ErrorMessage\":\"");
    assert_says(properties(system, NULL), "\"State\":\"Paused\"");
    assert_hr(HCS_E_INVALID_JSON, RUN(HcsSaveComputeSystem(system, OP, NULL), &text));
    assert_says(text, "$.SaveStateFilePath is missing.");
    assert_hr(
        E_NOTIMPL,
        RUN(HcsSaveComputeSystem(system, OP, u"{\"SaveType\":\"AsTemplate\",\"SaveStateFilePath\":\"/x\"}"), &text));
    assert_hr(E_INVALIDARG, RUN(HcsSaveComputeSystem(system, OP, u"{\"SaveStateFilePath\":\"x\"}"), &text));
    LocalFree(options);
    terminate_and_close(system);
}

static void what_is_for_virtual_machines_is_not_implemented(void **state)
{
    TRI_PROVES(HcsCrashComputeSystem, notimpl, "for virtual machines");
    TRI_PROVES(HcsInitializeLiveMigrationOnSource, notimpl);
    TRI_PROVES(HcsStartLiveMigrationOnSource, notimpl);
    TRI_PROVES(HcsStartLiveMigrationTransfer, notimpl);
    TRI_PROVES(HcsFinalizeLiveMigration, notimpl);
    NEEDS_CONTAINERS;
    const char *text;
    HCS_SYSTEM system = create_plain("machine");
    assert_hr(E_NOTIMPL, RUN(HcsCrashComputeSystem(system, OP, u"{\"Type\":\"CrashGuest\"}"), &text));
    assert_says(text, "virtual machines");
    assert_hr(E_NOTIMPL, RUN(HcsInitializeLiveMigrationOnSource(system, OP, u"{\"Origin\":\"Source\"}"), &text));
    assert_hr(E_NOTIMPL, RUN(HcsStartLiveMigrationOnSource(system, OP, NULL), &text));
    assert_hr(E_NOTIMPL, RUN(HcsStartLiveMigrationTransfer(system, OP, NULL), &text));
    assert_hr(E_NOTIMPL, RUN(HcsFinalizeLiveMigration(system, OP, u"{\"FinalizedOperation\":\"Stop\"}"), &text));
    assert_hr(HCS_E_INVALID_JSON, RUN(HcsFinalizeLiveMigration(system, OP, u"{\"Finally\":1}"), &text));
    terminate_and_close(system);
}

static void null_empty_and_an_empty_object_are_the_same_options(void **state)
{
    NEEDS_CONTAINERS;
    static const WCHAR *const options[] = {NULL, u"", u"{}"};
    for (size_t i = 0; i < 3; i++) {
        HCS_SYSTEM system = create_plain("options");
        assert_hr(S_OK, RUN(HcsStartComputeSystem(system, OP, options[i]), NULL));
        assert_hr(S_OK, RUN(HcsPauseComputeSystem(system, OP, options[i]), NULL));
        assert_hr(S_OK, RUN(HcsResumeComputeSystem(system, OP, options[i]), NULL));
        assert_hr(S_OK, RUN(HcsGetComputeSystemProperties(system, OP, options[i]), NULL));
        if (i == 0)
            assert_hr(S_OK, RUN(HcsShutDownComputeSystem(system, OP, options[i]), NULL));
        else
            assert_hr(S_OK, RUN(HcsTerminateComputeSystem(system, OP, options[i]), NULL));
        HcsCloseComputeSystem(system);
    }
}

/* ---- properties ---- */

/* A process that was started is for a moment the runtime's still. */
static void wait_for_program(HCS_SYSTEM system, const char *entry)
{
    const char *text = "";
    for (int i = 0; i < WAIT_MS / 10 && !strstr(text, entry); i++) {
        poll(NULL, 0, i ? 10 : 0);
        text = properties(system, u"{\"PropertyTypes\":[\"ProcessList\"]}");
    }
    assert_says(text, entry);
}

static void properties_tell_what_was_asked(void **state)
{
    NEEDS_CONTAINERS;
    HCS_SYSTEM system = start_plain("told");
    struct run run = start_process(system, "{\"CommandLine\":\"sleep 1000\"}");
    wait_for_program(system, "\"ImageName\":\"sleep\"");
    const char *text = properties(system, u"{\"PropertyTypes\":[]}");
    assert_silent(text, "Statistics");
    assert_silent(text, "PropertyResponses");
    text = properties(system, u"{\"PropertyTypes\":[\"Statistics\",\"ProcessList\",\"TerminateOnLastHandleClosed\","
                              u"\"SystemGUID\",\"SharedMemoryRegion\"]}");
    assert_says(text, "\"Statistics\":{\"Timestamp\":\"20");
    assert_says(text, "\"ContainerStartTime\":\"20");
    assert_says(text, "\"Processor\":{\"TotalRuntime100ns\":");
    assert_says(text, "\"MemoryUsageCommitBytes\":");
    assert_says(text, "\"ReadCountNormalized\":");
    assert_says(text, "\"ImageName\":\"sleep\"");
    assert_says(text, "\"TerminateOnLastHandleClosed\":true");
    assert_says(text, "\"SharedMemoryRegionInfo\":[]");
    char pid[32];
    snprintf(pid, sizeof(pid), "\"ProcessId\":%u,", run.info.ProcessId);
    assert_says(text, pid);
    finish_run(&run);
    terminate_and_close(system);
}

static void what_a_container_has_none_of_has_an_error_of_its_own(void **state)
{
    NEEDS_CONTAINERS;
    HCS_SYSTEM system = start_plain("none");
    const char *text = properties(system, u"{\"PropertyTypes\":[\"GuestConnection\"],\"Queries\":{\"Statistics\":{}}}");
    assert_says(text, "\"State\":\"Running\"");
    assert_says(text, "\"GuestConnection\":{\"Error\":{\"Error\":-2147023728,");
    assert_says(text, "\"Statistics\":{\"Response\":{\"Timestamp\"");
    assert_hr(S_OK, RUN(HcsTerminateComputeSystem(system, OP, NULL), NULL));
    text = properties(system, u"{\"PropertyTypes\":[\"Statistics\",\"SystemGUID\"]}");
    assert_says(text, "\"State\":\"Stopped\"");
    assert_says(text, "\"SystemGUID\":\"");
    assert_says(text, "\"Statistics\":{\"Error\":{\"Error\":-2147023728,");
    HcsCloseComputeSystem(system);
}

static void names_that_nobody_knows_take_nothing_away(void **state)
{
    NEEDS_CONTAINERS;
    HCS_SYSTEM system = start_plain("weather");
    const char *text =
        properties(system, u"{\"PropertyTypes\":[\"Weather\",\"SystemGUID\"],"
                           u"\"Queries\":{\"CompatibilityInfo\":{},\"TerminateOnLastHandleClosed\":{}}}");
    assert_says(text, "\"State\":\"Running\",\"SystemGUID\":\"");
    assert_says(text, "\"TerminateOnLastHandleClosed\":{\"Response\":true}");
    assert_says(text, "\"Weather\":{\"Error\":{\"Error\":-2147023728,");
    assert_says(text, "\"CompatibilityInfo\":{\"Error\":{\"Error\":-2147023728,");
    assert_hr(HCS_E_INVALID_JSON, RUN(HcsGetComputeSystemProperties(system, OP, u"{\"PropertyTypes\":[1]}"), &text));
    assert_says(text, "$.PropertyTypes[0]");
    assert_hr(S_OK, RUN(HcsTerminateComputeSystem(system, OP, NULL), NULL));
    text = properties(system, u"{\"PropertyTypes\":[\"Weather\"]}");
    assert_says(text, "\"State\":\"Stopped\"");
    assert_says(text, "\"Weather\":{\"Error\":{\"Error\":-2147023728,");
    HcsCloseComputeSystem(system);
}

/* ---- modify ---- */

/* What one of the cgroup's files says, whatever the layout of the host's hierarchies. */
static long long cgroup_number(HCS_SYSTEM system, const char *v1, const char *v2)
{
    char guid[64] = "", path[512], text[64] = "";
    const char *found = strstr(properties(system, NULL), "\"RuntimeId\":\"");
    sscanf(found, "\"RuntimeId\":\"%63[^\"]", guid);
    const char *controller = strncmp(v1, "cpu", 3) == 0 ? "cpu" : "memory";
    snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/trireme-%s/%s", controller, guid, v1);
    FILE *file = fopen(path, "r");
    if (!file) {
        snprintf(path, sizeof(path), "/sys/fs/cgroup/trireme-%s/%s", guid, v2);
        file = fopen(path, "r");
    }
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    fclose(file);
    return atoll(text);
}

static void limits_are_set_at_create_and_can_be_changed(void **state)
{
    TRI_PROVES(HcsModifyComputeSystem, real, "Container/Memory, Processor, MappedDirectories, MappedPipes");
    NEEDS_CONTAINERS;
    HCS_SYSTEM system = create_system("limits",
                                      "{\"ShouldTerminateOnLastHandleClosed\":true,\"Container\":{"
                                      "\"Storage\":{\"Path\":\"%s\"},\"Memory\":{\"SizeInMB\":256},"
                                      "\"Processor\":{\"Count\":1}}}",
                                      face_rootfs);
    assert_hr(S_OK, RUN(HcsStartComputeSystem(system, OP, NULL), NULL));
    const char *text;
    assert_int_equal(cgroup_number(system, "memory.limit_in_bytes", "memory.max"), 256ll << 20);
    assert_int_equal(cgroup_number(system, "cpu.cfs_quota_us", "cpu.max"), 100000);
    assert_hr(S_OK, modify(system, NULL,
                           "{\"ResourcePath\":\"Container/Memory/SizeInMB\",\"RequestType\":\"Update\","
                           "\"Settings\":128}"));
    assert_int_equal(cgroup_number(system, "memory.limit_in_bytes", "memory.max"), 128ll << 20);
    assert_hr(S_OK, modify(system, NULL,
                           "{\"ResourcePath\":\"Container/Processor\",\"RequestType\":\"Update\","
                           "\"Settings\":{\"Maximum\":5000}}"));
    assert_int_equal(cgroup_number(system, "cpu.cfs_quota_us", "cpu.max"), 50000 * sysconf(_SC_NPROCESSORS_ONLN));
    assert_hr(E_INVALIDARG, modify(system, &text, "{\"ResourcePath\":\"Container/Memory/SizeInMB\",\"Settings\":0}"));
    assert_hr(HCS_E_INVALID_JSON, modify(system, &text,
                                         "{\"ResourcePath\":\"Container/Memory/SizeInMB\","
                                         "\"Settings\":{\"SizeInMB\":5}}"));
    assert_says(text, "$.Settings must be an integer.");
    terminate_and_close(system);
}

static void modify_names_what_it_does_not_know(void **state)
{
    NEEDS_CONTAINERS;
    const HRESULT not_supported = HRESULT_FROM_WIN32(ERROR_NOT_SUPPORTED);
    const char *text;
    HCS_SYSTEM system = create_plain("unknown");
    assert_hr(not_supported, modify(system, &text, "{\"ResourcePath\":\"Container/Weather\",\"Settings\":1}"));
    assert_says(text, "$.ResourcePath");
    assert_hr(not_supported,
              modify(system, &text, "{\"ResourcePath\":\"VirtualMachine/Devices/Scsi/0/Attachments/1\"}"));
    assert_hr(not_supported, modify(system, &text, "{}"));
    assert_hr(not_supported, modify(system, &text,
                                    "{\"ResourcePath\":\"Container/Memory/SizeInMB\","
                                    "\"RequestType\":\"Remove\",\"Settings\":1}"));
    assert_says(text, "$.RequestType");
    assert_hr(HCS_E_INVALID_JSON, modify(system, &text, "{\"ResourcePath\":\"Container/Memory/SizeInMB\"}"));
    assert_hr(E_NOTIMPL, modify(system, &text, "{\"GuestRequest\":{\"ResourceType\":\"x\"}}"));
    assert_says(text, "$.GuestRequest");
    assert_hr(E_INVALIDARG, RUN(HcsModifyComputeSystem(system, OP, NULL, NULL), &text));
    assert_hr(E_NOTIMPL, RUN(HcsModifyComputeSystem(system, OP, u"{}", trireme_handle_from_fd(0)), &text));
    assert_says(text, "identity");
    terminate_and_close(system);
}

static void directories_are_mapped_at_create_and_later(void **state)
{
    NEEDS_CONTAINERS;
    char source[96];
    const char *text;
    snprintf(source, sizeof(source), "%s/mapped", face_files);
    assert_int_equal(run_command("mkdir -p '%s' && echo seen > '%s/file'", source, source), 0);
    HCS_SYSTEM system = create_system("mapped",
                                      "{\"ShouldTerminateOnLastHandleClosed\":true,\"Container\":{\"Storage\":{"
                                      "\"Path\":\"%s\"},\"MappedDirectories\":[{\"HostPath\":\"%s\","
                                      "\"ContainerPath\":\"C:\\\\data\\\\in\",\"ReadOnly\":true}]}}",
                                      face_rootfs, source);
    assert_hr(S_OK, RUN(HcsStartComputeSystem(system, OP, NULL), NULL));
    assert_string_equal(shell(system, "cat /data/in/file", 0), "seen\n");
    shell(system, "echo no 2>/dev/null > /data/in/other", 1);
    assert_hr(S_OK, modify(system, NULL,
                           "{\"ResourcePath\":\"Container/MappedDirectories\",\"RequestType\":\"Add\","
                           "\"Settings\":{\"HostPath\":\"%s\",\"ContainerPath\":\"/data/late\"}}",
                           source));
    assert_string_equal(shell(system, "echo written > /data/late/new && cat /data/late/file", 0), "seen\n");
    assert_int_equal(run_command("grep -q written '%s/new'", source), 0);
    assert_hr(S_OK, modify(system, NULL,
                           "{\"ResourcePath\":\"Container/MappedDirectories\",\"RequestType\":\"Remove\","
                           "\"Settings\":{\"ContainerPath\":\"/data/late\"}}"));
    shell(system, "cat /data/late/file 2>/dev/null", 1);
    HRESULT hr = modify(system, &text,
                        "{\"ResourcePath\":\"Container/MappedDirectories\",\"RequestType\":\"Add\","
                        "\"Settings\":{\"HostPath\":\"/nonexistent\",\"ContainerPath\":\"/data/x\"}}");
    assert_hr(HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND), hr);
    assert_says(text, "/nonexistent");
    terminate_and_close(system);
}

static void layers_are_laid_over_each_other(void **state)
{
    NEEDS_CONTAINERS;
    HCS_SYSTEM system =
        create_system("layers",
                      "{\"ShouldTerminateOnLastHandleClosed\":true,\"Container\":{\"GuestOs\":{\"HostName\":\"hull\"},"
                      "\"Storage\":{\"Layers\":[{\"Id\":\"6f0c2b2e-0000-4000-8000-000000000001\",\"Path\":\"%s\"}]}}}",
                      face_rootfs);
    assert_hr(S_OK, RUN(HcsStartComputeSystem(system, OP, NULL), NULL));
    assert_string_equal(shell(system, "hostname", 0), "hull\n");
    shell(system, "echo mine > /scratch", 0);
    assert_int_equal(run_command("test ! -e '%s/scratch'", face_rootfs), 0); /* the layer stays as it was */
    terminate_and_close(system);
}

/* ---- enumerate ---- */

static const char *enumerate(PCWSTR query)
{
    const char *text;
    assert_hr(S_OK, RUN(HcsEnumerateComputeSystems(query, OP), &text));
    return text;
}

static void systems_are_enumerated_by_query(void **state)
{
    NEEDS_CONTAINERS;
    HCS_SYSTEM one = create_plain("enum-one");
    HCS_SYSTEM two = create_system("0ABC1234-0000-4000-8000-00000000000A",
                                   "{\"Owner\":\"other\",\"ShouldTerminateOnLastHandleClosed\":true,\"Container\":{"
                                   "\"Storage\":{\"Path\":\"%s\"}}}",
                                   face_rootfs);
    const char *text = enumerate(NULL);
    assert_says(text, "\"Id\":\"enum-one\"");
    assert_says(text, "\"Id\":\"0ABC1234-0000-4000-8000-00000000000A\"");
    text = enumerate(u"{\"Owners\":[\"other\",\"nobody\"]}");
    assert_silent(text, "enum-one");
    assert_says(text, "0ABC1234");
    text = enumerate(u"{\"Ids\":[\"0abc1234-0000-4000-8000-00000000000a\"]}"); /* GUIDs match in either case */
    assert_says(text, "0ABC1234");
    assert_string_equal(enumerate(u"{\"Ids\":[\"Enum-One\"]}"), "[]"); /* other ids exactly */
    assert_says(enumerate(u"{\"Names\":[\"enum-one\"],\"Types\":[\"Container\",\"VirtualMachine\"]}"), "enum-one");
    assert_string_equal(enumerate(u"{\"Types\":[\"VirtualMachine\"]}"), "[]");
    assert_string_equal(enumerate(u"{\"Ids\":[\"enum-one\"],\"Owners\":[\"other\"]}"), "[]");
    assert_string_equal(enumerate(u"{\"Ids\":[\"enum-one\"],\"Names\":[\"else\"]}"), "[]");
    terminate_and_close(one);
    terminate_and_close(two);
    assert_string_equal(enumerate(NULL), "[]");
}

static void namespaces_keep_ids_apart(void **state)
{
    TRI_PROVES(HcsCreateComputeSystemInNamespace, real);
    NEEDS_CONTAINERS;
    HCS_SYSTEM plain = create_plain("same"), other = NULL;
    WCHAR *document = wide(PLAIN, face_rootfs);
    assert_hr(S_OK, RUN(HcsCreateComputeSystemInNamespace(u"harbour", u"same", document, OP, NULL, &other), NULL));
    const char *text;
    assert_hr(S_OK, RUN(HcsEnumerateComputeSystemsInNamespace(u"harbour", NULL, OP), &text));
    assert_says(text, "\"Id\":\"same\"");
    HCS_SYSTEM opened = NULL;
    assert_hr(S_OK, HcsOpenComputeSystemInNamespace(u"harbour", u"same", GENERIC_ALL, &opened));
    HcsCloseComputeSystem(opened);
    terminate_and_close(other);
    assert_says(properties(plain, NULL), "\"State\":\"Created\"");
    terminate_and_close(plain);
    LocalFree(document);
}

/* ---- two processes ---- */

static pid_t run_self(const char *what, const char *id)
{
    extern char **environ;
    const char *const argv[] = {"/proc/self/exe", what, id, NULL};
    pid_t pid;
    assert_int_equal(posix_spawn(&pid, argv[0], NULL, NULL, (char *const *)argv, environ), 0);
    return pid;
}

static int opens_and_waits(const char *id)
{
    WCHAR *wide_id = trireme_utf16_from_utf8(id);
    HCS_SYSTEM system;
    PWSTR document = NULL;
    if (HcsOpenComputeSystem(wide_id, GENERIC_ALL, &system) != S_OK)
        return 1;
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    if (HcsStartComputeSystem(system, operation, NULL) != S_OK ||
        HcsWaitForOperationResult(operation, WAIT_MS, NULL) != S_OK)
        return 2;
    HcsCloseOperation(operation);
    if (HcsWaitForComputeSystemExit(system, WAIT_MS, &document) != S_OK)
        return 3;
    char *text = trireme_utf8_from_utf16(document);
    int result = strstr(text, "ForcedExit") ? 0 : 4;
    free(text);
    LocalFree(document);
    LocalFree(wide_id);
    HcsCloseComputeSystem(system);
    return result;
}

static void another_process_can_open_and_control_a_system(void **state)
{
    NEEDS_CONTAINERS;
    HCS_SYSTEM system = create_plain("shared");
    pid_t child = run_self("opens-and-waits", "shared");
    for (int i = 0; i < WAIT_MS / 10 && !strstr(properties(system, NULL), "Running"); i++)
        poll(NULL, 0, 10); /* what another process does can only be asked for */
    assert_says(properties(system, NULL), "\"State\":\"Running\"");
    assert_hr(S_OK, RUN(HcsTerminateComputeSystem(system, OP, NULL), NULL));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    HcsCloseComputeSystem(system);
}

static void a_system_without_the_flag_outlives_its_handles(void **state)
{
    NEEDS_CONTAINERS;
    HCS_SYSTEM system = create_system("survivor", "{\"Container\":{\"Storage\":{\"Path\":\"%s\"}}}", face_rootfs);
    assert_hr(S_OK, RUN(HcsStartComputeSystem(system, OP, NULL), NULL));
    HcsCloseComputeSystem(system);
    system = open_system("survivor");
    assert_says(properties(system, u"{\"PropertyTypes\":[\"TerminateOnLastHandleClosed\"]}"),
                "\"State\":\"Running\",\"TerminateOnLastHandleClosed\":false");
    terminate_and_close(system);
}

static void the_last_handle_terminates_a_system_with_the_flag(void **state)
{
    NEEDS_CONTAINERS;
    HCS_SYSTEM first = start_plain("flagged"), second = open_system("flagged");
    HcsCloseComputeSystem(first);
    assert_says(properties(second, NULL), "\"State\":\"Running\"");
    HcsCloseComputeSystem(second);
    HRESULT hr = S_OK;
    for (int i = 0; i < WAIT_MS / 10 && (hr = try_open("flagged")) == S_OK; i++)
        poll(NULL, 0, 10); /* close does not wait for it */
    assert_hr(HCS_E_SYSTEM_NOT_FOUND, hr);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "opens-and-waits") == 0)
        return opens_and_waits(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_operation_serves_a_whole_life),
        cmocka_unit_test(an_id_is_free_once_terminate_has_completed),
        cmocka_unit_test(a_failed_create_leaves_nothing),
        cmocka_unit_test(a_missing_root_is_an_error_with_its_path),
        cmocka_unit_test(what_is_wrong_is_named_as_the_document_has_it),
        cmocka_unit_test(calls_in_the_wrong_state_are_refused),
        cmocka_unit_test(a_created_system_can_be_terminated),
        cmocka_unit_test(a_create_that_is_pending_can_be_terminated),
        cmocka_unit_test(a_process_that_is_being_started_can_be_overtaken),
        cmocka_unit_test(shutdown_is_a_graceful_exit),
        cmocka_unit_test(pause_stops_time_and_resume_lets_it_go_on),
        cmocka_unit_test(a_cancelled_pause_lets_the_container_go_on),
        cmocka_unit_test(save_says_honestly_what_it_cannot),
        cmocka_unit_test(what_is_for_virtual_machines_is_not_implemented),
        cmocka_unit_test(null_empty_and_an_empty_object_are_the_same_options),
        cmocka_unit_test(properties_tell_what_was_asked),
        cmocka_unit_test(what_a_container_has_none_of_has_an_error_of_its_own),
        cmocka_unit_test(names_that_nobody_knows_take_nothing_away),
        cmocka_unit_test(limits_are_set_at_create_and_can_be_changed),
        cmocka_unit_test(modify_names_what_it_does_not_know),
        cmocka_unit_test(directories_are_mapped_at_create_and_later),
        cmocka_unit_test(layers_are_laid_over_each_other),
        cmocka_unit_test(systems_are_enumerated_by_query),
        cmocka_unit_test(namespaces_keep_ids_apart),
        cmocka_unit_test(another_process_can_open_and_control_a_system),
        cmocka_unit_test(a_system_without_the_flag_outlives_its_handles),
        cmocka_unit_test(the_last_handle_terminates_a_system_with_the_flag),
    };
    return cmocka_run_group_tests(tests, set_up_containers, tear_down_containers);
}
