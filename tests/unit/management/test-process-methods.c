/* Methods of Win32_Process, on real processes. */
#include "process-test.h"

#include <pwd.h>
#include <sys/stat.h>

static uint32_t call_process(pid_t pid, const char *method, struct tri_cim_object *in, struct tri_cim_object **ret_out)
{
    char path[64];
    snprintf(path, sizeof(path), "Win32_Process.Handle=\"%d\"", (int)pid);
    return call_method(path, method, in, ret_out);
}

static void set_startup(struct tri_cim_object *in, const char *variable, uint64_t priority, uint64_t flags)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *startup = instance_of("Win32_ProcessStartup");
    int index = tri_class_find(startup->cls, "EnvironmentVariables");
    if (variable)
        tri_value_set_strings(tri_cim_object_slot(startup, index), &variable, 1);
    if (priority)
        tri_cim_object_set_unsigned(startup, "PriorityClass", priority);
    if (flags)
        tri_cim_object_set_unsigned(startup, "CreateFlags", flags);
    struct tri_value value = {.type = TRI_CIM_OBJECT, .is_set = true, .object = startup};
    assert_int_equal(tri_cim_object_set(in, tri_class_find(in->cls, "ProcessStartupInformation"), &value, NULL), 0);
}

static uint32_t create(struct tri_cim_object *in, pid_t *ret_pid)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *out = NULL;
    uint32_t returned = call_method("Win32_Process", "Create", in, &out);
    if (returned == 0)
        *ret_pid = (pid_t)number_of(out, "ProcessId");
    else
        assert_true(is_null(out, "ProcessId"));
    return returned;
}

static uint32_t create_refused(const char *line, const char *folder)
{
    pid_t pid;
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *in = parameters_of("Win32_Process", "Create");
    tri_cim_object_set_string(in, "CommandLine", line);
    tri_cim_object_set_string(in, "CurrentDirectory", folder);
    return create(in, &pid);
}

/* Waits for a file, which is there as a whole once it is there. */
static char *file_text(const char *name)
{
    char *text = NULL, path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", state_folder, name);
    EVENTUALLY(access(path, F_OK) == 0);
    assert_int_equal(tri_file_read(AT_FDCWD, path, 4096, &text, NULL), 0);
    return text;
}

static void a_created_process_has_its_folder_environment_and_priority(void **state)
{
    pid_t pid = 0;
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *in = parameters_of("Win32_Process", "Create");
    tri_cim_object_set_string(in, "CommandLine",
                              "sh -c \"pwd > out; echo $TRIDENT >> out; mv out done; exec sleep 1000\"");
    tri_cim_object_set_string(in, "CurrentDirectory", state_folder);
    set_startup(in, "TRIDENT=three points", 64, 0);
    assert_int_equal(create(in, &pid), 0);
    char expected[PATH_MAX], *text = file_text("done");
    snprintf(expected, sizeof(expected), "%s\nthree points\n", state_folder);
    assert_string_equal(text, expected);
    free(text);
    assert_int_equal(getpriority(PRIO_PROCESS, (id_t)pid), 19);
    assert_int_equal(getsid(pid), pid);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* it is no child of this program */
    assert_int_equal(call_process(pid, "Terminate", NULL, NULL), 0);
    EVENTUALLY(!runs(pid)); /* reaped, too */
}

static void a_created_process_has_no_descriptor_of_the_client(void **state)
{
    pid_t pid = 0;
    char command[256];
    int fd = open("/dev/null", O_RDONLY); /* would be inherited */
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *in = parameters_of("Win32_Process", "Create");
    snprintf(command, sizeof(command), "sh -c \"ls /proc/self/fd | wc -l > %s/fds; mv %s/fds %s/counted\"",
             state_folder, state_folder, state_folder);
    tri_cim_object_set_string(in, "CommandLine", command);
    assert_int_equal(create(in, &pid), 0);
    char *text = file_text("counted");
    assert_int_equal(atoi(text), 4); /* the three, and that of ls on the folder */
    free(text);
    close(fd);
    EVENTUALLY(!runs(pid));
}

