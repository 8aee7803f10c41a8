/* What happens when somebody is killed: the client, the shim, the container's first process. */
#include <dirent.h>

#include "hcs-container.h"

/* ---- a client that is killed ---- */

/* This program again, as a client: makes and starts a system, says so, and waits to be killed. */
static int be_a_client(const char *id, const char *document_text)
{
    WCHAR *wide_id = trireme_utf16_from_utf8(id), *document = trireme_utf16_from_utf8(document_text);
    HCS_SYSTEM system = NULL;
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    if (HcsCreateComputeSystem(wide_id, document, operation, NULL, &system) != S_OK ||
        HcsWaitForOperationResult(operation, WAIT_MS, NULL) != S_OK ||
        HcsStartComputeSystem(system, operation, NULL) != S_OK ||
        HcsWaitForOperationResult(operation, WAIT_MS, NULL) != S_OK)
        return 1;
    if (write(STDOUT_FILENO, "started", 7) != 7)
        return 2;
    pause();
    return 3;
}

static pid_t run_client(const char *id, const char *document)
{
    extern char **environ;
    const char *const argv[] = {"/proc/self/exe", "client", id, document, NULL};
    int ends[2];
    char word[8] = "";
    pid_t pid;
    posix_spawn_file_actions_t actions;
    assert_int_equal(pipe(ends), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    assert_int_equal(posix_spawn(&pid, argv[0], &actions, NULL, (char *const *)argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    assert_int_equal(read(ends[0], word, 7), 7);
    assert_string_equal(word, "started");
    close(ends[0]);
    return pid;
}

static void kill_client(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_killed_client_was_the_last_handle(void **state)
{
    NEEDS_CONTAINERS;
    char document[512];
    snprintf(document, sizeof(document), PLAIN, face_rootfs);
    pid_t client = run_client("orphan", document);
    HCS_SYSTEM system = open_system("orphan");
    assert_says(properties(system, NULL), "\"State\":\"Running\"");
    HcsCloseComputeSystem(system);
    assert_hr(S_OK, try_open("orphan")); /* the client still holds it */
    kill_client(client);
    HRESULT hr = S_OK;
    for (int i = 0; i < WAIT_MS / 10 && (hr = try_open("orphan")) == S_OK; i++)
        poll(NULL, 0, 10);
    assert_hr(HCS_E_SYSTEM_NOT_FOUND, hr);
}

static void a_killed_client_leaves_a_system_without_the_flag_running(void **state)
{
    NEEDS_CONTAINERS;
    char document[512];
    snprintf(document, sizeof(document), "{\"Container\":{\"Storage\":{\"Path\":\"%s\"}}}", face_rootfs);
    kill_client(run_client("left", document));
    HCS_SYSTEM system = open_system("left");
    assert_says(properties(system, NULL), "\"State\":\"Running\"");
    shell(system, "true", 0);
    terminate_and_close(system);
}

/* ---- a shim that is killed ---- */

static pid_t find_shim(const char *id)
{
    char path[300], expected[160], line[512];
    pid_t found = 0;
    DIR *folder = opendir("/proc");
    snprintf(expected, sizeof(expected), "%s/default/%s", face_folder, id);
    for (struct dirent *entry = readdir(folder); entry && !found; entry = readdir(folder)) {
        if (atoi(entry->d_name) <= 0)
            continue;
        snprintf(path, sizeof(path), "/proc/%s/cmdline", entry->d_name);
        FILE *file = fopen(path, "r");
        size_t size = file ? fread(line, 1, sizeof(line) - 1, file) : 0;
        line[size] = 0;
        const char *second = line + strlen(line) + 1;
        if (second < line + size && strstr(line, "trireme-shim") && strcmp(second, expected) == 0)
            found = atoi(entry->d_name);
        if (file)
            fclose(file);
    }
    closedir(folder);
    return found;
}

static struct gate disconnects, others;

static void note_disconnect(HCS_EVENT *event, void *context)
{
    (void)context;
    gate_open(event->Type == HcsEventServiceDisconnect ? &disconnects : &others);
}

static void a_killed_shim_is_a_disconnect_and_nothing_hangs(void **state)
{
    NEEDS_CONTAINERS;
    disconnects = (struct gate)GATE_CLOSED;
    others = (struct gate)GATE_CLOSED;
    const char *text;
    HCS_SYSTEM system = start_stubborn("shimless");
    struct run run = start_process(system, "{\"CommandLine\":\"sleep 1000\"}");
    HCS_OPERATION pending = new_operation();
    assert_hr(S_OK, HcsSetComputeSystemCallback(system, HcsEventOptionNone, NULL, note_disconnect));
    assert_hr(S_OK, HcsSetProcessCallback(run.process, HcsEventOptionNone, NULL, note_disconnect));
    assert_hr(S_OK, HcsShutDownComputeSystem(system, pending, NULL));
    pid_t shim = find_shim("shimless");
    assert_true(shim > 0);
    assert_int_equal(kill(shim, SIGKILL), 0);
    assert_hr(HCS_E_SERVICE_DISCONNECT, outcome(pending, &text));
    assert_says(text, "\"ErrorMessage\":\"");
    assert_opened(&disconnects, 2);
    assert_hr(HCS_E_SERVICE_DISCONNECT, HcsWaitForComputeSystemExit(system, INFINITE, NULL));
    assert_hr(HCS_E_SERVICE_DISCONNECT, HcsWaitForProcessExit(run.process, INFINITE, NULL));
    assert_hr(HCS_E_SERVICE_DISCONNECT, RUN(HcsGetComputeSystemProperties(system, OP, NULL), &text));
    assert_hr(HCS_E_SERVICE_DISCONNECT, RUN(HcsTerminateComputeSystem(system, OP, NULL), &text));
    assert_hr(HCS_E_SERVICE_DISCONNECT, RUN(HcsSignalProcess(run.process, OP, NULL), &text));
    assert_stays(&disconnects, 2);
    assert_int_equal(others.count, 0);
    HcsCloseOperation(pending);
    finish_run(&run);
    HcsCloseComputeSystem(system);
    /* whoever looks next cleans up after it, and the id is free */
    assert_hr(S_OK, RUN(HcsEnumerateComputeSystems(NULL, OP), &text));
    assert_silent(text, "shimless");
    assert_hr(HCS_E_SYSTEM_NOT_FOUND, try_open("shimless"));
    system = create_plain("shimless");
    terminate_and_close(system);
}

static void a_question_can_be_cancelled_though_the_shim_hangs(void **state)
{
    NEEDS_CONTAINERS;
    HCS_SYSTEM system = start_plain("hung");
    struct run run = start_process(system, "{\"CommandLine\":\"sleep 1000\"}");
    HCS_OPERATION of_system = new_operation(), of_process = new_operation();
    pid_t shim = find_shim("hung");
    assert_true(shim > 0);
    assert_int_equal(kill(shim, SIGSTOP), 0);
    assert_hr(S_OK, HcsGetComputeSystemProperties(system, of_system, NULL));
    assert_hr(S_OK, HcsGetProcessProperties(run.process, of_process, NULL));
    HRESULT pending = HcsGetOperationResult(of_system, NULL);
    HRESULT cancelled = HcsCancelOperation(of_system), cancelled_too = HcsCancelOperation(of_process);
    HRESULT hr = outcome(of_system, NULL), hr_too = outcome(of_process, NULL);
    assert_int_equal(kill(shim, SIGCONT), 0); /* before anything is asserted: it has to end */
    assert_hr(HCS_E_OPERATION_PENDING, pending);
    assert_hr(S_OK, cancelled);
    assert_hr(S_OK, cancelled_too);
    assert_hr(HRESULT_FROM_WIN32(ERROR_CANCELLED), hr);
    assert_hr(HRESULT_FROM_WIN32(ERROR_CANCELLED), hr_too);
    assert_says(properties(system, NULL), "\"State\":\"Running\""); /* late answers confuse nobody */
    finish_run(&run);
    HcsCloseOperation(of_system);
    HcsCloseOperation(of_process);
    terminate_and_close(system);
}

static void a_disconnect_is_told_to_who_comes_late(void **state)
{
    NEEDS_CONTAINERS;
    disconnects = (struct gate)GATE_CLOSED;
    HCS_SYSTEM system = start_plain("lateshim");
    const char *text;
    assert_int_equal(kill(find_shim("lateshim"), SIGKILL), 0);
    assert_hr(HCS_E_SERVICE_DISCONNECT, HcsWaitForComputeSystemExit(system, WAIT_MS, NULL));
    assert_hr(S_OK, HcsSetComputeSystemCallback(system, HcsEventOptionNone, NULL, note_disconnect));
    assert_opened(&disconnects, 1);
    HcsCloseComputeSystem(system);
    assert_hr(S_OK, RUN(HcsEnumerateComputeSystems(NULL, OP), &text));
}

/* ---- a container that is killed ---- */

static void a_killed_first_process_is_an_unexpected_exit(void **state)
{
    NEEDS_CONTAINERS;
    HCS_SYSTEM system = start_stubborn("killed");
    struct run run = start_process(system, "{\"CommandLine\":\"sleep 1000\"}");
    HCS_OPERATION pending = new_operation();
    const char *text = properties(system, u"{\"PropertyTypes\":[\"ProcessList\"]}");
    unsigned first = 0;
    sscanf(strstr(text, "\"ProcessId\":"), "\"ProcessId\":%u", &first);
    assert_true(first > 0);
    assert_hr(S_OK, HcsShutDownComputeSystem(system, pending, NULL));
    for (const char *at = text; (at = strstr(at, "\"ProcessId\":")); at++) {
        unsigned pid = 0;
        sscanf(at, "\"ProcessId\":%u", &pid);
        first = run_command("grep -q '^NSpid:.*[[:space:]]1$' /proc/%u/status", pid) == 0 ? pid : first;
    }
    assert_int_equal(kill((pid_t)first, SIGKILL), 0);
    HRESULT hr = outcome(pending, &text);
    assert_hr(HCS_E_UNEXPECTED_EXIT, hr);
    text = exit_of_system(system);
    assert_says(text, "{\"Status\":-2143878906,\"ExitType\":\"UnexpectedExit\"");
    assert_says(exit_of_process(run.process), "\"Exited\":true");
    HcsCloseOperation(pending);
    finish_run(&run);
    HcsCloseComputeSystem(system);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "client") == 0)
        return be_a_client(argv[2], argv[3]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_client_was_the_last_handle),
        cmocka_unit_test(a_killed_client_leaves_a_system_without_the_flag_running),
        cmocka_unit_test(a_killed_shim_is_a_disconnect_and_nothing_hangs),
        cmocka_unit_test(a_question_can_be_cancelled_though_the_shim_hangs),
        cmocka_unit_test(a_disconnect_is_told_to_who_comes_late),
        cmocka_unit_test(a_killed_first_process_is_an_unexpected_exit),
    };
    return cmocka_run_group_tests(tests, set_up_containers, tear_down_containers);
}
