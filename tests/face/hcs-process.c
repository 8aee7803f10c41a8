/* Processes in containers: how they start, speak, and end. */
#include "hcs-container.h"

static HCS_SYSTEM boat; /* one container that all tests here use */

static int launch_boat(void **state)
{
    if (set_up_containers(state) < 0)
        return -1;
    if (!skip_reason)
        boat = start_plain("boat");
    return 0;
}

static int sink_boat(void **state)
{
    if (boat)
        terminate_and_close(boat);
    return tear_down_containers(state);
}

static HRESULT ask_process(HCS_PROCESS process, const char **ret_text)
{
    return RUN(HcsGetProcessProperties(process, OP, NULL), ret_text);
}

static HRESULT send_signal(HCS_PROCESS process, PCWSTR options)
{
    const char *text;
    return RUN(HcsSignalProcess(process, OP, options), &text);
}

/* ---- ends ---- */

static void exit_codes_are_those_of_the_process(void **state)
{
    TRI_PROVES(HcsCreateProcess, real);
    TRI_PROVES(HcsWaitForProcessExit, real);
    TRI_PROVES(HcsCloseProcess, real);
    NEEDS_CONTAINERS;
    static const unsigned codes[] = {0, 1, 42, 255};
    for (size_t i = 0; i < 4; i++) {
        char command[32];
        snprintf(command, sizeof(command), "exit %u", codes[i]);
        shell(boat, command, codes[i]);
    }
    shell(boat, "kill -KILL $$", 137);
    shell(boat, "kill -TERM $$", 143);
}

static void waiting_for_an_exit_may_time_out(void **state)
{
    NEEDS_CONTAINERS;
    struct run run = start_process(boat, "{\"CommandLine\":\"sleep 1000\"}");
    PWSTR document = (PWSTR)1;
    assert_hr(HRESULT_FROM_WIN32(ERROR_TIMEOUT), HcsWaitForProcessExit(run.process, 50, &document));
    assert_null(document);
    assert_hr(HRESULT_FROM_WIN32(ERROR_TIMEOUT), HcsWaitForProcessExit(run.process, 0, NULL));
    const char *text;
    assert_hr(S_OK, RUN(HcsTerminateProcess(run.process, OP, u""), &text));
    expect_exit(run.process, 137);
    expect_exit(run.process, 137); /* any number of times */
    finish_run(&run);
}

static void properties_of_a_process_tell_its_end(void **state)
{
    TRI_PROVES(HcsGetProcessProperties, real);
    TRI_PROVES(HcsTerminateProcess, real);
    NEEDS_CONTAINERS;
    struct run run = start_process(boat, "{\"CommandLine\":\"sleep 1000\"}");
    char expected[128];
    const char *text;
    assert_hr(S_OK, ask_process(run.process, &text));
    snprintf(expected, sizeof(expected), "{\"ProcessId\":%u,\"Exited\":false,\"ExitCode\":0,\"LastWaitResult\":0}",
             run.info.ProcessId);
    assert_string_equal(text, expected);
    assert_hr(S_OK, RUN(HcsTerminateProcess(run.process, OP, NULL), NULL));
    expect_exit(run.process, 137);
    assert_hr(S_OK, ask_process(run.process, &text));
    snprintf(expected, sizeof(expected), "{\"ProcessId\":%u,\"Exited\":true,\"ExitCode\":137,\"LastWaitResult\":0}",
             run.info.ProcessId);
    assert_string_equal(text, expected);
    assert_hr(HCS_E_PROCESS_ALREADY_STOPPED, RUN(HcsTerminateProcess(run.process, OP, NULL), &text));
    assert_hr(HCS_E_PROCESS_ALREADY_STOPPED, send_signal(run.process, NULL));
    assert_hr(HCS_E_PROCESS_ALREADY_STOPPED,
              RUN(HcsModifyProcess(run.process, OP,
                                   u"{\"Operation\":\"CloseHandle\",\"CloseHandle\":{\"Handle\":\"StdIn\"}}"),
                  &text));
    finish_run(&run);
}