static void what_cannot_be_created_says_why(void **state)
{
    char path[PATH_MAX];
    pid_t pid;
    snprintf(path, sizeof(path), "%s/plain", state_folder);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(create_refused(NULL, NULL), 21);
    assert_int_equal(create_refused("  ", NULL), 21);
    assert_int_equal(create_refused("/no/such/program", NULL), 9);
    assert_int_equal(create_refused("no-such-program-anywhere", NULL), 9);
    assert_int_equal(create_refused(path, NULL), 2);
    assert_int_equal(create_refused("true", "/no/such/folder"), 9);
    assert_int_equal(create_refused("true", path), 9);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *odd = parameters_of("Win32_Process", "Create");
    tri_cim_object_set_string(odd, "CommandLine", "true");
    set_startup(odd, NULL, 33, 0);
    assert_int_equal(create(odd, &pid), 21);
    set_startup(odd, NULL, 0, 4); /* suspended */
    assert_int_equal(create(odd, &pid), 21);
    set_startup(odd, "no equals sign", 0, 0);
    assert_int_equal(create(odd, &pid), 21);
}

static void ignore_requests(int ready_fd)
{
    signal(SIGTERM, SIG_IGN);
    be_ready(ready_fd);
}

static void terminate_asks_and_then_kills(void **state)
{
    pid_t polite = child_start(be_ready), stubborn = child_start(ignore_requests);
    int status;
    assert_int_equal(call_process(polite, "Terminate", NULL, NULL), 0);
    assert_int_equal(waitpid(polite, &status, 0), polite);
    assert_int_equal(WTERMSIG(status), SIGTERM);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *in = parameters_of("Win32_Process", "Terminate");
    tri_cim_object_set_unsigned(in, "Reason", 7);
    assert_int_equal(call_process(stubborn, "Terminate", in, NULL), 0);
    assert_int_equal(waitpid(stubborn, &status, 0), stubborn);
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void what_does_not_hear_the_signal_is_not_said_to_have_ended(void **state)
{
    enum { KERNELS_OWN = 2, UNKNOWN_FAILURE = 8 };
    char name[32] = "";
    FILE *file = fopen("/proc/2/comm", "re");
    if (geteuid() != 0 || !file || !fgets(name, sizeof name, file) || strcmp(name, "kthreadd\n") != 0)
        print_message("# skipped: only root may signal the kernel's own threads, and only where they are seen\n");
    else
        assert_int_equal(call_process(KERNELS_OWN, "Terminate", NULL, NULL), UNKNOWN_FAILURE);
    if (file)
        fclose(file);
}

static void deleting_a_process_ends_it(void **state)
{
    char path[64];
    int status;
    pid_t pid = child_start(be_ready);
    snprintf(path, sizeof(path), "Win32_Process.Handle=\"%d\"", (int)pid);
    struct tri_call_spec spec = {.kind = TRI_CALL_DELETE_INSTANCE, .text = path};
    assert_int_equal(outcome(&spec, true), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(outcome(&spec, true), TRI_MANAGEMENT_NOT_FOUND);
}

static void methods_of_a_process_that_ended_are_not_found(void **state)
{
    char path[64];
    pid_t pid = child_start(be_ready);
    child_end(pid);
    snprintf(path, sizeof(path), "Win32_Process.Handle=\"%d\"", (int)pid);
    assert_int_equal(
        outcome(&(struct tri_call_spec){.kind = TRI_CALL_EXEC_METHOD, .text = path, .method = "GetOwner"}, true),
        TRI_MANAGEMENT_NOT_FOUND);
}

static void the_owner_is_the_user(void **state)
{
    char sid[32];
    const struct passwd *user = getpwuid(geteuid());
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *out = NULL, *sid_out = NULL;
    assert_non_null(user);
    assert_int_equal(call_process(getpid(), "GetOwner", NULL, &out), 0);
    assert_string_equal(text_of(out, "User"), user->pw_name);
    assert_string_equal(text_of(out, "Domain"), tri_server_name());
    assert_int_equal(call_process(getpid(), "GetOwnerSid", NULL, &sid_out), 0);
    snprintf(sid, sizeof(sid), "S-1-22-1-%u", geteuid());
    assert_string_equal(text_of(sid_out, "Sid"), sid);
}

static void *pause_for_ever(void *data)
{
    for (;;)
        pause();
    return NULL;
}

/* What this program does where it is started with an argument. */
static int be_threads(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, pause_for_ever, NULL);
    pause_for_ever(NULL);
    return 0;
}

static void run_threads(int ready_fd)
{
    execl("/proc/self/exe", "threads", "threads", NULL);
    _exit(1);
}

static uint64_t threads_of(pid_t pid)
{
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *process = process_of(pid);
    return process ? number_of(process, "ThreadCount") : 0;
}

static void a_priority_is_set_for_every_thread(void **state)
{
    pid_t pid = child_start(run_threads);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *in = parameters_of("Win32_Process", "SetPriority");
    struct tri_value idle = {.type = TRI_CIM_SINT32, .is_set = true, .integer = 64};
    struct tri_value odd = {.type = TRI_CIM_SINT32, .is_set = true, .integer = 65};
    int index = tri_class_find(in->cls, "Priority");
    EVENTUALLY(threads_of(pid) >= 2);
    assert_int_equal(tri_cim_object_set(in, index, &odd, NULL), 0);
    assert_int_equal(call_process(pid, "SetPriority", in, NULL), 21);
    assert_int_equal(tri_cim_object_set(in, index, &idle, NULL), 0);
    assert_int_equal(call_process(pid, "SetPriority", in, NULL), 0);
    char command[128];
    snprintf(command, sizeof(command), "! cat /proc/%d/task/*/stat | cut -d' ' -f19 | grep -vx 19", (int)pid);
    assert_int_equal(system(command), 0);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *process = process_of(pid);
    assert_int_equal(number_of(process, "Priority"), 4);
    child_end(pid);
}

static void limit_memory(int ready_fd)
{
    struct rlimit limit = {1ull << 40, 1ull << 40};
    setrlimit(RLIMIT_AS, &limit);
    be_ready(ready_fd);
}

static void the_available_size_is_what_the_limit_leaves(void **state)
{
    pid_t pid = child_start(limit_memory);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *process = process_of(pid), *out = NULL;
    assert_int_equal(call_process(pid, "GetAvailableVirtualSize", NULL, &out), 0);
    uint64_t size = number_of(process, "VirtualSize"), limit = 1ull << 40;
    assert_int_equal(number_of(out, "AvailableVirtualSize"), size < limit ? limit - size : 0);
    child_end(pid);
}

static void a_debugger_cannot_be_attached(void **state)
{
    char path[64];
    snprintf(path, sizeof(path), "Win32_Process.Handle=\"%d\"", (int)getpid());
    struct tri_call_spec spec = {.kind = TRI_CALL_EXEC_METHOD, .text = path, .method = "AttachDebugger"};
    assert_int_equal(outcome(&spec, true), TRI_MANAGEMENT_METHOD_NOT_IMPLEMENTED);
}

#define TEST(name) cmocka_unit_test_teardown(name, nothing_is_left)

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "threads") == 0)
        return be_threads();
    const struct CMUnitTest tests[] = {
        TEST(a_created_process_has_its_folder_environment_and_priority),
        TEST(a_created_process_has_no_descriptor_of_the_client),
        TEST(what_cannot_be_created_says_why),
        TEST(terminate_asks_and_then_kills),
        TEST(what_does_not_hear_the_signal_is_not_said_to_have_ended),
        TEST(deleting_a_process_ends_it),
        TEST(methods_of_a_process_that_ended_are_not_found),
        TEST(the_owner_is_the_user),
        TEST(a_priority_is_set_for_every_thread),
        TEST(the_available_size_is_what_the_limit_leaves),
        TEST(a_debugger_cannot_be_attached),
    };
    return cmocka_run_group_tests(tests, open_cimv2, close_cimv2);
}
