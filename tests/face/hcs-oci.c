/* Systems that are OCI bundles taken whole: the container's own process is started by the first HcsCreateProcess that
 * names no command, and its end is the system's. */
#include "hcs-container.h"

enum told { TOLD_PROCESS = 1, TOLD_SYSTEM = 2 };

static struct gate told;
static int order[4];

static void note_order(HCS_EVENT *event, void *context)
{
    (void)context;
    int what = event->Type == HcsEventProcessExited  ? TOLD_PROCESS
               : event->Type == HcsEventSystemExited ? TOLD_SYSTEM
                                                     : 0;
    pthread_mutex_lock(&told.lock);
    if (told.count < 4)
        order[told.count] = what;
    pthread_mutex_unlock(&told.lock);
    gate_open(&told);
}

static void its_own_process_speaks_and_ends_the_system(void **state)
{
    NEEDS_CONTAINERS;
    told = (struct gate)GATE_CLOSED;
    HCS_SYSTEM system = start_oci("own", "read x; echo got $x; exit 7");
    assert_says(properties(system, NULL), "\"State\":\"Running\"");
    assert_hr(S_OK, HcsSetComputeSystemCallback(system, HcsEventOptionNone, NULL, note_order));
    struct run init = start_process(system, "{\"CreateStdInPipe\":true,\"CreateStdOutPipe\":true}");
    assert_hr(S_OK, HcsSetProcessCallback(init.process, HcsEventOptionNone, NULL, note_order));
    DWORD written;
    assert_true(WriteFile(init.info.StdInput, "it\n", 3, &written, NULL));
    char *text = read_all(init.info.StdOutput, NULL);
    assert_string_equal(text, "got it\n");
    free(text);
    expect_exit(init.process, 7);
    const char *exit = exit_of_system(system);
    assert_says(exit, "{\"Status\":0,\"ExitType\":\"GracefulExit\",\"Attribution\":[{\"SystemExit\":{"
                      "\"Detail\":\"Shutdown\",\"Initiator\":\"GuestOS\"}}");
    assert_says(exit, "{\"WorkerExit\":{\"ExitCode\":7,");
    assert_opened(&told, 2);
    assert_int_equal(order[0] + order[1], TOLD_PROCESS + TOLD_SYSTEM);
    finish_run(&init);
    HcsCloseComputeSystem(system);
}

static void other_processes_join_it(void **state)
{
    NEEDS_CONTAINERS;
    struct run run;
    const char *text;
    HCS_SYSTEM system = start_oci("joined", "exec sleep 1000");
    assert_hr(HCS_E_INVALID_STATE,
              try_process(system, "{\"CommandLine\":\"true\"}", &run, &text)); /* its own comes first */
    HcsCloseProcess(run.process);
    struct run init = start_process(system, "{}");
    assert_hr(HCS_E_INVALID_STATE, try_process(system, "{}", &run, &text)); /* and only once */
    HcsCloseProcess(run.process);
    assert_says(shell(system, "ps", 0), "sleep 1000");
    terminate_and_close(system);
    expect_exit(init.process, 137);
    finish_run(&init);
}

static void shutdown_asks_its_own_process(void **state)
{
    NEEDS_CONTAINERS;
    HCS_SYSTEM system = start_oci("asked", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.1; done");
    struct run init = start_process(system, "{\"CreateStdOutPipe\":true}");
    read_until(init.info.StdOutput, "ready");
    assert_hr(S_OK, RUN(HcsShutDownComputeSystem(system, OP, NULL), NULL));
    assert_says(exit_of_system(system), "\"ExitType\":\"GracefulExit\"");
    expect_exit(init.process, 0);
    finish_run(&init);
    HcsCloseComputeSystem(system);
}

static void a_bundle_is_a_folder(void **state)
{
    NEEDS_CONTAINERS;
    char path[128];
    snprintf(path, sizeof(path), "%s/bundle", face_files);
    assert_int_equal(run_command("mkdir '%s' && cp -a '%s' '%s/rootfs'", path, face_rootfs, path), 0);
    char config[4096], name[160];
    snprintf(config, sizeof(config), OCI_SPECIFICATION, "rootfs", "echo from a bundle");
    snprintf(name, sizeof(name), "%s/config.json", path);
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(config, file);
    fclose(file);
    HCS_SYSTEM system =
        create_system("bundle", "{\"HostedSystem\":{\"OciBundlePath\":\"%s\",\"ScratchDirPath\":\"\"}}", path);
    assert_hr(S_OK, RUN(HcsStartComputeSystem(system, OP, NULL), NULL));
    struct run init = start_process(system, "{\"CreateStdOutPipe\":true}");
    char *text = read_all(init.info.StdOutput, NULL);
    assert_string_equal(text, "from a bundle\n");
    free(text);
    expect_exit(init.process, 0);
    finish_run(&init);
    HcsCloseComputeSystem(system);
    system = create_system("bundle-and-spec",
                           "{\"ShouldTerminateOnLastHandleClosed\":true,\"HostedSystem\":{"
                           "\"OciBundlePath\":\"%s\",\"OciSpecification\":" OCI_SPECIFICATION "}}",
                           path, "rootfs", "echo relative");
    assert_hr(S_OK, RUN(HcsStartComputeSystem(system, OP, NULL), NULL));
    init = start_process(system, "{\"CreateStdOutPipe\":true}");
    text = read_all(init.info.StdOutput, NULL);
    assert_string_equal(text, "relative\n");
    free(text);
    finish_run(&init);
    HcsCloseComputeSystem(system);
}

static void a_bundle_that_is_not_there_is_an_error(void **state)
{
    NEEDS_CONTAINERS;
    HCS_SYSTEM system = NULL;
    const char *text;
    HRESULT hr =
        try_create("nothing", "{\"HostedSystem\":{\"OciBundlePath\":\"/nonexistent/bundle\"}}", &system, &text);
    assert_hr(HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND), hr);
    assert_says(text, "/nonexistent/bundle");
    HcsCloseComputeSystem(system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_own_process_speaks_and_ends_the_system),
        cmocka_unit_test(other_processes_join_it),
        cmocka_unit_test(shutdown_asks_its_own_process),
        cmocka_unit_test(a_bundle_is_a_folder),
        cmocka_unit_test(a_bundle_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up_containers, tear_down_containers);
}
