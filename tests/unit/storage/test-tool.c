/* Tools: what is heard of them, how they are stopped, what is said of a failure; hostile output hurts nobody. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "op/child.h"
#include "storage/error.h"
#include "storage/tool.h"
#include "storage/work.h"

#define SHELL(script_) ((const char *const[]){"sh", "-c", (script_), NULL})
#define LINES_MAX 64

/* What was heard, in order. */
struct heard {
    char lines[LINES_MAX][1100];
    size_t count;
};

static void hear(void *data, const char *line)
{
    struct heard *heard = data;
    if (heard->count < LINES_MAX)
        snprintf(heard->lines[heard->count], sizeof heard->lines[0], "%s", line);
    heard->count++;
}

static void lines_end_at_newlines_returns_and_backspaces(void **state)
{
    static struct heard heard;
    struct tri_tool tool = {
        .argv = SHELL("printf 'one\\ntwo\\r 3%%\\b\\b\\b\\b 4%%\\n\\nlast'"), .line = hear, .data = &heard};
    assert_int_equal(tri_tool_run(&tool, NULL, NULL), 0);
    const char *const lines[] = {"one", "two", " 3%", " 4%", "last"};
    assert_int_equal(heard.count, 5);
    for (int i = 0; i < 5; i++)
        assert_string_equal(heard.lines[i], lines[i]);
}

static void an_unfinished_line_counts_when_the_tool_pauses(void **state)
{
    static struct heard heard;
    struct tri_tool tool = {.argv = SHELL("printf XXX; sleep 3; printf 'XX\\n'"), .line = hear, .data = &heard};
    assert_int_equal(tri_tool_run(&tool, NULL, NULL), 0);
    assert_int_equal(heard.count, 2);
    assert_string_equal(heard.lines[0], "XXX");
    assert_string_equal(heard.lines[1], "XX");
}

static void a_line_without_an_end_is_cut(void **state)
{
    static struct heard heard;
    struct tri_tool tool = {.argv = SHELL("head -c 5000000 /dev/zero | tr '\\0' x; echo; echo after >&2"),
                            .line = hear, .data = &heard};
    assert_int_equal(tri_tool_run(&tool, NULL, NULL), 0);
    bool seen = false;
    for (size_t i = 0; i < heard.count && i < LINES_MAX; i++) {
        assert_true(strlen(heard.lines[i]) <= 1023);
        seen |= strcmp(heard.lines[i], "after") == 0;
    }
    assert_true(seen);
}

static void output_is_read_up_to_a_bound_and_the_tool_still_ends(void **state)
{
    struct tri_tool tool = {.argv = SHELL("head -c 3000000 /dev/zero | tr '\\0' x")};
    char *output = NULL;
    assert_int_equal(tri_tool_read(&tool, &output, NULL), 0);
    assert_int_equal(strlen(output), 1 << 20);
    free(output);
}

static void a_failure_is_told_in_the_tools_last_words(void **state)
{
    struct tri_error error = {0};
    struct tri_tool tool = {.argv = SHELL("echo fine; echo first >&2; echo 'no such luck' >&2; echo >&2; exit 3")};
    assert_int_equal(tri_tool_run(&tool, NULL, &error), TRI_STORAGE_TOOL_FAILED);
    assert_string_equal(error.text, "sh failed (exit status 3): no such luck");
    assert_string_equal(error.detail, "first\nno such luck\n\n");
    tri_error_clear(&error);
    struct tri_tool silent = {.argv = SHELL("exit 4")};
    assert_int_equal(tri_tool_run(&silent, NULL, &error), TRI_STORAGE_TOOL_FAILED);
    assert_string_equal(error.text, "sh failed (exit status 4): it said nothing");
    tri_error_clear(&error);
    struct tri_tool shot = {.argv = SHELL("echo shot; kill -KILL $$")};
    assert_int_equal(tri_tool_run(&shot, NULL, &error), TRI_STORAGE_TOOL_FAILED);
    assert_string_equal(error.text, "sh failed (signal 9): shot");
    tri_error_clear(&error);
}

