/* Win32_Process against what the kernel says of the same processes. */
#include "process-test.h"

#include <sys/stat.h>

#include "management/providers/proc.h"

/* ---- rows ---- */

static void a_process_is_what_the_kernel_says(void **state)
{
    char path[PATH_MAX] = "", name[32] = "", handle[16];
    struct timespec created, now;
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *self = process_of(getpid());
    assert_non_null(self);
    prctl(PR_GET_NAME, name);
    assert_true(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
    snprintf(handle, sizeof(handle), "%d", (int)getpid());
    assert_string_equal(text_of(self, "Handle"), handle);
    assert_int_equal(number_of(self, "ProcessId"), getpid());
    assert_int_equal(number_of(self, "ParentProcessId"), getppid());
    assert_int_equal(number_of(self, "SessionId"), getsid(0));
    assert_string_equal(text_of(self, "ExecutablePath"), path);
    assert_string_equal(text_of(self, "Name"), strrchr(path, '/') + 1);
    assert_memory_equal(text_of(self, "Name"), name, strlen(name));
    assert_string_equal(text_of(self, "Caption"), text_of(self, "Name"));
    assert_string_equal(text_of(self, "CSName"), tri_server_name());
    assert_string_equal(text_of(self, "CreationClassName"), "Win32_Process");
    assert_true(number_of(self, "ThreadCount") >= 1);
    if (getpriority(PRIO_PROCESS, 0) == 0)
        assert_int_equal(number_of(self, "Priority"), 8);
    clock_gettime(CLOCK_REALTIME, &now);
    assert_true(tri_datetime_parse(text_of(self, "CreationDate"), &created));
    assert_true(created.tv_sec <= now.tv_sec + 1 && created.tv_sec > now.tv_sec - 3600);
    assert_true(is_null(self, "TerminationDate"));
}

static void sizes_and_counts_are_those_of_proc(void **state)
{
    pid_t pid = child_start(be_ready); /* it does nothing, so that nothing of it changes */
    char path[64], text[4096] = "";
    unsigned long long pages, resident;
    child_settle(pid);
    snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
    int fd = open(path, O_RDONLY);
    assert_true(read(fd, text, sizeof(text) - 1) > 0);
    close(fd);
    assert_int_equal(sscanf(text, "%llu %llu", &pages, &resident), 2);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *process = process_of(pid);
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    assert_int_equal(number_of(process, "VirtualSize"), pages * page);
    assert_true(number_of(process, "WorkingSetSize") >= resident * page / 2);
    assert_true(number_of(process, "PeakVirtualSize") >= number_of(process, "VirtualSize"));
    assert_true(number_of(process, "PeakWorkingSetSize") * 1024 >= resident * page / 2);
    assert_true(number_of(process, "PrivatePageCount") > 0);
    assert_int_equal(number_of(process, "WriteOperationCount"), 1); /* be_ready's */
    assert_int_equal(number_of(process, "WriteTransferCount"), 1);
    assert_true(number_of(process, "PageFaults") > 0);
    child_end(pid);
}

static void descriptors_are_counted(void **state)
{
    tri_cim_object_unref(process_of(getpid())); /* what the library opens, it has opened now */
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *before = process_of(getpid());
    int fds[8];
    for (int i = 0; i < 8; i++)
        fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *after = process_of(getpid());
    for (int i = 0; i < 8; i++)
        close(fds[i]);
    assert_int_equal(number_of(after, "HandleCount"), number_of(before, "HandleCount") + 8);
}

static void run_named(int ready_fd)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/a-name-of-more-than-fifteen", state_folder);
    execl(path, path, "1000", NULL);
    _exit(1);
}