static void signals_go_by_name_and_by_number(void **state)
{
    TRI_PROVES(HcsSignalProcess, real);
    NEEDS_CONTAINERS;
    static const struct {
        const WCHAR *options;
        unsigned code;
    } signals[] = {
        {u"{\"Signal\":\"CtrlC\"}", 128 + SIGINT},
        {u"{\"Signal\":\"CtrlBreak\"}", 128 + SIGQUIT},
        {u"{\"Signal\":\"CtrlClose\"}", 128 + SIGHUP},
        {u"{\"Signal\":\"CtrlLogOff\"}", 128 + SIGHUP},
        {u"{\"Signal\":\"CtrlShutdown\"}", 128 + SIGTERM},
        {u"{\"Signal\":10}", 128 + SIGUSR1},
        {u"{\"Signal\":0}", 128 + SIGKILL},
        {u"{}", 128 + SIGTERM},
        {u"", 128 + SIGTERM},
        {NULL, 128 + SIGTERM},
    };
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct run run = start_process(boat, "{\"CommandLine\":\"sleep 1000\"}");
        assert_hr(S_OK, send_signal(run.process, signals[i].options));
        expect_exit(run.process, signals[i].code);
        finish_run(&run);
    }
    struct run run = start_process(boat, "{\"CommandLine\":\"sleep 1000\"}");
    assert_hr(HCS_E_INVALID_JSON, send_signal(run.process, u"{\"Signal\":\"CtrlZ\"}"));
    assert_hr(HCS_E_INVALID_JSON, send_signal(run.process, u"{\"Signal\":65}"));
    assert_hr(HCS_E_INVALID_JSON, send_signal(run.process, u"{\"Signal\":true}"));
    assert_hr(S_OK, send_signal(run.process, u"{\"Signal\":9}"));
    expect_exit(run.process, 137);
    finish_run(&run);
}

static void a_signal_never_waits_for_another(void **state)
{
    NEEDS_CONTAINERS;
    struct run run = start_process(boat, "{\"CommandArgs\":[\"/bin/sh\",\"-c\",\"trap '' TERM; echo ready; while :; do "
                                         "sleep 1000; done\"],\"CreateStdOutPipe\":true}");
    read_until(run.info.StdOutput, "ready");
    assert_hr(S_OK, send_signal(run.process, u"{\"Signal\":\"CtrlShutdown\"}"));
    assert_hr(S_OK, send_signal(run.process, u"{\"Signal\":15}"));
    assert_hr(S_OK, send_signal(run.process, u"{\"Signal\":9}"));
    expect_exit(run.process, 137);
    finish_run(&run);
}

/* ---- standard handles ---- */

static void output_and_errors_come_on_their_own_pipes(void **state)
{
    NEEDS_CONTAINERS;
    struct run run =
        start_process(boat, "{\"CommandArgs\":[\"/bin/sh\",\"-c\",\"echo out; echo err >&2; cat\"],"
                            "\"CreateStdInPipe\":true,\"CreateStdOutPipe\":true,\"CreateStdErrPipe\":true}");
    DWORD written;
    assert_true(WriteFile(run.info.StdInput, "typed\n", 6, &written, NULL));
    assert_true(CloseHandle(run.info.StdInput));
    run.info.StdInput = NULL;
    char *out = read_all(run.info.StdOutput, NULL), *err = read_all(run.info.StdError, NULL);
    assert_string_equal(out, "out\ntyped\n");
    assert_string_equal(err, "err\n");
    expect_exit(run.process, 0);
    free(out);
    free(err);
    finish_run(&run);
}

static void handles_are_there_only_where_asked_for(void **state)
{
    NEEDS_CONTAINERS;
    struct run run = start_process(
        boat, "{\"CommandLine\":\"sh -c \\\"cat; echo >&2 lost; echo kept\\\"\",\"CreateStdOutPipe\":true}");
    assert_null(run.info.StdInput);
    assert_non_null(run.info.StdOutput);
    assert_null(run.info.StdError);
    char *out = read_all(run.info.StdOutput, NULL);
    assert_string_equal(out, "kept\n"); /* its input was empty, and its errors went nowhere */
    free(out);
    expect_exit(run.process, 0);
    finish_run(&run);
}

