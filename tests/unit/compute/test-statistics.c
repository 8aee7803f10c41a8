/* cgroup and /proc files as kernels write them, for each layout. */
#include "support.h"

#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "compute/cgroup.h"
#include "compute/statistics.h"

#define CGROUP "/trireme-test"

static char root[512];

static void put(const char *path, const char *text)
{
    char full[1024], *slash;
    snprintf(full, sizeof(full), "%s/%s", root, path);
    slash = strrchr(full, '/');
    *slash = '\0';
    assert_int_equal(tri_folder_make(AT_FDCWD, full, 0700), 0);
    *slash = '/';
    assert_int_equal(tri_file_write(AT_FDCWD, full, text, strlen(text), 0600), 0);
}

static void new_root(const char *name)
{
    snprintf(root, sizeof(root), "%s/%s", state_folder(), name);
}

static void version_two_is_read_from_one_folder(void **state)
{
    struct tri_system_statistics s = {.start_wall_ns = tri_clock_wall_ns() - 5 * TRI_NS_PER_SEC};
    new_root("pure");
    put("cgroup.controllers", "cpu io memory pids\n");
    put("trireme-test/cpu.stat", "usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\nnr_periods 0\n");
    put("trireme-test/memory.current", "7340032\n");
    put("trireme-test/memory.peak", "9000000\n");
    put("trireme-test/memory.stat", "anon 4096000\nfile 123\nanon_thp 0\n");
    put("trireme-test/io.stat",
        "8:0 rbytes=1000 wbytes=2000 rios=3 wios=4 dbytes=50 dios=6\n259:1 rbytes=10 wbytes=20 rios=30 wios=40\n");
    tri_statistics_read(root, CGROUP, &s);
    assert_int_equal(s.cpu_ns, 1234567000);
    assert_int_equal(s.cpu_user_ns, 1000000000);
    assert_int_equal(s.cpu_kernel_ns, 234567000);
    assert_int_equal(s.memory_bytes, 7340032);
    assert_int_equal(s.memory_peak_bytes, 9000000);
    assert_int_equal(s.memory_private_bytes, 4096000);
    assert_int_equal(s.read_bytes, 1010);
    assert_int_equal(s.write_bytes, 2020);
    assert_int_equal(s.read_count, 33);
    assert_int_equal(s.write_count, 44);
    assert_true(s.uptime_ns >= 5 * TRI_NS_PER_SEC && s.uptime_ns < 65 * TRI_NS_PER_SEC);
}

static void version_one_is_read_from_a_folder_for_each_controller(void **state)
{
    struct tri_system_statistics s = {0};
    new_root("legacy");
    put("cpuacct/trireme-test/cpuacct.usage", "987654321\n");
    put("cpuacct/trireme-test/cpuacct.usage_user", "900000000\n");
    put("cpuacct/trireme-test/cpuacct.usage_sys", "87654321\n");
    put("memory/trireme-test/memory.usage_in_bytes", "1048576\n");
    put("memory/trireme-test/memory.max_usage_in_bytes", "2097152\n");
    put("memory/trireme-test/memory.stat", "cache 1\nrss 2\ntotal_cache 3\ntotal_rss 524288\n");
    put("blkio/trireme-test/blkio.throttle.io_serviced",
        "8:0 Read 5\n8:0 Write 6\n8:0 Sync 0\n8:0 Total 11\nTotal 11\n");
    put("blkio/trireme-test/blkio.throttle.io_service_bytes", "8:0 Read 1\n8:0 Write 2\nTotal 3\n");
    put("blkio/trireme-test/blkio.throttle.io_service_bytes_recursive",
        "8:0 Read 500\n8:0 Write 600\n8:16 Read 7\nTotal 1107\n");
    tri_statistics_read(root, CGROUP, &s);
    assert_int_equal(s.cpu_ns, 987654321);
    assert_int_equal(s.cpu_user_ns, 900000000);
    assert_int_equal(s.cpu_kernel_ns, 87654321);
    assert_int_equal(s.memory_bytes, 1048576);
    assert_int_equal(s.memory_peak_bytes, 2097152);
    assert_int_equal(s.memory_private_bytes, 524288);
    assert_int_equal(s.read_count, 5);
    assert_int_equal(s.write_count, 6);
    assert_int_equal(s.read_bytes, 507);
    assert_int_equal(s.write_bytes, 600);
    assert_int_equal(s.uptime_ns, 0);
}