static void a_long_name_is_whole(void **state)
{
    char path[PATH_MAX], command[PATH_MAX + 64];
    snprintf(path, sizeof(path), "%s/a-name-of-more-than-fifteen", state_folder);
    snprintf(command, sizeof(command), "cp $(command -v sleep) %s", path);
    assert_int_equal(system(command), 0);
    pid_t pid = child_start(run_named);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *process = process_of(pid);
    assert_string_equal(text_of(process, "Name"), "a-name-of-more-than-fifteen");
    assert_string_equal(text_of(process, "ExecutablePath"), path);
    assert_int_equal(unlink(path), 0);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *orphan = process_of(pid);
    assert_string_equal(text_of(orphan, "ExecutablePath"), path); /* without the kernel's " (deleted)" */
    child_end(pid);
}

static void take_no_name(int ready_fd)
{
    prctl(PR_SET_NAME, "");
    be_ready(ready_fd);
}

static void what_has_no_name_has_its_executables(void **state)
{
    char path[PATH_MAX] = "";
    pid_t pid = child_start(take_no_name);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *process = process_of(pid);
    assert_true(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
    assert_string_equal(text_of(process, "Name"), strrchr(path, '/') + 1);
    child_end(pid);
}

static void rename_oddly(int ready_fd)
{
    prctl(PR_SET_NAME, "a) R 1 (b");
    be_ready(ready_fd);
}

static void a_name_may_hold_anything(void **state)
{
    pid_t pid = child_start(rename_oddly);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *process = process_of(pid);
    assert_string_equal(text_of(process, "Name"), "a) R 1 (b");
    assert_int_equal(number_of(process, "ParentProcessId"), getpid());
    child_end(pid);
}

static void a_zombie_is_a_row_without_a_program(void **state)
{
    siginfo_t info;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *zombie = process_of(pid);
    assert_non_null(zombie);
    assert_int_equal(number_of(zombie, "ParentProcessId"), getpid());
    assert_true(is_null(zombie, "ExecutablePath"));
    assert_true(is_null(zombie, "CommandLine"));
    waitpid(pid, NULL, 0);
    assert_null(process_of(pid));
}

static void *wait_at_gate(void *data)
{
    pid_t *tid = data;
    __atomic_store_n(tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
    while (__atomic_load_n(tid, __ATOMIC_ACQUIRE) != 0)
        sched_yield();
    return NULL;
}

static void a_thread_is_no_process(void **state)
{
    pthread_t thread;
    pid_t tid = 0;
    assert_int_equal(pthread_create(&thread, NULL, wait_at_gate, &tid), 0);
    EVENTUALLY(__atomic_load_n(&tid, __ATOMIC_ACQUIRE) != 0);
    assert_null(process_of(__atomic_load_n(&tid, __ATOMIC_ACQUIRE)));
    __atomic_store_n(&tid, 0, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
}

static void numbers_that_are_no_process_have_no_row(void **state)
{
    assert_null(row_of("SELECT * FROM Win32_Process WHERE Handle = ''"));
    assert_null(row_of("SELECT * FROM Win32_Process WHERE Handle = '01'"));
    assert_null(row_of("SELECT * FROM Win32_Process WHERE Handle = '1 '"));
    assert_null(row_of("SELECT * FROM Win32_Process WHERE Handle = 'self'"));
    assert_null(row_of("SELECT * FROM Win32_Process WHERE Handle = '../proc/1'"));
    assert_null(row_of("SELECT * FROM Win32_Process WHERE Handle = '99999999999999999999'"));
    assert_null(row_of("SELECT * FROM Win32_Process WHERE ProcessId = 4294967295"));
    assert_null(row_of("SELECT * FROM Win32_Process WHERE ProcessId = 0"));
}

/* ---- all of them ---- */

enum { MANY = 300 };

static void many_processes_come_once_each(void **state)
{
    static pid_t children[MANY];
    static unsigned char seen[MANY];
    char query[96];
    memset(seen, 0, sizeof(seen));
    for (int i = 0; i < MANY; i++) {
        assert_true((children[i] = fork()) >= 0);
        if (children[i] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;)
                pause();
        }
    }
    snprintf(query, sizeof(query), "SELECT * FROM Win32_Process WHERE ParentProcessId = %d", (int)getpid());
    struct tri_call *call = start_query(query, TRI_CALL_FORWARD_ONLY, false);
    struct tri_cim_object *object;
    uint64_t position = 0;
    int r;
    while ((r = tri_call_next(call, &position, patience(), &object)) == 1) {
        pid_t pid = (pid_t)number_of(object, "ProcessId");
        for (int i = 0; i < MANY; i++)
            seen[i] += children[i] == pid;
        assert_non_null(text_of(object, "ExecutablePath"));
        tri_cim_object_unref(object);
    }
    assert_int_equal(r, 0);
    tri_call_unref(call);
    for (int i = 0; i < MANY; i++)
        child_end(children[i]);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(seen[i], 1);
}

static void processes_may_come_and_go_while_they_are_listed(void **state)
{
    pid_t churner = fork();
    if (churner == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            pid_t child = fork();
            if (child == 0)
                _exit(0);
            waitpid(child, NULL, 0);
        }
    }
    for (int i = 0; i < 20; i++) {
        struct tri_call *call = start_query("SELECT * FROM Win32_Process", 0, true);
        struct collected rows = collect(call, "Name");
        assert_int_equal(rows.end, 0);
        assert_true(rows.count >= 2);
        tri_call_unref(call);
    }
    child_end(churner);
}

static void a_row_reads_what_is_asked_of_it_and_no_more(void **state)
{
    int root_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    TRI_CLEANUP(tri_proc_finish) struct tri_proc proc = {.root_fd = root_fd};
    tri_proc_begin(&proc, getpid());
    assert_int_equal(proc.tried, 0);
    assert_non_null(tri_proc_stat(&proc));
    unsigned only_stat = proc.tried;
    assert_int_equal(__builtin_popcount(only_stat), 1);
    assert_non_null(tri_proc_stat(&proc));
    assert_int_equal(proc.tried, only_stat);
    assert_non_null(tri_proc_status(&proc));
    assert_int_equal(__builtin_popcount(proc.tried), 2);
    tri_proc_begin(&proc, INT_MAX);
    assert_null(tri_proc_stat(&proc));
    assert_null(tri_proc_name(&proc));
    assert_null(tri_proc_executable(&proc));
    close(root_fd);
}

static void a_process_belongs_to_its_computer(void **state)
{
    char query[256], expected[128];
    snprintf(query, sizeof(query),
             "SELECT * FROM Win32_SystemProcesses WHERE PartComponent = \"Win32_Process.Handle='%d'\"", (int)getpid());
    snprintf(expected, sizeof(expected), "\\\\%s\\root\\cimv2:Win32_Process.Handle=\"%d\"", tri_server_name(),
             (int)getpid());
    struct tri_call *call = start_query("SELECT * FROM Win32_SystemProcesses", 0, true);
    struct collected all = collect(call, "PartComponent");
    tri_call_unref(call);
    assert_int_equal(all.end, 0);
    assert_true(all.count >= 2);
    TRI_AUTO_CIM_OBJECT struct tri_cim_object *own = row_of(query);
    assert_non_null(own);
    assert_string_equal(text_of(own, "PartComponent"), expected);
}

#define TEST(name) cmocka_unit_test_teardown(name, nothing_is_left)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_process_is_what_the_kernel_says),
        TEST(sizes_and_counts_are_those_of_proc),
        TEST(descriptors_are_counted),
        TEST(a_long_name_is_whole),
        TEST(what_has_no_name_has_its_executables),
        TEST(a_name_may_hold_anything),
        TEST(a_zombie_is_a_row_without_a_program),
        TEST(a_thread_is_no_process),
        TEST(numbers_that_are_no_process_have_no_row),
        TEST(many_processes_come_once_each),
        TEST(processes_may_come_and_go_while_they_are_listed),
        TEST(a_row_reads_what_is_asked_of_it_and_no_more),
        TEST(a_process_belongs_to_its_computer),
    };
    return cmocka_run_group_tests(tests, open_cimv2, close_cimv2);
}