static void standard_handles_are_transferred_once(void **state)
{
    TRI_PROVES(HcsGetProcessInfo, real);
    TRI_PROVES(HcsGetProcessFromOperation, real);
    NEEDS_CONTAINERS;
    HCS_OPERATION operation = new_operation();
    HCS_PROCESS process = NULL;
    HCS_PROCESS_INFORMATION first, second;
    assert_hr(S_OK,
              HcsCreateProcess(boat, u"{\"CommandLine\":\"cat\",\"CreateStdInPipe\":true,\"CreateStdOutPipe\":true}",
                               operation, NULL, &process));
    assert_ptr_equal(HcsGetProcessFromOperation(operation), process);
    assert_ptr_equal(HcsGetComputeSystemFromOperation(operation), boat);
    assert_int_equal(HcsGetOperationType(operation), HcsOperationTypeCreateProcess);
    assert_hr(S_OK, HcsWaitForOperationResultAndProcessInfo(operation, WAIT_MS, NULL, NULL)); /* takes nothing */
    assert_hr(S_OK, HcsGetOperationResult(operation, NULL));
    assert_hr(S_OK, HcsGetOperationResultAndProcessInfo(operation, &first, NULL));
    assert_non_null(first.StdInput);
    assert_non_null(first.StdOutput);
    assert_null(first.StdError);
    assert_true(fcntl(trireme_handle_fd(first.StdInput), F_GETFD) & FD_CLOEXEC);
    assert_hr(S_OK, HcsGetOperationResultAndProcessInfo(operation, &second, NULL));
    assert_int_equal(second.ProcessId, first.ProcessId);
    assert_null(second.StdInput);
    assert_null(second.StdOutput);
    assert_hr(S_OK, HcsGetProcessInfo(process, operation));
    assert_hr(S_OK, HcsWaitForOperationResultAndProcessInfo(operation, WAIT_MS, &second, NULL));
    assert_int_equal(second.ProcessId, first.ProcessId);
    assert_null(second.StdInput);
    struct run run = {process, first};
    CloseHandle(run.info.StdInput);
    run.info.StdInput = NULL;
    expect_exit(process, 0);
    finish_run(&run);
    assert_null(HcsGetProcessFromOperation(operation));
    HcsCloseOperation(operation);
}

static void handles_that_nobody_claimed_can_be_had_later(void **state)
{
    NEEDS_CONTAINERS;
    HCS_PROCESS process = NULL;
    HCS_PROCESS_INFORMATION info;
    assert_hr(S_OK, RUN(HcsCreateProcess(boat, u"{\"CommandLine\":\"echo late\",\"CreateStdOutPipe\":true}", OP, NULL,
                                         &process),
                        NULL));
    HCS_OPERATION operation = new_operation();
    assert_hr(S_OK, HcsGetProcessInfo(process, operation));
    assert_hr(S_OK, HcsWaitForOperationResultAndProcessInfo(operation, WAIT_MS, &info, NULL));
    HcsCloseOperation(operation);
    assert_non_null(info.StdOutput);
    struct run run = {process, info};
    char *text = read_all(info.StdOutput, NULL);
    assert_string_equal(text, "late\n");
    free(text);
    finish_run(&run);
}

static void ten_megabytes_of_output_arrive_whole(void **state)
{
    NEEDS_CONTAINERS;
    struct run run =
        start_process(boat, "{\"CommandArgs\":[\"/bin/sh\",\"-c\",\"yes 0123456789abcde | head -c 10485760\"],"
                            "\"CreateStdOutPipe\":true}");
    size_t size;
    char *text = read_all(run.info.StdOutput, &size);
    assert_int_equal(size, 10485760);
    assert_memory_equal(text + 10485760 - 16, "0123456789abcde\n", 16);
    free(text);
    expect_exit(run.process, 0);
    finish_run(&run);
}

static void what_was_written_can_be_read_after_the_exit(void **state)
{
    NEEDS_CONTAINERS;
    struct run run =
        start_process(boat, "{\"CommandArgs\":[\"/bin/sh\",\"-c\",\"yes 0123456789abcde | head -c 60000\"],"
                            "\"CreateStdOutPipe\":true}");
    expect_exit(run.process, 0);
    size_t size;
    free(read_all(run.info.StdOutput, &size));
    assert_int_equal(size, 60000);
    finish_run(&run);
}

static void a_grandchild_that_holds_the_output_does_not_delay_the_exit(void **state)
{
    NEEDS_CONTAINERS;
    struct run run = start_process(boat, "{\"CommandArgs\":[\"/bin/sh\",\"-c\",\"sleep 1000 & echo $!\"],"
                                         "\"CreateStdOutPipe\":true}");
    expect_exit(run.process, 0);
    char line[32] = "", command[64];
    DWORD count;
    assert_true(ReadFile(run.info.StdOutput, line, sizeof(line) - 1, &count, NULL)); /* and no end yet */
    snprintf(command, sizeof(command), "kill %d", atoi(line));
    shell(boat, command, 0);
    char *rest = read_all(run.info.StdOutput, NULL);
    assert_string_equal(rest, "");
    free(rest);
    finish_run(&run);
}