static void missing_controllers_leave_zeros(void **state)
{
    struct tri_system_statistics s = {0};
    new_root("empty");
    put("cgroup.controllers", "");
    put("trireme-test/memory.current", "4096\n");
    tri_statistics_read(root, CGROUP, &s);
    assert_int_equal(s.memory_bytes, 4096);
    assert_int_equal(s.memory_peak_bytes, 4096);
    assert_int_equal(s.cpu_ns | s.read_bytes | s.write_count | s.memory_private_bytes, 0);
    tri_statistics_read("/nonexistent", CGROUP, &s);
    assert_int_equal(s.memory_bytes, 0);
}

static void layouts_are_told_apart(void **state)
{
    new_root("pure");
    assert_int_equal(tri_cgroup_layout(root), TRI_CGROUP_PURE);
    new_root("legacy");
    assert_int_equal(tri_cgroup_layout(root), TRI_CGROUP_LEGACY);
    put("unified/cgroup.controllers", "");
    assert_int_equal(tri_cgroup_layout(root), TRI_CGROUP_HYBRID);
    assert_int_equal(tri_cgroup_layout("/nonexistent"), TRI_CGROUP_NONE);
}

static void processes_of_all_hierarchies_and_depths_count_once(void **state)
{
    pid_t *pids = NULL;
    size_t count = 0;
    new_root("procs");
    put("pids/trireme-test/cgroup.procs", "30\n10\n0\n");
    put("pids/trireme-test/inner/deeper/cgroup.procs", "20\n");
    put("cpu/trireme-test/cgroup.procs", "10\n");
    put("memory/other/cgroup.procs", "99\n");
    assert_int_equal(tri_cgroup_pids(root, CGROUP, &pids, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(pids[0] * 10000 + pids[1] * 100 + pids[2], 10 * 10000 + 20 * 100 + 30);
    free(pids);
    assert_int_equal(tri_cgroup_pids(root, "/none", &pids, &count), 0);
    assert_int_equal(count, 0);
    free(pids);
}

/* Calls it with no descriptor, with one, …: where it says that it succeeded, it has to be true. */
static void assert_true_with_any_descriptors(bool (*is_true_if_it_succeeds)(int *ret_result))
{
    int result = -1, attempts = 0;
    for (; result < 0 && attempts < 30; attempts++) {
        test_fds_allow((unsigned)attempts);
        bool is_true = is_true_if_it_succeeds(&result);
        test_fds_restore();
        assert_true(is_true);
        assert_true(result == 0 || result == -EMFILE);
    }
    assert_int_equal(result, 0);
    assert_true(attempts > 2);
}

static bool has_all_three(int *ret_result)
{
    pid_t *pids = NULL;
    size_t count = 3;
    *ret_result = tri_cgroup_pids(root, CGROUP, &pids, &count);
    if (*ret_result == 0)
        free(pids);
    return count == 3;
}

static bool is_removed(int *ret_result)
{
    char path[600];
    snprintf(path, sizeof(path), "%s/cpu/trireme-gone", root);
    *ret_result = tri_cgroup_remove(root, "/trireme-gone");
    return *ret_result < 0 || access(path, F_OK) < 0;
}

static void without_descriptors_no_cgroup_is_overlooked(void **state)
{
    char path[600];
    new_root("procs");
    assert_true_with_any_descriptors(has_all_three);
    snprintf(path, sizeof(path), "%s/cpu/trireme-gone/inner/deeper", root);
    assert_int_equal(tri_folder_make(AT_FDCWD, path, 0700), 0);
    assert_true_with_any_descriptors(is_removed);
}

static void a_process_may_have_any_name(void **state)
{
    struct tri_process_entry entry;
    long page = sysconf(_SC_PAGESIZE), ticks = sysconf(_SC_CLK_TCK);
    char stat[512];
    snprintf(stat, sizeof(stat),
             "4321 (a) b (c)) S 1 4321 4321 0 -1 4194304 100 0 0 0 %ld %ld 0 0 20 0 1 0 %ld 1000 200", 2 * ticks,
             3 * ticks, 50 * ticks);
    assert_true(tri_statistics_parse_process(stat, "1000 300 100 5 0 400 0\n", 1000 * TRI_NS_PER_SEC, &entry));
    assert_int_equal(entry.pid, 4321);
    assert_string_equal(entry.name, "a) b (c)");
    assert_int_equal(entry.user_ns, 2 * TRI_NS_PER_SEC);
    assert_int_equal(entry.kernel_ns, 3 * TRI_NS_PER_SEC);
    assert_int_equal(entry.create_wall_ns, 1050 * TRI_NS_PER_SEC);
    assert_int_equal(entry.commit_bytes, 400 * page);
    assert_int_equal(entry.private_bytes, 200 * page);
    assert_int_equal(entry.shared_bytes, 100 * page);
}

static void broken_process_files_are_refused(void **state)
{
    static const char *const bad[] = {"", "1", "1 (x", "x (y) S 1", "1 (x) S 1 2 3", ") ("};
    struct tri_process_entry entry = {.pid = 77};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(tri_statistics_parse_process(bad[i], "1 2 3 4 5 6", 0, &entry));
    assert_false(
        tri_statistics_parse_process("1 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", "1", 0, &entry));
    assert_int_equal(entry.pid, 77);
}

/* A real cgroup, frozen where that is possible: what is in it dies, and it goes. */
static void everything_in_a_cgroup_is_killed(void **state)
{
    char path[256], pid_text[16];
    if (geteuid() != 0 || access("/sys/fs/cgroup/freezer", W_OK) < 0) {
        print_message("# skipped: no root, or no v1 freezer\n");
        skip();
    }
    snprintf(path, sizeof(path), "/sys/fs/cgroup/freezer/trireme-unit-%d", getpid());
    const char *cgroup = path + strlen("/sys/fs/cgroup/freezer");
    assert_int_equal(mkdir(path, 0755), 0);
    int inside[2], ready[2];
    char c;
    assert_int_equal(pipe2(inside, O_CLOEXEC) | pipe2(ready, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)!read(inside[0], &c, 1); /* its own child is born in the cgroup */
        if (fork() == 0)
            (void)!write(ready[1], "", 1);
        for (;;)
            pause();
    }
    snprintf(pid_text, sizeof(pid_text), "%d", child);
    char file[300];
    snprintf(file, sizeof(file), "%s/cgroup.procs", path);
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    assert_true(write(fd, pid_text, strlen(pid_text)) > 0);
    close(fd);
    assert_int_equal(write(inside[1], "", 1), 1);
    assert_int_equal(read(ready[0], &c, 1), 1);
    for (int i = 0; i < 2; i++) {
        close(inside[i]);
        close(ready[i]);
    }
    snprintf(file, sizeof(file), "%s/freezer.state", path);
    fd = open(file, O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(fd, "FROZEN", 6), 6);
    close(fd);
    assert_int_equal(tri_cgroup_kill(TRI_CGROUP_ROOT, cgroup, tri_deadline_ns(WAIT_MS)), 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(tri_cgroup_remove(TRI_CGROUP_ROOT, cgroup), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(tri_cgroup_remove(TRI_CGROUP_ROOT, cgroup), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_two_is_read_from_one_folder),
        cmocka_unit_test(version_one_is_read_from_a_folder_for_each_controller),
        cmocka_unit_test(missing_controllers_leave_zeros),
        cmocka_unit_test(layouts_are_told_apart),
        cmocka_unit_test(processes_of_all_hierarchies_and_depths_count_once),
        cmocka_unit_test(without_descriptors_no_cgroup_is_overlooked),
        cmocka_unit_test(a_process_may_have_any_name),
        cmocka_unit_test(broken_process_files_are_refused),
        cmocka_unit_test(everything_in_a_cgroup_is_killed),
    };
    return cmocka_run_group_tests_name("compute statistics", tests, state_setup, state_teardown);
}