static void hostile_words_become_printable(void **state)
{
    struct tri_error error = {0};
    struct tri_tool tool = {.argv = SHELL("printf '\\033[31m\\0\\377bad\\tthing%%s%%n\\177' >&2; exit 1")};
    assert_int_equal(tri_tool_run(&tool, NULL, &error), TRI_STORAGE_TOOL_FAILED);
    for (const char *c = error.text; *c; c++)
        assert_true((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f);
    assert_non_null(strstr(error.text, "bad thing%s%n"));
    tri_error_clear(&error);
    struct tri_tool flood = {.argv = SHELL("head -c 3000000 /dev/urandom >&2; exit 1")};
    assert_int_equal(tri_tool_run(&flood, NULL, &error), TRI_STORAGE_TOOL_FAILED);
    assert_true(strlen(error.text) < 400);
    tri_error_clear(&error);
}

static void an_exit_status_is_given_to_who_asks_for_it(void **state)
{
    struct tri_tool tool = {.argv = SHELL("exit 7")};
    int status = -1;
    assert_int_equal(tri_tool_run(&tool, &status, NULL), 0);
    assert_int_equal(status, 7);
}

static void a_tool_that_is_not_installed_is_named_with_its_package(void **state)
{
    struct tri_error error = {0};
    struct tri_tool tool = {.argv = (const char *const[]){"mkfs.ext-none", NULL}};
    assert_int_equal(tri_tool_run(&tool, NULL, &error), TRI_STORAGE_NO_TOOL);
    assert_string_equal(error.text, "mkfs.ext-none is not installed; install the package e2fsprogs.");
    tri_error_clear(&error);
    assert_false(tri_tool_exists("mkfs.ext-none"));
}

static void tools_are_found_in_the_folders_of_administrators_but_never_in_the_current_one(void **state)
{
    char *path = strdup(getenv("PATH"));
    assert_int_equal(chdir(test_folder()), 0);
    FILE *file = fopen("here-only", "w");
    assert_non_null(file);
    fputs("#!/bin/sh\n", file);
    fclose(file);
    assert_int_equal(chmod("here-only", 0755), 0);
    setenv("PATH", ":.:/nowhere", 1);
    assert_true(tri_tool_exists("losetup"));
    assert_false(tri_tool_exists("here-only"));
    setenv("PATH", path, 1);
    free(path);
    assert_int_equal(unlink("here-only"), 0);
    assert_int_equal(chdir("/"), 0);
}

static void the_environment_is_fixed(void **state)
{
    struct tri_tool tool = {.argv = SHELL("echo $LC_ALL:$LANGUAGE:$MKE2FS_CONFIG:$HOME; echo $PATH")};
    char *output = NULL;
    setenv("MKE2FS_CONFIG", "/evil", 1);
    setenv("LANGUAGE", "de", 1);
    assert_int_equal(tri_tool_read(&tool, &output, NULL), 0);
    assert_memory_equal(output, "C.UTF-8:::/\n", 12);
    assert_non_null(strstr(output, ":/usr/sbin:/sbin"));
    free(output);
    unsetenv("MKE2FS_CONFIG");
    unsetenv("LANGUAGE");
}

static void descriptors_are_handed_on_and_no_others(void **state)
{
    int pipes[2];
    char text[16] = "";
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    struct tri_tool tool = {
        .argv = SHELL("echo three >&3; ls /proc/self/fd | tr '\\n' ' '"), .fds = &pipes[1], .fd_count = 1};
    char *output = NULL;
    assert_int_equal(tri_tool_read(&tool, &output, NULL), 0);
    assert_string_equal(output, "0 1 2 3 4 "); /* 4 is ls reading the folder */
    assert_int_equal(read(pipes[0], text, sizeof text), 6);
    free(output);
    close(pipes[0]), close(pipes[1]);
}

static void a_tool_is_stopped_at_its_deadline(void **state)
{
    struct tri_error error = {0};
    struct tri_tool tool = {.argv = SHELL("exec sleep 1000"), .deadline_ns = tri_deadline_ns(50)};
    assert_int_equal(tri_tool_run(&tool, NULL, &error), -ETIMEDOUT);
    assert_string_equal(error.text, "sh did not end in time and was stopped.");
    tri_error_clear(&error);
}

static void the_end_is_that_of_the_tool_not_of_an_heir_of_its_output(void **state)
{
    char *output = NULL;
    struct tri_tool tool = {.argv = SHELL("sleep 1000 & echo $!")};
    assert_int_equal(tri_tool_read(&tool, &output, NULL), 0);
    pid_t left = atoi(output);
    assert_true(left > 1);
    assert_int_equal(kill(left, SIGKILL), 0);
    free(output);
}

/* ---- stopping ---- */

/* A tool as the work of an operation. */
struct work {
    const char *script;
    bool critical;
};

static int run_work(struct tri_op *op, void *request, void **ret_value, struct tri_error *error)
{
    struct work *work = request;
    struct tri_tool tool = {.argv = SHELL(work->script), .op = op, .critical = work->critical};
    return tri_tool_run(&tool, NULL, error);
}

static void free_work(void *request)
{
}

static const struct tri_work_kind work_kind = {.name = "tool", .run = run_work, .free_request = free_work};

/* Starts the script, waits until it has made the file, cancels, takes the file away, waits for the end. */
static int cancel_when_there(struct work *work, const char *file, uint64_t *ret_ms)
{
    struct test_run run = TEST_RUN;
    int started = tri_work_submit(&work_kind, work, test_run_op(&run), NULL);
    EVENTUALLY(access(file, F_OK) == 0);
    uint64_t begin_ns = tri_clock_ns();
    assert_int_equal(tri_op_cancel(run.op), work->critical ? TRI_STORAGE_TOO_LATE : 0);
    unlink(file);
    int code = test_run_end(&run, started);
    *ret_ms = (tri_clock_ns() - begin_ns) / TRI_NS_PER_MS;
    test_run_close(&run);
    return code;
}

static void a_cancel_stops_the_tool(void **state)
{
    char script[256];
    uint64_t ms;
    snprintf(script, sizeof script, "touch %s; exec sleep 1000", test_path("begun"));
    struct work work = {.script = script};
    assert_int_equal(cancel_when_there(&work, test_path("begun"), &ms), -ECANCELED);
}

static void a_tool_that_does_not_listen_is_killed(void **state)
{
    char script[256];
    uint64_t ms;
    snprintf(script, sizeof script, "trap '' TERM; touch %s; while :; do sleep 0.05; done", test_path("begun"));
    struct work work = {.script = script};
    assert_int_equal(cancel_when_there(&work, test_path("begun"), &ms), -ECANCELED);
    assert_true(ms >= 400); /* it was given a chance */
}

static void a_critical_tool_is_not_stopped(void **state)
{
    char script[512];
    uint64_t ms;
    snprintf(script, sizeof script, "touch %s; while [ -e %s ]; do sleep 0.05; done; touch %s", test_path("begun"),
             test_path("begun"), test_path("ended"));
    struct work work = {.script = script, .critical = true};
    assert_int_equal(cancel_when_there(&work, test_path("begun"), &ms), 0);
    assert_int_equal(unlink(test_path("ended")), 0);
}

static void a_cancelled_operation_starts_no_tool(void **state)
{
    struct test_run run = TEST_RUN;
    char script[256];
    snprintf(script, sizeof script, "touch %s", test_path("begun"));
    struct work work = {.script = script};
    int started = tri_work_submit(&work_kind, &work, test_run_op(&run), NULL);
    int asked = tri_op_cancel(run.op);
    int code = test_run_end(&run, started);
    if (code == 0) /* it was faster */
        unlink(test_path("begun"));
    else
        assert_int_equal(code, -ECANCELED);
    assert_true(asked == 0 || asked == -ESTALE);
    test_run_close(&run);
}

/* What a terminal sends goes to whole groups of processes of its session. */
static void a_tool_is_in_no_terminals_reach(void **state)
{
    static const char script[] = "set -- $(cat /proc/$$/stat); test $5 = $$ && test $6 = $$";
    for (int critical = 0; critical < 2; critical++) {
        struct tri_tool tool = {.argv = SHELL(script), .critical = critical};
        assert_int_equal(tri_tool_run(&tool, NULL, NULL), 0);
    }
}

/* ---- when the program ends ---- */

/* This program as one that runs a tool; it is killed while it does. */
static int be_host(bool critical)
{
    /* what is to be stopped has a minute for it */
    const char *script =
        critical ? "echo $$ >&3; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; echo talk; done; echo done >&3"
                 : "echo $$ >&3; for i in $(seq 600); do sleep 0.1; echo talk; done; echo done >&3";
    struct tri_tool tool = {.argv = SHELL(script), .critical = critical, .fds = (const int[]){3}, .fd_count = 1};
    return tri_tool_run(&tool, NULL, NULL);
}

/* Starts that program, kills it once its tool runs, and returns all that the tool told. */
static char *kill_host(const char *how)
{
    static char told[64];
    int pipes[2], status;
    size_t size = 0;
    struct tri_child child = {.pidfd = -1};
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    const char *const argv[] = {"/proc/self/exe", "be-host", how, NULL};
    struct tri_child_params params = {
        .argv = argv, .folder_fd = -1, .fds = (const int[]){-1, -1, -1, pipes[1]}, .fd_count = 4};
    assert_int_equal(tri_child_start(&params, &child, NULL), 0);
    close(pipes[1]);
    memset(told, 0, sizeof told);
    do {
        ssize_t got = read(pipes[0], told + size, sizeof told - 1 - size);
        if (size == 0)
            assert_int_equal(kill(child.pid, SIGKILL), 0);
        if (got <= 0)
            break;
        size += (size_t)got;
    } while (true);
    assert_int_equal(tri_child_wait(&child, tri_deadline_ns(TEST_PATIENCE_MS), &status), 0);
    assert_true(WIFSIGNALED(status));
    close(pipes[0]);
    return told;
}

static void a_tool_ends_with_the_program(void **state)
{
    const char *told = kill_host("plain");
    assert_true(atoi(told) > 1);
    assert_null(strstr(told, "done"));
    EVENTUALLY(kill(atoi(told), 0) < 0 && errno == ESRCH);
}

static void a_critical_tool_goes_on_to_its_end_when_the_program_is_killed(void **state)
{
    assert_non_null(strstr(kill_host("critical"), "done"));
}

int main(int argc, char **argv)
{
    if (argc > 2)
        return be_host(strcmp(argv[2], "critical") == 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_at_newlines_returns_and_backspaces),
        cmocka_unit_test(an_unfinished_line_counts_when_the_tool_pauses),
        cmocka_unit_test(a_line_without_an_end_is_cut),
        cmocka_unit_test(output_is_read_up_to_a_bound_and_the_tool_still_ends),
        cmocka_unit_test(a_failure_is_told_in_the_tools_last_words),
        cmocka_unit_test(hostile_words_become_printable),
        cmocka_unit_test(an_exit_status_is_given_to_who_asks_for_it),
        cmocka_unit_test(a_tool_that_is_not_installed_is_named_with_its_package),
        cmocka_unit_test(tools_are_found_in_the_folders_of_administrators_but_never_in_the_current_one),
        cmocka_unit_test(the_environment_is_fixed),
        cmocka_unit_test(descriptors_are_handed_on_and_no_others),
        cmocka_unit_test(a_tool_is_stopped_at_its_deadline),
        cmocka_unit_test(the_end_is_that_of_the_tool_not_of_an_heir_of_its_output),
        cmocka_unit_test(a_cancel_stops_the_tool),
        cmocka_unit_test(a_tool_that_does_not_listen_is_killed),
        cmocka_unit_test(a_critical_tool_is_not_stopped),
        cmocka_unit_test(a_tool_is_in_no_terminals_reach),
        cmocka_unit_test(a_cancelled_operation_starts_no_tool),
        cmocka_unit_test(a_tool_ends_with_the_program),
        cmocka_unit_test(a_critical_tool_goes_on_to_its_end_when_the_program_is_killed),
    };
    return cmocka_run_group_tests_name("storage tool", tests, test_storage_begin, test_storage_finish);
}