static void closing_a_stream_from_outside_ends_it(void **state)
{
    TRI_PROVES(HcsModifyProcess, real);
    NEEDS_CONTAINERS;
    const char *text;
    struct run run =
        start_process(boat, "{\"CommandLine\":\"cat\",\"CreateStdInPipe\":true,\"CreateStdOutPipe\":true}");
    assert_hr(S_OK, RUN(HcsModifyProcess(run.process, OP,
                                         u"{\"Operation\":\"CloseHandle\",\"CloseHandle\":{\"Handle\":\"StdIn\"}}"),
                        NULL));
    expect_exit(run.process, 0);
    finish_run(&run);
    run = start_process(boat, "{\"CommandLine\":\"sleep 1000\"}");
    assert_hr(HCS_E_INVALID_JSON, RUN(HcsModifyProcess(run.process, OP, u"{\"Operation\":\"CloseHandle\"}"), &text));
    assert_says(text, "$.CloseHandle is missing.");
    assert_hr(HCS_E_INVALID_JSON, RUN(HcsModifyProcess(run.process, OP, u"{}"), &text));
    assert_says(text, "$.Operation is missing.");
    assert_hr(E_INVALIDARG, RUN(HcsModifyProcess(run.process, OP, NULL), &text));
    assert_hr(S_OK, RUN(HcsTerminateProcess(run.process, OP, NULL), NULL));
    finish_run(&run);
}

/* ---- terminals ---- */

static void a_console_has_its_size_height_first(void **state)
{
    NEEDS_CONTAINERS;
    struct run run = start_process(
        boat, "{\"CommandArgs\":[\"/bin/sh\",\"-c\",\"stty size; read x; stty size; tty >&2\"],\"EmulateConsole\":true,"
              "\"ConsoleSize\":[40,100],\"CreateStdInPipe\":true,\"CreateStdOutPipe\":true}");
    assert_non_null(run.info.StdInput);
    assert_non_null(run.info.StdOutput);
    assert_null(run.info.StdError);
    read_until(run.info.StdOutput, "40 100\r\n");
    assert_hr(S_OK, RUN(HcsModifyProcess(run.process, OP,
                                         u"{\"Operation\":\"ConsoleSize\",\"ConsoleSize\":{"
                                         u"\"Height\":25,\"Width\":80}}"),
                        NULL));
    DWORD written;
    assert_true(WriteFile(run.info.StdInput, "\n", 1, &written, NULL));
    read_until(run.info.StdOutput, "/dev/pts/");
    expect_exit(run.process, 0);
    finish_run(&run);
}

static void a_console_has_the_handles_that_were_asked_for(void **state)
{
    NEEDS_CONTAINERS;
    struct run silent = start_process(boat, "{\"CommandLine\":\"sh -c \\\"tty; exit 3\\\"\",\"EmulateConsole\":true}");
    assert_null(silent.info.StdInput);
    assert_null(silent.info.StdOutput);
    assert_null(silent.info.StdError);
    expect_exit(silent.process, 3);
    finish_run(&silent);
    struct run run =
        start_process(boat, "{\"CommandLine\":\"tty\",\"EmulateConsole\":true,\"CreateStdOutPipe\":true}");
    assert_null(run.info.StdInput);
    read_until(run.info.StdOutput, "/dev/pts/");
    expect_exit(run.process, 0);
    finish_run(&run);
}

static void a_console_shows_the_new_size(void **state)
{
    NEEDS_CONTAINERS;
    struct run run =
        start_process(boat, "{\"CommandArgs\":[\"/bin/sh\",\"-c\",\"read x; stty size\"],\"EmulateConsole\":true,"
                            "\"CreateStdInPipe\":true,\"CreateStdOutPipe\":true}");
    DWORD written;
    assert_hr(S_OK, RUN(HcsModifyProcess(run.process, OP,
                                         u"{\"Operation\":\"ConsoleSize\",\"ConsoleSize\":{"
                                         u"\"Height\":25,\"Width\":81}}"),
                        NULL));
    assert_true(WriteFile(run.info.StdInput, "\n", 1, &written, NULL));
    read_until(run.info.StdOutput, "25 81");
    expect_exit(run.process, 0);
    finish_run(&run);
}

/* ---- what is run, as whom, where ---- */

static const char *output_of(const char *parameters)
{
    static char output[65536];
    struct run run = start_process(boat, parameters);
    char *text = read_all(run.info.StdOutput, NULL);
    snprintf(output, sizeof(output), "%s", text);
    free(text);
    expect_exit(run.process, 0);
    finish_run(&run);
    return output;
}

static void a_command_line_is_split_as_windows_splits_it(void **state)
{
    NEEDS_CONTAINERS;
    static const struct {
        const char *arguments, *expected; /* in JSON; each word in brackets */
    } lines[] = {
        {"a  b\\t c", "[a][b][c]"},
        {"\\\"a b\\\" c", "[a b][c]"},
        {"\\\"\\\" x", "[][x]"},
        {"a\\\\b c\\\\ d", "[a\\b][c\\][d]"},
        {"\\\"a\\\\\\\\\\\" b", "[a\\][b]"},     /* two backslashes and a quote: one, and it ends */
        {"a\\\\\\\"b", "[a\"b]"},                /* one: a quote */
        {"a\\\\\\\\\\\\\\\"b c", "[a\\\"b][c]"}, /* three: a backslash and a quote */
        {"\\\"a\\\"\\\"b\\\" c", "[a\"b][c]"},   /* two quotes within quotes: one */
        {"a\\\"b c\\\"d", "[ab cd]"},
        {"$HOME *", "[$HOME][*]"}, /* no shell */
        {"\\\"open end", "[open end]"},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char parameters[256];
        snprintf(parameters, sizeof(parameters),
                 "{\"CommandLine\":\"\\\"/bin/printf\\\" [%%s] %s\",\"CreateStdOutPipe\":true}", lines[i].arguments);
        assert_string_equal(output_of(parameters), lines[i].expected);
    }
}

static void arguments_win_over_the_command_line_and_a_program_over_its_first_word(void **state)
{
    NEEDS_CONTAINERS;
    assert_string_equal(
        output_of("{\"CommandArgs\":[\"echo\",\"a b\",\"\"],\"CommandLine\":\"false\",\"CreateStdOutPipe\":true}"),
        "a b \n");
    assert_string_equal(
        output_of("{\"ApplicationName\":\"/bin/echo\",\"CommandLine\":\"false x\",\"CreateStdOutPipe\":true}"), "x\n");
    assert_string_equal(output_of("{\"ApplicationName\":\"/bin/pwd\",\"CreateStdOutPipe\":true}"), "/\n");
    assert_string_equal(output_of("{\"CommandArgs\":[],\"CommandLine\":\"echo y\",\"CreateStdOutPipe\":true}"), "y\n");
}

static void environment_folder_and_user_are_as_asked(void **state)
{
    NEEDS_CONTAINERS;
    const char *text =
        output_of("{\"CommandLine\":\"env\",\"CreateStdOutPipe\":true,\"Environment\":{\"COLOUR\":\"red=ish\","
                  "\"EMPTY\":\"\",\"ABSENT\":null}}");
    assert_says(text, "COLOUR=red=ish\n");
    assert_says(text, "EMPTY=\n");
    assert_says(text, "PATH=/");
    assert_says(text, "HOME=");
    assert_silent(text, "ABSENT");
    assert_string_equal(
        output_of("{\"CommandLine\":\"pwd\",\"WorkingDirectory\":\"C:\\\\etc\",\"CreateStdOutPipe\":true}"), "/etc\n");
    assert_string_equal(output_of("{\"CommandLine\":\"id -u\",\"User\":\"alice\",\"CreateStdOutPipe\":true}"),
                        "1000\n");
    assert_string_equal(output_of("{\"CommandLine\":\"id -g\",\"User\":\"1000:50\",\"CreateStdOutPipe\":true}"),
                        "50\n");
    assert_string_equal(output_of("{\"CommandLine\":\"id -u\",\"CreateStdOutPipe\":true}"), "0\n");
    assert_says(output_of("{\"CommandLine\":\"grep NoNewPrivs /proc/self/status\",\"RestrictedToken\":true,"
                          "\"CreateStdOutPipe\":true}"),
                "1\n");
}

static void an_oci_process_is_taken_whole(void **state)
{
    NEEDS_CONTAINERS;
    assert_string_equal(
        output_of("{\"CreateStdOutPipe\":true,\"OciProcess\":{\"args\":[\"sh\",\"-c\",\"echo $X; pwd\"],"
                  "\"env\":[\"PATH=/bin\",\"X=oci\"],\"cwd\":\"/tmp\",\"user\":{\"uid\":0,\"gid\":0}}}"),
        "oci\n/tmp\n");
}

static void what_cannot_be_run_says_so(void **state)
{
    NEEDS_CONTAINERS;
    static const struct {
        const char *parameters;
        HRESULT hr;
    } wrong[] = {
        {"{\"CommandLine\":\"/bin/missing\"}", HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)},
        {"{\"CommandLine\":\"missing-too\"}", HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)},
        {"{\"CommandLine\":\"/bin/locked\"}", E_ACCESSDENIED},
        {"{\"CommandLine\":\"true\",\"User\":\"nobody-at-all\"}", E_INVALIDARG},
        {"{\"CommandLine\":\"true\",\"WorkingDirectory\":\"relative\"}", E_INVALIDARG},
        {"{\"CommandLine\":\"true\",\"Environment\":{\"A=B\":\"c\"}}", E_INVALIDARG},
        {"{\"CommandLine\":\"true\",\"CreateInUtilityVm\":true}", E_NOTIMPL},
        {"{\"CommandLine\":5}", HCS_E_INVALID_JSON},
        {"{\"ConsoleSize\":[1,2,3]}", HCS_E_INVALID_JSON},
        {"{\"Command\":\"true\"}", HCS_E_INVALID_JSON},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct run run;
        const char *text;
        HRESULT hr = try_process(boat, wrong[i].parameters, &run, &text);
        if (hr != wrong[i].hr)
            fail_msg("%s: 0x%08X %s", wrong[i].parameters, (uint32_t)hr, text);
        assert_says(text, "\"ErrorMessage\":\"");
        assert_non_null(run.process);
        assert_null(run.info.StdOutput);
        assert_int_equal(run.info.ProcessId, 0);
        assert_true(FAILED(HcsWaitForProcessExit(run.process, INFINITE, NULL))); /* and does not hang */
        HcsCloseProcess(run.process);
    }
    HCS_PROCESS process = (HCS_PROCESS)1;
    const char *text;
    assert_hr(E_INVALIDARG, RUN(HcsCreateProcess(boat, NULL, OP, NULL, &process), &text));
    assert_null(process);
    assert_hr(E_INVALIDARG, RUN(HcsCreateProcess(boat, u"{}", OP, NULL, NULL), &text));
}

/* Some runtimes learn it before they answer, some after. */
static void a_program_is_named_as_the_document_has_it(void **state)
{
    NEEDS_CONTAINERS;
    static const struct {
        const char *parameters, *place;
    } wrong[] = {
        {"{\"CommandLine\":\"/bin/missing\"}", "$.CommandLine"},
        {"{\"CommandArgs\":[\"/bin/missing\"]}", "$.CommandArgs"},
        {"{\"ApplicationName\":\"/bin/missing\",\"CommandLine\":\"x\"}", "$.ApplicationName"},
        {"{\"OciProcess\":{\"args\":[\"/bin/missing\"],\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0}}}",
         "$.OciProcess.args"},
        {"{\"OciProcess\":{\"args\":[\"true\"],\"cwd\":\"/bin/sh\",\"user\":{\"uid\":0,\"gid\":0}}}",
         "$.OciProcess.cwd"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct run run;
        char place[64];
        const char *text;
        snprintf(place, sizeof(place), "{\"Message\":\"%s\"", wrong[i].place);
        assert_true(FAILED(try_process(boat, wrong[i].parameters, &run, &text)));
        assert_says(text, place);
        finish_run(&run);
    }
}

static void what_is_no_program_fails_or_ends_badly(void **state)
{
    NEEDS_CONTAINERS;
    struct run run;
    const char *text;
    HRESULT hr = try_process(boat, "{\"CommandLine\":\"/bin/garbage\"}", &run, &text);
    if (hr == S_OK)
        assert_silent(exit_of_process(run.process), "\"ExitCode\":0,");
    else
        assert_hr(HRESULT_FROM_WIN32(ERROR_BAD_EXE_FORMAT), hr);
    finish_run(&run);
}

/* ---- by id ---- */

static void a_running_process_can_be_opened_by_its_id(void **state)
{
    TRI_PROVES(HcsOpenProcess, real);
    NEEDS_CONTAINERS;
    struct run run = start_process(boat, "{\"CommandLine\":\"sleep 1000\"}");
    HCS_SYSTEM system = open_system("boat");
    HCS_PROCESS process = NULL;
    assert_hr(S_OK, HcsOpenProcess(system, run.info.ProcessId, GENERIC_ALL, &process));
    assert_hr(S_OK, send_signal(process, u"{\"Signal\":9}"));
    expect_exit(process, 137);
    expect_exit(run.process, 137);
    HcsCloseProcess(process);
    process = (HCS_PROCESS)1;
    assert_hr(HRESULT_FROM_WIN32(ERROR_NOT_FOUND), HcsOpenProcess(system, run.info.ProcessId, GENERIC_ALL, &process));
    assert_null(process);
    assert_hr(HRESULT_FROM_WIN32(ERROR_NOT_FOUND), HcsOpenProcess(system, 0x7FFFFFF0, GENERIC_ALL, &process));
    assert_hr(HRESULT_FROM_WIN32(ERROR_NOT_FOUND), HcsOpenProcess(system, 0, GENERIC_ALL, &process));
    assert_hr(E_INVALIDARG, HcsOpenProcess(system, run.info.ProcessId, GENERIC_ALL, NULL));
    HcsCloseComputeSystem(system);
    finish_run(&run);
}

/* ---- callbacks ---- */

static struct gate exits;
static char exit_data[256];
static int wrong_events;

static void note_exit(HCS_EVENT *event, void *context)
{
    if (event->Type != HcsEventProcessExited || event->Operation || context != &exits)
        wrong_events++;
    char *text = event->EventData ? trireme_utf8_from_utf16(event->EventData) : strdup("");
    snprintf(exit_data, sizeof(exit_data), "%s", text);
    free(text);
    gate_open(&exits);
}

static void a_process_callback_is_told_once_of_the_exit(void **state)
{
    TRI_PROVES(HcsSetProcessCallback, real);
    NEEDS_CONTAINERS;
    exits = (struct gate)GATE_CLOSED;
    struct run run = start_process(boat, "{\"CommandLine\":\"cat\",\"CreateStdInPipe\":true}");
    assert_hr(E_INVALIDARG, HcsSetProcessCallback(run.process, HcsEventOptionNone, &exits, NULL));
    assert_hr(S_OK, HcsSetProcessCallback(run.process, HcsEventOptionNone, &exits, note_exit));
    assert_hr(HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET,
              HcsSetProcessCallback(run.process, HcsEventOptionNone, &exits, note_exit));
    CloseHandle(run.info.StdInput);
    run.info.StdInput = NULL;
    assert_opened(&exits, 1);
    assert_says(exit_data, "\"Exited\":true,\"ExitCode\":0,\"LastWaitResult\":0}");
    assert_stays(&exits, 1);
    assert_int_equal(wrong_events, 0);
    finish_run(&run);
}

static void a_callback_that_comes_after_the_exit_is_told_too(void **state)
{
    NEEDS_CONTAINERS;
    exits = (struct gate)GATE_CLOSED;
    struct run run = start_process(boat, "{\"CommandArgs\":[\"sh\",\"-c\",\"exit 9\"]}");
    expect_exit(run.process, 9);
    assert_hr(S_OK, HcsSetProcessCallback(run.process, HcsEventOptionNone, &exits, note_exit));
    assert_opened(&exits, 1);
    assert_says(exit_data, "\"ExitCode\":9");
    assert_stays(&exits, 1);
    finish_run(&run);
}

static void closing_a_process_tells_nothing_and_leaves_it_running(void **state)
{
    NEEDS_CONTAINERS;
    exits = (struct gate)GATE_CLOSED;
    struct run run = start_process(boat, "{\"CommandLine\":\"sleep 1000\"}");
    DWORD pid = run.info.ProcessId;
    assert_hr(S_OK, HcsSetProcessCallback(run.process, HcsEventOptionNone, &exits, note_exit));
    finish_run(&run);
    assert_int_equal(kill((pid_t)pid, SIGKILL), 0); /* it runs */
    assert_stays(&exits, 0);
}

static struct gate reported;
static HCS_OPERATION reported_operation;

static void note_report(HCS_EVENT *event, void *context)
{
    (void)context;
    if (event->Type != HcsEventOperationCallback)
        return;
    reported_operation = event->Operation;
    gate_open(&reported);
}

static void ignore_completion(HCS_OPERATION operation, void *context)
{
    (void)operation;
    (void)context;
}

static void a_process_handle_may_report_its_operations(void **state)
{
    NEEDS_CONTAINERS;
    reported = (struct gate)GATE_CLOSED;
    struct run run = start_process(boat, "{\"CommandLine\":\"sleep 1000\"}");
    HCS_OPERATION operation = new_operation(), own = HcsCreateOperation(NULL, ignore_completion);
    assert_hr(S_OK, HcsSetProcessCallback(run.process, HcsEventOptionEnableOperationCallbacks, NULL, note_report));
    assert_hr(S_OK, HcsGetProcessProperties(run.process, operation, NULL));
    assert_opened(&reported, 1);
    assert_ptr_equal(reported_operation, operation);
    assert_hr(HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET, HcsGetProcessProperties(run.process, own, NULL));
    assert_hr(HCS_E_OPERATION_NOT_STARTED, HcsGetOperationResult(own, NULL));
    assert_hr(S_OK, HcsSignalProcess(run.process, operation, u"{\"Bad\":1}")); /* a refusal is reported as well */
    assert_opened(&reported, 2);
    assert_hr(HCS_E_INVALID_JSON, HcsGetOperationResult(operation, NULL));
    HcsCloseOperation(own);
    assert_hr(S_OK, HcsTerminateProcess(run.process, operation, NULL));
    assert_opened(&reported, 3);
    HcsCloseOperation(operation);
    finish_run(&run);
}

/* ---- many ---- */

static void two_hundred_processes_leave_nothing_behind(void **state)
{
    NEEDS_CONTAINERS;
    shell(boat, "true", 0); /* what is made once */
    unsigned before = open_descriptors();
    for (int i = 0; i < 200; i++)
        shell(boat, "echo x", 0);
    assert_int_equal(open_descriptors(), before);
}

static void a_create_can_be_cancelled(void **state)
{
    NEEDS_CONTAINERS;
    for (int i = 0; i < 20; i++) {
        HCS_OPERATION operation = new_operation();
        HCS_PROCESS process = NULL;
        const char *text;
        assert_hr(S_OK, HcsCreateProcess(boat, u"{\"CommandLine\":\"tail -f /dev/null\"}", operation, NULL, &process));
        poll(NULL, 0, i); /* at another point each time */
        HRESULT asked = HcsCancelOperation(operation);
        HRESULT hr = outcome(operation, &text);
        assert_hr(S_OK, asked);
        if (hr == S_OK)
            assert_hr(S_OK, RUN(HcsTerminateProcess(process, OP, NULL), NULL)); /* it came too late */
        else
            assert_hr(HRESULT_FROM_WIN32(ERROR_CANCELLED), hr);
        HcsCloseProcess(process);
        HcsCloseOperation(operation);
    }
    const char *text = "";
    for (int i = 0; i < WAIT_MS / 50; i++) { /* those that came too late are being reaped */
        text = properties(boat, u"{\"PropertyTypes\":[\"ProcessList\"]}");
        if (!strstr(text, "\"ImageName\":\"tail\""))
            return;
        poll(NULL, 0, 50);
    }
    assert_silent(text, "\"ImageName\":\"tail\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exit_codes_are_those_of_the_process),
        cmocka_unit_test(waiting_for_an_exit_may_time_out),
        cmocka_unit_test(properties_of_a_process_tell_its_end),
        cmocka_unit_test(signals_go_by_name_and_by_number),
        cmocka_unit_test(a_signal_never_waits_for_another),
        cmocka_unit_test(output_and_errors_come_on_their_own_pipes),
        cmocka_unit_test(handles_are_there_only_where_asked_for),
        cmocka_unit_test(standard_handles_are_transferred_once),
        cmocka_unit_test(handles_that_nobody_claimed_can_be_had_later),
        cmocka_unit_test(ten_megabytes_of_output_arrive_whole),
        cmocka_unit_test(what_was_written_can_be_read_after_the_exit),
        cmocka_unit_test(a_grandchild_that_holds_the_output_does_not_delay_the_exit),
        cmocka_unit_test(closing_a_stream_from_outside_ends_it),
        cmocka_unit_test(a_console_has_its_size_height_first),
        cmocka_unit_test(a_console_has_the_handles_that_were_asked_for),
        cmocka_unit_test(a_console_shows_the_new_size),
        cmocka_unit_test(a_command_line_is_split_as_windows_splits_it),
        cmocka_unit_test(arguments_win_over_the_command_line_and_a_program_over_its_first_word),
        cmocka_unit_test(environment_folder_and_user_are_as_asked),
        cmocka_unit_test(an_oci_process_is_taken_whole),
        cmocka_unit_test(what_cannot_be_run_says_so),
        cmocka_unit_test(a_program_is_named_as_the_document_has_it),
        cmocka_unit_test(what_is_no_program_fails_or_ends_badly),
        cmocka_unit_test(a_running_process_can_be_opened_by_its_id),
        cmocka_unit_test(a_process_callback_is_told_once_of_the_exit),
        cmocka_unit_test(a_callback_that_comes_after_the_exit_is_told_too),
        cmocka_unit_test(closing_a_process_tells_nothing_and_leaves_it_running),
        cmocka_unit_test(a_process_handle_may_report_its_operations),
        cmocka_unit_test(two_hundred_processes_leave_nothing_behind),
        cmocka_unit_test(a_create_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, launch_boat, sink_boat);
}
